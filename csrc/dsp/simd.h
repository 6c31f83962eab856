/*
 * simd.h: how the kernels get vectorised. They are plain C loops; the compiler makes one copy for every
 * processor and one for AVX2, and the loader picks. Floating-point contraction stays off (ISO C mode), so
 * both copies give the same bits.
 */
#ifndef CM_DSP_SIMD_H
#define CM_DSP_SIMD_H

#include <stdint.h> /* also says whether the C library is glibc */

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define CM_HAVE_CLONES 1
#else
#define CM_HAVE_CLONES 0
#endif

/* Sanitizers instrument the pickers, which run before their run time is up. */
#if CM_HAVE_CLONES && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CM_CLONES __attribute__((target_clones("avx2", "default"), noinline))
#else
#define CM_CLONES
#endif

/* Says of the next loop that its buffers are the same or apart, never shifted against each other. */
#if defined(__clang__)
#define CM_SAME_OR_APART _Pragma("clang loop vectorize(assume_safety)")
#else
#define CM_SAME_OR_APART _Pragma("GCC ivdep")
#endif

#define CM_ALWAYS_INLINE static inline __attribute__((always_inline))

#endif
