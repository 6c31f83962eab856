/* Audio files under stress: stale handles, full disks, sudden death, threads, leaks. */
#include "audio_files.h"

#include "base/cf_object.h"
#include "base/handle.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- handles ---- */

static void check_not_open(AudioFileID file)
{
    UInt32 n = 4, size = 64;
    UInt64 size64;
    UInt8 bytes[64] = { 0 };
    const OSStatus closed = kAudioFileNotOpenError;
    CHECK_EQ(AudioFileReadBytes(file, false, 0, &n, bytes), closed);
    CHECK_EQ(AudioFileWriteBytes(file, false, 0, &n, bytes), closed);
    CHECK_EQ(AudioFileReadPackets(file, false, &size, NULL, 0, &n, bytes), closed);
    CHECK_EQ(AudioFileReadPacketData(file, false, &size, NULL, 0, &n, bytes), closed);
    CHECK_EQ(AudioFileWritePackets(file, false, size, NULL, 0, &n, bytes), closed);
    CHECK_EQ(AudioFileCountUserData(file, 'abcd', &n), closed);
    CHECK_EQ(AudioFileGetUserDataSize(file, 'abcd', 0, &n), closed);
    CHECK_EQ(AudioFileGetUserDataSize64(file, 'abcd', 0, &size64), closed);
    CHECK_EQ(AudioFileGetUserData(file, 'abcd', 0, &size, bytes), closed);
    CHECK_EQ(AudioFileGetUserDataAtOffset(file, 'abcd', 0, 0, &size, bytes), closed);
    CHECK_EQ(AudioFileSetUserData(file, 'abcd', 0, 4, bytes), closed);
    CHECK_EQ(AudioFileRemoveUserData(file, 'abcd', 0), closed);
    CHECK_EQ(AudioFileGetPropertyInfo(file, kAudioFilePropertyDataFormat, &size, &n), closed);
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyDataFormat, &size, bytes), closed);
    CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyDataFormat, 40, bytes), closed);
    CHECK_EQ(AudioFileOptimize(file), closed);
    CHECK_EQ(AudioFileClose(file), closed);
}

static void test_stale_handles(void)
{
    AudioFileID file = open_ramp("a.wav", 10, kAudioFileReadPermission);
    CHECK_EQ(AudioFileClose(file), 0);
    check_not_open(file);
    check_not_open(NULL);
    check_not_open((AudioFileID)(uintptr_t)0x1234);
    check_not_open((AudioFileID)(uintptr_t)-1);
    AudioFileID other = open_ramp("a.wav", 10, kAudioFileReadPermission);
    check_not_open(file);
    CHECK_EQ(AudioFileClose(other), 0);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_FILE), 0);
}

/* ---- what was there stays there ---- */

static void test_nothing_changes_before_close(void)
{
    size_t size, now;
    AudioFileClose(create_ramp("k.wav", 100));
    unsigned char *before = slurp(in_folder("k.wav"), &size);
    AudioFileID file = create_ramp("k.wav", 50000);
    unsigned char *during = slurp(in_folder("k.wav"), &now);
    CHECK(now == size && memcmp(before, during, size) == 0);
    free(during);
    CHECK_EQ(AudioFileClose(file), 0);
    during = slurp(in_folder("k.wav"), &now);
    CHECK_EQ(now, 4096 + 200000);
    free(before);
    free(during);
}

static int count_files(void)
{
    CHECK_EQ(run("ls -A | wc -l"), 0);
    return atoi(command_output);
}

static void test_killed_while_writing(void)
{
    size_t size, now;
    AudioFileClose(create_ramp("kill.wav", 100));
    unsigned char *before = slurp(in_folder("kill.wav"), &size);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        AudioFileID file = create_ramp("kill.wav", 50000);
        (void)file;
        raise(SIGKILL);
    }
    waitpid(child, NULL, 0);
    child = fork();
    if (child == 0) {
        AudioFileID file;
        UInt32 packets = 50;
        UInt8 bytes[200] = { 1 };
        CHECK_EQ(open_file(in_folder("kill.wav"), kAudioFileReadWritePermission, &file), 0);
        CHECK_EQ(AudioFileWritePackets(file, false, 200, NULL, 0, &packets, bytes), 0);
        raise(SIGKILL);
    }
    waitpid(child, NULL, 0);
    unsigned char *after = slurp(in_folder("kill.wav"), &now);
    CHECK(now == size && memcmp(before, after, size) == 0);
    free(before);
    free(after);
    CHECK_EQ(run("rm -f .*.part"), 0);
}

