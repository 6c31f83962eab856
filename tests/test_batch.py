"""coremusic.utils.batch: results, errors, retries, limits and progress in every mode."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from coremusic.utils import batch
from coremusic.utils.batch import (
    BatchOptions,
    BatchProgress,
    BatchResult,
    ItemResult,
    ProcessingMode,
    RetryPolicy,
    batch_process_files,
    batch_process_parallel,
)

MODES = list(ProcessingMode)
PARALLEL = [ProcessingMode.PROCESSES, ProcessingMode.THREADS]


def square(x: int) -> int:
    return x * x


def fail_odd(x: int) -> int:
    if x % 2:
        raise ValueError(f"odd: {x}")
    return x


def sleep_if_negative(x: int) -> int:
    if x < 0:
        time.sleep(60)
    return x


def crash_if_zero(x: int) -> int:
    if x == 0:
        os._exit(7)
    return x


def unpicklable_result(x: int) -> object:
    return threading.Lock() if x == 1 else x


def raise_system_exit(x: int) -> int:
    raise SystemExit(3)


def interrupt(x: int) -> int:
    if x == 2:
        raise KeyboardInterrupt
    return x


class FailsUntil:
    """Fails the first calls for each item; counts in files, so that processes share the count."""

    def __init__(self, folder: Path, failures: int) -> None:
        self.folder, self.failures = folder, failures

    def __call__(self, item: str) -> str:
        path = self.folder / item
        calls = len(path.read_text()) if path.exists() else 0
        path.write_text("x" * (calls + 1))
        if calls < self.failures:
            raise OSError("not yet")
        return item


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("chunk_size", [None, 3])
def test_every_item_has_a_result(mode: ProcessingMode, chunk_size: int | None) -> None:
    options = BatchOptions(mode=mode, chunk_size=chunk_size)
    result = batch_process_parallel(range(20), square, max_workers=3, options=options)
    assert sorted(result.successful_results) == [x * x for x in range(20)]
    assert {r.item: r.result for r in result.results} == {x: x * x for x in range(20)}
    assert (result.total, result.successful, result.failed) == (20, 20, 0)
    assert result.success_rate == 100.0
    assert all(r.success and r.attempts == 1 and r.duration >= 0 for r in result.results)


@pytest.mark.parametrize("mode", MODES)
def test_errors_are_kept_and_do_not_stop_the_rest(mode: ProcessingMode) -> None:
    result = batch_process_parallel(range(6), fail_odd, options=BatchOptions(mode=mode, ordered=True))
    assert result.failed_items == [1, 3, 5]
    assert result.errors == [(1, "odd: 1"), (3, "odd: 3"), (5, "odd: 5")]
    bad = result.results[1]
    assert (bad.success, bad.result, bad.error_type) == (False, None, "ValueError")
    assert "fail_odd" in (bad.traceback_str or "")
    assert result.success_rate == 50.0


@pytest.mark.parametrize("mode", MODES)
def test_ordered_needs_neither_hash_nor_uniqueness(mode: ProcessingMode) -> None:
    items = [[3], [1], [3], [2]]
    result = batch_process_parallel(items, len, max_workers=2, options=BatchOptions(mode=mode, ordered=True))
    assert [r.item for r in result.results] == items
    assert all(result.results[i].item is items[i] for i in range(4))


@pytest.mark.parametrize("mode", MODES)
def test_timeout_ends_a_hanging_item(mode: ProcessingMode) -> None:
    options = BatchOptions(mode=mode, timeout=0.5, ordered=True, chunk_size=2)
    start = time.monotonic()
    result = batch_process_parallel([1, -1, 2, 3], sleep_if_negative, max_workers=2, options=options)
    assert time.monotonic() - start < 20
    assert [r.success for r in result.results] == [True, False, True, True]
    assert result.results[1].error_type == "TimeoutError"
    assert "timed out after 0.5 s" in (result.results[1].error or "")
    assert result.results[1].duration >= 0.5


def test_what_a_late_thread_says_is_ignored() -> None:
    options = BatchOptions(mode=ProcessingMode.THREADS, timeout=0.2, ordered=True)
    start = time.monotonic()
    result = batch_process_parallel([0.4, *[0.1] * 8], time.sleep, max_workers=1, options=options)
    assert time.monotonic() - start > 0.9
    assert [r.success for r in result.results] == [False, *[True] * 8]
    assert (result.successful, result.failed) == (8, 1)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("policy", [RetryPolicy.IMMEDIATE, RetryPolicy.EXPONENTIAL_BACKOFF])
def test_retries(mode: ProcessingMode, policy: RetryPolicy, tmp_path: Path) -> None:
    options = BatchOptions(mode=mode, retry_policy=policy, max_retries=2)
    start = time.monotonic()
    result = batch_process_parallel(["a"], FailsUntil(tmp_path, 2), options=options)
    assert (result.results[0].success, result.results[0].attempts) == (True, 3)
    if policy is RetryPolicy.EXPONENTIAL_BACKOFF:
        assert time.monotonic() - start >= 0.1 + 0.2
    result = batch_process_parallel(["b"], FailsUntil(tmp_path, 3), options=options)
    assert (result.results[0].success, result.results[0].attempts) == (False, 3)


def test_without_policy_there_is_one_attempt(tmp_path: Path) -> None:
    options = BatchOptions(mode=ProcessingMode.SEQUENTIAL, max_retries=5)
    result = batch_process_parallel(["a"], FailsUntil(tmp_path, 1), options=options)
    assert (result.failed, result.results[0].attempts) == (1, 1)


@pytest.mark.parametrize("mode", MODES)
def test_fail_fast_stops_and_reports_the_failure(mode: ProcessingMode) -> None:
    seen: list[int] = []
    options = BatchOptions(mode=mode, fail_fast=True)
    result = batch_process_parallel(
        [0, 1, 2, 4, 6, 8, 10], fail_odd, 1, lambda p: seen.append(p.failed), options
    )
    assert (result.total, result.successful, result.failed) == (7, 1, 1)
    assert len(result.results) == 2
    assert seen[-1] == 1


def test_progress_in_sequential_mode_comes_before_and_after_each_item() -> None:
    seen = []
    options = BatchOptions(mode=ProcessingMode.SEQUENTIAL)
    batch_process_parallel(
        "ab", str.upper, None, lambda p: seen.append((p.completed, p.in_progress, p.current_item)), options
    )
    assert seen == [(0, 1, "a"), (1, 0, "a"), (1, 1, "b"), (2, 0, "b")]


@pytest.mark.parametrize("mode", PARALLEL)
def test_progress_in_parallel_mode(mode: ProcessingMode) -> None:
    seen: list[tuple[int, int, int]] = []
    threads, objects = set(), set()

    def note(progress: BatchProgress) -> None:
        threads.add(threading.current_thread())
        objects.add(id(progress))
        seen.append((progress.completed, progress.failed, progress.in_progress))

    batch_process_parallel(range(10), fail_odd, 2, note, BatchOptions(mode=mode))
    assert [completed for completed, _, _ in seen] == list(range(1, 11))
    assert seen[-1] == (10, 5, 0)
    assert all(0 <= running <= 2 for _, _, running in seen)
    assert threads == {threading.current_thread()}
    assert len(objects) == 1


def test_items_in_progress_are_counted() -> None:
    barrier = threading.Barrier(3, timeout=10)
    released = threading.Event()
    seen = []

    def work(x: int) -> int:
        if x:
            barrier.wait()
            released.wait(10)
        else:
            barrier.wait()
        return x

    def note(progress: BatchProgress) -> None:
        seen.append(progress.in_progress)
        released.set()

    batch_process_parallel([0, 1, 2], work, 3, note, BatchOptions(mode=ProcessingMode.THREADS))
    assert seen == [2, 1, 0]


@pytest.mark.parametrize("mode", MODES)
def test_a_failing_callback_changes_nothing(mode: ProcessingMode, caplog: pytest.LogCaptureFixture) -> None:
    def bad(progress: BatchProgress) -> None:
        raise RuntimeError("callback")

    result = batch_process_parallel(range(4), square, None, bad, BatchOptions(mode=mode))
    assert (result.successful, result.failed, len(result.results)) == (4, 0, 4)
    assert any("callback" in record.getMessage() for record in caplog.records)


def test_options_are_copied_and_max_workers_overrides() -> None:
    options = BatchOptions(max_workers=5, mode=ProcessingMode.THREADS)
    result = batch_process_parallel([1], square, max_workers=2, options=options)
    assert options.max_workers == 5
    assert result.options is not options
    assert result.options is not None and result.options.max_workers == 2


def test_empty_input() -> None:
    result: BatchResult[int, int] = batch_process_parallel([], square)
    assert (result.total, result.results, result.success_rate) == (0, [], 100.0)


@pytest.mark.parametrize(
    "options",
    [
        BatchOptions(max_workers=0),
        BatchOptions(chunk_size=0),
        BatchOptions(timeout=0),
        BatchOptions(timeout=float("nan")),
        BatchOptions(max_retries=-1),
    ],
)
def test_bad_options(options: BatchOptions) -> None:
    with pytest.raises(ValueError, match="must be"):
        batch_process_parallel([1], square, options=options)


def test_func_must_be_callable() -> None:
    with pytest.raises(ValueError, match="func must be callable"):
        batch_process_parallel([1], 3)  # type: ignore[arg-type]


@pytest.mark.parametrize("chunk_size", [1, 5])
def test_a_crash_costs_one_item(chunk_size: int) -> None:
    options = BatchOptions(ordered=True, chunk_size=chunk_size)
    result = batch_process_parallel([1, 0, 2, 3, 4], crash_if_zero, max_workers=2, options=options)
    assert [r.success for r in result.results] == [True, False, True, True, True]
    assert "exit code 7" in (result.results[1].error or "")


def test_what_cannot_be_pickled_fails_alone() -> None:
    options = BatchOptions(ordered=True, chunk_size=3)
    result = batch_process_parallel([0, 1, 2], unpicklable_result, max_workers=1, options=options)
    assert [r.success for r in result.results] == [True, False, True]
    items = [0, threading.Lock(), 2]
    result = batch_process_parallel(items, type, max_workers=1, options=options)
    assert [r.success for r in result.results] == [True, False, True]
    assert "pickle" in (result.results[1].error or "")


@pytest.mark.parametrize("mode", MODES)
def test_system_exit_is_a_failed_item(mode: ProcessingMode) -> None:
    result = batch_process_parallel([1, 2], raise_system_exit, 1, options=BatchOptions(mode=mode))
    assert [r.error_type for r in result.results] == ["SystemExit", "SystemExit"]


@pytest.mark.parametrize("mode", MODES)
def test_keyboard_interrupt_propagates(mode: ProcessingMode) -> None:
    with pytest.raises(KeyboardInterrupt):
        batch_process_parallel([1, 2, 3], interrupt, 1, options=BatchOptions(mode=mode))


def test_no_process_stays_behind() -> None:
    import multiprocessing

    batch_process_parallel(range(8), square, max_workers=2)
    batch_process_parallel([1, -1], sleep_if_negative, options=BatchOptions(timeout=0.3))
    batch_process_parallel([1, 0, -1], fail_odd, options=BatchOptions(fail_fast=True))
    assert multiprocessing.active_children() == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_their_parent(tmp_path: Path, signal_number: signal.Signals) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import multiprocessing, os, time\n"
        "from coremusic.utils.batch import batch_process_parallel\n"
        "def work(x):\n"
        "    os.write(1, f'{os.getpid()}\\n'.encode())\n"  # one write: two workers share the pipe
        "    time.sleep(0.3)\n"
        "batch_process_parallel(range(100), work, max_workers=2)\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None and parent.stderr is not None
        workers = {int(parent.stdout.readline()) for _ in range(2)}
        assert len(workers) == 2
        parent.send_signal(signal_number)
        parent.wait(20)
        deadline = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
        if signal_number == signal.SIGINT:
            assert b"KeyboardInterrupt" in parent.stderr.read()


def test_spawned_processes(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import multiprocessing\n"
        "from coremusic.utils.batch import batch_process_parallel\n"
        "def double(x):\n"
        "    return 2 * x\n"
        "if __name__ == '__main__':\n"
        "    multiprocessing.set_start_method('spawn')\n"
        "    print(sorted(batch_process_parallel([1, 2, 3], double, max_workers=2).successful_results))\n"
    )
    output = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=120
    )
    assert output.stdout.strip() == "[2, 4, 6]"


def test_executors() -> None:
    options = BatchOptions(ordered=True, chunk_size=2)
    with ThreadPoolExecutor(2) as pool:
        result = batch_process_parallel(range(7), fail_odd, options=options, executor=pool)
        assert result.failed_items == [1, 3, 5]
        late = BatchOptions(ordered=True, timeout=0.3)
        result = batch_process_parallel(
            [-1, 5], lambda x: x if x > 0 else time.sleep(2), options=late, executor=pool
        )
        assert [r.error_type for r in result.results] == ["TimeoutError", None]
    with ProcessPoolExecutor(1) as processes:
        result = batch_process_parallel([3, 0], crash_if_zero, options=BatchOptions(), executor=processes)
        assert {r.item: r.error_type for r in result.results} == {3: None, 0: "BrokenProcessPool"}


def test_progress_arithmetic() -> None:
    assert str(BatchProgress(2, completed=1, elapsed_time=1.0)) == (
        "Progress: 50.0% (1/2 completed, 0 failed, ETA: 1.0s)"
    )
    assert str(BatchProgress(2)) == "Progress: 0.0% (0/2 completed, 0 failed)"
    assert BatchProgress(0).percent == 100.0
    assert BatchProgress(4, completed=2, elapsed_time=0.5).items_per_second == 4.0
    assert BatchProgress(4).estimated_remaining is None


def test_result_text() -> None:
    result: BatchResult[int, int] = BatchResult([ItemResult(1, 1), ItemResult(2, 4)], total=2, successful=2)
    assert str(result) == "BatchResult: 2/2 successful (100.0%), 0 failed, duration: 0.00s"


def test_enum_values() -> None:
    assert [m.value for m in ProcessingMode] == ["processes", "threads", "sequential"]
    assert [p.value for p in RetryPolicy] == ["none", "immediate", "exponential"]


def read_name(path: Path) -> str:
    return path.name


def test_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("a.wav", "b.wav", "c.txt", "deep/d.wav", "x[1].wav", "odd*.wav"):
        (tmp_path / name).write_text(name)

    def names(*paths: str | Path, pattern: str | None = None) -> list[str]:
        result = batch_process_files(
            list(paths), read_name, pattern, mode=ProcessingMode.SEQUENTIAL, ordered=True
        )
        return [str(value) for value in result.successful_results]

    assert names(f"{tmp_path}/?.wav") == ["a.wav", "b.wav"]
    assert names(f"{tmp_path}/**/d.*") == ["d.wav"]
    assert names(f"{tmp_path}/*", pattern="*.txt") == ["c.txt"]
    assert names(f"{tmp_path}/x[1]*") == ["x[1].wav"]
    assert names(tmp_path / "odd*.wav") == ["odd*.wav"]
    assert caplog.records == []
    assert names(tmp_path / "a.wav", tmp_path / "missing.wav", tmp_path) == ["a.wav"]
    assert [r.levelname for r in caplog.records] == ["WARNING", "WARNING"]


def test_files_unknown_option() -> None:
    with pytest.raises(TypeError):
        batch_process_files([], read_name, colour="red")


def test_package_surface() -> None:
    import coremusic.utils as utils

    assert {*utils.__all__} >= {"batch", "fourcc", "batch_process_parallel", "batch_process_files"}
    assert all(getattr(utils, name) is not None for name in utils.__all__)
    assert utils.BatchOptions is batch.BatchOptions
    with pytest.raises(AttributeError):
        _ = utils.nothing
