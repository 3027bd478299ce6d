"""Facts that differ in one word: the long ladder and the short one, the morning shift and the evening shift.

A sentence about one of them is nearly as near to a question about the other, so that both are attached: the answer has
to be read from the right one. `{q}` is the word in which they differ, `{n}` what both are, `{of}` whose they are (" of"
or " at" a name, or nothing), `{the}` and `{your}` an article or "my" and "your", `{v}` the value; in short forms the
other fact has just been told. Pure data.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Siblings:
    """Things of one kind that are told apart by a word. `questions` are pairs, as those of a `Relation`."""

    value: str
    qualifiers: tuple[tuple[str, str], ...]
    nouns: tuple[str, ...]
    statements: tuple[str, ...]
    short: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]


_OF_THINGS = (
    ("long", "short"),
    ("old", "new"),
    ("big", "small"),
    ("wooden", "metal"),
    ("red", "blue"),
    ("white", "black"),
    ("heavy", "light"),
    ("broken", "spare"),
    ("left", "right"),
    ("cheap", "good"),
    ("round", "square"),
)
_OF_PLACES = (
    ("front", "back"),
    ("upper", "lower"),
    ("north", "south"),
    ("east", "west"),
    ("inner", "outer"),
    ("main", "side"),
    ("private", "public"),
    ("staff", "visitor"),
    ("home", "office"),
)
_OF_PRICES = (
    ("student", "regular"),
    ("adult", "child"),
    ("weekday", "weekend"),
    ("monthly", "yearly"),
    ("single", "return"),
    ("local", "foreign"),
    ("reduced", "full"),
    ("early", "late"),
    ("group", "single"),
)
_OF_HOURS = (
    ("morning", "evening"),
    ("first", "second"),
    ("early", "late"),
    ("Monday", "Friday"),
    ("summer", "winter"),
    ("day", "night"),
    ("Saturday", "Sunday"),
    ("express", "slow"),
    ("indoor", "outdoor"),
)
_OF_PEOPLE = (
    ("first", "second"),
    ("senior", "junior"),
    ("day", "night"),
    ("former", "new"),
    ("technical", "medical"),
    ("morning", "afternoon"),
    ("local", "foreign"),
    ("deputy", "chief"),
)
_OF_SYSTEMS = (
    ("live", "test"),
    ("internal", "external"),
    ("primary", "backup"),
    ("old", "new"),
    ("stable", "beta"),
    ("mobile", "desktop"),
    ("guest", "staff"),
    ("incoming", "outgoing"),
)

SIBLINGS: tuple[Siblings, ...] = (
    Siblings(
        "spot",
        _OF_THINGS,
        ("ladder", "key", "box", "bicycle", "rope", "lamp", "bag", "bucket", "saw", "suitcase", "kettle", "tent"),
        (
            "{The} {q} {n}{of} is {v}.",
            "You will find {the} {q} {n}{of} {v}.",
            "{The} {q} {n}{of} stands {v}.",
            "{The} {q} {n}{of} lies {v}.",
            "{The} {q} {n}{of} is kept {v}.",
            "We left {the} {q} {n}{of} {v}.",
        ),
        (
            "The {q} one is {v}.",
            "The {q} one lies {v}.",
            "The {q} one stands {v}.",
            "Look {v} for the {q} one.",
            "Somebody put the {q} one {v}.",
            "The {q} {n} hangs {v}.",
        ),
        (
            ("Where is {the} {q} {n}{of}?", "{Your} {q} {n}{of} is"),
            ("Where can I find {the} {q} {n}{of}?", "You can find {your} {q} {n}{of}"),
            ("Where is {the} {q} {n}{of} kept?", "{Your} {q} {n}{of} is kept"),
            ("Where did we leave {the} {q} {n}{of}?", "You left {your} {q} {n}{of}"),
        ),
    ),
    Siblings(
        "place",
        _OF_PLACES,
        ("office", "entrance", "garden", "depot", "store", "shop", "car park", "hall", "warehouse", "branch", "gate"),
        (
            "{The} {q} {n}{of} is in {v}.",
            "You get to {the} {q} {n}{of} from {v}.",
            "{The} {q} {n}{of} was moved to {v}.",
            "In {v} there is {the} {q} {n}{of}.",
        ),
        ("The {q} one is in {v}.", "The {q} one was moved to {v}.", "For the {q} one you go to {v}."),
        (
            ("Where is {the} {q} {n}{of}?", "{Your} {q} {n}{of} is in"),
            ("In which place is {the} {q} {n}{of}?", "{Your} {q} {n}{of} is in"),
            ("Where do I find {the} {q} {n}{of}?", "You find {your} {q} {n}{of} in"),
        ),
    ),
    Siblings(
        "amount",
        _OF_PRICES,
        ("ticket", "price", "fee", "fare", "rate", "deposit", "subscription", "pass", "rent", "licence"),
        (
            "{The} {q} {n}{of} is {v}.",
            "{The} {q} {n}{of} costs {v}.",
            "For {the} {q} {n}{of} they take {v}.",
            "{The} {q} {n}{of} went up to {v}.",
            "It is {v} for {the} {q} {n}{of}.",
        ),
        ("The {q} one is {v}.", "The {q} {n} is {v}.", "It is {v} for the {q} one.", "The {q} one costs {v}."),
        (
            ("How much is {the} {q} {n}{of}?", "{Your} {q} {n}{of} is"),
            ("What is {the} {q} {n}{of}?", "{Your} {q} {n}{of} is"),
            ("What does {the} {q} {n}{of} cost?", "{Your} {q} {n}{of} costs"),
            ("How much do they take for {the} {q} {n}{of}?", "For {your} {q} {n}{of} they take"),
        ),
    ),
    Siblings(
        "time",
        _OF_HOURS,
        ("shift", "train", "bus", "class", "tour", "ferry", "meeting", "service", "training", "show", "call", "flight"),
        (
            "{The} {q} {n}{of} starts at {v}.",
            "{The} {q} {n}{of} is at {v}.",
            "{The} {q} {n}{of} was moved to {v}.",
            "At {v} {the} {q} {n}{of} begins.",
            "Be there at {v} for {the} {q} {n}{of}.",
        ),
        (
            "The {q} one starts at {v}.",
            "The {q} one is at {v}.",
            "The {q} {n} begins at {v}.",
            "At {v} it is time for the {q} one.",
        ),
        (
            ("When does {the} {q} {n}{of} start?", "{Your} {q} {n}{of} starts at"),
            ("At what time is {the} {q} {n}{of}?", "{Your} {q} {n}{of} is at"),
            ("When is {the} {q} {n}{of}?", "{Your} {q} {n}{of} is at"),
            ("What time does {the} {q} {n}{of} begin?", "{Your} {q} {n}{of} begins at"),
        ),
    ),
    Siblings(
        "person",
        _OF_PEOPLE,
        ("manager", "nurse", "coach", "guard", "editor", "teacher", "driver", "adviser", "chair", "speaker", "guide"),
        (
            "{The} {q} {n}{of} is {v}.",
            "{v} is {the} {q} {n}{of}.",
            "{The} {q} {n}{of} is called {v}.",
            "They made {v} {the} {q} {n}{of}.",
            "Ask {v}, {the} {q} {n}{of}.",
        ),
        ("The {q} one is {v}.", "{v} is the {q} one.", "The {q} {n} is {v}.", "As the {q} one they took {v}."),
        (
            ("Who is {the} {q} {n}{of}?", "{Your} {q} {n}{of} is"),
            ("What is the name of {the} {q} {n}{of}?", "The name of {your} {q} {n}{of} is"),
            ("Who became {the} {q} {n}{of}?", "{Your} {q} {n}{of} is"),
        ),
    ),
    Siblings(
        "code",
        _OF_SYSTEMS,
        ("server", "network", "port", "release", "account", "line", "version", "door", "password", "address"),
        (
            "{The} {q} {n}{of} is {v}.",
            "{The} {q} {n}{of} has the number {v}.",
            "Use {v} for {the} {q} {n}{of}.",
            "{The} {q} {n}{of} goes by {v}.",
            "{v} belongs to {the} {q} {n}{of}.",
        ),
        ("The {q} one is {v}.", "The {q} {n}: {v}.", "For the {q} one it is {v}.", "{v} belongs to the {q} one."),
        (
            ("What is {the} {q} {n}{of}?", "{Your} {q} {n}{of} is"),
            ("Which number has {the} {q} {n}{of}?", "{Your} {q} {n}{of} has the number"),
            ("What do I use for {the} {q} {n}{of}?", "For {your} {q} {n}{of} you use"),
            ("What belongs to {the} {q} {n}{of}?", "To {your} {q} {n}{of} belongs"),
        ),
    ),
    Siblings(
        "number",
        (*_OF_HOURS, *_OF_PRICES),
        ("group", "course", "survey", "class", "list", "room", "team", "trip", "edition", "order"),
        (
            "{The} {q} {n}{of} has {v} names on it.",
            "There were {v} people in {the} {q} {n}{of}.",
            "We counted {v} for {the} {q} {n}{of}.",
            "{The} {q} {n}{of} takes {v} of them.",
        ),
        ("The {q} one has {v}.", "In the {q} one there were {v}.", "We counted {v} for the {q} one."),
        (
            ("How many are in {the} {q} {n}{of}?", "In {your} {q} {n}{of} there are"),
            ("How many did we count for {the} {q} {n}{of}?", "For {your} {q} {n}{of} you counted"),
            ("What is the number for {the} {q} {n}{of}?", "The number for {your} {q} {n}{of} is"),
        ),
    ),
    Siblings(
        "things",
        (*_OF_THINGS, *_OF_HOURS),
        ("box", "bag", "parcel", "menu", "list", "kit", "shelf", "drawer", "crate", "lesson", "exhibition"),
        (
            "{The} {q} {n}{of} holds {v}.",
            "In {the} {q} {n}{of} there is {v}.",
            "{The} {q} {n}{of} is for {v}.",
            "They put {v} in {the} {q} {n}{of}.",
        ),
        ("In the {q} one there is {v}.", "The {q} one holds {v}.", "The {q} one is for {v}."),
        (
            ("What is in {the} {q} {n}{of}?", "In {your} {q} {n}{of} there is"),
            ("What does {the} {q} {n}{of} hold?", "{Your} {q} {n}{of} holds"),
            ("What is {the} {q} {n}{of} for?", "{Your} {q} {n}{of} is for"),
        ),
    ),
    Siblings(
        "clause",
        (*_OF_SYSTEMS, *_OF_THINGS),
        ("button", "switch", "pump", "machine", "alarm", "valve", "oven", "printer", "handle", "phone"),
        (
            "To use {the} {q} {n}{of}, {v}.",
            "With {the} {q} {n}{of} you have to {v}.",
            "Before anyone touches {the} {q} {n}{of}, they {v}.",
            "{The} {q} {n}{of} works if you {v}.",
        ),
        ("For the {q} one, {v}.", "The {q} one works if you {v}.", "With the {q} one you {v}."),
        (
            ("How do I use {the} {q} {n}{of}?", "To use {your} {q} {n}{of}, you"),
            ("What do I have to do with {the} {q} {n}{of}?", "With {your} {q} {n}{of} you"),
            ("How does {the} {q} {n}{of} work?", "{Your} {q} {n}{of} works if you"),
        ),
    ),
)
