/* global_info.c: what can be read and written, by type, extension, MIME type and so on. */
#include "file.h"

#include "types.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A growing answer: numbers, or a CFArray of strings, or one string. */
typedef struct answer {
    UInt8 *bytes;
    size_t size;
    OSStatus status;
} answer;

static void add_bytes(answer *a, const void *bytes, size_t size)
{
    UInt8 *grown = a->status == noErr ? realloc(a->bytes, a->size + size) : NULL;
    if (!grown) {
        a->status = a->status == noErr ? cmMemFullError : a->status;
        return;
    }
    a->bytes = grown;
    memcpy(a->bytes + a->size, bytes, size);
    a->size += size;
}

static void add_u32(answer *a, UInt32 value)
{
    for (size_t i = 0; i < a->size; i += sizeof value)
        if (memcmp(a->bytes + i, &value, sizeof value) == 0)
            return;
    add_bytes(a, &value, sizeof value);
}

static void add_u32s(answer *a, const UInt32 *list)
{
    for (; list && *list; list++)
        add_u32(a, *list);
}

static void add_object(answer *a, CFTypeRef object)
{
    if (object)
        add_bytes(a, &object, sizeof object);
    else
        a->status = cmMemFullError;
}

static CFStringRef new_string(const char *text)
{
    return CFStringCreateWithCString(NULL, text, kCFStringEncodingUTF8);
}

static void append_unique(CFMutableArrayRef array, const char *text)
{
    CFStringRef value = new_string(text);
    if (!value)
        return;
    CFRange all = { 0, CFArrayGetCount(array) };
    if (!CFArrayContainsValue(array, all, value))
        CFArrayAppendValue(array, value);
    CFRelease(value);
}

/* ---- the lists of one type ---- */

typedef const char *const *(*text_list_fn)(const cm_file_type *type);

static const char *const *extensions_of(const cm_file_type *type)
{
    return type->extensions;
}

static const char *const *mime_types_of(const cm_file_type *type)
{
    return type->mime_types;
}

static const char *const *utis_of(const cm_file_type *type)
{
    return type->utis;
}

/* ---- questions ---- */

typedef struct question {
    const cm_file_type *type;      /* when the specifier is a type */
    AudioFileTypeAndFormatID pair; /* when it is a type and a format */
    char text[128];                /* when it is a string */
    UInt32 code;                   /* when it is a number */
} question;

static void add_texts(answer *a, text_list_fn list, const cm_file_type *only)
{
    const cm_file_type *type;
    CFMutableArrayRef array = CFArrayCreateMutable(NULL, 0, &kCFTypeArrayCallBacks);
    for (size_t i = 0; array && (type = only ? (i ? NULL : only) : cm_file_type_at(i)); i++)
        for (const char *const *text = list(type); text && *text; text++)
            append_unique(array, *text);
    add_object(a, array);
}

static void readable_types(const question *q, answer *a)
{
    const cm_file_type *type;
    (void)q;
    for (size_t i = 0; (type = cm_file_type_at(i)); i++)
        if (type->readable && *type->readable)
            add_u32(a, type->id);
}

static void writable_types(const question *q, answer *a)
{
    const cm_file_type *type;
    (void)q;
    for (size_t i = 0; (type = cm_file_type_at(i)); i++)
        if (type->writable && *type->writable)
            add_u32(a, type->id);
}

static void type_name(const question *q, answer *a)
{
    add_object(a, new_string(q->type->name));
}

static void format_ids(const question *q, answer *a)
{
    add_u32s(a, q->type->writable);
    add_u32s(a, q->type->readable);
}

static void all_extensions(const question *q, answer *a)
{
    (void)q;
    add_texts(a, extensions_of, NULL);
}

static void all_mime_types(const question *q, answer *a)
{
    (void)q;
    add_texts(a, mime_types_of, NULL);
}

static void all_utis(const question *q, answer *a)
{
    (void)q;
    add_texts(a, utis_of, NULL);
}

