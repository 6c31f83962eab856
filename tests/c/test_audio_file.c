/* AudioFile services, whatever the container: errors, reading, writing, properties, global info. */
#include "audio_files.h"

#include <sys/wait.h>

static void test_null_arguments(void)
{
    AudioFileID file;
    UInt32 n = 1;
    UInt8 bytes[8];
    CHECK_EQ(AudioFileOpenURL(NULL, 1, 0, &file), -50);
    CHECK(file == NULL);
    file = open_ramp("a.wav", 10, kAudioFileReadPermission);
    CHECK_EQ(AudioFileReadBytes(file, false, 0, NULL, bytes), -50);
    CHECK_EQ(AudioFileReadBytes(file, false, 0, &n, NULL), -50);
    CHECK_EQ(AudioFileReadPacketData(file, false, NULL, NULL, 0, &n, bytes), -50);
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyBitRate, NULL, bytes), -50);
    CHECK_EQ(AudioFileGetPropertyInfo(file, kAudioFilePropertyBitRate, NULL, NULL), 0);
    CHECK_EQ(AudioFileClose(file), 0);
}

/* ---- opening what cannot be opened ---- */

static void test_bad_paths(void)
{
    AudioFileID file;
    CHECK_EQ(open_file(in_folder("missing.wav"), 1, &file), kAudioFileFileNotFoundError);
    CHECK(file == NULL);
    CHECK_EQ(open_file(in_folder(""), 1, &file), kAudioFileUnsupportedFileTypeError);
    CHECK_EQ(open_file("/dev/null", 1, &file), kAudioFileUnsupportedFileTypeError);
    AudioStreamBasicDescription format = int16_format(44100, 1);
    CHECK_EQ(create_file("/nowhere/a.wav", kAudioFileWAVEType, &format, &file), kAudioFileFileNotFoundError);
    CHECK_EQ(create_file(in_folder(""), kAudioFileWAVEType, &format, &file),
             kAudioFileUnsupportedFileTypeError);
    CHECK_EQ(create_file(in_folder("a.wav"), 'what', &format, &file), kAudioFileUnsupportedFileTypeError);
    CHECK_EQ(run("mkfifo pipe.wav"), 0);
    CHECK_EQ(open_file(in_folder("pipe.wav"), 1, &file), kAudioFileUnsupportedFileTypeError);
    AudioFileClose(create_ramp("a.wav", 10));
    CHECK_EQ(open_file(in_folder("a.wav"), 0, &file), -50);
    CHECK_EQ(open_file(in_folder("a.wav"), 4, &file), -50);
    CFURLRef url = url_of(in_folder("a.wav"));
    CHECK_EQ(AudioFileCreateWithURL(url, kAudioFileWAVEType, &format, 0, &file), kAudioFilePermissionsError);
    CHECK_EQ(AudioFileCreateWithURL(url, kAudioFileWAVEType, NULL, 1, &file), -50);
    CFRelease(url);
}

/* The superuser may do everything, so that a child gives up its rights first. */
static void test_no_permission(void)
{
    AudioFileClose(create_ramp("p.wav", 10));
    CHECK_EQ(run("chmod 755 . && chmod 400 p.wav"), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        AudioFileID file;
        AudioStreamBasicDescription format = int16_format(44100, 1);
        if (getuid() == 0 && setuid(65534) != 0)
            _exit(0);
        bool mine = access(in_folder("p.wav"), R_OK) == 0;
        CHECK_EQ(open_file(in_folder("p.wav"), 1, &file), mine ? 0 : kAudioFilePermissionsError);
        CHECK_EQ(open_file(in_folder("p.wav"), 3, &file), kAudioFilePermissionsError);
        CHECK_EQ(create_file(in_folder("p.wav"), kAudioFileWAVEType, &format, &file),
                 kAudioFilePermissionsError);
        _exit(0);
    }
    int status = -1;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    CHECK_EQ(run("chmod 644 p.wav"), 0);
}

static void test_extension_does_not_matter(void)
{
    AudioFileID file;
    AudioFileClose(create_ramp("x.mp3", 10));
    CHECK_EQ(open_file(in_folder("x.mp3"), 1, &file), 0);
    CHECK_EQ(get_u32(file, kAudioFilePropertyFileFormat), kAudioFileWAVEType);
    AudioFileClose(file);
}

/* ---- reading ---- */

