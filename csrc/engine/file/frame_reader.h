/*
 * frame_reader.h: any audio file as a run of PCM frames: decoded, without priming and padding, at any frame.
 *
 * Frame 0 is the first frame that went into the file. A reader belongs to one user; the file it reads must
 * outlive it, and be locked during each call when others use it too. Not for render threads.
 */
#ifndef CM_FILE_FRAME_READER_H
#define CM_FILE_FRAME_READER_H

#include "../codec/codec.h"
#include "container.h"

#include <AudioToolbox/AudioCodec.h>

typedef struct cm_frame_reader cm_frame_reader;

/* Finds the decoder. kAudioFileUnsupportedDataFormatError when there is none for the file's format. */
OSStatus cm_frame_reader_new(cm_file *f, cm_frame_reader **out);

/* NULL is allowed. */
void cm_frame_reader_free(cm_frame_reader *reader);

/* The PCM that cm_frame_reader_next lends: the file's own, or the decoder's. */
const cm_pcm *cm_frame_reader_pcm(const cm_frame_reader *reader);

/* Frames per second; twice the file's nominal rate where a decoder doubles it (HE-AAC without explicit
 * signalling). */
Float64 cm_frame_reader_rate(const cm_frame_reader *reader);

/* Frames in the file. May read it through once. */
OSStatus cm_frame_reader_length(cm_frame_reader *reader, SInt64 *frames);

/* The frame that comes next. */
SInt64 cm_frame_reader_tell(const cm_frame_reader *reader);

/* Any frame from 0 on; beyond the end, reading gives nothing. */
OSStatus cm_frame_reader_seek(cm_frame_reader *reader, SInt64 frame);

/* Lends up to max frames until the next call; 0 frames at the end. */
OSStatus cm_frame_reader_next(cm_frame_reader *reader, size_t max, cm_pcm_block *block);

/*
 * Reads frames, converted, into the caller's buffers (planes as for cm_pcm_convert; the channel count is the
 * reader's). *got is smaller only at the end. Large reads of linear PCM from a path are shared among worker
 * threads.
 */
OSStatus cm_frame_reader_read(cm_frame_reader *reader, const cm_pcm *to, void *const *planes, size_t frames,
                              size_t *got);

#endif
