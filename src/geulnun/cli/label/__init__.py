"""``geulnun label FOLDER``: what is read, as labels to correct, and back from Label Studio."""

import os
from pathlib import Path

import typer

from geulnun.cli import reading_options as given
from geulnun.cli.engine_options import EngineOptions
from geulnun.errors import OutputError, UsageError

app = typer.Typer(add_completion=False)


@app.command()
def label(
    folder: str = typer.Argument(..., help="Folder of pictures; labels.jsonl is written into it."),
    recursive: bool = typer.Option(False, "--recursive", "-r", help="Include subfolders."),
    label_studio: Path | None = typer.Option(
        None, "--label-studio", metavar="FILE", help="Write all labels as Label Studio's pre-annotations too."
    ),
    url_prefix: str = typer.Option(
        "", "--url-prefix", help="What Label Studio finds the folder by, such as /data/local-files/?d=pictures/."
    ),
    export: Path | None = typer.Option(
        None, "--from", metavar="FILE", help="Read nothing: take the labels of Label Studio's export (format JSON)."
    ),
    add: bool = typer.Option(False, "--add", help="Keep the labels that are there, and read the other pictures only."),
    replace: bool = typer.Option(
        False, "--replace", help="Write labels anew; the file that was there is kept as labels.jsonl.bak."
    ),
    detector: str | None = given.DETECTOR,
    recognizer: str | None = given.RECOGNIZER,
    backend: str = given.BACKEND,
    precision: str = given.PRECISION,
    threads: int | None = given.THREADS,
) -> None:
    """Write what is read in a folder's pictures as labels.jsonl, to be corrected and then evaluated or trained on.

    With --label-studio also as tasks for Label Studio; once they are corrected there, --from turns the export back
    into labels.jsonl.

    Labels that are there are never overwritten unless --add or --replace says how to go on. A picture that cannot be
    read, or a task that is incomplete, is reported and left out, and the exit code is 3.
    """
    if add and replace:
        raise UsageError("--add and --replace exclude each other: keep the labels that are there, or write them anew.")
    if export is not None and (label_studio is not None or add):
        raise UsageError("--from reads nothing: it goes with --replace, not with --add or --label-studio.")
    if url_prefix and label_studio is None:
        raise UsageError("--url-prefix is of the tasks for Label Studio. Give --label-studio FILE with it.")
    if not os.path.isdir(folder):
        raise UsageError(f"{folder!r} is no folder. Give the folder of the pictures.")
    place = Path(folder)
    if label_studio is not None and os.path.exists(label_studio):  # before anything is read
        raise OutputError(f"{label_studio} exists. Choose another name, or delete it.")
    if export is not None:
        from geulnun.cli.label.corrections import take_corrections

        exit_code = take_corrections(place, export, replace=replace)
    else:
        from geulnun.cli.label.readings import label_pictures

        engine = EngineOptions(
            detector=detector, recognizer=recognizer, backend=backend, threads=threads, precision=precision
        )
        exit_code = label_pictures(place, engine, recursive=recursive, add=add, replace=replace)
    if label_studio is not None:
        from geulnun.cli.label.tasks import write_tasks

        exit_code = write_tasks(place, label_studio, url_prefix) or exit_code
    if exit_code:
        raise typer.Exit(exit_code)
