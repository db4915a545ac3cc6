"""Counting the n-grams of the language model."""
