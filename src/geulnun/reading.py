"""Documents and reading joined: any source in, a Document out. The public face of reading."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from geulnun.core.geometry import Quad
from geulnun.core.image import MAX_PIXELS, ImageSource, RgbImage
from geulnun.core.page import Document, Page
from geulnun.documents import PageImage, open_pages
from geulnun.runtime.bundles.session import Backend, Precision
from geulnun.runtime.options import ReadOptions
from geulnun.runtime.page_reader import open_page_reader
from geulnun.runtime.running_heads import RunningHeads, name_running_heads


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

    @property
    def backends(self) -> dict[str, str]:
        """What runs the "detector" and the "recognizer"."""
        return self._reader.backends

    def read(
        self,
        source: ImageSource,
        options: ReadOptions | None = None,
        *,
        pages: str | Sequence[int] | None = None,
        dpi: float | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> Document:
        """What is written in a picture or a PDF; pages without text are empty.

        Args:
            source: Path, bytes of a file, array ((H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA) or PIL image.
            options: Choices of this call.
            pages: Which pages of a PDF or TIFF, as "1,3-5" or as numbers from 1; all if None.
            dpi: Resolution at which PDF pages are drawn; what suits the page if None.
            max_pixels: Larger pages are refused before they are decoded or drawn; where Pillow has a limit
                (`PIL.Image.MAX_IMAGE_PIXELS`), pictures that it refuses are, too.

        Raises:
            InputError: a source that cannot be read.
            UsageError: wrong pages or resolution.
        """
        read = [page for page, _ in self.iter_pages(source, options, pages=pages, dpi=dpi, max_pixels=max_pixels)]
        name = os.fspath(source) if isinstance(source, str | os.PathLike) else None
        return Document(pages=tuple(name_running_heads(read)), source=name)

    def iter_pages(
        self,
        source: ImageSource,
        options: ReadOptions | None = None,
        *,
        pages: str | Sequence[int] | None = None,
        dpi: float | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> Iterator[tuple[Page, PageImage]]:
        """What is written on each page with the page's image, as soon as it is read: one page is held at a time.

        >>> for page, image in engine.iter_pages("scan.pdf"):
        ...     print(f"{page.number} of {image.page_count}: {page.text}")

        Args:
            source: As of `read`.
            options: Choices of this call; its `on_step` is also told of the steps "open page" and "read page".
            pages: As of `read`.
            dpi: As of `read`.
            max_pixels: As of `read`.

        Raises:
            InputError: a source that cannot be read; what is wrong with a page is raised when its turn comes.
            UsageError: wrong pages or resolution.
        """
        # Not a generator itself: what is wrong with the arguments is said at once.
        options = options or ReadOptions()
        with_text = options.text_layer == "auto"
        images = open_pages(source, pages=pages, dpi=dpi, max_pixels=max_pixels, with_text=with_text)
        return self._iter_images(images, options)

    def _iter_images(self, images: Iterator[PageImage], options: ReadOptions) -> Iterator[tuple[Page, PageImage]]:
        heads = RunningHeads()
        while True:
            try:
                with options.timed("open page"):
                    image = next(images)
            except StopIteration:
                return
            with options.timed("read page"):
                page = heads.name(self._read_page(image, options))
            yield page, image

    def _read_page(self, image: PageImage, options: ReadOptions) -> Page:
        """The text that a page of a PDF carries, where that is asked for and good; else what is read."""
        if options.text_layer == "auto" and image.text_lines:
            taken = self._reader.take_text(image.rgb, image.text_lines, options, number=image.number)
            if taken is not None:
                return taken
        return self._reader.read_image(image.rgb, options, number=image.number)

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