/* A limit on the size of files stands for a full disk: the same write fails, for the same reason. */
static void test_disk_full(void)
{
    size_t size, now;
    AudioFileClose(create_ramp("full.wav", 100));
    unsigned char *before = slurp(in_folder("full.wav"), &size);
    int files = count_files();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = { 3 << 20, 3 << 20 };
        setrlimit(RLIMIT_FSIZE, &limit);
        signal(SIGXFSZ, SIG_IGN);
        AudioFileID file;
        AudioStreamBasicDescription format = int16_format(44100, 2);
        static UInt8 bytes[4 << 20];
        UInt32 packets = sizeof bytes / 4, one = 1;
        CHECK_EQ(create_file(in_folder("full.wav"), kAudioFileWAVEType, &format, &file), 0);
        CHECK_EQ(AudioFileWritePackets(file, false, sizeof bytes, NULL, 0, &packets, bytes), -34);
        CHECK_EQ(packets, (2 << 20) / 4);
        CHECK_EQ(get_s64(file, kAudioFilePropertyAudioDataPacketCount), packets);
        CHECK_EQ(AudioFileWritePackets(file, false, 4, NULL, packets, &one, bytes), 0);
        one = 1 << 20;
        CHECK_EQ(AudioFileWritePackets(file, false, sizeof bytes, NULL, 0, &one, bytes), -34);
        CHECK_EQ(AudioFileClose(file), -34);
        check_not_open(file);
        CHECK_EQ(open_file(in_folder("full.wav"), kAudioFileReadWritePermission, &file), 0);
        CHECK_EQ(AudioFileSetUserData(file, 'abcd', 0, sizeof bytes, bytes), 0);
        CHECK_EQ(AudioFileClose(file), -34);
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK_EQ(status, 0);
    unsigned char *after = slurp(in_folder("full.wav"), &now);
    CHECK(now == size && memcmp(before, after, size) == 0);
    CHECK_EQ(count_files(), files);
    free(before);
    free(after);
}

/* Who wants to keep what fitted says so. */
static void test_keeping_what_fitted(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = { 3 << 20, 3 << 20 };
        setrlimit(RLIMIT_FSIZE, &limit);
        signal(SIGXFSZ, SIG_IGN);
        AudioFileID file;
        AudioStreamBasicDescription format = int16_format(44100, 2);
        static UInt8 bytes[4 << 20];
        UInt32 packets = sizeof bytes / 4;
        CHECK_EQ(create_file(in_folder("part.wav"), kAudioFileWAVEType, &format, &file), 0);
        CHECK_EQ(AudioFileWritePackets(file, false, sizeof bytes, NULL, 0, &packets, bytes), -34);
        SInt64 count = get_s64(file, kAudioFilePropertyAudioDataByteCount);
        CHECK_EQ(AudioFileSetProperty(file, kAudioFilePropertyAudioDataByteCount, 8, &count), 0);
        CHECK_EQ(AudioFileClose(file), 0);
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK_EQ(status, 0);
    CHECK_EQ(run("sox --i -s part.wav"), 0);
    CHECK_EQ(atoi(command_output), (2 << 20) / 4);
}

/* ---- threads and leaks ---- */

static AudioFileID shared;
static _Atomic int closes, bad;

static void *read_until_closed(void *unused)
{
    SInt16 samples[200];
    for (int i = 0; i < 20000; i++) {
        UInt32 bytes = sizeof samples, packets = 100;
        OSStatus status = AudioFileReadPacketData(shared, false, &bytes, NULL, i % 900, &packets, samples);
        if (status == kAudioFileNotOpenError)
            break;
        if (status != noErr || samples[0] != (SInt16)(i % 900 * 2))
            bad++;
    }
    if (AudioFileClose(shared) == noErr)
        closes++;
    return unused;
}

static void test_threads(void)
{
    for (int round = 0; round < 5; round++) {
        pthread_t threads[3];
        closes = 0;
        shared = open_ramp("th.wav", 1000, kAudioFileReadPermission);
        for (int i = 0; i < 3; i++)
            pthread_create(&threads[i], NULL, read_until_closed, NULL);
        for (int i = 0; i < 3; i++)
            pthread_join(threads[i], NULL);
        CHECK_EQ(closes, 1);
        CHECK_EQ(bad, 0);
    }
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void test_no_leaks(void)
{
    AudioFileClose(create_ramp("leak.wav", 100));
    long objects = 0;
    int descriptors = 0;
    for (int i = 0; i < 300; i++) {
        if (i == 10) {
            objects = (long)cm_cf_live_count(CM_CF_NONE);
            descriptors = open_descriptors();
        }
        AudioFileID file;
        UInt32 size, writable;
        CHECK_EQ(open_file(in_folder("leak.wav"), kAudioFileReadWritePermission, &file), 0);
        CHECK_EQ(set_info(file, "title", "x", "tempo", "99", NULL), 0);
        get_info(file, "title");
        CHECK_EQ(AudioFileGetPropertyInfo(file, kAudioFilePropertyMarkerList, &size, &writable), 0);
        CHECK_EQ(AudioFileClose(file), 0);
        CHECK_EQ(open_file(in_folder("missing"), 1, &file), kAudioFileFileNotFoundError);
    }
    CHECK_EQ(cm_cf_live_count(CM_CF_NONE), objects);
    CHECK_EQ(open_descriptors(), descriptors);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_FILE), 0);
}

int main(void)
{
    RUN(test_stale_handles);
    RUN(test_nothing_changes_before_close);
    RUN(test_killed_while_writing);
    RUN(test_disk_full);
    RUN(test_keeping_what_fitted);
    RUN(test_threads);
    RUN(test_no_leaks);
    return 0;
}
