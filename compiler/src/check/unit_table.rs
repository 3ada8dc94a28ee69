//! The names of units: SI with prefixes (BIPM, The International System of Units, 9th ed.) and common others.

use super::unit::{Unit, UnitError};

/// `factor/per · 10^ten` of a product of base units, powers in the order m kg s A K mol cd.
pub struct UnitRow {
    pub name: &'static str,
    pub powers: [i8; 7],
    pub factor: f64,
    pub per: f64,
    pub ten: i32,
    prefixes: Prefixes,
}

/// Whether SI prefixes may stand before a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefixes {
    Yes,
    No,
}

const fn si(name: &'static str, powers: [i8; 7], ten: i32) -> UnitRow {
    UnitRow { name, powers, factor: 1.0, per: 1.0, ten, prefixes: Prefixes::Yes }
}

const fn other(name: &'static str, powers: [i8; 7], factor: f64, ten: i32) -> UnitRow {
    UnitRow { name, powers, factor, per: 1.0, ten, prefixes: Prefixes::No }
}

const fn scaled(name: &'static str, powers: [i8; 7], factor: f64, ten: i32) -> UnitRow {
    UnitRow { name, powers, factor, per: 1.0, ten, prefixes: Prefixes::Yes }
}

const LENGTH: [i8; 7] = [1, 0, 0, 0, 0, 0, 0];
const AREA: [i8; 7] = [2, 0, 0, 0, 0, 0, 0];
const VOLUME: [i8; 7] = [3, 0, 0, 0, 0, 0, 0];
const MASS: [i8; 7] = [0, 1, 0, 0, 0, 0, 0];
const TIME: [i8; 7] = [0, 0, 1, 0, 0, 0, 0];
const RATE: [i8; 7] = [0, 0, -1, 0, 0, 0, 0];
const CURRENT: [i8; 7] = [0, 0, 0, 1, 0, 0, 0];
const KELVIN: [i8; 7] = [0, 0, 0, 0, 1, 0, 0];
const AMOUNT: [i8; 7] = [0, 0, 0, 0, 0, 1, 0];
const LIGHT: [i8; 7] = [0, 0, 0, 0, 0, 0, 1];
const FORCE: [i8; 7] = [1, 1, -2, 0, 0, 0, 0];
const PRESSURE: [i8; 7] = [-1, 1, -2, 0, 0, 0, 0];
const ENERGY: [i8; 7] = [2, 1, -2, 0, 0, 0, 0];
const POWER: [i8; 7] = [2, 1, -3, 0, 0, 0, 0];
const CHARGE: [i8; 7] = [0, 0, 1, 1, 0, 0, 0];
const VOLTAGE: [i8; 7] = [2, 1, -3, -1, 0, 0, 0];
const CONCENTRATION: [i8; 7] = [-3, 0, 0, 0, 0, 1, 0];
const PURE: [i8; 7] = [0; 7];

