"""The page in a real browser: Debian's Chromium, driven by Playwright; left out where either is missing."""

import base64
import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="the page is tested where Playwright is installed")

from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright

from geulnun.server.auth import ApiKey

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("the page is tested where Chromium is installed", allow_module_level=True)

TEXT = "느티나무 분식\n합계\t7,960"
MOST_DOWNLOADS = 10
"""Of one window: before the next Chromium asks, and nobody answers here."""
LOAD_AGAIN = """({ src }) => new Promise((resolve) => {
  const again = new Image();
  again.onload = again.onerror = ({ type }) => resolve(type);
  again.src = src;
})"""
"""What comes of loading an image's URL once more: "error" where it was revoked."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Function that opens an address in a window of its own; nothing may go wrong on the page."""
    contexts = []
    problems: list[str] = []

    def open_address(address: str, width: int = 1440, **choices: Any) -> Page:
        height = 740 if width < 700 else 900
        context = browser.new_context(
            viewport={"width": width, "height": height}, **{"locale": "ko-KR", "accept_downloads": True, **choices}
        )
        contexts.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("requestfailed", lambda request: problems.append(request.url) if address not in request.url else None)
        page.goto(address)
        return page

    yield open_address
    for context in contexts:
        context.close()
    assert not problems


def wait_until_read(page: Page) -> None:
    expect(page.locator("#save")).to_be_enabled(timeout=10_000)


def choose(page: Page, name: str, content: bytes) -> None:
    page.set_input_files("#files", {"name": name, "mimeType": "application/octet-stream", "buffer": content})
    wait_until_read(page)


def give(page: Page, event: str, content: bytes) -> None:
    """Drop or paste a picture, as browsers tell pages of it."""
    page.evaluate(
        """([name, encoded]) => {
          const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], "image.png", { type: "image/png" }));
          const options = { bubbles: true, cancelable: true };
          (document.activeElement ?? document.body).dispatchEvent(name === "paste"
            ? new ClipboardEvent(name, { ...options, clipboardData: data })
            : new DragEvent(name, { ...options, dataTransfer: data }));
        }""",
        [event, base64.b64encode(content).decode()],
    )


def find_word(page: Page, text: str) -> Locator:
    return page.locator("#text .word", has_text=text).first


def correct(word: Locator, text: str) -> None:
    """Type another text in a word's place."""
    word.click()
    word.page.get_by_role("dialog").get_by_role("textbox").fill(text)
    word.page.keyboard.press("Enter")


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_a_picture_is_dropped_and_pasted(
    live: Callable[..., str], open_page: Callable[..., Page], picture: bytes, event: str
) -> None:
    page = open_page(live())
    give(page, event, picture)
    wait_until_read(page)
    expect(find_word(page, "느티나무")).to_be_visible()
    expect(page.locator("#picture img")).to_have_js_property("naturalWidth", 300)
    expect(page.locator("#picture img")).to_have_js_property("draggable", False)
    expect(page.locator("#state")).to_have_text("다 읽었습니다")


def test_a_pdf_of_three_pages_scrolls_on_both_sides(
    live: Callable[..., str], open_page: Callable[..., Page], pdf: Callable[..., bytes]
) -> None:
    page = open_page(live(), 1000)
    choose(page, "세 쪽.pdf", pdf(3))
    expect(page.locator(".thumb img")).to_have_count(3)
    for image in page.locator(".thumb img").all():
        expect(image).to_have_js_property("naturalWidth", 300)
        assert image.evaluate(LOAD_AGAIN) == "error"
    expect(page.locator("#text .page")).to_have_count(3)
    page.locator(".thumb").nth(2).click()
    expect(page.locator('.thumb[aria-current="true"]')).to_have_attribute("data-number", "3")
    expect(page.locator('#text [data-page="3"] .word').first).to_be_in_viewport()
    page.reload()
    wait_until_read(page)
    expect(page.locator("#text .page")).to_have_count(3)
    page.locator(".file-head button").click()
    expect(page.locator("#welcome")).to_be_visible()