static void test_reading_packets(void)
{
    AudioFileID file = open_ramp("r.wav", 1000, kAudioFileReadPermission);
    SInt16 samples[64];
    AudioStreamPacketDescription d[8];
    UInt32 bytes = sizeof samples, packets = 8;
    CHECK_EQ(AudioFileReadPacketData(file, false, &bytes, d, 100, &packets, samples), 0);
    CHECK_EQ(packets, 8);
    CHECK_EQ(bytes, 32);
    CHECK_EQ(samples[0], 200);
    CHECK_EQ(samples[15], 215);
    CHECK(d[7].mStartOffset == 28 && d[7].mDataByteSize == 4 && d[7].mVariableFramesInPacket == 0);
    bytes = 30; /* room for 7 and a half */
    packets = 8;
    CHECK_EQ(AudioFileReadPacketData(file, false, &bytes, NULL, 0, &packets, samples), 0);
    CHECK(packets == 7 && bytes == 28);
    bytes = 3;
    packets = 1;
    CHECK_EQ(AudioFileReadPacketData(file, false, &bytes, NULL, 0, &packets, samples), -50);
    CHECK(packets == 0 && bytes == 0);
    bytes = sizeof samples;
    packets = 8;
    CHECK_EQ(AudioFileReadPacketData(file, false, &bytes, NULL, 997, &packets, samples), 0);
    CHECK(packets == 3 && bytes == 12 && samples[5] == 1999);
    packets = 8;
    bytes = sizeof samples;
    CHECK_EQ(AudioFileReadPacketData(file, false, &bytes, NULL, 1000, &packets, samples),
             kAudioFileEndOfFileError);
    CHECK(packets == 0 && bytes == 0);
    packets = 8;
    CHECK_EQ(AudioFileReadPackets(file, false, &bytes, NULL, 997, &packets, samples), 0);
    CHECK(packets == 3 && bytes == 12);
    CHECK_EQ(AudioFileReadPackets(file, false, &bytes, NULL, INT64_MAX, &packets, samples),
             kAudioFileEndOfFileError);
    packets = 1;
    CHECK_EQ(AudioFileReadPackets(file, false, &bytes, NULL, -1, &packets, samples),
             kAudioFileInvalidPacketOffsetError);
    packets = 0;
    CHECK_EQ(AudioFileReadPackets(file, false, &bytes, NULL, 0, &packets, samples), 0);
    AudioFileClose(file);
}

static void test_reading_bytes(void)
{
    AudioFileID file = open_ramp("r.wav", 1000, kAudioFileReadPermission);
    UInt8 bytes[64];
    UInt32 n = 5;
    CHECK_EQ(AudioFileReadBytes(file, false, 1, &n, bytes), 0);
    CHECK_EQ(n, 5);
    CHECK(memcmp(bytes, "\0\1\0\2\0", 5) == 0);
    n = 10;
    CHECK_EQ(AudioFileReadBytes(file, false, 3996, &n, bytes), kAudioFileEndOfFileError);
    CHECK_EQ(n, 4);
    n = 10;
    CHECK_EQ(AudioFileReadBytes(file, false, 4000, &n, bytes), kAudioFileEndOfFileError);
    CHECK_EQ(n, 0);
    n = 10;
    CHECK_EQ(AudioFileReadBytes(file, false, -1, &n, bytes), kAudioFilePositionError);
    AudioFileClose(file);
}

/* A file that shrinks while it is open gives what is left of it. */
static void test_file_cut_behind_our_back(void)
{
    AudioFileID file = open_ramp("t.wav", 1000, kAudioFileReadPermission);
    SInt64 offset = get_s64(file, kAudioFilePropertyDataOffset);
    static SInt16 samples[2000];
    UInt32 bytes = sizeof samples, packets = 1000;
    CHECK_EQ(truncate(in_folder("t.wav"), offset + 402), 0);
    CHECK_EQ(AudioFileReadPacketData(file, false, &bytes, NULL, 0, &packets, samples), 0);
    CHECK(packets == 100 && bytes == 400);
    packets = 10;
    bytes = sizeof samples;
    CHECK_EQ(AudioFileReadPacketData(file, false, &bytes, NULL, 100, &packets, samples),
             kAudioFileEndOfFileError);
    AudioFileClose(file);
}

/* ---- permissions ---- */

