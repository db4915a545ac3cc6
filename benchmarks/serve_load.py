"""How a server holds up: 32 clients at once for a minute, then 2,000 hostile bodies.

    nice python benchmarks/serve_load.py [--clients 32] [--seconds 60] [--bodies 2000]

Starts `geulnun serve` on a free port of this computer. Each client sends the demo pictures in its own order and
compares what comes back with what was read of the picture beforehand, so that a mixed-up answer shows. What is asked:
every request is answered 200 or 503, none is lost or mixed up, the 95th percentile of accepted requests stays within
twice a page's time times the length of the queue, memory is flat; no hostile body is answered 500 or stops the server.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from serve_hostile import make_attack, send_raw

PICTURES = sorted((Path(__file__).resolve().parents[1] / "demo" / "pictures").glob("*.[jp][pn]g"))
QUEUE = 16
KEY = "benchmark-0123456789abcdef"


@dataclass
class Outcome:
    """What the clients met, together, until the last was answered. `statuses` counts answers; 0: a connection broke."""

    statuses: Counter[int] = field(default_factory=Counter)
    accepted_s: list[float] = field(default_factory=list)
    mixed_up: int = 0
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


def main() -> None:
    """Run both, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--bodies", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with start_server() as (port, process):
        expected, page_s = read_once(port)
        memory = [measure_mb(process)]
        if arguments.seconds:
            outcome = load(port, process, expected, arguments.clients, arguments.seconds, memory)
            report_load(port, outcome, page_s, memory)
        if arguments.bodies:
            attack(port, process, expected, arguments.bodies, arguments.seed)


@contextlib.contextmanager
def start_server() -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A server on a free port; it is stopped, and has to end well, when the block ends."""
    command = [sys.executable, "-m", "geulnun", "serve", "--port", "0", "--queue", str(QUEUE), "--log-level", "error"]
    environment = {**os.environ, "GEULNUN_API_KEYS": f"benchmark={KEY}"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        found = re.search(r":(\d+) ", process.stdout.readline())
        assert found, "the server did not say its port"
        port = int(found[1])
        while call(port, "GET", "/readyz")[0] != 200:
            if process.poll() is not None:
                raise SystemExit(f"the server ended with {process.returncode} before it was ready.")
            time.sleep(0.05)
        yield port, process
    finally:
        process.terminate()
        print(f"server ended with {process.wait(60)} after SIGTERM")


def call(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes, int]:
    """Status (0: no answer), body and Retry-After of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=180)
    try:
        connection.request(method, path, body, {"X-API-Key": KEY})
        answer = connection.getresponse()
        return answer.status, answer.read(), int(answer.headers.get("Retry-After") or 0)
    except (OSError, http.client.HTTPException):
        return 0, b"", 0
    finally:
        connection.close()


def read_once(port: int) -> tuple[dict[Path, bytes], float]:
    """What is read of each picture, and the mean time of a page when nobody else asks."""
    call(port, "POST", "/v1/read?format=txt", PICTURES[0].read_bytes())
    started = time.perf_counter()
    texts = {path: call(port, "POST", "/v1/read?format=txt", path.read_bytes())[1] for path in PICTURES}
    return texts, (time.perf_counter() - started) / len(texts)


def load(
    port: int,
    process: subprocess.Popen[str],
    expected: dict[Path, bytes],
    clients: int,
    seconds: float,
    memory: list[float],
) -> Outcome:
    """What so many clients meet in that time; a client that is refused waits as long as it is told."""
    outcome, begun = Outcome(), time.monotonic()
    end = begun + seconds

    def ask(number: int) -> None:
        order = random.Random(number)
        while time.monotonic() < end:
            path = order.choice(PICTURES)
            started = time.perf_counter()
            status, body, wait_s = call(port, "POST", "/v1/read?format=txt", path.read_bytes())
            with outcome.lock:
                outcome.statuses[status] += 1
                if status == 200:
                    outcome.accepted_s.append(time.perf_counter() - started)
                    outcome.mixed_up += body != expected[path]
            time.sleep(min(wait_s, max(0.0, end - time.monotonic())) * order.random())

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(1)
        memory.append(measure_mb(process))
    outcome.seconds = time.monotonic() - begun
    return outcome


def measure_page_s(port: int) -> float:
    """The mean time of all pages so far, as the server counts it: without waiting for a place."""
    text = call(port, "GET", "/metrics")[1].decode()
    total, count = (float(re.findall(rf"geulnun_page_seconds_{name} (\S+)", text)[0]) for name in ("sum", "count"))
    return total / count


def report_load(port: int, outcome: Outcome, page_s: float, memory: list[float]) -> None:
    """Print what the clients met, beside what is asked."""
    if not outcome.accepted_s:
        print(f"answers             {dict(sorted(outcome.statuses.items()))}, none accepted")
        return
    loaded_s = measure_page_s(port)
    p50, p95 = np.percentile(outcome.accepted_s, (50, 95))
    third = max(1, len(memory) // 3)
    print(f"one page            {page_s:.2f} s alone, {loaded_s:.2f} s beside others")
    print(f"answers             {dict(sorted(outcome.statuses.items()))}, {outcome.mixed_up} mixed up")
    print(f"pages per second    {len(outcome.accepted_s) / outcome.seconds:.2f}")
    print(f"accepted            median {p50:.1f} s, 95th percentile {p95:.1f} s, asked {2 * loaded_s * QUEUE:.1f} s")
    print(
        f"memory              {max(memory[:third]):.0f} MB in the first third, {max(memory[-third:]):.0f} in the last"
    )


def attack(port: int, process: subprocess.Popen[str], expected: dict[Path, bytes], count: int, seed: int) -> None:
    """Send hostile bodies, one after the other, and see whether the server still reads."""
    before, kinds, started = measure_mb(process), Counter[str](), time.perf_counter()
    failed: Counter[str] = Counter()
    most = before
    for index in range(count):
        rng = random.Random(f"{seed}.{index}")
        kind, request = make_attack(rng, PICTURES, KEY)
        status = send_raw(port, request)
        kinds[str(status)] += 1
        if status == 500:
            failed[kind] += 1
        most = max(most, measure_mb(process)) if index % 20 == 0 else most
    right = call(port, "POST", "/v1/read?format=txt", PICTURES[0].read_bytes())[1] == expected[PICTURES[0]]
    seconds = time.perf_counter() - started
    print(f"hostile bodies      {count} in {seconds:.0f} s: {json.dumps(dict(sorted(kinds.items())))}")
    print(f"answered 500        {dict(failed) or 'none'}")
    print(f"memory              {before:.0f} MB before, at most {most:.0f}, {measure_mb(process):.0f} after")
    print(f"afterwards          {'alive and reads rightly' if process.poll() is None and right else 'BROKEN'}")


def measure_mb(process: subprocess.Popen[str]) -> float:
    """Resident memory of the server, in megabytes; 0 where /proc is missing."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
