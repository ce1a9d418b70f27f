-- +goose Up

-- Loads are kept for 400 days, and a watched folder makes one every few seconds. Every
-- process looks each second for one that is under way; lists go by the id, which
-- begins with the time.
CREATE INDEX load_run_running ON load_run (id) WHERE state = 'running';
DROP INDEX load_run_list;
CREATE INDEX load_run_list ON load_run (organization_id, id);
DROP INDEX load_run_package;
CREATE INDEX load_run_package ON load_run (organization_id, package_id, id);
