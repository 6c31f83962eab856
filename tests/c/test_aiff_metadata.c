/* Texts, pictures, layouts, markers and loops in AIFF, against FFmpeg, sox, mutagen and Python's aifc. */
#include "file_kit.h"

#include <AudioToolbox/CAFFile.h>

#define STORED (kAudioFormatFlagIsBigEndian | kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked)

static void test_info(void)
{
    const char *path = kit_path("info.aiff");
    kit_make(path, kAudioFileAIFFType, 0);
    cm_file *f = kit_open(path, true);
    SInt64 offset = f->data_offset;
    UInt8 *before = kit_audio(f);
    kit_write_info(f, kit_info);
    kit_check_info(f, kit_info);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    kit_check_info(f, kit_info);
    UInt8 *after = kit_audio(f);
    CHECK_EQ(f->data_offset, offset);
    CHECK(memcmp(before, after, (size_t)f->data_bytes) == 0);
    cm_file_free(f);
    free(before);
    free(after);
    static const char *const tags[] = { "title",     "T\xC3\xAFtle", "author",  "Artist",
                                        "copyright", "(c) 2004",     "comment", "first\nsecond",
                                        "album",     "Album",        "genre",   "Rock" };
    for (size_t i = 0; kit_have("ffprobe") && i < sizeof tags / sizeof *tags; i += 2)
        CHECK_STR(kit_shell("ffprobe -v error -show_entries format_tags=%s -of default=nk=1:nw=1 %s", tags[i],
                            path),
                  tags[i + 1]);
    if (kit_have_module("mutagen"))
        CHECK_STR(
            kit_shell(
                "%s -c \"from mutagen.aiff import AIFF; t = AIFF('%s'); print(t['TALB'], t['TXXX:own key'], "
                "t.info.length)\"",
                kit_python(), path),
            "Album own value 0.022675736961451247");
    f = kit_open(path, true);
    kit_write_info(f, (const char *const[]){ NULL });
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    kit_check_info(f, (const char *const[]){ NULL });
    CHECK_EQ(f->chunk_count, 0);
    cm_file_free(f);
    size_t size;
    UInt8 *bytes = kit_read(path, &size);
    CHECK(!memmem(bytes, size, "own value", 9) &&
          !memmem(bytes, size, "Artist", 6)); /* not even as leftovers */
    free(bytes);
}

static void test_mac_roman_and_comments(void)
{
    static const UInt8 comt[] = {
        0, 3, 0, 0,   0,   0,   0, 0, 0, 3, 'o', 'n', 'e', 0, 0, 0,   0,   0,   0,
        5, 0, 3, 't', 'w', 'o', 0, 0, 0, 0, 0,   0,   0,   0, 4, 'f', 'o', 'u', 'r'
    };
    const char *path = kit_path("comt.aiff");
    kit_make(path, kAudioFileAIFFType, 0);
    cm_file *f = kit_open(path, true);
    CHECK_EQ(cm_chunk_set(f, 'COMT', 0, comt, sizeof comt), noErr);
    CHECK_EQ(cm_chunk_set(f, 'AUTH', 0, "Bj\x9Ark", 5), noErr);
    CHECK_EQ(cm_chunk_set(f, 'APPL', 0, "stocdata", 8), noErr);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, true);
    kit_check_info(f, (const char *const[]){ kAFInfoDictionary_Comments, "one\nfour",
                                             kAFInfoDictionary_Artist, "Bj\xC3\xB6rk", NULL });
    kit_write_info(f, (const char *const[]){ kAFInfoDictionary_Comments, "new", NULL });
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    kit_check_info(f, (const char *const[]){ kAFInfoDictionary_Comments, "new", NULL });
    UInt8 left[14];
    CHECK_EQ(cm_chunk_find(f, 'COMT', 0)->size, 14);
    CHECK_EQ(cm_chunk_read(f, cm_chunk_find(f, 'COMT', 0), 0, left, 14), noErr);
    CHECK(memcmp(left, "\0\1\0\0\0\0\0\5\0\3two\0", 14) == 0);
    CHECK_EQ(cm_chunk_count(f, 'APPL'), 1);
    cm_file_free(f);
}

