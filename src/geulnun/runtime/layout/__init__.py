"""Geometry of a page: ruling lines, frames, columns, deskewing, reading order."""
