"""What no bundled weights use: other heads, and recognisers of strips of one size as those of the four stages."""
