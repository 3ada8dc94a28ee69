//! Counter-based random numbers: Philox 4×32-10 of Salmon, Moraes, Dror and Shaw (SC 2011).
//!
//! A number depends on its key and counter alone, so that any order and any number of threads give the same bits.

mod distribution;

pub use distribution::{Distribution, Undrawable};

use std::convert::Infallible;

use rand_core::TryRng;

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Four random words for a counter under a key.
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for round in 0..10 {
        if round > 0 {
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        let [a, b] = [
            u64::from(MULTIPLIERS[0]) * u64::from(counter[0]),
            u64::from(MULTIPLIERS[1]) * u64::from(counter[2]),
        ];
        counter = [
            (b >> 32) as u32 ^ counter[1] ^ key[0],
            b as u32,
            (a >> 32) as u32 ^ counter[3] ^ key[1],
            a as u32,
        ];
    }
    counter
}

/// The numbers of one stream, by position.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    pub seed: u64,
    pub stream: u32,
}

impl Stream {
    /// Two independent numbers, uniform in (0, 1).
    fn pair(self, position: u64) -> [f64; 2] {
        let uniform = |word: u64| ((word >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        self.words(position, 0).map(uniform)
    }

    /// The words of a position, two for each number of a block.
    fn words(self, position: u64, block: u32) -> [u64; 2] {
        let counter = [position as u32, (position >> 32) as u32, self.stream, block];
        let [a, b, c, d] = philox(counter, [self.seed as u32, (self.seed >> 32) as u32]);
        [u64::from(a) << 32 | u64::from(b), u64::from(c) << 32 | u64::from(d)]
    }

    /// As many words as a draw at that position needs.
    pub fn source(self, position: u64) -> Source {
        Source { stream: self, position, block: 0, left: None }
    }

    /// Uniform in (0, 1).
    pub fn uniform(self, position: u64) -> f64 {
        self.pair(position)[0]
    }

    /// Standard normal, by the transform of Box and Muller.
    pub fn normal(self, position: u64) -> f64 {
        let [u, v] = self.pair(position);
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}

/// The words of one position of a stream, one after the other: rejection uses as many as it needs.
pub struct Source {
    stream: Stream,
    position: u64,
    block: u32,
    left: Option<u64>,
}

impl Source {
    fn next(&mut self) -> u64 {
        if let Some(word) = self.left.take() {
            return word;
        }
        let [first, second] = self.stream.words(self.position, self.block);
        self.block = self.block.wrapping_add(1);
        self.left = Some(second);
        first
    }
}

impl TryRng for Source {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.next() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers of the authors' Random123 library.
    #[test]
    fn words_are_those_of_the_authors() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
    }

    #[test]
    fn normal_numbers_have_mean_0_and_variance_1() {
        let stream = Stream { seed: 7, stream: 3 };
        let n = 20_000;
        let draws: Vec<f64> = (0..n).map(|k| stream.normal(k)).collect();
        let mean = draws.iter().sum::<f64>() / n as f64;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "mean {mean}, variance {variance}");
    }
}
