"""How the scripts of this folder end where a user can mend what is wrong: with a message, not a traceback."""

from collections.abc import Callable

from geulnun.errors import GeulnunError


def run_script(main: Callable[[], None]) -> None:
    """Run a script's `main`; a `GeulnunError` becomes a message on standard error and exit code 1."""
    try:
        main()
    except GeulnunError as error:
        raise SystemExit(f"error: {error}") from None
