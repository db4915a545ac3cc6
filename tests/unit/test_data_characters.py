import json
import pickle
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geulnun.data import store_chars
from geulnun.data.characters import open_characters
from geulnun.data.sample import CharSample
from geulnun.data.sources.aihub import read_aihub
from geulnun.data.sources.folders import find_label
from geulnun.data.sources.pickled import load_arrays, read_pickled
from geulnun.data.store_chars import RECORD, CharStore, CharWriter, MixedChars, shuffle, write_chars
from geulnun.errors import DatasetError, OutputError, UsageError

PICTURE = np.arange(12, dtype=np.uint8).reshape(3, 4)


class Told:
    """Keeps what was told."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def __call__(self, message: str) -> None:
        self.messages.append(message)

    def about(self, *words: str) -> bool:
        return any(all(word in message for word in words) for message in self.messages)


@pytest.fixture
def told() -> Told:
    return Told()


def pack_hgu1(text: str, picture: np.ndarray = PICTURE, kind: int = 0) -> bytes:
    height, width = picture.shape
    return text.encode("euc-kr")[:2] + struct.pack("<BBBB", width, height, kind, 0) + picture.tobytes()


def test_hgu1(tmp_path: Path, told: Told) -> None:
    good = [pack_hgu1("가"), pack_hgu1("힝", PICTURE.T)]
    damaged = [pack_hgu1("漢"), pack_hgu1("각", np.zeros((0, 5), np.uint8)), pack_hgu1("간", PICTURE, 1) + bytes(36)]
    data = b"HGU1\0\0\0\0" + good[0] + b"".join(damaged) + good[1] + pack_hgu1("강")[:-3]
    (tmp_path / "a.hgu1").write_bytes(data)
    (tmp_path / "b.HGU1").write_bytes(b"GIF89a    ")
    samples = list(open_characters(tmp_path, report=told))
    assert [(s.text, s.style, s.image.shape) for s in samples] == [
        ("가", "handwritten", (3, 4)),
        ("힝", "handwritten", (4, 3)),
    ]
    assert np.array_equal(samples[0].image, PICTURE)
    assert told.about("a.hgu1, sample 2 at byte 26", "no Hangul") and told.about("sample 3", "5 x 0")
    assert (
        told.about("sample 4", "type 1") and told.about("sample 6", "ends after 9") and told.about("b.HGU1", "no HGU1")
    )
    assert told.about("5 of 7 records are damaged")


def test_phd08(tmp_path: Path, told: Told) -> None:
    good = "S_0_0\n2 3\n010\n111\n"
    bad = ["S_1\n2 3\n010\n", "S_2\ntwo 3\n010\n", "S_3\n1 3\n0x0\n", "S_4\n"]
    (tmp_path / "나.txt").write_text("\n".join([good, *bad, good.replace("0", "1", 1)]), encoding="utf-8")
    (tmp_path / "readme.txt").write_text("hello", encoding="utf-8")
    samples = list(open_characters(tmp_path, report=told))
    assert [(s.text, s.style) for s in samples] == [("나", "printed")] * 2
    assert samples[0].image.tolist() == [[255, 0, 255], [0, 0, 0]]
    assert told.about("나.txt, line 6", "2 rows") and told.about("line 10", "height and width")
    assert told.about("other than 0 and 1") and told.about("readme") and told.about("5 of 7")


def make_aihub(folder: Path) -> Path:
    (folder / "pictures" / "1_syllable").mkdir(parents=True)
    Image.fromarray(np.full((8, 6), 200, np.uint8)).save(folder / "pictures" / "1_syllable" / "00000001.png")
    (folder / "pictures" / "00000002.png").write_bytes(b"no picture")
    kinds = {"type": "글자(음절)", "font": "명조"}
    rows = [("1", "가", kinds), ("2", "나", kinds), ("3", "다", kinds), ("1", "가나", kinds)]
    rows.append(("1", "가나다", {"type": "단어(어절)"}))
    listing = {
        "images": [{"id": str(i), "file_name": f"{i:08d}.png"} for i in (1, 2, 3)],
        "annotations": [{"image_id": i, "text": t, "attributes": a} for i, t, a in rows] + [{"text": "라"}],
    }
    (folder / "printed_data_info.json").write_text(json.dumps(listing), encoding="utf-8")
    return folder / "printed_data_info.json"


def test_aihub(tmp_path: Path, told: Told) -> None:
    samples = list(read_aihub(make_aihub(tmp_path), report=told))
    assert [(s.text, s.style, s.writer, s.image.shape) for s in samples] == [("가", "printed", "명조", (8, 6))]
    assert told.about("annotation 1", "00000002.png") and told.about("annotation 2", "00000003.png is not in")
    assert told.about("annotation 3", "가나") and told.about("annotation 5", "attributes") and told.about("4 of 5")
    assert len(list(open_characters(tmp_path))) == 1


@pytest.mark.parametrize("text", ["[]", "{", '{"images": []}'])
def test_other_json_is_no_aihub_listing(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError):
        list(open_characters(tmp_path))


class Malice:
    """What a hostile pickle runs when it is loaded."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return exec, ("import pathlib; pathlib.Path('ran').touch()",)


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_pickles(tmp_path: Path, told: Told, protocol: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where malice would leave its mark

    def dump(name: str, value: object) -> None:
        (tmp_path / name).write_bytes(pickle.dumps(value, protocol=protocol))

    images = np.zeros((3, 5, 4, 1), np.float32) + 0.5
    dump("handwritten_0.pickle", {"image": images, "label": np.array(["가", "ab", "힣"])})
    dump("printed_0.pickle", {"image": [PICTURE, "text"], "label": ["나", "다"]})
    dump("short.pickle", {"image": images, "label": ["가"]})
    dump("other.pickle", [1, 2])
    dump("malice.pickle", Malice())
    (tmp_path / "cut.pickle").write_bytes(pickle.dumps({"image": images, "label": ["가"] * 3})[:90])
    samples = list(open_characters(tmp_path, report=told))
    assert [(s.text, s.style, s.image.shape) for s in samples] == [
        ("가", "handwritten", (5, 4)),
        ("힣", "handwritten", (5, 4)),
        ("나", "printed", (3, 4)),
    ]
    assert samples[0].image.max() == 128
    assert told.about("handwritten_0.pickle, sample 1", "'ab'") and told.about("printed_0.pickle, sample 1")
    assert told.about("malice.pickle", "asks for builtins.exec") or told.about("malice.pickle", "__builtin__.exec")
    assert told.about("cut.pickle") and told.about("short.pickle", "1 labels") and told.about("other.pickle")
    assert not Path("ran").exists()


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "numpy.load", "numpy.core.multiarray.fromfile"])
def test_no_other_function_is_looked_up(tmp_path: Path, name: str) -> None:
    module, _, function = name.rpartition(".")
    (tmp_path / "a.pkl").write_bytes(f"c{module}\n{function}\n(S'x'\ntR.".encode())
    with (tmp_path / "a.pkl").open("rb") as file, pytest.raises(pickle.UnpicklingError, match="asks for"):
        load_arrays(file)
    with pytest.raises(DatasetError, match="asks for"):
        list(read_pickled(tmp_path / "a.pkl"))


