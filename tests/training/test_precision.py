from pathlib import Path

import pytest
import torch

from geulnun.core.processor import read_cpu_flags
from geulnun.training import muon, precision
from geulnun.training.callbacks import CheckpointKeeper, RunConfig
from geulnun.training.fit import build_trainer
from geulnun.training.optimising import OptimiserConfig, build_optimiser
from geulnun.training.precision import choose_precision


@pytest.fixture
def no_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)


@pytest.mark.parametrize(
    ("flags", "chosen"),
    [
        ({"avx2", "avx512f"}, "32-true"),
        ({"avx512f", "avx512_bf16"}, "bf16-mixed"),
        ({"avx512f", "amx_tile", "amx_bf16"}, "bf16-mixed"),
        (set(), "32-true"),
    ],
)
@pytest.mark.usefixtures("no_accelerator")
def test_a_processor_learns_in_bfloat16_if_it_has_instructions_for_it(flags, chosen, monkeypatch) -> None:
    monkeypatch.setattr(precision, "read_cpu_flags", lambda: flags)
    assert choose_precision() == chosen
    assert choose_precision(RunConfig().precision) == chosen


@pytest.mark.parametrize(("flags", "chosen"), [({"avx2"}, torch.float32), ({"amx_bf16"}, torch.bfloat16)])
@pytest.mark.usefixtures("no_accelerator")
def test_muon_multiplies_in_bfloat16_where_the_processor_has_it(flags, chosen, monkeypatch) -> None:
    monkeypatch.setattr(precision, "read_cpu_flags", lambda: flags)
    seen = []
    monkeypatch.setattr(muon, "orthogonalise", lambda matrices: seen.append(matrices[0].dtype) or matrices)
    layer = torch.nn.Linear(4, 4)
    optimiser = build_optimiser(layer, OptimiserConfig(kind="muon", bfloat16=True))
    layer(torch.ones(1, 4)).sum().backward()
    optimiser.step()
    assert seen == [chosen]


@pytest.mark.parametrize("native", [True, False])
def test_a_gpu_is_asked_for_native_bfloat16(native: bool, monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: native and not including_emulation)
    assert choose_precision("auto") == ("bf16-mixed" if native else "32-true")


def test_a_precision_that_a_config_names_is_kept() -> None:
    assert choose_precision("32-true") == "32-true"
    assert choose_precision("bf16-mixed") == "bf16-mixed"


def test_flags_are_those_of_the_first_processor(tmp_path: Path) -> None:
    listing = tmp_path / "cpuinfo"
    listing.write_text("processor\t: 0\nflags\t\t: fpu avx2 amx_bf16\nvmx flags\t: ept\n\nflags\t\t: fpu\n")
    assert read_cpu_flags(listing) == {"fpu", "avx2", "amx_bf16"}
    listing.write_text("processor\t: 0\nFeatures\t: fp asimd\n")
    assert read_cpu_flags(listing) == set()
    assert read_cpu_flags(tmp_path / "absent") == set()


@pytest.mark.usefixtures("no_accelerator")
def test_the_trainer_of_every_kind_uses_the_choice(detector_config, tmp_path: Path, monkeypatch) -> None:
    for flags, chosen in (({"amx_bf16"}, "bf16-mixed"), (set(), "32-true")):
        monkeypatch.setattr(precision, "read_cpu_flags", lambda flags=flags: flags)
        keeper = CheckpointKeeper(tmp_path, 1.0, None)
        assert build_trainer(detector_config.run, tmp_path, keeper, clip_norm=0.0, validates=False).precision == chosen
