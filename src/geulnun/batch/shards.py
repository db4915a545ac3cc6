"""Shards as files: JSON lines as they are, or converted to Parquet when they are whole."""

import io
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geulnun.batch.place import Place, write_file
from geulnun.batch.plan import COUNTS, PIECES, Counts
from geulnun.batch.records import count_record, dump, format_record
from geulnun.errors import OutputError, needing_extra
from geulnun.outputs.atomic_file import AtomicFile
from geulnun.outputs.text_writer import encode

PARQUET = ".parquet"
_TEXTS = ("id", "sha256", "engine", "text", "document", "error_type", "error_message")


@contextmanager
def create_shard(place: Place, name: str) -> Iterator[AtomicFile]:
    """A file that takes JSON lines and becomes the shard `name` when the ``with`` block ends well.

    Raises:
        OutputError: the place cannot be written, for instance because the disk is full.
        MissingExtraError: Parquet without pyarrow installed.
    """
    if not name.endswith(PARQUET):
        with place.create(name) as file:
            yield file
        return
    with tempfile.TemporaryDirectory(prefix="geulnun-batch-") as folder:
        lines = Path(folder, "lines.jsonl")
        with AtomicFile(lines) as file:
            yield file
        _convert_to_parquet(lines, lines.with_suffix(PARQUET))
        place.publish(lines.with_suffix(PARQUET), name)


def write_shard(place: Place, name: str, records: Iterable[dict[str, Any]]) -> Counts:
    """Write a shard of records, perhaps in the place of one that is there, and its counts; what it counts.

    Raises:
        OutputError: the place cannot be written.
    """
    counts = Counts()
    place.remove([_counts_name(name)])  # at no moment a shard stands beside the counts of another
    with create_shard(place, name) as file:
        for record in records:
            file.write(format_record(record))
            counts += count_record(record)
    write_counts(place, name, counts)
    return counts


def read_shard(place: Place, name: str) -> list[dict[str, Any]]:
    """The records of a shard.

    Raises:
        OutputError: it cannot be read, or is damaged.
    """
    data = place.read(name)
    try:
        if name.endswith(PARQUET):
            return [_row_to_record(row) for row in _read_parquet(data)]
        return [json.loads(line) for line in data.splitlines()]
    except (ValueError, KeyError) as error:
        raise OutputError(f"{name} in the place is damaged ({error}). Remove it, and start the run again.") from error


def write_counts(place: Place, name: str, counts: Counts) -> None:
    """Keep what a shard counts, so that going on needs not read it; pieces have no counts.

    Raises:
        OutputError: the place cannot be written.
    """
    if not name.startswith(PIECES):
        data = {"documents": counts.documents, "pages": counts.pages, "failed": counts.failed}
        write_file(place, _counts_name(name), (json.dumps(data) + "\n").encode())


def read_counts(place: Place, name: str) -> Counts:
    """What a finished shard counts.

    Raises:
        OutputError: the place cannot be read.
    """
    try:
        return Counts(**json.loads(place.read(_counts_name(name))))
    except (OutputError, ValueError, TypeError):  # counts are kept for speed only; the shard is what counts
        return sum(map(count_record, read_shard(place, name)), Counts())


def _counts_name(shard: str) -> str:
    return f"{COUNTS}/{Path(shard).stem}.json"


def _convert_to_parquet(lines: Path, path: Path) -> None:
    with needing_extra("parquet", "Parquet"):
        import pyarrow
        import pyarrow.parquet
    schema = pyarrow.schema(
        [(name, pyarrow.string()) for name in _TEXTS]
        + [("pages", pyarrow.int32()), ("files", pyarrow.list_(pyarrow.string())), ("attempts", pyarrow.int32())]
    )
    with lines.open("rb") as file, pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while batch := file.readlines(32 << 20):
            rows = [_record_to_row(json.loads(line)) for line in batch]
            writer.write_table(pyarrow.Table.from_pylist(rows, schema=schema))


def _read_parquet(data: bytes) -> list[dict[str, Any]]:
    with needing_extra("parquet", "Parquet"):
        import pyarrow.parquet
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist()
    return rows


def _record_to_row(record: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {key: record.get(key) for key in ("id", "sha256", "engine", "pages", "files", "attempts")}
    if "error" in record:
        row |= {"error_type": record["error"]["type"], "error_message": record["error"]["message"]}
    if "document" in record:
        pages = record["document"]["pages"]
        text = "\n\n".join(page["text"] for page in pages)
        row |= {"document": dump(record["document"]), "pages": len(pages), "text": text}
    if row["files"] is not None:
        row["files"] = [encode(name).decode() for name in row["files"]]
    return {key: encode(value).decode() if isinstance(value, str) else value for key, value in row.items()}


def _row_to_record(row: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {"id": row["id"]}
    if row["error_type"] is not None:
        error = {"type": row["error_type"], "message": row["error_message"]}
        return {**record, "error": error, "attempts": row["attempts"]}
    record |= {"sha256": row["sha256"], "engine": row["engine"]}
    record |= {"pages": row["pages"]} if row["document"] is None else {"document": json.loads(row["document"])}
    return record | ({} if row["files"] is None else {"files": row["files"]})
