"""CRAFT as published: its layers, targets and losses, and weights of others that start it."""

import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from geulnun.core.config import build_config, read_config
from geulnun.errors import BundleError, ConfigError
from geulnun.runtime.bundles.manifest import Manifest, Provenance
from geulnun.training import onnx_model
from geulnun.training.detector.config import DetectorExperiment
from geulnun.training.detector.craft import Craft
from geulnun.training.detector.crops import CropStream
from geulnun.training.detector.gaussians import find_crossing
from geulnun.training.detector.interface import describe_interface
from geulnun.training.detector.losses import MINERS, measure_map_loss
from geulnun.training.detector.targets import build_targets
from geulnun.training.detector.task import DetectorTask, FinderNetworkConfig
from geulnun.training.weights import load_weights, read_weights

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "open-ocr" / "stage1.toml"
CONVOLUTIONS = {
    "basenet.slice1": (0, 3, 7, 10),
    "basenet.slice2": (14, 17),
    "basenet.slice3": (20, 24, 27),
    "basenet.slice4": (30, 34, 37),
    "basenet.slice5": (1, 2),
    **{f"upconv{number}.conv": (0, 3) for number in (1, 2, 3, 4)},
    "conv_cls": (0, 2, 4, 6, 8),
}
PLAIN = ("basenet.slice5", "conv_cls")  # no batch norm behind these convolutions


@pytest.fixture(scope="module")
def craft() -> Craft:
    torch.manual_seed(0)
    return Craft().eval()


@pytest.fixture
def craft_config(detector_config):
    return dataclasses.replace(detector_config, network=FinderNetworkConfig(name="craft-vgg16bn"))


def test_craft_has_the_published_parameters_and_names(craft: Craft) -> None:
    assert sum(each.numel() for each in craft.parameters()) == 20_770_466
    trunk = sum(each.numel() for name, each in craft.basenet.named_parameters() if "slice5" not in name)
    assert trunk == 12_362_304
    weights = ("weight", "bias")
    statistics = (*weights, "running_mean", "running_var", "num_batches_tracked")
    places = [(part, index) for part, indices in CONVOLUTIONS.items() for index in indices]
    names = {f"{part}.{index}.{kind}" for part, index in places for kind in weights}
    norms = {f"{part}.{index + 1}.{kind}" for part, index in places if part not in PLAIN for kind in statistics}
    assert set(craft.state_dict()) == names | norms


@torch.no_grad()
def test_all_skips_but_the_deepest_are_rectified(craft: Craft) -> None:
    at2, at4, at8, at16, last = craft.basenet(torch.randn(1, 3, 64, 96))
    shapes = [tuple(each.shape[1:]) for each in (at2, at4, at8, at16, last)]
    assert shapes == [(128, 32, 48), (256, 16, 24), (512, 8, 12), (512, 4, 6), (1024, 4, 6)]
    assert min(float(each.min()) for each in (at2, at4, at8)) == 0
    assert float(at16.min()) < 0
    assert craft(torch.zeros(2, 3, 96, 64)).shape == (2, 2, 48, 32)


