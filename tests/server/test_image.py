"""The container's image, as far as it can be tried without Docker: its steps in a fresh environment."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def dockerfile(repository: Path) -> str:
    return (repository / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def test_it_installs_extras_that_there_are(repository: Path, dockerfile: str) -> None:
    named = re.findall(r"'\.\[([\w,]+)\]'", dockerfile)
    extras = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert named and set(named[0].split(",")) <= set(extras["optional-dependencies"])


def test_it_copies_what_the_build_needs_and_no_more(repository: Path) -> None:
    lines = (repository / ".dockerignore").read_text(encoding="utf-8").split()
    assert lines[0] == "*"
    kept = [line[1:] for line in lines if line.startswith("!")]
    assert all((repository / name).exists() for name in kept)
    assert {"src", "pyproject.toml", "README.md", "LICENSE", "constraints.txt"} <= set(kept)


def test_it_runs_without_rights_and_ends_by_its_signal(dockerfile: str) -> None:
    assert re.search(r"^USER \d{4,}", dockerfile, re.MULTILINE)
    assert "STOPSIGNAL SIGTERM" in dockerfile
    assert "--host" in dockerfile and "--allow-anonymous" not in dockerfile, "a key is needed from outside"


def test_the_wheel_serves_from_a_read_only_folder(repository: Path, dockerfile: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=repository, check=True, capture_output=True)
    app = tmp_path / "app"
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(app)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    for path in (app, *app.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    # The image's own command and health check, on a free port.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    serve = json.loads(re.findall(r"^CMD (\[.*\])", dockerfile, re.MULTILINE)[0])
    check = json.loads(re.findall(r"HEALTHCHECK .*?CMD (\[.*\])", dockerfile)[0])
    environment = {"PYTHONPATH": str(app), "TMPDIR": str(temporary), "PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "GEULNUN_API_KEYS": "test=0123456789abcdef"}
    process = subprocess.Popen(
        [sys.executable, "-m", *serve, "--port", port], env=environment, cwd=app, stderr=subprocess.PIPE, text=True
    )
    try:
        healthy = [sys.executable, *check[1:]]
        healthy[-1] = healthy[-1].replace(":8000/", f":{port}/")
        deadline = time.monotonic() + 60
        while subprocess.run(healthy, capture_output=True, check=False).returncode and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        for path in (app, *app.rglob("*")):
            path.chmod(0o755)
        shutil.rmtree(app)
    assert not list(temporary.glob("geulnun*")), "it cleans up behind itself"
