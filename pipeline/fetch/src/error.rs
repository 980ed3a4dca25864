//! What can go wrong with a fetch. Each sentence says what to do; none repeats what a server said.

use std::{error::Error, fmt, io, path::PathBuf};

use crate::KeyError;

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Reading `.well-known/smart-configuration`.
    Discovery,
    /// Asking for a token.
    SignIn,
    /// Asking for the export.
    KickOff,
    /// Asking whether it is ready.
    Poll,
    /// Fetching a file of it.
    Download,
    /// Telling the server that it may forget the export.
    TidyUp,
    /// Converting pseudonyms.
    Conversion,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discovery => "reading .well-known/smart-configuration",
            Self::SignIn => "signing in",
            Self::KickOff => "asking for the export",
            Self::Poll => "asking whether the export is ready",
            Self::Download => "fetching a file of the export",
            Self::TidyUp => "telling the server that the export may go",
            Self::Conversion => "converting pseudonyms",
        })
    }
}

/// What cut a request short, without the address it went to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Cut {
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The name of the host is unknown.
    #[error("the host is not known")]
    UnknownHost,
    /// The connection failed or broke.
    #[error("the connection failed ({0})")]
    Connection(io::ErrorKind),
    /// TLS failed, as it does with a certificate that nobody here trusts.
    #[error("TLS failed: this machine has to trust the certificate of the server")]
    Tls,
    /// What came is no HTTP.
    #[error("the answer is no HTTP")]
    NotHttp,
}

impl Cut {
    pub(crate) fn of(error: &ureq::Error) -> Self {
        match error {
            ureq::Error::Timeout(_) => Self::Timeout,
            ureq::Error::HostNotFound => Self::UnknownHost,
            // A handshake that fails comes as an error of reading, with the reason inside.
            ureq::Error::Io(error)
                if error.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<rustls::Error>) =>
            {
                Self::Tls
            }
            ureq::Error::Io(error) => Self::Connection(error.kind()),
            ureq::Error::ConnectionFailed => Self::Connection(io::ErrorKind::NotConnected),
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::TlsRequired => Self::Tls,
            _ => Self::NotHttp,
        }
    }

    /// Would trying again change anything?
    pub(crate) fn may_pass(self) -> bool {
        self != Self::Tls
    }
}

/// The words of a server that said no; they may hold anything, so they are kept for the holder's own
/// folder and shown nowhere.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ServerWords(pub(crate) String);

impl fmt::Debug for ServerWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerWords(hidden)")
    }
}

