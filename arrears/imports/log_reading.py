"""A file that holds a whole log, as it is read: its facts a page at a time, then what comes after them."""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import orjson
from eventsourcing.persistence import StoredEvent
from pydantic import BaseModel, ConfigDict, ValidationError

from arrears.imports.faults import Fault
from engine.attachments import Kept
from engine.codec import UnknownTopic, decode
from engine.domain.facts.accounts import AccountErased
from engine.encryption.sealed import keep_sealed
from engine.sealing.log import Row
from engine.sealing.merkle import Frontier

FACTS_PER_PAGE = 5_000
STATE = b',"state":'


class FactsRefused(Exception):
    """A file that is no whole log, or a book that is not new; nothing of it was stored."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


class AttachmentsCut(Exception):
    """A file that ends, or is spoiled, behind the facts, which are stored."""

    def __init__(self, file: str, read: int) -> None:
        self.file, self.read = file, read
        super().__init__(
            f"the facts are stored, and {read} of the files that belong to them, but {file} was cut short "
            "after those: export it again, and import it into the same book"
        )


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Head(_Strict):
    stream: str
    version: int
    topic: str


class KeptCheckpoint(_Strict):
    number: int
    document: str


class _Attachment(_Strict):
    account: str
    attachment: str
    is_sealed: bool
    content: bytes

    @property
    def kept(self) -> Kept:
        return Kept(self.account, self.attachment, self.is_sealed, b64decode(self.content))


class End(_Strict):
    facts: int
    root: str


class _More(_Strict):
    """A line behind the facts: one of these."""

    checkpoint: KeptCheckpoint | None = None
    end: End | None = None
    attachment: _Attachment | None = None
    attachments: int | None = None


@dataclass
class LogFile:
    """A file as it is read: what comes after the facts is known once they were."""

    lines: Iterable[bytes]
    file: str
    checkpoints: list[KeptCheckpoint] = field(default_factory=list)
    end: End | None = None
    erased: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    facts: int = 0
    _versions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbered = enumerate(self.lines, start=1)

    def pages(self) -> Iterator[list[StoredEvent]]:
        """The facts, none more once a fault was found; raises FactsRefused at the end with all faults."""
        frontier, page = Frontier(), list[StoredEvent]()
        while self.end is None and (following := next(self._numbered, None)):
            number, line = following
            fact = self._read(number, line)
            if fact is None:
                continue
            frontier.add(_leaf(fact))
            page.append(fact)
            if len(page) == FACTS_PER_PAGE:
                yield [] if self.faults else page
                page = []
        yield [] if self.faults else page
        self.facts = frontier.size
        self._check_end(End(facts=frontier.size, root=frontier.root.hex()))

    def _check_end(self, read: End) -> None:
        if self.end is None:
            self.faults.append(Fault(self.file, 0, "", "", "the line that ends a log: it was cut short"))
        elif self.end != read and not self.faults:
            wanted = f"the {self.end.facts} facts, unchanged, that its end speaks of"
            self.faults.append(Fault(self.file, 0, "", f"{read.facts} facts", wanted))
        if self.faults:
            raise FactsRefused(self.faults)

    def attachments(self) -> Iterator[Kept]:
        """The files behind the facts; raises AttachmentsCut at the end unless all were there."""
        read = 0
        for _, line in self._numbered:
            try:
                more = _More.model_validate_json(line)
            except ValidationError:
                break
            if more.attachment is not None:
                read += 1
                yield more.attachment.kept
            elif more.attachments == read:
                return
        raise AttachmentsCut(self.file, read)

    def _read(self, number: int, line: bytes) -> StoredEvent | None:
        """The fact that a line holds, None where it holds none (any more), which is noted."""
        head, _, state = line.rstrip().partition(STATE)
        try:
            if not state:
                self._take_more(_More.model_validate(orjson.loads(line)))
                return None
            return self._fact(number, _Head.model_validate(orjson.loads(head + b"}")), state[:-1])
        except (orjson.JSONDecodeError, ValidationError, UnknownTopic, KeyError) as wrong:
            self.faults.append(Fault(self.file, number, "", "", "", _says(wrong)))
            return None

    def _fact(self, number: int, head: _Head, state: bytes) -> StoredEvent:
        decode(head.topic, state, opened=keep_sealed)
        expected = self._versions.get(head.stream, 0) + 1
        self._versions[head.stream] = head.version
        if head.version != expected:
            wanted = f"version {expected} of stream '{head.stream}'"
            self.faults.append(Fault(self.file, number, "version", str(head.version), wanted))
        if head.topic == AccountErased.TOPIC:
            self.erased.add(head.stream)
        return StoredEvent(head.stream, head.version, head.topic, state)

    def _take_more(self, more: _More) -> None:
        if more.checkpoint is not None:
            self.checkpoints.append(more.checkpoint)
        self.end = more.end or self.end


def _leaf(fact: StoredEvent) -> bytes:
    return Row(0, str(fact.originator_id), fact.originator_version, fact.topic, fact.state).leaf


def _says(wrong: Exception) -> str:
    if isinstance(wrong, ValidationError):
        parts = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors(include_url=False))
        return "no fact: " + "; ".join(parts)
    return f"no fact: {wrong}"
