"""Batches, losses, optimisers and whole runs of character readers."""

import dataclasses
import itertools
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from geulnun.core.config import build_config
from geulnun.errors import ConfigError, DatasetError
from geulnun.evaluation.characters.curves import read_curve
from geulnun.runtime.characters.classes import UNKNOWN, CharClasses
from geulnun.training.characters.config import set_up_characters
from geulnun.training.characters.data import CharacterDataConfig, CharStream, label_char, move_char
from geulnun.training.characters.losses import (
    build_char_labels,
    measure_cross_entropy,
    measure_discrimination,
    measure_misclassification,
    measure_spelling_loss,
)
from geulnun.training.characters.network_config import CharacterNetworkConfig
from geulnun.training.characters.networks.denseran import TOKENS, build_tokens
from geulnun.training.characters.networks.heads import CharScores, FactorisedHead, PairwiseDiscriminators
from geulnun.training.characters.optimisers import CharacterOptimiserConfig, build_character_optimiser
from geulnun.training.characters.task import CharacterConfig, CharacterTask, HybridConfig, count_right, read_chars
from geulnun.training.fit import fit, read_checkpoint
from geulnun.training.weights import GUIDE, load_weights, read_weights, write_weights

CLASSES = CharClasses()


def label(text: str) -> object:
    return build_char_labels([CLASSES.encode(ch) for ch in text])


def test_batches_hold_what_the_source_drew(chars, character_config) -> None:
    stream = CharStream(chars, character_config.network, character_config.data, first_index=3)
    first, second = itertools.islice(stream, 2)
    assert first.images.shape == (8, 1, 32, 32)
    assert (first.next_index, second.next_index) == (11, 19)
    assert first.texts == [chars().draw(index).text for index in range(3, 11)]
    assert [CLASSES.encode(text)[0] for text in first.texts] == first.labels.cho.tolist()


def test_direction_maps_are_made_where_the_network_takes_them(chars) -> None:
    network = CharacterNetworkConfig(preparation="directions")
    batch = next(iter(CharStream(chars, network, CharacterDataConfig(batch_chars=2))))
    assert batch.images.shape == (2, 8, 32, 32)


def test_ink_is_cut_out_where_the_network_takes_it_tight(chars) -> None:
    network = CharacterNetworkConfig(preparation="tight", size_px=32)
    batch = next(iter(CharStream(chars, network, CharacterDataConfig(batch_chars=2))))
    assert batch.images.shape == (2, 1, 32, 32)
    assert batch.images[:, :, 1:-1].amax(dim=(1, 2, 3)).min() > 0.9 and batch.images[:, :, 0].max() == 0


def test_repeated_characters_come_back_moved(chars, character_config) -> None:
    data = CharacterDataConfig(workers=0, batch_chars=12, repeats=3)
    first = next(iter(CharStream(chars, character_config.network, data)))
    again = next(iter(CharStream(chars, character_config.network, data)))
    assert torch.equal(first.images, again.images), "the same place in a run gives the same batch"
    assert first.next_index == 4, "a third of them are drawn"
    drawn = [chars().draw(index).text for index in range(4)]
    assert first.texts[::3] == drawn and set(first.texts) <= set(drawn)
    plain = label_char(chars().draw(0), character_config.network)
    assert plain is not None
    moved = move_char(np.random.default_rng(1), plain)
    assert moved.text == plain.text and moved.image.shape == plain.image.shape
    assert 0 < np.abs(moved.image.astype(int) - plain.image).mean() < 100
    with pytest.raises(ValueError, match="repeats is 2"):
        CharacterDataConfig(pair_styles=True, repeats=2)


def test_paired_batches_hold_twins(chars, character_config) -> None:
    data = CharacterDataConfig(workers=0, batch_chars=6, pair_styles=True)
    for batch in itertools.islice(CharStream(chars, character_config.network, data), 3):
        assert batch.printed.tolist() == [False] * 3 + [True] * 3
        assert batch.texts[:3] == batch.texts[3:]


