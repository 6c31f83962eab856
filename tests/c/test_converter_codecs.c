/*
 * AudioConverter with codecs in it: what comes back after encoding and decoding is compared, frame by frame,
 * with what went in, so that a lost, doubled or shifted frame shows for lossy formats too.
 */
#include "base/handle.h"
#include "codec/codec.h"
#include "converter_kit.h"

#include <AudioToolbox/AudioCodec.h>

static AudioStreamBasicDescription compressed(AudioFormatID id, double rate, UInt32 channels)
{
    AudioStreamBasicDescription f = { .mSampleRate = rate, .mFormatID = id, .mChannelsPerFrame = channels };
    return f;
}

/* ---- PCM in, packets out ---- */

typedef struct frames {
    const char *data;
    UInt32 bytes;
    size_t count, at, piece;
} frames;

static OSStatus serve_frames(AudioConverterRef c, UInt32 *packets, AudioBufferList *data,
                             AudioStreamPacketDescription **descriptions, void *user)
{
    (void)c;
    (void)descriptions;
    frames *f = user;
    size_t n = f->piece && f->piece < *packets ? f->piece : *packets;
    if (n > f->count - f->at)
        n = f->count - f->at;
    data->mBuffers[0].mData = (char *)f->data + f->at * f->bytes;
    data->mBuffers[0].mDataByteSize = (UInt32)(n * f->bytes);
    f->at += n;
    *packets = (UInt32)n;
    return noErr;
}

typedef struct packets {
    char *bytes;
    size_t size, room;
    AudioStreamPacketDescription *list;
    size_t count, at, most;
    size_t corrupt; /* this packet, counted from 1, is served as rubbish */
    void *cookie;
    UInt32 cookie_size;
    AudioConverterPrimeInfo prime;
    AudioStreamBasicDescription format;
} packets;

static void free_packets(packets *p)
{
    free(p->bytes);
    free(p->list);
    free(p->cookie);
    memset(p, 0, sizeof *p);
}

static void *get(AudioConverterRef c, UInt32 id, UInt32 *size)
{
    CHECK_EQ(AudioConverterGetPropertyInfo(c, id, size, NULL), noErr);
    void *data = calloc(1, *size + 1);
    CHECK_EQ(AudioConverterGetProperty(c, id, size, data), noErr);
    return data;
}

static void encode(AudioConverterRef c, frames *in, UInt32 step, packets *out)
{
    memset(out, 0, sizeof *out);
    out->room = 64 << 20;
    out->bytes = malloc(out->room);
    out->most = 1 << 18;
    out->list = malloc(out->most * sizeof *out->list);
    for (;;) {
        UInt32 n = step, size = sizeof out->prime;
        AudioBufferList list = { 1, { { 0, 1 << 20, out->bytes + out->size } } };
        CHECK(out->size + (1 << 20) < out->room && out->count + step < out->most);
        CHECK_EQ(AudioConverterFillComplexBuffer(c, serve_frames, in, &n, &list, out->list + out->count),
                 noErr);
        for (UInt32 i = 0; i < n; i++)
            out->list[out->count + i].mStartOffset += (SInt64)out->size;
        out->count += n;
        out->size += list.mBuffers[0].mDataByteSize;
        if (n > 0)
            continue;
        CHECK_EQ(AudioConverterGetProperty(c, kAudioConverterPrimeInfo, &size, &out->prime), noErr);
        break;
    }
    UInt32 size = sizeof out->format;
    out->cookie = get(c, kAudioConverterCompressionMagicCookie, &out->cookie_size);
    CHECK_EQ(AudioConverterGetProperty(c, kAudioConverterCurrentOutputStreamDescription, &size, &out->format),
             noErr);
}

/* ---- packets in, PCM out ---- */

