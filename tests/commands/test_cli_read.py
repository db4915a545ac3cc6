import contextlib
import io
import json
import sys
from pathlib import Path

import pytest
from PIL import Image

from geulnun.core.page import Document
from geulnun.errors import BundleError, InputError
from geulnun.outputs import OUTPUT_SUFFIXES

pytestmark = pytest.mark.usefixtures("reader")


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_text_goes_to_standard_output(geulnun, draw):
    draw("한글 이름.png", "빨강")
    done = geulnun("read", "한글 이름.png")
    assert (done.exit_code, done.out, done.err) == (0, "빨강 쪽\n", "")


def test_several_sources_stand_under_headings(geulnun, draw):
    draw("a.png", "빨강")
    draw("b.tif", "초록", "파랑")
    done = geulnun("read", "a.png", "b.tif")
    assert done.out == "==> a.png <==\n빨강 쪽\n\n==> b.tif <==\n초록 쪽\n\n파랑 쪽\n"
    assert (done.exit_code, done.err) == (0, "")


def test_standard_input_and_json_to_standard_output(geulnun, draw):
    done = geulnun("read", "-", "--format", "json", stdin=draw("a.pdf", "빨강", "파랑").read_bytes())
    document = Document.from_json(done.out)
    assert [(page.number, page.text) for page in document.pages] == [(1, "빨강 쪽"), (2, "파랑 쪽")]
    assert document.source == "-"
    done = geulnun("read", "-", stdin=b"no picture")
    assert done.exit_code == 3
    assert done.err.startswith("geulnun: standard input: the given data is not an image")


def test_several_outputs_of_one_source_in_one_run(geulnun, draw, tmp_path):
    draw("a.png", "빨강")
    done = geulnun("read", "a.png", "-o", "글.txt", "-o", "글.json", "-o", "글.jsonl", "-o", "글.png", "-o", "-")
    assert (done.exit_code, done.out, done.err) == (0, "빨강 쪽\n", "")
    assert (tmp_path / "글.txt").read_text("utf-8") == "빨강 쪽\n"
    for name in ("글.json", "글.jsonl"):
        assert Document.from_json((tmp_path / name).read_text("utf-8")).text == "빨강 쪽"
    assert Image.open(tmp_path / "글.png").height == 30
    assert names(tmp_path) == ["a.png", "글.json", "글.jsonl", "글.png", "글.txt"]


def test_several_sources_in_one_json_are_an_array(geulnun, draw, tmp_path):
    draw("in/a.png", "빨강")
    geulnun("read", "in", "-o", "one.json")
    draw("in/b.png", "파랑")
    geulnun("read", "in", "-o", "two.json", "-o", "two.txt")
    one, two = (json.loads((tmp_path / name).read_text("utf-8")) for name in ("one.json", "two.json"))
    assert [each["pages"][0]["text"] for each in one] == ["빨강 쪽"]
    assert [each["pages"][0]["text"] for each in two] == ["빨강 쪽", "파랑 쪽"]
    assert "b.png <==\n파랑 쪽" in (tmp_path / "two.txt").read_text("utf-8")


def test_a_folder_gets_files_for_every_source(geulnun, draw, tmp_path):
    draw("in/영수증.png", "빨강")
    draw("in/영수증.jpg", "초록")
    draw("in/속/계약서.pdf", "파랑", "빨강")
    done = geulnun("read", "in", "--recursive", "-o", "out/", "--format", "txt,json,png")
    assert (done.exit_code, done.out, done.err) == (0, "", "")
    stems = ["속/계약서", "영수증.jpg", "영수증.png"]
    expected = [f"{stem}{suffix}" for stem in stems for suffix in (".json", ".txt")]
    expected += ["속/계약서-1.png", "속/계약서-2.png", "영수증.jpg.png", "영수증.png.png"]
    assert names(tmp_path / "out") == sorted(expected)
    assert (tmp_path / "out" / "속" / "계약서.txt").read_text("utf-8") == "파랑 쪽\n\n빨강 쪽\n"
    # Outputs are no inputs of the next run, though they lie below the folder that is read.
    again = geulnun("read", ".", "--recursive", "-o", "out/", "--format", "png")
    assert again.exit_code == 0
    assert not [name for name in names(tmp_path / "out") if "out" in name]


