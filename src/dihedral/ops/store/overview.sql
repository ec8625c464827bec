-- days: how runs of some days ended, by the day on which they were proposed
SELECT date_trunc('day', created_at AT TIME ZONE 'UTC')::date AS day, status, count(*) AS runs
  FROM run
 WHERE workspace IN (SELECT w.id FROM workspace w WHERE w.organization = %(organization)s)
   AND (%(sight)s::text[] IS NULL OR workspace = ANY(%(sight)s))
   AND created_at >= %(since)s
 GROUP BY day, status
 ORDER BY day;

-- lead: seconds from asked for to applied, and how much of them models with their tools took to
-- propose (of what an agent proposed), people to say what was missing and to answer, and Terraform
-- with the gates to do; medians and nine of ten
SELECT count(*) AS runs,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM f.at - a.at)) AS half,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM f.at - a.at)) AS most,
       coalesce(sum(extract(epoch FROM f.at - a.at)), 0)::float8 AS whole,
       coalesce(sum(extract(epoch FROM r.created_at - a.at)) FILTER (WHERE a.agent), 0)::float8 AS models,
       coalesce(sum(extract(epoch FROM p.at - p.asked_at)), 0)::float8
         + coalesce(sum(extract(epoch FROM r.created_at - a.at)) FILTER (WHERE NOT a.agent), 0)::float8 AS people,
       coalesce(sum(s.seconds), 0)::float8 AS work
  FROM run r
  JOIN run_fact f ON f.run = r.id AND f.fact = 'applied'
 CROSS JOIN LATERAL (
       SELECT CASE WHEN r.origin ->> 'asked_at' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+([+]00:00|Z)$'
                   THEN least((r.origin ->> 'asked_at')::timestamptz, r.created_at)
                   ELSE r.created_at END AS at,
              coalesce(r.origin -> 'route' ->> 'by' = 'agent', false) AS agent) a
  LEFT JOIN LATERAL (SELECT max(at) AS at, min(asked_at) AS asked_at FROM approval
                      WHERE run = r.id AND how IN ('person', 'self')) p ON true
  LEFT JOIN LATERAL (SELECT sum(value::float8) AS seconds FROM jsonb_each_text(r.speed)) s ON true
 WHERE r.workspace IN (SELECT w.id FROM workspace w WHERE w.organization = %(organization)s)
   AND (%(sight)s::text[] IS NULL OR r.workspace = ANY(%(sight)s))
   AND r.created_at >= %(since)s;

-- ends: how many runs ended, and how
SELECT status, ended, count(*) AS runs
  FROM run
 WHERE workspace IN (SELECT w.id FROM workspace w WHERE w.organization = %(organization)s)
   AND (%(sight)s::text[] IS NULL OR workspace = ANY(%(sight)s))
   AND created_at >= %(since)s
   AND ended IS NOT NULL
 GROUP BY status, ended;

-- waits: seconds from asking to a person's answer
SELECT count(*) AS approvals,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.at - a.asked_at)) AS half,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM a.at - a.asked_at)) AS most
  FROM approval a
  JOIN run r ON r.id = a.run
 WHERE a.how IN ('person', 'self')
   AND a.asked_at IS NOT NULL
   AND r.workspace IN (SELECT w.id FROM workspace w WHERE w.organization = %(organization)s)
   AND (%(sight)s::text[] IS NULL OR r.workspace = ANY(%(sight)s))
   AND r.created_at >= %(since)s;

-- levels: how far plans reached, and what came of them
SELECT numbers -> 'risk' ->> 'level' AS level, count(*) AS runs,
       count(*) FILTER (WHERE status = 'applied') AS applied
  FROM run
 WHERE workspace IN (SELECT w.id FROM workspace w WHERE w.organization = %(organization)s)
   AND (%(sight)s::text[] IS NULL OR workspace = ANY(%(sight)s))
   AND created_at >= %(since)s
   AND numbers -> 'risk' ->> 'level' IS NOT NULL
 GROUP BY level;

-- monthly: what applied changes added a month together, by currency, and how many do not say
SELECT coalesce(numbers -> 'cost' ->> 'currency', '') AS currency,
       coalesce(sum((numbers -> 'cost' ->> 'likely')::numeric), 0) AS added,
       count(*) FILTER (WHERE numbers -> 'cost' ->> 'likely' IS NULL
                           OR jsonb_array_length(numbers -> 'cost' -> 'unpriced') > 0) AS unknown,
       count(*) AS runs
  FROM run
 WHERE workspace IN (SELECT w.id FROM workspace w WHERE w.organization = %(organization)s)
   AND (%(sight)s::text[] IS NULL OR workspace = ANY(%(sight)s))
   AND created_at >= %(since)s
   AND status = 'applied'
 GROUP BY currency;

-- sources: through what proposals came, agents apart
SELECT CASE WHEN proposer LIKE 'agent:%%' THEN 'agents'
            WHEN source LIKE 'blueprint:%%' THEN 'reflex'
            ELSE 'people' END AS way, count(*) AS runs,
       count(*) FILTER (WHERE status = 'applied') AS applied
  FROM run
 WHERE workspace IN (SELECT w.id FROM workspace w WHERE w.organization = %(organization)s)
   AND (%(sight)s::text[] IS NULL OR workspace = ANY(%(sight)s))
   AND created_at >= %(since)s
 GROUP BY way;

-- blueprints: those that were used most
SELECT substr(source, length('blueprint:') + 1) AS blueprint, count(*) AS runs
  FROM run
 WHERE workspace IN (SELECT w.id FROM workspace w WHERE w.organization = %(organization)s)
   AND (%(sight)s::text[] IS NULL OR workspace = ANY(%(sight)s))
   AND created_at >= %(since)s
   AND source LIKE 'blueprint:%%'
 GROUP BY blueprint
 ORDER BY runs DESC, blueprint
 LIMIT 8;
