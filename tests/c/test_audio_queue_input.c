/* Recording queues on the virtual input, which the test feeds and whose clock it moves. */
#include "audio_files.h"
#include "audio_queue_kit.h"

#include "../../csrc/engine/base/handle.h"

#include <CoreAudio/AudioHardware.h>

static const char *const input = "coremusic:virtual:input";

static void advance(double seconds)
{
    CHECK_EQ(CMVirtualAdvance((UInt64)(seconds * 48000), 48000), noErr);
}

/* What came, in one piece; buffers go back into the queue at once. */
typedef struct recording {
    UInt8 *bytes;
    size_t size;
    AudioStreamPacketDescription packets[4096];
    UInt32 packet_count;
    int callbacks, empty;
    AudioTimeStamp first, last;
    bool keeps;       /* the buffers */
    AudioFileID file; /* or NULL */
    SInt64 written;
    pthread_t thread;
} recording;

static void keep(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer, const AudioTimeStamp *start,
                 UInt32 packets, const AudioStreamPacketDescription *descriptions)
{
    recording *r = user;
    r->thread = pthread_self();
    r->callbacks++;
    UInt32 n = buffer->mAudioDataByteSize;
    if (n == 0) {
        r->empty++;
        return;
    }
    if (r->size == 0)
        r->first = *start;
    r->last = *start;
    r->bytes = realloc(r->bytes, r->size + n);
    memcpy(r->bytes + r->size, buffer->mAudioData, n);
    for (UInt32 i = 0; descriptions && i < packets; i++) {
        r->packets[r->packet_count] = descriptions[i];
        r->packets[r->packet_count++].mStartOffset += (SInt64)r->size;
    }
    r->size += n;
    if (r->file) {
        UInt32 count = packets;
        CHECK_EQ(
            AudioFileWritePackets(r->file, false, n, descriptions, r->written, &count, buffer->mAudioData),
            noErr);
        r->written += count;
    }
    if (!r->keeps)
        AudioQueueEnqueueBuffer(queue, buffer, 0, NULL);
}

static AudioQueueRef start_recording(recording *r, AudioStreamBasicDescription format, int buffers,
                                     UInt32 bytes)
{
    AudioQueueRef queue;
    CHECK_EQ(AudioQueueNewInput(&format, keep, r, NULL, NULL, 0, &queue), noErr);
    for (int i = 0; i < buffers; i++) {
        AudioQueueBufferRef buffer;
        CHECK_EQ(AudioQueueAllocateBuffer(queue, bytes, &buffer), noErr);
        CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), noErr);
    }
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    return queue;
}

/* By small steps, so that the worker keeps up with time that takes no time. */
static void advance_slowly(double seconds)
{
    for (double done = 0; done < seconds; done += 0.05) {
        advance(0.05);
        rest(2);
    }
}

static size_t find(const Float32 *in, size_t count, const Float32 *wanted)
{
    for (size_t i = 0; i + 64 < count; i++)
        if (memcmp(in + i, wanted, 64 * 4) == 0)
            return i;
    return count;
}

static UInt32 input_channels(void)
{
    AudioStreamBasicDescription format = pcm(48000, 1, 32, FLOAT);
    recording r = { 0 };
    AudioQueueRef queue;
    CHECK_EQ(AudioQueueNewInput(&format, keep, &r, NULL, NULL, 0, &queue), noErr);
    UInt32 channels = get32(queue, kAudioQueueDeviceProperty_NumberChannels);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    return channels;
}

