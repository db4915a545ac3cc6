"""Checkpoints -> bundles, if torch and ONNX Runtime agree."""

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from geulnun.errors import BundleError, OutputError
from geulnun.runtime.bundles.bundle import Bundle, write_bundle
from geulnun.runtime.bundles.calibration import Calibration
from geulnun.runtime.bundles.manifest import (
    MANIFEST_FILE,
    MODEL_FILE,
    TRAINING_FILE,
    Kind,
    Manifest,
    MetricRecord,
    Provenance,
    read_manifest,
)
from geulnun.training.callbacks import LAST_CHECKPOINT
from geulnun.training.export.quantising import QuantisingSamples, add_int8, prepare_samples
from geulnun.training.fit import read_checkpoint
from geulnun.training.kinds import KINDS
from geulnun.training.onnx_model import write_model
from geulnun.training.record import RunRecord, ScoreRecord, read_examples, read_record, read_scores
from geulnun.training.weights import GUIDE, count_parameters, read_weights, take_average, write_weights

Evaluate = Callable[[nn.Module], tuple[Calibration | None, tuple[MetricRecord, ...]]]
"""What measures a network: the calibration of its confidences, if it has any, and figures by set."""

_EXAMPLES = 8


def export_bundle(
    kind: Kind,
    run: Path,
    output: Path,
    *,
    replace: bool = False,
    notes: Sequence[str] = (),
    others: Sequence[Path] = (),
    evaluate: Evaluate | None = None,
    samples: QuantisingSamples | None = None,
    pack: Callable[[Path, Manifest], Sequence[str]] | None = None,
) -> Manifest:
    """The manifest of the bundle written to `output` from the averaged weights of a run, or from another bundle.

    Args:
        kind: what the run trained.
        run: its folder, a checkpoint in it, or the folder of a bundle with its half-precision weights.
        output: the bundle's folder; its name is the bundle's name.
        replace: whether a bundle in `output` gives way.
        notes: lines for the model card.
        others: runs or bundles of the same network; the mean of all their weights is exported.
        evaluate: measures the network and calibrates its confidences; without it the run's last validation stands.
        samples: what an int8 model is made and measured with; there will be none without.
        pack: makes the files in the bundle's folder smaller and gives notes for the model card.

    Raises:
        ConfigError: no such run.
        OutputError: as of `check_output`.
        BundleError: it trained another kind or, of `others`, another network; or torch and ONNX disagree.
    """
    check_output(output, replace=replace)
    network, manifest = _read_network(kind, run, output.name)
    if others:
        manifest = _take_mean(network, manifest, [(path, *_read_network(kind, path, output.name)) for path in others])
    manifest = dataclasses.replace(manifest, name=output.name, notes=(*manifest.notes, *notes))
    if evaluate is not None:
        calibration, scores = evaluate(network.eval())
        kept = tuple(each for each in manifest.metrics if each.set not in {score.set for score in scores})
        manifest = dataclasses.replace(manifest, calibration=calibration, metrics=kept + scores)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".export-") as scratch:
        fresh = Path(scratch) / output.name
        fresh.mkdir()
        write_weights(network, fresh / TRAINING_FILE)
        examples = _list_examples(run, Bundle(folder=fresh, manifest=manifest), samples)
        write_model(KINDS[kind].plain_outputs(network, manifest.network), manifest, fresh / MODEL_FILE, examples)
        KINDS[kind].write_parts(network, manifest, fresh, examples)
        if samples is not None:
            manifest = add_int8(fresh, manifest, samples)
        if pack is not None:
            manifest = dataclasses.replace(manifest, notes=(*manifest.notes, *pack(fresh, manifest)))
        complete = write_bundle(fresh, manifest)
        if output.exists():
            shutil.rmtree(output)
        fresh.rename(output)
    return complete


def check_output(output: Path, *, replace: bool) -> None:
    """Nothing, if a bundle may be written to `output`.

    Raises:
        OutputError: it exists and, with `replace`, is no bundle.
    """
    if not os.path.exists(output):
        return
    if not replace:
        raise OutputError(
            f"{output} exists. Weights never change under one name: choose the next number, or --replace it while "
            "nobody uses it."
        )
    if not is_bundle(output):
        raise OutputError(f"{output} is no bundle, and is not replaced by one. Name another folder.")


def _list_examples(run: Path, bundle: Bundle, samples: QuantisingSamples | None) -> list[NDArray[np.float32]]:
    """Drawn inputs of the network: those its run has kept, else a few of the samples, else none."""
    kept = read_examples(run if run.is_dir() else run.parent)
    if kept or samples is None:
        return kept
    return list(prepare_samples(bundle, samples.validation[:_EXAMPLES]))


