-- +goose Up

-- What the history of loads is filtered by: the way in that a load came, and how it
-- stands, where one that is done has gone well if no row of it was wrong. The ways in of
-- loads before this are not told apart: no release has made any.
ALTER TABLE load_run ADD COLUMN via TEXT NOT NULL DEFAULT '';
ALTER TABLE load_run ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
UPDATE load_run SET outcome = CASE
    WHEN id IN (SELECT run_id FROM load_undo WHERE state = 'undone') THEN 'undone'
    WHEN state <> 'done' THEN state
    WHEN rejected > 0 THEN 'partly' ELSE 'succeeded' END;
CREATE INDEX load_run_via ON load_run (organization_id, via, id);
CREATE INDEX load_run_outcome ON load_run (organization_id, outcome, id);
