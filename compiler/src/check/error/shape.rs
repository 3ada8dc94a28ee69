//! Shapes, sizes, subscripts and index sets that do not fit.

use super::info;
use crate::algebra::Range;
use crate::check::value::shape_text;
use crate::diagnostics::{CodeInfo, Diagnostic, Span};

pub fn shapes_differ(left: &[u64], right: &[u64], spans: [Span; 2]) -> Diagnostic {
    Diagnostic::error("E0201", format!("shapes differ: {} and {}", shape_text(left), shape_text(right)))
        .label(spans[1], shape_text(right))
        .label(spans[0], shape_text(left))
        .help("elementwise operations take equal shapes, or a number with any shape")
}

pub fn value_shape(name: &str, wanted: &[u64], found: &[u64], span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "E0201",
        format!("`{name}` is {}, its value is {}", shape_text(wanted), shape_text(found)),
    )
    .label(span, shape_text(found));
    match (wanted, found) {
        ([], [n]) => diagnostic.help(format!("declare the size: `{name}[{n}]`")),
        ([], _) => diagnostic,
        ([n], [_]) => diagnostic.help(format!("list {n} values, one for each element")),
        _ => diagnostic.help(format!("give a value of {}", shape_text(wanted))),
    }
}

pub fn equation_shapes(left: &[u64], right: &[u64], spans: [Span; 2]) -> Diagnostic {
    Diagnostic::error(
        "E0201",
        format!("the sides of the equation differ: {} and {}", shape_text(left), shape_text(right)),
    )
    .label(spans[1], shape_text(right))
    .label(spans[0], shape_text(left))
}

pub fn ragged(first: &[u64], first_span: Span, other: &[u64], span: Span) -> Diagnostic {
    Diagnostic::error("E0201", "the elements of a list have one shape")
        .label(span, shape_text(other))
        .label(first_span, shape_text(first))
}

pub fn tuple_length(names: usize, shape: &[u64], span: Span) -> Diagnostic {
    Diagnostic::error("E0201", format!("{names} names for {}", shape_text(shape)))
        .label(span, shape_text(shape))
}

pub fn elementwise_product(left: &[u64], right: &[u64], spans: [Span; 2], at: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "E0202",
        format!(
            "`*` multiplies element by element: {} and {} do not fit",
            shape_text(left),
            shape_text(right)
        ),
    )
    .label(at, "elementwise")
    .label(spans[0], shape_text(left))
    .label(spans[1], shape_text(right));
    match left.last() == right.first() {
        true => diagnostic.help("the matrix product is `@`"),
        false => diagnostic,
    }
}

pub fn matrix_product(left: &[u64], right: &[u64], spans: [Span; 2]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "E0203",
        format!("`@` cannot multiply {} by {}", shape_text(left), shape_text(right)),
    )
    .label(spans[0], shape_text(left))
    .label(spans[1], shape_text(right));
    match left.is_empty() || right.is_empty() {
        true => diagnostic.help("`@` is the matrix product; numbers are multiplied by `*`"),
        false => diagnostic.help("the last size of the left factor is the first of the right one"),
    }
}

pub fn subscripts(name: &str, wanted: usize, given: usize, span: Span) -> Diagnostic {
    let message = match wanted {
        0 => format!("`{name}` is a number, it has no subscripts"),
        1 => format!("`{name}` takes 1 subscript, {given} given"),
        _ => format!("`{name}` takes {wanted} subscripts, {given} given"),
    };
    Diagnostic::error("E0204", message).label(span, format!("{given} given"))
}

pub fn outside(
    name: &str,
    (dimension, rank): (usize, usize),
    range: Range,
    wrong: i64,
    at: Option<(String, i64)>,
    span: Span,
) -> Diagnostic {
    let reach = format!("{}..{}", range.start, range.end - 1);
    let element = match rank {
        1 => format!("`{name}[{wrong}]`"),
        _ => format!("index {wrong} in dimension {dimension} of `{name}`"),
    };
    let (message, help) = match at {
        Some((index, value)) => (
            format!("{element} is outside of {reach}, at {index} = {value}"),
            format!(
                "restrict the equation (`for {index} in …`), or give the index set a rule: \
                 `index {index} in {reach} periodic`"
            ),
        ),
        None => (
            format!("{element} is outside of {reach}"),
            format!("subscripts go from {} to {}", range.start, range.end - 1),
        ),
    };
    Diagnostic::error("E0205", message).label(span, "leaves the array").help(help)
}

pub fn element_outside(wrong: i64, n: u64, span: Span) -> Diagnostic {
    Diagnostic::error("E0205", format!("element {wrong} is outside of 1..{n}")).label(span, "leaves the list")
}

