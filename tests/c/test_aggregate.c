#include "hal_help.h"

#include <math.h>
#include <stdlib.h>

#define RATE 48000.0
#define SECOND_UID "second"

typedef struct sub {
    const char *uid;
    SInt32 drift, quality;
} sub;

static void put(CFMutableDictionaryRef dictionary, const char *key, CFTypeRef value)
{
    CFStringRef name = CFStringCreateWithCString(NULL, key, kCFStringEncodingUTF8);
    CFDictionarySetValue(dictionary, name, value);
    CFRelease(name);
    CFRelease(value);
}

static CFMutableDictionaryRef new_dictionary(void)
{
    return CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                     &kCFTypeDictionaryValueCallBacks);
}

static CFTypeRef text(const char *bytes)
{
    return CFStringCreateWithCString(NULL, bytes, kCFStringEncodingUTF8);
}

static CFTypeRef number(SInt32 value)
{
    return CFNumberCreate(NULL, kCFNumberSInt32Type, &value);
}

static CFMutableDictionaryRef describe(const char *uid, const char *main, bool stacked, const sub *subs,
                                       int count)
{
    CFMutableDictionaryRef dictionary = new_dictionary();
    CFMutableArrayRef list = CFArrayCreateMutable(NULL, 0, &kCFTypeArrayCallBacks);
    for (int i = 0; i < count; i++) {
        CFMutableDictionaryRef entry = new_dictionary();
        put(entry, kAudioSubDeviceUIDKey, text(subs[i].uid));
        put(entry, kAudioSubDeviceDriftCompensationKey, number(subs[i].drift));
        put(entry, kAudioSubDeviceDriftCompensationQualityKey, number(subs[i].quality));
        CFArrayAppendValue(list, entry);
        CFRelease(entry);
    }
    put(dictionary, kAudioAggregateDeviceUIDKey, text(uid));
    put(dictionary, kAudioAggregateDeviceNameKey, text("Both"));
    put(dictionary, kAudioAggregateDeviceMainSubDeviceKey, text(main));
    put(dictionary, kAudioAggregateDeviceIsStackedKey, number(stacked));
    put(dictionary, kAudioAggregateDeviceSubDeviceListKey, list);
    return dictionary;
}

static AudioObjectID create(const char *main, bool stacked, const sub *subs, int count)
{
    AudioObjectID device = 0;
    CFMutableDictionaryRef dictionary = describe("both", main, stacked, subs, count);
    CHECK_EQ(AudioHardwareCreateAggregateDevice(dictionary, &device), noErr);
    CFRelease(dictionary);
    CHECK(device != 0);
    return device;
}

static UInt32 channels_of(AudioObjectID device, AudioObjectPropertyScope scope)
{
    AudioBufferList list = { 0 };
    AudioObjectPropertyAddress address = at(kAudioDevicePropertyStreamConfiguration, scope);
    UInt32 size = sizeof list;
    CHECK_EQ(AudioObjectGetPropertyData(device, &address, 0, NULL, &size, &list), noErr);
    return list.mNumberBuffers ? list.mBuffers[0].mNumberChannels : 0;
}

/* Each channel plays a tone of 1 kHz or counts frames; the input's last channel is kept. */
typedef struct player {
    bool counts;
    SInt64 frame;
    Float32 *heard;
    size_t heard_count, heard_room;
    _Atomic int cycles;
} player;

static OSStatus play(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *input,
                     const AudioTimeStamp *input_time, AudioBufferList *output,
                     const AudioTimeStamp *output_time, void *client)
{
    player *p = client;
    (void)device, (void)now, (void)input_time, (void)output_time;
    for (UInt32 b = 0; b < output->mNumberBuffers; b++) {
        UInt32 channels = output->mBuffers[b].mNumberChannels;
        Float32 *samples = output->mBuffers[b].mData;
        for (UInt32 i = 0; i < output->mBuffers[b].mDataByteSize / sizeof *samples / channels;
             i++, p->frame++)
            for (UInt32 c = 0; c < channels; c++)
                samples[i * channels + c] = p->counts
                                                ? (Float32)p->frame + 1
                                                : (Float32)sin(2 * M_PI * 1000 * (double)p->frame / RATE);
    }
    for (UInt32 b = 0; b < input->mNumberBuffers; b++) {
        UInt32 channels = input->mBuffers[b].mNumberChannels;
        const Float32 *samples = input->mBuffers[b].mData;
        for (UInt32 i = 0; i < input->mBuffers[b].mDataByteSize / sizeof *samples / channels; i++)
            if (p->heard_count < p->heard_room)
                p->heard[p->heard_count++] = samples[i * channels + channels - 1];
    }
    p->cycles++;
    return noErr;
}

