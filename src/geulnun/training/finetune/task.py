"""The Lightning module of fine-tuning: frozen norms, best weights kept, stopped when nothing is gained any more."""

from pathlib import Path
from typing import Any

import torch

from geulnun.core.charset import CHARSET_V1, Charset
from geulnun.training.finetune.start_weights import State, freeze_norms
from geulnun.training.optimising import group_by_decay
from geulnun.training.recognizer.network import StripReader
from geulnun.training.recognizer.task import RecognizerConfig, RecognizerTask
from geulnun.training.weights import AVERAGE

BEST_CHECKPOINT = "best.ckpt"
_HEAD_LR_RATIO = 3.0
OWN, DRAWN = "own", "drawn"
"""Names of the validation sets."""


class FinetuneTask(RecognizerTask):
    """A recogniser that goes on from trained weights.

    Its score is the CER of one's own validation lines, plus what drawn lines have lost: a point lost there outweighs a
    point gained. The averaged weights of the best score are kept in `best.ckpt`.

    Args:
        config: of the run.
        charset: that the network writes.
        network: with the weights to go on from.
        folder: of the run.
        patience: validations without a better score, after which the run ends.
        drawn_before: CER of the drawn validation lines before; None if there are none.
    """

    def __init__(
        self,
        config: RecognizerConfig,
        charset: Charset,
        network: StripReader,
        folder: Path,
        *,
        patience: int,
        drawn_before: float | None,
    ) -> None:
        super().__init__(config, charset)
        for mine in (self.network, self.average):
            mine.load_state_dict(network.state_dict())
        self.folder, self.patience, self.drawn_before = folder, patience, drawn_before
        self.best_score = float("inf")
        self.without_gain = 0

    @property
    def finished(self) -> bool:
        """Whether all samples were seen, or nothing was gained for long."""
        return super().finished or self.without_gain >= self.patience

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW; a head with new characters learns faster, as these begin far behind all others."""
        if self.charset.gate_size == CHARSET_V1.gate_size:
            return super().configure_optimizers()
        named = list(self.network.named_parameters())
        heads = [weight for name, weight in named if name.startswith("head.")]
        rest = [weight for name, weight in named if not name.startswith("head.")]
        config = self.optimiser
        groups = [*group_by_decay(rest, config), *group_by_decay(heads, config, lr_ratio=_HEAD_LR_RATIO)]
        return torch.optim.AdamW(groups, lr=config.lr, betas=config.betas)

    def train(self, mode: bool = True) -> "FinetuneTask":
        """Training mode for the network, but not for its norms."""
        super().train(mode)
        freeze_norms(self.network)
        return self

    def on_validation_epoch_end(self) -> None:
        """Log the error rates; keep the weights if they are the best so far."""
        super().on_validation_epoch_end()
        rates = {name: edits / max(1, chars) for name, (edits, chars, _) in self.tally.list_counts().items()}
        score = score_rates(rates, self.drawn_before)
        self.log("validate/score", score)
        self.without_gain += 1
        if score < self.best_score:
            self.best_score, self.without_gain = score, 0
            if self.trainer.is_global_zero:
                state = self.average.state_dict()
                write_weights_checkpoint(self.folder / BEST_CHECKPOINT, state, self.samples_seen, self.next_index)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the best score to a checkpoint."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["best_score"], checkpoint["without_gain"] = self.best_score, self.without_gain

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the best score from a checkpoint."""
        super().on_load_checkpoint(checkpoint)
        self.best_score, self.without_gain = checkpoint["best_score"], checkpoint["without_gain"]


def score_rates(rates: dict[str, float], drawn_before: float | None) -> float:
    """The CER of one's own lines, plus what drawn lines have lost against before."""
    lost = max(0.0, rates[DRAWN] - drawn_before) if DRAWN in rates and drawn_before is not None else 0.0
    return rates[OWN] + lost


def write_weights_checkpoint(path: Path, state: State, samples_seen: int, next_index: int = 0) -> None:
    """Write weights as a checkpoint from which a bundle can be exported."""
    fresh = path.with_suffix(".new")
    averaged = {f"{AVERAGE}{name}": value for name, value in state.items()}
    torch.save({"state_dict": averaged, "samples_seen": samples_seen, "next_index": next_index}, fresh)
    fresh.replace(path)
