-- +goose Up

ALTER TABLE organization ADD COLUMN password_history BIGINT NOT NULL DEFAULT 5;
ALTER TABLE organization ADD COLUMN password_days BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organization ADD COLUMN passwords_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organization ADD COLUMN single_session BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE person ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN department TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN photo TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN notification_proved_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN previous_email TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN previous_email_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN password_set_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN password_due TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN password_due_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN alarmed_at BIGINT NOT NULL DEFAULT 0;

-- A picture is kept apart: what is read at every request stays small.
CREATE TABLE photo (
    user_id         TEXT   NOT NULL PRIMARY KEY REFERENCES person (id),
    organization_id TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    image           TEXT   NOT NULL,
    set_at          BIGINT NOT NULL
);
CREATE INDEX photo_name ON photo (organization_id, name);

-- Passwords that were replaced, sealed as the current one is, so that none of
-- the last few is taken again.
CREATE TABLE past_password (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL,
    user_id         TEXT   NOT NULL REFERENCES person (id),
    sealed          TEXT   NOT NULL,
    replaced_at     BIGINT NOT NULL
);
CREATE INDEX past_password_user ON past_password (user_id, replaced_at);

-- A change of the sign-in or notification address: asked for, proved, and for
-- the sign-in address open to be undone for a while.
CREATE TABLE address_change (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL,
    user_id         TEXT   NOT NULL REFERENCES person (id),
    kind            TEXT   NOT NULL,
    old_address     TEXT   NOT NULL,
    old_key         TEXT   NOT NULL,
    new_address     TEXT   NOT NULL,
    new_key         TEXT   NOT NULL,
    old_proved_at   BIGINT NOT NULL,
    session_id      TEXT   NOT NULL,
    key_id          TEXT   NOT NULL,
    started_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    done_at         BIGINT NOT NULL,
    undo_until      BIGINT NOT NULL,
    ended_at        BIGINT NOT NULL
);
CREATE INDEX address_change_user ON address_change (user_id, started_at);

-- An address that was changed stays with its person until the change can no
-- longer be taken back: then nobody signs in with it, and nobody else gets it.
ALTER TABLE login_key ADD COLUMN held_until BIGINT NOT NULL DEFAULT 0;

-- A link whose token is derived when its mail is sent names its key; the mail
-- goes to the address stored then.
ALTER TABLE link ADD COLUMN key_id TEXT NOT NULL DEFAULT '';
ALTER TABLE link ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE link ADD COLUMN inviter TEXT NOT NULL DEFAULT '';

-- Where a known browser signed in from lately, and when its person was last told
-- of a new network.
ALTER TABLE known_browser ADD COLUMN networks TEXT NOT NULL DEFAULT '';
ALTER TABLE known_browser ADD COLUMN network_told_at BIGINT NOT NULL DEFAULT 0;

-- Which of a person's addresses a mail goes to; empty: the login address.
ALTER TABLE outbox ADD COLUMN recipient TEXT NOT NULL DEFAULT '';

ALTER TABLE data_key ADD COLUMN active_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE data_key ADD COLUMN settled_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE data_key ADD COLUMN retired_at BIGINT NOT NULL DEFAULT 0;

-- "My activity" with a filter reads each kind of event in its order.
CREATE INDEX event_subject_kind ON event (organization_id, subject_id, kind, at);

-- One row about the deployment as a whole. A restored backup raises the epoch.
CREATE TABLE deployment (
    id           TEXT   NOT NULL PRIMARY KEY,
    epoch        BIGINT NOT NULL,
    restored_at  BIGINT NOT NULL,
    backed_up_at BIGINT NOT NULL
);
INSERT INTO deployment (id, epoch, restored_at, backed_up_at) VALUES ('one', 1, 0, 0);
