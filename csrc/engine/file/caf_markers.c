/* caf_markers.c: the marker and region chunks; their names are in the strings chunk. */
#include "caf.h"

#include "chunks.h"
#include "file.h"
#include "info.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define LIST_MOST ((size_t)256 << 20)

enum { LIST_HEAD = 8, MARKER_SIZE = 28, REGION_HEAD = 12, INSTRUMENT_ID = 24 };

/* ---- one marker ---- */

static OSStatus get_marker(cm_markers *to, const UInt8 *from, const cm_caf_strings *strings)
{
    UInt32 id = cm_get_be32(from + 12);
    const char *text = cm_caf_strings_find(strings, id);
    CFStringRef name = text ? cm_info_string((const UInt8 *)text, strlen(text), kCFStringEncodingISOLatin1)
                            : NULL;
    OSStatus status = cm_markers_add(to, cm_get_be_f64(from + 4), (SInt32)id, name);
    if (name)
        CFRelease(name);
    if (status != noErr)
        return status;
    AudioFileMarker *marker = &to->items[to->count - 1];
    marker->mType = cm_get_be32(from);
    marker->mSMPTETime = (AudioFile_SMPTE_Time){ (SInt8)from[16], from[17], from[18], from[19],
                                                 cm_get_be32(from + 20) };
    marker->mChannel = (UInt16)cm_get_be32(from + 24);
    return noErr;
}

static void put_marker(UInt8 *to, const AudioFileMarker *from, UInt32 id)
{
    cm_put_be32(to, from->mType);
    cm_put_be_f64(to + 4, from->mFramePosition);
    cm_put_be32(to + 12, id);
    to[16] = (UInt8)from->mSMPTETime.mHours;
    to[17] = from->mSMPTETime.mMinutes;
    to[18] = from->mSMPTETime.mSeconds;
    to[19] = from->mSMPTETime.mFrames;
    cm_put_be32(to + 20, from->mSMPTETime.mSubFrameSampleOffset);
    cm_put_be32(to + 24, from->mChannel);
}

/* ---- names ---- */

static OSStatus give_name(cm_caf_strings *strings, UInt32 *id, CFStringRef name)
{
    char *text = name ? cm_info_text(name) : NULL;
    if (name && !text)
        return cmMemFullError;
    OSStatus status = cm_caf_strings_name(strings, id, text && *text ? text : NULL);
    free(text);
    return status;
}

static OSStatus put_named_marker(UInt8 *to, const AudioFileMarker *from, cm_caf_strings *strings)
{
    UInt32 id = (UInt32)from->mMarkerID;
    OSStatus status = give_name(strings, &id, from->mName);
    put_marker(to, from, id);
    return status;
}

/* Gives a number in `to` the name that it has in `from`. */
static OSStatus keep_name(cm_caf_strings *to, const cm_caf_strings *from, UInt32 id)
{
    const char *text = cm_caf_strings_find(from, id);
    return text ? cm_caf_strings_name(to, &id, text) : noErr;
}

static OSStatus keep_marker_names(cm_caf_strings *to, const cm_caf_strings *from, const cm_markers *markers)
{
    OSStatus status = noErr;
    for (UInt32 i = 0; status == noErr && i < markers->count; i++)
        status = keep_name(to, from, (UInt32)markers->items[i].mMarkerID);
    return status;
}

static OSStatus keep_region_names(cm_caf_strings *to, const cm_caf_strings *from, const cm_regions *regions)
{
    OSStatus status = noErr;
    for (UInt32 i = 0; status == noErr && i < regions->count; i++) {
        status = keep_name(to, from, regions->items[i].id);
        if (status == noErr)
            status = keep_marker_names(to, from, &regions->items[i].markers);
    }
    return status;
}

