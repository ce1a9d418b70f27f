-- +goose Up

-- An order of the Data Loader that is kept under a name.
CREATE TABLE load_package (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL REFERENCES organization (id),
    name            TEXT   NOT NULL,
    name_key        TEXT   NOT NULL,
    load_order      TEXT   NOT NULL,
    actor_kind      TEXT   NOT NULL,
    actor_id        TEXT   NOT NULL,
    actor_name      TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL,
    version         BIGINT NOT NULL,
    UNIQUE (organization_id, name_key)
);

-- Which one a load used, and its name then: a load outlives its package.
ALTER TABLE load_run ADD COLUMN package_id TEXT NOT NULL DEFAULT '';
ALTER TABLE load_run ADD COLUMN package_name TEXT NOT NULL DEFAULT '';
CREATE INDEX load_run_package ON load_run (package_id, id);
