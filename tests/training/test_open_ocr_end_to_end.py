"""Open-OCR-Engine's course, end to end: fifty lines, both stages trained by their configs, bundles, a server, text."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from geulnun.cli import app
from geulnun.core.geometry import Quad, enclose
from geulnun.core.page import Char, Line, Page, Word
from geulnun.data.sample import Sample
from geulnun.data.sources.open_ocr import write_merged
from geulnun.data.sources.word_pickle import write_word_pickle
from geulnun.data.store import SampleWriter

pytest.importorskip("fastapi", reason="the server is an extra")

LETTERS = "가나다라마바사아"
LETTER_PX, STEP_PX, SPACE_PX, LINE_PX = 16, 19, 14, 34
LINES, LINES_OF_A_PAGE = 50, 5
STAGE_1 = {
    "training.network.width_ratio": 0.125,
    "training.data.crop_px": 192,
    "training.data.native_scale": [1.9, 2.1],  # small pictures are read at twice their size
    "training.data.letter_px": [30, 34],
    "training.data.turned_ratio": 0,
    "training.data.stained_ratio": 0,
    "training.data.page_crops": 1,
    "training.optimiser.kind": "muon",
    "training.optimiser.lr": 0.02,
    "training.optimiser.average_decay": 0.9,
    "training.run.total_samples": 800,
    "training.run.validate_every_steps": 200,
    "source.validation_pages": 1,
}
STAGE_2 = {
    "training.network.width_ratio": 0.25,
    "training.network.alphabet": "jamo",  # CTC over 11,484 classes would take minutes
    "training.network.transformation": "none",
    "training.network.feature_extraction": "vgg",
    "training.network.sequence_modelling": "none",
    "training.network.prediction": "ctc",
    "training.network.most_characters": 8,
    "training.data.batch_px": 3200,  # 16 strips
    "training.optimiser.kind": "muon",
    "training.optimiser.lr": 0.01,
    "training.optimiser.average_decay": 0.9,
    "training.run.total_samples": 6000,
    "training.run.validate_every_steps": 150,
}
SHARED = {"training.data.workers": 0, "training.run.precision": "32-true", "training.run.threads": 1}


def draw_letter(letter: str) -> np.ndarray:
    """A pattern of sixteen squares for each letter: fonts are no part of a clone."""
    squares = np.random.default_rng(54 + ord(letter)).permutation(16).reshape(4, 4) < 9
    return np.kron(squares, np.ones((LETTER_PX // 4, LETTER_PX // 4), bool))


def draw_page(rng: np.random.Generator) -> Sample:
    """Lines of two words on grey, grainy paper, with the boxes of their letters."""
    image = rng.normal(235, 10, (LINES_OF_A_PAGE * LINE_PX + 20, 220))
    lines = []
    for row in range(LINES_OF_A_PAGE):
        x, y = float(rng.integers(12, 30)), 18 + row * LINE_PX
        words = []
        for _ in range(2):
            chars = []
            for letter in rng.choice(list(LETTERS), int(rng.integers(2, 5))):
                area = image[y : y + LETTER_PX, int(x) : int(x) + LETTER_PX]
                area[draw_letter(letter)] -= 195
                chars.append(Char(text=str(letter), quad=Quad.from_xyxy(x, y, x + LETTER_PX, y + LETTER_PX)))
                x += STEP_PX
            x += SPACE_PX
            text = "".join(char.text for char in chars)
            words.append(Word(text=text, quad=enclose(char.quad for char in chars), chars=tuple(chars)))
        lines.append(Line(words=tuple(words), quad=enclose(word.quad for word in words)))
    pixels = np.repeat(np.clip(image, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    height, width = pixels.shape[:2]
    return Sample(image=pixels, page=Page(width_px=width, height_px=height, lines=tuple(lines)), kind="newsprint")


def list_lines(sample: Sample) -> list[str]:
    return [line.text for line in sample.page.lines]


def write_words(folder: Path, samples: list[Sample], rng: np.random.Generator) -> None:
    """Each line cut out four times, a little differently, as a detector might, and `gt.pkl`."""
    folder.mkdir()
    words = []
    for sample in samples:
        for line in sample.page.lines:
            for _ in range(4):
                (left, top), _, (right, bottom), _ = line.quad.points
                edges = np.array([left - 4, top - 1, right + 4, bottom + 1]) + rng.uniform(-2, 2, 4)
                x0, y0, x1, y1 = np.round(edges).astype(int)
                name = f"{len(words):03}.png"
                Image.fromarray(sample.image[y0:y1, x0:x1]).save(folder / name)
                words.append((name, line.text))
    write_word_pickle(folder, words)


def run(*arguments: object) -> None:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output


def change(**tables: dict) -> list[str]:
    values = {key: value for table in tables.values() for key, value in table.items()}
    return [part for key, value in values.items() for part in ("--set", f"{key}={json.dumps(value)}")]


def test_fifty_lines_become_two_networks_that_a_server_reads_with(repository: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    samples = [draw_page(rng) for _ in range(LINES // LINES_OF_A_PAGE)]
    pages, words, store = tmp_path / "pages", tmp_path / "words", tmp_path / "store"
    write_merged(pages, samples)
    write_words(words, samples, rng)
    with SampleWriter(store / "pages") as writer:
        writer.write(samples[0])
    configs, runs = repository / "configs" / "open-ocr", tmp_path / "runs"
    places = {"source.pages": str(pages), "source.validation_store": str(store)}
    run("train", "detector", "-c", configs / "stage1.toml", "--runs", runs, *change(a=STAGE_1, b=SHARED, c=places))
    places = {"source.words": str(words)}
    run("train", "recognizer", "-c", configs / "stage2.toml", "--runs", runs, *change(a=STAGE_2, b=SHARED, c=places))
    bundles = {"detector": tmp_path / "detector", "recognizer": tmp_path / "recognizer"}
    for (kind, bundle), stage in zip(bundles.items(), ("stage1", "stage2"), strict=True):
        run("export", kind, runs / stage, "-o", bundle, "--no-int8")
    shown = samples[:4]
    found = read_by_server(bundles, [pages / f"{number:06}.png" for number in range(len(shown))])
    pairs = [
        (line, read)
        for sample, text in zip(shown, found, strict=True)
        for line, read in itertools.zip_longest(list_lines(sample), text.split("\n"))
    ]
    exact = sum(written == read for written, read in pairs)
    assert exact >= 0.8 * len(pairs), pairs


def read_by_server(bundles: dict[str, Path], pictures: list[Path]) -> list[str]:
    """The text of pictures as `geulnun serve` answers with these bundles."""
    options = [part for kind, bundle in bundles.items() for part in (f"--{kind}", str(bundle))]
    command = [sys.executable, "-m", "geulnun", "serve", "--port", "0", "--log-level", "error", *options]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[2]
            wait_until_ready(server, address)
            return [post(f"{address}/v1/read?format=txt", picture.read_bytes()) for picture in pictures]
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)


def wait_until_ready(server: "subprocess.Popen[str]", address: str) -> None:
    """Wait while the server opens its weights; the place it listens at is known before."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=60):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"geulnun serve ended with {server.returncode}.")


def post(address: str, content: bytes) -> str:
    with urllib.request.urlopen(urllib.request.Request(address, data=content), timeout=120) as answer:
        text: str = answer.read().decode()
    return text.strip()
