"""What ``geulnun finetune`` says: the data, what is left out of them, before and after."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geulnun.training.finetune.data import OwnData
    from geulnun.training.finetune.lines import Problem
    from geulnun.training.finetune.mixture import DrawnSources
    from geulnun.training.finetune.run import Outcome

_SHOWN_PROBLEMS = 20


def print_data(data: "OwnData", drawn: "DrawnSources | None", drawn_share: float) -> None:
    """What is trained on, and what is left out."""
    cut = f", {data.cut:,} once long ones are cut" if data.cut > data.labelled else ""
    print(
        f"{data.pictures:,} pictures, {data.labelled:,} labelled lines{cut}; {len(data.training):,} lines to train on, "
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


def print_outcome(outcome: "Outcome | None", output: Path) -> None:
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
