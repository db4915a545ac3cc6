"""Sentence-like Korean composed from the built-in vocabulary."""

from collections.abc import Callable

import numpy as np

from geulnun.synth.texts.inflection import attach, conjugate
from geulnun.synth.texts.random_choice import draw_between, draw_chance, draw_one
from geulnun.synth.texts.vocabulary import (
    ACTIONS,
    ADJECTIVES,
    ADVERBS,
    CONNECTIVES,
    COUNTERS,
    DETERMINERS,
    EXCLAMATIONS,
    IDEAS,
    PEOPLE,
    PLACES,
    THINGS,
    VERBS,
)


def _conjugate_all() -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    verbs = [conjugate(*pair.split("/"), adjective=False) for pair in VERBS]
    doing = conjugate("하", "해", adjective=False)
    verbs += [{key: noun + form for key, form in doing.items()} for noun in ACTIONS]
    return verbs, [conjugate(*pair.split("/"), adjective=True) for pair in ADJECTIVES]


_VERB_FORMS, _ADJECTIVE_FORMS = _conjugate_all()
_ENDINGS = ("formal", "formal_past", "plain", "plain_past", "polite", "polite_past")
_STOPS = (".",) * 14 + ("?", "!", "!", "…", "...", "", "", "~", "!!", "?!")
_SUBJECT_PARTICLES = ("은", "이", "이", "도", "만", "까지")
_NOUNS = PEOPLE + PLACES + THINGS + IDEAS + ACTIONS


def draw_noun_phrase(rng: np.random.Generator, nouns: tuple[str, ...]) -> str:
    """A noun, sometimes with a determiner, an adjective, a relative clause or a possessor before it."""
    noun = draw_one(rng, nouns)
    u = rng.random()
    if u < 0.55:
        return noun
    if u < 0.65:
        return f"{draw_one(rng, DETERMINERS)} {noun}"
    if u < 0.78:
        return f"{draw_one(rng, _ADJECTIVE_FORMS)['adnominal']} {noun}"
    if u < 0.88:
        key = draw_one(rng, ("adnominal", "adnominal_past", "adnominal_future"))
        return f"{draw_one(rng, _VERB_FORMS)[key]} {noun}"
    if u < 0.95:
        return f"{draw_one(rng, _NOUNS)}의 {noun}"
    return f"{draw_one(rng, IDEAS)} {noun}"


def draw_word(rng: np.random.Generator) -> str:
    """One word as it stands between two spaces: a noun with a particle, a verb form, an adverb."""
    u = rng.random()
    if u < 0.35:
        return draw_one(rng, _NOUNS)
    if u < 0.65:
        particles = (
            "은",
            "이",
            "을",
            "에",
            "에서",
            "으로",
            "과",
            "의",
            "도",
            "만",
            "부터",
            "까지",
            "보다",
            "처럼",
            "에게",
            "이나",
        )
        return attach(draw_one(rng, _NOUNS), draw_one(rng, particles))
    if u < 0.9:
        forms = draw_one(rng, _VERB_FORMS if draw_chance(rng, 0.7) else _ADJECTIVE_FORMS)
        return draw_one(rng, tuple(forms.values()))
    return draw_one(rng, ADVERBS)


def draw_phrase(rng: np.random.Generator) -> str:
    """Two to four words that belong together, without a full stop."""
    u = rng.random()
    if u < 0.4:
        return f"{draw_noun_phrase(rng, _NOUNS)} {draw_one(rng, ACTIONS)}"
    if u < 0.7:
        return f"{attach(draw_one(rng, _NOUNS), '과')} {draw_noun_phrase(rng, _NOUNS)}"
    return f"{attach(draw_one(rng, THINGS), '을')} {draw_one(rng, _VERB_FORMS)['noun']}"


def _draw_predicate(rng: np.random.Generator, ending: str) -> str:
    """The end of a sentence: a place or object with its verb, or an adjective."""
    adverb = f"{draw_one(rng, ADVERBS)} " if draw_chance(rng, 0.25) else ""
    u = rng.random()
    if u < 0.3:
        return adverb + draw_one(rng, _ADJECTIVE_FORMS)[ending]
    verb = draw_one(rng, _VERB_FORMS)[ending]
    if u < 0.7:
        nouns = THINGS if draw_chance(rng, 0.6) else IDEAS
        return f"{attach(draw_noun_phrase(rng, nouns), '을')} {adverb}{verb}"
    if u < 0.9:
        particle = draw_one(rng, ("에서", "에", "으로", "까지"))
        return f"{attach(draw_noun_phrase(rng, PLACES), particle)} {adverb}{verb}"
    count = f"{draw_between(rng, 1, 120)}{draw_one(rng, COUNTERS)}"
    return f"{draw_one(rng, THINGS)} {attach(count, '을')} {verb}"


def draw_sentence(rng: np.random.Generator) -> str:
    """A sentence of one to three clauses with its full stop, 4 to about 80 characters."""
    u = rng.random()
    if u < 0.06:
        return draw_one(rng, EXCLAMATIONS) + draw_one(rng, _STOPS)
    parts = []
    if u < 0.16:
        parts.append(draw_one(rng, CONNECTIVES) + ("," if draw_chance(rng, 0.5) else ""))
    if draw_chance(rng, 0.8):
        nouns = draw_one(rng, (PEOPLE, PEOPLE, THINGS, IDEAS, PLACES))
        parts.append(attach(draw_noun_phrase(rng, nouns), draw_one(rng, _SUBJECT_PARTICLES)))
    if draw_chance(rng, 0.3):
        link = draw_one(rng, ("and", "so", "but", "if"))
        parts.append(_draw_predicate(rng, link) + ("," if draw_chance(rng, 0.3) else ""))
    ending = draw_one(rng, _ENDINGS) if draw_chance(rng, 0.93) else "request"
    parts.append(_draw_predicate(rng, ending) + draw_one(rng, _STOPS))
    return " ".join(parts)


SENTENCE_GENERATORS: dict[str, Callable[[np.random.Generator], str]] = {
    "built_in_sentence": draw_sentence,
    "built_in_phrase": draw_phrase,
    "built_in_word": draw_word,
}
