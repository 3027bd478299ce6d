"""Relations, distractors and unrelated questions for held-out synthetic fact documents.

Pure data: what a fact says and how people ask about it. The phrasings follow what agent developers keep:
CRM notes, wikis, chat summaries, memos. They were written independently of the training data, so that the
evaluation is held out. This file knows nothing about names or values (whoever builds the documents samples
those), about documents, or about models.

`{s}` is the subject and `{v}` the value. Statements about the user are in the first person and have no `{s}`.
"""

from __future__ import annotations

from dataclasses import dataclass

SUBJECT_KINDS: dict[str, str] = {
    "person": "a full name, such as Lina Okafor",
    "place": "a named building or site, without an article, such as Alder House",
    "organisation": "a company, agency or charity, without an article, such as Harlow Systems",
    "product": "a device or application, without an article, such as Lumo 3",
    "project": "a bare name, such as Heron; the sentences say 'the Heron project'",
    "event": "a bare name, such as Autumn Summit; the sentences say 'the Autumn Summit'",
    "policy": "a bare name, such as Remote Work; the sentences say 'the Remote Work policy'",
    "user": "the person who talks to the agent; nothing to fill in",
}

VALUE_KINDS: dict[str, str] = {
    "person": "a full name, such as Tomas Brandt",
    "place": "a town or city, such as Bergen",
    "organisation": "a company, agency or charity, without an article, such as Harlow Systems",
    "word": "one name-like word, such as Juniper",
    "number": "a positive whole number, such as 348",
    "amount": "a sum of money with its currency, such as $4,200",
    "date": "a full date, such as 14 March 2024",
    "time": "a time of day, such as 14:30",
    "code": "letters and digits, such as QX-4471",
    "food": "a dish or snack, without an article, such as lentil soup",
    "colour": "a colour, such as teal",
    "title": "the title of a book, film or talk, such as The Salt Orchard",
    "duration": "some days, weeks or months, such as three weeks",
    "product": "a device or application, without an article, such as Lumo 3",
}


@dataclass(frozen=True)
class EvalRelation:
    """One kind of fact.

    `statements` each say the fact in full. `pronoun` says it of a subject named earlier, with `{They}`,
    `{they}`, `{their}`, `{Their}`, `{them}` and the verb ending `{s3}` ("s" for he, she and it, "" for they);
    it is empty where a pronoun would be unnatural. Each of `questions` is answered by `{v}` from any one of
    `statements` alone.
    """

    subject: str
    value: str
    statements: tuple[str, ...]
    pronoun: str
    questions: tuple[str, ...]


