/// What tells people of drift, and puts it right.
enum SchemaOfAlerts {
    static let sql = """
        -- Why a rule holds no longer; NULL where it holds, never did, or was written down before this was kept.
        ALTER TABLE rule_standing ADD COLUMN drift TEXT CHECK (drift IN ('corrective', 'intentional'));

        -- What somebody is to be told: kept in the transaction that found it, delivered at least once.
        -- due_at: when it is tried next; NULL = it was sent, or given up.
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
        CREATE INDEX alert_due ON alert (due_at) WHERE due_at IS NOT NULL;

        -- That an exemption ran out was told; of those from before nobody needs to be.
        ALTER TABLE exemption ADD COLUMN expiry_told_at INTEGER;
        UPDATE exemption SET expiry_told_at = expires_at
        WHERE expires_at <= CAST(strftime('%s', 'now') AS INTEGER) * 1000;

        -- Plans that were made by themselves, to put right what drifted. What became of one is told by roll-outs of its plan.
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
        CREATE INDEX proposal_of_plan ON proposal (plan);
        """
}
