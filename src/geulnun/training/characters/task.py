"""The Lightning module of the character reader."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch
from torch import Tensor

from geulnun.core.arrays import Floats
from geulnun.runtime.bundles.manifest import MetricRecord
from geulnun.runtime.characters.classes import CharClasses, decode_factorised, decode_flat
from geulnun.training.callbacks import RunConfig
from geulnun.training.characters.data import CharacterDataConfig, CharBatch
from geulnun.training.characters.drop_weight import DropWeightConfig, WeightDropper
from geulnun.training.characters.losses import (
    CharLabels,
    measure_cross_entropy,
    measure_discrimination,
    measure_misclassification,
    measure_spelling_loss,
)
from geulnun.training.characters.low_rank import Expander, LowRankConfig
from geulnun.training.characters.network_config import CharacterNetworkConfig, build_character_network
from geulnun.training.characters.networks.denseran import DenseRan, build_tokens
from geulnun.training.characters.networks.heads import CharScores, PairwiseDiscriminators, PriorHead
from geulnun.training.characters.networks.network import (
    CharacterNet,
    VectorReader,
    find_exit_confidence,
    measure_confidence,
)
from geulnun.training.characters.optimisers import CharacterOptimiserConfig, build_character_optimiser
from geulnun.training.learning_task import LearningTask
from geulnun.training.weights import GUIDE

_TOP = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridConfig:
    """What is added to the cross entropy.

    Attributes:
        kind: "pairwise" discriminators (the network needs `rivals`), "mce", or "none".
        weight: of what is added.
        slope: ξ of "mce".
        sharpness: η of "mce".
    """

    kind: Literal["none", "pairwise", "mce"] = "none"
    weight: float = 0.5
    slope: float = 1.0
    sharpness: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AdversarialConfig:
    """Adversarial feature learning: handwriting is to give the features that print gives.

    Attributes:
        weight: α of the flipped domain loss; 0 is ordinary training. The paper's is 0.1.
        hidden: units of the domain head.
        control: make the three steps of the method with a `weight` of 0 too: what it is to be compared with.
    """

    weight: float = 0.0
    hidden: int = 512
    control: bool = False

    @property
    def steps_thrice(self) -> bool:
        """Whether domain head, extractor and label head are trained in turn."""
        return self.weight > 0 or self.control


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterConfig:
    """One training run of a character reader."""

    network: CharacterNetworkConfig = field(default_factory=CharacterNetworkConfig)
    data: CharacterDataConfig = field(default_factory=CharacterDataConfig)
    optimiser: CharacterOptimiserConfig = field(default_factory=CharacterOptimiserConfig)
    run: RunConfig = field(default_factory=RunConfig)
    hybrid: HybridConfig = field(default_factory=HybridConfig)
    low_rank: LowRankConfig = field(default_factory=LowRankConfig)
    drop_weight: DropWeightConfig = field(default_factory=DropWeightConfig)
    adversarial: AdversarialConfig = field(default_factory=AdversarialConfig)

    def __post_init__(self) -> None:
        spelling = self.network.name == "denseran"
        if (self.hybrid.kind == "pairwise") != (self.network.rivals > 0):
            raise ValueError("hybrid.kind pairwise and network.rivals above 0 go together; set both or neither.")
        if spelling and self.hybrid.kind != "none":
            raise ValueError("denseran has no tables of classes while learning: hybrid.kind must be none.")
        if self.adversarial.steps_thrice:
            if spelling or self.network.refine_steps or self.hybrid.kind != "none" or self.network.early_exit:
                raise ValueError("adversarial goes with neither denseran, refine_steps, early_exit nor hybrid.")
            if self.low_rank.speedup or self.drop_weight.ratio or self.drop_weight.layer_ratios:
                raise ValueError("adversarial goes with neither low_rank nor drop_weight; --init from its weights.")
            if not self.data.pair_styles:
                raise ValueError("adversarial compares twins of both styles: set data.pair_styles to true.")


class CharacterTask(LearningTask):
    """Cross entropy and what a config adds to it; expansion and dropping on the way; accuracy on the average.

    Logs per validation set `validate/top1_NAME` and `validate/top5_NAME`, and the accuracy of each letter.
    """

    def __init__(self, config: CharacterConfig) -> None:
        network = build_trained_network(config)
        super().__init__(network, config.optimiser, config.run.total_samples)
        self.config = config
        self.classes = config.network.classes
        self.expander = Expander(network, config.low_rank) if config.low_rank.speedup else None
        drops = config.drop_weight.ratio > 0 or bool(config.drop_weight.layer_ratios)
        self.dropper = WeightDropper(network, config.drop_weight) if drops else None
        self.right: dict[str, Counter[str]] = {}
        self.exits: dict[str, list[Tensor]] = {}

    def set_prior(self, shares: Floats) -> None:
        """Take over how often each syllable occurs, (11172,), into the heads that weigh by it."""
        for network in (self.network, self.average):
            for module in network.modules():
                if isinstance(module, PriorHead):
                    module.set_prior(shares)

    def configure_optimizers(self) -> Any:
        """The optimiser of the network's weights."""
        assert isinstance(self.optimiser, CharacterOptimiserConfig)
        return build_character_optimiser([self.network], self.optimiser)

    def measure_loss(self, batch: CharBatch) -> Tensor:
        """The loss of a batch, per character."""
        images = batch.images.contiguous(memory_format=torch.channels_last)
        labels = CharLabels(*(part.to(images.device) for part in batch.labels))
        network, hybrid = self.network, self.config.hybrid
        if isinstance(network, DenseRan):
            return measure_spelling_loss(network.spell(images, build_tokens(*labels[:3])), labels)
        assert isinstance(network, CharacterNet)
        added = None
        if hybrid.kind == "pairwise":
            steps, features = network.read_described(images)
            discriminators = network.get_submodule(GUIDE)
            assert isinstance(discriminators, PairwiseDiscriminators)
            added = measure_discrimination(discriminators, features, steps[-1], labels)
        else:
            steps = network.read_steps(images)
        if hybrid.kind == "mce":
            added = measure_misclassification(steps[-1], labels, slope=hybrid.slope, sharpness=hybrid.sharpness)
        loss = torch.stack([measure_cross_entropy(scores, labels) for scores in steps]).sum()
        return loss if added is None else loss + hybrid.weight * added

    def count_samples(self, batch: CharBatch) -> int:
        """Characters in a batch."""
        return len(batch.texts)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Expand a layer if it is time to, and set the learning rate."""
        if self.expander is not None and self.expander.advance(self.network, self.samples_seen):
            self._follow_expansion()
        super().on_train_batch_start(batch, batch_idx)

    def _follow_expansion(self) -> None:
        """Build a new average and optimiser: the old ones hold tensors of layers that were replaced."""
        assert self.expander is not None
        average = build_trained_network(self.config).to(self.device)
        Expander(average, self.config.low_rank).restore(average, self.expander.ranks, True)
        average.load_state_dict(self.network.state_dict())
        average = average.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = average.requires_grad_(False).eval()
        self.trainer.strategy.optimizers = [self.configure_optimizers()]

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Step, then drop weights of the network and of its average."""
        super().optimizer_step(*args, **kwargs)
        if self.dropper is not None:
            self.dropper.step(self.network, self.samples_seen)
            self.dropper.hold(self.average)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what the structure of the network needs."""
        super().on_save_checkpoint(checkpoint)
        if self.expander is not None:
            checkpoint["low_rank"] = {"ranks": dict(self.expander.ranks), "all_learn": self.expander.all_learn}
        if self.dropper is not None:
            checkpoint["drop_weight"] = self.dropper.state()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Give the network the structure its weights were saved with."""
        super().on_load_checkpoint(checkpoint)
        if self.expander is not None:
            state = checkpoint["low_rank"]
            self.expander.restore(self.network, state["ranks"], state["all_learn"])
            Expander(self.average, self.config.low_rank).restore(self.average, state["ranks"], True)
            self.average.requires_grad_(False)
        if self.dropper is not None:
            self.dropper.restore(checkpoint["drop_weight"])

    def on_train_start(self) -> None:
        """Know the weights that were dropped before by their zeros, until a step moves them."""
        if self.dropper is not None:
            self.dropper.hold(self.network)

    def on_validation_epoch_start(self) -> None:
        """Reset the counts of the last validation."""
        self.right, self.exits = {}, {}

    def validation_step(self, batch: CharBatch, batch_idx: int) -> None:
        """Read a batch with the averaged weights and count what is right."""
        self.right.setdefault(batch.name, Counter()).update(count_right(self.average, batch, self.classes))
        if isinstance(self.average, CharacterNet) and self.average.early_reader is not None:
            self.exits.setdefault(batch.name, []).append(weigh_exits(self.average, batch))

    def on_validation_epoch_end(self) -> None:
        """Log the accuracies of each set."""
        records = []
        for name in sorted(self.right):
            counts = self.right[name]
            keys = sorted(counts)
            mine = torch.tensor([counts[key] for key in keys]).to(self.device)
            all_counts = dict(zip(keys, self.trainer.strategy.reduce(mine, reduce_op="sum").tolist(), strict=True))
            record = record_accuracies(name, all_counts)
            if name in self.exits:
                record = replace(record, values=record.values | measure_exits(torch.cat(self.exits[name], dim=1)))
            self.log_dict({f"validate/{key}_{name}": record.values[key] for key in ("top1", "top5")})
            records.append(record)
        self.scores = tuple(records)


