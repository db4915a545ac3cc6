"""Judging a reader: what it read against the truth, as numbers, tables and a report."""
