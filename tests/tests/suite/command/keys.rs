//! `user-scope audit key`, and the key that whoever verifies gives.

use sqlx::Sqlite;
use user_scope_tests::command::run;
use user_scope_tests::directory::Directory;

use super::{asked, probed, sqlite_url};
use crate::databases::TestDb as _;

#[tokio::test]
async fn the_public_key_stands_alone_and_can_be_shown_again() {
    let folder = Directory::create("shown_key");
    let file = folder.path().join("seal.key").display().to_string();
    let made = run(&["audit", "key", &file]);
    assert_eq!((made.code, made.output.len()), (Some(0), 65), "64 digits and a line's end: {made:?}");
    assert!(made.errors.contains(&file), "{made:?}");
    let shown = run(&["audit", "key", "--show", &file]);
    assert_eq!((shown.code, shown.output.as_str(), shown.errors.as_str()), (Some(0), made.output.as_str(), ""));
    let absent = run(&["audit", "key", "--show", &format!("{file}.not")]);
    assert!(absent.code == Some(2) && absent.errors.contains("seal.key.not"), "{absent:?}");
}

#[tokio::test]
async fn a_public_key_is_itself_or_a_file_and_one_that_signed_nothing_is_told_apart() {
    let (_world, url, _) = probed::<Sqlite>(|home| sqlite_url(&home.options())).await;
    let folder = Directory::create("public_keys");
    let file = |name: &str| folder.path().join(name).display().to_string();
    for name in ["ours", "theirs"] {
        let made = run(&["audit", "key", &file(name)]);
        std::fs::write(file(&format!("{name}.pub")), &made.output).unwrap();
    }
    let sealed = asked(&url, &["seal", "--key", &file("ours")]);
    assert_eq!(sealed.code, Some(0), "{sealed:?}");
    let verify = |key: &str| asked(&url, &["verify", "--public-key", key]);
    let digits = std::fs::read_to_string(file("ours.pub")).unwrap();
    let both = format!("{},{}", file("theirs.pub"), digits.trim());
    for key in [&file("ours.pub"), digits.trim(), &both] {
        let verified = verify(key);
        assert!(verified.code == Some(0) && verified.output.contains("as they were sealed"), "{verified:?}");
    }
    let theirs = verify(&file("theirs.pub"));
    assert!(theirs.code == Some(1) && theirs.output.contains("no seal is signed with this key"), "{theirs:?}");
    assert!(!theirs.output.contains("as they were sealed"), "{theirs:?}");
    for neither in ["0123", &file("nothing"), &url] {
        let refused = verify(neither);
        assert!(refused.code == Some(2) && refused.errors.contains("neither 64 hexadecimal digits nor"), "{refused:?}");
    }
}

/// Which the next seal would otherwise take the place of, in the log and in the file.
#[tokio::test]
async fn an_end_that_was_cut_off_is_not_sealed_over_nor_forgotten_in_the_file() {
    let (world, url, _) = probed::<Sqlite>(|home| sqlite_url(&home.options())).await;
    let folder = Directory::create("kept_seals");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let public = run(&["audit", "key", &file("key")]).output;
    let seal = || asked(&url, &["seal", "--key", &file("key"), "--last", &file("last")]);
    for _ in 0..2 {
        assert_eq!(seal().code, Some(0));
    }
    let kept = std::fs::read_to_string(file("last")).unwrap();
    assert!(kept.contains("user-scope-seal 1 2 "), "{kept}");
    let cut = "DELETE FROM user_access_seals WHERE number = 2; \
               DELETE FROM user_access_log WHERE id > (SELECT max(last_id) FROM user_access_seals)";
    Sqlite::run(&world.raw, cut).await.unwrap();
    for _ in 0..2 {
        let refused = seal();
        assert!(refused.code == Some(2) && refused.errors.contains("the end of the log was cut off"), "{refused:?}");
    }
    assert_eq!(std::fs::read_to_string(file("last")).unwrap(), kept);
    // Who seals all the same has not put that back, and who has every seal that was kept finds it by either.
    assert_eq!(asked(&url, &["seal", "--key", &file("key"), "--last", &file("later")]).code, Some(0));
    std::fs::write(file("all"), format!("{}{kept}", std::fs::read_to_string(file("later")).unwrap())).unwrap();
    for kept in [&["last", "later"][..], &["all"]] {
        let mut arguments = vec!["verify".to_owned(), "--public-key".to_owned(), public.trim().to_owned()];
        arguments.extend(kept.iter().flat_map(|name| ["--last".to_owned(), file(name)]));
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let verified = asked(&url, &arguments);
        assert!(verified.code == Some(1) && verified.output.contains("the end of the log was removed"), "{verified:?}");
    }
}
