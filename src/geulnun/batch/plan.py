"""What a run makes: which documents go into which shard, and what must stay the same to go on with it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from geulnun.batch.place import Place, write_file
from geulnun.batch.sources import DocumentRef
from geulnun.errors import UsageError

DESCRIPTION = "_batch.json"
SUCCESS = "_SUCCESS"
PIECES = "_pieces"
COUNTS = "_counts"
# A shard is what is lost when a run is stopped, and what one worker is busy with at the end of it.
LEAST_SHARD, MOST_SHARD, WANTED_SHARDS = 4, 200, 100


@dataclass(frozen=True, slots=True)
class Counts:
    """How much was read.

    Attributes:
        documents: all of them, failed ones included.
        pages: of the documents that were read.
        failed: documents that could not be read.
    """

    documents: int = 0
    pages: int = 0
    failed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.documents + other.documents, self.pages + other.pages, self.failed + other.failed)

    def __sub__(self, other: "Counts") -> "Counts":
        return Counts(self.documents - other.documents, self.pages - other.pages, self.failed - other.failed)


@dataclass(frozen=True, slots=True)
class Task:
    """Documents of a shard for one worker to read.

    Attributes:
        shard: number of the shard.
        first: position of the first document in its shard.
        documents: one or more.
        target: name of the file to write: the shard, or a piece of it.
        attempt: how often it has been tried, this time included.
    """

    shard: int
    first: int
    documents: tuple[DocumentRef, ...]
    target: str
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All shards of a run.

    Attributes:
        documents: sorted by id, each id once.
        shard_size: documents of a shard; the last one may have fewer.
        suffix: of the shards: ".jsonl" or ".parquet".
        reading: how documents are read, as plain JSON types.
    """

    documents: tuple[DocumentRef, ...]
    shard_size: int
    suffix: str = ".jsonl"
    reading: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shards(self) -> range:
        """The numbers of the shards."""
        return range(-(-len(self.documents) // self.shard_size))

    def name(self, shard: int) -> str:
        """The file name of a shard."""
        return f"part-{shard:05d}{self.suffix}"

    def piece_name(self, shard: int, first: int) -> str:
        """The file name of a piece of a shard that was split."""
        return f"{PIECES}/part-{shard:05d}-{first:06d}.jsonl"

    def documents_of(self, shard: int) -> tuple[DocumentRef, ...]:
        """The documents of a shard."""
        return self.documents[shard * self.shard_size : (shard + 1) * self.shard_size]

    def tasks(self, done: set[str]) -> Iterator[Task]:
        """A task for each shard whose file is not there yet."""
        for shard in self.shards:
            if self.name(shard) not in done:
                yield Task(shard, 0, self.documents_of(shard), self.name(shard))

    def describe(self) -> dict[str, Any]:
        """What must be the same for going on with a run."""
        ids = hashlib.sha256()
        for document in self.documents:
            ids.update(document.id.encode("utf-8", "surrogateescape") + b"\0")
        return {
            "version": 1,
            "documents": len(self.documents),
            "ids_sha256": ids.hexdigest(),
            "shard_size": self.shard_size,
            "format": self.suffix.removeprefix("."),
            "reading": dict(self.reading),
        }


def choose_shard_size(documents: int) -> int:
    """Documents of a shard: enough shards for many workers, but no more files than a folder takes well."""
    return min(max(-(-documents // WANTED_SHARDS), LEAST_SHARD), MOST_SHARD)


def start_or_resume(plan: Plan, place: Place) -> None:
    """Make the place ready: leave the description of the run there, or check that the run is the one described.

    Raises:
        UsageError: the place holds results of another run.
        OutputError: the place cannot be written.
    """
    place.prepare()
    place.tidy()
    wanted = json.loads(json.dumps(plan.describe()))
    names = place.list_names()
    if DESCRIPTION in names:
        _check_same(_parse(place.read(DESCRIPTION)), wanted)
    elif any(name.startswith("part-") or name == SUCCESS for name in names):
        raise UsageError("the place holds parts of something else. Choose another place with -o.")
    else:
        write_file(place, DESCRIPTION, (json.dumps(wanted, ensure_ascii=False, indent=1) + "\n").encode())
    left = place.list_names(PIECES)
    place.remove([f"{PIECES}/{name}" for name in sorted(left)])


def _parse(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("reading"), dict):
        raise UsageError(f"{DESCRIPTION} in the place is damaged. Choose another place with -o.")
    return found


def _check_same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    if found == wanted:
        return
    if found.get("ids_sha256") != wanted["ids_sha256"]:
        seen, now = found.get("documents"), wanted["documents"]
        raise UsageError(
            f"the place holds results of other documents: {seen} then, {now} now"
            f"{' (as many, but with other names)' if seen == now else ''}. Name the same sources from the same folder "
            "to go on, or choose another place with -o."
        )
    before, now = ({**each, **each["reading"]} for each in (found, wanted))
    changed = [
        f"{key} was {before.get(key)!r}, now {now.get(key)!r}"
        for key in sorted({*before, *now} - {"reading"})
        if before.get(key) != now.get(key)
    ]
    raise UsageError(
        f"the place holds results that were read otherwise: {'; '.join(changed)}. Go on with the same choices, or "
        "choose another place with -o."
    )
