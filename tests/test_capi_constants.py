"""The constant getters of the functional API, against Apple's own numbers in tests/data/apple."""

from __future__ import annotations

import csv
import inspect
from pathlib import Path

import pytest

from coremusic import capi

DATA = Path(__file__).resolve().parent / "data"


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


GETTERS = {row["getter"]: row["constant"] for row in table("capi_getters.tsv")}
NUMBERS = {row["name"]: int(row["value"]) for row in table("apple/constants.tsv")}

# Property names of CoreMIDI are strings.
TEXTS = {
    "kMIDIPropertyName": "name",
    "kMIDIPropertyManufacturer": "manufacturer",
    "kMIDIPropertyModel": "model",
    "kMIDIPropertyUniqueID": "uniqueID",
    "kMIDIPropertyDeviceID": "deviceID",
    "kMIDIPropertyReceiveChannels": "receiveChannels",
    "kMIDIPropertyTransmitChannels": "transmitChannels",
    "kMIDIPropertyOffline": "offline",
    "kMIDIPropertyPrivate": "private",
    "kMIDIPropertyDriverOwner": "driverOwner",
    "kMIDIPropertyDisplayName": "displayName",
}

# Status bytes of MIDI 1.0 channel messages; the standard's numbers, no constant of Apple's.
STATUS_BYTES = {
    "get_midi_status_note_off": 0x80,
    "get_midi_status_note_on": 0x90,
    "get_midi_status_poly_pressure": 0xA0,
    "get_midi_status_control_change": 0xB0,
    "get_midi_status_program_change": 0xC0,
    "get_midi_status_channel_pressure": 0xD0,
    "get_midi_status_pitch_bend": 0xE0,
}


def expected(constant: str) -> int | str:
    if constant in TEXTS:
        return TEXTS[constant]
    return (NUMBERS[constant] + 2**31) % 2**32 - 2**31  # numbers come as Apple's SInt32 does


@pytest.mark.parametrize("name", sorted(GETTERS))
def test_value(name: str) -> None:
    value = getattr(capi, name)()
    assert value == expected(GETTERS[name])
    assert type(value) in (int, str)


@pytest.mark.parametrize("name", sorted(STATUS_BYTES))
def test_status_byte(name: str) -> None:
    assert getattr(capi, name)() == STATUS_BYTES[name]


def test_table_and_module_have_the_same_getters() -> None:
    constants = {name for name in capi.__all__ if name.startswith("get_")}
    assert constants == GETTERS.keys() | STATUS_BYTES.keys()


def test_some_numbers_as_literals() -> None:
    """Were both tables wrong in the same way, these would still tell."""
    assert capi.get_audio_file_property_data_format() == 0x64666D74  # 'dfmt'
    assert capi.get_extended_audio_file_property_file_length_frames() == 0x2366726D  # '#frm'
    assert capi.get_audio_converter_property_min_input_buffer_size() == 0x6D696273  # 'mibs'
    assert capi.get_audio_file_stream_error_data_unavailable() == 0x6D6F7265  # 'more'
    assert capi.get_midi_error_unknown_error() == -10845
    assert capi.get_music_note_event_unused() == -1
    assert capi.get_midi_property_name() == "name"


@pytest.mark.parametrize("name", sorted(GETTERS.keys() | STATUS_BYTES.keys()))
def test_takes_nothing(name: str) -> None:
    getter = getattr(capi, name)
    assert not inspect.signature(getter).parameters
    assert getter.__doc__
    with pytest.raises(TypeError):
        getter(1)
    with pytest.raises(TypeError):
        getter(value=1)