static OSStatus serve_packets(AudioConverterRef c, UInt32 *n, AudioBufferList *data,
                              AudioStreamPacketDescription **descriptions, void *user)
{
    (void)c;
    static AudioStreamPacketDescription one;
    static char rubbish[4] = { -1, -1, -1, -1 };
    packets *p = user;
    if (p->at == p->count) {
        *n = 0;
        return noErr;
    }
    *n = *n < p->count - p->at ? *n : (UInt32)(p->count - p->at);
    if (p->corrupt > p->at && p->corrupt <= p->at + *n)
        *n = p->corrupt == p->at + 1 ? 1 : (UInt32)(p->corrupt - 1 - p->at);
    AudioStreamPacketDescription *list = p->list + p->at;
    data->mBuffers[0].mData = p->bytes;
    data->mBuffers[0].mDataByteSize = (UInt32)p->size;
    if (p->format.mBytesPerPacket) {
        data->mBuffers[0].mData = p->bytes + p->at * p->format.mBytesPerPacket;
        data->mBuffers[0].mDataByteSize = *n * p->format.mBytesPerPacket;
    }
    if (p->corrupt == p->at + 1) {
        one = (AudioStreamPacketDescription){ 0, 0, 4 };
        data->mBuffers[0].mData = rubbish;
        data->mBuffers[0].mDataByteSize = 4;
        list = &one;
    }
    *descriptions = list;
    p->at += *n;
    return noErr;
}

static size_t decode(AudioConverterRef c, packets *in, void *out, size_t room, UInt32 bytes, UInt32 step)
{
    size_t total = 0;
    if (in->cookie_size)
        CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterDecompressionMagicCookie, in->cookie_size,
                                           in->cookie),
                 noErr);
    for (;;) {
        UInt32 n = step;
        CHECK(total + step <= room);
        AudioBufferList list = { 1, { { 0, n * bytes, (char *)out + total * bytes } } };
        CHECK_EQ(AudioConverterFillComplexBuffer(c, serve_packets, in, &n, &list, NULL), noErr);
        if (n == 0)
            return total;
        total += n;
    }
}

static bool has_encoder(AudioFormatID id)
{
    return cm_codec_find(kAudioEncoderComponentType, id, 0) != NULL;
}

/* ---- codecs of the engine itself ---- */

static void test_a_law_in_whole_buffers(void)
{
    /* ITU-T G.711: zero is 0xD5 in A-law and 0xFF in mu-law, full scale 0xAA and 0x80. */
    int16_t in[3] = { 0, 32767, -32768 }, back[3];
    UInt8 law[3];
    AudioConverterRef c = make(pcm(8000, 1, 16, INT), compressed(kAudioFormatALaw, 8000, 1));
    UInt32 size = 3;
    CHECK_EQ(AudioConverterConvertBuffer(c, 6, in, &size, law), noErr);
    CHECK_EQ(size, 3);
    CHECK(law[0] == 0xD5 && law[1] == 0xAA && law[2] == 0x2A);
    CHECK_EQ(AudioConverterConvertBuffer(c, 6, in, &size, law), noErr); /* and once more */
    AudioConverterDispose(c);
    c = make(compressed(kAudioFormatULaw, 8000, 1), pcm(8000, 1, 16, INT));
    size = 6;
    CHECK_EQ(AudioConverterConvertBuffer(c, 3, "\xFF\x80\x00", &size, back), noErr);
    CHECK(back[0] == 0 && back[1] == 32124 && back[2] == -32124);
    AudioConverterDispose(c);
}

static void test_ima4_packets(void)
{
    static int16_t in[2 * 1000], out[2 * 1200];
    for (int i = 0; i < 1000; i++) {
        in[2 * i] = (int16_t)(20000 * sin(i * 0.05));
        in[2 * i + 1] = (int16_t)(20000 * sin(i * 0.03));
    }
    AudioConverterRef c = make(pcm(44100, 2, 16, INT), compressed(kAudioFormatAppleIMA4, 44100, 2));
    frames f = { (char *)in, 4, 1000, 0, 77 };
    packets p;
    encode(c, &f, 3, &p);
    CHECK_EQ(p.count, 16);
    CHECK_EQ(p.size, 16 * 68);
    CHECK_EQ(p.prime.leadingFrames, 0);
    CHECK_EQ(p.prime.trailingFrames, 16 * 64 - 1000);
    CHECK_EQ(p.list[5].mStartOffset, 5 * 68);
    CHECK_EQ(p.list[5].mDataByteSize, 68);
    AudioConverterDispose(c);
    c = make(p.format, pcm(44100, 2, 16, INT));
    CHECK_EQ(decode(c, &p, out, 1100, 4, 50), 1024);
    double error = 0;
    for (int i = 200; i < 2000; i++)
        error += (out[i] - in[i]) * (double)(out[i] - in[i]);
    CHECK(sqrt(error / 1800) < 500);
    AudioConverterDispose(c);
    p.at = 0; /* to another rate on the way: 1024 * 48000 / 44100 frames */
    c = make(p.format, pcm(48000, 2, 16, INT));
    CHECK_EQ(decode(c, &p, out, 1200, 4, 50), 1115);
    AudioConverterDispose(c);
    free_packets(&p);
}

