"""Whole files converted, checked by libsndfile, FFmpeg, soxr and mutagen."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import mutagen
import mutagen.id3
import numpy as np
import pytest
import soundfile as sf
import soxr
from objects_kit import RATE, decode_with_ffmpeg, music, needs_ffmpeg, needs_ffprobe, open_descriptors, probe

from coremusic import AudioFile, AudioFileError, AudioFormat
from coremusic.audio import AudioFormatPresets, batch_convert, convert_audio_file, trim_audio
from coremusic.audio.conversion import convert_file, default_format, usual_codec
from coremusic.audio_marker import AudioMarker

FRAMES = 30000
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)

# extension -> ffprobe's names of container and codec that convert_file makes of 24-bit PCM
USUAL = {
    "wav": ("wav", "pcm_s24le"),
    "rf64": ("wav", "pcm_s24le"),
    "bw64": ("wav", "pcm_s24le"),
    "w64": ("w64", "pcm_s24le"),
    "aif": ("aiff", "pcm_s24be"),
    "aifc": ("aiff", "pcm_s24be"),
    "caf": ("caf", "pcm_s24le"),
    "au": ("au", "pcm_s24be"),
    "flac": ("flac", "flac"),
    "mp2": ("mp3", "mp2"),
    "mp3": ("mp3", "mp3"),
    "aac": ("aac", "aac"),
    "m4a": ("mov,mp4,m4a,3gp,3g2,mj2", "aac"),
    "mp4": ("mov,mp4,m4a,3gp,3g2,mj2", "aac"),
    "3gp": ("mov,mp4,m4a,3gp,3g2,mj2", "aac"),
    "ogg": ("ogg", "vorbis"),
    "opus": ("ogg", "opus"),
    "ac3": ("ac3", "ac3"),
}
LOSSLESS = ("wav", "rf64", "bw64", "w64", "aif", "aifc", "caf", "au", "flac")
GAPLESS = (*LOSSLESS, "mp3", "m4a", "mp4", "3gp", "ogg")


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("conversion") / "in.wav"
    sf.write(path, music(FRAMES), RATE, subtype="PCM_24")
    return path


@pytest.fixture(scope="module")
def sound(wav: Path) -> Any:
    return sf.read(wav, dtype="float64")[0]


def ratio_in_db(signal: Any, difference: Any) -> float:
    return float(10 * np.log10(np.sum(signal**2) / max(np.sum(difference**2), 1e-30)))


# ---- containers and codecs


@needs_ffmpeg
@needs_ffprobe
@pytest.mark.parametrize("extension", USUAL)
def test_the_usual_format_of_each_type(tmp_path: Path, wav: Path, sound: Any, extension: str) -> None:
    target = tmp_path / f"out.{extension}"
    done = convert_file(wav, target)
    assert (probe(target, "format=format_name"), probe(target, "stream=codec_name")) == USUAL[extension]
    rate = 48000 if extension == "opus" else RATE
    assert probe(target, "stream=sample_rate") == str(rate)
    assert done.frames == round(FRAMES * rate / RATE)
    assert done.duration == pytest.approx(FRAMES / RATE, abs=1e-4)
    theirs = decode_with_ffmpeg(target, 2)
    if extension in LOSSLESS:
        np.testing.assert_array_equal(theirs, sound.astype("float32"))
    elif extension in GAPLESS:
        padding = len(theirs) - FRAMES  # FFmpeg 5 keeps some of it
        assert 0 <= padding < 1200
        assert ratio_in_db(sound, theirs[:FRAMES] - sound) > 20
    with AudioFile(target) as f:
        assert f.frame_count == done.frames or extension not in GAPLESS
        assert f.format.format_id == done.format.format_id


@needs_ffmpeg
def test_aac_in_adts_keeps_its_length(tmp_path: Path, wav: Path, sound: Any) -> None:
    """By iTunes' numbers in an ID3 tag, which FFmpeg passes over: it hears the priming and the end too."""
    target = tmp_path / "out.aac"
    convert_file(wav, target)
    with AudioFile(target) as f:
        assert f.frame_count == FRAMES and f.packet_table is not None
        _, priming, remainder = f.packet_table
        assert (FRAMES + priming + remainder) % 1024 == 0
        ours = f.read(dtype="float32")
    theirs = decode_with_ffmpeg(target, 2)
    assert len(theirs) == FRAMES + priming + remainder
    np.testing.assert_allclose(ours, theirs[priming : priming + FRAMES], atol=1e-5)
    (comment,) = mutagen.id3.ID3(target).getall("COMM:iTunSMPB")
    numbers = [int(word, 16) for word in str(comment).split()]
    assert numbers[:4] == [0, priming, remainder, FRAMES]

    with AudioFile(target, "r+") as f:
        f.metadata = {"title": "a title"}
    with AudioFile(target) as f:
        assert f.metadata["title"] == "a title" and f.frame_count == FRAMES
        np.testing.assert_array_equal(f.read(dtype="float32"), ours)

    # Someone else adds to it, or cuts it: the numbers are no longer its own.
    whole = target.read_bytes()
    (tmp_path / "two.aac").write_bytes(whole + whole)
    with AudioFile(tmp_path / "two.aac") as f:
        assert f.frame_count == 2 * (FRAMES + priming + remainder) - priming
    (tmp_path / "cut.aac").write_bytes(whole[: len(whole) * 2 // 3])
    with AudioFile(tmp_path / "cut.aac") as f:
        assert f.frame_count == f.packet_count * 1024 - priming < FRAMES


@needs_ffprobe
@pytest.mark.parametrize(
    ("name", "format", "codec"),
    [
        ("a.m4a", AudioFormat.alac(RATE, 2, 24), "alac"),
        ("a.caf", AudioFormat.alac(RATE, 2, 24), "alac"),
        ("a.caf", AudioFormat.ima4(RATE, 2), "adpcm_ima_qt"),
        ("a.aif", AudioFormat.ima4(RATE, 2), "adpcm_ima_qt"),
        ("a.wav", AudioFormat.ulaw(RATE, 2), "pcm_mulaw"),
        ("a.au", AudioFormat.alaw(RATE, 2), "pcm_alaw"),
        ("a.ogg", AudioFormat.flac(RATE, 2, 24), "flac"),
        ("a.caf", AudioFormat.aac(RATE, 2), "aac"),
    ],
)
def test_codecs_that_were_asked_for(
    tmp_path: Path, wav: Path, sound: Any, name: str, format: AudioFormat, codec: str
) -> None:
    target = tmp_path / name
    assert convert_file(wav, target, format=format).frames == FRAMES
    assert probe(target, "stream=codec_name") == codec
    theirs = decode_with_ffmpeg(target, 2)
    if codec in ("alac", "flac"):
        np.testing.assert_array_equal(theirs[:FRAMES], sound.astype("float32"))
    else:
        with AudioFile(target) as f:
            ours = f.read()
        assert len(ours) == FRAMES
        assert ratio_in_db(sound, ours - sound) > 20


@needs_ffprobe
@pytest.mark.parametrize("extension", ["wav", "w64", "aiff", "aifc", "au", "caf"])
@pytest.mark.parametrize(
    "format",
    [
        AudioFormat.pcm(RATE, 2, 8),
        AudioFormat.pcm(RATE, 2, 16),
        AudioFormat.pcm(RATE, 2, 16, big_endian=True),
        AudioFormat.pcm(RATE, 2, 24),
        AudioFormat.pcm(RATE, 2, 32),
        AudioFormat.pcm(RATE, 2, 32, is_float=True),
        AudioFormat.pcm(RATE, 2, 64, is_float=True),
        AudioFormat(RATE, "lpcm"),
    ],
    ids=["8", "16", "16be", "24", "32", "float", "double", "incomplete"],
)
def test_sample_types(tmp_path: Path, wav: Path, sound: Any, extension: str, format: AudioFormat) -> None:
    """Any PCM goes into any container: byte order and sign are the container's own affair."""
    target, before = tmp_path / f"out.{extension}", format.to_dict()
    convert_file(wav, target, format=format)
    assert format.to_dict() == before
    theirs, rate = sf.read(target, dtype="float64")
    assert rate == RATE
    bits = 24 if format.is_float else min(format.bits_per_channel, 24)
    assert np.abs(theirs - sound).max() <= 1.01 * 2.0 ** (1 - bits)
    assert (sf.info(target).subtype in ("FLOAT", "DOUBLE")) == format.is_float


def test_the_source_decides_where_nothing_is_asked() -> None:
    f32, alac = AudioFormat.float32(48000, 6), AudioFormat.alac(96000, 2, 20)
    assert default_format(f32, "WAVE").is_float
    assert default_format(f32, "AIFF").bits_per_channel == 32
    assert not default_format(f32, "AIFF").is_float
    assert default_format(alac, "WAVE").bits_per_channel == 24
    assert default_format(AudioFormat.mp3(), "WAVE").bits_per_channel == 16
    assert default_format(AudioFormat.mp3(), "WAVE", is_float=True).bits_per_channel == 32
    assert default_format(f32, "flac").format_flags == 3
    assert default_format(f32, "m4af", channels=2, sample_rate=22050).channels_per_frame == 2
    assert usual_codec("Oggf", ".OPUS") == "opus"
    assert usual_codec("Oggf", ".ogg") == "vorb"
    with pytest.raises(ValueError, match="12 bits"):
        default_format(f32, "WAVE", bits=12)


# ---- rate, channels, part of a file


@pytest.mark.parametrize("rate", [8000, 22050, 48000, 96000])
def test_sample_rates(tmp_path: Path, wav: Path, sound: Any, rate: int) -> None:
    target = tmp_path / "out.wav"
    done = convert_file(wav, target, format=AudioFormat.float32(rate, 2))
    ours = sf.read(target, dtype="float64")[0]
    theirs = soxr.resample(sound, RATE, rate, quality="VHQ")
    assert done.frames == len(ours) == round(FRAMES * rate / RATE)
    n, edge = min(len(ours), len(theirs)), 500
    assert ratio_in_db(theirs[edge : n - edge], (ours[:n] - theirs[:n])[edge : n - edge]) > 35


def test_channels_are_mixed_not_dropped(tmp_path: Path) -> None:
    """A sound on one channel alone must be heard in the mix, at the gains of ITU-R BS.775."""
    source, target = tmp_path / "in.wav", tmp_path / "out.wav"
    tone = 0.5 * np.sin(np.arange(2000) / 10)
    for channels, gains in ((2, (1.0, 1.0)), (6, (1.0, 1.0, np.sqrt(2), 0.0, np.sqrt(0.5), np.sqrt(0.5)))):
        heard = []
        for channel in range(channels):
            alone = np.zeros((2000, channels))
            alone[:, channel] = tone
            sf.write(source, alone, RATE, subtype="FLOAT")
            convert_file(source, target, format=AudioFormat.float32(RATE, 1))
            mono = sf.read(target)[0]
            heard.append(float(np.dot(mono, tone) / np.dot(tone, tone)))
            assert np.abs(mono - heard[-1] * tone).max() < 1e-6
        np.testing.assert_allclose(np.array(heard) / heard[0], gains, atol=1e-6)


def test_one_channel_becomes_two(tmp_path: Path) -> None:
    source, target = tmp_path / "in.wav", tmp_path / "out.wav"
    mono = music(3000, 1)
    sf.write(source, mono, RATE, subtype="DOUBLE")
    convert_file(source, target, format=AudioFormat.pcm(RATE, 2, 64, is_float=True))
    np.testing.assert_array_equal(sf.read(target)[0], np.repeat(mono, 2, axis=1))


@needs_ffprobe
def test_channel_positions_are_kept(tmp_path: Path) -> None:
    source = tmp_path / "in.wav"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=0.1", "-af"]
        + ["pan=5.1|FL=c0|FR=c0|FC=c0|LFE=c0|BL=c0|BR=c0", source],
        check=True,
    )
    for extension in ("caf", "wav", "m4a", "ogg"):
        convert_file(source, tmp_path / f"out.{extension}")
        assert probe(tmp_path / f"out.{extension}", "stream=channel_layout") == "5.1"


@pytest.mark.parametrize(("start", "end"), [(0.0, 0.25), (0.1, None), (0.2, 0.3), (0.5, 99.0)])
def test_a_part(tmp_path: Path, wav: Path, sound: Any, start: float, end: float | None) -> None:
    target = tmp_path / "out.flac"
    first, last = round(start * RATE), FRAMES if end is None else min(round(end * RATE), FRAMES)
    assert convert_file(wav, target, start=start, end=end).frames == last - first
    np.testing.assert_array_equal(sf.read(target)[0], sound[first:last])


@pytest.mark.parametrize(("start", "end"), [(-1.0, None), (0.3, 0.2), (0.3, 0.3), (50.0, None)])
def test_a_part_without_anything(tmp_path: Path, wav: Path, start: float, end: float | None) -> None:
    target = tmp_path / "out.wav"
    target.write_bytes(b"what was here")
    with pytest.raises(ValueError, match="nothing lies between"):
        convert_file(wav, target, start=start, end=end)
    assert target.read_bytes() == b"what was here"


def test_an_empty_file(tmp_path: Path) -> None:
    source = tmp_path / "in.wav"
    sf.write(source, np.zeros((0, 2)), RATE)
    for extension in ("wav", "aiff", "caf", "flac"):
        target = tmp_path / f"out.{extension}"
        assert convert_file(source, target).frames == 0
        with AudioFile(target) as f:
            assert f.read().shape == (0, 2)
        assert sf.info(target).frames == 0 or extension == "flac"  # where 0 means unknown


@needs_ffmpeg
@pytest.mark.parametrize("extension", ["flac", "mp3", "m4a", "ogg", "opus"])
def test_compressed_sources(tmp_path: Path, wav: Path, extension: str) -> None:
    source, target = tmp_path / f"in.{extension}", tmp_path / "out.wav"
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, source], check=True)
    done = convert_file(source, target, format=AudioFormat.float32(48000 if extension == "opus" else RATE, 2))
    theirs, ours = decode_with_ffmpeg(source, 2), sf.read(target)[0]
    assert done.frames == len(ours) <= len(theirs)
    assert abs(len(ours) - done.format.sample_rate * FRAMES / RATE) <= 1
    assert np.abs(ours - theirs[: len(ours)]).max() < 2e-4


