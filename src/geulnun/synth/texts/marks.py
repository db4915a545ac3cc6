"""Marks where documents have them, and letters that are taken for others: AI beside Hangul, ○○, 01일."""

from collections.abc import Callable

import numpy as np

from geulnun.core.charset import CHARSET_V1
from geulnun.synth.texts.figures import draw_date, draw_price, draw_time
from geulnun.synth.texts.inflection import attach
from geulnun.synth.texts.names import draw_address, draw_company, draw_person
from geulnun.synth.texts.random_choice import draw_between, draw_chance, draw_digits, draw_one
from geulnun.synth.texts.sentences import draw_phrase, draw_sentence
from geulnun.synth.texts.vocabulary import ACTIONS, IDEAS, LOANWORDS, OFFICIAL, PLACES, THINGS, split_words


def _keep_known(marks: str) -> str:
    """Those that the charset has: what it gains later is drawn without a change here."""
    return "".join(mark for mark in marks if mark in CHARSET_V1.symbols)


_STARTS = _keep_known("-·▪※*•○●■□◆▶☞–>+✓☆★◇△▲◎→▸◦⁃")
_ENDS = _keep_known("*※-·:;,」』)]†‡★♥~_")
_WRAPS = (
    ("- ", " -"),
    ("* ", " *"),
    ("[", "]"),
    ("<", ">"),
    ("※ ", ""),
    ("【", "】"),
    ("〔", "〕"),
    ("= ", " ="),
    ("~ ", " ~"),
)
_LABELS = split_words("""
대표자 성명 주소 사업자등록번호 전화 팩스 담당자 일시 장소 문의 합계 비고 품명 규격 수량 단가 발급번호
접수번호 계좌 예금주 출발 도착 기간 대상 방법 신청 제출처 연락처 등록번호 상호 업태 종목 발행일 유효기간
""")
_NUMBERED = tuple(
    _keep_known(items)
    for items in (
        "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
        "❶❷❸❹❺❻❼❽❾❿",
        "⓵⓶⓷⓸⓹⓺⓻⓼⓽⓾",
        "ⓐⓑⓒⓓⓔⓕⓖⓗ",
        "ⒶⒷⒸⒹⒺ",
        "㉠㉡㉢㉣㉤㉥㉦",
        "㉮㉯㉰㉱㉲",
        "ⅰⅱⅲⅳⅴⅵ",
        "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ",
        "㈀㈁㈂㈃",
    )
    if _keep_known(items)
)
_RELATIONS = _keep_known("=≠≤≥<>≒±×÷∥⊥∽≡∈⊂∪∩→⇒")
_BEFORE = _keep_known("√∠△∴∵□Σπ∫")
_RAISED = _keep_known("²³°′″₁₂₃⁴ⁿ")
_ACRONYMS = split_words("""
AI AI AI AI UI UX OI Ill VIP IoT OIL Oil oil Il Li LI II III IV IT IC ID IP IR IBM IMF ICT IPO LCD LED TOEIC TOEFL
WiFi HDMI IoU Illy lili Ali AIDS AIA AII IIS Intel Iris Ion Inc. Ltd. Vol.1 No.1 l I i 1 L/C Bill Till
Will ill OLED QLED iOS Oi OO OK 5G/AI AI·SW AI/ML
""")
_PARTICLES = (
    "은",
    "이",
    "을",
    "과",
    "으로",
    "의",
    "에",
    "에서",
    "도",
    "만",
    "까지",
    "처럼",
    "용",
    "형",
    "폰",
    "칩",
    "실",
    "팀",
)
_CIRCLES = ("○○", "○○○", "○○", "○", "◎◎", "□□", "△△", "××")


