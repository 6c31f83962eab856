/* Codecs through codec.h: G.711 and ADPCM against sox and ffmpeg, lossless ones to the bit, lossy ones for
 * length and delay. What needs another program is passed over where that is not installed. */
#include "check.h"
#include "format/aac_config.h"
#include "codec/codec.h"
#include "format/cookie.h"
#include "format/asbd.h"

#include <AudioToolbox/AudioCodec.h>
#include <AudioToolbox/AudioConverter.h>
#include <coremusic/engine.h>
#include <stdbool.h>
#include <unistd.h>

#define RATE 44100
#define FRAMES 50000

static char folder[] = "/tmp/cm_test_codec.XXXXXX";

static bool have(const char *program)
{
    char command[128];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
    return system(command) == 0;
}

static void *read_file(const char *name, size_t *size)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    CHECK(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    void *bytes = malloc(*size + 1);
    CHECK(bytes && fread(bytes, 1, *size, file) == *size);
    fclose(file);
    return bytes;
}

static void write_file(const char *name, const void *bytes, size_t size)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(bytes, 1, size, file) == size);
    fclose(file);
}

/* Runs a shell command in the folder of the test's files. */
static void run(const char *command)
{
    char line[1024];
    snprintf(line, sizeof line, "cd %s && %s", folder, command);
    if (system(line) != 0) {
        fprintf(stderr, "failed: %s\n", command);
        exit(1);
    }
}

/* Tones with a noise floor, different in each channel: -1 .. 1. */
static double signal_at(size_t frame, unsigned channel)
{
    static const double tones[8] = { 440, 659.26, 880, 1318.5, 330, 523.25, 1046.5, 60 };
    double t = (double)frame / RATE;
    uint32_t noise = (uint32_t)(frame * 8 + channel) * 2654435761u;
    noise ^= noise >> 15;
    noise *= 2246822519u;
    double hiss = (double)(noise >> 8) / (1 << 24) - 0.5;
    return 0.45 * sin(2 * M_PI * tones[channel] * t) * (0.6 + 0.4 * sin(2 * M_PI * 3 * t)) + 0.02 * hiss;
}

/* ---- what a codec makes of a whole signal ---- */

typedef struct stream {
    cm_codec_info info;
    UInt8 *bytes;
    size_t size, packets, *sizes;
    UInt32 *lengths;
    size_t frames; /* that the packets stand for */
    UInt8 cookie[8192];
    size_t cookie_size;
} stream;

static void stream_free(stream *s)
{
    free(s->bytes);
    free(s->sizes);
    free(s->lengths);
}

static void take_packets(const cm_codec *codec, void *instance, stream *s)
{
    cm_packet packet;
    for (;;) {
        CHECK_EQ(codec->receive_packet(instance, &packet), noErr);
        if (!packet.data)
            return;
        CHECK(packet.size <= s->info.max_packet_size || s->info.format.mBytesPerPacket);
        s->bytes = realloc(s->bytes, s->size + packet.size);
        s->sizes = realloc(s->sizes, (s->packets + 1) * sizeof *s->sizes);
        s->lengths = realloc(s->lengths, (s->packets + 1) * sizeof *s->lengths);
        memcpy(s->bytes + s->size, packet.data, packet.size);
        s->sizes[s->packets] = packet.size;
        s->lengths[s->packets++] = packet.frames;
        s->size += packet.size;
        s->frames += packet.frames;
    }
}

/* Encodes in pieces of odd sizes. make gives one sample of the encoder's format at `to`. */
static stream encode(const cm_codec *codec, cm_codec_config config, size_t frames,
                     void (*make)(const cm_pcm *pcm, size_t frame, unsigned channel, void *to))
{
    stream s = { 0 };
    void *instance = NULL;
    OSStatus status = codec->open(codec, &config, &instance, &s.info);
    if (status != noErr)
        fprintf(stderr, "%s\n", cm_detail(status));
    CHECK_EQ(status, noErr);
    cm_pcm pcm = s.info.pcm;
    size_t step = 1777;
    UInt8 *planes[8];
    for (unsigned c = 0; c < 8; c++)
        planes[c] = malloc(step * cm_pcm_stride(&pcm));
    for (size_t done = 0; done < frames;) {
        size_t now = frames - done < step ? frames - done : step;
        for (size_t i = 0; i < now; i++)
            for (unsigned c = 0; c < pcm.channels; c++) {
                UInt8 *to = pcm.planar ? planes[c] + i * pcm.bytes
                                       : planes[0] + (i * pcm.channels + c) * pcm.bytes;
                make(&pcm, done + i, c, to);
            }
        CHECK_EQ(codec->send_frames(instance, (const void *const *)planes, now), noErr);
        take_packets(codec, instance, &s);
        done += now;
    }
    CHECK_EQ(codec->send_frames(instance, NULL, 0), noErr);
    take_packets(codec, instance, &s);
    const void *cookie;
    CHECK_EQ(codec->cookie(instance, &cookie, &s.cookie_size), noErr);
    CHECK(s.cookie_size <= sizeof s.cookie);
    if (s.cookie_size)
        memcpy(s.cookie, cookie, s.cookie_size);
    codec->close(instance);
    for (unsigned c = 0; c < 8; c++)
        free(planes[c]);
    return s;
}

