"""Core MIDI of the functional API: clients, ports, endpoints, properties, sending and receiving."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable

import pytest
from midi_kit import client, received, state_home

from coremusic import capi

__all__ = ["client", "state_home"]

NOTE = bytes([0x90, 60, 100])
INVALID_CLIENT, INVALID_PORT, UNKNOWN_ENDPOINT, NO_CONNECTION = -10830, -10831, -10834, -10833
WRONG_ENDPOINT, UNKNOWN_PROPERTY, WRONG_TYPE, NOT_PERMITTED = -10832, -10835, -10836, -10844


def fails(status: int, name: str, call: Callable[[], object]) -> None:
    with pytest.raises(RuntimeError, match=f"^{name} failed: ") as error:
        call()
    assert error.value.status_code == status  # type: ignore[attr-defined]
    assert str(status) in str(error.value)


def eventually(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not is_true() and time.monotonic() < end:
        time.sleep(0.001)
    assert is_true()


# ---- messages


def test_from_a_virtual_source_into_a_port(client: int) -> None:
    source = capi.midi_source_create(client, "source")
    port = capi.midi_input_port_create(client, "in")
    assert capi.midi_received(source, NOTE) == 0
    assert capi.midi_port_connect_source(port, source) == 0
    assert capi.midi_received(source, NOTE, timestamp=12345) == 0
    assert capi.midi_received(source, bytearray(b"\xf8")) == 0
    assert capi.midi_receive(port) == [(12345, NOTE), (0, b"\xf8")]
    assert capi.midi_receive(port) == []
    assert capi.midi_port_disconnect_source(port, source) == 0
    fails(NO_CONNECTION, "MIDIPortDisconnectSource", lambda: capi.midi_port_disconnect_source(port, source))
    capi.midi_received(source, NOTE)
    assert capi.midi_receive(port) == []


@pytest.mark.parametrize("send", [capi.midi_send_data, capi.midi_send])
def test_from_a_port_into_a_virtual_destination(client: int, send: Callable[..., int]) -> None:
    destination = capi.midi_destination_create(client, "destination")
    port = capi.midi_output_port_create(client, "out")
    assert send(port, destination, NOTE) == 0
    assert send(port, destination, memoryview(NOTE), 0) == 0
    assert [data for _, data in capi.midi_receive(destination)] == [NOTE, NOTE]
    with pytest.raises(ValueError, match="257"):
        send(port, destination, bytes(257))
    with pytest.raises(TypeError):
        send(port, destination, "text")
    sysex = b"\xf0" + bytes(range(100)) * 2 + b"\xf7"
    send(port, destination, sysex)
    assert received(destination) == sysex
    fails(INVALID_PORT, "MIDISend", lambda: send(0, destination, NOTE))
    fails(UNKNOWN_ENDPOINT, "MIDISend", lambda: send(port, 0, NOTE))
    fails(UNKNOWN_ENDPOINT, "MIDISend", lambda: send(port, 0xDEADBEEF, NOTE))


def test_the_bus_feeds_itself(client: int) -> None:
    assert capi.midi_get_number_of_devices() >= 1
    device = capi.midi_get_device(0)
    entity = capi.midi_device_get_entity(device, 0)
    source, destination = capi.midi_entity_get_source(entity, 0), capi.midi_entity_get_destination(entity, 0)
    port, out = capi.midi_input_port_create(client, "in"), capi.midi_output_port_create(client, "out")
    capi.midi_port_connect_source(port, source)
    capi.midi_send(out, destination, NOTE)
    assert received(port) == NOTE


def test_time_stamps_have_64_bits(client: int) -> None:
    destination, out = capi.midi_destination_create(client, "d"), capi.midi_output_port_create(client, "o")
    capi.midi_send(out, destination, NOTE, 2**63)  # centuries from now
    capi.midi_send(out, destination, b"\xfe")
    assert received(destination) == b"\xfe"
    assert capi.midi_flush_output(destination) == 0
    later = time.clock_gettime_ns(time.CLOCK_MONOTONIC) + 30_000_000  # host time counts these on Linux
    capi.midi_send(out, destination, NOTE, later)
    assert capi.midi_receive(destination) == []
    assert capi.midi_receive(destination, timeout=5.0) == [(later, NOTE)]
    assert time.clock_gettime_ns(time.CLOCK_MONOTONIC) >= later


def test_waiting_for_a_message(client: int) -> None:
    source, port = capi.midi_source_create(client, "s"), capi.midi_input_port_create(client, "i")
    capi.midi_port_connect_source(port, source)
    begin = time.monotonic()
    assert capi.midi_receive(port, 0.1) == []
    assert time.monotonic() - begin >= 0.1
    timer = threading.Timer(0.05, capi.midi_received, (source, NOTE))
    timer.start()
    assert capi.midi_receive(port, timeout=30.0) == [(0, NOTE)]
    timer.join()
    assert capi.midi_receive(port, float("nan")) == []
    assert capi.midi_receive(port, -1) == []


@pytest.mark.parametrize("end", ["port", "client"])
def test_waiting_ends_with_the_port(end: str) -> None:
    """With LookupError, as a port that is not there any more gives."""
    client = capi.midi_client_create("waiting")
    port = capi.midi_input_port_create(client, "i")
    timer = threading.Timer(
        0.1, *((capi.midi_port_dispose, (port,)) if end == "port" else (capi.midi_client_dispose, (client,)))
    )
    begin = time.monotonic()
    timer.start()
    with pytest.raises(LookupError):
        capi.midi_receive(port, timeout=20.0)
    timer.join()
    assert time.monotonic() - begin < 10.0
    if end == "port":
        capi.midi_client_dispose(client)


def test_a_full_queue_counts(client: int) -> None:
    source, port = capi.midi_source_create(client, "s"), capi.midi_input_port_create(client, "i")
    capi.midi_port_connect_source(port, source)
    data = b"\xf0" + bytes(254) + b"\xf7"
    sent = 0
    while capi.midi_receive_dropped(port) == 0:
        capi.midi_received(source, data)
        sent += 1
    assert 10_000 < sent < 20_000
    assert len(capi.midi_receive(port)) == sent - 1
    capi.midi_received(source, NOTE)
    assert received(port) == NOTE
    assert capi.midi_receive_dropped(port) == 1


def test_only_what_this_module_made_can_be_received_from(client: int) -> None:
    for ref in (0, client, capi.midi_output_port_create(client, "o"), capi.midi_source_create(client, "s")):
        with pytest.raises(LookupError, match=str(ref)):
            capi.midi_receive(ref)
        with pytest.raises(LookupError):
            capi.midi_receive_dropped(ref)
        with pytest.raises(LookupError):
            capi.midi_set_callback(ref, None)
    port = capi.midi_input_port_create(client, "i")
    capi.midi_port_dispose(port)
    with pytest.raises(LookupError):
        capi.midi_receive(port)


# ---- callbacks


def test_a_callback_gets_each_packet(client: int) -> None:
    seen: list[tuple[int, bytes]] = []
    source, port = capi.midi_source_create(client, "s"), capi.midi_input_port_create(client, "i")
    capi.midi_port_connect_source(port, source)
    assert capi.midi_set_callback(port, lambda when, data: seen.append((when, data))) == 0
    capi.midi_received(source, NOTE, 5)
    assert seen == [(5, NOTE)]
    assert capi.midi_receive(port) == []
    capi.midi_set_callback(port, None)
    capi.midi_received(source, NOTE)
    assert len(seen) == 1 and received(port) == NOTE
    with pytest.raises(TypeError, match="callable"):
        capi.midi_set_callback(port, 3)  # type: ignore[arg-type]


def test_an_exception_in_a_callback_is_reported(client: int, monkeypatch: pytest.MonkeyPatch) -> None:
    reports: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: reports.append(report.exc_value))

    def callback(when: int, data: bytes) -> None:
        raise ValueError(data)

    source, port = capi.midi_source_create(client, "s"), capi.midi_input_port_create(client, "i")
    capi.midi_port_connect_source(port, source)
    capi.midi_set_callback(port, callback)
    assert capi.midi_received(source, NOTE) == 0
    assert capi.midi_received(source, b"\xfe") == 0
    assert [str(e) for e in reports] == [str(NOTE), str(b"\xfe")]


def test_a_callback_on_the_scheduler_thread(client: int) -> None:
    threads: list[int] = []
    destination, out = capi.midi_destination_create(client, "d"), capi.midi_output_port_create(client, "o")
    capi.midi_set_callback(destination, lambda when, data: threads.append(threading.get_ident()))
    later = time.clock_gettime_ns(time.CLOCK_MONOTONIC) + 10_000_000
    capi.midi_send(out, destination, NOTE, later)
    eventually(lambda: len(threads) == 1)
    assert threads[0] != threading.get_ident()


def test_a_callback_ends_its_own_port_and_client() -> None:
    client = capi.midi_client_create("short-lived")
    source, port = capi.midi_source_create(client, "s"), capi.midi_input_port_create(client, "i")
    done: list[int] = []

    def callback(when: int, data: bytes) -> None:
        capi.midi_set_callback(port, None)
        done.append(capi.midi_port_dispose(port))
        done.append(capi.midi_client_dispose(client))

    capi.midi_port_connect_source(port, source)
    capi.midi_set_callback(port, callback)
    capi.midi_received(source, NOTE)
    assert done == [0, 0]
    fails(UNKNOWN_ENDPOINT, "MIDIReceived", lambda: capi.midi_received(source, NOTE))


def test_callables_are_let_go(client: int) -> None:
    class Listener:
        def __call__(self, when: int, data: bytes) -> None: ...

    made: list[weakref.ref[Listener]] = []
    for i in range(4):
        other = capi.midi_client_create("other")
        port = capi.midi_input_port_create(other, "i")
        listener = Listener()
        made.append(weakref.ref(listener))
        capi.midi_set_callback(port, listener)
        if i == 0:
            capi.midi_set_callback(port, None)
        elif i == 1:
            capi.midi_set_callback(port, print)
        elif i == 2:
            capi.midi_port_dispose(port)
        capi.midi_client_dispose(other)
    del listener
    gc.collect()
    assert [ref() for ref in made] == [None] * 4


def test_many_threads_send_into_one_callback(client: int) -> None:
    seen: list[bytes] = []
    destination, out = capi.midi_destination_create(client, "d"), capi.midi_output_port_create(client, "o")
    capi.midi_set_callback(destination, lambda when, data: seen.append(data))

    def send(channel: int) -> None:
        for note in range(128):
            capi.midi_send(out, destination, bytes([0x90 + channel, note, 1]))

    threads = [threading.Thread(target=send, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(lambda: len(b"".join(seen)) == 4 * 128 * 3)
    notes = b"".join(seen)
    for channel in range(4):  # those of one sender in their order
        assert [notes[i + 1] for i in range(0, len(notes), 3) if notes[i] == 0x90 + channel] == list(
            range(128)
        )


def test_the_interpreter_ends_while_messages_come() -> None:
    program = """