def test_craft_is_exported_as_torch_computes_it(craft: Craft, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(onnx_model._SIZES, ("N", "H", "W"), ((1, 64, 64), (2, 96, 64)))  # the others take a minute
    given, outputs = describe_interface({"name": "craft-vgg16bn"})
    origin = Provenance(commit="", config="", config_sha256="", seed=0, samples_seen=0)
    manifest = Manifest(
        name="craft", kind="detector", input=given, outputs=outputs, provenance=origin, network={}, parameters=0
    )
    onnx_model.write_model(craft, manifest, tmp_path / "model.onnx")  # raises where the two differ


def test_craft_takes_a_step_on_drawn_pages(craft_config, pages) -> None:
    task = DetectorTask(craft_config)
    batch = next(iter(CropStream(pages, craft_config.data)))
    optimiser = torch.optim.Adam(task.network.parameters(), lr=1e-4)
    losses = []
    for _ in range(2):
        optimiser.zero_grad()
        loss = task.measure_loss(batch)
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[1] < losses[0]
    assert all(each.grad is not None for each in task.network.parameters())


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"name": "craft-vgg16bn", "head": "merged"}, "Leave out channels"),
        ({"name": "craft-vgg16bn", "width_ratio": 0}, "more than 0 and at most 1"),
        ({"name": "text-finder", "width_ratio": 0.5}, "Set channels and up_channels"),
    ],
)
def test_craft_has_the_published_layers_and_others_their_own(table: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        build_config(table, FinderNetworkConfig)


def test_an_unknown_kind_of_page_is_refused() -> None:
    with pytest.raises(ConfigError, match="allowed are document, newsprint"):
        build_config({"source": {"kind": "newspaper"}}, DetectorExperiment)


def test_the_config_of_open_ocr_engine_is_read() -> None:
    experiment = read_config(CONFIG, DetectorExperiment)
    training = experiment.training
    assert experiment.source.kind == "newsprint"
    assert (training.network.name, training.data.gaussian, training.mining) == ("craft-vgg16bn", "open-ocr", "open-ocr")


@pytest.mark.parametrize("wrap", [lambda state: state, lambda state: {"iter": 3, "craft": state}])
def test_weights_of_the_authors_repository_start_a_run(wrap, craft_config, tmp_path: Path) -> None:
    task = DetectorTask(craft_config)
    state = {f"module.{name}": torch.full_like(value, 0.25) for name, value in task.network.state_dict().items()}
    stored = {name: value for name, value in state.items() if not name.endswith("num_batches_tracked")}
    torch.save(wrap(stored), tmp_path / "craft.pth")
    load_weights(task, tmp_path / "craft.pth")
    for network in (task.network, task.average):
        assert all(bool((each == 0.25).all()) for each in network.parameters())


class Trap:
    """What a pickle runs when it is opened without care."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_no_code_of_a_weights_file_is_executed(tmp_path: Path) -> None:
    torch.save({"a": Trap(tmp_path / "ran")}, tmp_path / "trap.pth")
    (tmp_path / "old.pth").write_bytes(pickle.dumps(Trap(tmp_path / "ran"), protocol=2))
    (tmp_path / "damaged.pth").write_bytes(b"PK no weights")
    for name in ("trap", "old", "damaged", "absent"):
        with pytest.raises(BundleError, match="cannot be read as weights"):
            read_weights(tmp_path / f"{name}.pth")
    assert not (tmp_path / "ran").exists()
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(BundleError, match="no state dict"):
        read_weights(tmp_path / "list.pth")


def box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], dtype=np.float64)


def test_published_gaussians_have_their_own_widths_and_ends() -> None:
    pair = np.stack([box(40, 40, 120, 120), box(120, 40, 200, 120)])  # sides of 40 cells, centres at (40, 40), (80, 40)
    easy, _ = build_targets([pair], 256, 160, gaussian="easyocr")
    wide, _ = build_targets([pair], 256, 160, gaussian="open-ocr")

    def value(sigma: float, far: float) -> float:
        return float(np.exp(-0.5 * ((far - 0.5) / sigma) ** 2 - 0.5 * (0.5 / sigma) ** 2))

    assert easy[0, 39, 28] == pytest.approx(value(12, 12), abs=1e-4)
    assert wide[0, 39, 28] == pytest.approx(value(0.37 * 40, 12), abs=1e-4)
    assert easy[0, 15, 15] == 0  # outside the disc, inside its square
    assert wide[0, 1, 1] > 0
    # The affinity's box lies between x 40 and 80 and is two thirds as high as a letter: 26.7 cells.
    down = 10.5
    assert easy[1, 29, 59] == pytest.approx(np.exp(-0.5 * (down / 8) ** 2 - 0.5 * (0.5 / 12) ** 2), abs=1e-4)
    expected = np.exp(-0.5 * (down / (0.4 * 80 / 3)) ** 2 - 0.5 * (0.5 / 16) ** 2)
    assert wide[1, 29, 59] == pytest.approx(expected, abs=1e-4)


def test_a_gaussian_follows_the_perspective_of_its_box() -> None:
    quad = np.array([(40, 40), (120, 60), (120, 100), (40, 120)], dtype=np.float64)
    (easy, _), _ = build_targets([quad[None]], 160, 160, gaussian="easyocr")
    row, column = np.unravel_index(easy.argmax(), easy.shape)
    assert (column + 0.5, row + 0.5) == pytest.approx(find_crossing(quad) / 2, abs=0.71)
    affine, _ = build_targets([box(40, 40, 90, 100)[None]], 160, 160)
    straight, _ = build_targets([box(40, 40, 90, 100)[None]], 160, 160, gaussian="easyocr")
    assert np.abs(affine - straight).max() < 0.06  # a disc instead of a square ends the tails


def test_ways_of_mining_choose_their_negatives() -> None:
    targets, weights = torch.zeros(2, 2, 40, 40), torch.ones(2, 40, 40)
    targets[0, 0, :10, :10] = 1.0  # 100 positives in the first picture, none in the second, none of affinity
    maps = targets.clone()
    maps[0, 0, 20, :] = 0.5  # 40 wrong negatives, errors of 0.25
    maps[1, 0, 0, :10] = 1.0  # 10 of error 1 in the second
    losses = {
        name: float(measure_map_loss(maps, targets, weights, negatives_ratio=1.0, mining=name)) for name in MINERS
    }
    wrong = 40 * 0.25 + 10
    assert losses["batch"] == pytest.approx(wrong / 1000)
    assert losses["easyocr-synthetic"] == pytest.approx((40 * 0.25 / 1000 + 10 / 1000) / 2)
    assert losses["easyocr-weak"] == pytest.approx(wrong / 100)
    assert losses["open-ocr"] == pytest.approx(2 * wrong / (100 + 1000))
    weights[:] = 0
    for name in MINERS:
        assert measure_map_loss(maps, targets, weights, mining=name) == 0


def measure_mined(mining: str, positives: int, negatives: int, ratio: float, faint: float = 0.0) -> float:
    """Loss of one picture of 10,000 cells: errors of 1 at positives, of 0.25 at `negatives`, of 0.01 at the rest."""
    targets, errors = torch.full((1, 1, 10_000), faint), torch.full((1, 1, 10_000), 0.01)
    targets[..., :positives] = 1.0
    errors[..., :positives] = 1.0
    errors[..., positives : positives + negatives] = 0.25
    return float(MINERS[mining](errors, targets, torch.ones(1, 1, 10_000), ratio))


def test_weak_mining_keeps_the_ratio_and_falls_back_to_five_thousand() -> None:
    assert measure_mined("easyocr-weak", 1000, 200, 0.3) == pytest.approx(1 + (200 * 0.25 + 100 * 0.01) / 300)
    hardest = (200 * 0.25 + 4800 * 0.01) / 5000
    assert measure_mined("easyocr-weak", 0, 200, 0.3) == pytest.approx(hardest)  # no positive
    assert measure_mined("easyocr-weak", 2500, 200, 4.0) == pytest.approx(1 + hardest)  # 7,500 negatives for 10,000
    assert measure_mined("easyocr-weak", 0, 200, 0.3, faint=0.1) == pytest.approx(hardest)  # 0.1 is no positive


def test_open_ocr_takes_one_mean_of_positives_and_negatives() -> None:
    few = measure_mined("open-ocr", 100, 2000, 3.0)
    assert few == pytest.approx((100 + 1000 * 0.25) / 1100)
    assert measure_mined("open-ocr", 1000, 2000, 3.0) == pytest.approx((1000 + 2000 * 0.25 + 1000 * 0.01) / 4000)
    assert measure_mined("open-ocr", 100, 0, 3.0, faint=0.05) == pytest.approx(1)  # neither positive nor empty
    assert measure_mined("open-ocr", 8000, 2000, 3.0) == pytest.approx((8000 + 2000 * 0.25) / 10_000)  # all there are


def test_synthetic_mining_takes_at_least_a_thousand_and_all_where_the_ratio_asks_for_more() -> None:
    assert measure_mined("easyocr-synthetic", 100, 500, 1.0) == pytest.approx(1 + (500 * 0.25 + 500 * 0.01) / 1000)
    assert measure_mined("easyocr-synthetic", 6000, 500, 1.0) == pytest.approx(1 + (500 * 0.25 + 3500 * 0.01) / 4000)
