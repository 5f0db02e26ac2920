//! The doctor: on a healthy database it finds nothing, and every fault that is planted it finds, and mends.

mod entities;
mod login;
pub mod patient;
mod pools;
mod postgres;
mod sqlite;

use user_scope::{Finding, Report, Severity};

/// What a report holds, as `name object`; but for the server's version, which no test can choose.
fn told(report: &Report) -> Vec<String> {
    let findings = report.findings().filter(|finding| finding.name() != "server-too-old");
    findings.map(|finding| format!("{} {}", finding.name(), finding.object())).collect()
}

/// Whether the report is of this fault alone.
#[track_caller]
fn tells(report: &Report, name: &str, object: &str) {
    assert_eq!(told(report), [format!("{name} {object}")], "{report}");
    let finding = first(report);
    assert!(!finding.why().contains("{}") && !finding.why().is_empty());
    let text = report.to_string();
    assert!(text.contains(name) && text.contains(object) && text.contains(finding.why()), "{text}");
    let refused = report.clone().into_result().err().map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(refused.contains(&format!("{object} ({name})")), finding.severity() > Severity::Advice, "{refused}");
}

/// The worst that a report holds.
fn first(report: &Report) -> &Finding {
    report.findings().find(|finding| finding.name() != "server-too-old").unwrap()
}
