"""coremusic.audio.buffer_pool: reuse, limits, counts, threads."""

from __future__ import annotations

import gc
import random
import sys
import threading
from typing import Any

import pytest

from coremusic.audio import buffer_pool
from coremusic.audio.buffer_pool import (
    AudioBufferPool,
    BufferPool,
    BufferPoolStats,
    PooledBuffer,
    get_global_pool,
    reset_global_pool,
)

np = pytest.importorskip("numpy")


def test_pool_gives_the_last_released_buffer() -> None:
    pool = BufferPool()
    first, second = pool.acquire(10), pool.acquire(10)
    assert isinstance(first, bytearray) and first == bytes(10) and first is not second
    first[0] = 9
    pool.release(first)
    pool.release(second)
    assert pool.acquire(10) is second
    assert pool.acquire(10) is first and first[0] == 9
    assert pool.acquire(11) is not first


def test_pool_keeps_so_many_of_a_length() -> None:
    pool = BufferPool(max_buffers_per_size=2)
    for _ in range(5):
        pool.release(bytearray(4))
    pool.release(bytearray(8))
    assert pool.stats["pool_sizes"] == {4: 2, 8: 1}
    pool.clear_size(4)
    pool.clear_size(99)
    assert pool.stats["cached_buffers"] == 1
    pool.clear()
    assert pool.stats["pool_sizes"] == {}


def test_pool_takes_a_buffer_back_once() -> None:
    pool = BufferPool()
    buffer = pool.acquire(4)
    pool.release(buffer)
    pool.release(buffer)
    assert pool.acquire(4) is not pool.acquire(4)


def test_pool_numbers() -> None:
    pool = BufferPool()
    assert pool.hit_rate == 0.0 and repr(pool) == "BufferPool(allocated=0, cached=0, hit_rate=0.0%)"
    buffer = pool.acquire(4)
    pool.release(buffer)
    pool.acquire(4)
    assert (pool.total_allocated, pool.cache_hits, pool.cache_misses, pool.hit_rate) == (1, 1, 1, 0.5)
    assert pool.stats == {
        "total_allocated": 1,
        "cache_hits": 1,
        "cache_misses": 1,
        "total_requests": 2,
        "hit_rate": 0.5,
        "cached_buffers": 0,
        "pool_sizes": {},
    }
    assert repr(pool) == "BufferPool(allocated=1, cached=0, hit_rate=50.0%)"


def test_pool_arguments() -> None:
    with pytest.raises(ValueError):
        BufferPool(-1)
    with pytest.raises(ValueError):
        BufferPool().acquire(-1)
    assert BufferPool(0).max_buffers_per_size == 0


def test_global_pool() -> None:
    reset_global_pool()
    pool = get_global_pool()
    assert get_global_pool() is pool
    pool.acquire(3)
    reset_global_pool()
    assert get_global_pool() is not pool
    assert get_global_pool().cache_misses == 0


def test_pooled_buffer() -> None:
    pool = BufferPool()
    pooled = PooledBuffer(16, pool)
    assert (pooled.size, pooled.pool, pooled.buffer) == (16, pool, None)
    with pytest.raises(RuntimeError), pooled as buffer:
        assert pooled.buffer is buffer and len(buffer) == 16
        raise RuntimeError
    assert pooled.buffer is None
    assert pool.acquire(16) is buffer
    assert PooledBuffer(1).pool is get_global_pool()
    empty = BufferPool()
    assert PooledBuffer(1, empty).pool is empty


def test_stats() -> None:
    stats = BufferPoolStats()
    stats.track_acquisition(2048)
    stats.track_acquisition(512)
    stats.track_release(512)
    with stats.track(512):
        assert stats.outstanding == 2
    assert (stats.acquisitions, stats.releases, stats.outstanding) == (3, 2, 1)
    lines = stats.summary().splitlines()
    assert lines[0] == "Buffer Pool Statistics:"
    assert [line.split(":")[0].strip() for line in lines[1:]] == [
        "Acquisitions",
        "Releases",
        "Outstanding",
        "512 bytes",
        "2048 bytes",
    ]
    stats.reset()
    assert (stats.acquisitions, stats.releases) == (0, 0)


def hammer(work: object) -> None:
    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]  # type: ignore[arg-type]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)


def test_pool_in_threads() -> None:
    pool, stats, shared = BufferPool(4), BufferPoolStats(), []

    def work(seed: int) -> None:
        choose = random.Random(seed)
        for _ in range(300):
            size = choose.choice([8, 16, 32])
            with stats.track(size), PooledBuffer(size, pool) as buffer:
                buffer[0] = seed
                if len(buffer) != size or buffer[0] != seed:
                    shared.append(seed)

    hammer(work)
    assert shared == []
    assert pool.stats["total_requests"] == stats.acquisitions == stats.releases == 8 * 300
    assert pool.cache_hits + pool.cache_misses == 8 * 300


def test_audio_pool_as_in_the_readme() -> None:
    pool = AudioBufferPool(max_memory_mb=100)
    buffer = pool.get_buffer(size=4096, channels=2)
    assert buffer.shape == (4096, 2) and buffer.dtype == np.float32 and buffer.flags.writeable
    assert buffer.flags.c_contiguous
    assert (pool.num_active, pool.current_size_mb) == (1, 4096 * 2 * 4 / 1048576)
    pool.return_buffer(buffer)
    assert (pool.num_active, pool.current_size_mb) == (0, 4096 * 2 * 4 / 1048576)
    assert pool.max_memory_mb == 100


