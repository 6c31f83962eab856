/* A plain Core Audio client: the format of a file and its first packets. Compiles here as it does on macOS.
 */
#include <AudioToolbox/AudioToolbox.h>

#include <stdio.h>
#include <string.h>

static AudioFileID open_file(const char *path)
{
    CFURLRef url = CFURLCreateFromFileSystemRepresentation(NULL, (const UInt8 *)path, (CFIndex)strlen(path),
                                                           false);
    AudioFileID file = NULL;
    OSStatus status = AudioFileOpenURL(url, kAudioFileReadPermission, 0, &file);
    CFRelease(url);
    if (status != noErr)
        fprintf(stderr, "%s: error %d\n", path, (int)status);
    return file;
}

int main(int argc, char **argv)
{
    AudioFileID file = argc == 2 ? open_file(argv[1]) : NULL;
    if (!file)
        return 1;
    AudioStreamBasicDescription format;
    UInt32 size = sizeof format, count = 5, bytes = 65536;
    AudioStreamPacketDescription packets[5];
    static char data[65536];
    AudioFileGetProperty(file, kAudioFilePropertyDataFormat, &size, &format);
    UInt32 id = CFSwapInt32HostToBig(format.mFormatID);
    printf("%.4s %g Hz %u channels\n", (const char *)&id, format.mSampleRate,
           (unsigned)format.mChannelsPerFrame);
    OSStatus status = AudioFileReadPacketData(file, false, &bytes, packets, 0, &count, data);
    for (UInt32 i = 0; i < count && !format.mBytesPerPacket; i++)
        printf("packet %u: %u bytes\n", (unsigned)i, (unsigned)packets[i].mDataByteSize);
    printf("%u packets, %u bytes\n", (unsigned)count, (unsigned)bytes);
    AudioFileClose(file);
    return status == noErr || status == kAudioFileEndOfFileError ? 0 : 1;
}
