"""The documents hold: links lead somewhere, files and make targets that they name exist, versions agree."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import geulnun

REPOSITORY = Path(__file__).resolve().parents[2]
PICTURE_LIMIT_BYTES = 300_000
# The change log names what was there once; bundles' cards name what they were made from.
HISTORY = {"CHANGELOG.md", "MODEL_CARD.md"}


def find_files() -> list[str]:
    """Return all files under version control, or all beside ignored folders where git is absent."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False).stdout.split("\0")
    found = [name for name in listed if name and (REPOSITORY / name).is_file()]
    return found or [path.relative_to(REPOSITORY).as_posix() for path in REPOSITORY.rglob("*") if path.is_file()]


FILES = find_files()
DOCUMENTS = [name for name in FILES if name.endswith(".md") and Path(name).name not in HISTORY]


def read_prose(name: str) -> str:
    """Return a document without its fenced code."""
    return re.sub(r"^```.*?^```", "", read_document(name), flags=re.DOTALL | re.MULTILINE)


def read_document(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def find_anchors(path: Path) -> set[str]:
    """Return the anchors of a Markdown file's headings, as GitHub forms them."""
    headings = re.findall(r"^#+ (.+)$", read_prose(path.relative_to(REPOSITORY).as_posix()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".md")])
def test_local_links_resolve(name: str) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", read_prose(name)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (REPOSITORY / name).parent.joinpath(file).resolve() if file else REPOSITORY / name
        if not path.exists() or (anchor and anchor not in find_anchors(path)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("name", [name for name in FILES if re.fullmatch(r"plugins/[^/]+/README\.md", name)])
def test_readmes_of_plugins_hold_without_the_repository(name: str) -> None:
    """A package index shows them alone."""
    assert all(re.match("https?:|#", target) for target in re.findall(r"\]\(([^)\s]+)\)", read_prose(name)))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_that_documents_name_exist(name: str) -> None:
    """A path in backticks that ends like a file of this project is the tail of one of its files."""
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|toml|tsv|md|lock\.json))`", read_document(name))
    missing = [path for path in named if not any(f"/{file}".endswith(f"/{path}") for file in FILES)]
    assert not missing


@pytest.mark.parametrize("name", DOCUMENTS)
def test_scripts_and_configs_in_commands_exist(name: str) -> None:
    commands = "\n".join(re.findall(r"^```.*?^```", read_document(name), re.DOTALL | re.MULTILINE))
    named = set(re.findall(r"(?<![\w./-])((?:scripts|configs|benchmarks|demo)/[\w./-]*\w)", commands, re.ASCII))
    assert not [path for path in named if not (REPOSITORY / path).exists() and path != "demo/out"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_make_targets_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", read_document("Makefile"), re.MULTILINE))
    lines = [line for line in re.findall(r"^make [^#\n]*|`make [^`\n]*`", read_document(name), re.MULTILINE)]
    named = {word for line in lines for word in re.findall(r"(?<= )[a-z]+\b(?!=)", line)}
    assert named <= targets


def test_pictures_are_small_and_shown() -> None:
    pictures = [REPOSITORY / name for name in FILES if name.startswith("docs/images/")]
    texts = "".join(map(read_document, DOCUMENTS))
    assert [path.name for path in pictures if path.stat().st_size > PICTURE_LIMIT_BYTES] == []
    assert [path.name for path in pictures if path.name not in texts] == []


def test_both_readmes_have_the_same_figures() -> None:
    """The tables of the two languages hold the same numbers in the same order."""
    english, korean = (
        [re.findall(r"\d+\.\d+", row) for row in re.findall(r"^\|.*\|$", read_document(name), re.MULTILINE)]
        for name in ("README.md", "README.ko.md")
    )
    assert english == korean


def test_the_change_log_has_this_version() -> None:
    headings = re.findall(r"^## \[(.+?)\](.*)$", read_document("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == ("Unreleased", "")
    assert all(re.fullmatch(r" - \d{4}-\d\d-\d\d", rest) for _, rest in headings[1:])
    assert geulnun.__version__.split(".dev")[0] in dict(headings) or ".dev" in geulnun.__version__


def test_every_supported_python_is_tested() -> None:
    project = tomllib.loads(read_document("pyproject.toml"))["project"]
    named = {entry.rsplit(" ", 1)[1] for entry in project["classifiers"] if re.search(r"Python :: 3\.\d+$", entry)}
    workflow = read_document(".github/workflows/check.yml")
    assert set(re.findall(r'"(3\.\d+)"', workflow)) == named


def test_tools_before_a_commit_are_those_of_make() -> None:
    hooks = re.findall(r"^ +entry: (.+)$", read_document(".pre-commit-config.yaml"), re.MULTILINE)
    makefile = read_document("Makefile")
    assert hooks
    tools = {entry.removeprefix(".venv/bin/").split()[0] for entry in hooks}
    assert tools == set(re.findall(r"^\t@\$\(BIN\)/([a-z]+(?:-[a-z]+)*)", makefile, re.MULTILINE)) - {"python"}
