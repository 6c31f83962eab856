/*
 * AudioConverter: samples are checked against arithmetic, sines against the sine, resampled noise against
 * soxr called once over the whole of it, lossless codecs against what went in.
 */
#include "base/handle.h"
#include "converter_kit.h"

#include <CoreFoundation/CoreFoundation.h>
#include <pthread.h>

/* ---- PCM to PCM ---- */

static void test_direct_conversion(void)
{
    enum { N = 5000 };
    static int16_t in[2 * N];
    static float out[2 * N + 2];
    for (int i = 0; i < 2 * N; i++)
        in[i] = (int16_t)next_random();
    for (int mode = 0; mode < 4; mode++) {
        AudioConverterRef c = make(pcm(44100, 2, 16, INT), pcm(44100, 2, 32, FLOAT));
        source s = from_memory(in, N, 4);
        s.piece = mode == 1 ? 7 : mode == 2 ? 3000 : 0;
        s.irregular = mode == 3;
        size_t n = drain(c, &s, out, N + 1, 8, mode == 0 ? N + 1 : 333);
        CHECK_EQ(n, N);
        for (int i = 0; i < 2 * N; i++)
            CHECK(out[i] == in[i] / 32768.0f);
        CHECK_EQ(AudioConverterDispose(c), noErr);
    }
}

static void test_wide_samples_stay_exact(void)
{
    int32_t in[5] = { 0x7FFFFFFF, -0x7FFFFFFF - 1, 0x12345679, 1, -1 }, out[5];
    AudioConverterRef c = make(pcm(44100, 1, 32, INT), pcm(44100, 1, 32, INT | kAudioFormatFlagIsBigEndian));
    UInt32 size = sizeof out;
    CHECK_EQ(AudioConverterConvertBuffer(c, sizeof in, in, &size, out), noErr);
    CHECK_EQ(size, sizeof out);
    for (int i = 0; i < 5; i++)
        CHECK_EQ((int32_t)__builtin_bswap32((uint32_t)out[i]), in[i]);
    AudioConverterDispose(c);
    /* Also when a mix is in the way. */
    int32_t stereo[2] = { 0x12345679, 0x12345679 }, mono;
    c = make(pcm(44100, 2, 32, INT), pcm(44100, 1, 32, INT));
    Float32 half[2] = { 0.5f, 0.5f };
    CHECK_EQ(AudioConverterSetProperty(c, kCMAudioConverterChannelMixMap, sizeof half, half), noErr);
    size = 4;
    CHECK_EQ(AudioConverterConvertBuffer(c, 8, stereo, &size, &mono), noErr);
    CHECK_EQ(mono, 0x12345679);
    AudioConverterDispose(c);
}

static void test_planes(void)
{
    float left[4] = { 0.25f, 0.5f, -0.25f, -1 }, right[4] = { 0, 0.125f, 1, -0.5f };
    int16_t out[8];
    AudioConverterRef c = make(pcm(48000, 2, 32, FLOAT | PLANAR), pcm(48000, 2, 16, INT));
    char in_memory[sizeof(AudioBufferList) + sizeof(AudioBuffer)];
    AudioBufferList *in = (AudioBufferList *)in_memory;
    in->mNumberBuffers = 2;
    in->mBuffers[0] = (AudioBuffer){ 1, sizeof left, left };
    (&in->mBuffers[0])[1] = (AudioBuffer){ 1, sizeof right, right };
    AudioBufferList list = { 1, { { 2, sizeof out, out } } };
    CHECK_EQ(AudioConverterConvertComplexBuffer(c, 4, in, &list), noErr);
    static const int16_t expected[8] = { 8192, 0, 16384, 4096, -8192, 32767, -32768, -16384 };
    CHECK(memcmp(out, expected, sizeof out) == 0);
    CHECK_EQ(AudioConverterConvertComplexBuffer(c, 5, in, &list), kAudioConverterErr_InvalidInputSize);
    list.mBuffers[0].mDataByteSize = 15;
    CHECK_EQ(AudioConverterConvertComplexBuffer(c, 4, in, &list), kAudioConverterErr_InvalidOutputSize);
    UInt32 size = sizeof out;
    CHECK_EQ(AudioConverterConvertBuffer(c, 16, left, &size, out), kAudioConverterErr_OperationNotSupported);
    AudioConverterDispose(c);
}

