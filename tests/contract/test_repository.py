"""What must hold for the tree as a whole: no paths of one machine, functions and folders of a readable size."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

TEXTS = {".py", ".md", ".toml", ".txt", ".tsv", ".json", ".cfg", ".yml", ".yaml", ".sh", ""}
# Absolute paths that exist on one machine only; written in pieces so that this file may be searched as well.
ONE_MACHINE = re.compile(r"(?<![\w.:/~])/" + "(?:work|root|home|Users|opt|mnt)" + r"/\w")
FUNCTION_LINES = 60
FOLDER_MODULES = 15
# How numpy opens generators; `core.random_streams` does it for all others, each use in a stream of its own.
GENERATORS = re.compile(r"np\.random\.(default_rng|PCG64|RandomState|seed|Generator\()|from numpy\.random import")


def find_committed(repository: Path) -> list[Path]:
    """All files under version control, or all files beside the ignored ones where git is absent."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    found = [repository / name for name in listing if name]
    folders = [repository / name for name in ("src", "tests", "scripts", "configs", "docs", "demo", "benchmarks")]
    return [path for path in found or walk(folders) if path.is_file()]


def walk(folders: list[Path]) -> Iterator[Path]:
    """All files below the folders."""
    for folder in folders:
        yield from (path for path in folder.rglob("*") if "__pycache__" not in path.parts)


def test_no_file_names_a_path_of_one_machine(repository: Path) -> None:
    strays = []
    for path in find_committed(repository):
        if path.suffix not in TEXTS:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if ONE_MACHINE.search(line):
                strays.append(f"{path.relative_to(repository)}:{number}: {line.strip()[:100]}")
    assert not strays


def test_functions_stay_readable(repository: Path) -> None:
    strays = []
    for path in find_committed(repository):
        if path.suffix != ".py" or path.is_relative_to(repository / "tests"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES:
                strays.append(f"{path.relative_to(repository)}:{node.lineno} {node.name}")
    assert not strays


def test_no_module_is_called_by_a_name_that_says_nothing(repository: Path) -> None:
    vague = {"utils", "util", "misc", "helpers", "helper", "common", "base", "manager"}
    assert not [path for path in (repository / "src").rglob("*.py") if path.stem in vague]


def test_randomness_comes_from_named_streams(repository: Path) -> None:
    strays = [
        f"{path.relative_to(repository)}:{number}: {line.strip()}"
        for path in sorted((repository / "src").rglob("*.py"))
        if path.name != "random_streams.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if GENERATORS.search(line)
    ]
    assert not strays, "open generators with geulnun.core.random_streams.open_rng"


def test_no_two_files_draw_from_one_stream(repository: Path) -> None:
    users: dict[str, set[str]] = {}
    for path in (repository / "src").rglob("*.py"):
        for name in re.findall(r'open_rng\([^"]*stream="([^"]+)"\)', path.read_text(encoding="utf-8")):
            users.setdefault(name, set()).add(str(path.relative_to(repository)))
    assert {"strips.turned", "orientation.windows"} <= set(users)
    assert not {name: sorted(files) for name, files in users.items() if len(files) > 1}


def test_no_folder_holds_more_modules_than_one_can_survey(repository: Path) -> None:
    folders: dict[str, int] = {}
    for path in (repository / "src" / "geulnun").rglob("*.py"):
        if path.name != "__init__.py":
            folder = path.parent.relative_to(repository).as_posix()
            folders[folder] = folders.get(folder, 0) + 1
    assert {folder: count for folder, count in folders.items() if count > FOLDER_MODULES} == {}
