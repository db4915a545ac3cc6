"""Stores validation strips and pages, to measure on the same ones after the code that draws them has changed.

    python benchmarks/freeze.py FOLDER [--strips 6000] [--pages 96] [--materials FOLDER] [--corpus FOLDER]

FOLDER gets natural/, clean/ and uniform/, so many strips each, and pages/. They are those that `benchmarks/strips.py`
and the validation of training draw. The same command goes on with what was begun. To measure on them:

    python benchmarks/strips.py CONFIG BUNDLE --store FOLDER
    python benchmarks/drawn_pages.py CHECKPOINT --store FOLDER
    geulnun evaluate FOLDER/pages --detector BUNDLE
    geulnun train detector --config CONFIG --set "source.validation_store='FOLDER'"
"""

import argparse
import json
from pathlib import Path

from PIL import Image

from geulnun.data.sample import StripSample
from geulnun.data.sources.labels import LABELS_FILE
from geulnun.data.store import SampleWriter
from geulnun.training.detector.config import PageSourceConfig
from geulnun.training.recognizer.config import StripSourceConfig
from geulnun.training.streams import SourceFactory


def main() -> None:
    """Stores what is missing."""
    arguments = _read_arguments()
    pages = PageSourceConfig(materials=arguments.materials, corpus=arguments.corpus)
    freeze_pages(pages.validation_factory()[0], arguments.folder / "pages", arguments.pages)
    strips = StripSourceConfig(materials=arguments.materials, corpus=arguments.corpus)
    for kind, (factory, _) in strips.validation_factories().items():
        freeze_strips(factory, arguments.folder / kind, kind, arguments.strips)


def freeze_pages(factory: SourceFactory, folder: Path, count: int) -> None:
    """Writes the pages 0 to `count` that are not in the store yet."""
    source = factory()
    with SampleWriter(folder, append=True) as writer:
        while writer.count < count:
            writer.write(source.draw(writer.count))
    print(f"{folder}: {writer.count} pages", flush=True)


def freeze_strips(factory: SourceFactory, folder: Path, kind: str, count: int) -> None:
    """Writes the strips 0 to `count` that are not in the folder yet: `labels.jsonl` and images of one line each."""
    source = factory()
    (folder / "images").mkdir(parents=True, exist_ok=True)
    with (folder / LABELS_FILE).open("a+", encoding="utf-8") as labels:
        labels.seek(0)
        for index in range(len(labels.readlines()), count):
            sample: StripSample = source.draw(index)
            name = f"images/{index:06d}.png"
            Image.fromarray(sample.image).save(folder / name)
            labels.write(json.dumps({"image": name, "kind": kind, "text": sample.text}, ensure_ascii=False) + "\n")
            labels.flush()
    print(f"{folder}: {count} strips", flush=True)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where they go")
    parser.add_argument("--strips", type=int, default=6000, help="of each kind")
    parser.add_argument("--pages", type=int, default=96)
    parser.add_argument(
        "--materials", type=Path, default=Path("materials"), help="folder that scripts/materials filled"
    )
    parser.add_argument("--corpus", type=Path, help="folder of UTF-8 text")
    return parser.parse_args()


if __name__ == "__main__":
    main()
