"""Content to start with: 73 notes of facts (`facts.jsonl`), a programme and the illustrations its people wrote.

`facts.jsonl` and `records.jsonl` are import lines, one record a line; `programme.json` says who the people are. The
illustrations tell what never happened, in agencies that do not exist, and each says so in its first word.
"""
