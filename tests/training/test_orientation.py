"""Learning which way up text is: batches, a run, its bundle."""

import itertools
import json
import pickle
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch

from geulnun.core.config import read_config
from geulnun.core.random_streams import open_rng
from geulnun.runtime.bundles.bundle import read_bundle, verify_bundle
from geulnun.runtime.lines.orientation import TURNS_DEG
from geulnun.training.callbacks import RunConfig
from geulnun.training.export.export_bundle import export_bundle
from geulnun.training.fit import fit, read_checkpoint
from geulnun.training.onnx_model import measure_differences
from geulnun.training.optimising import OptimiserConfig
from geulnun.training.orientation.config import OrientationExperiment, set_up_orientation
from geulnun.training.orientation.data import (
    OrientationDataConfig,
    TurnStream,
    cut_windows,
    draw_turn_sets,
    turn_both_ways,
)
from geulnun.training.orientation.task import (
    OrientationConfig,
    OrientationNetworkConfig,
    build_orientation,
)

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "orientation-v4.toml"


class Marked(NamedTuple):
    image: np.ndarray
    text: str
    turn_deg: int


class MarkedLines:
    """Letters that are dark on the side that is their top."""

    def draw(self, index: int) -> Marked:
        rng = np.random.default_rng(index)
        image = np.full((24, int(rng.integers(24, 300))), 220, np.uint8)
        if index % 3:
            image[:8] = 30
            return Marked(image, "가", 0)
        for start in range(0, image.shape[1], 24):  # laid along, a column's letters have their tops at the left
            image[:, start : start + 8] = 30
        return Marked(image, "가", 270)


@pytest.fixture
def config() -> OrientationConfig:
    return OrientationConfig(
        network=OrientationNetworkConfig(channels=(8, 8, 16), dropout=0.0),
        data=OrientationDataConfig(workers=0, batch_lines=8, windows=2),
        optimiser=OptimiserConfig(lr=1e-2, warmup_samples=32, average_decay=0.8),
        run=RunConfig(total_samples=320, validate_every_steps=10, log_every_steps=10, precision="32-true"),
    )


def test_every_piece_comes_both_ways_up(config: OrientationConfig) -> None:
    batch = next(iter(TurnStream(MarkedLines, config.data)))
    assert batch.snippets.shape == (32, 1, 24, 160)
    assert batch.turns.bincount(minlength=4).tolist() == [10, 6, 10, 6]
    top, bottom = batch.snippets[:, 0, :8].mean(dim=(1, 2)), batch.snippets[:, 0, -8:].mean(dim=(1, 2))
    assert (top[batch.turns == 0] < bottom[batch.turns == 0]).all()
    assert (top[batch.turns == 2] > bottom[batch.turns == 2]).all()


def test_turning_a_letter_is_what_the_class_says() -> None:
    letter = np.zeros((24, 24), np.uint8)
    letter[:6, :6] = 255  # top left
    (_, first), (turned, second) = turn_both_ways(letter, 270)
    assert (TURNS_DEG[first], TURNS_DEG[second]) == (270, 90)
    assert turned[-6:, 18:24].min() == 255


def test_pieces_are_as_wide_as_words_may_be() -> None:
    rng = np.random.default_rng(0)
    config = OrientationDataConfig(windows=50)
    widths = [piece.shape[1] for piece in cut_windows(np.zeros((24, 400), np.uint8), config, rng)]
    assert min(widths) >= config.narrowest_px and max(widths) == 160 and len(set(widths)) > 10
    assert {piece.shape[1] for piece in cut_windows(np.zeros((24, 12), np.uint8), config, rng)} == {12}


def test_a_stream_goes_on_with_new_lines_and_travels_to_workers(config: OrientationConfig) -> None:
    stream = TurnStream(MarkedLines, config.data)
    assert [batch.next_index for batch in itertools.islice(stream, 3)] == [8, 16, 24]
    stream.first_index = 24
    assert next(iter(stream)).next_index == 32
    assert pickle.loads(pickle.dumps(stream)).first_index == 24


def test_validation_sets_are_fixed(config: OrientationConfig) -> None:
    batches = draw_turn_sets({"a": (MarkedLines, 12), "b": (MarkedLines, 3)}, config.data)
    assert [(batch.name, len(batch.turns)) for batch in batches] == [("a", 16), ("a", 8), ("b", 6)]


def test_a_run_becomes_a_bundle(config: OrientationConfig, record, tmp_path: Path) -> None:
    run, output = tmp_path / "run", tmp_path / "orientation-v9"
    task = fit(config, partial(set_up_orientation, config, MarkedLines, {"marked": (MarkedLines, 32)}), run)
    assert read_checkpoint(run / "last.ckpt")["samples_seen"] == task.samples_seen >= 320
    (scores,) = json.loads((run / "validation.json").read_text())["scores"]
    assert scores["set"] == "validation: marked, both ways up" and scores["samples"] == 64
    assert scores["values"].keys() == {"accuracy", "share that is sure", "accuracy of the sure"}
    record(run, "orientation", config)
    export_bundle("orientation", run, output)
    bundle = read_bundle(output, "orientation")
    assert verify_bundle(bundle) == ["model.onnx", "weights.safetensors"]
    assert max(measure_differences(task.average.eval(), bundle.manifest, bundle.model_path)) < 1e-3
    assert "sees which way up" in (output / "MODEL_CARD.md").read_text()


def test_the_shipped_config_builds_its_network() -> None:
    network = build_orientation(read_config(CONFIG, OrientationExperiment).training.network).eval()
    with torch.no_grad():
        scores = network(torch.zeros(2, 1, 24, 160))
    assert scores.exp().sum(dim=1).tolist() == pytest.approx([1.0, 1.0], abs=1e-5)


@pytest.mark.parametrize("channels", [(), (16,), (16, 0)])
def test_too_few_channels_are_refused(channels: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="two layers or more"):
        OrientationNetworkConfig(channels=channels)


class SentenceLines:
    """Lines of a source that draws with a generator of (seed, index) and, at its first draw, chooses a sentence."""

    def draw(self, index: int) -> Marked:
        sentence = open_rng(3, index, stream="strips.turned").random() < 0.6
        return Marked(np.zeros((24, 400), np.uint8), "문장" if sentence else "a", 0)


def test_windows_are_drawn_apart_from_the_lines_they_are_cut_from(monkeypatch: pytest.MonkeyPatch) -> None:
    widths: list[int] = []
    monkeypatch.setattr(
        "geulnun.training.orientation.data.turn_both_ways",
        lambda piece, turn_deg: widths.append(piece.shape[1]) or turn_both_ways(piece, turn_deg),
    )
    config = OrientationDataConfig(workers=0, batch_lines=1000, windows=1, whole_share=0.6)
    next(iter(TurnStream(SentenceLines, config, seed=3)))
    sentences = [SentenceLines().draw(index).text == "문장" for index in range(1000)]
    for sentence in (True, False):
        whole = [width == 160 for width, each in zip(widths, sentences, strict=True) if each is sentence]
        assert 0.5 < np.mean(whole) < 0.7
