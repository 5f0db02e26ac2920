//! Whether the log is as it was sealed: first the chain ([`chain`]), which tells what is covered ([`cover`]), then every
//! row of the log in the order of their ids ([`rows`]).

mod chain;
mod cover;
mod rows;

use std::pin::pin;

use chain::Chain;
use rows::Walk;

use super::canonical::SealableRow;
use super::exported::ExportedSeal;
use super::findings::SealFinding;
use super::key::PublicSealKey;
use super::next;
use crate::audit::AuditLog;
use crate::audit::horizon;
use crate::audit::log::{NAME, reading};
use crate::backend::{Backend, Dialect};
use crate::entity::Moment;
use crate::error::Result;
use crate::isolation::facts::{Texts, ask};
use crate::lease::Lease;
use crate::observe::{Rows, observed};
use crate::sql;

/// What [`AuditLog::verify`] has found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SealReport {
    /// How many seals there are.
    pub seals: u64,
    /// How many rows are there as they were sealed.
    pub rows: u64,
    /// How many rows are not sealed yet: nothing can be said of them.
    pub unsealed: u64,
    /// The time of the oldest of them. If that is long ago, nobody seals any more, or a transaction is open since.
    pub oldest_unsealed: Option<Moment>,
    /// How many rows were taken out by who has the key.
    pub purged: u64,
    /// How many rows were to be taken out, as who has the key has said, and are there still: they can go unseen. Carry the purge
    /// out again.
    pub to_purge: u64,
    /// In how many clusters of PostgreSQL, one after the other, it was sealed: one more for each time that it was restored into
    /// another.
    pub clusters: u64,
    /// The last seal of the chain, to be kept outside of the database, if it is one that the key has signed.
    pub last: Option<ExportedSeal>,
    /// What is not as it was sealed.
    pub findings: Vec<SealFinding>,
}

impl SealReport {
    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Rows for SealReport {
    fn rows(&self) -> u64 {
        self.rows
    }
}

impl<DB: Backend> AuditLog<'_, DB> {
    /// Compares all of the log with its seals.
    ///
    /// It reads every row once, or up to four times where some are missing, in a transaction that holds up nobody, in memory that
    /// grows with the number of seals and not with that of rows. `exported` are seals that were kept outside of the
    /// database, the last of them or all: without any a log whose end was cut off, rows and seals, looks like one that has
    /// never been longer. What cannot be found at all is in [`guide::seals`](crate::guide::seals).
    ///
    /// ```
    /// # async fn f<DB: user_scope::Backend>(system: user_scope::SystemContext<DB>, SEAL_KEY: &str)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// use user_scope::audit::ExportedSeal;
    ///
    /// let exported: ExportedSeal = std::fs::read_to_string("last.seal")?.parse()?;
    /// let report = system.audit().verify(&SEAL_KEY.parse()?, [&exported]).await?;
    /// for finding in &report.findings {
    ///     eprintln!("{finding}");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Database`](crate::Error::Database) if the log or the table of seals is not there,
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is not. Whatever is wrong with their contents is a
    /// finding.
    pub async fn verify<'e>(
        &self,
        key: &PublicSealKey,
        exported: impl IntoIterator<Item = &'e ExportedSeal>,
    ) -> Result<SealReport> {
        observed(NAME, "verify", pin!(self.verified(key, exported.into_iter().collect()))).await
    }

    /// What is missing must be missing twice. A month that is let go is gone on PostgreSQL for those as well who look at a moment
    /// before: they have seen the seals that do not say so yet. From the next moment the seal that does is seen. Whoever goes on
    /// to remove rows keeps nobody looking: after some looks the last one is told.
    async fn verified(&self, key: &PublicSealKey, exported: Vec<&ExportedSeal>) -> Result<SealReport> {
        let mut report = self.look(key, exported.clone()).await?;
        for _ in 1..LOOKS {
            let before: Vec<i64> = report.findings.iter().filter_map(missing_of).collect();
            if DB::DIALECT == Dialect::Sqlite || before.is_empty() {
                break;
            }
            report = self.look(key, exported.clone()).await?;
            if report.findings.iter().filter_map(missing_of).all(|seal| before.contains(&seal)) {
                break;
            }
        }
        Ok(report)
    }

    async fn look(&self, key: &PublicSealKey, exported: Vec<&ExportedSeal>) -> Result<SealReport> {
        let (mut lease, _passage) = self.open_looking().await?;
        let hidden = not_as_stored(&mut lease).await?;
        let now = horizon::now(&mut lease).await.map_err(reading)?;
        let mut chain = Chain::new(key, exported);
        read_chain(&mut lease, &mut chain).await.map_err(reading)?;
        let seals = chain.length();
        let last = chain.last_to_export();
        let (cover, found) = chain.end();
        let mut findings = hidden;
        findings.extend(found);
        let clusters = cover.clusters;
        let mut walk = Walk::new(cover, now);
        read_rows(&mut lease, &mut walk).await.map_err(reading)?;
        lease.commit().await.map_err(reading)?;
        let rows::Sums { proven: rows, unsealed, oldest_unsealed, purged, to_purge } = walk.end(&mut findings);
        let oldest_unsealed = oldest_unsealed.map(Moment::from_unix_micros);
        Ok(SealReport { seals, rows, unsealed, oldest_unsealed, purged, to_purge, clusters, last, findings })
    }
}

/// How often it looks at most.
const LOOKS: usize = 4;

/// The number of the seal of which rows are missing.
const fn missing_of(finding: &SealFinding) -> Option<i64> {
    match finding {
        SealFinding::RowsRemoved { seal, .. } => Some(seal.number),
        _ => None,
    }
}

/// What shows something else than what is stored.
pub(super) async fn not_as_stored<DB: Backend>(lease: &mut Lease<DB>) -> Result<Vec<SealFinding>> {
    let question = match DB::DIALECT {
        Dialect::Postgres => sql::NOT_AS_STORED_POSTGRES,
        Dialect::Sqlite => sql::NOT_AS_STORED_SQLITE,
    };
    let found = ask(lease, question, &[]).await.map_err(reading)?;
    Ok(found.into_iter().map(|row| SealFinding::NotAsStored { what: Texts(row).text() }).collect())
}

async fn read_chain<DB: Backend>(lease: &mut Lease<DB>, chain: &mut Chain<'_>) -> sqlx::Result<()> {
    lease.expect_rows(true);
    let mut rows = DB::fetch(lease.connection(), sql::select_seals::<DB>());
    while let Some(row) = next::<DB>(&mut rows).await? {
        match sql::Link::read::<DB>(&row) {
            Ok(link) => chain.add(link),
            Err(_) => chain.add_unreadable(DB::get_integer(&row, 0)?),
        }
    }
    drop(rows);
    lease.expect_rows(false);
    Ok(())
}

async fn read_rows<DB: Backend>(lease: &mut Lease<DB>, walk: &mut Walk) -> sqlx::Result<()> {
    let query = sql::select_sealable::<DB>(None).map_err(sqlx::Error::Encode)?;
    lease.expect_rows(true);
    let mut rows = DB::fetch(lease.connection(), query);
    while let Some(row) = next::<DB>(&mut rows).await? {
        let row = SealableRow::read::<DB>(&row)?;
        walk.visit(&row, DB::DIALECT);
    }
    drop(rows);
    lease.expect_rows(false);
    Ok(())
}
