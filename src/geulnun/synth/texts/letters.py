"""Texts that teach letters rather than language: uniform syllables, jamo, every symbol of the charset, hanja."""

from collections.abc import Callable

import numpy as np

from geulnun.core.charset import CHARSET_V1
from geulnun.core.hangul import CHO, COMPATIBILITY_JAMO, KSX1001, SYLLABLES
from geulnun.core.hanja import HANJA
from geulnun.synth.texts.figures import draw_count, draw_value
from geulnun.synth.texts.latin import COMMON, draw_pseudo_word
from geulnun.synth.texts.names import draw_person, draw_place
from geulnun.synth.texts.random_choice import draw_between, draw_chance, draw_digits, draw_one
from geulnun.synth.texts.vocabulary import ACTIONS, IDEAS, OFFICIAL, THINGS, split_words

_SYMBOLS = CHARSET_V1.symbols.replace(" ", "")
_RARE_SYMBOLS = "".join(ch for ch in _SYMBOLS if not ch.isascii() and ch not in COMPATIBILITY_JAMO)
_PAIRS = {
    "「": "」",
    "『": "』",
    "〈": "〉",
    "《": "》",
    "【": "】",
    "〔": "〕",
    "‘": "’",
    "“": "”",
    "(": ")",
    "[": "]",
    "{": "}",
    "<": ">",
}
_CLOSERS = frozenset(_PAIRS.values())
_AFTER_NUMBER = frozenset("℃°㎜㎝㎞㎡㎥㎏㎎㎖ℓ%‰½¼¾²³€")
_BEFORE_NUMBER = frozenset("₩€£¥±≒≤≥△▲▽▼§※☎№#$")
_BETWEEN_NUMBERS = frozenset("×÷=≠≤≥±~–+-/:")
_TRAILERS = frozenset("™®©♥♡★☆♪†‡…‥²³")
_NUMERALS = frozenset("ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹ")
_LINKS = {
    "–": (" {} ", "{}"),
    "—": (" {} ", "{}"),
    "|": (" {} ", " {} ", "{}"),
    "·": ("{}", "{}", " {} "),
    "/": ("{}", " {} "),
    "_": ("{}",),
    "~": ("{}", " {} "),
}
# One unit as one character and as letters; where a raised figure makes the difference, more often.
_UNITS = (
    *(("㎡", "㎡", "m²"),) * 3,
    *(("㎥", "㎥", "m³"),) * 2,
    ("㎏", "kg", "Kg"),
    ("㎎", "mg"),
    ("㎜", "mm"),
    ("㎝", "cm"),
    ("㎞", "km", "Km"),
    ("㎖", "ml", "mL"),
)
_MEASURED = split_words("""
면적 전용면적 연면적 대지면적 공급면적 부피 용량 체적 중량 무게 길이 거리 폭 높이 두께 함량 토지 건물 나트륨 카페인
""")
_LAUGHS = split_words("""
ㅋ ㅎ ㅠ ㅜ ㅋ ㅎ ㄷ ㄱ ㅇㅇ ㄴㄴ ㄱㄱ ㅇㅋ ㄹㅇ ㅊㅋ ㅈㅅ ㅂㅂ ㅎㅇ ㄳ ㄱㅅ ㅁㅊ ㅇㅈ ㄲㅂ ㅠㅜ ㅜㅠ ㅡㅡ
ㅇㅅㅇ ㅍㅎ ㄷㄱㄷㄱ ㅗ ㅏ
""")
_COMMON_HANJA = (
    "美中日韓北英佛獨伊印臺與野前現新舊故反親脫對內外大小上下高低男女老少父母夫妻長次金李朴崔鄭姜趙尹張林吳申徐權黃"
    "安宋全洪柳文梁孫裵白許南沈盧丁河郭成車朱禹兪羅陳嚴元天方玄株有財社學校山川水木火土月年時分春夏秋冬東西甲乙丙丁"
    "戊己庚辛壬癸子丑寅卯辰巳午未戌亥二三四五六七八九十百千萬億本支店行人心手生死正公私立國民法院軍警檢道市郡區洞"
    "里邑面州京江海島氏君孃展賞展詩書畫篇章節號線街路門王家史花福壽喜祝弔賀"
)
_HANJA_WORDS = split_words("""
大學 學校 國家 民主 經濟 政治 社會 文化 歷史 漢字 漢文 韓國 中國 日本 美國 大韓民國 朝鮮 高麗 株式會社 財團法人
社團法人 代表理事 謹弔 祝結婚 祝華婚 賀客 開業 入口 出口 非常口 注意 危險 火氣嚴禁 立入禁止 禁煙 化粧室 營業中
定休日 孔子 論語 孟子 東醫寶鑑 訓民正音 三國史記 不動産 契約書 證明書 領收證 請求書 見積書 委任狀 履歷書 記
參考 備考 摘要 品名 數量 單價 金額 合計 姓名 住所 電話 年月日 甲 乙 左 右
""")


