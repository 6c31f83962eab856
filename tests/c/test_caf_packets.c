/* Packet tables of CAF, against bytes laid out by hand after Apple's specification. */
#include "file_kit.h"

#include "file/caf.h"

static AudioStreamBasicDescription varying(UInt32 frames)
{
    return (AudioStreamBasicDescription){ .mSampleRate = 48000,
                                          .mFormatID = kAudioFormatOpus,
                                          .mFramesPerPacket = frames,
                                          .mChannelsPerFrame = 1 };
}

static void put_packet(cm_file *f, UInt32 size, UInt32 frames)
{
    static UInt8 bytes[70000];
    AudioStreamPacketDescription d = { 0, frames, size };
    UInt32 count = 1;
    memset(bytes, (int)(size & 0xFF), size);
    CHECK_EQ(cm_file_write_packets(f, f->table.count, &count, &d, size, bytes), noErr);
}

/* The bytes of a packet table are those of the specification. */
static void test_packet_table_bytes(void)
{
    static const UInt8 expected[] = { 0,    0, 0,    0,    0,    0,    0,    4,    0,    0, 0,    0,    0,
                                      0,    5, 0x75, 0,    0,    1,    0x2C, 0,    0,    0, 0xA8, 0x7F, 0x78,
                                      0x81, 0, 0x83, 0x60, 0x81, 0x86, 0,    0x89, 0x70, 5, 1 };
    const char *path = kit_path("v.caf");
    cm_file *f = kit_create(path, kAudioFileCAFType, varying(0));
    put_packet(f, 127, 120);
    put_packet(f, 128, 480);
    put_packet(f, 17152, 1264);
    put_packet(f, 5, 1);
    AudioFilePacketTableInfo info = { 1397, 300, 168 };
    CHECK_EQ(cm_file_set_property(f, kAudioFilePropertyPacketTableInfo, sizeof info, &info), noErr);
    CHECK_EQ(cm_file_close(f), noErr);
    size_t size;
    UInt8 *bytes = kit_read(path, &size);
    const UInt8 *chunk = memmem(bytes, size, "pakt", 4);
    CHECK(chunk);
    CHECK_EQ(cm_get_be64(chunk + 4), sizeof expected);
    CHECK(memcmp(chunk + 12, expected, sizeof expected) == 0);
    free(bytes);
    f = kit_open(path, false);
    CHECK_EQ(f->packet_count, 4);
    CHECK_EQ(f->table.sizes[2], 17152);
    CHECK_EQ(f->table.frames[2], 1264);
    CHECK_EQ(f->max_packet_size, 17152);
    CHECK_EQ(f->packet_info.mNumberValidFrames, 1397);
    AudioStreamPacketDescription d[4];
    static UInt8 buffer[20000];
    UInt32 count = 4, space = sizeof buffer;
    CHECK_EQ(cm_file_read_packets(f, 0, &count, d, &space, buffer), noErr);
    CHECK(count == 4 && d[3].mDataByteSize == 5 && d[3].mVariableFramesInPacket == 1 &&
          d[3].mStartOffset == 17407);
    CHECK(buffer[17407] == 5 && buffer[17406] == 0);
    cm_file_free(f);
}

/* Packets of constant size that hold varying numbers of frames. */
static void test_varying_frames(void)
{
    static const UInt8 head[] =
        "caff\0\1\0\0desc\0\0\0\0\0\0\0\x20\x40\xBF\x40\0\0\0\0\0abcd\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\1\0\0\0\0"
        "pakt\0\0\0\0\0\0\0\x1C\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\x9E\0\0\0\0\0\0\0\0\x0A\x14\x81\0"
        "data\0\0\0\0\0\0\0\x10\0\0\0\0aaaabbbbcccc";
    cm_file *f;
    CHECK_EQ(kit_open_memory(head, sizeof head - 1, &f), noErr);
    CHECK_EQ(f->format.mFormatID, 'abcd');
    CHECK_EQ(f->packet_count, 3);
    CHECK_EQ(f->table.frames[2], 128);
    CHECK_EQ(f->packet_info.mNumberValidFrames, 158);
    AudioStreamPacketDescription d;
    UInt32 count = 1, space = 4;
    char buffer[4];
    CHECK_EQ(cm_file_read_packets(f, 1, &count, &d, &space, buffer), noErr);
    CHECK(count == 1 && memcmp(buffer, "bbbb", 4) == 0 && d.mVariableFramesInPacket == 20);
    cm_file_free(f);
}

/* A file is whole after each flush, whatever is written afterwards. */
static void test_flushes(void)
{
    const char *path = kit_path("flush.caf");
    cm_file *f = kit_create(path, kAudioFileCAFType, varying(960));
    for (UInt32 i = 1; i <= 300; i++) {
        put_packet(f, 20 + i % 50, 0);
        if (i % 30 == 7)
            CHECK_EQ(cm_chunk_set(f, kCAF_MIDIChunkID, 0, "MThd", 4), noErr);
        if (i % 10)
            continue;
        CHECK_EQ(f->container->flush(f), noErr);
        size_t size = (size_t)cm_io_size(f->io);
        UInt8 *bytes = malloc(size);
        CHECK_EQ(cm_io_read_all(f->io, 0, bytes, size), noErr);
        cm_file *now;
        CHECK_EQ(kit_open_memory(bytes, size, &now), noErr);
        CHECK_EQ(now->packet_count, i);
        CHECK_EQ(now->packet_info.mNumberValidFrames, i * 960);
        CHECK(memcmp(now->table.sizes, f->table.sizes, i * sizeof(UInt32)) == 0);
        UInt8 *audio = kit_audio(now);
        CHECK_EQ(audio[now->data_bytes - 1], 20 + i % 50);
        free(audio);
        cm_file_free(now);
        free(bytes);
    }
    CHECK_EQ(cm_file_close(f), noErr);
    /* Opened again, it goes on; what it said about its end is no longer true. */
    f = kit_open(path, true);
    put_packet(f, 33, 0);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    CHECK_EQ(f->packet_count, 301);
    CHECK_EQ(f->packet_info.mNumberValidFrames, 301 * 960);
    CHECK_EQ(cm_chunk_count(f, kCAF_MIDIChunkID), 1);
    CHECK_EQ(((cm_caf *)f->state)->edit_count, 1);
    cm_file_free(f);
}

