"""Runs of character readers."""

import dataclasses
from pathlib import Path

from geulnun.training.characters.adversarial import AdversarialTask
from geulnun.training.characters.data import CharStream, draw_char_sets
from geulnun.training.characters.task import CharacterConfig, CharacterTask
from geulnun.training.fit import StreamData, ValidationSets, fit, settle
from geulnun.training.recognizer.data import SourceFactory


def train_characters(
    config: CharacterConfig,
    source: SourceFactory,
    validation: ValidationSets,
    folder: Path,
    *,
    init: Path | None = None,
    max_minutes: float | None = None,
) -> CharacterTask:
    """The character reader's task after training in the run's `folder`; arguments as of `train_recognizer`."""
    settle(config.run)
    adversarial = config.adversarial.weight > 0
    task = AdversarialTask(config) if adversarial else CharacterTask(config)
    batches = draw_char_sets(validation, config.network, config.data)
    data = StreamData(CharStream(source, config.network, config.data), config.data.workers, batches)
    if adversarial:
        # Its three steps cut their gradients themselves; Lightning cannot do it between them.
        unclipped = dataclasses.replace(config.optimiser, clip_norm=0.0)
        config = dataclasses.replace(config, optimiser=unclipped)
    return fit(task, config, data, folder, init=init, max_minutes=max_minutes)
