"""Documents and reading joined: any source in, a Document out. The public face of reading."""

import os
from collections.abc import Sequence
from pathlib import Path

from geulnun.core.geometry import Quad
from geulnun.core.image import ImageSource, RgbImage
from geulnun.core.page import Document
from geulnun.documents import open_pages
from geulnun.runtime.bundles.session import Backend, Precision
from geulnun.runtime.options import ReadOptions
from geulnun.runtime.page_reader import open_page_reader


class Engine:
    """A reader of Korean with its weights loaded. Immutable: make one, and share it between threads.

    Args:
        detector: Folder or name of a bundle; the one that comes with the package if None.
        recognizer: Folder or name of a bundle; the one that comes with the package if None.
        backend: "onnxruntime", "openvino", or "auto" for the faster one that is installed.
        threads: CPU threads to use; all that this process may use if None.
        precision: "fp32", "int8", or "auto" for what the bundles say is best on the backend.

    Raises:
        BundleError: weights that are missing, damaged or do not fit.
        MissingExtraError: a backend that is not installed.
        UsageError: an unknown backend or precision, or a wrong number of threads.
    """

    def __init__(
        self,
        detector: str | Path | None = None,
        recognizer: str | Path | None = None,
        backend: Backend = "auto",
        threads: int | None = None,
        precision: Precision = "auto",
    ) -> None:
        self._reader = open_page_reader(detector, recognizer, backend, threads, precision)

    def read(
        self,
        source: ImageSource,
        options: ReadOptions | None = None,
        *,
        pages: str | Sequence[int] | None = None,
        dpi: float | None = None,
    ) -> Document:
        """What is written in a picture or a PDF; pages without text are empty.

        Args:
            source: Path, bytes of a file, array ((H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA) or PIL image.
            options: Choices of this call.
            pages: Which pages of a PDF or TIFF, as "1,3-5" or as numbers from 1; all if None.
            dpi: Resolution at which PDF pages are drawn; what suits the page if None.

        Raises:
            InputError: a source that cannot be read.
            UsageError: wrong pages or resolution.
        """
        read = [
            self._reader.read_image(page.rgb, options, number=page.number)
            for page in open_pages(source, pages=pages, dpi=dpi)
        ]
        name = os.fspath(source) if isinstance(source, str | os.PathLike) else None
        return Document(pages=tuple(read), source=name)

    def read_quads(self, image: RgbImage, quads: Sequence[Quad]) -> list[str]:
        """The text inside each of these quads of an RGB uint8 image, without looking for text elsewhere.

        Raises:
            InputError: not an RGB uint8 image.
        """
        return self._reader.read_quads(image, quads)


def read(
    source: ImageSource,
    options: ReadOptions | None = None,
    *,
    pages: str | Sequence[int] | None = None,
    dpi: float | None = None,
    backend: Backend = "auto",
    threads: int | None = None,
    precision: Precision = "auto",
) -> Document:
    """What is written in a picture or a PDF; for more than one source make an `Engine` once.

    Args:
        source: Path, bytes of a file, array ((H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA) or PIL image.
        options: Choices of this call.
        pages: Which pages of a PDF or TIFF, as "1,3-5" or as numbers from 1; all if None.
        dpi: Resolution at which PDF pages are drawn; what suits the page if None.
        backend: "onnxruntime", "openvino", or "auto" for the faster one that is installed.
        threads: CPU threads to use; all that this process may use if None.
        precision: "fp32", "int8", or "auto" for what the bundles say is best on the backend.

    Raises:
        GeulnunError: of the kind that `Engine` and `Engine.read` raise.
    """
    return Engine(backend=backend, threads=threads, precision=precision).read(source, options, pages=pages, dpi=dpi)
