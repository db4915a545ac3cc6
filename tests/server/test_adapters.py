"""Clients of other programs, as their documentation has them call: they change their URL and nothing else."""

import base64
import json
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from geulnun.core.page import Block, Page
from geulnun.server.auth import ApiKey
from geulnun.server.monitoring.logs import LOGGER

SECRET = "0123456789abcdef0123"


@pytest.fixture
def encoded(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


def make_message(**more: Any) -> dict[str, Any]:
    """The `message` of the CLOVA guide's examples."""
    image = {"format": "png", "name": "demo", **more.pop("image", {})}
    return {"version": "V2", "requestId": "b9c8-11", "timestamp": 0, "lang": "ko", "images": [image], **more}


def test_clova_as_java_and_python_clients_send_a_form(serve: Callable[..., TestClient], picture: bytes) -> None:
    client = serve(keys=(ApiKey.of_secret("a", SECRET),))
    answer = client.post(
        "/custom/v1/1234/6d2f/general",
        headers={"X-OCR-SECRET": SECRET},
        data={"message": json.dumps(make_message(enableTableDetection="false")).encode()},
        files=[("file", ("처방전.png", picture))],
    )
    assert answer.status_code == 200, answer.text
    (image,) = answer.json()["images"]
    assert image["inferResult"] == "SUCCESS"
    assert image["convertedImageInfo"] == {"width": 300, "height": 100, "pageIndex": 0, "longImage": False}
    # What these clients do with it, word for word.
    text = "".join(field["inferText"] + ("\n" if field["lineBreak"] else " ") for field in image["fields"])
    assert text == "느티나무 분식\n합계 7,960\n"
    first = image["fields"][0]
    assert (first["valueType"], first["type"], len(first["boundingPoly"]["vertices"])) == ("ALL", "NORMAL", 4)
    # Java casts these to Double: 0 would be an Integer.
    numbers = [value for point in first["boundingPoly"]["vertices"] for value in point.values()]
    assert all(isinstance(value, float) for value in [*numbers, first["inferConfidence"]])


def test_clova_with_base64_in_json(client: TestClient, encoded: str) -> None:
    message = make_message(image={"data": encoded, "url": None}, resultType="string")
    answer = client.post("/general", json=message, headers={"X-OCR-SECRET": "any"})
    assert [field["inferText"] for field in answer.json()["images"][0]["fields"]][:2] == ["느티나무", "분식"]
    old = client.post("/infer", json=message | {"version": "V1"}).json()["images"][0]["fields"][1]
    assert old["bounding"] == {"top": 10.0, "left": 110.0, "width": 50.0, "height": 30.0}


def test_clova_gives_an_image_for_each_page_and_tables_where_asked(
    client: TestClient, pdf: Callable[..., bytes]
) -> None:
    message = make_message(enableTableDetection=True)
    answer = client.post("/general", data={"message": json.dumps(message)}, files={"file": ("a.pdf", pdf(2))}).json()
    assert [image["convertedImageInfo"]["pageIndex"] for image in answer["images"]] == [0, 1]
    assert [image["tables"] for image in answer["images"]] == [[], []]


def test_clova_tells_cells_with_their_lines_and_words(
    client: TestClient, encoded: str, page: Page, reader: Any
) -> None:
    cells = tuple(replace(cell, column_span=1 + cell.column) for cell in page.blocks[1].cells)
    table = replace(page.blocks[1], kind="table", cells=cells)
    reader.iter_pages = lambda *_: iter([Page(width_px=300, height_px=100, blocks=(table,))])
    message = make_message(image={"data": encoded}, enableTableDetection=True)
    (told,) = client.post("/general", json=message).json()["images"][0]["tables"]
    spans = [
        tuple(cell[f"{name}{part}"] for name in ("row", "column") for part in ("Index", "Span"))
        for cell in told["cells"]
    ]
    assert spans == [(0, 1, 0, 1), (0, 1, 1, 2)]
    words = [
        word["inferText"] for cell in told["cells"] for line in cell["cellTextLines"] for word in line["cellWords"]
    ]
    assert (words, told["inferConfidence"]) == (["합계", "7,960"], 0.9)


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        (make_message(version="V9", image={"data": "eA=="}), 400, "0021"),
        (make_message(images=[{"name": "a"}, {"name": "b"}]), 400, "0023"),
        (make_message(image={"url": "http://169.254.169.254/"}), 400, "0011"),
        (make_message(image={"data": "%%%"}), 400, "0011"),
        (make_message(image={"data": "eA=="}), 400, "0011"),
        ({"images": "x"}, 400, "0011"),
    ],
)
def test_clova_has_its_own_errors(client: TestClient, message: dict[str, Any], status: int, code: str) -> None:
    answer = client.post("/v1/x/general", json=message)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"code", "message", "path", "traceId", "timestamp"}


