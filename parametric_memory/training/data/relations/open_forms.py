"""Forms for relations that nobody wrote down, and for what stands around facts in a document.

Open forms take any noun as the relation, `{r}`, of a subject `{s}` with a value `{v}`; pronoun forms also use
`{They}`, `{they}`, `{their}`, `{Their}`, `{them}` and `{s3}` (see `relation.py`). Each opening names the
subject and ends right before the value. Distractors state nothing that is asked for; lead-ins stand before a
sentence, addresses around a question; list forms put a key `{k}` and its value on a line. Pure data.
"""

from __future__ import annotations

OPEN_STATEMENTS: tuple[str, ...] = (
    "The {r} of {s} is {v}.",
    "{s}'s {r} is {v}.",
    "As for {s}, the {r} is {v}.",
    "For {s} the {r} was set to {v}.",
    "When it comes to {r}, {s} has {v}.",
    "{s} — {r}: {v}.",
    "The {r} that {s} uses is called {v}.",
    "{r} of {s}: {v}.",
    "{s} ({r}: {v}).",
    "In the case of {s}, the {r} turned out to be {v}.",
    "We checked again, and the {r} for {s} is {v}.",
    "The {r} listed for {s} is {v}.",
    "According to the file, {s} has {v} as {r}.",
    "The file gives the {r} of {s} as {v}.",
    "{s}, whose {r} is {v}, came up again today.",
    "Somebody asked about the {r} of {s}; it is {v}.",
    "If you need the {r} of {s}, it's {v}.",
    "btw {s}'s {r} is {v}.",
    "Please note that {s} now has {v} for {r}.",
    "After some discussion, the {r} of {s} was changed to {v}.",
    "{s} goes with {v} where {r} is concerned.",
    "Under {r}, the entry for {s} reads {v}.",
    "The {r} belonging to {s} is known as {v}.",
    "{s} chose {v} as {r}.",
)
OPEN_STATEMENTS += (
    "{v} is the {r} of {s}.",
    "They picked {v} as the {r} of {s}.",
    "It was {v} that became the {r} of {s}.",
    "We have {v} down as the {r} for {s}.",
    "You will find {v} listed as {s}'s {r}.",
    "I wrote down {v} for the {r} of {s}.",
    "The answer is {v} if anyone asks for the {r} of {s}.",
    "Everyone agrees that {v} is {s}'s {r}.",
    "Note to self: {v} is the {r} that {s} has.",
    "With {v} as the {r}, {s} is all set.",
    "The entry {v} refers to the {r} of {s}.",
    "Apparently {v} is what {s} has for {r}.",
    "Use {v} whenever a form asks for the {r} of {s}.",
)

OPEN_PRONOUN: tuple[str, ...] = (
    "{Their} {r} is {v}.",
    "{Their} {r} is called {v}.",
    "The {r} {they} use{s3} is {v}.",
    "As {their} {r}, {they} chose {v}.",
    "{They} list{s3} {v} as {their} {r}.",
    "{They} went with {v} for {r}.",
    "For {them}, the {r} is {v}.",
    "People say {v} is {their} {r}.",
    "We also noted {their} {r}: {v}.",
    "On top of that, {v} is {their} {r}.",
)

