"""A bundle's network, ready to run: ONNX Runtime, or OpenVINO where it is installed."""

import importlib.util
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np

from geulnun.core.arrays import FloatMap
from geulnun.errors import BundleError, MissingExtraError, UsageError, first_line
from geulnun.runtime.bundles.bundle import Bundle
from geulnun.runtime.bundles.contracts import ATTENTION_OUTPUT
from geulnun.runtime.bundles.manifest import ADVICE

Backend = Literal["auto", "onnxruntime", "openvino"]
Precision = Literal["auto", "fp32", "int8"]

_TRIAL_SIZE_PX = 64
_KERNELS_VARIABLE, _MOST_KERNELS = "ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64"
_OPENVINO_TELEMETRY = "openvino_telemetry"
_NUMBERS = {"bf16": "bf16", "f16": "fp16"}  # OpenVINO's names that are not ours


class Session(Protocol):
    """A network that may be run by several threads at once."""

    @property
    def backend(self) -> str:
        """What runs it, with its version and the numbers it computes in."""

    def run(self, array: FloatMap) -> list[FloatMap]:
        """The outputs, in the manifest's order, for one float32 input.

        Raises:
            BundleError: they are not finite.
        """


def open_session(
    bundle: Bundle,
    backend: Backend = "auto",
    threads: int | None = None,
    precision: Precision = "auto",
    *,
    many_runs: bool = False,
) -> Session:
    """The network of a verified bundle.

    Args:
        bundle: What to run.
        backend: "auto" takes OpenVINO if it is installed, because it is the faster one, else ONNX Runtime, as for
            attention decoders, which OpenVINO runs wrongly.
        threads: CPU threads a run may use; all that this process may use if None.
        precision: "fp32", "int8", or "auto" for what the bundle's manifest says is best on the backend; where it
            says nothing, OpenVINO may compute fp32 models in bf16.
        many_runs: whether as many runs as there are threads come at once, and each is to have one thread. That wastes
            none of them on waiting for one another, as threads do that share one run.

    Raises:
        UsageError: no such backend or precision, an attention decoder with OpenVINO, not a positive number of threads.
        MissingExtraError: OpenVINO was asked for and is not installed.
        BundleError: the model cannot be opened, is not what its manifest says, or not there in this precision.
    """
    if backend not in get_args(Backend):
        raise UsageError(f"there is no backend {backend!r}; allowed are {', '.join(get_args(Backend))}.")
    if precision not in get_args(Precision):
        raise UsageError(f"there is no precision {precision!r}; allowed are {', '.join(get_args(Precision))}.")
    count = count_threads(threads)
    has_openvino = importlib.util.find_spec("openvino") is not None
    if backend == "openvino" and not has_openvino:
        raise MissingExtraError.for_extra("openvino", "the backend 'openvino'")
    has_loop = any(output.name == ATTENTION_OUTPUT for output in bundle.manifest.outputs)
    if backend == "openvino" and has_loop:
        raise UsageError(
            f"{bundle.folder}: its attention decoder is a loop, which OpenVINO runs wrongly. Take onnxruntime."
        )
    chosen = "openvino" if backend != "onnxruntime" and has_openvino and not has_loop else "onnxruntime"
    variant = bundle.find_variant(precision, chosen)
    path = bundle.folder / variant.file if variant else bundle.model_path
    try:
        if chosen == "onnxruntime":
            return _open_onnxruntime(bundle, path, variant.precision if variant else "fp32", 1 if many_runs else count)
        with limit_kernels():
            return _open_openvino(bundle, path, variant.precision if variant else precision, count, many_runs)
    except BundleError:
        raise
    except Exception as error:  # both libraries raise their own, unrelated kinds
        raise BundleError(f"{path} cannot be opened: {first_line(error)} {ADVICE}") from error


def count_threads(threads: int | None) -> int:
    """The threads to use: as asked, else as many as this process may run on.

    Raises:
        UsageError: not a positive number.
    """
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise UsageError(f"threads is {threads!r}; allowed is a whole number from 1. Leave it out to use all cores.")
    return threads


def check_finite(outputs: Sequence[FloatMap], names: Sequence[str], backend: str) -> None:
    """Check that a network gave numbers: a NaN passes through decoding and comes out as a sure reading.

    Raises:
        BundleError: an output holds NaN or infinity.
    """
    for name, output in zip(names, outputs, strict=True):
        if not np.isfinite(output).all():
            count = int((~np.isfinite(output)).sum())
            raise BundleError(
                f"{count:,} of {output.size:,} values of the output {name!r} are NaN or infinite on {backend}; only "
                "finite ones can be read. Try another backend or precision, or export the bundle anew."
            )


class _OnnxRuntimeSession:
    def __init__(self, session: Any, input_name: str, output_names: list[str], backend: str) -> None:
        self._session, self._input, self._outputs = session, input_name, output_names
        self.backend = backend

    def run(self, array: FloatMap) -> list[FloatMap]:
        outputs = list(self._session.run(self._outputs, {self._input: array}))
        check_finite(outputs, self._outputs, self.backend)
        return outputs


