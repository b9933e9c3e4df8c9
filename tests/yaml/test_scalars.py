"""Scalars are what the cluster makes of them. The expected values were recorded from sigs.k8s.io/yaml 1.4."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.yaml.scalars import json_value, key_text, resolve

TAG = "tag:yaml.org,2002:"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("Y", True),
        ("on", True),
        ("TRUE", True),
        ("n", False),
        ("Off", False),
        ("tRUE", "tRUE"),
        ("", None),
        ("~", None),
        ("NULL", None),
        ("nULL", "nULL"),
        ("0777", 511),
        ("0o777", 511),
        ("08", 8),
        ("09", 9),
        ("00", 0),
        ("-0", 0),
        ("+0777", 511),
        ("0x1F", 31),
        ("-0X1f", -31),
        ("0b101", 5),
        ("-0b11", -3),
        ("0B11", 3),
        ("0b12", "0b12"),
        ("0x", "0x"),
        ("0o8", "0o8"),
        ("1_000", 1000),
        ("1__e3", 1000),
        ("_1", "_1"),
        ("1_000.5_0", 1000.5),
        ("1e3", 1000),
        ("1.0", 1),
        ("1.", 1),
        (".5", 0.5),
        ("+.5", 0.5),
        (".1_0", 0.1),
        ("._5", "._5"),
        (".e3", ".e3"),
        ("1e", "1e"),
        ("9223372036854775807", 9223372036854775807),
        ("18446744073709551615", 18446744073709551615),
        ("18446744073709551616", 18446744073709552000),
        ("+18446744073709551615", 18446744073709552000),
        ("-9223372036854775809", -9223372036854776000),
        ("1e20", 10**20),
        ("1e21", 1e21),
        ("1e400", "1e400"),
        ("9" * 5000, "9" * 5000),
        ("0" * 5000 + "7", 7),
        ("0x1p3", "0x1p3"),
        ("190:20:30", "190:20:30"),
        ("2001-01-01", "2001-01-01"),
        ("=", "="),
        ("1.2.3", "1.2.3"),
        ("<<", "<<"),
        (".", "."),
        ("-", "-"),
        ("+", "+"),
        ("é", "é"),
        ("١", "١"),
    ],
)
def test_plain(text: str, value: object) -> None:
    result = resolve(text, True)
    assert result == value and type(result) is type(value)


@pytest.mark.parametrize("text", ["yes", "", "1", "~", ".inf"])
def test_quoted_is_text(text: str) -> None:
    assert resolve(text, False) == text


@pytest.mark.parametrize("text", [".inf", "-.INF", "+.Inf", ".NaN"])
def test_not_in_json(text: str) -> None:
    with pytest.raises(ValueError, match="no place in JSON"):
        resolve(text, True)


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("str", "1", "1"),
        ("str", "~", "~"),
        ("bool", "yes", True),
        ("int", "0x10", 16),
        ("float", "1", 1),
        ("float", "0x1F", 31),
        ("null", "", None),
        ("binary", "aGk=", "hi"),
        ("binary", "aG\nk=", "hi"),
        ("timestamp", "2001-1-2", "2001-1-2"),
        ("timestamp", "2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        ("merge", "<<", "<<"),
        ("map", "3", "3"),
    ],
)
def test_tagged(tag: str, text: str, value: object) -> None:
    assert resolve(text, False, TAG + tag) == value


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("bool", "x"),
        ("bool", "1"),
        ("int", "1.5"),
        ("int", "x"),
        ("float", "y"),
        ("float", "18446744073709551615"),
        ("null", "x"),
        ("timestamp", "1"),
        ("timestamp", "2001-13-01"),
        ("binary", "_"),
    ],
)
def test_tag_that_does_not_fit(tag: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"tag|base64"):
        resolve(text, True, TAG + tag)


def test_local_tag_makes_text() -> None:
    assert resolve("1", True, "!secret") == "1"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("1", "1"),
        ("0x10", "16"),
        ("on", "true"),
        ("N", "false"),
        ("1.50", "1.5"),
        ("0.1", "0.1"),
        ("1e6", "1e+06"),
        ("100000.0", "100000"),
        ("1.5e-7", "1.5e-07"),
        ("0.0001", "0.0001"),
        ("16777217.0", "1.6777216e+07"),
        ("1e39", ".inf"),
        (".inf", ".inf"),
        ("-.inf", "-.inf"),
        (".nan", ".nan"),
        ("2001-01-01", "2001-01-01"),
        ("-0.0", "-0"),
        ("x", "x"),
    ],
)
def test_keys(text: str, key: str) -> None:
    assert key_text(text, True) == key


@pytest.mark.parametrize("text", ["", "~", "null", "18446744073709551615"])
def test_keys_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be a key"):
        key_text(text, True)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_keep_their_worth(value: float) -> None:
    result = json_value(value)
    assert result == value or (isinstance(result, int) and math.isclose(result, value, rel_tol=1e-15))


@given(st.integers(-(2**63), 2**64 - 1))
def test_integers_are_read_back(value: int) -> None:
    assert resolve(str(value), True) == value
    assert resolve(f"{value:#x}", True) == value
    assert resolve(f"{value:#o}", True) == value


@given(st.text(max_size=12) | st.text("0123456789xXoObBeE.+-_infNa~", max_size=12), st.booleans())
def test_only_value_errors(text: str, plain: bool) -> None:
    for tag in (None, "!", *(TAG + name for name in ("str", "int", "float", "bool", "null", "binary", "timestamp"))):
        for function in (resolve, key_text):
            try:
                function(text, plain, tag)
            except ValueError as error:
                assert not isinstance(error, UnicodeError) and str(error)
