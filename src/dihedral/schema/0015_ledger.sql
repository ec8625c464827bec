-- The ledger: what may be spent, what is held, and what it came to (docs/budgets.md). A budget that
-- nobody set has a default, or is an agent's own limit; these have no row here.

CREATE TABLE budget (
    organization text        NOT NULL REFERENCES organization,
    id           text        NOT NULL,
    scope        text        NOT NULL CHECK (scope IN ('call', 'conversation', 'agent', 'person',
                                                       'team', 'organization')),
    subject      text        NOT NULL,  -- empty is each of them
    period       text        NOT NULL CHECK (period IN ('ever', 'day', 'month')),
    purpose      text        NOT NULL CHECK (purpose IN ('thinking', 'building')),
    -- null is no cap
    money        numeric     CHECK (money >= 0 AND money < 'infinity'),
    currency     text        NOT NULL,
    tokens       bigint      CHECK (tokens >= 0),
    set_by       text        NOT NULL,
    set_at       timestamptz NOT NULL,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, purpose, scope, subject, period),
    CHECK (subject = '' OR scope NOT IN ('call', 'organization')),
    CHECK (scope <> 'call' OR period = 'ever'),
    CHECK (tokens IS NULL OR purpose = 'thinking')
);

-- what is held and spent of one thing, in one period, in one unit: a currency, or `tokens`
CREATE TABLE balance (
    organization text    NOT NULL REFERENCES organization,
    purpose      text    NOT NULL,
    scope        text    NOT NULL,
    subject      text    NOT NULL,
    since        date    NOT NULL,  -- the first day of the period
    period       text    NOT NULL,
    unit         text    NOT NULL,
    held         numeric NOT NULL DEFAULT 0 CHECK (held >= 0 AND held < 'infinity'),
    spent        numeric NOT NULL DEFAULT 0 CHECK (spent >= 0 AND spent < 'infinity'),
    PRIMARY KEY (organization, purpose, scope, subject, period, since, unit)
) WITH (fillfactor = 50);  -- it is written at each call, and an index knows nothing of that

CREATE TABLE reservation (
    id           text        PRIMARY KEY,
    organization text        NOT NULL REFERENCES organization,
    purpose      text        NOT NULL CHECK (purpose IN ('thinking', 'building')),
    key          text        NOT NULL,  -- of the call; of what is built, the run
    status       text        NOT NULL CHECK (status IN ('held', 'settled', 'released', 'lost')),
    conversation text        NOT NULL DEFAULT '',
    turn         text        NOT NULL DEFAULT '',
    agent        text        NOT NULL DEFAULT '',
    person       text        NOT NULL DEFAULT '',
    team         text        NOT NULL DEFAULT '',
    model        text        NOT NULL DEFAULT '',
    endpoint     text        NOT NULL DEFAULT '',
    currency     text        NOT NULL,
    worst        numeric     CHECK (worst >= 0 AND worst < 'infinity'),  -- null is not known
    most         bigint      NOT NULL CHECK (most >= 0),                 -- tokens, at the worst
    -- what it came to
    money        numeric     CHECK (money >= 0 AND money < 'infinity'),  -- null is not known
    input        bigint      NOT NULL DEFAULT 0 CHECK (input >= 0),
    output       bigint      NOT NULL DEFAULT 0 CHECK (output >= 0),
    cached       bigint      NOT NULL DEFAULT 0 CHECK (cached >= 0),
    written      bigint      NOT NULL DEFAULT 0 CHECK (written >= 0),
    reasoning    bigint      NOT NULL DEFAULT 0 CHECK (reasoning >= 0),
    at           timestamptz NOT NULL,  -- whose day and month it is
    ended_at     timestamptz,
    CHECK ((status = 'held') = (ended_at IS NULL))
);
-- one call is held once, however often somebody asks for it
CREATE UNIQUE INDEX reservation_held_once ON reservation (organization, purpose, key)
    WHERE status = 'held';
CREATE INDEX reservation_held ON reservation (at) WHERE status = 'held';
CREATE INDEX reservation_at ON reservation (organization, at);
CREATE INDEX reservation_conversation ON reservation (conversation) WHERE conversation <> '';

-- Whoever reserves or settles holds the ledger of its organization, shared, until its transaction
-- ends; what budgets there are changes under the exclusive lock. So nobody reserves by old budgets.
CREATE FUNCTION hold_ledger(whose text) RETURNS void LANGUAGE sql AS
    $$ SELECT pg_advisory_xact_lock_shared(1818584178, hashtext(whose)) $$;
CREATE FUNCTION own_ledger(whose text) RETURNS void LANGUAGE sql AS
    $$ SELECT pg_advisory_xact_lock(1818584178, hashtext(whose)) $$;

-- Both hold the ledger first, and look after that, which one statement cannot do otherwise: each
-- statement of a volatile function sees what was committed before it began.
CREATE FUNCTION held_budgets(whose text, what text, scopes text[], names text[])
RETURNS SETOF budget LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hold_ledger(whose);
    RETURN QUERY
    SELECT b.* FROM budget b
     WHERE b.organization = whose
       AND b.purpose = what
       AND (b.subject = '' OR (b.scope, b.subject) IN (SELECT s, n FROM unnest(scopes, names) AS w (s, n)));
END
$$;

CREATE FUNCTION held_reservation(which text) RETURNS SETOF reservation LANGUAGE plpgsql AS $$
DECLARE
    found_ reservation;
BEGIN
    SELECT * INTO found_ FROM reservation r WHERE r.id = which FOR NO KEY UPDATE;
    IF FOUND THEN
        PERFORM hold_ledger(found_.organization);
        RETURN NEXT found_;
    END IF;
END
$$;
