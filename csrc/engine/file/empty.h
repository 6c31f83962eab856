/*
 * empty.h: a new file that is closed before any audio went into it. One rule for all types: it can be opened
 * again and has no frames, as far as the type has words for that.
 */
#ifndef CM_FILE_EMPTY_H
#define CM_FILE_EMPTY_H

#include "container.h"

/*
 * Gives a new file without packets what a reader cannot do without: the magic cookie of the encoder for its
 * format and, where packets are all that a file of its type has (MPEG audio, ADTS, AC-3, LOAS), a few of
 * silence, told as no valid frames where that can be told. Changes nothing in other files, nor where there is
 * no encoder. Takes the time of making one. [control]
 */
OSStatus cm_file_complete_empty(cm_file *f);

#endif