/* ---- gapless ---- */

enum { MOST = 400000 };

static void make_music(float *to, size_t count, UInt32 channels, double rate)
{
    for (size_t i = 0; i < count; i++)
        for (UInt32 c = 0; c < channels; c++) {
            double t = (double)i / rate;
            double sweep = 2 * M_PI * (200 * t + 150 * t * t) + c;
            to[i * channels + c] = (float)(0.3 * sin(sweep) + 0.1 * sin(2 * M_PI * 440 * t));
        }
}

static void test_lossless_formats_give_back_every_bit(void)
{
    static const AudioFormatID ids[] = { kAudioFormatAppleLossless, kAudioFormatFLAC };
    static const size_t lengths[] = { 1, 4096, 4097, 50000 };
    static int16_t shorts[2 * 50000], short_out[2 * 70000];
    static UInt8 longs[2 * 3 * 50000], long_out[2 * 3 * 70000];
    for (size_t i = 0; i < sizeof longs; i++)
        longs[i] = (UInt8)(rand() >> 8);
    for (int i = 0; i < 2 * 50000; i++)
        shorts[i] = (int16_t)(10000 * sin(i * 0.001) + rand() % 100);
    for (int k = 0; k < 2; k++)
        for (int l = 0; l < 4; l++)
            for (UInt32 bits = 16; bits <= 24; bits += 8) {
                UInt32 bytes = bits / 4;
                const void *in = bits == 16 ? (void *)shorts : (void *)longs;
                void *out = bits == 16 ? (void *)short_out : (void *)long_out;
                AudioConverterRef c = make(pcm(44100, 2, bits, INT), compressed(ids[k], 44100, 2));
                frames f = { in, bytes, lengths[l], 0, l == 3 ? 1000 : 0 };
                packets p;
                encode(c, &f, 1 + (UInt32)l, &p);
                AudioConverterDispose(c);
                CHECK_EQ(p.prime.leadingFrames, 0);
                CHECK(p.format.mFramesPerPacket > 0);
                CHECK_EQ(p.count * p.format.mFramesPerPacket - p.prime.trailingFrames, lengths[l]);
                c = make(p.format, pcm(44100, 2, bits, INT));
                size_t n = decode(c, &p, out, 70000, bytes, 3000);
                CHECK(n >= lengths[l] && n <= lengths[l] + p.prime.trailingFrames);
                CHECK(memcmp(in, out, lengths[l] * bytes) == 0);
                AudioConverterDispose(c);
                free_packets(&p);
            }
}

static void check_lossy(AudioFormatID id, double rate, UInt32 channels, double source_rate, double limit)
{
    static float in[2 * MOST], out[2 * MOST];
    enum { N = 150001 };
    make_music(in, N, channels, source_rate);
    AudioConverterRef c = make(pcm(source_rate, channels, 32, FLOAT), compressed(id, rate, channels));
    UInt32 bit_rate = 96000 * channels;
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterEncodeBitRate, sizeof bit_rate, &bit_rate), noErr);
    frames f = { (char *)in, 4 * channels, N, 0, 0 };
    packets p;
    encode(c, &f, 20, &p);
    AudioConverterDispose(c);
    size_t sent = (size_t)floor(N * rate / source_rate + 0.5);
    if (p.format.mFramesPerPacket)
        CHECK_EQ(p.count * p.format.mFramesPerPacket, p.prime.leadingFrames + sent + p.prime.trailingFrames);
    c = make(p.format, pcm(rate, channels, 32, FLOAT));
    size_t n = decode(c, &p, out, MOST, 4 * channels, 5000);
    CHECK(n >= p.prime.leadingFrames + sent);
    make_music(in, sent, channels, rate);
    double error = 0, power = 0;
    for (size_t i = 3000 * channels; i < (sent - 3000) * channels; i++) {
        double d = (double)out[i + p.prime.leadingFrames * channels] - (double)in[i];
        error += d * d;
        power += (double)in[i] * (double)in[i];
    }
    double ratio = 10 * log10(power / error);
    char code[5] = { (char)(id >> 24), (char)(id >> 16), (char)(id >> 8), (char)id, 0 };
    printf("   %s %g -> %g Hz: leading %u, trailing %u, signal to error %.1f dB\n", code, source_rate, rate,
           p.prime.leadingFrames, p.prime.trailingFrames, ratio);
    CHECK(ratio > limit);
    AudioConverterDispose(c);
    free_packets(&p);
}

