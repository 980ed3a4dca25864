//! Addresses of an installation: where it lives on the web and how people write to it.
//!
//! A value of one of these types makes a valid IRI, so that drawing the graph cannot fail.

use std::{fmt, str::FromStr};

use oxrdf::NamedNode;
use serde::{Deserialize, Serialize};

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no absolute http or https IRI.
    #[error("a web address starts with http:// or https:// and has no spaces")]
    NotAWebAddress,
    /// Names are appended to a namespace, so that it must end where they can start.
    #[error("a namespace ends with '/' and has neither '?' nor '#'")]
    NotANamespace,
    /// It is no plain e-mail address.
    #[error("an e-mail address looks like name@example.org")]
    NotAnEmail,
}

macro_rules! address {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The address as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = AddressError;

            fn try_from(text: String) -> Result<Self, AddressError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(address: $name) -> Self {
                address.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

address!(
    /// A page of the installation or of somebody else.
    WebAddress
);
address!(
    /// The IRI under which an installation names what it publishes, like `https://data.hda.example/`.
    Namespace
);
address!(
    /// An address people can write to.
    Email
);

impl FromStr for WebAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let on_the_web = text.starts_with("https://") || text.starts_with("http://");
        if !on_the_web || NamedNode::new(text).is_err() {
            return Err(AddressError::NotAWebAddress);
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for Namespace {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let WebAddress(text) = text.parse()?;
        if !text.ends_with('/') || text.contains(['?', '#']) {
            return Err(AddressError::NotANamespace);
        }
        Ok(Self(text))
    }
}

impl FromStr for Email {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        // Only what needs no escape in a `mailto:` IRI (RFC 6068).
        let plain = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
        };
        match text.split_once('@') {
            Some((name, host)) if plain(name) && plain(host) => Ok(Self(text.to_owned())),
            _ => Err(AddressError::NotAnEmail),
        }
    }
}

impl WebAddress {
    pub(crate) fn iri(&self) -> NamedNode {
        NamedNode::new_unchecked(&self.0)
    }

    /// The name of a thing that a page tells of. A fragment, so that whoever follows the name gets
    /// the page.
    pub(crate) fn thing(&self, name: &str) -> NamedNode {
        NamedNode::new_unchecked(format!("{}#{}", self.0, escape(name)))
    }
}

impl Email {
    pub(crate) fn iri(&self) -> NamedNode {
        NamedNode::new_unchecked(format!("mailto:{}", self.0))
    }
}

impl Namespace {
    /// The address of the page or file with this path below the namespace.
    #[must_use]
    pub fn page(&self, path: &[&str]) -> WebAddress {
        let path: Vec<_> = path.iter().map(|segment| escape(segment)).collect();
        WebAddress(format!("{}{}", self.0, path.join("/")))
    }

    /// The page at the namespace itself.
    pub(crate) fn here(&self) -> WebAddress {
        WebAddress(self.0.clone())
    }
}

const HEX: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];

/// The text as one segment of an IRI: everything but the unreserved characters of RFC 3986 is
/// written as its bytes.
pub(crate) fn escape(segment: &str) -> String {
    let mut escaped = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            escaped.extend([byte >> 4, byte & 15].map(|digit| HEX[usize::from(digit)]));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_would_break_an_iri_is_refused() {
        let pages = [
            ("https://data.hda.example/contact", Ok(())),
            ("http://[::1]:8080/", Ok(())),
            ("ftp://data.hda.example/", Err(AddressError::NotAWebAddress)),
            ("https://data.hda.example/a b", Err(AddressError::NotAWebAddress)),
            ("https://data.hda.example/>", Err(AddressError::NotAWebAddress)),
            ("data.hda.example", Err(AddressError::NotAWebAddress)),
        ];
        for (text, want) in pages {
            assert_eq!(text.parse::<WebAddress>().map(|_| ()), want, "{text}");
        }
        for text in ["https://hda.example", "https://hda.example/#", "https://hda.example/?a=/"] {
            assert_eq!(text.parse::<Namespace>(), Err(AddressError::NotANamespace), "{text}");
        }
        for text in ["hda.example", "@hda.example", "a@", "a b@hda.example", "a@b@c", "a@b>"] {
            assert_eq!(text.parse::<Email>(), Err(AddressError::NotAnEmail), "{text}");
        }
    }

    #[test]
    fn a_name_is_escaped_before_it_becomes_part_of_an_iri() {
        let namespace: Namespace = "https://data.hda.example/".parse().unwrap();
        let page = namespace.page(&["datasets", "a/b <é>"]);
        assert_eq!(page.as_str(), "https://data.hda.example/datasets/a%2Fb%20%3C%C3%A9%3E");
        assert_eq!(page.as_str().parse(), Ok(page));
    }
}
