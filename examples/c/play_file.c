/* Plays a sound file with an AudioQueue whose callbacks run in this thread's run loop.
 *
 *     play_file FILE
 */
#include <AudioToolbox/AudioToolbox.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kBuffers = 3 };

typedef struct Player {
    AudioFileID file;
    AudioStreamBasicDescription format;
    AudioQueueRef queue;
    UInt32 packets_per_buffer;
    SInt64 packet;
    Boolean at_end;
} Player;

static void check(OSStatus status, const char *what)
{
    if (status == noErr)
        return;
    fprintf(stderr, "%s: error %d\n", what, (int)status);
    exit(1);
}

/* The queue has played a buffer and gives it back to be filled. */
static void fill_buffer(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    Player *player = (Player *)user;
    UInt32 bytes = buffer->mAudioDataBytesCapacity, packets = player->packets_per_buffer;
    if (player->at_end)
        return;
    OSStatus status = AudioFileReadPacketData(player->file, false, &bytes, buffer->mPacketDescriptions,
                                              player->packet, &packets, buffer->mAudioData);
    if (status != noErr && status != kAudioFileEndOfFileError)
        check(status, "read");
    if (packets == 0) {
        player->at_end = true;
        AudioQueueStop(queue, false); /* when what it has is played */
        return;
    }
    buffer->mAudioDataByteSize = bytes;
    buffer->mPacketDescriptionCount = player->format.mBytesPerPacket ? 0 : packets;
    player->packet += packets;
    check(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), "enqueue");
}

static void running_changed(void *user, AudioQueueRef queue, AudioQueuePropertyID property)
{
    UInt32 running = 0, size = sizeof running;
    (void)user;
    if (AudioQueueGetProperty(queue, property, &running, &size) == noErr && !running)
        CFRunLoopStop(CFRunLoopGetCurrent());
}

static void set_cookie(const Player *player)
{
    UInt32 size = 0, writable;
    if (AudioFileGetPropertyInfo(player->file, kAudioFilePropertyMagicCookieData, &size, &writable) !=
            noErr ||
        !size)
        return;
    void *cookie = malloc(size);
    check(AudioFileGetProperty(player->file, kAudioFilePropertyMagicCookieData, &size, cookie), "cookie");
    check(AudioQueueSetProperty(player->queue, kAudioQueueProperty_MagicCookie, cookie, size), "cookie");
    free(cookie);
}

static void allocate_and_fill(Player *player)
{
    UInt32 largest = 0, size = sizeof largest;
    check(AudioFileGetProperty(player->file, kAudioFilePropertyPacketSizeUpperBound, &size, &largest),
          "packet size");
    UInt32 frames = player->format.mFramesPerPacket ? player->format.mFramesPerPacket : 1024;
    player->packets_per_buffer = (UInt32)(player->format.mSampleRate * 0.25 / frames) + 1;
    for (int i = 0; i < kBuffers; i++) {
        AudioQueueBufferRef buffer;
        check(AudioQueueAllocateBufferWithPacketDescriptions(
                  player->queue, player->packets_per_buffer * largest, player->packets_per_buffer, &buffer),
              "allocate");
        fill_buffer(player, player->queue, buffer);
    }
}

int main(int argc, char **argv)
{
    static Player player;
    UInt32 size = sizeof player.format;
    if (argc != 2) {
        fprintf(stderr, "usage: play_file FILE\n");
        return 2;
    }
    CFURLRef url = CFURLCreateFromFileSystemRepresentation(NULL, (const UInt8 *)argv[1],
                                                           (CFIndex)strlen(argv[1]), false);
    check(AudioFileOpenURL(url, kAudioFileReadPermission, 0, &player.file), argv[1]);
    CFRelease(url);
    check(AudioFileGetProperty(player.file, kAudioFilePropertyDataFormat, &size, &player.format), "format");
    check(AudioQueueNewOutput(&player.format, fill_buffer, &player, CFRunLoopGetCurrent(),
                              kCFRunLoopCommonModes, 0, &player.queue),
          "queue");
    check(
        AudioQueueAddPropertyListener(player.queue, kAudioQueueProperty_IsRunning, running_changed, &player),
        "listener");
    set_cookie(&player);
    allocate_and_fill(&player);
    check(AudioQueueSetParameter(player.queue, kAudioQueueParam_Volume, 1.0f), "volume");
    check(AudioQueueStart(player.queue, NULL), "start");
    CFRunLoopRun();
    printf("played %lld packets\n", (long long)player.packet);
    AudioQueueDispose(player.queue, true);
    AudioFileClose(player.file);
    return 0;
}
