"""``geulnun evaluate DATASET``: how well pictures with known text are read."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geulnun.errors import InputError

if TYPE_CHECKING:
    from geulnun.evaluation.results import PictureResult, Report

app = typer.Typer(add_completion=False)


@app.command()
def evaluate(
    dataset: Path = typer.Argument(..., help="Folder with a labels.jsonl, or one that `geulnun synth` wrote."),
    json: Path | None = typer.Option(None, "--json", help="Write all figures, and what was read, to this file."),
    html: Path | None = typer.Option(None, "--html", help="Write a web page of the worst pictures to this file."),
    worst: int = typer.Option(20, "--worst", min=0, help="How many pictures that page shows."),
    limit: int | None = typer.Option(None, "--limit", min=1, help="Judge only the first so many pictures."),
    recognition: bool = typer.Option(
        False, "--recognition", help="Judge the recogniser alone as well, inside the true boxes."
    ),
    threads: int | None = typer.Option(None, "--threads", min=1, help="Threads to read with."),
) -> None:
    """Judge reading on a data set: CER, jamo, lines, bigrams, words, spacing, boxes; by kind of picture.

    Figures of several pictures come from the sums of their counts.
    Pictures that cannot be read count as if nothing was found; the exit code is 3 then.
    """
    from rich.console import Console

    from geulnun.evaluation.report import build_table, write_html, write_json

    report = _judge(dataset, limit=limit, threads=threads, recognition=recognition, worst=worst if html else 0)
    console = Console()
    # A table that is piped somewhere is not to be cut to the width of a terminal.
    console.print(build_table(report), **({} if console.is_terminal else {"width": 250, "no_wrap": True}))
    if json is not None:
        write_json(report, json)
    if html is not None:
        write_html(report, html)
    if report.total.errors:
        raise typer.Exit(InputError.exit_code)


def _judge(dataset: Path, *, limit: int | None, threads: int | None, recognition: bool, worst: int) -> "Report":
    from geulnun import Engine, __version__
    from geulnun.cli.report import Report as Progress
    from geulnun.data import open_dataset
    from geulnun.evaluation.judge import judge

    source = open_dataset(dataset)
    pictures = list(islice(source, limit))
    engine = Engine(threads=threads)
    with Progress(len(pictures)) as progress:

        def tell(result: "PictureResult") -> None:
            progress.start_source(result.name, 0)
            progress.finish_pages()
            if result.error is not None:
                progress.say(f"{result.name}: {result.error}")

        return judge(
            lambda image: engine.read(image).pages[0],
            pictures,
            reader=f"geulnun {__version__}",
            dataset=source.name,
            read_quads=engine.read_quads if recognition else None,
            exhibit_count=worst,
            report_progress=tell,
        )
