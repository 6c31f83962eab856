#include "converting.h"

#include "call.h"

#include <stddef.h>
#include <stdbool.h>
#include <string.h>

PyObject *cm_convert_buffer(AudioConverterRef converter, const Py_buffer *input, OSStatus *status,
                            const char **operation)
{
    if (input->len > UINT32_MAX) {
        *status = noErr;
        PyErr_SetString(PyExc_OverflowError, "one buffer holds at most 2**32-1 bytes");
        return NULL;
    }
    UInt32 room = (UInt32)input->len, size = sizeof room;
    *operation = "AudioConverterConvertBuffer";
    CM_CALL(*status, AudioConverterGetProperty(converter, kAudioConverterPropertyCalculateOutputBufferSize,
                                               &size, &room));
    if (*status)
        return NULL;
    PyObject *output = PyBytes_FromStringAndSize(NULL, room);
    if (!output)
        return NULL;
    CM_CALL(*status, AudioConverterConvertBuffer(converter, (UInt32)input->len, input->buf, &room,
                                                 PyBytes_AS_STRING(output)));
    if (*status)
        Py_CLEAR(output);
    else if (room < (UInt32)PyBytes_GET_SIZE(output))
        _PyBytes_Resize(&output, room);
    return output;
}

/* The input of one call: packets, served as often as asked and then ended. */
typedef struct feed {
    const char *at;
    UInt32 packets;      /* left */
    UInt32 packet_bytes; /* of one packet without description */
    UInt32 planes;
    size_t plane_bytes; /* distance between planes of non-interleaved input; all bytes of described packets */
    UInt32 channels;
    const AudioStreamPacketDescription *next; /* of the packets left, offsets from at; or NULL */
    AudioStreamPacketDescription
        only; /* what next points to for one packet that the caller did not describe */
} feed;

static OSStatus serve(AudioConverterRef converter, UInt32 *io_packets, AudioBufferList *data,
                      AudioStreamPacketDescription **descriptions, void *user)
{
    feed *f = user;
    (void)converter;
    UInt32 packets = *io_packets < f->packets ? *io_packets : f->packets;
    for (UInt32 i = 0; i < data->mNumberBuffers && i < f->planes; i++) {
        data->mBuffers[i].mNumberChannels = f->planes > 1 ? 1 : f->channels;
        data->mBuffers[i].mData = (void *)(uintptr_t)(f->at + i * f->plane_bytes);
        data->mBuffers[i].mDataByteSize = f->next ? (UInt32)f->plane_bytes : packets * f->packet_bytes;
    }
    if (descriptions)
        *descriptions = packets ? (AudioStreamPacketDescription *)(uintptr_t)f->next : NULL;
    if (f->next)
        f->next += packets;
    else
        f->at += (size_t)packets * f->packet_bytes;
    f->packets -= packets;
    *io_packets = packets;
    return noErr;
}

static bool is_planar(const AudioStreamBasicDescription *format)
{
    return format->mFormatID == kAudioFormatLinearPCM &&
           format->mFormatFlags & kAudioFormatFlagIsNonInterleaved && format->mChannelsPerFrame > 1;
}

/* Packets of differing size: described by the caller, or just one. */
static int prepare_described(feed *f, const Py_buffer *input, const AudioStreamPacketDescription *given)
{
    if (input->len > UINT32_MAX || (!given && f->packets > 1)) {
        PyErr_SetString(PyExc_ValueError,
                        given ? "described packets have at most 2**32-1 bytes"
                              : "packets of differing size must be described, or given one at a time");
        return -1;
    }
    f->only = (AudioStreamPacketDescription){ .mDataByteSize = (UInt32)input->len };
    f->next = given ? given : &f->only;
    for (UInt32 i = 0; given && i < f->packets; i++) {
        if (given[i].mStartOffset < 0 || given[i].mStartOffset > input->len ||
            given[i].mDataByteSize > input->len - given[i].mStartOffset) {
            PyErr_Format(PyExc_ValueError, "packet %u lies outside the %zd bytes of input", (unsigned)i,
                         input->len);
            return -1;
        }
    }
    return 0;
}

