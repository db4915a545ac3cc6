"""Every command and every option of it is documented in docs/cli.md, and no document names others."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.main

from geulnun.cli import COMMANDS, app


def find_commands() -> Iterator[tuple[str, Any]]:
    """All commands by what is typed for them: ``geulnun read``, ``geulnun train detector``."""
    group = typer.main.get_command(app)
    context = typer.Context(group)
    for name in COMMANDS:
        command = group.get_command(context, name)
        inner = getattr(command, "commands", None)
        if inner:
            yield from ((f"geulnun {name} {each}", inner[each]) for each in inner)
        else:
            yield f"geulnun {name}", command


def find_options() -> dict[str, set[str]]:
    """The options of every command; a family of commands has those of all of its members."""
    found: dict[str, set[str]] = {f"geulnun {name}": {"--help"} for name in COMMANDS}
    for typed, command in find_commands():
        options = {name for each in command.params for name in (*each.opts, *each.secondary_opts)} | {"--help", "-h"}
        found[typed] = options
        found[" ".join(typed.split()[:2])].update(options)
    return found


OPTIONS = find_options()
REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for path in (*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"))
    if path.name != "CHANGELOG.md"
)


@pytest.fixture(scope="module")
def manual() -> str:
    return (REPOSITORY / "docs" / "cli.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_heading(manual: str, name: str) -> None:
    headings = [line for line in manual.splitlines() if line.startswith("#")]
    assert any(re.search(rf"\bgeulnun {name}\b", heading) for heading in headings)


def test_every_option_is_documented(manual: str) -> None:
    missing = [
        f"{typed} {option}"
        for typed, command in find_commands()
        for parameter in command.params
        if parameter.param_type_name == "option"
        for option in parameter.opts
        if option.startswith("--") and option != "--help" and not re.search(rf"(?<![\w-]){option}(?![\w-])", manual)
    ]
    assert not missing


def test_every_command_says_what_it_does() -> None:
    assert not [typed for typed, command in find_commands() if not (command.help or "").strip()]


def test_no_option_is_documented_that_a_command_lacks(manual: str) -> None:
    """The option tables of a section name options of that section's command only."""
    strays = []
    for section in re.split(r"^## ", manual, flags=re.MULTILINE)[1:]:
        title = section.splitlines()[0]
        options = {name for typed, names in OPTIONS.items() if f"{typed} ".startswith(f"{title} ") for name in names}
        rows = re.findall(r"^\| (`-[^|]*)\|", section, re.MULTILINE)
        strays += [f"{title} {name}" for row in rows for name in re.findall(r"`(-[\w-]+)", row) if name not in options]
    assert not strays


@pytest.mark.parametrize("file", DOCUMENTS)
def test_commands_in_documents_can_be_typed(repository: Path, file: str) -> None:
    """Every `geulnun ...` in code names a command that is there, with options that it has."""
    text = (repository / file).read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^```.*?^```|`[^`\n]+`", text, re.DOTALL | re.MULTILINE)).replace("\\\n", " ")
    strays = []
    for line in re.findall(r"(?:^|`|\| |\$ )geulnun ([a-z][^`|#\n]*)", code, re.MULTILINE):
        typed = " ".join(["geulnun", *line.split()[:2]])
        command = max((name for name in OPTIONS if f"{typed} ".startswith(f"{name} ")), key=len, default=None)
        named = [word.split("=")[0] for word in line.split() if word.startswith("--")]
        if command is None or not set(named) <= OPTIONS[command]:
            strays.append(line)
    assert not strays
