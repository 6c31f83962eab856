"""Builders of Universal MIDI Packets, against the layouts of M2-104-UM and the example of the README."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coremusic import capi


def test_the_example_of_the_readme() -> None:
    status = 0x90
    for build in (capi.midi1_channel_voice_message, capi.midi1_up_channel_voice_message):
        assert f"{build(group=0, status=status, channel=0, data1=60, data2=100):08X}" == "20903C64"
        assert build(0, 0x9, 0, 60, 100) == 0x20903C64


@pytest.mark.parametrize(
    ("build", "arguments", "expected"),
    [
        (capi.midi1_up_note_off, (1, 2, 60, 64), 0x21823C40),
        (capi.midi1_up_note_on, (0x11, 0x12, 0xBC, 0xC0), 0x21923C40),
        (capi.midi1_up_control_change, (0, 15, 74, 5), 0x20BF4A05),
        (capi.midi1_up_pitch_bend, (0, 0, 0x7F, 0x40), 0x20E07F40),
        (capi.midi1_up_system_common, (2, 0xF2, 1, 2), 0x12F20102),
        (capi.midi1_up_system_common, (0, 0xF8, 0, 0), 0x10F80000),
        (capi.midi1_up_sysex, (0, 1, 6, 1, 2, 3, 4, 5, 0x86), (0x30160102, 0x03040506)),
        (capi.midi1_up_sysex, (15, 0, 2, 0x7E, 9, 0, 0, 0, 0), (0x3F027E09, 0)),
        (capi.midi2_channel_voice_message, (1, 0xB, 2, 0x4A00, 7), (0x41B24A00, 7)),
        (capi.midi2_note_on, (0, 1, 60, 3, 0x7800, 0xFFFF), (0x40913C03, 0xFFFF7800)),
        (capi.midi2_note_off, (0, 1, 60, 0, 0, 0x8000), (0x40813C00, 0x80000000)),
        (capi.midi2_control_change, (0, 1, 74, 0xFFFFFFFF), (0x40B14A00, 0xFFFFFFFF)),
        (capi.midi2_control_change, (0, 1, 74, -1), (0x40B14A00, 0xFFFFFFFF)),
        (capi.midi2_program_change, (0, 1, True, 5, 1, 2), (0x40C10001, 0x05000102)),
        (capi.midi2_program_change, (0, 1, [], 5, 1, 2), (0x40C10000, 0x05000102)),
        (capi.midi2_pitch_bend, (0, 1, 0x80000000), (0x40E10000, 0x80000000)),
    ],
)
def test_layouts(build: Callable[..., Any], arguments: tuple[Any, ...], expected: Any) -> None:
    assert build(*arguments) == expected


@given(st.integers(-(2**31), 2**32 - 1))
def test_message_types(word: int) -> None:
    assert capi.midi_message_type_for_up_word(word) == (word & 0xFFFFFFFF) >> 28


@given(*[st.integers(-(2**31), 2**32 - 1)] * 4)
def test_numbers_are_cut(group: int, channel: int, note: int, velocity: int) -> None:
    expected = (
        0x20900000
        | (group & 15) << 24
        | (channel & 15) << 16
        | (note & 127) << 8  # seven bits each
        | velocity & 127
    )
    assert capi.midi1_up_note_on(group, channel, note, velocity) == expected


def test_what_is_no_number() -> None:
    with pytest.raises(TypeError, match="velocity"):
        capi.midi1_up_note_on(0, 0, 60, "loud")  # type: ignore[arg-type]
    with pytest.raises(OverflowError, match="note_number"):
        capi.midi1_up_note_on(0, 0, 2**32, 1)
    with pytest.raises(OverflowError, match="word"):
        capi.midi_message_type_for_up_word(-(2**31) - 1)
    assert capi.midi1_up_note_on(0, 0, 60.9, True) == 0x20903C01  # type: ignore[arg-type]
