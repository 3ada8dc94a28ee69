//! The arguments that functions are measured at: seeded, over the whole range and dense where errors are largest.

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.bits() >> 11) as f64 * 2f64.powi(-53)
    }

    fn sign(&mut self) -> f64 {
        if self.bits() & 1 == 0 { 1.0 } else { -1.0 }
    }
}

/// Zeros, infinities, NaN, the ends of the range and thresholds of functions.
pub const SPECIAL: &[f64] = &[
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
    3.0,
    -3.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    -f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    2.2250738585072009e-308,
    // the largest and smallest arguments of exp, of cosh and of gamma
    709.782712893384,
    709.7827128933841,
    -708.3964185322641,
    -708.3964185322642,
    -745.1332191019411,
    -745.1332191019412,
    710.4758600739439,
    710.475860073944,
    171.6243769563027,
    // the double nearest to a multiple of π/2, 6381956970095103·2⁷⁹⁷, and others close to one
    std::f64::consts::FRAC_PI_2,
    std::f64::consts::PI,
    5.319372648326541e255,
    2.5710095130937e19,
    1e15,
    1e16,
    1e22,
    1073741824.0,
    1073741825.5,
    36.04365338911715,
    26.54325845425098,
    27.226017111108366,
    -38.5,
];

/// At least 20,000 arguments.
pub fn arguments(seed: u64) -> Vec<f64> {
    let mut random = Random(seed);
    let mut x: Vec<f64> = SPECIAL.to_vec();
    x.extend((0..4000).map(|_| f64::from_bits(random.bits())));
    x.extend((0..4000).map(|_| {
        let exponent = random.uniform(-60.0, 10.0);
        random.sign() * exponent.exp2()
    }));
    for (count, size) in
        [(3000, 0.75), (3000, 1.5), (3000, 6.0), (2000, 40.0), (2000, 200.0), (2000, 760.0), (1000, 1e6)]
    {
        x.extend((0..count).map(|_| random.uniform(-size, size)));
    }
    // close to multiples of π/2, to 1 and to powers of 2
    x.extend((0..1000).map(|_| nudge(&mut random, 1 << 20, std::f64::consts::FRAC_PI_2)));
    x.extend((0..500).map(|_| nudge(&mut random, 1 << 40, std::f64::consts::FRAC_PI_2)));
    x.extend((0..1000).map(|k| 1.0 + random.sign() * 2f64.powi(-(k % 53)) * random.uniform(0.5, 1.0)));
    x.extend((-1074..1024).map(|k| 2f64.powi(k)));
    x
}

/// A multiple of `unit`, some units of the last place off.
fn nudge(random: &mut Random, largest: u64, unit: f64) -> f64 {
    let multiple = (random.bits() % largest) as f64 * unit;
    f64::from_bits((multiple.to_bits() + random.bits() % 5).saturating_sub(2))
}

/// Pairs of them: any two, and pairs of like size.
pub fn pairs(seed: u64) -> Vec<(f64, f64)> {
    let mut random = Random(seed ^ 0x5555);
    let mut pairs: Vec<(f64, f64)> =
        SPECIAL.iter().flat_map(|&x| SPECIAL.iter().map(move |&y| (x, y))).collect();
    let all = arguments(seed);
    let any = |random: &mut Random| all[random.bits() as usize % all.len()];
    pairs.extend((0..8000).map(|_| (any(&mut random), any(&mut random))));
    pairs.extend((0..6000).map(|_| {
        let x = any(&mut random);
        (x, x * random.uniform(-3.0, 3.0))
    }));
    pairs.extend((0..4000).map(|_| (random.uniform(0.0, 4.0), random.uniform(-60.0, 60.0))));
    // powers near the ends of the range
    pairs.extend((0..4000).map(|_| {
        let x = random.uniform(0.0, 20.0);
        (x, random.uniform(-746.0, 711.0) / x.ln())
    }));
    pairs.extend((0..2000).map(|_| (random.uniform(-9.0, 9.0), random.uniform(-40.0, 40.0).round())));
    pairs
}
