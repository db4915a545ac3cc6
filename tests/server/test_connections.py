"""What needs a real socket: clients that go away, bodies that do not come, a server that is told to stop."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

TIMEOUT_S = 10


def connect(address: str) -> socket.socket:
    host, port = address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=TIMEOUT_S)


def ask(address: str, path: str, body: bytes | None = None, method: str = "POST") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=TIMEOUT_S)
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer.status, answer.read()


def send_head(connection: socket.socket, length: int) -> None:
    connection.sendall(f"POST /v1/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode())


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_client_that_goes_away_stops_its_reading(
    live: Callable[..., str], pdf: Callable[..., bytes], picture: bytes, reader: Any
) -> None:
    address, body = live(), pdf(40)
    reader.page_s = 0.05
    with connect(address) as connection:
        send_head(connection, len(body))
        connection.sendall(body)
        wait_for(lambda: len(reader.read) >= 2)
    wait_for(lambda: b"geulnun_requests_inside 0.0" in ask(address, "/metrics", method="GET")[1])
    time.sleep(0.3)  # the page that is being read ends
    count = len(reader.read)
    assert count < 40
    time.sleep(0.3)
    assert len(reader.read) == count, "nothing more is read"
    assert ask(address, "/v1/read", picture)[0] == 200


def test_a_body_that_does_not_come_is_given_up(live: Callable[..., str]) -> None:
    with connect(live(body_timeout_s=0.2)) as connection:
        send_head(connection, 1000)
        connection.sendall(b"half")
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 408")


def test_a_body_is_refused_by_its_announced_length(live: Callable[..., str]) -> None:
    with connect(live(max_body_mb=0.01)) as connection:
        send_head(connection, 10_001)
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")


def test_told_to_stop_it_ends_streams_at_once(live: Callable[..., str], picture: bytes, reader: Any) -> None:
    address = live()
    reader.gate.clear()
    job = json.loads(ask(address, "/v1/jobs", picture)[1])["id"]
    with connect(address) as connection:
        connection.sendall(f"GET /v1/jobs/{job}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        stream = connection.makefile("rb")
        for line in stream:
            if b'"status":"running"' in line:
                break
        live.server.handle_exit(15, None)  # type: ignore[attr-defined]
        connection.settimeout(2)
        assert b"event:" not in stream.read(), "a restarted server goes on"


def test_told_to_stop_it_finishes_what_runs(live: Callable[..., str], pdf: Callable[..., bytes], reader: Any) -> None:
    address = live()
    reader.page_s = 0.1
    answers: list[tuple[int, bytes]] = []
    thread = threading.Thread(target=lambda: answers.append(ask(address, "/v1/read", pdf(4))))
    thread.start()
    wait_for(lambda: len(reader.read) >= 1)
    with connect(address) as held:
        live.server.handle_exit(15, None)  # type: ignore[attr-defined]
        held.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        stopping = held.recv(4096)
    thread.join()
    ((status, body),) = answers
    assert (status, len(json.loads(body)["pages"])) == (200, 4)
    # Either it still answers that it stops, or it has closed the connection, which had asked for nothing before.
    assert not stopping or b" 503 " in stopping
