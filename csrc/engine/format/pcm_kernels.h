/*
 * pcm_kernels.h: the loops of PCM conversion. Each works on a run of samples that lie one after the other.
 *
 * The common kinds of sample have one kernel to and one from each of three native hubs: int32 with the sample
 * in the upper bits, float32, float64. A pair without a direct kernel goes through a hub that loses nothing.
 * All kernels are [any, render]; buffers must not overlap and need no alignment.
 */
#ifndef CM_FORMAT_PCM_KERNELS_H
#define CM_FORMAT_PCM_KERNELS_H

#include "pcm.h"

/* "Swapped" means: of the other byte order. Integers are signed and fill their bytes unless said otherwise.
 */
typedef enum cm_pcm_kind {
    CM_PCM_U8,
    CM_PCM_S8,
    CM_PCM_S16,
    CM_PCM_S16_SWAPPED,
    CM_PCM_S24,
    CM_PCM_S24_SWAPPED,
    CM_PCM_S32,
    CM_PCM_S32_SWAPPED,
    CM_PCM_F32,
    CM_PCM_F32_SWAPPED,
    CM_PCM_F64,
    CM_PCM_F64_SWAPPED,
    CM_PCM_OTHER /* 64-bit, unsigned, or not filling their bytes: see pcm_generic.h */
} cm_pcm_kind;

typedef void (*cm_pcm_kernel)(void *to, const void *from, size_t samples);

typedef struct cm_pcm_kernels {
    cm_pcm_kernel to_i32, from_i32;
    cm_pcm_kernel to_f32, from_f32;
    cm_pcm_kernel to_f64, from_f64;
} cm_pcm_kernels;

/* kind is not CM_PCM_OTHER. Float kinds have no i32 kernels. */
const cm_pcm_kernels *cm_pcm_kernels_of(cm_pcm_kind kind);

extern const cm_pcm_kernels cm_pcm_s24_kernels, cm_pcm_s24_swapped_kernels; /* pcm_kernels_24.c */

/* Reverses the bytes of each sample of `bytes` (2, 3, 4 or 8) bytes; NULL for other sizes. */
cm_pcm_kernel cm_pcm_swap_kernel(UInt32 bytes);

/* One channel out of, and into, frames of `stride` bytes; a sample has `bytes` (1 .. 8) bytes. */
void cm_pcm_gather(void *to, const void *from, size_t stride, UInt32 bytes, size_t frames);
void cm_pcm_scatter(void *to, size_t stride, const void *from, UInt32 bytes, size_t frames);

/* From frames to frames. A from_stride of 0 repeats one sample. */
void cm_pcm_move(void *to, size_t to_stride, const void *from, size_t from_stride, UInt32 bytes,
                 size_t frames);

/* Two channels at once. */
void cm_pcm_split2(void *left, void *right, const void *from, UInt32 bytes, size_t frames);
void cm_pcm_join2(void *to, const void *left, const void *right, UInt32 bytes, size_t frames);

#endif
