"""`geulnun.batch`: what is found, what is written, what happens to documents that cannot be read."""

import errno
import functools
import json
import shutil
import sys
import tarfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from stand_in import FullDisk, die, refuse, run

from geulnun.batch import Counts, Progress, find_documents, open_place
from geulnun.batch.plan import choose_shard_size
from geulnun.batch.remote import join_url
from geulnun.batch.shard_reader import name_files
from geulnun.batch.sources import fetch
from geulnun.cli.progress.batch_report import describe_speed
from geulnun.errors import BundleError, GeulnunError, InputError, OutputError, UsageError


def ids(*sources, **more):
    return [document.id for document in find_documents(sources, **more)]


def test_documents_of_folders_lists_archives_and_urls(scans, tmp_path):
    scans(b="둘", a="하나")
    (tmp_path / "scans" / "notes.md").write_text("no document")
    (tmp_path / "scans" / ".hidden.png").write_text("hidden")
    (tmp_path / "scans" / "deep").mkdir()
    (tmp_path / "scans" / "deep" / "c.PDF").write_text("셋")
    assert ids("scans") == ["scans/a.png", "scans/b.png", "scans/deep/c.PDF"]
    assert ids("scans", skipped="scans/deep") == ["scans/a.png", "scans/b.png"]
    (tmp_path / "list.txt").write_text("scans/b.png\nmissing.png\r\n\nscans/b.png\n")
    assert ids("list.txt", "scans/a.png") == ["missing.png", "scans/a.png", "scans/b.png"]
    with tarfile.open("set.tar", "w") as archive:
        archive.add("scans")
    assert ids("set.tar") == ["set.tar/scans/a.png", "set.tar/scans/b.png", "set.tar/scans/deep/c.PDF"]
    url = (tmp_path / "scans").as_uri()
    pytest.importorskip("fsspec")
    assert ids(f"{url}/") == [f"{url}/a.png", f"{url}/b.png", f"{url}/deep/c.PDF"]
    assert ids(f"{url}/", skipped=f"{url}/deep") == [f"{url}/a.png", f"{url}/b.png"]


def test_documents_behind_http_and_in_zip_archives(scans, tmp_path):
    pytest.importorskip("fsspec", reason="fsspec is not installed")
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    scans(a="하나")
    (tmp_path / "scans" / "deep").mkdir()
    (tmp_path / "scans" / "deep" / "b.png").write_text("둘")
    shutil.make_archive("set", "zip", tmp_path / "scans")
    assert ids("zip://*.png::set.zip") == ["zip://a.png::set.zip"]
    assert ids("zip://::set.zip") == ["zip://a.png::set.zip", "zip://deep/b.png::set.zip"]
    assert ids("zip:///deep/::set.zip") == ["zip:///deep/b.png::set.zip"]
    handler = functools.partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}/scans"
        try:
            assert ids(f"{url}/") == [f"{url}/a.png", f"{url}/deep/b.png"]
            assert ids(f"{url}/*.png") == [f"{url}/a.png"]
            (document,) = find_documents([f"{url}/a.png"])
            assert fetch(document, "") == "하나".encode()
        finally:
            server.shutdown()


@pytest.mark.parametrize(
    ("url", "path", "name", "found"),
    [
        ("sftp://me@host/scans/", "/scans", "/scans/a.png", "sftp://me@host/scans/a.png"),
        ("sftp://me@host/", "/", "/a.png", "sftp://me@host/a.png"),
        ("sftp://me@host/scans/*/b*.png", "/scans/*/b*.png", "/scans/x/b.png", "sftp://me@host/scans/x/b.png"),
        ("abfs://box@account/scans", "box/scans", "box/scans/a.png", "abfs://box@account/scans/a.png"),
        ("github://me:code@main/", "", "a.png", "github://me:code@main/a.png"),
        ("s3://bucket/scans/", "bucket/scans", "bucket/scans/http://x/a.png", "s3://bucket/scans/http://x/a.png"),
        ("s3://bucket/[ab]/*", "bucket/[ab]/*", "bucket/a/a.png", "s3://bucket/a/a.png"),
        ("file:///", "/", "/a.png", "file:///a.png"),
        ("file://scans/*", "/here/scans/*", "/here/scans/a.png", "file://scans/a.png"),
        ("zip::set.zip", "", "a.png", "zip://a.png::set.zip"),
    ],
)
def test_found_urls_begin_as_the_one_that_was_named(url, path, name, found):
    assert join_url(url, path, name) == found


