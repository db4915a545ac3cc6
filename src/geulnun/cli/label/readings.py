"""Pictures of a folder to records of labels.jsonl, each written as soon as it is read."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from geulnun.cli.engine_options import EngineOptions
from geulnun.cli.progress.report import Report
from geulnun.cli.sources import Source, find_sources
from geulnun.core.hangul import to_nfc
from geulnun.core.image import IMAGE_SUFFIXES
from geulnun.data.label_files import build_record, find_key, format_record, list_words, read_raw_records, set_aside
from geulnun.data.sources.labels import LABELS_FILE
from geulnun.errors import GeulnunError, OutputError

if TYPE_CHECKING:
    from geulnun.reading import Engine


def label_pictures(folder: Path, engine: EngineOptions, *, recursive: bool, add: bool, replace: bool) -> int:
    """Read a folder's pictures into its labels.jsonl; the exit code.

    Raises:
        OutputError: there are labels, and neither `add` nor `replace` is set; or the file cannot be written.
        DatasetError: labels are to be added to a damaged file.
    """
    path = folder / LABELS_FILE
    if path.exists() and not (add or replace):
        raise OutputError(
            f"{path} exists. Label the other pictures too with --add, or read all anew with --replace, which keeps it "
            f"as {LABELS_FILE}.bak."
        )
    labelled = {find_key(record)[0] for record in read_raw_records(path)} if add else set()
    found, errors = find_sources([str(folder)], suffixes=(*IMAGE_SUFFIXES, ".pdf"), recursive=recursive)
    sources = [source for source in found if to_nfc(source.relative.as_posix()) not in labelled]
    with Report(len(sources)) as report:
        for error in errors:
            report.fail(error)
        if not sources:
            report.say(f"{path}: every picture of {folder} is labelled." if found else f"{folder}: nothing was read.")
            return report.exit_code
        opened = engine.open()  # before any file is touched
        if replace and path.exists():
            report.say(f"{path} is kept as {set_aside(path).name}.")
        count = _write_records(path, sources, opened, report)
        report.say(f"{path}: {count} of {len(sources)} labelled, {len(labelled)} were there. Now correct them.")
        return report.exit_code


def _write_records(path: Path, sources: list[Source], engine: "Engine", report: Report) -> int:
    """How many sources were read and written; an interrupted run leaves whole lines, to go on from with --add."""
    count = 0
    try:
        with path.open("ab") as file:
            _end_last_line(path, file)
            for source in sources:
                report.start_source(source.label)
                try:
                    records = list(read_records(source, engine))
                except GeulnunError as error:
                    report.fail(error, source.label)
                else:
                    file.write(b"".join(map(format_record, records)))
                    file.flush()
                    count += 1
                report.finish_source()
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}). Make room, then go on with --add.") from error
    return count


def read_records(source: Source, engine: "Engine") -> Iterator[dict[str, Any]]:
    """The records of a picture, or of every page of a PDF; of a TIFF of several pages the first is labelled.

    Raises:
        GeulnunError: it cannot be read.
    """
    is_pdf = source.name.lower().endswith(".pdf")
    for page, _ in engine.iter_pages(source.content, pages=None if is_pdf else "1"):
        yield build_record(source.relative.as_posix(), list_words(page), page.number if is_pdf else None)


def _end_last_line(path: Path, file: BinaryIO) -> None:
    """Begin a new line where the file's last one was left open."""
    if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
        file.write(b"\n")
