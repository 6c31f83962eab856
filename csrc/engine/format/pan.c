#include "mix.h"

#include "pcm.h"

#include <math.h>
#include <string.h>

#define RADIANS (M_PI / 180)
#define SMALL 1e-6

typedef struct direction {
    AudioChannelLabel label;
    SInt16 azimuth, elevation; /* degrees; right and up are positive */
} direction;

/* Loudspeaker positions of ITU-R BS.2051-3; BS.775-3 for the surround channels of five. */
static const direction directions[] = {
    { kAudioChannelLabel_Left, -30, 0 },
    { kAudioChannelLabel_Right, 30, 0 },
    { kAudioChannelLabel_Center, 0, 0 },
    { kAudioChannelLabel_Mono, 0, 0 },
    { kAudioChannelLabel_LeftSurround, -110, 0 },
    { kAudioChannelLabel_RightSurround, 110, 0 },
    { kAudioChannelLabel_LeftCenter, -15, 0 },
    { kAudioChannelLabel_RightCenter, 15, 0 },
    { kAudioChannelLabel_CenterSurround, 180, 0 },
    { kAudioChannelLabel_CenterSurroundDirect, 180, 0 },
    { kAudioChannelLabel_LeftSurroundDirect, -90, 0 },
    { kAudioChannelLabel_RightSurroundDirect, 90, 0 },
    { kAudioChannelLabel_LeftSideSurround, -90, 0 },
    { kAudioChannelLabel_RightSideSurround, 90, 0 },
    { kAudioChannelLabel_RearSurroundLeft, -135, 0 },
    { kAudioChannelLabel_RearSurroundRight, 135, 0 },
    { kAudioChannelLabel_LeftBackSurround, -135, 0 },
    { kAudioChannelLabel_RightBackSurround, 135, 0 },
    { kAudioChannelLabel_LeftWide, -60, 0 },
    { kAudioChannelLabel_RightWide, 60, 0 },
    { kAudioChannelLabel_LeftEdgeOfScreen, -22, 0 },
    { kAudioChannelLabel_RightEdgeOfScreen, 22, 0 },
    { kAudioChannelLabel_HeadphonesLeft, -90, 0 },
    { kAudioChannelLabel_HeadphonesRight, 90, 0 },
    { kAudioChannelLabel_BinauralLeft, -90, 0 },
    { kAudioChannelLabel_BinauralRight, 90, 0 },
    { kAudioChannelLabel_LeftTotal, -30, 0 },
    { kAudioChannelLabel_RightTotal, 30, 0 },
    { kAudioChannelLabel_TopCenterSurround, 0, 90 },
    { kAudioChannelLabel_VerticalHeightLeft, -45, 30 },
    { kAudioChannelLabel_VerticalHeightCenter, 0, 30 },
    { kAudioChannelLabel_VerticalHeightRight, 45, 30 },
    { kAudioChannelLabel_TopBackLeft, -135, 30 },
    { kAudioChannelLabel_TopBackCenter, 180, 30 },
    { kAudioChannelLabel_TopBackRight, 135, 30 },
    { kAudioChannelLabel_LeftTopMiddle, -90, 30 },
    { kAudioChannelLabel_RightTopMiddle, 90, 30 },
    { kAudioChannelLabel_LeftTopRear, -135, 30 },
    { kAudioChannelLabel_CenterTopRear, 180, 30 },
    { kAudioChannelLabel_RightTopRear, 135, 30 },
    { kAudioChannelLabel_LeftTopSurround, -110, 30 },
    { kAudioChannelLabel_RightTopSurround, 110, 30 },
    { kAudioChannelLabel_LeftBottom, -45, -30 },
    { kAudioChannelLabel_RightBottom, 45, -30 },
    { kAudioChannelLabel_CenterBottom, 0, -30 },
};

bool cm_mix_direction(AudioChannelLabel label, Float32 *azimuth, Float32 *elevation)
{
    for (size_t i = 0; i < sizeof directions / sizeof *directions; i++)
        if (directions[i].label == label) {
            *azimuth = directions[i].azimuth;
            *elevation = directions[i].elevation;
            return true;
        }
    return false;
}

/* Both laws are 1 at the centre. Equal power keeps the sum of the squares of a pair at 2. */
static Float32 side_gain(Float32 toward, AudioBalanceFadeType type)
{
    if (type == kAudioBalanceFadeType_EqualPower)
        return (Float32)(M_SQRT2 * sin(M_PI / 4 * (1 + (double)toward)));
    return toward >= 0 ? 1 : 1 + toward;
}

