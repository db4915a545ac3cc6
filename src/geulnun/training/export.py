"""Checkpoints -> bundles, once torch and ONNX agree."""

import contextlib
import copy
import dataclasses
import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from geulnun.core.charset import CHARSET_V1
from geulnun.core.config import build_config
from geulnun.errors import BundleError, OutputError
from geulnun.runtime.bundles.bundle import write_bundle
from geulnun.runtime.bundles.calibration import Calibration
from geulnun.runtime.bundles.contracts import (
    DETECTOR_INPUT,
    DETECTOR_OUTPUTS,
    HEAD_OUTPUTS,
    ORIENTATION_INPUT,
    ORIENTATION_OUTPUTS,
    record_charset,
    specify_char_outputs,
    specify_chars,
    specify_strips,
)
from geulnun.runtime.bundles.manifest import (
    CASCADE_FOLDERS,
    MANIFEST_FILE,
    MODEL_FILE,
    InputSpec,
    Kind,
    Manifest,
    MetricRecord,
    OutputSpec,
    Provenance,
    read_manifest,
)
from geulnun.runtime.characters.early_exit import describe_early, describe_late
from geulnun.training.callbacks import LAST_CHECKPOINT
from geulnun.training.characters.low_rank import expand_layers
from geulnun.training.characters.network_config import CharacterNetworkConfig, build_character_network
from geulnun.training.characters.networks.denseran import DenseRan
from geulnun.training.characters.networks.network import CharacterNet, EarlyPart, LatePart
from geulnun.training.detector.task import FinderNetworkConfig, build_detector
from geulnun.training.fit import read_checkpoint
from geulnun.training.orientation.task import OrientationNetworkConfig, build_orientation
from geulnun.training.quantising import QuantisingSamples, add_int8
from geulnun.training.recognizer.task import StripNetworkConfig, build_recognizer
from geulnun.training.record import RunRecord, ScoreRecord, read_record, read_scores
from geulnun.training.weights import GUIDE, WEIGHTS_FILE, read_weights, write_weights

OPSET = 18
MOST_DIFFERENCE = 1e-3
Judge = Callable[[nn.Module], tuple[Calibration | None, tuple[MetricRecord, ...]]]
"""What measures a network: the calibration of its confidences, if it has any, and figures by set."""

_STRIP_SHAPES = ((1, 16), (3, 320), (2, 1184), (7, 72))
_PAGE_SHAPES = ((1, 3, 64, 64), (1, 3, 480, 352), (2, 3, 96, 160))
_CHAR_COUNTS = (1, 3, 32)
_DYNAMIC_AXES: dict[Kind, tuple[int, ...]] = {
    "recognizer": (0, 3),
    "detector": (0, 2, 3),
    "characters": (0,),
    "orientation": (0,),
}


def export_bundle(
    kind: Kind,
    run: Path,
    output: Path,
    *,
    replace: bool = False,
    notes: Sequence[str] = (),
    others: Sequence[Path] = (),
    judge: Judge | None = None,
    samples: QuantisingSamples | None = None,
    pack: Callable[[Path, Manifest], Sequence[str]] | None = None,
) -> Manifest:
    """The manifest of the bundle written to `output` from the averaged weights of a run, or from another bundle.

    Args:
        kind: what the run trained.
        run: its folder, a checkpoint in it, or the folder of a bundle with its half-precision weights.
        output: the bundle's folder; its name is the bundle's name.
        replace: whether `output` may exist already.
        notes: lines for the model card.
        others: runs or bundles of the same network; the mean of all their weights is exported.
        judge: measures the network and calibrates its confidences; what the run's last validation said stands if None.
        samples: what an int8 model is made and measured with; there will be none without.
        pack: makes the files in the bundle's folder smaller and gives notes for the model card.

    Raises:
        ConfigError: no such run.
        OutputError: `output` exists.
        BundleError: it trained another kind or, of `others`, another network; or torch and ONNX disagree.
    """
    network, manifest = _read_network(kind, run, output.name)
    if others:
        manifest = _take_mean(network, manifest, [(path, *_read_network(kind, path, output.name)) for path in others])
    if output.exists() and not replace:
        raise OutputError(
            f"{output} exists. Weights never change under one name: choose the next number, or --replace it while "
            "nobody uses it."
        )
    manifest = dataclasses.replace(manifest, name=output.name, notes=(*manifest.notes, *notes))
    if judge is not None:
        calibration, scores = judge(network.eval())
        kept = tuple(each for each in manifest.metrics if each.set not in {score.set for score in scores})
        manifest = dataclasses.replace(manifest, calibration=calibration, metrics=kept + scores)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".export-") as scratch:
        fresh = Path(scratch) / output.name
        fresh.mkdir()
        write_weights(network, fresh / WEIGHTS_FILE)
        write_model(network, manifest, fresh / MODEL_FILE)
        if isinstance(network, CharacterNet) and network.early_reader is not None:
            write_cascade(network, manifest, fresh)
        if samples is not None:
            manifest = add_int8(fresh, manifest, samples)
        if pack is not None:
            manifest = dataclasses.replace(manifest, notes=(*manifest.notes, *pack(fresh, manifest)))
        complete = write_bundle(fresh, manifest)
        if output.exists():
            shutil.rmtree(output)
        fresh.rename(output)
    return complete


