#include "audio_files.h"

#include <coremusic/engine.h>

#define INT_FLAGS (kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked)
#define FLOAT_FLAGS (kAudioFormatFlagIsFloat | kAudioFormatFlagIsPacked)

/* Bytes that no two frames share, and that are good floats too. */
static void fill(UInt8 *bytes, size_t size)
{
    UInt32 state = 1;
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (UInt8)(i % 4 == 3 ? 0x3E : state >> 24);
    }
}

static void write_all(AudioFileID file, const void *bytes, UInt32 size)
{
    UInt32 packets = size / get_format(file).mBytesPerPacket, wanted = packets;
    CHECK_EQ(AudioFileWritePackets(file, false, size, NULL, 0, &packets, bytes), 0);
    CHECK_EQ(packets, wanted);
}

/* All audio bytes of a file; the caller frees. */
static UInt8 *read_all(AudioFileID file, UInt32 *size)
{
    *size = (UInt32)get_s64(file, kAudioFilePropertyAudioDataByteCount);
    UInt8 *bytes = malloc(*size + 1);
    UInt32 wanted = *size;
    CHECK_EQ(AudioFileReadBytes(file, false, 0, size, bytes), 0);
    CHECK_EQ(*size, wanted);
    return bytes;
}

/* ---- what we write, other programs read ---- */

static const struct kind {
    UInt32 bits;
    AudioFormatFlags flags;
    const char *codec; /* ffmpeg's name, which is that of its raw format too */
} kinds[] = {
    { 8, kAudioFormatFlagIsPacked, "u8" },
    { 16, INT_FLAGS, "s16le" },
    { 24, INT_FLAGS, "s24le" },
    { 32, INT_FLAGS, "s32le" },
    { 32, FLOAT_FLAGS, "f32le" },
    { 64, FLOAT_FLAGS, "f64le" },
};

static const struct {
    AudioFileTypeID type;
    const char *format; /* ffprobe's */
} file_types[] = {
    { kAudioFileWAVEType, "wav" },
    { kAudioFileRF64Type, "wav" },
    { kAudioFileBW64Type, "wav" },
    { kAudioFileWave64Type, "w64" },
};

static void check_with_ffmpeg(const struct kind *kind, UInt32 channels, const char *format,
                              const UInt8 *bytes, size_t size)
{
    char expected[128];
    CHECK_EQ(run("ffprobe -v error -show_entries stream=codec_name,sample_rate,channels:format=format_name "
                 "-of csv=p=0 out.wav 2>&1"),
             0);
    snprintf(expected, sizeof expected, "pcm_%s,48000,%u\n%s", kind->codec, channels, format);
    CHECK_STR(command_output, expected);
    CHECK_EQ(run("ffmpeg -nostdin -v error -y -i out.wav -c:a copy -f %s out.raw 2>&1", kind->codec), 0);
    CHECK_STR(command_output, "");
    size_t got;
    UInt8 *raw = slurp(in_folder("out.raw"), &got);
    CHECK_EQ(got, size);
    CHECK(memcmp(raw, bytes, size) == 0);
    free(raw);
}

static void test_pcm_for_ffmpeg(void)
{
    static UInt8 bytes[997 * 6 * 8];
    fill(bytes, sizeof bytes);
    for (size_t t = 0; t < 4; t++)
        for (size_t k = 0; k < 6; k++)
            for (UInt32 channels = 1; channels <= 6; channels += channels == 1 ? 1 : 4) {
                if (t > 0 && channels != 2)
                    continue; /* the format chunk is the same in all types */
                AudioFileID file;
                AudioStreamBasicDescription format = pcm_format(48000, channels, kinds[k].bits,
                                                                kinds[k].flags);
                UInt32 size = 997 * format.mBytesPerFrame;
                CHECK_EQ(create_file(in_folder("out.wav"), file_types[t].type, &format, &file), 0);
                write_all(file, bytes, size);
                CHECK_EQ(AudioFileClose(file), 0);
                check_with_ffmpeg(&kinds[k], channels, file_types[t].format, bytes, size);
                CHECK_EQ(open_file(in_folder("out.wav"), kAudioFileReadPermission, &file), 0);
                AudioStreamBasicDescription again = get_format(file);
                CHECK(memcmp(&again, &format, sizeof format) == 0);
                UInt32 got;
                UInt8 *back = read_all(file, &got);
                CHECK_EQ(got, size);
                CHECK(memcmp(back, bytes, size) == 0);
                free(back);
                AudioFileClose(file);
            }
}

