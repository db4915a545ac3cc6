"""Training the orientation classifier: network, data, task."""
