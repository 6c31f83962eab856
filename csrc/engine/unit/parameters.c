/* Parameters: values, changes in time, and the properties that describe them. */
#include "unit.h"

#include "../base/cf_string.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool cm_unit_find_parameter(const cm_unit *unit, AudioUnitParameterID id, AudioUnitScope scope, UInt32 *index)
{
    for (UInt32 i = 0; i < unit->parameter_count; i++)
        if (unit->parameters[i].id == id && unit->parameters[i].scope == scope) {
            *index = i;
            return true;
        }
    return false;
}

Float32 cm_unit_value(const cm_unit *unit, AudioUnitScope scope, UInt32 element, UInt32 index)
{
    UInt32 bits = atomic_load_explicit(&unit->scopes[scope].elements[element]->values[index],
                                       memory_order_relaxed);
    Float32 value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void cm_unit_set_value(cm_unit *unit, AudioUnitScope scope, UInt32 element, UInt32 index, Float32 value)
{
    UInt32 bits;
    memcpy(&bits, &value, sizeof bits);
    atomic_store_explicit(&unit->scopes[scope].elements[element]->values[index], bits, memory_order_relaxed);
}

/* ---- setting ---- */

static OSStatus find(const cm_unit *unit, AudioUnitParameterID id, AudioUnitScope scope,
                     AudioUnitElement element, UInt32 *index)
{
    OSStatus status;
    if (!cm_unit_element(unit, scope, element, &status))
        return status;
    return cm_unit_find_parameter(unit, id, scope, index) ? noErr : kAudioUnitErr_InvalidParameter;
}

static void limit(const cm_unit_parameter *p, AudioUnitParameterValue *value)
{
    *value = fminf(fmaxf(*value, p->minimum), p->maximum);
}

OSStatus cm_unit_get_parameter(void *self, AudioUnitParameterID id, AudioUnitScope scope,
                               AudioUnitElement element, AudioUnitParameterValue *value)
{
    UInt32 index = 0;
    OSStatus status = find(self, id, scope, element, &index);
    if (status == noErr)
        *value = cm_unit_value(self, scope, element, index);
    return status;
}

/* The event for the queue, checked. */
static OSStatus make_event(const cm_unit *unit, const AudioUnitParameterEvent *in, cm_event *out)
{
    UInt32 index = 0;
    OSStatus status = find(unit, in->parameter, in->scope, in->element, &index);
    if (status != noErr)
        return status;
    const cm_unit_parameter *p = &unit->parameters[index];
    bool is_ramp = in->eventType == kParameterEvent_Ramped;
    if (!(p->flags & kAudioUnitParameterFlag_IsWritable) ||
        (is_ramp && !(p->flags & kAudioUnitParameterFlag_CanRamp)))
        return kAudioUnitErr_InvalidParameter;
    if (!is_ramp && in->eventType != kParameterEvent_Immediate)
        return kAudio_ParamError;
    Float32 start = is_ramp ? in->eventValues.ramp.startValue : in->eventValues.immediate.value;
    Float32 end = is_ramp ? in->eventValues.ramp.endValue : start;
    UInt32 offset = in->eventValues.immediate.bufferOffset;
    if (isnan(start) || isnan(end))
        return kAudioUnitErr_InvalidParameterValue;
    limit(p, &start);
    limit(p, &end);
    *out = (cm_event){ .type = is_ramp ? CM_EVENT_RAMP : CM_EVENT_SET,
                       .offset = is_ramp ? in->eventValues.ramp.startBufferOffset
                                         : (SInt32)(offset < INT32_MAX ? offset : INT32_MAX),
                       .parameter = { .scope = in->scope,
                                      .element = in->element,
                                      .index = index,
                                      .start = start,
                                      .end = end,
                                      .frames = is_ramp ? in->eventValues.ramp.durationInFrames : 0 } };
    return noErr;
}

static OSStatus put(cm_unit *unit, const cm_event *event)
{
    return cm_events_put(unit->events, event) ? noErr : kAudioUnitErr_CannotDoInCurrentContext;
}

OSStatus cm_unit_set_parameter(void *self, AudioUnitParameterID id, AudioUnitScope scope,
                               AudioUnitElement element, AudioUnitParameterValue value, UInt32 offset)
{
    cm_unit *unit = self;
    cm_event event;
    AudioUnitParameterEvent change = { .scope = scope,
                                       .element = element,
                                       .parameter = id,
                                       .eventType = kParameterEvent_Immediate,
                                       .eventValues.immediate = { offset, value } };
    OSStatus status = make_event(unit, &change, &event);
    if (status != noErr)
        return status;
    if (offset > 0)
        return put(unit, &event);
    cm_unit_set_value(unit, scope, element, event.parameter.index, event.parameter.end);
    return noErr;
}

OSStatus cm_unit_schedule_parameters(void *self, const AudioUnitParameterEvent *events, UInt32 count)
{
    OSStatus status = noErr;
    for (UInt32 i = 0; i < count && status == noErr; i++) {
        cm_event event;
        status = make_event(self, &events[i], &event);
        if (status == noErr)
            status = put(self, &event);
    }
    return status;
}

OSStatus cm_unit_midi_event(void *self, UInt32 status, UInt32 data1, UInt32 data2, UInt32 offset)
{
    if (status < 0x80 || status > 0xFF || data1 > 0x7F || data2 > 0x7F || offset > INT32_MAX)
        return kAudio_ParamError;
    cm_event event = { .type = CM_EVENT_MIDI,
                       .offset = (SInt32)offset,
                       .midi = { (UInt8)status, (UInt8)data1, (UInt8)data2 } };
    return put(self, &event);
}

OSStatus cm_unit_sysex(void *self, const UInt8 *data, UInt32 length)
{
    cm_unit *unit = self;
    return data && length > 0 ? unit->kind->sysex(unit, data, length) : kAudio_ParamError;
}

/* ---- properties ---- */

static CFStringRef new_string(const char *text)
{
    return CFStringCreateWithCString(NULL, text ? text : "", kCFStringEncodingUTF8);
}

static OSStatus measure_list(cm_unit *unit, const cm_property_key *key, UInt32 *size)
{
    *size = 0;
    for (UInt32 i = 0; i < unit->parameter_count; i++)
        if (unit->parameters[i].scope == key->scope)
            *size += (UInt32)sizeof(AudioUnitParameterID);
    return noErr;
}

static OSStatus get_list(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    AudioUnitParameterID *ids = data;
    UInt32 count = 0;
    for (UInt32 i = 0; i < unit->parameter_count; i++)
        if (unit->parameters[i].scope == key->scope)
            ids[count++] = unit->parameters[i].id;
    *size = count * (UInt32)sizeof *ids;
    return noErr;
}

/* As many whole characters as fit. */
static void copy_name(char *to, size_t room, const char *from)
{
    size_t size = strlen(from);
    if (size >= room) {
        size = room - 1;
        while (size > 0 && ((UInt8)from[size] & 0xC0) == 0x80)
            size--;
    }
    memcpy(to, from, size);
    to[size] = 0;
}

/* The element of these properties is the parameter's ID. */
static const cm_unit_parameter *parameter_of(const cm_unit *unit, AudioUnitParameterID id,
                                             AudioUnitScope scope)
{
    UInt32 index;
    return cm_unit_find_parameter(unit, id, scope, &index) ? &unit->parameters[index] : NULL;
}

static OSStatus get_info(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    AudioUnitParameterInfo *info = data;
    const cm_unit_parameter *p = parameter_of(unit, key->element, key->scope);
    (void)size;
    if (!p)
        return kAudioUnitErr_InvalidParameter;
    *info = (AudioUnitParameterInfo){
        .clumpID = p->clump,
        .cfNameString = new_string(p->name),
        .unitName = p->unit_name ? new_string(p->unit_name) : NULL,
        .unit = p->unit,
        .minValue = p->minimum,
        .maxValue = p->maximum,
        .defaultValue = p->initial,
        .flags = p->flags | kAudioUnitParameterFlag_HasCFNameString | kAudioUnitParameterFlag_CFNameRelease,
    };
    if (p->value_strings)
        info->flags |= kAudioUnitParameterFlag_ValuesHaveStrings;
    if (p->clump)
        info->flags |= kAudioUnitParameterFlag_HasClump;
    copy_name(info->name, sizeof info->name, p->name);
    return noErr;
}

static OSStatus get_value_strings(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    const cm_unit_parameter *p = parameter_of(unit, key->element, key->scope);
    (void)size;
    if (!p || !p->value_strings)
        return p ? kAudioUnitErr_PropertyNotInUse : kAudioUnitErr_InvalidParameter;
    CFMutableArrayRef array = CFArrayCreateMutable(NULL, 0, &kCFTypeArrayCallBacks);
    for (UInt32 i = 0; p->value_strings[i]; i++) {
        CFStringRef string = new_string(p->value_strings[i]);
        CFArrayAppendValue(array, string);
        CFRelease(string);
    }
    *(CFArrayRef *)data = array;
    return noErr;
}

static UInt32 string_count(const cm_unit_parameter *p)
{
    UInt32 count = 0;
    while (p->value_strings && p->value_strings[count])
        count++;
    return count;
}

/* An indexed value's string is its name, any other's its digits. */
static OSStatus get_value_string(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    AudioUnitParameterStringFromValue *in = data;
    UInt32 index;
    char digits[48];
    (void)size;
    if (!cm_unit_find_parameter(unit, in->inParamID, key->scope, &index))
        return kAudioUnitErr_InvalidParameter;
    const cm_unit_parameter *p = &unit->parameters[index];
    Float32 value = in->inValue ? *in->inValue : cm_unit_value(unit, key->scope, key->element, index);
    Float32 place = roundf(value - p->minimum);
    snprintf(digits, sizeof digits, "%g", value);
    bool is_named = place >= 0 && place < (Float32)string_count(p);
    in->outString = new_string(is_named ? p->value_strings[(UInt32)place] : digits);
    return in->outString ? noErr : kAudio_MemFullError;
}

static OSStatus get_value_of_string(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    AudioUnitParameterValueFromString *in = data;
    const cm_unit_parameter *p = parameter_of(unit, in->inParamID, key->scope);
    size_t length;
    const char *text = cm_cf_string_bytes(in->inString, &length);
    char *end = NULL;
    (void)size;
    if (!p || !text)
        return p ? kAudio_ParamError : kAudioUnitErr_InvalidParameter;
    for (UInt32 i = 0; i < string_count(p); i++)
        if (strcmp(p->value_strings[i], text) == 0) {
            in->outValue = p->minimum + (Float32)i;
            return noErr;
        }
    in->outValue = strtof(text, &end);
    return end != text && !isnan(in->outValue) ? noErr : kAudioUnitErr_InvalidParameterValue;
}

static OSStatus get_short_name(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    AudioUnitParameterNameInfo *in = data;
    const cm_unit_parameter *p = parameter_of(unit, in->inID, key->scope);
    (void)size;
    if (!p)
        return kAudioUnitErr_InvalidParameter;
    CFStringRef name = new_string(p->name);
    if (name && in->inDesiredLength >= 0 && CFStringGetLength(name) > in->inDesiredLength) {
        CFStringRef whole = name;
        name = CFStringCreateWithSubstring(NULL, whole, CFRangeMake(0, in->inDesiredLength));
        CFRelease(whole);
    }
    in->outName = name;
    return name ? noErr : kAudio_MemFullError;
}

#define ANY CM_PROPERTY_ANY_ELEMENT

const cm_unit_property cm_unit_parameter_properties[] = {
    { .id = kAudioUnitProperty_ParameterList,
      .scopes = CM_SCOPES_ALL,
      .measure = measure_list,
      .get = get_list },
    { .id = kAudioUnitProperty_ParameterInfo,
      .scopes = CM_SCOPES_ALL,
      .flags = ANY,
      .size = sizeof(AudioUnitParameterInfo),
      .get = get_info },
    { .id = kAudioUnitProperty_ParameterValueStrings,
      .scopes = CM_SCOPES_ALL,
      .flags = ANY,
      .size = sizeof(CFArrayRef),
      .get = get_value_strings },
    { .id = kAudioUnitProperty_ParameterStringFromValue,
      .scopes = CM_SCOPES_ALL,
      .size = sizeof(AudioUnitParameterStringFromValue),
      .get = get_value_string },
    { .id = kAudioUnitProperty_ParameterValueFromString,
      .scopes = CM_SCOPES_ALL,
      .size = sizeof(AudioUnitParameterValueFromString),
      .get = get_value_of_string },
    { .id = kAudioUnitProperty_ParameterIDName,
      .scopes = CM_SCOPES_ALL,
      .size = sizeof(AudioUnitParameterNameInfo),
      .get = get_short_name },
};

const UInt32 cm_unit_parameter_property_count = sizeof cm_unit_parameter_properties /
                                                sizeof *cm_unit_parameter_properties;
