#include "hal.h"

#include <CoreFoundation/CoreFoundation.h>
#include <inttypes.h>
#include <stdio.h>

/* A four-character code as text; what is not printable shows as a point. */
static const char *code_text(UInt32 code, char text[5])
{
    for (int i = 0; i < 4; i++) {
        char c = (char)(code >> (24 - 8 * i));
        text[i] = c >= ' ' && c <= '~' ? c : '.';
    }
    text[4] = 0;
    return text;
}

static UInt32 number(AudioObjectID object, AudioObjectPropertySelector selector)
{
    const AudioObjectPropertyAddress address = { selector, kAudioObjectPropertyScopeGlobal, 0 };
    UInt32 value = 0, size = sizeof value;
    AudioObjectGetPropertyData(object, &address, 0, NULL, &size, &value);
    return value;
}

static void show_text(AudioObjectID object, AudioObjectPropertySelector selector, const char *label)
{
    const AudioObjectPropertyAddress address = { selector, kAudioObjectPropertyScopeGlobal, 0 };
    CFStringRef text = NULL;
    UInt32 size = sizeof text;
    char bytes[512];
    if (AudioObjectGetPropertyData(object, &address, 0, NULL, &size, &text) != noErr || !text)
        return;
    if (CFStringGetCString(text, bytes, sizeof bytes, kCFStringEncodingUTF8))
        printf("    %-14s %s\n", label, bytes);
    CFRelease(text);
}

static void show_owned(AudioObjectID object)
{
    const AudioObjectPropertyAddress address = { kAudioObjectPropertyOwnedObjects,
                                                 kAudioObjectPropertyScopeGlobal, 0 };
    AudioObjectID owned[64];
    UInt32 size = sizeof owned;
    if (AudioObjectGetPropertyData(object, &address, 0, NULL, &size, owned) != noErr || !size)
        return;
    printf("    %-14s", "owns");
    for (UInt32 i = 0; i < size / sizeof *owned; i++)
        printf(" %" PRIu32, owned[i]);
    putchar('\n');
}

void AudioObjectShow(AudioObjectID inObjectID)
{
    char class_text[5], base_text[5];
    AudioClassID class_id = number(inObjectID, kAudioObjectPropertyClass);
    if (!class_id) {
        printf("AudioObject %" PRIu32 ": there is none\n", inObjectID);
        return;
    }
    printf("AudioObject %" PRIu32 ": '%s', a kind of '%s', owned by %" PRIu32 "\n", inObjectID,
           code_text(class_id, class_text),
           code_text(number(inObjectID, kAudioObjectPropertyBaseClass), base_text),
           number(inObjectID, kAudioObjectPropertyOwner));
    show_text(inObjectID, kAudioObjectPropertyName, "name");
    show_text(inObjectID, kAudioObjectPropertyManufacturer, "manufacturer");
    show_text(inObjectID, kAudioDevicePropertyDeviceUID, "uid");
    show_owned(inObjectID);
    fflush(stdout);
}
