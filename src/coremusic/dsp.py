"""Operations on buffers of samples: gain, mix, pan, fades, levels, loudness, decibels, conversion.

Every function takes NumPy arrays or anything else with a buffer, of shape (frames,) for one channel or
(frames, channels), and works without the GIL. Those that make samples return a new NumPy array, or write to
`out`, which may be the input itself. NumPy is only needed for new arrays.

The functional API has operations of its own, such as `normalize_audio_float32`, in `coremusic.capi`.
"""

from __future__ import annotations

from ._dsp import (
    LevelMeter,
    clip,
    convert,
    crossfade,
    deinterleave,
    fade_in,
    fade_out,
    from_db,
    gain,
    interleave,
    loudness,
    mix,
    normalize,
    pan,
    peak,
    remove_dc,
    reverse,
    rms,
    to_db,
    true_peak,
)

__all__ = [
    "LevelMeter",
    "clip",
    "convert",
    "crossfade",
    "deinterleave",
    "fade_in",
    "fade_out",
    "from_db",
    "gain",
    "interleave",
    "loudness",
    "mix",
    "normalize",
    "pan",
    "peak",
    "remove_dc",
    "reverse",
    "rms",
    "to_db",
    "true_peak",
]
