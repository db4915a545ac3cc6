"""Draw the README's picture: a receipt of `demo/pictures` with what geulnun reads in it.

Usage: python scripts/draw_readme_picture.py [--font FILE]

Reads the picture with the bundled weights and writes `docs/images/receipt.jpg`, as `geulnun read receipt.jpg -o
receipt.png` would draw it, at a width that fits a page of text.
"""

import argparse
from pathlib import Path

from PIL import Image

import geulnun
from geulnun.core.image import read_image
from geulnun.core.raster import resize
from geulnun.outputs.annotated import draw_annotated, find_font

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCE = REPOSITORY / "demo" / "pictures" / "receipt.jpg"
TARGET = REPOSITORY / "docs" / "images" / "receipt.jpg"
WIDTH_PX = 600


def main() -> None:
    """Read the receipt, draw what was read, write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--font", type=Path, default=find_font(), help="a font that draws Hangul")
    font = parser.parse_args().font
    if font is None:
        parser.error("no Korean font was found on this computer; name one with --font FILE")
    rgb = read_image(SOURCE)
    page = geulnun.Engine(backend="onnxruntime").read(rgb).pages[0]
    scale = WIDTH_PX / page.width_px
    height_px = round(page.height_px * scale)
    small = page.moved(lambda quad: quad.scaled(scale, scale), width_px=WIDTH_PX, height_px=height_px)
    drawn = draw_annotated(resize(rgb, WIDTH_PX, height_px), small, font=font)
    TARGET.parent.mkdir(exist_ok=True)
    Image.fromarray(drawn).save(TARGET, quality=85, optimize=True)
    print(f"{TARGET.relative_to(REPOSITORY)}: {drawn.shape[1]} x {drawn.shape[0]} px, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