static void test_permissions(void)
{
    AudioFileID file = open_ramp("w.wav", 10, kAudioFileReadPermission);
    UInt32 n = 1, size = 64, writable = 1;
    UInt8 bytes[64] = { 0 };
    CHECK_EQ(AudioFileWritePackets(file, false, 4, NULL, 0, &n, bytes), kAudioFilePermissionsError);
    CHECK_EQ(n, 0);
    n = 4;
    CHECK_EQ(AudioFileWriteBytes(file, false, 0, &n, bytes), kAudioFilePermissionsError);
    CHECK_EQ(AudioFileSetUserData(file, 'abcd', 0, 4, bytes), kAudioFilePermissionsError);
    CHECK_EQ(AudioFileRemoveUserData(file, 'abcd', 0), kAudioFilePermissionsError);
    CHECK_EQ(AudioFileOptimize(file), kAudioFilePermissionsError);
    UInt64 count = 0;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyAudioDataByteCount, 8, &count),
             kAudioFilePermissionsError);
    CHECK_EQ(AudioFileGetPropertyInfo(file, kAudioFilePropertyInfoDictionary, &size, &writable), 0);
    CHECK_EQ(writable, 0);
    /* what linear PCM does not have is not said to be there */
    CHECK_EQ(AudioFileGetPropertyInfo(file, kAudioFilePropertyPacketTableInfo, &size, &writable),
             kAudioFileUnsupportedPropertyError);
    AudioFileClose(file);
    CHECK_EQ(open_file(in_folder("w.wav"), kAudioFileWritePermission, &file), 0);
    n = 4;
    CHECK_EQ(AudioFileReadBytes(file, false, 0, &n, bytes), kAudioFilePermissionsError);
    CHECK_EQ(AudioFileGetPropertyInfo(file, kAudioFilePropertyInfoDictionary, &size, &writable), 0);
    CHECK_EQ(writable, 1);
    CHECK_EQ(AudioFileClose(file), 0);
}

/* ---- properties ---- */

static void test_property_sizes_and_errors(void)
{
    AudioFileID file = open_ramp("q.wav", 441, kAudioFileReadWritePermission);
    UInt8 bytes[256];
    UInt32 size = 39, writable = 9, value = 1;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyDataFormat, &size, bytes),
             kAudioFileBadPropertySizeError);
    size = 200;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyDataFormat, &size, bytes), 0);
    CHECK_EQ(size, 40);
    CHECK_EQ(AudioFileGetProperty(file, 'none', &size, bytes), kAudioFileUnsupportedPropertyError);
    CHECK_EQ(AudioFileGetPropertyInfo(file, 'none', &size, &writable), kAudioFileUnsupportedPropertyError);
    CHECK_EQ(AudioFileSetProperty(file, 'none', 4, bytes), kAudioFileUnsupportedPropertyError);
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyBitRate, 4, bytes),
             kAudioFileOperationNotSupportedError);
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyDeferSizeUpdates, 3, &value),
             kAudioFileBadPropertySizeError);
    CHECK_EQ(get_u32(file, kAudioFilePropertyDeferSizeUpdates), 1);
    CHECK_EQ(get_u32(file, kAudioFilePropertyBitRate), 44100 * 32);
    CHECK_EQ(get_u32(file, kAudioFilePropertyMaximumPacketSize), 4);
    CHECK_EQ(get_u32(file, kAudioFilePropertyPacketSizeUpperBound), 4);
    CHECK_EQ(get_u32(file, kAudioFilePropertyAudioTrackCount), 1);
    CHECK_EQ(get_u32(file, kAudioFilePropertyRestrictsRandomAccess), 0);
    CHECK_EQ((SInt32)get_u32(file, kAudioFilePropertySourceBitDepth), 16);
    CHECK_EQ(get_s64(file, kAudioFilePropertyDataOffset), 4096);
    CHECK_NEAR(get_f64(file, kAudioFilePropertyEstimatedDuration), 0.01, 0);
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyMagicCookieData, &size, bytes),
             kAudioFileUnsupportedPropertyError);
    AudioFormatListItem item;
    size = sizeof item;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyFormatList, &size, &item), 0);
    CHECK_EQ(size, 48);
    CHECK_EQ(item.mASBD.mBitsPerChannel, 16);
    CFStringRef name = NULL;
    size = sizeof name;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyDataFormatName, &size, &name), 0);
    CHECK(CFStringGetLength(name) > 5);
    CFRelease(name);
    value = 1;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyUseAudioTrack, 4, &value), -50);
    value = 0;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyUseAudioTrack, 4, &value), 0);
    CHECK_EQ(AudioFileClose(file), 0);
}

