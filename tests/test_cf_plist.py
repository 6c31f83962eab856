"""The engine's Core Foundation subset against Python's own plistlib, codecs, urllib and case folding."""

import ctypes as c
import datetime
import math
import os
import plistlib
import re
import subprocess
import sys
import unicodedata
import urllib.parse
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent
HEADERS = ROOT / "csrc/include/CoreFoundation"

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="macOS has its own Core Foundation")

ENCODINGS = {
    "mac_roman": 0,
    "cp1252": 0x0500,
    "latin-1": 0x0201,
    "ascii": 0x0600,
    "utf-8": 0x08000100,
    "utf-16-be": 0x10000100,
    "utf-16-le": 0x14000100,
    "utf-32-be": 0x18000100,
    "utf-32-le": 0x1C000100,
}
UTF8 = ENCODINGS["utf-8"]
XML_FORMAT = 100
CASE_INSENSITIVE = 1

POINTER, INDEX, BOOLEAN = c.c_void_p, c.c_long, c.c_ubyte
PROTOTYPES = {
    "CFDataCreate": (POINTER, [POINTER, c.c_char_p, INDEX]),
    "CFDataGetBytePtr": (POINTER, [POINTER]),
    "CFDataGetLength": (INDEX, [POINTER]),
    "CFErrorCopyDescription": (POINTER, [POINTER]),
    "CFPropertyListCreateData": (POINTER, [POINTER, POINTER, INDEX, c.c_ulong, POINTER]),
    "CFPropertyListCreateWithData": (POINTER, [POINTER, POINTER, c.c_ulong, POINTER, POINTER]),
    "CFRelease": (None, [POINTER]),
    "CFStringCompare": (INDEX, [POINTER, POINTER, c.c_ulong]),
    "CFStringCreateExternalRepresentation": (POINTER, [POINTER, POINTER, c.c_uint32, c.c_ubyte]),
    "CFStringCreateWithBytes": (POINTER, [POINTER, c.c_char_p, INDEX, c.c_uint32, BOOLEAN]),
    "CFStringGetLength": (INDEX, [POINTER]),
    "CFURLCreateFromFileSystemRepresentation": (POINTER, [POINTER, c.c_char_p, INDEX, BOOLEAN]),
    "CFURLCreateWithString": (POINTER, [POINTER, POINTER, POINTER]),
    "CFURLGetFileSystemRepresentation": (BOOLEAN, [POINTER, BOOLEAN, c.c_char_p, INDEX]),
    "CFURLGetString": (POINTER, [POINTER]),
}


@pytest.fixture(scope="module")
def cf(tmp_path_factory):
    """The engine's base folder as a shared library of its own."""
    library = tmp_path_factory.mktemp("cf") / "libcf.so"
    sources = sorted(str(p) for p in (ROOT / "csrc/engine/base").glob("*.c"))
    flags = ["-std=c11", "-D_GNU_SOURCE", "-fPIC", "-fvisibility=hidden", "-O1", "-g", "-Wno-multichar"]
    includes = [f"-I{ROOT}/csrc/include", f"-I{ROOT}/csrc/engine"]
    compiler = os.environ.get("CC", "gcc")
    command = [
        compiler,
        *flags,
        *includes,
        "-shared",
        "-o",
        str(library),
        *sources,
        "-lm",
        "-ldl",
        "-lpthread",
    ]
    subprocess.run(command, check=True)
    lib = c.CDLL(str(library))
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def data_bytes(cf, data):
    """The bytes of a CFData, which is released; None for NULL."""
    if not data:
        return None
    result = c.string_at(cf.CFDataGetBytePtr(data), cf.CFDataGetLength(data))
    cf.CFRelease(data)
    return result


def new_string(cf, text):
    raw = text.encode("utf-8")
    return cf.CFStringCreateWithBytes(None, raw, len(raw), UTF8, 0)


def string_text(cf, string, encoding="utf-8"):
    raw = data_bytes(cf, cf.CFStringCreateExternalRepresentation(None, string, ENCODINGS[encoding], 0))
    return None if raw is None else raw.decode(encoding)


