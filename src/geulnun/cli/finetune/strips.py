"""The folder of ``geulnun finetune --strips``: lines as they are trained on, to be looked at."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from geulnun.errors import OutputError

if TYPE_CHECKING:
    from geulnun.training.finetune.data import OwnData

_STRIP_FILE = re.compile(r"labels\.jsonl|(training|validation)-[0-9]+\.png")


def check_strips_folder(folder: Path) -> None:
    """Nothing, if a folder has no files but those of `write_strips`.

    Raises:
        OutputError: it has, or it cannot be looked into.
    """
    try:
        others = [path.name for path in folder.iterdir() if not _STRIP_FILE.fullmatch(path.name)]
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"{folder} cannot be read ({error.strerror}). Name another folder for --strips.") from error
    if others:
        raise OutputError(f"{folder} holds other files, such as {others[0]}. Name a new folder for --strips.")


def write_strips(folder: Path, data: "OwnData") -> None:
    """Write each line as a picture with its label, a data set itself.

    Raises:
        OutputError: the folder cannot be written.
    """
    from PIL import Image

    from geulnun.outputs.atomic_file import writing_into

    with writing_into(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "labels.jsonl").open("w", encoding="utf-8") as labels:
            for kind, lines in (("training", data.training), ("validation", data.validation)):
                for number, line in enumerate(lines, 1):
                    name = f"{kind}-{number:05}.png"
                    Image.fromarray(line.image).save(folder / name)
                    record = {"image": name, "text": line.text, "kind": kind, "place": line.place}
                    labels.write(json.dumps(record, ensure_ascii=False) + "\n")
    print(f"{folder}: {len(data.training) + len(data.validation):,} lines as they are trained on.")
