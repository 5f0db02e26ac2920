//! Texts that are kept in `tests/golden`, for people to read and for tests to compare with.

use std::path::PathBuf;

/// Compares `text` with the kept file `name`. With `UPDATE_GOLDEN=1` it is kept instead: then read the difference.
pub fn assert_golden(name: &str, text: &str) {
    let file: PathBuf = [env!("CARGO_MANIFEST_DIR"), "golden", name].iter().collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, text).expect("the golden file can be written");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == text,
        "{} differs; run the test with UPDATE_GOLDEN=1 and read what has changed. It is now:\n{text}",
        file.display()
    );
}
