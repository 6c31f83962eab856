"""Standard MIDI Files (RP-001, version 1.1): bytes to a MIDISequence and back."""

from __future__ import annotations

import os
import tempfile
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .utilities import TWO_BYTES, MIDIEvent, MIDIFileFormat, MIDISequence, MIDIStatus, MIDITrack

META, SYSEX, SYSEX_CONTINUED = 0xFF, 0xF0, 0xF7
NAME, END, TEMPO, SIGNATURE = 0x03, 0x2F, 0x51, 0x58
CLICKS, NOTATED_32NDS = 24, 8  # MIDI clocks of a metronome click, 32nd notes of a quarter note
DEFAULT_TEMPO = 500_000  # microseconds of a quarter note
MOST_TEMPO = 0xFFFFFF
MOST_DELTA = 0x0FFFFFFF  # in four bytes of seven bits


# ---- writing ----


def _number(value: int) -> bytes:
    """A variable-length quantity."""
    if not 0 <= value <= MOST_DELTA:
        raise ValueError(f"{value} ticks between two events do not fit into a MIDI file")
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def _meta(kind: int, data: bytes) -> bytes:
    return bytes([META, kind]) + _number(len(data)) + data


def _chunk(tag: bytes, data: bytes) -> bytes:
    return tag + len(data).to_bytes(4, "big") + data


def _microseconds(tempo: float) -> int:
    value = round(60e6 / tempo)
    if not 1 <= value <= MOST_TEMPO:
        raise ValueError(f"a MIDI file cannot hold a tempo of {tempo}")
    return value


def _conductor(sequence: MIDISequence) -> bytes:
    upper, lower = sequence.time_signature
    power = lower.bit_length() - 1
    if not 1 <= upper <= 255 or lower != 1 << power:
        raise ValueError(f"a MIDI file cannot hold the time signature {upper}/{lower}")
    signature = _meta(SIGNATURE, bytes([upper, power, CLICKS, NOTATED_32NDS]))
    return b"\0" + signature + b"\0" + _meta(TEMPO, _microseconds(sequence.tempo).to_bytes(3, "big"))


def _message(event: MIDIEvent) -> bytes:
    if event.status & 0x8F != 0x80 or event.status == MIDIStatus.SYSTEM or not 0 <= event.channel <= 15:
        raise ValueError(f"{event} is no channel message")
    return event.to_bytes()


def _body(track: MIDITrack, ticks_per_second: float) -> bytes:
    parts, last = [], 0
    for event in sorted(track.events, key=lambda e: e.time):
        now = round(event.time * ticks_per_second)
        parts += [_number(now - last), _message(event)]
        last = now
    return b"".join(parts) + b"\0" + _meta(END, b"")


def _name(track: MIDITrack) -> bytes:
    return b"\0" + _meta(NAME, track.name.encode()) if track.name else b""


def _merged(tracks: list[MIDITrack]) -> MIDITrack:
    one = MIDITrack(tracks[0].name if len(tracks) == 1 else "")
    one.events = [event for track in tracks for event in track.events]
    return one


def encode(sequence: MIDISequence, format: MIDIFileFormat) -> bytes:
    """A file's bytes."""
    if not 1 <= sequence.ppq <= 0x7FFF:
        raise ValueError(f"ppq must be 1-32767, not {sequence.ppq}")
    head = _conductor(sequence)
    rate = sequence.ppq * 1e6 / _microseconds(sequence.tempo)
    tracks = [_merged(sequence.tracks)] if format == MIDIFileFormat.SINGLE_TRACK else sequence.tracks
    bodies = [_name(track) + _body(track, rate) for track in tracks]
    if format == MIDIFileFormat.MULTI_TRACK:
        bodies.insert(0, head + b"\0" + _meta(END, b""))
    else:
        bodies = [head + body for body in bodies]
    if len(bodies) > 0xFFFF:
        raise ValueError(f"a MIDI file cannot hold {len(bodies)} tracks")
    numbers = (format, len(bodies), sequence.ppq)
    header = _chunk(b"MThd", b"".join(n.to_bytes(2, "big") for n in numbers))
    return header + b"".join(_chunk(b"MTrk", body) for body in bodies)


def replace_file(path: Path, data: bytes) -> None:
    """Writes beside the file and renames, so that what was there is lost only to what is complete."""
    handle, temporary = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~mask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


# ---- reading ----


