"""coremusic midi list | monitor | send | receive | panic."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..exceptions import MIDIError
from ..midi.utilities import MIDISequence
from ..midi_client import MIDIClient, MIDIEndpoint, MIDIMessage
from .quantities import count, seconds
from .report import Failed, print_json

CLIENT_NAME = "coremusic"
NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
VOICE = {
    0x80: "note off",
    0x90: "note on",
    0xA0: "key pressure",
    0xB0: "control",
    0xC0: "program",
    0xD0: "pressure",
    0xE0: "pitch bend",
}
SYSTEM = {
    0xF0: "sysex",
    0xF1: "time code",
    0xF2: "song position",
    0xF3: "song select",
    0xF6: "tune request",
    0xF8: "clock",
    0xFA: "start",
    0xFB: "continue",
    0xFC: "stop",
    0xFE: "active sensing",
    0xFF: "reset",
}
SHOWN_SYSEX = 16  # bytes of one that a line shows
AHEAD = 0.2  # seconds that a file's events are scheduled before their time
SLICE = 0.1
PATIENCE = 0.5  # seconds that a driver has to find its devices in
ALL_SOUND_OFF, RESET_CONTROLLERS, ALL_NOTES_OFF = 120, 121, 123


def add_parser(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("midi", help="list, watch and send MIDI")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_list(actions)
    _add_monitor(actions)
    _add_send(actions)
    _add_receive(actions)
    _add_panic(actions)


def _add_list(actions: Any) -> None:
    parser = actions.add_parser("list", help="list sources and destinations")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run_list)


def _add_monitor(actions: Any) -> None:
    parser = actions.add_parser("monitor", help="show what sources say, also those that come later")
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="name or number (default: all)")
    parser.add_argument("--clock", action="store_true", help="show clock and active sensing too")
    _add_ends(parser)
    parser.set_defaults(run=run_monitor)


def _add_receive(actions: Any) -> None:
    parser = actions.add_parser("receive", help="offer a destination to other programs and show what comes")
    parser.add_argument("--name", default="coremusic", help="its name (coremusic)")
    parser.add_argument("--sysex", metavar="FILE", help="write what comes of SysEx into a file")
    _add_ends(parser)
    parser.set_defaults(run=run_receive, clock=True)


def _add_ends(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each message")
    parser.add_argument("--seconds", type=seconds, metavar="S", help="stop then (default: when interrupted)")
    parser.add_argument("--count", type=count, metavar="N", help="stop after so many messages")


def _add_send(actions: Any) -> None:
    parser = actions.add_parser(
        "send",
        help="send messages, a .syx or a .mid file",
        description="Sends hexadecimal bytes ('90 3c 64'), the SysEx in a .syx file or the music in a .mid file.",
    )
    parser.add_argument("destination", metavar="DESTINATION", help="name, part of the name, or number")
    parser.add_argument("data", nargs="+", metavar="DATA", help="bytes in hexadecimal, or a file")
    parser.set_defaults(run=run_send)


def _add_panic(actions: Any) -> None:
    parser = actions.add_parser("panic", help="end all notes that sound")
    parser.add_argument(
        "destinations", nargs="*", metavar="DESTINATION", help="name or number (default: all)"
    )
    parser.set_defaults(run=run_panic)


# ---- what there is ----


def _facts(endpoint: MIDIEndpoint) -> dict[str, Any]:
    return {
        "id": endpoint.object_id,
        "name": endpoint.display_name,
        "unique_id": endpoint.unique_id,
        "manufacturer": endpoint.manufacturer,
        "model": endpoint.model,
    }


def run_list(options: argparse.Namespace) -> int:
    with MIDIClient(CLIENT_NAME) as client:
        found = {
            "sources": [_facts(endpoint) for endpoint in client.sources],
            "destinations": [_facts(endpoint) for endpoint in client.destinations],
        }
    if options.json:
        print_json(found)
        return 0
    for side, endpoints in found.items():
        print(f"{side}:")
        for one in endpoints:
            made = " ".join(text for text in (one["manufacturer"], one["model"]) if text)
            print(f"  {one['id']:>8}  {one['name']}" + (f"  ({made})" if made else ""))
    return 0


def _chosen(client: MIDIClient, wanted: str, what: str) -> int:
    """The number of a "source" or "destination" by number, name or part of the name."""
    end = time.monotonic() + PATIENCE
    while True:
        endpoints = client.sources if what == "source" else client.destinations
        if wanted.isdigit() and int(wanted) in {endpoint.object_id for endpoint in endpoints}:
            return int(wanted)
        find = client.find_source if what == "source" else client.find_destination
        endpoint = find(wanted)
        if endpoint is not None:
            return endpoint.object_id
        if time.monotonic() > end:
            raise Failed(f"there is no MIDI {what} {wanted!r}; coremusic midi list shows them")
        time.sleep(0.02)


# ---- showing messages ----


def describe(data: bytes) -> str:
    """A message in words: "note on, channel 3: C4 velocity 100"."""
    status = data[0]
    if status >= 0xF0:
        kind = SYSTEM.get(status, f"{status:#x}")
        if status == 0xF0:
            dots = " ..." if len(data) > SHOWN_SYSEX else ""
            return f"{kind}, {len(data)} bytes: {data[:SHOWN_SYSEX].hex(' ')}{dots}"
        return kind + (f": {_system_value(data)}" if len(data) > 1 else "")
    return f"{VOICE[status & 0xF0]}, channel {(status & 15) + 1}: {_voice_value(data)}"


def _system_value(data: bytes) -> int:
    return data[1] | data[2] << 7 if data[0] == 0xF2 else data[1]


def _voice_value(data: bytes) -> str:
    kind = data[0] & 0xF0
    if kind in (0xC0, 0xD0):
        return str(data[1])
    if kind == 0xE0:
        return f"{(data[1] | data[2] << 7) - 8192:+d}"
    if kind == 0xB0:
        return f"{data[1]} = {data[2]}"
    return f"{NOTES[data[1] % 12]}{data[1] // 12 - 1} ({data[1]}) velocity {data[2]}"


class _Printer:
    """Shows messages, counts them, and says when it is enough."""

    def __init__(self, options: argparse.Namespace, names: Callable[[int], str]) -> None:
        self.options, self.names = options, names
        self.began = MIDIClient.seconds(MIDIClient.host_time())
        self.count = 0

    def show(self, message: MIDIMessage) -> None:
        if not self.options.clock and message.data[0] in (0xF8, 0xFE):
            return
        self.count += 1
        when = max(0.0, MIDIClient.seconds(message.timestamp) - self.began)
        name = self.names(message.source)
        if self.options.json:
            line = json.dumps(
                {
                    "seconds": round(when, 6),
                    "source": name,
                    "message": describe(message.data),
                    "bytes": list(message.data),
                }
            )
        else:
            line = f"{when:10.3f}  {name + '  ' if name else ''}{describe(message.data)}"
        print(line, flush=True)

    def is_enough(self) -> bool:
        return self.options.count is not None and self.count >= self.options.count

    def left(self) -> float:
        """Seconds to wait at most, 0 when the time is over."""
        if self.options.seconds is None:
            return SLICE
        now = MIDIClient.seconds(MIDIClient.host_time()) - self.began
        return max(0.0, min(SLICE, float(self.options.seconds) - now))


def _listen(port: Any, printer: _Printer) -> Iterator[MIDIMessage]:
    """Shows and gives each message until it is enough. What the queue had no room for is told at the end."""
    try:
        while not printer.is_enough() and (wait := printer.left()) > 0:
            message = port.receive(wait)
            if message is not None:
                printer.show(message)
                yield message
    except KeyboardInterrupt:
        pass
    if port.dropped:
        print(f"coremusic: {port.dropped} packets came too fast and are missing", file=sys.stderr)


def run_monitor(options: argparse.Namespace) -> int:
    known: dict[int, str] = {}

    def name_of(source: int) -> str:
        if source not in known:
            known[source] = MIDIEndpoint(source).display_name
        return known[source]

    with MIDIClient(CLIENT_NAME) as client:
        port = client.create_input_port("monitor")

        def connect_all(*_: object) -> None:
            for endpoint in client.sources:
                try:
                    port.connect_source(endpoint)
                except MIDIError:  # gone again
                    continue

        if options.sources:
            for wanted in options.sources:
                number = _chosen(client, wanted, "source")
                port.connect_source(number if wanted.isdigit() else wanted)
        else:
            client.on_change = lambda change: connect_all() if change.kind == "added" else None
            connect_all()
        for _ in _listen(port, _Printer(options, name_of)):
            pass
    return 0


def run_receive(options: argparse.Namespace) -> int:
    with MIDIClient(CLIENT_NAME) as client:
        port = client.create_virtual_destination(options.name)
        got = [m.data for m in _listen(port, _Printer(options, lambda source: "")) if m.data[0] == 0xF0]
    if options.sysex is not None:
        try:
            Path(options.sysex).write_bytes(b"".join(got))
        except OSError as error:
            raise Failed(str(error)) from error
        print(f"{options.sysex}: {len(got)} SysEx messages", file=sys.stderr)
    return 0


# ---- sending ----


def _hexadecimal(words: list[str]) -> bytes:
    try:
        data = bytes.fromhex(" ".join(words).replace(",", " ").replace("0x", ""))
    except ValueError as error:
        raise Failed(
            f"{' '.join(words)!r} is neither a file nor hexadecimal bytes such as 90 3c 64"
        ) from error
    if not data or data[0] < 0x80:
        raise Failed("a MIDI message begins with a status byte, 80 to ff")
    return data


def _play(client: MIDIClient, destination: int, sequence: MIDISequence) -> None:
    """A file's events at their times, scheduled a little ahead. Interrupted, it ends what sounds."""
    port = client.create_output_port("player")
    events = sorted((e for track in sequence.tracks for e in track.events), key=lambda e: e.time)
    start = MIDIClient.host_time(AHEAD)
    began = time.monotonic() + AHEAD
    tick = MIDIClient.seconds(1)
    try:
        for event in events:
            time.sleep(max(0.0, began + event.time - AHEAD - time.monotonic()))
            port.send_data(destination, event.to_bytes(), start + round(event.time / tick))
        time.sleep(max(0.0, began + sequence.duration + SLICE - time.monotonic()))
    except KeyboardInterrupt:
        _quiet(port, destination)
        raise


