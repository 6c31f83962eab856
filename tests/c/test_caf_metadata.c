/* Texts, markers, regions and their places in CAF, against FFmpeg, libsndfile and files laid out by hand. */
#include "file_kit.h"

#include "file/caf.h"

static void test_info(void)
{
    const char *path = kit_path("info.caf");
    kit_make(path, kAudioFileCAFType, 0);
    cm_file *f = kit_open(path, true);
    kit_write_info(f, kit_info);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, true);
    kit_check_info(f, kit_info);
    CHECK_EQ(f->data_offset, 4096);
    CHECK_EQ(((cm_caf *)f->state)->edit_count, 0); /* the audio was not touched */
    kit_write_info(f, (const char *const[]){ kAFInfoDictionary_Title, "x", NULL });
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, true);
    kit_check_info(f, (const char *const[]){ kAFInfoDictionary_Title, "x", NULL });
    kit_write_info(f, kit_info);
    CHECK_EQ(cm_file_close(f), noErr);
    if (kit_have("ffprobe"))
        CHECK_STR(kit_shell("ffprobe -v error -show_entries format_tags=title,artist,album,comments -of "
                            "default=nk=1:nw=1 %s",
                            path),
                  "T\xC3\xAFtle\nArtist\nfirst\nsecond\nAlbum");
    if (!kit_have_module("soundfile"))
        return;
    CHECK_STR(
        kit_shell("%s -c \"import soundfile as s; f = s.SoundFile('%s'); print(f.title, f.artist, f.album)\"",
                  kit_python(), path),
        "T\xC3\xAFtle Artist Album");
    kit_shell("%s -c \"\nimport soundfile as s\nf = s.SoundFile('%s', 'w', 8000, 1, format='CAF')\nf.title = "
              "'Gr\xC3\xBC\xC3\x9F"
              "e'\nf.comment = 'why'\nf.close()\"",
              kit_python(), kit_path("s.caf"));
    f = kit_open(kit_path("s.caf"), false);
    CFMutableDictionaryRef theirs = kit_read_info(f);
    CHECK_STR(kit_get(theirs, kAFInfoDictionary_Title), "Gr\xC3\xBC\xC3\x9F"
                                                        "e");
    CHECK_STR(kit_get(theirs, kAFInfoDictionary_Comments), "why");
    CFRelease(theirs);
    cm_file_free(f);
}

static cm_markers *read_markers(cm_file *f)
{
    static cm_markers markers;
    markers = (cm_markers){ 0 };
    CHECK_EQ(f->container->read_markers(f, &markers), noErr);
    return &markers;
}

/* Laid out by hand: markers, regions, strings, an instrument, as the specification describes them. */
#define DESC "desc\0\0\0\0\0\0\0\x20\x40\xBF\x40\0\0\0\0\0lpcm\0\0\0\2\0\0\0\2\0\0\0\1\0\0\0\1\0\0\0\x10"
#define MARKER(type, position, id) type "\x40" position "\0\0\0\0\0" id "\1\2\3\4\0\0\0\5\0\0\0\1"

static const char by_hand[] = "caff\0\1\0\0" DESC "mark\0\0\0\0\0\0\0\x40\0\0\0\3\0\0\0\2" MARKER(
    "pbeg", "\x24\0", "\0\0\0\1")
    MARKER("\0\0\0\0", "\x34\0",
           "\0\0\0\2") "regn\0\0\0\0\0\0\0\x4C\0\0\0\0\0\0\0\1\0\0\0\7\0\0\0\3\0\0\0\2" MARKER("rbeg",
                                                                                               "\x24\0",
                                                                                               "\0\0\0\2")
        MARKER("rend", "\x34\0",
               "\0\0\0\x0A") "strg\0\0\0\0\0\0\0\x4E\0\0\0\4"
                             "\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\6\0\0\0\7\0\0\0\0\0\0\0\x0D"
                             "\0\0\0\x63\0\0\0\0\0\0\0\x14"
                             "start\0shared\0region\0piano\0"
                             "inst\0\0\0\0\0\0\0\x1C\x42\x70\0\0\0\x7F\0\x7F\0\0\0\0\0\0\0\0\0\0\0\7\0\0\0\0"
                             "\0\0\0\x63"
                             "data\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0"
                             "0123456789";

