"""Files to read: stereo music, made here and encoded by libsndfile and FFmpeg's tool, never by coremusic."""

from __future__ import annotations

import atexit
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

RATE = 44100

# name: libsndfile's subtype for WAV, or the options of FFmpeg's tool
WAV = {"pcm16": "PCM_16", "pcm24": "PCM_24", "float": "FLOAT"}
ENCODED = {
    "flac": ["-c:a", "flac"],
    "mp3": ["-c:a", "libmp3lame", "-b:a", "192k"],
    "ogg": ["-c:a", "libvorbis", "-q:a", "5"],
    "aac.m4a": ["-c:a", "aac", "-b:a", "160k"],
    "alac.m4a": ["-c:a", "alac"],
}


@functools.cache
def folder() -> Path:
    path = Path(tempfile.mkdtemp(prefix="coremusic-bench-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@functools.cache
def music(seconds: int) -> np.ndarray[Any, Any]:
    """Chords that change every half second over noise: work for a codec, and no two seconds alike."""
    random = np.random.default_rng(2)
    time = np.arange(RATE // 2, dtype=np.float32) / RATE
    parts = []
    for _ in range(2 * min(seconds, 60)):
        pitch = 110 * 2 ** (random.integers(0, 36, 5) / 12)
        tones = np.sin(2 * np.pi * pitch[:, None] * time) * np.exp(-3 * time)
        left, right = random.dirichlet(np.ones(5)) @ tones, random.dirichlet(np.ones(5)) @ tones
        parts.append(np.stack([left, right], axis=1))
    minute = np.concatenate(parts) * 0.6 + random.standard_normal((RATE // 2 * len(parts), 2)) * 0.01
    return np.tile(minute.astype(np.float32), (max(1, seconds // 60), 1))


@functools.cache
def wav(kind: str, seconds: int) -> Path:
    path = folder() / f"{kind}-{seconds}.wav"
    soundfile.write(path, music(seconds), RATE, subtype=WAV[kind])
    return path


@functools.cache
def encoded(kind: str, seconds: int = 60) -> Path | None:
    """None where FFmpeg's tool is missing or cannot encode it."""
    path = folder() / f"{seconds}.{kind}"
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(wav("pcm16", seconds)), *ENCODED[kind], str(path)]
    if not shutil.which("ffmpeg") or subprocess.run(command, check=False).returncode:
        return None
    return path
