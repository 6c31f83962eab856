#include "pulse_control.h"

#include "base/log.h"

#include <CoreAudio/AudioHardwareBase.h>

#include <stdlib.h>

#define PATIENCE_US 1000000u

/* From one try to reach a server that died to the next: doubled each time. */
#define FIRST_RETRY_US 100000u
#define LAST_RETRY_US 3200000u

struct cm_pulse_control {
    cm_driver_host host;
    pa_threaded_mainloop *loop; /* its lock guards all below */
    pa_context *context;        /* NULL between two connections */
    pa_time_event *retry;
    pa_usec_t retry_after;
    bool was_ready; /* the first connection was made: from now on the driver keeps trying */
    bool overdue;   /* the server owes an answer that the HAL did not wait for */
};

static void start_connecting(cm_pulse_control *control);

static void in_us(struct timeval *time, pa_usec_t delay)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    pa_usec_t us = (pa_usec_t)now.tv_sec * 1000000 + (pa_usec_t)now.tv_nsec / 1000 + delay;
    time->tv_sec = (time_t)(us / 1000000);
    time->tv_usec = (suseconds_t)(us % 1000000);
}

static void drop_context(cm_pulse_control *control)
{
    if (!control->context)
        return;
    cm_pulse.pa_context_set_state_callback(control->context, NULL, NULL);
    cm_pulse.pa_context_set_subscribe_callback(control->context, NULL, NULL);
    cm_pulse.pa_context_disconnect(control->context);
    cm_pulse.pa_context_unref(control->context);
    control->context = NULL;
    control->overdue = false;
}

static void try_again(pa_mainloop_api *api, pa_time_event *event, const struct timeval *time, void *context)
{
    (void)time;
    cm_pulse_control *control = context;
    api->time_free(event);
    control->retry = NULL;
    drop_context(control);
    start_connecting(control);
}

static void try_later(cm_pulse_control *control)
{
    struct timeval when;
    pa_mainloop_api *api = cm_pulse.pa_threaded_mainloop_get_api(control->loop);
    if (control->retry)
        return;
    in_us(&when, control->retry_after);
    control->retry = api->time_new(api, &when, try_again, control);
    if (control->retry_after < LAST_RETRY_US)
        control->retry_after *= 2;
}

static void news(pa_context *context, pa_subscription_event_type_t type, uint32_t index, void *control)
{
    (void)context, (void)type, (void)index;
    cm_pulse_control_changed(control);
}

static void connected(cm_pulse_control *control)
{
    control->retry_after = FIRST_RETRY_US;
    cm_pulse.pa_context_set_subscribe_callback(control->context, news, control);
    pa_operation *operation = cm_pulse.pa_context_subscribe(
        control->context,
        PA_SUBSCRIPTION_MASK_SINK | PA_SUBSCRIPTION_MASK_SOURCE | PA_SUBSCRIPTION_MASK_SERVER, NULL, NULL);
    if (operation)
        cm_pulse.pa_operation_unref(operation);
    if (control->was_ready)
        cm_pulse_control_changed(control);
    control->was_ready = true;
}

static void state_changed(pa_context *context, void *userdata)
{
    cm_pulse_control *control = userdata;
    pa_context_state_t state = cm_pulse.pa_context_get_state(context);
    if (state == PA_CONTEXT_READY) {
        connected(control);
    } else if (!PA_CONTEXT_IS_GOOD(state) && control->was_ready) {
        cm_log(CM_LOG_INFO, "pulse: no connection: %s",
               cm_pulse.pa_strerror(cm_pulse.pa_context_errno(context)));
        if (control->retry_after == FIRST_RETRY_US)
            cm_pulse_control_changed(control);
        try_later(control);
    }
    cm_pulse.pa_threaded_mainloop_signal(control->loop, 0);
}

static void start_connecting(cm_pulse_control *control)
{
    pa_mainloop_api *api = cm_pulse.pa_threaded_mainloop_get_api(control->loop);
    control->context = cm_pulse.pa_context_new(api, "coremusic");
    if (!control->context) {
        try_later(control);
        return;
    }
    cm_pulse.pa_context_set_state_callback(control->context, state_changed, control);
    /* A failure to start is told like a later one, by the state. */
    if (cm_pulse.pa_context_connect(control->context, NULL, PA_CONTEXT_NOAUTOSPAWN, NULL) < 0 &&
        control->was_ready)
        try_later(control);
}

static void wake(pa_mainloop_api *api, pa_time_event *event, const struct timeval *time, void *control)
{
    (void)api, (void)event, (void)time;
    cm_pulse.pa_threaded_mainloop_signal(((cm_pulse_control *)control)->loop, 0);
}

/* With the lock held: waits until over(subject) or until the patience is at its end. */
static void wait_for(cm_pulse_control *control, bool (*over)(const void *subject), const void *subject)
{
    pa_mainloop_api *api = cm_pulse.pa_threaded_mainloop_get_api(control->loop);
    pa_usec_t end = cm_pulse.pa_rtclock_now() + PATIENCE_US;
    struct timeval when;
    in_us(&when, PATIENCE_US + 1000);
    pa_time_event *event = api->time_new(api, &when, wake, control);
    while (!over(subject) && cm_pulse.pa_rtclock_now() < end)
        cm_pulse.pa_threaded_mainloop_wait(control->loop);
    api->time_free(event);
}

