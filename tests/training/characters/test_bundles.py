"""Shipped configs and exported bundles of character readers."""

import dataclasses
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from geulnun.cli.study.evaluating import measure_exits
from geulnun.core.config import read_config
from geulnun.errors import BundleError
from geulnun.runtime.bundles.bundle import read_bundle, verify_bundle
from geulnun.runtime.bundles.session import open_session
from geulnun.runtime.characters import early_exit
from geulnun.runtime.characters.reader import CharacterReader
from geulnun.training.characters.activation_maps import draw_activation_sheets
from geulnun.training.characters.config import CharacterExperiment, set_up_characters
from geulnun.training.characters.interface import PresentTables
from geulnun.training.characters.low_rank import LowRankConfig
from geulnun.training.characters.network_config import build_trunk
from geulnun.training.characters.networks.trunks import DENSERAN, TRUNKS
from geulnun.training.characters.task import HybridConfig
from geulnun.training.export.export_bundle import export_bundle
from geulnun.training.fit import fit
from geulnun.training.materials import list_materials
from geulnun.training.onnx_model import measure_differences
from geulnun.training.weights import GUIDE, read_weights

CONFIGS = Path(__file__).resolve().parents[3] / "configs" / "characters"
EXPERIMENTS = {path.stem: read_config(path, CharacterExperiment) for path in sorted(CONFIGS.glob("*.toml"))}


def test_every_network_and_method_has_a_config() -> None:
    assert {each.training.network.name for each in EXPERIMENTS.values()} == {*TRUNKS, DENSERAN}
    used = [each.training for each in EXPERIMENTS.values()]
    assert {each.network.head for each in used} == {"factorised", "flat", "joined"}
    assert {each.network.link for each in used} == {"paper", "flatten", "gap", "gwap", "gwoap"}
    assert {each.hybrid.kind for each in used} == {"none", "pairwise", "mce"}
    assert {each.optimiser.kind for each in used} >= {"adamw", "adabound", "adam"}
    for method in (
        lambda each: each.low_rank.speedup,
        lambda each: each.drop_weight.ratio,
        lambda each: each.adversarial.weight,
        lambda each: each.adversarial.control,
        lambda each: each.low_rank.speedup and each.drop_weight.ratio,
        lambda each: each.network.refine_steps,
        lambda each: each.network.early_exit,
    ):
        assert any(map(method, used))


def test_all_configs_share_one_budget() -> None:
    budgets = {(each.training.run.total_samples, each.training.network.size_px) for each in EXPERIMENTS.values()}
    assert len(budgets) == 1


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name in ("melnyk", "directmap", "vgg")])
def test_configs_build_their_trunks(name: str) -> None:
    network = EXPERIMENTS[name].training.network
    channels, size, _ = network.input_shape
    assert build_trunk(network, channels).measure_map(channels, size)[1] >= 2


def test_provenance_names_fonts_and_letters(tmp_path: Path) -> None:
    source = dataclasses.replace(EXPERIMENTS["melnyk"].source, materials=tmp_path, jamo=tmp_path / "letters")
    assert list_materials(source) == {"fonts": (), "corpora": ("pictures of letters: letters",), "backgrounds": ()}


def export(config, chars, folder: Path, record) -> tuple[object, object]:  # noqa: ANN001
    task = fit(config, partial(set_up_characters, config, chars, {"drawn": (chars, 4)}), folder / "run")
    record(folder / "run", "characters", config)
    export_bundle("characters", folder / "run", folder / "characters-v9")
    bundle = read_bundle(folder / "characters-v9", "characters")
    return task, bundle


