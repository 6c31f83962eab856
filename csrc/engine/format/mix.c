#include "mix.h"

#include "pcm.h"

#include <string.h>

#define HALF_POWER 0.70710678118654752 /* -3 dB */
#define MOST_DEPTH 6                   /* of substitutions; the longest chain in the table has 4 */

typedef struct share {
    UInt16 label;
    bool is_half_power; /* else unity */
} share;

/*
 * What a channel becomes where the target has no such channel. A row with `only_if_there` is used when the
 * target has all of its labels; the last row of a label is used in any case, and its labels substituted again
 * if need be. A label without rows, or whose rows do not fit, is dropped.
 */
typedef struct substitute {
    UInt16 label;
    bool only_if_there;
    share shares[2];
} substitute;

#define LABEL(name) kAudioChannelLabel_##name
#define ONE(from, to)                                                                                        \
    {                                                                                                        \
        LABEL(from), true,                                                                                   \
        {                                                                                                    \
            {                                                                                                \
                LABEL(to), false                                                                             \
            }                                                                                                \
        }                                                                                                    \
    }
#define ELSE_ONE(from, to)                                                                                   \
    {                                                                                                        \
        LABEL(from), false,                                                                                  \
        {                                                                                                    \
            {                                                                                                \
                LABEL(to), false                                                                             \
            }                                                                                                \
        }                                                                                                    \
    }
#define ELSE_HALF(from, to)                                                                                  \
    {                                                                                                        \
        LABEL(from), false,                                                                                  \
        {                                                                                                    \
            {                                                                                                \
                LABEL(to), true                                                                              \
            }                                                                                                \
        }                                                                                                    \
    }
#define TWO_HALVES(from, a, b)                                                                               \
    {                                                                                                        \
        LABEL(from), true,                                                                                   \
        {                                                                                                    \
            { LABEL(a), true },                                                                              \
            {                                                                                                \
                LABEL(b), true                                                                               \
            }                                                                                                \
        }                                                                                                    \
    }
#define ELSE_TWO_HALVES(from, a, b)                                                                          \
    {                                                                                                        \
        LABEL(from), false,                                                                                  \
        {                                                                                                    \
            { LABEL(a), true },                                                                              \
            {                                                                                                \
                LABEL(b), true                                                                               \
            }                                                                                                \
        }                                                                                                    \
    }

