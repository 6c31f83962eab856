/* The stages that change which channel goes where, and how loud. */
#include "../format/pcm_kernels.h"
#include "stage.h"

#include <AudioToolbox/AudioConverter.h>
#include <stdlib.h>
#include <string.h>

/* ---- map: samples are moved, never changed, so that every format keeps its precision ---- */

typedef struct map_stage {
    cm_stage stage;
    cm_planes out;    /* interleaved: the frames; planar: one plane of silence */
    UInt8 silence[8]; /* a sample of it in the format that out was filled for */
    const void *planes[CM_MAX_CHANNELS];
    SInt32 map[];
} map_stage;

static void lend_planes(map_stage *m, const cm_pcm *from, cm_pcm_block *block)
{
    for (UInt32 o = 0; o < m->stage.pcm.channels; o++)
        m->planes[o] = m->map[o] >= 0 && (UInt32)m->map[o] < from->channels ? block->planes[m->map[o]]
                                                                            : m->out.memory;
    block->planes = m->planes;
}

static void copy_channel(map_stage *m, UInt32 channel, const cm_pcm *from, const UInt8 *source, UInt8 *to,
                         size_t frames)
{
    size_t from_stride = (size_t)from->bytes * from->channels;
    size_t to_stride = (size_t)from->bytes * m->stage.pcm.channels;
    SInt32 input = m->map[channel];
    to += (size_t)channel * from->bytes;
    if (input >= 0 && (UInt32)input < from->channels)
        cm_pcm_move(to, to_stride, source + (size_t)input * from->bytes, from_stride, from->bytes, frames);
    else
        cm_pcm_move(to, to_stride, m->silence, 0, from->bytes, frames);
}

/* Zero volts of an unsigned integer is its middle value. */
static void make_silence(map_stage *m, const cm_pcm *format)
{
    cm_pcm f32 = cm_pcm_float32(1, false), one = *format;
    float zero = 0;
    const void *from[1] = { &zero };
    void *to[1] = { m->silence };
    one.channels = 1;
    cm_pcm_convert(&one, to, &f32, from, 1);
}

static OSStatus map_pull(cm_stage *stage, size_t wanted, void *const *into, cm_pcm_block *block)
{
    map_stage *m = (map_stage *)stage;
    bool room = into && !stage->pcm.planar;
    size_t most = room || wanted < m->out.frames ? wanted : m->out.frames;
    OSStatus status = cm_stage_pull(stage->source, most, NULL, block);
    if (status != noErr || block->frames == 0)
        return status;
    cm_pcm from = block->format;
    block->format.channels = stage->pcm.channels;
    if (from.planar && from.channels > 1) {
        lend_planes(m, &from, block);
        return noErr;
    }
    block->format.planar = false;
    UInt8 *to = room && from.bytes == stage->pcm.bytes ? into[0] : m->out.memory;
    for (UInt32 o = 0; o < stage->pcm.channels; o++)
        copy_channel(m, o, &from, block->planes[0], to, block->frames);
    m->planes[0] = to;
    block->planes = m->planes;
    return noErr;
}

static void map_close(cm_stage *stage)
{
    cm_planes_free(&((map_stage *)stage)->out);
    free(stage);
}

static const cm_stage_kind map_kind = { .pull = map_pull, .close = map_close };

static OSStatus alloc_map(map_stage *m)
{
    /* Room for the widest sample, because a decoder may change its mind about the sample type. */
    cm_pcm widest = { .channels = m->stage.pcm.channels, .bytes = 8 };
    OSStatus status = cm_planes_alloc(&m->out, &widest, cm_block_frames(&widest));
    if (status != noErr)
        return status;
    make_silence(m, &m->stage.pcm);
    for (size_t i = 0; m->stage.pcm.planar && i < m->out.frames; i++)
        memcpy((UInt8 *)m->out.memory + i * m->stage.pcm.bytes, m->silence, m->stage.pcm.bytes);
    return noErr;
}

