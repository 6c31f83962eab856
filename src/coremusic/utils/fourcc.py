"""Four-character codes ('lpcm', 'WAVE'): as text, as the 32-bit number that Core Audio uses, or as both."""

from __future__ import annotations

__all__ = [
    "FourCC",
    "FourCCValue",
    "ensure_fourcc_int",
    "ensure_fourcc_str",
    "fourcc_to_int",
    "fourcc_to_str",
]

FourCC = str | int
"""A code in either form."""


def fourcc_to_int(fourcc_str: str) -> int:
    """The number of a code.

    Args:
        fourcc_str: Exactly four characters of Latin-1.

    Returns:
        The 32-bit number, first character in the highest byte.

    Raises:
        ValueError: Not four characters, or a character outside Latin-1.

    >>> from coremusic.utils.fourcc import fourcc_to_int
    >>> hex(fourcc_to_int("lpcm"))
    '0x6c70636d'
    """
    if len(fourcc_str) != 4:
        raise ValueError(f"a four-character code has 4 characters, not {len(fourcc_str)}: {fourcc_str!r}")
    return int.from_bytes(fourcc_str.encode("latin-1"), "big")


def fourcc_to_str(fourcc_int: int) -> str:
    """The text of a code.

    Args:
        fourcc_int: The number, 0 to 0xFFFFFFFF.

    Returns:
        Four characters of Latin-1.

    Raises:
        ValueError: The number is out of range.

    >>> from coremusic.utils.fourcc import fourcc_to_str
    >>> fourcc_to_str(0x6C70636D)
    'lpcm'
    """
    if not 0 <= fourcc_int <= 0xFFFFFFFF:
        raise ValueError(f"a four-character code is 0 to 0xFFFFFFFF, not {fourcc_int}")
    return int(fourcc_int).to_bytes(4, "big").decode("latin-1")


def ensure_fourcc_int(value: FourCC) -> int:
    """The number of a code given in either form.

    Args:
        value: Four characters, or a number from 0 to 0xFFFFFFFF.

    Returns:
        The number.

    Raises:
        ValueError: Wrong length, a character outside Latin-1, or a number out of range.
        TypeError: Neither a str nor an int.
    """
    if isinstance(value, str):
        return fourcc_to_int(value)
    if isinstance(value, int):
        fourcc_to_str(value)
        return int(value)
    raise TypeError(f"a four-character code is a str or an int, not {type(value).__name__}")


def ensure_fourcc_str(value: FourCC) -> str:
    """The text of a code given in either form.

    Args:
        value: Four characters, or a number from 0 to 0xFFFFFFFF.

    Returns:
        Four characters.

    Raises:
        ValueError: Wrong length, a character outside Latin-1, or a number out of range.
        TypeError: Neither a str nor an int.
    """
    return fourcc_to_str(ensure_fourcc_int(value))


def convert_fourcc(value: FourCC, to_type: type[str] | type[int]) -> FourCC:
    """A code in the form asked for.

    Args:
        value: Four characters, or a number from 0 to 0xFFFFFFFF.
        to_type: `str` or `int`.

    Returns:
        The code as a str or an int.

    Raises:
        ValueError: Wrong length, a character outside Latin-1, or a number out of range.
        TypeError: value is neither a str nor an int, or to_type is neither of the two types.
    """
    if to_type is str:
        return ensure_fourcc_str(value)
    if to_type is int:
        return ensure_fourcc_int(value)
    raise TypeError(f"to_type is str or int, not {to_type!r}")


class FourCCValue:
    """A code that is both: text where text is wanted, a number where a number is.

    It equals the same code as FourCCValue, str and int. Its hash is that of the number, so in a dict or set
    it meets other FourCCValues and ints; a str hashes differently and has to be wrapped first.

    Args:
        value: Four characters, or a number from 0 to 0xFFFFFFFF.

    Raises:
        ValueError: Wrong length, a character outside Latin-1, or a number out of range.
        TypeError: Neither a str nor an int.

    >>> from coremusic.utils.fourcc import FourCCValue
    >>> code = FourCCValue("lpcm")
    >>> code == "lpcm", code == 0x6C70636D, f"{code}", f"{code:08X}"
    (True, True, 'lpcm', '6C70636D')
    """

    __slots__ = ("_number",)

    def __init__(self, value: FourCC) -> None:
        self._number = ensure_fourcc_int(value)

    @property
    def str_value(self) -> str:
        """The code as four characters."""
        return fourcc_to_str(self._number)

    @property
    def int_value(self) -> int:
        """The code as a number."""
        return self._number

    def __str__(self) -> str:
        return self.str_value

    def __int__(self) -> int:
        return self._number

    def __index__(self) -> int:
        return self._number

    def __repr__(self) -> str:
        return f"FourCCValue({self.str_value!r}, 0x{self._number:08X})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FourCCValue):
            return self._number == other._number
        if isinstance(other, str):
            return self.str_value == other
        return isinstance(other, int) and self._number == other

    def __hash__(self) -> int:
        return hash(self._number)

    def __format__(self, format_spec: str) -> str:
        return self.str_value if format_spec in ("", "s") else format(self._number, format_spec)
