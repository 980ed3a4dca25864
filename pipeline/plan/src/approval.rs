//! The decision that lets one plan run.
//!
//! A signed file with the plan as its annex. In this version an approval covers exactly the plan it
//! annexes: any other plan over the same data, even a coarser one, is a margin of the first table,
//! and the difference of the two would tell what was hidden.

use pipeline_domain::{ApprovalId, Period, PublicKey, Purpose, Signature, SignatureError, Signer};
use serde::{Deserialize, Serialize};
use time::Date;

use crate::{Plan, Refusal};

/// What the signature under an approval is made for.
const CONTEXT: &str = "HDABE-v1/approval";

/// A decision that a plan may run: for whom, why, on what ground, and how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Its name.
    pub id: ApprovalId,
    /// Who asked; the officer who approves the release is somebody else.
    pub requester: String,
    /// Why the data may be used (EHDS Art 53(1)).
    pub purpose: Purpose,
    /// On what ground, like `EHDS Art 69`.
    pub legal_basis: String,
    /// The days on which the plan may run.
    pub valid: Period,
    /// How often it may run; none means as often as needed while valid.
    #[serde(default)]
    pub runs: Option<u32>,
    /// The plan that may run.
    pub plan: Plan,
}

impl Approval {
    /// May this plan run on this day?
    pub fn permits(&self, plan: &Plan, today: Date) -> Result<(), Refusal> {
        let (approved, asked) = (self.plan.hash(), plan.hash());
        if approved != asked {
            return Err(Refusal::OtherPlan { approval: self.id.clone(), approved, asked });
        }
        if today < self.valid.first() {
            return Err(Refusal::NotYetValid {
                approval: self.id.clone(),
                first: self.valid.first(),
            });
        }
        if self.valid.last() < today {
            return Err(Refusal::Expired { approval: self.id.clone(), last: self.valid.last() });
        }
        Ok(())
    }

    /// May it run once more after so many runs?
    pub fn permits_another_run(&self, runs_so_far: u32) -> Result<(), Refusal> {
        match self.runs {
            Some(runs) if runs_so_far >= runs => {
                Err(Refusal::RunsUsedUp { approval: self.id.clone(), runs })
            }
            _ => Ok(()),
        }
    }
}

/// An approval with the bytes and the signature it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedApproval {
    approval: Approval,
    bytes: Vec<u8>,
    signature: Signature,
}

/// Why a file is no approval.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// Another key signed it, or it was changed.
    #[error("the approval is not signed by the key of the authority")]
    NotSigned(#[source] SignatureError),
    /// It is signed, but is no approval.
    #[error("the approval cannot be read at {place}: {source}")]
    NotAnApproval {
        /// Where, like `plan.measures`.
        place: String,
        /// What was wrong there.
        source: serde_json::Error,
    },
}

impl SignedApproval {
    /// Signs a decision.
    #[must_use]
    pub fn sign(approval: Approval, signer: &dyn Signer) -> Self {
        let bytes = to_json(&approval);
        let signature = signer.sign(CONTEXT, &bytes);
        Self { approval, bytes, signature }
    }

    /// Checks the signature first, then reads the approval.
    pub fn open(
        bytes: Vec<u8>,
        signature: Signature,
        key: &PublicKey,
    ) -> Result<Self, ApprovalError> {
        key.verify(CONTEXT, &bytes, &signature).map_err(ApprovalError::NotSigned)?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let approval = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let place = error.path().to_string();
            ApprovalError::NotAnApproval { place, source: error.into_inner() }
        })?;
        Ok(Self { approval, bytes, signature })
    }

    /// What was decided.
    #[must_use]
    pub fn approval(&self) -> &Approval {
        &self.approval
    }

    /// The signed bytes, to be kept as they are.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The signature over them.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.signature
    }
}

