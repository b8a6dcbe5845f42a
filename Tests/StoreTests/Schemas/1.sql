PRAGMA application_id = 1447446863;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE node (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    position INTEGER NOT NULL,
    description TEXT NOT NULL CHECK (json_valid(description)),
    imported_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;
INSERT INTO node VALUES(1,'pve1',0,'{"connection":{"address":"192.0.2.1","become":"no","identityFiles":[],"jumps":[]},"groups":[],"labels":{},"name":"pve1"}',0,0,NULL);
INSERT INTO node VALUES(2,'pve2',1,'{"connection":{"address":"192.0.2.1","become":"no","identityFiles":[],"jumps":[]},"groups":[],"labels":{},"name":"pve2"}',0,0,NULL);
CREATE TABLE node_change (
    id INTEGER PRIMARY KEY,
    node_id INTEGER NOT NULL REFERENCES node (id),
    at INTEGER NOT NULL,
    change TEXT NOT NULL CHECK (change IN ('added', 'changed', 'returned', 'retired')),
    description TEXT NOT NULL CHECK (json_valid(description))
) STRICT;
INSERT INTO node_change VALUES(1,1,0,'added','{"connection":{"address":"192.0.2.1","become":"no","identityFiles":[],"jumps":[]},"groups":[],"labels":{},"name":"pve1"}');
INSERT INTO node_change VALUES(2,2,0,'added','{"connection":{"address":"192.0.2.1","become":"no","identityFiles":[],"jumps":[]},"groups":[],"labels":{},"name":"pve2"}');
CREATE TABLE sweep (
    id INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    requested INTEGER NOT NULL CHECK (requested >= 0),
    observed INTEGER NOT NULL DEFAULT 0 CHECK (observed >= 0),
    failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
    CHECK (observed + failed <= requested)
) STRICT;
INSERT INTO sweep VALUES(1,1000,3000,2,1,1);
CREATE TABLE answer (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    raw BLOB NOT NULL
) STRICT;
INSERT INTO answer VALUES(1,X'752c1f347c881c8b0006dd8a2b2d3b57fd98e717b631c3dea8178824a36d3589',X'5646494f464c4545542d50524f424520312030300a403030202e20300a');
CREATE TABLE observation (
    id INTEGER PRIMARY KEY,
    node_id INTEGER NOT NULL REFERENCES node (id),
    answer_id INTEGER NOT NULL REFERENCES answer (id),
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL CHECK (last_seen >= first_seen),
    times INTEGER NOT NULL DEFAULT 1 CHECK (times > 0),
    is_current INTEGER NOT NULL CHECK (is_current IN (0, 1))
) STRICT;
INSERT INTO observation VALUES(1,1,1,1000,2000,3,1);
CREATE TABLE failure (
    id INTEGER PRIMARY KEY,
    node_id INTEGER NOT NULL REFERENCES node (id),
    code TEXT NOT NULL CHECK (code <> ''),
    message TEXT NOT NULL,
    advice TEXT,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL CHECK (last_seen >= first_seen),
    times INTEGER NOT NULL DEFAULT 1 CHECK (times > 0),
    is_current INTEGER NOT NULL CHECK (is_current IN (0, 1))
) STRICT;
INSERT INTO failure VALUES(1,2,'ssh-timed-out','No answer within 10 s.','Look at the network.',1000,2000,2,1);
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('1 nodes and observations');
CREATE INDEX node_change_of_node ON node_change (node_id, id);
CREATE INDEX observation_of_node ON observation (node_id, id);
CREATE INDEX observation_of_answer ON observation (answer_id);
CREATE UNIQUE INDEX observation_current ON observation (node_id) WHERE is_current = 1;
CREATE INDEX failure_of_node ON failure (node_id, id);
CREATE UNIQUE INDEX failure_current ON failure (node_id) WHERE is_current = 1;
COMMIT;
