//! Another vault for all keys of a folder, so that at every moment one vault opens them all.
//!
//! 1. Each key is wrapped by the new vault into a file aside, whose name ends with the mark of that
//!    vault. Until now the old vault opens the folder, and what lies aside is waste.
//! 2. The new vault is installed, in one rename or removal. Now it opens the folder, and what lies aside
//!    under its mark are the keys.
//! 3. Each file aside takes the place of the one before it, and the old key in a file is overwritten.
//!
//! Whoever opens the folder after a crash brings the third step to its end, or clears the first away.

use crate::{
    KeyError, KeyVault, Keyring,
    custody::{KEY, TOMBSTONE},
    files,
    vault::{VAULT_FILE, WRAP_FILE},
};

impl Keyring {
    /// Wraps all keys anew with this vault, which from then on opens the folder alone. Keyrings that
    /// other processes hold open must be opened anew.
    pub fn rewrap(&mut self, to: Box<dyn KeyVault>) -> Result<(), KeyError> {
        let _alone = self.change()?;
        if to.mark() == self.vault.mark() {
            return Ok(());
        }
        self.finish()?;
        self.wrap_aside(&*to)?;
        to.install(&self.folder)?;
        self.vault = to;
        self.finish()
    }

    /// Brings to its end what a crash left half done.
    pub(crate) fn recover(&self) -> Result<(), KeyError> {
        if files::names(&self.folder)?.iter().all(|name| self.what_to_do(name) == Todo::Nothing) {
            return Ok(());
        }
        let _alone = self.change()?;
        self.finish()
    }

    fn wrap_aside(&self, to: &dyn KeyVault) -> Result<(), KeyError> {
        for name in files::names(&self.folder)? {
            if let Some(label) = wrapped_label(&name) {
                let secret = self.unwrap(label, &self.folder.join(&name))?;
                let aside = self.folder.join(format!("{name}.{}", to.mark()));
                files::write_private(&aside, &to.wrap(label, &secret)?)?;
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), KeyError> {
        for name in files::names(&self.folder)? {
            let path = self.folder.join(&name);
            match self.what_to_do(&name) {
                Todo::Nothing => {}
                Todo::Place(place) => files::rename(&path, &self.folder.join(place))?,
                Todo::Shred => files::shred(&path)?,
            }
        }
        Ok(())
    }

    fn what_to_do<'a>(&self, name: &'a str) -> Todo<'a> {
        let is_there = |name: &str| self.folder.join(name).exists();
        if let Some((place, mark)) = aside(name) {
            let ours = mark == self.vault.mark().to_string();
            return if ours { Todo::Place(place) } else { Todo::Shred };
        }
        let replaced = name == WRAP_FILE && is_there(VAULT_FILE);
        let destroyed = name
            .strip_suffix(KEY)
            .is_some_and(|label| self.is_buried(label).is_ok_and(|buried| buried));
        if replaced || destroyed { Todo::Shred } else { Todo::Nothing }
    }
}

/// What a name in the folder calls for.
#[derive(Debug, PartialEq, Eq)]
enum Todo<'a> {
    Nothing,
    Place(&'a str),
    Shred,
}

/// Where a file that lies aside belongs, and by which vault it was wrapped.
fn aside(name: &str) -> Option<(&str, &str)> {
    let (place, mark) = name.rsplit_once('.')?;
    let is_mark = mark.len() == 16 && mark.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_mark && wrapped_label(place).is_some()).then_some((place, mark))
}

/// The label under which the file with this name is wrapped, where it is one of a keyring.
fn wrapped_label(name: &str) -> Option<&str> {
    name.strip_suffix(KEY).or_else(|| name.ends_with(TOMBSTONE).then_some(name))
}

#[cfg(test)]
mod tests;
