#include "ext_file.h"

#include "../base/handle.h"

#include <string.h>

typedef struct property {
    ExtAudioFilePropertyID id;
    UInt32 size; /* 0: asked of get with a NULL buffer */
    OSStatus (*get)(cm_ext_file *e, UInt32 *io_size, void *data);
    OSStatus (*set)(cm_ext_file *e, UInt32 size, const void *data);
} property;

static OSStatus give(UInt32 *io_size, void *data, const void *value, UInt32 size)
{
    if (data && *io_size < size)
        return kExtAudioFileError_InvalidPropertySize;
    if (data)
        memcpy(data, value, size);
    *io_size = size;
    return noErr;
}

static OSStatus get_file_format(cm_ext_file *e, UInt32 *io_size, void *data)
{
    return give(io_size, data, &e->file_format, sizeof e->file_format);
}

static OSStatus get_client_format(cm_ext_file *e, UInt32 *io_size, void *data)
{
    return give(io_size, data, &e->client_format, sizeof e->client_format);
}

static OSStatus set_client_format(cm_ext_file *e, UInt32 size, const void *data)
{
    AudioStreamBasicDescription format;
    (void)size;
    memcpy(&format, data, sizeof format);
    return cm_ext_set_client_format(e, &format);
}

static OSStatus get_file_layout(cm_ext_file *e, UInt32 *io_size, void *data)
{
    if (!e->file->layout)
        return kExtAudioFileError_InvalidProperty;
    return give(io_size, data, e->file->layout, e->file->layout_size);
}

static OSStatus set_file_layout(cm_ext_file *e, UInt32 size, const void *data)
{
    if (!e->writing)
        return kExtAudioFileError_InvalidOperationOrder;
    OSStatus status = cm_file_set_property(e->file, kAudioFilePropertyChannelLayout, size, data);
    if (status == noErr)
        cm_ext_drop_converter(e);
    return status;
}

static OSStatus get_client_layout(cm_ext_file *e, UInt32 *io_size, void *data)
{
    if (!e->client_layout)
        return get_file_layout(e, io_size, data);
    return give(io_size, data, e->client_layout, e->client_layout_size);
}

static OSStatus set_client_layout(cm_ext_file *e, UInt32 size, const void *data)
{
    size_t header = offsetof(AudioChannelLayout, mChannelDescriptions);
    UInt32 descriptions;
    if (e->started)
        return kExtAudioFileError_InvalidOperationOrder;
    if (size < header)
        return kExtAudioFileError_InvalidPropertySize;
    memcpy(&descriptions, (const char *)data + offsetof(AudioChannelLayout, mNumberChannelDescriptions),
           sizeof descriptions);
    if ((size - header) / sizeof(AudioChannelDescription) < descriptions)
        return kExtAudioFileError_InvalidPropertySize;
    return cm_ext_set_client_layout(e, data, size);
}

static OSStatus get_codec_manufacturer(cm_ext_file *e, UInt32 *io_size, void *data)
{
    return give(io_size, data, &e->codec_manufacturer, sizeof e->codec_manufacturer);
}

static OSStatus set_codec_manufacturer(cm_ext_file *e, UInt32 size, const void *data)
{
    (void)size;
    if (e->started)
        return kExtAudioFileError_InvalidOperationOrder;
    memcpy(&e->codec_manufacturer, data, sizeof e->codec_manufacturer);
    cm_ext_drop_converter(e);
    return noErr;
}

static OSStatus get_converter(cm_ext_file *e, UInt32 *io_size, void *data)
{
    OSStatus status = data ? cm_ext_need_converter(e) : noErr;
    return status == noErr ? give(io_size, data, &e->converter, sizeof e->converter) : status;
}

static OSStatus get_audio_file(cm_ext_file *e, UInt32 *io_size, void *data)
{
    return give(io_size, data, &e->id, sizeof e->id);
}

static OSStatus get_file_max_packet(cm_ext_file *e, UInt32 *io_size, void *data)
{
    UInt32 size = 0;
    OSStatus status = data ? cm_file_max_packet_size(e->file, &size) : noErr;
    return status == noErr ? give(io_size, data, &size, sizeof size) : status;
}

static OSStatus get_client_max_packet(cm_ext_file *e, UInt32 *io_size, void *data)
{
    return give(io_size, data, &e->client_format.mBytesPerPacket, sizeof(UInt32));
}

static OSStatus get_length(cm_ext_file *e, UInt32 *io_size, void *data)
{
    SInt64 frames = cm_ext_tell(e);
    OSStatus status = noErr;
    if (e->writing)
        frames = e->frames_in;
    else if (data)
        status = cm_ext_length(e, &frames);
    return status == noErr ? give(io_size, data, &frames, sizeof frames) : status;
}

