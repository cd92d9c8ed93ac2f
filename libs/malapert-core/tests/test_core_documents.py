"""Documents and tables are read as their standards say, or refused with the place of each fault."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from malapert_core.documents.json_text import read_json, read_json_tree
from malapert_core.documents.nodes import MAX_DEPTH, MAX_FAULTS, DocumentError
from malapert_core.documents.numbers import read_count, read_number
from malapert_core.documents.tables import read_table
from malapert_core.documents.text import cleaned, text_faults, unclean_part
from malapert_core.documents.xml_text import read_xml
from malapert_core.documents.yaml_text import read_yaml_tree
from malapert_core.errors import InvalidInputError
from malapert_core.timestamps import parse_time

CASES = Path(__file__).parents[3].parent / "shared" / "data" / "cases"


def refusal(read: Callable[[bytes], Any], content: bytes) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read(content)
    return caught.value


def codes(read: Callable[[bytes], Any], content: bytes) -> list[tuple[str, str]]:
    return [(fault.path, fault.code) for fault in refusal(read, content).faults]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # YAML 1.2.2, 10.3.2, the examples of the core schema, and what YAML 1.1 would have made of others.
        ("A null: null\nB: ~", {"A null": None, "B": None}),
        ("[true, True, false, FALSE]", [True, True, False, False]),
        ("[0, 0o7, 0x3A, -19]", [0, 7, 0x3A, -19]),
        ("[0., -0.0, .5, +12e03, -2E+05]", [0.0, -0.0, 0.5, 12000.0, -200000.0]),
        ("[010, 0o10, +08]", [10, 8, 8]),
        ("[1_000, 1:30, 12:30:45]", ["1_000", "1:30", "12:30:45"]),
        ("[yes, No, on, OFF, y]", ["yes", "No", "on", "OFF", "y"]),
        ("[2029-01-01, 2029-01-01T00:00:00Z]", ["2029-01-01", "2029-01-01T00:00:00Z"]),
        ("[!!str 010, !!int 010, !!float 1, '1']", ["010", 10, 1.0, "1"]),
        ("[=, '~', \"null\"]", ["=", "~", "null"]),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        ("\ufeffa: 1", {"a": 1}),
        ("%YAML 1.2\n---\na: |\n  x\n  y\n", {"a": "x\ny\n"}),
    ],
)
def test_yaml_has_the_values_of_its_core_schema(text: str, value: Any) -> None:
    found = read_yaml_tree(text.encode()).plain()
    assert found == value
    assert json.dumps(found) == json.dumps(value)


@pytest.mark.parametrize(
    ("text", "path", "code", "place"),
    [
        ("a: 1\nb: 2\na: 3", "a", "DUPLICATE_KEY", "line 1, column 1, and line 3, column 1"),
        ("{b: {'c': 1, c: 2}}", "b.c", "DUPLICATE_KEY", "column 6, and line 1, column 14"),
        ("x: &k y\n*k : 1\ny: 2", "y", "DUPLICATE_KEY", "line 2, column 1, and line 3, column 1"),
        ("d: &d {a: 1}\ne:\n  <<: *d\n  a: 2", "e", "MERGE_KEY", "line 3, column 3"),
        ("a: .nan", "a", "NOT_FINITE", "line 1, column 4"),
        ("- -.INF", "[0]", "NOT_FINITE", "line 1"),
        ("a: 1e999", "a", "NOT_FINITE", "line 1"),
        ("a: 1e-400", "a", "NOT_FINITE", "line 1, column 4"),
        ("a: -3.5e-324", "a", "NOT_FINITE", "line 1"),
        (f"a: 0.{'0' * 330}1", "a", "NOT_FINITE", "line 1"),
        (f"a: {'9' * 5000}", "a", "NOT_FINITE", "line 1"),
        ("a: 1\n---\na: 2", "", "SEVERAL_DOCUMENTS", "line 2"),
        ("a: !!python/name:os.system x", "a", "UNKNOWN_TAG", "line 1"),
        ("a: !!bool yes", "a", "UNKNOWN_TAG", "line 1"),
        ("a: !mine {b: 1}", "a", "UNKNOWN_TAG", "line 1"),
        ("%YAML 1.1\n---\na: 010", "", "UNKNOWN_VERSION", "line 1"),
        ("a:\n\tb: 1", "", "INVALID_YAML", "line 2"),
        ("1: a", "", "INVALID_KEY", "line 1"),
        ("? [a]\n: b", "", "INVALID_KEY", "line 1"),
        ("a: &a [*a]", "a[0]", "RECURSIVE_ALIAS", "line 1"),
        ("a: *b", "a", "UNKNOWN_ALIAS", "line 1"),
        ("a: 'x\u0085y'", "", "CONTROL_CHARACTER", "line 1"),
        ("a: b\n\nc: \x07", "", "CONTROL_CHARACTER", "line 3, column 4"),
        ("", "", "EMPTY", "line 1"),
        ("[" * 70 + "]" * 70, "[0]" * MAX_DEPTH, "TOO_DEEP", "line 1"),
    ],
)
def test_yaml_that_could_be_misread_is_refused_with_its_line(text: str, path: str, code: str, place: str) -> None:
    (fault,) = refusal(read_yaml_tree, text.encode()).faults
    assert (fault.path, fault.code) == (path, code)
    assert place in fault.message


def test_aliases_do_not_grow_without_bound() -> None:
    lines = ["b0: &b0 [1]"] + [f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 10)}]" for n in range(1, 20)]
    assert codes(read_yaml_tree, "\n".join(lines).encode()) == [("b6[4]", "TOO_LARGE")]


def test_every_fault_of_a_document_is_told_up_to_a_hundred() -> None:
    text = "\n".join(f"k{n}: .nan\nk{n}: 1" for n in range(20))
    assert len(refusal(read_yaml_tree, text.encode()).faults) == 40
    assert len(refusal(read_yaml_tree, b"[" + b".nan," * 5000 + b"]").faults) == MAX_FAULTS
    assert len(refusal(read_json, b"[" + b"NaN," * 5000 + b"1]").faults) == MAX_FAULTS


@pytest.mark.parametrize(
    ("content", "path", "code", "place"),
    [
        (b'{"a": 1,\n "a": 2}', "a", "DUPLICATE_KEY", "line 1, column 2, and line 2, column 2"),
        (b'{"b": [{"c": {}}, {"\\u0063": 1, "c": 2}]}', "b[1].c", "DUPLICATE_KEY", "column 20, and line 1"),
        (b'{"a": NaN}', "a", "NOT_FINITE", "line 1, column 7"),
        (b"[-Infinity]", "[0]", "NOT_FINITE", "-Infinity"),
        (b"[1e400]", "[0]", "NOT_FINITE", "1e400"),
        (b"[1e-400]", "[0]", "NOT_FINITE", "1e-400"),
        (b'{"a": [0, -0.0, 5e-324, 3e-324]}', "a[3]", "NOT_FINITE", "3e-324"),
        (b"9" * 310, "", "NOT_FINITE", "line 1"),
        (b"9" * 5000, "", "NOT_FINITE", "line 1"),
        (b"[" * 900 + b"]" * 900, "[0]" * MAX_DEPTH, "TOO_DEEP", "line 1"),
        (b"[" * 100_000, "", "INVALID_JSON", "line 1"),
        (b'{"a": 01}', "", "INVALID_JSON", "line 1, column 8"),
        (b'{"a": 1, "a": 2}}]', "", "INVALID_JSON", "line 1, column 17"),
        (b"[1_000]", "", "INVALID_JSON", "line 1"),
        ("[\u0661]".encode(), "", "INVALID_JSON", "line 1"),
        (b'["\x07"]', "", "INVALID_JSON", "line 1"),
        (b'["\xed\xa0\x80"]', "", "NOT_UTF8", "byte 3"),
        (b"{}".decode().encode("utf-16"), "", "NOT_UTF8", "byte 1"),
        (b"", "", "INVALID_JSON", "line 1"),
    ],
)
def test_json_that_could_be_misread_is_refused(content: bytes, path: str, code: str, place: str) -> None:
    fault = refusal(read_json, content).faults[0]
    if code != "TOO_DEEP" and not content.startswith(b"[" * 1000):
        assert (fault.path, fault.code) == (path, code)
        assert place in fault.message
    assert fault.code in (code, "TOO_DEEP")


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200)
@given(JSON_VALUES, st.sampled_from([None, 1, "\t"]))
def test_sound_json_is_read_as_the_standard_library_reads_it(value: Any, indent: Any) -> None:
    content = json.dumps(value, indent=indent).encode()
    assert read_json(content) == json.loads(content)
    assert read_json_tree(content).plain() == json.loads(content)


@settings(max_examples=200)
@given(st.binary(max_size=60) | st.text("[]{},:\"'\\u0061\ufeff&*!<-? \n\t#|>%@`.~1e+", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for read in (read_json, read_json_tree, read_yaml_tree, read_xml):
        try:
            found = ("read", read(content))
        except DocumentError as error:
            found = ("refused", error.faults)
        assert found != ("refused", ())


@pytest.mark.parametrize(
    "text", ["a\nb", "a\tb", "\x00", "\x1b[0m", "\x7f", "\x85", "\u2028", "\ud800", "\ufffe", "\r"]
)
def test_control_characters_do_not_enter(text: str) -> None:
    assert unclean_part(text)
    (fault,) = text_faults({"a": [{"title": text}]})
    assert fault.path == "a[0].title"
    assert text_faults({text: 1})
    assert not unclean_part(cleaned([text])[0].replace("\n", "").replace("\t", "").replace("\r", ""))
    assert bool(list(text_faults({"oem": text}, ("oem",)))) == (text not in ("a\nb", "a\tb", "\r"))


def test_text_in_every_script_enters() -> None:
    assert not list(text_faults(["月の氷", "القمر", "चंद्रयान", "🚀 – naïve", "=1+1", "\ufeffx", "a\u200fb"]))


@pytest.mark.parametrize(
    "text", ["1_0", "\u0661", " 1", "1 ", "1,5", "inf", "nan", "1e400", "0x10", "", "+", ".", "1e", "9" * 65]
)
def test_numbers_are_those_of_the_field(text: str) -> None:
    with pytest.raises(ValueError, match="allowed"):
        read_number(text)


def test_numbers_and_counts() -> None:
    assert [read_number(text) for text in ("1", "-0.5", ".5", "5.", "+1e3", "007")] == [1, -0.5, 0.5, 5, 1000, 7]
    assert read_count("0") == 0
    for text in ("-1", "1.0", "٣", "1_0", " 1", "4294967296"):
        with pytest.raises(ValueError, match="allowed"):
            read_count(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2029-01-15T06:00:00", "NAIVE_TIME"),
        ("2029-01-15", "INVALID_TIME"),
        ("2029-01-15 06:00:00Z", "INVALID_TIME"),
        ("20290115T060000Z", "INVALID_TIME"),
        ("2029-W03-1T06:00:00Z", "INVALID_TIME"),
        ("2029-015T06:00:00Z", "INVALID_TIME"),
        ("2029-02-29T00:00:00Z", "INVALID_TIME"),
        ("2029-01-15T24:00:00Z", "INVALID_TIME"),
        ("2016-12-31T23:59:60Z", "INVALID_TIME"),
        ("2029-01-15T06:00Z", "INVALID_TIME"),
        ("2029-01-15T06:00:00+24:00", "INVALID_TIME"),
        ("2029-01-15T06:00:00+01:60", "INVALID_TIME"),
        ("0001-01-01T00:00:00Z", "INVALID_TIME"),
        ("0001-01-01T00:00:00+23:59", "INVALID_TIME"),
        ("9999-12-31T23:59:59Z", "INVALID_TIME"),
        ("9999-12-31T23:59:59-23:59", "INVALID_TIME"),
        ("٢٠٢٩-01-15T06:00:00Z", "INVALID_TIME"),
        (" 2029-01-15T06:00:00Z", "INVALID_TIME"),
        ("", "INVALID_TIME"),
    ],
)
def test_what_is_no_time_of_rfc_3339_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_time(text)
    assert caught.value.reason == reason


def test_times_of_rfc_3339_are_read() -> None:
    noon = datetime(2029, 1, 15, 12, tzinfo=UTC)
    for text in (
        "2029-01-15T12:00:00Z",
        "2029-01-15t12:00:00z",
        "2029-01-15T21:00:00+09:00",
        "2029-01-15T12:00:00.000-00:00",
    ):
        assert parse_time(text) == noon
    assert parse_time("2028-12-31T23:59:59.1234567Z").microsecond == 123_456


COLUMNS = ("id", "title", "value")


def rows(content: bytes, most_rows: int = 10) -> list[dict[str, str]]:
    found = read_table(content, COLUMNS, ("id",), most_rows)
    assert not [fault for row in found for fault in row.faults]
    return [row.cells for row in found]


@pytest.mark.parametrize(
    "content",
    [
        b"id,title\na,A\nb,\n",
        b"\xef\xbb\xbfid,title\r\na,A\r\nb,\r\n",
        b"title,id,,\nA,a,,\n,b,,\n,,,\n\n,,,\n",
        b'"id","title"\n"a","A"\nb,""',
    ],
)
def test_what_spreadsheets_leave_behind_is_skipped(content: bytes) -> None:
    assert rows(content) == [{"id": "a", "title": "A"}, {"id": "b"}]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"id;title\na;A", "WRONG_SEPARATOR"),
        (b"id\ttitle\na\tA", "WRONG_SEPARATOR"),
        (b"sep=;\nid;title", "WRONG_SEPARATOR"),
        (b"id,title,id\na,A,b", "DUPLICATE_COLUMN"),
        (b"id,Title\na,A", "UNKNOWN_COLUMN"),
        (b"id, title\na,A", "UNKNOWN_COLUMN"),
        (b"id,,title\na,,A", "UNKNOWN_COLUMN"),
        (b"title\nA", "MISSING_COLUMN"),
        (b"", "MISSING_COLUMN"),
        (b"id\n" + b"a\n" * 11, "TOO_MANY_ROWS"),
        ("id,title\na,é".encode("latin-1"), "NOT_UTF8"),
        ("id,title\na,A".encode("utf-16"), "NOT_UTF8"),
        (b'id,title\na,"A', "INVALID_CSV"),
    ],
)
def test_tables_of_another_shape_are_refused(content: bytes, code: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_table(content, COLUMNS, ("id",), 10)
    assert code in [fault.code for fault in caught.value.faults]


def test_rows_say_their_own_faults() -> None:
    found = read_table(b'id,title,value\na,"x\ny",1\nb\nc,C,1,2\n', COLUMNS, ("id",), 10)
    assert [(fault.path, fault.code) for row in found for fault in row.faults] == [
        ("rows[0].title", "CONTROL_CHARACTER"),
        ("rows[1].id", "WRONG_CELL_COUNT"),
        ("rows[2].id", "WRONG_CELL_COUNT"),
    ]
    assert [row.line for row in found] == [3, 4, 5]


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [
        (b"<a b='1' b='2'/>", "NOT_XML", "duplicate attribute"),
        (b"<?xml version='1.0' encoding='UTF-7'?><a/>", "NOT_XML", "UTF-7"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "NOT_XML", "ISO-8859-1"),
        ("<a b='é'/>".encode("latin-1"), "NOT_XML", "UTF-8"),
        (b"<a>\n<b></a>", "NOT_XML", "line 2"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "DOCTYPE", "line 1"),
        (b"<a>&b;</a>", "NOT_XML", "line 1"),
        (b"<a>" * 200 + b"</a>" * 200, "TOO_DEEP", "line 1"),
        (b"<a xmlns='urn:x'>\n<b xmlns='urn:y'/></a>", "WRONG_NAMESPACE", "line 2"),
        (b"<a xmlns:y='urn:y' y:b='1'/>", "WRONG_NAMESPACE", "line 1"),
        (b"<a b='&#7;'/>", "NOT_XML", "line 1"),
        (b"", "NOT_XML", "no element"),
        (b"<a/><b/>", "NOT_XML", "line 1"),
        (b"<a xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'/>", "WRONG_NAMESPACE", "line 1"),
        (b"<?xml version='2.0'?><a/>", "NOT_XML", "version '2.0'"),
        (b"<?xml version='' encoding='UTF-8'?><a/>", "NOT_XML", "version ''"),
        (b'<?xml version="1.x"?><a/>', "NOT_XML", "version '1.x'"),
    ],
)
def test_xml_that_is_not_read_is_refused(content: bytes, code: str, place: str) -> None:
    (fault,) = refusal(read_xml, content).faults
    assert fault.code == code
    assert place in fault.message


def test_xml_is_read_with_its_lines() -> None:
    root = read_xml(
        b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?><a xmlns='urn:x'>\n<!-- c --><b c='1'>t</b></a>"
    )
    (inner,) = root.named("b")
    assert (root.namespace, inner.line, inner.attributes, inner.text) == ("urn:x", 2, {"c": "1"}, "t")


@pytest.mark.parametrize("character", ["\u202a", "\u202e", "\u2066", "\u2069", "\u2028"])
def test_what_makes_a_text_look_like_another_may_not_enter(character: str) -> None:
    """Unicode technical report 36, section 2.10: direction is turned by what nobody sees."""
    (fault,) = text_faults({"title": f"Drill {character}eci"})
    assert (fault.path, fault.code) == ("title", "CONTROL_CHARACTER")
    assert f"U+{ord(character):04X}" in fault.message
    # Letters of Persian need their joiners, and mixed lines their marks of direction.
    persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u200f"
    assert not list(text_faults({"title": persian}))


def test_the_cases_of_mission_files() -> None:
    if not CASES.is_dir():
        pytest.skip("no cases in ../shared/data/cases")
    twice = refusal(read_yaml_tree, (CASES / "mission-duplicate-requests.yaml").read_bytes()).faults
    assert [(fault.path, fault.code) for fault in twice] == [("requests", "DUPLICATE_KEY")]
    nan = refusal(read_yaml_tree, (CASES / "mission-nan-value.yaml").read_bytes()).faults
    assert [(fault.path, fault.code) for fault in nan] == [("requests[1].value", "NOT_FINITE")]
    octal = read_yaml_tree((CASES / "mission-octal-count.yaml").read_bytes())
    assert octal.nearest("calendars[0].repeated[0].count").value == 10


def test_an_anchor_twice_is_a_fault_with_both_places() -> None:
    with pytest.raises(DocumentError) as refused:
        read_yaml_tree(b"a: &x 1\nb: [&x 2, *x]\n")
    assert [fault.code for fault in refused.value.faults] == ["DUPLICATE_ANCHOR"]
    assert "line 1" in refused.value.faults[0].message
    assert "line 2" in refused.value.faults[0].message
    assert read_yaml_tree(b"a: &x 1\nb: [&y 2, *x, *y]\n").plain() == {"a": 1, "b": [2, 1, 2]}
