/* output_kit.h: output units on virtual devices whose clock is in the test's hand, heard by capture. */
#include "base/realtime.h"
#include "unit_kit.h"

#include <AudioUnit/AudioUnit.h>
#include <CoreAudio/AudioHardware.h>
#include <coremusic/engine.h>
#include <unistd.h>

#define OUTPUT_UID "coremusic:virtual:output"
#define INPUT_UID "coremusic:virtual:input"

enum { KIT_CAPTURE = 1 << 18 };

static inline void kit_begin(void)
{
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    CHECK_EQ(CMVirtualSetManualClock(true), noErr);
}

static inline AudioObjectID kit_device(const char *uid)
{
    AudioObjectPropertyAddress address = { kAudioHardwarePropertyTranslateUIDToDevice,
                                           kAudioObjectPropertyScopeGlobal, 0 };
    CFStringRef string = CFStringCreateWithCString(NULL, uid, kCFStringEncodingUTF8);
    AudioObjectID device = 0;
    UInt32 size = sizeof device;
    CHECK_EQ(AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, sizeof string, &string, &size,
                                        &device),
             noErr);
    CFRelease(string);
    return device;
}

static inline OSStatus kit_set_system(AudioObjectPropertySelector selector, AudioObjectID device)
{
    AudioObjectPropertyAddress address = { selector, kAudioObjectPropertyScopeGlobal, 0 };
    return AudioObjectSetPropertyData(kAudioObjectSystemObject, &address, 0, NULL, sizeof device, &device);
}

static inline OSStatus kit_set_rate(AudioObjectID device, Float64 rate)
{
    AudioObjectPropertyAddress address = { kAudioDevicePropertyNominalSampleRate,
                                           kAudioObjectPropertyScopeGlobal, 0 };
    return AudioObjectSetPropertyData(device, &address, 0, NULL, sizeof rate, &rate);
}

/* What was captured since the last time, interleaved; how many frames. */
static inline UInt32 kit_captured(const char *uid, Float32 *samples, UInt32 room)
{
    UInt32 frames = room;
    CHECK_EQ(CMVirtualReadCapture(uid, &frames, samples), noErr);
    return frames;
}

/* Waits up to twenty seconds for what another thread does. */
#define WAIT_FOR(condition)                                                                                  \
    do {                                                                                                     \
        for (int wait_ms = 0; wait_ms < 20000 && !(condition); wait_ms++)                                    \
            usleep(1000);                                                                                    \
        CHECK(condition);                                                                                    \
    } while (0)

#define PLANAR (kAudioFormatFlagIsFloat | kAudioFormatFlagIsNonInterleaved)

/* A default output unit fed by a source, in planar float at a rate; not started. */
static inline AudioUnit kit_output(OSType subtype, Float64 rate, UInt32 channels, AURenderCallback proc,
                                   void *user)
{
    AudioUnit unit = kit_find(kAudioUnitType_Output, subtype);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Input, 0, rate, channels, 32, PLANAR), noErr);
    kit_feed(unit, 0, proc, user);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    return unit;
}

/* A sine of one frequency in a channel of interleaved samples; the rest is what is not that, in dB of it. */
static inline double kit_sine_rest(const Float32 *samples, UInt32 frames, UInt32 channels, double hertz,
                                   double rate, double *amplitude)
{
    double ss = 0, cc = 0, sc = 0, ys = 0, yc = 0, rest = 0, power = 0;
    for (UInt32 i = 0; i < frames; i++) {
        double s = sin(2 * M_PI * hertz * i / rate), c = cos(2 * M_PI * hertz * i / rate);
        double y = samples[(size_t)i * channels];
        ss += s * s, cc += c * c, sc += s * c, ys += y * s, yc += y * c;
    }
    double det = ss * cc - sc * sc, a = (ys * cc - yc * sc) / det, b = (yc * ss - ys * sc) / det;
    for (UInt32 i = 0; i < frames; i++) {
        double fit = a * sin(2 * M_PI * hertz * i / rate) + b * cos(2 * M_PI * hertz * i / rate);
        double y = samples[(size_t)i * channels];
        rest += (y - fit) * (y - fit);
        power += fit * fit;
    }
    *amplitude = sqrt(a * a + b * b);
    return 10 * log10(rest / power + 1e-30);
}
