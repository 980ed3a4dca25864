//! Release cases: what was proposed together with where it stands.

use pipeline_domain::{ReleaseId, Sha256Digest, Timestamp};
use portal_workflow::{Actor, Event, ReleaseCase, ReleaseProposal, State, Subject};
use sqlx::SqliteConnection;

use crate::{Store, StoreError, events, proposals};

/// A release: its case and what the officer is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Where it stands.
    pub case: ReleaseCase,
    /// What it holds.
    pub proposal: ReleaseProposal,
}

impl Release {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> ReleaseId {
        self.proposal.id
    }

    /// When it became public, if it did.
    #[must_use]
    pub fn published_at(&self) -> Option<Timestamp> {
        match self.case.state() {
            State::Published { at, .. } => Some(*at),
            _ => None,
        }
    }
}

impl Store {
    /// Puts a table forward. Doing it again with the same table changes nothing.
    #[tracing::instrument(skip_all, fields(release.id = %proposal.id))]
    pub async fn propose(
        &self,
        proposal: &ReleaseProposal,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let content = proposals::text(proposal)?;
        let subject = Subject {
            release: proposal.id,
            requester: proposal.requester.clone(),
            digest: proposal.digest,
            content: Sha256Digest::of(content.as_bytes()),
        };
        let event = ReleaseCase::propose(subject, actor, now)?;
        let mut propose_release = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        if proposals::stored(&mut propose_release, proposal.id).await?.is_some() {
            let before = load_case(&mut propose_release, proposal.id).await?;
            let same = before.is_some_and(|case| case.subject().digest == proposal.digest);
            return if same { Ok(()) } else { Err(StoreError::OtherProposal(proposal.id)) };
        }
        proposals::keep(&mut propose_release, proposal, &content).await?;
        let sequence = events::append(&mut propose_release, proposal.id, &event).await?;
        keep_state(&mut propose_release, proposal.id, &State::Proposed, sequence).await?;
        propose_release.commit().await?;
        Ok(())
    }

    /// Keeps an event, provided it still fits the case: of two decisions only the first is kept.
    #[tracing::instrument(skip_all, fields(release.id = %release))]
    pub async fn record(&self, release: ReleaseId, event: &Event) -> Result<(), StoreError> {
        let mut record_event = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let case = load_case(&mut record_event, release).await?;
        let case = case.ok_or(StoreError::NoSuchRelease(release))?;
        let case = case.apply(event).map_err(|_| StoreError::DecidedMeanwhile(release))?;
        let sequence = events::append(&mut record_event, release, event).await?;
        keep_state(&mut record_event, release, case.state(), sequence).await?;
        record_event.commit().await?;
        Ok(())
    }

    /// The release with this id.
    pub async fn release(&self, id: ReleaseId) -> Result<Option<Release>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        load(&mut connection, id).await
    }

    /// Where the release with this id stands.
    pub async fn case(&self, id: ReleaseId) -> Result<Option<ReleaseCase>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        load_case(&mut connection, id).await
    }

    /// Releases that wait for an officer, longest waiting first.
    pub async fn pending(&self) -> Result<Vec<Release>, StoreError> {
        self.in_state("proposed").await
    }

    /// Releases that wait for the worker, longest waiting first.
    pub async fn approved_unpublished(&self) -> Result<Vec<Release>, StoreError> {
        self.in_state("approved").await
    }

    /// Releases that an officer sent back, the oldest first.
    pub async fn returned(&self) -> Result<Vec<Release>, StoreError> {
        self.in_state("returned").await
    }

    /// Releases that are public, the newest first.
    pub async fn published(&self) -> Result<Vec<Release>, StoreError> {
        let mut releases = self.in_state("published").await?;
        releases.reverse();
        Ok(releases)
    }

    async fn in_state(&self, state: &'static str) -> Result<Vec<Release>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT release FROM release_cases WHERE state = $1 ORDER BY changed_by",
        )
        .bind(state)
        .fetch_all(&mut *connection)
        .await?;
        let mut releases = Vec::with_capacity(ids.len());
        for id in ids {
            let unreadable = || StoreError::Unreadable { release: id.clone(), what: "id" };
            let release = id.parse().map_err(|_| unreadable())?;
            releases.push(load(&mut connection, release).await?.ok_or_else(unreadable)?);
        }
        Ok(releases)
    }
}

