//! Which tokens are taken, and which are not, each for a reason of its own.

use jsonwebtoken::{Algorithm, EncodingKey};
use proptest::prelude::*;
use serde_json::{Value, json};
use user_scope::web::{Keys, TokenError, Verifier};
use user_scope::{Identifier, Uuid};

use super::signer::{
    EC, ED, HMAC, OTHER_ED, OTHER_RSA, RSA, Signer, base64url, changed, claims, key_set, now, settings, sign, verifier,
};

const NIL: &str = "00000000-0000-0000-0000-000000000000";

fn each() -> [&'static Signer; 4] {
    [&HMAC, &RSA, &EC, &ED]
}

async fn refusal<Id: Identifier>(verifier: &Verifier<Id>, token: &str) -> TokenError {
    verifier.verify(token).await.map(|verified| format!("{verified:?}")).expect_err("a token that is refused")
}

#[tokio::test]
async fn each_algorithm_is_taken_with_its_key_from_a_pem_and_from_a_key_set() {
    for signer in each() {
        let alice = Uuid::now_v7();
        let mut ways = vec![signer.keys()];
        if signer.algorithm != Algorithm::HS256 {
            ways.push(Keys::key_set(key_set(&[signer.jwk(&json!({ "kid": "1", "use": "sig" }))])).unwrap());
            ways.push(Keys::key_set(key_set(&[signer.jwk(&json!({ "alg": null, "key_ops": ["verify"] }))])).unwrap());
        }
        for keys in ways {
            let verifier = verifier::<Uuid>(keys).await;
            let verified = verifier.verify(&signer.token(&claims(alice.to_string()))).await.unwrap();
            assert_eq!(*verified.user().user(), alice, "{:?}", signer.algorithm);
        }
    }
}

#[tokio::test]
async fn no_key_takes_another_algorithm_than_its_own() {
    let good = claims(Uuid::now_v7().to_string()).to_string();
    let of_hmac = [Algorithm::HS384, Algorithm::HS512];
    let of_rsa = [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512];
    for (signer, others) in [(&*HMAC, &of_hmac[..]), (&*RSA, &of_rsa[..])] {
        let verifier = verifier::<Uuid>(signer.keys()).await;
        for &other in others {
            let token = sign(&json!({ "alg": other }).to_string(), &good, &signer.signing, other);
            assert_eq!(refusal(&verifier, &token).await, TokenError::Algorithm, "{other:?}");
            // The header lies, the signature is that of the other algorithm.
            let token = sign(&json!({ "alg": signer.algorithm }).to_string(), &good, &signer.signing, other);
            assert_eq!(refusal(&verifier, &token).await, TokenError::Signature, "{other:?}");
            // And the other way round.
            let token = signer.raw(&json!({ "alg": other }).to_string(), &good);
            assert_eq!(refusal(&verifier, &token).await, TokenError::Algorithm, "{other:?}");
        }
    }
    for signer in each() {
        let verifier = verifier::<Uuid>(signer.keys()).await;
        for name in
            ["none", "None", "NONE", "nOnE", "", "HS256 ", "hs256", "ES256K", "ES384", "ES512", "Ed25519", "dir"]
        {
            let header = json!({ "alg": name }).to_string();
            let token = signer.raw(&header, &good);
            assert_eq!(refusal(&verifier, &token).await, TokenError::Algorithm, "{name:?}");
            let (message, _) = token.rsplit_once('.').unwrap();
            assert_eq!(
                refusal(&verifier, &format!("{message}.")).await,
                TokenError::Algorithm,
                "{name:?} and no signature"
            );
        }
        for other in each() {
            if other.algorithm != signer.algorithm {
                let header = json!({ "alg": signer.algorithm }).to_string();
                let token = sign(&header, &good, &other.signing, other.algorithm);
                assert_eq!(refusal(&verifier, &token).await, TokenError::Signature, "{:?}", other.algorithm);
                assert_eq!(
                    refusal(&verifier, &other.raw(&json!({"alg": other.algorithm}).to_string(), &good)).await,
                    TokenError::Algorithm
                );
            }
        }
    }
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    let good = claims(Uuid::now_v7().to_string()).to_string();
    let header = json!({ "alg": "HS256", "kid": "1" }).to_string();
    for signer in [&*RSA, &*EC, &*ED] {
        let named = signer.jwk(&json!({ "kid": "1" }));
        let set = key_set(std::slice::from_ref(&named));
        let raw_parts = ["n", "x"].into_iter().filter_map(|part| signer.jwk[part].as_str()).map(str::as_bytes);
        let mut secrets = vec![signer.pem.as_bytes(), signer.pem.trim_end().as_bytes(), &signer.der, set.as_bytes()];
        let named = named.to_string();
        secrets.push(named.as_bytes());
        secrets.extend(raw_parts);
        for keys in [signer.keys(), Keys::key_set(&set).unwrap()] {
            let verifier = verifier::<Uuid>(keys).await;
            for secret in &secrets {
                let token = sign(&header, &good, &EncodingKey::from_secret(secret), Algorithm::HS256);
                assert_eq!(refusal(&verifier, &token).await, TokenError::Algorithm);
            }
        }
    }
}

