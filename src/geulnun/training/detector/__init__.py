"""Training the detector of characters and words: network, crops, targets, task."""
