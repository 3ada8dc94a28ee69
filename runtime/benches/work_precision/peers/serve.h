/* A contestant as a process: it reads lines `problem t1 rtol atol calls`, solves so often, and answers with a line
 * `seconds-per-call y1 y2 …`, or `failed`. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LONGEST_NAME 32

/* What solves a problem from 0 to t1 in place; not 0 where it fails. */
typedef int (*solver)(double t1, double rtol, double atol, double *y);

struct entry {
    const char *name;
    int n;
    double start[LARGEST];
    solver solve;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void answer(const struct entry *e, double t1, double rtol, double atol, long calls) {
    double y[LARGEST];
    int failed = 0;
    double begin = now();
    for (long k = 0; k < calls && !failed; k++) {
        memcpy(y, e->start, sizeof y);
        failed = e->solve(t1, rtol, atol, y);
    }
    double seconds = (now() - begin) / calls;
    if (failed) {
        puts("failed");
    } else {
        printf("%.9g", seconds);
        for (int i = 0; i < e->n; i++) printf(" %.17g", y[i]);
        puts("");
    }
    fflush(stdout);
}

static int serve(const struct entry *entries, int count) {
    char name[LONGEST_NAME];
    double t1, rtol, atol;
    long calls;
    puts("ready");
    fflush(stdout);
    while (scanf("%31s %lf %lf %lf %ld", name, &t1, &rtol, &atol, &calls) == 5) {
        const struct entry *found = NULL;
        for (int k = 0; k < count; k++)
            if (!strcmp(entries[k].name, name)) found = &entries[k];
        if (found) {
            answer(found, t1, rtol, atol, calls);
        } else {
            puts("failed");
            fflush(stdout);
        }
    }
    return 0;
}
