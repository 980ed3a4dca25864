//! `hda keys`: the keys of a party, and K1 from the custodian to the holders.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use pipeline_domain::{DomainId, HolderId};
use pipeline_exchange::{Party, PartyRole};
use pipeline_keys::{HolderKey, KeyState, PartyKeys, SealedKey, SecretKind};
use pipeline_party::{
    confirm::Confirmation,
    key_ledger::{KeyEvent, KeyKind, State, Vault, entries, note},
};
use serde_json::json;

use crate::{outcome::Outcome, party};

/// Options of `hda keys`.
#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make the keys of a party and its public card (card.json).
    #[command(
        after_help = "Example:\n  hda keys init --party hospital --role holder --dir hospital/keys"
    )]
    Init {
        /// The name of the party.
        #[arg(long)]
        party: HolderId,
        /// What it does.
        #[arg(long, value_enum, default_value_t = Role::Holder)]
        role: Role,
        /// The folder for its keys.
        #[arg(long)]
        dir: PathBuf,
        /// What opens them: a key in a file beside them, or a passphrase that is typed or stands in
        /// the file that `HDA_PASSPHRASE_FILE` names.
        #[arg(long, value_enum, default_value_t = Vault::File)]
        vault: Vault,
    },
    /// Take the public cards of other parties into the register of a party.
    #[command(
        after_help = "Example:\n  hda keys register --dir ttp/keys hospital/keys/card.json hda/keys/card.json"
    )]
    Register {
        /// The folder of the party whose register it is.
        #[arg(long)]
        dir: PathBuf,
        /// Cards of other parties.
        #[arg(required = true)]
        cards: Vec<PathBuf>,
    },
    /// Make, or receive, the stage-1 key (K1) of a domain.
    #[command(subcommand)]
    Domain(DomainCommand),
    /// List the keys of domains and the state of each.
    #[command(after_help = "Example:\n  hda keys list --dir ttp/keys")]
    List {
        /// The folder of the keys.
        #[arg(long)]
        dir: PathBuf,
    },
    /// Put a key into use that was prepared.
    #[command(
        after_help = "Example:\n  hda keys activate --dir custodian/keys --domain 00112233-4455-6677-8899-aabbccddeeff --version 2"
    )]
    Activate(Change),
    /// Retire a key that another follows; what was made with it can still be computed.
    #[command(
        after_help = "Example:\n  hda keys retire --dir hospital/keys --domain 00112233-4455-6677-8899-aabbccddeeff --version 1"
    )]
    Retire(Change),
    /// Say that somebody else may know a key; from then on it only leads away from itself.
    #[command(
        after_help = "Example:\n  hda keys compromise --dir ttp/keys --domain 00112233-4455-6677-8899-aabbccddeeff --version 1\n\nThen `hda ttp rekey` makes the next key; pseudonyms under the one that is known are laid over by it."
    )]
    Compromise(Change),
    /// Destroy a key for good, and with it what only it could compute.
    #[command(
        after_help = "Example:\n  hda keys destroy --dir ttp/keys --domain 00112233-4455-6677-8899-aabbccddeeff --version 1\n\nThe version is never made again. Copies of the folder, as in a backup, are for you to destroy too."
    )]
    Destroy(Change),
    /// Wrap all keys anew: under a passphrase, or a new key in a file.
    #[command(
        after_help = "Example:\n  hda keys rewrap --dir ttp/keys --to passphrase\n\nThe party stays who it is. Processes that have the keys open must be started again."
    )]
    Rewrap {
        /// The folder of the keys.
        #[arg(long)]
        dir: PathBuf,
        /// What opens them from then on.
        #[arg(long, value_enum)]
        to: Vault,
    },
    /// Check the ledger of what was done with the keys, and print it.
    #[command(after_help = "Example:\n  hda keys audit --dir ttp/keys --json")]
    Audit {
        /// The folder of the keys.
        #[arg(long)]
        dir: PathBuf,
    },
}

/// A key that comes into another state.
#[derive(Debug, Args)]
struct Change {
    /// The folder of the keys.
    #[arg(long)]
    dir: PathBuf,
    /// The domain of the key.
    #[arg(long)]
    domain: DomainId,
    /// The version of the key.
    #[arg(long)]
    version: u32,
    /// Which of the two a domain may have; the one that is there where nothing is said.
    #[arg(long, value_enum)]
    key: Option<KeyKind>,
    #[command(flatten)]
    confirmation: Confirmation,
}

