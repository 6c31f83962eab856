/*
 * adpcm_step.h: the step table and the four-bit rule of IMA ADPCM ("Recommended Practices for Enhancing
 * Digital Audio Compatibility", 1992), which Apple's IMA4 and Microsoft's DVI blocks share.
 */
#ifndef CM_CODEC_ADPCM_STEP_H
#define CM_CODEC_ADPCM_STEP_H

#include "block_codec.h"

#define CM_IMA_MAX_INDEX 88

/* The sample that a code stands for; moves the channel's predictor and step. */
SInt16 cm_ima_decode(cm_block_channel *channel, unsigned code);

/* The code whose sample comes closest; moves the channel as a decoder will. */
unsigned cm_ima_encode(cm_block_channel *channel, SInt16 sample);

static inline SInt32 cm_clip16(SInt32 value)
{
    return value < -32768 ? -32768 : value > 32767 ? 32767 : value;
}

#endif
