"""What a notebook shows of an AudioFile: its facts, its waveform, and a player of the browser."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from contextlib import ExitStack
from html import escape
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coremusic._objects import AudioFile
from coremusic.audio_format import AudioFormat
from coremusic.exceptions import CoreAudioError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

COLUMNS = 600  # of the waveform, a pixel each
LANE = 60  # pixels for a channel
MOST_LANES = 8
READ_WHOLE = 30_000_000  # frames; of longer files each column is one short look
LOOK = 2048  # frames
HEARD = 20  # seconds that the player has of a long file, or of one that browsers do not play
EMBEDDED = 4 << 20  # bytes of a file that the player gets as it is

# File types that browsers play, with these codings in them.
PLAYED: dict[str, tuple[str, frozenset[str]]] = {
    "WAVE": ("audio/wav", frozenset(["lpcm"])),
    "MPG3": ("audio/mpeg", frozenset([".mp3"])),
    "flac": ("audio/flac", frozenset(["flac"])),
    "Oggf": ("audio/ogg", frozenset(["opus", "vorb", "flac"])),
    "m4af": ("audio/mp4", frozenset(["aac "])),
    "mp4f": ("audio/mp4", frozenset(["aac "])),
}


def audio_file(file: AudioFile) -> str:
    """HTML of a file. Where the object stands in it, and whether it is open, stays as it was.

    Args:
        file: Any AudioFile; what cannot be read is shown as its repr with the reason.

    Returns:
        A `div`, with everything inside it.
    """
    if file.mode == "w":
        return _div(_heading(repr(file)))
    with ExitStack() as stack:
        try:
            if file.path is not None:
                reader = stack.enter_context(AudioFile(file.path))
            else:
                reader = file  # bytes, or a file object: there is only one of it
                stack.callback(file.seek, file.tell())
            facts = _table(_facts(reader))
            return _div(_heading(repr(file)) + facts + _sound(reader))
        except (CoreAudioError, OSError) as error:
            return _div(_heading(repr(file)) + f"<p>{escape(str(error))}</p>")


def _div(inside: str) -> str:
    return f'<div class="coremusic-audio-file">{inside}</div>'


def _heading(text: str) -> str:
    return f"<strong>{escape(text)}</strong>"


def _table(rows: Iterator[tuple[str, str]]) -> str:
    cells = (
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table>{''.join(cells)}</table>"


def _facts(file: AudioFile) -> Iterator[tuple[str, str]]:
    yield "type", f"{file.type_name}, {file.format_name}"
    yield "sound", f"{file.sample_rate:g} Hz, {file.channels} channel{'s' * (file.channels != 1)}"
    minutes, seconds = divmod(file.duration, 60)
    yield "duration", f"{minutes:.0f}:{seconds:06.3f} ({file.frame_count} frames)"
    yield from (
        (name, value) for name, value in file.metadata.items() if name != "approximate duration in seconds"
    )


def _sound(file: AudioFile) -> str:
    try:
        import numpy  # noqa: F401
    except ImportError:
        return ""
    return (_waveform(file) + _player(file)) if file.frame_count > 0 else ""


# ---- the waveform -----------------------------------------------------------------------------------------


def _waveform(file: AudioFile) -> str:
    columns = list(_whole(file) if file.frame_count <= READ_WHOLE else _looks(file))
    lanes = min(file.channels, MOST_LANES)
    paths = "".join(f'<path d="{_outline(columns, lane)}"/>' for lane in range(lanes))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{COLUMNS}" height="{lanes * LANE}" '
        f'style="display:block;margin:4px 0" fill="#4878a8" stroke="#4878a8" stroke-width="0.5">{paths}</svg>'
    )


def _whole(file: AudioFile) -> Iterator[tuple[Array, Array]]:
    """The lowest and the highest sample of each column, arrays of (channels,)."""
    edges = [file.frame_count * at // COLUMNS for at in range(COLUMNS + 1)]
    return _columns(
        file, [(start, max(end - start, 1)) for start, end in zip(edges, edges[1:], strict=False)]
    )


def _looks(file: AudioFile) -> Iterator[tuple[Array, Array]]:
    return _columns(file, [(file.frame_count * at // COLUMNS, LOOK) for at in range(COLUMNS)])


def _columns(file: AudioFile, parts: list[tuple[int, int]]) -> Iterator[tuple[Array, Array]]:
    for start, frames in parts:
        samples = file.read(frames, start=start)
        if len(samples):
            yield samples.min(axis=0), samples.max(axis=0)


def _outline(columns: list[tuple[Array, Array]], lane: int) -> str:
    """A closed path along the highest samples and back along the lowest."""

    def y(sample: float) -> float:
        level = min(max(sample, -1.0), 1.0) if isfinite(sample) else 0.0
        return LANE * (lane + 0.5 - 0.48 * level)

    above = [f"{x},{y(float(high[lane])):.1f}" for x, (_, high) in enumerate(columns)]
    below = [f"{x},{y(float(low[lane])):.1f}" for x, (low, _) in enumerate(columns)]
    return "M" + "L".join(above + below[::-1]) + "Z"


# ---- the player -------------------------------------------------------------------------------------------


def _player(file: AudioFile) -> str:
    mime, data, note = _as_it_is(file) or _beginning(file)
    text = base64.b64encode(data).decode("ascii")
    return f'<audio controls src="data:{mime};base64,{text}"></audio>{note}'


def _as_it_is(file: AudioFile) -> tuple[str, bytes, str] | None:
    mime, codings = PLAYED.get(file.file_type, ("", frozenset[str]()))
    if file.path is None or file.format.format_id not in codings:
        return None
    with Path(os.fsdecode(file.path)).open("rb") as stream:
        data = stream.read(EMBEDDED + 1)
    return (mime, data, "") if len(data) <= EMBEDDED else None


def _beginning(file: AudioFile) -> tuple[str, bytes, str]:
    """The first seconds as WAVE of 16 bits; channels above the second are left out."""
    channels = min(file.channels, 2)
    samples = file.read(int(HEARD * file.sample_rate), "int16", start=0)[:, :channels]
    stream = io.BytesIO()
    format = AudioFormat.pcm(file.sample_rate, channels, 16)
    with AudioFile(stream, "w", format=format, file_type="WAVE") as copy:
        copy.write(samples)
    note = f" the first {HEARD} s" if len(samples) < file.frame_count else ""
    return "audio/wav", stream.getvalue(), note