static void test_planes_through_the_procedure(void)
{
    enum { N = 700 };
    static float in[3 * N], out[3 * N + 3];
    for (int i = 0; i < 3 * N; i++)
        in[i] = (float)i;
    AudioConverterRef c = make(pcm(48000, 3, 32, FLOAT | PLANAR), pcm(48000, 3, 32, FLOAT));
    source s = from_memory(in, N, 4);
    s.planes = 3;
    s.irregular = true;
    CHECK_EQ(drain(c, &s, out, N + 1, 12, 50), N);
    for (int i = 0; i < N; i++)
        CHECK(out[3 * i] == (float)i && out[3 * i + 1] == (float)(N + i) &&
              out[3 * i + 2] == (float)(2 * N + i));
    AudioConverterDispose(c);
}

static void test_convert_buffer_errors(void)
{
    int16_t in[8] = { 0 };
    float out[8];
    AudioConverterRef c = make(pcm(44100, 2, 16, INT), pcm(44100, 2, 32, FLOAT));
    UInt32 size = 32;
    CHECK_EQ(AudioConverterConvertBuffer(c, 15, in, &size, out), kAudioConverterErr_InvalidInputSize);
    size = 31;
    CHECK_EQ(AudioConverterConvertBuffer(c, 16, in, &size, out), kAudioConverterErr_InvalidOutputSize);
    size = 32;
    CHECK_EQ(AudioConverterConvertBuffer(c, 16, in, &size, out), noErr);
    CHECK_EQ(size, 32);
    size = 0;
    CHECK_EQ(AudioConverterConvertBuffer(c, 0, NULL, &size, out), noErr);
    CHECK_EQ(AudioConverterConvertBuffer(c, 16, NULL, &size, out), kAudio_ParamError);
    CHECK_EQ(AudioConverterConvertBuffer(c, 16, in, NULL, out), kAudio_ParamError);
    AudioConverterDispose(c);
    c = make(pcm(44100, 2, 16, INT), pcm(48000, 2, 32, FLOAT));
    size = 32;
    CHECK_EQ(AudioConverterConvertBuffer(c, 4, in, &size, out), kAudioConverterErr_OperationNotSupported);
    AudioConverterDispose(c);
}

static void test_the_same_memory_in_and_out(void)
{
    int16_t samples[4] = { 0x0102, 0x0304, -2, 0 };
    UInt32 size = sizeof samples;
    AudioConverterRef c = make(pcm(44100, 1, 16, INT), pcm(44100, 1, 16, INT | kAudioFormatFlagIsBigEndian));
    CHECK_EQ(AudioConverterConvertBuffer(c, size, samples, &size, samples), noErr);
    CHECK(memcmp(samples, "\x01\x02\x03\x04\xFF\xFE\0", 8) == 0);
    AudioConverterDispose(c);
}

/* ---- the input procedure ---- */

static void test_input_errors_pass_through(void)
{
    enum { N = 1000 };
    static int16_t in[N];
    static float out[N];
    for (int i = 0; i < N; i++)
        in[i] = (int16_t)i;
    AudioConverterRef c = make(pcm(44100, 1, 16, INT), pcm(44100, 1, 32, FLOAT));
    source s = from_memory(in, N, 2);
    s.error = -12345;
    s.error_at = 400;
    UInt32 n = 600;
    AudioBufferList list = { 1, { { 1, sizeof out, out } } };
    CHECK_EQ(AudioConverterFillComplexBuffer(c, serve, &s, &n, &list, NULL), -12345);
    CHECK_EQ(n, 400); /* what came before the error is delivered */
    n = 600;
    list.mBuffers[0] = (AudioBuffer){ 1, 600 * 4, out + 400 };
    CHECK_EQ(AudioConverterFillComplexBuffer(c, serve, &s, &n, &list, NULL), noErr);
    CHECK_EQ(n, 600);
    CHECK(out[999] == 999 / 32768.0f);
    AudioConverterDispose(c);
}

