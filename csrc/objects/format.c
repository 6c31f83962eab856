#include "format.h"

#include "native.h"

static PyObject *attribute(PyObject *format, const char *key, const char *name)
{
    PyObject *value = PyObject_GetAttrString(format, key);
    if (!value && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "%s must be AudioFormat, not %.100s", name, Py_TYPE(format)->tp_name);
    }
    return value;
}

static void fill(UInt32 *field, UInt64 value)
{
    if (*field == 0 && value <= UINT32_MAX)
        *field = (UInt32)value;
}

static void complete(AudioStreamBasicDescription *f)
{
    if (f->mFormatID != kAudioFormatLinearPCM)
        return;
    fill(&f->mFormatFlags, kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked);
    bool planar = f->mFormatFlags & kAudioFormatFlagIsNonInterleaved;
    UInt64 sample_bytes = ((UInt64)f->mBitsPerChannel + 7) / 8;
    fill(&f->mFramesPerPacket, 1);
    fill(&f->mBytesPerFrame, sample_bytes * (planar ? 1 : f->mChannelsPerFrame));
    fill(&f->mBytesPerPacket, (UInt64)f->mBytesPerFrame * f->mFramesPerPacket);
}

int cm_asbd_from_format(PyObject *format, const char *name, AudioStreamBasicDescription *out)
{
    AudioStreamBasicDescription f = { 0 };
    PyObject *rate = attribute(format, "sample_rate", name);
    int result = rate ? cm_arg_f64(rate, "sample_rate", &f.mSampleRate) : -1;
    Py_XDECREF(rate);
    PyObject *code = result == 0 ? attribute(format, "format_id", name) : NULL;
    result = code ? cm_arg_code(code, "format_id", &f.mFormatID) : -1;
    Py_XDECREF(code);
    for (size_t i = 0; result == 0 && i < CM_ASBD_FIELDS; i++) {
        const cm_asbd_field *field = &cm_asbd_fields[i];
        PyObject *value = attribute(format, field->name, name);
        result = value ? cm_arg_count(value, field->name, cm_asbd_number(&f, field)) : -1;
        Py_XDECREF(value);
    }
    if (result == 0) {
        complete(&f);
        *out = f;
    }
    return result;
}

PyObject *cm_format_from_asbd(PyObject *self, const AudioStreamBasicDescription *f)
{
    return PyObject_CallFunction(cm_kept(self, CM_AUDIO_FORMAT), "dNIIIIII", f->mSampleRate,
                                 cm_str_from_code(f->mFormatID), f->mFormatFlags, f->mBytesPerPacket,
                                 f->mFramesPerPacket, f->mBytesPerFrame, f->mChannelsPerFrame,
                                 f->mBitsPerChannel);
}