/* The first channel of everything that was captured. */
static size_t captured(const char *uid, Float32 *samples, size_t room)
{
    Float32 pairs[2 * 4096];
    size_t count = 0;
    UInt32 frames;
    do {
        frames = 4096;
        CHECK_EQ(CMVirtualReadCapture(uid, &frames, pairs), noErr);
        for (UInt32 i = 0; i < frames && count < room; i++)
            samples[count++] = pairs[2 * i];
    } while (frames);
    return count;
}

/* dB by which the best fitting sine of that frequency stands above the rest. */
static double purity(const Float32 *samples, size_t count, double per_sample)
{
    double ss = 0, cc = 0, sc = 0, xs = 0, xc = 0, power = 0;
    for (size_t i = 0; i < count; i++) {
        double s = sin(2 * M_PI * per_sample * (double)i), c = cos(2 * M_PI * per_sample * (double)i);
        ss += s * s, cc += c * c, sc += s * c;
        xs += samples[i] * s, xc += samples[i] * c, power += (double)samples[i] * samples[i];
    }
    double det = ss * cc - sc * sc, a = (xs * cc - xc * sc) / det, b = (xc * ss - xs * sc) / det;
    double sine = a * xs + b * xc;
    CHECK(power > (double)count / 8);
    return 10 * log10(sine / fmax(power - sine, 1e-30));
}

static void test_made_and_gone(void)
{
    const sub subs[] = { { OUTPUT_UID, 0, 64 }, { SECOND_UID, 1, 127 }, { INPUT_UID, 0, 0 } };
    AudioObjectID device = create(OUTPUT_UID, false, subs, 3), objects[8], again = 0;
    check_text(device, global(kAudioObjectPropertyName), "Both");
    check_text(device, global(kAudioAggregateDevicePropertyMainSubDevice), OUTPUT_UID);
    CHECK_EQ(get_u32(device, global(kAudioObjectPropertyClass)), kAudioAggregateDeviceClassID);
    CHECK_EQ(get_u32(device, global(kAudioDevicePropertyTransportType)), kAudioDeviceTransportTypeAggregate);
    CHECK_EQ(channels_of(device, kAudioObjectPropertyScopeOutput), 4);
    CHECK_EQ(channels_of(device, kAudioObjectPropertyScopeInput), 4);
    get(device, global(kAudioAggregateDevicePropertyActiveSubDeviceList), objects, 3 * sizeof *objects);
    CHECK_EQ(get_u32(objects[1], global(kAudioObjectPropertyClass)), kAudioSubDeviceClassID);
    CHECK_EQ(get_u32(objects[1], global(kAudioObjectPropertyOwner)), device);
    CHECK_EQ(get_u32(objects[1], global(kAudioSubDevicePropertyDriftCompensation)), 1);
    CHECK_EQ(get_u32(objects[1], global(kAudioSubDevicePropertyDriftCompensationQuality)), 127);
    CHECK_EQ(set_u32(objects[1], global(kAudioSubDevicePropertyDriftCompensationQuality), 128),
             kAudioHardwareIllegalOperationError);
    CFArrayRef list;
    get(device, global(kAudioAggregateDevicePropertyFullSubDeviceList), &list, sizeof list);
    CHECK_EQ(CFArrayGetCount(list), 3);
    CFRelease(list);
    CFDictionaryRef composition;
    get(device, global(kAudioAggregateDevicePropertyComposition), &composition, sizeof composition);
    CHECK_EQ(AudioHardwareCreateAggregateDevice(composition, &again), kAudioHardwareIllegalOperationError);
    CFRelease(composition);
    CHECK_EQ(set_u32(kAudioObjectSystemObject, global(kAudioHardwarePropertyDefaultOutputDevice), device),
             noErr);
    CHECK_EQ(get_u32(kAudioObjectSystemObject, global(kAudioHardwarePropertyDefaultOutputDevice)), device);
    CHECK_EQ(AudioHardwareDestroyAggregateDevice(device_of_uid(OUTPUT_UID)),
             kAudioHardwareIllegalOperationError);
    CHECK_EQ(AudioHardwareDestroyAggregateDevice(device), noErr);
    CHECK_EQ(AudioHardwareDestroyAggregateDevice(4711), kAudioHardwareBadObjectError);
    CHECK_EQ(get_u32(kAudioObjectSystemObject, global(kAudioHardwarePropertyDefaultOutputDevice)),
             device_of_uid(OUTPUT_UID));
    CHECK_EQ(device_of_uid("both"), kAudioObjectUnknown);
    AudioObjectPropertyAddress class_address = global(kAudioObjectPropertyClass);
    CHECK(!AudioObjectHasProperty(objects[1], &class_address));

    CFMutableDictionaryRef empty = new_dictionary();
    CHECK_EQ(AudioHardwareCreateAggregateDevice(empty, &again), kAudioHardwareIllegalOperationError);
    CHECK_EQ(AudioHardwareCreateAggregateDevice(NULL, &again), kAudioHardwareIllegalOperationError);
    CHECK_EQ(AudioHardwareCreateAggregateDevice((CFDictionaryRef)kCFBooleanTrue, &again),
             kAudioHardwareIllegalOperationError);
    CFRelease(empty);
}

