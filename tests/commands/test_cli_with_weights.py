"""The command line with the weights that come with the package, in a process of its own."""

import json
import subprocess
import sys

import pytest

from geulnun.cli.check import SELF_TEST_PICTURE
from geulnun.core.page import Document
from geulnun.runtime.bundles.bundle import WEIGHTS_FOLDER

DEFAULTS = json.loads((WEIGHTS_FOLDER / "default.json").read_text("utf-8")).values()
pytestmark = pytest.mark.skipif(
    not all((WEIGHTS_FOLDER / name).exists() for name in DEFAULTS), reason="this checkout has no weights yet"
)


def run(*arguments, **options):
    command = [sys.executable, "-m", "geulnun", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, timeout=120, **options)


def test_check_is_content():
    done = run("check", "--threads", "1")
    assert done.returncode == 0, done.stdout.decode()
    assert done.stdout.decode().endswith("All is well.\n")


def test_read_from_file_and_standard_input(tmp_path):
    data = SELF_TEST_PICTURE.read_bytes()
    done = run("read", SELF_TEST_PICTURE, tmp_path / "none.png", "-o", tmp_path / "글.json", "--threads", "1")
    assert done.returncode == 3
    assert b"none.png: no such file" in done.stderr
    (document,) = json.loads((tmp_path / "글.json").read_text("utf-8"))
    words = [word for line in document["pages"][0]["lines"] for word in line["words"]]
    assert words
    assert all(0 <= word["confidence"] <= 1 and len(word["quad"]) == 4 for word in words)
    piped = run("read", "-", "--format", "json", "--threads", "1", "--timings", input=data)
    assert Document.from_json(piped.stdout.decode()).text == document["pages"][0]["text"]
    assert b"detect" in piped.stderr