pub fn table_outside(name: &str, table: &str, value: i64, range: Range, span: Span) -> Diagnostic {
    Diagnostic::error(
        "E0205",
        format!("`{table}` holds {value}, outside of {}..{} of `{name}`", range.start, range.end - 1),
    )
    .label(span, "leaves the array")
}

pub fn not_affine(span: Span) -> Diagnostic {
    Diagnostic::error("E0206", "a subscript is made of indices and constants")
        .label(span, "not known when the model is compiled")
        .help("subscripts are like `i`, `i-1`, `2*k+3`, or look-ups in a constant array: `nb[i]`")
}

pub fn size_by_parameter(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "E0206",
        format!("`{name}` is a parameter: ranges and subscripts are made of constants"),
    )
    .label(span, "may change from run to run")
    .help(format!("write `const {name} = …`, or make it a structural argument: `model M({name} = 5)`"))
}

pub fn subscript_of_data(span: Span) -> Diagnostic {
    Diagnostic::error("E0206", "a column of data as a subscript is not in this version")
        .label(span, "known only when a run reads it")
        .help("write the table as a constant: `const nb = [2, 3, 1]`")
}

pub fn not_whole(x: f64, span: Span) -> Diagnostic {
    Diagnostic::error("E0206", format!("a subscript is a whole number, not {x}")).label(span, "not whole")
}

pub fn index_too_large(span: Span) -> Diagnostic {
    Diagnostic::error("E0206", "this index is too large").label(span, "beyond 2^40")
}

pub fn table_not_whole(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0206", format!("`{name}` stands as a subscript, so it holds whole numbers"))
        .label(span, "used as a subscript")
}

pub fn table_too_large(name: &str, most: u64, span: Span) -> Diagnostic {
    Diagnostic::error("E0206", format!("`{name}` stands as a subscript and has more than {most} elements"))
        .label(span, "used as a subscript")
}

pub fn bad_size(x: f64, span: Span) -> Diagnostic {
    Diagnostic::error("E0207", format!("a size is a positive whole number, not {x}")).label(span, "a size")
}

pub fn too_many_elements(most: u64, span: Span) -> Diagnostic {
    Diagnostic::error("E0207", format!("an array has at most {most} elements")).label(span, "too large")
}

pub fn constant_needed(span: Span) -> Diagnostic {
    Diagnostic::error("E0208", "a constant is needed here")
        .label(span, "not known when the model is compiled")
        .help("use numbers, `const` and structural arguments (`model M(N = 10)`)")
}

pub fn range_not_constant(span: Span) -> Diagnostic {
    Diagnostic::error("E0208", "the ends of a range are constants")
        .label(span, "depends on an index")
        .help("ranges are rectangular; use `if` to leave terms out of a sum")
}

pub fn empty_range(from: i64, to: i64, span: Span) -> Diagnostic {
    Diagnostic::error("E0209", format!("the range {from}..{to} is empty"))
        .label(span, "ranges include both ends")
}

pub fn one_too_many(name: &str, last: i64, span: Span) -> Diagnostic {
    Diagnostic::advice("E0210", format!("0..{name} has {} points", last + 1))
        .label(span, "both ends are included")
        .help(format!("did you mean `0..{name}-1` or `1..{name}`?"))
}

pub fn free_index(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0211", format!("the index `{name}` is not bound here"))
        .label(span, "which value?")
        .help(format!(
            "give the left side or the event the index too (`let y[{name}] = …`, `event e[{name}]: …`), or reduce: \
             `sum(… for {name})`"
        ))
}

pub fn index_only_right(name: &str, span: Span, left: Span) -> Diagnostic {
    Diagnostic::error("E0211", format!("the index `{name}` stands only on the right side"))
        .label(span, "one value for each index")
        .label(left, "one unknown for all of them")
        .help(format!("index the left side too, or reduce: `sum(… for {name})`"))
}

pub fn unknown_index(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0212", format!("`{name}` is no index set")).label(span, "over which range?").help(
        format!("declare it: `index {name} in 1..n`, or give the range at the end: `… for {name} in 1..n`"),
    )
}

pub fn binder_unused(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0212", format!("`for {name}` does nothing here"))
        .label(span, "no subscript of the left side uses it")
}

pub fn repeated_index(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0212", format!("the index `{name}` stands twice"))
        .label(span, "two dimensions with one index")
        .help("declare a second index over the same set: `index i, j in 1..N`")
}

pub fn scalar_needed(shape: &[u64], span: Span) -> Diagnostic {
    Diagnostic::error("E0213", format!("a number is needed here, this is {}", shape_text(shape)))
        .label(span, shape_text(shape))
        .help("take an element (`u[1]`) or reduce (`sum(u)`)")
}