static void test_end_and_beginning_again(void)
{
    float in[100], out[200];
    for (int i = 0; i < 100; i++)
        in[i] = (float)i;
    AudioConverterRef c = make(pcm(44100, 1, 32, FLOAT),
                               pcm(44100, 1, 32, FLOAT | kAudioFormatFlagIsBigEndian));
    for (int round = 0; round < 3; round++) {
        source s = from_memory(in, 100, 4);
        UInt32 n = 200;
        AudioBufferList list = { 1, { { 1, sizeof out, out } } };
        CHECK_EQ(AudioConverterFillComplexBuffer(c, serve, &s, &n, &list, NULL), noErr);
        CHECK_EQ(n, 100);
        n = 200;
        list.mBuffers[0].mDataByteSize = sizeof out;
        CHECK_EQ(AudioConverterFillComplexBuffer(c, serve, &s, &n, &list, NULL), noErr);
        CHECK_EQ(n, 0);
        if (round == 1)
            CHECK_EQ(AudioConverterReset(c), noErr);
    }
    AudioConverterDispose(c);
}

static OSStatus lie(AudioConverterRef c, UInt32 *packets, AudioBufferList *data,
                    AudioStreamPacketDescription **descriptions, void *user)
{
    (void)c;
    (void)descriptions;
    static char bytes[64];
    data->mBuffers[0].mData = *(int *)user == 1 ? NULL : bytes;
    data->mBuffers[0].mDataByteSize = *(int *)user == 2 ? 7 : sizeof bytes;
    *packets = *(int *)user == 3 ? UINT32_MAX : 2;
    return noErr;
}

static void test_input_that_lies(void)
{
    float out[64];
    for (int kind = 1; kind <= 3; kind++) {
        AudioConverterRef c = make(pcm(44100, 1, 32, INT), pcm(44100, 1, 32, FLOAT));
        UInt32 n = 64;
        AudioBufferList list = { 1, { { 1, sizeof out, out } } };
        CHECK_EQ(AudioConverterFillComplexBuffer(c, lie, &kind, &n, &list, NULL),
                 kAudioConverterErr_InvalidInputSize);
        CHECK_EQ(n, 0);
        AudioConverterDispose(c);
    }
}

static void test_output_buffers_are_checked(void)
{
    float out[64], in[64] = { 0 };
    AudioConverterRef c = make(pcm(44100, 2, 32, FLOAT), pcm(44100, 2, 32, FLOAT));
    source s = from_memory(in, 32, 8);
    UInt32 n = 9;
    AudioBufferList list = { 1, { { 2, 64, out } } };
    CHECK_EQ(AudioConverterFillComplexBuffer(c, serve, &s, &n, &list, NULL),
             kAudioConverterErr_InvalidOutputSize);
    CHECK_EQ(s.calls, 0);
    n = 8;
    list.mNumberBuffers = 2;
    CHECK_EQ(AudioConverterFillComplexBuffer(c, serve, &s, &n, &list, NULL), kAudio_ParamError);
    list.mNumberBuffers = 1;
    n = 8;
    list.mBuffers[0].mData = NULL;
    CHECK_EQ(AudioConverterFillComplexBuffer(c, serve, &s, &n, &list, NULL), kAudio_ParamError);
    CHECK_EQ(AudioConverterFillComplexBuffer(c, NULL, &s, &n, &list, NULL), kAudio_ParamError);
    CHECK_EQ(AudioConverterFillComplexBuffer(c, serve, &s, NULL, &list, NULL), kAudio_ParamError);
    AudioConverterDispose(c);
}

