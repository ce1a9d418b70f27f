-- +goose Up

-- One action for many people: what, by whom, for whom, and how far it is.
CREATE TABLE bulk_job (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL REFERENCES organization (id),
    actor_id        TEXT   NOT NULL,
    actor_name      TEXT   NOT NULL,
    origin          TEXT   NOT NULL,
    job_order       TEXT   NOT NULL,
    selection       TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    after_id        TEXT   NOT NULL,
    asked_at        BIGINT NOT NULL,
    started_at      BIGINT NOT NULL,
    ended_at        BIGINT NOT NULL,
    stopped_by      TEXT   NOT NULL,
    waiting         BIGINT NOT NULL,
    done            BIGINT NOT NULL,
    skipped         BIGINT NOT NULL,
    failed          BIGINT NOT NULL,
    lease_owner     TEXT   NOT NULL,
    lease_until     BIGINT NOT NULL,
    turn_at         BIGINT NOT NULL
);
CREATE INDEX bulk_job_list ON bulk_job (organization_id, asked_at, id);
CREATE INDEX bulk_job_old ON bulk_job (asked_at);
CREATE INDEX bulk_job_due ON bulk_job (turn_at, id) WHERE state IN ('gathering', 'running');

-- Whom it concerns, and what became of each.
CREATE TABLE bulk_item (
    job_id          TEXT   NOT NULL REFERENCES bulk_job (id),
    user_id         TEXT   NOT NULL,
    organization_id TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    email           TEXT   NOT NULL,
    outcome         TEXT   NOT NULL,
    reason          TEXT   NOT NULL,
    at              BIGINT NOT NULL,
    PRIMARY KEY (job_id, user_id)
);
CREATE INDEX bulk_item_outcome ON bulk_item (job_id, organization_id, outcome, reason, user_id);
