//! What is said of values that are not finite, and that it is soon said.

use std::time::{Duration, Instant};

use nde_tests::compile::{column, run_text};

/// x^0 is 1 for all x, so that nothing changes by x.
#[test]
fn a_power_whose_exponent_is_a_parameter_of_0_has_the_derivative_0() {
    let text = "model M { param n = 0; state x = 0; x' = 1 - x^n }
        solve M over 0..1 { save = 2; method = rodas5p }";
    let result = run_text(text);
    assert_eq!((result.status, column(&result, "x")), ("finished", &[0.0, 0.0][..]), "{:?}", result.error);
}

#[test]
fn a_derivative_that_is_not_finite_is_named_where_the_equation_is() {
    let by_state = "model M {\n    state x = 0\n    x' = sqrt(x)\n}\n";
    let by_time = "model M {\n    state x = 0\n    x' = sqrt(t)\n}\n";
    for (model, by) in [(by_state, "x"), (by_time, "t")] {
        let result = run_text(&format!("{model}solve M over 0..1 {{ method = rodas5p }}"));
        let error = result.error.expect("the derivative at 0 is infinite");
        assert_eq!((error.code.as_str(), error.line), ("R0003", Some(3)));
        let words = format!("by `{by}` became");
        assert!(error.message.contains(&words) && error.message.contains("infinite"), "{}", error.message);
    }
}

#[test]
fn the_term_of_a_branch_that_is_not_taken_is_not_blamed() {
    let text = "model M {\n    state x = 1\n    x' = (if x > 0 then log(t - 0.5) else log(-x)) + sqrt(x)\n}\n\
                solve M over 0..1 { method = tsit5 }";
    let error = run_text(text).error.expect("a logarithm of nothing");
    assert!(error.message.starts_with("`log(t - 0.5)` became"), "{}", error.message);
}

#[test]
fn one_of_ten_thousand_terms_is_soon_named() {
    let terms: Vec<String> = (0..10_000).map(|k| format!("p*(x + {k})")).collect();
    let text = format!(
        "model M {{\n    state x = 1\n    param p = 1e-9\n    x' = {} + sqrt(0.5 - t)\n}}\n\
         solve M over 0..1 {{ method = tsit5 }}",
        terms.join(" + ")
    );
    let start = Instant::now();
    let error = run_text(&text).error.expect("the root of a negative number");
    assert!(error.message.starts_with("`sqrt(0.5 - t)` became NaN"), "{}", error.message);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}