def test_pages_and_other_choices_reach_the_reader(geulnun, draw, reader):
    draw("a.tif", "빨강", "초록", "파랑", "빨강")
    done = geulnun(
        *("read", "a.tif", "--pages", "2-3", "--threads", "2", "--backend", "onnxruntime", "--recognizer", "mine"),
        *("--min-confidence", "0.3", "--alternatives", "4", "--orientation", "180", "--format", "json"),
    )
    assert [page.number for page in Document.from_json(done.out).pages] == [2, 3]
    assert reader.opened == [(None, "mine", "onnxruntime", 2, "auto")]
    chosen = {(each.min_confidence, each.alternatives, each.orientation, each.beam) for each in reader.options}
    assert chosen == {(0.3, 4, 180, None)}


def test_the_resolution_reaches_the_pages_of_a_pdf(geulnun, draw):
    draw("a.pdf", "빨강", size=(72, 36))
    done = geulnun("read", "a.pdf", "--dpi", "150", "--format", "json")
    (page,) = Document.from_json(done.out).pages
    assert (page.width_px, page.height_px) == (150, 75)


def test_timings_go_to_standard_error(geulnun, draw):
    draw("a.tif", "빨강", "초록")
    done = geulnun("read", "a.tif", "--timings")
    rows = {row.rsplit(maxsplit=3)[0].strip(): row.split() for row in done.err.splitlines()}
    assert rows["read page"][-3] == rows["open page"][-3] == "2"
    assert rows["all"][-1] == "s"
    assert done.out == "빨강 쪽\n\n초록 쪽\n"


def test_one_page_is_kept_at_a_time(geulnun, draw, reader):
    import weakref

    alive = []

    def watch(rgb, number):
        alive.append(weakref.ref(rgb))
        assert sum(ref() is not None for ref in alive) <= 2

    reader.watch = watch
    draw("a.tif", *["빨강"] * 8)
    assert geulnun("read", "a.tif", "-o", "a.txt", "-o", "b.png").exit_code == 0
    assert len(alive) == 8


def test_a_page_is_printed_before_the_next_is_read(geulnun, draw, reader, monkeypatch):
    printed = io.StringIO()
    seen = []
    monkeypatch.setattr(sys, "stdout", printed)
    reader.watch = lambda rgb, number: seen.append(printed.getvalue())
    draw("a.tif", "빨강", "초록", "파랑")
    geulnun("read", "a.tif")
    assert seen == ["", "빨강 쪽\n", "빨강 쪽\n\n초록 쪽\n"]


def test_a_source_is_opened_once(geulnun, draw, monkeypatch):
    from geulnun import reading

    opened = []
    real = reading.open_pages
    monkeypatch.setattr(reading, "open_pages", lambda *given, **more: opened.append(given) or real(*given, **more))
    draw("a.pdf", "빨강", "초록")
    assert geulnun("read", "a.pdf", "-o", "a.json", "-o", "a.png").exit_code == 0
    assert len(opened) == 1


def test_a_bar_on_a_terminal_when_there_is_more_than_one_page(geulnun, draw, monkeypatch):
    from geulnun.cli.progress import report

    bars = []
    real = report._make_bar
    monkeypatch.setattr(report, "_make_bar", lambda: bars.append(real()) or bars[-1])
    monkeypatch.setattr(report, "_is_terminal", lambda: True)
    draw("one.png", "빨강")
    draw("many.tif", "빨강", "초록", "파랑")
    geulnun("read", "one.png")
    assert not bars
    done = geulnun("read", "many.tif", "missing.png", "one.png")
    progress, task = bars[-1]
    assert progress.tasks[task].total == 5
    assert done.out.startswith("==> many.tif <==\n빨강 쪽")
    assert "geulnun: missing.png: no such file" in done.err
    bars.clear()
    monkeypatch.setattr(report, "_is_terminal", lambda: False)
    geulnun("read", "many.tif")
    assert not bars


