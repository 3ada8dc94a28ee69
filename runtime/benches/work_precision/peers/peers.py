"""Contestants from Python as a process: `peers.py KIND LIBRARY`, the kind being lsoda, dop853 or diffsol.

It answers lines `problem t1 rtol atol calls` as serve.h says. LSODA and DOP853 of numbalsoda call the right-hand sides of
functions.c and are called from compiled code; diffsol compiles its own text, outside of the clock.
"""

import ctypes
import sys
import time

import numpy as np


class FromC:
    """A solver of numbalsoda on the functions of the library."""

    def __init__(self, solver, library):
        import numba

        self.library = ctypes.CDLL(library)

        @numba.njit
        def repeat(function, start, ends, rtol, atol, calls):
            solution, success = solver(function, start, ends, rtol=rtol, atol=atol, mxstep=5000000)
            for _ in range(calls - 1):
                solution, success = solver(function, start, ends, rtol=rtol, atol=atol, mxstep=5000000)
            return solution[-1], success

        self.repeat = repeat
        self.repeat(*self.problem("rober"), np.array([0.0, 1.0]), 1e-3, 1e-6, 1)

    def problem(self, name):
        size = ctypes.c_int.in_dll(self.library, "size_" + name).value
        start = (ctypes.c_double * size).in_dll(self.library, "start_" + name)
        function = ctypes.cast(getattr(self.library, "rhs_" + name), ctypes.c_void_p).value
        return function, np.array(start)

    def solve(self, name, t1, rtol, atol, calls):
        function, start = self.problem(name)
        begin = time.perf_counter()
        y, success = self.repeat(function, start, np.array([0.0, t1]), rtol, atol, calls)
        seconds = (time.perf_counter() - begin) / calls
        return (seconds, y) if success else None


ROBER = """u_i { y1 = 1.0, y2 = 0.0, y3 = 0.0 }
a { 0.04*y1 }
b { 1e4*y2*y3 }
c { 3e7*y2*y2 }
F_i { b - a, a - b - c, c }
"""

HIRES = """u_i { y1 = 1.0, y2 = 0.0, y3 = 0.0, y4 = 0.0, y5 = 0.0, y6 = 0.0, y7 = 0.0, y8 = 0.0057 }
bound { 280.0*y6*y8 }
F_i {
  0.43*y2 - 1.71*y1 + 8.32*y3 + 0.0007,
  1.71*y1 - 8.75*y2,
  0.43*y4 - 10.03*y3 + 0.035*y5,
  8.32*y2 + 1.71*y3 - 1.12*y4,
  0.43*y6 - 1.745*y5 + 0.43*y7,
  0.69*y4 - bound + 1.71*y5 - 0.43*y6 + 0.69*y7,
  bound - 1.81*y7,
  1.81*y7 - bound,
}
"""

OREGO = """u_i { y1 = 1.0, y2 = 2.0, y3 = 3.0 }
F_i {
  77.27*(y2 + y1*(1.0 - 8.375e-6*y1 - y2)),
  (y3 - (1.0 + y1)*y2)/77.27,
  0.161*(y1 - y3),
}
"""

POLLU = """u_i {
  y1 = 0.0, y2 = 0.2, y3 = 0.0, y4 = 0.04, y5 = 0.0, y6 = 0.0, y7 = 0.1, y8 = 0.3, y9 = 0.01, y10 = 0.0,
  y11 = 0.0, y12 = 0.0, y13 = 0.0, y14 = 0.0, y15 = 0.0, y16 = 0.0, y17 = 0.007, y18 = 0.0, y19 = 0.0, y20 = 0.0,
}
r1 { 0.35*y1 }
r2 { 26.6*y2*y4 }
r3 { 12300.0*y5*y2 }
r4 { 0.00086*y7 }
r5 { 0.00082*y7 }
r6 { 15000.0*y7*y6 }
r7 { 0.00013*y9 }
r8 { 24000.0*y9*y6 }
r9 { 16500.0*y11*y2 }
r10 { 9000.0*y11*y1 }
r11 { 0.022*y13 }
r12 { 12000.0*y10*y2 }
r13 { 1.88*y14 }
r14 { 16300.0*y1*y6 }
r15 { 4800000.0*y3 }
r16 { 0.00035*y4 }
r17 { 0.0175*y4 }
r18 { 1e8*y16 }
r19 { 4.44e11*y16 }
r20 { 1240.0*y17*y6 }
r21 { 2.1*y19 }
r22 { 5.78*y19 }
r23 { 0.0474*y1*y4 }
r24 { 1780.0*y19*y1 }
r25 { 3.12*y20 }
F_i {
  -r1 + r2 + r3 + r9 - r10 + r11 + r12 - r14 + r22 - r23 - r24 + r25,
  r1 - r2 - r3 - r9 - r12 + r21,
  r1 - r15 + r17 + r19 + r22,
  -r2 + r15 - r16 - r17 - r23,
  -r3 + 2.0*r4 + r6 + r7 + r13 + r20,
  r3 - r6 - r8 - r14 + 2.0*r18 - r20,
  -r4 - r5 - r6 + r13,
  r4 + r5 + r6 + r7,
  -r7 - r8,
  r7 + r9 - r12,
  r8 - r9 - r10 + r11,
  r9,
  r10 - r11,
  r12 - r13,
  r14,
  r16 - r18 - r19,
  -r20,
  r20,
  -r21 - r22 + r23 - r24 + r25,
  r24 - r25,
}
"""

VDP = """u_i { y1 = 2.0, y2 = 0.0 }
F_i { y2, 1e6*((1.0 - y1*y1)*y2 - y1) }
"""


class Diffsol:
    """The BDF of diffsol with dense LU."""

    MODELS = {"rober": ROBER, "hires": HIRES, "orego": OREGO, "pollu": POLLU, "vdp": VDP}

    def __init__(self):
        import pydiffsol as d

        def compiled(text):
            return d.Ode(text, matrix_type=d.nalgebra_dense, linear_solver=d.lu, ode_solver=d.bdf)

        self.problems = {name: compiled(text) for name, text in self.MODELS.items()}

    def solve(self, name, t1, rtol, atol, calls):
        problem, none, ends = self.problems[name], np.zeros(0), np.array([t1])
        problem.rtol, problem.atol = rtol, atol
        begin = time.perf_counter()
        for _ in range(calls):
            solution = problem.solve_dense(none, ends)
        seconds = (time.perf_counter() - begin) / calls
        return seconds, np.array(solution.ys)[:, -1]


def made(kind, library):
    if kind == "diffsol":
        return Diffsol()
    import numbalsoda

    return FromC(getattr(numbalsoda, kind), library)


def main():
    solver = made(sys.argv[1], sys.argv[2])
    print("ready", flush=True)
    for line in sys.stdin:
        name, t1, rtol, atol, calls = line.split()
        try:
            answer = solver.solve(name, float(t1), float(rtol), float(atol), int(calls))
        except Exception:  # a peer that fails has no point there
            answer = None
        if answer is None or not np.all(np.isfinite(answer[1])):
            print("failed", flush=True)
        else:
            print(answer[0], *(repr(float(y)) for y in answer[1]), flush=True)


main()