/* What a procedure may do to the converter that called it. */
static OSStatus meddle(AudioConverterRef c, UInt32 *packets, AudioBufferList *data,
                       AudioStreamPacketDescription **descriptions, void *user)
{
    UInt32 quality = 127, size = sizeof quality, one = 1;
    char byte[8];
    AudioBufferList list = { 1, { { 1, sizeof byte, byte } } };
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterSampleRateConverterQuality, size, &quality), noErr);
    CHECK_EQ(AudioConverterGetProperty(c, kAudioConverterSampleRateConverterQuality, &size, &quality), noErr);
    CHECK_EQ(AudioConverterReset(c), noErr);
    CHECK_EQ(AudioConverterFillComplexBuffer(c, serve, user, &one, &list, NULL),
             kAudioConverterErr_OperationNotSupported);
    return serve(c, packets, data, descriptions, user);
}

static OSStatus dispose_inside(AudioConverterRef c, UInt32 *packets, AudioBufferList *data,
                               AudioStreamPacketDescription **descriptions, void *user)
{
    AudioConverterDispose(c);
    return serve(c, packets, data, descriptions, user);
}

static void test_calls_from_the_input_procedure(void)
{
    static float in[1000], out[3000];
    AudioConverterRef c = make(pcm(44100, 1, 32, FLOAT), pcm(48000, 1, 32, FLOAT));
    source s = from_memory(in, 1000, 4);
    UInt32 n = 500;
    AudioBufferList list = { 1, { { 1, sizeof out, out } } };
    CHECK_EQ(AudioConverterFillComplexBuffer(c, meddle, &s, &n, &list, NULL), noErr);
    CHECK_EQ(n, 500);
    s.at = 0;
    n = 3000;
    list.mBuffers[0].mDataByteSize = sizeof out;
    CHECK_EQ(AudioConverterFillComplexBuffer(c, serve, &s, &n, &list, NULL), noErr);
    CHECK_EQ(n, 1088); /* the whole sound, from its beginning: the reset was done */
    s.at = 0;
    n = 500;
    list.mBuffers[0].mDataByteSize = sizeof out;
    CHECK_EQ(AudioConverterFillComplexBuffer(c, dispose_inside, &s, &n, &list, NULL), noErr);
    CHECK_EQ(AudioConverterReset(c), kAudio_ParamError);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_CONVERTER), 0);
}

static void test_stale_handles(void)
{
    AudioConverterRef c = make(pcm(44100, 1, 32, FLOAT), pcm(48000, 1, 32, FLOAT));
    CHECK_EQ(AudioConverterDispose(c), noErr);
    UInt32 size = 4, value = 0;
    Boolean writable;
    AudioBufferList list = { 1, { { 1, 4, &value } } };
    CHECK_EQ(AudioConverterDispose(c), kAudio_ParamError);
    CHECK_EQ(AudioConverterDispose(NULL), kAudio_ParamError);
    CHECK_EQ(AudioConverterReset(c), kAudio_ParamError);
    CHECK_EQ(AudioConverterGetPropertyInfo(c, kAudioConverterPrimeMethod, &size, &writable),
             kAudio_ParamError);
    CHECK_EQ(AudioConverterGetProperty(c, kAudioConverterPrimeMethod, &size, &value), kAudio_ParamError);
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterPrimeMethod, 4, &value), kAudio_ParamError);
    CHECK_EQ(AudioConverterConvertBuffer(c, 4, &value, &size, &value), kAudio_ParamError);
    CHECK_EQ(AudioConverterConvertComplexBuffer(c, 1, &list, &list), kAudio_ParamError);
    CHECK_EQ(AudioConverterFillComplexBuffer(c, serve, NULL, &size, &list, NULL), kAudio_ParamError);
    CHECK_EQ(AudioConverterReset((AudioConverterRef)&list), kAudio_ParamError);
}

