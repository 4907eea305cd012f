import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.payloads import NOT_STORABLE, BadPayload, clean_text, parse_json, truncated

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def complaint(raw: bytes) -> str:
    with pytest.raises(BadPayload) as caught:
        parse_json(raw)
    return str(caught.value)


@given(JSON)
def test_json_is_read_as_it_was_written(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == json.loads(json.dumps(value).replace("\\u0000", ""))


@given(st.binary())
def test_bytes_of_any_kind_are_read_or_refused_in_one_way(raw: bytes) -> None:
    with suppress(BadPayload):
        parse_json(raw)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b'{"a": NaN}', "The body contains NaN, which is not JSON."),
        (b"[Infinity]", "The body contains Infinity, which is not JSON."),
        (b"[-Infinity]", "The body contains -Infinity, which is not JSON."),
        (b"[1e400]", "The body contains a number that is too large."),
        (b"[-1e400]", "The body contains a number that is too large."),
        (b"", "The body is not JSON: Expecting value at character 0."),
        (b"<html>", "The body is not JSON: Expecting value at character 0."),
        (b'{"a": ', "The body is not JSON: Expecting value at character 6."),
        (b"\xff\xfe\xfa", "The body is not JSON."),
        (b"1" * 5000, "The body is not JSON."),
        (b"[" * 100_000, "The body is nested too deeply."),
        (b"[" * 51 + b"]" * 51, "The body is nested too deeply."),
        (b'"' + b"a" * 1_000_000 + b'"', "The body is larger than 1000000 bytes."),
    ],
)
def test_json_that_cannot_be_kept_is_refused_with_the_reason(raw: bytes, told: str) -> None:
    assert complaint(raw) == told


def test_json_as_deep_as_allowed_is_read() -> None:
    assert parse_json(b"[" * 50 + b"1" + b"]" * 50)
    assert parse_json(b"[[1]]", max_depth=2) == [[1]]


def test_json_loses_what_the_database_cannot_store() -> None:
    raw = rb'{"na\u0000me": ["\ud800A\u0000", {"\udfff": "\ud83d\ude00"}]}'

    assert parse_json(raw) == {"name": ["A", {"": "😀"}]}


@given(st.text())
def test_cleaned_text_can_be_stored(text: str) -> None:
    assert not NOT_STORABLE.search(clean_text(text + "\x00\ud800"))
    assert clean_text("Zoë\n🙂") == "Zoë\n🙂"


@pytest.mark.parametrize(
    ("text", "length", "short"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("ab cd", 4, "ab…"), ("ab", 1, "…"), ("ab", 0, ""), ("", 0, "")],
)
def test_truncated_text_has_at_most_its_length(text: str, length: int, short: str) -> None:
    assert truncated(text, length) == short
