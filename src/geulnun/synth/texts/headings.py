"""Lines that stand on their own: headings, items of lists, quoted and bracketed words, captions, notices."""

from collections.abc import Callable

import numpy as np

from geulnun.synth.texts.figures import draw_date, draw_measure, draw_price, draw_time
from geulnun.synth.texts.latin import ACRONYMS, draw_english_word
from geulnun.synth.texts.names import draw_company, draw_person, draw_place
from geulnun.synth.texts.random_choice import draw_between, draw_chance, draw_one
from geulnun.synth.texts.sentences import draw_phrase, draw_sentence
from geulnun.synth.texts.vocabulary import (
    ACTIONS,
    EXCLAMATIONS,
    IDEAS,
    INTERNET,
    LOANWORDS,
    OFFICIAL,
    OFFICIAL_ACTS,
    PLACES,
    THINGS,
    split_words,
)

DOCUMENT_TITLES = split_words("""
사업자등록증 주민등록등본 가족관계증명서 인감증명서 재직증명서 경력증명서 졸업증명서 성적증명서 수료증 자격증
상장 표창장 임명장 위촉장 감사장 계약서 근로계약서 임대차계약서 매매계약서 견적서 거래명세서 세금계산서 영수증
청구서 납품서 발주서 지출결의서 품의서 기안서 회의록 업무일지 출장보고서 휴가신청서 사직서 이력서 자기소개서
추천서 위임장 확인서 동의서 서약서 각서 진술서 고소장 소장 판결문 결정문 공고문 안내문 초대장 가정통신문 시험지
답안지 생활기록부 진단서 처방전 소견서 입퇴원확인서 진료비계산서 건강진단결과서 예방접종증명서 등기부등본
건축물대장 토지대장 지적도 설계도면 시방서 보증서 사용설명서 품질보증서 원산지증명서 검사성적서 시험성적서
특허증 면허증 허가증 신고필증 여권 신분증 통장사본 목차 서론 본론 결론 부록 참고문헌
""")
_SHORT_LABELS = split_words("""
성명 주소 상호 전화 번호 비고 합계 금액 품목 품명 수량 단가 규격 세액 날짜 일자 구분 내용 제목 소속 직위 직급 성별 나이
생년월일 이름 본적 학교 학과 기간 장소 시간 대표자 사업자 등록번호 개업일 소재지 업태 종목 공급자 계좌 은행 예금주 발신
수신 참조 경유 담당 과장 부장 팀장 사장 결재 목적 사유 용도 면적 층수 구조 원인 접수 처리 신청인 보증인 증인 갑 을
""")
_BULLETS = tuple("※○●◎■□◆◇▶☞★☆·-•*→✓✔▲△+–")
_ORDERED = (
    "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "㉠㉡㉢㉣㉤㉥㉦㉧㉨㉩㉪㉫㉬㉭",
    "㉮㉯㉰㉱㉲㉳㉴㉵㉶㉷㉸㉹㉺㉻",
    "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫ",
    "ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹ",
)
_LETTER_ITEMS = ("가나다라마바사아자차카타파하", "ㄱㄴㄷㄹㅁㅂㅅㅇ", "ABCDEFGH", "abcdefgh")
BRACKETS = tuple((pair[0], pair[1]) for pair in split_words("「」 『』 〈〉 《》 【】 〔〕 ‘’ “” () [] {} <> '' \"\""))
_NOTICES = split_words("""
금연 출입금지 관계자_외_출입금지 촬영금지 음식물_반입금지 주차금지 미시오 당기시오 비상구 소화기 화장실
안내데스크 매표소 엘리베이터_고장 공사_중 휴무 영업중 준비중 임대문의 세일 신장개업 예약_환영 포장_가능
주차_가능 배달됩니다 CCTV_작동중 머리조심 발밑조심 천천히 일방통행 어린이보호구역 노약자석 임산부_배려석
나가는_곳 타는_곳 갈아타는_곳 만지지_마세요 쓰레기를_버리지_마시오 문을_닫아_주세요 조용히_해_주세요
신발을_벗어_주세요 잔돈을_확인하세요 애완동물_출입금지 셀프_서비스 물은_셀프입니다 외부_음식_반입_금지
비_오는_날_쉽니다
""")


