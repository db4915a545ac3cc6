"""Random streams: one generator for each use of randomness, the same on every machine and in every process."""

import hashlib

import numpy as np


def open_rng(seed: int, *indices: int, stream: str) -> np.random.Generator:
    """A generator of its own for one use of a seed.

    Two uses with the same seed and index are independent as long as their streams have different names, so that what is
    drawn for a sample does not decide what is drawn from it. Seed and indices are hashed together with the name;
    `np.random.SeedSequence` alone pads with zeros, and gives the same generator for (1, 2) and (1, 2, 0).

    Args:
        seed: of the source; any integer.
        indices: of the sample, worker or attempt; any integers.
        stream: what is drawn, in words with dots between them, such as "orientation.windows". A stream that is renamed
            draws other numbers.

    Raises:
        ValueError: the name of the stream is empty.
    """
    if not stream:
        raise ValueError('A random stream needs a name that says what is drawn, such as "orientation.windows".')
    key = ":".join([stream, *(str(int(number)) for number in (seed, *indices))])
    digest = hashlib.blake2b(key.encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(int.from_bytes(digest, "little"))))
