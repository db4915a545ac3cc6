"""``geulnun evaluate DATASET``, ``geulnun evaluate characters DATASET``: accuracy on labelled data."""

import sys
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import typer
import typer.core

from geulnun.cli import reading_options as given
from geulnun.cli.engine_options import EngineOptions
from geulnun.cli.progress import say
from geulnun.errors import InputError, UsageError, needing_extra

if TYPE_CHECKING:
    from geulnun.data.sample import CharSample, Style
    from geulnun.evaluation.characters.measure import ActivationSheet
    from geulnun.evaluation.evaluate import PageReader
    from geulnun.evaluation.recognition import StripReader
    from geulnun.evaluation.results import PictureResult, Report
    from geulnun.runtime.bundles.session import Backend, Precision


class PagesUnlessNamed(typer.core.TyperGroup):
    """A group whose command "pages" need not be named: ``evaluate FOLDER`` is ``evaluate pages FOLDER``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments with the command put before them."""
        if args and args[0] not in (*self.commands, *self.get_help_option_names(ctx)):
            args = ["pages", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=PagesUnlessNamed,
    add_completion=False,
    no_args_is_help=True,
    help="Evaluate reading on a data set: pages (`geulnun evaluate DATASET`) or single characters.",
)


@app.command("pages")
def evaluate(
    dataset: Path = typer.Argument(
        ..., help="Folder with labels.jsonl or pictures with a .txt beside each, or of `geulnun synth`."
    ),
    json: Path | None = typer.Option(None, "--json", help="Write all figures and all text read to this file."),
    html: Path | None = typer.Option(None, "--html", help="Write a web page of the worst images to this file."),
    worst: int = typer.Option(20, "--worst", min=0, help="Number of images on that page."),
    limit: int | None = typer.Option(None, "--limit", min=1, help="Evaluate only the first N images."),
    recognition: bool = typer.Option(
        False, "--recognition", help="Evaluate the recogniser alone too, on lines cut by the labelled boxes."
    ),
    detector: str | None = given.DETECTOR,
    recognizer: str | None = given.RECOGNIZER,
    backend: str = given.BACKEND,
    precision: str = given.PRECISION,
    beam: int | None = given.BEAM,
    threads: int | None = given.THREADS,
) -> None:
    """Evaluate reading on a data set: CER, jamo, lines, bigrams, words, spacing, boxes; by kind of picture.

    Figures of several pictures come from the sums of their counts.
    Pictures that cannot be read count as if nothing was found; the exit code is 3 then.
    """
    from rich.console import Console

    from geulnun.evaluation.report import print_table, write_html, write_json

    engine = EngineOptions(
        detector=detector, recognizer=recognizer, backend=backend, threads=threads, precision=precision
    )
    readers = _Readers(engine, recognition, beam)
    report = _evaluate(dataset, readers, limit=limit, worst=worst if html else 0)
    # A table that goes into a file is not to be cut to the width of a terminal.
    print_table(report, Console(width=None if sys.stdout.isatty() else 250))
    if json is not None:
        write_json(report, json)
    if html is not None:
        write_html(report, html)
    if report.total.errors:
        raise typer.Exit(InputError.exit_code)


