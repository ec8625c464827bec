-- What an agent handed to a person has a name, and an end.

ALTER TABLE escalation
    ADD COLUMN id         text UNIQUE,
    ADD COLUMN closed_at  timestamptz,
    ADD COLUMN closed_by  text,
    ADD COLUMN closed_why text REFERENCES blob,
    ADD CHECK ((closed_at IS NULL) = (closed_by IS NULL));

UPDATE escalation SET id = 'esc-' || substr(md5(key), 1, 24);

ALTER TABLE escalation ALTER COLUMN id SET NOT NULL;
CREATE INDEX escalation_open ON escalation (at, id) WHERE closed_at IS NULL;
