"""Bad input: an error that says what was seen, what is allowed and what to do; the rest of the run comes out."""

import contextlib
import errno
import importlib.util
import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from geulnun.core.charset import CHARSET_V1
from geulnun.runtime.bundles.bundle import write_bundle
from geulnun.runtime.bundles.contracts import (
    DETECTOR_INPUT,
    DETECTOR_OUTPUTS,
    RECOGNIZER_OUTPUTS,
    record_charset,
    specify_strips,
)
from geulnun.runtime.bundles.manifest import Manifest, Provenance

ENCRYPTED = Path(__file__).parents[1] / "resources" / "encrypted.pdf"


def encode(suffix, size=(300, 200), **options):
    file = io.BytesIO()
    Image.effect_noise(size, 90).save(file, suffix, **options)
    return file.getvalue()


def edit(folder, **changes):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


def make_bomb():
    """A PNG of 30,000 x 30,000 pixels in less than a kilobyte; its pixels are never asked for."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n"
    for name, body in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")):
        data += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return data


def make_giant_pdf():
    return encode("pdf").replace(b"MediaBox [ 0 0", b"MediaBox [ -200000 -200000")


BAD_FILES = {
    "text.png": (b"I am no picture", "is not an image that can be read here; allowed are png, jpg"),
    "empty.png": (b"", "is empty (0 bytes). Save or copy it again"),
    "empty.pdf": (b"", "is empty (0 bytes)"),
    "cut.png": (encode("png")[:-30_000], "is damaged or cut short"),
    "cut.jpg": (encode("jpeg")[:-9_000], "is damaged or cut short"),
    "cut.webp": (encode("webp")[:-9_000], "is damaged"),
    "cut.gif": (encode("gif")[:-20_000], "is damaged or cut short"),
    "cut.tif": (encode("tiff")[:-20_000], "damaged"),
    "cut.pdf": (encode("pdf")[:-9_000], "is a truncated PDF: its end mark is missing. Download or save it again"),
    "header only.png": (b"\x89PNG\r\n\x1a\n", "is not an image that can be read here"),
    "locked.pdf": (ENCRYPTED.read_bytes(), "is encrypted and opens only with a password"),
    "bomb.png": (make_bomb(), "is 30000x30000 pixels (900 megapixels); at most 200 megapixels are read. Scale it down"),
    "giant.pdf": (make_giant_pdf(), "at most 40 megapixels are drawn. Ask for a lower resolution"),
    "no such.png": (None, "no such file. Check the path"),
}


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_told_and_the_others_are_read(geulnun, draw, tmp_path, name):
    data, message = BAD_FILES[name]
    draw("앞.png", "빨강")
    draw("뒤.tif", "파랑", "초록")
    if data is not None:
        (tmp_path / name).write_bytes(data)
    done = geulnun("read", "앞.png", name, "뒤.tif", "-o", "all.txt", "-o", "out/")
    assert done.exit_code == 3
    assert done.err.startswith(f"geulnun: {name}")
    assert message in done.err
    assert done.err.count("\n") == 1
    text = (tmp_path / "all.txt").read_text("utf-8")
    assert text == "==> 앞.png <==\n빨강 쪽\n\n==> 뒤.tif <==\n파랑 쪽\n\n초록 쪽\n"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["뒤.txt", "앞.txt"]


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("read", "LONG"), 3),
        (("read", "a.png", "-o", "LONG.txt"), 4),
        (("read", "a.png", "-o", "LONG/"), 4),
        (("chars", "read", "LONG"), 3),
        (("evaluate", "LONG"), 3),
        (("evaluate", "characters", "LONG"), 3),
        (("label", "LONG"), 2),
        (("export", "recognizer", "LONG", "-o", "out"), 2),
        (("chars", "read", "a.png", "--weights", "LONG"), 5),
    ],
)
def test_a_name_that_is_too_long_for_a_file(geulnun, draw, arguments, exit_code):
    draw("a.png", "빨강")
    done = geulnun(*(argument.replace("LONG", "가" * 300) for argument in arguments))
    assert (done.exit_code, done.out) == (exit_code, "")
    assert done.err.startswith("geulnun: ") and done.err.count("\n") == 1


def test_a_single_character_that_is_no_picture_has_no_number(geulnun, tmp_path):
    (tmp_path / "text.png").write_text("I am no picture")
    done = geulnun("chars", "read", "text.png")
    assert (done.exit_code, done.err.startswith("geulnun: text.png is not an image")) == (3, True)


@pytest.mark.usefixtures("reader")
def test_a_folder_without_pictures(geulnun, draw, tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "memo.txt").touch()
    draw("a.png", "빨강")
    done = geulnun("read", "texts", "a.png")
    assert done.exit_code == 3
    assert done.out == "==> a.png <==\n빨강 쪽\n"
    assert "texts holds no pictures; files of these kinds are read: png, jpg" in done.err
    assert geulnun("read", "texts").exit_code == 3


@pytest.mark.usefixtures("reader")
def test_pictures_without_text_and_of_one_pixel_are_empty_results(geulnun, draw, tmp_path):
    draw("white.png", "하양")
    draw("pixel.png", "하양", size=(1, 1))
    done = geulnun("read", "white.png", "-o", "a.txt", "-o", "a.json", "-o", "a.png")
    assert (done.exit_code, done.err, (tmp_path / "a.txt").read_text()) == (0, "", "")
    assert geulnun("read", "pixel.png").exit_code == 0
    assert geulnun("read", "white.png").out == ""


@pytest.mark.usefixtures("reader")
def test_an_animation_is_its_first_frame(geulnun, draw):
    draw("a.gif", "빨강", "초록", "파랑")
    assert geulnun("read", "a.gif").out == "빨강 쪽\n"


@pytest.mark.usefixtures("reader")
def test_pages_that_are_not_there(geulnun, draw):
    draw("a.tif", "빨강", "초록")
    draw("b.tif", "빨강", "초록", "파랑")
    done = geulnun("read", "a.tif", "b.tif", "--pages", "3")
    assert (done.exit_code, done.out) == (3, "==> b.tif <==\n파랑 쪽\n")
    assert "geulnun: a.tif: page 3 was asked for, but there are only 2 pages. Ask for pages from 1 to 2" in done.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--pages", "3-1"], "page range: '3-1' is not one. Allowed are page numbers from 1"),
        (["--dpi", "5"], "dpi 5 was asked for; allowed are 36 to 1200"),
        (["-o", "a.odt"], "the suffix '.odt' is not known; allowed are .txt, .md, .json"),
        (["-o", "out/", "--format", "odt"], "'odt' is not a format. Allowed, with commas: txt, md, json"),
        (["-o", "a.png"], "the output a.png is an input too and would be overwritten. Choose another place"),
        (["b.png", "-o", "c.png"], "a .png shows one document, but several come. Name a folder"),
        (["-o", "./", "--format", "png"], "is an input too and would be overwritten"),
        (["--pdfa"], "--pdfa is of .pdf files, and none is written. Name one, as in -o FILE.pdf"),
        (["-o", "a.txt", "--redo"], "--redo is of .pdf files"),
        (["-o", "out/", "--format", "txt,json", "--force-ocr"], "--force-ocr is of .pdf files"),
        (["-f", "json", "--characters"], "--characters is of .hocr, .alto.xml, .page.xml, and none of them is written"),
        (["--threads", "two"], "Invalid value for '--threads'"),
        (["--colour"], "--colour"),
    ],
)
def test_wrong_options_end_the_run_before_anything_is_read(geulnun, draw, reader, tmp_path, options, message):
    draw("a.png", "빨강")
    before = (tmp_path / "a.png").read_bytes()
    done = geulnun("read", "a.png", *options)
    assert (done.exit_code, done.out) == (2, "")
    assert message in " ".join(done.err.split())
    assert (tmp_path / "a.png").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert not reader.options


@pytest.mark.parametrize("options", [["--replicas", "2"], ["--worker-memory", "1.5"]])
def test_options_of_replicas_need_ray(geulnun, options):
    done = geulnun("serve", "--port", "0", *options)
    assert (done.exit_code, "Give --ray ADDRESS with them" in done.err) == (2, True)


@pytest.mark.parametrize("package", ["fastapi", "uvicorn", "fastapi_offline"])
def test_any_missing_package_of_the_server_names_the_extra(package):
    program = f"import sys; sys.modules[{package!r}] = None; from geulnun.cli import main; main()"
    command = [sys.executable, "-c", program, "serve", "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, "pip install 'geulnun[server]'" in done.stderr) == (6, True), done.stderr


@pytest.mark.usefixtures("reader")
def test_pages_are_not_written_over_inputs_of_their_names(geulnun, draw, tmp_path):
    draw("scan.tif", "빨강", "초록")
    draw("scan-1.png", "파랑")
    before = (tmp_path / "scan-1.png").read_bytes()
    done = geulnun("read", ".", "-o", "./", "--format", "png")
    assert done.exit_code == 2
    assert "the input scan-1.png is called as a page of the output scan.png may be" in " ".join(done.err.split())
    assert (tmp_path / "scan-1.png").read_bytes() == before


@pytest.mark.usefixtures("reader")
def test_formats_of_one_file_may_be_named_like_a_numbered_input_of_theirs(geulnun, draw, tmp_path):
    draw("report-2024.pdf", "빨강")
    assert geulnun("read", "report-2024.pdf", "-o", "report.pdf").exit_code == 0
    assert (tmp_path / "report.pdf").exists()


@pytest.mark.usefixtures("reader")
def test_an_output_that_cannot_be_written_leaves_the_others(geulnun, draw, tmp_path):
    draw("a.png", "빨강")
    done = geulnun("read", "a.png", "-o", "없는/a.txt", "-o", "a.json", "-o", "a.png/out/")
    assert done.exit_code == 4
    assert "없는/a.txt cannot be written: there is no folder 없는. Create it first" in done.err
    assert "the folder a.png/out cannot be made" in done.err
    assert "빨강" in (tmp_path / "a.json").read_text("utf-8")


@pytest.mark.usefixtures("reader")
def test_one_file_of_a_folder_that_cannot_be_written_leaves_the_others(geulnun, draw, tmp_path):
    draw("a.png", "빨강")
    draw("b.png", "초록")
    (tmp_path / "out" / "a.txt").mkdir(parents=True)
    done = geulnun("read", "a.png", "b.png", "-o", "out/", "--format", "txt,json")
    assert done.exit_code == 4
    assert "a.txt is a folder; a file was expected" in done.err
    assert (tmp_path / "out" / "b.txt").read_text("utf-8") == "초록 쪽\n"
    assert (tmp_path / "out" / "a.json").exists()


@pytest.mark.usefixtures("reader")
def test_a_full_disk_stops_one_output_only(geulnun, draw, tmp_path, monkeypatch):
    from geulnun.outputs.atomic_file import AtomicFile

    real = AtomicFile.open_stream

    @contextlib.contextmanager
    def open_stream(self):
        with real(self) as stream:
            if self.path.name == "full.txt":
                raise OSError(errno.ENOSPC, "No space left on device")
            yield stream

    monkeypatch.setattr(AtomicFile, "open_stream", open_stream)
    draw("a.tif", "빨강", "초록")
    draw("b.png", "파랑")
    done = geulnun("read", "a.tif", "b.png", "-o", "full.txt", "-o", "b.txt")
    assert done.exit_code == 4
    assert done.err.count("full.txt cannot be written (No space left on device)") == 1
    assert "파랑" in (tmp_path / "b.txt").read_text("utf-8")
    assert not (tmp_path / "full.txt").exists()


def test_a_fault_in_one_file_is_reported_as_ours_and_the_rest_is_read(geulnun, draw, reader):
    def fail_on_green(rgb, number):
        if rgb[0, 0, 1] > 100:
            raise ZeroDivisionError("oops")

    reader.watch = fail_on_green
    draw("green.png", "초록")
    draw("red.png", "빨강")
    done = geulnun("read", "green.png", "red.png")
    assert (done.exit_code, done.out) == (1, "==> red.png <==\n빨강 쪽\n")
    assert "green.png: this is a fault of geulnun itself; please report it" in done.err
    assert "ZeroDivisionError: oops" in done.err


@pytest.fixture
def weights(tmp_path):
    """A detector and a recogniser whose manifests are in order and whose models are none."""
    made = Provenance(commit="", config="", config_sha256="", seed=1, samples_seen=1)
    for kind, (wanted, outputs) in {
        "detector": (DETECTOR_INPUT, DETECTOR_OUTPUTS),
        "recognizer": (specify_strips(32), RECOGNIZER_OUTPUTS),
    }.items():
        folder = tmp_path / "weights" / kind
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(b"no model at all")
        charset = record_charset(CHARSET_V1) if kind == "recognizer" else None
        facts = {"name": kind, "kind": kind, "charset": charset, "network": {}, "parameters": 1}
        write_bundle(folder, Manifest(input=wanted, outputs=outputs, provenance=made, **facts))
    return tmp_path / "weights"


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: None, "model.onnx cannot be opened"),
        (lambda folder: (folder / "model.onnx").unlink(), "model.onnx cannot be read (No such file or directory)"),
        (lambda folder: (folder / "model.onnx").write_bytes(b"no model at ALL"), "its manifest says"),
        (lambda folder: (folder / "model.onnx").write_bytes(b"short"), "model.onnx has 5 bytes; its manifest says 15"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest.json cannot be read as JSON"),
        (lambda folder: (folder / "manifest.json").unlink(), "holds no manifest.json, so it is no bundle"),
        (lambda folder: edit(folder, schema_version=99), "schema version 99; this version of geulnun reads 1"),
        (lambda folder: edit(folder, charset={"name": "v0", "sha256": "00"}), "this version knows v1"),
        (lambda folder: edit(folder, kind="detector"), "is of the kind detector; one of the kind recognizer is needed"),
    ],
)
def test_broken_and_foreign_weights(geulnun, draw, weights, tmp_path, harm, message):
    draw("a.png", "빨강")
    harm(weights / "recognizer")
    options = ("--detector", weights / "detector", "--recognizer", weights / "recognizer")
    done = geulnun("read", "a.png", "-o", "a.txt", *options)
    assert (done.exit_code, done.out) == (5, "")
    assert message in done.err
    assert done.err.startswith("geulnun: ")
    assert not (tmp_path / "a.txt").exists()
    checked = geulnun("check", *options)
    assert checked.exit_code == 5
    assert f"FAILED: {weights / 'recognizer'}" in checked.out


def test_a_backend_that_is_not_installed(geulnun, draw, weights, monkeypatch):
    draw("a.png", "빨강")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "openvino" else find(name))
    options = ("--detector", weights / "detector", "--recognizer", weights / "recognizer", "--backend")
    done = geulnun("read", "a.png", *options, "openvino")
    assert done.exit_code == 6
    assert "pip install 'geulnun[openvino]'" in done.err
    done = geulnun("read", "a.png", *options, "cuda")
    assert done.exit_code == 2
    assert "allowed are auto, onnxruntime, openvino" in done.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--threads", "0"), "threads is 0; allowed is a whole number from 1"),
        (("--min-confidence", "7"), "min_confidence is 7.0; allowed are 0 to 1"),
        (("--alternatives", "-1"), "alternatives is -1; allowed are 0 to 50"),
        (("--orientation", "45"), "orientation is 45; allowed are auto, 0, 90, 180, 270"),
        (("--orientation", "left"), "orientation is 'left'; allowed are auto, 0, 90, 180, 270"),
    ],
)
def test_numbers_out_of_range(geulnun, draw, weights, options, message):
    draw("a.png", "빨강")
    own = ("--detector", weights / "detector", "--recognizer", weights / "recognizer")
    done = geulnun("read", "a.png", *own, *options)
    assert (done.exit_code, done.out) == (2, "")
    assert message in done.err


@pytest.mark.usefixtures("reader")
def test_a_fault_in_writing_one_document_leaves_the_others(geulnun, draw, tmp_path, monkeypatch):
    from geulnun.outputs import json as formats

    real = formats._format_page
    monkeypatch.setattr(formats, "_format_page", lambda page: real(page) if page["text"] != "빨강 쪽" else 1 / 0)
    draw("a.png", "빨강")
    draw("b.png", "파랑")
    done = geulnun("read", "a.png", "b.png", "-o", "all.json", "-o", "all.txt")
    assert done.exit_code == 1
    assert "a.png: this is a fault of geulnun itself" in done.err
    (document,) = json.loads((tmp_path / "all.json").read_text("utf-8"))
    assert document["source"] == "b.png"
    assert "빨강" in (tmp_path / "all.txt").read_text("utf-8")
