"""``geulnun chars read``: pictures of one Hangul syllable each to the likeliest; ``geulnun chars store``: data sets."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from geulnun.cli import reading_options as given
from geulnun.cli.progress import say
from geulnun.errors import GeulnunError

if TYPE_CHECKING:
    from geulnun.data.sample import Style
    from geulnun.runtime.bundles.session import Backend
    from geulnun.runtime.characters.decode import CharReading

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Read single characters, or convert data sets of them."
)


@app.callback()
def _start() -> None:
    """Read single characters, one to a picture; store sets of them."""


@app.command("read")
def read_chars(
    sources: list[str] = typer.Argument(..., help="Images of one syllable each, or folders of them."),
    top: int = typer.Option(5, "--top", "-n", min=1, max=11172, help="Number of most likely syllables to print."),
    jsonl: bool = typer.Option(
        False, "--jsonl", help="Print one JSON object a row, with initials, medials and finals."
    ),
    recursive: bool = typer.Option(False, "--recursive", "-r", help="Include subfolders."),
    weights: str | None = typer.Option(None, "--weights", help="Bundle to read with: a name or a folder."),
    backend: str = given.BACKEND,
    threads: int | None = given.THREADS,
) -> None:
    """Print a row for each image: its name, then the most likely syllables with their probabilities.

    A picture that cannot be read does not stop the others; the exit code is that of the first failure.
    """
    from geulnun.cli.progress.report import Report
    from geulnun.cli.sources import find_sources
    from geulnun.core.image import IMAGE_SUFFIXES
    from geulnun.runtime.characters.reader import CharacterReader

    found, errors = find_sources(sources, suffixes=IMAGE_SUFFIXES, recursive=recursive)
    reader = CharacterReader(weights, threads, cast("Backend", backend))
    with Report(len(found)) as report:
        for error in errors:
            report.fail(error)
        for source in found:
            report.start_source(source.label)
            try:
                reading = reader.predict(source.content, n=top)[0]
                report.pause()
                typer.echo(format_json(source.label, reading) if jsonl else format_row(source.label, reading))
            except GeulnunError as error:
                report.fail(error, source.label)
            report.finish_page()
    if report.exit_code:
        raise typer.Exit(report.exit_code)


@app.command("store")
def store_chars(
    datasets: list[Path] = typer.Argument(
        ..., help="Data sets, in any format that `geulnun evaluate characters` reads."
    ),
    output: Path = typer.Option(..., "--output", "-o", help="Folder of the store, new or empty."),
    style: str | None = typer.Option(
        None, "--style", help="printed or handwritten, for data that do not say which; default: handwritten."
    ),
) -> None:
    """Convert data sets of single characters into one store for training.

    Damaged records are told, counted and skipped.
    """
    from itertools import chain

    from geulnun.data.characters import open_characters
    from geulnun.data.store_chars import write_chars

    sets = [open_characters(path, style=cast("Style | None", style), report=say) for path in datasets]
    typer.echo(f"{output}: {write_chars(chain.from_iterable(sets), output):,} characters")


def format_row(name: str, reading: "CharReading") -> str:
    """Name and syllables with their probabilities, separated by tabs."""
    return "\t".join([name, *(f"{each.text} {each.confidence:.4f}" for each in reading.alternatives)])


def format_json(name: str, reading: "CharReading") -> str:
    """A reading as one JSON object."""
    import dataclasses
    import json

    return json.dumps({"source": name, **dataclasses.asdict(reading)}, ensure_ascii=False)
