//! The folders of the demonstration: each party has its own and nothing else.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use pipeline_domain::{DomainId, HolderId};
use pipeline_keys::random_bytes;
use portal_workflow::Role;
use sample_data::Holder;
use serde::{Deserialize, Serialize};
use time::Date;
use uuid::Builder;

use crate::{
    clock,
    config::{Config, DemoAccountConfig},
    party,
};

/// What the demonstration was started with; a second run must be the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) persons: u64,
    pub(crate) seed: u64,
    pub(crate) today: Date,
    pub(crate) domain: DomainId,
}

/// The folders.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) dir: PathBuf,
    pub(crate) settings: Settings,
}

impl House {
    /// Opens the folder of a demonstration, or starts one in it.
    pub(crate) fn open(dir: &Path, persons: u64, seed: u64, port: u16) -> anyhow::Result<Self> {
        let path = dir.join("demo.json");
        if !path.exists() {
            let mut domain = [0; 16];
            domain.copy_from_slice(&random_bytes::<16>()?);
            let domain = DomainId::new(Builder::from_random_bytes(domain).into_uuid());
            let settings = Settings { persons, seed, today: clock::now().date(), domain };
            party::write_json(&path, &settings)?;
        }
        let settings: Settings = party::read_json(&path)?;
        if (settings.persons, settings.seed) != (persons, seed) {
            bail!(
                "{} holds a demo of {} persons with seed {}; give the same numbers, or another --dir",
                dir.display(),
                settings.persons,
                settings.seed
            );
        }
        let dir = std::path::absolute(dir).context("finding the folder")?;
        let house = Self { dir, settings };
        house.write_config(port)?;
        Ok(house)
    }

    pub(crate) fn sources(&self) -> PathBuf {
        self.dir.join("sources")
    }

    pub(crate) fn custodian(&self) -> PathBuf {
        self.dir.join("custodian")
    }

    pub(crate) fn holder(&self, name: &HolderId) -> PathBuf {
        self.dir.join("holders").join(name.as_str())
    }

    pub(crate) fn ttp(&self) -> PathBuf {
        self.dir.join("ttp")
    }

    pub(crate) fn hda(&self) -> PathBuf {
        self.dir.join("hda")
    }

    pub(crate) fn releases(&self) -> PathBuf {
        self.hda().join("releases")
    }

    /// The data holders.
    pub(crate) fn holders() -> anyhow::Result<Vec<HolderId>> {
        Ok(Holder::ALL.iter().map(|holder| holder.folder().parse()).collect::<Result<_, _>>()?)
    }

    /// The registry of people who opted out.
    pub(crate) fn registry() -> anyhow::Result<HolderId> {
        Ok("registry".parse()?)
    }

    /// The configuration of its HDA.
    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        Config::read(&self.config_path())
    }

    fn config_path(&self) -> PathBuf {
        self.hda().join("hda.toml")
    }

    /// The port may change from run to run; passwords, once drawn, stay.
    fn write_config(&self, port: u16) -> anyhow::Result<()> {
        let path = self.config_path();
        let before = if path.exists() { Some(Config::read(&path)?.demo_accounts) } else { None };
        let accounts = match before {
            Some(accounts) => accounts,
            None => Role::ALL.into_iter().map(account).collect::<anyhow::Result<_>>()?,
        };
        let config = Config {
            listen: SocketAddr::from(([127, 0, 0, 1], port)),
            https: false,
            keys: "keys".into(),
            database: "portal.db".into(),
            lake: "lake".to_owned(),
            catalogue: "catalogue".to_owned(),
            cubes: "cubes".to_owned(),
            releases: "releases".to_owned(),
            authority: None,
            demo_accounts: accounts,
        };
        party::write(&path, toml::to_string_pretty(&config)?.as_bytes())
    }
}

fn account(role: Role) -> anyhow::Result<DemoAccountConfig> {
    let drawn: String =
        random_bytes::<5>()?.iter().map(|byte| char::from(b'a' + byte % 26)).collect();
    Ok(DemoAccountConfig {
        name: role.name().to_owned(),
        password: format!("demo-{}-{drawn}", role.name()),
        role: role.name().to_owned(),
    })
}
