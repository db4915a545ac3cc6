"""Imports go down the layers only, and torch stays in `training`."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import grimp
import pytest

# Distribution names of pyproject.toml that differ from what is imported.
IMPORT_NAMES = {"opencv-python-headless": "cv2", "pillow": "PIL"}
# Packages whose third-party imports may come from an extra: train, server or mcp.
WITH_EXTRAS = {"training", "synth", "server", "mcp"}
# Scripts outside of the package, which no other test runs.
SCRIPT_FOLDERS = ("benchmarks", "demo", "scripts")
TORCH_FAMILY = {"torch", "lightning", "pytorch_lightning", "torchmetrics", "torchvision", "tensorboard"}


class Import(NamedTuple):
    """One import statement: who imports what, and whether it runs when the module is imported."""

    layer: str
    where: str
    package: str
    at_module_level: bool


def find_imports(package: Path) -> Iterator[Import]:
    """All absolute imports of the package's modules, those inside functions included."""
    for path in sorted(package.rglob("*.py")):
        relative = path.relative_to(package)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        deferred = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or is_type_checking_block(node)
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                where = f"{relative.as_posix()}:{node.lineno}"
                yield Import(relative.parts[0].removesuffix(".py"), where, name.split(".")[0], id(node) not in deferred)


def is_type_checking_block(node: ast.AST) -> bool:
    """Whether the node is an ``if TYPE_CHECKING:`` block."""
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


@pytest.fixture(scope="module")
def imports(repository: Path) -> list[Import]:
    return list(find_imports(repository / "src" / "geulnun"))


def test_the_import_contracts_hold(repository: Path) -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = grimp.build_graph("geulnun", exclude_type_checking_imports=True, cache_dir=None)
    try:
        TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}).prepare()
    except CycleError as error:
        pytest.fail(f"modules import one another in a circle: {' <- '.join(error.args[1])}")


def test_only_training_imports_torch_when_imported(imports: list[Import]) -> None:
    strays = [each for each in imports if each.package in TORCH_FAMILY and each.at_module_level]
    assert not [each.where for each in strays if each.layer != "training"]


def test_torch_inside_functions_stays_in_training_and_its_commands(imports: list[Import]) -> None:
    strays = [each for each in imports if each.package in TORCH_FAMILY and each.layer not in ("training", "cli")]
    assert not [each.where for each in strays]


def test_what_a_reader_imports_is_in_the_base_install(repository: Path, imports: list[Import]) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = {read_import_name(requirement) for requirement in project["dependencies"]}
    allowed = base | {"geulnun"} | set(sys.stdlib_module_names)
    strays = [
        f"{each.where} imports {each.package}"
        for each in imports
        if each.layer not in WITH_EXTRAS and each.at_module_level and each.package not in allowed
    ]
    assert not strays


def read_import_name(requirement: str) -> str:
    """The name to import for a requirement such as ``pillow>=11,<14``."""
    distribution = requirement.split(">")[0].split("=")[0].split("<")[0].split("[")[0].strip()
    return IMPORT_NAMES.get(distribution, distribution)


def test_core_stands_on_numpy_and_pillow_only(imports: list[Import]) -> None:
    allowed = {"geulnun", "numpy", "PIL"} | set(sys.stdlib_module_names)
    strays = [each.where for each in imports if each.layer in ("core", "errors") and each.package not in allowed]
    assert not strays


def test_what_scripts_import_from_the_package_is_there(repository: Path) -> None:
    missing = []
    for path in sorted(path for folder in SCRIPT_FOLDERS for path in (repository / folder).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("geulnun."):
                known = find_names(repository / "src" / Path(*node.module.split(".")))
                missing += [f"{path.name}: {node.module}.{each.name}" for each in node.names if each.name not in known]
    assert not missing


def find_names(module: Path) -> set[str]:
    """What a module defines, by its source alone; a package has its modules, too."""
    inside = {path.stem for path in module.glob("*") if path.suffix in ("", ".py")}
    source = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    if not source.exists():
        return set()
    names = set(inside)
    for node in ast.parse(source.read_text("utf-8")).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name for alias in aliases}
            case ast.Assign() | ast.AnnAssign():
                names |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return names
