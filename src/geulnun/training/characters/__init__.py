"""Training readers of single characters: networks, data, losses, task, compression."""
