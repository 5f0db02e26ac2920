//! What each figure is to be at most.

const AT_MOST: [(&str, f64); 14] = [
    ("pg.get", 0.75),
    ("pg.list50", 0.75),
    ("pg.update.audited", 0.82),
    ("pg.insert.audited", 0.85),
    ("pg.request5", 0.60),
    ("pg.get.enforced", 1.15),
    ("pg.update.enforced.audited", 1.60),
    ("pg.insert_many100", 0.70),
    ("sqlite.get.instructions", 1.00),
    ("sqlite.list50.instructions", 0.95),
    ("sqlite.update.audited", 1.30),
    ("scale.get", 1.20),
    ("scale.list50", 1.20),
    ("compile.entities30", 1.50),
];

/// Whether it is reached, for the reader.
pub(super) fn verdict(name: &str, ratio: f64) -> String {
    match AT_MOST.iter().find(|(target, _)| name == *target) {
        None => String::new(),
        Some((_, at_most)) if ratio <= *at_most => format!(" (at most {at_most:.2}: reached)"),
        Some((_, at_most)) => format!(" (at most {at_most:.2}: NOT reached)"),
    }
}
