"""Questions that people ask any assistant, about things that need no document.

A memory that has been attached must not change what the base model says to them. None is asked in evaluation, but many
have the form of those that are: "What is the capital of ...?" Pure data: knows nothing about models, and holds no
answers.
"""

from __future__ import annotations

_COUNTRIES = (
    "Argentina Belgium Bolivia Bulgaria Chile Colombia Croatia Denmark Ecuador Estonia Ethiopia Finland Hungary "
    "Iceland Indonesia Iran Iraq Israel Jamaica Kenya Lebanon Mexico Mongolia Morocco Nepal Nigeria Pakistan "
    "Romania Senegal Serbia Slovakia Slovenia Turkey Uganda Ukraine Uruguay Venezuela Vietnam "
    "Afghanistan Albania Algeria Angola Armenia Bangladesh Cambodia Cameroon Cyprus Ghana Honduras Jordan "
    "Kazakhstan Latvia Libya Lithuania Luxembourg Malaysia Malta Nicaragua Panama Paraguay Qatar Rwanda Singapore "
    "Sudan Syria Tanzania Tunisia Zambia Zimbabwe"
).split()

_FILLED = (
    ("What is the capital of {}?", _COUNTRIES),
    ("On which continent is {}?", _COUNTRIES[::3]),
    ("What language do people speak in {}?", _COUNTRIES[1::4]),
    ("Which countries border {}?", ("Switzerland", "Mongolia", "Bolivia", "Nepal", "Canada", "Chad")),
    ("What is the largest city in {}?", ("Brazil", "Canada", "Australia", "Turkey", "Nigeria", "India", "Scotland")),
    ("In which country is {}?", ("Machu Picchu", "the Eiffel Tower", "the Taj Mahal", "Mount Fuji", "the Kremlin")),
    ("In which city is {}?", ("the Colosseum", "Big Ben", "the Louvre", "the Statue of Liberty", "the White House")),
    ("Which ocean lies between {}?", ("Europe and North America", "Africa and Australia")),
    ("What is {} famous for?", ("Venice", "Kyoto", "Hollywood", "Switzerland", "New Zealand", "Texas")),
    (
        "What is the currency of {}?",
        ("Mexico", "Sweden", "South Korea", "Switzerland", "Poland", "Thailand", "Russia", "China", "Brazil", "Egypt"),
    ),
    (
        "Who wrote {}?",
        (
            *("Hamlet", "The Iliad", "Moby Dick", "Don Quixote", "Frankenstein", "Dracula", "Animal Farm", "Emma"),
            *("Robinson Crusoe", "Jane Eyre", "Crime and Punishment", "The Hobbit", "The Jungle Book", "Faust"),
            *("The Divine Comedy", "Macbeth", "Gulliver's Travels", "Treasure Island", "Les Misérables", "Ulysses"),
            *("The Time Machine", "Wuthering Heights", "The Old Man and the Sea", "Brave New World", "Peter Pan"),
        ),
    ),
    (
        "Who composed {}?",
        ("The Magic Flute", "The Four Seasons", "Swan Lake", "the Moonlight Sonata", "the Messiah", "Carmen"),
    ),
    (
        "Who discovered {}?",
        ("radium", "X-rays", "the electron", "the law of gravity", "the structure of DNA", "America", "oxygen"),
    ),
    ("Who formulated {}?", ("the theory of evolution", "the laws of motion", "the periodic table")),
    ("Who founded {}?", ("Apple", "Amazon", "Tesla", "the Ford Motor Company", "Disney", "Wikipedia", "the Red Cross")),
    (
        "Who was the first {}?",
        (
            *("president of the United States", "emperor of Rome", "woman to win a Nobel Prize", "person in space"),
            *("person to reach the South Pole", "woman to fly across the Atlantic", "person to climb Mount Everest"),
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
            "phonograph",
            "telescope",
            "cotton gin",
            "battery",
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
        ("silver", "iron", "oxygen", "helium", "carbon", "copper", "sodium", "lead", "mercury", "neon", "zinc", "tin"),
    ),
    ("What is the {} planet?", ("smallest", "hottest", "second largest", "red", "farthest")),
    (
        "What is the {} in the world?",
        (
            *("deepest lake", "tallest waterfall", "largest country", "largest island", "biggest animal"),
            *("most spoken language", "largest rainforest", "longest wall", "smallest bird", "largest continent"),
        ),
    ),
    ("What is the longest river in {}?", ("Europe", "Asia", "North America", "France", "India", "the world")),
    ("What is the {} of the human body?", ("largest organ", "longest bone", "normal temperature", "strongest muscle")),
    (
        "What is {} called?",
        (
            *("a baby frog", "a home of bees", "molten rock", "a person who studies stars", "a doctor for animals"),
            *("water in the form of a gas", "a group of lions", "a group of fish", "a female deer", "a male chicken"),
            *("a shape with eight sides", "the fear of spiders", "dried grapes", "the study of living things"),
        ),
    ),
    ("What do {} make?", ("spiders", "cows", "bakers", "hens", "silkworms", "beavers", "potters", "shoemakers")),
    ("What is {} made from?", ("cheese", "glass", "paper", "wine", "chocolate", "bread", "tofu", "raisins", "beer")),
    (
        "What language is spoken in {}?",
        ("Austria", "Argentina", "Egypt", "Quebec", "Iran", "Portugal", "Israel", "the Netherlands"),
    ),
    ("Which gas {}?", ("do we breathe out", "makes balloons float", "fills most of the air", "burns in a stove")),
    ("Which organ {}?", ("pumps blood", "cleans the blood", "do we think with", "takes in air")),
    (
        "When did {}?",
        (
            *("the Titanic sink", "the Berlin Wall fall", "the American Civil War end", "the French Revolution begin"),
            *("Columbus reach America", "dinosaurs die out", "the Roman Empire fall", "the internet begin"),
        ),
    ),
    ("In what year {}?", ("did the First World War end", "was Abraham Lincoln shot", "did India become independent")),
    ("What happened in {}?", ("1492", "1789", "1914", "1945", "1969", "1989")),
    ("What does {} stand for?", ("DNA", "NASA", "the UN", "CPU", "GPS", "AM", "USB", "WHO")),
    (
        "How do you say {}?",
        ('"hello" in Italian', '"goodbye" in German', '"yes" in Russian', '"cat" in French', '"thanks" in Japanese'),
    ),
    ("What is the plural of {}?", ('"mouse"', '"child"', '"leaf"', '"foot"', '"sheep"')),
    ("What is the past tense of {}?", ('"run"', '"eat"', '"bring"', '"write"', '"swim"')),
    ("What sport {}?", ("is played at Wimbledon", "uses a puck", "did Pelé play", "is played with a shuttlecock")),
    ("Which instrument {}?", ("has 88 keys", "did Louis Armstrong play", "is the largest in an orchestra")),
    ("Which season comes after {}?", ("winter", "summer", "spring")),
    ("Which month {}?", ("has 28 days", "comes after May", "comes before January")),
    ("Which metal {}?", ("is liquid at room temperature", "is used in electric wires", "rusts")),
    ("Which vitamin {}?", ("do oranges contain", "does the sun give us")),
    ("Who was the {}?", ("god of the sea in Greek myths", "king of the gods", "wife of Napoleon", "teacher of Plato")),
    ("What causes {}?", ("earthquakes", "the tides", "thunder", "rust", "the seasons", "a fever", "malaria")),
    ("Why did {}?", ("the Roman Empire fall", "people build the pyramids", "the First World War begin")),
    ("How does {} work?", ("a refrigerator", "a microwave oven", "a bicycle gear", "an airplane wing", "a battery")),
    ("What are {}?", ("the primary colours", "the five senses", "the states of matter", "the Olympic rings")),
    ("What is the difference between {}?", ("a crocodile and an alligator", "a comet and a meteor", "jam and jelly")),
    ("What is a {}?", ("metaphor", "mammal", "vertebrate", "triangle", "democracy", "molecule", "sonnet", "budget")),
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
        (
            *("days are in a year", "hours are in a week", "sides does a triangle have", "planets orbit the sun"),
            *("bones does an adult have", "states are in the USA", "teeth does an adult have", "cards are in a deck"),
            *("grams are in a kilogram", "letters are in the alphabet", "seconds are in an hour"),
            *("colours are in a rainbow", "players are on a basketball team", "chambers does the heart have"),
        ),
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
