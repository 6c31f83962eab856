/* ID3 against tags written by hand after the standards, and by and for mutagen. */
#include "file_kit.h"

#include "file/id3.h"
#include "file/id3_tag.h"

#include <AudioToolbox/AudioFile.h>

typedef struct bytes {
    UInt8 data[65536];
    size_t size;
} bytes;

static void add(bytes *b, const void *data, size_t size)
{
    CHECK(b->size + size <= sizeof b->data);
    memcpy(b->data + b->size, data, size);
    b->size += size;
}

static void begin(bytes *b, int version, int flags)
{
    UInt8 head[10] = { 'I', 'D', '3', (UInt8)version, 0, (UInt8)flags };
    b->size = 0;
    add(b, head, sizeof head);
}

static void end(bytes *b)
{
    size_t size = b->size - 10;
    for (int i = 3; i >= 0; i--, size >>= 7)
        b->data[6 + i] = size & 0x7F;
}

/* A frame of v2.3 (plain size) or v2.2 (three letters). */
static void frame(bytes *b, const char *id, const void *data, size_t size)
{
    UInt8 head[10] = { 0 };
    size_t letters = strlen(id);
    memcpy(head, id, letters);
    head[letters + (letters == 4)] = (UInt8)(size >> 16);
    head[letters + 1 + (letters == 4)] = (UInt8)(size >> 8);
    head[letters + 2 + (letters == 4)] = (UInt8)size;
    add(b, head, letters == 4 ? 10 : 6);
    add(b, data, size);
}

#define FRAME(b, id, literal) frame(b, id, literal, sizeof literal - 1)

static CFMutableDictionaryRef read_tag(const bytes *b)
{
    CFMutableDictionaryRef info = kit_dictionary();
    CHECK_EQ(cm_id3_read(b->data, b->size, info), noErr);
    return info;
}

static void test_size(void)
{
    static const UInt8 head[10] = { 'I', 'D', '3', 4, 0, 0, 0, 0, 2, 1 };
    static const UInt8 footer[10] = { 'I', 'D', '3', 4, 0, 0x10, 0, 0, 2, 1 };
    static const UInt8 unsafe[10] = { 'I', 'D', '3', 4, 0, 0, 0, 0x80, 2, 1 };
    CHECK_EQ(cm_id3_size(head, 10), 10 + 257);
    CHECK_EQ(cm_id3_size(footer, 10), 20 + 257);
    CHECK_EQ(cm_id3_size(unsafe, 10), 0);
    CHECK_EQ(cm_id3_size(head, 9), 0);
    CHECK_EQ(cm_id3_size((const UInt8 *)"TAGabc", 6), 128);
    CHECK_EQ(cm_id3_size((const UInt8 *)"", 0), 0);
}

static void test_v1(void)
{
    bytes b = { .size = 128 };
    memcpy(b.data, "TAG", 3);
    memcpy(b.data + 3, "A title of just thirty letters", 30);
    memcpy(b.data + 33, "Bj\xF6rk   ", 8);
    memcpy(b.data + 93, "1997", 4);
    memcpy(b.data + 97, "hello", 5);
    b.data[126] = 7;
    b.data[127] = 17;
    CFMutableDictionaryRef info = read_tag(&b);
    CHECK_STR(kit_get(info, kAFInfoDictionary_Title), "A title of just thirty letters");
    CHECK_STR(kit_get(info, kAFInfoDictionary_Artist), "Bj\xC3\xB6rk");
    CHECK_STR(kit_get(info, kAFInfoDictionary_Year), "1997");
    CHECK_STR(kit_get(info, kAFInfoDictionary_Comments), "hello");
    CHECK_STR(kit_get(info, kAFInfoDictionary_TrackNumber), "7");
    CHECK_STR(kit_get(info, kAFInfoDictionary_Genre), "Rock");
    CHECK_STR(kit_get(info, kAFInfoDictionary_Album), "");
    CFRelease(info);
}

