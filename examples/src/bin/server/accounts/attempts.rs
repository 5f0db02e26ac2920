//! How often somebody may try: for each pair of client and name, and ten times as often for a client as a whole.
//!
//! A name alone is not counted: who tries it again and again from elsewhere would lock its owner out.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use axum::http::{HeaderValue, StatusCode, header};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};
use user_scope::web::Problem;

use super::Username;

/// So many clients and names are remembered before those that are past are forgotten.
const REMEMBERED: usize = 10_000;

pub struct Attempts {
    clients: DefaultKeyedRateLimiter<IpAddr>,
    names: DefaultKeyedRateLimiter<(IpAddr, String)>,
}

impl Attempts {
    /// So many a minute.
    pub fn new(a_minute: NonZeroU32) -> Self {
        let clients = Quota::per_minute(a_minute.saturating_mul(NonZeroU32::MIN.saturating_add(9)));
        Self { clients: RateLimiter::keyed(clients), names: RateLimiter::keyed(Quota::per_minute(a_minute)) }
    }

    /// Counts an attempt, and refuses it if there were too many.
    pub fn count(&self, client: IpAddr, name: &str) -> Result<(), Problem> {
        if self.names.len() > REMEMBERED {
            self.names.retain_recent();
            self.clients.retain_recent();
        }
        let client = network(client);
        self.clients.check_key(&client).map_err(|until| too_many(&until))?;
        // What is no name is nobody's, and is counted as one. The database takes upper and lower case for the same.
        let name =
            Username::try_from(name.to_owned()).map(|name| name.as_str().to_ascii_lowercase()).unwrap_or_default();
        self.names.check_key(&(client, name)).map_err(|until| too_many(&until))
    }
}

/// Who has an address of IPv6 has as many as he likes of the same 64 bits.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

fn too_many(until: &NotUntil<<DefaultClock as Clock>::Instant>) -> Problem {
    let seconds = until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts")
        .detail(format!("too many attempts; go on in {seconds} s"))
        .header(header::RETRY_AFTER, HeaderValue::from(seconds))
}
