"""Recall of syllables by how often the training text of a config had them: never, 1 to 10 times, more often.

    python benchmarks/rarity.py CONFIG BUNDLE [--drawn N] [--strips N]

The training text is that of the first N strips of the config (its budget if not given), drawn again without their
pictures; the strips read are the config's validation strips, in fonts and from text never trained on.
"""

import argparse
from collections import Counter
from pathlib import Path

from geulnun.core.charset import CHARSET_V1
from geulnun.core.config import read_config
from geulnun.evaluation.characters.rarity import count_syllables, measure_rarity
from geulnun.runtime.bundles.bundle import read_bundle
from geulnun.runtime.bundles.session import open_session
from geulnun.runtime.recognition.open_recognizer import open_recognizer
from geulnun.synth.strips.source import StripSource
from geulnun.training.recognizer.config import RecognizerExperiment
from script import run_script


def main() -> None:
    """Print the recall of each band, for each validation set."""
    arguments = _read_arguments()
    experiment = read_config(arguments.config, RecognizerExperiment)
    seen = count_drawn(experiment, arguments.drawn or experiment.training.run.total_samples)
    bundle = read_bundle(arguments.bundle, "recognizer")
    recognizer = open_recognizer(bundle, open_session(bundle))
    print("| set | syllables | true | read | recall |\n|---|---|---:|---:|---:|")
    for name, (factory, count) in experiment.source.validation_factories(bundle.strip_height_px).items():
        source = factory()
        samples = [source.draw(index) for index in range(min(count, arguments.strips))]
        texts = [reading.text for reading in recognizer.read_strips([sample.image for sample in samples])]
        truths = [CHARSET_V1.normalise(sample.text) for sample in samples]
        for band in measure_rarity(zip(texts, truths, strict=True), seen):
            print(f"| {name} | {band.name} | {band.count:,} | {band.found:,} | {100 * band.recall:.2f} % |")


def count_drawn(experiment: RecognizerExperiment, count: int) -> Counter[str]:
    """How often each syllable stands in the text of the first `count` strips of a config.

    Raises:
        SystemExit: its strips are not those whose text can be drawn alone.
    """
    source = experiment.source.train_factory()()
    if not isinstance(source, StripSource):
        raise SystemExit(
            "The config trains on newsprint, or on stored strips or words. Only text of drawn strips can be counted: "
            'name a config with kind = "strips" and without strips and words in its [source].'
        )
    return count_syllables(CHARSET_V1.normalise(source.draw_text(index)) for index in range(count))


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path, help="TOML file of the run")
    parser.add_argument("bundle", help="recogniser's bundle, a name or a folder")
    parser.add_argument("--drawn", type=int, default=0, help="strips of training whose text is counted")
    parser.add_argument("--strips", type=int, default=4096, help="most validation strips of each set")
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
