"""Every command and every option of it is documented in docs/cli.md, and the README names no others."""

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


@pytest.fixture(scope="module")
def manual() -> str:
    return (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")


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


@pytest.mark.parametrize("file", ["README.md", "README.ko.md", "CONTRIBUTING.md", "docs/cli.md"])
def test_documents_name_real_commands_only(repository: Path, file: str) -> None:
    text = (repository / file).read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))
    assert set(re.findall(r"(?:^|`|\| )geulnun ([a-z]+)", code, re.MULTILINE)) <= set(COMMANDS)
