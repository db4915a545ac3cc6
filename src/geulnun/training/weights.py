"""Half-precision weights (safetensors) to start training from."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from geulnun.errors import BundleError
from geulnun.training.learning_task import LearningTask

WEIGHTS_FILE = "weights.safetensors"

GUIDE = "guide"
"""The part of a network that is trained with it and not exported."""


def write_weights(network: nn.Module, path: Path) -> None:
    """Write the network's parameters and statistics, floating ones in half precision."""
    state = {
        name: (value.half() if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    save_file(state, path)
    path.chmod(0o644)


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """The state of a network in float32, from a bundle's folder or a safetensors file.

    Raises:
        BundleError: missing or damaged.
    """
    path = path / WEIGHTS_FILE if path.is_dir() else path
    try:
        state = load_file(path)
    except (OSError, SafetensorError) as error:
        raise BundleError(
            f"{path} cannot be read as weights ({error}). Allowed are a bundle's folder that holds {WEIGHTS_FILE} "
            "or such a file; bundles of the repository have one, those of an installed wheel do not."
        ) from error
    return {name: value.float() if value.is_floating_point() else value for name, value in state.items()}


def load_weights(task: LearningTask, path: Path) -> None:
    """Set the task's network and average to stored weights.

    Raises:
        BundleError: the weights are of a network of another shape.
    """
    state = read_weights(path)
    for network in (task.network, task.average):
        # What only guides training starts with fresh weights: bundles do not hold it.
        fresh = {name: value for name, value in network.state_dict().items() if name.startswith(f"{GUIDE}.")}
        try:
            network.load_state_dict({**fresh, **state})
        except RuntimeError as error:
            raise BundleError(
                f"{path} holds weights of another network ({str(error).splitlines()[-1].strip()}). "
                "Use the [network] table of the config that made them."
            ) from error
