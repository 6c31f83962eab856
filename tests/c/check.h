/* check.h: the few macros that the engine's C tests are written with. A failed check prints and ends the
 * program. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s: not true: %s\n", __FILE__, __LINE__, __func__, #condition);          \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

#define CHECK_EQ(actual, expected)                                                                           \
    do {                                                                                                     \
        long long check_a = (long long)(actual), check_e = (long long)(expected);                            \
        if (check_a != check_e) {                                                                            \
            fprintf(stderr, "%s:%d: %s: %s is %lld (0x%llx), not %lld (0x%llx)\n", __FILE__, __LINE__,       \
                    __func__, #actual, check_a, (unsigned long long)check_a, check_e,                        \
                    (unsigned long long)check_e);                                                            \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

#define CHECK_NEAR(actual, expected, tolerance)                                                              \
    do {                                                                                                     \
        double check_a = (double)(actual), check_e = (double)(expected);                                     \
        if (!(fabs(check_a - check_e) <= (tolerance))) {                                                     \
            fprintf(stderr, "%s:%d: %s: %s is %.17g, not %.17g within %g\n", __FILE__, __LINE__, __func__,   \
                    #actual, check_a, check_e, (double)(tolerance));                                         \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

#define CHECK_STR(actual, expected)                                                                          \
    do {                                                                                                     \
        const char *check_a = (actual), *check_e = (expected);                                               \
        if (!check_a || strcmp(check_a, check_e) != 0) {                                                     \
            fprintf(stderr, "%s:%d: %s: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, __func__, #actual,  \
                    check_a ? check_a : "(null)", check_e);                                                  \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

#define RUN(test)                                                                                            \
    do {                                                                                                     \
        test();                                                                                              \
        printf("ok %s\n", #test);                                                                            \
    } while (0)

#endif
