"""Scripts of benchmarks: what a user can mend is told in a message, not in a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["words.py", "missing"], "does not exist"),
        (["pages.py", "demo/pictures", "--limit", "0"], "no picture to read"),
        (["pages.py", "demo/pictures", "--limit", "1"], "tesseract is not installed"),
        (["soak.py", "--pictures", "1"], "--pictures 4 or more"),
        (["batch.py", "--workers", "1;2"], "write 1,2"),
    ],
)
def test_what_can_be_mended_is_told_in_a_message(repository: Path, arguments: list[str], message: str) -> None:
    command = [sys.executable, f"benchmarks/{arguments[0]}", *arguments[1:]]
    environment = {"PATH": "", "PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode
    assert message in done.stderr and "Traceback" not in done.stderr


def test_every_script_is_described(repository: Path) -> None:
    scripts = [path for path in (repository / "benchmarks").glob("*.py") if "__main__" in path.read_text("utf-8")]
    described = (repository / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert scripts
    assert [path.name for path in scripts if f"benchmarks/{path.name}" not in described] == []
