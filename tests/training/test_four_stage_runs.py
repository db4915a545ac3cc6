"""Runs of the four stages: trained by a config, exported, read with."""

import itertools
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from geulnun.core.charset import CHARSET_V1
from geulnun.core.config import build_config, read_config
from geulnun.data.sources.word_pickle import write_word_pickle
from geulnun.errors import ConfigError, DatasetError
from geulnun.runtime.bundles.bundle import read_bundle
from geulnun.runtime.bundles.session import open_session
from geulnun.runtime.recognition.experimental.alphabets import Alphabet
from geulnun.runtime.recognition.experimental.decode_fixed import decode_fixed
from geulnun.runtime.recognition.experimental.fit_strip import fit_strip
from geulnun.runtime.recognition.open_recognizer import open_recognizer
from geulnun.training.callbacks import RunConfig
from geulnun.training.export.export_bundle import export_bundle
from geulnun.training.fit import fit
from geulnun.training.optimising import OptimiserConfig, build_optimiser
from geulnun.training.recognizer.config import RecognizerExperiment, StripSourceConfig, set_up_recognizer
from geulnun.training.recognizer.data import StripDataConfig
from geulnun.training.recognizer.stages.config import FourStageConfig
from geulnun.training.recognizer.stages.data import (
    FixedStream,
    StripFitter,
    collate_fixed,
    count_batch,
    draw_fixed_sets,
)
from geulnun.training.recognizer.stages.task import decode_batch, shift_labels
from geulnun.training.recognizer.task import RecognizerConfig
from geulnun.training.recognizer.word_source import WordSource, check_words
from geulnun.training.record import read_scores
from geulnun.training.start import read_experiment

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def configure(samples: int = 8, **network: Any) -> RecognizerConfig:
    shape = {"feature_extraction": "vgg", "transformation": "none", "width_px": 96, "width_ratio": 0.25} | network
    return RecognizerConfig(
        network=FourStageConfig(name="four-stages", **shape),
        data=StripDataConfig(workers=0, batch_px=8 * shape["width_px"], most_strips=8),
        optimiser=OptimiserConfig(lr=4e-3, warmup_samples=0, weight_decay=0.0, average_decay=0.0),
        run=RunConfig(total_samples=samples, validate_every_steps=max(1, samples // 8), log_every_steps=20),
    )


def train(config: RecognizerConfig, strips: Any, run: Path, record: Any) -> Any:
    task = fit(config, partial(set_up_recognizer, config, strips, {"drawn": (strips, 8)}), run)
    record(run, "recognizer", config)
    return task


def test_strips_are_learned_by_heart_and_read_from_the_bundle(eight_strips: Any, record, tmp_path: Path) -> None:
    run, output = tmp_path / "run", tmp_path / "stages-v1"
    train(configure(8 * 40, prediction="ctc", sequence_modelling="none"), eight_strips, run, record)
    (scores,) = [each for each in read_scores(run).scores if each.set == "validation: drawn strips"]
    assert scores.values == {"accuracy": 1.0, "1-ned": 1.0, "cer": 0.0}
    export_bundle("recognizer", run, output)
    samples = [eight_strips().draw(index) for index in range(8)]
    for reading, sample in zip(read_from(output, samples), samples, strict=True):
        assert reading.text == sample.text
        peaks = np.array([char.peak_px for char in reading.chars])
        assert (np.diff(peaks) > 0).all()
        assert peaks[0] > 0 and peaks[-1] < sample.image.shape[1]


ROWS = [
    {"prediction": "ctc", "alphabet": "jamo"},
    {"prediction": "attention", "alphabet": "flat", "transformation": "tps", "keep_ratio": True},
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['prediction']}-{row['alphabet']}")
def test_a_bundle_reads_what_its_network_reads(row: dict, eight_strips: Any, record, tmp_path: Path) -> None:
    run, output = tmp_path / "run", tmp_path / "stages-v1"
    config = configure(8, width_ratio=0.125, most_characters=5, sequence_modelling="none", **row)
    task = train(config, eight_strips, run, record)
    export_bundle("recognizer", run, output)
    (batch,) = draw_fixed_sets({"drawn": (eight_strips, 8)}, StripFitter(config.network, CHARSET_V1), config.data)
    wanted = decode_batch(task.average.eval(), batch, config.network, Alphabet(config.network.alphabet, CHARSET_V1))
    found = read_from(output, [eight_strips().draw(index) for index in range(8)])
    assert [reading.text for reading in found] == [reading.text for reading in wanted]
    assert [each.confidence for each in found] == pytest.approx([each.confidence for each in wanted], abs=1e-3)


def read_from(folder: Path, samples: list[Any]) -> list[Any]:
    bundle = read_bundle(folder, "recognizer")
    recognizer = open_recognizer(bundle, open_session(bundle, "onnxruntime", 1))
    return recognizer.read_strips([sample.image for sample in samples])


def test_adadelta_is_that_of_the_benchmark() -> None:
    network = torch.nn.Linear(2, 2)
    config = OptimiserConfig(kind="adadelta", lr=1.0, weight_decay=0.0)
    optimiser = build_optimiser(network, config)
    assert isinstance(optimiser, torch.optim.Adadelta)
    for group in optimiser.param_groups:
        assert (group["lr"], group["rho"], group["eps"], group["weight_decay"]) == (1.0, 0.95, 1e-8, 0.0)
    assert config.clip_norm == 5.0


def test_labels_are_shifted_for_the_decoder() -> None:
    fitter = StripFitter(configure(prediction="attention", most_characters=3).network, CHARSET_V1)
    strips = [fitter.label(np.full((32, 60), 200, np.uint8), text, 800) for text in ("가나", "A", "")]
    given, wanted = shift_labels(collate_fixed(strips, 3, "x"))
    first, second, letter = (number + 1 for number in CHARSET_V1.encode("가나A"))
    assert given.tolist() == [[0, first, second], [0, letter, 0], [0, 0, 0]]
    assert wanted.tolist() == [[first, second, 1], [letter, 1, 0], [1, 0, 0]]
    assert fitter.label(np.full((32, 60), 200, np.uint8), "가나다라", 800) is None


def test_too_many_unusable_strips_say_what_is_allowed(strips: Any) -> None:
    config = configure(most_characters=2)
    stream = FixedStream(strips, StripFitter(config.network, CHARSET_V1), config.data)
    with pytest.raises(DatasetError, match=r"at most 2 characters.*longest_text"):
        for _ in stream:
            pass


@pytest.mark.parametrize(
    ("text", "ids"),
    [("각A", [312, 331, 352, 34]), ("아", [323, 331]), ("ㄱ", [96]), ("", [])],
)
def test_jamo_spell_syllables(text: str, ids: list[int]) -> None:
    alphabet = Alphabet("jamo", CHARSET_V1)
    first = CHARSET_V1.first_syllable
    assert alphabet.encode(text) == [number - 312 + first if number > 311 else number for number in ids]
    assert "".join(char.text for char in alphabet.spell(alphabet.encode(text))) == text


def test_every_character_is_spelt_and_read_again() -> None:
    for name in ("flat", "jamo"):
        alphabet = Alphabet(name, CHARSET_V1)
        text = "".join(CHARSET_V1.char(number) for number in range(1, CHARSET_V1.size))
        ids = alphabet.encode(text)
        assert min(ids) == 1 and max(ids) == alphabet.size
        assert "".join(char.text for char in alphabet.spell(ids)) == text


def test_letters_that_make_no_syllable_stand_for_themselves() -> None:
    alphabet = Alphabet("jamo", CHARSET_V1)
    cho, jung, jong = alphabet.encode("각")
    spelt = alphabet.spell([cho, cho, jung, jong, jong, jung])
    assert [char.text for char in spelt] == ["ㄱ", "각", "ㄱ", "ㅏ"]
    assert [(char.start, char.stop) for char in spelt] == [(0, 1), (1, 4), (4, 5), (5, 6)]


def test_attention_that_goes_back_leaves_characters_in_order() -> None:
    logs = np.log(np.full((1, 3, 11_485), 1e-6, np.float32))
    for place, number in enumerate([*CHARSET_V1.encode("가나"), 0]):
        logs[0, place, number + 1] = np.log(0.9)
    shares = np.zeros((1, 3, 4), np.float32)
    shares[0, [0, 1, 2], [3, 1, 0]] = 1.0
    (reading,) = decode_fixed({"classes": logs, "attention": shares}, Alphabet("flat", CHARSET_V1), spans_px=[40.0])
    assert reading.text == "가나"
    assert reading.confidence == pytest.approx(0.9)
    assert [char.peak_px for char in reading.chars] == pytest.approx([35.0, 35.01])


@pytest.mark.parametrize(("name", "output"), [("flat", "classes"), ("jamo", "letters")])
def test_characters_lie_where_their_steps_are(name: str, output: str) -> None:
    alphabet = Alphabet(name, CHARSET_V1)
    steps = [0, *alphabet.encode("가"), 0, 0, *alphabet.encode("A"), 0]
    logs = np.full((1, len(steps), alphabet.size + 1), -20.0, np.float32)
    logs[0, np.arange(len(steps)), steps] = np.log(0.8)
    (reading,) = decode_fixed({output: logs}, alphabet, spans_px=[10.0 * len(steps)])
    assert reading.text == "가A"
    letters = len(alphabet.encode("가"))
    assert [char.peak_px for char in reading.chars] == pytest.approx([10 + 5 * letters, 35 + 10 * letters])
    assert [char.confidence for char in reading.chars] == pytest.approx([0.8**letters, 0.8])


def test_strips_are_stretched_or_padded_with_their_last_column() -> None:
    strip = np.tile(np.arange(0, 200, 4, dtype=np.uint8), (25, 1))
    stretched = fit_strip(strip, 32, 100, keep_ratio=False)
    assert stretched.image.shape == (32, 100)
    assert stretched.used_px == 100
    padded = fit_strip(strip, 32, 100, keep_ratio=True)
    assert padded.used_px == 64
    assert (padded.image[:, 64:] == padded.image[:, 63:64]).all()
    assert fit_strip(np.repeat(strip, 4, axis=1), 32, 100, keep_ratio=True).used_px == 100


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"name": "four-stages", "feature_extraction": "densenet"}, "allowed are 'vgg', 'rcnn', 'resnet'"),
        ({"name": "four-stages", "sequence": "bilstm"}, "did you mean 'sequence_modelling'"),
        ({"name": "four-stages", "width_ratio": 0.0}, "width_ratio is 0.0; allowed is more than 0"),
        ({"name": "three-stages"}, "allowed are strip-reader, four-stages"),
    ],
)
def test_wrong_keys_say_what_is_allowed(table: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_config({"training": {"network": table}}, RecognizerExperiment)


def test_a_guide_teaches_no_four_stages() -> None:
    with pytest.raises(ConfigError, match=r"Leave out \[training.guide\]"):
        build_config({"training": {"network": {"name": "four-stages"}, "guide": {"layers": 1}}}, RecognizerExperiment)


def test_stage_2_is_that_of_open_ocr_engine() -> None:
    experiment = read_config(CONFIGS / "open-ocr" / "stage2.toml", RecognizerExperiment)
    network, optimiser = experiment.training.network, experiment.training.optimiser
    assert (network.height_px, network.width_px, network.keep_ratio, network.alphabet) == (36, 200, True, "flat")
    assert (optimiser.kind, optimiser.lr, optimiser.rho, optimiser.eps, optimiser.clip_norm) == (
        "adadelta",
        1.0,
        0.95,
        1e-8,
        5.0,
    )
    assert experiment.source.kind == "newsprint"
    assert count_batch(experiment.training.data, network.width_px) == 64


def test_words_of_a_pickle_are_learned_from(tmp_path: Path) -> None:
    words = [("가나", 0), ("다", 1), ("A1", 2), ("각", 3)] * 5
    for number, (_, level) in enumerate(words):
        Image.fromarray(np.full((20, 40), 60 * level, np.uint8)).save(tmp_path / f"{number}.png")
    write_word_pickle(tmp_path, [(f"{number}.png", text) for number, (text, _) in enumerate(words)])
    config = RecognizerExperiment(source=StripSourceConfig(words=tmp_path), training=configure(prediction="ctc"))
    setup = config.set_up()
    assert sum(len(batch.texts) for batch in setup.validation) == 2
    batch = next(iter(setup.stream))
    assert len(batch.texts) == 8
    levels = dict(words)
    for strip, text in zip(batch.strips, batch.texts, strict=True):
        assert float(strip.mean()) == pytest.approx(60 * levels[text] / 127.5 - 1, abs=0.01)
    train, held = (WordSource(tmp_path, split) for split in ("train", "validation"))
    assert {word.path for word in train.words}.isdisjoint(word.path for word in held.words)
    assert len({train.draw(index).text for index in range(len(train.words))}) == 4


def test_what_is_wrong_with_words_is_said_by_entry_before_training(tmp_path: Path) -> None:
    for number in range(3):
        Image.fromarray(np.full((20, 40 + number), 60, np.uint8)).save(tmp_path / f"{number}.png")
    entries = [("0.png", "가"), ("1.png", "나\u0950"), ("2.png", "다")]
    write_word_pickle(tmp_path, entries)
    said: list[str] = []
    check_words(tmp_path, CHARSET_V1, said.append)
    (message,) = said
    assert "entry 1 (1.png): '\u0950' (U+0950) is not in the charset" in message
    (tmp_path / "2.png").write_bytes((tmp_path / "2.png").read_bytes()[:60])
    with pytest.raises(DatasetError, match=r"entry 2: 2.png cannot be read as a picture.*take its entry out"):
        check_words(tmp_path, CHARSET_V1, said.append)
    (tmp_path / "2.png").unlink()
    with pytest.raises(DatasetError, match=r"entry 2 names 2.png, which is not in"):
        check_words(tmp_path, CHARSET_V1, said.append)


def test_every_row_of_the_comparison_has_room_for_its_texts() -> None:
    path = CONFIGS / "experiments" / "four-stages" / "base.toml"
    for trunk, prediction in itertools.product(("vgg", "rcnn", "resnet"), ("ctc", "attention")):
        changes = {"training.network.feature_extraction": trunk, "training.network.prediction": prediction}
        experiment = read_experiment(path, changes, RecognizerExperiment)
        network = experiment.training.network
        assert network.most_characters == experiment.source.longest_text
        assert (
            network.steps >= 3 * network.most_characters + network.most_characters // 2
        )  # blanks between like letters