static void check_region(cm_file *f, const char *name)
{
    cm_regions regions = { 0 };
    CHECK_EQ(f->container->read_regions(f, &regions), noErr);
    CHECK_EQ(regions.count, 1);
    CHECK_EQ(regions.items[0].id, 7);
    CHECK_EQ(regions.items[0].flags, 3);
    kit_check_name(regions.items[0].name, name);
    CHECK_EQ(regions.items[0].markers.count, 2);
    CHECK_EQ(regions.items[0].markers.items[0].mType, kCAFMarkerType_RegionStart);
    kit_check_name(regions.items[0].markers.items[0].mName, "shared");
    CHECK(regions.items[0].markers.items[1].mFramePosition == 20);
    CHECK(regions.items[0].markers.items[1].mName == NULL);
    cm_regions_free(&regions);
}

static void test_markers(void)
{
    const char *path = kit_path("mark.caf");
    kit_write(path, by_hand, sizeof by_hand - 1);
    cm_file *f = kit_open(path, true);
    CHECK_EQ(f->packet_count, 5);
    cm_markers *markers = read_markers(f);
    CHECK_EQ(markers->count, 2);
    CHECK_EQ(markers->smpte_type, kCAF_SMPTE_TimeType30Drop);
    AudioFileMarker *m = markers->items;
    CHECK_EQ(m[0].mType, kCAFMarkerType_ProgramStart);
    CHECK(m[0].mFramePosition == 10 && m[1].mFramePosition == 20);
    CHECK(m[0].mSMPTETime.mHours == 1 && m[0].mSMPTETime.mFrames == 4 &&
          m[0].mSMPTETime.mSubFrameSampleOffset == 5);
    CHECK_EQ(m[0].mChannel, 1);
    kit_check_name(m[0].mName, "start");
    kit_check_name(m[1].mName, "shared");
    check_region(f, "region");
    /* New markers: one new name under an old number, a name for a number that a region has, two alike. */
    CFRelease(m[0].mName);
    CFRelease(m[1].mName);
    m[0].mName = CFRetain(CFSTR("begin"));
    m[1].mName = CFRetain(CFSTR("Gr\xC3\xBC\xC3\x9F"
                                "e"));
    m[1].mMarkerID = 7;
    CHECK_EQ(cm_markers_add(markers, 30.5, 1, CFSTR("second of its number")), noErr);
    CHECK_EQ(cm_markers_add(markers, 40, 2, NULL), noErr);
    CHECK_EQ(f->container->write_markers(f, markers), noErr);
    cm_markers_free(markers);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    check_region(f, "region");
    markers = read_markers(f);
    CHECK_EQ(markers->count, 4);
    kit_check_name(markers->items[0].mName, "begin");
    CHECK_EQ(markers->items[0].mMarkerID, 1);
    kit_check_name(markers->items[1].mName, "Gr\xC3\xBC\xC3\x9F"
                                            "e");
    CHECK(markers->items[1].mMarkerID != 7);
    kit_check_name(markers->items[2].mName, "second of its number");
    CHECK(markers->items[2].mFramePosition == 30.5);
    CHECK(markers->items[3].mName == NULL); /* and does not take the region's "shared" */
    cm_markers_free(markers);
    cm_caf_strings strings;
    CHECK_EQ(cm_caf_strings_load(f, &strings), noErr);
    CHECK_STR(cm_caf_strings_find(&strings, 0x63), "piano");
    cm_caf_strings_free(&strings);
    cm_file_free(f);
}

/* A name that a marker shares with the instrument stays when the marker goes. */
static void test_instrument_name(void)
{
    UInt8 bytes[sizeof by_hand];
    const char *path = kit_path("inst.caf");
    memcpy(bytes, by_hand, sizeof by_hand);
    UInt8 *instrument = memmem(bytes, sizeof bytes, "inst", 4);
    cm_put_be32(instrument + 12 + 24, 1);
    kit_write(path, bytes, sizeof by_hand - 1);
    cm_file *f = kit_open(path, true);
    cm_markers none = { 0 };
    CHECK_EQ(f->container->write_markers(f, &none), noErr);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    cm_caf_strings strings;
    CHECK_EQ(cm_caf_strings_load(f, &strings), noErr);
    CHECK_STR(cm_caf_strings_find(&strings, 1), "start");
    cm_caf_strings_free(&strings);
    CHECK(cm_chunk_find(f, kCAF_MarkerChunkID, 0) == NULL);
    check_region(f, "region");
    cm_file_free(f);
}

