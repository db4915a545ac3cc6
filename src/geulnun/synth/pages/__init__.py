"""Whole pages: documents, forms, receipts, screens, stills, signs, and pictures without text."""

from geulnun.synth.pages.source import KIND_WEIGHTS, PageSource

__all__ = ["KIND_WEIGHTS", "PageSource"]
