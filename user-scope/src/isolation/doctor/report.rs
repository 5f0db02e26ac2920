//! What the doctor found, for a person and for a program.

use std::fmt;

use super::kinds::Kind;
use crate::error::{Error, Result};

/// How bad a finding is, the mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Nothing that an outage would mend: something is slow, or will be missed on a bad day, or the server is to be updated.
    Advice,
    /// Operations fail: the database is not as the entities or the pool take it to be.
    Fault,
    /// A wall is thinner than it should be: rows of others are one mistake away.
    Weakness,
    /// Rows of others can be seen or changed now.
    Leak,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Advice => "advice",
            Self::Fault => "fault",
            Self::Weakness => "weakness",
            Self::Leak => "leak",
        })
    }
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    name: &'static str,
    severity: Severity,
    object: String,
    why: String,
    mend: String,
}

impl Finding {
    /// What kind of thing it is, as a word that stays the same: see the table at [`doctor`](crate::doctor()).
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How bad it is.
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// The table, role or function that it is about.
    pub fn object(&self) -> &str {
        &self.object
    }

    /// Why it matters; and what to do, where that is nothing that SQL can do.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// The SQL that mends it, to be run by the owner of the tables, or by who may change roles. It may be several
    /// statements; it is empty where a person has to decide.
    pub fn mend(&self) -> &str {
        &self.mend
    }
}

/// What [`doctor`](crate::doctor()) found, the worst first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "a report that nobody reads heals nothing"]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// Whether nothing was found at all, advice included: what a CI asks.
    pub const fn is_healthy(&self) -> bool {
        self.findings.is_empty()
    }

    /// All findings, the worst first.
    pub fn findings(&self) -> impl ExactSizeIterator<Item = &Finding> {
        self.findings.iter()
    }

    /// Refuses to start: what a server asks before it serves. Advice does not keep it from starting, neither a missing index nor
    /// an update of the server is a reason for an outage; look at [`is_healthy`](Self::is_healthy) where it is to count.
    ///
    /// # Errors
    ///
    /// [`Error::Isolation`] that names all findings above [`Severity::Advice`].
    pub fn into_result(self) -> Result<()> {
        let told: Vec<_> = self.findings.iter().filter(|finding| finding.severity > Severity::Advice).collect();
        if told.is_empty() {
            return Ok(());
        }
        let told = told.iter().map(|finding| format!("{} ({}): {}", finding.object, finding.name, finding.why));
        Err(Error::Isolation { problem: told.collect::<Vec<_>>().join("; "), source: None })
    }

    pub(super) fn add(
        &mut self,
        kind: &'static Kind,
        object: impl fmt::Display,
        detail: &str,
        mend: impl Into<String>,
    ) {
        let why = kind.why.replace("{}", detail);
        let finding =
            Finding { name: kind.name, severity: kind.severity, object: object.to_string(), why, mend: mend.into() };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// The findings of these names.
    #[cfg(feature = "adoption")]
    pub(crate) fn of(self, names: &[&str]) -> Vec<Finding> {
        self.findings.into_iter().filter(|finding| names.contains(&finding.name())).collect()
    }

    /// The worst first, and what is about one object together.
    pub(super) fn sorted(mut self) -> Self {
        self.findings.sort_by(|one, other| {
            (other.severity, &one.object, one.name).cmp(&(one.severity, &other.object, other.name))
        });
        self
    }
}

/// For a person: the worst first, each with what to run.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_healthy() {
            return f.write_str("nothing was found\n");
        }
        for (number, finding) in self.findings.iter().enumerate() {
            let Finding { name, severity, object, why, mend } = finding;
            if number > 0 {
                f.write_str("\n")?;
            }
            writeln!(f, "{severity}: {name}: {object}\n  {why}")?;
            if !mend.is_empty() {
                writeln!(f, "  mend: {mend};")?;
            }
        }
        Ok(())
    }
}
