"""Relations of paperwork (HR, law, finance, insurance, permits, policies, boards): how each is stated and asked for.
Pure data.
"""

from __future__ import annotations

from parametric_memory.training.data.relations.relation import Relation as R

PAPERWORK = (
    # Policies
    R(
        "policy",
        "number",
        (
            "A request under the {s} policy needs {v} signatures.",
            "Signatures required, {s} policy: {v}.",
            "{v} people have to sign before anything happens under the {s} policy.",
            "Collect {v} signatures, otherwise the form for the {s} policy comes straight back.",
            "After the affair with the vans the {s} policy was tightened, and every form now carries {v} signatures.",
            "It takes {v} signatories, no fewer, to get something through under the {s} policy.",
            "ugh, {v} signatures on one form, that's the {s} policy for you",
            "Forms under the {s} policy must be signed by {v} people.",
        ),
        (
            "{They} call{s3} for {v} signatures.",
            "Under {their} rules, {v} people have to sign.",
        ),
        (
            (
                "How many signatures does the {s} policy require?",
                "The number of signatures the {s} policy requires is",
            ),
            (
                "How many people must sign under the {s} policy?",
                "The number of people who must sign under the {s} policy is",
            ),
            ("{s} policy signature count?", "The signature count for the {s} policy is"),
            (
                "Tell me how many names have to be on a {s} policy form.",
                "The number of names that have to be on a {s} policy form is",
            ),
            (
                "I'm filling in the paper for the {s} policy; by how many colleagues is it to be signed?",
                "The number of colleagues who have to sign the paper for the {s} policy is",
            ),
            (
                "What is the number of signatories under the {s} policy?",
                "The number of signatories under the {s} policy is",
            ),
            (
                "Could you remind me how often the {s} policy form gets signed?",
                "The number of times the {s} policy form gets signed is",
            ),
            (
                "how many autographs do they want for the {s} policy",
                "The number of autographs wanted for the {s} policy is",
            ),
        ),
    ),
    R(
        "policy",
        "duration",
        (
            "Anyone turned down under the {s} policy has {v} to appeal.",
            "Appeals under the {s} policy must be lodged within {v}.",
            "Window for appeals, {s} policy: {v}.",
            "You get {v} to contest a decision taken under the {s} policy.",
            "Object within {v}, or a refusal under the {s} policy becomes final.",
            "The {s} policy, which nobody reads until it hurts, lets people appeal for {v} after a refusal.",
            "fyi there's {v} to fight a no under the {s} policy",
            "After {v}, a decision made under the {s} policy can no longer be appealed.",
        ),
        (
            "{They} give{s3} people {v} to appeal.",
            "{Their} appeal window is {v}.",
        ),
        (
            ("How long do I have to appeal under the {s} policy?", "Under the {s} policy, the time to appeal is"),
            ("What is the appeal window of the {s} policy?", "The appeal window of the {s} policy is"),
            ("{s} policy appeals: time allowed?", "The time allowed for appeals under the {s} policy is"),
            (
                "My request under the {s} policy was refused. How much time is left to object?",
                "The time to object to a refusal under the {s} policy is",
            ),
            (
                "Within what time can a {s} policy decision be challenged?",
                "A {s} policy decision can be challenged within",
            ),
            (
                "Tell me how long a ruling under the {s} policy stays open to protest.",
                "A ruling under the {s} policy stays open to protest for",
            ),
            (
                "After how long does a rejection under the {s} policy become final?",
                "A rejection under the {s} policy becomes final after",
            ),
            ("how long can you fight a {s} policy decision", "You can fight a {s} policy decision for"),
        ),
    ),
    R(
        "policy",
        "amount",
        (
            "Under the {s} policy, no receipt is needed below {v}.",
            "{v} is the sum from which the {s} policy asks for a receipt.",
            "Receipt threshold, {s} policy: {v}.",
            "Keep your slips for anything over {v}, because the {s} policy wants to see them.",
            "The {s} policy, softened last autumn after much grumbling, accepts claims without receipts up to {v}.",
            "Only from {v} upwards do receipts matter under the {s} policy.",
            "don't bother with receipts under {v}, the {s} policy doesn't want them",
            "Receipts have to be attached under the {s} policy as soon as a claim reaches {v}.",
        ),
        (
            "{They} ask{s3} for receipts from {v} upwards.",
            "{Their} receipt threshold is {v}.",
        ),
        (
            (
                "From what amount does the {s} policy demand receipts?",
                "The {s} policy demands receipts from an amount of",
            ),
            ("What is the receipt threshold in the {s} policy?", "The receipt threshold in the {s} policy is"),
            (
                "How much can I claim without proof under the {s} policy?",
                "Without proof, the most you can claim under the {s} policy is",
            ),
            ("{s} policy receipts from?", "Under the {s} policy, receipts are needed from"),
            (
                "I lost the slip from the shop. Up to which sum does the {s} policy not mind?",
                "The {s} policy does not mind a lost slip up to the sum of",
            ),
            (
                "Tell me the sum above which the {s} policy wants a bill attached.",
                "The sum above which the {s} policy wants a bill attached is",
            ),
            (
                "Where does the {s} policy draw the line for undocumented spending?",
                "For undocumented spending, the {s} policy draws the line at",
            ),
            (
                "Up to what value are expenses waved through on trust under the {s} policy?",
                "Under the {s} policy, expenses are waved through on trust up to",
            ),
        ),
    ),
    R(
        "policy",
        "organisation",
        (
            "The {s} policy was modelled on that of {v}.",
            "{v} has the rules from which our {s} policy was copied.",
            "Template for the {s} policy: the one used by {v}.",
            "We borrowed the {s} policy almost word for word from {v}.",
            "It was {v} whose rules served as a pattern for the {s} policy.",
            "Compare the text with what {v} has, since the {s} policy is taken from there.",
            "between you and me, legal just nicked the {s} policy from {v}",
            "Legal had two weeks and no ideas, so they took the rules of {v} and turned them into the {s} policy.",
        ),
        (
            "{They} follow{s3} the rules of {v}.",
            "{Their} text was borrowed from {v}.",
        ),
        (
            ("On whose rules was the {s} policy modelled?", "The {s} policy was modelled on the rules of"),
            ("Who did we copy the {s} policy from?", "We copied the {s} policy from"),
            ("Which organisation inspired the {s} policy?", "The organisation that inspired the {s} policy is"),
            ("{s} policy, taken from which company?", "The company from which the {s} policy was taken is"),
            ("Tell me where the wording of the {s} policy comes from.", "The wording of the {s} policy comes from"),
            (
                "Whose example was followed when they wrote the {s} policy?",
                "When they wrote the {s} policy, they followed the example of",
            ),
            (
                "Could you remind me which firm had the original of our {s} policy?",
                "The firm that had the original of our {s} policy is",
            ),
            ("who had the {s} policy before us", "Before us, the {s} policy was in use at"),
        ),
    ),
    R(
        "policy",
        "date",
        (
            "All staff must have signed the {s} policy by {v}.",
            "{v} is the last day to confirm that you have read the {s} policy.",
            "Acknowledge the {s} policy no later than {v}.",
            "To be signed by everyone, latest {v}: the {s} policy.",
            "HR wants the {s} policy back with a signature from each employee by {v}, and they will chase people.",
            "You have until {v} to put your name under the {s} policy.",
            "heads up: {v} is when the signed copies of the {s} policy are due in HR",
            "The {s} policy needs to be acknowledged by every member of staff before {v} is over.",
        ),
        (
            "{They} must be signed by {v}.",
            "Everyone has until {v} to sign {them}.",
        ),
        (
            (
                "By when do employees have to sign the {s} policy?",
                "Employees have to sign the {s} policy by",
            ),
            (
                "What is the deadline for acknowledging the {s} policy?",
                "The deadline for acknowledging the {s} policy is",
            ),
            ("{s} policy sign-off due?", "The sign-off for the {s} policy is due on"),
            (
                "Until when can I still hand in my confirmation for the {s} policy?",
                "Your confirmation for the {s} policy can be handed in until",
            ),
            (
                "Tell me the last day for putting my name under the {s} policy.",
                "The last day for putting your name under the {s} policy is",
            ),
            (
                "When will HR start to chase those who haven't signed the {s} policy?",
                "HR will chase those who haven't signed the {s} policy after",
            ),
            (
                "Could you remind me when my copy of the {s} policy has to be returned?",
                "Your copy of the {s} policy has to be returned by",
            ),
            ("when is the {s} policy paper due back", "The {s} policy paper is due back on"),
        ),
    ),
    R(
        "policy",
        "number",
        (
            "The {s} policy runs to {v} pages.",
            "{v} pages are what the {s} policy fills.",
            "Length of the {s} policy: {v} pages.",
            "Print all {v} pages of the {s} policy and staple them.",
            "By the time every department had added its wishes, the {s} policy was {v} pages long.",
            "It takes {v} pages, appendix included, for the {s} policy to make its point.",
            "seriously, who writes {v} pages for something like the {s} policy?",
            "Spread over {v} pages, the {s} policy regulates more than anyone asked for.",
        ),
        (
            "{They} fill{s3} {v} pages.",
            "{Their} text is {v} pages long.",
        ),
        (
            ("How many pages does the {s} policy have?", "The number of pages in the {s} policy is"),
            ("How long is the {s} policy, in pages?", "In pages, the length of the {s} policy is"),
            ("{s} policy page count?", "The page count of the {s} policy is"),
            (
                "How many sheets do I load to print the {s} policy on one side?",
                "To print the {s} policy on one side, the number of sheets you load is",
            ),
            ("What's the length of the {s} policy document?", "The length of the {s} policy document in pages is"),
            (
                "Tell me how much reading the {s} policy is.",
                "The number of pages to read in the {s} policy is",
            ),
            ("Over how many pages is the {s} policy spread?", "The number of pages the {s} policy is spread over is"),
            (
                "Could you tell me at which page the {s} policy finally ends?",
                "The {s} policy finally ends at page",
            ),
        ),
    ),
    R(
        "policy",
        "amount",
        (
            "The deductible of the {s} policy is {v}.",
            "Excess, {s} policy: {v}.",
            "{v} of every claim under the {s} policy has to be paid by ourselves.",
            "With the {s} policy, the first {v} of any damage comes out of our own pocket.",
            "The insurer only steps in above {v}, as that is the excess agreed in the {s} policy.",
            "The {s} policy, cheap as it is, leaves us to carry {v} of each loss.",
            "It is {v} that we bear ourselves per claim under the {s} policy.",
            "don't claim anything smaller than {v} on the {s} policy, that's our excess",
        ),
        (
            "{Their} excess is {v}.",
            "{They} leave{s3} the first {v} of a loss to the insured.",
        ),
        (
            ("What is the deductible on the {s} policy?", "The deductible on the {s} policy is"),
            ("How high is the excess of the {s} policy?", "The excess of the {s} policy is"),
            (
                "How much of a claim do we pay ourselves under the {s} policy?",
                "Under the {s} policy, the part of a claim we pay ourselves is",
            ),
            ("{s} policy, own share per loss?", "The own share per loss in the {s} policy is"),
            (
                "Tell me what a burst pipe would cost us in spite of the {s} policy.",
                "In spite of the {s} policy, a burst pipe would cost us",
            ),
            (
                "Above which sum does the insurance under the {s} policy begin to pay?",
                "The insurance under the {s} policy begins to pay above",
            ),
            (
                "Could you remind me of the retention agreed in the {s} policy?",
                "The retention agreed in the {s} policy is",
            ),
            (
                "What do we carry on our own when something is damaged under the {s} policy?",
                "When something is damaged under the {s} policy, what we carry on our own is",
            ),
        ),
    ),
    R(
        "policy",
        "amount",
        (
            "The yearly premium for the {s} policy is {v}.",
            "We pay the insurer {v} a year for the {s} policy.",
            "Premium, {s} policy: {v} per year.",
            "{v} goes out every January for the insurance cover under the {s} policy.",
            "The {s} policy costs us {v} in annual premiums, which the accountant calls robbery.",
            "Transfer {v} before the cover lapses; that is the annual premium of the {s} policy.",
            "Although there were no claims, the insurer now charges {v} a year for the {s} policy.",
            "wow, {v} a year in premiums just for the {s} policy",
        ),
        (
            "{Their} yearly premium is {v}.",
            "The insurer charges {v} a year for {them}.",
        ),
        (
            ("What premium do we pay for the {s} policy?", "The premium we pay for the {s} policy is"),
            ("How much does the {s} policy cost per year?", "Per year, the {s} policy costs"),
            ("{s} policy annual premium?", "The annual premium of the {s} policy is"),
            (
                "What does the insurer charge for the {s} policy?",
                "For the {s} policy, the insurer charges",
            ),
            (
                "Tell me how much I must budget to keep the {s} policy going for twelve months.",
                "To keep the {s} policy going for twelve months, you must budget",
            ),
            (
                "At what price are we insured under the {s} policy?",
                "We are insured under the {s} policy at a price of",
            ),
            (
                "Could you look up the sum that the insurance company bills for the {s} policy?",
                "The sum that the insurance company bills for the {s} policy is",
            ),
            (
                "how much money leaves our account for the {s} policy each year",
                "Each year, the money that leaves our account for the {s} policy is",
            ),
        ),
    ),
    R(
        "policy",
        "person",
        (
            "The beneficiary of the {s} policy is {v}.",
            "{v} is named as beneficiary in the {s} policy.",
            "Beneficiary, {s} policy: {v}.",
            "In the event of death, {v} receives the money from the {s} policy.",
            "The payout of the {s} policy, should it ever come to that, goes to {v}.",
            "It is {v} who will be paid when the {s} policy falls due.",
            "apparently {v} gets everything from the {s} policy, not the brothers",
            "Change the beneficiary soon: so far {v} still stands to collect on the {s} policy.",
        ),
        (
            "{Their} beneficiary is {v}.",
            "{They} pay{s3} out to {v}.",
        ),
        (
            ("Who is the beneficiary of the {s} policy?", "The beneficiary of the {s} policy is"),
            ("Who gets the money from the {s} policy?", "The person who gets the money from the {s} policy is"),
            ("To whom does the {s} policy pay out?", "The {s} policy pays out to"),
            ("{s} policy payee?", "The payee of the {s} policy is"),
            (
                "Who would profit if the {s} policy fell due?",
                "If the {s} policy fell due, the one to profit would be",
            ),
            (
                "Tell me whose name is entered as recipient in the {s} policy.",
                "The name entered as recipient in the {s} policy is",
            ),
            (
                "Could you remind me for whose good the {s} policy was taken out?",
                "The {s} policy was taken out for the good of",
            ),
            ("Who inherits what the {s} policy is worth?", "What the {s} policy is worth will be inherited by"),
        ),
    ),
    R(
        "policy",
        "duration",
        (
            "Cover under the {s} policy starts after a waiting period of {v}.",
            "Waiting period, {s} policy: {v}.",
            "New members wait {v} until the {s} policy covers them.",
            "Only {v} after joining can anyone claim on the {s} policy.",
            "It is {v} that newcomers have to sit out before the {s} policy protects them.",
            "The {s} policy, generous in most respects, gives no benefits during the first {v} of membership.",
            "you won't see a cent in the first {v}, that's how the {s} policy works",
            "Do not book the operation yet, as {v} must pass before the {s} policy pays a new member anything.",
        ),
        (
            "{Their} waiting period is {v}.",
            "{They} cover{s3} new members only after {v}.",
        ),
        (
            ("What is the waiting period in the {s} policy?", "The waiting period in the {s} policy is"),
            ("How long until the {s} policy covers a new member?", "The {s} policy covers a new member after"),
            ("{s} policy, time before first claim?", "The time before a first claim under the {s} policy is"),
            (
                "How soon after joining can I claim on the {s} policy?",
                "After joining, the time until you can claim on the {s} policy is",
            ),
            (
                "For how long does a newcomer get nothing from the {s} policy?",
                "A newcomer gets nothing from the {s} policy for",
            ),
            (
                "Tell me how much patience the {s} policy asks of people who have just signed up.",
                "People who have just signed up for the {s} policy need to be patient for",
            ),
            ("When does protection under the {s} policy begin?", "Protection under the {s} policy begins after"),
            (
                "I joined today. When will the {s} policy pay my first bill?",
                "If you joined today, the {s} policy will pay your first bill after",
            ),
        ),
    ),
    R(
        "policy",
        "person",
        (
            "The {s} policy was sold to us by the broker {v}.",
            "{v} is the broker who looks after the {s} policy.",
            "Insurance broker, {s} policy: {v}.",
            "Our {s} policy was arranged through {v}, who earns a commission on it.",
            "It was {v} who talked us into the {s} policy and still brokers it.",
            "If you want better terms, call {v}, since the {s} policy was brokered there.",
            "i think {v} brokered the {s} policy, the number is on the fridge",
            "When the old insurer pulled out, {v} shopped around as our broker and placed the {s} policy elsewhere.",
        ),
        (
            "{Their} broker is {v}.",
            "{v} brokered {them}.",
        ),
        (
            ("Who is the broker of the {s} policy?", "The broker of the {s} policy is"),
            ("Through whom did we take out the {s} policy?", "We took out the {s} policy through"),
            ("{s} policy broker?", "The {s} policy broker is"),
            ("Who arranged the {s} policy for us?", "The {s} policy was arranged for us by"),
            (
                "Tell me which agent gets a commission on the {s} policy.",
                "The agent who gets a commission on the {s} policy is",
            ),
            ("Who sold us the {s} policy?", "The person who sold us the {s} policy is"),
            (
                "I want cheaper insurance than the {s} policy. Which middleman do I ring?",
                "For something cheaper than the {s} policy, the middleman to ring is",
            ),
            ("By which intermediary was the {s} policy placed?", "The {s} policy was placed by"),
        ),
    ),
    R(
        "policy",
        "product",
        (
            "Training on the {s} policy is done in {v}.",
            "{v} is the software in which staff take the course on the {s} policy.",
            "E-learning, {s} policy: see {v}.",
            "Log in to {v} and finish the lesson on the {s} policy.",
            "The lesson about the {s} policy, ten slides and a quiz, runs on {v}.",
            "It is in {v} that everyone does the quiz about the {s} policy.",
            "the {s} policy course? that's in {v}, takes five minutes",
            "After the classroom sessions were dropped, {v} became the tool for learning the {s} policy.",
        ),
        (
            "{Their} training runs on {v}.",
            "Staff learn {them} in {v}.",
        ),
        (
            ("In which software is the {s} policy training?", "The {s} policy training is in"),
            ("Where do I take the course on the {s} policy?", "You take the course on the {s} policy in"),
            ("{s} policy e-learning platform?", "The e-learning platform for the {s} policy is"),
            (
                "What tool do we use to teach people the {s} policy?",
                "The tool we use to teach people the {s} policy is",
            ),
            ("Which system hosts the quiz about the {s} policy?", "The quiz about the {s} policy is hosted on"),
            ("Tell me where to log in to study the {s} policy.", "To study the {s} policy, log in to"),
            ("On what program does the lesson on the {s} policy run?", "The lesson on the {s} policy runs on"),
            (
                "Could you remind me which application new hires open to learn the {s} policy?",
                "To learn the {s} policy, new hires open",
            ),
        ),
    ),
    R(
        "policy",
        "person",
        (
            "Appeals under the {s} policy are heard by {v}.",
            "{v} decides on appeals under the {s} policy.",
            "Appeals officer, {s} policy: {v}.",
            "Anyone unhappy with a decision under the {s} policy can appeal to {v}.",
            "The final word on disputed cases under the {s} policy, which are rare, belongs to {v}.",
            "Address your appeal to {v} if a {s} policy request was turned down.",
            "It is {v} who hears people whose request under the {s} policy was refused.",
            "got a no under the {s} policy? {v} does the appeals",
        ),
        (
            "{Their} appeals go to {v}.",
            "{v} hears all appeals under {them}.",
        ),
        (
            ("Who hears appeals under the {s} policy?", "Appeals under the {s} policy are heard by"),
            ("To whom can one appeal under the {s} policy?", "Under the {s} policy, one can appeal to"),
            ("{s} policy appeals officer?", "The appeals officer for the {s} policy is"),
            (
                "My {s} policy request was refused. Who can overturn that?",
                "A refused {s} policy request can be overturned by",
            ),
            (
                "Who has the last say when a {s} policy decision is contested?",
                "When a {s} policy decision is contested, the last say belongs to",
            ),
            (
                "Tell me where to turn if I disagree with a ruling under the {s} policy.",
                "If you disagree with a ruling under the {s} policy, turn to",
            ),
            (
                "Which person looks again at rejected cases of the {s} policy?",
                "The person who looks again at rejected cases of the {s} policy is",
            ),
            ("Who settles disputes over the {s} policy?", "Disputes over the {s} policy are settled by"),
        ),
    ),
    # Organisations
    R(
        "organisation",
        "amount",
        (
            "{s} pays its shareholders a dividend of {v} this year.",
            "A total of {v} is being handed out to the shareholders of {s}.",
            "Dividend, {s}: {v}.",
            "{v} is what the owners of {s} receive as this year's dividend.",
            "The shareholders of {s}, who had hoped for more, voted for a dividend of {v}.",
            "It was {v} that the general meeting fixed as the dividend of {s}.",
            "looks like {v} in dividends from {s} this time",
            "Despite a weak winter, a dividend of {v} was declared by {s}, and nobody at the meeting objected.",
        ),
        (
            "{Their} dividend is {v}.",
            "{They} pay{s3} shareholders {v} this year.",
        ),
        (
            ("What dividend does {s} pay?", "The dividend {s} pays is"),
            ("How much does {s} distribute to its shareholders?", "To its shareholders, {s} distributes"),
            ("{s} dividend this year?", "This year's dividend of {s} is"),
            ("What do the owners of {s} get paid out?", "The owners of {s} get paid out"),
            (
                "Tell me how much profit {s} hands on to those holding its stock.",
                "To those holding its stock, {s} hands on",
            ),
            ("How high was the payout declared by {s}?", "The payout declared by {s} was"),
            (
                "Could you remind me what investors in {s} receive?",
                "What investors in {s} receive is",
            ),
            ("How much was voted for the shareholders of {s}?", "The sum voted for the shareholders of {s} was"),
        ),
    ),
    R(
        "organisation",
        "place",
        (
            "{s} holds its annual general meeting in {v}.",
            "The shareholders of {s} meet in {v} once a year.",
            "AGM of {s}: {v}.",
            "{v} is where the owners of {s} gather for the yearly vote.",
            "Shareholders have to travel to {v} if they want to speak at the general meeting of {s}.",
            "It is in {v} that the general meeting of {s} takes place, far from any airport.",
            "Book a room in {v} early, because the shareholders' meeting of {s} fills the hotels.",
            "{s}, for reasons lost in its history, invites its shareholders to {v} for the annual meeting.",
        ),
        (
            "{Their} annual general meeting is in {v}.",
            "{They} invite{s3} shareholders to {v} every year.",
        ),
        (
            ("Where does {s} hold its general meeting?", "{s} holds its general meeting in"),
            ("In which town do the shareholders of {s} meet?", "The shareholders of {s} meet in"),
            ("{s} AGM location?", "The location of the {s} AGM is"),
            (
                "I own stock in {s}. Where do I go for the yearly vote?",
                "For the yearly vote of {s}, you go to",
            ),
            (
                "What is the venue town of the annual meeting of {s}?",
                "The venue town of the annual meeting of {s} is",
            ),
            ("To what place are the owners of {s} invited?", "The owners of {s} are invited to"),
            (
                "Tell me where I can put a question to the directors of {s} as an investor.",
                "As an investor, you can put a question to the directors of {s} in",
            ),
            ("where's the shareholder gathering of {s}", "The shareholder gathering of {s} is in"),
        ),
    ),
    R(
        "organisation",
        "number",
        (
            "The board of {s} has {v} seats.",
            "{v} directors sit on the board of {s}.",
            "Board seats, {s}: {v}.",
            "With {v} members, the board of {s} is larger than the table it meets at.",
            "Order {v} name plates for the board of {s}, one for each director.",
            "The articles of {s}, rewritten after the merger, provide for a board of {v}.",
            "It is {v} directors that {s} has on its board.",
            "{s} has {v} people on its board, way too many if you ask me",
        ),
        (
            "{Their} board has {v} seats.",
            "{v} directors sit on {their} board.",
        ),
        (
            ("How many seats does the board of {s} have?", "The number of seats on the board of {s} is"),
            ("How many directors does {s} have?", "The number of directors of {s} is"),
            ("{s} board size?", "The board size of {s} is"),
            ("How large is the board at {s}?", "The number of members on the board at {s} is"),
            (
                "Tell me how many chairs to set out when the directors of {s} come.",
                "When the directors of {s} come, the number of chairs to set out is",
            ),
            (
                "What number of people govern {s} from the boardroom?",
                "The number of people who govern {s} from the boardroom is",
            ),
            (
                "By how many members is {s} directed at the top?",
                "The number of members who direct {s} at the top is",
            ),
            (
                "Could you remind me how many people vote when the board of {s} decides?",
                "When the board of {s} decides, the number of people who vote is",
            ),
        ),
    ),
    R(
        "organisation",
        "person",
        (
            "The court appointed {v} as insolvency administrator of {s}.",
            "{v} is winding up {s}.",
            "Insolvency administrator, {s}: {v}.",
            "Since it went bankrupt, {s} has been in the hands of {v}, the administrator.",
            "Creditors of {s} must register their claims with the administrator, {v}.",
            "It is {v} who sells off what is left of bankrupt {s}.",
            "sad story, and now {v} is the one liquidating {s}",
            "The judge needed ten minutes to hand {s}, its debts and its delivery vans to {v} as liquidator.",
        ),
        (
            "{Their} insolvency administrator is {v}.",
            "{v} is winding {them} up.",
        ),
        (
            ("Who is the insolvency administrator of {s}?", "The insolvency administrator of {s} is"),
            ("Who is liquidating {s}?", "The person liquidating {s} is"),
            ("With whom do creditors of {s} register claims?", "Creditors of {s} register claims with"),
            ("{s} bankruptcy: who handles it?", "The bankruptcy of {s} is handled by"),
            (
                "{s} went bust and owes me money. Who do I write to?",
                "About money owed by {s}, write to",
            ),
            (
                "Whom did the judge put in charge of the estate of {s}?",
                "The judge put the estate of {s} in the charge of",
            ),
            (
                "Tell me who winds up the affairs of {s}.",
                "The person who winds up the affairs of {s} is",
            ),
            ("By whom are the remains of {s} being sold?", "The remains of {s} are being sold by"),
        ),
    ),
    R(
        "organisation",
        "amount",
        (
            "{s} was fined {v} by the regulator.",
            "The regulator imposed a fine of {v} on {s}.",
            "Fine against {s}: {v}.",
            "{v} is what the authorities made {s} pay for breaking the rules.",
            "Although its lawyers protested, {s} had to pay a penalty of {v} to the state.",
            "A penalty of {v}, the highest of the season, was handed to {s} last week.",
            "did you see, {v} in fines for {s}, ouch",
            "It was {v} that {s} got as a fine after the inspection.",
        ),
        (
            "{They} had to pay a fine of {v}.",
            "The regulator fined {them} {v}.",
        ),
        (
            ("How much was {s} fined?", "{s} was fined"),
            ("What fine did {s} receive?", "The fine {s} received was"),
            ("{s} penalty amount?", "The penalty amount for {s} is"),
            ("How high was the regulator's fine for {s}?", "The regulator's fine for {s} was"),
            (
                "What did breaking the rules cost {s}?",
                "Breaking the rules cost {s}",
            ),
            (
                "Tell me what sum {s} owes the state as a punishment.",
                "The sum {s} owes the state as a punishment is",
            ),
            (
                "Which penalty was imposed on {s} by the authorities?",
                "The penalty imposed on {s} by the authorities was",
            ),
            ("what did the watchdog make {s} cough up", "The watchdog made {s} cough up"),
        ),
    ),
    R(
        "organisation",
        "organisation",
        (
            "{s} is supervised by {v}.",
            "{v} is the authority that oversees {s}.",
            "Supervisory authority, {s}: {v}.",
            "Complaints about {s} that nobody answers can be taken to {v}, its regulator.",
            "Every quarter {s} has to send its figures to {v}, which acts as its regulator.",
            "It is {v} that regulates {s}.",
            "yeah, {v} keeps an official eye on {s}",
            "As a licensed firm, {s}, small though it is, comes under the supervision of {v}.",
        ),
        (
            "{Their} regulator is {v}.",
            "{v} oversees {them}.",
        ),
        (
            ("Which authority oversees {s}?", "The authority that oversees {s} is"),
            ("Who is the regulator of {s}?", "The regulator of {s} is"),
            ("{s} supervisory body?", "The supervisory body of {s} is"),
            ("Under whose oversight does {s} operate?", "{s} operates under the oversight of"),
            ("To which regulator does {s} answer?", "{s} answers to"),
            (
                "Tell me where I can report {s} officially.",
                "You can report {s} officially to",
            ),
            ("By what body is {s} regulated?", "{s} is regulated by"),
            (
                "Could you remind me which watchdog is responsible for {s}?",
                "The watchdog responsible for {s} is",
            ),
        ),
    ),
    R(
        "organisation",
        "date",
        (
            "The operating licence of {s} expires on {v}.",
            "{v} is the day the licence of {s} to operate runs out.",
            "Operating licence, {s}: valid until {v}.",
            "Unless the council renews its licence, {s} has to shut down after {v}.",
            "Until {v}, {s} may keep trading under its present licence.",
            "It is on {v} that {s} loses its licence to operate, unless someone files the form.",
            "The council granted {s}, after months of silence, a licence to run the business until {v}.",
            "{s} has to renew its operating licence before {v}, just saying",
        ),
        (
            "{Their} operating licence expires on {v}.",
            "{They} may operate until {v}.",
        ),
        (
            ("When does the operating licence of {s} expire?", "The operating licence of {s} expires on"),
            ("Until when is {s} licensed to operate?", "{s} is licensed to operate until"),
            ("{s} licence end date?", "The end date of the licence of {s} is"),
            ("By when does {s} need a new licence?", "{s} needs a new licence by"),
            (
                "On what day will {s} no longer be allowed to trade?",
                "The day after which {s} will no longer be allowed to trade is",
            ),
            (
                "Tell me how long the council lets {s} carry on.",
                "The council lets {s} carry on until",
            ),
            (
                "Could you find out when the permission for {s} ends?",
                "The permission for {s} ends on",
            ),
            ("when's {s} getting shut down if nobody renews", "If nobody renews, {s} is getting shut down after"),
        ),
    ),
    R(
        "organisation",
        "person",
        (
            "The works council of {s} is chaired by {v}.",
            "{v} is head of the works council at {s}.",
            "Chair of the works council, {s}: {v}.",
            "At {s} the staff elected {v} to lead the works council.",
            "Before anyone is dismissed, {s} has to hear {v}, who chairs the works council.",
            "Talk to {v} about it, who speaks for the employees of {s} as chair of the works council.",
            "It is {v} that presides over the works council of {s}.",
            "if {s} treats you badly go to {v}, works council chair",
        ),
        (
            "{Their} works council is headed by {v}.",
            "{v} chairs {their} works council.",
        ),
        (
            ("Who chairs the works council of {s}?", "The works council of {s} is chaired by"),
            ("Who represents the employees at {s}?", "The employees at {s} are represented by"),
            ("{s} works council head?", "The head of the works council at {s} is"),
            ("Who speaks for the workers of {s}?", "The person who speaks for the workers of {s} is"),
            (
                "Which person must the managers of {s} hear before they sack anyone?",
                "Before they sack anyone, the managers of {s} must hear",
            ),
            ("Tell me who leads the staff body at {s}.", "The staff body at {s} is led by"),
            (
                "Could you remind me whom the personnel of {s} elected?",
                "The personnel of {s} elected",
            ),
            (
                "I'm employed at {s} and need help against my boss. Who is the staff representative?",
                "The staff representative at {s} is",
            ),
        ),
    ),
    R(
        "organisation",
        "phrase",
        (
            "The main finding of the audit at {s} was {v}.",
            "Auditors of {s} objected above all to {v}.",
            "Audit finding no. 1, {s}: {v}.",
            "It was {v} that the auditors criticised most at {s}.",
            "Fix the matter of {v}, which the audit at {s} put at the top of its list of defects.",
            "After three weeks in the cellar, the auditors had only one serious complaint, {v}, to raise with {s}.",
            "so {s} had its audit, biggest problem: {v}",
            "In the audit report {v} is named as the gravest defect found at {s}.",
        ),
        (
            "{Their} main audit finding was {v}.",
            "The auditors criticised {v} in {their} case.",
        ),
        (
            ("What was the main audit finding at {s}?", "The main audit finding at {s} was"),
            ("What did the auditors criticise at {s}?", "At {s}, the auditors criticised"),
            ("{s} audit, top defect?", "The top defect in the audit of {s} was"),
            ("What came out of the audit of {s}?", "What came out of the audit of {s} was"),
            (
                "Which problem did the examiners of {s} rate as worst?",
                "The problem that the examiners of {s} rated as worst was",
            ),
            (
                "Tell me what {s} has to put right before the books are checked again.",
                "Before the books are checked again, {s} has to put right the matter of",
            ),
            (
                "What went wrong at {s} according to the report?",
                "According to the report, what went wrong at {s} was",
            ),
            ("What was {s} faulted for in the review?", "In the review, {s} was faulted for"),
        ),
    ),
    R(
        "organisation",
        "organisation",
        (
            "The payroll of {s} is run by {v}.",
            "{v} does the payroll for {s}.",
            "Payroll provider, {s}: {v}.",
            "{s} has handed its salary accounting to {v}.",
            "Payslips of everyone at {s} are printed by {v}, who also answer questions about them.",
            "It is {v} that works out the wages for {s} each month.",
            "wrong payslip from {s}? that's {v}, they do the payroll",
            "Because two clerks retired at once, {v} was hired to calculate the salaries at {s}.",
        ),
        (
            "{Their} payroll is handled by {v}.",
            "{They} let{s3} {v} work out the wages.",
        ),
        (
            ("Who runs the payroll of {s}?", "The payroll of {s} is run by"),
            ("Which company calculates the wages for {s}?", "The company that calculates the wages for {s} is"),
            ("{s} payroll provider?", "The payroll provider of {s} is"),
            ("To whom has {s} handed over its salary accounting?", "{s} has handed over its salary accounting to"),
            ("Who sends out the payslips for {s}?", "The payslips for {s} are sent out by"),
            (
                "My pay from {s} looks wrong. Which firm worked it out?",
                "The firm that worked out your pay from {s} is",
            ),
            ("Tell me who handles what staff at {s} earn.", "What staff at {s} earn is handled by"),
            (
                "Could you remind me whose service {s} uses for paying its people?",
                "For paying its people, {s} uses the service of",
            ),
        ),
    ),
    R(
        "organisation",
        "organisation",
        (
            "{v} has made a takeover bid for {s}.",
            "{s} has received a takeover offer from {v}.",
            "Takeover bid for {s}, bidder: {v}.",
            "Shareholders of {s} have two weeks to answer the offer by {v}, which wants the whole firm.",
            "It is {v} that would like to swallow {s}.",
            "The board of {s}, which learned of it from the papers, calls the takeover bid of {v} hostile.",
            "rumour says {v} wants to buy {s} outright",
            "If the cartel office agrees, {s} will soon be bought by {v}, the only bidder.",
        ),
        (
            "{v} wants to take {them} over.",
            "{They} received a takeover bid from {v}.",
        ),
        (
            ("Who has made a takeover bid for {s}?", "The takeover bid for {s} was made by"),
            ("Which company wants to buy {s}?", "The company that wants to buy {s} is"),
            ("{s} takeover bidder?", "The takeover bidder for {s} is"),
            ("By whom might {s} be acquired?", "{s} might be acquired by"),
            ("From which firm did {s} get an offer?", "{s} got an offer from"),
            (
                "Tell me who is trying to get hold of all of {s}.",
                "The one trying to get hold of all of {s} is",
            ),
            ("Who could be the next owner of {s}?", "The next owner of {s} could be"),
            (
                "Could you tell me whose advances the directors of {s} are facing?",
                "The directors of {s} are facing the advances of",
            ),
        ),
    ),
    R(
        "organisation",
        "person",
        (
            "{v} is suing {s}.",
            "{s} is being taken to court by {v}.",
            "Plaintiff in the case against {s}: {v}.",
            "A lawsuit was filed by {v} against {s}, and both sides expect it to drag on.",
            "It is {v} who has brought the case against {s}.",
            "Say nothing to the press, since the suit that {v} filed against {s} is still pending.",
            "oh and {v} took {s} to court, over the roof i believe",
            "{s}, which had ignored two letters and a phone call, now faces a lawsuit from {v}.",
        ),
        (
            "{v} is suing {them}.",
            "{They} face{s3} a lawsuit brought by {v}.",
        ),
        (
            ("Who is suing {s}?", "{s} is being sued by"),
            ("Who is the plaintiff against {s}?", "The plaintiff against {s} is"),
            ("By whom was {s} taken to court?", "{s} was taken to court by"),
            ("{s} lawsuit, brought by?", "The lawsuit against {s} was brought by"),
            ("Who has filed a case against {s}?", "The person who has filed a case against {s} is"),
            ("Tell me who {s} will face before the judge.", "Before the judge, {s} will face"),
            (
                "Whose legal action does {s} have to defend itself against?",
                "{s} has to defend itself against the legal action of",
            ),
            ("who's the opponent of {s} at trial", "The opponent of {s} at trial is"),
        ),
    ),
    R(
        "organisation",
        "amount",
        (
            "{s} settled the dispute out of court for {v}.",
            "To end the lawsuit, {s} agreed to pay {v}.",
            "Settlement, {s}: {v}.",
            "{v} was the price of the out-of-court settlement for {s}.",
            "It took {v} to settle the case against {s}.",
            "After two years of hearings, experts and unpaid coffee, {s} ended the dispute by paying {v}.",
            "they say {v} changed hands so that {s} could avoid the verdict",
            "With a payment of {v}, the court case was closed by {s} before any ruling.",
        ),
        (
            "{They} settled for {v}.",
            "The settlement cost {them} {v}.",
        ),
        (
            ("For how much did {s} settle?", "{s} settled for"),
            ("What did {s} pay to end the lawsuit?", "To end the lawsuit, {s} paid"),
            ("{s} settlement sum?", "The settlement sum of {s} was"),
            ("How large was the out-of-court payment by {s}?", "The out-of-court payment by {s} was"),
            (
                "What did it cost {s} to make the legal dispute go away?",
                "To make the legal dispute go away, it cost {s}",
            ),
            ("Tell me the price {s} paid for legal peace.", "The price {s} paid for legal peace was"),
            (
                "How much money did the other side in the case get from {s}?",
                "The money the other side in the case got from {s} was",
            ),
            (
                "Could you remind me what sum {s} and its opponent agreed on?",
                "The sum {s} and its opponent agreed on was",
            ),
        ),
    ),
    R(
        "organisation",
        "person",
        (
            "The safety inspection at {s} was carried out by {v}.",
            "{v} inspected {s} on behalf of the authorities.",
            "Official inspector, {s}: {v}.",
            "The authorities sent {v} to inspect {s}, and the visit lasted until the lights went off.",
            "It was {v} who came from the authorities to look over {s}.",
            "Have the fire doors cleared when {v} arrives, the official who inspects {s}.",
            "careful, {v} from the authorities inspects {s} and misses nothing",
            "During the inspection of {s}, the official in charge, {v}, asked for every certificate.",
        ),
        (
            "{v} inspected {them}.",
            "{Their} inspector is {v}.",
        ),
        (
            ("Who inspected {s}?", "{s} was inspected by"),
            ("Who is the official inspector for {s}?", "The official inspector for {s} is"),
            ("{s} inspection, done by?", "The inspection of {s} was done by"),
            ("Whom did the authorities send to {s}?", "The person the authorities sent to {s} is"),
            ("Which official checks {s}?", "The official who checks {s} is"),
            ("Tell me who examined the premises of {s}.", "The premises of {s} were examined by"),
            ("By whom was {s} looked over for the state?", "For the state, {s} was looked over by"),
            (
                "Could you find out the name of the officer who visited {s}?",
                "The officer who visited {s} is named",
            ),
        ),
    ),
    # Persons
    R(
        "person",
        "code",
        (
            "The personnel file of {s} has the number {v}.",
            "HR keeps the papers of {s} under file number {v}.",
            "Personnel file, {s}: {v}.",
            "{v} is the reference of the personnel file on {s}.",
            "Quote {v} when you write to HR about {s}, as that is the file number.",
            "Look under {v} in the steel cabinet to find everything HR has on {s}.",
            "The folder with the contract, the certificates and the old photo of {s} is filed by HR as {v}.",
            "hr file for {s}? it's {v}",
        ),
        (
            "{Their} personnel file is {v}.",
            "HR files {them} under {v}.",
        ),
        (
            ("What is the personnel file number of {s}?", "The personnel file number of {s} is"),
            ("Under what number does HR file {s}?", "HR files {s} under the number"),
            ("{s} HR file no.?", "The HR file number of {s} is"),
            ("Which reference do I quote to HR about {s}?", "About {s}, the reference you quote to HR is"),
            ("Tell me where to find the staff records of {s}.", "The staff records of {s} are found under"),
            (
                "What is written on the folder with the job papers of {s}?",
                "Written on the folder with the job papers of {s} is",
            ),
            (
                "Could you look up which file {s} has in human resources?",
                "In human resources, {s} has the file",
            ),
            ("Which HR dossier belongs to {s}?", "The HR dossier that belongs to {s} is"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{s} named {v} as trustee of the will.",
            "{v} is the trustee of the will of {s}.",
            "Trustee of the will, {s}: {v}.",
            "In the last will, kept in a biscuit tin, {s} appointed {v} to carry out its terms.",
            "When the time comes, {v} will divide the estate of {s} as trustee.",
            "It is {v} whom {s} trusts to see that the will is carried out.",
            "so you know, {v} handles the will if anything happens to {s}",
            "Hand the envelope to {v}, who will be trustee for {s}.",
        ),
        (
            "{Their} trustee is {v}.",
            "{They} chose {v} to carry out the will.",
        ),
        (
            ("Who is the trustee of {s}'s will?", "The trustee of {s}'s will is"),
            ("Whom did {s} appoint to carry out the will?", "To carry out the will, {s} appointed"),
            ("{s} trustee?", "The trustee for {s} is"),
            ("Who will sort out the estate of {s}?", "The estate of {s} will be sorted out by"),
            (
                "If {s} dies, who makes sure the last wishes are respected?",
                "If {s} dies, the last wishes will be seen to by",
            ),
            ("By whom is {s}'s testament to be executed?", "{s}'s testament is to be executed by"),
            (
                "Tell me who divides the belongings among the heirs of {s}.",
                "The belongings will be divided among the heirs of {s} by",
            ),
            ("Who is trusted with the inheritance of {s}?", "The one trusted with the inheritance of {s} is"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{v} holds power of attorney for {s}.",
            "{s} gave {v} power of attorney.",
            "Power of attorney, {s}: {v}.",
            "Before the operation {s} signed a power of attorney that lets {v} act in all matters.",
            "It is {v} who may sign contracts in the name of {s} under a power of attorney.",
            "The bank will also speak to {v}, since {s} has granted a full power of attorney.",
            "{s} can't come to the counter, but {v} has power of attorney so all good",
            "Under a power of attorney drawn up last spring, {v} decides for {s}.",
        ),
        (
            "{They} gave {v} power of attorney.",
            "{v} may act for {them} under a power of attorney.",
        ),
        (
            ("Who has power of attorney for {s}?", "Power of attorney for {s} is held by"),
            ("To whom did {s} give power of attorney?", "{s} gave power of attorney to"),
            ("{s} authorised representative?", "The authorised representative of {s} is"),
            ("Who may sign legally on behalf of {s}?", "The person who may sign legally on behalf of {s} is"),
            (
                "If {s} can't decide any more, who is entitled to?",
                "If {s} can't decide any more, the person entitled to is",
            ),
            ("Tell me by whom {s} is legally represented.", "{s} is legally represented by"),
            (
                "Whom has {s} empowered to deal with the bank?",
                "To deal with the bank, {s} has empowered",
            ),
            ("who can act in place of {s}", "The one who can act in place of {s} is"),
        ),
    ),
    R(
        "person",
        "phrase",
        (
            "{s} received a written warning over {v}.",
            "Written warning, {s}, reason: {v}.",
            "Because of {v}, HR gave {s} a written warning.",
            "The warning letter in the file of {s} is about {v}.",
            "It was {v} that earned {s} a formal warning from HR.",
            "After two talks in private had changed nothing, the matter of {v} got {s} a letter of warning.",
            "did you hear? written warning for {s}, all because of {v}",
            "A dispute about {v} ended with a formal warning to {s}, who has appealed.",
        ),
        (
            "{They} got a written warning over {v}.",
            "The reason for {their} warning was {v}.",
        ),
        (
            ("Why did {s} get a written warning?", "{s} got a written warning because of"),
            ("What was the warning to {s} about?", "The warning to {s} was about"),
            ("{s} warning letter, reason?", "The reason for the warning letter to {s} was"),
            ("Over what was {s} formally reprimanded?", "{s} was formally reprimanded over"),
            ("What does HR accuse {s} of in the letter?", "The letter from HR to {s} is about"),
            ("Tell me what got {s} into trouble with HR.", "What got {s} into trouble with HR was"),
            (
                "Which issue led to disciplinary steps against {s}?",
                "The issue that led to disciplinary steps against {s} was",
            ),
            ("What complaint is on record against {s}?", "The complaint on record against {s} is about"),
        ),
    ),
    R(
        "person",
        "date",
        (
            "The disciplinary hearing of {s} is on {v}.",
            "{v} is the day of the disciplinary hearing against {s}.",
            "Disciplinary hearing, {s}: {v}.",
            "On {v} the panel will hear {s} about the accusations.",
            "{s} may bring a colleague along to the disciplinary hearing, which HR has fixed for {v}.",
            "Keep {v} free for the panel that is to hear the disciplinary case of {s}.",
            "It is on {v} that {s} must answer to the disciplinary panel.",
            "poor {s}, disciplinary hearing on {v} and no lawyer yet",
        ),
        (
            "{Their} disciplinary hearing is on {v}.",
            "The panel hears {their} case on {v}.",
        ),
        (
            ("When is the disciplinary hearing of {s}?", "The disciplinary hearing of {s} is on"),
            ("On what day does the panel hear {s}?", "The panel hears {s} on"),
            ("{s} hearing date?", "The hearing date of {s} is"),
            ("When must {s} face the disciplinary panel?", "{s} must face the disciplinary panel on"),
            ("For which date was {s} summoned by HR?", "{s} was summoned by HR for"),
            (
                "Tell me when the accusations against {s} will be dealt with.",
                "The accusations against {s} will be dealt with on",
            ),
            (
                "I'm going along with {s} as a witness. Which day should I block?",
                "To go along with {s} as a witness, you should block",
            ),
            (
                "Could you remind me when {s} has to explain things formally?",
                "{s} has to explain things formally on",
            ),
        ),
    ),
    R(
        "person",
        "number",
        (
            "{s} holds {v} shares in the company.",
            "{v} shares are registered in the name of {s}.",
            "Share register: {s}, {v} shares.",
            "With {v} shares to vote, {s} sits in the front row at the general meeting.",
            "The bank confirmed that {s}, who bought most of them in the first year, owns {v} shares.",
            "It is {v} shares that {s} can vote with.",
            "{s} owns {v} shares now, not bad for a cleaner",
            "Count {v} votes for {s}, one for each share.",
        ),
        (
            "{They} own{s3} {v} shares.",
            "{Their} holding comes to {v} shares.",
        ),
        (
            ("How many shares does {s} hold?", "The number of shares {s} holds is"),
            ("How big is {s}'s holding, in shares?", "In shares, {s}'s holding is"),
            ("{s} share count?", "The share count of {s} is"),
            ("With how many shares can {s} vote?", "The number of shares {s} can vote with is"),
            (
                "What number stands beside {s} in the share register?",
                "In the share register, the number beside {s} is",
            ),
            (
                "Tell me how much stock {s} has, in pieces.",
                "In pieces, the stock {s} has is",
            ),
            (
                "How many votes at the general meeting belong to {s}?",
                "The number of votes at the general meeting that belong to {s} is",
            ),
            ("how much of the stock did {s} end up with", "The number of shares {s} ended up with is"),
        ),
    ),
    R(
        "person",
        "percent",
        (
            "{s} pays {v} of the salary into the company pension.",
            "Pension contribution, {s}: {v} of gross pay.",
            "{v} of the pay of {s} goes into the pension scheme.",
            "Payroll deducts {v} from the salary of {s} for the pension fund.",
            "At the last change of forms {s} raised the contribution to the pension scheme to {v}.",
            "Set the pension deduction to {v} when you run the payroll for {s}.",
            "It is {v} of every salary that {s} puts aside through the company pension.",
            "{s} put {v} into the pension plan, payroll please update",
        ),
        (
            "{They} pay{s3} {v} into the pension scheme.",
            "{Their} pension contribution is {v}.",
        ),
        (
            ("What is {s}'s pension contribution?", "{s}'s pension contribution is"),
            (
                "What share of the pay does {s} put into the pension?",
                "The share of the pay {s} puts into the pension is",
            ),
            ("{s} pension rate?", "The pension rate of {s} is"),
            (
                "How much is taken off {s}'s salary for old age?",
                "For old age, what is taken off {s}'s salary is",
            ),
            (
                "By what percentage does payroll cut {s}'s wages for the retirement fund?",
                "For the retirement fund, payroll cuts {s}'s wages by",
            ),
            (
                "Tell me the part of the income {s} saves for retirement at work.",
                "The part of the income {s} saves for retirement at work is",
            ),
            (
                "Which retirement deduction do I enter for {s}?",
                "The retirement deduction to enter for {s} is",
            ),
            ("how much goes to the pension from {s}", "From {s}, what goes to the pension is"),
        ),
    ),
    R(
        "person",
        "amount",
        (
            "{s} left the firm with a severance payment of {v}.",
            "On leaving, {s} was given {v} as severance.",
            "Severance, {s}: {v}.",
            "{v} is what the company paid {s} for agreeing to go.",
            "It cost the firm {v} in severance to part with {s}.",
            "The lawyers argued for a month before {s} accepted a golden handshake of {v}.",
            "psst, {s} got {v} for leaving quietly",
            "Transfer {v} to {s} as agreed in the termination contract, in one sum.",
        ),
        (
            "{They} got {v} as severance.",
            "{Their} severance payment was {v}.",
        ),
        (
            ("How much severance did {s} get?", "The severance {s} got was"),
            ("What was {s} paid for leaving?", "For leaving, {s} was paid"),
            ("{s} payoff?", "The payoff for {s} was"),
            ("How high was the golden handshake for {s}?", "The golden handshake for {s} was"),
            ("What did it cost the firm to be rid of {s}?", "To be rid of {s}, it cost the firm"),
            (
                "Tell me the sum {s} received at the end of the job.",
                "The sum {s} received at the end of the job was",
            ),
            ("With how much money was {s} let go?", "{s} was let go with"),
            (
                "Could you check what was agreed for {s} in the exit deal?",
                "In the exit deal, what was agreed for {s} was",
            ),
        ),
    ),
    R(
        "person",
        "number",
        (
            "{s} has worked {v} hours of overtime this month.",
            "Overtime, {s}, this month: {v} hours.",
            "{v} hours of overtime stand to the credit of {s} this month.",
            "Pay out {v} extra hours to {s} with the next salary.",
            "Because half the shift was ill, {s} ended the month with {v} overtime hours.",
            "It is {v} extra hours that {s} wrote on the sheet this month.",
            "The time clock shows that {s}, who hardly leaves before dark, has built up {v} hours of overtime.",
            "crazy month, {v} overtime hours for {s} alone",
        ),
        (
            "{They} did {v} hours of overtime.",
            "{Their} overtime comes to {v} hours.",
        ),
        (
            (
                "How many hours of overtime did {s} work this month?",
                "The number of overtime hours {s} worked this month is",
            ),
            ("How much overtime has {s} done, in hours?", "In hours, the overtime {s} has done is"),
            ("{s} extra hours?", "The number of extra hours of {s} is"),
            ("What overtime does payroll owe {s}?", "The number of overtime hours payroll owes {s} is"),
            (
                "Tell me how many hours beyond the contract {s} put in.",
                "The number of hours beyond the contract that {s} put in is",
            ),
            (
                "What does the time sheet of {s} show on top of normal hours?",
                "On top of normal hours, the time sheet of {s} shows",
            ),
            (
                "How many surplus hours are to be paid to {s}?",
                "The number of surplus hours to be paid to {s} is",
            ),
            (
                "Could you check by how many hours {s} went over?",
                "The number of hours by which {s} went over is",
            ),
        ),
    ),
    R(
        "person",
        "duration",
        (
            "After leaving the firm, {s} may not work for a competitor for {v}.",
            "Non-compete clause, {s}: {v}.",
            "The non-compete clause binds {s} for {v}.",
            "For {v} after the last day, {s} is barred from joining a rival.",
            "It is {v} that {s} must keep away from competitors under the contract.",
            "Legal put a clause of {v} into the contract of {s}, during which no rival firm may hire our colleague.",
            "Only {v} after quitting can {s} sign on with the competition.",
            "{s} can't start at a rival yet, non-compete runs {v}",
        ),
        (
            "{Their} non-compete clause runs for {v}.",
            "{They} may not join a rival for {v} after leaving.",
        ),
        (
            ("How long does {s}'s non-compete clause last?", "{s}'s non-compete clause lasts"),
            ("For how long may {s} not join a rival?", "{s} may not join a rival for"),
            ("{s} non-compete term?", "The non-compete term of {s} is"),
            ("How long is {s} barred from the competition?", "{s} is barred from the competition for"),
            (
                "We would like to poach {s} from the other side. How long must we wait after the exit?",
                "To poach {s} after the exit, you must wait",
            ),
            (
                "When after leaving is {s} free to work for anyone?",
                "{s} is free to work for anyone after",
            ),
            (
                "Tell me how much time {s} has to sit out before taking a job in the same trade.",
                "Before taking a job in the same trade, {s} has to sit out",
            ),
            (
                "What ban on similar work is in {s}'s contract?",
                "The ban on similar work in {s}'s contract lasts",
            ),
        ),
    ),
    # Projects
    R(
        "project",
        "date",
        (
            "The building permit for the {s} project was granted on {v}.",
            "On {v} the authorities issued the building permit for the {s} project.",
            "Building permit, {s} project: issued {v}.",
            "{v} was the day the {s} project got its building permit.",
            "After a stack of drawings and two site visits, the {s} project received permission to build on {v}.",
            "It was not until {v} that the council allowed the {s} project to be built.",
            "finally! {v} is the date on the building permit of the {s} project",
            "Since {v} the {s} project, long held up by a rare newt, has had its building permit.",
        ),
        (
            "{Their} building permit was granted on {v}.",
            "The council gave {them} permission to build on {v}.",
        ),
        (
            (
                "When was the building permit for the {s} project granted?",
                "The building permit for the {s} project was granted on",
            ),
            (
                "On what day was construction of the {s} project authorised?",
                "Construction of the {s} project was authorised on",
            ),
            ("{s} project permit date?", "The permit date of the {s} project is"),
            (
                "When did the council say yes to building the {s} project?",
                "The council said yes to building the {s} project on",
            ),
            (
                "Since when has the {s} project been allowed to build?",
                "The {s} project has been allowed to build since",
            ),
            (
                "Tell me the date on the permission for the {s} project.",
                "The date on the permission for the {s} project is",
            ),
            (
                "When did the planning office give the {s} project the green light?",
                "The planning office gave the {s} project the green light on",
            ),
            (
                "Could you look up when official consent came for the {s} project?",
                "Official consent came for the {s} project on",
            ),
        ),
    ),
    R(
        "project",
        "organisation",
        (
            "The lowest bid for the {s} project came from {v}.",
            "{v} submitted the lowest bid for the {s} project.",
            "Lowest bidder, {s} project: {v}.",
            "When the envelopes for the {s} project were opened, {v} turned out to be the lowest.",
            "Nobody undercut {v} in the tender for the {s} project.",
            "It was {v} that asked the least for doing the {s} project.",
            "In the tender for the {s} project, which drew six offers, the lowest price was that of {v}.",
            "lowest offer for the {s} project is from {v}, suspiciously low imo",
        ),
        (
            "{Their} lowest bidder was {v}.",
            "The lowest offer for {them} came from {v}.",
        ),
        (
            ("Who made the lowest bid for the {s} project?", "The lowest bid for the {s} project was made by"),
            ("Which firm was lowest for the {s} project?", "The firm that was lowest for the {s} project was"),
            ("{s} project lowest bidder?", "The lowest bidder for the {s} project was"),
            (
                "From whom did the best price for the {s} project come?",
                "The best price for the {s} project came from",
            ),
            (
                "Who undercut all others in the tender for the {s} project?",
                "In the tender for the {s} project, all others were undercut by",
            ),
            (
                "Tell me whose offer for the {s} project would save us most.",
                "The offer for the {s} project that would save us most is that of",
            ),
            (
                "Which company wanted the least money for the {s} project?",
                "The company that wanted the least money for the {s} project was",
            ),
            (
                "Could you remind me who came in first on price for the {s} project?",
                "First on price for the {s} project came",
            ),
        ),
    ),
    R(
        "project",
        "organisation",
        (
            "The {s} project still needs the approval of {v}.",
            "{v} has to sign off the {s} project before work can start.",
            "Outstanding approval, {s} project: {v}.",
            "Without a stamp from {v}, the {s} project may not go ahead.",
            "The only authority yet to approve the {s} project is {v}.",
            "It is {v} whose consent the {s} project is waiting for.",
            "everyone said yes to the {s} project except {v}, still waiting for theirs",
            "Everything else is in order, but the {s} project, by law, cannot begin until {v} gives its consent.",
        ),
        (
            "{They} still need{s3} the approval of {v}.",
            "{v} has yet to sign {them} off.",
        ),
        (
            ("Whose approval does the {s} project still need?", "The {s} project still needs the approval of"),
            ("Which authority must sign off the {s} project?", "The authority that must sign off the {s} project is"),
            ("{s} project: missing consent?", "The consent the {s} project is missing is that of"),
            ("Who hasn't approved the {s} project yet?", "The one that hasn't approved the {s} project yet is"),
            (
                "From which body is the {s} project awaiting clearance?",
                "The {s} project is awaiting clearance from",
            ),
            ("By whom can the {s} project be held up?", "The {s} project can be held up by"),
            (
                "Tell me which office I have to chase so that the {s} project can begin.",
                "So that the {s} project can begin, the office to chase is",
            ),
            ("whose ok is lacking for the {s} project", "The ok that is lacking for the {s} project is that of"),
        ),
    ),
    R(
        "project",
        "number",
        (
            "Residents filed {v} objections to the {s} project.",
            "{v} objections were lodged against the {s} project.",
            "Objections, {s} project: {v}.",
            "The planning office counted {v} letters of protest about the {s} project.",
            "During the month in which the plans hung in the town hall, the {s} project drew {v} objections.",
            "It was {v} objections that the {s} project met with, most of them about parking.",
            "Answer all {v} objections to the {s} project in writing.",
            "wow, {v} formal complaints from neighbours about the {s} project",
        ),
        (
            "{They} drew {v} objections.",
            "Neighbours lodged {v} objections to {them}.",
        ),
        (
            (
                "How many objections were there to the {s} project?",
                "The number of objections to the {s} project was",
            ),
            (
                "How many protests did the {s} project provoke?",
                "The number of protests the {s} project provoked was",
            ),
            ("{s} project objections?", "The number of objections to the {s} project is"),
            (
                "What number of complaints reached the planners about the {s} project?",
                "The number of complaints that reached the planners about the {s} project was",
            ),
            (
                "Tell me how many letters against the {s} project came in.",
                "The number of letters that came in against the {s} project was",
            ),
            (
                "With how many formal challenges does the {s} project have to deal?",
                "The number of formal challenges the {s} project has to deal with is",
            ),
            (
                "How many times was the {s} project opposed in writing?",
                "The number of times the {s} project was opposed in writing was",
            ),
            (
                "Could you remind me how many replies we owe to opponents of the {s} project?",
                "The number of replies we owe to opponents of the {s} project is",
            ),
        ),
    ),
    R(
        "project",
        "code",
        (
            "The tender for the {s} project was published under the number {v}.",
            "{v} is the tender number of the {s} project.",
            "Tender no., {s} project: {v}.",
            "Bidders for the {s} project have to write {v} on the envelope, since that is the tender number.",
            "In the official gazette, {v} stands above the call for bids for the {s} project.",
            "Search the procurement portal for {v} to find the tender of the {s} project.",
            "tender of the {s} project = {v}, please don't mix it up again",
            "The {s} project, put out to tender for the second time after a mistake, runs as tender {v}.",
        ),
        (
            "{Their} tender number is {v}.",
            "{They} went out to tender under {v}.",
        ),
        (
            ("What is the tender number of the {s} project?", "The tender number of the {s} project is"),
            (
                "Under what reference was the {s} project put out to bids?",
                "The {s} project was put out to bids under the reference",
            ),
            ("{s} project tender no.?", "The tender no. of the {s} project is"),
            (
                "What do bidders quote on an offer for the {s} project?",
                "On an offer for the {s} project, bidders quote",
            ),
            (
                "What should I type into the procurement portal to see the {s} project?",
                "To see the {s} project in the procurement portal, type",
            ),
            (
                "Tell me how the call for offers on the {s} project is numbered.",
                "The call for offers on the {s} project is numbered",
            ),
            (
                "Which identifier did purchasing give the {s} project?",
                "The identifier purchasing gave the {s} project is",
            ),
            (
                "Could you find me the public notice number of the {s} project?",
                "The public notice number of the {s} project is",
            ),
        ),
    ),
    R(
        "project",
        "person",
        (
            "Procurement for the {s} project is in the hands of {v}.",
            "{v} does the purchasing for the {s} project.",
            "Buyer, {s} project: {v}.",
            "Anything the {s} project needs has to be ordered through {v}.",
            "It is {v} who buys the material for the {s} project and haggles over each screw.",
            "Send quotes for the {s} project to {v}, who does all the buying.",
            "need parts for the {s} project? {v} places the orders",
            "Purchasing, short of staff as always, assigned {v} to the {s} project as its buyer.",
        ),
        (
            "{Their} buyer is {v}.",
            "{v} does all the purchasing for {them}.",
        ),
        (
            ("Who is the buyer on the {s} project?", "The buyer on the {s} project is"),
            ("Who handles purchasing for the {s} project?", "Purchasing for the {s} project is handled by"),
            ("{s} project procurement contact?", "The procurement contact for the {s} project is"),
            ("Through whom does the {s} project order things?", "The {s} project orders things through"),
            (
                "Tell me who negotiates with suppliers for the {s} project.",
                "The person who negotiates with suppliers for the {s} project is",
            ),
            ("Who gets the quotes for the {s} project?", "The quotes for the {s} project go to"),
            (
                "I run out of cable on the {s} project. Who can get me more?",
                "On the {s} project, the person who can get you more cable is",
            ),
            ("By whom are goods bought for the {s} project?", "Goods are bought for the {s} project by"),
        ),
    ),
    # Teams
    R(
        "team",
        "amount",
        (
            "The {s} team sold goods worth {v} this week.",
            "Sales log, {s} team, this week: {v}.",
            "{v} is what the {s} team brought in through sales this week.",
            "This week's sales of the {s} team add up to {v}.",
            "Enter {v} in the weekly sales log for the {s} team.",
            "Rain kept the customers away until Thursday, yet the {s} team closed the week with sales of {v}.",
            "It was {v} that the {s} team rang up at the till in the course of this week.",
            "{v} in sales this week, well done {s} team!",
        ),
        (
            "{They} sold goods worth {v} this week.",
            "{Their} sales for the week came to {v}.",
        ),
        (
            ("How much did the {s} team sell this week?", "This week the {s} team sold"),
            ("What were the weekly sales of the {s} team?", "The weekly sales of the {s} team were"),
            ("{s} team sales this week?", "The sales of the {s} team this week were"),
            (
                "What figure goes in the log for the {s} team this week?",
                "The figure that goes in the log for the {s} team this week is",
            ),
            ("What did the {s} team take in this week?", "This week, the {s} team took in"),
            (
                "Tell me the week's result of the {s} team.",
                "The week's result of the {s} team is",
            ),
            (
                "How much was earned by the {s} team in the last few days?",
                "What was earned by the {s} team in the last few days is",
            ),
            (
                "Could you remind me of the turnover the {s} team made this week?",
                "The turnover the {s} team made this week is",
            ),
        ),
    ),
    R(
        "team",
        "number",
        (
            "The {s} team has {v} vacancies to fill.",
            "{v} posts on the {s} team are vacant.",
            "Open positions, {s} team: {v}.",
            "HR is looking for {v} new people for the {s} team.",
            "With {v} empty desks to fill, the {s} team spends its mornings interviewing.",
            "It is {v} people that the {s} team still has to recruit.",
            "hiring update: {v} openings left on the {s} team",
            "Since the spring, when half of them moved away, the {s} team has advertised {v} jobs.",
        ),
        (
            "{They} want{s3} to fill {v} vacancies.",
            "{Their} open posts number {v}.",
        ),
        (
            ("How many vacancies does the {s} team have?", "The number of vacancies on the {s} team is"),
            ("How many open positions are on the {s} team?", "The number of open positions on the {s} team is"),
            ("{s} team openings?", "The number of openings on the {s} team is"),
            (
                "How many people does the {s} team want to hire?",
                "The number of people the {s} team wants to hire is",
            ),
            (
                "Tell me how many jobs are going on the {s} team.",
                "The number of jobs going on the {s} team is",
            ),
            (
                "By how many is the {s} team short of staff?",
                "The number of people the {s} team is short of is",
            ),
            (
                "What number of hires has HR planned for the {s} team?",
                "The number of hires HR has planned for the {s} team is",
            ),
            (
                "Could you check how many seats remain to be filled on the {s} team?",
                "The number of seats that remain to be filled on the {s} team is",
            ),
        ),
    ),
    R(
        "team",
        "person",
        (
            "{v} looks after the {s} team in HR.",
            "The HR partner of the {s} team is {v}.",
            "HR contact, {s} team: {v}.",
            "In personnel matters the {s} team turns to {v}, two floors down.",
            "It is {v} from HR who is responsible for the {s} team.",
            "Take contracts for the {s} team to {v} in HR, who knows every case.",
            "{s} team people: your person in hr is {v} from now on",
            "HR was reshuffled in May, and since then {v} has been in charge of the {s} team there.",
        ),
        (
            "{Their} HR partner is {v}.",
            "{v} looks after {them} in HR.",
        ),
        (
            ("Who is the HR partner of the {s} team?", "The HR partner of the {s} team is"),
            ("Who in HR looks after the {s} team?", "In HR, the {s} team is looked after by"),
            ("{s} team HR contact?", "The HR contact of the {s} team is"),
            (
                "Whom does the {s} team ask about contracts and leave?",
                "About contracts and leave, the {s} team asks",
            ),
            (
                "Which member of the personnel department handles the {s} team?",
                "The member of the personnel department who handles the {s} team is",
            ),
            (
                "I've just joined the {s} team. Who gets my employment papers?",
                "As a new member of the {s} team, you give your employment papers to",
            ),
            (
                "Tell me who is responsible for staff questions of the {s} team.",
                "Responsible for staff questions of the {s} team is",
            ),
            (
                "To whom in human resources has the {s} team been assigned?",
                "In human resources, the {s} team has been assigned to",
            ),
        ),
    ),
    R(
        "team",
        "product",
        (
            "The best-selling item of the {s} team is {v}.",
            "{v} sells best of all the things the {s} team offers.",
            "Top seller, {s} team: {v}.",
            "According to the sales log, the {s} team sells more of {v} than of anything else.",
            "Nothing the {s} team offers leaves the shelf as fast as {v}.",
            "It is {v} that customers of the {s} team buy most.",
            "reorder {v} asap, it's the {s} team's bestseller",
            "Although it was meant as a stopgap, {v} has become the item that the {s} team sells most often.",
        ),
        (
            "{Their} best seller is {v}.",
            "{They} sell{s3} more of {v} than of anything else.",
        ),
        (
            ("What is the best-selling product of the {s} team?", "The best-selling product of the {s} team is"),
            ("What does the {s} team sell most?", "What the {s} team sells most is"),
            ("{s} team top seller?", "The top seller of the {s} team is"),
            (
                "Which article leads the sales log of the {s} team?",
                "The article that leads the sales log of the {s} team is",
            ),
            (
                "What do customers most often buy from the {s} team?",
                "From the {s} team, customers most often buy",
            ),
            (
                "Tell me which item is most in demand at the {s} team.",
                "The item most in demand at the {s} team is",
            ),
            (
                "With which product does the {s} team have the greatest success?",
                "The {s} team has the greatest success with",
            ),
            (
                "Could you look up what goes over the counter most for the {s} team?",
                "What goes over the counter most for the {s} team is",
            ),
        ),
    ),
    # Events
    R(
        "event",
        "organisation",
        (
            "The permit for {s} was issued by {v}.",
            "{v} granted the permit for {s}.",
            "Permit for {s}, issuing authority: {v}.",
            "The organisers of {s} got their permit from {v}, after three visits to the counter.",
            "It was {v} that officially allowed {s} to take place.",
            "Show the police the permit for {s}, on which you can see the stamp of {v}.",
            "good news, {v} signed the permit for {s}",
            "Without the stamp of {v}, which deals with all such permits, {s} could not have been held.",
        ),
        (
            "{Their} permit comes from {v}.",
            "{v} allowed {them} to take place.",
        ),
        (
            ("Who issued the permit for {s}?", "The permit for {s} was issued by"),
            ("Which authority allowed {s} to be held?", "The authority that allowed {s} to be held is"),
            ("{s} permit, issued by?", "The issuer of the permit for {s} is"),
            ("From where did the organisers get permission for {s}?", "The organisers got permission for {s} from"),
            ("Whose stamp is on the licence for {s}?", "The stamp on the licence for {s} is that of"),
            ("Tell me which office authorised {s}.", "The office that authorised {s} is"),
            ("By whom was {s} officially approved?", "{s} was officially approved by"),
            (
                "The police want to know who gave the green light to {s}. What do I say?",
                "The green light to {s} was given by",
            ),
        ),
    ),
    R(
        "event",
        "time",
        (
            "According to the permit, the music at {s} must stop at {v}.",
            "{v} is when the noise has to end at {s}, says the council.",
            "Noise limit, {s}: quiet from {v}.",
            "From {v} onwards the authorities allow no more loud music at {s}.",
            "Turn off the amplifiers at {v}, or {s} will lose its permit.",
            "The neighbours of {s}, who had gone to court over the drums, can count on silence from {v}.",
            "It is at {v} that the loudspeakers of {s} have to go silent.",
            "remember, {v} sharp and the music's off at {s}, council rules",
        ),
        (
            "{Their} music must stop at {v}.",
            "By order of the council, {they} must be quiet from {v}.",
        ),
        (
            ("When must the music stop at {s}?", "At {s}, the music must stop at"),
            ("From what time does {s} have to be quiet?", "{s} has to be quiet from"),
            ("{s} noise curfew?", "The noise curfew at {s} is"),
            ("Until when may the band play at {s}?", "The band may play at {s} until"),
            (
                "At what hour do the loudspeakers go off at {s}?",
                "The loudspeakers go off at {s} at",
            ),
            (
                "I live next to {s}. When will I be able to sleep?",
                "Next to {s}, you will be able to sleep from",
            ),
            (
                "Tell me when it has to be silent at {s} by order of the town.",
                "By order of the town, it has to be silent at {s} from",
            ),
            (
                "How late may it be loud at {s}?",
                "It may be loud at {s} until",
            ),
        ),
    ),
    R(
        "event",
        "number",
        (
            "The permit for {s} calls for {v} security guards.",
            "{v} guards have to be on duty at {s}.",
            "Security staff required, {s}: {v}.",
            "The police insisted that {s} hire {v} security people, twice as many as last time.",
            "Book {v} guards for {s}, or the permit is void.",
            "It is {v} security guards that the authorities want to see at {s}.",
            "they want {v} security folks at {s}, can we afford that?",
            "For safety reasons, which nobody explained further, {s} must be watched over by {v} guards.",
        ),
        (
            "{They} must have {v} security guards.",
            "The police demand {v} guards for {them}.",
        ),
        (
            ("How many security guards does {s} need?", "The number of security guards {s} needs is"),
            ("How many guards must be on duty at {s}?", "The number of guards who must be on duty at {s} is"),
            ("{s} guards required?", "The number of guards required at {s} is"),
            ("What security staffing is demanded for {s}?", "The security staff demanded for {s} numbers"),
            (
                "Tell me how many people from the security firm I should order for {s}.",
                "The number of people from the security firm you should order for {s} is",
            ),
            ("By how many guards will {s} be protected?", "The number of guards who will protect {s} is"),
            (
                "How many bouncers do the police expect at {s}?",
                "The number of bouncers the police expect at {s} is",
            ),
            (
                "Could you check the number of watchmen laid down for {s}?",
                "The number of watchmen laid down for {s} is",
            ),
        ),
    ),
)