static void test_records_every_sample(void)
{
    UInt32 channels = input_channels(), n = 48000;
    Float32 *sound = noise((size_t)n * channels);
    recording r = { 0 };
    AudioQueueRef queue = start_recording(&r, pcm(48000, channels, 32, FLOAT), 4, 4800 * channels * 4);
    AudioTimeStamp now;
    CHECK_EQ(CMVirtualFeed(input, n, sound), noErr);
    advance_slowly(1.3);
    CHECK_EQ(AudioQueueGetCurrentTime(queue, NULL, &now, NULL), noErr);
    CHECK_NEAR(now.mSampleTime, 1.3 * 48000, 3000);
    CHECK_EQ(AudioQueueStop(queue, true), noErr);
    CHECK_EQ(get32(queue, kCMAudioQueueProperty_Underruns), 0);
    size_t samples = r.size / 4, at = find((Float32 *)r.bytes, samples, sound);
    CHECK(at + n * channels <= samples);
    CHECK(memcmp(r.bytes + at * 4, sound, (size_t)n * channels * 4) == 0);
    CHECK(r.empty >= 3); /* the buffers that waited come back empty */
    CHECK((r.last.mFlags & kAudioTimeStampSampleHostTimeValid) == kAudioTimeStampSampleHostTimeValid);
    CHECK_NEAR(r.last.mSampleTime - r.first.mSampleTime, (r.callbacks - r.empty - 1) * 4800, 0);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(r.bytes);
    free(sound);
}

static void test_converts_rate_and_channels(void)
{
    UInt32 channels = input_channels(), n = 48000;
    Float32 *sound = malloc((size_t)n * channels * 4);
    for (UInt32 i = 0; i < n * channels; i++)
        sound[i] = 0.5f * sinf(2 * (float)M_PI * 400 * (float)(i / channels) / 48000);
    recording r = { 0 };
    AudioQueueRef queue = start_recording(&r, pcm(16000, 1, 16, INT), 4, 1600 * 2);
    CHECK_EQ(CMVirtualFeed(input, n, sound), noErr);
    advance_slowly(1.2);
    CHECK_EQ(AudioQueueStop(queue, true), noErr);
    const SInt16 *got = (SInt16 *)r.bytes;
    CHECK_NEAR(r.size / 2, 1.2 * 16000, 900);
    double in_phase = 0, across = 0, w = 2 * M_PI * 400 / 16000;
    for (int i = 4000; i < 12000; i++) {
        in_phase += 2 * got[i] / 32768.0 * sin(w * i) / 8000;
        across += 2 * got[i] / 32768.0 * cos(w * i) / 8000;
    }
    CHECK_NEAR(hypot(in_phase, across), 0.5, 1e-3);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(r.bytes);
    free(sound);
}

/* ffmpeg reads what was recorded as AAC, with the cookie and the packets that the queue gave. */
static void test_records_compressed(void)
{
    UInt32 channels = input_channels(), n = 96000, size = 0, bytes = 0;
    Float32 *sound = malloc((size_t)n * channels * 4);
    for (UInt32 i = 0; i < n * channels; i++)
        sound[i] = 0.5f * sinf(2 * (float)M_PI * 1000 * (float)(i / channels) / 48000);
    AudioStreamBasicDescription aac = { 48000, kAudioFormatMPEG4AAC, 0, 0, 1024, 0, 1, 0, 0 };
    recording r = { 0 };
    CFURLRef url = url_of(in_folder("recorded.m4a"));
    CHECK_EQ(AudioFileCreateWithURL(url, kAudioFileM4AType, &aac, kAudioFileFlags_EraseFile, &r.file), noErr);
    CFRelease(url);
    AudioQueueRef queue = start_recording(&r, aac, 3, 4000);
    CHECK_EQ(AudioQueueGetPropertySize(queue, kAudioQueueProperty_MagicCookie, &size), noErr);
    void *cookie = malloc(size);
    CHECK_EQ(AudioQueueGetProperty(queue, kAudioQueueProperty_MagicCookie, cookie, &size), noErr);
    CHECK_EQ(AudioFileSetProperty(r.file, kAudioFilePropertyMagicCookieData, size, cookie), noErr);
    bytes = get32(queue, kAudioQueueProperty_MaximumOutputPacketSize);
    CHECK(bytes >= 300 && bytes < 20000);
    CHECK_EQ(CMVirtualFeed(input, n, sound), noErr);
    advance_slowly(2);
    CHECK_EQ(AudioQueueStop(queue, false), noErr);
    CHECK_EQ(get32(queue, kAudioQueueProperty_ConverterError), 0);
    CHECK(r.packet_count >= 2 * 48000 / 1024 - 4);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    CHECK_EQ(AudioFileClose(r.file), noErr);
    CHECK_EQ(run("ffmpeg -nostdin -v error -y -i recorded.m4a -f f32le recorded.raw"), 0);
    FILE *file = fopen(in_folder("recorded.raw"), "rb");
    Float32 *got = calloc(n, 4);
    size_t frames = fread(got, 4, n, file);
    fclose(file);
    CHECK(frames > 80000);
    double in_phase = 0, across = 0, w = 2 * M_PI * 1000 / 48000;
    for (int i = 24000; i < 72000; i++) {
        in_phase += 2 * got[i] * sin(w * i) / 48000;
        across += 2 * got[i] * cos(w * i) / 48000;
    }
    CHECK_NEAR(hypot(in_phase, across), 0.5, 0.01);
    free(cookie);
    free(got);
    free(r.bytes);
    free(sound);
}

