"""Read the pictures beside this file: their text to the terminal, annotated copies to `demo/out`."""

import sys
import time
from pathlib import Path

import geulnun
from geulnun.core.image import IMAGE_SUFFIXES, read_image
from geulnun.outputs import write_document
from geulnun.outputs.annotated import find_font

HERE = Path(__file__).resolve().parent
OUT = HERE / "out"


def main() -> None:
    """Read every picture with one engine, as a program would."""
    engine = geulnun.Engine()
    OUT.mkdir(exist_ok=True)
    for path in sorted((HERE / "pictures").iterdir()):
        if path.suffix not in IMAGE_SUFFIXES:
            continue
        image = read_image(path)
        start = time.perf_counter()
        document = engine.read(image)
        seconds = time.perf_counter() - start
        annotated = OUT / f"{path.stem}.png"
        write_document(document, annotated, images=[image])
        print(f"==> demo/pictures/{path.name} ({seconds:.1f} s; shown in demo/out/{annotated.name}) <==")
        print(document.text, end="\n\n")
    if find_font() is None:
        print("No Korean font was found: the copies in demo/out show outlines only, without the text beside them.")
    command = Path(sys.executable).with_name("geulnun")
    shown = command.relative_to(Path.cwd()) if command.is_relative_to(Path.cwd()) else command
    print(f"Read your own: {shown} read FILE")


if __name__ == "__main__":
    main()
