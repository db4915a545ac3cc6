"""Readers of label forms that others write."""