static const substitute substitutes[] = {
    { LABEL(Mono), true, { { LABEL(Left), false }, { LABEL(Right), false } } },
    ELSE_ONE(Mono, Center),
    ELSE_TWO_HALVES(Center, Left, Right),

    ONE(Left, HeadphonesLeft),
    ONE(Left, BinauralLeft),
    ONE(Left, LeftTotal),
    ONE(Right, HeadphonesRight),
    ONE(Right, BinauralRight),
    ONE(Right, RightTotal),
    ELSE_ONE(HeadphonesLeft, Left),
    ELSE_ONE(HeadphonesRight, Right),
    ELSE_ONE(BinauralLeft, Left),
    ELSE_ONE(BinauralRight, Right),
    ELSE_ONE(LeftTotal, Left),
    ELSE_ONE(RightTotal, Right),

    ONE(LeftSurround, LeftSideSurround),
    ONE(LeftSurround, LeftSurroundDirect),
    ONE(LeftSurround, RearSurroundLeft),
    ONE(LeftSurround, LeftBackSurround),
    { LABEL(LeftSurround), true, { { LABEL(CenterSurround), true } } },
    ELSE_HALF(LeftSurround, Left),
    ONE(RightSurround, RightSideSurround),
    ONE(RightSurround, RightSurroundDirect),
    ONE(RightSurround, RearSurroundRight),
    ONE(RightSurround, RightBackSurround),
    { LABEL(RightSurround), true, { { LABEL(CenterSurround), true } } },
    ELSE_HALF(RightSurround, Right),

    ELSE_ONE(LeftSideSurround, LeftSurround),
    ELSE_ONE(RightSideSurround, RightSurround),
    ELSE_ONE(LeftSurroundDirect, LeftSurround),
    ELSE_ONE(RightSurroundDirect, RightSurround),
    ELSE_ONE(RearSurroundLeft, LeftSurround),
    ELSE_ONE(RearSurroundRight, RightSurround),
    ONE(LeftBackSurround, RearSurroundLeft),
    ELSE_ONE(LeftBackSurround, LeftSurround),
    ONE(RightBackSurround, RearSurroundRight),
    ELSE_ONE(RightBackSurround, RightSurround),

    ONE(CenterSurround, CenterSurroundDirect),
    TWO_HALVES(CenterSurround, RearSurroundLeft, RearSurroundRight),
    ELSE_TWO_HALVES(CenterSurround, LeftSurround, RightSurround),
    ELSE_ONE(CenterSurroundDirect, CenterSurround),

    TWO_HALVES(LeftCenter, Left, Center),
    ELSE_ONE(LeftCenter, Left),
    TWO_HALVES(RightCenter, Right, Center),
    ELSE_ONE(RightCenter, Right),
    ELSE_ONE(LeftEdgeOfScreen, Left),
    ELSE_ONE(RightEdgeOfScreen, Right),
    TWO_HALVES(LeftWide, Left, LeftSurround),
    TWO_HALVES(LeftWide, Left, LeftSideSurround),
    ELSE_ONE(LeftWide, Left),
    TWO_HALVES(RightWide, Right, RightSurround),
    TWO_HALVES(RightWide, Right, RightSideSurround),
    ELSE_ONE(RightWide, Right),

    ONE(VerticalHeightLeft, LeftTopMiddle),
    ELSE_HALF(VerticalHeightLeft, Left),
    ONE(VerticalHeightRight, RightTopMiddle),
    ELSE_HALF(VerticalHeightRight, Right),
    TWO_HALVES(VerticalHeightCenter, VerticalHeightLeft, VerticalHeightRight),
    ELSE_HALF(VerticalHeightCenter, Center),
    TWO_HALVES(LeftTopMiddle, VerticalHeightLeft, LeftTopRear),
    ONE(LeftTopMiddle, VerticalHeightLeft),
    ELSE_HALF(LeftTopMiddle, LeftSurround),
    TWO_HALVES(RightTopMiddle, VerticalHeightRight, RightTopRear),
    ONE(RightTopMiddle, VerticalHeightRight),
    ELSE_HALF(RightTopMiddle, RightSurround),
    ONE(LeftTopRear, TopBackLeft),
    ONE(LeftTopRear, LeftTopMiddle),
    ELSE_HALF(LeftTopRear, LeftSurround),
    ONE(RightTopRear, TopBackRight),
    ONE(RightTopRear, RightTopMiddle),
    ELSE_HALF(RightTopRear, RightSurround),
    ELSE_ONE(TopBackLeft, LeftTopRear),
    ELSE_ONE(TopBackRight, RightTopRear),
    ELSE_ONE(LeftTopSurround, LeftTopMiddle),
    ELSE_ONE(RightTopSurround, RightTopMiddle),
    ONE(CenterTopRear, TopBackCenter),
    TWO_HALVES(CenterTopRear, LeftTopRear, RightTopRear),
    ELSE_HALF(CenterTopRear, CenterSurround),
    ELSE_ONE(TopBackCenter, CenterTopRear),
    TWO_HALVES(TopCenterSurround, LeftTopMiddle, RightTopMiddle),
    ELSE_TWO_HALVES(TopCenterSurround, LeftSurround, RightSurround),

    ELSE_HALF(LeftBottom, Left),
    ELSE_HALF(RightBottom, Right),
    ELSE_HALF(CenterBottom, Center),

    ONE(LFE2, LFEScreen),
    ONE(LFE3, LFEScreen),
    ONE(LFEScreen, LFE2),
};

#define SUBSTITUTES (sizeof substitutes / sizeof *substitutes)

typedef struct mixer {
    const AudioChannelLabel *to;
    UInt32 to_count;
    Float32 *row; /* gains of the source channel being placed */
} mixer;

static SInt32 index_of(const AudioChannelLabel *labels, UInt32 count, AudioChannelLabel label)
{
    for (UInt32 i = 0; i < count; i++)
        if (labels[i] == label)
            return (SInt32)i;
    return -1;
}

static bool is_there(const mixer *m, const substitute *s)
{
    for (int i = 0; i < 2 && s->shares[i].label; i++)
        if (index_of(m->to, m->to_count, s->shares[i].label) < 0)
            return false;
    return true;
}

static const substitute *substitute_for(const mixer *m, AudioChannelLabel label)
{
    for (size_t i = 0; i < SUBSTITUTES; i++) {
        const substitute *s = &substitutes[i];
        if (s->label == label && (!s->only_if_there || is_there(m, s)))
            return s;
    }
    return NULL;
}

static void place_label(const mixer *m, AudioChannelLabel label, double gain, int depth)
{
    SInt32 at = index_of(m->to, m->to_count, label);
    if (at >= 0) {
        m->row[at] += (Float32)gain;
        return;
    }
    const substitute *s = depth < MOST_DEPTH ? substitute_for(m, label) : NULL;
    for (int i = 0; s && i < 2 && s->shares[i].label; i++)
        place_label(m, s->shares[i].label, gain * (s->shares[i].is_half_power ? HALF_POWER : 1), depth + 1);
}

