"""AudioMarker and AudioRegion: named places in an audio file."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["AudioMarker", "AudioRegion"]


class AudioMarker(NamedTuple):
    """A place in an audio file.

    frame: counted from the first frame, a fraction is allowed where the file type keeps one. name: what the place is
    called. id: the file's number for it; 0 lets the file choose one. type: one of Apple's marker types, 0 for a plain
    one. channel: which channel it belongs to, 0 for all.
    """

    frame: float
    name: str = ""
    id: int = 0
    type: int = 0
    channel: int = 0


class AudioRegion(NamedTuple):
    """A stretch of an audio file, such as a loop.

    id: the file's number for it. name: what it is called. flags: 1 loop, 2 play forward, 4 play backward. markers:
    the places that bound it, usually its start and its end.
    """

    id: int
    name: str = ""
    flags: int = 0
    markers: tuple[AudioMarker, ...] = ()
