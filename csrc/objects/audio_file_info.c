/* AudioFile: metadata, artwork, channel layout, packet table. */
#include "audio_file.h"

#include <AudioToolbox/AudioFormat.h>
#include <stddef.h>
#include <string.h>

static cm_audio_file *file_of(PyObject *self)
{
    return (cm_audio_file *)self;
}

static int refuse_deletion(PyObject *value, const char *name)
{
    if (value)
        return 0;
    PyErr_Format(PyExc_AttributeError, "%s can be set, but not deleted", name);
    return -1;
}

/* ---- properties that are CF objects ---- */

/* A property's object, which is the caller's to release; NULL when the file has none, or with an exception.
 */
static CFTypeRef copy_object(cm_audio_file *f, AudioFilePropertyID id, const char *what)
{
    CFTypeRef object = NULL;
    UInt32 size = sizeof object;
    OSStatus status;
    CM_CALL(status, AudioFileGetProperty(f->file, id, &size, &object));
    if (status && status != kAudioFileUnsupportedPropertyError)
        cm_audio_file_raise(f, status, "AudioFileGetProperty", what);
    return status ? NULL : object;
}

/* Sets a property to an object, NULL for none, which is released. */
static int set_object(cm_audio_file *f, AudioFilePropertyID id, CFTypeRef object, const char *what)
{
    OSStatus status;
    CM_CALL(status, AudioFileSetProperty(f->file, id, sizeof object, &object));
    if (status)
        cm_audio_file_raise(f, status, "AudioFileSetProperty", what);
    if (object)
        CFRelease(object);
    return status ? -1 : 0;
}

/* The end of a setter, which returns 0 or -1. */
static int end_set(cm_audio_file *f, int result)
{
    PyObject *done = cm_audio_file_end(f, result < 0 ? NULL : Py_NewRef(Py_None));
    Py_XDECREF(done);
    return done ? 0 : -1;
}

/* All values of a dict as str. */
static PyObject *as_texts(PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (dict && PyDict_Next(dict, &at, &key, &value)) {
        PyObject *text = PyUnicode_Check(value) ? NULL : PyObject_Str(value);
        if (text && PyDict_SetItem(dict, key, text) < 0)
            Py_CLEAR(dict);
        Py_XDECREF(text);
        if (PyErr_Occurred()) {
            Py_CLEAR(dict);
            break;
        }
    }
    return dict;
}

PyObject *cm_audio_file_get_metadata(PyObject *self, void *closure)
{
    cm_audio_file *f = file_of(self);
    (void)closure;
    if (cm_audio_file_begin(f) < 0)
        return NULL;
    PyObject *dict = NULL;
    CFTypeRef info = copy_object(f, kAudioFilePropertyInfoDictionary, "get the metadata");
    if (info) {
        dict = as_texts(cm_dict_from_cf(info));
        CFRelease(info);
    } else if (!PyErr_Occurred()) {
        dict = PyDict_New();
    }
    return cm_audio_file_end(f, dict);
}

int cm_audio_file_set_metadata(PyObject *self, PyObject *value, void *closure)
{
    cm_audio_file *f = file_of(self);
    (void)closure;
    if (cm_native_check(self) < 0 || refuse_deletion(value, "metadata") < 0 ||
        cm_arg_dict(value, "metadata") < 0)
        return -1;
    CFDictionaryRef info = cm_cf_from_dict(value);
    if (!info)
        return -1;
    if (cm_audio_file_begin(f) < 0) {
        CFRelease(info);
        return -1;
    }
    return end_set(f, set_object(f, kAudioFilePropertyInfoDictionary, info, "set the metadata"));
}

PyObject *cm_audio_file_get_artwork(PyObject *self, void *closure)
{
    cm_audio_file *f = file_of(self);
    (void)closure;
    if (cm_audio_file_begin(f) < 0)
        return NULL;
    PyObject *bytes = NULL;
    CFTypeRef image = copy_object(f, kAudioFilePropertyAlbumArtwork, "get the artwork");
    if (image) {
        bytes = PyBytes_FromStringAndSize((const char *)CFDataGetBytePtr(image), CFDataGetLength(image));
        CFRelease(image);
    } else if (!PyErr_Occurred()) {
        bytes = Py_NewRef(Py_None);
    }
    return cm_audio_file_end(f, bytes);
}

int cm_audio_file_set_artwork(PyObject *self, PyObject *value, void *closure)
{
    cm_audio_file *f = file_of(self);
    CFDataRef image = NULL;
    Py_buffer view;
    (void)closure;
    if (cm_native_check(self) < 0 || refuse_deletion(value, "artwork") < 0)
        return -1;
    if (value != Py_None) {
        if (cm_arg_bytes(value, "artwork", &view) < 0)
            return -1;
        image = CFDataCreate(NULL, view.buf, view.len);
        PyBuffer_Release(&view);
        if (!image) {
            PyErr_NoMemory();
            return -1;
        }
    }
    if (cm_audio_file_begin(f) < 0) {
        if (image)
            CFRelease(image);
        return -1;
    }
    return end_set(f, set_object(f, kAudioFilePropertyAlbumArtwork, image, "set the artwork"));
}

