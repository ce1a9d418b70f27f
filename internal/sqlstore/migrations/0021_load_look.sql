-- +goose Up

-- What the load of a large file would do is found out in the background: where that
-- is, and what was found.
ALTER TABLE load_file ADD COLUMN look_state TEXT NOT NULL DEFAULT '';
ALTER TABLE load_file ADD COLUMN look TEXT NOT NULL DEFAULT '{}';
CREATE INDEX load_file_look ON load_file (look_state, lease_until);
