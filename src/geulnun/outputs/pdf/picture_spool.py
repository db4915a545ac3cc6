"""Pictures collected on disk as a PDF, until the searchable PDF is put together."""

from pathlib import Path
from typing import BinaryIO

import numpy as np

from geulnun.core.arrays import Floats
from geulnun.outputs.atomic_file import open_spool
from geulnun.outputs.pdf.picture_pages import PicturePage


class PictureSpool:
    """A PDF of pictures in a temporary file, written page by page, so that no page's pixels stay in memory."""

    def __init__(self, folder: Path) -> None:
        """Open the file.

        Args:
            folder: where it lies while it is needed; on a disk that has room for the output.
        """
        self._file = open_spool(folder)
        self._offsets: list[int] = [0, 0]  # of objects 1 and 2, the catalogue and the page tree; written at the end
        self._pages: list[int] = []
        self._file.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def add(self, picture: PicturePage, turn_deg: int = 0) -> int:
        """Append a page with the picture on it, turned clockwise by 0, 90, 180 or 270 degrees; the page's index."""
        space = {1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}[picture.components]
        if picture.icc_profile is not None:
            profile = self._write_stream(f"/N {picture.components} /Alternate {space}", picture.icc_profile)
            space = f"[/ICCBased {profile} 0 R]"
        width, height = picture.size_px
        image = self._write_stream(
            f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace {space} {picture.entries}",
            picture.data,
        )
        upright = turn_upright(picture.orientation, *picture.page_pt)
        placed = " ".join(f"{value:.4f}" for value in (turn_page(turn_deg, *picture.page_pt) @ upright)[:2].T.flat)
        page_width, page_height = picture.page_pt if turn_deg % 180 == 0 else picture.page_pt[::-1]
        content = self._write_stream("", f"q {placed} cm /Im0 Do Q\n".encode("ascii"))
        page = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {page_width:.4f} {page_height:.4f}] /Contents {content} 0 R "
            f"/Resources << /XObject << /Im0 {image} 0 R >> >> >>"
        )
        self._pages.append(self._write_object(page.encode("ascii")))
        return len(self._pages) - 1

    def finish(self) -> BinaryIO:
        """End the PDF; the file, at its start."""
        kids = " ".join(f"{page} 0 R" for page in self._pages)
        self._write_object(b"<< /Type /Catalog /Pages 2 0 R >>", 1)
        self._write_object(f"<< /Type /Pages /Count {len(self._pages)} /Kids [{kids}] >>".encode("ascii"), 2)
        start, count = self._file.tell(), len(self._offsets) + 1
        rows = b"".join(b"%010d 00000 n \n" % offset for offset in self._offsets)
        self._file.write(b"xref\n0 %d\n0000000000 65535 f \n" % count + rows)
        self._file.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, start))
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Close the file, which removes it."""
        self._file.close()

    def _write_stream(self, entries: str, data: bytes) -> int:
        head = f"<< {entries} /Length {len(data)} >>\nstream\n".encode("ascii")
        return self._write_object(head + data + b"\nendstream")

    def _write_object(self, body: bytes, number: int | None = None) -> int:
        if number is None:
            self._offsets.append(0)
            number = len(self._offsets)
        self._offsets[number - 1] = self._file.tell()
        self._file.write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
        return number


def turn_upright(orientation: int, width: float, height: float) -> Floats:
    """The affine matrix, (3, 3), that lays the unit square of a picture on a page as its EXIF orientation says.

    Args:
        orientation: 1 to 8.
        width: of the upright page.
        height: of the upright page.
    """
    across, up, corner = {
        1: ((width, 0), (0, height), (0, 0)),
        2: ((-width, 0), (0, height), (width, 0)),
        3: ((-width, 0), (0, -height), (width, height)),
        4: ((width, 0), (0, -height), (0, height)),
        5: ((0, -height), (-width, 0), (width, height)),
        6: ((0, -height), (width, 0), (0, height)),
        7: ((0, height), (width, 0), (0, 0)),
        8: ((0, height), (-width, 0), (width, 0)),
    }[orientation]
    return np.array([[*pair, last] for *pair, last in zip(across, up, corner, strict=True)] + [[0, 0, 1]], np.float64)


def turn_page(turn_deg: int, width: float, height: float) -> Floats:
    """The affine matrix, (3, 3), that turns a page of this size clockwise, its bottom left staying at the origin."""
    rows = {
        0: ((1, 0, 0), (0, 1, 0)),
        90: ((0, 1, 0), (-1, 0, width)),
        180: ((-1, 0, width), (0, -1, height)),
        270: ((0, -1, height), (1, 0, 0)),
    }[turn_deg]
    return np.array([*rows, (0, 0, 1)], np.float64)