def draw_syllables(rng: np.random.Generator) -> str:
    """One to five words of syllables drawn uniformly, from all 11,172 or from the 2,350 of KS X 1001."""
    pool = SYLLABLES if draw_chance(rng, 0.5) else KSX1001
    words = []
    for _ in range(draw_one(rng, (1, 1, 2, 2, 3, 4, 5))):
        length = draw_one(rng, (1, 2, 2, 3, 3, 4, 4, 5, 6, 8))
        words.append("".join([draw_one(rng, pool) for _ in range(length)]))
    return " ".join(words) + (draw_one(rng, ".,?!") if draw_chance(rng, 0.08) else "")


def _draw_syllables(rng: np.random.Generator) -> str:
    return "".join([draw_one(rng, KSX1001) for _ in range(draw_between(rng, 1, 4))])


def _draw_filler(rng: np.random.Generator) -> str:
    """A short neighbour for a symbol: syllables, a number or a capital."""
    u = rng.random()
    if u < 0.6:
        return _draw_syllables(rng)
    if u < 0.9:
        return draw_digits(rng, draw_between(rng, 1, 4))
    return draw_one(rng, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def place_symbol(rng: np.random.Generator, symbol: str) -> str:
    """The symbol where it stands in real text: after or before a number, around a word, before an item, in a word.

    What looks alike is told apart by its place: o and O by the letters beside them, ㅡ and — by words or jamo.
    """
    number = draw_digits(rng, draw_between(rng, 1, 3))
    if symbol.isascii() and symbol.isalpha():
        return _draw_word_with(rng, symbol)
    if symbol in COMPATIBILITY_JAMO:
        others = [draw_one(rng, COMPATIBILITY_JAMO) for _ in range(draw_between(rng, 1, 3))]
        return draw_one(rng, (symbol + "".join(others), "".join(others) + symbol, symbol * 2, f"{others[0]} {symbol}"))
    if symbol in _NUMERALS and draw_chance(rng, 0.8):
        form = draw_one(rng, ("{}. {}", "{}. {}", "{}) {}", "({}) {}", "{}·{}", "제{}장 {}", "{}-1 {}", "{} {}"))
        return form.format(symbol, _draw_filler(rng))
    if symbol in _LINKS and draw_chance(rng, 0.85):
        link = draw_one(rng, _LINKS[symbol]).format(symbol)
        return f"{_draw_syllables(rng)}{link}{_draw_syllables(rng)}"
    if symbol in _PAIRS:
        return f"{symbol}{_draw_filler(rng)}{_PAIRS[symbol]}"
    if symbol in _CLOSERS:
        opener = next(o for o, c in _PAIRS.items() if c == symbol)
        return f"{opener}{_draw_filler(rng)}{symbol}"
    if symbol in _AFTER_NUMBER:
        return number + (" " if draw_chance(rng, 0.2) else "") + symbol
    if symbol in _BETWEEN_NUMBERS and draw_chance(rng, 0.7):
        space = " " if draw_chance(rng, 0.4) else ""
        return f"{number}{space}{symbol}{space}{draw_digits(rng, 2)}"
    if symbol in _BEFORE_NUMBER:
        return f"{symbol}{number}"
    if symbol in _TRAILERS:
        return _draw_filler(rng) + symbol
    return _place_anywhere(rng, symbol)


def _place_anywhere(rng: np.random.Generator, symbol: str) -> str:
    u = rng.random()
    if u < 0.45:
        return f"{symbol} {_draw_filler(rng)}"
    if u < 0.65:
        return f"{symbol}{_draw_filler(rng)}"
    if u < 0.8:
        return f"{_draw_filler(rng)}{symbol}{_draw_filler(rng)}"
    return f"{_draw_filler(rng)} {symbol}" if u < 0.92 else symbol


def _draw_word_with(rng: np.random.Generator, letter: str) -> str:
    """An English or English-sounding word that the letter stands in, its case shown by the letters beside it."""
    small = letter.lower()
    word = draw_one(rng, COMMON) if draw_chance(rng, 0.5) else draw_pseudo_word(rng).lower()
    place = word.find(small)
    if place < 0:
        place = draw_between(rng, 0, len(word))
        word = word[:place] + small + word[place:]
    if letter.islower():
        # A capital at its head shows how high the others are.
        return word.capitalize() if place and draw_chance(rng, 0.5) else word
    return word[place:].capitalize() if len(word) - place > 2 and draw_chance(rng, 0.5) else word.upper()


def draw_symbols(rng: np.random.Generator) -> str:
    """One to six symbols, each drawn uniformly from the charset's (rare ones twice as often), among words."""
    parts = []
    for _ in range(draw_one(rng, (1, 2, 3, 3, 4, 6))):
        symbol = draw_one(rng, _SYMBOLS if draw_chance(rng, 0.5) else _RARE_SYMBOLS)
        parts.append(place_symbol(rng, symbol))
    return " ".join(parts)


def draw_unit(rng: np.random.Generator) -> str:
    """A measure whose unit is one character or letters, mostly with what is measured: 전용면적 84.9㎡, 3Kg당."""
    unit = draw_one(rng, draw_one(rng, _UNITS))
    value = draw_value(rng, 300) + draw_one(rng, ("", "", "", " ")) + unit
    label = draw_one(rng, _MEASURED)
    return draw_one(
        rng,
        (
            value,
            label + value,
            f"{label} {value}",
            f"{label}: {value}",
            f"{label} : {value}",
            f"{label}({unit})",
            f"{value}({draw_between(rng, 1, 99)}평)",
            f"{value}~{draw_count(rng, 4):,}{unit}",
            f"{value} × {draw_between(rng, 2, 40)}",
            value + draw_one(rng, ("당", "의", " 이상", " 이하", "/h", ",", " 초과")),
        ),
    )


def draw_hanja(rng: np.random.Generator) -> str:
    """Hanja where Korean texts have them: 美 국채, 홍길동(洪吉童), 가격(價格), 大韓民國; or any of KS X 1001."""
    common, several = draw_one(rng, _COMMON_HANJA), _spell_hanja(rng, draw_between(rng, 2, 4))
    word = draw_one(rng, _HANJA_WORDS) if draw_chance(rng, 0.4) else several
    return draw_one(
        rng,
        (
            f"{common} {draw_one(rng, OFFICIAL)} {draw_one(rng, IDEAS)}",
            f"{common}{draw_one(rng, _COMMON_HANJA)} {draw_one(rng, IDEAS)} {draw_one(rng, ACTIONS)}",
            f"{common}, {draw_one(rng, IDEAS)} {draw_one(rng, ACTIONS)}",
            f"{draw_person(rng)}({several})",
            f"{draw_place(rng)}({word}) {draw_one(rng, THINGS)}",
            f"{draw_one(rng, IDEAS)}({word}){draw_one(rng, ('은', '의', '을', '에', '이란', ''))}",
            f"{word} {draw_one(rng, THINGS)}",
            f"{draw_one(rng, THINGS)} {word}",
            f"{draw_person(rng)[:1]} 氏",
            word,
            several,
            _spell_hanja(rng, draw_between(rng, 1, 8)),
        ),
    )


def _spell_hanja(rng: np.random.Generator, count: int) -> str:
    return "".join([draw_one(rng, _COMMON_HANJA if draw_chance(rng, 0.4) else HANJA) for _ in range(count)])


def draw_jamo(rng: np.random.Generator) -> str:
    """Single jamo as people write them: ㅋㅋㅋ, ㅠㅠ, ㄱ. ㄴ., initials of words, any of the 51."""
    u = rng.random()
    if u < 0.4:
        laugh = draw_one(rng, _LAUGHS)
        text = laugh * draw_between(rng, 1, 6) if len(laugh) == 1 else laugh
        return f"{draw_one(rng, KSX1001)}{draw_one(rng, KSX1001)} {text}" if draw_chance(rng, 0.4) else text
    if u < 0.55:
        first = draw_between(rng, 0, 8)
        return " ".join(f"{jamo}." for jamo in "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ"[first : first + draw_between(rng, 1, 4)])
    if u < 0.7:
        return "".join([draw_one(rng, CHO) for _ in range(draw_between(rng, 2, 6))])
    space = " " if draw_chance(rng, 0.5) else ""
    return space.join([draw_one(rng, COMPATIBILITY_JAMO) for _ in range(draw_between(rng, 1, 6))])


LETTER_GENERATORS: dict[str, Callable[[np.random.Generator], str]] = {
    "syllables": draw_syllables,
    "unit": draw_unit,
    "symbols": draw_symbols,
    "jamo": draw_jamo,
    "hanja": draw_hanja,
}
