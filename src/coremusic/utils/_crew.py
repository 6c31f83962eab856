"""Workers for coremusic.utils.batch: threads or processes behind one interface, and the loop that feeds them.

A crew hires workers, gives each a few tasks, and reports what they do. A worker that takes too long is
dismissed and replaced: a process is killed; a thread cannot be, so it is left to end by itself and its result
is ignored. A process that dies takes only the item with it that it was working on.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import queue
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator
from multiprocessing.reduction import ForkingPickler
from typing import Any

from coremusic.utils.batch import ItemResult

Task = tuple[int, Any]
"""An item's place in the input, and the item."""

Outcome = int | ItemResult[Any, Any]
"""The number of the attempt that begins, or what came of the item."""

Work = Callable[[Any, Callable[[int], None]], ItemResult[Any, Any]]
"""Runs one item; calls its second argument with the number of each attempt that begins."""


class Died(Exception):
    """A worker process ended without a result."""


class Worker:
    """A worker as the loop sees it: its items by index, the first of which it is at, and since when."""

    def __init__(self) -> None:
        self.tasks: dict[int, Any] = {}
        self.since: float | None = None
        self.attempt = 1

    def begin(self, attempt: int) -> None:
        """Notes that an attempt at the first item begins."""
        self.attempt = attempt
        if self.since is None:
            self.since = time.perf_counter()

    def drop(self, index: int) -> None:
        """Takes an item off the worker's hands."""
        self.tasks.pop(index)
        self.since, self.attempt = None, 1

    def is_late(self, timeout: float) -> bool:
        return self.since is not None and time.perf_counter() - self.since >= timeout

    def failure(self, error: str, error_type: str) -> ItemResult[Any, Any]:
        """The result of an item that the worker will not finish."""
        duration = time.perf_counter() - self.since if self.since is not None else 0.0
        return ItemResult(None, None, False, error, error_type, None, self.attempt, duration)


class Crew(ABC):
    """Workers of one kind."""

    @abstractmethod
    def hire(self) -> Worker:
        """A new worker without tasks."""

    @abstractmethod
    def give(self, worker: Worker, tasks: list[Task]) -> None:
        """Sets a worker to work on tasks, one after the other."""

    @abstractmethod
    def wait(self, timeout: float | None) -> list[tuple[Worker, int, Outcome | BaseException]]:
        """What workers report, as (worker, index, outcome); nothing when timeout seconds pass first."""

    @abstractmethod
    def dismiss(self, worker: Worker) -> None:
        """Ends a worker that is at work."""

    @abstractmethod
    def close(self, wait: bool) -> None:
        """Ends all workers; with wait, threads finish the item that they are at."""


class _ThreadWorker(Worker):
    def __init__(self, crew: ThreadCrew) -> None:
        super().__init__()
        self.inbox: queue.SimpleQueue[list[Task] | None] = queue.SimpleQueue()
        self.dismissed = False
        self.thread = threading.Thread(target=self.run, args=(crew,), daemon=True)
        self.thread.start()

    def run(self, crew: ThreadCrew) -> None:
        while (tasks := self.inbox.get()) is not None:
            for index, item in tasks:
                if self.dismissed:
                    return
                crew.events.put((self, index, self.outcome(crew, index, item)))

    def outcome(self, crew: ThreadCrew, index: int, item: Any) -> ItemResult[Any, Any] | BaseException:
        try:
            return crew.work(item, lambda attempt: crew.events.put((self, index, attempt)))
        except BaseException as error:
            return error


class ThreadCrew(Crew):
    """Daemon threads."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.events: queue.SimpleQueue[tuple[Worker, int, Outcome | BaseException]] = queue.SimpleQueue()
        self.workers: list[_ThreadWorker] = []

    def hire(self) -> Worker:
        worker = _ThreadWorker(self)
        self.workers.append(worker)
        return worker

    def give(self, worker: Worker, tasks: list[Task]) -> None:
        assert isinstance(worker, _ThreadWorker)
        worker.inbox.put(tasks)

    def wait(self, timeout: float | None) -> list[tuple[Worker, int, Outcome | BaseException]]:
        try:
            return [self.events.get(timeout=timeout)]
        except queue.Empty:
            return []

    def dismiss(self, worker: Worker) -> None:
        assert isinstance(worker, _ThreadWorker)
        self.workers.remove(worker)
        worker.dismissed = True
        worker.inbox.put(None)

    def close(self, wait: bool) -> None:
        threads = [worker.thread for worker in self.workers]
        for worker in list(self.workers):
            self.dismiss(worker)
        for thread in threads if wait else []:
            thread.join()


def _serve(connection: multiprocessing.connection.Connection, work: Work) -> None:
    """The main function of a worker process: runs until the parent says None, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent too, which ends its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a forked process has the parent's handler
    parent = multiprocessing.parent_process()
    assert parent is not None
    while connection in multiprocessing.connection.wait([connection, parent.sentinel]):
        tasks = connection.recv()
        if tasks is None:
            return
        for index, pickled in tasks:
            connection.send_bytes(ForkingPickler.dumps((index, _answer(connection, work, index, pickled))))


def _answer(
    connection: multiprocessing.connection.Connection, work: Work, index: int, pickled: bytes
) -> bytes | BaseException:
    """The pickled result of one item, or the exception that ends the batch."""

    def report(attempt: int) -> None:
        connection.send_bytes(ForkingPickler.dumps((index, attempt)))

    try:
        result = work(ForkingPickler.loads(pickled), report)
        result.item = None
        return bytes(ForkingPickler.dumps(result))
    except KeyboardInterrupt as error:
        return error
    except Exception as error:  # the item or the result cannot be pickled
        failure: ItemResult[Any, Any] = ItemResult(None, None, False, str(error), type(error).__name__)
        return bytes(ForkingPickler.dumps(failure))


