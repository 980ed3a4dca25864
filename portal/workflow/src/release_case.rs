//! The release case: a protected table is proposed, approved or returned, and published.
//!
//! Only a privacy officer lets a table leave, never one they asked for or proposed themselves, and
//! only the very table they saw. Publishing is left to the system, which does it for approved
//! cases alone. Whoever holds a case in `Published` knows that all of this happened.

use pipeline_domain::{ReleaseId, Sha256Digest, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{AccountName, Actor, Change, Event, Reason};

/// What a release case is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The release.
    pub release: ReleaseId,
    /// Who asked: the name of an account, or of an organisation.
    pub requester: String,
    /// The digest of the protected table.
    pub digest: Sha256Digest,
    /// The digest of everything the officer is shown, so that none of it changes afterwards.
    pub content: Sha256Digest,
}

/// Who let a table leave, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The officer.
    pub by: AccountName,
    /// The moment.
    pub at: Timestamp,
}

/// Where a release case stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Waits for a privacy officer.
    Proposed,
    /// Waits for the system to publish it.
    Approved(Approval),
    /// May not leave; a new table needs a new case.
    Returned {
        /// The officer.
        by: AccountName,
        /// The moment.
        at: Timestamp,
        /// What they wrote.
        reason: Reason,
    },
    /// Public.
    Published {
        /// Who let it leave.
        approval: Approval,
        /// When it became public.
        at: Timestamp,
    },
}

/// The file of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseCase {
    subject: Subject,
    proposed_by: Actor,
    proposed_at: Timestamp,
    state: State,
}

/// Why a command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Refusal {
    /// The role may not put tables forward.
    #[error("this role may not propose a release")]
    MayNotPropose,
    /// The role may not decide.
    #[error("only a privacy officer approves or returns a release")]
    NotAPrivacyOfficer,
    /// The officer asked for the table or put it forward.
    #[error("nobody decides on a release they asked for or proposed themselves")]
    OwnProposal,
    /// The officer saw another table than the one of this case.
    #[error("the approval is for another table than the one proposed")]
    OtherTable,
    /// Somebody decided before.
    #[error("a decision on this release was already taken")]
    AlreadyDecided,
    /// Nobody approved it.
    #[error("a release is published only once it was approved")]
    NotApproved,
    /// Publishing is no command for people.
    #[error("only the system publishes a release")]
    OnlyTheSystemPublishes,
}

impl Refusal {
    /// Every refusal.
    pub const ALL: [Self; 7] = [
        Self::MayNotPropose,
        Self::NotAPrivacyOfficer,
        Self::OwnProposal,
        Self::OtherTable,
        Self::AlreadyDecided,
        Self::NotApproved,
        Self::OnlyTheSystemPublishes,
    ];

    /// The name used in translation keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MayNotPropose => "may-not-propose",
            Self::NotAPrivacyOfficer => "not-a-privacy-officer",
            Self::OwnProposal => "own-proposal",
            Self::OtherTable => "other-table",
            Self::AlreadyDecided => "already-decided",
            Self::NotApproved => "not-approved",
            Self::OnlyTheSystemPublishes => "only-the-system-publishes",
        }
    }
}

/// Why a list of events is no history of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The first event does not open a case.
    #[error("the history does not begin with a proposal")]
    NoBeginning,
    /// An event does not fit the state the events before it led to.
    #[error("an event does not fit the state before it")]
    OutOfOrder,
}

impl ReleaseCase {
    /// Puts a table forward.
    pub fn propose(subject: Subject, actor: &Actor, now: Timestamp) -> Result<Event, Refusal> {
        let allowed = match actor {
            Actor::System => true,
            Actor::Person(person) => person.role.proposes_releases(),
        };
        if !allowed {
            return Err(Refusal::MayNotPropose);
        }
        Ok(Event { at: now, by: actor.clone(), change: Change::Proposed(subject) })
    }

    /// Lets the table with this digest leave.
    pub fn approve(
        &self,
        actor: &Actor,
        shown: &Sha256Digest,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.check_may_decide(actor)?;
        if *shown != self.subject.digest {
            return Err(Refusal::OtherTable);
        }
        Ok(Event { at: now, by: actor.clone(), change: Change::Approved { digest: *shown } })
    }

