/* CVODE of SUNDIALS 6 or 7: BDF, dense LU, analytic Jacobian. What it needs is made once a problem; a solve starts it anew. */
#include "problems.h"
#include "serve.h"
#include <cvode/cvode.h>
#include <nvector/nvector_serial.h>
#include <sundials/sundials_config.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>

#if SUNDIALS_VERSION_MAJOR >= 7
#define NOWHERE SUN_COMM_NULL
#else
#define NOWHERE NULL
#endif

struct integrator {
    void *memory;
    N_Vector y;
};

static struct integrator made(int n, CVRhsFn f, CVLsJacFn df) {
    SUNContext context;
    struct integrator i;
    SUNContext_Create(NOWHERE, &context);
    i.y = N_VNew_Serial(n, context);
    i.memory = CVodeCreate(CV_BDF, context);
    CVodeInit(i.memory, f, 0, i.y);
    SUNMatrix m = SUNDenseMatrix(n, n, context);
    CVodeSetLinearSolver(i.memory, SUNLinSol_Dense(i.y, m, context), m);
    CVodeSetJacFn(i.memory, df);
    CVodeSetMaxNumSteps(i.memory, 5000000);
    return i;
}

static int solve(struct integrator *i, int n, double t1, double rtol, double atol, double *y) {
    double t;
    memcpy(N_VGetArrayPointer(i->y), y, n * sizeof *y);
    CVodeReInit(i->memory, 0, i->y);
    CVodeSStolerances(i->memory, rtol, atol);
    CVodeSetStopTime(i->memory, t1);
    int flag = CVode(i->memory, t1, i->y, &t, CV_NORMAL);
    memcpy(y, N_VGetArrayPointer(i->y), n * sizeof *y);
    return flag < 0;
}

#define SOLVER(name, n, ...)                                                                                                 \
    static int f_##name(sunrealtype t, N_Vector y, N_Vector dy, void *data) {                                                \
        (void)t, (void)data;                                                                                                 \
        name(N_VGetArrayPointer(y), N_VGetArrayPointer(dy));                                                                 \
        return 0;                                                                                                            \
    }                                                                                                                        \
    static int df_##name(sunrealtype t, N_Vector y, N_Vector dy, SUNMatrix j, void *data, N_Vector a, N_Vector b,            \
                         N_Vector c) {                                                                                       \
        (void)t, (void)dy, (void)data, (void)a, (void)b, (void)c;                                                            \
        name##_jacobian(N_VGetArrayPointer(y), SUNDenseMatrix_Data(j));                                                      \
        return 0;                                                                                                            \
    }                                                                                                                        \
    static int solve_##name(double t1, double rtol, double atol, double *y) {                                                \
        static struct integrator i;                                                                                          \
        if (!i.memory) i = made(n, f_##name, df_##name);                                                                     \
        return solve(&i, n, t1, rtol, atol, y);                                                                              \
    }
STIFF(SOLVER)

#define ENTRY(name, n, ...) {#name, n, {__VA_ARGS__}, solve_##name},
static const struct entry ENTRIES[] = {STIFF(ENTRY)};

int main(void) { return serve(ENTRIES, sizeof ENTRIES / sizeof *ENTRIES); }