#[derive(Debug, Subcommand)]
enum DomainCommand {
    /// Custodian: make K1 of a domain and seal it to its holders.
    #[command(
        after_help = "Example:\n  hda keys domain create --dir custodian/keys --domain 00112233-4455-6677-8899-aabbccddeeff --holder hospital --holder vault --out sealed"
    )]
    Create {
        /// The keys of the custodian; its register must know the holders.
        #[arg(long)]
        dir: PathBuf,
        /// The domain.
        #[arg(long)]
        domain: DomainId,
        /// The version of the key.
        #[arg(long, default_value_t = 1)]
        version: u32,
        /// A holder of the domain, or the registry of opt-outs.
        #[arg(long = "holder", required = true)]
        holders: Vec<HolderId>,
        /// The folder for the sealed keys, one file a holder.
        #[arg(long)]
        out: PathBuf,
        /// Make the key and no more: it is sealed to nobody before `hda keys activate`.
        #[arg(long)]
        prepare: bool,
    },
    /// Holder: open a sealed K1 and keep it.
    #[command(
        after_help = "Example:\n  hda keys domain receive --dir hospital/keys sealed/hospital.k1.json"
    )]
    Receive {
        /// The keys of the holder.
        #[arg(long)]
        dir: PathBuf,
        /// The sealed key.
        sealed: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    Custodian,
    Holder,
    OptOutRegistry,
    CohortOwner,
    IdentityService,
    ReidentificationOfficer,
    Ttp,
    Hda,
}

pub(crate) fn run(args: KeysArgs) -> anyhow::Result<Outcome> {
    match args.command {
        KeysCommand::Init { party, role, dir, vault } => init(&party, role.into(), &dir, vault),
        KeysCommand::Register { dir, cards } => register(&dir, &cards),
        KeysCommand::Domain(DomainCommand::Create {
            dir, domain, version, prepare: true, ..
        }) => prepare(&dir, domain, version),
        KeysCommand::Domain(DomainCommand::Create {
            dir, domain, version, holders, out, ..
        }) => create(&dir, domain, version, &holders, &out),
        KeysCommand::Domain(DomainCommand::Receive { dir, sealed }) => receive(&dir, &sealed),
        KeysCommand::List { dir } => list(&dir),
        KeysCommand::Activate(change) => change.make(State::Active),
        KeysCommand::Retire(change) => change.make(State::Retired),
        KeysCommand::Compromise(change) => change.make(State::Compromised),
        KeysCommand::Destroy(change) => change.make(State::Destroyed),
        KeysCommand::Rewrap { dir, to } => rewrap(&dir, to),
        KeysCommand::Audit { dir } => audit(&dir),
    }
}

fn init(name: &HolderId, role: PartyRole, dir: &Path, vault: Vault) -> anyhow::Result<Outcome> {
    let card = party::create(dir, name, role, vault)?;
    let text = format!(
        "made the keys of {name} in {}\nsend {} to the parties that must know it",
        dir.display(),
        dir.join(party::CARD).display()
    );
    Ok(Outcome::new(serde_json::to_value(card)?, text))
}

fn register(dir: &Path, cards: &[PathBuf]) -> anyhow::Result<Outcome> {
    let cards: Vec<Party> =
        cards.iter().map(|path| party::read_json(path)).collect::<anyhow::Result<_>>()?;
    let register = party::add_to_register(dir, &cards)?;
    let names: Vec<&str> = register.parties.iter().map(|party| party.name.as_str()).collect();
    let text = format!("the register knows {}", names.join(", "));
    Ok(Outcome::new(serde_json::to_value(&register)?, text))
}

fn prepare(dir: &Path, domain: DomainId, version: u32) -> anyhow::Result<Outcome> {
    let keys = party::open(dir)?;
    keys.keyring().prepare_holder_key(domain, version, &HolderKey::random()?)?;
    note(dir, &keys, KeyEvent::DomainKeyMade { domain, version })?;
    let text = format!("made K1 of {domain}, version {version}; it waits for `hda keys activate`");
    Ok(Outcome::new(json!({ "domain": domain, "version": version }), text))
}

fn create(
    dir: &Path,
    domain: DomainId,
    version: u32,
    holders: &[HolderId],
    out: &Path,
) -> anyhow::Result<Outcome> {
    let keys = party::open(dir)?;
    let register = party::register(dir)?;
    let parties: Vec<&Party> =
        holders.iter().map(|holder| register.party(holder)).collect::<Result<_, _>>()?;
    for card in &parties {
        // The TTP and the HDA must never hold K1: with it they could try every national number.
        let makes_tags = [
            PartyRole::Holder,
            PartyRole::OptOutRegistry,
            PartyRole::CohortOwner,
            PartyRole::IdentityService,
        ];
        if !makes_tags.contains(&card.role) {
            bail!(
                "{} is no holder; K1 is never sealed to the TTP, the HDA or a custodian",
                card.name
            );
        }
    }
    let files = seal_to((dir, &keys), domain, version, &parties, out)?;
    let text = format!("sealed K1 of {domain} to {} holders in {}", files.len(), out.display());
    Ok(Outcome::new(json!({ "domain": domain, "version": version, "files": files }), text))
}

/// The folder of a party's keys, and the keys.
type Opened<'a> = (&'a Path, &'a PartyKeys);

