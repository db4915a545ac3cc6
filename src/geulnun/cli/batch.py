"""``geulnun batch``: very many documents to shards of results, with several workers."""

import importlib
import signal
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from geulnun.cli import reading_options as given
from geulnun.cli.engine_options import EngineOptions
from geulnun.cli.progress import say
from geulnun.cluster import DEFAULT_MEMORY_GB, choose_memory
from geulnun.errors import InputError, UsageError, needing_extra

if TYPE_CHECKING:
    from geulnun.batch import Counts, Plan, ReadingSettings
    from geulnun.batch.driver import OpenWorkers
    from geulnun.outputs import OutputOptions

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")

_SOURCES = typer.Argument(
    ...,
    metavar="SOURCE...",
    help="Folders, files, .tar archives, lists of paths (.txt; - on standard input), URLs (s3://bucket/scans/).",
)
_PLACE = typer.Option(
    ..., "--output", "-o", metavar="PLACE", help="Folder or URL of the results; a run that was stopped goes on there."
)
_FORMAT = typer.Option(
    "jsonl",
    "--format",
    "-f",
    metavar="jsonl|parquet|txt,pdf,...",
    help="jsonl and parquet: shards of many documents. Others: a file for each document, in files/ of PLACE.",
)
_WORKERS = typer.Option(None, "--workers", "-w", help="Worker processes, one thread each; default: one for each core.")
_SHARD_SIZE = typer.Option(
    None, "--shard-size", help="Documents of a shard; default: a hundredth of all, from 4 to 200."
)
_RAY = typer.Option(
    None,
    "--ray",
    metavar="ADDRESS",
    help="Read on a Ray cluster: host:port, auto (the one of this machine or of RAY_ADDRESS), local (a new one here).",
)
_WORKER_MEMORY = typer.Option(
    None,
    "--worker-memory",
    metavar="GB",
    help=f"With --ray: memory set aside for a worker; default: {DEFAULT_MEMORY_GB}.",
)
_DOCUMENT_TIMEOUT = typer.Option(
    None,
    "--document-timeout",
    metavar="SECONDS",
    help="A document that takes longer ends its worker and gets a record with an error; default: no limit.",
)
_RETRY_FAILED = typer.Option(False, "--retry-failed", help="Try documents again that failed in earlier runs.")


