#!/usr/bin/env python3
"""Prints, per Apple header, how much of it our headers declare and libcoremusic exports."""

from __future__ import annotations

import argparse
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import apple_tables


@dataclass
class Coverage:
    """The names of one Apple header, and those of them that we have."""

    functions: list[str] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)
    exported: set[str] = field(default_factory=set)
    constants: list[str] = field(default_factory=list)
    defined: set[str] = field(default_factory=set)

    def counts(self) -> list[int]:
        parts = (self.functions, self.declared, self.exported, self.constants, self.defined)
        return [len(part) for part in parts]

    def missing(self) -> list[str]:
        functions = [name for name in self.functions if name not in self.exported]
        return functions + [name for name in self.constants if name not in self.defined]


def newest_library() -> Path | None:
    """The libcoremusic built last, in the package or a build folder."""
    places = ("src/coremusic/libcoremusic.so", "build/**/libcoremusic.so")
    found = [path for place in places for path in apple_tables.ROOT.glob(place)]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def exported_names(library: Path | None) -> set[str]:
    if library is None:
        return set()
    lines = subprocess.check_output(["nm", "-D", "--defined-only", str(library)], text=True).splitlines()
    return {line.split()[-1] for line in lines}


def measure(library: Path | None) -> dict[str, Coverage]:
    headers: dict[str, Coverage] = defaultdict(Coverage)
    declared, exported = apple_tables.Declared(), exported_names(library)
    for row in apple_tables.rows("functions"):
        header, name = headers[row["header"]], row["function"]
        header.functions.append(name)
        header.declared |= {name} & declared.functions
        header.exported |= {name} & exported
    for row in apple_tables.rows("constants"):
        header, name = headers[row["header"]], row["name"]
        header.constants.append(name)
        header.defined |= {name} & declared.names
    return headers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--library", type=Path, help="libcoremusic.so to look into (default: the one built last)"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="name what is missing")
    options = parser.parse_args()
    library = options.library or newest_library()
    headers = measure(library)
    print(f"library: {library or 'none built'}")
    print(f"{'header':40}{'functions':>10}{'declared':>10}{'exported':>10}{'constants':>11}{'declared':>10}")
    totals = [0] * 5
    for name, coverage in sorted(headers.items()):
        counts = coverage.counts()
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
        print(f"{name:40}{counts[0]:10}{counts[1]:10}{counts[2]:10}{counts[3]:11}{counts[4]:10}")
        for missing in coverage.missing() if options.verbose else []:
            print(f"    {missing}")
    print(f"{'all':40}{totals[0]:10}{totals[1]:10}{totals[2]:10}{totals[3]:11}{totals[4]:10}")


if __name__ == "__main__":
    main()
