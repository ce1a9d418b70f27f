-- +goose Up

-- A rehearsal walks an organization's people in this order.
CREATE INDEX person_roll ON person (organization_id, id);

-- Addresses that the mail server refused for good, until it takes a mail to them.
CREATE TABLE mail_refusal (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL,
    user_id         TEXT   NOT NULL REFERENCES person (id),
    address         TEXT   NOT NULL,
    refused_at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX mail_refusal_address ON mail_refusal (user_id, address);
CREATE INDEX mail_refusal_old ON mail_refusal (refused_at);

-- What everybody of an organization is told of; its mails are queued in batches.
CREATE TABLE announcement (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL REFERENCES organization (id),
    template        TEXT   NOT NULL,
    event_id        TEXT   NOT NULL,
    after_id        TEXT   NOT NULL,
    queued          BIGINT NOT NULL,
    next_at         BIGINT NOT NULL,
    started_at      BIGINT NOT NULL,
    ended_at        BIGINT NOT NULL
);
CREATE INDEX announcement_open ON announcement (next_at) WHERE ended_at = 0;

-- Mails that wait for all others, so that codes go first.
ALTER TABLE outbox ADD COLUMN patient BOOLEAN NOT NULL DEFAULT FALSE;
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (patient, not_before, id) WHERE delivery = 'queued';
