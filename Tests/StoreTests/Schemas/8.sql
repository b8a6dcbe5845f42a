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
CREATE TABLE plan (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    purpose TEXT NOT NULL CHECK (purpose IN ('apply', 'undo')),
    playbook TEXT NOT NULL CHECK (json_valid(playbook)),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "plan" VALUES(X'9d82cf8e30736b5f83744bc264d5e3148c155658b40e6307283a17e9e5a94c00','apply','{"name":"gpu","nodes":"all","overrides":[],"rollout":{"batch":{"count":{"_0":2}},"canaries":1,"pauseSeconds":10,"returnWithinSeconds":600},"settings":{"adopt":{"choices":{},"usual":"report"},"bind":"auto","blacklist":["nouveau","nvidia"],"complianceOnly":false,"devices":[],"files":"guide","guests":[],"kernel":{"all":[]},"modules":["vfio","vfio_iommu_type1","vfio_pci"],"network":"check","vfio":{"disableVGA":true,"softdep":"auto"}}}',1000);
CREATE TABLE plan_node (
    plan BLOB NOT NULL REFERENCES plan (digest),
    position INTEGER NOT NULL CHECK (position >= 0),
    node_id INTEGER NOT NULL REFERENCES node (id),
    verdict TEXT NOT NULL CHECK (verdict IN ('unchanged', 'change', 'blocked', 'unreachable')),
    entry TEXT NOT NULL CHECK (json_valid(entry)),
    PRIMARY KEY (plan, position),
    UNIQUE (plan, node_id)
) STRICT;
INSERT INTO plan_node VALUES(X'9d82cf8e30736b5f83744bc264d5e3148c155658b40e6307283a17e9e5a94c00',0,1,'change','{"facts":"0694aacb66d62e742a92e8d5f1e82bd9d2a8ca1be88744201fbe63d0f5007502","plan":{"commands":["update-initramfs -u -k all"],"files":[{"after":{"text":"vfio\n"},"before":{"text":"# keep\n"},"path":"/etc/modules"}],"guests":[],"node":"pve1","reasons":[],"reboot":true,"verdict":"change","wanted":[]},"settings":{"adopt":{"choices":{},"usual":"report"},"bind":"auto","blacklist":["nouveau","nvidia"],"complianceOnly":false,"devices":[],"files":"guide","guests":[],"kernel":{"all":[]},"modules":["vfio","vfio_iommu_type1","vfio_pci"],"network":"check","vfio":{"disableVGA":true,"softdep":"auto"}}}');
INSERT INTO plan_node VALUES(X'9d82cf8e30736b5f83744bc264d5e3148c155658b40e6307283a17e9e5a94c00',1,2,'change','{"facts":"0694aacb66d62e742a92e8d5f1e82bd9d2a8ca1be88744201fbe63d0f5007502","plan":{"commands":["update-initramfs -u -k all"],"files":[{"after":{"text":"vfio\n"},"before":{"text":"# keep\n"},"path":"/etc/modules"}],"guests":[],"node":"pve2","reasons":[],"reboot":true,"verdict":"change","wanted":[]},"settings":{"adopt":{"choices":{},"usual":"report"},"bind":"auto","blacklist":["nouveau","nvidia"],"complianceOnly":false,"devices":[],"files":"guide","guests":[],"kernel":{"all":[]},"modules":["vfio","vfio_iommu_type1","vfio_pci"],"network":"check","vfio":{"disableVGA":true,"softdep":"auto"}}}');
CREATE TABLE fencing (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL CHECK (number >= 0)
) STRICT;
INSERT INTO fencing VALUES(1,2000);
CREATE TABLE lease (
    name TEXT PRIMARY KEY CHECK (name <> ''),
    holder TEXT NOT NULL CHECK (holder <> ''),
    number INTEGER NOT NULL UNIQUE CHECK (number > 0),
    acquired_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO lease VALUES('rollout/r1','anna',2000,2000,32000);
CREATE TABLE rollout (
    id TEXT PRIMARY KEY CHECK (id <> ''),
    plan BLOB NOT NULL REFERENCES plan (digest),
    phase TEXT NOT NULL CHECK (phase <> ''),
    is_finished INTEGER NOT NULL CHECK (is_finished IN (0, 1)),
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    last_event INTEGER NOT NULL CHECK (last_event >= 0),
    header TEXT NOT NULL CHECK (json_valid(header))
) STRICT, WITHOUT ROWID;
INSERT INTO rollout VALUES('r1',X'9d82cf8e30736b5f83744bc264d5e3148c155658b40e6307283a17e9e5a94c00','draining',0,2000,'anna',4000,2,'{"id":"r1","phase":{"draining":{}},"plan":"9d82cf8e30736b5f83744bc264d5e3148c155658b40e6307283a17e9e5a94c00","settings":{"batch":{"count":{"_0":2}},"canaries":1,"pauseSeconds":10,"returnWithinSeconds":600},"wave":0}');
CREATE TABLE rollout_node (
    rollout TEXT NOT NULL REFERENCES rollout (id),
    position INTEGER NOT NULL CHECK (position >= 0),
    node_id INTEGER NOT NULL REFERENCES node (id),
    state TEXT NOT NULL CHECK (json_valid(state)),
    PRIMARY KEY (rollout, position),
    UNIQUE (rollout, node_id)
) STRICT, WITHOUT ROWID;
INSERT INTO rollout_node VALUES('r1',0,1,'{"attempt":1,"node":"pve1","retries":0,"state":{"active":{"_0":{"locking":{}}}},"wave":0,"work":{"commands":["update-initramfs -u -k all"],"guests":[],"reboots":true,"writesFiles":true}}');
INSERT INTO rollout_node VALUES('r1',1,2,'{"attempt":0,"node":"pve2","retries":0,"state":{"queued":{}},"wave":1,"work":{"commands":["update-initramfs -u -k all"],"guests":[],"reboots":true,"writesFiles":true}}');
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('1 nodes and observations');
INSERT INTO grdb_migrations VALUES('2 plans and roll-outs');
INSERT INTO grdb_migrations VALUES('3 chained audit log');
INSERT INTO grdb_migrations VALUES('4 orders to roll-outs');
INSERT INTO grdb_migrations VALUES('5 scheduled compliance');
INSERT INTO grdb_migrations VALUES('6 alerts and proposals');
INSERT INTO grdb_migrations VALUES('7 users');
INSERT INTO grdb_migrations VALUES('8 cards and looks');
CREATE TABLE audit (
    id INTEGER PRIMARY KEY CHECK (id > 0),
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action <> ''),
    subject TEXT NOT NULL,
    detail TEXT NOT NULL CHECK (json_valid(detail)),
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32)
) STRICT;
INSERT INTO audit VALUES(1,0,'anna','inventory-import','inventory','{"added":2,"changed":0,"retired":0}',X'9544cf99180b1a09a235a588ee68fb872e8ee390cdf41c0780e3e54eff4d3ea0');
INSERT INTO audit VALUES(2,2000,'anna','rollout-create','r1','{"plan":"9d82cf8e30736b5f83744bc264d5e3148c155658b40e6307283a17e9e5a94c00","purpose":"apply"}',X'eb31463bbbd1f871f5461b6f34bcf07a7c6a0a5ce9f7fa4e163789f5e9350d0c');
INSERT INTO audit VALUES(3,2000,'anna','lease-take','rollout/r1','{"number":2000}',X'e9e2746a040402beb3ef50e1554ee154d00d96de4f9672a1750eb35ceb230ae6');
CREATE TABLE rollout_event (
    rollout TEXT NOT NULL REFERENCES rollout (id),
    number INTEGER NOT NULL CHECK (number > 0),
    at INTEGER NOT NULL,
    fencing INTEGER NOT NULL CHECK (fencing > 0),
    event TEXT NOT NULL CHECK (json_valid(event)),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (rollout, number)
) STRICT, WITHOUT ROWID;
INSERT INTO rollout_event VALUES('r1',1,3000,2000,'{"at":3000,"kind":{"start":{}}}',X'bb5c3594b1638c7bdc10dcd1616f172b648ac07d54ffe853bc1893a621ebec92');
INSERT INTO rollout_event VALUES('r1',2,4000,2000,'{"at":4000,"kind":{"suspend":{}}}',X'78215f6e24cd381cc82c8ef0c76b1089557c5499d426e032b2aa7b871357a0af');
CREATE TABLE rollout_order (
    id INTEGER PRIMARY KEY,
    rollout TEXT NOT NULL REFERENCES rollout (id),
    "order" TEXT NOT NULL CHECK (json_valid("order")),
    given_at INTEGER NOT NULL,
    given_by TEXT NOT NULL,
    taken_at INTEGER
) STRICT;
INSERT INTO rollout_order VALUES(1,'r1','{"suspend":{}}',2500,'anna',2600);
CREATE TABLE verification (
    playbook TEXT NOT NULL CHECK (playbook <> ''),
    node_id INTEGER NOT NULL REFERENCES node (id),
    tried_at INTEGER NOT NULL,
    observed_at INTEGER,
    PRIMARY KEY (playbook, node_id)
) STRICT, WITHOUT ROWID;
INSERT INTO verification VALUES('gpu',1,5000,5000);
CREATE TABLE rule_standing (
    id INTEGER PRIMARY KEY,
    playbook TEXT NOT NULL,
    node_id INTEGER NOT NULL,
    rule TEXT NOT NULL CHECK (rule <> ''),
    device TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pass', 'fail', 'unknown')),
    message TEXT NOT NULL,
    evidence TEXT NOT NULL CHECK (json_valid(evidence)),
    settings BLOB NOT NULL CHECK (length(settings) = 32),
    first_seen INTEGER NOT NULL,
    ended_at INTEGER, drift TEXT CHECK (drift IN ('corrective', 'intentional')),
    FOREIGN KEY (playbook, node_id) REFERENCES verification (playbook, node_id)
) STRICT;
INSERT INTO rule_standing VALUES(1,'gpu',1,'driver','0000:01:00.0','pass','It is on vfio-pci.','[]',X'cde0fb0dec1400c54a0f7e7eafa73624c53e4da258bbd34b3380a0defeba95c1',3000,4000,NULL);
INSERT INTO rule_standing VALUES(2,'gpu',1,'driver','0000:01:00.0','fail','It is on nouveau.','[]',X'cde0fb0dec1400c54a0f7e7eafa73624c53e4da258bbd34b3380a0defeba95c1',4000,5000,NULL);
INSERT INTO rule_standing VALUES(3,'gpu',1,'driver','0000:01:00.0','fail','It is on nvidia.','[]',X'cde0fb0dec1400c54a0f7e7eafa73624c53e4da258bbd34b3380a0defeba95c1',5000,NULL,NULL);
CREATE TABLE exemption (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    node_id INTEGER NOT NULL REFERENCES node (id),
    rule TEXT,
    device TEXT,
    owner TEXT NOT NULL CHECK (owner <> ''),
    reason TEXT NOT NULL CHECK (reason <> ''),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL CHECK (expires_at > created_at),
    withdrawn_at INTEGER
, expiry_told_at INTEGER) STRICT;
INSERT INTO exemption VALUES(1,1,'driver',NULL,'anna','card on loan',1000,4102444800000,NULL,NULL);
INSERT INTO exemption VALUES(2,2,NULL,NULL,'anna','was mended',1000,2000,NULL,2000);
CREATE TABLE schedule (
    name TEXT PRIMARY KEY CHECK (name <> ''),
    definition TEXT NOT NULL CHECK (json_valid(definition)),
    known_since INTEGER NOT NULL,
    begun_at INTEGER,
    ended_at INTEGER,
    outcome TEXT CHECK (outcome IS NULL OR json_valid(outcome)),
    retired_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO schedule VALUES('nightly','{"cron":"30 3 * * *","jitterSeconds":0,"name":"nightly","playbook":"/etc/vfiofleet/gpu.yaml","zone":"UTC"}',1000,2000,3000,'{"changes":1,"compliant":0,"noncompliant":1,"unknown":0}',NULL);
CREATE TABLE alert (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))) CHECK (length(uid) = 32),
    receiver TEXT NOT NULL CHECK (receiver <> ''),
    document TEXT NOT NULL CHECK (json_valid(document)),
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    due_at INTEGER,
    sent_at INTEGER,
    error TEXT CHECK (error IS NULL OR json_valid(error)),
    CHECK (sent_at IS NULL OR due_at IS NULL)
) STRICT;
CREATE TABLE proposal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    plan BLOB NOT NULL REFERENCES plan (digest),
    schedule TEXT NOT NULL CHECK (schedule <> ''),
    mode TEXT NOT NULL CHECK (mode IN ('propose', 'apply')),
    proposed_at INTEGER NOT NULL,
    rejected_at INTEGER,
    rejected_by TEXT,
    told_at INTEGER
) STRICT;
INSERT INTO proposal VALUES(1,X'9d82cf8e30736b5f83744bc264d5e3148c155658b40e6307283a17e9e5a94c00','nightly','propose',3000,NULL,NULL,NULL);
CREATE TABLE web_user (
    name TEXT PRIMARY KEY CHECK (name <> ''),
    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'approver')),
    password TEXT NOT NULL CHECK (password LIKE 'scrypt$%'),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO web_user VALUES('anna','approver','scrypt$15$8$3$cJZ9PiBfsICc/aJZd62gkA==$P0YnqOrtIgJOhNc53qswmyVqPtQpSKJhNcoAoz2xiec=',3000,3000);
