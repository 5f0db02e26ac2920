//! Several users at once, for some thousands of requests: nobody sees a foreign row, nothing fails, and afterwards the log
//! holds exactly what was done.

mod accesses;
mod player;

use std::collections::BTreeMap;

use crate::client::Client;
use crate::home::Kind;
use crate::server::Server;
use accesses::{Access, DENIED};
use player::{Player, Standing};

on_each_database!(the_log_holds_exactly_what_many_users_did_at_once);

const USERS: u64 = 6;
/// Of each user. With what they make to begin with it is some 2,000 altogether.
const REQUESTS: usize = 320;

/// How often each user did what.
type Count = BTreeMap<(String, Access), usize>;

async fn the_log_holds_exactly_what_many_users_did_at_once(kind: Kind) {
    let (home, server) = Server::on(kind).await;
    let mut players = Vec::new();
    for number in 0..USERS {
        let client = Client::register(&server, &format!("player-{number}")).await;
        players.push(Player::new(client, 0x5eed + number).await);
    }
    // What stays until the end, so that a try at it is known to be one.
    let standing: Vec<Standing> = players.iter().map(Player::standing).collect();
    let playing = players.into_iter().map(|player| player.play(&standing, REQUESTS));
    let players = futures_util::future::join_all(playing).await;
    server.stop().await;

    let mut done = Count::new();
    for player in &players {
        for access in player.accesses() {
            *done.entry((player.id().to_owned(), access)).or_default() += 1;
        }
    }
    let mut logged = Count::new();
    for line in home.log().await.into_iter().filter(|line| players.iter().any(|player| player.id() == line.user_id)) {
        let attempted = line.details["attempted"].as_str().map(str::to_owned);
        let access = Access { operation: line.operation, entity: line.entity_type, attempted };
        *logged.entry((line.user_id, access)).or_default() += 1;
    }
    let all: usize = done.values().sum();
    let tries: usize = done.iter().filter(|((_, access), _)| access.operation == DENIED).map(|(_, count)| count).sum();
    assert!(all > 2_000 && tries > 150, "too little was done to mean something: {all}, {tries}");
    let differs = |key: &&(String, Access)| done.get(key) != logged.get(key);
    let keys: std::collections::BTreeSet<_> = done.keys().chain(logged.keys()).collect();
    let faults: Vec<_> = keys
        .into_iter()
        .filter(differs)
        .map(|key| format!("{key:?}: done {:?}, logged {:?}", done.get(key), logged.get(key)))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