def draw_title_words(rng: np.random.Generator) -> str:
    """A title of two to five nouns: 개인정보 처리방침, 2026년 정보보호 기본계획 안내, 배송 및 교환 안내."""
    u = rng.random()
    if u < 0.25:
        return f"{draw_one(rng, OFFICIAL)} {draw_one(rng, OFFICIAL_ACTS)}"
    if u < 0.4:
        return f"{draw_one(rng, OFFICIAL)} {draw_one(rng, ACTIONS)}에 관한 {draw_one(rng, OFFICIAL_ACTS)}"
    if u < 0.55:
        link = draw_one(rng, (" 및 ", "·", " · ", "/", " & "))
        return f"{draw_one(rng, ACTIONS)}{link}{draw_one(rng, ACTIONS)} {draw_one(rng, OFFICIAL_ACTS)}"
    if u < 0.65:
        year = f"{draw_between(rng, 2000, 2035)}{draw_one(rng, ('년', '년도', '학년도'))}"
        return f"{year} {draw_one(rng, OFFICIAL)} {draw_one(rng, OFFICIAL_ACTS)}"
    if u < 0.75:
        work = draw_one(rng, ("시스템", "모델", "방법", "기술", "연구"))
        return f"{draw_one(rng, ACRONYMS)} 기반 {draw_one(rng, IDEAS)} {draw_one(rng, ACTIONS)} {work}"
    if u < 0.85:
        return f"{draw_one(rng, LOANWORDS)} {draw_one(rng, LOANWORDS)}"
    return draw_one(rng, DOCUMENT_TITLES) if u < 0.95 else draw_phrase(rng)


def draw_spaced_heading(rng: np.random.Generator) -> str:
    """A document's title with a space between the letters: 사 업 자 등 록 증, 목 차."""
    title = draw_one(rng, DOCUMENT_TITLES) if draw_chance(rng, 0.7) else draw_one(rng, OFFICIAL + OFFICIAL_ACTS + IDEAS)
    return " ".join(title.replace(" ", "")[:14])


def draw_spaced_label(rng: np.random.Generator) -> str:
    """A short label of a form, its letters set apart, and mostly its value: 성 명 : 홍길동, 주 소, 대 표 자 김하나."""
    label = " ".join(draw_one(rng, _SHORT_LABELS))
    u = rng.random()
    if u < 0.35:
        return label
    value = draw_one(rng, (draw_person, draw_company, draw_place, draw_date, draw_price))(rng)
    link = draw_one(rng, (" : ", " : ", ": ", ":", " "))
    if u < 0.85:
        return f"{label}{link}{value}"
    return f"{label}{link}{value} {' '.join(draw_one(rng, _SHORT_LABELS))}"


def draw_marker(rng: np.random.Generator) -> str:
    """The mark before an item of a list with its distance: "① ", "가. ", "(1) ", "제3조 ", "※ "."""
    u = rng.random()
    if u < 0.35:
        return draw_one(rng, _BULLETS) + ("" if draw_chance(rng, 0.15) else " ")
    n = int(rng.random() ** 2 * 20)
    if u < 0.55:
        items = draw_one(rng, _ORDERED)
        return items[n % len(items)] + ("" if draw_chance(rng, 0.3) else " ")
    if u < 0.75:
        form = draw_one(rng, ("{}. ", "{}) ", "({}) ", "{}.", "[{}] ", "{}-1. ", "{}.2 ", "1.{} ", "{}.1.3 ", "<{}> "))
        return form.format(n + 1)
    if u < 0.9:
        items = draw_one(rng, _LETTER_ITEMS)
        return draw_one(rng, ("{}. ", "{}) ", "({}) ", "{}.")).format(items[n % len(items)])
    return draw_one(
        rng,
        (
            "제{}조 ",
            "제{}장 ",
            "제{}절 ",
            "{}단계 ",
            "표 {}. ",
            "그림 {}. ",
            "[별표 {}] ",
            "Q{}. ",
            "STEP {} ",
            "Chapter {} ",
        ),
    ).format(n + 1)


def draw_heading(rng: np.random.Generator) -> str:
    """A heading, with or without a number before it or brackets around it, or spaced out."""
    u = rng.random()
    if u < 0.14:
        return draw_spaced_heading(rng)
    title = draw_title_words(rng)
    if u < 0.5:
        return draw_marker(rng) + title
    if u < 0.62:
        opener, closer = draw_one(rng, BRACKETS)
        return f"{opener}{title}{closer}"
    return title


def draw_item(rng: np.random.Generator) -> str:
    """An item of a list: a mark and a phrase, a sentence or a labelled value."""
    u = rng.random()
    if u < 0.3:
        body = draw_sentence(rng)
    elif u < 0.6:
        body = draw_phrase(rng)
    elif u < 0.8:
        label = draw_one(rng, (*IDEAS, *ACTIONS))
        value = draw_one(rng, (draw_date, draw_time, draw_price, draw_measure, draw_place, draw_company, draw_person))(
            rng
        )
        body = f"{label}{draw_one(rng, (' : ', ': ', ' - ', ' '))}{value}"
    else:
        body = draw_title_words(rng)
    return draw_marker(rng) + body


