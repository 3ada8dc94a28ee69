/* Pleiades by Tsit5: seven stars of masses 1 to 7 in the plane; u holds x, y, x' and y', seven of each. */
#include "tsit5.h"

#define STARS 7

INLINE void pleiades(const double *restrict u, double *restrict du) {
    const double *x = u, *y = u + STARS;
#pragma GCC unroll 14
    for (int i = 0; i < 2 * STARS; i++) du[i] = u[2 * STARS + i];
#pragma GCC unroll 7
    for (int i = 0; i < STARS; i++) {
        double ax = 0, ay = 0;
#pragma GCC unroll 7
        for (int j = 0; j < STARS; j++) {
            if (j == i) continue;
            double dx = x[j] - x[i], dy = y[j] - y[i];
            double square = dx * dx + dy * dy, cube = square * sqrt(square);
            ax += (j + 1.0) * dx / cube;
            ay += (j + 1.0) * dy / cube;
        }
        du[2 * STARS + i] = ax;
        du[3 * STARS + i] = ay;
    }
}

int tsit5_pleiades(double t1, double rtol, double atol, double *u, long *counters) {
    return tsit5(4 * STARS, pleiades, t1, rtol, atol, u, counters);
}
