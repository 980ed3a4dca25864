//! `hda keys`: the keys of a party, and K1 from the custodian to the holders.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use pipeline_domain::{DomainId, HolderId};
use pipeline_exchange::{Party, PartyRole};
use pipeline_keys::{HolderKey, PartyKeys, SealedKey, SecretKind};
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
        KeysCommand::Init { party, role, dir } => init(&party, role.into(), &dir),
        KeysCommand::Register { dir, cards } => register(&dir, &cards),
        KeysCommand::Domain(DomainCommand::Create { dir, domain, version, holders, out }) => {
            create(&dir, domain, version, &holders, &out)
        }
        KeysCommand::Domain(DomainCommand::Receive { dir, sealed }) => receive(&dir, &sealed),
    }
}

fn init(name: &HolderId, role: PartyRole, dir: &Path) -> anyhow::Result<Outcome> {
    let card = party::create(dir, name, role)?;
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
    let files = seal_to(&keys, domain, version, &parties, out)?;
    let text = format!("sealed K1 of {domain} to {} holders in {}", files.len(), out.display());
    Ok(Outcome::new(json!({ "domain": domain, "version": version, "files": files }), text))
}

/// Makes K1 where the custodian has none yet, and seals it to each holder.
pub(crate) fn seal_to(
    keys: &PartyKeys,
    domain: DomainId,
    version: u32,
    parties: &[&Party],
    out: &Path,
) -> anyhow::Result<Vec<PathBuf>> {
    let keyring = keys.keyring();
    if !keyring.has(SecretKind::HolderKey, domain, version) {
        keyring.keep_holder_key(domain, version, &HolderKey::random()?)?;
    }
    let key = keyring.holder_key(domain, version)?;
    let mut files = Vec::new();
    for card in parties {
        let sealed = SealedKey::seal(&key, domain, version, &card.name, &card.sealing_key)
            .with_context(|| format!("sealing K1 to {}", card.name))?;
        let path = out.join(format!("{}.k1.json", card.name));
        party::write_json(&path, &sealed)?;
        files.push(path);
    }
    Ok(files)
}

fn receive(dir: &Path, sealed: &Path) -> anyhow::Result<Outcome> {
    let keys = party::open(dir)?;
    let sealed: SealedKey = party::read_json(sealed)?;
    take_in(&keys, &sealed)?;
    let text = format!("keeps K1 of {}, version {}", sealed.domain, sealed.version);
    Ok(Outcome::new(json!({ "domain": sealed.domain, "version": sealed.version }), text))
}

/// Opens a sealed K1 and keeps it; one that is there already is left.
pub(crate) fn take_in(keys: &PartyKeys, sealed: &SealedKey) -> anyhow::Result<()> {
    let key = sealed.open(keys)?;
    let keyring = keys.keyring();
    if !keyring.has(SecretKind::HolderKey, sealed.domain, sealed.version) {
        keyring.keep_holder_key(sealed.domain, sealed.version, &key)?;
    }
    Ok(())
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