def run_send(options: argparse.Namespace) -> int:
    path = Path(options.data[0]) if len(options.data) == 1 else None
    is_file = path is not None and path.is_file()
    with MIDIClient(CLIENT_NAME) as client:
        number = _chosen(client, options.destination, "destination")
        try:
            if path is not None and is_file and path.read_bytes()[:4] == b"MThd":
                _play(client, number, MIDISequence.load(path))
            elif path is not None and is_file:
                _send_sysex(client, number, path.read_bytes())
            else:
                client.create_output_port("sender").send_data(number, _hexadecimal(options.data))
        except (MIDIError, OSError, ValueError) as error:
            raise Failed(str(error)) from error
    return 0


def _send_sysex(client: MIDIClient, destination: int, data: bytes) -> None:
    if data[:1] != b"\xf0" or data[-1:] != b"\xf7":
        raise ValueError("the file is neither a MIDI file nor SysEx, which goes from F0 to F7")
    sent = client.create_output_port("sender").send_sysex(destination, data)
    if sent != len(data):
        raise ValueError(f"only {sent} bytes of {len(data)} were sent")


def _quiet(port: Any, destination: int) -> None:
    from .. import capi

    capi.midi_flush_output(destination)
    for channel in range(16):
        for controller in (ALL_SOUND_OFF, ALL_NOTES_OFF, RESET_CONTROLLERS):
            port.send_data(destination, bytes([0xB0 | channel, controller, 0]))


def run_panic(options: argparse.Namespace) -> int:
    with MIDIClient(CLIENT_NAME) as client:
        if options.destinations:
            numbers = [_chosen(client, wanted, "destination") for wanted in options.destinations]
        else:
            numbers = [endpoint.object_id for endpoint in client.destinations]
        port = client.create_output_port("panic")
        for number in numbers:
            try:
                _quiet(port, number)
            except (MIDIError, RuntimeError) as error:
                raise Failed(str(error)) from error
    print(f"{len(numbers)} destinations")
    return 0