static void test_sound_without_a_buffer_is_lost_and_counted(void)
{
    recording r = { .keeps = true };
    AudioQueueRef queue = start_recording(&r, pcm(48000, 1, 16, INT), 2, 4800 * 2);
    advance_slowly(1);
    CHECK_EQ(r.callbacks, 2);
    CHECK(get32(queue, kCMAudioQueueProperty_Underruns) > 0);
    CHECK_EQ(AudioQueuePrime(queue, 0, NULL), kAudioQueueErr_InvalidQueueType);
    CHECK_EQ(AudioQueueSetParameter(queue, kAudioQueueParam_Volume, 1), kAudioQueueErr_InvalidQueueType);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(r.bytes);
}

static void listen_in(void *user, AudioQueueProcessingTapRef tap, UInt32 frames, AudioTimeStamp *time,
                      AudioQueueProcessingTapFlags *flags, UInt32 *made, AudioBufferList *data)
{
    AudioQueueProcessingTapFlags source;
    (void)flags;
    CHECK_EQ(AudioQueueProcessingTapGetSourceAudio(tap, frames, time, &source, made, data), noErr);
    for (UInt32 i = 0; i < *made; i++)
        ((Float32 *)data->mBuffers[0].mData)[i] = 0.25f;
    *(UInt32 *)user += *made;
}

static void test_a_tap_hears_the_input(void)
{
    AudioStreamBasicDescription format = pcm(48000, 1, 32, FLOAT), seen;
    recording r = { 0 };
    AudioQueueRef queue;
    AudioQueueProcessingTapRef tap;
    AudioQueueBufferRef buffer;
    UInt32 most, heard = 0;
    CHECK_EQ(AudioQueueNewInput(&format, keep, &r, NULL, NULL, 0, &queue), noErr);
    CHECK_EQ(AudioQueueProcessingTapNew(queue, listen_in, &heard, kAudioQueueProcessingTap_PreEffects, &most,
                                        &seen, &tap),
             noErr);
    CHECK_EQ(AudioQueueAllocateBuffer(queue, 4000, &buffer), noErr);
    CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), noErr);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    advance_slowly(0.3);
    CHECK_EQ(AudioQueueStop(queue, true), noErr);
    CHECK(heard >= 10000 && r.size / 4 >= 10000);
    for (size_t i = 0; i < r.size / 4; i++)
        CHECK(((Float32 *)r.bytes)[i] == 0.25f);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_QUEUE_TAP), 0);
    free(r.bytes);
}

int main(void)
{
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    CHECK_EQ(CMVirtualSetManualClock(true), noErr);
    RUN(test_records_every_sample);
    RUN(test_converts_rate_and_channels);
    RUN(test_records_compressed);
    RUN(test_sound_without_a_buffer_is_lost_and_counted);
    RUN(test_a_tap_hears_the_input);
    return 0;
}
