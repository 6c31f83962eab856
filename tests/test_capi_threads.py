"""The functional API from several threads: one handle shared, one handle closed while in use, work in parallel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from capi_kit import asbd, pcm
from objects_kit import music, write_pcm

from coremusic import capi

THREADS = 4


def together(work: Callable[[int], Any], count: int = THREADS) -> list[Any]:
    """work(0), work(1) ... in threads that begin at the same moment."""
    barrier = threading.Barrier(count)

    def run(i: int) -> Any:
        barrier.wait()
        return work(i)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    return write_pcm(tmp_path, "s16.wav", 20000)


def test_one_file_read_by_all(wav: Path) -> None:
    file = capi.audio_file_open_url(wav)
    whole = capi.audio_file_read_packets(file, 0, 20000)[0]

    def read(i: int) -> bool:
        starts = np.random.default_rng(i).integers(0, 19000, 300)
        return all(
            capi.audio_file_read_packets(file, start, 1000) == (whole[4 * start : 4 * start + 4000], 1000)
            for start in starts.tolist()
        )

    assert all(together(read))
    capi.audio_file_close(file)


def test_one_ext_file_read_by_all(wav: Path) -> None:
    """Each frame comes once, to one of them."""
    file = capi.extended_audio_file_open_url(wav)
    capi.extended_audio_file_set_property(file, "cfmt", asbd(pcm(bits=32)))

    def read(_: int) -> list[bytes]:
        parts = []
        while (part := capi.extended_audio_file_read(file, 16))[1]:
            parts.append(part[0])
        return parts

    parts = [part for result in together(read) for part in result]
    capi.extended_audio_file_dispose(file)
    other = capi.extended_audio_file_open_url(wav)
    capi.extended_audio_file_set_property(other, "cfmt", asbd(pcm(bits=32)))
    whole = capi.extended_audio_file_read(other, 20000)[0]
    capi.extended_audio_file_dispose(other)
    assert sorted(parts) == sorted(whole[at : at + 128] for at in range(0, len(whole), 128))


def test_one_converter_used_by_all() -> None:
    sound = (music(1000) * 32767).astype("<i2").tobytes()
    swapped = np.frombuffer(sound, "<i2").astype(">i2").tobytes()
    converter = capi.audio_converter_new(pcm(), pcm(extra=2))

    def convert(_: int) -> bool:
        return all(capi.audio_converter_convert_buffer(converter, sound) == swapped for _ in range(300))

    assert all(together(convert))
    capi.audio_converter_dispose(converter)


@pytest.mark.parametrize("kind", ["file", "ext", "converter", "stream"])
def test_closed_while_in_use(kind: str, wav: Path) -> None:
    """The one who closes wins; the others get what they asked for or an error, and nobody a crash."""
    data = wav.read_bytes()
    kinds: dict[str, tuple[Callable[[], int], Callable[[int], Any], Callable[[int], Any]]] = {
        "file": (
            lambda: capi.audio_file_open_url(wav),
            lambda h: capi.audio_file_read_packets(h, 0, 5000),
            capi.audio_file_close,
        ),
        "ext": (
            lambda: capi.extended_audio_file_open_url(wav),
            lambda h: capi.extended_audio_file_read(h, 100),
            capi.extended_audio_file_dispose,
        ),
        "converter": (
            lambda: capi.audio_converter_new(pcm(), pcm(48000.0)),
            lambda h: capi.audio_converter_fill_complex_buffer(h, data, 10000, 20000, pcm()),
            capi.audio_converter_dispose,
        ),
        "stream": (
            lambda: capi.audio_file_stream_open("WAVE"),
            lambda h: capi.audio_file_stream_parse_bytes(h, data[:5000]),
            capi.audio_file_stream_close,
        ),
    }
    opened, use, close = kinds[kind]
    for round_ in range(40):
        handle = opened()

        def work(i: int, handle: int = handle, round_: int = round_) -> int:
            closed = 0
            for step in range(20):
                try:
                    if i == 0 and step == round_ % 20:
                        close(handle)
                        closed += 1
                    use(handle)
                except RuntimeError as error:
                    assert error.status_code != 0  # type: ignore[attr-defined]
            return closed

        assert sum(together(work, 3)) == 1
        with pytest.raises(RuntimeError):
            close(handle)


def test_one_of_many_closes(wav: Path) -> None:
    for _ in range(100):
        file = capi.audio_file_open_url(wav)

        def close(_: int, file: int = file) -> int:
            try:
                return 1 - capi.audio_file_close(file)
            except RuntimeError:
                return 0

        assert sum(together(close)) == 1


def test_each_its_own_failure(tmp_path: Path) -> None:
    """What the system said belongs to the thread that asked."""

    def fail(i: int) -> bool:
        for n in range(50):
            with pytest.raises(RuntimeError, match=f"{i}-{n}.wav"):
                capi.audio_file_open_url(tmp_path / f"{i}-{n}.wav")
        return True

    assert all(together(fail))


def test_files_written_in_parallel(tmp_path: Path) -> None:
    sound = (music(5000) * 32767).astype("<i2")

    def write(i: int) -> bytes:
        for n in range(10):
            file = capi.extended_audio_file_create_with_url(tmp_path / f"{i}-{n}.wav", "WAVE", {})
            capi.extended_audio_file_write(file, 5000, sound)
            capi.extended_audio_file_dispose(file)
        return (tmp_path / f"{i}-0.wav").read_bytes()

    assert len(set(together(write))) == 1
    assert len(list(tmp_path.iterdir())) == 10 * THREADS


def test_the_gil_is_free_while_converting() -> None:
    """Another thread runs on while one call converts ten seconds of sound."""
    sound = bytes(44100 * 10 * 4)
    ticks = 0
    done = threading.Event()

    def count() -> None:
        nonlocal ticks
        while not done.wait(0.001):
            ticks += 1

    thread = threading.Thread(target=count)
    converter = capi.audio_converter_new(pcm(), pcm(48000.0))
    capi.audio_converter_set_property(converter, "srcq", (127).to_bytes(4, "little"))
    thread.start()
    for _ in range(5):
        capi.audio_converter_fill_complex_buffer(converter, sound, 441000, 500000, pcm())
    done.set()
    thread.join()
    capi.audio_converter_dispose(converter)
    assert ticks > 5
