"""Draws the picture that ``geulnun check`` reads: ``python scripts/draw_selftest.py``.

The font is NanumGothic (OFL-1.1), which `scripts/materials` fetches; the picture holds a few of its letters, drawn.
"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from geulnun.cli.check import SELF_TEST_PICTURE, SELF_TEST_TEXT

FONT = Path(__file__).parents[1] / "materials" / "fonts" / "NanumGothic.ttf"


def main() -> None:
    """Write the picture into the package."""
    font = ImageFont.truetype(FONT, 30)
    picture = Image.new("L", (520, 50 * len(SELF_TEST_TEXT.splitlines()) + 40), 250)
    pen = ImageDraw.Draw(picture)
    for index, line in enumerate(SELF_TEST_TEXT.splitlines()):
        pen.text((30, 30 + 50 * index), line, font=font, fill=20)
    picture.quantize(16).save(SELF_TEST_PICTURE, optimize=True)


if __name__ == "__main__":
    main()
