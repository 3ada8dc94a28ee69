/* Many Lotka-Volterra models by Tsit5, one after the other: x' = a x - b x y, y' = -c y + d x y. */
#include "tsit5.h"

static double p[4];

INLINE void lotka_volterra(const double *restrict u, double *restrict du) {
    du[0] = p[0] * u[0] - p[1] * u[0] * u[1];
    du[1] = -p[2] * u[1] + p[3] * u[0] * u[1];
}

/* Four parameters a member; two unknowns a member, in place. */
int tsit5_sweep(long members, const double *parameters, double t1, double rtol, double atol, double *u) {
    int failed = 0;
    for (long member = 0; member < members; member++) {
        long counters[COUNTERS];
        for (int k = 0; k < 4; k++) p[k] = parameters[4 * member + k];
        failed += tsit5(2, lotka_volterra, t1, rtol, atol, u + 2 * member, counters);
    }
    return failed;
}
