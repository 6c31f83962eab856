"""Many items through one function, in processes, in threads or one after the other.

One bad item never stops the rest: its error is noted, with its traceback, and the batch goes on. An item
that hangs can be given a time limit, one that fails can be tried again, and a worker process that crashes
takes only the item with it that it was working on.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import glob
import logging
import os
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Generic, TypeVar

__all__ = [
    "BatchOptions",
    "BatchProgress",
    "BatchResult",
    "ItemResult",
    "ProcessingMode",
    "RetryPolicy",
    "batch_process_files",
    "batch_process_parallel",
]

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

_FIRST_BACKOFF = 0.1  # seconds; doubles with each attempt


class ProcessingMode(Enum):
    """Where the function runs."""

    PROCESSES = "processes"
    THREADS = "threads"
    SEQUENTIAL = "sequential"


class RetryPolicy(Enum):
    """When a failed item is tried again."""

    NONE = "none"
    IMMEDIATE = "immediate"
    EXPONENTIAL_BACKOFF = "exponential"


@dataclass
class BatchOptions:
    """How a batch runs.

    Attributes:
        max_workers: Number of workers; None for one per CPU (processes) or five per CPU but at most 32
            (threads).
        mode: Where the function runs.
        retry_policy: When a failed item is tried again.
        max_retries: How often it is tried again.
        timeout: Seconds that one item may take, its retries included; None for no limit.
        chunk_size: How many items a worker takes at a time; None for one. More cost less for short items.
        fail_fast: Stop at the first item that fails.
        ordered: Results in the order of the items instead of the order in which they were done.
    """

    max_workers: int | None = None
    mode: ProcessingMode = ProcessingMode.PROCESSES
    retry_policy: RetryPolicy = RetryPolicy.NONE
    max_retries: int = 3
    timeout: float | None = None
    chunk_size: int | None = None
    fail_fast: bool = False
    ordered: bool = False


@dataclass
class BatchProgress:
    """How far a batch is.

    Attributes:
        total: Number of items.
        completed: Items that are done, well or not.
        failed: Those of them that failed.
        in_progress: Items that are being worked on.
        elapsed_time: Seconds since the start.
        current_item: The item that was begun or done last.
    """

    total: int
    completed: int = 0
    failed: int = 0
    in_progress: int = 0
    elapsed_time: float = 0.0
    current_item: Any = None

    @property
    def percent(self) -> float:
        """Part that is done, 0 to 100; 100 for a batch without items."""
        return 100.0 * self.completed / self.total if self.total else 100.0

    @property
    def items_per_second(self) -> float:
        """Speed so far; 0 before the first item is done."""
        return self.completed / self.elapsed_time if self.elapsed_time > 0 else 0.0

    @property
    def estimated_remaining(self) -> float | None:
        """Seconds that the rest will take at the speed so far; None while that is unknown."""
        speed = self.items_per_second
        return (self.total - self.completed) / speed if speed else None

    def __str__(self) -> str:
        eta = self.estimated_remaining
        tail = "" if eta is None else f", ETA: {eta:.1f}s"
        counts = f"{self.completed}/{self.total} completed, {self.failed} failed"
        return f"Progress: {self.percent:.1f}% ({counts}{tail})"


@dataclass
class ItemResult(Generic[T, R]):
    """What came of one item.

    Attributes:
        item: The item itself.
        result: What the function returned; None after a failure.
        success: Whether the function returned.
        error: Text of the exception.
        error_type: Name of its class.
        traceback_str: Its traceback; None where the function did not end by itself (time limit, crash).
        attempts: How often the function was called.
        duration: Seconds, retries and pauses included.
    """

    item: T
    result: R | None = None
    success: bool = True
    error: str | None = None
    error_type: str | None = None
    traceback_str: str | None = None
    attempts: int = 1
    duration: float = 0.0


@dataclass
class BatchResult(Generic[T, R]):
    """What came of a batch.

    Attributes:
        results: One per item that was done.
        total: Number of items given.
        successful: Items for which the function returned.
        failed: Items for which it did not.
        total_duration: Seconds for the whole batch.
        options: The options in effect.
    """

    results: list[ItemResult[T, R]] = field(default_factory=list)
    total: int = 0
    successful: int = 0
    failed: int = 0
    total_duration: float = 0.0
    options: BatchOptions | None = None

    @property
    def success_rate(self) -> float:
        """Part that succeeded, 0 to 100; 100 for a batch without items."""
        return 100.0 * self.successful / self.total if self.total else 100.0

    @property
    def successful_results(self) -> list[R | None]:
        """What the function returned, for the items where it did."""
        return [result.result for result in self.results if result.success]

    @property
    def failed_items(self) -> list[T]:
        """The items that failed."""
        return [result.item for result in self.results if not result.success]

    @property
    def errors(self) -> list[tuple[T, str]]:
        """(item, message) for the items that failed."""
        return [(result.item, result.error or "") for result in self.results if not result.success]

    def __str__(self) -> str:
        return (
            f"BatchResult: {self.successful}/{self.total} successful ({self.success_rate:.1f}%), "
            f"{self.failed} failed, duration: {self.total_duration:.2f}s"
        )


def _no_report(attempt: int) -> None:
    """Takes no note of an attempt."""


def _run_item(
    func: Callable[[Any], Any],
    retries: int,
    backoff: float,
    item: Any,
    report: Callable[[int], None] = _no_report,
) -> ItemResult[Any, Any]:
    """Calls func(item) until it returns or the retries are used up. Runs in the worker."""
    start = time.perf_counter()
    attempt = 0
    while True:
        attempt += 1
        report(attempt)
        try:
            value = func(item)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too: an item must not end its worker
            if attempt > retries:
                text, kind, trace = str(error), type(error).__name__, traceback.format_exc()
                duration = time.perf_counter() - start
                return ItemResult(item, None, False, text, kind, trace, attempt, duration)
        else:
            return ItemResult(item, value, attempts=attempt, duration=time.perf_counter() - start)
        time.sleep(backoff * 2 ** (attempt - 1))


def _work(func: Callable[[Any], Any], options: BatchOptions) -> Callable[..., ItemResult[Any, Any]]:
    retries = 0 if options.retry_policy is RetryPolicy.NONE else options.max_retries
    backoff = _FIRST_BACKOFF if options.retry_policy is RetryPolicy.EXPONENTIAL_BACKOFF else 0.0
    return functools.partial(_run_item, func, retries, backoff)


def _run_chunk(
    work: Callable[..., ItemResult[Any, Any]], timeout: float | None, items: list[Any]
) -> list[ItemResult[Any, Any]]:
    """Runs items in an executor's worker; that cannot be killed, so a late item goes on in its own thread."""
    return [work(item) if timeout is None else _run_limited(work, timeout, item) for item in items]


