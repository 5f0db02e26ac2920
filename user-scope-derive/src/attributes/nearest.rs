//! Which key somebody meant who wrote another. Nothing about attributes enters here.

/// The choice that `word` is a slip of, if one is near enough.
pub(super) fn nearest(word: &str, choices: &[&'static str]) -> Option<&'static str> {
    let (distance, choice) = choices.iter().map(|choice| (distance(word, choice), *choice)).min()?;
    (distance <= 1 + choice.len() / 5 && distance < word.len()).then_some(choice)
}

/// How many characters have to be put in, taken out or replaced, or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut previous = None;
    for (row, letter) in from.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, wanted) in to.iter().enumerate() {
            let cost = |costs: &[usize], at: usize| costs.get(at).copied().unwrap_or(usize::MAX - 1);
            let replaced = cost(&last, column) + usize::from(letter != *wanted);
            let mut best = replaced.min(cost(&last, column + 1) + 1).min(cost(&current, column) + 1);
            let swapped =
                column.checked_sub(1).filter(|before| to.get(*before) == Some(&letter) && previous == Some(*wanted));
            if let Some(before) = swapped {
                best = best.min(cost(&before_last, before) + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
        previous = Some(letter);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &[&str] = &["id", "owner", "parent", "created_at", "updated_at", "skip"];

    #[test]
    fn a_slip_is_recognised() {
        for (slip, meant) in [
            ("onwer", "owner"),
            ("owners", "owner"),
            ("parnet", "parent"),
            ("create_at", "created_at"),
            ("skpi", "skip"),
        ] {
            assert_eq!(nearest(slip, KEYS), Some(meant), "{slip}");
        }
    }

    #[test]
    fn another_word_is_left_alone() {
        for word in ["", "x", "tenant", "primary_key"] {
            assert_eq!(nearest(word, KEYS), None, "{word}");
        }
    }

    #[test]
    fn a_swap_counts_once() {
        assert_eq!(distance("onwer", "owner"), 1);
        assert_eq!(distance("", "id"), 2);
        assert_eq!(distance("id", "id"), 0);
    }
}
