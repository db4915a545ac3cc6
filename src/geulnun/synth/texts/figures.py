"""Numbers as Korean documents write them: amounts, dates, times, shares, measures, ranges, formulas."""

from collections.abc import Callable

import numpy as np

from geulnun.synth.texts.random_choice import draw_between, draw_chance, draw_digits, draw_one
from geulnun.synth.texts.vocabulary import COUNTERS, THINGS, split_words

# Square metres are by far the commonest in documents; what comes before a unit says little of it.
_UNITS = split_words("""
㎡ ㎡ ㎡ ㎡ ㎡ ㎡ ㎡ ㎡ ㎡ ㎡ ㎥ ㎏ ㎎ ㎜ ㎝ ㎞ ㎖ ℓ ℃ % ‰ ° kg Kg KG g mg km Km KM m cm mm mL ml L
kcal kW kWh W V A Hz kHz MHz GHz GB MB TB KB
px dpi pt ppm dB °C °F
""")
_KOREAN_UNITS = split_words("""
평 리터 그램 킬로 미터 톤 도 배 퍼센트 포인트 점 위 등 차 학년 학기 교시 강 장 절 조 항 단계 분기 반기 주 주년
주일 개월 년간 개국 여명
""")
_WEEKDAYS = "월화수목금토일"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")
_GREEK = "αβγδμπΩΣ"
_RELATIONS = ("=", "≒", "≠", "≤", "≥", "<", ">", "±", "∞")
_MOST_WON = 2_000_000
_WON_WORDS = ("원", "원", "원", "천원", "만원", "만 원", "백만원", "억원", "억 원", "조원")


def draw_count(rng: np.random.Generator, max_digits: int = 8) -> int:
    """A whole number whose number of digits is uniform, so that small ones are as usual as large ones."""
    return int(rng.random() * 10 ** draw_between(rng, 1, max_digits))


def draw_number(rng: np.random.Generator) -> str:
    """A figure: grouped, plain, with decimals, signed, or in units of ten thousand."""
    u = rng.random()
    if u < 0.3:
        return f"{draw_count(rng):,}"
    if u < 0.55:
        return str(draw_count(rng, 6))
    if u < 0.75:
        return f"{rng.random() * 10 ** draw_between(rng, 0, 4):,.{draw_between(rng, 1, 3)}f}"
    if u < 0.87:
        return draw_one(rng, ("△", "▲", "-", "+", "▼", "±", "- ", "△ ")) + f"{draw_count(rng, 5):,}"
    if u < 0.94:
        return f"{draw_between(rng, 1, 99)}만 {draw_between(rng, 1, 9999):,}"
    return f"({draw_count(rng, 5):,})"


def draw_price(rng: np.random.Generator) -> str:
    """An amount of money, mostly in won: 12,000원, ₩12,000, 1만 2천원, $9.99."""
    won = int(10 ** (2 + rng.random() * (np.log10(_MOST_WON) - 2))) // 10 * 10
    u = rng.random()
    if u < 0.45:
        return f"{won // 100 * 100 or 100:,}{' ' if draw_chance(rng, 0.1) else ''}원"
    if u < 0.6:
        return f"₩{' ' if draw_chance(rng, 0.25) else ''}{won:,}"
    if u < 0.75:
        return f"{won:,}"
    if u < 0.85:
        return f"{draw_between(rng, 1, 999)}{draw_one(rng, _WON_WORDS)}"
    if u < 0.92:
        return draw_one(rng, "$€£¥") + f"{rng.random() * 10 ** draw_between(rng, 1, 4):,.2f}"
    if u < 0.96:
        return f"{draw_between(rng, 1, 9)}만 {draw_between(rng, 1, 9)}천원"
    lead = draw_one(rng, ("금 ", "일금 ", "총 ", "월 ", "합계 "))
    return f"{lead}{won:,}원{draw_one(rng, ('', '정', ' 정', '(VAT 포함)', ' (부가세 별도)'))}"


