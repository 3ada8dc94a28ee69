//! Transcripts of `ndec run` and `ndec check`: the command, its exit code, what goes to stdout and what to stderr.
//!
//! Times are replaced by `…`, for they differ from run to run.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

const LOTKA_VOLTERRA: &str = include_str!("../../examples/lotka_volterra.nde");

const DECAY: &str = "model Decay(n = 2) {
    param k = 1, c[n] = 0.5
    state x = 1
    x' = -k*x - sum(c)
}

solve Decay over 0..1 { save = 3 }
solve Decay over 0..2 { method = tsit5(rtol = 1e-9); save = 3; table = [x, k*x]; out = \"decay.csv\" }
";

/// Of times, in the line of a task.
const UNITS: [&str; 4] = ["s", "ms", "µs", "ns"];

/// A folder with a file `m.nde`, and what was done there.
struct Session {
    folder: tempfile::TempDir,
    transcript: String,
}

impl Session {
    fn with(model: &str) -> Session {
        let session = Session { folder: tempfile::tempdir().unwrap(), transcript: String::new() };
        session.write(model);
        session
    }

    fn write(&self, model: &str) {
        std::fs::write(self.path("m.nde"), model).unwrap();
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command line, its words parted by blanks, and notes the outcome.
    fn ndec(&mut self, line: &str) {
        self.ndec_with(&line.split(' ').collect::<Vec<_>>());
    }

    fn ndec_with(&mut self, arguments: &[&str]) {
        let (code, stdout, stderr) = outcome(self.folder.path(), arguments);
        writeln!(self.transcript, "$ ndec {}   → {code}", arguments.join(" ")).unwrap();
        for (mark, text) in [("", without_times(&stdout)), ("! ", without_times(&stderr))] {
            for line in text.lines() {
                writeln!(self.transcript, "{}", format!("{mark}{line}").trim_end()).unwrap();
            }
        }
        self.transcript.push('\n');
    }
}

fn outcome(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_ndec")).current_dir(folder).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// In the line of a task `1.8 ms` becomes `…`, and in JSON `"solve_s":0.001` becomes `"solve_s":…`.
fn without_times(text: &str) -> String {
    let mut result = String::new();
    for line in text.lines() {
        let mut words: Vec<String> = Vec::new();
        for word in line.split(' ') {
            let unit = word.trim_end_matches(',');
            match words.last_mut().filter(|_| line.starts_with("task ") && UNITS.contains(&unit)) {
                Some(number) => *number = format!("…{}", &word[unit.len()..]),
                None => words.push(word.to_owned()),
            }
        }
        result.push_str(&words.join(" "));
        result.push('\n');
    }
    for key in ["\"compile_s\":", "\"solve_s\":", "\"solve_min_s\":"] {
        let mut parts = result.split(key);
        let mut filtered = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest =
                part.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit() || ".e-+".contains(c));
            filtered.push_str(&format!("{key} …{rest}"));
        }
        result = filtered;
    }
    result
}

#[test]
fn a_run_is_shown_as_text_csv_and_json() {
    let mut session = Session::with(LOTKA_VOLTERRA);
    session.ndec("run m.nde");
    session.write(&LOTKA_VOLTERRA.replace("plot = [x, y]", "method = tsit5; save = 3"));
    session.ndec("run m.nde --format csv");
    session.ndec("run m.nde --format json");
    insta::assert_snapshot!(session.transcript);
}

#[test]
fn failures_name_the_place_and_the_remedy() {
    let cases = [
        ("R0003", "    state x = 1\n    x' = -sqrt(x - t)", "{ method = tsit5; save = 3 }"),
        ("R0005", "    state x = 1\n    x' = cos(t)", "{ method = tsit5(max_steps = 2); save = 3 }"),
        (
            "R0005",
            "    state x = 1\n    x' = -1e6*(x - cos(t))",
            "{ method = tsit5(max_steps = 300); save = 3 }",
        ),
        ("R0007", "    state x = 1\n    x' = x^2", "{ method = tsit5; save = 3 }"),
        ("R0009", "    state x = 1\n    x' = -x", "{ method = rk4 }"),
        ("R0009", "    state x = 1\n    alg z = 1\n    x' = -z\n    0 = z - x", "{ method = tsit5 }"),
        ("R0012", "    state x = 1\n    x' = -x(t - 1)", ""),
        ("R0013", "    state x = 1\n    x' = -x", "{ paths = 4 }"),
        ("R0014", "    state x = 1\n    x' = -x", "{ method = radau }"),
    ];
    let mut session = Session::with("");
    for (code, body, options) in cases {
        session.write(&format!("model M {{\n{body}\n}}\n\nsolve M over 0..2 {options}\n"));
        let before = session.transcript.len();
        session.ndec("run m.nde");
        assert!(
            session.transcript[before..].contains(&format!("error[{code}]")),
            "{}",
            &session.transcript[before..]
        );
    }
    session.write("extern fn forcing(t)\nmodel M { state x = 1; x' = forcing(t) }\nsolve M over 0..1\n");
    session.ndec("run m.nde");
    session.ndec("check m.nde");
    insta::assert_snapshot!(session.transcript);
}

#[test]
fn a_failed_task_keeps_its_part_and_later_tasks_run() {
    let mut session = Session::with(
        "model M {\n    state x = 1\n    x' = -sqrt(x - t)\n}\n\nsolve M over 0..2 { method = tsit5; save = 5 }\nsolve M over 0..0.5 { method = tsit5; save = 3 }\n",
    );
    session.ndec("run m.nde --format json");
    session.ndec("run m.nde --task 2");
    insta::assert_snapshot!(session.transcript);
}

#[test]
fn the_command_line_changes_tasks() {
    let mut session = Session::with(DECAY);
    session.ndec("run m.nde");
    session.ndec("run m.nde --task 2 --format csv");
    session.ndec("run m.nde --task 1 --format csv --set k=2");
    session.ndec("run m.nde --task 1 --format csv --set x=3");
    session.ndec("run m.nde --task 1 --format csv --set n=4 --set k=0");
    session.ndec("run m.nde --task 1 --set n=0");
    session.ndec("run m.nde --task 1 --format csv --set c[2]=0");
    session.ndec_with(&["run", "m.nde", "--task", "1", "--format", "csv", "--set", "c=[1, 2]"]);
    session.ndec("run m.nde --task 1 --set K=2");
    session.ndec("run m.nde --task 1 --set zebra=2");
    session.ndec("run m.nde --task 1 --set k=y");
    session.ndec("run m.nde --task 3");
    insta::assert_snapshot!(session.transcript);
}

#[test]
fn another_method_is_a_name_or_a_call() {
    let mut session = Session::with(DECAY);
    session.ndec("run m.nde --task 2 --method rodas5p");
    session.ndec("run m.nde --task 2 --method bdf(order=2)");
    session.ndec_with(&["run", "m.nde", "--task", "2", "--method", "vern7(rtol = 1e-6)"]);
    session.ndec_with(&["run", "m.nde", "--task", "2", "--method", "rk4(dt = 0.1)"]);
    session.ndec("run m.nde --task 2 --method tsit6");
    session.ndec("run m.nde --task 2 --method etdrk4");
    session.ndec("run m.nde --task 2 --method tsit5(");
    insta::assert_snapshot!(session.transcript);
}

#[test]
fn rows_are_saved_where_the_file_says() {
    let mut session = Session::with("");
    for save in ["2", "[0.25, 0.5]", "linspace(0, 1, 3)", "logspace(-2, 0, 3)", "steps"] {
        session.write(&format!(
            "model M {{\n    state x = 1\n    x' = -x\n}}\n\nsolve M over 0..1 {{ method = bs3(rtol = 0.01); save = {save} }}\n"
        ));
        session.transcript.push_str(&format!("save = {save}\n"));
        session.ndec("run m.nde --format csv");
    }
    insta::assert_snapshot!(session.transcript);
}

#[test]
fn tables_go_to_files() {
    let mut session = Session::with(DECAY);
    session.ndec("run m.nde --task 2 --format csv --out results");
    let table = std::fs::read_to_string(session.path("results/decay.csv")).unwrap();
    assert!(session.transcript.contains(&table) && table.starts_with("t,x,k*x\n0,1,1\n"), "{table}");
    insta::assert_snapshot!(session.transcript);
}

#[test]
fn check_speaks_to_people_and_to_editors() {
    let mut session =
        Session::with("model M {\n    param rate = 1\n    state x = 1., y = 2\n    x' = -rat*x\n}\n");
    session.ndec("check m.nde");
    session.ndec("check m.nde --format json");
    session.write(DECAY);
    session.ndec("check m.nde");
    session.ndec("check m.nde --format json");
    insta::assert_snapshot!(session.transcript);
}
