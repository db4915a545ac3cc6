"""What a server says of itself: logs and metrics."""
