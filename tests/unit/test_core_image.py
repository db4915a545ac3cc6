"""Pictures of every kind become RGB; wrong ones are refused in words."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geulnun.core.image import find_page_frames, read_frame, read_image
from geulnun.documents import open_pages
from geulnun.errors import InputError


def encode(image: Image.Image, suffix: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, suffix, **options)
    return stream.getvalue()


# JPEG has no palettes.
SUFFIXES = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
FORMS = [(suffix, mode) for suffix in SUFFIXES for mode in ("RGB", "L", "P", "1") if (suffix, mode) != ("JPEG", "P")]


@pytest.mark.parametrize(("suffix", "mode"), FORMS)
def test_formats_and_modes(suffix: str, mode: str) -> None:
    rgb = read_image(encode(Image.new("RGB", (7, 5), "white").convert(mode), suffix))
    assert rgb.shape == (5, 7, 3)
    assert rgb.dtype == np.uint8
    assert (rgb >= 250).all()


def test_alpha_lies_on_white() -> None:
    assert (read_image(encode(Image.new("RGBA", (3, 3), (0, 0, 0, 0)), "PNG")) == 255).all()
    assert (read_image(np.zeros((3, 3, 4), np.uint8)) == 255).all()


def test_sixteen_bits_cmyk_and_floats() -> None:
    deep = Image.fromarray(np.full((4, 4), 32768, np.uint16))
    assert abs(int(read_image(encode(deep, "PNG"))[0, 0, 0]) - 128) <= 1
    assert read_image(encode(Image.new("CMYK", (4, 4), (0, 0, 0, 0)), "JPEG")).min() > 250
    assert read_image(np.full((2, 2), 0.5))[0, 0, 0] == 128
    assert read_image(np.ones((2, 2), bool)).max() == 255
    assert read_image(np.full((2, 2), 65535, np.uint16)).min() == 255
    assert read_image(np.full((2, 2), 65535, ">u2")).min() == 255


@pytest.mark.parametrize("scale", [1, 200, 10_000_000])
@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_thirty_two_bits_keep_their_contrast(dtype: type, scale: int) -> None:
    values = np.array([[-20, 0], [100, 200]], dtype) * dtype(scale)
    if dtype is np.float32:
        values = np.append(values, [[np.nan, np.inf]], axis=0).astype(np.float32)
    grey = read_image(encode(Image.fromarray(values), "TIFF"))[..., 0]
    assert grey[0, 0] == 0 < grey[0, 1] < grey[1, 0] < grey[1, 1]
    assert dtype is np.int32 or grey[2, 1] == 255


@pytest.mark.parametrize(("bits", "zero_is"), [(16, "black"), (16, "white"), (12, "black")])
def test_deep_grey_of_tiff_is_as_bright_as_it_says(bits: int, zero_is: str) -> None:
    """A row of the highest value over a row of the lowest, two pixels each."""
    row = b"\xff" * (2 * bits // 8)
    data = row + bytes(len(row))
    tags = {256: 2, 257: 2, 258: bits, 259: 1, 262: int(zero_is == "black"), 273: 8, 277: 1, 278: 2, 279: len(data)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    rgb = read_image(b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory)
    bright, dark = (0, 1) if zero_is == "black" else (1, 0)
    assert (rgb[bright] == 255).all() and (rgb[dark] == 0).all()


def test_exif_turns_the_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_image(encode(Image.new("RGB", (8, 4)), "JPEG", exif=exif)).shape == (8, 4, 3)


def test_korean_paths_and_tiff_pages(tmp_path: Path) -> None:
    path = tmp_path / "영수증 사진.tiff"
    pages = [Image.new("L", (6, 6), shade) for shade in (10, 200)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    assert [int(read_frame(path, frame)[0, 0, 0]) for frame in (0, 1)] == [10, 200]
    with pytest.raises(InputError, match="picture 3 is missing"):
        read_frame(path, 2)


def test_an_animation_is_its_first_frame() -> None:
    frames = [Image.new("L", (6, 6), shade) for shade in (0, 255)]
    content = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert find_page_frames(Image.open(io.BytesIO(content))) == [0]
    assert read_image(content).max() == 0


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((2, 2, 2), np.uint8), r"shape \(2, 2, 2\); allowed are \(H, W\)"),
        (np.zeros((1, 3, 8, 8), np.uint8), "one picture at a time"),
        (np.zeros((0, 5), np.uint8), "5x0 pixels: there is nothing to read"),
        (np.full((2, 2), np.nan), "NaN or infinity"),
        (np.full((2, 2, 3), np.inf, np.float32), "NaN or infinity"),
        (np.full((2, 2), 255.0), r"floats must lie in 0\.\.1"),
        (np.zeros((2, 2), np.int64), "dtype int64; allowed are uint8"),
        (np.zeros((2, 2), complex), "dtype complex128"),
        (np.broadcast_to(np.uint8(0), (30_000, 30_000)), "30000x30000 pixels"),
    ],
)
def test_wrong_arrays_are_refused(array: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_image(array)


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"hello")
    (tmp_path / "b.png").write_bytes(b"")
    whole = encode(Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)), "PNG")
    (tmp_path / "c.png").write_bytes(whole[: len(whole) // 2])
    for name, words in (("a.png", "not an image"), ("b.png", "empty"), ("c.png", "damaged"), ("d.png", "no such")):
        with pytest.raises(InputError, match=words):
            read_image(tmp_path / name)
    with pytest.raises(InputError, match="folder"):
        read_image(tmp_path)


def test_huge_files_are_refused_before_they_are_read(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(5 << 30)
    with pytest.raises(InputError, match=r"has 5\.4 GB"):
        read_image(tmp_path / "a.png")


def test_huge_pictures_are_refused_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    with pytest.raises(InputError, match="15000x15000"):
        read_image(encode(Image.new("1", (15_000, 15_000)), "PNG"))


@pytest.mark.parametrize("suffix", ["PNG", "TIFF"])
def test_limits_of_pillow_hold_in_other_programs(monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    data = encode(Image.new("1", (40, 30)), suffix)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    with pytest.raises(InputError, match=r"larger than Pillow may open .*1200 pixels.* raise PIL\.Image"):
        list(open_pages(data))
