"""What phones, apps and shops show: buttons, settings, notifications, messages, products, reviews."""

from collections.abc import Callable

import numpy as np

from geulnun.synth.texts.figures import draw_count, draw_date, draw_price, draw_time
from geulnun.synth.texts.headings import draw_informal
from geulnun.synth.texts.identifiers import draw_phone, draw_url
from geulnun.synth.texts.latin import draw_english_word
from geulnun.synth.texts.names import BANKS, draw_company, draw_person, draw_place, draw_shop
from geulnun.synth.texts.random_choice import draw_between, draw_chance, draw_digits, draw_one
from geulnun.synth.texts.sentences import draw_sentence
from geulnun.synth.texts.vocabulary import ACTIONS, ADVERBS, EXCLAMATIONS, GOODS, LOANWORDS, THINGS, split_words

BUTTONS = split_words("""
확인 취소 저장 삭제 편집 공유 검색 닫기 다음 이전 완료 건너뛰기 로그인 로그아웃 회원가입 비밀번호_찾기
아이디_찾기 장바구니 장바구니_담기 바로구매 구매하기 주문하기 결제하기 찜하기 좋아요 댓글_달기 답글 더보기
전체보기 목록 홈 마이페이지 고객센터 자주_묻는_질문 1:1_문의 공지사항 이벤트 쿠폰함 적립금 포인트 배송조회
주문내역 취소/반품 최근_본_상품 새로고침 뒤로 설정 알림 메시지 통화 연락처 카메라 갤러리 지도 날씨 달력 시계
계산기 메모 음악 동영상 파일 다운로드 업데이트 설치 열기 시작하기 계속 동의하고_계속하기 모두_동의 나중에_하기
다시_시도 인증번호_받기 재전송 초대하기 친구_추가 차단 신고하기 번역 보기 숨기기 필터 정렬 인기순 최신순
낮은가격순 높은가격순 판매순 리뷰많은순 카테고리 브랜드 랭킹 오늘특가 타임세일 신상품 베스트 기획전 무료배송
당일발송 로켓배송 오늘출발 품절 품절임박 한정수량 1+1 증정 사은품 쿠폰 할인 특가 예약 문의하기 길찾기 전화 메뉴
사진 리뷰 영업시간 주차 포장 배달 인스타그램
""")
SETTINGS = split_words("""
일반 디스플레이 밝기 자동_밝기 다크_모드 글꼴 글꼴_크기 화면_자동_꺼짐 배경화면 잠금화면 소리 진동 벨소리
미디어_음량 알림_설정 방해_금지_모드 네트워크 Wi-Fi 블루투스 모바일_데이터 비행기_모드 핫스팟 NFC 위치 보안
지문_인식 얼굴_인식 화면_잠금 비밀번호_변경 개인정보_보호 권한_관리자 앱_관리 저장공간 배터리 배터리_절약
기기_관리 접근성 언어 언어_및_입력 키보드 날짜_및_시간 백업_및_복원 초기화 소프트웨어_업데이트 휴대전화_정보
계정 동기화 클라우드 프로필 로그인_정보 자동_로그인 2단계_인증 알림_소리 팝업_알림 마케팅_수신_동의 이용약관
개인정보_처리방침 오픈소스_라이선스 버전_정보 캐시_삭제 데이터_사용량 자동_재생 화질 자막 재생_속도
다운로드_품질 자동_다운로드 즐겨찾기 홈_화면 위젯 아이콘 테마 색상 단축키 기본_앱 개발자_옵션 도움말 의견_보내기
""")
_SETTING_VALUES = split_words("""
켜짐 꺼짐 사용 사용_안_함 한국어 자동 수동 보통 크게 작게 높음 낮음 항상 안_함 최신_버전 30초 1분 10분 연결됨
연결_안_됨 기본값 시스템_설정
""")
_SMS_SENDERS = ("[Web발신]", "[국제발신]", "(광고)", "[안내]", "[긴급재난문자]", "[인증번호]", "<공지>")
_PRODUCT_WORDS = split_words("""
수분 진정 보습 탄력 미백 주름 저자극 약산성 순한 촉촉한 프리미엄 대용량 휴대용 무선 초경량 국내산 유기농 무농약
수제 정품 신상 여름 겨울 남성 여성 유아 공용 접이식 방수 고급 기획 세트 리필 본품 미니 한정판 2024 NEW 데일리
클래식 오리지널 스페셜
""")
_TAGS = split_words("""
무료배송 오늘출발 최대_30%_할인 단독 BEST NEW HOT 1+1 2+1 쿠폰적용가 회원전용 품절임박 재입고 MD추천 베스트셀러
정기배송 선물포장 당일배송 새벽배송 도착보장
""")
_PRAISE = ("좋아요", "만족해요", "추천해요", "별로예요", "촉촉해요", "빨라요", "예뻐요", "맛있어요")
_STATUS_BARS = ("SKT", "KT", "LG U+", "LTE", "5G", "3G", "")
_REPLIES = split_words("""
네 넵 네네 아니요 ㅇㅇ ㅋㅋㅋ ㅎㅎ 알겠습니다 감사합니다! 고마워~ 지금_어디야? 언제_와? 거의_다_왔어 도착했어요
출발합니다 회의_중이에요 나중에_연락할게 밥_먹었어? 오늘_뭐_해? 내일_봐 잘_자 생일_축하해! 사진_보내_줘
전화해_줘 늦어서_미안 괜찮아요 좋아요! 콜! 그래_그럼 몇_시에_볼까? 확인했습니다 수고하셨습니다 점심_뭐_먹지
비_온다 대박 진짜? 헐 왜? 몰라 알았어 응응
""")