static void test_translations(void)
{
    AudioFileID file = open_ramp("q.wav", 441, kAudioFileReadPermission);
    AudioFramePacketTranslation frame = { .mFrame = 77 };
    AudioBytePacketTranslation byte = { .mByte = 41 };
    UInt32 size = sizeof frame;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyFrameToPacket, &size, &frame), 0);
    CHECK(frame.mPacket == 77 && frame.mFrameOffsetInPacket == 0);
    frame.mPacket = 12;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyPacketToFrame, &size, &frame), 0);
    CHECK_EQ(frame.mFrame, 12);
    frame.mPacket = -1;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyPacketToFrame, &size, &frame),
             kAudioFileInvalidPacketOffsetError);
    size = sizeof byte;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyByteToPacket, &size, &byte), 0);
    CHECK(byte.mPacket == 10 && byte.mByteOffsetInPacket == 1 && byte.mFlags == 0);
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyPacketToByte, &size, &byte), 0);
    CHECK_EQ(byte.mByte, 40);
    byte.mPacket = 441;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyPacketToByte, &size, &byte),
             kAudioFileInvalidPacketOffsetError);
    AudioIndependentPacketTranslation independent = { .mPacket = 440 };
    size = sizeof independent;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyNextIndependentPacket, &size, &independent), 0);
    CHECK_EQ(independent.mIndependentlyDecodablePacket, -1);
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyPreviousIndependentPacket, &size, &independent), 0);
    CHECK_EQ(independent.mIndependentlyDecodablePacket, 439);
    AudioPacketDependencyInfoTranslation dependency = { .mPacket = 3 };
    size = sizeof dependency;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyPacketToDependencyInfo, &size, &dependency), 0);
    CHECK(dependency.mIsIndependentlyDecodable == 1 && dependency.mNumberPrerollPackets == 0);
    AudioPacketRollDistanceTranslation roll = { .mPacket = 3 };
    size = sizeof roll;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyPacketToRollDistance, &size, &roll), 0);
    CHECK_EQ(roll.mRollDistance, 0);
    AudioPacketRangeByteCountTranslation range = { .mPacket = 440, .mPacketCount = 5 };
    size = sizeof range;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyPacketRangeByteCountUpperBound, &size, &range), 0);
    CHECK_EQ(range.mByteCountUpperBound, 4);
    AudioFileClose(file);
}

/* Packets of differing size: the table of places behind every translation. */
static void test_packets_of_varying_size(void)
{
    AudioFileID file;
    CHECK_EQ(
        run("ffmpeg -nostdin -v error -y -f lavfi -i sine=d=2:r=44100 -c:a libmp3lame -q:a 4 m.wav 2>&1"), 0);
    CHECK_EQ(open_file(in_folder("m.wav"), kAudioFileReadPermission, &file), 0);
    UInt32 count = (UInt32)get_s64(file, kAudioFilePropertyAudioDataPacketCount);
    UInt32 bytes = (UInt32)get_s64(file, kAudioFilePropertyAudioDataByteCount);
    CHECK(count > 70 && count < 90);
    UInt8 *data = malloc(bytes);
    AudioStreamPacketDescription *d = calloc(count, sizeof *d);
    CHECK_EQ(AudioFileReadPacketData(file, false, &bytes, d, 0, &count, data), 0);
    AudioBytePacketTranslation byte = { .mByte = d[10].mStartOffset + 3 };
    UInt32 size = sizeof byte;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyByteToPacket, &size, &byte), 0);
    CHECK(byte.mPacket == 10 && byte.mByteOffsetInPacket == 3);
    AudioFramePacketTranslation frame = { .mFrame = 1152 * 5 + 7 };
    size = sizeof frame;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyFrameToPacket, &size, &frame), 0);
    CHECK(frame.mPacket == 5 && frame.mFrameOffsetInPacket == 7);
    UInt32 most = get_u32(file, kAudioFilePropertyMaximumPacketSize), three = 3, room;
    for (UInt32 i = 0; i < count; i++)
        CHECK(d[i].mDataByteSize <= most && data[d[i].mStartOffset] == 0xFF);
    room = d[20].mDataByteSize + d[21].mDataByteSize + 1; /* two packets fit, three do not */
    CHECK_EQ(AudioFileReadPacketData(file, false, &room, d, 20, &three, data), 0);
    CHECK_EQ(three, 2);

    /* They can be added, one behind the other, and not be written over. */
    AudioFileID copy;
    AudioStreamBasicDescription format = get_format(file);
    CHECK_EQ(create_file(in_folder("n.wav"), kAudioFileWAVEType, &format, &copy), 0);
    count = (UInt32)get_s64(file, kAudioFilePropertyAudioDataPacketCount);
    bytes = (UInt32)get_s64(file, kAudioFilePropertyAudioDataByteCount);
    CHECK_EQ(AudioFileReadPacketData(file, false, &bytes, d, 0, &count, data), 0);
    UInt32 all = count, some = 30, rest = count - 30;
    CHECK_EQ(AudioFileWritePackets(copy, false, bytes, NULL, 0, &all, data), -50);
    CHECK_EQ(AudioFileWritePackets(copy, false, bytes, d, 0, &some, data), 0);
    CHECK_EQ(some, 30);
    CHECK_EQ(AudioFileWritePackets(copy, false, bytes, d, 0, &some, data),
             kAudioFileInvalidPacketOffsetError);
    CHECK_EQ(AudioFileWritePackets(copy, false, bytes, d + 30, 30, &rest, data), 0);
    CHECK_EQ(get_s64(copy, kAudioFilePropertyAudioDataPacketCount), count);
    CHECK_EQ(AudioFileClose(copy), 0);
    AudioFileClose(file);
    free(data);
    free(d);
    char md5[64];
    CHECK_EQ(run("ffmpeg -v error -i m.wav -c copy -f md5 - 2>&1"), 0);
    snprintf(md5, sizeof md5, "%.60s", command_output);
    CHECK_EQ(run("ffmpeg -v error -i n.wav -c copy -f md5 - 2>&1"), 0);
    CHECK_STR(command_output, md5);
}

