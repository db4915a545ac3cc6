"""Layers as published: parameter counts, pooling, heads, the cascade's exit, refinement's feedback, spelling."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from geulnun.core.config import build_config
from geulnun.core.hangul import decompose
from geulnun.errors import ConfigError
from geulnun.runtime.characters.classes import CharClasses
from geulnun.training.characters.low_rank import measure_macs
from geulnun.training.characters.network_config import (
    CharacterNetworkConfig,
    build_character_network,
)
from geulnun.training.characters.networks.denseran import END, PADDING, TOKENS, DenseRan, build_tokens
from geulnun.training.characters.networks.heads import CharScores, FactorisedHead, FlatHead, JoinedHead, PriorHead
from geulnun.training.characters.networks.network import (
    CharacterNet,
    VectorReader,
    build_reader,
    find_exit_confidence,
)
from geulnun.training.characters.networks.pooling import POOLS
from geulnun.training.characters.networks.refinement import RefiningReader
from geulnun.training.characters.networks.trunk import ConvNorm, Trunk
from geulnun.training.characters.networks.trunks import TRUNKS
from geulnun.training.characters.networks.trunks.dense import DenseEncoder, DenseTrunk
from geulnun.training.characters.task import measure_exits
from geulnun.training.weights import count_parameters

CHINESE = 3755


def build_published(name: str, size_px: int) -> CharacterNet:
    """A network as its paper counts it: 3,755 flat classes."""
    trunk = TRUNKS[name]()
    channels = 8 if name == "directmap" else 1
    side = trunk.measure_map(channels, size_px)[1]
    link, neck, features = build_reader(trunk, trunk.channels, side, link=trunk.link, neck=trunk.neck, dropout=0.5)
    return CharacterNet(trunk, VectorReader(link, neck, FlatHead(features, CHINESE)))


def count_values(network: nn.Module) -> int:
    """Parameters and running statistics."""
    statistics = (b.numel() for name, b in network.named_buffers() if not name.endswith("num_batches_tracked"))
    return count_parameters(network) + sum(statistics)


def test_melnyk_net_has_the_published_count() -> None:
    network = build_published("melnyk", 96)
    assert count_values(network) == 6_523_819
    assert network.reader.link.weight.numel() == 16_128


@pytest.mark.parametrize(
    ("name", "size_px", "millions"),
    [("nine-layer", 96, 10.860), ("directmap", 32, 6.161), ("fire", 96, 3.61), ("afl", 64, 4.76)],
)
def test_networks_have_the_published_counts(name: str, size_px: int, millions: float) -> None:
    digits = len(str(millions).split(".")[1]) if millions != 10.860 else 3
    assert round(count_parameters(build_published(name, size_px)) / 1e6, digits) == millions


def test_the_network_of_adversarial_feature_learning_is_counted_to_the_last_weight() -> None:
    assert count_parameters(build_published("afl", 64)) == 4_759_051


def test_the_fire_net_halves_its_maps_by_stride() -> None:
    network = build_published("fire", 96)
    assert round(measure_macs(network, (1, 96, 96)) / 1e9, 2) == 0.42
    assert not [module for module in network.modules() if isinstance(module, nn.MaxPool2d)]
    assert network.trunk.measure_map(1, 96) == (12, 12)


@pytest.mark.parametrize(
    ("name", "count"),
    [("vgg", 14_717_760), ("mobilenet", 926_720), ("efficientnet", 4_006_972), ("compact", 1_961_664)],
)
def test_trunks_are_the_published_ones_for_grey_images(name: str, count: int) -> None:
    # Published for RGB: 14,714,688 with biases, 927,008 and 4,007,548.
    assert count_parameters(TRUNKS[name]()) == count


def test_dense_blocks_are_the_same_under_heads_and_under_a_decoder() -> None:
    trunk, encoder = DenseTrunk(1, layers=2).eval(), DenseEncoder(1, layers=2).eval()
    encoder.load_state_dict(dict(zip(encoder.state_dict(), trunk.state_dict().values(), strict=True)))
    images = torch.rand(2, 1, 48, 48)
    torch.testing.assert_close(trunk(images), encoder(images))
    assert trunk.early(images).shape[1:] == (trunk.early_channels, 6, 6)
    assert trunk.measure_map(1, 48) == (6, 3) and trunk.channels == encoder.channels


class TinyTrunk(Trunk):
    """Two convolutions, 16 px -> 8 -> 4."""

    def __init__(self) -> None:
        early = ConvNorm(1, 4, stride=2, act=nn.ReLU())
        super().__init__(early, ConvNorm(4, 6, stride=2, act=nn.ReLU()), 4, 6)


def build_tiny(*, early: bool = False) -> CharacterNet:
    trunk = TinyTrunk()
    head = FactorisedHead(6, CharClasses())
    first = VectorReader(POOLS["gwap"](4, 8), nn.Identity(), FactorisedHead(4, CharClasses())) if early else None
    return CharacterNet(trunk, VectorReader(POOLS["gwap"](6, 4), nn.Identity(), head), first).eval()


def test_pools_weigh_as_they_say() -> None:
    maps = torch.rand(2, 3, 4, 4)
    pools = {name: pool(3, 4) for name, pool in POOLS.items()}
    assert pools["flatten"](maps).shape == (2, 48)
    torch.testing.assert_close(pools["gap"](maps), maps.mean(dim=(2, 3)))
    torch.testing.assert_close(pools["gwap"](maps), maps.sum(dim=(2, 3)))
    torch.testing.assert_close(pools["gwoap"](maps), maps.sum(dim=(2, 3)))
    assert [sum(p.numel() for p in pools[name].parameters()) for name in POOLS] == [0, 0, 48, 3]
    with torch.no_grad():
        pools["gwap"].weight.zero_()
        pools["gwap"].weight[1, 2, 3] = 5.0
    wanted = torch.zeros(2, 3)
    wanted[:, 1] = 5 * maps[:, 1, 2, 3]
    torch.testing.assert_close(pools["gwap"](maps), wanted)


def test_a_weighted_pool_learns_where_to_look() -> None:
    pool = POOLS["gwap"](2, 3)
    maps = torch.rand(4, 2, 3, 3)
    pool(maps)[:, 0].sum().backward()
    torch.testing.assert_close(pool.weight.grad[0], maps[:, 0].sum(dim=0))
    assert not pool.weight.grad[1].any()


def test_joined_scores_of_whole_characters_start_as_the_product_of_their_letters() -> None:
    classes = CharClasses(syllables="all")
    scores = JoinedHead(5, classes, rank=2)(torch.rand(2, 5))
    a, b, c = decompose("뷁")
    wanted = scores.cho[:, a] + scores.jung[:, b] + scores.jong[:, c]
    torch.testing.assert_close(scores.flat[:, classes.encode("뷁").flat], wanted, atol=1e-4, rtol=1e-4)
    assert scores.flat.shape == (2, 11_172)


def test_a_prior_makes_syllables_as_likely_as_they_are_where_the_image_says_nothing() -> None:
    classes = CharClasses(syllables="all")
    head = PriorHead(5, classes)
    shares = np.random.default_rng(1).dirichlet(np.full(11_172, 0.5)) * 0.99 + 0.01 / 11_172
    head.set_prior(shares)
    letters = [np.zeros(size) for size in classes.sizes]
    for index, text in enumerate(classes.texts):
        for sums, part in zip(letters, decompose(text), strict=True):
            sums[part] += shares[index]
    with torch.no_grad():
        head.linear.weight.zero_()
        head.linear.bias.copy_(torch.from_numpy(np.log(np.concatenate(letters))))
        scores = head(torch.rand(1, 5))
    np.testing.assert_allclose(scores.flat[0].exp(), shares, rtol=1e-3)
    assert "prior" in head.state_dict()


def test_bare_jamo_have_places_in_the_heads() -> None:
    head = FactorisedHead(5, CharClasses(bare_jamo=True))
    assert [table.shape[1] for table in head(torch.rand(1, 5)).present.values()] == [20, 22, 28]


def test_the_cascade_answers_early_only_where_it_is_sure() -> None:
    network = build_tiny(early=True)
    images = torch.rand(6, 1, 16, 16)
    with torch.no_grad():
        early, late = network.read_steps(images)
    seen: list[int] = []
    network.trunk.late.register_forward_hook(lambda module, given, result: seen.append(len(result)))
    confidence = torch.stack([t.max(dim=1).values for t in early.present.values()]).sum(dim=0).exp()
    threshold = float(confidence.median())
    scores, sure = network.read_cascade(images, threshold)
    assert 0 < int(sure.sum()) < 6
    assert seen == [6 - int(sure.sum())]
    torch.testing.assert_close(scores.cho[sure], early.cho[sure])
    torch.testing.assert_close(scores.cho[~sure], late.cho[~sure], atol=1e-5, rtol=1e-5)
    assert bool(network.read_cascade(images, 0.0)[1].all())
    assert seen == [6 - int(sure.sum())], "the late part ran though all were answered"
    assert not network.read_cascade(images, 2.0)[1].any()
    with pytest.raises(ValueError, match="early_exit"):
        build_tiny().read_cascade(images, 0.5)


def test_the_exit_confidence_keeps_the_wanted_accuracy() -> None:
    confidence = torch.tensor([0.6, 0.9, 0.7, 0.8])
    right = torch.tensor([True, True, False, True])
    assert find_exit_confidence(confidence, right, 1.0) == pytest.approx(0.8)
    assert find_exit_confidence(confidence, right, 0.75) == pytest.approx(0.6)
    assert find_exit_confidence(confidence, ~right, 1.0) == 2.0
    assert measure_exits(torch.stack([confidence, right.float(), torch.ones(4)])) == {
        "early_top1": 0.75,
        "exit_confidence": pytest.approx(0.8),
        "exits": 0.5,
        "cascade_top1": 1.0,
    }


def build_refining() -> RefiningReader:
    return RefiningReader(3, 5, 16, 2, FactorisedHead(16, CharClasses()))


def test_refinement_is_fed_its_previous_prediction() -> None:
    reader = build_refining()
    early, late = torch.rand(2, 3, 8, 8), torch.rand(2, 5, 4, 4)
    places = reader.fuse(early, late)
    seen = reader.look(places)
    state = torch.rand(2, 16)
    sure = [torch.full((2, size), -30.0) for size in (19, 21, 28)]
    other = [table.clone() for table in sure]
    for first, second in zip(sure, other, strict=True):
        first[:, 0] = 0.0
        second[:, 5] = 0.0
    one, looked_one = reader.step(places, seen, state, CharScores(*sure))
    two, looked_two = reader.step(places, seen, state, CharScores(*other))
    assert (one - two).abs().max() > 1e-3
    assert (looked_one - looked_two).abs().max() > 1e-6
    torch.testing.assert_close(looked_one.sum(dim=1), torch.ones(2))
    answers = reader(early, late)
    assert len(answers) == 3
    again, _ = reader.step(places, seen, torch.tanh(reader.start(places.mean(dim=1))), answers[0])
    torch.testing.assert_close(reader.head(again).jung, answers[1].jung)


def test_the_first_answer_of_refinement_may_come_from_weighted_pooling() -> None:
    config = CharacterNetworkConfig(name="compact", size_px=32, refine_steps=1, refine_units=16)
    plain, weighed = (build_character_network(dataclasses.replace(config, link=link)) for link in ("paper", "gwap"))
    side = weighed.trunk.measure_map(1, 32)[1]
    assert weighed.reader.weight.shape == (side * side, 16)
    plain.load_state_dict({name: v for name, v in weighed.state_dict().items() if name != "reader.weight"})
    images = torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(plain.eval()(images).jung, weighed.eval()(images).jung, atol=1e-5, rtol=1e-5)
    assert count_parameters(weighed) - count_parameters(plain) == side * side * 16


def test_the_last_answers_gradient_reaches_the_first_prediction() -> None:
    reader = build_refining()
    answers = reader(torch.rand(2, 3, 8, 8), torch.rand(2, 5, 4, 4))
    for scores in answers:
        scores.cho.retain_grad()
    answers[2].jong[:, 3].sum().backward()
    assert all(answers[step].cho.grad.abs().sum() > 0 for step in (0, 1))
    assert answers[2].cho.grad is None


def test_dense_ran_spells_and_its_scores_are_its_letters() -> None:
    network = DenseRan(layers=2).eval()
    images = torch.rand(2, 1, 32, 32)
    scores = network(images)
    assert [table.shape for table in scores.present.values()] == [(2, 19), (2, 21), (2, 28)]
    best = [table.argmax(dim=1) for table in scores.present.values()]
    logits = network.spell(images, build_tokens(*best))
    torch.testing.assert_close(logits[:, 0, :19].log_softmax(dim=1), scores.cho, atol=1e-5, rtol=1e-5)
    finals = torch.cat([logits[:, 2, END:], logits[:, 2, 40:END]], dim=1)
    torch.testing.assert_close(finals.log_softmax(dim=1), scores.jong, atol=1e-5, rtol=1e-5)


def test_syllables_are_spelt_with_positional_letters_and_an_end() -> None:
    letters = torch.tensor([decompose("각"), decompose("가")]).T
    assert build_tokens(*letters).tolist() == [[0, 19, 40, END], [0, 19, END, PADDING]]
    assert TOKENS == 68


def test_the_decoder_remembers_where_it_looked() -> None:
    network = DenseRan(layers=1).eval()
    maps = network.encoder(torch.rand(1, 1, 32, 32))
    seen, memory = network.decoder.look(maps), network.decoder.begin(maps)
    _, first = network.decoder.step(maps, seen, memory, torch.tensor([TOKENS]))
    _, second = network.decoder.step(maps, seen, first, torch.tensor([0]))
    assert float(memory.attended.sum()) == 0
    assert float(first.attended.sum()) == pytest.approx(1, abs=1e-4)
    assert float(second.attended.sum()) == pytest.approx(2, abs=1e-4)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"name": "melnik"}, "unknown; allowed are melnyk"),
        ({"size_px": 8}, "allowed are 32, 40, 48, 64"),
        ({"name": "denseran", "head": "flat"}, "spells letters"),
        ({"head": "prior"}, "set syllables to"),
        ({"refine_steps": 2, "rivals": 5}, "not with denseran or refine_steps"),
    ],
)
def test_wrong_networks_say_what_is_allowed(table: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_config(table, CharacterNetworkConfig)


@pytest.mark.parametrize(
    "changes",
    [
        {"link": "flatten", "head": "flat"},
        {"name": "nine-layer", "head": "joined", "bare_jamo": True},
        {"name": "directmap", "preparation": "directions"},
        {"name": "mobilenet", "refine_steps": 2, "refine_units": 16},
        {"name": "inception-resnet", "early_exit": True},
        {"name": "efficientnet", "link": "gwoap"},
        {"name": "vgg", "width_ratio": 0.1},
        {"name": "afl", "size_px": 64, "rivals": 3},
    ],
)
def test_parts_go_together(changes: dict[str, object]) -> None:
    config = dataclasses.replace(CharacterNetworkConfig(size_px=32), **changes)
    network = build_character_network(config).eval()
    with torch.no_grad():
        scores = network(torch.rand(2, *config.input_shape))
    for table in scores.present.values():
        torch.testing.assert_close(table.exp().sum(dim=1), torch.ones(2), atol=1e-4, rtol=0)