def build_trained_network(config: CharacterConfig) -> CharacterNet | DenseRan:
    """The network with fresh weights, and with the discriminators that hybrid learning trains beside its head."""
    network = build_character_network(config.network)
    if config.hybrid.kind == "pairwise":
        assert isinstance(network, CharacterNet)
        assert isinstance(network.reader, VectorReader)
        head = network.reader.head
        network.add_module(GUIDE, PairwiseDiscriminators(head.features, head.tables, config.network.rivals))
    return network


@torch.no_grad()
def read_chars(network: torch.nn.Module, images: Tensor) -> CharScores:
    """What the network makes of images, as float32 tables on the CPU."""
    scores = network(images.contiguous(memory_format=torch.channels_last))
    return CharScores(**{name: table.float().cpu() for name, table in scores.present.items()})


def count_right(network: torch.nn.Module, batch: CharBatch, classes: CharClasses) -> dict[str, int]:
    """How many of a batch are read right: the character (top1), among five (top5), and each letter."""
    scores = read_chars(network, batch.images)
    tables = {name: table.numpy() for name, table in scores.present.items()}
    if "flat" in tables:
        guesses = decode_flat(tables["flat"], classes, _TOP)
    else:
        guesses = decode_factorised(tables["cho"], tables["jung"], tables["jong"], _TOP)
    texts = [[guess.text for guess in row] for row in guesses]
    read = [classes.encode(row[0]) for row in texts]
    counts = {
        "samples": len(batch.texts),
        "top1": sum(row[0] == text for row, text in zip(texts, batch.texts, strict=True)),
        "top5": sum(text in row for row, text in zip(texts, batch.texts, strict=True)),
    }
    for part, name in enumerate(("cho", "jung", "jong")):
        truth = batch.labels.of(name).tolist()
        counts[name] = sum(label[part] == true for label, true in zip(read, truth, strict=True))
    return counts


