/* Tsitouras 5(4) with a PI controller, written once for a right-hand side and a size that are known at compile time.
 *
 * Tableau: Ch. Tsitouras, Comput. Math. Appl. 62 (2011) 770-775. First step: Hairer, Norsett, Wanner I, II.4.
 * Controller: factor 0.9, exponents 0.14 and 0.08, a step grows at most 10 times and shrinks at most 5 times.
 * The error norm is the root mean square of e/(atol + rtol*max(|u|, |v|)), v the new state; the last stage is the
 * first one of the next step. `always_inline` makes each caller an instance of its own, with its loops unrolled. */
#include <math.h>

#define LARGEST 28
#define INLINE static inline __attribute__((always_inline))

typedef void (*rhs)(const double *restrict u, double *restrict du);

/* What a solve cost, in the order in which the callers see it. */
enum { EVALUATIONS, ACCEPTED, REJECTED, COUNTERS };

INLINE double norm(int n, const double *x, const double *a, const double *b, double rtol, double atol) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
        double r = x[i] / (atol + rtol * fmax(fabs(a[i]), fabs(b[i])));
        sum += r * r;
    }
    return sqrt(sum / n);
}

/* The first step, from the sizes of u, u' and u'' in the norm of the error test; z and k are work space. */
INLINE double first_step(int n, rhs f, const double *u, const double *du, double rtol, double atol, double *z, double *k) {
    double size = norm(n, u, u, u, rtol, atol), slope = norm(n, du, u, u, rtol, atol);
    double trial = size < 1e-5 || slope < 1e-5 ? 1e-6 : 0.01 * size / slope;
    for (int i = 0; i < n; i++) z[i] = u[i] + trial * du[i];
    f(z, k);
    for (int i = 0; i < n; i++) z[i] = k[i] - du[i];
    double bend = fmax(slope, norm(n, z, u, u, rtol, atol) / trial);
    double h = bend <= 1e-15 ? fmax(1e-6, 1e-3 * trial) : pow(0.01 / bend, 0.2);
    return fmin(100 * trial, h);
}

/* Solves u' = f(u) from t = 0 to t1 in place. Returns 0, or 1 when the step size vanished. */
INLINE int tsit5(int n, rhs f, double t1, double rtol, double atol, double *restrict u, long *restrict counters) {
    double k1[LARGEST], k2[LARGEST], k3[LARGEST], k4[LARGEST], k5[LARGEST], k6[LARGEST], k7[LARGEST];
    double z[LARGEST], v[LARGEST], e[LARGEST];
    long accepted = 0, rejected = 0;
    double t = 0, before = 1e-4;
    f(u, k1);
    double h = first_step(n, f, u, k1, rtol, atol, z, k2);
    while (t < t1) {
        int last = t + 1.0000001 * h >= t1;
        if (last) h = t1 - t;
        for (int i = 0; i < n; i++) z[i] = u[i] + h * (0.161 * k1[i]);
        f(z, k2);
        for (int i = 0; i < n; i++) z[i] = u[i] + h * (-0.008480655492356989 * k1[i] + 0.335480655492357 * k2[i]);
        f(z, k3);
        for (int i = 0; i < n; i++)
            z[i] = u[i] + h * (2.8971530571054935 * k1[i] - 6.359448489975075 * k2[i] + 4.3622954328695815 * k3[i]);
        f(z, k4);
        for (int i = 0; i < n; i++)
            z[i] = u[i] + h * (5.325864828439257 * k1[i] - 11.748883564062828 * k2[i] + 7.4955393428898365 * k3[i]
                               - 0.09249506636175525 * k4[i]);
        f(z, k5);
        for (int i = 0; i < n; i++)
            z[i] = u[i] + h * (5.86145544294642 * k1[i] - 12.92096931784711 * k2[i] + 8.159367898576159 * k3[i]
                               - 0.071584973281401 * k4[i] - 0.028269050394068383 * k5[i]);
        f(z, k6);
        for (int i = 0; i < n; i++)
            v[i] = u[i] + h * (0.09646076681806523 * k1[i] + 0.01 * k2[i] + 0.4798896504144996 * k3[i]
                               + 1.379008574103742 * k4[i] - 3.290069515436081 * k5[i] + 2.324710524099774 * k6[i]);
        f(v, k7);
        for (int i = 0; i < n; i++)
            e[i] = h * (-0.00178001105222577714 * k1[i] - 0.0008164344596567469 * k2[i] + 0.007880878010261995 * k3[i]
                        - 0.1447110071732629 * k4[i] + 0.5823571654525552 * k5[i] - 0.45808210592918697 * k6[i]
                        + 0.015151515151515152 * k7[i]);
        double error = norm(n, e, u, v, rtol, atol);
        double proportional = error > 1e-10 ? pow(error, 0.14) : 0.03;
        if (error <= 1) {
            accepted++;
            t = last ? t1 : t + h;
            for (int i = 0; i < n; i++) u[i] = v[i], k1[i] = k7[i];
            h /= fmin(fmax(proportional / pow(before, 0.08) / 0.9, 0.1), 5);
            before = fmax(error, 1e-4);
        } else {
            rejected++;
            h /= fmin(proportional / 0.9, 5);
        }
        if (!(h > 1e-14 * t)) return 1;
    }
    counters[EVALUATIONS] = 2 + 6 * (accepted + rejected);
    counters[ACCEPTED] = accepted;
    counters[REJECTED] = rejected;
    return 0;
}
