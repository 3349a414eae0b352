"""Mail, against a real server on the loopback."""