static void test_v22(void)
{
    static const char picture[] = "\0PNG\3cover\0\x89PNG\r\n\x1A\nxyz";
    bytes b;
    CFDataRef artwork = NULL;
    begin(&b, 2, 0);
    FRAME(&b, "TT2", "\0Title");
    FRAME(&b, "TP1",
          "\1\xFF\xFE"
          "A\0\xE9\0"
          "\0\0");
    FRAME(&b, "TYE",
          "\0"
          "2003");
    FRAME(&b, "TDA",
          "\0"
          "2412");
    FRAME(&b, "TCO", "\0(4)Eurodisco");
    FRAME(&b, "COM", "\0engiTunNORM\0 0000");
    FRAME(&b, "COM", "\0eng\0Nice");
    FRAME(&b, "TXX", "\0mood\0calm");
    FRAME(&b, "ULT", "\0eng\0la la");
    frame(&b, "PIC", picture, sizeof picture - 1);
    end(&b);
    CFMutableDictionaryRef info = read_tag(&b);
    CHECK_STR(kit_get(info, kAFInfoDictionary_Title), "Title");
    CHECK_STR(kit_get(info, kAFInfoDictionary_Artist), "A\xC3\xA9");
    CHECK_STR(kit_get(info, kAFInfoDictionary_Year), "2003");
    CHECK_STR(kit_get(info, kAFInfoDictionary_RecordedDate), "2003-12-24");
    CHECK_STR(kit_get(info, kAFInfoDictionary_Genre), "Disco/Eurodisco");
    CHECK_STR(kit_get(info, kAFInfoDictionary_Comments), "Nice");
    CHECK_STR(kit_get(info, "mood"), "calm");
    CHECK_STR(kit_get(info, "lyrics"), "la la");
    CFRelease(info);
    CHECK_EQ(cm_id3_copy_artwork(b.data, b.size, &artwork), noErr);
    CHECK(artwork && CFDataGetLength(artwork) == 11 && memcmp(CFDataGetBytePtr(artwork), "\x89PNG", 4) == 0);
    CFRelease(artwork);
}

/* Unsynchronisation of the whole tag, extended header, UTF-16 with a surrogate pair. */
static void test_v23(void)
{
    bytes b;
    UInt8 extended[10] = { 0, 0, 0, 6 };
    begin(&b, 3, 0x80 | 0x40);
    add(&b, extended, sizeof extended);
    FRAME(&b, "TIT2",
          "\1\xFF\0\xFE"
          "x\0\x3D\xD8\x00\xDE"
          "\0\0");
    FRAME(&b, "TBPM",
          "\0"
          "128");
    end(&b);
    b.data[20 + 7]--; /* the sizes of frames count the bytes before unsynchronisation */
    CFMutableDictionaryRef info = read_tag(&b);
    CHECK_STR(kit_get(info, kAFInfoDictionary_Title), "x\xF0\x9F\x98\x80");
    CHECK_STR(kit_get(info, kAFInfoDictionary_Tempo), "128");
    CFRelease(info);
}

/* v2.4: syncsafe sizes, a footer, data length indicator with unsynchronisation, several values, dates. */
static void test_v24(void)
{
    static const char text[] = "\3"
                               "one\0two";
    bytes b;
    begin(&b, 4, 0x10);
    add(&b, "TPE1\0\0\0\x08\0\0", 10);
    add(&b, text, 8);
    add(&b,
        "TDRC\0\0\0\x0B\0\0\3"
        "2004-05-12",
        21);
    add(&b,
        "TCON\0\0\0\x05\0\0\3"
        "17\0"
        "9",
        15);
    add(&b,
        "TXXX\0\0\0\x0D\0\3\0\0\0\x08\0"
        "a\0\xFF\0\xE0xy",
        23);                                      /* flags: unsync, length */
    add(&b, "TSRC\0\0\0\x05\0\x08\0\0\0\1z", 15); /* compressed: skipped */
    add(&b,
        "TLEN\0\0\0\x05\0\0\0"
        "1500",
        15);
    end(&b);
    add(&b, "3DI\4\0\0\0\0\0\0", 10);
    CHECK_EQ(cm_id3_size(b.data, b.size), b.size);
    CFMutableDictionaryRef info = read_tag(&b);
    CHECK_STR(kit_get(info, kAFInfoDictionary_Artist), "one/two");
    CHECK_STR(kit_get(info, kAFInfoDictionary_RecordedDate), "2004-05-12");
    CHECK_STR(kit_get(info, kAFInfoDictionary_Year), "2004");
    CHECK_STR(kit_get(info, kAFInfoDictionary_Genre), "Rock/Metal");
    CHECK_STR(kit_get(info, "a"), "\xC3\xBF\xC3\xA0xy");
    CHECK_STR(kit_get(info, kAFInfoDictionary_ISRC), "");
    CHECK_STR(kit_get(info, kAFInfoDictionary_ApproximateDurationInSeconds), "1.500");
    CFRelease(info);
}

