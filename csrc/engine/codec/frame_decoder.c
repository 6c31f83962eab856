#include "frame_decoder.h"
#include "../base/log.h"

#include <AudioToolbox/AudioCodec.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BAD_IN_A_ROW 16

void cm_frame_close(cm_frame_decoder *d)
{
    free(d->packet);
    d->packet = NULL;
    d->packet_room = 0;
}

OSStatus cm_frame_reset(void *instance)
{
    cm_frame_decoder *d = instance;
    d->out_frames = 0;
    d->bad_in_a_row = 0;
    return noErr;
}

static OSStatus take(cm_frame_decoder *d, const cm_packet *packet)
{
    size_t needed = (size_t)packet->size + CM_FRAME_BEHIND;
    if (packet->size > d->most_packet)
        return kAudioCodecBadDataError;
    if (needed > d->packet_room) {
        free(d->packet);
        d->packet = malloc(needed * 2);
        d->packet_room = d->packet ? needed * 2 : 0;
    }
    if (!d->packet)
        return cmMemFullError;
    memcpy(d->packet, packet->data, packet->size);
    memset(d->packet + packet->size, 0, CM_FRAME_BEHIND);
    return noErr;
}

/* Silence of the packet's length, so that what follows comes in time. */
static OSStatus conceal(cm_frame_decoder *d, UInt32 frames)
{
    if (frames == 0 || ++d->bad_in_a_row > MOST_BAD_IN_A_ROW)
        return cm_fail(kAudioCodecBadDataError, "%s: damaged packets, one after the other", d->name);
    if (frames > d->most_frames)
        frames = d->most_frames;
    if (d->make_room && !d->make_room(d, frames))
        return cmMemFullError;
    cm_log(CM_LOG_WARNING, "%s: a damaged packet, %u frames of silence in its place", d->name,
           (unsigned)frames);
    memset(d->out, 0, frames * cm_pcm_stride(&d->pcm));
    d->out_frames = frames;
    return noErr;
}

OSStatus cm_frame_send_packet(void *instance, const cm_packet *packet)
{
    cm_frame_decoder *d = instance;
    d->out_frames = 0;
    if (!packet->data || packet->size == 0)
        return noErr;
    OSStatus status = take(d, packet);
    if (status != noErr)
        return status;
    if (!d->decode(d, d->packet, packet->size)) {
        d->out_frames = 0;
        return conceal(d, packet->frames ? packet->frames : d->usual_frames);
    }
    d->bad_in_a_row = 0;
    return noErr;
}

OSStatus cm_frame_receive_block(void *instance, cm_pcm_block *block)
{
    cm_frame_decoder *d = instance;
    d->plane = d->out;
    *block = (cm_pcm_block){ .format = d->pcm, .planes = &d->plane, .frames = d->out_frames };
    d->out_frames = 0;
    return noErr;
}
