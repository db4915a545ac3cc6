"""``geulnun synth``: draw synthetic samples to a folder, or measure the throughput."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import typer

from geulnun.errors import OutputError, UsageError, needing_extra

if TYPE_CHECKING:
    from geulnun.data.sample import CharSample, StripSample
    from geulnun.synth.characters.source import CharSource
    from geulnun.synth.materials.corpus import Split
    from geulnun.synth.pages import PageSource
    from geulnun.synth.strips.newsprint import NewsprintStrips
    from geulnun.synth.strips.source import StripSource

app = typer.Typer(add_completion=False)

_BENCH_SECONDS = 8.0
_SHEET_ROWS = 100
_SHEET_CHARS = 256


@app.command()
def synth(
    strips: int = typer.Option(0, "--strips", min=0, help="Number of text lines, for the recogniser."),
    pages: int = typer.Option(0, "--pages", min=0, help="Number of pages, for the detector."),
    chars: int = typer.Option(0, "--chars", min=0, help="Number of single characters, for the character reader."),
    output: Path | None = typer.Option(None, "--output", "-o", help="Folder to write to, new or empty."),
    bench: bool = typer.Option(False, "--bench", help="Print samples per second on one core."),
    materials: Path = typer.Option(Path("materials"), "--materials", help="Folder filled by scripts/materials."),
    corpus: Path | None = typer.Option(None, "--corpus", help="Folder of UTF-8 text; default: generated text."),
    seed: int = typer.Option(1, "--seed", min=0, help="Seed; with its index it determines a sample."),
    first: int = typer.Option(0, "--first", min=0, help="Index of the first sample."),
    split: str = typer.Option("train", "--split", help="Fonts and text of this split: train or validation."),
    kind: str | None = typer.Option(None, "--kind", help="Draw this kind of page or strip only, such as newsprint."),
    longest_text: int = typer.Option(0, "--longest-text", min=0, help="Of --strips: characters of a text; 0: any."),
    form: str = typer.Option(
        "store",
        "--form",
        help="Of --pages: store, or open-ocr for pictures and merged_gt.pkl as Open-OCR-Engine reads.",
    ),
) -> None:
    """Draw synthetic samples: text lines, pages and single characters.

    `--strips N -o FOLDER` writes pictures with labels.jsonl, `--chars N -o FOLDER` likewise, of any size from 24 to
    256 px, `--pages N -o FOLDER` a data set with exact character boxes; all add preview.png to look at.
    """
    if split not in ("train", "validation"):
        raise UsageError(f'--split {split}: there is no such split. Take "train" or "validation".')
    wanted = sum(map(bool, (strips, pages, chars)))
    if not bench and not wanted:
        raise UsageError(
            "Nothing to draw. Give --strips N -o FOLDER, --pages N -o FOLDER, --chars N -o FOLDER or --bench."
        )
    if bool(wanted) != (output is not None):
        raise UsageError(
            "--strips, --pages and --chars need a folder to write to, and a folder needs one of them: -o FOLDER."
        )
    if wanted > 1:
        raise UsageError("--strips, --pages and --chars write different data sets. Call the command once for each.")
    if kind is not None and chars:
        raise UsageError(f"--kind {kind}: characters have no kinds. Give --pages N or --strips N with it.")
    if strips and kind not in (None, "newsprint"):
        raise UsageError(f"--kind {kind}: strips are of all kinds or newsprint. Leave --kind out, or give newsprint.")
    if form not in ("store", "open-ocr"):
        raise UsageError(f'--form {form}: there is no such form. Take "store" or "open-ocr".')
    settings = seed, materials, corpus, cast("Split", split)
    if strips and output is not None:
        _write_strips(_open_strips(*settings, kind, longest_text), first, strips, output)
    if pages and output is not None:
        _write_pages(_open_pages(*settings, kind), first, pages, output, form)
    if chars and output is not None:
        _write_chars(_open_chars(seed, materials, split), first, chars, output)
    if bench:
        _print_speed("strips", _open_strips(*settings, kind, longest_text), first)
        _print_speed("pages", _open_pages(*settings, kind), first)


def _open_strips(
    seed: int, materials: Path, corpus: Path | None, split: "Split", kind: str | None, longest_text: int
) -> "StripSource | NewsprintStrips":
    with needing_extra("train", "Drawing samples"):
        from geulnun.synth.strips.newsprint import NewsprintStrips
        from geulnun.synth.strips.source import StripSource
    read = NewsprintStrips.read if kind == "newsprint" else StripSource.read
    return read(seed, materials, corpus, split=split, longest_text=longest_text)


def _open_pages(seed: int, materials: Path, corpus: Path | None, split: "Split", kind: str | None) -> "PageSource":
    with needing_extra("train", "Drawing samples"):
        from geulnun.synth.materials.read_split import read_split
        from geulnun.synth.pages import PageSource
    fonts, texts = read_split(materials, corpus, split)
    return PageSource(seed, fonts, texts, kinds=None if kind is None else {kind: 1.0})


def _open_chars(seed: int, materials: Path, split: str) -> "CharSource":
    with needing_extra("train", "Drawing samples"):
        from geulnun.synth.characters.source import CharSource
    return CharSource.read(seed, materials, split=split, size_px=None, classes="all", common_share=0.5)


def _print_speed(kind: str, source: Any, first: int) -> None:
    """Print samples a second of processor time, after a start that fills the caches."""
    import time

    import cv2

    cv2.setNumThreads(0)
    for index in range(first, first + 5):
        source.draw(index)
    started, count = time.process_time(), 0
    while time.process_time() - started < _BENCH_SECONDS:
        source.draw(first + 5 + count)
        count += 1
    typer.echo(f"{count / (time.process_time() - started):.1f} {kind}/s per core")


def _make_folder(folder: Path) -> None:
    try:
        if folder.exists() and any(folder.iterdir()):
            raise OutputError(f"{folder} already holds files. Name a folder that is new or empty.")
        (folder / "images").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written ({error.strerror}). Name a folder that can be.") from error


def _write_strips(source: "StripSource | NewsprintStrips", first: int, count: int, folder: Path) -> None:
    shown = _write_labelled(source, first, count, folder, "strips", lambda sample: "strip", _SHEET_ROWS)
    _save_preview(_draw_sheet(source, shown), folder)


def _write_chars(source: "CharSource", first: int, count: int, folder: Path) -> None:
    shown = _write_labelled(source, first, count, folder, "characters", lambda sample: sample.style, _SHEET_CHARS)
    _save_preview(_draw_chars(source, shown), folder)


def _write_labelled(
    source: Any, first: int, count: int, folder: Path, what: str, find_kind: Callable[[Any], str], most_shown: int
) -> list[Any]:
    """Write images/ and labels.jsonl; the first samples, to be shown."""
    import json

    from PIL import Image
    from rich.progress import track

    from geulnun.outputs.atomic_file import writing_into

    _make_folder(folder)
    shown: list[Any] = []
    with writing_into(folder), (folder / "labels.jsonl").open("w", encoding="utf-8") as labels:
        for index in track(range(first, first + count), description=what):
            sample = source.draw(index)
            name = f"images/{index:07d}.png"
            Image.fromarray(sample.image).save(folder / name)
            record = {"image": name, "kind": find_kind(sample), "text": sample.text}
            labels.write(json.dumps(record, ensure_ascii=False) + "\n")
            if len(shown) < most_shown:
                shown.append(sample)
    return shown


def _save_preview(sheet: Any, folder: Path) -> None:
    from geulnun.outputs.atomic_file import writing_into

    with writing_into(folder):
        sheet.save(folder / "preview.png")


def _draw_chars(source: "CharSource", samples: "list[CharSample]") -> Any:
    """A picture of characters below their texts: printed ones in yellow, handwritten ones in blue letters."""
    from PIL import Image, ImageDraw

    columns, cell = 16, 84
    face = max(source.fonts.korean, key=lambda f: (f.glyph_class == "gothic", sum(map(f.draws, "가힣뷁"))))
    font = face.at(13)
    sheet = Image.new("RGB", (columns * cell, -(-len(samples) // columns) * (cell + 16)), (70, 90, 120))
    pen = ImageDraw.Draw(sheet)
    for i, sample in enumerate(samples):
        x, y = i % columns * cell + 2, i // columns * (cell + 16)
        colour = (255, 235, 130) if sample.style == "printed" else (160, 220, 255)
        size = "x".join(map(str, sample.image.shape[::-1]))
        pen.text((x, y), f"{sample.text} {size}", font=font, fill=colour)
        picture = Image.fromarray(sample.image)
        picture.thumbnail((cell - 4, cell - 4))
        sheet.paste(picture, (x, y + 16))
    return sheet


def _draw_sheet(source: "StripSource | NewsprintStrips", samples: "list[StripSample]") -> Any:
    """A picture of strips below their texts, in two columns."""
    from PIL import Image, ImageDraw

    column, row = 820, 56
    face = max(source.fonts.korean, key=lambda f: (f.glyph_class == "gothic", sum(map(f.draws, "가힣①㎡₩"))))
    font = face.at(15)
    sheet = Image.new("RGB", (2 * column, (len(samples) + 1) // 2 * row), (70, 90, 120))
    pen = ImageDraw.Draw(sheet)
    for i, sample in enumerate(samples):
        x, y = i % 2 * column + 4, i // 2 * row
        pen.text((x, y), sample.text, font=font, fill=(255, 235, 130))
        sheet.paste(Image.fromarray(sample.image[:, : column - 12]), (x, y + 20))
    return sheet


def _write_pages(source: Any, first: int, count: int, folder: Path, form: str) -> None:
    """Write a data set and preview.png, which shows character boxes."""
    from PIL import Image
    from rich.progress import track

    from geulnun.data.sources.open_ocr import write_merged
    from geulnun.data.store import SampleWriter

    side, columns = 480, 4
    shown: list[Image.Image] = []

    def draw() -> Iterator[Any]:
        for index in track(range(first, first + count), description="pages"):
            sample = source.draw(index)
            if len(shown) < columns * 6:
                shown.append(_draw_page_preview(sample, side))
            yield sample

    if form == "open-ocr":
        write_merged(folder, draw())
    else:
        _make_folder(folder)
        with SampleWriter(folder) as writer:
            for sample in draw():
                writer.write(sample)
    sheet = Image.new("RGB", (columns * side, -(-len(shown) // columns) * side), (70, 90, 120))
    for i, picture in enumerate(shown):
        sheet.paste(picture, (i % columns * side, i // columns * side))
    _save_preview(sheet, folder)


def _draw_page_preview(sample: Any, side_px: int) -> Any:
    from PIL import Image, ImageDraw

    picture = Image.fromarray(sample.image)
    pen = ImageDraw.Draw(picture)
    for char in sample.page.chars:
        pen.polygon(char.quad.points, outline=(255, 0, 0))
    picture.thumbnail((side_px - 4, side_px - 4))
    return picture
