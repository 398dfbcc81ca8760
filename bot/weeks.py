"""The days of the week as officers type them, in every language at once. Pure.

"Mon, Wed and Fri", "Mon to Fri", "Sat-Mon", "weekdays", "every day", 周一至周五, 星期一、三、五, 工作日,
"Isnin hingga Jumaat", "setiap hari", திங்கள் முதல் வெள்ளி வரை, வார நாட்கள்.
"""

import re
import unicodedata
from collections.abc import Iterator

WEEKDAYS = (
    ("monday", "mon", "isnin", "周一", "星期一", "礼拜一", "திங்கட்கிழமை", "திங்கள்"),
    ("tuesday", "tue", "selasa", "周二", "星期二", "礼拜二", "செவ்வாய்க்கிழமை", "செவ்வாய்"),
    ("wednesday", "wed", "rabu", "周三", "星期三", "礼拜三", "புதன்கிழமை", "புதன்"),
    ("thursday", "thu", "khamis", "周四", "星期四", "礼拜四", "வியாழக்கிழமை", "வியாழன்"),
    ("friday", "fri", "jumaat", "周五", "星期五", "礼拜五", "வெள்ளிக்கிழமை", "வெள்ளி"),
    ("saturday", "sat", "sabtu", "周六", "星期六", "礼拜六", "சனிக்கிழமை", "சனி"),
    ("sunday", "sun", "ahad", "周日", "星期日", "周天", "星期天", "礼拜天", "礼拜日", "ஞாயிற்றுக்கிழமை", "ஞாயிறு"),
)
VIRAMA = "்"  # an ending takes its place: திங்கள், திங்களும்
SHORT = (
    ("isn", "一", "திங்"),
    ("tues", "sel", "二", "செவ்"),
    ("weds", "rab", "三", "புத"),
    ("thur", "thurs", "kha", "四", "வியா"),
    ("jum", "五", "வெள்"),
    ("sab", "六"),
    ("ahd", "ஞாயி"),  # no 日 alone: 五日 may be five days
)
GROUPS = {
    "0123456": (
        *("every day", "everyday", "each day", "all days", "daily", "每天", "每日", "天天"),
        *("setiap hari", "tiap-tiap hari", "tiap hari", "hari-hari", "semua hari"),
        *("தினமும்", "தினசரி", "தினந்தோறும்", "நாள்தோறும்", "ஒவ்வொரு நாளும்", "எல்லா நாட்களும்", "எல்லா நாட்களிலும்"),
        *("அனைத்து நாட்களும்", "அனைத்து நாட்களிலும்"),
    ),
    "01234": (
        *("weekdays", "weekday", "week days", "working days", "work days", "workdays", "business days"),
        *("工作日", "平日", "hari bekerja", "hari kerja"),
        *("வார நாட்கள்", "வார நாட்களில்", "வாரநாட்கள்", "வாரநாட்களில்", "வேலை நாட்கள்", "வேலை நாட்களில்", "வேலைநாட்கள்"),
    ),
    "56": (
        *("weekends", "weekend", "周末", "hujung minggu", "வார இறுதி", "வார இறுதியில்", "வாரஇறுதி"),
        *("வார இறுதி நாட்கள்", "வார இறுதி நாட்களில்"),
        *(f"{week}六{mark}日" for week in ("周", "星期", "礼拜", "") for mark in ("", "、")),
    ),
}
UP_TO = (
    *("-", "–", "—", "~", "to", "through", "thru", "till", "until", "到", "至", "hingga", "sehingga", "sampai", "ke"),
    *("முதல்", "ிலிருந்து", "யிலிருந்து", "லிருந்து"),
)
FROM = ("from", "从", "自", "由", "dari", "daripada")
UNTIL = ("வரை", "வரையிலும்", "வரைக்கும்")  # after a span, never after one day
AROUND = (
    *(",", "、", ";", "/", "&", "+", ".", "and", "every", "each", "on", "the", "only"),
    *("和", "及", "与", "以及", "每个", "每", "逢", "在", "只"),
    *("dan", "serta", "setiap", "tiap-tiap", "tiap", "pada", "hari", "sahaja"),
    *("மற்றும்", "ஒவ்வொரு", "மட்டும்", "ஆகிய", "நாட்களில்", "நாட்கள்"),
    *(VIRAMA, "ும்", "யும்", "ம்", "களில்", "களிலும்", "களும்", "யில்", "யிலும்", "தோறும்", "அன்று"),
)
# What was said, a code for each word: its days as digits, "-" for up to, "<" for from, ">" for until, "?" for what
# nobody knows. Every day stands alone: "every day from Monday to Friday" has no weekend.
WHOLE = re.compile(r"\d{7}|(?:(?:< )?\d - \d(?: >)?(?: |$)(?!-)|\d{1,5}(?: |$))+")
SPAN = re.compile(r"\b(\d) - (\d)\b")


def _vocabulary() -> Iterator[tuple[str, str]]:
    for day, names in enumerate(zip(WEEKDAYS, SHORT, strict=True)):
        for name in (*names[0], *names[1]):
            yield name.removesuffix(VIRAMA), str(day)
            if name.isascii():
                yield f"{name}s", str(day)
    yield from ((word, days) for days, words in GROUPS.items() for word in words)
    for words, code in ((UP_TO, "-"), (FROM, "<"), (UNTIL, ">"), (AROUND, "")):
        yield from ((word, code) for word in words)


def _alone(word: str) -> str:
    """A Latin word is no part of another; "setiap hari Ahad" is one day, not every day."""
    if not (word.isascii() and word[0].isalpha()):
        return re.escape(word)
    return rf"(?<![a-z]){word}(?!{' ?' if word.endswith(' hari') else ''}[a-z])"


CODES = dict(_vocabulary())
WORD = re.compile(r"\.{2,}|" + "|".join(_alone(word) for word in sorted(CODES, key=len, reverse=True)) + r"|\S")


def weekdays(text: str) -> list[int]:
    """The days (0 is Monday) that are meant, in order; none where a word of it is not understood.

    Every day beside other days is not understood: fewer may be meant. A span goes over the end of the week: "Sat to
    Mon" is three days. Working days are Monday to Friday.
    """
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    said = folded.replace("週", "周").replace("禮拜", "礼拜")
    code = " ".join(filter(None, (CODES.get(word, "?") for word in WORD.findall(said))))
    spans = [(int(first), int(last)) for first, last in SPAN.findall(code)]
    if not WHOLE.fullmatch(code) or any(first == last for first, last in spans):
        return []
    within = {(first + ahead) % 7 for first, last in spans for ahead in range((last - first) % 7)}
    return sorted(within | {int(each) for each in code if each.isdigit()})
