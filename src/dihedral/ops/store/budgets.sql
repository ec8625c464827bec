-- page: the budgets that are set
SELECT id, organization, scope, subject, period, purpose, money, currency, tokens, set_by, set_at
  FROM budget
 WHERE organization = %(organization)s
 ORDER BY purpose DESC, scope, subject, period;

-- put: a budget, in place of the one for the same
INSERT INTO budget (organization, id, scope, subject, period, purpose, money, currency, tokens,
                    set_by, set_at)
VALUES (%(organization)s, %(id)s, %(scope)s, %(subject)s, %(period)s, %(purpose)s, %(money)s,
        %(currency)s, %(tokens)s, %(set_by)s, %(set_at)s)
    ON CONFLICT (organization, purpose, scope, subject, period) DO UPDATE
   SET money = excluded.money,
       currency = excluded.currency,
       tokens = excluded.tokens,
       set_by = excluded.set_by,
       set_at = excluded.set_at;

-- drop: a budget
DELETE FROM budget
 WHERE organization = %(organization)s
   AND id = %(id)s;

-- clear: what is counted for a scope and a period, to be counted anew
DELETE FROM balance
 WHERE organization = %(organization)s
   AND purpose = %(purpose)s
   AND scope = %(scope)s
   AND period = %(period)s;

-- count: what is held and spent, from the reservations: in this period, and in those of which
-- something may be held still; of all subjects, or of some
INSERT INTO balance (organization, purpose, scope, subject, period, since, unit, held, spent)
SELECT %(organization)s, %(purpose)s, %(scope)s, c.subject, %(period)s, c.since, c.unit,
       coalesce(sum(c.worst) FILTER (WHERE c.status = 'held'), 0),
       coalesce(sum(c.cost) FILTER (WHERE c.status <> 'held'), 0)
  FROM (SELECT r.status, u.unit, u.worst, u.cost,
               CASE %(scope)s WHEN 'conversation' THEN r.conversation
                              WHEN 'agent' THEN r.agent
                              WHEN 'person' THEN r.person
                              WHEN 'team' THEN r.team
                              ELSE '' END AS subject,
               CASE %(period)s WHEN 'day' THEN (r.at AT TIME ZONE 'UTC')::date
                               WHEN 'month' THEN date_trunc('month', r.at AT TIME ZONE 'UTC')::date
                               ELSE '0001-01-01'::date END AS since
          FROM reservation r
         CROSS JOIN LATERAL (VALUES (r.currency, r.worst, r.money),
                                    ('tokens', r.most, r.input + r.output)) AS u (unit, worst, cost)
         WHERE r.organization = %(organization)s
           AND r.purpose = %(purpose)s
           AND r.status <> 'released') AS c
 WHERE c.since >= %(since)s::date - 62
   AND (c.subject <> '' OR %(scope)s = 'organization')
   AND (%(subjects)s::text[] IS NULL OR c.subject = ANY(%(subjects)s))
 GROUP BY c.subject, c.since, c.unit;

-- balances: of a budget in one period, those with the most first; of all subjects, or of one
SELECT subject, unit, held, spent
  FROM balance
 WHERE organization = %(organization)s
   AND purpose = %(purpose)s
   AND scope = %(scope)s
   AND period = %(period)s
   AND since = %(since)s
   AND unit = ANY(%(units)s)
   AND (%(subject)s::text IS NULL OR subject = %(subject)s)
 ORDER BY held + spent DESC, subject
 LIMIT %(most)s;

-- limits: what agents' models may cost a month, by their own limits
SELECT name, money, money_currency
  FROM agent
 WHERE organization = %(organization)s
   AND money IS NOT NULL
 ORDER BY name;

-- report: what was spent and is held, by something, the dearest first; of all, or of one person
SELECT CASE %(by)s WHEN 'agent' THEN r.agent
                   WHEN 'person' THEN r.person
                   WHEN 'team' THEN r.team
                   WHEN 'model' THEN r.model
                   WHEN 'endpoint' THEN r.endpoint
                   WHEN 'conversation' THEN r.conversation
                   WHEN 'day' THEN to_char(r.at AT TIME ZONE 'UTC', 'YYYY-MM-DD')
                   WHEN 'month' THEN to_char(r.at AT TIME ZONE 'UTC', 'YYYY-MM')
                   ELSE '' END AS name,
       r.purpose, r.currency,
       count(*) AS entries,
       coalesce(sum(r.money) FILTER (WHERE r.status <> 'held'), 0) AS spent,
       coalesce(sum(r.worst) FILTER (WHERE r.status = 'held'), 0) AS held,
       count(*) FILTER (WHERE CASE r.status WHEN 'held' THEN r.worst ELSE r.money END IS NULL)
           AS unknown,
       count(*) FILTER (WHERE r.status = 'lost') AS lost,
       sum(r.input) AS input, sum(r.output) AS output, sum(r.cached) AS cached,
       sum(r.written) AS written, sum(r.reasoning) AS reasoning
  FROM reservation r
 WHERE r.organization = %(organization)s
   AND r.status <> 'released'
   AND (%(since)s::timestamptz IS NULL OR r.at >= %(since)s)
   AND (%(until)s::timestamptz IS NULL OR r.at < %(until)s)
   AND (%(person)s::text IS NULL OR r.person = %(person)s)
 GROUP BY 1, r.purpose, r.currency
 ORDER BY 5 DESC, 6 DESC, 1
 LIMIT %(most)s;
