"""What a notebook shows of an AudioFile, taken apart by the standard library's parsers and by libsndfile."""

import base64
import io
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile

import coremusic as cm

RATE = 8000


class Page(HTMLParser):
    """Tags in balance, the text, and the attributes of each tag."""

    EMPTY = frozenset(["path"])

    def __init__(self, text):
        super().__init__()
        self.open, self.text, self.tags = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    def heard(self):
        """What the player has: MIME type, samples, rate."""
        (player,) = self.named("audio")
        mime, data = re.fullmatch(r"data:([a-z0-9/]+);base64,(.+)", player["src"]).groups()
        samples, rate = soundfile.read(io.BytesIO(base64.b64decode(data)), dtype="int16", always_2d=True)
        return mime, samples, rate


def noise(frames, channels=2):
    return np.random.default_rng(1).integers(-20000, 20000, (frames, channels)).astype(np.int16)


def written(path, samples, rate=RATE, subtype="PCM_16"):
    soundfile.write(path, samples, rate, subtype)
    return path


def outlines(html):
    """The points of each channel's outline."""
    svg = ElementTree.fromstring(re.search(r"<svg.*</svg>", html).group())
    for path in svg:
        yield np.array([[float(n) for n in point.split(",")] for point in path.get("d")[1:-1].split("L")])


def test_facts_and_player_of_a_short_file(tmp_path):
    samples = noise(RATE)
    file = cm.AudioFile(written(tmp_path / "short.wav", samples))
    page = Page(file._repr_html_())
    text = " ".join(page.text)
    assert "WAV" in text and "8000 Hz" in text and "2 channels" in text
    assert "0:01.000 (8000 frames)" in text
    mime, heard, rate = page.heard()
    assert (mime, rate) == ("audio/wav", RATE)
    np.testing.assert_array_equal(heard, samples)


def test_waveform_is_the_lowest_and_highest_of_each_column(tmp_path):
    samples = noise(600 * 50)
    drawn = list(outlines(cm.AudioFile(written(tmp_path / "wave.wav", samples))._repr_html_()))
    assert len(drawn) == 2
    blocks = samples.reshape(600, 50, 2) / 32768
    for lane, points in enumerate(drawn):
        levels = (60 * (lane + 0.5) - points[:, 1]) / (60 * 0.48)
        np.testing.assert_allclose(levels[:600], blocks[:, :, lane].max(axis=1), atol=0.002)
        np.testing.assert_allclose(levels[:599:-1], blocks[:, :, lane].min(axis=1), atol=0.002)


def test_a_file_of_fewer_frames_than_columns(tmp_path):
    page = Page(cm.AudioFile(written(tmp_path / "short.wav", noise(3, 1)))._repr_html_())
    assert len(page.heard()[1]) == 3
    assert len(page.named("path")) == 1


def test_the_player_has_the_beginning_of_what_browsers_do_not_play(tmp_path):
    samples = noise(RATE * 25, 3)
    page = Page(cm.AudioFile(written(tmp_path / "three.aiff", samples))._repr_html_())
    mime, heard, rate = page.heard()
    assert (mime, rate) == ("audio/wav", RATE)
    np.testing.assert_array_equal(heard, samples[: RATE * 20, :2])
    assert "the first 20 s" in " ".join(page.text)


def test_the_player_has_the_beginning_of_what_is_large(tmp_path):
    samples = noise(44100 * 30)
    mime, heard, _ = Page(cm.AudioFile(written(tmp_path / "large.wav", samples, 44100))._repr_html_()).heard()
    np.testing.assert_array_equal(heard, samples[: 44100 * 20])


def test_compressed_files_are_played_as_they_are(tmp_path):
    samples = noise(RATE)
    mime, heard, _ = Page(cm.AudioFile(written(tmp_path / "short.flac", samples))._repr_html_()).heard()
    assert mime == "audio/flac"
    np.testing.assert_array_equal(heard, samples)


def test_tags_and_names_are_text_and_not_markup(tmp_path):
    path = written(tmp_path / "a<b>&c.flac", noise(100))
    with cm.AudioFile(path, "r+") as file:
        file.metadata = {"title": "<script>alert(1)</script>", "artist": 'A "B" & C'}
    page = Page(cm.AudioFile(path)._repr_html_())
    assert page.named("script") == [] and page.named("b") == []
    assert "<script>alert(1)</script>" in page.text and 'A "B" & C' in page.text


def test_nothing_about_the_object_changes(tmp_path):
    path = written(tmp_path / "short.wav", noise(1000))
    file = cm.AudioFile(path)
    file._repr_html_()
    assert "closed" in repr(file)
    for source in (path, path.read_bytes(), io.BytesIO(path.read_bytes())):
        with cm.AudioFile(source) as file:
            file.seek(123)
            assert Page(file._repr_html_()).heard()[1].shape == (1000, 2)
            assert file.tell() == 123


def test_a_file_that_is_being_written_shows_its_name(tmp_path):
    with cm.AudioFile(tmp_path / "new.wav", "w", format=cm.AudioFormat.pcm(RATE, 1, 16)) as file:
        file.write(noise(100, 1))
        page = Page(file._repr_html_())
        assert "new.wav" in " ".join(page.text) and page.named("audio") == []
    assert soundfile.info(tmp_path / "new.wav").frames == 100


@pytest.mark.parametrize("data", [None, b"", b"RIFF\xff\xff\xff\xffWAVE", bytes(1000)])
def test_what_cannot_be_read_is_told(tmp_path, data):
    path = tmp_path / "rubbish.wav"
    if data is not None:
        path.write_bytes(data)
    page = Page(cm.AudioFile(path)._repr_html_())
    assert "rubbish.wav" in page.text[0] and page.named("p") and page.named("audio") == []


def test_samples_that_are_no_numbers(tmp_path):
    samples = np.array([[np.nan], [np.inf], [-np.inf], [2.0]], np.float32)
    html = cm.AudioFile(written(tmp_path / "odd.wav", samples, subtype="FLOAT"))._repr_html_()
    (points,) = outlines(html)
    assert np.isfinite(points).all() and points[:, 1].min() >= 0 and points[:, 1].max() <= 60
