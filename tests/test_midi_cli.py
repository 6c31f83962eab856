"""coremusic midi, run as a user runs it; what it sends and hears by mido."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import midi_kit  # first: it keeps drivers away from the server
import pytest

import coremusic as cm
from coremusic.cli import main
from coremusic.cli.midi import describe
from coremusic.midi import MIDISequence

mido = pytest.importorskip("mido")
state_home = midi_kit.state_home


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    with cm.MIDIClient("test") as client:
        source = client.create_virtual_source("a source")
        source.set_property("manufacturer", "somebody")
        assert main(["midi", "list", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        facts = next(one for one in found["sources"] if one["id"] == source.object_id)
        assert (facts["name"], facts["manufacturer"]) == ("a source", "somebody")
        assert facts["unique_id"] == source.unique_id
        assert main(["midi", "list"]) == 0
        assert f"{source.object_id}  a source  (somebody)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["90 3c 64 c0 05"], ["90", "3c", "64", "c0", "05"], ["0x90,0x3c,0x64,C005"]]
)
def test_send_bytes(words: list[str]) -> None:
    with cm.MIDIClient("test") as client:
        here = client.create_virtual_destination("here")
        assert main(["midi", "send", "HERE", *words]) == 0
        assert [m.data for m in here.receive_pending()] == [b"\x90\x3c\x64", b"\xc0\x05"]


def test_send_files(tmp_path: Path) -> None:
    sysex = b"\xf0" + bytes(i % 128 for i in range(5000)) + b"\xf7"
    (tmp_path / "a.syx").write_bytes(sysex)
    sequence = MIDISequence(240)
    sequence.add_track().add_note(0.0, 60, 100, 0.1)
    sequence.add_track().add_note(0.1, 64, 100, 0.1, channel=1)
    sequence.save(tmp_path / "a.mid")
    with cm.MIDIClient("test") as client:
        here = client.create_virtual_destination("here")
        assert main(["midi", "send", str(here.object_id), str(tmp_path / "a.syx")]) == 0
        assert [m.data for m in here.receive_pending()] == [sysex]
        assert main(["midi", "send", "here", str(tmp_path / "a.mid")]) == 0
        played = here.receive_pending()
        expected = [m for m in mido.MidiFile(tmp_path / "a.mid") if not m.is_meta]
        assert [m.data for m in played] == [bytes(m.bytes()) for m in expected]
        times = [cm.MIDIClient.seconds(m.timestamp - played[0].timestamp) for m in played]
        assert times == pytest.approx([0, 0.1, 0.1, 0.2], abs=0.002)


def test_what_cannot_be_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("hello")
    for destination, data, reason in (
        ("nobody", "90 3c 64", "no MIDI destination 'nobody'"),
        ("bus", "zz", "hexadecimal"),
        ("bus", "3c", "status byte"),
        ("bus", str(tmp_path / "a.txt"), "neither a MIDI file nor SysEx"),
    ):
        assert main(["midi", "send", destination, data]) == 1
        assert reason in capsys.readouterr().err


def test_receive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def send() -> None:
        with cm.MIDIClient("test") as client:
            end = time.monotonic() + 10
            while client.find_destination("inlet") is None and time.monotonic() < end:
                time.sleep(0.01)
            client.create_output_port("out").send("inlet", b"\x93\x3c\x64\xf0\x01\x02\xf7\xf8")

    thread = threading.Thread(target=send)
    thread.start()
    path = tmp_path / "got.syx"
    arguments = ["midi", "receive", "--name", "inlet", "--count", "3", "--json", "--sysex", str(path)]
    assert main([*arguments, "--seconds", "20"]) == 0
    thread.join()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["message"] for line in lines] == [
        "note on, channel 4: C4 (60) velocity 100",
        "sysex, 4 bytes: f0 01 02 f7",
        "clock",
    ]
    assert lines[0]["bytes"] == [0x93, 60, 100]
    assert path.read_bytes() == b"\xf0\x01\x02\xf7"


def test_monitor_shows_sources_that_come_later(capsys: pytest.CaptureFixture[str]) -> None:
    def play() -> None:
        with cm.MIDIClient("test") as client:
            source = client.create_virtual_source("later")
            for _ in range(100):
                source.send(b"\xf8\xb0\x07\x40")
                time.sleep(0.01)

    thread = threading.Timer(0.2, play)
    thread.start()
    assert main(["midi", "monitor", "--count", "2", "--seconds", "20"]) == 0
    thread.join()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.endswith("later  control, channel 1: 7 = 64") for line in lines)


def test_monitor_ends_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    assert main(["midi", "monitor", "bus", "--seconds", "0.2"]) == 0
    assert 0.2 <= time.monotonic() - began < 5
    assert main(["midi", "monitor", "nobody"]) == 1
    assert "no MIDI source 'nobody'" in capsys.readouterr().err


def test_panic() -> None:
    with cm.MIDIClient("test") as client:
        here, other = client.create_virtual_destination("here"), client.create_virtual_destination("other")
        client.create_output_port("out").send(here, b"\x90\x01\x02", cm.MIDIClient.host_time(0.3))
        assert main(["midi", "panic", "here"]) == 0
        heard = [mido.Message.from_bytes(m.data) for m in here.receive_pending()]
        assert {(m.channel, m.control) for m in heard} == {(c, n) for c in range(16) for n in (120, 121, 123)}
        assert other.receive_pending() == []
        assert here.receive(0.4) is None  # what was scheduled is gone
        assert main(["midi", "panic"]) == 0
        assert len(other.receive_pending()) == 48


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x80\x00\x40", "note off, channel 1: C-1 (0) velocity 64"),
        (b"\xcf\x05", "program, channel 16: 5"),
        (b"\xd0\x7f", "pressure, channel 1: 127"),
        (b"\xe0\x00\x00", "pitch bend, channel 1: -8192"),
        (b"\xe0\x7f\x7f", "pitch bend, channel 1: +8191"),
        (b"\xf2\x7f\x7f", "song position: 16383"),
        (b"\xf3\x02", "song select: 2"),
        (b"\xfa", "start"),
        (b"\xf0" + bytes(30) + b"\xf7", "sysex, 32 bytes: f0" + " 00" * 15 + " ..."),
    ],
)
def test_describe(data: bytes, text: str) -> None:
    assert describe(data) == text