/// Makes K1 where the custodian has none yet, and seals it to each holder.
pub(crate) fn seal_to(
    (dir, keys): Opened<'_>,
    domain: DomainId,
    version: u32,
    parties: &[&Party],
    out: &Path,
) -> anyhow::Result<Vec<PathBuf>> {
    let keyring = keys.keyring();
    if !keyring.has(SecretKind::HolderKey, domain, version) {
        keyring.keep_holder_key(domain, version, &HolderKey::random()?)?;
    }
    note(dir, keys, KeyEvent::DomainKeyMade { domain, version })?;
    let key = keyring.holder_key(domain, version)?;
    let mut files = Vec::new();
    for card in parties {
        let sealed = SealedKey::seal(&key, domain, version, &card.name, &card.sealing_key)
            .with_context(|| format!("sealing K1 to {}", card.name))?;
        let path = out.join(format!("{}.k1.json", card.name));
        party::write_json(&path, &sealed)?;
        let holder = card.name.clone();
        note(dir, keys, KeyEvent::DomainKeySealed { domain, version, holder })?;
        files.push(path);
    }
    Ok(files)
}

fn receive(dir: &Path, sealed: &Path) -> anyhow::Result<Outcome> {
    let keys = party::open(dir)?;
    let sealed: SealedKey = party::read_json(sealed)?;
    take_in((dir, &keys), &sealed)?;
    let text = format!("keeps K1 of {}, version {}", sealed.domain, sealed.version);
    Ok(Outcome::new(json!({ "domain": sealed.domain, "version": sealed.version }), text))
}

/// Opens a sealed K1 and keeps it; one that is there already is left.
pub(crate) fn take_in((dir, keys): Opened<'_>, sealed: &SealedKey) -> anyhow::Result<()> {
    let key = sealed.open(keys)?;
    let keyring = keys.keyring();
    if !keyring.has(SecretKind::HolderKey, sealed.domain, sealed.version) {
        keyring.keep_holder_key(sealed.domain, sealed.version, &key)?;
    }
    let (domain, version) = (sealed.domain, sealed.version);
    note(dir, keys, KeyEvent::DomainKeyReceived { domain, version })
}

fn list(dir: &Path) -> anyhow::Result<Outcome> {
    let keys = party::open(dir)?.keyring().list()?;
    let kind = |kind| if kind == SecretKind::Seed { "seed" } else { "k1" };
    let lines = keys.iter().map(|key| {
        format!("{:4}  {}  version {}  {}", kind(key.kind), key.domain, key.version, key.state)
    });
    let text: Vec<String> = lines.collect();
    let text = if text.is_empty() { "no key of a domain yet".to_owned() } else { text.join("\n") };
    let keys: Vec<_> = keys
        .iter()
        .map(|key| {
            json!({ "key": kind(key.kind), "domain": key.domain, "version": key.version,
                    "state": key.state.to_string() })
        })
        .collect();
    Ok(Outcome::new(json!({ "keys": keys }), text))
}

impl Change {
    /// Brings the key into this state: written down first, done then.
    fn make(self, state: State) -> anyhow::Result<Outcome> {
        let Self { dir, domain, version, key, confirmation } = self;
        let keys = party::open(&dir)?;
        let keyring = keys.keyring();
        let there = |kind: &KeyKind| keyring.has((*kind).into(), domain, version);
        let key = match key {
            Some(key) => key,
            None => {
                match [KeyKind::K1, KeyKind::Seed].into_iter().filter(there).collect::<Vec<_>>()[..]
                {
                    [key] => key,
                    [] => bail!("{} has no key of {domain}, version {version}", dir.display()),
                    _ => bail!("{} has both keys of {domain}; say which with --key", dir.display()),
                }
            }
        };
        let (from, to) = (keyring.state(key.into(), domain, version)?, KeyState::from(state));
        if !from.may_become(to) {
            bail!("the key is {from} and cannot become {to}");
        }
        confirmation.ask(&format!("makes the key of {domain}, version {version}, {to}"))?;
        note(&dir, &keys, KeyEvent::StateChanged { key, domain, version, state })?;
        keyring.set_state(key.into(), domain, version, to)?;
        let text = format!("the key of {domain}, version {version}, is {to}");
        let answer = json!({ "domain": domain, "version": version, "state": to.to_string() });
        Ok(Outcome::new(answer, text))
    }
}

fn rewrap(dir: &Path, to: Vault) -> anyhow::Result<Outcome> {
    let mut keys = party::open(dir)?;
    keys.rewrap(party::new_vault(to)?)?;
    note(dir, &keys, KeyEvent::Rewrapped { vault: to })?;
    let text = format!("the keys in {} are wrapped anew", dir.display());
    Ok(Outcome::new(json!({ "vault": to }), text))
}

/// Against the key on the card: whoever audits need not open a key.
fn audit(dir: &Path) -> anyhow::Result<Outcome> {
    let entries = entries(dir, &party::card(dir)?.signing_key)?;
    let lines: Vec<String> = entries.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    let text = format!("{}\nthe chain of {} entries is whole", lines.join("\n"), lines.len());
    Ok(Outcome::new(serde_json::to_value(entries)?, text))
}

impl From<Role> for PartyRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Custodian => Self::Custodian,
            Role::Holder => Self::Holder,
            Role::OptOutRegistry => Self::OptOutRegistry,
            Role::CohortOwner => Self::CohortOwner,
            Role::IdentityService => Self::IdentityService,
            Role::ReidentificationOfficer => Self::ReidentificationOfficer,
            Role::Ttp => Self::Ttp,
            Role::Hda => Self::Hda,
        }
    }
}