@app.command()
def batch(
    sources: list[str] = _SOURCES,
    output: str = _PLACE,
    formats: str = _FORMAT,
    workers: int | None = _WORKERS,
    shard_size: int | None = _SHARD_SIZE,
    retry_failed: bool = _RETRY_FAILED,
    document_timeout: float | None = _DOCUMENT_TIMEOUT,
    ray: str | None = _RAY,
    worker_memory: float | None = _WORKER_MEMORY,
    pages: str | None = given.PAGES,
    dpi: float | None = given.DPI,
    backend: str = given.BACKEND,
    precision: str = given.PRECISION,
    detector: str | None = given.DETECTOR,
    recognizer: str | None = given.RECOGNIZER,
    min_confidence: float = given.MIN_CONFIDENCE,
    alternatives: int = given.ALTERNATIVES,
    beam: int | None = given.BEAM,
    orientation: str = given.ORIENTATION,
    cells: str = given.CELLS,
    text_layer: str = given.TEXT_LAYER,
    force_ocr: bool = given.FORCE_OCR,
    redo: bool = given.REDO,
    pdfa: bool = given.PDFA,
    characters: bool = given.CHARACTERS,
) -> None:
    """Read very many documents, with several workers.

    Results are shards, part-00000.jsonl and so on, a record for each document, then _SUCCESS with the counts. A run may
    be stopped at any moment, with Ctrl-C or by a crash: the same command goes on, and each document is in the results
    once. A document that cannot be read, or that ends its worker, gets a record with an error, and the exit code is 3.
    """
    options = given.choose_reading(min_confidence, alternatives, beam, orientation, cells, text_layer)
    engine = EngineOptions(detector=detector, recognizer=recognizer, backend=backend, threads=1, precision=precision)
    outputs = given.choose_outputs(force_ocr, redo, pdfa, characters)
    _check_limits(pages, dpi, document_timeout, shard_size)
    _check_workers(workers, ray, worker_memory)
    written = _parse_formats(formats, outputs)
    names = _name_engine(engine)
    settings = _make_settings(
        written,
        output,
        engine,
        names,
        pages=pages,
        dpi=dpi,
        options=options,
        document_timeout_s=document_timeout,
    )
    plan = _make_plan(sources, output, settings, names, shard_size)
    settings = _part_files(settings, plan)
    counts = _run(plan, settings, _choose_workers(settings, workers, ray, worker_memory), retry_failed)
    _say_end(counts, output)
    if counts.failed:
        raise typer.Exit(InputError.exit_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """What is written.

    Attributes:
        shard: suffix of the shards.
        in_record: whether the documents stand in them.
        files: suffixes of the files of single documents.
        outputs: choices of single formats.
    """

    shard: str
    in_record: bool
    files: tuple[str, ...]
    outputs: "OutputOptions"


def _check_limits(pages: str | None, dpi: float | None, seconds: float | None, shard_size: int | None) -> None:
    from geulnun.documents import check_dpi, parse_page_range

    parse_page_range(pages)
    check_dpi(dpi)
    if seconds is not None and not 0 < seconds <= 30 * 86400:
        raise UsageError(f"--document-timeout is {seconds:g}; allowed are seconds above 0, up to 30 days.")
    if shard_size is not None and shard_size < 1:
        raise UsageError(f"--shard-size is {shard_size}; allowed is a whole number from 1.")


def _check_workers(workers: int | None, ray: str | None, memory_gb: float | None) -> None:
    if workers is not None and workers < 1:
        raise UsageError(f"--workers is {workers}; allowed is a whole number from 1.")
    if ray is None:
        if memory_gb is not None:
            raise UsageError("--worker-memory is of workers on Ray. Give --ray ADDRESS with it.")
        return
    choose_memory(memory_gb)
    with needing_extra("cluster", "--ray"):
        importlib.import_module("ray")


def _parse_formats(text: str, outputs: "OutputOptions") -> Formats:
    from geulnun.batch.shards import PARQUET
    from geulnun.outputs import OUTPUT_SUFFIXES, check_extra

    named = dict.fromkeys("." + part.strip().lower().removeprefix(".") for part in text.split(","))
    for suffix in named:
        if suffix != PARQUET and suffix not in OUTPUT_SUFFIXES:
            allowed = ", ".join(known[1:] for known in dict.fromkeys((".jsonl", PARQUET, *OUTPUT_SUFFIXES)))
            raise UsageError(f"--format {text}: {suffix[1:]!r} is not a format. Allowed, with commas: {allowed}.")
    if PARQUET in named and ".jsonl" in named:
        raise UsageError(f"--format {text}: shards are jsonl or parquet, not both. Run the command once for each.")
    given.check_choices(outputs, named)
    if PARQUET in named:
        with needing_extra("parquet", "--format parquet"):
            importlib.import_module("pyarrow.parquet")
    files = tuple(suffix for suffix in named if suffix not in (".jsonl", PARQUET))
    for suffix in files:
        check_extra(suffix, outputs)
    shard = PARQUET if PARQUET in named else ".jsonl"
    return Formats(shard=shard, in_record=shard in named, files=files, outputs=outputs)


def _make_settings(
    formats: Formats, output: str, engine: EngineOptions, names: dict[str, str], **reading: Any
) -> "ReadingSettings":
    from geulnun.batch import ReadingSettings, open_place

    return ReadingSettings(
        open_engine=engine.make_absolute().open,
        engine=" ".join(names.values()),
        place=open_place(output),
        folder=str(Path.cwd()),
        shard_suffix=formats.shard,
        in_record=formats.in_record,
        suffixes=formats.files,
        outputs=formats.outputs,
        **reading,
    )


def _name_engine(engine: EngineOptions) -> dict[str, str]:
    from geulnun._version import __version__
    from geulnun.runtime.bundles.bundle import choose_bundle

    return {
        "geulnun": f"geulnun {__version__}",
        "detector": choose_bundle(engine.detector, "detector").folder.name,
        "recognizer": choose_bundle(engine.recognizer, "recognizer").folder.name,
        "backend": engine.backend,
        "precision": engine.precision,
    }


def _make_plan(
    sources: list[str], output: str, settings: "ReadingSettings", names: dict[str, str], shard_size: int | None
) -> "Plan":
    from geulnun.batch import FILES, Plan, choose_shard_size, find_documents

    documents = find_documents(sources, skipped=f"{output.rstrip('/')}/{FILES}")
    options = asdict(replace(settings.options, on_step=None))
    del options["on_step"]
    return Plan(
        documents=documents,
        shard_size=shard_size or choose_shard_size(len(documents)),
        suffix=settings.shard_suffix,
        reading={
            **names,
            **options,
            "pages": settings.pages,
            "dpi": settings.dpi,
            "in_record": settings.in_record,
            "files": settings.suffixes,
            **asdict(settings.outputs),
        },
    )


def _part_files(settings: "ReadingSettings", plan: "Plan") -> "ReadingSettings":
    """The settings, with which no two documents of the plan have files of one name."""
    from geulnun.batch import find_shared_names

    return replace(settings, shared_names=find_shared_names(plan.documents)) if settings.suffixes else settings


def _choose_workers(
    settings: "ReadingSettings", workers: int | None, ray: str | None, memory_gb: float | None
) -> "OpenWorkers":
    from geulnun.batch import ProcessWorkers
    from geulnun.runtime.bundles.session import count_threads

    if ray is None:
        return lambda: ProcessWorkers(settings, workers or count_threads(None))
    from geulnun.batch.ray_actors import RayWorkers

    return lambda: RayWorkers(settings, ray, count=workers, memory_gb=choose_memory(memory_gb))


def _run(plan: "Plan", settings: "ReadingSettings", open_workers: "OpenWorkers", retry_failed: bool) -> "Counts":
    from geulnun.batch import run_batch
    from geulnun.cli.progress.batch_report import BatchReport

    # Ended by a signal as by Ctrl-C, so that the workers end too.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with BatchReport() as report:
            return run_batch(plan, settings.place, open_workers, retry_failed=retry_failed, report=report.show)
    except KeyboardInterrupt:
        say("stopped. The same command goes on from here.")
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _say_end(counts: "Counts", output: str) -> None:
    failed = f", {counts.failed:,} failed (their records say why; --retry-failed tries them again)"
    say(f"{counts.documents:,} documents, {counts.pages:,} pages in {output}" + (failed if counts.failed else "") + ".")
