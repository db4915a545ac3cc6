"""Evaluates Tesseract on data sets by the measures of `geulnun evaluate`, in several page segmentation modes.

    python benchmarks/tesseract_quality.py DATASET ... [--psm 3 4 6 11] [--cache FOLDER] [--html FOLDER]

It prints a Markdown table; the best mode of each data set (by bigram F1, then by CER) is in bold.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import tesseract
from geulnun.data import Dataset, open_dataset
from geulnun.evaluation.evaluate import score_page
from geulnun.evaluation.report import write_html
from geulnun.evaluation.report_table import COLUMNS, Column
from geulnun.evaluation.results import EvaluatedPicture, Report
from script import run_script

TITLES = ("CER", "mean CER", "jamo ER", "lines", "bigram F1", "word F1", "spacing F1", "words P/R/H", "false alarms")


def main() -> None:
    """Print the table."""
    arguments = _read_arguments()
    version = tesseract.find_version()
    columns = [column for column in COLUMNS if column.title in (*TITLES, "s/picture")]
    print(f"{version} -l kor, OMP_THREAD_LIMIT=1\n")
    print("| data set | psm | " + " | ".join(column.title for column in columns) + " |")
    print("|---|---:|" + "---:|" * len(columns))
    for path in arguments.dataset:
        dataset = open_dataset(path)
        cache = arguments.cache / dataset.name if arguments.cache else None
        reports = [evaluate_tesseract(dataset, psm, f"{version} --psm {psm}", cache) for psm in arguments.psm]
        _print_rows(dataset.name, reports, arguments.psm, columns)
        for psm, report in zip(arguments.psm, reports, strict=True):
            if arguments.html:
                write_html(report, arguments.html / f"{dataset.name}-psm{psm}.html")


def evaluate_tesseract(dataset: Dataset, psm: int, reader: str, cache: Path | None) -> Report:
    """What Tesseract makes of a data set in one page segmentation mode."""
    evaluated = []
    with tempfile.TemporaryDirectory() as folder:
        for picture in dataset:
            path = tesseract.make_readable(picture.image_path, Path(folder))
            found, seconds = tesseract.read_page(path, psm, cache)
            result = score_page(picture, found, seconds=seconds)
            evaluated.append(EvaluatedPicture(picture=picture, result=result, found=found))
    results = tuple(each.result for each in evaluated)
    worst = sorted(evaluated, key=lambda each: each.result.error_rate, reverse=True)[:20]
    return Report(reader=reader, dataset=dataset.name, results=results, worst=tuple(worst))


def _print_rows(name: str, reports: Sequence[Report], modes: Sequence[int], columns: Sequence[Column]) -> None:
    best = max(reports, key=_rank)
    for psm, report in zip(modes, reports, strict=True):
        cells = [name, str(psm), *(column.show(report.total) for column in columns)]
        print("| " + " | ".join(f"**{cell}**" if report is best else cell for cell in cells) + " |", flush=True)


def _rank(report: Report) -> tuple[float, float]:
    return report.total.text.bigrams.f1, -report.total.text.chars.rate


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", nargs="+", type=Path, help="folder with a labels.jsonl or pages.jsonl")
    parser.add_argument("--psm", nargs="+", type=int, default=[3, 4, 6, 11], help="page segmentation modes to try")
    parser.add_argument("--cache", type=Path, help="folder that keeps Tesseract's answers between runs")
    parser.add_argument("--html", type=Path, help="folder for reports that show the worst pictures")
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
