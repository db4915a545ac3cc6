"""Documents as plain text."""

from dataclasses import dataclass, field

from geulnun.core.page import Document


@dataclass(slots=True)
class TextFormat:
    """Text as it reads: lines, an empty line between pages; several documents each under a heading with its name.

    The heading is that of the Unix tools `head` and `tail`: ``==> receipt.png <==``.
    """

    several: bool = False
    _count: int = field(default=0, init=False)

    def begin(self) -> str:
        """What stands before the first document."""
        return ""

    def add(self, document: Document) -> str:
        """The text of one more document."""
        text = f"{document.text}\n" if document.text else ""
        if self.several:
            gap = "\n" if self._count else ""
            text = f"{gap}==> {document.source} <==\n{text}"
        self._count += 1
        return text

    def end(self) -> str:
        """What stands after the last document."""
        return ""
