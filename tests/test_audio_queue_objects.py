"""AudioQueue and AudioBuffer, functional calls and asyncio, on the virtual devices."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import time
from typing import Any

import numpy as np
import pytest
from live_kit import CYCLE, RATE, find, hand, noise, pcm, wait_until  # noqa: F401

import coremusic as cm
from coremusic import capi
from coremusic.engine import virtual


def test_the_readme_of_the_queue() -> None:
    format = cm.AudioFormat(sample_rate=44100.0, format_id="lpcm", channels_per_frame=2, bits_per_channel=16)
    queue = cm.AudioQueue.new_output(format)
    try:
        for _ in range(3):
            queue.enqueue_buffer(queue.allocate_buffer(1024))
        queue.start()
        assert queue.is_running and queue._format is format
        queue.stop()
        assert not queue.is_running
    finally:
        queue.dispose()
    assert queue.is_disposed
    queue.dispose()
    with pytest.raises(RuntimeError):
        queue.start()


def test_buffers_are_played_in_turn_to_the_bit(hand: None) -> None:  # noqa: F811
    samples = noise(16 * CYCLE)
    parts = iter(np.split(samples, 16))
    ended = threading.Event()

    def refill(buffer: cm.AudioBuffer) -> None:
        part = next(parts, None)
        if part is None:
            ended.set()
            return
        buffer.data = part.tobytes()
        queue.enqueue_buffer(buffer)

    queue = cm.AudioQueue.new_output(pcm(), refill)
    with virtual.capture() as captured, queue:
        for _ in range(4):
            refill(queue.allocate_buffer(8 * CYCLE))
        queue.prime()
        queue.start()
        while not ended.is_set():
            virtual.advance(CYCLE)  # in which the queue waits for who refills it
        virtual.advance(8 * CYCLE)
    assert find(samples, captured.samples) >= 0


def test_buffer_data() -> None:
    with cm.AudioQueue.new_output(pcm()) as queue:
        buffer = queue.allocate_buffer(64)
        assert (buffer.buffer_size, buffer.capacity, buffer.data_size) == (64, 64, 0)
        buffer.data = b"12345678"
        assert buffer.data == b"12345678" and buffer.data_size == 8
        buffer.data = np.zeros(16, np.float32)
        with pytest.raises(ValueError):
            buffer.data = bytes(65)
        with pytest.raises(TypeError):
            buffer.data = "text"  # type: ignore[assignment]
        buffer.note = "users may keep things here"  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError):
        _ = buffer.data
    alone = cm.AudioBuffer(0, 16)
    assert alone.buffer_size == 16
    with pytest.raises(RuntimeError):
        alone.data = b"x"


def test_errors_of_queues() -> None:
    with pytest.raises(cm.AudioQueueError):
        cm.AudioQueue.new_output(cm.AudioFormat(44100.0, "????"))
    with pytest.raises(TypeError):
        cm.AudioQueue.new_output("format")  # type: ignore[arg-type]
    bare = cm.AudioQueue(pcm())
    with pytest.raises(cm.AudioQueueError):
        bare.start()
    with cm.AudioQueue.new_output(pcm()) as one, cm.AudioQueue.new_output(pcm()) as two:
        buffer = one.allocate_buffer(64)
        with pytest.raises(cm.AudioQueueError):
            two.enqueue_buffer(buffer)
        one.enqueue_buffer(buffer)
        with pytest.raises(cm.AudioQueueError) as caught:
            one.enqueue_buffer(buffer)
        assert caught.value.status_code == -66666  # kAudioQueueErr_BufferEnqueuedTwice
    with pytest.raises(cm.AudioQueueError):
        two_ended = cm.AudioQueue(pcm())
        two_ended.allocate_buffer(1)


def test_volume_and_pan() -> None:
    with cm.AudioQueue.new_output(pcm()) as queue:
        assert queue.volume == 1.0
        queue.volume = 0.25
        assert queue.volume == 0.25
        queue.pan = -1.0
        assert queue.pan == -1.0


def test_recording(hand: None) -> None:  # noqa: F811
    fed = noise(20 * CYCLE)
    got: list[bytes] = []
    queue = cm.AudioQueue.new_input(pcm(), lambda buffer: got.append(buffer.data))
    with queue:
        for _ in range(4):
            queue.enqueue_buffer(queue.allocate_buffer(8 * CYCLE))
        virtual.feed(fed)
        queue.start()
        virtual.advance(20 * CYCLE)
        wait_until(
            lambda: sum(map(len, got)) >= fed[:4000].nbytes
        )  # stopping at once drops what nobody has yet
        queue.stop()
    heard = np.frombuffer(b"".join(got), np.float32).reshape(-1, 2)
    assert find(fed[:4000], heard) >= 0


def test_a_callback_may_stop_and_dispose(hand: None) -> None:  # noqa: F811
    for action in ("stop", "reset", "dispose"):
        done = threading.Event()

        queues: list[cm.AudioQueue] = []

        def refill(buffer: Any, action: str = action, done: Any = done, queues: Any = queues) -> None:
            getattr(queues[0], action)()
            done.set()

        queues.append(cm.AudioQueue.new_output(pcm(), refill))
        queues[0].enqueue_buffer(queues[0].allocate_buffer(8 * CYCLE))
        queues[0].start()
        while not done.is_set():
            virtual.advance(CYCLE)
        queues[0].dispose()


def test_functional_queue_loops_and_checks() -> None:
    queue = capi.audio_queue_new_output(
        {"sample_rate": 44100.0, "format_id": "lpcm", "channels_per_frame": 2, "bits_per_channel": 16}
    )
    buffer = capi.audio_queue_allocate_buffer(queue, 1024)
    assert capi.audio_queue_enqueue_buffer(queue, buffer) == 0
    with pytest.raises(RuntimeError):
        capi.audio_queue_enqueue_buffer(queue, buffer + 8)
    with pytest.raises(RuntimeError):
        capi.audio_queue_enqueue_buffer(queue, 0)
    assert capi.audio_queue_start(queue) == 0
    assert capi.audio_queue_stop(queue) == 0
    assert capi.audio_queue_dispose(queue) == 0
    for call in (capi.audio_queue_start, capi.audio_queue_stop, capi.audio_queue_dispose):
        with pytest.raises(RuntimeError):
            call(queue)
        with pytest.raises(RuntimeError):
            call(0)
    with pytest.raises(AttributeError):
        capi.audio_queue_new_output(3)  # type: ignore[arg-type]


def test_a_queue_does_not_end_while_a_buffer_is_filled() -> None:
    """Buffers are allocated on two threads while another disposes of their queue: each is whole, or refused."""
    pending, unknown = -66685, -50

    def allocate(queue: int, begin: threading.Barrier, seen: list[int]) -> None:
        begin.wait()
        try:
            while True:
                seen.append(capi.audio_queue_allocate_buffer(queue, 1 << 18))
        except RuntimeError as error:
            assert error.status_code in (pending, unknown)  # type: ignore[attr-defined]

    for turn in range(60):
        queue = capi.audio_queue_new_output(
            {"sample_rate": 44100.0, "format_id": "lpcm", "channels_per_frame": 2, "bits_per_channel": 16}
        )
        begin = threading.Barrier(3)
        seen: list[int] = []
        threads = [threading.Thread(target=allocate, args=(queue, begin, seen)) for _ in range(2)]
        for thread in threads:
            thread.start()
        begin.wait()
        time.sleep(0.0005 * (turn % 5))
        assert capi.audio_queue_dispose(queue, turn % 2 == 0) == 0
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()


def test_the_functional_api_ends_a_queue_of_the_object_layer() -> None:
    """Its buffers are then gone, and not read from memory that was freed."""
    queue = cm.AudioQueue.new_output(pcm())
    buffer, other = queue.allocate_buffer(1 << 16), queue.allocate_buffer(1 << 16)
    buffer.data = bytes(1 << 16)
    assert capi.audio_queue_dispose(queue.object_id) == 0
    with pytest.raises(cm.AudioQueueError):
        queue.enqueue_buffer(other)  # one that would be filled with silence
    for use in (lambda: buffer.data, lambda: buffer.data_size, lambda: setattr(buffer, "data", b"1234")):
        with pytest.raises(RuntimeError):
            use()
    assert buffer.is_disposed
    with pytest.raises(cm.AudioQueueError):
        queue.dispose()  # is told that there was nothing to end
    assert queue.is_disposed


def test_either_layer_ends_a_queue_while_the_other_fills_its_buffers() -> None:
    def fill(queue: cm.AudioQueue, number: int, begin: threading.Barrier) -> None:
        begin.wait()
        try:
            while True:
                capi.audio_queue_allocate_buffer(number, 1 << 18)
                buffer = queue.allocate_buffer(1 << 12)
                buffer.data = bytes(1 << 12)
                assert len(buffer.data) == buffer.data_size
        except (RuntimeError, cm.AudioQueueError):
            pass

    for turn in range(40):
        queue = cm.AudioQueue.new_output(pcm())
        number = queue.object_id
        begin = threading.Barrier(3)
        threads = [threading.Thread(target=fill, args=(queue, number, begin)) for _ in range(2)]
        for thread in threads:
            thread.start()
        begin.wait()
        time.sleep(0.0005 * (turn % 5))
        if turn % 2:
            queue.dispose()
        else:
            capi.audio_queue_dispose(number)
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
        with contextlib.suppress(cm.AudioQueueError):
            queue.dispose()


def test_queues_in_asyncio() -> None:
    async def main() -> None:
        async with cm.AsyncAudioQueue.new_output_async(pcm()) as queue:
            assert queue.format.sample_rate == RATE
            buffer = await queue.allocate_buffer_async(1024)
            await queue.enqueue_buffer_async(buffer)
            await queue.start_async()
            await queue.stop_async()
        queue = await cm.create_output_queue_async(pcm())
        assert repr(queue) == f"AsyncAudioQueue(format={queue.format!r})"
        await queue.dispose_async()
        with pytest.raises(RuntimeError):
            await queue.start_async()

    asyncio.run(main())


def test_a_second_init_changes_nothing() -> None:
    """What it set was believed: more silence than fits was written into the buffer."""
    queue = cm.AudioQueue.new_output(pcm())
    buffer = queue.allocate_buffer(64)
    with pytest.raises(RuntimeError):
        buffer.__init__(0, 1 << 20)  # type: ignore[misc]
    assert buffer.buffer_size == 64
    with pytest.raises(RuntimeError):
        queue.__init__(pcm(), True)  # type: ignore[misc]
    assert not queue.is_input
    queue.enqueue_buffer(buffer)
    queue.dispose()


def test_dropped_queues_end() -> None:
    device = virtual.device()
    for _ in range(10):
        queue = cm.AudioQueue.new_output(pcm())
        queue.enqueue_buffer(queue.allocate_buffer(4096))
        queue.start()
        queue.cycle = queue  # type: ignore[attr-defined]
        del queue
    gc.collect()
    wait_until(lambda: not device.is_running)
