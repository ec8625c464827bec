-- statuses: how many runs are in each
SELECT status, count(*) AS runs
  FROM run
 GROUP BY status;

-- rulings: how often each gate ruled what
SELECT gate, ruling, count(*) AS verdicts
  FROM verdict
 GROUP BY gate, ruling;

-- ends: how many runs a person declined, and how many nobody answered in time
SELECT fact, count(*) AS runs
  FROM run_fact
 WHERE fact IN ('expired', 'discarded')
 GROUP BY fact;

-- approvals: by how they were given and how they ended
SELECT how, ended_as, count(*) AS approvals, count(*) FILTER (WHERE 'policy' = ANY (overrides)) AS overrides
  FROM approval
 GROUP BY how, ended_as;

-- waits: how many people's approvals came within so many seconds of asking
SELECT bound, count(*) AS approvals
  FROM approval, unnest(%(bounds)s::float8[]) AS bound
 WHERE how IN ('person', 'self')
   AND extract(epoch FROM at - asked_at) <= bound
 GROUP BY bound;

-- waited: how long people's approvals took, all together
SELECT count(*) AS approvals, coalesce(sum(extract(epoch FROM at - asked_at)), 0)::float8 AS seconds
  FROM approval
 WHERE how IN ('person', 'self')
   AND asked_at IS NOT NULL;

-- money: what organizations spent and hold together since the first of a month
SELECT purpose, unit, sum(held) AS held, sum(spent) AS spent
  FROM balance
 WHERE scope = 'organization'
   AND period = 'month'
   AND since = %(since)s
 GROUP BY purpose, unit
 ORDER BY purpose, unit;

-- held: how many reservations are not over
SELECT purpose, count(*) AS held
  FROM reservation
 WHERE status = 'held'
 GROUP BY purpose;
