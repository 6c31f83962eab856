"""AudioComponent and AudioComponentDescription: what Audio Units there are."""

from __future__ import annotations

from . import _capi as capi
from ._objects import AudioUnit
from .exceptions import AudioUnitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Self

__all__ = ["AudioComponent", "AudioComponentDescription"]


def _code(value: str | int) -> int:
    return value if isinstance(value, int) else capi.fourchar_to_int(value)


class AudioComponentDescription:
    """Which component is meant: four-character codes (or their numbers); 0 fits anything in a search.

    >>> AudioComponentDescription("auou", "def ", "appl")
    AudioComponentDescription('auou', 'def ', 'appl')
    """

    def __init__(
        self,
        type: str | int = 0,
        subtype: str | int = 0,
        manufacturer: str | int = 0,
        flags: int = 0,
        flags_mask: int = 0,
    ) -> None:
        self.type = type
        self.subtype = subtype
        self.manufacturer = manufacturer
        self.flags = flags
        self.flags_mask = flags_mask

    def to_dict(self) -> dict[str, int]:
        """The functional API's description dict: five ints. ValueError for a code that has not four characters."""
        return {
            "type": _code(self.type),
            "subtype": _code(self.subtype),
            "manufacturer": _code(self.manufacturer),
            "flags": self.flags,
            "flags_mask": self.flags_mask,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """From such a dict; missing keys are 0."""
        names = ("type", "subtype", "manufacturer", "flags", "flags_mask")
        return cls(**{name: values.get(name, 0) for name in names})

    @classmethod
    def default_output(cls) -> Self:
        """The unit that plays through the default output device."""
        return cls("auou", "def ", "appl")

    @classmethod
    def music_device(cls, subtype: str | int = 0, manufacturer: str | int = 0) -> Self:
        """An instrument."""
        return cls("aumu", subtype, manufacturer)

    # Apple's own names for the fields.

    @property
    def component_type(self) -> str | int:
        """The same as type."""
        return self.type

    @property
    def component_subtype(self) -> str | int:
        """The same as subtype."""
        return self.subtype

    @property
    def component_manufacturer(self) -> str | int:
        """The same as manufacturer."""
        return self.manufacturer

    @property
    def component_flags(self) -> int:
        """The same as flags."""
        return self.flags

    @property
    def component_flags_mask(self) -> int:
        """The same as flags_mask."""
        return self.flags_mask

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AudioComponentDescription) and other.to_dict() == self.to_dict()

    __hash__ = None  # type: ignore[assignment]  # it can be changed

    def __repr__(self) -> str:
        return f"AudioComponentDescription({self.type!r}, {self.subtype!r}, {self.manufacturer!r})"


class AudioComponent(capi.CoreAudioObject):
    """One kind of Audio Unit. find_next() and find_all() find them."""

    def __init__(self, description: AudioComponentDescription) -> None:
        super().__init__()
        self._description = description

    @classmethod
    def _of(cls, description: AudioComponentDescription, handle: int) -> Self:
        found = cls(description)
        found._set_object_id(handle)
        return found

    @classmethod
    def find_next(cls, description: AudioComponentDescription) -> Self | None:
        """The first component that fits, or None; it keeps the description it was found by."""
        try:
            handle = capi.audio_component_find_next(description.to_dict())
        except (RuntimeError, ValueError, TypeError, AssertionError):
            return None
        return cls._of(description, handle) if handle else None

    find = find_next

    @classmethod
    def find_all(cls, description: AudioComponentDescription | None = None) -> list[Self]:
        """All components that fit; None: all there are. Each has a description of its own."""
        wanted = (description or AudioComponentDescription()).to_dict()
        found: list[Self] = []
        handle = capi.audio_component_find_next(wanted)
        while handle:
            own = AudioComponentDescription.from_dict(capi.audio_component_get_description(handle))
            for field in ("type", "subtype", "manufacturer"):
                setattr(own, field, capi.int_to_fourchar(getattr(own, field)))
            found.append(cls._of(own, handle))
            handle = capi.audio_component_find_next(wanted, handle)
        return found

    @property
    def description(self) -> AudioComponentDescription:
        """What the component was found by."""
        return self._description

    @property
    def name(self) -> str:
        """As its maker calls it, "Maker: Name"; "" when it has no name."""
        self._ensure_not_disposed()
        return capi.audio_component_copy_name(self.object_id) or ""

    def create_instance(self) -> AudioUnit:
        """A unit of this kind, not initialised. AudioUnitError when it cannot be made."""
        self._ensure_not_disposed()
        try:
            own = capi.audio_component_get_description(self.object_id)
        except RuntimeError as error:
            status = getattr(error, "status_code", 0)
            raise AudioUnitError(f"Failed to create an Audio Unit: {error}", status) from error
        return AudioUnit(AudioComponentDescription.from_dict(own)).open()

    def __repr__(self) -> str:
        return f"AudioComponent({self._description!r})"