static void test_sox_and_sndfile_agree(void)
{
    static UInt8 bytes[500 * 4];
    AudioFileID file;
    AudioStreamBasicDescription format = int16_format(22050, 2);
    fill(bytes, sizeof bytes);
    for (size_t t = 0; t < 4; t++) {
        CHECK_EQ(create_file(in_folder("s.wav"), file_types[t].type, &format, &file), 0);
        write_all(file, bytes, sizeof bytes);
        CHECK_EQ(AudioFileClose(file), 0);
        CHECK_EQ(run("sox -t %s s.wav -t raw s.raw 2>&1", t == 3 ? "w64" : "wav"), 0);
        size_t size;
        UInt8 *raw = slurp(in_folder("s.raw"), &size);
        CHECK_EQ(size, sizeof bytes);
        CHECK(memcmp(raw, bytes, size) == 0);
        free(raw);
    }
}

static void test_other_formats_for_ffmpeg(void)
{
    static const struct {
        AudioFormatID id;
        const char *codec;
        UInt32 packet, frames;
    } formats[] = {
        { kAudioFormatALaw, "pcm_alaw", 2, 1 },
        { kAudioFormatULaw, "pcm_mulaw", 2, 1 },
        { kAudioFormatDVIIntelIMA, "adpcm_ima_wav", 1024, 1017 },
        { kCMAudioFormatMicrosoftADPCM, "adpcm_ms", 1024, 1012 },
    };
    for (size_t i = 0; i < 4; i++) {
        AudioFileID file;
        AudioStreamBasicDescription format = { .mSampleRate = 22050,
                                               .mFormatID = formats[i].id,
                                               .mChannelsPerFrame = 2,
                                               .mBytesPerPacket = formats[i].packet };
        UInt8 bytes[4096] = { 0 };
        char expected[64];
        CHECK_EQ(create_file(in_folder("f.wav"), kAudioFileWAVEType, &format, &file), 0);
        CHECK_EQ(get_format(file).mFramesPerPacket, formats[i].frames);
        write_all(file, bytes, sizeof bytes);
        CHECK_EQ(AudioFileClose(file), 0);
        CHECK_EQ(
            run("ffprobe -v error -show_entries stream=codec_name,channels,duration_ts -of csv=p=0 f.wav "
                "2>&1"),
            0);
        snprintf(expected, sizeof expected, "%s,2,%u", formats[i].codec,
                 (UInt32)sizeof bytes / formats[i].packet * formats[i].frames);
        CHECK_STR(command_output, expected);
    }
}

/* ---- what other programs write, we read ---- */

static void test_ffmpeg_files(void)
{
    static const struct {
        const char *codec, *options;
        AudioFormatID id;
        UInt32 bits, packet, frames;
    } files[] = {
        { "pcm_u8", "", kAudioFormatLinearPCM, 8, 2, 1 },
        { "pcm_s16le", "", kAudioFormatLinearPCM, 16, 4, 1 },
        { "pcm_s24le", "", kAudioFormatLinearPCM, 24, 6, 1 },
        { "pcm_s32le", "", kAudioFormatLinearPCM, 32, 8, 1 },
        { "pcm_f32le", "", kAudioFormatLinearPCM, 32, 8, 1 },
        { "pcm_f64le", "", kAudioFormatLinearPCM, 64, 16, 1 },
        { "pcm_s16le", "-rf64 always", kAudioFormatLinearPCM, 16, 4, 1 },
        { "pcm_s16le", "-rf64 auto", kAudioFormatLinearPCM, 16, 4, 1 },
        { "pcm_s16le", "-f w64", kAudioFormatLinearPCM, 16, 4, 1 },
        { "pcm_f32le", "-f w64", kAudioFormatLinearPCM, 32, 8, 1 },
        { "pcm_alaw", "", kAudioFormatALaw, 8, 2, 1 },
        { "pcm_mulaw", "", kAudioFormatULaw, 8, 2, 1 },
        { "adpcm_ima_wav", "", kAudioFormatDVIIntelIMA, 0, 1024, 1017 },
        { "adpcm_ms", "", kCMAudioFormatMicrosoftADPCM, 0, 1024, 1012 },
        { "libmp3lame", "", kAudioFormatMPEGLayer3, 0, 0, 1152 },
        { "mp2", "", kAudioFormatMPEGLayer2, 0, 0, 1152 },
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        AudioFileID file;
        CHECK_EQ(run("ffmpeg -nostdin -v error -y -f lavfi -i sine=440:r=44100:d=1 -ac 2 -c:a %s %s -fflags "
                     "+bitexact "
                     "i.wav 2>&1 && ffmpeg -nostdin -v error -y -i i.wav -c copy -f data -map 0:a i.raw 2>&1",
                     files[i].codec, files[i].options),
                 0);
        CHECK_EQ(open_file(in_folder("i.wav"), kAudioFileReadPermission, &file), 0);
        AudioStreamBasicDescription format = get_format(file);
        CHECK_EQ(format.mFormatID, files[i].id);
        CHECK_EQ(format.mBitsPerChannel, files[i].bits);
        CHECK_EQ(format.mBytesPerPacket, files[i].packet);
        CHECK_EQ(format.mFramesPerPacket, files[i].frames);
        CHECK_EQ(format.mChannelsPerFrame, 2);
        CHECK_NEAR(format.mSampleRate, 44100, 0);
        CHECK_NEAR(get_f64(file, kAudioFilePropertyEstimatedDuration), 1, files[i].frames == 1 ? 0 : 0.06);
        size_t size;
        UInt8 *raw = slurp(in_folder("i.raw"), &size);
        UInt32 bytes = (UInt32)size, packets = (UInt32)get_s64(file, kAudioFilePropertyAudioDataPacketCount);
        CHECK(packets > 0);
        UInt8 *ours = malloc(size);
        AudioStreamPacketDescription *descriptions = calloc(packets, sizeof *descriptions);
        CHECK_EQ(AudioFileReadPacketData(file, false, &bytes, descriptions, 0, &packets, ours), 0);
        CHECK_EQ(bytes, size);
        CHECK(memcmp(raw, ours, size) == 0);
        CHECK_EQ(descriptions[packets - 1].mStartOffset + descriptions[packets - 1].mDataByteSize, size);
        free(descriptions);
        free(raw);
        free(ours);
        AudioFileClose(file);
    }
}

