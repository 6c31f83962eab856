"""coremusic as a backend of mido."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import midi_kit  # first: it keeps drivers away from the server
import pytest

mido = pytest.importorskip("mido")
state_home = midi_kit.state_home

MESSAGES = [
    mido.Message("note_on", channel=2, note=60, velocity=100),
    mido.Message("control_change", channel=2, control=7, value=1),
    mido.Message("sysex", data=[i % 128 for i in range(5000)]),
    mido.Message("pitchwheel", pitch=-8192),
    mido.Message("program_change", program=9),
    mido.Message("clock"),
    mido.Message("songpos", pos=16383),
]


@pytest.fixture(autouse=True)
def backend() -> Iterator[None]:
    before = mido.backend
    mido.set_backend("coremusic.midi.mido_backend", load=True)
    yield
    mido.set_backend(before)


def test_from_a_virtual_output_to_an_input() -> None:
    with mido.open_output("mido out", virtual=True) as out:
        assert "mido out" in mido.get_input_names()
        assert "mido out" not in mido.get_output_names()
        with mido.open_input("mido out") as port:
            for message in MESSAGES:
                out.send(message)
            assert [*port.iter_pending()] == MESSAGES
            assert port.poll() is None
    assert "mido out" not in mido.get_input_names()


def test_to_a_virtual_input() -> None:
    with mido.open_input("mido in", virtual=True) as port, mido.open_output("mido in") as out:
        threading.Timer(0.05, out.send, (MESSAGES[0],)).start()
        assert port.receive() == MESSAGES[0]
        out.send(MESSAGES[1])
        assert port.receive() == MESSAGES[1]
        assert "open input 'mido in' (coremusic)" in repr(port)


def test_callbacks() -> None:
    heard: list[Any] = []
    with (
        mido.open_input("mido in", virtual=True, callback=heard.append) as port,
        mido.open_output("mido in") as out,
    ):
        for message in MESSAGES:
            out.send(message)
        end = time.monotonic() + 10
        while len(heard) < len(MESSAGES) and time.monotonic() < end:
            time.sleep(0.002)
        assert [*heard] == MESSAGES
        with pytest.raises(ValueError, match="callback"):
            port.receive()
        port.callback = None
        out.send(MESSAGES[0])
        assert port.receive() == MESSAGES[0]


def test_iteration_ends_when_the_port_is_closed() -> None:
    port = mido.open_input("mido in", virtual=True)
    with mido.open_output("mido in") as out:
        out.send(MESSAGES[0])
        threading.Timer(0.1, port.close).start()
        assert [*port] == MESSAGES[:1]
    assert port.closed
    with pytest.raises(ValueError):
        port.receive()


def test_panic_and_reset() -> None:
    with mido.open_input("mido in", virtual=True) as port:
        with mido.open_output("mido in", autoreset=True) as out:
            out.panic()
            assert [m.control for m in port.iter_pending()] == [120] * 16
        assert {m.control for m in port.iter_pending()} == {121, 123}


def test_both_ways_over_the_bus() -> None:
    assert "coremusic Bus 1" in mido.get_ioport_names()
    with mido.open_ioport("coremusic Bus 1") as port:
        port.send(MESSAGES[0])
        assert port.receive() == MESSAGES[0]


def test_names() -> None:
    with pytest.raises(OSError, match="unknown port 'nobody'"):
        mido.open_input("nobody")
    with pytest.raises(OSError, match="unknown port"):
        mido.open_output("nobody")
    with pytest.raises(OSError, match="name"):
        mido.open_input(virtual=True)
    with mido.open_output("twin", virtual=True) as first, mido.open_output("twin", virtual=True) as second:
        names = [n for n in mido.get_input_names() if n.startswith("twin")]
        assert names == ["twin", "twin 2"]
        with mido.open_input("twin 2") as port:
            first.send(MESSAGES[0])
            second.send(MESSAGES[1])
            assert [*port.iter_pending()] == [MESSAGES[1]]
    with mido.open_input() as port:
        assert port.name == mido.get_input_names()[0]
