-- +goose Up

-- The longest pause that people may take, in microseconds, and whether programs
-- may sign in with a password alone.
ALTER TABLE organization ADD COLUMN pause_cap BIGINT NOT NULL DEFAULT 3600000000;
ALTER TABLE organization ADD COLUMN no_password_clients BOOLEAN NOT NULL DEFAULT FALSE;

-- Who lets password clients in without a second step, from which network, until
-- when. told_at is when its end was mailed.
CREATE TABLE pause (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL,
    user_id         TEXT   NOT NULL REFERENCES person (id),
    network         TEXT   NOT NULL,
    reason          TEXT   NOT NULL,
    started_at      BIGINT NOT NULL,
    until_at        BIGINT NOT NULL,
    ended_at        BIGINT NOT NULL,
    end_reason      TEXT   NOT NULL,
    end_event_id    TEXT   NOT NULL,
    sign_ins        BIGINT NOT NULL,
    last_used_at    BIGINT NOT NULL,
    told_at         BIGINT NOT NULL
);
CREATE UNIQUE INDEX pause_live ON pause (user_id) WHERE ended_at = 0;
CREATE INDEX pause_until ON pause (until_at) WHERE ended_at = 0;
CREATE INDEX pause_untold ON pause (ended_at) WHERE told_at = 0;
CREATE INDEX pause_old ON pause (ended_at);
