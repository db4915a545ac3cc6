"""Measuring readers of single characters."""
