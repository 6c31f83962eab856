/*
 * From file to sound: every packet of files that ffmpeg makes goes through the decoders of codec.h; what is
 * left after dropping priming and remainder is what ffmpeg (or sox) decodes, sample by sample.
 */
#include "codec/codec.h"
#include "file_kit.h"
#include "format/aac_config.h"
#include "format/cookie.h"

#include <AudioToolbox/AudioCodec.h>
#include <AudioToolbox/AudioConverter.h>
#include <coremusic/engine.h>

#define FRAMES 60000

typedef struct decode_case {
    const char *name, *encode; /* file and ffmpeg's arguments */
    UInt32 channels;
    const char *oracle; /* a command that writes 32-bit floats, native and interleaved, to %s.f32 */
    double tolerance;
} decode_case;

#define BY_FFMPEG "ffmpeg -nostdin -v error -y -i %s -map 0:a -f f32le %s.f32"
#define BY_FLOAT "ffmpeg -nostdin -v error -y -c:a mp2float -i %s -map 0:a -f f32le %s.f32"
#define BY_SOX "sox -D %s -t f32 %s.f32"

static const decode_case cases[] = {
    { "ima4.caf", "-c:a adpcm_ima_qt", 2, BY_FFMPEG, 0 },
    { "ima4.aifc", "-c:a adpcm_ima_qt -f aiff", 1, BY_FFMPEG, 0 },
    { "dvi.wav", "-c:a adpcm_ima_wav", 2, BY_SOX, 0 },
    { "ms.wav", "-c:a adpcm_ms", 2, BY_SOX, 0 },
    { "ms1.wav", "-c:a adpcm_ms", 1, BY_SOX, 0 },
    { "a.wav", "-c:a pcm_alaw", 2, BY_FFMPEG, 0 },
    { "u.wav", "-c:a pcm_mulaw", 2, BY_FFMPEG, 0 },
    { "a.m4a", "-b:a 128k -aac_pns 0", 2, BY_FFMPEG, 0 },
    { "l.m4a", "-c:a alac", 2, BY_FFMPEG, 0 },
    { "l24.m4a", "-c:a alac -sample_fmt s32p", 2, BY_FFMPEG, 0 },
    { "a.flac", "", 2, BY_FFMPEG, 0 },
    { "b.flac", "-sample_fmt s32", 1, BY_FFMPEG, 0 },
    { "a.mp3", "-b:a 128k", 2, BY_FFMPEG, 0 },
    { "m.mp3", "-ar 22050 -b:a 48k", 1, BY_FFMPEG, 0 },
    { "v.ogg", "-c:a libvorbis", 2, BY_FFMPEG, 0 },
    { "f.ogg", "-c:a flac", 2, BY_FFMPEG, 0 },
    { "o.opus", "-ar 48000 -c:a libopus -b:a 96k", 2, BY_FFMPEG, 0 },
    { "speech.opus", "-ar 48000 -c:a libopus -b:a 16k -application voip -frame_duration 60", 1, BY_FFMPEG,
      0 },
    { "o.mp4", "-ar 48000 -c:a libopus", 2, BY_FFMPEG, 0 },
    { "a.ac3", "-b:a 192k", 2, BY_FFMPEG, 0 },
    { "a.eac3", "-b:a 192k", 2, BY_FFMPEG, 0 },
    { "a.mp2", "-b:a 192k -f mp2", 2, BY_FLOAT, 0 },
    { "a.aac", "-b:a 128k -aac_pns 0", 2, BY_FFMPEG, 0 },
};

static const char *made(const char *name, const char *arguments, UInt32 channels)
{
    SInt16 *samples = malloc(channels * FRAMES * sizeof *samples);
    kit_tone(samples, channels * FRAMES);
    kit_write(kit_path("in.raw"), samples, channels * FRAMES * sizeof *samples);
    free(samples);
    const char *path = kit_path(name);
    kit_shell("ffmpeg -nostdin -v error -y -f s16le -ar 44100 -ac %u -i %s %s %s", channels,
              kit_path("in.raw"), arguments, path);
    CHECK(access(path, F_OK) == 0);
    return path;
}

