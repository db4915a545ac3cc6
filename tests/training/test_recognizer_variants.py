"""Each kind of network learns a batch, is exported, and reads as its bundle says."""

import dataclasses
from functools import partial
from pathlib import Path

import pytest
import torch

from geulnun.core.charset import CHARSET_V1
from geulnun.runtime.bundles.bundle import read_bundle
from geulnun.runtime.bundles.session import open_session
from geulnun.runtime.recognition.open_recognizer import open_recognizer
from geulnun.training.export.export_bundle import export_bundle
from geulnun.training.fit import fit
from geulnun.training.recognizer.config import set_up_recognizer
from geulnun.training.recognizer.data import draw_strip_sets
from geulnun.training.recognizer.task import GuideConfig, RecognizerTask, decode_strips
from geulnun.training.weights import load_weights, read_weights, write_weights

VARIANTS = {
    "attention, mixed and high": {
        "mixing": "attention",
        "mixer_layers": 1,
        "masked": True,
        "head": "mixed",
        "height_px": 48,
    },
    "flat": {"head": "flat", "head_inner": 16},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_learns_and_becomes_a_bundle(name: str, strips, recognizer_config, record, tmp_path: Path) -> None:
    network = dataclasses.replace(recognizer_config.network, **VARIANTS[name])
    run = dataclasses.replace(recognizer_config.run, total_samples=8, validate_every_steps=1)
    config = dataclasses.replace(recognizer_config, network=network, run=run)
    task = fit(config, partial(set_up_recognizer, config, strips, {"drawn": (strips, 4)}), tmp_path / "run")
    record(tmp_path / "run", "recognizer", config)
    export_bundle("recognizer", tmp_path / "run", tmp_path / "recognizer-v9")
    bundle = read_bundle(tmp_path / "recognizer-v9", "recognizer")
    assert bundle.strip_height_px == network.height_px
    reader = open_recognizer(bundle, open_session(bundle, "onnxruntime", 1))
    batch = task.trainer.datamodule.validation[0]
    images = [strips().draw(index).image for index in range(4)]
    wanted = sorted(reading.text for reading in decode_strips(task.average, batch, task.charset))
    assert sorted(reading.text for reading in reader.read_strips(images)) == wanted


def test_a_guide_teaches_and_is_not_exported(strips, recognizer_config, record, tmp_path: Path) -> None:
    run = dataclasses.replace(recognizer_config.run, total_samples=8)
    config = dataclasses.replace(recognizer_config, guide=GuideConfig(layers=1, inner=32, leads=True), run=run)
    task = fit(config, partial(set_up_recognizer, config, strips, {"drawn": (strips, 4)}), tmp_path / "run")
    record(tmp_path / "run", "recognizer", config)
    export_bundle("recognizer", tmp_path / "run", tmp_path / "recognizer-v9")
    names = read_weights(tmp_path / "recognizer-v9").keys()
    assert names == {name for name in task.average.state_dict() if not name.startswith("guide.")}
    load_weights(task, tmp_path / "recognizer-v9")


def test_attention_behind_a_trained_network_changes_nothing_at_first(recognizer_config, tmp_path: Path) -> None:
    plain = RecognizerTask(recognizer_config, CHARSET_V1)
    write_weights(plain.network, tmp_path / "weights.safetensors")
    strip = torch.rand(1, 1, 32, 64) + 0.1
    for height_px in (32, 40):
        network = dataclasses.replace(
            recognizer_config.network, masked=True, attention_layers=2, mixer_heads=2, height_px=height_px
        )
        longer = RecognizerTask(dataclasses.replace(recognizer_config, network=network), CHARSET_V1)
        load_weights(longer, tmp_path)
        if height_px == 32:
            expected = plain.network.half().float().eval()(strip)
            assert all(map(torch.allclose, longer.network.eval()(strip), expected))
    rows = plain.network.trunk[-1][0].weight, longer.network.trunk[-1][0].weight
    assert [kernel.shape[2] for kernel in rows] == [4, 5]
    assert torch.allclose(rows[0].sum(dim=2), rows[1].sum(dim=2), atol=1e-2)


def test_attention_needs_a_mask(recognizer_config) -> None:
    with pytest.raises(ValueError, match="attention_layers must know where strips end"):
        dataclasses.replace(recognizer_config.network, attention_layers=1)


def test_a_leading_guide_alone_teaches_the_trunk(strips, recognizer_config) -> None:
    for leads in (True, False):
        config = dataclasses.replace(recognizer_config, guide=GuideConfig(layers=1, inner=32, weight=0.0, leads=leads))
        task = RecognizerTask(config, CHARSET_V1)
        task.log_dict = lambda *_: None
        batch = draw_strip_sets({"drawn": (strips, 4)}, CHARSET_V1, config.data)[0]
        task.measure_loss(batch).backward()
        moved = float(task.network.trunk[0][0].weight.grad.abs().sum())
        assert (moved == 0.0) == leads
        assert float(task.network.head.weight.grad.abs().sum()) > 0
