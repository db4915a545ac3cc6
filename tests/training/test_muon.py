"""Our Muon: the same steps as the plain form and as the library that runs began with, and checkpoints that go on."""

import copy

import pytest
import torch
from torch import Tensor, nn

from geulnun.training.muon import Muon, orthogonalise

SHAPES = [(16, 27), (32, 288), (80, 720), (144, 1296), (64, 64), (96, 40), (224, 96)]


def iterate_plainly(matrix: Tensor) -> Tensor:
    """Five Newton-Schulz iterations on the whole matrix, in float64."""
    wide = (matrix.mT if matrix.shape[0] > matrix.shape[1] else matrix).double()
    wide = wide / wide.norm()
    for _ in range(5):
        gram = wide @ wide.mT
        wide = 3.4445 * wide + (-4.7750 * gram + 2.0315 * gram @ gram) @ wide
    return wide.mT if matrix.shape[0] > matrix.shape[1] else wide


def draw_conditioned(shape: tuple[int, int], condition: float) -> Tensor:
    """A matrix whose singular values fall evenly in their logarithm by the factor `condition`."""
    rank = min(shape)
    left, _ = torch.linalg.qr(torch.randn(shape[0], rank, dtype=torch.float64))
    right, _ = torch.linalg.qr(torch.randn(shape[1], rank, dtype=torch.float64))
    values = torch.logspace(0, -torch.log10(torch.tensor(condition)).item(), rank, dtype=torch.float64)
    return ((left * values) @ right.mT).float()


@pytest.mark.parametrize("condition", [1.0, 1e2, 1e4, 1e6])
def test_the_gram_form_equals_the_plain_form(condition: float) -> None:
    matrices = [draw_conditioned(shape, condition) for shape in SHAPES]
    for matrix, found in zip(matrices, orthogonalise(matrices), strict=True):
        assert found.shape == matrix.shape
        assert found.dtype == torch.float32
        assert float((found - iterate_plainly(matrix)).abs().max()) < 2e-5


def test_the_gram_form_equals_the_plain_form_on_gradients_of_kernels() -> None:
    network = nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.Conv2d(32, 80, 3), nn.ReLU(), nn.Conv2d(80, 24, 1))
    (network(torch.rand(2, 3, 24, 24)) - 0.3).square().mean().backward()
    gradients = [weight.grad.flatten(1) for weight in network.parameters() if weight.ndim > 1]
    for matrix, found in zip(gradients, orthogonalise(gradients), strict=True):
        assert float((found - iterate_plainly(matrix)).abs().max()) < 2e-5


@pytest.mark.parametrize("condition", [1.0, 1e2, 1e4])
def test_steps_in_bfloat16_have_nearly_the_same_direction(condition: float) -> None:
    layers = nn.Linear(288, 64, bias=False), nn.Linear(288, 64, bias=False)
    layers[1].load_state_dict(layers[0].state_dict())
    start, gradient = layers[0].weight.detach().clone(), draw_conditioned((64, 288), condition)
    moves = []
    for layer, exact in zip(layers, (True, False), strict=True):
        layer.weight.grad = gradient.clone()
        group = {"use_muon": True, "lr": 0.02, "momentum": 0.95, "weight_decay": 0.0}
        Muon([{"params": [layer.weight], **group}], bfloat16=not exact).step()
        assert layer.weight.dtype == torch.float32
        moves.append((layer.weight.detach() - start).flatten())
    assert float(nn.functional.cosine_similarity(*moves, dim=0)) > 0.97
    assert float(moves[1].norm() / moves[0].norm()) == pytest.approx(1, abs=0.05)


def test_a_matrix_without_gradient_stays() -> None:
    (found,) = orthogonalise([torch.zeros(8, 12)])
    assert not found.any()


def build_groups(network: nn.Module) -> list[dict]:
    kernels = [weight for weight in network.parameters() if weight.ndim > 1]
    vectors = [weight for weight in network.parameters() if weight.ndim == 1]
    return [
        {"params": kernels, "use_muon": True, "lr": 0.02, "momentum": 0.95, "weight_decay": 0.02},
        {"params": vectors, "use_muon": False, "lr": 2e-3, "betas": (0.9, 0.98), "weight_decay": 0.1},
    ]


def step_once(network: nn.Module, optimiser: torch.optim.Optimizer, images: Tensor) -> None:
    optimiser.zero_grad()
    (network(images) - 0.5).square().mean().backward()
    optimiser.step()


def build_network() -> nn.Module:
    layers = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Conv2d(16, 24, 3), nn.ReLU(), nn.Conv2d(24, 8, 1))
    return layers.to(memory_format=torch.channels_last)


def test_steps_are_those_of_the_library() -> None:
    library = pytest.importorskip("pytorch_optimizer")
    ours = build_network()
    theirs = copy.deepcopy(ours)
    optimisers = Muon(build_groups(ours)), library.Muon(build_groups(theirs))
    for _ in range(4):
        images = torch.rand(2, 3, 12, 12)
        start = copy.deepcopy(ours)
        theirs.load_state_dict(ours.state_dict())
        for network, optimiser in zip((ours, theirs), optimisers, strict=True):
            step_once(network, optimiser, images)
        for before, mine, other in zip(start.parameters(), ours.parameters(), theirs.parameters(), strict=True):
            moved, expected = (mine - before).detach().flatten(), (other - before).detach().flatten()
            # The library iterates in bfloat16; what is done by AdamW is the same to the last digits.
            assert float(moved.norm() / expected.norm()) == pytest.approx(1, abs=0.1 if before.ndim > 1 else 1e-4)
            assert float(torch.cosine_similarity(moved, expected, dim=0)) > (0.9 if before.ndim > 1 else 0.9999)


@pytest.mark.parametrize("from_library", [False, True])
def test_a_checkpoint_of_either_goes_on(from_library: bool) -> None:
    network = build_network()
    first = pytest.importorskip("pytorch_optimizer").Muon if from_library else Muon
    optimiser = first(build_groups(network))
    images = torch.rand(2, 3, 12, 12)
    for _ in range(3):
        step_once(network, optimiser, images)
    other = copy.deepcopy(network)
    resumed = Muon(build_groups(other))
    resumed.load_state_dict(copy.deepcopy(optimiser.state_dict()))
    assert [group["step"] for group in resumed.param_groups] == [3, 3]
    step_once(network, optimiser, images)
    step_once(other, resumed, images)
    for mine, theirs in zip(other.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-2 if from_library else 0.0, rtol=0.0)


def test_a_closure_is_called_and_weights_without_gradient_stay() -> None:
    network = build_network()
    unused = nn.Parameter(torch.ones(4, 4))
    groups = build_groups(network)
    groups[0]["params"].append(unused)
    optimiser = Muon(groups)

    def measure() -> Tensor:
        loss = (network(torch.ones(1, 3, 8, 8)) - 0.5).square().mean()
        loss.backward()
        return loss

    assert float(optimiser.step(measure).detach()) > 0
    assert bool((unused == 1).all())
