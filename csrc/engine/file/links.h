/* links.h: the streams in a row that a file is made of (cm_link). */
#ifndef CM_FILE_LINKS_H
#define CM_FILE_LINKS_H

#include "container.h"

/* Adds a link behind those that are there: its first frame is set, its cookie belongs to the file from now
 * on, also on failure. */
OSStatus cm_links_add(cm_file *f, cm_link *link);

/* The link that a frame is in; the last one for what lies beyond. NULL for a file of one stream. */
const cm_link *cm_link_of_frame(const cm_file *f, SInt64 frame);

void cm_links_free(cm_file *f);

#endif
