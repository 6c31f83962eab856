/*
 * A unit's state as a dictionary (kAudioUnitProperty_ClassInfo), in the form of .aupreset files, and its
 * presets.
 *
 * The key "data" holds the parameters, big-endian: for each element that has any a scope, an element and a
 * number of parameters, then so many IDs with a Float32 each.
 */
#include "../base/bytes.h"
#include "../base/cf_dictionary.h"
#include "../base/cf_object.h"
#include "unit.h"

#include <CoreFoundation/CFArray.h>
#include <CoreFoundation/CFData.h>
#include <CoreFoundation/CFNumber.h>
#include <math.h>
#include <stdlib.h>

#define STATE_VERSION 0

/* ---- parameters as bytes ---- */

static bool is_saved(const cm_unit_parameter *p, AudioUnitScope scope)
{
    return p->scope == scope && (p->flags & kAudioUnitParameterFlag_IsWritable) &&
           !(p->flags & kAudioUnitParameterFlag_OmitFromPresets);
}

static void append_word(CFMutableDataRef data, UInt32 word)
{
    UInt8 bytes[4];
    cm_put_be32(bytes, word);
    CFDataAppendBytes(data, bytes, sizeof bytes);
}

static void append_element(const cm_unit *unit, AudioUnitScope scope, UInt32 element, CFMutableDataRef data)
{
    UInt32 count = 0;
    for (UInt32 i = 0; i < unit->parameter_count; i++)
        count += is_saved(&unit->parameters[i], scope);
    if (count == 0)
        return;
    append_word(data, scope);
    append_word(data, element);
    append_word(data, count);
    for (UInt32 i = 0; i < unit->parameter_count; i++) {
        if (!is_saved(&unit->parameters[i], scope))
            continue;
        UInt8 value[4];
        cm_put_be_f32(value, cm_unit_value(unit, scope, element, i));
        append_word(data, unit->parameters[i].id);
        CFDataAppendBytes(data, value, sizeof value);
    }
}

static CFDataRef copy_parameters(const cm_unit *unit)
{
    CFMutableDataRef data = CFDataCreateMutable(NULL, 0);
    for (AudioUnitScope s = 0; data && s < CM_UNIT_SCOPES; s++)
        for (UInt32 i = 0; i < unit->scopes[s].count; i++)
            append_element(unit, s, i, data);
    return data;
}

static void restore_parameter(cm_unit *unit, AudioUnitScope scope, UInt32 element, const UInt8 *entry)
{
    Float32 value = cm_get_be_f32(entry + 4);
    UInt32 index;
    OSStatus status;
    if (isnan(value) || !cm_unit_element(unit, scope, element, &status) ||
        !cm_unit_find_parameter(unit, cm_get_be32(entry), scope, &index))
        return;
    const cm_unit_parameter *p = &unit->parameters[index];
    if (is_saved(p, scope))
        cm_unit_set_value(unit, scope, element, index, fminf(fmaxf(value, p->minimum), p->maximum));
}

/* What this unit does not know (a newer version's) is passed over. False when the bytes are not whole. */
static bool walk_parameters(cm_unit *unit, const UInt8 *bytes, UInt64 size, bool restores)
{
    UInt64 at = 0;
    while (at < size) {
        if (size - at < 12)
            return false;
        UInt32 scope = cm_get_be32(bytes + at), element = cm_get_be32(bytes + at + 4),
               count = cm_get_be32(bytes + at + 8);
        at += 12;
        if ((UInt64)count * 8 > size - at)
            return false;
        for (UInt32 i = 0; restores && i < count; i++)
            restore_parameter(unit, scope, element, bytes + at + 8ull * i);
        at += 8ull * count;
    }
    return true;
}

/* ---- the dictionary ---- */

static CFStringRef new_key(const char *text)
{
    return CFStringCreateWithCString(NULL, text, kCFStringEncodingUTF8);
}

static void set_new(CFMutableDictionaryRef state, const char *key, CFTypeRef value)
{
    CFStringRef name = new_key(key);
    cm_cf_dictionary_set_new(state, name, value);
    CFRelease(name);
}

static void set_number(CFMutableDictionaryRef state, const char *key, SInt32 value)
{
    set_new(state, key, CFNumberCreate(NULL, kCFNumberSInt32Type, &value));
}

static CFTypeRef value_of(CFDictionaryRef state, const char *key)
{
    CFStringRef name = new_key(key);
    CFTypeRef value = CFDictionaryGetValue(state, name);
    CFRelease(name);
    return value;
}

static bool number_of(CFDictionaryRef state, const char *key, SInt32 *value)
{
    SInt64 wide;
    CFTypeRef number = value_of(state, key);
    if (!number || !cm_cf_is(number, CM_CF_NUMBER) || !CFNumberGetValue(number, kCFNumberSInt64Type, &wide))
        return false;
    *value = (SInt32)(UInt32)wide; /* four-character codes come with and without a sign */
    return true;
}

OSStatus cm_unit_get_class_info(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    const AudioComponentDescription *d = &unit->kind->description;
    CFMutableDictionaryRef state = CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                                             &kCFTypeDictionaryValueCallBacks);
    (void)key, (void)size;
    if (!state)
        return kAudio_MemFullError;
    set_number(state, kAUPresetVersionKey, STATE_VERSION);
    set_number(state, kAUPresetTypeKey, (SInt32)d->componentType);
    set_number(state, kAUPresetSubtypeKey, (SInt32)d->componentSubType);
    set_number(state, kAUPresetManufacturerKey, (SInt32)d->componentManufacturer);
    set_new(state, kAUPresetDataKey, copy_parameters(unit));
    set_new(state, kAUPresetNameKey, unit->preset_name ? CFRetain(unit->preset_name) : new_key("Untitled"));
    if (unit->preset_number >= 0)
        set_number(state, kAUPresetNumberKey, unit->preset_number);
    OSStatus status = unit->kind->save ? unit->kind->save(unit, state) : noErr;
    if (status == noErr)
        *(CFDictionaryRef *)data = state;
    else
        CFRelease(state);
    return status;
}