class _ProcessWorker(Worker):
    def __init__(self, work: Work) -> None:
        super().__init__()
        self.connection, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=_serve, args=(theirs, work))
        self.process.start()
        theirs.close()

    def receive(self) -> tuple[int, Outcome | BaseException]:
        try:
            index, answer = self.connection.recv()
        except (EOFError, OSError):
            self.end(1.0)
            return -1, Died(f"the worker process ended with exit code {self.process.exitcode}")
        if not isinstance(answer, bytes):
            return index, answer
        try:
            result: ItemResult[Any, Any] = ForkingPickler.loads(answer)
        except Exception as error:
            return index, self.failure(f"the result cannot be read: {error}", type(error).__name__)
        return index, result

    def end(self, patience: float) -> None:
        """Waits patience seconds for the process to end by itself, then kills it."""
        self.process.join(patience)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        self.connection.close()


class ProcessCrew(Crew):
    """Child processes, each with a pipe; started by multiprocessing's default method."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.workers: dict[Any, _ProcessWorker] = {}
        self.refused: list[tuple[Worker, int, Outcome | BaseException]] = []

    def hire(self) -> Worker:
        worker = _ProcessWorker(self.work)
        self.workers[worker.connection] = worker
        return worker

    def give(self, worker: Worker, tasks: list[Task]) -> None:
        assert isinstance(worker, _ProcessWorker)
        pickled = []
        for index, item in tasks:
            try:
                pickled.append((index, bytes(ForkingPickler.dumps(item))))
            except Exception as error:
                failure = worker.failure(f"the item cannot be pickled: {error}", type(error).__name__)
                self.refused.append((worker, index, failure))
        with contextlib.suppress(OSError):  # it has died: wait() finds the end of its pipe
            worker.connection.send(pickled)

    def wait(self, timeout: float | None) -> list[tuple[Worker, int, Outcome | BaseException]]:
        events, self.refused = self.refused, []
        if not events:
            for ready in multiprocessing.connection.wait(list(self.workers), timeout):
                worker = self.workers[ready]
                events.append((worker, *worker.receive()))
        return events

    def dismiss(self, worker: Worker) -> None:
        assert isinstance(worker, _ProcessWorker)
        del self.workers[worker.connection]
        worker.end(0.0)

    def close(self, wait: bool) -> None:
        for worker in self.workers.values():
            if worker.tasks:
                worker.process.terminate()
            else:
                with contextlib.suppress(OSError):
                    worker.connection.send(None)
        for worker in self.workers.values():
            worker.end(5.0)
        self.workers.clear()


class Loop:
    """Hands tasks to a crew until all are done.

    Args:
        crew: Who does the work; closed by `events`.
        tasks: What to do.
        chunk_size: How many tasks a worker gets at a time.
        timeout: Seconds that one item may take, or None.
    """

    def __init__(self, crew: Crew, tasks: list[Task], chunk_size: int, timeout: float | None) -> None:
        self.crew, self.waiting = crew, deque(tasks)
        self.chunk_size, self.timeout = chunk_size, timeout
        self.busy: set[Worker] = set()

    def feed(self, worker: Worker) -> None:
        """Gives an idle worker its next tasks; without any it is no longer busy."""
        chunk = [self.waiting.popleft() for _ in range(min(self.chunk_size, len(self.waiting)))]
        if chunk:
            worker.tasks = dict(chunk)
            self.busy.add(worker)
            self.crew.give(worker, chunk)
        else:
            self.busy.discard(worker)

    def give_up(
        self, worker: Worker, error: str, error_type: str
    ) -> Generator[tuple[int, Outcome], None, None]:
        """Dismisses a worker: the item that it was at has failed, another worker does the rest."""
        failure = worker.failure(error, error_type)
        index = next(iter(worker.tasks))
        worker.drop(index)
        self.busy.discard(worker)
        self.crew.dismiss(worker)
        self.waiting.extendleft(reversed(worker.tasks.items()))
        if self.waiting:
            self.feed(self.crew.hire())
        yield index, failure

    def patience(self) -> float | None:
        """Seconds until the first busy worker is late."""
        begun = [worker.since for worker in self.busy if worker.since is not None]
        if self.timeout is None or not begun:
            return None
        return max(0.0, min(begun) + self.timeout - time.perf_counter())

    def handle(
        self, worker: Worker, index: int, outcome: Outcome | BaseException
    ) -> Generator[tuple[int, Outcome], None, None]:
        if isinstance(outcome, Died):
            yield from self.give_up(worker, str(outcome), "BrokenProcess") if worker.tasks else ()
        elif isinstance(outcome, BaseException):
            raise outcome
        elif isinstance(outcome, int):
            worker.begin(outcome)
            yield index, outcome
        else:
            worker.drop(index)
            yield index, outcome
            if not worker.tasks:
                self.feed(worker)

    def events(self, workers: int) -> Generator[tuple[int, Outcome], None, None]:
        """Runs everything with a number of workers; yields (index, outcome) as things happen.

        Closing the iterator ends the workers.
        """
        wait = True
        try:
            for _ in range(min(workers, -(-len(self.waiting) // self.chunk_size))):
                self.feed(self.crew.hire())
            while self.busy:
                for worker, index, outcome in self.crew.wait(self.patience()):
                    if worker in self.busy:
                        yield from self.handle(worker, index, outcome)
                for worker in [w for w in self.busy if self.timeout is not None and w.is_late(self.timeout)]:
                    yield from self.give_up(worker, f"timed out after {self.timeout:g} s", "TimeoutError")
        except KeyboardInterrupt:
            wait = False
            raise
        finally:
            self.crew.close(wait)