    /// Sends the table back with a reason.
    pub fn hand_back(
        &self,
        actor: &Actor,
        reason: Reason,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.check_may_decide(actor)?;
        Ok(Event { at: now, by: actor.clone(), change: Change::Returned { reason } })
    }

    /// Notes that the package is sealed and public.
    pub fn publish(&self, actor: &Actor, now: Timestamp) -> Result<Event, Refusal> {
        if *actor != Actor::System {
            return Err(Refusal::OnlyTheSystemPublishes);
        }
        if !matches!(self.state, State::Approved(_)) {
            return Err(Refusal::NotApproved);
        }
        Ok(Event { at: now, by: Actor::System, change: Change::Published })
    }

    /// The case these events lead to.
    pub fn replay(events: &[Event]) -> Result<Self, ReplayError> {
        let (first, rest) = events.split_first().ok_or(ReplayError::NoBeginning)?;
        rest.iter().try_fold(Self::open(first)?, Self::apply)
    }

    /// The case after one more event.
    pub fn apply(self, event: &Event) -> Result<Self, ReplayError> {
        let state = match (self.state, &event.change) {
            (State::Proposed, Change::Approved { digest }) if *digest == self.subject.digest => {
                State::Approved(Approval { by: person_of(event)?, at: event.at })
            }
            (State::Proposed, Change::Returned { reason }) => {
                State::Returned { by: person_of(event)?, at: event.at, reason: reason.clone() }
            }
            (State::Approved(approval), Change::Published) => {
                State::Published { approval, at: event.at }
            }
            _ => return Err(ReplayError::OutOfOrder),
        };
        Ok(Self { state, ..self })
    }

    /// What the case is about.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Who put the table forward.
    #[must_use]
    pub fn proposed_by(&self) -> &Actor {
        &self.proposed_by
    }

    /// When the table was put forward.
    #[must_use]
    pub fn proposed_at(&self) -> Timestamp {
        self.proposed_at
    }

    fn open(event: &Event) -> Result<Self, ReplayError> {
        let Change::Proposed(subject) = &event.change else {
            return Err(ReplayError::NoBeginning);
        };
        Ok(Self {
            subject: subject.clone(),
            proposed_by: event.by.clone(),
            proposed_at: event.at,
            state: State::Proposed,
        })
    }

    fn check_may_decide(&self, actor: &Actor) -> Result<(), Refusal> {
        let officer = match actor {
            Actor::Person(person) if person.role.decides_on_releases() => &person.account,
            Actor::Person(_) | Actor::System => return Err(Refusal::NotAPrivacyOfficer),
        };
        let asked = self.subject.requester == officer.as_str();
        if asked || self.proposed_by.account() == Some(officer) {
            return Err(Refusal::OwnProposal);
        }
        match self.state {
            State::Proposed => Ok(()),
            _ => Err(Refusal::AlreadyDecided),
        }
    }
}

