//! Runs every method on every reference problem, and writes the tables of `runtime/docs/methods.md` and `methods.csv`.

use nde_tests::atlas;

fn main() -> std::io::Result<()> {
    let pages = atlas::run(&mut |problem| eprintln!("{problem}"));
    std::fs::write(atlas::place("md"), atlas::markdown(&pages))?;
    std::fs::write(atlas::place("csv"), atlas::csv(&pages))
}
