//! Networks, layers and functions that do not fit.

use super::info;
use crate::check::value::shape_text;
use crate::diagnostics::{CodeInfo, Diagnostic, Span};

pub fn network_outputs(name: &str, wanted: u64, found: u64, span: Span) -> Diagnostic {
    Diagnostic::error("E0601", format!("`{name}` gives {found} outputs, declared are {wanted}"))
        .label(span, format!("{found} outputs"))
        .help("the last layer has as many outputs as the network")
}

pub fn network_inputs(name: &str, wanted: u64, found: u64, span: Span) -> Diagnostic {
    Diagnostic::error("E0601", format!("`{name}` takes {wanted} inputs, {found} given"))
        .label(span, format!("{found} inputs"))
        .help("its arguments are joined to one vector")
}

pub fn layer_input(name: &str, wanted: u64, found: u64, span: Span) -> Diagnostic {
    Diagnostic::error("E0601", format!("`{name}` takes {wanted} inputs, {found} given"))
        .label(span, format!("{found} inputs"))
}

pub fn layer_output(name: &str, shape: &[u64], span: Span) -> Diagnostic {
    Diagnostic::error("E0601", format!("`{name}` returns {}, a layer returns a vector", shape_text(shape)))
        .label(span, "this layer")
}

pub fn unknown_layer(name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0602", format!("there is no layer `{name}`")).label(span, "not found");
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("a network is made of layers: `dense(10, tanh) >> dense(2)`"),
    }
}

pub fn layer_form(span: Span) -> Diagnostic {
    Diagnostic::error("E0602", "a layer is a name with its arguments").label(span, "no layer")
}

pub fn layer_outside_net(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0603", format!("`{name}` is a layer: it stands in a `net`"))
        .label(span, "called here")
        .help(format!("declare a network: `net f: n -> m = {name}(…)`, and call `f`"))
}

pub fn layer_argument_missing(layer: &str, argument: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0604", format!("`{layer}` needs `{argument}`")).label(span, "argument missing")
}

pub fn layer_without_return(layer: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0605", format!("`{layer}` returns nothing"))
        .label(span, "this layer")
        .help("end the layer with `return …`")
}

pub fn unknown_initializer(name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0606", format!("`{name}` is no initialiser of weights")).label(span, "not found");
    match near {
        Some(near) if near != name => diagnostic.help(format!("did you mean `{near}`?")),
        _ => diagnostic.help(
            "there are glorot_uniform glorot_normal he_uniform he_normal orthogonal normal(m, s) uniform(a, b) zeros",
        ),
    }
}

pub fn derivative_count(name: &str, wanted: usize, found: usize, span: Span) -> Diagnostic {
    Diagnostic::error("E0607", format!("`{name}` has {wanted} arguments and {found} derivatives"))
        .label(span, "derivatives")
        .help("`derivative [∂/∂a, ∂/∂b]`: one entry an argument")
}

pub const CODES: &[CodeInfo] = &[
    info(
        "E0601",
        "sizes of a network that do not fit",
        "A network maps n inputs to m outputs: its arguments, joined, are n numbers, and its last layer gives m.",
        "model M { net f: 2 -> 2 = dense(5, tanh) >> dense(3); state u[2] = [1, 2]; u' = f(u) }",
    ),
    info(
        "E0602",
        "a layer that does not exist",
        "Layers are those of the standard library and those that the file declares with `layer`.",
        "model M { net f: 2 -> 2 = dens(2); state u[2] = [1, 2]; u' = f(u) }",
    ),
    info(
        "E0603",
        "a layer outside of a network",
        "A layer has weights, so it belongs to a `net`, which is called like a function.",
        "model M { state x = 1; x' = dense(x) }",
    ),
    info(
        "E0604",
        "a layer without one of its arguments",
        "Arguments of a layer that have no default are given where it is used.",
        "model M { net f: 2 -> 2 = dense(); state u[2] = [1, 2]; u' = f(u) }",
    ),
    info(
        "E0605",
        "a layer without `return`",
        "What a layer computes is what its `return` says.",
        "layer nothing(n): m -> n { weight b[n] = zeros }\n\
         model M { net f: 2 -> 2 = nothing(2); state u[2] = [1, 2]; u' = f(u) }",
    ),
    info(
        "E0606",
        "an unknown initialiser of weights",
        "Weights start as glorot_uniform, glorot_normal, he_uniform, he_normal, orthogonal, normal(m, s), uniform(a, b), \
         zeros, or a list of numbers.",
        "model M { net f: 2 -> 2 = dense(2) { weights = glorot }; state u[2] = [1, 2]; u' = f(u) }",
    ),
    info(
        "E0607",
        "a wrong number of derivatives",
        "`derivative e` is by the only argument; with several, a list has one entry for each.",
        "fn f(a, b) = a*b derivative b\nmodel M { state x = 1; x' = f(x, x) }",
    ),
];