/// Every name without its prefixes.
pub const UNITS: &[UnitRow] = &[
    si("m", LENGTH, 0),
    si("g", MASS, -3),
    si("s", TIME, 0),
    si("A", CURRENT, 0),
    si("K", KELVIN, 0),
    si("mol", AMOUNT, 0),
    si("cd", LIGHT, 0),
    si("Hz", RATE, 0),
    si("Bq", RATE, 0),
    si("N", FORCE, 0),
    si("Pa", PRESSURE, 0),
    si("J", ENERGY, 0),
    si("W", POWER, 0),
    si("C", CHARGE, 0),
    si("V", VOLTAGE, 0),
    si("F", [-2, -1, 4, 2, 0, 0, 0], 0),
    si("Ω", [2, 1, -3, -2, 0, 0, 0], 0),
    si("ohm", [2, 1, -3, -2, 0, 0, 0], 0),
    si("S", [-2, -1, 3, 2, 0, 0, 0], 0),
    si("Wb", [2, 1, -2, -1, 0, 0, 0], 0),
    si("T", [0, 1, -2, -1, 0, 0, 0], 0),
    si("H", [2, 1, -2, -2, 0, 0, 0], 0),
    si("Gy", [2, 0, -2, 0, 0, 0, 0], 0),
    si("Sv", [2, 0, -2, 0, 0, 0, 0], 0),
    si("kat", [0, 0, -1, 0, 0, 1, 0], 0),
    si("lm", LIGHT, 0),
    si("lx", [-2, 0, 0, 0, 0, 0, 1], 0),
    si("L", VOLUME, -3),
    si("l", VOLUME, -3),
    si("M", CONCENTRATION, 3),
    si("bar", PRESSURE, 5),
    si("t", MASS, 3),
    scaled("eV", ENERGY, 1.602176634, -19),
    scaled("Da", MASS, 1.66053906892, -27),
    scaled("cal", ENERGY, 4.184, 0),
    other("rad", PURE, 1.0, 0),
    other("sr", PURE, 1.0, 0),
    other("deg", PURE, std::f64::consts::PI / 180.0, 0),
    other("percent", PURE, 1.0, -2),
    other("ppm", PURE, 1.0, -6),
    other("ppb", PURE, 1.0, -9),
    other("min", TIME, 60.0, 0),
    other("h", TIME, 3600.0, 0),
    other("hr", TIME, 3600.0, 0),
    other("day", TIME, 86400.0, 0),
    other("d", TIME, 86400.0, 0),
    other("week", TIME, 604800.0, 0),
    other("yr", TIME, 31557600.0, 0),
    other("rpm", RATE, 1.0, 0).divided_by(60.0),
    other("ha", AREA, 1.0, 4),
    other("mmHg", PRESSURE, 133322387415.0, -9),
    other("cmH2O", PRESSURE, 98.0665, 0),
    other("Torr", PRESSURE, 101325.0, 0).divided_by(760.0),
    other("atm", PRESSURE, 101325.0, 0),
    other("psi", PRESSURE, 6894.757293168, 0),
    other("angstrom", LENGTH, 1.0, -10),
    other("au", LENGTH, 149597870700.0, 0),
    other("inch", LENGTH, 254.0, -4),
    other("ft", LENGTH, 3048.0, -4),
    other("mile", LENGTH, 1609344.0, -3),
    other("lb", MASS, 45359237.0, -8),
    other("gal", VOLUME, 3785411784.0, -12),
    other("kWh", ENERGY, 36.0, 5),
    other("Wh", ENERGY, 3600.0, 0),
];

/// Names that look like units and cannot be.
const OFFSETS: &[&str] = &["degC", "degF", "celsius", "Celsius", "fahrenheit", "Fahrenheit"];

const PREFIXES: &[(&str, i32)] = &[
    ("da", 1),
    ("Q", 30),
    ("R", 27),
    ("Y", 24),
    ("Z", 21),
    ("E", 18),
    ("P", 15),
    ("T", 12),
    ("G", 9),
    ("M", 6),
    ("k", 3),
    ("h", 2),
    ("d", -1),
    ("c", -2),
    ("m", -3),
    ("μ", -6),
    ("u", -6),
    ("n", -9),
    ("p", -12),
    ("f", -15),
    ("a", -18),
    ("z", -21),
    ("y", -24),
];

impl UnitRow {
    const fn divided_by(mut self, per: f64) -> UnitRow {
        self.per = per;
        self
    }
}

/// A unit by its name; a whole name wins over a prefix and a name (`min`, `cd`, `ft`).
pub fn find(name: &str) -> Result<Unit, UnitError> {
    if OFFSETS.contains(&name) {
        return Err(UnitError::Offset(name.to_owned()));
    }
    if let Some(row) = UNITS.iter().find(|row| row.name == name) {
        return Ok(Unit::of_row(row, 0));
    }
    for (prefix, ten) in PREFIXES {
        let rest = name.strip_prefix(prefix);
        let row = rest.and_then(|rest| UNITS.iter().find(|u| u.name == rest && u.prefixes == Prefixes::Yes));
        if let Some(row) = row {
            return Ok(Unit::of_row(row, *ten));
        }
    }
    Err(UnitError::Unknown(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_name_wins_over_a_prefix() {
        assert_eq!(find("min").unwrap().factor_to(find("s").unwrap()), Some(60.0));
        assert_eq!(find("mmol").unwrap().factor_to(find("mol").unwrap()), Some(1e-3));
        assert!(matches!(find("kmin"), Err(UnitError::Unknown(_))));
        assert!(matches!(find("degC"), Err(UnitError::Offset(_))));
    }

    #[test]
    fn names_are_unique() {
        for (k, row) in UNITS.iter().enumerate() {
            assert!(UNITS[..k].iter().all(|other| other.name != row.name), "{}", row.name);
        }
    }
}
