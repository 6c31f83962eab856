"""What the tests of file exchange share: the formats that we write, and other programs run on many files at once."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from coremusic import AudioFile, AudioFormat

CHANNELS = (1, 2, 6)
Make = Callable[[float, int], AudioFormat]


@dataclass(frozen=True)
class Coding:
    """One format of one file type, and what others know it as.

    kept: bits of the integers that come back exactly, 0 for lossy codings. codec: FFmpeg's name. rate: Hz.
    channels: the numbers of channels that the coding, or FFmpeg's reading of it, has.
    """

    file_type: str
    extension: str
    name: str
    make: Make
    codec: str
    kept: int = 0
    is_float: bool = False
    rate: int = 44100
    channels: Sequence[int] = CHANNELS

    def __str__(self) -> str:
        return f"{self.file_type.strip()}-{self.name}"

    def path(self, folder: Path, channels: int) -> Path:
        return folder / f"{self}-{channels}.{self.extension}"


def pcm(bits: int, is_float: bool = False, big_endian: bool = False, unsigned: bool = False) -> Make:
    def make(rate: float, channels: int) -> AudioFormat:
        made = AudioFormat.pcm(rate, channels, bits, is_float=is_float, big_endian=big_endian)
        if unsigned:
            made.format_flags &= ~4
        return made

    return make


def _linear(file_type: str, extension: str, names: str, exactly: bool = True) -> list[Coding]:
    """Linear PCM by FFmpeg's names, s24be and so on. exactly: the file has the byte order that was asked for."""
    codings = []
    for name in names.split():
        kind, bits, order = name[0], int(name[1:].rstrip("lbe")), name.lstrip("usf0123456789")
        make = pcm(bits, kind == "f", order == "be", kind == "u")
        codec = f"pcm_{name}" if exactly else f"pcm_{kind}{bits}{'be' if bits > 8 else ''}"
        codings.append(Coding(file_type, extension, name, make, codec, bits, kind == "f"))
    return codings


def _others(file_type: str, extension: str, names: str) -> list[Coding]:
    known: dict[str, tuple[Make, str, int, int, Sequence[int]]] = {
        "ulaw": (AudioFormat.ulaw, "pcm_mulaw", 0, 44100, CHANNELS),
        "alaw": (AudioFormat.alaw, "pcm_alaw", 0, 44100, CHANNELS),
        "ima4": (AudioFormat.ima4, "adpcm_ima_qt", 0, 44100, (1, 2)),
        "alac16": (AudioFormat.alac, "alac", 16, 44100, CHANNELS),
        "alac24": (lambda r, c: AudioFormat.alac(r, c, 24), "alac", 24, 44100, CHANNELS),
        "flac16": (AudioFormat.flac, "flac", 16, 44100, CHANNELS),
        "flac24": (lambda r, c: AudioFormat.flac(r, c, 24), "flac", 24, 44100, CHANNELS),
        "aac": (AudioFormat.aac, "aac", 0, 44100, CHANNELS),
        "mp3": (AudioFormat.mp3, "mp3", 0, 44100, (1, 2)),
        "mp2": (lambda r, c: AudioFormat(r, ".mp2", channels_per_frame=c), "mp2", 0, 44100, (1, 2)),
        "ac3": (lambda r, c: AudioFormat(r, "ac-3", channels_per_frame=c), "ac3", 0, 44100, CHANNELS),
        "vorbis": (AudioFormat.vorbis, "vorbis", 0, 44100, CHANNELS),
        "opus": (AudioFormat.opus, "opus", 0, 48000, CHANNELS if file_type != "caff" else (1, 2)),
    }
    codings = []
    for name in names.split():
        make, codec, kept, rate, channels = known[name]
        codings.append(Coding(file_type, extension, name, make, codec, kept, rate=rate, channels=channels))
    return codings


