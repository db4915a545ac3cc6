"""Evaluating the methods of a study alike, on drawn characters in fonts never trained on and on data sets given."""

import dataclasses
import functools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geulnun.cli.study.learning import count_learned, is_flat, keep_chars, read_minutes, read_stages
from geulnun.cli.study.plan import (
    StudyConfig,
    StudyMethod,
    find_answers,
    find_bundle,
    find_evaluation,
    find_run,
    find_truths,
    is_exported,
)
from geulnun.cli.study.timing import TIMED_BATCH, measure_times
from geulnun.core.processor import read_processor_name
from geulnun.errors import BundleError, MissingExtraError, UsageError, needing_extra

if TYPE_CHECKING:
    from geulnun.data.sample import CharSample, Style
    from geulnun.evaluation.characters.answers import SetAnswers
    from geulnun.evaluation.characters.measure import ActivationSheet, Facts
    from geulnun.evaluation.characters.rarity import RarityBand
    from geulnun.evaluation.characters.table import MethodRow, SetFigures
    from geulnun.runtime.characters.decode import CharReading
    from geulnun.runtime.characters.reader import CharacterReader
    from geulnun.synth.characters.source import Classes

ROW_FILE = "study.json"
_TEST_SEED = 2_000_003
_ROUNDS_AGAIN, _PAUSE_S = 60, 0.1
_MAPS_SHOWN = 12


def evaluate_once(plan: StudyConfig, method: StudyMethod, configs: Path, runs: Path, tests: list[Path]) -> "MethodRow":
    """The method's row; what was evaluated since its bundle was written is kept, and only other sets are evaluated.

    A row whose bundle is not there has the sets that were evaluated where it was, and the times measured there.
    """
    row = _read_known(method, runs)
    if row is None or not is_evaluated(method, runs, tests):
        if not is_exported(runs, method.run):
            bundle = find_bundle(runs, method.run)
            raise UsageError(f"there is no bundle in {bundle} to evaluate. Leave --evaluate-only out to train it.")
        row = evaluate_method(plan, method, configs, runs, tests, row)
        _keep_row(row, runs)
    figures = {each.name: each for each in row.sets}
    return dataclasses.replace(row, sets=tuple(figures[name] for name in name_sets(tests) if name in figures))


def time_rows(
    plan: StudyConfig, rows: "Sequence[MethodRow]", configs: Path, runs: Path, tests: list[Path]
) -> "list[MethodRow]":
    """The rows with times measured on this computer, now, where their bundles are there; kept for later tables, too."""
    from geulnun.evaluation.characters.table import read_row

    timed = [row.name for row in rows if is_exported(runs, row.name)]
    readers = [_open_reader(name, runs) for name in timed]
    shown = open_sets(plan, configs / plan.methods[0].config, runs, tests)
    found = dict(zip(timed, _measure_times(readers, shown, rounds=_ROUNDS_AGAIN, pause_s=_PAUSE_S), strict=True))
    for name in timed:
        _keep_row(dataclasses.replace(read_row(find_evaluation(runs, name) / ROW_FILE), **found[name]), runs)
    return [dataclasses.replace(row, **found.get(row.name, {})) for row in rows]


def _measure_times(
    readers: "Sequence[CharacterReader]", sets: "Iterator[tuple[str, Iterator[CharSample]]]", **how: Any
) -> list[dict[str, Any]]:
    """What the rows of these readers say of times on this computer, measured on the first characters of the sets."""
    _, samples = next(sets)
    processor = read_processor_name()
    return [
        {"network_ms": network_ms, "reading_ms": reading_ms, "processor": processor}
        for network_ms, reading_ms in measure_times(readers, list(islice(samples, TIMED_BATCH)), **how)
    ]


def _keep_row(row: "MethodRow", runs: Path) -> None:
    from geulnun.evaluation.characters.table import write_row

    write_row(row, find_evaluation(runs, row.name) / ROW_FILE)


def _open_reader(name: str, runs: Path) -> "CharacterReader":
    """The reader of a run, with one thread as papers have it, and the backend that all users have."""
    from geulnun.runtime.characters.reader import CharacterReader

    return CharacterReader(find_bundle(runs, name), threads=1, backend="onnxruntime")


def is_made(method: StudyMethod, runs: Path) -> bool:
    """Whether there is a bundle of the method, or the row that one was evaluated for."""
    return is_exported(runs, method.run) or _read_known(method, runs) is not None


def is_evaluated(method: StudyMethod, runs: Path, tests: list[Path]) -> bool:
    """Whether the method's bundle was evaluated on all sets since it was written; without it, whether it ever was."""
    known = _read_known(method, runs)
    if known is None or not is_exported(runs, method.run):
        return known is not None
    return {each.name for each in known.sets} >= set(name_sets(tests))


