//! PostgreSQL for the tests: one server for each test process, one database for each test.
//!
//! The server is the one that `DATABASE_URL` names; its user must be a superuser, or may create databases and
//! roles. Without that variable it is a cluster of the process's own, of the machine's binaries, started when
//! the first test asks for it. It is gone a moment after the process, however that ends.
//!
//! Three roles reach a [`Database`]: a superuser, the owner of the database and its tables, and the
//! application, which may read and write rows and nothing else. A suite that ran as a superuser or as the
//! owner would pass over every policy and prove nothing.

mod backup;
mod binaries;
mod cluster;
mod database;
#[cfg(feature = "fetch-postgres")]
mod fetch;
mod mortal;
mod server;
mod session;
mod sweep;
mod template;

pub use self::backup::restore;
pub use self::cluster::Cluster;
pub use self::database::Database;
pub use self::mortal::MortalCluster;
pub use self::server::{Server, server};
pub use self::template::{Setup, Template};