/* Frames of v2.4 whose sizes were not made syncsafe, as iTunes once did. */
static void test_plain_sizes(void)
{
    bytes b;
    UInt8 body[300] = { 3 };
    memset(body + 1, 'a', sizeof body - 1);
    begin(&b, 4, 0);
    add(&b, "TIT2\0\0\x01\x2C\0\0", 10); /* 300, which as syncsafe would be 172 */
    add(&b, body, sizeof body);
    add(&b, "TALB\0\0\0\x04\0\0\3xyz", 14);
    end(&b);
    CFMutableDictionaryRef info = read_tag(&b);
    CHECK_EQ(strlen(kit_get(info, kAFInfoDictionary_Title)), 299);
    CHECK_STR(kit_get(info, kAFInfoDictionary_Album), "xyz");
    CFRelease(info);
}

static void check_genre(const char *text, const char *expected)
{
    char *got = cm_id3_genre_text(text);
    CHECK_STR(got, expected);
    free(got);
}

static void test_genre_texts(void)
{
    check_genre("(17)", "Rock");
    check_genre("17", "Rock");
    check_genre("(51)(39)", "Techno-Industrial/Noise");
    check_genre("(4)Eurodisco", "Disco/Eurodisco");
    check_genre("(17)Rock", "Rock");
    check_genre("(RX)(CR)", "Remix/Cover");
    check_genre("((I think)", "(I think)");
    check_genre("(200)", "(200)");
    check_genre("Pop/Funk", "Pop/Funk");
    check_genre("", "");
    check_genre("(", "(");
    check_genre("255", "255");
    check_genre("-1", "-1");
}

/* Whatever is cut off, nothing is read beyond the end (with the sanitizer) and the beginning is still good.
 */
static void test_truncation(void)
{
    bytes b;
    begin(&b, 3, 0);
    FRAME(&b, "TIT2", "\0Title");
    FRAME(&b, "APIC", "\0image/png\0\3\0picture");
    FRAME(&b, "COMM", "\1eng\xFF\xFE\0\0\xFF\xFEx\0");
    end(&b);
    for (size_t n = 0; n <= b.size; n++) {
        UInt8 *cut = malloc(n ? n : 1);
        CFMutableDictionaryRef info = kit_dictionary();
        CFDataRef artwork = NULL, out = NULL;
        memcpy(cut, b.data, n);
        OSStatus status = cm_id3_read(cut, n, info);
        CHECK_EQ(status, n < 10 ? kAudioFileInvalidFileError : noErr);
        CHECK_STR(kit_get(info, kAFInfoDictionary_Title), n >= 26 ? "Title" : "");
        cm_id3_copy_artwork(cut, n, &artwork);
        CHECK_EQ(cm_id3_update(cut, n, info, NULL, &out), noErr);
        if (artwork)
            CFRelease(artwork);
        if (out)
            CFRelease(out);
        CFRelease(info);
        free(cut);
    }
}

