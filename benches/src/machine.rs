//! What the figures were measured on.

use std::process::Command;

/// The machine, the compiler, and the versions of what matters, in one line.
pub(crate) fn describe(tools: &[String]) -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    // Of the machine; this process may be bound to one.
    let processors = info.lines().filter(|line| line.starts_with("processor")).count();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, model)| model));
    let processor = model.unwrap_or(std::env::consts::ARCH);
    let mut parts = vec![format!("{processor} ({processors} processors)"), compiler()];
    parts.extend(LIBRARIES.iter().filter_map(|name| library(name)));
    parts.extend(tools.iter().cloned());
    parts.join(", ")
}

fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    output.map_or_else(|_| "rustc".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What is compared.
const LIBRARIES: [&str; 6] = ["sqlx", "sea-orm", "diesel", "diesel-async", "cf-gears-toolkit-db", "toasty"];

/// A library with its version in the workspace's lock file.
fn library(name: &str) -> Option<String> {
    let lock = include_str!("../../Cargo.lock");
    let version = lock.split(&format!("name = \"{name}\"\nversion = \"")).nth(1)?.split('"').next()?;
    Some(format!("{name} {version}"))
}
