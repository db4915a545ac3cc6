"""What the methods promise: ranks and costs, sparsity and survivors, gradients turned round."""

import dataclasses
import itertools
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from geulnun.training.characters.adversarial import AdversarialTask
from geulnun.training.characters.config import set_up_characters
from geulnun.training.characters.data import CharacterDataConfig, CharStream
from geulnun.training.characters.drop_weight import DropWeightConfig, WeightDropper, find_droppable
from geulnun.training.characters.losses import measure_cross_entropy
from geulnun.training.characters.low_rank import (
    Expander,
    LowRankConfig,
    LowRankConv,
    expand_conv,
    expand_layer,
    find_expandable,
    find_rank,
    measure_macs,
)
from geulnun.training.characters.networks.trunks import TRUNKS
from geulnun.training.characters.optimisers import build_character_optimiser
from geulnun.training.characters.task import AdversarialConfig, CharacterTask
from geulnun.training.fit import fit, read_checkpoint


def test_ranks_give_the_wanted_speedup() -> None:
    assert find_rank(96, 128, 3, 4.0) == 96 * 128 * 3 // (4 * 224)
    trunk = TRUNKS["nine-layer"]()
    first, *names = [name for name, module in trunk.named_modules() if isinstance(module, nn.Conv2d)]
    assert find_expandable(trunk) == names
    name = names[2]
    conv = trunk.get_submodule(name)
    before = measure_macs(nn.Sequential(conv), (conv.in_channels, 8, 8))
    expanded = expand_layer(trunk, name, find_rank(conv.in_channels, conv.out_channels, 3, 4.0))
    assert trunk.get_submodule(name) is expanded
    assert before / measure_macs(expanded, (conv.in_channels, 8, 8)) == pytest.approx(4, rel=0.03)


def test_full_rank_changes_nothing_and_less_is_the_best_that_rank_gives() -> None:
    conv = nn.Conv2d(3, 5, 3, padding=1, stride=2)
    image = torch.rand(2, 3, 9, 9)
    torch.testing.assert_close(expand_conv(conv, 9)(image), conv(image), atol=1e-5, rtol=1e-5)
    low = expand_conv(conv, 2)
    assert isinstance(low, LowRankConv) and low[0].out_channels == 2
    kernel = torch.einsum("dcyq,ndpx->ncyx", low[0].weight, low[1].weight)
    values = torch.linalg.svdvals(conv.weight.permute(1, 2, 0, 3).reshape(9, 15))
    error = (kernel - conv.weight).square().sum()
    assert float(error) == pytest.approx(float(values[2:].square().sum()), rel=1e-3)


def build_small() -> nn.Sequential:
    return nn.Sequential(*(nn.Conv2d(4, 4, 3, padding=1) for _ in range(4)))


def test_layers_are_expanded_one_at_a_time_and_all_learn_at_the_end() -> None:
    network = build_small()
    expander = Expander(network, LowRankConfig(speedup=2.0, first_samples=10, samples_per_layer=100))

    def describe() -> list[tuple[bool, bool]]:
        return [(isinstance(layer, LowRankConv), next(layer.parameters()).requires_grad) for layer in network]

    assert not expander.advance(network, 9)
    assert expander.advance(network, 10)
    assert describe() == [(False, True), (True, True), (False, True), (False, True)]
    assert not expander.advance(network, 109)
    assert expander.advance(network, 110) and expander.advance(network, 210)
    assert describe() == [(False, True), (True, False), (True, False), (True, True)]
    assert expander.advance(network, 310) and not expander.advance(network, 900)
    assert all(learns for _, learns in describe())
    fresh = build_small()
    Expander(fresh, expander.config).restore(fresh, expander.ranks, True)
    fresh.load_state_dict(network.state_dict())


def test_a_run_expands_learns_on_and_can_be_taken_up(chars, character_config, tmp_path: Path) -> None:
    config = dataclasses.replace(
        character_config,
        low_rank=LowRankConfig(speedup=2.0, first_samples=16, samples_per_layer=16),
        run=dataclasses.replace(character_config.run, total_samples=200),
    )
    for _ in range(4):
        task = fit(config, partial(set_up_characters, config, chars, {}), tmp_path, max_minutes=1e-6)
    assert task.samples_seen == 32
    assert list(task.expander.ranks) == ["trunk.late.0.0"]
    saved = read_checkpoint(tmp_path / "last.ckpt")
    assert saved["low_rank"]["ranks"] == task.expander.ranks
    finished = fit(config, partial(set_up_characters, config, chars, {"drawn": (chars, 8)}), tmp_path)
    assert finished.expander.all_learn and len(finished.expander.ranks) == 2
    assert all(parameter.requires_grad for parameter in finished.network.parameters())
    states = (finished.network.state_dict(), finished.average.state_dict())
    assert states[0].keys() == states[1].keys()


