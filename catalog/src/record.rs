//! The description of a dataset version: what the portal shows and the graph is drawn from.
//!
//! It is a function of the profile, the declaration and the authority, so that it always says what
//! the data say. Counts pass the threshold here, once; past this point no exact small count exists.

use pipeline_domain::{
    ColumnKind, ColumnProfile, DatasetId, DatasetProfile, HolderId, Period, Purpose, Timestamp,
    VersionId,
};
use serde::{Deserialize, Serialize};

use crate::{
    AccessLevel, Authority, CatalogError, CodingSystem, Contradiction, DataLanguage, Declared,
    Frequency, HealthActivity, HealthCategory, HealthTheme, Keywords, PersonalData, PublisherType,
    Text, WebAddress, declared::SharedTexts,
};

/// A count as it may be shown outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShownCount {
    /// The count itself, at or above the threshold.
    Exact(u64),
    /// Fewer than this, which is the threshold and not the count.
    Below(u64),
}

impl ShownCount {
    /// The count as it may be shown when `smallest_count` is the smallest that may.
    #[must_use]
    pub fn new(count: u64, smallest_count: u64) -> Self {
        if count >= smallest_count { Self::Exact(count) } else { Self::Below(smallest_count) }
    }

    /// The count, where it is shown.
    #[must_use]
    pub fn exact(self) -> Option<u64> {
        match self {
            Self::Exact(count) => Some(count),
            Self::Below(_) => None,
        }
    }
}

/// The description of one version of a dataset of the lake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The dataset.
    pub dataset: DatasetId,
    /// The version described.
    pub version: VersionId,
    /// When the version was made.
    #[serde(with = "time::serde::rfc3339")]
    pub made: Timestamp,
    /// Who may get at it.
    pub access: AccessLevel,
    /// Its name for the public.
    pub title: Text,
    /// What it is, for the public.
    pub description: Text,
    /// Words to find it by.
    pub keywords: Keywords,
    /// Whose data are in it and whose are not.
    pub population: Text,
    /// The categories of Art 51(1) it belongs to.
    pub health_categories: Vec<HealthCategory>,
    /// What it is about.
    pub health_themes: Vec<HealthTheme>,
    /// The code systems of its columns that are on the European list, each once.
    pub coding_systems: Vec<CodingSystem>,
    /// Rows.
    pub records: ShownCount,
    /// Persons.
    pub persons: ShownCount,
    /// The first and the last day of its data; absent while persons are hidden.
    pub period: Option<Period>,
    /// The lowest and the highest age, widened to steps of five years; absent while persons are
    /// hidden.
    pub ages: Option<(u16, u16)>,
    /// The holders its rows came from.
    pub holders: Vec<Holder>,
    /// The FHIR resource its rows were made from.
    pub resource: String,
    /// Its columns, in order.
    pub variables: Vec<Variable>,
    /// How the data came to be here.
    pub provenance: Text,
    /// Who gets at the rows, and how.
    pub conditions: Text,
    /// What the numbers on its page are.
    pub numbers: Text,
    /// What allows the second use.
    pub legal_basis: Text,
    /// The purposes it may be asked for.
    pub purposes: Vec<StatedPurpose>,
    /// In the course of what the data came to be.
    pub activities: Vec<HealthActivity>,
    /// What it says of a person.
    pub personal_data: Vec<PersonalData>,
    /// How often it gets new data.
    pub frequency: Frequency,
    /// The languages of the names and texts in the table.
    pub languages: Vec<DataLanguage>,
    /// Datasets with rows about the same persons.
    pub related: Vec<DatasetId>,
    /// Publications that used it.
    pub publications: Vec<WebAddress>,
    /// From when until when its data are kept, where that is fixed.
    pub retention: Option<Period>,
    /// Who publishes it.
    pub authority: Authority,
}

/// A holder whose rows are in a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its id.
    pub id: HolderId,
    /// What it is called; its id, where the configuration has no name.
    pub name: String,
    /// What kind of body it is, where the configuration says.
    pub kind: Option<PublisherType>,
}

/// A purpose, by its name and in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedPurpose {
    /// Which one of Art 53(1).
    pub purpose: Purpose,
    /// In words.
    pub text: Text,
}

/// One column of a dataset or of a released table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// The name in the table.
    pub name: String,
    /// The type of its values.
    pub kind: ColumnKind,
    /// What it means.
    pub description: Text,
    /// The FHIR element it was read from.
    pub element: Option<String>,
    /// The IRI of the code system of its values.
    pub code_system: Option<String>,
    /// In how many of a hundred rows it has a value; absent where that would give away a small
    /// number of rows.
    pub filled_percent: Option<u8>,
}

