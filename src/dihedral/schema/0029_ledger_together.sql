-- What many calls of models ask of the ledger at once goes in one statement (docs/budgets.md), which
-- holds all balances that it counts on before it takes anything, in the order in which each holds
-- them alone: so two such never wait for each other in a ring.

CREATE FUNCTION hold_balances(ones reservation[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hold_ledger(o.name)
       FROM (SELECT DISTINCT one.organization AS name FROM unnest(ones) AS one ORDER BY 1) AS o;
    PERFORM
       FROM (SELECT DISTINCT one.organization, one.purpose, w.scope, w.subject, w.period, w.since,
                             w.unit
               FROM unnest(ones) AS one, places_of(one) AS w) AS w
       JOIN balance b
         ON b.organization = w.organization
        AND b.purpose = w.purpose
        AND b.scope = w.scope
        AND b.subject = w.subject
        AND b.period = w.period
        AND b.since = w.since
        AND b.unit = w.unit
      ORDER BY b.organization COLLATE "C",
               array_position('{conversation,agent,person,team,organization}', b.scope),
               b.subject COLLATE "C", b.period COLLATE "C", b.since, b.unit COLLATE "C"
        FOR NO KEY UPDATE OF b;
END
$$;

-- What became of reservations that are `told`, each by its `id`: `became`, `cost`, `input`, `output`,
-- `cached`, `written` and `reasoning`, `at`. Then what is `asked`, each as its reservation `made`, the
-- stamp `seen` and its `places`. The ids of those that there are, and of those that were taken.
CREATE FUNCTION ledger_together(told jsonb, asked jsonb) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    IF jsonb_array_length(told) + jsonb_array_length(asked) > 1 THEN
        PERFORM FROM reservation r
          WHERE r.id IN (SELECT t ->> 'id' FROM jsonb_array_elements(told) AS t)
          ORDER BY r.id
            FOR NO KEY UPDATE;
        PERFORM hold_balances(array_agg(ours.r))
           FROM (SELECT r
                   FROM reservation r
                  WHERE r.id IN (SELECT t ->> 'id' FROM jsonb_array_elements(told) AS t)
                 UNION ALL
                 SELECT jsonb_populate_record(NULL::reservation, a -> 'made')
                   FROM jsonb_array_elements(asked) AS a) AS ours (r);
    END IF;
    FOR one IN
        SELECT *
          FROM jsonb_to_recordset(told)
               AS t (id text, became text, cost numeric, input bigint, output bigint, cached bigint,
                     written bigint, reasoning bigint, at timestamptz)
    LOOP
        IF end_reservation(one.id, one.became, one.cost, one.input, one.output, one.cached,
                           one.written, one.reasoning, one.at) IS NOT NULL THEN
            RETURN NEXT one.id;
        END IF;
    END LOOP;
    FOR one IN
        SELECT jsonb_populate_record(NULL::reservation, a -> 'made') AS made,
               a ->> 'seen' AS seen,
               a -> 'places' AS places
          FROM jsonb_array_elements(asked) AS a
    LOOP
        IF take_reservation(one.made, one.seen, one.places) THEN
            RETURN NEXT (one.made).id;
        END IF;
    END LOOP;
END
$$;
