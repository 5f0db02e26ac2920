//! What must not compile, with the message that a person reads; and some unusual things that must.
//!
//! After a change, `TRYBUILD=overwrite cargo test -p user-scope-tests --test ui`, and read every message that
//! differs.

#[test]
fn what_must_not_compile_says_why_and_what_must_compile_does() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/fail/*.rs");
}
