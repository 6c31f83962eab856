"""RIFX: WAVE files with big-endian numbers, as libsndfile and sox write them, and one made by hand."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from objects_kit import run

from coremusic import AudioFile, AudioFileError

SOUND = np.random.default_rng(1).uniform(-0.5, 0.5, (1000, 2))


def chunk(code: bytes, contents: bytes) -> bytes:
    return code + struct.pack(">I", len(contents)) + contents + bytes(len(contents) % 2)


def by_hand(ramp: np.ndarray) -> bytes:
    """A cue with a label, one that begins a section of 50 frames, and a loop."""
    cues = b"".join(struct.pack(">II4sIII", n, at, b"data", 0, 0, at) for n, at in ((1, 100), (2, 300)))
    label = chunk(b"labl", struct.pack(">I", 1) + b"one\0")
    section = chunk(b"ltxt", struct.pack(">II4s4H", 2, 50, b"rgn ", 0, 0, 0, 0) + b"two\0")
    sampler = struct.pack(">9I", 0, 0, 125000, 60, 0, 0, 0, 1, 0) + struct.pack(">6I", 2, 0, 300, 349, 0, 0)
    body = [
        chunk(b"fmt ", struct.pack(">HHIIHH", 1, 1, 8000, 16000, 2, 16)),
        chunk(b"data", ramp.astype(">i2").tobytes()),
        chunk(b"cue ", struct.pack(">I", 2) + cues),
        chunk(b"LIST", b"adtl" + label + section),
        chunk(b"smpl", sampler),
    ]
    return chunk(b"RIFX", b"WAVE" + b"".join(body))


def test_libsndfiles_text_and_samples(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with sf.SoundFile(path, "w", 44100, 2, "PCM_24", "BIG", "WAV") as f:
        f.title, f.artist = "Title", "Somebody"
        f.write(SOUND)
    assert path.read_bytes()[:4] == b"RIFX"
    with AudioFile(path) as f:
        assert f.metadata["title"] == "Title" and f.metadata["artist"] == "Somebody"
        np.testing.assert_array_equal(f.read(dtype="float64"), sf.read(path)[0])


@pytest.mark.skipif(not shutil.which("sox"), reason="sox is needed")
@pytest.mark.parametrize("encoding", ["-b 8", "-b 16", "-b 32", "-e float -b 64", "-e a-law"])
def test_soxs(tmp_path: Path, encoding: str) -> None:
    path, plain = tmp_path / "a.wav", tmp_path / "plain.wav"
    sf.write(plain, SOUND, 44100, "FLOAT")
    run("sox", "-D", plain, "-B", *encoding.split(), path)
    assert path.read_bytes()[:4] == b"RIFX"
    np.testing.assert_array_equal(AudioFile(path).read(dtype="float64"), sf.read(path)[0])


def test_markers_regions_and_loops(tmp_path: Path) -> None:
    path, ramp = tmp_path / "a.wav", np.arange(500)
    path.write_bytes(by_hand(ramp))
    with AudioFile(path) as f:
        assert (f.sample_rate, f.channels, f.frame_count) == (8000, 1, 500)
        np.testing.assert_array_equal(f.read(dtype="int16").reshape(-1), ramp)
        assert [(m.frame, m.name) for m in f.markers] == [(100, "one")]
        assert [(r.name, [m.frame for m in r.markers]) for r in f.regions] == [("two", [300, 350])] * 2


def test_it_is_not_written(tmp_path: Path) -> None:
    path, bytes_before = tmp_path / "a.wav", by_hand(np.arange(10))
    path.write_bytes(bytes_before)
    with pytest.raises(AudioFileError, match="only be read") as raised:
        AudioFile(path, "r+").open()
    assert raised.value.status_code == int.from_bytes(b"op??", "big")
    assert path.read_bytes() == bytes_before


def test_cut_anywhere(tmp_path: Path) -> None:
    path, whole = tmp_path / "a.wav", by_hand(np.arange(20))
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        try:
            with AudioFile(path) as f:
                assert f.frame_count <= 20 and len(f.markers) <= 2 and len(f.regions) <= 2
        except AudioFileError:
            assert size < 48  # without format or audio there is nothing
