/* The right-hand side of the periodic 2-D Brusselator on an n x n grid: u first, then v, row by row.
 * `inside` holds 1 at the points of the disc that is fed once t >= 1.1, else 0. */

void brusselator(int n, double t, const double *restrict inside, const double *restrict w, double *restrict dw) {
    const double a = 10, b = 3.4, scale = a * (n - 1) * (n - 1), feed = t >= 1.1 ? 5 : 0;
    const double *restrict u = w, *restrict v = w + n * n;
    double *restrict du = dw, *restrict dv = dw + n * n;
    for (int i = 0; i < n; i++) {
        int row = i * n, above = (i ? i - 1 : n - 1) * n, below = (i < n - 1 ? i + 1 : 0) * n;
        for (int j = 0; j < n; j++) {
            int k = row + j, left = row + (j ? j - 1 : n - 1), right = row + (j < n - 1 ? j + 1 : 0);
            double reaction = u[k] * u[k] * v[k];
            du[k] = scale * (u[above + j] + u[below + j] + u[left] + u[right] - 4 * u[k])
                  + 1 + reaction - (b + 1) * u[k] + feed * inside[k];
            dv[k] = scale * (v[above + j] + v[below + j] + v[left] + v[right] - 4 * v[k]) + b * u[k] - reaction;
        }
    }
}
