"""The choices of reading and of single output formats, as the commands that read documents take them."""

from collections.abc import Collection
from typing import TYPE_CHECKING, cast

import typer

from geulnun.errors import UsageError
from geulnun.runtime.options import DEFAULT_MIN_CONFIDENCE, Cells, Orientation, ReadOptions, TextLayer

if TYPE_CHECKING:
    from geulnun.outputs import OutputOptions
    from geulnun.outputs.writer import ExistingText

PAGES = typer.Option(None, "--pages", "-p", metavar="1,3-5", help="Pages of PDFs and TIFFs; 7- is 7 to the end.")
DPI = typer.Option(None, "--dpi", help="Resolution for PDF pages; default: 200, less for coarse scans.")
BACKEND = typer.Option("auto", "--backend", metavar="auto|onnxruntime|openvino", help="Inference backend.")
DETECTOR = typer.Option(None, "--detector", metavar="NAME|FOLDER", help="Detector: a bundle of weights.")
RECOGNIZER = typer.Option(None, "--recognizer", metavar="NAME|FOLDER", help="Recogniser: a bundle of weights.")
PRECISION = typer.Option("auto", "--precision", metavar="auto|fp32|int8", help="Precision of the networks.")
THREADS = typer.Option(None, "--threads", "-t", help="Number of CPU threads; default: all.")
MIN_CONFIDENCE = typer.Option(
    DEFAULT_MIN_CONFIDENCE, "--min-confidence", help="Drop lines with a lower confidence, 0 to 1."
)
ALTERNATIVES = typer.Option(0, "--alternatives", help="Number of alternatives for each character in JSON, 50 at most.")
BEAM = typer.Option(
    None,
    "--beam",
    help="Width of the beam search with the language model, 2 to 100; 0 or 1: greedy decoding.",
)
ORIENTATION = typer.Option(
    "auto",
    "--orientation",
    metavar="auto|0|90|180|270",
    help="Rotation of the pages, clockwise; auto: detected.",
)
TEXT_LAYER = typer.Option(
    "ignore",
    "--text-layer",
    metavar="auto|ignore",
    help="Of PDFs: auto takes the text that a page carries, where it is good, and reads the other pages.",
)
FORCE_OCR = typer.Option(
    False, "--force-ocr", help="In a .pdf: draw pages that have text anew, and lay what is read under them."
)
REDO = typer.Option(False, "--redo", help="In a .pdf: replace invisible text layers by what is read.")
PDFA = typer.Option(False, "--pdfa", help="Write a .pdf as PDF/A-2b, for archives; needs geulnun[pdfa].")
_WITH_CHARACTERS = (".hocr", ".alto.xml", ".page.xml")
CHARACTERS = typer.Option(False, "--characters", help="In .hocr, .alto.xml and .page.xml: every character too.")
CELLS = typer.Option(
    "rows",
    "--cells",
    metavar="rows|lines",
    help="Write facing cells as one row, parted by tabs, or each on its own line.",
)


def choose_reading(
    min_confidence: float, alternatives: int, beam: int | None, orientation: str, cells: str, text_layer: str
) -> ReadOptions:
    """The choices of reading.

    Raises:
        UsageError: one that is not allowed.
    """
    return ReadOptions(
        min_confidence=min_confidence,
        alternatives=alternatives,
        beam=beam,
        orientation=cast(Orientation, int(orientation) if orientation.isdecimal() else orientation),
        cells=cast(Cells, cells),
        text_layer=cast(TextLayer, text_layer),
    )


def choose_outputs(force_ocr: bool, redo: bool, pdfa: bool, characters: bool) -> "OutputOptions":
    """The choices of single formats.

    Raises:
        UsageError: choices that exclude each other.
    """
    from geulnun.outputs import OutputOptions

    if force_ocr and redo:
        raise UsageError("--force-ocr and --redo exclude each other: draw the pages anew, or keep what is visible.")
    existing_text: ExistingText = "replace" if force_ocr else "redo" if redo else "keep"
    return OutputOptions(existing_text=existing_text, pdfa=pdfa, characters=characters)


def check_choices(options: "OutputOptions", suffixes: Collection[str]) -> None:
    """Refuse choices of formats that are not written.

    Args:
        options: of `choose_outputs`.
        suffixes: of all that is written.

    Raises:
        UsageError: a choice that none of them has.
    """
    given = {
        "--pdfa": options.pdfa,
        "--redo": options.existing_text == "redo",
        "--force-ocr": options.existing_text == "replace",
    }
    for name in (name for name, is_given in given.items() if is_given and ".pdf" not in suffixes):
        raise UsageError(f"{name} is of .pdf files, and none is written. Name one, as in -o FILE.pdf.")
    if options.characters and not set(_WITH_CHARACTERS) & set(suffixes):
        raise UsageError(
            f"--characters is of {', '.join(_WITH_CHARACTERS)}, and none of them is written. Name one, as in "
            "-o FILE.hocr."
        )
