"""Where the command line writes what was read: standard output, files, folders."""

import os
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from types import TracebackType
from typing import Self

from geulnun.cli.progress.report import Report
from geulnun.cli.reading_options import check_choices
from geulnun.cli.sources import Source
from geulnun.core.page import Page
from geulnun.documents import PageImage
from geulnun.errors import GeulnunError, OutputError, UsageError
from geulnun.outputs import (
    ONE_DOCUMENT,
    OUTPUT_SUFFIXES,
    TEXT_FORMATS,
    DocumentInfo,
    OutputOptions,
    TextWriter,
    Writer,
    check_extra,
    check_suffix,
    find_suffix,
    open_writer,
)
from geulnun.outputs.atomic_file import make_folder

STDOUT = "-"
Fail = Callable[[Exception, str], None]
"""What to do with an error, and the name of the source with which it came; "" if it says all itself."""

_PAGE_NUMBER = re.compile(r"(?<=.)-[0-9]+$")


class Outputs:
    """Where a run writes: writers that take every document, and folders with files of their own for each.

    A context manager. What fails is reported and left out from there on; everything else is still written. A file
    that got no document whole does not appear.
    """

    def __init__(self, folders: Sequence[Mapping[Source, Sequence[Path]]], fail: Fail, options: OutputOptions) -> None:
        """Outputs without writers, which `open` adds.

        Args:
            folders: the files of each source in each folder.
            fail: what to do with an error.
            options: choices of single formats.
        """
        self._options = options
        self._folders = folders
        self._fail = fail
        self._writers: list[Writer] = []
        self._kept: list[Writer] = []

    def open(self, opening: Callable[[], Writer], *, printed: bool = False) -> None:
        """Add a writer that takes every document; what it has printed stays, whatever comes after."""
        try:
            writer = opening().__enter__()
        except OutputError as error:
            self._fail(error, "")
            return
        self._writers.append(writer)
        if printed:
            self._kept.append(writer)

    @property
    def any_left(self) -> bool:
        """Whether there is a place left to write to."""
        return bool(self._writers or self._folders)

    @contextmanager
    def open_document(self, source: Source) -> Iterator["DocumentOutputs"]:
        """What takes the pages of one source; when the block ends with an exception, they are taken back."""
        document = DocumentOutputs(source, self._writers, self._fail)
        try:
            for folder in self._folders:
                for path in folder[source]:
                    document.open(path, self._options)
            yield document
        except BaseException:
            document.discard()
            raise
        self._kept += document.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        empty = OutputError("no source was read to its end.")
        for writer in self._writers:
            try:
                if error is None and writer not in self._kept:
                    writer.__exit__(OutputError, empty, None)
                else:
                    writer.__exit__(kind, error, trace)
            except GeulnunError as problem:
                self._fail(problem, "")


class DocumentOutputs:
    """Takes one document page by page, for all writers; those that fail are reported and get no more of it."""

    def __init__(self, source: Source, shared: list[Writer], fail: Fail) -> None:
        """The outputs of a document.

        Args:
            source: what is read.
            shared: writers that take other documents too; those that cannot be written any more are taken off it.
            fail: what to do with an error.
        """
        self._source = source
        self._shared = shared
        self._fail = fail
        self._active = list(shared)
        self._started = False

    def open(self, path: Path, options: OutputOptions) -> None:
        """Add a file for this document alone."""
        try:
            make_folder(path.parent)
            self._active.append(open_writer(path, options=options).__enter__())
        except GeulnunError as error:
            self._fail(error, "")

    def write_page(self, page: Page, image: PageImage) -> None:
        """Write one more page."""
        if not self._started:
            info = DocumentInfo(name=self._source.name, content=self._source.content, page_count=image.page_count)
            self._each(lambda writer: writer.start_document(info))
            self._started = True
        self._each(lambda writer: writer.write_page(page, image.rgb))

    def close(self) -> list[Writer]:
        """Let the files of this document appear; the shared writers that hold all of it."""
        self._each(lambda writer: None if writer in self._shared else writer.__exit__(None, None, None))
        return [writer for writer in self._active if writer in self._shared]

    def discard(self) -> None:
        """Take back what was written of this document."""
        self._each(self._discard)

    def _each(self, act: Callable[[Writer], None]) -> None:
        for writer in list(self._active):
            try:
                act(writer)
            except BrokenPipeError as error:  # whoever listened has gone
                if self._active == [writer]:
                    raise  # typer ends the run quietly
                self._drop(writer, error)
            except Exception as error:
                self._fail(error, "" if isinstance(error, OutputError) else self._source.label)
                self._drop(writer, error)

    def _drop(self, writer: Writer, error: Exception) -> None:
        """Give a writer no more of this document, and none at all if its place cannot be written."""
        self._active.remove(writer)
        if isinstance(error, OutputError | BrokenPipeError) and writer in self._shared:
            self._shared.remove(writer)
            writer.__exit__(type(error), error, error.__traceback__)
        else:
            self._discard(writer)

    def _discard(self, writer: Writer) -> None:
        if writer in self._shared:
            if self._started:
                writer.discard_document()
            return
        error = OutputError(f"{self._source.label} was not read to its end.")
        writer.__exit__(OutputError, error, None)


