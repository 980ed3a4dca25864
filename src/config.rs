//! The configuration of an installation of the HDA, read and checked once.

use std::{
    collections::BTreeSet,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use catalog::Authority;
use pipeline_exchange::{Location, Store};
use portal_web::DemoAccount;
use serde::{Deserialize, Serialize};

/// The version that stands in every manifest.
pub(crate) const SOFTWARE: &str = concat!("hda ", env!("CARGO_PKG_VERSION"));

/// `hda.toml`: where things lie and how the portal is reached.
///
/// Paths are taken from the folder of the file, locations as they are.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Where the portal listens.
    pub(crate) listen: SocketAddr,
    /// Is TLS ended here or by a proxy in front? Without, only a loopback address is allowed.
    #[serde(default)]
    pub(crate) https: bool,
    /// The keys of the HDA.
    pub(crate) keys: PathBuf,
    /// The database of the portal.
    pub(crate) database: PathBuf,
    /// The lake.
    pub(crate) lake: String,
    /// The records of the catalogue.
    pub(crate) catalogue: String,
    /// Protected cubes that wait for an officer, and those that left.
    pub(crate) cubes: String,
    /// Sealed release packages.
    pub(crate) releases: String,
    /// The authority in the catalogue; the Belgian one where not given.
    #[serde(default)]
    pub(crate) authority: Option<Authority>,
    /// Accounts whose passwords the sign-in page shows: in a demonstration only.
    #[serde(default)]
    pub(crate) demo_accounts: Vec<DemoAccountConfig>,
}

/// An account of the demonstration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DemoAccountConfig {
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) role: String,
}

impl Config {
    /// Reads a configuration and tells everything that is wrong with it at once.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let mut config: Self =
            toml::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
        let base = path.parent().unwrap_or(Path::new("."));
        config.keys = base.join(&config.keys);
        config.database = base.join(&config.database);
        for location in
            [&mut config.lake, &mut config.catalogue, &mut config.cubes, &mut config.releases]
        {
            // A URI stays as it is; a path is taken from the folder of the file.
            if !location.contains(':') {
                *location = base.join(&*location).to_string_lossy().into_owned();
            }
        }
        let faults = config.faults();
        if !faults.is_empty() {
            bail!("{} has {} faults:\n  {}", path.display(), faults.len(), faults.join("\n  "));
        }
        Ok(config)
    }

    /// The authority that publishes.
    pub(crate) fn authority(&self) -> anyhow::Result<Authority> {
        match &self.authority {
            Some(authority) => Ok(authority.clone()),
            None => Ok(Authority::belgium()?),
        }
    }

    /// Opens one of its locations.
    pub(crate) fn open(location: &str) -> anyhow::Result<Store> {
        Ok(Store::open(&location.parse()?)?)
    }

    /// The accounts that the sign-in page shows.
    pub(crate) fn demo_accounts(&self) -> anyhow::Result<Option<Vec<DemoAccount>>> {
        if self.demo_accounts.is_empty() {
            return Ok(None);
        }
        let accounts = self.demo_accounts.iter().map(|account| {
            Ok(DemoAccount {
                name: account.name.parse()?,
                password: account.password.clone(),
                role: account.role.parse()?,
            })
        });
        accounts.collect::<anyhow::Result<_>>().map(Some)
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.https && !self.listen.ip().is_loopback() {
            faults.push(
                "listen: without https the portal listens on a loopback address only".to_owned(),
            );
        }
        if self.https && !self.demo_accounts.is_empty() {
            faults.push(
                "demo_accounts: an installation that is reached over https has none".to_owned(),
            );
        }
        let places = [
            ("lake", &self.lake),
            ("catalogue", &self.catalogue),
            ("cubes", &self.cubes),
            ("releases", &self.releases),
        ];
        for (name, place) in places {
            if let Err(error) = place.parse::<Location>() {
                faults.push(format!("{name}: {error}"));
            }
        }
        let distinct: BTreeSet<&String> = places.iter().map(|(_, place)| *place).collect();
        if distinct.len() < places.len() {
            faults.push(
                "lake, catalogue, cubes and releases must lie in different places".to_owned(),
            );
        }
        if let Err(error) = self.demo_accounts() {
            faults.push(format!("demo_accounts: {error}"));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_tells_all_its_faults_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hda.toml");
        let text = "listen = '0.0.0.0:80'\nkeys = 'keys'\ndatabase = 'portal.db'\nlake = 'lake'\n\
                    catalogue = 'lake'\ncubes = 'ftp://cubes'\nreleases = 'releases'\n";
        fs::write(&path, text).unwrap();
        let error = Config::read(&path).unwrap_err().to_string();
        for part in ["3 faults", "loopback", "cubes: locations are", "different places"] {
            assert!(error.contains(part), "{part} in {error}");
        }
    }
}
