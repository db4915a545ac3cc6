"""Functions shaped like those of pytesseract, so that programs made for it read Korean with one changed line.

>>> import geulnun as pytesseract
>>> pytesseract.image_to_string("page.png")

Source: pytesseract 0.3.13, for names, arguments and results.
"""

import csv
import importlib
import io
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from geulnun.core.image import ImageSource
from geulnun.core.page import Document
from geulnun.errors import MissingExtraError, UsageError
from geulnun.outputs.boxes import Box
from geulnun.outputs.tsv import COLUMNS, TsvRow, list_rows
from geulnun.reading import Engine

_BOX_COLUMNS = ("char", "left", "bottom", "right", "top", "page")


class Output:
    """Values of `output_type`, by the names that pytesseract has for them."""

    BYTES = "bytes"
    DATAFRAME = "data.frame"
    DICT = "dict"
    STRING = "string"


def image_to_string(
    image: ImageSource,
    lang: str | None = None,
    config: str = "",
    nice: int = 0,
    output_type: str = "string",
    timeout: float = 0,
) -> Any:
    """The text of an image, each row ended by a line feed, each page by a form feed, as Tesseract ends them.

    Args:
        image: path, bytes of a file, array or PIL image; a PDF or TIFF may have several pages.
        lang: accepted and not used, as are `config`, `nice` and `timeout`.
        config: not used.
        nice: not used.
        output_type: "string", "bytes", or "dict" for ``{"text": ...}``.
        timeout: not used.

    Raises:
        InputError: an image that cannot be read.
        UsageError: an unknown output type.
    """
    text = "".join(f"{page.text}\n\f" for page in _read(image).pages)
    return _convert(output_type, text, lambda: {"text": text})


def image_to_data(
    image: ImageSource,
    lang: str | None = None,
    config: str = "",
    nice: int = 0,
    output_type: str = "string",
    timeout: float = 0,
    pandas_config: dict[str, Any] | None = None,
) -> Any:
    """The words of an image with boxes and confidences, in the twelve columns of Tesseract.

    Args:
        image: as of `image_to_string`.
        lang: not used.
        config: not used.
        nice: not used.
        output_type: "string", "bytes", "dict" for a list for each column, or "data.frame" for one of pandas.
        timeout: not used.
        pandas_config: arguments of `pandas.read_csv`.

    Raises:
        InputError: an image that cannot be read.
        MissingExtraError: "data.frame", and pandas is not installed.
        UsageError: an unknown output type.
    """
    rows = [row for page in _read(image).pages for row in list_rows(page, page.number)]
    text = "".join(f"{row}\n" for row in ("\t".join(COLUMNS), *rows))
    if output_type == "data.frame":
        return _open_table(text, pandas_config or {})
    return _convert(output_type, text, lambda: _list_columns(rows))


def image_to_boxes(
    image: ImageSource,
    lang: str | None = None,
    config: str = "",
    nice: int = 0,
    output_type: str = "string",
    timeout: float = 0,
) -> Any:
    """The characters of an image: a row ``character left bottom right top page`` each, y from the lower edge upwards.

    Args:
        image: as of `image_to_string`.
        lang: not used.
        config: not used.
        nice: not used.
        output_type: "string", "bytes", or "dict" for a list for each column.
        timeout: not used.

    Raises:
        InputError: an image that cannot be read.
        UsageError: an unknown output type.
    """
    rows: list[tuple[Any, ...]] = []
    for index, page in enumerate(_read(image).pages):
        for char in page.chars:
            box = Box.around([char.quad], page)
            upward = (page.height_px - box.bottom, page.height_px - box.top)
            rows.append((char.text, box.left, upward[0], box.right, upward[1], index))
    text = "\n".join(" ".join(map(str, row)) for row in rows)
    return _convert(output_type, text, lambda: {name: [row[i] for row in rows] for i, name in enumerate(_BOX_COLUMNS)})


@lru_cache(maxsize=1)
def _open_engine() -> Engine:
    """The engine of all calls, opened once."""
    return Engine()


def _read(image: ImageSource) -> Document:
    return _open_engine().read(image)


def _open_table(text: str, pandas_config: dict[str, Any]) -> Any:
    """The table in pandas; words stay text, so that "007" keeps its zeros, and rows without a word have NaN."""
    try:
        pandas = importlib.import_module("pandas")
    except ModuleNotFoundError as error:
        raise MissingExtraError('output_type="data.frame" needs pandas. Install it with: pip install pandas') from error
    settings = {"dtype": {"text": str}, "keep_default_na": False, "na_values": [""]} | pandas_config
    return pandas.read_csv(io.StringIO(text), quoting=csv.QUOTE_NONE, sep="\t", **settings)


def _list_columns(rows: list[TsvRow]) -> dict[str, list[Any]]:
    return {name: [getattr(row, name) for row in rows] for name in COLUMNS}


def _convert(output_type: str, text: str, as_dict: Callable[[], dict[str, Any]]) -> Any:
    match output_type:
        case "string":
            return text
        case "bytes":
            return text.encode("utf-8")
        case "dict":
            return as_dict()
    raise UsageError(
        f"output_type is {output_type!r}; allowed are string, bytes and dict, and of image_to_data data.frame."
    )
