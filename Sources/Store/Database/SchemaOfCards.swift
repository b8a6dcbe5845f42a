enum SchemaOfCards {
    static let sql = """
        -- What a node's answer says of its cards, so that answers need not be read again to show them. Nothing here is the
        -- truth: it is made anew where the answer or its reader is another.
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
        """
}