def rewrite(cf, document):
    """Reads a document and writes it again. ValueError with the reader's own words when it is refused."""
    data = cf.CFDataCreate(None, document, len(document))
    error = c.c_void_p()
    tree = cf.CFPropertyListCreateWithData(None, data, 0, None, c.byref(error))
    cf.CFRelease(data)
    if not tree:
        description = cf.CFErrorCopyDescription(error)
        message = string_text(cf, description)
        cf.CFRelease(description)
        cf.CFRelease(error)
        raise ValueError(message)
    written = data_bytes(cf, cf.CFPropertyListCreateData(None, tree, XML_FORMAT, 0, None))
    cf.CFRelease(tree)
    assert written is not None
    return written


def same(a, b):
    """Equal, of the same types and in the same order, with NaN equal to itself."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b) or (math.isnan(a) and math.isnan(b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def is_xml_char(char):
    return char in "\t\n\r" or (ord(char) >= 0x20 and char not in "\ufffe\uffff")


# plistlib turns a carriage return into a line feed when it writes, so that one is tested by itself below.
texts = st.text(st.characters(exclude_categories=["Cs"])).map(
    lambda s: "".join(char for char in s if is_xml_char(char) and char != "\r")
)
leaves = st.one_of(
    texts,
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.booleans(),
    st.binary(max_size=200),
    st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31)).map(
        lambda d: d.replace(microsecond=0)
    ),
)
trees = st.recursive(
    leaves, lambda t: st.lists(t, max_size=5) | st.dictionaries(texts, t, max_size=5), max_leaves=20
)

many = settings(max_examples=400, deadline=None)


@many
@given(tree=trees)
def test_plistlib_reads_what_we_write_and_we_read_what_it_writes(cf, tree):
    document = plistlib.dumps(tree, sort_keys=False)
    written = rewrite(cf, document)
    assert same(plistlib.loads(written), tree)
    assert rewrite(cf, written) == written


@many
@given(text=st.text(st.characters(exclude_categories=["Cs"])).filter(lambda s: all(map(is_xml_char, s))))
@example(text="\r \r\n \n\r")
def test_every_character_survives(cf, text):
    escaped = "".join(f"&#x{ord(char):x};" for char in text)
    written = rewrite(
        cf, f"<plist><dict><key>{escaped}</key><string>{escaped}</string></dict></plist>".encode()
    )
    assert plistlib.loads(written) == {text: text}


def test_every_character_survives_in_one_document(cf):
    text = "".join(chr(n) for n in range(0x110000) if not 0xD800 <= n < 0xE000 and is_xml_char(chr(n)))
    assert plistlib.loads(rewrite(cf, plistlib.dumps(text.replace("\r", "")))) == text.replace("\r", "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "us-ascii"])
def test_encodings_of_documents(cf, encoding):
    text = "plain" if encoding == "us-ascii" else "na\u00efve caf\u00e9"
    document = f'<?xml version="1.0" encoding="{encoding}"?>\n<plist><string>{text}</string></plist>'
    assert plistlib.loads(rewrite(cf, document.encode(encoding))) == text


DOCUMENT = plistlib.dumps(
    {
        "key": [1, -1.5, True, False, b"bytes", datetime.datetime(2024, 2, 29, 1, 2, 3)],
        "inner & <outer>": {"a": "text", "b": ["x", {}, []]},
    }
)


@settings(many, max_examples=1000)
@given(data=st.data())
def test_damaged_documents_mean_the_same_to_both_or_are_refused(cf, data):
    document = bytearray(DOCUMENT)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(document) - 1))
        piece = data.draw(
            st.sampled_from([b"", b"<", b">", b"/", b"&", b"0", b"-", b" ", b"<array>", b"</dict>", b"\xff"])
        )
        document[at : at + data.draw(st.integers(0, 3))] = piece
    try:
        ours = plistlib.loads(rewrite(cf, bytes(document)))
    except ValueError:
        return
    try:
        theirs = plistlib.loads(bytes(document), fmt=plistlib.FMT_XML)
    except Exception:
        return
    assert same(ours, theirs)


def test_reader_names_the_line(cf):
    with pytest.raises(
        ValueError, match=r"^Property list, line 3: <bad> is no element of a property list\.$"
    ):
        rewrite(cf, b"<plist>\n<array>\n<bad/></array></plist>")


def test_every_declared_name_is_exported(cf):
    names = set()
    for header in HEADERS.glob("*.h"):
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
        for declaration in re.findall(r"^extern\s+([^;]*);", text, re.M):
            names.add(re.search(r"(\w+)\s*(\(|$)", declaration)[1])
    assert len(names) > 140
    missing = [name for name in sorted(names) if not hasattr(cf, name)]
    assert missing == []


@pytest.mark.parametrize("encoding", ["mac_roman", "cp1252", "latin-1", "ascii"])
def test_single_byte_encodings(cf, encoding):
    for number in range(256):
        raw = bytes([number])
        string = cf.CFStringCreateWithBytes(None, raw, 1, ENCODINGS[encoding], 0)
        try:
            expected = raw.decode(encoding)
        except UnicodeDecodeError:
            assert not string, number
            continue
        assert string_text(cf, string) == expected
        assert (
            data_bytes(cf, cf.CFStringCreateExternalRepresentation(None, string, ENCODINGS[encoding], 0))
            == raw
        )
        cf.CFRelease(string)


@many
@given(raw=st.binary(max_size=40), encoding=st.sampled_from(sorted(ENCODINGS)))
def test_any_bytes_decode_as_in_python_or_not_at_all(cf, raw, encoding):
    string = cf.CFStringCreateWithBytes(None, raw, len(raw), ENCODINGS[encoding], 0)
    try:
        expected = raw.decode(encoding)
    except UnicodeDecodeError:
        assert not string
        return
    assert string_text(cf, string) == expected
    cf.CFRelease(string)


@many
@given(text=st.text(st.characters(exclude_categories=["Cs"])), encoding=st.sampled_from(sorted(ENCODINGS)))
def test_any_text_encodes_as_in_python_or_not_at_all(cf, text, encoding):
    string = new_string(cf, text)
    assert cf.CFStringGetLength(string) == len(text.encode("utf-16-le")) // 2
    raw = data_bytes(cf, cf.CFStringCreateExternalRepresentation(None, string, ENCODINGS[encoding], 0))
    cf.CFRelease(string)
    try:
        assert raw == text.encode(encoding)
    except UnicodeEncodeError:
        assert raw is None


def simple_fold(char):
    folded = char.casefold()
    folded = folded if len(folded) == 1 else char.lower()
    return folded if len(folded) == 1 else char


def test_case_folding_of_every_character(cf):
    same_table = unicodedata.unidata_version == "14.0.0"
    for number in range(0x110000):
        char = chr(number)
        folded = simple_fold(char) if not 0xD800 <= number < 0xE000 else char
        if folded == char:
            continue
        a, b = new_string(cf, char), new_string(cf, folded)
        equal = cf.CFStringCompare(a, b, CASE_INSENSITIVE) == 0
        cf.CFRelease(a)
        cf.CFRelease(b)
        assert equal or not same_table, hex(number)
    assert same_table or unicodedata.unidata_version > "14"


@many
@given(path=st.binary(min_size=1, max_size=40).filter(lambda b: b"\0" not in b and not b.endswith(b"/")))
def test_any_path_is_quoted_as_by_urllib_and_comes_back(cf, path):
    path = b"/" + path
    url = cf.CFURLCreateFromFileSystemRepresentation(None, path, len(path), 0)
    text = string_text(cf, cf.CFURLGetString(url))
    assert text == "file://" + urllib.parse.quote_from_bytes(path, safe="/!$&'()*+,:=@~")
    cf.CFRelease(url)
    string = new_string(cf, text)
    url = cf.CFURLCreateWithString(None, string, None)
    buffer = c.create_string_buffer(len(path) + 1)
    assert cf.CFURLGetFileSystemRepresentation(url, 1, buffer, len(buffer))
    assert buffer.value == path
    cf.CFRelease(url)
    cf.CFRelease(string)
