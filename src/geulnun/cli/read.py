"""``geulnun read``: pictures and PDFs to text."""

import os
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import typer

from geulnun.cli import reading_options as given
from geulnun.cli.engine_options import EngineOptions
from geulnun.cli.progress.timer import Timer
from geulnun.errors import InputError
from geulnun.runtime.options import ReadOptions

if TYPE_CHECKING:
    from geulnun.cli.destinations import Outputs, Plan
    from geulnun.cli.progress.report import Report
    from geulnun.cli.sources import Source
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
_RECURSIVE = typer.Option(False, "--recursive", "-r", help="Include subfolders.")
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
    pages: str | None = given.PAGES,
    dpi: float | None = given.DPI,
    recursive: bool = _RECURSIVE,
    threads: int | None = given.THREADS,
    backend: str = given.BACKEND,
    precision: str = given.PRECISION,
    detector: str | None = given.DETECTOR,
    recognizer: str | None = given.RECOGNIZER,
    min_confidence: float = given.MIN_CONFIDENCE,
    alternatives: int = given.ALTERNATIVES,
    beam: int | None = given.BEAM,
    orientation: str = given.ORIENTATION,
    cells: str = given.CELLS,
    text_layer: str = given.TEXT_LAYER,
    force_ocr: bool = given.FORCE_OCR,
    redo: bool = given.REDO,
    pdfa: bool = given.PDFA,
    characters: bool = given.CHARACTERS,
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
    outputs = given.choose_outputs(force_ocr, redo, pdfa, characters)
    options = given.choose_reading(min_confidence, alternatives, beam, orientation, cells, text_layer)
    job = Job(options=options, pages=pages, dpi=dpi)
    engine = EngineOptions(
        detector=detector, recognizer=recognizer, backend=backend, threads=threads, precision=precision
    )
    exit_code = _run(sources, plan_outputs(output, formats, outputs), recursive, engine, job)
    if timings:
        print(job.timer.format(), file=sys.stderr)
    if exit_code:
        raise typer.Exit(exit_code)


def _run(arguments: list[str], plan: "Plan", recursive: bool, engine: EngineOptions, job: Job) -> int:
    """Read everything and write everything; the exit code."""
    from geulnun.cli.destinations import open_outputs
    from geulnun.cli.progress.report import Report
    from geulnun.cli.sources import find_sources
    from geulnun.documents import SUFFIXES

    several = len(arguments) > 1 or os.path.isdir(arguments[0])
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
