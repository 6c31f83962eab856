/* Files that are broken, unfinished, lying, or very large. */
#include "audio_files.h"

#include "base/bytes.h"

#include <fcntl.h>
#include <sys/stat.h>

#define HEAD_16 "\1\0\1\0\x40\x1F\0\0\x80\x3E\0\0\2\0\x10\0" /* 8000 Hz, mono, 16 bits */

typedef struct memory {
    const UInt8 *bytes;
    SInt64 size;
} memory;

static OSStatus memory_read(void *client, SInt64 at, UInt32 count, void *buffer, UInt32 *actual)
{
    const memory *m = client;
    SInt64 left = at < m->size ? m->size - at : 0;
    *actual = left < count ? (UInt32)left : count;
    if (*actual)
        memcpy(buffer, m->bytes + at, *actual);
    return 0;
}

static SInt64 memory_size(void *client)
{
    return ((memory *)client)->size;
}

/* Opens, and reads everything there is to read; what comes back must be sane, whatever the file says. */
static OSStatus read_everything(const UInt8 *from, size_t from_size)
{
    static UInt8 buffer[1 << 16];
    memory m = { from, (SInt64)from_size };
    AudioFileID file;
    OSStatus status = AudioFileOpenWithCallbacks(&m, memory_read, NULL, memory_size, NULL, 0, &file);
    if (status != noErr)
        return status;
    SInt64 bytes = get_s64(file, kAudioFilePropertyAudioDataByteCount);
    SInt64 offset = get_s64(file, kAudioFilePropertyDataOffset);
    CHECK(bytes >= 0 && offset > 0 && offset + bytes <= m.size);
    SInt64 count = get_s64(file, kAudioFilePropertyAudioDataPacketCount);
    CHECK(count >= 0 && count <= bytes);
    for (SInt64 packet = 0; packet < count;) {
        UInt32 n = 1000, size = sizeof buffer;
        CHECK_EQ(AudioFileReadPacketData(file, false, &size, NULL, packet, &n, buffer), 0);
        CHECK(n > 0);
        packet += n;
    }
    (void)get_info(file, "title");
    UInt32 size = 0, writable;
    UInt32 lists[] = { kAudioFilePropertyMarkerList, kAudioFilePropertyRegionList };
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(AudioFileGetPropertyInfo(file, lists[i], &size, &writable), 0);
        CHECK(size < 1 << 24);
    }
    CHECK_EQ(AudioFileClose(file), 0);
    return noErr;
}

static AudioFileID open_bytes(const void *bytes, size_t size)
{
    AudioFileID file;
    spill(in_folder("bytes.wav"), bytes, size);
    CHECK_EQ(open_file(in_folder("bytes.wav"), kAudioFileReadPermission, &file), 0);
    return file;
}

static void check_data_bytes(const void *bytes, size_t size, SInt64 expected)
{
    AudioFileID file = open_bytes(bytes, size);
    CHECK_EQ(get_s64(file, kAudioFilePropertyAudioDataByteCount), expected);
    AudioFileClose(file);
}

#define CHECK_DATA(literal, expected) check_data_bytes(literal, sizeof(literal) - 1, expected)

