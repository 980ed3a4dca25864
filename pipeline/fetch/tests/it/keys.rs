//! The keys here were made for these tests and open nothing.

use pipeline_fetch::{KeyError, SigningKey};

const P384: &str = include_str!("test-keys/p384.pem");
const P384_JWK: &str = include_str!("test-keys/p384.jwk");
const RSA: &str = include_str!("test-keys/rsa.pem");
const RSA_JWK: &str = include_str!("test-keys/rsa.jwk");

#[test]
fn keys_are_read_in_every_form_that_servers_and_tools_write() {
    let set = format!("{{\"keys\":[{P384_JWK},{RSA_JWK}]}}");
    let public = P384_JWK.replace("\"d\":", "\"not-d\":");
    let cut = P384_JWK.replace("V39p", "");
    let cases = [
        ("PEM P-384", P384, None, Ok("ES384")),
        ("PEM RSA", RSA, None, Ok("RS384")),
        ("JWK P-384", P384_JWK, None, Ok("ES384")),
        ("JWK RSA", RSA_JWK, None, Ok("RS384")),
        ("set by id", &set, Some("rsa-1"), Ok("RS384")),
        ("set without id", &set, None, Err(KeyError::WhichKey)),
        ("set, other id", &set, Some("rsa-2"), Err(KeyError::WhichKey)),
        ("public JWK", &public, None, Err(KeyError::PublicOnly)),
        ("cut JWK", &cut, None, Err(KeyError::UnknownForm)),
        ("PEM P-256", include_str!("test-keys/p256.pem"), None, Err(KeyError::WrongKind)),
        ("older PEM", include_str!("test-keys/p384-older.pem"), None, Err(KeyError::OlderForm)),
        ("public PEM", include_str!("test-keys/p384-public.pem"), None, Err(KeyError::UnknownForm)),
        ("nothing", "", None, Err(KeyError::UnknownForm)),
    ];
    for (what, file, id, want) in cases {
        let key = SigningKey::read(file.as_bytes().to_vec(), id);
        assert_eq!(key.as_ref().map(SigningKey::algorithm).map_err(|error| *error), want, "{what}");
    }
}

#[test]
fn a_key_has_the_id_of_its_jwk_unless_another_is_given() {
    let read = |file: &str, id| SigningKey::read(file.as_bytes().to_vec(), id).unwrap();
    assert!(read(P384_JWK, None).has_id());
    assert!(read(P384, Some("k")).has_id());
    assert!(!read(P384, None).has_id());
    assert_eq!(format!("{:?}", read(P384, None)), "SigningKey(hidden)");
}
