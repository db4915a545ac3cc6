"""Character error rates and calibration on validation strips, by greedy decoding and with the language model.

    python benchmarks/strips.py CONFIG [BUNDLE ...] [--strips 1500] [--corpus FOLDER] [--store FOLDER]
                                [--precision fp32|int8]

The strips are of each kind, in fonts and from text that training never sees, nor the language model. ECE is the
expected calibration error of the characters of those strips. With --store they are those of `benchmarks/freeze.py`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from geulnun.data.sample import StripSample
from geulnun.evaluation.calibration import measure_reliability
from geulnun.runtime.bundles.bundle import choose_bundle
from geulnun.runtime.bundles.session import open_session
from geulnun.runtime.recognition.decode_text import Reading
from geulnun.runtime.recognition.language_model import read_default_model
from geulnun.runtime.recognition.open_recognizer import open_recognizer
from geulnun.training.recognizer.config import RecognizerExperiment
from geulnun.training.recognizer.task import list_confidences
from geulnun.training.start import read_experiment
from script import run_script


def main() -> None:
    """Print a row for each bundle, kind of strip and way of reading."""
    arguments = _read_arguments()
    folders = {"source.corpus": arguments.corpus, "source.validation_store": arguments.store}
    changes = {key: str(folder) for key, folder in folders.items() if folder is not None}
    experiment = read_experiment(arguments.config, changes, RecognizerExperiment)
    language = read_default_model()
    print("| weights | strips | read | CER | lines exact | ECE |\n|---|---|---|---:|---:|---:|")
    for name in arguments.bundles or [None]:
        bundle = choose_bundle(name, "recognizer")
        session = open_session(bundle, "onnxruntime", precision=arguments.precision)
        recognizer = open_recognizer(bundle, session, language=language)
        for kind, (factory, _) in experiment.source.validation_factories(bundle.strip_height_px).items():
            source = factory()
            samples = [source.draw(index) for index in range(arguments.strips)]
            for way, beam in (("greedy", 0), ("with language", None)):
                readings = recognizer.read_strips([sample.image for sample in samples], beam=beam)
                figures = measure(readings, samples)
                print(f"| {bundle.manifest.name} | {kind} | {way} | {figures} |", flush=True)


def measure(readings: Sequence[Reading], samples: Sequence[StripSample]) -> str:
    """The last three columns."""
    edits = [Levenshtein.distance(reading.text, sample.text) for reading, sample in zip(readings, samples, strict=True)]
    length = sum(len(sample.text) for sample in samples)
    error = measure_reliability(*list_confidences(readings, [sample.text for sample in samples])).error
    exact = sum(not each for each in edits)
    return f"{100 * sum(edits) / length:.2f} % | {100 * exact / len(samples):.1f} % | {error:.3f}"


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path, help="TOML file of a run")
    parser.add_argument("bundles", nargs="*", help="recognisers' bundles; the default one if not given")
    parser.add_argument("--strips", type=int, default=1500, help="of each kind")
    parser.add_argument("--corpus", type=Path, help="folder of UTF-8 text")
    parser.add_argument("--store", type=Path, help="folder that freeze.py wrote")
    parser.add_argument("--precision", default="auto", choices=("auto", "fp32", "int8"))
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
