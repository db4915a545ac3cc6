import torch
from torch import Tensor
from torch.nn import functional as F

from geulnun.core.charset import CHARSET_V1
from geulnun.training.detector.losses import measure_map_loss
from geulnun.training.recognizer.losses import build_labels, gather_classes, measure_ctc_loss

TEXTS = ["가각 가힣", "A가나나1", "", "①㉠ㄱ가"]
STEPS = 14


def draw_logits() -> list[Tensor]:
    generator = torch.Generator().manual_seed(3)
    sizes = (CHARSET_V1.gate_size, 19, 21, 28)
    return [
        (3 * torch.randn(len(TEXTS), STEPS, size, generator=generator, dtype=torch.float64)).requires_grad_()
        for size in sizes
    ]


def spread(tables: list[Tensor]) -> Tensor:
    """The full log-softmax (N, T, 11k) of the factorised tables."""
    gate, cho, jung, jong = tables
    syllables = cho[..., :, None, None] + jung[..., None, :, None] + jong[..., None, None, :]
    syllables = syllables.flatten(2) + gate[..., 1:2]
    return torch.cat([gate[..., :1], gate[..., 2:], syllables], dim=2)


def measure_full_loss(tables: list[Tensor]) -> Tensor:
    encoded = [CHARSET_V1.encode(text) for text in TEXTS]
    targets = torch.tensor([i for ids in encoded for i in ids])
    lengths = torch.tensor([len(ids) for ids in encoded])
    steps = torch.full((len(TEXTS),), STEPS)
    total = F.ctc_loss(spread(tables).transpose(0, 1), targets, steps, lengths, reduction="sum")
    return total / lengths.sum()


def test_factorised_loss_and_gradient_are_those_of_the_full_softmax() -> None:
    labels = build_labels(CHARSET_V1, [CHARSET_V1.encode(text) for text in TEXTS])
    results = []
    for measure in (measure_full_loss, lambda tables: measure_ctc_loss(tuple(tables), labels)):
        logits = draw_logits()
        loss = measure([each.log_softmax(dim=2) for each in logits])
        results.append((loss, torch.autograd.grad(loss, logits)))
    (full, full_gradients), (ours, our_gradients) = results
    torch.testing.assert_close(ours, full, rtol=1e-9, atol=1e-9)
    for a, b in zip(our_gradients, full_gradients, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-7, atol=1e-9)


def test_gathered_rows_are_normalised() -> None:
    labels = build_labels(CHARSET_V1, [CHARSET_V1.encode(text) for text in TEXTS])
    rows = gather_classes(tuple(each.log_softmax(dim=2) for each in draw_logits()), labels)
    torch.testing.assert_close(rows.exp().sum(dim=2), torch.ones(len(TEXTS), STEPS, dtype=torch.float64))


def test_certain_scores_give_finite_gradients() -> None:
    labels = build_labels(CHARSET_V1, [CHARSET_V1.encode("가")])
    logits = [torch.zeros(1, 4, size) for size in (CHARSET_V1.gate_size, 19, 21, 28)]
    logits[0][:, :, 0] = 200.0
    for each in logits:
        each.requires_grad_()
    loss = measure_ctc_loss(tuple(each.log_softmax(dim=2) for each in logits), labels)
    gradients = torch.autograd.grad(loss, logits)
    assert loss.isfinite()
    assert all(gradient.isfinite().all() for gradient in gradients)


def test_labels_name_each_class_once() -> None:
    labels = build_labels(CHARSET_V1, [CHARSET_V1.encode("가A가"), CHARSET_V1.encode("힣")])
    assert labels.lengths.tolist() == [3, 1]
    assert labels.kinds.tolist() == [[1, 2], [2, 0]]
    assert labels.labels.tolist() == [[2, 1, 2], [1, 0, 0]]
    assert labels.parts[0, 1].tolist() == [1, 0, 0, 0]
    assert labels.parts[1, 0].tolist() == [1, 18, 20, 27]


def test_map_loss_counts_hard_negatives_and_skips_what_is_unknown() -> None:
    targets = torch.zeros(1, 2, 60, 60)
    targets[:, :, :5, :5] = 1.0
    weights = torch.ones(1, 60, 60)
    right = targets.clone()
    assert measure_map_loss(right, targets, weights) == 0
    false_alarm = right.clone()
    false_alarm[:, 0, 50, 50] = 1.0
    assert measure_map_loss(false_alarm, targets, weights) > 0
    weights[:, 50, 50] = 0
    assert measure_map_loss(false_alarm, targets, weights) == 0
