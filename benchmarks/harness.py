"""Ours and the peers in turn in one process, on the same data, and a row of the table from it."""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Call = Callable[[], Any]
Clock = Callable[["Time"], float]
WALL: Clock = attrgetter("wall")
PROCESSOR: Clock = attrgetter("processor")

TURN = 3  # times that one is called before it is another's turn
COLUMNS = ("what", "ours", "best peer", "ratio", "target", "met")


@dataclass
class Row:
    """One line of the table. Without a ratio there was nothing to compare with; without a target it informs only."""

    what: str
    ours: str
    peer: str
    ratio: float | None = None
    target: float | None = None
    at_most: bool = False  # the target is an upper limit
    note: str = ""  # why a target is missed

    @property
    def met(self) -> str:
        if self.ratio is None or self.target is None:
            return ""
        good = self.ratio <= self.target if self.at_most else self.ratio >= self.target
        return "yes" if good else f"**no**{self.note}"

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        bound = "" if self.target is None else f"{'<=' if self.at_most else '>='} {self.target:g}"
        return self.what, self.ours, self.peer, ratio, bound, self.met


def markdown(rows: Iterable[tuple[str, ...]], header: tuple[str, ...] = COLUMNS) -> Iterator[str]:
    yield "| " + " | ".join(header) + " |"
    yield "|" + "|".join(" --- " for _ in header) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def text_of(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


@dataclass(frozen=True)
class Time:
    """Of one call, in seconds."""

    wall: float
    processor: float  # of all threads of this process together

    def __str__(self) -> str:
        return f"{text_of(self.wall)} ({text_of(self.processor)})"


def timed(call: Call, repeat: int) -> Time:
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(repeat):
        call()
    return Time((time.perf_counter() - wall) / repeat, (time.process_time() - processor) / repeat)


def best_times(calls: Sequence[Call], seconds: float, repeat: int = 1) -> list[Time]:
    """The least times of each call. They take turns in a new order each round, so that what disturbs the machine, and
    the memory that one leaves to the next, disturbs all.

    A turn is more than one call: in a virtual machine the first to touch memory that the host must find again pays for
    it, several times the price of reading a long file.

    seconds: how long to go on; at least 2 rounds are run. repeat: calls timed as one.
    """
    best = [Time(float("inf"), float("inf"))] * len(calls)
    order, shuffle = list(range(len(calls))), random.Random(1).shuffle
    end, rounds = time.perf_counter() + seconds, 0
    while rounds < 2 or time.perf_counter() < end:
        shuffle(order)
        for at in [one for one in order for _ in range(TURN)]:
            now = timed(calls[at], repeat)
            best[at] = Time(min(best[at].wall, now.wall), min(best[at].processor, now.processor))
        rounds += 1
    return best


def row_of(what: str, mine: Time, others: dict[str, Time], target: float, clock: Clock = WALL) -> Row:
    """The ratio of the fastest other's time to ours."""
    if not others:
        return Row(what, str(mine), "peers not installed", None, target)
    name = min(others, key=lambda other: clock(others[other]))
    return Row(what, str(mine), f"{name}, {others[name]}", clock(others[name]) / clock(mine), target)


def compare(
    what: str,
    ours: Call,
    peers: Mapping[str, Call],
    target: float,
    *,
    seconds: float = 4,
    repeat: int = 1,
    clock: Clock = WALL,
) -> Row:
    """clock: PROCESSOR where one thread does the work, so that other programs count as little as can be."""
    mine, *others = best_times([ours, *peers.values()], seconds, repeat)
    return row_of(what, mine, dict(zip(peers, others, strict=True)), target, clock)


def check_equal(what: str, ours: Array, theirs: Array, tolerance: float, frames_apart: int = 0) -> None:
    """Ends the program when the two did not do the same work. Both are (frames, channels)."""
    if ours.shape[1] != theirs.shape[1] or abs(len(ours) - len(theirs)) > frames_apart:
        raise SystemExit(f"{what}: shapes {ours.shape} and {theirs.shape} differ")
    frames = min(len(ours), len(theirs))
    for at in range(0, frames, 1 << 20):
        part = slice(at, min(at + (1 << 20), frames))
        worst = float(np.abs(ours[part] - theirs[part]).max())
        if not worst <= tolerance:
            raise SystemExit(f"{what}: samples differ by {worst:g}")


class Memcpy:
    """Copies of that many bytes into memory that is there already."""

    def __init__(self, size: int) -> None:
        self.source, self.target = np.ones(size, np.uint8), np.ones(size, np.uint8)
        self.moved = 2 * size  # bytes read and written

    def __call__(self) -> None:
        np.copyto(self.target, self.source)


def main(question: str, rows: Callable[[], Iterable[Row]]) -> None:
    """For a program that is run alone."""
    argparse.ArgumentParser(description=question).parse_args()
    for line in markdown(row.cells() for row in rows()):
        print(line, flush=True)
