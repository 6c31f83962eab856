"""HE-AAC for tests: spectral band replication put into the frames of an ADTS file of AAC-LC.

The element and its fields are those of ISO/IEC 14496-3, 4.4.2.8: a fill element that says nothing but its header, and
then zeros: one envelope and one noise floor, both of value 0 in every band.
"""

from __future__ import annotations

ID_FIL, ID_END = "110", "111"
EXT_SBR_DATA = "1101"
BYTES = 40  # more than the zeros of 2 channels take
# bs_header_flag; then amplitude resolution, start, stop, crossover, reserved, two flags of more
HEADER = "1" + "0" + f"{5:04b}" + f"{5:04b}" + "000" + "00" + "0" + "0"


def _bits(data: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in data)


def _with_sbr(block: bytes) -> bytes:
    """A raw data block whose last bit that is set is the end of ID_END."""
    bits = _bits(block).rstrip("0")
    assert bits.endswith(ID_END)
    payload = (EXT_SBR_DATA + HEADER).ljust(8 * BYTES, "0")
    length = f"{15:04b}{BYTES - 15 + 1:08b}"
    bits = bits[: -len(ID_END)] + ID_FIL + length + payload + ID_END
    bits = bits.ljust((len(bits) + 7) // 8 * 8, "0")
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def implicit_he_aac(adts: bytes) -> bytes:
    """The same stream at twice the rate, of which the headers say nothing."""
    out, at = bytearray(), 0
    while at < len(adts):
        head = adts[at : at + 7]
        size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        block = _with_sbr(adts[at + 7 : at + size])
        size, at = len(block) + 7, at + size
        out += head[:3] + bytes(
            [head[3] & 0xFC | size >> 11, size >> 3 & 255, (size & 7) << 5 | head[5] & 31]
        )
        out += head[6:] + block
    return bytes(out)
