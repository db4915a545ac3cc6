"""A trained network -> model.onnx, compared with torch before anyone reads with it."""

import contextlib
import copy
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from geulnun.errors import BundleError
from geulnun.runtime.bundles.manifest import InputSpec, Manifest

OPSET = 18
MOST_DIFFERENCE = 1e-3

_STRIP_SIZES = ((1, 16), (3, 320), (2, 1184), (7, 72))
_PAGE_SIZES = ((1, 64, 64), (1, 480, 352), (2, 96, 160))
_COUNTS = ((1,), (3,), (32,))
_SIZES: dict[tuple[str, ...], tuple[tuple[int, ...], ...]] = {
    ("N",): _COUNTS,
    ("N", "W"): _STRIP_SIZES,
    ("N", "H", "W"): _PAGE_SIZES,
}
"""Sizes on which torch and ONNX Runtime are compared, by the axes of the input whose size is free."""


class InParts:
    """A network, a module as well, of which torch exports the first part alone; it adds the rest to the model itself.

    Attributes:
        part_outputs: names of what the first part gives.
    """

    part_outputs: tuple[str, ...]

    def part(self) -> nn.Module:
        """The first part."""
        raise NotImplementedError

    def complete(self, model: onnx.ModelProto) -> None:
        """Add the rest to the model of the first part."""
        raise NotImplementedError


def write_model(
    network: nn.Module, manifest: Manifest, path: Path, examples: Sequence[NDArray[np.float32]] = ()
) -> None:
    """Write the network as ONNX, batch norms folded, and compare ONNX Runtime's outputs with torch's.

    Args:
        network: gives a tensor or a tuple of tensors.
        manifest: names inputs, outputs and their axes.
        path: of the file.
        examples: drawn inputs on which the two are compared, besides noise of several shapes.

    Raises:
        BundleError: the outputs differ by more than `MOST_DIFFERENCE`, or are not finite.
    """
    network = fold_norms(network.eval())
    traced, outputs = network, [output.name for output in manifest.outputs]
    if isinstance(network, InParts):
        traced, outputs = network.part().eval(), list(network.part_outputs)
    example = torch.full(list_shapes(manifest.input)[1], 0.5)
    axes = {place: torch.export.Dim.DYNAMIC for place, axis in enumerate(manifest.input.axes) if not axis.isdigit()}
    with torch.no_grad(), warnings.catch_warnings(), contextlib.redirect_stdout(None):
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        torch.onnx.export(
            traced,
            (example,),
            str(path),
            input_names=[manifest.input.name],
            output_names=outputs,
            dynamic_shapes=(axes,),
            opset_version=OPSET,
            external_data=False,
            dynamo=True,
            verbose=False,
        )
    if isinstance(network, InParts):
        model = onnx.load(path)
        network.complete(model)
        onnx.save(model, path)
    tidy_model(manifest, path)
    differences = measure_differences(network, manifest, path, examples)
    if not max(differences) <= MOST_DIFFERENCE:
        raise BundleError(
            f"torch and ONNX disagree by {max(differences):.2g} (allowed is {MOST_DIFFERENCE:g}), so nothing was "
            "written. Check the network for operations that depend on sizes."
        )


def list_shapes(given: InputSpec) -> list[tuple[int, ...]]:
    """The input shapes on which torch and ONNX Runtime must agree."""
    free = tuple(axis for axis in given.axes if not axis.isdigit())
    shapes = []
    for sizes in _SIZES[free]:
        known = dict(zip(free, sizes, strict=True))
        shapes.append(tuple(known[axis] if axis in known else int(axis) for axis in given.axes))
    return shapes


def tidy_model(manifest: Manifest, path: Path) -> None:
    """Name the axes as the manifest does and drop what only debugging needs."""
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


def measure_differences(
    network: nn.Module, manifest: Manifest, path: Path, examples: Sequence[NDArray[np.float32]] = ()
) -> list[float]:
    """The largest difference between torch and ONNX Runtime for noise of each shape of `list_shapes`, and each example.

    Differences are absolute, and relative to values above 1: log-probabilities of drawn data reach -100.

    Raises:
        BundleError: an output of either is NaN or infinite.
    """
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in manifest.outputs]
    differences = []
    for array in (*draw_noise(manifest.input), *examples):
        with torch.no_grad():
            made = network(torch.from_numpy(array))
        wanted = [made.numpy()] if isinstance(made, Tensor) else [table.numpy() for table in made]
        found = session.run(names, {manifest.input.name: array})
        for name, *tables in zip(names, wanted, found, strict=True):
            _refuse_non_finite(name, *tables)
        differences.append(max(_compare(*tables) for tables in zip(wanted, found, strict=True)))
    return differences


def _compare(wanted: NDArray[np.float32], found: NDArray[np.float32]) -> float:
    """The largest difference of two tables; infinite where a text that one reads is longer than that of the other."""
    if wanted.shape != found.shape:
        return float("inf")
    return float((np.abs(wanted - found) / np.maximum(1, np.abs(wanted))).max())


def draw_noise(given: InputSpec) -> Iterator[NDArray[np.float32]]:
    """Noise of each shape of `list_shapes`; the first strip of a batch is padded, as batches of strips are."""
    generator = torch.Generator().manual_seed(0)
    for shape in list_shapes(given):
        image = torch.rand(shape, generator=generator) * 2 - 1
        if given.axes[-1] == "W" and given.axes[-2].isdigit() and shape[0] > 1:
            image[0, ..., shape[-1] // 2 + 3 :] = 0
        yield image.numpy()


def _refuse_non_finite(name: str, wanted: NDArray[np.float32], found: NDArray[np.float32]) -> None:
    for runtime, table in (("torch", wanted), ("ONNX Runtime", found)):
        wrong = np.count_nonzero(~np.isfinite(table))
        if wrong:
            raise BundleError(
                f"{runtime} gives {wrong:,} of {table.size:,} values of output {name!r} as NaN or infinite, so nothing "
                "was written. Check the network for logarithms and divisions of what may be zero."
            )


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