/* Same clock: the main device plays every sample at once, the other the same ones later. */
static void test_bits(void)
{
    const sub subs[] = { { OUTPUT_UID, 0, 0 }, { SECOND_UID, 0, 0 } };
    static Float32 first[48000], second[48000];
    for (int stacked = 0; stacked < 2; stacked++) {
        AudioObjectID device = create(OUTPUT_UID, stacked != 0, subs, 2);
        player p = { .counts = true };
        AudioDeviceIOProcID id;
        unsigned long violations = cm_render_violations(NULL);
        CHECK_EQ(channels_of(device, kAudioObjectPropertyScopeOutput), stacked ? 2 : 4);
        CMVirtualStartCapture(OUTPUT_UID, 65536);
        CMVirtualStartCapture(SECOND_UID, 65536);
        CHECK_EQ(AudioDeviceCreateIOProcID(device, play, &p, &id), noErr);
        CHECK_EQ(AudioDeviceStart(device, id), noErr);
        CHECK_EQ(CMVirtualAdvance(40 * 512, RATE), noErr);
        CHECK_EQ(p.cycles, 40);
        CHECK_EQ(AudioDeviceDestroyIOProcID(device, id), noErr);
        CHECK_EQ(cm_render_violations(NULL), violations);
        CHECK_EQ(captured(OUTPUT_UID, first, 48000), 40 * 512);
        CHECK_EQ(captured(SECOND_UID, second, 48000), 40 * 512);
        size_t delay = 0;
        while (second[delay] == 0)
            delay++;
        CHECK(delay < 4 * 512);
        for (size_t i = 0; i < 40 * 512; i++) {
            CHECK_EQ(first[i], i + 1);
            CHECK_EQ(second[i], i < delay ? 0 : i - delay + 1);
        }
        CHECK_EQ(AudioHardwareDestroyAggregateDevice(device), noErr);
    }
}

/* A clock that is 500 parts per million fast hears and plays a pure tone, if it is compensated. */
static void test_drift(void)
{
    enum { SECONDS = 20 };
    static Float32 sound[(SECONDS + 1) * 48100], pairs[2 * 4096];
    double quality[2];
    for (int drift = 0; drift < 2; drift++) {
        const sub subs[] = { { OUTPUT_UID, 0, 0 }, { SECOND_UID, drift, 127 } };
        AudioObjectID device = create(OUTPUT_UID, false, subs, 2);
        player p = { .heard = calloc((SECONDS + 1) * 48000, sizeof(Float32)), .heard_room = SECONDS * 48000 };
        AudioDeviceIOProcID id;
        CHECK_EQ(CMVirtualSetDrift(SECOND_UID, 500), noErr);
        CMVirtualStartCapture(SECOND_UID, 1 << 20);
        for (SInt64 i = 0; i < (SECONDS + 1) * 48100; i += 4096) {
            for (SInt64 k = 0; k < 4096; k++)
                pairs[2 * k] = pairs[2 * k + 1] = (Float32)sin(2 * M_PI * 1000 * (double)(i + k) / RATE);
            CHECK_EQ(CMVirtualFeed(SECOND_UID, 4096, pairs), noErr);
        }
        CHECK_EQ(AudioDeviceCreateIOProcID(device, play, &p, &id), noErr);
        CHECK_EQ(AudioDeviceStart(device, id), noErr);
        CHECK_EQ(CMVirtualAdvance(SECONDS * 48000, RATE), noErr);
        CHECK_EQ(AudioDeviceDestroyIOProcID(device, id), noErr);
        size_t count = captured(SECOND_UID, sound, sizeof sound / sizeof *sound);
        CHECK_NEAR(count, SECONDS * 48000 * 1.0005, 1024);
        quality[drift] = purity(sound + 96000, count - 96000, 1000 / (RATE * 1.0005));
        double input = purity(p.heard + 96000, p.heard_count - 96000, 1000 * 1.0005 / RATE);
        printf("drift %d: output %.1f dB, input %.1f dB\n", drift, quality[drift], input);
        if (drift)
            CHECK(input > 90);
        CHECK_EQ(AudioHardwareDestroyAggregateDevice(device), noErr);
        CHECK_EQ(CMVirtualStopCapture(SECOND_UID), noErr);
        CHECK_EQ(CMVirtualRemoveDevice(SECOND_UID), noErr); /* with what is left of the feed */
        CHECK_EQ(CMVirtualAddDevice(SECOND_UID, "Second", 2, 2, RATE), noErr);
        free(p.heard);
    }
    CHECK(quality[0] < 40);
    CHECK(quality[1] > 90);
}