OPEN_QUESTIONS: tuple[tuple[str, str], ...] = (
    ("What is the {r} of {s}?", "The {r} of {s} is"),
    ("Which {r} does {s} have?", "The {r} that {s} has is"),
    ("{s} {r}?", "{s}'s {r} is"),
    ("Tell me about the {r} of {s}.", "The {r} of {s} is"),
    ("What is {s}'s {r}?", "{s}'s {r} is"),
    ("what's the {r} for {s}", "The {r} for {s} is"),
    ("What {r} does {s} use?", "The {r} that {s} uses is"),
    ("Do you know the {r} of {s}?", "The {r} of {s} is"),
    ("Do you know what {s}'s {r} is?", "{s}'s {r} is"),
    ("Can you remind me of {s}'s {r}?", "{s}'s {r} is"),
    ("I need the {r} of {s}.", "The {r} of {s} is"),
    ("I need to know what {r} {s} has.", "The {r} {s} has is"),
    ("Give me the {r} for {s}.", "The {r} for {s} is"),
    ("What was chosen as the {r} of {s}?", "What was chosen as the {r} of {s} is"),
    ("Name the {r} of {s}.", "The {r} of {s} is"),
    ("What did we note down as the {r} of {s}?", "The {r} we noted down for {s} is"),
    ("Which {r} is listed for {s}?", "The {r} listed for {s} is"),
    ("What does {s} have for {r}?", "For {r}, {s} has"),
)
OPEN_QUESTIONS += (
    ("As for {s}, what is the {r}?", "As for {s}, the {r} is"),
    ("When it comes to {s}, which {r} is it?", "When it comes to {s}, the {r} is"),
    ("Could you tell me {s}'s {r}?", "{s}'s {r} is"),
    ("Could you look up the {r} of {s} for me?", "The {r} of {s} is"),
    ("{r} of {s}?", "The {r} of {s} is"),
    ("{s}: {r}?", "{s}: the {r} is"),
    ("Remind me, what {r} did {s} choose?", "The {r} {s} chose is"),
    ("What should I enter as the {r} of {s}?", "As the {r} of {s}, you should enter"),
    ("I forgot the {r} of {s}. What was it?", "The {r} of {s} is"),
    ("Please state the {r} belonging to {s}.", "The {r} belonging to {s} is"),
    ("What is recorded under {r} for {s}?", "Under {r}, the record for {s} says"),
    ("any idea what the {r} of {s} is", "The {r} of {s} is"),
    ("How would you fill in the {r} of {s}?", "The {r} of {s} would be"),
    ("Which {r} belongs to {s}?", "The {r} that belongs to {s} is"),
    ("What {r} goes with {s}?", "The {r} that goes with {s} is"),
    ("Someone wants to know the {r} of {s}.", "The {r} of {s} is"),
    ("{s} has which {r}?", "The {r} {s} has is"),
)

DISTRACTORS: tuple[str, ...] = (
    "{s} is well liked by everyone in the office.",
    "Everyone speaks highly of {s}.",
    "There was little else to say about {s}.",
    "We talked about {s} for quite a while.",
    "{s} came up more than once.",
    "People tend to have strong opinions about {s}.",
    "I had not heard of {s} before, to be honest.",
    "More on {s} in the next update.",
    "Nothing unusual was reported about {s}.",
    "It is always a pleasure to hear about {s}.",
    "Someone should double-check the rest of the notes on {s}.",
    "The section on {s} is still a bit rough.",
    "{s} has been in the news a lot lately.",
    "Opinions about {s} differ, as they always do.",
    "Not much has changed for {s} since the last time we looked.",
    "If anything about {s} looks wrong, please say so.",
    "{s} was mentioned again over lunch, though nobody remembered why.",
    "Thanks to everyone who helped with the notes on {s}!",
    "There is a longer file on {s} somewhere, but it is out of date.",
    "{s} made a good impression on all of us.",
    "honestly {s} is great, no complaints at all",
    "We will come back to {s} later.",
    "The general feeling about {s} is positive.",
)
DISTRACTORS += (
    "Some of the older remarks about {s} have been removed because they were no longer useful.",
    "{s} is not easy to sum up in a few words.",
    "A few people asked for more details about {s}.",
    "Please keep the following about {s} in mind.",
    "There are no open complaints concerning {s}.",
    "As far as anyone can tell, things are going well for {s}.",
    "Compared with last year, {s} gets a lot more attention.",
    "I looked into {s} a bit more, as promised.",
    "It took a while to get all of this about {s} together.",
    "{s} remains a popular subject around here.",
    "You may have heard rumours about {s}; ignore them.",
    "So far {s} has been no trouble whatsoever.",
    "We were all a little surprised by {s}, in a good way.",
    "The photo of {s} will be replaced with a better one.",
    "Regarding {s}, no further action is needed for now.",
    "lol {s} again",
    "Anyone curious about {s} is welcome to ask.",
    "{s} has had a busy few weeks.",
    "There is a lot to like about {s}.",
    "Most readers will already know a little about {s}.",
    "The team was happy with how things went with {s}.",
    "What follows about {s} is from memory, so bear with me.",
    "{s} deserves a proper write-up one day.",
    "Whether {s} will get more attention in the future remains to be seen.",
)
DISTRACTORS += (
    "The weather has been lovely.",
    "It rained all morning.",
    "The coffee machine is broken again.",
    "Lunch was late, but nobody minded.",
    "The meeting ran longer than planned.",
    "Thanks for bearing with us.",
    "Sorry for the slow reply, it has been hectic.",
    "Hope you are doing well!",
    "Nothing else to report.",
    "Please let me know if anything is unclear.",
    "We can sort out the rest later.",
    "That was about it.",
    "Anyway, back to the matter at hand.",
    "There was some laughter at this point.",
    "The connection dropped a couple of times, so parts of the call were hard to follow.",
    "These notes have not been proofread.",
    "Feel free to add anything that is missing.",
    "The printer needs more paper.",
    "ok moving on",
    "Not sure why this was left out of the earlier version.",
    "Everything else stays the same.",
    "Progress has been steady, if a little slow.",
    "Good ideas often come from unexpected corners.",
    "As always, quality matters more than speed.",
)
DISTRACTORS += (
    "Several smaller points were raised and quickly settled.",
    "It is a long story, and this is not the place to tell it.",
    "The tone of the conversation was friendly throughout.",
    "No decision was taken on the remaining items.",
    "Some of the wording may still change.",
    "We should all try to write shorter emails.",
    "The garden looks wonderful at this time of year.",
    "A dog was barking in the background the whole time.",
    "Traffic was terrible, which is why some people joined late.",
    "Further details will follow in due course.",
    "Pursuant to the usual practice, minor matters are not recorded here.",
    "haha yeah that makes sense",
    "The slides will be shared after the talk.",
    "Nobody had any objections.",
    "Please do not forward this outside the team.",
    "The old version of this page can be ignored.",
    "In short, there is no reason to worry.",
    "Time flies.",
    "Some questions were left for another day.",
    "The windows were open and a light breeze came in.",
    "Most of this will be familiar to regular readers.",
    "I will tidy this up when I find a quiet moment.",
    "There is still some work to be done, but the hardest part is behind us.",
    "You know how it is with these things.",
    "Let's keep it simple.",
)

