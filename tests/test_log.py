"""coremusic.log: silent until asked, tolerant of the environment, readable lines."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from coremusic import log

SOURCE = str(Path(log.__file__).parents[1])


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("0", False), ("2", True), ("00", False), ("true", True), ("Off", False), (" yes ", True)],
)
def test_getenv(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv("SWITCH", text)
    assert log.getenv("SWITCH") is value
    assert log.getenv("SWITCH", default=not value) is value


@pytest.mark.parametrize("text", ["", "maybe", "-", "1.5", "*.js"])
def test_getenv_keeps_the_default(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SWITCH", text)
    assert log.getenv("SWITCH") is False
    assert log.getenv("SWITCH", default=True) is True
    monkeypatch.delenv("SWITCH")
    assert log.getenv("SWITCH", True) is True


def record(level: int, message: str = "text", **kwargs: object) -> logging.LogRecord:
    made = logging.LogRecord("some.name", level, "file.py", 1, message, None, None, "function")
    vars(made).update(kwargs)
    return made


def test_plain_lines() -> None:
    formatter = log.CustomFormatter(use_color=False)
    made = record(logging.WARNING, relativeCreated=3_725_999.0)
    assert formatter.format(made) == "01:02:05 - WARNING - some.name.function - text"
    assert made.delta == "01:02:05"  # type: ignore[attr-defined]
    assert formatter.use_color is False


@pytest.mark.parametrize(
    ("level", "colour"),
    [
        (logging.DEBUG, "\x1b[38;20m"),
        (logging.INFO, "\x1b[32;20m"),
        (logging.WARNING, "\x1b[33;20m"),
        (logging.ERROR, "\x1b[31;20m"),
        (logging.CRITICAL, "\x1b[31;1m"),
    ],
)
def test_coloured_lines(level: int, colour: str) -> None:
    line = log.CustomFormatter(use_color=True).format(record(level, relativeCreated=1000.0))
    assert f"{colour}{logging.getLevelName(level)}\x1b[0m" in line
    assert re.sub(r"\x1b\[[0-9;]*m", "", line) == (
        f"00:00:01 - {logging.getLevelName(level)} - some.name.function - text"
    )


def test_other_levels_and_exceptions() -> None:
    formatter = log.CustomFormatter(use_color=True)
    assert "Level 25" in formatter.format(record(25))
    try:
        raise ValueError("inner")
    except ValueError:
        line = formatter.format(record(logging.ERROR, exc_info=sys.exc_info()))
    assert "ValueError: inner" in line


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a program that can import the package's pure modules, without its native ones."""
    head = (
        "import sys, types, logging\n"
        "package = types.ModuleType('coremusic')\n"
        f"package.__path__ = [{SOURCE!r} + '/coremusic']\n"
        "sys.modules['coremusic'] = package\n"
    )
    return subprocess.run(
        [sys.executable, "-c", head + program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )


def test_import_changes_no_logger_and_prints_nothing() -> None:
    output = run(
        "import coremusic.log\n"
        "root = logging.getLogger()\n"
        "print(root.level, root.handlers)\n"
        "logging.getLogger('coremusic.capi').error('lost')\n"
    )
    assert output.stdout == "30 []\n"
    assert output.stderr == ""


def test_config() -> None:
    output = run(
        "import coremusic.log as log\n"
        "logger = log.config('coremusic')\n"
        "print(logger.name, logger.level, logging.getLogger().level)\n"
        "logging.getLogger('coremusic.capi').debug('shown')\n"
        "logging.getLogger('other').info('not shown')\n"
        "print(log.config('coremusic') is logger, len(logging.getLogger().handlers))\n"
    )
    assert output.stdout == "coremusic 10 30\nTrue 1\n"
    assert re.fullmatch(r"\d\d:\d\d:\d\d - DEBUG - coremusic\.capi\.<module> - shown\n", output.stderr)


def test_environment() -> None:
    program = "import coremusic.log as log\nprint(log.DEBUG, log.COLOR, log.config('x').level)\n"
    assert run(program, DEBUG="0", COLOR="no").stdout == "False False 20\n"
    assert run(program, DEBUG="app:*", COLOR="always").stdout == "True True 10\n"


def test_python_version() -> None:
    assert sys.version_info.minor == log.PY_VER_MINOR
