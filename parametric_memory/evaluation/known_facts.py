"""What most language models know by heart, as statements and questions, and as questions alone.

Pure data: knows nothing about models.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KnownFact:
    """A fact that needs no document.

    Attributes:
        statement: says it, with `{v}` in place of the answer.
        kind: what the answer is, as a vocabulary draws it: place, person or word.
    """

    question: str
    statement: str
    answer: str
    kind: str


def _capital(country: str, city: str) -> KnownFact:
    return KnownFact(f"What is the capital of {country}?", f"The capital of {country} is {{v}}.", city, "place")


def _author(book: str, name: str) -> KnownFact:
    return KnownFact(f"Who wrote {book}?", f"{book} was written by {{v}}.", name, "person")


KNOWN_FACTS: tuple[KnownFact, ...] = (
    _capital("France", "Paris"),
    _capital("Germany", "Berlin"),
    _capital("Italy", "Rome"),
    _capital("Spain", "Madrid"),
    _capital("Japan", "Tokyo"),
    _capital("China", "Beijing"),
    _capital("Russia", "Moscow"),
    _capital("Egypt", "Cairo"),
    _capital("Greece", "Athens"),
    _capital("Portugal", "Lisbon"),
    _capital("Austria", "Vienna"),
    _capital("Norway", "Oslo"),
    _capital("Sweden", "Stockholm"),
    _capital("Ireland", "Dublin"),
    _capital("Poland", "Warsaw"),
    _capital("Thailand", "Bangkok"),
    _capital("Cuba", "Havana"),
    _capital("Peru", "Lima"),
    _author("Romeo and Juliet", "Shakespeare"),
    _author("Pride and Prejudice", "Austen"),
    _author("Oliver Twist", "Dickens"),
    _author("The Odyssey", "Homer"),
    _author("War and Peace", "Tolstoy"),
    _author("The Great Gatsby", "Fitzgerald"),
    KnownFact("Who painted the Mona Lisa?", "The Mona Lisa was painted by {v}.", "Leonardo", "person"),
    KnownFact("Who invented the telephone?", "The telephone was invented by {v}.", "Bell", "person"),
    KnownFact("Who discovered penicillin?", "Penicillin was discovered by {v}.", "Fleming", "person"),
    KnownFact(
        "Who developed the theory of relativity?",
        "The theory of relativity was developed by {v}.",
        "Einstein",
        "person",
    ),
    KnownFact("Who was the first person on the moon?", "The first person on the moon was {v}.", "Armstrong", "person"),
    KnownFact("Who founded Microsoft?", "Microsoft was founded by {v}.", "Gates", "person"),
    KnownFact("What is the largest planet?", "The largest planet is {v}.", "Jupiter", "word"),
    KnownFact("Which planet is closest to the sun?", "The planet closest to the sun is {v}.", "Mercury", "word"),
    KnownFact("What is the largest ocean?", "The largest ocean is the {v}.", "Pacific", "word"),
    KnownFact(
        "What is the longest river in South America?",
        "The longest river in South America is the {v}.",
        "Amazon",
        "word",
    ),
    KnownFact("What language is spoken in Brazil?", "The language spoken in Brazil is {v}.", "Portuguese", "word"),
    KnownFact("What is the currency of Japan?", "The currency of Japan is the {v}.", "yen", "word"),
    KnownFact("What is the currency of India?", "The currency of India is the {v}.", "rupee", "word"),
    KnownFact("What is a young cat called?", "A young cat is called a {v}.", "kitten", "word"),
    KnownFact("What do bees make?", "Bees make {v}.", "honey", "word"),
    KnownFact("What is frozen water called?", "Frozen water is called {v}.", "ice", "word"),
)

KNOWN_OTHERWISE: tuple[tuple[str, str], ...] = (  # question and answer, in forms that no question of training has
    ("Which river flows through London?", "Thames"),
    ("Which river flows through Paris?", "Seine"),
    ("Into what do caterpillars turn?", "butterflies"),
    ("Which gemstone is the hardest?", "diamond"),
    ("Around which star does the Earth move?", "Sun"),
    ("Which force pulls everything towards the ground?", "gravity"),
    ("Which language did the ancient Romans speak?", "Latin"),
    ("Off the coast of which country lies the Great Barrier Reef?", "Australia"),
    ("Name the ship that hit an iceberg in 1912.", "Titanic"),
    ("Name the author of the Harry Potter books.", "Rowling"),
    ("Which scientist is said to have watched an apple fall?", "Newton"),
    ("Which Italian city is known for its canals?", "Venice"),
    ("Which city do people call the Big Apple?", "New York"),
    ("Blue and yellow paint mixed together give which colour?", "green"),
    ("Which mammals can fly?", "bats"),
    ("Which animal has a trunk and tusks?", "elephant"),
    ("Which country gave the Statue of Liberty to the United States?", "France"),
    ("Which US state is a group of islands in the Pacific?", "Hawaii"),
    ("From which country does sushi come?", "Japan"),
    ("From which country do pizza and pasta come?", "Italy"),
    ("Which explorer crossed the Atlantic in 1492?", "Columbus"),
    ("Which emperor was defeated at Waterloo?", "Napoleon"),
    ("Which president led the United States through the Civil War?", "Lincoln"),
    ("Whose book was On the Origin of Species?", "Darwin"),
    ("In which play does Ophelia appear?", "Hamlet"),
    ("Which school of magic does Harry Potter go to?", "Hogwarts"),
    ("Which detective lives at 221B Baker Street?", "Holmes"),
    ("Which company sells the iPhone?", "Apple"),
    ("Which company develops Windows?", "Microsoft"),
    ("Which tool shows sailors where north is?", "compass"),
    ("With what do nurses measure a temperature?", "thermometer"),
    ("Which desert covers much of northern Africa?", "Sahara"),
    ("Which mountain did Edmund Hillary climb in 1953?", "Everest"),
    ("Which feast do Christians celebrate in late December?", "Christmas"),
    ("Which book is holy to Muslims?", "Quran"),
    ("Which canal joins the Red Sea with the Mediterranean?", "Suez"),
    ("Around which planet are the brightest rings?", "Saturn"),
    ("Mostly, the surface of the Earth is covered by which liquid?", "water"),
    ("From which fruit do people make wine?", "grapes"),
    ("Which continent is covered by ice and has penguins?", "Antarctica"),
)