@pytest.mark.parametrize(
    ("source", "message"),
    [("missing", "no such file"), ("empty", "holds no documents"), ("a.tar.gz", "compressed"), ("no.tar", "damaged")],
)
def test_sources_that_cannot_be_searched_are_refused(scans, tmp_path, source, message):
    scans()
    (tmp_path / "empty").mkdir()
    (tmp_path / "no.tar").write_text("no archive" * 100)
    with pytest.raises(InputError, match=message):
        find_documents([source])


def test_shards_are_a_function_of_the_ids(scans, tmp_path, read_parts):
    scans(**{f"d{number}": f"글 {number}" for number in range(6)})
    counts = run("out", tmp_path, size=4)
    assert counts == Counts(6, 6, 0)
    assert [len(path.read_text().splitlines()) for path in sorted((tmp_path / "out").glob("part-*"))] == [4, 2]
    records = read_parts(tmp_path / "out")
    assert [record["id"] for record in records] == [f"scans/d{number}.png" for number in range(6)]
    assert records[3]["document"]["pages"][0]["text"] == "글 3"
    assert set(records[3]) == {"id", "sha256", "engine", "document"}
    assert json.loads((tmp_path / "out" / "_SUCCESS").read_text()) == {
        "documents": 6,
        "pages": 6,
        "failed": 0,
        "shards": 2,
    }


def test_what_cannot_be_read_is_a_record(scans, tmp_path, read_parts):
    scans(a="가", b="wrong", c="half\nfault", d="poison", e="마")
    (tmp_path / "list.txt").write_text("".join(f"scans/{name}.png\n" for name in "abcdef"))
    assert run("out", tmp_path, ["list.txt"], size=6) == Counts(6, 2, 4)
    records = {record["id"][6]: record for record in read_parts(tmp_path / "out")}
    assert {name for name, record in records.items() if "document" in record} == {"a", "e"}
    errors = {name: record["error"]["type"] for name, record in records.items() if "error" in record}
    assert errors == {"b": "InputError", "c": "ZeroDivisionError", "d": "WorkerDied", "f": "InputError"}
    assert "no such file" in records["f"]["error"]["message"]
    assert (records["b"]["attempts"], records["d"]["attempts"]) == (1, 3)
    assert not list((tmp_path / "out" / "_pieces").iterdir())


def test_failed_documents_are_tried_again_where_that_is_asked(scans, tmp_path, read_parts):
    scans(a="가", b="wrong", c="wrong", d="라")
    assert run("out", tmp_path, size=2).failed == 2
    scans(b="나")
    assert run("out", tmp_path, size=2).failed == 2
    assert run("out", tmp_path, size=2, retry=True) == Counts(4, 3, 1)
    records = read_parts(tmp_path / "out")
    assert [record["id"][6] for record in records] == ["a", "b", "c", "d"]
    assert [record.get("attempts") for record in records] == [None, None, 2, None]
    assert json.loads((tmp_path / "out" / "_SUCCESS").read_text())["failed"] == 1


def test_a_shard_that_cannot_be_replaced_keeps_its_counts(scans, tmp_path, monkeypatch):
    def refuse(*given, **more):
        raise OutputError("the disk is full")

    scans(a="가", b="wrong")
    assert run("out", tmp_path).failed == 1
    scans(b="나")
    with monkeypatch.context() as patch, pytest.raises(OutputError, match="the disk is full"):
        patch.setattr("geulnun.batch.place._sync", lambda file: refuse() if file.path.suffix == ".jsonl" else None)
        run("out", tmp_path, retry=True)
    assert run("out", tmp_path) == Counts(2, 1, 1)
    assert run("out", tmp_path, retry=True) == Counts(2, 2, 0)


