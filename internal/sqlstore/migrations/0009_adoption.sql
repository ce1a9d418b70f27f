-- +goose Up

-- One number of one day of an organization. day counts from 1 January 1970, in
-- the calendar of the organization.
CREATE TABLE daily_figure (
    organization_id TEXT   NOT NULL REFERENCES organization (id),
    day             BIGINT NOT NULL,
    name            TEXT   NOT NULL,
    n               BIGINT NOT NULL,
    PRIMARY KEY (organization_id, day, name)
);

-- When the figures are counted next, by whichever server comes first.
ALTER TABLE deployment ADD COLUMN tally_at BIGINT NOT NULL DEFAULT 0;
