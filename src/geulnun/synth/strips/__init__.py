"""Text lines as the recogniser sees them."""