static OSStatus keep_instrument_name(cm_caf_strings *to, const cm_caf_strings *from, cm_file *f)
{
    UInt8 id[4];
    const cm_chunk *chunk = cm_chunk_find(f, kCAF_InstrumentChunkID, 0);
    if (!chunk || cm_chunk_read(f, chunk, INSTRUMENT_ID, id, sizeof id) != noErr)
        return noErr;
    return keep_name(to, from, cm_get_be32(id));
}

static void drop_names(cm_caf_strings *strings, const cm_markers *markers)
{
    for (UInt32 i = 0; i < markers->count; i++)
        cm_caf_strings_remove(strings, (UInt32)markers->items[i].mMarkerID);
}

/* The file's strings without those that only its markers, or only its regions, use: these are written anew.
 */
static OSStatus load_other_names(cm_file *f, bool markers_go, cm_caf_strings *names)
{
    cm_caf_strings all;
    cm_markers markers = { 0 };
    cm_regions regions = { 0 };
    OSStatus status = cm_caf_strings_load(f, names);
    OSStatus again = cm_caf_strings_load(f, &all);
    if (status == noErr)
        status = again;
    if (status == noErr)
        status = cm_caf_read_markers(f, &markers);
    if (status == noErr)
        status = cm_caf_read_regions(f, &regions);
    if (markers_go)
        drop_names(names, &markers);
    for (UInt32 i = 0; !markers_go && i < regions.count; i++) {
        cm_caf_strings_remove(names, regions.items[i].id);
        drop_names(names, &regions.items[i].markers);
    }
    if (status == noErr)
        status = markers_go ? keep_region_names(names, &all, &regions)
                            : keep_marker_names(names, &all, &markers);
    if (status == noErr)
        status = keep_instrument_name(names, &all, f);
    cm_markers_free(&markers);
    cm_regions_free(&regions);
    cm_caf_strings_free(&all);
    return status;
}

/* ---- markers ---- */

/* The chunk's contents; *size below LIST_HEAD when there is no list. */
static OSStatus copy_list(cm_file *f, UInt32 id, UInt8 **bytes, size_t *size)
{
    const cm_chunk *chunk = cm_chunk_find(f, id, 0);
    *bytes = NULL;
    *size = 0;
    return chunk && chunk->size >= LIST_HEAD ? cm_chunk_copy(f, chunk, LIST_MOST, bytes, size) : noErr;
}

/* Up to count markers from a place in bytes; *at is behind them afterwards. */
static OSStatus get_markers(const UInt8 *bytes, size_t size, size_t *at, UInt32 count,
                            const cm_caf_strings *strings, cm_markers *markers)
{
    OSStatus status = noErr;
    for (; status == noErr && count && size - *at >= MARKER_SIZE; count--) {
        status = get_marker(markers, bytes + *at, strings);
        *at += MARKER_SIZE;
    }
    return status;
}

OSStatus cm_caf_read_markers(cm_file *f, cm_markers *markers)
{
    UInt8 *bytes;
    size_t size, at = LIST_HEAD;
    cm_caf_strings strings = { 0 };
    OSStatus status = copy_list(f, kCAF_MarkerChunkID, &bytes, &size);
    if (status == noErr && bytes)
        status = cm_caf_strings_load(f, &strings);
    if (status == noErr && bytes) {
        markers->smpte_type = cm_get_be32(bytes);
        status = get_markers(bytes, size, &at, cm_get_be32(bytes + 4), &strings, markers);
    }
    cm_caf_strings_free(&strings);
    free(bytes);
    return status;
}

static OSStatus store_list(cm_file *f, UInt32 id, UInt32 count, UInt8 *bytes, size_t size)
{
    if (count)
        return cm_chunk_give(f, id, 0, bytes, size);
    free(bytes);
    cm_chunk_remove_all(f, id);
    return noErr;
}

