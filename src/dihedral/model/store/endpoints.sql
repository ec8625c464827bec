-- add: a new endpoint
INSERT INTO endpoint (id, organization, model, hosting, wire, upstream, url, price_input,
                      price_output, price_cached, price_written, price_reasoning, price_currency,
                      price_as_of, price_source, context, most, abilities, data, region,
                      concurrency, score, hedge, hedge_after, enabled, sealed, created_at)
VALUES (%(id)s, %(organization)s, %(model)s, %(hosting)s, %(wire)s, %(upstream)s, %(url)s,
        %(price_input)s, %(price_output)s, %(price_cached)s, %(price_written)s,
        %(price_reasoning)s, %(price_currency)s, %(price_as_of)s, %(price_source)s, %(context)s,
        %(most)s, %(abilities)s, %(data)s, %(region)s, %(concurrency)s, %(score)s, %(hedge)s,
        %(hedge_after)s, %(enabled)s, %(sealed)s, %(created_at)s)
ON CONFLICT (organization, model, wire, url, upstream) DO NOTHING;

-- serving: those of a model, with their credentials
SELECT id, organization, model, hosting, wire, upstream, url, price_input, price_output,
       price_cached, price_written, price_reasoning, price_currency, price_as_of, price_source,
       context, most, abilities, data, region, concurrency, score, hedge, hedge_after, enabled,
       sealed
  FROM endpoint
 WHERE organization = %(organization)s
   AND model = %(model)s
   AND sealed IS NOT NULL
 ORDER BY id;

-- bare: those of a model that have no credential
SELECT id, organization, model, hosting, wire, upstream, url, price_input, price_output,
       price_cached, price_written, price_reasoning, price_currency, price_as_of, price_source,
       context, most, abilities, data, region, concurrency, score, hedge, hedge_after, enabled,
       sealed
  FROM endpoint
 WHERE organization = %(organization)s
   AND model = %(model)s
   AND sealed IS NULL
 ORDER BY id;

-- lock: by id, or by the model's name; held until the transaction ends
SELECT id, organization, model, hosting, wire, upstream, url, price_input, price_output,
       price_cached, price_written, price_reasoning, price_currency, price_as_of, price_source,
       context, most, abilities, data, region, concurrency, score, hedge, hedge_after, enabled,
       sealed
  FROM endpoint
 WHERE organization = %(organization)s
   AND (id = %(key)s OR model = %(key)s)
 ORDER BY id
   FOR UPDATE;

-- page: every endpoint of an organization, by model, with how it does
SELECT e.id, e.organization, e.model, e.hosting, e.wire, e.upstream, e.url, e.price_input,
       e.price_output, e.price_cached, e.price_written, e.price_reasoning, e.price_currency,
       e.price_as_of, e.price_source, e.context, e.most, e.abilities, e.data, e.region,
       e.concurrency, e.score, e.hedge, e.hedge_after, e.enabled, e.sealed, h.answered, h.failed,
       h.latency, h.state, h.until, h.failure, h.at
  FROM endpoint AS e
  LEFT JOIN endpoint_health AS h ON h.endpoint = e.id
 WHERE e.organization = %(organization)s
   AND (%(key)s::text IS NULL OR e.id = %(key)s OR e.model = %(key)s)
 ORDER BY e.model, e.id
 LIMIT %(size)s;

-- names: the models of an organization that can be asked
SELECT DISTINCT model
  FROM endpoint
 WHERE organization = %(organization)s
   AND enabled
 ORDER BY model;

-- save: what may change of an endpoint
UPDATE endpoint
   SET hosting = %(hosting)s,
       wire = %(wire)s,
       upstream = %(upstream)s,
       url = %(url)s,
       price_input = %(price_input)s,
       price_output = %(price_output)s,
       price_cached = %(price_cached)s,
       price_written = %(price_written)s,
       price_reasoning = %(price_reasoning)s,
       price_currency = %(price_currency)s,
       price_as_of = %(price_as_of)s,
       price_source = %(price_source)s,
       context = %(context)s,
       most = %(most)s,
       abilities = %(abilities)s,
       data = %(data)s,
       region = %(region)s,
       concurrency = %(concurrency)s,
       score = %(score)s,
       hedge = %(hedge)s,
       hedge_after = %(hedge_after)s,
       enabled = %(enabled)s
 WHERE id = %(id)s;

-- keep: its credential, or none
UPDATE endpoint
   SET sealed = %(sealed)s
 WHERE id = %(id)s;

-- drop: an endpoint, and how it did
DELETE FROM endpoint
 WHERE id = %(id)s;

-- latencies: until the first token, of the endpoints of a model that answered
SELECT h.endpoint, h.latency
  FROM endpoint_health AS h
  JOIN endpoint AS e ON e.id = h.endpoint
 WHERE e.organization = %(organization)s
   AND e.model = %(model)s
   AND h.latency IS NOT NULL;

-- measured: what a process saw since it last said so; of an endpoint that is still there
INSERT INTO endpoint_health (endpoint, answered, failed, latency, state, until, failure, at)
SELECT id, %(answered)s, %(failed)s, %(latency)s, %(state)s, %(until)s, %(failure)s, %(at)s
  FROM endpoint
 WHERE id = %(endpoint)s
ON CONFLICT (endpoint) DO UPDATE
   SET answered = endpoint_health.answered + excluded.answered,
       failed = endpoint_health.failed + excluded.failed,
       latency = coalesce(excluded.latency, endpoint_health.latency),
       state = excluded.state,
       until = excluded.until,
       failure = CASE WHEN excluded.failure = '' THEN endpoint_health.failure
                      ELSE excluded.failure END,
       at = excluded.at;
