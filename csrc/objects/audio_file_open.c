/* Opening, creating and closing the native file behind an AudioFile. */
#include "audio_file.h"
#include "format.h"

#include "common/platform.h"

#include <string.h>

static PyObject *raise_open(cm_audio_file *f, OSStatus status, const char *operation, const char *verb)
{
    PyObject *name = cm_source_name(f->given);
    if (name)
        cm_raise_object(cm_kept((PyObject *)f, CM_FILE_ERROR), status, operation, "%s file %U", verb, name);
    Py_XDECREF(name);
    return NULL;
}

/* The path as a URL. A path that cannot be one is an AudioFileError too. */
static CFURLRef url_of(cm_audio_file *f, const char *verb)
{
    PyObject *type, *value, *traceback;
    CFURLRef url = cm_url_from_path(f->given);
    if (url)
        return url;
    PyErr_Fetch(&type, &value, &traceback); /* a path object's str() is Python code */
    PyObject *name = cm_source_name(f->given);
    if (!name)
        PyErr_Clear();
    PyErr_Restore(type, value, traceback);
    if (name)
        cm_wrap_error(cm_kept((PyObject *)f, CM_FILE_ERROR), "%s file %U", verb, name);
    Py_XDECREF(name);
    return NULL;
}

static OSStatus get_data_format(cm_audio_file *f, const char **operation)
{
    UInt32 size = sizeof f->data;
    *operation = "AudioFileGetProperty";
    return AudioFileGetProperty(f->file, kAudioFilePropertyDataFormat, &size, &f->data);
}

/* ---- an existing file ---- */

static OSStatus open_native(cm_audio_file *f, CFURLRef url, const char **operation)
{
    OSStatus status;
    AudioFilePermissions permissions = f->mode == CM_MODE_READ ? kAudioFileReadPermission
                                                               : kAudioFileReadWritePermission;
    *operation = f->source ? "AudioFileOpenWithCallbacks" : "AudioFileOpenURL";
    status = f->source ? cm_source_open(f->source, f->type, &f->file)
                       : AudioFileOpenURL(url, permissions, f->type, &f->file);
    return status ? status : get_data_format(f, operation);
}

static int open_existing(cm_audio_file *f)
{
    OSStatus status;
    const char *operation;
    CFURLRef url = f->source ? NULL : url_of(f, "open");
    if (!f->source && !url)
        return -1;
    CM_CALL(status, open_native(f, url, &operation));
    if (url)
        CFRelease(url);
    if (status)
        raise_open(f, status, operation, "open");
    return status ? -1 : 0;
}

/* ---- a new file ---- */

#define MOST_TYPES 16

typedef struct type_list {
    UInt32 ids[MOST_TYPES];
    UInt32 count;
} type_list;

/* What stands behind the last dot of a path's last part, as a CFString; NULL for nothing. */
static CFStringRef copy_extension(PyObject *path)
{
    PyObject *bytes = NULL;
    if (!PyUnicode_FSConverter(path, &bytes)) {
        PyErr_Clear();
        return NULL;
    }
    const char *text = PyBytes_AS_STRING(bytes), *slash = strrchr(text, '/'), *dot = strrchr(text, '.');
    CFStringRef extension = NULL;
    if (dot && dot[1] && (!slash || dot > slash))
        extension = CFStringCreateWithCString(NULL, dot + 1, kCFStringEncodingUTF8);
    Py_DECREF(bytes);
    return extension;
}

static OSStatus types_for(CFStringRef extension, type_list *types)
{
    UInt32 size = sizeof types->ids;
    OSStatus status = AudioFileGetGlobalInfo(kAudioFileGlobalInfo_TypesForExtension, sizeof extension,
                                             &extension, &size, types->ids);
    types->count = status ? 0 : size / (UInt32)sizeof *types->ids;
    return status == noErr && types->count == 0 ? kAudioFileUnsupportedFileTypeError : status;
}

/* The file types to try: the one that was asked for, or all that the extension stands for. */
static OSStatus find_types(const cm_audio_file *f, CFStringRef extension, type_list *types)
{
    *types = (type_list){ { f->type }, 1 };
    if (f->type)
        return noErr;
    return extension ? types_for(extension, types) : kAudioFileUnsupportedFileTypeError;
}

const char cm_audio_file_type_for_extension_doc[] = PyDoc_STR(
    "type_for_extension($type, /, extension)\n--\n\n"
    "The file type that an extension stands for first of all, as four characters.\n\n"
    "extension: with or without a dot, in any case. AudioFileError when there is none.");