PERSON: tuple[EvalRelation, ...] = (
    EvalRelation(
        "person",
        "person",
        (
            "The manager above {s} is {v}.",
            "{v} is {s}'s line manager.",
            "On the org chart, {s} sits directly under {v}.",
        ),
        "The manager above {them} is {v}.",
        (
            "Which manager is {s} under?",
            "Who sits right above {s} on the org chart?",
            "I need to reach {s}'s boss. Who is that?",
        ),
    ),
    EvalRelation(
        "person",
        "place",
        (
            "{s} has an apartment in {v} and lives there.",
            "Home for {s} these days is {v}.",
            "According to the CRM, {v} is where {s} lives.",
            "Note: {s} has settled in {v} and lives there now.",
        ),
        "{They} and {their} family live in {v}.",
        ("In what place does {s} live now?", "In which town or city does {s} live?", "Where is {s}'s home?"),
    ),
    EvalRelation(
        "person",
        "organisation",
        (
            "These days {s} has a job at {v}.",
            "{s} is employed at {v}.",
            "{v} is the employer listed for {s}.",
            "Contact card: {s}, currently at {v}.",
        ),
        "{They} draw{s3} a salary from {v}.",
        ("At which company does {s} have a job?", "Which employer is listed for {s}?", "On whose payroll is {s}?"),
    ),
    EvalRelation(
        "person",
        "place",
        (
            "The birth of {s} took place in {v}.",
            "{v} is where {s} was born, says the passport.",
            "The form gives {s}'s place of birth as {v}.",
        ),
        "{Their} place of birth was {v}.",
        (
            "What place of birth does the form give for {s}?",
            "What is {s}'s birthplace?",
            "In what town or city was {s} born?",
        ),
    ),
    EvalRelation(
        "person",
        "person",
        (
            "{s} and {v} are husband and wife.",
            "{v} is {s}'s spouse.",
            "{s} mentioned being married to {v}.",
        ),
        "{Their} marriage is to {v}.",
        ("To whom is {s} married?", "Who is the husband or wife of {s}?", "Whom has {s} mentioned being married to?"),
    ),
    EvalRelation(
        "person",
        "person",
        (
            "{s} and {v} are cousins.",
            "{v} is a cousin of {s}.",
            "{s} told us about a cousin called {v}.",
        ),
        "{Their} cousin is {v}.",
        ("What is {s}'s cousin called?", "Who is {s}'s cousin?", "Which person is a cousin of {s}?"),
    ),
    EvalRelation(
        "person",
        "word",
        (
            "{s} has a dog named {v}.",
            "{v} is the name of {s}'s dog.",
            "Small talk: {s}'s dog is called {v}.",
        ),
        "{They} named {their} dog {v}.",
        ("What does {s} call the dog?", "What's the name of {s}'s dog?", "What name did {s} give the dog?"),
    ),
    EvalRelation(
        "person",
        "food",
        (
            "{s}'s favourite food is {v}.",
            "When it comes to food, {s} likes {v} best of all.",
            "Catering should order {v}, the favourite food of {s}.",
        ),
        "{They} like{s3} {v} more than any other food.",
        ("What is {s}'s favourite food?", "What food does {s} like best?", "Which food is {s} most fond of?"),
    ),
    EvalRelation(
        "person",
        "food",
        (
            "{s} cannot stand {v}.",
            "Do not serve {v} to {s}, who really dislikes it.",
            "Catering note: {s} hates {v}.",
        ),
        "{They} really dislike{s3} {v}.",
        (
            "What food does {s} dislike?",
            "What should we not serve to {s}?",
            "Which food can {s} not stand?",
        ),
    ),
    EvalRelation(
        "person",
        "date",
        (
            "{s} was born on {v}.",
            "{s}'s date of birth is {v}.",
            "We have {v} on file as the date of birth of {s}.",
        ),
        "{Their} birthday, year included, is {v}.",
        ("What birth date do we have on file for {s}?", "Which day was {s} born on?", "On what date was {s} born?"),
    ),
    EvalRelation(
        "person",
        "number",
        (
            "{s} can be reached on extension {v}.",
            "Extension {v} rings at {s}'s desk.",
            "Internal directory: {s}, extension {v}.",
        ),
        "{Their} desk extension is {v}.",
        ("What is {s}'s extension?", "Which extension do I dial for {s}?", "On what extension is {s}?"),
    ),
    EvalRelation(
        "person",
        "code",
        (
            "{s}'s badge has the ID {v}.",
            "Reception handed the badge with the ID {v} to {s}.",
            "Security registered {s} under badge ID {v}.",
        ),
        "{Their} badge ID is {v}.",
        ("What is {s}'s badge ID?", "Under which badge ID is {s} registered?", "What ID is on {s}'s badge?"),
    ),
    EvalRelation(
        "person",
        "person",
        (
            "{s} is being mentored by {v}.",
            "{v} agreed to mentor {s}.",
            "In the mentoring scheme, {s} has {v} as mentor.",
        ),
        "The mentor who looks after {them} is {v}.",
        ("Who has agreed to mentor {s}?", "Who mentors {s}?", "Which colleague is mentoring {s}?"),
    ),
    EvalRelation(
        "person",
        "place",
        (
            "{s}'s next business trip is to {v}.",
            "{s} will be travelling to {v} on the next trip.",
            "Flights to {v} are booked for {s}'s next trip.",
        ),
        "{Their} next business trip is to {v}.",
        (
            "Where is {s}'s next trip to?",
            "Where is {s} travelling next?",
            "What is the destination of {s}'s next trip?",
        ),
    ),
    EvalRelation(
        "person",
        "colour",
        (
            "The colour that {s} likes best is {v}.",
            "Of all colours, {s} likes {v} best.",
            "For the gift wrap, choose {v}, the favourite colour of {s}.",
        ),
        "The colour {they} like{s3} best is {v}.",
        (
            "Of all colours, which is the favourite of {s}?",
            "Which colour does {s} like most?",
            "Which colour pleases {s} the most?",
        ),
    ),
    EvalRelation(
        "person",
        "title",
        (
            "{s} is currently reading {v}.",
            "{v} is the book {s} is reading at the moment.",
            "The book on {s}'s nightstand right now, half read, is {v}.",
        ),
        "{Their} current book is {v}.",
        (
            "What book is {s} reading?",
            "What is {s} reading at the moment?",
            "Which book is {s} in the middle of?",
        ),
    ),
    EvalRelation(
        "person",
        "title",
        (
            "{s}'s favourite film is {v}.",
            "{v} is the film {s} loves most.",
            "Asked for a favourite film, {s} named {v}.",
        ),
        "{Their} favourite film is {v}.",
        ("What is {s}'s favourite film?", "Which movie does {s} like best?", "What film does {s} love most?"),
    ),
    EvalRelation(
        "person",
        "date",
        (
            "{s} joined the company on {v}.",
            "{s}'s first day at the company was {v}.",
            "HR lists {v} as the start date for {s}.",
        ),
        "{Their} first day at the company was {v}.",
        ("When did {s} join the company?", "What was {s}'s start date?", "When was {s}'s first day?"),
    ),
    EvalRelation(
        "person",
        "time",
        (
            "{s} starts work at {v} every day.",
            "The working day of {s} begins at {v}.",
            "{v} is when {s} begins work each day.",
        ),
        "{They} start{s3} work at {v}.",
        (
            "What time does {s} start work?",
            "When does {s}'s working day begin?",
            "At what time does {s} start?",
        ),
    ),
    EvalRelation(
        "person",
        "product",
        (
            "{s} takes meeting notes in {v}.",
            "{v} is the app {s} uses for taking notes.",
            "For note-taking, {s} relies on {v}.",
        ),
        "{They} keep{s3} all {their} notes in {v}.",
        ("Which app does {s} use for notes?", "What does {s} take notes with?", "Where does {s} keep notes?"),
    ),
    EvalRelation(
        "person",
        "product",
        (
            "{s} ordered {v} from our shop.",
            "Sales log: one {v} sold to {s}.",
            "The order placed by {s} was for {v}.",
        ),
        "{They} ordered {v} from our shop.",
        ("What did {s} order?", "Which product did {s} buy?", "What product is {s}'s order for?"),
    ),
    EvalRelation(
        "person",
        "person",
        (
            "{s}'s account manager is {v}.",
            "{v} looks after {s}'s account.",
            "In the CRM, the account of {s} is assigned to {v}.",
        ),
        "{Their} account manager is {v}.",
        (
            "Who is {s}'s account manager?",
            "Who looks after the account of {s}?",
            "Which colleague is assigned to {s}'s account?",
        ),
    ),
    EvalRelation(
        "person",
        "person",
        (
            "If anything happens to {s}, call {v}.",
            "{s} named {v} as emergency contact.",
            "{v} is the emergency contact for {s}.",
        ),
        "{They} gave {v} as {their} emergency contact.",
        (
            "Who is {s}'s emergency contact?",
            "Who should we call if something happens to {s}?",
            "Whom did {s} name as emergency contact?",
        ),
    ),
    EvalRelation(
        "person",
        "duration",
        (
            "{s} has a notice period of {v}.",
            "To leave the job, {s} must give {v} of notice.",
            "The contract sets {v} as the notice period for {s}.",
        ),
        "Under {their} contract, the notice period is {v}.",
        (
            "How long is {s}'s notice period?",
            "How much notice must {s} give?",
            "What is {s}'s notice period?",
        ),
    ),
    EvalRelation(
        "person",
        "amount",
        (
            "{s} can approve purchases of up to {v}.",
            "{s}'s spending limit is {v}.",
            "Finance set {v} as the spending limit for {s}.",
        ),
        "{Their} spending limit is {v}.",
        ("What is {s}'s spending limit?", "Up to what amount can {s} approve?", "How much may {s} spend?"),
    ),
    EvalRelation(
        "person",
        "word",
        (
            "{s} goes by the username {v} in the team chat.",
            "In chat, {s} shows up as {v}.",
            "The chat username {v} belongs to {s}.",
        ),
        "{Their} chat username is {v}.",
        (
            "What is {s}'s username in the team chat?",
            "Under which name does {s} appear in chat?",
            "What's the chat handle of {s}?",
        ),
    ),
    EvalRelation(
        "person",
        "word",
        (
            "Everyone on the team calls {s} by the nickname {v}.",
            "{s} goes by the nickname {v}.",
            "{v} is what friends call {s}.",
        ),
        "The nickname {they} go{s3} by is {v}.",
        (
            "By which nickname does {s} go?",
            "What nickname have friends given to {s}?",
            "Does {s} have a nickname, and what is it?",
        ),
    ),
    EvalRelation(
        "person",
        "organisation",
        (
            "{s} volunteers at {v}.",
            "{v} has {s} as a volunteer.",
            "In the evenings {s} does volunteer work for {v}.",
        ),
        "{They} volunteer{s3} at {v}.",
        (
            "Where does {s} volunteer?",
            "Which organisation does {s} do volunteer work for?",
            "Who does {s} volunteer with?",
        ),
    ),
    EvalRelation(
        "person",
        "organisation",
        (
            "{s} was at {v} until changing to the current job.",
            "{v} is {s}'s former employer.",
            "{s}'s previous company was {v}.",
        ),
        "{They} previously worked at {v}.",
        (
            "At which company was {s} before the current job?",
            "Which former employer does {s} have?",
            "Which company did {s} come from?",
        ),
    ),
    EvalRelation(
        "person",
        "organisation",
        (
            "{s} sits on the board of {v}.",
            "{v} has appointed {s} to its board.",
            "Besides the day job, {s} is a board member at {v}.",
        ),
        "{They} joined the board of {v}.",
        (
            "On whose board does {s} sit?",
            "Which organisation is {s} a board member of?",
            "Where does {s} hold a board seat?",
        ),
    ),
    EvalRelation(
        "person",
        "person",
        (
            "While {s} is on leave, {v} is covering.",
            "{v} stands in for {s} during the leave.",
            "Please send {s}'s requests to {v}, who is covering during the leave.",
        ),
        "During {their} leave, {v} is covering for {them}.",
        (
            "Who is covering for {s} during the leave?",
            "Who stands in while {s} is away?",
            "Who do I contact while {s} is on leave?",
        ),
    ),
    EvalRelation(
        "person",
        "number",
        (
            "{s} has locker number {v}.",
            "Locker {v} is assigned to {s}.",
            "The key to locker {v} was handed to {s}.",
        ),
        "{Their} locker number is {v}.",
        ("What is {s}'s locker number?", "Which locker belongs to {s}?", "What number is {s}'s locker?"),
    ),
    EvalRelation(
        "person",
        "place",
        (
            "{s} owns a holiday cabin near {v}.",
            "Near {v} there is a holiday cabin that belongs to {s}.",
            "{s}'s holiday cabin is just outside {v}.",
        ),
        "{Their} holiday cabin is near {v}.",
        (
            "Where is {s}'s holiday cabin?",
            "Near which town or city does {s} own a cabin?",
            "Where does {s} have a cabin?",
        ),
    ),
)