static void test_sox_files(void)
{
    static const struct {
        const char *encoding;
        AudioFormatID id;
        UInt32 packet, frames;
    } files[] = {
        { "-e ms-adpcm", kCMAudioFormatMicrosoftADPCM, 0, 0 },
        { "-e ima-adpcm", kAudioFormatDVIIntelIMA, 0, 0 },
        { "-e gsm-full-rate -c 1", kAudioFormatMicrosoftGSM, 65, 320 },
        { "-e floating-point -b 64", kAudioFormatLinearPCM, 16, 1 },
        { "-e unsigned -b 8", kAudioFormatLinearPCM, 2, 1 },
        { "-e signed -b 24", kAudioFormatLinearPCM, 6, 1 },
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        AudioFileID file;
        CHECK_EQ(run("sox -n -r 8000 -c 2 %s x.wav synth 1.5 sine 300 2>&1", files[i].encoding), 0);
        CHECK_EQ(open_file(in_folder("x.wav"), kAudioFileReadPermission, &file), 0);
        AudioStreamBasicDescription format = get_format(file);
        CHECK_EQ(format.mFormatID, files[i].id);
        if (files[i].packet)
            CHECK_EQ(format.mBytesPerPacket, files[i].packet);
        CHECK_NEAR(get_f64(file, kAudioFilePropertyEstimatedDuration), 1.5, i < 3 ? 0.05 : 0);
        AudioFileClose(file);
    }
}

/* ---- channel layouts ---- */

static void test_layouts(void)
{
    AudioFileID file;
    UInt32 size = 0, writable = 0;
    CHECK_EQ(run("ffmpeg -nostdin -v error -y -f lavfi -i anullsrc=r=48000:cl=5.1:d=0.1 -c:a pcm_s16le l.wav "
                 "2>&1"),
             0);
    CHECK_EQ(open_file(in_folder("l.wav"), kAudioFileReadPermission, &file), 0);
    AudioChannelLayout layout;
    size = sizeof layout;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyChannelLayout, &size, &layout), 0);
    CHECK_EQ(layout.mChannelLayoutTag, kAudioChannelLayoutTag_UseChannelBitmap);
    CHECK_EQ(layout.mChannelBitmap, 0x3F);
    AudioFileClose(file);

    AudioStreamBasicDescription format = int16_format(48000, 6);
    CHECK_EQ(create_file(in_folder("l.wav"), kAudioFileWAVEType, &format, &file), 0);
    CHECK_EQ(AudioFileGetPropertyInfo(file, kAudioFilePropertyChannelLayout, &size, &writable), 0);
    CHECK_EQ(size, 0);
    CHECK_EQ(writable, 1);
    layout = (AudioChannelLayout){ .mChannelLayoutTag = kAudioChannelLayoutTag_MPEG_5_1_A };
    UInt32 head = sizeof layout - sizeof layout.mChannelDescriptions;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyChannelLayout, head, &layout), 0);
    SInt16 frame[6] = { 0 };
    write_all(file, frame, sizeof frame);
    /* The order of AAC begins with the centre: no mask says that. */
    layout.mChannelLayoutTag = kAudioChannelLayoutTag_AAC_5_1;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyChannelLayout, head, &layout),
             kAudioFileOperationNotSupportedError);
    layout.mChannelLayoutTag = kAudioChannelLayoutTag_Stereo;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyChannelLayout, head, &layout), -50);
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyChannelLayout, 4, &layout),
             kAudioFileBadPropertySizeError);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(run("ffprobe -v error -show_entries stream=channel_layout -of csv=p=0 l.wav"), 0);
    CHECK(strncmp(command_output, "5.1", 3) == 0);
}

