//! The private key that signs our assertions: P-384 for ES384, RSA for RS384, as PEM or JWK.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// The fixed start of a P-384 key in PKCS #8, up to its private number, and what stands between that
/// and its public point (RFC 5915, RFC 5958).
const P384_START: &[u8] = &[
    0x30, 0x81, 0xb6, 0x02, 0x01, 0x00, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
    0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x04, 0x81, 0x9e, 0x30, 0x81, 0x9b, 0x02, 0x01,
    0x01, 0x04, 0x30,
];
const P384_MIDDLE: &[u8] = &[0xa1, 0x64, 0x03, 0x62, 0x00, 0x04];
const P384_BYTES: usize = 48;

/// A key that signs, with the id under which the server knows its public half.
pub struct SigningKey {
    key: EncodingKey,
    algorithm: Algorithm,
    id: Option<String>,
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Neither a PEM private key nor a JWK.
    #[error("the key is neither a PEM private key nor a JWK")]
    UnknownForm,
    /// An EC key in the older form.
    #[error(
        "the key is in the older EC form; convert it: openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW"
    )]
    OlderForm,
    /// A key with a password.
    #[error(
        "the key has a password; give it without: openssl pkcs8 -nocrypt -topk8 -in OLD -out NEW"
    )]
    Encrypted,
    /// A key of a kind that SMART does not name.
    #[error("the key is neither P-384 nor RSA of at least 2048 bits")]
    WrongKind,
    /// A JWK without its private half.
    #[error("the JWK holds no private key")]
    PublicOnly,
    /// A set of keys, and none or several fit.
    #[error("say with --key-id which key of the set to use")]
    WhichKey,
}

impl SigningKey {
    /// The key in a file: PEM, a JWK, or a JWK set. `id` names it to the server and picks from a set.
    /// The bytes of the file are wiped.
    pub fn read(file: Vec<u8>, id: Option<&str>) -> Result<Self, KeyError> {
        let file = Zeroizing::new(file);
        let text = std::str::from_utf8(&file).map_err(|_| KeyError::UnknownForm)?.trim_start();
        let key = if text.starts_with('{') { jwk(text, id)? } else { pem(text, id)? };
        // A key that cannot sign is found here and not in the middle of a night.
        key.sign(&[0_u8; 0])?;
        Ok(key)
    }

    /// The name of its algorithm.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        if self.algorithm == Algorithm::ES384 { "ES384" } else { "RS384" }
    }

    /// Does it have an id? Most servers want one.
    #[must_use]
    pub fn has_id(&self) -> bool {
        self.id.is_some()
    }

    /// Claims as a signed JWT.
    pub(crate) fn sign<T: Serialize>(&self, claims: &T) -> Result<Zeroizing<String>, KeyError> {
        let header = Header { kid: self.id.clone(), ..Header::new(self.algorithm) };
        let signed = jsonwebtoken::encode(&header, claims, &self.key);
        signed.map(Zeroizing::new).map_err(|_| KeyError::WrongKind)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(hidden)")
    }
}

fn pem(text: &str, id: Option<&str>) -> Result<SigningKey, KeyError> {
    if text.contains("BEGIN EC PRIVATE KEY") {
        return Err(KeyError::OlderForm);
    }
    if text.contains("ENCRYPTED") {
        return Err(KeyError::Encrypted);
    }
    if !text.contains("PRIVATE KEY") {
        return Err(KeyError::UnknownForm);
    }
    let id = id.map(str::to_owned);
    if let Ok(key) = EncodingKey::from_ec_pem(text.as_bytes()) {
        return Ok(SigningKey { key, algorithm: Algorithm::ES384, id });
    }
    let key = EncodingKey::from_rsa_pem(text.as_bytes()).map_err(|_| KeyError::WrongKind)?;
    Ok(SigningKey { key, algorithm: Algorithm::RS384, id })
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

/// What of a JWK makes a private key; each number in base64url.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    kid: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<String>,
    n: Option<String>,
    e: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
}

impl Drop for Jwk {
    fn drop(&mut self) {
        for number in
            [&mut self.d, &mut self.p, &mut self.q, &mut self.dp, &mut self.dq, &mut self.qi]
        {
            number.zeroize();
        }
    }
}

fn jwk(text: &str, id: Option<&str>) -> Result<SigningKey, KeyError> {
    let jwk = match serde_json::from_str::<JwkSet>(text) {
        Ok(set) => choose(set, id)?,
        Err(_) => serde_json::from_str::<Jwk>(text).map_err(|_| KeyError::UnknownForm)?,
    };
    if jwk.d.is_none() {
        return Err(KeyError::PublicOnly);
    }
    let id = id.map(str::to_owned).or_else(|| jwk.kid.clone());
    match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("EC", Some("P-384")) => {
            let key = EncodingKey::from_ec_der(&p384(&jwk)?);
            Ok(SigningKey { key, algorithm: Algorithm::ES384, id })
        }
        ("RSA", _) => {
            let key = EncodingKey::from_rsa_der(&rsa(&jwk)?);
            Ok(SigningKey { key, algorithm: Algorithm::RS384, id })
        }
        _ => Err(KeyError::WrongKind),
    }
}

/// The key of a set that has this id, or the only private one.
fn choose(set: JwkSet, id: Option<&str>) -> Result<Jwk, KeyError> {
    let wanted = |key: &Jwk| key.d.is_some() && (id.is_none() || key.kid.as_deref() == id);
    let mut fitting = set.keys.into_iter().filter(wanted);
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Ok(key),
        _ => Err(KeyError::WhichKey),
    }
}

fn number(text: Option<&String>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let text = text.ok_or(KeyError::UnknownForm)?;
    URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new).map_err(|_| KeyError::UnknownForm)
}

fn p384(jwk: &Jwk) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let (d, x, y) = (number(jwk.d.as_ref())?, number(jwk.x.as_ref())?, number(jwk.y.as_ref())?);
    if [&d, &x, &y].iter().any(|number| number.len() != P384_BYTES) {
        return Err(KeyError::UnknownForm);
    }
    Ok(Zeroizing::new([P384_START, &d, P384_MIDDLE, &x, &y].concat()))
}

/// `RSAPrivateKey` of RFC 8017: a sequence of whole numbers, the first of them the version 0.
fn rsa(jwk: &Jwk) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut numbers = Zeroizing::new(vec![0x02, 0x01, 0x00]);
    for text in [&jwk.n, &jwk.e, &jwk.d, &jwk.p, &jwk.q, &jwk.dp, &jwk.dq, &jwk.qi] {
        let bytes = number(text.as_ref())?;
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
        let digits = &bytes[start..];
        // A leading bit of one would make the number negative.
        let sign: &[u8] =
            if digits.first().is_none_or(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
        numbers.extend(tagged(0x02, &[sign, digits]).iter());
    }
    Ok(tagged(0x30, &[&numbers]))
}

/// A value of DER: tag, length, content.
fn tagged(tag: u8, content: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = content.iter().map(|part| part.len()).sum();
    let bytes = length.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    let significant = &bytes[start..];
    let mut value = Zeroizing::new(vec![tag]);
    if length >= 0x80 {
        value.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
    }
    value.extend(significant);
    for part in content {
        value.extend(*part);
    }
    value
}
