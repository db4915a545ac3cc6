"""Whole runs of tiny networks: they learn, stop, and go on."""

import dataclasses
import itertools
import json
from functools import partial
from pathlib import Path

import pytest
import torch
from torch._utils import ExceptionWrapper

from geulnun.core.charset import CHARSET_V1
from geulnun.errors import BundleError, ConfigError, InputError
from geulnun.training.callbacks import RunConfig
from geulnun.training.detector.config import set_up_detector
from geulnun.training.detector.crops import CropStream
from geulnun.training.detector.task import DetectorTask
from geulnun.training.fit import fit, read_checkpoint
from geulnun.training.optimising import OptimiserConfig, build_optimiser, find_learning_rate, set_learning_rate
from geulnun.training.recognizer.config import set_up_recognizer
from geulnun.training.recognizer.data import StripStream
from geulnun.training.recognizer.task import RecognizerTask, decode_strips
from geulnun.training.streams import unwrap_worker_error
from geulnun.training.weights import read_weights, write_weights


def test_a_recogniser_run_leaves_a_checkpoint_scores_and_logs(strips, recognizer_config, tmp_path: Path) -> None:
    task = fit(
        recognizer_config, partial(set_up_recognizer, recognizer_config, strips, {"drawn": (strips, 8)}), tmp_path
    )
    assert task.samples_seen >= 48
    assert read_checkpoint(tmp_path / "last.ckpt")["samples_seen"] == task.samples_seen
    scores = json.loads((tmp_path / "validation.json").read_text())["scores"]
    assert [(each["set"], each["samples"]) for each in scores] == [("validation: drawn strips", 8)]
    assert list(tmp_path.glob("csv/*/metrics.csv"))
    assert list(tmp_path.glob("tensorboard/events*"))


def test_a_detector_run_leaves_a_checkpoint_and_scores(pages, detector_config, tmp_path: Path) -> None:
    task = fit(detector_config, partial(set_up_detector, detector_config, pages, (pages, 2)), tmp_path)
    assert task.samples_seen == 24
    assert (tmp_path / "last.ckpt").exists()
    values = json.loads((tmp_path / "validation.json").read_text())["scores"][0]["values"]
    assert values.keys() == {"loss", "words_f1", "chars_f1"}


def test_a_stopped_run_goes_on_where_it_was(strips, recognizer_config, tmp_path: Path) -> None:
    halved = dataclasses.replace(recognizer_config, run=dataclasses.replace(recognizer_config.run, total_samples=200))
    first = fit(halved, partial(set_up_recognizer, halved, strips, {}), tmp_path, max_minutes=1e-6)
    assert 0 < first.samples_seen < 20
    saved = read_checkpoint(tmp_path / "last.ckpt")
    second = fit(halved, partial(set_up_recognizer, halved, strips, {}), tmp_path, max_minutes=1e-6)
    again = read_checkpoint(tmp_path / "last.ckpt")
    assert first.samples_seen < second.samples_seen < 40
    assert second.next_index > first.next_index
    assert again["global_step"] == saved["global_step"] + 1
    state = again["optimizer_states"][0]
    assert int(state["state"][0]["step"]) == 2
    assert state["param_groups"][0]["lr"] == pytest.approx(
        find_learning_rate(halved.optimiser, first.samples_seen, 200)
    )
    name = "average.head.weight"
    moved = (again["state_dict"][name] - saved["state_dict"][name]).abs().max()
    assert 0 < moved < 0.1


def test_a_finished_run_says_so(strips, recognizer_config, tmp_path: Path, capsys) -> None:
    for _ in range(2):
        fit(recognizer_config, partial(set_up_recognizer, recognizer_config, strips, {}), tmp_path)
    assert "finished. Raise training.run.total_samples" in capsys.readouterr().out


def test_a_damaged_checkpoint_is_refused(strips, recognizer_config, tmp_path: Path) -> None:
    (tmp_path / "last.ckpt").write_bytes(b"no checkpoint")
    with pytest.raises(ConfigError, match="cannot be read as a checkpoint.*--run"):
        fit(recognizer_config, partial(set_up_recognizer, recognizer_config, strips, {}), tmp_path)


def test_what_a_worker_cannot_read_is_said_without_its_traceback() -> None:
    said = "c.png cannot be read as a picture.\nMend it."
    try:
        try:
            raise OSError("truncated")
        except OSError as error:
            raise InputError(said) from error
    except InputError:
        wrapped = ExceptionWrapper(where="in DataLoader worker process 0")
    with pytest.raises(InputError, match="Traceback") as raised:
        wrapped.reraise()
    unwrapped = unwrap_worker_error(raised.value)
    assert (type(unwrapped), str(unwrapped)) == (InputError, said)
    assert str(unwrap_worker_error(InputError(said))) == said


