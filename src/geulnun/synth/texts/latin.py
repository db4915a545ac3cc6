"""English words, names and codes, alone and among Korean."""

from collections.abc import Callable

import numpy as np

from geulnun.synth.texts.inflection import attach
from geulnun.synth.texts.random_choice import draw_between, draw_chance, draw_digits, draw_one
from geulnun.synth.texts.vocabulary import ACTIONS, LOANWORDS, OFFICIAL, PLACES, THINGS, split_words

COMMON = split_words("""
the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which
one you were all her she there would their we him been has when who will no more if out so up said what its
about than into them can only other time new some could these two may first then do any like my now over such
our man me even most made after also did many off before must well back through years much where your way down
should because long each just state people those too mr how little good world make very year still see own work
men day get here old life both between being under three never know same last another while us might great go
come since against right came take used himself few house use place during high without again home around small
however found part school thought went say general once upon every left got war until always away something fact
water less public put think almost hand enough far took head yet government system set better told nothing night
end why called eyes find going look asked later knew point next city business group young family hotel room
breakfast airport station street road market price sale free best open close hours menu order total tax cash
card receipt table coffee tea latte mocha juice bread cake cookie pizza pasta steak salad soup rice noodle
chicken beef pork fish shrimp cheese butter cream sugar salt pepper sauce garlic onion tomato potato apple
banana orange lemon grape berry honey milk wine beer ice hot cold sweet spicy fresh natural organic pure clean
care skin face body hair foot lip eye lotion serum toner essence ampoule mask pack cleanser foam gel oil balm
mist sun cushion powder blush mascara brush perfume vitamin collagen retinol peptide acid extract sodium
glycerin tocopherol panthenol allantoin betaine butylene glycol phenoxyethanol caprylic carbomer xanthan gum
centella asiatica hyaluronic niacinamide data file folder image video audio text page window screen button click
touch swipe login logout sign account password user name email phone address profile setting search share save
delete edit copy paste cut undo redo print export import upload download install update version release note
help contact support service privacy policy terms notice license copyright reserved rights company limited korea
seoul busan incheon jeju global international network security cloud server client mobile web app software
hardware device computer laptop tablet monitor keyboard mouse battery charger cable adapter memory storage
processor graphics display camera lens sensor speaker headphone bluetooth wireless signal power energy solar
electric motor engine machine robot drone smart digital online offline virtual model training learning neural
deep language word sentence token vector matrix function method class object string number value index array
list figure section chapter abstract introduction result conclusion reference university college institute
research laboratory professor student education science technology engineering medicine law art music design
history culture society economy finance bank insurance investment stock fund rate interest loan credit debit
money dollar
""")

NAMES = split_words("""
Samsung LG SK Hyundai Kia Naver Kakao Coupang Lotte CJ GS KT POSCO Hanwha Doosan Shinsegae emart Olive_Young
Innisfree Laneige Sulwhasoo Dr.Jart+ COSRX Beplain Apple iPhone iPad MacBook iOS macOS AirPods Google Android
Chrome YouTube Gmail Pixel Microsoft Windows Excel PowerPoint Word OneDrive Teams Facebook Instagram Twitter
TikTok WhatsApp Telegram LINE KakaoTalk Netflix Disney+ Spotify Amazon AWS eBay PayPal Visa MasterCard Toss
Samsung_Pay Nike Adidas PUMA FILA UNIQLO ZARA H&M GUCCI CHANEL Dior HERMES PRADA Rolex BMW Mercedes-Benz Audi
Volvo Tesla Toyota Honda Ford GM Starbucks McDonald's KFC BurgerKing Subway Coca-Cola Pepsi Nestle Dyson Sony
Panasonic Canon Nikon Intel AMD NVIDIA GeForce Qualcomm ARM Dell HP Lenovo ASUS Linux Ubuntu Python Java
JavaScript TypeScript GitHub Docker Kubernetes MySQL PostgreSQL Redis OpenAI ChatGPT TensorFlow PyTorch Adobe
Photoshop Illustrator Figma Zoom Slack Notion Wi-Fi BlueTooth USB-C McCartney eSIM iCloud iTunes LaTeX OpenCV
NumPy DevOps FinTech BioTech PlayStation Xbox Nintendo Switch PC방 GalaxyS24 Note20 QLED OLED UHD HDR10+ Dolby
ThinQ WebOS
""")