def measure_sparsity(network: nn.Module) -> dict[str, float]:
    """Share of zeros in each layer that weights may be dropped from."""
    return {name: (weight == 0).float().mean().item() for name, weight in find_droppable(network).items()}


def test_weights_are_dropped_in_steps_up_to_the_ratio_and_stay_dropped() -> None:
    network = nn.Sequential(nn.Linear(20, 20), nn.Linear(20, 40), nn.Linear(40, 20))
    dropper = WeightDropper(network, DropWeightConfig(ratio=0.7, layer_ratios={"2": 0.3}, every_steps=2))
    sparsity, thresholds = [], []
    for _ in range(160):
        dropper.step(network, 0)
        sparsity.append(measure_sparsity(network)["1"])
        thresholds.append(dropper.thresholds["1"])
    assert sparsity == sorted(sparsity) and thresholds == sorted(thresholds)
    assert len(set(sparsity)) > 5, "the threshold was not raised in steps"
    assert measure_sparsity(network) == {"1": pytest.approx(0.7, abs=0.01), "2": pytest.approx(0.3, abs=0.01)}
    assert network[0].weight.ne(0).all()
    smallest = network[1].weight[network[1].weight != 0].abs().min()
    assert float(smallest) >= thresholds[-1]


def test_survivors_train_on_and_late_ones_fall() -> None:
    network = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    dropper = WeightDropper(network, DropWeightConfig(ratio=0.5, every_steps=1))
    for _ in range(60):
        dropper.step(network, 0)
    dead = network[1].weight == 0
    assert int(dead.sum()) == 8
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    before = network[1].weight.detach().clone()
    network(torch.rand(2, 4)).square().sum().backward()
    optimiser.step()
    assert (network[1].weight != 0)[dead].any(), "the step moved nothing that was dropped"
    dropper.hold(network)
    assert not network[1].weight[dead].any()
    assert (network[1].weight != before)[~dead].all()
    held = dropper.thresholds["1"]
    with torch.no_grad():
        network[1].weight[~dead] = torch.where(torch.arange(8) == 0, held / 2, held * 2)
    dropper.step(network, 0)
    assert int((network[1].weight == 0).sum()) == 9
    assert dropper.thresholds["1"] == held


def test_dropping_is_taken_up_from_zeros() -> None:
    network = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    dropper = WeightDropper(network, DropWeightConfig(ratio=0.5, every_steps=1))
    for _ in range(60):
        dropper.step(network, 0)
    again = WeightDropper(network, dropper.config)
    again.restore(dropper.state())
    dead = network[1].weight == 0
    again.step(network, 0)
    assert torch.equal(network[1].weight == 0, dead)
    assert again.steps == 61


def test_weights_that_were_dropped_before_stay_dropped() -> None:
    network = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    with torch.no_grad():
        network[1].weight[:2] = 0
    WeightDropper(network, DropWeightConfig(ratio=0.5)).step(network, 0)
    assert measure_sparsity(network)["1"] == 0.5


def test_a_run_drops_weights_of_network_and_average(chars, character_config, tmp_path: Path) -> None:
    drop = DropWeightConfig(ratio=0.5, every_steps=1, raise_ratio=0.4)
    config = dataclasses.replace(character_config, drop_weight=drop)
    task = fit(config, partial(set_up_characters, config, chars, {}), tmp_path)
    for network in (task.network, task.average):
        assert all(share > 0.3 for share in measure_sparsity(network).values())
    assert set(find_droppable(task.network)) == set(measure_sparsity(task.average))


def test_weights_that_were_dropped_stay_dropped_in_a_run_that_resumes(chars, character_config, tmp_path: Path) -> None:
    drop = DropWeightConfig(ratio=0.5, every_steps=10_000, mean_ratio=0.5)
    config = dataclasses.replace(character_config, drop_weight=drop)
    first = fit(config, partial(set_up_characters, config, chars, {}), tmp_path)
    run = dataclasses.replace(config.run, total_samples=2 * config.run.total_samples)
    longer = dataclasses.replace(config, run=run)
    second = fit(longer, partial(set_up_characters, longer, chars, {}), tmp_path)
    before, after = (find_droppable(task.network) for task in (first, second))
    for name, weight in before.items():
        assert (weight == 0).any() and torch.equal(weight == 0, after[name] == 0)


