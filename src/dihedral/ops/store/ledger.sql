-- hold: what budgets there are stays as it is until the transaction ends
SELECT hold_ledger(%(organization)s);

-- own: the same, and nobody reserves or settles meanwhile
SELECT own_ledger(%(organization)s);

-- budgets: those for each, and those of whom it is
SELECT id, organization, scope, subject, period, purpose, money, currency, tokens, set_by, set_at
  FROM budget
 WHERE organization = %(organization)s
   AND purpose = %(purpose)s
   AND (subject = '' OR (scope, subject) IN (SELECT s, n FROM unnest(%(scopes)s::text[], %(names)s::text[]) AS w (s, n)));

-- limit: what an agent's models may cost a month, by its own limits
SELECT money, money_currency
  FROM agent
 WHERE organization = %(organization)s
   AND name = %(agent)s;

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

-- move: so much more, or less, held and spent, of balances that are locked
UPDATE balance b
   SET held = b.held + w.held,
       spent = b.spent + w.spent
  FROM unnest(%(scopes)s::text[], %(subjects)s::text[], %(periods)s::text[], %(sinces)s::date[],
              %(units)s::text[], %(held)s::numeric[], %(spent)s::numeric[])
       AS w (scope, subject, period, since, unit, held, spent)
 WHERE b.organization = %(organization)s
   AND b.purpose = %(purpose)s
   AND b.scope = w.scope
   AND b.subject = w.subject
   AND b.period = w.period
   AND b.since = w.since
   AND b.unit = w.unit;

-- add: a reservation, unless the same call holds one
INSERT INTO reservation (id, organization, purpose, key, status, conversation, turn, agent, person,
                         team, model, endpoint, currency, worst, most, at)
VALUES (%(id)s, %(organization)s, %(purpose)s, %(key)s, 'held', %(conversation)s, %(turn)s,
        %(agent)s, %(person)s, %(team)s, %(model)s, %(endpoint)s, %(currency)s, %(worst)s, %(most)s,
        %(at)s)
    ON CONFLICT (organization, purpose, key) WHERE status = 'held' DO NOTHING;

-- held: the reservation that a call holds
SELECT id
  FROM reservation
 WHERE organization = %(organization)s
   AND purpose = %(purpose)s
   AND key = %(key)s
   AND status = 'held';

-- taken: a reservation, held until the transaction ends
SELECT id, organization, purpose, key, status, conversation, turn, agent, person, team, model,
       endpoint, currency, worst, most, money, at
  FROM reservation
 WHERE id = %(id)s
   FOR NO KEY UPDATE;

-- end: what became of a reservation
UPDATE reservation
   SET status = %(status)s,
       money = %(money)s,
       input = %(input)s,
       output = %(output)s,
       cached = %(cached)s,
       written = %(written)s,
       reasoning = %(reasoning)s,
       ended_at = %(at)s
 WHERE id = %(id)s;

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
