/* The periodic 2-D Brusselator by CVODE's differentiation formulas, with KLU (columns ordered by AMD) or with GMRES, which an
 * incomplete factorisation of I - gamma J preconditions: ILU(0), or MILU(0), which takes what it drops from the diagonal.
 *
 * The unknowns are u, then v, row by row, as in brusselator.c. The run stops at t = 1.1, where the feed begins. */
#include <cvode/cvode.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <stdlib.h>
#include <string.h>
#include <sunlinsol/sunlinsol_klu.h>
#include <sunlinsol/sunlinsol_spgmr.h>
#include <sunmatrix/sunmatrix_sparse.h>

void brusselator(int n, double t, const double *restrict inside, const double *restrict w, double *restrict dw);

enum { KLU, ILU, MILU };

typedef struct {
    int n, unknowns, kept;
    double feeding;
    const double *inside;
    /* The columns of J, each with ascending rows, and its values; then those of the incomplete factors. */
    sunindextype *starts, *rows, *diagonal, *slots;
    double *values, *factors;
} Data;

static int at(int n, int i, int j) { return (i + n) % n * n + (j + n) % n; }

static int ascending(const void *a, const void *b) {
    sunindextype x = *(const sunindextype *)a, y = *(const sunindextype *)b;
    return (x > y) - (x < y);
}

/* Column k of one species: itself, the other species at this point, and the four neighbours. */
static void pattern(Data *d) {
    int n = d->n, points = n * n, slot = 0;
    for (int c = 0; c < d->unknowns; c++) {
        int k = c % points, own = c - k, i = k / n, j = k % n;
        sunindextype *rows = d->rows + slot;
        rows[0] = c, rows[1] = (c + points) % d->unknowns;
        rows[2] = own + at(n, i - 1, j), rows[3] = own + at(n, i + 1, j);
        rows[4] = own + at(n, i, j - 1), rows[5] = own + at(n, i, j + 1);
        qsort(rows, 6, sizeof *rows, ascending);
        d->starts[c] = slot;
        for (int m = 0; m < 6; m++)
            if (rows[m] == c) d->diagonal[c] = slot + m;
        slot += 6;
    }
    d->starts[d->unknowns] = slot;
}

static void fill(const Data *d, const double *w, double *values) {
    int points = d->n * d->n;
    double diffusion = 10.0 * (d->n - 1) * (d->n - 1);
    for (int c = 0; c < d->unknowns; c++) {
        int k = c % points;
        double u = w[k], v = w[points + k], by_u[2] = {2 * u * v - 4.4, 3.4 - 2 * u * v}, by_v[2] = {u * u, -u * u};
        const double *by = c < points ? by_u : by_v;
        for (int slot = d->starts[c]; slot < d->starts[c + 1]; slot++) {
            int row = d->rows[slot];
            if (row == c) values[slot] = by[c >= points] - 4 * diffusion;
            else values[slot] = row % points == k ? by[row >= points] : diffusion;
        }
    }
}

static int rhs(realtype t, N_Vector u, N_Vector du, void *data) {
    Data *d = data;
    (void)t;
    brusselator(d->n, d->feeding ? 2 : 0, d->inside, N_VGetArrayPointer(u), N_VGetArrayPointer(du));
    return 0;
}

static int jacobian(realtype t, N_Vector u, N_Vector f, SUNMatrix j, void *data, N_Vector a, N_Vector b, N_Vector c) {
    Data *d = data;
    (void)t, (void)f, (void)a, (void)b, (void)c;
    memcpy(SUNSparseMatrix_IndexPointers(j), d->starts, (d->unknowns + 1) * sizeof *d->starts);
    memcpy(SUNSparseMatrix_IndexValues(j), d->rows, d->starts[d->unknowns] * sizeof *d->rows);
    fill(d, N_VGetArrayPointer(u), SUNSparseMatrix_Data(j));
    return 0;
}

static int product(N_Vector v, N_Vector jv, realtype t, N_Vector u, N_Vector f, void *data, N_Vector work) {
    Data *d = data;
    (void)t, (void)f, (void)work;
    int n = d->n, points = n * n;
    double diffusion = 10.0 * (n - 1) * (n - 1);
    const double *restrict w = N_VGetArrayPointer(u), *restrict x = N_VGetArrayPointer(v);
    double *restrict y = N_VGetArrayPointer(jv);
    for (int i = 0; i < n; i++) {
        int row = i * n, above = (i ? i - 1 : n - 1) * n, below = (i < n - 1 ? i + 1 : 0) * n;
        for (int j = 0; j < n; j++) {
            int k = row + j, l = row + (j ? j - 1 : n - 1), r = row + (j < n - 1 ? j + 1 : 0);
            const double *p = x + points;
            double change = 2 * w[k] * w[points + k] * x[k] + w[k] * w[k] * p[k];
            y[k] = diffusion * (x[above + j] + x[below + j] + x[l] + x[r] - 4 * x[k]) + change - 4.4 * x[k];
            y[points + k] = diffusion * (p[above + j] + p[below + j] + p[l] + p[r] - 4 * p[k]) + 3.4 * x[k] - change;
        }
    }
    return 0;
}

