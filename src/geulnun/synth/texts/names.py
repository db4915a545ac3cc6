"""Names of people, places, companies and shops, and Korean addresses."""

from collections.abc import Callable

import numpy as np

from geulnun.synth.texts.latin import draw_english_word
from geulnun.synth.texts.random_choice import draw_between, draw_chance, draw_digits, draw_one
from geulnun.synth.texts.vocabulary import IDEAS, LOANWORDS, THINGS, split_words

SURNAMES = split_words("""
김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 전 홍 유 고 문 양 손 배 백 허 남 심 노 하 곽 성 차 주 우
구 나 민 진 지 엄 채 원 천 방 공 현 함 변 염 여 추 도 소 석 선 설 마 길 연 위 표 명 기 반 라 왕 금 옥 육 인 맹
제 모 탁 국 어 은 편 용 예 경 봉 사 부 황보 남궁 제갈 선우 독고 사공
""")
_GIVEN = (
    "가강건경계고관광교구국권규균근금기길나남노다단달담대덕도동두라란래량려련령로록룡루류률리린림마만매명모목묘무문미민바박반방배백범벽변별병보복봉부비빈빛"
    "사산삼상새서석선설섬섭성세소솔송수숙순술슬승시식신실심아안애양언엄업연열염엽영예오옥온완요용우욱운웅원월위유육윤율융으은을의이인일임자잔장재전정제조종"
    "주준중지진찬창채천철청초총추춘충치탁태택하학한함해향혁현협형혜호홍화환황회효후훈휘휴흠흥희"
)
PROVINCES = split_words("""
서울특별시 부산광역시 대구광역시 인천광역시 광주광역시 대전광역시 울산광역시 세종특별자치시 경기도
강원특별자치도 충청북도 충청남도 전북특별자치도 전라남도 경상북도 경상남도 제주특별자치도 서울 부산 대구 인천
광주 대전 울산 세종 경기 강원 충북 충남 전북 전남 경북 경남 제주
""")
CITIES = split_words("""
수원시 성남시 고양시 용인시 부천시 안산시 안양시 남양주시 화성시 평택시 의정부시 시흥시 파주시 김포시 광명시
군포시 이천시 양주시 오산시 구리시 안성시 포천시 의왕시 하남시 여주시 동두천시 과천시 춘천시 원주시 강릉시
동해시 태백시 속초시 삼척시 청주시 충주시 제천시 천안시 공주시 보령시 아산시 서산시 논산시 계룡시 당진시 전주시
군산시 익산시 정읍시 남원시 김제시 목포시 여수시 순천시 나주시 광양시 포항시 경주시 김천시 안동시 구미시 영주시
영천시 상주시 문경시 경산시 창원시 진주시 통영시 사천시 김해시 밀양시 거제시 양산시 제주시 서귀포시 양평군
가평군 연천군 홍천군 횡성군 영월군 평창군 정선군 철원군 화천군 양구군 인제군 고성군 양양군 보은군 옥천군 영동군
진천군 괴산군 음성군 단양군 금산군 부여군 서천군 청양군 홍성군 예산군 태안군 완주군 진안군 무주군 장수군 임실군
순창군 고창군 부안군 담양군 곡성군 구례군 고흥군 보성군 화순군 장흥군 강진군 해남군 영암군 무안군 함평군 영광군
장성군 완도군 진도군 신안군 의성군 청송군 영양군 영덕군 청도군 고령군 성주군 칠곡군 예천군 봉화군 울진군 울릉군
의령군 함안군 창녕군 남해군 하동군 산청군 함양군 거창군 합천군
""")
DISTRICTS = split_words("""
종로구 중구 용산구 성동구 광진구 동대문구 중랑구 성북구 강북구 도봉구 노원구 은평구 서대문구 마포구 양천구
강서구 구로구 금천구 영등포구 동작구 관악구 서초구 강남구 송파구 강동구 해운대구 부산진구 동래구 남구 북구 서구
동구 사하구 금정구 연제구 수영구 사상구 수성구 달서구 미추홀구 연수구 남동구 부평구 계양구 광산구 유성구 대덕구
분당구 수정구 중원구 일산동구 일산서구 덕양구 팔달구 영통구 권선구 장안구 기흥구 수지구 처인구 만안구 동안구
상록구 단원구 흥덕구 청원구 상당구 서원구 완산구 덕진구 의창구 성산구 마산합포구
""")
TOWNS = split_words("""
역삼 삼성 청담 논현 신사 압구정 대치 개포 도곡 서초 반포 방배 잠실 문정 가락 송파 천호 길동 성수 왕십리 건대
자양 회기 청량리 혜화 명동 을지로 충무로 남대문 광화문 인사 삼청 평창 연희 신촌 합정 상암 망원 여의도 당산 문래
영등포 신림 봉천 사당 노량진 흑석 이태원 한남 후암 용문 공덕 아현 목동 화곡 발산 가산 독산 시흥 구로 신도림 오류
상계 중계 하계 월계 수유 미아 길음 정릉 돈암 판교 정자 서현 야탑 이매 광교 동탄 송도 청라 구월 부평 주안 해운대
광안 서면 남포 센텀 동성로 범어 상무 충장 둔산 유성 삼산 옥동 조천 애월 한림 성산 중문
""")
ROADS = split_words("""
세종대로 테헤란로 강남대로 종로 을지로 퇴계로 남대문로 충무로 한강대로 서빙고로 이태원로 독서당로 올림픽로
송파대로 천호대로 왕십리로 성수이로 동일로 노원로 도봉로 통일로 불광로 양화로 홍익로 월드컵로 마포대로 여의대로
국제금융로 영등포로 경인로 가마산로 남부순환로 봉은사로 학동로 도산대로 언주로 논현로 선릉로 삼성로 영동대로
헌릉로 양재대로 반포대로 서초대로 사임당로 효령로 판교로 분당로 성남대로 경수대로 중부대로 광교로 동탄대로
송도과학로 인하로 경원대로 중앙대로 해운대로 수영로 광안해변로 달구벌대로 동대구로 상무대로 금남로 대학로 계룡로
한밭대로 엑스포로 문화로 시청로 역전로 번영로 산업로 공단로 충절로 백제로 가야대로 신라로 첨단로 과학로
연구단지로 혁신로 평화로 노형로 일주서로 해맞이해안로 솔밭로 벚꽃로 은행나무길
""")
COMPANIES = split_words("""
한국 대한 서울 동양 세계 우리 신한 국민 하나 미래 한빛 새한 동아 삼화 대우 금호 태평양 코리아 글로벌 퍼스트
스마트 그린 블루 에코 유니 디지털 넥스트 이노 메가 베스트 프라임 아주 대신 현진 성원 우성 삼보 태광 동부 남양
북부 중앙 제일 일신 영진 경남 호남 한일 신성 대명 명성 금강 백두 한라 지리산 설악 무궁화 진달래 가온 누리 한울
다온 라온 마루
""")
TRADES = split_words("""
전자 건설 물산 상사 산업 화학 제약 식품 유통 물류 해운 항공 통신 정보통신 소프트 시스템 테크 엔지니어링 디자인
미디어 엔터테인먼트 출판 인쇄 섬유 패션 화장품 바이오 메디칼 에너지 전력 가스 중공업 자동차 부품 정밀 금속 철강
시멘트 유리 가구 인테리어 개발 부동산 자산운용 투자증권 생명보험 화재해상보험 은행 저축은행 캐피탈 카드 신탁
회계법인 법무법인 특허법인 컨설팅 교육 여행사 호텔 리조트 병원 의원 한의원 치과의원 약국 동물병원 학원 어린이집
유치원 초등학교 중학교 고등학교 대학교 연구원 연구소 협회 재단 조합 공사 공단 진흥원
""")
SHOPS = split_words("""
식당 분식 국밥 갈비 삼겹살 횟집 칼국수 냉면 반점 치킨 피자 족발 떡볶이 김밥 포차 호프 카페 커피 베이커리 제과점
떡집 정육점 수산 청과 마트 슈퍼 편의점 문구 서점 꽃집 철물점 세탁소 미용실 헤어샵 네일 안경원 약국 사진관 PC방
노래방 당구장 헬스 필라테스 요가 태권도 피아노 미술학원 영어학원 공인중개사 부동산 모텔 펜션 게스트하우스 찜질방
사우나 주유소 카센터 타이어 세차장 인테리어 간판 열쇠 휴대폰 컴퓨터 가구 침구 옷가게 신발 가방 금은방 전당포
휴대폰수리
""")
BANKS = split_words("""
국민은행 신한은행 우리은행 하나은행 농협은행 기업은행 SC제일은행 씨티은행 수협은행 대구은행 부산은행 경남은행
광주은행 전북은행 제주은행 산업은행 우체국 새마을금고 신협 카카오뱅크 케이뱅크 토스뱅크 KB국민 NH농협 IBK기업
KDB산업 KEB하나
""")


