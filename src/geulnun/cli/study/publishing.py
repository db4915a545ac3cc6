"""The report of a study, from what lies in the folders of its runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geulnun.cli.study.evaluating import SEEN_SETS, UNSEEN_SETS, read_row_answers
from geulnun.cli.study.learning import read_trials
from geulnun.cli.study.plan import StudyConfig, find_evaluation, find_run

if TYPE_CHECKING:
    from geulnun.evaluation.characters.study_report import StudyReport
    from geulnun.evaluation.characters.table import MethodRow

_TITLE = "Reading single Hangul characters: the study"


def publish(
    plan: StudyConfig,
    rows: "Sequence[MethodRow]",
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
    write_study_html(build_report(plan, rows, runs, page.parent), page)


def build_report(
    plan: StudyConfig,
    rows: "Sequence[MethodRow]",
    runs: Path,
    folder: Path,
) -> "StudyReport":
    """What the page tells that is written to `folder`."""
    from geulnun.evaluation.characters.curves import CURVE_FILE, read_curve
    from geulnun.evaluation.characters.study_report import Pair, Question, StudyReport, answer_questions

    answers = {row.name: read_row_answers(row, runs) for row in rows}
    questions = [
        Question(
            question=each.question,
            pairs=tuple(
                Pair(first=first, second=second, repeats=tuple(plan.list_repeats(first, second)))
                for first, second in each.pairs
            ),
            sets=each.sets,
        )
        for each in plan.comparisons
    ]
    return StudyReport(
        title=_TITLE,
        top=plan.top,
        rows=tuple(rows),
        planned=len(plan.list_runs()),
        seen_sets=SEEN_SETS,
        unseen_sets=UNSEEN_SETS,
        answers=answers,
        curves={row.name: read_curve(find_run(runs, row.name) / CURVE_FILE) for row in rows},
        trials=tuple(read_trials(plan, runs)),
        comparisons=answer_questions(questions, answers, SEEN_SETS),
        planned_tests=sum(len(each.pairs) for each in questions),
        pages={row.name: links for row in rows if (links := _link_pages(row, runs, folder))},
    )


def _link_pages(row: "MethodRow", runs: Path, folder: Path) -> tuple[tuple[str, str], ...]:
    """Pages inside `folder`; others would not come along where it is copied to."""
    folder = folder.resolve()
    pages = [(each.name, (find_evaluation(runs, row.name) / f"{each.name}.html").resolve()) for each in row.sets]
    inside = [(name, page) for name, page in pages if page.is_relative_to(folder) and page.exists()]
    return tuple((name, page.relative_to(folder).as_posix()) for name, page in inside)
