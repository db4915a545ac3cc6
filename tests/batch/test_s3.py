"""Documents and results in a bucket: s3fs against a server of this machine."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import stand_in

from geulnun.batch import Counts

s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")
moto = pytest.importorskip("moto.server", reason="moto[server] is not installed")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The file system of a server with the bucket ``library``, which workers find by their environment."""
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    settings = {"ENDPOINT_URL": f"http://{host}:{port}", "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}
    for name, value in (*settings.items(), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    s3fs.S3FileSystem.clear_instance_cache()
    system = s3fs.S3FileSystem()
    system.mkdir("library")
    yield system
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def test_a_bucket_is_read_into_a_bucket_and_missing_objects_are_records(bucket, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {"a.png": "가", "b.png": "wrong", "deep/c.png": "다\n라"}.items():
        bucket.pipe_file(f"library/scans/{name}", text.encode())
    (tmp_path / "list.txt").write_text("s3://library/scans/gone.png\n")
    sources = ("s3://library/scans/", "list.txt")
    assert stand_in.run("s3://library/out", tmp_path, sources, workers=2, size=2) == Counts(4, 3, 2)
    parts = sorted(bucket.glob("library/out/part-*"))
    records = [json.loads(line) for part in parts for line in bucket.cat_file(part).splitlines()]
    assert [record["id"].rpartition("scans/")[2] for record in records] == ["a.png", "b.png", "deep/c.png", "gone.png"]
    failed = {record["id"]: record["error"]["message"] for record in records if "error" in record}
    assert set(failed) == {"s3://library/scans/b.png", "s3://library/scans/gone.png"}
    before = {name: bucket.cat_file(name) for name in bucket.find("library/out")}
    assert stand_in.run("s3://library/out", tmp_path, sources, workers=2, size=2) == Counts(4, 3, 2)
    assert {name: bucket.cat_file(name) for name in bucket.find("library/out")} == before
    bucket.pipe_file("library/scans/gone.png", "나".encode())
    assert stand_in.run("s3://library/out", tmp_path, sources, size=2, retry=True) == Counts(4, 4, 1)