def test_clova_wrong_secret_and_full_queue(serve: Callable[..., TestClient], encoded: str) -> None:
    client = serve(keys=(ApiKey.of_secret("a", SECRET),))
    message = make_message(image={"data": encoded})
    wrong = client.post("/general", json=message, headers={"X-OCR-SECRET": "wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "0002")
    client.app.state.services.limiter.places = 0  # type: ignore[attr-defined]
    full = client.post("/general", json=message, headers={"X-OCR-SECRET": SECRET})
    assert (full.status_code, full.json()["code"]) == (400, "0025")
    assert "retry-after" in full.headers


def test_google_vision(serve: Callable[..., TestClient], encoded: str) -> None:
    client = serve(keys=(ApiKey.of_secret("a", SECRET),))
    wanted = {"features": [{"type": "DOCUMENT_TEXT_DETECTION"}], "imageContext": {"languageHints": ["ko"]}}
    requests = [
        {"image": {"content": encoded}, **wanted},
        {"image": {"source": {"imageUri": "http://localhost/a"}}, **wanted},
    ]
    answer = client.post(f"/v1/images:annotate?key={SECRET}", json={"requests": requests})
    read, refused = answer.json()["responses"]
    assert read["textAnnotations"][0]["description"] == "느티나무 분식\n합계\t7,960"
    assert [each["description"] for each in read["textAnnotations"][1:]] == ["느티나무", "분식", "합계", "7,960"]
    assert read["textAnnotations"][1]["boundingPoly"]["vertices"][0] == {"y": 10}, "a 0 is left out"
    (page,) = read["fullTextAnnotation"]["pages"]
    words = page["blocks"][0]["paragraphs"][0]["words"]
    breaks = [word["symbols"][-1]["property"]["detectedBreak"]["type"] for word in words]
    assert breaks == ["SPACE", "EOL_SURE_SPACE"]
    assert refused["error"]["code"] == 3
    none = client.post(f"/v1/images:annotate?key={SECRET}", json={"requests": []})
    assert (none.status_code, none.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    missing = client.post("/v1/images:annotate", json={"requests": requests})
    assert (missing.status_code, missing.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


def test_google_counts_all_pictures_and_refuses_wrong_features_one_by_one(
    client: TestClient, encoded: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", LOGGER)
    requests = [
        {"image": {"content": encoded}, "features": features}
        for features in ([{"type": "TEXT_DETECTION"}], 5, [{"type": "TEXT_DETECTION"}])
    ]
    answer = client.post("/v1/images:annotate", json={"requests": requests})
    assert answer.status_code == 200
    assert "features name nothing; send a list" in answer.json()["responses"][1]["error"]["message"]
    assert [record.facts["pages"] for record in caplog.records if hasattr(record, "facts")] == [2]


def test_google_answers_nothing_for_a_picture_without_text(client: TestClient, encoded: str, reader: Any) -> None:
    reader.iter_pages = lambda *_: iter([Page(width_px=10, height_px=10)])
    request = {"image": {"content": encoded}, "features": [{"type": "TEXT_DETECTION"}]}
    assert client.post("/v1/images:annotate", json={"requests": [request]}).json() == {"responses": [{}]}


def poll(client: TestClient, place: str, status: str) -> dict[str, Any]:
    """The result at `place` once it has this status."""
    deadline = time.monotonic() + 5
    while (state := client.get(place).json())["status"] != status and time.monotonic() < deadline:
        time.sleep(0.01)
    return state


def test_azure_read_as_its_sdk_polls_it(client: TestClient, encoded: str) -> None:
    started = client.post(
        "/documentintelligence/documentModels/prebuilt-read:analyze?api-version=2024-11-30&output=pdf",
        json={"base64Source": encoded},
        headers={"Ocp-Apim-Subscription-Key": "any"},
    )
    assert (started.status_code, started.content) == (202, b"")
    place = started.headers["operation-location"]
    assert place.startswith("http://localhost/documentintelligence/documentModels/prebuilt-read/analyzeResults/")
    result = poll(client, place, "succeeded")["analyzeResult"]
    words = [word for page in result["pages"] for word in page["words"]]
    for word in words:
        start = word["span"]["offset"]
        assert result["content"][start : start + word["span"]["length"]] == word["content"]
    assert result["content"] == "느티나무 분식\n합계\n7,960"
    assert len(words[0]["polygon"]) == 8
    assert client.get(place.replace("?", "/pdf?")).content.startswith(b"%PDF")
    unknown = client.post("/documentintelligence/documentModels/prebuilt-invoice:analyze", content=b"x")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "NotFound")


def test_azure_counts_in_the_units_that_were_asked_for_with_the_document(
    client: TestClient, pdf: Callable[..., bytes], reader: Any, page: Page
) -> None:
    (heading, *_) = page.lines
    smiling = replace(heading, words=(replace(heading.words[0], text="😀"), heading.words[1]))
    block = Block.of_lines("paragraph", [smiling, heading])
    empty = Page(width_px=10, height_px=10, number=3)
    written = [replace(page, number=number, blocks=(block,), lines=block.lines) for number in (1, 2)]
    reader.iter_pages = lambda *_: iter([*written, empty])
    query = "api-version=2024-11-30&stringIndexType=utf16CodeUnit"
    place = client.post(f"/documentintelligence/documentModels/prebuilt-read:analyze?{query}", content=pdf(3)).headers[
        "operation-location"
    ]
    assert place.endswith(query)
    result = poll(client, place, "succeeded")["analyzeResult"]
    content = result["content"].encode("utf-16-le")
    for page in result["pages"]:
        for part in (*page["words"], *page["lines"]):
            span = part.get("span") or part["spans"][0]
            assert content[2 * span["offset"] :][: 2 * span["length"]].decode("utf-16-le") == part["content"]
    spans = [page["spans"][0] for page in result["pages"]]
    assert spans[:2] == [{"offset": 0, "length": 13}, {"offset": 14, "length": 13}]
    assert spans[2] == {"offset": 27, "length": 0}  # within the content


def test_azure_tells_why_a_document_was_not_read(client: TestClient, picture: bytes) -> None:
    analyze = "/documentintelligence/documentModels/prebuilt-read:analyze"
    elsewhere = client.post(analyze, json={"urlSource": "http://localhost/a.png"})
    assert (elsewhere.status_code, elsewhere.json()["error"]["innererror"]["code"]) == (400, "no-url")
    refused = client.post(analyze, content=b"no picture")
    assert (refused.status_code, refused.json()["error"]["innererror"]["code"]) == (422, "unreadable")
    assert "not an image" in refused.json()["error"]["message"]
    place = client.post(analyze, content=picture[: len(picture) // 2]).headers["operation-location"]
    assert "cut short" in poll(client, place, "failed")["error"]["message"]
    assert client.get(place.replace("?", "/pdf?")).status_code == 404


def test_liteparse(client: TestClient, picture: bytes) -> None:
    answer = client.post("/ocr", files={"file": ("page.png", picture)}, data={"language": "ko"})
    first = answer.json()["results"][0]
    assert first == {
        "text": "느티나무 분식",
        "bbox": [0.0, 10.0, 160.0, 40.0],
        "confidence": 0.9,
        "polygon": [[0, 10], [160, 10], [160, 40], [0, 40]],
    }
    assert set(client.post("/ocr", data={"language": "ko"}).json()) == {"error"}


def test_open_ocr_engine(serve: Callable[..., TestClient], encoded: str) -> None:
    client = serve(keys=(ApiKey.of_secret("a", SECRET),))
    request = {"key": SECRET, "id": "1", "data_type": "image", "image": f"data:image/png;base64,{encoded}"}
    answer = client.post("/ocr", json=request).json()
    assert answer["text"] == ["느티나무", "분식", "합계", "7,960"]
    assert answer["coord"][1] == [110, 10, 160, 40]
    assert answer["time"] >= 0
    assert client.post("/ocr", json=request | {"key": "wrong"}).status_code == 401
    assert client.post("/ocr", json=request | {"key": ""}, headers={"X-API-Key": SECRET}).status_code == 200


def test_a_client_whose_key_is_not_known_yet_takes_no_place(
    live: Callable[..., str], picture: bytes, encoded: str
) -> None:
    address = live(keys=(ApiKey.of_secret("a", SECRET),), pages_at_once=1, queue=0)
    host, port = address.removeprefix("http://").split(":")
    head = b"POST /ocr HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection((host, int(port)))).sendall(head)
        time.sleep(0.2)
        answer = httpx2.post(f"{address}/v1/read", content=picture, headers={"X-API-Key": SECRET})
        assert answer.status_code == 200
        assert httpx2.post(f"{address}/ocr", json={"image": encoded}, headers={"X-API-Key": SECRET}).status_code == 200


@pytest.mark.parametrize("charset", ["punycode", "undefined"])
def test_forms_in_an_odd_encoding_are_refused(client: TestClient, charset: str) -> None:
    headers = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
    body = '--x\r\nContent-Disposition: form-data; name="message"\r\n\r\n가\r\n--x--\r\n'.encode()
    assert client.post("/general", content=body, headers=headers).status_code == 400


def test_what_goes_back_to_the_client_may_be_any_text(client: TestClient, encoded: str) -> None:
    message = json.dumps(make_message(image={"data": encoded}, requestId="a\ud800"))
    answer = client.post("/general", content=message, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["requestId"]) == (200, "a?")
    form = {"Content-Type": "multipart/form-data; boundary=x; charset=unicode_escape"}
    parts = (b'name="a\\ud800"\r\n\r\n1', b'name="file"; filename="a.png"\r\n\r\n1')
    body = b"".join(b"--x\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--x--\r\n"
    assert client.post("/v1/read", content=body, headers=form).status_code == 400
    for version, seen in (("%ED%95%9C", "%ED%95%9C"), ("a%0d%0ab", "a%0D%0Ab")):
        place = f"/documentintelligence/documentModels/prebuilt-read:analyze?api-version={version}"
        answer = client.post(place, json={"base64Source": encoded})
        assert answer.status_code == 202 and answer.headers["operation-location"].endswith(f"api-version={seen}")


def test_open_webui(client: TestClient, pdf: Callable[..., bytes]) -> None:
    headers = {"Content-Type": "application/pdf", "X-Filename": "%EA%B0%80.pdf", "Authorization": "Bearer any"}
    first, second = client.put("/process", content=pdf(2), headers=headers).json()
    assert first["page_content"] == "느티나무 분식\n합계\t7,960"
    assert second["metadata"] == {"source": "가.pdf", "page": 2, "total_pages": 2}
    empty = client.put("/process", content=b"", headers=headers)
    assert (empty.status_code, "the body is empty" in empty.json()["detail"]) == (400, True)


def test_umi_ocr(client: TestClient, encoded: str, reader: Any) -> None:
    assert "data.format" in client.get("/api/ocr/get_options").json()
    answer = client.post("/api/ocr", json={"base64": encoded}).json()
    assert answer["code"] == 100
    assert answer["data"][0]["box"] == [[0, 10], [160, 10], [160, 40], [0, 40]]
    text = client.post("/api/ocr", json={"base64": encoded, "options": {"data.format": "text"}}).json()
    assert text["data"] == "느티나무 분식\n합계\t7,960"
    reader.iter_pages = lambda *_: iter([Page(width_px=10, height_px=10)])
    assert client.post("/api/ocr", json={"base64": encoded}).json()["code"] == 101
    assert client.post("/api/ocr", json={"base64": ""}).json()["code"] == 902
