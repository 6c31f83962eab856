/* AudioQueue with compressed packets: what it plays is what ffmpeg decodes; what it records, ffmpeg can read.
 */
#include "audio_files.h"
#include "audio_queue_kit.h"

#define FRAMES 100000 /* of the sound that ffmpeg encodes */

/* A file whose packets a callback enqueues, without the frames that encoders add at both ends. */
typedef struct reader {
    AudioFileID file;
    SInt64 next, packets;
    UInt32 packets_per_buffer;
    AudioFilePacketTableInfo table;
    AudioStreamBasicDescription format;
    int enqueued;
    bool flushes;
} reader;

static void read_on(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    reader *r = user;
    UInt32 count = r->packets_per_buffer, bytes = buffer->mAudioDataBytesCapacity;
    OSStatus status = AudioFileReadPacketData(r->file, false, &bytes, buffer->mPacketDescriptions, r->next,
                                              &count, buffer->mAudioData);
    CHECK(status == noErr || status == kAudioFileEndOfFileError);
    if (count == 0) {
        if (!r->flushes)
            return;
        r->flushes = false;
        CHECK_EQ(AudioQueueStop(queue, false), noErr);
        return;
    }
    buffer->mAudioDataByteSize = bytes;
    buffer->mPacketDescriptionCount = count;
    UInt32 start = r->next == 0 ? (UInt32)r->table.mPrimingFrames : 0;
    r->next += count;
    UInt32 end = r->next == r->packets ? (UInt32)r->table.mRemainderFrames : 0;
    CHECK_EQ(AudioQueueEnqueueBufferWithParameters(queue, buffer, 0, NULL, start, end, 0, NULL, NULL, NULL),
             noErr);
    r->enqueued++;
}

static void open_reader(reader *r, const char *path)
{
    UInt32 size = sizeof r->format;
    CFURLRef url = url_of(path);
    *r = (reader){ .packets_per_buffer = 7, .flushes = true };
    CHECK_EQ(AudioFileOpenURL(url, kAudioFileReadPermission, 0, &r->file), noErr);
    CFRelease(url);
    CHECK_EQ(AudioFileGetProperty(r->file, kAudioFilePropertyDataFormat, &size, &r->format), noErr);
    size = sizeof r->packets;
    CHECK_EQ(AudioFileGetProperty(r->file, kAudioFilePropertyAudioDataPacketCount, &size, &r->packets),
             noErr);
    size = sizeof r->table;
    if (AudioFileGetProperty(r->file, kAudioFilePropertyPacketTableInfo, &size, &r->table) != noErr)
        r->table = (AudioFilePacketTableInfo){ 0 };
}

static void hand_over_cookie(const reader *r, AudioQueueRef queue)
{
    UInt32 size = 0;
    if (AudioFileGetPropertyInfo(r->file, kAudioFilePropertyMagicCookieData, &size, NULL) != noErr ||
        size == 0)
        return;
    void *cookie = malloc(size);
    CHECK_EQ(AudioFileGetProperty(r->file, kAudioFilePropertyMagicCookieData, &size, cookie), noErr);
    CHECK_EQ(AudioQueueSetProperty(queue, kAudioQueueProperty_MagicCookie, cookie, size), noErr);
    free(cookie);
}

static Float32 *play_file(const char *path, size_t *frames)
{
    reader r;
    AudioQueueRef queue;
    open_reader(&r, path);
    AudioStreamBasicDescription out = pcm(r.format.mSampleRate, r.format.mChannelsPerFrame, 32, FLOAT);
    CHECK_EQ(AudioQueueNewOutput(&r.format, read_on, &r, NULL, NULL, 0, &queue), noErr);
    hand_over_cookie(&r, queue);
    CHECK_EQ(AudioQueueSetOfflineRenderFormat(queue, &out, NULL), noErr);
    for (int i = 0; i < 3; i++) {
        AudioQueueBufferRef buffer;
        CHECK_EQ(AudioQueueAllocateBufferWithPacketDescriptions(queue, 65536, 7, &buffer), noErr);
        read_on(&r, queue, buffer);
    }
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    Float32 *sound = (Float32 *)render_all(queue, out.mBytesPerFrame, 1000, frames);
    CHECK(r.next == r.packets);
    CHECK_EQ(get32(queue, kAudioQueueProperty_ConverterError), 0);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    CHECK_EQ(AudioFileClose(r.file), noErr);
    return sound;
}

