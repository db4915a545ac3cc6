"""What a study has found: small files that are kept with the project, laid out as in its runs.

With them a study goes on where another computer has left it, and its report is written anew without any training.
Weights are not kept, but for those that other methods start from.
"""

import shutil
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from geulnun.cli.study.evaluating import ROW_FILE, list_drawn
from geulnun.cli.study.learning import MINUTES_FILE, STAGES_FILE
from geulnun.cli.study.plan import find_answers, find_evaluation, find_run, find_truths, find_weights
from geulnun.errors import OutputError
from geulnun.evaluation.characters.curves import CURVE_FILE

_RUN_FILES = ("run.json", "validation.json", CURVE_FILE, STAGES_FILE, MINUTES_FILE)


def restore_results(results: Path, runs: Path, names: Iterable[str]) -> None:
    """Copy to `runs` what `results` has of the runs of these names and `runs` has not.

    Raises:
        OutputError: a file cannot be written.
    """
    for name in names:
        if not find_run(runs, name).exists():
            _copy(results, runs, [*_list_files(results, name), find_weights(results, name)])
    _copy(results, runs, (find_truths(results, name) for name in list_drawn() if not find_truths(runs, name).exists()))


def keep_results(results: Path, runs: Path, names: Iterable[str], origins: Collection[str] = ()) -> None:
    """Copy to `results` what the runs of these names have found, and the weights of those that are `origins`.

    Answers to data sets that are not drawn stay in `runs`, as the sets do.

    Raises:
        OutputError: a file cannot be written.
    """
    for name in names:
        _copy(runs, results, _list_files(runs, name))
        if name in origins:
            _copy(runs, results, [find_weights(runs, name)])
    _copy(runs, results, (find_truths(runs, name) for name in list_drawn()))


def forget_stages(runs: Path, name: str) -> None:
    """Have a run made anew whose weights are needed and are not there."""
    if not find_weights(runs, name).exists():
        (find_run(runs, name) / STAGES_FILE).unlink(missing_ok=True)


def _list_files(root: Path, name: str) -> Iterator[Path]:
    yield from (find_run(root, name) / file for file in _RUN_FILES)
    yield find_evaluation(root, name) / ROW_FILE
    yield from (find_answers(root, name, dataset) for dataset in list_drawn())


def _copy(source: Path, target: Path, files: Iterable[Path]) -> None:
    for file in files:
        copied = target / file.relative_to(source)
        if not file.exists():
            continue
        try:
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copied)
        except OSError as error:
            raise OutputError(
                f"{copied} cannot be written ({error.strerror}). Name a folder you can write to."
            ) from error
