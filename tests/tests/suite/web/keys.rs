//! Which keys can be used, and what is said of those that cannot.

use serde_json::{Value, json};
use user_scope::Uuid;
use user_scope::web::{KeyError, Keys, TokenError, Verifier};

use super::signer::{EC, ED, HMAC, OTHER_ED, OTHER_RSA, RSA, SECRET, Signer, claims, key_set, pem, verifier};

/// 1,024 bits, as it was thought enough in 2005.
const WEAK_RSA: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDLKDJUhh8m6BQaZHClGxK27b3U
gWBxFN2Lhnq4ca6KBo8IWUi5mi95E2gL9Ms3g7ELs58whvCi419T5vX7ebfx2voo
9ul/sHmd4ajbxdl2thvCFR4ztBH+6p8USM+INysWSmgvAgAah+Z23vtVm8HB+8cG
vSwH96uYeSK94Iz8nwIDAQAB";
const WEAK_RSA_OF_PKCS_1: &str = "MIGJAoGBAMsoMlSGHyboFBpkcKUbErbtvdSBYHEU3YuGerhxrooGjwhZSLmaL3kT
aAv0yzeDsQuznzCG8KLjX1Pm9ft5t/Ha+ij26X+weZ3hqNvF2Xa2G8IVHjO0Ef7q
nxRIz4g3KxZKaC8CABqH5nbe+1WbwcH7xwa9LAf3q5h5Ir3gjPyfAgMBAAE=";
const SECP256K1: &str = "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEPJjvZ0bNtuM2kcWys4xv/p74xcGGcaO5
QShIrqGWwe4iRLDDAlr6zB4+ZDAy5IC7oc0jqlMLbIZ2ZIGGVEqneQ==";
const P_384: &str = "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE9Mpo5IHafrZwLLLZliwA+x6OfrVeXPZk
y1WIFcYs3Ynswv2KULRLyW0v8IKgg30Kd0PNWzYxodkKgoEOJVF/M1Iyat/vVE1B
MKSCmA0W+RYuCPpKykfdHzvCbrgosIVO";
const ED448: &str = "MEMwBQYDK2VxAzoAUJgXjc/4h2bRfREBUYGIbw48JpROXxFLCVwJJ7p5A3p4JFqR
Jrhe5G+KmxpCxFG4RwcUDxJ4zbGA";
const CERTIFICATE: &str = "MIIBbTCCAROgAwIBAgIUF/fSc2InrHVz7UxKQ8mmZrj6piQwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAeFw0yNjExMjcxMTA4MThaFw0zNjExMjQxMTA4MThaMAwx
CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARLPWUeAE9l9vwi
LtjWjkhVcxEmqLbJvqZPJuKolj48G+ELHI15EDdx+LsUCgAF1lMH14p80495N6wB
QQyFBsTwo1MwUTAdBgNVHQ4EFgQUUQ4sH0sxuEpJBj6VMlryFD4CHtcwHwYDVR0j
BBgwFoAUUQ4sH0sxuEpJBj6VMlryFD4CHtcwDwYDVR0TAQH/BAUwAwEB/zAKBggq
hkjOPQQDAgNIADBFAiEA9jA/bpHYPbFVYJz7Z9uZXNJZv7tYpPeQrpDN4j1FwaoC
IDXLg622XBbhBIlHvmP0Xk1GchI8eKIa25Ye2qcvFEpR";

