"""Texts with a structure, which page kinds lay out: forms, tables, menus, signs."""

from collections.abc import Callable

import numpy as np

from geulnun.synth.texts.figures import (
    draw_count,
    draw_date,
    draw_measure,
    draw_number,
    draw_percent,
    draw_price,
    draw_range,
    draw_time,
)
from geulnun.synth.texts.headings import draw_notice, draw_spaced_heading, draw_title_words
from geulnun.synth.texts.identifiers import draw_account, draw_email, draw_phone, draw_registration, draw_url
from geulnun.synth.texts.latin import draw_code, draw_english, draw_english_word
from geulnun.synth.texts.names import draw_address, draw_affiliation, draw_company, draw_person, draw_place, draw_shop
from geulnun.synth.texts.random_choice import draw_between, draw_chance, draw_one, draw_several
from geulnun.synth.texts.sentences import draw_phrase, draw_sentence
from geulnun.synth.texts.vocabulary import DISHES, GOODS, IDEAS, OFFICIAL, OFFICIAL_ACTS, THINGS, split_words

Draw = Callable[[np.random.Generator], str]


def _draw_choice(rng: np.random.Generator) -> str:
    options = draw_one(
        rng, (("남", "여"), ("예", "아니오"), ("신규", "변경", "해지"), ("기혼", "미혼"), ("동의함", "동의하지 않음"))
    )
    chosen = int(rng.random() * len(options))
    marks = draw_one(rng, ("□■", "○●", "□✓", "☆★"))
    return " ".join(f"{marks[i == chosen]} {option}" for i, option in enumerate(options))


def _draw_good(rng: np.random.Generator) -> str:
    return draw_one(rng, GOODS)


def _draw_idea(rng: np.random.Generator) -> str:
    return draw_one(rng, IDEAS)


def _draw_enclosure(rng: np.random.Generator) -> str:
    return f"{draw_one(rng, OFFICIAL)} {draw_one(rng, OFFICIAL_ACTS)} {draw_between(rng, 1, 3)}부"


def _draw_grouped(rng: np.random.Generator) -> str:
    return f"{draw_count(rng, 7):,}"


def _draw_decimal(rng: np.random.Generator) -> str:
    return f"{rng.random() * 100:.{draw_between(rng, 1, 2)}f}"


def _draw_remark(rng: np.random.Generator) -> str:
    return draw_one(rng, ("", "-", "○", "해당없음", "신규", "※", "별첨", ""))


def _draw_mark(rng: np.random.Generator) -> str:
    return draw_one(rng, "○×✓-◎△●")


def _name_columns(rows: tuple[tuple[Draw, str], ...]) -> dict[str, Draw]:
    return {label: draw for draw, labels in rows for label in split_words(labels)}


