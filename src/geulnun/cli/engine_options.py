"""The choices of an engine, as the commands that read take them."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from geulnun.reading import Engine
    from geulnun.runtime.bundles.session import Backend, Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """Arguments of `geulnun.Engine`, which refuses what it does not know."""

    detector: str | None = None
    recognizer: str | None = None
    backend: str = "auto"
    threads: int | None = None
    precision: str = "auto"

    def make_absolute(self) -> "EngineOptions":
        """The same choices, for processes whose current folder is another."""
        from geulnun.runtime.bundles.bundle import make_absolute

        return replace(self, detector=make_absolute(self.detector), recognizer=make_absolute(self.recognizer))

    def open(self) -> "Engine":
        """The engine, its weights loaded; Pillow is set up for it.

        Raises:
            GeulnunError: as of `geulnun.Engine`.
        """
        from geulnun.core.image import set_up_pillow
        from geulnun.reading import Engine

        set_up_pillow()
        backend, precision = cast("Backend", self.backend), cast("Precision", self.precision)
        return Engine(self.detector, self.recognizer, backend, self.threads, precision)
