/* The problems as a careful C programmer writes them: right-hand sides, and for the stiff ones dense Jacobians by columns,
 * zeros set before. All are autonomous. Their sources are named in the models of `../models`. */
#include <math.h>

#define INLINE static inline __attribute__((always_inline))
#define LARGEST 28

typedef void (*rhs)(const double *restrict y, double *restrict dy);
typedef void (*jacobian)(const double *restrict y, double *restrict j);

INLINE void rober(const double *restrict y, double *restrict dy) {
    double a = 0.04 * y[0], b = 1e4 * y[1] * y[2], c = 3e7 * y[1] * y[1];
    dy[0] = b - a;
    dy[1] = a - b - c;
    dy[2] = c;
}

INLINE void rober_jacobian(const double *restrict y, double *restrict j) {
    j[0] = -0.04;
    j[1] = 0.04;
    j[3] = 1e4 * y[2];
    j[4] = -1e4 * y[2] - 6e7 * y[1];
    j[5] = 6e7 * y[1];
    j[6] = 1e4 * y[1];
    j[7] = -1e4 * y[1];
}

INLINE void hires(const double *restrict y, double *restrict dy) {
    double bound = 280.0 * y[5] * y[7];
    dy[0] = -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007;
    dy[1] = 1.71 * y[0] - 8.75 * y[1];
    dy[2] = -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4];
    dy[3] = 8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3];
    dy[4] = -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6];
    dy[5] = -bound + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6];
    dy[6] = bound - 1.81 * y[6];
    dy[7] = -dy[6];
}

INLINE void hires_jacobian(const double *restrict y, double *restrict j) {
    double by6 = 280.0 * y[7], by8 = 280.0 * y[5];
    j[0 * 8 + 0] = -1.71;
    j[0 * 8 + 1] = 1.71;
    j[1 * 8 + 0] = 0.43;
    j[1 * 8 + 1] = -8.75;
    j[1 * 8 + 3] = 8.32;
    j[2 * 8 + 0] = 8.32;
    j[2 * 8 + 2] = -10.03;
    j[2 * 8 + 3] = 1.71;
    j[3 * 8 + 2] = 0.43;
    j[3 * 8 + 3] = -1.12;
    j[3 * 8 + 5] = 0.69;
    j[4 * 8 + 2] = 0.035;
    j[4 * 8 + 4] = -1.745;
    j[4 * 8 + 5] = 1.71;
    j[5 * 8 + 4] = 0.43;
    j[5 * 8 + 5] = -by6 - 0.43;
    j[5 * 8 + 6] = by6;
    j[5 * 8 + 7] = -by6;
    j[6 * 8 + 4] = 0.43;
    j[6 * 8 + 5] = 0.69;
    j[6 * 8 + 6] = -1.81;
    j[6 * 8 + 7] = 1.81;
    j[7 * 8 + 5] = -by8;
    j[7 * 8 + 6] = by8;
    j[7 * 8 + 7] = -by8;
}

INLINE void orego(const double *restrict y, double *restrict dy) {
    dy[0] = 77.27 * (y[1] + y[0] * (1.0 - 8.375e-6 * y[0] - y[1]));
    dy[1] = (y[2] - (1.0 + y[0]) * y[1]) * (1.0 / 77.27);
    dy[2] = 0.161 * (y[0] - y[2]);
}

INLINE void orego_jacobian(const double *restrict y, double *restrict j) {
    j[0] = 77.27 * (1.0 - 2.0 * 8.375e-6 * y[0] - y[1]);
    j[1] = -y[1] * (1.0 / 77.27);
    j[2] = 0.161;
    j[3] = 77.27 * (1.0 - y[0]);
    j[4] = -(1.0 + y[0]) * (1.0 / 77.27);
    j[7] = 1.0 / 77.27;
    j[8] = -0.161;
}