# ---- what is beside the audio


@pytest.fixture
def tagged(tmp_path: Path, wav: Path) -> Path:
    path = tmp_path / "tagged.caf"
    convert_file(wav, path)
    with AudioFile(path, "r+") as f:
        f.metadata = {"title": "Tïtle", "artist": "Someone", "album": "Songs", "year": "1999"}
        f.markers = [(100, "early"), (10000, "middle"), (FRAMES - 1, "late")]
    return path


@pytest.mark.parametrize("extension", ["flac", "ogg", "mp3", "m4a"])
def test_metadata_that_another_program_reads(tmp_path: Path, tagged: Path, extension: str) -> None:
    target = tmp_path / f"out.{extension}"
    convert_file(tagged, target)
    tags = mutagen.File(target, easy=True)
    assert [tags[k][0] for k in ("title", "artist", "album", "date")] == ["Tïtle", "Someone", "Songs", "1999"]
    convert_file(tagged, target, metadata=False)
    tags = mutagen.File(target, easy=True)
    assert "title" not in (tags or {})


def test_artwork(tmp_path: Path, wav: Path) -> None:
    first, second = tmp_path / "a.flac", tmp_path / "b.m4a"
    convert_file(wav, first)
    with AudioFile(first, "r+") as f:
        f.artwork = PNG
    convert_file(first, second)
    assert bytes(mutagen.File(second)["covr"][0]) == PNG
    convert_file(second, tmp_path / "c.wav")  # keeps none, or keeps it: no error in any case


