"""What commands say while they work, on standard error."""
