"""MIDI events, tracks and sequences, which are read from and written to Standard MIDI Files; routing of events."""

from __future__ import annotations

import logging
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from os import PathLike
from pathlib import Path

__all__ = [
    "MIDIEvent",
    "MIDIFileFormat",
    "MIDIRouter",
    "MIDISequence",
    "MIDIStatus",
    "MIDITrack",
    "Route",
    "channel_remap_transform",
    "quantize_transform",
    "transpose_transform",
    "velocity_curve_transform",
    "velocity_scale_transform",
]

logger = logging.getLogger(__name__)


class MIDIFileFormat(IntEnum):
    """How a Standard MIDI File keeps its tracks."""

    SINGLE_TRACK = 0
    MULTI_TRACK = 1
    MULTI_SONG = 2


class MIDIStatus(IntEnum):
    """Status bytes of channel messages, channel left out, and where system messages begin."""

    NOTE_OFF = 0x80
    NOTE_ON = 0x90
    POLY_AFTERTOUCH = 0xA0
    CONTROL_CHANGE = 0xB0
    PROGRAM_CHANGE = 0xC0
    CHANNEL_AFTERTOUCH = 0xD0
    PITCH_BEND = 0xE0
    SYSTEM = 0xF0


@dataclass
class MIDIEvent:
    """A channel message at a time in seconds. status: a MIDIStatus. channel: 0-15. data1, data2: 0-127."""

    time: float
    status: int
    channel: int
    data1: int
    data2: int = 0

    @property
    def is_note_on(self) -> bool:
        """True for a note that begins: note-on with a velocity above 0."""
        return self.status == MIDIStatus.NOTE_ON and self.data2 > 0

    @property
    def is_note_off(self) -> bool:
        """True for a note that ends: note-off, or note-on with velocity 0."""
        return self.status == MIDIStatus.NOTE_OFF or (self.status == MIDIStatus.NOTE_ON and self.data2 == 0)

    @property
    def is_control_change(self) -> bool:
        return self.status == MIDIStatus.CONTROL_CHANGE

    @property
    def is_program_change(self) -> bool:
        return self.status == MIDIStatus.PROGRAM_CHANGE

    def to_bytes(self) -> bytes:
        """The message: 2 bytes for program change and channel aftertouch, otherwise 3."""
        message = bytes([(self.status | self.channel) & 0xFF, self.data1 & 0x7F, self.data2 & 0x7F])
        return message[:2] if self.status in TWO_BYTES else message

    @classmethod
    def from_bytes(cls, data: bytes, time: float = 0.0) -> MIDIEvent:
        """The event of a message; data bytes that are missing are 0. ValueError when data is empty."""
        if not data:
            raise ValueError("a MIDI message has at least one byte")
        first, second = (*data[1:3], 0, 0)[:2]
        return cls(time, data[0] & 0xF0, data[0] & 0x0F, first, second)


TWO_BYTES = (MIDIStatus.PROGRAM_CHANGE, MIDIStatus.CHANNEL_AFTERTOUCH)


def _within(name: str, value: int, most: int) -> int:
    if not 0 <= value <= most:
        raise ValueError(f"{name} must be 0-{most}, not {value}")
    return value


def _time_of(event: MIDIEvent) -> float:
    return event.time