static void test_format_of_a_new_file(void)
{
    AudioFileID file;
    AudioStreamBasicDescription format = int16_format(44100, 2), other = int16_format(48000, 1);
    CHECK_EQ(create_file(in_folder("f.wav"), kAudioFileWAVEType, &format, &file), 0);
    UInt32 size, writable = 0, packets = 1;
    CHECK_EQ(AudioFileGetPropertyInfo(file, kAudioFilePropertyDataFormat, &size, &writable), 0);
    CHECK_EQ(writable, 1);
    CHECK_EQ(set_info(file, "title", "kept", NULL), 0);
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyDataFormat, sizeof other, &other), 0);
    other.mFormatFlags |= kAudioFormatFlagIsBigEndian;
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyDataFormat, sizeof other, &other),
             kAudioFileUnsupportedDataFormatError);
    SInt16 sample = 77;
    CHECK_EQ(AudioFileWritePackets(file, false, 2, NULL, 0, &packets, &sample), 0);
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyDataFormat, sizeof format, &format),
             kAudioFileOperationNotSupportedError);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(
        run("ffprobe -v error -show_entries stream=sample_rate,channels:format_tags=title -of csv=p=0 f.wav"),
        0);
    CHECK_STR(command_output, "48000,1\nkept");
}

/* Flags left open become what the type stores. */
static void test_open_flags(void)
{
    AudioFileID file;
    AudioStreamBasicDescription format = {
        .mSampleRate = 8000, .mFormatID = kAudioFormatLinearPCM, .mChannelsPerFrame = 1, .mBitsPerChannel = 16
    };
    CHECK_EQ(create_file(in_folder("o.wav"), kAudioFileWAVEType, &format, &file), 0);
    CHECK_EQ(get_format(file).mFormatFlags, 12);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(create_file(in_folder("o.aiff"), kAudioFileAIFFType, &format, &file), 0);
    CHECK_EQ(get_format(file).mFormatFlags, 14);
    CHECK_EQ(AudioFileClose(file), 0);
    format.mBitsPerChannel = 8;
    CHECK_EQ(create_file(in_folder("o.wav"), kAudioFileWAVEType, &format, &file), 0);
    CHECK_EQ(get_format(file).mFormatFlags, kAudioFormatFlagIsPacked);
    CHECK_EQ(AudioFileClose(file), 0);
}

/* ---- callbacks ---- */

typedef struct memory {
    UInt8 *bytes;
    SInt64 size;
    int reads;
    bool fail;
} memory;

static OSStatus memory_read(void *client, SInt64 at, UInt32 count, void *buffer, UInt32 *actual)
{
    memory *m = client;
    m->reads++;
    SInt64 left = at < m->size ? m->size - at : 0;
    *actual = left < count ? (UInt32)left : count;
    memcpy(buffer, m->bytes + (at < m->size ? at : 0), *actual);
    return m->fail ? -1234 : *actual < count ? kAudioFileEndOfFileError : 0;
}