static void test_unfinished_headers(void)
{
    /* A program that could not go back left 0, or the largest number. */
    CHECK_DATA("RIFF\0\0\0\0WAVEfmt \x10\0\0\0" HEAD_16 "data\0\0\0\0abcdef", 6);
    CHECK_DATA("RIFF\xFF\xFF\xFF\xFFWAVEfmt \x10\0\0\0" HEAD_16 "data\xFF\xFF\xFF\xFF"
               "abcdef",
               6);
    CHECK_DATA("RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" HEAD_16 "data\0\0\0\0abcdef", 6);
    CHECK_DATA("RIFF\0\xF0\xFF\x7FWAVEfmt \x10\0\0\0" HEAD_16 "data\0\xF0\xFF\x7F"
               "abcd",
               4);
    /* An honest 0. */
    CHECK_DATA("RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" HEAD_16 "data\0\0\0\0", 0);
    CHECK_DATA("RIFF\x3A\0\0\0WAVEfmt \x10\0\0\0" HEAD_16 "data\0\0\0\0LIST\x0E\0\0\0INFOINAM\2\0\0\0A\0", 0);
    /* The file ends early. */
    CHECK_DATA("RIFF\x64\0\0\0WAVEfmt \x10\0\0\0" HEAD_16 "data\x40\0\0\0abcdef", 6);
    /* Something is behind the end. */
    CHECK_DATA("RIFF\x28\0\0\0WAVEfmt \x10\0\0\0" HEAD_16 "data\4\0\0\0abcdID3 and what not", 4);
    CHECK_DATA("RIFF\x28\0\0\0WAVEfmt \x10\0\0\0" HEAD_16 "data\4\0\0\0abcddata\4\0\0\0wxyz", 4);
}

static void test_pipes(void)
{
    AudioFileID file;
    CHECK_EQ(run("ffmpeg -v error -f lavfi -i sine=d=0.5:r=8000 -f wav - > f.wav 2> err"), 0);
    CHECK_EQ(open_file(in_folder("f.wav"), kAudioFileReadPermission, &file), 0);
    CHECK_EQ(get_s64(file, kAudioFilePropertyAudioDataPacketCount), 4000);
    AudioFileClose(file);
    CHECK_EQ(run("sox -n -r 8000 -c 1 -b 16 -t wav - synth 0.5 sine 200 2> err | cat > s.wav"), 0);
    CHECK_EQ(open_file(in_folder("s.wav"), kAudioFileReadPermission, &file), 0);
    CHECK_EQ(get_s64(file, kAudioFilePropertyAudioDataPacketCount), 4000);
    AudioFileClose(file);
}

static void test_forgotten_padding(void)
{
    AudioFileID file = open_bytes(
        "RIFF\x3D\0\0\0WAVELIST\x0F\0\0\0INFOINAM\3\0\0\0AB\0fmt \x10\0\0\0" HEAD_16 "data\2\0\0\0ab", 69);
    CHECK_STR(get_info(file, "title"), "AB");
    CHECK_EQ(get_s64(file, kAudioFilePropertyAudioDataByteCount), 2);
    AudioFileClose(file);
}

static void test_no_audio_file(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        OSStatus status;
    } files[] = {
        { "", 0, kAudioFileUnsupportedFileTypeError },
        { "RIFF", 4, kAudioFileUnsupportedFileTypeError },
        { "RIFF\0\0\0\0AVI ", 12, kAudioFileUnsupportedFileTypeError },
        { "RIFF\4\0\0\0WAVE", 12, kAudioFileInvalidFileError },
        { "RIFF\x1C\0\0\0WAVEfmt \x10\0\0\0" HEAD_16, 36, kAudioFileInvalidFileError },
        { "RIFF\x0C\0\0\0WAVEdata\0\0\0\0", 20, kAudioFileInvalidFileError },
        { "RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\0\0\x40\x1F\0\0\x80\x3E\0\0\2\0\x10\0data\0\0\0\0", 44,
          kAudioFileInvalidFileError },
        { "RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\xAA\xAA\1\0\x40\x1F\0\0\x80\x3E\0\0\2\0\x10\0data\0\0\0\0", 44,
          kAudioFileUnsupportedDataFormatError },
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        AudioFileID file;
        spill(in_folder("no.xyz"), files[i].bytes, files[i].size);
        CHECK_EQ(open_file(in_folder("no.xyz"), kAudioFileReadPermission, &file), files[i].status);
        CHECK(file == NULL);
    }
}