def draw_person(rng: np.random.Generator) -> str:
    """A Korean name: surname and one or two syllables."""
    count = 2 if draw_chance(rng, 0.93) else 1
    return draw_one(rng, SURNAMES) + "".join([draw_one(rng, _GIVEN) for _ in range(count)])


def draw_company(rng: np.random.Generator) -> str:
    """A company's or institution's name with or without its legal form: 한빛전자(주), ㈜가온소프트."""
    name = draw_one(rng, COMPANIES) + draw_one(rng, TRADES)
    u = rng.random()
    if u < 0.35:
        return name
    if u < 0.9:
        form = draw_one(
            rng, ("(주){}", "㈜{}", "주식회사 {}", "{}(주)", "{} 주식회사", "{}㈜", "(재){}", "(사){}", "{} Co., Ltd.")
        )
        return form.format(name)
    return f"{draw_english_word(rng)} {draw_one(rng, ('Korea', 'Inc.', 'Corp.', '코리아', '그룹', '컴퍼니'))}"


def draw_shop(rng: np.random.Generator) -> str:
    """What a shop sign says: 할매국밥, 원조 갈비, 김밥나라 역삼점."""
    first = draw_one(
        rng,
        (
            draw_one(rng, COMPANIES),
            draw_one(rng, THINGS),
            draw_one(rng, TOWNS),
            draw_person(rng),
            draw_one(rng, LOANWORDS),
        ),
    )
    first = draw_one(
        rng,
        ("원조", "할매", "엄마손", "옛날", "소문난", "전주", "부산", "착한", "우리동네", first, first, first, first),
    )
    name = first + (" " if draw_chance(rng, 0.3) else "") + draw_one(rng, SHOPS)
    return f"{name} {draw_one(rng, TOWNS)}점" if draw_chance(rng, 0.25) else name