static void test_artwork(void)
{
    const char *path = kit_path("art.aiff");
    CFDataRef artwork = CFDataCreate(NULL, (const UInt8 *)"\x89PNG\r\n\x1A\nmore", 12), back = NULL;
    UInt32 size = sizeof back;
    kit_make(path, kAudioFileAIFFType, 0);
    cm_file *f = kit_open(path, true);
    CHECK_EQ(cm_file_get_property(f, kAudioFilePropertyAlbumArtwork, &size, &back), noErr);
    CHECK(back == NULL);
    CHECK_EQ(cm_file_set_property(f, kAudioFilePropertyAlbumArtwork, sizeof artwork, &artwork), noErr);
    kit_write_info(f, kit_info); /* does not lose the picture */
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, true);
    CHECK_EQ(cm_file_get_property(f, kAudioFilePropertyAlbumArtwork, &size, &back), noErr);
    CHECK(CFEqual(back, artwork));
    CFRelease(back);
    SInt64 offset = 0;
    size = sizeof offset;
    CHECK_EQ(cm_file_get_property(f, kAudioFilePropertyID3TagOffset, &size, &offset), noErr);
    UInt8 magic[3];
    CHECK_EQ(cm_io_read_all(f->io, offset, magic, 3), noErr);
    CHECK(memcmp(magic, "ID3", 3) == 0);
    CFDataRef none = NULL;
    CHECK_EQ(cm_file_set_property(f, kAudioFilePropertyAlbumArtwork, sizeof none, &none), noErr);
    kit_check_info(f, kit_info);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    size = sizeof back;
    CHECK_EQ(cm_file_get_property(f, kAudioFilePropertyAlbumArtwork, &size, &back), noErr);
    CHECK(back == NULL);
    cm_file_free(f);
    CFRelease(artwork);
}

static void test_layout(void)
{
    AudioChannelLayout layout = { .mChannelLayoutTag = kAudioChannelLayoutTag_MidSide };
    const char *path = kit_path("layout.aifc");
    cm_file *f = kit_create(path, kAudioFileAIFCType, cm_asbd_pcm(44100, 2, 16, STORED));
    CHECK_EQ(cm_file_set_property(f, kAudioFilePropertyChannelLayout, sizeof layout, &layout), noErr);
    SInt16 tone[64];
    kit_tone(tone, 64);
    kit_append(f, tone, sizeof tone);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    CHECK(f->layout);
    CHECK_EQ(f->layout->mChannelLayoutTag, kAudioChannelLayoutTag_MidSide);
    CHECK_EQ(f->packet_count, 32);
    cm_file_free(f);
    size_t size;
    UInt8 *bytes = kit_read(path, &size);
    const UInt8 *chunk = memmem(bytes, size, "CHAN\0\0\0\x0C\0\x68\0\2\0\0\0\0\0\0\0\0", 20);
    CHECK(chunk && chunk - bytes < 4096);
    free(bytes);
}

/* ---- markers and regions ---- */

static void test_markers(void)
{
    const char *path = kit_path("mark.aiff");
    cm_markers markers = { 0 };
    kit_make(path, kAudioFileAIFFType, 0);
    cm_file *f = kit_open(path, true);
    CHECK_EQ(cm_markers_add(&markers, 10, 7, CFSTR("intro")), noErr);
    CHECK_EQ(cm_markers_add(&markers, 500, 7,
                            CFSTR("Stra\xC3\x9F"
                                  "e")),
             noErr);                                          /* a number twice */
    CHECK_EQ(cm_markers_add(&markers, 900, -5, NULL), noErr); /* one that AIFF lacks */
    CHECK_EQ(f->container->write_markers(f, &markers), noErr);
    cm_markers_free(&markers);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    CHECK_EQ(f->container->read_markers(f, &markers), noErr);
    CHECK_EQ(markers.count, 3);
    CHECK(markers.items[0].mFramePosition == 10 && markers.items[1].mFramePosition == 500);
    CHECK_EQ(markers.items[0].mMarkerID, 7);
    CHECK(markers.items[1].mMarkerID > 0 && markers.items[1].mMarkerID != 7);
    kit_check_name(markers.items[0].mName, "intro");
    kit_check_name(markers.items[1].mName, "Stra\xC3\x9F"
                                           "e");
    CHECK(markers.items[2].mName == NULL);
    cm_markers_free(&markers);
    cm_file_free(f);
    if (kit_have_module("aifc"))
        CHECK_STR(kit_shell("%s -W ignore -c \"import aifc; print(aifc.open('%s').getmarkers())\"",
                            kit_python(), path),
                  "[(7, 10, b'intro'), (1, 500, b'Stra\\xc3\\x9fe'), (2, 900, b'')]");
}