static OSStatus serve_bytes(AudioConverterRef c, UInt32 *size, void **data, void *user)
{
    (void)c;
    source *s = user;
    size_t left = (s->packets - s->at) * s->bytes_per_packet;
    if (*size > left)
        *size = (UInt32)left;
    if (s->piece && *size > s->piece)
        *size = (UInt32)s->piece;
    *data = (char *)s->data + s->at * s->bytes_per_packet;
    s->at += *size / s->bytes_per_packet;
    return noErr;
}

static void test_fill_buffer(void)
{
    int16_t in[100];
    float out[200];
    for (int i = 0; i < 100; i++)
        in[i] = (int16_t)(300 * i);
    AudioConverterRef c = make(pcm(44100, 1, 16, INT), pcm(44100, 1, 32, FLOAT));
    source s = from_memory(in, 100, 2);
    UInt32 size = sizeof out;
    CHECK_EQ(AudioConverterFillBuffer(c, serve_bytes, &s, &size, out), noErr);
    CHECK_EQ(size, 400);
    CHECK(out[99] == 29700 / 32768.0f);
    s.at = 0;
    s.piece = 3;
    size = sizeof out;
    CHECK_EQ(AudioConverterFillBuffer(c, serve_bytes, &s, &size, out), kAudioConverterErr_InvalidInputSize);
    AudioConverterDispose(c);
}

/* ---- channels ---- */

static void convert_floats(AudioConverterRef c, const float *in, UInt32 in_count, float *out,
                           UInt32 out_count)
{
    UInt32 size = out_count * 4;
    CHECK_EQ(AudioConverterConvertBuffer(c, in_count * 4, in, &size, out), noErr);
    CHECK_EQ(size, out_count * 4);
}

static void test_default_channels(void)
{
    float in[6] = { 0.5f, 0.25f, -0.5f, 0.125f, 1, -1 }, out[6];
    AudioConverterRef c = make(pcm(44100, 2, 32, FLOAT), pcm(44100, 1, 32, FLOAT));
    convert_floats(c, in, 6, out, 3);
    CHECK(out[0] == 0.5f && out[1] == -0.5f && out[2] == 1);
    set32(c, kCMAudioConverterPerformDownmix, 1);
    convert_floats(c, in, 6, out, 3);
    CHECK(out[0] == 0.375f && out[1] == -0.1875f && out[2] == 0);
    AudioConverterDispose(c);
    c = make(pcm(44100, 1, 32, FLOAT), pcm(44100, 2, 32, FLOAT));
    convert_floats(c, in, 3, out, 6);
    CHECK(out[0] == 0.5f && out[1] == 0 && out[4] == -0.5f && out[5] == 0);
    SInt32 map[2] = { 0, 0 };
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterChannelMap, sizeof map, map), noErr);
    convert_floats(c, in, 3, out, 6);
    CHECK(out[0] == 0.5f && out[1] == 0.5f && out[4] == -0.5f && out[5] == -0.5f);
    AudioConverterDispose(c);
}

static void test_channel_map_of_every_storage(void)
{
    UInt8 in[4] = { 0, 64, 128, 255 }, out[6];
    AudioConverterRef c = make(pcm(44100, 2, 8, 0), pcm(44100, 3, 8, 0));
    SInt32 map[3] = { 1, -1, 0 }, back[3];
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterChannelMap, sizeof map, map), noErr);
    UInt32 size = sizeof out;
    CHECK_EQ(AudioConverterConvertBuffer(c, 4, in, &size, out), noErr);
    static const UInt8 expected[6] = { 64, 128, 0, 255, 128, 128 }; /* silence of unsigned bytes is 128 */
    CHECK(memcmp(out, expected, 6) == 0);
    size = sizeof back;
    CHECK_EQ(AudioConverterGetProperty(c, kAudioConverterChannelMap, &size, back), noErr);
    CHECK(memcmp(map, back, sizeof map) == 0);
    map[0] = 2;
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterChannelMap, sizeof map, map), kAudio_ParamError);
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterChannelMap, 16, map),
             kAudioConverterErr_BadPropertySizeError);
    AudioConverterDispose(c);
}