/// Describes one version of a dataset of the lake.
///
/// Its rows are about persons, so its level is always [`AccessLevel::NonPublic`].
pub fn describe(
    profile: &DatasetProfile,
    declared: &Declared,
    authority: &Authority,
    smallest_count: u64,
) -> Result<Record, CatalogError> {
    if smallest_count == 0 {
        return Err(CatalogError::NoThreshold);
    }
    check(profile)?;
    let shared = SharedTexts::builtin()?;
    let persons = ShownCount::new(profile.persons, smallest_count);
    // First and last days and ages are each one person's; a handful of persons shows none of them.
    let shown = persons.exact().is_some();
    let code_systems = profile.columns.iter().filter_map(|column| column.code_system.as_deref());
    let declared = declared.clone();
    Ok(Record {
        dataset: profile.dataset.clone(),
        version: profile.version.clone(),
        made: profile.made,
        access: AccessLevel::NonPublic,
        title: declared.title,
        description: declared.description,
        keywords: declared.keywords,
        population: declared.population,
        health_categories: declared.health_categories,
        health_themes: declared.health_themes,
        coding_systems: coding_systems(code_systems),
        records: ShownCount::new(profile.records, smallest_count),
        persons,
        period: profile.period.filter(|_| shown),
        ages: profile.ages.filter(|_| shown).map(widened),
        holders: profile.holders.iter().map(|holder| name_of(holder, authority)).collect(),
        resource: profile.resource.clone(),
        variables: variables(profile, shown, smallest_count),
        provenance: shared.provenance,
        conditions: shared.conditions,
        numbers: shared.numbers,
        legal_basis: shared.legal_basis,
        purposes: stated(&declared.purposes, &shared.purposes),
        activities: declared.activities,
        personal_data: declared.personal_data,
        frequency: declared.frequency,
        languages: declared.languages,
        related: declared.related,
        publications: declared.publications,
        retention: declared.retention,
        authority: authority.clone(),
    })
}

/// Do the numbers of the profile go together?
fn check(profile: &DatasetProfile) -> Result<(), CatalogError> {
    let contradiction =
        |what| CatalogError::Contradiction { dataset: profile.dataset.clone(), what };
    if profile.persons > profile.records {
        return Err(contradiction(Contradiction::MorePersonsThanRecords));
    }
    if profile.ages.is_some_and(|(lowest, highest)| lowest > highest) {
        return Err(contradiction(Contradiction::AgesReversed));
    }
    match profile.columns.iter().find(|column| column.filled > profile.records) {
        Some(column) => {
            Err(contradiction(Contradiction::MoreValuesThanRecords(column.name.clone())))
        }
        None => Ok(()),
    }
}

/// The age of the oldest person is that person's; five years around it are not.
fn widened((lowest, highest): (u16, u16)) -> (u16, u16) {
    (lowest - lowest % 5, (highest - highest % 5).saturating_add(4))
}

/// Those of the code systems that are on the European list, each once, in order.
pub(crate) fn coding_systems<'a>(systems: impl Iterator<Item = &'a str>) -> Vec<CodingSystem> {
    let mut systems: Vec<_> = systems.filter_map(CodingSystem::of_fhir).collect();
    systems.sort_unstable();
    systems.dedup();
    systems
}

fn name_of(holder: &HolderId, authority: &Authority) -> Holder {
    let known = authority.holders.get(holder);
    Holder {
        id: holder.clone(),
        name: known.map_or_else(|| holder.to_string(), |known| known.name.clone()),
        kind: known.map(|known| known.kind),
    }
}

fn variables(profile: &DatasetProfile, shown: bool, smallest_count: u64) -> Vec<Variable> {
    let variable = |column: &ColumnProfile| {
        let filled_percent = share(column.filled, profile.records, smallest_count);
        Variable {
            name: column.name.clone(),
            kind: column.kind,
            description: column.description.clone(),
            element: column.element.clone(),
            code_system: column.code_system.clone(),
            filled_percent: filled_percent.filter(|_| shown),
        }
    };
    profile.columns.iter().map(variable).collect()
}

/// The share in whole percent, unless the rows with a value or the rows without are few.
fn share(filled: u64, records: u64, smallest_count: u64) -> Option<u8> {
    let empty = records.checked_sub(filled)?;
    let hidden = |count: u64| (1..smallest_count).contains(&count);
    if records == 0 || hidden(filled) || hidden(empty) {
        return None;
    }
    let percent = u128::from(filled) * 100 / u128::from(records);
    u8::try_from(percent).ok()
}

