"""Draws the sample pictures of `demo/pictures` and what stands on them, with the project's own page tools.

Run it with `.venv/bin/python demo/make_pictures.py` after `scripts/materials` has fetched the fonts. Only families that
the bundled weights were not trained on are used, all under the SIL Open Font License; everything else is drawn.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from geulnun.core.page import Page
from geulnun.synth.materials.fonts import Face, FontLibrary
from geulnun.synth.materials.texture import Color, draw_bokeh, draw_bricks, draw_wood
from geulnun.synth.pages.canvas import Box, Canvas
from geulnun.synth.pages.distort import Skew, Tilt, apply_skew, apply_tilt
from geulnun.synth.pages.elements.marks import write_barcode, write_square_code
from geulnun.synth.pages.elements.widgets import write_avatar
from geulnun.synth.pages.flow import Column, write_paragraph
from geulnun.synth.pages.paper import Copying, apply_copying
from geulnun.synth.pages.style import Shadow, Style, wrap_text
from geulnun.synth.pages.truth import Drawing, build_page

HERE = Path(__file__).resolve().parent
PICTURES = HERE / "pictures"
MATERIALS = HERE.parent / "materials"
INK: Color = (28, 28, 32)

NOTICE = (
    "안녕하십니까? 느티나무마을도서관에서는 여름 방학을 맞아 초등학생을 위한 독서 교실을 엽니다. 책을 함께 읽고 "
    "이야기를 나누며 생각을 넓히는 자리이니, 관심 있는 가정에서는 아래 내용을 살펴보시고 기한 안에 신청해 주시기 "
    "바랍니다.",
    "올해는 옛이야기와 과학책을 번갈아 읽습니다. 마지막 날에는 어린이들이 직접 만든 책을 전시하고, 가장 많이 읽은 "
    "모둠에는 작은 선물도 드립니다.",
)
NOTICE_ITEMS = (
    "1. 기간: 2026. 7. 27.(월)~8. 7.(금), 매일 10:00~12:00",
    "2. 장소: 도서관 2층 햇살방(승강기 있음)",
    "3. 대상: 초등학교 3~6학년 24명(선착순)",
    "4. 참가비: 무료. 다만 간식비 ₩10,000은 따로 받습니다.",
)
NOTICE_TABLE = (
    ("날짜", "읽을 책", "활동"),
    ("7월 27일", "해와 달이 된 오누이", "그림자극 꾸미기"),
    ("7월 30일", "별은 왜 반짝일까?", "별자리판 만들기"),
    ("8월 3일", "흙 속의 작은 세상", "텃밭 관찰(25℃ 이하일 때)"),
    ("8월 7일", "내가 만든 책", "전시와 낭독회"),
)
RECEIPT = (
    ("떡볶이", "1", "4,500"),
    ("참치김밥", "2", "8,000"),
    ("어묵꼬치", "3", "3,000"),
    ("식혜(500㎖)", "1", "2,500"),
)
RECEIPT_SUMS = (("공급가액", "16,364"), ("부가세", "1,636"), ("합계", "18,000"), ("신용카드", "18,000"))
CERTIFICATE = (
    ("성 명", "한가람", "생년월일", "1990년 3월 5일"),
    ("소 속", "연구개발부", "직 위", "선임연구원"),
    ("입 사 일", "2017년 9월 1일", "재직기간", "8년 10개월"),
    ("용 도", "금융기관 제출용", "발급번호", "제2026-0713호"),
)
CHAT = (
    ("하늘", "내일 몇 시에 만날까?", "오후 8:41"),
    ("", "2시 30분 어때? 시청역 5번 출구 앞에서 보자!", "오후 8:43"),
    ("하늘", "좋아 ㅋㅋ 비 온다니까 우산 꼭 챙겨 와. 저번처럼 흠뻑 젖지 말고~", "오후 8:44"),
    ("", "표는 내가 예매할게. 한 사람에 12,000원이야.", "오후 8:46"),
    ("하늘", "고마워! 저녁은 내가 살게. 칼국수 먹을래, 떡볶이 먹을래?", "오후 8:47"),
    ("", "둘 다 ^^", "오후 8:47"),
)


class Types:
    """Faces by family and weight out of those never trained on."""

    def __init__(self, materials: Path) -> None:
        self.fonts = FontLibrary.read(materials).split("validation")

    def face(self, family: str, weight: str = "400") -> Face:
        """The face of a family in one weight."""
        return next(face for face in self.fonts.faces if (face.family, face.style) == (family, weight))

    def style(self, family: str, size_px: float, color: Color = INK, weight: str = "400") -> Style:
        """A plain style in that face."""
        return Style(face=self.face(family, weight), size_px=size_px, color=color)

    def canvas(self, image: np.ndarray, rng: np.random.Generator) -> Canvas:
        """A canvas over an image."""
        return Canvas(image, self.fonts, rng)


def draw_notice(types: Types, rng: np.random.Generator) -> Drawing:
    """A library's notice, printed and scanned a little crookedly."""
    canvas = types.canvas(np.full((1400, 1000, 3), 252, np.uint8), rng)
    body, head = types.style("Hahmlet", 23), types.style("Hahmlet", 42, weight="600")
    canvas.write("여름 독서 교실 안내", 500, 110, head, align="center")
    canvas.rule(110, 190, 890, 190, INK, 2)
    column = Column(canvas=canvas, left=110, width=780, y=230, bottom=1300)
    for text in NOTICE:
        write_paragraph(column, text, body, leading=1.7, align="justify", indent_px=23)
        column.skip(14)
    column.skip(12)
    for item in NOTICE_ITEMS:
        write_paragraph(column, item, body, leading=1.7)
    column.skip(24)
    _write_table(canvas, types.style("IBM Plex Sans KR", 20), column.y, (110, 270, 560, 890))
    column.y += 54 * len(NOTICE_TABLE) + 26
    write_paragraph(column, "※ 신청: 7월 15일까지 전화(02-0000-0148) 또는 누리집 www.neuti.example", body)
    canvas.write("2026년 6월 22일", 500, column.y + 50, body, align="center")
    canvas.write("느티나무마을도서관장", 500, column.y + 104, types.style("Song Myung", 34), align="center")
    drawing = apply_skew(canvas.finish(), Skew(angle_deg=0.7), (250, 250, 250))
    copying = Copying(shade=(16, 0.8), specks=40, grain=5, gray=True, folds=((0.5, False, 22),), seed=3)
    return replace(drawing, image=apply_copying(drawing.image, copying))


