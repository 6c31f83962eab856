/* Finding a property in the tables, and the properties that every unit has. */
#include "../format/layout.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

/* ---- dispatch ---- */

static const cm_unit_property *find_in(const cm_unit *unit, const cm_unit_property *rows, UInt32 count,
                                       AudioUnitPropertyID id)
{
    for (UInt32 i = 0; i < count; i++)
        if (rows[i].id == id && (!rows[i].exists || rows[i].exists(unit)))
            return &rows[i];
    return NULL;
}

static const cm_unit_property *find(const cm_unit *unit, AudioUnitPropertyID id)
{
    const cm_unit_property *p = find_in(unit, unit->kind->properties, unit->kind->property_count, id);
    if (!p)
        p = find_in(unit, cm_unit_base_properties, cm_unit_base_property_count, id);
    if (!p)
        p = find_in(unit, cm_unit_parameter_properties, cm_unit_parameter_property_count, id);
    return p;
}

static OSStatus look_up(const cm_unit *unit, const cm_property_key *key, const cm_unit_property **row)
{
    OSStatus status;
    *row = find(unit, key->id);
    if (!*row)
        return cm_fail(kAudioUnitErr_InvalidProperty, "%s has no property %u", unit->kind->name, key->id);
    if (key->scope >= CM_UNIT_SCOPES || !((*row)->scopes >> key->scope & 1))
        return cm_fail(kAudioUnitErr_InvalidScope, "property %u is not of scope %u", key->id, key->scope);
    bool any = (*row)->flags & CM_PROPERTY_ANY_ELEMENT;
    cm_unit_element(unit, key->scope, any ? 0 : key->element, &status);
    return any && status == kAudioUnitErr_InvalidElement ? noErr : status;
}

static OSStatus measure(cm_unit *unit, const cm_unit_property *row, const cm_property_key *key, UInt32 *size)
{
    *size = row->size;
    return row->size == 0 && row->measure ? row->measure(unit, key, size) : noErr;
}

OSStatus cm_unit_get_property_info(void *self, AudioUnitPropertyID id, AudioUnitScope scope,
                                   AudioUnitElement element, UInt32 *size, Boolean *writable)
{
    cm_unit *unit = self;
    cm_property_key key = { id, scope, element };
    const cm_unit_property *row;
    OSStatus status = cm_unit_lock(unit);
    if (status != noErr)
        return status;
    status = look_up(unit, &key, &row);
    if (status == noErr)
        status = measure(unit, row, &key, size);
    if (status == noErr)
        *writable = row->set != NULL;
    cm_unit_unlock(unit);
    return status;
}

static OSStatus get_locked(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    const cm_unit_property *row;
    UInt32 needed;
    OSStatus status = look_up(unit, key, &row);
    if (status == noErr)
        status = row->get ? measure(unit, row, key, &needed) : kAudioUnitErr_InvalidProperty;
    if (status != noErr)
        return status;
    if (*size < needed)
        return cm_fail(kAudioUnitErr_InvalidPropertyValue, "property %u takes %u bytes, not %u", key->id,
                       needed, *size);
    *size = needed;
    return row->get(unit, key, data, size);
}

OSStatus cm_unit_get_property(void *self, AudioUnitPropertyID id, AudioUnitScope scope,
                              AudioUnitElement element, void *data, UInt32 *size)
{
    cm_unit *unit = self;
    OSStatus status = cm_unit_lock(unit);
    if (status != noErr)
        return status;
    status = get_locked(unit, &(cm_property_key){ id, scope, element }, data, size);
    cm_unit_unlock(unit);
    return status;
}

static OSStatus check_settable(const cm_unit *unit, const cm_unit_property *row, const cm_property_key *key,
                               const void *data, UInt32 size)
{
    if (!row->set)
        return cm_fail(kAudioUnitErr_PropertyNotWritable, "property %u is not writable", key->id);
    if ((row->flags & CM_PROPERTY_UNINITIALIZED) && atomic_load(&unit->is_initialized))
        return cm_fail(kAudioUnitErr_Initialized, "property %u is set before the unit is initialized",
                       key->id);
    if (!data && (row->flags & CM_PROPERTY_REMOVABLE))
        return noErr;
    if (!data || size < row->size)
        return cm_fail(kAudioUnitErr_InvalidPropertyValue, "property %u takes %u bytes, not %u", key->id,
                       row->size, size);
    return noErr;
}

