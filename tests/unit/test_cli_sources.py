import io
import sys
from pathlib import PurePath

import pytest

from geulnun.cli.destinations import plan_files, plan_outputs
from geulnun.cli.sources import Source, find_sources
from geulnun.errors import UsageError

SUFFIXES = (".png", ".pdf")


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def find(*arguments, **options):
    sources, errors = find_sources(map(str, arguments), suffixes=SUFFIXES, **options)
    return [str(source.relative) for source in sources], [str(error) for error in errors]


def test_folders_are_searched_in_human_order(tmp_path):
    touch(tmp_path, "쪽10.png", "쪽2.PNG", "b.txt", ".hidden.png", "속/안.pdf", "속/깊이/더.png", ".git/x.png")
    assert find(tmp_path) == (["쪽2.PNG", "쪽10.png"], [])
    deep = ["쪽2.PNG", "쪽10.png", str(PurePath("속/안.pdf")), str(PurePath("속/깊이/더.png"))]
    assert find(tmp_path, recursive=True) == (deep, [])
    assert find(tmp_path, recursive=True, skipped=[tmp_path / "속" / "깊이"]) == (deep[:3], [])


def test_an_empty_argument_is_not_the_current_folder(tmp_path):
    with pytest.raises(UsageError, match="a source is empty"):
        find(tmp_path, "")


def test_named_files_are_taken_as_they_are(tmp_path):
    touch(tmp_path, "b.txt", "a.png")
    assert find(tmp_path / "b.txt", tmp_path / "없다.png") == (["b.txt", "없다.png"], [])


def test_empty_folders_are_told_and_the_rest_is_found(tmp_path):
    touch(tmp_path, "a.png", "empty/.keep", "texts/b.txt", "outer/inner/c.png")
    (tmp_path / "void").mkdir()
    found, errors = find(tmp_path / "void", tmp_path / "texts", tmp_path / "outer", tmp_path / "a.png")
    assert found == ["a.png"]
    assert "void holds nothing; files of these kinds are read: png, pdf" in errors[0]
    assert "texts holds no pictures; files of these kinds are read: png, pdf" in errors[1]
    assert "but 1 in folders below it. Add --recursive" in errors[2]


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"data")))
    ((source,), errors) = find_sources(["-"], suffixes=SUFFIXES)
    assert (source.name, source.content, str(source.relative), errors) == ("-", b"data", "stdin", [])
    assert "standard input is empty" in find("-")[1][0]


def plan(*relatives, suffixes=(".txt",)):
    sources = [Source(name=f"{n}", relative=PurePath(relative)) for n, relative in enumerate(relatives)]
    return [[str(path) for path in paths] for paths in plan_files(PurePath(), suffixes, sources).values()]


def test_output_names_follow_the_input():
    assert plan("영수증.png", "b/영수증.png") == [["영수증.txt"], [str(PurePath("b/영수증.txt"))]]
    assert plan("a.b.png", "no-suffix", suffixes=(".txt", ".json")) == [
        ["a.b.txt", "a.b.json"],
        ["no-suffix.txt", "no-suffix.json"],
    ]


@pytest.mark.parametrize(
    "relatives",
    [
        ("a.png", "a.jpg", "A.PNG"),
        ("a.png", "a.png", "a.png"),
        ("a.png", "a.jpg", "a.png.tif", "a.jpg-2.png"),
        ("\u1100\u1161.png", "가.png", "가.jpg"),
        ("a.png", "a.png-2", "a.jpg"),
        ("a.png", "a.png", "a.png-2.png"),
    ],
)
def test_no_two_sources_share_an_output(relatives):
    import unicodedata

    names = [unicodedata.normalize("NFC", name).casefold() for (name,) in plan(*relatives)]
    assert len(names) == len(set(names)) == len(relatives)


def test_names_of_pages_are_kept_free():
    assert plan("scan.tif", "scan-2.png", "page-2.png") == [["scan.txt"], ["scan-2.png.txt"], ["page-2.txt"]]


def test_outputs_and_formats(tmp_path):
    nothing = plan_outputs([], None)
    assert (nothing.stdout, nothing.files, nothing.folders) == (".txt", (), ())
    assert plan_outputs([], "json").stdout == ".json"
    assert plan_outputs(["-", "a.txt"], None).stdout == ".txt"
    several = plan_outputs(["a.txt", "b.JSON", "c.png"], None)
    assert [str(path) for path in several.files] == ["a.txt", "b.JSON", "c.png"]
    assert several.stdout is None
    for name in ("out/", str(tmp_path), "new"):
        folder = plan_outputs([name], "txt, .JSON,png,txt")
        assert folder.suffixes == (".txt", ".json", ".png")
        assert [str(path) for path in folder.folders] == [name.rstrip("/")]
    assert plan_outputs(["out/"], None).suffixes == (".txt",)


@pytest.mark.parametrize(
    ("outputs", "formats", "message"),
    [
        (["a.odt"], None, r"the suffix '.odt' is not known; allowed are .txt, .md, .json, .jsonl, .*, .pdf, .png"),
        (["a"], None, r"-o a: the name says no format. Give it one of .* or end it with /"),
        (["a.txt"], "json", r"--format json was given, but the suffix of a.txt says its format already"),
        ([], "png", r"--format png cannot go to standard output, which takes one of txt, md, json, jsonl"),
        ([], "txt,json", r"cannot go to standard output"),
        (["out/"], "txt,odt", r"'odt' is not a format. Allowed, with commas: txt, md, json, jsonl, .*, pdf, png"),
        (["out/"], "", r"'' is not a format"),
    ],
)
def test_wrong_outputs(outputs, formats, message):
    with pytest.raises(UsageError, match=message):
        plan_outputs(outputs, formats)