def test_parquet_holds_the_same_records(scans, tmp_path, read_parts):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    scans(a="가\n나", b="wrong", c="다")
    run("lines", tmp_path)
    run("rows", tmp_path, shard_suffix=".parquet")
    run("rows", tmp_path, shard_suffix=".parquet", retry=True)
    rows = parquet.read_table(tmp_path / "rows" / "part-00000.parquet").to_pylist()
    lines = read_parts(tmp_path / "lines")
    assert [row["id"] for row in rows] == [line["id"] for line in lines]
    assert json.loads(rows[0]["document"]) == lines[0]["document"]
    assert (rows[0]["text"], rows[0]["pages"]) == ("가\n\n나", 2)
    assert (rows[1]["error_type"], rows[1]["attempts"]) == ("InputError", 2)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_parquet_holds_documents_whose_names_are_not_utf_8(scans, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    scans(a="가", **{"b\udcff": "wrong"})
    more = {"shard_suffix": ".parquet", "suffixes": (".txt",)}
    assert run("out", tmp_path, **more) == Counts(2, 1, 1)
    scans(**{"b\udcff": "나"})
    assert run("out", tmp_path, retry=True, **more) == Counts(2, 2, 0)
    rows = parquet.read_table(tmp_path / "out" / "part-00000.parquet").to_pylist()
    assert [row["id"] for row in rows] == ["scans/a.png", r"scans/b\udcff.png"]
    assert [row["files"] for row in rows] == [["files/scans/a.png.txt"], [r"files/scans/b\udcff.png.txt"]]
    assert [json.loads(row["document"])["pages"][0]["text"] for row in rows] == ["가", "나"]


def test_files_of_single_documents(scans, tmp_path, read_parts):
    scans(a="가", b="wrong")
    run("out", tmp_path, in_record=False, suffixes=(".txt", ".json"))
    names = ["files/scans/a.png.json", "files/scans/a.png.txt"]
    assert sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("a.*")) == names
    assert (tmp_path / "out" / names[1]).read_text() == "가\n"
    record = read_parts(tmp_path / "out")[0]
    assert (record["pages"], record["files"]) == (1, names)
    assert name_files("s3://bucket/../a b.pdf") == "s3/bucket/a b.pdf"


def test_every_document_has_files_of_its_own(scans, tmp_path, monkeypatch, read_parts):
    scans(a="가")
    monkeypatch.chdir(tmp_path / "scans")
    plain = tmp_path.as_posix()[1:] + "/scans/a.png"
    (tmp_path / "scans" / plain).parent.mkdir(parents=True)
    (tmp_path / "scans" / plain).write_text("나")
    sources = (plain, f"/{plain}", f"../scans/{plain}", "../scans/a.png")
    assert run("out", tmp_path / "scans", sources, in_record=False, suffixes=(".txt",)) == Counts(4, 4, 0)
    files = {record["id"]: record["files"][0] for record in read_parts(Path("out"))}
    assert files[plain] == f"files/{plain}.txt"
    assert files["../scans/a.png"] == "files/scans/a.png.txt"
    assert Path("out", files[plain]).read_text() == "나\n"
    assert Path("out", files[f"/{plain}"]).read_text() == "가\n"
    assert len(set(files.values())) == 4


def test_long_names_of_documents_are_cut(scans, tmp_path, read_parts):
    scans()
    names = ["가" * 83 + ".pdf", "가" * 83 + ".tif"]
    for name in names:
        (tmp_path / "scans" / name).write_text("나")
    assert run("out", tmp_path, in_record=False, suffixes=(".txt", ".alto.xml")) == Counts(2, 2, 0)
    files = [name for record in read_parts(tmp_path / "out") for name in record["files"]]
    assert len(set(files)) == 4
    assert name_files("가" * 78) == "가" * 78


