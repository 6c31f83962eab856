/* markers.h: marker and region lists between their packed form in a property and cm_markers, cm_regions. */
#ifndef CM_FILE_MARKERS_H
#define CM_FILE_MARKERS_H

#include "container.h"

/* Bytes of the packed form. */
UInt64 cm_markers_packed_size(const cm_markers *markers);
UInt64 cm_regions_packed_size(const cm_regions *regions);

/* data has room for the packed size. Names are retained for the reader of the property. */
void cm_markers_pack(const cm_markers *markers, void *data);
void cm_regions_pack(const cm_regions *regions, void *data);

/* Names are retained. kAudioFileBadPropertySizeError when the counts do not fit in size. */
OSStatus cm_markers_unpack(const void *data, UInt32 size, cm_markers *markers);
OSStatus cm_regions_unpack(const void *data, UInt32 size, cm_regions *regions);

#endif
