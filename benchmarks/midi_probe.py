"""Messages a second from one library's output to its own virtual input, in one process.

Run by bench_midi.py: python benchmarks/midi_probe.py LIBRARY callback|poll WINDOW SECONDS. At most WINDOW messages are
under way at a time. Prints JSON: rate (messages a second that arrive), lost, latency (median seconds of one message).
"""

from __future__ import annotations

import json
import statistics
import sys
import threading
import time
from collections.abc import Callable

NOTE = [0x90, 60, 100]


PATIENCE = 1.0  # seconds after which what has not arrived is lost


class Counter:
    """A callback that counts, and wakes who waits for a number."""

    def __init__(self) -> None:
        self.count, self.wanted = 0, 1
        self.reached = threading.Event()

    def __call__(self, *_: object) -> None:
        self.count += 1
        if self.count >= self.wanted:
            self.reached.set()

    def wait(self, wanted: int) -> None:
        """Until so many have arrived in all."""
        self.reached.clear()
        self.wanted = wanted
        if self.count < wanted:
            self.reached.wait(PATIENCE)


class Poller:
    """The same by asking for what is there."""

    def __init__(self, poll: Callable[[], int]) -> None:
        self.count, self.poll = 0, poll

    def wait(self, wanted: int) -> None:
        end = time.perf_counter() + PATIENCE
        while self.count < wanted and time.perf_counter() < end:
            self.count += self.poll()


def with_coremusic(way: str) -> tuple[Callable[[], object], Counter | Poller]:
    import coremusic

    client = coremusic.MIDIClient("probe")
    here = client.create_virtual_destination("probe in")
    destination, message = here.object_id, bytes(NOTE)
    send = client.create_output_port("probe out").send_data
    arrivals: Counter | Poller = Poller(lambda: len(here.receive_pending()))
    if way == "callback":
        arrivals = here.callback = Counter()
    return lambda: send(destination, message), arrivals


def with_rtmidi(way: str) -> tuple[Callable[[], object], Counter | Poller]:
    import rtmidi

    here, sender = rtmidi.MidiIn(rtmidi.API_UNIX_JACK), rtmidi.MidiOut(rtmidi.API_UNIX_JACK)
    here.open_virtual_port("probe in")
    arrivals: Counter | Poller = Poller(lambda: here.get_message() is not None)
    if way == "callback":
        arrivals = Counter()
        here.set_callback(arrivals)
    sender.open_port(next(i for i, name in enumerate(sender.get_ports()) if "probe in" in name))
    time.sleep(0.3)
    return lambda: sender.send_message(NOTE) and here, arrivals  # here has to live as long


def main() -> None:
    library, way, window, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    send, arrivals = {"coremusic": with_coremusic, "python-rtmidi": with_rtmidi}[library](way)
    sent, latencies = 0, []
    for _ in range(50):
        began = time.perf_counter()
        send()
        sent += 1
        arrivals.wait(sent)
        latencies.append(time.perf_counter() - began)
    began, before, lost = time.perf_counter(), arrivals.count, 0
    while time.perf_counter() - began < seconds:
        for _ in range(window // 2):
            send()
        sent += window // 2
        arrivals.wait(sent - lost - window // 2)  # the other half may still be under way
        lost += max(0, sent - lost - window // 2 - arrivals.count)
    arrivals.wait(sent - lost)
    rate = (arrivals.count - before) / (time.perf_counter() - began)
    found = {"rate": rate, "lost": sent - arrivals.count, "latency": statistics.median(latencies)}
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
