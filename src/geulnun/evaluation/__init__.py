"""Evaluation of a reader: its text and boxes against the labels, as figures, tables and reports."""
