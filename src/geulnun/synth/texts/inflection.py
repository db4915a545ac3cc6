"""Korean endings and particles, joined by their spelling rules."""

from geulnun.core.hangul import JONG, compose, decompose, is_syllable

_PARTICLES = {
    "은": ("은", "는"), "이": ("이", "가"), "을": ("을", "를"), "과": ("과", "와"),
    "으로": ("으로", "로"), "이나": ("이나", "나"), "이라": ("이라", "라"), "이란": ("이란", "란"),
    "이며": ("이며", "며"), "아": ("아", "야"), "입니다": ("입니다", "입니다"), "이에요": ("이에요", "예요"),
}  # fmt: skip
# Read aloud, these digits and Latin letters end in a consonant.
_CONSONANT_ENDS = frozenset("013678LMNRlmnr")


def find_final(text: str) -> int:
    """The index in `JONG` of the last letter's final consonant; digits and Latin count as they are read aloud."""
    last = text[-1:]
    if is_syllable(last):
        return decompose(last)[2]
    if last in "178LRlr" and last:
        return JONG.index("ㄹ")
    return JONG.index("ㅇ") if last and last in _CONSONANT_ENDS else 0


def attach(word: str, particle: str) -> str:
    """The word with its particle, given in the form that follows a consonant: 은, 이, 을, 과, 으로 ….

    A particle that has one form only (에서, 도, 만) is attached as it is.
    """
    forms = _PARTICLES.get(particle)
    if forms is None:
        return word + particle
    final = find_final(word)
    closed = final != 0 and not (particle == "으로" and JONG[final] == "ㄹ")
    return word + forms[0 if closed else 1]


def close_syllable(text: str, final: str) -> str:
    """The text with `final` as the last syllable's final consonant (replacing what was there)."""
    cho, jung, _ = decompose(text[-1])
    return text[:-1] + compose(cho, jung, JONG.index(final))


def conjugate(stem: str, infinitive: str, *, adjective: bool) -> dict[str, str]:
    """Common forms of a verb or adjective from its stem (먹) and its infinitive (먹어).

    Keys: formal, formal_past, plain, plain_past, polite, polite_past, and, so, but, if, noun, adnominal,
    adnominal_past, adnominal_future, request.
    """
    final = JONG[decompose(stem[-1])[2]]
    open_stem = close_syllable(stem, "") if final == "ㄹ" else stem
    closed = final not in ("", "ㄹ")
    past = close_syllable(infinitive, "ㅆ")
    loose = _find_loose_stem(stem, infinitive, final)
    forms = {
        "formal": stem + "습니다" if closed else close_syllable(open_stem, "ㅂ") + "니다",
        "formal_past": past + "습니다",
        "plain": stem + "는다" if closed else close_syllable(open_stem, "ㄴ") + "다",
        "plain_past": past + "다",
        "polite": infinitive + "요",
        "polite_past": past + "어요",
        "and": stem + "고",
        "so": infinitive + "서",
        "but": stem + "지만",
        "if": _join_eu(loose, "면"),
        "noun": stem + "기",
        "adnominal": open_stem + "는",
        "adnominal_past": _join_nieun(loose),
        "adnominal_future": _join_rieul(loose),
        "request": _join_eu(loose, "세요"),
    }
    if adjective:
        ends_iss = stem[-1] in "있없"
        forms |= {"plain": stem + "다", "adnominal": stem + "는" if ends_iss else forms["adnominal_past"]}
        forms["request"] = stem + "네요"
    return forms


def _find_loose_stem(stem: str, infinitive: str, final: str) -> str:
    """The stem before 으-endings: 도우- for 돕-, 들- for 듣-, 지으- for 짓-, otherwise the stem."""
    if final == "ㅂ" and infinitive[-1] in "워와":
        return close_syllable(stem, "") + "우"
    if final == "ㄷ" and infinitive[: len(stem)] != stem:
        return close_syllable(stem, "ㄹ") + "으"
    if final == "ㅅ" and infinitive[: len(stem)] != stem:
        return close_syllable(stem, "") + "으"
    return stem


def _join_eu(loose: str, ending: str) -> str:
    final = JONG[decompose(loose[-1])[2]]
    if final == "ㄹ":
        return loose + ending if ending == "면" else close_syllable(loose, "") + ending
    return loose + ending if final == "" else loose + "으" + ending


def _join_nieun(loose: str) -> str:
    final = JONG[decompose(loose[-1])[2]]
    return close_syllable(loose, "ㄴ") if final in ("", "ㄹ") else loose + "은"


def _join_rieul(loose: str) -> str:
    final = JONG[decompose(loose[-1])[2]]
    return close_syllable(loose, "ㄹ") if final in ("", "ㄹ") else loose + "을"
