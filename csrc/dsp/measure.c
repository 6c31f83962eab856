#include "measure.h"

#include "blocks.h"
#include "parallel.h"
#include "real_ops.h"

#include <math.h>
#include <string.h>

typedef void (*lane_fn)(void *lanes, const void *from, size_t count, size_t lane_count);
typedef void (*join_fn)(double *channels, const double *more, size_t count, size_t channel_count);

static void join_sums(double *channels, const double *more, size_t count, size_t channel_count)
{
    for (size_t i = 0; i < count; i++)
        channels[i % channel_count] += more[i];
}

static void join_peaks(double *channels, const double *more, size_t count, size_t channel_count)
{
    for (size_t i = 0; i < count; i++)
        if (more[i] > channels[i % channel_count])
            channels[i % channel_count] = more[i];
}

/* Large signals are measured in pieces, at most this many, of at least that many frames. */
#define PIECES 64
#define PIECE_FRAMES ((size_t)65536)
/* Results of pieces are kept on the stack; signals with more channels are measured as one piece. */
#define PIECE_CHANNELS 32

typedef struct {
    const cm_view *in;
    lane_fn kernel;
    join_fn join;
    cm_decode_fn widen; /* the kernel's lanes to doubles, NULL when they are */
    size_t frames;      /* of a piece */
    double *channels;   /* of all pieces, one after the other */
} reduction;

static void reduce(const reduction *r, size_t first, size_t end, double *channels)
{
    cm_block scratch;
    double lanes[CM_MAX_LANES] = { 0 }, wide[CM_MAX_LANES];
    size_t step = cm_block_frames(r->in), count = r->in->channels, lane_count = cm_lanes(count);
    for (size_t frames; first < end; first += frames) {
        frames = cm_smaller(step, end - first);
        r->kernel(lanes, cm_load(r->in, first, frames, &scratch), frames * count, lane_count);
    }
    if (r->widen)
        r->widen(wide, lanes, lane_count);
    memset(channels, 0, count * sizeof *channels);
    r->join(channels, r->widen ? wide : lanes, lane_count, count);
}

static void reduce_pieces(void *context, size_t piece, size_t end)
{
    const reduction *r = context;
    for (; piece < end; piece++) {
        size_t first = piece * r->frames;
        reduce(r, first, cm_smaller(first + r->frames, r->in->frames), r->channels + piece * r->in->channels);
    }
}

/* The cut into pieces follows from the signal alone, so that sums do not depend on the number of threads. */
static void measure_channels(reduction r, double *channels)
{
    double of_pieces[PIECES * PIECE_CHANNELS];
    size_t count = r.in->channels, frames = r.in->frames, bytes = frames * count * cm_view_size(r.in);
    if (count == 0)
        return;
    if (frames <= PIECE_FRAMES || count > PIECE_CHANNELS) {
        reduce(&r, 0, frames, channels);
        return;
    }
    r.frames = frames / PIECES + 1 > PIECE_FRAMES ? frames / PIECES + 1 : PIECE_FRAMES;
    r.channels = of_pieces;
    size_t pieces = (frames + r.frames - 1) / r.frames;
    cm_parallel_pieces(pieces, bytes, reduce_pieces, &r);
    memset(channels, 0, count * sizeof *channels);
    r.join(channels, of_pieces, pieces * count, count);
}

void cm_sums(const cm_view *in, double *sums)
{
    measure_channels((reduction){ .in = in, .kernel = cm_ops_of(in->type)->sum, .join = join_sums }, sums);
}

void cm_sums_of_squares(const cm_view *in, double *sums)
{
    measure_channels((reduction){ .in = in, .kernel = cm_ops_of(in->type)->sum_squares, .join = join_sums },
                     sums);
}

void cm_peaks(const cm_view *in, double *peaks)
{
    const cm_real_ops *ops = cm_ops_of(in->type);
    measure_channels((reduction){ in, ops->peak, join_peaks, cm_f64_ops.decode[in->type], 0, NULL }, peaks);
}

