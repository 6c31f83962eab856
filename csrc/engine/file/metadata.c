/* metadata.c: the properties that describe what the audio is about: info dictionary, markers, regions. */
#include "properties.h"

#include "markers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- info dictionary ---- */

/* Facts of the file itself, told by every dictionary and never stored. */
static bool is_computed(CFStringRef key)
{
    static const char *const computed[] = {
        kAFInfoDictionary_ApproximateDurationInSeconds,
        kAFInfoDictionary_NominalBitRate,
        kAFInfoDictionary_SourceBitDepth,
        kAFInfoDictionary_ChannelLayout,
    };
    char text[64];
    if (!CFStringGetCString(key, text, sizeof text, kCFStringEncodingUTF8))
        return false;
    for (size_t i = 0; i < sizeof computed / sizeof *computed; i++)
        if (strcmp(text, computed[i]) == 0)
            return true;
    return false;
}

static CFMutableDictionaryRef new_dictionary(void)
{
    return CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                     &kCFTypeDictionaryValueCallBacks);
}

static void add_duration(cm_file *f, CFMutableDictionaryRef info)
{
    char text[32];
    Float64 seconds = cm_file_duration(f);
    if (seconds <= 0 && cm_io_is_stream(f->io))
        return; /* only its end tells */
    snprintf(text, sizeof text, "%.3f", seconds);
    CFStringRef value = CFStringCreateWithCString(NULL, text, kCFStringEncodingUTF8);
    if (value)
        CFDictionaryAddValue(info, CFSTR(kAFInfoDictionary_ApproximateDurationInSeconds), value);
    if (value)
        CFRelease(value);
}

OSStatus cm_get_info(cm_file *f, UInt32 *io_size, void *data)
{
    CFMutableDictionaryRef info = new_dictionary();
    OSStatus status = info ? noErr : cmMemFullError;
    if (status == noErr && f->container->read_info)
        status = f->container->read_info(f, info);
    if (status == noErr) {
        add_duration(f, info);
        memcpy(data, &info, sizeof info);
    } else if (info) {
        CFRelease(info);
    }
    *io_size = sizeof info;
    return status;
}

/* The text of a value: strings as they are, numbers in decimal. The caller's; NULL for other kinds. */
static CFStringRef copy_text(CFTypeRef value)
{
    if (CFGetTypeID(value) == CFStringGetTypeID())
        return CFRetain(value);
    if (CFGetTypeID(value) != CFNumberGetTypeID())
        return NULL;
    char text[48];
    double real = 0;
    SInt64 whole = 0;
    if (CFNumberIsFloatType(value) && CFNumberGetValue(value, kCFNumberDoubleType, &real))
        snprintf(text, sizeof text, "%.15g", real);
    else if (CFNumberGetValue(value, kCFNumberSInt64Type, &whole))
        snprintf(text, sizeof text, "%lld", (long long)whole);
    else
        return NULL;
    return CFStringCreateWithCString(NULL, text, kCFStringEncodingUTF8);
}

typedef struct filtering {
    CFMutableDictionaryRef kept;
    OSStatus status;
} filtering;

static void keep_text(const void *key, const void *value, void *context)
{
    filtering *f = context;
    if (CFGetTypeID(key) != CFStringGetTypeID()) {
        f->status = cm_fail(cmParamError, "the keys of an info dictionary are strings");
        return;
    }
    if (is_computed(key))
        return;
    CFStringRef text = copy_text(value);
    if (text)
        CFDictionarySetValue(f->kept, key, text);
    else
        f->status = cm_fail(cmParamError, "the values of an info dictionary are strings or numbers");
    if (text)
        CFRelease(text);
}

OSStatus cm_set_info(cm_file *f, UInt32 size, const void *data)
{
    CFDictionaryRef info = NULL;
    (void)size;
    memcpy(&info, data, sizeof info);
    if (!info || CFGetTypeID(info) != CFDictionaryGetTypeID())
        return cmParamError;
    filtering filter = { .kept = new_dictionary(), .status = noErr };
    if (!filter.kept)
        return cmMemFullError;
    CFDictionaryApplyFunction(info, keep_text, &filter);
    OSStatus status = filter.status;
    if (status == noErr)
        status = f->container->write_info(f, filter.kept);
    if (status == noErr)
        f->dirty = true;
    CFRelease(filter.kept);
    return status;
}

/* ---- markers and regions ---- */

static OSStatus as_size(UInt64 size, UInt32 *out)
{
    *out = (UInt32)size;
    return size <= UINT32_MAX ? noErr : kAudioFileBadPropertySizeError;
}

static OSStatus read_markers(cm_file *f, cm_markers *markers)
{
    *markers = (cm_markers){ 0 };
    OSStatus status = f->container->read_markers ? f->container->read_markers(f, markers)
                                                 : kAudioFileUnsupportedPropertyError;
    if (status != noErr)
        cm_markers_free(markers);
    return status;
}

