/*
 * Compressed files: MP3, ADTS, AC-3, FLAC, Ogg, MPEG-4. Files that ffmpeg makes are read and compared with
 * what ffprobe reads; files made here of the same packets are decoded by other programs and compared with the
 * originals.
 */
#include "file_kit.h"

#include <coremusic/engine.h>

#define MOST_PACKETS 4096
#define FRAMES 100000 /* of the sound that ffmpeg is given */

typedef struct sample_case {
    const char *name;  /* of the file */
    const char *codec; /* ffmpeg's arguments */
    AudioFileTypeID type;
    AudioFormatID format;
    Float64 rate;
    UInt32 frames_per_packet;
    SInt64 valid; /* 0: the file does not say */
    SInt32 priming;
    const char *other; /* a shell command of an independent decoder that must accept %s, or NULL */
} sample_case;

static const sample_case cases[] = {
    { "a.mp3", "-b:a 128k", kAudioFileMP3Type, kAudioFormatMPEGLayer3, 44100, 1152, FRAMES, 1105,
      "mpg123 -q -t %s" },
    { "v.mp3", "-q:a 4", kAudioFileMP3Type, kAudioFormatMPEGLayer3, 44100, 1152, FRAMES, 1105,
      "mpg123 -q -t %s" },
    { "low.mp3", "-ar 22050 -b:a 64k", kAudioFileMP3Type, kAudioFormatMPEGLayer3, 22050, 576, FRAMES / 2,
      1105, "mpg123 -q -t %s" },
    { "a.mp2", "-b:a 192k -f mp2", kAudioFileMP2Type, kAudioFormatMPEGLayer2, 44100, 1152, 0, 0,
      "mpg123 -q -t %s" },
    { "a.aac", "-b:a 128k", kAudioFileAAC_ADTSType, kAudioFormatMPEG4AAC, 44100, 1024, 0, 0,
      "faad -q -o /dev/null %s" },
    { "a.ac3", "-b:a 192k", kAudioFileAC3Type, kAudioFormatAC3, 44100, 1536, 0, 0, NULL },
    { "a.eac3", "-b:a 192k", kAudioFileAC3Type, kAudioFormatEnhancedAC3, 44100, 1536, 0, 0, NULL },
    { "a.flac", "", kAudioFileFLACType, kAudioFormatFLAC, 44100, 4608, FRAMES, 0, "flac -t -s %s" },
    { "24.flac", "-sample_fmt s32", kAudioFileFLACType, kAudioFormatFLAC, 44100, 4608, FRAMES, 0,
      "flac -t -s %s" },
    { "v.ogg", "-c:a libvorbis", kCMAudioFileOggType, kCMAudioFormatVorbis, 44100, 0, FRAMES, 0,
      "oggdec -Q -o /dev/null %s" },
    { "o.opus", "-ar 48000 -c:a libopus", kCMAudioFileOggType, kAudioFormatOpus, 48000, 960, 108844, 312,
      "opusdec --quiet %s /dev/null" },
    { "f.oga", "-c:a flac -f ogg", kCMAudioFileOggType, kAudioFormatFLAC, 44100, 4608, FRAMES, 0,
      "flac -t -s --ogg %s" },
    { "a.m4a", "-b:a 128k", kAudioFileM4AType, kAudioFormatMPEG4AAC, 44100, 1024, FRAMES, 1024,
      "faad -q -o /dev/null %s" },
    { "l.m4a", "-c:a alac", kAudioFileM4AType, kAudioFormatAppleLossless, 44100, 4096, FRAMES, 0, NULL },
    { "o.mp4", "-ar 48000 -c:a libopus", kAudioFileMPEG4Type, kAudioFormatOpus, 48000, 960, 108844, 312,
      NULL },
    { "f.mp4", "-c:a flac -strict -2", kAudioFileMPEG4Type, kAudioFormatFLAC, 44100, 4608, FRAMES, 0, NULL },
    { "d.mp4", "-c:a ac3", kAudioFileMPEG4Type, kAudioFormatAC3, 44100, 1536, 0, 0, NULL },
    { "g.mp4", "-b:a 128k -movflags frag_keyframe+empty_moov -frag_duration 500000", kAudioFileMPEG4Type,
      kAudioFormatMPEG4AAC, 44100, 1024, 0, 0, NULL },
};
#define CASES (sizeof cases / sizeof *cases)

static void make_sound(void)
{
    SInt16 *samples = malloc(2 * FRAMES * sizeof *samples);
    kit_tone(samples, 2 * FRAMES);
    kit_write(kit_path("in.raw"), samples, 2 * FRAMES * sizeof *samples);
    free(samples);
}

