//! Scalar functions: values and derivatives of the reference, and what they give at the edges of their domains.

use nde::dynamics::{Dynamics, Interval};
use nde_tests::compile::compiled;
use nde_tests::data::{EdgeCase, Form, scalars};
use nde_tests::digits::{digits, number, relative_error};

/// The value and the gradient of an expression: a right-hand side and a row of its Jacobian. Conditions inside of a
/// function are no switches, so both are those of the point itself.
fn evaluate(expression: &str, variables: &[String], x: &[String]) -> (f64, Vec<f64>) {
    let states: Vec<String> = variables.iter().map(|name| format!("    state {name} = 1")).collect();
    let arguments = variables.join(", ");
    let others: Vec<String> = variables[1..].iter().map(|name| format!("    {name}' = 0")).collect();
    let text = format!(
        "fn value({arguments}) = {expression}\n\nmodel Scalar {{\n{}\n    {}' = value({arguments})\n{}\n}}\n\nsolve Scalar over 0..1\n",
        states.join("\n"),
        variables[0],
        others.join("\n"),
    );
    let f = compiled(&text, 0.0, &[]);
    let n = variables.len();
    let u: Vec<f64> = x.iter().map(|x| number(x)).collect();
    let (mut du, mut jacobian) = (vec![0.0; n], vec![0.0; n * n]);
    let at = Interval::plain(0.0, 1.0);
    f.rhs(&at, 0.0, &u, &mut du);
    f.jacobian(&at, 0.0, &u, &mut jacobian);
    (du[0], (0..n).map(|k| jacobian[k * n]).collect())
}

#[test]
fn values_and_gradients_have_their_digits() {
    let mut failures = Vec::new();
    for item in scalars().items {
        let (of_value, of_gradient) = match item.form {
            Form::Builtin => (15.0, 14.0),
            Form::Spelled => (12.0, 12.0),
        };
        for point in &item.points {
            let (value, gradient) = evaluate(&item.expression, &item.variables, &point.x);
            let right = digits(relative_error(value, &point.value, 0.0));
            let of = |(found, expected): (&f64, &String)| digits(relative_error(*found, expected, 0.0));
            let worst = gradient.iter().zip(&point.gradient).map(of).fold(99.0, f64::min);
            let line = format!("{} at {:?}: {right:.1} and {worst:.1} digits", item.expression, point.x);
            if point.identity {
                println!("by an identity alone: {line}");
            } else if right < of_value || worst < of_gradient {
                failures.push(format!(
                    "{line}: {value:e} {gradient:?}, not {} {:?}",
                    point.value, point.gradient
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Whether a number is one of the right answers, to 14 digits.
fn is_one(found: f64, answers: &[String]) -> bool {
    answers.iter().any(|answer| relative_error(found, answer, 0.0) < 1e-14)
}

fn edge_is_right(case: &EdgeCase, value: f64, gradient: &[f64]) -> bool {
    let sum_is_right =
        case.gradient_sum.as_ref().is_none_or(|sum| gradient.iter().sum::<f64>() == number(sum));
    is_one(value, &case.value)
        && gradient.iter().zip(&case.gradient).all(|(found, answers)| is_one(*found, answers))
        && sum_is_right
}

#[test]
fn edges_give_what_arithmetic_demands() {
    let mut failures = Vec::new();
    for case in scalars().edge_cases {
        let (value, gradient) = evaluate(&case.expression, &case.variables, &case.x);
        if !edge_is_right(&case, value, &gradient) {
            failures.push(format!(
                "{} at {:?}: {value:e} {gradient:?}, not {:?} {:?} ({})",
                case.expression,
                case.x,
                case.value,
                case.gradient,
                case.note.as_deref().unwrap_or("")
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
