"""Codes and decodes with an installed wheel, beside ffmpeg's program where that is: python -I check_wheel.py

Fails when a codec is missing, when audio comes back otherwise than it went in, or when a library of the machine was
loaded although the wheel has its own.
"""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import coremusic as cm

RATE, FRAMES = 48000, 96000
FORMATS = {
    "aac.m4a": (cm.AudioFormat.aac(RATE), "aac"),
    "alac.m4a": (cm.AudioFormat.alac(RATE), "alac"),
    "flac.flac": (cm.AudioFormat.flac(RATE), "flac"),
    "opus.opus": (cm.AudioFormat.opus(RATE), "libopus"),
    "vorbis.ogg": (cm.AudioFormat.vorbis(RATE), "libvorbis"),
    "mp3.mp3": (cm.AudioFormat.mp3(RATE), "libmp3lame"),
}
LOSSLESS = {"alac.m4a", "flac.flac"}
# kAudioFormatProperty_DecodeFormatIDs and _EncodeFormatIDs, and what must be among the answers.
CODECS = {
    b"acif": {
        b"aac ",
        *b"aach aacp aacl aace alac flac .mp1 .mp2 .mp3 vorb opus ac-3 ec-3 samr sawb ilbc MAC3 MAC6".split(),
    },
    b"acof": {b"aac ", b"alac", b"flac", b"opus", b"vorb", b".mp3", b".mp2", b"ac-3", b"ec-3"},
}
BUNDLED = re.compile(r"/(lib(?:av|sw|soxr|mp3lame|opus|vorbis|ogg|gomp)\S*)$", re.MULTILINE)


def codecs(selector: bytes) -> set[bytes]:
    library = ctypes.CDLL(str(Path(cm.__file__).parent / "libcoremusic.so"))
    size, ids = ctypes.c_uint32(4096), (ctypes.c_uint32 * 1024)()
    status = library.AudioFormatGetProperty(int.from_bytes(selector), 0, None, ctypes.byref(size), ids)
    assert status == 0, status
    return {n.to_bytes(4) for n in ids[: size.value // 4]}


def tones() -> np.ndarray:
    """Two voices of int16 samples, shape (FRAMES, 2)."""
    time = np.arange(FRAMES) / RATE
    left = np.sin(2 * np.pi * 440 * time) + np.sin(2 * np.pi * 1320 * time) / 3
    right = np.sin(2 * np.pi * 587 * time) * np.linspace(0.2, 1, FRAMES)
    return np.round(np.stack([left, right], axis=1) * 12000).astype(np.int16)


def ffmpeg(*arguments: str | Path) -> bytes:
    command = ["ffmpeg", "-v", "error", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout


def compare(name: str, who: str, got: np.ndarray, wanted: np.ndarray) -> None:
    assert abs(len(got) - len(wanted)) <= (0 if who == "coremusic" else 2048), (
        name,
        who,
        len(got),
        len(wanted),
    )
    count = min(len(got), len(wanted))
    a, b = got[:count].astype(float).ravel(), wanted[:count].astype(float).ravel()
    noise = float(np.sqrt(np.mean((a - b) ** 2) / np.mean(b**2)))
    assert noise < (1e-9 if name in LOSSLESS else 0.1), (name, who, noise)
    print(f"{name:12} {who:24} {len(got)} frames, noise {noise:.1e} of the signal")


def check(name: str, folder: Path, sound: np.ndarray) -> None:
    format, encoder = FORMATS[name]
    ours, theirs = folder / name, folder / f"their-{name}"
    with cm.AudioFile(ours, "w", format=format, bit_rate=None if name in LOSSLESS else 192000) as file:
        file.write(sound)
    with cm.AudioFile(ours) as file:
        compare(name, "coremusic", file.read(dtype="int16"), sound)
    if shutil.which("ffmpeg"):
        plain = ffmpeg("-i", ours, "-f", "s16le", "-")
        compare(name, "coremusic, then ffmpeg", np.frombuffer(plain, np.int16).reshape(-1, 2), sound)
        ffmpeg("-i", folder / "sound.wav", "-c:a", encoder, "-b:a", "192k", theirs)
        with cm.AudioFile(theirs) as file:
            compare(name, "ffmpeg, then coremusic", file.read(dtype="int16"), sound)


def main() -> None:
    for selector, wanted in CODECS.items():
        assert wanted <= codecs(selector), f"missing: {sorted(wanted - codecs(selector))}"
    sound = tones()
    with tempfile.TemporaryDirectory() as folder:
        with cm.AudioFile(Path(folder) / "sound.wav", "w", format=cm.AudioFormat.pcm(RATE)) as file:
            file.write(sound)
        for name in FORMATS:
            check(name, Path(folder), sound)
    maps = Path("/proc/self/maps").read_text()
    loaded = {line.split()[-1] for line in maps.splitlines() if BUNDLED.search(line)}
    own = str(Path(cm.__file__).parent.parent)
    assert loaded and all(path.startswith(own) for path in loaded), loaded
    print("loaded from the wheel:", " ".join(sorted(Path(path).name for path in loaded)))


main()
