"""coremusic devices | play | record | monitor, on the virtual devices."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from live_kit import noise, wait_until

import coremusic as cm
from coremusic import cli
from coremusic.audio.streaming import AudioInputStream, AudioOutputStream
from coremusic.cli import play, record
from coremusic.cli.live import Meter
from coremusic.engine import virtual

BLOCK_FRAMES = play.BLOCK_FRAMES


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


@contextmanager
def patient_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Cycles of a block each: no one before the command's stream has its sound, or has given away what it heard."""
    over = threading.Event()
    streams: list[Any] = []

    def seen(kind: Any) -> Any:
        def make(*arguments: Any, **keywords: Any) -> Any:
            streams.append(kind(*arguments, **keywords))
            return streams[-1]

        return make

    def is_ready() -> bool:
        sound = streams[-1]._sound if streams else None
        if sound is None:
            return False
        if isinstance(streams[-1], AudioInputStream):
            return sound.queued < BLOCK_FRAMES
        return sound.queued >= BLOCK_FRAMES or sound.is_finished

    def tick() -> None:
        while not over.wait(0.001):
            if is_ready():
                virtual.advance(BLOCK_FRAMES)

    monkeypatch.setattr(play, "AudioOutputStream", seen(AudioOutputStream))
    monkeypatch.setattr(record, "AudioInputStream", seen(AudioInputStream))
    with virtual.manual_clock():
        ticking = threading.Thread(target=tick)
        ticking.start()
        try:
            yield
        finally:
            over.set()
            ticking.join()


def test_play_is_heard_to_the_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = noise(20_000)
    soundfile.write(tmp_path / "a.wav", samples, 48000, subtype="FLOAT")
    with patient_clock(monkeypatch), virtual.capture() as captured:
        assert cli.main(["play", str(tmp_path / "a.wav"), "--device", virtual.OUTPUT, "--quiet"]) == 0
    at = np.flatnonzero((captured.samples == samples[0]).all(axis=1))
    assert any(np.array_equal(captured.samples[i : i + 20_000], samples) for i in at)


def test_play_a_part_at_half_volume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = noise(48_000)
    soundfile.write(tmp_path / "a.wav", samples, 48000, subtype="FLOAT")
    with patient_clock(monkeypatch), virtual.capture() as captured:
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


def test_record_and_monitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fed = noise(48_000)
    virtual.feed(fed)
    target = tmp_path / "a.wav"
    options = ["--seconds", "0.5", "--rate", "48000", "--bits", "16", "--quiet"]
    with patient_clock(monkeypatch):
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


@pytest.mark.parametrize(("name", "rate"), [("a.opus", 44100), ("a.mp3", 96000)])
def test_what_is_recorded_has_its_speed_where_the_codec_lacks_the_rate(
    tmp_path: Path, name: str, rate: int
) -> None:
    options = ["--seconds", "0.5", "--rate", str(rate), "--quiet"]
    assert cli.main(["record", str(tmp_path / name), *options]) == 0
    info = soundfile.info(tmp_path / name)
    assert info.samplerate == 48000 and info.frames == 24_000


def test_record_refuses(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"old")
    done = coremusic("record", tmp_path / "a.wav", "--no-overwrite", "--seconds", "0.1")
    assert done.returncode == 1 and (tmp_path / "a.wav").read_bytes() == b"old"


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGHUP, signal.SIGINT))
def test_what_was_recorded_is_kept_when_the_recording_is_ended(tmp_path: Path, number: int) -> None:
    """As by timeout(1), by a terminal that is closed, or by ctrl-C."""
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from coremusic.cli import main, live\n"
        "show = live.Meter.show\n"
        "def told(*a): a[1] > 0.3 and print('recording', flush=True); show(*a)\n"
        "live.Meter.show = told\n"
        "sys.exit(main(['record', 'a.wav']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(cm.__file__).parent.parent)},
    )
    assert process.stdout is not None and process.stdout.readline() == "recording\n"
    process.send_signal(number)
    said = process.communicate(timeout=30)[0]
    assert process.returncode == (0 if number == signal.SIGINT else 128 + number)
    assert soundfile.info(tmp_path / "a.wav").frames >= 0.3 * 44100 and "a.wav: 0:0" in said


