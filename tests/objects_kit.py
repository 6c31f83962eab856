"""Audio files made by other programs, for the tests of the object layer."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

RATE = 44100

needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
needs_ffprobe = pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe is not installed")
needs_sox = pytest.mark.skipif(not shutil.which("sox"), reason="sox is not installed")

# name -> (libsndfile's format and subtype, values the file keeps: bits of integers, or "f4", "f8")
PCM_FILES = {
    "u8.wav": ("WAV", "PCM_U8", 8),
    "s16.wav": ("WAV", "PCM_16", 16),
    "s24.wav": ("WAV", "PCM_24", 24),
    "s32.wav": ("WAV", "PCM_32", 32),
    "f32.wav": ("WAV", "FLOAT", "f4"),
    "f64.wav": ("WAV", "DOUBLE", "f8"),
    "s16.w64": ("W64", "PCM_16", 16),
    "s24.rf64": ("RF64", "PCM_24", 24),
    "s8.aiff": ("AIFF", "PCM_S8", 8),
    "s16.aiff": ("AIFF", "PCM_16", 16),
    "s24.aiff": ("AIFF", "PCM_24", 24),
    "s32.aiff": ("AIFF", "PCM_32", 32),
    "f32.aifc": ("AIFF", "FLOAT", "f4"),
    "s16.au": ("AU", "PCM_16", 16),
    "f32.au": ("AU", "FLOAT", "f4"),
    "s16.caf": ("CAF", "PCM_16", 16),
    "s24.caf": ("CAF", "PCM_24", 24),
    "f64.caf": ("CAF", "DOUBLE", "f8"),
}


def music(frames: int = 10000, channels: int = 2, seed: int = 0, rate: int = RATE) -> Any:
    """Float64 that any codec can follow: tones that differ by channel, a little noise, below half scale."""
    random = np.random.default_rng(seed)
    time = np.arange(frames)[:, None] / rate
    pitch = 220.0 * (1.25 ** np.arange(channels))[None, :]
    sound = 0.3 * np.sin(2 * np.pi * pitch * time) + 0.1 * np.sin(2 * np.pi * 3.1 * pitch * time + 1.0)
    return sound + 0.01 * random.standard_normal((frames, channels))


def write_pcm(folder: Path, name: str, frames: int = 10000, channels: int = 2, rate: int = RATE) -> Path:
    """One of PCM_FILES, by libsndfile."""
    container, subtype, _ = PCM_FILES[name]
    path = folder / name
    sf.write(path, music(frames, channels), rate, format=container, subtype=subtype)
    return path


def run(*command: str | os.PathLike[str]) -> str:
    return subprocess.run([os.fspath(c) for c in command], check=True, capture_output=True, text=True).stdout


def ffmpeg(source: Path, target: Path, *options: str) -> Path:
    run("ffmpeg", "-v", "error", "-y", "-i", source, "-map_metadata", "-1", *options, target)
    return target


def decode_with_ffmpeg(path: Path, channels: int) -> Any:
    """The frames that FFmpeg's own tool gives, float32."""
    command = ["ffmpeg", "-v", "error", "-i", os.fspath(path), "-f", "f32le", "-acodec", "pcm_f32le", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(raw, "<f4").reshape(-1, channels)


def probe(path: Path, entry: str) -> str:
    """One value of ffprobe's: "stream=codec_name", "format=duration" ..."""
    return run("ffprobe", "-v", "error", "-show_entries", entry, "-of", "default=nw=1:nk=1", path).strip()


def resident_bytes() -> int:
    """Memory in use. The address sanitizer keeps what was freed for a while, so there its count of live bytes."""
    if "COREMUSIC_SANITIZED" in os.environ:
        count = ctypes.CDLL(None).__sanitizer_get_current_allocated_bytes
        count.restype = ctypes.c_size_t
        return int(count())
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