/* A layout that needs a larger format chunk comes when there is audio: everything behind must move. */
static void test_layout_after_audio(void)
{
    AudioFileID file;
    AudioStreamBasicDescription format = int16_format(48000, 2);
    static UInt8 bytes[4000];
    fill(bytes, sizeof bytes);
    CHECK_EQ(create_file(in_folder("m.wav"), kAudioFileWAVEType, &format, &file), 0);
    write_all(file, bytes, sizeof bytes);
    AudioChannelLayout layout = { .mChannelLayoutTag = kAudioChannelLayoutTag_UseChannelBitmap,
                                  .mChannelBitmap = kAudioChannelBit_LeftSurround |
                                                    kAudioChannelBit_RightSurround };
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyChannelLayout, sizeof layout, &layout), 0);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(run("ffprobe -v error -show_entries stream=channel_layout -of csv=p=0 m.wav"), 0);
    CHECK(strstr(command_output, "BL") != NULL);
    CHECK_EQ(open_file(in_folder("m.wav"), kAudioFileReadPermission, &file), 0);
    UInt32 size;
    UInt8 *back = read_all(file, &size);
    CHECK_EQ(size, sizeof bytes);
    CHECK(memcmp(back, bytes, size) == 0);
    free(back);
    AudioFileClose(file);
}

/* 20 bits in the upper part of 24: ASBD and WAVEFORMATEXTENSIBLE say it in their own ways. */
static void test_valid_bits(void)
{
    AudioFileID file;
    AudioStreamBasicDescription format = pcm_format(
        48000, 2, 24, kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsAlignedHigh);
    format.mBitsPerChannel = 20;
    CHECK_EQ(create_file(in_folder("v.wav"), kAudioFileWAVEType, &format, &file), 0);
    UInt8 frame[6] = { 0x10, 1, 2, 0x20, 3, 4 };
    write_all(file, frame, sizeof frame);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(run("ffprobe -v error -show_entries stream=codec_name,bits_per_raw_sample -of csv=p=0 v.wav"),
             0);
    CHECK(strncmp(command_output, "pcm_s24le", 9) == 0);
    CHECK_EQ(open_file(in_folder("v.wav"), kAudioFileReadPermission, &file), 0);
    AudioStreamBasicDescription back = get_format(file);
    CHECK(memcmp(&back, &format, sizeof back) == 0);
    CHECK_EQ((SInt32)get_u32(file, kAudioFilePropertySourceBitDepth), 20);
    AudioFileClose(file);
}

static void test_formats_that_do_not_fit(void)
{
    AudioFileID file;
    AudioStreamBasicDescription bad[] = {
        pcm_format(44100, 2, 16, INT_FLAGS | kAudioFormatFlagIsBigEndian),
        pcm_format(44100, 2, 8, INT_FLAGS),
        pcm_format(44100, 1, 16, INT_FLAGS | kAudioFormatFlagIsNonInterleaved),
        pcm_format(0, 2, 16, INT_FLAGS),
        pcm_format(44100, 0, 16, INT_FLAGS),
        { .mSampleRate = 44100, .mFormatID = kAudioFormatMPEG4AAC, .mChannelsPerFrame = 2 },
        { .mSampleRate = 44100, .mFormatID = kAudioFormatMicrosoftGSM, .mChannelsPerFrame = 2 },
    };
    bad[2].mChannelsPerFrame = 2;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQ(create_file(in_folder("bad.wav"), kAudioFileWAVEType, &bad[i], &file),
                 kAudioFileUnsupportedDataFormatError);
    CHECK(access(in_folder("bad.wav"), F_OK) != 0);
    CHECK_EQ(run("ls -A"), 0);
    CHECK(strstr(command_output, ".part") == NULL);
}