static void test_aifc_markers(void)
{
    kit_shell("%s -W ignore -c \"\nimport aifc\nf = aifc.open('%s', 'w')\nf.aiff()\nf.setparams((1, 2, 8000, "
              "0, b'NONE', b''))\n"
              "f.setmark(1, 3, b'a')\nf.setmark(2, 60, b'even')\nf.writeframes(b'ab' * 100)\nf.close()\"",
              kit_python(), kit_path("py.aiff"));
    cm_file *f = kit_open(kit_path("py.aiff"), false);
    cm_markers markers = { 0 };
    CHECK_EQ(f->packet_count, 100);
    CHECK_EQ(f->container->read_markers(f, &markers), noErr);
    CHECK_EQ(markers.count, 2);
    CHECK_EQ(markers.items[1].mMarkerID, 2);
    CHECK(markers.items[1].mFramePosition == 60);
    kit_check_name(markers.items[1].mName, "even");
    cm_markers_free(&markers);
    cm_file_free(f);
}

static void check_loop(const cm_region *region, UInt32 id, UInt32 flags, double begin, double end,
                       UInt32 type)
{
    CHECK_EQ(region->id, id);
    CHECK_EQ(region->flags, flags);
    CHECK_EQ(region->markers.count, 2);
    CHECK(region->markers.items[0].mFramePosition == begin && region->markers.items[1].mFramePosition == end);
    CHECK_EQ(region->markers.items[0].mType, type);
}

static void test_regions(void)
{
    const char *path = kit_path("loop.aiff");
    const UInt32 forward = kAudioFileRegionFlag_LoopEnable | kAudioFileRegionFlag_PlayForward;
    cm_regions regions = { 0 };
    cm_markers markers = { 0 };
    kit_make(path, kAudioFileAIFFType, 0);
    cm_file *f = kit_open(path, true);
    cm_region *r = cm_regions_add(&regions, 1, NULL, forward);
    CHECK_EQ(cm_markers_add(&r->markers, 100, 1, CFSTR("from")), noErr);
    CHECK_EQ(cm_markers_add(&r->markers, 800, 2, CFSTR("to")), noErr);
    r = cm_regions_add(&regions, 2, NULL, forward | kAudioFileRegionFlag_PlayBackward);
    CHECK_EQ(cm_markers_add(&r->markers, 850, 3, NULL), noErr);
    CHECK_EQ(cm_markers_add(&r->markers, 990, 4, NULL), noErr);
    CHECK_EQ(f->container->write_regions(f, &regions), noErr);
    CHECK_EQ(f->container->write_regions(f, &regions), noErr); /* the marks are found again, not doubled */
    cm_regions_free(&regions);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, true);
    CHECK_EQ(f->container->read_regions(f, &regions), noErr);
    CHECK_EQ(regions.count, 2);
    check_loop(&regions.items[0], 1, forward, 100, 800, kCAFMarkerType_SustainLoopStart);
    check_loop(&regions.items[1], 2, forward | 4, 850, 990, kCAFMarkerType_ReleaseLoopStart);
    CHECK_EQ(f->container->read_markers(f, &markers), noErr);
    CHECK_EQ(markers.count, 4);
    CHECK_EQ(markers.items[3].mType, kCAFMarkerType_ReleaseLoopEnd);
    /* Without its marks a loop ends. */
    markers.count = 2;
    CHECK_EQ(f->container->write_markers(f, &markers), noErr);
    markers.count = 4;
    cm_regions_free(&regions);
    cm_markers_free(&markers);
    CHECK_EQ(f->container->read_regions(f, &regions), noErr);
    CHECK_EQ(regions.count, 1);
    UInt8 modes[14];
    CHECK_EQ(cm_chunk_read(f, cm_chunk_find(f, 'INST', 0), 8, modes, 8), noErr);
    CHECK(cm_get_be16(modes) == 1 && cm_get_be16(modes + 6) == 0); /* forward, and none */
    cm_regions_free(&regions);
    for (UInt32 i = 0; i < 3; i++)
        cm_regions_add(&regions, i, NULL, forward);
    CHECK_EQ(f->container->write_regions(f, &regions), kAudioFileOperationNotSupportedError);
    cm_regions_free(&regions);
    CHECK_EQ(cm_file_close(f), noErr);
    if (!kit_have("sox"))
        return;
    /* sox takes the loop's two places over, though it numbers its own marks wrongly. */
    kit_shell("sox -V1 %s %s", path, kit_path("sox.aiff"));
    size_t size;
    UInt8 *bytes = kit_read(kit_path("sox.aiff"), &size);
    const UInt8 *mark = memmem(bytes, size, "MARK", 4);
    CHECK(mark && cm_get_be32(mark + 12) == 100 && cm_get_be32(mark + 20) == 800);
    free(bytes);
}

int main(void)
{
    kit_begin();
    RUN(test_info);
    RUN(test_mac_roman_and_comments);
    RUN(test_artwork);
    RUN(test_layout);
    RUN(test_markers);
    if (kit_have_module("aifc"))
        RUN(test_aifc_markers);
    RUN(test_regions);
    kit_end();
    return 0;
}
