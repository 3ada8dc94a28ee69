/* The right-hand sides as numbalsoda calls them, and where they start. */
#include "problems.h"

#define FUNCTION(name, n, ...)                                                                                               \
    void rhs_##name(double t, const double *y, double *dy, const double *p) {                                                \
        (void)t, (void)p;                                                                                                    \
        name(y, dy);                                                                                                         \
    }                                                                                                                        \
    const int size_##name = n;                                                                                               \
    const double start_##name[LARGEST] = {__VA_ARGS__};
STIFF(FUNCTION)
NON_STIFF(FUNCTION)
