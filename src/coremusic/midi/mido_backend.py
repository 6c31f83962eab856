"""A backend of mido: ``mido.set_backend("coremusic.midi.mido_backend")``.

Then mido.open_input, open_output, open_ioport, get_input_names and the others use MIDIClient, here and on macOS.
As in mido's own backends, the ``time`` of messages that arrive is 0, and sending is at once: MIDIClient knows times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mido import Message
from mido.ports import BaseInput, BaseOutput

from ..exceptions import MIDIError
from ..midi_client import (
    MIDIClient,
    MIDIInputPort,
    MIDIOutputPort,
    MIDIVirtualDestination,
    MIDIVirtualSource,
)

__all__ = ["Input", "Output", "from_mido", "get_devices", "to_mido"]

CLIENT_NAME = "mido"
SLICE = 0.1  # seconds after which a blocked receive() looks whether its port was closed


def to_mido(data: bytes, time: float = 0) -> Message:
    """The mido message of one message's bytes. ValueError when they are none."""
    return Message.from_bytes(data, time=time)


def from_mido(message: Message) -> bytes:
    """The bytes of a mido message."""
    return bytes(message.bytes())


def _names(listed: list[tuple[int, str]]) -> dict[str, int]:
    """Endpoints by names that are all different: a second "a" is "a 2"."""
    names: dict[str, int] = {}
    for number, name in listed:
        unique, count = name, 1
        while unique in names:
            count += 1
            unique = f"{name} {count}"
        names[unique] = number
    return names


def get_devices(api: str | None = None, **_: Any) -> list[dict[str, Any]]:
    """What can be opened: dicts of name, is_input and is_output."""
    with MIDIClient(CLIENT_NAME) as client:
        inputs, outputs = _names(client.get_sources()), _names(client.get_destinations())
    return [
        {"name": name, "is_input": name in inputs, "is_output": name in outputs}
        for name in dict.fromkeys([*inputs, *outputs])
    ]


def _chosen(listed: list[tuple[int, str]], name: str | None) -> tuple[str, int]:
    """The endpoint of a name, or the first. OSError when there is none."""
    names = _names(listed)
    if not names:
        raise OSError("no ports available")
    if name is None:
        return next(iter(names.items()))
    if name not in names:
        raise OSError(f"unknown port {name!r}")
    return name, names[name]


def _virtual_name(name: str | None) -> str:
    if name is None:
        raise OSError("virtual port must have a name")
    return name


class Input(BaseInput):  # type: ignore[misc]
    """What mido.open_input returns."""

    name: str | None
    _locking = False

    def _open(
        self,
        client_name: str | None = None,
        virtual: bool = False,
        callback: Callable[[Message], object] | None = None,
        **_: Any,
    ) -> None:
        self._device_type = "coremusic"
        self._callback: Callable[[Message], object] | None = None
        self._client = MIDIClient(client_name or CLIENT_NAME)
        try:
            self._port = self._open_port(virtual or client_name is not None)
        except BaseException:
            self._client.dispose()
            raise
        self.callback = callback

    def _open_port(self, virtual: bool) -> MIDIInputPort | MIDIVirtualDestination:
        try:
            if virtual:
                return self._client.create_virtual_destination(_virtual_name(self.name))
            self.name, source = _chosen(self._client.get_sources(), self.name)
            port = self._client.create_input_port(CLIENT_NAME)
            port.connect_source(source)
        except MIDIError as error:
            raise OSError(str(error)) from error
        return port

    def _close(self) -> None:
        self.closed = True  # who is woken by the end is to see it
        self._client.dispose()

    @property
    def callback(self) -> Callable[[Message], object] | None:
        """Called with each message, on a thread of coremusic's; messages that wait come first."""
        return self._callback

    @callback.setter
    def callback(self, callback: Callable[[Message], object] | None) -> None:
        self._callback = callback
        self._port.callback = None if callback is None else self._arrived

    def _arrived(self, data: bytes, timestamp: int, source: int) -> None:
        message, callback = self._message(data), self._callback
        if message is not None and callback is not None:
            callback(message)

    @staticmethod
    def _message(data: bytes) -> Message | None:
        try:
            return to_mido(data)
        except ValueError:  # undefined to mido
            return None

    def receive(self, block: bool = True) -> Message | None:
        """The next message. OSError when the port is closed while this waits."""
        self._check_callback()
        if self.closed:
            if block:
                raise ValueError("receive() called on closed port")
            return None
        while not self.closed:
            try:
                received = self._port.receive(SLICE if block else 0)
            except RuntimeError:
                break  # disposed of
            message = None if received is None else self._message(received.data)
            if message is not None or (received is None and not block):
                return message
        raise OSError("port closed during receive()")

    def __iter__(self) -> Iterator[Message]:
        """Messages until the port is closed."""
        self._check_callback()
        for received in self._port:
            message = self._message(received.data)
            if message is not None:
                yield message

    def poll(self) -> Message | None:
        """The next message that is here, or None."""
        return self.receive(block=False)


class Output(BaseOutput):  # type: ignore[misc]
    """What mido.open_output returns."""

    name: str | None
    _locking = False

    def _open(self, client_name: str | None = None, virtual: bool = False, **_: Any) -> None:
        self._device_type = "coremusic"
        self._client = MIDIClient(client_name or CLIENT_NAME)
        self._source: MIDIVirtualSource | None = None
        self._port: MIDIOutputPort | None = None
        try:
            if virtual or client_name is not None:
                self._source = self._client.create_virtual_source(_virtual_name(self.name))
            else:
                self.name, self._destination = _chosen(self._client.get_destinations(), self.name)
                self._port = self._client.create_output_port(CLIENT_NAME)
        except BaseException as error:
            self._client.dispose()
            if isinstance(error, MIDIError):
                raise OSError(str(error)) from error
            raise

    def _close(self) -> None:
        self._client.dispose()

    def _send(self, message: Message) -> None:
        try:
            if self._source is not None:
                self._source.send(from_mido(message))
            elif self._port is not None:
                self._port.send_data(self._destination, from_mido(message))
        except MIDIError as error:
            raise OSError(str(error)) from error