class _Cursor:
    """A place in bytes. ValueError when they end too early."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        if count > len(self.data) - self.at:
            raise ValueError("the MIDI file is cut off")
        self.at += count
        return self.data[self.at - count : self.at]

    def byte(self) -> int:
        return self.take(1)[0]

    def integer(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def number(self) -> int:
        value = 0
        for _ in range(4):
            byte = self.byte()
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise ValueError("a number in the MIDI file has more than four bytes")

    def is_over(self) -> bool:
        return self.at >= len(self.data)


class _Event(NamedTuple):
    """At a tick: a channel message, or a meta event when kind is not None."""

    tick: int
    data: bytes
    kind: int | None = None


def _events(data: bytes) -> Iterator[_Event]:
    cursor, tick, running = _Cursor(data), 0, 0
    while not cursor.is_over():
        tick += cursor.number()
        first = cursor.byte()
        if first == META:
            kind = cursor.byte()
            yield _Event(tick, cursor.take(cursor.number()), kind)
            running = 0
            if kind == END:
                return
        elif first in (SYSEX, SYSEX_CONTINUED):
            cursor.take(cursor.number())
            running = 0
        elif first < SYSEX:
            status = first if first >= 0x80 else running
            if not status:
                raise ValueError("the MIDI file has data without a status")
            given = bytes([first]) if first < 0x80 else b""
            running = status
            missing = (1 if status & 0xF0 in TWO_BYTES else 2) - len(given)
            message = bytes([status]) + given + cursor.take(missing)
            if max(message[1:]) > 0x7F:
                raise ValueError("a message in the MIDI file is broken off")
            yield _Event(tick, message)
        else:
            raise ValueError(f"the MIDI file has the status {first:#x}, which none may have")


class _Clock:
    """From ticks to seconds along a list of (tick, microseconds of a quarter note)."""

    def __init__(self, changes: list[tuple[int, int]], ppq: int) -> None:
        self.ticks, self.tempos, self.seconds = [0], [DEFAULT_TEMPO], [0.0]
        self.ppq = ppq
        for tick, tempo in sorted(changes, key=lambda change: change[0]):
            self.seconds.append(self.at(tick))
            self.ticks.append(tick)
            self.tempos.append(tempo)

    def at(self, tick: int) -> float:
        i = bisect_right(self.ticks, tick) - 1
        return self.seconds[i] + (tick - self.ticks[i]) * self.tempos[i] / (self.ppq * 1e6)


def _chunks(cursor: _Cursor) -> Iterator[tuple[bytes, bytes]]:
    while len(cursor.data) - cursor.at >= 8:  # what is shorter is padding
        tag = cursor.take(4)
        yield tag, cursor.take(cursor.integer(4))


def _read_header(cursor: _Cursor) -> tuple[int, int, int]:
    if cursor.data[:4] != b"MThd":
        raise ValueError("this is no MIDI file: it does not begin with MThd")
    cursor.take(4)
    length = cursor.integer(4)
    if length != 6:
        raise ValueError(f"the MIDI file's header has {length} bytes in place of 6")
    kind, count, division = (cursor.integer(2) for _ in range(3))
    if kind > 2:
        raise ValueError(f"there is no format {kind} of MIDI files")
    if division & 0x8000 or not division:
        raise ValueError("the MIDI file counts time in SMPTE frames, not in parts of a quarter note")
    return kind, count, division


def _tempo(microseconds: int) -> float:
    """Quarter notes a minute: the one with fewest decimals that a file would write so."""
    exact = 60e6 / max(microseconds, 1)
    for digits in range(6):
        value = round(exact, digits)
        if value > 0 and round(60e6 / value) == microseconds:
            return value
    return exact


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _track(events: list[_Event], clock: _Clock) -> MIDITrack:
    track = MIDITrack(next((_text(e.data) for e in events if e.kind == NAME), ""))
    track.events = [MIDIEvent.from_bytes(e.data, clock.at(e.tick)) for e in events if e.kind is None]
    if track.events:
        track.channel = track.events[0].channel
    for event in track.events:
        if event.is_program_change:
            track.program = event.data1
    return track


def _tempo_changes(events: list[_Event]) -> list[tuple[int, int]]:
    return [(e.tick, int.from_bytes(e.data, "big")) for e in events if e.kind == TEMPO and len(e.data) == 3]


def _set_facts(sequence: MIDISequence, chunks: list[list[_Event]]) -> None:
    """Tempo and time signature: the first of them."""
    metas = sorted((e for events in chunks for e in events if e.kind is not None), key=lambda e: e.tick)
    tempo = next((t for _, t in _tempo_changes(metas) if t), DEFAULT_TEMPO)
    sequence.tempo = _tempo(tempo)
    for event in metas:
        if event.kind == SIGNATURE and len(event.data) >= 2 and event.data[0] and event.data[1] < 16:
            sequence.time_signature = (event.data[0], 1 << event.data[1])
            break


def decode(data: bytes) -> MIDISequence:
    """What a file's bytes say. ValueError when they are no whole MIDI file."""
    cursor = _Cursor(data)
    kind, count, ppq = _read_header(cursor)
    chunks = [list(_events(body)) for tag, body in _chunks(cursor) if tag == b"MTrk"]
    if len(chunks) < count:
        raise ValueError(f"the MIDI file is cut off: {len(chunks)} tracks of {count}")
    sequence = MIDISequence()
    sequence.ppq = ppq
    _set_facts(sequence, chunks)
    together = _Clock([change for events in chunks for change in _tempo_changes(events)], ppq)
    if kind == 1 and chunks and all(event.kind is not None for event in chunks[0]):
        chunks = chunks[1:]  # the conductor
    for events in chunks:
        clock = _Clock(_tempo_changes(events), ppq) if kind == 2 else together
        sequence.tracks.append(_track(events, clock))
    return sequence