static bool goes_by_number(const AudioChannelLabel *labels, UInt32 count)
{
    for (UInt32 i = 0; i < count; i++) {
        bool discrete = labels[i] >= kAudioChannelLabel_Discrete_0 &&
                        labels[i] <= kAudioChannelLabel_Discrete_65535;
        if (!discrete && labels[i] != kAudioChannelLabel_Unknown && labels[i] != kAudioChannelLabel_Discrete)
            return false;
    }
    return true;
}

static bool is_single(const AudioChannelLabel *labels, UInt32 count)
{
    return count == 1 && (labels[0] == kAudioChannelLabel_Mono || labels[0] == kAudioChannelLabel_Center);
}

/* Middle and side to left and right: L = M + S, R = M - S, and back with halves. */
static bool mix_mid_side(const AudioChannelLabel *from, UInt32 from_count, const AudioChannelLabel *to,
                         UInt32 to_count, Float32 *matrix)
{
    if (from_count != 2 || to_count != 2)
        return false;
    bool decode = from[0] == kAudioChannelLabel_MS_Mid && to[0] == kAudioChannelLabel_Left;
    bool encode = from[0] == kAudioChannelLabel_Left && to[0] == kAudioChannelLabel_MS_Mid;
    if (!decode && !encode)
        return false;
    Float32 gain = decode ? 1 : 0.5f;
    memcpy(matrix, (Float32[4]){ gain, gain, gain, -gain }, 4 * sizeof *matrix);
    return true;
}

/* The half sum of the mix to stereo. */
static void mix_to_mono(const AudioChannelLabel *from, UInt32 from_count, Float32 *matrix)
{
    static const AudioChannelLabel stereo[2] = { kAudioChannelLabel_Left, kAudioChannelLabel_Right };
    for (UInt32 i = 0; i < from_count; i++) {
        Float32 row[2] = { 0, 0 };
        mixer m = { stereo, 2, row };
        place_label(&m, from[i], 1, 0);
        matrix[i] = (row[0] + row[1]) / 2;
    }
}

static bool reaches(const Float32 *matrix, size_t cells)
{
    for (size_t i = 0; i < cells; i++)
        if (matrix[i] != 0)
            return true;
    return false;
}

OSStatus cm_mix_matrix(const AudioChannelLabel *from, UInt32 from_count, const AudioChannelLabel *to,
                       UInt32 to_count, Float32 *matrix)
{
    size_t cells = (size_t)from_count * to_count;
    memset(matrix, 0, cells * sizeof *matrix);
    if (goes_by_number(from, from_count) || goes_by_number(to, to_count)) {
        for (UInt32 i = 0; i < from_count && i < to_count; i++)
            matrix[(size_t)i * to_count + i] = 1;
    } else if (is_single(from, from_count) && is_single(to, to_count)) {
        matrix[0] = 1;
    } else if (is_single(to, to_count)) {
        mix_to_mono(from, from_count, matrix);
    } else if (!mix_mid_side(from, from_count, to, to_count, matrix)) {
        AudioChannelLabel only = is_single(from, from_count) ? kAudioChannelLabel_Mono : 0;
        for (UInt32 i = 0; i < from_count; i++) {
            mixer m = { to, to_count, matrix + (size_t)i * to_count };
            place_label(&m, only ? only : from[i], 1, 0);
        }
    }
    if (!reaches(matrix, cells))
        return cm_fail(kAudioFormatUnsupportedDataFormatError,
                       "no channel of one layout has a place in the other");
    return noErr;
}

/* Mono and centre name the same loudspeaker where a layout has only one of them. */
static AudioChannelLabel twin_of(AudioChannelLabel label)
{
    if (label == kAudioChannelLabel_Mono)
        return kAudioChannelLabel_Center;
    return label == kAudioChannelLabel_Center ? (AudioChannelLabel)kAudioChannelLabel_Mono : label;
}

void cm_mix_channel_map(const AudioChannelLabel *from, UInt32 from_count, const AudioChannelLabel *to,
                        UInt32 to_count, SInt32 *map)
{
    bool by_number = goes_by_number(from, from_count) || goes_by_number(to, to_count);
    for (UInt32 o = 0; o < to_count; o++) {
        if (by_number) {
            map[o] = o < from_count ? (SInt32)o : -1;
            continue;
        }
        map[o] = index_of(from, from_count, to[o]);
        if (map[o] < 0)
            map[o] = index_of(from, from_count, twin_of(to[o]));
    }
}
