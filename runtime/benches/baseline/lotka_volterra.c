/* Lotka-Volterra by Tsit5: x' = 1.5 x - x y, y' = -3 y + x y. */
#include "tsit5.h"

INLINE void lotka_volterra(const double *restrict u, double *restrict du) {
    double eaten = u[0] * u[1];
    du[0] = 1.5 * u[0] - eaten;
    du[1] = -3.0 * u[1] + eaten;
}

int tsit5_lotka_volterra(double t1, double rtol, double atol, double *u, long *counters) {
    return tsit5(2, lotka_volterra, t1, rtol, atol, u, counters);
}
