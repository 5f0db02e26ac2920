//! One pass: what has appeared since the last seal is cut into seals, which are written together.

use std::collections::BTreeMap;
use std::pin::pin;

use sha2::{Digest as _, Sha256};

use super::canonical::SealableRow;
use super::exported::ExportedSeal;
use super::hex::to_hex;
use super::ids::LogIds;
use super::key::SealKey;
use super::link::{ROWS, beginning};
use super::next;
use super::verify::not_as_stored;
use crate::audit::AuditLog;
use crate::audit::horizon;
use crate::audit::log::{NAME, reading};
use crate::backend::Backend;
use crate::entity::Moment;
use crate::error::{Doing, Error, Result};
use crate::lease::Lease;
use crate::observe::{Rows, observed};
use crate::sql::{self, Link, Position, Span};

/// How many rows one seal covers, at most: what is found to be wrong is told as closely as this.
const MOST: u64 = 10_000;

/// What [`AuditLog::seal`] has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sealed {
    /// How many seals were written. None if there was nothing new that is final, or if somebody else has sealed it meanwhile.
    pub seals: u64,
    /// How many rows they cover.
    pub rows: u64,
    /// The last seal of the chain, to be kept outside of the database.
    pub last: Option<ExportedSeal>,
}

impl Rows for Sealed {
    fn rows(&self) -> u64 {
        self.rows
    }
}

impl<DB: Backend> AuditLog<'_, DB> {
    /// Seals what is new in the log. To be called at intervals, as every five minutes, by whatever the application calls things at
    /// intervals by, with one context for all of them: each context leaves a receipt, which is a new row.
    ///
    /// Who writes to the log does not wait for it, nor does it wait for them. A row is sealed when no transaction is open any more
    /// that began before the row's own had ended: one that is open for hours, in any database of the server, delays seals so long.
    /// On SQLite the database is to be in WAL mode, as otherwise it has one reader or one writer.
    ///
    /// Several servers may call it at once: who comes later has nothing to do. Keep [`last`](Sealed::last) where a thief of the
    /// database cannot reach it; without it nobody can tell that the end of the log was cut off.
    ///
    /// ```
    /// # async fn f<DB: user_scope::Backend>(system: user_scope::SystemContext<DB>, key: user_scope::audit::SealKey)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// let sealed = system.audit().seal(&key).await?;
    /// if let Some(last) = sealed.last {
    ///     std::fs::write("last.seal", last.to_string())?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Seals`] if the last seal is not one of this key's, [`Error::Database`] if the table of seals is not there,
    /// [`Error::Unavailable`] if the database is not.
    pub async fn seal(&self, key: &SealKey) -> Result<Sealed> {
        self.seal_behind(key, None).await
    }

    /// The same, if these seals, which were exported before, are in the chain still: where the end of the log was cut off, nothing is
    /// sealed in its place, so that it cannot be forgotten.
    ///
    /// ```
    /// # async fn f<DB: user_scope::Backend>(system: user_scope::SystemContext<DB>, key: user_scope::audit::SealKey)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// use user_scope::audit::ExportedSeal;
    ///
    /// let before: ExportedSeal = std::fs::read_to_string("last.seal")?.parse()?;
    /// if let Some(last) = system.audit().seal_behind(&key, [&before]).await?.last {
    ///     std::fs::write("last.seal", last.to_string())?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`seal`](Self::seal); [`Error::Seals`] if one of them is not in the chain.
    pub async fn seal_behind<'e>(
        &self,
        key: &SealKey,
        exported: impl IntoIterator<Item = &'e ExportedSeal>,
    ) -> Result<Sealed> {
        observed(NAME, "seal", pin!(self.sealed(key, exported.into_iter().collect()))).await
    }

    async fn sealed(&self, key: &SealKey, behind: Vec<&ExportedSeal>) -> Result<Sealed> {
        let (mut lease, _passage) = self.open_looking().await?;
        if !not_as_stored(&mut lease).await?.is_empty() {
            return Err(Error::Seals {
                problem: "what the log shows need not be what it stores; verify it, which tells why",
            });
        }
        for exported in behind {
            is_in_the_chain(&mut lease, exported).await?;
        }
        let last = last_link(&mut lease, key).await?;
        let from = last.as_ref().map(Link::reached).unwrap_or_default();
        let span = horizon::read(&mut lease, from).await.map_err(reading)?;
        let exported = last.as_ref().and_then(ExportedSeal::of);
        let cuts = if span.is_unclear() { Vec::new() } else { cut(&mut lease, &span).await.map_err(reading)? };
        lease.commit().await.map_err(reading)?;
        if cuts.is_empty() {
            return Ok(Sealed { last: exported, ..Sealed::default() });
        }
        let links = chain(last, &span, &cuts, key);
        lease.begin(self.opening()).await.map_err(writing)?;
        for link in &links {
            if !append(&mut lease, link).await? {
                lease.rollback().await.map_err(writing)?;
                return Ok(Sealed { last: exported, ..Sealed::default() });
            }
        }
        lease.commit().await.map_err(writing)?;
        let rows = cuts.iter().map(|cut| cut.ids.count()).sum();
        Ok(Sealed { seals: links.len() as u64, rows, last: links.last().and_then(ExportedSeal::of) })
    }
}