@pytest.mark.parametrize("command", ("record", "play"))
def test_a_device_that_goes_is_told_and_what_was_recorded_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    uid = "test:cli:goes"
    inputs = command == "record"
    virtual.add_device(uid, "Goes", *((2, 0) if inputs else (0, 2)))
    target = tmp_path / "a.wav"
    if not inputs:
        soundfile.write(target, noise(48_000 * 20), 48000)
    done: list[int] = []
    runner = threading.Thread(
        target=lambda: done.append(cli.main([command, str(target), "--device", uid, "--quiet"]))
    )
    try:
        runner.start()
        wait_until(lambda: virtual.device(uid).is_running)
        time.sleep(0.5)
        virtual.set_plugged(uid, False)
        runner.join(30)
    finally:
        virtual.remove_device(uid)
    assert done == [1]
    assert "the device is gone" in capsys.readouterr().err
    assert not inputs or soundfile.info(target).frames > 0


def test_recording_goes_on_after_a_wait_in_which_nothing_comes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, done = tmp_path / "a.wav", list[int]()
    options = ["record", str(target), "--seconds", "0.02", "--rate", "48000", "--quiet"]
    runner = threading.Thread(target=lambda: done.append(cli.main(options)))
    with virtual.manual_clock():
        runner.start()
        wait_until(lambda: virtual.device(virtual.INPUT).is_running)
        time.sleep(2 * record.WAIT_SECONDS)
        while runner.is_alive():
            virtual.advance(BLOCK_FRAMES)
            time.sleep(0.01)
    runner.join()
    assert done == [0]
    assert "960 frames, 0 gaps" in capsys.readouterr().out and soundfile.info(target).frames == 960


@pytest.mark.parametrize("more", ([], ["--loop"]))
def test_a_file_without_the_frames_that_it_promises_is_one_line(tmp_path: Path, more: list[str]) -> None:
    soundfile.write(tmp_path / "a.flac", noise(48_000), 48000)
    whole = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "a.flac").write_bytes(whole[: whole.index(b"\xff\xf8")])
    done = coremusic("play", tmp_path / "a.flac", "--quiet", *more)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "no frame of it" in done.stderr


def test_a_format_that_no_device_has_is_one_line() -> None:
    for options in (["--channels", "1000"], ["--rate", "1"]):
        done = coremusic("monitor", "--seconds", "0.1", *options)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and done.stderr.startswith("coremusic: ")


def test_the_meters_fit_into_any_terminal() -> None:
    meter = Meter()
    meter._peaks = [0.5] * 8
    for columns in range(200):
        assert len(meter.line("0:00.100 / 0:01.000", columns)) <= columns
    assert meter.line("0:00.100", 79).count("dB") == 4 and meter.line("0:00.100", 30).count("dB") == 1
    assert meter.line("0:00.100", 400).count("[" + "#" * 18 + "  ]") == 8


def test_play_and_record_without_numpy(tmp_path: Path) -> None:
    """An interpreter that has none, if this machine has one of the same version."""
    python = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin") or sys.executable
    environment = {**os.environ, "PYTHONPATH": str(Path(cm.__file__).parent.parent)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, *arguments], capture_output=True, text=True, cwd=tmp_path, env=environment
        )

    if run("-c", "import numpy").returncode == 0 or run("-c", "import coremusic._objects").returncode:
        pytest.skip("no interpreter of this version without NumPy")
    fill = "import sys\nfrom coremusic import cli\nfrom coremusic.engine import virtual\n"
    fill += "import struct\nvirtual.feed(struct.pack('<2f', 0.5, -0.25) * 48000 * 4)\n"
    options = ["record", "a.wav", "--seconds", "0.5", "--rate", "48000", "--bits", "16"]
    done = run("-c", f"{fill}sys.exit(cli.main({options}))")
    assert done.returncode == 0 and "0:00.500, 24000 frames" in done.stdout, done
    data, _ = soundfile.read(tmp_path / "a.wav")
    assert len(data) == 24_000 and (abs(data[-1000:] - [0.5, -0.25]) < 0.001).all()
    assert run("-m", "coremusic", "monitor", "--seconds", "0.1").stdout.startswith("0:00.100")
    assert run("-m", "coremusic", "play", "a.wav", "--volume", "0.5").returncode == 0
