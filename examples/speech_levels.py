"""Loudness and level of recordings, side by side: python examples/speech_levels.py FILE..."""

from __future__ import annotations

import sys

import coremusic as cm


def main(paths: list[str]) -> None:
    print(f"{'LUFS':>7} {'peak':>7} {'RMS':>7}  seconds  file")
    for path in paths:
        with cm.AudioFile(path) as file:
            sound = file.read()
            loudness = cm.dsp.loudness(sound, file.sample_rate)
            peak, rms = cm.dsp.to_db(cm.dsp.true_peak(sound)), cm.dsp.to_db(cm.dsp.rms(sound))
            print(f"{loudness:7.1f} {peak:7.1f} {rms:7.1f}  {file.duration:7.2f}  {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