static bool is_for(const cm_unit *unit, CFDictionaryRef state)
{
    const AudioComponentDescription *d = &unit->kind->description;
    SInt32 version, type, subtype, maker;
    return number_of(state, kAUPresetVersionKey, &version) && version == STATE_VERSION &&
           number_of(state, kAUPresetTypeKey, &type) && (OSType)type == d->componentType &&
           number_of(state, kAUPresetSubtypeKey, &subtype) && (OSType)subtype == d->componentSubType &&
           number_of(state, kAUPresetManufacturerKey, &maker) && (OSType)maker == d->componentManufacturer;
}

static void take_preset_name(cm_unit *unit, SInt32 number, CFStringRef name)
{
    CFStringRef copy = name ? CFStringCreateCopy(NULL, name) : NULL;
    if (unit->preset_name)
        CFRelease(unit->preset_name);
    unit->preset_name = copy;
    unit->preset_number = number;
}

OSStatus cm_unit_set_class_info(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    CFDictionaryRef state = *(const CFDictionaryRef *)data;
    (void)key, (void)size;
    if (!cm_cf_is(state, CM_CF_DICTIONARY) || !cm_cf_dictionary_holds_objects(state) || !is_for(unit, state))
        return cm_fail(kAudioUnitErr_InvalidPropertyValue, "not a state of %s", unit->kind->name);
    CFDataRef bytes = value_of(state, kAUPresetDataKey);
    CFStringRef name = value_of(state, kAUPresetNameKey);
    if (bytes && !cm_cf_is(bytes, CM_CF_DATA))
        return cm_fail(kAudioUnitErr_InvalidPropertyValue, "the state's data are not bytes");
    const UInt8 *start = bytes ? CFDataGetBytePtr(bytes) : NULL;
    UInt64 length = bytes ? (UInt64)CFDataGetLength(bytes) : 0;
    if (!walk_parameters(unit, start, length, false))
        return cm_fail(kAudioUnitErr_InvalidPropertyValue, "the state's data are cut short");
    OSStatus status = unit->kind->restore ? unit->kind->restore(unit, state) : noErr;
    if (status != noErr)
        return status;
    walk_parameters(unit, start, length, true);
    SInt32 number = -1;
    number_of(state, kAUPresetNumberKey, &number);
    take_preset_name(unit, number, cm_cf_is(name, CM_CF_STRING) ? name : NULL);
    return noErr;
}

/* ---- presets ---- */

/* Members of the array: copies of an AUPreset that go with the array. */
static const void *retain_preset(CFAllocatorRef allocator, const void *value)
{
    AUPreset *copy = malloc(sizeof *copy);
    (void)allocator;
    if (copy) {
        *copy = *(const AUPreset *)value;
        CFRetain(copy->presetName);
    }
    return copy;
}

static void release_preset(CFAllocatorRef allocator, const void *value)
{
    AUPreset *preset = (AUPreset *)(uintptr_t)value;
    (void)allocator;
    if (preset)
        CFRelease(preset->presetName);
    free(preset);
}

OSStatus cm_unit_get_presets(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    static const CFArrayCallBacks callbacks = { .retain = retain_preset, .release = release_preset };
    CFMutableArrayRef array = CFArrayCreateMutable(NULL, 0, &callbacks);
    (void)key, (void)size;
    if (!array)
        return kAudio_MemFullError;
    for (UInt32 i = 0; i < unit->kind->preset_count; i++) {
        AUPreset preset = { (SInt32)i, new_key(unit->kind->presets[i].name) };
        if (!preset.presetName)
            continue;
        CFArrayAppendValue(array, &preset);
        CFRelease(preset.presetName);
    }
    *(CFArrayRef *)data = array;
    return noErr;
}

OSStatus cm_unit_get_present_preset(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    AUPreset *preset = data;
    (void)key, (void)size;
    preset->presetNumber = unit->preset_number;
    preset->presetName = unit->preset_name ? CFRetain(unit->preset_name) : new_key("Untitled");
    return preset->presetName ? noErr : kAudio_MemFullError;
}

OSStatus cm_unit_set_present_preset(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    const AUPreset *wanted = data;
    (void)key, (void)size;
    if (wanted->presetNumber < 0) {
        if (!cm_cf_is(wanted->presetName, CM_CF_STRING))
            return kAudioUnitErr_InvalidPropertyValue;
        take_preset_name(unit, -1, wanted->presetName);
        return noErr;
    }
    if ((UInt32)wanted->presetNumber >= unit->kind->preset_count)
        return cm_fail(kAudioUnitErr_InvalidPropertyValue, "there is no factory preset %d",
                       wanted->presetNumber);
    const cm_unit_preset *preset = &unit->kind->presets[wanted->presetNumber];
    for (UInt32 i = 0; i < unit->kind->parameter_count; i++)
        if (unit->scopes[unit->parameters[i].scope].count > 0)
            cm_unit_set_value(unit, unit->parameters[i].scope, 0, i, preset->values[i]);
    CFStringRef name = new_key(preset->name);
    take_preset_name(unit, wanted->presetNumber, name);
    if (name)
        CFRelease(name);
    return noErr;
}
