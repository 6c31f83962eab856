"""Types of numbers on the command line. What is none of them is a usage error that names the type."""

from __future__ import annotations

import math


def seconds(text: str) -> float:
    """A time, finite and not negative."""
    value = float(text)
    if not 0 <= value < math.inf:
        raise ValueError(text)
    return value


def rate(text: str) -> float:
    """A number above 0: of samples or bits a second."""
    value = seconds(text)
    if value == 0:
        raise ValueError(text)
    return value


def gain(text: str) -> float:
    """A linear factor that does not turn the sound upside down."""
    return seconds(text)


def count(text: str) -> int:
    """A whole number from 1."""
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value
