"""Files that people attach: where they are kept, what they are, and what is made of them. No database, no Flask."""
