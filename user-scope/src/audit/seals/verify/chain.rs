//! The chain by itself: that every link is there, is what was signed, and follows upon the one before it.

use super::cover::Cover;
use crate::audit::seals::exported::ExportedSeal;
use crate::audit::seals::findings::SealFinding;
use crate::audit::seals::hex::to_hex;
use crate::audit::seals::ids::LogIds;
use crate::audit::seals::key::PublicSealKey;
use crate::audit::seals::link::{Fault, PURGE, ROWS, beginning};
use crate::sql::Link;

/// The chain so far, link by link from the first on.
pub(super) struct Chain<'a> {
    key: &'a PublicSealKey,
    /// Those that were not met yet.
    exported: Vec<&'a ExportedSeal>,
    /// The newest key that has signed a link so far.
    signer: usize,
    length: u64,
    number: i64,
    /// The hash of the link before; none if that cannot be told.
    previous: Option<String>,
    last: Option<ExportedSeal>,
    cover: Cover,
    findings: Vec<SealFinding>,
}

impl<'a> Chain<'a> {
    pub(super) fn new(key: &'a PublicSealKey, exported: Vec<&'a ExportedSeal>) -> Self {
        Self {
            key,
            exported,
            signer: usize::MAX,
            length: 0,
            number: 0,
            previous: Some(beginning()),
            last: None,
            cover: Cover::default(),
            findings: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, link: Link) {
        let number = link.number;
        self.count(number);
        // Where a newer key has signed, an older one does not any more.
        let signer =
            link.check(self.key).and_then(|signer| (signer <= self.signer).then_some(signer).ok_or(Fault::Forged));
        self.signer = signer.unwrap_or(self.signer);
        let fault = signer.err();
        match fault {
            Some(Fault::Changed) => self.findings.push(SealFinding::SealChanged { number }),
            Some(Fault::Forged) => self.findings.push(SealFinding::SealForged { number }),
            None => {}
        }
        if self.previous.as_ref().is_some_and(|previous| *previous != link.previous) {
            self.findings.push(SealFinding::SealOutOfOrder { number });
        }
        self.exported.retain(|exported| exported.number() != number || to_hex(&exported.hash) != link.hash);
        self.last = if fault.is_none() { ExportedSeal::of(&link) } else { None };
        // What follows a link that was changed may still fit what it was.
        self.previous = (fault != Some(Fault::Changed)).then(|| link.hash.clone());
        let again = match (link.kind.as_str(), LogIds::from_text(&link.ids)) {
            (ROWS, Some(ids)) => self.cover.seal(&link, &ids, fault.is_none()),
            (PURGE, Some(ids)) => {
                // Whoever has no key has purged nothing by right.
                if fault.is_none() {
                    self.cover.purge(&ids);
                }
                LogIds::default()
            }
            _ if fault.is_none() => return self.findings.push(SealFinding::SealChanged { number }),
            _ => LogIds::default(),
        };
        if !again.is_empty() {
            self.findings.push(SealFinding::SealedTwice { number, ids: again });
        }
        self.cover.reach(&link);
    }

    /// A link that does not even have the types of one.
    pub(super) fn add_unreadable(&mut self, number: i64) {
        self.count(number);
        self.findings.push(SealFinding::SealChanged { number });
        (self.previous, self.last) = (None, None);
    }

    fn count(&mut self, number: i64) {
        let expected = self.number.saturating_add(1);
        if number > expected {
            self.findings.push(SealFinding::SealsMissing { first: expected, last: number - 1 });
            self.previous = None;
        } else if number < expected {
            // Below 1: of the others none is there twice.
            self.findings.push(SealFinding::SealOutOfOrder { number });
        }
        self.number = self.number.max(number);
        self.length += 1;
    }

    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn last_to_export(&self) -> Option<ExportedSeal> {
        self.last.clone()
    }

    /// What it covers, and what was found.
    pub(super) fn end(mut self) -> (Cover, Vec<SealFinding>) {
        for exported in self.exported {
            let number = exported.number();
            self.findings.push(match self.key.signer(&exported.hash, &to_hex(&exported.signature)) {
                Some(_) => SealFinding::TailRemoved { number, sealed_at: exported.sealed_at() },
                None => SealFinding::ExportForged { number },
            });
        }
        (self.cover, self.findings)
    }
}