def test_broken_weights_end_the_run_before_anything_is_written(geulnun, draw, monkeypatch, tmp_path):
    def refuse(*choices):
        raise BundleError("model.onnx is damaged. Install geulnun again.")

    monkeypatch.setattr("geulnun.reading.open_page_reader", refuse)
    draw("a.png", "빨강")
    done = geulnun("read", "a.png", "-o", "a.txt")
    assert (done.exit_code, done.out, done.err) == (5, "", "geulnun: model.onnx is damaged. Install geulnun again.\n")
    assert names(tmp_path) == ["a.png"]


def test_an_interrupted_run_leaves_nothing_half_done(geulnun, draw, reader, tmp_path):
    def interrupt(rgb, number):
        if number == 2:
            raise KeyboardInterrupt

    reader.watch = interrupt
    (tmp_path / "a.txt").write_text("old")
    draw("a.tif", "빨강", "초록")
    done = geulnun("read", "a.tif", "-o", "a.txt", "-o", "out/")
    assert done.exit_code == 130
    assert names(tmp_path) == ["a.tif", "a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_a_source_that_fails_half_way_is_taken_back(geulnun, draw, reader, tmp_path):
    def fail(rgb, number):
        if number == 2:
            raise InputError("page 2 is damaged.")

    reader.watch = fail
    draw("a.tif", "빨강", "초록")
    draw("b.png", "파랑")
    done = geulnun("read", "a.tif", "b.png", "-o", "all.jsonl", "-o", "out/", "--format", "txt")
    assert (done.exit_code, done.err) == (3, "geulnun: a.tif: page 2 is damaged.\n")
    assert [json.loads(row)["source"] for row in (tmp_path / "all.jsonl").read_text("utf-8").splitlines()] == ["b.png"]
    assert names(tmp_path / "out") == ["b.txt"]


def test_no_file_appears_that_got_no_source(geulnun, draw, tmp_path):
    (tmp_path / "bad.png").write_text("no picture")
    outputs = [f"a{suffix}" for suffix in OUTPUT_SUFFIXES]
    arguments = [argument for output in outputs for argument in ("-o", output)]
    (tmp_path / "a.json").write_text("old")
    assert geulnun("read", "bad.png", *arguments).exit_code == 3
    assert names(tmp_path) == ["a.json", "bad.png"]
    assert (tmp_path / "a.json").read_text() == "old"
    draw("good.png", "빨강")
    assert geulnun("read", "bad.png", "good.png", "-o", "all.json").exit_code == 3
    assert len(json.loads((tmp_path / "all.json").read_text("utf-8"))) == 1
    done = geulnun("read", "bad.png", "bad.png", "--format", "json")
    assert (done.exit_code, json.loads(done.out)) == (3, [])


def test_a_listener_that_has_gone_ends_the_run_without_a_word(geulnun, draw, monkeypatch):
    class Gone:
        def write(self, text):
            raise BrokenPipeError(32, "Broken pipe")

        def flush(self):
            pass

    draw("a.png", "빨강")
    monkeypatch.setattr(sys, "stdout", Gone())
    done = geulnun("read", "a.png")
    assert (done.exit_code, done.err) == (1, "")
    draw("b.png", "파랑")
    assert geulnun("read", "a.png", "b.png", "-o", "all.json", "-o", "-").exit_code == 0
    assert len(json.loads(Path("all.json").read_text(encoding="utf-8"))) == 2


def test_links_in_a_circle_are_a_source_that_cannot_be_read(geulnun, draw, tmp_path):
    (tmp_path / "f").mkdir()
    draw("f/a.png", "빨강")
    (tmp_path / "f" / "b.png").symlink_to("b.png")
    done = geulnun("read", "f", "-o", "out/", "-f", "txt")
    assert (done.exit_code, "Too many levels" in done.err) == (3, True)
    assert Path("out/a.txt").read_text(encoding="utf-8") == "빨강 쪽\n"
    (tmp_path / "loop.pdf").symlink_to("loop.pdf")
    done = geulnun("read", "f/a.png", "-o", "loop.pdf")
    assert done.exit_code in (0, 4), done.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize("arguments", [["read", "a.png"], ["check", "--charset", "a.txt"], ["--version"], ["--help"]])
def test_standard_output_that_cannot_be_written(geulnun, draw, monkeypatch, tmp_path, arguments):
    draw("a.png", "빨강")
    (tmp_path / "a.txt").write_text("漢")
    with contextlib.suppress(OSError), Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        done = geulnun(*arguments)
    assert done.exit_code == 4
    assert done.err.count("geulnun: standard output cannot be written (No space left on device)") == 1
    assert "Traceback" not in done.err and "fault" not in done.err


def test_standard_output_that_is_closed(geulnun, draw, monkeypatch):
    draw("a.png", "빨강")
    for arguments, exit_code in (("read", "a.png"), 4), (("read", "a.png", "-o", "a.txt"), 0):
        monkeypatch.setattr(sys, "stdout", None)
        done = geulnun(*arguments)
        assert (done.exit_code, done.err.count("\n")) == (exit_code, bool(exit_code))


def test_characters_that_standard_output_lacks_come_as_numbers(geulnun, monkeypatch, tmp_path):
    (tmp_path / "a.txt").write_text("😀", "utf-8")
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="cp949"))
    assert geulnun("check", "--charset", "a.txt").exit_code == 1
    assert printed.getvalue().startswith(b"\\U0001f600\tU+1F600\t1\tGRINNING FACE")


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["read", "--help"], ["read", "-h"]])
def test_help_tells_the_exit_codes(geulnun, arguments):
    done = geulnun(*arguments)
    assert done.exit_code == 0
    for words in ("3 a source could not be read", "4 an output could not be written"):
        assert words in " ".join(done.out.replace("│", " ").split())


