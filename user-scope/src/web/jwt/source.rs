//! Where a key set is read from: a file, or a URL.
//!
//! One reading, whole or not at all, and within its time. When it is read again is for `rotation` to say.

use std::path::PathBuf;
use std::time::Duration;

use super::key_set::KeySet;
use super::refusal::KeyError;
use super::rotation::Reading;

/// How long a reading may take.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) enum Source {
    File(PathBuf),
    #[cfg(feature = "jwks-url")]
    Url {
        url: reqwest::Url,
        client: reqwest::Client,
    },
}

impl Source {
    /// A URL that nobody on the way can answer for, with a client of our own if none is given.
    #[cfg(feature = "jwks-url")]
    pub(super) fn url(url: &str, client: Option<reqwest::Client>) -> Result<Self, KeyError> {
        let url: reqwest::Url = url.parse().map_err(|_| KeyError::Url)?;
        let here = match url.scheme() {
            "https" => false,
            "http" if is_this_machine(url.host_str().unwrap_or_default()) => true,
            _ => return Err(KeyError::Url),
        };
        let client = match client {
            Some(client) => client,
            None => {
                let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
                // What is said in the open on this machine must not leave it by a proxy.
                let builder = if here { builder.no_proxy() } else { builder };
                builder.build().map_err(fetching)?
            }
        };
        Ok(Self::Url { url, client })
    }

    /// Begins to read.
    pub(super) fn read(&self) -> Reading {
        let source = self.clone();
        Box::pin(async move {
            let read = tokio::time::timeout(PATIENCE, source.bytes()).await;
            KeySet::from_json(&read.map_err(|_| KeyError::Timeout { limit: PATIENCE })??)
        })
    }

    async fn bytes(self) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::File(path) => tokio::fs::read(&path).await.map_err(|source| KeyError::File { path, source }),
            #[cfg(feature = "jwks-url")]
            Self::Url { url, client } => fetched(url, client).await,
        }
    }
}

#[cfg(feature = "jwks-url")]
async fn fetched(url: reqwest::Url, client: reqwest::Client) -> Result<Vec<u8>, KeyError> {
    let mut answer = client.get(url).send().await.map_err(fetching)?;
    if answer.status() != reqwest::StatusCode::OK {
        return Err(KeyError::Status { status: answer.status().as_u16() });
    }
    // The length that it claims is not asked: what comes in is counted, unpacked as it may be.
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(fetching)? {
        if body.len() + chunk.len() > super::key_set::LONGEST {
            return Err(KeyError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A URL may hold a password, and errors are logged.
#[cfg(feature = "jwks-url")]
fn fetching(error: reqwest::Error) -> KeyError {
    KeyError::Fetch { source: error.without_url() }
}

#[cfg(feature = "jwks-url")]
fn is_this_machine(host: &str) -> bool {
    let address: Result<std::net::IpAddr, _> = host.trim_start_matches('[').trim_end_matches(']').parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