/* L and U in the pattern of J, column by column, the diagonal of U inverted. */
static int set_up(realtype t, N_Vector u, N_Vector f, booleantype kept, booleantype *made, realtype gamma, void *data) {
    Data *d = data;
    (void)t, (void)f;
    if (!kept) fill(d, N_VGetArrayPointer(u), d->values);
    *made = !kept;
    double *factors = d->factors;
    for (int slot = 0; slot < d->starts[d->unknowns]; slot++) factors[slot] = -gamma * d->values[slot];
    for (int c = 0; c < d->unknowns; c++) {
        double dropped = 0;
        factors[d->diagonal[c]] += 1;
        for (int s = d->starts[c]; s < d->starts[c + 1]; s++) d->slots[d->rows[s]] = s;
        for (int s = d->starts[c]; s < d->diagonal[c]; s++) {
            int k = d->rows[s];
            for (int b = d->diagonal[k] + 1; b < d->starts[k + 1]; b++) {
                int slot = d->slots[d->rows[b]];
                if (slot < 0) dropped += factors[b] * factors[s];
                else factors[slot] -= factors[b] * factors[s];
            }
        }
        factors[d->diagonal[c]] = 1 / (factors[d->diagonal[c]] - d->kept * dropped);
        for (int s = d->diagonal[c] + 1; s < d->starts[c + 1]; s++) factors[s] *= factors[d->diagonal[c]];
        for (int s = d->starts[c]; s < d->starts[c + 1]; s++) d->slots[d->rows[s]] = -1;
    }
    return 0;
}

static int precondition(realtype t, N_Vector u, N_Vector f, N_Vector r, N_Vector z, realtype gamma, realtype delta,
                        int side, void *data) {
    Data *d = data;
    (void)t, (void)u, (void)f, (void)gamma, (void)delta, (void)side;
    double *restrict x = N_VGetArrayPointer(z);
    memcpy(x, N_VGetArrayPointer(r), d->unknowns * sizeof *x);
    for (int c = 0; c < d->unknowns; c++)
        for (int s = d->diagonal[c] + 1; s < d->starts[c + 1]; s++) x[d->rows[s]] -= d->factors[s] * x[c];
    for (int c = d->unknowns - 1; c >= 0; c--) {
        x[c] *= d->factors[d->diagonal[c]];
        for (int s = d->starts[c]; s < d->diagonal[c]; s++) x[d->rows[s]] -= d->factors[s] * x[c];
    }
    return 0;
}

/* From 0 to t1 in place; how many steps it took, or -1 after a failure. */
long cvode_brusselator(int n, int form, double rtol, double atol, double t1, const double *inside, double *w) {
    int unknowns = 2 * n * n, entries = 6 * unknowns, failed = 0;
    Data d = {.n = n, .unknowns = unknowns, .kept = form == MILU, .inside = inside};
    d.starts = malloc((unknowns + 1) * sizeof *d.starts), d.rows = malloc(entries * sizeof *d.rows);
    d.diagonal = malloc(unknowns * sizeof *d.diagonal), d.slots = malloc(unknowns * sizeof *d.slots);
    d.values = malloc(entries * sizeof *d.values), d.factors = malloc(entries * sizeof *d.factors);
    for (int c = 0; c < unknowns; c++) d.slots[c] = -1;
    pattern(&d);
    SUNContext context;
    SUNContext_Create(NULL, &context);
    N_Vector u = N_VMake_Serial(unknowns, w, context);
    void *cvode = CVodeCreate(CV_BDF, context);
    failed |= CVodeInit(cvode, rhs, 0, u) | CVodeSStolerances(cvode, rtol, atol) | CVodeSetUserData(cvode, &d);
    CVodeSetMaxNumSteps(cvode, 1000000);
    SUNMatrix matrix = NULL;
    SUNLinearSolver solver;
    if (form == KLU) {
        matrix = SUNSparseMatrix(unknowns, unknowns, entries, CSC_MAT, context);
        solver = SUNLinSol_KLU(u, matrix, context);
        SUNLinSol_KLUSetOrdering(solver, 0);
        failed |= CVodeSetLinearSolver(cvode, solver, matrix) | CVodeSetJacFn(cvode, jacobian);
    } else {
        solver = SUNLinSol_SPGMR(u, SUN_PREC_LEFT, 30, context);
        failed |= CVodeSetLinearSolver(cvode, solver, NULL) | CVodeSetPreconditioner(cvode, set_up, precondition)
                | CVodeSetJacTimes(cvode, NULL, product);
    }
    long steps = 0, part = 0;
    double t, ends[2] = {1.1, t1};
    for (int k = 0; k < 2 && !failed; k++) {
        d.feeding = k;
        if (k) failed |= CVodeReInit(cvode, ends[0], u);
        CVodeSetStopTime(cvode, ends[k]);
        failed |= CVode(cvode, ends[k], u, &t, CV_NORMAL) < 0;
        CVodeGetNumSteps(cvode, &part);
        steps += part;
    }
    CVodeFree(&cvode), SUNLinSolFree(solver), N_VDestroy(u), SUNContext_Free(&context);
    if (matrix) SUNMatDestroy(matrix);
    free(d.starts), free(d.rows), free(d.diagonal), free(d.slots), free(d.values), free(d.factors);
    return failed ? -1 : steps;
}
