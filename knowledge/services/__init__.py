"""The use cases: f(session, actor, ...), each in the words of somebody who uses it."""
