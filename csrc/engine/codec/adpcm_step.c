#include "adpcm_step.h"

static const SInt16 steps[CM_IMA_MAX_INDEX + 1] = {
    7,    8,     9,     10,    11,    12,    13,    14,    16,    17,    19,    21,    23,    25,    28,
    31,   34,    37,    41,    45,    50,    55,    60,    66,    73,    80,    88,    97,    107,   118,
    130,  143,   157,   173,   190,   209,   230,   253,   279,   307,   337,   371,   408,   449,   494,
    544,  598,   658,   724,   796,   876,   963,   1060,  1166,  1282,  1411,  1552,  1707,  1878,  2066,
    2272, 2499,  2749,  3024,  3327,  3660,  4026,  4428,  4871,  5358,  5894,  6484,  7132,  7845,  8630,
    9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
};

static const SInt8 index_moves[8] = { -1, -1, -1, -1, 2, 4, 6, 8 };

SInt16 cm_ima_decode(cm_block_channel *channel, unsigned code)
{
    SInt32 step = steps[channel->step_index];
    SInt32 difference = step >> 3;
    if (code & 4)
        difference += step;
    if (code & 2)
        difference += step >> 1;
    if (code & 1)
        difference += step >> 2;
    channel->predictor = cm_clip16(channel->predictor + (code & 8 ? -difference : difference));
    SInt32 index = channel->step_index + index_moves[code & 7];
    channel->step_index = index < 0 ? 0 : index > CM_IMA_MAX_INDEX ? CM_IMA_MAX_INDEX : index;
    return (SInt16)channel->predictor;
}

unsigned cm_ima_encode(cm_block_channel *channel, SInt16 sample)
{
    SInt32 step = steps[channel->step_index];
    SInt32 difference = sample - channel->predictor;
    unsigned code = 0;
    if (difference < 0) {
        code = 8;
        difference = -difference;
    }
    for (unsigned bit = 4; bit > 0; bit >>= 1) {
        if (difference >= step) {
            code |= bit;
            difference -= step;
        }
        step >>= 1;
    }
    cm_ima_decode(channel, code);
    return code;
}
