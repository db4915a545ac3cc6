"""The documents that a searchable PDF is made of: PDFs, whose pages are kept, and pictures, which become pages."""

import io
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from geulnun.core.image import RgbImage
from geulnun.core.page import Page
from geulnun.core.pdfium import PDFIUM
from geulnun.errors import GeulnunError, InputError, UsageError
from geulnun.outputs.pdf.existing_text import has_text, remove_invisible_text
from geulnun.outputs.pdf.glyphless_font import CodeTable, build_font
from geulnun.outputs.pdf.picture_pages import encode_picture, find_frames
from geulnun.outputs.pdf.picture_spool import PictureSpool, turn_page
from geulnun.outputs.pdf.text_layer import Frame, build_text_layer
from geulnun.outputs.writer import ExistingText

if TYPE_CHECKING:
    import pikepdf

_HEAD_BYTES = 1024
_FONT_NAME = "/GeulnunText"
_LETTER = (0.0, 0.0, 612.0, 792.0)  # what readers take for a page without a size
_SIGNATURES_EXIST = 1  # a bit of the form's /SigFlags
_MOST_PARENTS = 16
_REDRAWN_QUALITY = 85  # of JPEG
_MOST_JPEG_PX = 65_500  # of a side


def is_pdf(content: Path | bytes) -> bool:
    """Whether a file is a PDF, by its head."""
    if isinstance(content, bytes):
        return b"%PDF-" in content[:_HEAD_BYTES]
    try:
        with content.open("rb") as file:
            return b"%PDF-" in file.read(_HEAD_BYTES)
    except OSError:
        return False


class _TextLayers:
    """The text layers of one PDF, which share a font."""

    def __init__(self, codes: CodeTable) -> None:
        self.codes = codes
        self._font: Any = None

    def add(self, pdf: "pikepdf.Pdf", page: "pikepdf.Page", layer: bytes) -> None:
        """Lay a text layer under the content of a page.

        It stands before all else in the page's own content: there an unbalanced page cannot move it, and readers that
        pass over the text of forms find it.
        """
        from pikepdf import Name

        if not layer:
            return
        if self._font is None:
            self._font = build_font(pdf)
        page.add_resource(self._font, Name.Font, Name(_FONT_NAME))
        page.contents_add(layer, prepend=True)

    def finish(self, pdf: "pikepdf.Pdf") -> None:
        """Give the font its /ToUnicode, when all text is known."""
        from pikepdf import Name, Stream

        if self._font is not None and Name.ToUnicode not in self._font:
            self._font[Name.ToUnicode] = pdf.make_indirect(Stream(pdf, self.codes.format_to_unicode()))


class PdfSource:
    """A PDF whose pages get text layers."""

    def __init__(self, content: Path | bytes, name: str, existing_text: ExistingText) -> None:
        """Open the PDF.

        Raises:
            InputError: encrypted, signed or damaged.
        """
        self.pdf = _open(content, name)
        self._name = name
        self._existing_text = existing_text
        self._layers = _TextLayers(CodeTable())
        self._written: list[int] = []

    def add(self, page: Page, image: RgbImage | None) -> None:
        """Lay the text under a page; what becomes of text that it has already, `existing_text` says.

        Raises:
            InputError: the page is damaged.
            UsageError: it is to be drawn anew, and there is no image of it.
        """
        with _explaining_damage(self._name):
            self._add(page, image)

    def _add(self, page: Page, image: RgbImage | None) -> None:
        target = self.pdf.pages[page.number - 1]
        self._written.append(page.number - 1)
        if "/Thumb" in target.obj:
            del target.obj["/Thumb"]  # a little picture of the page as it was
        box, rotation_deg = find_box(target.obj), find_rotation(target.obj)
        if self._existing_text == "replace":
            if image is None:
                raise UsageError("existing_text='replace' draws pages anew from their images. Pass them.")
            self._redraw(target, image, box, rotation_deg)
        elif self._existing_text == "redo" and not has_text(target, visible_only=True):
            remove_invisible_text(self.pdf, target)
        if not has_text(target):
            frame = Frame.from_box(box, rotation_deg, page.width_px, page.height_px)
            layer = build_text_layer(page, frame, _FONT_NAME, self._layers.codes)
            self._layers.add(self.pdf, target, layer)

    def keep_written_pages(self) -> "pikepdf.Pdf":
        """The PDF itself, without the pages that were not written."""
        self._layers.finish(self.pdf)
        written = set(self._written)
        for index in reversed(range(len(self.pdf.pages))):
            if index not in written:
                del self.pdf.pages[index]
        return self.pdf

    def pages(self) -> "list[pikepdf.Page]":
        """The pages that were written, in their order."""
        self._layers.finish(self.pdf)
        return [self.pdf.pages[index] for index in self._written]

    def close(self) -> None:
        """Close the file."""
        self.pdf.close()

    def _redraw(
        self, page: "pikepdf.Page", image: RgbImage, box: tuple[float, float, float, float], rotation_deg: int
    ) -> None:
        """Replace the content of a page with its image, in place."""
        from pikepdf import Dictionary, Name, Stream

        picture = self._encode(image)
        picture.stream_dict.Type, picture.stream_dict.Subtype = Name.XObject, Name.Image
        picture.stream_dict.Height, picture.stream_dict.Width = image.shape[:2]
        (ax, bx, x), (ay, by, y) = Frame.from_box(box, rotation_deg, 1, 1).matrix
        # A picture's unit square has its origin at the picture's bottom left.
        placed = " ".join(f"{value:.4f}" for value in (ax, ay, -bx, -by, x + bx, y + by))
        page.obj[Name.Resources] = Dictionary(XObject=Dictionary(Im0=self.pdf.make_indirect(picture)))
        content = f"q {placed} cm /Im0 Do Q\n".encode("ascii")
        page.obj[Name.Contents] = self.pdf.make_indirect(Stream(self.pdf, content))

    def _encode(self, image: RgbImage) -> "pikepdf.Stream":
        """The picture as JPEG; without loss where that cannot hold it."""
        from pikepdf import Name, Object, Stream

        if max(image.shape[:2]) > _MOST_JPEG_PX and (whole := encode_picture(None, image, 0)):
            stream = Stream(self.pdf, whole.data, Object.parse(f"<< {whole.entries} >>".encode()))
            stream.stream_dict.ColorSpace = Name.DeviceGray if whole.components == 1 else Name.DeviceRGB
            return stream
        encoded = io.BytesIO()
        Image.fromarray(image).save(encoded, "JPEG", quality=_REDRAWN_QUALITY)
        data = encoded.getvalue()
        return Stream(self.pdf, data, ColorSpace=Name.DeviceRGB, BitsPerComponent=8, Filter=Name.DCTDecode)


