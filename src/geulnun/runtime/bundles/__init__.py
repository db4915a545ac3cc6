"""Weights: the folder that holds them, what its manifest promises, and the session that runs them."""
