"""MIDIClient, its ports and virtual endpoints, by what arrives."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import midi_kit  # first: it keeps drivers away from the server
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from objects_kit import resident_bytes

import coremusic as cm
from coremusic import capi

mido = pytest.importorskip("mido")
state_home = midi_kit.state_home


@pytest.fixture
def midi() -> Iterator[cm.MIDIClient]:
    with cm.MIDIClient("test") as client:
        yield client


@pytest.fixture
def way(midi: cm.MIDIClient) -> tuple[cm.MIDIVirtualSource, cm.MIDIInputPort]:
    """A source and a port that is connected to it."""
    source, port = midi.create_virtual_source("a source"), midi.create_input_port("in")
    port.connect_source(source)
    return source, port


def data(messages: list[cm.MIDIMessage]) -> list[bytes]:
    return [message.data for message in messages]


# What mido makes of the same bytes is the measure; it forgets unfinished SysEx, and so are ours ended.

voice = st.builds(
    lambda status, first, second: bytes([status, first, second][: 2 if status >> 4 in (12, 13) else 3]),
    st.integers(0x80, 0xEF),
    st.integers(0, 127),
    st.integers(0, 127),
)
sysex = st.binary(max_size=600).map(lambda b: b"\xf0" + bytes(x & 127 for x in b) + b"\xf7")
real_time = st.sampled_from([b"\xf8", b"\xfa", b"\xfb", b"\xfc", b"\xfe", b"\xff"])
common = st.sampled_from([b"\xf1\x12", b"\xf2\x01\x7f", b"\xf3\x05", b"\xf6"])


@settings(deadline=None)
@given(st.lists(voice | sysex | real_time | common, max_size=30))
def test_streams_become_the_messages_that_mido_parses(messages: list[bytes]) -> None:
    stream = b"".join(messages)
    expected = [bytes(message.bytes()) for message in mido.parse_all(stream)]
    with cm.MIDIClient("test") as client:
        destination = client.create_virtual_destination("here")
        if stream:
            client.create_output_port("out").send_data(destination, stream)
        assert data(destination.receive_pending()) == expected
        assert destination.dropped == 0


def test_real_time_inside_of_sysex(midi: cm.MIDIClient) -> None:
    """Also between the pieces; and a note with running status, whose data come later."""
    here, out = midi.create_virtual_destination("here"), midi.create_output_port("out")
    for part in (b"\xf0\x01\xf8\x02", b"\xfa", b"\x03\xf7\x90\x3c\x40\x3e", b"\x41"):
        out.send_data(here, part)
    expected = [b"\xf8", b"\xfa", b"\xf0\x01\x02\x03\xf7", b"\x90\x3c\x40", b"\x90\x3e\x41"]
    assert data(here.receive_pending()) == expected


def test_a_long_sysex_is_whole(midi: cm.MIDIClient) -> None:
    long = b"\xf0" + bytes(i % 128 for i in range(100_000)) + b"\xf7"
    destination, port = midi.create_virtual_destination("here"), midi.create_output_port("out")
    port.send_data(destination, long)
    assert data(destination.receive_pending()) == [long]
    assert port.send_sysex(destination, long) == len(long)
    received = destination.receive(5)
    assert received is not None and received.data == long


def test_pieces_of_sysex_from_two_sources_do_not_mix(midi: cm.MIDIClient) -> None:
    one, other = midi.create_virtual_source("one"), midi.create_virtual_source("other")
    port = midi.create_input_port("in")
    port.connect_source(one)
    port.connect_source(other)
    for source, part in ((one, b"\xf0\x01"), (other, b"\xf0\x02"), (one, b"\x03\xf7"), (other, b"\x04\xf7")):
        capi.midi_received(source.object_id, part)
    received = port.receive_pending()
    assert data(received) == [b"\xf0\x01\x03\xf7", b"\xf0\x02\x04\xf7"]
    assert [message.source for message in received] == [one.object_id, other.object_id]


def test_receive(way: tuple[cm.MIDIVirtualSource, cm.MIDIInputPort]) -> None:
    source, port = way
    assert port.receive(0) is None
    began = time.monotonic()
    assert port.receive(0.1) is None
    assert 0.09 < time.monotonic() - began < 2
    threading.Timer(0.05, source.send, (b"\x90\x40\x7f",)).start()
    message = port.receive()
    assert message is not None
    assert message.data == b"\x90\x40\x7f"
    assert message.source == source.object_id
    assert 0 <= cm.MIDIClient.host_time() - message.timestamp < cm.MIDIClient.host_time(60)


def test_iteration_ends_with_the_port(way: tuple[cm.MIDIVirtualSource, cm.MIDIInputPort]) -> None:
    source, port = way
    source.send(b"\x90\x40\x7f\x80\x40\x00")
    threading.Timer(0.1, port.dispose).start()
    assert [message.data[0] for message in port] == [0x90, 0x80]
    assert list(port) == []


def test_async_iteration(way: tuple[cm.MIDIVirtualSource, cm.MIDIInputPort]) -> None:
    source, port = way

    async def listen() -> list[bytes]:
        loop = asyncio.get_running_loop()
        loop.call_later(0.02, source.send, b"\xc0\x01")
        threading.Timer(0.04, source.send, (b"\xc0\x02\xc0\x03",)).start()
        threading.Timer(0.2, port.dispose).start()
        return [message.data async for message in port]

    assert asyncio.run(listen()) == [b"\xc0\x01", b"\xc0\x02", b"\xc0\x03"]


def test_callbacks_run_on_a_thread_that_is_not_the_senders(midi: cm.MIDIClient) -> None:
    heard: list[tuple[bytes, int, int, int]] = []
    here = midi.create_virtual_destination("here", lambda *a: heard.append((*a, threading.get_ident())))
    out = midi.create_output_port("out")
    for note in range(100):
        out.send_data(here, bytes([0x90, note, 1]))
    when = cm.MIDIClient.host_time(0.05)
    out.send(here, b"\xb0\x07\x01", when)
    wait_for(lambda: len(heard) == 101)
    assert [entry[0][1] for entry in heard[:100]] == list(range(100))
    assert heard[100][:3] == (b"\xb0\x07\x01", when, 0)
    assert threading.get_ident() not in {entry[3] for entry in heard}
    with pytest.raises(RuntimeError, match="callback"):
        here.receive(0)
    here.callback = None
    out.send_data(here, b"\x80\x01\x02")
    message = here.receive(5)
    assert message is not None and message.data == b"\x80\x01\x02"


def wait_for(condition: object, seconds: float = 10.0) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_a_callback_that_raises_is_called_again(midi: cm.MIDIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", lambda info: failures.append(info.exc_value))

    def fail(*message: object) -> None:
        raise ValueError(message[0])

    here = midi.create_virtual_destination("here", fail)
    out = midi.create_output_port("out")
    out.send_data(here, b"\x90\x01\x02")
    out.send_data(here, b"\x90\x02\x02")
    wait_for(lambda: len(failures) == 2)
    assert all(isinstance(failure, ValueError) for failure in failures)


def test_a_callback_may_change_and_dispose(midi: cm.MIDIClient) -> None:
    heard: list[str] = []

    def second(*_: object) -> None:
        heard.append("second")
        midi.dispose()

    def first(*_: object) -> None:
        heard.append("first")
        here.callback = second

    here = midi.create_virtual_destination("here", first)
    midi.create_output_port("out").send_data(here, b"\x90\x01\x02" * 5)
    wait_for(lambda: midi.is_disposed)
    time.sleep(0.05)
    assert heard == ["first", "second"]


def test_what_finds_the_queue_full_is_counted(midi: cm.MIDIClient) -> None:
    here, out = midi.create_virtual_destination("here"), midi.create_output_port("out")
    sent = 0
    while here.dropped == 0:
        out.send_data(here, b"\xf2" + bytes([sent & 127, sent >> 7 & 127]))
        sent += 1
        assert sent < 1_000_000
    for _ in range(9):
        out.send_data(here, b"\xf6")
    assert here.dropped == 10
    received = here.receive_pending()
    assert len(received) == sent - 1
    assert all(m.data[1:] == bytes([i & 127, i >> 7 & 127]) for i, m in enumerate(received))
    out.send_data(here, b"\x90\x01\x02")
    assert data(here.receive_pending()) == [b"\x90\x01\x02"]


def test_a_sysex_that_lost_a_part_is_not_delivered(midi: cm.MIDIClient) -> None:
    here, out = midi.create_virtual_destination("here"), midi.create_output_port("out")
    out.send_data(here, b"\xf0")
    while here.dropped == 0:
        out.send_data(here, bytes(32_000))
    assert here.receive_pending() == []
    lost = here.dropped
    out.send_data(here, b"\x01\x02\xf7\x90\x03\x04")
    assert data(here.receive_pending()) == [b"\x90\x03\x04"]
    assert here.dropped == lost + 1


# The setup.


def test_endpoints(midi: cm.MIDIClient) -> None:
    source, here = midi.create_virtual_source("some source"), midi.create_virtual_destination("somewhere")
    assert (source.object_id, "some source") in midi.get_sources()
    assert (here.object_id, "somewhere") in midi.get_destinations()
    found = midi.find_source("SOME source")
    assert found is not None and found.object_id == source.object_id
    assert found == cm.MIDIEndpoint(source.object_id) and len({found, cm.MIDIEndpoint(found.object_id)}) == 1
    assert found.display_name == found.name == source.name == "some source"
    assert found.unique_id == source.unique_id != 0
    assert found.is_online
    found.set_property("model", "a model")
    assert source.model == source.get_property("model") == "a model"
    with pytest.raises(cm.MIDIError, match="'nothing'"):
        found.get_property("nothing")
    source.dispose()
    assert (found.name, found.unique_id, found.is_online) == ("", 0, False)
    assert midi.find_source("some source") is None


def test_there_is_always_a_bus(midi: cm.MIDIClient) -> None:
    port, out = midi.create_input_port("in"), midi.create_output_port("out")
    port.connect_source("bus")
    out.send_data("bus", b"\x90\x01\x02")
    message = port.receive(5)
    assert message is not None and message.data == b"\x90\x01\x02"


def test_endpoints_by_number_name_and_object(midi: cm.MIDIClient) -> None:
    here, out = midi.create_virtual_destination("here"), midi.create_output_port("out")
    for destination in (here, here.object_id, "here", cm.MIDIEndpoint(here.object_id)):
        out.send(destination, b"\xf6")
    assert data(here.receive_pending()) == [b"\xf6"] * 4
    source, port = midi.create_virtual_source("a source"), midi.create_input_port("in")
    for same in (source, source.object_id, "a source"):
        port.connect_source(same)
        port.disconnect_source(same)
    source.send(b"\xf6")
    assert port.receive(0) is None


def test_errors(midi: cm.MIDIClient) -> None:
    port, out = midi.create_input_port("in"), midi.create_output_port("out")
    with pytest.raises(cm.MIDIError, match="MIDI") as caught:
        out.send_data(12345, b"\xf6")
    assert caught.value.status_code == -10834  # kMIDIUnknownEndpoint
    with pytest.raises(cm.MIDIError) as caught:
        port.disconnect_source(midi.create_virtual_source("a source"))
    assert caught.value.status_code == -10833  # kMIDINoConnection
    for wrong in (None, 1.5, object()):
        with pytest.raises(cm.MIDIError):
            port.connect_source(wrong)  # type: ignore[arg-type]
    with pytest.raises(cm.MIDIError, match="nobody"):
        port.connect_source("nobody")
    with pytest.raises(TypeError):
        cm.MIDIClient(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        port.callback = 5  # type: ignore[assignment]


def test_life(midi: cm.MIDIClient) -> None:
    port, out = midi.create_input_port("in"), midi.create_output_port("out")
    assert (port.name, port.is_input, out.is_input) == ("in", True, False)
    assert "in" in repr(port) and "test" in repr(midi)
    port.dispose()
    port.dispose()
    with pytest.raises(RuntimeError, match="MIDIInputPort has been disposed"):
        port.connect_source(1)
    with pytest.raises(RuntimeError, match="MIDIInputPort has been disposed"):
        port.receive(0)
    midi.dispose()
    midi.dispose()
    assert out.is_disposed and out.object_id == midi.object_id == 0
    with pytest.raises(RuntimeError, match="MIDIClient has been disposed"):
        midi.create_input_port("again")
    with pytest.raises(RuntimeError, match="MIDIClient"):
        cm.MIDIInputPort("made by nobody").receive(0)


def test_a_forgotten_client_goes() -> None:
    client = cm.MIDIClient("forgotten", on_change=lambda change: None)
    source = client.create_virtual_source("forgotten source")
    client.create_virtual_destination("forgotten destination", lambda *_, kept=client: None)
    reference, number = weakref.ref(client), source.object_id
    del client, source
    gc.collect()
    assert reference() is None
    assert capi.midi_get_number_of_sources() == 0 or number not in [
        capi.midi_get_source(i) for i in range(capi.midi_get_number_of_sources())
    ]


# Changes.


def test_changes_are_told() -> None:
    changes: list[cm.MIDIChange] = []
    with cm.MIDIClient("watcher", changes.append) as client, cm.MIDIClient("other") as other:
        source = other.create_virtual_source("news")
        number = source.object_id
        wait_for(lambda: any(c.kind == "added" and c.object_id == number for c in changes))
        source.set_property("name", "other news")
        wait_for(lambda: any(c.kind == "property_changed" and c.property == "name" for c in changes))
        source.dispose()
        wait_for(lambda: any(c.kind == "removed" and c.object_id == number for c in changes))
        assert {c.object_type for c in changes if c.object_id == number} == {2}
        client.on_change = None
        seen = len(changes)
        other.create_virtual_source("unseen")
        time.sleep(0.05)
        assert len(changes) == seen


def test_a_handler_may_dispose_of_its_client() -> None:
    client = cm.MIDIClient("watcher")
    client.on_change = lambda change: client.dispose()
    with cm.MIDIClient("other") as other:
        other.create_virtual_source("news")
        wait_for(lambda: client.is_disposed)


def test_a_source_that_comes_back_is_connected_again(midi: cm.MIDIClient) -> None:
    port = midi.create_input_port("in")
    port.connect_source("comes and goes", wait=True)
    for turn in range(3):
        source = midi.create_virtual_source("comes and goes")

        def heard(source: cm.MIDIVirtualSource = source, turn: int = turn) -> bool:
            source.send(bytes([0xC0, turn]))
            return bytes([0xC0, turn]) in data(port.receive_pending())

        wait_for(heard)
        source.dispose()
    port.disconnect_source("comes and goes")
    source = midi.create_virtual_source("comes and goes")
    time.sleep(0.05)
    source.send(b"\xf6")
    assert port.receive(0.05) is None


def test_threads() -> None:
    """Two senders, one receiver that is replaced again and again: nothing is lost, nobody waits for ever."""
    with cm.MIDIClient("test") as client:
        here, stop = client.create_virtual_destination("here"), threading.Event()
        heard: list[bytes] = []

        def send(channel: int) -> None:
            out = client.create_output_port("out")
            for number in range(2000):
                out.send_data(here, bytes([0xE0 | channel, number & 127, number >> 7]))

        def reopen() -> None:
            while not stop.is_set():
                client.create_input_port("other", lambda *_: None).dispose()

        threads = [threading.Thread(target=send, args=(channel,)) for channel in (1, 2)]
        other = threading.Thread(target=reopen)
        for thread in (*threads, other):
            thread.start()
        while len(heard) < 4000:
            message = here.receive(10)
            assert message is not None
            heard.append(message.data)
        stop.set()
        for thread in (*threads, other):
            thread.join()
        for channel in (1, 2):
            mine = [m[1] | m[2] << 7 for m in heard if m[0] & 15 == channel]
            assert mine == list(range(2000))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_nothing_leaks() -> None:
    def turn() -> None:
        with cm.MIDIClient("test", on_change=lambda change: None) as client:
            here = client.create_virtual_destination("here", lambda *_: None)
            other = client.create_virtual_destination("other")
            port = client.create_input_port("in")
            port.connect_source(client.create_virtual_source("source"))
            port.fileno()
            out = client.create_output_port("out")
            out.send_data(here, b"\x90\x01\x02")
            out.send_data(other, b"\xf0" + bytes(3000))
            other.receive_pending()

    files = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(100):
        turn()
    time.sleep(0.3)  # for pumps to end
    before = resident_bytes()
    for _ in range(300):
        turn()
    time.sleep(0.3)
    gc.collect()
    assert resident_bytes() - before < 3_000_000
    assert len(list(Path("/proc/self/fd").iterdir())) <= files + 2


# Programs.

OPEN_AT_EXIT = """
import threading, coremusic as cm
client = cm.MIDIClient("left open", on_change=print)
here = client.create_virtual_destination("here", lambda *_: None)
out = client.create_output_port("out")
def flood():
    while True:
        out.send_data(here, b"\\x90\\x01\\x02")