def test_audio_pool_uses_memory_of_the_same_size_again() -> None:
    pool = AudioBufferPool(1)
    first = pool.get_buffer(100, 2)
    first[:] = 7
    address = first.__array_interface__["data"][0]
    pool.return_buffer(first)
    again = pool.get_buffer(200)
    assert again.shape == (200, 1) and again.__array_interface__["data"][0] == address
    assert (again == 7).all()
    other = pool.get_buffer(100, 2)
    assert other.__array_interface__["data"][0] != address


def test_audio_pool_frees_what_was_idle_longest() -> None:
    pool = AudioBufferPool(3 * 4096 / 1048576)
    buffers = [pool.get_buffer(1024) for _ in range(3)]
    addresses = [buffer.__array_interface__["data"][0] for buffer in buffers]
    for i in (1, 0, 2):
        pool.return_buffer(buffers[i])
    small = pool.get_buffer(10)
    assert pool.current_size_mb * 1048576 == 2 * 4096 + 40
    kept = {pool.get_buffer(1024).__array_interface__["data"][0] for _ in range(1)}
    assert kept == {addresses[2]}
    assert small.shape == (10, 1)
    assert pool.current_size_mb <= pool.max_memory_mb


def test_audio_pool_limit() -> None:
    pool = AudioBufferPool(1)
    whole = pool.get_buffer(1048576 // 4)
    with pytest.raises(MemoryError):
        pool.get_buffer(1)
    pool.return_buffer(whole)
    small = pool.get_buffer(1)
    assert small.shape == (1, 1) and pool.current_size_mb == 4 / 1048576
    with pytest.raises(MemoryError):
        pool.get_buffer(1 << 60, 1 << 60)
    pool.clear()


def test_audio_pool_refuses_what_is_not_its_own() -> None:
    pool = AudioBufferPool(1)
    buffer = pool.get_buffer(8, 2)
    for foreign in (np.zeros((8, 2), np.float32), buffer[:4], buffer.copy(), None, "x"):
        with pytest.raises(ValueError, match="handed out"):
            pool.return_buffer(foreign)
    with pytest.raises(ValueError):
        AudioBufferPool(1).return_buffer(buffer)
    pool.return_buffer(buffer)
    with pytest.raises(ValueError):
        pool.return_buffer(buffer)


def test_audio_pool_forgets_collected_buffers() -> None:
    pool = AudioBufferPool(1)
    buffer = pool.get_buffer(1000)
    part = buffer[10:20]
    del buffer
    gc.collect()
    assert (pool.num_active, pool.current_size_mb) == (0, 0.0)
    assert pool.get_buffer(1000).__array_interface__["data"][0] != part.__array_interface__["data"][0] - 40


@pytest.mark.parametrize("limit", [0, -1, float("nan")])
def test_audio_pool_bad_limit(limit: float) -> None:
    with pytest.raises(ValueError):
        AudioBufferPool(limit)


def test_audio_pool_arguments() -> None:
    for size, channels in ((0, 1), (-1, 1), (1, 0)):
        with pytest.raises(ValueError):
            AudioBufferPool(1).get_buffer(size, channels)
    pool = AudioBufferPool()
    pool.release(pool.acquire(size=4, channels=1))
    assert "active=0" in repr(pool)


def test_audio_pool_without_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    pool = AudioBufferPool(1)
    buffer = pool.get_buffer(16, 2)
    assert isinstance(buffer, memoryview)
    assert (buffer.format, len(buffer), buffer.readonly, buffer.ndim) == ("f", 32, False, 1)
    buffer[0] = 0.5
    pool.return_buffer(buffer)
    assert pool.get_buffer(32)[0] == 0.5
    with pytest.raises(ValueError):
        pool.return_buffer(buffer)


@pytest.mark.parametrize("buffer", [b"abcd", memoryview(bytearray(4)), "abcd", None])
def test_pool_keeps_bytearrays_only(buffer: Any) -> None:
    pool = BufferPool()
    with pytest.raises(TypeError, match="bytearray"):
        pool.release(buffer)
    assert pool.acquire(4) == bytearray(4)


def test_audio_pool_in_threads() -> None:
    pool, wrong = AudioBufferPool(1), []

    def work(seed: int) -> None:
        choose = random.Random(seed)
        for _ in range(200):
            buffer = pool.get_buffer(choose.choice([64, 128, 256]), 2)
            buffer[:] = seed
            if not (buffer == seed).all():
                wrong.append(seed)
            if choose.random() < 0.8:
                pool.return_buffer(buffer)

    hammer(work)
    gc.collect()
    assert wrong == []
    assert pool.num_active == 0
    assert 0 <= pool.current_size_mb <= 1


def test_names() -> None:
    assert set(buffer_pool.__all__) == {
        "AudioBufferPool",
        "BufferPool",
        "BufferPoolStats",
        "PooledBuffer",
        "get_global_pool",
        "reset_global_pool",
    }