static OSStatus set_held(cm_unit *unit, const cm_unit_property *row, const cm_property_key *key,
                         const void *data, UInt32 size)
{
    OSStatus status = cm_unit_hold(unit);
    if (status != noErr)
        return status;
    status = row->set(unit, key, data, size);
    cm_unit_release(unit);
    return status;
}

OSStatus cm_unit_set_property(void *self, AudioUnitPropertyID id, AudioUnitScope scope,
                              AudioUnitElement element, const void *data, UInt32 size)
{
    cm_unit *unit = self;
    cm_property_key key = { id, scope, element };
    const cm_unit_property *row;
    OSStatus status = cm_unit_lock(unit);
    if (status != noErr)
        return status;
    if (!data || size == 0) {
        data = NULL;
        size = 0;
    }
    status = look_up(unit, &key, &row);
    if (status == noErr)
        status = check_settable(unit, row, &key, data, size);
    bool is_locked = status != noErr || !(row->flags & CM_PROPERTY_UNLOCKED);
    if (!is_locked)
        cm_unit_unlock(unit);
    if (status == noErr)
        status = row->flags & CM_PROPERTY_HOLDS ? set_held(unit, row, &key, data, size)
                                                : row->set(unit, &key, data, size);
    if (is_locked)
        cm_unit_unlock(unit);
    if (status == noErr && !(row->flags & CM_PROPERTY_QUIET) && !cm_render_active())
        cm_unit_tell(unit, id, scope, element);
    return status;
}

/* ---- formats and elements ---- */

static cm_element *element_of(const cm_unit *unit, const cm_property_key *key)
{
    return unit->scopes[key->scope].elements[key->element];
}

/* The global scope's format is that of output 0. */
static bool io_of(const cm_unit *unit, const cm_property_key *key, AudioUnitScope *scope,
                  cm_element **element)
{
    OSStatus status;
    *scope = key->scope == kAudioUnitScope_Global ? kAudioUnitScope_Output : key->scope;
    *element = cm_unit_element(unit, *scope, key->element, &status);
    return status == noErr;
}

static OSStatus get_format(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    AudioUnitScope scope;
    cm_element *e;
    (void)size;
    if (!io_of(unit, key, &scope, &e))
        return kAudioUnitErr_InvalidElement;
    memcpy(data, &e->format, sizeof e->format);
    return noErr;
}

static OSStatus set_format(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    AudioUnitScope scope;
    cm_element *e;
    AudioStreamBasicDescription format;
    (void)size;
    if (!io_of(unit, key, &scope, &e))
        return kAudioUnitErr_InvalidElement;
    memcpy(&format, data, sizeof format);
    return cm_unit_set_format(unit, scope, key->element, &format);
}

static OSStatus get_rate(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    AudioUnitScope scope;
    cm_element *e;
    (void)size;
    if (!io_of(unit, key, &scope, &e))
        return kAudioUnitErr_InvalidElement;
    memcpy(data, &e->format.mSampleRate, sizeof e->format.mSampleRate);
    return noErr;
}

static OSStatus set_rate(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    AudioUnitScope scope;
    cm_element *e;
    (void)size;
    if (!io_of(unit, key, &scope, &e))
        return kAudioUnitErr_InvalidElement;
    AudioStreamBasicDescription format = e->format;
    memcpy(&format.mSampleRate, data, sizeof format.mSampleRate);
    return cm_unit_set_format(unit, scope, key->element, &format);
}

static OSStatus get_count(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)size;
    *(UInt32 *)data = unit->scopes[key->scope].count;
    return noErr;
}

static OSStatus set_count(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    (void)size;
    return cm_unit_set_element_count(unit, key->scope, *(const UInt32 *)data);
}

static OSStatus get_name(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    CFStringRef name = element_of(unit, key)->name;
    (void)size;
    if (!name)
        return kAudioUnitErr_PropertyNotInUse;
    *(CFStringRef *)data = CFRetain(name);
    return noErr;
}

static OSStatus replace_string(CFStringRef *held, const void *data)
{
    CFStringRef wanted = data ? *(const CFStringRef *)data : NULL;
    if (wanted && CFGetTypeID(wanted) != CFStringGetTypeID())
        return kAudioUnitErr_InvalidPropertyValue;
    CFStringRef copy = wanted ? CFStringCreateCopy(NULL, wanted) : NULL;
    if (wanted && !copy)
        return kAudio_MemFullError;
    if (*held)
        CFRelease(*held);
    *held = copy;
    return noErr;
}

