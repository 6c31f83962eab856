#include "alsa_pcm.h"

#include <CoreAudio/AudioHardwareBase.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PLUG_CHANNELS = 2, /* what a converting PCM, which takes any number, is said to have */
    MAX_CHANNELS = 64,
    MAX_PERIOD = 8192,
    PERIODS = 3
};

static const Float64 usual_rates[] = { 8000,  11025, 12000, 16000, 22050,  24000,  32000,  44100,
                                       48000, 64000, 88200, 96000, 176400, 192000, 352800, 384000 };

struct cm_alsa_access {
    snd_pcm_access_t access;
    bool planar;
    bool mapped;
};

static const cm_alsa_access accesses[] = {
    { SND_PCM_ACCESS_RW_INTERLEAVED, false, false },
    { SND_PCM_ACCESS_MMAP_INTERLEAVED, false, true },
    { SND_PCM_ACCESS_RW_NONINTERLEAVED, true, false },
    { SND_PCM_ACCESS_MMAP_NONINTERLEAVED, true, true },
};

/* Those without loss first. */
static const struct {
    snd_pcm_format_t format;
    UInt8 bits, bytes;
    bool is_float, big_endian, is_unsigned;
} formats[] = {
    { SND_PCM_FORMAT_FLOAT_LE, 32, 4, true, false, false },
    { SND_PCM_FORMAT_S32_LE, 32, 4, false, false, false },
    { SND_PCM_FORMAT_S24_LE, 24, 4, false, false, false },
    { SND_PCM_FORMAT_S24_3LE, 24, 3, false, false, false },
    { SND_PCM_FORMAT_FLOAT64_LE, 64, 8, true, false, false },
    { SND_PCM_FORMAT_FLOAT_BE, 32, 4, true, true, false },
    { SND_PCM_FORMAT_S32_BE, 32, 4, false, true, false },
    { SND_PCM_FORMAT_S24_BE, 24, 4, false, true, false },
    { SND_PCM_FORMAT_S24_3BE, 24, 3, false, true, false },
    { SND_PCM_FORMAT_S16_LE, 16, 2, false, false, false },
    { SND_PCM_FORMAT_S16_BE, 16, 2, false, true, false },
    { SND_PCM_FORMAT_U16_LE, 16, 2, false, false, true },
    { SND_PCM_FORMAT_U8, 8, 1, false, false, true },
    { SND_PCM_FORMAT_S8, 8, 1, false, false, false },
};

static snd_pcm_stream_t stream_of(cm_side side)
{
    return side == CM_INPUT ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK;
}

/* ---- what it can do --------------------------------------------------------------------------------------
 */

static void read_ability(snd_pcm_t *handle, snd_pcm_hw_params_t *params, cm_alsa_ability *ability)
{
    unsigned channels = 0;
    snd_pcm_uframes_t shortest = 0, buffer = 0;
    int direction = 0;
    cm_alsa.snd_pcm_hw_params_get_channels_max(params, &channels);
    cm_alsa.snd_pcm_hw_params_get_period_size_min(params, &shortest, &direction);
    cm_alsa.snd_pcm_hw_params_get_buffer_size_max(params, &buffer);
    for (size_t i = 0; i < sizeof usual_rates / sizeof *usual_rates; i++)
        if (cm_alsa.snd_pcm_hw_params_test_rate(handle, params, (unsigned)usual_rates[i], 0) == 0)
            ability->rates[ability->rate_count++] = usual_rates[i];
    ability->channels = channels > MAX_CHANNELS ? PLUG_CHANNELS : channels;
    ability->min_frames = shortest < 16 ? 16 : shortest > MAX_PERIOD ? MAX_PERIOD : (UInt32)shortest;
    buffer /= PERIODS;
    ability->max_frames = buffer > MAX_PERIOD            ? MAX_PERIOD
                          : buffer < ability->min_frames ? ability->min_frames
                                                         : (UInt32)buffer;
}

bool cm_alsa_probe(const char *name, cm_side side, cm_alsa_ability *ability)
{
    snd_pcm_t *handle = NULL;
    snd_pcm_hw_params_t *params = NULL;
    *ability = (cm_alsa_ability){ 0 };
    if (cm_alsa.snd_pcm_open(&handle, name, stream_of(side), SND_PCM_NONBLOCK) < 0)
        return false;
    if (cm_alsa.snd_pcm_hw_params_malloc(&params) == 0 && cm_alsa.snd_pcm_hw_params_any(handle, params) >= 0)
        read_ability(handle, params, ability);
    if (params)
        cm_alsa.snd_pcm_hw_params_free(params);
    cm_alsa.snd_pcm_close(handle);
    return ability->channels > 0 && ability->rate_count > 0;
}

/* ---- opening ---------------------------------------------------------------------------------------------
 */

