//! The program under callgrind, once.

use std::process::{Command, Stdio};

use user_scope_tests::directory::Directory;

use super::worker::{ADDRESS, Operation, WORKER, Who};
use crate::databases::Name;

/// Ends the program with a sentence if there is no valgrind.
pub(super) fn check() {
    if version().is_empty() {
        panic!("valgrind is not there; on Debian and Ubuntu it comes by `apt-get install valgrind`");
    }
}

/// As `valgrind-3.19.0`; empty if there is none.
pub(super) fn version() -> String {
    let output = Command::new("valgrind").arg("--version").output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// All instructions of a process that does `operation` `count` times.
pub(super) fn instructions(database: Name, address: &str, who: Who, operation: Operation, count: usize) -> u64 {
    let directory = Directory::create("callgrind");
    let profile = directory.path().join("profile");
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(std::env::current_exe().expect("the program knows where it is"))
        .args([WORKER, database.argument(), who.argument(), operation.figure(), &count.to_string()])
        // Not an argument: it may hold a password.
        .env(ADDRESS, address)
        // callgrind counts a copy by `rep movsb` as an instruction a byte, which no processor does: one large
        // future that is moved would outweigh everything else. Copied by vectors it counts for what it takes.
        .env("GLIBC_TUNABLES", "glibc.cpu.x86_rep_movsb_threshold=0x7fffffff")
        .stdin(Stdio::null())
        .output()
        .expect("valgrind is there");
    assert!(output.status.success(), "a worker failed:\n{}", String::from_utf8_lossy(&output.stderr));
    let profile = std::fs::read_to_string(&profile).expect("callgrind writes a profile");
    let totals: Vec<u64> = profile
        .lines()
        .filter_map(|line| line.strip_prefix("totals: "))
        .map(|total| total.trim().parse().expect("a number"))
        .collect();
    match totals[..] {
        [total] => total,
        _ => panic!("callgrind's profile holds {} totals", totals.len()),
    }
}
