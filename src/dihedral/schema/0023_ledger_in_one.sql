-- What every call of a model asks of the ledger takes one round trip before it and one after it
-- (docs/budgets.md). The rules stay where they were: which budgets hold a spending, and on which
-- balances it counts, is said by who asks; these only look again, under the locks, whether it holds.

-- what holds the spendings of these people, as one text: another one as soon as any of it is
CREATE FUNCTION budgets_stamp(whose text, what text, scopes text[], names text[], who text)
RETURNS text LANGUAGE sql STABLE AS $$
    SELECT md5(concat(
        (SELECT string_agg(b::text, ';' ORDER BY b.id)
           FROM budget b
          WHERE b.organization = whose
            AND b.purpose = what
            AND (b.subject = ''
                 OR (b.scope, b.subject) IN (SELECT s, n FROM unnest(scopes, names) AS w (s, n)))),
        '/',
        (SELECT ROW(a.money, a.money_currency)::text
           FROM agent a
          WHERE a.organization = whose
            AND a.name = who)))
$$;

-- A reservation, held on the balances that `places` lists in their order, each with its cap or none.
-- False, and nothing done, where somebody has to look closer: budgets are others than when they had
-- the stamp `seen`, a balance was never opened, a cap is in the way, or the call holds one already.
CREATE FUNCTION take_reservation(made reservation, seen text, places jsonb)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    fits boolean;
BEGIN
    PERFORM hold_ledger(made.organization);
    IF seen IS DISTINCT FROM budgets_stamp(
        made.organization, made.purpose, '{conversation,agent,person,team,organization}',
        ARRAY[made.conversation, made.agent, made.person, made.team, made.organization], made.agent)
    THEN
        RETURN false;
    END IF;
    SELECT count(*) = jsonb_array_length(places)
           AND bool_and(l.cap IS NULL OR l.needs = 0 OR l.used + l.needs <= l.cap)
      INTO fits
      FROM (SELECT w.cap, b.held + b.spent AS used,
                   CASE w.unit WHEN made.currency THEN coalesce(made.worst, 0)
                               WHEN 'tokens' THEN made.most
                               ELSE 0 END AS needs
              FROM ROWS FROM (jsonb_to_recordset(places) AS (scope text, subject text, period text,
                                                             since date, unit text, cap numeric))
                   WITH ORDINALITY AS w (scope, subject, period, since, unit, cap, place)
              JOIN balance b
                ON b.organization = made.organization
               AND b.purpose = made.purpose
               AND b.scope = w.scope
               AND b.subject = w.subject
               AND b.period = w.period
               AND b.since = w.since
               AND b.unit = w.unit
             ORDER BY w.place
               FOR NO KEY UPDATE OF b) AS l;
    IF NOT fits THEN
        RETURN false;
    END IF;
    INSERT INTO reservation SELECT made.*
        ON CONFLICT (organization, purpose, key) WHERE status = 'held' DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE balance b
       SET held = b.held + CASE b.unit WHEN made.currency THEN coalesce(made.worst, 0)
                                       ELSE made.most END
      FROM jsonb_to_recordset(places) AS w (scope text, subject text, period text, since date, unit text)
     WHERE b.organization = made.organization
       AND b.purpose = made.purpose
       AND b.scope = w.scope
       AND b.subject = w.subject
       AND b.period = w.period
       AND b.since = w.since
       AND b.unit = w.unit
       AND b.unit IN (made.currency, 'tokens');
    RETURN true;
END
$$;

-- all balances on which a reservation may have been counted, in the order in which they are held:
-- that of `Account.place`
CREATE FUNCTION places_of(one reservation)
RETURNS TABLE (scope text, subject text, period text, since date, unit text, place bigint)
LANGUAGE sql IMMUTABLE AS $$
    SELECT s.scope, s.subject, p.period, p.since, u.unit,
           row_number() OVER (ORDER BY s.rank, s.subject COLLATE "C", p.period COLLATE "C", p.since,
                                       u.unit COLLATE "C")
      FROM (VALUES (1, 'conversation', one.conversation),
                   (2, 'agent', one.agent),
                   (3, 'person', one.person),
                   (4, 'team', one.team),
                   (5, 'organization', '')) AS s (rank, scope, subject)
     CROSS JOIN (VALUES ('ever', '0001-01-01'::date),
                        ('day', (one.at AT TIME ZONE 'UTC')::date),
                        ('month', date_trunc('month', one.at AT TIME ZONE 'UTC')::date))
           AS p (period, since)
     CROSS JOIN (VALUES (one.currency), ('tokens')) AS u (unit)
     WHERE s.subject <> ''
        OR s.scope = 'organization'
$$;

-- What became of a reservation, and so much more, or less, held and spent on the balances that there
-- are of those it counts on. What is over stays as it is, but for one that was thought lost, whose
-- real end is told after all. Null for the cost, or the input, is all that was held. Null comes back
-- where there is no such reservation.
CREATE FUNCTION end_reservation(which text, became text, cost numeric, input_ bigint, output_ bigint,
                                cached_ bigint, written_ bigint, reasoning_ bigint, moment timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    one reservation;
    final numeric;
    took bigint;
BEGIN
    SELECT * INTO one FROM reservation r WHERE r.id = which FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM hold_ledger(one.organization);
    IF one.status <> 'held' AND NOT (one.status = 'lost' AND became = 'settled') THEN
        RETURN false;
    END IF;
    final := coalesce(cost, one.worst);
    took := coalesce(input_, one.most);
    WITH locked AS (
        SELECT b.scope, b.subject, b.period, b.since, b.unit,
               CASE b.unit WHEN 'tokens' THEN one.most ELSE coalesce(one.worst, 0) END AS was,
               CASE b.unit WHEN 'tokens' THEN took + output_
                           ELSE coalesce(final, 0) END AS came
          FROM places_of(one) AS w
          JOIN balance b
            ON b.organization = one.organization
           AND b.purpose = one.purpose
           AND b.scope = w.scope
           AND b.subject = w.subject
           AND b.period = w.period
           AND b.since = w.since
           AND b.unit = w.unit
         ORDER BY w.place
           FOR NO KEY UPDATE OF b
    )
    UPDATE balance b
       SET held = b.held - CASE one.status WHEN 'held' THEN l.was ELSE 0 END,
           spent = b.spent + l.came - CASE one.status WHEN 'held' THEN 0 ELSE l.was END
      FROM locked l
     WHERE b.organization = one.organization
       AND b.purpose = one.purpose
       AND b.scope = l.scope
       AND b.subject = l.subject
       AND b.period = l.period
       AND b.since = l.since
       AND b.unit = l.unit;
    UPDATE reservation r
       SET status = became,
           money = final,
           input = took,
           output = output_,
           cached = cached_,
           written = written_,
           reasoning = reasoning_,
           ended_at = moment
     WHERE r.id = which;
    RETURN true;
END
$$;

DROP FUNCTION held_reservation(text);
