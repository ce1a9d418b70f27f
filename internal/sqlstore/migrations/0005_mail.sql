-- +goose Up

-- Mail servers as set in pages, 'first' and 'second'. They are the deployment's.
CREATE TABLE mail_server (
    id              TEXT    NOT NULL PRIMARY KEY,
    host            TEXT    NOT NULL,
    port            BIGINT  NOT NULL,
    implicit        BOOLEAN NOT NULL,
    login           TEXT    NOT NULL,
    password_sealed TEXT    NOT NULL
);

-- What else pages say about mail: one row.
CREATE TABLE mail_setting (
    id         TEXT   NOT NULL PRIMARY KEY,
    sender     TEXT   NOT NULL,
    reply_to   TEXT   NOT NULL,
    changed_at BIGINT NOT NULL,
    version    BIGINT NOT NULL
);
INSERT INTO mail_setting (id, sender, reply_to, changed_at, version) VALUES ('one', '', '', 0, 1);

-- How each server is doing, by host:port; every replica adds what it saw.
CREATE TABLE mail_health (
    server        TEXT    NOT NULL PRIMARY KEY,
    taken_at      BIGINT  NOT NULL,
    failed_at     BIGINT  NOT NULL,
    failing_since BIGINT  NOT NULL,
    strikes       BIGINT  NOT NULL,
    reason        TEXT    NOT NULL,
    fault         BOOLEAN NOT NULL,
    probed_at     BIGINT  NOT NULL
);

-- What came of handing mail over, by server and minute.
CREATE TABLE mail_minute (
    id      TEXT   NOT NULL PRIMARY KEY,
    server  TEXT   NOT NULL,
    minute  BIGINT NOT NULL,
    taken   BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    failed  BIGINT NOT NULL
);
CREATE INDEX mail_minute_minute ON mail_minute (minute);

-- The last test of each server, with its steps as text.
CREATE TABLE mail_trial (
    server TEXT   NOT NULL PRIMARY KEY,
    at     BIGINT NOT NULL,
    by_id  TEXT   NOT NULL,
    sent_to TEXT  NOT NULL,
    reason TEXT   NOT NULL,
    steps  TEXT   NOT NULL
);

-- "The last mails refused" of an organization.
CREATE INDEX outbox_refused ON outbox (organization_id, delivery, tried_at);
