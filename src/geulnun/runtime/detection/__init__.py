"""Page image -> words: the detector's maps and the quads found in them."""