OSStatus cm_mix_balance_fade(const AudioBalanceFade *setting, const AudioChannelLabel *labels, UInt32 count,
                             Float32 *gains)
{
    Float32 balance = setting->mLeftRightBalance, fade = setting->mBackFrontFade;
    if (!(balance >= -1 && balance <= 1 && fade >= -1 && fade <= 1))
        return cm_fail(kAudio_ParamError, "balance %g and fade %g are not within -1 to 1", (double)balance,
                       (double)fade);
    if (setting->mType > kAudioBalanceFadeType_EqualPower)
        return cm_fail(kAudio_ParamError, "balance type %u is not known", setting->mType);
    for (UInt32 i = 0; i < count; i++) {
        Float32 azimuth, elevation;
        gains[i] = 1;
        if (!cm_mix_direction(labels[i], &azimuth, &elevation) || elevation > 80)
            continue;
        double right = sin((double)azimuth * RADIANS), front = cos((double)azimuth * RADIANS);
        if (fabs(right) > SMALL)
            gains[i] *= side_gain(right > 0 ? balance : -balance, setting->mType);
        if (fabs(front) > SMALL)
            gains[i] *= side_gain(front > 0 ? fade : -fade, setting->mType);
    }
    return noErr;
}

typedef struct vector {
    double x, y, z; /* right, front, up */
} vector;

#define MOST_SPEAKERS 64u /* bounds the search over triples; further channels stay silent */

typedef struct speakers {
    vector at[MOST_SPEAKERS];
    UInt32 channel[MOST_SPEAKERS];
    UInt32 count;
    bool is_flat;
} speakers;

static vector vector_of(double azimuth, double elevation)
{
    double flat = cos(elevation * RADIANS);
    return (vector){ sin(azimuth * RADIANS) * flat, cos(azimuth * RADIANS) * flat, sin(elevation * RADIANS) };
}

