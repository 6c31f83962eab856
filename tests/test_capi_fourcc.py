"""Four-character codes of the functional API, against int.to_bytes and Latin-1."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coremusic import capi

LATIN_1 = st.characters(max_codepoint=255)


@given(st.text(LATIN_1, min_size=4, max_size=4))
def test_code_to_number(code: str) -> None:
    assert capi.fourchar_to_int(code) == int.from_bytes(code.encode("latin-1"), "big")


@given(st.integers())
def test_number_to_code(number: int) -> None:
    """The low 32 bits, of negative numbers and of numbers of any size too."""
    assert capi.int_to_fourchar(number) == (number % 2**32).to_bytes(4, "big").decode("latin-1")


def test_a_number_of_numpys() -> None:
    """As an array of the words of an AudioStreamBasicDescription holds them."""
    assert capi.int_to_fourchar(np.frombuffer(b"mcpl", "<u4")[0]) == "lpcm"


@given(st.integers(0, 2**32 - 1))
def test_there_and_back(number: int) -> None:
    assert capi.fourchar_to_int(capi.int_to_fourchar(number)) == number


def test_characters_beyond_latin_1_are_added_without_a_mask() -> None:
    code = "\U0010ffff\U0001f3b5ab"
    number = 0
    for character in code:
        number = (number << 8) + ord(character)
    assert capi.fourchar_to_int(code) == number


@pytest.mark.parametrize("code", ["", "a", "abc", "abcde"])
def test_other_lengths(code: str) -> None:
    with pytest.raises(AssertionError):
        capi.fourchar_to_int(code)


@pytest.mark.parametrize("value", [None, 1, b"abcd", ["a", "b", "c", "d"]])
def test_code_of_another_type(value: object) -> None:
    with pytest.raises(TypeError):
        capi.fourchar_to_int(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [None, 1.0, "lpcm", b"lpcm", True])
def test_number_of_another_type(value: object) -> None:
    with pytest.raises(TypeError):
        capi.int_to_fourchar(value)  # type: ignore[arg-type]
