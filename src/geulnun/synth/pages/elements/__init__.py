"""What pages are composed of: blocks, tables, figures, icons, marks."""
