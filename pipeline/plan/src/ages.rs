//! Groups of age that are not all as wide as each other.

use serde::{Deserialize, Serialize};

/// So many groups are enough to read.
const MOST: usize = 12;
/// Nobody is older.
const OLDEST: u8 = 120;

/// The ages at which groups begin, after the first, which begins at birth: `[18, 65]` makes the
/// groups 0-17, 18-64 and 65+.
///
/// ```
/// use pipeline_plan::AgeStarts;
/// let groups = AgeStarts::new(&[18, 65])?;
/// assert_eq!(groups.names(), ["0-17", "18-64", "65+"]);
/// # Ok::<(), pipeline_plan::AgeStartsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct AgeStarts {
    /// Ascending; what is not used is 0.
    starts: [u8; MOST],
}

/// Why numbers are no groups of age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("groups of age begin at 1 to 12 ages between 1 and 120, each above the one before")]
pub struct AgeStartsError;

impl AgeStarts {
    /// Groups that begin at birth and at these ages.
    pub fn new(ages: &[u8]) -> Result<Self, AgeStartsError> {
        let ascend = ages.windows(2).all(|pair| pair[0] < pair[1]);
        let within = ages.iter().all(|age| (1..=OLDEST).contains(age));
        if !(ascend && within && (1..=MOST).contains(&ages.len())) {
            return Err(AgeStartsError);
        }
        let mut starts = [0; MOST];
        starts[..ages.len()].copy_from_slice(ages);
        Ok(Self { starts })
    }

    /// The ages at which groups begin, after the first.
    pub fn ages(&self) -> impl Iterator<Item = u8> + '_ {
        self.starts.iter().copied().take_while(|start| *start > 0)
    }

    /// The groups, by name, from the youngest on.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let starts: Vec<u8> = std::iter::once(0).chain(self.ages()).collect();
        let name = |at: usize| match starts.get(at + 1) {
            Some(next) => format!("{}-{}", starts[at], next - 1),
            None => format!("{}+", starts[at]),
        };
        (0..starts.len()).map(name).collect()
    }

    /// The years of the narrowest group; the last has no end.
    #[must_use]
    pub fn narrowest(&self) -> u8 {
        let before = std::iter::once(0).chain(self.ages());
        self.ages().zip(before).map(|(next, start)| next - start).min().unwrap_or(OLDEST)
    }
}

impl TryFrom<Vec<u8>> for AgeStarts {
    type Error = AgeStartsError;

    fn try_from(ages: Vec<u8>) -> Result<Self, AgeStartsError> {
        Self::new(&ages)
    }
}

impl From<AgeStarts> for Vec<u8> {
    fn from(starts: AgeStarts) -> Self {
        starts.ages().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use pipeline_domain::Language;

    use crate::{Plan, Step};

    use super::*;

    #[test]
    fn groups_of_age_ascend_from_birth() {
        let cases: [(&[u8], Option<u8>); 7] = [
            (&[18, 40, 65, 80], Some(15)),
            (&[1], Some(1)),
            (&[], None),
            (&[0, 18], None),
            (&[18, 18], None),
            (&[18, 12], None),
            (&[18, 121], None),
        ];
        for (ages, want) in cases {
            assert_eq!(
                AgeStarts::new(ages).ok().map(|groups| groups.narrowest()),
                want,
                "{ages:?}"
            );
        }
    }

    #[test]
    fn a_plan_by_groups_of_age_reads_as_a_sentence_in_every_language() {
        let json = r#"{"title":{"en":"t"},"dataset":"dispense",
            "period":{"column":"handed_over","within":"2025-01-01/2025-12-31"},
            "dimensions":[{"column":"person.birth_month","by":{"age_from":[18,40,65,80]}}],
            "measures":["persons"]}"#;
        let plan = Plan::from_json(json.as_bytes()).unwrap();
        let side = &plan.dimensions()[0];
        let mut text = format!("{}\n{}\n", plan.canonical_json(), side.name());
        for language in Language::ALL {
            writeln!(text, "{}", side.label(language)).unwrap();
        }
        insta::assert_snapshot!(text, @r#"
        {"title":{"en":"t"},"dataset":"dispense","version":null,"period":{"column":"handed_over","within":"2025-01-01/2025-12-31"},"cohort":[],"dimensions":[{"column":"person.birth_month","by":{"age_from":[18,40,65,80]}}],"measures":["persons"],"margins":[]}
        age_from_18_40_65_80
        leeftijd (0-17, 18-39, 40-64, 65-79, 80+)
        âge (0-17, 18-39, 40-64, 65-79, 80+)
        Alter (0-17, 18-39, 40-64, 65-79, 80+)
        age (0-17, 18-39, 40-64, 65-79, 80+)
        "#);
        assert_eq!(side.by.narrowest_ages(), Some(15));
        assert_eq!(Step::AgeBand(5).narrowest_ages(), Some(5));
        assert_eq!(Step::Year.narrowest_ages(), None);
        let without = json
            .replace(r#""period":{"column":"handed_over","within":"2025-01-01/2025-12-31"},"#, "");
        assert!(Plan::from_json(without.as_bytes()).unwrap_err().to_string().contains("an age"));
    }
}