import threading, time
from coremusic import capi
client = capi.midi_client_create("end")
destination, out = capi.midi_destination_create(client, "d"), capi.midi_output_port_create(client, "o")
count = 0
def callback(when, data):
    global count
    count += 1
capi.midi_set_callback(destination, callback)
now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
for i in range(20000):
    capi.midi_send(out, destination, bytes([0x90, 60, 1]), now + i * 50_000)
def send():
    while True:
        capi.midi_send(out, destination, bytes([0x90, 60, 1]))
threading.Thread(target=send, daemon=True).start()
while count < 1000:
    time.sleep(0.001)
print("end")
"""
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


# ---- objects


def test_clients_end_with_all_that_is_theirs() -> None:
    before = capi.midi_get_number_of_sources(), capi.midi_get_number_of_destinations()
    client = capi.midi_client_create("client")
    source, destination = (
        capi.midi_source_create(client, "s"),
        capi.midi_destination_create(client, "d"),
    )
    port = capi.midi_input_port_create(client, "p")
    assert (capi.midi_get_number_of_sources(), capi.midi_get_number_of_destinations()) == (
        before[0] + 1,
        before[1] + 1,
    )
    assert capi.midi_get_source(before[0]) == source
    assert capi.midi_get_destination(before[1]) == destination
    assert capi.midi_client_dispose(client) == 0
    assert (capi.midi_get_number_of_sources(), capi.midi_get_number_of_destinations()) == before
    fails(INVALID_CLIENT, "MIDIClientDispose", lambda: capi.midi_client_dispose(client))
    fails(INVALID_PORT, "MIDIPortDispose", lambda: capi.midi_port_dispose(port))
    fails(UNKNOWN_ENDPOINT, "MIDIEndpointDispose", lambda: capi.midi_endpoint_dispose(source))


def test_made_up_references(client: int) -> None:
    for bad in (0, 1, -1, 0xFFFFFFFF, client):
        fails(INVALID_PORT, "MIDIPortDispose", lambda ref=bad: capi.midi_port_dispose(ref))  # type: ignore[misc]
        assert capi.midi_device_get_number_of_entities(bad) == 0
        assert capi.midi_entity_get_number_of_sources(bad) == 0
        assert capi.midi_entity_get_number_of_destinations(bad) == 0
    for make, name in (
        (capi.midi_input_port_create, "MIDIInputPortCreate"),
        (capi.midi_output_port_create, "MIDIOutputPortCreate"),
        (capi.midi_source_create, "MIDISourceCreate"),
        (capi.midi_destination_create, "MIDIDestinationCreate"),
    ):
        fails(INVALID_CLIENT, name, lambda make=make: make(0, "x"))  # type: ignore[misc]
        with pytest.raises(TypeError, match="str"):
            make(client, b"x")  # type: ignore[arg-type]
        with pytest.raises(ValueError):
            make(client, "\ud800")
    port, destination = capi.midi_input_port_create(client, "i"), capi.midi_destination_create(client, "d")
    fails(WRONG_ENDPOINT, "MIDIPortConnectSource", lambda: capi.midi_port_connect_source(port, destination))
    fails(NOT_PERMITTED, "MIDIEndpointDispose", lambda: capi.midi_endpoint_dispose(capi.midi_get_source(0)))


@pytest.mark.parametrize(
    ("kind", "count", "get"),
    [
        ("Device", capi.midi_get_number_of_devices, capi.midi_get_device),
        ("Source", capi.midi_get_number_of_sources, capi.midi_get_source),
        ("Destination", capi.midi_get_number_of_destinations, capi.midi_get_destination),
    ],
)
def test_indexes_of_the_system(
    client: int, kind: str, count: Callable[[], int], get: Callable[[int], int]
) -> None:
    number = count()
    assert len({get(i) for i in range(number)}) == number >= 1
    for bad in (-1, number, 2**31 - 1):
        with pytest.raises(ValueError, match=rf"^{kind} index {bad} out of range \(0-{number - 1}\)$"):
            get(bad)
    with pytest.raises(OverflowError):
        get(2**40)


def test_indexes_of_owners(client: int) -> None:
    device = capi.midi_get_device(0)
    entity = capi.midi_device_get_entity(device, 0)
    with pytest.raises(ValueError, match=r"^Entity index 9 out of range \(0-0\)$"):
        capi.midi_device_get_entity(device, 9)
    with pytest.raises(ValueError, match=r"^Source index 1 out of range \(0-0\)$"):
        capi.midi_entity_get_source(entity, 1)
    with pytest.raises(ValueError, match=r"^Destination index 0 out of range \(0--1\)$"):
        capi.midi_entity_get_destination(device, 0)


# ---- properties


def test_properties(client: int) -> None:
    source = capi.midi_source_create(client, "häuser 🎹")
    assert capi.midi_object_get_name(source) == "häuser 🎹"
    assert capi.midi_endpoint_get_name(source) == "häuser 🎹"
    assert capi.midi_object_get_string_property(source, capi.get_midi_property_name()) == "häuser 🎹"
    unique = capi.midi_object_get_integer_property(source, capi.get_midi_property_unique_id())
    assert unique != 0 and -(2**31) <= unique < 2**31
    assert capi.midi_object_set_integer_property(source, "mine", -5) == 0
    assert capi.midi_object_get_integer_property(source, "mine") == -5
    assert capi.midi_object_set_integer_property(source, "mine", 0xFFFFFFFF) == 0
    assert capi.midi_object_get_integer_property(source, "mine") == -1
    assert capi.midi_object_set_string_property(source, "model", "M1") == 0
    assert capi.midi_object_get_model(source) == "M1"
    get_string, get_integer = capi.midi_object_get_string_property, capi.midi_object_get_integer_property
    fails(UNKNOWN_PROPERTY, "MIDIObjectGetStringProperty", lambda: get_string(source, "nothing"))
    fails(WRONG_TYPE, "MIDIObjectGetStringProperty", lambda: get_string(source, "mine"))
    fails(WRONG_TYPE, "MIDIObjectGetIntegerProperty", lambda: get_integer(source, "model"))
    fails(UNKNOWN_PROPERTY, "MIDIObjectGetStringProperty", lambda: capi.midi_object_get_manufacturer(source))
    with pytest.raises(ValueError):
        get_string(source, "\ud800")
    with pytest.raises(ValueError):
        capi.midi_object_set_string_property(source, "model", "\udfff")
    with pytest.raises(TypeError):
        get_integer(source, None)  # type: ignore[arg-type]


def test_names_of_the_bus(client: int) -> None:
    device = capi.midi_get_device(0)
    entity = capi.midi_device_get_entity(device, 0)
    assert capi.midi_device_get_name(device)
    assert capi.midi_entity_get_name(entity)
    assert capi.midi_object_get_manufacturer(entity) == capi.midi_object_get_manufacturer(device)
