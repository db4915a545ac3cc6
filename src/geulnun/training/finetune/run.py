"""Fine-tuning from end to end: start, training, choice of weights, bundle, before and after."""

import copy
import functools
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from geulnun.core.charset import Charset
from geulnun.data.sample import StripSample
from geulnun.errors import ConfigError
from geulnun.outputs.atomic_file import write_json_file
from geulnun.runtime.bundles.bundle import Bundle
from geulnun.runtime.bundles.manifest import Manifest
from geulnun.training.callbacks import LAST_CHECKPOINT, RunConfig
from geulnun.training.export.export_bundle import export_bundle
from geulnun.training.export.quantising import QuantisingSamples
from geulnun.training.finetune.data import OwnData
from geulnun.training.finetune.lines import OwnLine
from geulnun.training.finetune.mixture import DrawnSources, DrawnValidation, ListedStrips, MixedStrips
from geulnun.training.finetune.start_weights import (
    State,
    average_states,
    list_added,
    read_network_config,
    read_start_network,
)
from geulnun.training.finetune.task import (
    BEST_CHECKPOINT,
    DRAWN,
    OWN,
    FinetuneTask,
    score_rates,
    write_weights_checkpoint,
)
from geulnun.training.fit import TrainingSetup, count_seen, fit, read_checkpoint, settle
from geulnun.training.optimising import OptimiserConfig
from geulnun.training.recognizer.data import StripBatch, StripDataConfig, StripStream, draw_strip_sets
from geulnun.training.recognizer.network import StripReader
from geulnun.training.recognizer.task import RecognizerConfig, StripTally, decode_strips, evaluate_network
from geulnun.training.record import RunRecord, describe_device, find_commit, write_record
from geulnun.training.streams import SourceFactory
from geulnun.training.weights import take_average

CHOSEN_CHECKPOINT = "chosen.ckpt"
START_FILE = "start.json"
"""In the folder of a run: what it began with."""

MOST_LOSS = 0.002
"""By which the CER of drawn lines may rise before it is warned of: 0.2 points."""

_CALIBRATION_STRIPS = 128
_FIRST_CALIBRATION = 5_000_000
_VALIDATIONS = 12
_FILLED = 0.6  # of a batch, about, with lines: widths differ, and are rounded up


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuneConfig:
    """How a recogniser is tuned.

    Attributes:
        total_samples: lines seen at most; 0 for what suits the number of one's own.
        drawn_share: of them that is drawn.
        drawn_validation: drawn lines that are read before, during and after.
        lr: highest learning rate.
        batch_px: columns of a batch.
        patience: validations without a gain, after which training ends.
        seed: of the division, the mixture and the batches.
        workers: processes that draw lines; 0 for none.
        int8: whether the bundle gets an int8 model too.
    """

    total_samples: int = 0
    drawn_share: float = 0.5
    drawn_validation: int = 256
    lr: float = 3e-4
    batch_px: int = 8192
    patience: int = 6
    seed: int = 1
    workers: int = 1
    int8: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Error rates before and after.

    Attributes:
        name: of the validation set.
        lines: of it.
        before: CER of the weights that tuning started from.
        after: CER of the weights that are exported.
    """

    name: str
    lines: int
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What fine-tuning came to.

    Attributes:
        comparisons: one's own lines first, then drawn ones if there are any.
        weights: which weights were taken, in words.
        manifest: of the bundle.
    """

    comparisons: tuple[Comparison, ...]
    weights: str
    manifest: Manifest

    @property
    def forgets(self) -> bool:
        """Whether drawn lines are read worse by more than `MOST_LOSS`."""
        return any(each.name == DRAWN and each.after - each.before > MOST_LOSS for each in self.comparisons)


def plan_samples(lines: int, config: FinetuneConfig) -> int:
    """Lines to see at most: each of one's own about forty times, between 6,000 and 40,000 in all, drawn ones too."""
    if config.total_samples:
        return config.total_samples
    return int(min(40_000, max(6_000, 40 * lines / max(0.1, 1 - config.drawn_share))))


