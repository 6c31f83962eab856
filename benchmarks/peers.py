"""How other libraries read a file to float32 of shape (frames, channels). A library that is not installed, or does not
read the kind of file, is left out."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def with_soundfile(path: Path) -> Array:
    import soundfile

    data: Array = soundfile.read(path, dtype="float32", always_2d=True)[0]
    return data


def with_pedalboard(path: Path) -> Array:
    from pedalboard.io import AudioFile

    with AudioFile(str(path)) as file:
        return np.asarray(file.read(file.frames)).T


def to_float(data: Array) -> Array:
    return data if data.dtype.kind == "f" else data * np.float32(2.0 ** (1 - 8 * data.dtype.itemsize))


def with_pyav(path: Path) -> Array:
    import av

    with av.open(str(path)) as container:
        blocks = [frame.to_ndarray() for frame in container.decode(audio=0)]
        channels = container.streams.audio[0].channels
    if blocks[0].shape[0] == channels:
        data = np.concatenate(blocks, axis=1).T
    else:
        data = np.concatenate(blocks, axis=1).reshape(-1, channels)
    return to_float(data)


def with_scipy(path: Path) -> Array:
    from scipy.io import wavfile

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # chunks that SciPy does not know
        return to_float(wavfile.read(path)[1])


def with_miniaudio(path: Path) -> Array:
    import miniaudio

    decoded = miniaudio.decode_file(str(path), miniaudio.SampleFormat.FLOAT32, 2, 44100)
    return np.asarray(decoded.samples, np.float32).reshape(-1, decoded.nchannels)


READERS: dict[str, tuple[str, Callable[[Path], Array], set[str]]] = {
    "soundfile": ("soundfile", with_soundfile, {".wav", ".flac", ".mp3", ".ogg"}),
    "pedalboard": ("pedalboard", with_pedalboard, {".wav", ".flac", ".mp3", ".ogg"}),
    "PyAV": ("av", with_pyav, {".wav", ".flac", ".mp3", ".ogg", ".m4a"}),
    "SciPy": ("scipy", with_scipy, {".wav"}),
    "miniaudio": ("miniaudio", with_miniaudio, {".wav", ".flac", ".mp3", ".ogg"}),
}


def is_installed(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


def readers(suffix: str) -> dict[str, Callable[[Path], Array]]:
    return {
        name: read
        for name, (module, read, suffixes) in READERS.items()
        if suffix in suffixes and is_installed(module)
    }
