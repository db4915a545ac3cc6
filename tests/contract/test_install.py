"""The base install stays small: what it brings along, and all of it together with the package itself."""

import os
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LIMIT_BYTES = 300 * 10**6


def find_distributions(name: str) -> dict[str, metadata.Distribution]:
    """The distribution and all that it needs without extras, by name."""
    found: dict[str, metadata.Distribution] = {}
    pending = [name]
    while pending:
        distribution = metadata.distribution(pending.pop())
        key = canonicalize_name(distribution.name)
        if key in found:
            continue
        found[key] = distribution
        for line in distribution.requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                pending.append(requirement.name)
    return found


def measure_size(distribution: metadata.Distribution) -> int:
    """Bytes on disk of an installed distribution."""
    paths = (Path(str(file.locate())) for file in distribution.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())


def test_the_base_install_is_small(repository: Path) -> None:
    sizes = {name: measure_size(each) for name, each in find_distributions("geulnun").items() if name != "geulnun"}
    package = repository / "src" / "geulnun"
    sizes["geulnun"] = sum(path.stat().st_size for path in package.rglob("*") if path.is_file())
    assert sum(sizes.values()) <= LIMIT_BYTES, sorted(sizes.items(), key=lambda item: -item[1])


def test_nothing_heavy_comes_along() -> None:
    assert not {"torch", "opencv-python-headless", "scipy", "openvino"} & set(find_distributions("geulnun"))


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_an_environment_without_training_gets_it_when_asked(repository: Path, tmp_path: Path) -> None:
    shutil.copy(repository / "Makefile", tmp_path)
    (tmp_path / ".venv").mkdir()
    for name in (".venv/pyvenv.cfg", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    # Not the settings of a make that runs this test.
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}

    def plan(*arguments: str) -> str:
        command = ["make", *arguments, "test"]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout

    plan("--touch", "EXTRAS=dev")
    assert "pip install" not in plan("--dry-run", "EXTRAS=dev")
    assert ".[train,dev]" in plan("--dry-run")
