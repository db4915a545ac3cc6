"""``geulnun read``: pictures and PDFs to text."""

import sys
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from geulnun.cli.engine_options import EngineOptions
from geulnun.cli.timer import Timer
from geulnun.errors import InputError, UsageError
from geulnun.runtime.options import DEFAULT_MIN_CONFIDENCE, Cells, Orientation, ReadOptions, TextLayer

if TYPE_CHECKING:
    from geulnun.cli.destinations import Outputs, Plan
    from geulnun.cli.report import Report
    from geulnun.cli.sources import Source
    from geulnun.outputs import OutputOptions
    from geulnun.outputs.writer import ExistingText
    from geulnun.reading import Engine

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")

_SOURCES = typer.Argument(
    ...,
    metavar="FILE|FOLDER|-...",
    help="Images (png jpg webp avif bmp gif tiff), PDFs or folders; - is standard input.",
)
_OUTPUT = typer.Option(
    [],
    "--output",
    "-o",
    metavar="FILE|FOLDER/",
    help="Where to write; the suffix says the format: .txt .md .json .jsonl .tsv .csv .hocr .alto.xml .page.xml .xlsx "
    ".docx .pdf (searchable) .png. Repeatable.",
)
_FORMAT = typer.Option(
    None, "--format", "-f", metavar="txt,json,...", help="Formats of the files in FOLDER/, or of standard output."
)
_PAGES = typer.Option(None, "--pages", "-p", metavar="1,3-5", help="Pages of PDFs and TIFFs; 7- is 7 to the end.")
_DPI = typer.Option(None, "--dpi", help="Resolution for PDF pages; default: 200, less for coarse scans.")
_RECURSIVE = typer.Option(False, "--recursive", "-r", help="Include subfolders.")
_THREADS = typer.Option(None, "--threads", "-t", help="Number of CPU threads; default: all.")
_BACKEND = typer.Option("auto", "--backend", metavar="auto|onnxruntime|openvino", help="Inference backend.")
_DETECTOR = typer.Option(None, "--detector", metavar="NAME|FOLDER", help="Detector: a bundle of weights.")
_RECOGNIZER = typer.Option(None, "--recognizer", metavar="NAME|FOLDER", help="Recogniser: a bundle of weights.")
_PRECISION = typer.Option("auto", "--precision", metavar="auto|fp32|int8", help="Precision of the networks.")
_MIN_CONFIDENCE = typer.Option(
    DEFAULT_MIN_CONFIDENCE, "--min-confidence", help="Drop lines with a lower confidence, 0 to 1."
)
_ALTERNATIVES = typer.Option(0, "--alternatives", help="Number of alternatives for each character in JSON.")
_BEAM = typer.Option(
    None,
    "--beam",
    help="Width of the beam search with the language model, 2 to 100; 0: greedy decoding.",
)
_ORIENTATION = typer.Option(
    "auto",
    "--orientation",
    metavar="auto|0|90|180|270",
    help="Rotation of the pages, clockwise; auto: detected.",
)
_TEXT_LAYER = typer.Option(
    "ignore",
    "--text-layer",
    metavar="auto|ignore",
    help="Of PDFs: auto takes the text that a page carries, where it is good, and reads the other pages.",
)
_FORCE_OCR = typer.Option(
    False, "--force-ocr", help="In a .pdf: draw pages that have text anew, and lay what is read under them."
)
_REDO = typer.Option(False, "--redo", help="In a .pdf: replace invisible text layers by what is read.")
_PDFA = typer.Option(False, "--pdfa", help="Write a .pdf as PDF/A-2b, for archives; needs geulnun[pdfa].")
_CHARACTERS = typer.Option(False, "--characters", help="In .hocr, .alto.xml and .page.xml: every character too.")
_CELLS = typer.Option(
    "rows",
    "--cells",
    metavar="rows|lines",
    help="Write facing cells as one row, parted by tabs, or each on its own line.",
)
_TIMINGS = typer.Option(False, "--timings", help="Print the time of each step on standard error.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """How the sources are to be read.

    Attributes:
        options: of reading, without `on_step`.
        pages: the wanted pages of every source.
        dpi: resolution for PDF pages.
        timer: takes the times of the steps.
    """

    options: ReadOptions
    pages: str | None = None
    dpi: float | None = None
    timer: Timer = field(default_factory=Timer)


@app.command()
def read(
    sources: list[str] = _SOURCES,
    output: list[str] = _OUTPUT,
    formats: str | None = _FORMAT,
    pages: str | None = _PAGES,
    dpi: float | None = _DPI,
    recursive: bool = _RECURSIVE,
    threads: int | None = _THREADS,
    backend: str = _BACKEND,
    precision: str = _PRECISION,
    detector: str | None = _DETECTOR,
    recognizer: str | None = _RECOGNIZER,
    min_confidence: float = _MIN_CONFIDENCE,
    alternatives: int = _ALTERNATIVES,
    beam: int | None = _BEAM,
    orientation: str = _ORIENTATION,
    cells: str = _CELLS,
    text_layer: str = _TEXT_LAYER,
    force_ocr: bool = _FORCE_OCR,
    redo: bool = _REDO,
    pdfa: bool = _PDFA,
    characters: bool = _CHARACTERS,
    timings: bool = _TIMINGS,
) -> None:
    """Read text in images and PDFs.

    The text goes to standard output, or to the files of -o; several -o in one run are fine. Several sources in one
    .txt stand under headings "==> name <==", in one .json they are an array, in a .jsonl rows; -o FOLDER/ writes
    files for each source.

    A source that cannot be read is reported on standard error, and the others are still read. The exit code is that
    of the first failure: 3 a source could not be read, 4 an output could not be written. Before anything is read, a
    run ends with 2 if an option is wrong, 5 if the weights are damaged, 6 if the backend is not installed. A picture
    without text is no failure: its text is empty.
    """
    from geulnun.cli.destinations import plan_outputs
    from geulnun.documents import check_dpi, parse_page_range

    parse_page_range(pages)
    check_dpi(dpi)
    # Pillow warns of odd metadata; what matters ends in an error of ours.
    warnings.filterwarnings("ignore", module="PIL")
    outputs = _choose_outputs(force_ocr, redo, pdfa, characters)
    options = ReadOptions(
        min_confidence=min_confidence,
        alternatives=alternatives,
        beam=beam,
        orientation=_parse_orientation(orientation),
        cells=cast(Cells, cells),
        text_layer=cast(TextLayer, text_layer),
    )
    job = Job(options=options, pages=pages, dpi=dpi)
    engine = EngineOptions(
        detector=detector, recognizer=recognizer, backend=backend, threads=threads, precision=precision
    )
    exit_code = _run(sources, plan_outputs(output, formats, outputs), recursive, engine, job)
    if timings:
        print(job.timer.format(), file=sys.stderr)
    if exit_code:
        raise typer.Exit(exit_code)


def _choose_outputs(force_ocr: bool, redo: bool, pdfa: bool, characters: bool) -> "OutputOptions":
    from geulnun.outputs import OutputOptions

    if force_ocr and redo:
        raise UsageError("--force-ocr and --redo exclude each other: draw the pages anew, or keep what is visible.")
    existing_text: ExistingText = "replace" if force_ocr else "redo" if redo else "keep"
    return OutputOptions(existing_text=existing_text, pdfa=pdfa, characters=characters)


def _parse_orientation(text: str) -> Orientation:
    """The angle, or the text as it is, for the options to refuse."""
    return cast(Orientation, int(text) if text.isdecimal() else text)


def _run(arguments: list[str], plan: "Plan", recursive: bool, engine: EngineOptions, job: Job) -> int:
    """Read everything and write everything; the exit code."""
    from geulnun.cli.destinations import open_outputs
    from geulnun.cli.report import Report
    from geulnun.cli.sources import find_sources
    from geulnun.documents import SUFFIXES

    several = len(arguments) > 1 or Path(arguments[0]).is_dir()
    sources, errors = find_sources(arguments, suffixes=SUFFIXES, recursive=recursive, skipped=plan.folders)
    with Report(len(sources)) as report:
        for error in errors:
            report.fail(error)
        if not sources:
            return report.exit_code
        # Before any output is opened, so that bad weights leave nothing behind.
        with job.timer.measure("open engine"):
            reader = engine.open()
        with open_outputs(plan, sources, report, several=several) as outputs:
            for source in sources:
                if outputs.any_left:
                    _read_source(source, reader, outputs, job, report)
    return report.exit_code


def _read_source(source: "Source", engine: "Engine", outputs: "Outputs", job: Job, report: "Report") -> None:
    """Read one source and write its pages as they come; what fails is reported."""
    options = replace(job.options, on_step=job.timer.add)
    report.start_source(source.label)
    try:
        with outputs.open_document(source) as document:
            images = engine.iter_pages(source.content, options, pages=job.pages, dpi=job.dpi)
            for done, (page, image) in enumerate(images, start=1):
                with job.timer.measure("write"):
                    document.write_page(page, image)
                report.finish_page(left=image.page_count - done)
    except MemoryError:
        report.fail(InputError("it does not fit in memory. Cut it into parts, or lower --dpi."), source.label)
    except BrokenPipeError:  # whoever listened has gone, and typer ends the run quietly
        raise
    except Exception as error:  # one bad source never stops the rest
        report.fail(error, source.label)
    finally:
        report.finish_source()
