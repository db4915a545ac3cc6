"""Where the command line writes what was read: standard output, files, folders."""

import os
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from pathlib import Path, PurePath
from types import TracebackType
from typing import ClassVar, Protocol, Self

from geulnun.cli.sources import Source
from geulnun.core.image import RgbImage
from geulnun.core.page import Document
from geulnun.errors import GeulnunError, OutputError, UsageError
from geulnun.outputs import (
    ONE_DOCUMENT,
    TEXT_FORMATS,
    WRITERS,
    DocumentInfo,
    OutputOptions,
    TextWriter,
    Writer,
    check_suffix,
    find_suffix,
    open_writer,
)

STDOUT = "-"
_PAGE_NUMBER = re.compile(r"-[0-9]+$")
# The pictures of a document's pages, opened anew for whoever draws on them.
Pictures = Callable[[], Iterable[RgbImage]]


class Destination(Protocol):
    """A place that takes one document after the other; a context manager that discards what is half done.

    Attributes:
        independent: whether a document that could not be written leaves the place fit for the next.
    """

    independent: ClassVar[bool]

    def add(self, source: Source, document: Document, pictures: Pictures) -> None:
        """Takes one more document."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class StandardOutput:
    """Prints documents as they come."""

    independent: ClassVar[bool] = False

    def __init__(self, suffix: str, *, several: bool) -> None:
        self._writer = TextWriter(_PrintedText(), TEXT_FORMATS[suffix](several, OutputOptions()))

    def add(self, source: Source, document: Document, pictures: Pictures) -> None:
        """Prints one more document."""
        _write_pages(self._writer, source, document, pictures)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)


class _PrintedText:
    """Standard output as a sink of bytes; nothing that was printed can be taken back."""

    def __init__(self) -> None:
        if hasattr(sys.stdout, "reconfigure"):
            # A terminal or pipe that cannot show a character gets its number, and the rest still comes out.
            sys.stdout.reconfigure(errors="backslashreplace")

    def write(self, data: bytes) -> None:
        """Prints UTF-8 text."""
        try:
            sys.stdout.write(data.decode("utf-8"))
            sys.stdout.flush()
        except BrokenPipeError:
            raise  # whoever listened has gone: not an error of ours, and nobody is left to tell
        except OSError as error:
            raise OutputError(f"standard output cannot be written ({error.strerror}). Use -o FILE.") from error

    def tell(self) -> None:
        """None: what was printed stays."""

    def truncate(self, position: int) -> None:
        """Never called, because `tell` says None."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class OutputFile:
    """All documents in one file."""

    independent: ClassVar[bool] = False

    def __init__(self, path: Path, *, several: bool) -> None:
        self._writer = open_writer(path, several=several)

    def add(self, source: Source, document: Document, pictures: Pictures) -> None:
        """Writes one more document."""
        _write_pages(self._writer, source, document, pictures)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)


def _write_pages(writer: Writer, source: Source, document: Document, pictures: Pictures) -> None:
    """Writes a whole document; one that fails half way is taken back."""
    writer.start_document(DocumentInfo(name=document.source, content=source.content, page_count=len(document.pages)))
    try:
        # Text does without the pictures, which are opened anew.
        images = repeat(None, len(document.pages)) if isinstance(writer, TextWriter) else pictures()
        for page, rgb in zip(document.pages, images, strict=True):
            writer.write_page(page, rgb)
    except BaseException:
        writer.discard_document()
        raise


