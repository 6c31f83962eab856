"""MIDI events, tracks, files and routing: files against mido."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coremusic.midi import (
    MIDIEvent,
    MIDIFileFormat,
    MIDIRouter,
    MIDISequence,
    MIDIStatus,
    MIDITrack,
    Route,
    channel_remap_transform,
    quantize_transform,
    transpose_transform,
    velocity_curve_transform,
    velocity_scale_transform,
)
from coremusic.midi.smf import decode, encode

mido = pytest.importorskip("mido")


def events(
    track: MIDITrack | list[MIDIEvent],
) -> list[tuple[float, int, int, int, int]]:
    listed = track.events if isinstance(track, MIDITrack) else track
    return [(round(e.time, 6), e.status, e.channel, e.data1, e.data2) for e in listed]


def example() -> MIDISequence:
    sequence = MIDISequence(tempo=133.0, time_signature=(6, 8))
    lead = sequence.add_track("Führung")
    lead.add_program_change(0.0, 5)
    lead.add_note(0.0, 60, 100, 0.5)
    lead.add_note(0.5, 64, 90, 0.25)
    lead.add_pitch_bend(0.6, 8192 + 1000)
    drums = sequence.add_track("drums")
    drums.channel = 9
    drums.add_note(0.25, 36, 127, 0.1)
    drums.add_control_change(1.0, 7, 100)
    return sequence


def test_events() -> None:
    assert MIDIEvent(0, 0x90, 3, 60, 100).to_bytes() == b"\x93\x3c\x64"
    assert MIDIEvent(0, 0xC0, 3, 60).to_bytes() == b"\xc3\x3c"
    assert MIDIEvent(0, 0xB0, 0, 255, 128).to_bytes() == b"\xb0\x7f\x00"
    assert MIDIEvent.from_bytes(b"\x93\x3c\x64", 1.5) == MIDIEvent(1.5, 0x90, 3, 60, 100)
    assert MIDIEvent.from_bytes(b"\xc3") == MIDIEvent(0.0, 0xC0, 3, 0, 0)
    with pytest.raises(ValueError):
        MIDIEvent.from_bytes(b"")
    on, off, silent = (MIDIEvent(0, s, 0, 1, v) for s, v in ((0x90, 1), (0x80, 5), (0x90, 0)))
    assert [e.is_note_on for e in (on, off, silent)] == [True, False, False]
    assert [e.is_note_off for e in (on, off, silent)] == [False, True, True]
    assert MIDIEvent(0, MIDIStatus.CONTROL_CHANGE, 0, 1).is_control_change
    assert MIDIEvent(0, MIDIStatus.PROGRAM_CHANGE, 0, 1).is_program_change


def test_tracks() -> None:
    track = MIDITrack("x")
    track.add_note(1.0, 60, 100, 0.5)
    track.add_note(0.5, 61, 100, 0.5, channel=3)
    assert [e.data1 for e in track.events] == [61, 60, 61, 60]
    assert (len(track), track.duration) == (4, 1.5)
    assert repr(track) == "MIDITrack(name='x', events=4, duration=1.50s)"
    track.add_pitch_bend(2, 16383)
    assert track.events[-1] == MIDIEvent(2, 0xE0, 0, 127, 127)
    track.clear()
    assert (len(track), track.duration) == (0, 0.0)
    for call in (
        lambda: track.add_note(0, 128, 1, 1),
        lambda: track.add_note(0, 1, -1, 1),
        lambda: track.add_note(0, 1, 1, -1),
        lambda: track.add_note(0, 1, 1, 1, 16),
        lambda: track.add_control_change(0, 128, 0),
        lambda: track.add_program_change(0, 128),
        lambda: track.add_pitch_bend(0, 16384),
        lambda: MIDISequence(0),
        lambda: MIDISequence(120, (4, 0)),
    ):
        with pytest.raises(ValueError):
            call()
    assert len(track) == 0


@pytest.mark.parametrize("format", MIDIFileFormat)
def test_mido_reads_what_we_write(format: MIDIFileFormat, tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "song.mid"
    sequence = example()
    sequence.save(path, format)
    file = mido.MidiFile(path, charset="utf-8")
    assert (file.type, file.ticks_per_beat) == (format, 480)
    assert len(file.tracks) == {0: 1, 1: 3, 2: 2}[format]
    first = {m.type: m for m in file.tracks[0]}
    assert first["set_tempo"].tempo == round(60e6 / 133)
    signature = first["time_signature"]
    assert (signature.numerator, signature.denominator) == (6, 8)
    if format == MIDIFileFormat.MULTI_TRACK:
        assert [t.name for t in file.tracks[1:]] == ["Führung", "drums"]
    if format != MIDIFileFormat.MULTI_SONG:
        now, heard = 0.0, []
        for message in file:
            now += message.time
            if not message.is_meta:
                heard.append((now, bytes(message.bytes())))
        merged = sorted((e for t in sequence.tracks for e in t.events), key=lambda e: e.time)
        assert [data for _, data in heard] == [e.to_bytes() for e in merged]
        assert [when for when, _ in heard] == pytest.approx([e.time for e in merged], abs=0.001)


@pytest.mark.parametrize("format", MIDIFileFormat)
def test_a_file_comes_back(format: MIDIFileFormat, tmp_path: Path) -> None:
    path = os.fspath(tmp_path / "song.mid")
    sequence = example()
    sequence.save(path, format)
    back = MIDISequence.load(path)
    assert (back.tempo, back.time_signature, back.ppq) == (133.0, (6, 8), 480)
    assert back.duration == pytest.approx(sequence.duration, abs=0.001)
    if format == MIDIFileFormat.SINGLE_TRACK:
        assert len(back.tracks) == 1 and len(back.tracks[0]) == 9
        return
    assert [(t.name, len(t), t.channel, t.program) for t in back.tracks] == [
        ("Führung", 6, 0, 5),
        ("drums", 3, 9, 0),
    ]
    assert repr(back) == f"MIDISequence(tempo=133.0, tracks=2, duration={back.duration:.2f}s)"


message = st.builds(
    mido.Message,
    st.sampled_from(["note_on", "note_off"]),
    channel=st.integers(0, 15),
    note=st.integers(0, 127),
    velocity=st.integers(0, 127),
    time=st.integers(0, 10_000),
) | st.builds(
    mido.Message,
    st.sampled_from(["program_change"]),
    channel=st.integers(0, 15),
    program=st.integers(0, 127),
    time=st.integers(0, 10_000),
)
other = st.builds(
    mido.MetaMessage, st.just("set_tempo"), tempo=st.integers(1, 0xFFFFFF), time=st.integers(0, 10_000)
) | st.builds(mido.Message, st.just("sysex"), data=st.lists(st.integers(0, 127)), time=st.integers(0, 10_000))


@settings(deadline=None)
@given(
    st.lists(st.lists(message | other, max_size=20), min_size=1, max_size=4),
    st.sampled_from([0, 1]),
    st.integers(1, 0x7FFF),
)
def test_we_read_what_mido_writes(tracks: list[list[object]], kind: int, ppq: int) -> None:
    """Tempo maps and SysEx too; times against mido's own."""
    import io

    file = mido.MidiFile(type=kind, ticks_per_beat=ppq)
    file.tracks.extend(mido.MidiTrack(track) for track in (tracks if kind else tracks[:1]))
    raw = io.BytesIO()
    file.save(file=raw)
    expected, now = [], 0.0
    for one in file:
        now += one.time
        if not one.is_meta and one.type != "sysex":
            expected.append((now, bytes(one.bytes())))
    back = decode(raw.getvalue())
    ours = sorted((e for track in back.tracks for e in track.events), key=lambda e: e.time)
    assert sorted(e.to_bytes() for e in ours) == sorted(data for _, data in expected)
    assert [e.time for e in ours] == pytest.approx([when for when, _ in expected], rel=1e-6, abs=1e-6)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    valid = encode(example(), MIDIFileFormat.MULTI_TRACK)
    for tried in (data, valid[: len(data)], valid[:40] + data, valid[:22] + data + valid[30:]):
        try:
            decode(tried)
        except ValueError as error:
            assert str(error)


