from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from geulnun.core.hangul import CHO, JONG, JUNG, KSX1001, SYLLABLES, compose, decompose
from geulnun.errors import BundleError, InputError, UsageError
from geulnun.runtime.bundles.manifest import InputSpec, Manifest, OutputSpec, Provenance
from geulnun.runtime.characters.decode import decode_chars, find_classes
from geulnun.runtime.characters.reader import CharacterReader

SIZES = {"cho": 19, "jung": 21, "jong": 28}
GREY = np.full((50, 30), 255, np.uint8)


def draw_tables(rng: np.random.Generator, rows: int, sizes: dict[str, int]) -> dict[str, NDArray[np.float32]]:
    tables = {}
    for name, size in sizes.items():
        logits = rng.normal(0, 2, (rows, size))
        tables[name] = (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)
    return tables


class FakeSession:
    """Says of every picture that it is 한, and keeps what it was given."""

    backend = "fake 1"

    def __init__(self, outputs: tuple[str, ...] = ("cho", "jung", "jong")) -> None:
        self.seen: list[NDArray[np.float32]] = []
        self.outputs = outputs

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.seen.append(array)
        tables = []
        for name in self.outputs:
            table = np.full((len(array), SIZES.get(name, len(KSX1001))), -9.0, np.float32)
            places = dict(zip(SIZES, decompose("한"), strict=True)) | {"flat": KSX1001.index("한")}
            table[:, places[name]] = -0.01
            tables.append(table)
        return tables


def make_reader(session: FakeSession, axes: tuple[str, ...] = ("N", "1", "64", "64")) -> CharacterReader:
    manifest = Manifest(
        name="characters-test",
        kind="characters",  # type: ignore[arg-type]
        input=InputSpec(name="chars", axes=axes, range=(0.0, 1.0), colour="grey", resize=""),
        outputs=tuple(OutputSpec(name=name, axes=("N", "K"), meaning="") for name in session.outputs),
        provenance=Provenance(commit="", config="", config_sha256="", seed=0, samples_seen=0),
        network={},
        parameters=0,
    )
    return CharacterReader.from_session(manifest, session)


@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_the_top_n_of_three_heads_are_those_of_brute_force(n: int) -> None:
    tables = draw_tables(np.random.default_rng(n), 6, SIZES)
    for row, reading in enumerate(decode_chars(tables, n)):
        sums = {
            compose(a, b, c): float(tables["cho"][row, a] + tables["jung"][row, b] + tables["jong"][row, c])
            for a, b, c in product(range(19), range(21), range(28))
        }
        wanted = sorted(sums, key=lambda text: -sums[text])[:n]
        assert [each.text for each in reading.alternatives] == wanted
        assert reading.text == wanted[0] and reading.confidence == reading.alternatives[0].confidence
        assert np.allclose([each.confidence for each in reading.alternatives], [np.exp(sums[t]) for t in wanted])


def test_all_syllables_can_be_asked_for_and_their_probabilities_sum_to_one() -> None:
    reading = decode_chars(draw_tables(np.random.default_rng(0), 1, SIZES), 11_172)[0]
    assert {each.text for each in reading.alternatives} == set(SYLLABLES)
    assert sum(each.confidence for each in reading.alternatives) == pytest.approx(1, abs=1e-4)
    assert (len(reading.cho), len(reading.jung), len(reading.jong)) == (19, 21, 28)


def test_heads_tell_their_letters() -> None:
    tables = draw_tables(np.random.default_rng(3), 1, SIZES)
    reading = decode_chars(tables, 3)[0]
    for given, names, name in ((reading.cho, CHO, "cho"), (reading.jung, JUNG, "jung"), (reading.jong, JONG, "jong")):
        best = np.argsort(-tables[name][0])[:3]
        assert [each.text for each in given] == [names[i] for i in best]
        assert np.allclose([each.confidence for each in given], np.exp(tables[name][0, best]))