/* One plane of doubles per channel. */
typedef struct decoded {
    double *samples[8];
    size_t frames, room;
    Float64 rate;
} decoded;

static void decoded_free(decoded *d)
{
    for (int c = 0; c < 8; c++)
        free(d->samples[c]);
}

static double sample_of(const cm_pcm *pcm, const void *at)
{
    if (pcm->is_float && pcm->bytes == 4)
        return *(const float *)at;
    if (pcm->bytes == 2)
        return *(const SInt16 *)at / 32768.0;
    if (pcm->bytes == 3) {
        const UInt8 *b = at;
        return (SInt32)((UInt32)b[2] << 24 | (UInt32)b[1] << 16 | (UInt32)b[0] << 8) / 2147483648.0;
    }
    CHECK(pcm->bytes == 4);
    return *(const SInt32 *)at / 2147483648.0;
}

static void take_blocks(const cm_codec *codec, void *instance, decoded *d)
{
    cm_pcm_block block;
    for (;;) {
        CHECK_EQ(codec->receive_block(instance, &block), noErr);
        if (block.frames == 0)
            return;
        if (d->frames + block.frames > d->room) {
            d->room = 2 * (d->frames + block.frames);
            for (unsigned c = 0; c < block.format.channels; c++)
                d->samples[c] = realloc(d->samples[c], d->room * sizeof(double));
        }
        for (size_t i = 0; i < block.frames; i++)
            for (unsigned c = 0; c < block.format.channels; c++) {
                const UInt8 *plane = block.planes[block.format.planar ? c : 0];
                size_t at = block.format.planar ? i : i * block.format.channels + c;
                d->samples[c][d->frames + i] = sample_of(&block.format, plane + at * block.format.bytes);
            }
        d->frames += block.frames;
    }
}

static decoded decode_with(const cm_codec *codec, const cm_codec_config *config, const stream *s)
{
    decoded d = { 0 };
    void *instance = NULL;
    cm_codec_info info;
    CHECK_EQ(codec->open(codec, config, &instance, &info), noErr);
    d.rate = info.pcm_rate;
    size_t at = 0;
    for (size_t i = 0; i < s->packets; i++) {
        cm_packet packet = { s->bytes + at, (UInt32)s->sizes[i], s->lengths[i] };
        CHECK_EQ(codec->send_packet(instance, &packet), noErr);
        take_blocks(codec, instance, &d);
        at += s->sizes[i];
    }
    CHECK_EQ(codec->send_packet(instance, &(cm_packet){ 0 }), noErr);
    take_blocks(codec, instance, &d);
    codec->close(instance);
    return d;
}

static decoded decode(const stream *s)
{
    const cm_codec *codec = cm_codec_find(kAudioDecoderComponentType, s->info.format.mFormatID, 0);
    CHECK(codec);
    cm_codec_config config = { .format = s->info.format,
                               .cookie = s->cookie_size ? s->cookie : NULL,
                               .cookie_size = s->cookie_size };
    return decode_with(codec, &config, s);
}

static const cm_codec *encoder_for(AudioFormatID id)
{
    return cm_codec_find(kAudioEncoderComponentType, id, 0);
}

static cm_codec_config config_for(AudioFormatID id, Float64 rate, UInt32 channels)
{
    return (
        cm_codec_config){ .format = { .mSampleRate = rate, .mFormatID = id, .mChannelsPerFrame = channels },
                          .quality = kAudioConverterQuality_High,
                          .bit_rate_mode = kAudioCodecBitRateControlMode_Constant };
}

