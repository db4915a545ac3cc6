import dataclasses
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from geulnun.cli import app
from geulnun.core.charset import CHARSET_V1
from geulnun.errors import BundleError, ConfigError, OutputError, UsageError
from geulnun.runtime.bundles.bundle import read_bundle, read_default_bundle, verify_bundle
from geulnun.runtime.bundles.contracts import ORIENTATION_INPUT, ORIENTATION_OUTPUTS
from geulnun.runtime.bundles.manifest import Kind, Manifest, Provenance
from geulnun.training.detector.config import set_up_detector
from geulnun.training.export.export_bundle import export_bundle
from geulnun.training.fit import fit
from geulnun.training.onnx_model import fold_norms, measure_differences, write_model
from geulnun.training.recognizer.config import set_up_recognizer
from geulnun.training.recognizer.data import draw_strip_sets
from geulnun.training.recognizer.task import evaluate_network
from geulnun.training.record import read_examples, read_record, write_record
from geulnun.training.weights import read_weights


def test_a_recogniser_becomes_a_bundle(strips, recognizer_config, record, tmp_path: Path) -> None:
    run, output = tmp_path / "run", tmp_path / "recognizer-v9"
    task = fit(recognizer_config, partial(set_up_recognizer, recognizer_config, strips, {"drawn": (strips, 4)}), run)
    record(run, "recognizer", recognizer_config)
    export_bundle("recognizer", run, output, notes=["A note."])
    bundle = read_bundle(output, "recognizer")
    assert verify_bundle(bundle) == ["model.onnx", "weights.safetensors"]
    assert bundle.manifest.provenance.samples_seen == task.samples_seen
    assert bundle.manifest.metrics[0].samples == 4
    assert bundle.manifest.notes == ("A note.",)
    assert read_weights(output).keys() == task.average.state_dict().keys()
    assert max(measure_differences(task.average.eval(), bundle.manifest, bundle.model_path)) < 1e-3
    with pytest.raises(OutputError, match="Weights never change under one name"):
        export_bundle("recognizer", run, output)
    with pytest.raises(BundleError, match="is a run of the kind recognizer, not detector"):
        export_bundle("detector", run, tmp_path / "detector-v9")


def test_a_damaged_record_is_written_anew(recognizer_config, record, tmp_path: Path) -> None:
    record(tmp_path, "recognizer", recognizer_config)
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="it writes it"):
        read_record(tmp_path)
    record(tmp_path, "recognizer", recognizer_config)
    assert read_record(tmp_path).kind == "recognizer"


def test_samples_that_the_first_weights_had_seen_stay_known(strips, recognizer_config, record, tmp_path: Path) -> None:
    run, output = tmp_path / "run", tmp_path / "recognizer-v9"
    fit(recognizer_config, partial(set_up_recognizer, recognizer_config, strips, {}), run)
    record(run, "recognizer", recognizer_config)
    write_record(run, dataclasses.replace(read_record(run), initial="recognizer-v8", samples_before=1234))
    assert export_bundle("recognizer", run, output).provenance.samples_before == 1234
    assert "Started from recognizer-v8, which had seen 1,234." in (output / "MODEL_CARD.md").read_text()


def test_the_mean_of_two_runs_is_exported_and_evaluated_anew(strips, recognizer_config, record, tmp_path: Path) -> None:
    states = []
    for name, seed in (("first", 1), ("second", 2)):
        config = dataclasses.replace(recognizer_config, run=dataclasses.replace(recognizer_config.run, seed=seed))
        task = fit(config, partial(set_up_recognizer, config, strips, {"drawn": (strips, 4)}), tmp_path / name)
        record(tmp_path / name, "recognizer", config)
        states.append(task.average.state_dict())
    output = tmp_path / "recognizer-v9"
    validation = draw_strip_sets({"validation": (strips, 6)}, CHARSET_V1, recognizer_config.data, 32)
    manifest = export_bundle(
        "recognizer",
        tmp_path / "first",
        output,
        others=[tmp_path / "second"],
        evaluate=lambda network: evaluate_network(network, validation, CHARSET_V1),
    )
    mean = {name: (value + states[1][name]) / 2 for name, value in states[0].items() if value.is_floating_point()}
    written = read_weights(output)
    for name, value in mean.items():
        torch.testing.assert_close(written[name], value, rtol=2e-3, atol=1e-4)
    assert [(score.set, score.samples) for score in manifest.metrics if "cer" in score.values] == [
        ("validation: validation strips", 6)
    ]
    assert "the mean of the run's and those of second" in manifest.notes[0]


