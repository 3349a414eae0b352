"""Making Whoosh segments: what Whoosh's own writers write, fed with whole terms instead of single postings."""

from __future__ import annotations

import json
import secrets
import shutil
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from whoosh import fields
from whoosh.codec.base import Segment
from whoosh.filedb.compound import CompoundStorage
from whoosh.filedb.filestore import FileStorage, RamStorage

from search import language
from search.engines.whoosh_codec import NUMBERS, TEXTS, WORDS_EXT, ArrayCodec
from search.engines.whoosh_invert import Inverted
from search.engines.whoosh_postings import NOTHING, Run, Term, terms
from search.engines.whoosh_storage import INDEX, FolderStorage
from search.schema import Document, IndexSchema, moment


def whoosh_schema(schema: IndexSchema) -> fields.Schema:
    """Our schema in Whoosh's terms: `t_` before the names of text fields, `f_` before facets."""
    kinds: dict[str, Any] = {"id": fields.ID(unique=True), "audience": fields.KEYWORD(scorable=False)}
    kinds |= {f"t_{f.name}": fields.TEXT(phrase=True, field_boost=f.weight) for f in schema.text}
    kinds |= {f"f_{facet}": fields.KEYWORD(scorable=False) for facet in schema.facets}
    return fields.Schema(**kinds)


def build(storage: FileStorage, schema: IndexSchema, documents: Sequence[Document]) -> Segment:
    """One new segment with these documents; on disk when this returns, and in no index yet."""
    made = SegmentWriter(storage, schema)
    try:
        text = Inverted(schema, documents)
        for number, document in enumerate(documents):
            made.document(_numbers(document), texts(document), text.lengths(number))
        keywords = _keywords(schema, documents)
        for name in made.names:
            made.field(name, text.terms(name[2:]) if name.startswith("t_") else _listed(keywords[name]))
        return made.finish()
    except BaseException:
        made.cancel()
        raise


class SegmentWriter:
    """Whoosh's writers for one segment. They write to memory; what is finished becomes one file.

    Segments that are merged may be large: those are written to a folder, and the file stands `aside`.
    """

    def __init__(self, storage: FileStorage, schema: IndexSchema, merging: bool = False) -> None:
        self._storage, self._schema = storage, whoosh_schema(schema)
        self.names = sorted(self._schema.names())
        self._folder = Path(storage.folder) / f"merging-{secrets.token_hex(8)}" if merging else None
        self._scratch = FolderStorage(str(self._folder)).create() if self._folder else RamStorage()
        codec = ArrayCodec()
        self._segment = codec.new_segment(storage, INDEX)
        self._documents = codec.per_document_writer(self._scratch, self._segment)
        self._fields = codec.field_writer(self._scratch, self._segment)
        self._words: set[bytes] = set()
        self._count = 0

    def document(self, numbers: dict[str, int], texts: dict[str, bytes], lengths: dict[str, int]) -> None:
        """The next document's columns, and how many words its fields have."""
        self._documents.start_doc(self._count)
        for name, number in numbers.items():
            self._documents.add_column_value(name, NUMBERS[name], number)
        for name, text in texts.items():
            self._documents.add_column_value(name, TEXTS[name], text)
        for name, length in lengths.items():
            self._documents.add_field(f"t_{name}", None, None, length)
        self._documents.finish_doc()
        self._count += 1

    def field(self, name: str, terms: Iterable[Term]) -> None:
        """All terms of a field, in order."""
        self._fields.start_field(name, self._schema[name])
        words = self._words if name.startswith("t_") else set()
        for text, block, statistics in terms:
            self._fields.add_term(text, block, statistics)
            words.add(text)
        self._fields.finish_field()

    def finish(self) -> Segment:
        """Put everything into one file of the index."""
        self._documents.close()
        self._fields.close()
        segment = self._segment
        self._write_words()
        segment.set_doc_count(self._count)
        file = self._storage.create_file(self._name())
        CompoundStorage.assemble(file, self._scratch, segment.list_files(self._scratch))
        segment.compound = True
        self._tidy()
        return segment

    def cancel(self) -> None:
        """Leave nothing behind that was half written."""
        self._tidy()
        if self._storage.file_exists(self._name()):
            self._storage.delete_file(self._name())

    def _tidy(self) -> None:
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _write_words(self) -> None:
        text = b"\n".join(sorted(w for w in self._words if not w.startswith(language.STEM_MARK.encode())))
        with self._scratch.create_file(self._segment.make_filename(WORDS_EXT)) as file:
            file.write(zlib.compress(text, 1))

    def _name(self) -> str:
        return aside(self._segment) if self._folder else self._segment.make_filename(self._segment.COMPOUND_EXT)


def _numbers(document: Document) -> dict[str, int]:
    return {
        "date": moment(document.date),
        "title8": _first8(language.fold(document.sort_title).encode()),
        "id8": _first8(document.id.encode()),
    }


def texts(document: Document) -> dict[str, bytes]:
    """What is kept of a document to be shown."""
    body = json.dumps(document.body, ensure_ascii=False)
    return {
        "id": document.id.encode(),
        "sort_title": language.fold(document.sort_title)[:120].encode(),
        "body": zlib.compress(body.encode("utf-8", "replace"), 1),
    }


def _first8(text: bytes) -> int:
    """The beginning of a text as a number that sorts like it."""
    return int.from_bytes(text[:8].ljust(8, b"\0"), "big")


def _keywords(schema: IndexSchema, documents: Sequence[Document]) -> dict[str, dict[str, list[int]]]:
    """Field -> value -> documents, for the fields that are not words."""
    found: dict[str, dict[str, list[int]]] = {name: {} for name in ("id", "audience")}
    found.update((f"f_{name}", {}) for name in schema.facets)
    for number, document in enumerate(documents):
        found["id"][document.id] = [number]
        for token in document.audience:
            found["audience"].setdefault(token, []).append(number)
        for facet, values in document.facets.items():
            if f"f_{facet}" in found:
                for value in dict.fromkeys(values):
                    found[f"f_{facet}"].setdefault(value, []).append(number)
    return found


def _listed(values: dict[str, list[int]]) -> Iterator[Term]:
    """The terms of a field whose values simply have documents."""
    listed = sorted((value.encode("utf-8", "replace"), found) for value, found in values.items())
    documents = np.array([number for _, found in listed for number in found], np.int64)
    counts = np.array([len(found) for _, found in listed], np.int64)
    yield from terms([text for text, _ in listed], Run(counts, documents, np.ones_like(documents), NOTHING.positions))


def aside(segment: Segment) -> str:
    """The name of a merged segment's file before it takes part in the index: one that no commit tidies away."""
    return f"merging-{segment.make_filename(segment.COMPOUND_EXT)}"
