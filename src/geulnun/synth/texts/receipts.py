"""Receipts, card slips and kitchen orders: rows of cells whose labels are spaced out and whose numbers are masked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from geulnun.synth.texts.figures import draw_date, draw_time
from geulnun.synth.texts.identifiers import draw_account, draw_phone, draw_registration
from geulnun.synth.texts.names import draw_address, draw_person, draw_shop
from geulnun.synth.texts.random_choice import draw_between, draw_chance, draw_digits, draw_one, draw_several
from geulnun.synth.texts.vocabulary import DISHES, GOODS, split_words

Role = Literal["title", "plain", "centre", "head", "item", "total", "pair", "rule", "code"]

_TITLES = split_words("""
영_수_증 [영수증] [판매영수증] 신용카드매출전표 RECEIPT 거래명세서 주문서 [현금영수증(소득공제)] [신용구매] [매출전표]
<고객용> 신용승인 [주_문_표] [배달_영수증] 현금영수증(지출증빙) 카드매출전표_[고객용] [포장] 대기번호_안내
""")
_ENDS = split_words("""
감사합니다 고객용 CUSTOMER_COPY ***_감사합니다_*** 부가세_면세물품입니다 포인트_적립_안내 또_오세요! 서명_생략
교환/환불은_7일_이내_영수증_지참 *_표시는_면세품목입니다 ※_정상상품에_한함 -_골프_관련_비용 -_상품권_구입
(개봉시_교환_환불_불가) ☎_고객센터_1588-0000 [고객_보관용] 전자서명전표 무서명거래_5만원_이하 반품/교환_불가
--_이하_여백_-- =_이용해_주셔서_감사합니다_= ★적립_이벤트_진행중★ 승인_정상_처리 환불:_30일_이내(영수증,_카드_지참)
""")
_HEADS = (
    ("상품명", "단가", "수량", "금액"),
    ("품 명", "단 가", "수 량", "금 액"),
    ("메 뉴 명", "수량", "금 액"),
    ("메뉴", "수량", "금액"),
    ("품목", "단가", "수량", "금액"),
    ("ITEM", "QTY", "AMT"),
)
_TOTALS = split_words("합계 합_계 총액 합계금액 받을금액 결제금액 총결제금액 판매합계 총_합_계 승인금액 매출합계")
_TAXES = (("과세물품가액", "부가세"), ("공급가액", "부가세"), ("과세금액", "부가세액"), ("과세합계", "VAT"))
_DISCOUNTS = split_words("포인트할인 쿠폰할인 판촉/팝_할인 통신사할인 배달비할인 할인금액 에누리 회원할인 *멤버십할인")
_CARDS = split_words(
    "국민카드 비씨카드 신한카드 삼성카드 현대카드 체크카드(비씨) 하나카드 농협NH카드 롯데카드 카카오뱅크"
)
_BANDS = ("일시불", "일시불", "일시불", "00", "02개월", "3개월")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row.

    Attributes:
        role: what it is; a rule has no cells.
        cells: from left to right, one text each.
        wide: how often its letters are as wide as the others', 1 or 2.
        tall: how often they are as high, 1 or 2.
    """

    role: Role
    cells: tuple[str, ...] = ()
    wide: int = 1
    tall: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How one till writes.

    Attributes:
        spaced: whether labels are spread letter by letter to one width.
        colon: what follows a label.
        won: before and after an amount in totals.
        mask: what stands for hidden digits.
        taxed: what marks items without tax, before their names.
    """

    spaced: bool
    colon: str
    won: tuple[str, str]
    mask: str
    taxed: str


def draw_habit(rng: np.random.Generator) -> Habit:
    """The habits of one till."""
    return Habit(
        spaced=draw_chance(rng, 0.5),
        colon=draw_one(rng, (":", ":", "", " :", "")),
        won=draw_one(rng, (("", ""), ("", ""), ("₩", ""), ("", "원"))),
        mask=draw_one(rng, ("*", "*", "*", "X", "#")),
        taxed=draw_one(rng, ("*", "*", "#", "", "", "◆", "-")),
    )


def draw_receipt(rng: np.random.Generator) -> list[Row]:
    """A receipt from its title to its last remark; items, discounts, tax and totals add up."""
    habit = draw_habit(rng)
    head = draw_one(rng, _HEADS)
    rows = [*_draw_shop(rng, habit), Row(role="rule"), Row(role="head", cells=head), Row(role="rule")]
    items, total = _draw_items(rng, habit, len(head))
    rows += [*items, Row(role="rule"), *_draw_totals(rng, habit, total)]
    if draw_chance(rng, 0.75):
        rows += [Row(role="rule"), *_draw_payment(rng, habit, total)]
    rows.append(Row(role="rule"))
    rows += [
        Row(role="centre" if draw_chance(rng, 0.5) else "plain", cells=(text,))
        for text in draw_several(rng, _ENDS, draw_between(rng, 1, 4))
    ]
    if draw_chance(rng, 0.35):
        rows.append(Row(role="code", cells=(draw_spaced_code(rng),)))
    return rows


def draw_label(habit: Habit, label: str) -> str:
    """A label as the till writes it: spread letter by letter if it does so, with its colon."""
    spread = habit.spaced and len(label) <= 6 and label.isalpha() and " " not in label
    return (" ".join(label) if spread else label) + habit.colon


def draw_masked_card(rng: np.random.Generator, mask: str = "*") -> str:
    """A card's number with its middle or its end hidden."""
    first, last = draw_digits(rng, 4), draw_digits(rng, 4)
    hidden = mask * 4
    forms = (
        f"{first}-{draw_digits(rng, 2)}{mask * 2}-{hidden}-{last}",
        f"{first}-{hidden}-{hidden}-{last}",
        f"{first}{draw_digits(rng, 2)}{mask * 8}",
        f"{first}{draw_digits(rng, 4)}{mask * 8}",
        f"{first}-{draw_digits(rng, 4)}-{hidden}-{draw_digits(rng, 3)}{mask}",
        f"{first}{draw_digits(rng, 2)}{mask * 6}{last}",
    )
    text = draw_one(rng, forms)
    return f"{text} {mask * 2}/{mask * 2}" if draw_chance(rng, 0.12) else text


