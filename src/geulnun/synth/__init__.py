"""Synthetic samples: each a function of (seed, index)."""
