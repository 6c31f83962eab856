"""MIDIClient, its ports and its virtual endpoints; MIDIEndpoint, which is any source or destination."""

from __future__ import annotations

from . import _capi as capi
from ._objects import MIDIChange, MIDIMessage, MIDINotifier, MIDIReceiver, MIDISender
from .exceptions import MIDIError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Protocol, Self, TypeAlias

    from ._objects import _Data
    from .midi_ump import MIDIFunctionBlock, MIDIUMPEndpoint

    class _HasObjectID(Protocol):
        @property
        def object_id(self) -> int: ...

    _Endpoint: TypeAlias = int | str | _HasObjectID
    _Callback: TypeAlias = Callable[[bytes, int, int], object]

__all__ = [
    "MIDIChange",
    "MIDIClient",
    "MIDIEndpoint",
    "MIDIInputPort",
    "MIDIMessage",
    "MIDIOutputPort",
    "MIDIPort",
    "MIDIVirtualDestination",
    "MIDIVirtualSource",
]

_DISPLAY_NAME, _UNIQUE_ID, _OFFLINE = "displayName", "uniqueID", "offline"


def _failed(what: str, error: Exception) -> MIDIError:
    return MIDIError(f"Failed to {what}: {error}", getattr(error, "status_code", 0))


class _Properties(capi.CoreAudioObject):
    """What a client can learn about an object of the MIDI setup, and change."""

    @property
    def name(self) -> str:
        """The object's own name; "" when it is gone."""
        return self._text("name")

    @property
    def display_name(self) -> str:
        """What to show to people: the device's and the endpoint's name in one; "" when it is gone."""
        return self._text(_DISPLAY_NAME)

    @property
    def manufacturer(self) -> str:
        """Who made the device; "" when nobody said."""
        return self._text("manufacturer")

    @property
    def model(self) -> str:
        """What the device is; "" when nobody said."""
        return self._text("model")

    @property
    def unique_id(self) -> int:
        """A number that stays the same when the object comes again; 0 when it is gone."""
        try:
            return capi.midi_object_get_integer_property(self.object_id, _UNIQUE_ID)
        except RuntimeError:
            return 0

    @property
    def is_online(self) -> bool:
        """False once the device is unplugged or the endpoint is gone."""
        try:
            return not capi.midi_object_get_integer_property(self.object_id, _OFFLINE)
        except RuntimeError:
            return bool(self.name)

    def get_property(self, name: str) -> str | int:
        """A property of text or number by its name, such as "displayName". MIDIError when there is none."""
        try:
            return capi.midi_object_get_string_property(self.object_id, name)
        except RuntimeError:
            pass
        try:
            return capi.midi_object_get_integer_property(self.object_id, name)
        except RuntimeError as error:
            raise _failed(f"get the property {name!r}", error) from error

    def set_property(self, name: str, value: str | int) -> None:
        """Sets a property to a text or a number. MIDIError when it cannot be set."""
        try:
            if isinstance(value, str):
                capi.midi_object_set_string_property(self.object_id, name, value)
            else:
                capi.midi_object_set_integer_property(self.object_id, name, value)
        except RuntimeError as error:
            raise _failed(f"set the property {name!r}", error) from error

    def _text(self, name: str) -> str:
        try:
            return capi.midi_object_get_string_property(self.object_id, name)
        except RuntimeError:
            return ""


class MIDIEndpoint(_Properties):
    """A source or a destination, of a device or virtual. Two of the same object are equal.

    object_id: its reference, as in MIDIClient.get_sources(). Properties of one that is gone are empty.
    """

    def __init__(self, object_id: int) -> None:
        super().__init__()
        self._set_object_id(object_id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MIDIEndpoint) and other.object_id == self.object_id

    def __hash__(self) -> int:
        return hash(self.object_id)

    def __repr__(self) -> str:
        return f"MIDIEndpoint({self.object_id}, {self.display_name!r})"


def _sources() -> list[MIDIEndpoint]:
    return _listed(capi.midi_get_number_of_sources, capi.midi_get_source)


def _destinations() -> list[MIDIEndpoint]:
    return _listed(capi.midi_get_number_of_destinations, capi.midi_get_destination)


