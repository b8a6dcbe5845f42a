import Fleet
internal import GRDB

/// The tables, made so that SQLite itself refuses what must not be. A released migration is never edited.
enum Schema {
    /// `VFIO` in ASCII, in the file's header: tells our files from those of other programs.
    static let applicationID = 0x5646_494F

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 nodes and observations") { try $0.execute(sql: nodesAndObservations) }
        migrator.registerMigration("2 plans and roll-outs") { try $0.execute(sql: plansAndRollouts) }
        migrator.registerMigration("3 chained audit log") { try chainAudit($0) }
        migrator.registerMigration("4 orders to roll-outs") { try $0.execute(sql: orders) }
        migrator.registerMigration("5 scheduled compliance") { try $0.execute(sql: compliance) }
        migrator.registerMigration("6 alerts and proposals") { try $0.execute(sql: SchemaOfAlerts.sql) }
        migrator.registerMigration("7 users") { try $0.execute(sql: access) }
        migrator.registerMigration("8 cards and looks") { try $0.execute(sql: SchemaOfCards.sql + SchemaOfLooks.sql) }
        migrator.registerMigration("9 states and debts") {
            try $0.execute(sql: SchemaOfStates.sql)
            try SchemaOfDebts.create($0)
        }
        return migrator
    }

    /// Lines from before there was a chain are bound as they stand.
    private static func chainAudit(_ db: Database) throws {
        let audit = try Row.fetchAll(db, sql: "SELECT at, actor, action, subject, detail FROM audit ORDER BY id")
        let events = try Row.fetchAll(
            db,
            sql: """
                SELECT rollout, number, at, fencing, event, plan FROM rollout_event JOIN rollout ON id = rollout
                ORDER BY rollout, number
                """)
        try db.execute(sql: chainedAudit)
        var chain = AuditChain()
        for (number, row) in audit.enumerated() {
            let content = AuditEntry.Content(
                number: number + 1, at: row[0], actor: row[1], action: row[2], subject: row[3], detail: row[4])
            try Store.insertAudit(content, try chain.append(content), db)
        }
        for row in events {
            if row[1] == 1 {
                chain = AuditChain(head: try ContentDigest(blob: row[5], of: "plan of \(row[0] as String)"))
            }
            let content = JournalEntry.Content(rollout: row[0], number: row[1], fencing: row[3], event: row[4])
            try Store.insertEvent(content, at: row[2], try chain.append(content), db)
        }
    }

    /// Refuses files that are not ours or that a newer version has changed.
    static func check(_ db: Database, path: String) throws {
        if try !isEmpty(db) { try refuseForeign(db, path: path) }
    }

    /// Writes our mark into an empty file.
    static func mark(_ db: Database) throws {
        guard try isEmpty(db) else { return }
        try db.inTransaction(.immediate) {
            // Another process may have made the tables meanwhile.
            if try isEmpty(db) { try db.execute(sql: "PRAGMA application_id = \(applicationID)") }
            return .commit
        }
    }

    private static func isEmpty(_ db: Database) throws -> Bool {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
    }

    private static func refuseForeign(_ db: Database, path: String) throws {
        guard try Int.fetchOne(db, sql: "PRAGMA application_id") == applicationID else {
            throw FleetError(
                "store-foreign-file", "The file \(path) is another program's database.",
                advice: "Name another file with --db or VFIOFLEET_DB.")
        }
        guard try migrator.hasBeenSuperseded(db) else { return }
        throw FleetError(
            "store-newer-schema", "The database \(path) was written by a newer version of vfiofleet.",
            advice: "Use that version or a later one, or name another file with --db.")
    }

    // Times are milliseconds since 1970 in UTC. Documents are JSON with sorted keys.

    private static let nodesAndObservations = """
        -- A node of the inventory. Never deleted: its history hangs on it.
        CREATE TABLE node (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE CHECK (name <> ''),
            position INTEGER NOT NULL,
            description TEXT NOT NULL CHECK (json_valid(description)),
            imported_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL,
            retired_at INTEGER
        ) STRICT;

        -- What the inventory said about a node over time.
        CREATE TABLE node_change (
            id INTEGER PRIMARY KEY,
            node_id INTEGER NOT NULL REFERENCES node (id),
            at INTEGER NOT NULL,
            change TEXT NOT NULL CHECK (change IN ('added', 'changed', 'returned', 'retired')),
            description TEXT NOT NULL CHECK (json_valid(description))
        ) STRICT;
        CREATE INDEX node_change_of_node ON node_change (node_id, id);

        CREATE TABLE sweep (
            id INTEGER PRIMARY KEY,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            requested INTEGER NOT NULL CHECK (requested >= 0),
            observed INTEGER NOT NULL DEFAULT 0 CHECK (observed >= 0),
            failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
            CHECK (observed + failed <= requested)
        ) STRICT;

        -- The probe's own words, once for each stable content.
        CREATE TABLE answer (
            id INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
            raw BLOB NOT NULL
        ) STRICT;

        -- From when to when a node gave the same answer. The rows are small: an unchanged sweep updates one of them.
        CREATE TABLE observation (
            id INTEGER PRIMARY KEY,
            node_id INTEGER NOT NULL REFERENCES node (id),
            answer_id INTEGER NOT NULL REFERENCES answer (id),
            first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL CHECK (last_seen >= first_seen),
            times INTEGER NOT NULL DEFAULT 1 CHECK (times > 0),
            is_current INTEGER NOT NULL CHECK (is_current IN (0, 1))
        ) STRICT;
        CREATE INDEX observation_of_node ON observation (node_id, id);
        CREATE INDEX observation_of_answer ON observation (answer_id);
        CREATE UNIQUE INDEX observation_current ON observation (node_id) WHERE is_current = 1;

        -- From when to when a node could not be observed for the same reason.
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
        CREATE INDEX failure_of_node ON failure (node_id, id);
        CREATE UNIQUE INDEX failure_current ON failure (node_id) WHERE is_current = 1;
        """

    private static let plansAndRollouts = """
        -- A plan as it was shown, under the digest of its canonical bytes.
        CREATE TABLE plan (
            digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
            purpose TEXT NOT NULL CHECK (purpose IN ('apply', 'undo')),
            playbook TEXT NOT NULL CHECK (json_valid(playbook)),
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE plan_node (
            plan BLOB NOT NULL REFERENCES plan (digest),
            position INTEGER NOT NULL CHECK (position >= 0),
            node_id INTEGER NOT NULL REFERENCES node (id),
            verdict TEXT NOT NULL CHECK (verdict IN ('unchanged', 'change', 'blocked', 'unreachable')),
            entry TEXT NOT NULL CHECK (json_valid(entry)),
            PRIMARY KEY (plan, position),
            UNIQUE (plan, node_id)
        ) STRICT;

        -- A number that only grows: who got a higher one came later.
        CREATE TABLE fencing (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            number INTEGER NOT NULL CHECK (number >= 0)
        ) STRICT;
        INSERT INTO fencing VALUES (1, 0);
        CREATE TRIGGER fencing_only_grows BEFORE UPDATE ON fencing WHEN NEW.number <= OLD.number
        BEGIN SELECT raise(ABORT, 'a fencing number only grows'); END;
        CREATE TRIGGER fencing_stays BEFORE DELETE ON fencing
        BEGIN SELECT raise(ABORT, 'the fencing number stays'); END;

        -- Who may act on something now.
        CREATE TABLE lease (
            name TEXT PRIMARY KEY CHECK (name <> ''),
            holder TEXT NOT NULL CHECK (holder <> ''),
            number INTEGER NOT NULL UNIQUE CHECK (number > 0),
            acquired_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- A roll-out's state after its last journalled event; the nodes' states are in rollout_node.
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
        CREATE INDEX rollout_open ON rollout (is_finished, created_at);

        CREATE TABLE rollout_node (
            rollout TEXT NOT NULL REFERENCES rollout (id),
            position INTEGER NOT NULL CHECK (position >= 0),
            node_id INTEGER NOT NULL REFERENCES node (id),
            state TEXT NOT NULL CHECK (json_valid(state)),
            PRIMARY KEY (rollout, position),
            UNIQUE (rollout, node_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX rollout_of_node ON rollout_node (node_id);

        -- The journal: written before anything is done, never changed.
        CREATE TABLE rollout_event (
            rollout TEXT NOT NULL REFERENCES rollout (id),
            number INTEGER NOT NULL CHECK (number > 0),
            at INTEGER NOT NULL,
            fencing INTEGER NOT NULL CHECK (fencing > 0),
            event TEXT NOT NULL CHECK (json_valid(event)),
            PRIMARY KEY (rollout, number)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER rollout_event_in_order BEFORE INSERT ON rollout_event
        WHEN NEW.number <> 1 + (SELECT coalesce(max(number), 0) FROM rollout_event WHERE rollout = NEW.rollout)
        BEGIN SELECT raise(ABORT, 'a journal has no gaps'); END;
        CREATE TRIGGER rollout_event_kept BEFORE UPDATE ON rollout_event
        BEGIN SELECT raise(ABORT, 'a journal is only appended to'); END;
        CREATE TRIGGER rollout_event_stays BEFORE DELETE ON rollout_event
        BEGIN SELECT raise(ABORT, 'a journal is only appended to'); END;

        -- Who did what, in order.
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL CHECK (action <> ''),
            subject TEXT NOT NULL,
            detail TEXT NOT NULL CHECK (json_valid(detail))
        ) STRICT;
        CREATE TRIGGER audit_kept BEFORE UPDATE ON audit
        BEGIN SELECT raise(ABORT, 'the audit log is only appended to'); END;
        CREATE TRIGGER audit_stays BEFORE DELETE ON audit
        BEGIN SELECT raise(ABORT, 'the audit log is only appended to'); END;
        """

    private static let orders = """
        -- What operators told roll-outs that another process drives.
        CREATE TABLE rollout_order (
            id INTEGER PRIMARY KEY,
            rollout TEXT NOT NULL REFERENCES rollout (id),
            "order" TEXT NOT NULL CHECK (json_valid("order")),
            given_at INTEGER NOT NULL,
            given_by TEXT NOT NULL,
            taken_at INTEGER
        ) STRICT;
        CREATE INDEX rollout_order_open ON rollout_order (rollout) WHERE taken_at IS NULL;
        """

    private static let compliance = """
        -- When a node was last verified against a playbook, and when it could last be looked at for it.
        CREATE TABLE verification (
            playbook TEXT NOT NULL CHECK (playbook <> ''),
            node_id INTEGER NOT NULL REFERENCES node (id),
            tried_at INTEGER NOT NULL,
            observed_at INTEGER,
            PRIMARY KEY (playbook, node_id)
        ) STRICT, WITHOUT ROWID;

        -- How a rule stood on a node, a row for each stretch of time in which it stood the same. An unchanged verification
        -- touches none of them: one that is current was last seen when its node was last observed.
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
            ended_at INTEGER,
            FOREIGN KEY (playbook, node_id) REFERENCES verification (playbook, node_id)
        ) STRICT;
        CREATE UNIQUE INDEX rule_standing_current ON rule_standing (playbook, node_id, rule, device)
        WHERE ended_at IS NULL;
        CREATE INDEX rule_standing_of_node ON rule_standing (node_id, id);

        -- Who answers for it that a rule does not hold.
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
        ) STRICT;

        -- What runs by itself, with its last run.
        CREATE TABLE schedule (
            name TEXT PRIMARY KEY CHECK (name <> ''),
            definition TEXT NOT NULL CHECK (json_valid(definition)),
            known_since INTEGER NOT NULL,
            begun_at INTEGER,
            ended_at INTEGER,
            outcome TEXT CHECK (outcome IS NULL OR json_valid(outcome)),
            retired_at INTEGER
        ) STRICT, WITHOUT ROWID;
        """

    private static let chainedAudit = """
        -- Who did what, in order. Each line is bound to those before it: see AuditChain.
        DROP TABLE audit;
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY CHECK (id > 0),
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL CHECK (action <> ''),
            subject TEXT NOT NULL,
            detail TEXT NOT NULL CHECK (json_valid(detail)),
            digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32)
        ) STRICT;
        CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
        WHEN NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM audit)
        BEGIN SELECT raise(ABORT, 'the audit log has no gaps'); END;
        CREATE TRIGGER audit_kept BEFORE UPDATE ON audit
        BEGIN SELECT raise(ABORT, 'the audit log is only appended to'); END;
        CREATE TRIGGER audit_stays BEFORE DELETE ON audit
        BEGIN SELECT raise(ABORT, 'the audit log is only appended to'); END;

        -- The journals likewise, each from its plan's digest on.
        DROP TABLE rollout_event;
        CREATE TABLE rollout_event (
            rollout TEXT NOT NULL REFERENCES rollout (id),
            number INTEGER NOT NULL CHECK (number > 0),
            at INTEGER NOT NULL,
            fencing INTEGER NOT NULL CHECK (fencing > 0),
            event TEXT NOT NULL CHECK (json_valid(event)),
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            PRIMARY KEY (rollout, number)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER rollout_event_in_order BEFORE INSERT ON rollout_event
        WHEN NEW.number <> 1 + (SELECT coalesce(max(number), 0) FROM rollout_event WHERE rollout = NEW.rollout)
        BEGIN SELECT raise(ABORT, 'a journal has no gaps'); END;
        CREATE TRIGGER rollout_event_kept BEFORE UPDATE ON rollout_event
        BEGIN SELECT raise(ABORT, 'a journal is only appended to'); END;
        CREATE TRIGGER rollout_event_stays BEFORE DELETE ON rollout_event
        BEGIN SELECT raise(ABORT, 'a journal is only appended to'); END;
        """
}
