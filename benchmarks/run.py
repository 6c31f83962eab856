"""All benchmarks: ours against the best peer that is installed, on the same data, results compared first.

Run: python benchmarks/run.py [--only NAME ...] [--output FILE]

Prints a Markdown table for each program bench_*.py of this folder and writes them to benchmarks/results.md. Times are
the least of many rounds in which all take turns: by the wall clock, and in brackets the processor time of all threads.
ratio: the peer's time by ours (above 1: ours is faster), by processor time for decoders and kernels in the caches,
which use one thread, otherwise by the wall clock; or what the row says. On a machine that others use, run it as
`sudo chrt -f 10 python benchmarks/run.py`, which goes before them. Exits with 0 also where a target is missed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TextIO

from harness import COLUMNS, Row, markdown

FOLDER = Path(__file__).resolve().parent
PROGRAMS = ["readers", "open", "decoders", "resample", "kernels", "memory", "calls", "live", "midi"]
LIBRARIES = [
    "numpy",
    "scipy",
    "soundfile",
    "soxr",
    "pedalboard",
    "av",
    "miniaudio",
    "sounddevice",
    "python-rtmidi",
]


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def versions() -> Iterator[str]:
    for name in LIBRARIES:
        try:
            yield f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            yield f"{name} not installed"


def heading() -> str:
    machine = (
        f"{processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    )
    return f"# Benchmarks\n\n{machine}; {', '.join(versions())}.\n"


class Report:
    """Lines that go to the screen and into a file as they come."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.missed: list[Row] = []

    def put(self, line: str = "") -> None:
        print(line, flush=True)
        self.file.write(line + "\n")
        self.file.flush()

    def cells(self, rows: Iterator[Row]) -> Iterator[tuple[str, ...]]:
        for row in rows:
            if "no" in row.met:
                self.missed.append(row)
            yield row.cells()

    def section(self, program: str) -> None:
        try:
            module = importlib.import_module(f"bench_{program}")
        except ImportError as error:
            self.put(f"\n{program}: left out, {error}")
            return
        question = (module.__doc__ or program).partition("\n")[0]
        self.put(f"\n## {question}\n")
        for line in markdown(self.cells(module.rows()), COLUMNS):
            self.put(line)
        notes = getattr(module, "NOTES", "")
        if notes:
            self.put(f"\n{notes.strip()}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Ours against the best peers, as Markdown tables.")
    parser.add_argument("--only", nargs="+", choices=PROGRAMS, default=PROGRAMS)
    parser.add_argument("--output", type=Path, default=FOLDER / "results.md")
    options = parser.parse_args()
    import coremusic  # noqa: F401 - without it there is nothing to measure; peers may be missing

    with options.output.open("w") as file:
        report = Report(file)
        report.put(heading())
        for program in options.only:
            report.section(program)
        missed = "\n".join(f"- {row.what}: {row.ratio:.2f}" for row in report.missed) or "none"
        report.put(f"\nTargets missed:\n\n{missed}")


if __name__ == "__main__":
    sys.path.insert(0, str(FOLDER))
    main()
