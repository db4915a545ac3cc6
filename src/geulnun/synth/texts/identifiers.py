"""Numbers and addresses that name someone or something: telephones, registrations, accounts, e-mail, URLs."""

from collections.abc import Callable

import numpy as np

from geulnun.synth.texts.latin import COMMON
from geulnun.synth.texts.names import BANKS, TOWNS, draw_person
from geulnun.synth.texts.random_choice import draw_between, draw_chance, draw_digits, draw_one
from geulnun.synth.texts.vocabulary import split_words

_AREA_CODES = split_words("""
02 031 032 033 041 042 043 044 051 052 053 054 055 061 062 063 064
""")
_MAIL_HOSTS = split_words("""
gmail.com naver.com daum.net hanmail.net kakao.com nate.com outlook.com korea.kr hotmail.com yahoo.co.kr
icloud.com
""")
_TOP_LEVELS = split_words("""
.com .co.kr .kr .or.kr .go.kr .ac.kr .net .org .io .shop .app
""")
_PATHS = split_words("""
index.html main.do board/view notice product detail search?q= category event login mypage cart faq wiki/
download.php bbs/list.asp ko/docs api/v1 blog/post
""")
_PHONE_LABELS = (
    "",
    "",
    "",
    "",
    "T. ",
    "Tel. ",
    "TEL ",
    "전화 ",
    "☎ ",
    "☎",
    "H.P ",
    "Fax. ",
    "팩스 ",
    "M. ",
    "문의 ",
    "연락처: ",
)


def draw_phone(rng: np.random.Generator) -> str:
    """A telephone number: 02-123-4567, 010-1234-5678, 1588-0000, (031) 123-4567, +82-10-1234-5678."""
    last, middle = draw_digits(rng, 4), draw_digits(rng, draw_between(rng, 3, 4))
    area = draw_one(rng, _AREA_CODES)
    text = draw_one(
        rng,
        (
            f"010-{draw_digits(rng, 4)}-{last}",
            f"010-{draw_digits(rng, 4)}-{last}",
            f"010.{draw_digits(rng, 4)}.{last}",
            f"010 {draw_digits(rng, 4)} {last}",
            f"010{draw_digits(rng, 8)}",
            f"010-****-{last}",
            f"{area}-{middle}-{last}",
            f"{area}-{middle}-{last}",
            f"{area}){middle}-{last}",
            f"({area}) {middle}-{last}",
            f"{area}.{middle}.{last}",
            f"{draw_one(rng, ('15', '16', '18'))}{draw_digits(rng, 2)}-{last}",
            f"080-{draw_digits(rng, 3)}-{last}",
            f"070-{draw_digits(rng, 4)}-{last}",
            f"+82-10-{draw_digits(rng, 4)}-{last}",
            f"+82 {area[1:]} {middle} {last}",
            f"{area}-{middle}-{last}~{draw_between(rng, 1, 9)}",
        ),
    )
    return draw_one(rng, _PHONE_LABELS) + text


def draw_registration(rng: np.random.Generator) -> str:
    """A resident, business, corporate, licence or vehicle registration number, sometimes masked."""
    birth = f"{draw_digits(rng, 2)}{draw_between(rng, 1, 12):02d}{draw_between(rng, 1, 28):02d}"
    vehicle = draw_one(rng, "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주아바사자하허호")
    return draw_one(
        rng,
        (
            f"{birth}-{draw_between(rng, 1, 4)}{draw_digits(rng, 6)}",
            f"{birth}-{draw_between(rng, 1, 4)}******",
            f"{draw_digits(rng, 3)}-{draw_digits(rng, 2)}-{draw_digits(rng, 5)}",
            f"{draw_digits(rng, 3)}-{draw_digits(rng, 2)}-{draw_digits(rng, 5)}",
            f"{draw_digits(rng, 6)}-{draw_digits(rng, 7)}",
            f"{draw_between(rng, 11, 28)}-{draw_digits(rng, 2)}-{draw_digits(rng, 6)}-{draw_digits(rng, 2)}",
            f"M{draw_digits(rng, 8)}",
            f"{draw_digits(rng, draw_between(rng, 2, 3))}{vehicle} {draw_digits(rng, 4)}",
            f"제{draw_between(rng, 2000, 2030)}-{draw_one(rng, TOWNS)}-{draw_digits(rng, 5)}호",
            f"978-89-{draw_digits(rng, 4)}-{draw_digits(rng, 3)}-{draw_digits(rng, 1)}",
            f"88{draw_digits(rng, 11)}",
        ),
    )


