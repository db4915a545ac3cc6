"""The four stages of deep-text-recognition-benchmark, as modules of their own."""
