-- +goose Up

-- How many days before its end an app password's person was last told; 0: never.
ALTER TABLE app_password ADD COLUMN warned_days BIGINT NOT NULL DEFAULT 0;
