"""What somebody wrote in an answer: without the mail it answers, which programs repeat below it, and the signature.

Line by line, and rather too little cut than too much: what is not known to be repeated is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# "On Wednesday, 5 March 2026 at 10:12, Praxis <praxis@example.org> wrote:", wrapped by some programs
_BEGINS = ("on ", "le ", "el ", "em ", "a ", "am ", "il ", "op ", "في ", "بتاريخ ", "am:", "on:")
_WROTE = re.compile(
    r"\b(?:wrote|a écrit|escribió|escreveu|schrieb|ha scritto|schreef|كتب|كتبت|كتب/كتبت)\b[^:]{0,120}[:：]$",
    re.IGNORECASE,
)
_WRAPPED = 3  # lines at most
_DIVIDER = re.compile(
    r"[-_]{2,}\s?(?:original message|forwarded message|message d['’]origine|message original|mensaje original|"
    r"mensagem original|ursprüngliche nachricht|messaggio originale|الرسالة الأصلية)\s?[-_]{2,}",
    re.IGNORECASE,
)
_FROM = re.compile(r"\*?(?:from|de|von|da|van|من)\s?:", re.IGNORECASE)
_OTHER = re.compile(
    r"\*?(?:sent|date|to|subject|envoyé|à|objet|enviado|fecha|data|para|asunto|assunto|gesendet|an|betreff|"
    r"التاريخ|تاريخ|إلى|الموضوع|تم الإرسال)\s?:",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"(?:sent from my|sent from outlook|get outlook for|envoyé de mon|envoyé depuis|enviado desde mi|enviado do meu|"
    r"enviado a partir do|von meinem|أرسلت من|تم الإرسال من)\b.{0,80}",
    re.IGNORECASE,
)
_SIGNATURE = 8  # lines at most after "--" that are taken for one


def own_words(text: str) -> str:
    """The writer's own words. Empty when there are none."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    end = next((n for n in range(len(lines)) if _repeats(lines, n) or _signs(lines, n)), len(lines))
    kept = [line.rstrip() for line in lines[:end] if not line.lstrip().startswith(">")]
    while kept and (not kept[-1].strip() or _DEVICE.fullmatch(kept[-1].strip())):
        kept.pop()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _repeats(lines: Sequence[str], number: int) -> bool:
    """Whether from here on the mail that is answered is repeated."""
    line = lines[number].strip()[:300]
    if _DIVIDER.fullmatch(line):
        return True
    if _FROM.match(line):
        return any(_OTHER.match(other.strip()[:300]) for other in lines[number + 1 : number + 5])
    if not line.casefold().startswith(_BEGINS):
        return False
    for count in range(1, _WRAPPED + 1):
        said = " ".join(part.strip()[:300] for part in lines[number : number + count])
        # somebody's own sentence may end in "wrote:" as well, but has no address and no time in it
        if _WROTE.search(said):
            return "@" in said or re.search(r"\d", said) is not None
    return False


def _signs(lines: Sequence[str], number: int) -> bool:
    """Whether a signature begins here: after two dashes and a space, or after two dashes near the end."""
    if lines[number] == "-- ":
        return True
    return lines[number].strip() == "--" and sum(bool(x.strip()) for x in lines[number + 1 :]) <= _SIGNATURE
