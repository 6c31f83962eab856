"""MIDI events, tracks, sequences and files, and routing of events; ``mido_backend`` for mido.

Clients, ports and endpoints are in ``coremusic`` itself: MIDIClient.
"""

from __future__ import annotations

from .utilities import (
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