def _read_known(method: StudyMethod, runs: Path) -> "MethodRow | None":
    """The row of a method's evaluation; None where its bundle has been written since."""
    from geulnun.evaluation.characters.table import read_row

    bundle, kept = find_bundle(runs, method.run) / "manifest.json", find_evaluation(runs, method.run) / ROW_FILE
    if not kept.exists() or (bundle.exists() and kept.stat().st_mtime_ns <= bundle.stat().st_mtime_ns):
        return None
    return read_row(kept)


def name_sets(tests: list[Path]) -> list[str]:
    """Names of the drawn sets and of the data sets given.

    Raises:
        UsageError: two of them are called the same.
    """
    names = [*list_drawn(), *(path.resolve().name for path in tests)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"two sets are called {', '.join(twice)}. Rename the folder of one: columns bear their names.")
    return names


def evaluate_method(
    plan: StudyConfig,
    method: StudyMethod,
    configs: Path,
    runs: Path,
    tests: list[Path],
    known: "MethodRow | None" = None,
) -> "MethodRow":
    """What a trained method costs and reaches; its evaluation's folder has a page, figures and answers of each set."""
    from geulnun.evaluation.characters.measure import Facts
    from geulnun.evaluation.characters.table import MethodRow

    reader = _open_reader(method.run, runs)
    manifest = reader.manifest
    model = (find_bundle(runs, method.run) / "model.onnx").read_bytes()
    facts = Facts(parameters=manifest.parameters, size_bytes=len(model), backend=reader.backend)
    figures = list(known.sets) if known else []
    for name, samples in open_sets(plan, configs / method.config, runs, tests):
        if name in {each.name for each in figures}:
            continue
        shown = list(islice(samples, TIMED_BATCH))
        figures.append(_evaluate_set(plan, method, runs, reader, (name, shown, samples), facts))
    if known:
        return dataclasses.replace(known, sets=tuple(figures))
    (times,) = _measure_times([reader], open_sets(plan, configs / method.config, runs, tests))
    stages = read_stages(find_run(runs, method.run))
    provenance = manifest.provenance
    row = MethodRow(
        name=method.run,
        title=method.title or method.run,
        source=method.source,
        initial=method.init,
        seed=method.seed,
        samples=provenance.samples_seen + (provenance.samples_before if method.bundle else 0),
        flat=is_flat(stages, plan.flat_points) if len(stages) > 1 else None,
        exits=measure_exits(reader, find_bundle(runs, method.run), open_sets(plan, configs / method.config, runs, [])),
        minutes=read_minutes(find_run(runs, method.run)),
        parameters=manifest.parameters,
        size_bytes=len(model),
        packed_bytes=_pack(model),
        sets=tuple(figures),
        **times,
    )
    rarity = _measure_rarity(read_row_answers(row, runs), count_learned(plan, method, configs, runs))
    return dataclasses.replace(row, rarity=rarity)


def read_row_answers(row: "MethodRow", runs: Path) -> "dict[str, SetAnswers]":
    """What the row's method said of each set, as far as that was kept."""
    from geulnun.evaluation.characters.answers import read_answers

    files = {each.name: find_answers(runs, row.name, each.name) for each in row.sets}
    return {name: read_answers(file, find_truths(runs, name)) for name, file in files.items() if file.exists()}


def _measure_rarity(answers: "dict[str, SetAnswers]", learned: Counter[str]) -> "tuple[RarityBand, ...]":
    """Recall on all drawn sets together by how often a syllable was learned from; nothing where that is not known."""
    from geulnun.evaluation.characters.answers import SetAnswers

    drawn = [answers[name] for name in (*SEEN_SETS, *UNSEEN_SETS) if name in answers]
    if not learned or not drawn:
        return ()
    truths = tuple(text for each in drawn for text in each.truths)
    given = tuple(text for each in drawn for text in each.answers)
    return SetAnswers(truths=truths, answers=given).measure_rarity(learned)


