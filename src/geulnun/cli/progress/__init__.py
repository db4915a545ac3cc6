"""What commands say while they work, on standard error."""

import sys


def say(message: str) -> None:
    """Print a message on standard error."""
    print(f"geulnun: {message}", file=sys.stderr, flush=True)