static const char *const sample[] = { kAFInfoDictionary_Title,
                                      "Gr\xC3\xBC\xC3\x9F"
                                      "e \xF0\x9F\x8E\xB5",
                                      kAFInfoDictionary_Artist,
                                      "Artist",
                                      kAFInfoDictionary_Album,
                                      "Album",
                                      kAFInfoDictionary_Genre,
                                      "Dream Pop",
                                      kAFInfoDictionary_TrackNumber,
                                      "3/12",
                                      kAFInfoDictionary_Year,
                                      "2004",
                                      kAFInfoDictionary_RecordedDate,
                                      "2004-05-12T10:20",
                                      kAFInfoDictionary_Comments,
                                      "line one\nline two",
                                      kAFInfoDictionary_Composer,
                                      "Composer",
                                      kAFInfoDictionary_Copyright,
                                      "2004 Somebody",
                                      kAFInfoDictionary_Tempo,
                                      "120.5",
                                      kAFInfoDictionary_KeySignature,
                                      "F#m",
                                      kAFInfoDictionary_TimeSignature,
                                      "6/8",
                                      kAFInfoDictionary_ISRC,
                                      "DEXX10400001",
                                      kAFInfoDictionary_SourceEncoder,
                                      "encoder 1",
                                      "lyrics",
                                      "la\nla",
                                      "my own key",
                                      "my own value",
                                      NULL };

static void check_sample(const UInt8 *tag, size_t size)
{
    CFMutableDictionaryRef info = kit_dictionary();
    CFIndex count = 0;
    CHECK_EQ(cm_id3_read(tag, size, info), noErr);
    for (const char *const *p = sample; *p; p += 2, count++)
        CHECK_STR(kit_get(info, p[0]), p[1]);
    CHECK_EQ(CFDictionaryGetCount(info), count);
    CFRelease(info);
}

static CFDataRef write_sample(CFDataRef artwork)
{
    CFDataRef tag = NULL;
    CFMutableDictionaryRef info = kit_dictionary();
    for (const char *const *p = sample; *p; p += 2)
        kit_set(info, p[0], p[1]);
    CHECK_EQ(cm_id3_write(info, artwork, &tag), noErr);
    CHECK(tag);
    CFRelease(info);
    return tag;
}

static void test_write(void)
{
    CFDataRef none = NULL, artwork = CFDataCreate(NULL, (const UInt8 *)"\xFF\xD8\xFFjpeg", 7);
    CFDataRef tag = write_sample(artwork), back = NULL;
    const UInt8 *at = CFDataGetBytePtr(tag);
    size_t size = (size_t)CFDataGetLength(tag);
    CHECK_EQ(cm_id3_size(at, size), size);
    check_sample(at, size);
    CHECK_EQ(cm_id3_copy_artwork(at, size, &back), noErr);
    CHECK(back && CFEqual(back, artwork));
    CFRelease(back);
    CFRelease(tag);
    CFRelease(artwork);
    CHECK_EQ(cm_id3_write(NULL, NULL, &none), noErr);
    CHECK(none == NULL);
}

/* A year that the date does not have, and a date that is none. */
static void test_odd_dates(void)
{
    CFMutableDictionaryRef info = kit_dictionary(), back = kit_dictionary();
    CFDataRef tag = NULL;
    kit_set(info, kAFInfoDictionary_Year, "1999");
    kit_set(info, kAFInfoDictionary_RecordedDate, "12 May 2004");
    CHECK_EQ(cm_id3_write(info, NULL, &tag), noErr);
    CHECK_EQ(cm_id3_read(CFDataGetBytePtr(tag), (size_t)CFDataGetLength(tag), back), noErr);
    CHECK(CFEqual(info, back));
    CFRelease(tag);
    kit_set(info, kAFInfoDictionary_RecordedDate, "2004-05-12");
    CFDictionaryRemoveAllValues(back);
    CHECK_EQ(cm_id3_write(info, NULL, &tag), noErr);
    CHECK_EQ(cm_id3_read(CFDataGetBytePtr(tag), (size_t)CFDataGetLength(tag), back), noErr);
    CHECK(CFEqual(info, back));
    CFRelease(tag);
    CFRelease(info);
    CFRelease(back);
}

