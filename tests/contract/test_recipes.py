"""The recipes of docs/recipes.md and the GitHub Action do what they say; each where its host is installed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import geulnun
from geulnun.cli.check import SELF_TEST_PICTURE
from geulnun.core.geometry import Quad
from geulnun.core.page import Line, Page, Word


def find_code(repository: Path, heading: str, language: str) -> str:
    """The fenced code of one language below a heading of the recipes."""
    text = (repository / "docs" / "recipes.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```", section, re.DOTALL | re.MULTILINE))


def run_recipe(repository: Path, heading: str) -> dict[str, Any]:
    """What the Python of a recipe defines."""
    names: dict[str, Any] = {"__name__": "recipe"}
    exec(find_code(repository, heading, "python"), names)
    return names


def make_page() -> Page:
    """A line of two words, askew, on a page twice as wide as high."""
    quad = Quad(((40.0, 10.0), (140.0, 12.0), (139.6, 32.0), (39.6, 30.0)))
    words = tuple(Word(text=text, quad=quad, confidence=0.9) for text in ("한글", "읽기"))
    return Page(width_px=400, height_px=200, lines=(Line(words=words, quad=quad, confidence=0.9),))


def test_langchain_gets_a_document_a_page(repository: Path) -> None:
    loaders = pytest.importorskip("langchain_core.document_loaders", reason="langchain-core is not installed")
    parser = run_recipe(repository, "LangChain")["GeulnunParser"](geulnun.Engine(threads=1))
    (document,) = parser.parse(loaders.Blob.from_path(SELF_TEST_PICTURE))
    assert document.page_content.strip()
    assert document.metadata == {"source": str(SELF_TEST_PICTURE), "page": 1, "page_count": 1}


def test_label_studio_gets_a_box_and_its_text(repository: Path) -> None:
    task = run_recipe(repository, "Label Studio")["make_task"](make_page(), "a.jpg")
    box, text = task["predictions"][0]["result"]
    assert box["id"] == text["id"]
    assert {key: round(value, 1) for key, value in box["value"].items()} == {
        "x": 10.0,
        "y": 5.0,
        "width": 25.0,
        "height": 10.0,
        "rotation": 1.1,
    }
    assert text["value"]["text"] == ["한글 읽기"]


def test_label_studio_takes_the_tasks(repository: Path) -> None:
    """By its own checks of tasks against a labelling interface."""
    interface = pytest.importorskip("label_studio_sdk.label_interface", reason="label-studio-sdk is not installed")
    task = run_recipe(repository, "Label Studio")["make_task"](make_page(), "a.jpg")
    checked = interface.LabelInterface(find_code(repository, "Label Studio", "xml"))
    assert checked.validate_task({"data": task["data"]})  # with predictions it calls its own check wrongly
    assert checked.validate_prediction(task["predictions"][0])


@pytest.mark.skipif(not shutil.which("bash") or sys.platform == "win32", reason="bash is not there")
def test_label_studio_finds_pictures_of_any_name(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class StandIn:
        def read(self, path: Path) -> geulnun.Document:
            return geulnun.Document(pages=(make_page(),))

    monkeypatch.setattr(geulnun, "Engine", StandIn)
    names = run_recipe(repository, "Label Studio")
    (tmp_path / "50% #1.jpg").touch()
    names["write_tasks"](tmp_path, tmp_path / "tasks.json")
    (task,) = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    assert task["data"]["image"] == "/data/local-files/?d=50%25%20%231.jpg"


@pytest.mark.parametrize(
    ("form", "options", "expected"),
    [
        ("", "", ["read", "-o", "text/", "--", "a b.jpg", "scans/"]),
        ("txt,json", "--recursive --beam 0", None),
        ("txt,json", "--recursive\n--beam 0\n", None),
    ],
)
def test_the_action_calls_the_command(
    repository: Path, tmp_path: Path, form: str, options: str, expected: list[str] | None
) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    action = yaml.safe_load((repository / "action.yml").read_text(encoding="utf-8"))
    (step,) = [step for step in action["runs"]["steps"] if step.get("name") == "Read"]
    assert set(step["env"].values()) <= {f"${{{{ inputs.{name} }}}}" for name in action["inputs"]}
    command = tmp_path / "geulnun"
    command.write_text('#!/bin/sh\nfor each in "$@"; do echo "$each"; done\n')
    command.chmod(0o755)
    inputs = {"SOURCES": "a b.jpg\nscans/\n", "OUTPUT": "text/", "FORMAT": form, "OPTIONS": options}
    environment = os.environ | inputs | {"GEULNUN": str(command)}
    script = ["bash", "-e", "-o", "pipefail", "-c", step["run"]]
    done = subprocess.run(script, env=environment, capture_output=True, text=True, check=True)
    given = ["--format", "txt,json", "--recursive", "--beam", "0"]
    assert done.stdout.splitlines() == (expected or ["read", "-o", "text/", *given, "--", "a b.jpg", "scans/"])