static SInt64 memory_size(void *client)
{
    return ((memory *)client)->size;
}

static OSStatus memory_set_size(void *client, SInt64 size)
{
    memory *m = client;
    m->bytes = realloc(m->bytes, (size_t)size + 1);
    if (size > m->size)
        memset(m->bytes + m->size, 0, (size_t)(size - m->size));
    m->size = size;
    return 0;
}

static OSStatus memory_write(void *client, SInt64 at, UInt32 count, const void *buffer, UInt32 *actual)
{
    memory *m = client;
    *actual = 0;
    if (m->fail || at > m->size) /* a client that cannot leave gaps */
        return -1234;
    if (at + count > m->size)
        memory_set_size(client, at + count);
    memcpy(m->bytes + at, buffer, count);
    *actual = count;
    return 0;
}

static void test_callbacks(void)
{
    AudioFileID file;
    memory m = { 0 };
    AudioStreamBasicDescription format = int16_format(44100, 1);
    SInt16 samples[500];
    UInt32 packets = 500, bytes = sizeof samples;
    for (int i = 0; i < 500; i++)
        samples[i] = (SInt16)(i * 3);
    CHECK_EQ(AudioFileInitializeWithCallbacks(&m, memory_read, NULL, memory_size, memory_set_size,
                                              kAudioFileWAVEType, &format, 0, &file),
             -50);
    CHECK_EQ(AudioFileInitializeWithCallbacks(&m, memory_read, memory_write, memory_size, memory_set_size,
                                              kAudioFileWAVEType, &format, 0, &file),
             0);
    CHECK_EQ(AudioFileWritePackets(file, false, bytes, NULL, 0, &packets, samples), 0);
    CHECK_EQ(AudioFileClose(file), 0);
    spill(in_folder("cb.wav"), m.bytes, (size_t)m.size);
    CHECK_EQ(run("sox cb.wav -t raw cb.raw 2>&1"), 0);
    CHECK_STR(command_output, "");
    size_t size;
    unsigned char *raw = slurp(in_folder("cb.raw"), &size);
    CHECK(size == sizeof samples && memcmp(raw, samples, size) == 0);
    free(raw);

    m.reads = 0;
    CHECK_EQ(AudioFileOpenWithCallbacks(&m, memory_read, NULL, memory_size, NULL, 0, &file), 0);
    CHECK(m.reads <= 2);
    memset(samples, 0, sizeof samples);
    packets = 500;
    CHECK_EQ(AudioFileReadPackets(file, false, &bytes, NULL, 0, &packets, samples), 0);
    CHECK_EQ(samples[499], 1497);
    CHECK_EQ(AudioFileWritePackets(file, false, 2, NULL, 0, &packets, samples), kAudioFilePermissionsError);
    m.fail = true;
    packets = 500;
    CHECK_EQ(AudioFileReadPackets(file, false, &bytes, NULL, 0, &packets, samples), -1234);
    CHECK_EQ(packets, 0);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(AudioFileOpenWithCallbacks(&m, memory_read, NULL, memory_size, NULL, 0, &file), -1234);
    CHECK(file == NULL);
    free(m.bytes);
}

/* kAudioFilePropertyDeferSizeUpdates 0: after each write the bytes are a whole file. */
static void test_valid_after_each_write(void)
{
    AudioFileID file;
    memory m = { 0 };
    AudioStreamBasicDescription format = int16_format(44100, 1);
    UInt32 zero = 0;
    SInt16 sample = 5;
    CHECK_EQ(AudioFileInitializeWithCallbacks(&m, memory_read, memory_write, memory_size, memory_set_size,
                                              kAudioFileWAVEType, &format,
                                              kAudioFileFlags_DontPageAlignAudioData, &file),
             0);
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyDeferSizeUpdates, 4, &zero), 0);
    for (int i = 0; i < 5; i++) {
        UInt32 packets = 1;
        CHECK_EQ(AudioFileWritePackets(file, false, 2, NULL, i, &packets, &sample), 0);
        spill(in_folder("d.wav"), m.bytes, (size_t)m.size);
        CHECK_EQ(run("sox --i -s d.wav 2>&1"), 0);
        CHECK_EQ(atoi(command_output), i + 1);
        CHECK_EQ(m.size, 44 + 2 * (i + 1));
    }
    CHECK_EQ(AudioFileClose(file), 0);
    free(m.bytes);
}

