//! The memory z of a Radau method: (u, Z_1 … Z_s of the last step, its size and stages, the stages of the next step, steps since
//! they changed, contraction of the iterations). The stages have room for the most that the method may use.

/// The most stages there are.
pub const MOST_STAGES: usize = 7;

const SCALARS: usize = 5;

/// The length of z for n unknowns.
pub fn memory(n: usize, most: usize) -> usize {
    (1 + most) * n + SCALARS
}

/// What z says beside u and the stages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Past {
    /// The signed size of the last step.
    pub h: f64,
    /// Its stages; 0 after a start.
    pub used: usize,
    /// The stages of the next step.
    pub next: usize,
    /// The steps since their number changed.
    pub equal: u32,
    /// The contraction of Newton's iterations, smoothed.
    pub contraction: f64,
}

impl Past {
    /// At a start.
    pub fn none(stages: usize) -> Past {
        Past { h: 0.0, used: 0, next: stages, equal: 0, contraction: 1.0 }
    }

    pub fn of(z: &[f64]) -> Past {
        let s = &z[z.len() - SCALARS..];
        Past { h: s[0], used: s[1] as usize, next: s[2] as usize, equal: s[3] as u32, contraction: s[4] }
    }

    pub fn store(self, z: &mut [f64]) {
        let start = z.len() - SCALARS;
        let scalars = [self.h, self.used as f64, self.next as f64, f64::from(self.equal), self.contraction];
        z[start..].copy_from_slice(&scalars);
    }
}
