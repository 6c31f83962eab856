/* The kernels for float32. */
typedef float real;
#define REAL_TYPE CM_F32
#define REAL_ABS __builtin_fabsf
#define ROUNDED_24 rounded_large_float
#define ROUNDED_REAL rounded_float

#include "real_kernels.h"
#include "real_convert.h"

const cm_real_ops cm_f32_ops = REAL_OPS;