def test_a_word_is_corrected_by_alternative_and_by_typing_and_undone(
    live: Callable[..., str], open_page: Callable[..., Page], picture: bytes
) -> None:
    page = open_page(live())
    choose(page, "a.png", picture)
    find_word(page, "분식").click()
    window = page.get_by_role("dialog")
    expect(window.get_by_role("textbox")).to_have_js_property("spellcheck", False)
    expect(window.locator(".choice").nth(1)).to_have_text("본30%")
    expect(window.locator(".jamo")).to_contain_text("90 · 80 · 90%")
    window.locator(".choice").nth(1).click()
    page.keyboard.press("Enter")
    expect(find_word(page, "본식")).to_be_focused()
    expect(page.locator("#picture .word.corrected")).to_have_text("본식")
    page.reload()
    wait_until_read(page)
    find_word(page, "합계").click()
    page.keyboard.type("총계 ")
    page.keyboard.press("Enter")
    expect(find_word(page, "총계")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(find_word(page, "합계")).to_be_visible()
    expect(find_word(page, "본식")).to_be_visible()


def test_every_download_has_the_corrected_text(
    live: Callable[..., str], open_page: Callable[..., Page], picture: bytes
) -> None:
    address = live()

    def open_corrected() -> tuple[Page, Locator]:
        page = open_page(address)
        choose(page, "영수증.png", picture)
        correct(find_word(page, "분식"), "떡집")
        page.click("#save")
        choices = page.locator("#save-list button")
        expect(choices.first).to_be_visible()
        page.click("#save")
        return page, choices

    page, choices = open_corrected()
    saved = {}
    for index in range(choices.count()):
        if index and index % MOST_DOWNLOADS == 0:
            page, choices = open_corrected()
        page.click("#save")
        with page.expect_download() as waiting:
            choices.nth(index).click()
        saved[waiting.value.suggested_filename] = Path(waiting.value.path()).read_bytes()
    assert saved["영수증.txt"].decode() == "느티나무 떡집\n합계\t7,960\n"
    assert json.loads(saved["영수증.json"])["pages"][0]["lines"][0]["words"][1]["text"] == "떡집"
    labels = json.loads(saved["labels.jsonl"])
    assert (labels["image"], [word["text"] for word in labels["words"]]) == (
        "영수증.png",
        ["느티나무", "떡집", "합계", "7,960"],
    )
    assert ([word["line"] for word in labels["words"]], "page" in labels) == ([0, 0, 1, 2], False)
    assert all(saved.values())


def test_documents_and_corrections_are_kept_until_the_server_has_forgotten_them(
    live: Callable[..., str], open_page: Callable[..., Page], picture: bytes
) -> None:
    page = open_page(live())
    for name in ("a.png", "b.png"):
        choose(page, name, picture)
    correct(find_word(page, "합계"), "총계")
    first, second = json.loads(page.evaluate("localStorage['geulnun.jobs']"))
    answers: list[Callable[[Route], None]] = [
        lambda route: None,  # none yet
        lambda route: route.abort(),
        lambda route: route.fulfill(status=500, json={"detail": "the server failed."}),
    ]
    for answer in answers:
        page.route(f"**/v1/jobs/{second}", answer)
        page.reload()
        wait_until_read(page)
        assert json.loads(page.evaluate("localStorage['geulnun.jobs']")) == [first, second]
        page.unroute_all(behavior="ignoreErrors")
    expect(page.locator("#toast")).to_have_text("the server failed.")
    page.reload()
    expect(find_word(page, "총계")).to_be_visible()
    page.evaluate("(id) => fetch(`/v1/jobs/${id}`, { method: 'DELETE' })", second)
    page.reload()
    wait_until_read(page)
    page.wait_for_function("(id) => localStorage['geulnun.jobs'] === JSON.stringify([id])", arg=first)
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('corrections'))") == []


def test_labels_of_a_pdf_name_their_page(
    live: Callable[..., str], open_page: Callable[..., Page], pdf: Callable[..., bytes]
) -> None:
    page = open_page(live())
    choose(page, "두 쪽.pdf", pdf(2))
    page.locator(".thumb").nth(1).click()
    correct(page.locator("#text .page").nth(1).locator(".word").first, "소나무")
    page.click("#save")
    with page.expect_download() as waiting:
        page.locator("#save-list").get_by_text("labels.jsonl").click()
    labels = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert (labels["image"], labels["page"], labels["words"][0]["text"]) == ("두 쪽.pdf", 2, "소나무")


