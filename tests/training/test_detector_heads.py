"""A detector's two heads start each other: four cells of each map, and one map of a quarter of the size."""

from pathlib import Path

import torch

from geulnun.training.detector.network import TextFinder
from geulnun.training.detector.task import DetectorConfig, DetectorTask, FinderNetworkConfig
from geulnun.training.weights import load_weights, write_weights


def open_task(head: str) -> DetectorTask:
    return DetectorTask(DetectorConfig(network=FinderNetworkConfig(head=head)))


def read_head(task: DetectorTask) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight (maps, I, 1, 1) and bias (maps,) of the last convolution."""
    assert isinstance(task.network, TextFinder)
    last = task.network.head[1]
    return last.weight.detach(), last.bias.detach()


def test_a_head_of_four_cells_starts_one_of_a_map_as_their_mean_and_is_started_by_it(tmp_path: Path) -> None:
    shuffled, enlarged = open_task("shuffled"), open_task("enlarged")
    write_weights(shuffled.network, tmp_path / "weights.safetensors")
    load_weights(enlarged, tmp_path)
    for four, one in zip(read_head(shuffled), read_head(enlarged), strict=True):
        assert torch.allclose(four.reshape(2, 4, *four.shape[1:]).mean(dim=1), one, atol=1e-2)

    write_weights(enlarged.network, tmp_path / "weights.safetensors")
    load_weights(shuffled, tmp_path)
    page = torch.rand(1, 3, 64, 96) * 2 - 1
    cells = shuffled.network.eval()(page)
    assert torch.allclose(cells, cells[:, :, ::2, ::2].repeat_interleave(2, 2).repeat_interleave(2, 3))