def draw_marked(rng: np.random.Generator) -> str:
    """A line with a mark at its start, its end, or both: - 항목, ※ 주의 사항, [안내], 가격은 변동될 수 있음*."""
    body = draw_one(rng, (draw_phrase, draw_sentence, draw_phrase))(rng)
    u = rng.random()
    if u < 0.5:
        return draw_one(rng, _STARTS) + (" " if draw_chance(rng, 0.75) else "") + body
    if u < 0.65:
        return body + (" " if draw_chance(rng, 0.3) else "") + draw_one(rng, _ENDS)
    before, after = draw_one(rng, _WRAPS)
    return f"{before}{body}{after}" if u < 0.9 else f"{before}{draw_between(rng, 1, 400)}{after}"


def draw_field_line(rng: np.random.Generator) -> str:
    """A label, a colon and mostly a value: 대표자 : 김하나, 일 시: 2026. 3. 1., (단위 : 원)."""
    label = draw_one(rng, _LABELS)
    if draw_chance(rng, 0.4) and len(label) < 7:
        label = " ".join(label)
    mark = draw_one(rng, ("", "", "- ", "· ", "○ ", "□ ", "* ", "1. ", "가. "))
    link = draw_one(rng, (" : ", ": ", " :", ":", " : "))
    value = draw_one(rng, (draw_person, draw_company, draw_address, draw_date, draw_time, draw_price, draw_phrase))(rng)
    return (mark + label + link + value if draw_chance(rng, 0.8) else mark + label + link).strip()


def draw_footnoted(rng: np.random.Generator) -> str:
    """A sentence with the number or the mark of a footnote behind a word: 나타내었다3), 물가수준*은, 1) 한국은행."""
    number = draw_between(rng, 1, 30)
    form = draw_one(rng, ("{})", "{})", "[{}]", "*", "**", "†", "{}")) if draw_chance(rng, 0.8) else "({})"
    mark = "".join(char for char in form.format(number) if char in CHARSET_V1.symbols)
    if draw_chance(rng, 0.2):
        return f"{mark} {draw_sentence(rng)}"
    words = draw_sentence(rng).split(" ")
    place = draw_between(rng, 0, len(words) - 1)
    words[place] = words[place].rstrip(".,") + mark + draw_one(rng, ("", "", "은", "의", "에", ".", ","))
    return " ".join(words)


def draw_numbered(rng: np.random.Generator) -> str:
    """Circled numbers and letters before items or in a row: ① 갑 ② 을, ㉠, ㉡."""
    items = draw_one(rng, _NUMBERED)
    first = draw_between(rng, 0, max(0, len(items) - 2))
    marks = items[first : first + draw_between(rng, 1, 5)]
    if draw_chance(rng, 0.3):
        return draw_one(rng, (" ", ", ", "")).join(marks)
    return " ".join(f"{mark} {draw_one(rng, draw_one(rng, (THINGS, IDEAS, PLACES)))}" for mark in marks)


def draw_exam(rng: np.random.Generator) -> str:
    """A line of an exam: <보기> ㄱ, ㄴ, ∠A=30°, 3x²+2x-1<0, 옳은 것만을 고른 것은?"""
    a, b = draw_between(rng, 1, 40), draw_between(rng, 1, 90)
    names = draw_one(rng, ("AB", "CD", "ABC", "DEF", "l", "m", "P", "O", "x", "y"))
    return draw_one(
        rng,
        (
            f"{draw_one(rng, _BEFORE)}{names} {draw_one(rng, _RELATIONS)} {draw_one(rng, _BEFORE)}{names[::-1]}",
            f"{a}x{draw_one(rng, _RAISED)}+{b}x-{draw_between(rng, 1, 9)}{draw_one(rng, _RELATIONS)}0",
            f"{names} {draw_one(rng, _RELATIONS)} {a}",
            "<보기> " + ", ".join("ㄱㄴㄷㄹㅁ"[: draw_between(rng, 2, 5)]),
            f"{draw_between(rng, 1, 45)}. {draw_sentence(rng)} [{draw_between(rng, 2, 4)}점]",
            f"{draw_one(rng, IDEAS)}에 대한 설명으로 옳은 것은?",
            f"면적 {a}m², 부피 {b}㎥, {draw_between(rng, 10, 40)}℃",
        ),
    )


