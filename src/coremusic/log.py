"""Logging of coremusic: silent until the program asks for it.

The package logs to the logger "coremusic" and its children and installs no handler of its own. `config` is
for scripts that want to see the records on the terminal.
"""

from __future__ import annotations

import logging
import os
import sys

__all__ = ["COLOR", "DEBUG", "PY_VER_MINOR", "CustomFormatter", "config", "getenv"]

logging.getLogger("coremusic").addHandler(logging.NullHandler())

_SWITCHES = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def getenv(key: str, default: bool = False) -> bool:
    """An environment variable that switches something on or off.

    Args:
        key: Name of the variable.
        default: What holds when the variable is not set or says neither.

    Returns:
        True for any number but 0 and for true, yes, on; False for 0, false, no, off; otherwise default.
    """
    text = os.environ.get(key, "").strip().lower()
    if text.isdecimal():
        return int(text) != 0
    return _SWITCHES.get(text, default)


PY_VER_MINOR = sys.version_info.minor
"""Minor version of the running Python: 11 for 3.11."""

DEBUG = getenv("DEBUG", default=True)
"""Whether `config` shows debug records too (environment variable DEBUG)."""

COLOR = getenv("COLOR", default=True)
"""Whether records are coloured on a terminal (environment variable COLOR)."""


class CustomFormatter(logging.Formatter):
    """One line per record: time since the start, level, place and message, coloured by level.

    Args:
        use_color: True for terminals that understand ANSI colours.
    """

    white = "\x1b[97;20m"
    grey = "\x1b[38;20m"
    green = "\x1b[32;20m"
    cyan = "\x1b[36;20m"
    yellow = "\x1b[33;20m"
    red = "\x1b[31;20m"
    bold_red = "\x1b[31;1m"
    reset = "\x1b[0m"
    fmt = "%(delta)s - %(levelname)s - %(name)s.%(funcName)s - %(message)s"
    cfmt = (
        f"{white}%(delta)s{reset} - {{color}}%(levelname)s{reset} - "
        f"{cyan}%(name)s.%(funcName)s{reset} - {grey}%(message)s{reset}"
    )
    FORMATS = {
        logging.DEBUG: cfmt.format(color=grey),
        logging.INFO: cfmt.format(color=green),
        logging.WARNING: cfmt.format(color=yellow),
        logging.ERROR: cfmt.format(color=red),
        logging.CRITICAL: cfmt.format(color=bold_red),
    }

    def __init__(self, use_color: bool = COLOR) -> None:
        super().__init__(self.fmt)
        self.use_color = use_color
        self._coloured = {level: logging.Formatter(text) for level, text in self.FORMATS.items()}

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record; sets record.delta, the time since the start as HH:MM:SS."""
        seconds = int(record.relativeCreated // 1000)
        record.delta = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        coloured = self._coloured.get(record.levelno) if self.use_color else None
        return coloured.format(record) if coloured else super().format(record)


def config(name: str) -> logging.Logger:
    """Shows the records of a logger and its children on standard error.

    A root handler is installed through logging.basicConfig, which does nothing where the program has one
    already. The root logger's own level stays, so that other libraries do not become talkative.

    Args:
        name: Name of the logger, e.g. "coremusic" for everything that this package logs.

    Returns:
        The logger, set to DEBUG, or to INFO where DEBUG is off.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(CustomFormatter(COLOR and sys.stderr.isatty()))
    logging.basicConfig(handlers=[handler])
    logger = logging.getLogger(name)
    logger.setLevel(logging.DEBUG if DEBUG else logging.INFO)
    return logger
