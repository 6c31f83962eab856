/* Thru parameters: their bytes checked and made ready. */
#include "midi/thru.h"

#include "base/status.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PARAMETER = 0x3FFF, PAIRS = 32 };

size_t cm_thru_size(uint32_t control_transforms, uint32_t maps)
{
    return sizeof(MIDIThruConnectionParams) + (size_t)control_transforms * sizeof(MIDIControlTransform) +
           (size_t)maps * sizeof(MIDIValueMap);
}

size_t MIDIThruConnectionParamsSize(const MIDIThruConnectionParams *ptr)
{
    return cm_thru_size(ptr->numControlTransforms, ptr->numMaps);
}

void MIDIThruConnectionParamsInitialize(MIDIThruConnectionParams *inConnectionParams)
{
    *inConnectionParams = (MIDIThruConnectionParams){ .highNote = 127 };
    for (UInt8 channel = 0; channel < 16; channel++)
        inConnectionParams->channelMap[channel] = channel;
}

/* How many numbers a control type has. */
static uint32_t numbers_of(uint32_t control_type)
{
    if (control_type == kMIDIControlType_7Bit)
        return 128;
    return control_type == kMIDIControlType_14Bit ? PAIRS : MAX_PARAMETER + 1;
}

static OSStatus check_transform(uint32_t transform, SInt16 param, uint32_t target, const cm_thru_plan *plan)
{
    switch (transform) {
    case kMIDITransform_None:
    case kMIDITransform_FilterOut:
    case kMIDITransform_Add:
    case kMIDITransform_Scale:
    case kMIDITransform_MinValue:
    case kMIDITransform_MaxValue:
        return noErr;
    case kMIDITransform_MapControl:
        if (param < 0 || (uint32_t)param >= numbers_of(target))
            return cm_fail(kAudio_ParamError, "thru parameters map to control %d, which does not exist",
                           param);
        return noErr;
    case kMIDITransform_MapValue:
        if (param < 0 || param >= plan->params.numMaps)
            return cm_fail(kAudio_ParamError, "thru parameters use value map %d of %u", param,
                           plan->params.numMaps);
        return noErr;
    default:
        return cm_fail(kAudio_ParamError, "thru parameters have an unknown transform %u", transform);
    }
}

static OSStatus check_control(const MIDIControlTransform *control, const cm_thru_plan *plan)
{
    if (control->controlType > kMIDIControlType_14BitNRPN ||
        control->remappedControlType > kMIDIControlType_14BitNRPN)
        return cm_fail(kAudio_ParamError, "thru parameters have an unknown control type %u",
                       control->controlType > kMIDIControlType_14BitNRPN ? control->controlType
                                                                         : control->remappedControlType);
    if (control->controlNumber >= numbers_of(control->controlType))
        return cm_fail(kAudio_ParamError, "thru parameters transform control %u, which does not exist",
                       control->controlNumber);
    return check_transform(control->transform, control->param, control->remappedControlType, plan);
}

static OSStatus check_plan(const cm_thru_plan *plan)
{
    const MIDIThruConnectionParams *params = &plan->params;
    const MIDITransform transforms[] = { params->noteNumber,      params->velocity,      params->keyPressure,
                                         params->channelPressure, params->programChange, params->pitchBend };
    OSStatus status = noErr;
    for (size_t i = 0; i < sizeof transforms / sizeof transforms[0] && !status; i++)
        status = check_transform(transforms[i].transform, transforms[i].param, kMIDIControlType_7Bit, plan);
    for (size_t i = 0; i < params->numControlTransforms && !status; i++)
        status = check_control(&plan->controls[i], plan);
    return status;
}

static OSStatus check_head(const MIDIThruConnectionParams *params, uint64_t length)
{
    if (params->version != 0)
        return cm_fail(kAudio_ParamError, "thru parameters of version %u; only 0 is known", params->version);
    if (params->numSources > kMIDIThruConnection_MaxEndpoints ||
        params->numDestinations > kMIDIThruConnection_MaxEndpoints)
        return cm_fail(kAudio_ParamError, "thru parameters name more than %d sources or destinations",
                       kMIDIThruConnection_MaxEndpoints);
    size_t needed = MIDIThruConnectionParamsSize(params);
    if (length < needed)
        return cm_fail(kAudio_ParamError, "thru parameters announce %zu bytes and have %llu", needed,
                       (unsigned long long)length);
    return noErr;
}

static void prepare(cm_thru_plan *plan)
{
    for (size_t i = 0; i < plan->params.numControlTransforms; i++) {
        const MIDIControlTransform *control = &plan->controls[i];
        if (control->controlType == kMIDIControlType_14Bit)
            plan->pairs |= 1u << control->controlNumber;
        plan->parameters |= control->controlType > kMIDIControlType_14Bit;
    }
}

OSStatus cm_thru_plan_new(const void *bytes, uint64_t length, cm_thru_plan **plan)
{
    MIDIThruConnectionParams params;
    *plan = NULL;
    if (length < sizeof params)
        return cm_fail(kAudio_ParamError, "thru parameters of %llu bytes; they have at least %zu",
                       (unsigned long long)length, sizeof params);
    memcpy(&params, bytes, sizeof params);
    OSStatus status = check_head(&params, length);
    if (status)
        return status;
    size_t behind = MIDIThruConnectionParamsSize(&params) - sizeof params;
    cm_thru_plan *made = malloc(sizeof *made + behind);
    if (!made)
        return kAudio_MemFullError;
    MIDIControlTransform *controls = (MIDIControlTransform *)(made + 1);
    memcpy(controls, (const char *)bytes + sizeof params, behind);
    *made = (cm_thru_plan){ .params = params,
                            .controls = controls,
                            .maps = (const MIDIValueMap *)(controls + params.numControlTransforms) };
    status = check_plan(made);
    if (status) {
        free(made);
        return status;
    }
    prepare(made);
    *plan = made;
    return noErr;
}

CFDataRef cm_thru_plan_data(const cm_thru_plan *plan)
{
    CFMutableDataRef data = CFDataCreateMutable(NULL, 0);
    if (!data)
        return NULL;
    CFDataAppendBytes(data, (const UInt8 *)&plan->params, sizeof plan->params);
    CFDataAppendBytes(data, (const UInt8 *)plan->controls,
                      (CFIndex)(MIDIThruConnectionParamsSize(&plan->params) - sizeof plan->params));
    return data;
}
