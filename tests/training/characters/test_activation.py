"""Class activation maps and Grad-CAM."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from geulnun.evaluation.characters.measure import measure_characters
from geulnun.evaluation.characters.report import write_characters_html
from geulnun.runtime.characters.decode import decode_chars
from geulnun.training.characters.activation_maps import (
    CAM,
    GRAD_CAM,
    draw_sheets,
    find_class_weights,
    record_maps,
    weigh_class,
    weigh_gradient,
)
from geulnun.training.characters.network_config import CharacterNetworkConfig, build_character_network


def build(config: CharacterNetworkConfig) -> torch.nn.Module:
    torch.manual_seed(3)
    network = build_character_network(config).eval()
    for parameter in network.reader.parameters() if hasattr(network, "reader") else ():
        torch.nn.init.normal_(parameter, std=0.3)
    return network


@pytest.mark.parametrize("link", ["gap", "gwap", "gwoap"])
@pytest.mark.parametrize("head", ["factorised", "flat"])
def test_cam_adds_up_to_the_score(character_config, link: str, head: str) -> None:
    network = build(dataclasses.replace(character_config.network, link=link, head=head))
    maps, scores = record_maps(network, torch.rand(3, 1, 32, 32))
    for name, table in scores.items():
        rows = find_class_weights(network, name)
        best = table.argmax(dim=1)
        activation = weigh_class(network, maps, rows[best])
        first = sum(table.shape[1] for table in list(scores.values())[: list(scores).index(name)])
        bias = network.reader.head.linear.bias[first:][best]
        torch.testing.assert_close(activation.sum(dim=(1, 2)) + bias, table.gather(1, best[:, None])[:, 0])


def test_grad_cam_is_the_positive_part_of_cam_where_means_are_pooled(character_config) -> None:
    network = build(dataclasses.replace(character_config.network, link="gap"))
    maps, scores = record_maps(network, torch.rand(2, 1, 32, 32))
    best = scores["jung"].argmax(dim=1)
    cam = weigh_class(network, maps, find_class_weights(network, "jung")[best])
    torch.testing.assert_close(weigh_gradient(maps, scores["jung"], best), cam.relu(), atol=1e-6, rtol=1e-4)


def test_grad_cam_finds_the_place_that_the_score_hangs_on() -> None:
    maps = torch.zeros(1, 2, 4, 4)
    maps[0, 0, 1, 2], maps[0, 1, 3, 3] = 5.0, 5.0
    maps.requires_grad_()
    pooled = maps.mean(dim=(2, 3))
    scores = torch.stack([pooled[:, 0], pooled[:, 1] - pooled[:, 0]], dim=1)
    first = weigh_gradient(maps, scores, torch.tensor([0]))[0]
    assert first.argmax() == 1 * 4 + 2 and (first > 0).sum() == 1
    assert weigh_gradient(maps, scores, torch.tensor([1]))[0].argmax() == 3 * 4 + 3


@pytest.mark.parametrize(
    ("changes", "methods"),
    [
        ({}, {CAM, GRAD_CAM}),
        ({"head": "joined", "rivals": 2}, {CAM, GRAD_CAM}),
        ({"link": "flatten"}, {GRAD_CAM}),
        ({"refine_steps": 1, "refine_units": 16, "bare_jamo": True}, {GRAD_CAM}),
        ({"name": "denseran", "dense_layers": 2}, {GRAD_CAM}),
    ],
)
def test_every_kind_of_network_has_sheets_for_each_letter(chars, character_config, changes, methods) -> None:
    config = dataclasses.replace(character_config.network, **changes)
    sheets = draw_sheets(build(config), config, [chars().draw(index) for index in range(3)])
    assert {(sheet.method, sheet.head) for sheet in sheets} == {
        (method, head) for method in methods for head in ("cho", "jung", "jong")
    }
    for sheet in sheets:
        assert [each.truth for each in sheet.maps] == [chars().draw(index).text for index in range(3)]
        assert all(each.weights.ndim == 2 and np.isfinite(each.weights).all() for each in sheet.maps)


def test_sheets_stand_in_the_report(chars, character_config, tmp_path: Path) -> None:
    samples = [chars().draw(index) for index in range(4)]
    sheets = draw_sheets(build(character_config.network), character_config.network, samples)
    blank = {name: np.zeros((4, size)) for name, size in (("cho", 19), ("jung", 21), ("jong", 28))}
    report = measure_characters(lambda images, n: decode_chars(blank, n), samples)
    write_characters_html(dataclasses.replace(report, sheets=sheets), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("<h2>Grad-CAM: ") == 3 and page.count("<h2>CAM: ") == 3
    assert page.count('alt="activation"') == 4 * 6
