"""The threads of the engine: real-time scheduling where the process may have it, in silence none where it may not; and
no end of their code before theirs.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from audio_servers import PulseServer, pulse  # noqa: F401

import coremusic as cm

PLAYING = """
import os, sys, time
import numpy as np
from coremusic import engine
from coremusic.audio.streaming import AudioOutputStream
assert engine.get_driver() == sys.argv[1]
stream = AudioOutputStream(sample_rate=48000.0, buffer_size=512)
stream.set_generator(iter(np.full((30, 512, 2), 0.25, np.float32)))
with stream:
    end = time.monotonic() + 10
    while not stream.is_finished and time.monotonic() < end:
        time.sleep(0.01)
    policies = {os.sched_getscheduler(int(t)) & ~os.SCHED_RESET_ON_FORK for t in os.listdir("/proc/self/task")}
    print("real time" if os.SCHED_FIFO in policies else "as others", stream.frames >= 30 * 512)
"""
TRY = "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))"
# The superuser's capabilities are those of the bounding set; others have none.
DROP = ["setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"] if os.geteuid() == 0 else []


def no_limit() -> None:
    resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))


def play(driver: str, environment: dict[str, str], has_right: bool) -> str:
    package = str(Path(cm.__file__).parent.parent)
    sanitizer = {name: os.environ[name] for name in ("LD_PRELOAD", "ASAN_OPTIONS") if name in os.environ}
    done = subprocess.run(
        [*([] if has_right else DROP), sys.executable, "-c", PLAYING, driver],
        env={**environment, "PYTHONPATH": package, "COREMUSIC_DRIVER": driver, **sanitizer},
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=None if has_right else no_limit,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


@pytest.mark.skipif(bool(DROP) and not shutil.which("setpriv"), reason="apt install util-linux")
@pytest.mark.parametrize("driver", ["virtual", "pulse"])
def test_without_the_right(driver: str, pulse: PulseServer) -> None:  # noqa: F811
    """As any user whom nobody gave a limit: it plays, and there is no word about it."""
    assert play(driver, pulse.environment(), has_right=False) == "as others True"


@pytest.mark.parametrize("driver", ["virtual", "pulse"])
def test_with_the_right(driver: str, pulse: PulseServer) -> None:  # noqa: F811
    if subprocess.run([sys.executable, "-c", TRY], capture_output=True).returncode:
        pytest.skip("this user may not have real-time scheduling")
    assert play(driver, pulse.environment(), has_right=True) == "real time True"


CLOSING = """
import _ctypes, ctypes, os, sys, time
library = ctypes.CDLL(sys.argv[1])
library.CMEngineGetDriver()
assert len(os.listdir("/proc/self/task")) > 1
_ctypes.dlclose(library._handle)
time.sleep(1.5)  # each thread of the engine's has woken up by then
ctypes.CDLL(sys.argv[1], mode=os.RTLD_NOLOAD | os.RTLD_NOW).CMEngineGetDriver()
"""


def test_the_library_stays_when_it_is_closed(pulse: PulseServer) -> None:  # noqa: F811
    """Its threads would run on in code that is gone."""
    sanitizer = {name: os.environ[name] for name in ("LD_PRELOAD", "ASAN_OPTIONS") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", CLOSING, cm.get_library()],
        env={**pulse.environment(), "COREMUSIC_DRIVER": "pulse", **sanitizer},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
