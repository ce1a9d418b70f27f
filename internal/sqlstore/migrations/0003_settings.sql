-- +goose Up

ALTER TABLE organization ADD COLUMN logout_url TEXT NOT NULL DEFAULT '';
ALTER TABLE organization ADD COLUMN contacts TEXT NOT NULL DEFAULT '';
ALTER TABLE organization ADD COLUMN no_new_apps BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE organization ADD COLUMN devices_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organization ADD COLUMN passwords_now BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE organization ADD COLUMN passwords_except TEXT NOT NULL DEFAULT '';
ALTER TABLE organization ADD COLUMN password_pattern TEXT NOT NULL DEFAULT '';
ALTER TABLE organization ADD COLUMN password_message TEXT NOT NULL DEFAULT '';
ALTER TABLE organization ADD COLUMN block_leaked BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE organization ADD COLUMN strict_reset BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE organization ADD COLUMN allowed_networks TEXT NOT NULL DEFAULT '';

-- When a password was chosen by a mailed link that no app or recovery code has
-- followed yet.
ALTER TABLE person ADD COLUMN reset_at BIGINT NOT NULL DEFAULT 0;