/* A file with every kind of chunk, cut at every byte, and with every byte of its heads turned. */
static size_t rich_file(AudioFileTypeID type, UInt8 *bytes, size_t most)
{
    AudioFileID file;
    AudioStreamBasicDescription format = pcm_format(8000, 6, 16, 12);
    SInt16 samples[60] = { 0 };
    UInt32 packets = 10;
    CFURLRef url = url_of(in_folder("rich.wav"));
    CHECK_EQ(AudioFileCreateWithURL(url, type, &format,
                                    kAudioFileFlags_EraseFile | kAudioFileFlags_DontPageAlignAudioData,
                                    &file),
             0);
    CFRelease(url);
    CHECK_EQ(AudioFileSetUserData(file, 'bext', 0, 0, NULL), 0);
    CHECK_EQ(AudioFileWritePackets(file, false, sizeof samples, NULL, 0, &packets, samples), 0);
    CHECK_EQ(set_info(file, "title", "Title", "tempo", "100", NULL), 0);
    AudioFileMarkerList list = { .mNumberMarkers = 1 };
    list.mMarkers[0] = (AudioFileMarker){ .mFramePosition = 5, .mMarkerID = 3, .mName = CFSTR("here") };
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyMarkerList, sizeof list, &list), 0);
    CHECK_EQ(AudioFileClose(file), 0);
    size_t size;
    UInt8 *read = slurp(in_folder("rich.wav"), &size);
    CHECK(size < most);
    memcpy(bytes, read, size);
    free(read);
    return size;
}

static void test_every_byte(void)
{
    static const AudioFileTypeID types[] = { kAudioFileWAVEType, kAudioFileRF64Type, kAudioFileWave64Type };
    static UInt8 bytes[4096];
    for (int t = 0; t < 3; t++) {
        size_t size = rich_file(types[t], bytes, sizeof bytes);
        int opened = 0;
        for (size_t cut = 0; cut < size; cut++) {
            opened += read_everything(bytes, cut) == noErr;
        }
        CHECK(opened > 100);
        static const UInt8 values[] = { 0x00, 0x01, 0x7F, 0x80, 0xFF };
        for (size_t at = 0; at < size; at++)
            for (size_t v = 0; v < sizeof values; v++) {
                UInt8 before = bytes[at];
                bytes[at] = values[v];
                read_everything(bytes, size);
                bytes[at] = before;
            }
    }
}

/* 64-bit sizes that lie. */
static void test_absurd_sizes(void)
{
    static const UInt64 sizes[] = { 0xFFFFFFFFull,         0x100000000ull,        0x7FFFFFFFFFFFFFFFull,
                                    0x8000000000000000ull, 0xFFFFFFFFFFFFFFFFull, 0xFFFFFFFFFFFFFFF0ull };
    UInt8 rf64[] = "RF64\xFF\xFF\xFF\xFFWAVEds64\x28\0\0\0RRRRRRRRDDDDDDDDSSSSSSSS\1\0\0\0bextBBBBBBBBfmt "
                   "\x10\0\0\0" HEAD_16 "bext\xFF\xFF\xFF\xFF"
                   "data\xFF\xFF\xFF\xFF"
                   "abcd";
    static UInt8 w64[4096];
    size_t w64_size = rich_file(kAudioFileWave64Type, w64, sizeof w64);
    for (size_t a = 0; a < 6; a++)
        for (size_t b = 0; b < 6; b++) {
            cm_put_le64(rf64 + 20, sizes[a]);
            cm_put_le64(rf64 + 28, sizes[b]);
            cm_put_le64(rf64 + 52, sizes[a]);
            read_everything(rf64, sizeof rf64 - 1);
            for (size_t at = 16; at + 8 <= w64_size; at += 8) {
                UInt8 before[8];
                memcpy(before, w64 + at, 8);
                cm_put_le64(w64 + at, sizes[a]);
                read_everything(w64, w64_size);
                memcpy(w64 + at, before, 8);
            }
        }
}

/* ---- beyond 4 GiB, in a file whose zeros take no room ---- */

