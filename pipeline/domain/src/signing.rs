//! Signatures as everybody sees them. The private halves live in `pipeline-keys` alone.

use std::{fmt, str::FromStr};

use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

/// The public half of an Ed25519 key (RFC 8032), written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey([u8; 32]);

/// A detached Ed25519 signature, written as 128 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Signature([u8; 64]);

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A key has another form.
    #[error("a public key has 64 hexadecimal digits")]
    NotAKey,
    /// A signature has another form.
    #[error("a signature has 128 hexadecimal digits")]
    NotASignature,
    /// The bytes were changed, or another key signed them.
    #[error("the signature does not belong to these bytes and this key")]
    DoesNotMatch,
}

/// Something that holds a private key and signs with it.
pub trait Signer {
    /// Signs `context ‖ 0 ‖ message`; the context keeps a signature for one use from being shown
    /// as one for another.
    fn sign(&self, context: &str, message: &[u8]) -> Signature;

    /// The key others verify with.
    fn public_key(&self) -> PublicKey;
}

impl PublicKey {
    /// The key with these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Holds a signature against the bytes it was made for.
    pub fn verify(
        &self,
        context: &str,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), SignatureError> {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(&Signature::message(context, message), &signature.0)
            .map_err(|_| SignatureError::DoesNotMatch)
    }
}

impl Signature {
    /// The signature with these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The bytes that are signed: `context ‖ 0 ‖ message`.
    #[must_use]
    pub fn message(context: &str, message: &[u8]) -> Vec<u8> {
        [context.as_bytes(), &[0], message].concat()
    }
}

macro_rules! as_hex_text {
    ($name:ident, $len:literal, $error:expr) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = SignatureError;

            fn from_str(text: &str) -> Result<Self, SignatureError> {
                let mut bytes = [0; $len];
                hex::decode_to_slice(text, &mut bytes).map(|()| Self(bytes)).map_err(|_| $error)
            }
        }

        impl TryFrom<String> for $name {
            type Error = SignatureError;

            fn try_from(text: String) -> Result<Self, SignatureError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}

as_hex_text!(PublicKey, 32, SignatureError::NotAKey);
as_hex_text!(Signature, 64, SignatureError::NotASignature);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_own_context_and_bytes_alone() {
        // Signed here with ring's private half, verified with ours.
        let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap();
        let public = ring::signature::KeyPair::public_key(&pair);
        let key = PublicKey::new(public.as_ref().try_into().unwrap());
        let signed = pair.sign(&Signature::message("manifest", b"rows 3"));
        let signature = Signature::new(signed.as_ref().try_into().unwrap());

        assert_eq!(key.verify("manifest", b"rows 3", &signature), Ok(()));
        for (context, message) in [("manifest", "rows 4"), ("release", "rows 3")] {
            let verdict = key.verify(context, message.as_bytes(), &signature);
            assert_eq!(verdict, Err(SignatureError::DoesNotMatch), "{context} {message}");
        }
    }
}
