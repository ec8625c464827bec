-- own: what budgets there are stays as it is until the transaction ends, and nobody reserves or settles
SELECT own_ledger(%(organization)s);

-- asked: the ledger held, the budgets for each and for whom it is, what the agent's models may cost
-- by its own limits, and what the call holds already; one row also where no budget is set
SELECT b.id, b.organization, b.scope, b.subject, b.period, b.purpose, b.money, b.currency, b.tokens,
       b.set_by, b.set_at, a.name AS agent, a.money AS most, a.money_currency AS most_currency,
       r.id AS known,
       budgets_stamp(%(organization)s, %(purpose)s, %(scopes)s::text[], %(names)s::text[],
                     %(agent)s) AS stamp
  FROM (VALUES (1)) AS one (n)
  LEFT JOIN LATERAL held_budgets(%(organization)s, %(purpose)s, %(scopes)s::text[],
                                 %(names)s::text[]) AS b
    ON true
  LEFT JOIN agent a
    ON a.organization = %(organization)s
   AND a.name = %(agent)s
  LEFT JOIN reservation r
    ON r.organization = %(organization)s
   AND r.purpose = %(purpose)s
   AND r.key = %(key)s
   AND r.status = 'held';

-- together: what became of many reservations, and more of them, those that need no closer look
SELECT done.id
  FROM ledger_together(%(told)s::jsonb, %(asked)s::jsonb) AS done (id);

-- lock: balances, held in the order in which they are asked for until the transaction ends
SELECT w.place, b.held, b.spent
  FROM unnest(%(scopes)s::text[], %(subjects)s::text[], %(periods)s::text[], %(sinces)s::date[],
              %(units)s::text[]) WITH ORDINALITY AS w (scope, subject, period, since, unit, place)
  JOIN balance b
    ON b.organization = %(organization)s
   AND b.purpose = %(purpose)s
   AND b.scope = w.scope
   AND b.subject = w.subject
   AND b.period = w.period
   AND b.since = w.since
   AND b.unit = w.unit
 ORDER BY w.place
   FOR NO KEY UPDATE OF b;

-- open: balances of nothing, where there are none yet
INSERT INTO balance (organization, purpose, scope, subject, period, since, unit)
SELECT %(organization)s, %(purpose)s, w.scope, w.subject, w.period, w.since, w.unit
  FROM unnest(%(scopes)s::text[], %(subjects)s::text[], %(periods)s::text[], %(sinces)s::date[],
              %(units)s::text[]) WITH ORDINALITY AS w (scope, subject, period, since, unit, place)
 ORDER BY w.place
    ON CONFLICT DO NOTHING;

-- enter: a reservation, unless the same call holds one, and so much more held on balances that are
-- locked; nothing at all where it does
WITH added AS (
    INSERT INTO reservation (id, organization, purpose, key, status, conversation, turn, agent,
                             person, team, model, endpoint, currency, worst, most, at)
    VALUES (%(id)s, %(organization)s, %(purpose)s, %(key)s, 'held', %(conversation)s, %(turn)s,
            %(agent)s, %(person)s, %(team)s, %(model)s, %(endpoint)s, %(currency)s, %(worst)s,
            %(most)s, %(at)s)
        ON CONFLICT (organization, purpose, key) WHERE status = 'held' DO NOTHING
    RETURNING id
), moved AS (
    UPDATE balance b
       SET held = b.held + w.held
      FROM unnest(%(scopes)s::text[], %(subjects)s::text[], %(periods)s::text[],
                  %(sinces)s::date[], %(units)s::text[], %(amounts)s::numeric[])
           AS w (scope, subject, period, since, unit, held)
     WHERE EXISTS (SELECT 1 FROM added)
       AND b.organization = %(organization)s
       AND b.purpose = %(purpose)s
       AND b.scope = w.scope
       AND b.subject = w.subject
       AND b.period = w.period
       AND b.since = w.since
       AND b.unit = w.unit
)
SELECT id FROM added;

-- held: the reservation that a call holds
SELECT id
  FROM reservation
 WHERE organization = %(organization)s
   AND purpose = %(purpose)s
   AND key = %(key)s
   AND status = 'held';

-- stale: calls whose end nobody has told for long, the oldest first
SELECT id
  FROM reservation
 WHERE status = 'held'
   AND purpose = 'thinking'
   AND at < %(before)s
 ORDER BY at, id
 LIMIT %(most)s;

-- orphans: what is held for runs that are gone, with their workspaces
SELECT id
  FROM reservation
 WHERE status = 'held'
   AND purpose = 'building'
   AND NOT EXISTS (SELECT 1 FROM run WHERE run.id = reservation.key)
 ORDER BY id
 LIMIT %(most)s;

-- of_conversations: what was held and spent for them, in order
SELECT id, purpose, key, status, conversation, turn, agent, person, team, model,
       endpoint, currency, worst, most, money, input, output, cached, written, reasoning, at, ended_at
  FROM reservation
 WHERE organization = %(organization)s
   AND conversation = ANY(%(conversations)s::text[])
 ORDER BY at, id;
