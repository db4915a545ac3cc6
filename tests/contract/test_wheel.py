"""The wheel holds what a reader needs, nothing for training, and stays small; the source archive holds every file."""

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

LIMIT_BYTES = 40 * 10**6


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it would be published, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("geulnun-*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= LIMIT_BYTES


def test_it_holds_the_weights_for_reading_only(repository: Path, names: set[str]) -> None:
    weights = repository / "src" / "geulnun" / "weights"
    bundles = [path.parent.name for path in weights.glob("*/manifest.json")]
    assert "geulnun/weights/default.json" in names
    assert bundles
    for bundle in bundles:
        for file in ("model.onnx", "manifest.json", "MODEL_CARD.md"):
            assert f"geulnun/weights/{bundle}/{file}" in names
    assert not [name for name in names if name.endswith((".safetensors", ".ckpt", ".pt"))]


def test_it_holds_every_module_and_data_file(repository: Path, names: set[str]) -> None:
    source = repository / "src"
    kept = [
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != "weights.safetensors"
    ]
    assert "geulnun/py.typed" in kept
    assert set(kept) <= names


def test_it_states_its_licence_and_command(wheel: Path, names: set[str]) -> None:
    (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
    (commands,) = [name for name in names if name.endswith(".dist-info/entry_points.txt")]
    assert [name for name in names if name.endswith("licenses/LICENSE")]
    with zipfile.ZipFile(wheel) as archive:
        assert "License-Expression: Apache-2.0" in archive.read(metadata).decode()
        assert "geulnun = geulnun.cli:main" in archive.read(commands).decode()


def test_its_description_leads_to_no_file_of_the_repository(wheel: Path, names: set[str]) -> None:
    (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
    with zipfile.ZipFile(wheel) as archive:
        description = archive.read(metadata).decode().partition("\n\n")[2]
    assert "\n## Accuracy\n" in description
    assert [target for target in re.findall(r"\]\(([^)]*)\)", description) if not target.startswith("http")] == []


def test_the_source_archive_is_the_repository(repository: Path, tmp_path: Path) -> None:
    listing = ["git", "ls-files", "-z"]
    committed = subprocess.run(listing, cwd=repository, capture_output=True, text=True, check=False).stdout.split("\0")
    if committed == [""]:
        pytest.skip("no files under version control")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(command, cwd=repository, check=True, capture_output=True)
    with tarfile.open(next(tmp_path.glob("geulnun-*.tar.gz"))) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    left_out = {name for name in committed if name and name not in packed and (repository / name).is_file()}
    assert {name for name in left_out if not name.endswith("/weights.safetensors")} == {".git-blame-ignore-revs"}