/* ---- names ---- */

/* A str of an object that is released; None for none. */
static PyObject *take_text(CFTypeRef text)
{
    if (!text)
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    PyObject *result = cm_str_from_cf(text);
    CFRelease(text);
    return result;
}

PyObject *cm_audio_file_get_format_name(PyObject *self, void *closure)
{
    cm_audio_file *f = file_of(self);
    (void)closure;
    if (cm_audio_file_begin(f) < 0)
        return NULL;
    return cm_audio_file_end(
        f, take_text(copy_object(f, kAudioFilePropertyDataFormatName, "get the format's name")));
}

static OSStatus copy_type_name(AudioFileID file, CFStringRef *name)
{
    UInt32 type, size = sizeof type;
    OSStatus status = AudioFileGetProperty(file, kAudioFilePropertyFileFormat, &size, &type);
    size = sizeof *name;
    if (!status)
        status = AudioFileGetGlobalInfo(kAudioFileGlobalInfo_FileTypeName, sizeof type, &type, &size, name);
    return status;
}

PyObject *cm_audio_file_get_type_name(PyObject *self, void *closure)
{
    cm_audio_file *f = file_of(self);
    CFStringRef name = NULL;
    OSStatus status;
    (void)closure;
    if (cm_audio_file_begin(f) < 0)
        return NULL;
    CM_CALL(status, copy_type_name(f->file, &name));
    if (status)
        cm_audio_file_raise(f, status, "AudioFileGetGlobalInfo", "get the file type's name");
    return cm_audio_file_end(f, status ? NULL : take_text(name));
}

/* ---- channel layout ---- */

#define LAYOUT_HEAD offsetof(AudioChannelLayout, mChannelDescriptions)

/* The layout that a tag or a bitmap stands for, with a description of each channel; bytes, or NULL without
 * error. */
static PyObject *spell_out(AudioFormatPropertyID id, UInt32 *specifier)
{
    UInt32 size = 0;
    OSStatus status = AudioFormatGetPropertyInfo(id, sizeof *specifier, specifier, &size);
    PyObject *layout = status ? NULL : PyBytes_FromStringAndSize(NULL, size);
    if (layout && AudioFormatGetProperty(id, sizeof *specifier, specifier, &size, PyBytes_AS_STRING(layout)))
        Py_CLEAR(layout);
    return layout;
}

static UInt32 field(const char *layout, size_t offset)
{
    UInt32 value;
    memcpy(&value, layout + offset, sizeof value);
    return value;
}

static PyObject *labels_of(PyObject *layout)
{
    const char *bytes = PyBytes_AS_STRING(layout);
    Py_ssize_t room = (PyBytes_GET_SIZE(layout) - (Py_ssize_t)LAYOUT_HEAD) /
                      (Py_ssize_t)sizeof(AudioChannelDescription);
    Py_ssize_t count = field(bytes, offsetof(AudioChannelLayout, mNumberChannelDescriptions));
    count = count < room ? count : room;
    PyObject *labels = PyList_New(count > 0 ? count : 0);
    for (Py_ssize_t i = 0; labels && i < count; i++) {
        size_t at = LAYOUT_HEAD + (size_t)i * sizeof(AudioChannelDescription);
        PyObject *label = PyLong_FromUnsignedLong(field(bytes, at));
        if (label)
            PyList_SET_ITEM(labels, i, label);
        else
            Py_CLEAR(labels);
    }
    return labels;
}

static PyObject *pair_of(PyObject *layout)
{
    const char *bytes = PyBytes_AS_STRING(layout);
    UInt32 tag = field(bytes, offsetof(AudioChannelLayout, mChannelLayoutTag));
    UInt32 bitmap = field(bytes, offsetof(AudioChannelLayout, mChannelBitmap));
    PyObject *spelled = NULL;
    if (tag == kAudioChannelLayoutTag_UseChannelBitmap)
        spelled = spell_out(kAudioFormatProperty_ChannelLayoutForBitmap, &bitmap);
    else if (tag != kAudioChannelLayoutTag_UseChannelDescriptions)
        spelled = spell_out(kAudioFormatProperty_ChannelLayoutForTag, &tag);
    PyObject *labels = labels_of(spelled ? spelled : layout);
    Py_XDECREF(spelled);
    return labels ? Py_BuildValue("(IN)", tag, labels) : NULL;
}

PyObject *cm_audio_file_get_channel_layout(PyObject *self, void *closure)
{
    cm_audio_file *f = file_of(self);
    (void)closure;
    if (cm_audio_file_begin(f) < 0)
        return NULL;
    PyObject *pair = NULL;
    PyObject *layout = cm_audio_file_property(f, kAudioFilePropertyChannelLayout, "get the channel layout");
    if (layout && PyBytes_GET_SIZE(layout) >= (Py_ssize_t)LAYOUT_HEAD)
        pair = pair_of(layout);
    else if (!PyErr_Occurred())
        pair = Py_NewRef(Py_None);
    Py_XDECREF(layout);
    return cm_audio_file_end(f, pair);
}

