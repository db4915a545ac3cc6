"""Words -> text lines, horizontal and vertical, and which way up they are."""
