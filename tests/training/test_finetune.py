"""Fine-tuning: the weights it starts from, new characters, learning by heart, stopping and going on."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from geulnun.core.charset import CHARSET_V1
from geulnun.errors import ConfigError, OutputError, UsageError
from geulnun.runtime.bundles.bundle import Bundle, read_bundle, read_default_bundle
from geulnun.runtime.bundles.contracts import specify_strips
from geulnun.runtime.bundles.manifest import Manifest, Provenance
from geulnun.runtime.bundles.session import open_session
from geulnun.runtime.recognition.language_model import read_default_model
from geulnun.runtime.recognition.open_recognizer import open_recognizer
from geulnun.training.finetune.data import OwnData, read_own_data
from geulnun.training.finetune.lines import LineCutter, OwnLine
from geulnun.training.finetune.mixture import MixedStrips, vary_strip
from geulnun.training.finetune.run import FinetuneConfig, finetune, plan_samples
from geulnun.training.finetune.start_weights import read_onnx_weights, read_start_network
from geulnun.training.finetune.task import score_rates
from geulnun.training.fit import read_checkpoint
from geulnun.training.recognizer.interface import build_network, describe_charset, describe_interface
from geulnun.training.weights import write_weights


@pytest.fixture
def strips_in() -> torch.Tensor:
    return torch.rand((2, 1, 32, 160), generator=torch.Generator().manual_seed(3)) * 2 - 1


@pytest.fixture
def tiny_bundle(recognizer_config, tmp_path: Path) -> Bundle:
    """A bundle whose network has learned nothing."""
    table = dataclasses.asdict(recognizer_config.network)
    folder = tmp_path / "start"
    folder.mkdir()
    write_weights(build_network(table), folder / "weights.safetensors")
    manifest = Manifest(
        name="start",
        kind="recognizer",
        input=specify_strips(32),
        outputs=describe_interface(table)[1],
        provenance=Provenance(commit="c", config="tiny.toml", config_sha256="0", seed=1, samples_seen=7),
        network=table,
        parameters=1,
        charset=describe_charset(table),
    )
    return Bundle(folder=folder, manifest=manifest)


def build_data(strips, charset=CHARSET_V1, count: int = 12) -> OwnData:
    """Lines of fixed patterns, the same to train and to validate on."""
    drawn = [strips().draw(index) for index in range(count)]
    lines = tuple(OwnLine(image=each.image, text=each.text, picture="a", place="a.txt, line 1") for each in drawn)
    counts = {"pictures": 2, "labelled": 2 * count, "cut": 2 * count}
    return OwnData(charset=charset, training=lines, validation=lines, added={}, problems=(), **counts)


QUICK = FinetuneConfig(total_samples=2400, batch_px=1024, lr=1e-2, workers=0, int8=False, patience=99)


def test_new_characters_change_no_output_before_they_are_trained(strips_in: torch.Tensor) -> None:
    bundle = read_default_bundle("recognizer")
    before = read_start_network(bundle, CHARSET_V1).eval()
    after = read_start_network(bundle, CHARSET_V1.extend("美國語")).eval()
    with torch.no_grad():
        old, new = before(strips_in), after(strips_in)
    size = CHARSET_V1.gate_size
    assert torch.equal(new.gate[..., :size], old.gate)
    assert new.gate.shape[-1] == size + 3
    assert float(new.gate[..., size:].max()) < -17
    for name in ("cho", "jung", "jong"):
        assert torch.equal(getattr(new, name), getattr(old, name))


def test_a_bundle_without_training_weights_is_gone_on_from_by_its_onnx_file(strips_in: torch.Tensor) -> None:
    bundle = read_default_bundle("recognizer")
    network = build_network(bundle.manifest.network)
    network.load_state_dict(read_onnx_weights(bundle.model_path, network))
    with torch.no_grad():
        found = network.eval()(strips_in)
    session = onnxruntime.InferenceSession(bundle.model_path, providers=["CPUExecutionProvider"])
    for name, wanted in zip(
        found._fields, session.run(list(found._fields), {"strips": strips_in.numpy()}), strict=True
    ):
        assert getattr(found, name).numpy() == pytest.approx(wanted, abs=1e-3)


def test_a_network_of_four_stages_is_refused_with_what_to_do_instead(tiny_bundle: Bundle) -> None:
    manifest = dataclasses.replace(tiny_bundle.manifest, network={"name": "four-stages", "width_px": 200})
    with pytest.raises(UsageError, match=r"four-stages network; allowed are strip-reader.*Leave out --recognizer"):
        read_start_network(dataclasses.replace(tiny_bundle, manifest=manifest), CHARSET_V1)


def test_lines_and_a_new_character_are_learned_by_heart(strips, tiny_bundle: Bundle, tmp_path: Path) -> None:
    charset = CHARSET_V1.extend("美")
    known = build_data(strips, charset)
    # The pattern of one letter is called by a new name.
    lines = tuple(dataclasses.replace(line, text=line.text.replace("가", "美")) for line in known.training)
    data = dataclasses.replace(known, training=lines, validation=lines, added={"美": 9})
    outcome = finetune(data, tiny_bundle, None, tmp_path / "run", tmp_path / "tuned", QUICK)
    assert outcome is not None
    (own,) = outcome.comparisons
    assert own.before > 0.9
    assert own.after < 0.1
    bundle = read_bundle(tmp_path / "tuned", "recognizer")
    assert bundle.charset == charset
    reader = open_recognizer(bundle, open_session(bundle, "onnxruntime", 1), language=read_default_model())
    chosen = [line for line in lines if "美" in line.text][:3]
    read = "".join(reading.text for reading in reader.read_strips([line.image for line in chosen]))
    assert "美" in read
    card = (bundle.folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "12 lines of a user's own pictures" in card
    assert "Started from start, which had seen 7." in card
    assert str(tmp_path) not in card


def write_unknown_face(folder: Path, strips, count: int) -> None:
    """Pictures of a line each whose letters have shapes that nobody has trained on, with the boxes of their words."""
    folder.mkdir()
    records = []
    for number in range(count):
        sample = strips().draw(number)
        height, width = sample.image.shape
        Image.fromarray(np.pad(sample.image, 12, constant_values=255)).save(folder / f"{number}.png")
        quad = [[12, 12], [12 + width, 12], [12 + width, 12 + height], [12, 12 + height]]
        records.append({"image": f"{number}.png", "words": [{"text": sample.text, "quad": quad}]})
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    (folder / "labels.jsonl").write_text("".join(lines), encoding="utf-8")


def test_sixty_pictures_of_a_face_that_is_not_read_halve_its_errors(strips, tmp_path: Path) -> None:
    write_unknown_face(tmp_path / "pictures", strips, 60)
    start = read_default_bundle("recognizer")
    engine: Any = None  # words with boxes are cut without reading
    data = read_own_data(tmp_path / "pictures", LineCutter(engine, start.strip_height_px), start.charset)
    assert (len(data.training), len(data.validation)) == (51, 9)
    config = FinetuneConfig(total_samples=1000, batch_px=1024, workers=0, int8=False)
    outcome = finetune(data, start, None, tmp_path / "run", tmp_path / "tuned", config)
    assert outcome is not None
    (own,) = outcome.comparisons
    assert own.before > 0.5
    assert own.after < own.before / 2


def test_a_stopped_run_goes_on_with_the_same_lines_and_choices_only(
    strips, tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = []
    monkeypatch.setattr("geulnun.training.finetune.run.export_bundle", lambda *given, **more: exported.append(given))
    data, run, few = build_data(strips), tmp_path / "run", dataclasses.replace(QUICK, total_samples=40)

    def tune(lines: OwnData, config: FinetuneConfig = few, **more: float) -> int:
        assert finetune(lines, tiny_bundle, None, run, tmp_path / "tuned", config, **more) is not None
        return int(read_checkpoint(run / "chosen.ckpt")["samples_seen"])

    first = tune(data, max_minutes=1e-6)
    with pytest.raises(ConfigError, match="began with other lines"):
        tune(build_data(strips, count=9))
    with pytest.raises(ConfigError, match="began with other lr. Name another with --run"):
        tune(data, dataclasses.replace(few, lr=0.5 * few.lr))
    second = tune(data)
    assert first < 40 <= second == tune(data)
    assert exported[0] == ("recognizer", run / "chosen.ckpt", tmp_path / "tuned")


def test_a_point_lost_on_drawn_lines_outweighs_one_gained() -> None:
    assert score_rates({"own": 0.2, "drawn": 0.05}, 0.05) == pytest.approx(0.2)
    assert score_rates({"own": 0.18, "drawn": 0.08}, 0.05) == pytest.approx(0.21)
    assert score_rates({"own": 0.2}, None) == 0.2


def test_own_and_drawn_lines_are_mixed_the_same_for_one_index(strips) -> None:
    own = [strips().draw(index) for index in range(3)]
    mixed = [MixedStrips(own, strips(), 0.5, 1) for _ in range(2)]
    assert np.array_equal(mixed[0].draw(5).image, mixed[1].draw(5).image)
    texts = {each.text for each in own}
    kept = sum(mixed[0].draw(index).text in texts for index in range(200))
    assert 60 < kept < 140
    assert {MixedStrips(own, None, 0.5, 1).draw(index).text for index in range(30)} <= texts


def test_a_varied_strip_keeps_its_height_and_what_it_shows(strips) -> None:
    strip = strips().draw(1).image
    varied = vary_strip(np.random.default_rng(1), strip)
    assert varied.shape[0] == 32
    assert 0.85 < varied.shape[1] / strip.shape[1] < 1.15
    assert varied.std() > 0.4 * strip.std()


def test_samples_are_planned_by_the_number_of_lines() -> None:
    config = FinetuneConfig()
    assert [plan_samples(lines, config) for lines in (20, 200, 5000)] == [6_000, 16_000, 40_000]


def test_a_dry_run_checks_the_data_and_trains_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from geulnun.cli import app

    monkeypatch.chdir(tmp_path)
    (tmp_path / "lines").mkdir()
    for number in range(9):
        image = np.full((60, 200), 240, np.uint8)
        image[20:40, 20:150] = 30
        Image.fromarray(image).save(tmp_path / "lines" / f"{number}.png")
        (tmp_path / "lines" / f"{number}.txt").write_text("한글 줄" if number else "\u0950", encoding="utf-8")
    monkeypatch.setattr("geulnun.training.finetune.mixture.find_korean_fonts", lambda *folders: [])
    arguments = ["finetune", "lines", "--dry-run", "--strips", "cut"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "9 pictures, 9 labelled lines; 7 lines to train on, 1 of other pictures" in result.output
    assert "0.txt, line 1: 'ॐ' (U+0950" in result.output
    assert "No Korean fonts were found" in result.output
    assert len((tmp_path / "cut" / "labels.jsonl").read_text(encoding="utf-8").splitlines()) == 8
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut", "lines"]
    assert CliRunner().invoke(app, arguments).exit_code == 0  # the same command again
    (tmp_path / "lines" / "labels.jsonl").write_text("mine", encoding="utf-8")
    refused = CliRunner().invoke(app, [*arguments[:-1], "lines"])
    assert isinstance(refused.exception, OutputError)
    assert "holds other files" in str(refused.exception)
    assert (tmp_path / "lines" / "labels.jsonl").read_text(encoding="utf-8") == "mine"
