from pathlib import Path

import pytest
import torch

from geulnun.core.charset import CHARSET_V1
from geulnun.core.config import read_config
from geulnun.errors import ConfigError
from geulnun.training.detector.config import DetectorExperiment
from geulnun.training.detector.task import build_detector
from geulnun.training.materials import list_materials
from geulnun.training.recognizer.config import RecognizerExperiment
from geulnun.training.recognizer.task import build_recognizer

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
NAMES = sorted(path.name for kind in ("recognizer", "detector") for path in CONFIGS.glob(f"{kind}-v*.toml"))
EXPERIMENTS = sorted(path.stem for path in (CONFIGS / "experiments" / "recognizer").glob("*.toml"))
# "short" goes on from bundled weights: no row of the comparison.
FINDERS = sorted(path.stem for path in (CONFIGS / "experiments" / "detector").glob("*.toml") if path.stem != "short")


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_config_builds_its_network(name: str) -> None:
    if name.startswith("recognizer"):
        experiment = read_config(CONFIGS / name, RecognizerExperiment)
        network = build_recognizer(experiment.training.network, CHARSET_V1).eval()
        with torch.no_grad():
            scores = network(torch.zeros(2, 1, experiment.training.network.height_px, 64))
        assert [table.shape for table in scores] == [(2, 16, size) for size in (CHARSET_V1.gate_size, 19, 21, 28)]
        total = sum(float(table[0, 0].exp().sum()) for table in scores)
        assert total == pytest.approx(4.0, abs=1e-4)
    else:
        experiment = read_config(CONFIGS / name, DetectorExperiment)
        network = build_detector(experiment.training.network).eval()
        with torch.no_grad():
            assert network(torch.zeros(1, 3, 96, 64)).shape == (1, 2, 48, 32)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_differs_from_the_base_in_its_network_alone(name: str) -> None:
    base, other = (
        read_config(CONFIGS / "experiments" / "recognizer" / f"{each}.toml", RecognizerExperiment)
        for each in ("base", name)
    )
    network = other.training.network
    height_px = network.height_px
    with torch.no_grad():
        scores = build_recognizer(network, CHARSET_V1).eval()(torch.rand(1, 1, height_px, 64))
    assert scores[0].shape[:2] == (1, 16)
    assert other.training.run == base.training.run
    assert other.training.optimiser == base.training.optimiser
    assert other.source == base.source
    # Higher strips are wider in proportion: as many of them make a batch.
    assert other.training.data.batch_px == base.training.data.batch_px * height_px // 32
    assert (name == "base") == (other.training == base.training)


@pytest.mark.parametrize("name", FINDERS)
def test_every_experiment_on_the_detector_differs_from_the_base_in_one_thing(name: str) -> None:
    base, other = (
        read_config(CONFIGS / "experiments" / "detector" / f"{each}.toml", DetectorExperiment)
        for each in ("base", name)
    )
    with torch.no_grad():
        assert build_detector(other.training.network).eval()(torch.zeros(1, 3, 96, 64)).shape == (1, 2, 48, 32)
    parts = ("network", "data", "optimiser", "run", "negatives_ratio")
    different = [part for part in parts if getattr(other.training, part) != getattr(base.training, part)]
    assert len(different) == (name != "base")
    assert other.source == base.source


def test_the_small_budget_trains_craft_as_published() -> None:
    experiment = read_config(CONFIGS / "experiments" / "craft-small-budget.toml", DetectorExperiment)
    assert (experiment.training.network.name, experiment.training.network.width_ratio) == ("craft-vgg16bn", 1.0)


def test_there_is_a_config_for_each_network() -> None:
    assert {name.split("-")[0] for name in NAMES} == {"detector", "recognizer"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[training.netwrok]\n", "did you mean 'network'"),
        ('[training.network]\nname = "resnet"\n', "allowed are strip-reader"),
        ("[training.run]\ntotal_samples = 1.5\n", "int was expected"),
    ],
)
def test_wrong_configs_say_what_is_allowed(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_config(path, RecognizerExperiment)


def test_provenance_cites_fonts_corpora_and_backgrounds(tmp_path: Path) -> None:
    (tmp_path / "fonts.json").write_text('[{"family": "A", "licence": "OFL-1.1", "split": "train"}]')
    (tmp_path / "backgrounds").mkdir()
    (tmp_path / "backgrounds" / "mate-backgrounds--sky.jpg").touch()
    (tmp_path / "cutouts").mkdir()
    (tmp_path / "cutouts" / "tuxpaint-stamps-default--cow.png").touch()
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "news.txt").touch()
    (corpus / "own.txt").touch()
    (corpus / "LICENSES.tsv").write_text("file\tlicence\tsource\nnews.txt\tCC0-1.0\tsomewhere\n")
    experiment = RecognizerExperiment()
    source = type(experiment.source)(materials=tmp_path, corpus=corpus)
    assert list_materials(source) == {
        "fonts": ("A (OFL-1.1)",),
        "corpora": ("built-in generators", "news.txt (CC0-1.0; somewhere)", "own.txt"),
        "backgrounds": ("Debian mate-backgrounds", "Debian tuxpaint-stamps-default"),
    }
