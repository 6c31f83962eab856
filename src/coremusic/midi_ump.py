"""MIDIUMPEndpoint: a virtual source and destination that say what they are when another program asks."""

from __future__ import annotations

from typing import NamedTuple

from .exceptions import MIDIError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    from .midi_client import MIDIVirtualDestination, MIDIVirtualSource

__all__ = ["MIDIFunctionBlock", "MIDIUMPEndpoint"]


class MIDIFunctionBlock(NamedTuple):
    """A function block of UMP 1.1: groups of an endpoint that belong together.

    name: up to 91 bytes of UTF-8. direction: 1 it receives, 2 it sends, 3 both. first_group: 0 to 15. group_count: 1 to
    16. hint: what it mostly is to a user: 0 not said, 1 a receiver, 2 a sender, 3 both. midi1: 0 it knows MIDI 2.0, 1 a
    port of MIDI 1.0, 2 one of 31.25 kbit/s. midi_ci: version of MIDI-CI, 0 for none. sysex8_streams: at a time, 0 for
    none. active: False while it cannot be used.
    """

    name: str = ""
    direction: int = 3
    first_group: int = 0
    group_count: int = 1
    hint: int = 0
    midi1: int = 0
    midi_ci: int = 0
    sysex8_streams: int = 0
    active: bool = True


class MIDIUMPEndpoint:
    """A virtual destination and a virtual source under one name that answer UMP 1.1's discovery.

    MIDIClient.create_ump_endpoint makes it. Messages come in at ``destination`` and go out at ``source``; questions
    (Endpoint Discovery, Function Block Discovery, Stream Configuration Request) are answered without the program's
    doing. A context manager; the end disposes of both.
    """

    def __init__(
        self,
        destination: MIDIVirtualDestination,
        source: MIDIVirtualSource,
        function_blocks: Sequence[MIDIFunctionBlock],
        product_instance_id: str,
        manufacturer: bytes,
        family: int,
        model: int,
        revision: bytes,
    ) -> None:
        if len(manufacturer) not in (1, 3):
            raise ValueError(f"manufacturer is of one or three bytes, not {len(manufacturer)}")
        self._destination, self._source = destination, source
        self._product, self._identity = product_instance_id, (manufacturer, family, model, revision)
        self._blocks: tuple[MIDIFunctionBlock, ...] = ()
        self._describe(function_blocks)

    @property
    def destination(self) -> MIDIVirtualDestination:
        """Where messages for the endpoint arrive."""
        return self._destination

    @property
    def source(self) -> MIDIVirtualSource:
        """Where the endpoint sends."""
        return self._source

    @property
    def name(self) -> str:
        """The name that it answers with. Setting it tells those that are connected to the source."""
        return self._destination.name

    @name.setter
    def name(self, name: str) -> None:
        self._source.set_property("name", name)
        self._destination.set_property("name", name)

    @property
    def protocol(self) -> int:
        """1 or 2: the protocol of MIDI that it was last asked to use; 1 at the beginning."""
        return int(self._destination.get_property("protocolID"))

    @property
    def product_instance_id(self) -> str:
        """What tells it from others of its kind, such as a serial number."""
        return self._product

    @property
    def function_blocks(self) -> tuple[MIDIFunctionBlock, ...]:
        """Its function blocks. Setting them tells those that are connected to the source.

        MIDIError, ValueError, TypeError as of create_ump_endpoint.
        """
        return self._blocks

    @function_blocks.setter
    def function_blocks(self, blocks: Sequence[MIDIFunctionBlock]) -> None:
        self._describe(blocks)

    def _describe(self, blocks: Sequence[MIDIFunctionBlock]) -> None:
        try:
            from ._engine import midi_set_description
        except ImportError as error:
            raise MIDIError(
                "A UMP endpoint needs coremusic's own engine, which is not used on macOS"
            ) from error
        tuples = tuple(tuple(block) for block in blocks)
        destination, source = self._destination.object_id, self._source.object_id
        try:
            midi_set_description(destination, source, tuples, self._product, *self._identity)
        except OverflowError as error:
            raise ValueError(f"A number of the UMP endpoint is out of range: {error}") from error
        except RuntimeError as error:
            status = getattr(error, "status_code", 0)
            raise MIDIError(f"Failed to describe the UMP endpoint: {error}", status) from error
        self._blocks = tuple(blocks)

    def dispose(self) -> None:
        """Ends it. May be called again."""
        self._destination.dispose()
        self._source.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.dispose()

    def __repr__(self) -> str:
        return f"<MIDIUMPEndpoint {self.name!r}: {len(self._blocks)} function blocks>"