def draw_button(rng: np.random.Generator) -> str:
    """The caption of a button, tab or menu entry, sometimes with a count or an arrow."""
    text = draw_one(rng, BUTTONS)
    u = rng.random()
    if u < 0.75:
        return text
    return text + draw_one(
        rng, (" >", " ▼", "(" + str(draw_count(rng, 3)) + ")", f" {draw_count(rng, 4):,}", " →", " +", "!")
    )


def draw_setting(rng: np.random.Generator) -> str:
    """The name of a setting, with or without its value."""
    name = draw_one(rng, SETTINGS)
    return f"{name} {draw_one(rng, _SETTING_VALUES)}" if draw_chance(rng, 0.2) else name


def draw_settings(rng: np.random.Generator, count: int | None = None) -> list[tuple[str, str]]:
    """Rows of a settings screen as (name, value or explanation); the second is often empty."""
    rows = []
    for _ in range(count or draw_between(rng, 5, 14)):
        u = rng.random()
        value = "" if u < 0.4 else draw_one(rng, _SETTING_VALUES) if u < 0.7 else draw_sentence(rng)
        rows.append((draw_one(rng, SETTINGS), value))
    return rows


def draw_status_bar(rng: np.random.Generator) -> str:
    """The top line of a phone's screen: 11:00 LTE 85%."""
    parts = (
        f"{draw_between(rng, 1, 23)}:{draw_between(rng, 0, 59):02d}",
        draw_one(rng, _STATUS_BARS),
        f"{draw_between(rng, 1, 100)}%",
    )
    return " ".join(part for part in parts if part)


def draw_message(rng: np.random.Generator) -> str:
    """A short message, chat line, or machine-sent notice with codes and amounts."""
    u = rng.random()
    if u < 0.35:
        return draw_one(rng, _REPLIES)
    if u < 0.55:
        return draw_sentence(rng)
    if u < 0.65:
        return draw_informal(rng)
    sender = draw_one(rng, _SMS_SENDERS)
    return draw_one(
        rng,
        (
            f"{sender} {draw_company(rng)}",
            f"[{draw_one(rng, BANKS)}] 인증번호 [{draw_digits(rng, 6)}]를 입력해 주세요.",
            f"인증번호는 {draw_digits(rng, 6)}입니다.",
            f"{draw_date(rng)} {draw_time(rng)} {draw_price(rng)} 승인",
            f"{draw_person(rng)}님, 주문하신 상품이 배송되었습니다.",
            f"{draw_person(rng)}님이 사진을 보냈습니다.",
            f"잔액 {draw_price(rng)}",
            f"운송장번호 {draw_digits(rng, 12)}",
            f"무료수신거부 {draw_phone(rng)}",
            f"자세히 보기 {draw_url(rng)}",
        ),
    )


