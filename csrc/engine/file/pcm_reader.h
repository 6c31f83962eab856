/* pcm_reader.h: linear PCM from a file's bytes straight into the caller's buffers. */
#ifndef CM_FILE_PCM_READER_H
#define CM_FILE_PCM_READER_H

#include "../format/pcm.h"
#include "container.h"

/*
 * Reads frames from `first` on, converted from `from` (the file's own format) to `to`; *got is smaller only
 * at the end of the audio data. A large read of a file with a path is cut into pieces for the worker threads.
 */
OSStatus cm_pcm_read(cm_file *f, const cm_pcm *from, SInt64 first, const cm_pcm *to, void *const *planes,
                     size_t frames, size_t *got);

#endif
