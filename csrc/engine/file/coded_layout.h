/* coded_layout.h: the channel layouts that compressed formats imply by their number of channels. */
#ifndef CM_FILE_CODED_LAYOUT_H
#define CM_FILE_CODED_LAYOUT_H

#include "container.h"

/* The layout of a format's coded channel order; discrete channels where the format has none for the number.
 */
AudioChannelLayoutTag cm_coded_layout_tag(AudioFormatID format, UInt32 channels);

/* Sets f->layout to a tag without descriptions. */
OSStatus cm_set_layout_tag(cm_file *f, AudioChannelLayoutTag tag);

/* The same with the tag of f->format's coded order, where that says more than mono and stereo. */
OSStatus cm_set_coded_layout(cm_file *f);

#endif