def test_stored_weights_start_a_run(recognizer_config, strips, tmp_path: Path) -> None:
    task = RecognizerTask(recognizer_config, CHARSET_V1)
    torch.nn.init.constant_(task.average.head.bias, 0.5)
    write_weights(task.average, tmp_path / "weights.safetensors")
    run = dataclasses.replace(recognizer_config, run=RunConfig(total_samples=1, validate_every_steps=9))
    trained = fit(run, partial(set_up_recognizer, run, strips, {}), tmp_path / "run", init=tmp_path)
    assert trained.average.head.bias.detach() == pytest.approx(0.5, abs=0.01)
    assert read_weights(tmp_path)["head.bias"].dtype == torch.float32


def test_weights_of_another_network_are_refused(recognizer_config, detector_config, strips, tmp_path: Path) -> None:
    write_weights(DetectorTask(detector_config).network, tmp_path / "weights.safetensors")
    fresh = partial(set_up_recognizer, recognizer_config, strips, {})
    with pytest.raises(BundleError, match="weights of another network"):
        fit(recognizer_config, fresh, tmp_path / "run", init=tmp_path)
    with pytest.raises(BundleError, match="cannot be read as weights"):
        fit(recognizer_config, fresh, tmp_path / "run", init=tmp_path / "absent")


@pytest.mark.parametrize("kind,lr", [("adamw", 5e-3), ("muon", 2e-2)])
def test_a_recogniser_learns_eight_strips_by_heart(eight_strips, recognizer_config, kind, lr) -> None:
    stream = StripStream(eight_strips, CHARSET_V1, recognizer_config.data)
    task = RecognizerTask(recognizer_config, CHARSET_V1)
    optimiser = build_optimiser(task.network, OptimiserConfig(kind=kind, lr=lr))
    for batch in itertools.islice(stream, 200):
        optimiser.zero_grad()
        loss = task.measure_loss(batch)
        loss.backward()
        optimiser.step()
    task.network.eval()
    read = {
        (a.text, b)
        for batch in itertools.islice(stream, 4)
        for a, b in zip(decode_strips(task.network, batch, CHARSET_V1), batch.texts, strict=True)
    }
    assert read
    assert all(found == truth for found, truth in read)


def test_a_detector_learns_eight_crops_by_heart(pages, detector_config) -> None:
    data = dataclasses.replace(detector_config.data, batch_crops=8, native_scale=(1.0, 1.0))
    batch = next(iter(CropStream(pages, data)))
    task = DetectorTask(detector_config)
    optimiser = build_optimiser(task.network, OptimiserConfig(lr=5e-3))
    losses = []
    for _ in range(40):
        optimiser.zero_grad()
        loss = task.measure_loss(batch)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.25 * losses[0]


def test_muon_moves_kernels_and_adamw_the_rest(recognizer_config) -> None:
    network = RecognizerTask(recognizer_config, CHARSET_V1).network
    optimiser = build_optimiser(network, OptimiserConfig(kind="muon", lr=0.02, weight_decay=0.02))
    by_muon, matrices, vectors = optimiser.param_groups
    names = {id(p): name for name, p in network.named_parameters()}
    assert by_muon["use_muon"]
    assert all(p.ndim > 1 and p.shape[1] > 1 and "head" not in names[id(p)] for p in by_muon["params"])
    assert any("head" in names[id(p)] for p in matrices["params"])
    assert all(p.ndim <= 1 for p in vectors["params"])
    assert sum(len(group["params"]) for group in optimiser.param_groups) == len(names)
    set_learning_rate(optimiser, 0.01)
    assert [group["lr"] for group in optimiser.param_groups] == pytest.approx([0.01, 0.001, 0.001])
    shares = [group["lr"] * group["weight_decay"] for group in optimiser.param_groups]
    assert shares[0] == pytest.approx(shares[1])
    assert shares[2] == 0


def test_the_learning_rate_rises_and_falls_with_samples() -> None:
    config = OptimiserConfig(lr=1.0, warmup_samples=100, last_lr_ratio=0.01)
    rates = [find_learning_rate(config, seen, 1000) for seen in (0, 50, 100, 550, 1000, 2000)]
    assert rates[0] < rates[1] < rates[2] == 1.0
    assert rates[2] > rates[3] > rates[4]
    assert rates[4] == rates[5] == pytest.approx(0.01)