static void test_regions(void)
{
    const char *path = kit_path("regn.caf");
    kit_write(path, by_hand, sizeof by_hand - 1);
    cm_file *f = kit_open(path, true);
    cm_regions regions = { 0 };
    cm_region *r = cm_regions_add(&regions, 1, CFSTR("new"), kAudioFileRegionFlag_LoopEnable);
    CHECK_EQ(cm_markers_add(&r->markers, 5, 0, CFSTR("from")), noErr);
    CHECK_EQ(cm_markers_add(&r->markers, 6, 0, CFSTR("to")), noErr);
    cm_regions_add(&regions, 500, NULL, 0);
    CHECK_EQ(f->container->write_regions(f, &regions), noErr);
    cm_regions_free(&regions);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, true);
    CHECK_EQ(f->container->read_regions(f, &regions), noErr);
    CHECK_EQ(regions.count, 2);
    kit_check_name(regions.items[0].name, "new"); /* number 1 is a marker's */
    CHECK(regions.items[0].id != 1);
    kit_check_name(regions.items[0].markers.items[0].mName, "from");
    kit_check_name(regions.items[0].markers.items[1].mName, "to");
    CHECK_EQ(regions.items[1].id, 500);
    cm_regions_free(&regions);
    cm_markers *markers = read_markers(f);
    kit_check_name(markers->items[0].mName, "start");
    kit_check_name(markers->items[1].mName, "shared");
    cm_markers_free(markers);
    CHECK_EQ(f->container->write_regions(f, &regions), noErr);
    CHECK(cm_chunk_find(f, kCAF_RegionChunkID, 0) == NULL);
    CHECK_EQ(cm_file_close(f), noErr);
}

static void test_format_list(void)
{
    UInt8 layers[72] = { 0 };
    AudioFormatListItem items[2];
    UInt32 size = 0, writable;
    AudioStreamBasicDescription he = { 44100, kAudioFormatMPEG4AAC_HE, 0, 0, 2048, 0, 2, 0, 0 };
    AudioStreamBasicDescription lc = { 22050, kAudioFormatMPEG4AAC, 2, 0, 1024, 0, 2, 0, 0 };
    CHECK_EQ(cm_caf_format_put(layers, &he), noErr);
    cm_put_be32(layers + 32, kAudioChannelLayoutTag_Stereo);
    CHECK_EQ(cm_caf_format_put(layers + 36, &lc), noErr);
    const char *path = kit_path("ldsc.caf");
    kit_make(path, kAudioFileCAFType, 0);
    cm_file *f = kit_open(path, true);
    CHECK_EQ(cm_chunk_set(f, kCAF_FormatListID, 0, layers, sizeof layers), noErr);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    CHECK_EQ(cm_file_property_info(f, kAudioFilePropertyFormatList, &size, &writable), noErr);
    CHECK_EQ(size, sizeof items);
    CHECK_EQ(cm_file_get_property(f, kAudioFilePropertyFormatList, &size, items), noErr);
    CHECK(memcmp(&items[0].mASBD, &he, sizeof he) == 0 && memcmp(&items[1].mASBD, &lc, sizeof lc) == 0);
    CHECK_EQ(items[0].mChannelLayoutTag, kAudioChannelLayoutTag_Stereo);
    cm_file_free(f);
}

/* ---- the layout of the file ---- */

