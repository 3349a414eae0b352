"""The content model: what people can write. Pure declarations; nothing here touches a database or a request."""