@pytest.mark.parametrize("syllables", [KSX1001, SYLLABLES], ids=["ksx1001", "all"])
def test_a_flat_table_gives_letters_by_summing(syllables: str) -> None:
    tables = draw_tables(np.random.default_rng(4), 2, {**SIZES, "flat": len(syllables)})
    for row, reading in enumerate(decode_chars(tables, 28)):
        chances = np.exp(tables["flat"][row].astype(float))
        assert reading.text == syllables[int(chances.argmax())]
        for found, names, place in ((reading.cho, CHO, 0), (reading.jung, JUNG, 1), (reading.jong, JONG, 2)):
            sums = dict.fromkeys(names, 0.0)
            for chance, char in zip(chances, syllables, strict=True):
                sums[names[decompose(char)[place]]] += chance
            assert {each.text: each.confidence for each in found} == pytest.approx(sums)


def test_a_flat_table_decides_where_there_are_both() -> None:
    tables = draw_tables(np.random.default_rng(5), 1, {**SIZES, "flat": len(KSX1001)})
    assert decode_chars(tables)[0].text == KSX1001[int(tables["flat"][0].argmax())]


@pytest.mark.parametrize("n", [0, -1, 11_173, 2.5, True])
def test_wrong_n_is_refused(n: object) -> None:
    with pytest.raises(UsageError, match="n is"):
        decode_chars(draw_tables(np.random.default_rng(0), 1, SIZES), n)  # type: ignore[arg-type]


def test_strange_tables_are_refused() -> None:
    with pytest.raises(BundleError):
        decode_chars({"cho": np.zeros((1, 19), np.float32)})
    with pytest.raises(BundleError, match="77 characters"):
        find_classes(77)


@pytest.mark.parametrize(
    ("images", "count"),
    [
        (GREY, 1),
        (np.stack([GREY, GREY, GREY], axis=-1), 1),
        ([GREY, GREY[:9, :9], np.zeros((1, 1), np.uint8)], 3),
        (np.stack([GREY] * 70), 70),
        (np.zeros((2, 20, 20, 3), np.uint8), 2),
        (Image.new("RGBA", (40, 40), (0, 0, 0, 0)), 1),
        ([], 0),
        (np.zeros((0, 64, 64), np.uint8), 0),
    ],
)
def test_one_picture_or_many_of_any_size(images: object, count: int) -> None:
    session = FakeSession()
    readings = make_reader(session).predict(images, n=2)  # type: ignore[arg-type]
    assert [reading.text for reading in readings] == ["한"] * count
    assert all(len(reading.alternatives) == len(reading.jung) == 2 for reading in readings)
    assert sum(map(len, session.seen)) == count and all(each.shape[1:] == (1, 64, 64) for each in session.seen)


def test_direction_maps_are_given_to_a_network_that_takes_them() -> None:
    session = FakeSession(("flat",))
    assert make_reader(session, ("N", "8", "32", "32")).predict(GREY)[0].text == "한"
    assert session.seen[0].shape == (1, 8, 32, 32)


@pytest.mark.parametrize(
    "images",
    [np.zeros(5, np.uint8), np.zeros((0, 9), np.uint8), b"nothing", "missing.png", 7, [GREY, "missing.png"], [None]],
)
def test_what_is_no_picture_is_refused(images: object) -> None:
    with pytest.raises(InputError):
        make_reader(FakeSession()).predict(images)  # type: ignore[arg-type]


def test_the_message_says_which_picture_of_several() -> None:
    with pytest.raises(InputError, match=r"^missing\.png"):
        make_reader(FakeSession()).predict(["missing.png"])
    with pytest.raises(InputError, match=r"picture 1: missing\.png"):
        make_reader(FakeSession()).predict([GREY, "missing.png"])


def test_a_strange_input_is_refused() -> None:
    for axes in (("N", "3", "64", "64"), ("N", "1")):
        with pytest.raises(BundleError, match="takes the input"):
            make_reader(FakeSession(), axes)
