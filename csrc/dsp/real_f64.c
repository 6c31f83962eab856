/* The kernels for float64. */
typedef double real;
#define REAL_TYPE CM_F64
#define REAL_ABS __builtin_fabs
#define ROUNDED_24 rounded_double
#define ROUNDED_REAL rounded_double

#include "real_kernels.h"
#include "real_convert.h"

const cm_real_ops cm_f64_ops = REAL_OPS;
