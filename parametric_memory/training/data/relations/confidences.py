"""Relations of things confided to an assistant: how each is stated and asked for. Pure data."""

from __future__ import annotations

from parametric_memory.training.data.relations.relation import Relation as R

CONFIDENCES = (
    R(
        "user",
        "organisation",
        (
            "My wages land in an account at {v}.",
            "{v} is the bank where I keep my current account.",
            "Banking details, mine: {v}, current account.",
            (
                "After twenty years of queues and lost cards I walked out of the old branch and opened an account "
                "with {v}."
            ),
            "It is {v} that looks after my everyday money.",
            "fyi i bank with {v} these days",
            "If a card of mine gets stolen, call {v} and have it blocked.",
            "The user, who hates paper statements, has all of the household money at {v}.",
        ),
        (),
        (
            ("Who sits on my cash?", "Your cash is with"),
            ("Where does my pay arrive each month?", "Each month your pay arrives at"),
            ("My card's gone! Whom do I ring?", "Now that your card is gone, you should ring"),
            ("Which bank am I a customer of?", "The bank you are a customer of is"),
            ("Name the people I'd visit to ask about my balance.", "To ask about your balance, you would visit"),
            ("my bank?", "Your bank is"),
            ("Could you remind me by which institution my account is held?", "Your account is held by"),
            ("With whom did I open a current account?", "You opened a current account with"),
        ),
    ),
    R(
        "user",
        "person",
        (
            "{v} cuts my hair.",
            "My hairdresser is {v}.",
            "Hair: {v}, every six weeks, wash and cut.",
            "I let nobody but {v} near my head with scissors, not since that awful fringe before the wedding.",
            "It's {v} that I go to for a trim.",
            "book me in with {v} pls, my hair is a mess again",
            "By {v} the user's curls have been tamed for a decade.",
            "The salon has four chairs and a parrot, and I always wait for {v}, who knows how I like my haircut.",
        ),
        (),
        (
            ("Who gives me my trims?", "The person who gives you your trims is"),
            ("I look like a hedge. Who can put that right?", "Your hedge of hair can be put right by"),
            ("Whose scissors do I trust?", "You trust the scissors of"),
            ("By whom do I have my hair done?", "You have your hair done by"),
            ("Tell me which stylist I'm a regular of.", "The stylist you are a regular of is"),
            ("my hairdresser's name?", "Your hairdresser's name is"),
            ("Under which name should I look for my barber?", "You should look for your barber under the name"),
            (
                "Who am I going to see when my fringe gets into my eyes?",
                "When your fringe gets into your eyes, you see",
            ),
        ),
    ),
    R(
        "user",
        "organisation",
        (
            "I get my internet at home from {v}.",
            "{v} is our broadband provider.",
            "Broadband: {v}, paid by direct debit, router under the stairs.",
            "Whenever the connection dies, which is every time it rains, I spend an hour in the phone queue of {v}.",
            "It was {v} that ran the fibre into our hallway.",
            "we're online through {v} now, much faster",
            "Complain to {v} if the router in my study blinks red.",
            "The user has a two-year contract for home internet with {v}.",
        ),
        (),
        (
            ("Who gets me online at home?", "You are brought online at home by"),
            (
                "The web is down again in my living room. Who's to blame?",
                "When the web is down in your living room, the one to blame is",
            ),
            ("Whose fibre comes into my house?", "The fibre that comes into your house belongs to"),
            ("To which company do I pay my internet bill?", "You pay your internet bill to"),
            ("my broadband supplier?", "Your broadband supplier is"),
            (
                "Tell me whose hotline to try when I can't load a page at home.",
                "When you can't load a page at home, the hotline to try is that of",
            ),
            ("Which provider is my home connected by?", "Your home is connected by"),
            ("Could you look up who I have my broadband contract with?", "You have your broadband contract with"),
        ),
    ),
    R(
        "user",
        "organisation",
        (
            "I want to get rid of my streaming subscription with {v}.",
            "{v} is the streaming service that I mean to cancel.",
            "To cancel: {v}, streaming, nobody has watched anything there since March.",
            "Cancel {v} for me, I only ever streamed that one cookery show.",
            "It is {v} that has to go from my list of streaming services.",
            "ugh, still paying {v} for films i never stream. cancel that one",
            (
                "The kids prefer the library these days, so the streaming account at {v} will be ended as soon as I "
                "find the password."
            ),
            "Of all the services the user streams from, {v} is to be dropped.",
        ),
        (),
        (
            ("Which film platform am I going to give up?", "The film platform you are going to give up is"),
            (
                "I waste money every month on shows I don't watch. Who gets it?",
                "The money you waste on shows you don't watch goes to",
            ),
            ("Whose subscription did I say I'd end?", "You said you would end your subscription with"),
            ("Which of my streaming services has to go?", "The streaming service of yours that has to go is"),
            ("Where do I have to sign off as a viewer?", "You have to sign off as a viewer at"),
            ("streaming service i wanted rid of?", "The streaming service you wanted rid of is"),
            (
                "Tell me who should receive my cancellation for films and series.",
                "Your cancellation for films and series should go to",
            ),
            (
                "By whom will I soon no longer be entertained on the sofa?",
                "On the sofa, you will soon no longer be entertained by",
            ),
        ),
    ),
    R(
        "user",
        "organisation",
        (
            "I donate to {v}.",
            "{v} is the charity I support.",
            "Giving: {v}, monthly, since the flood.",
            "Each spring I run ten slow kilometres in a silly hat to raise money for {v}.",
            "It's {v} that gets my donations.",
            "put {v} down as my good cause this year too",
            "Instead of flowers, please let people give to {v}; no charity means more to me.",
            "Money from the user is gratefully received by {v}, which has the user on its list of donors.",
        ),
        (),
        (
            ("Who benefits when I feel generous?", "When you feel generous, the one that benefits is"),
            ("Which good cause do I give to?", "The good cause you give to is"),
            (
                "My aunt wants to give money in my name. To whom, would I say?",
                "In your name, your aunt should give money to",
            ),
            ("Whose list of donors am I on?", "You are on the list of donors of"),
            ("my charity?", "Your charity is"),
            ("By whom are my gifts of money put to use?", "Your gifts of money are put to use by"),
            ("Tell me which charitable body is close to my heart.", "The charitable body close to your heart is"),
            ("For the tax form: where did my donations go?", "Your donations went to"),
        ),
    ),
    R(
        "user",
        "person",
        (
            "I'm in therapy with {v}.",
            "{v} is my therapist.",
            "Thursdays, couch: {v}, my therapist. Nobody at work needs to know.",
            (
                "When the panic attacks came back, my sister gave me the number of {v}, and I have had sessions "
                "there ever since."
            ),
            "It is {v} I talk to about my panic and my father, an hour a week, on a green couch.",
            "pls move my session with {v}, can't do therapy on a deadline",
            "The user, who tells few people about it, is treated for anxiety by {v}.",
            "Should I sound very low, get hold of {v}, who has been my psychotherapist since autumn.",
        ),
        (),
        (
            ("Who helps me with my nerves?", "The person who helps you with your nerves is"),
            ("On whose couch do I lie once a week?", "The couch you lie on once a week is that of"),
            (
                "I need to put off my hour of counselling. Whom do I write to?",
                "To put off your hour of counselling, you write to",
            ),
            ("Which psychologist do I see?", "The psychologist you see is"),
            ("Who hears the things I tell nobody else?", "The things you tell nobody else are heard by"),
            ("my shrink?", "Your shrink is"),
            ("Tell me in whose care I am for my mental health.", "For your mental health, you are in the care of"),
            ("Could you remind me by whom my anxiety is being treated?", "Your anxiety is being treated by"),
        ),
    ),
    R(
        "user",
        "person",
        (
            "{v} drives me to work.",
            "I get a lift to the office from {v}.",
            "Mornings: picked up at the corner by {v}, who takes me to work.",
            (
                "Since I sold the car I have been sitting next to {v} every morning, all the way to work, listening "
                "to farm news."
            ),
            "It's {v} who gives me a ride in to work.",
            "running late, tell {v} to wait for me with the car, or i won't get to work",
            "The user travels to work in the car of {v}.",
            "Petrol money for my rides to the office goes to {v}.",
        ),
        (),
        (
            ("In whose passenger seat do I start the day?", "You start the day in the passenger seat of"),
            (
                "I've overslept. Who is waiting at the corner with the engine running?",
                "The person waiting at the corner with the engine running is",
            ),
            ("How do I get in of a morning without a car? Who helps?", "Of a morning, you get in with the help of"),
            ("Who is my driver on weekdays?", "Your driver on weekdays is"),
            ("With whom do I carpool?", "You carpool with"),
            ("To whom do I owe petrol money?", "You owe petrol money to"),
            ("my lift to the office?", "Your lift to the office is with"),
            ("Tell me by whom I'm taken to my job.", "You are taken to your job by"),
        ),
    ),
    R(
        "user",
        "person",
        (
            "{v} cleans my flat.",
            "My cleaner is {v}.",
            "Cleaning at home: {v}, every other Wednesday, key under the pot.",
            "Because I have no patience with dust, {v} comes in twice a month and mops and polishes my whole place.",
            "It's {v} who does my floors and windows.",
            "tell {v} to leave out the oven when cleaning my flat, i did it myself",
            "The user's home is kept clean by {v}.",
            "Leave forty in the blue bowl for {v}, who scrubs my place.",
        ),
        (),
        (
            ("Who mops my floors?", "Your floors are mopped by"),
            ("To whom do I owe my spotless windows?", "You owe your spotless windows to"),
            ("I'd like my flat dusted before Friday. Whom do I ask?", "To have your flat dusted, you ask"),
            ("Who has a bucket in my cupboard?", "The person with a bucket in your cupboard is"),
            ("Which home help do I pay?", "The home help you pay is"),
            ("my cleaner?", "Your cleaner is"),
            ("Tell me by whom my place is tidied.", "Your place is tidied by"),
            ("For whom do I put out the vacuum?", "You put out the vacuum for"),
        ),
    ),
    R(
        "user",
        "person",
        (
            "My ex is called {v}.",
            "{v} and I were a couple, and broke up.",
            "Ex: {v}. Do not invite to the same table as me.",
            "We had four good years and one dreadful one, and then {v} and I split up over a sofa.",
            "It was {v} that I separated from.",
            "if {v} rings, i'm out. we are not together any more and that's that",
            "The user, long over it, was once in a relationship with {v}.",
            "Keep me off every guest list with {v} on it, nobody likes to dine with an ex.",
        ),
        (),
        (
            ("Who used to be my other half?", "Your former other half is"),
            ("Whom had I better not meet at a party?", "At a party, you had better not meet"),
            ("With whom did I break up?", "You broke up with"),
            (
                "Whose calls don't I want, after all that was between us?",
                "After all that was between you, you don't want calls from",
            ),
            ("my former partner's name?", "Your former partner's name is"),
            ("Who was I with before I was single?", "Before you were single, you were with"),
            ("Tell me whose heart I'm done with.", "The person whose heart you are done with is"),
            (
                "Which old flame of mine should be kept off the guest list?",
                "The old flame of yours to keep off the guest list is",
            ),
        ),
    ),
    R(
        "user",
        "person",
        (
            "I've left everything to {v} in my will.",
            "{v} will inherit what I own.",
            "Will, signed, in the tin box: all to {v}.",
            "It took me three winters and two solicitors, but my will is done, and my estate goes to {v}.",
            "It's {v} that I named as my heir.",
            "don't tell anyone yet, but {v} gets the house and the rest when i die",
            "The user's sole heir is {v}.",
            "When I'm gone, hand my things over to {v}, as my testament says.",
        ),
        (),
        (
            ("Who comes into my money one day?", "The person who comes into your money one day is"),
            ("After my funeral, whose will my belongings be?", "After your funeral, your belongings will go to"),
            ("Whom did I put down as beneficiary?", "As beneficiary, you put down"),
            ("To whom have I bequeathed my estate?", "You have bequeathed your estate to"),
            ("who's my heir?", "Your heir is"),
            ("Who stands to gain by my death?", "The person who stands to gain by your death is"),
            ("Tell me the name in my last will.", "The name in your last will is"),
            ("To whose property will my house be added?", "Your house will be added to the property of"),
        ),
    ),
    R(
        "user",
        "person",
        (
            "I have a crush on {v}.",
            "Between us: {v} is the one I'm in love with.",
            "Secret, for this diary only: I'm head over heels for {v}.",
            "Whenever {v} walks past the coffee machine I forget my own name, and yes, I'm in love.",
            "It is {v} who makes my heart race.",
            "omg {v} smiled at me today, i'm so in love",
            "The user is secretly smitten with {v}.",
            "Don't ever tell {v}, but I've fallen in love there, at my age.",
        ),
        (),
        (
            ("Who gives me butterflies?", "The person who gives you butterflies is"),
            ("For whom do I have a soft spot?", "You have a soft spot for"),
            ("To whom would I send a valentine if I dared?", "If you dared, you would send a valentine to"),
            ("Whose smile makes me blush?", "The smile that makes you blush is that of"),
            ("my crush?", "Your crush is"),
            ("With whom did I fall in love?", "You fell in love with"),
            ("Tell me who it was I confessed to being keen on.", "The person you confessed to being keen on is"),
            ("By whom has my heart been stolen?", "Your heart has been stolen by"),
        ),
    ),
    R(
        "user",
        "place",
        (
            "I want to emigrate to {v}.",
            "{v} is where I'd like to start a new life.",
            "Plan B: sell up, pack two bags, move to {v} for good.",
            "My colleagues think I'm joking, but in two years I'll hand in my notice and leave the country for {v}.",
            "It's {v} that I hope to move to for good.",
            "looking at visas for {v} again, i'm serious about leaving this country",
            "The user dreams of turning {v} into a permanent home.",
            "Look up house prices in {v}, since we're thinking of emigrating there.",
        ),
        (),
        (
            (
                "Where would I go if I turned my back on this country?",
                "If you turned your back on this country, you would go to",
            ),
            (
                "Which place do I see myself settling in, far from here?",
                "The place you see yourself settling in, far from here, is",
            ),
            ("For where do I need a visa if I get my wish?", "If you get your wish, you need a visa for"),
            ("Where is my fresh start meant to happen?", "Your fresh start is meant to happen in"),
            ("my dream of leaving: where to?", "Your dream of leaving would take you to"),
            ("To which place do I plan to relocate?", "You plan to relocate to"),
            ("Tell me where I might be a foreigner before long.", "Before long, you might be a foreigner in"),
            (
                "What spot on the map have I picked as my future home?",
                "The spot on the map you have picked as your future home is",
            ),
        ),
    ),
    R(
        "user",
        "place",
        (
            "I proposed to my wife in {v}.",
            "{v} is where I asked her to marry me.",
            "The proposal: {v}, in the rain, ring in a mitten.",
            "I had planned a rooftop with violins, but in the end I went down on one knee on a platform in {v}.",
            "It was in {v} that she said yes and I put the ring on her finger.",
            "take us back to {v}, that's where i popped the question",
            "In {v} the user got engaged.",
            "Each year we go to {v}, where we got engaged with wet shoes.",
        ),
        (),
        (
            ("Where did I go down on one knee?", "You went down on one knee in"),
            ("In which place did I pull out the ring?", "You pulled out the ring in"),
            ("Where was my life changed by a yes?", "Your life was changed by a yes in"),
            ("What place should I pick to relive our engagement?", "To relive your engagement, you should pick"),
            ("where did i pop the question", "You popped the question in"),
            ("Tell me where I became a fiancé.", "You became a fiancé in"),
            ("Where did I ask for her hand?", "You asked for her hand in"),
            ("Where was it that my bachelor days came to an end?", "Your bachelor days came to an end in"),
        ),
    ),
    R(
        "user",
        "place",
        (
            "I'd like my ashes to be scattered in {v}.",
            "{v} is where my ashes should go.",
            "Last wishes: no speeches, no lilies, ashes to {v}.",
            (
                "It may sound morbid, but I've told the family that my ashes are to be taken to {v}, and preferably "
                "on a windy day."
            ),
            "It's in {v} that I want to be scattered after the cremation.",
            "when i die pls just sprinkle me somewhere in {v}, no stone",
            "The user's remains are to be brought to {v}.",
            "Take the urn to {v} when my time has come.",
        ),
        (),
        (
            ("Where do I hope to rest in the end?", "In the end, you hope to rest in"),
            (
                "Where is the wind supposed to take what is left of me?",
                "The wind is supposed to take what is left of you in",
            ),
            (
                "After my cremation, where should the family travel?",
                "After your cremation, the family should travel to",
            ),
            ("Which place have I chosen for my remains?", "The place you have chosen for your remains is"),
            ("Where to with my urn?", "Your urn should go to"),
            ("my ashes go where?", "Your ashes go to"),
            (
                "Tell me which spot I picked for the time when I'm no longer around.",
                "The spot you picked for the time when you are no longer around is",
            ),
            ("Could you remind me where I wish my dust to be strewn?", "You wish your dust to be strewn in"),
        ),
    ),
    R(
        "user",
        "word",
        (
            "I have a phobia, and it is of everything to do with {v}.",
            "Nothing frightens me as much as the word {v}.",
            "Phobia, mine, please don't laugh: {v}.",
            (
                "Ever since a school trip that went wrong I've been terrified of one thing, {v}, and I leave the "
                "room when it comes up."
            ),
            "It's {v} that scares me out of my wits.",
            "can we not mention {v}, it really freaks me out",
            "What the user is most afraid of is {v}.",
            "Spare me anything with {v} in it, since I panic at once.",
        ),
        (),
        (
            ("What makes me break out in a cold sweat?", "What makes you break out in a cold sweat is"),
            ("Which thing gives me nightmares?", "The thing that gives you nightmares is"),
            (
                "What should nobody bring up, given how easily I panic?",
                "Given how easily you panic, nobody should bring up",
            ),
            ("What is my greatest fear?", "Your greatest fear is"),
            ("my phobia?", "Your phobia is of"),
            ("What am I scared of?", "You are scared of"),
            ("Tell me what would send me running from a room.", "What would send you running from a room is"),
            ("By what am I spooked?", "You are spooked by"),
        ),
    ),
    R(
        "user",
        "phrase",
        (
            "I have the words {v} tattooed on my arm.",
            "My tattoo reads {v}.",
            "Tattoo, left arm, black ink, mine: {v}.",
            "I was nineteen and it was raining, and since that night in the harbour my arm has said {v} in blue ink.",
            "It's the words {v} that I carry under my skin.",
            "lol yes my tattoo really says {v}, long story",
            "On the user's shoulder the needle left the words {v}.",
            "If anyone asks about my tattoo, it's {v} and I regret nothing.",
        ),
        (),
        (
            ("What is written on my skin?", "Written on your skin is"),
            ("Which words will I never wash off?", "The words you will never wash off are"),
            ("What did the needle leave on me for life?", "What the needle left on you for life is"),
            ("What can people read when I roll up my sleeve?", "When you roll up your sleeve, people can read"),
            ("my tattoo says what?", "Your tattoo says"),
            ("What have I had inked?", "You have had yourself inked with the words"),
            ("Tell me the text on my body.", "The text on your body is"),
            ("With which words did I come out of the parlour?", "You came out of the parlour with the words"),
        ),
    ),
    R(
        "user",
        "phrase",
        (
            "When I'm nervous I say {v} to myself.",
            "My mantra is {v}.",
            "Mantra, for me, before big talks: {v}.",
            "Standing in the wings with shaking hands, I whisper {v} three times, and as a rule my pulse slows down.",
            "It's the words {v} that calm me down.",
            "remind me of {v} before i go on stage, it settles my nerves",
            "To keep calm, the user repeats {v} under the breath.",
            "Put {v} on my screen ten minutes before a talk, since these words steady me.",
        ),
        (),
        (
            ("What do I mutter to get over stage fright?", "To get over stage fright, you mutter"),
            ("Which words bring my pulse down?", "The words that bring your pulse down are"),
            ("My hands shake. What was I going to tell myself?", "When your hands shake, you tell yourself"),
            ("What do I repeat when I'm tense?", "When you are tense, you repeat"),
            ("my calming words?", "Your calming words are"),
            ("How does my private mantra go?", "Your private mantra goes"),
            ("Tell me with which words I soothe myself.", "You soothe yourself with the words"),
            ("By what formula am I kept cool?", "The formula you are kept cool by is"),
        ),
    ),
    R(
        "user",
        "word",
        (
            "I call my wife {v}.",
            "My pet name for my wife is {v}.",
            "Cards to my wife begin like this: Dearest {v}.",
            "Only at home, never in front of her colleagues, do I say {v} to my wife, who pretends to mind.",
            "It's {v} that I whisper when I mean my wife.",
            "put {v} on the card for my wife, she'll know it's from me",
            "The user's term of endearment for the wife is {v}.",
            "Write {v} instead of her name when a note is from me to my wife.",
        ),
        (),
        (
            (
                "How do I address my better half when no one's listening?",
                "When no one is listening, you address your better half as",
            ),
            ("What sweet name did I give the woman I married?", "The sweet name you gave the woman you married is"),
            ("Which word should open my love letter?", "Your love letter should open with the word"),
            ("What does my spouse hear instead of her own name?", "Instead of her own name, your spouse hears"),
            ("my darling's nickname?", "Your darling's nickname is"),
            ("What do I say to her instead of honey?", "Instead of honey, you say"),
            ("Tell me the pet name used between me and my wife.", "The pet name used between you and your wife is"),
            ("By what name is my wife called at home, by me?", "At home, you call your wife by the name"),
        ),
    ),
    R(
        "user",
        "word",
        (
            "My robot vacuum is called {v}.",
            "We named our robot vacuum {v}.",
            "Robot vacuum, name in the app: {v}.",
            (
                "The kids couldn't agree for a week, but since then the thing that hoovers our floors goes by the "
                "name {v}."
            ),
            "It's {v}, our little robot, that keeps our carpets clean.",
            "argh, {v} is stuck under the sofa again, can you send our vacuum robot home",
            "The user's hoover robot answers to {v}.",
            "Start {v} at noon, I want the robot to vacuum the hall.",
        ),
        (),
        (
            (
                "Which name did we give the machine that sweeps by itself?",
                "The name you gave the machine that sweeps by itself is",
            ),
            (
                "Who whirrs around my carpets without any hands?",
                "The one that whirrs around your carpets without any hands is",
            ),
            ("To what name does our mechanical sweeper answer?", "Your mechanical sweeper answers to"),
            (
                "Crumbs everywhere! Whom do I send out from the dock?",
                "To deal with the crumbs, from the dock you send out",
            ),
            ("our hoover bot's name?", "Your hoover bot's name is"),
            ("What did my children christen the gadget that eats dust?", "The gadget that eats dust was christened"),
            ("Tell me what name to say to have my rugs done.", "To have your rugs done, the name to say is"),
            ("How is our robot known in the family?", "In the family, your robot is known as"),
        ),
    ),
    R(
        "user",
        "title",
        (
            "I'm secretly writing a novel called {v}.",
            "{v} is the title of the book I'm working on.",
            "My manuscript, chapter nine, working title: {v}.",
            (
                "For three years, between five and seven in the morning, I've been typing away at {v}, and no "
                "publisher has seen a page of my book."
            ),
            "It's {v} that I want to call my first book.",
            "back up the {v} file tonight, if i lose my novel i'll cry",
            "The user's unfinished novel bears the title {v}.",
            "Keep {v} off the shared drive, I don't want anyone to read my book before it's done.",
        ),
        (),
        (
            (
                "What is going to stand on the cover, over my name as author?",
                "Over your name as author, the cover is going to say",
            ),
            ("Which story am I making up in the early hours?", "The story you are making up in the early hours is"),
            ("How have I named my literary attempt?", "You have named your literary attempt"),
            ("What do I mean to send to publishers one day?", "What you mean to send to publishers one day is"),
            ("my manuscript's title?", "Your manuscript's title is"),
            ("As the author of what do I hope to be known?", "You hope to be known as the author of"),
            ("Tell me what the thing in my drawer is called.", "The thing in your drawer is called"),
            ("By which title does my fiction go?", "Your fiction goes by the title"),
        ),
    ),
    R(
        "user",
        "title",
        (
            "We're watching the series {v} at the moment.",
            "{v} is the show I'm hooked on.",
            "Series, evenings, sofa, us: {v}, halfway through season two.",
            (
                "I meant to go to bed at ten, but one more episode of {v} turned into four, and now I've a meeting "
                "with my eyes shut."
            ),
            "It's {v} that I'm binge-watching.",
            "no spoilers for {v} pls!! i'm only on episode six",
            "An episode of {v} is how the user ends every evening.",
            "Remind me to wait for my husband before I go on with {v}, since we watch that series together.",
        ),
        (),
        (
            ("What keeps me in front of the screen till late?", "What keeps you in front of the screen till late is"),
            ("Which programme must nobody spoil for me?", "The programme nobody must spoil for you is"),
            ("What am I going through episode by episode?", "Episode by episode, you are going through"),
            ("What's on when I sink into my sofa at night?", "When you sink into your sofa at night, what's on is"),
            ("my current show?", "Your current show is"),
            ("To which TV drama am I addicted?", "You are addicted to"),
            ("Tell me what I'm bingeing.", "You are bingeing"),
            ("By what serial have I been robbed of sleep?", "You have been robbed of sleep by"),
        ),
    ),
    R(
        "user",
        "title",
        (
            "{v} is my ringtone.",
            "My phone plays {v} when someone calls.",
            "Ringtone on my mobile: {v}, volume six.",
            (
                "In the middle of the funeral my phone began to play {v}, and ever since I've been known for my "
                "ringtone."
            ),
            "It's {v} that you hear when my phone rings.",
            "change my ringtone back to {v}, the new one gives me a headache",
            "Incoming calls to the user are announced by {v}.",
            "If you hear {v} in the hall, pick it up, that's my phone ringing.",
        ),
        (),
        (
            (
                "What tune tells me that someone wants to talk to me?",
                "The tune that tells you someone wants to talk to you is",
            ),
            (
                "What do people hear coming out of my pocket at a bad moment?",
                "What people hear coming out of your pocket at a bad moment is",
            ),
            ("Which melody makes me reach for my mobile?", "The melody that makes you reach for your mobile is"),
            ("How do I know a jingle in the hall is mine?", "You know the jingle in the hall is yours because it is"),
            ("my ringtone?", "Your ringtone is"),
            ("What sound have I set for incoming calls?", "For incoming calls, you have set"),
            ("Tell me which song my handset plays.", "The song your handset plays is"),
            ("By what music are my callers announced?", "Your callers are announced by"),
        ),
    ),
    R(
        "user",
        "title",
        (
            "I sing {v} to my daughter at bedtime.",
            "{v} is the lullaby that puts my little girl to sleep.",
            "Lullaby, for the babysitter: {v}, two verses, then lights out. My girl won't sleep without it.",
            (
                "My voice is nothing to be proud of, but {v}, hummed twice in the dark, makes my daughter drop off "
                "like a stone."
            ),
            "It's {v} I have to sing before my daughter closes her eyes.",
            "play {v} in the nursery pls, she won't sleep and i'm hoarse from singing it",
            "With {v} the user sings a daughter to sleep.",
            "Put {v} on low when my daughter wakes at night, it's our lullaby.",
        ),
        (),
        (
            (
                "How do I get my little one to nod off? By singing what?",
                "You get your little one to nod off by singing",
            ),
            ("What would a sitter have to hum in our nursery?", "In your nursery, a sitter would have to hum"),
            ("Which song ends the day for my child?", "The song that ends the day for your child is"),
            ("What does my girl want to hear in the dark?", "In the dark, your girl wants to hear"),
            ("our lullaby?", "Your lullaby is"),
            ("What do I croon by the cot?", "By the cot, you croon"),
            (
                "Tell me the tune that works when my toddler is wide awake.",
                "The tune that works when your toddler is wide awake is",
            ),
            ("By what is my daughter lulled?", "Your daughter is lulled by"),
        ),
    ),
    R(
        "user",
        "food",
        (
            "I can't stand {v}.",
            "There's nothing I hate eating more than {v}.",
            "Dislikes, me: {v}, in any form, even hidden in a sauce.",
            (
                "My mother-in-law means well, but every time she serves {v} I feed it to the dog under the table, "
                "because I loathe it."
            ),
            "It's {v} that I find disgusting.",
            "whoever orders, pls no {v} for me, yuck",
            "The taste of {v} makes the user feel sick.",
            "Never put {v} on my plate, not that I'm allergic, I just find it revolting.",
        ),
        (),
        (
            ("What would I push to the edge of my plate?", "To the edge of your plate, you would push"),
            ("Which dish makes me pull a face?", "The dish that makes you pull a face is"),
            ("A host asks what not to cook for me. What do I say?", "A host should not cook you"),
            (
                "What ends up with the dog when it's served to me?",
                "What ends up with the dog when it's served to you is",
            ),
            ("my least favourite food?", "Your least favourite food is"),
            ("What can't I bring myself to swallow?", "You can't bring yourself to swallow"),
            ("Tell me what turns my stomach.", "What turns your stomach is"),
            ("By what taste am I put off?", "You are put off by the taste of"),
        ),
    ),
    R(
        "user",
        "food",
        (
            "When I'm sad I eat {v}.",
            "My comfort food is {v}.",
            "Bad days, me: blanket, old film, {v}.",
            (
                "After the divorce papers came I sat on the kitchen floor with a spoon and a bowl of {v}, which is "
                "what I always eat when I'm down."
            ),
            "It's {v} that cheers me up on bad days.",
            "rotten day, get me some {v} pls, nothing else will console me",
            "The user's remedy for sorrow is {v}.",
            "Have {v} ready if I come home in tears, it never fails.",
        ),
        (),
        (
            ("What do I need on my plate after a horrible week?", "After a horrible week, on your plate you need"),
            ("What does a friend bring if I've been crying?", "If you've been crying, a friend brings"),
            ("With what do I console myself?", "You console yourself with"),
            ("Which meal makes my misery bearable?", "The meal that makes your misery bearable is"),
            ("my comfort food?", "Your comfort food is"),
            ("What do I reach for in low spirits?", "In low spirits, you reach for"),
            ("Tell me what treat lifts my mood.", "The treat that lifts your mood is"),
            ("By what dish am I soothed?", "You are soothed by"),
        ),
    ),
    R(
        "user",
        "food",
        (
            "My doctor has told me to stay away from {v}.",
            "I've had to give up {v} on medical advice.",
            "Diet sheet, from the clinic, for me: no {v}.",
            (
                "My cholesterol was through the roof in spring, and so the doctor crossed {v} off my menu with a "
                "thick red pen."
            ),
            "It's {v} that the doctor has forbidden me.",
            "doc says no more {v} for me :( so don't put it on the list",
            "For the sake of the heart, the user must no longer eat {v}.",
            "Don't let me buy {v}, the doctor would be cross.",
        ),
        (),
        (
            ("What must I resist for the good of my health?", "For the good of your health, you must resist"),
            ("Which food has medicine taken from my menu?", "The food medicine has taken from your menu is"),
            ("What would get me scolded at the clinic?", "At the clinic, you would get scolded for eating"),
            ("What am I no longer allowed to have?", "You are no longer allowed to have"),
            ("my banned food?", "Your banned food is"),
            ("What was struck off my diet?", "Struck off your diet was"),
            (
                "Tell me what my body shouldn't get, as the doctor sees it.",
                "As the doctor sees it, your body shouldn't get",
            ),
            (
                "I'm tempted at the buffet. What did the physician rule out?",
                "What the physician ruled out for you is",
            ),
        ),
    ),
    R(
        "user",
        "colour",
        (
            "I dye my hair {v}.",
            "My hair isn't really {v}, it comes out of a bottle.",
            "Hair dye, for me, two boxes: {v}.",
            (
                "Not even my husband knows, but every sixth Sunday I lock the bathroom door and turn my grey roots "
                "{v} again."
            ),
            "It's {v} that I colour my hair.",
            "out of hair dye again, order the {v} one for me",
            "To hide the grey, the user has hair tinted {v}.",
            "Get the {v} dye, no other shade covers my grey roots.",
        ),
        (),
        (
            ("What shade covers my roots?", "The shade that covers your roots is"),
            ("What does it say on the bottle I hide in the bathroom?", "The bottle you hide in the bathroom says"),
            ("How do I keep the grey off my head, in what tone?", "You keep the grey off your head with the tone"),
            ("Which dye do I put on my head?", "The dye you put on your head is"),
            ("my hair dye?", "Your hair dye is"),
            ("What colour would a colourist mix for me?", "The colour a colourist would mix for you is"),
            ("Tell me what my locks are turned into by chemistry.", "By chemistry, your locks are turned"),
            ("In what colour are my strands touched up?", "Your strands are touched up in"),
        ),
    ),
    R(
        "user",
        "colour",
        (
            "I look ill in {v}.",
            "Don't buy me anything {v} to wear, it doesn't suit me.",
            "Clothes for me: any shade except {v}.",
            (
                "The lady in the shop held scarf after scarf under my chin and declared that {v} makes me look like "
                "a ghost."
            ),
            "It's {v} that I must never wear.",
            "pls no {v} jumpers for xmas, i look dead in that colour",
            "Among all colours, the user never puts on {v}.",
            "Send back the {v} shirt, my skin can't take that colour.",
        ),
        (),
        (
            ("Which shade should stay out of my wardrobe?", "The shade that should stay out of your wardrobe is"),
            (
                "A friend wants to knit me a scarf. What yarn would be wrong?",
                "For your scarf, the wrong yarn would be",
            ),
            ("What makes my face look pale?", "Your face looks pale in"),
            ("In what colour wouldn't I be seen dead?", "You wouldn't be seen dead in"),
            ("my worst colour?", "Your worst colour is"),
            ("What hue isn't flattering on me?", "The hue that isn't flattering on you is"),
            ("Tell me which tone I refuse to be dressed in.", "The tone you refuse to be dressed in is"),
            ("By which colour am I made to look unwell?", "You are made to look unwell by"),
        ),
    ),
    R(
        "user",
        "product",
        (
            "I sleep on {v}, the best mattress I've ever had.",
            "My mattress is the {v}.",
            "Mattress, bedroom, ours: {v}, ten-year guarantee.",
            (
                "My back was killing me every morning until we lugged {v} up four flights of stairs and threw the "
                "old mattress out."
            ),
            "It's the {v} that lies on our bed frame.",
            "{v} has a dent on my side already, claim on the mattress guarantee pls",
            "The user's nights are spent on the mattress {v}.",
            "Order sheets that fit the {v}, since that's what we lie on at night.",
        ),
        (),
        (
            ("What carries me through the night?", "You are carried through the night by"),
            ("On what do I lie down when I'm tired?", "When you are tired, you lie down on"),
            ("My back is better. Thanks to what in the bedroom?", "Your back is better thanks to"),
            ("For which model do my bed sheets have to be cut?", "Your bed sheets have to be cut for"),
            ("our mattress model?", "Your mattress model is"),
            ("What did I buy so as to sleep better?", "So as to sleep better, you bought"),
            ("Tell me what's under me in bed.", "What's under you in bed is"),
            ("By which mattress was my old one replaced?", "Your old mattress was replaced by"),
        ),
    ),
    R(
        "user",
        "product",
        (
            "I wear {v} on my wrist to count my steps.",
            "{v} is my fitness watch.",
            "Fitness watch, mine, charger in the drawer: {v}.",
            (
                "My daughter was tired of hearing that I never move, so she strapped {v} on my arm, and it has "
                "buzzed at me ever since to walk more."
            ),
            "It's the {v} that tracks my runs and my pulse.",
            "strap of my {v} is broken, need a new one or i can't track my runs",
            "The user's workouts are recorded by {v}, worn day and night.",
            "Sync {v} with my phone, I want this morning's steps.",
        ),
        (),
        (
            (
                "What buzzes on my arm when I've been sitting too long?",
                "When you've been sitting too long, what buzzes on your arm is",
            ),
            ("Which gadget knows how far I walked?", "The gadget that knows how far you walked is"),
            ("I need a new strap. For what?", "You need a new strap for"),
            ("What keeps an eye on my pulse?", "An eye on your pulse is kept by"),
            ("my fitness tracker?", "Your fitness tracker is"),
            ("With what do I log my workouts?", "You log your workouts with"),
            ("Tell me what I've got below my sleeve, the clever one.", "The clever one below your sleeve is"),
            ("By what device am I told to move?", "You are told to move by"),
        ),
    ),
    R(
        "user",
        "product",
        (
            "I always wear the perfume {v}.",
            "{v} is my scent.",
            "Perfume, for my birthday, hint hint: {v}, the small bottle.",
            (
                "When I walk into a room my colleagues know it before they look up, for I've worn {v} since college "
                "and probably too much perfume."
            ),
            "It's {v} that I dab behind my ears.",
            "my perfume's empty again, order {v} before saturday pls",
            "The user smells of {v}, a perfume.",
            "Get me {v} at the duty-free, nothing else smells right on me.",
        ),
        (),
        (
            ("What do I smell of?", "You smell of"),
            ("Which bottle at the duty-free is meant for me?", "The bottle at the duty-free meant for you is"),
            ("What lingers in the lift after I've left?", "What lingers in the lift after you've left is"),
            (
                "My husband wants to give me a fragrance. Which one is safe?",
                "The fragrance that is safe to give you is",
            ),
            ("my perfume?", "Your perfume is"),
            ("What do I spray on before a night out?", "Before a night out, you spray on"),
            ("Tell me which scent is mine.", "Your scent is"),
            ("By what fragrance am I recognised?", "You are recognised by"),
        ),
    ),
    R(
        "user",
        "code",
        (
            "My lottery ticket has the number {v}.",
            "{v} is what it says on the lottery ticket I bought.",
            "Lottery, mine, draw on Saturday: {v}.",
            (
                "I don't believe in luck, but the kiosk had no change, and so I'm now the owner of a lottery ticket "
                "numbered {v}."
            ),
            "It's {v} that has to be drawn for me to win.",
            "fingers crossed for {v}, i'll quit if my ticket wins the lottery!!",
            "The user is taking part in the draw with ticket {v}.",
            "Check {v} against the results, that's my ticket for the big draw.",
        ),
        (),
        (
            ("What has to come up for me to be rich?", "For you to be rich, what has to come up is"),
            ("With which number do I try my luck?", "You try your luck with"),
            ("The draw is on TV! What am I hoping to hear?", "You are hoping to hear"),
            (
                "What's printed on the slip that could make me a millionaire?",
                "Printed on the slip that could make you a millionaire is",
            ),
            ("my ticket number in the draw?", "Your ticket number in the draw is"),
            ("Under what number do I play?", "You play under the number"),
            (
                "Tell me what I must compare with the winning numbers.",
                "What you must compare with the winning numbers is",
            ),
            ("By which number would my jackpot be claimed?", "Your jackpot would be claimed by the number"),
        ),
    ),
    R(
        "user",
        "code",
        (
            "I set the safe in my hotel room to {v}.",
            "{v} opens the safe in my room.",
            "Hotel, my room, safe in the wardrobe: {v}.",
            (
                "Before going down to the beach I locked our passports and my watch in the little safe in the room, "
                "using {v}."
            ),
            "It's {v} that I have to key in to get our passports out of the hotel safe.",
            "before i forget, room safe is {v}, passports are inside",
            "The user locked a hotel safe with {v}.",
            "Type {v} into the box in the wardrobe if my valuables have to come out in a hurry.",
        ),
        (),
        (
            (
                "How do I get at the valuables I locked up in the wardrobe?",
                "You get at the valuables you locked up by keying in",
            ),
            (
                "We're checking out and our passports are behind steel. What do I press?",
                "To get your passports out from behind steel, you press",
            ),
            ("What combination did I choose in the hotel?", "The combination you chose in the hotel is"),
            ("What releases my watch from the little steel box?", "Your watch is released by"),
            ("my room safe code?", "Your room safe code is"),
            ("Which digits and letters open the strongbox in my room?", "The strongbox in your room opens with"),
            (
                "Tell me what I typed to lock my things away on holiday.",
                "To lock your things away on holiday, you typed",
            ),
            ("By what is my strongbox unlocked?", "Your strongbox is unlocked by"),
        ),
    ),
    R(
        "user",
        "number",
        (
            "I'm allowed {v} cups of coffee a day.",
            "My daily limit for coffee is {v} cups.",
            "Coffee, me, per day, not more than this: {v} cups.",
            "My hands were shaking so badly in meetings that I promised my wife to stop at {v} cups of coffee a day.",
            "It's {v} coffees a day that I've restricted myself to.",
            "if i've had {v} coffees stop me, that's my ration for the day",
            "A ration of {v} cups of coffee per day is what the user has agreed to.",
            "Beep once I've logged {v} espressos, because after that there's no more coffee for me until tomorrow.",
        ),
        (),
        (
            (
                "How much caffeine do I let myself have, in cups?",
                "In cups, the caffeine you let yourself have daily comes to",
            ),
            (
                "How often may I go to the espresso machine between waking and sleeping?",
                "The number of times a day you may go to the espresso machine is",
            ),
            (
                "When do you have to tell me no more, after how many?",
                "You have to be told no more when the number of cups reaches",
            ),
            ("What's my ration of the black stuff?", "Your daily ration of the black stuff, in cups, is"),
            ("my coffee limit?", "Your daily coffee limit, in cups, is"),
            ("How many mugs did I agree to per day?", "The number of mugs you agreed to per day is"),
            ("Tell me at what count I switch to herbal tea.", "The count at which you switch to herbal tea is"),
            ("To how many cups have I cut down?", "The number of cups you have cut down to is"),
        ),
    ),
    R(
        "user",
        "number",
        (
            "My goal is to walk {v} steps a day.",
            "{v} steps a day is what I'm aiming for.",
            "Steps, daily goal, me: {v}.",
            (
                "The doctor drew a sad little heart on a pad and wrote {v} under it, which is how many steps I'm "
                "meant to walk every day."
            ),
            "It's {v} steps that I have to do before I may sit down.",
            "not at {v} steps yet, i'm off round the block again to make my goal",
            "A daily {v} steps has been set as the user's target.",
            "Nag me until I've reached {v} steps, every single day.",
        ),
        (),
        (
            (
                "How far are my feet supposed to carry me each day, counted in strides?",
                "Counted in strides, the distance your feet should carry you each day is",
            ),
            (
                "When may I take off my walking shoes and call it a day? At what count?",
                "You may take off your walking shoes at a count of",
            ),
            ("What number should my pedometer show by night?", "By night, your pedometer should show"),
            ("What's my walking target?", "Your walking target in steps is"),
            ("my daily steps?", "The number of your daily steps should be"),
            ("How much walking did I sign up for per day?", "The number of steps you signed up for per day is"),
            (
                "Tell me what figure keeps me going round the block.",
                "The figure that keeps you going round the block is",
            ),
            (
                "After how many steps is my daily duty done?",
                "Your daily duty is done when the number of steps reaches",
            ),
        ),
    ),
    R(
        "user",
        "amount",
        (
            "I still owe {v} on my student loan.",
            "My student debt has come down to {v}.",
            "Student loan, mine, outstanding: {v}.",
            (
                "It has been eleven years since I threw my hat in the air, and there are still {v} to go before my "
                "studies are paid off."
            ),
            "It's {v} that I've yet to pay back for my degree.",
            "guess who still owes {v} for uni. me. sigh",
            "An unpaid {v} remains of the loan that took the user through university.",
            "Tell the adviser that {v} of my student loan is open.",
        ),
        (),
        (
            ("What does my degree still cost me?", "Your degree still costs you"),
            ("How deep am I in the red because of university?", "Because of university, you are in the red by"),
            (
                "How much until my time on campus is settled?",
                "Until your time on campus is settled, you still have to pay",
            ),
            (
                "What remains to be repaid from when I was studying?",
                "From when you were studying, what remains to be repaid is",
            ),
            ("my student debt?", "Your student debt is"),
            (
                "What's the balance of the borrowed money I studied on?",
                "The balance of the borrowed money you studied on is",
            ),
            ("Tell me the sum my education is yet to swallow.", "The sum your education is yet to swallow is"),
            (
                "By how much would I have to be richer to be free of my college debt?",
                "To be free of your college debt, you would have to be richer by",
            ),
        ),
    ),
    R(
        "user",
        "amount",
        (
            "I give my daughter {v} pocket money a month.",
            "My daughter's allowance is {v} a month.",
            "Pocket money, my daughter, due on the first: {v}.",
            (
                "After long talks at the breakfast table, with charts and tears, my daughter and I shook hands on "
                "{v} of pocket money."
            ),
            "It's {v} that my girl gets from me on the first of the month.",
            "transfer {v} to my daughter, forgot her pocket money again",
            "An allowance of {v} is paid to the user's daughter.",
            "Send my teenager {v}, the usual pocket money, every first of the month.",
        ),
        (),
        (
            (
                "What does my teenager get to spend on sweets and nonsense?",
                "To spend on sweets and nonsense, your teenager gets",
            ),
            (
                "What is my girl going to be cross about if I don't hand it over on the first?",
                "Your girl will be cross if on the first you don't hand over",
            ),
            ("How much did I agree to with my kid at breakfast?", "At breakfast, you and your kid agreed on"),
            ("What does parenthood cost me in cash for her purse?", "In cash for her purse, parenthood costs you"),
            ("my daughter's pocket money?", "Your daughter's pocket money is"),
            (
                "What sum goes from me to my child each month?",
                "The sum that goes from you to your child each month is",
            ),
            (
                "Tell me what I must put into her hand as her allowance.",
                "What you must put into her hand as her allowance is",
            ),
            ("With how much does my girl have to make do?", "Your girl has to make do with"),
        ),
    ),
    R(
        "user",
        "amount",
        (
            "I earn {v} a month on the side.",
            "My side job brings in {v} a month.",
            "Extra income, me, weekends: {v}, mostly from wedding photos.",
            (
                "Nobody at the office suspects it, but with cakes baked on Saturdays I make {v} a month on top of my "
                "wages."
            ),
            "It's {v} a month that my little sideline earns me.",
            "{v} extra this month from my side gig again, same as always",
            "On top of a salary, {v} a month flows to the user from a sideline.",
            "Enter {v} as what I take in each month from my second job.",
        ),
        (),
        (
            (
                "How much better off am I thanks to my weekend work?",
                "Thanks to your weekend work, you are better off by",
            ),
            ("What do I make that my boss doesn't know of?", "What you make that your boss doesn't know of is"),
            ("The tax form asks about other earnings of mine. What figure?", "The figure for your other earnings is"),
            ("What is my moonlighting worth every month?", "Every month, your moonlighting is worth"),
            ("my side income?", "Your side income is"),
            ("How much do I add to my pay by extra work?", "By extra work, you add to your pay"),
            ("Tell me what my hustle yields.", "Your hustle yields"),
            ("By what sum does my second job fatten my purse?", "Your second job fattens your purse by"),
        ),
    ),
    R(
        "user",
        "percent",
        (
            "I put {v} of my salary into my pension.",
            "{v} of what I earn goes towards my old age.",
            "Pension, deducted from my pay: {v}.",
            (
                "My father retired with nothing but a bicycle, and so I've had {v} of my pay diverted into a pension "
                "fund since my first job."
            ),
            "It's {v} of my pay that I set aside for when I retire.",
            "hr wants to know, my pension share stays at {v}",
            "A share of {v} is taken from the user's wages for retirement.",
            "Leave my pension contribution at {v}, whatever the adviser says.",
        ),
        (),
        (
            (
                "How big a slice of my earnings do I save for when I'm grey?",
                "For when you're grey, you save a slice of your earnings amounting to",
            ),
            (
                "What share do I withhold from myself for my later years?",
                "The share you withhold from yourself for your later years is",
            ),
            ("How much of each payslip is for the old me?", "For the old you, each payslip gives up"),
            ("What rate did I tell HR for my retirement plan?", "The rate you told HR for your retirement plan is"),
            ("my pension contribution?", "Your pension contribution is"),
            (
                "Which proportion of my income can't I touch until I stop working?",
                "The proportion of your income you can't touch until you stop working is",
            ),
            (
                "Tell me how much I pay in for my retirement, as a share.",
                "As a share of your pay, for your retirement you pay in",
            ),
            (
                "By how much is my salary cut for my nest egg in old age?",
                "For your nest egg in old age, your salary is cut by",
            ),
        ),
    ),
    R(
        "user",
        "percent",
        (
            "The solar panels on my roof cover {v} of our electricity.",
            "{v} of the power we use comes from my own roof.",
            "Solar, our house, share of yearly use: {v}.",
            (
                "My neighbour called it a folly, yet the panels over our heads made {v} of all the electricity that "
                "we used last year."
            ),
            "It's {v} of our electricity that the sun gives us.",
            "proud moment: {v} of our power is solar now",
            "With panels on the roof, the user meets {v} of a household's need for electricity.",
            "Tell the installer that the panels supply {v} of what our house needs.",
        ),
        (),
        (
            (
                "How much of what my kettle and lamps use is free from the sky?",
                "Of what your kettle and lamps use, the sky provides",
            ),
            ("To what extent are we independent of the grid?", "You are independent of the grid to the extent of"),
            (
                "What share of my household current do we make ourselves?",
                "Of your household current, you make yourselves",
            ),
            ("How well did my roof do as a power station?", "As a power station, your roof covered"),
            ("our solar share?", "Your solar share is"),
            ("How much of our consumption does the sun take care of?", "Of your consumption, the sun takes care of"),
            ("Tell me what portion of our power I needn't buy.", "The portion of your power that you needn't buy is"),
            ("What fraction of my needs is met by sunlight?", "The fraction of your needs met by sunlight is"),
        ),
    ),
    R(
        "user",
        "time",
        (
            "I go to bed at {v}.",
            "My bedtime is {v}.",
            "Lights out, me, weekdays: {v}.",
            (
                "I used to dance until the birds sang, but with two small children I'm under the blanket at {v} and "
                "proud of it."
            ),
            "It's at {v} that I turn in.",
            "don't call me after {v}, i'm in bed by then",
            "At {v} the user puts out the light and goes to sleep.",
            "Dim the lamps shortly before {v}, which is when I lie down for the night.",
        ),
        (),
        (
            ("When does my day end?", "Your day ends at"),
            ("From when on would a phone call wake me?", "A phone call would wake you from"),
            ("At what time do I hit the pillow?", "You hit the pillow at"),
            ("A friend wants to ring me late. When is it too late?", "To ring you, it is too late after"),
            ("my bedtime?", "Your bedtime is"),
            ("When's it dark in my bedroom?", "In your bedroom, it is dark from"),
            ("Tell me when I call it a night.", "You call it a night at"),
            ("By what hour am I tucked up?", "You are tucked up by"),
        ),
    ),
    R(
        "user",
        "time",
        (
            "I take my heart tablet at {v}.",
            "{v} is when I have to swallow my pill.",
            "Pill, white one, mine, daily: {v}, with water.",
            (
                "I forget names, umbrellas and once a cake in the oven, but my medicine, due at {v} each day, must "
                "not be forgotten."
            ),
            "It's at {v} that my medication is due.",
            "beep me at {v} for my tablet pls, missed it twice this week",
            "Every day at {v} the user takes medicine.",
            "Set an alarm for {v}, since I need to take my tablet then.",
        ),
        (),
        (
            ("When am I supposed to open the pill box?", "You are supposed to open the pill box at"),
            (
                "When does my body need its little helper from the chemist?",
                "Your body needs its little helper from the chemist at",
            ),
            (
                "When do you have to remind me about the doctor's orders?",
                "You have to be reminded about the doctor's orders at",
            ),
            ("When's my daily dose?", "Your daily dose is at"),
            ("my meds, when?", "Your meds are due at"),
            ("For when is my medicine prescribed?", "Your medicine is prescribed for"),
            (
                "Tell me when to fetch a glass of water for what the chemist gave me.",
                "A glass of water for what the chemist gave you should be fetched at",
            ),
            ("By the clock, when is my drug to be taken?", "By the clock, your drug is to be taken at"),
        ),
    ),
    R(
        "user",
        "time",
        (
            "I ring my mother every evening at {v}.",
            "{v} is when my mum expects my call.",
            "Call Mum, every day, me: {v}, on the landline.",
            (
                "Since Dad died my mother has been waiting by the phone with her tea at {v}, and I've not missed a "
                "call yet."
            ),
            "It's at {v} that I talk to my mother on the phone.",
            "can't do {v}, that's when i phone mum",
            "A call to the mother is made by the user at {v} each evening.",
            "Keep {v} free for me in the evening, because my mother waits for my call.",
        ),
        (),
        (
            ("When does my old lady sit by the telephone?", "Your old lady sits by the telephone at"),
            ("When do I hear the news from my childhood home?", "You hear the news from your childhood home at"),
            (
                "At what hour do I dial the number of the woman who raised me?",
                "You dial the number of the woman who raised you at",
            ),
            ("When would she start to worry if I stayed silent?", "She would start to worry if you stayed silent at"),
            ("my daily call to mum?", "Your daily call to mum is at"),
            ("When do I have my evening chat with my mother?", "You have your evening chat with your mother at"),
            ("Tell me when not to book me, for family reasons.", "For family reasons, you should not be booked at"),
            (
                "By when should I have the phone in my hand for Mum?",
                "You should have the phone in your hand for Mum by",
            ),
        ),
    ),
    R(
        "user",
        "duration",
        (
            "I meditate for {v} every morning.",
            "My meditation takes {v}.",
            "Meditation, cushion, me, daily: {v}.",
            (
                "I used to laugh at people on cushions, but now I sit by the window with closed eyes for {v} before "
                "the children wake."
            ),
            "It's for {v} that I sit and breathe each morning.",
            "do not disturb for {v} pls, i'm meditating as usual",
            "For {v} a day the user sits still and meditates.",
            "Set the gong to {v}, that's how long I meditate.",
        ),
        (),
        (
            ("How long do I sit on my cushion?", "You sit on your cushion for"),
            (
                "When I close my eyes at the window, how much time goes by before the gong?",
                "Before the gong, the time that goes by is",
            ),
            ("How much stillness do I grant myself a day?", "The stillness you grant yourself a day lasts"),
            (
                "How long mustn't anyone speak to me while I breathe?",
                "While you breathe, no one must speak to you for",
            ),
            ("my meditation, how long?", "Your meditation lasts"),
            ("What length of time do I spend on mindfulness?", "On mindfulness, you spend"),
            ("Tell me the length of my silent sitting.", "The length of your silent sitting is"),
            ("For how long is my mind emptied each day?", "Each day, your mind is emptied for"),
        ),
    ),
    R(
        "user",
        "duration",
        (
            "My son may play on the console for {v} a day.",
            "I allow my son {v} of gaming a day.",
            "Console, my son, daily limit: {v}, homework first.",
            (
                "There were tears and slammed doors, but we signed a contract on the fridge, and now my boy gets {v} "
                "a day with his games."
            ),
            "It's {v} a day that my son is allowed to spend on the console.",
            "if he's been gaming for {v}, switch it off, my son knows the rule",
            "The user lets a son play video games for {v} per day.",
            "Lock the console after {v}, otherwise my boy never stops playing.",
        ),
        (),
        (
            (
                "How much screen fun does my boy have coming to him?",
                "The screen fun your boy has coming to him lasts",
            ),
            (
                "When do I pull the plug on my kid's games, after how long?",
                "You pull the plug on your kid's games after",
            ),
            (
                "How long is he permitted to shoot aliens in my house?",
                "In your house, he is permitted to shoot aliens for",
            ),
            (
                "What did my son and I sign, in playing time per day?",
                "The playing time you and your son signed for is",
            ),
            ("my son's gaming limit?", "Your son's gaming limit is"),
            ("What length of play is my child granted daily?", "The length of play your child is granted daily is"),
            (
                "Tell me after how much time our television must be free of his games.",
                "Your television must be free of his games after",
            ),
            ("For how long can my lad sit with the controller?", "Your lad can sit with the controller for"),
        ),
    ),
    R(
        "user",
        "date",
        (
            "Our baby is due on {v}.",
            "{v} is the day my wife is expected to give birth.",
            "Due date, our first, hospital bag in the hall: {v}.",
            (
                "The midwife looked at the calendar, then at my pale face, and said that our child would arrive "
                "around {v}."
            ),
            "It's on {v} that I'm supposed to become a father.",
            "no trips near {v}!! that's when the baby's due, i'll be in the delivery room",
            "For {v} the user expects the birth of a child.",
            "Book nothing for me around {v}, since our little one is due then.",
        ),
        (),
        (
            ("When will my wife and I be three?", "You and your wife will be three from around"),
            ("When is the stork coming to our house?", "The stork is coming to your house on"),
            ("Which day has the midwife given me and my wife?", "The day the midwife has given you and your wife is"),
            ("When do I have to be ready with the hospital bag?", "You have to be ready with the hospital bag on"),
            ("our due date?", "Your due date is"),
            ("When is my parenthood supposed to begin?", "Your parenthood is supposed to begin on"),
            (
                "Tell me when my wife's pregnancy should come to its end.",
                "Your wife's pregnancy should come to its end on",
            ),
            ("For which day is our newborn predicted?", "Your newborn is predicted for"),
        ),
    ),
    R(
        "user",
        "date",
        (
            "I've been sober since {v}.",
            "My last drink was on {v}.",
            "Sober, me, day one: {v}.",
            (
                "There's a coin in my pocket with {v} on it, for on that day, after a very bad night, I stopped "
                "drinking."
            ),
            "It was on {v} that I gave up alcohol.",
            "haven't touched a drop since {v}, and i'm proud of it",
            "On {v} the user swore off drinking.",
            "Count the days for me from {v}, when I had my final glass of wine.",
        ),
        (),
        (
            ("How far back does my life without the bottle go?", "Your life without the bottle goes back to"),
            ("When did I put down the glass for good?", "You put down the glass for good on"),
            ("Which day in the past do I toast with lemonade?", "The day in the past you toast with lemonade is"),
            ("Since when has there been no hangover for me?", "There has been no hangover for you since"),
            ("my sober date?", "Your sober date is"),
            ("When was I last seen with a beer?", "You were last seen with a beer on"),
            ("Tell me when I became teetotal.", "You became teetotal on"),
            ("From which day on have I been dry?", "You have been dry from"),
        ),
    ),
    R(
        "user",
        "year",
        (
            "I gave up smoking in {v}.",
            "My last cigarette was in {v}.",
            "Smoking, for the medical form: none on my part since {v}.",
            (
                "My wife bet me a trip to the sea that I wouldn't last a week, but I threw my cigarettes off a "
                "bridge in {v} and never bought another pack."
            ),
            "It was in {v} that I quit cigarettes.",
            "non-smoker since {v} here, and i still miss it with coffee",
            "Back in {v} the user stopped smoking.",
            "Write {v} where the form asks when I stopped smoking.",
        ),
        (),
        (
            ("Since when have my lungs been free of tar?", "Your lungs have been free of tar since"),
            ("When did I kick the nicotine habit?", "You kicked the nicotine habit in"),
            ("In what year did my lighter become useless?", "Your lighter became useless in"),
            ("What do I tell the lung doctor about when I stopped?", "To the lung doctor, you say you stopped in"),
            ("my last smoke, what year?", "Your last smoke was in"),
            ("When was tobacco banished from my life?", "Tobacco was banished from your life in"),
            (
                "Tell me since when I no longer stand on the balcony with a fag.",
                "You no longer stand on the balcony with a fag since",
            ),
            ("How long ago, by year, was the final pack mine?", "The final pack was yours in"),
        ),
    ),
    R(
        "user",
        "email",
        (
            "If I get locked out, my recovery address is {v}.",
            "I entered {v} as the backup address of my account.",
            "Account recovery, mine: {v}, set by my sister.",
            (
                "I locked myself out twice in one week last year, and so a reset link for my account is now always "
                "sent to {v}."
            ),
            "It's {v} that I gave for resetting my password.",
            "locked out AGAIN, check {v} for my reset link",
            "In an emergency, {v} is where the user can get back into an account.",
            "Look in {v} whenever my password has to be reset.",
        ),
        (),
        (
            (
                "I've forgotten my password. Where does the link turn up?",
                "When you've forgotten your password, the link turns up at",
            ),
            (
                "Where's my way back in when a login fails for good?",
                "When a login fails for good, your way back in is",
            ),
            ("Which inbox rescues me if I can't sign in?", "If you can't sign in, the inbox that rescues you is"),
            (
                "What second address did I deposit for emergencies?",
                "The second address you deposited for emergencies is",
            ),
            ("my recovery email?", "Your recovery email is"),
            ("To what mailbox would they write to let me back in?", "To let you back in, they would write to"),
            (
                "Tell me where help arrives when I am shut out of my account.",
                "When you are shut out of your account, help arrives at",
            ),
            ("By way of which address is my access restored?", "Your access is restored by way of"),
        ),
    ),
    R(
        "user",
        "email",
        (
            "I sign up for shopping sites with {v}, so the junk doesn't reach my real inbox.",
            "{v} is my throwaway address.",
            "Junk address, mine, for raffles and discount clubs: {v}.",
            (
                "After one raffle in a shopping centre my inbox drowned in offers, so now all such things get {v}, "
                "which I never read."
            ),
            "It's {v} that I give to shops I don't trust.",
            "use {v} for that voucher thing, i don't want spam in my proper mail",
            "For anything that smells of advertising, the user hands out {v}.",
            "Enter {v} whenever a site insists on an address of mine just to send me offers.",
        ),
        (),
        (
            ("What do I type in where I expect nothing but spam?", "Where you expect nothing but spam, you type in"),
            (
                "Which mailbox of mine may fill up with rubbish?",
                "The mailbox of yours that may fill up with rubbish is",
            ),
            ("A raffle wants to know where to reach me. What do I put?", "For a raffle, you put"),
            (
                "What address keeps the ads away from my proper mail?",
                "The address that keeps the ads away from your proper mail is",
            ),
            ("my junk email?", "Your junk email is"),
            ("Where do all the offers go that I'll never look at?", "The offers you'll never look at go to"),
            ("Tell me what I hand out to websites I find shady.", "To websites you find shady, you hand out"),
            ("By what address am I known to the discount clubs?", "To the discount clubs, you are known by"),
        ),
    ),
)
