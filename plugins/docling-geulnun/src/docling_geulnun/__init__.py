"""Plug-in of docling: the OCR engine "geulnun"."""

from typing import Any

__all__ = ["ocr_engines"]


def ocr_engines() -> dict[str, list[Any]]:
    """The OCR engines of this plug-in; docling calls this where external plug-ins are allowed."""
    from docling_geulnun.model import GeulnunOcrModel

    return {"ocr_engines": [GeulnunOcrModel]}
