"""Several threads on one object: right results, or RuntimeError after it was closed."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from objects_kit import write_pcm

from coremusic import AudioConverter, AudioFile, AudioFileStream, AudioFormat, ExtendedAudioFile

SECONDS = 2.0


def together(*work: Callable[[], Any], seconds: float = SECONDS) -> None:
    """Each function again and again on a thread of its own. What they raise ends the test."""
    end = time.monotonic() + seconds
    failures: list[BaseException] = []

    def loop(function: Callable[[], Any]) -> None:
        try:
            while time.monotonic() < end and not failures:
                function()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=loop, args=(f,)) for f in work]
    for t in threads:
        t.start()
    for t in threads:
        t.join(seconds + 30)
        assert not t.is_alive(), "a deadlock"
    if failures:
        raise failures[0]


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pcm(tmp_path_factory.mktemp("threads"), "s16.wav", 20000)


def test_two_threads_read_one_file(wav: Path) -> None:
    """Types change from call to call, so any mixing of the two would show."""
    sound = {t: sf.read(wav, dtype=t)[0] for t in ("int16", "float64", "float32")}
    f = AudioFile(wav)
    random = np.random.default_rng(0)

    def read(dtype: str) -> None:
        start, count = int(random.integers(0, 19000)), int(random.integers(0, 3000))
        np.testing.assert_array_equal(f.read(count, dtype, start=start), sound[dtype][start : start + count])

    together(lambda: read("int16"), lambda: read("float64"), lambda: f.metadata, lambda: f.format)


def test_reading_on_gives_each_frame_once(wav: Path) -> None:
    f = AudioFile(wav)
    seen: list[Any] = []

    def read() -> None:
        seen.append(f.read(100, "int16"))

    together(read, read, seconds=0.5)
    everything = np.concatenate([s for s in seen if len(s)])
    assert len(everything) == 20000
    sound = sf.read(wav, dtype="int16")[0]
    assert np.array_equal(np.sort(everything, axis=0), np.sort(sound, axis=0))


@pytest.mark.parametrize("kind", ["file", "extended", "stream", "converter"])
def test_closed_by_another_thread(wav: Path, kind: str) -> None:
    data = wav.read_bytes()[:3000]
    makers: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
        "file": (lambda: AudioFile(wav), lambda o: o.read(5000, start=0)),
        "extended": (lambda: ExtendedAudioFile(wav), lambda o: o.read(5000)),
        "stream": (lambda: AudioFileStream("WAVE"), lambda o: o.parse_bytes(data)),
        "converter": (
            lambda: AudioConverter(AudioFormat.pcm(), AudioFormat.float32()),
            lambda o: o.convert(bytes(40000)),
        ),
    }
    make, use = makers[kind]
    current = [make()]
    outcomes = {"used": 0, "refused": 0}

    def work() -> None:
        try:
            use(current[0])
            outcomes["used"] += 1
        except RuntimeError as error:
            assert "disposed" in str(error)
            outcomes["refused"] += 1

    def close() -> None:
        o = current[0]
        time.sleep(0.0005)
        o.open()
        o.close()
        o.close()
        current[0] = make()

    together(work, work, close, seconds=1.0)
    assert outcomes["used"] > 10


def test_two_threads_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    f = AudioFile(path, "w", format=AudioFormat.pcm(8000, 1))
    counts = [0, 0]

    def write(which: int) -> None:
        f.write(np.full(64, which + 1, "int16"))
        counts[which] += 1

    together(lambda: write(0), lambda: write(1), lambda: f.frame_count, seconds=0.7)
    f.close()
    sound = sf.read(path, dtype="int16")[0].reshape(-1, 64)
    assert (sound == sound[:, :1]).all(), "a block was torn"
    assert [(sound[:, 0] == 1).sum(), (sound[:, 0] == 2).sum()] == counts


def test_two_threads_share_one_iterator(wav: Path) -> None:
    """Each block comes out once, whole, whichever thread takes it; other reads do not move it."""
    sound = sf.read(wav, dtype="int16")[0]
    f = AudioFile(wav)
    for _ in range(20):
        f.seek(0)
        blocks, taken = f.blocks(100, "int16"), []
        wanted = threading.Barrier(3)

        def take(blocks: Any = blocks, taken: list[Any] = taken, wanted: Any = wanted) -> None:
            wanted.wait()
            taken.extend(blocks)

        threads = [threading.Thread(target=take) for _ in range(2)]
        for t in threads:
            t.start()
        wanted.wait()
        f.read(10, "float64", start=50)
        for t in threads:
            t.join(30)
        assert len(taken) == 200
        order = np.argsort([np.flatnonzero((sound == b[0]).all(axis=1))[0] for b in taken], kind="stable")
        np.testing.assert_array_equal(np.concatenate([taken[i] for i in order]), sound)


def test_objects_made_and_left_on_many_threads(wav: Path, tmp_path: Path) -> None:
    """Everything at once: making, reading, converting, streaming, collecting."""
    data = wav.read_bytes()

    def stream() -> None:
        got: list[int] = []
        with AudioFileStream("WAVE", on_packets=lambda s, d, p: got.append(len(d))) as s:
            s.parse_bytes(data)
            s.finish()
        assert sum(got) == 80000

    def write() -> None:
        with AudioFile(tmp_path / f"{threading.get_ident()}.flac", "w", format=AudioFormat.flac()) as f:
            f.write(np.zeros((500, 2), "int16"))

    def convert() -> None:
        c = AudioConverter(AudioFormat.pcm(44100, 2), AudioFormat.float32(22050, 1))
        assert c.convert_numpy(np.zeros((1000, 2), "int16")).shape == (500, 1)

    together(stream, write, convert, lambda: AudioFile(data).read(), gc.collect, seconds=SECONDS)


def test_two_threads_convert(wav: Path) -> None:
    sound = sf.read(wav, dtype="int16")[0]
    expected = sf.read(wav, dtype="float32")[0]
    c = AudioConverter(AudioFormat.pcm(44100, 2), AudioFormat.float32(44100, 2))
    raw = sound.tobytes()
    together(
        lambda: np.testing.assert_array_equal(c.convert_numpy(sound), expected),
        lambda: np.testing.assert_array_equal(np.frombuffer(c.convert(raw), "f4"), expected.ravel()),
        c.reset,
        seconds=1.0,
    )


def test_the_lock_does_not_hold_the_interpreter(wav: Path) -> None:
    """A thread that waits for its turn lets others run: the callback of the first one needs the interpreter."""
    import io

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            time.sleep(0.01)
            return super().read(size)

    f = AudioFile(Slow(wav.read_bytes())).open()
    together(lambda: f.read(10, start=0), lambda: f.read(10, start=19000), lambda: f.metadata, seconds=1.0)
