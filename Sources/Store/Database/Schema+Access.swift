extension Schema {
    static let access = """
        -- Who uses the web page and the API. Passwords only as a slow hash with its salt and cost.
        CREATE TABLE web_user (
            name TEXT PRIMARY KEY CHECK (name <> ''),
            role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'approver')),
            password TEXT NOT NULL CHECK (password LIKE 'scrypt$%'),
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Tokens and sessions open nothing to who reads them here: only their SHA-256 is kept. They go with their user.
        CREATE TABLE api_token (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            user TEXT NOT NULL REFERENCES web_user (name) ON DELETE CASCADE,
            title TEXT NOT NULL CHECK (title <> ''),
            digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
            created_at INTEGER NOT NULL,
            expires_at INTEGER CHECK (expires_at > created_at),
            revoked_at INTEGER
        ) STRICT;
        CREATE TABLE web_session (
            digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
            user TEXT NOT NULL REFERENCES web_user (name) ON DELETE CASCADE,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL CHECK (expires_at > created_at)
        ) STRICT, WITHOUT ROWID;

        -- Roll-outs that somebody asked for, and what somebody else said to that. The users may be gone since.
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
        CREATE UNIQUE INDEX rollout_request_open ON rollout_request (plan) WHERE decided_at IS NULL;
        """
}
