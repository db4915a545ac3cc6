"""Rows of a study side by side: each trained and evaluated by a process of its own, those they start from first."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

_POLL_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run.

    Attributes:
        name: of the run.
        after: name of a job that must have ended well before; "" for none.
        command: that makes it.
        log: file for what it prints.
    """

    name: str
    after: str
    command: Sequence[str]
    log: Path


def run_jobs(jobs: Sequence[Job], slots: int, report: Callable[[str], None]) -> dict[str, int]:
    """The exit codes of the jobs by name, so many at a time, in their order.

    A job whose `after` failed is not started and has its exit code. SIGTERM and Ctrl-C are handed on: no further job
    starts, those that run leave what can be gone on from, and jobs stopped or not started have no code.

    Args:
        jobs: what to run; `after` names earlier jobs, or none of these.
        slots: how many processes at a time.
        report: called with a line when a job starts or ends.
    """
    waiting, running = list(jobs), dict[str, subprocess.Popen[bytes]]()
    codes: dict[str, int] = {}
    stopped: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.append(number)
        for process in running.values():
            process.send_signal(signal.SIGTERM)

    former = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        while running or (waiting and not stopped):
            for name in [name for name, process in running.items() if process.poll() is not None]:
                code = running.pop(name).returncode
                if code == 0 or not stopped:
                    codes[name] = code
                report(f"{name}: {'done' if code == 0 else 'stopped' if stopped else f'ended with exit code {code}'}")
            _skip_orphans(waiting, codes, report)
            while not stopped and len(running) < slots and (job := _take_ready(waiting, running)):
                running[job.name] = _start(job)
                if stopped:  # the signal came before the process was known
                    running[job.name].send_signal(signal.SIGTERM)
                report(f"{job.name}: started; its log is {job.log}")
            time.sleep(_POLL_S if running else 0)
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    return codes


def _start(job: Job) -> subprocess.Popen[bytes]:
    job.log.parent.mkdir(parents=True, exist_ok=True)
    with job.log.open("ab") as log:
        # A session of its own: Ctrl-C reaches it once, by the signal handed on.
        return subprocess.Popen(job.command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)


def _skip_orphans(waiting: list[Job], codes: dict[str, int], report: Callable[[str], None]) -> None:
    for job in list(waiting):
        if codes.get(job.after, 0) != 0:
            codes[job.name] = codes[job.after]
            waiting.remove(job)
            report(f"{job.name}: left out, as {job.after} it starts from is missing")


def _take_ready(waiting: list[Job], running: Mapping[str, subprocess.Popen[bytes]]) -> Job | None:
    """The first job that need not wait, taken out of the list; None where there is none."""
    blocked = {job.name for job in waiting} | set(running)
    for job in waiting:
        if job.after not in blocked:
            waiting.remove(job)
            return job
    return None


def build_command(config: Path, runs: Path, results: Path | None, tests: Sequence[Path], row: str) -> list[str]:
    """The command that trains and evaluates one row."""
    options = [option for path in tests for option in ("--test", str(path))]
    options += ["--results", str(results)] if results else []
    study = [sys.executable, "-m", "geulnun", "study", "--config", str(config), "--runs", str(runs)]
    return [*study, "--row", row, *options]