static void test_layouts_mix_down(void)
{
    AudioChannelLayout surround = {
        .mChannelLayoutTag = kAudioChannelLayoutTag_MPEG_5_1_D
    }; /* C L R Ls Rs LFE */
    AudioChannelLayout stereo = { .mChannelLayoutTag = kAudioChannelLayoutTag_Stereo };
    AudioChannelLayout film = {
        .mChannelLayoutTag = kAudioChannelLayoutTag_MPEG_5_1_A
    }; /* L R C LFE Ls Rs */
    float in[6] = { 0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f }, out[6];
    AudioConverterRef c = make(pcm(44100, 6, 32, FLOAT), pcm(44100, 2, 32, FLOAT));
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterInputChannelLayout, sizeof surround, &surround),
             noErr);
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterOutputChannelLayout, sizeof stereo, &stereo), noErr);
    convert_floats(c, in, 6, out, 2);
    CHECK_NEAR(out[0], 0.2 + sqrt(0.5) * (0.1 + 0.4), 1e-6);
    CHECK_NEAR(out[1], 0.3 + sqrt(0.5) * (0.1 + 0.5), 1e-6);
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterInputChannelLayout, sizeof stereo, &stereo),
             kAudio_ParamError);
    AudioChannelLayout got;
    UInt32 size = sizeof got;
    CHECK_EQ(AudioConverterGetProperty(c, kAudioConverterInputChannelLayout, &size, &got), noErr);
    CHECK_EQ(got.mChannelLayoutTag, kAudioChannelLayoutTag_MPEG_5_1_D);
    AudioConverterDispose(c);

    c = make(pcm(44100, 6, 32, FLOAT), pcm(44100, 1, 32, FLOAT)); /* nothing said: L R C LFE Ls Rs */
    set32(c, kCMAudioConverterPerformDownmix, 1);
    convert_floats(c, in, 6, out, 1);
    CHECK_NEAR(out[0], (0.1 + 0.2) / 2 + sqrt(0.5) * (0.3 + (0.5 + 0.6) / 2), 1e-6);
    AudioConverterDispose(c);

    c = make(pcm(44100, 6, 32, FLOAT), pcm(44100, 6, 32, FLOAT));
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterInputChannelLayout, sizeof surround, &surround),
             noErr);
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterOutputChannelLayout, sizeof film, &film), noErr);
    convert_floats(c, in, 6, out, 6);
    static const float reordered[6] = { 0.2f, 0.3f, 0.1f, 0.6f, 0.4f, 0.5f };
    CHECK(memcmp(out, reordered, sizeof out) == 0);
    AudioConverterDispose(c);
}

/* ---- dither ---- */

static void test_dither(void)
{
    enum { N = 200000 };
    static float in[N];
    static int16_t out[N];
    for (int i = 0; i < N; i++)
        in[i] = 10.3f / 32768;
    for (UInt32 algorithm = 0; algorithm <= kDitherAlgorithm_NoiseShaping; algorithm++) {
        AudioConverterRef c = make(pcm(44100, 1, 32, FLOAT), pcm(44100, 1, 16, INT));
        set32(c, kAudioConverterPropertyDithering, algorithm);
        source s = from_memory(in, N, 4);
        CHECK_EQ(drain(c, &s, out, N + 1, 2, 10000), N);
        double sum = 0, squares = 0;
        for (int i = 0; i < N; i++) {
            sum += out[i];
            squares += (out[i] - 10.3) * (out[i] - 10.3);
        }
        if (algorithm == 0) {
            CHECK(out[0] == 10 && out[N - 1] == 10);
        } else {
            CHECK_NEAR(sum / N, 10.3, 0.01); /* the mean of the error does not depend on the signal */
            double variance = squares / N;   /* rounding 1/12, triangular noise 1/6 */
            CHECK(algorithm == kDitherAlgorithm_TPDF ? fabs(variance - 0.25) < 0.01 : variance > 0.3);
        }
        AudioConverterDispose(c);
    }
    float loud[2] = { 1.5f, -1.5f };
    int16_t ends[2];
    AudioConverterRef c = make(pcm(44100, 1, 32, FLOAT), pcm(44100, 1, 16, INT));
    set32(c, kAudioConverterPropertyDithering, kDitherAlgorithm_TPDF);
    UInt32 size = 4;
    CHECK_EQ(AudioConverterConvertBuffer(c, 8, loud, &size, ends), noErr);
    CHECK(ends[0] == 32767 && ends[1] == -32768);
    set32(c, kAudioConverterPropertyDitherBitDepth, 8);
    CHECK_EQ(AudioConverterConvertBuffer(c, 8, in, &size, ends), noErr);
    CHECK(ends[0] % 256 == 0 && ends[1] % 256 == 0);
    AudioConverterDispose(c);
}