/* Frames that are nobody's business here survive; the picture of v2.2 becomes one of v2.4. */
static void test_update(void)
{
    bytes b;
    CFDataRef tag = NULL, picture = NULL;
    CFMutableDictionaryRef info = kit_dictionary();
    begin(&b, 3, 0);
    FRAME(&b, "TIT2", "\0Old");
    FRAME(&b, "PRIV", "owner\0secret");
    FRAME(&b, "COMM", "\0engiTunNORM\0 0000");
    FRAME(&b, "COMM", "\0eng\0old comment");
    FRAME(&b, "APIC", "\0image/png\0\3\0picture");
    end(&b);
    kit_set(info, kAFInfoDictionary_Title, "New");
    CHECK_EQ(cm_id3_update(b.data, b.size, info, NULL, &tag), noErr);
    const UInt8 *at = CFDataGetBytePtr(tag);
    size_t size = (size_t)CFDataGetLength(tag);
    CHECK(memmem(at, size, "owner\0secret", 12) && memmem(at, size, "iTunNORM", 8));
    CHECK(!memmem(at, size, "old comment", 11) && !memmem(at, size, "Old", 3));
    CHECK_EQ(cm_id3_copy_artwork(at, size, &picture), noErr);
    CHECK(picture && CFDataGetLength(picture) == 7);
    CFRelease(picture);
    CFRelease(tag);
    CFDataRef empty = CFDataCreate(NULL, NULL, 0);
    CHECK_EQ(cm_id3_update(b.data, b.size, NULL, empty, &tag), noErr);
    at = CFDataGetBytePtr(tag);
    size = (size_t)CFDataGetLength(tag);
    CHECK(memmem(at, size, "old comment", 11) && memmem(at, size, "Old", 3) &&
          !memmem(at, size, "picture", 7));
    CFRelease(tag);
    CFRelease(empty);
    CFRelease(info);
}

/* ---- mutagen ---- */

static void test_mutagen_reads(void)
{
    CFDataRef artwork = CFDataCreate(NULL, (const UInt8 *)"\x89PNG\r\n\x1A\n", 8);
    CFDataRef tag = write_sample(artwork);
    kit_write(kit_path("tag.id3"), CFDataGetBytePtr(tag), (size_t)CFDataGetLength(tag));
    CFRelease(tag);
    CFRelease(artwork);
    const char *told = kit_shell(
        "%s -c \"\n"
        "from mutagen.id3 import ID3\n"
        "t = ID3('%s')\n"
        "print(t.version, t['TIT2'], t['TRCK'], t['TDRC'], t['TCON'].genres, t['TKEY'],\n"
        "      t['TXXX:my own key'], t['TXXX:time signature'], len(t.unknown_frames))\n"
        "print(repr(str(t['COMM::XXX'])), repr(str(t['USLT::XXX'])))\n"
        "p = t.getall('APIC')[0]\n"
        "print(p.mime, int(p.type), len(p.data))\n\"",
        kit_python(), kit_path("tag.id3"));
    CHECK_STR(told, "(2, 4, 0) Gr\xC3\xBC\xC3\x9F"
                    "e \xF0\x9F\x8E\xB5 3/12 2004-05-12 10:20 ['Dream Pop'] F#m "
                    "my own value 6/8 0\n'line one\\nline two' 'la\\nla'\nimage/png 3 8");
}