class _PrintedText:
    """Standard output as a sink of bytes; nothing that was printed can be taken back."""

    def __init__(self, prepare: Callable[[], None]) -> None:
        """The sink; `prepare` is called before anything is printed, so that no progress bar stands in its way."""
        self._prepare = prepare
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(newline="\n")  # lines end as the format says on every system

    def write(self, data: bytes) -> None:
        """Print UTF-8 text."""
        self._prepare()
        sys.stdout.write(data.decode("utf-8"))
        sys.stdout.flush()

    def tell(self) -> None:
        """None: what was printed stays."""

    def truncate(self, position: int) -> None:
        """Never called, because `tell` says None."""

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
    options: OutputOptions = OutputOptions()


def plan_outputs(outputs: Sequence[str], formats: str | None, options: OutputOptions | None = None) -> Plan:
    """The outputs of the options ``-o`` and ``--format``.

    Args:
        outputs: files, folders, or "-" for standard output.
        formats: of files in folders and of standard output, as "txt,json".
        options: choices of single formats.

    Raises:
        UsageError: an unknown format or suffix, a combination that makes no sense, or a choice of another format.
        MissingExtraError: a format whose packages are not installed.
    """
    options = options or OutputOptions()
    suffixes = tuple(_parse_formats(formats)) if formats is not None else (".txt",)
    folders = [output for output in outputs if _is_folder(output, formats is not None)]
    files = [output for output in outputs if output not in folders and output != STDOUT]
    to_stdout = not outputs or STDOUT in outputs
    for output in files:
        if find_suffix(output) is None and not Path(output).suffix:
            allowed = ", ".join(OUTPUT_SUFFIXES)
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
    written = [*map(check_suffix, files), *(suffixes if folders or to_stdout else ())]
    check_choices(options, written)
    for suffix in written:
        check_extra(suffix, options)
    return Plan(
        files=tuple(Path(output) for output in files),
        folders=tuple(Path(output) for output in folders),
        stdout=suffixes[0] if to_stdout else None,
        suffixes=suffixes,
        options=options,
    )


def open_outputs(plan: Plan, sources: Sequence[Source], report: Report, *, several: bool) -> Outputs:
    """The planned outputs, opened; what is wrong with those that cannot be is reported.

    Args:
        plan: of `plan_outputs`.
        sources: what will be read.
        report: says what fails, and clears its progress bar before anything is printed.
        several: whether files and standard output get more than one document.

    Raises:
        UsageError: an output that would overwrite an input, or one file for several documents that holds but one.
    """
    for path in plan.files if several else ():
        if (suffix := check_suffix(path)) in ONE_DOCUMENT:
            raise UsageError(
                f"-o {path}: a {suffix} shows one document, but several come. Name a folder: "
                f"-o FOLDER/ --format {suffix[1:]}"
            )
    folders = {folder: plan_files(folder, plan.suffixes, sources) for folder in plan.folders}
    written = [path for paths in folders.values() for each in paths.values() for path in each]
    _check_overwriting([*plan.files, *written], sources)
    outputs = Outputs(
        [paths for folder, paths in folders.items() if _try_folder(folder, report)], report.fail, plan.options
    )
    if plan.stdout is not None:
        form = TEXT_FORMATS[plan.stdout](several, plan.options)
        outputs.open(lambda: TextWriter(_PrintedText(report.pause), form), printed=True)
    for path in plan.files:
        outputs.open(partial(open_writer, path, several=several, options=plan.options))
    return outputs


def _try_folder(folder: Path, report: Report) -> bool:
    """Whether a folder is there or can be made; if not, that is reported."""
    try:
        make_folder(folder)
    except OutputError as error:
        report.fail(error)
        return False
    return True


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
        if suffix not in OUTPUT_SUFFIXES:
            allowed = ", ".join(known[1:] for known in OUTPUT_SUFFIXES)
            raise UsageError(f"--format {formats}: {suffix[1:]!r} is not a format. Allowed, with commas: {allowed}.")
    return list(dict.fromkeys(suffixes))


def _is_folder(output: str, has_formats: bool) -> bool:
    separators = tuple(filter(None, (os.sep, os.altsep)))
    if output == STDOUT:
        return False
    return output.endswith(separators) or os.path.isdir(output) or (has_formats and not Path(output).suffix)


def _check_overwriting(paths: Iterable[Path], sources: Sequence[Source]) -> None:
    # Unlike `Path.resolve`, these take links that run in a circle.
    inputs = {Path(os.path.realpath(source.name)) for source in sources if source.data is None}
    # The pages of "scan.png" are written as "scan-1.png", "scan-2.png", ...
    numbered = {
        path.with_stem(_PAGE_NUMBER.sub("", path.stem)): path for path in inputs if path.suffix.lower() == ".png"
    }
    for path in paths:
        place = Path(os.path.realpath(path))
        if place in inputs:
            raise UsageError(f"the output {path} is an input too and would be overwritten. Choose another place.")
        if one := numbered.get(place):
            raise UsageError(
                f"the input {one.name} is called as a page of the output {path} may be, and would be overwritten. "
                "Choose another place."
            )
