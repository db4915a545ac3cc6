"""`import geulnun` is quick and light, and its public names are what the documents promise."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import geulnun
from geulnun.cli import COMMANDS

HEAVY = ("torch", "lightning", "onnxruntime", "openvino", "cv2", "PIL", "numpy", "pypdfium2", "rich", "typer")
MOST_MODULES = 30
# What programs import, by the documents: none of it may go.
PROMISED = {
    *("read", "Engine", "ReadOptions", "TextThresholds", "CharacterReader", "CharReading", "GeulnunError"),
    *("Document", "Page", "Line", "Word", "Char", "Alternative", "Quad"),
    *("image_to_string", "image_to_data", "image_to_boxes", "Output"),
}

# Imports a module in a fresh interpreter; names the heavy packages it has pulled in, and counts all modules.
PROBE = """
import json, sys
before = len(sys.modules)
import {module}
print(json.dumps([len(sys.modules) - before, [name for name in {heavy!r} if name in sys.modules]]))
"""


def list_imported(module: str) -> tuple[int, list[str]]:
    """How many modules an import loads, and the heavy packages among them."""
    program = PROBE.format(module=module, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    count, heavy = json.loads(done.stdout)
    return count, heavy


def test_import_is_light() -> None:
    count, heavy = list_imported("geulnun")
    assert heavy == []
    assert count <= MOST_MODULES


@pytest.mark.parametrize("command", COMMANDS)
def test_command_files_leave_heavy_imports_to_the_call(command: str) -> None:
    _, heavy = list_imported(f"geulnun.cli.{command}")
    assert set(heavy) <= {"rich", "typer"}


def test_reading_works_without_torch(repository: Path) -> None:
    picture = sorted((repository / "demo" / "pictures").glob("*.png"))[0]
    program = (
        "import sys; sys.modules.update(dict.fromkeys(['torch', 'lightning', 'openvino']))\n"
        f"import geulnun; print(len(geulnun.read({str(picture)!r}).pages))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr


def test_import_leaves_the_limit_of_pillow() -> None:
    program = "from PIL import Image; limit = Image.MAX_IMAGE_PIXELS; import geulnun.reading\n"
    subprocess.run([sys.executable, "-c", f"{program}assert Image.MAX_IMAGE_PIXELS == limit"], check=True)


def test_every_public_name_is_there_and_nothing_else() -> None:
    assert set(geulnun.__all__) >= PROMISED
    assert sorted(geulnun.__all__) == dir(geulnun)
    assert all(getattr(geulnun, name) is not None for name in geulnun.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="raed"):
        geulnun.raed  # noqa: B018


def test_the_version_is_written_once() -> None:
    from geulnun._version import __version__

    assert geulnun.__version__ == __version__


def test_onnxruntime_sends_no_telemetry(tmp_path: Path) -> None:
    """Its telemetry begins with a file for the session's id in the folder for temporary files."""
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    command = [sys.executable, "-c", "import geulnun, onnxruntime"]
    subprocess.run(command, env=environment | {"TMPDIR": str(tmp_path)}, check=True)
    assert not list(tmp_path.iterdir())


def test_openvino_sends_no_telemetry(tmp_path: Path) -> None:
    """Its telemetry begins with a file for the user's id in the home folder."""
    pytest.importorskip("openvino")
    command = [sys.executable, "-c", "import geulnun; geulnun.CharacterReader(backend='openvino')"]
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "TF_BUILD", "JENKINS_URL")}
    subprocess.run(command, env=environment | {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}, check=True)
    assert not list(tmp_path.iterdir())
