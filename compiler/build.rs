//! Generates the parser from `src/parse/grammar.lalrpop`.

fn main() {
    let generated =
        lalrpop::Configuration::new().use_cargo_dir_conventions().emit_rerun_directives(true).process();
    if let Err(error) = generated {
        panic!("src/parse/grammar.lalrpop is no LALR(1) grammar: {error}");
    }
}