static void test_edits(void)
{
    static const size_t sizes[] = { 10, 3000, 11, 20000, 1, 2, 4096, 0, 5, 12345, 3988, 17 };
    const char *path = kit_path("edit.caf");
    UInt8 *junk = calloc(1, 20000);
    SInt16 tone[2000];
    kit_tone(tone, 2000);
    kit_make(path, kAudioFileCAFType, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cm_file *f = kit_open(path, true);
        UInt32 count = cm_chunk_count(f, kCAF_UUIDChunkID), index = i % 3 < count ? (UInt32)i % 3 : count;
        CHECK_EQ(cm_chunk_set(f, kCAF_UUIDChunkID, index, junk, sizes[i]), noErr);
        if (i == 6)
            CHECK_EQ(cm_chunk_remove(f, kCAF_UUIDChunkID, 0), noErr);
        CHECK_EQ(cm_file_close(f), noErr);
        f = kit_open(path, false);
        UInt8 *audio = kit_audio(f);
        CHECK_EQ(f->data_offset, 4096);
        CHECK(f->data_bytes == sizeof tone && memcmp(audio, tone, sizeof tone) == 0);
        free(audio);
        cm_file_free(f);
        if (kit_have("ffmpeg"))
            CHECK_STR(kit_shell("ffmpeg -v error -i %s -f null - 2>&1", path), "");
    }
    cm_file *f = kit_open(path, true);
    CHECK_EQ(f->container->optimize(f), noErr);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    CHECK_EQ(f->data_offset + f->data_bytes, cm_io_size(f->io));
    UInt8 *audio = kit_audio(f);
    CHECK(memcmp(audio, tone, sizeof tone) == 0);
    free(audio);
    cm_file_free(f);
    free(junk);
}

/* Five bytes in front of aligned audio cannot be filled: the audio begins a page later. */
static void test_alignment(void)
{
    const char *path = kit_path("align.caf");
    static const UInt8 zeros[4011];
    kit_make(path, kAudioFileCAFType, 0);
    cm_file *f = kit_open(path, true);
    CHECK_EQ(cm_chunk_set(f, kCAF_UUIDChunkID, 0, zeros, sizeof zeros), noErr);
    CHECK_EQ(f->container->optimize(f), noErr);
    CHECK_EQ(f->data_offset, 8192);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    CHECK_EQ(f->data_offset, 8192);
    CHECK_EQ(f->packet_count, 1000);
    cm_file_free(f);
}

static void test_large(void)
{
    const char *path = kit_path("large.caf");
    const SInt64 size = ((SInt64)5 << 30);
    cm_file *f = kit_create(path, kAudioFileCAFType,
                            cm_asbd_pcm(48000, 2, 32, kAudioFormatFlagIsFloat | kAudioFormatFlagIsPacked));
    CHECK_EQ(cm_io_set_size(f->io, f->data_offset + size - 8), noErr);
    f->data_bytes = size - 8;
    kit_append(f, "lastlast", 8);
    kit_write_info(f, kit_info);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    CHECK_EQ(f->data_bytes, size);
    kit_check_info(f, kit_info);
    char end[8];
    UInt32 count = 1, bytes = 8;
    CHECK_EQ(cm_file_read_packets(f, size / 8 - 1, &count, NULL, &bytes, end), noErr);
    CHECK(memcmp(end, "lastlast", 8) == 0);
    cm_file_free(f);
    if (kit_have("ffprobe"))
        CHECK_STR(kit_shell("ffprobe -v error -show_entries stream=duration_ts -of csv=p=0 %s", path),
                  "671088640");
}

/* ---- files that are not what they should be ---- */

