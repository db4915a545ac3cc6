"""Particles behind a closing mark: the mark's own cell is half empty in many fonts, which looks like a space."""

import re
from collections.abc import Sequence

from geulnun.runtime.recognition.decode_text import ReadChar

# Those that are no words of their own; the row of recognition/particles.py in docs/experiments/layout.md measures them.
_PARTICLES = (
    "를|을|에|의|는|은|와|과|로|으로|라|이라|란|이란|라고|이라고|라는|이라는|이다|입니다|이며|이고|"
    "에서|에서는|에게|에는|까지|부터|로서|으로서"
)
_SPACED_PARTICLE = re.compile(rf"(?<=[’”'\"」』》〉】\])]) (?=(?:{_PARTICLES})(?:[ ,.]|$))")


def join_particles(chars: Sequence[ReadChar]) -> Sequence[ReadChar]:
    """The characters of a strip without the spaces between a closing quotation mark or bracket and a particle."""
    text = "".join(char.text for char in chars)
    false = {match.start() for match in _SPACED_PARTICLE.finditer(text)}
    if not false or len(text) != len(chars):
        return chars
    return [char for number, char in enumerate(chars) if number not in false]
