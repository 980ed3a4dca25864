-- People who sign in with a local account, and what is needed to slow down guessing.
-- To go back: DROP TABLE sign_in_attempts; DROP TABLE accounts;

CREATE TABLE accounts (
    name          TEXT NOT NULL PRIMARY KEY,
    password_hash TEXT NOT NULL,               -- PHC string, argon2id
    role          TEXT NOT NULL,
    organisation  TEXT NOT NULL,
    created_at    INTEGER NOT NULL             -- seconds since 1970, UTC, as all times below
) STRICT;

-- Keyed by the digest of whatever was typed as a name, whether such an account exists or not:
-- a lock must not tell which names do.
CREATE TABLE sign_in_attempts (
    name_digest BLOB NOT NULL PRIMARY KEY CHECK (length(name_digest) = 32),
    attempts    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL
) STRICT;
