/* Instances that are made on a thread of their own, and told to a block. */
#include "../base/block.h"
#include "instance.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>

typedef struct request {
    AudioComponent component;
    const void *handler; /* owned */
} request;

static void *run(void *context)
{
    typedef void (*code)(const void *block, AudioComponentInstance instance, OSStatus status);
    request *r = context;
    AudioComponentInstance instance = NULL;
    prctl(PR_SET_NAME, "component new");
    OSStatus status = AudioComponentInstanceNew(r->component, &instance);
    ((code)cm_block_invoke(r->handler))(r->handler, status == noErr ? instance : NULL, status);
    cm_block_release(r->handler);
    free(r);
    return NULL;
}

void AudioComponentInstantiate(AudioComponent inComponent, AudioComponentInstantiationOptions inOptions,
                               const void *inCompletionHandler)
{
    pthread_t thread;
    request *made = calloc(1, sizeof *made);
    (void)inOptions; /* there is one process */
    if (!made || !inCompletionHandler || cm_block_copy(inCompletionHandler, &made->handler) != noErr) {
        free(made);
        return;
    }
    made->component = inComponent;
    if (pthread_create(&thread, NULL, run, made) == 0)
        pthread_detach(thread);
    else
        run(made);
}