static void all_hfs_types(const question *q, answer *a)
{
    const cm_file_type *type;
    (void)q;
    for (size_t i = 0; (type = cm_file_type_at(i)); i++)
        add_u32s(a, type->hfs_types);
}

static void type_extensions(const question *q, answer *a)
{
    add_texts(a, extensions_of, q->type);
}

static void type_mime_types(const question *q, answer *a)
{
    add_texts(a, mime_types_of, q->type);
}

static void type_utis(const question *q, answer *a)
{
    add_texts(a, utis_of, q->type);
}

static void type_hfs_types(const question *q, answer *a)
{
    add_u32s(a, q->type->hfs_types);
}

static void types_with_text(const char *text, text_list_fn list, answer *a)
{
    const cm_file_type *type;
    for (size_t i = 0; (type = cm_file_type_at(i)); i++)
        for (const char *const *item = list(type); item && *item; item++)
            if (strcasecmp(*item, text) == 0)
                add_u32(a, type->id);
}

static void types_for_extension(const question *q, answer *a)
{
    types_with_text(q->text + (q->text[0] == '.'), extensions_of, a);
}

static void types_for_mime_type(const question *q, answer *a)
{
    types_with_text(q->text, mime_types_of, a);
}

static void types_for_uti(const question *q, answer *a)
{
    types_with_text(q->text, utis_of, a);
}

static void types_for_hfs_type(const question *q, answer *a)
{
    const cm_file_type *type;
    for (size_t i = 0; (type = cm_file_type_at(i)); i++)
        for (const UInt32 *code = type->hfs_types; code && *code; code++)
            if (*code == q->code)
                add_u32(a, type->id);
}

/* ---- stream descriptions: found out by trying ---- */

/* The bytes of a file that is thrown away; formats are accepted or refused by the code that writes them. */
typedef struct scratch {
    UInt8 bytes[65536];
    SInt64 size;
} scratch;

static OSStatus scratch_read(void *client, SInt64 at, UInt32 count, void *buffer, UInt32 *actual)
{
    scratch *s = client;
    SInt64 left = at < s->size ? s->size - at : 0;
    *actual = left < count ? (UInt32)left : count;
    memcpy(buffer, s->bytes + (at < s->size ? at : 0), *actual);
    return noErr;
}

static OSStatus scratch_write(void *client, SInt64 at, UInt32 count, const void *buffer, UInt32 *actual)
{
    scratch *s = client;
    *actual = 0;
    if (at + count > (SInt64)sizeof s->bytes)
        return cmDiskFullError;
    memcpy(s->bytes + at, buffer, count);
    if (at + count > s->size)
        s->size = at + count;
    *actual = count;
    return noErr;
}

static SInt64 scratch_size(void *client)
{
    return ((scratch *)client)->size;
}

static OSStatus scratch_set_size(void *client, SInt64 size)
{
    scratch *s = client;
    if (size > (SInt64)sizeof s->bytes)
        return cmDiskFullError;
    if (size > s->size)
        memset(s->bytes + s->size, 0, (size_t)(size - s->size));
    s->size = size;
    return noErr;
}

static bool is_accepted(AudioFileTypeID type, const AudioStreamBasicDescription *format)
{
    cm_io *io = NULL;
    cm_file *f = NULL;
    scratch *s = calloc(1, sizeof *s);
    OSStatus status = s ? cm_io_wrap_callbacks(s, scratch_read, scratch_write, scratch_size, scratch_set_size,
                                               &io)
                        : cmMemFullError;
    if (status == noErr)
        status = cm_file_create_io(io, type, format, 0, &f);
    cm_file_free(f);
    free(s);
    return status == noErr;
}

static const struct {
    UInt32 bits;
    AudioFormatFlags flags;
} pcm_kinds[] = {
    { 8, kAudioFormatFlagIsPacked },
    { 8, kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked },
    { 16, kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked },
    { 24, kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked },
    { 32, kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked },
    { 32, kAudioFormatFlagIsFloat | kAudioFormatFlagIsPacked },
    { 64, kAudioFormatFlagIsFloat | kAudioFormatFlagIsPacked },
};