class SteppingTask(AdversarialTask):
    """Makes its steps without a trainer and notes what each one moved."""

    def prepare(self) -> None:
        self.made = [build_character_optimiser(modules, self.config.optimiser) for modules in self.parts]
        self.moved: list[set[str]] = []

    def _optimisers(self) -> list:
        return self.made

    def manual_backward(self, loss: torch.Tensor, *args: object, **kwargs: object) -> None:
        loss.backward()

    def _move(self, optimiser, loss, modules) -> None:  # noqa: ANN001
        before = {name: p.detach().clone() for name, p in self.named_parameters()}
        super()._move(optimiser, loss, modules)
        after = dict(self.named_parameters())
        self.moved.append({name for name, old in before.items() if not torch.equal(old, after[name])})


@pytest.fixture
def adversarial_config(character_config):
    return dataclasses.replace(
        character_config,
        data=CharacterDataConfig(workers=0, batch_chars=8, pair_styles=True),
        adversarial=AdversarialConfig(weight=0.1, hidden=16),
    )


def test_each_of_the_three_steps_moves_its_own_part(chars, adversarial_config) -> None:
    task = SteppingTask(adversarial_config)
    task.prepare()
    batch = next(iter(CharStream(chars, adversarial_config.network, adversarial_config.data)))
    task.step(batch)
    first, second, third = task.moved
    assert first and all(name.startswith("domain_head.") for name in first)
    assert second and all(name.startswith(("network.trunk.", "network.reader.link.")) for name in second)
    assert third and all(name.startswith(("network.reader.head.", "network.reader.neck.")) for name in third)


def test_the_extractor_is_driven_against_the_domain_head(chars, adversarial_config) -> None:
    task = SteppingTask(adversarial_config).eval()
    batch = next(iter(CharStream(chars, adversarial_config.network, adversarial_config.data)))
    printed = batch.printed.float()
    maps = task.extract(batch.images).detach().requires_grad_()
    told = torch.autograd.grad(task.measure_domain(maps, printed), maps)[0]
    with_domain = torch.autograd.grad(task.measure_extractor(maps, batch.labels, printed), maps)[0]
    plain = dataclasses.replace(adversarial_config, adversarial=AdversarialConfig())
    task.config = plain
    without = torch.autograd.grad(task.measure_extractor(maps, batch.labels, printed), maps)[0]
    added = (with_domain - without).flatten()
    assert float(added.norm()) > 0
    assert float(torch.cosine_similarity(added, told.flatten(), dim=0)) < 0


def test_the_control_makes_the_same_steps_without_the_adversary(chars, adversarial_config) -> None:
    control = dataclasses.replace(adversarial_config, adversarial=AdversarialConfig(hidden=16, control=True))
    assert isinstance(set_up_characters(control, chars, {}).task, AdversarialTask)
    task = SteppingTask(control).eval()
    batch = next(iter(CharStream(chars, control.network, control.data)))
    maps = task.extract(batch.images).detach().requires_grad_()
    printed = batch.printed.float()
    (moved,) = torch.autograd.grad(task.measure_extractor(maps, batch.labels, printed), maps)
    written, twins = (
        measure_cross_entropy(task.read(maps[printed == each]), batch.labels.chosen(printed == each)) for each in (0, 1)
    )
    torch.testing.assert_close(moved, torch.autograd.grad(written + twins, maps)[0])


def test_adversarial_training_mixes_the_styles(chars, adversarial_config) -> None:
    task = SteppingTask(adversarial_config)
    task.prepare()
    stream = CharStream(chars, adversarial_config.network, adversarial_config.data)
    losses = [task.step(batch) for batch in itertools.islice(stream, 12)]
    assert losses[-1].label < losses[0].label


def test_an_adversarial_run_counts_and_can_be_taken_up(chars, adversarial_config, tmp_path: Path) -> None:
    config = dataclasses.replace(adversarial_config, run=dataclasses.replace(adversarial_config.run, total_samples=24))
    task = fit(config, partial(set_up_characters, config, chars, {"drawn": (chars, 8)}), tmp_path, max_minutes=1e-6)
    assert (task.samples_seen, read_checkpoint(tmp_path / "last.ckpt")["global_step"]) == (8, 1)
    task = fit(config, partial(set_up_characters, config, chars, {"drawn": (chars, 8)}), tmp_path)
    assert task.samples_seen == 24
    saved = read_checkpoint(tmp_path / "last.ckpt")
    assert saved["global_step"] == 3 and len(saved["optimizer_states"]) == 3


def test_ordinary_tasks_have_no_domain_head(character_config) -> None:
    assert not hasattr(CharacterTask(character_config), "domain_head")
