//! The application's key: seals a context, and opens it again.

mod written;

use std::fmt;
use std::time::Duration;

use chacha20poly1305::aead::{Aead, Generate, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

use super::contents::Contents;
use super::text::SealedContext;
use crate::context::UserContext;
use crate::entity::Moment;
use crate::error::{Error, Result};
use crate::identifier::Identifier;

/// The first byte of everything that is sealed. Another layout, or another cipher, will be another version.
const VERSION: u8 = 1;

/// Told to the cipher, so that nothing which the application encrypts with the same key can be taken for a context.
const DOMAIN: &[u8] = b"user-scope sealed context";

const KEY_ID: usize = 4;
const NONCE: usize = 24;
const TAG: usize = 16;

/// Version, the key's id, nonce and tag, around no contents at all.
pub(super) const SHORTEST: usize = 1 + KEY_ID + NONCE + TAG;

/// The key with which the application seals contexts for its queues, and opens them again.
///
/// ```
/// use std::time::Duration;
/// use user_scope::{ContextKey, Error, SealedContext, UserContext, Uuid};
///
/// // From `openssl rand -base64 32`, kept where the application keeps its secrets.
/// # let CONTEXT_KEY = "kjPnOPXcm5X1hHfDQLRQnD6kSb8lcUHGBKXIG6jAEHo=";
/// let key: ContextKey = CONTEXT_KEY.parse()?;
///
/// // In the request, with the caller who was authenticated there:
/// let alice = UserContext::new(Uuid::now_v7())?;
/// let job_id = Uuid::now_v7();
/// let sealed = key.seal(&alice, &format!("exports/{job_id}"), Duration::from_secs(3_600))?;
/// let stored: String = sealed.to_string();
///
/// // In the worker, with what the queue holds:
/// let sealed: SealedContext = stored.parse()?;
/// let caller: UserContext = key.open(&sealed, &format!("exports/{job_id}"))?;
/// assert_eq!(caller, alice);
/// assert!(matches!(key.open::<Uuid>(&sealed, "mails"), Err(Error::SealRefused)));
/// # Ok::<(), Error>(())
/// ```
///
/// To change keys, seal with the new one and go on opening with the old one until nothing that it sealed is valid any
/// more: [`with_previous`](Self::with_previous).
///
/// What it holds is wiped when it is dropped, and `Debug` shows nothing of it.
#[derive(Clone)]
pub struct ContextKey {
    newest: Key,
    previous: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: [u8; KEY_ID],
    cipher: XChaCha20Poly1305,
}

impl ContextKey {
    /// The key of these bytes, which are to be random.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`] if somebody chose them: all the same, counted up, few different ones, or a text. Of random
    /// keys not one in 10¹³ is refused.
    pub fn new(bytes: &[u8; 32]) -> Result<Self> {
        if written::is_chosen(bytes) {
            return Err(Error::InvalidKey);
        }
        Ok(Self { newest: Key::new(bytes)?, previous: Vec::new() })
    }

    /// A key that nobody else has, for a queue that ends with the process, and for tests.
    ///
    /// # Errors
    ///
    /// [`Error::NoRandomness`] if the operating system gives no random numbers.
    pub fn generate() -> Result<Self> {
        Self::new(&Generate::try_generate().map_err(|_| Error::NoRandomness)?)
    }

    /// Opens what `old` opens as well. Sealed is with this one alone.
    ///
    /// ```
    /// # let (now, before) = (user_scope::ContextKey::generate()?, user_scope::ContextKey::generate()?);
    /// let key = now.with_previous(before);
    /// # Ok::<(), user_scope::Error>(())
    /// ```
    #[must_use]
    pub fn with_previous(mut self, old: Self) -> Self {
        self.previous.push(old.newest);
        self.previous.extend(old.previous);
        self
    }

    /// Seals `caller` for one purpose, until `valid_for` has passed. A system context is not sealed: a worker asks for its
    /// own, in the name of the administrator who was.
    ///
    /// The purpose is the name of the queue. With the job's id in it, as `exports/0199…`, the seal cannot be moved to
    /// another job either. It is not in the seal: whoever opens it says it again. What else is in the job is not sealed:
    /// whoever can write to the queue can have something else done, within what the caller may do. If that matters, put a
    /// digest of it into the purpose.
    ///
    /// # Errors
    ///
    /// [`Error::NoRandomness`] if the operating system gives no random numbers.
    pub fn seal<Id: Identifier>(
        &self,
        caller: &UserContext<Id>,
        purpose: &str,
        valid_for: Duration,
    ) -> Result<SealedContext> {
        self.seal_at(caller, purpose, valid_for, Moment::now().unix_micros())
    }

    fn seal_at<Id: Identifier>(
        &self,
        caller: &UserContext<Id>,
        purpose: &str,
        valid_for: Duration,
        now: i64,
    ) -> Result<SealedContext> {
        let valid_for = i64::try_from(valid_for.as_micros()).unwrap_or(i64::MAX);
        let contents = Contents::of(caller, now, now.saturating_add(valid_for));
        self.newest.seal(&contents, purpose)
    }

    /// The caller who was sealed, if it was with this key or a previous one, for this purpose, and for users that are
    /// identified as `Id`: by a `Uuid`, an `i64` or a `String`. Two newtypes of a `Uuid` are not told apart.
    ///
    /// It can be opened any number of times until it expires: a queue delivers more than once.
    ///
    /// # Errors
    ///
    /// [`Error::SealExpired`] if its time has passed, [`Error::SealRefused`] if it is not ours, and nothing that tells
    /// why; [`Error::ReservedUser`] if a version of this library sealed whom this one does not take for a user.
    pub fn open<Id: Identifier>(&self, sealed: &SealedContext, purpose: &str) -> Result<UserContext<Id>> {
        self.open_at(sealed, purpose, Moment::now().unix_micros())
    }

    fn open_at<Id: Identifier>(&self, sealed: &SealedContext, purpose: &str, now: i64) -> Result<UserContext<Id>> {
        let contents = self.contents(sealed.as_bytes(), purpose).ok_or(Error::SealRefused)?;
        Contents::caller(&contents, now)
    }

    fn contents(&self, sealed: &[u8], purpose: &str) -> Option<Vec<u8>> {
        let (&[version], rest) = sealed.split_first_chunk()?;
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID>()?;
        let (nonce, encrypted) = rest.split_first_chunk::<NONCE>()?;
        if version != VERSION {
            return None;
        }
        // Two keys may have one id, by chance.
        let mut keys = std::iter::once(&self.newest).chain(&self.previous).filter(|key| key.id == *key_id);
        keys.find_map(|key| {
            let payload = Payload { msg: encrypted, aad: &key.bound_to(purpose) };
            key.cipher.decrypt(&XNonce::from(*nonce), payload).ok()
        })
    }
}

impl Key {
    /// Its id is the start of the tag of an empty message, under the one nonce that is never drawn: all zeros.
    fn new(bytes: &[u8; 32]) -> Result<Self> {
        let cipher = XChaCha20Poly1305::new(bytes.into());
        let named = Payload { msg: b"", aad: b"user-scope id of a context key" };
        let tag = cipher.encrypt(&XNonce::default(), named).map_err(|_| Error::InvalidKey)?;
        let id = *tag.first_chunk().ok_or(Error::InvalidKey)?;
        Ok(Self { id, cipher })
    }

    fn seal(&self, contents: &Contents, purpose: &str) -> Result<SealedContext> {
        let nonce = XNonce::try_generate().map_err(|_| Error::NoRandomness)?;
        let payload = Payload { msg: &contents.to_bytes(), aad: &self.bound_to(purpose) };
        // The cipher fails at contents of 256 GB alone.
        let encrypted = self.cipher.encrypt(&nonce, payload).map_err(|_| Error::SealRefused)?;
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.id);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&encrypted);
        Ok(SealedContext::from_bytes(bytes))
    }

    /// What is not in the seal and yet has to be the same when it is opened. Only the last part varies in length.
    fn bound_to(&self, purpose: &str) -> Vec<u8> {
        [DOMAIN, &[VERSION], &self.id, purpose.as_bytes()].concat()
    }
}

impl fmt::Debug for ContextKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContextKey([secret])")
    }
}

#[cfg(test)]
mod tests;