/* ---- properties ---- */

static void test_sizes(void)
{
    AudioConverterRef c = make(pcm(44100, 2, 16, INT), pcm(44100, 2, 32, FLOAT));
    CHECK_EQ(get32(c, kAudioConverterPropertyCalculateOutputBufferSize, 4000), 8000);
    CHECK_EQ(get32(c, kAudioConverterPropertyCalculateInputBufferSize, 8000), 4000);
    CHECK_EQ(get32(c, kAudioConverterPropertyMaximumInputPacketSize, 0), 4);
    CHECK_EQ(get32(c, kAudioConverterPropertyMaximumOutputPacketSize, 0), 8);
    CHECK_EQ(get32(c, kAudioConverterPropertyMinimumInputBufferSize, 0), 4);
    AudioConverterDispose(c);
    c = make(pcm(44100, 1, 16, INT), pcm(48000, 1, 16, INT));
    CHECK_EQ(get32(c, kAudioConverterPropertyCalculateOutputBufferSize, 88200), 96000);
    CHECK_EQ(get32(c, kAudioConverterPropertyCalculateInputBufferSize, 96000), 88200);
    AudioConverterDispose(c);
}

static void test_property_errors(void)
{
    AudioConverterRef c = make(pcm(44100, 2, 16, INT), pcm(44100, 2, 32, FLOAT));
    UInt32 size = 99, value = 0;
    Boolean writable = 2;
    CHECK_EQ(AudioConverterGetPropertyInfo(c, 'none', &size, &writable),
             kAudioConverterErr_PropertyNotSupported);
    CHECK_EQ(AudioConverterGetPropertyInfo(c, kAudioConverterSampleRateConverterQuality, &size, &writable),
             noErr);
    CHECK(size == 4 && writable == 1);
    CHECK_EQ(AudioConverterGetPropertyInfo(c, kAudioConverterPrimeInfo, &size, &writable), noErr);
    CHECK(size == 8 && writable == 0);
    CHECK_EQ(AudioConverterGetPropertyInfo(c, kAudioConverterPrimeInfo, NULL, NULL), noErr);
    size = 3;
    CHECK_EQ(AudioConverterGetProperty(c, kAudioConverterSampleRateConverterQuality, &size, &value),
             kAudioConverterErr_BadPropertySizeError);
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterSampleRateConverterQuality, 2, &value),
             kAudioConverterErr_BadPropertySizeError);
    value = 128;
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterSampleRateConverterQuality, 4, &value),
             kAudio_ParamError);
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterSampleRateConverterQuality, 4, NULL),
             kAudio_ParamError);
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterPrimeInfo, 8, &size),
             kAudioConverterErr_OperationNotSupported);
    value = 64000;
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterEncodeBitRate, 4, &value),
             kAudioConverterErr_PropertyNotSupported); /* not an encoder */
    AudioStreamBasicDescription f;
    size = sizeof f;
    CHECK_EQ(AudioConverterGetProperty(c, kAudioConverterCurrentOutputStreamDescription, &size, &f), noErr);
    CHECK(f.mFormatID == kAudioFormatLinearPCM && f.mBytesPerFrame == 8);
    AudioConverterDispose(c);
}

