#include "fft.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool cm_fft_init(cm_fft *fft, size_t size)
{
    size_t half = size / 2;
    *fft = (cm_fft){ .size = size,
                     .cosines = malloc(half * sizeof(Float32)),
                     .sines = malloc(half * sizeof(Float32)),
                     .scratch = malloc(2 * size * sizeof(Float32)) };
    if (!fft->cosines || !fft->sines || !fft->scratch)
        return false;
    for (size_t k = 0; k < half; k++) {
        double angle = 2 * M_PI * (double)k / (double)size;
        fft->cosines[k] = (Float32)cos(angle);
        fft->sines[k] = (Float32)sin(angle);
    }
    return true;
}

void cm_fft_free(cm_fft *fft)
{
    free(fft->cosines);
    free(fft->sines);
    free(fft->scratch);
    *fft = (cm_fft){ 0 };
}

typedef struct plane {
    Float32 *re, *im;
} plane;

/* Butterflies between elements half the size apart, `stride` transforms side by side. */
static void pass(const cm_fft *fft, size_t stride, plane x, plane y)
{
    size_t half = fft->size / 2, groups = half / stride;
    for (size_t p = 0; p < groups; p++) {
        Float32 c = fft->cosines[p * stride], s = fft->sines[p * stride];
        const Float32 *ar = x.re + p * stride, *ai = x.im + p * stride;
        const Float32 *br = ar + half, *bi = ai + half;
        Float32 *sum_re = y.re + 2 * p * stride, *sum_im = y.im + 2 * p * stride;
        Float32 *turned_re = sum_re + stride, *turned_im = sum_im + stride;
        for (size_t q = 0; q < stride; q++) {
            Float32 re = ar[q] - br[q], im = ai[q] - bi[q];
            sum_re[q] = ar[q] + br[q];
            sum_im[q] = ai[q] + bi[q];
            turned_re[q] = re * c + im * s;
            turned_im[q] = im * c - re * s;
        }
    }
}

/* Stockham's order: what a pass leaves is sorted, so nothing has to be permuted. */
void cm_fft_run(cm_fft *fft, Float32 *real, Float32 *imaginary)
{
    plane x = { real, imaginary }, y = { fft->scratch, fft->scratch + fft->size };
    for (size_t stride = 1; stride < fft->size; stride *= 2) {
        pass(fft, stride, x, y);
        plane made = y;
        y = x;
        x = made;
    }
    if (x.re == real)
        return;
    memcpy(real, x.re, fft->size * sizeof *real);
    memcpy(imaginary, x.im, fft->size * sizeof *imaginary);
}
