/*
 * pulse_control.h: the driver's own connection to the server, beside those of its streams: questions with an
 * answer in bounded time, news of devices, and the way back after the server died.
 */
#ifndef CM_DEVICE_PULSE_CONTROL_H
#define CM_DEVICE_PULSE_CONTROL_H

#include "driver.h"
#include "pulse_library.h"

typedef struct cm_pulse_control cm_pulse_control;

/* A question to the server. Questions with further results begin with this struct. */
typedef struct cm_pulse_question {
    /* Sends it; runs with the connection's lock held. NULL: it cannot be sent. */
    pa_operation *(*ask)(pa_context *context, struct cm_pulse_question *question);
    /* Set by the answer's callback, which runs on the connection's thread. */
    OSStatus status;
} cm_pulse_question;

/* [control] Connects, within a second. host is copied; its changed() is called on the connection's thread. */
OSStatus cm_pulse_control_open(const cm_driver_host *host, cm_pulse_control **control);
void cm_pulse_control_close(cm_pulse_control *control);

/*
 * [control] Asks, and waits for the answer: the question's status. kAudioHardwareNotRunningError at once
 * while there is no server; kAudioHardwareNotReadyError after a second in which it did not answer: then the
 * HAL is told to look again as soon as it does.
 */
OSStatus cm_pulse_control_ask(cm_pulse_control *control, cm_pulse_question *question);

/* [control] Tells the HAL that it should look again. */
void cm_pulse_control_changed(cm_pulse_control *control);

/* A pa_context_success_cb_t whose userdata is a cm_pulse_question. */
void cm_pulse_acknowledged(pa_context *context, int success, void *question);

#endif
