"""What the commands print: facts for people or as JSON, progress, and failures."""

from __future__ import annotations

import io
import json
import math
import sys
import time
from collections.abc import Callable
from typing import Any


class Failed(Exception):
    """A command cannot go on; the text says why."""


def print_json(value: Any) -> None:
    """One JSON document on standard output. JSON has no infinities: they become null."""
    print(json.dumps(_finite(value), indent=2, ensure_ascii=False))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return value if not isinstance(value, float) or math.isfinite(value) else None


def allow_any_name() -> None:
    """File names need not be text. What cannot be encoded is shown as a backslash escape, which JSON takes too."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def clock(seconds: float) -> str:
    """1:02:03.456, without hours that are 0."""
    total = round(seconds * 1000)
    minutes, millis = divmod(total, 60_000)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{millis / 1000:06.3f}"


def print_facts(facts: list[tuple[str, str]]) -> None:
    """Names and values in two columns."""
    width = max((len(name) for name, _ in facts), default=0)
    for name, value in facts:
        print(f"  {name + ':':<{width + 1}} {value}")


def tags(metadata: dict[str, str]) -> list[tuple[str, str]]:
    """What to show of an info dictionary: all but the duration, which is no more than an estimate there."""
    return sorted((key, text) for key, text in metadata.items() if key != "approximate duration in seconds")


class Progress:
    """A line on a terminal's standard error that shows how far a long job is; silent elsewhere and for short jobs."""

    DELAY = 0.5  # seconds until it is worth showing
    INTERVAL = 0.1

    def __init__(self, label: str, enabled: bool = True) -> None:
        self.label = label
        self.enabled = enabled and sys.stderr.isatty()
        self.began = self.shown = time.monotonic()
        self.visible = False

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self.enabled or now - self.began < self.DELAY or now - self.shown < self.INTERVAL or not total:
            return
        share = min(done / total, 1.0)
        left = (now - self.began) * (1 / share - 1) if share else 0.0
        filled = round(share * 30)
        bar = "#" * filled + "-" * (30 - filled)
        sys.stderr.write(f"\r{self.label} [{bar}] {share:4.0%}, {left:.0f} s left \x1b[K")
        sys.stderr.flush()
        self.shown, self.visible = now, True

    def close(self) -> None:
        """Takes the line away."""
        if self.visible:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self.visible = False


def each(paths: list[str], job: Callable[[str], Any]) -> tuple[list[Any], int]:
    """Runs job on every path; one failure does not stop the rest. Results in order, and how many failed."""
    results, failed = [], 0
    for path in paths:
        try:
            results.append(job(path))
        except (Failed, OSError, ValueError, RuntimeError, ImportError) as error:
            print(f"coremusic: {path}: {error}", file=sys.stderr)
            failed += 1
    return results, failed
