-- +goose Up

-- An undo of a load. Whoever holds the lease goes on with it, backwards from the
-- last row that is not undone.
CREATE TABLE load_undo (
    run_id          TEXT   NOT NULL PRIMARY KEY REFERENCES load_run (id),
    organization_id TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    reason          TEXT   NOT NULL,
    actor_id        TEXT   NOT NULL,
    actor_name      TEXT   NOT NULL,
    origin          TEXT   NOT NULL,
    below           BIGINT NOT NULL,
    deactivated     BIGINT NOT NULL,
    returned        BIGINT NOT NULL,
    restored        BIGINT NOT NULL,
    removed         BIGINT NOT NULL,
    kept            BIGINT NOT NULL,
    started_at      BIGINT NOT NULL,
    ended_at        BIGINT NOT NULL,
    lease_owner     TEXT   NOT NULL,
    lease_until     BIGINT NOT NULL
);
CREATE INDEX load_undo_due ON load_undo (state, lease_until);
