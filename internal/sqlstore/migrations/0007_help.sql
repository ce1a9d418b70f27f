-- +goose Up

-- How long a reset of somebody's two-factor authentication waits.
ALTER TABLE organization ADD COLUMN reset_wait BIGINT NOT NULL DEFAULT 0;

-- Members are exempt until then: read with the account at every request.
ALTER TABLE person_group ADD COLUMN exempt_until BIGINT NOT NULL DEFAULT 0;

-- A reset that waits, so that the person can cancel it.
CREATE TABLE factor_reset (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL,
    user_id         TEXT   NOT NULL REFERENCES person (id),
    by_kind         TEXT   NOT NULL,
    by_id           TEXT   NOT NULL,
    by_name         TEXT   NOT NULL,
    how             TEXT   NOT NULL,
    note            TEXT   NOT NULL,
    asked_at        BIGINT NOT NULL,
    due_at          BIGINT NOT NULL,
    settled_at      BIGINT NOT NULL,
    outcome         TEXT   NOT NULL
);
CREATE UNIQUE INDEX factor_reset_waiting ON factor_reset (user_id) WHERE outcome = '';
CREATE INDEX factor_reset_due ON factor_reset (due_at) WHERE outcome = '';

-- Who was exempted until when, why and by whom. The moment that decides stands
-- with the person or the group; a group that is gone has no exemption.
CREATE TABLE exemption (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL,
    user_id         TEXT   NOT NULL,
    group_id        TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    reason          TEXT   NOT NULL,
    by_kind         TEXT   NOT NULL,
    by_id           TEXT   NOT NULL,
    by_name         TEXT   NOT NULL,
    started_at      BIGINT NOT NULL,
    until_at        BIGINT NOT NULL,
    ended_at        BIGINT NOT NULL
);
CREATE UNIQUE INDEX exemption_running ON exemption (user_id, group_id) WHERE ended_at = 0;
CREATE INDEX exemption_page ON exemption (organization_id, until_at, id) WHERE ended_at = 0;
CREATE INDEX exemption_over ON exemption (until_at) WHERE ended_at = 0;

-- Exemptions from before they had a row of their own.
INSERT INTO exemption (id, organization_id, user_id, group_id, name, reason, by_kind, by_id, by_name, started_at, until_at, ended_at)
SELECT p.id, p.organization_id, p.id, '', p.email, '', 'operator', '', '', p.created_at, p.exempt_until, 0 FROM person p WHERE p.exempt_until > 0;

-- Who is told of a reset: an organization's administrators.
CREATE INDEX person_administrators ON person (organization_id, id) WHERE user_type = 3;