ACRONYMS = split_words("""
AI IT TV PC CPU GPU RAM SSD HDD USB LED LCD OLED HDMI WIFI LTE 5G GPS NFC QR OTP SMS MMS ARS ATM VIP VOD DVD CD
MP3 PDF HWP JPG PNG GIF ZIP URL HTTP HTTPS HTML CSS XML JSON API SDK SQL TCP IP DNS VPN SSL TLS AES RSA SHA DES
ARIA SEED LEA HMAC PKI KCMVP CC ISO IEC ISMS KS KC CE FDA FCC GMP HACCP UN EU USA UK WHO IMF OECD WTO FTA GDP
CEO CFO CTO CS HR PR IR R&D A/S Q&A FAQ B2B B2C O2O IoT VR AR MR ESG ETF IPO M&A VAT KRW USD EUR JPY CNY BTS SBS
KBS MBC EBS JTBC tvN CNN BBC KTX SRT ITX DMC COEX KBO K리그 NBA MLB FIFA PGA MVP UEFA SPF PA UV pH DNA RNA MRI
CT BMI LDL HDL ADHD PTSD COVID PCR DIY DM CU GS25 S/N P/N No. Vol. vs. etc. e.g. i.e.
""")

_SENTENCES = (
    "All rights reserved.",
    "Please keep out of reach of children.",
    "Thank you for your purchase!",
    "No smoking in this area.",
    "Copyright © 2024 All rights reserved.",
    "Made in Korea",
    "FREE SHIPPING",
    "Open 24 hours",
    "Do not enter",
    "Caution: wet floor",
    "Buy 1 Get 1 Free",
    "Terms & Conditions apply.",
    "For more information, visit our website.",
    "Powered by open source software",
    "Best before: see bottom of can",
    "Shake well before use.",
    "Store in a cool, dry place.",
    "Have a nice day!",
    "See you again :)",
    "Loading... please wait",
    "Are you sure you want to delete this?",
    "Wrong password. Try again.",
    "Sign in with Google",
    "Forgot password?",
)
_LOOKALIKES = "oO0QDCcIl1|!iJjtTrfvVuUwWxXyYzZsS5kKpPbB6869gqaeGn mMhNHLEFRA-_./:;,'\"()[]{}<>~^`*+=#@&$%?\\"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ALPHANUMERIC = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_ANY = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_SUFFIXES = (
    "점",
    "역점",
    "앱",
    "폰",
    "사",
    "전자",
    "카드",
    "페이",
    "몰",
    "팀",
    "형",
    "급",
    "용",
    "식",
    "판",
    "동",
    "호",
    "등급",
    "버전",
    "방식",
    "코드",
)
_PARTICLES = ("은", "이", "을", "에서", "의", "와", "로", "도", "용", "에", "만", "부터", "이나", "및")


_ONSETS = split_words("""
b c d f g h j k l m n p r s t v w y z bl br ch cl cr dr fl fr gr pl pr qu sc sh sk sl sm sn sp st str sw th tr tw wh
""")
_NUCLEI = split_words("a a a e e e e i i i o o o u u ai au ea ee ei ie io oa oo ou")
_CODAS = split_words("b ck d ff g ght l ll lt m mp n nd ng nk nt p r rd rk rm rn rs rt s ss st t th tt x ze ve y")
_STEMS = split_words("""
main index config setup test util core base user file data image report list view page form sha aes seed hmac rsa
drbg crypto lib app doc img scan final draft copy backup README Makefile LICENSE CHANGELOG
""")
_TYPES = split_words("int char float double void long bool size_t uint8_t const_char* unsigned_int var let String")
_EXTENSIONS = split_words("""
.c .h .cpp .py .js .ts .java .so .dll .exe .txt .md .csv .json .xml .yml .pdf .hwp .hwpx .docx .xlsx .pptx .jpg .png
.gif .zip .tar.gz .log .ini .html .css .sql .mp3 .mp4 .PDF .JPG .TXT
""")


def draw_pseudo_word(rng: np.random.Generator) -> str:
    """A word that sounds English and mostly is not, in any case, so that reading does not rely on known words."""
    parts = []
    for _ in range(draw_one(rng, (1, 2, 2, 2, 3, 3, 4))):
        parts.append(draw_one(rng, _ONSETS) if draw_chance(rng, 0.85) else "")
        parts.append(draw_one(rng, _NUCLEI))
        parts.append(draw_one(rng, _CODAS) if draw_chance(rng, 0.55) else "")
    return draw_case(rng, "".join(parts))


def draw_case(rng: np.random.Generator, word: str) -> str:
    """The word in small letters, with a capital, or in capitals."""
    u = rng.random()
    return word if u < 0.45 else word.capitalize() if u < 0.75 else word.upper()


