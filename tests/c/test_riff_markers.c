/* Markers and regions of RIFF files, against libsndfile where it is installed. */
#include "audio_files.h"

#include "base/bytes.h"

#include <dlfcn.h>
#include <stddef.h>

/* ---- libsndfile, as its documentation gives it ---- */

typedef struct sndfile_info {
    SInt64 frames;
    int rate, channels, format, sections, seekable;
} sndfile_info;

typedef struct sndfile_cues {
    UInt32 count;
    struct {
        SInt32 index;
        UInt32 position;
        SInt32 chunk, chunk_start, block_start;
        UInt32 offset;
        char name[256];
    } points[100];
} sndfile_cues;

typedef struct sndfile_instrument {
    int gain;
    char base_note, detune, velocity[2], key[2];
    int loop_count;
    struct {
        int mode;
        UInt32 start, end, count;
    } loops[16];
} sndfile_instrument;

enum { GET_CUE = 0x10CE, GET_INSTRUMENT = 0x10D0, SET_CUE = 0x10CF, SET_INSTRUMENT = 0x10D1 };
enum { SF_READ = 0x10, SF_WRITE = 0x20, SF_WAV_16 = 0x010002 };
enum { SF_LOOP_FORWARD = 801, SF_LOOP_BACKWARD, SF_LOOP_ALTERNATING };

static struct {
    void *(*open)(const char *path, int mode, sndfile_info *info);
    int (*command)(void *file, int command, void *data, int size);
    SInt64 (*write)(void *file, const short *samples, SInt64 count);
    int (*close)(void *file);
} sndfile;

static bool load_sndfile(void)
{
    void *library = dlopen("libsndfile.so.1", RTLD_NOW);
    if (!library)
        return false;
    *(void **)&sndfile.open = dlsym(library, "sf_open");
    *(void **)&sndfile.command = dlsym(library, "sf_command");
    *(void **)&sndfile.write = dlsym(library, "sf_write_short");
    *(void **)&sndfile.close = dlsym(library, "sf_close");
    return sndfile.open && sndfile.command && sndfile.write && sndfile.close;
}

/* ---- lists in the form of the properties ---- */

static CFStringRef text(const char *utf8)
{
    return CFStringCreateWithCString(NULL, utf8, kCFStringEncodingUTF8);
}

static AudioFileMarkerList *get_markers(AudioFileID file)
{
    UInt32 size = 0, writable = 0;
    CHECK_EQ(AudioFileGetPropertyInfo(file, kAudioFilePropertyMarkerList, &size, &writable), 0);
    AudioFileMarkerList *list = calloc(1, size);
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyMarkerList, &size, list), 0);
    CHECK_EQ(NumBytesToNumAudioFileMarkers(size), list->mNumberMarkers);
    return list;
}

static void free_markers(AudioFileMarkerList *list)
{
    for (UInt32 i = 0; i < list->mNumberMarkers; i++)
        if (list->mMarkers[i].mName)
            CFRelease(list->mMarkers[i].mName);
    free(list);
}

static AudioFileRegionList *get_regions(AudioFileID file)
{
    UInt32 size = 0, writable = 0;
    CHECK_EQ(AudioFileGetPropertyInfo(file, kAudioFilePropertyRegionList, &size, &writable), 0);
    AudioFileRegionList *list = calloc(1, size < sizeof *list ? sizeof *list : size);
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyRegionList, &size, list), 0);
    return list;
}

static void free_regions(AudioFileRegionList *list)
{
    AudioFileRegion *region = list->mRegions;
    for (UInt32 i = 0; i < list->mNumberRegions; i++, region = NextAudioFileRegion(region)) {
        if (region->mName)
            CFRelease(region->mName);
        for (UInt32 m = 0; m < region->mNumberMarkers; m++)
            CHECK(region->mMarkers[m].mName == NULL);
    }
    free(list);
}

static bool name_is(CFStringRef name, const char *expected)
{
    char utf8[256] = "";
    return name && CFStringGetCString(name, utf8, sizeof utf8, kCFStringEncodingUTF8) &&
           strcmp(utf8, expected) == 0;
}

static void put_region(AudioFileRegion **at, UInt32 id, CFStringRef name, AudioFileRegionFlags flags,
                       double begin, double end)
{
    AudioFileRegion *region = *at;
    region->mRegionID = id;
    region->mName = name;
    region->mFlags = flags;
    region->mNumberMarkers = 2;
    memset(region->mMarkers, 0, 2 * sizeof(AudioFileMarker));
    region->mMarkers[0].mFramePosition = begin;
    region->mMarkers[1].mFramePosition = end;
    *at = NextAudioFileRegion(region);
}