async fn load(
    connection: &mut SqliteConnection,
    id: ReleaseId,
) -> Result<Option<Release>, StoreError> {
    let Some(case) = load_case(connection, id).await? else { return Ok(None) };
    let content = proposals::stored(connection, id).await?;
    let content = content.ok_or(StoreError::NoSuchRelease(id))?;
    let proposal = proposals::read(id, &content, &case.subject().content)?;
    Ok(Some(Release { case, proposal }))
}

async fn load_case(
    connection: &mut SqliteConnection,
    id: ReleaseId,
) -> Result<Option<ReleaseCase>, StoreError> {
    let history = events::of_release(connection, id).await?;
    if history.is_empty() {
        return Ok(None);
    }
    let unreadable = |_| StoreError::Unreadable { release: id.to_string(), what: "history" };
    ReleaseCase::replay(&history).map(Some).map_err(unreadable)
}

async fn keep_state(
    connection: &mut SqliteConnection,
    release: ReleaseId,
    state: &State,
    sequence: i64,
) -> Result<(), StoreError> {
    let state = match state {
        State::Proposed => "proposed",
        State::Approved(_) => "approved",
        State::Returned { .. } => "returned",
        State::Published { .. } => "published",
    };
    sqlx::query(
        "INSERT INTO release_cases (release, state, changed_by) VALUES ($1, $2, $3)
         ON CONFLICT (release) DO UPDATE SET state = $2, changed_by = $3",
    )
    .bind(release.to_string())
    .bind(state)
    .bind(sequence)
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pipeline_domain::Language;
    use portal_workflow::{
        Amount, ColumnRole, HiddenReason, Reason, Role, TableCell, TableColumn, TableView,
    };
    use time::macros::datetime;

    use super::*;
    use crate::ChainError;

    const NOW: Timestamp = datetime!(2026-11-25 14:00 UTC);

    fn release_id(number: u8) -> ReleaseId {
        format!("0199f1a0-0000-7000-8000-0000000000{number:02x}").parse().unwrap()
    }

    fn proposal(number: u8) -> ReleaseProposal {
        let words = |text: &str| BTreeMap::from([(Language::En, text.to_owned())]);
        let column = |name: &str, role| TableColumn { name: name.into(), label: words(name), role };
        let columns =
            vec![column("province", ColumnRole::Dimension), column("persons", ColumnRole::Measure)];
        let rows = vec![
            vec![TableCell::Label("Antwerp".into()), TableCell::Number(Amount::from(1204))],
            vec![
                TableCell::Label("Namur".into()),
                TableCell::Hidden(HiddenReason::TooFewPersons { smallest_count: 10 }),
            ],
        ];
        ReleaseProposal {
            id: release_id(number),
            title: words("Persons by province"),
            plan_text: words("Counts persons by province."),
            plan_json: "{}".into(),
            approval: "standing-2026".parse().unwrap(),
            dataset: "vaccination".parse().unwrap(),
            dataset_version: "20261125T141900Z-0123abcd".parse().unwrap(),
            requester: "Policy unit".into(),
            digest: Sha256Digest::of(&[number]),
            table: TableView::new(columns, rows).unwrap(),
        }
    }

    fn officer() -> Actor {
        Actor::person("otto".parse().unwrap(), Role::PrivacyOfficer, "Authority")
    }

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("portal.sqlite")).await.unwrap();
        (folder, store)
    }

    async fn approve(store: &Store, number: u8) -> Event {
        let case = store.case(release_id(number)).await.unwrap().unwrap();
        let event = case.approve(&officer(), &case.subject().digest, NOW).unwrap();
        store.record(release_id(number), &event).await.unwrap();
        event
    }

    #[tokio::test]
    async fn a_release_moves_through_the_lists_as_it_is_decided() {
        let (_folder, store) = store().await;
        for number in [1, 2] {
            store.propose(&proposal(number), &Actor::System, NOW).await.unwrap();
        }
        assert_eq!(store.pending().await.unwrap().len(), 2);
        approve(&store, 1).await;
        let case = store.case(release_id(2)).await.unwrap().unwrap();
        let reason = Reason::try_from("too fine".to_owned()).unwrap();
        let returning = case.hand_back(&officer(), reason, NOW).unwrap();
        store.record(release_id(2), &returning).await.unwrap();

        let queue = store.approved_unpublished().await.unwrap();
        assert_eq!(queue.iter().map(Release::id).collect::<Vec<_>>(), [release_id(1)]);
        let publishing = queue[0].case.publish(&Actor::System, NOW).unwrap();
        store.record(release_id(1), &publishing).await.unwrap();

        assert!(store.pending().await.unwrap().is_empty());
        assert!(store.approved_unpublished().await.unwrap().is_empty());
        assert_eq!(store.returned().await.unwrap().len(), 1);
        let published = store.published().await.unwrap();
        assert_eq!(published[0].proposal, proposal(1));
        assert_eq!(published[0].published_at(), Some(NOW));
        assert_eq!(store.events(release_id(1)).await.unwrap().len(), 3);
        assert_eq!(store.verify_chain().await.unwrap().events, 5);
    }

    #[tokio::test]
    async fn proposing_the_same_table_again_changes_nothing_and_another_is_refused() {
        let (_folder, store) = store().await;
        store.propose(&proposal(1), &Actor::System, NOW).await.unwrap();
        approve(&store, 1).await;
        store.propose(&proposal(1), &Actor::System, NOW).await.unwrap();
        assert_eq!(store.events(release_id(1)).await.unwrap().len(), 2);
        let other = ReleaseProposal { digest: Sha256Digest::of(b"other"), ..proposal(1) };
        let refused = store.propose(&other, &Actor::System, NOW).await;
        assert!(matches!(refused, Err(StoreError::OtherProposal(_))));
    }

    #[tokio::test]
    async fn of_two_decisions_taken_at_once_the_first_is_kept() {
        let (_folder, store) = store().await;
        store.propose(&proposal(1), &Actor::System, NOW).await.unwrap();
        let late = approve(&store, 1).await;
        let refused = store.record(release_id(1), &late).await;
        assert!(matches!(refused, Err(StoreError::DecidedMeanwhile(_))));
    }

    #[tokio::test]
    async fn what_happened_cannot_be_changed_through_the_database() {
        let (_folder, store) = store().await;
        store.propose(&proposal(1), &Actor::System, NOW).await.unwrap();
        let attempts = [
            "UPDATE events SET body = '{}'",
            "DELETE FROM events",
            "INSERT OR REPLACE INTO events SELECT * FROM events",
            "UPDATE proposals SET content = '{}'",
            "DELETE FROM proposals",
            "INSERT OR REPLACE INTO proposals SELECT id, digest, '{}' FROM proposals",
        ];
        for attempt in attempts {
            assert!(sqlx::query(attempt).execute(&store.pool).await.is_err(), "{attempt}");
        }
        assert_eq!(store.verify_chain().await.unwrap().events, 1);
    }

    #[tokio::test]
    async fn a_changed_byte_is_found_where_it_is() {
        let edits = [
            ("UPDATE events SET body = replace(body, 'otto', 'otta') WHERE sequence = 2", 2),
            ("UPDATE events SET hash = zeroblob(32) WHERE sequence = 1", 1),
            ("DELETE FROM events WHERE sequence = 2", 3),
        ];
        for (edit, place) in edits {
            let (_folder, store) = store().await;
            store.propose(&proposal(1), &Actor::System, NOW).await.unwrap();
            approve(&store, 1).await;
            store.propose(&proposal(2), &Actor::System, NOW).await.unwrap();
            tamper(&store, edit).await;
            let verdict = store.verify_chain().await;
            let found =
                matches!(verdict, Err(ChainError::Broken { sequence }) if sequence == place);
            assert!(found, "{edit}");
        }
    }

    #[tokio::test]
    async fn changed_content_is_neither_shown_nor_verified() {
        let (_folder, store) = store().await;
        store.propose(&proposal(1), &Actor::System, NOW).await.unwrap();
        tamper(&store, "UPDATE proposals SET content = replace(content, '1204', '1205')").await;
        let shown = store.release(release_id(1)).await;
        assert!(matches!(shown, Err(StoreError::ContentChanged(_))));
        let verdict = store.verify_chain().await;
        assert!(matches!(verdict, Err(ChainError::ContentChanged { sequence: 1 })));
    }

    async fn tamper(store: &Store, edit: &'static str) {
        let mut connection = store.pool.acquire().await.unwrap();
        let lift = "PRAGMA foreign_keys = OFF;
                    DROP TRIGGER events_are_never_changed;
                    DROP TRIGGER events_are_never_deleted;
                    DROP TRIGGER proposals_are_never_changed;";
        sqlx::raw_sql(lift).execute(&mut *connection).await.unwrap();
        sqlx::query(edit).execute(&mut *connection).await.unwrap();
    }
}
