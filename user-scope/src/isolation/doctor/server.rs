//! Which versions of PostgreSQL are safe to put users behind policies.

/// The first version of each major one that has the last fix of row-level security which is known to us, and its name. From
/// the security page of PostgreSQL (<https://www.postgresql.org/support/security/>); a major version that does not stand
/// here is not judged.
const FIXED: [(i64, i64, &str); 5] = [
    (13, 22, "CVE-2025-8713"),
    (14, 19, "CVE-2025-8713"),
    (15, 19, "CVE-2026-14666"),
    (16, 10, "CVE-2025-8713"),
    (17, 6, "CVE-2025-8713"),
];

/// What a server lacks, by its `server_version_num`.
pub(super) fn lacks(version: i64) -> Option<&'static str> {
    let (major, minor) = (version / 10_000, version % 10_000);
    FIXED.iter().find(|(of, from, _)| major == *of && minor < *from).map(|(_, _, fix)| *fix)
}

#[cfg(test)]
mod tests {
    use super::lacks;

    #[test]
    fn a_server_before_the_last_fix_is_named_with_it() {
        assert_eq!(lacks(150_018), Some("CVE-2026-14666"));
        assert_eq!(lacks(150_019), None);
        assert_eq!(lacks(170_005), Some("CVE-2025-8713"));
        assert_eq!(lacks(990_000), None);
    }
}
