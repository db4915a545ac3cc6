"""/v1/jobs: read in the background, watched, cancelled, deleted in time, gone on with after a restart."""

import errno
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from geulnun.core.page import Document, Page
from geulnun.errors import OutputError, UsageError
from geulnun.server import Settings
from geulnun.server.auth import ApiKey
from geulnun.server.formats import format_document
from geulnun.server.jobs.store import Job, JobStore
from geulnun.server.run import run_server


def start(client: TestClient, content: bytes, **headers: str) -> str:
    answer = client.post("/v1/jobs", files={"file": ("긴 문서.pdf", content)}, headers=headers)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
    return str(answer.json()["id"])


def wait(client: TestClient, job: str, **wanted: Any) -> dict[str, Any]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        state: dict[str, Any] = client.get(f"/v1/jobs/{job}").json()
        if all(state.get(key) == value for key, value in wanted.items()):
            return state
        time.sleep(0.01)
    raise AssertionError((wanted, state))


def test_pages_come_one_by_one_and_the_result_in_every_format(
    client: TestClient, pdf: Callable[..., bytes], reader: Any
) -> None:
    reader.page_s = 0.02
    job = start(client, pdf(3))
    with client.stream("GET", f"/v1/jobs/{job}/events") as stream:
        events = [line for line in stream.iter_lines() if line]
    states = [json.loads(line.removeprefix("data: ")) for line in events if line.startswith("data: ")]
    assert [state["pages_done"] for state in states][-1] == 3
    assert events[-2] == "event: end" and states[-1]["status"] == "done" and states[-1]["expires"]
    assert client.get(f"/v1/jobs/{job}/pages/2").json()["number"] == 2
    assert client.get(f"/v1/jobs/{job}/pages/4").status_code == 404
    text = client.get(f"/v1/jobs/{job}/result?format=txt")
    assert text.text.count("느티나무 분식") == 3
    assert "filename*=UTF-8''%EA%B8%B4%20%EB%AC%B8%EC%84%9C.txt" in text.headers["content-disposition"]
    image = client.get(f"/v1/jobs/{job}/pages/1/image?size=thumbnail")
    assert (image.headers["content-type"], image.content[8:12]) == ("image/webp", b"WEBP")


