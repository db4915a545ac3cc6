"""Text to draw: lines of any folder of UTF-8 files, mixed with what the built-in generators write."""

import mmap
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from geulnun.core.charset import CHARSET_V1
from geulnun.core.hangul import SYLLABLES
from geulnun.errors import DatasetError, UsageError
from geulnun.synth import texts
from geulnun.synth.texts.random_choice import draw_chance, draw_one

Split = Literal["train", "validation"]
LineClass = Literal["word", "phrase", "sentence"]

VALIDATION_PERCENT = 5
"""Share of the lines that only validation draws from; decided by a hash of the line itself."""

STRIP_MIXTURE = {"sentence": 0.48, "word": 0.09, "syllables": 0.14, "generated": 0.29}
"""What the strips of recogniser training are made of (`Corpus.draw_strip_text`)."""

_WRITABLE = frozenset(CHARSET_V1.symbols + SYLLABLES)
_EMPTY_BRACKETS = re.compile(r"[(\[{〈《「『【〔][\s,;:·/]*[)\]}〉》」』】〕]")
_STRIP_KINDS = tuple(STRIP_MIXTURE)
_STRIP_STEPS = np.cumsum(list(STRIP_MIXTURE.values())).tolist()


def clean_text(text: str) -> str:
    """The text as the charset writes it: normalised, unwritable characters left out, single spaces.

    Brackets that held only unwritable characters (Hanja, mostly) go with them.
    """
    text = CHARSET_V1.normalise(text)
    if not _WRITABLE.issuperset(text):
        text = "".join(ch if ch in _WRITABLE else " " if ch.isspace() else "" for ch in text)
        text = _EMPTY_BRACKETS.sub("", text)
    return " ".join(text.split())


