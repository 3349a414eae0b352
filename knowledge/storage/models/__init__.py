"""The tables, by what they keep: people, programmes, records, vocabulary changes, the outbox."""
