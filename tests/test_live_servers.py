"""Streams, players and queues through real servers, heard by independent programs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from audio_servers import PulseServer, jack_server, pipewire, pulse, pulse_server  # noqa: F401
from live_kit import find, noise, wait_until

import coremusic as cm
from coremusic import engine
from coremusic.audio.streaming import AudioInputStream, AudioOutputStream

BLOCK = 2048  # these machines are busy; how short a buffer may be is not what is tested here
ATTEMPTS = 6


@pytest.fixture
def on_pulse(pulse: PulseServer) -> Iterator[PulseServer]:  # noqa: F811
    """The devices are those of a private PulseAudio."""
    with pulse.active():
        engine.select_driver("pulse")
        try:
            yield pulse
        finally:
            engine.select_driver("virtual")


@contextmanager
def overloads() -> Iterator[list[int]]:
    """What the default output says of sound that was lost."""
    device = cm.AudioDeviceManager.get_default_output_device()
    assert device is not None
    said: list[int] = []

    def note(*_: int) -> None:
        said.append(1)

    device.add_listener("over", note)
    try:
        yield said
        time.sleep(0.2)  # the last one is told later
    finally:
        device.remove_listener("over", note)


def play_samples(samples: Any, rate: float = 48000.0) -> AudioOutputStream:
    """Plays to the end; an output stream that counts what went wrong."""
    blocks = iter(np.array_split(samples, range(BLOCK, len(samples), BLOCK)))
    stream = AudioOutputStream(sample_rate=rate, buffer_size=BLOCK, buffers=8)
    stream.set_generator(blocks)
    with stream:
        wait_until(lambda: stream.is_finished, 30)
        time.sleep(0.5)
    return stream


def test_devices_are_those_of_the_server(on_pulse: PulseServer) -> None:
    sinks = [line.split("\t")[1] for line in on_pulse.pactl("list", "short", "sinks").splitlines()]
    found = {d.uid: d for d in cm.AudioDeviceManager.get_output_devices()}
    assert set(sinks) <= {uid.rpartition(":")[2] for uid in found}
    default = cm.AudioDeviceManager.get_default_output_device()
    assert default is not None
    assert default.uid.endswith(on_pulse.pactl("get-default-sink").strip())
    assert engine.get_driver() == "pulse"


def test_a_stream_is_heard_to_the_bit_by_parec(on_pulse: PulseServer) -> None:
    samples = noise(24000)
    for _ in range(ATTEMPTS):
        with on_pulse.record() as heard, overloads() as lost:
            stream = play_samples(samples)
        if find(samples, heard.frames()) >= 0:
            break
        assert stream.underruns or lost, "lost without a word"
    else:
        pytest.fail("never heard whole")


def test_a_file_is_heard_to_the_bit_by_parec(tmp_path: Path) -> None:
    samples = noise(22050)
    soundfile.write(tmp_path / "a.wav", samples, 44100, subtype="FLOAT")
    sink = {"out": "rate=44100 channels=2 format=float32le norewinds=1"}
    for server in pulse_server_of(sink):
        with server.active():
            engine.select_driver("pulse")
            try:
                for _ in range(ATTEMPTS):
                    player = cm.AudioPlayer()
                    player.load_file(str(tmp_path / "a.wav"))
                    player.setup_output()
                    with server.record(rate=44100) as heard:
                        player.play()
                        wait_until(lambda player=player: not player.is_playing(), 30)
                        time.sleep(0.5)
                        player.stop()
                    if find(samples, heard.frames()) >= 0:
                        break
                else:
                    pytest.fail("never heard whole")
            finally:
                engine.select_driver("virtual")


def pulse_server_of(sinks: dict[str, str]) -> Iterator[PulseServer]:
    with pulse_server(sinks) as server:
        yield server


def test_a_queue_is_heard_to_the_bit_by_parec(on_pulse: PulseServer) -> None:
    samples = noise(24000)
    format = cm.AudioFormat.pcm(48000, channels=2, bits=32, is_float=True)

    def once() -> Any:
        parts = iter(np.array_split(samples, 6))
        ended: list[int] = []

        def refill(buffer: cm.AudioBuffer) -> None:
            part = next(parts, None)
            if part is None:
                ended.append(1)
                return
            buffer.data = part.tobytes()
            queue.enqueue_buffer(buffer)

        queue = cm.AudioQueue.new_output(format, refill)
        with on_pulse.record() as heard, queue:
            for _ in range(4):
                refill(queue.allocate_buffer(24000 // 6 * 8))
            queue.start()
            wait_until(lambda: len(ended) == 4, 30)
            time.sleep(0.5)
        return heard.frames()

    assert any(find(samples, once()) >= 0 for _ in range(ATTEMPTS))


def test_what_a_sink_plays_can_be_recorded(on_pulse: PulseServer) -> None:
    monitor = next(d for d in cm.AudioDeviceManager.get_input_devices() if d.uid.endswith(".monitor"))
    samples = noise(24000)
    for _ in range(ATTEMPTS):
        got: list[Any] = []
        stream = AudioInputStream(monitor, sample_rate=48000.0, buffer_size=BLOCK, buffers=32)
        stream.add_callback(lambda data, _, got=got: got.append(data.copy()))
        with stream:
            play_samples(samples)
        if got and find(samples, np.concatenate(got)) >= 0:
            return
    pytest.fail("never heard whole")


def test_the_server_dies_and_comes_back(on_pulse: PulseServer) -> None:
    lost: list[Any] = []
    stays = AudioOutputStream(buffer_size=BLOCK)
    ends = AudioOutputStream(buffer_size=BLOCK, on_device_lost="stop")
    ends.on_lost = lost.append
    for stream in (stays, ends):
        stream.set_generator(lambda frames: bytes(frames * 8))
        stream.start()
    wait_until(lambda: stays.frames and ends.frames)
    on_pulse.kill()
    wait_until(lambda: lost)
    assert ends.is_lost and not ends.is_active
    on_pulse.launch()
    before = stays.frames
    wait_until(lambda: stays.frames > before + 4 * BLOCK, 20)
    began = time.monotonic()
    stays.stop()
    assert time.monotonic() - began < 3


def test_a_server_that_hangs_does_not_hang_us(on_pulse: PulseServer) -> None:
    stream = AudioOutputStream(buffer_size=BLOCK)
    stream.set_generator(lambda frames: bytes(frames * 8))
    stream.start()
    wait_until(lambda: stream.frames)
    on_pulse.pause()
    began = time.monotonic()
    stream.stop()
    assert time.monotonic() - began < 5
    on_pulse.resume()


def test_the_default_changes_and_the_sink_goes(on_pulse: PulseServer) -> None:
    stream = AudioOutputStream(buffer_size=BLOCK)
    stream.set_generator(lambda frames: np.full((frames, 2), 0.25, np.float32))
    module = on_pulse.load_sink("second", "rate=48000 channels=2 norewinds=1")
    with stream:
        wait_until(lambda: stream.frames)
        on_pulse.pactl("set-default-sink", "second")
        with on_pulse.record("second.monitor") as heard:
            wait_until(lambda: (heard.frames() == np.float32(0.25)).all(axis=1).sum() > 4800, 20)
        on_pulse.pactl("unload-module", str(module))
        with on_pulse.record("out.monitor") as heard:
            wait_until(lambda: (heard.frames() == np.float32(0.25)).all(axis=1).sum() > 4800, 20)
    assert not stream.is_lost


def test_pipewire_is_heard(pipewire: Any) -> None:  # noqa: F811
    samples = noise(48000)
    with pipewire.active():
        engine.select_driver("pulse")
        try:
            for _ in range(ATTEMPTS):
                with pipewire.record(f"{pipewire.default_sink()}.monitor") as heard:
                    play_samples(samples)
                if find(samples[:24000], heard.frames()) >= 0:
                    return
        finally:
            engine.select_driver("virtual")
    pytest.fail("never heard whole")


def test_jack_plays_and_records() -> None:
    with jack_server() as server, server.active():
        engine.select_driver("jack")
        try:
            output = cm.AudioDeviceManager.get_default_output_device()
            assert output is not None and output.output_channels == 2 and output.sample_rate == 48000.0
            stream = AudioOutputStream(sample_rate=48000.0)
            stream.set_generator(lambda frames: bytes(frames * 8))
            with stream, AudioInputStream(sample_rate=48000.0) as source:
                assert source.read(4800, timeout=10).shape == (4800, 2)
                ports = server.run("jack_lsp", "-c")
                assert "system:playback_1" in ports and "coremusic" in ports.lower()
                wait_until(lambda: stream.frames > 4800)
        finally:
            engine.select_driver("virtual")


LATE = """
import sys, time
import coremusic as cm
from coremusic import engine
print(engine.get_driver(), cm.AudioDeviceManager.get_default_output_device().uid, flush=True)
sys.stdin.readline()
end = time.monotonic() + 10
while engine.get_driver() == "virtual" and time.monotonic() < end:
    time.sleep(0.1)
