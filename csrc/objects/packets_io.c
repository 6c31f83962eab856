#include "packets_io.h"

#define PIECE_BYTES ((Py_ssize_t)1 << 26)

static OSStatus ask(AudioFileID file, AudioFilePropertyID id, void *value, UInt32 size)
{
    OSStatus status;
    CM_CALL(status, AudioFileGetProperty(file, id, &size, value));
    return status;
}

int cm_packets_present(AudioFileID file, SInt64 start, SInt64 wanted, cm_packet_read *read, SInt64 *present,
                       UInt32 *packet_bytes)
{
    UInt64 count = 0;
    *read = (cm_packet_read){ .operation = "AudioFileGetProperty" };
    *packet_bytes = 0;
    read->status = ask(file, kAudioFilePropertyAudioDataPacketCount, &count, sizeof count);
    if (!read->status)
        read->status = ask(file, kAudioFilePropertyMaximumPacketSize, packet_bytes, sizeof *packet_bytes);
    if (read->status)
        return -1;
    SInt64 left = start < (SInt64)count ? (SInt64)count - start : 0;
    *present = wanted < 0 || wanted > left ? left : wanted;
    return 0;
}

/* One call's worth: as many packets as fit the room and a piece. Descriptions count from memory's beginning.
 */
static OSStatus read_piece(AudioFileID file, SInt64 first, UInt32 packets, char *memory, UInt32 room,
                           AudioStreamPacketDescription *descriptions, cm_packet_read *read)
{
    UInt32 bytes = room;
    OSStatus status;
    CM_CALL(status, AudioFileReadPacketData(file, false, &bytes, descriptions, first, &packets, memory));
    if (status && !(status == kAudioFileEndOfFileError && packets > 0))
        return status;
    for (UInt32 i = 0; descriptions && i < packets; i++)
        descriptions[i].mStartOffset += read->bytes;
    read->packets += packets;
    read->bytes += bytes;
    return packets ? noErr : kAudioFileEndOfFileError;
}

int cm_packets_read(AudioFileID file, SInt64 start, SInt64 packets, UInt32 packet_bytes, void *memory,
                    Py_ssize_t room, AudioStreamPacketDescription *descriptions, cm_packet_read *read)
{
    SInt64 most = packet_bytes && packet_bytes < PIECE_BYTES ? PIECE_BYTES / packet_bytes : 1;
    *read = (cm_packet_read){ .operation = "AudioFileReadPacketData" };
    while (read->packets < packets) {
        SInt64 left = packets - read->packets;
        Py_ssize_t bytes_left = room - read->bytes;
        read->status = read_piece(file, start + read->packets, (UInt32)(left < most ? left : most),
                                  (char *)memory + read->bytes,
                                  (UInt32)(bytes_left < UINT32_MAX ? bytes_left : UINT32_MAX),
                                  descriptions ? descriptions + read->packets : NULL, read);
        if (read->status == kAudioFileEndOfFileError) {
            read->status = noErr;
            break;
        }
        if (read->status || PyErr_CheckSignals() < 0)
            return -1;
    }
    return 0;
}

PyObject *cm_list_from_descriptions(const AudioStreamPacketDescription *descriptions, size_t count)
{
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list && i < count; i++) {
        const AudioStreamPacketDescription *d = &descriptions[i];
        PyObject *item = Py_BuildValue("(LII)", (long long)d->mStartOffset, d->mDataByteSize,
                                       d->mVariableFramesInPacket);
        if (item)
            PyList_SET_ITEM(list, (Py_ssize_t)i, item);
        else
            Py_CLEAR(list);
    }
    return list;
}

static int read_description(PyObject *item, Py_ssize_t bytes, AudioStreamPacketDescription *d)
{
    int64_t offset = 0;
    uint32_t size = 0, frames = 0;
    PyObject *parts = PySequence_Tuple(item);
    if (!parts)
        return -1;
    Py_ssize_t count = PyTuple_GET_SIZE(parts);
    int result = -1;
    if (count < 2 || count > 3)
        PyErr_SetString(PyExc_ValueError, "a packet description is (offset, size) or (offset, size, frames)");
    else if (cm_arg_i64(PyTuple_GET_ITEM(parts, 0), "offset", &offset) == 0 &&
             cm_arg_count(PyTuple_GET_ITEM(parts, 1), "size", &size) == 0)
        result = count == 3 ? cm_arg_count(PyTuple_GET_ITEM(parts, 2), "frames", &frames) : 0;
    Py_DECREF(parts);
    if (result == 0 && (offset < 0 || offset > bytes || (Py_ssize_t)size > bytes - offset)) {
        PyErr_Format(PyExc_ValueError, "a packet of %u bytes at offset %lld is not inside %zd bytes",
                     (unsigned)size, (long long)offset, bytes);
        result = -1;
    }
    *d = (AudioStreamPacketDescription){ offset, frames, size };
    return result;
}

Py_ssize_t cm_descriptions_from_list(PyObject *list, Py_ssize_t bytes, AudioStreamPacketDescription **out)
{
    PyObject *items = PySequence_Tuple(list);
    if (!items)
        return -1;
    Py_ssize_t count = PyTuple_GET_SIZE(items);
    *out = PyMem_New(AudioStreamPacketDescription, (size_t)count + 1);
    if (!*out)
        PyErr_NoMemory();
    Py_ssize_t done = *out ? 0 : -1;
    while (done >= 0 && done < count)
        done = read_description(PyTuple_GET_ITEM(items, done), bytes, &(*out)[done]) < 0 ? -1 : done + 1;
    Py_DECREF(items);
    if (done < 0) {
        PyMem_Free(*out);
        *out = NULL;
    }
    return done;
}
