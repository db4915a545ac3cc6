"""What comes in: bodies within limits, files, choices."""
