"""What a large batch costs, by simulation from measured figures: hours, core hours, what is lost to starts and tails.

    python benchmarks/batch_cost.py --page-s 0.35 --spread 0.36 --cores 8 64 512

Every core is a worker that takes the next shard when it has finished one. Drawn are the seconds of each page
(log-normal with the given mean and spread), documents that kill their worker (their shard is halved, see
`geulnun.batch.driver`), and workers that are killed for no fault of theirs.
"""

import argparse
import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geulnun.batch import choose_shard_size
from geulnun.batch.driver import ATTEMPTS
from geulnun.core.random_streams import open_rng


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is read, and with what.

    Attributes:
        documents: of one page each.
        page_s: mean seconds of a page on one core.
        spread: standard deviation of the logarithm of a page's seconds.
        start_s: seconds from the start of a worker to its first page.
        poison: share of documents that kill their worker.
        losses: of workers through no fault of a document, for each core and hour (spot machines, for instance).
    """

    documents: int
    page_s: float
    spread: float
    start_s: float
    poison: float
    losses: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took, in seconds.

    Attributes:
        wall_s: from the first start to the last shard.
        busy_s: of all workers together, starts included.
        pages_s: what reading every page once takes.
    """

    wall_s: float
    busy_s: float
    pages_s: float


def simulate(work: Work, cores: int, rng: np.random.Generator) -> Cost:
    """Let workers take shards until none is left."""
    sigma = work.spread
    seconds = rng.lognormal(np.log(work.page_s) - sigma**2 / 2, sigma, work.documents)
    poison = rng.random(work.documents) < work.poison
    size = choose_shard_size(work.documents)
    shards = [slice(first, first + size) for first in range(0, work.documents, size)]
    free = [work.start_s] * cores
    busy = work.start_s * cores
    for shard in shards:
        begun = heapq.heappop(free)
        taken = sum(read_pieces(seconds[shard], poison[shard], work, rng))
        busy += taken
        heapq.heappush(free, begun + taken)
    return Cost(max(free), busy, float(seconds.sum()))


def read_pieces(seconds: np.ndarray, poison: np.ndarray, work: Work, rng: np.random.Generator) -> Iterator[float]:
    """The seconds that a shard takes a worker: whole, or with what is lost and the halves of it."""
    whole = float(seconds.sum())
    lost_after = rng.exponential(3600 / work.losses) if work.losses else np.inf
    ends = np.flatnonzero(poison)
    died_after = float(seconds[: ends[0]].sum()) if len(ends) else np.inf
    if min(lost_after, died_after) >= whole and not len(ends):
        yield whole
        return
    times = ATTEMPTS if len(seconds) == 1 and len(ends) else 1
    yield times * (min(lost_after, died_after, whole) + work.start_s)
    if len(seconds) > 1:
        middle = (len(seconds) + 1) // 2
        yield from read_pieces(seconds[:middle], poison[:middle], work, rng)
        yield from read_pieces(seconds[middle:], poison[middle:], work, rng)
    elif not len(ends):
        yield whole


def main() -> None:
    """Print a row for each number of cores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--cores", type=int, nargs="+", default=[2, 8, 64, 512])
    parser.add_argument("--page-s", type=float, default=0.35, help="mean processor seconds of a page")
    parser.add_argument("--spread", type=float, default=0.36, help="standard deviation of their logarithm")
    parser.add_argument("--start-s", type=float, default=2.0, help="seconds to start a worker")
    parser.add_argument("--poison", type=float, default=1e-5, help="share of documents that kill their worker")
    parser.add_argument("--losses", type=float, default=0.01, help="workers lost for each core and hour")
    parser.add_argument("--price", type=float, default=0.04, help="of a core and hour, in any currency")
    chosen = parser.parse_args()
    work = Work(
        documents=chosen.documents,
        page_s=chosen.page_s,
        spread=chosen.spread,
        start_s=chosen.start_s,
        poison=chosen.poison,
        losses=chosen.losses,
    )
    print("| cores | hours | core hours | lost to starts and repeats | idle at the end | price |")
    print("|---|---|---|---|---|---|")
    for cores in chosen.cores:
        cost = simulate(work, cores, open_rng(0, cores, stream="benchmark.batch_cost"))
        paid = cost.wall_s * cores
        print(
            f"| {cores} | {cost.wall_s / 3600:.1f} | {paid / 3600:.0f} | {1 - cost.pages_s / cost.busy_s:.1%} | "
            f"{1 - cost.busy_s / paid:.1%} | {paid / 3600 * chosen.price:.2f} |"
        )


if __name__ == "__main__":
    main()