def evaluate_network(
    network: torch.nn.Module, batches: Sequence[CharBatch], classes: CharClasses
) -> tuple[MetricRecord, ...]:
    """The accuracies of a network on the sets of validation batches."""
    right: dict[str, Counter[str]] = {}
    for batch in batches:
        right.setdefault(batch.name, Counter()).update(count_right(network, batch, classes))
    return tuple(record_accuracies(name, counts) for name, counts in sorted(right.items()))


def record_accuracies(name: str, counts: Mapping[str, float]) -> MetricRecord:
    """The accuracies of a validation set whose counts are those of `count_right`."""
    samples = max(1, counts["samples"])
    values = {key: count / samples for key, count in sorted(counts.items()) if key != "samples"}
    return MetricRecord(set=f"validation: {name} characters", samples=int(samples), values=values)


@torch.no_grad()
def weigh_exits(network: CharacterNet, batch: CharBatch) -> Tensor:
    """For each character of a batch (3, N): the early reader's confidence, whether it is right, and the last one's."""
    early, *_, late = network.read_steps(batch.images.contiguous(memory_format=torch.channels_last))
    rights = []
    for scores in (early, late):
        right = torch.ones(len(batch.texts), dtype=torch.bool)
        for name, table in scores.present.items():
            if name == "flat" or scores.flat is None:
                right &= table.argmax(dim=1).cpu() == batch.labels.of(name).cpu()
        rights.append(right.float())
    return torch.stack([measure_confidence(early).float().cpu(), *rights])


def measure_exits(exits: Tensor) -> dict[str, float]:
    """What a cascade does that answers early while that is right as often as the whole network, from `weigh_exits`.

    exit_confidence: what the early reader needs; exits: share answered early; cascade_top1: accuracy then.
    """
    confidence, early, late = exits
    threshold = find_exit_confidence(confidence, early > 0, float(late.mean()))
    out = confidence >= threshold
    right = torch.where(out, early, late)
    return {
        "early_top1": float(early.mean()),
        "exit_confidence": threshold,
        "exits": float(out.float().mean()),
        "cascade_top1": float(right.mean()),
    }
