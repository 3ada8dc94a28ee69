//! Texts that are cut off anywhere are answered, and executors agree at the edges of arithmetic: what `tests/fuzz` runs
//! without end, for a moment. Models that are deep or long are soon compiled.

use nde_tests::agreement::small_disagreement;
use nde_tests::compile::{column, models_folder, run_text};
use nde_tests::generate::{Size, model};
use nde_tests::hostile::survive;
use nde_tests::random::Random;

/// Places where each model is cut.
const CUTS: usize = 12;

#[test]
fn models_that_end_anywhere_are_answered() {
    for entry in std::fs::read_dir(models_folder()).expect("the folder of models") {
        let path = entry.expect("an entry of the folder").path();
        if path.extension().is_none_or(|ending| ending != "nde") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a model is text");
        survive(&text);
        for cut in 1..CUTS {
            survive(&text[..text.floor_char_boundary(text.len() * cut / CUTS)]);
        }
    }
}

#[test]
fn executors_agree_on_infinities_and_subnormal_numbers() {
    let size = Size { scalars: 2, arrays: 1, lets: 2, points: 5, depth: 2, ..Size::default() };
    let mut compared = 0;
    for seed in 0..20 {
        let text = format!("{}\nsolve Random over 0..1\n", model(seed, &size));
        match small_disagreement(&text, &mut Random::new(seed)) {
            Ok(Some(difference)) => panic!("seed {seed}: {difference}"),
            Ok(None) => compared += 1,
            Err(_) => {}
        }
    }
    assert!(compared >= 15, "{compared} of 20 generated models are right");
}

/// Sums in sums, more of them than a word has bits: each is computed once, before the one around it.
#[test]
fn seventy_sums_in_each_other_are_soon_computed() {
    let depth = 70;
    let open = "sum(i/45*".repeat(depth);
    let text = format!(
        "model M {{ state x = 1; x' = -{open}x{} }}\nsolve M over 0..1 {{ save = 2; method = vern7(rtol = 1e-10, atol = 1e-10) }}",
        " for i in 1..9)".repeat(depth)
    );
    let result = run_text(&text);
    let end = column(&result, "x")[1];
    assert!((end - (-1.0f64).exp()).abs() < 1e-9, "{end}");
}

/// Definitions of definitions: what is filled in does not grow without end.
#[test]
fn a_chain_of_definitions_is_soon_compiled() {
    let n = 4000;
    let lets: String = (1..=n).map(|k| format!("let a{k} = sin(a{})/2 + a{}/2\n", k - 1, k - 1)).collect();
    let text = format!(
        "model M {{ state x = 1\nlet a0 = x\n{lets}x' = -a{n} }}\nsolve M over 0..1 {{ save = 2; method = tsit5 }}"
    );
    let start = std::time::Instant::now();
    let result = run_text(&text);
    assert_eq!(result.status, "finished", "{:?}", result.error);
    assert!(start.elapsed().as_secs_f64() < 6.0, "{:?}", start.elapsed());
}