static double dot(vector a, vector b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static vector cross(vector a, vector b)
{
    return (vector){ a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x };
}

/* False when the coordinates are no direction. */
static bool read_direction(UInt32 flags, const Float32 *coordinates, vector *out)
{
    double a = (double)coordinates[0], b = (double)coordinates[1], c = (double)coordinates[2];
    if (!isfinite(a) || !isfinite(b) || !isfinite(c))
        return false;
    if (!(flags & kAudioChannelFlags_RectangularCoordinates)) {
        *out = vector_of(a, b);
        return true;
    }
    double length = sqrt(a * a + b * b + c * c);
    if (length < SMALL)
        return false;
    *out = (vector){ a / length, b / length, c / length };
    return true;
}

static bool place_of_channel(const AudioChannelLayout *layout, AudioChannelLabel label, UInt32 channel,
                             vector *out)
{
    Float32 azimuth, elevation;
    if (label == kAudioChannelLabel_UseCoordinates &&
        layout->mChannelLayoutTag == kAudioChannelLayoutTag_UseChannelDescriptions) {
        const AudioChannelDescription *d = &layout->mChannelDescriptions[channel];
        return read_direction(d->mChannelFlags, d->mCoordinates, out);
    }
    if (!cm_mix_direction(label, &azimuth, &elevation))
        return false;
    *out = vector_of((double)azimuth, (double)elevation);
    return true;
}

static void find_speakers(const AudioChannelLayout *layout, const AudioChannelLabel *labels, UInt32 count,
                          speakers *s)
{
    s->count = 0;
    s->is_flat = true;
    for (UInt32 i = 0; i < count && s->count < MOST_SPEAKERS; i++) {
        vector at;
        if (!place_of_channel(layout, labels[i], i, &at))
            continue;
        s->at[s->count] = at;
        s->channel[s->count++] = i;
        s->is_flat = s->is_flat && fabs(at.z) < SMALL;
    }
}

/* The speakers around the source: of all whose gains are not negative, those that lie closest together. */
typedef struct base {
    UInt32 member[3];
    double gain[3];
    double closeness; /* the least of the cosines between members; -2: none found */
} base;

static void try_pair(const speakers *s, vector source, UInt32 i, UInt32 j, base *best)
{
    vector a = s->at[i], b = s->at[j];
    double area = a.x * b.y - a.y * b.x;
    if (fabs(area) < SMALL)
        return;
    double first = (source.x * b.y - source.y * b.x) / area,
           second = (a.x * source.y - a.y * source.x) / area;
    double closeness = dot(a, b);
    if (first < -SMALL || second < -SMALL || closeness <= best->closeness)
        return;
    *best = (base){ { i, j, i }, { first, second, 0 }, closeness };
}

static void try_triple(const speakers *s, vector source, UInt32 i, UInt32 j, UInt32 k, base *best)
{
    vector a = s->at[i], b = s->at[j], c = s->at[k];
    double volume = dot(a, cross(b, c));
    if (fabs(volume) < SMALL)
        return;
    double g[3] = { dot(source, cross(b, c)) / volume, dot(source, cross(c, a)) / volume,
                    dot(source, cross(a, b)) / volume };
    double closeness = fmin(dot(a, b), fmin(dot(b, c), dot(a, c)));
    if (g[0] < -SMALL || g[1] < -SMALL || g[2] < -SMALL || closeness <= best->closeness)
        return;
    *best = (base){ { i, j, k }, { g[0], g[1], g[2] }, closeness };
}

/* Where no speakers surround the source: the nearest one, or all that are equally near. */
static void pan_to_nearest(const speakers *s, vector source, Float32 *gains)
{
    double nearest = -2;
    for (UInt32 i = 0; i < s->count; i++)
        nearest = fmax(nearest, dot(s->at[i], source));
    for (UInt32 i = 0; i < s->count; i++)
        if (dot(s->at[i], source) > nearest - SMALL)
            gains[s->channel[i]] = 1;
}

static void pan_by_base(const speakers *s, vector source, Float32 *gains)
{
    base best = { .closeness = -2 };
    for (UInt32 i = 0; i < s->count; i++)
        for (UInt32 j = i + 1; j < s->count; j++) {
            if (s->is_flat)
                try_pair(s, source, i, j, &best);
            for (UInt32 k = j + 1; !s->is_flat && k < s->count; k++)
                try_triple(s, source, i, j, k, &best);
        }
    if (best.closeness == -2)
        pan_to_nearest(s, source, gains);
    for (int m = 0; m < 3; m++)
        if (best.gain[m] > 0)
            gains[s->channel[best.member[m]]] += (Float32)best.gain[m];
}

/* In phase: no gain is negative. */
static void pan_by_field(const speakers *s, vector source, Float32 *gains)
{
    for (UInt32 i = 0; i < s->count; i++)
        gains[s->channel[i]] = (Float32)((1 + dot(s->at[i], source)) / 2);
}

static void normalize(Float32 *gains, UInt32 count, Float32 scale)
{
    double power = 0;
    for (UInt32 i = 0; i < count; i++)
        power += (double)gains[i] * (double)gains[i];
    for (UInt32 i = 0; i < count && power > 0; i++)
        gains[i] = (Float32)((double)gains[i] / sqrt(power) * (double)scale);
}

/* Furse-Malham's B-format: W is at -3 dB, Y points to the left. */
static bool pan_ambisonic(const AudioChannelLabel *labels, UInt32 count, vector source, Float32 scale,
                          Float32 *gains)
{
    bool any = false;
    for (UInt32 i = 0; i < count; i++) {
        double gain = 0;
        switch (labels[i]) {
        case kAudioChannelLabel_Ambisonic_W:
            gain = M_SQRT1_2;
            break;
        case kAudioChannelLabel_Ambisonic_X:
            gain = source.y;
            break;
        case kAudioChannelLabel_Ambisonic_Y:
            gain = -source.x;
            break;
        case kAudioChannelLabel_Ambisonic_Z:
            gain = source.z;
            break;
        default:
            continue;
        }
        gains[i] = (Float32)gain * scale;
        any = true;
    }
    return any;
}

/* Speakers all at ear height: a source above or below them is heard from its azimuth. */
static vector flattened(vector v)
{
    double length = sqrt(v.x * v.x + v.y * v.y);
    return length < SMALL ? (vector){ 0, 1, 0 } : (vector){ v.x / length, v.y / length, 0 };
}

OSStatus cm_mix_panning(const AudioPanningInfo *info, const AudioChannelLayout *layout,
                        const AudioChannelLabel *labels, UInt32 count, Float32 *gains)
{
    if (info->mPanningMode != kPanningMode_SoundField &&
        info->mPanningMode != kPanningMode_VectorBasedPanning)
        return cm_fail(kAudio_ParamError, "panning mode %u is not known", info->mPanningMode);
    vector source;
    if (!read_direction(info->mCoordinateFlags, info->mCoordinates, &source) || !isfinite(info->mGainScale))
        return cm_fail(kAudio_ParamError, "the panning coordinates are no direction");
    memset(gains, 0, count * sizeof *gains);
    if (pan_ambisonic(labels, count, source, info->mGainScale, gains))
        return noErr;
    speakers s;
    find_speakers(layout, labels, count, &s);
    if (s.count == 0)
        return cm_fail(kAudioFormatUnsupportedDataFormatError, "no channel of the layout has a place");
    if (s.is_flat)
        source = flattened(source);
    if (info->mPanningMode == kPanningMode_VectorBasedPanning)
        pan_by_base(&s, source, gains);
    else
        pan_by_field(&s, source, gains);
    normalize(gains, count, info->mGainScale);
    return noErr;
}
