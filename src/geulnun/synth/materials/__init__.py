"""What samples are drawn with: fonts, glyphs, photographs, icons, text."""
