/* What a sound file is: its format, length, layout, markers and the texts in it. A small afinfo.
 *
 *     file_info FILE
 */
#include <AudioToolbox/AudioToolbox.h>
#include <CoreFoundation/CoreFoundation.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_string(CFStringRef string)
{
    char text[512] = "?";
    CFStringGetCString(string, text, sizeof text, kCFStringEncodingUTF8);
    printf("%s", text);
}

static void print_format(AudioFileID file)
{
    AudioStreamBasicDescription format;
    CFStringRef name = NULL;
    UInt32 size = sizeof format;
    if (AudioFileGetProperty(file, kAudioFilePropertyDataFormat, &size, &format) != noErr)
        return;
    printf("sound:    %u channels, %g Hz\n", (unsigned)format.mChannelsPerFrame, format.mSampleRate);
    size = sizeof name;
    if (AudioFormatGetProperty(kAudioFormatProperty_FormatName, sizeof format, &format, &size, &name) ==
        noErr) {
        printf("format:   ");
        print_string(name);
        printf("\n");
        CFRelease(name);
    }
    if (format.mFormatID == kAudioFormatLinearPCM)
        printf("samples:  %u bits, %s-endian %s\n", (unsigned)format.mBitsPerChannel,
               format.mFormatFlags & kAudioFormatFlagIsBigEndian ? "big" : "little",
               format.mFormatFlags & kAudioFormatFlagIsFloat ? "float" : "integer");
}

static void print_length(AudioFileID file)
{
    UInt64 packets = 0, bytes = 0;
    Float64 seconds = 0;
    UInt32 size = sizeof packets;
    AudioFileGetProperty(file, kAudioFilePropertyAudioDataPacketCount, &size, &packets);
    size = sizeof bytes;
    AudioFileGetProperty(file, kAudioFilePropertyAudioDataByteCount, &size, &bytes);
    size = sizeof seconds;
    AudioFileGetProperty(file, kAudioFilePropertyEstimatedDuration, &size, &seconds);
    printf("length:   %.3f s, %llu packets, %llu bytes\n", seconds, (unsigned long long)packets,
           (unsigned long long)bytes);
}

static void print_layout(AudioFileID file)
{
    UInt32 size, writable;
    CFStringRef name = NULL;
    if (AudioFileGetPropertyInfo(file, kAudioFilePropertyChannelLayout, &size, &writable) != noErr)
        return;
    AudioChannelLayout *layout = (AudioChannelLayout *)malloc(size);
    UInt32 name_size = sizeof name;
    if (AudioFileGetProperty(file, kAudioFilePropertyChannelLayout, &size, layout) == noErr &&
        AudioFormatGetProperty(kAudioFormatProperty_ChannelLayoutName, size, layout, &name_size, &name) ==
            noErr) {
        printf("layout:   ");
        print_string(name);
        printf("\n");
        CFRelease(name);
    }
    free(layout);
}

static void print_markers(AudioFileID file)
{
    UInt32 size, writable;
    if (AudioFileGetPropertyInfo(file, kAudioFilePropertyMarkerList, &size, &writable) != noErr)
        return;
    AudioFileMarkerList *list = (AudioFileMarkerList *)malloc(size);
    if (AudioFileGetProperty(file, kAudioFilePropertyMarkerList, &size, list) == noErr)
        for (UInt32 i = 0; i < list->mNumberMarkers; i++) {
            printf("marker:   %.0f ", list->mMarkers[i].mFramePosition);
            if (list->mMarkers[i].mName) {
                print_string(list->mMarkers[i].mName);
                CFRelease(list->mMarkers[i].mName);
            }
            printf("\n");
        }
    free(list);
}

static void print_text(const void *key, const void *value, void *unused)
{
    (void)unused;
    if (CFGetTypeID(value) != CFStringGetTypeID())
        return;
    print_string((CFStringRef)key);
    printf(": ");
    print_string((CFStringRef)value);
    printf("\n");
}

static void print_texts(AudioFileID file)
{
    CFDictionaryRef info = NULL;
    UInt32 size = sizeof info;
    if (AudioFileGetProperty(file, kAudioFilePropertyInfoDictionary, &size, &info) != noErr)
        return;
    CFDictionaryApplyFunction(info, print_text, NULL);
    CFRelease(info);
}

int main(int argc, char **argv)
{
    AudioFileID file = NULL;
    if (argc != 2) {
        fprintf(stderr, "usage: file_info FILE\n");
        return 2;
    }
    CFURLRef url = CFURLCreateFromFileSystemRepresentation(kCFAllocatorDefault, (const UInt8 *)argv[1],
                                                           (CFIndex)strlen(argv[1]), false);
    OSStatus status = AudioFileOpenURL(url, kAudioFileReadPermission, 0, &file);
    CFRelease(url);
    if (status != noErr) {
        fprintf(stderr, "%s: error %d\n", argv[1], (int)status);
        return 1;
    }
    print_format(file);
    print_length(file);
    print_layout(file);
    print_markers(file);
    print_texts(file);
    AudioFileClose(file);
    return 0;
}