/* ---- metadata ---- */

static void test_info_with_ffmpeg(void)
{
    for (size_t t = 0; t < 4; t += 3) {
        AudioFileID file;
        AudioStreamBasicDescription format = int16_format(44100, 1);
        SInt16 samples[3] = { 1, 2, 3 };
        CHECK_EQ(create_file(in_folder("n.wav"), file_types[t].type, &format, &file), 0);
        write_all(file, samples, sizeof samples);
        CHECK_EQ(set_info(file, "title",
                          "Gr\xC3\xBC\xC3\x9F"
                          "e \xE2\x99\xAB",
                          "artist", "A", "album", "Odd", "comments", "c", "genre", "Jazz", "copyright",
                          "none", "recorded date", "2024-02-29", "encoding application", "x", "track number",
                          "3/9", NULL),
                 0);
        CHECK_EQ(AudioFileClose(file), 0);
        CHECK_EQ(
            run("ffprobe -v error -show_entries format_tags=title,artist,album,comment,genre,copyright,date,"
                "encoder -of default=nk=0:nw=1 n.wav"),
            0);
        CHECK(strstr(command_output, "TAG:title=Gr\xC3\xBC\xC3\x9F"
                                     "e \xE2\x99\xAB"));
        CHECK(strstr(command_output, "TAG:artist=A"));
        CHECK(strstr(command_output, "TAG:album=Odd"));
        CHECK(strstr(command_output, "TAG:comment=c"));
        CHECK(strstr(command_output, "TAG:genre=Jazz"));
        CHECK(strstr(command_output, "TAG:date=2024-02-29"));
        CHECK_EQ(open_file(in_folder("n.wav"), kAudioFileReadPermission, &file), 0);
        CHECK_STR(get_info(file, "title"), "Gr\xC3\xBC\xC3\x9F"
                                           "e \xE2\x99\xAB");
        CHECK_STR(get_info(file, "track number"), "3/9");
        CHECK_STR(get_info(file, "recorded date"), "2024-02-29");
        CHECK_STR(get_info(file, "year"), "");
        AudioFileClose(file);
    }
    AudioFileID file;
    CHECK_EQ(run("ffmpeg -nostdin -v error -y -f lavfi -i anullsrc=d=0.1 -metadata title=Hello -metadata "
                 "artist='B\xC3\xA9' "
                 "-metadata date=1999 -metadata track=7 o.wav 2>&1"),
             0);
    CHECK_EQ(open_file(in_folder("o.wav"), kAudioFileReadPermission, &file), 0);
    CHECK_STR(get_info(file, "title"), "Hello");
    CHECK_STR(get_info(file, "artist"), "B\xC3\xA9");
    CHECK_STR(get_info(file, "year"), "1999");
    CHECK_STR(get_info(file, "track number"), "7");
    CHECK_STR(get_info(file, "approximate duration in seconds"), "0.100");
    AudioFileClose(file);
}

/* Keys that the INFO list has no item for are in an ID3 tag. */
static void test_info_beyond_the_list(void)
{
    AudioFileID file;
    AudioStreamBasicDescription format = int16_format(44100, 1);
    UInt32 count = 9;
    CHECK_EQ(create_file(in_folder("k.wav"), kAudioFileWAVEType, &format, &file), 0);
    CHECK_EQ(set_info(file, "title", "t", "tempo", "120", "key signature", "Am", "year", "1999",
                      "recorded date", "1999-01-02", NULL),
             0);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(open_file(in_folder("k.wav"), kAudioFileReadWritePermission, &file), 0);
    CHECK_STR(get_info(file, "tempo"), "120");
    CHECK_STR(get_info(file, "key signature"), "Am");
    CHECK_STR(get_info(file, "year"), "1999");
    CHECK_STR(get_info(file, "recorded date"), "1999-01-02");
    CHECK_EQ(AudioFileCountUserData(file, 'id3 ', &count), 0);
    CHECK_EQ(count, 1);
    CHECK_EQ(set_info(file, NULL), 0);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(open_file(in_folder("k.wav"), kAudioFileReadPermission, &file), 0);
    CHECK_STR(get_info(file, "title"), "");
    CHECK_STR(get_info(file, "tempo"), "");
    CHECK_EQ(AudioFileCountUserData(file, 'id3 ', &count), 0);
    CHECK_EQ(count, 0);
    AudioFileClose(file);
}