def test_what_is_said_about_the_old_file_is_not_said_of_the_new(tmp_path: Path, tagged: Path) -> None:
    target = tmp_path / "out.flac"
    convert_file(tagged, target, end=0.25)
    with AudioFile(target) as f:
        assert float(f.metadata["approximate duration in seconds"]) == pytest.approx(0.25, abs=1e-3)
    assert "approximate duration in seconds" not in (mutagen.File(target) or {})


def test_markers_move_with_the_audio(tmp_path: Path, tagged: Path) -> None:
    target = tmp_path / "out.caf"
    convert_file(tagged, target, start=0.1, end=0.5, format=AudioFormat.pcm(2 * RATE, 2, 16))
    with AudioFile(target) as f:
        assert [(m.frame, m.name) for m in f.markers] == [((10000 - 4410) * 2, "middle")]
    convert_file(tagged, tmp_path / "out.wav")
    with AudioFile(tmp_path / "out.wav") as f:
        assert [(m.frame, m.name) for m in f.markers] == [(100, "early"), (10000, "middle"), (29999, "late")]


def test_regions_move_or_go(tmp_path: Path, wav: Path) -> None:
    source, target = tmp_path / "in.caf", tmp_path / "out.caf"
    convert_file(wav, source)
    with AudioFile(source, "r+") as f:
        f.regions = [
            (1, "in", 1, [AudioMarker(5000.0, "", 1), AudioMarker(6000.0, "", 2)]),
            (2, "across", 0, [AudioMarker(100.0, "", 3), AudioMarker(6000.0, "", 4)]),
        ]
    convert_file(source, target, start=0.1)
    with AudioFile(target) as f:
        assert [(r.id, r.name, [m.frame for m in r.markers]) for r in f.regions] == [
            (1, "in", [590.0, 1590.0])
        ]


