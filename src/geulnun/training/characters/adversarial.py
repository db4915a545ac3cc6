"""Adversarial feature learning: printed characters guide the features of handwritten ones.

Source: Zhang, Liang, Nie et al. 2018, steps as in its official code. A batch is half handwritten, half printed, of the
same classes; three steps each: the domain head learns to tell them apart; the extractor learns the classes of both and
to be mistaken by the domain head, all heads frozen; the label head learns the classes of handwriting.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from geulnun.training.characters.data import CharBatch
from geulnun.training.characters.losses import CharLabels, measure_cross_entropy
from geulnun.training.characters.networks.network import CharacterNet, VectorReader
from geulnun.training.characters.optimisers import build_character_optimiser
from geulnun.training.characters.task import CharacterConfig, CharacterTask
from geulnun.training.optimising import find_learning_rate, set_learning_rate, update_average


class DomainHead(nn.Sequential):
    """Logit (N, 1) that pooled maps are those of print."""

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__(nn.Linear(features, hidden), nn.ReLU(), nn.Dropout(0.5), nn.Linear(hidden, 1))


class AdversarialLosses(NamedTuple):
    """The losses of the three steps."""

    domain: Tensor
    extractor: Tensor
    label: Tensor


class AdversarialTask(CharacterTask):
    """`CharacterTask` with three steps a batch and an optimiser for each part."""

    def __init__(self, config: CharacterConfig) -> None:
        super().__init__(config)
        self.automatic_optimization = False
        assert isinstance(self.network, CharacterNet)
        assert isinstance(self.network.reader, VectorReader)
        self.domain_head = DomainHead(self.network.reader.link.features, config.adversarial.hidden)

    @property
    def clip_norm(self) -> float:
        """0: the three steps clip their gradients themselves, Lightning cannot do it between them."""
        return 0.0

    @property
    def parts(self) -> tuple[list[nn.Module], list[nn.Module], list[nn.Module]]:
        """Modules that the first, second and third step move."""
        network = self.network
        assert isinstance(network, CharacterNet)
        reader = network.reader
        assert isinstance(reader, VectorReader)
        return [self.domain_head], [network.trunk, reader.link], [reader.neck, reader.head]

    def configure_optimizers(self) -> Any:
        """An optimiser for the domain head, the extractor and the label head."""
        return [build_character_optimiser(modules, self.config.optimiser) for modules in self.parts]

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Set all learning rates for the samples seen so far."""
        rate = find_learning_rate(self.optimiser, self.samples_seen, self.total_samples)
        for optimiser in self.trainer.optimizers:
            set_learning_rate(optimiser, rate)

    def training_step(self, batch: CharBatch, batch_idx: int) -> Tensor:
        """Make the three steps; return the extractor's loss for the log."""
        self.in_hand = (self.count_samples(batch), batch.next_index)
        losses = self.step(batch)
        self.log("train/loss", losses.extractor.detach())
        self.log("train/domain_loss", losses.domain.detach())
        self.log("train/lr", self.trainer.optimizers[0].param_groups[0]["lr"])
        self.log("samples_seen", float(self.samples_seen))
        update_average(self.average, self.network, self.global_step, self.optimiser.average_decay)
        samples, next_index = self.in_hand
        self.samples_seen += samples * self.trainer.world_size
        self.next_index = max(self.next_index, next_index)
        return losses.extractor.detach()

    def step(self, batch: CharBatch) -> AdversarialLosses:
        """The losses of the three steps, each made."""
        images = batch.images.contiguous(memory_format=torch.channels_last)
        labels = CharLabels(*(part.to(images.device) for part in batch.labels))
        printed = batch.printed.to(images.device).float()
        domain, extractor, label = self._optimisers()
        maps = self.extract(images)
        domain_loss = self.measure_domain(maps.detach(), printed)
        self._move(domain, domain_loss, self.parts[0])
        extractor_loss = self.measure_extractor(maps, labels, printed)
        self._move(extractor, extractor_loss, self.parts[1])
        written = ~batch.printed.to(images.device)
        with torch.no_grad():
            again = self.extract(images[written])
        label_loss = measure_cross_entropy(self.read(again), labels.chosen(written))
        self._move(label, label_loss, self.parts[2])
        return AdversarialLosses(domain_loss, extractor_loss, label_loss)

    def extract(self, images: Tensor) -> Tensor:
        """What both heads see of images."""
        assert isinstance(self.network, CharacterNet)
        assert isinstance(self.network.reader, VectorReader)
        return self.network.reader.link(self.network.trunk(images))

    def read(self, maps: Tensor) -> Any:
        """Scores of what `extract` gives."""
        reader = self.network.reader
        assert isinstance(reader, VectorReader)
        return reader.head(reader.neck(maps))

    def measure_domain(self, maps: Tensor, printed: Tensor) -> Tensor:
        """How badly the domain head tells print (1) from handwriting (0), the sum of both halves' means."""
        return _measure_domains(self.domain_head(maps).float(), printed, printed)

    def measure_extractor(self, maps: Tensor, labels: CharLabels, printed: Tensor) -> Tensor:
        """Cross entropy of both styles, and α times how badly the domain head takes each for the other."""
        scores = self.read(maps)
        written = printed == 0
        own = measure_cross_entropy(_choose(scores, written), labels.chosen(written))
        twin = measure_cross_entropy(_choose(scores, ~written), labels.chosen(~written))
        flipped = _measure_domains(self.domain_head(maps).float(), 1 - printed, printed)
        return own + twin + self.config.adversarial.weight * flipped

    def _optimisers(self) -> list[Any]:
        # Only the extractor's steps count as training steps.
        optimisers = self.optimizers()
        assert isinstance(optimisers, list)
        domain, extractor, label = optimisers
        return [domain.optimizer, extractor, label.optimizer]

    def _move(self, optimiser: Any, loss: Tensor, modules: list[nn.Module]) -> None:
        """One step of one part; the gradients of all others are discarded."""
        self.zero_grad(set_to_none=True)
        self.manual_backward(loss)
        if self.optimiser.clip_norm:
            moved = [p for module in modules for p in module.parameters()]
            nn.utils.clip_grad_norm_(moved, self.optimiser.clip_norm)
        optimiser.step()


def _choose(scores: Any, rows: Tensor) -> Any:
    return type(scores)(**{name: table[rows] for name, table in scores.present.items()})


def _measure_domains(logits: Tensor, goals: Tensor, printed: Tensor) -> Tensor:
    """Binary cross entropy, averaged over each style by itself and added."""
    losses = F.binary_cross_entropy_with_logits(logits.squeeze(1), goals, reduction="none")
    halves = [losses[printed == style] for style in (0, 1)]
    return torch.stack([half.mean() for half in halves if len(half)]).sum()
