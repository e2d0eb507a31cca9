"""Why something cannot be sealed or proved, and what a verification can find, each in one sentence."""

from pathlib import Path
from typing import Any

from engine.domain.errors import RuleBroken


class NothingSealed(RuleBroken):
    sentence = "nothing of this book is sealed yet; make a checkpoint with 'arrears seal'"


class NothingToSeal(RuleBroken):
    sentence = "this book has no facts to seal"


class NotSealedYet(RuleBroken):
    sentence = "none of the facts of '{stream}' is sealed yet; make a checkpoint with 'arrears seal'"


class CheckpointUnknown(RuleBroken):
    sentence = "this book has no checkpoint {number}"


class KeyChanged(RuleBroken):
    sentence = (
        "checkpoint {number} was signed with another key, {signed_with}; to go over to this one, say so"
    )


class LogChanged(RuleBroken):
    sentence = "the log is not what checkpoint {number} sealed; 'arrears verify' says where"


class NoKey(ValueError):
    """A file that holds no Ed25519 key in the form that was expected."""

    def __init__(self, file: Path, expected: str) -> None:
        self.file = file
        super().__init__(f"{file} holds no key: expected {expected}")


class NoCheckpoint(ValueError):
    """A text that is no checkpoint."""

    def __init__(self, source: str, why: str) -> None:
        self.source = source
        self.why = why
        super().__init__(f"{source} is no checkpoint of arrears: {why}")


class Finding:
    """Something that is not as it was sealed. `data` is where and what, for programs."""

    sentence = ""

    def __init__(self, **data: Any) -> None:
        self.data = data

    def __str__(self) -> str:
        return self.sentence.format(**self.data)

    @property
    def kind(self) -> str:
        """The name of what was found."""
        return type(self).__name__


# --- checkpoints ------------------------------------------------------------------------------------------


class CheckpointUnreadable(Finding):
    sentence = "row {row} of the checkpoints is not one: {why}"


class CheckpointsMissing(Finding):
    sentence = "checkpoints {first} to {last} are missing from the book"


class CheckpointUnknownHere(Finding):
    sentence = "checkpoint {number}, which {source} holds, is missing from the book"


class CheckpointDiffers(Finding):
    sentence = "checkpoint {number} of the book is not the one that {source} holds"


class ChainBroken(Finding):
    sentence = "checkpoint {number} does not follow from the one before it"


class SignatureWrong(Finding):
    sentence = "checkpoint {number} in {source} is not what its key signed: it was changed, or never signed"


class KeyUnknown(Finding):
    sentence = "checkpoint {number} in {source} is signed with a key that was not given: {signed_with}"


# --- facts ------------------------------------------------------------------------------------------------

_FACT = "fact {number} of the log ({stream}, version {version}, {topic})"


class LogDiffers(Finding):
    sentence = (
        "the log differs from checkpoint {checkpoint}; the first difference lies in facts {first} to {last}"
    )


class FactChanged(Finding):
    sentence = f"{_FACT} is not the one that was sealed there: it was changed or replaced"


class FactMissing(Finding):
    sentence = "the fact sealed as number {number} is not in the log; it stood behind {behind}"


class FactInserted(Finding):
    sentence = f"{_FACT} was not sealed there: it was inserted"


class FactMoved(Finding):
    sentence = f"{_FACT} was sealed as number {{sealed_as}}: it was moved"


class FactOutsideTheLog(Finding):
    sentence = "{stream}, version {version}, {topic}, has no position: it is in no log order and never sealed"


class NoLongerAlike(Finding):
    sentence = "from fact {number} on the log is too unlike what was sealed to be told fact by fact"


class MoreDifferences(Finding):
    sentence = "the comparison stopped at fact {number}, after {places} places; there may be more"


class HashesDiffer(Finding):
    sentence = (
        "the kept hashes of the facts are not those of the checkpoints: they were changed; where the log is "
        "as it was sealed, 'arrears seal --anew' makes them anew"
    )


class CheckpointsCut(Finding):
    sentence = (
        "hashes of {hashes} facts are kept, but the last checkpoint of the book covers {sealed}: "
        "a checkpoint was removed"
    )


class TablesDiffer(Finding):
    sentence = "{difference}"


class TablesUnreadable(Finding):
    sentence = "the tables cannot be compared, for the log cannot be folded: {why}"


class AttachmentUnlike(Finding):
    sentence = "{fault}"


class AttachmentsUnreadable(Finding):
    sentence = "the attachments cannot be compared with their hashes: {why}"