def test_two_tabs_keep_the_documents_and_corrections_of_each_other(
    live: Callable[..., str], open_page: Callable[..., Page], picture: bytes
) -> None:
    address = live()
    first = open_page(address)
    choose(first, "a.png", picture)
    second = first.context.new_page()
    second.goto(address)
    wait_until_read(second)
    for page, word, text in ((first, "합계", "총계"), (second, "느티나무", "소나무")):
        correct(find_word(page, word), text)
    choose(second, "b.png", picture)
    choose(first, "c.png", picture)
    first.reload()
    expect(first.locator(".file-head")).to_have_count(3)
    first.locator(".thumb").first.click()
    for text in ("총계", "소나무"):
        expect(find_word(first, text)).to_be_visible()


def test_a_server_that_has_gone_is_asked_again(
    live: Callable[..., str], open_page: Callable[..., Page], picture: bytes, reader: Any
) -> None:
    page = open_page(live())
    reader.gate.clear()
    page.route("**/events", lambda route: route.abort(), times=1)
    give(page, "drop", picture)
    expect(page.locator("#toast")).to_have_text("서버에 닿지 않습니다.")
    reader.gate.set()
    wait_until_read(page)


def test_text_is_pasted_into_a_field_though_a_picture_comes_with_it(
    live: Callable[..., str], open_page: Callable[..., Page], picture: bytes
) -> None:
    page = open_page(live())
    choose(page, "a.png", picture)
    find_word(page, "합계").click()
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_be_focused()
    give(page, "paste", picture)
    expect(page.locator(".file-head")).to_have_count(1)


def test_saving_sends_the_document_only_if_it_was_corrected(
    live: Callable[..., str], open_page: Callable[..., Page], picture: bytes
) -> None:
    page = open_page(live())
    choose(page, "a.png", picture)

    def save(suffix: str) -> tuple[Any, str]:
        page.click("#save")
        with page.expect_request("**/result?*") as asked, page.expect_download() as waiting:
            page.locator("#save-list").get_by_text(suffix, exact=True).click()
        return asked.value, Path(waiting.value.path()).read_text(encoding="utf-8")

    request, text = save(".txt")
    assert (request.method, text) == ("GET", "느티나무 분식\n합계\t7,960\n")
    correct(find_word(page, "합계"), "총계")
    request, text = save(".txt")
    assert (request.method, text) == ("POST", "느티나무 분식\n총계\t7,960\n")
    assert [each["number"] for each in json.loads(request.post_data)["pages"]] == [1]
    assert '"alternatives"' in save(".json")[1]


def test_copies_have_the_spaces_of_the_page(
    live: Callable[..., str], open_page: Callable[..., Page], pdf: Callable[..., bytes]
) -> None:
    page = open_page(live())
    choose(page, "a.pdf", pdf(2))
    page.click("#copy")
    expect(page.locator("#toast")).to_have_text("복사했습니다")
    assert page.evaluate("navigator.clipboard.readText()") == f"{TEXT}\n\n{TEXT}"
    for pane in ("#text", "#picture"):
        page.evaluate("(pane) => getSelection().selectAllChildren(document.querySelector(pane))", pane)
        page.keyboard.press("Control+c")
        assert page.evaluate("navigator.clipboard.readText()") == f"{TEXT}\n\n{TEXT}", pane
    page.evaluate(
        """() => {
          const [first, second] = document.querySelectorAll("#picture .word");
          getSelection().setBaseAndExtent(first.firstChild, 2, second.firstChild, 1);
        }"""
    )
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == "나무 분"


def test_all_of_it_by_keyboard(
    live: Callable[..., str], open_page: Callable[..., Page], picture: bytes, tmp_path: Path
) -> None:
    page = open_page(live())
    file = tmp_path / "a.png"
    file.write_bytes(picture)
    page.on("filechooser", lambda chooser: chooser.set_files(file))
    button = page.get_by_role("button", name="파일 고르기")
    for _ in range(20):
        page.keyboard.press("Tab")
        if button.evaluate("(each) => each === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    wait_until_read(page)
    page.keyboard.press("F8")
    expect(find_word(page, "분식")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")
    expect(find_word(page, "느티나무")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(find_word(page, "합계")).to_be_focused()
    page.keyboard.press("Enter")
    # An input method ends a syllable by Enter, which must not end the correction.
    field = page.get_by_role("dialog").get_by_role("textbox")
    field.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True})
    expect(field).to_be_focused()
    field.fill("총액")
    page.keyboard.press("Enter")
    expect(find_word(page, "총액")).to_be_focused()
    page.locator("#save").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#save-list button").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator("#save")).to_be_focused()


def test_a_drawn_character_is_read(live: Callable[..., str], open_page: Callable[..., Page]) -> None:
    page = open_page(live(), 768)
    page.get_by_role("tab", name="한 글자").click()
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 80, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 90, steps=3)
    page.mouse.up()
    expect(page.locator(".big")).to_have_text("글")
    expect(page.locator(".thirds h2")).to_have_text(["초성", "중성", "종성"])
    page.get_by_role("button", name="지우기").click()
    expect(page.locator(".big")).to_have_count(0)


