"""Reads Apple's tables (tests/data/apple/*.tsv) and the headers of csrc/include, for the tools beside it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLES = ROOT / "tests" / "data" / "apple"
INCLUDE = ROOT / "csrc" / "include"


def rows(table: str) -> list[dict[str, str]]:
    """The rows of one table ("constants", "functions", "macros", "structs" or "typedefs")."""
    with (TABLES / f"{table}.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def constants() -> dict[str, int]:
    """Each constant of Apple's headers with its value."""
    return {row["name"]: int(row["value"]) for row in rows("constants")}


def header_files() -> list[Path]:
    """Every header of ours, in a stable order."""
    return sorted(INCLUDE.glob("*/*.h"))


def code(header: Path) -> str:
    """The text of a header without comments, strings and preprocessor conditions."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", header.read_text(), flags=re.DOTALL)
    text = re.sub(r"^\s*#\s*(?!define)\w+[^\n]*", "", text, flags=re.MULTILINE)
    return re.sub(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", " ", text)


class Declared:
    """What our headers declare: all names, functions, and complete structs with C's spelling of each."""

    def __init__(self) -> None:
        self.code = "\n".join(code(header) for header in header_files())
        self.names = set(re.findall(r"\b[A-Za-z_]\w*", self.code))
        self.functions = set(re.findall(r"\b([A-Za-z_]\w*)\s*\([^;{}]*\)\s*[;{]", self.code))
        tagged = re.findall(r"\bstruct\s+(\w+)\s*\{", self.code)
        unnamed = re.findall(r"\}\s*(\w+)\s*;", self.code)
        self.structs = dict(zip(unnamed, unnamed, strict=True)) | {tag: f"struct {tag}" for tag in tagged}
        self.types = self.names - self.functions
