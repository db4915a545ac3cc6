import hashlib

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from geulnun.core.charset import CHARSET_V1
from geulnun.training.recognizer.guide import AttentionGuide, measure_guide_loss
from geulnun.training.recognizer.heads import HEADS
from geulnun.training.recognizer.layers import find_valid
from geulnun.training.recognizer.losses import build_labels, gather_classes, measure_ctc_loss, spell_labels
from geulnun.training.recognizer.network import StripReader
from geulnun.training.recognizer.rectify import Rectifier
from geulnun.training.recognizer.task import StripNetworkConfig, build_recognizer, build_tables

SMALL = {"channels": (8, 16, 16, 32), "blocks": (1, 1), "mixer_inner": 8, "mixer_dilations": (1, 2)}
DIGEST = "7090b842cdcff324c73e0a06b2f2883b90566c1b54313ac6a5445c58600c4c16"
VARIANTS = {
    "convolution": {},
    "recurrent": {"mixing": "recurrent"},
    "attention": {"mixing": "attention"},
    "rectified": {"rectified": True},
    "high": {"height_px": 48},
    "chained": {"head": "chained"},
    "mixed": {"head": "mixed"},
    "flat": {"head": "flat"},
}


def build(**options: object) -> StripReader:
    torch.manual_seed(0)
    network = StripReader(CHARSET_V1.gate_size, **{**SMALL, **options}).eval()
    for module in network.modules():  # norms and fiducials that do something
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
        if isinstance(module, Rectifier):
            torch.nn.init.normal_(module.points.weight, std=0.02)
    return network