typedef struct sound {
    float *samples; /* interleaved */
    size_t frames, room;
    UInt32 channels;
} sound;

static void add_block(sound *s, const cm_pcm_block *block)
{
    CHECK_EQ(block->format.channels, s->channels);
    if (s->frames + block->frames > s->room) {
        s->room = 2 * (s->frames + block->frames);
        s->samples = realloc(s->samples, s->room * s->channels * sizeof(float));
    }
    cm_pcm floats = cm_pcm_float32(s->channels, false);
    void *to = s->samples + s->frames * s->channels;
    cm_pcm_convert(&floats, &to, &block->format, block->planes, block->frames);
    s->frames += block->frames;
}

static void receive_all(const cm_codec *codec, void *instance, sound *s)
{
    cm_pcm_block block;
    for (;;) {
        OSStatus status = codec->receive_block(instance, &block);
        if (status != noErr)
            fprintf(stderr, "%s\n", cm_detail(status));
        CHECK_EQ(status, noErr);
        if (block.frames == 0)
            return;
        add_block(s, &block);
    }
}

typedef struct reader {
    cm_file *f;
    const cm_codec *codec;
    void *instance;
    cm_codec_info info;
    UInt32 run; /* packets of one cm_packet: many where they have one size */
} reader;

static reader open_reader(const char *path, const AudioStreamBasicDescription *format)
{
    reader r = { .f = kit_open(path, false) };
    cm_codec_config config = { .format = format ? *format : r.f->format, .layout = r.f->layout };
    r.codec = cm_codec_find(kAudioDecoderComponentType, config.format.mFormatID, 0);
    CHECK(r.codec);
    if (r.f->cookie) {
        config.cookie = CFDataGetBytePtr(r.f->cookie);
        config.cookie_size = (size_t)CFDataGetLength(r.f->cookie);
    }
    CHECK_EQ(r.codec->open(r.codec, &config, &r.instance, &r.info), noErr);
    r.run = config.format.mBytesPerPacket ? 16 : 1;
    return r;
}

static void close_reader(reader *r)
{
    r->codec->close(r->instance);
    cm_file_free(r->f);
}

/* Decodes packets from `from` on to the end. damage: one packet of so many has its middle changed. */
static sound decode_from(reader *r, SInt64 from, UInt32 damage)
{
    static UInt8 buffer[1 << 18];
    sound s = { .channels = r->info.pcm.channels };
    AudioStreamPacketDescription d[16];
    for (SInt64 at = from;;) {
        UInt32 count = r->run, bytes = sizeof buffer;
        OSStatus status = cm_file_read_packets(r->f, at, &count, d, &bytes, buffer);
        if (status == kAudioFileEndOfFileError)
            break;
        CHECK_EQ(status, noErr);
        if (damage && at % damage == damage / 2)
            memset(buffer, 0xA5, bytes);
        cm_packet packet = { buffer, bytes, r->run == 1 ? d[0].mVariableFramesInPacket : 0 };
        CHECK_EQ(r->codec->send_packet(r->instance, &packet), noErr);
        receive_all(r->codec, r->instance, &s);
        at += count;
    }
    CHECK_EQ(r->codec->send_packet(r->instance, &(cm_packet){ 0 }), noErr);
    receive_all(r->codec, r->instance, &s);
    return s;
}

static double largest_difference(const float *a, const float *b, size_t samples)
{
    double most = 0;
    for (size_t i = 0; i < samples; i++)
        most = fmax(most, fabs((double)a[i] - b[i]));
    return most;
}

