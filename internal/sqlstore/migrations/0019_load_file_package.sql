-- +goose Up

-- The package that a file is loaded with; empty: none.
ALTER TABLE load_file ADD COLUMN package_id TEXT NOT NULL DEFAULT '';
