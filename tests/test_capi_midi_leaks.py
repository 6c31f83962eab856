"""Core MIDI of the functional API in a loop: memory and references stay where they are."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable, Iterator

import pytest
from midi_kit import state_home
from objects_kit import open_descriptors, resident_bytes

from coremusic import capi

__all__ = ["state_home"]

WARM, ROUNDS = 200, 2000
ALLOWED = 1_000_000  # bytes: 500 in each round
NOTE = bytes([0x90, 60, 100])


def expect(error: type[Exception], call: Callable[[], object]) -> None:
    with pytest.raises(error):
        call()


def messages() -> None:
    client = capi.midi_client_create("client")
    source, port = capi.midi_source_create(client, "s"), capi.midi_input_port_create(client, "i")
    capi.midi_port_connect_source(port, source)
    capi.midi_received(source, NOTE)
    capi.midi_receive(port)
    capi.midi_received(source, NOTE)  # never fetched
    capi.midi_set_callback(port, lambda when, data: None)
    capi.midi_received(source, NOTE)
    destination, out = capi.midi_destination_create(client, "d"), capi.midi_output_port_create(client, "o")
    capi.midi_send(out, destination, NOTE)
    capi.midi_send(out, destination, NOTE, 2**62)
    capi.midi_port_dispose(port)
    capi.midi_client_dispose(client)


def failures() -> None:
    client = capi.midi_client_create("client")
    expect(RuntimeError, lambda: capi.midi_port_dispose(client))
    expect(RuntimeError, lambda: capi.midi_input_port_create(0, "i"))
    expect(TypeError, lambda: capi.midi_input_port_create(client, 5))  # type: ignore[arg-type]
    expect(ValueError, lambda: capi.midi_source_create(client, "\ud800"))
    expect(LookupError, lambda: capi.midi_receive(client))
    expect(LookupError, lambda: capi.midi_set_callback(client, print))
    expect(ValueError, lambda: capi.midi_send(0, 0, bytes(300)))
    expect(ValueError, lambda: capi.midi_get_source(10**6))
    expect(RuntimeError, lambda: capi.midi_object_get_string_property(0, "name"))
    capi.midi_client_dispose(client)


def properties() -> None:
    client = capi.midi_client_create("client")
    source = capi.midi_source_create(client, "s" * 200)
    capi.midi_object_set_string_property(source, "model", "m" * 200)
    capi.midi_object_set_integer_property(source, "offline", 1)
    capi.midi_object_get_integer_property(source, "uniqueID")
    capi.midi_object_get_model(source)
    expect(RuntimeError, lambda: capi.midi_object_get_manufacturer(source))
    capi.midi_client_dispose(client)


def packets() -> None:
    capi.midi1_up_note_on(0, 0, 60, 100)
    capi.midi2_note_on(0, 0, 60, 0, 0, 65535)
    capi.midi2_program_change(0, 0, True, 1, 2, 3)
    expect(TypeError, lambda: capi.midi1_up_note_on(0, 0, 60, None))  # type: ignore[arg-type]
    expect(OverflowError, lambda: capi.midi2_pitch_bend(0, 0, 2**70))


def thru() -> None:
    client = capi.midi_client_create("client")
    source, destination = capi.midi_source_create(client, "s"), capi.midi_destination_create(client, "d")
    params = capi.midi_thru_connection_params_initialize()
    params["sources"], params["destinations"] = [{"endpointRef": source}], [{"endpointRef": destination}]
    params["valueMaps"] = [list(range(128))]
    params["controlTransforms"] = [{"controlNumber": 7, "transform": 12}]
    connection = capi.midi_thru_connection_create(None, params)
    capi.midi_received(source, NOTE)
    capi.midi_thru_connection_set_params(connection, capi.midi_thru_connection_get_params(connection))
    expect(
        OverflowError, lambda: capi.midi_thru_connection_create(None, {"valueMaps": [[1] * 128, [999] * 128]})
    )
    expect(RuntimeError, lambda: capi.midi_thru_connection_create(None, {"version": 3}))
    expect(TypeError, lambda: capi.midi_thru_connection_create(5, params))  # type: ignore[arg-type]
    capi.midi_thru_connection_dispose(connection)
    capi.midi_client_dispose(client)


@pytest.fixture(autouse=True)
def unlogged() -> Iterator[None]:
    """pytest keeps what is logged."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("call", [messages, failures, properties, packets, thru])
def test_nothing_grows(call: Callable[[], None]) -> None:
    constants = (None, True, 0, NOTE)
    for _ in range(WARM):
        call()
    gc.collect()
    memory, files = resident_bytes(), open_descriptors()
    references = [sys.getrefcount(value) for value in constants]
    for _ in range(ROUNDS):
        call()
    gc.collect()
    grown = [sys.getrefcount(value) - before for value, before in zip(constants, references, strict=True)]
    assert open_descriptors() == files
    assert max(map(abs, grown)) < 100
    assert resident_bytes() - memory < ALLOWED


def test_an_owner_may_come_and_go() -> None:
    for _ in range(20):
        connection = capi.midi_thru_connection_create("owner", {})
        assert capi.midi_thru_connection_find("owner") == [connection]
        capi.midi_thru_connection_dispose(connection)
    assert capi.midi_thru_connection_find("owner") == []
