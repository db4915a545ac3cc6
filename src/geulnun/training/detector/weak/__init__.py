"""Weak supervision: pictures with word boxes only, whose characters a copy of the network finds."""
