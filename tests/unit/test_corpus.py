import errno
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from geulnun.core.charset import CHARSET_V1
from geulnun.errors import DatasetError, UsageError
from geulnun.synth import texts
from geulnun.synth.materials.corpus import Corpus, clean_text, cut_piece

SENTENCES = [f"오늘은 {n}번째로 산에 올라가서 바람을 쐬고 왔습니다." for n in range(400)]
WORDS = [f"낱말{n}" for n in range(3000)]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "하위").mkdir()
    (tmp_path / "문장.txt").write_text("\n".join(SENTENCES), "utf-8")
    (tmp_path / "하위" / "낱말.txt").write_text("\r\n".join(WORDS) + "\r\n", "utf-8-sig")
    (tmp_path / "구.txt").write_text("산에 오르다.\n\n  꽃을 심다.  \n물을 마시다.\n", "utf-8")
    (tmp_path / "빈.txt").write_text("", "utf-8")
    (tmp_path / "other.tsv").write_bytes(b"\xff")
    return tmp_path


def draw_many(corpus, count=3000, seed=0, **options):
    rng = np.random.default_rng(seed)
    return [corpus.draw_strip_text(rng, **options) for _ in range(count)]


@pytest.mark.parametrize("max_chars", [1, 7, 40])
def test_strip_texts_are_clean_writable_and_short_enough(folder, max_chars):
    for corpus in (Corpus.read(folder), Corpus.read(None)):
        for text in draw_many(corpus, 1500, max_chars=max_chars):
            assert 1 <= len(text) <= max_chars
            assert text == " ".join(text.split())
            CHARSET_V1.encode(re.sub("[一-鿿]", "", text))


def test_texts_come_from_the_folder(folder):
    drawn = draw_many(Corpus.read(folder))
    assert sum("바람을" in text or "올라가서" in text for text in drawn) > 300
    assert sum(text.startswith("낱말") for text in drawn) > 100


def test_files_are_told_apart_by_their_words_a_line(folder):
    classes = {file.path.stem: file.line_class for file in Corpus.read(folder).files}
    assert classes == {"문장": "sentence", "낱말": "word", "구": "phrase"}


def test_splits_share_no_line(folder):
    lines = {}
    for split in ("train", "validation"):
        corpus = Corpus.read(folder, split=split)
        lines[split] = {file.read_line(i) for file in corpus.files for i in range(len(file.starts))}
    assert not lines["train"] & lines["validation"]
    assert lines["train"] | lines["validation"] >= {*SENTENCES, *WORDS}
    assert 0.03 < len(lines["validation"]) / 3400 < 0.07


def test_a_corpus_pickles_small_and_draws_the_same(folder):
    corpus = Corpus.read(folder, split="validation")
    data = pickle.dumps(corpus)
    assert len(data) < 1000
    assert draw_many(pickle.loads(data), 200) == draw_many(corpus, 200)


@pytest.mark.parametrize("kind", ["sentence", "line", "phrase", "word", "title", "paragraph", "strip", "number"])
def test_every_kind_can_be_drawn(folder, kind):
    for corpus in (Corpus.read(folder), Corpus.read(None)):
        rng = np.random.default_rng(1)
        for _ in range(200):
            text = corpus.draw_text(rng, kind)
            assert text == " ".join(text.split())
            assert text
            CHARSET_V1.encode(re.sub("[一-鿿]", "", text))


def test_an_unknown_kind_is_named_with_the_known_ones():
    with pytest.raises(UsageError, match='"poem".*sentence.*phone'):
        Corpus.read(None).draw_text(np.random.default_rng(0), "poem")


def test_paragraphs_are_about_as_long_as_asked(folder):
    corpus = Corpus.read(folder)
    rng = np.random.default_rng(2)
    for wanted in (1, 100, 400):
        sentences = corpus.draw_paragraph(rng, wanted)
        assert wanted <= sum(map(len, sentences)) < wanted + 200


def test_unwritable_characters_and_their_brackets_go():
    assert clean_text("대한(大韓)민국은  ＡＢＣ\t😀 좋다") == "대한민국은 ABC 좋다"
    assert clean_text("漢字") == ""


def test_a_file_of_nothing_writable_falls_back_on_the_generators(tmp_path):
    (tmp_path / "a.txt").write_text("漢字\n大韓 民國 萬歲 萬歲\n" * 50, "utf-8")
    assert all(draw_many(Corpus.read(tmp_path), 500))


def test_pieces_are_cut_between_words():
    rng = np.random.default_rng(0)
    text = "가나다 라마바사 아자 차카타파하 거너더러머버서"
    for _ in range(300):
        piece = cut_piece(rng, text, 9, 12)
        assert f" {piece} " in f" {text} "
        assert len(piece) <= 12
    assert len(cut_piece(rng, "가" * 100, 10, 40)) == 40


def test_a_missing_folder_says_what_is_wanted(tmp_path):
    with pytest.raises(DatasetError, match="does not exist.*UTF-8"):
        Corpus.read(tmp_path / "없음")


def test_a_folder_without_text_says_what_is_wanted(tmp_path):
    with pytest.raises(DatasetError, match="no line of text"):
        Corpus.read(tmp_path)


def test_other_encodings_are_refused_with_their_place(tmp_path):
    (tmp_path / "old.txt").write_bytes("가나다\n".encode() + "한글".encode("cp949"))
    with pytest.raises(DatasetError, match=r"old\.txt is not UTF-8 \(line 2.*iconv"):
        Corpus.read(tmp_path)


def test_an_unreadable_file_is_named(tmp_path, monkeypatch):
    def refuse(*given, **more):
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "secret.txt").write_text("가", "utf-8")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DatasetError, match=r"secret\.txt cannot be read \(Permission denied\)"):
        Corpus.read(tmp_path)


def test_an_unknown_split_is_refused():
    with pytest.raises(UsageError, match='"test"'):
        Corpus.read(None, split="test")


def test_drawing_a_text_takes_few_calls(folder, count_calls):
    corpus = Corpus.read(folder)
    assert count_calls(lambda: draw_many(corpus, 1000)) < 100 * 1000


def test_the_strip_mixture_practises_symbols(folder):
    rare = set(CHARSET_V1.symbols[95:]) - set("…·“”‘’")
    drawn = draw_many(Corpus.read(folder), 4000)
    assert 0.04 < sum(bool(rare & set(text)) for text in drawn) / 4000 < 0.25
    weights = texts.GENERATED_WEIGHTS
    assert abs(weights["symbols"] / sum(weights.values()) - 0.23) < 0.02