async fn is_in_the_chain<DB: Backend>(lease: &mut Lease<DB>, exported: &ExportedSeal) -> Result<()> {
    let query = sql::select_seal(exported.number()).map_err(|error| Error::unbindable(SEALS, error))?;
    let row = DB::fetch_optional(lease.connection(), query).await.map_err(reading)?;
    let link = row.map(|row| Link::read::<DB>(&row)).transpose().map_err(reading)?;
    match link.and_then(|link| ExportedSeal::of(&link)) {
        Some(met) if met.hash == exported.hash => Ok(()),
        _ => Err(Error::Seals {
            problem: "one that was exported is not in the chain: the end of the log was cut off, or it is another log; verify it, \
                      before anything is sealed in its place",
        }),
    }
}

/// The last link, if it is one that goes on: behind one that somebody else has written there would be a chain of his.
pub(super) async fn last_link<DB: Backend>(lease: &mut Lease<DB>, key: &SealKey) -> Result<Option<Link>> {
    let row = DB::fetch_optional(lease.connection(), sql::select_last_seal::<DB>()).await.map_err(reading)?;
    let Some(row) = row else { return Ok(None) };
    let link = Link::read::<DB>(&row).map_err(reading)?;
    match link.check(&key.public()) {
        Ok(_) => Ok(Some(link)),
        Err(_) => Err(Error::Seals {
            problem: "the last one is not signed with this key, or was changed since; verify them, and where the key is a new \
                      one, name the one before it (`with_previous`)",
        }),
    }
}

/// Whether the link could be added: nobody else was faster.
pub(super) async fn append<DB: Backend>(lease: &mut Lease<DB>, link: &Link) -> Result<bool> {
    let query = sql::insert_seal::<DB>(link).map_err(|error| Error::unbindable(SEALS, error))?;
    Ok(DB::execute(lease.connection(), query).await.map_err(writing)? > 0)
}

const SEALS: &str = "user_access_seals";

pub(super) fn writing(error: sqlx::Error) -> Error {
    Error::from_sqlx(SEALS, Doing::Writing, error)
}

/// The rows of one seal.
#[derive(Debug, Default)]
struct Cut {
    ids: LogIds,
    digest: Sha256,
    oldest: i64,
    newest: i64,
}

impl Cut {
    fn add<DB: Backend>(&mut self, row: &SealableRow) {
        self.oldest = if self.ids.is_empty() { row.time } else { self.oldest.min(row.time) };
        self.newest = if self.ids.is_empty() { row.time } else { self.newest.max(row.time) };
        self.ids.push(row.id);
        self.digest.update(row.hash(DB::DIALECT));
    }
}

/// Cuts the rows of the span: none across the end of a month (UTC), since months are what retention takes out as a whole.
async fn cut<DB: Backend>(lease: &mut Lease<DB>, span: &Span) -> sqlx::Result<Vec<Cut>> {
    let query = sql::select_sealable::<DB>(Some(span)).map_err(sqlx::Error::Encode)?;
    let (mut cuts, mut months) = (Vec::new(), Months::default());
    lease.expect_rows(true);
    let mut rows = DB::fetch(lease.connection(), query);
    while let Some(row) = next::<DB>(&mut rows).await? {
        let row = SealableRow::read::<DB>(&row)?;
        // Nobody but a forger gives such ids; verification finds a row that no seal covers.
        if row.id < 1 {
            continue;
        }
        let cut = months.of(row.time);
        cut.add::<DB>(&row);
        if cut.ids.count() >= MOST {
            cuts.push(std::mem::take(cut));
        }
    }
    drop(rows);
    lease.expect_rows(false);
    cuts.extend(months.open.into_values().filter(|cut| !cut.ids.is_empty()));
    Ok(cuts)
}

/// The cuts that are being made, one for each month: around midnight the rows of two are mixed.
#[derive(Debug, Default)]
struct Months {
    open: BTreeMap<String, Cut>,
    /// The day that was asked for last, and its month.
    known: Option<(i64, String)>,
}

impl Months {
    fn of(&mut self, time: i64) -> &mut Cut {
        const DAY: i64 = 86_400_000_000;
        let day = time.div_euclid(DAY);
        let month = match self.known.take() {
            Some((known, month)) if known == day => month,
            _ => Moment::from_unix_micros(time)
                .day()
                .rsplit_once('-')
                .map(|(month, _)| month.to_owned())
                .unwrap_or_default(),
        };
        self.known = Some((day, month.clone()));
        self.open.entry(month).or_default()
    }
}

/// The links over these cuts. They are written together or not at all, and so each says how far all of them come: a chain that was
/// cut off amidst them leaves rows that no seal covers and that are too old for it.
fn chain(last: Option<Link>, span: &Span, cuts: &[Cut], key: &SealKey) -> Vec<Link> {
    let (mut number, mut previous) = last.map_or_else(|| (0, beginning()), |link| (link.number, link.hash));
    let highest = cuts.iter().filter_map(|cut| cut.ids.last()).max().unwrap_or_default();
    let Position { epoch, position, last_id, floor } = span.behind(highest);
    let link = |cut: &Cut| {
        number += 1;
        let link = Link {
            number,
            kind: ROWS.to_owned(),
            ids: cut.ids.to_text(),
            digest: to_hex(&cut.digest.clone().finalize()),
            oldest: cut.oldest,
            newest: cut.newest,
            sealed_at: span.to.clock,
            epoch: epoch.clone(),
            position,
            horizon: span.to.next,
            last_id,
            floor,
            previous: previous.clone(),
            hash: String::new(),
            signature: String::new(),
        };
        let link = link.sign(key);
        previous.clone_from(&link.hash);
        link
    };
    cuts.iter().map(link).collect()
}