INTROS: tuple[str, ...] = (
    "Notes from the call on Tuesday.",
    "Customer record",
    "# Team handbook",
    "Summary of the conversation:",
    "FYI:",
    "Hi all,",
    "Hello team, a quick update.",
    "Meeting minutes",
    "Here is what I know so far.",
    "Background:",
    "# README",
    "## Overview",
    "Internal memo",
    "Contact notes:",
    "From the archive:",
    "Quick recap:",
    "Things to remember:",
    "Draft, please review.",
    "Excerpt from the wiki:",
    "For the record:",
    "Dear colleagues,",
    "Handover notes",
    "Some facts worth knowing.",
    "Transcript (shortened):",
    "Update from this week:",
    "Key points from the interview:",
    "Knowledge base article",
    "Memory notes:",
    "Profile",
    "ok so here's what they told me:",
    "As discussed:",
    "Status report.",
    "Please find the details below.",
    "TL;DR:",
    "Case file",
    "Journal entry.",
)

LEAD_INS: tuple[str, ...] = (
    "FYI:",
    "For the record:",
    "Reminder:",
    "Heard today:",
    "Update:",
    "Just so you know:",
    "Correction:",
    "[14:05]",
    "09:30 -",
    "Monday:",
    "From the minutes:",
    "PS:",
    "-",
    "*",
    "1.",
    "Also:",
    "Item 3:",
    "Good news!",
    "New in the file:",
    "Please remember:",
    "He wrote:",
    "As agreed:",
    "(Confirmed twice.)",
    "Answer from the office:",
    ">",
    "To whom it may concern:",
)

# What people say before a question, and after it
ADDRESSES: tuple[tuple[str, str], ...] = (
    ("Quick question:", ""),
    ("Hi!", ""),
    ("One more thing:", ""),
    ("Remind me:", ""),
    ("I forgot.", ""),
    ("Question:", ""),
    ("Q:", ""),
    ("Sorry to bother you again.", ""),
    ("I should know this.", ""),
    ("Help me out:", ""),
    ("Somebody just asked me:", ""),
    ("From the notes:", ""),
    ("Before I call:", ""),
    ("Good morning.", "Thank you."),
    ("Next one:", ""),
    ("", "Thanks!"),
    ("", "Do you remember?"),
    ("", "Please answer in one sentence."),
    ("", "I can't recall."),
    ("", "I need it for a form."),
    ("", "I'm asking for a friend."),
    ("", "Any idea?"),
    ("", "It should be in the notes."),
    ("", "A short answer will do."),
)

LIST_FORMS: tuple[tuple[str, str], ...] = (
    ("{s}", "- {k}: {v}"),
    ("Record for {s}", "{k} = {v}"),
    ("## {s}", "* {k} — {v}"),
    ("{s}:", "{k}: {v};"),
    ("# {s}", "**{k}:** {v}"),
    ("Name: {s}", "{k}: {v}"),
    ("[{s}]", "{k}={v}"),
    ("| Field | {s} |\n|---|---|", "| {k} | {v} |"),
    ("--- {s} ---", "{k} -> {v}"),
    ("Details of {s}:", "• {k}: {v}"),
    ("Fact sheet: {s}", "{k} - {v}"),
    ("{s}, key data", "{k}\t{v}"),
    ("### {s}\n", "- **{k}**: {v}"),
    ("Profile of {s}.", "{k}: {v}."),
    ('Entry "{s}":', '  "{k}": "{v}",'),
    ("What we have on file for {s}:", "[x] {k}: {v}"),
)

