"""``geulnun evaluate DATASET``: how well pictures with known text are read."""

import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import typer

from geulnun.errors import InputError

if TYPE_CHECKING:
    from geulnun.evaluation.judge import PageReader
    from geulnun.evaluation.recognition import StripReader
    from geulnun.evaluation.results import PictureResult, Report
    from geulnun.runtime.session import Backend

app = typer.Typer(add_completion=False)


@app.command()
def evaluate(
    dataset: Path = typer.Argument(..., help="Folder with a labels.jsonl, or one that `geulnun synth` wrote."),
    json: Path | None = typer.Option(None, "--json", help="Write all figures, and what was read, to this file."),
    html: Path | None = typer.Option(None, "--html", help="Write a web page of the worst pictures to this file."),
    worst: int = typer.Option(20, "--worst", min=0, help="How many pictures that page shows."),
    limit: int | None = typer.Option(None, "--limit", min=1, help="Judge only the first so many pictures."),
    recognition: bool = typer.Option(
        False, "--recognition", help="Judge the recogniser alone as well, on lines cut by the true boxes."
    ),
    detector: str | None = typer.Option(None, "--detector", help="Bundle to find text with: a name or a folder."),
    recognizer: str | None = typer.Option(None, "--recognizer", help="Bundle to read lines with: a name or a folder."),
    backend: str = typer.Option("auto", "--backend", help="What runs them: auto, onnxruntime or openvino."),
    threads: int | None = typer.Option(
        None, "--threads", "-t", min=1, help="CPU threads; all of this computer if not given."
    ),
) -> None:
    """Judge reading on a data set: CER, jamo, lines, bigrams, words, spacing, boxes; by kind of picture.

    Figures of several pictures come from the sums of their counts.
    Pictures that cannot be read count as if nothing was found; the exit code is 3 then.
    """
    from rich.console import Console

    from geulnun.evaluation.report import print_table, write_html, write_json

    readers = _Readers(detector, recognizer, backend, threads, recognition)
    report = _judge(dataset, readers, limit=limit, worst=worst if html else 0)
    # A table that goes into a file is not to be cut to the width of a terminal.
    print_table(report, Console(width=None if sys.stdout.isatty() else 250))
    if json is not None:
        write_json(report, json)
    if html is not None:
        write_html(report, html)
    if report.total.errors:
        raise typer.Exit(InputError.exit_code)


class _Readers(NamedTuple):
    """What is judged."""

    detector: str | None
    recognizer: str | None
    backend: str
    threads: int | None
    recognition: bool

    def open(self) -> "tuple[PageReader, StripReader | None]":
        """The whole reader, and the recogniser alone where it was asked for."""
        from geulnun.evaluation.recognition import open_strip_reader
        from geulnun.reading import Engine

        backend = cast("Backend", self.backend)  # the engine refuses what it does not know
        engine = Engine(self.detector, self.recognizer, backend, self.threads)
        alone = None
        if self.recognition:
            alone = open_strip_reader(self.recognizer, backend=backend, threads=self.threads)
        return lambda image: engine.read(image).pages[0], alone

    @property
    def name(self) -> str:
        """What the report calls it."""
        from geulnun import __version__

        chosen = [Path(bundle).name for bundle in (self.detector, self.recognizer) if bundle is not None]
        return " ".join([f"geulnun {__version__}", *chosen])


def _judge(dataset: Path, readers: _Readers, *, limit: int | None, worst: int) -> "Report":
    from geulnun.cli.report import Report as Progress
    from geulnun.data import open_dataset
    from geulnun.evaluation.judge import judge

    source = open_dataset(dataset)
    pictures = list(islice(source, limit))
    read_page, read_strips = readers.open()
    with Progress(len(pictures)) as progress:

        def tell(result: "PictureResult") -> None:
            progress.start_source(result.name, 0)
            progress.finish_pages()
            if result.error is not None:
                progress.say(f"{result.name}: {result.error}")

        return judge(
            read_page,
            pictures,
            reader=readers.name,
            dataset=source.name,
            read_strips=read_strips,
            exhibit_count=worst,
            report_progress=tell,
        )
