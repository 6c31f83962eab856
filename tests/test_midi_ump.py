"""A UMP endpoint of Python's, asked by a client in C (through ctypes) in words of the UMP 1.1 specification."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import midi_kit  # noqa: F401  (a MIDI server of the test's own)
import pytest

import coremusic as cm
from coremusic import capi

library = ctypes.CDLL(str(next(Path(cm.__file__).parent.glob("libcoremusic.so"))))
library.CFStringCreateWithCString.restype = ctypes.c_void_p
RECEIVE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
PROTOCOL_2 = 2


class EventList(ctypes.Structure):
    """MIDIEventList with one packet."""

    _pack_ = 4
    _fields_ = [
        ("protocol", ctypes.c_int32),
        ("count", ctypes.c_uint32),
        ("time", ctypes.c_uint64),
        ("word_count", ctypes.c_uint32),
        ("words", ctypes.c_uint32 * 64),
    ]


class Asker:
    """Sends one message of four words at a time, and keeps the messages that come back at once."""

    def __init__(self, client: int, source: int, destination: int) -> None:
        self.heard: list[tuple[int, ...]] = []
        self.callback = RECEIVE(self._receive)
        name = ctypes.c_void_p(library.CFStringCreateWithCString(None, b"ask", 0x08000100))
        port = ctypes.c_uint32()
        status = library.CMMIDIInputPortCreateWithProtocol(
            client, name, PROTOCOL_2, self.callback, None, ctypes.byref(port)
        )
        assert status == 0
        assert library.MIDIPortConnectSource(port, source, None) == 0
        self.output, self.destination = capi.midi_output_port_create(client, "out"), destination

    def _receive(self, address: int, _: int, __: int) -> None:
        count = EventList.from_address(address).count
        at = address + 8
        for _index in range(count):
            words = ctypes.c_uint32.from_address(at + 8).value
            packet = (ctypes.c_uint32 * words).from_address(at + 12)
            self.heard += [tuple(packet[i : i + 4]) for i in range(0, words, 4)]
            at += 12 + 4 * words

    def ask(self, *words: int) -> list[tuple[int, ...]]:
        self.heard = []
        message = EventList(PROTOCOL_2, 1, 0, 4, (*words, *[0] * (4 - len(words))))
        assert library.MIDISendEventList(self.output, self.destination, ctypes.byref(message)) == 0
        return self.heard


def text(messages: list[tuple[int, ...]], skipped: int) -> str:
    """The text of messages of one status, of which each begins with so many bytes."""
    parts = [b"".join(word.to_bytes(4, "big") for word in message)[skipped:] for message in messages]
    return b"".join(parts).rstrip(b"\0").decode()


@pytest.fixture
def client() -> Iterator[cm.MIDIClient]:
    with cm.MIDIClient("ump") as client:
        yield client


def asker(client: cm.MIDIClient, endpoint: cm.MIDIUMPEndpoint) -> Asker:
    return Asker(client.object_id, endpoint.source.object_id, endpoint.destination.object_id)


def test_it_says_what_it_is(client: cm.MIDIClient) -> None:
    blocks = [
        cm.MIDIFunctionBlock("Hände", direction=1, first_group=1, group_count=2, hint=1),
        cm.MIDIFunctionBlock("Füße", direction=2, first_group=3, hint=2, midi1=1, active=False),
    ]
    endpoint = client.create_ump_endpoint(
        "A synthesizer in Python",
        function_blocks=blocks,
        product_instance_id="SN 7",
        manufacturer=b"\x00\x21\x09",
        family=0x81,
        model=3,
        revision=b"\1\2",
    )
    ask = asker(client, endpoint).ask
    assert ask(0xF0000101, 0x01) == [(0xF0010101, 0x02000300, 0, 0)]
    assert ask(0xF0000101, 0x02) == [(0xF0020000, 0x00002109, 0x01010300, 0x01020000)]
    names = ask(0xF0000101, 0x04)
    assert [message[0] >> 16 for message in names] == [0xF403, 0xFC03]
    assert text(names, 2) == "A synthesizer in Python"
    assert text(ask(0xF0000101, 0x08), 2) == "SN 7"
    told = ask(0xF010FF03)
    assert [m for m in told if m[0] >> 16 & 0x3FF == 0x11] == [
        (0xF0118011, 0x01020000, 0, 0),
        (0xF0110126, 0x03010000, 0, 0),
    ]
    assert [text([m], 3) for m in told if m[0] >> 16 & 0x3FF == 0x12] == ["Hände", "Füße"]
    assert endpoint.function_blocks == tuple(blocks)
    assert endpoint.product_instance_id == "SN 7"


def test_a_request_changes_its_protocol(client: cm.MIDIClient) -> None:
    with client.create_ump_endpoint("one") as endpoint:
        ask = asker(client, endpoint).ask
        assert endpoint.protocol == 1
        assert ask(0xF0050200) == [(0xF0060200, 0, 0, 0)]
        assert endpoint.protocol == 2
        assert endpoint.source.get_property("protocolID") == 2
    assert not client.find_source("one")
    assert not client.find_destination("one")


def test_it_tells_what_changes(client: cm.MIDIClient) -> None:
    endpoint = client.create_ump_endpoint("before")
    listener = asker(client, endpoint)
    assert endpoint.function_blocks == (cm.MIDIFunctionBlock("before"),)
    endpoint.name = "after"
    assert text(listener.heard, 2) == endpoint.name == endpoint.source.name == "after"
    listener.heard = []
    endpoint.function_blocks = [cm.MIDIFunctionBlock("all", group_count=16)]
    assert (0xF0118003, 0x00100000, 0, 0) in listener.heard


def test_messages_go_through_it(client: cm.MIDIClient) -> None:
    endpoint = client.create_ump_endpoint("synth")
    client.create_output_port("out").send(endpoint.destination, b"\x90\x3c\x64")
    message = endpoint.destination.receive(5)
    assert message is not None and message.data == b"\x90\x3c\x64"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"function_blocks": [cm.MIDIFunctionBlock(first_group=9, group_count=8)]}, cm.MIDIError),
        ({"function_blocks": [cm.MIDIFunctionBlock(direction=0)]}, cm.MIDIError),
        ({"function_blocks": [cm.MIDIFunctionBlock("x" * 92)]}, cm.MIDIError),
        ({"function_blocks": [cm.MIDIFunctionBlock()] * 33}, ValueError),
        ({"function_blocks": [("too", "few")]}, TypeError),
        ({"product_instance_id": "ü"}, cm.MIDIError),
        ({"product_instance_id": "x" * 43}, cm.MIDIError),
        ({"manufacturer": b"\x80"}, cm.MIDIError),
        ({"manufacturer": b"1234"}, ValueError),
        ({"manufacturer": b"12"}, ValueError),
        ({"revision": b"12345"}, ValueError),
        ({"function_blocks": [cm.MIDIFunctionBlock(direction=300)]}, ValueError),
        ({"family": 1 << 40}, ValueError),
        ({"family": -1}, ValueError),
        ({"product_instance_id": 3}, TypeError),
        ({"family": 1 << 14}, ValueError),
    ],
)
def test_what_has_no_room_is_refused(
    client: cm.MIDIClient, options: dict[str, object], error: type[Exception]
) -> None:
    before = len(client.sources), len(client.destinations)
    with pytest.raises(error):
        client.create_ump_endpoint("no", **options)  # type: ignore[arg-type]
    assert (len(client.sources), len(client.destinations)) == before


def test_nothing_is_left_when_there_is_no_source(
    client: cm.MIDIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: cm.MIDIClient, name: str) -> None:
        raise cm.MIDIError(f"no source {name}")

    before = len(client.destinations)
    monkeypatch.setattr(cm.MIDIClient, "create_virtual_source", fail)
    with pytest.raises(cm.MIDIError, match="no source half"):
        client.create_ump_endpoint("half")
    assert len(client.destinations) == before
