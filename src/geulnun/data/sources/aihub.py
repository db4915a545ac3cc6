"""AI Hub's pictures of Korean letter forms (한국어 글자체 이미지): single syllables with their JSON.

The JSON has `images` (`id`, `file_name`) and `annotations` (`image_id`, `text`, `attributes` with `type`, which is
"글자(음절)" for single syllables). The pictures may lie in any folder below; they are found by their names.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geulnun.core import raster
from geulnun.core.image import read_image
from geulnun.data.damage import Damage, check_label, pass_over_damage
from geulnun.data.records import Report, report_by_log
from geulnun.data.sample import CharSample, Style
from geulnun.errors import DatasetError, InputError

SYLLABLE_TYPE = "글자(음절)"


def read_aihub(path: Path | str, *, style: Style | None = None, report: Report = report_by_log) -> Iterator[CharSample]:
    """The single syllables that a JSON file lists, in its order; words and sentences are left out.

    Args:
        path: the JSON file; its pictures are looked for in its folder and all folders below.
        style: what they are; if None, what the file's name says ("printed…" or anything else for handwriting).
        report: called with damaged records and pictures that are missing.

    Raises:
        DatasetError: it is no such file, or nothing in it is sound.
    """
    path = Path(path)
    chosen: Style = style or ("printed" if "printed" in path.name.lower() else "handwritten")
    return pass_over_damage(_read_records(path, path.parent, chosen), str(path), report)


def _read_records(path: Path, folder: Path, style: Style) -> Iterator[CharSample | Damage]:
    listing = _read_listing(path)
    names = {str(each["id"]): str(each["file_name"]) for each in listing.get("images", []) if _is_image(each)}
    places = {
        name: Path(where, name) for where, _, files in os.walk(folder) for name in files if not name.endswith(".json")
    }
    for number, record in enumerate(listing["annotations"]):
        place = f"{path}, annotation {number}"
        try:
            if record["attributes"].get("type") != SYLLABLE_TYPE:
                continue
            key = str(record.get("image_id", record.get("id")))
            name = Path(names.get(key, f"{key}.png")).name
            text = check_label(record["text"])
            if name not in places:
                raise ValueError(f"its picture {name} is not in {folder}.")
            image = raster.to_grey(read_image(places[name]))
        except (AttributeError, KeyError, TypeError, ValueError, InputError) as error:
            problem = f"the field {error} is missing." if isinstance(error, KeyError) else str(error)
            yield Damage(place=place, problem=problem)
            continue
        writer = record["attributes"].get("font") or record["attributes"].get("writer")
        yield CharSample(image=image, text=text, style=style, writer=str(writer) if writer else None)


def _is_image(record: Any) -> bool:
    return isinstance(record, dict) and "id" in record and "file_name" in record


def _read_listing(path: Path) -> dict[str, Any]:
    try:
        listing = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}). Give AI Hub's JSON file.") from error
    except ValueError as error:
        raise DatasetError(f"{path} is not JSON ({error}). Give AI Hub's JSON file as it was downloaded.") from error
    if not isinstance(listing, dict) or not isinstance(listing.get("annotations"), list):
        raise DatasetError(
            f'{path} has no list "annotations", so it is no list of AI Hub. Give the JSON of the pictures.'
        )
    return listing
