-- +goose Up

-- What the Data Loader loads by itself. Whoever holds the lease takes its turn.
CREATE TABLE load_schedule (
    id              TEXT    NOT NULL PRIMARY KEY,
    organization_id TEXT    NOT NULL REFERENCES organization (id),
    actor_id        TEXT    NOT NULL,
    actor_name      TEXT    NOT NULL,
    package_id      TEXT    NOT NULL,
    api_key         TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    place           TEXT    NOT NULL,
    file_name       TEXT    NOT NULL,
    query           TEXT    NOT NULL,
    cron            TEXT    NOT NULL,
    zone            TEXT    NOT NULL,
    next_at         BIGINT  NOT NULL,
    stopped         BOOLEAN NOT NULL,
    failures        BIGINT  NOT NULL,
    fault           TEXT    NOT NULL,
    last_at         BIGINT  NOT NULL,
    last_run        TEXT    NOT NULL,
    settled         BOOLEAN NOT NULL,
    last_hash       TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL,
    version         BIGINT  NOT NULL,
    lease_owner     TEXT    NOT NULL,
    lease_until     BIGINT  NOT NULL
);
CREATE INDEX load_schedule_organization ON load_schedule (organization_id, created_at);
CREATE INDEX load_schedule_due ON load_schedule (lease_until, next_at);