ORGANISATION: tuple[EvalRelation, ...] = (
    EvalRelation(
        "organisation",
        "person",
        (
            "It was {v} who set up {s}.",
            "{v} is the person who set {s} up.",
            "The name of the founder in the register of {s} is {v}.",
        ),
        "The person who set {them} up is {v}.",
        (
            "Who set {s} up?",
            "What is the name of the person who founded {s}?",
            "By whom was {s} set up?",
        ),
    ),
    EvalRelation(
        "organisation",
        "place",
        (
            "The head office address of {s} is in {v}.",
            "{v} is home to the headquarters of {s}.",
            "The directors of {s} sit at the head office in {v}.",
        ),
        "{Their} head office is in {v}.",
        (
            "Which place is home to the headquarters of {s}?",
            "In which town or city is the head office of {s}?",
            "Where would I find the head office of {s}?",
        ),
    ),
    EvalRelation(
        "organisation",
        "person",
        (
            "Our main contact at {s} is {v}.",
            "{v} is the person to talk to at {s}.",
            "For anything concerning {s}, get in touch with {v} over there.",
        ),
        "Our main contact there is {v}.",
        (
            "Who is our contact at {s}?",
            "Who should I talk to at {s}?",
            "What's the name of our contact at {s}?",
        ),
    ),
    EvalRelation(
        "organisation",
        "organisation",
        (
            "{s} was acquired by {v}.",
            "{v} bought {s}.",
            "After the takeover, {s} belongs to {v}.",
        ),
        "{Their} new owner is {v}.",
        ("Who acquired {s}?", "Which company bought {s}?", "Whose property is {s}?"),
    ),
    EvalRelation(
        "organisation",
        "organisation",
        (
            "{s} gets its packaging from {v}.",
            "{v} supplies packaging to {s}.",
            "The packaging supplier of {s} is {v}.",
        ),
        "{Their} packaging supplier is {v}.",
        (
            "Who supplies packaging to {s}?",
            "Which company is the packaging supplier of {s}?",
            "Where does {s} get its packaging from?",
        ),
    ),
    EvalRelation(
        "organisation",
        "product",
        (
            "What made {s} well known is {v}.",
            "{v} is the best-known product of {s}.",
            "Most people know {s} because of its product {v}.",
        ),
        "{Their} best-known product is {v}.",
        (
            "What product is {s} best known for?",
            "What is the best-known product of {s}?",
            "Which product made {s} known?",
        ),
    ),
    EvalRelation(
        "organisation",
        "number",
        (
            "The staff of {s} is {v} people strong.",
            "The count came to {v} people on the staff of {s}.",
            "Headcount at {s} is {v}.",
        ),
        "{Their} staff is {v} people strong.",
        (
            "How many people are on the staff of {s}?",
            "How large is the workforce of {s}, in people?",
            "What does the headcount of {s} come to?",
        ),
    ),
    EvalRelation(
        "organisation",
        "code",
        (
            "The customer number of {s} is {v}.",
            "Invoices for {s} must quote customer number {v}.",
            "We keep {v} as the customer number for {s}.",
        ),
        "{Their} customer number is {v}.",
        (
            "What is the customer number of {s}?",
            "Which customer number goes on invoices for {s}?",
            "Under what customer number do we have {s}?",
        ),
    ),
    EvalRelation(
        "organisation",
        "amount",
        (
            "The contract with {s} is worth {v} a year.",
            "{s} pays us {v} a year.",
            "Each year we bill {v} to {s} under the contract.",
        ),
        "{Their} contract is worth {v} a year.",
        (
            "How much is the contract with {s} worth a year?",
            "What does {s} pay us each year?",
            "What is the yearly value of the {s} contract?",
        ),
    ),
    EvalRelation(
        "organisation",
        "organisation",
        (
            "{s} is represented by the law firm {v}.",
            "{v} handles legal matters for {s}.",
            "For legal advice, {s} turns to {v}.",
        ),
        "{Their} legal matters are handled by {v}.",
        (
            "Which firm handles legal matters for {s}?",
            "Who gives {s} legal advice?",
            "Who represents {s} in legal matters?",
        ),
    ),
    EvalRelation(
        "organisation",
        "date",
        (
            "The contract with {s} runs out on {v}.",
            "On {v} our contract with {s} expires.",
            "{s} is under contract with us until {v}.",
        ),
        "{Their} contract with us expires on {v}.",
        (
            "When does the contract with {s} expire?",
            "Until when is {s} under contract with us?",
            "What is the end date of our contract with {s}?",
        ),
    ),
)