def _run_limited(
    work: Callable[..., ItemResult[Any, Any]], timeout: float, item: Any
) -> ItemResult[Any, Any]:
    done: list[ItemResult[Any, Any]] = []
    attempts = [1]
    thread = threading.Thread(target=lambda: done.append(work(item, attempts.append)), daemon=True)
    thread.start()
    thread.join(timeout)
    if done:
        return done[0]
    text = f"timed out after {timeout:g} s"
    return ItemResult(item, None, False, text, "TimeoutError", None, attempts[-1], timeout)


Events = Generator[tuple[int, "int | ItemResult[Any, Any]"], None, None]
"""(index of the item, number of the attempt that begins or result) as things happen."""


def _sequential_events(items: list[Any], work: Callable[..., ItemResult[Any, Any]]) -> Events:
    for index, item in enumerate(items):
        yield index, 1
        yield index, work(item)


def _executor_events(
    items: list[Any], work: Callable[..., ItemResult[Any, Any]], options: BatchOptions, executor: Executor
) -> Events:
    size = options.chunk_size or 1
    futures = {}
    try:
        for start in range(0, len(items), size):
            chunk = range(start, min(start + size, len(items)))
            future = executor.submit(_run_chunk, work, options.timeout, [items[i] for i in chunk])
            futures[future] = chunk
            yield from ((index, 1) for index in chunk)
        for future in as_completed(futures):
            try:
                results = future.result()
            except Exception as error:  # the executor failed, or something cannot be pickled
                results = [
                    ItemResult(items[index], None, False, str(error), type(error).__name__)
                    for index in futures[future]
                ]
            yield from zip(futures[future], results, strict=True)
    finally:
        for future in futures:
            future.cancel()