pub fn reduction_of_number(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0213", format!("`{name}` of a single number"))
        .label(span, "a number")
        .help(format!("reduce an array, `{name}(u)`, or over an index, `{name}(e for i in 1..n)`"))
}

pub fn reduction_form(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0213", format!("`{name}` takes one array, or an expression with `for`"))
        .label(span, "neither")
        .help(format!("`{name}(u)` or `{name}(e for i in 1..n)`"))
}

pub fn truth_needed(span: Span) -> Diagnostic {
    Diagnostic::error("E0214", "a condition is needed here, this is a number")
        .label(span, "a number")
        .help("compare it: `x > 0`")
}

pub fn tuple_binders(span: Span) -> Diagnostic {
    Diagnostic::error("E0215", "a tuple of names has no index here").label(span, "define an array instead")
}

pub const CODES: &[CodeInfo] = &[
    info(
        "E0201",
        "shapes that differ",
        "Elementwise operations, equations and values take equal shapes; a number goes with every element.",
        "model M { state u[3] = [1, 2]; u' = -u }",
    ),
    info(
        "E0202",
        "`*` of matrices",
        "`*` multiplies element by element; the matrix product is `@`.",
        "model M { const A = [[1, 2], [3, 4]]; state u[2] = [1, 2]; u' = A*u }",
    ),
    info(
        "E0203",
        "a matrix product of shapes that do not fit",
        "`A @ B` takes the last dimension of A with the first of B; both are vectors or matrices.",
        "model M { const A = [[1, 2, 3], [4, 5, 6]]; state u[2] = [1, 2]; u' = A @ u }",
    ),
    info(
        "E0204",
        "a wrong number of subscripts",
        "An element has one subscript for each dimension of its array.",
        "model M { state u[2] = [1, 2]; u' = -u; let y = u[1, 2] }",
    ),
    info(
        "E0205",
        "an access outside of an array",
        "Arrays are counted from 1, or over their index set. An index set may have a rule for what lies outside: \
         `periodic`, `mirror` or `zero`.",
        "model M { index i in 1..10; state u[i] = 0; u'[i] = u[i-1] - u[i] }",
    ),
    info(
        "E0206",
        "a subscript that is no index expression",
        "A subscript is a sum of indices times constants, or a look-up in a constant array of whole numbers.",
        "model M { param k = 1; state u[2] = [1, 2]; u' = -u; let y = u[k] }",
    ),
    info(
        "E0207",
        "a size that is none",
        "Sizes of arrays and networks are positive whole numbers, known when the model is compiled.",
        "model M(n = 2.5) { state u[n] = 0; u' = -u }",
    ),
    info(
        "E0208",
        "a constant is needed",
        "Sizes, ends of index sets and structural arguments are folded when the model is compiled: they are made of \
         numbers, `const` and structural arguments.",
        "model M { param n = 3; state u[n] = 0; u' = -u }",
    ),
    info(
        "E0209",
        "an empty index set",
        "A range includes both of its ends, the smaller one first.",
        "model M { index i in 3..1; state u[i] = 0; u'[i] = -u[i] }",
    ),
    info(
        "E0210",
        "a range with one point more than its name says",
        "Ranges include both ends: 0..N has N + 1 points.",
        "model M(N = 4) { index i in 0..N; state u[i] = 0; u'[i] = -u[i] }",
    ),
    info(
        "E0211",
        "an index that is bound to nothing",
        "A free index on the left side of an equation or a definition ranges over its set; one that stands only on the \
         right side is reduced by `sum`, `prod`, `min` or `max`.",
        "model M { index i in 1..3; state u[i] = 1; u'[i] = -u[i]; let total = u[i] }",
    ),
    info(
        "E0212",
        "an index that is unknown, unused or used twice",
        "`for i in a..b` binds an index that the subscripts use; `for i` takes the range of the index set.",
        "model M { state u[3] = 1; u' = -u; let s = sum(u[k] for k) }",
    ),
    info(
        "E0213",
        "an array where a number is needed, or the other way round",
        "Reductions take arrays; sizes, conditions and elements are numbers.",
        "model M { state x = 1; x' = sum(x) }",
    ),
    info(
        "E0214",
        "a number where a condition is needed",
        "Conditions are comparisons, `true`, `false`, and what `and`, `or` and `not` make of them.",
        "model M { state x = 1; x' = if x then 1 else 0 }",
    ),
    info(
        "E0215",
        "a tuple of names with an index",
        "`let (p, q) = e` names the elements of a vector; it has no `for`.",
        "model M { state u[2] = [1, 2]; u' = -u; let (p, q) = u for i in 1..2 }",
    ),
];
