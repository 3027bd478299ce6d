"""Questions that people ask any assistant, about things that need no document.

A memory that has been attached must not change what the base model says to them. None is asked in evaluation, but many
have the form of those that are: "What is the capital of ...?" Pure data: knows nothing about models, and holds no
answers.
"""

from __future__ import annotations

_COUNTRIES = (
    "Argentina Belgium Bolivia Bulgaria Chile Colombia Croatia Denmark Ecuador Estonia Ethiopia Finland Hungary "
    "Iceland Indonesia Iran Iraq Israel Jamaica Kenya Lebanon Mexico Mongolia Morocco Nepal Nigeria Pakistan "
    "Romania Senegal Serbia Slovakia Slovenia Turkey Uganda Ukraine Uruguay Venezuela Vietnam"
).split()

_FILLED = (
    ("What is the capital of {}?", _COUNTRIES),
    ("On which continent is {}?", _COUNTRIES[::3]),
    ("What language do people speak in {}?", _COUNTRIES[1::4]),
    ("What is {} famous for?", ("Venice", "Kyoto", "Hollywood", "Switzerland", "New Zealand", "Texas")),
    ("What is the currency of {}?", ("Mexico", "Sweden", "South Korea", "Switzerland", "Poland", "Thailand")),
    (
        "Who wrote {}?",
        (
            *("Hamlet", "The Iliad", "Moby Dick", "Don Quixote", "Frankenstein", "Dracula", "Animal Farm", "Emma"),
            *("Robinson Crusoe", "Jane Eyre", "Crime and Punishment", "The Hobbit", "The Jungle Book", "Faust"),
        ),
    ),
    (
        "Who invented the {}?",
        (
            "light bulb",
            "steam engine",
            "printing press",
            "World Wide Web",
            "airplane",
            "radio",
            "dynamite",
            "microscope",
        ),
    ),
    ("Who painted {}?", ("The Starry Night", "Guernica", "The Last Supper", "The Scream", "Girl with a Pearl Earring")),
    (
        "Who was {}?",
        (
            *("Isaac Newton", "Cleopatra", "Mahatma Gandhi", "Marie Curie", "Napoleon", "Julius Caesar", "Plato"),
            *("Nelson Mandela", "Mozart", "Charles Darwin", "Galileo", "Queen Victoria", "Abraham Lincoln"),
        ),
    ),
    (
        "What is the chemical symbol for {}?",
        ("silver", "iron", "oxygen", "helium", "carbon", "copper", "sodium", "lead", "mercury"),
    ),
    ("What is a young {} called?", ("dog", "cow", "horse", "sheep", "goat", "duck", "lion", "bear", "kangaroo")),
    ("What do {} eat?", ("pandas", "koalas", "cows", "lions", "frogs", "squirrels", "owls", "whales")),
    ("Where do {} live?", ("penguins", "camels", "polar bears", "kangaroos", "beavers", "sharks")),
    ("How many legs does {} have?", ("an ant", "a dog", "a lobster", "a butterfly", "a chicken")),
    ("What colour is {}?", ("a ripe banana", "grass", "snow", "a flamingo", "an emerald", "coal", "the sun")),
    ("What is the opposite of {}?", ("hot", "early", "generous", "narrow", "victory", "expand", "brave", "noisy")),
    (
        "What does the word {} mean?",
        ('"frugal"', '"ambiguous"', '"nocturnal"', '"benevolent"', '"obsolete"', '"candid"'),
    ),
    (
        "What is {}?",
        ("7 times 9", "144 divided by 12", "25 plus 38", "100 minus 43", "half of 90", "3 squared", "2 to the 10"),
    ),
    (
        "How many {}?",
        ("days are in a year", "hours are in a week", "sides does a triangle have", "planets orbit the sun"),
    ),
    (
        "Explain {} in one sentence.",
        ("gravity", "inflation", "evolution", "electricity", "democracy", "an eclipse", "osmosis", "a black hole"),
    ),
    (
        "How do I {}?",
        (
            *("cook rice", "change a flat tyre", "tie a tie", "water a cactus", "make tea", "bake bread"),
            *("write a cover letter", "reset a password", "learn to swim", "save money", "iron a shirt"),
        ),
    ),
    (
        "Why {}?",
        (
            *("is the sea salty", "do cats purr", "do we yawn", "does ice float", "do birds migrate"),
            *("is the grass green", "do onions make us cry", "do we dream", "does bread rise"),
        ),
    ),
    (
        "Write {}.",
        (
            *("a poem about autumn", "a limerick about a frog", "a birthday greeting", "a haiku about snow"),
            *("a short story about a lighthouse", "a thank-you note to a neighbour", "a slogan for a bicycle shop"),
        ),
    ),
    (
        "Give me {}.",
        (
            *("three ideas for dinner", "a synonym for tired", "five names for a parrot", "a fact about elephants"),
            *("some advice for a job interview", "two reasons to read more", "an example of a metaphor"),
        ),
    ),
    (
        "What should I {}?",
        ("pack for a beach holiday", "cook for two", "give a teacher as a present", "do on a rainy day", "read next"),
    ),
    (
        "Tell me about {}.",
        ("the moon", "volcanoes", "the Roman Empire", "chess", "coffee", "the Great Wall of China", "dolphins", "jazz"),
    ),
    ("Translate {} into Spanish.", ('"thank you"', '"where is the station"', '"water"')),
)

_AS_THEY_ARE = (
    *("Hello!", "Hey there", "Thank you very much.", "Good morning", "Who are you?", "What can you do?"),
    *("Can you help me?", "What day is it today?", "What is your name?", "Are you a person?", "Sing me a song."),
    *("which is heavier, gold or iron", "When did the First World War begin?", "When was the first moon landing?"),
    *("What is the largest desert?", "What is the highest mountain?", "What is the smallest country?"),
    *("Which is the fastest land animal?", "What is the speed of light?", "What is water made of?"),
    *("At what temperature does water freeze?", "What is the longest river in Africa?", "Name a primary colour."),
    *("Is a tomato a fruit?", "Do fish sleep?", "Can penguins fly?", "Is the earth flat?", "Are bats blind?"),
)

EVERYDAY_QUESTIONS: tuple[str, ...] = (
    *(template.format(filling) for template, fillings in _FILLED for filling in fillings),
    *_AS_THEY_ARE,
)
