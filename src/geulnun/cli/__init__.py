"""The command line: ``geulnun COMMAND ...``.

How a command is added: a file ``cli/NAME.py`` that defines ``app``, a Typer application, and a line in `COMMANDS`.

* One command: ``app = typer.Typer(add_completion=False)`` with one ``@app.command()`` function;
  its docstring is the help text, the first line of it is what ``geulnun --help`` shows.
* A family (``geulnun train detector``): the same with several ``@app.command("detector")`` functions and
  ``typer.Typer(add_completion=False, no_args_is_help=True, help="...")``.

A command file is imported when its command is called or listed, so that its top may import only the standard
library, typer, `geulnun.errors` and other light modules; numpy, the runtime, torch and the like are imported inside
the function.

Errors: raise a `GeulnunError`; `main` prints its message on standard error and ends with its ``exit_code``. Whatever
else escapes a command is a bug and shows its traceback.
"""

import importlib
import io
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO, cast

import typer
import typer.core
import typer.main

from geulnun.errors import GeulnunError, OutputError

COMMANDS = (
    "read",
    "batch",
    "serve",
    "mcp",
    "chars",
    "check",
    "synth",
    "train",
    "finetune",
    "export",
    "evaluate",
    "label",
    "study",
)


class CommandFiles(Mapping[str, Any]):
    """The commands by name, each imported from its file when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        command = typer.main.get_command(importlib.import_module(f"{__name__}.{name}").app)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class LazyGroup(typer.core.TyperGroup):
    """A group that knows the names of its commands and imports a command when it is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = CommandFiles()  # type: ignore[assignment]

    def list_commands(self, ctx: Any) -> list[str]:
        """The names in the order of `COMMANDS`."""
        return list(COMMANDS)


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from geulnun._version import __version__

        typer.echo(f"geulnun {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """OCR for Korean: images and PDFs to text, offline, on a CPU.

    Exit codes: 0 success, 1 other failure, 2 wrong option, argument or config, 3 a source could not be read, 4 an
    output could not be written, 5 the weights are damaged or do not fit, 6 an optional dependency is not installed.
    """


class _StandardOutput:
    """Standard output that raises an `OutputError` the first time it cannot be written, and drops what comes then."""

    def __init__(self, stream: TextIO | io.TextIOBase) -> None:
        self.failure: OutputError | None = None
        self._stream = stream

    def write(self, text: str) -> int:
        with self._explaining_failure():
            return self._stream.write(text)

    def flush(self) -> None:
        with self._explaining_failure():
            self._stream.flush()

    @contextmanager
    def _explaining_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._stream = io.StringIO()  # Python would try again at its end
            if isinstance(error, BrokenPipeError):
                raise  # whoever listened has gone: not an error of ours, and nobody is left to tell
            reason = error.strerror or "it is closed"
            self.failure = OutputError(f"standard output cannot be written ({reason}). Send it elsewhere.")
            raise self.failure from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _prepare_output() -> _StandardOutput:
    """Let standard output and standard error take any text, and let failures of the former be errors of ours."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal, file or pipe that cannot show a character gets its number, and the rest still comes out.
            stream.reconfigure(errors="backslashreplace")
    output = _StandardOutput(sys.stdout or io.TextIOBase())  # which refuses all, where it is closed
    sys.stdout = cast(TextIO, output)
    return output


def main() -> None:
    """Run the command line; a `GeulnunError` becomes a message on standard error and its exit code."""
    output = _prepare_output()
    try:
        try:
            app(prog_name="geulnun")
        except SystemExit as end:
            output.flush()
            if output.failure and not end.code:  # met where nobody was told, as in a thread
                raise output.failure from None
            raise
    except BrokenPipeError:  # as typer ends where it meets one
        sys.stdout = io.StringIO()
        sys.exit(1)
    except GeulnunError as error:
        print(f"geulnun: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
