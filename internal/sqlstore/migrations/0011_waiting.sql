-- +goose Up

-- Whom a wait after wrong passwords holds up: the help desk is called about it.
ALTER TABLE throttle ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
CREATE INDEX throttle_user ON throttle (user_id) WHERE user_id <> '';
