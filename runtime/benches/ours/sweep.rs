//! A sweep of Lotka–Volterra models, as the language runs it.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use nde::method;
use nde::problem::{Axis, Design, Ends, Ensemble, Place, Variation, weights};
use nde::random::Distribution;
use nde::solve::ensemble::{Pool, Tile, in_order, leaf_size, solve_range};
use nde::solve::{Absolute, Options, Save};

use super::{LOTKA_VOLTERRA, program};
use crate::Work;

pub const MEMBERS: u64 = 10_000;
pub const T1: f64 = 10.0;
pub const RTOL: f64 = 1e-6;
pub const ATOL: f64 = 1e-8;

/// a and c are drawn for each member.
fn design() -> Design {
    let axis = |place, low, high| Axis {
        places: vec![(Place::Parameters, place)],
        variation: Variation::Random(Distribution::new("uniform", &[low, high]).expect("an interval")),
    };
    Design::new(vec![axis(0, 1.0, 2.0), axis(2, 2.5, 3.5)], MEMBERS, 1).expect("not too many members")
}

/// The four parameters of each member, one member after the other.
pub fn parameters() -> Vec<f64> {
    let (design, mut numbers) = (design(), Vec::new());
    let of = |member| {
        design.numbers(member, &mut numbers);
        [numbers[0], 1.0, numbers[1], 1.0]
    };
    (0..MEMBERS).flat_map(of).collect()
}

/// Solves all members on so many threads and adds up where they end.
pub fn lotka_volterra(threads: usize) -> Work {
    let program = program(LOTKA_VOLTERRA, "LotkaVolterra");
    let weights = weights::initial(&program.system());
    let options = Options { rtol: RTOL, atol: Absolute::All(ATOL), save: Save::End, ..Options::default() };
    let ends = Ends::Same([0.0, T1]);
    let ensemble = Ensemble::new(program, design(), options, ends, Vec::new(), weights);
    let ensemble = Arc::new(ensemble.expect("nothing is missing"));
    let tsit5 = method::find("tsit5").expect("a method that exists");
    let engine = (tsit5.make)(&method::Wish::plain(RTOL));
    Box::new(move || {
        let interrupt = AtomicBool::new(false);
        let make = || {
            let mut bound = ensemble.problem().expect("nothing is missing");
            let tile = Tile::new(&mut bound, engine.as_ref());
            (bound, tile)
        };
        let lanes = make().1.map_or(1, |tile| tile.len());
        let mut total = [0.0; 2];
        let leaf = leaf_size(MEMBERS, lanes, 1);
        let pool = Pool { members: MEMBERS, leaf, threads, interrupt: &interrupt, progress: &mut |_| {} };
        let work = |(bound, tile): &mut (_, Option<Tile>), range| {
            let mut sum = [0.0; 2];
            solve_range(bound, engine.as_ref(), tile.as_mut(), range, &interrupt, &mut |_, _, taken| {
                let last = taken.expect("options that make sense").last();
                sum = [sum[0] + last[0], sum[1] + last[1]];
            });
            sum
        };
        in_order(pool, make, work, |sum| total = [total[0] + sum[0], total[1] + sum[1]]);
        black_box(total);
    })
}