class PicturePool:
    """All picture pages of one output, on disk; the documents they belong to are `PictureSource`."""

    def __init__(self, folder: Path) -> None:
        self.codes = CodeTable()
        self.layers: dict[int, bytes] = {}
        self._folder = folder
        self._spool: PictureSpool | None = None
        self._pdf: pikepdf.Pdf | None = None

    @property
    def spool(self) -> PictureSpool:
        """Where the pictures are collected."""
        if self._spool is None:
            self._spool = PictureSpool(self._folder)
        return self._spool

    def open(self) -> "pikepdf.Pdf":
        """The pages with their text layers; nothing can be added any more."""
        import pikepdf

        if self._pdf is None:
            self._pdf = pikepdf.open(self.spool.finish())
            layers = _TextLayers(self.codes)
            for index, layer in self.layers.items():
                layers.add(self._pdf, self._pdf.pages[index], zlib.decompress(layer))
            layers.finish(self._pdf)
        return self._pdf

    def close(self) -> None:
        """Close and remove the file."""
        if self._pdf is not None:
            self._pdf.close()
        if self._spool is not None:
            self._spool.close()


class PictureSource:
    """A picture, or the pages of a TIFF, or page images without a file."""

    def __init__(self, pool: PicturePool, content: Path | bytes | None, path: Path) -> None:
        self._pool = pool
        self._content = content
        self._path = path
        self._frames = find_frames(content)
        self._written: list[int] = []

    def add(self, page: Page, image: RgbImage | None) -> None:
        """Collect the picture and its text.

        Raises:
            UsageError: neither a file nor an image.
        """
        known = self._frames[page.number - 1 : page.number]
        picture = encode_picture(self._content, image, known[0] if known else page.number - 1)
        if picture is None:
            raise UsageError(f"{self._path}: a .pdf shows the picture of the page. Pass its image or its file.")
        # Turned upright: where text stands on its side, half of all readers find its lines in pieces.
        turn_deg = -page.rotation_deg % 360
        index = self._pool.spool.add(picture, turn_deg)
        self._written.append(index)
        lying = Frame.from_box((0.0, 0.0, *picture.page_pt), 0, page.width_px, page.height_px)
        frame = lying.moved(turn_page(turn_deg, *picture.page_pt))
        self._pool.layers[index] = zlib.compress(build_text_layer(page, frame, _FONT_NAME, self._pool.codes))

    def pages(self) -> "list[pikepdf.Page]":
        """The pages that were written, in their order."""
        pdf = self._pool.open()
        return [pdf.pages[index] for index in self._written]

    def close(self) -> None:
        """Nothing: the pool closes the file."""