def _evaluate_set(
    plan: StudyConfig,
    method: StudyMethod,
    runs: Path,
    reader: "CharacterReader",
    characters: "tuple[str, list[CharSample], Iterator[CharSample]]",
    facts: "Facts",
) -> "SetFigures":
    """The figures of one set: its name, its first characters, the rest."""
    from geulnun.evaluation.characters.answers import SetAnswers, write_answers
    from geulnun.evaluation.characters.measure import measure_characters
    from geulnun.evaluation.characters.report import write_characters_html, write_characters_json

    name, shown, rest = characters
    truths: list[str] = []
    answers: list[str] = []

    def note(sample: "CharSample", reading: "CharReading") -> None:
        truths.append(sample.text)
        answers.append(reading.text)

    report = measure_characters(
        lambda images, n: reader.predict(list(images), n),
        chain(shown, rest),
        reader=method.run,
        dataset=name,
        top=plan.top,
        batch_size=TIMED_BATCH,
        facts=facts,
        clock=time.process_time,
        report_answer=note,
    )
    sheets = _draw_sheets(find_bundle(runs, method.run), shown[:_MAPS_SHOWN])
    folder = find_evaluation(runs, method.run)
    write_characters_html(dataclasses.replace(report, sheets=sheets), folder / f"{name}.html")
    write_characters_json(report, folder / f"{name}.json")
    told = SetAnswers(truths=tuple(truths), answers=tuple(answers))
    write_answers(told, find_answers(runs, method.run, name), find_truths(runs, name))
    return _collect(name, report, plan.top)


def _draw_sheets(bundle: Path, samples: "list[CharSample]") -> "tuple[ActivationSheet, ...]":
    """Activation maps of a method's network; none without torch, or if its layers were changed while it was trained."""
    try:
        with needing_extra("train", "Drawing activation maps"):
            from geulnun.training.characters.activation_maps import draw_activation_sheets
        return draw_activation_sheets(bundle, samples)
    except (BundleError, MissingExtraError):
        return ()


def open_sets(
    plan: StudyConfig, config: Path, runs: Path, tests: list[Path]
) -> "Iterator[tuple[str, Iterator[CharSample]]]":
    """Name and characters of each set: drawn once for all methods, whatever they learned from, and those given."""
    from geulnun.core.config import read_toml
    from geulnun.data.characters import open_characters
    from geulnun.data.store_chars import CharStore

    source = read_toml(config).get("source", {})
    for name, (style, clean, classes) in list_drawn().items():
        opening = functools.partial(_open_test_chars, source, style, clean, classes)
        yield name, iter(CharStore(keep_chars(runs, f"test-{name}-{plan.test_chars}", opening, plan.test_chars)))
    for path in tests:
        yield path.resolve().name, iter(open_characters(path))


def _open_test_chars(
    source: "Mapping[str, Any]", style: "Style", clean: bool, classes: "Classes"
) -> "Callable[[int], CharSample]":
    """What draws characters to evaluate by, in fonts never trained on."""
    with needing_extra("train", "Drawing characters"):
        from geulnun.synth.characters.source import CharSource

    return CharSource.read(
        _TEST_SEED,
        source.get("materials", "materials"),
        split="validation",
        classes=classes,
        styles=(style,),
        clean=clean,
    ).draw


SEEN_SETS = ("printed-clean", "printed-natural", "handwritten-clean", "handwritten-natural")
UNSEEN_SETS = ("printed-unseen", "handwritten-unseen")


def list_drawn() -> "dict[str, tuple[Style, bool, Classes]]":
    """The drawn sets: style, whether clean or as training draws them, and which syllables.

    Four are of the 2,350 of KS X 1001; two, clean, of the 8,822 that a method trained on those has never seen.
    """
    return {
        "printed-clean": ("printed", True, "ksx1001"),
        "printed-natural": ("printed", False, "ksx1001"),
        "handwritten-clean": ("handwritten", True, "ksx1001"),
        "handwritten-natural": ("handwritten", False, "ksx1001"),
        "printed-unseen": ("printed", True, "others"),
        "handwritten-unseen": ("handwritten", True, "others"),
    }


def _collect(name: str, report: Any, top: int) -> "SetFigures":
    from geulnun.evaluation.characters.measure import LETTERS
    from geulnun.evaluation.characters.table import SetFigures

    total = report.total
    letters = {head: total.letter_accuracy(head) for head in LETTERS}
    return SetFigures(name=name, characters=total.total, top1=total.accuracy(1), topn=total.accuracy(top), **letters)


def measure_exits(
    reader: "CharacterReader", folder: Path, sets: "Iterator[tuple[str, Iterator[CharSample]]]"
) -> float | None:
    """Share of the characters of the learned sets that a cascade answers early, as users have it; None without one."""
    from geulnun.runtime.bundles.bundle import Bundle, has_parts
    from geulnun.runtime.characters.early_exit import open_cascade

    bundle = Bundle(folder=folder, manifest=reader.manifest)
    if not has_parts(bundle):
        return None
    cascade = open_cascade(bundle, "onnxruntime", threads=1)
    early = count = 0
    for name, samples in sets:
        if name not in SEEN_SETS:
            continue
        while images := [sample.image for sample in islice(samples, TIMED_BATCH)]:
            early += int(cascade.run_told(reader.prepare(images))[1].sum())
            count += len(images)
    return early / count


def _pack(model: bytes) -> int:
    import zlib

    return len(zlib.compress(model))
