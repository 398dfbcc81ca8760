"""Days of the week as officers type them: four languages, spans over the week's end, and nothing taken half."""

import pytest

from bot.weeks import WEEKDAYS, weekdays
from locales import texts

ALL, WORK, ENDS = [0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4], [5, 6]


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("Mon, Wed, Fri", [0, 2, 4]),
        ("Mondays and Thursdays", [0, 3]),
        ("on Tues/Thurs", [1, 3]),
        ("every Sunday", [6]),
        ("Mon-Fri", WORK),
        ("Mon – Fri", WORK),
        ("Mon to Fri", WORK),
        ("from Monday through Friday", WORK),
        ("Sat-Mon", [0, 5, 6]),
        ("Fri until Tue", [0, 1, 4, 5, 6]),
        ("Sunday to Saturday", ALL),
        ("Mon-Wed, Sat", [0, 1, 2, 5]),
        ("Mon to Tue and Thu to Fri", [0, 1, 3, 4]),
        ("every day", ALL),
        ("Daily", ALL),
        ("weekdays", WORK),
        ("weekdays and Sunday", [0, 1, 2, 3, 4, 6]),
        ("weekend", ENDS),
        ("Weekends only", ENDS),
    ],
)
def test_in_english(said: str, days: list[int]) -> None:
    assert weekdays(said) == days


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("星期一、星期三、星期五", [0, 2, 4]),
        ("星期一、三、五", [0, 2, 4]),
        ("周一和周四", [0, 3]),
        ("每周日", [6]),
        ("礼拜日", [6]),
        ("禮拜日", [6]),
        ("逢周二", [1]),
        ("周一周三", [0, 2]),
        ("星期一至星期五", WORK),
        ("从周一到周五", WORK),
        ("周一至五", WORK),
        ("周一－周五", WORK),
        ("週六至週一", [0, 5, 6]),
        ("周五到周二", [0, 1, 4, 5, 6]),
        ("周六、日", ENDS),
        ("周一至周三，星期六", [0, 1, 2, 5]),
        ("每天", ALL),
        ("每日", ALL),
        ("工作日", WORK),
        ("工作日和周日", [0, 1, 2, 3, 4, 6]),
        ("周末", ENDS),
    ],
)
def test_in_chinese(said: str, days: list[int]) -> None:
    assert weekdays(said) == days


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("Isnin, Rabu, Jumaat", [0, 2, 4]),
        ("Isnin dan Khamis", [0, 3]),
        ("setiap hari Ahad", [6]),
        ("Isnin hingga Jumaat", WORK),
        ("dari hari Isnin sampai hari Jumaat", WORK),
        ("Isnin-Jumaat", WORK),
        ("Sabtu hingga Isnin", [0, 5, 6]),
        ("Isnin ke Rabu serta Sabtu", [0, 1, 2, 5]),
        ("Isn, Rab, Jum", [0, 2, 4]),
        ("setiap hari", ALL),
        ("tiap-tiap hari", ALL),
        ("setiap hari bekerja", WORK),
        ("hari bekerja", WORK),
        ("hari bekerja dan Ahad", [0, 1, 2, 3, 4, 6]),
        ("hujung minggu sahaja", ENDS),
    ],
)
def test_in_malay(said: str, days: list[int]) -> None:
    assert weekdays(said) == days


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("திங்கள், புதன், வெள்ளி", [0, 2, 4]),
        ("திங்களும் வியாழனும்", [0, 3]),
        ("திங்கட்கிழமைகளில்", [0]),
        ("ஒவ்வொரு ஞாயிற்றுக்கிழமையும்", [6]),
        ("சனி மற்றும் ஞாயிறு", ENDS),
        ("திங்கள் முதல் வெள்ளி வரை", WORK),
        ("திங்கட்கிழமை முதல் வெள்ளிக்கிழமை வரை", WORK),
        ("திங்களிலிருந்து வெள்ளி வரை", WORK),
        ("திங்கள்-வெள்ளி", WORK),
        ("சனி முதல் திங்கள் வரை", [0, 5, 6]),
        ("திங்கள் முதல் புதன் வரை, சனி", [0, 1, 2, 5]),
        ("தினமும்", ALL),
        ("ஒவ்வொரு நாளும்", ALL),
        ("வார நாட்கள்", WORK),
        ("வார நாட்களில்", WORK),
        ("வார இறுதி", ENDS),
    ],
)
def test_in_tamil(said: str, days: list[int]) -> None:
    assert weekdays(said) == days


@pytest.mark.parametrize(
    "said",
    [
        *(
            "",
            " ",
            ",",
            "-",
            "every",
            "tomorrow",
            "Monday at 6",
            "Mon, 6:30 pm",
            "every day except Sunday",
            "not Monday",
        ),
        *("Mon-", "-Fri", "Mon to", "from Monday", "Mon to Mon", "Mon-Wed-Fri", "Mon to weekdays", "weekdays to Sun"),
        *("Mon,, Frid", "not Monday", "every other Monday", "Mon Fro", "monkey", "sunny days"),
        *("每周", "从周一", "周一至", "周一到周五晚上", "除了周日每天", "五日", "三天"),
        *("dari Isnin", "Isnin hingga", "setiap hari kecuali Ahad", "seminggu"),
        *("திங்கள் முதல்", "முதல் வெள்ளி வரை", "ஞாயிறு தவிர தினமும்", "வாரம்"),
        *("வெள்ளி வரை", "திங்கள் வெள்ளி வரை", "வெள்ளி வரையிலும்", "வரை", "Mon…Fri", "Mon..Fri", "周一……周五"),
        *("every day from Monday to Friday", "Daily, Mon-Fri", "Mon-Fri daily", "every day and Sunday"),
        *("weekdays, daily", "每天，周一到周五", "周一每天", "setiap hari, Isnin hingga Jumaat", "Ahad, setiap hari"),
        *("தினமும் திங்கள் முதல் வெள்ளி வரை", "தினமும், ஞாயிறு"),
    ],
)
def test_what_is_not_understood_is_never_taken_half(said: str) -> None:
    assert weekdays(said) == []


@pytest.mark.parametrize("name", [name for names in WEEKDAYS for name in names])
def test_every_name_of_a_day_is_understood(name: str) -> None:
    [day] = weekdays(name)
    assert name in WEEKDAYS[day]


@pytest.mark.parametrize("locale", texts.locales())
def test_the_names_that_we_show_are_understood(locale: str) -> None:
    assert [weekdays(texts.weekday(day, locale)) for day in ALL] == [[day] for day in ALL]