/* As the framework answers: rate, channels and all that follows from them are 0, for the client to fill. */
static void add_pcm_kinds(answer *a, AudioFileTypeID type)
{
    for (size_t i = 0; i < sizeof pcm_kinds / sizeof *pcm_kinds; i++)
        for (UInt32 order = 0; order <= (pcm_kinds[i].bits > 8); order++) {
            AudioFormatFlags flags = pcm_kinds[i].flags | (order ? (UInt32)kAudioFormatFlagIsBigEndian : 0);
            AudioStreamBasicDescription tried = { .mSampleRate = 44100,
                                                  .mFormatID = kAudioFormatLinearPCM,
                                                  .mFormatFlags = flags,
                                                  .mChannelsPerFrame = 1,
                                                  .mBitsPerChannel = pcm_kinds[i].bits };
            if (!is_accepted(type, &tried))
                continue;
            tried.mSampleRate = 0;
            tried.mChannelsPerFrame = 0;
            tried.mFramesPerPacket = 1;
            add_bytes(a, &tried, sizeof tried);
        }
}

static void stream_descriptions(const question *q, answer *a)
{
    const cm_file_type *type = cm_file_type_find(q->pair.mFileType, NULL);
    AudioStreamBasicDescription one = { .mFormatID = q->pair.mFormatID };
    if (!type)
        a->status = kAudioFileUnsupportedFileTypeError;
    else if (!cm_format_in(type->writable, q->pair.mFormatID) &&
             !cm_format_in(type->readable, q->pair.mFormatID))
        a->status = kAudioFileUnsupportedDataFormatError;
    else if (q->pair.mFormatID == kAudioFormatLinearPCM)
        add_pcm_kinds(a, type->id);
    else
        add_bytes(a, &one, sizeof one);
}

/* ---- the table ---- */

typedef enum { ASK_NOTHING, ASK_TYPE, ASK_PAIR, ASK_TEXT, ASK_CODE } specifier_kind;

/* The answer is one object, which its asker owns, when the member's size is 0. */
typedef struct property {
    AudioFilePropertyID id;
    specifier_kind specifier;
    UInt32 member;
    void (*answer)(const question *q, answer *a);
} property;

#define NUMBERS sizeof(UInt32)
#define FORMATS sizeof(AudioStreamBasicDescription)
#define OBJECT 0

static const property table[] = {
    { kAudioFileGlobalInfo_ReadableTypes, ASK_NOTHING, NUMBERS, readable_types },
    { kAudioFileGlobalInfo_WritableTypes, ASK_NOTHING, NUMBERS, writable_types },
    { kAudioFileGlobalInfo_FileTypeName, ASK_TYPE, OBJECT, type_name },
    { kAudioFileGlobalInfo_AvailableStreamDescriptionsForFormat, ASK_PAIR, FORMATS, stream_descriptions },
    { kAudioFileGlobalInfo_AvailableFormatIDs, ASK_TYPE, NUMBERS, format_ids },
    { kAudioFileGlobalInfo_AllExtensions, ASK_NOTHING, OBJECT, all_extensions },
    { kAudioFileGlobalInfo_AllHFSTypeCodes, ASK_NOTHING, NUMBERS, all_hfs_types },
    { kAudioFileGlobalInfo_AllUTIs, ASK_NOTHING, OBJECT, all_utis },
    { kAudioFileGlobalInfo_AllMIMETypes, ASK_NOTHING, OBJECT, all_mime_types },
    { kAudioFileGlobalInfo_ExtensionsForType, ASK_TYPE, OBJECT, type_extensions },
    { kAudioFileGlobalInfo_HFSTypeCodesForType, ASK_TYPE, NUMBERS, type_hfs_types },
    { kAudioFileGlobalInfo_UTIsForType, ASK_TYPE, OBJECT, type_utis },
    { kAudioFileGlobalInfo_MIMETypesForType, ASK_TYPE, OBJECT, type_mime_types },
    { kAudioFileGlobalInfo_TypesForMIMEType, ASK_TEXT, NUMBERS, types_for_mime_type },
    { kAudioFileGlobalInfo_TypesForUTI, ASK_TEXT, NUMBERS, types_for_uti },
    { kAudioFileGlobalInfo_TypesForHFSTypeCode, ASK_CODE, NUMBERS, types_for_hfs_type },
    { kAudioFileGlobalInfo_TypesForExtension, ASK_TEXT, NUMBERS, types_for_extension },
};