static OSStatus set_regions(AudioFileID file, AudioFileRegionList *list, AudioFileRegion *end)
{
    return AudioFileSetProperty(file, kAudioFilePropertyRegionList, (UInt32)((char *)end - (char *)list),
                                list);
}

static AudioFileID new_file(const char *name, AudioFileTypeID type)
{
    AudioFileID file;
    static SInt16 samples[10000];
    AudioStreamBasicDescription format = int16_format(44100, 1);
    UInt32 packets = 10000;
    CHECK_EQ(create_file(in_folder(name), type, &format, &file), 0);
    CHECK_EQ(AudioFileWritePackets(file, false, sizeof samples, NULL, 0, &packets, samples), 0);
    return file;
}

static OSStatus set_two_markers(AudioFileID file)
{
    char space[sizeof(AudioFileMarkerList) + sizeof(AudioFileMarker)] = { 0 };
    AudioFileMarkerList *list = (AudioFileMarkerList *)space;
    CFStringRef verse = text("Verse"), chorus = text("Refr\xC3\xA4in");
    list->mNumberMarkers = 2;
    list->mMarkers[0] = (AudioFileMarker){ .mFramePosition = 100, .mName = verse, .mMarkerID = 1 };
    list->mMarkers[1] = (AudioFileMarker){ .mFramePosition = 5000, .mName = chorus, .mMarkerID = 2 };
    OSStatus status = AudioFileSetProperty(file, kAudioFilePropertyMarkerList,
                                           (UInt32)NumAudioFileMarkersToNumBytes(2), list);
    CFRelease(verse);
    CFRelease(chorus);
    return status;
}

static OSStatus set_three_regions(AudioFileID file)
{
    char space[512] = { 0 };
    AudioFileRegionList *list = (AudioFileRegionList *)space;
    AudioFileRegion *at = list->mRegions;
    CFStringRef bridge = text("Bridge"), loop = text("Loop");
    list->mNumberRegions = 3;
    put_region(&at, 7, bridge, 0, 2000, 3000);
    put_region(&at, 2, loop, kAudioFileRegionFlag_LoopEnable | kAudioFileRegionFlag_PlayForward, 4000, 4500);
    put_region(&at, 9, NULL,
               kAudioFileRegionFlag_LoopEnable | kAudioFileRegionFlag_PlayForward |
                   kAudioFileRegionFlag_PlayBackward,
               6000, 6100);
    OSStatus status = set_regions(file, list, at);
    CFRelease(bridge);
    CFRelease(loop);
    return status;
}

static void check_markers(AudioFileID file)
{
    AudioFileMarkerList *markers = get_markers(file);
    CHECK_EQ(markers->mNumberMarkers, 2);
    CHECK_NEAR(markers->mMarkers[0].mFramePosition, 100, 0);
    CHECK_NEAR(markers->mMarkers[1].mFramePosition, 5000, 0);
    CHECK(name_is(markers->mMarkers[0].mName, "Verse"));
    CHECK(name_is(markers->mMarkers[1].mName, "Refr\xC3\xA4in"));
    free_markers(markers);
}

static void check_regions(AudioFileID file)
{
    AudioFileRegionList *regions = get_regions(file);
    CHECK_EQ(regions->mNumberRegions, 3);
    AudioFileRegion *region = regions->mRegions;
    CHECK(name_is(region->mName, "Bridge") && region->mFlags == 0);
    CHECK_NEAR(region->mMarkers[0].mFramePosition, 2000, 0);
    CHECK_NEAR(region->mMarkers[1].mFramePosition, 3000, 0);
    region = NextAudioFileRegion(region);
    CHECK(name_is(region->mName, "Loop"));
    CHECK_EQ(region->mFlags, kAudioFileRegionFlag_LoopEnable | kAudioFileRegionFlag_PlayForward);
    CHECK_NEAR(region->mMarkers[1].mFramePosition, 4500, 0);
    region = NextAudioFileRegion(region);
    CHECK(region->mName == NULL && region->mFlags == 7);
    CHECK_NEAR(region->mMarkers[0].mFramePosition, 6000, 0);
    free_regions(regions);
}

static void test_round_trip(void)
{
    static const AudioFileTypeID types[] = { kAudioFileWAVEType, kAudioFileWave64Type };
    for (int order = 0; order < 4; order++) {
        AudioFileID file = new_file("m.wav", types[order / 2]);
        if (order % 2) {
            CHECK_EQ(set_three_regions(file), 0);
            CHECK_EQ(set_two_markers(file), 0);
        } else {
            CHECK_EQ(set_two_markers(file), 0);
            CHECK_EQ(set_three_regions(file), 0);
        }
        CHECK_EQ(AudioFileClose(file), 0);
        CHECK_EQ(open_file(in_folder("m.wav"), kAudioFileReadWritePermission, &file), 0);
        check_markers(file);
        check_regions(file);
        AudioFileRegionList none = { 0 };
        CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyRegionList, 8, &none), 0);
        CHECK_EQ(AudioFileClose(file), 0);
        CHECK_EQ(open_file(in_folder("m.wav"), kAudioFileReadPermission, &file), 0);
        check_markers(file);
        AudioFileRegionList *regions = get_regions(file);
        CHECK_EQ(regions->mNumberRegions, 0);
        free_regions(regions);
        AudioFileClose(file);
    }
}

