-- What a workspace's owners let pass: a YAML document, empty where the server's holds.
ALTER TABLE workspace ADD COLUMN terms text NOT NULL DEFAULT '';
