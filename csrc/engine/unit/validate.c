/* Whether a component does what a host may expect of it. */
#include "../base/block.h"
#include "../base/cf_string.h"
#include "../base/clock.h"
#include "validate.h"

#include <coremusic/engine.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#define DEFAULT_TIMEOUT 60.0 /* seconds */

/* One validation: the thread that tries the component, and the one that waits for it, which may give up. */
typedef struct job {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t done;
    cm_validation validation;
    bool is_done;
    int users; /* the threads */
} job;

static void leave(job *j)
{
    int left = --j->users;
    pthread_mutex_unlock(&j->lock);
    if (left)
        return;
    pthread_cond_destroy(&j->done);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

static void *run(void *context)
{
    job *j = context;
    cm_validation tried = { .component = j->validation.component };
    prctl(PR_SET_NAME, "validation");
    cm_validate(&tried);
    pthread_mutex_lock(&j->lock);
    j->validation = tried;
    j->is_done = true;
    pthread_cond_signal(&j->done);
    leave(j);
    return NULL;
}

static job *start(AudioComponent component)
{
    pthread_t thread;
    pthread_condattr_t attributes;
    job *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    pthread_mutex_init(&j->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&j->done, &attributes);
    pthread_condattr_destroy(&attributes);
    j->validation.component = component;
    j->users = 2;
    if (pthread_create(&thread, NULL, run, j) == 0) {
        pthread_detach(thread);
        return j;
    }
    pthread_mutex_lock(&j->lock);
    j->users = 1;
    leave(j);
    return NULL;
}

static cm_validation wait_for(job *j, Float64 seconds)
{
    UInt64 end = AudioGetCurrentHostTime() + (UInt64)(seconds * CM_HOST_TICKS_PER_SECOND);
    struct timespec at = { .tv_sec = (time_t)(end / CM_HOST_TICKS_PER_SECOND),
                           .tv_nsec = (long)(end % CM_HOST_TICKS_PER_SECOND) };
    int error = 0;
    pthread_mutex_lock(&j->lock);
    while (!j->is_done && !error)
        error = pthread_cond_timedwait(&j->done, &j->lock, &at);
    cm_validation found = j->validation;
    if (!j->is_done) {
        found.result = kAudioComponentValidationResult_TimedOut;
        snprintf(found.reason, sizeof found.reason, "nothing came of it in %g s", seconds);
    }
    leave(j);
    return found;
}

/* Within a day. kAudio_ParamError for what is no number of seconds. */
static OSStatus read_timeout(CFDictionaryRef parameters, Float64 *seconds)
{
    *seconds = DEFAULT_TIMEOUT;
    CFTypeRef value = parameters ? CFDictionaryGetValue(parameters,
                                                        CFSTR(kAudioComponentValidationParameter_TimeOut))
                                 : NULL;
    if (!value)
        return noErr;
    if (CFGetTypeID(value) != CFNumberGetTypeID())
        return kAudio_ParamError;
    CFNumberGetValue(value, kCFNumberFloat64Type, seconds);
    return *seconds > 0 && *seconds <= 86400 ? noErr : kAudio_ParamError;
}

static OSStatus validate(AudioComponent component, CFDictionaryRef parameters, cm_validation *found)
{
    AudioComponentDescription description;
    Float64 seconds;
    OSStatus status = AudioComponentGetDescription(component, &description);
    if (status == noErr)
        status = read_timeout(parameters, &seconds);
    if (status != noErr)
        return status;
    job *j = start(component);
    if (!j)
        return kAudio_MemFullError;
    *found = wait_for(j, seconds);
    return noErr;
}

OSStatus CMAudioComponentValidate(AudioComponent component, CFDictionaryRef parameters,
                                  AudioComponentValidationResult *outResult, CFStringRef *outReason)
{
    cm_validation found;
    if (!outResult)
        return kAudio_ParamError;
    *outResult = kAudioComponentValidationResult_Unknown;
    if (outReason)
        *outReason = NULL;
    OSStatus status = validate(component, parameters, &found);
    if (status != noErr)
        return status;
    *outResult = found.result;
    if (outReason && found.reason[0])
        *outReason = cm_cf_string_new(found.reason, strlen(found.reason));
    return noErr;
}

OSStatus AudioComponentValidate(AudioComponent inComponent, CFDictionaryRef inValidationParameters,
                                AudioComponentValidationResult *outValidationResult)
{
    return CMAudioComponentValidate(inComponent, inValidationParameters, outValidationResult, NULL);
}

/* ---- with a block ---- */

typedef struct request {
    AudioComponent component;
    CFDictionaryRef parameters; /* owned; NULL */
    const void *handler;        /* owned */
} request;

static CFDictionaryRef make_dictionary(const cm_validation *found)
{
    SInt32 result = (SInt32)found->result;
    CFNumberRef number = CFNumberCreate(NULL, kCFNumberSInt32Type, &result);
    CFStringRef text = cm_cf_string_new(found->reason, strlen(found->reason));
    const void *keys[] = { CFSTR(kAudioComponentConfigurationInfo_ValidationResult), CFSTR("Reason") };
    const void *values[] = { number, text };
    CFDictionaryRef made = number && text
                               ? CFDictionaryCreate(NULL, keys, values, 1 + (found->reason[0] != 0),
                                                    &kCFTypeDictionaryKeyCallBacks,
                                                    &kCFTypeDictionaryValueCallBacks)
                               : NULL;
    CFRelease(number);
    CFRelease(text);
    return made;
}

static void *run_request(void *context)
{
    typedef void (*code)(const void *block, AudioComponentValidationResult result, CFDictionaryRef info);
    request *r = context;
    cm_validation found = { .result = kAudioComponentValidationResult_Unknown };
    prctl(PR_SET_NAME, "validation wait");
    validate(r->component, r->parameters, &found);
    CFDictionaryRef info = make_dictionary(&found);
    ((code)cm_block_invoke(r->handler))(r->handler, found.result, info);
    CFRelease(info);
    CFRelease(r->parameters);
    cm_block_release(r->handler);
    free(r);
    return NULL;
}

OSStatus AudioComponentValidateWithResults(AudioComponent inComponent, CFDictionaryRef inValidationParameters,
                                           const void *inCompletionHandler)
{
    pthread_t thread;
    Float64 seconds;
    AudioComponentDescription description;
    OSStatus status = AudioComponentGetDescription(inComponent, &description);
    if (status == noErr)
        status = inCompletionHandler ? read_timeout(inValidationParameters, &seconds) : kAudio_ParamError;
    if (status != noErr)
        return status;
    request *made = calloc(1, sizeof *made);
    status = made ? cm_block_copy(inCompletionHandler, &made->handler) : kAudio_MemFullError;
    if (status != noErr) {
        free(made);
        return status;
    }
    made->component = inComponent;
    made->parameters = inValidationParameters ? CFDictionaryCreateCopy(NULL, inValidationParameters) : NULL;
    if (pthread_create(&thread, NULL, run_request, made) == 0)
        pthread_detach(thread);
    else
        run_request(made);
    return noErr;
}