def _events(
    items: list[Any], func: Callable[[Any], Any], options: BatchOptions, executor: Executor | None
) -> Events:
    work = _work(func, options)
    if executor is not None:
        return _executor_events(items, work, options, executor)
    if options.mode is ProcessingMode.SEQUENTIAL and options.timeout is None:
        return _sequential_events(items, work)
    from coremusic.utils._crew import Loop, ProcessCrew, ThreadCrew

    crew = ProcessCrew(work) if options.mode is ProcessingMode.PROCESSES else ThreadCrew(work)
    loop = Loop(crew, list(enumerate(items)), options.chunk_size or 1, options.timeout)
    return loop.events(_worker_count(options))


def _worker_count(options: BatchOptions) -> int:
    cpus = os.cpu_count() or 1
    counts = {
        ProcessingMode.PROCESSES: options.max_workers or cpus,
        ProcessingMode.THREADS: options.max_workers or min(32, 5 * cpus),
        ProcessingMode.SEQUENTIAL: 1,
    }
    return counts[options.mode]


def _check(options: BatchOptions) -> None:
    for name, least in (("max_workers", 1), ("chunk_size", 1), ("max_retries", 0)):
        value = getattr(options, name)
        if value is not None and value < least:
            raise ValueError(f"{name} must be at least {least}, not {value}")
    if options.timeout is not None and not options.timeout > 0:
        raise ValueError(f"timeout must be positive, not {options.timeout}")


class _Tracker:
    """Keeps a BatchProgress and tells the callback; a callback that raises does not disturb the batch."""

    def __init__(self, total: int, callback: Callable[[BatchProgress], Any] | None) -> None:
        self.progress = BatchProgress(total)
        self.callback = callback
        self.running: set[int] = set()
        self.start = time.perf_counter()

    def begin(self, index: int, item: Any) -> None:
        self.running.add(index)
        self.update(item)

    def finish(self, index: int, item: Any, success: bool) -> None:
        self.running.discard(index)
        self.progress.completed += 1
        self.progress.failed += not success
        self.update(item)

    def update(self, item: Any) -> None:
        self.progress.current_item = item
        self.progress.in_progress = len(self.running)
        self.progress.elapsed_time = time.perf_counter() - self.start

    def notify(self) -> None:
        if self.callback is not None:
            try:
                self.callback(self.progress)
            except Exception:
                logger.exception("the progress callback failed")