static void test_latin1_info(void)
{
    static const UInt8 bytes[] = "RIFF\x44\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1F\0\0\x40\x1F\0\0\1\0\x08\0"
                                 "LIST\x12\0\0\0INFOINAM\5\0\0\0caf\xE9\0\0data\2\0\0\0\x80\x80";
    AudioFileID file;
    spill(in_folder("latin.wav"), bytes, sizeof bytes - 1);
    CHECK_EQ(open_file(in_folder("latin.wav"), kAudioFileReadPermission, &file), 0);
    CHECK_STR(get_info(file, "title"), "caf\xC3\xA9");
    CHECK_EQ(get_s64(file, kAudioFilePropertyAudioDataByteCount), 2);
    AudioFileClose(file);
}

static void test_bext_and_user_data(void)
{
    AudioFileID file;
    UInt32 size = 0, count = 0, ids[16];
    CHECK_EQ(run("ffmpeg -nostdin -v error -y -f lavfi -i anullsrc=d=0.1 -write_bext 1 -metadata "
                 "description=Field "
                 "-metadata originator=Me -metadata origination_date=2020-01-02 b.wav 2>&1"),
             0);
    CHECK_EQ(open_file(in_folder("b.wav"), kAudioFileReadWritePermission, &file), 0);
    CHECK_STR(get_info(file, "comments"), "Field");
    CHECK_STR(get_info(file, "recorded date"), "2020-01-02");
    CHECK_EQ(AudioFileGetUserDataSize(file, 'bext', 0, &size), 0);
    CHECK(size >= 602);
    CHECK_STR(get_info(file, "source encoder"), "Me");
    CHECK_EQ(set_info(file, "comments", "Other", "recorded date", "2021-03-04", NULL), 0);
    CHECK_EQ(AudioFileSetUserData(file, 'iXML', 0, 5, "<x/>\n"), 0);
    CHECK_EQ(AudioFileSetUserData(file, 'iXML', 1, 3, "two"), 0);
    CHECK_EQ(AudioFileSetUserData(file, 'iXML', 3, 3, "gap"), kAudioFileInvalidChunkError);
    CHECK_EQ(AudioFileSetUserData(file, 'fmt ', 0, 3, "bad"), kAudioFileInvalidChunkError);
    CHECK_EQ(AudioFileSetUserData(file, 'data', 0, 3, "bad"), kAudioFileInvalidChunkError);
    CHECK_EQ(AudioFileSetUserData(file, 0x01020304, 0, 3, "bad"), kAudioFileInvalidChunkError);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(AudioFileRemoveUserData(file, 'INFO', 0), kAudioFileNotOpenError);
    /* ffprobe shows the broadcast extension's fields under the same names as the list's. */
    CHECK_EQ(run("ffprobe -v error -show_entries format_tags b.wav"), 0);
    CHECK(strstr(command_output, "comment=Other"));
    CHECK(strstr(command_output, "date=2021-03-04"));
    CHECK(!strstr(command_output, "Field") && !strstr(command_output, "encoded_by=Me"));

    CHECK_EQ(open_file(in_folder("b.wav"), kAudioFileReadWritePermission, &file), 0);
    CHECK_EQ(AudioFileCountUserData(file, 'iXML', &count), 0);
    CHECK_EQ(count, 2);
    char text[8] = "";
    size = 8;
    CHECK_EQ(AudioFileGetUserData(file, 'iXML', 0, &size, text), 0);
    CHECK_EQ(size, 5);
    CHECK(memcmp(text, "<x/>\n", 5) == 0);
    size = 8;
    CHECK_EQ(AudioFileGetUserDataAtOffset(file, 'iXML', 1, 1, &size, text), 0);
    CHECK_EQ(size, 2);
    CHECK(memcmp(text, "wo", 2) == 0);
    size = 8;
    CHECK_EQ(AudioFileGetUserDataAtOffset(file, 'iXML', 1, 4, &size, text), kAudioFilePositionError);
    CHECK_EQ(AudioFileGetUserDataSize(file, 'iXML', 2, &size), kAudioFileInvalidChunkError);
    size = sizeof ids;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyChunkIDs, &size, ids), 0);
    bool has_info = false, has_list = false;
    for (UInt32 i = 0; i < size / 4; i++) {
        has_info = has_info || ids[i] == 'INFO';
        has_list = has_list || ids[i] == 'LIST';
    }
    CHECK(has_info && !has_list);
    CHECK_EQ(AudioFileRemoveUserData(file, 'iXML', 0), 0);
    CHECK_EQ(AudioFileRemoveUserData(file, 'iXML', 1), kAudioFileInvalidChunkError);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(open_file(in_folder("b.wav"), kAudioFileReadPermission, &file), 0);
    size = 8;
    CHECK_EQ(AudioFileGetUserData(file, 'iXML', 0, &size, text), 0);
    CHECK(size == 3 && memcmp(text, "two", 3) == 0);
    CHECK_EQ(AudioFileSetUserData(file, 'iXML', 0, 1, "x"), kAudioFilePermissionsError);
    AudioFileClose(file);
}

