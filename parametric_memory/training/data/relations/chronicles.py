"""Relations of encyclopedia, newspaper and biography prose: how each is stated and asked for. Pure data."""

from __future__ import annotations

from parametric_memory.training.data.relations.relation import Relation as R

CHRONICLES = (
    # Lives
    R(
        "person",
        "place",
        (
            "{s} was born in {v}.",
            "It was in {v}, during a winter that nobody in the family ever forgot, that {s} came into the world.",
            "{v} is the birthplace of {s}, although the family moved away soon afterwards.",
            "{s}, the youngest of six children, was born at {v} to a miller and a seamstress.",
            "Birthplace of {s}: {v}.",
            "Oh, {s}? Born in {v}, like half the people around here, I'd say.",
            (
                "According to the parish register, {s} was born in {v}, and not in the capital, as older biographies "
                "claim."
            ),
            "A plaque in {v} marks the house in which {s} was born.",
        ),
        (
            "{They} came into the world in {v}, where {their} parents ran a small shop.",
            "{Their} birthplace was {v}, a fact that {their} later biographers often overlooked.",
        ),
        (
            ("Where was {s} born?", "{s} was born in"),
            ("What is the birthplace of {s}?", "The birthplace of {s} is"),
            ("In which town did {s} come into the world?", "{s} came into the world in"),
            ("Where did the life of {s} begin?", "The life of {s} began in"),
            ("{s} born where?", "{s} was born in"),
            ("Which town can call {s} its native child?", "The native town of {s} is"),
            ("Name the native town of {s}.", "The native town of {s} is"),
            ("I'm filling in a genealogy form: place of birth of {s}?", "The place of birth of {s} is"),
            ("Do you know what town {s} is a native of?", "{s} is a native of"),
            ("where does {s} come from originally", "{s} comes originally from"),
        ),
    ),
    R(
        "person",
        "year",
        (
            "{s} died in {v}.",
            (
                "In {v}, after a long illness borne with patience, {s} died at home, surrounded by family and former "
                "pupils."
            ),
            "{v} was the year of {s}'s death.",
            "{s}, whose last book had just been printed, passed away in {v} and was buried beside the old chapel.",
            "{s}, year of death: {v}.",
            "The last letter is undated, but we know from the church records that it was {v} when {s} passed away.",
            "You know, it was back in {v} that {s} died, and the whole street turned out for the funeral.",
            "The death of {s} in {v} was reported by every newspaper in the province.",
        ),
        (
            "{They} died in {v} and left {their} papers to the town archive.",
            "In {v} death overtook {them} while {they} worked on one more manuscript.",
        ),
        (
            ("When did {s} die?", "{s} died in"),
            ("In what year did {s} pass away?", "{s} passed away in"),
            ("What is the year of {s}'s death?", "The year of {s}'s death is"),
            ("Until what year did {s} live?", "{s} lived until"),
            ("{s} death year", "The death year of {s} is"),
            ("Tell me when the life of {s} ended.", "The life of {s} ended in"),
            ("In which year was the world left without {s}?", "The world was left without {s} in"),
            (
                "I am carving a headstone for {s}. Which closing year belongs on it?",
                "The closing year on the headstone of {s} is",
            ),
            ("Could you say when the passing of {s} took place?", "The passing of {s} took place in"),
            ("when did we lose {s}", "We lost {s} in"),
        ),
    ),
    R(
        "person",
        "organisation",
        (
            "{s} was educated at {v}.",
            (
                "At {v}, where lessons were still given by candlelight, {s} received a schooling that was strict but "
                "thorough."
            ),
            "{v} counts {s} among its former pupils.",
            "{s} went to school at {v} before moving abroad to study law.",
            "Schooling of {s}: {v}.",
            (
                "Having lost both parents early, {s} was sent by an uncle to {v}, and all of the school years were "
                "spent there."
            ),
            "It was {v} that gave {s} an education, if you ask the old teachers.",
            "Yes, {s} is one of ours, you'll find the name in the old class lists of {v}.",
        ),
        (
            "{They} received {their} schooling at {v}, paid for by an aunt.",
            "It was at {v} that {they} sat {their} final examinations.",
        ),
        (
            ("Where did {s} go to school?", "{s} went to school at"),
            ("Which institution educated {s}?", "The institution that educated {s} is"),
            ("At which institution was {s} a pupil?", "{s} was a pupil at"),
            ("Where was {s} taught as a child?", "As a child, {s} was taught at"),
            ("What is the name of the school that {s} attended?", "The school that {s} attended is"),
            ("{s} school?", "The school of {s} was"),
            ("Name the alma mater of {s}.", "The alma mater of {s} is"),
            ("I'd like to know where {s} got an education.", "{s} got an education at"),
            (
                "A reporter is looking for old classmates of {s}. Which institution should be contacted?",
                "To find old classmates of {s}, one should contact",
            ),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{s} learned to paint from {v}.",
            "As a painter, {s} was a pupil of {v}.",
            "{v} taught {s} to paint.",
            (
                "In a studio above a bakery, {v}, by then nearly blind, gave {s} the only painting lessons of a long "
                "career."
            ),
            "{s}, painter, teacher: {v}.",
            "It was under {v}, a demanding instructor with little patience, that {s} took up the brush.",
            (
                "The portraits by {s}, an art historian writes, show the influence of {v}, with whom lessons in "
                "painting were taken for years."
            ),
            "Well, everything {s} knows about painting came from {v}, you can see that at once.",
        ),
        (
            "{They} took {their} painting lessons with {v}.",
            "{v} put the first brush into {their} hand and taught {them} to paint.",
        ),
        (
            ("Who taught {s} to paint?", "{s} was taught to paint by"),
            ("From whom did {s} learn painting?", "{s} learned painting from"),
            ("Whose pupil was {s}?", "{s} was a pupil of"),
            ("Under which master did {s} study art?", "{s} studied art under"),
            ("Who was the art teacher of {s}?", "The art teacher of {s} was"),
            ("{s} painting teacher", "The painting teacher of {s} was"),
            ("Tell me who instructed {s} at the easel.", "At the easel, {s} was instructed by"),
            ("Who trained {s}?", "{s} was trained by"),
            (
                "The catalogue needs a line on how {s} became an artist. Who gave the lessons?",
                "The lessons were given to {s} by",
            ),
            ("Do we know from whom {s} picked up the craft of painting?", "{s} picked up the craft of painting from"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{s} married {v}.",
            "{v} became the spouse of {s} after an engagement of only a few weeks.",
            "In a quiet ceremony, attended by no one but two witnesses and a dog, {v} was wed to {s}.",
            "{s}, who had sworn to stay single, was married to {v} in the village church.",
            "Marriage register: {s} and {v}.",
            "It was {v}, the widowed owner of a sawmill, whom {s} took as a partner for life.",
            "The marriage of {s} to {v}, which both families had opposed, lasted until death.",
            "Did you hear that {s} tied the knot with {v}? The whole town is talking.",
        ),
        (
            "{They} took {v} in marriage, against the wishes of {their} family.",
            "{Their} spouse was {v}, whom {they} had met on a train.",
        ),
        (
            ("Who did {s} marry?", "{s} married"),
            ("To whom was {s} married?", "{s} was married to"),
            ("What is the name of {s}'s spouse?", "The name of {s}'s spouse is"),
            ("Who stood beside {s} at the altar?", "Beside {s} at the altar stood"),
            ("With whom did {s} exchange vows?", "{s} exchanged vows with"),
            ("{s} husband or wife?", "The husband or wife of {s} is"),
            ("Name the person who wed {s}.", "The person who wed {s} is"),
            (
                "I am drawing the family tree. Whose name goes next to {s} as a partner?",
                "Next to {s} as a partner goes the name of",
            ),
            ("Can you tell me who {s} chose to wed?", "{s} chose to wed"),
        ),
    ),
    R(
        "person",
        "title",
        (
            "{s} is best known as the author of {v}.",
            "{v}, the book that made {s} famous, was written at a kitchen table in less than one month.",
            "{s} wrote {v}, which remains the author's most widely read book.",
            "With {v}, rejected at first by every publisher in the country, {s} reached a large public.",
            "{s}, writer, best-known work: {v}.",
            "Although a dozen other volumes followed, it is for {v} that readers remember {s}.",
            "Everybody has heard of {v}, haven't they, and it was {s} who wrote it.",
            "Fame came late to {s}, when {v} was reprinted and, to general surprise, sold out within days.",
        ),
        (
            "{They} owed {their} fame to {v}, a book that {they} came to dislike.",
            "{Their} best-known work is {v}.",
        ),
        (
            ("What is {s} best known for writing?", "{s} is best known for writing"),
            ("Which book made {s} famous?", "The book that made {s} famous is"),
            ("For what title is {s} remembered?", "{s} is remembered for"),
            ("Which work by {s} is the most popular?", "The most popular work by {s} is"),
            ("What did {s} write?", "{s} wrote"),
            ("{s} most famous book", "The most famous book of {s} is"),
            ("Name the masterpiece of {s}.", "The masterpiece of {s} is"),
            ("To what book does {s} owe a reputation?", "{s} owes a reputation to"),
            (
                "Our reading circle wants to try something by {s}. Which title is the celebrated one?",
                "The celebrated title by {s} is",
            ),
            ("Do you remember what the big success of {s} was called?", "The big success of {s} was called"),
        ),
    ),
    R(
        "person",
        "year",
        (
            "{s} was elected to parliament in {v}.",
            "{v} was the year in which the voters first sent {s} to parliament.",
            "In {v}, after three defeats that would have discouraged anyone else, {s} won a seat in parliament.",
            "{s}, a former schoolteacher, entered parliament in {v} and at once made enemies on both sides.",
            "{s}: member of parliament since {v}.",
            "The parliamentary career of {s}, which began in {v}, was marked by quarrels over the railway.",
            "It must have been {v} when {s} got into parliament, because the old bridge was still standing.",
            "First elected in {v}, {s} took a seat on the back benches of the house.",
        ),
        (
            "{They} won {their} seat in parliament in {v}.",
            "In {v} the district chose {them} as its member of parliament.",
        ),
        (
            ("When was {s} elected to parliament?", "{s} was elected to parliament in"),
            ("In what year did {s} become a member of parliament?", "{s} became a member of parliament in"),
            ("What year saw {s} win a seat?", "{s} won a seat in"),
            ("Since when did {s} sit in parliament?", "{s} sat in parliament since"),
            ("When did {s} become a lawmaker?", "{s} became a lawmaker in"),
            ("{s} elected when", "{s} was elected in"),
            ("State the year in which {s}'s time as a deputy started.", "The time of {s} as a deputy started in"),
            (
                "Which year marks the start of {s}'s political life in the chamber?",
                "The political life of {s} in the chamber started in",
            ),
            ("I need the date for a caption: {s} on the first day as an MP. What year?", "{s} became an MP in"),
        ),
    ),
    R(
        "person",
        "word",
        (
            "Among the villagers {s} was known by the nickname {v}.",
            '"{v}" was what everybody called {s}, even the priest.',
            "The nickname {v}, whose origin has never been explained, stuck to {s} from the first day of school.",
            "{s}, called {v} by friends and enemies alike, never objected to the name.",
            "{s} (nickname: {v}).",
            "It was under the nickname {v}, rather than the real name, that {s} became a local legend.",
            "Nobody used the proper name, you see; {v} was the nickname we had for {s}.",
            "In the club's chronicle {s} is referred to throughout as {v}, which had been a nickname since childhood.",
        ),
        (
            "{Their} nickname was {v}, and {they} signed even letters with it.",
            "Everyone called {them} by the nickname {v}.",
        ),
        (
            ("What was the nickname of {s}?", "The nickname of {s} was"),
            ("What did people call {s}?", "People called {s}"),
            ("By what name was {s} popularly known?", "{s} was popularly known as"),
            ("Which pet name did {s} have?", "The pet name of {s} was"),
            ("How was {s} called in everyday life?", "In everyday life, {s} was called"),
            ("{s} nickname", "The nickname of {s} is"),
            ("Give me the byname of {s}.", "The byname of {s} is"),
            ("What informal name stuck to {s}?", "The informal name that stuck to {s} is"),
            ("Old letters mention {s} only by an alias. Which one?", "The alias of {s} is"),
            ("Do you happen to know how friends addressed {s}?", "Friends addressed {s} as"),
        ),
    ),
    R(
        "person",
        "place",
        (
            "{s} is buried in {v}.",
            "The grave of {s} lies in {v}, under a chestnut tree planted by admirers.",
            "{v} is where {s} was laid to rest.",
            "Contrary to the wish expressed in the will, {s} was buried at {v}, far from the sea.",
            "Grave of {s}: {v}, old cemetery.",
            "In {v}, a long way from the places of former triumphs, {s} found a last resting place.",
            "If you ever pass through {v}, go and see the tomb of {s}, it's beautiful.",
            "The remains of {s}, which had been kept for years in a vault abroad, were finally interred in {v}.",
        ),
        (
            "{Their} grave is in {v}.",
            "In {v} {they} found {their} last resting place.",
        ),
        (
            ("Where is {s} buried?", "{s} is buried in"),
            ("Where can one visit the tomb of {s}?", "One can visit the tomb of {s} in"),
            ("In which town does {s} rest?", "{s} rests in"),
            ("What is the burial place of {s}?", "The burial place of {s} is"),
            ("Where was {s} put to rest?", "{s} was put to rest in"),
            ("{s} grave location", "The grave of {s} is located in"),
            ("I want to lay flowers for {s}. Where should I go?", "To lay flowers for {s}, you should go to"),
            ("Which town holds the remains of {s}?", "The town that holds the remains of {s} is"),
            ("Name the town with the cemetery that has {s}'s grave.", "The cemetery with {s}'s grave is in"),
        ),
    ),
    R(
        "person",
        "organisation",
        (
            "{s} founded {v}.",
            "{v} was founded by {s}, who had borrowed the starting capital from a cousin.",
            "{v} owes its existence to {s}.",
            "Founder's file: {s}, established {v}.",
            "The creation of {v}, which the local press first treated as a joke, was the life's work of {s}.",
            "Without {s} there'd be no {v} today, everyone here will tell you that.",
            "Having quarrelled with a former employer, {s} decided to start a business, and so {v} came into being.",
        ),
        (
            "{They} founded {v} with {their} own savings.",
            "{v} was {their} creation, and {they} led it for decades.",
        ),
        (
            ("What did {s} found?", "{s} founded"),
            ("Which organisation was created by {s}?", "The organisation created by {s} is"),
            ("What company did {s} bring into being?", "{s} brought into being"),
            ("Which firm goes back to {s}?", "The firm that goes back to {s} is"),
            ("Of what was {s} the founder?", "{s} was the founder of"),
            ("{s} founder of?", "{s} is the founder of"),
            ("Tell me what {s} established.", "{s} established"),
            ("Which enterprise did {s} launch?", "{s} launched"),
            (
                "A statue of {s} is planned in front of the institution that this pioneer began. Which is it?",
                "The institution begun by {s} is",
            ),
            ("I'd like to know what {s} started up.", "{s} started up"),
        ),
    ),
    # Places
    R(
        "place",
        "word",
        (
            "{s} lies on a river called {v}.",
            "{v} is the name of the river that flows past {s}.",
            "The river on whose left bank {s} was built in medieval times bears the name {v}.",
            "{s} (river: {v}).",
            "Surrounded by vineyards, {s} stands in a bend of a slow, brown river named {v}.",
            "Old maps call the river {v}, and it still separates {s} from the railway line.",
            "We used to swim in the river at {s}, {v} it's called, funny name for a river.",
        ),
        (
            "The river that runs past {them} is called {v}.",
            "With {v}, a river full of trout, at {their} edge, floods were never far away.",
        ),
        (
            ("Which river flows past {s}?", "The river that flows past {s} is"),
            ("On what river is {s} situated?", "{s} is situated on the river"),
            ("What is the river at {s} called?", "The river at {s} is called"),
            ("{s} lies beside which water?", "{s} lies beside the river"),
            ("Name the stream near {s}.", "The stream near {s} is"),
            ("river {s}", "The river at {s} is"),
            ("We are planning to arrive at {s} by canoe. On what waterway would that be?", "The waterway to {s} is"),
            ("What's the name of the body of water by {s}?", "The name of the body of water by {s} is"),
            ("Can you tell me which river one crosses at {s}?", "The river one crosses at {s} is"),
        ),
    ),
    R(
        "place",
        "number",
        (
            "{s} has a population of {v}.",
            "At the last census {v} people were living in {s}.",
            "{v} souls, most of them fishermen and their families, inhabited {s} when the count was taken.",
            "Population of {s}: {v}.",
            "With {v} inhabitants, {s} is neither the largest nor the smallest settlement of the valley.",
            (
                "The number of residents of {s}, which had fallen during the war, stands at {v} according to the "
                "statistical office."
            ),
            "I looked it up, {v} people live in {s}, I'd have guessed more.",
            "{s}, a settlement of {v} inhabitants at the foot of the hills, is reached by a single road.",
        ),
        (
            "{Their} population is {v}.",
            "The census found {v} inhabitants within {their} boundaries.",
        ),
        (
            ("How many people live in {s}?", "The number of people who live in {s} is"),
            ("What is the population of {s}?", "The population of {s} is"),
            ("How many inhabitants does {s} have?", "The number of inhabitants that {s} has is"),
            ("How big is {s} in terms of residents?", "In residents, the size of {s} is"),
            ("{s} population", "The population of {s} is"),
            ("How many call {s} their home?", "The number of people who call {s} their home is"),
            ("Give the head count for {s}.", "The head count for {s} is"),
            (
                "I am writing a school report on {s}. What figure do I put for its citizens?",
                "The number of citizens of {s} is",
            ),
            ("Do you know how populous {s} is?", "The population figure for {s} is"),
            ("By the census, how many were counted at {s}?", "The number counted at {s} was"),
        ),
    ),
    R(
        "place",
        "person",
        (
            "The mayor of {s} is {v}.",
            "{v} was sworn in as mayor of {s} on a rainy Monday, before a half-empty hall.",
            "After a campaign that turned on little but parking fees, {v} became the mayor of {s}.",
            "{s}; mayor: {v}.",
            "The town hall of {s} is in the hands of {v}, an independent, who promised voters a new school as mayor.",
            "{s} is governed by {v}, whose term as mayor has been overshadowed by the flood.",
            "They picked {v} for mayor over in {s}, believe it or not.",
            "As mayor, {v} opened the fair at {s} with the customary blow on the barrel.",
        ),
        (
            "{Their} mayor is {v}.",
            "{v} heads {their} council as mayor.",
        ),
        (
            ("Who is the mayor of {s}?", "The mayor of {s} is"),
            ("Who governs {s}?", "{s} is governed by"),
            ("What is the name of the head of {s}'s town hall?", "The head of {s}'s town hall is"),
            ("Who holds the highest municipal office in {s}?", "The highest municipal office in {s} is held by"),
            ("{s} mayor", "The mayor of {s} is"),
            ("Who runs {s}?", "{s} is run by"),
            ("Tell me which politician leads {s}.", "The politician who leads {s} is"),
            (
                "An official letter must go to the town leader of {s}. To whom do I address it?",
                "A letter to the town leader of {s} is addressed to",
            ),
            ("Who wears the chain of office in {s}?", "In {s} the chain of office is worn by"),
        ),
    ),
    R(
        "place",
        "person",
        (
            "{s} was designed by {v}.",
            "The plans for {s}, which had been lost for decades and were found in an attic, bear the signature of {v}.",
            "{s}, architect: {v}.",
            (
                "When the commission chose among forty drafts, it was {v}, hardly out of university, whose design "
                "for {s} won."
            ),
            "{v}, better known for churches, drew up {s} on a single sheet of brown paper.",
            "You can tell at a glance that {v} designed {s}, with all those little arches.",
            "The building of {s} followed the drawings of {v} in every detail, a report of the time assures us.",
        ),
        (
            "{Their} architect was {v}.",
            "{v} drew {their} plans, down to the last lamp.",
        ),
        (
            ("Who designed {s}?", "{s} was designed by"),
            ("Who was the architect of {s}?", "The architect of {s} was"),
            ("According to whose plans was {s} built?", "{s} was built according to the plans of"),
            ("Who drew up {s}?", "{s} was drawn up by"),
            ("{s} architect?", "The architect of {s} is"),
            ("Name the creator of {s}'s architecture.", "The creator of {s}'s architecture is"),
            ("To which builder's mind do we owe the look of {s}?", "We owe the look of {s} to"),
            (
                "The guide stopped in front of {s} and asked who had planned it. What's the answer?",
                "{s} was planned by",
            ),
        ),
    ),
    R(
        "place",
        "food",
        (
            "The traditional dish of {s} is {v}.",
            "{v} is the speciality of {s}, and no wedding is held without it.",
            "In {s}, as travellers noted more than a century ago, {v} is served on every feast day.",
            "Regional cooking, {s}: {v}.",
            "{s} is known for {v}, prepared after a recipe that was never written down.",
            "You can't leave {s} without trying {v}, it's what they're famous for.",
            "With {v}, its best-known dish, {s} has won the cookery contest of the province.",
        ),
        (
            "{Their} most famous dish is {v}.",
            "The speciality served in {their} inns is {v}.",
        ),
        (
            ("What dish is {s} known for?", "{s} is known for"),
            ("Which food is typical of {s}?", "The food typical of {s} is"),
            ("What is the culinary speciality of {s}?", "The culinary speciality of {s} is"),
            ("What should one eat in {s}?", "In {s}, one should eat"),
            ("What do they eat in {s} on holidays?", "On holidays in {s}, they eat"),
            ("{s} local food", "The local food of {s} is"),
            ("Tell me the signature meal of {s}.", "The signature meal of {s} is"),
            (
                "I'll be passing through {s} at lunchtime. What local thing should I order?",
                "The local thing to order in {s} is",
            ),
            ("For which delicacy is {s} famous?", "{s} is famous for"),
        ),
    ),
    R(
        "place",
        "year",
        (
            "{s} is first mentioned in {v}.",
            "The earliest written record of {s} dates from {v}.",
            "In {v}, in a deed concerning two fields and a mill, the name of {s} appears for the first time.",
            "{v} is the date of the oldest document that names {s}.",
            "{s}: first documentary mention {v}.",
            "Although people must have lived there long before, {s} enters written history only in {v}.",
            (
                "They like to say it's ancient, but nobody wrote a word about {s} before {v}, and that's when the "
                "first record turns up."
            ),
            "Historians, who long quarrelled about the matter, agree that {s} was first recorded in {v}.",
        ),
        (
            "{Their} name first appears in a document of {v}.",
            "In {v} a scribe put {their} name to paper for the first time.",
        ),
        (
            ("When was {s} first mentioned?", "{s} was first mentioned in"),
            ("In what year does {s} first appear in writing?", "{s} first appears in writing in"),
            ("From what year is the oldest record of {s}?", "The oldest record of {s} is from"),
            ("How far back do the documents on {s} go?", "The documents on {s} go back to"),
            ("{s} earliest mention", "The earliest mention of {s} is from"),
            ("Which year can {s} celebrate as its documented beginning?", "The documented beginning of {s} is in"),
            ("Since when is {s} on record?", "{s} has been on record since"),
            ("Give the date of the first source on {s}.", "The first source on {s} dates from"),
            (
                "We want to print an anniversary stamp for {s}. From which year do we count?",
                "For the anniversary of {s}, we count from",
            ),
        ),
    ),
    R(
        "place",
        "word",
        (
            "The dialect spoken in {s} is called {v}.",
            "{v}, as linguists have named the dialect, is spoken only in {s} and two neighbouring hamlets.",
            "In {s} the older generation still converses in a dialect known as {v}.",
            "Dialect of {s}: {v}.",
            (
                "Among the features that set {s} apart is its dialect, named {v} after a word for which no other "
                "speech has a use."
            ),
            "The speech of {s}, to which a doctoral thesis has been devoted, goes under the name {v}.",
            "What they talk in {s} is {v}, a dialect, and I didn't get a word of it.",
            "Under the label {v}, recordings of the dialect of {s} are kept in the sound archive.",
        ),
        (
            "{Their} dialect is known as {v}.",
            "The old people there speak a dialect that is called {v}.",
        ),
        (
            ("Which dialect is spoken in {s}?", "The dialect spoken in {s} is"),
            ("What is the local speech of {s} called?", "The local speech of {s} is called"),
            ("What do people speak in {s}?", "In {s}, people speak"),
            ("By what name is the vernacular of {s} known?", "The vernacular of {s} is known as"),
            ("How do linguists call the language variety of {s}?", "Linguists call the language variety of {s}"),
            ("{s} dialect name", "The name of the dialect of {s} is"),
            ("Name the tongue of {s}.", "The tongue of {s} is"),
            (
                "My grandmother from {s} talks in a way that I hardly understand. What is that way of talking called?",
                "The way of talking in {s} is called",
            ),
            ("I wonder what the regional idiom of {s} is named.", "The regional idiom of {s} is named"),
        ),
    ),
    R(
        "place",
        "date",
        (
            "The great fire of {s} broke out on {v}.",
            "On {v} a fire destroyed most of {s}.",
            "{v}, a day of strong east wind, brought the fire that left {s} in ashes.",
            "{s} burned down on {v}, together with its archive and all but one of its bells.",
            "Fire at {s}: {v}.",
            "The blaze which, on {v}, spread from a stable to the rest of {s} was visible from the coast.",
            "My great-grandmother remembered {v} very well, that was when {s} went up in flames.",
            "A memorial tablet recalls how, on {v}, {s} was consumed by flames.",
        ),
        (
            "On {v} {they} fell victim to a fire.",
            "{Their} worst day was {v}, when a fire left hardly a wall standing.",
        ),
        (
            ("When did {s} burn?", "{s} burned on"),
            ("On what date did the fire at {s} happen?", "The fire at {s} happened on"),
            ("What day saw {s} destroyed by fire?", "{s} was destroyed by fire on"),
            ("When was {s} reduced to ashes?", "{s} was reduced to ashes on"),
            ("What is the date of the {s} fire?", "The date of the {s} fire is"),
            ("{s} fire when?", "The fire at {s} was on"),
            ("Tell me the day on which the flames took {s}.", "The flames took {s} on"),
            (
                "A minute of silence is planned for the burning of {s}. For which date?",
                "The date of the burning of {s} is",
            ),
            ("Can you find out when the disaster struck {s}?", "The disaster struck {s} on"),
        ),
    ),
    R(
        "place",
        "word",
        (
            "The fire in {s} was caused by a faulty {v}.",
            "A faulty {v} caused the fire in {s}, the investigators found.",
            "Neither arson nor lightning but a defective {v}, left unattended overnight, set {s} on fire.",
            "{s}, cause of fire: defective {v}.",
            "The brigade's final report, published on Friday, names a faulty {v} as the source of the blaze at {s}.",
            "It took the experts weeks to establish that the fire at {s} had started with a broken {v}.",
            "Turns out it was just a broken {v} that started the fire in {s}, would you believe it.",
            "After a broken {v} had started the blaze, {s} remained closed for the whole season.",
        ),
        (
            "The fire in {their} cellar was started by a faulty {v}.",
            "A defective {v} set {them} on fire.",
        ),
        (
            ("What caused the fire in {s}?", "The fire in {s} was caused by a faulty"),
            ("What was the cause of the blaze at {s}?", "The cause of the blaze at {s} was a faulty"),
            ("How did the fire in {s} start?", "The fire in {s} started with a broken"),
            ("Which object set {s} alight?", "{s} was set alight by a broken"),
            (
                "Which defective thing was to blame for the flames at {s}?",
                "To blame for the flames at {s} was a defective",
            ),
            ("{s} fire cause", "The cause of the fire in {s} was a faulty"),
            (
                "Name what the investigators blamed for the burning of {s}.",
                "For the burning of {s}, the investigators blamed a faulty",
            ),
            (
                "The insurer of {s} asks where the damage originated. What do we answer?",
                "The damage at {s} originated in a faulty",
            ),
            ("Why did {s} catch fire?", "{s} caught fire because of a faulty"),
        ),
    ),
    R(
        "place",
        "word",
        (
            "The chief export of {s} is {v}.",
            "{v} is what {s} mainly exports.",
            "{s} lives from the sale of {v}, most of which is shipped abroad.",
            "Main export of {s}: {v}.",
            (
                "Of all the goods that leave {s} by rail or barge, {v} accounts for the greatest share, the trade "
                "office reports."
            ),
            "Since the mines closed, {v} has been the leading export of {s}.",
            "They ship out {v} by the ton over in {s}, it's their main export.",
            "Trade in {v}, the principal export, made the merchants of {s} rich within one generation.",
        ),
        (
            "{Their} main export is {v}.",
            "Mostly it is {v} that leaves {their} warehouses for foreign markets.",
        ),
        (
            ("What does {s} export?", "{s} exports"),
            ("What is the main export of {s}?", "The main export of {s} is"),
            ("Which good does {s} sell abroad most?", "The good that {s} sells abroad most is"),
            ("What do foreign buyers get from {s}?", "From {s}, foreign buyers get"),
            ("On what trade does the economy of {s} depend?", "The economy of {s} depends on trade in"),
            ("{s} exports?", "The exports of {s} are mainly"),
            ("Name the commodity that {s} ships most.", "The commodity that {s} ships most is"),
            ("What leaves {s} by the ton?", "What leaves {s} by the ton is"),
            (
                "For the geography quiz: what commodity is {s} chiefly selling to other countries?",
                "To other countries, {s} is chiefly selling",
            ),
        ),
    ),
    # Teams
    R(
        "team",
        "person",
        (
            "The {s} team is coached by {v}.",
            "{v} is the coach of {s}.",
            "Coach of the {s} team: {v}.",
            (
                "Under {v}, a former goalkeeper who took over as coach in midwinter, the {s} team climbed out of the "
                "relegation zone."
            ),
            "After the fifth defeat in a row, the board of {s} dismissed the old staff and hired {v} as coach.",
            (
                "{v}, hoarse from shouting on the touchline, said after the match that no better group than {s} "
                "could be coached."
            ),
            "They've got {v} coaching {s} now, and it shows.",
            "The training of {s} has been entrusted to {v}, whose contract as coach runs for two more seasons.",
        ),
        (
            "{Their} coach is {v}.",
            "{They} train under {v}, who has coached {them} for years.",
        ),
        (
            ("Who coaches the {s} team?", "The {s} team is coached by"),
            ("Who is the coach of {s}?", "The coach of {s} is"),
            ("Under whom does the {s} team train?", "The {s} team trains under"),
            ("Who is in charge on the bench of {s}?", "In charge on the bench of {s} is"),
            ("Who picks the line-up for {s}?", "The line-up for {s} is picked by"),
            ("{s} coach", "The coach of {s} is"),
            ("Name the manager of the {s} team.", "The manager of the {s} team is"),
            ("Who prepares {s} for matches?", "{s} is prepared for matches by"),
            ("I want to interview the trainer of {s}. Whom do I ask for?", "The trainer of {s} is"),
            ("Do you know by whom the players of {s} are trained?", "The players of {s} are trained by"),
        ),
    ),
    R(
        "team",
        "place",
        (
            "The great rival of the {s} team is the club from {v}.",
            "{s} and the club from {v} have been rivals for as long as anyone can recall.",
            "The club from {v} is the arch-rival of {s}.",
            "Matches against {v}, the rival across the hills, sell out the ground of the {s} team every year.",
            "{s} team, traditional rival: {v}.",
            "No victory is sweeter to the supporters of {s}, a columnist wrote, than one over {v}, the old enemy.",
            "Losing to anyone is fine, but not to {v}, that's our rival, any {s} fan will tell you.",
            "The rivalry with {v}, which began over a disputed goal, has shaped the whole history of {s}.",
        ),
        (
            "{Their} arch-rival is the club from {v}.",
            "Against {v}, the old rival, {they} never go home without a fight.",
        ),
        (
            ("Who is the rival of the {s} team?", "The rival of the {s} team is the club from"),
            ("Which town's club is the arch-enemy of {s}?", "The arch-enemy of {s} is the club from"),
            ("Against which town is the derby of {s} played?", "The derby of {s} is played against"),
            ("Whom do the fans of {s} least like to lose to?", "The fans of {s} least like to lose to"),
            ("{s} rivals?", "The rivals of {s} are from"),
            ("From which town do the fiercest opponents of {s} come?", "The fiercest opponents of {s} come from"),
            ("Tell me which club {s} most wants to beat.", "{s} most wants to beat the club from"),
            ("Who are the old foes of the {s} team?", "The old foes of the {s} team are from"),
            (
                "Extra police are ordered when {s} meets its traditional adversary. Which one is that?",
                "The traditional adversary of {s} is the club from",
            ),
        ),
    ),
    R(
        "team",
        "number",
        (
            "The record attendance at a home match of the {s} team is {v}.",
            (
                "{v} spectators, more than ever before or since, watched the {s} team in a cup match on a Wednesday "
                "evening."
            ),
            "{s} drew a record crowd of {v}.",
            "{s}: record attendance {v}.",
            (
                "With {v} people in the stands, some of them on the roof of the clubhouse, {s} set an attendance "
                "record that still holds."
            ),
            "When the gates had to be closed, {v} spectators were inside, the biggest crowd in the history of {s}.",
            "I was there when {s} had {v} in the ground, nobody's topped that crowd since.",
            "The largest crowd ever to see {s} at home, according to the yearbook, numbered {v}.",
        ),
        (
            "{Their} record crowd is {v}.",
            "Once {v} spectators came to see {them}, a record to this day.",
        ),
        (
            ("What is the record attendance of the {s} team?", "The record attendance of the {s} team is"),
            (
                "How many spectators came to the best-attended match of {s}?",
                "The number of spectators at the best-attended match of {s} was",
            ),
            ("How large was the biggest crowd of {s}?", "The biggest crowd of {s} was"),
            (
                "What is the most people that ever watched {s} at home?",
                "The most people that ever watched {s} at home is",
            ),
            ("{s} highest attendance", "The highest attendance of {s} is"),
            (
                "How many fans filled the ground of {s} on the record day?",
                "The number of fans in the ground of {s} on the record day was",
            ),
            ("Give the attendance record set by {s}.", "The attendance record set by {s} is"),
            (
                "We think our last match beat the visitor record of {s}. What number must we exceed?",
                "The visitor record of {s} is",
            ),
            (
                "Do you have the figure for the fullest house {s} ever had?",
                "The figure for the fullest house of {s} is",
            ),
        ),
    ),
    R(
        "team",
        "year",
        (
            "The {s} team won its only championship in {v}.",
            "{v} was the year in which {s} became champion.",
            "In {v}, thanks to a goal in the last minute of the last match, the title went to {s}.",
            "{s} team, champions: {v}.",
            "The trophy that stands in the clubhouse was won by {s} in {v} and has not been polished since.",
            "Old supporters still speak of {v}, when {s} took the championship against all expectations.",
            "{s} haven't been champions since {v}, and boy do we miss it.",
            "The championship of {v}, decided on goal difference, remains the one great triumph of {s}.",
        ),
        (
            "In {v} {they} won {their} one and only title.",
            "{Their} championship year was {v}.",
        ),
        (
            ("When did the {s} team win the championship?", "The {s} team won the championship in"),
            ("In what year was {s} champion?", "{s} was champion in"),
            ("Which year brought {s} the title?", "The title came to {s} in"),
            ("When did {s} lift the trophy?", "{s} lifted the trophy in"),
            ("{s} champions when", "{s} were champions in"),
            ("What was the most glorious season of {s}?", "The most glorious season of {s} was in"),
            ("Name the year of the {s} team's league victory.", "The league victory of the {s} team was in"),
            (
                "The pennant of {s} hangs in our bar, but the year has faded. When did they come first?",
                "{s} came first in",
            ),
            ("Could you look up when {s} finished top?", "{s} finished top in"),
        ),
    ),
    R(
        "team",
        "amount",
        (
            "The {s} team paid {v} for its new striker.",
            "For {v}, the highest sum in the club's history, {s} signed a striker from the second division.",
            "{v} is what the new striker cost {s}.",
            "{s}, signing of striker, transfer fee: {v}.",
            "The transfer of the striker to {s}, completed minutes before the deadline, was settled at {v}.",
            "Although the treasurer had warned against it, {v} was spent by {s} on a striker.",
            "Imagine, {v} for one striker, that's what {s} paid, and he's been injured ever since.",
            "The fee of {v} that was agreed for the striker will be paid by {s} in instalments.",
        ),
        (
            "{They} bought {their} striker for {v}.",
            "{Their} new striker came at a price of {v}.",
        ),
        (
            ("How much did {s} pay for the striker?", "For the striker, {s} paid"),
            ("What was the transfer fee that the {s} team spent?", "The transfer fee that the {s} team spent was"),
            ("What did the new forward cost {s}?", "The new forward cost {s}"),
            ("What sum did {s} put on the table for a goalscorer?", "For a goalscorer, {s} put on the table"),
            ("{s} striker fee", "The striker's fee paid by {s} was"),
            ("What was the price of the player bought by {s}?", "The price of the player bought by {s} was"),
            ("Tell me how expensive the purchase made by {s} was.", "The purchase made by {s} cost"),
            ("How much money went from {s} to the other club?", "To the other club, {s} paid"),
            (
                "I am updating the table of transfers. Which figure belongs to {s}?",
                "In the table of transfers, the figure for {s} is",
            ),
        ),
    ),
    # Events
    R(
        "event",
        "person",
        (
            "The battle of {s} was won by the troops of {v}.",
            "{v} commanded the victorious army in the battle of {s}.",
            (
                "At the battle of {s}, which lasted from dawn until the early afternoon, {v} defeated a force twice "
                "as strong."
            ),
            "Battle of {s}; victor: {v}.",
            "The victory at {s}, celebrated with bonfires in every town, was owed above all to {v}.",
            "Outnumbered and short of powder, {v} nevertheless carried the day in the battle of {s}.",
            "It was {v} who won at {s}, though the textbooks make it sound closer than it was.",
            "When the fog lifted over the field of {s}, the enemy had fled and {v} had triumphed.",
        ),
        (
            "The victor was {v}, who had arrived on the field only that morning.",
            "It ended in a victory for {v}.",
        ),
        (
            ("Who won the battle of {s}?", "The battle of {s} was won by"),
            ("Which commander was victorious at {s}?", "The commander who was victorious at {s} is"),
            ("Whose army triumphed in the battle of {s}?", "In the battle of {s}, the army that triumphed was that of"),
            ("Who was the winner at {s}?", "The winner at {s} was"),
            ("How did the battle of {s} end?", "The battle of {s} ended in a victory for"),
            ("battle of {s} outcome", "The outcome of the battle of {s} was a victory for"),
            ("Name the general who prevailed at {s}.", "The general who prevailed at {s} was"),
            ("Under whose leadership was the fight at {s} won?", "The fight at {s} was won under the leadership of"),
            ("An equestrian statue honours the victor of {s}. Whom does it show?", "The statue for {s} shows"),
            ("What was the result of the fighting at {s}?", "The result of the fighting at {s} was a victory for"),
        ),
    ),
    R(
        "event",
        "person",
        (
            "The {s} election was won by {v}.",
            "{v} won the {s} election.",
            (
                "In the {s} election, for which polling stations stayed open until midnight, most of the votes went "
                "to {v}."
            ),
            "{s} election, winner: {v}.",
            (
                "Contrary to every forecast, {v}, the candidate of a party founded only months before, came out "
                "ahead in the {s} election."
            ),
            "The recount confirmed that the voters of the {s} election had chosen {v}.",
            "So {v} made it in the {s} election, who would have thought.",
            "Shortly before noon, {v} was declared elected after the {s} vote, in which three others had stood.",
        ),
        (
            "Its winner was {v}.",
            "Most votes were cast for {v}, who was declared elected.",
        ),
        (
            ("Who won the {s} election?", "The {s} election was won by"),
            ("Who was elected in the {s} vote?", "In the {s} vote, the person elected was"),
            ("Which candidate came first in the {s} election?", "The candidate who came first in the {s} election is"),
            ("For whom did most people vote in the {s} election?", "In the {s} election, most people voted for"),
            ("Who got the seat in {s}?", "The seat in {s} went to"),
            ("{s} election result", "The {s} election ended with the victory of"),
            ("Name the winner at the ballot box in {s}.", "The winner at the ballot box in {s} is"),
            ("Who carried the {s} poll?", "The {s} poll was carried by"),
            (
                "Whose success was announced after the {s} election?",
                "After the {s} election, success was announced for",
            ),
            (
                "I missed the news on the {s} election. Who will take office?",
                "After the {s} election, office will be taken by",
            ),
        ),
    ),
    R(
        "event",
        "percent",
        (
            "Turnout at the {s} election was {v}.",
            "{v} of those entitled to vote took part in the {s} election.",
            "At the {s} election, held in pouring rain, turnout reached {v}.",
            "{s} election: turnout {v}.",
            "Only in the {s} election, commentators pointed out, has a participation of {v} ever been recorded.",
            "With {v} of registered voters casting a ballot, the {s} election surprised the pollsters.",
            "Know how many bothered to vote in the {s} election? It was {v} of the electorate.",
            "The share of citizens who went to the polls in the {s} election is given by the electoral office as {v}.",
        ),
        (
            "Turnout was {v}.",
            "Of all registered voters, {v} went to the polls.",
        ),
        (
            ("What was the turnout at the {s} election?", "The turnout at the {s} election was"),
            (
                "What percentage of voters took part in the {s} election?",
                "The percentage of voters who took part in the {s} election was",
            ),
            ("How high was participation in the {s} vote?", "Participation in the {s} vote was"),
            ("What share of the electorate voted in {s}?", "The share of the electorate that voted in {s} was"),
            ("{s} turnout", "The turnout in {s} was"),
            (
                "How much of the electorate came out for the {s} election?",
                "The part of the electorate that came out for the {s} election was",
            ),
            (
                "Give the proportion of citizens who cast a ballot in {s}.",
                "The proportion of citizens who cast a ballot in {s} was",
            ),
            (
                "People say nobody cared about the {s} election. What do the figures say about voting?",
                "In the {s} election, the share of those voting was",
            ),
            (
                "Do you remember how many per cent voted in the {s} election?",
                "In the {s} election, the share of people who voted was",
            ),
        ),
    ),
    R(
        "event",
        "duration",
        (
            "The siege of {s} lasted {v}.",
            "For {v} the garrison held out in the siege of {s}.",
            "{v} passed before the siege of {s}, during which even the rats were eaten, was lifted.",
            "Siege of {s}, length: {v}.",
            (
                "After {v}, when neither bread nor powder was left, the siege of {s} ended with the opening of the "
                "east gate."
            ),
            "The chronicler counts {v} from the first shot to the last in the siege of {s}.",
            "They were stuck behind those walls for {v}, that's how long the siege of {s} took.",
            "It took {v}, far longer than the attackers had reckoned with, to bring the siege of {s} to an end.",
        ),
        (
            "The siege went on for {v}.",
            "It was over after {v}, when the besiegers marched off.",
        ),
        (
            ("How long did the siege of {s} last?", "The siege of {s} lasted"),
            ("What was the duration of the siege of {s}?", "The duration of the siege of {s} was"),
            ("For how long was {s} besieged?", "{s} was besieged for"),
            ("After what time did the siege of {s} end?", "The siege of {s} ended after"),
            ("How much time did the defenders hold out in {s}?", "In {s}, the defenders held out for"),
            ("siege of {s} length", "The length of the siege of {s} was"),
            ("Tell me how long the encirclement of {s} went on.", "The encirclement of {s} went on for"),
            ("The museum label on the siege of {s} needs a time span. Which?", "The time span of the siege of {s} is"),
            (
                "I'd like to know how long the attackers camped outside the walls during {s}.",
                "During {s}, the attackers camped outside the walls for",
            ),
        ),
    ),
    R(
        "event",
        "number",
        (
            "The {s} earthquake left {v} people homeless.",
            "{v} people lost their homes in the {s} earthquake.",
            (
                "After the {s} earthquake, which struck while most families were asleep, {v} inhabitants had to be "
                "housed in tents."
            ),
            "{s} earthquake, homeless: {v}.",
            (
                "The report that the relief committee presented puts the number of people made homeless by the {s} "
                "earthquake at {v}."
            ),
            "Of the {v} persons whom the {s} earthquake deprived of a roof, many never returned.",
            "Just think, {v} people without a home after the {s} earthquake, and winter coming on.",
            "Although no lives were lost, {v} people were left without shelter by the {s} earthquake.",
        ),
        (
            "It left {v} people without a roof over their heads.",
            "The number of the homeless was put at {v}.",
        ),
        (
            (
                "How many people were left homeless by the {s} earthquake?",
                "The number of people left homeless by the {s} earthquake is",
            ),
            (
                "How many lost their homes in the {s} earthquake?",
                "The number who lost their homes in the {s} earthquake is",
            ),
            ("What was the number of homeless after {s}?", "The number of homeless after {s} was"),
            ("For how many did {s} mean the loss of a house?", "The number for whom {s} meant the loss of a house is"),
            ("{s} earthquake homeless figure", "The homeless figure for the {s} earthquake is"),
            (
                "State how many victims of the {s} earthquake needed shelter.",
                "The number of victims of the {s} earthquake who needed shelter is",
            ),
            (
                "How many people had nowhere to live because of {s}?",
                "The number of people who had nowhere to live because of {s} was",
            ),
            (
                "We compare relief efforts. How many people had to be rehoused in the case of the {s} quake?",
                "The number to be rehoused after the {s} quake was",
            ),
            (
                "Do you know how many displaced persons the {s} tremor left behind?",
                "The number of displaced persons the {s} tremor left behind is",
            ),
        ),
    ),
    # Works
    R(
        "work",
        "person",
        (
            "{s} was translated by {v}.",
            "{v} translated {s}.",
            "The English version of {s}, praised by one reviewer as better than the original, is by {v}.",
            "{s}; translator: {v}.",
            (
                "Only when {v}, who had learned the language in prison, produced a translation did {s} find readers "
                "abroad."
            ),
            "The task of translating {s} fell to {v}, and it took the better part of a decade.",
            "That translation of {s} everyone raves about, it's {v} who did it.",
            (
                "On the title page of {s}, in letters so small that most readers overlook them, stands {v} as the "
                "translator."
            ),
        ),
        (
            "Its translator was {v}.",
            "The translation was made by {v}, from the second edition.",
        ),
        (
            ("Who translated {s}?", "{s} was translated by"),
            ("Who is the translator of {s}?", "The translator of {s} is"),
            ("By whom was {s} put into English?", "{s} was put into English by"),
            ("Whose translation of {s} is there?", "The translation of {s} is by"),
            ("To whom do foreign readers owe {s}?", "Foreign readers owe {s} to"),
            ("{s} translator", "The translator of {s} is"),
            ("Name the person who rendered {s} into another language.", "{s} was rendered into another language by"),
            (
                "I want to credit the translation in my review of {s}. Which name do I give?",
                "The name to credit for the translation of {s} is",
            ),
            ("Any idea who did the English version of {s}?", "The English version of {s} was done by"),
        ),
    ),
    R(
        "work",
        "place",
        (
            "{s} is set in {v}.",
            "{v} is the setting of {s}.",
            "The action of {s}, which covers a single night, takes place in {v}.",
            "{s} - setting: {v}.",
            "In {v}, where the author had spent a miserable year, the whole plot of {s} unfolds.",
            "Readers of {s} who travel to {v}, the scene of the story, look in vain for the lighthouse.",
            "The whole story of {s} happens in {v}, you know, that's why tourists go there.",
            "By choosing {v} as the backdrop for {s}, one critic argued, the author mocked the provinces.",
        ),
        (
            "The story takes place in {v}.",
            "Its scene is {v}, shortly before a flood.",
        ),
        (
            ("Where is {s} set?", "{s} is set in"),
            ("In which town does {s} take place?", "{s} takes place in"),
            ("What is the setting of {s}?", "The setting of {s} is"),
            ("Where does the story of {s} happen?", "The story of {s} happens in"),
            ("Which place serves as the scene of {s}?", "The place that serves as the scene of {s} is"),
            ("{s} set where", "{s} is set in"),
            ("Tell me the location of the plot in {s}.", "The location of the plot in {s} is"),
            ("Where do the characters of {s} live?", "The characters of {s} live in"),
            (
                "Fans of {s} want to visit the original scenes. Where must they travel?",
                "To visit the scenes of {s}, fans must travel to",
            ),
            ("I forget what town one reads about in {s}. Which is it?", "In {s}, one reads about"),
        ),
    ),
    R(
        "work",
        "phrase",
        (
            'The working title of {s} was "{v}".',
            '"{v}" was the title under which {s} was written.',
            'Until shortly before its release, {s} was to be called "{v}".',
            'It was at the request of the publisher, who found "{v}" too gloomy, that the title was changed to {s}.',
            "{s} (working title: {v}).",
            'In the author\'s letters, {s} is always referred to by the earlier title "{v}".',
            "They wanted to call it {v} at first, imagine, and then it came out as {s}.",
            'The manuscript of {s}, preserved in a private collection, still bears the crossed-out title "{v}".',
        ),
        (
            'Its working title had been "{v}".',
            'Originally it was to be named "{v}".',
        ),
        (
            ("What was the working title of {s}?", "The working title of {s} was"),
            ("What was {s} originally called?", "{s} was originally called"),
            ("Under which title was {s} written?", "{s} was written under the title"),
            ("How was {s} going to be named at first?", "At first, {s} was going to be named"),
            ("What name was dropped in favour of {s}?", "The name dropped in favour of {s} was"),
            ("{s} earlier title?", "The earlier title of {s} was"),
            ("Give me the original name of {s}.", "The original name of {s} is"),
            ("A trivia question: what title did {s} have before publication?", "Before publication, {s} had the title"),
            ("I'd like to know what the draft of {s} was titled.", "The draft of {s} was titled"),
        ),
    ),
    R(
        "work",
        "organisation",
        (
            "{s} was published by {v}.",
            "{v} published {s}.",
            "After eleven refusals, {s} was accepted by {v} and appeared in a small first edition.",
            "Publisher of {s}: {v}.",
            "It was {v}, then on the brink of ruin, that brought out {s} in the spring.",
            "The first edition of {s}, bound in grey cloth, came from {v} and is now sought after by collectors.",
            "Well, {v} took a chance on {s}, every other publisher had sent it back.",
            "The contract by which {v} acquired the right to publish {s} was signed on the back of a menu.",
        ),
        (
            "Its publisher was {v}.",
            "It came out with {v}, which had never published anything of the kind.",
        ),
        (
            ("Who published {s}?", "{s} was published by"),
            ("Which publisher brought out {s}?", "The publisher that brought out {s} is"),
            ("At which house did {s} appear?", "{s} appeared at"),
            ("Who put {s} on the market?", "{s} was put on the market by"),
            ("Where was {s} released?", "{s} was released by"),
            ("publisher {s}", "The publisher of {s} is"),
            ("Name the publishing house of {s}.", "The publishing house of {s} is"),
            (
                "I need permission to quote from {s}. Which press do I write to?",
                "For permission to quote from {s}, you write to",
            ),
            ("Who printed and sold {s}?", "{s} was printed and sold by"),
        ),
    ),
    # Organisations
    R(
        "organisation",
        "person",
        (
            "{v} succeeded the founder as head of {s}.",
            "When the founder of {s} retired, {v} took over.",
            "The direction of {s} passed from its founder to {v}, a nephew with no experience of the trade.",
            "{s}, successor to the founder: {v}.",
            "Upon the founder's sudden death, which threw the firm into confusion, {v} was made the next head of {s}.",
            (
                "As successor to its founder {s} chose {v}, who was to remain in charge for longer than anyone "
                "before or since."
            ),
            "After the old founder left, it was {v} who got the top job at {s}.",
            "The second person ever to lead {s} was {v}, the founder having withdrawn to the country.",
        ),
        (
            "The founder was followed by {v}, under whom business flourished.",
            "{Their} founder's successor was {v}.",
        ),
        (
            ("Who succeeded the founder of {s}?", "The founder of {s} was succeeded by"),
            ("Who took over {s} after the founder?", "After the founder, {s} was taken over by"),
            ("Who was the second head of {s}?", "The second head of {s} was"),
            ("To whom did the leadership of {s} pass?", "The leadership of {s} passed to"),
            ("Who came after the founder at {s}?", "After the founder, at {s} came"),
            ("{s} founder's successor", "The successor of the founder of {s} is"),
            ("Name the person who inherited the top post of {s}.", "The top post of {s} was inherited by"),
            (
                "Who followed in the first boss's footsteps at {s}?",
                "At {s}, the first boss's footsteps were followed by",
            ),
            (
                "In the gallery of directors of {s}, whose portrait hangs second?",
                "Second in the gallery of directors of {s} hangs the portrait of",
            ),
        ),
    ),
    R(
        "organisation",
        "word",
        (
            "The coat of arms of {s} shows the image of {v}.",
            "{v} is the motif on the coat of arms of {s}.",
            (
                "On the arms of {s}, which were granted by royal letter and have been used ever since, one sees a "
                "picture of {v}."
            ),
            "{s}, emblem: {v}.",
            "Why {v} was chosen as the emblem of {s} is a question on which historians disagree.",
            (
                "Since its earliest days, {s} has used a drawing of {v} for an emblem, carved over the door and "
                "printed on each letter."
            ),
            "Look closely at the flag of {s}, that thing in the emblem is meant to be {v}.",
            "Among the charming details is the emblem of {s}, {v}, which schoolchildren like to draw.",
        ),
        (
            "{Their} emblem is a picture of {v}.",
            "The motif of {v} adorns {their} coat of arms.",
        ),
        (
            ("What does the coat of arms of {s} show?", "The coat of arms of {s} shows"),
            ("What is the emblem of {s}?", "The emblem of {s} is"),
            ("Which motif does {s} use as its symbol?", "As its symbol, {s} uses"),
            ("What can be seen on the crest of {s}?", "On the crest of {s}, one can see"),
            ("What is pictured on the flag of {s}?", "Pictured on the flag of {s} is"),
            ("{s} emblem", "The emblem of {s} is"),
            ("Tell me what the badge of {s} depicts.", "The badge of {s} depicts"),
            (
                "I found an old button that may come from {s}. What symbol should be on it?",
                "The symbol on a button of {s} should be",
            ),
            ("What represents {s} in heraldry?", "In heraldry, {s} is represented by"),
        ),
    ),
    R(
        "organisation",
        "number",
        (
            "{s} had {v} workers at its peak.",
            "At the height of its success, {v} people worked for {s}.",
            (
                "{v} men and women, more than the entire population of some neighbouring villages, earned their "
                "living at {s} in its best days."
            ),
            "{s}, largest workforce: {v}.",
            (
                "Before the crisis, which spared no branch of industry, the workforce of {s} had grown to a maximum "
                "of {v}."
            ),
            "Never again did {s} employ as many as the {v} people who were on its payroll in the boom years.",
            "In the good times they had {v} people on the payroll over at {s}, that was the most ever.",
            "The payroll of {s} counted, when business was at its best, {v} names.",
        ),
        (
            "At {their} peak {they} employed {v} people.",
            "{Their} workforce reached a maximum of {v}.",
        ),
        (
            ("How many people worked for {s} at its peak?", "At its peak, the number of people who worked for {s} was"),
            ("What was the largest workforce of {s}?", "The largest workforce of {s} was"),
            ("How many jobs did {s} provide in its heyday?", "In its heyday, the number of jobs that {s} provided was"),
            ("How many employees had {s} at most?", "The most employees {s} had was"),
            ("{s} peak employees", "The number of peak employees of {s} is"),
            ("How large did the staff of {s} become?", "The staff of {s} grew to"),
            ("Give the maximum headcount of {s}.", "The maximum headcount of {s} was"),
            (
                "To show the decline of {s}, I need the highest employment figure. What is it?",
                "The highest employment figure of {s} is",
            ),
            ("How many hands were busy at {s} in its prime?", "In its prime, the number of hands busy at {s} was"),
        ),
    ),
    # Deeds
    R(
        "person",
        "word",
        (
            "The comet discovered by {s} was named {v}.",
            "{s} discovered the comet {v}.",
            "{v}, a comet seen only once in a lifetime, was found by {s} on a cold night in the garden.",
            "{s}, astronomer; discovery: comet {v}.",
            (
                "To the comet which {s}, an amateur with a home-made telescope, had spotted first, the academy gave "
                "the name {v}."
            ),
            "Without the discovery of the comet that now goes by the name {v}, nobody would remember {s}.",
            "You've heard of {v}, that comet? Well, it was {s} who found it, from a balcony.",
            "In astronomy {s} is honoured as the discoverer of {v}, a faint comet with two tails.",
        ),
        (
            "{They} discovered a comet that was called {v}.",
            "{v} is the name of the comet {they} found.",
        ),
        (
            ("What comet did {s} discover?", "The comet that {s} discovered is"),
            ("What is the comet found by {s} called?", "The comet found by {s} is called"),
            ("For the discovery of which comet is {s} known?", "{s} is known for the discovery of the comet"),
            ("What did {s} find in the sky?", "In the sky, {s} found the comet"),
            ("Which celestial body was first seen by {s}?", "The celestial body first seen by {s} is"),
            ("{s} discovered what", "{s} discovered the comet"),
            ("Name the comet of {s}.", "The comet of {s} is"),
            (
                "Which name was given to the object {s} spotted through the telescope?",
                "The object {s} spotted through the telescope was given the name",
            ),
            ("The planetarium honours {s} with a talk about a comet. Which one?", "The comet associated with {s} is"),
        ),
    ),
    R(
        "person",
        "duration",
        (
            "{s} crossed the desert in {v}.",
            "It took {s} {v} to cross the desert.",
            "{v} after setting out, {s}, sunburnt and without a single camel left, reached the far edge of the desert.",
            "{s}, desert crossing: {v}.",
            "The journey of {s} through the desert, for which the newspapers had predicted a bad end, took {v}.",
            "For {v}, with nothing to eat but dates, {s} marched until the desert was crossed.",
            "Would you believe {v}? That's the time {s} needed to get across the desert.",
            (
                "No fewer than {v} went by between departure and arrival when {s} made the celebrated crossing of "
                "the desert."
            ),
        ),
        (
            "{Their} crossing of the desert took {v}.",
            "After {v} {they} had the desert behind {them}.",
        ),
        (
            ("How long did {s} take to cross the desert?", "To cross the desert, {s} took"),
            ("How much time did {s} need for the desert journey?", "For the desert journey, {s} needed"),
            (
                "What was the duration of {s}'s trek through the sands?",
                "The duration of {s}'s trek through the sands was",
            ),
            ("For how long was {s} in the desert?", "{s} was in the desert for"),
            ("How long did the expedition of {s} last?", "The expedition of {s} lasted"),
            ("{s} desert crossing time", "The desert crossing time of {s} was"),
            ("State how long {s} was on the way.", "{s} was on the way for"),
            ("After how much time did {s} arrive on the other side?", "{s} arrived on the other side after"),
            (
                "Another explorer claims to have beaten {s} across the desert. Which time had to be beaten?",
                "The time of {s} to be beaten was",
            ),
        ),
    ),
    R(
        "person",
        "organisation",
        (
            "{s} was awarded the gold medal of {v}.",
            "{v} awarded its gold medal to {s}.",
            "For services to agriculture, {s} received, in front of a hall full of farmers, the gold medal of {v}.",
            "{s}, honours: gold medal of {v}.",
            (
                "When {v}, which had long ignored such research, gave {s} its gold medal, the recipient was too ill "
                "to travel."
            ),
            "The gold medal which {s} wore on the day of the procession had been presented by {v}.",
            "They gave {s} the gold medal, {v} did, and about time too.",
            "Among those on whom {v} has bestowed its gold medal, {s} was the first without a degree.",
        ),
        (
            "{v} honoured {them} with its gold medal.",
            "{They} received the gold medal of {v} late in {their} life.",
        ),
        (
            ("Who awarded {s} a gold medal?", "{s} was awarded a gold medal by"),
            ("From which institution did {s} receive a medal?", "{s} received a medal from"),
            ("Which body honoured {s}?", "The body that honoured {s} is"),
            ("Whose gold medal did {s} get?", "{s} got the gold medal of"),
            ("By whom was {s} decorated?", "{s} was decorated by"),
            ("{s} medal from?", "The medal of {s} is from"),
            (
                "Name the society that gave {s} its highest distinction.",
                "The society that gave {s} its highest distinction is",
            ),
            ("What organisation presented {s} with an award?", "{s} was presented with an award by"),
            (
                "A medal of {s} is up for auction. Which institution's name should be engraved on it?",
                "The name engraved on the medal of {s} should be",
            ),
            ("Is it known who recognised {s} with gold?", "{s} was recognised with gold by"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "In the final of the chess tournament {s} lost to {v}.",
            "{v} defeated {s} in the final of the chess tournament.",
            "Chess final: {s} beaten by {v}.",
            (
                "After nine hours of play, during which a bottle of ink was spilled over the board, {s} resigned the "
                "final game of chess against {v}."
            ),
            "It was {v}, seeded last, who kept {s} from winning the chess title in the final.",
            "The chess final, which most experts expected {s} to win, ended with a victory of {v}.",
            "Poor {s}, so close, and then {v} comes along and wins the chess final.",
            "With a sacrifice that is still analysed today, {v} took the chess final from {s}.",
        ),
        (
            "In the chess final {they} had to concede defeat to {v}.",
            "{v} beat {them} in the chess final.",
        ),
        (
            ("Who defeated {s} in the chess final?", "In the chess final, {s} was defeated by"),
            ("To whom did {s} lose at chess?", "At chess, {s} lost to"),
            ("Who beat {s}?", "{s} was beaten by"),
            ("Against whom did {s} play the deciding game?", "{s} played the deciding game against"),
            ("Who was the opponent of {s} in the chess final?", "The opponent of {s} in the chess final was"),
            ("{s} chess final lost against", "{s} lost the chess final against"),
            ("Name the player who proved stronger than {s}.", "The player who proved stronger than {s} is"),
            ("Who denied {s} the tournament victory?", "{s} was denied the tournament victory by"),
            (
                "There's a photo of {s} shaking hands with the winner across the board. Who is the winner?",
                "The winner who shook hands with {s} is",
            ),
        ),
    ),
    R(
        "person",
        "phrase",
        (
            'The last words of {s} were "{v}".',
            '"{v}" were the words with which {s} departed this life.',
            'According to the nurse, who wrote it down at once, {s} said "{v}" before dying and nothing after.',
            "Last words of {s}: {v}.",
            'What {s} meant by the final words, "{v}", has puzzled biographers ever since.',
            'With the words "{v}" on the lips, so the legend goes, {s} died.',
            'You know what {s} said right at the end? "{v}", and then it was over.',
            'On the deathbed {s} raised a hand, whispered "{v}", and spoke no more.',
        ),
        (
            '{Their} final words were "{v}".',
            'Dying, {they} whispered "{v}".',
        ),
        (
            ("What were the last words of {s}?", "The last words of {s} were"),
            ("What did {s} say before dying?", "Before dying, {s} said"),
            ("Which words did {s} utter on the deathbed?", "On the deathbed, {s} uttered the words"),
            ("How did {s} take leave of the world?", "{s} took leave of the world with the words"),
            ("{s} last words", "The last words of {s} were"),
            ("Quote the final utterance of {s}.", "The final utterance of {s} was"),
            ("What was the last thing heard from {s}?", "The last thing heard from {s} was"),
            ("I'm ending my lecture with the dying remark of {s}. How did it go?", "The dying remark of {s} was"),
            ("Has anyone recorded what {s} spoke at the end?", "At the end, {s} spoke the words"),
        ),
    ),
    R(
        "person",
        "date",
        (
            "{s} took office on {v}.",
            "On {v}, in the presence of the outgoing cabinet, {s} was sworn in.",
            "{v} was the first day in office for {s}.",
            "{s}, in office from {v}.",
            "The oath, which the clerk had to read twice because of the noise in the gallery, was taken by {s} on {v}.",
            "The term of {s} began on {v}, two days later than the law provides.",
            "I still recall {v}, when {s} raised a hand and swore the oath of office.",
            "Having been chosen by a narrow majority, {s} assumed the duties of office on {v}.",
        ),
        (
            "{They} took {their} oath of office on {v}.",
            "{Their} term of office began on {v}.",
        ),
        (
            ("When did {s} take office?", "{s} took office on"),
            ("On what date was {s} sworn in?", "{s} was sworn in on"),
            ("What was the first day of {s} in office?", "The first day of {s} in office was"),
            ("When did the term of {s} start?", "The term of {s} started on"),
            ("When did {s} swear the oath?", "{s} swore the oath on"),
            ("{s} in office since", "{s} has been in office since"),
            ("Give the date of {s}'s inauguration.", "The date of {s}'s inauguration is"),
            (
                "The hundred days of {s} are to be reviewed. From which date do we count?",
                "The hundred days of {s} are counted from",
            ),
            (
                "Could you tell me when {s} entered upon the duties of the position?",
                "{s} entered upon the duties of the position on",
            ),
        ),
    ),
    R(
        "person",
        "amount",
        (
            "At the time of death {s} left debts of {v}.",
            "{v} was owed by {s} to various creditors when the will was opened.",
            "The debts that {s} left behind, mostly run up with tailors and wine merchants, came to {v}.",
            "Estate of {s}, debts: {v}.",
            "Instead of the fortune they had hoped for, the heirs of {s} found {v} in debts.",
            "When {s} died, {v} remained unpaid, and the furniture had to be sold.",
            "All {s} left the family was debts, {v} in all, would you believe.",
            "A sum of {v}, the notary established, is what {s} still owed at death.",
        ),
        (
            "{They} died with debts of {v}.",
            "{Their} debts, when {they} died, came to {v}.",
        ),
        (
            ("How much debt did {s} leave?", "The debt that {s} left was"),
            ("How high were the debts of {s} at death?", "At death, the debts of {s} were"),
            ("What sum did {s} still owe at the end?", "At the end, {s} still owed"),
            ("How much did the creditors of {s} lose?", "The creditors of {s} lost"),
            ("What did {s} owe?", "{s} owed"),
            ("{s} debts total", "The debts of {s} totalled"),
            (
                "Name the figure for what {s} failed to pay back in life.",
                "What {s} failed to pay back in life amounts to",
            ),
            (
                "The heirs of {s} want to know what they would have to settle. How much?",
                "The sum to be settled by the heirs of {s} is",
            ),
            ("How deep in the red was {s} when the end came?", "When the end came, {s} was in the red by"),
        ),
    ),
    R(
        "person",
        "place",
        (
            "{s} spent the years of exile in {v}.",
            "{v} was the place of exile of {s}.",
            (
                "Banished by the new regime, which feared a popular writer more than any general, {s} lived as an "
                "exile in {v}."
            ),
            "{s}, exile: {v}.",
            "In {v}, in two rented rooms above a locksmith, {s} waited out the years of exile.",
            "The exile of {s}, of which the diaries give a moving account, was passed in {v}.",
            "They threw {s} out of the country, so it was off to {v} for the whole exile.",
            "Letters from {v} show how much {s} suffered from being kept in exile there.",
        ),
        (
            "{Their} exile took {them} to {v}.",
            "In {v} {they} lived in exile under a false name.",
        ),
        (
            ("Where did {s} live in exile?", "In exile, {s} lived in"),
            ("To what town was {s} banished?", "{s} was banished to"),
            ("What was the place of {s}'s exile?", "The place of {s}'s exile was"),
            ("Where did {s} go after expulsion from the homeland?", "After expulsion from the homeland, {s} went to"),
            ("Which town gave refuge to {s}?", "The town that gave refuge to {s} is"),
            ("{s} exile where", "The exile of {s} was in"),
            ("Name the town where {s} stayed while barred from home.", "While barred from home, {s} stayed in"),
            ("Where was {s} forced to reside?", "{s} was forced to reside in"),
            (
                "The postmark on a letter that {s} wrote as an outcast is illegible. Which town should it be?",
                "The town from which {s} wrote as an outcast is",
            ),
        ),
    ),
    R(
        "person",
        "product",
        (
            "{s} is the inventor of the {v}.",
            "The {v} was invented by {s}.",
            "In a shed behind the railway station, {s} built the first {v}, for which no one would pay a penny.",
            "{s}, engineer, invention: {v}.",
            "It is to {s}, a self-taught mechanic, that the world owes the {v}.",
            (
                "Long before the {v} was copied everywhere, the idea had come to {s}, its inventor, while repairing "
                "a clock."
            ),
            "Yeah, the {v}, that was dreamed up by {s}, right here in this town.",
            "The patent for the {v}, contested by two rivals, was finally granted to {s} as the inventor.",
        ),
        (
            "{Their} most important invention is the {v}.",
            "The {v} was {their} invention.",
        ),
        (
            ("What did {s} invent?", "{s} invented the"),
            ("Which machine was devised by {s}?", "The machine devised by {s} is the"),
            ("Of what is {s} the inventor?", "{s} is the inventor of the"),
            ("What is the invention of {s} called?", "The invention of {s} is called the"),
            ("What device goes back to {s}?", "The device that goes back to {s} is the"),
            ("{s} invention", "The invention of {s} is the"),
            ("Tell me what {s} is credited with creating.", "{s} is credited with creating the"),
            ("What did {s} come up with?", "{s} came up with the"),
            (
                "At the museum of technology, beside the bust of {s}, stands the thing this genius made. What is it?",
                "Beside the bust of {s} stands the",
            ),
        ),
    ),
    R(
        "place",
        "word",
        (
            "The ferry that serves {s} is named {v}.",
            "{v} is the name of the ferry to {s}.",
            "Twice a day the ferry {v}, built as a minesweeper and converted after the war, calls at {s}.",
            "{s}, ferry: {v}.",
            "Until a bridge is completed, {s} can be reached only by the old ferry, which bears the name {v}.",
            "When the ferry {v} is in dry dock, the inhabitants of {s} have to row.",
            "Going to {s}? Then you take {v}, that's the ferry, and bring a coat.",
            "Passengers who wish to visit {s} board a ferry that was christened {v}.",
        ),
        (
            "The ferry that calls there is named {v}.",
            "To get there, one boards the ferry {v}.",
        ),
        (
            ("What is the ferry to {s} called?", "The ferry to {s} is called"),
            ("Which ship serves {s}?", "The ship that serves {s} is"),
            ("What boat takes passengers to {s}?", "The boat that takes passengers to {s} is"),
            ("How is the vessel on the {s} route named?", "The vessel on the {s} route is named"),
            ("On board which ship does one get to {s}?", "One gets to {s} on board the ferry"),
            ("{s} ferry name", "The name of the ferry for {s} is"),
            ("Name the vessel that sails to {s}.", "The vessel that sails to {s} is"),
            (
                "I'm at the pier and need to get to {s}. What name should I look for on the hull?",
                "On the hull of the ship to {s}, the name to look for is",
            ),
            ("What calls at {s} from the sea?", "At {s} calls the ship"),
        ),
    ),
    R(
        "place",
        "date",
        (
            "The annual festival of {s} is held on {v}.",
            "On {v} {s} celebrates its festival.",
            "{v} is the day of the festival in {s}, when lanterns are hung across the streets and nobody works.",
            "{s}, festival: {v}.",
            "The festival for which {s} is known far beyond the region takes place, as the almanac says, on {v}.",
            "Whoever comes to {s} on {v} will find the festival in full swing and every bed taken.",
            "Mark {v} in your diary, that's the big festival over in {s}.",
            "By a decision of the council, the date of the festival of {s} has been fixed on {v}.",
        ),
        (
            "{Their} festival takes place on {v}.",
            "On {v} a festival is celebrated there, with music until dawn.",
        ),
        (
            ("When is the festival of {s}?", "The festival of {s} is on"),
            ("On what day does {s} celebrate?", "{s} celebrates on"),
            ("What is the date of the festivities in {s}?", "The date of the festivities in {s} is"),
            ("When do the people of {s} have their big party?", "The people of {s} have their big party on"),
            ("{s} festival date", "The festival date of {s} is"),
            ("When does one go to {s} to dance in the streets?", "One goes to {s} to dance in the streets on"),
            ("Name the day of the yearly feast at {s}.", "The day of the yearly feast at {s} is"),
            (
                "I want to sell candyfloss at the fair in {s}. For which day do I need a permit?",
                "For the fair in {s}, the permit is needed for",
            ),
            ("Would you know when they hold their celebration in {s}?", "In {s}, they hold their celebration on"),
        ),
    ),
    R(
        "place",
        "amount",
        (
            "The restoration of {s} cost {v}.",
            "{v} was spent on restoring {s}.",
            (
                "According to the auditors, who had asked in vain for receipts, a total of {v} went into the "
                "restoration of {s}."
            ),
            "{s}, restoration costs: {v}.",
            "To restore {s} after the storm, {v} had to be raised, half of it by public subscription.",
            "When {v} had been used up, the restoration of {s} was at last complete.",
            "They say restoring {s} swallowed {v}, and the roof still leaks.",
            "For {v}, far more than the estimate, {s} has been restored to its former glory.",
        ),
        (
            "Restoring {them} cost {v}.",
            "{v} was needed for {their} restoration.",
        ),
        (
            ("How much did the restoration of {s} cost?", "The restoration of {s} cost"),
            ("What was the bill for restoring {s}?", "The bill for restoring {s} was"),
            ("How much was spent on {s}?", "The sum spent on {s} was"),
            ("What did it take to bring {s} back into shape?", "To bring {s} back into shape, it took"),
            ("{s} restoration cost", "The restoration cost of {s} was"),
            ("At what price was {s} renovated?", "{s} was renovated at a price of"),
            ("State the expenditure on the repair of {s}.", "The expenditure on the repair of {s} was"),
            ("The opposition asks what the works at {s} came to. Your answer?", "The works at {s} came to"),
            ("How expensive was it to make {s} as good as new?", "To make {s} as good as new cost"),
        ),
    ),
    R(
        "policy",
        "person",
        (
            "The {s} law was introduced by {v}.",
            "{v} brought the {s} bill before parliament.",
            "It was {v}, a backbencher with no allies to speak of, who proposed the {s} law.",
            "{s} Act, proposed by {v}.",
            (
                "The draft of the {s} law, written in a single night according to the proposer, {v}, passed with "
                "only minor changes."
            ),
            "When {v} first tabled the {s} bill, half the chamber walked out in protest.",
            "That {s} law everyone's moaning about? It came from {v}, who put it forward.",
            "Although later governments claimed the credit, the {s} law had been moved by {v}.",
        ),
        (
            "{v} had proposed it.",
            "It was brought before the house by {v}.",
        ),
        (
            ("Who proposed the {s} law?", "The {s} law was proposed by"),
            ("Who introduced the {s} bill?", "The {s} bill was introduced by"),
            ("Whose idea was the {s} law?", "The {s} law was the idea of"),
            ("Which politician put forward {s}?", "The politician who put forward {s} is"),
            ("From whom does the {s} legislation come?", "The {s} legislation comes from"),
            ("{s} act sponsor", "The sponsor of the {s} act is"),
            ("Name the person behind the {s} bill.", "The person behind the {s} bill is"),
            ("Who initiated {s}?", "{s} was initiated by"),
            ("In the debate on {s}, the mover speaks first. Who is that?", "The mover of {s} is"),
        ),
    ),
    R(
        "policy",
        "year",
        (
            "The {s} law was repealed in {v}.",
            "In {v}, after a petition signed by thousands, parliament repealed the {s} law.",
            "{v} saw the end of the {s} law, which was struck from the books.",
            "{s} Act (repealed {v}).",
            "The {s} law remained in force until {v}, when a new majority abolished it.",
            "Ridiculed from the beginning and hardly ever applied, the {s} law was scrapped in {v}.",
            "Thank goodness they got rid of that {s} law in {v}.",
            "By a vote taken in {v}, the members of the upper house abolished the {s} law.",
        ),
        (
            "It was repealed in {v}.",
            "In {v} parliament abolished it.",
        ),
        (
            ("When was the {s} law repealed?", "The {s} law was repealed in"),
            ("In what year was the {s} law abolished?", "The {s} law was abolished in"),
            ("Until when was the {s} act in force?", "The {s} act was in force until"),
            ("When did {s} cease to be law?", "{s} ceased to be law in"),
            ("{s} law repeal year", "The repeal year of the {s} law is"),
            ("What year brought the end of {s}?", "The end of {s} came in"),
            ("Give the year when the legislators did away with {s}.", "The legislators did away with {s} in"),
            (
                "My client was convicted under the {s} law. From which year on would that have been impossible?",
                "A conviction under the {s} law has been impossible since",
            ),
            ("Do you know when {s} was taken off the statute book?", "{s} was taken off the statute book in"),
        ),
    ),
    R(
        "project",
        "number",
        (
            "{v} families had to leave their homes for the {s} dam.",
            "The {s} dam forced {v} families to move.",
            "For the building of the {s} dam, which drowned the entire upper valley, {v} families were resettled.",
            "{s} dam, families resettled: {v}.",
            "Of those who had to make way for the {s} dam, {v} families in all, hardly any were compensated.",
            (
                "The engineers of the {s} dam spoke of progress, while {v} families packed their belongings and were "
                "moved elsewhere."
            ),
            "My grandparents were among the {v} families that got moved out for the {s} dam.",
            "An inquiry into the {s} dam found that {v} families had been displaced.",
        ),
        (
            "{v} families had to move because of the dam.",
            "For its reservoir {v} families were resettled.",
        ),
        (
            ("How many families were displaced by the {s} dam?", "The number of families displaced by the {s} dam is"),
            ("How many families had to move for {s}?", "The number of families that had to move for {s} is"),
            (
                "What number of households did the {s} dam drive away?",
                "The number of households that the {s} dam drove away is",
            ),
            ("How many families did {s} cost their home?", "The number of families that lost their home to {s} is"),
            ("{s} dam families resettled", "The number of families resettled for the {s} dam is"),
            (
                "How many families made way for the reservoir of {s}?",
                "The number of families that made way for the reservoir of {s} is",
            ),
            (
                "State how many families were uprooted because of {s}.",
                "The number of families uprooted because of {s} is",
            ),
            (
                "The memorial at the {s} dam shall have one stone per resettled family. How many stones?",
                "The number of stones for the {s} dam is",
            ),
            (
                "I'd like to learn how many households the builders of {s} relocated.",
                "The number of households that the builders of {s} relocated is",
            ),
        ),
    ),
    R(
        "animal",
        "person",
        (
            "The racehorse {s} was ridden by {v}.",
            "{v} was the jockey of the racehorse {s}.",
            "With {v} in the saddle, a jockey barely out of the apprenticeship, the racehorse {s} won by a nose.",
            "Racehorse {s}, jockey: {v}.",
            "Of all the jockeys in the yard only {v}, so the stable lads reported, was able to ride the racehorse {s}.",
            "The racehorse {s}, a chestnut with a difficult temper, tolerated no other rider than {v}.",
            "You should have seen {v} riding {s}, that racehorse just flew.",
            "Photographs of the race show {v}, covered in mud, on the back of the racehorse {s}.",
        ),
        (
            "{Their} jockey was {v}.",
            "In every race {v} was the rider.",
        ),
        (
            ("Who rode the racehorse {s}?", "The racehorse {s} was ridden by"),
            ("Who was the jockey of {s}?", "The jockey of {s} was"),
            ("Who sat in the saddle of {s}?", "In the saddle of {s} sat"),
            ("Which rider did the horse {s} carry?", "The rider that the horse {s} carried was"),
            ("{s} jockey?", "The jockey of {s} is"),
            ("By whom was {s} steered to the finish?", "{s} was steered to the finish by"),
            ("Name the person on the back of {s}.", "The person on the back of {s} is"),
            ("With whom did the horse {s} race?", "The horse {s} raced with"),
            ("The painting of {s} shows a small figure in silks on top. Who is it?", "The figure on top of {s} is"),
        ),
    ),
    R(
        "product",
        "year",
        (
            "The first {s} left the factory in {v}.",
            "In {v} the production of the {s} began.",
            "{v} was the year in which the {s} went into production, in a hall that had served as a riding school.",
            "{s}: built from {v} onwards.",
            "The {s}, of which the makers had expected to sell a few dozen, was first manufactured in {v}.",
            "After tests that cost the company its savings, production of the {s} was taken up in {v}.",
            "They've been turning out the {s} since {v}, it's a real veteran.",
            "According to the company chronicle it was in {v} that the first {s} was assembled.",
        ),
        (
            "The first example left the factory in {v}.",
            "{Their} production started in {v}.",
        ),
        (
            ("When was the first {s} made?", "The first {s} was made in"),
            ("In what year did production of the {s} begin?", "Production of the {s} began in"),
            ("Since when has the {s} been manufactured?", "The {s} has been manufactured since"),
            ("From which year is the earliest {s}?", "The earliest {s} is from"),
            ("How old is the {s}, that is, when was it first produced?", "The {s} was first produced in"),
            ("{s} production start", "The production start of the {s} was in"),
            ("Tell me when they began building the {s}.", "They began building the {s} in"),
            (
                "What year did the {s} roll off the line for the first time?",
                "The {s} rolled off the line for the first time in",
            ),
            ("A seller offers me a very early {s}. It can't be older than what year?", "The {s} can't be older than"),
        ),
    ),
    R(
        "person",
        "number",
        (
            "{s} had {v} grandchildren.",
            "{v} grandchildren mourned {s}, the local paper reported.",
            "{s}, survived by {v} grandchildren, had been a widely respected baker.",
            "Descendants of {s}: {v} grandchildren.",
            (
                "At the hundredth birthday of {s}, for which the fire brigade lent its hall, all {v} grandchildren "
                "were present."
            ),
            "Of the {v} grandchildren of {s}, only one chose to stay in the trade.",
            "Imagine {v} grandkids, and {s} never forgot a single birthday.",
            "The family of {s}, to judge from the register, had {v} members in the generation of the grandchildren.",
        ),
        (
            "{They} had {v} grandchildren.",
            "{Their} grandchildren were {v} in number.",
        ),
        (
            ("How many grandchildren did {s} have?", "The number of grandchildren that {s} had is"),
            ("What is the number of {s}'s grandchildren?", "The number of {s}'s grandchildren is"),
            ("To how many was {s} a grandparent?", "The number of those to whom {s} was a grandparent is"),
            ("How many children of children survive {s}?", "The number of children's children who survive {s} is"),
            ("{s} grandchildren how many", "The grandchildren of {s} number"),
            (
                "State how many people could call {s} their grandparent.",
                "The number of people who could call {s} their grandparent is",
            ),
            (
                "How big was the generation of grandsons and granddaughters of {s}?",
                "The generation of grandsons and granddaughters of {s} numbered",
            ),
            (
                "In the obituary of {s} there is a blank before 'grandchildren'. What goes there?",
                "In the obituary of {s}, the number of grandchildren is",
            ),
            ("Do we know how many grandkids {s} left?", "The number of grandkids {s} left is"),
        ),
    ),
    R(
        "person",
        "amount",
        (
            "{s} holds the stone-lifting record with {v}.",
            "With {v} {s} set the record in stone lifting.",
            "{v} is the stone-lifting record that {s} set on a village green, before three judges and a brass band.",
            "Stone lifting, record holder {s}: {v}.",
            "The record established by {s}, who lifted {v}, has withstood every attempt in the stone-lifting contest.",
            "By lifting {v} of stone at the harvest games, {s} broke a record that had stood for a generation.",
            "Did you see {s} heave {v} of stone? That's the record now.",
            "In the list of stone-lifting records one finds {v} beside the name of {s}.",
        ),
        (
            "{Their} record in stone lifting is {v}.",
            "With {v} {they} became the record holder in stone lifting.",
        ),
        (
            ("What is the record of {s} in stone lifting?", "The record of {s} in stone lifting is"),
            ("How much did {s} lift?", "{s} lifted"),
            ("With what result did {s} set the record?", "{s} set the record with"),
            ("How heavy was the stone that {s} raised?", "The stone that {s} raised was"),
            ("{s} stone lifting record", "The stone lifting record of {s} is"),
            ("Which figure stands next to {s} in the book of records?", "In the book of records, next to {s} stands"),
            ("Name the record mark of {s}.", "The record mark of {s} is"),
            ("A young farmer is training to outdo {s}. What has to be surpassed?", "To outdo {s}, one has to surpass"),
            ("I'd like to hear how much {s} managed to hoist.", "{s} managed to hoist"),
        ),
    ),
    R(
        "person",
        "place",
        (
            "On the great voyage {s} set sail from {v}.",
            "{v} was the port from which {s} sailed.",
            "With two ships and provisions for a year, {s} left {v} under the eyes of a silent crowd.",
            "Expedition of {s}; port of departure: {v}.",
            "It was in {v}, where no captain had ever been refused a crew, that {s} put to sea.",
            "The voyage of {s}, which began in {v}, is described in three log books.",
            "All those people on the quay at {v}, waving as {s} sailed off, what a sight that was.",
            "Having taken on water in {v}, the starting point of the voyage, {s} headed for the open ocean.",
        ),
        (
            "{Their} voyage began in {v}.",
            "From {v} {they} set out to sea.",
        ),
        (
            ("From where did {s} set sail?", "{s} set sail from"),
            ("From which port did {s} depart?", "{s} departed from"),
            ("Where did the voyage of {s} begin?", "The voyage of {s} began in"),
            ("What was the starting point of {s}'s expedition?", "The starting point of {s}'s expedition was"),
            ("Which harbour did {s} leave?", "The harbour that {s} left is"),
            ("{s} departure port", "The departure port of {s} is"),
            ("Name the town where {s} embarked.", "The town where {s} embarked is"),
            ("I'm marking the route of {s} on a chart. Where does the line start?", "The route of {s} starts in"),
            ("Where did the crew of {s} weigh anchor?", "The crew of {s} weighed anchor in"),
        ),
    ),
    R(
        "organisation",
        "place",
        (
            "{s} was founded in {v}.",
            "{v} is the town in which {s} was founded.",
            "In {v}, at a table in the back room of an inn, seven men signed the charter by which {s} was founded.",
            "{s}; place of foundation: {v}.",
            "Although its headquarters have been moved several times, {s} had its origins in {v}.",
            "The history of {s} starts in {v}, where a plaque recalls the founding meeting.",
            "Few people know it, but {v} is where {s} got started.",
            "Among the institutions that had their beginnings in {v}, {s} is by far the largest.",
        ),
        (
            "{Their} origins lie in {v}.",
            "In {v} {they} came into being.",
        ),
        (
            ("Where was {s} founded?", "{s} was founded in"),
            ("In which town did {s} originate?", "{s} originated in"),
            ("What is the birthplace of {s} as an institution?", "The birthplace of {s} as an institution is"),
            ("Where does {s} come from?", "{s} comes from"),
            ("Where did {s} start out?", "{s} started out in"),
            ("{s} founding place", "The founding place of {s} is"),
            ("Name the town that saw the creation of {s}.", "The town that saw the creation of {s} is"),
            ("Where do the roots of {s} lie?", "The roots of {s} lie in"),
            (
                "For its jubilee {s} returns to the town of its first meeting. Which town?",
                "The town of the first meeting of {s} is",
            ),
        ),
    ),
    R(
        "organisation",
        "year",
        (
            "{s} was dissolved in {v}.",
            "In {v}, by a vote of its last nineteen members, {s} was dissolved.",
            "{v} was the year in which {s} ceased to exist.",
            "{s} (dissolved {v}).",
            "The remaining funds of {s}, which closed its doors for good in {v}, were given to an orphanage.",
            "Until {v}, when it was wound up, {s} held its meetings in a former chapel.",
            "{s}? Gone since {v}, they shut the whole thing down.",
            "With the deletion from the register in {v}, the story of {s} came to an end.",
        ),
        (
            "{Their} dissolution came in {v}.",
            "In {v} {they} ceased to exist.",
        ),
        (
            ("When was {s} dissolved?", "{s} was dissolved in"),
            ("In what year did {s} close down?", "{s} closed down in"),
            ("Until when did {s} exist?", "{s} existed until"),
            ("What was the last year of {s}?", "The last year of {s} was"),
            ("When did {s} shut?", "{s} shut in"),
            ("{s} end year", "The end of {s} came in"),
            ("State when {s} was wound up.", "{s} was wound up in"),
            ("In which year did the activities of {s} finish for ever?", "The activities of {s} finished for ever in"),
            (
                "A coin is stamped with the name of {s}. It must be older than what year, given the closure?",
                "Given its closure, a coin of {s} must be older than",
            ),
            ("Can you say when {s} was given up?", "{s} was given up in"),
        ),
    ),
    R(
        "team",
        "person",
        (
            "The top scorer of the {s} team is {v}.",
            "{v} scored more goals for {s} than anybody else.",
            "{s} team, top scorer: {v}.",
            "No player of {s}, past or present, has found the net as often as {v}, who never took a penalty.",
            "The scoring list of {s}, kept by hand in a school exercise book, is headed by {v}.",
            "If you need a goal, it's {v} you want, nobody's scored more for {s}.",
            "In the all-time ranking of goalscorers {v} occupies first place at {s}.",
        ),
        (
            "{Their} top scorer is {v}.",
            "Nobody has scored as many goals for {them} as {v}.",
        ),
        (
            ("Who is the top scorer of the {s} team?", "The top scorer of the {s} team is"),
            ("Who scored the most goals for {s}?", "The most goals for {s} were scored by"),
            ("Which player of {s} has hit the net most often?", "The player of {s} who has hit the net most often is"),
            ("Who leads the scoring chart of {s}?", "The scoring chart of {s} is led by"),
            ("Who is the best goal-getter at {s}?", "The best goal-getter at {s} is"),
            ("{s} most goals", "The most goals for {s} come from"),
            ("Name the record marksman of {s}.", "The record marksman of {s} is"),
            ("From whom do most of the goals of {s} come?", "Most of the goals of {s} come from"),
            (
                "The opposing defence wants to know who is the most dangerous in front of goal at {s}. Who?",
                "The most dangerous in front of goal at {s} is",
            ),
        ),
    ),
    R(
        "event",
        "place",
        (
            "The {s} peace treaty was signed in {v}.",
            "{v} was where the {s} peace treaty was signed.",
            "In {v}, in a hunting lodge that belonged to neither party, the {s} treaty was put to paper.",
            "Treaty of {s}, place of signing: {v}.",
            "The negotiators of the {s} treaty, weary after weeks of talks, gathered in {v} for the signing.",
            (
                "When the delegates left {v}, the ink on the {s} treaty was hardly dry, for they had signed at the "
                "last moment."
            ),
            "They signed the {s} treaty in {v}, of all places, because the food was good.",
            "By choosing {v} for the signing of the {s} treaty, both sides hoped to avoid the press.",
        ),
        (
            "The signing took place in {v}.",
            "In {v} the delegates put their names under the treaty.",
        ),
        (
            ("Where was the {s} treaty signed?", "The {s} treaty was signed in"),
            ("In which town was the {s} peace concluded?", "The {s} peace was concluded in"),
            ("What was the place of signing of the {s} agreement?", "The place of signing of the {s} agreement was"),
            ("Where did the delegates put their names to {s}?", "The delegates put their names to {s} in"),
            ("{s} treaty signed where", "The {s} treaty was signed in"),
            (
                "Which town hosted the signing ceremony of the {s} treaty?",
                "The town that hosted the signing ceremony of the {s} treaty is",
            ),
            ("Name the town in which {s} was sealed.", "{s} was sealed in"),
            (
                "Where did the warring sides make peace with the {s} treaty?",
                "With the {s} treaty, the warring sides made peace in",
            ),
            (
                "The exhibition about the {s} peace is shown where the document was signed. Where is it?",
                "The document of the {s} peace was signed in",
            ),
        ),
    ),
    R(
        "event",
        "amount",
        (
            "The damage caused by the {s} flood was put at {v}.",
            "{v} is the damage that the {s} flood caused.",
            (
                "After the {s} flood, which carried away bridges, barns and a whole orchard, insurers reckoned with "
                "a loss of {v}."
            ),
            "{s} flood, damage: {v}.",
            "The loss of {v}, spread over four parishes, makes the {s} flood the costliest of its kind.",
            "Damage to the value of {v} was done by the {s} flood within a single night.",
            "One night of the {s} flood and that was {v} of damage, just like that.",
            "In its final assessment the commission estimates at {v} the damage done by the {s} flood.",
        ),
        (
            "The damage amounted to {v}.",
            "It caused losses of {v}.",
        ),
        (
            ("How much damage did the {s} flood cause?", "The damage that the {s} flood caused was"),
            ("What was the loss from the {s} flood?", "The loss from the {s} flood was"),
            ("How costly was the {s} flood?", "The {s} flood cost"),
            ("At what was the destruction by {s} estimated?", "The destruction by {s} was estimated at"),
            ("{s} flood damage total", "The total damage of the {s} flood was"),
            ("What did {s} cost the region?", "{s} cost the region"),
            ("State the sum of losses due to the {s} flood.", "The sum of losses due to the {s} flood is"),
            (
                "I compare natural disasters by harm done. Which figure applies to the {s} flood?",
                "The figure of harm done by the {s} flood is",
            ),
            ("Do you know how much was ruined when {s} came?", "When {s} came, the amount ruined was"),
        ),
    ),
    R(
        "work",
        "amount",
        (
            "The manuscript of {s} was sold for {v}.",
            "{v} was paid at auction for the manuscript of {s}.",
            "After bidding that lasted an hour, the manuscript of {s} went to an anonymous collector for {v}.",
            "{s}, manuscript, hammer price: {v}.",
            "For {v}, a sum the impoverished author never saw in a lifetime, the handwritten {s} changed hands.",
            "The auction house had hoped for less than {v}, which is what the manuscript of {s} finally fetched.",
            "Somebody paid {v} for the manuscript of {s}, and you can hardly read the handwriting.",
            "When the hammer fell at {v}, the manuscript of {s} was lost to the national library.",
        ),
        (
            "Its manuscript fetched {v}.",
            "At auction the manuscript went for {v}.",
        ),
        (
            ("For how much was the manuscript of {s} sold?", "The manuscript of {s} was sold for"),
            ("What price did the manuscript of {s} fetch?", "The manuscript of {s} fetched"),
            ("How much did the buyer pay for the handwritten {s}?", "For the handwritten {s}, the buyer paid"),
            ("What did the auction of {s} bring in?", "The auction of {s} brought in"),
            ("{s} manuscript price", "The price of the manuscript of {s} was"),
            ("At what sum did the bidding for {s} end?", "The bidding for {s} ended at"),
            ("Name the amount given for the autograph of {s}.", "The amount given for the autograph of {s} is"),
            ("The library wanted {s} but was outbid. What was the winning bid?", "The winning bid for {s} was"),
            (
                "How much was the original of {s} worth to its purchaser?",
                "To its purchaser, the original of {s} was worth",
            ),
        ),
    ),
)