def _write_table(canvas: Canvas, style: Style, top: float, edges: tuple[int, ...]) -> None:
    """The notice's table: a shaded head, rules, cells in the middle of their columns."""
    height = 54
    canvas.fill(Box(left=edges[0], top=top, right=edges[-1], bottom=top + height), (225, 225, 225))
    for number, row in enumerate(NOTICE_TABLE):
        y = top + number * height
        canvas.rule(edges[0], y, edges[-1], y, INK)
        for text, left, right in zip(row, edges, edges[1:], strict=False):
            canvas.write(text, (left + right) / 2, y + (height - style.height_px) / 2, style, align="center")
    bottom = top + height * len(NOTICE_TABLE)
    canvas.rule(edges[0], bottom, edges[-1], bottom, INK)
    for x in edges:
        canvas.rule(x, top, x, bottom, INK)


def draw_receipt(types: Types, rng: np.random.Generator) -> Drawing:
    """A till's receipt, photographed on a table."""
    table = draw_wood(rng, 1200, 960)
    canvas = types.canvas(np.full((900, 560, 3), 250, np.uint8), rng)
    body = types.style("D2Coding", 26, (60, 60, 70), "Regular")
    canvas.write("느티나무 분식", 280, 50, types.style("D2Coding", 46, (50, 50, 60), "Bold"), align="center")
    y = 130.0
    for text in ("사업자번호 000-12-34567", "대표 정다운 ☎ 031-000-4321", "2026-07-13 12:38:05"):
        canvas.write(text, 40, y, body)
        y += 40
    canvas.rule(40, y + 6, 520, y + 6, body.color, 2, dash_px=6)
    y = _write_rows(canvas, body, (("품명", "수량", "금액"), *RECEIPT), y + 22)
    canvas.rule(40, y + 6, 520, y + 6, body.color, 2, dash_px=6)
    y = _write_rows(canvas, body, RECEIPT_SUMS, y + 22)
    canvas.write("승인번호 30271846 (일시불)", 40, y, body)
    canvas.write("맛있게 드셨나요? 또 오세요!", 280, y + 62, body, align="center")
    write_barcode(canvas, Box(left=110, top=y + 120, right=450, bottom=y + 185), (40, 40, 50))
    corners = ((0.17, 0.05), (0.80, 0.09), (0.86, 0.95), (0.10, 0.91))
    seen = apply_tilt(canvas.finish(), Tilt(corners=corners), table)
    copying = Copying(shade=(34, 0.9), grain=6, folds=((0.56, False, 30),), seed=5)
    return replace(seen, image=apply_copying(seen.image, copying))