def draw_beside_hangul(rng: np.random.Generator) -> str:
    """Narrow Latin letters joined to Hangul: 생성형 AI의 시대, AI를, 인공지능(AI), UI와 UX, VIP실."""
    word = draw_one(rng, _ACRONYMS)
    joined = word + draw_one(rng, _PARTICLES[5:]) if draw_chance(rng, 0.5) else attach(word, draw_one(rng, _PARTICLES))
    return draw_one(
        rng,
        (
            f"{draw_one(rng, LOANWORDS)} {joined} {draw_one(rng, IDEAS)}",
            f"{joined} {draw_one(rng, ACTIONS)}",
            f"{draw_one(rng, IDEAS)}({word}) {draw_one(rng, ACTIONS)}",
            f"{attach(word, '과')} {draw_one(rng, _ACRONYMS)} {draw_one(rng, THINGS)}",
            f"{draw_one(rng, THINGS)}{word}{draw_one(rng, THINGS)}",
            f"{draw_between(rng, 1, 20)}. {joined} {draw_one(rng, OFFICIAL)}",
            f"새로운 {joined}",
            joined,
        ),
    )


def draw_circles(rng: np.random.Generator) -> str:
    """Circles for what is not named: ○○시 ○○구, 주식회사 ○○, 김○○, ○○○ 귀하."""
    mark = draw_one(rng, _CIRCLES)
    person = draw_person(rng)[:1]
    title = draw_one(rng, ("주무관", "과장", "씨", "님", "교수"))
    return draw_one(
        rng,
        (
            f"{mark}시 {mark}구 {mark}동",
            f"주식회사 {mark}",
            f"{person}{mark}",
            f"{person}{draw_one(rng, ('oo', 'OO', '**', '*'))} {draw_one(rng, ('고객님', '님', '회원'))}",
            f"{mark} 귀하",
            f"{mark}대학교 {mark}학과",
            f"{mark}에 들어갈 {draw_one(rng, IDEAS)}",
            f"{draw_one(rng, OFFICIAL)} {mark}과 {person}{mark} {title}",
            f"{mark}월 {mark}일",
            f"{draw_phrase(rng)} {mark}",
        ),
    )


def draw_padded_date(rng: np.random.Generator) -> str:
    """Dates and numbers full of 0 and 1, as forms are filled in: 2025년 01월 01일, 01일, 010-1111-2222, 11:10."""
    month, day = (draw_one(rng, (1, 1, 10, 11, draw_between(rng, 1, high))) for high in (12, 31))
    year = draw_one(rng, (2001, 2010, 2011, 2020, 2021, 2025, draw_between(rng, 1990, 2035)))
    telephone = "".join(draw_one(rng, "0011122") for _ in range(8))
    return draw_one(
        rng,
        (
            f"{year}년 {month:02d}월 {day:02d}일",
            f"{year}. {month:02d}. {day:02d}.",
            f"{month:02d}월 {day:02d}일",
            f"{day:02d}일",
            f"{day}일",
            f"{day:02d}일({draw_one(rng, '월화수목금토일')})",
            f"010-{telephone[:4]}-{telephone[4:]}",
            f"{draw_between(rng, 0, 23):02d}시 {draw_one(rng, (0, 1, 10, 11)):02d}분",
            f"{draw_digits(rng, 1)}{draw_one(rng, ('00', '01', '10', '11'))}호",
            f"( {draw_price(rng)} )",
        ),
    )


MARK_GENERATORS: dict[str, Callable[[np.random.Generator], str]] = {
    "marked": draw_marked,
    "field_line": draw_field_line,
    "footnoted": draw_footnoted,
    "numbered": draw_numbered,
    "exam": draw_exam,
    "beside_hangul": draw_beside_hangul,
    "circles": draw_circles,
    "padded_date": draw_padded_date,
}
