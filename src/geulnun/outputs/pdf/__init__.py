"""Searchable PDF: the pages as they were, with an invisible text layer."""
