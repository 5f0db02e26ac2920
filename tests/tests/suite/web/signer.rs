//! Somebody who signs tokens: keys of each kind, made when the tests run, and tokens of any shape.

use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use jsonwebtoken::{Algorithm, EncodingKey, get_current_timestamp};
use serde_json::{Value, json};
use user_scope::Identifier;
use user_scope::web::{Keys, Verifier, VerifierBuilder};

pub const SECRET: &[u8] = b"a secret of thirty-two bytes or more";

/// A key pair, or a secret.
pub struct Signer {
    pub algorithm: Algorithm,
    pub signing: EncodingKey,
    /// The public key as a PEM, and in its DER.
    pub pem: String,
    pub der: Vec<u8>,
    /// The private key as a PEM.
    pub private: String,
    /// The public key as a JSON Web Key without a name.
    pub jwk: Value,
}

pub static HMAC: LazyLock<Signer> = LazyLock::new(|| Signer {
    algorithm: Algorithm::HS256,
    signing: EncodingKey::from_secret(SECRET),
    pem: String::new(),
    der: Vec::new(),
    private: String::new(),
    jwk: json!({ "kty": "oct", "k": base64url(SECRET) }),
});
pub static RSA: LazyLock<Signer> = LazyLock::new(rsa);
pub static OTHER_RSA: LazyLock<Signer> = LazyLock::new(rsa);
pub static EC: LazyLock<Signer> = LazyLock::new(ec);
pub static ED: LazyLock<Signer> = LazyLock::new(ed);
pub static OTHER_ED: LazyLock<Signer> = LazyLock::new(ed);

fn rsa() -> Signer {
    let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).expect("a key");
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("its public part");
    let private: Pkcs8V1Der<'_> = pair.as_der().expect("its private part");
    Signer::new(Algorithm::RS256, private.as_ref(), public.as_ref(), EncodingKey::from_rsa_pem)
}

fn ec() -> Signer {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let prefix = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
    let public = [&unhex(prefix), pair.public_key().as_ref()].concat();
    let private = pair.to_pkcs8v1().expect("its private part");
    Signer::new(Algorithm::ES256, private.as_ref(), &public, EncodingKey::from_ec_pem)
}

fn ed() -> Signer {
    let pair = Ed25519KeyPair::generate().expect("a key");
    let public = [&unhex("302a300506032b6570032100"), pair.public_key().as_ref()].concat();
    let private = pair.to_pkcs8v1().expect("its private part");
    Signer::new(Algorithm::EdDSA, private.as_ref(), &public, EncodingKey::from_ed_pem)
}

impl Signer {
    fn new(
        algorithm: Algorithm,
        private: &[u8],
        public: &[u8],
        read: fn(&[u8]) -> jsonwebtoken::errors::Result<EncodingKey>,
    ) -> Self {
        let (private, pem) = (pem("PRIVATE KEY", private), pem("PUBLIC KEY", public));
        let signing = read(private.as_bytes()).expect("a key that signs");
        let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&signing, algorithm).expect("a key that can be shown");
        let jwk = serde_json::to_value(jwk).expect("JSON");
        Self { algorithm, signing, pem, der: public.to_vec(), private, jwk }
    }

    /// What a verifier needs.
    pub fn keys(&self) -> Keys {
        match self.algorithm {
            Algorithm::HS256 => Keys::secret(SECRET).expect("a secret"),
            _ => Keys::pem(&self.pem).expect("a public key"),
        }
    }

    /// The public key as a JSON Web Key with some members changed; `null` takes one away.
    pub fn jwk(&self, changes: &Value) -> Value {
        changed(&self.jwk, changes)
    }

    /// A token with these claims.
    pub fn token(&self, claims: &Value) -> String {
        self.raw(&json!({ "alg": self.algorithm, "typ": "JWT" }).to_string(), &claims.to_string())
    }

    /// A token with these claims that names its key.
    pub fn named(&self, kid: &str, claims: &Value) -> String {
        self.raw(&json!({ "alg": self.algorithm, "kid": kid }).to_string(), &claims.to_string())
    }

    /// Any texts as header and claims, signed as this signer signs.
    pub fn raw(&self, header: &str, claims: &str) -> String {
        sign(header, claims, &self.signing, self.algorithm)
    }
}

/// Any texts as header and claims, signed with this key by this algorithm, whatever the header says.
pub fn sign(header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).expect("a signature");
    format!("{message}.{signature}")
}

/// The claims of a token that is good for a minute, for whom the verifiers of [`settings`] take it.
pub fn claims(user: impl Into<Value>) -> Value {
    json!({ "sub": user.into(), "iss": "issuer", "aud": "tasks", "exp": now() + 60 })
}

/// Some members changed; `null` takes one away.
pub fn changed(object: &Value, changes: &Value) -> Value {
    let mut object = object.as_object().expect("an object").clone();
    for (name, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => drop(object.remove(name)),
            value => drop(object.insert(name.clone(), value.clone())),
        }
    }
    object.into()
}

/// A verifier with these keys and users of this type.
pub async fn verifier<Id: Identifier>(keys: Keys) -> Verifier<Id> {
    settings(keys).owner::<Id>().build().await.expect("a verifier")
}

pub fn settings(keys: Keys) -> VerifierBuilder {
    Verifier::builder(keys).issuer("issuer").audience("tasks").leeway(Duration::from_secs(30))
}

pub fn key_set(jwks: &[Value]) -> String {
    json!({ "keys": jwks }).to_string()
}

pub fn now() -> u64 {
    get_current_timestamp()
}

pub fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

pub fn pem(label: &str, der: &[u8]) -> String {
    let body = Base64::encode_string(der);
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("two digits")).collect()
}
