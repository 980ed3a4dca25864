//! The numbers of the rules, as they come from the policy in force.

use serde::{Deserialize, Serialize};

/// How small is too small, and how dominant is too dominant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RulesForm", into = "RulesForm")]
pub struct Rules {
    smallest_count: u64,
    dominance_percent: u8,
}

/// Why numbers are no rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Two persons in a cell know each other.
    #[error("a threshold below 3 protects nobody: in a cell of two each knows the other")]
    ThresholdTooLow,
    /// More than all.
    #[error("the dominance rule takes a percentage from 1 to 100")]
    NotAPercentage,
}

impl Rules {
    /// Cells with fewer persons than `smallest_count` are hidden, and sums from which the second
    /// largest contributor could estimate the largest one closer than to `dominance_percent`.
    pub fn new(smallest_count: u64, dominance_percent: u8) -> Result<Self, RulesError> {
        if smallest_count < 3 {
            return Err(RulesError::ThresholdTooLow);
        }
        if !(1..=100).contains(&dominance_percent) {
            return Err(RulesError::NotAPercentage);
        }
        Ok(Self { smallest_count, dominance_percent })
    }

    /// The smallest number of persons that is shown.
    #[must_use]
    pub fn smallest_count(&self) -> u64 {
        self.smallest_count
    }

    /// The p of the p% rule.
    #[must_use]
    pub fn dominance_percent(&self) -> u8 {
        self.dominance_percent
    }
}

/// How rules are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesForm {
    smallest_count: u64,
    dominance_percent: u8,
}

impl TryFrom<RulesForm> for Rules {
    type Error = RulesError;

    fn try_from(form: RulesForm) -> Result<Self, RulesError> {
        Self::new(form.smallest_count, form.dominance_percent)
    }
}

impl From<Rules> for RulesForm {
    fn from(rules: Rules) -> Self {
        Self { smallest_count: rules.smallest_count, dominance_percent: rules.dominance_percent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_protect_nobody_are_none() {
        let cases = [
            (10, 10, Ok(())),
            (3, 1, Ok(())),
            (2, 10, Err(RulesError::ThresholdTooLow)),
            (0, 10, Err(RulesError::ThresholdTooLow)),
            (10, 0, Err(RulesError::NotAPercentage)),
            (10, 101, Err(RulesError::NotAPercentage)),
        ];
        for (count, percent, want) in cases {
            assert_eq!(Rules::new(count, percent).map(|_| ()), want, "{count} {percent}");
        }
    }
}
