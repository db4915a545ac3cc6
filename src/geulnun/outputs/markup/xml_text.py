"""Text as XML can hold it."""

import re
from xml.sax.saxutils import escape, quoteattr

# What XML 1.0 allows: tab, line feed, carriage return, and everything from the space on but halves of surrogate pairs
# and two non-characters.
_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def format_text(text: str) -> str:
    """The text of an element; control characters that XML cannot hold are left out."""
    return escape(_NOT_ALLOWED.sub("", text))


def format_attributes(**attributes: object) -> str:
    """Attributes with a space before each; those that are None are left out, a trailing underscore of a name too."""
    return "".join(
        f" {name.rstrip('_')}={quoteattr(_NOT_ALLOWED.sub('', str(value)))}"
        for name, value in attributes.items()
        if value is not None
    )


def format_confidence(confidence: float | None) -> str | None:
    """A confidence of 0 to 1 with at most four decimals; None for truth."""
    return None if confidence is None else f"{min(max(confidence, 0.0), 1.0):.4g}"
