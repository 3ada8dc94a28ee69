//! Files, imports and instances of models.

use super::info;
use crate::diagnostics::{CodeInfo, Diagnostic, Span};

pub fn import_escapes(path: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0701", format!("`{path}` leaves the folder of the file"))
        .label(span, "imports stay inside")
        .help("move the file, or name it by a path inside the folder")
}

/// `open` are the files on the way, from the one that closes the cycle.
pub fn import_cycle(open: &[String], path: &str, span: Span) -> Diagnostic {
    let shown = |path: &String| if path.is_empty() { "this file".to_owned() } else { path.clone() };
    let mut files: Vec<String> = open.iter().map(shown).collect();
    files.push(shown(&path.to_owned()));
    Diagnostic::error("E0702", format!("files import each other: {}", files.join(" → ")))
        .label(span, "comes back")
        .help("move what both need into a third file")
}

pub fn imports_too_deep(most: usize, span: Span) -> Diagnostic {
    Diagnostic::error("E0702", format!("imports nest deeper than {most}")).label(span, "imported here")
}

pub fn import_unreadable(path: &str, reason: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0703", format!("cannot read `{path}`: {reason}"))
        .label(span, "imported here")
        .help("the path is relative to this file")
}

/// Reported once: every further `use` would be one too many as well.
pub const TOO_MANY_INSTANCES: &str = "E0704";

pub fn too_many_instances(nesting: usize, most: usize, span: Span) -> Diagnostic {
    Diagnostic::error(
        TOO_MANY_INSTANCES,
        format!("more than {most} instances, or nested deeper than {nesting}"),
    )
    .label(span, "used here")
}

pub fn unnamed_binding(instance: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0705", format!("arguments of `{instance}` are given by name"))
        .label(span, "of what?")
        .help("`use Model(input = e) as name`")
}

pub fn unknown_binding(name: &str, model: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0705", format!("`{model}` has no `{name}`")).label(span, "not declared there");
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

pub fn not_bindable(name: &str, what: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0706", format!("`{name}` is {what} and cannot be given a value"))
        .label(span, "given here")
        .help("inputs, parameters, initial values and structural arguments can")
}

pub const CODES: &[CodeInfo] = &[
    info(
        "E0701",
        "an import from outside",
        "Imports are relative to the file and stay inside of its folder.",
        "import \"../secret.nde\" as s",
    ),
    info("E0702", "files that import each other", "Imports form no cycle.", "import \"main.nde\" as again"),
    info(
        "E0703",
        "an import that cannot be read",
        "The path is relative to the file that imports.",
        "import \"missing.nde\" as m",
    ),
    info(
        "E0704",
        "too many instances",
        "Models are expanded where they are used; each `use` copies the whole of a model.",
        concat!(
            "model A { state x = 1; x' = -x }\n",
            "model B { use A as a; use A as b; use A as c; use A as d; use A as e; use A as f; use A as g }\n",
            "model C { use B as a; use B as b; use B as c; use B as d; use B as e; use B as f; use B as g }\n",
            "model D { use C as a; use C as b; use C as c; use C as d; use C as e; use C as f; use C as g }\n",
            "model E { use D as a; use D as b; use D as c; use D as d; use D as e; use D as f; use D as g }\n",
            "model F { use E as a; use E as b; use E as c; use E as d; use E as e; use E as f; use E as g }",
        ),
    ),
    info(
        "E0705",
        "an argument of an instance that fits nothing",
        "`use Model(name = e) as a` gives values to inputs, parameters, initial values and structural arguments of Model.",
        "model Tank { input q = 0; state level = 1; level' = q }\n\
         model M { use Tank(flow = 1) as a; state x = 1; x' = a.level }",
    ),
    info(
        "E0706",
        "a value for something that takes none",
        "Definitions and constants follow from the model itself.",
        "model Tank { let q = 1; state level = 1; level' = q }\n\
         model M { use Tank(q = 2) as a; state x = 1; x' = a.level }",
    ),
];
