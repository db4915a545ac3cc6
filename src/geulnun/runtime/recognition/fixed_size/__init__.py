"""Recognisers of strips of a fixed size, as those of deep-text-recognition-benchmark."""