/* ---- changing files ---- */

static const char *audio_md5(const char *name)
{
    CHECK_EQ(run("ffmpeg -v error -i %s -map 0:a -c copy -f md5 - 2>&1", name), 0);
    return command_output;
}

static void test_appending_moves_what_is_behind(void)
{
    AudioFileID file;
    static UInt8 first[999], second[5000], all[5999];
    AudioStreamBasicDescription format = pcm_format(8000, 1, 8, kAudioFormatFlagIsPacked);
    fill(all, sizeof all);
    memcpy(first, all, sizeof first);
    memcpy(second, all + sizeof first, sizeof second);
    CHECK_EQ(create_file(in_folder("e.wav"), kAudioFileWAVEType, &format, &file), 0);
    write_all(file, first, sizeof first);
    CHECK_EQ(AudioFileSetUserData(file, 'wxyz', 0, 5000, all), 0);
    CHECK_EQ(set_info(file, "title", "behind", NULL), 0);
    CHECK_EQ(AudioFileClose(file), 0);

    for (int round = 0; round < 2; round++) {
        CHECK_EQ(open_file(in_folder("e.wav"), kAudioFileReadWritePermission, &file), 0);
        UInt32 packets = 2500;
        CHECK_EQ(AudioFileWritePackets(file, false, 2500, NULL, 999 + round * 2500, &packets,
                                       second + round * 2500),
                 0);
        CHECK_STR(get_info(file, "title"), "behind");
        CHECK_EQ(AudioFileClose(file), 0);
    }
    CHECK_EQ(open_file(in_folder("e.wav"), kAudioFileReadWritePermission, &file), 0);
    UInt32 size;
    UInt8 *back = read_all(file, &size);
    CHECK_EQ(size, sizeof all);
    CHECK(memcmp(back, all, size) == 0);
    free(back);
    CHECK_STR(get_info(file, "title"), "behind");
    CHECK_EQ(get_u32(file, kAudioFilePropertyIsOptimized), 0);
    CHECK_EQ(AudioFileOptimize(file), 0);
    CHECK_EQ(get_u32(file, kAudioFilePropertyIsOptimized), 1);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(run("sox e.wav -t raw -c 1 e.raw 2>&1"), 0);
    CHECK_STR(command_output, "");
    size_t raw_size;
    UInt8 *raw = slurp(in_folder("e.raw"), &raw_size);
    CHECK(raw_size == sizeof all && memcmp(raw, all, sizeof all) == 0);
    free(raw);
    CHECK_EQ(run("ffprobe -v error -show_entries format_tags=title -of csv=p=0 e.wav"), 0);
    CHECK_STR(command_output, "behind");
}

/* Metadata comes and goes at many sizes; the audio never changes and no reader is ever confused. */
static void test_many_edits(void)
{
    AudioFileID file;
    char before[64], text[700];
    CHECK_EQ(run("ffmpeg -nostdin -v error -y -f lavfi -i sine=d=0.3 -metadata title=One -metadata "
                 "comment=Two q.wav "
                 "2>&1"),
             0);
    snprintf(before, sizeof before, "%s", audio_md5("q.wav"));
    for (unsigned i = 0; i < 60; i++) {
        CHECK_EQ(open_file(in_folder("q.wav"), kAudioFileReadWritePermission, &file), 0);
        unsigned length = i * 37 % 600 + 1;
        memset(text, 'a' + (int)(i % 26), length);
        text[length] = 0;
        CHECK_EQ(set_info(file, "comments", text, "title", i % 3 ? "T" : "", NULL), 0);
        CHECK_EQ(AudioFileSetUserData(file, 'abcd', 0, i * 53 % 90, text), 0);
        if (i % 7 == 6)
            CHECK_EQ(AudioFileRemoveUserData(file, 'abcd', 0), 0);
        CHECK_EQ(AudioFileClose(file), 0);
        CHECK_EQ(open_file(in_folder("q.wav"), kAudioFileReadPermission, &file), 0);
        CHECK_STR(get_info(file, "comments"), text);
        AudioFileClose(file);
        if (i % 10 == 0) {
            CHECK_STR(audio_md5("q.wav"), before);
            CHECK_EQ(run("ffprobe -v error -show_entries format_tags=comment -of csv=p=0 q.wav"), 0);
            CHECK_STR(command_output, text);
        }
    }
}

