import json

import numpy as np
import pytest

from geulnun.core.geometry import Quad
from geulnun.core.page import Char, Line, Page, Word
from geulnun.data import open_dataset
from geulnun.data.sample import Sample
from geulnun.data.store import SampleWriter, read_pictures, read_samples
from geulnun.errors import DatasetError, OutputError


def make_sample(text="가나", *, kind="scan", name="쪽", size=(20, 30)):
    quads = [Quad.from_xyxy(10 * i, 2, 10 * i + 10, 12) for i in range(len(text))]
    chars = tuple(Char(text=ch, quad=quad) for ch, quad in zip(text, quads, strict=True))
    whole = Quad.from_xyxy(0, 2, 10 * len(text), 12)
    line = Line(words=(Word(text=text, quad=whole, chars=chars),), quad=whole)
    image = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)
    return Sample(image=image, page=Page(width_px=size[1], height_px=size[0], lines=(line,)), kind=kind, name=name)


def write_store(folder, count=3, **options):
    with SampleWriter(folder, **options) as writer:
        for number in range(count):
            writer.write(make_sample(name=f"쪽 {number}"))
    return folder


def test_samples_come_back_exactly(tmp_path):
    folder = write_store(tmp_path / "한글 저장소")
    samples = list(read_samples(folder))
    wanted = make_sample()
    assert [sample.name for sample in samples] == ["쪽 0", "쪽 1", "쪽 2"]
    assert all(np.array_equal(sample.image, wanted.image) for sample in samples)
    assert samples[0].page == wanted.page
    assert samples[0].kind == "scan"


def test_pictures_carry_words_and_page(tmp_path):
    picture = next(read_pictures(write_store(tmp_path / "store")))
    assert picture.text == "가나"
    assert picture.words[0].text == "가나"
    assert picture.quads == (Quad.from_xyxy(0, 2, 20, 12),)
    assert picture.page is not None
    assert picture.read_image().shape == (20, 30, 3)


def test_an_existing_store_is_kept_unless_appended_to(tmp_path):
    write_store(tmp_path, 2)
    with pytest.raises(OutputError, match="already holds"):
        SampleWriter(tmp_path)
    write_store(tmp_path, 1, append=True)
    assert [path.name for path in sorted((tmp_path / "images").iterdir())][-1] == "000002.png"
    assert len(list(read_samples(tmp_path))) == 3


def test_damaged_records_are_reported_with_their_place_and_skipped(tmp_path):
    write_store(tmp_path, 2)
    pages = tmp_path / "pages.jsonl"
    good = pages.read_text("utf-8").splitlines()
    missing = json.loads(good[0]) | {"image": "images/999999.png"}
    strange = json.loads(good[0]) | {"store": 99}
    without_page = {key: value for key, value in json.loads(good[0]).items() if key != "page"}
    bad = ["{half", json.dumps(missing), json.dumps(strange), json.dumps(without_page), "[1]"]
    pages.write_text("\n".join([good[0], *bad, good[1]]) + "\n", "utf-8")
    messages = []
    assert len(list(read_samples(tmp_path, report=messages.append))) == 2
    assert len(messages) == len(bad)
    for number, (message, word) in enumerate(zip(messages, ("JSON", "999999", "99", "page", "object"), strict=True)):
        assert f"line {number + 2}" in message
        assert word in message


def test_a_record_cut_off_by_a_killed_writer_does_not_spoil_the_next(tmp_path):
    write_store(tmp_path, 2)
    pages = tmp_path / "pages.jsonl"
    pages.write_bytes(pages.read_bytes()[:-40])
    write_store(tmp_path, 1, append=True)
    messages = []
    assert len(list(read_samples(tmp_path, report=messages.append))) == 2
    assert len(messages) == 1


def test_a_damaged_picture_is_reported_and_skipped(tmp_path):
    write_store(tmp_path, 2)
    picture = tmp_path / "images" / "000000.png"
    picture.write_bytes(picture.read_bytes()[:60])
    messages = []
    assert len(list(read_samples(tmp_path, report=messages.append))) == 1
    assert "000000.png" in messages[0]


def test_a_picture_of_another_size_than_its_page_is_reported(tmp_path):
    with SampleWriter(tmp_path) as writer:
        sample = make_sample()
        writer.write(Sample(image=sample.image[:10], page=sample.page))
        writer.write(sample)
    messages = []
    assert len(list(read_samples(tmp_path, report=messages.append))) == 1
    assert "30 x 10" in messages[0]


def test_a_store_without_any_usable_record_is_an_error(tmp_path):
    (tmp_path / "pages.jsonl").write_text("{}\n", "utf-8")
    with pytest.raises(DatasetError, match="None of the 1 records"):
        list(read_samples(tmp_path, report=lambda message: None))
    (tmp_path / "pages.jsonl").write_text("\n", "utf-8")
    with pytest.raises(DatasetError, match="no record"):
        list(read_samples(tmp_path))


def test_an_unwritable_folder_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        SampleWriter(tmp_path / "file" / "store")


def test_open_dataset_knows_the_store(tmp_path):
    write_store(tmp_path / "store", 2)
    dataset = open_dataset(tmp_path / "store" / "pages.jsonl")
    assert (dataset.form, dataset.name) == ("store", "store")
    assert len(list(dataset)) == len(list(dataset)) == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path / "nowhere", "does not exist"),
        (lambda path: (path / "a.txt").write_text("x") and path / "a.txt", "is a file"),
        (lambda path: path, "holds no data set"),
        (lambda path: write_store(path / "one", 1).parent, "Give one of them"),
    ],
)
def test_open_dataset_says_what_is_wrong(tmp_path, make, message):
    with pytest.raises(DatasetError, match=message):
        open_dataset(make(tmp_path))