static OSStatus set_name(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    (void)size;
    return replace_string(&element_of(unit, key)->name, data);
}

static OSStatus measure_layout(cm_unit *unit, const cm_property_key *key, UInt32 *size)
{
    *size = element_of(unit, key)->layout_size;
    return *size ? noErr : kAudioUnitErr_PropertyNotInUse;
}

static OSStatus get_layout(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    memcpy(data, element_of(unit, key)->layout, *size);
    return noErr;
}

static OSStatus set_layout(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    cm_element *e = element_of(unit, key);
    AudioChannelLayout *copy = NULL, *before = e->layout;
    UInt32 copy_size = 0, before_size = e->layout_size;
    if (data &&
        (cm_layout_check(data, size) != noErr || cm_layout_channels(data) != e->format.mChannelsPerFrame))
        return cm_fail(kAudioUnitErr_InvalidPropertyValue, "not a channel layout for %u channels",
                       e->format.mChannelsPerFrame);
    if (data)
        copy = cm_layout_new_copy(data, &copy_size);
    if (data && !copy)
        return kAudio_MemFullError;
    e->layout = copy;
    e->layout_size = copy_size;
    OSStatus status = noErr;
    if (atomic_load(&unit->is_initialized) && unit->kind->changes_while_initialized)
        status = cm_unit_reinitialize(unit);
    if (status != noErr) {
        e->layout = before;
        e->layout_size = before_size;
        before = copy;
        cm_unit_reinitialize(unit);
    }
    free(before);
    return status;
}

static OSStatus get_allocates(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)size;
    *(UInt32 *)data = element_of(unit, key)->allocates;
    return noErr;
}

static OSStatus set_allocates(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    (void)size;
    element_of(unit, key)->allocates = *(const UInt32 *)data != 0;
    return noErr;
}

static OSStatus measure_channels(cm_unit *unit, const cm_property_key *key, UInt32 *size)
{
    (void)key;
    *size = (unit->kind->channels ? unit->kind->channel_count : 1) * (UInt32)sizeof(AUChannelInfo);
    return noErr;
}

static OSStatus get_channels(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    static const AUChannelInfo as_many = { -1, -1 };
    (void)key;
    memcpy(data, unit->kind->channels ? unit->kind->channels : &as_many, *size);
    return noErr;
}

/* ---- sources ---- */

static OSStatus set_callback(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    const AURenderCallbackStruct *c = data;
    (void)size;
    return cm_unit_set_callback(unit, key->element, c ? c->inputProc : NULL, c ? c->inputProcRefCon : NULL);
}

static OSStatus set_connection(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    AudioUnitConnection connection = { .destInputNumber = key->element };
    (void)size;
    if (data)
        memcpy(&connection, data, sizeof connection);
    return cm_unit_connect(unit, &connection);
}

/* ---- the whole unit ---- */

static OSStatus get_max_frames(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)key, (void)size;
    *(UInt32 *)data = unit->max_frames;
    return noErr;
}

#define MOST_FRAMES (1u << 20)

static OSStatus set_max_frames(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    UInt32 frames = *(const UInt32 *)data;
    (void)key, (void)size;
    if (frames == 0 || frames > MOST_FRAMES)
        return cm_fail(kAudioUnitErr_InvalidPropertyValue, "a slice has 1 to %u frames", MOST_FRAMES);
    unit->max_frames = frames;
    return noErr;
}

static OSStatus get_latency(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)key, (void)size;
    *(Float64 *)data = unit->kind->latency ? unit->kind->latency(unit) : 0;
    return noErr;
}

static OSStatus get_tail(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)key, (void)size;
    *(Float64 *)data = unit->kind->tail(unit);
    return noErr;
}

static bool has_tail(const cm_unit *unit)
{
    return unit->kind->tail != NULL;
}

static OSStatus get_load(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)key, (void)size;
    *(Float32 *)data = atomic_load(&unit->load);
    return noErr;
}

/* Reading it forgets it, so that the next error shows. */
static OSStatus get_last_error(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)key, (void)size;
    *(OSStatus *)data = atomic_exchange(&unit->last_error, noErr);
    return noErr;
}

static OSStatus get_last_time(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)key, (void)size;
    *(Float64 *)data = atomic_load(&unit->last_time);
    return noErr;
}

static bool can_bypass(const cm_unit *unit)
{
    return unit->kind->can_bypass;
}