for _ in range(2):
    threading.Thread(target=flood, daemon=True).start()
import time; time.sleep(0.2)
print("end")
"""

INTERRUPTED = """
import coremusic as cm
client = cm.MIDIClient("interrupted")
here = client.create_virtual_destination("here")
print("ready", flush=True)
try:
    here.receive()
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def start(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_a_program_ends_while_messages_flow() -> None:
    for _ in range(3):
        process = start(OPEN_AT_EXIT)
        assert process.communicate(timeout=30)[0].endswith("end\n")
        assert process.returncode == 0


def test_waiting_can_be_interrupted() -> None:
    process = start(INTERRUPTED)
    assert process.stdout and process.stdout.readline() == "ready\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=10)[0] == "interrupted\n"
    assert process.returncode == 0


def test_the_published_example(midi: cm.MIDIClient) -> None:
    destination = midi.create_virtual_destination("somewhere")
    client = cm.MIDIClient("My MIDI App")
    try:
        client.create_input_port("Input")
        output_port = client.create_output_port("Output")
        note_on_data = b"\x90\x60\x7f"
        output_port.send_data(destination, note_on_data)
    finally:
        client.dispose()
    assert data(destination.receive_pending()) == [note_on_data]


def test_a_client_is_open_from_the_beginning() -> None:
    client = cm.MIDIClient("open")
    assert client.open() is client
    client.close()
    with pytest.raises(RuntimeError):
        client.open()