static const char *made_by_ffmpeg(const sample_case *c)
{
    const char *path = kit_path(c->name);
    if (access(path, F_OK) != 0)
        kit_shell("ffmpeg -nostdin -v error -y -f s16le -ar 44100 -ac 2 -i %s %s -metadata title=Titel %s",
                  kit_path("in.raw"), c->codec, path);
    CHECK(access(path, F_OK) == 0);
    return path;
}

/* ---- packets ---- */

typedef struct packets {
    UInt8 *bytes;
    AudioStreamPacketDescription d[MOST_PACKETS];
    UInt32 count;
    size_t size;
} packets;

/* Reads them in runs of different lengths, so that runs begin and end anywhere. */
static void read_all(cm_file *f, packets *p)
{
    SInt64 count = 0;
    CHECK_EQ(cm_file_count_packets(f, &count), noErr);
    CHECK(count <= MOST_PACKETS);
    size_t room = (size_t)cm_io_size(f->io) + 65536;
    *p = (packets){ .bytes = malloc(room) };
    while (p->count < count) {
        UInt32 n = 1 + p->count % 37, bytes = (UInt32)(room - p->size);
        CHECK_EQ(cm_file_read_packets(f, p->count, &n, p->d + p->count, &bytes, p->bytes + p->size), noErr);
        for (UInt32 i = 0; i < n; i++)
            p->d[p->count + i].mStartOffset += (SInt64)p->size;
        p->count += n;
        p->size += bytes;
    }
    UInt32 one = 1, none = 16;
    CHECK_EQ(cm_file_read_packets(f, count, &one, NULL, &none, p->bytes), kAudioFileEndOfFileError);
}