def _listed(count: Callable[[], int], get: Callable[[int], int]) -> list[MIDIEndpoint]:
    found = []
    for index in range(count()):
        try:
            found.append(MIDIEndpoint(get(index)))
        except ValueError:  # one went meanwhile
            break
    return found


def _with_name(endpoints: list[MIDIEndpoint], wanted: str) -> MIDIEndpoint | None:
    """The first whose display name, or else own name, is `wanted`, or else so but for capitals, or has it in it."""
    names = [(endpoint.display_name, endpoint.name) for endpoint in endpoints]
    small = wanted.casefold()
    for fits in (
        lambda display, own: display == wanted,
        lambda display, own: own == wanted,
        lambda display, own: small in (display.casefold(), own.casefold()),
        lambda display, own: small in display.casefold(),
    ):
        for endpoint, (display, own) in zip(endpoints, names, strict=True):
            if fits(display, own):
                return endpoint
    return None


def _reference(endpoint: _Endpoint, listed: Callable[[], list[MIDIEndpoint]], what: str) -> int:
    """The number of what was given as a number, a name or an object."""
    if isinstance(endpoint, int):
        return endpoint
    if isinstance(endpoint, str):
        found = _with_name(listed(), endpoint)
        if found is None:
            raise MIDIError(f"Failed to find a {what}: there is none of the name {endpoint!r}")
        return found.object_id
    try:
        return int(endpoint.object_id)
    except AttributeError as error:
        message = f"a {what} is a number, a name or has an object_id, not {type(endpoint).__name__}"
        raise MIDIError(message) from error