/* ---- FSRefs ---- */

static void test_fsrefs(void)
{
    AudioFileID file;
    FSRef folder, created, made_up;
    AudioStreamBasicDescription format = int16_format(44100, 1);
    CFURLRef url = url_of(in_folder(""));
    CHECK(CFURLGetFSRef(url, &folder));
    CFRelease(url);
    CHECK_EQ(AudioFileCreate(&folder, CFSTR("ref.wav"), kAudioFileWAVEType, &format, 0, &created, &file), 0);
    SInt16 sample = 9;
    UInt32 packets = 1;
    CHECK_EQ(AudioFileWritePackets(file, false, 2, NULL, 0, &packets, &sample), 0);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(AudioFileOpen(&created, kAudioFileReadPermission, 0, &file), 0);
    CHECK_EQ(get_s64(file, kAudioFilePropertyAudioDataPacketCount), 1);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(AudioFileCreate(&folder, CFSTR("ref.wav"), kAudioFileWAVEType, &format, 0, &created, &file),
             kAudioFilePermissionsError);
    CHECK_EQ(AudioFileInitialize(&created, kAudioFileWAVEType, &format, 0, &file), 0);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(AudioFileOpen(&created, kAudioFileReadPermission, 0, &file), 0);
    CHECK_EQ(get_s64(file, kAudioFilePropertyAudioDataPacketCount), 0);
    CHECK_EQ(AudioFileClose(file), 0);
    memset(&made_up, 0x5A, sizeof made_up);
    CHECK_EQ(AudioFileOpen(&made_up, 1, 0, &file), kAudioFileFileNotFoundError);
    CHECK_EQ(AudioFileCreate(&made_up, CFSTR("x"), kAudioFileWAVEType, &format, 0, NULL, &file),
             kAudioFileFileNotFoundError);
}

/* ---- global info ---- */

static bool has_type(const UInt32 *types, UInt32 size, UInt32 type)
{
    for (UInt32 i = 0; i < size / 4; i++)
        if (types[i] == type)
            return true;
    return false;
}

static void test_global_info(void)
{
    UInt32 types[64], size = 0, type = kAudioFileWAVEType;
    CHECK_EQ(AudioFileGetGlobalInfoSize(kAudioFileGlobalInfo_ReadableTypes, 0, NULL, &size), 0);
    CHECK(size >= 16 && size <= sizeof types);
    CHECK_EQ(AudioFileGetGlobalInfo(kAudioFileGlobalInfo_ReadableTypes, 0, NULL, &size, types), 0);
    CHECK(has_type(types, size, kAudioFileWAVEType) && has_type(types, size, kAudioFileWave64Type));
    size = sizeof types;
    CHECK_EQ(AudioFileGetGlobalInfo(kAudioFileGlobalInfo_WritableTypes, 0, NULL, &size, types), 0);
    CHECK(has_type(types, size, kAudioFileRF64Type));
    size = 6; /* room for one and a half */
    CHECK_EQ(AudioFileGetGlobalInfo(kAudioFileGlobalInfo_WritableTypes, 0, NULL, &size, types), 0);
    CHECK_EQ(size, 4);
    size = sizeof types;
    CHECK_EQ(AudioFileGetGlobalInfo(kAudioFileGlobalInfo_AvailableFormatIDs, 4, &type, &size, types), 0);
    CHECK(has_type(types, size, kAudioFormatLinearPCM) && has_type(types, size, kAudioFormatULaw));
    CHECK(!has_type(types, size, kAudioFormatMPEG4AAC));

    CFStringRef name = NULL, extension = CFSTR("WAV"), mime = CFSTR("audio/x-wav"), nothing = CFSTR("zzz");
    size = sizeof name;
    CHECK_EQ(AudioFileGetGlobalInfo(kAudioFileGlobalInfo_FileTypeName, 4, &type, &size, &name), 0);
    CHECK(CFEqual(name, CFSTR("WAVE")));
    CFRelease(name);
    size = sizeof types;
    CHECK_EQ(AudioFileGetGlobalInfo(kAudioFileGlobalInfo_TypesForExtension, sizeof extension, &extension,
                                    &size, types),
             0);
    CHECK(types[0] == kAudioFileWAVEType);
    size = sizeof types;
    CHECK_EQ(AudioFileGetGlobalInfo(kAudioFileGlobalInfo_TypesForMIMEType, sizeof mime, &mime, &size, types),
             0);
    CHECK(types[0] == kAudioFileWAVEType);
    size = sizeof types;
    CHECK_EQ(AudioFileGetGlobalInfo(kAudioFileGlobalInfo_TypesForUTI, sizeof nothing, &nothing, &size, types),
             0);
    CHECK_EQ(size, 0);
    UInt32 hfs = 'WAVE';
    size = sizeof types;
    CHECK_EQ(AudioFileGetGlobalInfo(kAudioFileGlobalInfo_TypesForHFSTypeCode, 4, &hfs, &size, types), 0);
    CHECK(has_type(types, size, kAudioFileWAVEType));
    CFArrayRef list = NULL;
    size = sizeof list;
    CHECK_EQ(AudioFileGetGlobalInfo(kAudioFileGlobalInfo_ExtensionsForType, 4, &type, &size, &list), 0);
    CHECK(CFEqual(CFArrayGetValueAtIndex(list, 0), CFSTR("wav")));
    CFRelease(list);
    size = sizeof list;
    CHECK_EQ(AudioFileGetGlobalInfo(kAudioFileGlobalInfo_AllExtensions, 0, NULL, &size, &list), 0);
    CFRange all = { 0, CFArrayGetCount(list) };
    CHECK(CFArrayContainsValue(list, all, CFSTR("w64")));
    CFRelease(list);
    CHECK_EQ(AudioFileGetGlobalInfoSize('none', 0, NULL, &size), kAudioFileUnsupportedPropertyError);
    CHECK_EQ(AudioFileGetGlobalInfoSize(kAudioFileGlobalInfo_FileTypeName, 3, &type, &size),
             kAudioFileBadPropertySizeError);
    type = 'none';
    CHECK_EQ(AudioFileGetGlobalInfoSize(kAudioFileGlobalInfo_FileTypeName, 4, &type, &size),
             kAudioFileUnsupportedFileTypeError);
}

