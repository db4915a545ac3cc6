"""``geulnun train recognizer|detector|characters|orientation``: start or resume a training run; ``language``."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geulnun.errors import OutputError, UsageError, needing_extra

if TYPE_CHECKING:
    from geulnun.runtime.bundles.manifest import Kind

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Train a network; the same command resumes a stopped run."
)

_CONFIG = typer.Option(..., "--config", "-c", help="TOML file of the run, such as one in configs/.")
_SET = typer.Option([], "--set", help="Change one value of it: --set training.run.total_samples=50000. Repeatable.")
_RUN = typer.Option("", "--run", help="Name of the run, a folder in --runs; default: that of the config.")
_RUNS = typer.Option(Path("runs"), "--runs", help="Folder of all runs.")
_INIT = typer.Option(
    None, "--init", help="Start a fresh run from these weights: a bundle's name or folder, or a .pth file."
)
_MAX_TIME = typer.Option(None, "--max-time", min=0.01, help="Stop after this many minutes, leaving a checkpoint.")


_NETWORKS: "dict[Kind, str]" = {
    "recognizer": "Train the recogniser of text lines.",
    "detector": "Train the detector of characters and words.",
    "characters": "Train the character reader.",
    "orientation": "Train the orientation classifier.",
}


def _add_command(kind: "Kind", help_text: str) -> None:
    """Add the command that trains one kind of network."""

    @app.command(kind, help=help_text)
    def train(
        config: Path = _CONFIG,
        changes: list[str] = _SET,
        run: str = _RUN,
        runs: Path = _RUNS,
        init: str | None = _INIT,
        max_minutes: float | None = _MAX_TIME,
    ) -> None:
        from geulnun.training import train_config

        train_config(kind, config, parse_changes(changes), run=run, runs=runs, init=init, max_minutes=max_minutes)


for _kind, _help_text in _NETWORKS.items():
    _add_command(_kind, _help_text)


@app.command("language")
def train_language(
    output: Path = typer.Option(..., "--output", "-o", help="File to write, .npz."),
    corpus: Path | None = typer.Option(None, "--corpus", help="Folder of UTF-8 text; default: generated text only."),
    generated: int = typer.Option(150_000, "--generated", min=0, help="Number of generated texts to count as well."),
    seed: int = typer.Option(0, "--seed", help="Seed of the generated texts."),
    replace: bool = typer.Option(False, "--replace", help="Overwrite an existing file."),
) -> None:
    """Count the character n-grams of the language model. Takes two minutes for 50 MB of text."""
    with needing_extra("train", "Training"):
        from geulnun.synth.materials.corpus import Corpus
        from geulnun.training.language.count_ngrams import train_language as train
    if output.suffix != ".npz":
        raise UsageError(f"--output {output}: a language model is an .npz file. Name one.")
    if output.exists() and not replace:
        raise OutputError(f"{output} exists. Choose another name, or --replace it.")
    kept = train(Corpus.read(corpus), output, generated=generated, seed=seed)
    counts = ", ".join(f"{count:,} of {length}" for length, count in kept.items())
    print(f"{output}: {output.stat().st_size / 1e6:.1f} MB; n-grams by their characters: {counts}.")


def parse_changes(changes: list[str]) -> dict[str, str]:
    """Key and value of each `--set KEY=VALUE`.

    Raises:
        UsageError: one of them is none.
    """
    parsed = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or not key:
            raise UsageError(f"--set {change!r} names no value. Write --set table.key=value.")
        parsed[key.strip()] = value.strip()
    return parsed
