"""What the tests of abuse share: small files of every type, and using a file in every way."""

from __future__ import annotations

import struct
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from objects_kit import music

from coremusic import AudioFile, AudioFileError, AudioFormat

RATE = 44100
FRAMES = 3000

FILE_NOT_FOUND = -43
DISK_FULL = -34
NOT_OPEN = -38


def code(text: str) -> int:
    return int.from_bytes(text.encode(), "big")


# extension -> file type, format
TYPES: dict[str, tuple[str, Callable[[float, int], AudioFormat]]] = {
    "wav": ("WAVE", AudioFormat.pcm),
    "rf64": ("RF64", AudioFormat.pcm),
    "bw64": ("BW64", AudioFormat.pcm),
    "w64": ("W64f", AudioFormat.pcm),
    "aiff": ("AIFF", lambda rate, channels: AudioFormat.pcm(rate, channels, 24, big_endian=True)),
    "aifc": ("AIFC", AudioFormat.ima4),
    "caf": ("caff", AudioFormat.float32),
    "au": ("NeXT", AudioFormat.ulaw),
    "flac": ("flac", AudioFormat.flac),
    "m4a": ("m4af", AudioFormat.alac),
    "mp4": ("mp4f", AudioFormat.aac),
    "ogg": ("Oggf", AudioFormat.vorbis),
    "opus": ("Oggf", lambda rate, channels: AudioFormat.opus(48000.0, channels)),
    "mp3": ("MPG3", AudioFormat.mp3),
    "mp2": ("MPG2", lambda rate, channels: AudioFormat(rate, ".mp2", channels_per_frame=channels)),
    "aac": ("adts", AudioFormat.aac),
    "loas": ("loas", AudioFormat.aac),
    "ac3": ("ac-3", lambda rate, channels: AudioFormat(rate, "ac-3", channels_per_frame=channels)),
}
LINEAR = ["wav", "rf64", "bw64", "w64", "aiff", "caf", "au"]


def specimen(folder: Path, extension: str) -> Path:
    """A file with sound, and with texts, a picture and markers where its type has them."""
    path = folder / f"specimen.{extension}"
    file_type, make = TYPES[extension]
    with AudioFile(path, "w", format=make(RATE, 2), file_type=file_type) as f:
        f.write(music(FRAMES).astype("float32"))
    with AudioFile(path, "r+") as f:
        for name, value in (
            ("metadata", {"title": "a title", "comments": "x" * 50, "own key": "y"}),
            ("artwork", b"\xff\xd8\xff\xe0" + bytes(60)),
            ("markers", [(10, "here"), (20, "there")]),
        ):
            try:
                setattr(f, name, value)
            except AudioFileError:
                continue
    return path


def use(source: Any, **keywords: Any) -> None:
    """Everything that can be asked of a file. AudioFileError when it cannot be opened; the rest may fail alone."""
    with AudioFile(source, **keywords) as f:
        questions: list[Callable[[], Any]] = [
            lambda: (f.format, f.duration, f.packet_count, f.packet_table, f.bit_rate, f.source_bit_depth),
            lambda: (f.metadata, f.artwork, f.chunk_ids),
            lambda: (f.markers, f.regions, f.channel_layout),
            lambda: [f.user_data(chunk) for chunk in f.chunk_ids],
            lambda: f.read_packet_data(0, 3),
            lambda: f.read(100),
            lambda: f.read(10, start=max(0, f.frame_count - 10)),
        ]
        for ask in questions:
            try:
                ask()
            except AudioFileError as error:
                check_clear(error)


def check_clear(error: AudioFileError) -> None:
    """An error that tells what happened: a code, and a text that is more than the code."""
    assert error.status_code != 0
    assert len(str(error)) > 20


def opens_or_is_refused(source: Any, **keywords: Any) -> bool:
    try:
        use(source, **keywords)
    except AudioFileError as error:
        check_clear(error)
        return False
    return True


def run_code(text: str, *arguments: Any, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Python code in a process of its own."""
    command = [*prefix, sys.executable, "-c", textwrap.dedent(text), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


# ---- headers of huge files, written without our help: 44.1 kHz, stereo, 16 bits

WAVE_FORMAT = struct.pack("<HHIIHH", 1, 2, RATE, RATE * 4, 4, 16)
W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")


def w64_chunk(name: bytes, size: int) -> bytes:
    tail = bytes.fromhex("2e91cf11a5d628db04c10000") if name == b"riff" else W64_TAIL
    return name + tail + struct.pack("<Q", size)


def huge_header(kind: str, size: int) -> bytes:
    """The bytes in front of size bytes of little-endian samples."""
    if kind == "rf64":
        sizes = struct.pack("<4sIQQQI", b"ds64", 28, size + 72, size, size // 4, 0)
        start = struct.pack("<4sI4s", b"RF64", 0xFFFFFFFF, b"WAVE") + sizes
        return (
            start + struct.pack("<4sI", b"fmt ", 16) + WAVE_FORMAT + struct.pack("<4sI", b"data", 0xFFFFFFFF)
        )
    if kind == "w64":
        form = w64_chunk(b"riff", 40 + 40 + 24 + size) + w64_chunk(b"wave", 0)[:16]
        return form + w64_chunk(b"fmt ", 24 + 16) + WAVE_FORMAT + w64_chunk(b"data", 24 + size)
    if kind == "caf":
        description = struct.pack(">d4sIIIII", RATE, b"lpcm", 2, 4, 1, 2, 16)
        chunk = struct.pack(">4sq", b"desc", 32) + description
        return struct.pack(">4sHH", b"caff", 1, 0) + chunk + struct.pack(">4sqI", b"data", size + 4, 0)
    if kind == "wav":  # just below 4 GiB
        start = struct.pack("<4sI4s", b"RIFF", size + 36, b"WAVE")
        return start + struct.pack("<4sI", b"fmt ", 16) + WAVE_FORMAT + struct.pack("<4sI", b"data", size)
    raise ValueError(kind)