def test_version(geulnun):
    from geulnun._version import __version__

    done = geulnun("--version")
    assert (done.exit_code, done.out) == (0, f"geulnun {__version__}\n")


def test_help_does_not_load_what_reading_needs():
    import subprocess

    program = (
        "import sys; from geulnun.cli import main; sys.argv = ['geulnun', '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([name for name in ('numpy', 'cv2', 'PIL', 'onnxruntime', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout.splitlines()[-1] == "[]"


def test_one_pass_writes_every_format(geulnun, draw, tmp_path, reader):
    pytest.importorskip("pikepdf")
    pytest.importorskip("docx")
    pytest.importorskip("xlsxwriter")
    from geulnun.outputs import OUTPUT_SUFFIXES

    draw("장부 帳簿.tif", "빨강", "초록")
    outputs = [f"결과 1{suffix}" for suffix in OUTPUT_SUFFIXES]
    done = geulnun("read", "장부 帳簿.tif", *(part for name in outputs for part in ("-o", name)))
    assert (done.exit_code, done.err) == (0, "")
    assert len(reader.options) == 2
    single = [name for name in outputs if not name.endswith((".png", ".page.xml"))]
    paged = [f"결과 1-{number}{suffix}" for number in (1, 2) for suffix in (".png", ".page.xml")]
    assert names(tmp_path) == sorted(["장부 帳簿.tif", *single, *paged])


def test_choices_of_searchable_pdfs(geulnun, draw, tmp_path, monkeypatch):
    pytest.importorskip("pikepdf")
    draw("a.png", "빨강")
    done = geulnun("read", "a.png", "-o", "a.pdf", "--redo", "--force-ocr")
    assert (done.exit_code, done.out) == (2, "")
    assert "exclude each other" in done.err
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    done = geulnun("read", "a.png", "-o", "a.txt", "-o", "a.pdf", "--pdfa")
    assert (done.exit_code, "pip install 'geulnun[pdfa]'" in done.err) == (6, True)
    (tmp_path / "locked.pdf").write_bytes((Path(__file__).parents[1] / "resources" / "encrypted.pdf").read_bytes())
    done = geulnun("read", "locked.pdf", "-o", "b.pdf")
    assert done.exit_code == 3
    assert names(tmp_path) == ["a.png", "locked.pdf"]


def test_tables_on_standard_output_have_no_byte_order_mark(geulnun, draw, tmp_path):
    draw("a.png", "빨강")
    assert geulnun("read", "a.png", "--format", "csv").out == ""
    geulnun("read", "a.png", "-o", "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"\xef\xbb\xbf"
