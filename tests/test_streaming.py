"""coremusic.audio.streaming: streams, processors and graphs on the virtual devices."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_kit import CYCLE, RATE, advance, find, hand, noise, wait_until  # noqa: F401

import coremusic as cm
from coremusic.audio.streaming import (
    AudioInputStream,
    AudioOutputStream,
    AudioProcessor,
    StreamGraph,
    StreamNode,
    create_loopback,
)
from coremusic.engine import virtual

C_FUNCTION = ctypes.CFUNCTYPE(
    None, ctypes.POINTER(ctypes.c_float), ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p
)


def full(stream: Any) -> bool:
    """Whether the ring holds another cycle, or there is nothing more to come."""
    sound = stream._sound
    return sound is not None and (sound.queued >= CYCLE or sound.is_finished)


def source_of(samples: Any) -> Any:
    """A generator function that gives these samples and ends."""
    at = [0]

    def generate(frames: int) -> Any:
        part = samples[at[0] : at[0] + frames]
        at[0] += len(part)
        return part if len(part) else None

    return generate


def test_a_generator_is_heard_to_the_bit(hand: None) -> None:  # noqa: F811
    samples = noise(8 * CYCLE)
    stream = AudioOutputStream(sample_rate=RATE, buffer_size=CYCLE)
    stream.set_generator(source_of(samples))
    with virtual.capture() as captured, stream:
        assert stream.is_active
        advance(12 * CYCLE, lambda: full(stream))
        assert stream.is_finished
    assert find(samples, captured.samples) >= 0
    assert stream.underruns == 0 and stream.frames == 12 * CYCLE
    assert not stream.is_active


def test_an_iterator_of_blocks_of_any_size(hand: None) -> None:  # noqa: F811
    samples = noise(3000, 1)
    blocks = (samples[at : at + 170] for at in range(0, 3000, 170))
    stream = AudioOutputStream(channels=1, sample_rate=RATE)
    stream.set_generator(blocks)
    with virtual.capture() as captured, stream:
        advance(10 * CYCLE, lambda: full(stream))
    assert find(np.repeat(samples, 2, axis=1), captured.samples) >= 0  # one channel is heard on both


def test_an_iterator_may_give_blocks_without_frames(hand: None) -> None:  # noqa: F811
    samples = noise(2 * CYCLE)
    stream = AudioOutputStream(sample_rate=RATE)
    stream.set_generator(iter([samples[:0], samples[:100], b"", memoryview(samples[:0]), samples[100:]]))
    with virtual.capture() as captured, stream:
        advance(6 * CYCLE, lambda: full(stream))
    assert find(samples, captured.samples) >= 0


def test_write_blocks_until_there_is_room(hand: None) -> None:  # noqa: F811
    samples = noise(20 * CYCLE)
    stream = AudioOutputStream(sample_rate=RATE, buffer_size=CYCLE)
    with virtual.capture() as captured, stream:
        assert 0 < stream.write(samples, timeout=0) < len(samples)
        done = stream.write(samples[:0])
        assert done == 0
        writer = threading.Thread(target=lambda: stream.write(samples))
        writer.start()
        while writer.is_alive():  # a cycle only when there is one to play: the writer may come late
            if full(stream):
                virtual.advance(CYCLE)
            time.sleep(0.001)
        advance(8 * CYCLE)
    assert find(samples, captured.samples) >= 0


def test_a_timeout_is_time_not_a_number_of_cycles(hand: None) -> None:  # noqa: F811
    """The device wakes who waits with each cycle; that is not the end of the time."""
    with AudioInputStream(sample_rate=RATE, buffer_size=CYCLE) as stream:
        heard: list[Any] = []
        reader = threading.Thread(target=lambda: heard.append(stream.read(400 * CYCLE, timeout=10.0)))
        reader.start()
        for _ in range(20_000):
            virtual.advance(CYCLE)
            time.sleep(0.001)
            if not reader.is_alive():
                break
        reader.join()
        assert len(heard[0]) == 400 * CYCLE
        began = time.monotonic()
        assert len(stream.read(1 << 24, timeout=0.2)) < 1 << 24
        assert 0.2 <= time.monotonic() - began < 5.0


def test_a_c_function_runs_on_the_render_thread(hand: None) -> None:  # noqa: F811
    samples = noise(4 * CYCLE)
    at = [0]

    def fill(out: Any, frames: int, channels: int, user: Any) -> None:
        part = samples[at[0] : at[0] + frames].ravel()
        ctypes.memmove(out, part.ctypes.data, part.nbytes)
        at[0] += frames

    stream = AudioOutputStream(sample_rate=RATE, buffer_size=CYCLE)
    stream.set_generator(C_FUNCTION(fill))
    with virtual.capture() as captured, stream:
        virtual.advance(4 * CYCLE)
    assert np.array_equal(captured.samples[-4 * CYCLE :], samples)


def test_c_functions_of_cffi_and_numba(hand: None, tmp_path: Path) -> None:  # noqa: F811
    """Both get the samples, the frames, the channels and the user's address; numba's cfunc is known by its own."""
    cffi = pytest.importorskip("cffi", reason="cffi is not installed")
    (tmp_path / "fill.c").write_text(
        "#include <stdint.h>\n"
        "void fill(float *out, uint32_t frames, uint32_t channels, void *user)\n"
        "{ for (uint32_t i = 0; i < frames * channels; i++) out[i] = *(float *)user; }\n"
    )
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", tmp_path / "fill.so", tmp_path / "fill.c"], check=True)
    ffi = cffi.FFI()
    ffi.cdef("void fill(float *, uint32_t, uint32_t, void *);")
    function = ffi.dlopen(str(tmp_path / "fill.so")).fill
    address = int(ffi.cast("intptr_t", ffi.cast("void *", function)))
    like_numba = type("CFunc", (), {"address": address})()
    level = np.array([0.375], np.float32)
    for given in (ffi.addressof(ffi.dlopen(str(tmp_path / "fill.so")), "fill"), like_numba):
        stream = AudioOutputStream(sample_rate=RATE, buffer_size=CYCLE)
        stream.set_generator(given, user=level.ctypes.data)
        with virtual.capture() as captured, stream:
            virtual.advance(2 * CYCLE)
        assert (captured.samples == level[0]).all() and len(captured.samples) == 2 * CYCLE


def test_a_stream_outlives_a_change_of_rate() -> None:
    """The device's rate changes under a stream of 48 kHz: it goes on, at the device's speed and its own pitch."""
    t = np.arange(10 * 48000) / RATE
    tone = (0.5 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)
    device = virtual.device()
    stream = AudioOutputStream(channels=1, sample_rate=RATE, buffer_size=2 * CYCLE, buffers=8)
    stream.set_generator(iter(np.array_split(tone, 400)))
    try:
        with stream:
            wait_until(lambda: stream.frames > 4800)
            device.sample_rate = 44100.0
            before = stream.frames
            wait_until(lambda: stream.frames > before + 24000)
            with virtual.capture() as captured:
                time.sleep(0.7)
            assert stream.is_active and not stream.is_lost
    finally:
        device.sample_rate = RATE
    heard = captured.samples[-22050:, 0]
    spectrum = abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert abs(np.argmax(spectrum) * 44100 / len(heard) - 1000) < 3


def test_underruns_are_counted_once_for_each_gap(hand: None) -> None:  # noqa: F811
    stream = AudioOutputStream(sample_rate=RATE, buffer_size=CYCLE)
    with stream:
        stream.write(noise(2 * CYCLE))
        virtual.advance(8 * CYCLE)
        assert stream.underruns == 1
        stream.write(noise(CYCLE))
        virtual.advance(4 * CYCLE)
        assert stream.underruns == 2


def test_a_generator_stays_in_one_thread_of_pythons(hand: None) -> None:  # noqa: F811
    """What a thread keeps for itself is there in the next call; the first blocks are made by start()."""
    mine, seen = threading.local(), []

    def generate(frames: int) -> bytes:
        mine.calls = getattr(mine, "calls", 0) + 1
        seen.append((threading.get_ident(), mine.calls))
        return bytes(frames * 8)

    stream = AudioOutputStream(sample_rate=RATE, buffer_size=CYCLE)
    stream.set_generator(generate)
    with stream:
        advance(8 * CYCLE, lambda: full(stream))
        wait_until(lambda: len(seen) == 12)
    own = [calls for thread, calls in seen if thread != threading.get_ident()]
    assert own == list(range(1, 9)) and len({thread for thread, _ in seen}) == 2


def test_a_generator_that_raises_is_silence_and_reported(
    hand: None,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: seen.append(what.exc_type))
    stream = AudioOutputStream(sample_rate=RATE, buffer_size=CYCLE)
    stream.set_generator(lambda frames: 1 / 0)
    with virtual.capture() as captured, stream:
        advance(4 * CYCLE, lambda: full(stream))
    assert seen and seen[0] is ZeroDivisionError
    assert not captured.samples.any()


def test_one_row_is_one_channel(hand: None) -> None:  # noqa: F811
    samples = noise(4 * CYCLE, 1)
    with virtual.capture() as captured, AudioOutputStream(channels=1, sample_rate=RATE) as stream:
        assert stream.write(samples[: 2 * CYCLE, 0]) == stream.write(samples[2 * CYCLE :]) == 2 * CYCLE
        virtual.advance(4 * CYCLE)
    assert np.array_equal(captured.samples[-4 * CYCLE :], np.repeat(samples, 2, axis=1))


@pytest.mark.parametrize(
    "bad", ["text", np.zeros((CYCLE * 2, 2), np.float32), object(), np.ones(CYCLE * 2, np.float32)]
)
def test_a_generator_with_wrong_samples_is_reported(
    hand: None,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    bad: Any,
) -> None:
    seen: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: seen.append(what.exc_type))
    stream = AudioOutputStream(sample_rate=RATE, buffer_size=CYCLE)
    stream.set_generator(lambda frames: bad)
    with virtual.capture() as captured, stream:
        advance(2 * CYCLE, lambda: full(stream))
    assert seen and not captured.samples.any()


def test_the_contract_of_start() -> None:
    stream = AudioOutputStream()
    with pytest.raises(RuntimeError):
        stream.start()  # no generator
    stream.set_generator(lambda frames: bytes(frames * 8))
    stream.start()
    with pytest.raises(RuntimeError):
        stream.start()
    stream.stop()
    stream.stop()
    assert stream.latency == 512 / 44100.0
    for wrong in ({"channels": 0}, {"sample_rate": 0.0}, {"buffer_size": 0}):
        bad = AudioOutputStream(**wrong)  # type: ignore[arg-type]
        bad.set_generator(lambda frames: b"")
        with pytest.raises((RuntimeError, ValueError)):
            bad.start()
    with pytest.raises(RuntimeError):
        gone = AudioOutputStream(cm.AudioDevice(987654))
        gone.set_generator(lambda frames: b"")
        gone.start()
    with pytest.raises(TypeError):
        stream.set_generator(3)


def test_recording_is_exact(hand: None) -> None:  # noqa: F811
    fed = noise(8 * CYCLE)
    blocks: list[Any] = []
    stream = AudioInputStream(virtual.device(virtual.INPUT), sample_rate=RATE, buffer_size=CYCLE)
    stream.add_callback(lambda data, frames: blocks.append((data, frames)))
    virtual.feed(fed)
    with stream:
        for count in range(1, 11):
            virtual.advance(CYCLE)
            wait_until(lambda count=count: len(blocks) == count)
    assert {frames for _, frames in blocks} == {CYCLE}
    assert blocks[0][0].dtype == np.float32 and blocks[0][0].shape == (CYCLE, 2)
    assert find(fed[: 6 * CYCLE], np.concatenate([data for data, _ in blocks])) >= 0
    assert stream.overruns == 0


def test_read_iteration_and_async_iteration(hand: None) -> None:  # noqa: F811
    fed = noise(24 * CYCLE)
    virtual.feed(fed)
    stream = AudioInputStream(virtual.device(virtual.INPUT), sample_rate=RATE, buffer_size=CYCLE, buffers=64)
    with stream:
        virtual.advance(24 * CYCLE)
        first = stream.read(100)
        assert first.shape == (100, 2)
        second = next(iter(stream))
        assert find(np.concatenate([first, second]), fed) >= 0

        async def one() -> Any:
            return await anext(aiter(stream))

        third = asyncio.run(one())
        assert find(np.concatenate([first, second, third]), fed) >= 0
        left = stream.read(1 << 20, timeout=0)
        assert stream.read(10, timeout=0.01).shape[0] == 0
    assert len(left) > 0
    with pytest.raises(RuntimeError):
        stream.read(1)


def test_overruns_are_counted(hand: None) -> None:  # noqa: F811
    with AudioInputStream(virtual.device(virtual.INPUT), sample_rate=RATE, buffer_size=CYCLE) as stream:
        virtual.advance(100 * CYCLE)
        assert stream.overruns > 50


def test_a_callback_may_stop_its_stream(hand: None) -> None:  # noqa: F811
    stream = AudioOutputStream(sample_rate=RATE, buffer_size=CYCLE)
    calls: list[int] = []

    def generate(frames: int) -> bytes:
        calls.append(frames)
        if len(calls) == 6:
            stream.stop()
        return bytes(frames * 8)

    stream.set_generator(generate)
    stream.start()
    for _ in range(20):
        virtual.advance(CYCLE)
        time.sleep(0.002)
    wait_until(lambda: not stream.is_active)
    stream.start()
    stream.stop()


def test_a_stream_follows_the_default_device_or_reports_its_loss() -> None:
    uid = "coremusic:virtual:short"
    virtual.add_device(uid)
    cm.AudioDeviceManager.set_default_output_device(virtual.device(uid))
    follows = AudioOutputStream(sample_rate=RATE)
    follows.set_generator(lambda frames: bytes(frames * 8))
    lost: list[Any] = []
    ends = AudioOutputStream(sample_rate=RATE, on_device_lost="stop")
    ends.set_generator(lambda frames: bytes(frames * 8))
    ends.on_lost = lost.append
    try:
        follows.start()
        ends.start()
        wait_until(lambda: follows.frames > 0 and ends.frames > 0)
    finally:
        virtual.remove_device(uid)
    try:
        wait_until(lambda: ends.is_lost)
        assert lost == [ends] and not ends.is_active
        before = follows.frames
        wait_until(lambda: follows.frames > before + RATE / 10)
        assert follows.is_active and not follows.is_lost
    finally:
        follows.stop()
        ends.stop()


def test_stopping_while_the_device_goes_away() -> None:
    """Neither waits for the other; what was stopped stays so."""
    uid = "coremusic:virtual:short"
    for round in range(15):
        virtual.add_device(uid)
        streams = [AudioOutputStream(virtual.device(uid), on_device_lost="stop") for _ in range(4)]
        for stream in streams:
            stream.set_generator(lambda frames: bytes(frames * 8))
            stream.start()
        going = threading.Thread(target=virtual.remove_device, args=(uid,))
        going.start()
        time.sleep(round * 0.0004)
        for stream in streams:
            stream.stop()
        going.join(10)
        assert not going.is_alive()
        assert not any(stream.is_active for stream in streams)


def test_a_dropped_stream_ends() -> None:
    device = virtual.device()
    stream = AudioOutputStream(device)
    stream.set_generator(lambda frames: bytes(frames * 8))
    stream.start()
    assert device.is_running
    del stream
    gc.collect()
    wait_until(lambda: not device.is_running)


def run(processor: AudioProcessor, cycles: int = 60) -> None:
    """Each cycle when Python has taken all that was recorded, and has filled the ring of the output again."""
    recorded, played = processor.input_stream._sound, processor.output_stream._sound
    assert recorded is not None and played is not None
    room = played.queued
    for _ in range(cycles):
        virtual.advance(CYCLE)
        wait_until(lambda: recorded.queued < CYCLE and played.queued == room)


def test_processor_and_loopback(hand: None) -> None:  # noqa: F811
    fed = noise(40 * CYCLE)
    processor = create_loopback(2, RATE, CYCLE)
    assert isinstance(processor, AudioProcessor) and processor.latency == 3 * CYCLE / RATE
    virtual.feed(fed)
    with virtual.capture() as captured, processor:
        assert processor.is_active
        run(processor)
    start = next(i for i, frame in enumerate(captured.samples) if frame.any())
    assert find(captured.samples[start : start + 2 * CYCLE], fed) >= 0


def test_processor_that_raises_is_silence(hand: None, caplog: pytest.LogCaptureFixture) -> None:  # noqa: F811
    virtual.feed(noise(10 * CYCLE))
    processor = AudioProcessor(lambda d, n: 1 / 0, 2, RATE, CYCLE)
    with virtual.capture() as captured, processor:
        run(processor, 10)
    assert not captured.samples.any()
    assert "process function" in caplog.text


def test_graph_order_sums_and_errors() -> None:
    graph = StreamGraph(RATE, CYCLE)
    with pytest.raises(ValueError):
        graph.start()
    graph.add_node("in", lambda x: x)
    graph.add_node("double", lambda x: 2 * x)
    graph.add_node("out", lambda x: x + 1)
    with pytest.raises(ValueError):
        graph.add_node("in", lambda x: x)
    with pytest.raises(ValueError):
        graph.connect("in", "nowhere")
    graph.connect("in", "double")
    graph.connect("in", "out")
    graph.connect("double", "out")
    data = noise(16)
    assert np.allclose(graph.process(data), data + 2 * data + 1)
    graph.connect("out", "in")
    with pytest.raises(ValueError):
        graph.start()
    assert StreamNode("n", lambda x: 1 / 0).process(data) is data


def test_graph_runs(hand: None) -> None:  # noqa: F811
    graph = StreamGraph(RATE, CYCLE)
    graph.add_node("half", lambda x: x * np.float32(0.5))
    fed = noise(40 * CYCLE)
    virtual.feed(fed)
    with virtual.capture() as captured, graph:
        assert graph.is_active
        with pytest.raises(RuntimeError):
            graph.start()
        assert graph._processor is not None
        run(graph._processor)
    start = next(i for i, frame in enumerate(captured.samples) if frame.any())
    assert find(captured.samples[start : start + CYCLE], fed * np.float32(0.5)) >= 0


def test_samples_of_another_shape_or_scale_are_refused(hand: None) -> None:  # noqa: F811
    with AudioOutputStream(sample_rate=RATE, buffer_size=CYCLE) as stream:
        for shape in ((4, 3), (4, 1), (2, 2, 2), (4,)):
            with pytest.raises(ValueError, match="2 channels"):
                stream.write(np.zeros(shape, np.float32))
            with pytest.raises(ValueError, match="2 channels"):
                stream.write(memoryview(np.zeros(shape, np.float32)))
        with pytest.raises(ValueError, match="reshape"):
            stream.write([0.0] * 8)
        assert stream.write(np.zeros(0, np.float32)) == 0
        assert stream.write(bytes(32)) == stream.write(memoryview(bytes(32))) == 4
        with pytest.raises(TypeError, match="int16"):
            stream.write(np.full((4, 2), 12000, np.int16))
        for kind in (np.int16, np.float64):
            with pytest.raises(TypeError, match="format"):
                stream.write(memoryview(np.zeros((4, 2), kind)))
        assert stream.write(memoryview(np.zeros((4, 2), np.float32))) == 4
        assert stream.write(np.zeros((4, 2))) == 4


def test_what_are_no_samples_devices_or_functions_is_refused(hand: None) -> None:  # noqa: F811
    with AudioOutputStream(sample_rate=RATE, buffer_size=CYCLE) as stream:
        for wrong in (
            None,
            "text",
            object(),
            np.zeros((4, 2), complex),
            np.zeros((4, 2), bool),
            [["a", "b"]],
        ):
            with pytest.raises(TypeError):
                stream.write(wrong)
        assert stream.write([[0, 1], [1, 0]]) == 2
    for kind in (AudioInputStream, AudioOutputStream):
        with pytest.raises(TypeError, match="device"):
            kind(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        AudioProcessor(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        StreamGraph().add_node("a", 4)  # type: ignore[arg-type]


def test_an_iteration_ends_quietly_when_another_thread_stops_the_stream() -> None:
    for _ in range(30):
        stream = AudioInputStream(buffer_size=64)
        stream.start()
        ender = threading.Timer(0.01, stream.stop)
        ender.start()
        for block in stream:
            assert len(block)
        ender.join()


def test_an_iteration_goes_on_at_the_new_default_device(hand: None) -> None:  # noqa: F811
    with AudioInputStream(sample_rate=RATE, buffer_size=CYCLE) as stream:
        moving = stream._take()  # as while it moves
        blocks = iter(stream)
        threading.Timer(0.1, stream._restart).start()
        ticking = threading.Event()

        def tick() -> None:
            while not ticking.wait(0.005):
                virtual.advance(CYCLE)

        clock = threading.Thread(target=tick)
        clock.start()
        stream._end(*moving)
        assert len(next(blocks)) > 0
        ticking.set()
        clock.join()
