/* What virtual endpoints answer when they are asked what they are. */
#include "engine_binding/midi_description.h"

#include "common/args.h"
#include "common/call.h"
#include "common/errors.h"

#include <coremusic/engine.h>
#include <string.h>

enum { BLOCKS_MAX = 32 };

const char cm_midi_set_description_doc[] =
    "midi_set_description($module, /, destination, source, blocks, product_instance_id='',\n"
    "                     manufacturer=b'}', family=0, model=0, revision=b'')\n--\n\n"
    "Makes a virtual destination and a virtual source of one client a UMP endpoint.\n\n"
    "blocks: a sequence of tuples (name, direction, first_group, group_count, hint, midi1, midi_ci,\n"
    "sysex8_streams, active), as the fields of coremusic.MIDIFunctionBlock. manufacturer: its one or three\n"
    "bytes of SysEx. revision: up to four bytes. RuntimeError for what UMP 1.1 has no room for.";

static CFStringRef string_of(const char *text)
{
    return CFStringCreateWithCString(kCFAllocatorDefault, text, kCFStringEncodingUTF8);
}

/* The block's name is the caller's to release, also after an exception. */
static int read_block(PyObject *item, CMMIDIFunctionBlock *block)
{
    const char *name;
    int active;
    if (!PyTuple_Check(item)) {
        PyErr_Format(PyExc_TypeError, "a function block is a tuple, not %.100s", Py_TYPE(item)->tp_name);
        return -1;
    }
    if (!PyArg_ParseTuple(item, "sbbbbbbbp;a function block has nine fields", &name, &block->direction,
                          &block->firstGroup, &block->groupCount, &block->hint, &block->midi1, &block->midiCI,
                          &block->sysEx8Streams, &active))
        return -1;
    block->active = active != 0;
    block->name = string_of(name);
    return block->name ? 0 : (PyErr_NoMemory(), -1);
}

static int read_blocks(PyObject *sequence, CMMIDIFunctionBlock *blocks, UInt32 *count)
{
    PyObject *items = PySequence_Tuple(sequence);
    if (!items)
        return -1;
    Py_ssize_t size = PyTuple_GET_SIZE(items);
    int result = size <= BLOCKS_MAX ? 0 : -1;
    if (result < 0)
        PyErr_Format(PyExc_ValueError, "an endpoint has up to %d function blocks, not %zd", BLOCKS_MAX, size);
    for (*count = 0; result == 0 && *count < size; (*count)++)
        result = read_block(PyTuple_GET_ITEM(items, *count), &blocks[*count]);
    Py_DECREF(items);
    return result;
}

/* Up to `room` bytes; those that are not given stay 0. */
static int read_bytes(PyObject *value, const char *name, Byte *bytes, size_t room)
{
    Py_buffer view;
    if (!value)
        return 0;
    if (cm_arg_bytes(value, name, &view) < 0)
        return -1;
    int result = (size_t)view.len <= room ? 0 : -1;
    if (result == 0)
        memcpy(bytes, view.buf, (size_t)view.len);
    else
        PyErr_Format(PyExc_ValueError, "%s is of up to %zu bytes, not %zd", name, room, view.len);
    PyBuffer_Release(&view);
    return result;
}

static int read_number(PyObject *value, const char *name, UInt16 *out)
{
    uint32_t number = 0;
    if (cm_arg_count(value, name, &number) < 0)
        return -1;
    if (number > 0x3FFF) {
        PyErr_Format(PyExc_ValueError, "%s is a number of 14 bits, not %u", name, number);
        return -1;
    }
    *out = (UInt16)number;
    return 0;
}

PyObject *cm_midi_set_description(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                  PyObject *keywords)
{
    static const cm_params params = { "midi_set_description",
                                      3,
                                      8,
                                      { "destination", "source", "blocks", "product_instance_id",
                                        "manufacturer", "family", "model", "revision" } };
    PyObject *v[8];
    CMMIDIFunctionBlock blocks[BLOCKS_MAX] = { 0 };
    CMMIDIEndpointDescription description = { .manufacturer = { 0x7D }, .blocks = blocks };
    const char *product = "";
    uint32_t destination = 0, source = 0;
    OSStatus status = noErr;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_u32(v[0], "destination", &destination) < 0 || cm_arg_u32(v[1], "source", &source) < 0 ||
        cm_arg_text(v[3], "product_instance_id", &product) < 0 ||
        read_bytes(v[4], "manufacturer", description.manufacturer, 3) < 0 ||
        read_number(v[5], "family", &description.family) < 0 ||
        read_number(v[6], "model", &description.model) < 0 ||
        read_bytes(v[7], "revision", description.revision, 4) < 0)
        return NULL;
    description.productInstanceID = string_of(product ? product : "");
    if (read_blocks(v[2], blocks, &description.blockCount) == 0)
        CM_CALL(status, CMMIDIEndpointSetDescription(destination, source, &description));
    CFRelease(description.productInstanceID);
    for (int i = 0; i < BLOCKS_MAX; i++)
        if (blocks[i].name)
            CFRelease(blocks[i].name);
    if (PyErr_Occurred())
        return NULL;
    if (status)
        return cm_raise(PyExc_RuntimeError, status, "CMMIDIEndpointSetDescription");
    Py_RETURN_NONE;
}
