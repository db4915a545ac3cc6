import pytest

from geulnun.evaluation.diff import measure_unordered
from geulnun.evaluation.results import measure_text

TRUTH = "가나다라마바\n사아자차카타\n파하거너더러\n머버서어저처"


@pytest.mark.parametrize(
    ("found", "edits"),
    [
        (TRUTH, 0),
        ("머버서어저처\n파하거너더러\n가나다라마바\n사아자차카타", 0),
        ("사아자차카타 머버서어저처\n가나다라마바 파하거너더러", 0),  # two columns read as one line
        ("머버서어저처\n파하거너더러\n가나다라마\n사아자차카타", 1),
        ("머버서어저처\n파하거너더러\n사아자차카타", 6),
        ("머버서어저처\n파하거너더러\n사아자차카타\nXYZXYZXY", 8),  # six letters misread, two too many
        ("", 24),
    ],
)
def test_lines_may_stand_in_any_order(found: str, edits: int) -> None:
    assert measure_unordered(TRUTH, found).edits == edits
    assert measure_unordered(TRUTH, found).length == 24


def test_a_line_that_was_read_in_two_pieces_is_no_error() -> None:
    assert (
        measure_unordered("파하거너더러\n가나다라마바 사아자차카타", "가나다라마바\n사아자차카타\n파하거너더러").edits
        == 0
    )


def test_order_never_makes_it_better() -> None:
    for found in ("가나\n다라", "하하하\n카카", "타카\n차자\n아사"):
        scores = measure_text(TRUTH, found)
        assert scores.unordered.edits <= scores.chars.edits