CREATE TABLE api_token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user TEXT NOT NULL REFERENCES web_user (name) ON DELETE CASCADE,
    title TEXT NOT NULL CHECK (title <> ''),
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    created_at INTEGER NOT NULL,
    expires_at INTEGER CHECK (expires_at > created_at),
    revoked_at INTEGER
) STRICT;
INSERT INTO api_token VALUES(1,'anna','nightly report',X'477a8b3738fe6f0eb63e1f9d7a79b29a29fcc8cd695bfcfb76150b92288d4665',3000,NULL,NULL);
CREATE TABLE web_session (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    user TEXT NOT NULL REFERENCES web_user (name) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL CHECK (expires_at > created_at)
) STRICT, WITHOUT ROWID;
INSERT INTO web_session VALUES(X'0000000000000000000000000000000000000000000000000000000000000000','anna',3000,4000);
CREATE TABLE rollout_request (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    plan BLOB NOT NULL REFERENCES plan (digest),
    asked_by TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    decided_by TEXT,
    decided_at INTEGER,
    rollout TEXT REFERENCES rollout (id),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (rollout IS NULL OR decided_at IS NOT NULL)
) STRICT;
INSERT INTO rollout_request VALUES(1,X'9d82cf8e30736b5f83744bc264d5e3148c155658b40e6307283a17e9e5a94c00','otto@web',3000,NULL,NULL,NULL);
CREATE TABLE card_summary (
    node_id INTEGER PRIMARY KEY REFERENCES node (id),
    answer BLOB NOT NULL CHECK (length(answer) = 32),
    reader TEXT NOT NULL CHECK (reader <> ''),
    total INTEGER NOT NULL CHECK (total >= 0),
    ready INTEGER NOT NULL CHECK (ready BETWEEN 0 AND total),
    held INTEGER NOT NULL CHECK (held BETWEEN 0 AND total),
    shared INTEGER NOT NULL CHECK (shared BETWEEN 0 AND total),
    blocked INTEGER NOT NULL CHECK (blocked BETWEEN 0 AND total),
    degraded INTEGER NOT NULL CHECK (degraded BETWEEN 0 AND total),
    cards TEXT NOT NULL CHECK (json_valid(cards))
) STRICT;
CREATE TABLE look_day (
    node_id INTEGER NOT NULL REFERENCES node (id),
    day INTEGER NOT NULL CHECK (day % 86400000 = 0),
    observed INTEGER NOT NULL CHECK (observed IN (0, 1)),
    PRIMARY KEY (node_id, day)
) STRICT, WITHOUT ROWID;
INSERT INTO look_day VALUES(1,0,1);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('exemption',2);
INSERT INTO sqlite_sequence VALUES('proposal',1);
INSERT INTO sqlite_sequence VALUES('api_token',1);
INSERT INTO sqlite_sequence VALUES('rollout_request',1);
CREATE INDEX node_change_of_node ON node_change (node_id, id);
CREATE INDEX observation_of_node ON observation (node_id, id);
CREATE INDEX observation_of_answer ON observation (answer_id);
CREATE UNIQUE INDEX observation_current ON observation (node_id) WHERE is_current = 1;
CREATE INDEX failure_of_node ON failure (node_id, id);
CREATE UNIQUE INDEX failure_current ON failure (node_id) WHERE is_current = 1;
CREATE TRIGGER fencing_only_grows BEFORE UPDATE ON fencing WHEN NEW.number <= OLD.number
BEGIN SELECT raise(ABORT, 'a fencing number only grows'); END;
CREATE TRIGGER fencing_stays BEFORE DELETE ON fencing
BEGIN SELECT raise(ABORT, 'the fencing number stays'); END;
CREATE INDEX rollout_open ON rollout (is_finished, created_at);
CREATE INDEX rollout_of_node ON rollout_node (node_id);
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
WHEN NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM audit)
BEGIN SELECT raise(ABORT, 'the audit log has no gaps'); END;
CREATE TRIGGER audit_kept BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is only appended to'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is only appended to'); END;
CREATE TRIGGER rollout_event_in_order BEFORE INSERT ON rollout_event
WHEN NEW.number <> 1 + (SELECT coalesce(max(number), 0) FROM rollout_event WHERE rollout = NEW.rollout)
BEGIN SELECT raise(ABORT, 'a journal has no gaps'); END;
CREATE TRIGGER rollout_event_kept BEFORE UPDATE ON rollout_event
BEGIN SELECT raise(ABORT, 'a journal is only appended to'); END;
CREATE TRIGGER rollout_event_stays BEFORE DELETE ON rollout_event
BEGIN SELECT raise(ABORT, 'a journal is only appended to'); END;
CREATE INDEX rollout_order_open ON rollout_order (rollout) WHERE taken_at IS NULL;
CREATE UNIQUE INDEX rule_standing_current ON rule_standing (playbook, node_id, rule, device)
WHERE ended_at IS NULL;
CREATE INDEX rule_standing_of_node ON rule_standing (node_id, id);
CREATE INDEX alert_due ON alert (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX proposal_of_plan ON proposal (plan);
CREATE UNIQUE INDEX rollout_request_open ON rollout_request (plan) WHERE decided_at IS NULL;
COMMIT;
