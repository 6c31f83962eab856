#include "convert.h"

#include <stddef.h>

#include "args.h"

PyObject *cm_str_from_cf(CFStringRef text)
{
    if (!text)
        Py_RETURN_NONE;
    CFIndex length = CFStringGetLength(text), size = 0;
    CFIndex room = CFStringGetMaximumSizeForEncoding(length, kCFStringEncodingUTF8);
    UInt8 *bytes = PyMem_Malloc((size_t)room + 1);
    if (!bytes)
        return PyErr_NoMemory();
    CFStringGetBytes(text, CFRangeMake(0, length), kCFStringEncodingUTF8, '?', false, bytes, room, &size);
    PyObject *result = PyUnicode_DecodeUTF8((const char *)bytes, size, "replace");
    PyMem_Free(bytes);
    return result;
}

CFStringRef cm_cf_from_str(PyObject *text)
{
    Py_ssize_t size;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &size);
    if (!utf8)
        return NULL;
    CFStringRef result = CFStringCreateWithBytes(NULL, (const UInt8 *)utf8, size, kCFStringEncodingUTF8,
                                                 false);
    if (!result)
        PyErr_NoMemory();
    return result;
}

CFURLRef cm_url_from_path(PyObject *path)
{
    PyObject *bytes;
    if (!PyUnicode_FSConverter(path, &bytes))
        return NULL;
    CFURLRef url = CFURLCreateFromFileSystemRepresentation(NULL, (const UInt8 *)PyBytes_AS_STRING(bytes),
                                                           PyBytes_GET_SIZE(bytes), false);
    Py_DECREF(bytes);
    if (!url)
        PyErr_Format(PyExc_ValueError, "not a file path: %R", path);
    return url;
}

static PyObject *number_from_cf(CFNumberRef number)
{
    double real;
    SInt64 whole;
    if (CFNumberIsFloatType(number)) {
        CFNumberGetValue(number, kCFNumberFloat64Type, &real);
        return PyFloat_FromDouble(real);
    }
    CFNumberGetValue(number, kCFNumberSInt64Type, &whole);
    return PyLong_FromLongLong(whole);
}

static PyObject *value_from_cf(CFTypeRef value)
{
    CFTypeID type = CFGetTypeID(value);
    if (type == CFStringGetTypeID())
        return cm_str_from_cf(value);
    if (type == CFNumberGetTypeID())
        return number_from_cf(value);
    if (type == CFBooleanGetTypeID())
        return PyBool_FromLong(CFBooleanGetValue(value));
    if (type == CFDataGetTypeID())
        return PyBytes_FromStringAndSize((const char *)CFDataGetBytePtr(value), CFDataGetLength(value));
    CFStringRef description = CFCopyDescription(value);
    PyObject *text = cm_str_from_cf(description);
    CFRelease(description);
    return text;
}

PyObject *cm_dict_from_cf(CFDictionaryRef dict)
{
    CFIndex count = CFDictionaryGetCount(dict);
    const void **items = PyMem_Calloc((size_t)count * 2 + 1, sizeof *items);
    PyObject *result = items ? PyDict_New() : PyErr_NoMemory();
    if (result)
        CFDictionaryGetKeysAndValues(dict, items, items + count);
    for (CFIndex i = 0; result && i < count; i++) {
        PyObject *key = value_from_cf(items[i]);
        PyObject *value = key ? value_from_cf(items[count + i]) : NULL;
        if (!value || PyDict_SetItem(result, key, value) < 0)
            Py_CLEAR(result);
        Py_XDECREF(key);
        Py_XDECREF(value);
    }
    PyMem_Free(items);
    return result;
}

static int put_text(CFMutableDictionaryRef dict, PyObject *key, PyObject *value)
{
    if (!PyUnicode_Check(key)) {
        PyErr_Format(PyExc_TypeError, "metadata keys must be str, not %.100s", Py_TYPE(key)->tp_name);
        return -1;
    }
    if (value == Py_None) { /* its text, "None", is never meant */
        PyErr_Format(PyExc_TypeError, "metadata[%R] is None; leave the key out to remove it", key);
        return -1;
    }
    PyObject *text = PyObject_Str(value);
    CFStringRef cf_key = text ? cm_cf_from_str(key) : NULL;
    CFStringRef cf_value = cf_key ? cm_cf_from_str(text) : NULL;
    if (cf_value)
        CFDictionarySetValue(dict, cf_key, cf_value);
    int result = cf_value ? 0 : -1;
    if (cf_value)
        CFRelease(cf_value);
    if (cf_key)
        CFRelease(cf_key);
    Py_XDECREF(text);
    return result;
}