static void test_lossy_formats_keep_time(void)
{
    check_lossy(kAudioFormatMPEG4AAC, 44100, 2, 44100, 25);
    check_lossy(kAudioFormatMPEG4AAC, 48000, 1, 44100, 25);
    check_lossy(kAudioFormatOpus, 48000, 2, 48000, 15);
    check_lossy(kAudioFormatOpus, 48000, 2, 44100, 15);
    check_lossy(kCMAudioFormatVorbis, 44100, 2, 44100, 15);
    if (has_encoder(kAudioFormatMPEGLayer3))
        check_lossy(kAudioFormatMPEGLayer3, 44100, 2, 44100, 20);
    if (has_encoder(kAudioFormatAC3))
        check_lossy(kAudioFormatAC3, 48000, 2, 48000, 20);
}

/* ---- buffers, errors, properties ---- */

/* Values that would keep an encoder busy for ever, or make it fail. */
static void test_absurd_samples_are_encoded_too(void)
{
    static float in[20000];
    for (int i = 0; i < 20000; i++)
        in[i] = i % 100 == 7 ? NAN : i % 100 == 8 ? INFINITY : 8.6e8f;
    AudioConverterRef c = make(pcm(44100, 1, 32, FLOAT), compressed(kAudioFormatMPEG4AAC, 96000, 1));
    frames f = { (char *)in, 4, 20000, 0, 0 };
    packets p;
    encode(c, &f, 8, &p);
    CHECK(p.count > 40);
    AudioConverterDispose(c);
    free_packets(&p);
}

static void test_packets_wait_for_room(void)
{
    static float in[20000];
    make_music(in, 10000, 2, 44100);
    AudioConverterRef c = make(pcm(44100, 2, 32, FLOAT), compressed(kAudioFormatMPEG4AAC, 44100, 2));
    frames f = { (char *)in, 8, 10000, 0, 0 };
    UInt32 most, size = sizeof most, n = 1;
    CHECK_EQ(AudioConverterGetProperty(c, kAudioConverterPropertyMaximumOutputPacketSize, &size, &most),
             noErr);
    char small[2], *large = malloc(most);
    AudioBufferList list = { 1, { { 0, sizeof small, small } } };
    CHECK_EQ(AudioConverterFillComplexBuffer(c, serve_frames, &f, &n, &list, NULL),
             kAudioConverterErr_InvalidOutputSize);
    CHECK_EQ(n, 0);
    size_t count = 0;
    do {
        list.mBuffers[0] = (AudioBuffer){ 0, most, large };
        n = 100; /* more than the buffer holds */
        CHECK_EQ(AudioConverterFillComplexBuffer(c, serve_frames, &f, &n, &list, NULL), noErr);
        count += n;
    } while (n > 0);
    CHECK_EQ(count, (10000 + 1024 + 1023) / 1024);
    free(large);
    AudioConverterDispose(c);
}

