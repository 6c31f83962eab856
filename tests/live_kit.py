"""Live sound without hardware: the virtual devices with their clock in the test's hand."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import coremusic as cm

if sys.platform == "darwin":
    pytest.skip("the virtual devices are the engine's, which macOS has not", allow_module_level=True)

from coremusic.engine import virtual

RATE = 48000.0
CYCLE = 512


@pytest.fixture
def hand() -> Iterator[None]:
    """The clock in hand, the output at 48 kHz in cycles of 512 frames."""
    output = virtual.device(virtual.OUTPUT)
    output.sample_rate = RATE
    output.buffer_frame_size = CYCLE
    with virtual.manual_clock():
        yield
    for uid in (virtual.OUTPUT, virtual.INPUT):
        device = virtual.device(uid)
        if device.sample_rate != RATE:
            device.sample_rate = RATE
        if device.buffer_frame_size != CYCLE:
            device.buffer_frame_size = CYCLE


def wait_until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.001)


def advance(
    frames: int, ready: Callable[[], bool] = lambda: True, rate: float = RATE, step: int = CYCLE
) -> None:
    """Lets time pass a cycle at a time, each when `ready` says that there is something to play."""
    for _ in range(0, frames, step):
        wait_until(ready)
        virtual.advance(step, rate)


def noise(frames: int, channels: int = 2, seed: int = 1) -> Any:
    """Samples that no shift or gap leaves alike."""
    return np.random.default_rng(seed).uniform(-0.9, 0.9, (frames, channels)).astype(np.float32)


SPINNING = """
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>
/* On every processor a thread that runs when nothing else wants to. */
static void *spin(void *cpu)
{
    cpu_set_t set;
    struct sched_param none = { 0 };
    CPU_ZERO(&set);
    CPU_SET((int)(long)cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) == 0 && sched_setscheduler(0, SCHED_IDLE, &none) == 0)
        for (volatile unsigned long turns = 0;; turns++)
            ;
    return NULL;
}
int main(void)
{
    pthread_t thread;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (long cpu = 0; cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++)
        pthread_create(&thread, NULL, spin, (void *)cpu);
    pause();
}
"""


@pytest.fixture
def awake(tmp_path: Path) -> Iterator[None]:
    """
    The processors do not sleep meanwhile. Those of a virtual machine wake up many milliseconds late, when the host has
    lent them to others; that is not what is tested here, and on a real machine who needs it holds
    /dev/cpu_dma_latency open.
    """
    (tmp_path / "spin.c").write_text(SPINNING)
    subprocess.run(["gcc", "-O1", "-pthread", "-o", tmp_path / "spin", tmp_path / "spin.c"], check=True)
    process = subprocess.Popen([tmp_path / "spin"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def find(part: Any, whole: Any) -> int:
    """Where a run of frames begins in another; -1 when it is not there."""
    first = np.flatnonzero((whole == part[0]).all(axis=1))
    for at in first:
        if len(whole) - at >= len(part) and np.array_equal(whole[at : at + len(part)], part):
            return int(at)
    return -1


def pcm(rate: float = RATE, channels: int = 2) -> cm.AudioFormat:
    return cm.AudioFormat.pcm(rate, channels=channels, bits=32, is_float=True)
