"""What keeps personal data from being read or written, each in a sentence."""


class KeyFault(Exception):
    """The keys of the book cannot be used as they are."""


class MasterKeyMissing(KeyFault):
    """No master key was given; `beside` is the file beside the book that would have been read, too."""

    def __init__(self, beside: str | None) -> None:
        self.beside = beside
        looked = f", and there is none in {beside}" if beside else ""
        super().__init__(
            f"personal data are encrypted, and no master key was given{looked}: name its file in "
            "ARREARS_MASTER_KEY_FILE, or put it into ARREARS_MASTER_KEY. For a new book 'arrears keys new "
            "FILE' makes one, and --plain does without"
        )


class NoMasterKey(KeyFault):
    """What was given as a master key is none."""

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__(f"{source} holds no master key: expected 32 bytes in base64")


class MasterKeyDiffers(KeyFault):
    def __init__(self, ring: str) -> None:
        self.ring = ring
        super().__init__(
            f"the master key that was given is not that of the key ring {ring}: nothing was read or stored"
        )


class KeyRingMissing(KeyFault):
    def __init__(self, ring: str) -> None:
        self.ring = ring
        super().__init__(
            f"the personal data of this book are encrypted, and its key ring is not at {ring}: put it back "
            "there, or say in ARREARS_KEYS where it is"
        )


class KeyRingDiffers(KeyFault):
    def __init__(self, ring: str) -> None:
        self.ring = ring
        super().__init__(f"the key ring {ring} belongs to another book: say in ARREARS_KEYS where its own is")


class KeyRingInUse(KeyFault):
    def __init__(self, ring: str) -> None:
        self.ring = ring
        super().__init__(f"there is a key ring at {ring} already: keys are brought only into a new book")


class KeyMissing(KeyFault):
    def __init__(self, stream: str, ring: str) -> None:
        self.stream = stream
        super().__init__(
            f"the key ring {ring} has no key for '{stream}', and nobody erased it: is it an older copy?"
        )


class SealBroken(KeyFault):
    """Sealed data that the account's key does not open: changed, or moved to where they do not belong."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(
            f"sealed personal data were changed or moved: the account's key does not open '{place}'"
        )


class NoKeyRing(KeyFault):
    """Sealed facts in a book that has no keys."""

    def __init__(self) -> None:
        super().__init__(
            "the log holds sealed personal data, and this book has no key ring: bring it in first, with "
            "'arrears keys import'"
        )


class NotEncrypted(KeyFault):
    def __init__(self) -> None:
        super().__init__(
            "this book was made without encryption (--plain): facts are never removed, so nobody can be "
            "erased from it; only a book made with encryption can forget"
        )


class KeysUnreadable(KeyFault):
    """A file that is no export of a key ring."""

    def __init__(self, file: str) -> None:
        self.file = file
        super().__init__(f"{file} holds no keys as 'arrears keys export' writes them")
