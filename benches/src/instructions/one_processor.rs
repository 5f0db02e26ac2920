//! One processor for the client and the server: where they run at once, how often one waits for the other is
//! chance, and waiting costs instructions.

use std::process::Command;

/// Set in the process that is bound already.
const BOUND: &str = "USER_SCOPE_BENCH_BOUND";

/// Runs this program anew, bound to one processor with all that it starts, and ends with it. Returns if this is
/// that process, or if the machine has no `taskset`.
pub(super) fn bind() {
    if std::env::var_os(BOUND).is_some() {
        return;
    }
    let program = std::env::current_exe().expect("the program knows where it is");
    let again = Command::new("taskset")
        .args(["-c", &last_allowed()])
        .arg(program)
        .args(std::env::args_os().skip(1))
        .env(BOUND, "1")
        .status();
    match again {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(fault) => println!("There is no taskset ({fault}): the figures will vary by a few percent."),
    }
}

/// The number of the last processor that this process may use, as `0-3,8-11` ends with 11.
fn last_allowed() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or("0");
    allowed.trim().rsplit([',', '-']).next().unwrap_or("0").to_owned()
}