OSStatus cm_size_markers(cm_file *f, UInt32 *size)
{
    cm_markers markers;
    OSStatus status = read_markers(f, &markers);
    if (status == noErr)
        status = as_size(cm_markers_packed_size(&markers), size);
    cm_markers_free(&markers);
    return status;
}

OSStatus cm_get_markers(cm_file *f, UInt32 *io_size, void *data)
{
    cm_markers markers;
    OSStatus status = read_markers(f, &markers);
    if (status == noErr && cm_markers_packed_size(&markers) > *io_size)
        status = kAudioFileBadPropertySizeError;
    if (status == noErr) {
        cm_markers_pack(&markers, data);
        *io_size = (UInt32)cm_markers_packed_size(&markers);
    }
    cm_markers_free(&markers);
    return status;
}

OSStatus cm_set_markers(cm_file *f, UInt32 size, const void *data)
{
    cm_markers markers;
    OSStatus status = cm_markers_unpack(data, size, &markers);
    if (status != noErr)
        return status;
    status = f->container->write_markers(f, &markers);
    if (status == noErr)
        f->dirty = true;
    cm_markers_free(&markers);
    return status;
}

static OSStatus read_regions(cm_file *f, cm_regions *regions)
{
    *regions = (cm_regions){ 0 };
    OSStatus status = f->container->read_regions ? f->container->read_regions(f, regions)
                                                 : kAudioFileUnsupportedPropertyError;
    if (status != noErr)
        cm_regions_free(regions);
    return status;
}

OSStatus cm_size_regions(cm_file *f, UInt32 *size)
{
    cm_regions regions;
    OSStatus status = read_regions(f, &regions);
    if (status == noErr)
        status = as_size(cm_regions_packed_size(&regions), size);
    cm_regions_free(&regions);
    return status;
}

OSStatus cm_get_regions(cm_file *f, UInt32 *io_size, void *data)
{
    cm_regions regions;
    OSStatus status = read_regions(f, &regions);
    if (status == noErr && cm_regions_packed_size(&regions) > *io_size)
        status = kAudioFileBadPropertySizeError;
    if (status == noErr) {
        cm_regions_pack(&regions, data);
        *io_size = (UInt32)cm_regions_packed_size(&regions);
    }
    cm_regions_free(&regions);
    return status;
}

OSStatus cm_set_regions(cm_file *f, UInt32 size, const void *data)
{
    cm_regions regions;
    OSStatus status = cm_regions_unpack(data, size, &regions);
    if (status != noErr)
        return status;
    status = f->container->write_regions(f, &regions);
    if (status == noErr)
        f->dirty = true;
    cm_regions_free(&regions);
    return status;
}

/* ---- chunk codes ---- */

typedef struct placed {
    UInt32 code;
    SInt64 at; /* in the file; what is not there yet will be behind the rest */
    size_t number;
} placed;

static int by_place(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static placed place_of(const cm_chunk *chunk, size_t number)
{
    return (placed){ chunk->id, chunk->bytes ? INT64_MAX : chunk->offset, number };
}

static int by_code(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    return x->code != y->code ? (x->code > y->code) - (x->code < y->code) : by_place(a, b);
}

/* Each code once, in the order of the file, in memory that the caller frees. */
static UInt32 *list_codes(const cm_file *f, UInt32 *count)
{
    size_t all = f->chunk_count + f->own_chunk_count, n = 0;
    placed *chunks = malloc((all + 1) * sizeof *chunks);
    UInt32 *codes = malloc((all + 1) * sizeof *codes);
    *count = 0;
    if (!chunks || !codes) {
        free(chunks);
        free(codes);
        return NULL;
    }
    for (size_t i = 0; i < f->own_chunk_count; i++, n++)
        chunks[n] = place_of(&f->own_chunks[i], n);
    for (size_t i = 0; i < f->chunk_count; i++, n++)
        chunks[n] = place_of(&f->chunks[i], n);
    qsort(chunks, n, sizeof *chunks, by_code);
    for (size_t i = 0; i < n; i++)
        if (*count == 0 || chunks[*count - 1].code != chunks[i].code)
            chunks[(*count)++] = chunks[i];
    qsort(chunks, *count, sizeof *chunks, by_place);
    for (UInt32 i = 0; i < *count; i++)
        codes[i] = chunks[i].code;
    free(chunks);
    return codes;
}

OSStatus cm_size_chunk_ids(cm_file *f, UInt32 *size)
{
    UInt32 count = 0;
    UInt32 *codes = list_codes(f, &count);
    *size = count * (UInt32)sizeof *codes;
    free(codes);
    return codes ? noErr : cmMemFullError;
}

OSStatus cm_get_chunk_ids(cm_file *f, UInt32 *io_size, void *data)
{
    UInt32 count = 0;
    UInt32 *codes = list_codes(f, &count);
    if (!codes)
        return cmMemFullError;
    *io_size = count * (UInt32)sizeof *codes;
    memcpy(data, codes, *io_size);
    free(codes);
    return noErr;
}