static void decodes_what_others_decode(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const decode_case *c = &cases[i];
        if (strncmp(c->oracle, "sox", 3) == 0 && !kit_have("sox"))
            continue;
        const char *path = made(c->name, c->encode, c->channels);
        char command[512], result[256];
        snprintf(command, sizeof command, c->oracle, path, path);
        kit_shell("%s", command);
        snprintf(result, sizeof result, "%s.f32", path);
        size_t size;
        float *expected = (float *)(void *)kit_read(result, &size);
        size_t expected_frames = size / sizeof(float) / c->channels;

        reader r = open_reader(path, NULL);
        sound s = decode_from(&r, 0, 0);
        AudioFilePacketTableInfo info;
        CHECK_EQ(cm_file_frames(r.f, &info), noErr);
        CHECK(s.frames >= (size_t)(info.mPrimingFrames + info.mNumberValidFrames));
        size_t frames = (size_t)info.mNumberValidFrames < expected_frames ? (size_t)info.mNumberValidFrames
                                                                          : expected_frames;
        double difference = largest_difference(s.samples + (size_t)info.mPrimingFrames * s.channels, expected,
                                               frames * s.channels);
        printf("   %-12s %zu frames, valid %lld, the other has %zu; largest difference %g\n", c->name,
               s.frames, (long long)info.mNumberValidFrames, expected_frames, difference);
        CHECK(frames + 1024 >= expected_frames && difference <= c->tolerance);
        free(expected);
        free(s.samples);
        close_reader(&r);
    }
}

/* IMA4 headers leave out the low seven bits of the predictor; AC-3 fills empty bands with noise of its own.
 */
static double seek_tolerance(AudioFormatID format)
{
    return format == kAudioFormatAppleIMA4                                  ? 4e-3
           : format == kAudioFormatAC3 || format == kAudioFormatEnhancedAC3 ? 2e-2
                                                                            : 1e-4;
}

/* Starting in the middle, with the packets before that the decoder asks for, gives the same sound. */
static void seeking_gives_the_same(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const decode_case *c = &cases[i];
        reader r = open_reader(made(c->name, c->encode, c->channels), NULL);
        sound all = decode_from(&r, 0, 0);
        SInt64 count = 0, target, start = 0, before = 0;
        CHECK_EQ(cm_file_count_packets(r.f, &count), noErr);
        target = count / 2;
        start = target > r.info.preroll_packets ? target - r.info.preroll_packets : 0;
        for (SInt64 p = 0; p < start; p++)
            before += cm_file_packet_frames(r.f, p);
        SInt64 skip = 0;
        for (SInt64 p = start; p < target; p++)
            skip += cm_file_packet_frames(r.f, p);
        CHECK_EQ(r.codec->reset(r.instance), noErr);
        sound part = decode_from(&r, start, 0);
        CHECK_EQ((SInt64)part.frames, (SInt64)all.frames - before);
        double difference = largest_difference(part.samples + skip * part.channels,
                                               all.samples + (before + skip) * all.channels,
                                               (part.frames - (size_t)skip) * part.channels);
        /* IMA4 headers leave out the low seven bits of the predictor: 0.0039 at most; others are below
         * hearing */
        if (difference > 0)
            printf("   %-12s differs by %g after a seek\n", c->name, difference);
        CHECK(difference < seek_tolerance(r.info.format.mFormatID));
        free(all.samples);
        free(part.samples);
        close_reader(&r);
    }
}

/* A damaged packet costs its own length and its neighbourhood, not the rest. */
static void damage_does_not_spread(void)
{
    static const char *const names[] = { "a.m4a", "a.mp3", "l.m4a", "a.flac", "v.ogg" };
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            if (strcmp(cases[i].name, names[n]) != 0)
                continue;
            const char *path = made(cases[i].name, cases[i].encode, cases[i].channels);
            reader r = open_reader(path, NULL), again = open_reader(path, NULL);
            sound whole = decode_from(&r, 0, 0), hurt = decode_from(&again, 0, 20);
            CHECK_EQ(hurt.frames, whole.frames);
            size_t same = 0;
            for (size_t k = 0; k < whole.frames * whole.channels; k++)
                same += hurt.samples[k] == whole.samples[k];
            printf("   %-8s %.0f %% of the samples are untouched\n", names[n],
                   100.0 * (double)same / (double)(whole.frames * whole.channels));
            CHECK(same > whole.frames * whole.channels / 4);
            free(whole.samples);
            free(hurt.samples);
            close_reader(&r);
            close_reader(&again);
        }
}

