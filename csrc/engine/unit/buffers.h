/* buffers.h: an AudioBufferList with memory of its own, for a stream's slices. */
#ifndef CM_UNIT_BUFFERS_H
#define CM_UNIT_BUFFERS_H

#include "../format/pcm.h"

typedef struct cm_buffers {
    cm_pcm pcm;
    UInt32 frames; /* room; 0: nothing is allocated */
    UInt8 *memory;
    size_t plane; /* bytes from one buffer to the next */
    AudioBufferList *list;
} cm_buffers;

/* [control] Room for `frames` frames of linear PCM, silent. */
OSStatus cm_buffers_alloc(cm_buffers *buffers, const cm_pcm *pcm, UInt32 frames);

/* [control] Takes zeroed ones and freed ones too. */
void cm_buffers_free(cm_buffers *buffers);

/* [render] The list pointing to its own memory, with the size of `frames` frames; no more than there is room.
 */
AudioBufferList *cm_buffers_prepare(cm_buffers *buffers, UInt32 frames);

/* [render] The list without memory, to be filled in with somebody else's. */
AudioBufferList *cm_buffers_lend(cm_buffers *buffers, UInt32 frames);

/* [render] The pointers of a list in the form that cm_pcm_convert takes. planes has room for CM_MAX_CHANNELS.
 */
void cm_buffers_planes(const AudioBufferList *list, void **planes);

/* [render] Silence in what the list points to. */
void cm_buffers_silence(AudioBufferList *list);

/* [render] kAudio_ParamError unless the list has the buffers for that many frames; their sizes are then
 * theirs. */
OSStatus cm_buffers_check(AudioBufferList *list, const cm_pcm *pcm, UInt32 frames);

#endif