def draw_date(rng: np.random.Generator) -> str:
    """A day, month or year: 2026. 11. 21., 2026년 11월 21일, '26.11.21(토), 11/21."""
    year, month, day = draw_between(rng, 1950, 2035), draw_between(rng, 1, 12), draw_between(rng, 1, 31)
    short, weekday = f"{year % 100:02d}", draw_one(rng, _WEEKDAYS)
    text = draw_one(
        rng,
        (
            f"{year}. {month}. {day}.",
            f"{year}.{month}.{day}.",
            f"{year}.{month:02d}.{day:02d}",
            f"{year}-{month:02d}-{day:02d}",
            f"{year}/{month:02d}/{day:02d}",
            f"{year}년 {month}월 {day}일",
            f"{year}년{month}월{day}일",
            f"{year}년 {month:02d}월 {day:02d}일",
            f"{month}월 {day}일",
            f"{year}년 {month}월",
            f"{year}년",
            f"'{short}.{month}.{day}",
            f"'{short}. {month}. {day}.",
            f"’{short}.{month}월",
            f"{short}.{month:02d}.{day:02d}",
            f"{month}/{day}",
            f"{month:02d}.{day:02d}",
            f"{year}{month:02d}{day:02d}",
            f"{year}. {month}.",
            f"{year}년 {draw_one(rng, ('상반기', '하반기', '1분기', '4분기', '봄', '말', '초'))}",
            f"{draw_one(rng, _MONTHS)} {day}, {year}",
        ),
    )
    if text[-1] in "일0123456789" and draw_chance(rng, 0.25):
        text += draw_one(rng, (f"({weekday})", f" ({weekday})", f"({weekday}요일)", f" {weekday}요일"))
    return text


def draw_time(rng: np.random.Generator) -> str:
    """A time of day or a length of time: 오전 9:30, 14:05, 14시 5분, 1:02:33."""
    hour, minute = draw_between(rng, 0, 23), draw_between(rng, 0, 59)
    return draw_one(
        rng,
        (
            f"{hour:02d}:{minute:02d}",
            f"{hour}:{minute:02d}",
            f"{draw_one(rng, ('오전', '오후', '낮', '밤', '새벽'))} {hour % 12 + 1}:{minute:02d}",
            f"{draw_one(rng, ('오전', '오후'))} {hour % 12 + 1}시 {minute}분",
            f"{hour}시 {minute}분",
            f"{hour}시",
            f"{hour % 12 + 1}:{minute:02d} {draw_one(rng, ('AM', 'PM', 'am', 'pm'))}",
            f"{hour:02d}:{minute:02d}:{draw_between(rng, 0, 59):02d}",
            f"{hour:02d}:00~{(hour + 9) % 24:02d}:30",
            f"{draw_between(rng, 1, 59)}분 {draw_between(rng, 1, 59)}초",
            f"{draw_between(rng, 2, 59)}{draw_one(rng, ('분', '시간', '일', '주', '개월', '년'))} 전",
        ),
    )


def draw_percent(rng: np.random.Generator) -> str:
    """A share or a rate of change: 12.5%, -5 %, ▲3.2%p, 5‰."""
    value = f"{rng.random() * 100:.{draw_between(rng, 0, 2)}f}"
    sign = draw_one(rng, ("", "", "", "", "-", "+", "▲", "▼", "△", "약 "))
    return sign + value + draw_one(rng, ("%", "%", "%", "%", " %", "%p", "‰", "퍼센트"))


def draw_value(rng: np.random.Generator, most: float) -> str:
    """What a measure counts: a grouped whole number, or one with decimals below `most`."""
    return f"{draw_count(rng, 4):,}" if draw_chance(rng, 0.6) else f"{rng.random() * most:.{draw_between(rng, 1, 2)}f}"