PyObject *cm_audio_file_type_for_extension(PyObject *type, PyObject *const *args, Py_ssize_t count,
                                           PyObject *keywords)
{
    static const cm_params params = { "type_for_extension", 1, 1, { "extension" } };
    PyObject *value;
    const char *text = NULL;
    type_list types = { .count = 0 };
    if (cm_parse(&params, args, count, keywords, &value) < 0 || cm_arg_text(value, "extension", &text) < 0)
        return NULL;
    CFStringRef extension = CFStringCreateWithCString(NULL, text + (text[0] == '.'), kCFStringEncodingUTF8);
    if (!extension)
        return PyErr_NoMemory();
    OSStatus status = types_for(extension, &types);
    CFRelease(extension);
    if (!status)
        return cm_str_from_code(types.ids[0]);
    return cm_raise_object(cm_kept_by_type((PyTypeObject *)type, CM_FILE_ERROR), status,
                           "AudioFileGetGlobalInfo", "find a file type for the extension '%s'", text);
}

/*
 * The layouts of linear PCM to try: as asked for, in the other byte order, and 8-bit samples with the other
 * sign. Frames are converted on their way into the file, so which one the file type holds is not the caller's
 * concern.
 */
static bool variant(const AudioStreamBasicDescription *wanted, int number,
                    AudioStreamBasicDescription *format)
{
    bool is_pcm = wanted->mFormatID == kAudioFormatLinearPCM, is_byte = wanted->mBitsPerChannel <= 8;
    *format = *wanted;
    if (number == 1)
        format->mFormatFlags ^= is_byte ? kAudioFormatFlagIsSignedInteger : kAudioFormatFlagIsBigEndian;
    return number == 0 || (number == 1 && is_pcm);
}

static OSStatus create_as(cm_audio_file *f, CFURLRef url, UInt32 type, const char **operation)
{
    OSStatus status = noErr;
    AudioStreamBasicDescription format;
    *operation = f->source ? "AudioFileInitializeWithCallbacks" : "AudioFileCreateWithURL";
    for (int i = 0; variant(&f->wanted, i, &format); i++) {
        status = f->source ? cm_source_create(f->source, type, &format, &f->file)
                           : AudioFileCreateWithURL(url, type, &format, kAudioFileFlags_EraseFile, &f->file);
        if (status != kAudioFileUnsupportedDataFormatError || cm_source_failed(f->source))
            break;
    }
    return status;
}

static OSStatus create(cm_audio_file *f, CFURLRef url, CFStringRef extension, const char **operation)
{
    type_list types;
    *operation = "AudioFileGetGlobalInfo";
    OSStatus status = find_types(f, extension, &types);
    if (status)
        return status;
    for (UInt32 i = 0; i < types.count; i++) {
        status = create_as(f, url, types.ids[i], operation);
        if (status != kAudioFileUnsupportedDataFormatError)
            break;
    }
    return status ? status : get_data_format(f, operation);
}

static int create_new(cm_audio_file *f)
{
    OSStatus status;
    const char *operation;
    CFURLRef url = f->source ? NULL : url_of(f, "create");
    if (!f->source && !url)
        return -1;
    CFStringRef extension = f->source ? NULL : copy_extension(f->given);
    CM_CALL(status, create(f, url, extension, &operation));
    if (url)
        CFRelease(url);
    if (extension)
        CFRelease(extension);
    if (status)
        raise_open(f, status, operation, "create");
    f->length = 0;
    return status ? -1 : 0;
}

/* ---- both, and the end ---- */

static int open_source(cm_audio_file *f)
{
    if (cm_is_path(f->given))
        return 0;
    f->source = cm_source_new(f->given, f->mode != CM_MODE_READ);
    return f->source ? 0 : -1;
}

int cm_audio_file_open(cm_audio_file *f)
{
    const char *unused;
    f->length = f->ext_position = -1;
    f->position = 0;
    if (open_source(f) < 0)
        return -1;
    int result = f->mode == CM_MODE_WRITE ? create_new(f) : open_existing(f);
    if (cm_source_failed(f->source)) {
        cm_source_raise(f->source);
        result = -1;
    }
    if (result == 0) {
        cm_native_set_handle((PyObject *)f, f->file);
        return 0;
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    cm_audio_file_release(f, true, &unused);
    cm_source_free(f->source);
    f->source = NULL;
    PyErr_Restore(type, value, traceback);
    return -1;
}

/* The first failure counts, but both are closed. */
static OSStatus close_both(ExtAudioFileRef ext, AudioFileID file, bool writing, bool discard,
                           const char **operation)
{
    OSStatus status = ext ? ExtAudioFileDispose(ext) : noErr;
    *operation = "ExtAudioFileDispose";
    if (file && writing && (discard || status))
        cm_platform_discard(file); /* last of all: an encoder's last packets count as a good write */
    OSStatus closed = file ? AudioFileClose(file) : noErr;
    if (!status && closed) {
        status = closed;
        *operation = "AudioFileClose";
    }
    return status;
}

OSStatus cm_audio_file_release(cm_audio_file *f, bool discard, const char **operation)
{
    OSStatus status;
    AudioFileID file = f->file;
    ExtAudioFileRef ext = f->ext;
    f->file = NULL;
    f->ext = NULL;
    CM_CALL(status, close_both(ext, file, f->mode != CM_MODE_READ, discard, operation));
    return status;
}
