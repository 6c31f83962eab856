#include "drift_line.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Between two samples the sound is a sum of sincs under a Kaiser window, tabulated at PHASES places and
 * linearly interpolated between them: J. O. Smith, "Digital Audio Resampling Home Page", 2002.
 */
enum { PHASES = 512 };

#define KAISER_BETA 10.0
#define CORRECTION_SECONDS 1.0 /* in which an error of place is made up for */
#define MOST_CORRECTION 0.005

static Float64 bessel_i0(Float64 x)
{
    Float64 sum = 1, term = 1;
    for (int k = 1; term > 1e-12 * sum; k++) {
        term *= (x / (2 * k)) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

/* taps coefficients for each phase, and one phase more so that the last can be interpolated too. */
static Float32 *make_kernel(UInt32 taps)
{
    Float32 *kernel = malloc((size_t)(PHASES + 1) * taps * sizeof *kernel);
    Float64 half = taps / 2.0;
    for (UInt32 phase = 0; kernel && phase <= PHASES; phase++) {
        Float64 sum = 0, values[64];
        for (UInt32 tap = 0; tap < taps; tap++) {
            Float64 x = (Float64)tap - (half - 1) - (Float64)phase / PHASES;
            Float64 window = 1 - (x / half) * (x / half);
            Float64 sinc = x == 0 ? 1 : sin(M_PI * x) / (M_PI * x);
            values[tap] = window > 0 ? sinc * bessel_i0(KAISER_BETA * sqrt(window)) : 0;
            sum += values[tap];
        }
        for (UInt32 tap = 0; tap < taps; tap++)
            kernel[phase * taps + tap] = (Float32)(values[tap] / sum);
    }
    return kernel;
}

static UInt32 taps_for(int quality)
{
    static const struct {
        int least;
        UInt32 taps;
    } steps[] = { { 112, 64 }, { 80, 48 }, { 48, 32 }, { 16, 16 }, { 0, 8 } };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (quality >= steps[i].least)
            return steps[i].taps;
    return 0;
}

bool cm_drift_line_init(cm_drift_line *line, UInt32 channels, Float64 rate, UInt32 delay, int quality)
{
    *line = (cm_drift_line){ .channels = channels, .rate = rate, .frames = 4096 };
    line->taps = taps_for(quality);
    line->delay = delay + line->taps;
    while (line->frames < 4 * (size_t)line->delay)
        line->frames *= 2;
    cm_io_anchor_reset(&line->anchor, rate);
    line->history = calloc(line->frames * channels, sizeof *line->history);
    line->kernel = line->taps ? make_kernel(line->taps) : NULL;
    return line->history && (line->kernel || !line->taps);
}

void cm_drift_line_free(cm_drift_line *line)
{
    free(line->history);
    free(line->kernel);
    line->history = line->kernel = NULL;
}

static Float32 *frame_at(const cm_drift_line *line, SInt64 place)
{
    return line->history + ((size_t)place & (line->frames - 1)) * line->channels;
}

/* ---- writing ---- */

static Float64 ticks_of(const cm_drift_line *line, const AudioTimeStamp *time)
{
    Float64 scalar = time->mFlags & kAudioTimeStampRateScalarValid ? time->mRateScalar : 1;
    return scalar * (Float64)CM_HOST_TICKS_PER_SECOND / line->rate;
}

/* A gap, an overload of the writer, becomes silence; after a jump nothing from before is there. */
static void go_on_from(cm_drift_line *line, SInt64 place)
{
    SInt64 end = atomic_load(&line->end);
    if (place < end || place - end > (SInt64)line->frames / 4) {
        atomic_store(&line->end, place);
        atomic_store(&line->begin, place);
        return;
    }
    for (; end < place; end++)
        memset(frame_at(line, end), 0, line->channels * sizeof(Float32));
}

void cm_drift_line_write(cm_drift_line *line, const Float32 *samples, size_t stride, UInt32 frames,
                         const AudioTimeStamp *from)
{
    SInt64 place = llround(from->mSampleTime);
    (void)atomic_load(&line->reads);
    go_on_from(line, place);
    for (UInt32 i = 0; i < frames; i++)
        memcpy(frame_at(line, place + i), samples + i * stride, line->channels * sizeof *samples);
    atomic_store(&line->end, place + frames);
    cm_io_anchor_set(&line->anchor, from->mSampleTime, from->mHostTime, ticks_of(line, from));
}

/* ---- reading ---- */

typedef struct span {
    SInt64 begin, end;
} span;

static void copy_frame(const cm_drift_line *line, span there, SInt64 place, Float32 *out)
{
    if (place >= there.begin && place < there.end)
        memcpy(out, frame_at(line, place), line->channels * sizeof *out);
    else
        memset(out, 0, line->channels * sizeof *out);
}

static void interpolate(const cm_drift_line *line, span there, Float64 place, Float32 *out)
{
    Float64 whole = floor(place), phase = (place - whole) * PHASES;
    UInt32 taps = line->taps, index = (UInt32)phase;
    Float32 fraction = (Float32)(phase - index);
    const Float32 *low = line->kernel + (size_t)index * taps, *high = low + taps;
    SInt64 first = (SInt64)whole - (SInt64)taps / 2 + 1;
    memset(out, 0, line->channels * sizeof *out);
    if (first < there.begin || first + taps > there.end)
        return;
    for (UInt32 tap = 0; tap < taps; tap++) {
        Float32 weight = low[tap] + fraction * (high[tap] - low[tap]);
        const Float32 *frame = frame_at(line, first + tap);
        for (UInt32 c = 0; c < line->channels; c++)
            out[c] += weight * frame[c];
    }
}

/* Where the reader should be, and how far it goes for each of its own frames. False: nothing was written. */
static bool steer(cm_drift_line *line, const AudioTimeStamp *from, Float64 *step)
{
    AudioTimeStamp writer;
    if (cm_io_anchor_when(&line->anchor, from->mHostTime, &writer) != noErr)
        return false;
    Float64 wanted = writer.mSampleTime - line->delay, most = line->delay / 2;
    if (!line->taps)
        wanted = round(wanted);
    if (!line->locked || fabs(wanted - line->place) > most)
        line->place = wanted;
    line->locked = true;
    *step = 1;
    if (line->taps) {
        Float64 correction = (wanted - line->place) / (line->rate * CORRECTION_SECONDS);
        *step = ticks_of(line, from) / ticks_of(line, &writer) +
                fmin(MOST_CORRECTION, fmax(-MOST_CORRECTION, correction));
    }
    return true;
}

void cm_drift_line_read(cm_drift_line *line, Float32 *samples, size_t stride, UInt32 frames,
                        const AudioTimeStamp *from)
{
    Float64 step = 1;
    bool is_written = steer(line, from, &step);
    SInt64 end = atomic_load(&line->end), begin = atomic_load(&line->begin);
    SInt64 oldest = end - (SInt64)line->frames * 3 / 4;
    const span there = { is_written ? (begin > oldest ? begin : oldest) : end, end };
    for (UInt32 i = 0; i < frames; i++) {
        if (line->taps)
            interpolate(line, there, line->place, samples + i * stride);
        else
            copy_frame(line, there, (SInt64)line->place, samples + i * stride);
        line->place += step;
    }
    atomic_fetch_add(&line->reads, 1);
}