def test_it_asks_for_a_key_once(live: Callable[..., str], open_page: Callable[..., Page], picture: bytes) -> None:
    page = open_page(live(keys=(ApiKey.of_secret("a", "0123456789abcdef"),)))
    give(page, "drop", picture)
    for key in ("열쇠", "\u200b0123456789abcdef"):
        page.locator("#key-value").fill(key)
        page.keyboard.press("Enter")
    wait_until_read(page)
    expect(page.locator("#picture img")).to_have_js_property("naturalWidth", 300)


def test_a_file_that_cannot_be_read_says_why(live: Callable[..., str], open_page: Callable[..., Page]) -> None:
    page = open_page(live())
    give(page, "drop", b"no picture")
    expect(page.locator("#text .problem")).to_contain_text("not an image")
    expect(page.locator("#state")).to_have_text("읽지 못했습니다")


def test_a_document_is_removed_while_a_page_of_it_is_on_its_way(
    live: Callable[..., str], open_page: Callable[..., Page], picture: bytes
) -> None:
    page = open_page(live())
    held: list[Route] = []
    page.route("**/pages/1", lambda route: held.append(route))
    with page.expect_request("**/pages/1"):
        give(page, "drop", picture)
    page.locator(".file-head button").click()
    expect(page.locator("#welcome")).to_be_visible()
    with page.expect_response("**/pages/1"):
        held[0].continue_()
    page.wait_for_timeout(100)  # an error would come now


def test_a_full_server_says_so(live: Callable[..., str], open_page: Callable[..., Page], picture: bytes) -> None:
    page = open_page(live(max_jobs=1))
    choose(page, "a.png", picture)
    give(page, "drop", picture)
    expect(page.locator("#text .problem")).to_contain_text("max_jobs")


def test_a_menu_that_cannot_be_filled_says_why(
    live: Callable[..., str], open_page: Callable[..., Page], picture: bytes
) -> None:
    page = open_page(live())
    choose(page, "a.png", picture)
    page.route("**/v1/info", lambda route: route.fulfill(status=500, json={"detail": "the server failed."}))
    page.click("#save")
    expect(page.locator("#toast")).to_have_text("저장하지 못했습니다: the server failed.")
    page.unroute_all()
    page.click("#save")
    expect(page.locator("#save-list button").first).to_be_visible()


@pytest.mark.skipif(importlib.util.find_spec("axe_playwright_python") is None, reason="axe is not installed")
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_axe_finds_nothing_and_targets_are_large(
    live: Callable[..., str], open_page: Callable[..., Page], pdf: Callable[..., bytes], width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(
        live(), width, color_scheme=scheme, locale="ko-KR" if scheme == "light" else "en-US", bypass_csp=True
    )
    check = Axe()
    states: list[Callable[[], None]] = [
        lambda: None,
        lambda: choose(page, "a.pdf", pdf(2)),
        lambda: find_word(page, "분식").click(),
        lambda: (page.keyboard.press("Escape"), page.click("#save"))[0],
        lambda: (page.keyboard.press("Escape"), page.click("#tab-characters"))[0],
    ]
    for step, reach in enumerate(states):
        reach()
        results = check.run(page)
        assert not results.response["violations"], (step, results.generate_report())
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, input, a")].filter((each) => each.checkVisibility())
              .map((each) => [each.id || each.className, each.getBoundingClientRect()])
              .filter(([, box]) => box.width < 43.5 || box.height < 43.5).map(([name]) => name)"""
        )
        assert not small, (step, small)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), step
