import numpy as np
import pytest

from geulnun.runtime.recognition.align_chars import find_centers

PITCH = 24.0
LETTERS = PITCH * np.arange(1, 25)
DRIFT = 1.4 * PITCH * np.sin(np.linspace(0, np.pi, 24))  # ahead by more than a letter in the middle of the line


def test_as_many_characters_as_were_seen_are_those() -> None:
    np.testing.assert_array_equal(find_centers(LETTERS + DRIFT, LETTERS, PITCH), LETTERS)


@pytest.mark.parametrize("lost", [[4], [11, 12], [0, 23], [2, 9, 16]])
def test_characters_that_were_not_seen_stand_between_their_neighbours(lost: list[int]) -> None:
    seen = np.delete(LETTERS, lost)
    placed = find_centers(LETTERS + DRIFT, seen, PITCH)
    np.testing.assert_allclose(placed, LETTERS, atol=0.3 * PITCH)
    np.testing.assert_array_equal(np.delete(placed, lost), seen)


@pytest.mark.parametrize("doubled", [[5], [3, 12], [20]])
def test_what_was_seen_and_not_read_is_passed_over(doubled: list[int]) -> None:
    seen = np.sort(np.append(LETTERS, LETTERS[doubled] + PITCH / 2))
    placed = find_centers(LETTERS + DRIFT, seen, PITCH)
    assert (np.abs(placed - LETTERS) <= PITCH / 2).all()
    assert (placed == LETTERS).mean() > 0.8


def test_narrow_letters_are_told_apart_by_their_own_pitch() -> None:
    """Nine letters read of eight seen: no letter moves by more than its neighbour's place."""
    narrow = 8.0 * np.arange(1, 10)
    placed = find_centers(narrow, np.delete(narrow, 4), 20.0)
    np.testing.assert_allclose(placed, narrow, atol=1.0)


def test_nothing_seen_moves_nothing() -> None:
    peaks = np.array([10.0, 30.0])
    assert find_centers(peaks, np.zeros(0), PITCH) is peaks
    assert len(find_centers(np.zeros(0), LETTERS, PITCH)) == 0
    np.testing.assert_array_equal(find_centers(peaks, np.array([400.0]), PITCH)[:1] < 401, [True])
