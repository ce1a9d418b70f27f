-- +goose Up

-- One load of a file: how it is understood, by whom, and how far it is.
CREATE TABLE load_run (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL REFERENCES organization (id),
    actor_kind      TEXT   NOT NULL,
    actor_id        TEXT   NOT NULL,
    actor_name      TEXT   NOT NULL,
    origin          TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    hash            TEXT   NOT NULL,
    load_order      TEXT   NOT NULL,
    columns         TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    reason          TEXT   NOT NULL,
    next_row        BIGINT NOT NULL,
    total           BIGINT NOT NULL,
    added           BIGINT NOT NULL,
    updated         BIGINT NOT NULL,
    unchanged       BIGINT NOT NULL,
    rejected        BIGINT NOT NULL,
    deactivated     BIGINT NOT NULL,
    started_at      BIGINT NOT NULL,
    ended_at        BIGINT NOT NULL
);
CREATE INDEX load_run_list ON load_run (organization_id, started_at, id);
CREATE INDEX load_run_old ON load_run (started_at);

-- The rows that could not be taken.
CREATE TABLE load_reject (
    id              TEXT   NOT NULL PRIMARY KEY,
    run_id          TEXT   NOT NULL REFERENCES load_run (id),
    organization_id TEXT   NOT NULL,
    row_number      BIGINT NOT NULL,
    cells_sealed    TEXT   NOT NULL,
    problems        TEXT   NOT NULL
);
CREATE INDEX load_reject_list ON load_reject (run_id, organization_id, row_number);

-- Whom a load has named that deactivates the others.
CREATE TABLE load_named (
    run_id          TEXT NOT NULL REFERENCES load_run (id),
    user_id         TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    PRIMARY KEY (run_id, user_id)
);