static void make_signal(const cm_pcm *pcm, size_t frame, unsigned channel, void *to)
{
    double value = signal_at(frame, channel);
    if (pcm->is_float)
        *(float *)to = (float)value;
    else if (pcm->bytes == 2)
        *(SInt16 *)to = (SInt16)lrint(value * 32767);
    else
        *(SInt32 *)to = (SInt32)lrint(value * 8388607) * 256;
}

/* ---- our own codecs ---- */

static void g711_is_that_of_sox(void)
{
    if (!have("sox"))
        return;
    static const struct {
        AudioFormatID id;
        const char *name;
    } laws[] = { { kAudioFormatALaw, "al" }, { kAudioFormatULaw, "ul" } };
    SInt16 *all = malloc(65536 * sizeof *all);
    for (int i = 0; i < 65536; i++)
        all[i] = (SInt16)(i - 32768);
    write_file("all.s16", all, 65536 * sizeof *all);
    for (size_t law = 0; law < 2; law++) {
        char command[256];
        snprintf(command, sizeof command,
                 "sox -D -t s16 -r 8000 -c 1 all.s16 -t %s out.law && sox -D -t %s -r 8000 -c 1 out.law -t "
                 "s16 back.s16",
                 laws[law].name, laws[law].name);
        run(command);
        size_t size, back_size;
        UInt8 *expected = read_file("out.law", &size);
        SInt16 *back = read_file("back.s16", &back_size);
        CHECK_EQ(size, 65536);

        cm_codec_config config = config_for(laws[law].id, 8000, 1);
        const cm_codec *encoder = encoder_for(laws[law].id);
        void *instance = NULL;
        cm_codec_info info;
        cm_packet packet;
        CHECK_EQ(encoder->open(encoder, &config, &instance, &info), noErr);
        const void *plane = all;
        CHECK_EQ(encoder->send_frames(instance, &plane, 65536), noErr);
        CHECK_EQ(encoder->receive_packet(instance, &packet), noErr);
        CHECK_EQ(packet.size, 65536);
        CHECK_EQ(packet.frames, 65536);
        const UInt8 *codes = packet.data;
        /* sox rounds to 13 and 14 bits where the standard's own program cuts: next to a decision value its
           code may be the neighbour, never another */
        int different = 0;
        for (int i = 0; i < 65536; i++) {
            int ours = codes[i] ^ (law == 0 ? 0x55 : 0xFF), theirs = expected[i] ^ (law == 0 ? 0x55 : 0xFF);
            different += ours != theirs;
            CHECK(abs((ours & 127) - (theirs & 127)) <= 1);
        }
        CHECK(different < 1100);

        stream s = { .info = info, .bytes = expected, .size = size, .packets = 1, .sizes = &size };
        UInt32 length = 65536;
        s.lengths = &length;
        decoded d = decode(&s);
        CHECK_EQ(d.frames, 65536);
        for (int i = 0; i < 65536; i++)
            CHECK_EQ(lrint(d.samples[0][i] * 32768), back[i]);
        decoded_free(&d);
        encoder->close(instance);
        free(expected);
        free(back);
    }
    free(all);
}

static void everything_reports_itself(void)
{
    size_t count = 0;
    for (const cm_codec *const *codec = cm_codec_table(); *codec; codec++, count++)
        printf("   %-28s %c%c%c%c %s\n", (*codec)->name, (*codec)->format_id >> 24,
               (*codec)->format_id >> 16 & 255, (*codec)->format_id >> 8 & 255, (*codec)->format_id & 255,
               (*codec)->type == kAudioEncoderComponentType ? "encoder" : "decoder");
    CHECK(count > 20);
}

/* ---- lossless ---- */

static UInt32 exact_depth;

/* A pseudo-random walk that uses every bit of the depth. */
static SInt32 exact_sample(size_t frame, unsigned channel)
{
    double value = signal_at(frame, channel);
    return (SInt32)lrint(value * (double)(1 << (exact_depth - 1)));
}

static void make_exact(const cm_pcm *pcm, size_t frame, unsigned channel, void *to)
{
    SInt32 value = exact_sample(frame, channel);
    if (pcm->bytes == 2)
        *(SInt16 *)to = (SInt16)value;
    else
        *(SInt32 *)to = (SInt32)((UInt32)value << (32 - exact_depth));
}

