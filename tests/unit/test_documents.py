import contextlib
import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from geulnun.core.image import read_image
from geulnun.documents import SUFFIXES, count_pages, open_pages
from geulnun.errors import InputError, UsageError

RED, WHITE = (255, 0, 0), (255, 255, 255)


def encode(image, suffix, **options):
    file = io.BytesIO()
    image.save(file, suffix, **options)
    return file.getvalue()


def read_all(source, **options):
    return [(page.number, page.rgb) for page in open_pages(source, **options)]


def numbered(count, size=(40, 30)):
    """Pictures whose first column tells which one they are."""
    pictures = []
    for number in range(1, count + 1):
        picture = Image.new("L", size, 255)
        ImageDraw.Draw(picture).rectangle((0, 0, 3, 3), fill=number * 10)
        pictures.append(picture)
    return pictures


def write_tiff(path, pictures, **options):
    pictures[0].save(path, save_all=True, append_images=pictures[1:], **options)
    return path


@pytest.mark.parametrize("suffix", ["png", "jpeg", "webp", "bmp", "gif", "tiff"])
def test_single_pictures_from_path_and_bytes(tmp_path, suffix):
    data = encode(Image.new("RGB", (40, 30), RED), suffix)
    path = tmp_path / f"한글 이름.{suffix}"
    path.write_bytes(data)
    for source in (data, path, str(path)):
        ((number, rgb),) = read_all(source)
        assert (number, rgb.shape, rgb.dtype) == (1, (30, 40, 3), np.uint8)
        assert abs(rgb.astype(int) - RED).max() < 8
        assert count_pages(source) == 1


def test_a_tiff_may_be_as_large_as_the_caller_allows(tmp_path, monkeypatch):
    path = write_tiff(tmp_path / "a.tif", numbered(2))
    monkeypatch.setitem(read_image.__kwdefaults__, "max_pixels", 1000)
    assert len(read_all(path, max_pixels=2000)) == 2


def test_arrays_and_pil_images_are_one_page():
    array = np.full((5, 7, 3), 9, np.uint8)
    for source in (array, Image.fromarray(array)):
        assert count_pages(source) == 1
        ((number, rgb),) = read_all(source, pages="1")
        assert number == 1
        assert np.array_equal(rgb, array)


@pytest.mark.parametrize("source", [bytearray(b"picture"), io.BytesIO(b"picture"), 3.5, None])
def test_what_is_no_source(source):
    with pytest.raises(InputError, match=f"{type(source).__name__} is no source. Give a path, bytes, an array"):
        open_pages(source)


def test_pages_of_what_is_no_picture_are_not_counted(tmp_path):
    path = tmp_path / "글.png"
    path.write_text("글이다", encoding="utf-8")
    for source in (path, path.read_bytes()):
        with pytest.raises(InputError, match=r"is not an image that can be read here; allowed are png, .* and pdf"):
            count_pages(source)


def test_content_and_not_the_name_says_what_a_file_is(tmp_path):
    path = tmp_path / "really-a-picture.pdf"
    path.write_bytes(encode(Image.new("RGB", (4, 3), RED), "png"))
    assert read_all(path)[0][1].shape == (3, 4, 3)
    assert count_pages(path) == 1


def test_every_page_of_a_tiff(tmp_path):
    path = write_tiff(tmp_path / "쪽.tif", numbered(5))
    assert count_pages(path) == count_pages(path.read_bytes()) == 5
    assert [(number, rgb[0, 0, 0]) for number, rgb in read_all(path)] == [(n, n * 10) for n in range(1, 6)]
    assert [number for number, _ in read_all(path, pages="2,4-9")] == [2, 4, 5]


