-- +goose Up

-- What programs asked for under an Idempotency-Key, and what they were answered:
-- sent again within a day, the same request gets the same answer.
CREATE TABLE api_call (
    id              TEXT   PRIMARY KEY,
    organization_id TEXT   NOT NULL REFERENCES organization (id),
    fingerprint     TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    attempt         TEXT   NOT NULL,
    lease_until     BIGINT NOT NULL,
    status          BIGINT NOT NULL,
    headers         TEXT   NOT NULL,
    body            TEXT   NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX api_call_attempt ON api_call (attempt);
CREATE INDEX api_call_created ON api_call (created_at);
CREATE INDEX api_call_organization ON api_call (organization_id);