class MIDITrack:
    """Events in the order of their times. channel: of what is added without one."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.events: list[MIDIEvent] = []
        self.program = 0
        self.channel = 0

    def add_note(
        self, time: float, note: int, velocity: int, duration: float, channel: int | None = None
    ) -> None:
        """A note-on, and a note-off `duration` seconds later. ValueError for what is out of range."""
        if duration < 0:
            raise ValueError(f"duration must not be negative, not {duration}")
        _within("note", note, 127)
        _within("velocity", velocity, 127)
        self._add(time, MIDIStatus.NOTE_ON, channel, note, velocity)
        self._add(time + duration, MIDIStatus.NOTE_OFF, channel, note, 0)

    def add_control_change(
        self, time: float, controller: int, value: int, channel: int | None = None
    ) -> None:
        """Sets a controller. ValueError for what is out of range."""
        _within("controller", controller, 127)
        self._add(time, MIDIStatus.CONTROL_CHANGE, channel, controller, _within("value", value, 127))

    def add_program_change(self, time: float, program: int, channel: int | None = None) -> None:
        """Chooses a sound, which becomes the track's ``program``. ValueError for what is out of range."""
        self._add(time, MIDIStatus.PROGRAM_CHANGE, channel, _within("program", program, 127), 0)
        self.program = program

    def add_pitch_bend(self, time: float, value: int, channel: int | None = None) -> None:
        """Bends the pitch. value: 0-16383, 8192 for none. ValueError for what is out of range."""
        _within("value", value, 16383)
        self._add(time, MIDIStatus.PITCH_BEND, channel, value & 0x7F, value >> 7)

    def _add(self, time: float, status: int, channel: int | None, data1: int, data2: int) -> None:
        if time < 0:
            raise ValueError(f"time must not be negative, not {time}")
        channel = _within("channel", self.channel if channel is None else channel, 15)
        insort(self.events, MIDIEvent(time, status, channel, data1, data2), key=_time_of)

    @property
    def duration(self) -> float:
        """Time of the last event in seconds, 0.0 without any."""
        return max(map(_time_of, self.events), default=0.0)

    def clear(self) -> None:
        """Takes all events out."""
        self.events.clear()

    def __len__(self) -> int:
        return len(self.events)

    def __repr__(self) -> str:
        return f"MIDITrack(name={self.name!r}, events={len(self)}, duration={self.duration:.2f}s)"


class MIDISequence:
    """Tracks that sound together. tempo: quarter notes a minute. ppq: ticks of a quarter note in a file.

    ValueError for a tempo that is not above 0 and for parts of the time signature below 1.
    """

    def __init__(self, tempo: float = 120.0, time_signature: tuple[int, int] = (4, 4)) -> None:
        if not tempo > 0:
            raise ValueError(f"tempo must be above 0, not {tempo}")
        if min(time_signature) < 1:
            raise ValueError(f"a time signature has positive parts, not {time_signature}")
        self.tempo = tempo
        self.time_signature = time_signature
        self.tracks: list[MIDITrack] = []
        self.ppq = 480

    def add_track(self, name: str = "") -> MIDITrack:
        """A new track."""
        self.tracks.append(MIDITrack(name))
        return self.tracks[-1]

    @property
    def duration(self) -> float:
        """Time of the last event in seconds."""
        return max((track.duration for track in self.tracks), default=0.0)

    def save(
        self, filename: str | PathLike[str], format: MIDIFileFormat = MIDIFileFormat.MULTI_TRACK
    ) -> None:
        """Writes a Standard MIDI File; folders that are missing are made.

        A format of a single track merges the tracks. ValueError for what a file cannot hold: events that are no channel
        messages, negative times, a time signature whose lower part is no power of two.
        """
        from . import smf

        path = Path(filename)
        data = smf.encode(self, MIDIFileFormat(format))
        path.parent.mkdir(parents=True, exist_ok=True)
        smf.replace_file(path, data)
        logger.debug("wrote %d tracks to %s", len(self.tracks), path)

    @classmethod
    def load(cls, filename: str | PathLike[str]) -> MIDISequence:
        """Reads a Standard MIDI File of any format.

        Times follow the file's changes of tempo; ``tempo`` and ``time_signature`` are the first ones. SysEx and meta
        events other than these and names are left out. FileNotFoundError; ValueError for what is no MIDI file, is cut
        off or counts time in SMPTE frames.
        """
        from . import smf

        sequence = smf.decode(Path(filename).read_bytes())
        logger.debug("read %d tracks from %s", len(sequence.tracks), filename)
        return sequence

    def __repr__(self) -> str:
        return f"MIDISequence(tempo={self.tempo}, tracks={len(self.tracks)}, duration={self.duration:.2f}s)"


