"""Seeking in files that FFmpeg encoded: what is read after a seek is what a reading from the start gives there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from coremusic import AudioFile

pytestmark = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs the program ffmpeg")

RATE = 44100
FRAMES = 3 * RATE


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seek") / "source.wav"
    steps = np.random.default_rng(5).standard_normal((FRAMES, 2)).cumsum(axis=0)
    sf.write(path, (steps / np.abs(steps).max() * 0.8).astype(np.float32), RATE)
    return path


def encode(source: Path, name: str, *options: str) -> Path:
    path = source.with_name(name)
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", source, *options, path], check=True)
    return path


# Without random numbers in the decoder. Bit reservoirs, overlaps and prediction are all here.
EXACT = {
    "a.mp2": [],
    "a.mp3": [],
    "a.m4a": ["-aac_pns", "0"],
    "a.aac": ["-aac_pns", "0"],
    "a.ogg": ["-c:a", "libvorbis"],
    "a.flac": [],
    "alac.m4a": ["-c:a", "alac"],
}


@pytest.mark.parametrize("name", EXACT)
def test_anywhere(source: Path, name: str) -> None:
    with AudioFile(encode(source, name, *EXACT[name])) as f:
        whole = f.read()
        places = [0, 1, len(whole) - 1, *np.random.default_rng(7).integers(0, len(whole) - 500, 20)]
        for place in map(int, places):
            f.seek(place)
            np.testing.assert_allclose(f.read(500), whole[place : place + 500], rtol=0, atol=2e-6)


# AC-3 makes noise for what was not coded, and AAC for bands that are told to be noise: random numbers, the same ones
# only from the start. Before it there is nothing, least of all what was heard before the seek.
@pytest.mark.parametrize("name", ["a.ac3", "a.eac3", "noise.m4a", "noise.aac"])
def test_the_start_again(source: Path, name: str) -> None:
    with AudioFile(encode(source, name)) as f:
        whole = f.read()
        f.seek(0)
        np.testing.assert_array_equal(f.read(5000), whole[:5000])
        f.seek(FRAMES // 2)
        near = f.read(5000)
        np.testing.assert_allclose(near, whole[FRAMES // 2 : FRAMES // 2 + 5000], rtol=0, atol=0.03)