def draw_masked(rng: np.random.Generator) -> str:
    """A masked number, name or telephone."""
    person = draw_person(rng).split(" ")[0][:3]
    return draw_one(
        rng,
        (
            draw_masked_card(rng),
            f"010-{'*' * 4}-{draw_digits(rng, 4)}",
            f"010{'*' * 4}{draw_digits(rng, 4)}",
            f"{person[:1]}*{person[2:] or '호'}",
            f"{person[:1]}**님",
            f"{draw_digits(rng, 6)}-{draw_digits(rng, 1)}{'*' * 6}",
            f"{'*' * 5} {draw_digits(rng, 8)}-{draw_digits(rng, 2)}-{draw_digits(rng, 4)} {'*' * 5}",
            f"{'*' * 6}[순번 : {draw_between(rng, 1, 999)}]{'*' * 6}",
            f"{draw_digits(rng, 3)}-**-{draw_digits(rng, 5)}",
        ),
    )


def draw_spaced_code(rng: np.random.Generator) -> str:
    """The digits below a bar code, spaced as often as not."""
    digits = draw_digits(rng, draw_one(rng, (8, 13, 13, 16)))
    return draw_one(rng, (digits, " ".join(digits), f"{digits[0]} {digits[1:7]} {digits[7:]}", f"*{digits}*"))


def draw_receipt_row(rng: np.random.Generator) -> str:
    """One row of a receipt as a line of text, its cells parted by spaces."""
    if draw_chance(rng, 0.25):
        return draw_masked(rng)
    rows = [row for row in draw_receipt(rng) if row.cells]
    return " ".join(filter(None, draw_one(rng, rows).cells))


def _draw_shop(rng: np.random.Generator, habit: Habit) -> list[Row]:
    """Title, shop, registration, address, telephone, date and number, of which few are missing."""
    size = draw_one(rng, ((1, 1), (2, 1), (1, 2), (2, 2), (1, 2)))
    rows = [Row(role="title", cells=(draw_one(rng, _TITLES),), wide=size[0], tall=size[1])]
    rows.append(Row(role="title" if draw_chance(rng, 0.3) else "plain", cells=(draw_shop(rng),)))

    def pair(label: str, value: str) -> Row:
        shown = draw_label(habit, label)
        joined = draw_chance(rng, 0.6)
        return Row(role="plain", cells=(f"{shown} {value}",)) if joined else Row(role="pair", cells=(shown, value))

    facts = [
        pair("사업자번호", draw_registration(rng)),
        pair("대표자", draw_person(rng)),
        Row(role="plain", cells=(draw_address(rng),)),
        pair("전화", draw_phone(rng)),
        Row(role="pair", cells=(f"{draw_date(rng)} {draw_time(rng)}", f"No.{draw_digits(rng, 4)}")),
        Row(role="plain", cells=(f"[POS {draw_digits(rng, 5)}] 담당:{draw_masked(rng)}",)),
        Row(role="plain", cells=(f"[테이블] {draw_between(rng, 1, 40)}번 [주문번호] {draw_digits(rng, 4)}",)),
        Row(role="plain", cells=(f"{draw_digits(rng, 8)}-{draw_digits(rng, 2)}-{draw_digits(rng, 4)}",)),
    ]
    kept = [row for row in facts if draw_chance(rng, 0.6)]
    return rows + kept


