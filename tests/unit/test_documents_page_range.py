import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geulnun.documents import choose_pages, parse_page_range
from geulnun.errors import InputError, UsageError


@pytest.mark.parametrize(
    ("pages", "chosen"),
    [
        (None, [1, 2, 3, 4, 5]),
        ("1,3-5", [1, 3, 4, 5]),
        ("5, 1", [1, 5]),
        ("2-2,2", [2]),
        ("-2", [1, 2]),
        ("4-", [4, 5]),
        ("3-99", [3, 4, 5]),
        ([2, np.int64(4)], [2, 4]),
        (range(1, 3), [1, 2]),
    ],
)
def test_chosen_pages(pages, chosen):
    assert choose_pages(pages, 5) == chosen


@pytest.mark.parametrize(
    "pages", ["", "0", "0-3", "3-1", "a", "1-2-3", "-", "1,,2", "1.5", "٣", "9" * 5000, [], [0], ["1"], [1.5]]
)
def test_what_is_not_a_page_range(pages):
    with pytest.raises(UsageError, match=r'page range: .* Allowed are page numbers from 1 and ranges such as "3"'):
        parse_page_range(pages)


@pytest.mark.parametrize("pages", ["6", "1,9", "6-7", [6]])
def test_pages_beyond_the_end_are_refused(pages):
    with pytest.raises(InputError, match="there are only 5 pages. Ask for pages from 1 to 5"):
        choose_pages(pages, 5)
    with pytest.raises(InputError, match="only 1 page"):
        choose_pages(pages, 1)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_numbers_and_text_choose_the_same(numbers):
    text = ",".join(map(str, numbers))
    assert choose_pages(text, 40) == choose_pages(numbers, 40) == sorted(set(numbers))