PRODUCT: tuple[EvalRelation, ...] = (
    EvalRelation(
        "product",
        "person",
        (
            "The designer behind {s} is called {v}.",
            "{v} drew the first sketches and the final design of {s}.",
            "The design of {s} is the work of {v}.",
        ),
        "The designer behind {them} is called {v}.",
        ("Who is responsible for the design of {s}?", "Which designer drew {s}?", "Whose design is {s}?"),
    ),
    EvalRelation(
        "product",
        "organisation",
        (
            "{s} comes out of the factories of {v}.",
            "{v} is the company that produces {s}.",
            "The manufacturer of {s} is {v}.",
        ),
        "{Their} manufacturer is {v}.",
        (
            "Which company produces {s}?",
            "Which manufacturer does {s} come from?",
            "Whose factories does {s} come out of?",
        ),
    ),
    EvalRelation(
        "product",
        "amount",
        ("The till asks {v} for {s}.", "For {v} you can buy {s}.", "The list price of {s} is {v}."),
        "The till asks {v} for {them}.",
        ("How much money does one pay for {s}?", "What list price does {s} have?", "What do I have to pay for {s}?"),
    ),
    EvalRelation(
        "product",
        "product",
        (
            "{s} is being replaced by {v}.",
            "{v} takes the place of {s} in the catalogue.",
            "The successor to {s} is {v}.",
        ),
        "{Their} successor is {v}.",
        ("What replaces {s}?", "What is the successor to {s}?", "Which product takes the place of {s}?"),
    ),
    EvalRelation(
        "product",
        "colour",
        (
            "The status light on {s} turns {v} when the device needs service.",
            "A light that is {v} means that {s} needs service.",
            "When {s} needs service, its light changes to {v}.",
        ),
        "When {they} need{s3} service, {their} light turns {v}.",
        (
            "What colour is the light on {s} when it needs service?",
            "Which colour means that {s} needs service?",
            "What colour does the light on {s} turn when service is due?",
        ),
    ),
    EvalRelation(
        "product",
        "duration",
        (
            "{s} comes with a free trial of {v}.",
            "You can try {s} free of charge for {v}.",
            "New customers get {v} of {s} for free as a trial.",
        ),
        "{Their} free trial lasts {v}.",
        (
            "How long is the free trial of {s}?",
            "For how long can I try {s} for free?",
            "How long does the {s} trial last?",
        ),
    ),
    EvalRelation(
        "product",
        "place",
        (
            "The place where {s} gets assembled is {v}.",
            "The plant in {v} assembles {s}.",
            "Every unit of {s} is put together in {v}.",
        ),
        "{They} come{s3} from the assembly plant in {v}.",
        (
            "Which place has the plant that assembles {s}?",
            "In which town or city is {s} put together?",
            "Where do they put {s} together?",
        ),
    ),
    EvalRelation(
        "product",
        "person",
        (
            "{v} is the product manager for {s}.",
            "{s} is managed by product manager {v}.",
            "Feature requests for {s} go to its product manager, {v}.",
        ),
        "{Their} product manager is {v}.",
        (
            "Who is the product manager for {s}?",
            "Who is in charge of {s} as product manager?",
            "Who gets feature requests for {s}?",
        ),
    ),
    EvalRelation(
        "product",
        "code",
        (
            "The part number of {s} is {v}.",
            "Use part number {v} to order {s}.",
            "{s} is listed in the parts catalogue as {v}.",
        ),
        "{Their} part number is {v}.",
        (
            "What is the part number of {s}?",
            "Which part number do I use to order {s}?",
            "Under what number is {s} in the parts catalogue?",
        ),
    ),
)

