"""Making data: every sample is a function of (seed, index)."""
