-- +goose Up

-- What programs show in place of a person: only keyed hashes of the secrets.
CREATE TABLE api_key (
    id              TEXT    NOT NULL PRIMARY KEY,
    organization_id TEXT    NOT NULL REFERENCES organization (id),
    user_id         TEXT    NOT NULL REFERENCES person (id),
    created_by      TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    access          TEXT    NOT NULL,
    secret_hash     TEXT    NOT NULL,
    key_id          TEXT    NOT NULL,
    old_secret_hash TEXT    NOT NULL,
    old_key_id      TEXT    NOT NULL,
    old_until       BIGINT  NOT NULL,
    scopes          TEXT    NOT NULL,
    networks        TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL,
    last_used_at    BIGINT  NOT NULL,
    last_used_from  TEXT    NOT NULL,
    held            BOOLEAN NOT NULL,
    warned_days     BIGINT  NOT NULL, -- how many days before its end its person was last told
    version         BIGINT  NOT NULL
);
CREATE UNIQUE INDEX api_key_access ON api_key (access);
CREATE INDEX api_key_user ON api_key (user_id);
CREATE INDEX api_key_page ON api_key (organization_id, name, id);
CREATE INDEX api_key_end ON api_key (expires_at);

-- Whether an application lets programs in that show an API key.
ALTER TABLE application ADD COLUMN machines BOOLEAN NOT NULL DEFAULT FALSE;