static UInt8 zeros[64 << 20];

typedef struct sparse {
    int fd;
} sparse;

static OSStatus sparse_read(void *client, SInt64 at, UInt32 count, void *buffer, UInt32 *actual)
{
    ssize_t n = pread(((sparse *)client)->fd, buffer, count, at);
    *actual = n < 0 ? 0 : (UInt32)n;
    return n < 0 ? -36 : 0;
}

static SInt64 sparse_size(void *client)
{
    struct stat info;
    return fstat(((sparse *)client)->fd, &info) == 0 ? info.st_size : 0;
}

static OSStatus sparse_set_size(void *client, SInt64 size)
{
    return ftruncate(((sparse *)client)->fd, size) == 0 ? 0 : -36;
}

static OSStatus sparse_write(void *client, SInt64 at, UInt32 count, const void *buffer, UInt32 *actual)
{
    const UInt8 *from = buffer;
    *actual = count;
    if (from < zeros || from >= zeros + sizeof zeros)
        return pwrite(((sparse *)client)->fd, buffer, count, at) == (ssize_t)count ? 0 : -36;
    return at + count > sparse_size(client) ? sparse_set_size(client, at + count) : 0;
}

static AudioFileID create_sparse(sparse *store, const char *name, AudioFileTypeID type)
{
    AudioFileID file;
    AudioStreamBasicDescription format = int16_format(48000, 2);
    store->fd = open(in_folder(name), O_RDWR | O_CREAT | O_TRUNC, 0644);
    CHECK(store->fd >= 0);
    CHECK_EQ(AudioFileInitializeWithCallbacks(store, sparse_read, sparse_write, sparse_size, sparse_set_size,
                                              type, &format, 0, &file),
             0);
    return file;
}

static OSStatus write_gib(AudioFileID file, double gib, SInt64 *packet)
{
    OSStatus status = noErr;
    for (SInt64 end = *packet + (SInt64)(gib * 0x10000000); status == noErr && *packet < end;) {
        UInt32 n = sizeof zeros / 4;
        status = AudioFileWritePackets(file, false, sizeof zeros, NULL, *packet, &n, zeros);
        *packet += n;
    }
    return status;
}

static void check_large(const char *name, AudioFileTypeID type, const char *head, SInt64 frames)
{
    AudioFileID file;
    char expected[64];
    SInt16 frame[2] = { 0 };
    UInt32 packets = 1, bytes = 4;
    CHECK_EQ(open_file(in_folder(name), kAudioFileReadPermission, &file), 0);
    CHECK_EQ(get_u32(file, kAudioFilePropertyFileFormat), type);
    CHECK_EQ(get_s64(file, kAudioFilePropertyAudioDataPacketCount), frames);
    CHECK_EQ(AudioFileReadPacketData(file, false, &bytes, NULL, frames - 1, &packets, frame), 0);
    CHECK_EQ(frame[0], 1234);
    CHECK_STR(get_info(file, "title"), "large");
    AudioFileClose(file);
    CHECK_EQ(run("head -c 4 %s", name), 0);
    CHECK_STR(command_output, head);
    CHECK_EQ(run("ffprobe -v error -show_entries stream=duration_ts -of csv=p=0 %s", name), 0);
    snprintf(expected, sizeof expected, "%lld", (long long)frames);
    CHECK_STR(command_output, expected);
}

static void test_more_than_4_gib(void)
{
    static const struct {
        AudioFileTypeID type;
        const char *name, *head;
    } files[] = {
        { kAudioFileRF64Type, "l.wav", "RF64" },
        { kAudioFileBW64Type, "b.wav", "BW64" },
        { kAudioFileWave64Type, "l.w64", "riff" },
    };
    for (int i = 0; i < 3; i++) {
        sparse store;
        SInt64 packet = 0;
        SInt16 last[2] = { 1234, 0 };
        AudioFileID file = create_sparse(&store, files[i].name, files[i].type);
        CHECK_EQ(write_gib(file, 4.5, &packet), 0);
        UInt32 one = 1;
        CHECK_EQ(AudioFileWritePackets(file, false, 4, NULL, packet, &one, last), 0);
        CHECK_EQ(set_info(file, "title", "large", NULL), 0);
        CHECK_EQ(AudioFileClose(file), 0);
        close(store.fd);
        check_large(files[i].name, files[i].type, files[i].head, packet + 1);
    }
}