def test_the_stream_of_a_job_that_has_gone_meanwhile_ends(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geulnun.server.routes.jobs.find_job", lambda *_: None)
    assert client.get("/v1/jobs/x/events").text == 'event: end\ndata: {"id": "x", "status": "cancelled"}\n\n'


def test_corrected_text_is_written_and_not_kept(client: TestClient, picture: bytes) -> None:
    job = start(client, picture)
    wait(client, job, status="done")
    document = client.get(f"/v1/jobs/{job}/result").json()
    document["pages"][0]["lines"][0]["words"][1]["text"] = "떡집"
    corrected = client.post(f"/v1/jobs/{job}/result?format=txt", json=document)
    assert corrected.text.startswith("느티나무 떡집\n")
    assert client.get(f"/v1/jobs/{job}/result?format=txt").text.startswith("느티나무 분식\n")
    assert client.post(f"/v1/jobs/{job}/result?format=txt", content=b"{}").status_code == 422


def test_corrected_pages_take_the_place_of_those_that_were_read(client: TestClient, pdf: Callable[..., bytes]) -> None:
    job = start(client, pdf(2))
    wait(client, job, status="done")
    document = client.get(f"/v1/jobs/{job}/result").json()
    first, second = document["pages"]
    second["lines"][0]["words"][1]["text"] = "떡집"
    for pages in ([second], [second, first]):
        answer = client.post(f"/v1/jobs/{job}/result?format=txt", json={**document, "pages": pages})
        assert [line.split()[1] for line in answer.text.splitlines() if "느티나무" in line] == ["분식", "떡집"]
        pictures = client.post(f"/v1/jobs/{job}/result?format=png", json={**document, "pages": pages})
        assert pictures.status_code == 200
    answer = client.post(f"/v1/jobs/{job}/result", json={**document, "pages": [{**second, "number": 3}]})
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong-pages")


def test_a_deleted_job_stops_between_pages(
    client: TestClient, pdf: Callable[..., bytes], reader: Any, tmp_path: Path
) -> None:
    reader.page_s = 0.05
    job = start(client, pdf(50))
    wait(client, job, status="running")
    for place in ("result", "pages/50"):
        answer = client.get(f"/v1/jobs/{job}/{place}")
        assert (answer.status_code, answer.json()["code"]) == (409, "not-done")
    assert client.delete(f"/v1/jobs/{job}").status_code == 204
    count = len(reader.read)
    time.sleep(0.2)
    assert len(reader.read) <= count + 1
    assert client.get(f"/v1/jobs/{job}").status_code == 404
    assert not list((tmp_path / "jobs").iterdir())


def test_a_job_that_ends_while_it_is_written_leaves_nothing(
    serve: Callable[..., TestClient], picture: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve(timeout_s=0.5)
    writing, written = threading.Event(), threading.Event()

    def slow_down(name: str, seconds: float) -> None:
        function = getattr(JobStore, name)

        def write(*arguments: Any) -> Any:
            writing.set()
            time.sleep(seconds)
            result = function(*arguments)
            written.set()
            return result

        monkeypatch.setattr(JobStore, name, write)

    slow_down("add_page", 0.2)
    job = start(client, picture)
    assert writing.wait(5)
    assert client.delete(f"/v1/jobs/{job}").status_code == 204
    assert written.is_set() and not list((tmp_path / "jobs").iterdir())
    written.clear()
    slow_down("add", 0.8)
    assert client.post("/v1/jobs", content=picture).status_code == 504
    assert written.is_set() and not list((tmp_path / "jobs").iterdir())
    assert not client.app.state.services.jobs.active  # type: ignore[attr-defined]


def test_files_of_a_job_are_read_and_written_in_threads(
    client: TestClient, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: dict[str, str] = {}

    def note(kind: type, name: str) -> None:
        function = getattr(kind, name)

        def noting(*arguments: Any) -> Any:
            threads[name] = threading.current_thread().name.partition("_")[0]
            return function(*arguments)

        monkeypatch.setattr(kind, name, noting)

    for name in ("add", "add_page", "read_source", "read_page", "read_document"):
        note(JobStore, name)
    note(Document, "from_json")
    job = start(client, picture)
    wait(client, job, status="done")
    document = client.get(f"/v1/jobs/{job}/result").json()
    assert client.get(f"/v1/jobs/{job}/pages/1").json() == document["pages"][0]
    assert client.post(f"/v1/jobs/{job}/result", json=document).json() == document
    long = dict.fromkeys(("read_source", "read_document", "from_json"), "writing")
    assert threads == dict.fromkeys(("add", "add_page", "read_page"), "aside") | long


def test_what_is_asked_of_a_job_that_has_gone_meanwhile_is_not_there(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = Job(id="x" * 22, owner="anonymous", name=None, numbers=(1,), status="done", pages_done=1)
    monkeypatch.setattr("geulnun.server.routes.jobs.find_job", lambda *_: stale)
    for place in ("result", "pages/1", "pages/1/image"):
        answer = client.get(f"/v1/jobs/{stale.id}/{place}")
        assert (answer.status_code, answer.json()["code"]) == (404, "no-such-job")


def test_results_are_deleted_when_their_time_is_over(
    serve: Callable[..., TestClient], picture: bytes, tmp_path: Path
) -> None:
    client = serve(keep_s=0.2)
    start(client, picture)
    deadline = time.monotonic() + 5
    while list((tmp_path / "jobs").iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not list((tmp_path / "jobs").iterdir())


def test_a_restarted_server_goes_on_where_it_stopped(
    serve: Callable[..., TestClient], pdf: Callable[..., bytes], reader: Any, tmp_path: Path
) -> None:
    first = serve()
    reader.page_s = 0.05
    job = start(first, pdf(8))
    deadline = time.monotonic() + 5
    while len(reader.read) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    first.__exit__(None, None, None)
    # What a killed server may leave: a row without its end, and a folder without a state.
    with (tmp_path / "jobs" / job / "pages.jsonl").open("a") as file:
        file.write('{"number": 3, "wid')
    (tmp_path / "jobs" / ("x" * 22)).mkdir()
    reader.page_s = 0.0
    second = serve()
    wait(second, job, status="done", pages_done=8)
    result = second.get(f"/v1/jobs/{job}/result").json()
    assert [page["number"] for page in result["pages"]] == list(range(1, 9))
    assert len(reader.read) <= 9


def test_what_is_no_job_stays_in_the_folder(serve: Callable[..., TestClient], tmp_path: Path) -> None:
    folder = tmp_path / "jobs"
    (folder / "quarterly-reports-2025").mkdir(parents=True)
    (folder / "quarterly-reports-2025" / "source").write_text("mine")
    (folder / "quarterly-reports-2025" / "budget.xlsx").write_text("mine")
    (folder / ("f" * 22)).write_text("a file")
    (folder / ("n" * 22)).mkdir()
    (folder / ("n" * 22) / "job.json").write_text('{"numbers": [1], "of_a_newer_version": 1}')
    (folder / ("k" * 22)).mkdir()
    (folder / ("k" * 22) / "source").write_text("of a server that was killed")
    serve()
    assert {path.name for path in folder.iterdir()} == {"quarterly-reports-2025", "f" * 22, "n" * 22}


def test_a_document_that_nobody_waits_for_is_closed_in_a_thread(
    serve: Callable[..., TestClient], pdf: Callable[..., bytes], page: Page, reader: Any
) -> None:
    """In the event loop's thread it would wait for PDFium, and the whole server with it."""
    closed: list[str] = []
    begun = threading.Event()

    def iter_pages(*_: Any) -> Iterator[Page]:
        try:
            begun.set()
            while True:
                yield page
                time.sleep(0.01)
        finally:
            closed.append(threading.current_thread().name)

    reader.iter_pages = iter_pages
    client = serve()
    for _ in range(5):
        begun.clear()
        job = start(client, pdf(50))
        assert begun.wait(5)
        assert client.delete(f"/v1/jobs/{job}").status_code == 204
    deadline = time.monotonic() + 5
    while len(closed) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(closed) == 5 and all(name.startswith(("aside", "reading")) for name in closed)


def test_a_result_that_takes_long_keeps_nobody_waiting(
    serve: Callable[..., TestClient], picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve(pages_at_once=1)
    job = start(client, picture)
    wait(client, job, status="done")
    inside, go_on = threading.Event(), threading.Event()

    def format_slowly(*arguments: Any) -> Any:
        if arguments[1] == "md":
            inside.set()
            go_on.wait(10)
        return format_document(*arguments)

    monkeypatch.setattr("geulnun.server.routes.read.format_document", format_slowly)
    asking = threading.Thread(target=client.get, args=(f"/v1/jobs/{job}/result?format=md",))
    asking.start()
    try:
        assert inside.wait(5)
        assert client.get(f"/v1/jobs/{job}/pages/1").status_code == 200
        assert start(client, picture)
    finally:
        go_on.set()
        asking.join()


def test_jobs_of_others_are_not_there(serve: Callable[..., TestClient], picture: bytes) -> None:
    names = {"a": "a" * 20, "b": "b" * 20}
    client = serve(keys=tuple(ApiKey.of_secret(name, secret) for name, secret in names.items()))
    job = start(client, picture, **{"X-API-Key": names["a"]})
    assert client.get(f"/v1/jobs/{job}", headers={"X-API-Key": names["b"]}).status_code == 404
    assert client.get(f"/v1/jobs/{job}", headers={"X-API-Key": names["a"]}).status_code == 200


def test_no_more_jobs_than_there_is_room_for_and_failures_say_why(
    serve: Callable[..., TestClient], picture: bytes, draw: Callable[..., bytes]
) -> None:
    client = serve(max_jobs=1)
    job = start(client, draw(2000, 1000))
    state = wait(client, job, status="failed")
    assert "megapixels" in state["error"]["detail"]
    full = client.post("/v1/jobs", content=picture)
    assert (full.status_code, full.json()["code"]) == (503, "jobs-full")


def test_what_is_no_picture_is_refused_before_a_job_is_made(client: TestClient) -> None:
    answer = client.post("/v1/jobs", content=b"no picture")
    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable")
    assert "not an image" in answer.json()["detail"]


def test_a_full_disk_is_named(client: TestClient, picture: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    save, pages_kept = JobStore.save, 0

    def save_some(store: JobStore, job: Job) -> None:
        if job.pages_done >= pages_kept:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(store, job)

    monkeypatch.setattr(JobStore, "save", save_some)
    answer = client.post("/v1/jobs", content=picture)
    assert (answer.status_code, answer.json()["code"]) == (507, "no-room")
    assert "No space left" in answer.json()["detail"]
    pages_kept = 1
    assert wait(client, start(client, picture), status="failed")["error"]["code"] == "no-room"


def test_what_keeps_a_server_from_starting_is_told_before_it_announces_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("geulnun.server.run.set_up_logs", lambda _: None)
    (tmp_path / "three.pdf").touch()
    with pytest.raises(OutputError, match="three.pdf"):
        run_server(Settings(port=0, jobs_folder=tmp_path / "three.pdf"))
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OutputError, match="cannot listen.*--port"):
        run_server(Settings(port=taken.getsockname()[1]))
    with pytest.raises(UsageError, match="log level 'loud'"):
        run_server(Settings(port=0), "loud")
    assert capsys.readouterr() == ("", "")