static void test_broken(void)
{
    cm_file *f;
    static const struct {
        const char *bytes;
        size_t size;
    } refused[] = {
#define BAD(text) { text, sizeof text - 1 }
        BAD("caff\0\1\0\0"),
        BAD("caff\0\1\0\0" DESC),
        BAD("caff\0\1\0\0data\0\0\0\0\0\0\0\4\0\0\0\0"),
        BAD("caff\0\1\0\0desc\0\0\0\0\0\0\0\4\0\0\0\0data\0\0\0\0\0\0\0\4\0\0\0\0"),
        BAD("caff\0\1\0\0desc\x80\0\0\0\0\0\0\0" DESC),
        BAD("caff\0\1\0\0" DESC "info\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0"),
        /* varying packets without a table */
        BAD("caff\0\1\0\0desc\0\0\0\0\0\0\0\x20\x40\xBF\x40\0\0\0\0\0aac "
            "\0\0\0\0\0\0\0\0\0\0\4\0\0\0\0\1\0\0\0\0"
            "data\0\0\0\0\0\0\0\6\0\0\0\0xx"),
        /* zero, negative and infinite rates, no channels, samples that do not fit */
        BAD("caff\0\1\0\0desc\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\0\0lpcm\0\0\0\2\0\0\0\2\0\0\0\1\0\0\0\1\0\0\0\x10"
            "data\0\0\0\0\0\0\0\4\0\0\0\0"),
        BAD("caff\0\1\0\0desc\0\0\0\0\0\0\0\x20\x7F\xF0\0\0\0\0\0\0lpcm\0\0\0\2\0\0\0\2\0\0\0\1\0\0\0\1\0\0\0"
            "\x10"
            "data\0\0\0\0\0\0\0\4\0\0\0\0"),
        BAD("caff\0\1\0\0desc\0\0\0\0\0\0\0\x20\x40\xBF\x40\0\0\0\0\0lpcm\0\0\0\2\0\0\0\2\0\0\0\1\0\0\0\0\0\0"
            "\0\x10"
            "data\0\0\0\0\0\0\0\4\0\0\0\0"),
        BAD("caff\0\1\0\0desc\0\0\0\0\0\0\0\x20\x40\xBF\x40\0\0\0\0\0lpcm\0\0\0\2\0\0\0\2\0\0\0\1\0\0\0\1\0\0"
            "\0\x11"
            "data\0\0\0\0\0\0\0\4\0\0\0\0"),
        BAD("caff\0\1\0\0desc\0\0\0\0\0\0\0\x20\x40\xBF\x40\0\0\0\0\0lpcm\0\0\0\2\xFF\xFF\xFF\xFF\0\0\0\1\xFF"
            "\xFF\xFF\xFF"
            "\0\0\0\x08"
            "data\0\0\0\0\0\0\0\4\0\0\0\0"),
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        OSStatus status = kit_open_memory(refused[i].bytes, refused[i].size, &f);
        CHECK(status == kAudioFileInvalidFileError || status == kAudioFileUnsupportedDataFormatError);
    }
    CHECK_EQ(kit_open_memory("caff\0\2\0\0", 8, &f), kAudioFileUnsupportedFileTypeError);
    /* A table that claims 2^62 packets, and one whose packets are larger than the data. */
    static const char lying[] =
        "caff\0\1\0\0desc\0\0\0\0\0\0\0\x20\x40\xBF\x40\0\0\0\0\0aac \0\0\0\0\0\0\0\0\0\0\4\0\0\0\0\1\0\0\0\0"
        "data\0\0\0\0\0\0\0\x0E\0\0\0\0"
        "0123456789"
        "pakt\0\0\0\0\0\0\0\x1D\x40\0\0\0\0\0\0\0\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\x40\0\0\0\x10"
        "\3\4\3\1\1";
    CHECK_EQ(kit_open_memory(lying, sizeof lying - 1, &f), noErr);
    CHECK_EQ(f->packet_count, 3);
    CHECK_EQ(f->packet_info.mNumberValidFrames, 3 * 1024 - 64);
    CHECK_EQ(f->packet_info.mRemainderFrames, 0);
    cm_file_free(f);
}

/* Strings that all point into one long text must not multiply it. */
static void test_shared_strings(void)
{
    enum { COUNT = 50000, TEXT = 200000, SIZE = 4 + COUNT * 12 + TEXT };
    const char *path = kit_path("strg.caf");
    UInt8 *bytes = calloc(1, SIZE);
    cm_put_be32(bytes, COUNT);
    for (UInt32 i = 0; i < COUNT; i++)
        cm_put_be32(bytes + 4 + 12 * i, i);
    memset(bytes + 4 + COUNT * 12, 'a', TEXT);
    kit_make(path, kAudioFileCAFType, 0);
    cm_file *f = kit_open(path, true);
    CHECK_EQ(cm_chunk_give(f, kCAF_StringsChunkID, 0, bytes, SIZE), noErr);
    cm_caf_strings strings;
    CHECK_EQ(cm_caf_strings_load(f, &strings), noErr);
    CHECK(strings.count <= 1);
    cm_caf_strings_free(&strings);
    cm_file_free(f);
}

int main(void)
{
    kit_begin();
    RUN(test_info);
    RUN(test_markers);
    RUN(test_instrument_name);
    RUN(test_regions);
    RUN(test_format_list);
    RUN(test_edits);
    RUN(test_alignment);
    RUN(test_large);
    RUN(test_broken);
    RUN(test_shared_strings);
    kit_end();
    return 0;
}
