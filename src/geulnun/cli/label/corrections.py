"""Label Studio's export back to labels.jsonl."""

from pathlib import Path
from typing import Any

from geulnun.cli.progress.report import Report
from geulnun.core.hangul import to_nfc
from geulnun.data.label_files import build_record, format_record, merge_records, read_raw_records, set_aside
from geulnun.data.sources.label_studio import CorrectedTask, PictureFinder, read_export
from geulnun.data.sources.labels import LABELS_FILE
from geulnun.errors import DatasetError, OutputError
from geulnun.outputs.atomic_file import AtomicFile


def take_corrections(folder: Path, export: Path, *, replace: bool) -> int:
    """Write the words of exported tasks into a folder's labels.jsonl; labels of other pictures stay. The exit code.

    Raises:
        OutputError: there are labels and `replace` is not set; or the file cannot be written.
        DatasetError: the export or the labels cannot be read.
    """
    path = folder / LABELS_FILE
    if path.exists() and not replace:
        raise OutputError(
            f"{path} exists. With --replace the exported pictures get their corrected words, the labels of others "
            f"stay, and the old file is kept as {LABELS_FILE}.bak."
        )
    old = read_raw_records(path)
    with Report(1) as report:
        new = _collect_records(folder, export, report)
        if not new:
            report.fail(DatasetError(f"{export}: no task could be used; {path} is left as it is."))
            return report.exit_code
        lines = b"".join(map(format_record, merge_records(old, new.values())))
        if path.exists():
            report.say(f"{path} is kept as {set_aside(path).name}.")
        with AtomicFile(path) as file:
            file.write(lines)
        report.say(f"{path}: {len(new)} pictures corrected.")
        return report.exit_code


def _collect_records(folder: Path, export: Path, report: Report) -> dict[str, dict[str, Any]]:
    """Records by the names of their pictures; what is wrong with a task is reported."""
    finder = PictureFinder(folder)
    records: dict[str, dict[str, Any]] = {}
    for task in read_export(export):
        if isinstance(task, str):
            report.fail(DatasetError(task))
            continue
        try:
            name, record = _build_record(task, finder)
        except ValueError as error:
            report.fail(DatasetError(f"{task.place}: {error}. The task is skipped."))
            continue
        if name in records:
            report.fail(DatasetError(f"{task.place}: {name} has a task before this one, which counts; it is skipped."))
            continue
        records[name] = record
    return records


def _build_record(task: CorrectedTask, finder: PictureFinder) -> tuple[str, dict[str, Any]]:
    """The picture's name below the folder, and its record.

    Raises:
        ValueError: nobody annotated the task, or its picture is missing.
    """
    if task.words is None:
        raise ValueError("it has no annotation yet. Submit it in Label Studio, then export again")
    name = to_nfc(finder.find(task.image).relative_to(finder.folder).as_posix())
    return name, build_record(name, task.words)
