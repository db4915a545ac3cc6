"""Texts brought to a length."""

import numpy as np


def shorten_text(rng: np.random.Generator, text: str, longest: int) -> str:
    """Some of the words of `text`, one after the other, of at most `longest` characters together; 0 for any length.

    A word that is longer than that is cut. The words begin anywhere, so that ends of sentences are seen too.
    """
    if not longest or len(text) <= longest:
        return text
    words = text.split(" ")
    start = int(rng.integers(len(words)))
    kept = words[start][:longest]
    for word in words[start + 1 :]:
        if len(kept) + 1 + len(word) > longest:
            break
        kept = f"{kept} {word}"
    return kept
