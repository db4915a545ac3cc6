"""Training precision: bfloat16 where the processor has it, else float32."""

from pathlib import Path

import torch

AUTO_PRECISION = "auto"
HALF_PRECISION = "bf16-mixed"
FULL_PRECISION = "32-true"

_CPU_INFO = Path("/proc/cpuinfo")
_NATIVE_FLAGS = {"amx_bf16", "avx512_bf16"}


def choose_precision(wanted: str = AUTO_PRECISION) -> str:
    """The precision for Lightning's Trainer: `wanted` itself, or what suits the processor if that is "auto".

    A processor without instructions for bfloat16 emulates it and takes longer than for float32.
    """
    if wanted != AUTO_PRECISION:
        return wanted
    if torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = torch.accelerator.is_available() or bool(_NATIVE_FLAGS & read_cpu_flags())
    return HALF_PRECISION if native else FULL_PRECISION


def read_cpu_flags(path: Path = _CPU_INFO) -> set[str]:
    """The instruction sets of the first processor that Linux lists; none on other systems."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    listed = (value for name, _, value in (line.partition(":") for line in lines) if name.strip() == "flags")
    return set(next(listed, "").split())
