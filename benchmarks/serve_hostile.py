"""Requests that mean no good: cut short, damaged, far too large once opened, of wrong kinds, with tricks in names."""

import base64
import contextlib
import json
import random
import socket
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

PLACES = ("/v1/read", "/v1/jobs", "/v1/characters", "/ocr", "/general")
JSON_PLACES = (
    "/general",
    "/v1/images:annotate",
    "/api/ocr",
    "/ocr",
    "/documentintelligence/documentModels/prebuilt-read:analyze",
)
ABANDONED = b"\r\n\r\nabc"
"""How requests end that promise a longer body; the client hangs up on them."""

NAMES = (
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/dev/zero",
    "a\x00.png",
    "CON.png",
    "x" * 5000 + ".png",
    "\u202egnp.exe",
    "$(reboot).png",
    "'; DROP TABLE pages; --.png",
    "%2e%2e%2f%2e%2e%2fa.png",
)


def make_attack(rng: random.Random, pictures: list[Path], key: str) -> tuple[str, bytes]:
    """The name of a trick, and the bytes of a whole request that plays it."""
    kind = rng.choice(sorted(ATTACKS))
    return kind, ATTACKS[kind](rng, rng.choice(pictures).read_bytes(), key)


def send_raw(port: int, request: bytes) -> int:
    """The status of the answer; 0 if the server takes no connection, or closes it without one."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            with contextlib.suppress(OSError):  # it may answer before it has read everything
                connection.sendall(request)
                if request.endswith(ABANDONED):
                    return 0
            answer = connection.recv(4096)
    except OSError:
        return 0
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0


def build(path: str, body: bytes, key: str, content_type: str = "application/octet-stream", more: bytes = b"") -> bytes:
    """A request with a body."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nContent-Type: {content_type}\r\n"
    return head.encode() + more + f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def cut_short(rng: random.Random, picture: bytes, key: str) -> bytes:
    """A picture without its end."""
    return build(rng.choice(PLACES[:3]), picture[: rng.randrange(1, len(picture))], key)


def damage(rng: random.Random, picture: bytes, key: str) -> bytes:
    """A picture with wrong bytes."""
    body = bytearray(picture[:60_000])
    for _ in range(rng.randrange(1, 40)):
        body[rng.randrange(len(body))] = rng.randrange(256)
    return build(rng.choice(PLACES[:3]), bytes(body), key)


def blow_up(rng: random.Random, picture: bytes, key: str) -> bytes:
    """A small PNG that opens to many pixels, or says that it does."""
    side = rng.choice((9_000, 20_000, 60_000, 2**31 - 1))
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    data = zlib.compress(bytes(1_000_000), 9)
    chunks = [(b"IHDR", header), *[(b"IDAT", data)] * 20, (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(part)) + name + part + struct.pack(">I", zlib.crc32(name + part)) for name, part in chunks
    ]
    return build(rng.choice(PLACES[:3]), b"\x89PNG\r\n\x1a\n" + b"".join(parts), key)


def blow_up_pdf(rng: random.Random, picture: bytes, key: str) -> bytes:
    """A PDF with a page of kilometres, or with pages without end."""
    kids = b"2 0 R " * rng.choice((1, 100_000))
    side = str(rng.choice((10, 14_400, 10**9))).encode()
    body = (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids["
        + kids
        + b"]/Count 99999999/MediaBox[0 0 "
        + side
        + b" "
        + side
        + b"]>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF"
    )
    return build(rng.choice(PLACES[:2]), body, key)


def lie_about_kind(rng: random.Random, picture: bytes, key: str) -> bytes:
    """Something else than a picture."""
    bodies = (b"", b"PK\x03\x04" + bytes(99), b"MZ" + bytes(200), b"<svg onload=alert(1)>", b"\x00" * 5000, b"%PDF-1.7")
    return build(
        rng.choice(PLACES), rng.choice((*bodies, rng.randbytes(3000))), key, rng.choice(("image/png", "text/html", ""))
    )


def trick_names(rng: random.Random, picture: bytes, key: str) -> bytes:
    """A form whose file has a name to be afraid of."""
    name = rng.choice(NAMES).encode("utf-8", "surrogatepass")
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n\r\n'
    return build(
        rng.choice(PLACES[:4]), head + picture[:2000] + b"\r\n--b--\r\n", key, "multipart/form-data; boundary=b"
    )


def break_form(rng: random.Random, picture: bytes, key: str) -> bytes:
    """A form that is none, or has very many parts."""
    part = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'
    body = rng.choice(
        (part * 5000, b"--b\r\n", part[:30], b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n', b"")
    )
    return build(rng.choice(PLACES), body, key, rng.choice(("multipart/form-data; boundary=b", "multipart/form-data")))


def break_json(rng: random.Random, picture: bytes, key: str) -> bytes:
    """JSON that is deep, large, of wrong kinds or none."""
    encoded = base64.b64encode(rng.randbytes(500)).decode()
    values = (
        "[" * 100_000,
        "{" * 5000,
        "null",
        '{"images": [{"data": 1}]}',
        json.dumps(
            {"images": [{"data": encoded, "name": NAMES[0]}], "version": "V2", "base64": encoded, "image": encoded}
        ),
        json.dumps({"requests": [{"image": {"content": encoded}, "features": [{"type": "TEXT_DETECTION"}]}] * 17}),
        json.dumps({"image": "data:image/png;base64," + "A" * 100_000, "base64Source": "%%", "base64": {}}),
        json.dumps({"urlSource": "http://169.254.169.254/", "images": [{"url": "file:///etc/passwd"}]}),
        '{"base64": 1e999999}',
        "\ud800",
    )
    body = rng.choice(values).encode("utf-8", "surrogatepass")
    return build(rng.choice(JSON_PLACES), body, key, "application/json")


def break_headers(rng: random.Random, picture: bytes, key: str) -> bytes:
    """Headers that are huge, many, or lie about the body."""
    more = rng.choice((b"X-Large: " + b"a" * 100_000 + b"\r\n", b"X-A: b\r\n" * 2000, b"X-Not-Text: \xff\r\n"))
    if rng.random() < 0.3:
        lie = rng.choice((b"99999999999999999999", b"-1", b"abc", b"60000000", b"1\r\nTransfer-Encoding: chunked"))
        return (
            f"POST /v1/read HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nContent-Length: ".encode()
            + lie
            + ABANDONED
        )
    return build(rng.choice(PLACES), picture[:500], key, more=more)


def trick_paths(rng: random.Random, picture: bytes, key: str) -> bytes:
    """Paths that lead elsewhere, and options that are none."""
    paths = (
        "/page/../../../../etc/passwd",
        "/page/%2e%2e/%2e%2e/settings.py",
        "/v1/jobs/../../etc/result",
        "/v1/jobs/%00/pages/1/image",
        "/v1/read?pages=" + "1," * 3000 + "1",
        "/v1/read?pages=1-999999999&dpi=1e308",
        "/v1/read?dpi=nan&format=../../a",
        "/v1/read?alternatives=-1&orientation=45",
        "/v1/characters?top=99999999",
    )
    return build(rng.choice(paths), picture[:500], key)


ATTACKS: dict[str, Callable[[random.Random, bytes, str], bytes]] = {
    "cut short": cut_short,
    "damaged": damage,
    "pixel bomb": blow_up,
    "PDF bomb": blow_up_pdf,
    "wrong kind": lie_about_kind,
    "file name": trick_names,
    "form": break_form,
    "JSON": break_json,
    "headers": break_headers,
    "path": trick_paths,
}
