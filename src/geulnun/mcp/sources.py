"""What a tool is asked to read: a file below the roots, or content as base64."""

import base64
import re
from dataclasses import dataclass
from pathlib import Path

from geulnun.errors import InputError, UsageError
from geulnun.mcp.roots import Roots

_MOST_BASE64 = 64 * 2**20  # characters
_DATA_URI = re.compile(r"data:[\w.+/-]*(;[\w.=-]+)*;base64,")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document to read.

    Attributes:
        content: the file, or the bytes of one.
        name: what messages and outputs call it.
    """

    content: Path | bytes
    name: str


def open_source(path: str | None, content_base64: str | None, roots: Roots) -> Source:
    """The document that a tool was given.

    Raises:
        UsageError: none or two were given, or as of `Roots.find_file`.
        InputError: the content is no base64.
    """
    if (path is None) == (content_base64 is None):
        seen = "neither" if path is None else "both"
        raise UsageError(f"{seen} of path and content_base64 was given. Give one of them.")
    if path is not None:
        file = roots.find_file(path)
        return Source(content=file, name=file.name)
    return Source(content=_decode(content_base64 or ""), name="the given content")


def _decode(text: str) -> bytes:
    if len(text) > _MOST_BASE64:
        raise InputError(
            f"content_base64 has {len(text):,} characters; {_MOST_BASE64:,} are allowed. Give the path of a file."
        )
    try:
        # Programs such as base64 break lines.
        content = base64.b64decode("".join(_DATA_URI.sub("", text, count=1).split()), validate=True)
    except ValueError as error:
        raise InputError(f"content_base64 is no base64 ({error}). Encode the bytes of the file in base64.") from error
    if not content:
        raise InputError("content_base64 is empty. Encode the bytes of the file in base64.")
    return content
