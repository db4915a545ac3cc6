"""``geulnun mcp``: tools for programs with a language model, by the Model Context Protocol."""

import os
from pathlib import Path

import typer

from geulnun.cli import reading_options as given
from geulnun.cli.engine_options import EngineOptions
from geulnun.errors import UsageError, needing_extra

app = typer.Typer(add_completion=False)

_ROOT = typer.Option(
    None, "--root", metavar="FOLDER", help="Folder whose files may be read and written; may be given several times."
)


@app.command()
def mcp(
    root: list[Path] | None = _ROOT,
    threads: int | None = given.THREADS,
    backend: str = given.BACKEND,
    precision: str = given.PRECISION,
) -> None:
    """Serve the Model Context Protocol on standard input and output.

    A program with a language model (an MCP client) starts this command. The tools read_text, read_boxes and
    make_searchable_pdf touch files below --root and below the roots that the client names; with neither, only content
    that the client sends is read.
    """
    with needing_extra("mcp", "geulnun mcp"):
        from geulnun.mcp import create_server
    # The functions of pathlib raise where there is no such user, or a name is too long.
    roots = tuple(Path(os.path.expanduser(folder)) for folder in root or ())  # noqa: PTH111
    if missing := [str(folder) for folder in roots if not os.path.isdir(folder)]:
        raise UsageError(f"--root {', '.join(missing)}: no such folder. Name folders that exist.")
    engine = EngineOptions(backend=backend, threads=threads, precision=precision)
    create_server(engine.open, roots).run("stdio")
