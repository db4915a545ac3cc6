"""``geulnun finetune FOLDER``: tune the recogniser on one's own labelled pictures."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geulnun.cli.finetune.messages import print_data, print_outcome
from geulnun.cli.finetune.strips import check_strips_folder, write_strips
from geulnun.errors import UsageError, needing_extra

if TYPE_CHECKING:
    from geulnun.data.sample import LabelledPicture
    from geulnun.runtime.bundles.bundle import Bundle
    from geulnun.training.finetune.data import OwnData

app = typer.Typer(add_completion=False)


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
        from geulnun.training.export.export_bundle import check_output
        from geulnun.training.finetune.mixture import open_drawn_sources
        from geulnun.training.finetune.run import FinetuneConfig
        from geulnun.training.finetune.run import finetune as tune
        from geulnun.training.finetune.start_weights import read_network_config
    from geulnun.runtime.bundles.bundle import choose_bundle

    if not dry_run:
        check_output(output, replace=replace)
    if strips is not None:
        check_strips_folder(strips)
    start = choose_bundle(recognizer, "recognizer")
    read_network_config(start)  # refuses what cannot be tuned before pages are read
    data = _read_data(folder, start, validation_share, seed, not keep_charset)
    found = _find_materials(materials)
    drawn = open_drawn_sources(data.charset, start.strip_height_px, materials=found, fonts=fonts, seed=seed)
    print_data(data, drawn, drawn_share)
    if strips is not None:
        write_strips(strips, data)
    if dry_run:
        return
    config = FinetuneConfig(total_samples=samples, drawn_share=drawn_share, lr=learning_rate, seed=seed, int8=int8)
    place = runs / (run or output.name)
    outcome = tune(data, start, drawn, place, output, config, max_minutes=max_minutes, replace_output=replace)
    print_outcome(outcome, output)


def _read_data(folder: Path, start: "Bundle", validation_share: float, seed: int, add_characters: bool) -> "OwnData":
    """The lines of the folder, cut with the weights that are tuned."""
    from geulnun.cli.progress.report import Report
    from geulnun.reading import Engine
    from geulnun.training.finetune.data import read_own_data
    from geulnun.training.finetune.lines import LineCutter

    with Report(0) as progress:

        def tell(picture: "LabelledPicture", count: int) -> None:
            progress.finish_source()
            progress.expect(count)
            progress.start_source(picture.name)

        return read_own_data(
            folder,
            # With OpenVINO in the process, the end of the process that draws ends training by a segmentation fault.
            LineCutter(Engine(recognizer=start.folder, backend="onnxruntime"), start.strip_height_px),
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
    if os.path.isfile(folder / "fonts.json"):
        return folder
    if folder != Path("materials"):
        raise UsageError(
            f"{folder} holds no fonts.json, so it is no folder of materials. Fetch one: scripts/materials."
        )
    return None
