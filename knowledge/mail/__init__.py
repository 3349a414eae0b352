"""Mail: the words of what people are told, and bringing them to a server or into files."""