static int prepare(feed *f, const Py_buffer *input, UInt32 packets, const AudioStreamPacketDescription *given,
                   const AudioStreamBasicDescription *source)
{
    bool planar = is_planar(source);
    *f = (feed){ .at = input->buf,
                 .packets = packets,
                 .packet_bytes = source->mBytesPerPacket,
                 .planes = planar ? source->mChannelsPerFrame : 1,
                 .channels = source->mChannelsPerFrame };
    f->plane_bytes = (size_t)input->len / f->planes;
    if (given || source->mBytesPerPacket == 0)
        return prepare_described(f, input, given);
    if (f->plane_bytes / f->packet_bytes < packets) {
        PyErr_Format(PyExc_ValueError, "input_data holds %zd bytes, not %u packets of %u", input->len,
                     (unsigned)packets, (unsigned)f->packet_bytes * f->planes);
        return -1;
    }
    return 0;
}

/* What one packet of output may take in one buffer, and in how many buffers it comes. */
static OSStatus output_shape(AudioConverterRef converter, UInt32 *packet_bytes, UInt32 *planes,
                             UInt32 *channels)
{
    AudioStreamBasicDescription format;
    UInt32 size = sizeof format;
    OSStatus status = AudioConverterGetProperty(converter, kAudioConverterCurrentOutputStreamDescription,
                                                &size, &format);
    if (status)
        return status;
    *planes = is_planar(&format) ? format.mChannelsPerFrame : 1;
    *channels = *planes > 1 ? 1 : format.mChannelsPerFrame;
    size = sizeof *packet_bytes;
    return AudioConverterGetProperty(converter, kAudioConverterPropertyMaximumOutputPacketSize, &size,
                                     packet_bytes);
}

static AudioBufferList *lists_over(char *bytes, UInt32 planes, UInt32 plane_bytes, UInt32 channels)
{
    AudioBufferList *list = PyMem_Malloc(offsetof(AudioBufferList, mBuffers) + planes * sizeof(AudioBuffer));
    if (!list) {
        PyErr_NoMemory();
        return NULL;
    }
    list->mNumberBuffers = planes;
    for (UInt32 i = 0; i < planes; i++)
        list->mBuffers[i] = (AudioBuffer){ channels, plane_bytes, bytes + (size_t)i * plane_bytes };
    return list;
}

/* Moves planes together after fewer frames came than there was room for; returns the total size. */
static size_t close_gaps(char *bytes, const AudioBufferList *list)
{
    size_t total = 0;
    for (UInt32 i = 0; i < list->mNumberBuffers; i++) {
        memmove(bytes + total, list->mBuffers[i].mData, list->mBuffers[i].mDataByteSize);
        total += list->mBuffers[i].mDataByteSize;
    }
    return total;
}

PyObject *cm_fill_complex(AudioConverterRef converter, const Py_buffer *input, UInt32 packets,
                          const AudioStreamBasicDescription *source, UInt32 *io_out, OSStatus *status,
                          const char **operation)
{
    return cm_fill_described(converter, input, packets, NULL, source, io_out, NULL, status, operation);
}

PyObject *cm_fill_described(AudioConverterRef converter, const Py_buffer *input, UInt32 packets,
                            const AudioStreamPacketDescription *given,
                            const AudioStreamBasicDescription *source, UInt32 *io_out,
                            AudioStreamPacketDescription *made, OSStatus *status, const char **operation)
{
    feed f;
    UInt32 packet_bytes = 0, planes = 1, channels = 1;
    *status = noErr;
    if (prepare(&f, input, packets, given, source) < 0)
        return NULL;
    *operation = "AudioConverterFillComplexBuffer";
    CM_CALL(*status, output_shape(converter, &packet_bytes, &planes, &channels));
    if (*status)
        return NULL;
    unsigned long long plane_bytes = (unsigned long long)packet_bytes * *io_out;
    if (plane_bytes > UINT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "the output would not fit a buffer of 2**32-1 bytes");
        return NULL;
    }
    PyObject *output = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(plane_bytes * planes));
    AudioBufferList *list = output
                                ? lists_over(PyBytes_AS_STRING(output), planes, (UInt32)plane_bytes, channels)
                                : NULL;
    if (!list) {
        Py_XDECREF(output);
        return NULL;
    }
    CM_CALL(*status, AudioConverterFillComplexBuffer(converter, serve, &f, io_out, list, made));
    size_t total = *status ? 0 : close_gaps(PyBytes_AS_STRING(output), list);
    PyMem_Free(list);
    if (*status)
        Py_CLEAR(output);
    else
        _PyBytes_Resize(&output, *io_out ? (Py_ssize_t)total : 0);
    return output;
}