static bool choose_format(cm_alsa_pcm *pcm, snd_pcm_hw_params_t *params)
{
    for (size_t i = 0; i < sizeof accesses / sizeof *accesses && !pcm->access; i++)
        if (cm_alsa.snd_pcm_hw_params_set_access(pcm->handle, params, accesses[i].access) == 0)
            pcm->access = &accesses[i];
    for (size_t i = 0; i < sizeof formats / sizeof *formats && pcm->access; i++) {
        if (cm_alsa.snd_pcm_hw_params_set_format(pcm->handle, params, formats[i].format) != 0)
            continue;
        pcm->format = (cm_pcm){ .bits = formats[i].bits,
                                .bytes = formats[i].bytes,
                                .is_float = formats[i].is_float,
                                .is_signed = !formats[i].is_unsigned,
                                .big_endian = formats[i].big_endian,
                                .planar = pcm->access->planar };
        return true;
    }
    return false;
}

static bool choose_channels(cm_alsa_pcm *pcm, snd_pcm_hw_params_t *params)
{
    for (UInt32 n = pcm->channels; n <= MAX_CHANNELS; n++)
        if (cm_alsa.snd_pcm_hw_params_set_channels(pcm->handle, params, n) == 0) {
            pcm->card_channels = pcm->format.channels = n;
            return true;
        }
    return false;
}

static int choose_sizes(cm_alsa_pcm *pcm, snd_pcm_hw_params_t *params, UInt32 frames)
{
    snd_pcm_uframes_t period = frames, buffer;
    int direction = 0, error;
    if ((error = cm_alsa.snd_pcm_hw_params_set_period_size_near(pcm->handle, params, &period, &direction)) <
        0)
        return error;
    buffer = period * PERIODS;
    if ((error = cm_alsa.snd_pcm_hw_params_set_buffer_size_near(pcm->handle, params, &buffer)) < 0 ||
        (error = cm_alsa.snd_pcm_hw_params(pcm->handle, params)) < 0 ||
        (error = cm_alsa.snd_pcm_hw_params_get_period_size(params, &period, &direction)) < 0 ||
        (error = cm_alsa.snd_pcm_hw_params_get_buffer_size(params, &buffer)) < 0)
        return error;
    if (period > buffer / 2) /* the card is slow to tell: the stream asks more often */
        period = buffer / 2;
    if (period == 0 || buffer > 1u << 22)
        return -EINVAL;
    pcm->period = (UInt32)period;
    pcm->buffer = (UInt32)buffer;
    return 0;
}

static int set_hardware(cm_alsa_pcm *pcm, snd_pcm_hw_params_t *params, Float64 rate, UInt32 frames)
{
    unsigned real_rate = (unsigned)rate;
    int direction = 0, error = cm_alsa.snd_pcm_hw_params_any(pcm->handle, params);
    if (error < 0)
        return error;
    if (!choose_format(pcm, params) || !choose_channels(pcm, params))
        return -EINVAL;
    error = cm_alsa.snd_pcm_hw_params_set_rate_near(pcm->handle, params, &real_rate, &direction);
    pcm->rate = real_rate;
    return error < 0 ? error : choose_sizes(pcm, params, frames);
}

/* The stream starts by itself, is woken once a period, and stamps with the engine's clock. */
static int set_software(cm_alsa_pcm *pcm)
{
    snd_pcm_sw_params_t *params = NULL;
    snd_pcm_uframes_t never = 0;
    int error = cm_alsa.snd_pcm_sw_params_malloc(&params);
    if (error < 0)
        return error;
    if ((error = cm_alsa.snd_pcm_sw_params_current(pcm->handle, params)) >= 0 &&
        (error = cm_alsa.snd_pcm_sw_params_get_boundary(params, &never)) >= 0 &&
        (error = cm_alsa.snd_pcm_sw_params_set_start_threshold(pcm->handle, params, never)) >= 0 &&
        (error = cm_alsa.snd_pcm_sw_params_set_avail_min(pcm->handle, params, pcm->period)) >= 0) {
        cm_alsa.snd_pcm_sw_params_set_tstamp_mode(pcm->handle, params, SND_PCM_TSTAMP_ENABLE);
        cm_alsa.snd_pcm_sw_params_set_tstamp_type(pcm->handle, params, SND_PCM_TSTAMP_TYPE_MONOTONIC);
        error = cm_alsa.snd_pcm_sw_params(pcm->handle, params);
    }
    cm_alsa.snd_pcm_sw_params_free(params);
    return error;
}

static OSStatus set_memory(cm_alsa_pcm *pcm)
{
    UInt32 planes = pcm->format.planar ? pcm->card_channels : 1;
    size_t plane_bytes = cm_pcm_stride(&pcm->format) * pcm->buffer;
    pcm->floats = cm_pcm_float32(pcm->card_channels, false);
    pcm->bytes = calloc(planes, plane_bytes);
    pcm->planes = calloc(planes, sizeof *pcm->planes);
    if (pcm->card_channels != pcm->channels)
        pcm->wide = calloc(pcm->buffer, cm_pcm_stride(&pcm->floats));
    if (!pcm->bytes || !pcm->planes || (pcm->card_channels != pcm->channels && !pcm->wide))
        return cmMemFullError;
    for (UInt32 i = 0; i < planes; i++)
        pcm->planes[i] = pcm->bytes + i * plane_bytes;
    return 0;
}

