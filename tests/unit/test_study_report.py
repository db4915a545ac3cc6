"""The report of a study: who is recommended, what is tested, what the page shows."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from geulnun.errors import ConfigError
from geulnun.evaluation.characters.answers import SetAnswers
from geulnun.evaluation.characters.curves import read_curve
from geulnun.evaluation.characters.rarity import RarityBand
from geulnun.evaluation.characters.study_page import write_study_html
from geulnun.evaluation.characters.study_report import Pair, Question, RateTrial, StudyReport, answer_questions
from geulnun.evaluation.characters.table import MethodRow, SetFigures

COUNT = 200
SEEN, UNSEEN = ("printed-clean",), ("printed-unseen",)


def make_row(name: str, right: int, unseen: int, milliseconds: float, **rest: object) -> MethodRow:
    figures = [
        SetFigures(name=each, characters=COUNT, top1=count / COUNT, topn=1.0)
        for each, count in (("printed-clean", right), ("printed-unseen", unseen))
    ]
    return MethodRow(
        name=name,
        title=f"Method {name.split('-')[0]}",
        parameters=1_500_000,
        size_bytes=6_000_000,
        packed_bytes=5_000_000,
        network_ms=milliseconds / 2,
        reading_ms=milliseconds,
        sets=tuple(figures),
        **rest,  # type: ignore[arg-type]
    )


def make_answers(right: int) -> SetAnswers:
    return SetAnswers(truths=("가",) * COUNT, answers=("가",) * right + ("나",) * (COUNT - right))


@pytest.fixture
def report(tmp_path: Path) -> StudyReport:
    rights = {"slow": (198, 180), "quick": (190, 100), "alike": (189, 0), "poor": (90, 0), "slow-2": (196, 170)}
    times = {"slow": 8.0, "quick": 0.8, "alike": 0.9, "poor": 0.5, "slow-2": 8.0}
    rows = tuple(
        make_row(name, *rights[name], times[name], seed=2 if name == "slow-2" else 1, flat=name != "poor")
        for name in rights
    )
    never = RarityBand(name="never", least=0, most=0, count=4, found=3)
    rows = (replace(rows[0], rarity=(never,)), *rows[1:])
    answers = {
        name: {"printed-clean": make_answers(seen), "printed-unseen": make_answers(unseen)}
        for name, (seen, unseen) in rights.items()
    }
    questions = [
        Question(
            question="Is slow better?",
            pairs=(
                Pair(first="slow", second="quick", repeats=(("slow-2", "quick"), ("slow-3", "quick-3"))),
                Pair(first="quick", second="alike"),
            ),
        ),
        Question(
            question="And on the unseen?",
            pairs=(
                Pair(first="slow", second="quick", repeats=(("alike", "quick"),)),
                Pair(first="slow", second="missing"),
            ),
            sets=UNSEEN,
        ),
    ]
    (tmp_path / "curve.jsonl").write_text(
        "".join(
            json.dumps({"samples": samples, "seconds": seconds, "top1": {"a": share, "b": share + 0.2}}) + "\n"
            for samples, seconds, share in ((100, 60, 0.1), (200, 120, 0.3), (200, 30, 0.5), (300, 90, 0.7))
        )
    )
    return StudyReport(
        title="A study",
        top=5,
        rows=rows,
        seen_sets=SEEN,
        unseen_sets=UNSEEN,
        answers=answers,
        curves={"slow": read_curve(tmp_path / "curve.jsonl")},
        trials=(RateTrial(of="muon", rate=0.02, samples=10, score=0.5),),
        comparisons=answer_questions(questions, answers, SEEN),
        pages={"slow": (("printed-clean", "slow_evaluation/printed-clean.html"),)},
    )


def test_the_best_within_each_limit_is_recommended_with_its_equals(report: StudyReport) -> None:
    found = {each.limit_ms: (each.best.row.name, each.equals) for each in report.recommend()}
    assert found[1.0] == ("quick", ("alike",)) and found[5.0] == found[1.0]
    assert found[None] == ("slow", ("slow-2",))
    assert report.recommend()[0].best.interval == pytest.approx((0.9104, 0.9726), abs=1e-4)


def test_rows_are_within_a_limit_of_time_by_the_clock_of_most(report: StudyReport) -> None:
    other = replace(report.rows[1], processor="another", reading_ms=0.4)
    mixed = replace(report, rows=(report.rows[0], other, *report.rows[2:]))
    found = {each.limit_ms: each.best.row.name for each in mixed.recommend()}
    assert found[1.0] == "alike" and found[None] == "slow"
    untimed = replace(report, rows=(replace(report.rows[0], reading_ms=None), *report.rows[1:]))
    found = {each.limit_ms: each.best.row.name for each in untimed.recommend()}
    assert found[5.0] == "quick" and found[None] == "slow"


def test_questions_are_tested_on_their_sets_and_adjusted_together(report: StudyReport) -> None:
    first, second, third = report.comparisons
    # 8 characters that slow alone reads: p = 2/2**8. Of four planned tests one is far surer, and three are left.
    assert (first.test.first_only, first.test.second_only) == (8, 0)
    assert first.adjusted_p == pytest.approx(3 * 2 / 2**8) and first.verdict == "slow is better"
    assert second.verdict == "no difference shown" and third.test.first_only == 80
    assert third.adjusted_p < 1e-20


def test_a_row_is_better_only_if_it_is_with_every_seed(report: StudyReport) -> None:
    first, second, third = report.comparisons
    assert first.repeats == (0.03,) and first.verdict == "slow is better"
    assert second.repeats == ()
    assert third.repeats == (-0.5,) and third.verdict == "differs by seed"


def test_a_curve_goes_on_where_its_run_did(report: StudyReport) -> None:
    points = report.curves["slow"]
    assert [(each.samples, round(each.top1, 3)) for each in points] == [(100, 0.2), (200, 0.6), (300, 0.8)]
    assert [each.minutes for each in points] == [1.0, 2.5, 3.5]


def test_a_damaged_curve_is_named(tmp_path: Path) -> None:
    (tmp_path / "curve.jsonl").write_text('{"samples": 1}\n')
    with pytest.raises(ConfigError, match="cannot be read as a learning curve"):
        read_curve(tmp_path / "curve.jsonl")
    assert read_curve(tmp_path / "none.jsonl") == ()


def test_the_page_tells_it_all_and_needs_no_other_file(report: StudyReport, tmp_path: Path) -> None:
    write_study_html(report, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "1 of 5 rows were still rising" in page and "Method slow, seed 2" in page
    for heading in (
        "What to use",
        "Questions",
        "Time and accuracy",
        "Syllables never seen",
        "Repeated runs",
        "Learning curves",
        "Learning rates",
    ):
        assert f"<h2>{heading}</h2>" in page
    assert "slow is better" in page and "&lt; 0.001" in page and "80.00 % after 300, 3.5 min" in page
    assert "src=" not in page and "<script" not in page and "<link" not in page
    assert '<b class="warn">not counted</b>' in page and '<td class="text">no</td>' in page
    assert 'href="slow_evaluation/printed-clean.html"' in page
    assert "not finished" not in page and "all 3 tests of this table" in page
    write_study_html(replace(report, planned=9, planned_tests=4), tmp_path / "part.html")
    part = (tmp_path / "part.html").read_text(encoding="utf-8")
    assert "5 of 9 rows." in part and "4 of its 9 rows are not made" in part
    assert "all 4 planned tests, of which 3 are made" in part
    empty = StudyReport(title="None", top=5, rows=(), seen_sets=SEEN)
    write_study_html(empty, tmp_path / "empty.html")
    assert "No row was evaluated" in (tmp_path / "empty.html").read_text(encoding="utf-8")
