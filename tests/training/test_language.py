"""Characters in context: counted, kept where they say something, weighed beside the ink."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from geulnun.cli import app
from geulnun.core.charset import CHARSET_V1
from geulnun.errors import BundleError, DatasetError, OutputError, UsageError
from geulnun.runtime.recognition.beam_search import search_text
from geulnun.runtime.recognition.decode_text import decode_text
from geulnun.runtime.recognition.experimental.heads import FlatScores
from geulnun.runtime.recognition.language_model import LanguageModel, read_default_model
from geulnun.training.language.count_ngrams import count_text, write_model

LINES = [
    "안녕하세요 여러분",
    "안녕하세요 2025년 3월 1일",
    "대한민국 만세",
    "오늘은 날씨가 좋습니다",
    "내일도 좋습니다",
] * 30


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("language") / "model.npz"
    vocabulary, levels, left = count_text(LINES)
    with path.open("wb") as file:
        write_model(file, vocabulary, levels, left, {"sources": ["test"]})
    return path


@pytest.fixture(scope="module")
def model(path: Path) -> LanguageModel:
    return LanguageModel.read(path)


def find_log(model: LanguageModel, before: str, char: str) -> float:
    return model.find_log(tuple(CHARSET_V1.encode(before)), CHARSET_V1.encode(char)[0])


def build_scores(rows: list[dict[str, float]]) -> FlatScores:
    """One strip; "" is the blank, what is left is spread."""
    classes = np.zeros((1, len(rows), CHARSET_V1.size))
    for step, row in enumerate(rows):
        classes[0, step] = (1 - sum(row.values())) / CHARSET_V1.size
        for char, chance in row.items():
            classes[0, step, CHARSET_V1.encode(char)[0] if char else 0] += chance
    return FlatScores(classes=np.log(np.maximum(classes, 1e-12)).astype(np.float32))


def test_what_was_seen_is_likely_and_all_else_possible(model: LanguageModel) -> None:
    assert find_log(model, "안녕하", "세") > np.log(0.9)
    assert find_log(model, "안녕하", "새") < find_log(model, "하", "세")
    assert find_log(model, "쀏", "뷁") == pytest.approx(find_log(model, "", "뷁"))
    before = tuple(CHARSET_V1.encode("안녕하"))
    usual, rare = (model.weigh(before, CHARSET_V1.encode(char)[0]) for char in "세뷁")
    assert 3 < usual - rare < 4.5


@pytest.mark.parametrize("before", ["", " ", "안녕", "습니다", "뷁뷁"])
def test_chances_of_what_may_follow_add_up_to_one(model: LanguageModel, before: str) -> None:
    ids = tuple(CHARSET_V1.encode(before))
    total = sum(np.exp(model.find_log(ids, number)) for number in range(1, CHARSET_V1.size))
    assert total == pytest.approx(1, abs=0.05)  # logarithms are stored in steps of a twelfth


def test_no_figure_is_likelier_than_another(model: LanguageModel) -> None:
    chances = {figure: find_log(model, " 202", figure) for figure in "0123456789"}
    assert len(set(chances.values())) == 1
    assert find_log(model, " 7", "월") == find_log(model, " 3", "월") > np.log(0.05)


def test_n_grams_that_add_nothing_are_left_out() -> None:
    rng = np.random.default_rng(0)
    random = ["".join(rng.choice(list("가나다라"), 40)) for _ in range(50)]
    levels = count_text(random)[1]
    assert len(levels[3].letters) < 4**4 / 10
    for shorter, level in zip(levels, levels[1:], strict=False):
        assert len(level.starts) == len(shorter.letters) + 1
        assert level.starts[-1] == len(level.letters)


def test_neighbours_settle_what_the_ink_leaves_open(model: LanguageModel) -> None:
    sure = [{char: 0.98} for char in "안녕하"]
    rest = [{"": 0.98}, {"요": 0.98}]
    blurred = build_scores([*sure, {"새": 0.5, "세": 0.45}, *rest])
    assert decode_text(blurred, CHARSET_V1, beam=8)[0].text == "안녕하새요"
    (reading,) = decode_text(blurred, CHARSET_V1, beam=8, language=model)
    assert reading.text == "안녕하세요"
    assert reading.chars[3].confidence == pytest.approx(0.45, abs=0.01), "the ink's own, not what it was helped to"
    clear = build_scores([*sure, {"새": 0.985, "세": 0.008}, *rest])
    assert decode_text(clear, CHARSET_V1, beam=8, language=model)[0].text == "안녕하새요"


def test_a_faint_space_is_found(model: LanguageModel) -> None:
    scores = build_scores([{char: 0.98} for char in "좋습니다"[:3]] + [{"": 0.7, " ": 0.28}, {"다": 0.98}])
    assert decode_text(scores, CHARSET_V1, beam=8, language=model)[0].text == "좋습니다"
    scores = build_scores([{char: 0.98} for char in "대한민국"] + [{"": 0.7, " ": 0.28}, {"만": 0.98}, {"세": 0.98}])
    assert decode_text(scores, CHARSET_V1, beam=0)[0].text == "대한민국만세"
    assert decode_text(scores, CHARSET_V1, beam=8, language=model)[0].text == "대한민국 만세"


def test_texts_that_end_alike_are_followed_as_one() -> None:
    """Or hundreds of open steps would push out what differs at the end."""
    a, b, c = CHARSET_V1.encode("가나다")
    open_step = (-9.0, [(a, np.log(0.5)), (b, np.log(0.45))])
    sure = (-9.0, [(c, -0.001)])
    steps = [open_step, sure, (-0.001, [])] * 40 + [open_step]
    assert search_text(steps, 4) == [a, c] * 40 + [a]


def test_damaged_files_and_those_for_other_charsets_are_refused(path: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BundleError, match=r"damaged\.npz cannot be read"):
        LanguageModel.read(damaged)
    with pytest.raises(BundleError, match="cannot be read"):
        LanguageModel.read(tmp_path / "absent.npz")
    with np.load(path) as file:
        tables = dict(file)
    tables["meta"] = np.array(str(tables["meta"]).replace(CHARSET_V1.hash, "0" * 64))
    np.savez(tmp_path / "other.npz", **tables)
    with pytest.raises(BundleError, match="another charset"):
        LanguageModel.read(tmp_path / "other.npz")
    with pytest.raises(DatasetError, match="no text"):
        count_text([])


def test_the_bundled_one_knows_korean() -> None:
    model = read_default_model()
    assert find_log(model, "안녕하", "세") > np.log(0.3)
    assert find_log(model, "합니", "다") > find_log(model, "합니", "더")


def test_the_command_writes_a_model_and_nothing_over_another(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "lines.txt").write_text("\n".join(LINES[:5]), encoding="utf-8")
    target = tmp_path / "model.npz"
    command = ["train", "language", "--corpus", str(tmp_path / "corpus"), "--generated", "20", "-o"]
    result = CliRunner().invoke(app, [*command, str(target)])
    assert result.exit_code == 0, result.output
    assert "n-grams by their characters" in result.output
    LanguageModel.read(target)
    for wrong, error in ((target, OutputError), (tmp_path / "model.txt", UsageError)):
        assert isinstance(CliRunner().invoke(app, [*command, str(wrong)]).exception, error)