print(engine.get_driver(), cm.AudioDeviceManager.get_default_output_device().uid, flush=True)
"""


@pytest.mark.parametrize("wanted", ["", "pulse"])
def test_a_server_that_starts_late_is_found(pulse: PulseServer, wanted: str) -> None:  # noqa: F811
    pulse.kill()
    program = subprocess.Popen(
        [sys.executable, "-c", LATE],
        env=pulse.environment(COREMUSIC_DRIVER=wanted, PYTHONPATH=str(Path(cm.__file__).parent.parent)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout
    before = program.stdout.readline().split()
    pulse.launch()
    after, _ = program.communicate("\n", timeout=30)
    if not wanted and before[0] != "virtual":
        pytest.skip(f"this machine has {before[0]}")
    assert before == ["virtual", "coremusic:virtual:output"]
    assert after.split() == ["pulse", "out"]


EXITS = """
import sys, threading, time
import coremusic as cm
from coremusic.audio.streaming import AudioOutputStream
keep = []
def play(how):
    stream = AudioOutputStream(buffer_size=512)
    stream.set_generator(lambda frames: bytes(frames * 8))
    stream.start(); keep.append(stream)
    queue = cm.AudioQueue.new_output(cm.AudioFormat.pcm(44100), lambda b: queue.enqueue_buffer(b))
    for _ in range(3):
        buffer = queue.allocate_buffer(4096); buffer.data = bytes(4096); queue.enqueue_buffer(buffer)
    queue.start(); keep.append(queue)
    unit = cm.AudioUnit.default_output()
    unit.set_render_callback(lambda frames: bytes(frames * 8))
    unit.initialize(); unit.start(); keep.append(unit)
    time.sleep(0.2)
    if how == "raise":
        raise SystemExit(3)
    if how == "thread":
        threading.Thread(target=lambda: (time.sleep(0.2), keep.clear())).start()
    if how == "cycle":
        keep.append(keep)
play(sys.argv[1])
"""


@pytest.mark.parametrize(("how", "code"), [("return", 0), ("raise", 3), ("thread", 0), ("cycle", 0)])
def test_a_program_that_ends_while_sound_runs(how: str, code: int) -> None:
    package = str(Path(cm.__file__).parent.parent)
    sanitizer = {name: os.environ[name] for name in ("LD_PRELOAD", "ASAN_OPTIONS") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", EXITS, how],
        env={"PYTHONPATH": package, "COREMUSIC_DRIVER": "virtual", **sanitizer},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (code, "")
