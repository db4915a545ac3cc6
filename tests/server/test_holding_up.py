"""Keys, places, logs, headers, health: what keeps a server up and to itself."""

import io
import json
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from geulnun.cli.serve import app
from geulnun.errors import InputError, UsageError
from geulnun.server import Settings
from geulnun.server.auth import ApiKey, find_owner, make_secret, parse_environment, read_key_file
from geulnun.server.monitoring.logs import LOGGER, JsonFormatter

SECRET = "0123456789abcdef0123"


@pytest.fixture
def keys() -> tuple[ApiKey, ...]:
    return (ApiKey.of_secret("mobile", make_secret()), ApiKey.of_secret("office", SECRET))


def test_a_key_is_asked_for_in_every_clients_way(
    serve: Callable[..., TestClient], keys: tuple[ApiKey, ...], picture: bytes
) -> None:
    client = serve(keys=keys)
    for headers in ({"Authorization": f"Bearer {SECRET}"}, {"X-API-Key": SECRET}, {"X-OCR-SECRET": SECRET}):
        assert client.post("/v1/read", content=picture, headers=headers).status_code == 200
    assert client.post("/v1/read", content=picture).status_code == 401
    wrong = client.post("/v1/read", content=picture, headers={"X-API-Key": SECRET[:-1]})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong-key")


def test_without_a_key_only_health_docs_and_the_page_answer(
    serve: Callable[..., TestClient], keys: tuple[ApiKey, ...]
) -> None:
    client = serve(keys=keys)
    open_places = ("/", "/livez", "/readyz", "/docs", "/openapi.json")
    assert {place: client.get(place).status_code for place in open_places} == dict.fromkeys(open_places, 200)
    assert {client.get(place).status_code for place in ("/v1/info", "/metrics", "/v1/jobs/x")} == {401}


def test_keys_are_kept_as_hashes(tmp_path: Path, keys: tuple[ApiKey, ...]) -> None:
    file = tmp_path / "keys"
    file.write_text("# who may come in\n\n" + "\n".join(key.line for key in keys) + "\n")
    assert read_key_file(file) == keys
    assert SECRET not in file.read_text()
    assert parse_environment(f"office={SECRET}, {keys[0].name}=sha256:{keys[0].digest}") == keys[::-1]
    assert find_owner(keys, SECRET) == "office"
    file.write_text(f"office {SECRET}\n")
    with pytest.raises(InputError, match="line 1") as error:
        read_key_file(file)
    assert SECRET not in str(error.value)
    file.write_bytes("이름".encode("cp949"))
    with pytest.raises(InputError, match="not UTF-8"):
        read_key_file(file)
    file.write_text("# none yet\n")
    for path, message in ((file, "holds none"), (tmp_path / "absent", r"cannot be read \(No such file")):
        with pytest.raises(InputError, match=message):
            read_key_file(path)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("office", "NAME=KEY or NAME=sha256:HASH"),
        ("office=short", "at least 16"),
        (f"the office={SECRET}", "name 'the office'"),
        (f"the office=sha256:{'0' * 64}", "name 'the office'"),
    ],
)
def test_keys_of_another_form_are_refused(value: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_environment(value)


def test_a_new_key_comes_with_its_line() -> None:
    secret, line = CliRunner().invoke(app, ["--new-key", "office"]).stdout.splitlines()
    assert line == ApiKey.of_secret("office", secret).line


def test_other_computers_are_let_in_with_a_key_or_by_order(keys: tuple[ApiKey, ...]) -> None:
    with pytest.raises(UsageError, match="allow-anonymous"):
        Settings(host="0.0.0.0")
    assert Settings(host="0.0.0.0", keys=keys).keys
    assert Settings(host="0.0.0.0", allow_anonymous=True)
    assert Settings(host="::1").is_local


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--max-body-mb", "0"], "--max-body-mb is 0.0; allowed are 0.001 to 2,000."),
        (["--max-body-mb", "nan"], "--max-body-mb is nan; allowed are 0.001 to 2,000."),
        (["--timeout", "nan"], "--timeout is nan; allowed are 0.01 to 2,592,000."),
        (["--max-pages", "0"], "--max-pages is 0; allowed are 1 to 1,000,000."),
    ],
)
def test_options_out_of_range_are_told_by_their_names(options: list[str], message: str) -> None:
    told = CliRunner().invoke(app, options).exception
    assert (type(told), str(told)) == (UsageError, message)


def test_other_sites_and_other_names_are_kept_out(client: TestClient, picture: bytes) -> None:
    named = client.get("/v1/info", headers={"Host": "evil.example"})
    assert (named.status_code, named.json()["code"]) == (400, "wrong-host")
    cross = client.post("/v1/read", content=picture, headers={"Sec-Fetch-Site": "cross-site"})
    assert (cross.status_code, cross.json()["code"]) == (403, "other-site")
    for answer in (named, cross):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
    same = client.post("/v1/read", content=picture)
    assert "access-control-allow-origin" not in same.headers
    assert "default-src 'self'" in same.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://10.0.0.7:8000"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://10.0.0.7:3000"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "OCR.example:443", "Origin": "https://ocr.example"}, 200),
        ({"Host": "ocr.example", "Origin": "http://ocr.example:80"}, 200),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://10.0.0.7:3000"}, 403),
        # A proxy with TLS that passes on a Host of its own: the browser still says where the page is from.
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://ocr.example"}, 200),
    ],
)
def test_what_other_sites_send_is_known_by_its_origin(
    serve: Callable[..., TestClient], picture: bytes, headers: dict[str, str], status: int
) -> None:
    client = serve(host="0.0.0.0", allow_anonymous=True)
    answer = client.post("/v1/read", content=picture, headers={"Host": "10.0.0.7:8000", **headers})
    assert answer.status_code == status