fn block(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

#[test]
fn a_secret_is_long_enough_and_no_pem() {
    assert!(matches!(Keys::secret([7; 31]), Err(KeyError::ShortSecret)));
    assert!(matches!(Keys::secret(""), Err(KeyError::ShortSecret)));
    assert!(Keys::secret([7; 32]).is_ok());
    for pem in [RSA.pem.clone(), format!("\n {}", ED.pem), block("CERTIFICATE", CERTIFICATE)] {
        assert!(matches!(Keys::secret(pem), Err(KeyError::NotASecret)));
    }
}

#[tokio::test]
async fn a_pem_holds_one_public_key_of_a_kind_that_is_known() {
    for signer in [&*RSA, &*EC, &*ED] {
        assert!(Keys::pem(&signer.pem).is_ok());
        assert!(Keys::pem(signer.pem.replace('\n', "\r\n")).is_ok());
        assert!(matches!(Keys::pem(&signer.private), Err(KeyError::PrivateKey)));
        for both in [format!("{}{}", signer.pem, signer.private), format!("{}{}", signer.private, signer.pem)] {
            assert!(matches!(Keys::pem(both), Err(KeyError::PrivateKey)));
        }
        let two = format!("{}{}", signer.pem, signer.pem);
        assert!(matches!(Keys::pem(two), Err(KeyError::NotAPublicKey)), "only the first would be used");
        assert!(matches!(Keys::pem(&signer.der), Err(KeyError::NotAPublicKey)));
        let cut = pem("PUBLIC KEY", &signer.der[..signer.der.len() - 1]);
        assert!(matches!(Keys::pem(cut), Err(KeyError::NotAPublicKey)));
        let mislabelled = signer.pem.replace("PUBLIC KEY", "RSA PUBLIC KEY");
        if let Ok(keys) = Keys::pem(mislabelled) {
            // Some write an RSA key of PKCS 8 under this label; it stays what it is.
            let good = claims(Uuid::now_v7().to_string());
            assert!(
                verifier::<Uuid>(keys).await.verify(&signer.token(&good)).await.is_err() || signer.jwk["kty"] == "RSA"
            );
        }
    }
    for (label, body) in [("PUBLIC KEY", WEAK_RSA), ("RSA PUBLIC KEY", WEAK_RSA_OF_PKCS_1)] {
        let refused = Keys::pem(block(label, body));
        assert!(matches!(refused, Err(KeyError::RsaSize { bits: 1_024 })), "{refused:?}");
    }
    for body in [SECP256K1, P_384, ED448, CERTIFICATE, "", "AAAA", "no base64!"] {
        assert!(matches!(Keys::pem(block("PUBLIC KEY", body)), Err(KeyError::NotAPublicKey)), "{body}");
    }
    for text in [block("CERTIFICATE", CERTIFICATE), String::new(), "PUBLIC KEY".into(), "-----BEGIN PUBLIC KEY".into()]
    {
        assert!(matches!(Keys::pem(&text), Err(KeyError::NotAPublicKey)), "{text}");
    }
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"] {
        assert!(matches!(Keys::pem(block(label, "AAAA")), Err(KeyError::PrivateKey)), "{label}");
    }
}

#[test]
fn a_key_set_that_holds_a_secret_is_refused() {
    let good = ED.jwk(&json!({ "kid": "1" }));
    let secrets = [
        HMAC.jwk.clone(),
        json!({ "kty": "oct" }),
        ED.jwk(&json!({ "d": "AAAA" })),
        EC.jwk(&json!({ "d": "AAAA", "use": "enc" })),
        RSA.jwk(&json!({ "p": "AAAA" })),
        RSA.jwk(&json!({ "k": "AAAA" })),
        json!({ "kty": "of a kind to come", "d": "AAAA" }),
    ];
    for secret in secrets {
        for set in [vec![secret.clone()], vec![good.clone(), secret.clone()], vec![secret.clone(), good.clone()]] {
            assert!(matches!(Keys::key_set(key_set(&set)), Err(KeyError::SecretInKeySet)), "{secret}");
        }
    }
}

#[tokio::test]
async fn a_key_of_a_set_that_is_for_something_else_is_passed_over() {
    let flip = |value: &Value| value.as_str().unwrap().chars().rev().collect::<String>();
    let others = [
        ED.jwk(&json!({ "use": "enc" })),
        ED.jwk(&json!({ "use": 7 })),
        ED.jwk(&json!({ "key_ops": ["sign"] })),
        ED.jwk(&json!({ "key_ops": [] })),
        ED.jwk(&json!({ "key_ops": "verify" })),
        ED.jwk(&json!({ "alg": "ES256" })),
        ED.jwk(&json!({ "alg": "HS256" })),
        ED.jwk(&json!({ "alg": "none" })),
        ED.jwk(&json!({ "kid": 7 })),
        ED.jwk(&json!({ "crv": "Ed448" })),
        ED.jwk(&json!({ "crv": "X25519" })),
        ED.jwk(&json!({ "kty": "EC" })),
        ED.jwk(&json!({ "kty": null })),
        ED.jwk(&json!({ "x": null })),
        ED.jwk(&json!({ "x": "AAAA" })),
        RSA.jwk(&json!({ "alg": "RS512" })),
        RSA.jwk(&json!({ "alg": "PS256" })),
        RSA.jwk(&json!({ "alg": "RSA-OAEP" })),
        RSA.jwk(&json!({ "n": flip(&RSA.jwk["n"])[..171] })),
        RSA.jwk(&json!({ "n": "" })),
        EC.jwk(&json!({ "crv": "P-384" })),
        EC.jwk(&json!({ "crv": "secp256k1" })),
        EC.jwk(&json!({ "y": null })),
        json!({ "kty": "of a kind to come" }),
        json!("no object"),
        Value::Null,
    ];
    for other in &others {
        let refused = Keys::key_set(key_set(std::slice::from_ref(other)));
        assert!(matches!(refused, Err(KeyError::NoUsableKey)), "{other}: {refused:?}");
    }
    let mut all = others.to_vec();
    all.push(OTHER_ED.jwk(&json!({ "kid": "the good one" })));
    let verifier = verifier::<Uuid>(Keys::key_set(key_set(&all)).unwrap()).await;
    let good = claims(Uuid::now_v7().to_string());
    assert!(verifier.verify(&OTHER_ED.token(&good)).await.is_ok());
    assert_eq!(verifier.verify(&ED.token(&good)).await.map(drop), Err(TokenError::Signature));
    assert_eq!(verifier.verify(&RSA.token(&good)).await.map(drop), Err(TokenError::Algorithm));
}

