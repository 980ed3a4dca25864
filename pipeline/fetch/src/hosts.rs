//! Which addresses may be asked, and where the token may go.

use url::{Host, Url};

use crate::FetchError;

/// The server, the other hosts somebody allowed by name, and how bad a transport may be.
#[derive(Debug, Clone)]
pub(crate) struct Hosts {
    home: Url,
    allowed: Vec<String>,
    allow_http: bool,
}

impl Hosts {
    /// The rules of a server: its records cross the network in the clear only where somebody said so.
    pub(crate) fn new(
        home: &Url,
        allowed: &[String],
        allow_http: bool,
    ) -> Result<Self, FetchError> {
        let hosts = Self { home: home.clone(), allowed: allowed.to_vec(), allow_http };
        hosts.check(home)?;
        Ok(hosts)
    }

    /// May this address be asked at all? A manifest is written by the server, but what stands in it
    /// must not send us to a neighbour in the holder's own network.
    pub(crate) fn check(&self, url: &Url) -> Result<(), FetchError> {
        let host = name(url).ok_or(FetchError::NotHttp)?;
        match url.scheme() {
            "https" => {}
            "http" if self.home.scheme() == "https" => return Err(FetchError::Downgraded { host }),
            "http" if is_loopback(url) || self.allow_http => {}
            "http" => return Err(FetchError::PlainHttp { host }),
            _ => return Err(FetchError::NotHttp),
        }
        if self.is_home(url) || self.is_allowed(url) {
            return Ok(());
        }
        Err(FetchError::OtherHost { host })
    }

    /// May a signed assertion go to this address? It is a password for some minutes: the place that
    /// gets it may be another host, but not one reached in a worse way than the server itself.
    pub(crate) fn check_sign_in(&self, url: &Url) -> Result<(), FetchError> {
        let allow_http = self.allow_http && self.home.scheme() == "http";
        Self::new(url, &[], allow_http).map(|_| ())
    }

    /// Is it the very origin that was asked: scheme, host and port? Only there goes the token.
    pub(crate) fn is_home(&self, url: &Url) -> bool {
        url.origin() == self.home.origin()
    }

    fn is_allowed(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let with_port = name(url).unwrap_or_default();
        self.allowed.iter().any(|allowed| {
            allowed.eq_ignore_ascii_case(host) || allowed.eq_ignore_ascii_case(&with_port)
        })
    }
}

/// Host, and port where it is not the usual one.
fn name(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_asked_only_where_the_rules_let_it() {
        let cases = [
            ("https://fhir.example/r4", "https://fhir.example/files/1", "home"),
            ("https://fhir.example/r4", "https://fhir.example:443/files/1", "home"),
            ("https://fhir.example/r4", "https://fhir.example:8443/files/1", "fhir.example:8443"),
            ("https://fhir.example/r4", "https://files.example/1", "away"),
            ("https://fhir.example/r4", "https://FILES.example:444/1", "away"),
            ("https://fhir.example/r4", "https://port.example/1", "port.example"),
            ("https://fhir.example/r4", "https://port.example:444/1", "away"),
            ("https://fhir.example/r4", "https://10.0.0.1/1", "10.0.0.1"),
            ("https://fhir.example/r4", "http://fhir.example/1", "encrypted"),
            ("https://fhir.example/r4", "file:///etc/passwd", "http or https"),
            ("https://fhir.example/r4", "data:text/plain,x", "http or https"),
            ("http://127.0.0.1:80/r4", "http://127.0.0.1/1", "home"),
            ("http://127.0.0.1:80/r4", "https://files.example/1", "away"),
            ("http://[::1]/r4", "http://[::1]/1", "home"),
        ];
        let allowed = ["files.example".to_owned(), "port.example:444".to_owned()];
        for (home, asked, want) in cases {
            let hosts = Hosts::new(&home.parse().unwrap(), &allowed, false).unwrap();
            let url = asked.parse().unwrap();
            let told = match hosts.check(&url) {
                Ok(()) if hosts.is_home(&url) => "home".to_owned(),
                Ok(()) => "away".to_owned(),
                Err(error) => error.to_string(),
            };
            assert!(told.contains(want), "{asked} from {home}: {told}");
        }
    }

    #[test]
    fn records_cross_a_network_in_the_clear_only_where_somebody_said_so() {
        let home: Url = "http://fhir.hospital.example/r4".parse().unwrap();
        assert!(Hosts::new(&home, &[], false).is_err());
        assert!(Hosts::new(&home, &[], true).is_ok());
    }
}