@pytest.mark.parametrize(
    ("network", "hybrid", "low_rank"),
    [
        ({"refine_steps": 1, "refine_units": 16, "bare_jamo": True}, "none", 0.0),
        ({"head": "joined", "rivals": 2}, "pairwise", 2.0),
        ({"head": "flat", "preparation": "directions"}, "none", 0.0),
        ({"head": "prior", "syllables": "all"}, "none", 0.0),
        ({"preparation": "tight"}, "none", 0.0),
    ],
)
def test_a_run_becomes_a_bundle(chars, character_config, record, tmp_path: Path, network, hybrid, low_rank) -> None:
    config = dataclasses.replace(
        character_config,
        network=dataclasses.replace(character_config.network, **network),
        hybrid=HybridConfig(kind=hybrid),
        low_rank=LowRankConfig(speedup=low_rank, samples_per_layer=8),
        run=dataclasses.replace(character_config.run, total_samples=32),
    )
    task, bundle = export(config, chars, tmp_path, record)
    assert verify_bundle(bundle) == ["model.onnx", "weights.safetensors"]
    assert not [name for name in read_weights(bundle.folder) if name.startswith(GUIDE)]
    names = [output.name for output in bundle.manifest.outputs]
    letters = ["cho", "jung", "jong"]
    assert names == {"flat": ["flat"], "factorised": letters}.get(config.network.head, [*letters, "flat"])
    tables = PresentTables(task.average.eval())
    assert max(measure_differences(tables, bundle.manifest, bundle.model_path)) < 1e-3
    image = chars().draw(0).image
    reading = CharacterReader(bundle.folder).predict(np.stack([image, image]), n=3)
    assert len(reading) == 2 and len(reading[0].alternatives) == 3
    if not low_rank:
        heads = {sheet.head for sheet in draw_activation_sheets(bundle.folder, [chars().draw(0)])}
        assert heads == ({"flat"} if config.network.head == "flat" else set(letters))
    else:
        with pytest.raises(BundleError, match="activation maps cannot be drawn"):
            draw_activation_sheets(bundle.folder, [chars().draw(0)])
    assert "A reader of characters with" in (bundle.folder / "MODEL_CARD.md").read_text()


def test_a_cascade_is_exported_in_two_parts_and_taken_in_reading(
    chars, character_config, record, tmp_path: Path
) -> None:
    network = dataclasses.replace(character_config.network, early_exit=True)
    task, bundle = export(dataclasses.replace(character_config, network=network), chars, tmp_path, record)
    assert set(verify_bundle(bundle)) == {"model.onnx", "weights.safetensors", "early/model.onnx", "late/model.onnx"}
    whole = CharacterReader.from_session(bundle.manifest, open_session(bundle, "onnxruntime", 1))
    images = [chars().draw(index).image for index in range(5)]
    batch = whole.prepare(images)
    early, cascade = task.average.eval().read_cascade(torch.from_numpy(batch), 0.0), {}
    for confidence in (0.0, 1.0):
        reader = CharacterReader(bundle.folder, 1, "onnxruntime", exit_confidence=confidence)
        cascade[confidence] = reader.run(batch)
    for name, table in whole.run(batch).items():
        np.testing.assert_allclose(cascade[1.0][name], table, atol=1e-4)
        np.testing.assert_allclose(cascade[0.0][name], early[0].present[name].numpy(), atol=1e-3)
    assert [each.text for each in CharacterReader(bundle.folder).predict(images)]


def test_a_study_says_how_much_a_cascade_answers_early(
    chars, character_config, record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = dataclasses.replace(character_config.network, early_exit=True)
    _, bundle = export(dataclasses.replace(character_config, network=network), chars, tmp_path, record)
    reader = CharacterReader(bundle.folder, 1, "onnxruntime")

    def measure() -> float | None:
        samples = [chars().draw(index) for index in range(3)]
        return measure_exits(reader, bundle.folder, iter([("printed-clean", iter(samples)), ("others", iter(samples))]))

    for confidence, share in ((2.0, 0), (0.0, 1)):
        monkeypatch.setattr(early_exit, "find_exit_confidence", lambda manifest, found=confidence: found)
        assert measure() == share
