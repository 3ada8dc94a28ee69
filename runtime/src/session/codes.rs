//! The codes of what can go wrong when a task runs, for `ndec explain`.

use nde_compiler::diagnostics::CodeInfo;

/// An example that solves a model in the shortest way.
macro_rules! example {
    ($body:literal, $task:literal) => {
        concat!("model M {\n", $body, "\n}\n\n", $task, "\n")
    };
}

/// Every run-time code.
pub const CODES: &[CodeInfo] = &[
    CodeInfo {
        code: "R0001",
        title: "initial values are inconsistent",
        explanation: "The algebraic equations have no solution near the guesses at the start. Give better guesses \
                      (`alg z = …`), or check the equation that is named.",
        example: example!(
            "    state x = 1\n    alg z = 1\n    x' = -x\n    0 = z^2 + 1",
            "solve M over 0..1"
        ),
    },
    CodeInfo {
        code: "R0002",
        title: "a matrix is singular",
        explanation: "The linear systems of the method cannot be solved: the unknown that is named is not determined \
                      by the equations where the solution has come to.",
        example: example!(
            "    param k = 0\n    state x = 1\n    alg z = 1\n    x' = -x\n    0 = k*z - x + 1",
            "solve M over 0..1"
        ),
    },
    CodeInfo {
        code: "R0003",
        title: "a value is not finite",
        explanation: "A term of the equations became NaN or infinite, and shorter steps did not avoid it. The message \
                      names the innermost such term, the time, and what it was computed from.",
        example: example!("    state x = 1\n    x' = -sqrt(x - t)", "solve M over 0..2 { method = tsit5 }"),
    },
    CodeInfo {
        code: "R0004",
        title: "Newton's method failed",
        explanation: "The nonlinear equations of a step have no solution that Newton's method finds, however short the \
                      step. A usual cause is an algebraic equation whose \
                      solution ends there, as that of a load beyond what its supply can carry, or a jump that no `if` shows.",
        example: example!(
            "    state load = 0\n    alg volts = 1\n    load' = 0.2\n    0 = volts*(1 - volts) - load",
            "solve M over 0..2 { method = kvaerno5 }"
        ),
    },
    CodeInfo {
        code: "R0005",
        title: "too many steps",
        explanation: "The solve needed more steps than `max_steps` allows (1,000,000 unless the method says \
                      otherwise). The part that was computed is kept. A stiff model wants an implicit method.",
        example: example!(
            "    state x = 1\n    x' = cos(t)",
            "solve M over 0..1000 { method = tsit5(max_steps = 10) }"
        ),
    },
    CodeInfo {
        code: "R0006",
        title: "interrupted",
        explanation: "Ctrl-C ended the run. The part that was computed until then is kept.",
        example: concat!(
            "// Ctrl-C while it runs\n",
            example!(
                "    state x = 1\n    x' = cos(t)",
                "solve M over 0..1e9 { method = tsit5(max_steps = 1000000000) }"
            )
        ),
    },
    CodeInfo {
        code: "R0007",
        title: "the step size became too small",
        explanation: "Steps as short as rounding allows still have too large an error: the solution has a singularity \
                      there, or an explicit method was asked to solve a stiff model.",
        example: example!("    state x = 1\n    x' = x^2", "solve M over 0..2 { method = tsit5 }"),
    },
    CodeInfo {
        code: "R0008",
        title: "a switch or an event happens again and again",
        explanation: "A condition changes its value over and over in a shrinking interval: the solution slides along \
                      the switch, or, as a ball that bounces lower and lower, comes to an end of events in finite time. Give \
                      the condition hysteresis or wrap it as `smooth(if …)`; let an event end in a state of rest or `stop`.",
        example: example!(
            "    state x = 1\n    x' = if x > 0 then -1 else 1",
            "solve M over 0..2 { method = tsit5 }"
        ),
    },
    CodeInfo {
        code: "R0009",
        title: "an option makes no sense for this solve",
        explanation: "A tolerance that is not positive, a fixed-step method without `dt`, a method that cannot \
                      solve a model with algebraic unknowns, a form of `linear` that the method has no use for, an event \
                      whose period or time is no number, or more save points than memory holds.",
        example: example!("    state x = 1\n    x' = -x", "solve M over 0..1 { method = rk4 }"),
    },
    CodeInfo {
        code: "R0010",
        title: "a function is not supplied",
        explanation: "The model calls an `extern fn` that the host program has to supply. `ndec run` supplies none; \
                      define it as `fn`, or run the model from Rust.",
        example: concat!(
            "extern fn forcing(t)\n\n",
            example!("    state x = 1\n    x' = forcing(t)", "solve M over 0..1")
        ),
    },
    CodeInfo {
        code: "R0011",
        title: "a derivative is not declared",
        explanation: "The method needs the derivative of an `extern fn` that declares none. Add `derivative …` to its \
                      declaration, or use an explicit method. `ndec run` supplies no `extern fn`: define it as `fn`, \
                      which is derived by the compiler, or run the model from Rust.",
        example: concat!(
            "extern fn forcing(t)\n\n",
            example!("    state x = 1\n    x' = forcing(t) - x", "solve M over 0..1 { method = rodas5p }")
        ),
    },
    CodeInfo {
        code: "R0012",
        title: "this version cannot run the model",
        explanation: "The model is right, but it uses a part of the language that this version checks and cannot \
                      solve: noise, jumps, delays, data that is simulated, constraints that nothing can differentiate by time.",
        example: example!("    state x = 1\n    x' = -x(t - 1)", "solve M over 0..1"),
    },
    CodeInfo {
        code: "R0013",
        title: "this version cannot run the task",
        explanation: "The task is right, but this version does not run `fit`, nor the option that is named.",
        example: example!(
            "    param k = 1\n    state x = 1\n    x' = -k*x",
            "solve M over 0..1 { device = \"cuda:0\" }"
        ),
    },
    CodeInfo {
        code: "R0014",
        title: "this version does not have the method",
        explanation: "The method is one of the language's, but this version cannot run it. `ndec methods` lists those \
                      that it can.",
        example: example!("    state x = 1\n    x' = -x", "solve M over 0..1 { method = etdrk4 }"),
    },
    CodeInfo {
        code: "R0015",
        title: "the command line does not fit the file",
        explanation: "`--task` counts the tasks of the file from 1, `--set` gives a value to a name of a model, and \
                      `--method` takes a method's name or a call such as `tsit5(rtol = 1e-9)`.",
        example: concat!(
            "// ndec run main.nde --task 2\n",
            example!("    state x = 1\n    x' = -x", "solve M over 0..1")
        ),
    },
    CodeInfo {
        code: "R0016",
        title: "the method is for motion by a force of place alone",
        explanation: "`leapfrog`, `mclachlan`, `kahan_li` and `dprkn6` solve equations in pairs, x' = v and v' = a(t, x): the \
                      equation of each place is its velocity and nothing else, and no acceleration reads a velocity, as \
                      friction does. The message names the unknowns that do not fit. Other methods solve any model.",
        example: example!(
            "    state x = 1, v = 0\n    x' = v\n    v' = -x - 0.1*v",
            "solve M over 0..1 { method = leapfrog(dt = 0.01) }"
        ),
    },
    CodeInfo {
        code: "R0017",
        title: "the sweep cannot be made",
        explanation: "The parts of a `sweep` do not go together: a distribution that does not exist, more members than \
                      memory holds, statistics at times that differ from member to member, or a column that reads what differs from member to member \
                      without reducing it by `E`, `Var` or `quantile`.",
        example: example!(
            "    param k = 1\n    state x = 1\n    x' = -k*x",
            "sweep M over 0..1 { vary k ~ uniform(1, 2); table = [E(x), x] }"
        ),
    },
    CodeInfo {
        code: "R0018",
        title: "data cannot be read",
        explanation: "The model reads a column of a file that is not there, or that this program cannot read. Paths are \
                      relative to the `.nde` file. Parquet is read by programs that are built with `--features parquet`.",
        example: concat!(
            "data d = csv(\"not_there.csv\", time = \"t\")\n\n",
            example!("    state x = 1\n    x' = interp(d.c, t)", "solve M over 0..1")
        ),
    },
];