INLINE void vdp(const double *restrict y, double *restrict dy) {
    dy[0] = y[1];
    dy[1] = 1e6 * ((1.0 - y[0] * y[0]) * y[1] - y[0]);
}

INLINE void vdp_jacobian(const double *restrict y, double *restrict j) {
    j[1] = 1e6 * (-2.0 * y[0] * y[1] - 1.0);
    j[2] = 1.0;
    j[3] = 1e6 * (1.0 - y[0] * y[0]);
}

INLINE void arenstorf(const double *restrict y, double *restrict dy) {
    const double m = 0.012277471, n = 1.0 - 0.012277471;
    double a = (y[0] + m) * (y[0] + m) + y[1] * y[1], b = (y[0] - n) * (y[0] - n) + y[1] * y[1];
    double earth = n / (a * sqrt(a)), moon = m / (b * sqrt(b));
    dy[0] = y[2];
    dy[1] = y[3];
    dy[2] = y[0] + 2.0 * y[3] - earth * (y[0] + m) - moon * (y[0] - n);
    dy[3] = y[1] - 2.0 * y[2] - (earth + moon) * y[1];
}

/* Seven stars of masses 1 to 7 in the plane: x, y, x' and y', seven of each. */
INLINE void pleiades(const double *restrict y, double *restrict dy) {
#pragma GCC unroll 14
    for (int i = 0; i < 14; i++) dy[i] = y[14 + i], dy[14 + i] = 0;
#pragma GCC unroll 7
    for (int i = 1; i < 7; i++) {
#pragma GCC unroll 7
        for (int k = 0; k < i; k++) {
            double dx = y[k] - y[i], dz = y[7 + k] - y[7 + i], square = dx * dx + dz * dz;
            double cube = 1.0 / (square * sqrt(square));
            dy[14 + i] += (k + 1) * cube * dx;
            dy[21 + i] += (k + 1) * cube * dz;
            dy[14 + k] -= (i + 1) * cube * dx;
            dy[21 + k] -= (i + 1) * cube * dz;
        }
    }
}

INLINE void pollu_rates(const double *restrict y, double *restrict r) {
    r[0] = 0.35 * y[0];
    r[1] = 26.6 * y[1] * y[3];
    r[2] = 12300.0 * y[4] * y[1];
    r[3] = 0.00086 * y[6];
    r[4] = 0.00082 * y[6];
    r[5] = 15000.0 * y[6] * y[5];
    r[6] = 0.00013 * y[8];
    r[7] = 24000.0 * y[8] * y[5];
    r[8] = 16500.0 * y[10] * y[1];
    r[9] = 9000.0 * y[10] * y[0];
    r[10] = 0.022 * y[12];
    r[11] = 12000.0 * y[9] * y[1];
    r[12] = 1.88 * y[13];
    r[13] = 16300.0 * y[0] * y[5];
    r[14] = 4800000.0 * y[2];
    r[15] = 0.00035 * y[3];
    r[16] = 0.0175 * y[3];
    r[17] = 1e8 * y[15];
    r[18] = 4.44e11 * y[15];
    r[19] = 1240.0 * y[16] * y[5];
    r[20] = 2.1 * y[18];
    r[21] = 5.78 * y[18];
    r[22] = 0.0474 * y[0] * y[3];
    r[23] = 1780.0 * y[18] * y[0];
    r[24] = 3.12 * y[19];
}

