"""Pools of buffers that are used again instead of being allocated anew; threads may share every class."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Iterator
from types import TracebackType
from typing import Any

__all__ = [
    "AudioBufferPool",
    "BufferPool",
    "BufferPoolStats",
    "PooledBuffer",
    "get_global_pool",
    "reset_global_pool",
]

_MEBIBYTE = 1048576


class BufferPool:
    """Keeps bytearrays by their length for the next use.

    Args:
        max_buffers_per_size: How many buffers of one length are kept, at least 0.

    Raises:
        ValueError: max_buffers_per_size is negative.

    >>> from coremusic.audio.buffer_pool import BufferPool
    >>> pool = BufferPool()
    >>> buffer = pool.acquire(4096)
    >>> pool.release(buffer)
    >>> pool.acquire(4096) is buffer
    True
    """

    def __init__(self, max_buffers_per_size: int = 16) -> None:
        if max_buffers_per_size < 0:
            raise ValueError(f"max_buffers_per_size must be at least 0, not {max_buffers_per_size}")
        self.max_buffers_per_size = max_buffers_per_size
        self._lock = threading.Lock()
        self._kept: dict[int, list[bytearray]] = {}
        self._allocated = 0
        self._hits = 0
        self._misses = 0

    def acquire(self, size: int) -> bytearray:
        """A buffer of exactly size bytes: the one of that size released last, or a new one.

        The bytes of a used buffer are what its last user left.

        Raises:
            ValueError: size is negative.
        """
        if size < 0:
            raise ValueError(f"size must be at least 0, not {size}")
        with self._lock:
            kept = self._kept.get(size)
            if kept:
                self._hits += 1
                return kept.pop()
            self._misses += 1
            self._allocated += 1
        return bytearray(size)

    def release(self, buffer: bytearray) -> None:
        """Gives a buffer, from this pool or not, back; it is dropped where enough of its length are kept.

        TypeError for anything but a bytearray, which acquire() would hand out as one.
        """
        if not isinstance(buffer, bytearray):
            raise TypeError(f"buffer must be a bytearray, not {type(buffer).__name__}")
        with self._lock:
            kept = self._kept.setdefault(len(buffer), [])
            if len(kept) < self.max_buffers_per_size and all(other is not buffer for other in kept):
                kept.append(buffer)

    def clear(self) -> None:
        """Drops all kept buffers."""
        with self._lock:
            self._kept.clear()

    def clear_size(self, size: int) -> None:
        """Drops the kept buffers of one length, in bytes."""
        with self._lock:
            self._kept.pop(size, None)

    @property
    def total_allocated(self) -> int:
        """Buffers that were allocated."""
        return self._allocated

    @property
    def cache_hits(self) -> int:
        """Requests that a kept buffer served."""
        return self._hits

    @property
    def cache_misses(self) -> int:
        """Requests that needed a new buffer."""
        return self._misses

    @property
    def hit_rate(self) -> float:
        """Part of the requests that a kept buffer served, 0 to 1; 0 before the first request."""
        return self.stats["hit_rate"]  # type: ignore[no-any-return]

    @property
    def stats(self) -> dict[str, Any]:
        """All numbers at one moment: total_allocated, cache_hits, cache_misses, total_requests, hit_rate,
        cached_buffers and pool_sizes (kept buffers by length in bytes).
        """
        with self._lock:
            requests = self._hits + self._misses
            sizes = {size: len(kept) for size, kept in self._kept.items() if kept}
            return {
                "total_allocated": self._allocated,
                "cache_hits": self._hits,
                "cache_misses": self._misses,
                "total_requests": requests,
                "hit_rate": self._hits / requests if requests else 0.0,
                "cached_buffers": sum(sizes.values()),
                "pool_sizes": sizes,
            }

    def __repr__(self) -> str:
        stats = self.stats
        return (
            f"BufferPool(allocated={stats['total_allocated']}, cached={stats['cached_buffers']}, "
            f"hit_rate={stats['hit_rate']:.1%})"
        )


_global_pool: BufferPool | None = None
_global_lock = threading.Lock()


def get_global_pool() -> BufferPool:
    """The pool that the whole process shares; made when it is first asked for."""
    global _global_pool
    with _global_lock:
        if _global_pool is None:
            _global_pool = BufferPool()
        return _global_pool


def reset_global_pool() -> None:
    """Forgets the shared pool: the next get_global_pool makes a new one."""
    global _global_pool
    with _global_lock:
        _global_pool = None


class PooledBuffer:
    """A buffer for the duration of a with statement.

    Args:
        size: Bytes.
        pool: The pool to take it from; None for the shared one.

    >>> from coremusic.audio.buffer_pool import PooledBuffer
    >>> with PooledBuffer(512) as buffer:
    ...     len(buffer)
    512
    """

    def __init__(self, size: int, pool: BufferPool | None = None) -> None:
        self.size = size
        self.pool = pool if pool is not None else get_global_pool()
        self.buffer: bytearray | None = None

    def __enter__(self) -> bytearray:
        self.buffer = self.pool.acquire(self.size)
        return self.buffer

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.buffer is not None:
            self.pool.release(self.buffer)
            self.buffer = None


class BufferPoolStats:
    """Counts, by size, the buffers that a program takes and gives back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[int, list[int]] = {}

    def _count(self, size: int, place: int) -> None:
        with self._lock:
            self._counts.setdefault(size, [0, 0])[place] += 1

    def _total(self, place: int) -> int:
        with self._lock:
            return sum(counts[place] for counts in self._counts.values())

    def track_acquisition(self, size: int) -> None:
        """Counts a buffer of size bytes as taken."""
        self._count(size, 0)

    def track_release(self, size: int) -> None:
        """Counts a buffer of size bytes as given back."""
        self._count(size, 1)

    @contextlib.contextmanager
    def track(self, size: int) -> Iterator[None]:
        """Counts a buffer of size bytes as taken for the duration of a with statement."""
        self.track_acquisition(size)
        try:
            yield
        finally:
            self.track_release(size)

    @property
    def acquisitions(self) -> int:
        """Buffers taken."""
        return self._total(0)

    @property
    def releases(self) -> int:
        """Buffers given back."""
        return self._total(1)

    @property
    def outstanding(self) -> int:
        """Buffers taken and not given back."""
        return self.acquisitions - self.releases

    def summary(self) -> str:
        """The counts as text: the totals, then a line per size, smallest first."""
        with self._lock:
            counts = sorted((size, *pair) for size, pair in self._counts.items())
        taken, given = sum(row[1] for row in counts), sum(row[2] for row in counts)
        lines = [
            "Buffer Pool Statistics:",
            f"  Acquisitions: {taken}",
            f"  Releases: {given}",
            f"  Outstanding: {taken - given}",
        ]
        lines += [f"  {size} bytes: {took} acquired, {gave} released" for size, took, gave in counts]
        return "\n".join(lines)

    def reset(self) -> None:
        """Sets all counts to 0."""
        with self._lock:
            self._counts.clear()