static void test_in_place_edit_of_data(void)
{
    AudioFileID file;
    AudioStreamBasicDescription format = int16_format(8000, 1);
    SInt16 samples[100] = { 0 }, more[10];
    CHECK_EQ(create_file(in_folder("p.wav"), kAudioFileWAVEType, &format, &file), 0);
    write_all(file, samples, sizeof samples);
    for (int i = 0; i < 10; i++)
        more[i] = (SInt16)(i + 1);
    UInt32 packets = 10, bytes = sizeof more;
    CHECK_EQ(AudioFileWritePackets(file, false, sizeof more, NULL, 95, &packets, more), 0);
    CHECK_EQ(get_s64(file, kAudioFilePropertyAudioDataPacketCount), 105);
    packets = 1;
    CHECK_EQ(AudioFileWritePackets(file, false, 2, NULL, 106, &packets, more),
             kAudioFileInvalidPacketOffsetError);
    CHECK_EQ(packets, 0);
    CHECK_EQ(AudioFileWriteBytes(file, false, 0, &bytes, more), 0);
    bytes = 1;
    CHECK_EQ(AudioFileWriteBytes(file, false, 211, &bytes, more), kAudioFilePositionError);
    UInt64 count = 20;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyAudioDataByteCount, sizeof count, &count), 0);
    count = 30;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyAudioDataByteCount, sizeof count, &count),
             kAudioFileOperationNotSupportedError);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(run("sox p.wav -t raw p.raw 2>&1"), 0);
    size_t size;
    UInt8 *raw = slurp(in_folder("p.raw"), &size);
    CHECK(size == 20 && memcmp(raw, more, 20) == 0);
    free(raw);
}

/* Of a format whose packets hold many frames, the fact chunk tells where the audio ends. */
static void test_valid_frames(void)
{
    AudioFileID file;
    UInt8 block[256] = { 0 };
    UInt32 one = 1, size;
    AudioStreamBasicDescription format = { .mSampleRate = 8000,
                                           .mFormatID = kAudioFormatDVIIntelIMA,
                                           .mChannelsPerFrame = 1,
                                           .mBytesPerPacket = 256 };
    AudioFilePacketTableInfo info = { .mNumberValidFrames = 1000, .mRemainderFrames = 10 };
    CHECK_EQ(create_file(in_folder("v.wav"), kAudioFileWAVEType, &format, &file), 0);
    for (SInt64 i = 0; i < 2; i++)
        CHECK_EQ(AudioFileWritePackets(file, false, sizeof block, NULL, i, &one, block), 0);
    info.mPrimingFrames = 1;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyPacketTableInfo, sizeof info, &info),
             kAudioFileOperationNotSupportedError);
    info.mPrimingFrames = 0;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyPacketTableInfo, sizeof info, &info), 0);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(run("ffprobe -v error -show_entries stream=duration_ts -of csv=p=0 v.wav"), 0);
    CHECK_STR(command_output, "1000");

    CHECK_EQ(open_file(in_folder("v.wav"), kAudioFileReadWritePermission, &file), 0);
    CHECK_NEAR(get_f64(file, kAudioFilePropertyEstimatedDuration), 0.125, 0);
    CHECK_EQ(AudioFileWritePackets(file, false, sizeof block, NULL, 2, &one, block), 0);
    size = sizeof info;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyPacketTableInfo, &size, &info), 0);
    CHECK(info.mNumberValidFrames == 3 * 505 && info.mRemainderFrames == 0);
    UInt64 bytes = 256;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyAudioDataByteCount, sizeof bytes, &bytes), 0);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(run("ffprobe -v error -show_entries stream=duration_ts -of csv=p=0 v.wav"), 0);
    CHECK_STR(command_output, "505");
}

int main(void)
{
    RUN(test_pcm_for_ffmpeg);
    RUN(test_sox_and_sndfile_agree);
    RUN(test_other_formats_for_ffmpeg);
    RUN(test_ffmpeg_files);
    RUN(test_sox_files);
    RUN(test_layouts);
    RUN(test_layout_after_audio);
    RUN(test_valid_bits);
    RUN(test_formats_that_do_not_fit);
    RUN(test_info_with_ffmpeg);
    RUN(test_info_beyond_the_list);
    RUN(test_latin1_info);
    RUN(test_bext_and_user_data);
    RUN(test_appending_moves_what_is_behind);
    RUN(test_many_edits);
    RUN(test_in_place_edit_of_data);
    RUN(test_valid_frames);
    return 0;
}