# ---- encoders, progress, failures


def test_bit_rates(tmp_path: Path) -> None:
    source = tmp_path / "in.wav"
    sf.write(source, music(10 * RATE), RATE)
    sizes = []
    for rate in (64000, 256000):
        convert_file(source, tmp_path / "out.mp3", bit_rate=rate)
        assert mutagen.File(tmp_path / "out.mp3").info.bitrate == pytest.approx(rate, rel=0.1)
        convert_file(source, tmp_path / "out.m4a", bit_rate=rate)
        sizes.append((tmp_path / "out.m4a").stat().st_size)
    assert sizes[1] > 2 * sizes[0]
    with pytest.raises(AudioFileError):
        convert_file(source, tmp_path / "out.wav", bit_rate=64000)
    assert not (tmp_path / "out.wav").exists()


def test_progress(tmp_path: Path, wav: Path) -> None:
    source, calls = tmp_path / "in.wav", []
    sf.write(source, np.zeros((200000, 1)), RATE)
    convert_file(source, tmp_path / "out.wav", progress=lambda done, total: calls.append((done, total)))
    assert len(calls) > 2
    assert calls == sorted(calls)
    assert calls[-1] == (200000, 200000)


def test_a_failure_on_the_way_keeps_what_was_there(tmp_path: Path, wav: Path) -> None:
    target = tmp_path / "out.wav"
    target.write_bytes(b"what was here")
    descriptors = open_descriptors()

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert_file(wav, target, progress=stop)
    with pytest.raises(AudioFileError):
        convert_file(wav, target, format=AudioFormat(RATE, "none"))
    with pytest.raises(AudioFileError):
        convert_file(tmp_path / "none.wav", target)
    with pytest.raises(AudioFileError):
        convert_file(wav, tmp_path / "out.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["out.wav"]
    assert target.read_bytes() == b"what was here"
    assert open_descriptors() == descriptors


def test_a_file_over_itself(tmp_path: Path, tagged: Path, sound: Any) -> None:
    """The old file is read to its end, tags included, before the new one takes its place."""
    convert_file(tagged, tagged, start=0.1)
    np.testing.assert_array_equal(sf.read(tagged)[0], sound[4410:])
    with AudioFile(tagged) as f:
        assert f.metadata["title"] == "Tïtle"


# ---- the older helpers


def test_convert_audio_file_copies_what_is_right_already(tmp_path: Path) -> None:
    source, target = tmp_path / "in.wav", tmp_path / "out.wav"
    sf.write(source, music(1000), RATE, subtype="PCM_16")
    raw = source.read_bytes() + b"Xtra\x02\x00\x00\x00ab"
    raw = raw[:4] + (len(raw) - 8).to_bytes(4, "little") + raw[8:]
    source.write_bytes(raw)
    convert_audio_file(source, target, AudioFormatPresets.wav_44100_stereo())
    assert target.read_bytes() == raw
    convert_audio_file(source, source, AudioFormatPresets.wav_44100_stereo())
    assert source.read_bytes() == raw
    convert_audio_file(source, target, AudioFormatPresets.wav_96000_stereo())
    info = sf.info(target)
    assert (info.samplerate, info.channels, info.subtype) == (96000, 2, "PCM_24")
    convert_audio_file(str(source), str(target), AudioFormat(RATE, "lpcm", channels_per_frame=1))
    assert sf.info(target).channels == 1
    convert_audio_file(source, tmp_path / "out.aiff", AudioFormatPresets.wav_44100_stereo())
    assert sf.info(tmp_path / "out.aiff").format == "AIFF"
    with pytest.raises(AudioFileError):
        convert_audio_file(tmp_path / "none.wav", target, AudioFormatPresets.wav_44100_mono())


def test_batch_convert(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("b.wav", "a.wav", "c.wav"):
        sf.write(tmp_path / name, music(500), RATE)
    (tmp_path / "c.wav").write_bytes(b"no audio")
    calls: list[tuple[str, int, int]] = []
    out, mono = tmp_path / "out", AudioFormatPresets.wav_44100_mono()
    pattern = str(tmp_path / "*.wav")
    written = batch_convert(pattern, mono, str(out), progress_callback=lambda *a: calls.append(a))
    assert written == [str(out / "a.wav"), str(out / "b.wav")]
    assert calls == [("a.wav", 1, 3), ("b.wav", 2, 3), ("c.wav", 3, 3)]
    assert "c.wav" in capsys.readouterr().out
    assert sf.info(out / "a.wav").channels == 1
    assert batch_convert(pattern, mono, str(out)) == []
    assert len(batch_convert(pattern, mono, str(out), overwrite=True)) == 2
    assert batch_convert(str(tmp_path / "*.nothing"), mono) == []
    assert batch_convert(str(tmp_path / "a.wav"), mono, output_extension=".caf") == [str(tmp_path / "a.caf")]


def test_trim_audio(tmp_path: Path, wav: Path, sound: Any) -> None:
    target = tmp_path / "out.wav"
    trim_audio(wav, target, 0.1, 0.2)
    np.testing.assert_array_equal(sf.read(target)[0], sound[4410:8820])
    assert sf.info(target).subtype == "PCM_24"
    trim_audio(str(wav), str(tmp_path / "out.flac"), 0.5)
    np.testing.assert_array_equal(sf.read(tmp_path / "out.flac")[0], sound[22050:])
    for start, end in ((0.2, 0.2), (0.3, 0.1), (99.0, None)):
        with pytest.raises(ValueError, match=r"not after|nothing lies"):
            trim_audio(wav, target, start, end)


def test_trimming_a_lossy_file_keeps_its_bit_rate(tmp_path: Path) -> None:
    source, first, second = (tmp_path / n for n in ("in.wav", "a.mp3", "b.mp3"))
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (8 * RATE, 2))
    sf.write(source, noise, RATE)
    convert_file(source, first, bit_rate=256000)
    trim_audio(first, second, 1.0, 7.0)
    info = mutagen.File(second).info
    assert info.bitrate == pytest.approx(256000, rel=0.1)
    with AudioFile(second) as f:
        assert f.frame_count == 6 * RATE


@pytest.mark.parametrize(
    ("extension", "rate", "channels", "expected"),
    [
        ("mp3", 96000, 2, (48000, 2)),
        ("mp3", 44101, 1, (48000, 1)),
        ("mp2", 8000, 1, (16000, 1)),
        ("ac3", 192000, 2, (48000, 2)),
        ("m4a", 192000, 2, (96000, 2)),
        ("mp3", 48000, 6, (48000, 2)),
        ("ac3", 48000, 8, (48000, 6)),
    ],
)
@needs_ffprobe
def test_what_a_codec_cannot_do_is_brought_into_reach(
    tmp_path: Path, extension: str, rate: int, channels: int, expected: tuple[int, int]
) -> None:
    source, target = tmp_path / "in.wav", tmp_path / f"out.{extension}"
    sf.write(source, np.zeros((rate // 2, channels)), rate, format="WAVEX")
    done = convert_file(source, target)
    assert probe(target, "stream=sample_rate,channels").split() == [str(n) for n in expected]
    assert done.duration == pytest.approx(0.5, abs=1e-4)


@needs_ffmpeg
def test_surround_for_mp3_is_mixed(tmp_path: Path) -> None:
    """The centre channel comes from both sides at -3 dB."""
    source, target = tmp_path / "in.wav", tmp_path / "out.mp3"
    sound = np.zeros((RATE, 6))
    sound[:, 2] = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    sf.write(source, sound, RATE, format="WAVEX")
    convert_file(source, target, bit_rate=320_000)
    mixed = decode_with_ffmpeg(target, 2)[4000:-4000]
    np.testing.assert_allclose(np.std(mixed, axis=0), 0.5 * np.sqrt(0.5) * np.sqrt(0.5), rtol=0.01)


def test_more_channels_than_a_codec_has_are_not_dropped(tmp_path: Path) -> None:
    sf.write(tmp_path / "in.wav", np.zeros((100, 16)), 48000, format="WAVEX")
    with pytest.raises(AudioFileError, match="16 channels"):
        convert_file(tmp_path / "in.wav", tmp_path / "out.mp3")
    assert not (tmp_path / "out.mp3").exists()


@pytest.mark.parametrize(
    ("start", "end"), [(np.nan, None), (0.0, np.nan), (-1.0, None), (0.0, -1.0), (np.inf, None), (0.3, 0.2)]
)
def test_times_between_which_nothing_lies(tmp_path: Path, wav: Path, start: float, end: float | None) -> None:
    with pytest.raises(ValueError, match="nothing lies between"):
        convert_file(wav, tmp_path / "out.wav", start=start, end=end)
    assert convert_file(wav, tmp_path / "out.wav", end=np.inf).frames == FRAMES
