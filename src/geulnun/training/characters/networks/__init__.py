"""Networks that read one character: (N, C, S, S) -> log-probability tables."""