class MIDIPort(capi.CoreAudioObject):
    """What ports and virtual endpoints have in common. MIDIClient makes them."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._client: MIDIClient | None = None

    @property
    def name(self) -> str:
        """The name that it was made with."""
        return self._name

    @property
    def is_input(self) -> bool:
        """True where messages come in."""
        return isinstance(self, MIDIReceiver)

    def dispose(self) -> None:
        """Ends the port; the client forgets it. May be called again."""
        if self._client is not None:
            self._client._forget(self)
            self._client = None
        super().dispose()

    def __enter__(self) -> Self:
        self._ensure_not_disposed()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.dispose()

    def __repr__(self) -> str:
        state = "disposed" if self.is_disposed else self.object_id
        return f"<{type(self).__name__} {self._name!r}: {state}>"


class _Receiving(MIDIReceiver):
    """Waiting for messages in an event loop."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> MIDIMessage:
        from asyncio import get_running_loop

        loop = get_running_loop()
        while not self.is_disposed:
            message = self.receive(0)
            if message is not None:
                return message
            await self._readable(loop)
        raise StopAsyncIteration

    async def _readable(self, loop: AbstractEventLoop) -> None:
        from asyncio import Event

        number, ready = self.fileno(), Event()
        loop.add_reader(number, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(number)


class MIDIInputPort(MIDIPort, _Receiving):
    """Gets what the sources say that it is connected to.

    Messages wait in a queue of 4 MiB: iterate over the port (``for``, ``async for``), or call receive(); or give it a
    callback(data, timestamp, source), which runs on a thread that is never the sender's. What finds the queue full is
    counted in ``dropped``. Iteration ends when the port is disposed of.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._wanted: set[str] = set()

    def connect_source(self, source: _Endpoint, wait: bool = False) -> None:
        """Lets the port get what a source says.

        source: an object_id, an object that has one, or a name, display name or part of it. A source that was
        connected by its name is connected again when it comes back. wait: a name may also be of a source that is not
        there yet. MIDIError when there is none.
        """
        self._ensure_not_disposed()
        if isinstance(source, str):
            if wait and _with_name(_sources(), source) is None:
                self._want(source)
                self._reconnect()
                return
            self._connect(_reference(source, _sources, "source"))
            self._want(source)
        else:
            self._connect(_reference(source, _sources, "source"))

    def disconnect_source(self, source: _Endpoint) -> None:
        """Ends that. MIDIError when the source was not connected."""
        self._ensure_not_disposed()
        if isinstance(source, str):
            wanted = source in self._wanted
            self._wanted.discard(source)
            if wanted and _with_name(_sources(), source) is None:
                return
        self._disconnect(_reference(source, _sources, "source"))

    def _want(self, name: str) -> None:
        self._wanted.add(name)
        if self._client is not None:
            self._client._watch()

    def _reconnect(self) -> None:
        """The setup has changed: connects what is wanted by name; for what is connected this changes nothing."""
        for name in tuple(self._wanted):
            found = _with_name(_sources(), name)
            if found is None or self.is_disposed:
                continue
            try:
                self._connect(found.object_id)
            except MIDIError:  # gone again
                continue


class MIDIOutputPort(MIDIPort, MIDISender):
    """Sends messages to destinations."""

    def send_data(self, destination: _Endpoint, data: _Data, timestamp: int = 0) -> None:
        """Sends bytes of one or more messages, of any length.

        destination: an object_id, an object that has one, or a name. timestamp: the host time in ticks when it is to
        arrive (MIDIClient.host_time(seconds)), 0 for now. MIDIError when there is no such destination or it does not
        take them.
        """
        if not isinstance(destination, int):  # numbers go the short way
            self._ensure_not_disposed()
            destination = _reference(destination, _destinations, "destination")
        self._send(destination, data, timestamp)

    send = send_data

    def send_sysex(self, destination: _Endpoint, data: _Data) -> int:
        """Sends a SysEx at the pace that the destination takes, and returns, when it is done, how many bytes were sent.

        MIDIError when there is no such destination.
        """
        self._ensure_not_disposed()
        return self._send_sysex(_reference(destination, _destinations, "destination"), data)


class MIDIVirtualSource(MIDIPort, MIDISender, _Properties):
    """A source that other programs can connect to, and this one feeds."""

    @property
    def name(self) -> str:
        """The name that it was made with, or was given since."""
        return self._text("name") or self._name

    def send(self, data: _Data, timestamp: int = 0) -> None:
        """Says bytes of one or more messages to all that are connected. timestamp: host time in ticks. MIDIError."""
        self._send(0, data, timestamp)

    send_data = send


class MIDIVirtualDestination(MIDIPort, _Receiving, _Properties):
    """A destination that other programs can send to. It gives messages as MIDIInputPort does; their source is 0."""

    @property
    def name(self) -> str:
        """The name that it was made with, or was given since."""
        return self._text("name") or self._name


class MIDIClient(MIDINotifier):
    """A client of the MIDI server: makes ports and virtual endpoints, and tells of changes of the MIDI setup.

    name: of any text. on_change: called with a MIDIChange on a thread of its own when something comes, goes or changes.
    MIDIError when the server does not answer. A context manager; the end disposes of all that it made.
    """

    def __init__(self, name: str, on_change: Callable[[MIDIChange], object] | None = None) -> None:
        super().__init__(name)
        self._name = name
        self._ports: list[MIDIPort] = []
        self._on_change = on_change
        if on_change is not None:
            self._watch()

    @property
    def name(self) -> str:
        """The name that it was made with."""
        return self._name

    @property
    def on_change(self) -> Callable[[MIDIChange], object] | None:
        """What is called with each MIDIChange; None for nothing."""
        return self._on_change

    @on_change.setter
    def on_change(self, callback: Callable[[MIDIChange], object] | None) -> None:
        self._ensure_not_disposed()
        self._on_change = callback
        if callback is not None:
            self._watch()

    # ---- ports and endpoints ----

    def create_input_port(self, name: str, callback: _Callback | None = None) -> MIDIInputPort:
        """A port to connect sources to. callback(data, timestamp, source): see MIDIInputPort. MIDIError."""
        self._ensure_not_disposed()
        port = MIDIInputPort(name)
        port._open(self.object_id, name, True)
        port.callback = callback
        self._add(port)
        return port

    def create_output_port(self, name: str) -> MIDIOutputPort:
        """A port to send from. MIDIError."""
        self._ensure_not_disposed()
        port = MIDIOutputPort(name)
        port._open(self.object_id, name, True)
        self._add(port)
        return port

    def create_virtual_source(self, name: str) -> MIDIVirtualSource:
        """A source of this program's own. MIDIError."""
        self._ensure_not_disposed()
        port = MIDIVirtualSource(name)
        port._open(self.object_id, name, False)
        self._add(port)
        return port

    def create_virtual_destination(
        self, name: str, callback: _Callback | None = None
    ) -> MIDIVirtualDestination:
        """A destination of this program's own. callback(data, timestamp, source) as of an input port. MIDIError."""
        self._ensure_not_disposed()
        port = MIDIVirtualDestination(name)
        port._open(self.object_id, name, False)
        port.callback = callback
        self._add(port)
        return port

    def create_ump_endpoint(
        self,
        name: str,
        callback: _Callback | None = None,
        *,
        function_blocks: Sequence[MIDIFunctionBlock] | None = None,
        product_instance_id: str = "",
        manufacturer: bytes = b"\x7d",
        family: int = 0,
        model: int = 0,
        revision: bytes = b"",
    ) -> MIDIUMPEndpoint:
        """A virtual destination and a virtual source that tell other programs what they are.

        callback(data, timestamp, source): as of an input port. function_blocks: up to 32; one of both directions in
        group 0 with the endpoint's name unless they are given. product_instance_id: up to 42 characters of ASCII.
        manufacturer: its one or three bytes of SysEx. family, model: numbers of 14 bits. revision: up to four bytes of
        seven bits. MIDIError for what UMP 1.1 has no room for; ValueError for too many blocks, a wrong number of bytes,
        numbers out of range; TypeError for a block that is not nine values. Nothing is left of the endpoint then.
        """
        from .midi_ump import MIDIFunctionBlock, MIDIUMPEndpoint

        blocks = (MIDIFunctionBlock(name),) if function_blocks is None else function_blocks
        made: list[MIDIPort] = []
        try:
            made.append(destination := self.create_virtual_destination(name, callback))
            made.append(source := self.create_virtual_source(name))
            return MIDIUMPEndpoint(
                destination, source, blocks, product_instance_id, manufacturer, family, model, revision
            )
        except BaseException:
            for port in made:
                port.dispose()
            raise

    def _add(self, port: MIDIPort) -> None:
        port._client = self
        self._ports.append(port)

    # ---- the setup ----

    def get_sources(self) -> list[tuple[int, str]]:
        """What can be listened to: (object_id, display name) of each source."""
        return [(endpoint.object_id, endpoint.display_name) for endpoint in self.sources]

    def get_destinations(self) -> list[tuple[int, str]]:
        """What can be sent to: (object_id, display name) of each destination."""
        return [(endpoint.object_id, endpoint.display_name) for endpoint in self.destinations]

    @property
    def sources(self) -> list[MIDIEndpoint]:
        """All sources that are online, those of devices first."""
        self._ensure_not_disposed()
        return _sources()

    @property
    def destinations(self) -> list[MIDIEndpoint]:
        """All destinations that are online, those of devices first."""
        self._ensure_not_disposed()
        return _destinations()

    def find_source(self, name: str) -> MIDIEndpoint | None:
        """The source of this name, or with this in its name; None when there is none."""
        return _with_name(self.sources, name)

    def find_destination(self, name: str) -> MIDIEndpoint | None:
        """The destination of this name, or with this in its name; None when there is none."""
        return _with_name(self.destinations, name)

    # ---- changes ----

    def _watch(self) -> None:
        if not self.is_disposed:
            self._listen(self._changed)

    def _changed(self, change: MIDIChange) -> None:
        if change.kind in ("added", "setup_changed", "property_changed"):
            for port in tuple(self._ports):
                if isinstance(port, MIDIInputPort):
                    port._reconnect()
        if self._on_change is not None:
            self._on_change(change)

    # ---- the end ----

    def _forget(self, port: MIDIPort) -> None:
        if port in self._ports:
            self._ports.remove(port)

    def open(self) -> Self:
        """The client itself: it is open from the beginning. RuntimeError when it was disposed of."""
        self._ensure_not_disposed()
        return self

    def close(self) -> None:
        """The same as dispose."""
        self.dispose()

    def dispose(self) -> None:
        """Ends all that the client made, and the client. May be called again."""
        for port in tuple(self._ports):
            port.dispose()
        super().dispose()

    def __enter__(self) -> Self:
        self._ensure_not_disposed()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.dispose()

    def __repr__(self) -> str:
        state = "disposed" if self.is_disposed else f"{self.object_id}, {len(self._ports)} ports"
        return f"<MIDIClient {self._name!r}: {state}>"