CFDictionaryRef cm_cf_from_dict(PyObject *mapping)
{
    PyObject *items = PyMapping_Items(mapping);
    if (!items)
        return NULL;
    CFMutableDictionaryRef dict = CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                                            &kCFTypeDictionaryValueCallBacks);
    int result = dict ? 0 : -1;
    if (!dict)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; result == 0 && i < PyList_GET_SIZE(items); i++) {
        PyObject *pair = PyList_GET_ITEM(items, i);
        result = put_text(dict, PyTuple_GET_ITEM(pair, 0), PyTuple_GET_ITEM(pair, 1));
    }
    Py_DECREF(items);
    if (result < 0 && dict) {
        CFRelease(dict);
        dict = NULL;
    }
    return dict;
}

PyObject *cm_str_from_code(UInt32 code)
{
    char text[4] = { (char)(code >> 24), (char)(code >> 16), (char)(code >> 8), (char)code };
    return PyUnicode_DecodeLatin1(text, 4, NULL);
}

PyObject *cm_dict_from_asbd(const AudioStreamBasicDescription *f)
{
    return Py_BuildValue("{sdsIsIsIsIsIsIsIsI}", "sample_rate", f->mSampleRate, "format_id", f->mFormatID,
                         "format_flags", f->mFormatFlags, "bytes_per_packet", f->mBytesPerPacket,
                         "frames_per_packet", f->mFramesPerPacket, "bytes_per_frame", f->mBytesPerFrame,
                         "channels_per_frame", f->mChannelsPerFrame, "bits_per_channel", f->mBitsPerChannel,
                         "reserved", f->mReserved);
}

/* The member of dict, or NULL: with an exception when looking failed or, with strict, when it is missing. */
static PyObject *member(PyObject *dict, const char *key, bool strict)
{
    PyObject *value = NULL;
    PyObject *name = PyUnicode_FromString(key);
    if (name) {
        value = PyDict_GetItemWithError(dict, name);
        if (!value && strict && !PyErr_Occurred())
            PyErr_SetObject(PyExc_KeyError, name);
        Py_DECREF(name);
    }
    return value;
}

const cm_asbd_field cm_asbd_fields[CM_ASBD_FIELDS] = {
    { "format_flags", offsetof(AudioStreamBasicDescription, mFormatFlags) },
    { "bytes_per_packet", offsetof(AudioStreamBasicDescription, mBytesPerPacket) },
    { "frames_per_packet", offsetof(AudioStreamBasicDescription, mFramesPerPacket) },
    { "bytes_per_frame", offsetof(AudioStreamBasicDescription, mBytesPerFrame) },
    { "channels_per_frame", offsetof(AudioStreamBasicDescription, mChannelsPerFrame) },
    { "bits_per_channel", offsetof(AudioStreamBasicDescription, mBitsPerChannel) },
};

int cm_asbd_from_dict(PyObject *dict, bool strict, AudioStreamBasicDescription *format)
{
    AudioStreamBasicDescription f = {
        .mSampleRate = 44100.0,
        .mFormatID = kAudioFormatLinearPCM,
        .mFormatFlags = kLinearPCMFormatFlagIsSignedInteger | kLinearPCMFormatFlagIsPacked,
        .mBytesPerPacket = 4,
        .mFramesPerPacket = 1,
        .mBytesPerFrame = 4,
        .mChannelsPerFrame = 2,
        .mBitsPerChannel = 16,
    };
    if (cm_arg_f64(member(dict, "sample_rate", strict), "sample_rate", &f.mSampleRate) < 0 ||
        PyErr_Occurred())
        return -1;
    if (cm_arg_code(member(dict, "format_id", strict), "format_id", &f.mFormatID) < 0 || PyErr_Occurred())
        return -1;
    for (size_t i = 0; i < CM_ASBD_FIELDS; i++) {
        const cm_asbd_field *field = &cm_asbd_fields[i];
        PyObject *value = member(dict, field->name, strict);
        if (cm_arg_u32(value, field->name, cm_asbd_number(&f, field)) < 0 || PyErr_Occurred())
            return -1;
    }
    *format = f;
    return 0;
}

UInt32 cm_asbd_planes(const AudioStreamBasicDescription *f)
{
    bool planar = f->mFormatID == kAudioFormatLinearPCM && f->mFormatFlags & kAudioFormatFlagIsNonInterleaved;
    return planar && f->mChannelsPerFrame > 1 ? f->mChannelsPerFrame : 1;
}
