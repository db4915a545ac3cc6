"""The 24 recognisers of deep-text-recognition-benchmark and the project's own, trained with one budget, in one table.

    python benchmarks/four_stages.py [--runs runs/four-stages] [--rows NAME ...] [--seeds 1] [--set KEY=VALUE ...]
                                     [--document docs/experiments/four-stages.md]

A row is trained, exported and measured; then the table and the learning curves are written anew. The same command goes
on where it was stopped: rows that are measured are kept, a row half trained is resumed from its checkpoint. --rows and
--seeds choose what to train; the table shows all that --runs holds.
"""

import argparse
import csv
import itertools
import json
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from geulnun.cli.train import parse_changes
from geulnun.outputs.atomic_file import write_json_file, write_text_file
from geulnun.runtime.bundles.bundle import Bundle, read_bundle
from geulnun.runtime.bundles.session import open_session
from geulnun.runtime.recognition.open_recognizer import open_recognizer
from geulnun.training.export.export_bundle import export_bundle
from geulnun.training.fit import count_seen
from geulnun.training.recognizer.config import RecognizerExperiment
from geulnun.training.recognizer.stages.task import StripEdits, measure_strips
from geulnun.training.start import read_experiment, train_config
from script import run_script

CONFIG = Path("configs/experiments/four-stages/base.toml")
OWN_CONFIG = CONFIG.with_name("strip-reader.toml")
KEYS = ("transformation", "feature_extraction", "sequence_modelling", "prediction")
STAGES = (("none", "tps"), ("vgg", "rcnn", "resnet"), ("none", "bilstm"), ("ctc", "attention"))
ROWS = ["-".join(stages) for stages in itertools.product(*STAGES)]
OWN_ROW = "strip-reader"
OWN_STAGES = ("none", "convolutions", "dilated convolutions", "CTC by letters")
MEASURES = ("accuracy", "1-ned", "cer")
TABLE_START, TABLE_END = "<!-- table -->\n", "<!-- end of table -->"
_TIMED = 40
_COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
_PLOT_PX = (720, 360)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFigures:
    """What one run of a row came to: measures by set of validation strips, milliseconds a strip, parameters."""

    row: str
    seed: int
    samples: int
    parameters: int
    ms: float
    values: dict[str, dict[str, float]]


def main() -> None:
    """Train what is missing, then write the document's table and its curves."""
    arguments = _read_arguments()
    changes = parse_changes(arguments.changes)
    document: Path = arguments.document
    text = document.read_text(encoding="utf-8") if document.is_file() else ""
    if TABLE_END not in text.partition(TABLE_START)[2]:
        raise SystemExit(f"{document} is no document with the lines {TABLE_START.strip()} and {TABLE_END}.")
    for row, seed in itertools.product(arguments.rows, arguments.seeds):
        folder = arguments.runs / f"{row}-seed{seed}"
        if not (folder / "row.json").exists() and not train_row(row, seed, folder, arguments.config, changes):
            print(f"{folder} is not finished. Start the same command again to go on.")
            return
        write_document(document, arguments.runs)
    print(f"{document} is written.")


def train_row(row: str, seed: int, folder: Path, config: Path, changes: Mapping[str, str]) -> bool:
    """Train, export and measure a row; whether it was finished."""
    seeds = {"training.run.seed": str(seed), "source.seed": str(seed)}
    if row == OWN_ROW:
        config, changes = OWN_CONFIG, {**changes, **seeds}
    else:
        stages = {f"training.network.{key}": stage for key, stage in zip(KEYS, row.split("-"), strict=True)}
        changes = {**changes, **stages, **seeds}
    experiment = read_experiment(config, changes, RecognizerExperiment)
    train_config("recognizer", config, changes, run=folder.name, runs=folder.parent)
    samples = count_seen(folder)
    if samples < experiment.training.run.total_samples:
        return False
    bundle_folder = folder / "bundle"
    export_bundle("recognizer", folder, bundle_folder, replace=True, evaluate=experiment.plan_evaluation())
    bundle = read_bundle(bundle_folder, "recognizer")
    values = {each.set: each.values for each in bundle.manifest.metrics if "accuracy" in each.values}
    figures = RowFigures(
        row=row,
        seed=seed,
        samples=samples,
        parameters=bundle.manifest.parameters,
        ms=measure_ms(bundle, experiment),
        values=values or measure_readings(bundle, experiment),
    )
    write_json_file(folder / "row.json", asdict(figures))
    return True


def measure_readings(bundle: Bundle, experiment: RecognizerExperiment) -> dict[str, dict[str, float]]:
    """The measures of the four stages for any other bundle, by set of validation strips, read greedily."""
    recognizer = open_recognizer(bundle, open_session(bundle, "onnxruntime", 1))
    values = {}
    for name, (factory, count) in experiment.source.validation_factories(bundle.strip_height_px).items():
        source = factory()
        samples = [source.draw(index) for index in range(count)]
        readings = recognizer.read_strips([sample.image for sample in samples])
        pairs = [
            (reading.text, bundle.charset.normalise(sample.text))
            for reading, sample in zip(readings, samples, strict=True)
        ]
        values[f"validation: {name} strips"] = measure_strips(
            [StripEdits(Levenshtein.distance(*pair), len(pair[1]), max(map(len, pair))) for pair in pairs]
        )
    return values


