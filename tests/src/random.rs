//! A small generator of test cases: SplitMix64 from a seed, or the bytes of a fuzzer as long as there are any.

/// The same numbers for the same seed and bytes, on every platform.
pub struct Random {
    state: u64,
    /// What decides before the seed does; the last one first.
    bytes: Vec<u8>,
}

/// Where arithmetic is most likely to differ.
const EDGES: [f64; 12] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MIN_POSITIVE,
    5e-324,
    -1e-310,
    f64::MAX,
    9.007_199_254_740_993e15,
];

impl Random {
    pub fn new(seed: u64) -> Self {
        Random { state: seed, bytes: Vec::new() }
    }

    /// Decides by these bytes, a byte a choice, so that a change of one changes one choice.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Random { state: 0, bytes: bytes.iter().rev().copied().collect() }
    }

    pub fn bits(&mut self) -> u64 {
        if !self.bytes.is_empty() {
            return (0..8).fold(0, |bits, _| bits << 8 | u64::from(self.bytes.pop().unwrap_or(0)));
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in 0..n.
    pub fn below(&mut self, n: usize) -> usize {
        if n <= 256 {
            if let Some(byte) = self.bytes.pop() {
                return usize::from(byte) % n;
            }
        }
        (self.bits() % n as u64) as usize
    }

    /// Uniform in [low, high).
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Any number: often an edge of arithmetic, or bits as they come.
    pub fn anything(&mut self) -> f64 {
        match self.below(4) {
            0 => *self.pick(&EDGES),
            1 => f64::from_bits(self.bits()),
            _ => self.uniform(-2.0, 2.0),
        }
    }

    /// Uniform in low..=high.
    pub fn within(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as usize) as i64
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}
