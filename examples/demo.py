"""What coremusic does, on a real recording: tells what it is, converts it to five formats and back, compares, plays.

python examples/demo.py [RECORDING] [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from play_and_listen import play_and_listen

import coremusic as cm
from coremusic.audio.conversion import convert_file

RECORDINGS = [  # spoken by a person; from the packages alsa-utils and sound-theme-freedesktop
    "/usr/share/sounds/alsa/Front_Center.wav",
    "/usr/share/sounds/freedesktop/stereo/audio-channel-front-center.oga",
    "/System/Library/Sounds/Glass.aiff",
]
TARGETS = [  # file, makes its format from a rate and channels (None: the usual one), comes back bit for bit
    ("copy.wav", None, True),
    ("copy.aiff", None, True),
    ("copy.caf", None, True),
    ("copy.flac", None, True),
    ("lossless.m4a", cm.AudioFormat.alac, True),
    ("aac.m4a", cm.AudioFormat.aac, False),
]


def plucked_string(path: Path) -> Path:
    """Five seconds of a Karplus-Strong string, for machines without a recording."""
    rate, period = 44100, 147
    out = np.zeros(5 * rate)
    out[:period] = np.random.default_rng(1).uniform(-0.5, 0.5, period)
    for start in range(period, len(out) - period, period):  # one turn of the delay line at a time
        turn = out[start - period : start]
        out[start : start + period] = 0.498 * (turn + np.concatenate(([out[start - period - 1]], turn[:-1])))
    with cm.AudioFile(path, "w", format=cm.AudioFormat.pcm(rate, 1, 16)) as file:
        file.write(out)
    return path


def find_recording(folder: Path) -> Path:
    if len(sys.argv) > 1:
        return Path(sys.argv[1])
    found = next((Path(p) for p in RECORDINGS if Path(p).exists()), None)
    return found or plucked_string(folder / "string.wav")


def tell(path: Path) -> None:
    with cm.AudioFile(path) as file:
        samples = file.read()
        print(f"{path}")
        print(f"  {file.type_name}, {file.format_name}")
        length = f"{file.frame_count} frames, {file.duration:.3f} s"
        print(f"  {file.sample_rate:g} Hz, {file.channels} channel(s), {length}")
        for key, value in file.metadata.items():
            print(f"  {key}: {value}")
    print(
        f"  peak {cm.dsp.to_db(cm.dsp.peak(samples)):.1f} dBFS, RMS {cm.dsp.to_db(cm.dsp.rms(samples)):.1f} dBFS"
    )


def signal_to_noise(original: np.ndarray, copy: np.ndarray) -> float:
    """In decibels; inf for equal arrays."""
    noise = float(np.sum((original - copy) ** 2, dtype=np.float64))
    return 10 * np.log10(float(np.sum(original**2, dtype=np.float64)) / noise) if noise else float("inf")


def there_and_back(recording: Path, folder: Path) -> bool:
    with cm.AudioFile(recording) as file:
        original, rate, channels = file.read(), file.sample_rate, file.channels
    good = True
    for name, make, exact in TARGETS:
        there, back = folder / name, folder / f"{name}.back.wav"
        convert_file(recording, there, format=make(rate, channels) if make else None)
        convert_file(there, back)
        copy = cm.AudioFile(back).read()
        ratio = signal_to_noise(original, copy) if copy.shape == original.shape else -1
        same = np.array_equal(original, copy) if exact else ratio > 15
        good = good and bool(same)
        verdict = "the same samples" if exact and same else f"{ratio:.1f} dB signal to noise"
        size = there.stat().st_size
        print(f"  {there}  {size} bytes, back: {len(copy)} frames, {verdict}{'' if same else '  WRONG'}")
    return good


def main() -> int:
    folder = Path(sys.argv[2] if len(sys.argv) > 2 else "build/demo")
    folder.mkdir(parents=True, exist_ok=True)
    recording = find_recording(folder)
    tell(recording)
    print("converted, and back:")
    good = there_and_back(recording, folder)
    print("every frame came back" if good else "something was lost")
    said = play_and_listen(folder / "copy.flac")
    print(f"{folder / 'copy.flac'} {said}")
    return 0 if good and "WRONG" not in said else 1


if __name__ == "__main__":
    sys.exit(main())
