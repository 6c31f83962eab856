"""Plays through an MP3 as it would arrive over a network, in pieces: python examples/live_stream.py FILE"""

from __future__ import annotations

import sys
from pathlib import Path

import coremusic as cm


def main(path: str) -> None:
    packets = 0

    def heard(stream: cm.AudioFileStream, property_id: int) -> None:
        if cm.int_to_fourchar(property_id) == "redy":
            print(stream.format)

    def arrived(stream: cm.AudioFileStream, data: bytes, descriptions: list[tuple[int, int, int]]) -> None:
        nonlocal packets
        packets += len(descriptions)

    with cm.AudioFileStream(on_property=heard, on_packets=arrived) as stream, Path(path).open("rb") as source:
        while piece := source.read(1400):  # about what a network packet holds
            stream.parse_bytes(piece)
        stream.finish()
    print(packets, "packets")


if __name__ == "__main__":
    main(sys.argv[1])