def test_archives_are_read_by_position_and_urls_written_whole(scans, tmp_path, read_parts):
    pytest.importorskip("fsspec", reason="fsspec is not installed")
    scans(a="가", b="나")
    with tarfile.open("set.tar", "w") as archive:
        archive.add("scans")
    archive_url = (tmp_path / "set.tar").as_uri()
    assert run((tmp_path / "out").as_uri(), tmp_path, ["set.tar", archive_url], size=3) == Counts(4, 4, 0)
    assert [record["document"]["pages"][0]["text"] for record in read_parts(tmp_path / "out")] == [
        "가",
        "나",
        "가",
        "나",
    ]
    assert run((tmp_path / "out").as_uri(), tmp_path, ["set.tar", archive_url], size=3) == Counts(4, 4, 0)
    with Path("set.tar").open("r+b") as archive:
        archive.truncate(1500)
    with pytest.raises(InputError, match="damaged"):
        find_documents(["set.tar"])


def test_a_place_of_another_run_is_refused(scans, tmp_path):
    scans(a="가")
    run("out", tmp_path)
    with pytest.raises(UsageError, match="shard_size was 4, now 5"):
        run("out", tmp_path, size=5)
    scans(b="나")
    with pytest.raises(UsageError, match="1 then, 2 now"):
        run("out", tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "part-00000.jsonl").touch()
    with pytest.raises(UsageError, match="something else"):
        run("other", tmp_path)


def test_files_that_may_not_be_opened_are_refused(scans, tmp_path, monkeypatch):
    def refuse(*given, **more):
        raise PermissionError(errno.EACCES, "Permission denied")

    scans(a="가")
    for name in ("list.txt", "set.tar"):
        (tmp_path / name).touch()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        for name in ("list.txt", "set.tar"):
            with pytest.raises(InputError, match=rf"{name} cannot be read \(Permission denied\)"):
                find_documents([name])
    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(OutputError, match=r"scans cannot be listed \(Permission denied\)"):
        open_place("scans").list_names()


def test_a_full_disk_stops_the_run_and_keeps_what_is_done(scans, tmp_path):
    pytest.importorskip("resource", reason="limits are a matter of Unix")

    scans(a="가", b="나" * 100_000)
    with pytest.raises(OutputError, match="cannot be written"):
        run("out", tmp_path, size=1, open_engine=FullDisk())
    assert (tmp_path / "out" / "part-00000.jsonl").exists()
    assert not (tmp_path / "out" / "part-00001.jsonl").exists()
    assert not (tmp_path / "out" / "_SUCCESS").exists()
    assert run("out", tmp_path, size=1) == Counts(2, 2, 0)


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_read(scans, tmp_path, monkeypatch):
    def refuse(*given, **more):
        raise PermissionError(errno.EACCES, "Permission denied")

    scans(a="가")
    with monkeypatch.context() as patch, pytest.raises(OutputError, match="Permission denied.*may write"):
        patch.setattr(Path, "mkdir", refuse)
        run("closed", tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="may write"):
        run("file/out", tmp_path)


def test_workers_that_cannot_open_the_weights_stop_the_run(scans, tmp_path):
    scans(a="가")
    with pytest.raises(BundleError, match="no weights here"):
        run("out", tmp_path, open_engine=refuse)
    with pytest.raises(GeulnunError, match="3 workers in a row ended"):
        run("out", tmp_path, open_engine=die)
    assert not list((tmp_path / "out").glob("part-*"))


def test_speed_and_time_left_are_those_of_this_run():
    progress = Progress(total=1000, counts=Counts(400, 450, 2), earlier=Counts(300, 300, 0))
    assert describe_speed(progress, 100) == "1.5 pages/s, 0:10:00 left, 2 failed"
    assert describe_speed(Progress(total=9, counts=Counts(), earlier=Counts()), 5) == "starting"


def test_shard_sizes():
    assert [choose_shard_size(count) for count in (1, 400, 1000, 10_000, 1_000_000)] == [4, 4, 10, 100, 200]