def finetune(
    data: OwnData,
    start: Bundle,
    drawn: DrawnSources | None,
    folder: Path,
    output: Path,
    config: FinetuneConfig,
    *,
    max_minutes: float | None = None,
    replace_output: bool = False,
) -> Outcome | None:
    """The outcome of tuning a recogniser on one's own lines; None if it was stopped before its end.

    The same call goes on where a stopped run was.

    Args:
        data: the lines.
        start: the bundle to go on from.
        drawn: what is drawn beside them, so that nothing is forgotten.
        folder: of the run.
        output: the bundle's folder.
        config: of the tuning.
        max_minutes: training stops after so long; the best weights so far are exported.
        replace_output: whether `output` may exist already.

    Raises:
        ConfigError: the run in the folder began with other lines, weights or choices.
        BundleError: weights that do not fit; torch and ONNX disagree.
        OutputError: `output` exists.
    """
    _check_same_start(folder, data, start, drawn, config)
    network = read_start_network(start, data.charset)
    training = configure_training(data, start, config)
    settle(training.run)
    batches = _draw_validation(data, drawn, training, config)
    before = measure_rates(network, batches, data.charset)
    _record_run(folder, data, start, drawn, training, config)
    if not is_finished(folder, training, config):
        _train(data, network, drawn, folder, training, config, batches, before, max_minutes)
    if not is_finished(folder, training, config) and max_minutes is None:
        return None
    weights, after = choose_weights(folder, network, batches, data.charset, before)
    comparisons = _compare(batches, before, after)
    manifest = export_bundle(
        "recognizer",
        folder / CHOSEN_CHECKPOINT,
        output,
        replace=replace_output,
        notes=describe_tuning(data, drawn, config, comparisons, weights),
        evaluate=lambda chosen: evaluate_network(chosen, batches, data.charset),
        samples=_choose_quantising_samples(data, drawn) if config.int8 else None,
    )
    return Outcome(comparisons=comparisons, weights=weights, manifest=manifest)