fn person_of(event: &Event) -> Result<AccountName, ReplayError> {
    event.by.account().cloned().ok_or(ReplayError::OutOfOrder)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use time::macros::datetime;

    use super::*;
    use crate::Role;

    const NOW: Timestamp = datetime!(2026-11-25 14:00 UTC);

    fn subject() -> Subject {
        Subject {
            release: "0199f1a0-0000-7000-8000-000000000001".parse().unwrap(),
            requester: "rosa".into(),
            digest: Sha256Digest::of(b"shown"),
            content: Sha256Digest::of(b"content"),
        }
    }

    fn person(name: &str, role: Role) -> Actor {
        Actor::person(name.parse().unwrap(), role, "Authority")
    }

    fn reason() -> Reason {
        Reason::try_from("the title names one hospital".to_owned()).unwrap()
    }

    fn cases() -> Vec<(&'static str, ReleaseCase)> {
        let proposed = ReleaseCase::propose(subject(), &person("anna", Role::PolicyAnalyst), NOW);
        let proposed = ReleaseCase::replay(&[proposed.unwrap()]).unwrap();
        let officer = person("otto", Role::PrivacyOfficer);
        let approval = proposed.approve(&officer, &subject().digest, NOW).unwrap();
        let approved = proposed.clone().apply(&approval).unwrap();
        let returning = proposed.hand_back(&officer, reason(), NOW).unwrap();
        let returned = proposed.clone().apply(&returning).unwrap();
        let publishing = approved.publish(&Actor::System, NOW).unwrap();
        let published = approved.clone().apply(&publishing).unwrap();
        vec![
            ("proposed", proposed),
            ("approved", approved),
            ("returned", returned),
            ("published", published),
        ]
    }

    fn actors() -> Vec<(String, Actor)> {
        let mut actors: Vec<_> = Role::ALL
            .into_iter()
            .map(|role| (role.name().to_owned(), person("piet", role)))
            .collect();
        actors.push(("officer who proposed".into(), person("anna", Role::PrivacyOfficer)));
        actors.push(("officer who asked".into(), person("rosa", Role::PrivacyOfficer)));
        actors.push(("system".into(), Actor::System));
        actors
    }

    fn verdict(outcome: Result<Event, Refusal>) -> String {
        outcome.map_or_else(|refusal| format!("refused: {refusal}"), |_| "done".into())
    }

    #[test]
    fn every_command_in_every_state_for_every_role() {
        let mut table = String::new();
        for (who, actor) in actors() {
            let outcome = verdict(ReleaseCase::propose(subject(), &actor, NOW));
            writeln!(table, "{:<10} {:<20} {who:<20} {outcome}", "(none)", "propose").unwrap();
        }
        for (state, case) in cases() {
            for (who, actor) in actors() {
                let other = Sha256Digest::of(b"another table");
                let outcomes = [
                    ("approve", case.approve(&actor, &subject().digest, NOW)),
                    ("approve other table", case.approve(&actor, &other, NOW)),
                    ("return", case.hand_back(&actor, reason(), NOW)),
                    ("publish", case.publish(&actor, NOW)),
                ];
                for (command, outcome) in outcomes {
                    let outcome = verdict(outcome);
                    writeln!(table, "{state:<10} {command:<20} {who:<20} {outcome}").unwrap();
                }
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn a_decided_event_always_fits_the_case_it_was_decided_on() {
        for (state, case) in cases() {
            for (who, actor) in actors() {
                let decided = [
                    case.approve(&actor, &subject().digest, NOW),
                    case.hand_back(&actor, reason(), NOW),
                    case.publish(&actor, NOW),
                ];
                for event in decided.into_iter().flatten() {
                    assert!(case.clone().apply(&event).is_ok(), "{state} {who}");
                }
            }
        }
    }

    #[test]
    fn a_history_that_skips_the_approval_is_refused() {
        let proposed = ReleaseCase::propose(subject(), &Actor::System, NOW).unwrap();
        let published = Event { at: NOW, by: Actor::System, change: Change::Published };
        let by_system = Change::Approved { digest: subject().digest };
        let by_system = Event { at: NOW, by: Actor::System, change: by_system };
        let otto = person("otto", Role::PrivacyOfficer);
        let other = Change::Approved { digest: Sha256Digest::of(b"another table") };
        let other = Event { at: NOW, by: otto, change: other };

        assert_eq!(ReleaseCase::replay(&[]), Err(ReplayError::NoBeginning));
        assert_eq!(
            ReleaseCase::replay(std::slice::from_ref(&published)),
            Err(ReplayError::NoBeginning)
        );
        for event in [published, by_system, other, proposed.clone()] {
            let history = [proposed.clone(), event];
            assert_eq!(ReleaseCase::replay(&history), Err(ReplayError::OutOfOrder));
        }
    }

    #[test]
    fn an_event_is_read_as_it_is_written() {
        let proposed = ReleaseCase::propose(subject(), &person("anna", Role::PolicyAnalyst), NOW);
        let proposed = proposed.unwrap();
        let text = serde_json::to_string(&proposed).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), proposed);
    }
}