def batch_process_parallel(
    items: Iterable[T],
    func: Callable[[T], R],
    max_workers: int | None = None,
    progress_callback: Callable[[BatchProgress], Any] | None = None,
    options: BatchOptions | None = None,
    *,
    executor: Executor | None = None,
) -> BatchResult[T, R]:
    """Calls a function for each item, many at a time.

    Args:
        items: The items. For processes they, the function and its results must be picklable (with the fork
            start method the function need not be).
        func: Called with one item.
        max_workers: Number of workers, at least 1; overrides options.max_workers.
        progress_callback: Called in the caller's thread with the batch's BatchProgress (always the same
            object) after each item, in sequential mode before each item too. An exception in it is logged.
        options: How the batch runs; not changed.
        executor: Runs the batch instead of workers of its own: any concurrent.futures executor, e.g. one of
            dask.distributed. options.mode and the number of workers have no meaning then.

    Returns:
        The results, failures among them. With fail_fast, those up to and with the first failure: items not
        begun are left out, running ones are ended (processes) or waited for (threads) and not counted.

    Raises:
        ValueError: func is not callable, or an option is out of range.
        KeyboardInterrupt: Ctrl-C; worker processes are ended.

    >>> from coremusic.utils.batch import BatchOptions, ProcessingMode, batch_process_parallel
    >>> threads = BatchOptions(mode=ProcessingMode.THREADS, ordered=True)
    >>> batch_process_parallel([1, 2, 3], lambda x: x * x, options=threads).successful_results
    [1, 4, 9]
    """
    if not callable(func):
        raise ValueError("func must be callable")
    todo = list(items)
    settings = dataclasses.replace(options or BatchOptions())
    if max_workers is not None:
        settings.max_workers = max_workers
    _check(settings)
    batch: BatchResult[T, R] = BatchResult(total=len(todo), options=settings)
    tracker = _Tracker(len(todo), progress_callback)
    if todo:
        batch.results = _collect(todo, func, settings, executor, tracker)
    batch.failed = tracker.progress.failed
    batch.successful = tracker.progress.completed - batch.failed
    batch.total_duration = time.perf_counter() - tracker.start
    return batch


def _collect(
    items: list[Any],
    func: Callable[[Any], Any],
    options: BatchOptions,
    executor: Executor | None,
    tracker: _Tracker,
) -> list[ItemResult[Any, Any]]:
    """Runs a batch to its end, or to the first failure with fail_fast."""
    results: dict[int, ItemResult[Any, Any]] = {}
    announce = options.mode is ProcessingMode.SEQUENTIAL and executor is None
    with contextlib.closing(_events(items, func, options, executor)) as events:
        for index, outcome in events:
            if not isinstance(outcome, int):
                outcome.item = items[index]
                results[index] = outcome
                tracker.finish(index, items[index], outcome.success)
                tracker.notify()
                if options.fail_fast and not outcome.success:
                    break
            elif outcome == 1:
                tracker.begin(index, items[index])
                if announce:
                    tracker.notify()
    return [results[index] for index in sorted(results)] if options.ordered else list(results.values())


def _expand(path: str | Path) -> list[Path]:
    """The files that a path or a pattern with * or ? names."""
    text = os.fspath(path)
    if Path(text).is_file():
        return [Path(text)]
    pattern = text.replace("[", "[[]")  # only * and ? are special here
    found = sorted(glob.glob(pattern, recursive=True)) if "*" in text or "?" in text else []  # noqa: PTH207
    files = [Path(name) for name in found if Path(name).is_file()]
    if not files:
        logger.warning("no such file: %s", text)
    return files


def batch_process_files(
    file_paths: Iterable[str | Path] | str | Path,
    func: Callable[[Path], R],
    pattern: str | None = None,
    max_workers: int | None = None,
    progress_callback: Callable[[BatchProgress], Any] | None = None,
    **kwargs: Any,
) -> BatchResult[Path, R]:
    """Calls a function for each of many files, many at a time.

    Args:
        file_paths: Paths, and patterns with * or ? (** for folders at any depth). Missing files are left out,
            with a warning in the log.
        func: Called with one Path.
        pattern: Takes only the files whose path matches it, as Path.match does ("*.wav").
        max_workers: Number of workers, at least 1.
        progress_callback: As for `batch_process_parallel`.
        **kwargs: Fields of BatchOptions.

    Returns:
        As `batch_process_parallel`.

    Raises:
        ValueError: func is not callable, or an option is out of range.
        TypeError: kwargs has something that is no field of BatchOptions.
    """
    options = BatchOptions(**kwargs)
    names = [file_paths] if isinstance(file_paths, str | Path) else file_paths
    files = [path for name in names for path in _expand(name)]
    chosen = [path for path in files if pattern is None or path.match(pattern)]
    return batch_process_parallel(chosen, func, max_workers, progress_callback, options)
