//! The cube that may be seen: shown numbers, and reasons where there are none.

use pipeline_domain::{PublicKey, Sha256Digest, Signature, SignatureError, Signer};
use serde::{Deserialize, Serialize};

use crate::{Amount, CubeDimension, CubeMeasure, MOST_CELLS, Rules, Source};

/// What a signature under a protected cube is made for.
const CONTEXT: &str = "HDABE-v1/cube";

/// A cube in which nothing tells something about one person.
///
/// There are two ways to have one: [`protect`](crate::protect()), and [`ProtectedCube::open`] with the
/// signature of the party that protected it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedCube(Form);

/// How a protected cube is written; the fields in this order are its canonical bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    source: Source,
    rules: Rules,
    dimensions: Vec<CubeDimension>,
    measures: Vec<CubeMeasure>,
    cells: Vec<Cell>,
}

/// One cell: its place, and a value for each measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Which category of each side, by position.
    pub at: Vec<usize>,
    /// One for each measure.
    pub values: Vec<Value>,
}

/// A number, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// The true number.
    Shown(Number),
    /// No number.
    Hidden(Reason),
}

/// A number that may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Number {
    /// Persons or records.
    Count(u64),
    /// A sum.
    Sum(Amount),
}

/// Why a number is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Fewer persons than the threshold, perhaps none.
    TooFewPersons,
    /// One person makes up too much of the sum.
    Dominance,
}

/// What a table says beside a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// The true number.
    Shown,
    /// Fewer persons than the threshold, perhaps none.
    TooFewPersons,
    /// One person makes up too much of the sum.
    Dominance,
}

/// How much of a cube is shown. Counted over the cells that are left, so that it tells nothing of
/// categories that disappeared; a share of records would let the hidden ones be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CubeReport {
    /// Cells.
    pub cells: u64,
    /// Values: cells times measures.
    pub values: u64,
    /// Values shown.
    pub shown: u64,
    /// Values hidden because of too few persons.
    pub too_few_persons: u64,
    /// Values hidden because of dominance.
    pub dominance: u64,
    /// The share of values shown, in whole percent, rounded down.
    pub percent_shown: u64,
}

/// Why bytes are no protected cube.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another key signed them, or they were changed.
    #[error("the cube is not signed by the party that protects cubes")]
    NotSigned(#[source] SignatureError),
    /// They are signed but no cube.
    #[error("the signed bytes are no protected cube")]
    NotACube(#[source] serde_json::Error),
    /// They are a cube whose cells do not fit its sides.
    #[error("the cells of the signed cube do not fit its dimensions and measures")]
    DoesNotFit,
}

impl Value {
    /// The number, where it is shown.
    #[must_use]
    pub fn number(&self) -> Option<Number> {
        match self {
            Self::Shown(number) => Some(*number),
            Self::Hidden(_) => None,
        }
    }

    /// Whether it is shown, or why not.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::Shown(_) => Status::Shown,
            Self::Hidden(Reason::TooFewPersons) => Status::TooFewPersons,
            Self::Hidden(Reason::Dominance) => Status::Dominance,
        }
    }
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Shown, Self::TooFewPersons, Self::Dominance];

    /// The word in a table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::TooFewPersons => "too few persons",
            Self::Dominance => "one person dominates",
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Sum(amount) => amount.fmt(f),
        }
    }
}

impl ProtectedCube {
    /// Only `protect` calls this.
    pub(crate) fn of_protected(
        source: Source,
        rules: Rules,
        dimensions: Vec<CubeDimension>,
        measures: Vec<CubeMeasure>,
        cells: Vec<Cell>,
    ) -> Self {
        Self(Form { source, rules, dimensions, measures, cells })
    }

    /// Where the numbers come from.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.0.source
    }

    /// The rules it was protected by.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.0.rules
    }

    /// The sides.
    #[must_use]
    pub fn dimensions(&self) -> &[CubeDimension] {
        &self.0.dimensions
    }

    /// What stands in the cells.
    #[must_use]
    pub fn measures(&self) -> &[CubeMeasure] {
        &self.0.measures
    }

    /// Every cell of the grid, the last side changing fastest.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.0.cells
    }

    /// The codes of the categories of a cell, side by side.
    pub fn codes<'a>(&'a self, cell: &'a Cell) -> impl Iterator<Item = &'a str> {
        self.0
            .dimensions
            .iter()
            .zip(&cell.at)
            .filter_map(|(side, &at)| side.categories.get(at))
            .map(|category| category.code.as_str())
    }

    /// How much is shown.
    #[must_use]
    pub fn report(&self) -> CubeReport {
        let values = || self.0.cells.iter().flat_map(|cell| &cell.values);
        let count = |status| values().filter(|value| value.status() == status).count() as u64;
        let all = values().count() as u64;
        let shown = count(Status::Shown);
        CubeReport {
            cells: self.0.cells.len() as u64,
            values: all,
            shown,
            too_few_persons: count(Status::TooFewPersons),
            dominance: count(Status::Dominance),
            percent_shown: (shown * 100).checked_div(all).unwrap_or(0),
        }
    }

    /// The canonical bytes: JSON without white space.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical(&self.0)
    }

    /// The digest of the canonical bytes, which is what an officer approves.
    #[must_use]
    pub fn digest(&self) -> Sha256Digest {
        Sha256Digest::of(&self.to_bytes())
    }

    /// The canonical bytes and the signature by which `open` knows them.
    #[must_use]
    pub fn to_signed(&self, signer: &dyn Signer) -> (Vec<u8>, Signature) {
        let bytes = self.to_bytes();
        let signature = signer.sign(CONTEXT, &bytes);
        (bytes, signature)
    }

    /// Reads a cube that was protected before, and signed by whoever protected it.
    pub fn open(bytes: &[u8], signature: &Signature, key: &PublicKey) -> Result<Self, OpenError> {
        key.verify(CONTEXT, bytes, signature).map_err(OpenError::NotSigned)?;
        let form: Form = serde_json::from_slice(bytes).map_err(OpenError::NotACube)?;
        if form.fits() { Ok(Self(form)) } else { Err(OpenError::DoesNotFit) }
    }
}

