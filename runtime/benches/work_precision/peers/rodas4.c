/* RODAS 4(3) by hand: analytic Jacobian, dense LU with its size known at compile time, Gustafsson's step control.
 *
 * Hairer and Wanner, Solving ODEs II (1996), IV.7 and IV.8: the stages in the variables U = sum of gamma k, the difference of
 * the last two solutions as the estimate of the error. Autonomous systems alone. */
#include "problems.h"
#include "serve.h"

#define MOST_STEPS 5000000

/* Factorises m, held by columns, in place; a row changes places from the column on in which it was chosen. */
INLINE int factorise(int n, double *restrict m, double *restrict inverse, int *restrict pivot) {
    for (int i = 0; i < n; i++) {
        int p = i;
        for (int r = i + 1; r < n; r++)
            if (fabs(m[i * n + r]) > fabs(m[i * n + p])) p = r;
        pivot[i] = p;
        if (p != i)
            for (int c = i; c < n; c++) {
                double x = m[c * n + i];
                m[c * n + i] = m[c * n + p];
                m[c * n + p] = x;
            }
        if (m[i * n + i] == 0) return 1;
        inverse[i] = 1 / m[i * n + i];
        for (int r = i + 1; r < n; r++) m[i * n + r] *= inverse[i];
        for (int c = i + 1; c < n; c++) {
            double x = m[c * n + i];
            if (x != 0)
                for (int r = i + 1; r < n; r++) m[c * n + r] -= m[i * n + r] * x;
        }
    }
    return 0;
}

INLINE void substitute(int n, const double *restrict m, const double *restrict inverse, const int *restrict pivot,
                       double *restrict b) {
    for (int i = 0; i < n; i++) {
        double x = b[pivot[i]];
        b[pivot[i]] = b[i];
        b[i] = x;
        for (int r = i + 1; r < n; r++) b[r] -= m[i * n + r] * x;
    }
    for (int i = n - 1; i >= 0; i--) {
        double x = b[i] *= inverse[i];
        for (int r = 0; r < i; r++) b[r] -= m[i * n + r] * x;
    }
}

INLINE double norm(int n, const double *x, const double *a, const double *b, double rtol, double atol) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
        double q = x[i] / (atol + rtol * fmax(fabs(a[i]), fabs(b[i])));
        sum += q * q;
    }
    return sqrt(sum / n);
}

/* The factor by which a step is divided. */
INLINE double bounded(double factor) { return fmin(5, fmax(1.0 / 6, factor / 0.9)); }

INLINE int rodas4(int n, rhs f, jacobian df, double t1, double rtol, double atol, double *restrict y) {
    double f0[LARGEST], f1[LARGEST], z[LARGEST], u1[LARGEST], u2[LARGEST], u3[LARGEST], u4[LARGEST], u5[LARGEST], u6[LARGEST];
    double j[LARGEST * LARGEST] = {0}, m[LARGEST * LARGEST], inverse[LARGEST];
    int pivot[LARGEST], is_fresh = 0, was_rejected = 0;
    double t = 0, before = 0, error_before = 1;
    f(y, f0);
    double size = norm(n, y, y, y, rtol, atol), slope = norm(n, f0, y, y, rtol, atol);
    double h = slope < 1e-5 || size < 1e-5 ? 1e-6 : fmin(0.01 * size / slope, t1);
    for (long steps = 0; t < t1; steps++) {
        if (steps == MOST_STEPS || !(h > 1e-15 * t)) return 1;
        int is_last = t + 1.0000001 * h >= t1;
        if (is_last) h = t1 - t;
        if (!is_fresh) df(y, j), is_fresh = 1;
        double w = 1 / h, d = 4 * w;
        for (int c = 0; c < n; c++) {
            for (int r = 0; r < n; r++) m[c * n + r] = -j[c * n + r];
            m[c * n + c] += d;
        }
        if (factorise(n, m, inverse, pivot)) {
            h *= 0.5, was_rejected = 1;
            continue;
        }
        for (int i = 0; i < n; i++) u1[i] = f0[i];
        substitute(n, m, inverse, pivot, u1);
        for (int i = 0; i < n; i++) z[i] = y[i] + 1.544 * u1[i];
        f(z, f1);
        for (int i = 0; i < n; i++) u2[i] = f1[i] + w * (-5.6688 * u1[i]);
        substitute(n, m, inverse, pivot, u2);
        for (int i = 0; i < n; i++) z[i] = y[i] + 0.9466785280815826 * u1[i] + 0.2557011698983284 * u2[i];
        f(z, f1);
        for (int i = 0; i < n; i++) u3[i] = f1[i] + w * (-2.430093356833875 * u1[i] - 0.2063599157091915 * u2[i]);
        substitute(n, m, inverse, pivot, u3);
        for (int i = 0; i < n; i++)
            z[i] = y[i] + 3.314825187068521 * u1[i] + 2.896124015972201 * u2[i] + 0.9986419139977817 * u3[i];
        f(z, f1);
        for (int i = 0; i < n; i++)
            u4[i] = f1[i] + w * (-0.1073529058151375 * u1[i] - 9.594562251023355 * u2[i] - 20.47028614809616 * u3[i]);
        substitute(n, m, inverse, pivot, u4);
        for (int i = 0; i < n; i++)
            z[i] = y[i] + 1.221224509226641 * u1[i] + 6.019134481288629 * u2[i] + 12.53708332932087 * u3[i]
                   - 0.687886036105895 * u4[i];
        f(z, f1);
        for (int i = 0; i < n; i++)
            u5[i] = f1[i] + w * (7.496443313967647 * u1[i] - 10.24680431464352 * u2[i] - 33.99990352819905 * u3[i]
                                 + 11.7089089320616 * u4[i]);
        substitute(n, m, inverse, pivot, u5);
        for (int i = 0; i < n; i++) z[i] += u5[i];
        f(z, f1);
        for (int i = 0; i < n; i++)
            u6[i] = f1[i] + w * (8.083246795921522 * u1[i] - 7.981132988064893 * u2[i] - 31.52159432874371 * u3[i]
                                 + 16.31930543123136 * u4[i] - 6.058818238834054 * u5[i]);
        substitute(n, m, inverse, pivot, u6);
        for (int i = 0; i < n; i++) z[i] += u6[i];
        double error = norm(n, u6, y, z, rtol, atol);
        if (!(error < 1e300)) error = 1e3;
        double factor = bounded(sqrt(sqrt(error)));
        if (error <= 1) {
            t = is_last ? t1 : t + h;
            for (int i = 0; i < n; i++) y[i] = z[i];
            if (before > 0) factor = fmax(factor, bounded(before * sqrt(sqrt(error * error / error_before)) / h));
            before = h, error_before = fmax(0.01, error);
            h = was_rejected ? fmin(h, h / factor) : h / factor;
            was_rejected = is_fresh = 0;
            f(y, f0);
        } else {
            h /= factor, was_rejected = 1;
        }
    }
    return 0;
}

#define SOLVER(name, n, ...)                                                                                                 \
    static int solve_##name(double t1, double rtol, double atol, double *y) {                                                \
        return rodas4(n, name, name##_jacobian, t1, rtol, atol, y);                                                          \
    }
STIFF(SOLVER)

#define ENTRY(name, n, ...) {#name, n, {__VA_ARGS__}, solve_##name},
static const struct entry ENTRIES[] = {STIFF(ENTRY)};

int main(void) { return serve(ENTRIES, sizeof ENTRIES / sizeof *ENTRIES); }
