/* virtual_sound.c: what virtual devices play to (a capture, a history) and hear from (a feed, an output). */
#include "virtual.h"

#include <CoreAudio/AudioHardware.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- [render] ---- */

static void scale(Float32 *samples, UInt32 frames, UInt32 channels, const _Atomic Float32 *gains)
{
    for (UInt32 c = 0; c < channels; c++) {
        Float32 gain = atomic_load_explicit(&gains[c], memory_order_relaxed);
        for (size_t i = c; gain != 1 && i < (size_t)frames * channels; i += channels)
            samples[i] *= gain;
    }
}

static void capture(cm_virtual_device *device, const Float32 *samples, UInt32 frames, UInt32 channels)
{
    cm_ring *ring = atomic_load(&device->capture);
    if (ring && !cm_ring_write(ring, samples, (size_t)frames * channels * sizeof *samples))
        atomic_fetch_add(&device->capture_lost, frames);
}

static void remember(cm_virtual_history *history, const Float32 *samples, UInt32 frames, UInt32 channels,
                     SInt64 position)
{
    (void)atomic_load(&history->reads);
    if (atomic_load(&history->end) != position) {
        atomic_store(&history->end, position);
        atomic_store(&history->begin, position);
    }
    for (UInt32 i = 0; i < frames; i++)
        memcpy(history->samples + (size_t)((position + i) % CM_HISTORY_FRAMES) * channels,
               samples + (size_t)i * channels, channels * sizeof *samples);
    atomic_store(&history->end, position + frames);
}

void cm_virtual_play(cm_virtual_device *device, Float32 *output, UInt32 frames, SInt64 position)
{
    UInt32 channels = device->description.side[CM_OUTPUT].channels;
    cm_virtual_history *history = atomic_load(&device->history);
    scale(output, frames, channels, device->gain[CM_OUTPUT]);
    capture(device, output, frames, channels);
    if (history)
        remember(history, output, frames, channels, position);
}

static void hear_feed(cm_virtual_device *device, Float32 *input, size_t count)
{
    cm_virtual_feed *block = atomic_load(&device->playing);
    size_t played = atomic_load(&device->played), got = 0;
    while (got < count) {
        if (played == block->count) {
            cm_virtual_feed *next = atomic_load(&block->next);
            if (!next)
                break;
            block = next;
            played = 0;
            continue;
        }
        size_t now = count - got < block->count - played ? count - got : block->count - played;
        memcpy(input + got, block->samples + played, now * sizeof *input);
        got += now;
        played += now;
    }
    memset(input + got, 0, (count - got) * sizeof *input);
    atomic_store(&device->played, played);
    atomic_store(&device->playing, block);
    atomic_fetch_add(&device->heard_of_feed, got);
}

/* A channel that the output has not is silent; so is a time at which it did not play. */
static void hear_output(const cm_virtual_device *output, Float32 *input, UInt32 frames, UInt32 channels,
                        const AudioTimeStamp *input_time)
{
    AudioTimeStamp there;
    cm_virtual_history *history = atomic_load(&output->history);
    UInt32 heard = output->description.side[CM_OUTPUT].channels;
    memset(input, 0, (size_t)frames * channels * sizeof *input);
    if (!history || cm_io_anchor_when(&output->anchor, input_time->mHostTime, &there) != noErr)
        return;
    SInt64 position = llround(there.mSampleTime), begin = atomic_load(&history->begin);
    SInt64 end = atomic_load(&history->end);
    if (begin < end - CM_HISTORY_FRAMES / 2)
        begin = end - CM_HISTORY_FRAMES / 2;
    for (UInt32 i = 0; i < frames; i++, position++)
        if (position >= begin && position < end)
            memcpy(input + (size_t)i * channels,
                   history->samples + (size_t)(position % CM_HISTORY_FRAMES) * heard,
                   (channels < heard ? channels : heard) * sizeof *input);
    atomic_fetch_add(&history->reads, 1);
}