/* What is left goes on when a sub-device goes, and all when it comes back. */
static void test_sub_device_unplugged(void)
{
    const sub subs[] = { { OUTPUT_UID, 0, 0 }, { SECOND_UID, 1, 32 } };
    for (int which = 0; which < 2; which++) {
        AudioObjectID device = create(OUTPUT_UID, false, subs, 2);
        player p = { 0 };
        AudioDeviceIOProcID id;
        CHECK_EQ(AudioDeviceCreateIOProcID(device, play, &p, &id), noErr);
        CHECK_EQ(AudioDeviceStart(device, id), noErr);
        CHECK_EQ(CMVirtualAdvance(10 * 512, RATE), noErr);
        CHECK_EQ(p.cycles, 10);
        CHECK_EQ(CMVirtualSetPlugged(subs[which].uid, false), noErr);
        CHECK_EQ(channels_of(device, kAudioObjectPropertyScopeOutput), 2);
        CHECK_EQ(CMVirtualAdvance(10 * 512, RATE), noErr);
        CHECK_EQ(p.cycles, 20);
        CHECK_EQ(CMVirtualSetPlugged(subs[which].uid, true), noErr);
        CHECK_EQ(channels_of(device, kAudioObjectPropertyScopeOutput), 4);
        CHECK_EQ(CMVirtualAdvance(10 * 512, RATE), noErr);
        CHECK_EQ(p.cycles, 30);
        CHECK_EQ(AudioHardwareDestroyAggregateDevice(device), noErr);
        CHECK_EQ(CMVirtualAdvance(10 * 512, RATE), noErr);
        CHECK_EQ(p.cycles, 30);
        CHECK_EQ(AudioDeviceDestroyIOProcID(device, id), noErr);
    }
}

static void test_on_clock_threads(void)
{
    const sub subs[] = { { OUTPUT_UID, 0, 0 }, { INPUT_UID, 1, 64 }, { SECOND_UID, 1, 64 } };
    AudioObjectID device = create(SECOND_UID, false, subs, 3);
    player p = { 0 };
    AudioDeviceIOProcID id;
    AudioTimeStamp now;
    unsigned long violations = cm_render_violations(NULL);
    CMVirtualSetManualClock(false);
    CHECK_EQ(AudioDeviceCreateIOProcID(device, play, &p, &id), noErr);
    for (int i = 0; i < 5; i++) {
        int before = p.cycles;
        CHECK_EQ(AudioDeviceStart(device, id), noErr);
        WAIT_FOR(p.cycles > before + 5);
        CHECK_EQ(AudioDeviceGetCurrentTime(device, &now), noErr);
        CHECK_EQ(set_u32(device_of_uid(SECOND_UID), global(kAudioDevicePropertyBufferFrameSize),
                         i % 2 ? 512 : 1024),
                 noErr);
        before = p.cycles;
        WAIT_FOR(p.cycles > before + 5);
        CHECK_EQ(AudioDeviceStop(device, id), noErr);
    }
    CHECK_EQ(set_f64(device, global(kAudioDevicePropertyNominalSampleRate), 44100), noErr);
    CHECK_EQ(get_f64(device_of_uid(OUTPUT_UID), global(kAudioDevicePropertyNominalSampleRate)), 44100);
    CHECK_EQ(set_f64(device, global(kAudioDevicePropertyNominalSampleRate), RATE), noErr);
    CHECK_EQ(AudioDeviceDestroyIOProcID(device, id), noErr);
    CHECK_EQ(AudioHardwareDestroyAggregateDevice(device), noErr);
    CHECK_EQ(cm_render_violations(NULL), violations);
}

int main(void)
{
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    CMVirtualSetManualClock(true);
    CHECK_EQ(CMVirtualAddDevice(SECOND_UID, "Second", 2, 2, RATE), noErr);
    RUN(test_made_and_gone);
    RUN(test_bits);
    RUN(test_drift);
    RUN(test_sub_device_unplugged);
    RUN(test_on_clock_threads);
    CHECK_EQ(AudioHardwareUnload(), noErr);
    return 0;
}