FORM_FIELDS = _name_columns(
    (
        (draw_person, "성명 이름 신청인 대표자 보호자 예금주 수령인 작성자 확인자"),
        (draw_affiliation, "담당자 직위 담당부서 소속/직위"),
        (draw_company, "상호 법인명(단체명) 회사명 소속 기관명 제조원 판매원"),
        (draw_registration, "등록번호 주민등록번호 사업자등록번호 법인등록번호 차량번호"),
        (draw_address, "주소 사업장_소재지 본점_소재지 등록기준지 배송지"),
        (draw_phone, "전화번호 연락처 휴대전화 팩스 전화"),
        (draw_email, "전자우편 이메일 E-mail"),
        (draw_url, "홈페이지"),
        (draw_account, "계좌번호 은행명 카드번호"),
        (draw_date, "신청일 발급일자 개업연월일 생년월일 작성일 유효기간 시행일"),
        (draw_range, "기간 대상 범위"),
        (draw_code, "접수번호 문서번호 관리번호 모델명 시리얼번호"),
        (draw_price, "금액 합계 보증금 월세 수수료 공급가액 세액 합계금액"),
        (draw_measure, "수량 면적 규격 크기 용량"),
        (draw_phrase, "용도 사유 목적 내용"),
        (draw_title_words, "업태 종목 제목 사업의_종류 건명"),
        (_draw_choice, "성별 구분 동의_여부 신청_구분"),
        (draw_sentence, "비고 특이사항 의견"),
        (draw_place, "학교명 출생지 관할"),
        (draw_percent, "비율 지분율"),
        (draw_time, "시간 이용시간"),
        (_draw_good, "품명 품목"),
        (_draw_idea, "과목 분야"),
        (_draw_enclosure, "첨부서류 붙임"),
    )
)
_TABLE_COLUMNS = _name_columns(
    (
        (_draw_idea, "구분 분야 과목"),
        (draw_phrase, "내용 주요내용 세부사항"),
        (draw_title_words, "항목 사업명"),
        (draw_person, "이름 성명 담당자"),
        (_draw_good, "품목 상품명"),
        (draw_company, "기관 업체명"),
        (draw_place, "지역 장소"),
        (draw_date, "일자 기한"),
        (draw_time, "시간"),
        (_draw_grouped, "수량 단가 합계 인원(명) 건수"),
        (draw_price, "금액 예산"),
        (_draw_decimal, "비율(%) 평균 점수 증감률"),
        (draw_number, "증감 차이"),
        (draw_measure, "규격 크기"),
        (draw_range, "범위 기준"),
        (draw_code, "코드 모델"),
        (draw_phone, "연락처"),
        (_draw_remark, "비고"),
        (_draw_mark, "여부 적용"),
        (draw_english_word, "영문명 약어"),
    )
)
_MENU_HEADS = split_words("""
식사류 안주류 주류 음료 찌개 구이 면류 탕 세트메뉴 점심특선 계절메뉴 사이드 디저트 커피 COFFEE MENU 추천메뉴
오늘의_메뉴 코스요리 분식 튀김
""")


def draw_form_fields(rng: np.random.Generator, count: int | None = None) -> list[tuple[str, str]]:
    """Fields of a form as (label, value); labels are spaced out (성 명) as often as not in a form, values may be ""."""
    spaced = draw_chance(rng, 0.45)
    fields = []
    for label in draw_several(rng, tuple(FORM_FIELDS), count or draw_between(rng, 4, 14)):
        value = FORM_FIELDS[label](rng) if draw_chance(rng, 0.9) else ""
        shown = " ".join(label) if spaced and len(label) <= 5 and " " not in label and label.isalpha() else label
        fields.append((shown, value))
    return fields


def draw_table(rng: np.random.Generator, rows: int, cols: int) -> list[list[str]]:
    """A table with a row of headings, `rows` x `cols` cells; cells of a column are of one sort, few are empty."""
    headers = draw_several(rng, tuple(_TABLE_COLUMNS), cols)
    headers += [draw_one(rng, tuple(_TABLE_COLUMNS)) for _ in range(cols - len(headers))]
    numbered = cols > 2 and draw_chance(rng, 0.4)
    table = [["번호" if numbered and column == 0 else header for column, header in enumerate(headers)]]
    for number in range(1, rows):
        cells = ["" if draw_chance(rng, 0.03) else _TABLE_COLUMNS[header](rng) for header in headers]
        if numbered:
            cells[0] = str(number)
        table.append(cells)
    return table[:rows]


def draw_figure_table(rng: np.random.Generator, rows: int, cols: int) -> list[list[str]]:
    """A table of figures: years or units across, names down, `rows` x `cols` cells."""
    first = draw_between(rng, 1990, 2030)
    unit = draw_one(rng, ("{}년", "{}", "{}년도", "'{}"))
    table = [
        [
            draw_one(rng, ("구분", "구 분", "(단위: 천원)", "지역", "항목")),
            *(unit.format(first + i) for i in range(cols - 1)),
        ]
    ]
    digits = draw_between(rng, 2, 7)
    for _ in range(rows - 1):
        name = draw_one(rng, (draw_place(rng), draw_one(rng, IDEAS), draw_one(rng, OFFICIAL), "합계", "소계"))
        table.append([name, *(_draw_cell(rng, digits) for _ in range(cols - 1))])
    return table