/* With room reserved the packet table is in front of the audio. */
static void test_reserve(void)
{
    const char *path = kit_path("reserve.caf");
    Float64 seconds = 120;
    cm_file *f = kit_create(path, kAudioFileCAFType, varying(960));
    CHECK_EQ(cm_file_set_property(f, kAudioFilePropertyReserveDuration, sizeof seconds, &seconds), noErr);
    CHECK(f->data_offset > 6000 * 3);
    for (int i = 0; i < 6000; i++)
        put_packet(f, 200, 0);
    CHECK_EQ(cm_file_set_property(f, kAudioFilePropertyReserveDuration, sizeof seconds, &seconds),
             kAudioFileOperationNotSupportedError);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    CHECK_EQ(f->packet_count, 6000);
    CHECK_EQ(f->data_offset + f->data_bytes, cm_io_size(f->io));
    cm_file_free(f);
}

/* ---- the layout of the file ---- */

static void check_optimized(cm_file *f, UInt32 expected)
{
    UInt32 optimized = 2, size = sizeof optimized;
    CHECK_EQ(cm_file_get_property(f, kAudioFilePropertyIsOptimized, &size, &optimized), noErr);
    CHECK_EQ(optimized, expected);
}

/* 3000 packets of 1 to 200 bytes and one of 255, each filled with its size. */
static void check_numbered_packets(cm_file *f)
{
    CHECK_EQ(f->packet_count, 3001);
    for (UInt32 i = 0; i <= 3000; i += 5) {
        UInt8 buffer[256];
        UInt32 count = 1, bytes = sizeof buffer;
        AudioStreamPacketDescription d;
        CHECK_EQ(cm_file_read_packets(f, i, &count, &d, &bytes, buffer), noErr);
        CHECK_EQ(bytes, i == 3000 ? 255 : 1 + i % 200);
        CHECK(buffer[0] == bytes && buffer[bytes - 1] == bytes);
    }
}

/* A packet table that moves the audio takes its own places along. */
static void test_optimize_packets(void)
{
    const char *path = kit_path("opt.caf");
    cm_file *f;
    CHECK_EQ(
        kit_try_create(path, kAudioFileCAFType, varying(960), kAudioFileFlags_DontPageAlignAudioData, &f),
        noErr);
    for (UInt32 i = 0; i < 3000; i++)
        put_packet(f, 1 + i % 200, 0);
    kit_write_info(f, kit_info);
    CHECK_EQ(f->container->flush(f), noErr);
    CHECK(f->data_offset < 200);
    check_optimized(f, 0);
    CHECK_EQ(f->container->optimize(f), noErr);
    check_optimized(f, 1);
    CHECK(f->data_offset > 3000);
    put_packet(f, 255, 0);
    check_numbered_packets(f);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    check_numbered_packets(f);
    kit_check_info(f, kit_info);
    cm_file_free(f);
}

static void test_truncation(void)
{
    const char *path = kit_path("cut.caf");
    cm_file *f;
    CHECK_EQ(
        kit_try_create(path, kAudioFileCAFType, varying(960), kAudioFileFlags_DontPageAlignAudioData, &f),
        noErr);
    for (UInt32 i = 0; i < 30; i++)
        put_packet(f, 1 + i, 0);
    kit_write_info(f, kit_info);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, true);
    CHECK_EQ(f->container->optimize(f), noErr);
    CHECK_EQ(cm_file_close(f), noErr);
    size_t size;
    UInt8 *bytes = kit_read(path, &size);
    f = kit_open(path, false);
    SInt64 data = f->data_offset;
    cm_file_free(f);
    for (size_t n = 0; n <= size; n++) {
        UInt8 *cut = malloc(n ? n : 1);
        memcpy(cut, bytes, n);
        OSStatus status = kit_open_memory(cut, n, &f);
        if ((SInt64)n >= data)
            CHECK_EQ(status, noErr);
        else
            CHECK(status == kAudioFileInvalidFileError || status == kAudioFileUnsupportedFileTypeError);
        if (f) {
            CHECK(f->packet_count <= 30 && (n < size || f->packet_count == 30));
            CHECK(f->packet_info.mNumberValidFrames == f->packet_count * 960);
            free(kit_audio(f));
            CFMutableDictionaryRef read = kit_read_info(f);
            CFRelease(read);
        }
        cm_file_free(f);
        free(cut);
    }
    free(bytes);
}

int main(void)
{
    kit_begin();
    RUN(test_packet_table_bytes);
    RUN(test_varying_frames);
    RUN(test_flushes);
    RUN(test_reserve);
    RUN(test_optimize_packets);
    RUN(test_truncation);
    kit_end();
    return 0;
}