/* A CFPropertyListRef for the converter, or NULL: the converter was changed behind our back, which is well.
 */
/* A property list of the caller's; NULL where frames need no converter. */
static OSStatus get_converter_config(cm_ext_file *e, UInt32 *io_size, void *data)
{
    CFPropertyListRef settings = NULL;
    UInt32 size = sizeof settings;
    if (*io_size < size)
        return kExtAudioFileError_InvalidPropertySize;
    OSStatus status = cm_ext_need_converter(e);
    if (status == noErr && e->converter)
        status = AudioConverterGetProperty(e->converter, kAudioConverterPropertySettings, &size, &settings);
    return status == noErr ? give(io_size, data, &settings, size) : status;
}

static OSStatus set_converter_config(cm_ext_file *e, UInt32 size, const void *data)
{
    CFPropertyListRef settings;
    memcpy(&settings, data, sizeof settings);
    OSStatus status = cm_ext_need_converter(e);
    if (status != noErr || !settings || !e->converter)
        return status;
    return AudioConverterSetProperty(e->converter, kAudioConverterPropertySettings, size, data);
}

static OSStatus get_io_buffer_bytes(cm_ext_file *e, UInt32 *io_size, void *data)
{
    return give(io_size, data, &e->io_buffer_bytes, sizeof e->io_buffer_bytes);
}

static OSStatus set_io_buffer_bytes(cm_ext_file *e, UInt32 size, const void *data)
{
    (void)size;
    memcpy(&e->io_buffer_bytes, data, sizeof e->io_buffer_bytes);
    return noErr;
}

static OSStatus get_packet_table(cm_ext_file *e, UInt32 *io_size, void *data)
{
    UInt32 size = sizeof(AudioFilePacketTableInfo);
    if (!data || e->has_packet_info)
        return give(io_size, data, &e->packet_info, size);
    return cm_file_get_property(e->file, kAudioFilePropertyPacketTableInfo, io_size, data);
}

/* A field of an override that says "as the file has it". */
static bool keeps_file_value(SInt32 field)
{
    return field == kExtAudioFilePacketTableInfoOverride_UseFileValue ||
           field == kExtAudioFilePacketTableInfoOverride_UseFileValueIfValid;
}

/* For reading, the file is taken to begin and end where the client says. */
static OSStatus override_file_frames(cm_ext_file *e, AudioFilePacketTableInfo wanted)
{
    AudioFilePacketTableInfo own;
    OSStatus status = cm_file_frames(e->file, &own);
    if (status != noErr)
        return status;
    if (keeps_file_value(wanted.mPrimingFrames))
        wanted.mPrimingFrames = own.mPrimingFrames;
    if (keeps_file_value(wanted.mRemainderFrames))
        wanted.mRemainderFrames = own.mRemainderFrames;
    SInt64 all = own.mNumberValidFrames + own.mPrimingFrames + own.mRemainderFrames;
    SInt64 valid = all - wanted.mPrimingFrames - wanted.mRemainderFrames;
    if (wanted.mPrimingFrames < 0 || wanted.mRemainderFrames < 0 || valid < 0)
        return kAudio_ParamError;
    if (e->file->link_count > 0) /* the streams in it say it for themselves */
        return cm_fail(kAudio_ParamError, "a chain of Ogg streams has a priming and an end in each");
    wanted.mNumberValidFrames = valid;
    e->file->packet_info = wanted;
    e->file->has_packet_info = true;
    cm_frame_reader_free(e->reader);
    e->reader = NULL;
    cm_ext_drop_converter(e);
    e->read_base = e->read_frames = 0;
    return noErr;
}

static OSStatus set_packet_table(cm_ext_file *e, UInt32 size, const void *data)
{
    AudioFilePacketTableInfo wanted;
    (void)size;
    memcpy(&wanted, data, sizeof wanted);
    if (!e->writing)
        return override_file_frames(e, wanted);
    e->packet_info = wanted;
    e->has_packet_info = true;
    return noErr;
}

static OSStatus get_io_buffer(cm_ext_file *e, UInt32 *io_size, void *data)
{
    const void *buffer = e->io_buffer ? e->io_buffer : e->packets;
    return give(io_size, data, &buffer, sizeof buffer);
}

/* The client's memory, IOBufferSizeBytes long, for encoded packets; it must outlive this object. NULL: our
 * own. */
static OSStatus set_io_buffer(cm_ext_file *e, UInt32 size, const void *data)
{
    (void)size;
    if (e->started)
        return kExtAudioFileError_InvalidOperationOrder;
    memcpy(&e->io_buffer, data, sizeof e->io_buffer);
    return noErr;
}

