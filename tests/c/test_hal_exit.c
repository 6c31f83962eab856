/* Every way for a process to end while sound runs: it has to end, soon and by itself. */
#include "hal_help.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>

#ifdef __SANITIZE_THREAD__
/* A thread that an IOProc has ended is joined by nobody any more. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "report_thread_leaks=0";
}
#endif

typedef enum { RETURN, EXIT_IN_PROC, EXIT_IN_LISTENER, HANG_IN_PROC, KILL_THREAD_IN_PROC } way;

static _Atomic int cycles;
static way chosen;

static OSStatus act(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *input,
                    const AudioTimeStamp *input_time, AudioBufferList *output,
                    const AudioTimeStamp *output_time, void *client)
{
    (void)device, (void)now, (void)input, (void)input_time, (void)output, (void)output_time, (void)client;
    if (++cycles < 3)
        return noErr;
    if (chosen == EXIT_IN_PROC)
        exit(0);
    if (chosen == KILL_THREAD_IN_PROC)
        pthread_exit(NULL);
    while (chosen == HANG_IN_PROC)
        pause();
    return noErr;
}

static OSStatus leave(AudioObjectID object, UInt32 count, const AudioObjectPropertyAddress *addresses,
                      void *client)
{
    (void)object, (void)count, (void)addresses, (void)client;
    exit(0);
}

static void live_and_die(void)
{
    const AudioObjectPropertyAddress size = global(kAudioDevicePropertyBufferFrameSize);
    AudioObjectID output = device_of_uid(OUTPUT_UID), input = device_of_uid(INPUT_UID);
    AudioDeviceIOProcID id, input_id;
    alarm(10);
    CHECK_EQ(AudioDeviceCreateIOProcID(input, act, NULL, &input_id), noErr);
    CHECK_EQ(AudioDeviceCreateIOProcID(output, act, NULL, &id), noErr);
    CHECK_EQ(AudioDeviceStart(input, input_id), noErr);
    CHECK_EQ(AudioDeviceStart(output, id), noErr);
    WAIT_FOR(cycles >= 3);
    if (chosen == EXIT_IN_LISTENER) {
        CHECK_EQ(AudioObjectAddPropertyListener(output, &size, leave, NULL), noErr);
        CHECK_EQ(set_u32(output, size, 256), noErr);
        pause();
    }
    exit(0);
}

static void ends(way how)
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork(); /* before this process has used a device */
    if (child == 0) {
        chosen = how;
        live_and_die();
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status)); /* not by the alarm */
    CHECK_EQ(WEXITSTATUS(status), 0);
}

static void test_return(void)
{
    ends(RETURN);
}

static void test_exit_inside_ioproc(void)
{
    ends(EXIT_IN_PROC);
}

static void test_exit_inside_listener(void)
{
    ends(EXIT_IN_LISTENER);
}

static void test_ioproc_hangs(void)
{
    ends(HANG_IN_PROC);
}

static void test_ioproc_ends_its_thread(void)
{
    ends(KILL_THREAD_IN_PROC);
}

int main(void)
{
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    RUN(test_return);
    RUN(test_exit_inside_ioproc);
    RUN(test_exit_inside_listener);
    RUN(test_ioproc_hangs);
    RUN(test_ioproc_ends_its_thread);
    return 0;
}