def _read_network(kind: Kind, path: Path, name: str) -> tuple[nn.Module, Manifest]:
    """The network of a run or bundle of that kind, and its manifest."""
    check_kind(kind, path)
    return read_bundle_network(path) if is_bundle(path) else read_run(path, name)


def check_kind(kind: Kind, path: Path) -> None:
    """Refuse a run, checkpoint or bundle of another kind.

    Raises:
        BundleError: it is of another.
    """
    folder = path if path.is_dir() else path.parent
    what, found = ("bundle", read_manifest(path).kind) if is_bundle(path) else ("run", read_record(folder).kind)
    if found != kind:
        raise BundleError(f"{path} is a {what} of the kind {found}, not {kind}. Export it as what it is.")


def _take_mean(network: nn.Module, manifest: Manifest, others: Sequence[tuple[Path, nn.Module, Manifest]]) -> Manifest:
    """The manifest of `network`, which has the mean of all weights afterwards; what was measured before is left out.

    Source: Wortsman et al. 2022, Model soups.
    """
    for path, built, other in others:
        if not _are_alike((network, manifest), (built, other)):
            raise BundleError(
                f"{path} holds another network, and only like weights have a mean. Name runs of one config."
            )
    states = [network.state_dict(), *(each.state_dict() for _, each, _ in others)]
    mean = {
        name: torch.stack([state[name] for state in states]).mean(dim=0) if value.is_floating_point() else value
        for name, value in states[0].items()
    }
    network.load_state_dict(mean)
    named = ", ".join(path.name for path, _, _ in others)
    note = f"Weights are the mean of the run's and those of {named} (Wortsman et al. 2022, Model soups)."
    return dataclasses.replace(manifest, metrics=(), calibration=None, notes=(*manifest.notes, note))


def _are_alike(one: tuple[nn.Module, Manifest], other: tuple[nn.Module, Manifest]) -> bool:
    """Whether two networks have the same layers; old bundles do not name what came to the config later."""
    shapes = [{name: value.shape for name, value in network.state_dict().items()} for network, _ in (one, other)]
    tables = one[1].network, other[1].network
    return shapes[0] == shapes[1] and all(
        tables[0][key] == tables[1][key] for key in tables[0].keys() & tables[1].keys()
    )


def is_bundle(path: Path) -> bool:
    """Whether a path is the folder of a bundle."""
    return (path / MANIFEST_FILE).is_file()


def read_run(run: Path, name: str) -> tuple[nn.Module, Manifest]:
    """The network of a run or checkpoint with its averaged weights, and its manifest without files or notes."""
    folder, path = (run, run / LAST_CHECKPOINT) if run.is_dir() else (run.parent, run)
    record = read_record(folder)
    checkpoint = read_checkpoint(path)
    network = KINDS[record.kind].build_network(record.network, checkpoint)
    state = take_average(checkpoint["state_dict"])
    network.load_state_dict({name: value for name, value in state.items() if not name.startswith(f"{GUIDE}.")})
    return network, describe(record, read_scores(folder), network, checkpoint["samples_seen"], name)


def read_bundle_network(folder: Path) -> tuple[nn.Module, Manifest]:
    """The network of a bundle with its half-precision weights, and its manifest without files and variants."""
    manifest = read_manifest(folder)
    network = KINDS[manifest.kind].build_network(manifest.network, {})
    try:
        network.load_state_dict(read_weights(folder))
    except RuntimeError as error:
        raise BundleError(
            f"{folder} holds weights of layers that its manifest does not describe, perhaps expanded ones. "
            "Export it from its run."
        ) from error
    return network, dataclasses.replace(manifest, files={}, variants=())


def describe(
    record: RunRecord,
    scores: ScoreRecord | None,
    network: nn.Module,
    samples_seen: int,
    name: str,
) -> Manifest:
    """The manifest of weights of a run, without its files and notes."""
    kind = KINDS[record.kind]
    given, outputs = kind.describe_interface(record.network)
    provenance = Provenance(
        commit=record.commit,
        config=record.config,
        config_sha256=record.config_sha256,
        seed=record.seed,
        samples_seen=samples_seen,
        device=record.device,
        fonts=record.fonts,
        corpora=record.corpora,
        backgrounds=record.backgrounds,
        initial=record.initial,
        samples_before=record.samples_before,
    )
    return Manifest(
        name=name,
        kind=record.kind,
        input=given,
        outputs=outputs,
        provenance=provenance,
        network=record.network,
        parameters=count_parameters(network),
        charset=kind.describe_charset(record.network),
        metrics=scores.scores if scores else (),
        calibration=scores.calibration if scores else None,
    )