static const property *find(AudioFilePropertyID id)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].id == id)
            return &table[i];
    return NULL;
}

static OSStatus read_text(const void *specifier, question *q)
{
    CFStringRef text = NULL;
    memcpy(&text, specifier, sizeof text);
    if (!text || CFGetTypeID(text) != CFStringGetTypeID())
        return cmParamError;
    /* No extension, type or identifier is longer than this, so a longer one matches nothing. */
    if (!CFStringGetCString(text, q->text, sizeof q->text, kCFStringEncodingUTF8))
        q->text[0] = 0;
    return noErr;
}

static OSStatus read_question(specifier_kind kind, UInt32 size, const void *specifier, question *q)
{
    static const UInt32 sizes[] = { 0, sizeof(UInt32), sizeof(AudioFileTypeAndFormatID), sizeof(CFStringRef),
                                    sizeof(UInt32) };
    memset(q, 0, sizeof *q);
    if (kind == ASK_NOTHING)
        return noErr;
    if (size != sizes[kind] || !specifier)
        return cm_fail(kAudioFileBadPropertySizeError, "this property takes a specifier of %u bytes",
                       sizes[kind]);
    if (kind == ASK_TEXT)
        return read_text(specifier, q);
    memcpy(&q->pair, specifier, size);
    q->code = q->pair.mFileType;
    q->type = kind == ASK_TYPE ? cm_file_type_find(q->code, NULL) : NULL;
    return kind == ASK_TYPE && !q->type ? kAudioFileUnsupportedFileTypeError : noErr;
}

static OSStatus ask(const property *p, UInt32 specifier_size, const void *specifier, answer *a)
{
    question q;
    if (!p)
        return kAudioFileUnsupportedPropertyError;
    a->status = read_question(p->specifier, specifier_size, specifier, &q);
    if (a->status == noErr)
        p->answer(&q, a);
    return a->status;
}

static void drop(const property *p, answer *a)
{
    CFTypeRef object;
    if (p && p->member == OBJECT && a->size == sizeof object) {
        memcpy(&object, a->bytes, sizeof object);
        CFRelease(object);
    }
    free(a->bytes);
}

OSStatus AudioFileGetGlobalInfoSize(AudioFilePropertyID inPropertyID, UInt32 inSpecifierSize,
                                    void *inSpecifier, UInt32 *outDataSize)
{
    const property *p = find(inPropertyID);
    answer a = { 0 };
    if (!outDataSize)
        return cmParamError;
    OSStatus status = ask(p, inSpecifierSize, inSpecifier, &a);
    if (status == noErr)
        *outDataSize = (UInt32)a.size;
    drop(p, &a);
    return status;
}

OSStatus AudioFileGetGlobalInfo(AudioFilePropertyID inPropertyID, UInt32 inSpecifierSize, void *inSpecifier,
                                UInt32 *ioDataSize, void *outPropertyData)
{
    const property *p = find(inPropertyID);
    answer a = { 0 };
    if (!ioDataSize || !outPropertyData)
        return cmParamError;
    OSStatus status = ask(p, inSpecifierSize, inSpecifier, &a);
    if (status == noErr && p->member == OBJECT && *ioDataSize < a.size)
        status = kAudioFileBadPropertySizeError;
    if (status != noErr) {
        drop(p, &a);
        return status;
    }
    /* A list is given as far as there is room for whole members. */
    if (*ioDataSize >= a.size)
        *ioDataSize = (UInt32)a.size;
    else
        *ioDataSize -= *ioDataSize % p->member;
    if (*ioDataSize)
        memcpy(outPropertyData, a.bytes, *ioDataSize);
    free(a.bytes);
    return noErr;
}
