//! The interpreter and machine code agree bit for bit on every kernel of every model, in every layout of lanes.
//!
//! `NDE_CASES=100000` runs that many generated models.

use nde_tests::agreement::disagreement;
use nde_tests::compile::{model_text, models_folder};
use nde_tests::generate::{self, Size};

#[test]
fn executors_agree_on_every_kernel_of_generated_models() {
    let cases: u64 = std::env::var("NDE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    for seed in 0..cases {
        let text = format!("{}\nsolve Random over 0..1\n", generate::model(seed, &Size::default()));
        if let Some(found) = disagreement(&text, &[1, [3, 4, 8][seed as usize % 3]], seed) {
            panic!("seed {seed}: {found}");
        }
    }
}

#[test]
fn executors_agree_on_every_kernel_of_the_acceptance_models() {
    for entry in std::fs::read_dir(models_folder()).expect("the folder of models") {
        let name = entry.expect("an entry of the folder").file_name().into_string().expect("a name in UTF-8");
        let Some(stem) = name.strip_suffix(".nde") else { continue };
        let text = model_text(stem).replace("N = 32", "N = 5").replace("N = 64", "N = 5");
        if let Some(found) = disagreement(&text, &[1, 3, 4, 8], 1) {
            panic!("{name}: {found}");
        }
    }
}