def draw_pseudo_words(rng: np.random.Generator) -> str:
    """One to four such words, as titles, names and lists of ingredients have them."""
    count = draw_one(rng, (1, 1, 2, 2, 3, 4))
    link = draw_one(rng, (" ", " ", " ", " ", ", ", " & ", "-", "/", " | "))
    words = [draw_pseudo_word(rng) if draw_chance(rng, 0.7) else draw_one(rng, COMMON) for _ in range(count)]
    if draw_chance(rng, 0.4):
        return link.join(words).upper()
    return link.join(words)


def draw_file_name(rng: np.random.Generator) -> str:
    """A file, function or variable: kisa_rsaes.c, libAES64.so, getUserName(), MAX_SIZE, VE02.07.01."""
    u = rng.random()
    stems = [draw_one(rng, _STEMS) if draw_chance(rng, 0.5) else draw_one(rng, COMMON) for _ in range(2)]
    if u < 0.35:
        link = draw_one(rng, ("_", "_", "-", ""))
        number = draw_digits(rng, draw_between(rng, 1, 2)) if draw_chance(rng, 0.3) else ""
        return link.join(stems) + number + draw_one(rng, _EXTENSIONS)
    if u < 0.5:
        return f"lib{stems[0].capitalize()}{draw_one(rng, ACRONYMS)}{draw_one(rng, ('', '32', '64'))}.so"
    if u < 0.65:
        return f"{stems[0].lower()}{stems[1].capitalize()}{draw_one(rng, ('', '', '()', 'Id', '64', '[0]'))}"
    if u < 0.78:
        return "_".join(stems).upper() + draw_one(rng, ("", "", "_ID", "_SHA2", "_256"))
    if u < 0.9:
        return draw_one(rng, ("VE", "TE", "AS", "KS X ", "ISO ", "RFC ", "FIPS ")) + ".".join(
            draw_digits(rng, 2) for _ in range(draw_between(rng, 1, 3))
        )
    return f"{draw_one(rng, ACRONYMS)}{draw_one(rng, ('-', '_', ' ', '/'))}{draw_one(rng, ACRONYMS)}"


def draw_code_line(rng: np.random.Generator) -> str:
    """A line or a scrap of a program: `int rv = 0;`, `getKey(&lenKey, buf[256]);`, `if (x == NULL) {`."""
    first, second, third = (_draw_name(rng) for _ in range(3))
    number = draw_digits(rng, draw_between(rng, 1, 3))
    return draw_one(
        rng,
        (
            f"{first}()",
            f"{first}();",
            f"{first}({second});",
            f"{first}({second}, &{third});",
            f"{first}(&{second}, {third}, {number});",
            f"&{first},",
            f"&{first});",
            f"*{first} = {second};",
            f"{draw_one(rng, _TYPES)} {first} = {number};",
            f"{draw_one(rng, _TYPES)} {first}[{number}];",
            f"{first}[{number}] = {{0}};",
            f"if ({first} == {draw_one(rng, ('NULL', 'null', 'None', '0', 'true'))}) {{",
            f"if ({first} != {number} && {second} < {third})",
            f"for (int i = 0; i < {first}; i++)",
            f"return {first};",
            f"#include <{first.lower()}.h>",
            f"#define {first.upper()} {number}",
            f"import {first.lower()} as {second.lower()[:2]}",
            f"from {first.lower()} import {second}",
            f'print("{first}")',
            f"{first}->{second} |= 0x{number};",
            f"{first}::{second}",
            f"// {first} {second}",
            f"# {first}: {second}",
            f"<{first.lower()} id='{second}'>",
            f"$ {first.lower()} -{second[0].lower()} {third.lower()}",
            f"{first}.{second}({third})",
            f"{first} = lambda {second[0].lower()}: {number}",
            f"SELECT {first} FROM {second}",
            f"{first} : {second}를",
            f"{first}()를 {draw_one(rng, ACTIONS)}",
        ),
    )


def _draw_name(rng: np.random.Generator) -> str:
    words = [draw_one(rng, _STEMS) if draw_chance(rng, 0.4) else draw_one(rng, COMMON) for _ in range(2)]
    u = rng.random()
    if u < 0.3:
        return words[0].lower()
    if u < 0.5:
        return words[0].lower() + words[1].capitalize()
    if u < 0.65:
        return f"{words[0]}_{words[1]}".lower()
    if u < 0.8:
        return f"{draw_one(rng, ACRONYMS)}_{words[0]}"
    return f"{words[0]}_{words[1]}".upper() if u < 0.9 else words[0].capitalize()


def draw_english_word(rng: np.random.Generator) -> str:
    """A common word in lower case, capitals or with an initial capital; a brand; an acronym."""
    u = rng.random()
    if u < 0.2:
        return draw_one(rng, NAMES)
    if u < 0.35:
        return draw_one(rng, ACRONYMS)
    word = draw_one(rng, COMMON)
    if u < 0.65:
        return word
    return word.capitalize() if u < 0.85 else word.upper()


