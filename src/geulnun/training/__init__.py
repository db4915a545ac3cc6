"""Learning: samples -> tensors -> checkpoint -> bundle. The only room with torch.

    >>> from geulnun import training
    >>> run = training.train("configs/characters/melnyk.toml", training__run__total_samples=20_000)
    >>> training.export_bundle("characters", run, run / "my-characters")

The names above are looked up when they are first used, so that importing this package loads no torch.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geulnun.cli.train_config import train
    from geulnun.training.export import export_bundle

# A config says what is drawn and what learns from it; only the floor above knows both.
_HOMES = {"train": "geulnun.cli.train_config", "export_bundle": "geulnun.training.export"}

__all__ = ["export_bundle", "train"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
