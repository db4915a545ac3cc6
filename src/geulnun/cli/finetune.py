"""``geulnun finetune FOLDER``: tune the recogniser on one's own labelled pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geulnun.errors import OutputError, UsageError, needing_extra

if TYPE_CHECKING:
    from geulnun.data.sample import LabelledPicture
    from geulnun.training.finetune.data import OwnData
    from geulnun.training.finetune.lines import Problem
    from geulnun.training.finetune.mixture import DrawnSources
    from geulnun.training.finetune.run import Outcome

app = typer.Typer(add_completion=False)

_SHOWN_PROBLEMS = 20


_FOLDER = typer.Argument(..., help="Folder with labels.jsonl, or pictures with a .txt of their name beside each.")
_OUTPUT = typer.Option(Path("recognizer-tuned"), "--output", "-o", help="The bundle's folder.")
_RECOGNIZER = typer.Option(
    None, "--recognizer", help="Recogniser to start from: name or folder of a bundle; default: the bundled one."
)
_DRY_RUN = typer.Option(False, "--dry-run", help="Check the data, say what would be trained on, and end.")
_STRIPS = typer.Option(None, "--strips", help="Write the lines, as cut, with their labels into this folder.")
_MATERIALS = typer.Option(Path("materials"), "--materials", help="Folder that scripts/materials filled.")
_FONTS = typer.Option(None, "--fonts", help="Folder of Korean fonts to draw with, where there are no materials.")
_DRAWN = typer.Option(0.5, "--drawn-share", min=0, max=0.95, help="Share of drawn lines mixed in.")
_VALIDATION = typer.Option(
    0.15, "--validation-share", min=0.01, max=0.9, help="Share of the pictures kept for validation."
)
_KEEP_CHARSET = typer.Option(
    False, "--keep-charset", help="Leave out lines with new characters instead of adding these."
)
_SAMPLES = typer.Option(0, "--samples", min=0, help="Lines to see at most; default: by the number of lines.")
_LR = typer.Option(3e-4, "--lr", min=0, help="Highest learning rate.")
_INT8 = typer.Option(True, "--int8/--no-int8", help="Also write an int8 model, as the bundled weights have.")
_SEED = typer.Option(1, "--seed", help="Seed of the division, of drawn lines and of batches.")
_RUN = typer.Option("", "--run", help="Name of the run, a folder in --runs; default: that of the bundle.")
_RUNS = typer.Option(Path("runs"), "--runs", help="Folder of all runs.")
_MAX_TIME = typer.Option(
    None, "--max-time", min=0.01, help="Stop training after this many minutes and take the best weights so far."
)
_REPLACE = typer.Option(False, "--replace", help="Overwrite an existing bundle.")


@app.command()
def finetune(
    folder: Path = _FOLDER,
    output: Path = _OUTPUT,
    recognizer: str | None = _RECOGNIZER,
    dry_run: bool = _DRY_RUN,
    strips: Path | None = _STRIPS,
    materials: Path = _MATERIALS,
    fonts: Path | None = _FONTS,
    drawn_share: float = _DRAWN,
    validation_share: float = _VALIDATION,
    keep_charset: bool = _KEEP_CHARSET,
    samples: int = _SAMPLES,
    learning_rate: float = _LR,
    int8: bool = _INT8,
    seed: int = _SEED,
    run: str = _RUN,
    runs: Path = _RUNS,
    max_minutes: float | None = _MAX_TIME,
    replace: bool = _REPLACE,
) -> None:
    """Tune the recogniser on your own labelled lines or pages; the same command resumes a stopped run."""
    with needing_extra("train", "Fine-tuning"):
        from geulnun.training.finetune.mixture import open_drawn_sources
        from geulnun.training.finetune.run import FinetuneConfig
        from geulnun.training.finetune.run import finetune as tune
    from geulnun.runtime.bundles.bundle import choose_bundle

    if output.exists() and not (replace or dry_run):
        raise OutputError(f"{output} exists. Name another bundle with --output, or --replace it.")
    start = choose_bundle(recognizer, "recognizer")
    data = _read_data(folder, recognizer, validation_share, seed, not keep_charset)
    found = _find_materials(materials)
    drawn = open_drawn_sources(data.charset, start.strip_height_px, materials=found, fonts=fonts, seed=seed)
    _print_data(data, drawn, drawn_share)
    if strips is not None:
        _write_strips(strips, data)
    if dry_run:
        return
    config = FinetuneConfig(total_samples=samples, drawn_share=drawn_share, lr=learning_rate, seed=seed, int8=int8)
    place = runs / (run or output.name)
    outcome = tune(data, start, drawn, place, output, config, max_minutes=max_minutes, replace_output=replace)
    _print_outcome(outcome, output)


def _read_data(
    folder: Path, recognizer: str | None, validation_share: float, seed: int, add_characters: bool
) -> "OwnData":
    """The lines of the folder, cut with the weights that are tuned."""
    from geulnun.cli.report import Report
    from geulnun.reading import Engine
    from geulnun.runtime.bundles.bundle import choose_bundle
    from geulnun.training.finetune.data import read_own_data
    from geulnun.training.finetune.lines import LineCutter

    start = choose_bundle(recognizer, "recognizer")
    with Report(0) as progress:

        def tell(picture: "LabelledPicture", count: int) -> None:
            progress.finish_source()
            progress.expect(count)
            progress.start_source(picture.name)

        return read_own_data(
            folder,
            LineCutter(Engine(recognizer=recognizer), start.strip_height_px),
            start.charset,
            validation_share=validation_share,
            seed=seed,
            add_characters=add_characters,
            tell=tell,
        )


def _find_materials(folder: Path) -> Path | None:
    """The folder of materials, if there is one.

    Raises:
        UsageError: another than the default one was named, and holds none.
    """
    if (folder / "fonts.json").is_file():
        return folder
    if folder != Path("materials"):
        raise UsageError(
            f"{folder} holds no fonts.json, so it is no folder of materials. Fetch one: scripts/materials."
        )
    return None


def _print_data(data: "OwnData", drawn: "DrawnSources | None", drawn_share: float) -> None:
    """What is trained on, and what is left out."""
    print(
        f"{data.pictures:,} pictures, {data.labelled:,} labelled lines; {len(data.training):,} lines to train on, "
        f"{len(data.validation):,} of other pictures to validate on."
    )
    if data.added:
        counted = ", ".join(f"{char} (in {count} lines)" for char, count in data.added.items())
        print(f"Characters that are added to the charset: {counted}.")
    if drawn is not None:
        print(f"Drawn lines mixed in: {drawn_share:.0%}, with {drawn.described}.")
    else:
        print(
            "No Korean fonts were found, so no drawn lines can be mixed in and what was known may be forgotten. "
            "Install some (Debian: apt install fonts-nanum fonts-noto-cjk), or name a folder of them with --fonts."
        )
    _print_problems(data.problems)


def _print_problems(problems: "Sequence[Problem]") -> None:
    if not problems:
        return
    print(f"Left out, {len(problems):,}:")
    for problem in problems[:_SHOWN_PROBLEMS]:
        print(f"  {problem}")
    if len(problems) > _SHOWN_PROBLEMS:
        print(f"  and {len(problems) - _SHOWN_PROBLEMS:,} more")


def _write_strips(folder: Path, data: "OwnData") -> None:
    """Write each line as a picture with its label, a data set itself."""
    import json

    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "labels.jsonl").open("w", encoding="utf-8") as labels:
        for kind, lines in (("training", data.training), ("validation", data.validation)):
            for number, line in enumerate(lines, 1):
                name = f"{kind}-{number:05}.png"
                Image.fromarray(line.image).save(folder / name)
                record = {"image": name, "text": line.text, "kind": kind, "place": line.place}
                labels.write(json.dumps(record, ensure_ascii=False) + "\n")
    print(f"{folder}: {len(data.training) + len(data.validation):,} lines as they are trained on.")


def _print_outcome(outcome: "Outcome | None", output: Path) -> None:
    """Before and after, and what to do next."""
    from rich.console import Console
    from rich.table import Table

    if outcome is None:
        print("Stopped. The same command goes on from here.")
        return
    table = Table("validation lines", "count", "CER before", "CER after")
    titles = {"own": "your own", "drawn": "drawn"}
    for each in outcome.comparisons:
        table.add_row(titles[each.name], f"{each.lines:,}", f"{each.before:.2%}", f"{each.after:.2%}")
    Console().print(table)
    print(f"Greedy decoding, no language model. Weights: {outcome.weights}.")
    own = outcome.comparisons[0]
    if own.after >= own.before:
        print("Your own lines are read no better. Check the labels (--dry-run --strips FOLDER), or add more of them.")
    if outcome.forgets:
        print("Warning: drawn lines lost more than 0.2 points: other text is read worse. Raise --drawn-share.")
    print(f"{output}: read with it by geulnun read --recognizer {output} PICTURE")