def draw_account(rng: np.random.Generator) -> str:
    """A bank account, payment card or approval number, whole or masked, sometimes with bank and holder."""
    account = "-".join(
        draw_digits(rng, count)
        for count in draw_one(rng, ((3, 2, 6), (6, 2, 6), (3, 4, 4, 2), (4, 3, 6), (3, 6, 2, 3)))
    )
    groups = [draw_digits(rng, 4) for _ in range(4)]
    return draw_one(
        rng,
        (
            account,
            f"{draw_one(rng, BANKS)} {account}",
            f"{draw_one(rng, BANKS)} {account} {draw_person(rng)}",
            f"{account} (예금주: {draw_person(rng)})",
            "-".join(groups),
            " ".join(groups),
            f"{groups[0]}-****-****-{groups[3]}",
            f"{groups[0]}-{groups[1][:2]}**-****-{groups[3]}",
            f"{groups[0]}-{groups[1][:2]}**-****-****",
            f"{groups[0]}-{groups[1][:2]}**-****-**** **/**",
            f"{groups[0]} {groups[1][:2]}XX XXXX {groups[3]}",
            f"{draw_digits(rng, draw_between(rng, 10, 14))}",
            f"승인번호 {draw_digits(rng, 8)}",
        ),
    )


def draw_email(rng: np.random.Generator) -> str:
    """An e-mail address."""
    name = draw_one(rng, COMMON)
    name += draw_one(rng, ("", "_", ".", "-")) + (
        draw_one(rng, COMMON) if draw_chance(rng, 0.4) else draw_digits(rng, 2)
    )
    host = draw_one(rng, _MAIL_HOSTS) if draw_chance(rng, 0.7) else _draw_host(rng)
    return draw_one(rng, ("", "", "", "E-mail: ", "이메일 ", "E. ")) + f"{name}@{host}"


def draw_url(rng: np.random.Generator) -> str:
    """A web address, with or without scheme and path, a file path, or a social handle."""
    u = rng.random()
    if u < 0.1:
        return (
            draw_one(rng, "@#") + draw_one(rng, COMMON) + draw_one(rng, ("", "_kr", ".official", draw_digits(rng, 2)))
        )
    if u < 0.18:
        folders = "\\".join(draw_one(rng, COMMON).capitalize() for _ in range(draw_between(rng, 1, 3)))
        return draw_one(
            rng,
            (
                f"C:\\{folders}",
                f"/home/{draw_one(rng, COMMON)}/{draw_one(rng, COMMON)}.txt",
                f"{draw_one(rng, COMMON)}_{draw_digits(rng, 2)}.jpg",
            ),
        )
    text = draw_one(rng, ("", "www.", "www.", "http://", "https://", "https://www.")) + _draw_host(rng)
    if u < 0.5:
        return text
    text += f"/{draw_one(rng, _PATHS)}"
    return text + (
        f"?id={draw_digits(rng, draw_between(rng, 1, 6))}" if draw_chance(rng, 0.3) and "?" not in text else ""
    )


def _draw_host(rng: np.random.Generator) -> str:
    name = draw_one(rng, COMMON) + (
        draw_one(rng, ("", "", "-")) + draw_one(rng, COMMON) if draw_chance(rng, 0.5) else ""
    )
    return name + draw_one(rng, _TOP_LEVELS)


IDENTIFIER_GENERATORS: dict[str, Callable[[np.random.Generator], str]] = {
    "phone": draw_phone,
    "registration": draw_registration,
    "account": draw_account,
    "email": draw_email,
    "url": draw_url,
}