static unsigned long adler32(const UInt8 *bytes, size_t size)
{
    unsigned long a = 1, b = 0;
    for (size_t i = 0; i < size; i++) {
        a = (a + bytes[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/* ADTS packets are compared without the header that ffprobe leaves on them, by size. */
static void compare_with_ffprobe(const char *path, const packets *p, bool is_adts)
{
    char command[512];
    snprintf(command, sizeof command,
             "ffprobe -v error -select_streams a:0 -show_entries packet=size,data_hash -show_data_hash "
             "adler32 -of default=nw=1 %s",
             path);
    FILE *pipe = popen(command, "r");
    CHECK(pipe);
    UInt32 sizes = 0, i = 0;
    unsigned size;
    unsigned long hash;
    char line[256];
    while (fgets(line, sizeof line, pipe)) {
        if (sscanf(line, "size=%u", &size) == 1) {
            CHECK(sizes < p->count);
            CHECK_EQ(p->d[sizes++].mDataByteSize + (is_adts ? 7 : 0), size);
        } else if (sscanf(line, "data_hash=adler32:%lx", &hash) == 1) {
            CHECK(i < p->count);
            if (!is_adts)
                CHECK_EQ(adler32(p->bytes + p->d[i].mStartOffset, p->d[i].mDataByteSize), hash);
            i++;
        }
    }
    CHECK_EQ(sizes, p->count);
    pclose(pipe);
    CHECK_EQ(i, p->count);
}

static void reads_what_ffprobe_reads(void)
{
    for (size_t i = 0; i < CASES; i++) {
        const sample_case *c = &cases[i];
        const char *path = made_by_ffmpeg(c);
        cm_file *f = kit_open(path, false);
        CHECK_EQ(f->type, c->type);
        CHECK_EQ(f->format.mFormatID, c->format);
        CHECK_EQ(f->format.mSampleRate, c->rate);
        CHECK_EQ(f->format.mChannelsPerFrame, 2);
        CHECK_EQ(f->format.mFramesPerPacket, c->frames_per_packet);
        packets p;
        read_all(f, &p);
        compare_with_ffprobe(path, &p, c->type == kAudioFileAAC_ADTSType);
        AudioFilePacketTableInfo info;
        UInt32 size = sizeof info;
        if (c->valid) {
            CHECK_EQ(cm_file_get_property(f, kAudioFilePropertyPacketTableInfo, &size, &info), noErr);
            CHECK_EQ(info.mNumberValidFrames, c->valid);
            CHECK_EQ(info.mPrimingFrames, c->priming);
            CHECK_NEAR(cm_file_duration(f), (double)c->valid / c->rate, 1e-9);
        }
        if (c->format != kAudioFormatAC3 && c->format != kAudioFormatEnhancedAC3 &&
            c->type != kAudioFileMP2Type && c->type != kAudioFileAAC_ADTSType &&
            c->type != kAudioFileMPEG4Type) {
            CFMutableDictionaryRef tags = kit_read_info(f);
            CHECK_STR(kit_get(tags, "title"), "Titel");
            CFRelease(tags);
        }
        cm_file_free(f);
        free(p.bytes);
    }
}

/* ---- making files ---- */

static const char *decoded(const char *path)
{
    return kit_shell("ffmpeg -v error -i %s -map 0:a -f md5 - 2>/dev/null", path);
}

static const char *const tags[] = { "title", "Höhe und Tiefe", "artist", "Jemand", "year",
                                    "2004",  "track number",   "3/9",    "my key", "value",
                                    NULL };

static bool has_tags(AudioFormatID format, AudioFileTypeID type)
{
    (void)format;
    return type != kAudioFileAC3Type;
}

static void copy_packets(const packets *p, cm_file *to, UInt32 step)
{
    for (UInt32 at = 0; at < p->count; at += step) {
        UInt32 n = p->count - at < step ? p->count - at : step, wanted = n;
        CHECK_EQ(cm_file_write_packets(to, at, &n, p->d + at, (UInt32)p->size, p->bytes), noErr);
        CHECK_EQ(n, wanted);
    }
}

static void set(cm_file *f, AudioFilePropertyID id, const void *data, UInt32 size)
{
    CHECK_EQ(cm_file_set_property(f, id, size, data), noErr);
}

/* A new file with the packets, cookie and gapless numbers of another. late: tags come after the audio. */
static void make_copy(const sample_case *c, const char *from, const char *to, bool late,
                      bool valid_at_any_time)
{
    packets p;
    cm_file *in = kit_open(from, false), *out = NULL;
    read_all(in, &p);
    CHECK_EQ(kit_try_create(to, c->type, in->format, kAudioFileFlags_EraseFile, &out), noErr);
    out->defer_sizes = !valid_at_any_time;
    if (in->cookie && out->container->cookie_changed)
        set(out, kAudioFilePropertyMagicCookieData, CFDataGetBytePtr(in->cookie),
            (UInt32)CFDataGetLength(in->cookie));
    if (!late && has_tags(c->format, c->type))
        kit_write_info(out, tags);
    copy_packets(&p, out, 10);
    if (in->has_packet_info && out->container->packet_info_changed)
        set(out, kAudioFilePropertyPacketTableInfo, &in->packet_info, sizeof in->packet_info);
    if (late && has_tags(c->format, c->type))
        kit_write_info(out, tags);
    out->dirty = true;
    packets back;
    read_all(out, &back);
    CHECK_EQ(back.count, p.count);
    CHECK_EQ(back.size, p.size);
    CHECK(memcmp(back.bytes, p.bytes, p.size) == 0);
    CHECK_EQ(cm_file_close(out), noErr);
    cm_file_free(in);
    free(p.bytes);
    free(back.bytes);
}

static void check_copy(const sample_case *c, const char *from, const char *to)
{
    packets p, q;
    cm_file *in = kit_open(from, false), *out = kit_open(to, false);
    read_all(in, &p);
    read_all(out, &q);
    CHECK_EQ(p.count, q.count);
    CHECK_EQ(p.size, q.size);
    CHECK(memcmp(p.bytes, q.bytes, p.size) == 0);
    if (c->valid) {
        CHECK_EQ(out->packet_info.mNumberValidFrames, c->valid);
        CHECK_EQ(out->packet_info.mPrimingFrames, c->priming);
    }
    cm_file_free(in);
    cm_file_free(out);
    free(p.bytes);
    free(q.bytes);
}

static void check_tags(cm_file *f)
{
    CFMutableDictionaryRef info = kit_read_info(f);
    for (const char *const *t = tags; *t; t += 2)
        CHECK_STR(kit_get(info, t[0]), t[1]);
    CFRelease(info);
}

static void writes_what_others_read(void)
{
    for (size_t i = 0; i < CASES * 2; i++) {
        const sample_case *c = &cases[i / 2];
        bool late = i % 2;
        char name[64], command[512];
        snprintf(name, sizeof name, "copy%zu_%s", i, c->name);
        const char *from = made_by_ffmpeg(c), *to = kit_path(name);
        make_copy(c, from, to, late, late && i % 4 == 1);
        check_copy(c, from, to);
        char before[128];
        snprintf(before, sizeof before, "%s", decoded(from));
        CHECK(strncmp(before, "MD5=", 4) == 0);
        if (strcmp(c->name, "g.mp4") != 0) /* of a file without edits ffmpeg drops the encoder's delay */
            CHECK_STR(decoded(to), before);
        if (has_tags(c->format, c->type)) {
            cm_file *f = kit_open(to, false);
            check_tags(f);
            cm_file_free(f);
            const char *seen = kit_shell("ffprobe -v error -show_entries format_tags:stream_tags %s", to);
            CHECK(strstr(seen, "Höhe und Tiefe") != NULL);
        }
        if (c->other && kit_have(kit_shell("echo '%s' | cut -d' ' -f1", c->other))) {
            snprintf(command, sizeof command, c->other, to);
            CHECK_STR(kit_shell("(%s) >/dev/null 2>&1 && echo fine", command), "fine");
        }
    }
}

/* The encoder's padding is dropped by every player that knows the tag: as many samples as went in. */
static void mp3_is_gapless_elsewhere(void)
{
    if (!kit_have("mpg123"))
        return;
    const char *from = made_by_ffmpeg(&cases[0]), *to = kit_path("gapless.mp3");
    make_copy(&cases[0], from, to, false, false);
    CHECK_EQ(atol(kit_shell("mpg123 -q -s %s | wc -c", to)), 4 * FRAMES);
}

/* ---- changing tags ---- */

static void tags_change_and_audio_does_not(void)
{
    static const char *const small[] = { "title", "x", NULL }, *const none[] = { NULL };
    char text[4001];
    memset(text, 'y', sizeof text);
    text[4000] = 0;
    const char *const large[] = { "title", text, "album", "B", "ISRC", "USABC1234567", NULL };
    const char *const *const sets[] = { small, large, tags, none };
    for (size_t i = 0; i < CASES; i++) {
        const sample_case *c = &cases[i];
        if (!has_tags(c->format, c->type) || strcmp(c->name, "g.mp4") == 0)
            continue;
        char name[64];
        snprintf(name, sizeof name, "edit_%s", c->name);
        const char *from = made_by_ffmpeg(c), *to = kit_path(name);
        kit_shell("cp %s %s", from, to);
        char before[128];
        snprintf(before, sizeof before, "%s", decoded(from));
        for (size_t s = 0; s < 4; s++) {
            cm_file *f = kit_open(to, true);
            kit_write_info(f, sets[s]);
            f->dirty = true;
            CHECK_EQ(cm_file_close(f), noErr);
            check_copy(c, from, to);
            f = kit_open(to, false);
            CFMutableDictionaryRef info = kit_read_info(f);
            for (const char *const *t = sets[s]; *t; t += 2)
                CHECK_STR(kit_get(info, t[0]), t[1]);
            if (s == 3)
                CHECK_STR(kit_get(info, "title"), "");
            CFRelease(info);
            cm_file_free(f);
        }
        CHECK_STR(decoded(to), before);
    }
}

static CFDataRef make_picture(void)
{
    kit_shell("ffmpeg -nostdin -v error -y -f lavfi -i testsrc=size=64x64 -frames:v 1 %s",
              kit_path("cover.png"));
    size_t size;
    UInt8 *bytes = kit_read(kit_path("cover.png"), &size);
    CFDataRef picture = CFDataCreate(NULL, bytes, (CFIndex)size);
    free(bytes);
    return picture;
}

static void artwork_is_kept(void)
{
    CFDataRef picture = make_picture(), seen = NULL;
    for (size_t i = 0; i < CASES; i++) {
        const sample_case *c = &cases[i];
        if (!has_tags(c->format, c->type) || strcmp(c->name, "g.mp4") == 0)
            continue;
        char name[64];
        snprintf(name, sizeof name, "art_%s", c->name);
        const char *from = made_by_ffmpeg(c), *to = kit_path(name);
        kit_shell("cp %s %s", from, to);
        cm_file *f = kit_open(to, true);
        set(f, kAudioFilePropertyAlbumArtwork, &picture, sizeof picture);
        CHECK_EQ(cm_file_close(f), noErr);
        check_copy(c, from, to);
        f = kit_open(to, false);
        UInt32 size = sizeof seen;
        CHECK_EQ(cm_file_get_property(f, kAudioFilePropertyAlbumArtwork, &size, &seen), noErr);
        CHECK(seen && CFEqual(seen, picture));
        CFRelease(seen);
        cm_file_free(f);
        CHECK(strstr(kit_shell("ffprobe -v error -show_entries stream=codec_name,width %s", to),
                     "width=64") != NULL);
    }
    CFRelease(picture);
}

static void optimising_moves_the_movie_box(void)
{
    for (size_t i = 0; i < CASES; i++) {
        const sample_case *c = &cases[i];
        if (c->type != kAudioFileM4AType)
            continue;
        char name[64];
        snprintf(name, sizeof name, "front_%s", c->name);
        const char *from = made_by_ffmpeg(c), *to = kit_path(name);
        kit_shell("cp %s %s", from, to);
        cm_file *f = kit_open(to, true);
        UInt32 optimized = 1, size = sizeof optimized;
        CHECK_EQ(cm_file_get_property(f, kAudioFilePropertyIsOptimized, &size, &optimized), noErr);
        CHECK_EQ(optimized, 0);
        CHECK_EQ(f->container->optimize(f), noErr);
        CHECK_EQ(cm_file_get_property(f, kAudioFilePropertyIsOptimized, &size, &optimized), noErr);
        CHECK_EQ(optimized, 1);
        CHECK_EQ(cm_file_close(f), noErr);
        check_copy(c, from, to);
        char before[128];
        snprintf(before, sizeof before, "%s", decoded(from));
        CHECK_STR(decoded(to), before);
    }
}

/* ---- damage ---- */

/* Every truncation of the start, and of the whole at some places: an error or a shorter file, nothing else.
 */
static void truncated_files_are_survived(void)
{
    for (size_t i = 0; i < CASES; i++) {
        size_t size;
        UInt8 *bytes = kit_read(made_by_ffmpeg(&cases[i]), &size);
        for (size_t cut = 0; cut < size; cut += cut < 700 ? 1 : size / 23) {
            cm_file *f = NULL;
            UInt8 *exact = malloc(cut ? cut : 1); /* so that a byte too far is seen */
            memcpy(exact, bytes, cut);
            if (kit_open_memory(exact, cut, &f) == noErr) {
                packets p;
                read_all(f, &p);
                free(p.bytes);
                cm_file_free(f);
            }
            free(exact);
        }
        free(bytes);
    }
}

static void audio_is_not_added_to_what_cannot_take_it(void)
{
    static const AudioFileTypeID closed[] = { kAudioFileFLACType, kCMAudioFileOggType, kAudioFileM4AType,
                                              kAudioFileMPEG4Type };
    int tried = 0;
    for (size_t i = 0; i < CASES; i++) {
        for (size_t k = 0; k < sizeof closed / sizeof *closed; k++) {
            if (cases[i].type != closed[k])
                continue;
            size_t before_size, after_size;
            const char *copy = kit_path("full");
            kit_shell("cp %s %s", made_by_ffmpeg(&cases[i]), copy);
            UInt8 *before = kit_read(copy, &before_size);
            cm_file *f = kit_open(copy, true);
            SInt64 count = 0;
            UInt32 one = 1;
            AudioStreamPacketDescription d = { 0, 0, 4 };
            CHECK_EQ(cm_file_count_packets(f, &count), noErr);
            CHECK_EQ(cm_file_write_packets(f, count, &one, &d, 4, "abcd"),
                     kAudioFileOperationNotSupportedError);
            CHECK_EQ(one, 0);
            cm_file_free(f);
            UInt8 *after = kit_read(copy, &after_size);
            CHECK(after_size == before_size && memcmp(after, before, before_size) == 0);
            free(before);
            free(after);
            tried++;
        }
    }
    CHECK(tried >= 8);
}

static void frames_that_are_none_are_refused(void)
{
    cm_file *f = NULL;
    AudioStreamBasicDescription format = { .mSampleRate = 44100,
                                           .mFormatID = kAudioFormatMPEGLayer3,
                                           .mFramesPerPacket = 1152,
                                           .mChannelsPerFrame = 2 };
    CHECK_EQ(kit_try_create(kit_path("none.mp3"), kAudioFileMP3Type, format, kAudioFileFlags_EraseFile, &f),
             noErr);
    UInt32 one = 1;
    AudioStreamPacketDescription d = { 0, 0, 4 };
    CHECK_EQ(cm_file_write_packets(f, 0, &one, &d, 4, "abcd"), kAudioFileUnsupportedDataFormatError);
    cm_file_free(f);
    CHECK(access(kit_path("none.mp3"), F_OK) != 0);
}

int main(void)
{
    if (!kit_have("ffmpeg") || !kit_have("ffprobe")) {
        printf("skipped: ffmpeg and ffprobe are not installed\n");
        return 0;
    }
    kit_begin();
    make_sound();
    RUN(reads_what_ffprobe_reads);
    RUN(writes_what_others_read);
    RUN(mp3_is_gapless_elsewhere);
    RUN(tags_change_and_audio_does_not);
    RUN(artwork_is_kept);
    RUN(optimising_moves_the_movie_box);
    RUN(truncated_files_are_survived);
    RUN(audio_is_not_added_to_what_cannot_take_it);
    RUN(frames_that_are_none_are_refused);
    kit_end();
    return 0;
}
