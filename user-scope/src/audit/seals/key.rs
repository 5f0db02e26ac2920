//! The keys: the secret one that the application holds, and the public one for whoever verifies.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use super::hex::{from_hex, to_hex};
use crate::error::{Error, Result};

/// Before what is signed, so that nothing else which somebody signs with the same key can be taken for a seal.
const DOMAIN: &[u8] = b"user-scope seal of an audit log 1\0";

/// The key with which the application seals its log: a secret key of Ed25519.
///
/// Whoever has it can rewrite the log and seal it anew. Keep it where the database's administrators cannot read it, and take one
/// for each log: a seal does not say of which log it is.
///
/// ```
/// use user_scope::audit::SealKey;
///
/// let key = SealKey::generate()?;
/// let secret = key.to_text();                          // for the place where the application keeps its secrets
/// let public = key.public().to_string();               // for whoever verifies
/// let again: SealKey = secret.parse()?;
/// assert_eq!(again.public().to_string(), public);
/// # Ok::<(), user_scope::Error>(())
/// ```
///
/// It is wiped when it is dropped, and `Debug` shows the public key alone.
#[derive(Clone)]
pub struct SealKey {
    secret: SigningKey,
    public: PublicSealKey,
}

impl SealKey {
    /// A key that nobody else has.
    ///
    /// # Errors
    ///
    /// [`Error::NoRandomness`] if the operating system gives no random numbers.
    pub fn generate() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| Error::NoRandomness)?;
        Ok(Self::of(&bytes))
    }

    fn of(bytes: &[u8; 32]) -> Self {
        let secret = SigningKey::from_bytes(bytes);
        let public = PublicSealKey(vec![secret.verifying_key()]);
        Self { secret, public }
    }

    /// The key after `old`, which has sealed the log so far: the chain goes on from its last seal. New seals are signed with this
    /// one alone, and [`public`](Self::public) tells both.
    ///
    /// ```
    /// # use user_scope::audit::SealKey;
    /// # let (now, before) = (SealKey::generate()?, SealKey::generate()?);
    /// let key = now.with_previous(&before.public());
    /// # Ok::<(), user_scope::Error>(())
    /// ```
    #[must_use]
    pub fn with_previous(mut self, old: &PublicSealKey) -> Self {
        self.public = self.public.with_previous(old);
        self
    }

    /// What whoever verifies has to know.
    pub fn public(&self) -> PublicSealKey {
        self.public.clone()
    }

    /// The secret, as 64 hexadecimal digits; [`FromStr`] reads them. Whoever sees them can forge seals.
    pub fn to_text(&self) -> String {
        to_hex(self.secret.as_bytes())
    }

    pub(super) fn sign(&self, hash: &[u8; 32]) -> [u8; 64] {
        self.secret.sign(&[DOMAIN, hash].concat()).to_bytes()
    }
}

impl FromStr for SealKey {
    type Err = Error;

    /// The key from its 64 hexadecimal digits. White space around them is left out: a file that holds a secret often ends with a
    /// line break.
    fn from_str(text: &str) -> Result<Self> {
        Ok(Self::of(&from_hex(text.trim()).ok_or(Error::InvalidSealKey)?))
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKey(public {})", self.public)
    }
}

/// By what a seal is known to be the application's: the public key that belongs to its [`SealKey`], and those of keys before it.
///
/// It prints as 64 hexadecimal digits, the newest key first, with commas between several. It has to come from a place that a
/// thief of the database cannot write to: never from the database.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicSealKey(Vec<VerifyingKey>);

impl PublicSealKey {
    /// Takes what `old` has signed as well, as long as no newer key has: an old key that was stolen is good for nothing behind a seal
    /// of the new one. Keep the first seal of the new key outside of the database, so that nobody can take it away.
    ///
    /// ```
    /// # use user_scope::audit::SealKey;
    /// # let (now, before) = (SealKey::generate()?, SealKey::generate()?);
    /// let both = now.public().with_previous(&before.public());
    /// # Ok::<(), user_scope::Error>(())
    /// ```
    #[must_use]
    pub fn with_previous(mut self, old: &Self) -> Self {
        self.0.extend(&old.0);
        self
    }

    /// By which of the keys it was signed, counted from the newest on.
    pub(super) fn signer(&self, hash: &[u8; 32], signature: &str) -> Option<usize> {
        let signature = from_hex(signature)?;
        let (signed, signature) = ([DOMAIN, hash].concat(), Signature::from_bytes(&signature));
        self.0.iter().position(|key| key.verify_strict(&signed, &signature).is_ok())
    }
}

impl FromStr for PublicSealKey {
    type Err = Error;

    /// What it prints as. White space around it is left out.
    fn from_str(text: &str) -> Result<Self> {
        let key = |text: &str| {
            let key = VerifyingKey::from_bytes(&from_hex(text.trim())?).ok()?;
            (!key.is_weak()).then_some(key)
        };
        let keys: Option<Vec<_>> = text.split(',').map(key).collect();
        keys.map(Self).ok_or(Error::InvalidSealKey)
    }
}

impl fmt::Display for PublicSealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.0.iter().enumerate() {
            f.write_str(if index > 0 { "," } else { "" })?;
            f.write_str(&to_hex(key.as_bytes()))?;
        }
        Ok(())
    }
}

impl fmt::Debug for PublicSealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicSealKey({self})")
    }
}
