/*
 * riff_markers.c: cue points as markers; as regions the sections that labels or a play list give to cue
 * points, and the loops of a sampler chunk.
 */
#include "riff.h"

#include "chunks.h"
#include "file.h"
#include "riff_cues.h"

#include <AudioToolbox/CAFFile.h>

#include <math.h>
#include <stdlib.h>

/* ---- reading ---- */

OSStatus cm_riff_read_markers(cm_file *f, cm_markers *markers)
{
    cm_cues cues;
    OSStatus status = cm_cues_load(f, &cues);
    for (UInt32 i = 0; status == noErr && i < cues.count; i++) {
        const cm_cue *cue = &cues.points[i];
        if (!cue->in_region)
            status = cm_markers_add(markers, cue->frame, (SInt32)cue->id, cue->label);
    }
    cm_cues_free(&cues);
    return status;
}

static OSStatus add_ends(cm_region *region, Float64 begin, UInt32 begin_type, Float64 end, UInt32 end_type)
{
    OSStatus status = cm_markers_add(&region->markers, begin, 1, NULL);
    if (status == noErr)
        status = cm_markers_add(&region->markers, end, 2, NULL);
    if (status != noErr)
        return status;
    region->markers.items[0].mType = begin_type;
    region->markers.items[1].mType = end_type;
    return noErr;
}

static OSStatus add_section(cm_regions *regions, const cm_cue *cue)
{
    cm_region *region = cm_regions_add(regions, cue->id, cue->label, 0);
    return region ? add_ends(region, cue->frame, kCAFMarkerType_RegionStart,
                             (Float64)cue->frame + cue->length, kCAFMarkerType_RegionEnd)
                  : cmMemFullError;
}

static AudioFileRegionFlags loop_flags(UInt32 type)
{
    switch (type) {
    case CM_LOOP_ALTERNATING:
        return kAudioFileRegionFlag_LoopEnable | kAudioFileRegionFlag_PlayForward |
               kAudioFileRegionFlag_PlayBackward;
    case CM_LOOP_BACKWARD:
        return kAudioFileRegionFlag_LoopEnable | kAudioFileRegionFlag_PlayBackward;
    }
    return kAudioFileRegionFlag_LoopEnable | kAudioFileRegionFlag_PlayForward;
}

/* The name of a loop is that of the cue point that it begins at. */
static OSStatus add_loop(cm_regions *regions, const cm_cues *cues, const cm_loop *loop)
{
    const cm_cue *cue = cm_cues_find(cues, loop->id);
    bool named = cue && cue->frame == loop->first;
    cm_region *region = cm_regions_add(regions, loop->id, named ? cue->label : NULL, loop_flags(loop->type));
    return region ? add_ends(region, loop->first, kCAFMarkerType_SustainLoopStart, (Float64)loop->last + 1,
                             kCAFMarkerType_SustainLoopEnd)
                  : cmMemFullError;
}

OSStatus cm_riff_read_regions(cm_file *f, cm_regions *regions)
{
    cm_cues cues;
    OSStatus status = cm_cues_load(f, &cues);
    for (UInt32 i = 0; status == noErr && i < cues.count; i++)
        if (cues.points[i].length)
            status = add_section(regions, &cues.points[i]);
    for (UInt32 i = 0; status == noErr && i < cues.loop_count; i++)
        status = add_loop(regions, &cues, &cues.loops[i]);
    cm_cues_free(&cues);
    return status;
}

/* ---- writing ---- */

static OSStatus frame_of(const AudioFileMarker *marker, UInt32 *frame)
{
    Float64 position = floor(marker->mFramePosition + 0.5);
    if (!(position >= 0 && position < 4294967295.0))
        return cm_fail(kAudioFileOperationNotSupportedError,
                       "a marker in a WAVE file is at a frame from 0 to 4294967294");
    *frame = (UInt32)position;
    return noErr;
}

static OSStatus put_marker(cm_cues *cues, const AudioFileMarker *marker)
{
    UInt32 frame = 0;
    OSStatus status = frame_of(marker, &frame);
    if (status != noErr)
        return status;
    if (cues->count == CM_MOST_CUES)
        return cm_fail(kAudioFileOperationNotSupportedError, "more than %u markers", CM_MOST_CUES);
    return cm_cues_add(cues, (UInt32)marker->mMarkerID, frame, marker->mName) ? noErr : cmMemFullError;
}