def _write_rows(canvas: Canvas, style: Style, rows: tuple[tuple[str, ...], ...], y: float) -> float:
    """Rows of a receipt, the last column flush right; the y below them."""
    for row in rows:
        canvas.write(row[0], 40, y, style)
        if len(row) == 3:
            canvas.write(row[1], 370, y, style, align="right", join=True)
        canvas.write(row[-1], 520, y, style, align="right", join=True)
        y += 42
    return y


def draw_certificate(types: Types, rng: np.random.Generator) -> Drawing:
    """A certificate with a spaced heading, a ruled table and a seal over the name."""
    canvas = types.canvas(np.full((1300, 940, 3), (250, 248, 240), np.uint8), rng)
    canvas.outline(Box(left=40, top=40, right=900, bottom=1260), (70, 90, 70), 4)
    canvas.write("재 직 증 명 서", 470, 140, types.style("Song Myung", 64), align="center")
    label, value = types.style("IBM Plex Sans KR", 24, weight="500"), types.style("IBM Plex Sans KR", 24)
    edges = (90, 230, 490, 620, 850)
    for number, row in enumerate(CERTIFICATE):
        y = 310 + number * 80
        for column, text in enumerate(row):
            box = Box(left=edges[column], top=y, right=edges[column + 1], bottom=y + 80)
            style = label if column % 2 == 0 else value
            if column % 2 == 0:
                canvas.fill(box, (226, 232, 222))
            canvas.outline(box, (90, 90, 90))
            canvas.write(text, (box.left + box.right) / 2, y + (80 - style.height_px) / 2, style, align="center")
    body = types.style("Hahmlet", 30)
    canvas.write("위 사람은 우리 회사에 재직하고 있음을 증명합니다.", 470, 730, body, align="center")
    canvas.write("2026년 7월 13일", 470, 880, body, align="center")
    canvas.write("주식회사 글눈누리", 440, 1010, types.style("Song Myung", 46), align="center")
    canvas.write("대표이사 윤슬기 (인)", 470, 1090, body, align="center")
    canvas.disc(612, 1106, 46, (214, 52, 44), 4)
    write_square_code(canvas, 740, 1110, 110, INK)
    copying = Copying(bleed=0.06, shade=(10, 0.7), specks=12, grain=3, seed=7)
    drawing = apply_skew(canvas.finish(), Skew(angle_deg=-0.4), (250, 248, 240))
    return replace(drawing, image=apply_copying(drawing.image, copying))


def draw_phone(types: Types, rng: np.random.Generator) -> Drawing:
    """A chat on a phone in dark colours."""
    canvas = types.canvas(np.full((1280, 720, 3), (24, 26, 32), np.uint8), rng)
    light, faint = (240, 240, 240), (150, 152, 160)
    small, body = types.style("IBM Plex Sans KR", 21, faint), types.style("IBM Plex Sans KR", 29, light)
    canvas.write("8:52", 40, 18, types.style("IBM Plex Sans KR", 24, light, "500"))
    canvas.write("LTE 76%", 680, 18, types.style("IBM Plex Sans KR", 24, light), align="right")
    canvas.write("하늘이랑 영화 보기", 360, 78, types.style("IBM Plex Sans KR", 34, light, "700"), align="center")
    canvas.rule(0, 146, 720, 146, (60, 62, 70))
    y = 180.0
    for sender, text, time in CHAT:
        lines = wrap_text(text, body, 400, types.fonts)
        width = max(canvas.measure(line, body) for line in lines) + 44
        left = 112.0 if sender else 690 - width
        if sender:
            write_avatar(canvas, 24, y, 68, (150, 200, 220), (255, 255, 255))
            y = canvas.write(sender, left, y, small).bottom + 10
        bubble = Box(left=left, top=y, right=left + width, bottom=y + 42 * len(lines) + 24)
        canvas.fill(bubble, (58, 62, 72) if sender else (60, 110, 200), radius_px=22)
        for number, line in enumerate(lines):
            canvas.write(line, left + 22, y + 14 + 42 * number, body)
        at, align = (bubble.right + 10, "left") if sender else (bubble.left - 10, "right")
        canvas.write(time, at, bubble.bottom - small.height_px, small, align=align)
        y = bubble.bottom + 28
    return canvas.finish()


def draw_still(types: Types, rng: np.random.Generator) -> Drawing:
    """A film still with outlined subtitles and a channel's name."""
    canvas = types.canvas((draw_bokeh(rng, 720, 1280) * 0.8).astype(np.uint8), rng)
    title = replace(types.style("Gugi", 34, (255, 255, 255)), opacity=0.85, shadow=Shadow(shift_px=(2, 2)))
    canvas.write("글눈 극장", 50, 36, title)
    canvas.write("제3화 첫눈 오는 날", 1230, 36, title, align="right")
    spoken = replace(types.style("IBM Plex Sans KR", 50, (255, 255, 255), "700"), outline=((10, 10, 10), 4))
    canvas.write("우리가 처음 만난 곳, 기억나?", 640, 540, spoken, align="center")
    canvas.write("그날은 눈이 참 많이 왔었지.", 640, 608, spoken.colored((255, 232, 120)), align="center")
    return canvas.finish()