def _draw_cell(rng: np.random.Generator, digits: int) -> str:
    u = rng.random()
    if u < 0.75:
        return f"{draw_count(rng, digits):,}"
    return draw_number(rng) if u < 0.9 else draw_one(rng, ("-", "0", "0.0", "△12", "..."))


def draw_menu(rng: np.random.Generator) -> list[tuple[str, str]]:
    """Lines of a menu as (dish, price); a heading or a remark has the price ""."""
    lines = [(draw_one(rng, (draw_shop(rng), "메 뉴", "MENU", "차림표", "메뉴판")), "")]
    form = draw_one(rng, ("{:,}", "{:,}원", "₩{:,}", "{:,} 원", "{:.1f}"))
    for _ in range(draw_between(rng, 1, 3)):
        lines.append((draw_one(rng, _MENU_HEADS), ""))
        for dish in draw_several(rng, DISHES, draw_between(rng, 2, 7)):
            won = draw_between(rng, 15, 500) * 100
            name = dish + draw_one(rng, ("", "", "", "(2인)", " (소)", " (대)", " 1인분", "(Hot/Ice)", " NEW"))
            lines.append((name, form.format(won / 1000 if ".1f" in form else won)))
            if draw_chance(rng, 0.12):
                lines.append((draw_english(rng) if draw_chance(rng, 0.5) else draw_phrase(rng), ""))
    if draw_chance(rng, 0.5):
        lines.append((f"※ {draw_sentence(rng)}", ""))
    return lines


def draw_sign(rng: np.random.Generator) -> list[str]:
    """The lines of a shop's sign, a placard, a road sign or a notice, the biggest first."""
    u = rng.random()
    if u < 0.45:
        lines = [draw_shop(rng)]
        extras = [
            draw_phone(rng),
            draw_english_word(rng),
            draw_one(rng, THINGS),
            draw_notice(rng),
            draw_one(rng, DISHES),
        ]
        return lines + draw_several(rng, extras, draw_between(rng, 0, 3))
    if u < 0.7:
        return [draw_notice(rng), *(draw_sentence(rng) for _ in range(draw_between(rng, 0, 2)))]
    if u < 0.85:
        return [draw_place(rng), f"{draw_english_word(rng)}-ro", draw_measure(rng)][: draw_between(rng, 1, 3)]
    return [draw_title_words(rng), f"{draw_date(rng)} {draw_time(rng)}", draw_place(rng), draw_company(rng)]


def draw_item_price(rng: np.random.Generator) -> str:
    """One line of a receipt or menu: 김치찌개 2 16,000, 아메리카노 ... 4,500원."""
    name = draw_one(rng, DISHES if draw_chance(rng, 0.5) else GOODS)
    price, count = draw_between(rng, 5, 500) * 100, draw_between(rng, 1, 9)
    return draw_one(
        rng,
        (
            f"{name} {count} {price * count:,}",
            f"{name} {price:,} {count} {price * count:,}",
            f"{name} {price:,}",
            f"{name} {price:,}원",
            f"{name} ... {price / 1000:.1f}",
            f"{name} x{count}",
            f"{name}({count}인) {price:,}",
            f"합계 {price * count:,}원",
        ),
    )


def draw_form_line(rng: np.random.Generator) -> str:
    """A label with its value on one line: 성 명 : 홍길동, 사업자등록번호 123-45-67890."""
    label, value = draw_form_fields(rng, 1)[0]
    return f"{label}{draw_one(rng, (' : ', ': ', ' ', ' '))}{value}".strip()


LAYOUT_GENERATORS: dict[str, Draw] = {
    "item_price": draw_item_price,
    "form_line": draw_form_line,
    "document_title": draw_spaced_heading,
}
