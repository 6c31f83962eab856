/*
 * Any bits as a subframe of FLAC, without the checksums of a frame around it. The first byte is the width of
 * a sample, the next two are the number of samples. Seeds: tests/c/corpus/flac_subframe.
 */
#include "base/bytes.h"
#include "codec/flac_subframe.h"

#include <stdlib.h>

enum { HEAD = 3, BEHIND = 16, LEAST_WIDTH = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD)
        return 0;
    unsigned width = LEAST_WIDTH + data[0] % (CM_FLAC_MOST_WIDTH - LEAST_WIDTH + 1);
    size_t count = 1 + cm_get_be16(data + 1), length = size - HEAD;
    uint8_t *bytes = calloc(1, length + BEHIND); /* exact, so that a byte too far is seen */
    SInt32 *samples = malloc(count * sizeof *samples);
    SInt64 *wide = malloc(count * sizeof *wide);
    memcpy(bytes, data + HEAD, length);
    cm_coded_bits bits = { .bytes = bytes, .end = 8 * length };
    SInt64 sum = 0;
    if (cm_flac_subframe(&bits, width, count, samples, wide))
        for (size_t i = 0; i < count; i++) /* all of it must have been written */
            sum ^= width == CM_FLAC_MOST_WIDTH ? wide[i] : samples[i];
    if (sum == INT64_MIN)
        abort();
    free(bytes);
    free(samples);
    free(wide);
    return 0;
}