impl Form {
    fn fits(&self) -> bool {
        let size = self
            .dimensions
            .iter()
            .fold(1_u64, |cells, side| cells.saturating_mul(side.categories.len() as u64));
        size <= MOST_CELLS
            && self.cells.len() as u64 == size
            && places(&self.dimensions).zip(&self.cells).all(|(place, cell)| place == cell.at)
            && self.cells.iter().all(|cell| cell.values.len() == self.measures.len())
    }
}

#[expect(clippy::expect_used, reason = "a cube has text keys and no value JSON cannot write")]
fn canonical(form: &Form) -> Vec<u8> {
    serde_json::to_vec(form).expect("a cube can be written as JSON")
}

/// Every place of a grid, the last side changing fastest; one place where there are no sides.
pub(crate) fn places(dimensions: &[CubeDimension]) -> impl Iterator<Item = Vec<usize>> + use<> {
    let sizes: Vec<usize> = dimensions.iter().map(|side| side.categories.len()).collect();
    let all: usize = sizes.iter().product();
    (0..all).map(move |number| {
        let mut rest = number;
        let mut place = vec![0; sizes.len()];
        for (at, size) in place.iter_mut().zip(&sizes).rev() {
            *at = rest % size;
            rest /= size;
        }
        place
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ring::signature::{Ed25519KeyPair, KeyPair};

    use crate::{Category, RawCell, RawCube, protect};

    use super::*;

    struct TestSigner(Ed25519KeyPair);

    impl Signer for TestSigner {
        fn sign(&self, context: &str, message: &[u8]) -> Signature {
            let signed = self.0.sign(&Signature::message(context, message));
            Signature::new(signed.as_ref().try_into().unwrap())
        }

        fn public_key(&self) -> PublicKey {
            PublicKey::new(self.0.public_key().as_ref().try_into().unwrap())
        }
    }

    fn signer(seed: u8) -> TestSigner {
        TestSigner(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    fn cube() -> ProtectedCube {
        let category = |code: &str| Category { code: code.to_owned(), label: BTreeMap::new() };
        let sex = CubeDimension {
            name: "person_sex".to_owned(),
            label: BTreeMap::new(),
            categories: vec![category("female"), category("male")],
        };
        let cell = |at, persons| RawCell { at: vec![at], persons, records: 50, sums: vec![] };
        let source = Source {
            plan: Sha256Digest::of(b"plan"),
            versions: BTreeMap::from([(
                "dispense".parse().unwrap(),
                "20261125T141900Z-0123abcd".parse().unwrap(),
            )]),
        };
        let measures = vec![CubeMeasure::persons(BTreeMap::new())];
        let raw = RawCube::new(source, vec![sex], measures, vec![cell(0, 12), cell(1, 30)]);
        protect(raw.unwrap(), &Rules::new(10, 10).unwrap())
    }

    #[test]
    fn the_canonical_bytes_stay_what_they_are() {
        insta::assert_snapshot!(String::from_utf8(cube().to_bytes()).unwrap());
    }

    #[test]
    fn a_cube_is_read_from_signed_bytes_alone() {
        let (bytes, signature) = cube().to_signed(&signer(1));
        let key = signer(1).public_key();
        let opened = ProtectedCube::open(&bytes, &signature, &key).unwrap();
        assert_eq!(opened, cube());
        assert_eq!(opened.digest(), cube().digest());

        let other = signer(2).public_key();
        let refused = ProtectedCube::open(&bytes, &signature, &other);
        assert!(matches!(refused, Err(OpenError::NotSigned(_))));
        let mut changed = bytes.clone();
        for at in 0..changed.len() {
            changed[at] ^= 1;
            assert!(ProtectedCube::open(&changed, &signature, &key).is_err(), "byte {at}");
            changed[at] ^= 1;
        }
    }

    #[test]
    fn a_signed_cube_whose_cells_do_not_fit_is_refused() {
        let mut form = cube().0;
        form.cells.pop();
        let (bytes, signature) = ProtectedCube(form).to_signed(&signer(1));
        let refused = ProtectedCube::open(&bytes, &signature, &signer(1).public_key());
        assert!(matches!(refused, Err(OpenError::DoesNotFit)));
    }
}
