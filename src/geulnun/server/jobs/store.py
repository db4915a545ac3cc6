"""Jobs on disk: a folder each, with its state, its document and the pages read so far.

FOLDER/ID/job.json      the state, replaced as a whole
FOLDER/ID/source        the document
FOLDER/ID/pages.jsonl   the pages in their order, one a row; what a row misses of its end is read again
"""

import json
import logging
import re
import secrets
import shutil
import tempfile
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args

from geulnun.core.page import Document, Page
from geulnun.errors import OutputError

Status = Literal["queued", "running", "done", "failed"]
_ID = re.compile(r"[\w-]{22}", re.ASCII)
_FILES = {"job.json", "job.part", "source", "pages.jsonl"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One document that is read in the background.

    Attributes:
        id: what the client calls it; nobody can guess it.
        owner: name of the API key that it came with.
        name: of the document, as the client calls it.
        numbers: of the wanted pages.
        choices: what the client chose for the reading.
        status: how far it is.
        pages_done: pages that have been read.
        error: why it failed.
        created: seconds since 1970.
        finished: seconds since 1970, once it is done or failed.
    """

    id: str
    owner: str
    name: str | None
    numbers: tuple[int, ...]
    choices: dict[str, Any] = field(default_factory=dict)
    status: Status = "queued"
    pages_done: int = 0
    error: dict[str, Any] | None = None
    created: float = 0.0
    finished: float | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ("done", "failed")


class JobStore:
    """The jobs in a folder. Documents and pages are large: all but `save` and `remove` belongs in threads.

    A job's files are written by one thread at a time; of its pages, those that `Job.pages_done` counts may be read
    meanwhile.
    """

    def __init__(self, folder: Path) -> None:
        """Makes the folder, for this user alone.

        Raises:
            OutputError: it cannot be made, or not be written.
        """
        self.folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise OutputError(
                f"jobs cannot be kept in {folder} ({error.strerror}). Choose a folder you may write to."
            ) from error

    def add(self, job: Job, content: bytes) -> None:
        """Keep a new job and its document.

        Raises:
            OutputError: the place cannot be written, for instance because the disk is full.
        """
        place = self.folder / job.id
        try:
            place.mkdir(mode=0o700)
            (place / "source").write_bytes(content)
            self.save(job)
        except OSError as error:
            shutil.rmtree(place, ignore_errors=True)
            raise _explain(error) from error

    def save(self, job: Job) -> None:
        """Keep the state of a job; it is on disk as a whole or not at all."""
        place = self.folder / job.id / "job.json"
        part = place.with_suffix(".part")
        part.write_text(json.dumps(asdict(job), ensure_ascii=False), encoding="utf-8")
        part.replace(place)

    def add_page(self, job: Job, page: Page) -> Job:
        """Keep one more page; the job with it counted.

        Raises:
            OutputError: as of `add`.
        """
        row = json.dumps(page.to_dict(), ensure_ascii=False) + "\n"
        counted = replace(job, pages_done=job.pages_done + 1)
        try:
            with (self.folder / job.id / "pages.jsonl").open("a", encoding="utf-8") as file:
                file.write(row)
            self.save(counted)
        except OSError as error:
            raise _explain(error) from error
        return counted

    def read_source(self, job: Job) -> bytes:
        """The job's document.

        Raises:
            FileNotFoundError: the job has been removed.
        """
        return (self.folder / job.id / "source").read_bytes()

    def read_page(self, job: Job, position: int) -> bytes:
        """The page at this position, counted from 0, as JSON.

        Raises:
            FileNotFoundError: the job has been removed.
        """
        with (self.folder / job.id / "pages.jsonl").open("rb") as file:
            (row,) = islice(file, position, position + 1)
            return row

    def read_document(self, job: Job) -> Document:
        """All pages of a job that is done.

        Raises:
            FileNotFoundError: the job has been removed.
        """
        with (self.folder / job.id / "pages.jsonl").open("rb") as file:
            pages = tuple(Page.from_dict(json.loads(row)) for row in file)
        return Document(pages=pages, source=job.name)

    def remove(self, job: Job) -> None:
        """Delete all there is of a job."""
        shutil.rmtree(self.folder / job.id, ignore_errors=True)

    def load(self) -> list[Job]:
        """The jobs that are in the folder; those that had not ended are queued, with the pages that they have.

        What a server that was killed had not taken in whole is deleted; anything else that is no job stays as it is.

        Raises:
            OutputError: as of `add`.
        """
        jobs = []
        try:
            for place in sorted(path for path in self.folder.iterdir() if _ID.fullmatch(path.name) and path.is_dir()):
                names = {path.name for path in place.iterdir()}
                if "job.json" in names:
                    jobs += self._restore(place)
                elif names & _FILES and names <= _FILES:
                    shutil.rmtree(place, ignore_errors=True)
        except OSError as error:
            raise _explain(error) from error
        return jobs

    def _restore(self, place: Path) -> list[Job]:
        """The job in its folder; none where its state is not one that this version knows."""
        try:
            fields = json.loads((place / "job.json").read_text(encoding="utf-8"))
            job = Job(**{**fields, "id": place.name, "numbers": tuple(fields["numbers"])})
            if job.status not in get_args(Status):
                raise ValueError(f"status {job.status!r}")
        except (ValueError, TypeError, KeyError) as error:
            _log.warning("a job's state cannot be read", extra={"facts": {"folder": str(place), "reason": str(error)}})
            return []
        if job.ended:
            return [job]
        pages_done = _cut_rows(place / "pages.jsonl")
        restored = replace(job, status="queued", pages_done=pages_done)
        self.save(restored)
        return [restored]


def _cut_rows(path: Path) -> int:
    """How many whole rows a file has, when the last one, which the end of a server may have cut short, is gone."""
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        rows = file.read().split(b"\n")
        file.truncate(sum(len(row) + 1 for row in rows[:-1]))
    return len(rows) - 1


def _explain(error: OSError) -> OutputError:
    return OutputError(f"the job cannot be kept ({error.strerror}). Make room, or try again later.")


def make_id() -> str:
    """An id that nobody can guess: 16 random bytes."""
    return secrets.token_urlsafe(16)