def draw_enumeration(rng: np.random.Generator) -> str:
    """Several short items on one line: ① 가방 ② 신발 ③ 모자, or ㉠, ㉡."""
    items = draw_one(rng, (*_ORDERED, *_LETTER_ITEMS))
    first = int(rng.random() * (len(items) - 4))
    form = "{} {}" if len(items) > 8 and items[0] not in "가A" else draw_one(rng, ("{}. {}", "{}) {}", "({}) {}"))
    marks = items[first : first + draw_between(rng, 2, 4)]
    if draw_chance(rng, 0.15):
        return draw_one(rng, (", ", " ", "·", " → ", "-")).join(marks)
    return " ".join(form.format(mark, draw_one(rng, draw_one(rng, (THINGS, IDEAS, PLACES)))) for mark in marks)


def draw_bracketed(rng: np.random.Generator) -> str:
    """Words in brackets or quotes, alone or with their neighbours: 「전자서명법」 제3조, (단위: 천원), “네?”라고."""
    opener, closer = draw_one(rng, BRACKETS)
    u = rng.random()
    if u < 0.2:
        return f"{opener}{draw_one(rng, OFFICIAL)}법{closer} 제{draw_between(rng, 1, 120)}조"
    if u < 0.35:
        label = draw_one(rng, ("단위", "출처", "자료", "기준", "문의", "예"))
        return f"({label}: {draw_one(rng, ('천원', '명', '%', '백만원', '건', draw_company(rng)))})"
    if u < 0.6:
        text = draw_sentence(rng)
        return f"{opener}{text}{closer}" if len(text) < 34 else text
    if u < 0.8:
        return f"{draw_one(rng, THINGS)}{opener}{draw_english_word(rng)}{closer} {draw_one(rng, ACTIONS)}"
    if u < 0.9:
        return f"{opener}{draw_one(rng, EXCLAMATIONS)}{closer}라고 말했다."
    return f"{opener}{draw_phrase(rng)}{closer}"


def draw_caption(rng: np.random.Generator) -> str:
    """A line of a film's or programme's captions: - 그래?, (문 닫히는 소리), ♪ 노래 ♪, [민수] 어디 가?"""
    u = rng.random()
    line = (
        draw_sentence(rng)
        if draw_chance(rng, 0.7)
        else draw_one(rng, EXCLAMATIONS) + draw_one(rng, ("!", "?", "...", "~", ""))
    )
    if u < 0.5:
        return line
    if u < 0.68:
        return f"-{draw_one(rng, (' ', ' ', ''))}{line}"
    if u < 0.76:
        return f"({draw_one(rng, THINGS)} {draw_one(rng, ('소리', '음악', '웃음', '효과음', '박수'))})"
    if u < 0.82:
        return f"♪ {draw_phrase(rng)} ♪"
    if u < 0.9:
        return f"{draw_one(rng, ('[{}]', '({})', '{}:', '<{}>')).format(draw_person(rng))} {line}"
    return f"“{line}”" if u < 0.95 else f"{draw_one(rng, EXCLAMATIONS)}… {line}"


def draw_notice(rng: np.random.Generator) -> str:
    """What a notice or sign says: 출입금지, 문을 닫아 주세요, 휴무 3월 2일."""
    text = draw_one(rng, _NOTICES)
    u = rng.random()
    if u < 0.6:
        return text
    if u < 0.75:
        return f"{text}{draw_one(rng, ('!', '!!', ' ★', ' →', ' ←', ' ↑', '.'))}"
    return f"{text} {draw_one(rng, (draw_date, draw_time, draw_place))(rng)}"


def draw_informal(rng: np.random.Generator) -> str:
    """Chatty words as in comments: 대박 ㅋㅋ 진짜 맛집, 강추!!, #먹방 #맛집."""
    words = [draw_one(rng, INTERNET) for _ in range(draw_between(rng, 1, 4))]
    if draw_chance(rng, 0.2):
        return " ".join("#" + word for word in words if word[0] not in "ㅋㅎㅠ") or "#맛집"
    return " ".join(words) + draw_one(rng, ("", "", "!", "!!", "~", "~~", "...", "ㅋㅋㅋ", " ㅠㅠ", " ♥", "^^", " ;;"))


HEADING_GENERATORS: dict[str, Callable[[np.random.Generator], str]] = {
    "heading": draw_heading,
    "spaced_heading": draw_spaced_heading,
    "spaced_label": draw_spaced_label,
    "title_words": draw_title_words,
    "item": draw_item,
    "enumeration": draw_enumeration,
    "bracketed": draw_bracketed,
    "caption": draw_caption,
    "notice": draw_notice,
    "informal": draw_informal,
}