class OutputFolder:
    """Each document in files of its own, one for each format."""

    independent: ClassVar[bool] = True

    def __init__(self, folder: Path, paths: Mapping[Source, Sequence[Path]]) -> None:
        self._paths = paths
        _make_folder(folder)

    def add(self, source: Source, document: Document, pictures: Pictures) -> None:
        """Writes the files of one more document; those that cannot be written do not stop the others.

        Raises:
            OutputError: some could not be written.
        """
        errors: list[GeulnunError] = []
        for path in self._paths[source]:
            try:
                _make_folder(path.parent)
                with open_writer(path) as writer:
                    _write_pages(writer, source, document, pictures)
            except GeulnunError as error:
                errors.append(error)
        if errors:
            raise OutputError(" ".join(str(error) for error in errors))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The outputs that were asked for, checked but not yet opened."""

    files: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    stdout: str | None = None
    suffixes: tuple[str, ...] = (".txt",)


def plan_outputs(outputs: Sequence[str], formats: str | None) -> Plan:
    """The outputs of the options ``-o`` and ``--format``.

    Raises:
        UsageError: an unknown format or suffix, or a combination that makes no sense.
    """
    suffixes = tuple(_parse_formats(formats)) if formats is not None else (".txt",)
    folders = [output for output in outputs if _is_folder(output, formats is not None)]
    files = [output for output in outputs if output not in folders and output != STDOUT]
    to_stdout = not outputs or STDOUT in outputs
    for output in files:
        if find_suffix(output) is None and not Path(output).suffix:
            allowed = ", ".join(WRITERS)
            raise UsageError(
                f"-o {output}: the name says no format. Give it one of the suffixes {allowed}, or end it with "
                f"{os.sep} if it shall be a folder."
            )
        check_suffix(output)
    if to_stdout and (len(suffixes) > 1 or suffixes[0] not in TEXT_FORMATS):
        allowed = ", ".join(suffix[1:] for suffix in TEXT_FORMATS)
        raise UsageError(
            f"--format {formats} cannot go to standard output, which takes one of {allowed}. Name a folder: -o FOLDER/"
        )
    if formats is not None and not folders and not to_stdout:
        raise UsageError(
            f"--format {formats} was given, but the suffix of {files[0]} says its format already. "
            "Leave --format out, or name a folder: -o FOLDER/"
        )
    return Plan(
        files=tuple(Path(output) for output in files),
        folders=tuple(Path(output) for output in folders),
        stdout=suffixes[0] if to_stdout else None,
        suffixes=suffixes,
    )


def open_destinations(
    plan: Plan, sources: Sequence[Source], *, several: bool
) -> tuple[list[Destination], list[GeulnunError]]:
    """The planned outputs, opened, and what was wrong with those that cannot be.

    Args:
        plan: of `plan_outputs`.
        sources: what will be read.
        several: whether files and standard output get more than one document.

    Raises:
        UsageError: an output that would overwrite an input, or one .png for several documents.
    """
    for path in plan.files if several else ():
        if (suffix := check_suffix(path)) in ONE_DOCUMENT:
            raise UsageError(
                f"-o {path}: a {suffix} shows one document, but several come. Name a folder: "
                f"-o FOLDER/ --format {suffix[1:]}"
            )
    _check_overwriting(plan.files, sources)
    openings: list[Callable[[], Destination]] = []
    if plan.stdout is not None:
        openings.append(partial(StandardOutput, plan.stdout, several=several))
    openings.extend(partial(OutputFile, path, several=several) for path in plan.files)
    for folder in plan.folders:
        paths = plan_files(folder, plan.suffixes, sources)
        _check_overwriting((path for each in paths.values() for path in each), sources)
        openings.append(partial(OutputFolder, folder, paths))
    opened: list[Destination] = []
    errors: list[GeulnunError] = []
    for opening in openings:
        try:
            opened.append(opening())
        except OutputError as error:
            errors.append(error)
    return opened, errors


def plan_files(folder: Path, suffixes: Sequence[str], sources: Sequence[Source]) -> dict[Source, list[Path]]:
    """The files in `folder` that each source is written to, one for each suffix; no two sources share one.

    ``receipt.png`` becomes ``receipt.txt``. Where two sources would share a name, in any spelling that some file
    system takes for the same, the suffix stays in it, ``receipt.png.txt`` and ``receipt.jpg.txt``; and where that
    does not help, a number is added, ``receipt.png-2.txt``.
    """
    stems = {source: source.relative.with_suffix("") for source in sources}
    keys = Counter(_fold(stem) for stem in stems.values())
    taken: set[str] = set()
    planned: dict[Source, list[Path]] = {}
    for source, stem in stems.items():
        key = _fold(stem)
        # "scan-2" is also what the second page of "scan" is called.
        page_of = _PAGE_NUMBER.sub("", key)
        name = wanted = stem if keys[key] == 1 and (page_of == key or page_of not in keys) else source.relative
        count = 1
        while _fold(name) in taken or (name != stem and _fold(name) in keys):
            count += 1
            name = wanted.with_name(f"{wanted.name}-{count}")
        taken.add(_fold(name))
        planned[source] = [folder / name.with_name(name.name + suffix) for suffix in suffixes]
    return planned


def _fold(path: PurePath) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()


def _parse_formats(formats: str) -> list[str]:
    suffixes = ["." + part.strip().lower().removeprefix(".") for part in formats.split(",")]
    for suffix in suffixes:
        if suffix not in WRITERS:
            allowed = ", ".join(known[1:] for known in WRITERS)
            raise UsageError(f"--format {formats}: {suffix[1:]!r} is not a format. Allowed, with commas: {allowed}.")
    return list(dict.fromkeys(suffixes))


def _is_folder(output: str, has_formats: bool) -> bool:
    separators = tuple(filter(None, (os.sep, os.altsep)))
    if output == STDOUT:
        return False
    return output.endswith(separators) or Path(output).is_dir() or (has_formats and not Path(output).suffix)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"the folder {folder} cannot be made ({error.strerror}). Choose a place where you may write."
        ) from error


def _check_overwriting(paths: Iterable[Path], sources: Sequence[Source]) -> None:
    inputs = {Path(source.name).resolve() for source in sources if source.data is None}
    for path in paths:
        if path.resolve() in inputs:
            raise UsageError(f"the output {path} is an input too and would be overwritten. Choose another place.")