/* The same AAC stream as base layer, and as the doubled rate that its formats may offer. */
static void aac_is_decoded_as_asked(void)
{
    const char *path = made("low.m4a", "-ar 22050 -b:a 48k", 1);
    cm_file *f = kit_open(path, false);
    AudioStreamBasicDescription base = f->format, high = f->format;
    cm_file_free(f);
    high.mFormatID = kAudioFormatMPEG4AAC_HE;
    high.mSampleRate = 44100;
    high.mFramesPerPacket = 2048;
    reader r = open_reader(path, &base), h = open_reader(path, &high);
    sound s = decode_from(&r, 0, 0), t = decode_from(&h, 0, 0);
    CHECK_EQ(t.frames, 2 * s.frames);
    CHECK_EQ(h.info.pcm_rate, 44100);
    free(s.samples);
    free(t.samples);
    close_reader(&r);
    close_reader(&h);
}

/* Six tones, one per channel, come out in the order of the coded stream, or in the one that is asked for. */
static void channels_are_in_coded_order(void)
{
    /* ffmpeg's order is L R C LFE Ls Rs; frequencies 200, 400, 600, 40, 1000, 1200 Hz */
    static const struct {
        const char *name, *arguments;
        double order[6];
    } orders[] = {
        { "six.m4a", "-c:a aac -b:a 400k", { 600, 200, 400, 1000, 1200, 40 } },
        { "six_l.m4a", "-c:a alac", { 600, 200, 400, 1000, 1200, 40 } },
        { "six.flac", "-c:a flac", { 200, 400, 600, 40, 1000, 1200 } },
        { "six.ogg", "-c:a libvorbis -b:a 400k", { 200, 600, 400, 1000, 1200, 40 } },
        { "six.ac3", "-c:a ac3 -b:a 448k", { 200, 600, 400, 1000, 1200, 40 } },
    };
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        const char *path = kit_path(orders[i].name);
        kit_shell(
            "ffmpeg -nostdin -v error -y -f lavfi -i 'aevalsrc=0.4*sin(2*PI*200*t)|0.4*sin(2*PI*400*t)|"
            "0.4*sin(2*PI*600*t)|0.4*sin(2*PI*40*t)|0.4*sin(2*PI*1000*t)|0.4*sin(2*PI*1200*t):s=48000:c=5.1' "
            "-t 1 %s %s",
            orders[i].arguments, path);
        reader r = open_reader(path, NULL);
        sound s = decode_from(&r, 0, 0);
        CHECK_EQ(s.channels, 6);
        for (UInt32 c = 0; c < 6; c++) {
            double best = 0, found = 0;
            for (double hz = 40; hz <= 1200; hz += hz < 200 ? 160 : 200) {
                double re = 0, im = 0;
                for (size_t k = 12000; k < 36000; k++) {
                    re += s.samples[k * 6 + c] * cos(2 * M_PI * hz * (double)k / 48000);
                    im += s.samples[k * 6 + c] * sin(2 * M_PI * hz * (double)k / 48000);
                }
                if (re * re + im * im > best) {
                    best = re * re + im * im;
                    found = hz;
                }
            }
            CHECK_EQ(found, orders[i].order[c]);
        }
        free(s.samples);
        close_reader(&r);
    }
}

/* ---- magic cookies ---- */