static bool is_settled(const void *subject)
{
    const pa_context *context = subject;
    pa_context_state_t state = cm_pulse.pa_context_get_state(context);
    return state == PA_CONTEXT_READY || !PA_CONTEXT_IS_GOOD(state);
}

static OSStatus wait_until_connected(cm_pulse_control *control)
{
    if (!control->context)
        return cm_fail(kAudioHardwareNotRunningError, "no memory for a connection to the sound server");
    wait_for(control, is_settled, control->context);
    if (control->was_ready)
        return 0;
    int error = cm_pulse.pa_context_errno(control->context);
    return cm_fail(kAudioHardwareNotRunningError, "no sound server of PulseAudio or PipeWire: %s",
                   error ? cm_pulse.pa_strerror(error) : "it does not answer");
}

OSStatus cm_pulse_control_open(const cm_driver_host *host, cm_pulse_control **opened)
{
    cm_pulse_control *control = calloc(1, sizeof *control);
    if (!control)
        return cmMemFullError;
    control->host = *host;
    control->retry_after = FIRST_RETRY_US;
    control->loop = cm_pulse.pa_threaded_mainloop_new();
    if (!control->loop || cm_pulse.pa_threaded_mainloop_start(control->loop) < 0) {
        cm_pulse_control_close(control);
        return cmMemFullError;
    }
    cm_pulse.pa_threaded_mainloop_lock(control->loop);
    start_connecting(control);
    OSStatus status = wait_until_connected(control);
    cm_pulse.pa_threaded_mainloop_unlock(control->loop);
    if (status)
        cm_pulse_control_close(control);
    else
        *opened = control;
    return status;
}

void cm_pulse_control_close(cm_pulse_control *control)
{
    if (!control)
        return;
    if (control->loop) {
        cm_pulse.pa_threaded_mainloop_lock(control->loop);
        if (control->retry)
            cm_pulse.pa_threaded_mainloop_get_api(control->loop)->time_free(control->retry);
        drop_context(control);
        cm_pulse.pa_threaded_mainloop_unlock(control->loop);
        cm_pulse.pa_threaded_mainloop_stop(control->loop);
        cm_pulse.pa_threaded_mainloop_free(control->loop);
    }
    free(control);
}

void cm_pulse_control_changed(cm_pulse_control *control)
{
    control->host.changed(control->host.context);
}

void cm_pulse_acknowledged(pa_context *context, int success, void *question)
{
    (void)context;
    ((cm_pulse_question *)question)->status = success ? 0 : kAudioHardwareUnspecifiedError;
}

static void operation_changed(pa_operation *operation, void *control)
{
    (void)operation;
    cm_pulse.pa_threaded_mainloop_signal(((cm_pulse_control *)control)->loop, 0);
}

static bool is_answered(const void *operation)
{
    return cm_pulse.pa_operation_get_state(operation) != PA_OPERATION_RUNNING;
}

static void answered_at_last(pa_context *context, const pa_server_info *info, void *userdata)
{
    (void)context, (void)info;
    cm_pulse_control *control = userdata;
    control->overdue = false;
    cm_pulse_control_changed(control);
}

/* With the lock held. A server answers in order: who answers this has done all that it was asked before. */
static void hear_when_it_answers(cm_pulse_control *control)
{
    if (control->overdue)
        return;
    pa_operation *operation = cm_pulse.pa_context_get_server_info(control->context, answered_at_last,
                                                                  control);
    control->overdue = operation != NULL;
    if (operation)
        cm_pulse.pa_operation_unref(operation);
}

/* With the lock held. */
static OSStatus ask_now(cm_pulse_control *control, cm_pulse_question *question)
{
    OSStatus gone = kAudioHardwareNotRunningError;
    if (!control->context || cm_pulse.pa_context_get_state(control->context) != PA_CONTEXT_READY)
        return cm_fail(gone, "the sound server is gone");
    pa_operation *operation = question->ask(control->context, question);
    if (!operation)
        return cm_fail(gone, "%s", cm_pulse.pa_strerror(cm_pulse.pa_context_errno(control->context)));
    cm_pulse.pa_operation_set_state_callback(operation, operation_changed, control);
    wait_for(control, is_answered, operation);
    OSStatus status = question->status;
    pa_operation_state_t state = cm_pulse.pa_operation_get_state(operation);
    if (state == PA_OPERATION_RUNNING) {
        cm_pulse.pa_operation_cancel(operation); /* no callback comes any more: the question may end */
        hear_when_it_answers(control);
        status = cm_fail(kAudioHardwareNotReadyError, "the sound server does not answer");
    } else if (state == PA_OPERATION_CANCELLED) {
        status = cm_fail(gone, "the sound server is gone");
    }
    cm_pulse.pa_operation_unref(operation);
    return status;
}

OSStatus cm_pulse_control_ask(cm_pulse_control *control, cm_pulse_question *question)
{
    cm_pulse.pa_threaded_mainloop_lock(control->loop);
    OSStatus status = ask_now(control, question);
    cm_pulse.pa_threaded_mainloop_unlock(control->loop);
    return status;
}