#[tokio::test]
async fn what_another_key_has_signed_is_refused() {
    let good = claims(Uuid::now_v7().to_string());
    for (signer, other) in [(&*RSA, &*OTHER_RSA), (&*ED, &*OTHER_ED)] {
        let verifier = verifier::<Uuid>(signer.keys()).await;
        assert_eq!(refusal(&verifier, &other.token(&good)).await, TokenError::Signature);
    }
    let verifier = verifier::<Uuid>(HMAC.keys()).await;
    let header = json!({ "alg": "HS256" }).to_string();
    for secret in ["", "secret", "a secret of thirty-two bytes or mor", "A secret of thirty-two bytes or more"] {
        let token = sign(&header, &good.to_string(), &EncodingKey::from_secret(secret.as_bytes()), Algorithm::HS256);
        assert_eq!(refusal(&verifier, &token).await, TokenError::Signature, "{secret:?}");
    }
}

#[tokio::test]
async fn a_token_that_was_altered_anywhere_is_refused() {
    for signer in each() {
        let verifier = verifier::<Uuid>(signer.keys()).await;
        let token = signer.token(&claims(Uuid::now_v7().to_string()));
        assert!(verifier.verify(&token).await.is_ok());
        for (place, byte) in token.bytes().enumerate() {
            let mut altered = token.clone().into_bytes();
            altered[place] = if byte == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert!(verifier.verify(&altered).await.is_err(), "{:?}, {place}", signer.algorithm);
        }
        let mallory = base64url(claims(Uuid::now_v7().to_string()).to_string().as_bytes());
        let [header, _, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
        assert_eq!(refusal(&verifier, &format!("{header}.{mallory}.{signature}")).await, TokenError::Signature);
    }
}

#[tokio::test]
async fn what_has_not_the_shape_of_a_token_is_refused() {
    let verifier = verifier::<Uuid>(HMAC.keys()).await;
    let token = HMAC.token(&claims(Uuid::now_v7().to_string()));
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    let shapes = [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        header.into(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{header}.{payload}.{signature}.{payload}.{signature}"),
        format!("{token}="),
        format!("{token}\n"),
        format!(" {token}"),
        format!("{token} {token}"),
        format!("{header}.{payload}\n.{signature}"),
        format!("Bearer {token}"),
        token.replace('.', ".."),
        HMAC.raw("", "{}"),
        HMAC.raw("[]", "{}"),
        HMAC.raw("{}", "{}"),
        HMAC.raw("null", "{}"),
        HMAC.raw(r#"{"alg":["HS256"]}"#, "{}"),
        HMAC.raw(r#"{"alg":"HS256","alg":"HS256"}"#, "{}"),
        HMAC.raw(r#"{"alg":"HS256","kid":7}"#, "{}"),
        HMAC.raw(r#"{"alg":"HS256"}"#, ""),
        HMAC.raw(r#"{"alg":"HS256"}"#, "[]"),
        HMAC.raw(r#"{"alg":"HS256"}"#, "null"),
        HMAC.raw(r#"{"alg":"HS256"}"#, "\"sub\""),
        HMAC.raw(r#"{"alg":"HS256"}"#, &format!("{}{}", "[".repeat(2_000), "]".repeat(2_000))),
    ];
    for shape in shapes {
        assert!(verifier.verify(&shape).await.is_err(), "{shape:?}");
    }
    // At most 8 KiB are looked at, whoever has signed them.
    let mut long = claims(Uuid::now_v7().to_string());
    long["more"] = "x".repeat(5_000).into();
    assert!(verifier.verify(&HMAC.token(&long)).await.is_ok());
    long["more"] = "x".repeat(7_500).into();
    let long = HMAC.token(&long);
    assert!(long.len() > 10 * 1024 - 100);
    assert_eq!(refusal(&verifier, &long).await, TokenError::Malformed);
}

#[tokio::test]
async fn a_name_that_stands_twice_makes_a_token_none() {
    let verifier = verifier::<Uuid>(HMAC.keys()).await;
    let good = claims(Uuid::now_v7().to_string()).to_string();
    let with = |more: &str| HMAC.raw(r#"{"alg":"HS256"}"#, &format!("{},{more}}}", good.strip_suffix('}').unwrap()));
    assert!(verifier.verify(&with(r#""roles":["a"]"#)).await.is_ok());
    for twice in [
        format!(r#""sub":"{}""#, Uuid::now_v7()),
        r#""exp":9999999999"#.into(),
        r#""iss":"issuer""#.into(),
        r#""aud":"tasks""#.into(),
        r#""roles":["user"],"roles":["admin"]"#.into(),
        r#""s\u0075b":"x""#.into(),
        r#""realm":{"roles":[],"roles":["admin"]}"#.into(),
        r#""list":[{"a":1,"a":2}]"#.into(),
    ] {
        assert_eq!(refusal(&verifier, &with(&twice)).await, TokenError::Malformed, "{twice}");
    }
}

#[tokio::test]
async fn a_token_is_good_from_nbf_to_exp_and_half_a_minute_around_it() {
    let verifier = verifier::<Uuid>(HMAC.keys()).await;
    let good = claims(Uuid::now_v7().to_string());
    let with = |changes: Value| HMAC.token(&changed(&good, &changes));
    let taken = [
        json!({ "exp": now() - 20 }),
        json!({ "exp": (now() + 60) as f64 + 0.5 }),
        json!({ "nbf": now() + 20 }),
        json!({ "nbf": now() - 1_000 }),
        json!({ "exp": 253_402_300_800_u64 }),
        json!({ "iat": now() + 1_000 }),
    ];
    for changes in taken {
        assert!(verifier.verify(&with(changes.clone())).await.is_ok(), "{changes}");
    }
    let exp = TokenError::MissingClaim { claim: "exp".into() };
    let nbf = TokenError::MissingClaim { claim: "nbf".into() };
    let refused = [
        (json!({ "exp": now() - 40 }), TokenError::Expired),
        (json!({ "exp": 0 }), TokenError::Expired),
        (json!({ "exp": 1.5 }), TokenError::Expired),
        (json!({ "nbf": now() + 40 }), TokenError::NotYetValid),
        (json!({ "exp": null }), exp.clone()),
        (json!({ "exp": (now() + 60).to_string() }), exp.clone()),
        (json!({ "exp": [now() + 60] }), TokenError::Malformed),
        (json!({ "exp": true }), exp.clone()),
        (json!({ "exp": -1 }), exp.clone()),
        (json!({ "exp": u64::MAX }), exp),
        (json!({ "nbf": "0" }), nbf),
    ];
    for (changes, error) in refused {
        assert_eq!(refusal(&verifier, &with(changes.clone())).await, error, "{changes}");
    }
    let without = settings(HMAC.keys()).leeway(std::time::Duration::ZERO).build().await.unwrap();
    assert_eq!(refusal(&without, &with(json!({ "exp": now() - 5 }))).await, TokenError::Expired);
    let exp = verifier.verify(&with(json!({}))).await.unwrap().expires_at();
    assert_eq!(exp.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs(), good["exp"].as_u64().unwrap());
}

#[tokio::test]
async fn a_token_is_of_the_right_issuer_and_for_the_right_audience() {
    let verifier = settings(HMAC.keys()).issuer("second").audience("notes").build().await.unwrap();
    let with = |changes: &Value| HMAC.token(&changed(&claims(Uuid::now_v7().to_string()), changes));
    for changes in [
        json!({ "iss": "second" }),
        json!({ "aud": "notes" }),
        json!({ "aud": ["other", "tasks"] }),
        json!({ "aud": ["notes", "tasks"] }),
    ] {
        assert!(verifier.verify(&with(&changes)).await.is_ok(), "{changes}");
    }
    let missing = |claim: &str| TokenError::MissingClaim { claim: claim.into() };
    for (changes, error) in [
        (json!({ "iss": "other" }), TokenError::Issuer),
        (json!({ "iss": "Issuer" }), TokenError::Issuer),
        (json!({ "iss": "issuer/" }), TokenError::Issuer),
        (json!({ "iss": "" }), TokenError::Issuer),
        (json!({ "iss": ["issuer"] }), TokenError::Issuer),
        (json!({ "iss": ["other", "issuer"] }), TokenError::Issuer),
        (json!({ "iss": [] }), TokenError::Issuer),
        (json!({ "iss": 7 }), missing("iss")),
        (json!({ "iss": null }), missing("iss")),
        (json!({ "aud": "other" }), TokenError::Audience),
        (json!({ "aud": "tasks " }), TokenError::Audience),
        (json!({ "aud": ["other"] }), TokenError::Audience),
        (json!({ "aud": [] }), TokenError::Audience),
        (json!({ "aud": [["tasks"]] }), missing("aud")),
        (json!({ "aud": { "tasks": true } }), missing("aud")),
        (json!({ "aud": null }), missing("aud")),
    ] {
        assert_eq!(refusal(&verifier, &with(&changes)).await, error, "{changes}");
    }
    let any = Verifier::builder(HMAC.keys()).any_issuer().any_audience().build().await.unwrap();
    for changes in [json!({}), json!({ "iss": null, "aud": null }), json!({ "iss": ["x"], "aud": ["x"] })] {
        assert!(any.verify(&with(&changes)).await.is_ok(), "{changes}");
    }
    let any_audience = Verifier::builder(HMAC.keys()).issuer("issuer").any_audience().build().await.unwrap();
    assert!(any_audience.verify(&with(&json!({ "aud": "x" }))).await.is_ok());
    assert_eq!(refusal(&any_audience, &with(&json!({ "iss": "x" }))).await, TokenError::Issuer);
}

#[tokio::test]
async fn nobody_but_a_user_of_the_owners_type_comes_out_of_a_token() {
    async fn is_refused<Id: Identifier>(user: Value, error: TokenError) {
        let token = HMAC.token(&changed(&claims("x"), &json!({ "sub": user })));
        assert_eq!(refusal(&verifier::<Id>(HMAC.keys()).await, &token).await, error, "{user}");
    }
    let missing = || TokenError::MissingClaim { claim: "sub".into() };
    for user in [json!(NIL), json!("{00000000-0000-0000-0000-000000000000}"), json!("alice"), json!(""), json!(7)] {
        is_refused::<Uuid>(user, TokenError::User).await;
    }
    is_refused::<Uuid>(json!([Uuid::now_v7().to_string()]), TokenError::Malformed).await;
    is_refused::<Uuid>(Value::Null, missing()).await;
    is_refused::<i64>(Value::Null, missing()).await;
    is_refused::<String>(Value::Null, missing()).await;
    for user in ["0", "-0", "+7", "007", " 7", "7 ", "7.0", "1e3", "", "seven", "9223372036854775808"] {
        is_refused::<i64>(user.into(), TokenError::User).await;
    }
    for user in [json!(0), json!(7.0), json!(7.5), json!(9_223_372_036_854_775_808_u64), json!(true)] {
        is_refused::<i64>(user, TokenError::User).await;
    }
    for user in
        [json!("system"), json!(" SYSTEM "), json!("0"), json!(""), json!("  "), json!(NIL), json!("a\0b"), json!(7)]
    {
        is_refused::<String>(user, TokenError::User).await;
    }
    let null = HMAC.raw(r#"{"alg":"HS256"}"#, &claims("x").to_string().replace("\"x\"", "null"));
    assert_eq!(refusal(&verifier::<String>(HMAC.keys()).await, &null).await, missing());
}

#[tokio::test]
async fn users_of_each_type_come_out_of_tokens() {
    let alice = Uuid::now_v7();
    let uuids = verifier::<Uuid>(HMAC.keys()).await;
    for spelling in
        [alice.to_string(), alice.simple().to_string(), alice.to_string().to_uppercase(), alice.urn().to_string()]
    {
        let verified = uuids.verify(&HMAC.token(&claims(spelling.clone()))).await.unwrap();
        assert_eq!(*verified.user().user(), alice, "{spelling}");
    }
    let integers = verifier::<i64>(HMAC.keys()).await;
    for (user, id) in [(json!(7), 7), (json!("7"), 7), (json!("-7"), -7), (json!(i64::MAX), i64::MAX)] {
        assert_eq!(*integers.verify(&HMAC.token(&claims(user))).await.unwrap().user().user(), id);
    }
    let texts = verifier::<String>(HMAC.keys()).await;
    let verified = texts.verify(&HMAC.token(&claims("auth0|5f7c8ec7c33c6c004bbafe82"))).await.unwrap();
    assert_eq!(verified.user().user(), "auth0|5f7c8ec7c33c6c004bbafe82");
    let elsewhere = settings(HMAC.keys()).user_claim("/app/user").owner::<i64>().build().await.unwrap();
    let token = HMAC.token(&changed(&claims("auth0|x"), &json!({ "app": { "user": 9 } })));
    assert_eq!(*elsewhere.verify(&token).await.unwrap().user().user(), 9);
    let token = HMAC.token(&claims("9"));
    assert_eq!(refusal(&elsewhere, &token).await, TokenError::MissingClaim { claim: "/app/user".into() });
}

#[tokio::test]
async fn roles_are_texts_and_anything_else_is_none() {
    let with = |changes: &Value| HMAC.token(&changed(&claims(Uuid::now_v7().to_string()), changes));
    let cases = [
        ("roles", json!({}), &[][..]),
        ("roles", json!({ "roles": "admin" }), &["admin"]),
        ("scope", json!({ "scope": "read  admin" }), &["read", "admin"]),
        ("roles", json!({ "roles": ["admin", "read tasks"] }), &["admin", "read tasks"]),
        ("roles", json!({ "roles": [] }), &[]),
        ("roles", json!({ "roles": ["admin", 7] }), &[]),
        ("roles", json!({ "roles": { "admin": true } }), &[]),
        ("roles", json!({ "roles": true }), &[]),
        ("roles", json!({ "roles": [["admin"]] }), &[]),
        ("/realm_access/roles", json!({ "realm_access": { "roles": ["admin"] } }), &["admin"]),
        ("/realm_access/roles", json!({ "realm_access": "admin" }), &[]),
        ("https://example.com/roles", json!({ "https://example.com/roles": ["admin"] }), &["admin"]),
        ("roles", json!({ "/roles": ["admin"] }), &[]),
        ("roles", json!({ "roles": ["Admin"] }), &["Admin"]),
        ("roles", json!({ "roles": ["admin "] }), &["admin "]),
        ("roles", json!({ "roles": "administrator" }), &["administrator"]),
    ];
    for (claim, changes, roles) in cases {
        let verifier = settings(HMAC.keys()).role_claim(claim).build().await.unwrap();
        let verified = verifier.verify(&with(&changes)).await.unwrap();
        assert_eq!(verified.roles(), roles, "{claim}: {changes}");
        assert_eq!(verified.is_administrator(), roles.contains(&"admin"), "{claim}: {changes}");
    }
    let verifier = settings(HMAC.keys()).administrator("root").build().await.unwrap();
    assert!(verifier.verify(&with(&json!({ "roles": ["root"] }))).await.unwrap().is_administrator());
    assert!(!verifier.verify(&with(&json!({ "roles": ["admin"] }))).await.unwrap().is_administrator());
}

#[tokio::test]
async fn other_claims_are_found_by_name_and_by_pointer() {
    let claims = changed(&claims(Uuid::now_v7().to_string()), &json!({ "a": { "b/c": [1, 2] }, "https://x/y": 3 }));
    let verified = verifier::<Uuid>(HMAC.keys()).await.verify(&HMAC.token(&claims)).await.unwrap();
    assert_eq!(verified.claim("iss"), Some(&json!("issuer")));
    assert_eq!(verified.claim("/a/b~1c/1"), Some(&json!(2)));
    assert_eq!(verified.claim("https://x/y"), Some(&json!(3)));
    assert_eq!((verified.claim("b"), verified.claim("/b"), verified.claim("")), (None, None, None));
}

#[tokio::test]
async fn nothing_in_a_header_chooses_a_key_but_its_name() {
    let good = claims(Uuid::now_v7().to_string()).to_string();
    let set = key_set(&[ED.jwk(&json!({ "kid": "1" })), OTHER_ED.jwk(&json!({ "kid": "2" }))]);
    let verifier = verifier::<Uuid>(Keys::key_set(set).unwrap()).await;
    let with = |signer: &Signer, changes: Value| {
        signer.raw(&changed(&json!({ "alg": signer.algorithm }), &changes).to_string(), &good)
    };
    for (signer, changes) in
        [(&*ED, json!({ "kid": "1" })), (&*OTHER_ED, json!({ "kid": "2" })), (&*OTHER_ED, json!({}))]
    {
        assert!(verifier.verify(&with(signer, changes.clone())).await.is_ok(), "{changes}");
    }
    for (signer, changes, error) in [
        (&*ED, json!({ "kid": "2" }), TokenError::Signature),
        (&*ED, json!({ "kid": "3" }), TokenError::UnknownKey),
        (&*ED, json!({ "kid": "" }), TokenError::UnknownKey),
        (&*ED, json!({ "kid": "../../../../dev/null" }), TokenError::UnknownKey),
        (&*ED, json!({ "kid": "1' OR '1'='1" }), TokenError::UnknownKey),
        (&*RSA, json!({ "kid": "1" }), TokenError::Algorithm),
        (&*RSA, json!({}), TokenError::Algorithm),
        (&*RSA, json!({ "jwk": RSA.jwk }), TokenError::Algorithm),
        (&*ED, json!({ "kid": "3", "jwk": ED.jwk }), TokenError::UnknownKey),
        (
            &*ED,
            json!({ "kid": "3", "jku": "http://127.0.0.1:1/", "x5u": "http://127.0.0.1:1/" }),
            TokenError::UnknownKey,
        ),
        (&*ED, json!({ "kid": "1", "crit": ["exp"] }), TokenError::Critical),
        (&*ED, json!({ "kid": "1", "crit": [] }), TokenError::Critical),
        (&*ED, json!({ "kid": "1", "crit": ["b64"], "b64": false }), TokenError::Critical),
    ] {
        assert_eq!(refusal(&verifier, &with(signer, changes.clone())).await, error, "{changes}");
    }
    let forger = OTHER_RSA.jwk.clone();
    let of_rsa = super::signer::verifier::<Uuid>(RSA.keys()).await;
    assert_eq!(refusal(&of_rsa, &with(&OTHER_RSA, json!({ "jwk": forger }))).await, TokenError::Signature);
}

#[tokio::test]
async fn nothing_that_is_shown_holds_a_token_a_key_or_a_claim() {
    let keys = HMAC.keys();
    assert_eq!(format!("{keys:?} {:?}", Keys::key_set_file("/secret/place")), "Keys(in hand) Keys(a file)");
    assert_eq!(format!("{:?}", Keys::key_set_url("https://user:password@idp.example/jwks").unwrap()), "Keys(a URL)");
    assert_eq!(format!("{:?}", settings(HMAC.keys())), "VerifierBuilder(Keys(in hand))");
    let verifier = verifier::<i64>(keys).await;
    let token = HMAC.token(&changed(&claims(7), &json!({ "email": "a@example.com", "roles": "reader" })));
    let verified = verifier.verify(&token).await.unwrap();
    assert_eq!(format!("{verifier:?}"), "Verifier(keys in hand)");
    assert_eq!(format!("{verified:?}"), r#"Verified { user: UserContext(7), roles: ["reader"], .. }"#);
    let foreign = refusal(&verifier, &RSA.token(&claims("a-user"))).await;
    let nobody = refusal(&verifier, &HMAC.token(&claims("a-user"))).await;
    let shown = format!("{foreign:?} {foreign} {nobody:?} {nobody}");
    assert!(!shown.contains("a-user") && !shown.contains("eyJ"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_verifier_panic_or_believe_it(
        text in prop_oneof![
            any::<String>(),
            "[A-Za-z0-9_-]{0,80}(\\.[A-Za-z0-9_-]{0,80}){0,4}",
            ("\\PC{0,60}", "\\PC{0,60}", any::<Vec<u8>>())
                .prop_map(|(header, claims, signature)| format!(
                    "{}.{}.{}",
                    base64url(format!(r#"{{"alg":"HS256",{header}"#).as_bytes()),
                    base64url(claims.as_bytes()),
                    base64url(&signature),
                )),
        ],
        bytes in any::<Vec<u8>>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let verifier = verifier::<String>(HMAC.keys()).await;
            prop_assert!(verifier.verify(&text).await.is_err());
            // Signed by the right one, and yet it is no token of a user.
            let header = base64url(br#"{"alg":"HS256"}"#);
            let message = format!("{header}.{}", base64url(&bytes));
            let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &HMAC.signing, Algorithm::HS256).unwrap();
            let token = [message, signature].join(".");
            prop_assert!(verifier.verify(&token).await.is_err());
            Ok(())
        })?;
    }

    #[test]
    fn no_user_and_no_header_that_is_signed_makes_a_verifier_panic(sub in any::<String>(), kid in any::<String>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let token = HMAC.named(&kid, &claims(sub.clone()));
            let texts = verifier::<String>(HMAC.keys()).await;
            if let Ok(verified) = texts.verify(&token).await {
                prop_assert_eq!(verified.user().user(), &sub);
            }
            prop_assert!(verifier::<Uuid>(HMAC.keys()).await.verify(&token).await.is_err());
            Ok(())
        })?;
    }
}