class AudioBufferPool:
    """Float sample buffers under a memory limit.

    A buffer given back is used again for the next request of as many bytes. Where a new buffer would pass the
    limit, idle buffers are freed, those unused for the longest time first.

    Args:
        max_memory_mb: Limit for idle buffers and buffers in use together, in MiB.

    Raises:
        ValueError: max_memory_mb is not above 0.

    >>> from coremusic.audio.buffer_pool import AudioBufferPool
    >>> pool = AudioBufferPool(max_memory_mb=1)
    >>> buffer = pool.get_buffer(size=4096, channels=2)
    >>> pool.num_active, pool.current_size_mb
    (1, 0.03125)
    >>> pool.return_buffer(buffer)
    """

    def __init__(self, max_memory_mb: float = 100) -> None:
        if not max_memory_mb > 0:
            raise ValueError(f"max_memory_mb must be above 0, not {max_memory_mb}")
        self._limit_mb = max_memory_mb
        self._lock = threading.Lock()
        self._idle: OrderedDict[int, Any] = OrderedDict()  # id of the storage to the storage, oldest first
        self._active: dict[int, tuple[weakref.ref[Any], Any]] = {}  # id of the buffer to (buffer, storage)
        self._collected: deque[int] = (
            deque()
        )  # ids of buffers that died; appended to by the garbage collector

    def get_buffer(self, size: int, channels: int = 1) -> Any:
        """A writable buffer of float32 samples.

        Args:
            size: Frames, at least 1.
            channels: Samples per frame, at least 1.

        Returns:
            A NumPy array of shape (size, channels), or without NumPy a memoryview (format "f") of
            size * channels samples. A used buffer has the samples that its last user left.

        Raises:
            ValueError: size or channels is below 1.
            MemoryError: The buffers in use leave no room below the limit.
        """
        if size < 1 or channels < 1:
            raise ValueError(f"size and channels must be at least 1, not {size} and {channels}")
        with self._lock:
            self._reap()
            storage = self._take_idle(size * channels)
            buffer = _view(storage, size, channels)
            key = id(buffer)
            self._active[key] = (weakref.ref(buffer, lambda _: self._collected.append(key)), storage)
            return buffer

    def return_buffer(self, buffer: Any) -> None:
        """Gives a buffer back.

        Args:
            buffer: The very object that get_buffer returned; it must not be used afterwards.

        Raises:
            ValueError: The buffer is not one in use of this pool (a copy, a part, or given back already).
        """
        with self._lock:
            self._reap()
            reference, storage = self._active.get(id(buffer), (None, None))
            if reference is None or reference() is not buffer:
                raise ValueError("the buffer is not one that this pool has handed out")
            del self._active[id(buffer)]
            self._idle[id(storage)] = storage

    acquire = get_buffer
    release = return_buffer

    def clear(self) -> None:
        """Frees all idle buffers."""
        with self._lock:
            self._idle.clear()

    @property
    def max_memory_mb(self) -> float:
        """The limit, in MiB."""
        return self._limit_mb

    @property
    def current_size_mb(self) -> float:
        """Memory of idle buffers and buffers in use, in MiB."""
        with self._lock:
            self._reap()
            return self._used() / _MEBIBYTE

    @property
    def num_active(self) -> int:
        """Buffers handed out and not given back; one that was garbage collected no longer counts."""
        with self._lock:
            self._reap()
            return len(self._active)

    def __repr__(self) -> str:
        return (
            f"AudioBufferPool(max_memory_mb={self._limit_mb}, active={self.num_active}, "
            f"current_size_mb={self.current_size_mb:.3f})"
        )

    def _reap(self) -> None:
        """Forgets buffers that were collected; their memory may still have views and is not used again."""
        while self._collected:
            key = self._collected.popleft()
            entry = self._active.get(key)
            if entry is not None and entry[0]() is None:
                del self._active[key]

    def _used(self) -> int:
        storages = [*self._idle.values(), *(storage for _, storage in self._active.values())]
        return sum(storage.nbytes for storage in storages)

    def _take_idle(self, samples: int) -> Any:
        """Storage of so many samples: the idle one used last, or a new one below the limit."""
        wanted = 4 * samples
        for key in reversed(self._idle):
            if self._idle[key].nbytes == wanted:
                return self._idle.pop(key)
        room = self._limit_mb * _MEBIBYTE - self._used() - wanted
        if room + sum(storage.nbytes for storage in self._idle.values()) < 0:
            raise MemoryError(f"{wanted} bytes more would pass the pool's limit of {self._limit_mb} MiB")
        while room < 0:
            room += self._idle.popitem(last=False)[1].nbytes
        return _storage(samples)


def _storage(samples: int) -> Any:
    """Memory for float32 samples: a NumPy array, or without NumPy a memoryview of bytes."""
    try:
        import numpy as np
    except ImportError:
        return memoryview(bytearray(4 * samples))
    return np.empty(samples, np.float32)


def _view(storage: Any, size: int, channels: int) -> Any:
    """A new object on the memory of a storage."""
    return storage.cast("f") if isinstance(storage, memoryview) else storage.reshape(size, channels)