@pytest.mark.parametrize(("host", "name"), [("127.0.0.2", "127.0.0.2"), ("0:0:0:0:0:0:0:1", "[0:0:0:0:0:0:0:1]")])
def test_it_answers_to_the_address_that_it_listens_on(serve: Callable[..., TestClient], host: str, name: str) -> None:
    assert serve(host=host).get("/v1/info", headers={"Host": f"{name}:8000"}).status_code == 200


def test_beyond_its_places_it_says_when_to_come_back(
    serve: Callable[..., TestClient], picture: bytes, reader: Any
) -> None:
    client = serve(queue=1, threads=1024)
    reader.gate.clear()
    answers: list[int] = []

    def ask() -> None:
        answers.append(client.post("/v1/read", content=picture).status_code)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    services = client.app.state.services  # type: ignore[attr-defined]
    deadline = time.monotonic() + 5
    while services.limiter.inside < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    refused = client.post("/v1/read", content=picture)
    assert (refused.status_code, refused.json()["code"]) == (503, "queue-full")
    assert int(refused.headers["retry-after"]) >= 1
    assert client.get("/readyz").status_code == 503
    assert client.get("/livez").status_code == 200
    reader.gate.set()
    for thread in threads:
        thread.join()
    assert answers == [200, 200]
    assert client.get("/readyz").json() == {"status": "ok"}
    assert services.limiter.inside == services.limiter.running == 0


def test_long_documents_and_short_ones_take_turns(
    serve: Callable[..., TestClient], picture: bytes, pdf: Callable[..., bytes], reader: Any
) -> None:
    client = serve(threads=1024)
    reader.page_s = 0.05
    ended: list[str] = []

    def ask(name: str, content: bytes) -> None:
        assert client.post("/v1/read", content=content).status_code == 200
        ended.append(name)

    threads = [threading.Thread(target=ask, args=("long", pdf(10)))]
    threads += [threading.Thread(target=ask, args=(f"short {number}", picture)) for number in range(3)]
    services = client.app.state.services  # type: ignore[attr-defined]
    for number, thread in enumerate(threads, 1):
        thread.start()
        deadline = time.monotonic() + 5
        while services.limiter.inside + len(ended) < number and time.monotonic() < deadline:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    # In their order: none of the short ones waits again once it has been read.
    assert ended == ["short 0", "short 1", "short 2", "long"]


def test_logs_are_json_and_hold_no_text_name_or_key(
    serve: Callable[..., TestClient], keys: tuple[ApiKey, ...], picture: bytes
) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger(LOGGER)
    logger.addHandler(handler)
    logger.setLevel("INFO")
    try:
        client = serve(keys=keys)
        given = {"X-Request-Id": "order-17", "X-API-Key": SECRET}
        client.post("/v1/read?name=비밀", files={"file": ("비밀.png", picture)}, headers=given)
        client.post(f"/{SECRET}/general", content=b"{}", headers={"X-OCR-SECRET": SECRET})
    finally:
        logger.removeHandler(handler)
    first, second = map(json.loads, written.getvalue().splitlines())
    assert (first["request_id"], first["route"], first["status"]) == ("order-17", "/v1/read", 200)
    assert (first["owner"], first["pages"]) == ("office", 1)
    assert second["route"] == "/{path:path}/general"
    assert not [secret for secret in (SECRET, "비밀", "분식", "7,960") if secret in written.getvalue()]


def test_an_error_nobody_foresaw_says_nothing_of_its_inside(
    serve: Callable[..., TestClient], picture: bytes, reader: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> list[int]:
        raise RuntimeError("느티나무")

    reader.list_pages = fail
    client = serve()
    answer = client.post("/v1/read", content=picture)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "느티나무" not in answer.text
    (record,) = [record for record in caplog.records if record.name == LOGGER and record.exc_info]
    assert "느티나무" not in JsonFormatter().format(record)
    assert client.get("/livez").status_code == 200


def test_metrics_count(client: TestClient, picture: bytes) -> None:
    client.post("/v1/read", content=picture)
    text = client.get("/metrics").text
    assert 'geulnun_requests_total{method="POST",route="/v1/read",status="200"} 1.0' in text
    assert "geulnun_pages_total 1.0" in text
    assert "geulnun_requests_inside 0.0" in text


def test_the_documentation_needs_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    sources = [part.split('"')[0] for part in page.replace("href=", "src=").split('src="')[1:]]
    assert sources and all(source.startswith("/") for source in sources)
    assert {client.get(source).status_code for source in sources} == {200}
    assert "/v1/read" in client.get("/openapi.json").json()["paths"]


def test_a_replica_refuses_what_lives_in_one_process_and_says_why(
    serve: Callable[..., TestClient], picture: bytes, pdf: Callable[..., bytes]
) -> None:
    client = serve(replica=True, max_pages=2)
    assert client.post("/v1/read", content=picture).status_code == 200
    asked = [
        client.post("/v1/jobs", content=picture),
        *map(client.get, ("/v1/jobs/x", "/v1/jobs/x/result", "/", "/metrics")),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in asked} == {(501, "several-processes")}
    assert "/v1/read, 2 pages at a time" in asked[0].json()["detail"]
    azure = client.post("/documentintelligence/documentModels/prebuilt-read:analyze", content=picture)
    assert (azure.status_code, azure.json()["error"]["innererror"]["code"]) == (501, "several-processes")
    assert "/v1/jobs" not in client.post("/v1/read", content=pdf(3)).json()["detail"]
    assert client.get("/v1/info").json()["limits"]["max_jobs"] == 0
