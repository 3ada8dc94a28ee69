//! Texts that are cut off anywhere are answered, and executors agree at the edges of arithmetic: what `tests/fuzz` runs
//! without end, for a moment.

use nde_tests::agreement::small_disagreement;
use nde_tests::compile::models_folder;
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
    for seed in 0..20 {
        let text = format!("{}\nsolve Random over 0..1\n", model(seed, &size));
        if let Some(difference) = small_disagreement(&text, &mut Random::new(seed)) {
            panic!("seed {seed}: {difference}");
        }
    }
}