/* Bytes of a layout with these labels. The tag says that they count. */
static PyObject *layout_from_labels(PyObject *labels)
{
    Py_ssize_t count = PyTuple_GET_SIZE(labels);
    Py_ssize_t size = (Py_ssize_t)(LAYOUT_HEAD + (size_t)count * sizeof(AudioChannelDescription));
    PyObject *layout = PyBytes_FromStringAndSize(NULL, size);
    if (!layout)
        return NULL;
    char *bytes = PyBytes_AS_STRING(layout);
    AudioChannelLayout head = { .mChannelLayoutTag = kAudioChannelLayoutTag_UseChannelDescriptions,
                                .mNumberChannelDescriptions = (UInt32)count };
    memcpy(bytes, &head, LAYOUT_HEAD);
    for (Py_ssize_t i = 0; i < count; i++) {
        AudioChannelDescription d = { 0 };
        if (cm_arg_u32(PyTuple_GET_ITEM(labels, i), "a channel label", &d.mChannelLabel) < 0) {
            Py_DECREF(layout);
            return NULL;
        }
        memcpy(bytes + LAYOUT_HEAD + (size_t)i * sizeof d, &d, sizeof d);
    }
    return layout;
}

static PyObject *layout_from_tag(PyObject *value)
{
    AudioChannelLayout head = { 0 };
    if (cm_arg_u32(value, "channel_layout", &head.mChannelLayoutTag) < 0)
        return NULL;
    return PyBytes_FromStringAndSize((const char *)&head, LAYOUT_HEAD);
}

static PyObject *from_pair(PyObject *tag_value, PyObject *label_list)
{
    UInt32 tag = 0;
    if (cm_arg_u32(tag_value, "the layout tag", &tag) < 0)
        return NULL;
    if (tag != kAudioChannelLayoutTag_UseChannelDescriptions &&
        tag != kAudioChannelLayoutTag_UseChannelBitmap)
        return layout_from_tag(tag_value);
    PyObject *labels = PySequence_Tuple(label_list);
    PyObject *layout = labels ? layout_from_labels(labels) : NULL;
    Py_XDECREF(labels);
    return layout;
}

/* A tag, a sequence of labels, or the pair that the property gives. */
static PyObject *layout_from_value(PyObject *value)
{
    if (PyIndex_Check(value))
        return layout_from_tag(value);
    PyObject *items = PySequence_Tuple(value);
    if (!items)
        return NULL;
    PyObject *second = PyTuple_GET_SIZE(items) == 2 ? PyTuple_GET_ITEM(items, 1) : Py_None;
    bool pair = PyList_Check(second) || PyTuple_Check(second);
    PyObject *layout = pair ? from_pair(PyTuple_GET_ITEM(items, 0), second) : layout_from_labels(items);
    Py_DECREF(items);
    return layout;
}

int cm_audio_file_set_channel_layout(PyObject *self, PyObject *value, void *closure)
{
    OSStatus status;
    cm_audio_file *f = file_of(self);
    (void)closure;
    if (cm_native_check(self) < 0 || refuse_deletion(value, "channel_layout") < 0)
        return -1;
    PyObject *layout = layout_from_value(value);
    if (!layout || cm_audio_file_begin(f) < 0) {
        Py_XDECREF(layout);
        return -1;
    }
    CM_CALL(status, AudioFileSetProperty(f->file, kAudioFilePropertyChannelLayout,
                                         (UInt32)PyBytes_GET_SIZE(layout), PyBytes_AS_STRING(layout)));
    Py_DECREF(layout);
    if (status)
        cm_audio_file_raise(f, status, "AudioFileSetProperty", "set the channel layout");
    return end_set(f, status ? -1 : 0);
}

/* ---- packet table ---- */

PyObject *cm_audio_file_get_packet_table(PyObject *self, void *closure)
{
    cm_audio_file *f = file_of(self);
    AudioFilePacketTableInfo info;
    (void)closure;
    if (cm_audio_file_begin(f) < 0)
        return NULL;
    PyObject *table = NULL;
    PyObject *bytes = cm_audio_file_property(f, kAudioFilePropertyPacketTableInfo, "get the packet table");
    if (bytes && PyBytes_GET_SIZE(bytes) == sizeof info) {
        memcpy(&info, PyBytes_AS_STRING(bytes), sizeof info);
        table = Py_BuildValue("(Lii)", (long long)info.mNumberValidFrames, info.mPrimingFrames,
                              info.mRemainderFrames);
    } else if (!PyErr_Occurred()) {
        table = Py_NewRef(Py_None);
    }
    Py_XDECREF(bytes);
    return cm_audio_file_end(f, table);
}
