//! Did you mean: the known name that is spelt most like a wrong one.

/// The closest of the names by Damerau–Levenshtein distance, where it is close enough to be meant. Names that
/// differ by case alone come first.
pub fn closest<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    const LONGEST: usize = 64;
    let length = wrong.chars().count();
    if length > LONGEST {
        return None;
    }
    let allowed = (length.max(3) / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    let near_length = |name: &str| name.chars().count().abs_diff(length) <= allowed;
    for name in names.filter(|name| near_length(name) && *name != wrong) {
        let distance = match name.to_lowercase() == wrong.to_lowercase() {
            true => 0,
            false => strsim::damerau_levenshtein(wrong, name),
        };
        // A one-letter name is no misspelling of another.
        let near = distance <= allowed && (distance == 0 || length.max(name.chars().count()) > 1);
        if near && best.is_none_or(|(least, known)| (distance, name) < (least, known)) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["alpha", "beta", "k1", "k2", "Lu"];
        assert_eq!(closest("alhpa", names.into_iter()), Some("alpha"));
        assert_eq!(closest("lu", names.into_iter()), Some("Lu"));
        assert_eq!(closest("gamma", names.into_iter()), None);
        assert_eq!(closest("x", ["y"].into_iter()), None);
    }
}