OSStatus cm_stage_add_map(cm_stage **chain, const SInt32 *map, UInt32 channels)
{
    map_stage *m = calloc(1, sizeof *m + channels * sizeof *map);
    if (!m)
        return kAudio_MemFullError;
    m->stage = (cm_stage){ .kind = &map_kind, .source = *chain, .pcm = (*chain)->pcm };
    m->stage.pcm.channels = channels;
    m->stage.pcm.planar = (*chain)->pcm.planar && (*chain)->pcm.channels > 1;
    memcpy(m->map, map, channels * sizeof *map);
    OSStatus status = alloc_map(m);
    if (status != noErr) {
        map_close(&m->stage);
        return status;
    }
    *chain = &m->stage;
    return noErr;
}

/* ---- matrix ---- */

/* One nonzero gain. */
typedef struct term {
    UInt32 from, to;
    Float32 gain;
} term;

typedef struct matrix_stage {
    cm_stage stage;
    cm_planes out;
    size_t count;
    term terms[];
} matrix_stage;

#define MIX_LOOP(name, type)                                                                                 \
    static void name(const matrix_stage *m, type *restrict to, const type *restrict from, UInt32 channels,   \
                     size_t frames)                                                                          \
    {                                                                                                        \
        UInt32 outputs = m->stage.pcm.channels;                                                              \
        memset(to, 0, frames *outputs * sizeof *to);                                                         \
        for (size_t t = 0; t < m->count; t++) {                                                              \
            const type *s = from + m->terms[t].from;                                                         \
            type *d = to + m->terms[t].to, gain = (type)m->terms[t].gain;                                    \
            for (size_t i = 0; i < frames; i++, s += channels, d += outputs)                                 \
                *d += gain * *s;                                                                             \
        }                                                                                                    \
    }

MIX_LOOP(mix_f32, float)
MIX_LOOP(mix_f64, double)

static OSStatus matrix_pull(cm_stage *stage, size_t wanted, void *const *into, cm_pcm_block *block)
{
    matrix_stage *m = (matrix_stage *)stage;
    size_t most = wanted < m->out.frames ? wanted : m->out.frames;
    OSStatus status = cm_stage_pull(stage->source, most, NULL, block);
    if (status != noErr || block->frames == 0)
        return status;
    void *const *to = into ? into : m->out.pointers;
    if (stage->pcm.bytes == 4)
        mix_f32(m, to[0], block->planes[0], block->format.channels, block->frames);
    else
        mix_f64(m, to[0], block->planes[0], block->format.channels, block->frames);
    block->format = stage->pcm;
    block->planes = (const void *const *)to;
    return noErr;
}

static void matrix_close(cm_stage *stage)
{
    cm_planes_free(&((matrix_stage *)stage)->out);
    free(stage);
}

static const cm_stage_kind matrix_kind = { .pull = matrix_pull, .close = matrix_close };

static void collect_terms(matrix_stage *m, const Float32 *gains, UInt32 inputs, UInt32 outputs)
{
    for (UInt32 i = 0; i < inputs; i++)
        for (UInt32 o = 0; o < outputs; o++)
            if (gains[(size_t)i * outputs + o] != 0)
                m->terms[m->count++] = (term){ i, o, gains[(size_t)i * outputs + o] };
}

OSStatus cm_stage_add_matrix(cm_stage **chain, const Float32 *gains, UInt32 channels)
{
    UInt32 inputs = (*chain)->pcm.channels;
    matrix_stage *m = calloc(1, sizeof *m + (size_t)inputs * channels * sizeof *m->terms);
    if (!m)
        return kAudio_MemFullError;
    m->stage = (cm_stage){ .kind = &matrix_kind, .source = *chain, .pcm = (*chain)->pcm };
    m->stage.pcm.channels = channels;
    collect_terms(m, gains, inputs, channels);
    OSStatus status = cm_planes_alloc(&m->out, &m->stage.pcm, cm_block_frames(&(*chain)->pcm));
    if (status != noErr) {
        matrix_close(&m->stage);
        return status;
    }
    *chain = &m->stage;
    return noErr;
}