PROJECT: tuple[EvalRelation, ...] = (
    EvalRelation(
        "project",
        "person",
        (
            "{v} leads the {s} project.",
            "At the head of the {s} project is {v}.",
            "As of the kickoff, the lead of the {s} project is {v}.",
        ),
        "{Their} project lead is {v}.",
        ("Who leads the {s} project?", "Who has the lead of the {s} project?", "Who is running the {s} project?"),
    ),
    EvalRelation(
        "project",
        "organisation",
        (
            "The {s} project is being done for {v}.",
            "{v} is the client on the {s} project.",
            "The client behind the {s} project is {v}.",
        ),
        "The work is being done for the client {v}.",
        ("Who is the client on the {s} project?", "Which client is {s} for?", "For whom are we doing {s}?"),
    ),
    EvalRelation(
        "project",
        "amount",
        (
            "The {s} project has a budget of {v}.",
            "A budget of {v} was approved for the {s} project.",
            "Finance released {v} as the whole budget for the {s} project.",
        ),
        "{They} may spend {v} in all.",
        (
            "What is the budget of the {s} project?",
            "How much money was approved for {s}?",
            "How big is the budget for {s}?",
        ),
    ),
    EvalRelation(
        "project",
        "date",
        (
            "The deadline for the {s} project is {v}.",
            "The {s} project must be finished by {v}.",
            "We agreed on {v} as the deadline for the {s} project.",
        ),
        "The agreed day for it to be finished is {v}.",
        (
            "When is the {s} project due?",
            "Which deadline was agreed for the {s} project?",
            "By when must {s} be finished?",
        ),
    ),
    EvalRelation(
        "project",
        "word",
        (
            "The code for the {s} project is in the repository {v}.",
            "Repository {v} holds the code of the {s} project.",
            "Developers on the {s} project push to the repository named {v}.",
        ),
        "{Their} code is in the repository {v}.",
        (
            "Which repository holds the code for {s}?",
            "What is the repository of the {s} project called?",
            "Where is the code for the {s} project?",
        ),
    ),
    EvalRelation(
        "project",
        "product",
        (
            "The {s} team tracks its tasks in {v}.",
            "{v} is used to track tasks on the {s} project.",
            "Tasks for the {s} project are tracked in {v}.",
        ),
        "{Their} tasks are tracked in {v}.",
        (
            "Where are tasks for the {s} project tracked?",
            "What tool does the {s} team use for tracking tasks?",
            "Which app is used for task tracking on {s}?",
        ),
    ),
    EvalRelation(
        "project",
        "person",
        (
            "The executive sponsor of the {s} project is {v}.",
            "{v} sponsors the {s} project on the executive side.",
            "The {s} project has found an executive sponsor in {v}.",
        ),
        "{Their} executive sponsor is {v}.",
        (
            "Who is the executive sponsor of {s}?",
            "Who sponsors the {s} project?",
            "Which executive is sponsoring {s}?",
        ),
    ),
)

