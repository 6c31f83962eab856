#include "property.h"

#include "call.h"

static OSStatus file_info(const void *ref, UInt32 id, UInt32 *size)
{
    return AudioFileGetPropertyInfo((AudioFileID)ref, id, size, NULL);
}

static OSStatus file_get(const void *ref, UInt32 id, UInt32 *size, void *data)
{
    return AudioFileGetProperty((AudioFileID)ref, id, size, data);
}

static OSStatus stream_info(const void *ref, UInt32 id, UInt32 *size)
{
    return AudioFileStreamGetPropertyInfo((AudioFileStreamID)ref, id, size, NULL);
}

static OSStatus stream_get(const void *ref, UInt32 id, UInt32 *size, void *data)
{
    return AudioFileStreamGetProperty((AudioFileStreamID)ref, id, size, data);
}

static OSStatus converter_info(const void *ref, UInt32 id, UInt32 *size)
{
    return AudioConverterGetPropertyInfo((AudioConverterRef)ref, id, size, NULL);
}

static OSStatus converter_get(const void *ref, UInt32 id, UInt32 *size, void *data)
{
    return AudioConverterGetProperty((AudioConverterRef)ref, id, size, data);
}

static OSStatus ext_info(const void *ref, UInt32 id, UInt32 *size)
{
    return ExtAudioFileGetPropertyInfo((ExtAudioFileRef)ref, id, size, NULL);
}

static OSStatus ext_get(const void *ref, UInt32 id, UInt32 *size, void *data)
{
    return ExtAudioFileGetProperty((ExtAudioFileRef)ref, id, size, data);
}

const cm_property_api cm_audio_file_properties = {
    .info_name = "AudioFileGetPropertyInfo",
    .get_name = "AudioFileGetProperty",
    .info = file_info,
    .get = file_get,
};
const cm_property_api cm_audio_file_stream_properties = {
    .info_name = "AudioFileStreamGetPropertyInfo",
    .get_name = "AudioFileStreamGetProperty",
    .info = stream_info,
    .get = stream_get,
};
const cm_property_api cm_audio_converter_properties = {
    .info_name = "AudioConverterGetPropertyInfo",
    .get_name = "AudioConverterGetProperty",
    .info = converter_info,
    .get = converter_get,
};
const cm_property_api cm_ext_audio_file_properties = {
    .info_name = "ExtAudioFileGetPropertyInfo",
    .get_name = "ExtAudioFileGetProperty",
    .info = ext_info,
    .get = ext_get,
};

PyObject *cm_property_bytes(const cm_property_api *api, const void *ref, UInt32 id, OSStatus *status,
                            const char **operation)
{
    UInt32 size = 0;
    *operation = api->info_name;
    CM_CALL(*status, api->info(ref, id, &size));
    if (*status)
        return NULL;
    PyObject *value = PyBytes_FromStringAndSize(NULL, size);
    if (!value || size == 0)
        return value;
    memset(PyBytes_AS_STRING(value), 0, size); /* some are questions, asked in these bytes: about packet 0 */
    *operation = api->get_name;
    CM_CALL(*status, api->get(ref, id, &size, PyBytes_AS_STRING(value)));
    if (*status)
        Py_CLEAR(value);
    else if (size < (UInt32)PyBytes_GET_SIZE(value))
        _PyBytes_Resize(&value, size);
    return value;
}