# ---- routing ----

Transform = Callable[[MIDIEvent], MIDIEvent]


@dataclass
class Route:
    """From a source to a destination, both by name.

    channel_map: new channels; others stay. transform: name of one of the router's. filter_func: says which events go.
    """

    source: str
    destination: str
    channel_map: dict[int, int] = field(default_factory=dict)
    transform: str | None = None
    filter_func: Callable[[MIDIEvent], bool] | None = None


class MIDIRouter:
    """Sends events of named sources on to named destinations, filtered and changed on the way."""

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self.transforms: dict[str, Transform] = {}

    def add_route(
        self,
        source: str,
        destination: str,
        channel_map: dict[int, int] | None = None,
        transform: str | None = None,
        filter_func: Callable[[MIDIEvent], bool] | None = None,
    ) -> None:
        """Adds a Route."""
        self.routes.append(Route(source, destination, channel_map or {}, transform, filter_func))

    def add_transform(self, name: str, func: Transform) -> None:
        """A function that edits and returns an event, for routes to name."""
        self.transforms[name] = func

    def remove_route(self, source: str, destination: str) -> bool:
        """Takes out the first route between the two; False when there is none."""
        for route in self.routes:
            if (route.source, route.destination) == (source, destination):
                self.routes.remove(route)
                return True
        return False

    def process_event(self, source: str, event: MIDIEvent) -> list[tuple[str, MIDIEvent]]:
        """What goes where: (destination, event) for each route that lets it through. The event itself stays as it is.

        A route filters, then maps the channel, then transforms; a transform that is not there is left out.
        """
        results = []
        for route in self.routes:
            if route.source != source:
                continue
            copy = replace(event)
            if route.filter_func is not None and not route.filter_func(copy):
                continue
            copy.channel = route.channel_map.get(copy.channel, copy.channel)
            transform = self.transforms.get(route.transform) if route.transform is not None else None
            results.append((route.destination, copy if transform is None else transform(copy)))
        return results

    def clear(self) -> None:
        """Takes all routes out; transforms stay."""
        self.routes.clear()

    def __repr__(self) -> str:
        return f"MIDIRouter(routes={len(self.routes)}, transforms={len(self.transforms)})"


def _clamped(value: float, least: int) -> int:
    return max(least, min(127, int(value)))


def transpose_transform(semitones: int) -> Transform:
    """Moves notes up or down, to 0 and 127 at the most."""

    def transform(event: MIDIEvent) -> MIDIEvent:
        if event.status in (MIDIStatus.NOTE_ON, MIDIStatus.NOTE_OFF):
            event.data1 = _clamped(event.data1 + semitones, 0)
        return event

    return transform


def velocity_scale_transform(factor: float) -> Transform:
    """Multiplies velocities of notes that begin; they stay within 1 and 127."""
    return velocity_curve_transform(lambda velocity: int(velocity * factor))


def velocity_curve_transform(curve: Callable[[int], float]) -> Transform:
    """Gives notes that begin the velocity that curve(velocity) says, within 1 and 127."""

    def transform(event: MIDIEvent) -> MIDIEvent:
        if event.is_note_on:
            event.data2 = _clamped(curve(event.data2), 1)
        return event

    return transform


def channel_remap_transform(channel_map: dict[int, int]) -> Transform:
    """Gives new channels; those that are not in the map stay."""

    def transform(event: MIDIEvent) -> MIDIEvent:
        event.channel = channel_map.get(event.channel, event.channel)
        return event

    return transform


def quantize_transform(grid: float) -> Transform:
    """Moves events to the nearest multiple of grid seconds. ValueError when it is not above 0."""
    if not grid > 0:
        raise ValueError(f"grid must be above 0, not {grid}")

    def transform(event: MIDIEvent) -> MIDIEvent:
        event.time = round(event.time / grid) * grid
        return event

    return transform
