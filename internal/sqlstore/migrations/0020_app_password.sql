-- +goose Up

-- What one old program shows in place of a person's password: only keyed hashes.
-- An empty application is Sallyport's own loader, an empty network any.
CREATE TABLE app_password (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL REFERENCES organization (id),
    user_id         TEXT   NOT NULL REFERENCES person (id),
    application_id  TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    secret_hash     TEXT   NOT NULL,
    key_id          TEXT   NOT NULL,
    network         TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    last_used_at    BIGINT NOT NULL,
    last_used_from  TEXT   NOT NULL
);
CREATE INDEX app_password_user ON app_password (user_id);
CREATE INDEX app_password_end ON app_password (expires_at);
