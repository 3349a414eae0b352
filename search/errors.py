"""What an engine may raise; nothing of an engine's own library ever leaves `search/engines`."""


def N_(text: str) -> str:
    """Mark a text for translation; whoever shows it translates it."""
    return text


class SearchError(Exception):
    """Anything that keeps a search from being answered."""


class SearchUnavailable(SearchError):
    """The index is missing, damaged or out of reach; it can be rebuilt from the database."""


class SearchSuperseded(SearchUnavailable):
    """The index is for another version of the program, which started later and took it. It is whole, but not for us."""


class SearchBusy(SearchUnavailable):
    """Somebody else is writing just now. The index is whole; the same call may go through later."""


class SearchAway(SearchBusy):
    """The engine is on other machines, and they do not answer. What it holds will be there when they do."""


class BadQuery(SearchError):
    """The words typed cannot be searched for; `message` is a msgid that says what to do, `facts` fill it."""

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message.format(**facts))
        self.message = message
        self.facts = facts
