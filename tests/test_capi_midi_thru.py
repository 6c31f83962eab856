"""Thru connections of the functional API: parameters as dicts, messages that pass, connections that stay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from midi_kit import client, received, state_home

from coremusic import capi

__all__ = ["client", "state_home"]

PARAM_ERROR, NOT_FOUND, WRONG_ENDPOINT = -50, -10842, -10832
TRANSFORMS = ("noteNumber", "velocity", "keyPressure", "channelPressure", "programChange", "pitchBend")
FILTERS = (
    "filterOutSysEx",
    "filterOutMTC",
    "filterOutBeatClock",
    "filterOutTuneRequest",
    "filterOutAllControls",
)
INITIAL: dict[str, Any] = {
    "version": 0,
    "sources": [],
    "destinations": [],
    "channelMap": list(range(16)),
    "lowVelocity": 0,
    "highVelocity": 0,
    "lowNote": 0,
    "highNote": 127,
    **dict.fromkeys(TRANSFORMS, {"transform": 0, "param": 0}),
    **dict.fromkeys(FILTERS, 0),
    "controlTransforms": [],
    "valueMaps": [],
    "numControlTransforms": 0,
    "numMaps": 0,
}


def from_to(source: int, destination: int, **more: Any) -> dict[str, Any]:
    params = capi.midi_thru_connection_params_initialize()
    params["sources"] = [{"endpointRef": source}]
    params["destinations"] = [{"endpointRef": destination}]
    return params | more


def test_initial_parameters() -> None:
    params = capi.midi_thru_connection_params_initialize()
    assert params == INITIAL
    params["channelMap"][0] = 1
    assert capi.midi_thru_connection_params_initialize() == INITIAL


def test_no_parameters(client: int) -> None:
    for connection in (
        capi.midi_thru_connection_create(),
        capi.midi_thru_connection_create(None, None),
        capi.midi_thru_connection_create(connection_params={}),
        capi.midi_thru_connection_create_with_params(None),
    ):
        assert capi.midi_thru_connection_get_params(connection) == INITIAL
        assert capi.midi_thru_connection_dispose(connection) == 0


def test_every_key_comes_back(client: int) -> None:
    source, destination = capi.midi_source_create(client, "s"), capi.midi_destination_create(client, "d")
    ids = [capi.midi_object_get_integer_property(ref, "uniqueID") for ref in (source, destination)]
    params = INITIAL | {
        "sources": [{"endpointRef": source, "uniqueID": ids[0]}, {"endpointRef": 0, "uniqueID": -77}],
        "destinations": [{"endpointRef": destination, "uniqueID": ids[1]}],
        "channelMap": [15, *range(1, 15), 255],
        "lowVelocity": 1,
        "highVelocity": 120,
        "lowNote": 72,
        "highNote": 60,
        "controlTransforms": [
            {"controlType": 3, "remappedControlType": 5, "controlNumber": 16383, "transform": 2, "param": 5},
            {"controlType": 0, "remappedControlType": 0, "controlNumber": 7, "transform": 12, "param": 1},
        ],
        "valueMaps": [list(range(128)), [127 - i for i in range(128)]],
        "numControlTransforms": 2,
        "numMaps": 2,
    }
    for i, key in enumerate(TRANSFORMS):
        params[key] = {"transform": (8, 9, 10, 11, 12, 2)[i], "param": (-7, 0x1000, 3, 4, 1, 99)[i]}
    for key in FILTERS:
        params[key] = 1
    connection = capi.midi_thru_connection_create(None, params)
    assert capi.midi_thru_connection_get_params(connection) == params
    assert capi.midi_thru_connection_set_params(connection, INITIAL) == 0
    assert capi.midi_thru_connection_get_params(connection) == INITIAL
    assert capi.midi_thru_connection_set_params(connection, params) == 0
    assert capi.midi_thru_connection_get_params(connection) == params
    capi.midi_thru_connection_dispose(connection)


def test_keys_that_say_it_differently(client: int) -> None:
    connection = capi.midi_thru_connection_create_with_params(
        {
            "noteNumber": {"transform": 8, "value": 12},
            "velocity": {"transform": 8, "value": 12, "param": 3},
            "channelMap": (5,),
            "sources": ["not a dict", {}, *[{"uniqueID": i} for i in range(20)]],
            "numMaps": 7,
            "valueMaps": [bytes(128)],
            "unheard of": 1,
        }
    )
    params = capi.midi_thru_connection_get_params(connection)
    assert params["noteNumber"] == {"transform": 8, "param": 12}
    assert params["velocity"] == {"transform": 8, "param": 3}
    assert params["channelMap"] == [5, *range(1, 16)]
    assert params["sources"] == [{"endpointRef": 0, "uniqueID": i} for i in (0, 0, 0, 1, 2, 3, 4, 5)]
    assert (params["numMaps"], params["valueMaps"]) == (1, [[0] * 128])
    capi.midi_thru_connection_dispose(connection)


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"lowNote": 256}, OverflowError),
        ({"lowNote": -1}, OverflowError),
        ({"version": 2**32}, OverflowError),
        ({"noteNumber": {"param": 32768}}, OverflowError),
        ({"noteNumber": {"transform": 65536}}, OverflowError),
        ({"sources": [{"uniqueID": 2**31}]}, OverflowError),
        ({"channelMap": [256]}, OverflowError),
        ({"valueMaps": [[300] * 128]}, OverflowError),
        ({"lowNote": "C4"}, TypeError),
        ({"noteNumber": 12}, TypeError),
        ({"sources": 5}, TypeError),
        ({"sources": "abc"}, TypeError),
        ({"controlTransforms": [5]}, TypeError),
        ({"valueMaps": [5]}, TypeError),
        ({"channelMap": [0] * 17}, ValueError),
        ({"valueMaps": [[0] * 127]}, ValueError),
    ],
)
def test_values_that_no_field_holds(client: int, params: dict[str, Any], error: type[Exception]) -> None:
    connection = capi.midi_thru_connection_create()
    with pytest.raises(error):
        capi.midi_thru_connection_create(None, params)
    with pytest.raises(error):
        capi.midi_thru_connection_set_params(connection, params)
    assert capi.midi_thru_connection_get_params(connection) == INITIAL
    capi.midi_thru_connection_dispose(connection)


@pytest.mark.parametrize(
    "params",
    [
        {"version": 1},
        {"noteNumber": {"transform": 3}},
        {"velocity": {"transform": 12, "param": 0}},
        {"controlTransforms": [{"controlType": 9}]},
    ],
)
def test_parameters_that_are_refused(client: int, params: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match="^MIDIThruConnectionCreate failed") as error:
        capi.midi_thru_connection_create(None, params)
    assert error.value.status_code == PARAM_ERROR  # type: ignore[attr-defined]


def test_wrong_calls(client: int) -> None:
    with pytest.raises(TypeError, match="dict"):
        capi.midi_thru_connection_create(None, [])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="str"):
        capi.midi_thru_connection_create(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="str"):
        capi.midi_thru_connection_find(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="dict"):
        capi.midi_thru_connection_set_params(0, None)  # type: ignore[arg-type]
    for call in (capi.midi_thru_connection_dispose, capi.midi_thru_connection_get_params):
        with pytest.raises(RuntimeError) as error:
            call(client)
        assert error.value.status_code == NOT_FOUND  # type: ignore[attr-defined]
    destination = capi.midi_destination_create(client, "d")
    with pytest.raises(RuntimeError) as error:
        capi.midi_thru_connection_create_with_params(from_to(destination, destination))
    assert error.value.status_code == WRONG_ENDPOINT  # type: ignore[attr-defined]


def test_it_transposes_and_rechannels_while_it_runs(client: int) -> None:
    source, destination = capi.midi_source_create(client, "s"), capi.midi_destination_create(client, "d")
    params = from_to(source, destination)
    params["noteNumber"] = {"transform": capi.get_midi_transform_add(), "value": 12}
    params["channelMap"][0] = 9
    connection = capi.midi_thru_connection_create_with_params(params)
    capi.midi_received(source, bytes([0x90, 60, 100]))
    assert received(destination) == bytes([0x99, 72, 100])
    params["noteNumber"] = {"transform": capi.get_midi_transform_filter_out()}
    capi.midi_thru_connection_set_params(connection, params)
    capi.midi_received(source, bytes([0x80, 60, 0, 0x90, 62, 1, 0xB0, 7, 5]))
    assert received(destination) == bytes([0x89, 72, 0, 0xB9, 7, 5])  # the note ends as it began
    capi.midi_thru_connection_dispose(connection)
    capi.midi_received(source, bytes([0x90, 60, 100]))
    assert received(destination) == b""


@given(
    st.lists(st.tuples(st.integers(0x80, 0xEF), st.integers(0, 127), st.integers(0, 127)), max_size=20),
    st.integers(-127, 127),
)
def test_transposing_any_messages(messages: list[tuple[int, int, int]], by: int) -> None:
    client = capi.midi_client_create("test")
    source, destination = capi.midi_source_create(client, "s"), capi.midi_destination_create(client, "d")
    params = from_to(source, destination, noteNumber={"transform": 8, "param": by})
    connection = capi.midi_thru_connection_create_with_params(params)
    expected = b""
    for status, data1, data2 in messages:
        size = 2 if status & 0xE0 == 0xC0 else 3
        message = bytes([status, data1, data2])[:size]
        capi.midi_received(source, message)
        if status < 0xB0:
            message = bytes([status, data1 + by, data2]) if 0 <= data1 + by <= 127 else b""
        expected += message
    assert received(destination) == expected
    capi.midi_thru_connection_dispose(connection)
    capi.midi_client_dispose(client)


def test_an_owner_finds_its_connections(client: int, state_home: Path) -> None:
    assert capi.midi_thru_connection_find("somebody") == []
    params = {"sources": [{"uniqueID": 5}], "noteNumber": {"transform": 8, "param": 7}}
    connection = capi.midi_thru_connection_create("somebody", params)
    assert capi.midi_thru_connection_find("somebody") == [connection]
    program = """
from coremusic import capi
[connection] = capi.midi_thru_connection_find("somebody")
params = capi.midi_thru_connection_get_params(connection)
print(params["sources"], params["noteNumber"])
capi.midi_thru_connection_dispose(connection)
print(capi.midi_thru_connection_find("somebody"))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"XDG_STATE_HOME": str(state_home)},
    )
    assert done.stdout.splitlines() == [
        "[{'endpointRef': 0, 'uniqueID': 5}] {'transform': 8, 'param': 7}",
        "[]",
    ]
    assert capi.midi_thru_connection_dispose(connection) == 0
    assert capi.midi_thru_connection_find("somebody") == []
