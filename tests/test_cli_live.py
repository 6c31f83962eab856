"""coremusic devices | play | record | monitor, on the virtual devices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile
from live_kit import noise, wait_until

import coremusic as cm
from coremusic import cli
from coremusic.engine import virtual


def coremusic(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    package = str(Path(cm.__file__).parent.parent)
    return subprocess.run(
        [sys.executable, "-m", "coremusic", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": package},
    )


def test_devices() -> None:
    found = json.loads(coremusic("devices", "--json").stdout)
    output = next(d for d in found if d["uid"] == virtual.OUTPUT)
    assert output["output_channels"] == 2 and output["default"] == ["output"]
    assert output["name"] in coremusic("devices").stdout


def test_play_is_heard_to_the_bit(tmp_path: Path) -> None:
    samples = noise(20_000)
    soundfile.write(tmp_path / "a.wav", samples, 48000, subtype="FLOAT")
    with virtual.capture() as captured:
        assert cli.main(["play", str(tmp_path / "a.wav"), "--device", virtual.OUTPUT, "--quiet"]) == 0
    at = np.flatnonzero((captured.samples == samples[0]).all(axis=1))
    assert any(np.array_equal(captured.samples[i : i + 20_000], samples) for i in at)


def test_play_a_part_at_half_volume(tmp_path: Path) -> None:
    samples = noise(48_000)
    soundfile.write(tmp_path / "a.wav", samples, 48000, subtype="FLOAT")
    with virtual.capture() as captured:
        options = ["--start", "0.25", "--end", "0.5", "--volume", "0.5", "--quiet"]
        assert cli.main(["play", str(tmp_path / "a.wav"), *options]) == 0
    part = samples[12_000:24_000] * np.float32(0.5)
    at = np.flatnonzero((captured.samples == part[0]).all(axis=1))
    assert any(np.array_equal(captured.samples[i : i + 12_000], part) for i in at)


def test_play_says_what_is_wrong(tmp_path: Path) -> None:
    done = coremusic("play", tmp_path / "none.wav")
    assert done.returncode == 1 and "none.wav" in done.stderr
    soundfile.write(tmp_path / "a.wav", noise(100), 48000)
    done = coremusic("play", tmp_path / "a.wav", "--device", "gramophone")
    assert done.returncode == 1 and "gramophone" in done.stderr
    done = coremusic("play", tmp_path / "a.wav", "--start", "9")
    assert done.returncode == 1 and "nothing to play" in done.stderr


def test_record_and_monitor(tmp_path: Path) -> None:
    fed = noise(48_000)
    virtual.feed(fed)
    target = tmp_path / "a.wav"
    options = ["--seconds", "0.5", "--rate", "48000", "--bits", "16", "--quiet"]
    assert cli.main(["record", str(target), *options]) == 0
    data, rate = soundfile.read(target, dtype="float32")
    assert rate == 48000 and data.shape == (24_000, 2)
    heard = data[np.flatnonzero(data.any(axis=1))[0] :][:10_000]
    near = [np.abs(heard - fed[i : i + 10_000]).max() for i in range(2)]
    assert min(near) < 1 / 32000
    assert cli.main(["monitor", "--seconds", "0.2", "--quiet"]) == 0
    with_rest = virtual.feed_left(virtual.INPUT)
    if with_rest:
        assert cli.main(["monitor", "--seconds", str(with_rest / 48000 + 0.2), "--quiet"]) == 0
    wait_until(lambda: virtual.feed_left(virtual.INPUT) == 0)


def test_record_refuses(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"old")
    done = coremusic("record", tmp_path / "a.wav", "--no-overwrite", "--seconds", "0.1")
    assert done.returncode == 1 and (tmp_path / "a.wav").read_bytes() == b"old"
