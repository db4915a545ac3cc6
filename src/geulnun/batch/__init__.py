"""Very many documents: shards of results that can be stopped and gone on with at any moment.

    documents -> shards -> workers -> part-00000.jsonl, part-00001.jsonl, ..., _SUCCESS

The sorted ids of the documents alone decide what a shard holds, and a shard is done when its file exists. Work may
therefore be repeated after a crash, but every id is in the result exactly once.

    sources.py    the documents behind folders, lists, archives and URLs
    place.py      the folder or bucket of the results; a file appears in it whole or not at all
    remote.py     file systems behind URLs, by fsspec
    records.py    a document's record: what was read, or an error
    shards.py     records as JSON lines or Parquet
    plan.py       which documents go into which shard, and the description of the run
    shard_reader.py  reads the documents of a task and writes their records
    processes.py  worker processes on this machine
    ray_actors.py    workers on a Ray cluster
    events.py     what workers report
    driver.py     hands out tasks, splits those that kill their worker, merges, counts
"""

from geulnun.batch.driver import Progress, run_batch
from geulnun.batch.place import open_place
from geulnun.batch.plan import Counts, Plan, choose_shard_size
from geulnun.batch.processes import ProcessWorkers
from geulnun.batch.shard_reader import FILES, ReadingSettings, find_shared_names
from geulnun.batch.sources import DocumentRef, find_documents

__all__ = [
    "FILES",
    "Counts",
    "DocumentRef",
    "Plan",
    "ProcessWorkers",
    "Progress",
    "ReadingSettings",
    "choose_shard_size",
    "find_documents",
    "find_shared_names",
    "open_place",
    "run_batch",
]
