"""Training: synthetic samples -> tensors -> checkpoint -> bundle. The only package that imports torch.

    >>> from geulnun import training
    >>> run = training.train("configs/characters/melnyk.toml", training__run__total_samples=20_000)
    >>> training.export_bundle("characters", run, run / "my-characters")

The names above are looked up when they are first used, so that importing this package loads no torch.
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

from geulnun.errors import needing_extra

if TYPE_CHECKING:
    from geulnun.training.export.export_bundle import export_bundle
    from geulnun.training.start import train, train_config

_HOMES = {
    "train": "geulnun.training.start",
    "train_config": "geulnun.training.start",
    "export_bundle": "geulnun.training.export.export_bundle",
}

__all__ = ["export_bundle", "train", "train_config"]

# What must be said before torch starts its threads. The data workers share the cores with the trainer: threads that
# spin while they wait for one another would halve its speed. And batches come in dozens of shapes: compiled kernels
# kept for all of them would take gigabytes.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256")


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with needing_extra("train", "Training"):
        return getattr(importlib.import_module(_HOMES[name]), name)
