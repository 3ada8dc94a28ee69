//! The problems: models in the language, and their solutions at the end to 15 digits.

/// A model, its span from t = 0, how its tolerances go together, and what an error is.
pub struct Problem {
    /// As the peers call it.
    pub name: &'static str,
    pub title: &'static str,
    pub text: &'static str,
    pub model: &'static str,
    pub t1: f64,
    /// atol / rtol.
    pub atol: f64,
    pub reference: &'static [f64],
    pub measure: Measure,
}

/// What the error of a solution is relative to.
#[derive(Clone, Copy)]
pub enum Measure {
    /// Each component to itself; the worst counts.
    Component,
    /// All components to the largest one, for solutions that pass through zero.
    Norm,
}

impl Problem {
    /// The error of a solution at the end.
    pub fn error(&self, u: &[f64]) -> f64 {
        let largest = self.reference.iter().fold(0.0, |m: f64, r| m.max(r.abs()));
        let relative = |(u, r): (&f64, &f64)| match self.measure {
            Measure::Component => (u - r).abs() / r.abs(),
            Measure::Norm => (u - r).abs() / largest,
        };
        u.iter().zip(self.reference).map(relative).fold(0.0, f64::max)
    }
}

/// End values of the IVP Test Set (Mazzia and Magherini) and of Radau at 1e-12 where that has others.
pub static STIFF: &[Problem] = &[
    Problem {
        name: "rober",
        title: "ROBER to 1e5",
        text: include_str!("models/rober.nde"),
        model: "Rober",
        t1: 1e5,
        atol: 1e-6,
        reference: &[0.017865921142099898, 7.274751468436496e-08, 0.982134006110386],
        measure: Measure::Component,
    },
    Problem {
        name: "rober",
        title: "ROBER to 1e11",
        text: include_str!("models/rober.nde"),
        model: "Rober",
        t1: 1e11,
        atol: 1e-6,
        reference: &[2.083340149701255e-08, 8.333360770334713e-14, 0.999999979166505],
        measure: Measure::Component,
    },
    Problem {
        name: "hires",
        title: "HIRES",
        text: include_str!("models/hires.nde"),
        model: "Hires",
        t1: 321.8122,
        atol: 1e-4,
        reference: &[
            0.0007371312573325668,
            0.0001442485726316185,
            5.888729740967575e-05,
            0.001175651343283149,
            0.002386356198831331,
            0.006238968252742796,
            0.002849998395185769,
            0.002850001604814231,
        ],
        measure: Measure::Component,
    },
    Problem {
        name: "orego",
        title: "OREGO",
        text: include_str!("models/orego.nde"),
        model: "Orego",
        t1: 360.0,
        atol: 1e-4,
        reference: &[1.000814870318523, 1228.178521549917, 132.0554942846706],
        measure: Measure::Component,
    },
    Problem {
        name: "pollu",
        title: "POLLU",
        text: include_str!("models/pollu.nde"),
        model: "Pollu",
        t1: 60.0,
        atol: 1e-4,
        reference: &[
            0.05646255480022769,
            0.1342484130422339,
            4.139734331099427e-09,
            0.005523140207484359,
            2.018977262302196e-07,
            1.464541863493966e-07,
            0.07784249118997964,
            0.3245075353396018,
            0.007494013383880406,
            1.622293157301561e-08,
            1.135863833257075e-08,
            0.002230505975721359,
            0.000208716288279863,
            1.396921016840158e-05,
            0.008964884856898295,
            4.352846369330103e-18,
            0.006899219696263405,
            0.0001007803037365946,
            1.772146513969984e-06,
            5.682943292316392e-05,
        ],
        measure: Measure::Component,
    },
    Problem {
        name: "vdp",
        title: "Van der Pol, μ = 1e6",
        text: include_str!("models/vdp.nde"),
        model: "VanDerPol",
        t1: 2.0,
        atol: 1e-2,
        reference: &[1.706167732170483, -0.8928097010247975],
        measure: Measure::Component,
    },
];

/// End values by Taylor series in 113 bits.
pub static NON_STIFF: &[Problem] = &[
    Problem {
        name: "pleiades",
        title: "Pleiades",
        text: include_str!("models/pleiades.nde"),
        model: "Pleiades",
        t1: 3.0,
        atol: 1.0,
        reference: &[
            0.3706139143970506,
            3.237284092057233,
            -3.2225590324183235,
            0.6597091455775308,
            0.3425581707156581,
            1.5621721014006311,
            -0.7003092922212495,
            -3.943437585517393,
            -3.27138097397255,
            5.225081843456544,
            -2.5906124349774697,
            1.1982136933922747,
            -0.24296823449358235,
            1.09144924042898,
            3.417003806314313,
            1.3545845016255011,
            -2.590065597810775,
            2.025053734714241,
            -1.1558151001604489,
            -0.8072988170223021,
            0.5952396354208718,
            -3.7412449612340097,
            0.37734596857506286,
            0.9386858869551077,
            0.366792222720057,
            -0.34740463538084926,
            2.344915448180937,
            -1.9470204342632917,
        ],
        measure: Measure::Norm,
    },
    Problem {
        name: "arenstorf",
        title: "Arenstorf",
        text: include_str!("models/arenstorf.nde"),
        model: "Arenstorf",
        t1: 17.065216560157964,
        atol: 1.0,
        reference: &[0.994, 0.0, 0.0, -2.0015851063790824],
        measure: Measure::Norm,
    },
];
