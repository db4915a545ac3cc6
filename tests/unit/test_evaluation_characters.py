import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

from geulnun.cli import app
from geulnun.core.hangul import CHO, JONG, JUNG, SYLLABLES, decompose
from geulnun.core.page import Alternative
from geulnun.data.sample import CharSample
from geulnun.data.store_chars import CharStore
from geulnun.errors import DatasetError, InputError, OutputError, UsageError
from geulnun.evaluation.characters.measure import (
    ActivationMap,
    ActivationSheet,
    CharReport,
    Facts,
    find_letter_accuracy,
    measure_characters,
)
from geulnun.evaluation.characters.report import (
    characters_to_dict,
    draw_activation,
    print_characters,
    romanise,
    write_characters_html,
    write_characters_json,
)
from geulnun.runtime.bundles.manifest import FileRecord, InputSpec, Manifest, Provenance
from geulnun.runtime.characters.decode import CharReading

# What the reader below says of a picture by the level of its first pixel: likeliest first.
ANSWERS = {0: "가나", 1: "거가", 2: "각갓", 3: "힣각"}


def read_level(image: NDArray[np.uint8], n: int) -> CharReading:
    texts = ANSWERS[int(image.flat[0])][:n]
    cho, jung, jong = decompose(texts[0])
    return CharReading(
        text=texts[0],
        confidence=0.9,
        alternatives=tuple(Alternative(text=text, confidence=0.5) for text in texts),
        cho=(Alternative(text=CHO[cho], confidence=1.0),),
        jung=(Alternative(text=JUNG[jung], confidence=1.0),),
        jong=(Alternative(text=JONG[jong], confidence=1.0),),
    )


def predict(images: Sequence[NDArray[np.uint8]], n: int) -> list[CharReading]:
    return [read_level(image, n) for image in images]


def make_sample(text: str, level: int, style: str = "printed") -> CharSample:
    return CharSample(image=np.full((20, 15), level, np.uint8), text=text, style=style)  # type: ignore[arg-type]


SAMPLES = [
    make_sample("가", 0),
    make_sample("가", 1),
    make_sample("가", 1),
    make_sample("각", 3, "handwritten"),
    make_sample("ㄱ", 2, "handwritten"),
]


@pytest.fixture
def report() -> CharReport:
    facts = Facts(parameters=1_234_567, size_bytes=5_000_000, backend="fake 1")
    return measure_characters(
        predict, iter(SAMPLES), reader="<reader>", dataset="set", top=2, batch_size=2, facts=facts
    )


def test_accuracy_by_style_and_rank(report: CharReport) -> None:
    printed, written = report.styles["printed"], report.styles["handwritten"]
    assert (printed.total, written.total, report.total.total) == (3, 2, 5)
    assert printed.accuracy(1) == pytest.approx(1 / 3) and printed.accuracy(2) == 1
    assert written.accuracy(1) == 0 and written.accuracy(2) == 0.5
    assert report.total.accuracy(2) == pytest.approx(4 / 5)


def test_letters_are_scored_by_their_heads(report: CharReport) -> None:
    printed, written = report.styles["printed"], report.styles["handwritten"]
    assert printed.letter_accuracy("cho") == 1 and printed.letter_accuracy("jung") == pytest.approx(1 / 3)
    assert written.letters_total == 1 and written.letter_accuracy("cho") == 0, "a bare jamo has no letters to compare"
    assert report.confusion["jung"][JUNG.index("ㅏ"), JUNG.index("ㅓ")] == 2
    assert report.confusion["jong"][JONG.index("ㄱ"), JONG.index("ㅎ")] == 1
    assert [each.shape for each in report.confusion.values()] == [(19, 19), (21, 21), (28, 28)]
    shares = find_letter_accuracy(report.confusion["jung"], report.letters["jung"])
    assert shares[JUNG.index("ㅏ")] == pytest.approx(1 / 4) and shares[JUNG.index("ㅢ")] is None


