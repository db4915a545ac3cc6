"""POST /v1/read and /v1/characters: what comes in, what comes out, and what is refused how."""

import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from geulnun.core.page import Document, Page
from geulnun.server import Settings
from geulnun.server.formats import FORMATS, choose_format
from geulnun.server.reader import EngineReader

TEXT = "느티나무 분식\n합계\t7,960\n"


def test_a_form_and_a_bare_body_are_read_alike(client: TestClient, picture: bytes) -> None:
    form = client.post("/v1/read", files={"file": ("가 나.png", picture)}, headers={"Accept": "text/plain"})
    bare = client.post("/v1/read?format=txt", content=picture)
    assert (form.status_code, form.text) == (200, TEXT)
    assert bare.text == TEXT
    assert form.headers["content-type"].startswith("text/plain")
    field = {"files": {"file": ("a.png", picture)}, "data": {"format": "txt"}, "headers": {"Accept": "image/gif"}}
    assert client.post("/v1/read", **field).text == TEXT


def test_json_is_the_document_with_the_clients_name_without_folders(
    client: TestClient, picture: bytes, page: Page
) -> None:
    answer = client.post("/v1/read", files={"file": ("..\\..\\etc/영수증.png", picture)})
    assert Document.from_json(answer.text) == Document(pages=(page,), source="영수증.png")
    params = {"name": "../../a\x01b.png"}
    sent: list[dict[str, Any]] = [
        {"params": params, "content": picture},
        {"params": params, "files": {"file": ("c.png", picture)}},
        {"data": params, "files": {"file": ("c.png", picture)}},
    ]
    assert [client.post("/v1/read", **each).json()["source"] for each in sent] == ["ab.png"] * 3


def test_every_format_is_written(client: TestClient, picture: bytes) -> None:
    for name, form in FORMATS.items():
        answer = client.post(f"/v1/read?format={name}", content=picture)
        assert answer.status_code == 200, (name, answer.text)
        assert answer.headers["content-type"].startswith(form.media_type.partition(";")[0])
        assert answer.content


@pytest.mark.parametrize("name", ["alto", "page"])
def test_formats_go_by_their_suffix_too(client: TestClient, picture: bytes, name: str) -> None:
    short, long = (client.post(f"/v1/read?format={each}", content=picture) for each in (name, f"{name}.xml"))
    assert (long.status_code, long.headers["content-type"]) == (200, short.headers["content-type"])


def test_formats_with_a_file_for_each_page_come_as_a_zip(client: TestClient, pdf: Callable[..., bytes]) -> None:
    answer = client.post("/v1/read?format=png", content=pdf(2))
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["document-1.png", "document-2.png"]


def test_pages_are_chosen(client: TestClient, pdf: Callable[..., bytes], reader: Any) -> None:
    answer = client.post("/v1/read", files={"file": ("a.pdf", pdf(5))}, data={"pages": "2,4-"})
    assert [page["number"] for page in answer.json()["pages"]] == [2, 4, 5] == reader.read


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("text/plain;q=0.9, application/json;q=0.1", "txt"),
        ("text/html, */*;q=0.1", "hocr"),
        ("image/png", "png"),
    ],
)
def test_the_header_accept_chooses(accept: str, name: str) -> None:
    assert choose_format(None, accept) == name


def test_what_is_not_written_is_not_acceptable(client: TestClient, picture: bytes) -> None:
    answer = client.post("/v1/read", content=picture, headers={"Accept": "audio/mpeg, text/plain;q=0"})
    assert (answer.status_code, answer.json()["code"]) == (406, "not-acceptable")