def draw_strips(widths: list[int], height: int = 32, width: int | None = None) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    strips = torch.zeros(len(widths), 1, height, width or -(-max(widths) // 8) * 8)
    for row, each in zip(strips, widths, strict=True):
        row[..., :each] = torch.randint(0, 256, (1, height, each), generator=generator) / 127.5 - 1
    return strips


def test_the_first_network_keeps_its_state() -> None:
    """Bundles and runs of it hold these names and shapes; a change needs another name in `RECOGNIZERS`."""
    network = build_recognizer(StripNetworkConfig(), CHARSET_V1)
    state = sorted(f"{name} {tuple(value.shape)}" for name, value in network.state_dict().items())
    assert hashlib.sha256("\n".join(state).encode()).hexdigest() == DIGEST


@pytest.mark.parametrize("name", VARIANTS)
@torch.no_grad()
def test_a_strip_is_read_alike_alone_and_padded(name: str) -> None:
    network = build(masked=True, **VARIANTS[name])
    strip = draw_strips([61], network.height_px)
    alone = network(strip)
    batch = F.pad(strip, (0, 96)).repeat(2, 1, 1, 1)
    batch[1, ..., 61:] = draw_strips([99], network.height_px)[0, ..., :99]
    for table, wide in zip(alone, network(batch), strict=True):
        torch.testing.assert_close(table[0, :16], wide[0, :16], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("head", HEADS)
@torch.no_grad()
def test_a_masked_network_says_nothing_in_the_padding(head: str) -> None:
    network = build(masked=True, head=head)
    first = network(F.pad(draw_strips([61]), (0, 96)))[0]
    assert (first[0, 16:].argmax(dim=-1) == 0).all()
    assert first.exp().sum(dim=-1) == pytest.approx(np.ones(first.shape[:2]), abs=1e-4)


@torch.no_grad()
def test_without_a_mask_only_the_last_steps_know_of_the_padding() -> None:
    network = build(masked=False)
    strip = draw_strips([120])
    wide = network(F.pad(strip, (0, 64)))
    reach = 2 * (1 + 2) + 4
    torch.testing.assert_close(network(strip).gate[0, : 30 - reach], wide.gate[0, : 30 - reach])


@pytest.mark.parametrize("name", HEADS)
@torch.no_grad()
def test_every_head_spreads_one_probability(name: str) -> None:
    torch.manual_seed(0)
    head = HEADS[name](32, CHARSET_V1.gate_size)
    scores = build_tables(head(3 * torch.randn(1, 2, 32)))
    ids = np.arange(1, CHARSET_V1.size)
    table = scores.gather(CHARSET_V1, 0, ids).astype(np.float64)
    # A chained reading looks at three initials only.
    tolerance = 1e-3 if name != "chained" else 1.0
    np.testing.assert_allclose(np.exp(table).sum(axis=1) + np.exp(scores.blank[0]), 1.0, atol=tolerance)
    best, logs = scores.find_best(CHARSET_V1)
    np.testing.assert_allclose(table.max(axis=1), logs[0], atol=1e-4)
    likeliest, values = scores.find_likeliest(CHARSET_V1, np.zeros(2, np.int64), np.arange(2), 4)
    np.testing.assert_array_equal(likeliest, np.argsort(-table, axis=1)[:, :4] + 1)
    np.testing.assert_allclose(values, -np.sort(-table, axis=1)[:, :4], atol=1e-4)


@pytest.mark.parametrize("name", HEADS)
def test_every_loss_is_that_of_the_full_softmax(name: str) -> None:
    texts = ["가각 가힣", "A가나나1", "①㉠ㄱ가"]
    torch.manual_seed(0)
    head = HEADS[name](32, CHARSET_V1.gate_size).double()
    steps = (2 * torch.randn(3, 12, 32)).double()
    encoded = [CHARSET_V1.encode(text) for text in texts]
    scores = head(steps)
    full = spread(scores)
    torch.testing.assert_close(full.exp().sum(dim=2), torch.ones(3, 12), atol=1e-4, rtol=0, check_dtype=False)
    lengths = torch.tensor([len(ids) for ids in encoded])
    labels = torch.tensor([ids for row in encoded for ids in row])
    wanted = F.ctc_loss(full.transpose(0, 1), labels, torch.full((3,), 12), lengths, reduction="sum") / lengths.sum()
    found = measure_ctc_loss(scores, build_labels(CHARSET_V1, encoded))
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4, check_dtype=False)
    gradients = [torch.autograd.grad(loss, head.parameters(), retain_graph=True) for loss in (found, wanted)]
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-2)


def spread(scores: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """All classes' log-probabilities (N, T, 11,484), by another way than the loss goes."""
    if len(scores) == 1:
        return scores[0]
    gate, *tables = scores
    if len(tables) == 4:
        share, cho, jung, jong = tables
        joint = cho[..., :, None, None] + jung[..., None, :, None] + jong[..., None, None, :]
        joint = (share[..., None, None, None] + joint).logsumexp(dim=2)
    elif tables[1].ndim == 4:
        cho, jung, jong = tables
        joint = cho[..., None, None] + jung[..., :, None] + jong[..., None, :]
    else:
        cho, jung, jong = tables
        joint = cho[..., :, None, None] + jung[..., None, :, None] + jong[..., None, None, :]
    return torch.cat([gate[..., :1], gate[..., 2:], gate[..., 1:2] + joint.flatten(2)], dim=2)


def test_gathered_rows_sum_to_one() -> None:
    scores = HEADS["mixed"](8, CHARSET_V1.gate_size)(torch.randn(2, 5, 8))
    rows = gather_classes(scores, build_labels(CHARSET_V1, [CHARSET_V1.encode("가나"), CHARSET_V1.encode("A")]))
    torch.testing.assert_close(rows.exp().sum(dim=2), torch.ones(2, 5))


@torch.no_grad()
def test_a_fresh_rectifier_moves_nothing() -> None:
    strips = draw_strips([61, 96])
    torch.testing.assert_close(Rectifier(32).eval()(strips, find_valid(strips)), strips, atol=5e-3, rtol=0)


@torch.no_grad()
def test_a_rectifier_straightens_what_its_fiducials_say() -> None:
    """Fiducials moved down by half the height show the lower half, and its edge."""
    rectifier = Rectifier(32).eval()
    rectifier.points.bias += torch.tensor([0.0, 1.0]).repeat(20)
    strips = draw_strips([64])
    drawn = rectifier(strips, find_valid(strips))
    torch.testing.assert_close(drawn[..., :16, :], strips[..., 16:, :], atol=5e-3, rtol=0)


def test_a_guide_sees_no_future_and_no_padding() -> None:
    torch.manual_seed(0)
    guide = AttentionGuide(16, CHARSET_V1.gate_size, inner=32).eval()
    features = torch.randn(1, 16, 1, 10)
    texts, kinds = spell_labels(build_labels(CHARSET_V1, [CHARSET_V1.encode("가나 다라")]))
    valid = torch.arange(10)[None] < 7
    seen = guide(features, valid, texts, kinds)
    changed, other = features.clone(), texts.clone()
    changed[..., 7:] = 9.0
    other[:, 3:] = 1
    again = guide(changed, valid, other, kinds)
    for table, same in zip(seen, again, strict=True):
        torch.testing.assert_close(table[:, :3], same[:, :3], atol=1e-5, rtol=1e-5)


def test_a_guide_that_is_right_costs_little() -> None:
    labels = build_labels(CHARSET_V1, [CHARSET_V1.encode("가A"), CHARSET_V1.encode("힣")])
    texts, kinds = (F.pad(each, (0, 0) * (each.ndim - 2) + (0, 1)) for each in spell_labels(labels))
    sure = [50.0 * F.one_hot(texts[..., part], size) for part, size in enumerate((CHARSET_V1.gate_size, 19, 21, 28))]
    assert float(measure_guide_loss(sure, texts, kinds, labels.lengths, smoothing=0.0)) < 1e-3
    wrong = [-each for each in sure]
    assert float(measure_guide_loss(wrong, texts, kinds, labels.lengths, smoothing=0.0)) > 10


def test_scores_are_told_apart_by_their_names_and_shapes() -> None:
    kinds = {name: build_tables(head(8, CHARSET_V1.gate_size)(torch.randn(1, 3, 8))) for name, head in HEADS.items()}
    assert {name: type(kind).__name__ for name, kind in kinds.items()} == {
        "factorised": "LineScores",
        "chained": "ChainedScores",
        "mixed": "MixedScores",
        "flat": "FlatScores",
    }