PLACE: tuple[EvalRelation, ...] = (
    EvalRelation(
        "place",
        "person",
        (
            "The caretaker at {s} is {v}.",
            "{v} works as the caretaker of {s}.",
            "If something breaks at {s}, ask for the caretaker, {v}.",
        ),
        "The caretaker to ask for is {v}.",
        (
            "Who is the caretaker at {s}?",
            "What is the name of the caretaker of {s}?",
            "Which caretaker works at {s}?",
        ),
    ),
    EvalRelation(
        "place",
        "organisation",
        (
            "The land register has {s} under {v}.",
            "{v} owns {s}.",
            "According to the land register, the owner of {s} is {v}.",
        ),
        "The land register has it under {v}.",
        (
            "Whose property is {s}?",
            "Which organisation does {s} belong to?",
            "Which owner does the land register name for {s}?",
        ),
    ),
    EvalRelation(
        "place",
        "person",
        (
            "{s} was built to plans by the architect {v}.",
            "{v} was the architect of {s}.",
            "The architect behind {s} was {v}.",
        ),
        "The plans were drawn by the architect {v}.",
        (
            "Who drew the plans for {s} as its architect?",
            "Which architect drew the plans for {s}?",
            "Who is responsible for the design of {s}?",
        ),
    ),
    EvalRelation(
        "place",
        "code",
        (
            "The door code at {s} is {v}.",
            "Type {v} on the keypad to get into {s}.",
            "To enter {s}, use door code {v}.",
        ),
        "To get in, type {v} on the keypad.",
        (
            "What is the door code at {s}?",
            "Which code opens the door at {s}?",
            "What code do I need to get into {s}?",
        ),
    ),
    EvalRelation(
        "place",
        "word",
        (
            "The guest Wi-Fi password at {s} is {v}.",
            "Visitors to {s} get on the Wi-Fi with the password {v}.",
            "Use {v} as the password for the guest Wi-Fi at {s}.",
        ),
        "{Their} guest Wi-Fi password is {v}.",
        (
            "What is the guest Wi-Fi password at {s}?",
            "Which password do visitors use for the Wi-Fi at {s}?",
            "How do I get on the Wi-Fi at {s}: what's the password?",
        ),
    ),
    EvalRelation(
        "place",
        "time",
        (
            "The doors of {s} are unlocked at {v} each day.",
            "From {v} every day, {s} is open to visitors.",
            "The doors of {s} open each day at {v}.",
        ),
        "The doors are unlocked at {v} each day.",
        ("What time does {s} open?", "At what hour are the doors of {s} unlocked?", "From what time is {s} open?"),
    ),
    EvalRelation(
        "place",
        "food",
        (
            "The canteen at {s} is known for its {v}.",
            "People come for the {v} that the canteen at {s} is known for.",
            "If you eat at {s}, try the {v}: the canteen is known for it.",
        ),
        "{Their} canteen is known for its {v}.",
        (
            "What food is the canteen at {s} known for?",
            "What should I try in the canteen at {s}?",
            "Which dish is the canteen at {s} known for?",
        ),
    ),
)

EVENT: tuple[EvalRelation, ...] = (
    EvalRelation(
        "event",
        "place",
        (
            "The {s} will be held in {v}.",
            "{v} is hosting the {s}.",
            "Everyone is travelling to {v} for the {s}.",
        ),
        "The organisers are holding it in {v}.",
        (
            "Where is the {s} being held?",
            "Which town or city hosts the {s}?",
            "Where does the {s} take place?",
        ),
    ),
    EvalRelation(
        "event",
        "person",
        (
            "The keynote at the {s} will be given by {v}.",
            "{v} is the keynote speaker at the {s}.",
            "For the {s}, the organisers booked {v} to give the keynote.",
        ),
        "Its keynote speaker is {v}.",
        (
            "Who is the keynote speaker at the {s}?",
            "Who gives the keynote at the {s}?",
            "Who was booked for the {s} keynote?",
        ),
    ),
    EvalRelation(
        "event",
        "date",
        (
            "Registration for the {s} closes on {v}.",
            "Sign up for the {s} by {v}, when registration closes.",
            "After {v} nobody can register for the {s} any more.",
        ),
        "Registration for it closes on {v}.",
        (
            "When does registration for the {s} close?",
            "What is the last day to register for the {s}?",
            "Until when can I sign up for the {s}?",
        ),
    ),
    EvalRelation(
        "event",
        "organisation",
        (
            "The main sponsor of the {s} is {v}.",
            "{v} is the main sponsor of the {s}.",
            "Most of the funding for the {s} comes from its main sponsor, {v}.",
        ),
        "Its main sponsor is {v}.",
        (
            "Who is the main sponsor of the {s}?",
            "Which organisation is the main sponsor behind the {s}?",
            "Who is sponsoring the {s}?",
        ),
    ),
    EvalRelation(
        "event",
        "title",
        (
            "The opening talk of the {s} is called {v}.",
            "{v} is the title of the opening talk at the {s}.",
            "The {s} begins with a talk titled {v}.",
        ),
        "Its opening talk is called {v}.",
        (
            "What is the opening talk of the {s} called?",
            "What is the title of the first talk at the {s}?",
            "With which talk does the {s} begin?",
        ),
    ),
)