@app.command("characters")
def evaluate_characters(
    dataset: Path = typer.Argument(
        ..., help="HGU1, PHD08, AI Hub's JSON, pickles, folders named after their character, or labels.jsonl."
    ),
    top: int = typer.Option(5, "--top", "-n", min=1, help="n of the top-n accuracy."),
    style: str | None = typer.Option(
        None, "--style", help="printed or handwritten, for data that do not say which; default: handwritten."
    ),
    json: Path | None = typer.Option(None, "--json", help="Write all figures and matrices to this file."),
    html: Path | None = typer.Option(None, "--html", help="Write a web page with matrices and confused pairs."),
    maps: int = typer.Option(
        0, "--maps", min=0, help="Characters to show activation maps of on that page; needs the train extra."
    ),
    limit: int | None = typer.Option(None, "--limit", min=1, help="Evaluate only the first N images."),
    weights: str | None = typer.Option(None, "--weights", help="Character reader: name or folder of a bundle."),
    backend: str = given.BACKEND,
    threads: int | None = given.THREADS,
) -> None:
    """Evaluate the reader of single characters: accuracy by style, letters, confused pairs, time a picture.

    Damaged records of the data set are told, counted and skipped.
    """
    from rich.console import Console

    from geulnun.data.characters import open_characters
    from geulnun.evaluation.characters.measure import Facts, measure_characters
    from geulnun.evaluation.characters.report import print_characters, write_characters_html, write_characters_json
    from geulnun.runtime.bundles.manifest import MODEL_FILE
    from geulnun.runtime.characters.reader import CharacterReader

    reader = CharacterReader(weights, threads, cast("Backend", backend))
    size = reader.manifest.files.get(MODEL_FILE)
    if maps and html is None:
        raise UsageError("--maps draws into the web page. Give --html FILE too.")
    samples = iter(open_characters(dataset, style=cast("Style | None", style), report=say))
    shown = list(islice(samples, maps))
    sheets = _draw_sheets(weights or reader.name, shown) if shown else ()
    report = measure_characters(
        lambda images, n: reader.predict(list(images), n),
        chain(shown, samples),
        reader=reader.name,
        dataset=dataset.resolve().name,
        top=top,
        limit=limit,
        facts=Facts(
            parameters=reader.manifest.parameters,
            size_bytes=None if size is None else size.size_bytes,
            backend=reader.backend,
        ),
    )
    print_characters(report, Console(width=None if sys.stdout.isatty() else 250))
    if json is not None:
        write_characters_json(report, json)
    if html is not None:
        write_characters_html(replace(report, sheets=sheets), html)


def _draw_sheets(bundle: str, samples: "list[CharSample]") -> "tuple[ActivationSheet, ...]":
    with needing_extra("train", "Drawing activation maps (--maps)"):
        from geulnun.training.characters.activation_maps import draw_activation_sheets
    return draw_activation_sheets(bundle, samples)


class _Readers(NamedTuple):
    """The readers under evaluation: the whole one, and the recogniser alone if asked for."""

    engine: EngineOptions
    recognition: bool
    beam: int | None

    def open(self) -> "tuple[PageReader, StripReader | None]":
        """The whole reader, and the recogniser alone where it was asked for."""
        from geulnun.evaluation.recognition import open_strip_reader
        from geulnun.runtime.options import ReadOptions

        engine = self.engine.open()
        options = ReadOptions(beam=self.beam)
        alone = None
        if self.recognition:
            alone = open_strip_reader(
                self.engine.recognizer,
                backend=cast("Backend", self.engine.backend),
                threads=self.engine.threads,
                precision=cast("Precision", self.engine.precision),
                beam=self.beam,
            )
        return lambda image: engine.read(image, options).pages[0], alone

    @property
    def name(self) -> str:
        """What the report calls it."""
        from geulnun import __version__

        chosen = [Path(bundle).name for bundle in (self.engine.detector, self.engine.recognizer) if bundle is not None]
        return " ".join([f"geulnun {__version__}", *chosen])


def _evaluate(dataset: Path, readers: _Readers, *, limit: int | None, worst: int) -> "Report":
    from geulnun.cli.progress.report import Report as Progress
    from geulnun.data import open_dataset
    from geulnun.evaluation.evaluate import evaluate_reader

    source = open_dataset(dataset)
    pictures = list(islice(source, limit))
    read_page, read_strips = readers.open()
    with Progress(len(pictures)) as progress:

        def tell(result: "PictureResult") -> None:
            progress.start_source(result.name)
            progress.finish_page()
            if result.error is not None:
                progress.say(f"{result.name}: {result.error}")

        return evaluate_reader(
            read_page,
            pictures,
            reader=readers.name,
            dataset=source.name,
            read_strips=read_strips,
            worst_count=worst,
            report_progress=tell,
        )