/* The same facts in every version and encoding that mutagen writes. */
static void test_mutagen_writes(void)
{
    for (int version = 3; version <= 4; version++)
        for (int encoding = 0; encoding <= (version == 3 ? 1 : 3); encoding++) {
            kit_shell("rm -f %s; %s -c \"\n"
                      "from mutagen.id3 import ID3, TIT2, TPE1, TDRC, TCON, COMM, USLT, TXXX, APIC\n"
                      "t, e = ID3(), %d\n"
                      "t.add(TIT2(encoding=e, text='Gr\xC3\xBC\xC3\x9F"
                      "e'))\n"
                      "t.add(TPE1(encoding=e, text=['one', 'two']))\n"
                      "t.add(TDRC(encoding=e, text='2004-05-12'))\n"
                      "t.add(TCON(encoding=e, text='17'))\n"
                      "t.add(COMM(encoding=e, lang='eng', desc='', text='hello'))\n"
                      "t.add(USLT(encoding=e, lang='eng', desc='', text='la la'))\n"
                      "t.add(TXXX(encoding=e, desc='mood', text='calm'))\n"
                      "t.add(APIC(encoding=e, mime='image/jpeg', type=4, desc='b', data=b'back'))\n"
                      "t.add(APIC(encoding=e, mime='image/jpeg', type=3, desc='f', data=b'front'))\n"
                      "t.save('%s', v2_version=%d)\n\"",
                      kit_path("m.id3"), kit_python(), encoding, kit_path("m.id3"), version);
            size_t size;
            UInt8 *tag = kit_read(kit_path("m.id3"), &size);
            CFMutableDictionaryRef info = kit_dictionary();
            CFDataRef artwork = NULL;
            CHECK_EQ(tag[3], version);
            CHECK_EQ(cm_id3_size(tag, size), size);
            CHECK_EQ(cm_id3_read(tag, size, info), noErr);
            CHECK_STR(kit_get(info, kAFInfoDictionary_Title), "Gr\xC3\xBC\xC3\x9F"
                                                              "e");
            CHECK_STR(kit_get(info, kAFInfoDictionary_Artist), "one/two");
            CHECK_STR(kit_get(info, kAFInfoDictionary_Year), "2004");
            CHECK_STR(kit_get(info, kAFInfoDictionary_RecordedDate), "2004-05-12");
            CHECK_STR(kit_get(info, kAFInfoDictionary_Genre), "Rock");
            CHECK_STR(kit_get(info, kAFInfoDictionary_Comments), "hello");
            CHECK_STR(kit_get(info, "lyrics"), "la la");
            CHECK_STR(kit_get(info, "mood"), "calm");
            CHECK_EQ(cm_id3_copy_artwork(tag, size, &artwork), noErr);
            CHECK(CFDataGetLength(artwork) == 5 && memcmp(CFDataGetBytePtr(artwork), "front", 5) == 0);
            CFRelease(artwork);
            CFRelease(info);
            free(tag);
        }
}

static void test_mutagen_genres(void)
{
    char list[8192];
    snprintf(list, sizeof list, "%s",
             kit_shell("%s -c \"\nfrom mutagen._constants import GENRES\nprint('|'.join(GENRES))\"",
                       kit_python()));
    unsigned number = 0;
    for (char *name = strtok(list, "|"); name; name = strtok(NULL, "|"), number++)
        if (strcasecmp(cm_id3_genre(number), name) != 0)
            printf("   genre %u: %s, mutagen: %s\n", number, cm_id3_genre(number), name);
    CHECK_EQ(number, 192);
    CHECK(cm_id3_genre(192) == NULL);
}

/* FFmpeg reads our tag in front of an MP3. */
static void test_ffprobe_reads(void)
{
    CFDataRef tag = write_sample(NULL);
    kit_write(kit_path("head.id3"), CFDataGetBytePtr(tag), (size_t)CFDataGetLength(tag));
    CFRelease(tag);
    kit_shell("cd %s && ffmpeg -v error -f lavfi -i sine=d=0.2 -id3v2_version 0 -write_xing 0 -y x.mp3 && "
              "cat head.id3 x.mp3 > y.mp3",
              kit_folder);
    if (access(kit_path("x.mp3"), R_OK) != 0)
        return;
    CHECK_STR(kit_shell("ffprobe -v error -show_entries format_tags=title,artist,TBPM -of csv=p=0 %s",
                        kit_path("y.mp3")),
              "Gr\xC3\xBC\xC3\x9F"
              "e \xF0\x9F\x8E\xB5,Artist,120.5");
}

int main(void)
{
    kit_begin();
    RUN(test_size);
    RUN(test_v1);
    RUN(test_v22);
    RUN(test_v23);
    RUN(test_v24);
    RUN(test_plain_sizes);
    RUN(test_genre_texts);
    RUN(test_truncation);
    RUN(test_write);
    RUN(test_odd_dates);
    RUN(test_update);
    if (kit_have_module("mutagen")) {
        RUN(test_mutagen_reads);
        RUN(test_mutagen_writes);
        RUN(test_mutagen_genres);
    }
    if (kit_have("ffmpeg"))
        RUN(test_ffprobe_reads);
    kit_end();
    return 0;
}
