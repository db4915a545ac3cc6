"""Training the recogniser of text lines: network, data, losses, task."""