def test_thumbnails_in_a_tiff_are_not_pages():
    page, thumbnail = numbered(2)
    file = io.BytesIO()
    from PIL import TiffImagePlugin

    with TiffImagePlugin.AppendingTiffWriter(file, True) as writer:
        page.save(writer, "tiff")
        writer.newFrame()
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[254] = 1
        thumbnail.save(writer, "tiff", tiffinfo=tags)
    assert count_pages(file.getvalue()) == 1
    assert read_all(file.getvalue())[0][1][0, 0, 0] == 10


def test_only_wanted_tiff_pages_are_decoded(tmp_path, monkeypatch):
    from geulnun.documents import tiff

    decoded = []
    real = tiff.read_image
    monkeypatch.setattr(tiff, "read_image", lambda image, **limit: decoded.append(image.tell()) or real(image, **limit))
    path = write_tiff(tmp_path / "a.tif", numbered(9))
    pages = open_pages(path, pages="3,8")
    assert next(pages).number == 3
    assert decoded == [2]


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_of_an_animation_the_first_frame(suffix):
    first, *rest = [picture.convert("RGB") for picture in numbered(3)]
    data = encode(first, suffix, save_all=True, append_images=rest, **({"lossless": True} if suffix == "webp" else {}))
    assert count_pages(data) == 1
    ((_, rgb),) = read_all(data)
    assert rgb[1, 1, 0] == 10


def test_exif_rotation_alpha_and_deep_grey():
    turned = Image.new("RGB", (40, 20), WHITE)
    exif = Image.Exif()
    exif[274] = 6
    assert read_all(encode(turned, "jpeg", exif=exif))[0][1].shape == (40, 20, 3)
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert read_all(encode(clear, "png"))[0][1].min() == 255
    deep = Image.fromarray(np.full((4, 4), 0x8000, np.uint16))
    assert read_all(encode(deep, "png"))[0][1][0, 0].tolist() in ([127] * 3, [128] * 3)
    for mode in ("CMYK", "L", "1"):
        rgb = read_all(encode(Image.new(mode, (4, 4)), "tiff"))[0][1]
        assert rgb.shape == (4, 4, 3)


def test_a_wrong_range_is_told_before_anything_is_read():
    with pytest.raises(UsageError, match="page range"):
        open_pages("no such file", pages="3-1")
    with pytest.raises(InputError, match="only 1 page"):
        read_all(np.zeros((3, 3), np.uint8), pages="2")


@pytest.mark.parametrize("call", [count_pages, read_all])
def test_missing_files_and_folders(tmp_path, call):
    with pytest.raises(InputError, match=r"없는 파일\.png: no such file. Check the path"):
        call(tmp_path / "없는 파일.png")
    with pytest.raises(InputError, match="is a folder; a file was expected"):
        call(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        call("nul\0byte.png")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize(
    "data", [b"", b"II*\0", b"MM\0*\0\0\0\x08\xff\xff", b"%PDF-1.7\n", b"hello", b"\x89PNG\r\n\x1a\n"]
)
def test_damaged_bytes(data):
    with pytest.raises(InputError, match="the given data"):
        read_all(data)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_truncated_tiff_is_refused(tmp_path):
    path = write_tiff(tmp_path / "a.tif", [picture.resize((200, 200)) for picture in numbered(3)])
    data = path.read_bytes()
    cut = data[: len(data) // 2]
    with pytest.raises(InputError, match="damaged|truncated|cut short"):
        read_all(cut)


def test_suffixes_cover_what_the_readme_promises():
    assert {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".pdf"} <= set(SUFFIXES)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("suffix", ["png", "jpeg", "webp", "gif", "tiff", "pdf"])
def test_whatever_is_in_a_file_it_is_pages_or_an_input_error(suffix):
    rng = np.random.default_rng(1)
    whole = encode(Image.fromarray(rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)), suffix)
    for _ in range(60):
        data = np.frombuffer(whole, np.uint8).copy()
        places = rng.integers(0, len(data), 4)
        data[places] = rng.integers(0, 256, 4)
        for call in (count_pages, read_all):
            with contextlib.suppress(InputError):
                call(data.tobytes())