def cut_piece(rng: np.random.Generator, text: str, target_chars: int, max_chars: int) -> str:
    """A piece of the text between word boundaries, about `target_chars` and at most `max_chars` long.

    It starts at any word, is one word at least, and a word longer than `max_chars` is cut off.
    """
    if len(text) <= target_chars:
        return text
    start = 0
    if draw_chance(rng, 0.7):
        # Not too near the end, or most pieces would fall short of their length.
        start = text.rfind(" ", 0, int(rng.random() * (len(text) - target_chars // 2))) + 1
    end = start + target_chars
    if end < len(text) and text[end] != " ":
        before = text.rfind(" ", start, end)
        after = text.find(" ", end)
        end = before if before > start else after if after > 0 else len(text)
    return text[start : min(end, start + max_chars)].strip()


def draw_piece_length(rng: np.random.Generator, max_chars: int) -> int:
    """A length in characters for a piece of a line: many short, most of 8 to 24, some as long as allowed."""
    u, v = rng.random(), rng.random()
    low, high = (1, 10) if u < 0.2 else (8, 24) if u < 0.62 else (20, 40)
    return max(1, min(max_chars, low + int(v * (high - low + 1))))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """The lines of one split of one file; the text itself stays in the file and is mapped into memory.

    Attributes:
        path: Where the file lies.
        line_class: "word", "phrase" or "sentence", by the mean number of words a line.
        blob: The bytes of the whole file.
        starts: (N,) byte offsets of the lines of the split.
    """

    path: Path
    line_class: LineClass
    blob: mmap.mmap
    starts: np.ndarray

    def read_line(self, number: int) -> str:
        """The cleaned text of one line of the split."""
        start = int(self.starts[number])
        end = self.blob.find(b"\n", start)
        raw = self.blob[start : end if end >= 0 else len(self.blob)]
        return clean_text(raw.decode("utf-8", errors="ignore"))


def is_validation_line(raw: bytes) -> bool:
    """True for the 5 % of lines that are kept for validation, the same on every machine and in every file."""
    return zlib.crc32(raw.strip()) % 100 < VALIDATION_PERCENT


def classify_lines(lines: list[str]) -> LineClass:
    """What a file holds, by the mean number of words in the given lines of it."""
    words = sum(len(line.split()) for line in lines) / max(1, len(lines))
    return "word" if words < 1.5 else "phrase" if words < 3.5 else "sentence"


def read_text_file(path: Path, split: Split) -> TextFile | None:
    """The lines of the split in the file, or None when it has none.

    Raises:
        DatasetError: The file cannot be read, or is not UTF-8.
    """
    try:
        with path.open("rb") as handle:
            if not path.stat().st_size:
                return None
            blob = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise DatasetError(
            f"The corpus file {path} cannot be read ({error.strerror}). "
            "A corpus is a folder of readable UTF-8 .txt files; fix its permissions or take it out."
        ) from error
    _check_utf8(path, blob)
    starts = np.fromiter(_find_lines(blob, split), dtype=np.int64)
    if not len(starts):
        return None
    sample = TextFile(path=path, line_class="word", blob=blob, starts=starts)
    lines = [sample.read_line(int(number)) for number in np.linspace(0, len(starts) - 1, 300)]
    return TextFile(path=path, line_class=classify_lines(lines), blob=blob, starts=starts)


def _check_utf8(path: Path, blob: mmap.mmap) -> None:
    try:
        str(memoryview(blob), "utf-8")
    except UnicodeDecodeError as error:
        line = blob[: error.start].count(b"\n") + 1
        raise DatasetError(
            f"The corpus file {path} is not UTF-8 (line {line}, byte {error.start}). "
            "Only UTF-8 text can be used; convert it, for example: "
            f"iconv -f cp949 -t utf-8 {path.name} > converted.txt"
        ) from error


def _find_lines(blob: mmap.mmap, split: Split) -> Iterator[int]:
    wanted = split == "validation"
    start = 3 if blob[:3] == b"\xef\xbb\xbf" else 0
    while start < len(blob):
        end = blob.find(b"\n", start)
        end = end if end >= 0 else len(blob)
        raw = blob[start:end]
        if raw.strip() and is_validation_line(raw) is wanted:
            yield start
        start = end + 1


class Corpus:
    """Texts of every kind, from the files of a folder and from the built-in generators.

    Without a folder everything comes from the generators. A corpus pickles as its folder's path and is read
    again where it arrives, so that worker processes share the files' memory pages.
    """

    def __init__(self, files: tuple[TextFile, ...] = (), *, folder: Path | None = None, split: Split = "train"):
        self.files = files
        self.folder = folder
        self.split = split
        self._by_class: dict[str, tuple[tuple[TextFile, ...], list[float]]] = {}
        for line_class in ("word", "phrase", "sentence"):
            members = tuple(file for file in files if file.line_class == line_class)
            # The square root keeps a huge list from drowning a small, better text.
            steps = np.cumsum([len(file.starts) ** 0.5 for file in members])
            self._by_class[line_class] = members, (steps / steps[-1]).tolist() if members else []

    @classmethod
    def read(cls, folder: Path | str | None = None, *, split: Split = "train") -> "Corpus":
        """The corpus of all .txt files below the folder; of the built-in generators alone when it is None.

        Args:
            folder: A folder of UTF-8 files, a sentence, phrase or word a line.
            split: "train" (95 % of the lines) or "validation" (the others, by a hash of the line).

        Raises:
            DatasetError: The folder is missing, has no text, or holds a file that is not UTF-8.
            UsageError: The split is neither of the two.
        """
        if split not in ("train", "validation"):
            raise UsageError(f'A corpus has no split "{split}". Take "train" or "validation".')
        if folder is None:
            return cls(split=split)
        folder = Path(folder)
        if not folder.is_dir():
            raise DatasetError(
                f"The corpus folder {folder} does not exist. It must be a folder of UTF-8 .txt files, "
                "one sentence or word a line; leave it out to train on generated text alone."
            )
        found = (read_text_file(path, split) for path in sorted(folder.rglob("*.txt")))
        files = tuple(file for file in found if file is not None)
        if not files:
            raise DatasetError(
                f"The corpus folder {folder} holds no line of text for {split} in any .txt file. Put UTF-8 "
                ".txt files with one sentence or word a line there, or leave the folder out."
            )
        return cls(files, folder=folder, split=split)

    def __reduce__(self) -> tuple[Callable[[Path | None, Split], "Corpus"], tuple[Path | None, Split]]:
        return _read_again, (self.folder, self.split)

    def __repr__(self) -> str:
        lines = sum(len(file.starts) for file in self.files)
        return f"Corpus({str(self.folder) if self.folder else None!r}, {self.split}, {lines:,} lines)"

    def draw_text(self, rng: np.random.Generator, kind: str) -> str:
        """A text of the kind, in the charset but for hanja, without leading, trailing or double spaces.

        Args:
            rng: The randomness of the sample.
            kind: "sentence" (a piece of 1 to 40 characters), "line" (a whole line), "phrase", "word", "title",
                "paragraph" (several sentences), "strip", "natural" (strips without those that only teach letters) or
                the name of a generator in `texts.GENERATORS`.

        Raises:
            UsageError: There is no such kind.
        """
        match kind:
            case "sentence":
                return self.draw_piece(rng, 40)
            case "line":
                return self._draw_line(rng, "sentence")
            case "phrase":
                return self._draw_phrase(rng)
            case "word":
                return self._draw_word(rng)
            case "title":
                return self._draw_title(rng)
            case "paragraph":
                return " ".join(self.draw_paragraph(rng, int(60 + 240 * rng.random())))
            case "strip":
                return self.draw_strip_text(rng)
            case "natural":
                return self._draw_natural_text(rng)
        if kind not in texts.GENERATORS:
            known = ", ".join(
                ("sentence", "line", "phrase", "word", "title", "paragraph", "strip", "natural", *texts.GENERATORS)
            )
            raise UsageError(f'There is no kind of text "{kind}". Take one of: {known}.')
        return texts.GENERATORS[kind](rng)

    def draw_strip_text(self, rng: np.random.Generator, max_chars: int = 40) -> str:
        """The text of one strip for the recogniser, 1 to `max_chars` characters, mixed as in `STRIP_MIXTURE`."""
        return self._write_strip_text(rng, _find_strip_kind(rng.random()), max_chars)

    def _draw_natural_text(self, rng: np.random.Generator) -> str:
        """As `draw_strip_text`, of what people write: no syllables and symbols drawn for practice."""
        kind = _find_strip_kind(rng.random() * (1 - STRIP_MIXTURE["syllables"]))
        return self._write_strip_text(rng, kind if kind in ("sentence", "word") else "written", 40)

    def _write_strip_text(self, rng: np.random.Generator, kind: str, max_chars: int) -> str:
        """A text of a kind of `STRIP_MIXTURE`, or one "written": generated, but not for practice."""
        match kind:
            case "sentence":
                text = texts.decorate(rng, self.draw_piece(rng, max_chars))
            case "word":
                text = self._draw_word(rng)
            case "syllables":
                text = texts.draw_syllables(rng)
            case "written":
                text = texts.draw_written(rng)
            case _:
                text = texts.draw_generated(rng)
        return text if len(text) <= max_chars else cut_piece(rng, text, max_chars, max_chars)

    def draw_piece(self, rng: np.random.Generator, max_chars: int = 40) -> str:
        """A piece of running text of 1 to `max_chars` characters, cut at word boundaries."""
        target_chars = draw_piece_length(rng, max_chars)
        line = self._draw_line(rng, "sentence" if draw_chance(rng, 0.9) else "phrase")
        if len(line) < target_chars and draw_chance(rng, 0.7):
            line = f"{line} {self._draw_line(rng, 'sentence')}"
        return cut_piece(rng, line, target_chars, max_chars)

    def draw_paragraph(self, rng: np.random.Generator, n_chars: int) -> list[str]:
        """Whole sentences that make about `n_chars` characters together, one at least."""
        sentences = [self._draw_line(rng, "sentence")]
        while sum(map(len, sentences)) < n_chars:
            sentences.append(self._draw_line(rng, "sentence"))
        return sentences

    def _draw_line(self, rng: np.random.Generator, line_class: LineClass) -> str:
        """A whole line of a file of the class, or a sentence of the generator where there is no such file."""
        members, steps = self._by_class[line_class]
        # One in twelve is generated even with a corpus: forms that corpora lack.
        if members and not draw_chance(rng, 1 / 12):
            text = _draw_file_line(rng, members, steps)
            if text:
                return text
        return texts.draw_sentence(rng) if line_class == "sentence" else texts.draw_phrase(rng)

    def _draw_word(self, rng: np.random.Generator) -> str:
        members, steps = self._by_class["word"]
        if members and not draw_chance(rng, 0.15):
            text = _draw_file_line(rng, members, steps)
        else:
            text = draw_one(rng, self._draw_line(rng, "sentence").split())
        return text or texts.draw_word(rng)

    def _draw_phrase(self, rng: np.random.Generator) -> str:
        if self._by_class["phrase"][0] and draw_chance(rng, 0.5):
            return self._draw_line(rng, "phrase")
        return cut_piece(rng, self._draw_line(rng, "sentence"), int(4 + 14 * rng.random()), 24)

    def _draw_title(self, rng: np.random.Generator) -> str:
        if draw_chance(rng, 0.5):
            return texts.draw_heading(rng)
        return self._draw_phrase(rng).rstrip(".,!?… ") or texts.draw_heading(rng)


def _draw_file_line(rng: np.random.Generator, files: Sequence[TextFile], steps: Sequence[float]) -> str:
    """A random line of a file, which is chosen by its step on the way from 0 to 1."""
    u = rng.random()
    file = next((file for file, step in zip(files, steps, strict=True) if u < step), files[-1])
    return file.read_line(int(rng.random() * len(file.starts)))


def _find_strip_kind(place: float) -> str:
    """The kind of `STRIP_MIXTURE` at a place, 0..1."""
    return next((kind for kind, step in zip(_STRIP_KINDS, _STRIP_STEPS, strict=True) if place < step), "generated")


def _read_again(folder: Path | None, split: Split) -> Corpus:
    return Corpus.read(folder, split=split)
