"""AudioPlayer: files through the default output, checked to the bit on the virtual device."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from live_kit import find, hand, noise, wait_until  # noqa: F401

import coremusic as cm
from coremusic import capi
from coremusic.engine import virtual

RATE = 44100
CYCLE = 512


@pytest.fixture
def at_44100(hand: None) -> None:  # noqa: F811
    virtual.device().sample_rate = float(RATE)


def write(path: Path, samples: Any, rate: int = RATE) -> str:
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return str(path)


def play(player: cm.AudioPlayer, frames: int) -> None:
    """Lets time pass, each cycle when the disk is ahead of it."""
    for _ in range(0, frames, CYCLE):
        wait_until(lambda: player.is_ready)
        virtual.advance(CYCLE, RATE)


def ready(path: str) -> cm.AudioPlayer:
    player = cm.AudioPlayer()
    assert player.load_file(path) == 0
    assert player.setup_output() == 0
    return player


def test_a_file_is_played_to_the_bit(at_44100: None, tmp_path: Path) -> None:
    samples = noise(100_000)
    player = ready(write(tmp_path / "a.wav", samples))
    assert player.duration == 100_000 / RATE and not player.is_playing()
    with virtual.capture() as captured:
        assert player.play() == 0
        assert player.is_playing()
        play(player, 50_000)
        assert 0.4 < player.get_progress() < 0.6
        play(player, 60_000)
        assert not player.is_playing() and player.get_progress() == 1.0
        assert player.stop() == 0
    assert find(samples, captured.samples) >= 0
    assert player.underruns == 0


def test_a_mono_file_is_heard_on_both_sides(at_44100: None, tmp_path: Path) -> None:
    samples = noise(5000, 1)
    player = ready(write(tmp_path / "a.wav", samples))
    with virtual.capture() as captured:
        player.start()
        play(player, 8000)
        player.stop()
    assert find(np.repeat(samples, 2, axis=1), captured.samples) >= 0


def test_looping_has_no_seam(at_44100: None, tmp_path: Path) -> None:
    samples = noise(3000)
    player = ready(write(tmp_path / "a.wav", samples))
    player.set_looping(True)
    with virtual.capture() as captured:
        player.start()
        play(player, 10_000)
        assert player.is_playing()
        player.set_looping(False)
        play(player, 8000)
        assert not player.is_playing()
        player.stop()
    assert find(np.concatenate([samples] * 3), captured.samples) >= 0


def test_loop_region(at_44100: None, tmp_path: Path) -> None:
    samples = noise(RATE)
    player = ready(write(tmp_path / "a.wav", samples))
    player.set_loop_region(0.25, 0.5)
    with virtual.capture() as captured:
        player.start()
        play(player, RATE)
        player.stop()
    region = samples[RATE // 4 : RATE // 2]
    assert find(np.concatenate([samples[: RATE // 2], region, region[:1000]]), captured.samples) >= 0
    for start, end in ((-1, 0.5), (0.5, 0.5), (0.5, 99.0)):
        with pytest.raises(ValueError):
            player.set_loop_region(start, end)


def test_seek_while_playing_and_while_stopped(at_44100: None, tmp_path: Path) -> None:
    samples = noise(4 * RATE)
    player = ready(write(tmp_path / "a.wav", samples))
    with virtual.capture() as captured:
        player.start()
        play(player, 5000)
        player.seek(3.0)
        play(player, 5000)
        player.stop()
        player.seek(1.0)
        assert player.position == 1.0
        player.resume()
        play(player, 5000)
        player.stop()
    assert find(samples[3 * RATE : 3 * RATE + 4000], captured.samples) >= 0
    assert find(samples[RATE : RATE + 4000], captured.samples) >= 0
    with pytest.raises(ValueError):
        player.seek(5.0)


def test_volume_and_rate(at_44100: None, tmp_path: Path) -> None:
    t = np.arange(4 * RATE) / RATE
    tone = np.sin(2 * np.pi * 1000 * t).astype(np.float32) * 0.5
    player = ready(write(tmp_path / "a.wav", np.column_stack([tone, tone])))
    player.volume = 0.5
    player.rate = 2.0
    assert (player.volume, player.rate) == (0.5, 2.0)
    with virtual.capture() as captured:
        player.start()
        play(player, 2 * RATE + 4096)
        player.stop()
    heard = captured.samples[RATE // 2 : RATE + RATE // 2, 0]
    spectrum = abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert abs(np.argmax(spectrum) * RATE / len(heard) - 2000) < 3
    assert np.abs(heard).max() == pytest.approx(0.25, abs=0.005)
    assert not player.is_playing() or player.get_progress() > 0.95
    for name, value in (("volume", -1.0), ("rate", 0.0), ("rate", 100.0)):
        with pytest.raises(ValueError):
            setattr(player, name, value)


def test_rate_of_the_file_is_converted(at_44100: None, tmp_path: Path) -> None:
    t = np.arange(2 * 22050) / 22050
    tone = (np.sin(2 * np.pi * 500 * t) * 0.5).astype(np.float32)
    player = ready(write(tmp_path / "a.wav", tone, 22050))
    assert player.duration == pytest.approx(2.0, abs=1e-3)
    with virtual.capture() as captured:
        player.start()
        play(player, 2 * RATE + 2048)
        player.stop()
    heard = captured.samples[RATE // 2 : RATE + RATE // 2, 0]
    spectrum = abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert abs(np.argmax(spectrum) * RATE / len(heard) - 500) < 2


def test_the_end_is_told(at_44100: None, tmp_path: Path) -> None:
    player = ready(write(tmp_path / "a.wav", noise(2000)))
    told: list[int] = []
    player.on_end = lambda: told.append(player.stop())
    player.start()
    play(player, 4096)
    wait_until(lambda: told)
    assert told == [0] and not player.is_playing()
    with pytest.raises(TypeError):
        player.on_end = 3  # type: ignore[assignment]


def test_the_next_file_begins_at_the_end_of_one(at_44100: None, tmp_path: Path) -> None:
    """The callback runs on the thread that reads ahead: it must not wait for itself."""
    paths = [write(tmp_path / f"{i}.wav", noise(2000, seed=i)) for i in range(3)]
    player = ready(paths[0])
    took: list[float] = []

    def go_on() -> None:
        if len(took) < 2:
            began = time.monotonic()
            player.load_file(paths[len(took) + 1])
            player.start()
            took.append(time.monotonic() - began)

    player.on_end = go_on
    with virtual.capture() as captured:
        player.start()
        for count in (1, 2):
            play(player, 4096)
            wait_until(lambda count=count: len(took) == count)
        play(player, 4096)
    player.stop()
    assert max(took) < 10.0
    for i in range(3):
        assert find(noise(2000, seed=i), captured.samples) >= 0


def test_errors_of_the_contract(tmp_path: Path) -> None:
    player = cm.AudioPlayer()
    assert cm.AudioPlayer is capi.AudioPlayer
    with pytest.raises(RuntimeError):
        player.start()
    assert player.stop() == 0
    assert player.get_progress() == 0.0 and player.get_link_timing() is None and player.link_session is None
    with pytest.raises(ValueError):
        player.load_file("")
    with pytest.raises(RuntimeError, match="Could not open audio file"):
        player.load_file(str(tmp_path / "none.wav"))
    (tmp_path / "bad.wav").write_bytes(b"RIFF rubbish")
    with pytest.raises(RuntimeError) as caught:
        player.load_file(str(tmp_path / "bad.wav"))
    assert caught.value.status_code != 0  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        player.link_session = None  # type: ignore[misc]


def test_without_a_file_silence_is_played(at_44100: None) -> None:
    player = cm.AudioPlayer()
    player.setup_output()
    player.setup_output()
    with virtual.capture() as captured:
        player.start()
        play(player, 2048)
        assert player.is_playing() and player.get_progress() == 0.0
        player.stop()
    assert not captured.samples.any()


def test_a_long_file_is_never_held_whole(at_44100: None, tmp_path: Path) -> None:
    frames = 10 * 60 * RATE
    with soundfile.SoundFile(tmp_path / "long.wav", "w", RATE, 2, subtype="FLOAT") as file:
        for _ in range(60):
            file.write(noise(frames // 60))
    before = resident()
    player = ready(str(tmp_path / "long.wav"))
    player.start()
    play(player, 20 * RATE)
    player.stop()
    assert resident() - before < 40 << 20  # the file is 212 MB


def resident() -> int:
    with Path("/proc/self/statm").open() as file:
        return int(file.read().split()[1]) * 4096


def test_life(at_44100: None, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(5000))

    class Mine(cm.AudioPlayer):
        pass

    for _ in range(20):
        player = Mine()
        player.load_file(path)
        player.setup_output()
        player.start()
        player.on_end = player.stop  # a cycle
        del player
    gc.collect()


class Session:
    """What LinkSession looks like from here."""

    class clock:
        @staticmethod
        def micros() -> int:
            return 2_000_000

    class State:
        tempo, is_playing = 120.0, True

        @staticmethod
        def beat_at_time(micros: int, quantum: float) -> float:
            return micros / 500_000

        @staticmethod
        def phase_at_time(micros: int, quantum: float) -> float:
            return micros / 500_000 % quantum

    def capture_app_session_state(self) -> Any:
        return self.State()


def test_link_timing() -> None:
    session = Session()
    player = cm.AudioPlayer(link_session=session)
    assert player.link_session is session
    assert player.get_link_timing(quantum=3.0) == {
        "tempo": 120.0,
        "beat": 4.0,
        "phase": 1.0,
        "is_playing": True,
    }
