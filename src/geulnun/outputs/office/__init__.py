"""Formats of office programs: Word documents and workbooks."""
