#!/usr/bin/env python3
"""Writes a C program that compiles only where our headers agree with Apple's, to the number and the byte.

For everything that a header in csrc/include declares and tests/data/apple knows, it asserts the value of each
constant, the text of each string constant, the size of each struct, the place and size of each field, what
each type stands for, and the prototype of each function. Run, the program prints how many of each it holds.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import apple_tables

SINGLE_WORDS = {"const", "struct", "unsigned", "long", "int", "void", "char", "short", "union"}


def includes() -> list[str]:
    return [f"#include <{path.relative_to(apple_tables.INCLUDE)}>" for path in apple_tables.header_files()]


def plain(c_type: str) -> str:
    """A C type without the annotations of Apple's compiler."""
    return re.sub(r"\s*\b_N(on|ull)\w*", "", c_type).strip()


def is_known(c_type: str, declared: apple_tables.Declared) -> bool:
    """True when every name in a C type is one that our headers use."""
    words = set(re.findall(r"[A-Za-z_]\w*", c_type))
    return words - SINGLE_WORDS <= declared.types


def for_compilers(line: str) -> str:
    """A line with blocks (^) in it, for compilers that have them; others see a block as a pointer."""
    if "^" not in line:
        return line
    pointers = re.sub(r"void \(\^ ?\)\([^()]*\)", "const void *", line)
    otherwise = [] if "^" in pointers else ["#else", pointers]
    named = re.sub(r"\(\^ ?\)(\([^()]*\)) (\w+)", r"(^\2)\1", line)
    return "\n".join(["#ifdef __BLOCKS__", named, *otherwise, "#endif"])


def constant_checks(declared: apple_tables.Declared) -> list[str]:
    known = apple_tables.constants().items()
    return [f"SAME((long long){name}, {value}LL, {name});" for name, value in known if name in declared.names]


def string_checks(declared: apple_tables.Declared) -> list[str]:
    known = [(row["name"], row["value"]) for row in apple_tables.rows("macros")]
    texts = [(name, value) for name, value in known if value.startswith('"') and name in declared.names]
    return [f"SAME(__builtin_strcmp({name}, {value}), 0, {name});" for name, value in texts]


def uuid_checks(declared: apple_tables.Declared) -> list[str]:
    known = [(row["name"], row["value"]) for row in apple_tables.rows("macros")]
    uuids = [(name, value) for name, value in known if value.startswith("CFUUID") and name in declared.names]
    return [f"SAME(__builtin_strcmp(TEXT({name}), TEXT({value})), 0, {name});" for name, value in uuids]


def struct_checks(declared: apple_tables.Declared) -> list[str]:
    sizes = {row["struct"]: row["size"] for row in apple_tables.rows("structs")}
    spelled = [(declared.structs[name], size) for name, size in sizes.items() if name in declared.structs]
    return [f"SAME(sizeof({name}), {size}, {name});" for name, size in spelled]


def field_checks(declared: apple_tables.Declared) -> list[str]:
    lines = []
    for row in apple_tables.rows("structs"):
        if struct := declared.structs.get(row["struct"]):
            field = row["field"]
            lines.append(f"SAME(offsetof({struct}, {field}), {row['offset']}, {struct}.{field});")
            lines.append(f"SAME(sizeof((({struct} *)0)->{field}), {row['field_size']}, {struct}.{field});")
    return lines


def type_checks(declared: apple_tables.Declared) -> list[str]:
    known = [(row["name"], plain(row["type"])) for row in apple_tables.rows("typedefs")]
    usable = [
        (name, c_type) for name, c_type in known if name in declared.types and is_known(c_type, declared)
    ]
    return [
        for_compilers(f"SAME(__builtin_types_compatible_p({name}, {c_type}), 1, {name});")
        for name, c_type in usable
    ]


def prototypes(declared: apple_tables.Declared) -> list[str]:
    """Each function once more with Apple's parameters: a different one of ours does not compile."""
    lines = []
    for row in apple_tables.rows("functions"):
        if row["function"] in declared.functions:
            parameters = ", ".join(part.strip() for part in row["parameters"].split(";")) or "void"
            lines.append(for_compilers(f"{row['returns']} {row['function']}({parameters});"))
    return lines


def program() -> str:
    declared = apple_tables.Declared()
    parts = {
        "constants": constant_checks(declared),
        "strings": string_checks(declared),
        "uuids": uuid_checks(declared),
        "struct sizes": struct_checks(declared),
        "field offsets and sizes": field_checks(declared),
        "types": type_checks(declared),
        "prototypes": prototypes(declared),
    }
    head = [
        *includes(),
        "#include <stddef.h>",
        "#include <stdio.h>",
        "",
        "#define TEXT_OF(...) #__VA_ARGS__",
        "#define TEXT(...) TEXT_OF(__VA_ARGS__)",
        "#define SAME(ours, apples, name) _Static_assert((ours) == (apples), #name)",
    ]
    counts = ", ".join(f"{len(lines)} {what}" for what, lines in parts.items())
    main = ["int main(void)", "{", f'    puts("as in Apple\'s headers: {counts}");', "    return 0;", "}"]
    return "\n".join(head + [line for lines in parts.values() for line in ["", *lines]] + ["", *main, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="path of the C file")
    output = parser.parse_args().output
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(program())


if __name__ == "__main__":
    main()