def _read_network(kind: Kind, path: Path, name: str) -> tuple[nn.Module, Manifest]:
    """The network of a run or bundle of that kind, and its manifest."""
    network, manifest = read_bundle_network(path) if is_bundle(path) else read_run(path, name)
    if manifest.kind != kind:
        did = "holds" if is_bundle(path) else "trained"
        raise BundleError(f"{path} {did} a {manifest.kind}; a {kind} was asked for. Export it as what it is.")
    return network, manifest


def _take_mean(network: nn.Module, manifest: Manifest, others: Sequence[tuple[Path, nn.Module, Manifest]]) -> Manifest:
    """The manifest of `network`, which has the mean of all weights afterwards; what was measured before is left out.

    Source: Wortsman et al. 2022, Model soups.
    """
    for path, _, other in others:
        if other.network != manifest.network:
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


def is_bundle(path: Path) -> bool:
    """Whether a path is the folder of a bundle."""
    return (path / MANIFEST_FILE).is_file()


def read_run(run: Path, name: str) -> tuple[nn.Module, Manifest]:
    """The network of a run or checkpoint with its averaged weights, and its manifest without files or notes."""
    folder, path = (run, run / LAST_CHECKPOINT) if run.is_dir() else (run.parent, run)
    record = read_record(folder)
    checkpoint = read_checkpoint(path)
    network = build_network(record)
    # Layers that were expanded in the course of training are so from the start here.
    expand_layers(network, checkpoint.get("low_rank", {}).get("ranks", {}))
    prefix = "average."
    state = {k.removeprefix(prefix): v for k, v in checkpoint["state_dict"].items() if k.startswith(prefix)}
    network.load_state_dict({name: value for name, value in state.items() if not name.startswith(f"{GUIDE}.")})
    return network, describe(record, read_scores(folder), network, checkpoint["samples_seen"], name)


def read_bundle_network(folder: Path) -> tuple[nn.Module, Manifest]:
    """The network of a bundle with its half-precision weights, and its manifest without files and variants."""
    manifest = read_manifest(folder)
    network = build_network(manifest)
    try:
        network.load_state_dict(read_weights(folder))
    except RuntimeError as error:
        raise BundleError(
            f"{folder} holds weights of layers that its manifest does not tell of, expanded ones perhaps. "
            "Export it from its run."
        ) from error
    return network, dataclasses.replace(manifest, files={}, variants=())


def build_network(record: RunRecord | Manifest) -> nn.Module:
    """The network of a run or bundle, with fresh weights."""
    if record.kind == "recognizer":
        return build_recognizer(build_config(record.network, StripNetworkConfig, "network"), CHARSET_V1)
    if record.kind == "characters":
        return build_character_network(build_config(record.network, CharacterNetworkConfig, "network"))
    if record.kind == "orientation":
        return build_orientation(build_config(record.network, OrientationNetworkConfig, "network"))
    return build_detector(build_config(record.network, FinderNetworkConfig, "network"))


class PresentTables(nn.Module):
    """A reader of characters that gives the tables it has as a plain tuple, as ONNX wants them."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, chars: Tensor) -> tuple[Tensor, ...]:
        """The tables in the order of a manifest's outputs."""
        return tuple(self.network(chars).present.values())


def write_model(network: nn.Module, manifest: Manifest, path: Path) -> None:
    """Writes the network as ONNX, batch norms folded, and compares the two.

    Raises:
        BundleError: they disagree by more than `MOST_DIFFERENCE`.
    """
    network = fold_norms(network.eval())
    if isinstance(network, CharacterNet | DenseRan):
        network = PresentTables(network).eval()
    example = torch.full(list_shapes(manifest)[1], 0.5)
    axes = {axis: torch.export.Dim.DYNAMIC for axis in _DYNAMIC_AXES[manifest.kind]}
    with torch.no_grad(), warnings.catch_warnings(), contextlib.redirect_stdout(None):
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        torch.onnx.export(
            network,
            (example,),
            str(path),
            input_names=[manifest.input.name],
            output_names=[output.name for output in manifest.outputs],
            dynamic_shapes=(axes,),
            opset_version=OPSET,
            external_data=False,
            dynamo=True,
            verbose=False,
        )
    tidy_model(manifest, path)
    differences = measure_differences(network, manifest, path)
    if max(differences) > MOST_DIFFERENCE:
        raise BundleError(
            f"torch and ONNX disagree by {max(differences):.2g} (allowed is {MOST_DIFFERENCE:g}), so nothing was "
            "written. Check the network for operations that depend on sizes."
        )