INLINE void pollu(const double *restrict y, double *restrict dy) {
    double r[25];
    pollu_rates(y, r);
    dy[0] = -r[0] + r[1] + r[2] + r[8] - r[9] + r[10] + r[11] - r[13] + r[21] - r[22] - r[23] + r[24];
    dy[1] = r[0] - r[1] - r[2] - r[8] - r[11] + r[20];
    dy[2] = r[0] - r[14] + r[16] + r[18] + r[21];
    dy[3] = -r[1] + r[14] - r[15] - r[16] - r[22];
    dy[4] = -r[2] + 2 * r[3] + r[5] + r[6] + r[12] + r[19];
    dy[5] = r[2] - r[5] - r[7] - r[13] + 2 * r[17] - r[19];
    dy[6] = -r[3] - r[4] - r[5] + r[12];
    dy[7] = r[3] + r[4] + r[5] + r[6];
    dy[8] = -r[6] - r[7];
    dy[9] = r[6] + r[8] - r[11];
    dy[10] = r[7] - r[8] - r[9] + r[10];
    dy[11] = r[8];
    dy[12] = r[9] - r[10];
    dy[13] = r[11] - r[12];
    dy[14] = r[13];
    dy[15] = r[15] - r[17] - r[18];
    dy[16] = -r[19];
    dy[17] = r[19];
    dy[18] = -r[20] - r[21] + r[22] - r[23] + r[24];
    dy[19] = r[23] - r[24];
}