#[test]
fn what_is_no_key_set_is_refused() {
    for text in ["", "{}", "[]", "null", "keys", r#"{"keys":{}}"#, r#"{"keys":"x"}"#, "<html>", &ED.jwk.to_string()] {
        assert!(matches!(Keys::key_set(text), Err(KeyError::NotAKeySet)), "{text}");
    }
    assert!(matches!(Keys::key_set(key_set(&[])), Err(KeyError::NoUsableKey)));
    let mut long = key_set(std::slice::from_ref(&ED.jwk));
    long.push_str(&" ".repeat(1024 * 1024));
    assert!(matches!(Keys::key_set(long), Err(KeyError::TooLong)));
}

#[tokio::test]
async fn two_keys_of_one_name_are_both_tried_and_others_are_not() {
    let named = |signer: &Signer, kid: &str| signer.jwk(&json!({ "kid": kid }));
    let set = [named(&ED, "1"), named(&OTHER_ED, "1"), named(&RSA, "1"), named(&OTHER_RSA, "2"), EC.jwk.clone()];
    let verifier = verifier::<Uuid>(Keys::key_set(key_set(&set)).unwrap()).await;
    let good = claims(Uuid::now_v7().to_string());
    for signer in [&*ED, &*OTHER_ED, &*RSA] {
        assert!(verifier.verify(&signer.named("1", &good)).await.is_ok());
    }
    assert_eq!(verifier.verify(&OTHER_RSA.named("1", &good)).await.map(drop), Err(TokenError::Signature));
    assert_eq!(verifier.verify(&EC.named("1", &good)).await.map(drop), Err(TokenError::Algorithm));
    assert_eq!(verifier.verify(&EC.named("", &good)).await.map(drop), Err(TokenError::UnknownKey));
    for signer in [&*ED, &*OTHER_ED, &*RSA, &*OTHER_RSA, &*EC] {
        assert!(verifier.verify(&signer.token(&good)).await.is_ok(), "without a name each of its algorithm is tried");
    }
}

#[tokio::test]
async fn sixteen_keys_are_tried_and_no_more() {
    let mut set: Vec<Value> = vec![ED.jwk.clone(); 15];
    set.push(OTHER_ED.jwk.clone());
    let good = claims(Uuid::now_v7().to_string());
    let sixteenth = verifier::<Uuid>(Keys::key_set(key_set(&set)).unwrap()).await;
    assert!(sixteenth.verify(&OTHER_ED.token(&good)).await.is_ok());
    set.insert(0, ED.jwk.clone());
    let seventeenth = verifier::<Uuid>(Keys::key_set(key_set(&set)).unwrap()).await;
    assert_eq!(seventeenth.verify(&OTHER_ED.token(&good)).await.map(drop), Err(TokenError::Signature));
}

#[tokio::test]
async fn a_key_that_is_alone_has_no_name() {
    for signer in [&*HMAC, &*RSA] {
        let verifier = verifier::<Uuid>(signer.keys()).await;
        let token = signer.named("whatever its owner calls it", &claims(Uuid::now_v7().to_string()));
        assert!(verifier.verify(&token).await.is_ok());
    }
}

#[tokio::test]
async fn a_verifier_is_told_whose_tokens_and_for_whom() {
    let start = || Verifier::builder(Keys::secret(SECRET).unwrap());
    assert!(matches!(start().build().await, Err(KeyError::Issuer)));
    assert!(matches!(start().audience("a").build().await, Err(KeyError::Issuer)));
    assert!(matches!(start().issuer("i").build().await, Err(KeyError::Audience)));
    assert!(matches!(start().issuer("i").any_issuer().audience("a").build().await, Err(KeyError::Issuer)));
    assert!(matches!(start().issuer("i").any_audience().audience("a").build().await, Err(KeyError::Audience)));
    let good = || start().issuer("i").audience("a");
    for unset in [
        start().issuer("").audience("a"),
        start().issuer("i").audience(""),
        good().issuer(""),
        good().user_claim(""),
        good().role_claim(""),
        good().administrator(""),
    ] {
        assert!(matches!(unset.build().await, Err(KeyError::EmptyName)));
    }
    let seconds = std::time::Duration::from_secs;
    assert!(good().leeway(seconds(300)).build().await.is_ok());
    assert!(matches!(good().leeway(seconds(301)).build().await, Err(KeyError::Leeway)));
    assert!(good().owner::<String>().build().await.is_ok());
}