/* A packet of rubbish is an error or silence; either way the packets around it come out as they were. */
static void test_bad_packets_do_not_end_the_stream(void)
{
    static int16_t in[2 * 50000], out[2 * 60000];
    for (int i = 0; i < 2 * 50000; i++)
        in[i] = (int16_t)(8000 * sin(i * 0.01));
    AudioConverterRef c = make(pcm(44100, 2, 16, INT), compressed(kAudioFormatAppleLossless, 44100, 2));
    frames f = { (char *)in, 4, 50000, 0, 0 };
    packets p;
    encode(c, &f, 4, &p);
    AudioConverterDispose(c);
    p.corrupt = 3;
    c = make(p.format, pcm(44100, 2, 16, INT));
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterDecompressionMagicCookie, p.cookie_size, p.cookie),
             noErr);
    size_t total = 0, length = p.format.mFramesPerPacket, errors = 0;
    for (bool more = true; more;) {
        UInt32 n = 5000;
        AudioBufferList list = { 1, { { 0, n * 4, out + 2 * total } } };
        OSStatus status = AudioConverterFillComplexBuffer(c, serve_packets, &p, &n, &list, NULL);
        CHECK(status == noErr || status == kAudioCodecBadDataError);
        errors += status != noErr;
        total += n;
        more = n > 0 || status != noErr;
    }
    size_t gap = 50000 - total;
    CHECK(errors <= 1 && (gap == 0 || gap == length));
    CHECK(memcmp(out, in, 2 * length * 4) == 0);
    size_t after = 3 * length;
    CHECK(memcmp(out + 2 * (after - gap), in + 2 * after, (50000 - after) * 4) == 0);
    AudioConverterDispose(c);
    free_packets(&p);
}

static OSStatus serve_undescribed(AudioConverterRef c, UInt32 *n, AudioBufferList *data,
                                  AudioStreamPacketDescription **descriptions, void *user)
{
    static char bytes[100];
    static AudioStreamPacketDescription outside = { 90, 0, 11 };
    (void)c;
    *n = 1;
    data->mBuffers[0].mData = bytes;
    data->mBuffers[0].mDataByteSize = sizeof bytes;
    *descriptions = *(int *)user ? &outside : NULL;
    outside.mStartOffset = *(int *)user == 2 ? -1 : 90;
    return noErr;
}

static void test_packet_descriptions_are_checked(void)
{
    AudioConverterRef c = make(compressed(kAudioFormatMPEGLayer3, 44100, 2), pcm(44100, 2, 16, INT));
    int16_t out[200];
    for (int kind = 0; kind < 3; kind++) {
        UInt32 n = 100;
        AudioBufferList list = { 1, { { 0, sizeof out, out } } };
        CHECK_EQ(AudioConverterFillComplexBuffer(c, serve_undescribed, &kind, &n, &list, NULL),
                 kind ? kAudioConverterErr_InvalidInputSize
                      : kAudioConverterErr_RequiresPacketDescriptionsError);
    }
    AudioConverterDispose(c);
}

static void test_what_an_encoder_offers(void)
{
    AudioConverterRef c = make(pcm(44100, 2, 16, INT), compressed(kAudioFormatMPEG4AAC, 0, 2));
    UInt32 size, value = 128000;
    AudioValueRange *ranges = get(c, kAudioConverterApplicableEncodeBitRates, &size);
    CHECK(size >= 5 * sizeof *ranges);
    bool offered = false;
    for (UInt32 i = 0; i < size / sizeof *ranges; i++)
        offered = offered || ranges[i].mMinimum == 128000;
    CHECK(offered);
    free(ranges);
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterEncodeBitRate, 4, &value), noErr);
    size = 4;
    value = 0;
    CHECK_EQ(AudioConverterGetProperty(c, kAudioConverterEncodeBitRate, &size, &value), noErr);
    CHECK_EQ(value, 128000);
    ranges = get(c, kAudioConverterAvailableEncodeSampleRates, &size);
    CHECK(size >= 9 * sizeof *ranges);
    free(ranges);
    AudioStreamBasicDescription *f = get(c, kAudioConverterCurrentOutputStreamDescription, &size);
    CHECK(f->mSampleRate == 44100 && f->mFramesPerPacket == 1024 && f->mFormatID == kAudioFormatMPEG4AAC);
    free(f);
    Float64 rate = 22050;
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterEncodeAdjustableSampleRate, sizeof rate, &rate),
             noErr);
    f = get(c, kAudioConverterCurrentOutputStreamDescription, &size);
    CHECK(f->mSampleRate == 22050);
    free(f);
    AudioFormatListItem *item = get(c, kAudioConverterPropertyFormatList, &size);
    CHECK(size == sizeof *item && item->mChannelLayoutTag == kAudioChannelLayoutTag_Stereo);
    free(item);
    AudioChannelLayoutTag *tags = get(c, kAudioConverterAvailableEncodeChannelLayoutTags, &size);
    CHECK(size >= 4 && tags[0] == kAudioChannelLayoutTag_Stereo);
    free(tags);
    value = 3;
    CHECK_EQ(AudioConverterSetProperty(c, kAudioCodecPropertyBitRateControlMode, 4, &value), noErr);
    value = 4;
    CHECK_EQ(AudioConverterSetProperty(c, kAudioCodecPropertyBitRateControlMode, 4, &value),
             kAudio_ParamError);
    AudioConverterDispose(c);
}

