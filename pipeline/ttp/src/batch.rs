//! A batch that arrived: believed, or refused with a reason.

use std::collections::HashSet;

use pipeline_domain::{HolderTag, RowToken, Timestamp};
use pipeline_exchange::{
    Manifest, PartyRole, Register, SignedManifest, Store, fixed_column, read_parquet, wire,
};

use crate::{Domain, Refusal};

/// Id rows, in the order of their tokens.
pub(crate) type IdRows = Vec<(RowToken, HolderTag)>;

/// The signed manifest of a batch folder; nothing while the folder is not complete.
pub(crate) fn manifest_of(
    inbox: &Store,
    folder: &str,
    register: &Register,
) -> Result<Option<SignedManifest>, Refusal> {
    let roles = [PartyRole::Holder, PartyRole::OptOutRegistry];
    let signed =
        SignedManifest::read(inbox, folder, |sender| register.signing_key(sender, &roles))?;
    if signed.as_ref().is_some_and(|signed| format!("{}/", signed.manifest.batch_id) != folder) {
        return Err(Refusal::OtherName);
    }
    Ok(signed)
}

/// Holds the manifest against the domain, and the files against the manifest.
pub(crate) fn believe(
    inbox: &Store,
    folder: &str,
    signed: &SignedManifest,
    domain: &Domain,
    now: Timestamp,
) -> Result<(), Refusal> {
    let manifest: &Manifest = &signed.manifest;
    if !domain.holders.contains(&manifest.holder) || manifest.signed_by != manifest.holder {
        return Err(Refusal::NotAHolder { domain: domain.domain });
    }
    if manifest.not_after < now {
        return Err(Refusal::Expired { not_after: manifest.not_after });
    }
    if manifest.all_files().count() != 1 || manifest.file(wire::ID_FILE).is_none() {
        return Err(Refusal::OtherFiles);
    }
    Ok(signed.check_files(inbox, folder)?)
}

/// Reads the id rows and holds them against their rules.
pub(crate) fn id_rows(inbox: &Store, folder: &str) -> Result<IdRows, Refusal> {
    let path = format!("{folder}{}", wire::ID_FILE);
    let mut rows = IdRows::new();
    for batch in read_parquet(inbox, &path)? {
        let batch = batch?;
        let tokens = fixed_column(&batch, &path, wire::ROW_TOKEN, RowToken::LEN)?;
        let tags = fixed_column(&batch, &path, wire::TAG, HolderTag::LEN)?;
        for (token, tag) in tokens.iter().flatten().zip(tags.iter().flatten()) {
            rows.push((RowToken::new(array(token)), HolderTag::new(array(tag))));
        }
    }
    check(&rows)?;
    Ok(rows)
}

fn check(rows: &IdRows) -> Result<(), Refusal> {
    let count = rows.len() as u64;
    if wire::padded_rows(count) != count {
        return Err(Refusal::NotPadded { rows: count });
    }
    for (row, pair) in (1..).zip(rows.windows(2)) {
        if pair[0].0 >= pair[1].0 {
            return Err(Refusal::TokensOutOfOrder { row });
        }
    }
    let distinct: HashSet<&HolderTag> = rows.iter().map(|(_, tag)| tag).collect();
    let repeated = count - distinct.len() as u64;
    if repeated > 0 {
        return Err(Refusal::RepeatedTags { count: repeated });
    }
    Ok(())
}

/// The column has this width; a shorter value would be left at zero and match nothing.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u16) -> IdRows {
        let row = |number: u16| {
            let mut token = [0; 16];
            token[..2].copy_from_slice(&number.to_be_bytes());
            let mut tag = [7; 32];
            tag[..2].copy_from_slice(&number.to_be_bytes());
            (RowToken::new(token), HolderTag::new(tag))
        };
        (0..count).map(row).collect()
    }

    #[test]
    fn rows_that_break_a_rule_are_refused() {
        let mut swapped = rows(1024);
        swapped.swap(3, 4);
        let mut twice = rows(1024);
        twice[5].1 = twice[6].1;
        let mut same_token = rows(1024);
        same_token[5].0 = same_token[6].0;
        let cases = [
            (rows(1024), "fine"),
            (rows(1000), "1000 rows are no step of the padding"),
            (swapped, "row 4: the row tokens do not ascend strictly"),
            (same_token, "row 6: the row tokens do not ascend strictly"),
            (twice, "1 tags stand in the batch more than once"),
        ];
        for (rows, want) in cases {
            let told =
                check(&rows).map_or_else(|refusal| refusal.to_string(), |()| "fine".to_owned());
            assert_eq!(told, want);
        }
    }
}
