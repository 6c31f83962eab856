#include "markers.h"

#include "file.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define LIST_HEAD offsetof(AudioFileMarkerList, mMarkers)
#define REGION_HEAD offsetof(AudioFileRegion, mMarkers)
#define REGIONS_HEAD offsetof(AudioFileRegionList, mRegions)

size_t NumBytesToNumAudioFileMarkers(size_t inNumBytes)
{
    return inNumBytes < LIST_HEAD ? 0 : (inNumBytes - LIST_HEAD) / sizeof(AudioFileMarker);
}

size_t NumAudioFileMarkersToNumBytes(size_t inNumMarkers)
{
    return LIST_HEAD + inNumMarkers * sizeof(AudioFileMarker);
}

AudioFileRegion *NextAudioFileRegion(const AudioFileRegion *inAFRegionPtr)
{
    size_t size = REGION_HEAD + (size_t)inAFRegionPtr->mNumberMarkers * sizeof(AudioFileMarker);
    return (AudioFileRegion *)((uintptr_t)inAFRegionPtr + size);
}

/* ---- building and freeing ---- */

static void release(CFStringRef name)
{
    if (name)
        CFRelease(name);
}

static CFStringRef retain(CFStringRef name)
{
    if (name)
        CFRetain(name);
    return name;
}

void cm_markers_free(cm_markers *markers)
{
    for (UInt32 i = 0; i < markers->count; i++)
        release(markers->items[i].mName);
    free(markers->items);
    *markers = (cm_markers){ 0 };
}

void cm_regions_free(cm_regions *regions)
{
    for (UInt32 i = 0; i < regions->count; i++) {
        release(regions->items[i].name);
        cm_markers_free(&regions->items[i].markers);
    }
    free(regions->items);
    *regions = (cm_regions){ 0 };
}

/* Arrays grow at each power of two. */
static bool grow(void **items, UInt32 count, size_t member)
{
    if (count & (count - 1) || count > UINT32_MAX / 2)
        return count <= UINT32_MAX / 2;
    void *grown = realloc(*items, (count ? (size_t)count * 2 : 1) * member);
    if (grown)
        *items = grown;
    return grown != NULL;
}

static OSStatus add(cm_markers *markers, const AudioFileMarker *marker)
{
    if (!grow((void **)&markers->items, markers->count, sizeof *markers->items))
        return cmMemFullError;
    markers->items[markers->count] = *marker;
    retain(marker->mName);
    markers->count++;
    return noErr;
}

OSStatus cm_markers_add(cm_markers *markers, Float64 frame, SInt32 id, CFStringRef name)
{
    AudioFileMarker marker = { .mFramePosition = frame, .mMarkerID = id, .mName = name };
    return add(markers, &marker);
}

cm_region *cm_regions_add(cm_regions *regions, UInt32 id, CFStringRef name, AudioFileRegionFlags flags)
{
    if (!grow((void **)&regions->items, regions->count, sizeof *regions->items))
        return NULL;
    cm_region *region = &regions->items[regions->count++];
    *region = (cm_region){ .id = id, .name = retain(name), .flags = flags };
    return region;
}

/* ---- the packed form ---- */

UInt64 cm_markers_packed_size(const cm_markers *markers)
{
    return LIST_HEAD + (UInt64)markers->count * sizeof(AudioFileMarker);
}

UInt64 cm_regions_packed_size(const cm_regions *regions)
{
    UInt64 size = REGIONS_HEAD;
    for (UInt32 i = 0; i < regions->count; i++)
        size += REGION_HEAD + (UInt64)regions->items[i].markers.count * sizeof(AudioFileMarker);
    return size;
}

static void copy_out(const cm_markers *markers, UInt8 *to)
{
    for (UInt32 i = 0; i < markers->count; i++) {
        retain(markers->items[i].mName);
        memcpy(to + i * sizeof(AudioFileMarker), &markers->items[i], sizeof(AudioFileMarker));
    }
}

void cm_markers_pack(const cm_markers *markers, void *data)
{
    UInt32 head[2] = { markers->smpte_type, markers->count };
    memcpy(data, head, sizeof head);
    copy_out(markers, (UInt8 *)data + LIST_HEAD);
}

void cm_regions_pack(const cm_regions *regions, void *data)
{
    UInt32 head[2] = { regions->smpte_type, regions->count };
    memcpy(data, head, sizeof head);
    UInt8 *at = (UInt8 *)data + REGIONS_HEAD;
    for (UInt32 i = 0; i < regions->count; i++) {
        const cm_region *region = &regions->items[i];
        AudioFileRegion packed = { .mRegionID = region->id,
                                   .mName = retain(region->name),
                                   .mFlags = region->flags,
                                   .mNumberMarkers = region->markers.count };
        memcpy(at, &packed, REGION_HEAD);
        copy_out(&region->markers, at + REGION_HEAD);
        at += REGION_HEAD + region->markers.count * sizeof(AudioFileMarker);
    }
}

/* Takes count markers from data, of which left bytes exist. */
static OSStatus copy_in(const UInt8 *data, size_t left, UInt32 count, cm_markers *markers)
{
    OSStatus status = noErr;
    if (count > left / sizeof(AudioFileMarker))
        return kAudioFileBadPropertySizeError;
    for (UInt32 i = 0; status == noErr && i < count; i++) {
        AudioFileMarker marker;
        memcpy(&marker, data + i * sizeof marker, sizeof marker);
        status = add(markers, &marker);
    }
    return status;
}

OSStatus cm_markers_unpack(const void *data, UInt32 size, cm_markers *markers)
{
    UInt32 head[2];
    if (size < LIST_HEAD)
        return kAudioFileBadPropertySizeError;
    memcpy(head, data, sizeof head);
    *markers = (cm_markers){ .smpte_type = head[0] };
    OSStatus status = copy_in((const UInt8 *)data + LIST_HEAD, size - LIST_HEAD, head[1], markers);
    if (status != noErr)
        cm_markers_free(markers);
    return status;
}

static OSStatus unpack_region(const UInt8 *data, size_t left, cm_regions *regions, size_t *used)
{
    AudioFileRegion packed;
    if (left < REGION_HEAD)
        return kAudioFileBadPropertySizeError;
    memcpy(&packed, data, REGION_HEAD);
    cm_region *region = cm_regions_add(regions, packed.mRegionID, packed.mName, packed.mFlags);
    if (!region)
        return cmMemFullError;
    *used = REGION_HEAD + (size_t)packed.mNumberMarkers * sizeof(AudioFileMarker);
    return copy_in(data + REGION_HEAD, left - REGION_HEAD, packed.mNumberMarkers, &region->markers);
}

OSStatus cm_regions_unpack(const void *data, UInt32 size, cm_regions *regions)
{
    UInt32 head[2];
    if (size < REGIONS_HEAD)
        return kAudioFileBadPropertySizeError;
    memcpy(head, data, sizeof head);
    *regions = (cm_regions){ .smpte_type = head[0] };
    OSStatus status = noErr;
    size_t at = REGIONS_HEAD;
    for (UInt32 i = 0; status == noErr && i < head[1]; i++) {
        size_t used = 0;
        status = unpack_region((const UInt8 *)data + at, size - at, regions, &used);
        at += used;
    }
    if (status != noErr)
        cm_regions_free(regions);
    return status;
}