static void test_sndfile_reads_ours(void)
{
    AudioFileID file = new_file("c.wav", kAudioFileWAVEType);
    CHECK_EQ(set_two_markers(file), 0);
    CHECK_EQ(set_three_regions(file), 0);
    CHECK_EQ(AudioFileClose(file), 0);
    sndfile_info info = { 0 };
    sndfile_cues cues;
    sndfile_instrument instrument;
    void *other = sndfile.open(in_folder("c.wav"), SF_READ, &info);
    CHECK(other != NULL);
    CHECK_EQ(info.frames, 10000);
    CHECK(sndfile.command(other, GET_CUE, &cues, sizeof cues));
    CHECK_EQ(cues.count, 4); /* two markers, and where the two named regions begin */
    int seen = 0;
    for (UInt32 i = 0; i < cues.count; i++) {
        seen += cues.points[i].offset == 100 && strcmp(cues.points[i].name, "Verse") == 0;
        seen += cues.points[i].offset == 2000 && strcmp(cues.points[i].name, "Bridge") == 0;
        seen += cues.points[i].offset == 4000 && strcmp(cues.points[i].name, "Loop") == 0;
    }
    CHECK_EQ(seen, 3);
    CHECK(sndfile.command(other, GET_INSTRUMENT, &instrument, sizeof instrument));
    CHECK_EQ(instrument.base_note, 60);
    CHECK_EQ(instrument.loop_count, 2);
    CHECK_EQ(instrument.loops[0].mode, SF_LOOP_FORWARD);
    CHECK_EQ(instrument.loops[0].start, 4000);
    CHECK_EQ(instrument.loops[0].end, 4500); /* one behind the last, as ours */
    CHECK_EQ(instrument.loops[1].mode, SF_LOOP_ALTERNATING);
    sndfile.close(other);
}

static void test_we_read_sndfile(void)
{
    sndfile_info info = { .rate = 44100, .channels = 1, .format = SF_WAV_16 };
    sndfile_cues cues = { .count = 2 };
    sndfile_instrument instrument = { .base_note = 64, .loop_count = 1 };
    static short samples[1000];
    cues.points[0].index = 1;
    cues.points[0].offset = cues.points[0].position = 10;
    cues.points[0].chunk = (SInt32)__builtin_bswap32('data');
    cues.points[1] = cues.points[0];
    cues.points[1].index = 2;
    cues.points[1].offset = cues.points[1].position = 500;
    instrument.loops[0].mode = SF_LOOP_BACKWARD;
    instrument.loops[0].start = 200;
    instrument.loops[0].end = 300;
    void *other = sndfile.open(in_folder("d.wav"), SF_WRITE, &info);
    CHECK(other != NULL);
    CHECK(sndfile.command(other, SET_CUE, &cues, sizeof cues));
    CHECK(sndfile.command(other, SET_INSTRUMENT, &instrument, sizeof instrument));
    CHECK_EQ(sndfile.write(other, samples, 1000), 1000);
    sndfile.close(other);

    AudioFileID file;
    CHECK_EQ(open_file(in_folder("d.wav"), kAudioFileReadPermission, &file), 0);
    AudioFileMarkerList *markers = get_markers(file);
    CHECK_EQ(markers->mNumberMarkers, 2);
    CHECK_NEAR(markers->mMarkers[1].mFramePosition, 500, 0);
    free_markers(markers);
    AudioFileRegionList *regions = get_regions(file);
    CHECK_EQ(regions->mNumberRegions, 1);
    CHECK_EQ(regions->mRegions[0].mFlags,
             kAudioFileRegionFlag_LoopEnable | kAudioFileRegionFlag_PlayBackward);
    CHECK_NEAR(regions->mRegions[0].mMarkers[0].mFramePosition, 200, 0);
    free_regions(regions);
    AudioFileClose(file);
}

