/*
 * soxr_bank.h: soxr for the channels of one sound, which threads may share. Channels do not know of each
 * other, so that what comes out is the same to the bit in however many groups.
 */
#ifndef CM_CONVERT_SOXR_BANK_H
#define CM_CONVERT_SOXR_BANK_H

#include "stage.h"

#include <soxr.h>

#define CM_SOXR_MOST_GROUPS 8u

typedef struct cm_soxr_bank {
    soxr_t soxr[CM_SOXR_MOST_GROUPS]; /* each for some neighbouring channels */
    UInt32 groups, channels;
    size_t bytes; /* of a sample */
} cm_soxr_bank;

/* What stands in *bank is not freed first. */
OSStatus cm_soxr_bank_open(cm_soxr_bank *bank, const cm_resample_config *config, UInt32 channels,
                           UInt32 groups);
void cm_soxr_bank_close(cm_soxr_bank *bank);

/*
 * As soxr_process of float planes, without its flushing: takes *done of `frames` > 0 frames and makes *made
 * of at most `room`. Long input is shared out among the workers when there is more than one group.
 */
OSStatus cm_soxr_bank_process(cm_soxr_bank *bank, const void *const *in, size_t frames, size_t *done,
                              void *const *out, size_t room, size_t *made);

#endif