@pytest.mark.parametrize(
    ("query", "body", "status", "code", "words"),
    [
        ("", b"", 400, "empty", "0 bytes"),
        ("", b"no picture", 422, "unreadable", "not an image"),
        ("?format=doc", None, 400, "wrong-option", "allowed are json"),
        ("?dpi=9", None, 400, "wrong-option", "36 to 1200"),
        ("?pages=x", None, 400, "wrong-option", "page range"),
        ("?alternatives=99", None, 400, "wrong-option", "0 to 50"),
        ("?typo=1", None, 400, "wrong-option", "typo"),
    ],
)
def test_refusals_say_what_is_wrong(
    client: TestClient, picture: bytes, query: str, body: bytes | None, status: int, code: str, words: str
) -> None:
    answer = client.post(f"/v1/read{query}", content=picture if body is None else body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert words in problem["detail"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["request_id"] == answer.headers["x-request-id"]


def test_every_limit_is_named(serve: Callable[..., TestClient], pdf: Callable[..., bytes], draw: Any) -> None:
    client = serve(max_body_mb=0.02, max_pages=2)
    large = client.post("/v1/read", content=b"x" * 20_001)
    assert (large.status_code, "max_body_bytes" in large.text) == (413, True)
    streamed = client.post("/v1/read", content=iter([b"x" * 15_000] * 2))
    assert (streamed.status_code, "max_body_bytes" in streamed.text) == (413, True)
    many = client.post("/v1/read", content=pdf(3))
    assert (many.status_code, "max_pages" in many.text) == (422, True)
    wide = client.post("/v1/read", content=draw(2000, 1000))
    assert (wide.status_code, "at most 1 megapixels" in wide.text) == (422, True)


def test_a_reading_that_takes_too_long_is_given_up(
    serve: Callable[..., TestClient], pdf: Callable[..., bytes], reader: Any
) -> None:
    reader.page_s = 0.2
    answer = serve(timeout_s=0.3).post("/v1/read", content=pdf(10))
    assert (answer.status_code, answer.json()["code"]) == (504, "took-too-long")
    assert "timeout_s" in answer.text
    assert len(reader.read) < 5


def test_a_document_is_closed_in_a_thread_that_reads(client: TestClient, picture: bytes, reader: Any) -> None:
    closed: list[str] = []

    def iter_pages(*_: Any) -> Iterator[Page]:
        try:
            yield Page(width_px=10, height_px=10)
        finally:
            closed.append(threading.current_thread().name)

    reader.iter_pages = iter_pages
    assert client.post("/v1/read", content=picture).status_code == 200
    assert [name.partition("_")[0] for name in closed] == ["reading"]


def test_two_files_and_unknown_fields_are_refused(client: TestClient, picture: bytes) -> None:
    two = client.post("/v1/read", files=[("file", ("a.png", picture)), ("file", ("b.png", picture))])
    assert two.json()["code"] == "one-file"
    field = client.post("/v1/read", files={"file": ("a.png", picture)}, data={"page": "1"})
    assert "page" in field.json()["detail"] and "pages" in field.json()["detail"]


@pytest.mark.parametrize(
    ("form", "code", "words"),
    [
        ({"content": b"xx", "headers": {"Content-Type": "multipart/form-data"}}, "wrong-form", "Missing boundary"),
        ({"files": [("file", b"x")] * 17}, "wrong-form", "Maximum number of files is 16"),
        ({"files": {"file": (None, "text")}}, "no-file", "curl -F file=@scan.pdf"),
    ],
)
def test_forms_that_cannot_be_read(client: TestClient, form: dict[str, Any], code: str, words: str) -> None:
    answer = client.post("/v1/characters", **form)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert words in answer.json()["detail"]


def test_characters_come_with_their_letters(client: TestClient, picture: bytes) -> None:
    answer = client.post("/v1/characters?top=2", files={"file": ("a.png", picture)})
    (reading,) = answer.json()["readings"]
    assert [each["text"] for each in reading["alternatives"]] == ["글", "굴"]
    assert [reading[part][0]["text"] for part in ("initial", "medial", "final")] == ["ㄱ", "ㅡ", "ㄹ"]


def test_pictures_of_characters_are_no_larger_than_pages(
    serve: Callable[..., TestClient], reader: Any, draw: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geulnun.server.reader.Engine", lambda *_: None)
    reader.read_characters = EngineReader(Settings(max_megapixels=1, backend="onnxruntime")).read_characters
    answer = serve().post("/v1/characters", files={"file": ("a.png", draw(2000, 1000))})
    assert (answer.status_code, "at most 1 megapixels" in answer.text) == (422, True)


def test_info_says_what_there_is(client: TestClient) -> None:
    info = client.get("/v1/info").json()
    assert set(info["formats"]) == set(FORMATS)
    assert info["limits"]["max_body_bytes"] == 50_000_000
    assert json.dumps(info)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_numbers_of_each_network_are_named(precision: Any) -> None:
    backends = EngineReader(Settings(backend="onnxruntime", precision=precision)).describe()["backends"]
    assert {kind: name.split()[-1] for kind, name in backends.items()} == {
        "detector": precision,
        "recognizer": precision,
        "characters": "fp32",
    }