WAVE_LINEAR = "u8 s16le s24le s32le s64le f32le f64le"
BOTH_ORDERS = "s8 s16le s16be s24le s24be s32le s32be"
FLOATS = "f32le f32be f64le f64be"
WRITTEN: list[Coding] = [
    *_linear("WAVE", "wav", WAVE_LINEAR),
    *_others("WAVE", "wav", "ulaw alaw"),
    *_linear("RF64", "rf64", WAVE_LINEAR),
    *_others("RF64", "rf64", "ulaw alaw"),
    *_linear("BW64", "bw64", WAVE_LINEAR),
    *_linear("W64f", "w64", WAVE_LINEAR),
    *_others("W64f", "w64", "ulaw alaw"),
    *_linear("AIFF", "aiff", "s8 s16be s24be s32be"),
    *_linear("AIFC", "aifc", "s8 s16le s16be s24be s32be f32be f64be"),
    *_linear("AIFC", "aifc", "s24le s32le f32le f64le", exactly=False),
    *_others("AIFC", "aifc", "ulaw alaw ima4"),
    *_linear("caff", "caf", f"{BOTH_ORDERS} s64le s64be {FLOATS}"),
    *_others("caff", "caf", "ulaw alaw ima4 alac16 alac24 flac16 flac24 aac opus mp3"),
    *_linear("NeXT", "au", f"{BOTH_ORDERS} {FLOATS}", exactly=False),
    *_others("NeXT", "au", "ulaw alaw"),
    *_others("m4af", "m4a", "aac alac16 alac24 flac16"),
    *_others("mp4f", "mp4", "aac alac16 flac24 opus mp3"),
    *_others("3gpp", "3gp", "aac"),
    *_others("flac", "flac", "flac16 flac24"),
    *_others("Oggf", "ogg", "vorbis opus flac16"),
    *_others("MPG3", "mp3", "mp3"),
    *_others("MPG2", "mp2", "mp2"),
    *_others("adts", "aac", "aac"),
    *_others("ac-3", "ac3", "ac3"),
]


def quantised(sound: Any, coding_bits: int, is_float: bool = False) -> Any:
    """Float64 of which a sample type of so many bits keeps everything."""
    if is_float:
        return sound.astype(f"f{coding_bits // 8}").astype("f8")
    steps = 2.0 ** (min(coding_bits, 32) - 1)
    return np.round(sound * steps) / steps


def each(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(work, items))


def ffprobe(path: Path) -> dict[str, Any]:
    """The file's only audio stream, with "format" and "tags" of both, keys in lower case, beside its own entries."""
    command = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", os.fspath(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{path.name}: {done.stderr}"
    assert not done.stderr, f"{path.name}: {done.stderr}"
    shown = json.loads(done.stdout)
    stream = next(s for s in shown["streams"] if s["codec_type"] == "audio")
    tags = shown["format"].get("tags", {}) | stream.get("tags", {})
    stream["tags"] = {key.lower(): value for key, value in tags.items()}
    stream["format"] = shown["format"]
    return stream


def decode_all(files: Sequence[tuple[Path, int]], folder: Path) -> dict[Path, Any]:
    """Files with their numbers of channels -> what FFmpeg decodes, float64 frames; by one run of the program."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
    outputs = []
    for path, _ in files:
        command += ["-i", os.fspath(path)]
    for number, (path, _) in enumerate(files):
        raw = folder / f"{path.name}.raw"
        command += ["-map", f"{number}:a", "-f", "f64le", "-c:a", "pcm_f64le", os.fspath(raw)]
        outputs.append(raw)
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {
        path: np.fromfile(raw, "<f8").reshape(-1, channels)
        for (path, channels), raw in zip(files, outputs, strict=True)
    }


def in_usual_order(frames: Any, file: AudioFile) -> Any:
    """Frames as the file has them, with the channels in the order of FFmpeg, sox and WAVE: left, right, center ..."""
    layout = file.channel_layout
    if layout is None or frames.shape[1] <= 2:
        return frames
    return frames[:, np.argsort(layout[1])]


def signal_to_error(expected: Any, got: Any) -> float:
    """dB."""
    error = np.sum((expected - got) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(np.sum(expected**2) / error))