static void test_settings_list(void)
{
    AudioConverterRef c = make(pcm(44100, 2, 16, INT), pcm(48000, 2, 32, FLOAT));
    CFArrayRef list = NULL;
    UInt32 size = sizeof list;
    CHECK_EQ(AudioConverterGetProperty(c, kAudioConverterPropertySettings, &size, &list), noErr);
    CHECK_EQ(CFArrayGetCount(list), 2);
    CFDictionaryRef part = CFArrayGetValueAtIndex(list, 0);
    CHECK(CFEqual(CFDictionaryGetValue(part, CFSTR("name")), CFSTR("Sample Rate Converter")));
    CFMutableArrayRef parameters = (CFMutableArrayRef)CFDictionaryGetValue(part, CFSTR("parameters"));
    CFMutableDictionaryRef quality = (CFMutableDictionaryRef)CFArrayGetValueAtIndex(parameters, 1);
    CHECK(CFEqual(CFDictionaryGetValue(quality, CFSTR("key")), CFSTR("srcq")));
    CHECK(CFEqual(CFDictionaryGetValue(quality, CFSTR("current value")), CFSTR("High")));
    CFDictionarySetValue(quality, CFSTR("current value"), CFSTR("Low"));
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterPropertySettings, sizeof list, &list), noErr);
    CHECK_EQ(get32(c, kAudioConverterSampleRateConverterQuality, 0), kAudioConverterQuality_Low);
    CFDictionarySetValue(quality, CFSTR("current value"), CFSTR("Loud"));
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterPropertySettings, sizeof list, &list),
             kAudio_ParamError);
    CFRelease(list);
    AudioConverterDispose(c);
}

/* ---- threads ---- */

static void *convert_on_thread(void *user)
{
    AudioConverterRef c = user;
    static float in[4096];
    float out[1000];
    for (int i = 0; i < 200; i++) {
        source s = from_memory(in, 500, 4);
        UInt32 n = 1000, quality = i % 2 ? 96 : 64, size = sizeof quality;
        AudioBufferList list = { 1, { { 1, sizeof out, out } } };
        AudioConverterFillComplexBuffer(c, serve, &s, &n, &list, NULL);
        CHECK(n <= 1000);
        if (i % 20 == 0)
            AudioConverterSetProperty(c, kAudioConverterSampleRateConverterQuality, size, &quality);
        if (i % 7 == 0)
            AudioConverterReset(c);
    }
    return NULL;
}

static void test_two_threads_on_one_converter(void)
{
    AudioConverterRef c = make(pcm(44100, 1, 32, FLOAT), pcm(48000, 1, 32, FLOAT));
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, convert_on_thread, c);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(AudioConverterDispose(c), noErr);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_CONVERTER), 0);
}

int main(void)
{
    RUN(test_direct_conversion);
    RUN(test_wide_samples_stay_exact);
    RUN(test_planes);
    RUN(test_planes_through_the_procedure);
    RUN(test_convert_buffer_errors);
    RUN(test_the_same_memory_in_and_out);
    RUN(test_input_errors_pass_through);
    RUN(test_end_and_beginning_again);
    RUN(test_input_that_lies);
    RUN(test_output_buffers_are_checked);
    RUN(test_calls_from_the_input_procedure);
    RUN(test_stale_handles);
    RUN(test_fill_buffer);
    RUN(test_default_channels);
    RUN(test_channel_map_of_every_storage);
    RUN(test_layouts_mix_down);
    RUN(test_dither);
    RUN(test_sizes);
    RUN(test_property_errors);
    RUN(test_settings_list);
    RUN(test_two_threads_on_one_converter);
    return 0;
}