static void lossless_is_lossless(void)
{
    static const AudioFormatID ids[] = { kAudioFormatAppleLossless, kAudioFormatFLAC };
    static const UInt32 depths[] = { 16, 20, 24 };
    for (size_t f = 0; f < 2; f++)
        for (UInt32 flag = 1; flag <= 3; flag++)
            for (UInt32 channels = 1; channels <= 8; channels++) {
                exact_depth = depths[flag - 1];
                cm_codec_config config = config_for(ids[f], 48000, channels);
                config.format.mFormatFlags = flag;
                stream s = encode(encoder_for(ids[f]), config, 20000, make_exact);
                CHECK_EQ(s.frames, 20000);
                CHECK_EQ(s.info.priming_frames, 0);
                decoded d = decode(&s);
                CHECK_EQ(d.frames, 20000);
                for (size_t i = 0; i < d.frames; i++)
                    for (UInt32 c = 0; c < channels; c++)
                        CHECK_EQ(lrint(d.samples[c][i] * (double)(1 << (exact_depth - 1))),
                                 exact_sample(i, c));
                decoded_free(&d);
                stream_free(&s);
            }
}

/* ---- lossy ---- */

/* The delay of the decoded signal against the one that went in: where their correlation is greatest. */
static size_t measure_delay(const decoded *d, size_t longest, double *correlation)
{
    size_t best = 0;
    *correlation = -1;
    for (size_t delay = 0; delay < longest; delay++) {
        double xy = 0, xx = 0, yy = 0;
        for (size_t i = 8000; i < 12000; i++) {
            double x = signal_at(i, 0), y = d->samples[0][i + delay];
            xy += x * y;
            xx += x * x;
            yy += y * y;
        }
        double r = xy / sqrt(xx * yy + 1e-30);
        if (r > *correlation) {
            *correlation = r;
            best = delay;
        }
    }
    return best;
}

static void lossy_keeps_length_and_delay(void)
{
    static const struct {
        AudioFormatID id;
        Float64 rate;
        UInt32 channels;
        UInt32 bit_rate;
    } cases[] = {
        { kAudioFormatMPEG4AAC, 44100, 2, 192000 },   { kAudioFormatMPEG4AAC, 22050, 1, 0 },
        { kAudioFormatMPEGLayer3, 44100, 2, 192000 }, { kAudioFormatMPEGLayer3, 22050, 1, 0 },
        { kAudioFormatOpus, 48000, 2, 160000 },       { kAudioFormatOpus, 24000, 1, 0 },
        { kCMAudioFormatVorbis, 44100, 2, 0 },        { kCMAudioFormatVorbis, 44100, 1, 96000 },
        { kAudioFormatAC3, 48000, 2, 192000 },        { kAudioFormatEnhancedAC3, 48000, 2, 192000 },
        { kAudioFormatMPEGLayer2, 48000, 2, 0 },      { kAudioFormatAppleIMA4, 44100, 2, 0 },
        { kAudioFormatDVIIntelIMA, 44100, 2, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const cm_codec *encoder = encoder_for(cases[i].id);
        if (!encoder)
            continue;
        cm_codec_config config = config_for(cases[i].id, cases[i].rate, cases[i].channels);
        config.bit_rate = cases[i].bit_rate;
        stream s = encode(encoder, config, FRAMES, make_signal);
        decoded d = decode(&s);
        double scale = d.rate / cases[i].rate, correlation;
        size_t priming = (size_t)(s.info.priming_frames * scale);
        printf("   %-26s priming %4u, frames %zu, packets %zu stand for %zu, decoded %zu at %g, %u bit/s\n",
               encoder->name, s.info.priming_frames, (size_t)FRAMES, s.packets, s.frames, d.frames, d.rate,
               s.info.bit_rate);
        if (scale == 1) {
            size_t delay = measure_delay(&d, 3000, &correlation);
            printf("      delay %zu, correlation %.6f\n", delay, correlation);
            CHECK_EQ(delay, priming);
            CHECK(correlation > 0.99);
        }
        CHECK_EQ(s.frames, FRAMES + s.info.priming_frames);
        CHECK(d.frames >= (size_t)((double)s.frames * scale));
        decoded_free(&d);
        stream_free(&s);
    }
}

int main(void)
{
    CHECK(mkdtemp(folder));
    RUN(everything_reports_itself);
    RUN(g711_is_that_of_sox);
    RUN(lossless_is_lossless);
    RUN(lossy_keeps_length_and_delay);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0;
}
