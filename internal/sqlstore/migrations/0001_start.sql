-- +goose Up

CREATE TABLE organization (
    id                     TEXT    NOT NULL PRIMARY KEY,
    name                   TEXT    NOT NULL,
    name_key               TEXT    NOT NULL,
    app_name               TEXT    NOT NULL,
    help                   TEXT    NOT NULL,
    time_zone              TEXT    NOT NULL,
    language               TEXT    NOT NULL,
    locked                 BOOLEAN NOT NULL,
    lock_note              TEXT    NOT NULL,
    require_two_factor     BOOLEAN NOT NULL,
    require_from           BIGINT  NOT NULL,
    enforce_existing_from  BIGINT  NOT NULL,
    apps_only              BOOLEAN NOT NULL,
    apps_only_from         BIGINT  NOT NULL,
    administrator_app_from BIGINT  NOT NULL,
    remember_days          BIGINT  NOT NULL,
    idle_life              BIGINT  NOT NULL,
    absolute_life          BIGINT  NOT NULL,
    password_minimum       BIGINT  NOT NULL,
    code_in_subject        BOOLEAN NOT NULL,
    created_at             BIGINT  NOT NULL,
    version                BIGINT  NOT NULL
);
CREATE UNIQUE INDEX organization_name ON organization (name_key);