def _draw_items(rng: np.random.Generator, habit: Habit, columns: int) -> tuple[list[Row], int]:
    """Rows of items and what they come to."""
    rows, total = [], 0
    goods = DISHES if draw_chance(rng, 0.5) else GOODS
    numbered, coded, single = draw_chance(rng, 0.25), draw_chance(rng, 0.2), draw_chance(rng, 0.12)
    tall = 2 if draw_chance(rng, 0.08) else 1
    unit = "개" if draw_chance(rng, 0.1) else ""
    for number, name in enumerate(draw_several(rng, goods, draw_between(rng, 2, 12)), start=1):
        price, count = draw_between(rng, 3, 400) * draw_one(rng, (100, 100, 10, 50)), draw_one(rng, (1, 1, 1, 2, 3, 9))
        total += price * count
        shown = _name_item(rng, habit, name)
        shown = f"{number:03d} {shown}" if numbered else shown
        figures = (f"{count}{unit}", f"{price * count:,}")
        cells = (f"{price:,}", *figures) if columns == 4 else figures
        if coded or single:
            first = Row(role="plain", cells=(shown,), tall=tall)
            code = draw_digits(rng, 13) if coded else ""
            rows += [first, Row(role="item", cells=(code, *cells), tall=tall)]
        else:
            rows.append(Row(role="item", cells=(shown, *cells), tall=tall))
        if draw_chance(rng, 0.08):
            option = draw_one(rng, ("+ ", "→ ", "▶", "- ", "+"))
            rows.append(Row(role="plain", cells=(f"{option}{draw_one(rng, goods)} 추가".strip(),)))
        if draw_chance(rng, 0.1):
            off = min(price, draw_between(rng, 1, 30) * 100)
            total -= off
            rows.append(Row(role="pair", cells=(draw_one(rng, _DISCOUNTS), f"-{off:,}")))
    return rows, total


def _name_item(rng: np.random.Generator, habit: Habit, name: str) -> str:
    """An item's name as tills have it: marked, sized, cut."""
    name = name.replace(" ", "") if draw_chance(rng, 0.7) else name
    if draw_chance(rng, 0.2):
        name += draw_one(
            rng, ("(대)", "(소)", "500ml", "1.5L", "(포장)", "2인분", "100g", "(1+1)", "2000", "(오리지널)")
        )
    if draw_chance(rng, 0.1):
        name = f"({draw_between(rng, 1, 3)}.{draw_between(rng, 0, 9)}인){name}"
    return habit.taxed + name if draw_chance(rng, 0.4) else name


def _draw_totals(rng: np.random.Generator, habit: Habit, total: int) -> list[Row]:
    before, after = habit.won
    tax = round(total / 11)
    net, added = draw_one(rng, _TAXES)
    rows = [
        Row(role="pair", cells=(draw_label(habit, net), f"{total - tax:,}")),
        Row(role="pair", cells=(draw_label(habit, added), f"{tax:,}")),
    ]
    rows = rows if draw_chance(rng, 0.8) else []
    wide, tall = draw_one(rng, ((1, 1), (2, 1), (1, 2), (2, 2), (2, 1), (1, 1)))
    label = draw_label(habit, draw_one(rng, _TOTALS))
    rows.append(Row(role="total", cells=(label, f"{before}{total:,}{after}"), wide=wide, tall=tall))
    if draw_chance(rng, 0.3):
        rows.append(Row(role="pair", cells=("합계수량/금액", f"{draw_between(rng, 1, 20)} {total:,}")))
    return rows


def _draw_payment(rng: np.random.Generator, habit: Habit, total: int) -> list[Row]:
    if draw_chance(rng, 0.3):
        paid = (total // 10000 + 1) * 10000
        cash = (("받은금액", f"{paid:,}"), ("거스름돈", f"{paid - total:,}"))
        return [Row(role="pair", cells=(draw_label(habit, label), value)) for label, value in cash]
    facts = [
        ("카드종류", draw_one(rng, _CARDS)),
        ("카드번호", draw_masked_card(rng, habit.mask) if draw_chance(rng, 0.8) else draw_account(rng)),
        ("할부개월", draw_one(rng, _BANDS)),
        ("승인번호", draw_digits(rng, 8)),
        ("승인일시", f"{draw_date(rng)} {draw_time(rng)}"),
        ("판매금액", f"{total:,}"),
        ("가맹점번호", draw_digits(rng, 9)),
        ("고객명", draw_masked(rng)),
        ("가용포인트", f"{draw_between(rng, 0, 99999):,}"),
        ("식별정보", f"010{draw_digits(rng, 3)}{'*' * 4}"),
    ]
    kept = [fact for fact in facts if draw_chance(rng, 0.6)] or facts[:3]
    return [Row(role="pair", cells=(draw_label(habit, label), value)) for label, value in kept]


def _draw_some_label(rng: np.random.Generator) -> str:
    """A label alone, spread or not, with its colon: values stand far enough away to be lines of their own."""
    pairs = [row.cells[0] for row in draw_receipt(rng) if row.role in ("pair", "total")]
    return draw_one(rng, pairs)


RECEIPT_GENERATORS: dict[str, Callable[[np.random.Generator], str]] = {
    "receipt_row": draw_receipt_row,
    "masked": draw_masked,
    "receipt_label": _draw_some_label,
}
