#include "queue.h"

#include <math.h>

typedef struct range {
    AudioQueueParameterID id;
    Float32 least, most;
} range;

static const range ranges[] = {
    { kAudioQueueParam_Volume, 0, 1 },       { kAudioQueueParam_PlayRate, 0.5f, 2 },
    { kAudioQueueParam_Pitch, -2400, 2400 }, { kAudioQueueParam_VolumeRampTime, 0, 3600 },
    { kAudioQueueParam_Pan, -1, 1 },
};

static const range *find(AudioQueueParameterID id)
{
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (ranges[i].id == id)
            return &ranges[i];
    return NULL;
}

OSStatus cm_queue_check_parameter(AudioQueueParameterID id, AudioQueueParameterValue *value)
{
    const range *r = find(id);
    if (!r)
        return kAudioQueueErr_InvalidParameter;
    if (isnan(*value))
        return kAudioQueueErr_InvalidPropertyValue;
    *value = fminf(fmaxf(*value, r->least), r->most);
    return noErr;
}

OSStatus AudioQueueGetParameter(AudioQueueRef inAQ, AudioQueueParameterID inParamID,
                                AudioQueueParameterValue *outValue)
{
    OSStatus status;
    if (!outValue)
        return kAudio_ParamError;
    cm_queue *q = cm_queue_pin(inAQ, &status);
    if (!q)
        return status;
    status = q->is_input       ? kAudioQueueErr_InvalidQueueType
             : find(inParamID) ? noErr
                               : kAudioQueueErr_InvalidParameter;
    if (status == noErr)
        *outValue = cm_playout_parameter(&q->playout, inParamID);
    cm_queue_unpin(q);
    return status;
}

OSStatus AudioQueueSetParameter(AudioQueueRef inAQ, AudioQueueParameterID inParamID,
                                AudioQueueParameterValue inValue)
{
    OSStatus status;
    cm_queue *q = cm_queue_pin(inAQ, &status);
    if (!q)
        return status;
    status = q->is_input ? kAudioQueueErr_InvalidQueueType : cm_queue_check_parameter(inParamID, &inValue);
    if (status == noErr)
        cm_playout_set_parameter(&q->playout, inParamID, inValue);
    cm_queue_unpin(q);
    return status;
}