/// Why a fetch stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The server could not be reached, each time it was tried.
    #[error("{step}: {cut} (tried {attempts} times); run the same command again to go on")]
    Unreachable {
        /// What was being done.
        step: Step,
        /// What cut it short.
        cut: Cut,
        /// How often it was tried.
        attempts: u32,
    },
    /// The server was busy, each time it was tried.
    #[error(
        "{step}: the server was busy {attempts} times (status {status}); run the same command again later to go on"
    )]
    Busy {
        /// What was being done.
        step: Step,
        /// The last status.
        status: u16,
        /// How often it was tried.
        attempts: u32,
    },
    /// The server said no, and would say it again.
    #[error("{step}: the server says no (status {status}{}){}", listed(.codes), advice(*.step, *.status))]
    Refused {
        /// What was being done.
        step: Step,
        /// The status.
        status: u16,
        /// The codes of its `OperationOutcome`.
        codes: Vec<String>,
        /// Its own words.
        words: ServerWords,
    },
    /// The server wants a token and we have none, or does not take the one it gave.
    #[error(
        "{step}: the server does not let us in; give --client-id and --key, or let its operator check the client and its scopes"
    )]
    NotAdmitted {
        /// What was being done.
        step: Step,
    },
    /// The export or a file of it is gone.
    #[error(
        "{step}: the server no longer has it (status {status}), exports expire; start anew with --restart"
    )]
    Expired {
        /// What was being done.
        step: Step,
        /// The status.
        status: u16,
    },
    /// An address leads in circles.
    #[error("{step}: the server sends us from one address to the next without end")]
    Redirects {
        /// What was being done.
        step: Step,
    },
    /// An address of a server that is neither http nor https.
    #[error("an address is neither http or https, or names no host")]
    NotHttp,
    /// The records would cross a network unencrypted.
    #[error(
        "{host} is asked over plain http; use https, or --allow-http if its network is your own"
    )]
    PlainHttp {
        /// The host.
        host: String,
    },
    /// The server is asked over https, but names files over http.
    #[error(
        "the server sends us from https to http at {host}; records are fetched encrypted or not at all"
    )]
    Downgraded {
        /// The host.
        host: String,
    },
    /// The server names files at a host nobody allowed.
    #[error(
        "the server sends us to {host}; if that is right, run the same command with --allow-host {host}"
    )]
    OtherHost {
        /// The host.
        host: String,
    },
    /// The server names no place to sign in.
    #[error("the server does not say where to sign in; give --token-url")]
    NoTokenEndpoint,
    /// The server does not take signatures of this kind.
    #[error(
        "the server does not take signatures by {algorithm}; use a key of the other kind, P-384 or RSA"
    )]
    OtherAlgorithm {
        /// The algorithm of our key.
        algorithm: &'static str,
    },
    /// The assertion could not be signed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The server took the export, but did not say where to ask for it.
    #[error("the server took the export without saying where to ask for it (no Content-Location)")]
    NoStatusUrl,
    /// What the server answered is not the JSON that the standard asks for.
    #[error("{step}: the answer is not what the standard asks for (line {line}, column {column})")]
    BadAnswer {
        /// What was being done.
        step: Step,
        /// Where it differs.
        line: usize,
        /// And at which place of the line.
        column: usize,
    },
    /// A manifest names a resource type that cannot be one.
    #[error("the manifest names a resource type that is none")]
    BadResourceType,
    /// The transaction time cannot be the next `_since`.
    #[error("the manifest has no usable transactionTime")]
    BadTransactionTime,
    /// The manifests lead in circles.
    #[error("the manifests of the server lead to each other without end")]
    EndlessManifests,
    /// A file is no NDJSON: often the page of a proxy.
    #[error(
        "{file} is not NDJSON; is there a proxy or a sign-in page between here and the server?"
    )]
    NotNdjson {
        /// The file, as it is called here.
        file: String,
    },
    /// A group, type or filter that cannot be asked for.
    #[error("{0} cannot be asked for: {1}")]
    BadRequest(&'static str, &'static str),
    /// The server needs longer than we wait.
    #[error(
        "the export is not ready after {hours} hours; run the same command again to go on waiting"
    )]
    NotReady {
        /// How long we waited.
        hours: u64,
    },
    /// An export with other options was begun in this folder.
    #[error(
        "run {run} in this folder was begun with other options; finish it with those, or drop it with --restart"
    )]
    OtherRunOpen {
        /// The run.
        run: String,
    },
    /// Somebody else works in this folder.
    #[error("another fetch is at work in {}; wait until it is done", .0.display())]
    AlreadyRunning(PathBuf),
    /// The state is of another version of this software, or no state at all.
    #[error("{} is not a state this software wrote; use another folder", .0.display())]
    ForeignState(PathBuf),
    /// The folder cannot be used.
    #[error("{action} {}", .path.display())]
    Folder {
        /// What was being done.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl FetchError {
    /// Where an answer is no good. The error of the reader goes no further: it quotes what it read.
    pub(crate) fn bad_answer(step: Step) -> impl FnOnce(serde_json::Error) -> Self {
        move |error| Self::BadAnswer { step, line: error.line(), column: error.column() }
    }

    /// Could the same succeed a little later?
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { cut, .. } => cut.may_pass(),
            Self::Busy { .. } => true,
            _ => false,
        }
    }

    pub(crate) fn folder(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Folder { action, path, source }
    }
}

fn listed(codes: &[String]) -> String {
    codes.iter().fold(String::new(), |text, code| text + ", " + code)
}

fn advice(step: Step, status: u16) -> &'static str {
    match (step, status) {
        (Step::SignIn, _) => {
            "; let its operator check the client id, the public key with its key id, and the scopes"
        }
        (_, 403) => "; ask its operator for the rights to export",
        (Step::KickOff, 404) => {
            "; is the address the base of the FHIR server, and does the group exist?"
        }
        (Step::KickOff, 400 | 422) => "; leave out the option that it does not know",
        (Step::KickOff, _) => "; does this server offer Bulk Data export?",
        (Step::Poll | Step::Download, _) => "; ask its operator, or start anew with --restart",
        _ => "",
    }
}