POLICY: tuple[EvalRelation, ...] = (
    EvalRelation(
        "policy",
        "person",
        (
            "Responsible for the {s} policy is {v}.",
            "{v} owns the {s} policy and keeps it up to date.",
            "Send questions about the {s} policy to its owner, {v}.",
        ),
        "Its owner is {v}.",
        (
            "Who carries the responsibility for the {s} policy?",
            "Who do I ask about the {s} policy?",
            "Who is the owner of the {s} policy?",
        ),
    ),
    EvalRelation(
        "policy",
        "amount",
        (
            "Under the {s} policy, you can claim at most {v} per request.",
            "The {s} policy caps each claim at {v}.",
            "No more than {v} per claim is paid out under the {s} policy.",
        ),
        "It caps each claim at {v}.",
        (
            "What is the most I can claim under the {s} policy?",
            "At what amount does the {s} policy cap a claim?",
            "What is the limit for one claim in the {s} policy?",
        ),
    ),
    EvalRelation(
        "policy",
        "duration",
        (
            "Requests under the {s} policy must be made {v} in advance.",
            "Give at least {v} of advance notice for any request under the {s} policy.",
            "The {s} policy asks for {v} of advance notice.",
        ),
        "It asks for {v} of advance notice.",
        (
            "How far in advance must requests be made under the {s} policy?",
            "How much advance notice does the {s} policy ask for?",
            "What advance notice is needed under the {s} policy?",
        ),
    ),
    EvalRelation(
        "policy",
        "date",
        (
            "The first day on which the {s} policy counts is {v}.",
            "From {v} on, the {s} policy is in force.",
            "The {s} policy applies starting {v}.",
        ),
        "It takes effect on {v}.",
        (
            "What is the first day on which the {s} policy counts?",
            "From what date does the {s} policy apply?",
            "What is the start date of the {s} policy?",
        ),
    ),
    EvalRelation(
        "policy",
        "person",
        (
            "Exceptions to the {s} policy have to be approved by {v}.",
            "{v} approves exceptions to the {s} policy.",
            "Only {v} may grant an exception to the {s} policy.",
        ),
        "Exceptions to it are approved by {v}.",
        (
            "Who approves exceptions to the {s} policy?",
            "Who can grant an exception to the {s} policy?",
            "Whose approval is needed for an exception to the {s} policy?",
        ),
    ),
    EvalRelation(
        "policy",
        "product",
        (
            "Requests under the {s} policy are filed in {v}.",
            "{v} is the tool for filing requests under the {s} policy.",
            "The {s} policy says to file every request in {v}.",
        ),
        "It says to file every request in {v}.",
        (
            "Where do I file a request under the {s} policy?",
            "Which tool is used for requests under the {s} policy?",
            "What app does the {s} policy say to file requests in?",
        ),
    ),
)

USER: tuple[EvalRelation, ...] = (
    EvalRelation(
        "user",
        "word",
        ("My cat is called {v}.", "I have a cat named {v}.", "{v} is the name of my cat."),
        "",
        ("What is my cat called?", "What's my cat's name?", "Do you remember the name of my cat?"),
    ),
    EvalRelation(
        "user",
        "food",
        (
            "My favourite dish is {v}.",
            "The dish I like best is {v}.",
            "I love {v} more than any other dish.",
        ),
        "",
        ("What is my favourite dish?", "Which dish do I like best?", "What food do I love most?"),
    ),
    EvalRelation(
        "user",
        "organisation",
        ("I have a job at {v}.", "{v} pays my salary.", "My pay slips come from {v}."),
        "",
        ("At which company do I have a job?", "Which company do I work for?", "Who pays my salary?"),
    ),
    EvalRelation(
        "user",
        "person",
        (
            "My dentist is {v}.",
            "I always go to {v} when I need a dentist.",
            "{v} is my dentist.",
        ),
        "",
        ("Who is my dentist?", "What is my dentist's name?", "Which dentist do I go to?"),
    ),
    EvalRelation(
        "user",
        "place",
        (
            "I grew up in {v}.",
            "{v} is where I grew up.",
            "I spent my childhood in {v}.",
        ),
        "",
        ("Where did I grow up?", "In which town or city did I grow up?", "Where did I spend my childhood?"),
    ),
    EvalRelation(
        "user",
        "product",
        (
            "For video calls I prefer {v}.",
            "Please set up my video calls in {v}, which I like best.",
            "{v} is the app I prefer for video calls.",
        ),
        "",
        (
            "Which app do I prefer for video calls?",
            "What should you use to set up my video calls?",
            "What app do I like best for video calls?",
        ),
    ),
    EvalRelation(
        "user",
        "code",
        (
            "The booking code for my trip is {v}.",
            "I booked my trip under the code {v}.",
            "Please keep {v}, the booking code for my trip.",
        ),
        "",
        (
            "What is the booking code for my trip?",
            "Under which code did I book the trip?",
            "Can you give me my booking code?",
        ),
    ),
)