def chunk(tag: bytes, body: bytes) -> bytes:
    return tag + len(body).to_bytes(4, "big") + body


HEADER = chunk(b"MThd", bytes([0, 0, 0, 1, 0, 96]))


def test_running_status_and_foreign_chunks() -> None:
    body = b"\x00\x90\x3c\x40\x60\x3c\x00\x00\xf0\x02\x01\xf7\x00\x91\x01\x02\x00\xff\x2f\x00"
    back = decode(HEADER + chunk(b"XFIH", b"\x90" * 5) + chunk(b"MTrk", body) + b"\0")
    assert events(back.tracks[0]) == [(0, 0x90, 0, 60, 64), (0.5, 0x90, 0, 60, 0), (0.5, 0x90, 1, 1, 2)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "MThd"),
        (b"RIFF" + bytes(100), "MThd"),
        (HEADER[:10], "cut off"),
        (HEADER, "cut off"),
        (HEADER + b"MTrk\0\0\0\x09\0", "cut off"),
        (HEADER + chunk(b"MTrk", b"\x00\x90\x3c"), "cut off"),
        (HEADER + chunk(b"MTrk", b"\x00\x3c\x3c"), "without a status"),
        (HEADER + chunk(b"MTrk", b"\x00\xf0\x01\xf7\x00\x3c\x3c"), "without a status"),
        (HEADER + chunk(b"MTrk", b"\x00\xf4"), "0xf4"),
        (HEADER + chunk(b"MTrk", b"\x00\x90\x3c\x80"), "broken off"),
        (HEADER + chunk(b"MTrk", b"\xff\xff\xff\xff\x00\x90\x01\x01"), "four bytes"),
        (b"MThd\0\0\0\x07" + bytes(7), "7 bytes"),
        (chunk(b"MThd", bytes([0, 3, 0, 1, 0, 96])), "format 3"),
        (chunk(b"MThd", bytes([0, 0, 0, 1, 0xE7, 40])), "SMPTE"),
        (chunk(b"MThd", bytes(6)), "SMPTE"),
    ],
)
def test_bad_files(data: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.mid"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=reason):
        MIDISequence.load(path)


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "song.mid"
    example().save(path)
    before = path.read_bytes()
    for spoil in (
        lambda s: s.tracks[0].events.append(MIDIEvent(0, 0xF0, 0, 0)),
        lambda s: s.tracks[0].events.append(MIDIEvent(-1, 0x90, 0, 0)),
        lambda s: s.tracks[0].events.append(MIDIEvent(1e9, 0x90, 0, 0)),
        lambda s: setattr(s, "time_signature", (4, 3)),
        lambda s: setattr(s, "tempo", 1.0),
        lambda s: setattr(s, "ppq", 0),
    ):
        sequence = example()
        spoil(sequence)
        with pytest.raises(ValueError):
            sequence.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["song.mid"]
    with pytest.raises(FileNotFoundError):
        MIDISequence.load(tmp_path / "none.mid")


def test_router() -> None:
    router = MIDIRouter()
    router.add_route("keys", "synth", {0: 5}, "up", lambda e: e.is_note_on)
    router.add_route("keys", "log", transform="unknown")
    router.add_transform("up", transpose_transform(12))
    event = MIDIEvent(0, 0x90, 0, 60, 100)
    assert router.process_event("keys", event) == [
        ("synth", MIDIEvent(0, 0x90, 5, 72, 100)),
        ("log", MIDIEvent(0, 0x90, 0, 60, 100)),
    ]
    assert event == MIDIEvent(0, 0x90, 0, 60, 100)
    assert len(router.process_event("keys", MIDIEvent(0, 0x80, 0, 60))) == 1
    assert router.process_event("other", event) == []
    assert router.routes[0] == Route("keys", "synth", {0: 5}, "up", router.routes[0].filter_func)
    assert repr(router) == "MIDIRouter(routes=2, transforms=1)"
    assert router.remove_route("keys", "log") and not router.remove_route("keys", "log")
    router.clear()
    assert (router.routes, list(router.transforms)) == ([], ["up"])


def test_transforms() -> None:
    def note(number: int = 60, velocity: int = 100, status: int = 0x90) -> MIDIEvent:
        return MIDIEvent(0.26, status, 1, number, velocity)

    assert transpose_transform(12)(note(120)).data1 == 127
    assert transpose_transform(-100)(note(60, status=0x80)).data1 == 0
    assert transpose_transform(1)(note(60, status=0xB0)).data1 == 60
    assert velocity_scale_transform(0.5)(note(velocity=101)).data2 == 50
    assert velocity_scale_transform(0)(note()).data2 == 1
    assert velocity_scale_transform(2)(note(velocity=0)).data2 == 0
    assert velocity_curve_transform(lambda v: 1000)(note()).data2 == 127
    assert channel_remap_transform({1: 7})(note()).channel == 7
    assert channel_remap_transform({2: 7})(note()).channel == 1
    assert quantize_transform(0.25)(note()).time == 0.25
    with pytest.raises(ValueError):
        quantize_transform(0)
    kept = note()
    assert quantize_transform(1)(kept) is kept
