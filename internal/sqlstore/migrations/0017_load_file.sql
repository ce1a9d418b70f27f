-- +goose Up

-- A file that somebody put up to be loaded, and how it is read. One that is loaded
-- belongs to its load, and is worked on by whoever holds the lease.
CREATE TABLE load_file (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL REFERENCES organization (id),
    actor_id        TEXT   NOT NULL,
    actor_name      TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    size            BIGINT NOT NULL,
    hash            TEXT   NOT NULL,
    facts           TEXT   NOT NULL,
    load_order      TEXT   NOT NULL,
    run_id          TEXT   NOT NULL,
    confirmed       BOOLEAN NOT NULL,
    version         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    lease_owner     TEXT   NOT NULL,
    lease_until     BIGINT NOT NULL
);
CREATE INDEX load_file_old ON load_file (created_at);
CREATE INDEX load_file_run ON load_file (run_id);

-- Its bytes, in parts.
CREATE TABLE load_chunk (
    id              TEXT   NOT NULL PRIMARY KEY,
    file_id         TEXT   NOT NULL REFERENCES load_file (id),
    organization_id TEXT   NOT NULL,
    content_sealed  TEXT   NOT NULL
);
CREATE INDEX load_chunk_file ON load_chunk (file_id);