static void test_named_codecs(void)
{
    AudioStreamBasicDescription from = pcm(8000, 1, 16, INT), to = compressed(kAudioFormatALaw, 8000, 1);
    AudioClassDescription classes[2] = { { kAudioEncoderComponentType, kAudioFormatALaw, 'none' },
                                         { kAudioEncoderComponentType, kAudioFormatALaw, CM_CODEC_OWN } };
    AudioConverterRef c = NULL;
    CHECK_EQ(AudioConverterNewSpecific(&from, &to, 1, classes, &c), kAudioConverterErr_FormatNotSupported);
    CHECK_EQ(AudioConverterNewSpecific(&from, &to, 2, classes, &c), noErr);
    AudioConverterDispose(c);
}

/* 5.1: each channel carries a tone of its own and must come back on the same loudspeaker. */
static void test_surround_order(void)
{
    enum { N = 60000 };
    static float in[6 * N], out[6 * (N + 10000)];
    for (int i = 0; i < N; i++)
        for (int c = 0; c < 6; c++)
            in[6 * i + c] = (float)(0.2 * sin(2 * M_PI * (c == 3 ? 40 : 300 * (c + 1)) * i / 48000));
    AudioChannelLayout film = { .mChannelLayoutTag = kAudioChannelLayoutTag_MPEG_5_1_A };
    AudioChannelLayout aac = { .mChannelLayoutTag = kAudioChannelLayoutTag_AAC_5_1 };
    AudioConverterRef c = make(pcm(48000, 6, 32, FLOAT), compressed(kAudioFormatMPEG4AAC, 48000, 6));
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterInputChannelLayout, sizeof film, &film), noErr);
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterOutputChannelLayout, sizeof aac, &aac), noErr);
    frames f = { (char *)in, 24, N, 0, 0 };
    packets p;
    encode(c, &f, 10, &p);
    AudioConverterDispose(c);
    c = make(p.format, pcm(48000, 6, 32, FLOAT));
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterInputChannelLayout, sizeof aac, &aac), noErr);
    CHECK_EQ(AudioConverterSetProperty(c, kAudioConverterOutputChannelLayout, sizeof film, &film), noErr);
    decode(c, &p, out, N + 10000, 24, 4000);
    for (int channel = 0; channel < 6; channel++) {
        double error = 0, power = 0;
        for (int i = 5000; i < N - 5000; i++) {
            double want = (double)in[6 * i + channel];
            double got = (double)out[6 * (i + (int)p.prime.leadingFrames) + channel];
            error += (got - want) * (got - want);
            power += want * want;
        }
        CHECK(error < 0.05 * power);
    }
    AudioConverterDispose(c);
    free_packets(&p);
}

int main(void)
{
    RUN(test_a_law_in_whole_buffers);
    RUN(test_ima4_packets);
    RUN(test_named_codecs);
    if (!has_encoder(kAudioFormatMPEG4AAC)) {
        printf("skipped: no FFmpeg plug-in\n");
        return 0;
    }
    RUN(test_lossless_formats_give_back_every_bit);
    RUN(test_lossy_formats_keep_time);
    RUN(test_absurd_samples_are_encoded_too);
    RUN(test_packets_wait_for_room);
    RUN(test_bad_packets_do_not_end_the_stream);
    RUN(test_packet_descriptions_are_checked);
    RUN(test_what_an_encoder_offers);
    RUN(test_surround_order);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_CONVERTER), 0);
    return 0;
}
