"""Weights to start training from: half-precision ones of bundles (safetensors), and state dicts of torch."""

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

from geulnun.errors import BundleError
from geulnun.runtime.bundles.manifest import TRAINING_FILE
from geulnun.training.learning_task import LearningTask

TORCH_SUFFIXES = (".pth", ".pt")
GUIDE = "guide"
"""The part of a network that is trained with it and not exported."""
ADDED_ATTENTION = "attention"
"""The part of a network that changes nothing before it is trained, so that weights without it fit."""
PRIOR = "prior"
"""How often classes occur: counted before training, so that weights without it fit."""
CELLS = 4
"""Cells of each map that a detector's head predicts where it shuffles them into place."""
AVERAGE = "average."
"""What the names of averaged weights begin with in the state of a training module."""


def count_parameters(network: nn.Module) -> int:
    """Trained values of a network."""
    return sum(parameter.numel() for parameter in network.parameters())


def take_average(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The averaged weights in the state of a training module, named as in the network."""
    return {name.removeprefix(AVERAGE): value for name, value in state.items() if name.startswith(AVERAGE)}


def write_weights(network: nn.Module, path: Path) -> None:
    """Write the network's parameters and statistics, floating ones in half precision."""
    state = {
        name: (value.half() if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    save_file(state, path)
    path.chmod(0o644)


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """The state of a network in float32, from a bundle's folder, a safetensors file or a .pth file of torch.

    Raises:
        BundleError: missing or damaged.
    """
    if path.suffix in TORCH_SUFFIXES:
        return read_torch_weights(path)
    path = path / TRAINING_FILE if path.is_dir() else path
    try:
        state = load_file(path)
    except (OSError, SafetensorError) as error:
        raise BundleError(
            f"{path} cannot be read as weights ({error}). Allowed are a bundle's folder that holds {TRAINING_FILE} "
            "or such a file; bundles of the repository have one, those of an installed wheel do not."
        ) from error
    return {name: value.float() if value.is_floating_point() else value for name, value in state.items()}


def read_torch_weights(path: Path) -> dict[str, torch.Tensor]:
    """The state of a network in float32 from a state dict that torch pickled; no code in it is executed.

    A checkpoint of EasyOCR's trainer holds the state as "craft", one of `nn.DataParallel` begins all names with
    "module.": both are read as well.

    Raises:
        BundleError: missing, damaged, or holding other things than tensors.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise BundleError(
            f"{path} cannot be read as weights ({type(error).__name__}): it is missing or damaged, or holds objects "
            "that only executing its code would restore, which is not done. Save the network's state_dict() alone."
        ) from error
    state = state.get("craft", state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not state or not all(isinstance(each, torch.Tensor) for each in state.values()):
        raise BundleError(f"{path} holds no state dict, names with a tensor each. Save the network's state_dict().")
    return {
        str(name).removeprefix("module."): value.float() if value.is_floating_point() else value
        for name, value in state.items()
    }


def load_weights(task: LearningTask, path: Path) -> None:
    """Set the task's network and average to stored weights.

    Kernels of another height, those of a network of strips that are higher or lower, are interpolated. Layers of
    attention that were added keep their start, and a prior that was counted stays. A detector's head that predicts
    four cells of each map and one that predicts a map of a quarter of the size start each other.

    Raises:
        BundleError: the weights are of a network of another shape.
    """
    state = read_weights(path)
    for network in (task.network, task.average):
        # What only guides training starts with fresh weights: bundles do not hold it. Old files lack the counters.
        own = network.state_dict()
        fresh = {name: value for name, value in own.items() if _may_lack(name)}
        fitting = {name: _fit_shape(value, own[name]) if name in own else value for name, value in state.items()}
        try:
            network.load_state_dict({**fresh, **fitting})
        except RuntimeError as error:
            raise BundleError(
                f"{path} holds weights of another network ({str(error).splitlines()[-1].strip()}). "
                "Use the [network] table of the config that made them."
            ) from error


def _may_lack(name: str) -> bool:
    """Whether stored weights may do without a part of the network's state."""
    return name.startswith((f"{GUIDE}.", f"{ADDED_ATTENTION}.")) or name.endswith(("num_batches_tracked", f".{PRIOR}"))


def _fit_shape(value: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Stored values in the shape of `wanted` where the two differ in a kernel's height or a head's cells alone."""
    return _fit_height(_fit_cells(value, wanted), wanted)


def _fit_cells(value: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """A head's weight (maps, I, 1, 1) or bias (maps,) for four cells of each map, or back by their mean; else as is."""
    if not wanted.ndim or not value.ndim or value.shape[1:] != wanted.shape[1:]:
        return value
    if len(value) == CELLS * len(wanted):
        return value.reshape(len(wanted), CELLS, *value.shape[1:]).mean(dim=1)
    return value.repeat_interleave(CELLS, dim=0) if len(wanted) == CELLS * len(value) else value


def _fit_height(kernel: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """A convolution's kernel (O, I, H, W) at the height of `wanted`, its sum kept; as it is if more differs."""
    if kernel.ndim != 4 or wanted.ndim != 4 or kernel.shape[2] == wanted.shape[2]:
        return kernel
    if kernel.shape[:2] != wanted.shape[:2] or kernel.shape[3] != wanted.shape[3]:
        return kernel
    size = (wanted.shape[2], wanted.shape[3])
    return F.interpolate(kernel, size, mode="bilinear", align_corners=False) * (kernel.shape[2] / wanted.shape[2])