def draw_chat(rng: np.random.Generator, count: int | None = None) -> list[tuple[str, str, str]]:
    """Messages of a conversation as (sender, text, time); the sender "" is the phone's owner."""
    others = [
        draw_person(rng) if draw_chance(rng, 0.6) else draw_one(rng, ("엄마", "아빠", "팀장님", "친구", "자기야"))
        for _ in range(2)
    ]
    minute = draw_between(rng, 0, 1000)
    messages = []
    for _ in range(count or draw_between(rng, 4, 12)):
        minute += draw_one(rng, (0, 0, 1, 2, 7, 30))
        hour = minute // 60 % 24
        time = f"{'오전' if hour < 12 else '오후'} {hour % 12 or 12}:{minute % 60:02d}"
        messages.append((draw_one(rng, ("", "", others[0], others[0], others[1])), draw_message(rng), time))
    return messages


def draw_product(rng: np.random.Generator) -> str:
    """The name of a product as shops write it: [단독] 수분 진정 크림 50ml 1+1."""
    words = [draw_one(rng, _PRODUCT_WORDS) for _ in range(draw_between(rng, 0, 2))]
    u = rng.random()
    words.append(draw_one(rng, GOODS) if u < 0.5 else draw_one(rng, THINGS) if u < 0.75 else draw_one(rng, LOANWORDS))
    if draw_chance(rng, 0.3):
        words.insert(0, draw_english_word(rng))
    if draw_chance(rng, 0.2):
        words.insert(0, draw_one(rng, ("[{}]", "({})", "【{}】", "★{}★")).format(draw_one(rng, _TAGS)))
    if draw_chance(rng, 0.2):
        words.append(
            draw_one(rng, ("1+1", "2개입", "SET", "(대)", "x2", f"{draw_between(rng, 2, 50)}개", "/ 블랙", "[95]"))
        )
    return " ".join(words)


def draw_review(rng: np.random.Generator) -> str:
    """A line of a review or its heading: ★★★★☆ 4.5, 리뷰 1,234, 재구매 의사 있어요!"""
    stars = draw_between(rng, 1, 5)
    return draw_one(
        rng,
        (
            "★" * stars + "☆" * (5 - stars),
            f"★ {rng.random() * 5:.1f} ({draw_count(rng, 5):,})",
            f"{'★' * stars} {stars}.0",
            f"리뷰 {draw_count(rng, 5):,}",
            f"상품평({draw_count(rng, 4)})",
            f"{draw_person(rng)[0]}** | {draw_date(rng)}",
            f"{draw_one(rng, ADVERBS)} {draw_one(rng, _PRAISE)}"
            + draw_one(rng, ("!", "!!", "~", "^^", "ㅎㅎ", "", " ♥")),
            f"{draw_one(rng, THINGS)} {draw_informal(rng)}",
            f"도움이 돼요 {draw_count(rng, 3)}",
            draw_sentence(rng),
        ),
    )


def draw_screen_text(rng: np.random.Generator) -> str:
    """Any single line of a screen: a button, a setting, a message, a product, a review."""
    return draw_one(
        rng, (draw_button, draw_button, draw_setting, draw_message, draw_product, draw_review, _draw_greeting)
    )(rng)


def _draw_greeting(rng: np.random.Generator) -> str:
    return draw_one(
        rng,
        (
            f"{draw_person(rng)}님, {draw_one(rng, EXCLAMATIONS)}!",
            f"{draw_one(rng, THINGS)} {draw_one(rng, ACTIONS)}이 완료되었습니다.",
            f"{draw_shop(rng)} · {draw_place(rng)}",
            f"총 {draw_count(rng, 4):,}건",
            f"{draw_between(rng, 1, 9)}/{draw_between(rng, 9, 20)}",
            draw_status_bar(rng),
        ),
    )


SCREEN_GENERATORS: dict[str, Callable[[np.random.Generator], str]] = {
    "screen": draw_screen_text,
    "button": draw_button,
    "setting": draw_setting,
    "message": draw_message,
    "product": draw_product,
    "review": draw_review,
}