def configure_training(data: OwnData, start: Bundle, config: FinetuneConfig) -> RecognizerConfig:
    """The run that tunes the network of `start`, grown by the characters that the data add."""
    total = plan_samples(len(data.training), config)
    widths = [line.image.shape[1] for line in data.training]
    batch = max(1, int(_FILLED * config.batch_px * len(widths) / sum(widths)))
    steps = max(1, total // batch)
    return RecognizerConfig(
        network=replace(read_network_config(start), added=list_added(data.charset)),
        data=StripDataConfig(workers=config.workers, batch_px=config.batch_px, pool_strips=256),
        optimiser=OptimiserConfig(
            lr=config.lr, warmup_samples=total // 20, last_lr_ratio=0.05, average_decay=0.99 if steps > 200 else 0.9
        ),
        run=RunConfig(
            total_samples=total,
            seed=config.seed,
            validate_every_steps=max(1, steps // _VALIDATIONS),
            checkpoint_minutes=1.0,
            log_every_steps=max(1, steps // (4 * _VALIDATIONS)),
        ),
    )


def _train(
    data: OwnData,
    network: StripReader,
    drawn: DrawnSources | None,
    folder: Path,
    training: RecognizerConfig,
    config: FinetuneConfig,
    batches: list[StripBatch],
    before: dict[str, float],
    max_minutes: float | None,
) -> None:
    own = [to_sample(line) for line in data.training]
    source = functools.partial(MixedStrips, own, drawn.training if drawn else None, config.drawn_share, config.seed)
    height_px = training.network.height_px
    stream = StripStream(source, data.charset, training.data, seed=config.seed, height_px=height_px)

    def set_up() -> TrainingSetup[FinetuneTask]:
        task = FinetuneTask(
            training, data.charset, network, folder, patience=config.patience, drawn_before=before.get(DRAWN)
        )
        return TrainingSetup(task=task, stream=stream, validation=batches)

    fit(training, set_up, folder, max_minutes=max_minutes)


def is_finished(folder: Path, training: RecognizerConfig, config: FinetuneConfig) -> bool:
    """Whether a run has seen all its samples, or gained nothing for so long that it ended."""
    path = folder / LAST_CHECKPOINT
    if not path.is_file():
        return False
    last = read_checkpoint(path)
    enough: bool = last["samples_seen"] >= training.run.total_samples or last["without_gain"] >= config.patience
    return enough


def to_sample(line: OwnLine) -> StripSample:
    """The line as training takes it."""
    return StripSample(image=line.image, text=line.text)


def _draw_validation(
    data: OwnData, drawn: DrawnSources | None, training: RecognizerConfig, config: FinetuneConfig
) -> list[StripBatch]:
    """The batches of one's own validation lines, and of drawn ones."""
    own = [to_sample(line) for line in data.validation]
    sets: dict[str, tuple[SourceFactory, int]] = {OWN: (functools.partial(ListedStrips, own), len(own))}
    if drawn is not None:
        sets[DRAWN] = (functools.partial(DrawnValidation, drawn.validation), config.drawn_validation)
    wide = StripDataConfig(workers=0)
    return draw_strip_sets(sets, data.charset, wide, training.network.height_px)


def measure_rates(network: torch.nn.Module, batches: Sequence[StripBatch], charset: Charset) -> dict[str, float]:
    """CER of each validation set, by greedy decoding."""
    tally = StripTally()
    network.eval()
    for batch in batches:
        tally.add(batch, decode_strips(network, batch, charset))
    return {name: edits / max(1, characters) for name, (edits, characters, _) in tally.list_counts().items()}


def choose_weights(
    folder: Path, start: StripReader, batches: Sequence[StripBatch], charset: Charset, before: dict[str, float]
) -> tuple[str, dict[str, float]]:
    """Which weights are exported, in words, and their error rates: the best of training, or their mean with the start.

    The mean forgets less and often generalises better.

    Source: Wortsman et al. 2022, Robust fine-tuning of zero-shot models.
    """
    best = _read_averages(folder / (BEST_CHECKPOINT if (folder / BEST_CHECKPOINT).is_file() else LAST_CHECKPOINT))
    states = {"the best of training": best, "the mean of start and best": average_states(start.state_dict(), best)}
    network = copy.deepcopy(start)
    found: dict[str, dict[str, float]] = {}
    for name, state in states.items():
        network.load_state_dict(state)
        found[name] = measure_rates(network, batches, charset)
    chosen = min(found, key=lambda name: score_rates(found[name], before.get(DRAWN)))
    seen = count_seen(folder)
    write_weights_checkpoint(folder / CHOSEN_CHECKPOINT, states[chosen], seen)
    return chosen, found[chosen]


def _read_averages(path: Path) -> State:
    """The averaged weights of a checkpoint."""
    return take_average(read_checkpoint(path)["state_dict"])


def _compare(
    batches: Sequence[StripBatch], before: dict[str, float], after: dict[str, float]
) -> tuple[Comparison, ...]:
    counts = Counter[str]()
    for batch in batches:
        counts[batch.name] += len(batch.texts)
    return tuple(
        Comparison(name=name, lines=counts[name], before=before[name], after=after[name])
        for name in (OWN, DRAWN)
        if name in before
    )


def describe_tuning(
    data: OwnData,
    drawn: DrawnSources | None,
    config: FinetuneConfig,
    comparisons: Sequence[Comparison],
    weights: str,
) -> list[str]:
    """Notes for the model card: counts and error rates, no names of files or folders."""
    pictures = len({line.picture for line in (*data.training, *data.validation)})
    notes = [
        f"Fine-tuned on {len(data.training):,} lines of a user's own pictures; {len(data.validation):,} lines of other "
        f"pictures ({pictures} in all) were validated on.",
        f"Drawn lines mixed in: {config.drawn_share:.0%} ({drawn.described})." if drawn else "No drawn lines mixed in.",
        f"Weights: {weights}, chosen on the same validation lines.",
    ]
    notes += [
        f"CER by greedy decoding on {each.lines:,} {each.name} validation lines: {each.before:.2%} before, "
        f"{each.after:.2%} after."
        for each in comparisons
    ]
    if data.added:
        notes.append(f"Characters added to the charset: {' '.join(data.added)}.")
    return notes


def _choose_quantising_samples(data: OwnData, drawn: DrawnSources | None) -> QuantisingSamples:
    """Half of one's own lines and half drawn ones to calibrate an int8 model on, and those of validation."""
    half = _CALIBRATION_STRIPS // 2
    calibration = [to_sample(line) for line in data.training[:half]]
    validation = [to_sample(line) for line in data.validation]
    if drawn is not None:
        calibration += [drawn.training.draw(_FIRST_CALIBRATION + index) for index in range(half)]
        unseen = DrawnValidation(drawn.validation)
        validation += [unseen.draw(index) for index in range(_CALIBRATION_STRIPS)]
    return QuantisingSamples(calibration=calibration, validation=validation)


def _record_run(
    folder: Path,
    data: OwnData,
    start: Bundle,
    drawn: DrawnSources | None,
    training: RecognizerConfig,
    config: FinetuneConfig,
) -> None:
    """Write what the export says of the run's origin."""
    made = start.manifest.provenance
    values = json.dumps(asdict(config), sort_keys=True)
    record = RunRecord(
        kind="recognizer",
        config="geulnun finetune",
        config_sha256=hashlib.sha256(values.encode()).hexdigest(),
        network=asdict(training.network),
        seed=config.seed,
        commit=find_commit(),
        device=describe_device(),
        fonts=(drawn.described,) if drawn else (),
        corpora=(f"a user's own {len(data.training):,} lines", *(("built-in generators",) if drawn else ())),
        initial=start.manifest.name,
        samples_before=made.samples_seen + made.samples_before,
    )
    write_record(folder, record)


def _check_same_start(
    folder: Path, data: OwnData, start: Bundle, drawn: DrawnSources | None, config: FinetuneConfig
) -> None:
    """Write what the run begins with beside it, or compare it with what the run began with that is gone on with.

    Raises:
        ConfigError: they differ.
    """
    path = folder / START_FILE
    begun = {
        "lines": data.digest,
        "characters": list_added(data.charset),
        "weights": [start.manifest.name, start.manifest.provenance.config_sha256],
        "drawn lines": drawn.described if drawn else None,
        "drawn_share": config.drawn_share if drawn else None,
        "lr": config.lr,
    }
    if (folder / LAST_CHECKPOINT).exists() and path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))
        if changed := [key for key, value in begun.items() if known.get(key) != value]:
            raise ConfigError(
                f"the run in {folder} began with other {', '.join(changed)}. Name another with --run, or delete that "
                "folder."
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_json_file(path, begun)
