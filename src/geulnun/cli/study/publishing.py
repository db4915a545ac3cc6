"""The report of a study, from what lies in the folders of its runs."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geulnun.cli.study.evaluating import SEEN_SETS, UNSEEN_SETS
from geulnun.cli.study.learning import count_learned, read_trials
from geulnun.cli.study.plan import StudyConfig, StudyMethod, find_evaluation, find_run

if TYPE_CHECKING:
    from geulnun.evaluation.characters.answers import SetAnswers
    from geulnun.evaluation.characters.rarity import RarityBand
    from geulnun.evaluation.characters.study_report import StudyReport
    from geulnun.evaluation.characters.table import MethodRow

_TITLE = "Reading single Hangul characters: the study"


def publish(
    plan: StudyConfig,
    rows: "Sequence[MethodRow]",
    methods: Sequence[StudyMethod],
    configs: Path,
    runs: Path,
    path: Path,
) -> None:
    """Write the table as Markdown and JSON to `path`, and the report page as .html beside it.

    Raises:
        OutputError: a file cannot be written.
    """
    from geulnun.evaluation.characters.study_page import write_study_html
    from geulnun.evaluation.characters.table import write_method_table

    write_method_table(rows, plan.top, path)
    page = path.with_suffix(".html")
    write_study_html(build_report(plan, rows, methods, configs, runs, page.parent), page)


def build_report(
    plan: StudyConfig,
    rows: "Sequence[MethodRow]",
    methods: Sequence[StudyMethod],
    configs: Path,
    runs: Path,
    folder: Path,
) -> "StudyReport":
    """What the page tells; links in it are from `folder`."""
    from geulnun.evaluation.characters.curves import CURVE_FILE, read_curve
    from geulnun.evaluation.characters.study_report import Question, StudyReport, answer_questions

    answers = {row.name: _read_answers(row, runs) for row in rows}
    questions = [Question(question=each.question, pairs=each.pairs, sets=each.sets) for each in plan.comparisons]
    named = {method.run: method for method in methods}
    rarity = {
        row.name: bands
        for row in rows
        if (bands := _measure_rarity(answers[row.name], count_learned(plan, named[row.name], configs, runs)))
    }
    return StudyReport(
        title=_TITLE,
        top=plan.top,
        rows=tuple(rows),
        seen_sets=SEEN_SETS,
        unseen_sets=UNSEEN_SETS,
        answers=answers,
        curves={row.name: read_curve(find_run(runs, row.name) / CURVE_FILE) for row in rows},
        trials=tuple(read_trials(plan, runs)),
        comparisons=answer_questions(questions, answers, SEEN_SETS),
        rarity=rarity,
        pages={row.name: tuple(_link_pages(row, runs, folder)) for row in rows},
    )


def _read_answers(row: "MethodRow", runs: Path) -> "dict[str, SetAnswers]":
    from geulnun.evaluation.characters.answers import read_answers

    return {each.name: read_answers(find_evaluation(runs, row.name) / f"{each.name}.answers.json") for each in row.sets}


def _measure_rarity(answers: "dict[str, SetAnswers]", learned: Counter[str]) -> "tuple[RarityBand, ...]":
    """Recall on all drawn sets together by how often a syllable was learned from; nothing where that is not known."""
    from geulnun.evaluation.characters.answers import SetAnswers

    drawn = [answers[name] for name in (*SEEN_SETS, *UNSEEN_SETS) if name in answers]
    if not learned or not drawn:
        return ()
    truths = tuple(text for each in drawn for text in each.truths)
    given = tuple(text for each in drawn for text in each.answers)
    return SetAnswers(truths=truths, answers=given).measure_rarity(learned)


def _link_pages(row: "MethodRow", runs: Path, folder: Path) -> list[tuple[str, str]]:
    pages = [(each.name, find_evaluation(runs, row.name) / f"{each.name}.html") for each in row.sets]
    return [(name, Path(os.path.relpath(page, folder)).as_posix()) for name, page in pages if page.exists()]