static UInt32 describe_pcm(AudioFileTypeID type, AudioStreamBasicDescription *out)
{
    AudioFileTypeAndFormatID pair = { type, kAudioFormatLinearPCM };
    UInt32 size = 0;
    CHECK_EQ(AudioFileGetGlobalInfoSize(kAudioFileGlobalInfo_AvailableStreamDescriptionsForFormat,
                                        sizeof pair, &pair, &size),
             0);
    CHECK(size <= 20 * sizeof *out);
    CHECK_EQ(AudioFileGetGlobalInfo(kAudioFileGlobalInfo_AvailableStreamDescriptionsForFormat, sizeof pair,
                                    &pair, &size, out),
             0);
    return size / (UInt32)sizeof *out;
}

static void test_stream_descriptions(void)
{
    AudioStreamBasicDescription d[20];
    CHECK_EQ(describe_pcm(kAudioFileWAVEType, d), 6);
    CHECK(d[0].mBitsPerChannel == 8 && d[0].mFormatFlags == kAudioFormatFlagIsPacked);
    CHECK(d[1].mBitsPerChannel == 16 && d[1].mFormatFlags == 12 && d[1].mSampleRate == 0);
    CHECK(d[5].mBitsPerChannel == 64 && d[5].mFormatFlags == 9);
    UInt32 count = describe_pcm(kAudioFileAIFFType, d);
    CHECK_EQ(count, 4);
    for (UInt32 i = 0; i < count; i++)
        CHECK(!(d[i].mFormatFlags & kAudioFormatFlagIsFloat) &&
              (d[i].mBitsPerChannel == 8 || d[i].mFormatFlags & kAudioFormatFlagIsBigEndian));
}

int main(void)
{
    RUN(test_null_arguments);
    RUN(test_bad_paths);
    RUN(test_no_permission);
    RUN(test_extension_does_not_matter);
    RUN(test_reading_packets);
    RUN(test_reading_bytes);
    RUN(test_file_cut_behind_our_back);
    RUN(test_permissions);
    RUN(test_property_sizes_and_errors);
    RUN(test_translations);
    RUN(test_packets_of_varying_size);
    RUN(test_format_of_a_new_file);
    RUN(test_open_flags);
    RUN(test_callbacks);
    RUN(test_valid_after_each_write);
    RUN(test_fsrefs);
    RUN(test_global_info);
    RUN(test_stream_descriptions);
    return 0;
}