fn stated(
    purposes: &[Purpose],
    texts: &std::collections::BTreeMap<Purpose, Text>,
) -> Vec<StatedPurpose> {
    let text = |purpose| texts.get(purpose).cloned().unwrap_or_default();
    purposes
        .iter()
        .map(|purpose| StatedPurpose { purpose: *purpose, text: text(purpose) })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Documents, publish, samples};

    fn described(profile: &DatasetProfile) -> Record {
        describe(profile, &samples::declared(), &samples::authority(), samples::THRESHOLD).unwrap()
    }

    fn with_counts(records: u64, persons: u64, filled: u64) -> DatasetProfile {
        let mut profile = samples::profile();
        (profile.records, profile.persons) = (records, persons);
        for column in &mut profile.columns {
            column.filled = filled;
        }
        profile
    }

    /// Everything that leaves: the record as JSON and both documents.
    fn shown(profile: &DatasetProfile) -> (String, Documents) {
        let record = described(profile);
        (serde_json::to_string(&record).unwrap(), publish(&record.graph()).unwrap())
    }

    #[test]
    fn counts_are_shown_from_the_threshold_on() {
        let cases = [
            (0, ShownCount::Below(10)),
            (9, ShownCount::Below(10)),
            (10, ShownCount::Exact(10)),
            (u64::MAX, ShownCount::Exact(u64::MAX)),
        ];
        for (count, want) in cases {
            assert_eq!(ShownCount::new(count, 10), want, "{count}");
        }
    }

    #[test]
    fn a_share_is_hidden_where_few_rows_have_a_value_or_few_have_none() {
        let cases = [
            (0, 0, None),
            (0, 100, Some(0)),
            (1, 100, None),
            (9, 100, None),
            (10, 100, Some(10)),
            (90, 100, Some(90)),
            (91, 100, None),
            (99, 100, None),
            (100, 100, Some(100)),
            (999_900, 1_000_000, Some(99)),
            (u64::MAX - 10, u64::MAX, Some(99)),
        ];
        for (filled, records, want) in cases {
            assert_eq!(share(filled, records, 10), want, "{filled} of {records}");
        }
    }

    #[test]
    fn nothing_of_single_persons_is_shown_while_they_are_few() {
        let record = described(&with_counts(40, 9, 40));
        assert_eq!(
            (record.persons, record.period, record.ages),
            (ShownCount::Below(10), None, None)
        );
        assert!(record.variables.iter().all(|variable| variable.filled_percent.is_none()));
        let record = described(&with_counts(40, 10, 40));
        assert_eq!((record.persons, record.ages), (ShownCount::Exact(10), Some((0, 104))));
    }

    #[test]
    fn ages_are_widened_to_steps_of_five_years() {
        let cases =
            [((0, 0), (0, 4)), ((4, 9), (0, 9)), ((5, 10), (5, 14)), ((17, 103), (15, 104))];
        for (ages, want) in cases {
            assert_eq!(widened(ages), want, "{ages:?}");
        }
    }

    #[test]
    fn a_profile_that_contradicts_itself_is_refused() {
        let mut reversed = samples::profile();
        reversed.ages = Some((9, 8));
        let cases = [
            (with_counts(10, 11, 10), Contradiction::MorePersonsThanRecords),
            (
                with_counts(10, 10, 11),
                Contradiction::MoreValuesThanRecords("vaccine_code".to_owned()),
            ),
            (reversed, Contradiction::AgesReversed),
        ];
        for (profile, want) in cases {
            let refused = describe(&profile, &samples::declared(), &samples::authority(), 10);
            assert!(
                matches!(&refused, Err(CatalogError::Contradiction { what, .. }) if *what == want)
            );
        }
        let open = describe(&samples::profile(), &samples::declared(), &samples::authority(), 0);
        assert!(matches!(open, Err(CatalogError::NoThreshold)));
    }

    #[test]
    fn the_portal_reads_a_record_like_this() {
        let mut json = serde_json::to_value(described(&with_counts(412, 9, 400))).unwrap();
        // The long texts are seen in the declarations.
        let texts =
            ["conditions", "description", "legal_basis", "numbers", "population", "provenance"];
        for text in texts.into_iter().chain(["purposes", "title", "keywords", "authority"]) {
            json[text] = "(declared)".into();
        }
        insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
    }

    proptest! {
        // Each case reads the declarations and writes both documents; the range has few values.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_is_hidden_changes_nothing_that_leaves(
            records in 20_u64..60, one in 0_u64..10, other in 0_u64..10,
        ) {
            // If two counts below the threshold give the same bytes, no byte tells of them.
            prop_assert_eq!(
                shown(&with_counts(records, one, 20)),
                shown(&with_counts(records, other, 20))
            );
        }

        #[test]
        fn few_records_change_nothing_that_leaves(one in 1_u64..10, other in 1_u64..10) {
            prop_assert_eq!(
                shown(&with_counts(one, 1, one)),
                shown(&with_counts(other, 1, other))
            );
        }

        #[test]
        fn few_values_or_few_gaps_change_nothing_that_leaves(
            records in 20_u64..60, one in 1_u64..10, other in 1_u64..10,
        ) {
            let few = |count| shown(&with_counts(records, 20, count));
            let gaps = |count| shown(&with_counts(records, 20, records - count));
            prop_assert_eq!(few(one), few(other));
            prop_assert_eq!(gaps(one), gaps(other));
        }

        #[test]
        fn every_count_that_leaves_is_true_and_large_enough(
            persons in 0_u64..40, more in 0_u64..40,
        ) {
            let record = described(&with_counts(persons + more, persons, 0));
            for (shown, truth) in [(record.persons, persons), (record.records, persons + more)] {
                match shown {
                    ShownCount::Exact(count) => prop_assert!(count == truth && count >= 10),
                    ShownCount::Below(threshold) => prop_assert!(threshold == 10 && truth < 10),
                }
            }
        }
    }
}
