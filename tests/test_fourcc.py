"""coremusic.utils.fourcc against struct, and its errors."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coremusic.utils import fourcc
from coremusic.utils.fourcc import (
    FourCCValue,
    convert_fourcc,
    ensure_fourcc_int,
    ensure_fourcc_str,
    fourcc_to_int,
    fourcc_to_str,
)

numbers = st.integers(0, 0xFFFFFFFF)


@given(numbers)
def test_both_ways_as_struct_does(number: int) -> None:
    text = struct.pack(">I", number).decode("latin-1")
    assert fourcc_to_str(number) == ensure_fourcc_str(number) == ensure_fourcc_str(text) == text
    assert fourcc_to_int(text) == ensure_fourcc_int(text) == ensure_fourcc_int(number) == number
    assert convert_fourcc(number, str) == text
    assert convert_fourcc(text, int) == number


@pytest.mark.parametrize("text", ["", "abc", "abcde", "abc\u20ac"])
def test_bad_text(text: str) -> None:
    for function in (fourcc_to_int, ensure_fourcc_int, ensure_fourcc_str, FourCCValue):
        with pytest.raises(ValueError):
            function(text)


@pytest.mark.parametrize("number", [-1, 1 << 32, 1 << 64])
def test_numbers_out_of_range(number: int) -> None:
    for function in (fourcc_to_str, ensure_fourcc_int, ensure_fourcc_str, FourCCValue):
        with pytest.raises(ValueError):
            function(number)


@pytest.mark.parametrize("value", [None, 1.5, b"lpcm", ["lpcm"]])
def test_other_types(value: object) -> None:
    for function in (ensure_fourcc_int, ensure_fourcc_str, FourCCValue):
        with pytest.raises(TypeError):
            function(value)  # type: ignore[operator]


def test_convert_to_another_type() -> None:
    with pytest.raises(TypeError):
        convert_fourcc("lpcm", bytes)  # type: ignore[arg-type]
    assert "convert_fourcc" not in fourcc.__all__


def test_value_is_text_and_number() -> None:
    value = FourCCValue("lpcm")
    assert (value.str_value, value.int_value, str(value), int(value)) == (
        "lpcm",
        0x6C70636D,
        "lpcm",
        0x6C70636D,
    )
    assert repr(value) == "FourCCValue('lpcm', 0x6C70636D)"
    assert (f"{value}", f"{value:s}", f"{value:x}", f"{value:#010X}", f"{value:d}") == (
        "lpcm",
        "lpcm",
        "6c70636d",
        "0X6C70636D",
        "1819304813",
    )
    assert hex(value) == "0x6c70636d"
    assert FourCCValue(0x6C70636D) == value


@given(numbers)
def test_value_equality_and_hash(number: int) -> None:
    value = FourCCValue(number)
    assert value == number and value == fourcc_to_str(number) and value == FourCCValue(number)
    assert hash(value) == hash(number)
    assert {value: 1}[number] == 1  # type: ignore[index]
    assert value != (number ^ 1) and value != fourcc_to_str(number ^ 1) and value != FourCCValue(number ^ 1)
    assert value != None and value != 1.5 and value != b"abcd"  # noqa: E711
