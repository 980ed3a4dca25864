//! Provinces and regions of Belgium, read from the NIS code of a municipality.
//!
//! The first digits of a NIS code (Statbel, REFNIS) name the arrondissement and so the province.
//! Values are the codes of ISO 3166-2:BE. Finer areas change from year to year: arrondissements and
//! primary-care zones come from a version of the reference data when the plan runs.

use pipeline_domain::Language;

/// A province, or the Brussels-Capital Region, which lies in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Province {
    /// Antwerp.
    Antwerp,
    /// The Brussels-Capital Region.
    Brussels,
    /// Flemish Brabant.
    FlemishBrabant,
    /// Walloon Brabant.
    WalloonBrabant,
    /// West Flanders.
    WestFlanders,
    /// East Flanders.
    EastFlanders,
    /// Hainaut.
    Hainaut,
    /// Liège.
    Liege,
    /// Limburg.
    Limburg,
    /// Luxembourg.
    Luxembourg,
    /// Namur.
    Namur,
}

/// A region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Region {
    /// The Flemish Region.
    Flanders,
    /// The Walloon Region.
    Wallonia,
    /// The Brussels-Capital Region.
    Brussels,
}

impl Province {
    /// Every province, in the order of their NIS codes.
    pub const ALL: [Self; 11] = [
        Self::Antwerp,
        Self::Brussels,
        Self::FlemishBrabant,
        Self::WalloonBrabant,
        Self::WestFlanders,
        Self::EastFlanders,
        Self::Hainaut,
        Self::Liege,
        Self::Limburg,
        Self::Luxembourg,
        Self::Namur,
    ];

    /// The code in ISO 3166-2.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Antwerp => "BE-VAN",
            Self::Brussels => Region::Brussels.code(),
            Self::FlemishBrabant => "BE-VBR",
            Self::WalloonBrabant => "BE-WBR",
            Self::WestFlanders => "BE-VWV",
            Self::EastFlanders => "BE-VOV",
            Self::Hainaut => "BE-WHT",
            Self::Liege => "BE-WLG",
            Self::Limburg => "BE-VLI",
            Self::Luxembourg => "BE-WLX",
            Self::Namur => "BE-WNA",
        }
    }

    /// How the NIS codes of its municipalities begin.
    #[must_use]
    pub fn nis_prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Antwerp => &["1"],
            Self::Brussels => &["21"],
            Self::FlemishBrabant => &["23", "24"],
            Self::WalloonBrabant => &["25"],
            Self::WestFlanders => &["3"],
            Self::EastFlanders => &["4"],
            Self::Hainaut => &["5"],
            Self::Liege => &["6"],
            Self::Limburg => &["7"],
            Self::Luxembourg => &["8"],
            Self::Namur => &["9"],
        }
    }

    /// The province of a municipality, where the text is a NIS code.
    #[must_use]
    pub fn of_nis(nis: &str) -> Option<Self> {
        let is_code = nis.len() == 5 && nis.bytes().all(|byte| byte.is_ascii_digit());
        let lies_in = |province: &Self| province.nis_prefixes().iter().any(|p| nis.starts_with(p));
        is_code.then(|| Self::ALL.into_iter().find(lies_in)).flatten()
    }

    /// The region it lies in.
    #[must_use]
    pub fn region(self) -> Region {
        match self {
            Self::Brussels => Region::Brussels,
            Self::Antwerp
            | Self::FlemishBrabant
            | Self::WestFlanders
            | Self::EastFlanders
            | Self::Limburg => Region::Flanders,
            Self::WalloonBrabant | Self::Hainaut | Self::Liege | Self::Luxembourg | Self::Namur => {
                Region::Wallonia
            }
        }
    }

    /// Its name.
    #[must_use]
    pub fn label(self, language: Language) -> &'static str {
        let [nl, fr, de, en] = match self {
            Self::Antwerp => ["Antwerpen", "Anvers", "Antwerpen", "Antwerp"],
            Self::Brussels => ["Brussel", "Bruxelles", "Brüssel", "Brussels"],
            Self::FlemishBrabant => {
                ["Vlaams-Brabant", "Brabant flamand", "Flämisch-Brabant", "Flemish Brabant"]
            }
            Self::WalloonBrabant => {
                ["Waals-Brabant", "Brabant wallon", "Wallonisch-Brabant", "Walloon Brabant"]
            }
            Self::WestFlanders => {
                ["West-Vlaanderen", "Flandre occidentale", "Westflandern", "West Flanders"]
            }
            Self::EastFlanders => {
                ["Oost-Vlaanderen", "Flandre orientale", "Ostflandern", "East Flanders"]
            }
            Self::Hainaut => ["Henegouwen", "Hainaut", "Hennegau", "Hainaut"],
            Self::Liege => ["Luik", "Liège", "Lüttich", "Liège"],
            Self::Limburg => ["Limburg", "Limbourg", "Limburg", "Limburg"],
            Self::Luxembourg => ["Luxemburg", "Luxembourg", "Luxemburg", "Luxembourg"],
            Self::Namur => ["Namen", "Namur", "Namur", "Namur"],
        };
        match language {
            Language::Nl => nl,
            Language::Fr => fr,
            Language::De => de,
            Language::En => en,
        }
    }
}

impl Region {
    /// Every region.
    pub const ALL: [Self; 3] = [Self::Flanders, Self::Wallonia, Self::Brussels];

    /// The code in ISO 3166-2.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Flanders => "BE-VLG",
            Self::Wallonia => "BE-WAL",
            Self::Brussels => "BE-BRU",
        }
    }

    /// Its name.
    #[must_use]
    pub fn label(self, language: Language) -> &'static str {
        let [nl, fr, de, en] = match self {
            Self::Flanders => ["Vlaanderen", "Flandre", "Flandern", "Flanders"],
            Self::Wallonia => ["Wallonië", "Wallonie", "Wallonien", "Wallonia"],
            Self::Brussels => ["Brussel", "Bruxelles", "Brüssel", "Brussels"],
        };
        match language {
            Language::Nl => nl,
            Language::Fr => fr,
            Language::De => de,
            Language::En => en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_municipality_lies_in_one_province() {
        let cases = [
            ("11002", Some("BE-VAN")), // Antwerpen
            ("21004", Some("BE-BRU")), // Brussel
            ("23027", Some("BE-VBR")), // Halle
            ("24062", Some("BE-VBR")), // Leuven
            ("25112", Some("BE-WBR")), // Wavre
            ("31005", Some("BE-VWV")), // Brugge
            ("44021", Some("BE-VOV")), // Gent
            ("52011", Some("BE-WHT")), // Charleroi
            ("62063", Some("BE-WLG")), // Liège
            ("71022", Some("BE-VLI")), // Hasselt
            ("81001", Some("BE-WLX")), // Arlon
            ("92094", Some("BE-WNA")), // Namur
            ("22000", None),
            ("01234", None),
            ("9209", None),
            ("1100a", None),
        ];
        for (nis, want) in cases {
            assert_eq!(Province::of_nis(nis).map(Province::code), want, "{nis}");
        }
    }

    #[test]
    fn five_provinces_lie_in_flanders_and_five_in_wallonia() {
        let count = |region| Province::ALL.iter().filter(|p| p.region() == region).count();
        assert_eq!(Region::ALL.map(count), [5, 5, 1]);
    }
}