static Float32 *load(const char *path, size_t *samples)
{
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    fseek(file, 0, SEEK_END);
    *samples = (size_t)ftell(file) / 4;
    rewind(file);
    Float32 *data = malloc(*samples * 4 + 4);
    CHECK_EQ(fread(data, 4, *samples, file), *samples);
    fclose(file);
    return data;
}

static void make_source(void)
{
    FILE *file = fopen(in_folder("in.raw"), "wb");
    for (int i = 0; i < FRAMES; i++) {
        double t = i / 44100.0;
        SInt16 frame[2] = { (SInt16)lrint(9000 * sin(2 * M_PI * 440 * t) +
                                          3000 * sin(2 * M_PI * 3000 * t * t)),
                            (SInt16)lrint(9000 * sin(2 * M_PI * 660 * t)) };
        fwrite(frame, 4, 1, file);
    }
    fclose(file);
}

static void check_against_ffmpeg(const char *name, const char *arguments)
{
    size_t frames, samples;
    CHECK_EQ(run("ffmpeg -nostdin -v error -y -f s16le -ar 44100 -ac 2 -i in.raw %s %s", arguments, name), 0);
    CHECK_EQ(run("ffmpeg -nostdin -v error -y -i %s -f f32le out.raw", name), 0);
    Float32 *expected = load(in_folder("out.raw"), &samples);
    Float32 *got = play_file(in_folder(name), &frames);
    double worst = 0;
    CHECK_EQ(frames, FRAMES);
    CHECK(samples >= 2 * frames); /* ffmpeg leaves the end of AAC in */
    for (size_t i = 0; i < 2 * frames; i++)
        worst = fmax(worst, fabs(got[i] - expected[i]));
    printf("   %s: %zu frames, at most %g from ffmpeg's\n", name, frames, worst);
    CHECK(worst <= 1e-6);
    free(expected);
    free(got);
}

static void test_plays_what_ffmpeg_decodes(void)
{
    check_against_ffmpeg("a.m4a", "-b:a 128k");
    check_against_ffmpeg("l.m4a", "-c:a alac");
    check_against_ffmpeg("a.flac", "");
    check_against_ffmpeg("a.mp3", "-b:a 128k");
}

/* Packets that are no packets are left out, the client is told, and its buffers come back. */
static void test_survives_garbage(void)
{
    reader r;
    AudioQueueRef queue;
    open_reader(&r, in_folder("l.m4a"));
    AudioStreamBasicDescription out = pcm(44100, 2, 32, FLOAT);
    player none = { 0 };
    CHECK_EQ(AudioQueueNewOutput(&r.format, refill, &none, NULL, NULL, 0, &queue), noErr);
    CHECK_EQ(AudioQueueSetOfflineRenderFormat(queue, &out, NULL), noErr);
    for (int i = 0; i < 4; i++) {
        AudioQueueBufferRef buffer;
        AudioStreamPacketDescription packets[3] = { { 0, 0, 300 }, { 300, 0, 300 }, { 600, 0, 400 } };
        AudioStreamPacketDescription outside = { 900, 0, 101 }, negative = { -1, 0, 10 };
        CHECK_EQ(AudioQueueAllocateBuffer(queue, 1000, &buffer), noErr);
        memset(buffer->mAudioData, 0x5a + i, 1000);
        buffer->mAudioDataByteSize = 1000;
        CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), kAudio_ParamError);
        CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 1, &outside), kAudio_ParamError);
        CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 1, &negative), kAudio_ParamError);
        CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 3, packets), noErr);
    }
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    CHECK_EQ(AudioQueueStop(queue, false), noErr);
    size_t frames;
    free(render_all(queue, 8, 1000, &frames));
    CHECK_EQ(none.callbacks, 4);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    CHECK_EQ(AudioFileClose(r.file), noErr);
}

int main(void)
{
    make_source();
    RUN(test_plays_what_ffmpeg_decodes);
    RUN(test_survives_garbage);
    return 0;
}
