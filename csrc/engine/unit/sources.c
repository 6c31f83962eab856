/* Where a unit's inputs get their sound: a callback of the client's, or another unit. */
#include "../base/handle.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

struct cm_source {
    cm_retired retired;
    AURenderCallback proc;
    void *user;
    cm_instance *unit; /* of a connection, pinned; NULL for a callback */
    AudioUnit handle;
    UInt32 output;
};

static void free_source(cm_retired *retired)
{
    cm_source *s = (cm_source *)retired;
    if (s->unit)
        cm_handle_unpin(s->handle);
    free(s);
}

static void replace(cm_unit *unit, UInt32 input, cm_source *source)
{
    cm_source *old = atomic_exchange(&cm_unit_input(unit, input)->source, source);
    cm_unit_retire(unit, old ? &old->retired : NULL);
}

static OSStatus check_input(const cm_unit *unit, UInt32 input)
{
    OSStatus status;
    cm_unit_element(unit, kAudioUnitScope_Input, input, &status);
    return status;
}

OSStatus cm_unit_set_callback(cm_unit *unit, UInt32 input, AURenderCallback proc, void *user)
{
    OSStatus status = check_input(unit, input);
    if (status != noErr)
        return status;
    cm_source *s = proc ? calloc(1, sizeof *s) : NULL;
    if (proc && !s)
        return kAudio_MemFullError;
    if (s)
        *s = (cm_source){ .retired.free = free_source, .proc = proc, .user = user };
    replace(unit, input, s);
    return noErr;
}

/* The input takes the format of the output that feeds it. */
static OSStatus adopt_format(cm_unit *unit, UInt32 input, const AudioStreamBasicDescription *format)
{
    OSStatus status = check_input(unit, input);
    if (status == noErr)
        status = cm_unit_hold(unit);
    if (status != noErr)
        return status;
    status = cm_unit_set_format(unit, kAudioUnitScope_Input, input, format);
    cm_unit_release(unit);
    return status;
}

/* With the lock. Takes the pin of the source over. */
static OSStatus put_connection(cm_unit *unit, const AudioUnitConnection *connection, cm_instance *source,
                               const AudioStreamBasicDescription *format)
{
    OSStatus status = adopt_format(unit, connection->destInputNumber, format);
    cm_source *s = status == noErr ? calloc(1, sizeof *s) : NULL;
    if (!s) {
        cm_handle_unpin(connection->sourceAudioUnit);
        return status == noErr ? kAudio_MemFullError : status;
    }
    *s = (cm_source){ .retired.free = free_source,
                      .unit = source,
                      .handle = connection->sourceAudioUnit,
                      .output = connection->sourceOutputNumber };
    replace(unit, connection->destInputNumber, s);
    return noErr;
}

OSStatus cm_unit_connect(cm_unit *unit, const AudioUnitConnection *connection)
{
    AudioStreamBasicDescription format = { 0 };
    UInt32 size = sizeof format;
    cm_instance *source = NULL;
    OSStatus status = noErr;
    if (connection->sourceAudioUnit == unit->self)
        return cm_fail(kAudioUnitErr_InvalidPropertyValue, "a unit cannot feed itself");
    if (connection->sourceAudioUnit) {
        status = AudioUnitGetProperty(connection->sourceAudioUnit, kAudioUnitProperty_StreamFormat,
                                      kAudioUnitScope_Output, connection->sourceOutputNumber, &format, &size);
        source = status == noErr ? cm_instance_pin(connection->sourceAudioUnit) : NULL;
        if (!source)
            return status == noErr ? cm_instance_dead() : status;
    }
    status = cm_unit_lock(unit);
    if (status != noErr) {
        if (source)
            cm_handle_unpin(connection->sourceAudioUnit);
        return status;
    }
    status = source ? put_connection(unit, connection, source, &format)
                    : cm_unit_set_callback(unit, connection->destInputNumber, NULL, NULL);
    cm_unit_unlock(unit);
    return status;
}

void cm_unit_disconnect_all(cm_unit *unit)
{
    for (UInt32 i = 0; i < unit->scopes[kAudioUnitScope_Input].count; i++)
        replace(unit, i, NULL);
}

/* ---- pulling ---- */

/* A source that gives less than it was asked for gives silence behind it. */
static OSStatus mend(cm_element *e, AudioBufferList *list, UInt32 count, UInt32 frames)
{
    UInt32 bytes = (UInt32)(frames * cm_pcm_stride(&e->client.pcm));
    if (list->mNumberBuffers != count)
        return kAudio_ParamError;
    for (UInt32 i = 0; i < count; i++) {
        AudioBuffer *b = &list->mBuffers[i];
        UInt8 *own = e->client.memory + i * e->client.plane;
        if (!b->mData)
            return kAudio_ParamError;
        if (b->mDataByteSize >= bytes)
            continue;
        if (b->mData != own)
            memmove(own, b->mData, b->mDataByteSize);
        memset(own + b->mDataByteSize, 0, bytes - b->mDataByteSize);
        *b = (AudioBuffer){ b->mNumberChannels, bytes, own };
    }
    return noErr;
}

OSStatus cm_unit_pull(cm_unit *unit, UInt32 input, AudioUnitRenderActionFlags *flags,
                      const AudioTimeStamp *time, UInt32 frames, AudioBufferList **list)
{
    cm_element *e = cm_unit_input(unit, input);
    const cm_source *s = atomic_load(&e->source);
    AudioUnitRenderActionFlags told = 0;
    OSStatus status = kAudio_UnimplementedError;
    if (!s || (s->unit && atomic_load(&s->unit->is_disposed)))
        return kAudioUnitErr_NoConnection;
    if (frames > e->client.frames)
        return kAudioUnitErr_TooManyFramesToProcess;
    bool own = e->allocates && !s->unit;
    *list = own ? cm_buffers_prepare(&e->client, frames) : cm_buffers_lend(&e->client, frames);
    UInt32 count = (*list)->mNumberBuffers;
    if (!s->unit)
        status = s->proc(s->user, &told, time, input, frames, *list);
    else if (s->unit->methods->render)
        status = s->unit->methods->render(s->unit->self, &told, time, s->output, frames, *list);
    if (status == noErr)
        status = mend(e, *list, count, frames);
    *flags = told & kAudioUnitRenderAction_OutputIsSilence;
    return status;
}