def draw_english(rng: np.random.Generator) -> str:
    """One to seven English words, or a ready sentence of packages, screens and signs."""
    u = rng.random()
    if u < 0.12:
        return draw_one(rng, _SENTENCES)
    words = [draw_one(rng, COMMON) for _ in range(draw_between(rng, 1, 6))]
    if u < 0.45:
        text = " ".join(words).capitalize()
        return text + draw_one(rng, (".", ".", ",", "!", "?", "", ""))
    if u < 0.65:
        return " ".join(word.capitalize() for word in words)
    if u < 0.8:
        return " ".join(words).upper()
    return " ".join(draw_english_word(rng) for _ in range(draw_between(rng, 1, 4)))


def draw_random_string(rng: np.random.Generator) -> str:
    """Letters without sense, so that o, O and 0 or I, l and 1 are told apart by their looks."""
    u = rng.random()
    if u < 0.3:
        return "".join([draw_one(rng, _ANY) for _ in range(draw_between(rng, 3, 12))])
    if u < 0.5:
        text = "".join([draw_one(rng, _LOOKALIKES) for _ in range(draw_between(rng, 3, 12))])
        return " ".join(text.split()) or "lIl1"
    word = "".join([draw_one(rng, _LETTERS) for _ in range(draw_between(rng, 2, 9))])
    return word if u < 0.65 else word.capitalize() if u < 0.8 else word.upper()


def draw_mixed(rng: np.random.Generator) -> str:
    """English joined to Korean as Korean text has it: NC광주역점, LG전자, iOS 앱, Wi-Fi를 설정."""
    english = draw_english_word(rng)
    u = rng.random()
    if u < 0.2:
        return english + draw_one(rng, PLACES) + draw_one(rng, ("점", "역점", "지점", "", "센터"))
    if u < 0.35:
        return english + draw_one(rng, _SUFFIXES)
    if u < 0.6:
        return f"{attach(english, draw_one(rng, _PARTICLES))} {draw_one(rng, ACTIONS)}"
    if u < 0.75:
        return f"{english} {draw_one(rng, LOANWORDS)}"
    if u < 0.85:
        return f"{draw_one(rng, OFFICIAL)}({english})"
    if u < 0.93:
        return f"{draw_one(rng, THINGS)} {english} {draw_digits(rng, draw_between(rng, 1, 3))}"
    return f"{draw_one(rng, LOANWORDS)}{english}"


def draw_code(rng: np.random.Generator) -> str:
    """A product, serial or document code: A3F-2291, KR07 0004 …, v2.1.3, SM-G991N."""
    u = rng.random()
    if u < 0.35:
        groups = [_draw_code_group(rng) for _ in range(draw_between(rng, 2, 4))]
        return draw_one(rng, ("-", "-", "-", "_", "/", ".", " ")).join(groups)
    if u < 0.5:
        country = draw_one(rng, ("KR", "DE", "GB", "FR", "US", "NL"))
        return " ".join([country + draw_digits(rng, 2), *(draw_digits(rng, 4) for _ in range(draw_between(rng, 3, 5)))])
    if u < 0.65:
        return f"v{draw_between(rng, 0, 20)}.{draw_between(rng, 0, 30)}.{draw_between(rng, 0, 99)}"
    if u < 0.8:
        letters = "".join([draw_one(rng, _ALPHANUMERIC) for _ in range(2)])
        return f"{letters}-{draw_one(rng, _ALPHANUMERIC)}{draw_digits(rng, 3)}{draw_one(rng, 'NSKLUAB')}"
    if u < 0.9:
        return "0x" + "".join([draw_one(rng, "0123456789abcdef") for _ in range(draw_one(rng, (2, 4, 8, 16)))])
    return draw_one(rng, ("제", "No. ", "No.", "#", "")) + f"{draw_between(rng, 2000, 2030)}-{draw_digits(rng, 4)}"


def _draw_code_group(rng: np.random.Generator) -> str:
    u = rng.random()
    if u < 0.4:
        return draw_digits(rng, draw_between(rng, 2, 5))
    pool = _ALPHANUMERIC if u < 0.7 else _ALPHANUMERIC[:24]
    return "".join([draw_one(rng, pool) for _ in range(draw_between(rng, 1, 4))])


LATIN_GENERATORS: dict[str, Callable[[np.random.Generator], str]] = {
    "english": draw_english,
    "english_word": draw_english_word,
    "mixed": draw_mixed,
    "random_string": draw_random_string,
    "code": draw_code,
    "pseudo_words": draw_pseudo_words,
    "file_name": draw_file_name,
    "code_line": draw_code_line,
}
