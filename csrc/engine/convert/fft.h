/* fft.h: the discrete Fourier transform, of complex numbers, for sizes that are powers of two. */
#ifndef CM_CONVERT_FFT_H
#define CM_CONVERT_FFT_H

#include <CoreAudioTypes/CoreAudioTypes.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct cm_fft {
    size_t size;
    Float32 *cosines, *sines; /* of k / size of a turn, size / 2 of each */
    Float32 *scratch;         /* 2 * size */
} cm_fft;

/* [control] False without memory; cm_fft_free takes that too. */
bool cm_fft_init(cm_fft *fft, size_t size);
void cm_fft_free(cm_fft *fft);

/*
 * [render] In place: X[k] = sum of x[n] exp(-2 pi i k n / size). With the two parts exchanged it is the
 * inverse, times the size.
 */
void cm_fft_run(cm_fft *fft, Float32 *real, Float32 *imaginary);

#endif
