/* hal_help.h: short ways to ask audio objects, for the tests of devices. */
#ifndef TESTS_HAL_HELP_H
#define TESTS_HAL_HELP_H

#include "base/realtime.h"
#include "check.h"

#include <CoreAudio/CoreAudio.h>
#include <CoreFoundation/CoreFoundation.h>
#include <coremusic/engine.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#define OUTPUT_UID "coremusic:virtual:output"
#define INPUT_UID "coremusic:virtual:input"
#define LOOPBACK_UID "coremusic:virtual:loopback"

static inline AudioObjectPropertyAddress at(AudioObjectPropertySelector selector,
                                            AudioObjectPropertyScope scope)
{
    return (AudioObjectPropertyAddress){ selector, scope, kAudioObjectPropertyElementMain };
}

static inline AudioObjectPropertyAddress global(AudioObjectPropertySelector selector)
{
    return at(selector, kAudioObjectPropertyScopeGlobal);
}

static inline void get(AudioObjectID object, AudioObjectPropertyAddress address, void *value, UInt32 size)
{
    UInt32 got = size;
    CHECK_EQ(AudioObjectGetPropertyData(object, &address, 0, NULL, &got, value), noErr);
    CHECK_EQ(got, size);
}

static inline UInt32 get_u32(AudioObjectID object, AudioObjectPropertyAddress address)
{
    UInt32 value;
    get(object, address, &value, sizeof value);
    return value;
}

static inline Float32 get_f32(AudioObjectID object, AudioObjectPropertyAddress address)
{
    Float32 value;
    get(object, address, &value, sizeof value);
    return value;
}

static inline Float64 get_f64(AudioObjectID object, AudioObjectPropertyAddress address)
{
    Float64 value;
    get(object, address, &value, sizeof value);
    return value;
}

static inline OSStatus set(AudioObjectID object, AudioObjectPropertyAddress address, const void *value,
                           UInt32 size)
{
    return AudioObjectSetPropertyData(object, &address, 0, NULL, size, value);
}

static inline OSStatus set_u32(AudioObjectID object, AudioObjectPropertyAddress address, UInt32 value)
{
    return set(object, address, &value, sizeof value);
}

static inline OSStatus set_f32(AudioObjectID object, AudioObjectPropertyAddress address, Float32 value)
{
    return set(object, address, &value, sizeof value);
}

static inline OSStatus set_f64(AudioObjectID object, AudioObjectPropertyAddress address, Float64 value)
{
    return set(object, address, &value, sizeof value);
}

static inline void check_text(AudioObjectID object, AudioObjectPropertyAddress address, const char *expected)
{
    CFStringRef text = NULL;
    get(object, address, &text, sizeof text);
    CHECK_STR(CFStringGetCStringPtr(text, kCFStringEncodingUTF8), expected);
    CFRelease(text);
}

/* The device with that uid, or kAudioObjectUnknown. */
static inline AudioObjectID device_of_uid(const char *uid)
{
    AudioObjectPropertyAddress address = global(kAudioHardwarePropertyTranslateUIDToDevice);
    CFStringRef text = CFStringCreateWithCString(NULL, uid, kCFStringEncodingUTF8);
    AudioObjectID device = 0xDEAD;
    UInt32 size = sizeof device;
    CHECK_EQ(
        AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, sizeof text, &text, &size, &device),
        noErr);
    CFRelease(text);
    return device;
}

/* Waits up to ten seconds. */
#define WAIT_FOR(condition)                                                                                  \
    do {                                                                                                     \
        for (int wait_i = 0; wait_i < 10000 && !(condition); wait_i++)                                       \
            usleep(1000);                                                                                    \
        CHECK(condition);                                                                                    \
    } while (0)

#endif