static void cookies_are_found_in_every_wrapping(void)
{
    static const UInt8 config[] = { 0x12, 0x10 }; /* AAC LC, 44100 Hz, stereo: ISO/IEC 14496-3, 1.6.2.1 */
    UInt8 esds[64];
    cm_span found;
    cm_aac_config parsed;
    size_t size = cm_cookie_write_esds(0x40, 1536, 128000, 128000, (cm_span){ config, 2 }, esds);
    CHECK_EQ(size, CM_ESDS_OVERHEAD - 2 + 2); /* what Apple's encoder gives */
    CHECK(cm_cookie_find_aac((cm_span){ esds, size }, &found) && found.size == 2);
    CHECK(memcmp(found.bytes, config, 2) == 0);
    CHECK(cm_cookie_find_aac((cm_span){ config, 2 }, &found) && found.bytes == config);
    CHECK_EQ(cm_aac_config_parse(config, 2, &parsed), noErr);
    CHECK_EQ(parsed.rate, 44100);
    CHECK_EQ(parsed.channels, 2);
    CHECK_EQ(parsed.object_type, CM_AAC_LC);

    /* HE-AAC v2, both ways of saying so: 24 kHz mono core, 48 kHz stereo */
    static const UInt8 nested[] = { 0xEB, 0x09, 0x88, 0x00 };
    CHECK_EQ(cm_aac_config_parse(nested, sizeof nested, &parsed), noErr);
    CHECK(parsed.sbr == CM_AAC_PRESENT && parsed.ps == CM_AAC_PRESENT);
    CHECK_EQ(parsed.rate, 24000);
    CHECK_EQ(parsed.sbr_rate, 48000);
    AudioStreamBasicDescription formats[3];
    CHECK_EQ(cm_aac_formats(&parsed, formats), 3);
    CHECK_EQ(formats[0].mFormatID, kAudioFormatMPEG4AAC_HE_V2);
    CHECK_EQ(formats[0].mChannelsPerFrame, 2);
    CHECK_EQ(formats[0].mSampleRate, 48000);
    CHECK_EQ(formats[2].mFormatID, kAudioFormatMPEG4AAC);
    CHECK_EQ(formats[2].mSampleRate, 24000);
    UInt8 again[CM_AAC_CONFIG_MAX];
    cm_aac_config second;
    size = cm_aac_config_write(&parsed, nested, again);
    CHECK(size > 0);
    CHECK_EQ(cm_aac_config_parse(again, size, &second), noErr);
    CHECK(second.sbr == CM_AAC_PRESENT && second.ps == CM_AAC_PRESENT);
    CHECK_EQ(second.sbr_rate, 48000);
    CHECK_EQ(second.rate, 24000);
}

static void codecs_tell_their_limits(void)
{
    UInt32 list[32];
    const cm_codec *aac = cm_codec_find(kAudioEncoderComponentType, kAudioFormatMPEG4AAC, 0);
    CHECK(aac);
    size_t count = cm_codec_bit_rates(aac, 44100, 2, list, 32);
    CHECK(count > 5 && list[0] == 64000);
    for (size_t i = 1; i < count; i++)
        CHECK(list[i] > list[i - 1]);
    const cm_codec *flac = cm_codec_find(kAudioEncoderComponentType, kAudioFormatFLAC, 0);
    CHECK(flac);
    CHECK_EQ(cm_codec_bit_rates(flac, 44100, 2, NULL, 0), 0);
    cm_codec_config config = {
        .format = { .mSampleRate = 44100, .mFormatID = kAudioFormatOpus, .mChannelsPerFrame = 2 }
    };
    const cm_codec *opus = cm_codec_find(kAudioEncoderComponentType, kAudioFormatOpus, 0);
    void *instance = NULL;
    cm_codec_info info;
    if (opus) {
        OSStatus status = opus->open(opus, &config, &instance, &info);
        CHECK_EQ(status, kAudioConverterErr_FormatNotSupported);
        CHECK(cm_detail(status) && strstr(cm_detail(status), "48000"));
        opus->close(instance);
    }
    CHECK(cm_codec_find(kAudioEncoderComponentType, 'none', 0) == NULL);
}

int main(void)
{
    kit_begin();
    RUN(cookies_are_found_in_every_wrapping);
    RUN(codecs_tell_their_limits);
    if (kit_have("ffmpeg")) {
        RUN(decodes_what_others_decode);
        RUN(seeking_gives_the_same);
        RUN(damage_does_not_spread);
        RUN(aac_is_decoded_as_asked);
        RUN(channels_are_in_coded_order);
    } else {
        printf("skipped: ffmpeg is not installed\n");
    }
    kit_end();
    return 0;
}
