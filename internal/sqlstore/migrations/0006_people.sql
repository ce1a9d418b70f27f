-- +goose Up

-- What a list of people is sorted and searched by: folded in Go, written with
-- the names and addresses it is made of. search_key is empty where that is still
-- to be done.
ALTER TABLE person ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN search_key TEXT NOT NULL DEFAULT '';
CREATE INDEX person_name ON person (organization_id, name_key, id);
CREATE INDEX person_seen ON person (organization_id, last_sign_in_at, id);
CREATE INDEX person_type ON person (organization_id, user_type, name_key, id);
CREATE INDEX person_status ON person (organization_id, status, name_key, id);
CREATE INDEX person_unproved ON person (organization_id, id) WHERE email_proved_at = 0;
CREATE INDEX person_exempt ON person (organization_id, exempt_until, id) WHERE exempt_until > 0;
CREATE INDEX person_inside ON person (organization_id, search_key, id);
CREATE INDEX person_unfolded ON person (id) WHERE search_key = '';

-- One row for each word of a person's name, address and username, so that the
-- beginning of a word is found in one stretch of an index.
CREATE TABLE person_word (
    organization_id TEXT NOT NULL,
    word            TEXT NOT NULL,
    user_id         TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (organization_id, word, user_id)
);

-- Who has an app, and who is in a group, found from that side.
CREATE INDEX credential_kind ON credential (organization_id, kind, state, user_id);
CREATE INDEX membership_group ON membership (group_id, user_id);

ALTER TABLE person_group ADD COLUMN description TEXT NOT NULL DEFAULT '';