def write_cascade(network: CharacterNet, manifest: Manifest, folder: Path) -> None:
    """Writes both parts of a network that answers what is easy early, each into a folder of its own.

    Raises:
        BundleError: as of `write_model`.
    """
    channels, side, _ = map(int, manifest.input.axes[1:])
    early_side, _ = network.trunk.measure_map(channels, side)
    shape = (str(network.trunk.early_channels), str(early_side), str(early_side))
    early, late = (folder / part for part in CASCADE_FOLDERS)
    early.mkdir()
    write_model(EarlyPart(network), describe_early(manifest, shape), early / MODEL_FILE)
    late.mkdir()
    write_model(LatePart(network), describe_late(manifest, shape), late / MODEL_FILE)


def list_shapes(manifest: Manifest) -> list[tuple[int, int, int, int]]:
    """The input shapes on which torch and ONNX must agree."""
    if manifest.kind == "detector":
        return list(_PAGE_SHAPES)
    if manifest.kind in ("characters", "orientation"):
        channels, height, width = map(int, manifest.input.axes[1:])
        return [(count, channels, height, width) for count in _CHAR_COUNTS]
    return [(count, 1, int(manifest.input.axes[2]), width) for count, width in _STRIP_SHAPES]


def tidy_model(manifest: Manifest, path: Path) -> None:
    """Names the axes as the manifest does and drops what only debugging needs."""
    model = onnx.load(path)
    axes = [manifest.input.axes, *(output.axes for output in manifest.outputs)]
    for value, names in zip([*model.graph.input, *model.graph.output], axes, strict=True):
        for size, axis in zip(value.type.tensor_type.shape.dim, names, strict=True):
            if not size.dim_value:
                size.dim_param = axis
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    onnx.save(model, path)


def measure_differences(network: nn.Module, manifest: Manifest, path: Path) -> list[float]:
    """The largest absolute difference between torch and ONNX Runtime for each shape of `list_shapes`.

    The first strip of a batch is padded, so that what a network makes of padding is compared as well.
    """
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    given, outputs = manifest.input.name, [output.name for output in manifest.outputs]
    generator = torch.Generator().manual_seed(0)
    differences = []
    for shape in list_shapes(manifest):
        image = torch.rand(shape, generator=generator) * 2 - 1
        if manifest.kind == "recognizer" and shape[0] > 1:
            image[0, ..., shape[3] // 2 + 3 :] = 0
        with torch.no_grad():
            wanted = network(image)
        wanted = [wanted] if isinstance(wanted, Tensor) else list(wanted)
        found = session.run(outputs, {given: image.numpy()})
        pairs = zip(wanted, found, strict=True)
        differences.append(max(float(np.abs(w.numpy() - f).max()) for w, f in pairs))
    return differences


def fold_norms(network: nn.Module) -> nn.Module:
    """A copy whose batch norms are part of the convolutions before them."""
    folded = copy.deepcopy(network).eval()
    for module in folded.modules():
        names = list(module._modules) if isinstance(module, nn.Sequential) else []
        for first, second in zip(names, names[1:], strict=False):
            conv, norm = module._modules[first], module._modules[second]
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                module._modules[first] = fuse_conv_bn_eval(conv, norm)
                module._modules[second] = nn.Identity()
    return folded


def describe(
    record: RunRecord,
    scores: ScoreRecord | None,
    network: nn.Module,
    samples_seen: int,
    name: str,
) -> Manifest:
    """The manifest of weights of a run, without its files and notes."""
    given, outputs = find_interface(record, network)
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
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        charset=record_charset(CHARSET_V1) if record.kind == "recognizer" else None,
        metrics=scores.scores if scores else (),
        calibration=scores.calibration if scores else None,
    )


def find_interface(record: RunRecord, network: nn.Module) -> tuple[InputSpec, tuple[OutputSpec, ...]]:
    """What the network of a run takes and gives."""
    if record.kind == "recognizer":
        return specify_strips(network.height_px), HEAD_OUTPUTS[network.head_name]
    if record.kind == "detector":
        return DETECTOR_INPUT, DETECTOR_OUTPUTS
    if record.kind == "orientation":
        return ORIENTATION_INPUT, ORIENTATION_OUTPUTS
    config = build_config(record.network, CharacterNetworkConfig, "network")
    letters = None if config.head == "flat" else config.classes.sizes
    characters = None if config.head == "factorised" else len(config.classes.texts)
    given = specify_chars(*config.input_shape[:2], tight=config.preparation == "tight")
    return given, specify_char_outputs(letters, characters)
