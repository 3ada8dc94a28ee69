//! `ndec` as scripts see it: exit codes, what goes to stdout and what to stderr, files.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn ndec(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ndec")).current_dir(folder).args(arguments).output().unwrap()
}

/// Exit code, stdout, stderr.
fn outcome(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = ndec(folder, arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn folder(model: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("m.nde"), model).unwrap();
    folder
}

#[test]
fn help_and_wrong_usage() {
    let folder = folder("");
    let (code, stdout, stderr) = outcome(folder.path(), &["--help"]);
    assert!(code == 0 && stdout.contains("Examples:") && stderr.is_empty());
    for command in ["run", "check", "fmt", "show", "explain", "new", "methods", "completions", "help"] {
        assert!(stdout.contains(&format!("\n  {command} ")), "{command}");
        assert_eq!(outcome(folder.path(), &[command, "--help"]).0, 0);
    }
    let wrong: &[&[&str]] = &[
        &[],
        &["frobnicate"],
        &["run"],
        &["run", "m.nde", "--set", "α"],
        &["run", "m.nde", "--task", "0"],
        &["run", "m.nde", "--format", "xml"],
        &["run", "m.nde", "--plot=jpeg"],
        &["show", "m.nde", "everything"],
        &["new", ""],
        &["explain", "E00003"],
        &["help", "frobnicate"],
        &["help", "language", "frobnicate"],
        &["help", "run", "fast"],
    ];
    for arguments in wrong {
        let (code, stdout, stderr) = outcome(folder.path(), arguments);
        assert!(
            code == 2 && stdout.is_empty() && !stderr.is_empty(),
            "{arguments:?}: {code} {stdout} {stderr}"
        );
    }
}

#[test]
fn help_explains_commands_and_the_language() {
    let folder = folder("");
    let help = |words: &[&str]| outcome(folder.path(), &[&["help"], words].concat());
    let (code, overview, stderr) = help(&[]);
    assert!(code == 0 && overview.contains("\n  run ") && stderr.is_empty());
    let (code, run, _) = help(&["run"]);
    assert!(code == 0 && run.contains("Usage: ndec run [OPTIONS] <FILE>"), "{run}");
    let (code, language, stderr) = help(&["language"]);
    assert!(code == 0 && stderr.is_empty() && !language.contains('\x1b'), "{stderr}");
    let (code, event, _) = help(&["language", "event"]);
    assert!(code == 0 && event.starts_with("event\n-----\n") && language.contains(&event), "{event}");
    let (_, _, stderr) = help(&["language", "evnt"]);
    assert!(stderr.contains("did you mean `event`?"), "{stderr}");
}

#[test]
fn one_bad_file_does_not_hide_the_others() {
    let folder = folder("model M {\nstate x = 1\nx' = y\n}\n");
    let (code, _, stderr) = outcome(folder.path(), &["check", "none.nde", "m.nde"]);
    assert!(code == 1 && stderr.contains("cannot read `none.nde`") && stderr.contains("E0101"), "{stderr}");
    let (code, stdout, _) = outcome(folder.path(), &["check", "none.nde", "m.nde", "--format", "json"]);
    assert!(code == 1 && stdout.contains("E0101"), "{stdout}");
    let (code, stdout, _) = outcome(folder.path(), &["fmt", "--check", "none.nde", "m.nde"]);
    assert!(code == 1 && stdout == "m.nde\n", "{stdout}");
}

#[test]
fn a_mistake_of_the_command_line_is_said_once_for_all_tasks() {
    let folder =
        folder("model M {\n    state x = 1\n    x' = -x\n}\n\nsolve M over 0..1\n\nsolve M over 0..2\n");
    let (code, _, stderr) = outcome(folder.path(), &["run", "m.nde", "--method", "tsit6"]);
    assert!(code == 1 && stderr.matches("error[").count() == 1, "{stderr}");
}

#[test]
fn a_file_without_tasks_says_so() {
    let folder = folder("model M {\n    state x = 1\n    x' = -x\n}\n");
    let (code, stdout, stderr) = outcome(folder.path(), &["run", "m.nde", "--format", "json"]);
    assert!(code == 0 && stdout == "{\"tasks\":[]}\n" && stderr.contains("m.nde has no task"), "{stderr}");
}

#[test]
fn figures_go_to_files_of_every_kind() {
    let folder = folder("model M {\n    state x = 1\n    x' = -x\n}\n\nsolve M over 0..1\n");
    for (kind, start) in [("svg", &b"<svg"[..]), ("png", b"\x89PNG"), ("html", b"<!DOCTYPE html>")] {
        let plot = format!("--plot={kind}");
        let (code, _, stderr) = outcome(folder.path(), &["run", "m.nde", &plot, "--out", "figures"]);
        assert!(code == 0 && stderr.contains("wrote"), "{stderr}");
        let figure = fs::read(folder.path().join("figures/m").with_extension(kind)).unwrap();
        assert!(figure.starts_with(start), "{kind}");
    }
}

#[test]
fn missing_files_are_named() {
    let folder = folder("");
    for command in ["run", "check", "fmt"] {
        let (code, stdout, stderr) = outcome(folder.path(), &[command, "none.nde"]);
        assert!(code == 1 && stdout.is_empty() && stderr.contains("cannot read `none.nde`"), "{stderr}");
    }
    fs::write(folder.path().join("bytes.nde"), [0xff, 0xfe]).unwrap();
    assert!(outcome(folder.path(), &["check", "bytes.nde"]).2.contains("it is not UTF-8 text"));
}

#[test]
fn check_reports_every_error_as_text_and_as_json() {
    let folder = folder("model M {\n    state x = 1.\n    x' = (x\n}\n");
    let (code, stdout, stderr) = outcome(folder.path(), &["check", "m.nde"]);
    assert!(code == 1 && stdout.is_empty() && stderr.contains("m.nde:2:"), "{stderr}");
    assert!(!stderr.contains('\x1b'), "a pipe gets no colours");
    let (code, stdout, stderr) = outcome(folder.path(), &["check", "m.nde", "--format", "json"]);
    assert!(code == 1 && stderr.is_empty());
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let first = &document["diagnostics"][0];
    assert_eq!(first["severity"], "error");
    assert_eq!(first["labels"][0]["line"], 2);
    for key in ["code", "message", "help"] {
        assert!(first.get(key).is_some(), "{key}");
    }
}

#[test]
fn new_writes_a_model_that_checks_and_never_overwrites() {
    let folder = folder("");
    assert_eq!(outcome(folder.path(), &["new", "fishery"]).0, 0);
    let (code, _, stderr) = outcome(folder.path(), &["check", "fishery.nde"]);
    assert!(code == 0 && stderr.is_empty(), "{stderr}");
    fs::write(folder.path().join("fishery.nde"), "mine").unwrap();
    let (code, _, stderr) = outcome(folder.path(), &["new", "fishery.nde"]);
    assert!(code == 1 && stderr.contains("it exists already"), "{stderr}");
    assert_eq!(fs::read_to_string(folder.path().join("fishery.nde")).unwrap(), "mine");
}

#[test]
fn explain_knows_every_code_it_lists() {
    let folder = folder("");
    let (code, list, _) = outcome(folder.path(), &["explain"]);
    assert!(code == 0 && list.lines().count() > 5);
    for known in list.lines().filter_map(|line| line.split_whitespace().next()) {
        let (code, stdout, _) = outcome(folder.path(), &["explain", &known.to_lowercase()]);
        assert!(code == 0 && stdout.starts_with(known), "{stdout}");
    }
    let (code, stdout, stderr) = outcome(folder.path(), &["explain", "E00003"]);
    assert!(code == 2 && stdout.is_empty() && stderr.contains("did you mean"), "{stderr}");
}

#[test]
fn methods_lists_the_registry() {
    let folder = folder("");
    let (code, text, _) = outcome(folder.path(), &["methods"]);
    let (json_code, json, _) = outcome(folder.path(), &["methods", "--format", "json"]);
    assert_eq!((code, json_code), (0, 0));
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    let entries = document["methods"].as_array().unwrap();
    assert_eq!(entries.len(), nde::method::methods().count());
    for (method, entry) in nde::method::methods().zip(entries) {
        assert_eq!(entry["name"], method.name);
        assert!(text.lines().any(|line| line.starts_with(&format!("{} ", method.name))), "{text}");
    }
}

#[test]
fn fmt_lays_out_in_place_and_check_only_lists() {
    let folder = folder("model   M{state x=1 // one\nx'=-x}\n");
    let path = folder.path().join("m.nde");
    let before = fs::read_to_string(&path).unwrap();
    assert_eq!(outcome(folder.path(), &["fmt", "--check", "m.nde"]), (1, "m.nde\n".into(), String::new()));
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    assert_eq!(outcome(folder.path(), &["fmt", "m.nde"]).0, 0);
    let after = fs::read_to_string(&path).unwrap();
    assert!(after != before && after.contains("// one"), "{after}");
    assert_eq!(outcome(folder.path(), &["fmt", "--check", "m.nde"]), (0, String::new(), String::new()));

    fs::write(&path, "model M { x' = ( }").unwrap();
    let (code, _, stderr) = outcome(folder.path(), &["fmt", "m.nde"]);
    assert!(code == 1 && stderr.contains("error["));
    assert_eq!(fs::read_to_string(&path).unwrap(), "model M { x' = ( }");
}

#[test]
fn the_starter_is_laid_out_canonically() {
    let folder = folder("");
    assert_eq!(outcome(folder.path(), &["new", "m2"]).0, 0);
    let (code, stdout, stderr) = outcome(folder.path(), &["fmt", "--check", "m2.nde"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure_that_says_so() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_ndec")).args(["completions", "bash"]).stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && stderr.contains("No space left"), "{stderr}");
}

#[test]
fn the_syntax_tree_is_shown() {
    let folder = folder("model M { state x = 1; x' = -x }\n");
    let (code, stdout, stderr) = outcome(folder.path(), &["show", "m.nde", "ast"]);
    assert!(code == 0 && stdout.contains('x') && stderr.is_empty());
}

#[test]
fn completions_for_every_shell() {
    let folder = folder("");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, stdout, _) = outcome(folder.path(), &["completions", shell]);
        assert!(code == 0 && stdout.contains("ndec") && stdout.contains("repeat"), "{shell}");
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = folder("");
    let mut child = Command::new(env!("CARGO_BIN_EXE_ndec"))
        .current_dir(folder.path())
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
