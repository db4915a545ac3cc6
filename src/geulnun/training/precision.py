"""Training precision: bfloat16 where the processor has it, else float32."""

import torch

from geulnun.core.processor import read_cpu_flags

AUTO_PRECISION = "auto"
HALF_PRECISION = "bf16-mixed"
FULL_PRECISION = "32-true"

_NATIVE_FLAGS = {"amx_bf16", "avx512_bf16"}


def choose_precision(wanted: str = AUTO_PRECISION) -> str:
    """The precision for Lightning's Trainer: `wanted` itself, or what suits the processor if that is "auto".

    A processor without instructions for bfloat16 emulates it and takes longer than for float32.
    """
    if wanted != AUTO_PRECISION:
        return wanted
    return HALF_PRECISION if has_bfloat16() else FULL_PRECISION


def has_bfloat16() -> bool:
    """Whether what trains here has instructions for bfloat16."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.accelerator.is_available() or bool(_NATIVE_FLAGS & read_cpu_flags())