def test_answers_without_letters_are_wrong_in_each() -> None:
    def read(images: Sequence[NDArray[np.uint8]], n: int) -> list[CharReading]:
        return [replace(read_level(image, n), cho=()) if image.flat[0] else read_level(image, n) for image in images]

    report = measure_characters(read, SAMPLES[:3], top=2)
    assert report.total.letter_accuracy("cho") == pytest.approx(1 / 3)
    assert find_letter_accuracy(report.confusion["cho"], report.letters["cho"])[0] == pytest.approx(1 / 3)


def test_confused_pairs_keep_examples(report: CharReport) -> None:
    assert report.pairs[("가", "거")] == 2 and report.pairs[("각", "힣")] == 1
    assert len(report.examples[("가", "거")]) == 2


def test_limit_and_wrong_calls() -> None:
    assert measure_characters(predict, SAMPLES, limit=2).total.total == 2
    with pytest.raises(UsageError, match="no character"):
        measure_characters(predict, [])
    with pytest.raises(UsageError, match="top is 0"):
        measure_characters(predict, SAMPLES, top=0)


def test_reports_are_written(report: CharReport, tmp_path: Path) -> None:
    weights = np.arange(16, dtype=np.float32).reshape(4, 4)
    shown = ActivationMap(image=SAMPLES[0].image, weights=weights, truth="가", answer="ㄱ")
    sheet = ActivationSheet(method="Grad-CAM", head="cho", maps=(shown,))
    full = CharReport(**{**vars_of(report), "sheets": (sheet,)})
    write_characters_html(full, tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "&lt;reader&gt;" in page and page.count("<svg") == 3 and "ㅏ read as ㅓ: 2 (50.00 %)" in page
    assert "가 → " in page and "Grad-CAM: initial" in page and "33.33 %" in page and "1,234,567" in page
    write_characters_json(report, tmp_path / "a.json")
    figures = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert figures == json.loads(json.dumps(characters_to_dict(report)))
    assert figures["styles"]["printed"]["topn"] == 1 and figures["pairs"][0] == ["가", "거", 2]
    assert len(figures["letters"]["jong"]["confusion"]) == 28 and figures["ms_per_image"] > 0
    with pytest.raises(OutputError):
        write_characters_json(report, tmp_path)


def vars_of(report: CharReport) -> dict[str, object]:
    return {name: getattr(report, name) for name in CharReport.__dataclass_fields__}


def test_the_table_has_a_row_for_each_style(report: CharReport) -> None:
    console = Console(width=200, record=True)
    print_characters(report, console)
    text = console.export_text()
    for expected in ("printed", "handwritten", "all", "top-2", "33.33 %", "5.00 MB", "가→거 2"):
        assert expected in text


def test_activation_is_brightest_where_the_network_looked() -> None:
    weights = np.zeros((4, 4), np.float32)
    weights[3, 3] = 2.0
    picture = draw_activation(
        ActivationMap(image=np.zeros((40, 40), np.uint8), weights=weights, truth="가", answer="ㄱ")
    )
    assert picture.shape == (96, 96, 3) and picture[-1, -1].sum() > 3 * picture[0, 0].sum()
    flat = ActivationMap(image=np.zeros((9, 5), np.uint8), weights=np.ones((2, 2)), truth="가", answer="ㄱ")
    assert draw_activation(flat).shape == (96, 53, 3)


class FakeReader:
    """The reader above behind the interface of `CharacterReader`."""

    name, backend = "characters-test", "fake 1"

    def __init__(self, weights: str | None, threads: int | None, backend: str) -> None:
        self.manifest = Manifest(
            name=self.name,
            kind="characters",  # type: ignore[arg-type]
            input=InputSpec(name="chars", axes=("N", "1", "64", "64"), range=(0.0, 1.0), colour="grey", resize=""),
            outputs=(),
            provenance=Provenance(commit="", config="", config_sha256="", seed=0, samples_seen=0),
            network={},
            parameters=7,
            files={"model.onnx": FileRecord(sha256="", size_bytes=1000)},
        )

    def predict(self, images: object, n: int = 5) -> list[CharReading]:
        if isinstance(images, list):
            return predict(images, n)
        from geulnun.core.image import read_image

        return [read_level(read_image(images), n)]  # type: ignore[arg-type]


@pytest.fixture
def letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("geulnun.runtime.characters.reader.CharacterReader", FakeReader)
    for text, level in (("가", 0), ("거", 1), ("각", 3)):
        (tmp_path / "글자" / text).mkdir(parents=True)
        Image.new("L", (9, 9), level).save(tmp_path / "글자" / text / "a.png")
    return tmp_path / "글자"


def test_the_command_evaluates_a_data_set(letters: Path, tmp_path: Path) -> None:
    (letters / "가" / "b.png").write_bytes(b"no picture")
    options = ["--json", str(tmp_path / "a.json"), "--html", str(tmp_path / "a.html"), "--style", "printed"]
    result = CliRunner().invoke(app, ["evaluate", "characters", str(letters), *options])
    assert result.exit_code == 0, result.output
    assert "characters-test on 글자" in result.output and "66.67 %" in result.output
    assert "1 of 4 records are damaged" in result.output
    figures = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert figures["parameters"] == 7 and list(figures["styles"]) == ["printed"] and (tmp_path / "a.html").is_file()


def test_wrong_data_sets_and_styles_are_refused(letters: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", "characters", str(letters / "nothing")])
    assert isinstance(result.exception, DatasetError)
    result = CliRunner().invoke(app, ["evaluate", "characters", str(letters), "--style", "typed"])
    assert isinstance(result.exception, UsageError)


def test_the_command_prints_a_row_for_each_picture(letters: Path) -> None:
    command = ["chars", "read", str(letters), "--recursive", "--top", "2"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert [row.split("\t")[1:] for row in result.output.splitlines()] == [
        ["가 0.5000", "나 0.5000"],
        ["힣 0.5000", "각 0.5000"],
        ["거 0.5000", "가 0.5000"],
    ]
    rows = [json.loads(row) for row in CliRunner().invoke(app, [*command, "--jsonl"]).output.splitlines()]
    assert rows[1]["text"] == "힣" and rows[1]["jong"][0]["text"] == "ㅎ"


def test_one_wrong_picture_stops_nothing(letters: Path) -> None:
    pictures = [str(letters / "missing.png"), str(letters / "가" / "a.png")]
    result = CliRunner().invoke(app, ["chars", "read", *pictures])
    assert result.exit_code == InputError.exit_code
    assert "missing.png" in result.output and "가 0.5000" in result.output


def test_sets_are_written_into_one_store(letters: Path, tmp_path: Path) -> None:
    (letters / "가" / "b.png").write_bytes(b"no picture")
    command = ["chars", "store", str(letters), str(letters), "-o", str(tmp_path / "store"), "--style", "printed"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "store: 6 characters" in result.output and "1 of 4 records" in result.output
    assert sorted(sample.text for sample in CharStore(tmp_path / "store")) == sorted("가거각" * 2)
    assert isinstance(CliRunner().invoke(app, command).exception, OutputError)
    assert isinstance(CliRunner().invoke(app, [*command[:-1], "typed"]).exception, UsageError)


def test_pages_say_in_latin_what_was_read_for_want_of_a_font() -> None:
    assert (romanise("읽"), romanise("아"), romanise("ㄳ"), romanise("ㅇ"), romanise("a"), romanise("")) == (
        "i·lg",
        "a",
        "gs",
        "ng",
        "",
        "",
    )
    assert len({romanise(syllable) for syllable in SYLLABLES}) == len(SYLLABLES)
