//! Others as contestants: processes that solve on request, found when the command runs.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Names the Python that has `numbalsoda` and `pydiffsol`.
const PYTHON: &str = "NDE_PEERS_PYTHON";

const FLAGS: &[&str] = &["-O3", "-march=native"];
const SUNDIALS: &[&str] =
    &["-lsundials_cvode", "-lsundials_nvecserial", "-lsundials_sunmatrixdense", "-lsundials_sunlinsoldense"];

/// A process that answers lines `problem t1 rtol atol calls` as `peers/serve.h` says.
pub struct Peer {
    pub name: &'static str,
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts a contestant, or says why it is left out.
    pub fn start(name: &'static str) -> Result<Peer, String> {
        let command = match name {
            "C RODAS4" => Ok(Command::new(built("rodas4", &[]).ok_or("no C compiler named `cc`")?)),
            "CVODE" => Ok(Command::new(built("cvode", SUNDIALS).ok_or("no SUNDIALS for the C compiler")?)),
            "LSODA" => python("lsoda"),
            "DOP853" => python("dop853"),
            "diffsol" => python("diffsol"),
            other => Err(format!("`{other}` is nobody's name")),
        }?;
        Peer::talk(name, command)
    }

    fn talk(name: &'static str, mut command: Command) -> Result<Peer, String> {
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = pipes.spawn().map_err(|error| error.to_string())?;
        let (questions, answers) = (child.stdin.take(), child.stdout.take().expect("a pipe"));
        let mut peer = Peer { name, child, questions, answers: BufReader::new(answers) };
        match peer.line().as_deref() {
            Some("ready") => Ok(peer),
            _ => Err(format!("it does not start; `{PYTHON}` names a Python that has it")),
        }
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.answers.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim().to_owned())
    }

    /// Solves so many times: the seconds of one and where it ends; `None` where it fails.
    pub fn solve(
        &mut self,
        problem: &str,
        (t1, rtol, atol): (f64, f64, f64),
        calls: u32,
    ) -> Option<(f64, Vec<f64>)> {
        let questions = self.questions.as_mut()?;
        writeln!(questions, "{problem} {t1:e} {rtol:e} {atol:e} {calls}").ok()?;
        questions.flush().ok()?;
        let line = self.line()?;
        let numbers: Option<Vec<f64>> = line.split_whitespace().map(|word| word.parse().ok()).collect();
        let (seconds, end) = numbers?.split_first().map(|(first, rest)| (*first, rest.to_vec()))?;
        Some((seconds, end))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Its input ends, and it with that.
        self.questions = None;
        let _ = self.child.wait();
    }
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/work_precision/peers").join(name)
}

/// Compiles a C source; `None` where that fails.
fn built(name: &str, libraries: &[&str]) -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut cc = Command::new("cc");
    cc.args(FLAGS).arg(source(&format!("{name}.c"))).arg("-o").arg(&program).args(libraries).arg("-lm");
    let output = cc.output().ok()?;
    output.status.success().then_some(program)
}

fn python(kind: &str) -> Result<Command, String> {
    let functions = built("functions", &["-fPIC", "-shared"]).ok_or("no C compiler named `cc`")?;
    let mut command = Command::new(env::var(PYTHON).unwrap_or_else(|_| "python3".into()));
    command.arg(source("peers.py")).arg(kind).arg(functions);
    Ok(command)
}