def measure_ms(bundle: Bundle, experiment: RecognizerExperiment) -> float:
    """Median of the milliseconds of processor time that one thread of ONNX Runtime takes for one strip."""
    recognizer = open_recognizer(bundle, open_session(bundle, "onnxruntime", 1))
    factory, count = next(iter(experiment.source.validation_factories(bundle.strip_height_px).values()))
    source = factory()
    times = []
    for index in range(min(count, _TIMED)):
        strip = source.draw(index).image
        start = time.process_time()
        recognizer.read_strips([strip])
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


def write_document(document: Path, runs: Path) -> None:
    """Put the table of all measured rows between the document's marks, and draw their learning curves beside it."""
    figures = [RowFigures(**json.loads(path.read_text(encoding="utf-8"))) for path in sorted(runs.glob("*/row.json"))]
    before, _, rest = document.read_text(encoding="utf-8").partition(TABLE_START)
    _, _, after = rest.partition(TABLE_END)
    table = "".join(f"{line}\n" for line in list_lines(figures))
    write_text_file(document, f"{before}{TABLE_START}{table}{TABLE_END}{after}")
    # Runs of the project's own recogniser log another measure.
    curves = {
        figure.row: read_curve(runs / f"{figure.row}-seed{figure.seed}") for figure in figures if figure.row != OWN_ROW
    }
    write_text_file(document.with_suffix(".svg"), draw_curves(curves))


def list_lines(figures: Sequence[RowFigures]) -> Iterable[str]:
    """The lines of the table: the 24 rows and the project's own, without figures where none are measured."""
    yield "| transformation | features | sequence | prediction | M params | accuracy | 1 - NED | CER | ms | seeds |"
    yield "|---|---|---|---|---:|---:|---:|---:|---:|---:|"
    for row in (*ROWS, OWN_ROW):
        stages = OWN_STAGES if row == OWN_ROW else row.split("-")
        own = [figure for figure in figures if figure.row == row]
        cells = [""] * 6
        if own:
            cells = [
                f"{own[0].parameters / 1e6:.2f}",
                *(_show([_average(figure.values, measure) for figure in own]) for measure in MEASURES),
                f"{statistics.median(figure.ms for figure in own):.1f}",
                str(len(own)),
            ]
        yield f"| {' | '.join(stages)} | {' | '.join(cells)} |"


def _average(values: Mapping[str, Mapping[str, float]], measure: str) -> float:
    """The mean of a measure over the sets of validation strips."""
    return statistics.fmean(each[measure] for each in values.values())


def _show(values: Sequence[float]) -> str:
    """A mean, and the lowest and highest where there are several."""
    mean = f"{statistics.fmean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.3f}-{max(values):.3f})"


def read_curve(run: Path) -> list[tuple[float, float]]:
    """Samples seen and 1 - NED at each validation of a run, over all its starts."""
    points: dict[float, float] = {}
    for path in sorted(run.glob("csv/*/metrics.csv")):
        seen = 0.0
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                seen = float(line.get("samples_seen") or seen)
                if line.get("validate/1-ned"):
                    points[seen] = float(line["validate/1-ned"])
    return sorted(points.items())


def draw_curves(curves: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """An SVG of 1 - NED over samples seen: a colour for trunk and sequence, dashes for attention, broad for TPS."""
    width, height = _PLOT_PX
    most = max((seen for points in curves.values() for seen, _ in points), default=1.0)
    kinds = ["-".join(kind) for kind in itertools.product(STAGES[1], STAGES[2])]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width + 170} {height + 50}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{width + 170}" height="{height + 50}" fill="white"/>',
        f'<path d="M40 10V{height + 10}H{width + 40}" fill="none" stroke="black"/>',
        f'<text x="{width / 2:.0f}" y="{height + 40}">strips seen (to {most:,.0f})</text>',
        *(
            f'<text x="10" y="{height + 14 - height * share:.0f}">{share:.1f}</text>'
            for share in (0, 0.2, 0.4, 0.6, 0.8, 1)
        ),
    ]
    for row, points in curves.items():
        transformation, features, sequence, prediction = row.split("-")
        places = " ".join(f"{40 + width * x / most:.1f},{height + 10 - height * y:.1f}" for x, y in points)
        colour = _COLOURS[kinds.index(f"{features}-{sequence}")]
        dashes = ' stroke-dasharray="5 3"' if prediction == "attention" else ""
        broad = 2.5 if transformation == "tps" else 1.2
        parts.append(
            f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{broad}"{dashes}>'
            f"<title>{row}</title></polyline>"
        )
    for place, kind in enumerate([*kinds, "dashed: attention", "broad: TPS"]):
        colour = _COLOURS[place] if place < len(kinds) else "black"
        parts.append(f'<text x="{width + 50}" y="{24 + 18 * place}" fill="{colour}">{kind}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=CONFIG, help="what the 24 rows share")
    parser.add_argument("--runs", type=Path, default=Path("runs/four-stages"), help="folder of the runs")
    parser.add_argument(
        "--rows",
        nargs="+",
        default=[*ROWS, OWN_ROW],
        choices=[*ROWS, OWN_ROW],
        metavar="NAME",
        help=f"such as tps-vgg-none-ctc, or {OWN_ROW}, the project's own",
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[1], help="of each row")
    parser.add_argument("--set", dest="changes", action="append", default=[], help="change one value of the config")
    parser.add_argument("--document", type=Path, default=Path("docs/experiments/four-stages.md"))
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