/* 997 Hz at -20 dB: a frequency whose period no usual rate divides. */
static void hear_tone(Float32 *input, UInt32 frames, UInt32 channels, Float64 first, Float64 rate)
{
    for (UInt32 i = 0; i < frames; i++) {
        Float32 sample = 0.1f * (Float32)sin(2 * M_PI * fmod(997 / rate * (first + i), 1));
        for (UInt32 c = 0; c < channels; c++)
            input[(size_t)i * channels + c] = sample;
    }
}

void cm_virtual_hear(cm_virtual_device *device, Float32 *input, UInt32 frames,
                     const AudioTimeStamp *input_time)
{
    UInt32 channels = device->description.side[CM_INPUT].channels;
    if (device->heard)
        hear_output(device->heard, input, frames, channels, input_time);
    else if (atomic_load(&device->source) == CM_SOURCE_TONE)
        hear_tone(input, frames, channels, input_time->mSampleTime, device->io->settings.rate);
    else
        hear_feed(device, input, (size_t)frames * channels);
    scale(input, frames, channels, device->gain[CM_INPUT]);
}

/* ---- [control] ---- */

/* A loopback that starts makes the output remember, from then on. */
bool cm_virtual_sound_begin(cm_virtual_device *device)
{
    cm_virtual_device *output = device->heard;
    if (!output || atomic_load(&output->history))
        return true;
    UInt32 channels = output->description.side[CM_OUTPUT].channels;
    cm_virtual_history *history = calloc(1, sizeof *history + (size_t)CM_HISTORY_FRAMES * channels *
                                                                  sizeof *history->samples);
    if (history)
        atomic_store(&output->history, history);
    return history != NULL;
}

OSStatus cm_virtual_feed_add(cm_virtual_device *device, const Float32 *samples, size_t count)
{
    cm_virtual_feed *block = malloc(sizeof *block + count * sizeof *samples);
    if (!block)
        return cmMemFullError;
    atomic_init(&block->next, NULL);
    block->count = count;
    if (count)
        memcpy(block->samples, samples, count * sizeof *samples);
    if (device->newest) {
        atomic_store(&device->newest->next, block);
    } else {
        device->oldest = block;
        atomic_store(&device->playing, block);
    }
    device->newest = block;
    atomic_fetch_add(&device->fed, count);
    while (device->oldest != atomic_load(&device->playing)) {
        cm_virtual_feed *gone = device->oldest;
        device->oldest = atomic_load(&gone->next);
        free(gone);
    }
    return noErr;
}

OSStatus cm_virtual_capture_begin(cm_virtual_device *device, UInt64 frames)
{
    size_t frame = device->description.side[CM_OUTPUT].channels * sizeof(Float32);
    if (!frame || !frames || frames > SIZE_MAX / 4 / frame)
        return kAudioHardwareIllegalOperationError;
    cm_ring *ring = calloc(1, sizeof *ring);
    if (!ring || !cm_ring_init(ring, (size_t)frames * frame)) {
        free(ring);
        return cmMemFullError;
    }
    cm_virtual_capture_end(device);
    atomic_store(&device->capture_lost, 0);
    atomic_store(&device->capture, ring);
    return noErr;
}

void cm_virtual_capture_end(cm_virtual_device *device)
{
    cm_ring *ring = atomic_exchange(&device->capture, NULL);
    if (!ring)
        return;
    cm_grace_wait(&device->grace);
    cm_ring_free(ring);
    free(ring);
}

UInt32 cm_virtual_capture_read(cm_virtual_device *device, Float32 *samples, UInt32 frames)
{
    cm_ring *ring = atomic_load(&device->capture);
    size_t frame = device->description.side[CM_OUTPUT].channels * sizeof(Float32);
    size_t there = ring ? cm_ring_readable(ring) / frame : 0;
    UInt32 count = there < frames ? (UInt32)there : frames;
    if (ring && count)
        cm_ring_read(ring, samples, count * frame);
    return count;
}

void cm_virtual_sound_end(cm_virtual_device *device)
{
    cm_virtual_capture_end(device);
    free(atomic_exchange(&device->history, NULL));
    while (device->oldest) {
        cm_virtual_feed *gone = device->oldest;
        device->oldest = atomic_load(&gone->next);
        free(gone);
    }
}