def draw_place(rng: np.random.Generator) -> str:
    """A province, city, district or neighbourhood, or a station there."""
    name = draw_one(rng, draw_one(rng, (PROVINCES, CITIES, DISTRICTS, TOWNS, ROADS)))
    if name in TOWNS:
        name += draw_one(rng, ("동", "역", "읍", "면", "리", "1동", "2가", "사거리", "터미널"))
    return name


def draw_address(rng: np.random.Generator) -> str:
    """A road-name or lot-number address: 서울특별시 강남구 테헤란로12길 34, 5층 (역삼동)."""
    area = draw_one(rng, PROVINCES)
    area += f" {draw_one(rng, CITIES if draw_chance(rng, 0.4) else DISTRICTS)}"
    if draw_chance(rng, 0.2):
        town = f"{draw_one(rng, TOWNS)}{draw_one(rng, ('동', '읍', '면', '1동', '2동'))}"
        return f"{area} {town} {draw_between(rng, 1, 999)}-{draw_between(rng, 1, 60)}{draw_one(rng, ('', '번지'))}"
    road = draw_one(rng, ROADS)
    if draw_chance(rng, 0.45):
        road += (
            f"{draw_one(rng, ('', ' '))}{draw_between(rng, 1, 99)}{draw_one(rng, ('길', '길', '번길', '가길', '나길'))}"
        )
    text = f"{area} {road} {draw_between(rng, 1, 999)}" + (
        f"-{draw_between(rng, 1, 40)}" if draw_chance(rng, 0.25) else ""
    )
    if draw_chance(rng, 0.45):
        text += ", " + _draw_unit(rng)
    if draw_chance(rng, 0.35):
        text += f" ({draw_one(rng, TOWNS)}동)"
    return f"({draw_digits(rng, 5)}) {text}" if draw_chance(rng, 0.12) else text


def _draw_unit(rng: np.random.Generator) -> str:
    floor, room = draw_between(rng, 1, 30), draw_between(rng, 1, 12)
    return draw_one(
        rng,
        (
            f"{floor}층",
            f"{floor}층 {floor}{room:02d}호",
            f"{draw_between(rng, 101, 130)}동 {floor}{room:02d}호",
            f"지하{draw_between(rng, 1, 5)}층",
            f"B{draw_between(rng, 1, 6)}F",
            f"{draw_one(rng, COMPANIES)}빌딩 {floor}층",
            f"{draw_one(rng, COMPANIES)}아파트 {draw_between(rng, 1, 30)}-{floor}{room:02d}",
        ),
    )


def draw_affiliation(rng: np.random.Generator) -> str:
    """A person with an office: 총무팀장 김민수, 교육부 장관, 한국전자 홍보팀."""
    office = f"{draw_one(rng, IDEAS)}{draw_one(rng, ('팀', '과', '부', '국', '실', '센터', '위원회', '본부'))}"
    title = draw_one(rng, ("", "장", " 과장", " 대리", " 주무관", " 팀장", " 담당", " 선임연구원", " 교수", " 사무관"))
    return f"{office}{title} {draw_person(rng)}" if draw_chance(rng, 0.7) else f"{draw_company(rng)} {office}"


NAME_GENERATORS: dict[str, Callable[[np.random.Generator], str]] = {
    "person": draw_person,
    "company": draw_company,
    "shop": draw_shop,
    "place": draw_place,
    "address": draw_address,
    "affiliation": draw_affiliation,
}
