//! Why data may be used a second time.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The purposes of Regulation (EU) 2025/327, Art 53(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// (a) Public interest in public or occupational health.
    PublicHealth,
    /// (b) Policy making and regulatory activities of public bodies.
    PolicyMaking,
    /// (c) Official statistics.
    Statistics,
    /// (d) Education or teaching in health or care.
    Education,
    /// (e) Scientific research in health or care.
    Research,
    /// (f) Improving the delivery of care and the optimisation of treatment.
    CareImprovement,
}

impl Purpose {
    /// Every purpose, in the order of the article.
    pub const ALL: [Self; 6] = [
        Self::PublicHealth,
        Self::PolicyMaking,
        Self::Statistics,
        Self::Education,
        Self::Research,
        Self::CareImprovement,
    ];

    /// The name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PublicHealth => "public-health",
            Self::PolicyMaking => "policy-making",
            Self::Statistics => "statistics",
            Self::Education => "education",
            Self::Research => "research",
            Self::CareImprovement => "care-improvement",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The purpose is not one that Art 53(1) allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the purpose is not one of Art 53(1) of Regulation (EU) 2025/327")]
pub struct UnknownPurpose;

impl FromStr for Purpose {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, UnknownPurpose> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == text).ok_or(UnknownPurpose)
    }
}
