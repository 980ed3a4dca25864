-- Sessions of the pages. The id itself stands in the cookie alone; here lies its digest, so a
-- copy of this file lets nobody in.
-- To go back: DROP TABLE sessions;

CREATE TABLE sessions (
    id_digest  BLOB NOT NULL PRIMARY KEY CHECK (length(id_digest) = 32),
    data       TEXT NOT NULL CHECK (json_valid(data)),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_expiry ON sessions (expires_at);
