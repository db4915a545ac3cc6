"""What Linux tells of the processor."""

import platform
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")


def read_cpu_flags(path: Path = _CPU_INFO) -> set[str]:
    """The instruction sets of the first processor that Linux lists; none on other systems."""
    return set(_read_field("flags", path).split())


def read_processor_name(path: Path = _CPU_INFO) -> str:
    """The model of the first processor that Linux lists; on other systems its architecture."""
    return _read_field("model name", path) or platform.machine()


def _read_field(name: str, path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    parted = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in parted if key.strip() == name), "")