def test_labelled_folders(tmp_path: Path, told: Told) -> None:
    for name in ("가", "b0a2", "U+D7A3", "notes", "ㄱ"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (5, 7), "white").save(tmp_path / name / "1.png")
    (tmp_path / "가" / "2.jpg").write_bytes(b"nothing")
    (tmp_path / "가" / "Thumbs.db").write_bytes(b"nothing")
    (tmp_path / "README.txt").write_text("about the folders", encoding="utf-8")
    samples = list(open_characters(tmp_path, style="printed", report=told))
    assert sorted(s.text for s in samples) == sorted(["가", "각", "힣", "ㄱ"])
    assert all(s.image.shape == (7, 5) and s.style == "printed" for s in samples)
    assert told.about("2.jpg") and told.about("notes") and told.about("2 of 6")


@pytest.mark.parametrize(("name", "text"), [("b0a1", "가"), ("B0A1", "가"), ("u+ac01", "각"), ("\u1100\u1161", "가")])
def test_folder_names(name: str, text: str) -> None:
    assert find_label(name) == text


def test_a_folder_with_labels(tmp_path: Path, told: Told) -> None:
    Image.new("L", (5, 7)).save(tmp_path / "a.png")
    rows = [
        {"image": "a.png", "text": "가", "kind": "handwriting-char", "writer": 7},
        {"image": "a.png", "text": "나", "kind": "scan-printed-char"},
        {"image": "a.png", "text": "나라"},
        {"image": "b.png", "text": "나"},
    ]
    (tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    samples = list(open_characters(tmp_path, report=told))
    assert [(s.text, s.style, s.writer) for s in samples] == [("가", "handwritten", "7"), ("나", "printed", None)]
    assert told.about("line 3", "나라") and told.about("line 4", "b.png")


@pytest.mark.parametrize("name", ["missing", "notes.md", "empty"])
def test_what_is_no_data_set_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.md").write_text("hello", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError):
        list(open_characters(tmp_path / name))


def make_samples(count: int) -> list[CharSample]:
    rng = np.random.default_rng(0)
    return [
        CharSample(
            image=rng.integers(0, 256, rng.integers(1, 40, 2), dtype=np.uint8),
            text=chr(0xAC00 + i),
            style="printed" if i % 3 else "handwritten",
            writer=None if i % 2 else f"손 {i % 5}",
        )
        for i in range(count)
    ]


def test_a_store_gives_back_what_was_written(tmp_path: Path) -> None:
    samples = make_samples(50)
    assert write_chars(samples, tmp_path) == 50
    store = pickle.loads(pickle.dumps(CharStore(tmp_path)))
    assert len(store) == 50 and len(pickle.dumps(store)) < 500
    for a, b in zip(samples, open_characters(tmp_path), strict=True):
        assert (a.text, a.style, a.writer) == (b.text, b.style, b.writer) and np.array_equal(a.image, b.image)
    with pytest.raises(IndexError):
        store[50]


def test_each_pass_through_a_store_gives_all_in_its_own_order(tmp_path: Path) -> None:
    write_chars(make_samples(37), tmp_path)
    store = CharStore(tmp_path, seed=4)
    first, second = ([store.draw(turn * 37 + i).text for i in range(37)] for turn in (0, 1))
    assert set(first) == set(second) and len(set(first)) == 37
    assert first != second and first != sorted(first)
    assert first != [CharStore(tmp_path, seed=5).draw(i).text for i in range(37)]


@pytest.mark.parametrize("count", [1, 2, 3, 64, 1000])
def test_shuffling_is_a_permutation(count: int) -> None:
    places = [shuffle(i, count, (1, 2)) for i in range(count)]
    assert sorted(places) == list(range(count))
    if count == 1000:
        # Neighbours are torn apart: a third of the range, as for two numbers drawn at random.
        assert np.abs(np.diff(places)).mean() == pytest.approx(count / 3, rel=0.15)


def test_a_store_whose_writer_was_stopped_can_be_read(tmp_path: Path, told: Told) -> None:
    samples = make_samples(10)
    write_chars(samples, tmp_path)
    pixels = (tmp_path / "pixels.bin").read_bytes()
    (tmp_path / "pixels.bin").write_bytes(pixels[:-1])
    with (tmp_path / "records.bin").open("ab") as file:
        file.write(b"half a record"[: RECORD.itemsize - 1])
    assert len(CharStore(tmp_path, report=told)) == 9
    assert told.about("the last 1 of 10")


def test_a_writer_that_was_killed_leaves_the_names_of_its_records(tmp_path: Path) -> None:
    writer = CharWriter(tmp_path)
    samples = make_samples(10)
    for sample in samples:
        writer.write(sample)
    names = (tmp_path / "writers.jsonl").read_text(encoding="utf-8").splitlines()  # nothing is closed yet
    assert set(map(json.loads, names)) == {sample.writer for sample in samples} - {None}
    writer.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_store_that_could_not_be_written_whole_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Iterator[CharSample]:
        yield from make_samples(3)
        raise DatasetError("damaged")

    with pytest.raises(DatasetError, match="damaged"):
        write_chars(fail(), tmp_path)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(store_chars, "PIXELS_FILE", "full")
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(OutputError, match="No space left on device"):
        write_chars(make_samples(3), tmp_path)
    assert not list(tmp_path.iterdir())
    assert write_chars(make_samples(1), tmp_path) == 1


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    write_chars(make_samples(4), tmp_path)
    records = np.fromfile(tmp_path / "records.bin", RECORD)
    records["offset"][1] = 10**12
    records.tofile(tmp_path / "records.bin")
    store = CharStore(tmp_path)
    with pytest.raises(DatasetError, match="record 1"):
        store[1]
    assert store[2].text == chr(0xAC02)


def test_stores_are_not_overwritten_and_take_grey_pictures_only(tmp_path: Path) -> None:
    write_chars(make_samples(1), tmp_path / "a")
    with pytest.raises(OutputError, match="already"):
        CharWriter(tmp_path / "a")
    wrong = CharSample(image=np.zeros((2, 2, 3), np.uint8), text="가", style="printed")
    with CharWriter(tmp_path / "b") as writer, pytest.raises(OutputError, match="cannot be stored"):
        writer.write(wrong)
    with pytest.raises(DatasetError, match="without any"):
        CharStore(tmp_path / "b")
    with pytest.raises(DatasetError, match="no store"):
        CharStore(tmp_path / "c")


class Drawn:
    """Draws 힣 for ever."""

    def draw(self, index: int) -> CharSample:
        return CharSample(image=PICTURE, text="힣", style="printed")


def test_real_characters_are_mixed_in_by_their_share(tmp_path: Path) -> None:
    write_chars(make_samples(32), tmp_path)
    mixed = pickle.loads(pickle.dumps(MixedChars(Drawn(), CharStore(tmp_path), 0.25)))
    texts = [mixed.draw(index).text for index in range(128)]
    assert texts.count("힣") == 96 and len(set(texts)) == 33, "32 real ones, each once"
    assert all(0 < sum(text != "힣" for text in texts[worker::4]) < 16 for worker in range(4)), "by every worker"
    with pytest.raises(UsageError, match="0 to 1"):
        MixedChars(Drawn(), CharStore(tmp_path), 1.5)