def find_box(page: Any) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of what is seen of a page: its crop box inside its media box."""
    media = _read_box(_find_inherited(page, "/MediaBox")) or _LETTER
    crop = _read_box(_find_inherited(page, "/CropBox")) or media
    left, bottom, right, top = (
        max(crop[0], media[0]),
        max(crop[1], media[1]),
        min(crop[2], media[2]),
        min(crop[3], media[3]),
    )
    return (left, bottom, right, top) if right > left and top > bottom else media


def find_rotation(page: Any) -> int:
    """How far the page is shown turned clockwise: 0, 90, 180 or 270."""
    try:
        rotation_deg = int(_find_inherited(page, "/Rotate") or 0)
    except (TypeError, ValueError):
        return 0
    return rotation_deg % 360 if rotation_deg % 90 == 0 else 0


def _find_inherited(page: Any, key: str) -> Any:
    for _ in range(_MOST_PARENTS):
        if page is None or key in page:
            break
        page = page.get("/Parent")
    return None if page is None else page.get(key)


def _read_box(box: Any) -> tuple[float, float, float, float] | None:
    try:
        x0, y0, x1, y1 = (float(value) for value in box)
    except (TypeError, ValueError):
        return None
    left, right, bottom, top = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    return (left, bottom, right, top) if right > left and top > bottom else None


def _open(content: Path | bytes, name: str) -> "pikepdf.Pdf":
    """The PDF, opened for writing a text layer.

    Raises:
        InputError: encrypted, signed or damaged.
    """
    import pikepdf

    remedy = "Save a copy without encryption, for instance with: qpdf --decrypt --password=... IN.pdf OUT.pdf"
    try:
        pdf = pikepdf.open(io.BytesIO(content) if isinstance(content, bytes) else content)
    except pikepdf.PasswordError:
        raise InputError(f"{name} is encrypted; no text layer can be written into it. {remedy}") from None
    except (pikepdf.PdfError, OSError) as error:
        raise InputError(f"{name} is a damaged PDF ({error}). Download or save it again.") from error
    try:
        _check_writable(pdf, content, name, remedy)
    except InputError:
        pdf.close()
        raise
    return pdf


def _check_writable(pdf: "pikepdf.Pdf", content: Path | bytes, name: str, remedy: str) -> None:
    if pdf.is_encrypted:
        raise InputError(f"{name} is encrypted and restricts changes; no text layer is written into it. {remedy}")
    with _explaining_damage(name):
        _check_page_count(pdf, content)
    if _is_signed(pdf):
        raise InputError(
            f"{name} is signed, and a text layer would break its signature. Write other formats, or print it to a new "
            "PDF and read that."
        )


@contextmanager
def _explaining_damage(name: str) -> "Iterator[None]":
    """Make errors of what is not as a PDF has it, which are of any kind, those of a damaged file.

    Raises:
        InputError: in place of them.
    """
    try:
        yield
    except (GeulnunError, OSError, MemoryError):
        raise
    except Exception as error:
        raise InputError(
            f"{name} is a damaged PDF ({error}). Repair it first, for instance with: qpdf IN.pdf OUT.pdf"
        ) from error


def _check_page_count(pdf: "pikepdf.Pdf", content: Path | bytes) -> None:
    """Refuse a file in which PDFium, by which pages are read, finds other pages than those that can be written.

    Raises:
        ValueError: it does.
    """
    import pypdfium2

    source = content if isinstance(content, bytes) else content.absolute()
    with PDFIUM, closing(pypdfium2.PdfDocument(source)) as document:
        seen = len(document)
    if seen != len(pdf.pages):
        raise ValueError(f"it has {seen} page(s) where {len(pdf.pages)} can be written")


def _is_signed(pdf: "pikepdf.Pdf") -> bool:
    import pikepdf

    form = pdf.Root.get("/AcroForm")
    if "/Perms" in pdf.Root or not isinstance(form, pikepdf.Dictionary):
        return "/Perms" in pdf.Root
    flags = form.get("/SigFlags", 0)
    return (isinstance(flags, int) and bool(flags & _SIGNATURES_EXIST)) or _has_signature(form.get("/Fields"))


def _has_signature(fields: Any) -> bool:
    """Whether one of these fields, or of those inside them, is signed; each is looked at once, even in a circle."""
    import pikepdf

    lists, seen = [fields], set()
    for each in lists:  # grows by what is found
        for field in each if isinstance(each, pikepdf.Array) else ():
            if not isinstance(field, pikepdf.Dictionary) or field.objgen in seen:
                continue
            if field.is_indirect:
                seen.add(field.objgen)
            if field.get("/FT") == "/Sig" and "/V" in field:
                return True
            lists.append(field.get("/Kids"))
    return False
