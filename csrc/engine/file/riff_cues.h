/*
 * riff_cues.h: the cue points of a RIFF file, the labels and sections that an 'adtl' list gives them, and the
 * loops of a 'smpl' chunk, taken apart and put together.
 */
#ifndef CM_FILE_RIFF_CUES_H
#define CM_FILE_RIFF_CUES_H

#include "riff_items.h"
#include "container.h"

#define CM_MOST_CUES 65536u /* more than any program makes; the rest of a longer list is not read */

enum { CM_LOOP_FORWARD, CM_LOOP_ALTERNATING, CM_LOOP_BACKWARD };

typedef struct cm_cue {
    UInt32 id;
    UInt32 frame;
    UInt32 length;     /* frames of the section that begins here; 0: it is just a point */
    CFStringRef label; /* owned or NULL */
    bool in_region;    /* a section or a loop begins here */
} cm_cue;

typedef struct cm_loop {
    UInt32 id; /* of a cue point, which need not exist */
    UInt32 type;
    UInt32 first, last; /* frames, both in the loop */
    UInt32 fraction, play_count;
} cm_loop;

typedef struct cm_cues {
    cm_cue *points;
    UInt32 count;
    UInt32 *slots; /* hash table of ids: number of the point + 1 */
    UInt32 seed;   /* of the hash, so that no file can know which ids collide */
    cm_loop *loops;
    UInt32 loop_count;
    cm_bytes others; /* items of the list that are neither label nor section; each begins with a cue's id */
} cm_cues;

/* Reads cues, labels, sections and loops. On failure too cues is to be freed. */
OSStatus cm_cues_load(cm_file *f, cm_cues *cues);

/* Puts the chunks for points and labels into f->chunks. */
OSStatus cm_cues_store(cm_file *f, const cm_cues *cues);

/* The same for the loops. */
OSStatus cm_cues_store_loops(cm_file *f, const cm_cues *cues);

/* Adds a point; label is retained. An id that is taken is replaced by one that is free. NULL without memory.
 */
cm_cue *cm_cues_add(cm_cues *cues, UInt32 id, UInt32 frame, CFStringRef label);
cm_loop *cm_cues_add_loop(cm_cues *cues, const cm_loop *loop);

/* The first point with this id or NULL. */
cm_cue *cm_cues_find(const cm_cues *cues, UInt32 id);

void cm_cues_free(cm_cues *cues);

#endif