static OSStatus get_bypass(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)key, (void)size;
    *(UInt32 *)data = atomic_load(&unit->bypass);
    return noErr;
}

static OSStatus set_bypass(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    (void)key, (void)size;
    atomic_store(&unit->bypass, *(const UInt32 *)data != 0);
    return noErr;
}

static OSStatus get_offline(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)key, (void)size;
    *(UInt32 *)data = unit->offline;
    return noErr;
}

static OSStatus set_offline(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    (void)key, (void)size;
    unit->offline = *(const UInt32 *)data != 0;
    return noErr;
}

static OSStatus get_host(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)key;
    if (!unit->has_host)
        return kAudioUnitErr_PropertyNotInUse;
    memcpy(data, &unit->host, *size);
    return noErr;
}

static OSStatus measure_host(cm_unit *unit, const cm_property_key *key, UInt32 *size)
{
    (void)unit, (void)key;
    *size = sizeof(HostCallbackInfo);
    return noErr;
}

/* A host that is older than transportStateProc2 sends a shorter struct. */
static OSStatus set_host(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    (void)key;
    if (data && size < offsetof(HostCallbackInfo, transportStateProc2))
        return kAudioUnitErr_InvalidPropertyValue;
    unit->has_host = data != NULL;
    unit->host = (HostCallbackInfo){ 0 };
    if (data)
        memcpy(&unit->host, data, size < sizeof unit->host ? size : sizeof unit->host);
    return noErr;
}

static CFStringRef *string_slot(cm_unit *unit, AudioUnitPropertyID id)
{
    return id == kAudioUnitProperty_NickName ? &unit->nick_name : &unit->context_name;
}

static OSStatus get_string(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    CFStringRef string = *string_slot(unit, key->id);
    (void)size;
    *(CFStringRef *)data = string ? CFRetain(string) : NULL;
    return noErr;
}

static OSStatus set_string(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size)
{
    (void)size;
    return replace_string(string_slot(unit, key->id), data);
}

static bool has_presets(const cm_unit *unit)
{
    return unit->kind->preset_count > 0;
}

static bool has_process(const cm_unit *unit)
{
    return unit->kind->process != NULL;
}

static bool has_inputs(const cm_unit *unit)
{
    return unit->kind->scopes[kAudioUnitScope_Input].maximum > 0;
}

static bool can_run(const cm_unit *unit)
{
    return unit->kind->start != NULL;
}

static OSStatus get_running(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    (void)key, (void)size;
    *(UInt32 *)data = atomic_load(&unit->is_running);
    return noErr;
}

#define GLOBAL CM_SCOPE(Global)