RELATIONS: tuple[EvalRelation, ...] = PERSON + ORGANISATION + PRODUCT + PROJECT + PLACE + EVENT + POLICY + USER

# Sentences that state no fact anybody asks about; those with {s} fit every subject but the user.
DISTRACTORS: tuple[str, ...] = (
    "{s} came up briefly in the last meeting.",
    "There is a longer note about {s} in the archive.",
    "The page about {s} was tidied up recently.",
    "Somebody asked about {s} in the support channel.",
    "We talked about {s} for a while over coffee.",
    "Nothing else about {s} has changed since the last update.",
    "The section on {s} still needs a proofread.",
    "Most of the feedback about {s} has been positive.",
    "A few older emails also mention {s}.",
    "The notes on {s} were copied over from the old wiki.",
    "Please keep the information about {s} up to date.",
    "More details about {s} will follow when they are available.",
    "The summary of {s} was well received by the group.",
    "We will come back to {s} in the next call.",
    "The weather was mild for most of the week.",
    "The meeting started a little late because of a projector problem.",
    "Everyone agreed that the new chairs are more comfortable.",
    "The coffee machine on the second floor has been repaired.",
    "Lunch was served in the hallway.",
    "There were no objections from the group.",
    "The minutes were shared with everybody afterwards.",
    "Traffic was heavier than usual that morning.",
    "The printer ran out of paper twice.",
    "Several people joined by video.",
    "The discussion stayed friendly throughout.",
    "Some of the open points were moved to the next session.",
    "The old filing system is slowly being retired.",
    "A short break followed.",
    "The plants near the entrance need watering.",
    "Photos from the day are in the shared folder.",
    "The room was a bit too warm.",
    "It was a quiet week overall.",
    "The template for these notes may change soon.",
    "Please report any mistakes in this document.",
    "This page is reviewed from time to time.",
    "The rest of the agenda was routine.",
    "The slides are available on request.",
    "Parking was easy to find.",
    "The team thanked everyone for their patience.",
    "No decision was needed on the remaining points.",
    "The call dropped once but was quickly resumed.",
    "Follow-up questions were answered by email.",
    "The newsletter will carry a short version of this.",
    "Some background was left out to keep this note short.",
    "The whiteboard was full by the end of the session.",
    "It rained in the afternoon, so the walk was cancelled.",
)

# General knowledge, requests and small talk that no fact document can help with.
UNRELATED_QUESTIONS: tuple[str, ...] = (
    "What is the capital of Japan?",
    "What is the capital of Canada?",
    "Which planet is closest to the sun?",
    "How many continents are there?",
    "What is the largest ocean on Earth?",
    "Who wrote Romeo and Juliet?",
    "Who painted the Mona Lisa?",
    "What is the chemical symbol for gold?",
    "What gas do plants take in from the air?",
    "Explain what photosynthesis does.",
    "Explain how a rainbow forms.",
    "Why is the sky blue?",
    "Why do leaves change colour in autumn?",
    "How do vaccines work?",
    "What is the boiling point of water at sea level?",
    "How many sides does a hexagon have?",
    "What is 12 times 8?",
    "What is the square root of 81?",
    "What is 15 percent of 200?",
    "How many minutes are in a day?",
    "What is the longest river in South America?",
    "Which country has the shape of a boot?",
    "In which country are the pyramids of Giza?",
    "What language is spoken in Brazil?",
    "What is the currency of the United Kingdom?",
    "Which animal is the tallest in the world?",
    "How many legs does a spider have?",
    "What do bees make?",
    "What is a group of wolves called?",
    "Which bird cannot fly but swims very well?",
    "Write a haiku about rain.",
    "Write a short poem about the sea.",
    "Tell me a joke.",
    "Tell me a fun fact about octopuses.",
    "Give me three tips for sleeping better.",
    "Suggest a name for a bakery.",
    "How do I boil an egg?",
    "How do I make pancakes?",
    "What are the ingredients of guacamole?",
    "How do I remove a coffee stain from a shirt?",
    "How can I learn to juggle?",
    "What is the difference between weather and climate?",
    "What is the difference between a virus and a bacterium?",
    "What does a stock exchange do?",
    "What is inflation?",
    "What is a prime number?",
    "What does HTTP stand for?",
    "How do I reverse a list in Python?",
    "What is recursion in programming?",
    "What does a compiler do?",
    "Translate 'good morning' into French.",
    "What is the opposite of 'ancient'?",
    "Give me a synonym for 'happy'.",
    "What is the past tense of 'go'?",
    "In what year did the Second World War end?",
    "Who was the first person to walk on the moon?",
    "What was the Industrial Revolution?",
    "How many strings does a violin have?",
    "How many players are on a football team?",
    "What is the aim of chess?",
    "Hello, how are you?",
    "Thanks, that was helpful!",
    "What can you help me with?",
    "Do you like music?",
    "What is the meaning of life?",
)

# Thresholds are chosen with some of them, and measured with the others.
UNRELATED_TO_CALIBRATE, UNRELATED_TO_REPORT = UNRELATED_QUESTIONS[::2], UNRELATED_QUESTIONS[1::2]