def test_weights_of_another_network_have_no_mean(strips, recognizer_config, record, tmp_path: Path) -> None:
    for name, network in (
        ("first", recognizer_config.network),
        ("second", dataclasses.replace(recognizer_config.network, mixer_inner=24)),
    ):
        config = dataclasses.replace(recognizer_config, network=network)
        fit(config, partial(set_up_recognizer, config, strips, {}), tmp_path / name)
        record(tmp_path / name, "recognizer", config)
    with pytest.raises(BundleError, match="second holds another network"):
        export_bundle("recognizer", tmp_path / "first", tmp_path / "out", others=[tmp_path / "second"])


def test_a_detector_becomes_a_bundle(pages, detector_config, record, tmp_path: Path) -> None:
    run, output = tmp_path / "run", tmp_path / "detector-v9"
    task = fit(detector_config, partial(set_up_detector, detector_config, pages, (pages, 1)), run)
    record(run, "detector", detector_config)
    export_bundle("detector", run / "last.ckpt", output)
    bundle = read_bundle(output, "detector")
    assert max(measure_differences(task.average.eval(), bundle.manifest, bundle.model_path)) < 1e-3


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"run\.json does not exist"):
        export_bundle("recognizer", tmp_path, tmp_path / "recognizer-v9")


def test_only_a_bundle_is_replaced(tmp_path: Path) -> None:
    output = tmp_path / "models"
    output.mkdir()
    (output / "mine.txt").touch()
    for replace, said in ((False, "exists"), (True, "is no bundle")):
        with pytest.raises(OutputError, match=said):
            export_bundle("recognizer", tmp_path / "run", output, replace=replace)
    assert (output / "mine.txt").exists()


def test_folding_norms_changes_nothing() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU())
    nn.init.uniform_(network[1].running_mean)
    nn.init.uniform_(network[1].weight)
    image = torch.rand(2, 1, 8, 8)
    folded = fold_norms(network)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    torch.testing.assert_close(folded(image), network.eval()(image))


class LogSigmoids(nn.Module):
    """Four scores of a snippet's brightness; ONNX Runtime takes the logarithm of a sigmoid that has become 0."""

    def forward(self, snippets: torch.Tensor) -> torch.Tensor:
        return nn.functional.logsigmoid(200 * snippets.mean(dim=(2, 3)).expand(-1, 4))


class Nothing(nn.Module):
    def forward(self, snippets: torch.Tensor) -> torch.Tensor:
        return (snippets.mean(dim=(2, 3)).expand(-1, 4) - 10).log()


def describe_snippets() -> Manifest:
    return Manifest(
        name="orientation-v9",
        kind="orientation",
        input=ORIENTATION_INPUT,
        outputs=ORIENTATION_OUTPUTS,
        provenance=Provenance(commit="", config="", config_sha256="", seed=0, samples_seen=0),
        network={},
        parameters=0,
    )


def test_what_is_not_a_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="torch gives 4 of 4 values of output '.*' as NaN or infinite"):
        write_model(Nothing(), describe_snippets(), tmp_path / "model.onnx")


def test_torch_and_onnx_are_compared_on_drawn_inputs(tmp_path: Path) -> None:
    network, dark = LogSigmoids(), np.full((2, 1, 24, 160), -1.0, np.float32)
    write_model(network, describe_snippets(), tmp_path / "model.onnx")  # noise does not show it
    with pytest.raises(BundleError, match="ONNX Runtime gives 8 of 8 values"):
        write_model(network, describe_snippets(), tmp_path / "model.onnx", [dark])


def test_a_run_keeps_drawn_inputs_for_its_export(strips, recognizer_config, tmp_path: Path) -> None:
    fit(recognizer_config, partial(set_up_recognizer, recognizer_config, strips, {"drawn": (strips, 20)}), tmp_path)
    kept = read_examples(tmp_path)
    assert kept and all(each.shape[1:3] == (1, 32) and len(each) <= 8 for each in kept)
    assert min(each.min() for each in kept) < -0.9


@pytest.mark.parametrize(
    ("kind", "bundle", "options", "error", "message"),
    [
        ("characters", "characters", ("--packing", "half"), UsageError, "or leave --packing and --mean-with out"),
        (
            "characters",
            "characters",
            ("--packing", "foo"),
            UsageError,
            "packing is 'foo'; allowed are none, half, int8",
        ),
        ("detector", "recognizer", (), BundleError, "is a bundle of the kind recognizer, not detector"),
        ("recognizer", "recognizer", (), UsageError, "or leave the model out with --no-int8"),
    ],
)
def test_what_is_wrong_with_an_export_is_said_in_turn(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    bundle: Kind,
    options: tuple[str, ...],
    error: type[Exception],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)  # where there are no configs
    arguments = ["export", kind, str(read_default_bundle(bundle).folder), "-o", "out", *options]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, error) and message in str(result.exception)