def test_characters_without_twins_are_told_of_instead_of_waited_for(
    chars, character_config, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Printed:
        def draw(self, index: int) -> object:
            return dataclasses.replace(chars().draw(index), style="printed")

    monkeypatch.setattr("geulnun.training.characters.data._MOST_ALONE", 500)
    data = CharacterDataConfig(workers=0, batch_chars=6, pair_styles=True)
    with pytest.raises(DatasetError, match="none of 500 in a row had a twin"):
        next(iter(CharStream(Printed, character_config.network, data)))


def test_a_source_of_unusable_characters_is_refused(character_config) -> None:
    class Wrong:
        def draw(self, index: int) -> object:
            return type("Drawn", (), {"image": np.zeros((8, 8), np.uint8), "text": "A", "style": "printed"})()

    with pytest.raises(DatasetError, match="1000 of 1000 characters are unusable, the last with text 'A'"):
        next(iter(CharStream(Wrong, character_config.network, character_config.data)))


def test_cross_entropy_is_the_sum_over_the_heads() -> None:
    with torch.no_grad():
        scores = FactorisedHead(4, CLASSES)(torch.rand(2, 4))
    rows = [CLASSES.encode(ch) for ch in "각힣"]
    wanted = -sum(float(table[i, row[part]]) for i, row in enumerate(rows) for part, table in enumerate(scores[:3])) / 2
    assert float(measure_cross_entropy(scores, label("각힣"))) == pytest.approx(wanted, rel=1e-5)


def test_characters_without_a_flat_class_cost_a_flat_head_nothing() -> None:
    rare = next(ch for ch in map(chr, range(0xAC00, 0xD7A4)) if CLASSES.encode(ch).flat == UNKNOWN)
    table = torch.randn(2, 2350).log_softmax(dim=1).requires_grad_()
    loss = measure_cross_entropy(CharScores(flat=table), label("가" + rare))
    loss.backward()
    assert loss.item() == pytest.approx(-table[0, 0].item())
    assert not table.grad[1].any()


def test_the_misclassification_cost_follows_its_formula_and_falls_with_the_lead() -> None:
    table = torch.tensor([[0.5, 0.3, 0.2]]).log()
    scores = CharScores(flat=table)
    truth = build_char_labels([(0, 0, 0, 0)])
    rivals = torch.tensor([0.3, 0.2]).pow(2).mean().log() / 2
    wanted = torch.sigmoid(3 * (rivals - table[0, 0]))
    assert float(measure_misclassification(scores, truth, slope=3.0, sharpness=2.0)) == pytest.approx(float(wanted))
    worse = build_char_labels([(0, 0, 0, 2)])
    assert measure_misclassification(scores, worse, slope=3.0, sharpness=2.0) > wanted


def test_discriminators_learn_the_hardest_rivals_on_shared_features() -> None:
    discriminators = PairwiseDiscriminators(4, {"flat": 2350}, rivals=2)
    features = torch.rand(1, 4, requires_grad=True)
    table = torch.full((1, 2350), -20.0)
    table[0, [0, 7, 9]] = torch.tensor([-1.0, -1.5, -1.2])
    measure_discrimination(discriminators, features, CharScores(flat=table), label("가")).backward()
    directions = discriminators.directions["flat"].weight.grad
    assert directions.abs().sum(dim=1).nonzero().flatten().tolist() == [0, 7, 9]
    assert features.grad.abs().sum() > 0
    torch.testing.assert_close(directions[0], -directions[[7, 9]].sum(dim=0))


def test_discriminators_are_trained_and_do_not_read(chars, character_config) -> None:
    config = dataclasses.replace(
        character_config,
        network=dataclasses.replace(character_config.network, rivals=2),
        hybrid=HybridConfig(kind="pairwise"),
    )
    task = CharacterTask(config)
    batch = next(iter(CharStream(chars, config.network, config.data)))
    task.measure_loss(batch).backward()
    directions = task.network.get_submodule(GUIDE).directions
    assert all(each.weight.grad.abs().sum() > 0 for each in directions.values())
    before = read_chars(task.network.eval(), batch.images)
    for each in directions.values():
        torch.nn.init.constant_(each.weight, 100.0)
    after = read_chars(task.network, batch.images)
    assert all(torch.equal(table, after.present[name]) for name, table in before.present.items())


def test_spelling_is_learned_letter_by_letter() -> None:
    labels = label("각가")
    tokens = build_tokens(*labels[:3])
    logits = torch.zeros(2, 4, TOKENS)
    uniform = float(measure_spelling_loss(logits, labels))
    assert uniform == pytest.approx(np.log(TOKENS) * 7 / 2, rel=1e-5)
    logits.scatter_(2, tokens.clamp_min(0)[..., None], 20.0)
    assert float(measure_spelling_loss(logits, labels)) < 1e-3


def test_adabound_moves_like_adam_at_first_and_within_closing_bounds() -> None:
    pytest.importorskip("pytorch_optimizer")
    config = CharacterOptimiserConfig(kind="adabound", lr=1e-3, final_lr=0.1, gamma=0.005, weight_decay=0.0)
    layer = torch.nn.Linear(1, 1, bias=False)
    optimiser = build_character_optimiser([layer], config)
    moved = []
    for _ in range(400):
        before = layer.weight.item()
        optimiser.zero_grad()
        (layer(torch.ones(1, 1)) * 1e-3).sum().backward()
        optimiser.step()
        moved.append((before - layer.weight.item()) / 1e-3)
    # Adam would move by lr throughout, here 1; the upper bound final_lr (1 + 1 / (γ t)) closes on SGD's final rate.
    assert moved[0] == pytest.approx(1.0, rel=0.02)
    assert moved[-1] == pytest.approx(0.1 * (1 + 1 / (0.005 * 400)), rel=0.02)


@pytest.mark.parametrize("kind", ["adamw", "adam", "sgd"])
def test_other_optimisers_come_from_torch(kind: str) -> None:
    config = CharacterOptimiserConfig(kind=kind)
    assert type(build_character_optimiser([torch.nn.Linear(2, 2)], config)).__name__.lower() == kind


def test_a_run_leaves_a_checkpoint_and_scores(chars, character_config, tmp_path: Path) -> None:
    task = fit(character_config, partial(set_up_characters, character_config, chars, {"drawn": (chars, 12)}), tmp_path)
    assert task.samples_seen == 48
    assert read_checkpoint(tmp_path / "last.ckpt")["samples_seen"] == 48
    (record,) = json.loads((tmp_path / "validation.json").read_text())["scores"]
    assert (record["set"], record["samples"]) == ("validation: drawn characters", 12)
    assert record["values"].keys() == {"top1", "top5", "cho", "jung", "jong"}
    assert record["values"]["top5"] >= record["values"]["top1"]


def test_a_run_leaves_its_learning_curve_and_the_weights_of_every_pass(chars, character_config, tmp_path: Path) -> None:
    def learn(total: int):  # noqa: ANN202
        run = dataclasses.replace(character_config.run, total_samples=total, keep_every_samples=16)
        config = dataclasses.replace(character_config, run=run)
        return fit(config, partial(set_up_characters, config, chars, {"a": (chars, 8), "b": (chars, 8)}), tmp_path)

    learn(32)
    task = learn(48)
    points = read_curve(tmp_path / "curve.jsonl")
    assert points[-1].samples == 48 and len({each.samples for each in points}) == len(points) > 1
    assert {name for each in points for name in each.sets} == {f"validation: {name} characters" for name in "ab"}
    assert sorted(each.name for each in (tmp_path / "epochs").iterdir()) == [f"00{k}.safetensors" for k in (1, 2, 3)]
    last = read_weights(tmp_path / "epochs" / "003.safetensors")
    for name, value in task.average.state_dict().items():
        torch.testing.assert_close(last[name], value, atol=1e-2, rtol=1e-2, check_dtype=False)


def test_a_cascades_run_says_what_it_would_answer_early(chars, character_config, tmp_path: Path) -> None:
    network = dataclasses.replace(character_config.network, early_exit=True)
    config = dataclasses.replace(character_config, network=network)
    fit(config, partial(set_up_characters, config, chars, {"drawn": (chars, 12)}), tmp_path)
    values = json.loads((tmp_path / "validation.json").read_text())["scores"][0]["values"]
    assert values.keys() >= {"early_top1", "exit_confidence", "exits", "cascade_top1"}


def test_weights_of_letters_alone_start_a_head_with_a_prior(character_config, tmp_path: Path) -> None:
    letters = dataclasses.replace(character_config.network, syllables="all")
    plain = CharacterTask(dataclasses.replace(character_config, network=letters))
    write_weights(plain.network, tmp_path / "weights.safetensors")
    weighed = dataclasses.replace(letters, head="prior")
    task = CharacterTask(dataclasses.replace(character_config, network=weighed))
    shares = np.full(11_172, 0.5 / 11_171)
    shares[7] = 0.5
    task.set_prior(shares)
    counted = task.network.reader.head.prior.clone()
    assert counted.any()
    load_weights(task, tmp_path)
    for network in (task.network, task.average):
        head = network.reader.head
        assert torch.equal(head.prior, counted)
        torch.testing.assert_close(head.linear.weight, plain.network.reader.head.linear.weight, atol=1e-3, rtol=1e-2)


@pytest.mark.parametrize(
    ("network", "hybrid"),
    [
        ({}, "none"),
        ({"head": "joined", "early_exit": True}, "mce"),
        ({"head": "flat", "rivals": 2}, "pairwise"),
        ({"refine_steps": 1, "refine_units": 64}, "none"),
    ],
)
def test_characters_are_learned_by_heart(chars, character_config, network, hybrid) -> None:
    config = dataclasses.replace(
        character_config,
        network=dataclasses.replace(character_config.network, link="gap", **network),
        hybrid=HybridConfig(kind=hybrid),
    )
    task = CharacterTask(config)
    optimiser = torch.optim.Adam(task.network.parameters(), lr=5e-3)
    batches = list(itertools.islice(CharStream(chars, config.network, config.data), 4))
    for batch in itertools.islice(itertools.cycle(batches), 120):
        optimiser.zero_grad()
        task.measure_loss(batch).backward()
        optimiser.step()
    task.network.eval()
    counts = [count_right(task.network, batch, config.network.classes) for batch in batches]
    # A flat table of KS X 1001 has no class for 힣 and 뷁.
    flat = network.get("head") in ("flat", "joined")
    known = sum(not flat or CLASSES.encode(text).flat != UNKNOWN for batch in batches for text in batch.texts)
    assert sum(count["top1"] for count in counts) >= 0.8 * known


def test_dense_ran_learns_to_spell(two_chars, character_config) -> None:
    network = CharacterNetworkConfig(name="denseran", size_px=32, dense_layers=1)
    config = dataclasses.replace(character_config, network=network)
    task = CharacterTask(config)
    optimiser = task.configure_optimizers()
    batch = next(iter(CharStream(two_chars, network, config.data)))
    losses = []
    for _ in range(12):
        optimiser.zero_grad()
        loss = task.measure_loss(batch)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"hybrid": {"kind": "pairwise"}}, "set both or neither"),
        ({"adversarial": {"weight": 0.1}}, "set data.pair_styles"),
        ({"network": {"name": "denseran"}, "hybrid": {"kind": "mce"}}, "denseran"),
        ({"low_rank": {"speedup": 0.5}}, "at least 1, or 0"),
        ({"drop_weight": {"ratio": 1.0}}, "up to, but not including, 1"),
        ({"data": {"batch_chars": 7, "pair_styles": True}}, "even with pair_styles"),
    ],
)
def test_methods_that_do_not_go_together_are_refused(tables: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_config(tables, CharacterConfig)
