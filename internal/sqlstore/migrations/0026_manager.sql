-- +goose Up

-- Whom somebody reports to, as their Profile tab says it: a text, never a reference.
ALTER TABLE person ADD COLUMN manager TEXT NOT NULL DEFAULT '';