CREATE TABLE application (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL REFERENCES organization (id),
    name            TEXT   NOT NULL,
    url             TEXT   NOT NULL,
    group_names     TEXT   NOT NULL,
    level           BIGINT NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX application_url ON application (url);

CREATE TABLE person (
    id                 TEXT    NOT NULL PRIMARY KEY,
    organization_id    TEXT    NOT NULL REFERENCES organization (id),
    username           TEXT    NOT NULL,
    email              TEXT    NOT NULL,
    email_key          TEXT    NOT NULL,
    notification_email TEXT    NOT NULL,
    first_name         TEXT    NOT NULL,
    last_name          TEXT    NOT NULL,
    user_type          BIGINT  NOT NULL,
    status             TEXT    NOT NULL,
    two_factor         TEXT    NOT NULL,
    email_proved_at    BIGINT  NOT NULL,
    exempt_until       BIGINT  NOT NULL,
    password_sealed    TEXT    NOT NULL,
    password_version   BIGINT  NOT NULL,
    factor_set_version BIGINT  NOT NULL,
    language           TEXT    NOT NULL,
    time_zone          TEXT    NOT NULL,
    offer_times        BIGINT  NOT NULL,
    offer_next         BIGINT  NOT NULL,
    offer_never        BOOLEAN NOT NULL,
    origin             TEXT    NOT NULL,
    created_at         BIGINT  NOT NULL,
    last_sign_in_at    BIGINT  NOT NULL
);
CREATE UNIQUE INDEX person_email ON person (email_key) WHERE email_key <> '';
CREATE INDEX person_page ON person (organization_id, email_key);

-- One row per name a person can type to sign in, so that a username can never
-- equal somebody's email address (EN4, EN5).
CREATE TABLE login_key (
    login           TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL,
    user_id         TEXT NOT NULL REFERENCES person (id)
);
CREATE INDEX login_key_user ON login_key (user_id);

CREATE TABLE person_group (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL REFERENCES organization (id),
    name            TEXT   NOT NULL,
    name_key        TEXT   NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX person_group_name ON person_group (organization_id, name_key);

CREATE TABLE membership (
    user_id         TEXT NOT NULL REFERENCES person (id),
    group_id        TEXT NOT NULL REFERENCES person_group (id),
    organization_id TEXT NOT NULL,
    PRIMARY KEY (user_id, group_id)
);

CREATE TABLE credential (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL,
    user_id         TEXT   NOT NULL REFERENCES person (id),
    kind            TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    label           TEXT   NOT NULL,
    lookup_key      TEXT   NOT NULL,
    sealed          TEXT   NOT NULL,
    key_id          TEXT   NOT NULL,
    mark            BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    last_used_at    BIGINT NOT NULL,
    used_at         BIGINT NOT NULL
);
CREATE UNIQUE INDEX credential_lookup ON credential (user_id, kind, lookup_key) WHERE lookup_key <> '';
CREATE INDEX credential_count ON credential (user_id, kind, state, used_at);

CREATE TABLE guard (
    user_id         TEXT    NOT NULL REFERENCES person (id),
    kind            TEXT    NOT NULL,
    organization_id TEXT    NOT NULL,
    failures        BIGINT  NOT NULL,
    paused_until    BIGINT  NOT NULL,
    blocked         BOOLEAN NOT NULL,
    PRIMARY KEY (user_id, kind)
);

CREATE TABLE attempt (
    id                 TEXT    NOT NULL PRIMARY KEY,
    token_hash         TEXT    NOT NULL,
    organization_id    TEXT    NOT NULL,
    user_id            TEXT    NOT NULL REFERENCES person (id),
    purpose            TEXT    NOT NULL,
    session_id         TEXT    NOT NULL,
    password_version   BIGINT  NOT NULL,
    factor_set_version BIGINT  NOT NULL,
    browser_hash       TEXT    NOT NULL,
    browser_known      BOOLEAN NOT NULL,
    last_method        TEXT    NOT NULL,
    return_to          TEXT    NOT NULL,
    remember           BOOLEAN NOT NULL,
    kind               TEXT    NOT NULL,
    tries              BIGINT  NOT NULL,
    network            TEXT    NOT NULL,
    device             TEXT    NOT NULL,
    created_at         BIGINT  NOT NULL,
    active_at          BIGINT  NOT NULL,
    ended_at           BIGINT  NOT NULL,
    end_reason         TEXT    NOT NULL,
    version            BIGINT  NOT NULL
);
CREATE UNIQUE INDEX attempt_token ON attempt (token_hash);
CREATE INDEX attempt_user ON attempt (user_id, created_at);

CREATE TABLE challenge (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL,
    user_id         TEXT   NOT NULL REFERENCES person (id),
    owner_id        TEXT   NOT NULL,
    purpose         TEXT   NOT NULL,
    address         TEXT   NOT NULL,
    key_id          TEXT   NOT NULL,
    issue           BIGINT NOT NULL,
    reference       TEXT   NOT NULL,
    issued_at       BIGINT NOT NULL,
    sends           BIGINT NOT NULL,
    last_sent_at    BIGINT NOT NULL,
    tries           BIGINT NOT NULL,
    used_at         BIGINT NOT NULL,
    message_id      TEXT   NOT NULL
);
CREATE UNIQUE INDEX challenge_owner ON challenge (owner_id);

CREATE TABLE session (
    id              TEXT   NOT NULL PRIMARY KEY,
    token_hash      TEXT   NOT NULL,
    organization_id TEXT   NOT NULL,
    user_id         TEXT   NOT NULL REFERENCES person (id),
    level           BIGINT NOT NULL,
    signed_in_at    BIGINT NOT NULL,
    proved_at       BIGINT NOT NULL,
    methods         TEXT   NOT NULL,
    device_id       TEXT   NOT NULL,
    browser_hash    TEXT   NOT NULL,
    network         TEXT   NOT NULL,
    device          TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    last_seen_at    BIGINT NOT NULL,
    ended_at        BIGINT NOT NULL,
    end_reason      TEXT   NOT NULL
);
CREATE UNIQUE INDEX session_token ON session (token_hash);
CREATE INDEX session_open ON session (user_id, created_at) WHERE ended_at = 0;

CREATE TABLE remembered_device (
    id                 TEXT    NOT NULL PRIMARY KEY,
    organization_id    TEXT    NOT NULL,
    user_id            TEXT    NOT NULL REFERENCES person (id),
    seed_sealed        TEXT    NOT NULL,
    n                  BIGINT  NOT NULL,
    level              BIGINT  NOT NULL,
    password_version   BIGINT  NOT NULL,
    factor_set_version BIGINT  NOT NULL,
    label              TEXT    NOT NULL,
    created_at         BIGINT  NOT NULL,
    expires_at         BIGINT  NOT NULL,
    last_used_at       BIGINT  NOT NULL,
    ended_at           BIGINT  NOT NULL
);
CREATE INDEX remembered_device_live ON remembered_device (user_id, created_at) WHERE ended_at = 0;

CREATE TABLE known_browser (
    user_id         TEXT   NOT NULL REFERENCES person (id),
    hash            TEXT   NOT NULL,
    organization_id TEXT   NOT NULL,
    last_method     TEXT   NOT NULL,
    first_seen_at   BIGINT NOT NULL,
    last_seen_at    BIGINT NOT NULL,
    PRIMARY KEY (user_id, hash)
);

CREATE TABLE enrolment (
    id                 TEXT    NOT NULL PRIMARY KEY,
    organization_id    TEXT    NOT NULL,
    user_id            TEXT    NOT NULL REFERENCES person (id),
    session_id         TEXT    NOT NULL,
    goal               TEXT    NOT NULL,
    step               TEXT    NOT NULL,
    factor_set_version BIGINT  NOT NULL,
    email_proved_at    BIGINT  NOT NULL,
    email_deferred     BOOLEAN NOT NULL,
    email_only         BOOLEAN NOT NULL,
    display_name       TEXT    NOT NULL,
    label              TEXT    NOT NULL,
    secret_sealed      TEXT    NOT NULL,
    app_proved         BOOLEAN NOT NULL,
    app_mark           BIGINT  NOT NULL,
    app_tries          BIGINT  NOT NULL,
    codes_sealed       TEXT    NOT NULL,
    created_at         BIGINT  NOT NULL,
    expires_at         BIGINT  NOT NULL,
    ended_at           BIGINT  NOT NULL,
    version            BIGINT  NOT NULL
);
CREATE INDEX enrolment_session ON enrolment (session_id) WHERE ended_at = 0;

CREATE TABLE link (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL,
    user_id         TEXT   NOT NULL REFERENCES person (id),
    kind            TEXT   NOT NULL,
    token_hash      TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    used_at         BIGINT NOT NULL
);
CREATE UNIQUE INDEX link_token ON link (token_hash);
CREATE INDEX link_user ON link (user_id);

CREATE TABLE throttle (
    bucket_key   TEXT   NOT NULL PRIMARY KEY,
    failures     BIGINT NOT NULL,
    forget_at    BIGINT NOT NULL,
    wait_for     BIGINT NOT NULL,
    wait_until   BIGINT NOT NULL,
    leased       BIGINT NOT NULL,
    leased_until BIGINT NOT NULL
);

CREATE TABLE outbox (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL,
    user_id         TEXT   NOT NULL,
    template        TEXT   NOT NULL,
    subject_id      TEXT   NOT NULL,
    issue           BIGINT NOT NULL,
    not_before      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    attempts        BIGINT NOT NULL,
    delivery        TEXT   NOT NULL,
    last_error      TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    sent_at         BIGINT NOT NULL,
    tried_at        BIGINT NOT NULL,
    lease_owner     TEXT   NOT NULL,
    lease_until     BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (not_before) WHERE delivery = 'queued';
CREATE INDEX outbox_user ON outbox (user_id, created_at);
CREATE INDEX outbox_tried ON outbox (tried_at) WHERE tried_at > 0;

CREATE TABLE cache_change (
    id         TEXT   NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    subject_id TEXT   NOT NULL
);
CREATE INDEX cache_change_at ON cache_change (at);

CREATE TABLE event (
    id              TEXT    NOT NULL PRIMARY KEY,
    organization_id TEXT    NOT NULL,
    at              BIGINT  NOT NULL,
    kind            TEXT    NOT NULL,
    result          TEXT    NOT NULL,
    actor_kind      TEXT    NOT NULL,
    actor_id        TEXT    NOT NULL,
    actor_name      TEXT    NOT NULL,
    subject_id      TEXT    NOT NULL,
    target          TEXT    NOT NULL,
    detail          TEXT    NOT NULL,
    address         TEXT    NOT NULL,
    network         TEXT    NOT NULL,
    device          TEXT    NOT NULL,
    user_agent      TEXT    NOT NULL,
    request_id      TEXT    NOT NULL,
    session_id      TEXT    NOT NULL,
    demo_data       BOOLEAN NOT NULL
);
CREATE INDEX event_subject ON event (organization_id, subject_id, at);

CREATE TABLE data_key (
    id         TEXT    NOT NULL PRIMARY KEY,
    wrapped    TEXT    NOT NULL,
    active     BOOLEAN NOT NULL,
    created_at BIGINT  NOT NULL
);
CREATE UNIQUE INDEX data_key_active ON data_key (active) WHERE active;
