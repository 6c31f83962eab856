/* Lists the devices, and plays a sine through one of them with a HALOutput unit.
 *
 *     sine [-l] [HERTZ] [SECONDS] [DEVICE_UID]
 */
#include <AudioToolbox/AudioToolbox.h>
#include <CoreAudio/CoreAudio.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Oscillator {
    double phase, step;
} Oscillator;

static void check(OSStatus status, const char *what)
{
    if (status == noErr)
        return;
    fprintf(stderr, "%s: error %d\n", what, (int)status);
    exit(1);
}

static void print_device(AudioObjectID device)
{
    AudioObjectPropertyAddress address = { kAudioObjectPropertyName, kAudioObjectPropertyScopeGlobal,
                                           kAudioObjectPropertyElementMain };
    CFStringRef name = NULL, uid = NULL;
    Float64 rate = 0;
    char text[2][256] = { "?", "?" };
    UInt32 size = sizeof name;
    check(AudioObjectGetPropertyData(device, &address, 0, NULL, &size, &name), "name");
    address.mSelector = kAudioDevicePropertyDeviceUID;
    check(AudioObjectGetPropertyData(device, &address, 0, NULL, &size, &uid), "UID");
    address.mSelector = kAudioDevicePropertyNominalSampleRate;
    size = sizeof rate;
    check(AudioObjectGetPropertyData(device, &address, 0, NULL, &size, &rate), "rate");
    CFStringGetCString(name, text[0], sizeof text[0], kCFStringEncodingUTF8);
    CFStringGetCString(uid, text[1], sizeof text[1], kCFStringEncodingUTF8);
    printf("%u: %s (%s), %g Hz\n", (unsigned)device, text[0], text[1], rate);
    CFRelease(name);
    CFRelease(uid);
}

static void list_devices(void)
{
    AudioObjectPropertyAddress address = { kAudioHardwarePropertyDevices, kAudioObjectPropertyScopeGlobal,
                                           kAudioObjectPropertyElementMain };
    UInt32 size = 0;
    check(AudioObjectGetPropertyDataSize(kAudioObjectSystemObject, &address, 0, NULL, &size), "devices");
    AudioObjectID *devices = (AudioObjectID *)malloc(size);
    check(AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, 0, NULL, &size, devices), "devices");
    for (UInt32 i = 0; i < size / sizeof *devices; i++)
        print_device(devices[i]);
    free(devices);
}

static AudioObjectID device_with_uid(const char *text)
{
    AudioObjectPropertyAddress address = { kAudioHardwarePropertyTranslateUIDToDevice,
                                           kAudioObjectPropertyScopeGlobal, kAudioObjectPropertyElementMain };
    CFStringRef uid = CFStringCreateWithCString(kCFAllocatorDefault, text, kCFStringEncodingUTF8);
    AudioObjectID device = kAudioObjectUnknown;
    UInt32 size = sizeof device;
    check(AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, sizeof uid, &uid, &size, &device),
          text);
    CFRelease(uid);
    if (device == kAudioObjectUnknown)
        check(kAudioHardwareBadDeviceError, text);
    return device;
}

/* On the device's thread: no locks, no memory, no files. */
static OSStatus render(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time, UInt32 bus,
                       UInt32 frames, AudioBufferList *data)
{
    Oscillator *oscillator = (Oscillator *)user;
    (void)flags, (void)time, (void)bus;
    for (UInt32 i = 0; i < frames; i++) {
        float sample = (float)(0.25 * sin(oscillator->phase));
        oscillator->phase = fmod(oscillator->phase + oscillator->step, 2 * M_PI);
        for (UInt32 channel = 0; channel < data->mNumberBuffers; channel++)
            ((float *)data->mBuffers[channel].mData)[i] = sample;
    }
    return noErr;
}

static AudioUnit make_output(void)
{
    AudioComponentDescription wanted = { kAudioUnitType_Output, kAudioUnitSubType_HALOutput,
                                         kAudioUnitManufacturer_Apple, 0, 0 };
    AudioComponent component = AudioComponentFindNext(NULL, &wanted);
    AudioUnit unit = NULL;
    check(component ? AudioComponentInstanceNew(component, &unit) : kAudioUnitErr_NoConnection, "HALOutput");
    return unit;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "-l") == 0) {
        list_devices();
        return 0;
    }
    double hertz = argc > 1 ? atof(argv[1]) : 440, seconds = argc > 2 ? atof(argv[2]) : 1;
    AudioStreamBasicDescription format = { 48000,
                                           kAudioFormatLinearPCM,
                                           kAudioFormatFlagsNativeFloatPacked |
                                               kAudioFormatFlagIsNonInterleaved,
                                           4,
                                           1,
                                           4,
                                           2,
                                           32,
                                           0 };
    Oscillator oscillator = { 0, 2 * M_PI * hertz / format.mSampleRate };
    AURenderCallbackStruct callback = { render, &oscillator };
    AudioUnit unit = make_output();
    if (argc > 3) {
        AudioObjectID device = device_with_uid(argv[3]);
        check(AudioUnitSetProperty(unit, kAudioOutputUnitProperty_CurrentDevice, kAudioUnitScope_Global, 0,
                                   &device, sizeof device),
              "device");
    }
    check(AudioUnitSetProperty(unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Input, 0, &format,
                               sizeof format),
          "format");
    check(AudioUnitSetProperty(unit, kAudioUnitProperty_SetRenderCallback, kAudioUnitScope_Input, 0,
                               &callback, sizeof callback),
          "callback");
    check(AudioUnitInitialize(unit), "initialize");
    check(AudioOutputUnitStart(unit), "start");
    usleep((useconds_t)(seconds * 1e6));
    check(AudioOutputUnitStop(unit), "stop");
    AudioUnitUninitialize(unit);
    AudioComponentInstanceDispose(unit);
    return 0;
}
