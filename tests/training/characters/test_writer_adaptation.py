import pytest
import torch

from geulnun.errors import UsageError
from geulnun.training.characters.network_config import CharacterNetworkConfig, build_character_network
from geulnun.training.characters.networks.network import CharacterNet
from geulnun.training.characters.writer_adaptation import (
    ClassMeans,
    describe,
    find_syllables,
    find_vector_reader,
    fit_adaptation,
    read_adapted,
)

NETWORK = CharacterNetworkConfig(name="compact", size_px=32, syllables="ksx1001")


def test_the_layer_has_the_least_weighted_error() -> None:
    torch.manual_seed(1)
    features, targets, weights = torch.randn(40, 3), torch.randn(40, 3), torch.rand(40)
    found = fit_adaptation(features, targets, weights, stiffness=0.3, offset_stiffness=0.2)
    beta = 0.3 * float((weights[:, None] * features**2).sum()) / 3
    gamma = 0.2 * float(weights.sum())

    def measure(matrix: torch.Tensor, offset: torch.Tensor) -> float:
        error = (weights * ((features @ matrix.mT + offset - targets) ** 2).sum(1)).sum()
        return float(error + beta * ((matrix - torch.eye(3)) ** 2).sum() + gamma * (offset**2).sum())

    least = measure(found.matrix, found.offset)
    for _ in range(50):
        moved = measure(found.matrix + 0.05 * torch.randn(3, 3), found.offset + 0.05 * torch.randn(3))
        assert moved > least


def test_without_weight_nothing_is_moved() -> None:
    features = torch.randn(5, 4)
    found = fit_adaptation(features, torch.randn(5, 4), torch.zeros(5), stiffness=1.0, offset_stiffness=1.0)
    torch.testing.assert_close(found(features), features)


def test_a_writer_who_writes_all_alike_askew_is_read_after_adapting() -> None:
    """Classes are the means that the head was made for; the writer's features lie beside them, all on one side."""
    torch.manual_seed(0)
    network = build_character_network(NETWORK).eval()
    reader = find_vector_reader(network)
    size = reader.head.features
    features = torch.randn(60, size)
    with torch.no_grad():
        head = reader.head
        for parameter in head.parameters():
            parameter.mul_(200 / size)  # sure of what it says
        syllables = find_syllables(head(features))
        means = ClassMeans.measure([(features, syllables)])
        askew = features + 0.8 * torch.randn(size)
        before = (find_syllables(head(askew)) == syllables).float().mean()
        after = (find_syllables(read_adapted(reader, askew, means)) == syllables).float().mean()
    assert means.known.sum() == len(set(syllables.tolist()))
    assert after > before + 0.1


def test_features_are_what_the_head_sees() -> None:
    network = build_character_network(NETWORK).eval()
    assert isinstance(network, CharacterNet)
    with torch.no_grad():
        images = torch.rand(2, 1, 32, 32)
        scores = find_vector_reader(network).head(describe(network, images))
    torch.testing.assert_close(scores.cho, network(images).cho)


@pytest.mark.parametrize("changes", [{"name": "denseran"}, {"head": "flat"}, {"refine_steps": 2}], ids=str)
def test_other_networks_are_refused(changes: dict[str, object]) -> None:
    network = build_character_network(CharacterNetworkConfig(**{"name": "compact", "size_px": 32, **changes}))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="cannot|only"):
        find_vector_reader(network)


def test_means_need_characters() -> None:
    with pytest.raises(UsageError, match="no character"):
        ClassMeans.measure([])