static const property table[] = {
    { kExtAudioFileProperty_FileDataFormat, sizeof(AudioStreamBasicDescription), get_file_format, NULL },
    { kExtAudioFileProperty_FileChannelLayout, 0, get_file_layout, set_file_layout },
    { kExtAudioFileProperty_ClientDataFormat, sizeof(AudioStreamBasicDescription), get_client_format,
      set_client_format },
    { kExtAudioFileProperty_ClientChannelLayout, 0, get_client_layout, set_client_layout },
    { kExtAudioFileProperty_CodecManufacturer, sizeof(UInt32), get_codec_manufacturer,
      set_codec_manufacturer },
    { kExtAudioFileProperty_AudioConverter, sizeof(AudioConverterRef), get_converter, NULL },
    { kExtAudioFileProperty_AudioFile, sizeof(AudioFileID), get_audio_file, NULL },
    { kExtAudioFileProperty_FileMaxPacketSize, sizeof(UInt32), get_file_max_packet, NULL },
    { kExtAudioFileProperty_ClientMaxPacketSize, sizeof(UInt32), get_client_max_packet, NULL },
    { kExtAudioFileProperty_FileLengthFrames, sizeof(SInt64), get_length, NULL },
    { kExtAudioFileProperty_ConverterConfig, sizeof(CFPropertyListRef), get_converter_config,
      set_converter_config },
    { kExtAudioFileProperty_IOBufferSizeBytes, sizeof(UInt32), get_io_buffer_bytes, set_io_buffer_bytes },
    { kExtAudioFileProperty_IOBuffer, sizeof(void *), get_io_buffer, set_io_buffer },
    { kExtAudioFileProperty_PacketTable, sizeof(AudioFilePacketTableInfo), get_packet_table,
      set_packet_table },
};

static const property *find(ExtAudioFilePropertyID id)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].id == id)
            return &table[i];
    return NULL;
}

typedef struct request {
    cm_ext_file *e;
    const property *p;
    OSStatus status;
} request;

/* Pins and locks the object and its file, and finds the property. */
static request enter(ExtAudioFileRef ref, ExtAudioFilePropertyID id)
{
    request r = { .e = cm_handle_pin(ref, CM_KIND_EXT_AUDIO_FILE), .p = find(id), .status = noErr };
    if (!r.e)
        r.status = kAudio_ParamError;
    else if (!r.p)
        r.status = kExtAudioFileError_InvalidProperty;
    if (r.e) {
        pthread_mutex_lock(&r.e->lock);
        cm_file_lock(r.e->file);
    }
    return r;
}

static OSStatus leave(ExtAudioFileRef ref, request r)
{
    if (r.e) {
        cm_file_unlock(r.e->file);
        pthread_mutex_unlock(&r.e->lock);
        cm_handle_unpin(ref);
    }
    return r.status;
}

OSStatus ExtAudioFileGetPropertyInfo(ExtAudioFileRef inExtAudioFile, ExtAudioFilePropertyID inPropertyID,
                                     UInt32 *outSize, Boolean *outWritable)
{
    request r = enter(inExtAudioFile, inPropertyID);
    if (r.status == noErr) {
        UInt32 size = r.p->size;
        if (!size && r.p->get)
            r.status = r.p->get(r.e, &size, NULL);
        if (outSize)
            *outSize = size;
        if (outWritable)
            *outWritable = r.p->set != NULL;
    }
    return leave(inExtAudioFile, r);
}

OSStatus ExtAudioFileGetProperty(ExtAudioFileRef inExtAudioFile, ExtAudioFilePropertyID inPropertyID,
                                 UInt32 *ioPropertyDataSize, void *outPropertyData)
{
    request r = enter(inExtAudioFile, inPropertyID);
    if (r.status == noErr && (!ioPropertyDataSize || !outPropertyData))
        r.status = kAudio_ParamError;
    else if (r.status == noErr && !r.p->get)
        r.status = kExtAudioFileError_InvalidProperty;
    else if (r.status == noErr)
        r.status = r.p->get(r.e, ioPropertyDataSize, outPropertyData);
    return leave(inExtAudioFile, r);
}

OSStatus ExtAudioFileSetProperty(ExtAudioFileRef inExtAudioFile, ExtAudioFilePropertyID inPropertyID,
                                 UInt32 inPropertyDataSize, const void *inPropertyData)
{
    request r = enter(inExtAudioFile, inPropertyID);
    if (r.status == noErr && !inPropertyData)
        r.status = kAudio_ParamError;
    else if (r.status == noErr && !r.p->set)
        r.status = kExtAudioFileError_InvalidProperty;
    else if (r.status == noErr && r.p->size && inPropertyDataSize != r.p->size)
        r.status = kExtAudioFileError_InvalidPropertySize;
    else if (r.status == noErr)
        r.status = r.p->set(r.e, inPropertyDataSize, inPropertyData);
    return leave(inExtAudioFile, r);
}
