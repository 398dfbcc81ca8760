"""Whatever a feed sends, reading gives values of the promised types or names what is wrong; it never breaks."""

import contextlib
import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import reading, specs
from feeds.reading import Reading, Unreadable
from feeds.specs import LARGEST, Spec
from tests.feeds import rivers

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def one(type_: str, path: str = "v", form: str = "json", **more: Any) -> Spec:
    field = {"path": path, "type": type_, **more}
    return specs.read({"source": "https://x.example", "form": form, "fields": {"v": field}}, zone=rivers.ZONE)


def read(type_: str, raw: object, **more: Any) -> Reading:
    return reading.read(one(type_, **more), json.dumps({"v": raw}).encode())


def test_a_document_is_read_by_its_paths() -> None:
    found = reading.read(rivers.spec(), rivers.document(at=AT))
    assert found == Reading({"level": Decimal("1.25"), "trend": "up"}, AT)


@pytest.mark.parametrize(
    ("type_", "raw", "value"),
    [
        ("number", 3, Decimal(3)),
        ("number", "3.50", Decimal("3.50")),
        ("number", 1e-7, Decimal("1E-7")),
        ("date", "2026-11-24", date(2026, 11, 24)),
        ("instant", "2026-11-24T08:00", datetime(2026, 11, 24, 0, 0, tzinfo=UTC)),
        ("instant", "2026-11-24T08:00:00Z", AT),
        ("instant", int(AT.timestamp()), AT),
        ("text", " Bukit  Timah ", "Bukit Timah"),
        ("text", "புக்கிட் திமா", "புக்கிட் திமா"),
    ],
)
def test_values_have_their_type(type_: str, raw: object, value: object) -> None:
    assert read(type_, raw).values == {"v": value}


@pytest.mark.parametrize(
    ("type_", "raw"),
    [
        ("number", "NaN"),
        ("number", "Infinity"),
        ("number", "1e99"),
        ("number", 10**40),
        ("number", "9" * 400),
        ("number", "1,5"),
        ("number", "٣"),
        ("number", True),
        ("number", [1]),
        ("date", "24.11.2026"),
        ("date", "2026-02-30"),
        ("instant", "yesterday"),
        ("instant", 5),
        ("instant", 1e300),
        ("instant", "9999-12-31T23:59:59-23:00"),
        ("text", "see evil.example now"),
        ("text", "https://evil.example"),
        ("text", "call 6123 4567"),
        ("text", "/stop"),
        ("text", "@somebody"),
        ("text", "*bold*"),
        ("text", "two\u202ewords"),
        ("text", "{level}"),
        ("text", "x" * 81),
        ("text", ""),
    ],
)
def test_what_is_none_of_the_kind_is_named_and_never_a_value(type_: str, raw: object) -> None:
    found = read(type_, raw)
    assert found.values == {}
    assert found.faults["v"] in ("missing", "unfit")


def test_a_word_that_nobody_translated_is_unfit() -> None:
    assert reading.read(rivers.spec(), rivers.document(at=AT, trend="sideways")).faults == {"trend": "unfit"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"v": NaN}',
        b'{"v": Infinity}',
        b'{"v": 1} and more',
        b"[" * 100_000,
        b'{"v":' * 5_000 + b"1" + b"}" * 5_000,
        '{"v": "é"}'.encode("latin-1"),
        b'\xff\xfe{"v": 1}',
        b'{"v": "\\ud800"}',
        b"<html>We will be back soon</html>",
    ],
)
def test_what_is_no_document_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        reading.read(one("number"), content)


def test_a_byte_order_mark_and_another_encoding_are_no_obstacle() -> None:
    assert reading.read(one("number"), b'\xef\xbb\xbf{"v": 1}').values == {"v": Decimal(1)}
    said = {**rivers.said(origin="", max_age_minutes=None), "encoding": "iso-8859-1", "form": "csv"}
    said["fields"] = {"v": {"path": "name", "type": "text"}}
    assert reading.read(specs.read(said, zone="UTC"), "name\nÉtang\n".encode("latin-1")).values == {"v": "Étang"}


@pytest.mark.parametrize(
    ("path", "content", "value"),
    [
        ("level", "day,level\n1,1.5\n2,2.5\n", "2.5"),
        ("level", "day;level\r\n1;1.5\r\n2;2.5\r\n", "2.5"),
        ("level", "day\tlevel\n2\t2.5", "2.5"),
        ("0/level", "day,level\n1,1.5\n2,2.5\n", "1.5"),
        ("day=1/level", '"day","level"\n1,1.5\n2,2.5\n', "1.5"),
        ("level", "day,level\n2,2.5,extra\n", "2.5"),
    ],
)
def test_a_table_is_read_by_columns_and_rows(path: str, content: str, value: str) -> None:
    assert reading.read(one("number", path, "csv"), content.encode()).values == {"v": Decimal(value)}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "level\n",
        'level\n"1',
        "level\n" + "1\n" * 30_000,
        ",".join(map(str, range(1_000))) + "\n1\n",
        "level\n" + "9" * 200_000,
        "a,b\n1\x00,2",
    ],
)
def test_a_table_without_rows_or_without_end_is_refused_or_has_no_value(content: str) -> None:
    with contextlib.suppress(Unreadable):
        assert reading.read(one("number", "level", "csv"), content.encode()).values == {}


def test_a_wide_head_above_many_short_rows_takes_no_memory() -> None:
    wide = ",".join(f"c{number}" for number in range(400)) + "\n" + "1\n" * 19_000
    assert reading.read(one("number", "c0", "csv"), wide.encode()).values == {"v": Decimal(1)}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["v", "at", "stations", "id"]), inner),
    max_leaves=12,
)
RIVER = {form: rivers.spec(form=form) for form in ("json", "csv")}


def check(spec: Spec, content: bytes) -> None:
    try:
        found = reading.read(spec, content)
    except Unreadable:
        return
    assert found.values.keys() | found.faults.keys() == spec.fields.keys()
    assert not found.values.keys() & found.faults.keys()
    for name, value in found.values.items():
        assert isinstance(value, Decimal if name == "level" else str)
        assert not isinstance(value, Decimal) or (value.is_finite() and abs(value) <= LARGEST)
    assert reading.unpack(spec, reading.pack(found)) == found


@given(st.binary(max_size=300), st.sampled_from(["json", "csv"]))
def test_rubbish_breaks_nothing(content: bytes, form: str) -> None:
    check(RIVER[form], content)


@given(json_values, json_values, json_values)
def test_documents_of_every_shape_break_nothing_and_are_kept_as_they_are(
    at: object, level: object, trend: object
) -> None:
    whole = {"at": at, "stations": [level, {"id": "S50", "level": level}], "trend": trend}
    check(RIVER["json"], orjson.dumps(whole, option=orjson.OPT_NON_STR_KEYS))


@given(st.lists(st.lists(st.text(max_size=8), max_size=4), max_size=6))
def test_tables_of_every_shape_break_nothing(rows: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written).writerows([["level", "trend", "at"], *rows])
    check(RIVER["csv"], written.getvalue().encode("utf-8", "surrogatepass"))


@given(st.decimals(-LARGEST, LARGEST, places=6), st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)))
def test_what_was_said_is_what_is_read(level: Decimal, at: datetime) -> None:
    moment = at.replace(tzinfo=UTC)
    found = reading.read(rivers.spec(), rivers.document(str(level), at=moment))
    assert (found.values["level"], found.origin_at) == (level, moment)
