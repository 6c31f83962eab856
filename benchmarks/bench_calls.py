"""What does the smallest call of the functional API cost, beside math.sqrt?"""

from __future__ import annotations

import math
import timeit
from collections.abc import Iterator

from harness import Row, main, text_of

from coremusic import capi

QUESTION = __doc__
CALLS = {
    "math.sqrt": "sqrt(2.0)",
    "a constant": "get_audio_file_property_data_format()",
    "fourchar_to_int": "fourchar_to_int('RIFF')",
}


def nanoseconds() -> dict[str, float]:
    """The least time of each call, without the loop that makes it."""
    names = {"sqrt": math.sqrt, **vars(capi)}
    timers = {name: timeit.Timer(code, globals=names) for name, code in CALLS.items()}
    timers["nothing"] = timeit.Timer("pass")
    best = {name: float("inf") for name in timers}
    for _ in range(40):
        for name, timer in timers.items():
            best[name] = min(best[name], timer.timeit(50_000) / 50_000)
    nothing = best.pop("nothing")
    return {name: seconds - nothing for name, seconds in best.items()}


def rows() -> Iterator[Row]:
    best = nanoseconds()
    base = best.pop("math.sqrt")
    for name, seconds in best.items():
        yield Row(
            f"call of capi: {name}",
            text_of(seconds),
            f"math.sqrt, {text_of(base)}",
            seconds / base,
            2,
            at_most=True,
        )


if __name__ == "__main__":
    main(str(QUESTION), rows)
