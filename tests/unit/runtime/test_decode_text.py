from typing import Any

import numpy as np
import pytest

from geulnun.core.charset import CHARSET_V1
from geulnun.core.hangul import decompose
from geulnun.runtime.recognition.decode_text import LineScores, Runs, decode_text

SIZES = {"gate": CHARSET_V1.gate_size, "cho": 19, "jung": 21, "jong": 28}


def log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return (shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))).astype(np.float32)


def build_scores(lines: list[list[str]], sharpness: float = 12.0) -> LineScores:
    """Scores that say these symbols step by step ("" = blank)."""
    steps = max(map(len, lines))
    logits = {name: np.zeros((len(lines), steps, size), np.float32) for name, size in SIZES.items()}
    symbols = CHARSET_V1.symbols
    for n, line in enumerate(lines):
        for t in range(steps):
            symbol = line[t] if t < len(line) else ""
            if symbol == "":
                logits["gate"][n, t, 0] = sharpness
            elif symbol in symbols:
                logits["gate"][n, t, 2 + symbols.index(symbol)] = sharpness
            else:
                logits["gate"][n, t, 1] = sharpness
                for name, index in zip(("cho", "jung", "jong"), decompose(symbol), strict=True):
                    logits[name][n, t, index] = sharpness
    return LineScores(**{name: log_softmax(values) for name, values in logits.items()})


def test_repeats_collapse_and_blanks_divide() -> None:
    scores = build_scores([["", "한", "한", "", "글", "글", "글", " ", "", "A", "", "A", "A"], ["뷁", "", "1"]])
    first, second = decode_text(scores, CHARSET_V1)
    assert first.text == "한글 AA"
    assert second.text == "뷁1"
    assert first.chars[2].peak_px == 30.0
    assert first.confidence > 0.9


def test_an_empty_line_reads_as_nothing() -> None:
    (reading,) = decode_text(build_scores([["", "", ""]]), CHARSET_V1, alternatives=3)
    assert reading.text == ""
    assert reading.chars == ()
    assert reading.confidence == 0.0


def test_steps_in_the_padding_are_not_read() -> None:
    scores = build_scores([["가", "", "나", "", "", "", "", "다"]])
    (reading,) = decode_text(scores, CHARSET_V1, widths_px=[12])
    assert reading.text == "가나"


def test_the_peak_and_the_confidence_are_those_of_the_best_step() -> None:
    scores = build_scores([["", "가", "가", "가", ""]], sharpness=9.0)
    for head in ("gate", "cho", "jung", "jong"):
        getattr(scores, head)[0, 2] = build_scores([["가"]], sharpness=20.0).__getattribute__(head)[0, 0]
    (reading,) = decode_text(scores, CHARSET_V1)
    assert reading.chars[0].peak_px == 10.0
    assert reading.chars[0].confidence == pytest.approx(1.0, abs=1e-4)


def test_every_class_comes_out_as_itself() -> None:
    rng = np.random.default_rng(1)
    everything = CHARSET_V1.symbols + "".join(chr(0xAC00 + i) for i in rng.integers(0, 11172, 300))
    line = [step for symbol in everything for step in (symbol, "")]
    (reading,) = decode_text(build_scores([line], sharpness=20.0), CHARSET_V1)
    assert reading.text == everything


@pytest.mark.parametrize("count", [1, 2, 3])
def test_alternatives_hold_the_character_that_a_language_model_chose(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = build_scores([["가"]])
    scores.gate[0, 0, 2 + CHARSET_V1.symbols.index("1")] = np.log(0.2)
    scores.gate[0, 0, 2 + CHARSET_V1.symbols.index("2")] = np.log(0.1)

    def choose(*given: Any) -> Runs:
        (runs,) = [each for each in given if isinstance(each, Runs)]
        return runs._replace(ids=np.array(CHARSET_V1.encode("2")), logs=np.log([0.1]).astype(np.float32))

    monkeypatch.setattr("geulnun.runtime.recognition.decode_text.search_runs", choose)
    (reading,) = decode_text(scores, CHARSET_V1, alternatives=count, beam=2)
    shares = [each.probability for each in reading.chars[0].alternatives]
    assert len(shares) == count and shares == sorted(shares, reverse=True)
    assert "2" in [each.text for each in reading.chars[0].alternatives]


def test_alternatives_equal_the_full_table() -> None:
    rng = np.random.default_rng(2)
    heads = {name: log_softmax(rng.normal(0, 2, (1, 6, size))) for name, size in SIZES.items()}
    heads["gate"][:, :, 0] = -30.0
    scores = LineScores(**heads)
    (reading,) = decode_text(scores, CHARSET_V1, alternatives=7)
    for char in reading.chars:
        step = round(char.peak_px / 4 - 0.5)
        gate, cho, jung, jong = (heads[name][0, step].astype(float) for name in SIZES)
        table = gate[1] + cho[:, None, None] + jung[None, :, None] + jong[None, None, :]
        every = np.concatenate([gate[2:], table.ravel()])
        order = np.argsort(-every)[:7]
        assert [each.text for each in char.alternatives] == [CHARSET_V1.decode([int(i) + 1]) for i in order]
        assert [each.probability for each in char.alternatives] == pytest.approx(np.exp(every[order]), rel=1e-4)
        assert char.alternatives[0][:2] == (char.text, pytest.approx(char.confidence, rel=1e-5))


def test_a_batch_decodes_in_few_calls(count_calls) -> None:
    rng = np.random.default_rng(3)
    scores = LineScores(**{name: log_softmax(rng.normal(0, 3, (64, 100, size))) for name, size in SIZES.items()})
    characters = sum(len(reading.chars) for reading in decode_text(scores, CHARSET_V1))
    assert count_calls(lambda: decode_text(scores, CHARSET_V1)) < 15 * characters
