"""Pickled patches: files of {"image": pictures, "label": characters}, read without executing what they hold.

A pickle is a program. Here it may build nothing but dicts, lists, numbers, text and numpy arrays of these; whatever
else it asks for is refused before it is looked up.
"""

import importlib
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from geulnun.core import raster
from geulnun.data.damage import Damage, check_label, pass_over_damage
from geulnun.data.records import Report, report_by_log
from geulnun.data.sample import CharSample, Style
from geulnun.errors import DatasetError

SUFFIXES = (".pickle", ".pkl")
# Pickles of numpy 1 and 2 name these by different paths.
_ALLOWED = {
    (f"numpy.{core}.{module}", name)
    for core in ("core", "_core")
    for module, name in (("multiarray", "_reconstruct"), ("multiarray", "scalar"), ("numeric", "_frombuffer"))
} | {("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")}


class _ArraysOnly(pickle.Unpickler):
    """Builds plain values and arrays; anything else that a pickle names is refused."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(
                f"it asks for {module}.{name}, and only numpy arrays and plain values are read"
            )
        return getattr(importlib.import_module(module.replace("numpy.core", "numpy._core")), name)


def read_pickled(
    path: Path | str, *, style: Style | None = None, report: Report = report_by_log
) -> Iterator[CharSample]:
    """The samples of a pickle, or of all pickles of a folder in the order of their names, one file at a time.

    Args:
        path: file or folder.
        style: what they are; if None, what each file's name says ("printed…" or anything else for handwriting).
        report: called with damaged files and samples.

    Raises:
        DatasetError: there is no such file, or nothing in it is sound.
    """
    path = Path(path)
    files = sorted(each for each in path.rglob("*") if each.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
    return pass_over_damage((record for file in files for record in _read_file(file, style)), str(path), report)


def _read_file(path: Path, style: Style | None) -> Iterator[CharSample | Damage]:
    try:
        with path.open("rb") as file:
            patch = load_arrays(file)
        images, labels = patch["image"], patch["label"]
        count = len(labels)
        if len(images) != count:
            raise ValueError(f"it has {len(images)} pictures and {count} labels")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}). Give a pickle or a folder of such.") from error
    except Exception as error:  # a damaged pickle may fail in any way
        yield Damage(place=str(path), problem=f"it is no pickle of image and label ({type(error).__name__}: {error}).")
        return
    chosen: Style = style or ("printed" if path.name.lower().startswith("printed") else "handwritten")
    for number in range(count):
        try:
            image = _to_grey(images[number])
            yield CharSample(image=image, text=check_label(_to_text(labels[number])), style=chosen)
        except (TypeError, ValueError) as error:
            yield Damage(place=f"{path}, sample {number}", problem=str(error))


def load_arrays(file: BinaryIO) -> Any:
    """What a pickle holds, if it is made of plain values and numpy arrays alone.

    Raises:
        pickle.UnpicklingError: it asks for anything else.
        Exception: it is damaged; which one depends on how.
    """
    return _ArraysOnly(file).load()


def read_list(path: Path, wanted: str) -> list[Any]:
    """The list in a pickle that is made of plain values and numpy arrays alone.

    Args:
        path: of the pickle.
        wanted: what such a list is and where it is found, for messages: "a list of (file, word), as gt.pkl".

    Raises:
        DatasetError: it cannot be read, is damaged, asks for code, or holds no list.
    """
    try:
        with path.open("rb") as file:
            entries = load_arrays(file)
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}). Give {wanted}.") from error
    except Exception as error:  # a damaged pickle may fail in any way
        raise DatasetError(
            f"{path} is no pickle of plain values and arrays ({type(error).__name__}: {error}). Give {wanted}."
        ) from error
    if not isinstance(entries, list):
        raise DatasetError(f"{path} holds {type(entries).__name__}. Give {wanted}.")
    return entries


def _to_text(label: Any) -> Any:
    return label.decode("utf-8") if isinstance(label, bytes) else str(label) if isinstance(label, np.str_) else label


def _to_grey(picture: Any) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A picture of bytes, or of numbers in 0..1 or 0..255, as (H, W) grey."""
    array = np.asarray(picture)
    if array.dtype.kind not in "uifb":
        raise ValueError(f"its picture is of {array.dtype}, not of numbers.")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (3,)) or not array.size:
        raise ValueError(f"its picture has the shape {array.shape}; (H, W) or (H, W, 3) is needed.")
    if array.dtype != np.uint8:
        values = np.nan_to_num(array.astype(np.float64))
        array = np.clip(values * (255 if values.max() <= 1 else 1), 0, 255).round().astype(np.uint8)
    return np.ascontiguousarray(raster.to_grey(array))