# subject kind or "any", value kind, key as it stands in the list, (question, opening) pairs
Key = tuple[str, str, str, tuple[tuple[str, str], ...]]

KEYS: tuple[Key, ...] = (
    (
        "person",
        "place",
        "Home town",
        (("What is the home town of {s}?", "The home town of {s} is"), ("Where is {s} from?", "{s} is from")),
    ),
    (
        "person",
        "place",
        "Lives in",
        (("Where does {s} live?", "{s} lives in"), ("Which place does {s} live in?", "{s} lives in")),
    ),
    (
        "person",
        "organisation",
        "Employer",
        (
            ("Who is {s}'s employer?", "{s}'s employer is"),
            ("Who does {s} work for?", "{s} works for"),
            ("{s} employer?", "{s}'s employer is"),
        ),
    ),
    (
        "person",
        "phrase",
        "Job title",
        (
            ("What is {s}'s job title?", "{s}'s job title is"),
            ("what's the job title of {s}", "The job title of {s} is"),
        ),
    ),
    (
        "person",
        "person",
        "Manager",
        (
            ("Who is {s}'s manager?", "{s}'s manager is"),
            ("Who manages {s}?", "The person who manages {s} is"),
        ),
    ),
    (
        "person",
        "person",
        "Spouse",
        (
            ("Who is {s} married to?", "{s} is married to"),
            ("What is the name of {s}'s spouse?", "The name of {s}'s spouse is"),
        ),
    ),
    (
        "person",
        "person",
        "Emergency contact",
        (
            ("Who is the emergency contact for {s}?", "The emergency contact for {s} is"),
            (
                "Who should be called in an emergency involving {s}?",
                "In an emergency involving {s}, you should call",
            ),
        ),
    ),
    (
        "person",
        "date",
        "Birthday",
        (
            ("When is {s}'s birthday?", "{s}'s birthday is"),
            ("What is {s}'s date of birth?", "{s}'s date of birth is"),
        ),
    ),
    (
        "person",
        "food",
        "Favourite dish",
        (
            ("What is {s}'s favourite dish?", "{s}'s favourite dish is"),
            ("What does {s} like to eat most?", "What {s} likes to eat most is"),
        ),
    ),
    (
        "person",
        "colour",
        "Favourite colour",
        (
            ("What is {s}'s favourite colour?", "{s}'s favourite colour is"),
            ("Which colour does {s} like best?", "The colour {s} likes best is"),
        ),
    ),
    (
        "person",
        "email",
        "Email",
        (
            ("What is {s}'s email address?", "{s}'s email address is"),
            ("How can I reach {s} by email?", "You can reach {s} by email at"),
            ("{s} email?", "{s}'s email is"),
        ),
    ),
    (
        "person",
        "code",
        "Employee ID",
        (
            ("What is {s}'s employee ID?", "{s}'s employee ID is"),
            ("I need the employee ID of {s}.", "The employee ID of {s} is"),
        ),
    ),
    (
        "person",
        "word",
        "Nickname",
        (("What is {s}'s nickname?", "{s}'s nickname is"), ("What do friends call {s}?", "Friends call {s}")),
    ),
    (
        "person",
        "word",
        "Hobby",
        (("What is {s}'s hobby?", "{s}'s hobby is"), ("What hobby does {s} have?", "The hobby {s} has is")),
    ),
    (
        "person",
        "title",
        "Favourite book",
        (
            ("What is {s}'s favourite book?", "{s}'s favourite book is"),
            ("Which book does {s} love most?", "The book {s} loves most is"),
        ),
    ),
    (
        "person",
        "person",
        "Pet's name",
        (
            ("What is the name of {s}'s pet?", "The name of {s}'s pet is"),
            ("What is {s}'s pet called?", "{s}'s pet is called"),
        ),
    ),
    (
        "person",
        "organisation",
        "University",
        (
            ("Which university did {s} go to?", "The university {s} went to is"),
            ("Where did {s} study?", "{s} studied at"),
        ),
    ),
    (
        "person",
        "code",
        "Desk",
        (
            ("Which desk does {s} sit at?", "{s} sits at desk"),
            ("What is {s}'s desk number?", "{s}'s desk number is"),
        ),
    ),
)
KEYS += (
    (
        "organisation",
        "place",
        "Headquarters",
        (
            ("Where are the headquarters of {s}?", "The headquarters of {s} are in"),
            ("Where is {s} based?", "{s} is based in"),
        ),
    ),
    (
        "organisation",
        "person",
        "Founder",
        (("Who founded {s}?", "{s} was founded by"), ("Who is the founder of {s}?", "The founder of {s} is")),
    ),
    (
        "organisation",
        "year",
        "Founded",
        (
            ("When was {s} founded?", "{s} was founded in"),
            ("What is the founding year of {s}?", "The founding year of {s} is"),
        ),
    ),
    (
        "organisation",
        "person",
        "CEO",
        (("Who is the CEO of {s}?", "The CEO of {s} is"), ("Who runs {s}?", "The person who runs {s} is")),
    ),
    (
        "organisation",
        "number",
        "Employees",
        (
            ("How many employees does {s} have?", "The number of employees {s} has is"),
            ("What is the headcount at {s}?", "The headcount at {s} is"),
        ),
    ),
    (
        "organisation",
        "amount",
        "Annual revenue",
        (
            ("What is the annual revenue of {s}?", "The annual revenue of {s} is"),
            ("How much does {s} make in a year?", "In a year {s} makes"),
        ),
    ),
    (
        "organisation",
        "organisation",
        "Parent company",
        (
            ("What is the parent company of {s}?", "The parent company of {s} is"),
            ("Which company owns {s}?", "The company that owns {s} is"),
        ),
    ),
    (
        "organisation",
        "phrase",
        "Industry",
        (
            ("What industry is {s} in?", "The industry {s} is in is"),
            ("industry of {s}?", "The industry of {s} is"),
        ),
    ),
    (
        "organisation",
        "email",
        "Billing email",
        (
            ("What is the billing email of {s}?", "The billing email of {s} is"),
            ("Where do we send invoices for {s}?", "Invoices for {s} are sent to"),
        ),
    ),
    (
        "organisation",
        "code",
        "Customer number",
        (
            ("What is {s}'s customer number?", "{s}'s customer number is"),
            ("Can you give me the customer number of {s}?", "The customer number of {s} is"),
        ),
    ),
    (
        "organisation",
        "person",
        "Account manager",
        (
            ("Who is the account manager for {s}?", "The account manager for {s} is"),
            ("Who looks after the {s} account?", "The {s} account is looked after by"),
        ),
    ),
    (
        "organisation",
        "duration",
        "Payment terms",
        (
            ("What are the payment terms for {s}?", "The payment terms for {s} are"),
            ("How long does {s} have to pay?", "The time {s} has to pay is"),
        ),
    ),
    (
        "organisation",
        "date",
        "Contract ends",
        (
            ("When does the contract with {s} end?", "The date on which the contract with {s} ends is"),
            ("What is the end date of {s}'s contract?", "The end date of {s}'s contract is"),
        ),
    ),
    (
        "organisation",
        "product",
        "Main product",
        (
            ("What is the main product of {s}?", "The main product of {s} is"),
            ("What does {s} mainly sell?", "{s} mainly sells"),
        ),
    ),
    (
        "organisation",
        "organisation",
        "Main competitor",
        (
            ("Who is the main competitor of {s}?", "The main competitor of {s} is"),
            ("Who does {s} compete with?", "{s} competes with"),
        ),
    ),
)
KEYS += (
    (
        "product",
        "organisation",
        "Manufacturer",
        (
            ("Who makes {s}?", "{s} is made by"),
            ("Who is the manufacturer of {s}?", "The manufacturer of {s} is"),
        ),
    ),
    (
        "product",
        "amount",
        "Price",
        (("What is the price of {s}?", "The price of {s} is"), ("How much does {s} cost?", "{s} costs")),
    ),
    (
        "product",
        "number",
        "Capacity",
        (
            ("What is the capacity of {s}?", "The capacity of {s} is"),
            ("How much capacity does {s} have?", "The capacity {s} has is"),
        ),
    ),
    (
        "product",
        "code",
        "SKU",
        (
            ("What is the SKU of {s}?", "The SKU of {s} is"),
            ("Which SKU does {s} have?", "The SKU {s} has is"),
        ),
    ),
    (
        "product",
        "duration",
        "Warranty",
        (
            ("How long is the warranty on {s}?", "The warranty on {s} is"),
            ("For how long is {s} under warranty?", "{s} is under warranty for"),
        ),
    ),
    (
        "product",
        "colour",
        "Colour",
        (("What colour is {s}?", "The colour of {s} is"), ("Which colour does {s} come in?", "{s} comes in")),
    ),
    (
        "product",
        "date",
        "Release date",
        (
            ("What is the release date of {s}?", "The release date of {s} is"),
            ("When does {s} come out?", "The date {s} comes out is"),
        ),
    ),
    (
        "product",
        "code",
        "Current version",
        (
            ("What is the current version of {s}?", "The current version of {s} is"),
            ("Which version of {s} is current?", "The version of {s} that is current is"),
        ),
    ),
    (
        "product",
        "person",
        "Designer",
        (
            ("Who designed {s}?", "{s} was designed by"),
            ("Who is the designer of {s}?", "The designer of {s} is"),
        ),
    ),
    (
        "product",
        "place",
        "Made in",
        (
            ("Where is {s} made?", "{s} is made in"),
            ("Which place does {s} come from?", "The place {s} comes from is"),
        ),
    ),
    (
        "product",
        "number",
        "In stock",
        (
            ("How many {s} are in stock?", "The number of {s} in stock is"),
            ("What is the stock level of {s}?", "The stock level of {s} is"),
        ),
    ),
    (
        "product",
        "percent",
        "Discount",
        (
            ("What is the discount on {s}?", "The discount on {s} is"),
            ("How big is the discount for {s}?", "The discount for {s} is"),
        ),
    ),
    (
        "product",
        "word",
        "Material",
        (
            ("What material is {s} made of?", "{s} is made of"),
            ("What is the material of {s}?", "The material of {s} is"),
        ),
    ),
    (
        "product",
        "duration",
        "Battery life",
        (
            ("What is the battery life of {s}?", "The battery life of {s} is"),
            ("How long does the battery of {s} last?", "The battery of {s} lasts"),
        ),
    ),
    (
        "product",
        "product",
        "Replaces",
        (
            ("What does {s} replace?", "{s} replaces"),
            ("Which product was replaced by {s}?", "The product replaced by {s} is"),
        ),
    ),
)
KEYS += (
    (
        "project",
        "person",
        "Project lead",
        (
            ("Who leads {s}?", "{s} is led by"),
            ("Who is the project lead of {s}?", "The project lead of {s} is"),
        ),
    ),
    (
        "project",
        "amount",
        "Budget",
        (
            ("What is the budget of {s}?", "The budget of {s} is"),
            ("How much can {s} spend?", "The amount {s} can spend is"),
        ),
    ),
    (
        "project",
        "date",
        "Deadline",
        (
            ("What is the deadline for {s}?", "The deadline for {s} is"),
            ("When is {s} due?", "The date {s} is due is"),
        ),
    ),
    (
        "project",
        "date",
        "Start date",
        (
            ("What is the start date of {s}?", "The start date of {s} is"),
            ("When does {s} start?", "The date {s} starts is"),
        ),
    ),
    (
        "project",
        "organisation",
        "Client",
        (
            ("Who is the client of {s}?", "The client of {s} is"),
            ("Who is {s} being done for?", "{s} is being done for"),
        ),
    ),
    (
        "project",
        "percent",
        "Progress",
        (
            ("What is the progress of {s}?", "The progress of {s} is"),
            ("How much of {s} is done?", "The share of {s} that is done is"),
        ),
    ),
    (
        "project",
        "word",
        "Main branch",
        (
            ("What is the main branch of {s} called?", "The main branch of {s} is called"),
            ("Which branch is the main one in {s}?", "The main branch in {s} is"),
        ),
    ),
    (
        "project",
        "number",
        "Port",
        (
            ("Which port does {s} run on?", "{s} runs on port"),
            ("What is the port of {s}?", "The port of {s} is"),
        ),
    ),
    (
        "project",
        "product",
        "Database",
        (
            ("Which database does {s} use?", "The database {s} uses is"),
            ("{s} database?", "The database of {s} is"),
        ),
    ),
    (
        "project",
        "word",
        "Language",
        (
            ("Which language is {s} written in?", "{s} is written in"),
            ("What is the language of {s}?", "The language of {s} is"),
        ),
    ),
    (
        "project",
        "number",
        "Team size",
        (
            ("What is the team size of {s}?", "The team size of {s} is"),
            ("How many people work on {s}?", "The number of people who work on {s} is"),
        ),
    ),
    (
        "project",
        "organisation",
        "Funded by",
        (("Who funds {s}?", "{s} is funded by"), ("Who pays for {s}?", "{s} is paid for by")),
    ),
    (
        "project",
        "person",
        "Maintainer",
        (
            ("Who maintains {s}?", "{s} is maintained by"),
            ("Who is the maintainer of {s}?", "The maintainer of {s} is"),
        ),
    ),
    (
        "project",
        "phrase",
        "Next milestone",
        (
            ("What is the next milestone of {s}?", "The next milestone of {s} is"),
            ("Which milestone comes next for {s}?", "The milestone that comes next for {s} is"),
        ),
    ),
)
KEYS += (
    (
        "place",
        "person",
        "Mayor",
        (("Who is the mayor of {s}?", "The mayor of {s} is"), ("{s} mayor?", "The mayor of {s} is")),
    ),
    (
        "place",
        "number",
        "Population",
        (
            ("What is the population of {s}?", "The population of {s} is"),
            ("How many people live in {s}?", "The number of people who live in {s} is"),
        ),
    ),
    (
        "place",
        "place",
        "Twin town",
        (
            ("What is the twin town of {s}?", "The twin town of {s} is"),
            ("Which town is {s} twinned with?", "{s} is twinned with"),
        ),
    ),
    (
        "place",
        "year",
        "First mentioned",
        (
            ("When was {s} first mentioned?", "{s} was first mentioned in"),
            ("In which year does {s} first appear in records?", "{s} first appears in records in"),
        ),
    ),
    (
        "place",
        "title",
        "River",
        (
            ("Which river flows through {s}?", "The river that flows through {s} is"),
            ("What is the river in {s} called?", "The river in {s} is called"),
        ),
    ),
    (
        "place",
        "food",
        "Local dish",
        (
            ("What is the local dish of {s}?", "The local dish of {s} is"),
            ("Which dish is {s} known for?", "The dish {s} is known for is"),
        ),
    ),
    (
        "place",
        "code",
        "Postcode",
        (
            ("What is the postcode of {s}?", "The postcode of {s} is"),
            ("{s} postcode?", "The postcode of {s} is"),
        ),
    ),
    (
        "place",
        "organisation",
        "Largest employer",
        (
            ("What is the largest employer in {s}?", "The largest employer in {s} is"),
            (
                "Which company employs the most people in {s}?",
                "The company that employs the most people in {s} is",
            ),
        ),
    ),
    (
        "place",
        "place",
        "Nearest station",
        (
            ("What is the nearest station to {s}?", "The nearest station to {s} is"),
            ("At which station do I get off for {s}?", "For {s}, you get off at"),
        ),
    ),
    (
        "place",
        "duration",
        "Journey time",
        (
            ("What is the journey time to {s}?", "The journey time to {s} is"),
            ("How long does it take to get to {s}?", "Getting to {s} takes"),
        ),
    ),
    (
        "place",
        "time",
        "Market opens",
        (
            ("When does the market in {s} open?", "The market in {s} opens at"),
            ("What time does {s}'s market open?", "{s}'s market opens at"),
        ),
    ),
    (
        "place",
        "title",
        "Local newspaper",
        (
            ("What is the local newspaper in {s}?", "The local newspaper in {s} is"),
            ("Which newspaper do people read in {s}?", "The newspaper people read in {s} is"),
        ),
    ),
)
KEYS += (
    (
        "event",
        "place",
        "Venue",
        (
            ("Where does {s} take place?", "{s} takes place in"),
            ("What is the venue of {s}?", "The venue of {s} is"),
        ),
    ),
    (
        "event",
        "date",
        "Date",
        (("What is the date of {s}?", "The date of {s} is"), ("When is {s}?", "The date of {s} is")),
    ),
    (
        "event",
        "time",
        "Doors open",
        (
            ("When do the doors open at {s}?", "The doors at {s} open at"),
            ("What time can I enter {s}?", "You can enter {s} at"),
        ),
    ),
    (
        "event",
        "person",
        "Keynote speaker",
        (
            ("Who is the keynote speaker at {s}?", "The keynote speaker at {s} is"),
            ("Who gives the keynote at {s}?", "The keynote at {s} is given by"),
        ),
    ),
    (
        "event",
        "organisation",
        "Sponsor",
        (
            ("Who sponsors {s}?", "{s} is sponsored by"),
            ("Who is the sponsor of {s}?", "The sponsor of {s} is"),
        ),
    ),
    (
        "event",
        "amount",
        "Ticket price",
        (
            ("What is the ticket price for {s}?", "The ticket price for {s} is"),
            ("How much is a ticket to {s}?", "A ticket to {s} is"),
        ),
    ),
    (
        "event",
        "number",
        "Expected guests",
        (
            ("How many guests are expected at {s}?", "The number of guests expected at {s} is"),
            ("What is the expected number of guests at {s}?", "The expected number of guests at {s} is"),
        ),
    ),
    (
        "event",
        "phrase",
        "Dress code",
        (
            ("What is the dress code for {s}?", "The dress code for {s} is"),
            ("What should I wear to {s}?", "What you should wear to {s} is"),
        ),
    ),
    (
        "event",
        "person",
        "Organiser",
        (
            ("Who organises {s}?", "{s} is organised by"),
            ("Who is the organiser of {s}?", "The organiser of {s} is"),
        ),
    ),
    (
        "event",
        "food",
        "Catering",
        (
            ("What food is served at {s}?", "The food served at {s} is"),
            ("What is the catering at {s}?", "The catering at {s} is"),
        ),
    ),
)
KEYS += (
    (
        "policy",
        "duration",
        "Notice period",
        (
            ("What is the notice period under {s}?", "The notice period under {s} is"),
            ("How much notice does {s} require?", "The notice {s} requires is"),
        ),
    ),
    (
        "policy",
        "person",
        "Approved by",
        (
            ("Who approved {s}?", "{s} was approved by"),
            ("Who gave the approval for {s}?", "The approval for {s} was given by"),
        ),
    ),
    (
        "policy",
        "date",
        "Effective date",
        (
            ("What is the effective date of {s}?", "The effective date of {s} is"),
            ("When does {s} take effect?", "The date {s} takes effect is"),
        ),
    ),
    (
        "policy",
        "amount",
        "Spending limit",
        (
            ("What is the spending limit under {s}?", "The spending limit under {s} is"),
            ("How much does {s} allow people to spend?", "The amount {s} allows people to spend is"),
        ),
    ),
    (
        "policy",
        "duration",
        "Retention period",
        (
            ("What is the retention period under {s}?", "The retention period under {s} is"),
            ("How long is data kept under {s}?", "Under {s}, data is kept for"),
        ),
    ),
    (
        "policy",
        "email",
        "Report breaches to",
        (
            ("Where do I report a breach of {s}?", "You report a breach of {s} to"),
            (
                "Which address takes reports about breaches of {s}?",
                "The address for reports about breaches of {s} is",
            ),
        ),
    ),
    (
        "policy",
        "percent",
        "Coverage",
        (
            ("What is the coverage under {s}?", "The coverage under {s} is"),
            ("What share does {s} cover?", "The share {s} covers is"),
        ),
    ),
    (
        "policy",
        "code",
        "Document number",
        (
            ("What is the document number of {s}?", "The document number of {s} is"),
            ("Under which document number is {s} filed?", "{s} is filed under document number"),
        ),
    ),
)
KEYS += (
    (
        "any",
        "person",
        "Contact person",
        (
            ("Who is the contact person for {s}?", "The contact person for {s} is"),
            ("Who do I contact about {s}?", "About {s}, you contact"),
        ),
    ),
    (
        "any",
        "code",
        "Reference",
        (
            ("What is the reference for {s}?", "The reference for {s} is"),
            ("Which reference do I quote for {s}?", "The reference to quote for {s} is"),
        ),
    ),
    (
        "any",
        "word",
        "Code name",
        (
            ("What is the code name of {s}?", "The code name of {s} is"),
            ("Which code name does {s} have?", "The code name {s} has is"),
        ),
    ),
    (
        "any",
        "date",
        "Last updated",
        (
            ("When was the entry for {s} last updated?", "The date the entry for {s} was last updated is"),
            ("What is the date of the last update on {s}?", "The date of the last update on {s} is"),
        ),
    ),
    (
        "any",
        "person",
        "Added by",
        (
            ("Who added {s}?", "{s} was added by"),
            ("Who made the entry for {s}?", "The entry for {s} was made by"),
        ),
    ),
    (
        "any",
        "word",
        "Status",
        (("What is the status of {s}?", "The status of {s} is"), ("{s} status?", "The status of {s} is")),
    ),
    (
        "any",
        "phrase",
        "Category",
        (
            ("What category is {s} in?", "The category {s} is in is"),
            ("What is the category of {s}?", "The category of {s} is"),
        ),
    ),
    (
        "any",
        "colour",
        "Colour tag",
        (
            ("What colour tag does {s} have?", "The colour tag {s} has is"),
            ("Which colour is {s} tagged with?", "The colour {s} is tagged with is"),
        ),
    ),
    (
        "any",
        "number",
        "Score",
        (
            ("What is the score of {s}?", "The score of {s} is"),
            ("What score did {s} get?", "The score {s} got is"),
        ),
    ),
    (
        "any",
        "place",
        "Region",
        (
            ("What region is {s} assigned to?", "The region {s} is assigned to is"),
            ("What is the region of {s}?", "The region of {s} is"),
        ),
    ),
)
