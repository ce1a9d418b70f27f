-- +goose Up

ALTER TABLE organization ADD COLUMN audit_days BIGINT NOT NULL DEFAULT 400;

-- Which server wrote the row (AU2).
ALTER TABLE event ADD COLUMN replica TEXT NOT NULL DEFAULT '';

-- Every filter of the audit log finds its rows in their order, newest first. All
-- indexes end alike: then the one that fits best is chosen without statistics.
DROP INDEX event_subject;
DROP INDEX event_subject_kind;
CREATE INDEX event_subject ON event (organization_id, subject_id, at, id);
CREATE INDEX event_subject_kind ON event (organization_id, subject_id, kind, at, id);
CREATE INDEX event_time ON event (organization_id, at, id);
CREATE INDEX event_kind ON event (organization_id, kind, at, id);
CREATE INDEX event_result ON event (organization_id, result, at, id);
CREATE INDEX event_actor ON event (organization_id, actor_id, at, id);
CREATE INDEX event_address ON event (organization_id, address, at, id);
CREATE INDEX event_request ON event (organization_id, request_id, at, id);

-- What signs the seals. The seed is sealed under the key ring; rotation seals it
-- anew, so a seal can be verified whatever became of the keys since.
CREATE TABLE audit_key (
    id          TEXT   NOT NULL PRIMARY KEY,
    public      TEXT   NOT NULL,
    seed_sealed TEXT   NOT NULL,
    made_under  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    endorsed_by TEXT   NOT NULL,
    endorsed    TEXT   NOT NULL
);

-- A chain of seals for each organization; the deployment's own events are under
-- the empty id. Each names the rows of its batch and the seal before it.
CREATE TABLE audit_seal (
    organization_id TEXT   NOT NULL,
    n               BIGINT NOT NULL,
    kind            TEXT   NOT NULL,
    previous        TEXT   NOT NULL,
    at              BIGINT NOT NULL,
    row_count       BIGINT NOT NULL,
    from_at         BIGINT NOT NULL,
    until_at        BIGINT NOT NULL,
    through_at      BIGINT NOT NULL,
    through_id      TEXT   NOT NULL,
    hash            TEXT   NOT NULL,
    signer          TEXT   NOT NULL,
    signature       TEXT   NOT NULL,
    row_digests     TEXT   NOT NULL,
    PRIMARY KEY (organization_id, n)
);
CREATE INDEX audit_seal_until ON audit_seal (organization_id, until_at);

-- Up to where retention has removed rows and seals.
CREATE TABLE audit_cut (
    organization_id TEXT   NOT NULL PRIMARY KEY,
    n               BIGINT NOT NULL,
    hash            TEXT   NOT NULL,
    before          BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    row_count       BIGINT NOT NULL,
    signer          TEXT   NOT NULL,
    signature       TEXT   NOT NULL
);

-- Work in the background that one process at a time does: who, until when, and
-- how far it got.
CREATE TABLE audit_task (
    name     TEXT   NOT NULL PRIMARY KEY,
    owner    TEXT   NOT NULL,
    until    BIGINT NOT NULL,
    position TEXT   NOT NULL
);