#[expect(clippy::expect_used, reason = "an approval has text keys and no value JSON cannot write")]
fn to_json(approval: &Approval) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(approval).expect("an approval can be written");
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use ring::signature::{Ed25519KeyPair, KeyPair};
    use serde_json::{Value, json};
    use time::macros::date;

    use crate::plan::tests::FULL;

    use super::*;

    struct TestSigner(Ed25519KeyPair);

    impl TestSigner {
        fn new(seed: u8) -> Self {
            Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
        }
    }

    impl Signer for TestSigner {
        fn sign(&self, context: &str, message: &[u8]) -> Signature {
            let signed = self.0.sign(&Signature::message(context, message));
            Signature::new(signed.as_ref().try_into().unwrap())
        }

        fn public_key(&self) -> PublicKey {
            PublicKey::new(self.0.public_key().as_ref().try_into().unwrap())
        }
    }

    fn approval() -> Approval {
        Approval {
            id: "antibiotics-2025".parse().unwrap(),
            requester: "a.peeters".to_owned(),
            purpose: Purpose::PolicyMaking,
            legal_basis: "EHDS Art 69".to_owned(),
            valid: "2026-01-01/2026-06-30".parse().unwrap(),
            runs: Some(2),
            plan: Plan::from_json(FULL.as_bytes()).unwrap(),
        }
    }

    #[test]
    fn an_approval_holds_on_its_days_and_for_its_runs() {
        let approval = approval();
        let days = [
            (date!(2025 - 12 - 31), "valid from 2026-01-01"),
            (date!(2026 - 01 - 01), ""),
            (date!(2026 - 06 - 30), ""),
            (date!(2026 - 07 - 01), "valid until 2026-06-30"),
        ];
        for (day, want) in days {
            let said = approval.permits(&approval.plan, day).err().map(|e| e.to_string());
            assert!(said.unwrap_or_default().contains(want), "{day}");
        }
        for (runs_so_far, fine) in [(0, true), (1, true), (2, false), (3, false)] {
            assert_eq!(approval.permits_another_run(runs_so_far).is_ok(), fine, "{runs_so_far}");
        }
    }

    /// Every plan that differs from this JSON in one value: changed, dropped, or doubled.
    fn one_field_edits(value: &Value) -> Vec<Value> {
        match value {
            Value::Null => vec![json!("20261125T141900Z-0123abcd")],
            Value::Bool(flag) => vec![json!(!flag)],
            Value::Number(number) => vec![json!(number.as_i64().unwrap() + 1)],
            Value::String(text) => vec![json!(format!("{text}x")), json!(edited(text))],
            Value::Array(items) => {
                let mut edits = Vec::new();
                for at in 0..items.len() {
                    let mut without = items.clone();
                    without.remove(at);
                    edits.push(json!(without));
                    edits.extend(one_field_edits(&items[at]).into_iter().map(|edit| {
                        let mut with = items.clone();
                        with[at] = edit;
                        json!(with)
                    }));
                }
                edits.push(json!([items.clone(), vec![json!("records")]].concat()));
                edits
            }
            Value::Object(fields) => {
                let mut edits = Vec::new();
                for (name, field) in fields {
                    let mut without = fields.clone();
                    without.remove(name);
                    edits.push(json!(without));
                    edits.extend(one_field_edits(field).into_iter().map(|edit| {
                        let mut with = fields.clone();
                        with.insert(name.clone(), edit);
                        json!(with)
                    }));
                }
                edits
            }
        }
    }

    /// Another text that is as likely valid where the first one was.
    fn edited(text: &str) -> String {
        let other = [
            ("2025-01-01/2025-12-31", "2025-01-01/2025-12-30"),
            ("2025-02-01", "2025-02-02"),
            ("2025-11-30", "2025-11-29"),
            ("province", "region"),
            ("quarter", "year"),
            ("persons", "records"),
            ("records", "persons"),
        ];
        let found = other.iter().find(|(from, _)| *from == text);
        found.map_or_else(|| format!("a{text}"), |(_, to)| (*to).to_owned())
    }

    #[test]
    fn a_plan_with_one_field_changed_is_not_approved() {
        let approval = approval();
        let written: Value = serde_json::from_str(&approval.plan.canonical_json()).unwrap();
        let (mut same, mut refused) = (0, 0);
        for edit in one_field_edits(&written) {
            let Ok(plan) = Plan::from_json(edit.to_string().as_bytes()) else {
                continue;
            };
            match approval.permits(&plan, date!(2026 - 02 - 01)) {
                Err(Refusal::OtherPlan { .. }) => refused += 1,
                Ok(()) => {
                    // Leaving out what is empty by default changes nothing.
                    assert_eq!(plan, approval.plan);
                    same += 1;
                }
                other => panic!("{edit}: {other:?}"),
            }
        }
        assert_eq!(same, 2, "version: null and margins: [] may be left out");
        assert!(refused > 50, "only {refused} edits were plans at all");
    }

    #[test]
    fn an_approval_is_read_from_signed_bytes_alone() {
        let officer = TestSigner::new(1);
        let signed = SignedApproval::sign(approval(), &officer);
        let key = officer.public_key();
        let open = |bytes: &[u8], key: &PublicKey| {
            SignedApproval::open(bytes.to_vec(), *signed.signature(), key)
        };
        assert_eq!(open(signed.bytes(), &key).unwrap(), signed);

        let other = TestSigner::new(2).public_key();
        let refused = open(signed.bytes(), &other);
        assert!(matches!(refused, Err(ApprovalError::NotSigned(_))));
        let mut changed = signed.bytes().to_vec();
        for at in (0..changed.len()).step_by(7) {
            changed[at] ^= 1;
            assert!(open(&changed, &key).is_err(), "byte {at}");
            changed[at] ^= 1;
        }
    }
}
