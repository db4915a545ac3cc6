"""Measures that compare a text that was read with the truth.

Both texts first go through `normalise`. White space counts in words and spacing only. The measures:

* `measure_chars`: Levenshtein distance of the texts without white space, as read in order; divided by the truth's
  length it is the CER.
* `measure_jamo`: the same with syllables taken apart into jamo (NFD).
* `measure_lines`: multiset of lines, white space within them as single spaces; its recall is the line accuracy. A row
  whose cells are parted by tabs is compared as one line where the truth writes it so, otherwise cell by cell.
* `measure_bigrams`: multiset of pairs of adjacent characters without white space; forgives the order of blocks.
* `measure_words`: multiset of tokens between white space; punishes wrong spacing.
* `diff.measure_unordered`: character edits of lines paired wherever they stand; the order-free CER.
* `measure_spacing`: spaces between two characters that were both read right.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from rapidfuzz.distance import Levenshtein

from geulnun.core.hangul import to_jamo, to_nfc
from geulnun.evaluation.counts import Edits, Matches

LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # those of str.splitlines

# Different code points that print alike, or that Korean keyboards and fonts use for one another.
ALIKE = str.maketrans(
    {
        "￦": "₩",
        **dict.fromkeys("‘’‚‛", "'"),
        **dict.fromkeys("“”„‟", '"'),
        "…": "...",
        **dict.fromkeys("ㆍ・•", "·"),
    }
)


def normalise(text: str) -> str:
    """`text` as it is compared: NFC, and one code point for signs that look alike.

    `￦` becomes `₩`, curly quotes straight ones, `…` three full stops; `ㆍ`, `・` and `•` the middle dot `·`.
    """
    return to_nfc(text).translate(ALIKE)


def drop_spaces(text: str) -> str:
    """`text` without white space."""
    return "".join(text.split())


def measure_chars(truth: str, found: str) -> Edits:
    """Character edits without white space; its `rate` is the CER."""
    return _count_edits(drop_spaces(normalise(truth)), drop_spaces(normalise(found)))


def measure_jamo(truth: str, found: str) -> Edits:
    """Jamo edits without white space; its `rate` is the jamo error rate."""
    return _count_edits(to_jamo(drop_spaces(normalise(truth))), to_jamo(drop_spaces(normalise(found))))


def measure_lines(truth: str, found: str) -> Matches:
    """Lines read exactly, spaces included, wherever they stand; its `recall` is the line accuracy."""
    wanted = split_lines(truth)
    return _match_multisets(wanted, _split_cells(found, Counter(wanted)))


def measure_bigrams(truth: str, found: str) -> Matches:
    """Pairs of adjacent characters without white space."""
    return _match_multisets(
        _pair_neighbours(drop_spaces(normalise(truth))), _pair_neighbours(drop_spaces(normalise(found)))
    )


def measure_words(truth: str, found: str) -> Matches:
    """Tokens between white space."""
    return _match_multisets(normalise(truth).split(), normalise(found).split())


def measure_spacing(truth: str, found: str) -> Matches:
    """Spaces found and wanted between characters that were read right.

    The characters other than white space are aligned by Levenshtein. A gap counts when the characters on both its
    sides are neighbours in both texts and equal in both, and neither text breaks the line there. Misread, missing
    and disordered text is so left to the other measures.
    """
    truth_chars, truth_gaps = _split_gaps(normalise(truth))
    found_chars, found_gaps = _split_gaps(normalise(found))
    wanted = right = spaces = 0
    for start, shift, length in _find_equal_runs(truth_chars, found_chars):
        for before in range(start, start + length - 1):
            gaps = truth_gaps[before], found_gaps[before + shift]
            if "\n" in gaps:
                continue
            wanted += gaps[0] == " "
            spaces += gaps[1] == " "
            right += gaps == (" ", " ")
    return Matches.of(right, wanted=wanted, found=spaces)


def split_lines(text: str) -> list[str]:
    """The normalised lines of `text` that are not blank, white space within them as single spaces."""
    return [line for line in (" ".join(raw.split()) for raw in normalise(text).splitlines()) if line]


def _split_cells(text: str, rows: Counter[str]) -> list[str]:
    """The lines of `text`; of those that are not among `rows`, the cells that tabs part."""
    lines = []
    for raw in normalise(text).splitlines():
        (row,) = split_lines(raw) or [""]
        if "\t" in raw and rows[row] <= 0:
            lines += [cell for each in raw.split("\t") for cell in split_lines(each)]
        elif row:
            rows[row] -= 1
            lines.append(row)
    return lines


def find_confusions(truth: str, found: str) -> Counter[tuple[str, str]]:
    """How often each character was read as which other.

    Only lone substitutions count, with no other edit beside them: what stands in a longer run of edits is more
    often a passage out of order than a misread character.
    """
    truth_chars, found_chars = drop_spaces(normalise(truth)), drop_spaces(normalise(found))
    blocks = list(Levenshtein.opcodes(truth_chars, found_chars))
    tags = ["equal", *(block.tag for block in blocks), "equal"]
    return Counter(
        (truth_chars[block.src_start], found_chars[block.dest_start])
        for block, around in zip(blocks, zip(tags, tags[1:], tags[2:], strict=False), strict=True)
        if around == ("equal", "replace", "equal") and block.src_end - block.src_start == 1
    )


def _count_edits(truth: str, found: str) -> Edits:
    return Edits(edits=Levenshtein.distance(truth, found), length=len(truth))


def _match_multisets(truth: Iterable[str], found: Iterable[str]) -> Matches:
    wanted, given = Counter(truth), Counter(found)
    return Matches.of((wanted & given).total(), wanted=wanted.total(), found=given.total())


def _pair_neighbours(text: str) -> list[str]:
    return [text[i : i + 2] for i in range(len(text) - 1)]


def _split_gaps(text: str) -> tuple[str, list[str]]:
    """The characters other than white space, and for each the gap after it: nothing, a space or a line break."""
    chars: list[str] = []
    gaps: list[str] = []
    for char in text:
        if not char.isspace():
            chars.append(char)
            gaps.append("")
        elif gaps:
            gaps[-1] = "\n" if char in LINE_BREAKS or gaps[-1] == "\n" else " "
    return "".join(chars), gaps


def _find_equal_runs(truth: str, found: str) -> Iterator[tuple[int, int, int]]:
    """Runs that both texts share in order: (start in the truth, shift to the found text, length)."""
    for block in Levenshtein.opcodes(truth, found):
        if block.tag == "equal":
            yield block.src_start, block.dest_start - block.src_start, block.src_end - block.src_start
