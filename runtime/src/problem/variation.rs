//! What varies from member to member: grids, whose values are combined with one another, and random draws.

use super::Place;
use crate::random::{Distribution, Stream};

/// Numbers of a problem that vary together, or each on its own where they are drawn.
#[derive(Clone, Debug)]
pub struct Axis {
    pub places: Vec<(Place, usize)>,
    pub variation: Variation,
}

#[derive(Clone, Debug)]
pub enum Variation {
    /// All places have the same value, one after the other of these.
    Grid(Vec<f64>),
    /// Each place has a draw of its own.
    Random(Distribution),
}

/// The members of a sweep by number: every combination of the grids, the last one fastest, and for each so many draws.
#[derive(Clone, Debug)]
pub struct Design {
    axes: Vec<Axis>,
    samples: u64,
    seed: u64,
    members: u64,
}

impl Design {
    /// `None` where there are more members than numbers for them.
    pub fn new(axes: Vec<Axis>, samples: u64, seed: u64) -> Option<Design> {
        let lens = axes.iter().map(|axis| match &axis.variation {
            Variation::Grid(values) => values.len() as u64,
            Variation::Random(_) => 1,
        });
        let members = lens.chain([samples]).try_fold(1_u64, |product, len| product.checked_mul(len))?;
        Some(Design { axes, samples, seed, members })
    }

    /// How many members there are.
    pub fn members(&self) -> u64 {
        self.members
    }

    /// The places that vary, in the order of the numbers that [`Design::numbers`] gives.
    pub fn places(&self) -> impl Iterator<Item = (Place, usize)> + '_ {
        self.axes.iter().flat_map(|axis| axis.places.iter().copied())
    }

    /// The numbers of a member, one for each place. A draw depends on the seed, the place and the member alone.
    pub fn numbers(&self, member: u64, numbers: &mut Vec<f64>) {
        numbers.clear();
        let mut rest = member / self.samples.max(1);
        // The last grid turns fastest, so its value is known first.
        for axis in self.axes.iter().rev() {
            let Variation::Grid(values) = &axis.variation else {
                numbers.extend(axis.places.iter().map(|_| f64::NAN));
                continue;
            };
            let value = values[(rest % values.len() as u64) as usize];
            rest /= values.len() as u64;
            numbers.extend(axis.places.iter().map(|_| value));
        }
        numbers.reverse();
        let mut number = 0;
        for axis in &self.axes {
            if let Variation::Random(distribution) = &axis.variation {
                for k in number..number + axis.places.len() {
                    let stream = Stream { seed: self.seed, stream: k as u32 };
                    numbers[k] = distribution.draw(&mut stream.source(member));
                }
            }
            number += axis.places.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(places: usize, variation: Variation) -> Axis {
        Axis { places: (0..places).map(|k| (Place::Parameters, k)).collect(), variation }
    }

    fn members(design: &Design) -> Vec<Vec<f64>> {
        let mut numbers = Vec::new();
        (0..design.members())
            .map(|member| {
                design.numbers(member, &mut numbers);
                numbers.clone()
            })
            .collect()
    }

    #[test]
    fn grids_are_combined_and_the_last_turns_fastest() {
        let axes =
            vec![axis(1, Variation::Grid(vec![1.0, 2.0])), axis(2, Variation::Grid(vec![5.0, 6.0, 7.0]))];
        let expected = [
            [1.0, 5.0, 5.0],
            [1.0, 6.0, 6.0],
            [1.0, 7.0, 7.0],
            [2.0, 5.0, 5.0],
            [2.0, 6.0, 6.0],
            [2.0, 7.0, 7.0],
        ];
        assert_eq!(members(&Design::new(axes, 1, 0).unwrap()), expected);
    }

    #[test]
    fn every_point_of_a_grid_has_draws_of_its_own() {
        let uniform = || Variation::Random(Distribution::new("uniform", &[0.0, 1.0]).unwrap());
        let axes = || vec![axis(2, uniform()), axis(1, Variation::Grid(vec![1.0, 2.0]))];
        let drawn = members(&Design::new(axes(), 3, 7).unwrap());
        assert_eq!(drawn.iter().map(|m| m[2]).collect::<Vec<_>>(), [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
        let mut draws: Vec<f64> = drawn.iter().flat_map(|m| m[..2].to_vec()).collect();
        draws.sort_by(f64::total_cmp);
        draws.dedup();
        assert_eq!(draws.len(), 12);
        assert_eq!(members(&Design::new(axes(), 3, 7).unwrap()), drawn);
        assert_ne!(members(&Design::new(axes(), 3, 8).unwrap()), drawn);
    }

    #[test]
    fn more_members_than_can_be_counted_are_none() {
        let axes = vec![axis(1, Variation::Grid(vec![0.0; 1 << 16])), axis(1, Variation::Grid(vec![0.0; 4]))];
        assert!(Design::new(axes.clone(), u64::MAX >> 16, 0).is_none());
        assert_eq!(Design::new(axes, 2, 0).unwrap().members(), 1 << 19);
    }
}