def _open_onnxruntime(bundle: Bundle, path: Path, precision: str, threads: int) -> Session:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Every page has its own shape: planning and keeping memory per shape would let it grow without end.
    options.enable_mem_pattern = False
    options.enable_cpu_mem_arena = False
    # Threads that spin while they wait starve everything else on a small machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    inputs, outputs = ([each.name for each in ends] for ends in (session.get_inputs(), session.get_outputs()))
    wanted = _check_names(bundle, inputs, outputs)
    return _OnnxRuntimeSession(session, inputs[0], wanted, f"onnxruntime {onnxruntime.__version__} {precision}")


class _OpenVinoSession:
    """Each thread has its own request, because a request runs one input at a time."""

    def __init__(self, compiled: Any, output_names: list[str], backend: str) -> None:
        self._compiled, self._outputs = compiled, output_names
        self._local = threading.local()
        self.backend = backend

    def run(self, array: FloatMap) -> list[FloatMap]:
        request = getattr(self._local, "request", None)
        if request is None:
            request = self._local.request = self._compiled.create_infer_request()
        request.infer([array], share_inputs=True)
        # Copied, because the next run of this thread writes into the same memory.
        outputs = [np.array(request.get_tensor(name).data, dtype=np.float32) for name in self._outputs]
        check_finite(outputs, self._outputs, self.backend)
        return outputs


def _open_openvino(bundle: Bundle, path: Path, precision: str, threads: int, many_runs: bool) -> Session:
    with _hide_telemetry():
        import openvino

    settings = choose_openvino_settings(precision, threads, many_runs)
    compiled = _open_core().compile_model(str(path), "CPU", settings)
    if precision == "auto":
        precision = _NUMBERS.get(compiled.get_property("INFERENCE_PRECISION_HINT").to_string(), "fp32")
    # A port may carry several names, one of which is ours.
    names = {each.name for each in bundle.manifest.outputs} | {bundle.manifest.input.name}
    inputs, outputs = (
        [next(iter(names & port.get_names()), port.get_any_name()) for port in ports]
        for ports in (compiled.inputs, compiled.outputs)
    )
    wanted = _check_names(bundle, inputs, outputs)
    session = _OpenVinoSession(compiled, wanted, f"openvino {openvino.__version__.split('-')[0]} {precision}")
    # OpenVINO's binding fills a table of types at its first run, and locks up if two threads do so at once.
    given = compiled.inputs[0].partial_shape
    batch, *rest = [size.get_length() if size.is_static else None for size in given]
    session.run(np.zeros([batch or 1, *(size or _TRIAL_SIZE_PX for size in rest)], np.float32))
    return session


@cache
def _open_core() -> Any:
    """The one core of OpenVINO, which lives as long as the process.

    Each core gives its thread a stack for signal handlers. Where several are closed in another order than last opened
    first, one that is gone stays the thread's, and the next signal (Ctrl-C) ends Python in a segmentation fault.
    """
    import openvino

    return openvino.Core()


@contextmanager
def _hide_telemetry() -> Iterator[None]:
    """Have OpenVINO, if it is imported in the block, do without the package by which its import tells its maker.

    geulnun uses no network.
    """
    if _OPENVINO_TELEMETRY in sys.modules:
        yield
        return
    sys.modules[_OPENVINO_TELEMETRY] = None  # type: ignore[assignment]  # imports of it fail, and OpenVINO has a stub
    try:
        yield
    finally:
        del sys.modules[_OPENVINO_TELEMETRY]


@contextmanager
def limit_kernels() -> Iterator[None]:
    """Let oneDNN keep 64 kernels instead of 1,024, unless the environment says how many, if the block is its first use.

    It computes for OpenVINO, makes a kernel for every layer and shape, and keeps the last ones of all networks of the
    process. Fewer would be made again for each batch of strips; see "Speed and memory" in docs/accuracy.md.
    """
    given = os.environ.get(_KERNELS_VARIABLE)
    os.environ.setdefault(_KERNELS_VARIABLE, _MOST_KERNELS)
    try:
        yield
    finally:
        if given is None:
            os.environ.pop(_KERNELS_VARIABLE, None)


def choose_openvino_settings(precision: str, threads: int, many_runs: bool) -> dict[str, Any]:
    """What a model is compiled with; see `open_session`."""
    settings: dict[str, Any] = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        # Every page has its own shape: keeping what was compiled for each would let memory grow without end.
        "CPU_RUNTIME_CACHE_CAPACITY": "0",
    }
    if many_runs:
        settings["NUM_STREAMS"] = threads
    if precision != "auto":
        settings["INFERENCE_PRECISION_HINT"] = "f32"  # also of the layers that an int8 model keeps in fp32
    return settings


def _check_names(bundle: Bundle, inputs: list[str], outputs: list[str]) -> list[str]:
    """The outputs' names in the manifest's order; raises if the model has others."""
    wanted = [each.name for each in bundle.manifest.outputs]
    if inputs != [bundle.manifest.input.name] or not set(wanted) <= set(outputs):
        raise BundleError(
            f"{bundle.model_path} has the inputs {inputs} and the outputs {outputs}; its manifest says "
            f"{[bundle.manifest.input.name]} and {wanted}. Export the bundle anew with `geulnun export`."
        )
    return wanted
