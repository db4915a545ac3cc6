"""Accuracy and time of the recogniser in smaller numbers: int8, bf16 and fp16 beside fp32, on both backends.

    python benchmarks/quantise.py CONFIG BUNDLE [--strips 512] [--calibrate 256] [--rounds 3] [--keep FOLDER]

All variants read the same validation strips of the config; static int8 is made as `geulnun export` makes it, calibrated
on its training strips. ONNX Runtime has no bf16 on x86, and no fp16 kernels for convolutions on a CPU: it runs fp16 by
going back to fp32. OpenVINO runs the int8 model that ONNX Runtime made. A variant that cannot run here is listed with
the reason. The time is that of the network and its decoding, with one thread, the best of the
rounds, for all strips together; nothing else heavy should be running meanwhile.
"""

import argparse
import functools
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from geulnun.core.charset import CHARSET_V1
from geulnun.core.config import read_config
from geulnun.data.sample import StripSample
from geulnun.runtime.bundles.bundle import Bundle, read_bundle
from geulnun.runtime.recognition.open_recognizer import open_recognizer
from geulnun.training.export.quantising import prepare_samples, write_int8
from geulnun.training.recognizer.config import RecognizerExperiment
from script import run_script

LEAST_LOSS_POINTS = 0.1
"""A variant that loses no more than this may be the default of its backend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to run the network: `make` gives the model's file, `open` a session for it."""

    name: str
    make: Callable[[], Path]
    open: Callable[[Path], Any]


def main() -> None:
    """Print a table of all variants."""
    arguments = _read_arguments()
    experiment = read_config(arguments.config, RecognizerExperiment)
    bundle = read_bundle(arguments.bundle, "recognizer")
    samples = draw_validation(experiment, bundle.strip_height_px, arguments.strips)
    source = experiment.source.train_factory(bundle.strip_height_px)()
    calibrating = [source.draw(index) for index in range(arguments.calibrate)]
    print(f"{bundle.manifest.name}, {len(samples)} validation strips, one thread, best of {arguments.rounds}\n")
    print(
        "| variant | MB | CER % | loss, points | lines exact % | s | times fp32 |\n|---|---:|---:|---:|---:|---:|---:|"
    )
    first: tuple[float, float] | None = None
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for variant in list_variants(bundle, folder, calibrating):
            try:
                path = variant.make()
                session = variant.open(path)
                cer, exact, seconds = evaluate(bundle, session, samples, arguments.rounds)
            except Exception as error:  # libraries that lack a kernel raise kinds of their own
                reason = (str(error).strip() or type(error).__name__).splitlines()[0]
                print(f"| {variant.name} | does not run: {reason[:90]} | | | | | |", flush=True)
                continue
            first = first or (cer, seconds)
            loss = 100 * (cer - first[0])
            size = path.stat().st_size / 1e6
            speed = first[1] / seconds
            row = f"{size:.1f} | {100 * cer:.2f} | {loss:+.2f} | {100 * exact:.1f} | {seconds:.2f} | {speed:.2f}"
            mark = "" if loss <= LEAST_LOSS_POINTS else " (loses too much)"
            print(f"| {variant.name}{mark} | {row} |", flush=True)


def list_variants(bundle: Bundle, folder: Path, calibrating: list[StripSample]) -> list[Variant]:
    """All variants, fp32 on ONNX Runtime first."""
    plain = bundle.model_path
    static, half = folder / "int8-static.onnx", folder / "fp16.onnx"

    @functools.cache  # several variants run it; what an earlier call left in the folder is of another bundle
    def quantise() -> Path:
        write_int8(plain, static, list(prepare_samples(bundle, calibrating)))
        return static

    def run_in(kind: str) -> Callable[[Path], OpenVinoSession]:
        return functools.partial(OpenVinoSession, kind=kind)

    return [
        Variant(name="onnxruntime fp32", make=lambda: plain, open=OnnxRuntimeSession),
        Variant(name="onnxruntime int8, static", make=quantise, open=OnnxRuntimeSession),
        Variant(
            name="onnxruntime int8, dynamic",
            make=lambda: write_dynamic(plain, folder / "int8-dynamic.onnx"),
            open=OnnxRuntimeSession,
        ),
        Variant(name="onnxruntime fp16", make=lambda: write_half(plain, half), open=OnnxRuntimeSession),
        *(Variant(name=f"openvino {kind}", make=lambda: plain, open=run_in(kind)) for kind in ("f32", "bf16", "f16")),
        *(Variant(name=f"openvino int8, rest {kind}", make=quantise, open=run_in(kind)) for kind in ("f32", "bf16")),
    ]


def evaluate(bundle: Bundle, session: Any, samples: list[StripSample], rounds: int) -> tuple[float, float, float]:
    """Character error rate, share of lines read exactly, and the seconds of the fastest round."""
    recognizer = open_recognizer(bundle, session)
    images = [sample.image for sample in samples]
    taken, texts = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        texts = [reading.text for reading in recognizer.read_strips(images)]
        taken.append(time.perf_counter() - started)
    truths = [CHARSET_V1.normalise(sample.text) for sample in samples]
    edits = sum(map(Levenshtein.distance, texts, truths))
    exact = sum(a == b for a, b in zip(texts, truths, strict=True))
    return edits / max(1, sum(map(len, truths))), exact / max(1, len(truths)), min(taken)


def draw_validation(experiment: RecognizerExperiment, height_px: int, count: int) -> list[StripSample]:
    """Validation strips, in the config's shares of kinds."""
    sets = experiment.source.validation_factories(height_px)
    total = sum(size for _, size in sets.values())
    drawn = []
    for factory, size in sets.values():
        source = factory()
        drawn += [source.draw(index) for index in range(max(1, count * size // total))]
    return drawn


def write_dynamic(model: Path, path: Path) -> Path:
    """Write the model with int8 weights, whose activations are measured while it runs."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(str(model), str(path), weight_type=QuantType.QUInt8, per_channel=False)
    return path


def write_half(model: Path, path: Path) -> Path:
    """Write the model in fp16 with fp32 at its ends."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save(convert_float_to_float16(onnx.load(model), keep_io_types=True), path)
    return path


class OnnxRuntimeSession:
    """A model on ONNX Runtime with one thread."""

    backend = "onnxruntime"

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._name = self._session.get_inputs()[0].name

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The outputs."""
        return [np.asarray(table, np.float32) for table in self._session.run(None, {self._name: array})]


class OpenVinoSession:
    """A model on OpenVINO with one thread, computing in one kind of number where the processor can."""

    backend = "openvino"

    def __init__(self, path: Path, kind: str) -> None:
        import openvino

        settings = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": kind}
        core = openvino.Core()
        capable = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if kind != "f32" and kind.replace("f16", "fp16").replace("bfp16", "bf16").upper() not in capable:
            raise RuntimeError(f"this processor has no {kind}: OpenVINO lists {', '.join(capable)}")
        self._compiled = core.compile_model(str(path), "CPU", settings)

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The outputs."""
        found = self._compiled([array])
        return [np.array(found[port], np.float32) for port in self._compiled.outputs]


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path, help="TOML file whose strips are read")
    parser.add_argument("bundle", help="recogniser's bundle, a name or a folder")
    parser.add_argument("--strips", type=int, default=512, help="validation strips to read")
    parser.add_argument("--calibrate", type=int, default=256, help="training strips to calibrate int8 on")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder that keeps the models written")
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
