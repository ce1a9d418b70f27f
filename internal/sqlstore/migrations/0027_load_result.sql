-- +goose Up

-- What each batch of a load did to its rows, and, sealed, what was there before
-- while that can be undone.
CREATE TABLE load_result (
    id              TEXT   NOT NULL PRIMARY KEY,
    run_id          TEXT   NOT NULL REFERENCES load_run (id),
    organization_id TEXT   NOT NULL,
    from_row        BIGINT NOT NULL,
    to_row          BIGINT NOT NULL,
    row_results     TEXT   NOT NULL,
    before_sealed   TEXT   NOT NULL,
    made            TEXT   NOT NULL,
    kept            TEXT   NOT NULL
);
CREATE UNIQUE INDEX load_result_rows ON load_result (run_id, from_row);
CREATE INDEX load_result_before ON load_result (run_id) WHERE before_sealed <> '';
CREATE INDEX load_result_kept ON load_result (run_id, from_row) WHERE kept <> '[]';
