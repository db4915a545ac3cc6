"""Trained networks -> bundles."""