/* Copies the points that are, or are not, where regions begin. */
static OSStatus keep(cm_cues *to, const cm_cues *from, bool in_region)
{
    OSStatus status = noErr;
    for (UInt32 i = 0; status == noErr && i < from->count; i++) {
        const cm_cue *cue = &from->points[i];
        if (cue->in_region != in_region)
            continue;
        cm_cue *copy = cm_cues_add(to, cue->id, cue->frame, cue->label);
        if (copy)
            copy->length = cue->length;
        else
            status = cmMemFullError;
    }
    return status;
}

/* Hands the items that belong to points over to the list that is to be written. */
static void hand_over(cm_cues *to, cm_cues *from)
{
    to->others = from->others;
    from->others = (cm_bytes){ 0 };
}

OSStatus cm_riff_write_markers(cm_file *f, const cm_markers *markers)
{
    cm_cues old, cues = { 0 };
    OSStatus status = cm_cues_load(f, &old);
    if (status == noErr)
        status = keep(&cues, &old, true);
    for (UInt32 i = 0; status == noErr && i < markers->count; i++)
        status = put_marker(&cues, &markers->items[i]);
    hand_over(&cues, &old);
    if (status == noErr)
        status = cm_cues_store(f, &cues);
    cm_cues_free(&cues);
    cm_cues_free(&old);
    return status;
}

static UInt32 loop_type(AudioFileRegionFlags flags)
{
    bool forward = flags & kAudioFileRegionFlag_PlayForward;
    bool backward = flags & kAudioFileRegionFlag_PlayBackward;
    return !backward ? CM_LOOP_FORWARD : forward ? CM_LOOP_ALTERNATING : CM_LOOP_BACKWARD;
}

/* The play count and fraction that a loop with the same place had. */
static void inherit(cm_loop *loop, const cm_cues *old)
{
    for (UInt32 i = 0; i < old->loop_count; i++)
        if (old->loops[i].id == loop->id && old->loops[i].first == loop->first) {
            loop->fraction = old->loops[i].fraction;
            loop->play_count = old->loops[i].play_count;
        }
}

static OSStatus put_region(cm_cues *cues, const cm_region *region, const cm_cues *old)
{
    UInt32 begin = 0, end = 0;
    if (region->markers.count < 2)
        return cm_fail(cmParamError, "a region needs a marker at its start and one at its end");
    OSStatus status = frame_of(&region->markers.items[0], &begin);
    if (status == noErr)
        status = frame_of(&region->markers.items[region->markers.count - 1], &end);
    if (status == noErr && end <= begin)
        status = cm_fail(cmParamError, "a region ends behind its start");
    if (status != noErr)
        return status;
    bool is_loop = region->flags & kAudioFileRegionFlag_LoopEnable;
    cm_loop loop = { .id = region->id, .type = loop_type(region->flags), .first = begin, .last = end - 1 };
    if (!is_loop || region->name) {
        cm_cue *cue = cm_cues_add(cues, region->id, begin, region->name);
        if (!cue)
            return cmMemFullError;
        cue->length = is_loop ? 0 : end - begin;
        loop.id = cue->id;
    }
    inherit(&loop, old);
    return !is_loop || cm_cues_add_loop(cues, &loop) ? noErr : cmMemFullError;
}

OSStatus cm_riff_write_regions(cm_file *f, const cm_regions *regions)
{
    cm_cues old, cues = { 0 };
    OSStatus status = cm_cues_load(f, &old);
    if (status == noErr)
        status = keep(&cues, &old, false);
    for (UInt32 i = 0; status == noErr && i < regions->count; i++)
        status = put_region(&cues, &regions->items[i], &old);
    hand_over(&cues, &old);
    if (status == noErr)
        status = cm_cues_store(f, &cues);
    if (status == noErr)
        status = cm_cues_store_loops(f, &cues);
    if (status == noErr)
        cm_chunk_remove_all(f, 'plst'); /* its segments are sections now */
    cm_cues_free(&cues);
    cm_cues_free(&old);
    return status;
}
