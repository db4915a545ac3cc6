"""Tesseract in this process, through its C interface: what it costs to read, without starting a program."""

import ctypes
import ctypes.util
import os
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

_SINGLE_LINE = 7
_LEGACY_AND_LSTM = 3  # OEM_DEFAULT: what the model offers


class TesseractLine:
    """Tesseract with its Korean model loaded, reading single lines with one thread; a context manager.

    Raises:
        SystemExit: the library or the model is missing.
    """

    def __init__(self, language: str = "kor", psm: int = _SINGLE_LINE) -> None:
        # Its OpenMP threads spin while they wait; must be said before the library is loaded.
        os.environ["OMP_THREAD_LIMIT"] = "1"
        name = ctypes.util.find_library("tesseract") or "libtesseract.so.5"
        try:
            self._library = ctypes.CDLL(name)
        except OSError as error:
            raise SystemExit("libtesseract was not found: apt-get install tesseract-ocr tesseract-ocr-kor") from error
        _declare(self._library)
        self.version = self._library.TessVersion().decode()
        self._handle = self._library.TessBaseAPICreate()
        if self._library.TessBaseAPIInit2(self._handle, None, language.encode(), _LEGACY_AND_LSTM):
            raise SystemExit(f"Tesseract has no model {language!r}: apt-get install tesseract-ocr-{language}")
        self._library.TessBaseAPISetPageSegMode(self._handle, psm)

    def read(self, grey: NDArray[np.uint8]) -> str:
        """The text of a grey (H, W) uint8 picture."""
        pixels = np.ascontiguousarray(grey)
        height, width = pixels.shape
        self._library.TessBaseAPISetImage(self._handle, pixels.ctypes.data, width, height, 1, width)
        self._library.TessBaseAPISetSourceResolution(self._handle, 300)
        text = self._library.TessBaseAPIGetUTF8Text(self._handle)
        try:
            return (ctypes.string_at(text) if text else b"").decode("utf-8").strip()
        finally:
            if text:
                self._library.TessDeleteText(text)

    def __enter__(self) -> "TesseractLine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._library.TessBaseAPIEnd(self._handle)
        self._library.TessBaseAPIDelete(self._handle)


def _declare(library: ctypes.CDLL) -> None:
    """Say what the functions take and give; without it, pointers would be cut to 32 bits."""
    handle, number = ctypes.c_void_p, ctypes.c_int
    signatures: dict[str, tuple[object, list[object]]] = {
        "TessVersion": (ctypes.c_char_p, []),
        "TessBaseAPICreate": (handle, []),
        "TessBaseAPIInit2": (number, [handle, ctypes.c_char_p, ctypes.c_char_p, number]),
        "TessBaseAPISetPageSegMode": (None, [handle, number]),
        "TessBaseAPISetImage": (None, [handle, ctypes.c_void_p, number, number, number, number]),
        "TessBaseAPISetSourceResolution": (None, [handle, number]),
        "TessBaseAPIGetUTF8Text": (ctypes.c_void_p, [handle]),
        "TessDeleteText": (None, [ctypes.c_void_p]),
        "TessBaseAPIEnd": (None, [handle]),
        "TessBaseAPIDelete": (None, [handle]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
