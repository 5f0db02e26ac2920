//! Passwords as Argon2id hashes, on threads of their own, and no more at once than there are processors.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use axum::http::StatusCode;
use tokio::sync::Semaphore;
use user_scope::web::Problem;

use super::Password;

#[derive(Debug, Clone)]
pub struct Passwords {
    /// The hash of a password that nobody has.
    nobodys: Arc<str>,
    processors: Arc<Semaphore>,
}

impl Passwords {
    pub fn new() -> Result<Self, argon2::password_hash::Error> {
        let mut password = [0; 32];
        getrandom::fill(&mut password).map_err(|_| argon2::password_hash::Error::Internal)?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self { nobodys: hashed(&password)?.into(), processors: Arc::new(Semaphore::new(processors)) })
    }

    /// The hash, as a PHC string.
    pub async fn hash(&self, password: Password) -> Result<String, Problem> {
        self.apart(move || hashed(password.as_bytes())).await?.map_err(broken)
    }

    /// Whether the hash is that of the password. Without a hash it is not, which takes as long to find out.
    pub async fn verify(&self, password: Password, hash: Option<Arc<str>>) -> Result<bool, Problem> {
        let (is_somebodys, hash) = (hash.is_some(), hash.unwrap_or_else(|| Arc::clone(&self.nobodys)));
        let verified = move || {
            let hash = PasswordHash::new(&hash)?;
            Ok::<_, argon2::password_hash::Error>(argon2().verify_password(password.as_bytes(), &hash).is_ok())
        };
        let is_right = self.apart(verified).await?.map_err(broken)?;
        Ok(is_somebodys && is_right)
    }

    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let permit = Arc::clone(&self.processors).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            // Until the work is done, also if nobody waits for it any more.
            let _permit = permit;
            work()
        });
        done.await.map_err(broken)
    }
}

/// The parameters of OWASP's cheat sheet, which are the crate's own: 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    Argon2::default()
}

fn hashed(password: &[u8]) -> Result<String, argon2::password_hash::Error> {
    Ok(argon2().hash_password(password)?.to_string())
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").caused_by(error)
}