OSStatus cm_caf_write_markers(cm_file *f, const cm_markers *markers)
{
    cm_caf_strings names;
    size_t size = LIST_HEAD + (size_t)markers->count * MARKER_SIZE;
    UInt8 *bytes = malloc(size);
    OSStatus status = load_other_names(f, true, &names);
    if (!bytes)
        status = cmMemFullError;
    for (UInt32 i = 0; status == noErr && i < markers->count; i++)
        status = put_named_marker(bytes + LIST_HEAD + (size_t)i * MARKER_SIZE, &markers->items[i], &names);
    if (status == noErr)
        status = cm_caf_strings_store(f, &names);
    cm_caf_strings_free(&names);
    if (status != noErr) {
        free(bytes);
        return status;
    }
    cm_put_be32(bytes, markers->smpte_type);
    cm_put_be32(bytes + 4, markers->count);
    return store_list(f, kCAF_MarkerChunkID, markers->count, bytes, size);
}

/* ---- regions ---- */

static OSStatus get_region(const UInt8 *bytes, size_t size, size_t *at, const cm_caf_strings *strings,
                           cm_regions *regions)
{
    const UInt8 *head = bytes + *at;
    const char *text = cm_caf_strings_find(strings, cm_get_be32(head));
    CFStringRef name = text ? cm_info_string((const UInt8 *)text, strlen(text), kCFStringEncodingISOLatin1)
                            : NULL;
    cm_region *region = cm_regions_add(regions, cm_get_be32(head), name, cm_get_be32(head + 4));
    if (name)
        CFRelease(name);
    *at += REGION_HEAD;
    return region ? get_markers(bytes, size, at, cm_get_be32(head + 8), strings, &region->markers)
                  : cmMemFullError;
}

OSStatus cm_caf_read_regions(cm_file *f, cm_regions *regions)
{
    UInt8 *bytes;
    size_t size, at = LIST_HEAD;
    cm_caf_strings strings = { 0 };
    OSStatus status = copy_list(f, kCAF_RegionChunkID, &bytes, &size);
    if (status == noErr && bytes)
        status = cm_caf_strings_load(f, &strings);
    UInt32 left = status == noErr && bytes ? cm_get_be32(bytes + 4) : 0;
    if (left)
        regions->smpte_type = cm_get_be32(bytes);
    for (; status == noErr && left && size - at >= REGION_HEAD; left--)
        status = get_region(bytes, size, &at, &strings, regions);
    cm_caf_strings_free(&strings);
    free(bytes);
    return status;
}

static OSStatus put_region(UInt8 *to, const cm_region *region, cm_caf_strings *names)
{
    UInt32 id = region->id;
    OSStatus status = give_name(names, &id, region->name);
    cm_put_be32(to, id);
    cm_put_be32(to + 4, region->flags);
    cm_put_be32(to + 8, region->markers.count);
    for (UInt32 i = 0; status == noErr && i < region->markers.count; i++)
        status = put_named_marker(to + REGION_HEAD + (size_t)i * MARKER_SIZE, &region->markers.items[i],
                                  names);
    return status;
}

OSStatus cm_caf_write_regions(cm_file *f, const cm_regions *regions)
{
    cm_caf_strings names;
    size_t size = LIST_HEAD, at = LIST_HEAD;
    for (UInt32 i = 0; i < regions->count; i++)
        size += REGION_HEAD + (size_t)regions->items[i].markers.count * MARKER_SIZE;
    UInt8 *bytes = malloc(size);
    OSStatus status = load_other_names(f, false, &names);
    if (!bytes)
        status = cmMemFullError;
    for (UInt32 i = 0; status == noErr && i < regions->count; i++) {
        status = put_region(bytes + at, &regions->items[i], &names);
        at += REGION_HEAD + (size_t)regions->items[i].markers.count * MARKER_SIZE;
    }
    if (status == noErr)
        status = cm_caf_strings_store(f, &names);
    cm_caf_strings_free(&names);
    if (status != noErr) {
        free(bytes);
        return status;
    }
    cm_put_be32(bytes, regions->smpte_type);
    cm_put_be32(bytes + 4, regions->count);
    return store_list(f, kCAF_RegionChunkID, regions->count, bytes, size);
}
