"""Formats of XML: hOCR, ALTO and PAGE."""
