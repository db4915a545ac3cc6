"""The four stages of deep-text-recognition-benchmark: sizes, steps, the spline, and that they learn."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from geulnun.training.recognizer.stages.network import FourStages
from geulnun.training.recognizer.stages.sequence import END, START
from geulnun.training.recognizer.stages.spline import Spline, list_edge_places, list_start_places, sample_pictures

CTC, ATTENTION = 37, 38  # 36 characters and the blank, or start and end
TRUNKS = {"vgg": 5_549_824, "rcnn": 1_859_968, "resnet": 44_263_904}
COUNTS_M = {
    ("none", "resnet", "none", "ctc"): 44.28,
    ("none", "resnet", "bilstm", "ctc"): 47.17,
    ("tps", "resnet", "bilstm", "ctc"): 48.86,
    ("tps", "resnet", "bilstm", "attention"): 49.56,
    ("none", "vgg", "bilstm", "ctc"): 8.45,
    ("none", "vgg", "none", "ctc"): 5.57,
    ("none", "rcnn", "none", "ctc"): 1.88,
    ("none", "rcnn", "none", "attention"): 2.89,
    ("tps", "rcnn", "bilstm", "attention"): 7.15,
}
KEYS = ("transformation", "features", "sequence", "prediction")


def count(module: torch.nn.Module | None) -> int:
    return sum(each.numel() for each in module.parameters()) if module is not None else 0


def build(*stages: str, **options: Any) -> FourStages:
    classes = ATTENTION if stages[3] == "attention" else CTC
    return FourStages(options.pop("classes", classes), **dict(zip(KEYS, stages, strict=True)), **options)


@pytest.mark.parametrize("stages", COUNTS_M, ids="-".join)
def test_parameters_are_those_of_the_benchmark(stages: tuple[str, ...]) -> None:
    network = build(*stages)
    assert count(network) / 1e6 == pytest.approx(COUNTS_M[stages], abs=0.005)
    assert count(network.trunk) == TRUNKS[stages[1]]
    assert count(network.spline) == (1_692_392 if stages[0] == "tps" else 0)
    assert count(network.sequence) == (2_892_288 if stages[2] == "bilstm" else 0)


@pytest.mark.parametrize(("features", "steps"), [("vgg", 24), ("rcnn", 26), ("resnet", 26)])
@torch.no_grad()
def test_every_combination_reads_as_many_steps_as_its_trunk_has(features: str, steps: int) -> None:
    pictures = torch.rand(2, 1, 32, 100) * 2 - 1
    for transformation, sequence in itertools.product(("none", "tps"), ("none", "bilstm")):
        assert build(transformation, features, sequence, "ctc").eval()(pictures).shape == (2, steps, CTC)
    network = build("none", features, "bilstm", "attention").eval()
    assert network(pictures, torch.full((2, 5), START)).shape == (2, 5, ATTENTION)


def test_the_spline_starts_on_a_slant_for_every_picture() -> None:
    network = build("tps", "rcnn", "none", "ctc")
    places = network.spline.points(torch.randn(3, 256)).view(3, 20, 2)
    wanted = [(-1, 0), (1, -1), (-1, 1), (1, 0)]
    assert places[:, [0, 9, 10, 19]].tolist() == [[list(map(float, place)) for place in wanted]] * 3
    assert torch.equal(places[0], list_start_places())


def test_the_spline_straightens_a_bent_line() -> None:
    spline = Spline(64, 200)
    x = (2 * np.arange(200) + 1 - 200) / 200
    bend = 0.3 * np.cos(np.pi * x / 2)
    rows = (2 * np.arange(64) + 1 - 64) / 64
    bent = torch.from_numpy(1 - 2 * (np.abs(rows[:, None] - bend) < 0.12)).float()[None, None]
    places = list_edge_places()
    places[:, 1] = places[:, 1] + torch.from_numpy(0.3 * np.cos(np.pi * places[:, 0].numpy() / 2)).float()
    straight = spline.resample(bent, places[None])[0, 0]
    centers = [
        np.array([np.mean(rows[(column < 0).numpy()]) for column in image.T[5:-5]]) for image in (bent[0, 0], straight)
    ]
    assert np.ptp(centers[0]) > 0.2
    assert np.ptp(centers[1]) < 0.1
    same = spline.resample(bent, list_edge_places()[None])
    assert (same - bent).abs().mean() < 0.06


def test_grey_levels_are_those_of_grid_sample() -> None:
    generator = torch.Generator().manual_seed(0)
    pictures = torch.rand(2, 1, 12, 20, generator=generator)
    spots = 3 * torch.rand(2, 7, 9, 2, generator=generator) - 1.5  # a third of them outside
    wanted = F.grid_sample(pictures, spots, padding_mode="border", align_corners=True)
    torch.testing.assert_close(sample_pictures(pictures, spots), wanted)


def draw_words() -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of four words of three letters, each letter a pattern of its own, and the words as numbers below 4."""
    generator = torch.Generator().manual_seed(1)
    patterns = (torch.randint(0, 2, (4, 8, 8), generator=generator) * 2 - 1).float()
    words = torch.tensor([[0, 1, 2], [3, 1, 0], [2, 3, 1], [1, 0, 3]])
    letters = patterns[words].repeat_interleave(4, dim=2).repeat_interleave(2, dim=3)  # (4, 3, 32, 16)
    return F.pad(letters.permute(0, 2, 1, 3).reshape(4, 1, 32, 48), (0, 16), value=1.0), words


@pytest.mark.parametrize("prediction", ["ctc", "attention"])
def test_words_are_learned_by_heart(prediction: str) -> None:
    pictures, words = draw_words()
    network = build("none", "rcnn", "bilstm", prediction, classes=6, ratio=0.25)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    given = torch.cat([torch.full((4, 1), START), words + 2], dim=1)
    wanted = torch.cat([words + 2, torch.full((4, 1), END)], dim=1)
    lengths = torch.full((4,), 3)
    for _ in range(40):
        optimiser.zero_grad()
        if prediction == "ctc":
            scores = network(pictures).log_softmax(dim=2).transpose(0, 1)
            loss = F.ctc_loss(scores, words + 1, torch.full((4,), len(scores)), lengths, zero_infinity=True)
        else:
            loss = F.cross_entropy(network(pictures, given).flatten(0, 1), wanted.flatten(), ignore_index=START)
        loss.backward()
        optimiser.step()
    network.eval()
    if prediction == "ctc":
        best = network(pictures).argmax(dim=2)
        read = [[k - 1 for k, _ in itertools.groupby(row) if k] for row in best.tolist()]
    else:
        logs, shares = network.prediction.decode(network.look(pictures), 5)
        sure, found = logs.exp().max(dim=2)
        read = [[k - 2 for k in itertools.takewhile(lambda k: k != END, row)] for row in found.tolist()]
        assert sure[:, :4].min() > 0.2
        torch.testing.assert_close(shares.sum(dim=2), torch.ones(4, logs.shape[1]))
    assert read == words.tolist()