static int open_and_set(cm_alsa_pcm *pcm, const char *name, Float64 rate, UInt32 frames)
{
    snd_pcm_hw_params_t *params = NULL;
    int error = cm_alsa.snd_pcm_open(&pcm->handle, name, stream_of(pcm->side), SND_PCM_NONBLOCK);
    if (error < 0) {
        pcm->handle = NULL;
        return error;
    }
    if ((error = cm_alsa.snd_pcm_hw_params_malloc(&params)) < 0)
        return error;
    error = set_hardware(pcm, params, rate, frames);
    cm_alsa.snd_pcm_hw_params_free(params);
    return error < 0 ? error : set_software(pcm);
}

OSStatus cm_alsa_pcm_open(cm_alsa_pcm *pcm, const char *name, cm_side side, Float64 rate, UInt32 channels,
                          UInt32 frames)
{
    char converting[CM_DEVICE_TEXT + 16];
    *pcm = (cm_alsa_pcm){ .side = side, .channels = channels };
    int error = open_and_set(pcm, name, rate, frames);
    if (error == -EINVAL && strncmp(name, "hw:", 3) == 0) {
        cm_alsa_pcm_close(pcm);
        *pcm = (cm_alsa_pcm){ .side = side, .channels = channels };
        snprintf(converting, sizeof converting, "plug%s", name);
        error = open_and_set(pcm, converting, rate, frames);
    }
    return error < 0 ? cm_alsa_fail(error, "opening", name) : set_memory(pcm);
}

void cm_alsa_pcm_close(cm_alsa_pcm *pcm)
{
    if (pcm->handle)
        cm_alsa.snd_pcm_close(pcm->handle);
    free(pcm->wide);
    free(pcm->bytes);
    free(pcm->planes);
    *pcm = (cm_alsa_pcm){ 0 };
}

/* ---- moving sound ----------------------------------------------------------------------------------------
 */

static snd_pcm_sframes_t move(cm_alsa_pcm *pcm, UInt32 frames)
{
    bool is_input = pcm->side == CM_INPUT, mapped = pcm->access->mapped;
    if (pcm->access->planar && is_input)
        return (mapped ? cm_alsa.snd_pcm_mmap_readn : cm_alsa.snd_pcm_readn)(pcm->handle, pcm->planes,
                                                                             frames);
    if (pcm->access->planar)
        return (mapped ? cm_alsa.snd_pcm_mmap_writen : cm_alsa.snd_pcm_writen)(pcm->handle, pcm->planes,
                                                                               frames);
    if (is_input)
        return (mapped ? cm_alsa.snd_pcm_mmap_readi : cm_alsa.snd_pcm_readi)(pcm->handle, pcm->bytes, frames);
    return (mapped ? cm_alsa.snd_pcm_mmap_writei : cm_alsa.snd_pcm_writei)(pcm->handle, pcm->bytes, frames);
}

static int move_all(cm_alsa_pcm *pcm, UInt32 frames)
{
    snd_pcm_sframes_t moved = move(pcm, frames);
    if (moved == (snd_pcm_sframes_t)frames)
        return 0;
    return moved < 0 && moved != -EAGAIN ? (int)moved : -EPIPE;
}

static void copy_channels(Float32 *to, UInt32 to_channels, const Float32 *from, UInt32 from_channels,
                          UInt32 frames)
{
    size_t shared = (to_channels < from_channels ? to_channels : from_channels) * sizeof(Float32);
    for (UInt32 i = 0; i < frames; i++)
        memcpy(to + (size_t)i * to_channels, from + (size_t)i * from_channels, shared);
}

int cm_alsa_pcm_read(cm_alsa_pcm *pcm, Float32 *to, UInt32 frames)
{
    int error = move_all(pcm, frames);
    if (error)
        return error;
    Float32 *floats = pcm->wide ? pcm->wide : to;
    cm_pcm_convert(&pcm->floats, (void *[]){ floats }, &pcm->format, (const void *const *)pcm->planes,
                   frames);
    if (pcm->wide)
        copy_channels(to, pcm->channels, pcm->wide, pcm->card_channels, frames);
    return 0;
}

/* The card's further channels stay as they were: silent, by calloc. */
static const Float32 *widened(cm_alsa_pcm *pcm, const Float32 *from, UInt32 frames)
{
    if (!pcm->wide)
        return from;
    copy_channels(pcm->wide, pcm->card_channels, from, pcm->channels, frames);
    return pcm->wide;
}

int cm_alsa_pcm_write(cm_alsa_pcm *pcm, const Float32 *from, UInt32 frames)
{
    const Float32 *floats = widened(pcm, from, frames);
    cm_pcm_convert(&pcm->format, pcm->planes, &pcm->floats, (const void *[]){ floats }, frames);
    return move_all(pcm, frames);
}
