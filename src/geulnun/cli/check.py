"""``geulnun check``: verify the installation; list characters of a text that cannot be read."""

import platform
import sys
import time
import unicodedata
from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geulnun.cli import reading_options as given
from geulnun.cli.engine_options import EngineOptions
from geulnun.errors import GeulnunError, InputError

if TYPE_CHECKING:
    from geulnun.runtime.bundles.manifest import Kind

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")

SELF_TEST_PICTURE = Path(__file__).with_name("selftest.png")
SELF_TEST_TEXT = "글눈은 한글을 읽는 눈입니다.\n2025년 3월 1일 합계 12,500원\n띄어쓰기와 받침도 읽습니다."
# Of the characters of the self-test, so many may be read wrongly: weights differ, a broken installation reads nothing.
TOLERATED_ERROR_RATIO = 0.1
_PACKAGES = ("numpy", "pillow", "pypdfium2", "onnxruntime", "openvino")
_CHARSET = typer.Option(
    None, "--charset", metavar="FILE", help="List the characters of this text that cannot be read; - is standard input."
)
_DETECTOR = typer.Option(None, "--detector", metavar="NAME|FOLDER", help="Check this detector instead of the default.")
_RECOGNIZER = typer.Option(
    None, "--recognizer", metavar="NAME|FOLDER", help="Check this recogniser instead of the default."
)


@app.command()
def check(
    charset: str | None = _CHARSET,
    threads: int | None = given.THREADS,
    backend: str = given.BACKEND,
    precision: str = given.PRECISION,
    detector: str | None = _DETECTOR,
    recognizer: str | None = _RECOGNIZER,
) -> None:
    """Verify the installation: versions, weights, backend, threads, and a test image.

    The exit code is 0 if all is well, else that of the first thing that is not: 5 for damaged weights, 6 for a
    backend that is not installed, 1 for a self-test that was read wrongly.

    With --charset FILE nothing else is checked: the characters of that text which geulnun cannot write are listed,
    and the exit code is 1 if there are any.
    """
    if charset is not None:
        code = _check_charset(charset)
    else:
        engine = EngineOptions(
            detector=detector, recognizer=recognizer, backend=backend, threads=threads, precision=precision
        )
        code = _check_installation(engine)
    if code:
        raise typer.Exit(code)


def _check_installation(engine: EngineOptions) -> int:
    """Print a row for each check and return the exit code."""
    checks: dict[str, Callable[[], str]] = {
        "version": _describe_version,
        "packages": _describe_packages,
        "detector": partial(_check_bundle, "detector", engine.detector),
        "recognizer": partial(_check_bundle, "recognizer", engine.recognizer),
        "orientation": partial(_check_bundle, "orientation", None),
        "language": _check_language,
        "backend": partial(_check_backend, engine),
        "self-test": partial(_check_reading, engine),
    }
    code = 0
    for name, run in checks.items():
        try:
            seen = run()
        except GeulnunError as error:
            seen = f"FAILED: {error}"
            code = code or error.exit_code
        except Exception as error:
            seen = f"FAILED: {type(error).__name__}: {error}. This is a fault of geulnun itself; report it."
            code = code or 1
        print(f"{name:<11} {seen}")
    print("All is well." if code == 0 else "Not all is well.")
    return code


def _describe_version() -> str:
    from geulnun._version import __version__

    return f"geulnun {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def _describe_packages() -> str:
    return ", ".join(f"{name} {_find_version(name)}" for name in _PACKAGES)


def _find_version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _check_bundle(kind: "Kind", name: str | None) -> str:
    from geulnun.runtime.bundles.bundle import choose_bundle, verify_bundle

    bundle = choose_bundle(name, kind)
    manifest = bundle.manifest
    files = ", ".join(
        f"{name} {manifest.files[name].size_bytes / 1e6:.1f} MB, SHA-256 {manifest.files[name].sha256[:12]}…"
        for name in verify_bundle(bundle)
    )
    written = f", charset {bundle.charset.name} ({bundle.charset.size - 1:,} characters)" if manifest.charset else ""
    return f"{manifest.name}: {files} as promised{written}"


def _check_language() -> str:
    from geulnun.runtime.recognition.language_model import LanguageModel, find_default_model

    path = find_default_model()
    LanguageModel.read(path)
    return f"{path.stem}: {path.stat().st_size / 1e6:.1f} MB, whole and for this charset"


def _check_backend(engine: EngineOptions) -> str:
    from geulnun.runtime.bundles.session import count_threads

    threads = count_threads(engine.threads)
    finding, reading = engine.open().backends.values()
    seen = reading if finding == reading else f"{finding} to find text, {reading} to read it"
    return f"{seen}, {threads} thread{'' if threads == 1 else 's'}"


def _check_reading(engine: EngineOptions) -> str:
    from rapidfuzz.distance import Levenshtein

    reader = engine.open()
    start = time.perf_counter()
    text = reader.read(SELF_TEST_PICTURE).text
    seconds = time.perf_counter() - start
    seen, wanted = ("".join(each.split()) for each in (text, SELF_TEST_TEXT))
    wrong = Levenshtein.distance(seen, wanted)
    if wrong > TOLERATED_ERROR_RATIO * len(wanted):
        raise GeulnunError(
            f"{SELF_TEST_PICTURE.name} says {SELF_TEST_TEXT!r}, but {text!r} was read. Install geulnun again, or try "
            "the other --backend."
        )
    return f"{len(wanted) - min(wrong, len(wanted))} of {len(wanted)} characters right in {seconds:.2f} s"


def _check_charset(file: str) -> int:
    """Print the characters of a text file that cannot be read and return the exit code."""
    from geulnun.core.charset import CHARSET_V1

    text = _read_text(file)
    unwritable = CHARSET_V1.find_unwritable(text)
    for char, count in unwritable.items():
        print(f"{char if char.isprintable() else ' '}\tU+{ord(char):04X}\t{count}\t{unicodedata.name(char, 'no name')}")
    letters = sum(not char.isspace() for char in text)
    summary = f"{sum(unwritable.values()):,} of {letters:,} characters, {len(unwritable):,} different ones"
    print(f"{file}: {summary}, cannot be written in charset {CHARSET_V1.name}.", file=sys.stderr)
    return 1 if unwritable else 0


def _read_text(file: str) -> str:
    from geulnun.core.image import read_bytes

    data = sys.stdin.buffer.read() if file == "-" else read_bytes(file)
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(f"{file} is no text in UTF-8, nor in CP949. Save it as UTF-8.")