def draw_measure(rng: np.random.Generator) -> str:
    """A number with a unit: 84.9㎡, 500 ml, 3층, 24℃."""
    u = rng.random()
    if u < 0.6:
        return draw_value(rng, 100) + draw_one(rng, ("", "", "", " ")) + draw_one(rng, _UNITS)
    if u < 0.75:
        return f"{draw_between(rng, 1, 999)}{draw_one(rng, _KOREAN_UNITS)}"
    if u < 0.9:
        return f"{draw_one(rng, THINGS)} {draw_between(rng, 1, 99)}{draw_one(rng, COUNTERS)}"
    return "×".join(str(draw_between(rng, 1, 999)) for _ in range(draw_between(rng, 2, 3))) + draw_one(
        rng, ("", "mm", "㎜", "cm")
    )


def draw_range(rng: np.random.Generator) -> str:
    """A span or a ratio: 10~20, 3–5, 1,000원 ~ 2,000원, 2:1, 3/4, 1/2."""
    low = draw_count(rng, 3)
    high = low + draw_count(rng, 3) + 1
    unit = draw_one(rng, ("", "", "명", "원", "%", "세", "개", "쪽", "℃", "cm", "년", "호"))
    return draw_one(
        rng,
        (
            f"{low}~{high}{unit}",
            f"{low}{unit} ~ {high}{unit}",
            f"{low}–{high}{unit}",
            f"{low}-{high}{unit}",
            f"{low:,}{unit}~{high:,}{unit}",
            f"{low % 10}:{high % 10}",
            f"{low}/{high}",
            f"{low}{unit} 이상 {high}{unit} 미만",
            f"{low}{unit}→{high}{unit}",
            f"({low}/{high})",
            f"{low} of {high}",
            f"≥{low}{unit}",
            f"{low}{unit} 이하",
        ),
    )


def draw_formula(rng: np.random.Generator) -> str:
    """A short formula or symbol expression: α ≤ 0.05, y = 2x + 1, p < .05, 3 × 4 = 12."""
    a, b = draw_between(rng, 1, 99), draw_between(rng, 1, 99)
    name = (
        draw_one(rng, _GREEK)
        if draw_chance(rng, 0.5)
        else draw_one(rng, "abcdefghijkmnpqrstuvwxyzABCDEFGKLMNPQRSTVXYZ")
    )
    relation = draw_one(rng, _RELATIONS)
    return draw_one(
        rng,
        (
            f"{name} {relation} {rng.random():.2f}",
            f"{name}{relation}{a}",
            f"{a} × {b} = {a * b}",
            f"{a}+{b}={a + b}",
            f"{a * b} ÷ {b} = {a}",
            f"y = {a}x + {b}",
            f"f({name}) = {a}{name}² + {b}{name}",
            f"p < .{draw_one(rng, ('05', '01', '001'))}",
            f"{a}±{b}",
            f"{name}³ - {a} ≥ {b}",
            f"Σ{name} / n",
            f"2π{name}",
            f"{a}kΩ",
            f"{a}μ{draw_one(rng, 'gmAFs')}",
            f"({a}, {b})",
            f"[{a}, {b}]",
            f"{{{a}, {b}, {name}}}",
            f"{a}{draw_one(rng, '½¼¾')}",
            f"{name} → {draw_one(rng, _GREEK)}",
            f"{draw_one(rng, 'ABC')} ⇒ {draw_one(rng, 'XYZ')}",
            f"n={a * b}, {name}={rng.random():.3f}",
        ),
    )


def draw_figures(rng: np.random.Generator) -> str:
    """A row of figures as in a table: 1,234 567 89.0 △12."""
    return " ".join(draw_number(rng) for _ in range(draw_between(rng, 2, 6)))


def draw_digit_string(rng: np.random.Generator) -> str:
    """Digits alone, 1 to 14."""
    return draw_digits(rng, draw_between(rng, 1, 14))


FIGURE_GENERATORS: dict[str, Callable[[np.random.Generator], str]] = {
    "number": draw_number,
    "price": draw_price,
    "date": draw_date,
    "time": draw_time,
    "percent": draw_percent,
    "measure": draw_measure,
    "range": draw_range,
    "formula": draw_formula,
    "figures": draw_figures,
    "digits": draw_digit_string,
}