double cm_peak_of_all(const cm_view *in)
{
    double peaks[CM_MAX_DSP_CHANNELS], peak = 0;
    cm_peaks(in, peaks);
    for (size_t i = 0; i < in->channels; i++)
        peak = peaks[i] > peak ? peaks[i] : peak;
    return peak;
}

double cm_rms_of_all(const cm_view *in)
{
    double sums[CM_MAX_DSP_CHANNELS], total = 0;
    size_t samples = in->frames * in->channels;
    cm_sums_of_squares(in, sums);
    for (size_t i = 0; i < in->channels; i++)
        total += sums[i];
    return samples ? sqrt(total / (double)samples) : 0.0;
}

/* Annex 2, table of the order 48, 4-phase filter; the phases 2 and 3 are 1 and 0 backwards. */
const double cm_true_peak_taps[4][CM_TRUE_PEAK_TAPS] = {
    { -0.0083007812500, 0.0148925781250, -0.0266113281250, 0.0476074218750, -0.1022949218750, 0.9721679687500,
      0.1373291015625, -0.0594482421875, 0.0332031250000, -0.0196533203125, 0.0109863281250,
      0.0017089843750 },
    { -0.0189208984375, 0.0330810546875, -0.0582275390625, 0.1015625000000, -0.2003173828125, 0.7797851562500,
      0.4650878906250, -0.1665039062500, 0.0891113281250, -0.0517578125000, 0.0292968750000,
      -0.0291748046875 },
    { -0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500, 0.4650878906250,
      0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625, 0.0330810546875,
      -0.0189208984375 },
    { 0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875, 0.1373291015625,
      0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250, 0.0148925781250,
      -0.0083007812500 },
};

/* No phase raises a magnitude by more than the sum of its taps' magnitudes, 2.0228. */
#define LARGEST_RISE 2.03

#define HISTORY CM_TRUE_PEAK_HISTORY
#define PLACES (CM_BLOCK_SAMPLES - HISTORY)
_Static_assert(HISTORY == CM_TRUE_PEAK_TAPS - 1, "a place and what its filter looks back at are its taps");

static double peak_of_samples(const cm_real_ops *ops, const void *block, size_t count)
{
    double lanes[CM_LANES] = { 0 }, wide[CM_LANES], peak = 0;
    ops->peak(lanes, block, count, CM_LANES);
    cm_f64_ops.decode[ops->type](wide, lanes, CM_LANES);
    for (int i = 0; i < CM_LANES; i++)
        peak = wide[i] > peak ? wide[i] : peak;
    return peak;
}

/* block: the history and as many samples as there are places. */
static void raise_highest(cm_true_peak *peak, const cm_real_ops *ops, const cm_block *block, size_t places)
{
    double samples = peak_of_samples(ops, block, places + HISTORY);
    peak->highest = samples > peak->highest ? samples : peak->highest;
    if (samples * LARGEST_RISE <= peak->highest)
        return;
    double between = ops->true_peak(block, places);
    peak->highest = between > peak->highest ? between : peak->highest;
}

void cm_true_peak_add(cm_true_peak *peak, const cm_view *mono)
{
    const cm_real_ops *ops = cm_ops_of(mono->type);
    size_t size = cm_view_size(mono);
    cm_block block;
    for (size_t at = 0, places; at < mono->frames; at += places) {
        places = cm_smaller(PLACES, mono->frames - at);
        ops->decode[CM_F64](&block, peak->history, HISTORY);
        cm_gather(block.bytes + HISTORY * size, mono, at, places);
        raise_highest(peak, ops, &block, places);
        cm_f64_ops.decode[mono->type](peak->history, block.bytes + places * size, HISTORY);
    }
}

double cm_true_peak_so_far(const cm_true_peak *peak)
{
    double silence[HISTORY] = { 0 };
    cm_view after = cm_view_packed(silence, CM_F64, HISTORY, 1);
    cm_true_peak ended = *peak;
    cm_true_peak_add(&ended, &after);
    return ended.highest;
}

double cm_true_peak_of(const cm_view *mono)
{
    cm_true_peak peak = { 0 };
    cm_true_peak_add(&peak, mono);
    return cm_true_peak_so_far(&peak);
}