/* What is not ours stays: notes of points that remain, the sampler's note, its private data. */
static void test_foreign_parts_stay(void)
{
    AudioFileID file = new_file("o.wav", kAudioFileWAVEType);
    UInt8 smpl[36 + 24 + 3] = { 0 }, adtl[] = "note\x06\0\0\0\1\0\0\0N\0note\x06\0\0\0\x63\0\0\0X\0";
    UInt8 cue[4 + 24] = { 0 };
    cm_put_le32(smpl + 12, 71);
    cm_put_le32(smpl + 28, 1);
    cm_put_le32(smpl + 32, 3);
    cm_put_le32(smpl + 36 + 12, 50);
    memcpy(smpl + 60, "abc", 3);
    cm_put_le32(cue, 1);
    cm_put_le32(cue + 4, 1);
    cm_put_le32(cue + 24, 77);
    CHECK_EQ(AudioFileSetUserData(file, 'smpl', 0, sizeof smpl, smpl), 0);
    CHECK_EQ(AudioFileSetUserData(file, 'cue ', 0, sizeof cue, cue), 0);
    CHECK_EQ(AudioFileSetUserData(file, 'adtl', 0, sizeof adtl - 1, adtl), 0);
    CHECK_EQ(set_two_markers(file), 0);
    CHECK_EQ(set_three_regions(file), 0);
    UInt8 bytes[512];
    UInt32 size = sizeof bytes;
    CHECK_EQ(AudioFileGetUserData(file, 'smpl', 0, &size, bytes), 0);
    CHECK_EQ(size, 36 + 2 * 24 + 3);
    CHECK_EQ(cm_get_le32(bytes + 12), 71);
    CHECK_EQ(cm_get_le32(bytes + 28), 2);
    CHECK(memcmp(bytes + 84, "abc", 3) == 0);
    size = sizeof bytes;
    CHECK_EQ(AudioFileGetUserData(file, 'adtl', 0, &size, bytes), 0);
    bool note_of_1 = false, note_of_99 = false;
    for (UInt32 i = 0; i + 13 < size; i++) {
        note_of_1 = note_of_1 || memcmp(bytes + i, "note\x06\0\0\0\1\0\0\0N", 13) == 0;
        note_of_99 = note_of_99 || memcmp(bytes + i, "note\x06\0\0\0\x63", 9) == 0;
    }
    CHECK(note_of_1 && !note_of_99);
    CHECK_EQ(AudioFileClose(file), 0);
}

static void test_refusals(void)
{
    AudioFileID file = new_file("r.wav", kAudioFileWAVEType);
    AudioFileMarkerList list = { .mNumberMarkers = 1 };
    list.mMarkers[0].mFramePosition = 4294967296.0;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyMarkerList, sizeof list, &list),
             kAudioFileOperationNotSupportedError);
    list.mMarkers[0].mFramePosition = NAN;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyMarkerList, sizeof list, &list),
             kAudioFileOperationNotSupportedError);
    list.mNumberMarkers = 2;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyMarkerList, sizeof list, &list),
             kAudioFileBadPropertySizeError);
    list.mNumberMarkers = 0xFFFFFFFF;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyMarkerList, sizeof list, &list),
             kAudioFileBadPropertySizeError);
    AudioFileRegionList regions = { .mNumberRegions = 1 };
    regions.mRegions[0].mNumberMarkers = 1;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyRegionList, sizeof regions, &regions), -50);
    UInt32 size = 4;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyMarkerList, &size, &list),
             kAudioFileBadPropertySizeError);
    CHECK_EQ(AudioFileClose(file), 0);
}

/* A chunk of 1.3 million labels for 65536 points is read in no time. */
static void test_absurd_numbers(void)
{
    AudioFileID file = new_file("z.wav", kAudioFileWAVEType);
    UInt32 count = 100000, labels = 1300000;
    UInt8 *cue = calloc(1, 4 + 24 * count), *adtl = calloc(labels, 12);
    cm_put_le32(cue, count);
    for (UInt32 i = 0; i < count; i++)
        cm_put_le32(cue + 4 + 24 * i, 0x80000000u + i * 131072u);
    for (UInt32 i = 0; i < labels; i++) {
        memcpy(adtl + 12 * i, "labl\4\0\0\0", 8);
        cm_put_le32(adtl + 12 * i + 8, i);
    }
    CHECK_EQ(AudioFileSetUserData(file, 'cue ', 0, 4 + 24 * count, cue), 0);
    CHECK_EQ(AudioFileSetUserData(file, 'adtl', 0, 12 * labels, adtl), 0);
    AudioFileMarkerList *markers = get_markers(file);
    CHECK(markers->mNumberMarkers > 0);
    free_markers(markers);
    free(cue);
    free(adtl);
    AudioFileClose(file);
}

int main(void)
{
    RUN(test_round_trip);
    if (load_sndfile()) {
        RUN(test_sndfile_reads_ours);
        RUN(test_we_read_sndfile);
    } else {
        puts("skipped: libsndfile is not installed");
    }
    RUN(test_foreign_parts_stay);
    RUN(test_refusals);
    RUN(test_absurd_numbers);
    return 0;
}
