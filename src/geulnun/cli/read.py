"""``geulnun read``: pictures and PDFs to text."""

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import typer

from geulnun.cli.timer import Timer
from geulnun.errors import GeulnunError, InputError, OutputError

if TYPE_CHECKING:
    from geulnun.cli.destinations import Destination, Plan
    from geulnun.cli.report import Report
    from geulnun.cli.sources import Source
    from geulnun.core.image import RgbImage
    from geulnun.core.page import Document, Page
    from geulnun.documents import PageImage

PageReader: TypeAlias = "Callable[[PageImage], Page]"

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")

_SOURCES = typer.Argument(
    ...,
    metavar="FILE|FOLDER|-...",
    help="Pictures (png jpg webp avif bmp gif tiff), PDFs, folders of them; - is standard input.",
)
_OUTPUT = typer.Option(
    [],
    "--output",
    "-o",
    metavar="FILE|FOLDER/",
    help="Where to write; the suffix says the format: .txt .json .jsonl .png. Repeatable.",
)
_FORMAT = typer.Option(
    None, "--format", "-f", metavar="txt,json,...", help="Formats of the files in FOLDER/, or of standard output."
)
_PAGES = typer.Option(None, "--pages", "-p", metavar="1,3-5", help="Pages to read of PDFs and TIFFs; 7- is from 7 on.")
_DPI = typer.Option(None, "--dpi", help="Resolution for PDF pages; 200 or what suits the page if not given.")
_RECURSIVE = typer.Option(False, "--recursive", "-r", help="Search folders inside folders too.")
_THREADS = typer.Option(None, "--threads", "-t", help="CPU threads to use; all if not given.")
_BACKEND = typer.Option("auto", "--backend", metavar="auto|onnxruntime|openvino", help="What runs the networks.")
_DETECTOR = typer.Option(None, "--detector", metavar="NAME|FOLDER", help="Bundle of weights to find text with.")
_RECOGNIZER = typer.Option(None, "--recognizer", metavar="NAME|FOLDER", help="Bundle of weights to read lines with.")
_PRECISION = typer.Option("auto", "--precision", metavar="auto|fp32|int8", help="Numbers the networks compute in.")
_MIN_CONFIDENCE = typer.Option(None, "--min-confidence", help="Leave out lines that are less sure than this, 0 to 1.")
_ALTERNATIVES = typer.Option(0, "--alternatives", help="Readings to give for each character in JSON.")
_BEAM = typer.Option(
    None,
    "--beam",
    help="Texts kept in the search for each line's likeliest, by ink and by language; 0 reads by ink alone.",
)
_ORIENTATION = typer.Option(
    "auto",
    "--orientation",
    metavar="auto|0|90|180|270",
    help="How far pages lie turned clockwise; auto sees it by their letters.",
)
_TIMINGS = typer.Option(False, "--timings", help="Say on standard error how long everything took.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """How the sources are to be read.

    Attributes:
        engine: arguments of `geulnun.Engine`.
        choices: fields of `geulnun.ReadOptions`.
        pages: the wanted pages of every source.
        dpi: resolution for PDF pages.
        timer: takes the times of the steps.
    """

    engine: dict[str, Any]
    choices: dict[str, Any] = field(default_factory=dict)
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
    min_confidence: float | None = _MIN_CONFIDENCE,
    alternatives: int = _ALTERNATIVES,
    beam: int | None = _BEAM,
    orientation: str = _ORIENTATION,
    timings: bool = _TIMINGS,
) -> None:
    """Read pictures and PDFs to text.

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
    job = Job(
        pages=pages,
        dpi=dpi,
        engine={
            "threads": threads,
            "backend": backend,
            "precision": precision,
            "detector": detector,
            "recognizer": recognizer,
        },
        choices={"alternatives": alternatives}
        | ({} if beam is None else {"beam": beam})
        | ({} if orientation == "auto" else {"orientation": _parse_orientation(orientation)})
        | ({} if min_confidence is None else {"min_confidence": min_confidence}),
    )
    exit_code = _run(sources, plan_outputs(output, formats), recursive, job)
    if timings:
        print(job.timer.format(), file=sys.stderr)
    if exit_code:
        raise typer.Exit(exit_code)


def _parse_orientation(text: str) -> int | str:
    """The angle, or the text as it is, for the options to refuse."""
    return int(text) if text.isdecimal() else text


def _run(arguments: list[str], plan: "Plan", recursive: bool, job: Job) -> int:
    """Reads everything and writes everything; the exit code."""
    from geulnun.cli.destinations import open_destinations
    from geulnun.cli.report import Report
    from geulnun.cli.sources import find_sources
    from geulnun.documents import SUFFIXES

    several = len(arguments) > 1 or Path(arguments[0]).is_dir()
    sources, errors = find_sources(arguments, suffixes=SUFFIXES, recursive=recursive, skipped=plan.folders)
    with Report(len(sources)) as report, ExitStack() as stack:
        for error in errors:
            report.fail(error)
        if not sources:
            return report.exit_code
        # Before any output is opened, so that bad weights leave nothing behind.
        with job.timer.measure("open engine"):
            read_page = open_reader(job)
        destinations, errors = open_destinations(plan, sources, several=several)
        for error in errors:
            report.fail(error)
        for destination in destinations:
            stack.enter_context(_closing(destination, report))
        for source in sources:
            if destinations:
                _read_source(source, read_page, destinations, job, report)
    return report.exit_code


def open_reader(job: Job) -> PageReader:
    """What makes a `Page` of a page image: an engine with this job's choices."""
    from geulnun import Engine, ReadOptions

    options = ReadOptions(**job.choices, on_step=job.timer.add)
    engine = Engine(**job.engine)
    return lambda image: replace(engine.read(image.rgb, options=options).pages[0], number=image.number)


@contextmanager
def _closing(destination: "Destination", report: "Report") -> Iterator[None]:
    try:
        with destination:
            yield
    except OutputError as error:
        report.fail(error)


def _read_source(
    source: "Source", read_page: PageReader, destinations: "list[Destination]", job: Job, report: "Report"
) -> None:
    """Reads one source and gives it to the destinations; those that broke are taken off the list."""
    from geulnun.cli.destinations import StandardOutput

    try:
        document = _read_document(source, read_page, job, report)
    except MemoryError:
        report.fail(InputError("it does not fit in memory. Cut it into parts, or lower --dpi."), source.label)
        return
    except Exception as error:  # one bad source never stops the rest
        report.fail(error, source.label)
        return
    for destination in list(destinations):
        try:
            if isinstance(destination, StandardOutput):
                report.pause()
            with job.timer.measure("write"):
                destination.add(source, document, lambda: _reopen_pictures(source, job))
        except GeulnunError as error:
            report.fail(error)
            if not destination.independent:
                destinations.remove(destination)
        except BrokenPipeError:  # whoever listened has gone, and typer ends the run quietly
            raise
        except Exception as error:
            report.fail(error, source.label)


def _read_document(source: "Source", read_page: PageReader, job: Job, report: "Report") -> "Document":
    from geulnun.core.page import Document
    from geulnun.documents import choose_pages, count_pages, open_pages

    left = 1
    pages = []
    try:
        left = len(choose_pages(job.pages, count_pages(source.content)))
        report.start_source(source.label, left - 1)
        images = open_pages(source.content, pages=job.pages, dpi=job.dpi)
        for _ in range(left):
            with job.timer.measure("open page"):
                image = next(images)
            with job.timer.measure("read page"):
                pages.append(read_page(image))
            left -= 1
            report.finish_pages()
    finally:
        report.finish_pages(left)
    return Document(pages=tuple(pages), source=source.name)


def _reopen_pictures(source: "Source", job: Job) -> Iterator["RgbImage"]:
    """The pictures of a source once more, one at a time: to keep them all while reading would cost memory."""
    from geulnun.documents import open_pages

    for page in open_pages(source.content, pages=job.pages, dpi=job.dpi):
        yield page.rgb
