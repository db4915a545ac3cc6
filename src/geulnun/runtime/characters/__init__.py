"""Single characters: image -> syllable with alternatives and their jamo."""