const cm_unit_property cm_unit_base_properties[] = {
    { .id = kAudioUnitProperty_ClassInfo,
      .scopes = GLOBAL,
      .size = sizeof(CFPropertyListRef),
      .get = cm_unit_get_class_info,
      .set = cm_unit_set_class_info },
    { .id = kAudioUnitProperty_MakeConnection,
      .scopes = CM_SCOPE(Input),
      .flags = CM_PROPERTY_REMOVABLE | CM_PROPERTY_UNLOCKED,
      .size = sizeof(AudioUnitConnection),
      .exists = has_inputs,
      .set = set_connection },
    { .id = kAudioUnitProperty_SampleRate,
      .scopes = GLOBAL | CM_SCOPES_IO,
      .flags = CM_PROPERTY_HOLDS,
      .size = sizeof(Float64),
      .get = get_rate,
      .set = set_rate },
    { .id = kAudioUnitProperty_CPULoad, .scopes = GLOBAL, .size = sizeof(Float32), .get = get_load },
    { .id = kAudioUnitProperty_StreamFormat,
      .scopes = GLOBAL | CM_SCOPES_IO,
      .flags = CM_PROPERTY_HOLDS,
      .size = sizeof(AudioStreamBasicDescription),
      .get = get_format,
      .set = set_format },
    { .id = kAudioUnitProperty_ElementCount,
      .scopes = CM_SCOPES_ALL,
      .flags = CM_PROPERTY_HOLDS,
      .size = sizeof(UInt32),
      .get = get_count,
      .set = set_count },
    { .id = kAudioUnitProperty_Latency, .scopes = GLOBAL, .size = sizeof(Float64), .get = get_latency },
    { .id = kAudioUnitProperty_SupportedNumChannels,
      .scopes = GLOBAL,
      .exists = has_process,
      .measure = measure_channels,
      .get = get_channels },
    { .id = kAudioUnitProperty_MaximumFramesPerSlice,
      .scopes = GLOBAL,
      .flags = CM_PROPERTY_UNINITIALIZED | CM_PROPERTY_HOLDS,
      .size = sizeof(UInt32),
      .get = get_max_frames,
      .set = set_max_frames },
    { .id = kAudioUnitProperty_AudioChannelLayout,
      .scopes = CM_SCOPES_IO,
      .flags = CM_PROPERTY_HOLDS | CM_PROPERTY_REMOVABLE,
      .measure = measure_layout,
      .get = get_layout,
      .set = set_layout },
    { .id = kAudioUnitProperty_TailTime,
      .scopes = GLOBAL,
      .size = sizeof(Float64),
      .exists = has_tail,
      .get = get_tail },
    { .id = kAudioUnitProperty_BypassEffect,
      .scopes = GLOBAL,
      .size = sizeof(UInt32),
      .exists = can_bypass,
      .get = get_bypass,
      .set = set_bypass },
    { .id = kAudioUnitProperty_LastRenderError,
      .scopes = GLOBAL,
      .size = sizeof(OSStatus),
      .get = get_last_error },
    { .id = kAudioUnitProperty_SetRenderCallback,
      .scopes = GLOBAL | CM_SCOPE(Input), /* much code says Global and means input 0 */
      .flags = CM_PROPERTY_REMOVABLE,
      .size = sizeof(AURenderCallbackStruct),
      .exists = has_inputs,
      .set = set_callback },
    { .id = kAudioUnitProperty_FactoryPresets,
      .scopes = GLOBAL,
      .size = sizeof(CFArrayRef),
      .exists = has_presets,
      .get = cm_unit_get_presets },
    { .id = kAudioUnitProperty_ContextName,
      .scopes = GLOBAL,
      .flags = CM_PROPERTY_REMOVABLE,
      .size = sizeof(CFStringRef),
      .get = get_string,
      .set = set_string },
    { .id = kAudioUnitProperty_HostCallbacks,
      .scopes = GLOBAL,
      .flags = CM_PROPERTY_HOLDS | CM_PROPERTY_REMOVABLE,
      .measure = measure_host,
      .get = get_host,
      .set = set_host },
    { .id = kAudioUnitProperty_ElementName,
      .scopes = CM_SCOPES_ALL,
      .flags = CM_PROPERTY_REMOVABLE,
      .size = sizeof(CFStringRef),
      .get = get_name,
      .set = set_name },
    { .id = kAudioUnitProperty_PresentPreset,
      .scopes = GLOBAL,
      .size = sizeof(AUPreset),
      .get = cm_unit_get_present_preset,
      .set = cm_unit_set_present_preset },
    { .id = kAudioUnitProperty_OfflineRender,
      .scopes = GLOBAL,
      .size = sizeof(UInt32),
      .get = get_offline,
      .set = set_offline },
    { .id = kAudioUnitProperty_ShouldAllocateBuffer,
      .scopes = CM_SCOPES_IO,
      .flags = CM_PROPERTY_HOLDS,
      .size = sizeof(UInt32),
      .get = get_allocates,
      .set = set_allocates },
    { .id = kAudioUnitProperty_NickName,
      .scopes = GLOBAL,
      .flags = CM_PROPERTY_REMOVABLE,
      .size = sizeof(CFStringRef),
      .get = get_string,
      .set = set_string },
    { .id = kAudioUnitProperty_LastRenderSampleTime,
      .scopes = GLOBAL,
      .size = sizeof(Float64),
      .get = get_last_time },
    { .id = kAudioOutputUnitProperty_IsRunning,
      .scopes = GLOBAL,
      .size = sizeof(UInt32),
      .exists = can_run,
      .get = get_running },
};

const UInt32 cm_unit_base_property_count = sizeof cm_unit_base_properties / sizeof *cm_unit_base_properties;

AudioUnitParameterOptions GetAudioUnitParameterDisplayType(AudioUnitParameterOptions flags)
{
    return flags & kAudioUnitParameterFlag_DisplayMask;
}

AudioUnitParameterOptions SetAudioUnitParameterDisplayType(AudioUnitParameterOptions flags,
                                                           AudioUnitParameterOptions displayType)
{
    return (flags & ~(UInt32)kAudioUnitParameterFlag_DisplayMask) | displayType;
}