INLINE void pollu_jacobian(const double *restrict y, double *restrict j) {
    j[0 * 20 + 0] = -0.35 - 9000.0 * y[10] - 16300.0 * y[5] - 0.0474 * y[3] - 1780.0 * y[18];
    j[0 * 20 + 1] = 0.35;
    j[0 * 20 + 2] = 0.35;
    j[0 * 20 + 3] = -0.0474 * y[3];
    j[0 * 20 + 5] = -16300.0 * y[5];
    j[0 * 20 + 10] = -9000.0 * y[10];
    j[0 * 20 + 12] = 9000.0 * y[10];
    j[0 * 20 + 14] = 16300.0 * y[5];
    j[0 * 20 + 18] = 0.0474 * y[3] - 1780.0 * y[18];
    j[0 * 20 + 19] = 1780.0 * y[18];
    j[1 * 20 + 0] = 26.6 * y[3] + 12300.0 * y[4] + 16500.0 * y[10] + 12000.0 * y[9];
    j[1 * 20 + 1] = -26.6 * y[3] - 12300.0 * y[4] - 16500.0 * y[10] - 12000.0 * y[9];
    j[1 * 20 + 3] = -26.6 * y[3];
    j[1 * 20 + 4] = -12300.0 * y[4];
    j[1 * 20 + 5] = 12300.0 * y[4];
    j[1 * 20 + 9] = 16500.0 * y[10] - 12000.0 * y[9];
    j[1 * 20 + 10] = -16500.0 * y[10];
    j[1 * 20 + 11] = 16500.0 * y[10];
    j[1 * 20 + 13] = 12000.0 * y[9];
    j[2 * 20 + 2] = -4800000.0;
    j[2 * 20 + 3] = 4800000.0;
    j[3 * 20 + 0] = 26.6 * y[1] - 0.0474 * y[0];
    j[3 * 20 + 1] = -26.6 * y[1];
    j[3 * 20 + 2] = 0.0175;
    j[3 * 20 + 3] = -26.6 * y[1] - 0.00035 - 0.0175 - 0.0474 * y[0];
    j[3 * 20 + 15] = 0.00035;
    j[3 * 20 + 18] = 0.0474 * y[0];
    j[4 * 20 + 0] = 12300.0 * y[1];
    j[4 * 20 + 1] = -12300.0 * y[1];
    j[4 * 20 + 4] = -12300.0 * y[1];
    j[4 * 20 + 5] = 12300.0 * y[1];
    j[5 * 20 + 0] = -16300.0 * y[0];
    j[5 * 20 + 4] = 15000.0 * y[6] + 1240.0 * y[16];
    j[5 * 20 + 5] = -15000.0 * y[6] - 24000.0 * y[8] - 16300.0 * y[0] - 1240.0 * y[16];
    j[5 * 20 + 6] = -15000.0 * y[6];
    j[5 * 20 + 7] = 15000.0 * y[6];
    j[5 * 20 + 8] = -24000.0 * y[8];
    j[5 * 20 + 10] = 24000.0 * y[8];
    j[5 * 20 + 14] = 16300.0 * y[0];
    j[5 * 20 + 16] = -1240.0 * y[16];
    j[5 * 20 + 17] = 1240.0 * y[16];
    j[6 * 20 + 4] = 2 * 0.00086 + 15000.0 * y[5];
    j[6 * 20 + 5] = -15000.0 * y[5];
    j[6 * 20 + 6] = -0.00086 - 0.00082 - 15000.0 * y[5];
    j[6 * 20 + 7] = 0.00086 + 0.00082 + 15000.0 * y[5];
    j[8 * 20 + 4] = 0.00013;
    j[8 * 20 + 5] = -24000.0 * y[5];
    j[8 * 20 + 7] = 0.00013;
    j[8 * 20 + 8] = -0.00013 - 24000.0 * y[5];
    j[8 * 20 + 9] = 0.00013;
    j[8 * 20 + 10] = 24000.0 * y[5];
    j[9 * 20 + 0] = 12000.0 * y[1];
    j[9 * 20 + 1] = -12000.0 * y[1];
    j[9 * 20 + 9] = -12000.0 * y[1];
    j[9 * 20 + 13] = 12000.0 * y[1];
    j[10 * 20 + 0] = 16500.0 * y[1] - 9000.0 * y[0];
    j[10 * 20 + 1] = -16500.0 * y[1];
    j[10 * 20 + 9] = 16500.0 * y[1];
    j[10 * 20 + 10] = -16500.0 * y[1] - 9000.0 * y[0];
    j[10 * 20 + 11] = 16500.0 * y[1];
    j[10 * 20 + 12] = 9000.0 * y[0];
    j[12 * 20 + 0] = 0.022;
    j[12 * 20 + 10] = 0.022;
    j[12 * 20 + 12] = -0.022;
    j[13 * 20 + 4] = 1.88;
    j[13 * 20 + 6] = 1.88;
    j[13 * 20 + 13] = -1.88;
    j[15 * 20 + 2] = 4.44e11;
    j[15 * 20 + 5] = 2 * 1e8;
    j[15 * 20 + 15] = -1e8 - 4.44e11;
    j[16 * 20 + 4] = 1240.0 * y[5];
    j[16 * 20 + 5] = -1240.0 * y[5];
    j[16 * 20 + 16] = -1240.0 * y[5];
    j[16 * 20 + 17] = 1240.0 * y[5];
    j[18 * 20 + 0] = 5.78 - 1780.0 * y[0];
    j[18 * 20 + 1] = 2.1;
    j[18 * 20 + 2] = 5.78;
    j[18 * 20 + 18] = -2.1 - 5.78 - 1780.0 * y[0];
    j[18 * 20 + 19] = 1780.0 * y[0];
    j[19 * 20 + 0] = 3.12;
    j[19 * 20 + 18] = 3.12;
    j[19 * 20 + 19] = -3.12;
}

/* X(name, size, initial values, …) for each of the stiff ones, and for each of the others. */
#define STIFF(X)                                                                                                             \
    X(rober, 3, 1)                                                                                                           \
    X(hires, 8, 1, 0, 0, 0, 0, 0, 0, 0.0057)                                                                                 \
    X(orego, 3, 1, 2, 3)                                                                                                     \
    X(pollu, 20, 0, 0.2, 0, 0.04, 0, 0, 0.1, 0.3, 0.01, 0, 0, 0, 0, 0, 0, 0, 0.007)                                          \
    X(vdp, 2, 2)
#define NON_STIFF(X)                                                                                                         \
    X(arenstorf, 4, 0.994, 0, 0, -2.00158510637908252240537862224)                                                           \
    X(pleiades, 28, 3, 3, -1, -3, 2, -2, 2, 3, -3, 2, 0, 0, -4, 4, 0, 0, 0, 0, 0, 1.75, -1.5, 0, 0, 0, -1.25, 1)