/* A small file of these types is a plain WAVE file, which grows into RF64 when it is opened as such. */
static void test_growing_into_rf64(void)
{
    sparse store;
    SInt64 packet = 0;
    SInt16 last[2] = { 1234, 0 };
    UInt32 one = 1;
    AudioFileID file = create_sparse(&store, "g.wav", kAudioFileRF64Type);
    CHECK_EQ(write_gib(file, 0.1, &packet), 0);
    CHECK_EQ(set_info(file, "title", "large", NULL), 0);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(run("head -c 4 g.wav; sox --i -s g.wav 2>&1"), 0);
    CHECK(strncmp(command_output, "RIFF", 4) == 0);
    CHECK_EQ(atoll(command_output + 4), packet);
    CHECK_EQ(AudioFileOpenWithCallbacks(&store, sparse_read, sparse_write, sparse_size, sparse_set_size,
                                        kAudioFileRF64Type, &file),
             0);
    CHECK_EQ(get_u32(file, kAudioFilePropertyFileFormat), kAudioFileRF64Type);
    CHECK_EQ(write_gib(file, 4.2, &packet), 0);
    CHECK_EQ(AudioFileWritePackets(file, false, 4, NULL, packet, &one, last), 0);
    CHECK_EQ(AudioFileClose(file), 0);
    close(store.fd);
    check_large("g.wav", kAudioFileRF64Type, "RF64", packet + 1);
}

static void test_wave_ends_at_4_gib(void)
{
    sparse store;
    SInt64 packet = 0, last;
    UInt32 one = 1;
    AudioFileID file = create_sparse(&store, "w.wav", kAudioFileWAVEType);
    CHECK_EQ(write_gib(file, 4.5, &packet), kAudioFileDoesNotAllow64BitDataSizeError);
    last = packet;
    for (UInt32 n = sizeof zeros / 8; n; n /= 2) { /* up to the last frame */
        UInt32 some = n;
        if (AudioFileWritePackets(file, false, n * 4, NULL, packet, &some, zeros) == noErr)
            packet += n;
        else
            CHECK_EQ(some, 0);
    }
    CHECK(packet > last && packet * 4 > 0xFFFF0000ll);
    CHECK_EQ(AudioFileSetUserData(file, 'abcd', 0, 100000, zeros), kAudioFileDoesNotAllow64BitDataSizeError);
    CHECK_EQ(AudioFileWritePackets(file, false, 4, NULL, 0, &one, zeros), 0);
    CHECK_EQ(AudioFileClose(file), 0);
    close(store.fd);
    CHECK_EQ(run("ffprobe -v error -show_entries stream=duration_ts -of csv=p=0 w.wav"), 0);
    CHECK_EQ(atoll(command_output), packet);
    CHECK_EQ(open_file(in_folder("w.wav"), kAudioFileReadPermission, &file), 0);
    CHECK_EQ(get_s64(file, kAudioFilePropertyAudioDataPacketCount), packet);
    AudioFileClose(file);
}

int main(void)
{
    RUN(test_unfinished_headers);
    RUN(test_pipes);
    RUN(test_forgotten_padding);
    RUN(test_no_audio_file);
    RUN(test_every_byte);
    RUN(test_absurd_sizes);
    RUN(test_more_than_4_gib);
    RUN(test_growing_into_rf64);
    RUN(test_wave_ends_at_4_gib);
    return 0;
}
