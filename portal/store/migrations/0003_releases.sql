-- Release cases: what was proposed, what happened to it, and where it stands.
-- To go back: DROP TABLE release_cases; DROP TABLE events; DROP TABLE proposals;
-- (this ends the log: export it first).

CREATE TABLE proposals (
    id      TEXT NOT NULL PRIMARY KEY,
    digest  BLOB NOT NULL CHECK (length(digest) = 32),  -- of the protected table
    content TEXT NOT NULL CHECK (json_valid(content))
) STRICT;

-- One chain over all cases: hash = SHA-256(previous_hash, sequence, release, body).
CREATE TABLE events (
    sequence      INTEGER NOT NULL PRIMARY KEY,
    release       TEXT NOT NULL REFERENCES proposals (id),
    body          TEXT NOT NULL CHECK (json_valid(body)),
    previous_hash BLOB NOT NULL CHECK (length(previous_hash) = 32),
    hash          BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX events_by_release ON events (release, sequence);

-- Follows from the events; kept so that lists need not replay every case.
CREATE TABLE release_cases (
    release    TEXT NOT NULL PRIMARY KEY REFERENCES proposals (id),
    state      TEXT NOT NULL CHECK (state IN ('proposed', 'approved', 'returned', 'published')),
    changed_by INTEGER NOT NULL REFERENCES events (sequence)
) STRICT;

CREATE INDEX release_cases_by_state ON release_cases (state, changed_by);

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;

CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;

-- Also keeps INSERT OR REPLACE from taking the place of an event: that fires no delete trigger.
CREATE TRIGGER events_are_only_appended BEFORE INSERT ON events
WHEN NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM events)
BEGIN SELECT RAISE(ABORT, 'events are only appended'); END;

CREATE TRIGGER proposals_are_never_changed BEFORE UPDATE ON proposals
BEGIN SELECT RAISE(ABORT, 'proposals are never changed'); END;

CREATE TRIGGER proposals_are_never_deleted BEFORE DELETE ON proposals
BEGIN SELECT RAISE(ABORT, 'proposals are never deleted'); END;

CREATE TRIGGER proposals_are_never_replaced BEFORE INSERT ON proposals
WHEN EXISTS (SELECT 1 FROM proposals WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'proposals are never replaced'); END;