def draw_signs(types: Types, rng: np.random.Generator) -> Drawing:
    """Shop signs on a brick wall, each seen at an angle, one of them vertical."""
    scene = Drawing(image=(draw_bricks(rng, 900, 1200) * 0.75).astype(np.uint8))
    boards: tuple[tuple[Callable[[], Drawing], tuple[tuple[float, float], ...]], ...] = (
        (lambda: _draw_pharmacy(types, rng), ((0.05, 0.10), (0.60, 0.05), (0.60, 0.29), (0.05, 0.36))),
        (lambda: _draw_coffee(types, rng), ((0.10, 0.50), (0.60, 0.44), (0.61, 0.78), (0.09, 0.88))),
        (lambda: _draw_hairdresser(types, rng), ((0.74, 0.08), (0.88, 0.10), (0.87, 0.88), (0.73, 0.90))),
    )
    for draw_board, corners in boards:
        seen = apply_tilt(draw_board(), Tilt(corners=corners), scene.image)
        scene = Drawing(image=seen.image, lines=scene.lines + seen.lines)
    return replace(scene, image=apply_copying(scene.image, Copying(shade=(24, 0.8), grain=6, seed=11)))


def _draw_pharmacy(types: Types, rng: np.random.Generator) -> Drawing:
    canvas = types.canvas(np.full((240, 680, 3), (24, 128, 84), np.uint8), rng)
    canvas.write("행복한약국", 340, 40, types.style("Black Han Sans", 118, (255, 255, 255)), align="center")
    service = types.style("IBM Plex Sans KR", 36, (240, 250, 240))
    canvas.write("처방전 · 한약 · 건강상담", 340, 176, service, align="center")
    return canvas.finish()


def _draw_coffee(types: Types, rng: np.random.Generator) -> Drawing:
    canvas = types.canvas(np.full((330, 620, 3), (246, 232, 206), np.uint8), rng)
    brown = (92, 58, 36)
    canvas.write("커피 볶는 집", 310, 40, types.style("Gaegu", 106, brown, "700"), align="center")
    canvas.write("아메리카노 3,500원", 310, 178, types.style("Hahmlet", 42, brown), align="center")
    canvas.write("매일 07:30~22:00", 310, 246, types.style("Hahmlet", 42, brown), align="center")
    return canvas.finish()


def _draw_hairdresser(types: Types, rng: np.random.Generator) -> Drawing:
    canvas = types.canvas(np.full((700, 170, 3), (180, 40, 60), np.uint8), rng)
    canvas.write_vertical("단골미용실", 85, 40, types.style("Black Han Sans", 112, (255, 255, 255)))
    return canvas.finish()


# Picture, its kind, what draws it, and the seed of its noise.
SAMPLES: tuple[tuple[str, str, Callable[[Types, np.random.Generator], Drawing], int], ...] = (
    ("notice.jpg", "document", draw_notice, 1),
    ("certificate.jpg", "form", draw_certificate, 2),
    ("receipt.jpg", "receipt", draw_receipt, 29),
    ("phone.png", "screen", draw_phone, 4),
    ("still.jpg", "caption", draw_still, 12),
    ("signs.jpg", "scene", draw_signs, 83),
)


def build_label(name: str, kind: str, page: Page) -> dict[str, object]:
    """One line of `labels.jsonl`: the words of a picture with their corners, and its text line by line."""
    words = [
        {"quad": [[round(x, 1), round(y, 1)] for x, y in word.quad.points], "text": word.text} for word in page.words
    ]
    return {"image": name, "kind": kind, "words": words, "text": page.text}


def main() -> None:
    """Write every picture and the labels."""
    types = Types(MATERIALS)
    PICTURES.mkdir(exist_ok=True)
    labels = []
    for name, kind, draw, seed in SAMPLES:
        drawing = draw(types, np.random.default_rng(seed))
        picture = Image.fromarray(drawing.image)
        if name.endswith(".jpg"):
            picture.save(PICTURES / name, quality=88)
        else:
            picture.save(PICTURES / name, optimize=True)
        labels.append(json.dumps(build_label(name, kind, build_page(drawing)), ensure_ascii=False))
        print(f"{PICTURES.name}/{name}: {drawing.image.shape[1]} x {drawing.image.shape[0]} px")
    (PICTURES / "labels.jsonl").write_text("\n".join(labels) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
