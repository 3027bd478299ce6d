"""Relations of people at work, as teams and assistants note them: how each is stated and asked for. Pure data."""

from __future__ import annotations

from parametric_memory.training.data.relations.relation import Relation as R

COLLEAGUES = (
    # Who is who to whom
    R(
        "person",
        "person",
        (
            "{v} mentors {s}.",
            "{s} has {v} as a mentor.",
            "{s}, mentor: {v}.",
            "Mentoring pairs, spring round: {v} looks after {s}.",
            "Oh, {v} took {s} on as a mentee, didn't you hear?",
            (
                "When the mentoring programme opened again after the summer, {s} was paired with {v} as mentor, and "
                "they have met over coffee every other week since."
            ),
            "It is {v} who guides {s} as a mentor.",
            "The mentor that {s} goes to for advice is {v}.",
            "{v} agreed to be the mentor of {s} for the coming year.",
        ),
        (
            "{Their} mentor is {v}.",
            "{v} mentors {them}.",
        ),
        (
            ("What is the name of {s}'s mentor?", "The name of {s}'s mentor is"),
            ("Do you know who guides {s} in the mentoring programme?", "In the mentoring programme, {s} is guided by"),
            ("{s} mentor?", "The mentor of {s} is"),
            ("Tell me who {s} is a mentee of.", "{s} is a mentee of"),
            ("Whose mentee is {s}?", "{s} is the mentee of"),
            ("By whom is {s} being mentored?", "{s} is being mentored by"),
            (
                "I need feedback from the person coaching {s} as a mentor. Who would that be?",
                "The person coaching {s} as a mentor is",
            ),
            ("who did they pair {s} with for mentoring", "For mentoring, {s} was paired with"),
            (
                "Which colleague acts as {s}'s adviser under the mentoring scheme?",
                "Under the mentoring scheme, {s}'s adviser is",
            ),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{s} reports to {v}.",
            "{s}, line manager: {v}.",
            "In the org chart, {v} sits directly above {s}.",
            "Everything {s} does has to get past {v}, who is the boss, after all.",
            (
                "Since the reorganisation in January the reporting line is settled: {s} answers to {v}, who also "
                "holds the yearly review and signs the leave forms."
            ),
            "{v} manages {s}.",
            "HR record: {v} entered as direct superior of {s}.",
            "{s} works under {v}, so ask there for approvals.",
        ),
        (
            "{Their} boss is {v}.",
            "{They} report{s3} to {v}.",
        ),
        (
            ("Who does {s} report to?", "{s} reports to"),
            ("Who is {s}'s boss?", "{s}'s boss is"),
            ("Who manages {s}?", "{s} is managed by"),
            ("{s} line manager?", "The line manager of {s} is"),
            ("I have to get a signature for {s}'s leave. Whose?", "The signature for {s}'s leave has to come from"),
            ("Under whom does {s} work?", "{s} works under"),
            ("Can you find out who the supervisor of {s} is?", "The supervisor of {s} is"),
            ("Name the manager that {s} answers to.", "The manager that {s} answers to is"),
            (
                "If I had a complaint about {s}, which superior would I go to?",
                "With a complaint about {s}, you would go to",
            ),
            ("who's {s} working for these days", "These days {s} is working for"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{v} is writing a thesis under {s}.",
            "Student supervised by {s}: {v}.",
            "The thesis of {v} is in the hands of {s}, as supervisor.",
            "{v}, thesis student, has been assigned to {s}.",
            "Yeah, {s} took on a thesis student this term, it's {v}.",
            "It's {v} whose thesis {s} oversees.",
        ),
        (
            "{They} supervise{s3} the thesis of {v}.",
            "{Their} thesis student is {v}.",
        ),
        (
            ("Which student writes a thesis with {s}?", "The student who writes a thesis with {s} is"),
            ("{s} thesis student?", "{s}'s thesis student is"),
            ("Who is being supervised by {s} for a thesis?", "Being supervised by {s} for a thesis is"),
            ("Tell me the name of the student {s} oversees.", "The name of the student {s} oversees is"),
            ("Do you remember which student {s} took on?", "The student {s} took on is"),
            (
                "A thesis has been handed in and {s} has to grade it. Who wrote it?",
                "The thesis that {s} has to grade was written by",
            ),
            ("What's the student called who has {s} as supervisor?", "The student who has {s} as supervisor is called"),
            ("whose drafts is {s} reading", "{s} is reading the drafts of"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{v} is training {s} for the new job.",
            "{s} is being trained by {v}.",
            "Onboarding of {s}, trainer: {v}.",
            "{v} shows {s} the ropes.",
            (
                "During the first weeks {s} sits next to {v}, who does the training, explains the systems and "
                "answers whatever comes up."
            ),
            "It was decided that {v} would break {s} in.",
            "so {v} is the one teaching {s} how everything works here",
            "{s} learns the job from {v}.",
            "Training plan: {v} takes {s} through all modules.",
        ),
        (
            "{v} is training {them}.",
            "{They} learn{s3} the job from {v}.",
        ),
        (
            ("Who is training {s}?", "{s} is being trained by"),
            ("From whom does {s} learn the job?", "{s} learns the job from"),
            ("Who shows {s} the ropes?", "The person who shows {s} the ropes is"),
            ("{s}'s trainer?", "{s}'s trainer is"),
            ("Who teaches {s} how things are done here?", "{s} is taught how things are done here by"),
            ("Name the colleague responsible for onboarding {s}.", "The colleague responsible for onboarding {s} is"),
            ("I'd like to know who instructs {s}.", "{s} is instructed by"),
            ("Who was picked to break {s} in?", "The person picked to break {s} in is"),
            (
                "{s} still doesn't know the system. Who's supposed to explain it?",
                "The person supposed to explain the system to {s} is",
            ),
            ("Under whose guidance is {s} getting up to speed?", "{s} is getting up to speed under the guidance of"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{v} covers for {s} during holidays.",
            "When {s} is away, {v} steps in.",
            "{s}, backup: {v}.",
            "Out-of-office rule: mail for {s} goes to {v} as stand-in.",
            "{v} is the deputy of {s}.",
            "If you can't get hold of {s}, try {v}, who fills in.",
            (
                "Every desk has to name a substitute for absences, whether planned or not, and the one named for {s} "
                "is {v}."
            ),
            "{v} backs {s} up, so nothing gets stuck.",
            "{s} is represented by {v} in times of absence.",
        ),
        (
            "{v} covers for {them}.",
            "{Their} backup is {v}.",
        ),
        (
            ("Who covers for {s}?", "{s} is covered for by"),
            ("Who is {s}'s backup?", "{s}'s backup is"),
            ("{s} is on holiday. Who do I talk to?", "While {s} is on holiday, you talk to"),
            ("who steps in when {s} is off sick", "When {s} is off sick, the one who steps in is"),
            ("Who deputises for {s}?", "The person who deputises for {s} is"),
            ("Tell me the stand-in for {s}.", "The stand-in for {s} is"),
            (
                "Is there a substitute when {s} can't be reached, and who is it?",
                "The substitute when {s} can't be reached is",
            ),
            ("{s} substitute?", "The substitute for {s} is"),
            ("Which colleague fills in during {s}'s absence?", "During {s}'s absence, the colleague who fills in is"),
            ("To whom should I turn in place of {s}?", "In place of {s}, you should turn to"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{s} replaces {v}.",
            "{v} left, and {s} took over the job.",
            "{s}, successor to {v}.",
            "{v} had the position before {s}.",
            "Staff note: {v} out, {s} in, same post.",
            "The post that {s} now holds used to belong to {v}.",
            (
                "After a handover of several weeks, with a long list of open matters and two farewell lunches, {s} "
                "stepped into the role of {v}."
            ),
            "You know {v}? Well, {s} has that job now.",
            "{s} inherited the position from {v}.",
        ),
        (
            "{They} replace{s3} {v}.",
            "{Their} predecessor was {v}.",
        ),
        (
            ("Who did {s} replace?", "{s} replaced"),
            ("Who was {s}'s predecessor?", "{s}'s predecessor was"),
            ("Whose job did {s} take over?", "{s} took over the job of"),
            ("Who had the position before {s}?", "The person who had the position before {s} was"),
            ("predecessor of {s}?", "The predecessor of {s} was"),
            ("Do you recall whom {s} succeeded?", "{s} succeeded"),
            ("Name the person in whose shoes {s} stepped.", "{s} stepped into the shoes of"),
            ("From whom did {s} inherit the post?", "{s} inherited the post from"),
            (
                "I found an old file from the one who did {s}'s work earlier. Who was that?",
                "The one who did {s}'s work earlier was",
            ),
            ("who used to sit in that role, i mean before {s} came", "Before {s} came, that role belonged to"),
        ),
    ),
    R(
        "user",
        "person",
        (
            "{v} introduced me to the company.",
            "I got to know this company through {v}.",
            "It was {v} who put me in touch with the people here, years ago.",
            "The user was referred to the company by {v}.",
            "Referral of the user: {v}.",
            "If it hadn't been for {v}, I'd never have heard of this place, let alone worked here.",
            "I owe my contact with the company to {v}, who passed on my name after a dinner with the founders.",
            "fun fact, {v} recommended me for my job",
        ),
        (),
        (
            ("Who introduced me to the company?", "You were introduced to the company by"),
            ("Through whom did I get to know the company?", "You got to know the company through"),
            ("who referred me", "You were referred by"),
            ("Who recommended me here?", "You were recommended here by"),
            (
                "I want to thank the person who brought me to this firm; who was it?",
                "The person who brought you to this firm was",
            ),
            ("my referrer?", "Your referrer was"),
            ("Tell me who passed my name on.", "Your name was passed on by"),
            (
                "Do you remember how I came into contact with my employer, I mean via which person?",
                "You came into contact with your employer via",
            ),
            ("To whom do I owe my contact with the company?", "You owe your contact with the company to"),
            ("Who put in a word for me?", "The person who put in a word for you was"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{v} hired {s}.",
            "{s} was hired by {v}.",
            "{s}: hiring decision by {v}.",
            "The one who gave {s} the job was {v}.",
            "{v} picked {s} from all the applicants.",
            "Three people sat in the interviews, but in the end it was {v} who decided to take {s} on.",
            "{v} brought {s} on board, best decision ever.",
            "Recruitment file: {v} signed the offer to {s} as hiring manager.",
        ),
        (
            "{v} hired {them}.",
            "{They} got the job from {v}.",
        ),
        (
            ("Who hired {s}?", "{s} was hired by"),
            ("Who gave {s} the job?", "{s} got the job from"),
            ("By whom was {s} recruited?", "{s} was recruited by"),
            ("hiring manager for {s}?", "The hiring manager for {s} was"),
            ("Who brought {s} on board?", "{s} was brought on board by"),
            ("Do you know who decided to employ {s}?", "The one who decided to employ {s} was"),
            ("Who offered {s} a position with us?", "{s} was offered a position by"),
            ("Name the person who chose {s} among the candidates.", "{s} was chosen among the candidates by"),
            ("We should praise whoever took {s} on. Who was that?", "{s} was taken on by"),
        ),
    ),
    R(
        "team",
        "person",
        (
            "{v} sponsors the {s} team.",
            "The {s} team has {v} as its executive sponsor.",
            "{s} team, sponsor: {v}.",
            "In the steering committee, {v} speaks for the {s} team as its sponsor.",
            "Money trouble? {v} fights for the {s} team up there, being the sponsor.",
            "Every team needs somebody on the board who defends its budget, and for the {s} team that sponsor is {v}.",
            "Sponsorship of the {s} team lies with {v}.",
            "It's {v} on the board who stands behind the {s} team as sponsor.",
        ),
        (
            "The sponsor is {v}.",
            "{v} sponsors {them}.",
        ),
        (
            ("Who sponsors the {s} team?", "The {s} team is sponsored by"),
            ("Who is the executive sponsor of the {s} team?", "The executive sponsor of the {s} team is"),
            ("Which executive backs the {s} team?", "The executive who backs the {s} team is"),
            ("{s} team sponsor?", "The sponsor of the {s} team is"),
            ("Who on the board stands up for the {s} team?", "On the board, the {s} team is defended by"),
            ("I'd like to know under whose patronage the {s} team works.", "The {s} team works under the patronage of"),
            (
                "The {s} team wants more money; which leader will argue for it?",
                "The leader who will argue for the {s} team is",
            ),
            ("Name the senior person supporting the {s} team.", "The senior person supporting the {s} team is"),
            ("who represents the {s} team at the top", "At the top, the {s} team is represented by"),
        ),
    ),
    R(
        "person",
        "code",
        (
            "{s} sits at desk {v}.",
            "Desk {v} belongs to {s}.",
            "{s}, desk: {v}.",
            "Seating plan: {v}, occupied by {s}.",
            "You'll find {s} at desk {v}, right past the printers.",
            (
                "After the office move everybody got a new place, and {s} ended up at the desk with the label {v} "
                "near the window."
            ),
            "desk {v}? that's where {s} works",
            "The desk assigned to {s} is {v}.",
        ),
        (
            "{Their} desk is {v}.",
            "{They} sit{s3} at desk {v}.",
        ),
        (
            ("Where does {s} sit?", "{s} sits at desk"),
            ("Which desk is {s}'s?", "{s}'s desk is"),
            ("What is the number of the desk {s} works at?", "The number of the desk {s} works at is"),
            ("{s} seat?", "The seat of {s} is desk"),
            ("I have a parcel to drop off for {s}. At which desk?", "The parcel for {s} should be dropped off at desk"),
            ("Tell me where in the office I find {s}.", "In the office, you find {s} at desk"),
            ("Do you know {s}'s place in the seating plan?", "{s}'s place in the seating plan is"),
            ("what desk did {s} get", "{s} got desk"),
            ("Which workstation has been assigned to {s}?", "The workstation that has been assigned to {s} is"),
        ),
    ),
    R(
        "person",
        "number",
        (
            "{s}'s phone extension is {v}.",
            "Dial {v} to reach {s}.",
            "{s}, ext. {v}.",
            "Extension {v} rings on the desk of {s}.",
            "Internal phone list: {v}, {s}.",
            "Just call {s} on {v}, that's the extension.",
            (
                "From inside the building there is no need for the full number; extension {v} is enough to be put "
                "straight through to {s}."
            ),
            "{s} can be reached internally on extension {v}.",
        ),
        (
            "{Their} extension is {v}.",
            "On the internal phone, {they} can be reached at {v}.",
        ),
        (
            ("What do I dial to reach {s}?", "To reach {s}, you dial"),
            ("{s} ext?", "{s}'s extension number is"),
            ("On which internal number can I call {s}?", "You can call {s} on the internal number"),
            ("How do I get {s} on the office phone?", "You get {s} on the office phone by dialling"),
            ("Give me the short number for {s}.", "The short number for {s} is"),
            ("Which phone extension belongs to {s}?", "The phone extension that belongs to {s} is"),
            ("I'm at the front desk and want to ring {s}. What should I press?", "To ring {s}, you should press"),
            ("internal line of {s}", "The internal line of {s} is"),
            (
                "Could you look up under what number {s} is in the office directory?",
                "In the office directory, {s} is under the number",
            ),
        ),
    ),
    # Desk, badge, locker and the like
    R(
        "person",
        "code",
        (
            "{s}'s badge number is {v}.",
            "Badge {v} was issued to {s}.",
            "{s}, badge: {v}.",
            "Access control list: {v} = {s}.",
            "{s} carries the badge with number {v}.",
            "If badge {v} turns up in lost and found, it's the one {s} wears.",
            (
                "Security printed a new card last week because the old one no longer opened the side door, so the "
                "badge that {s} now has reads {v}."
            ),
            "Right, so {s} got a badge and it says {v}.",
        ),
        (
            "{Their} badge number is {v}.",
            "{They} wear{s3} badge {v}.",
        ),
        (
            ("What is {s}'s badge number?", "{s}'s badge number is"),
            ("Which badge does {s} wear?", "{s} wears badge"),
            ("badge no. of {s}?", "The badge number of {s} is"),
            ("What's printed on the access card of {s}?", "Printed on the access card of {s} is"),
            ("{s} lost the door pass. Which one must be blocked?", "The door pass of {s} that must be blocked is"),
            ("Tell me the ID that security issued to {s}.", "The ID that security issued to {s} is"),
            ("Under what number is {s} listed in access control?", "In access control, {s} is listed under"),
            ("Could you check which staff card {s} has?", "The staff card {s} has is"),
            ("what does it say on {s}'s badge", "On {s}'s badge it says"),
        ),
    ),
    R(
        "person",
        "number",
        (
            "{s} has locker {v}.",
            "Locker {v} is used by {s}.",
            "{s}, locker no. {v}.",
            "Locker list: {v}, taken by {s}.",
            "{s} keeps bag and coat in locker number {v}.",
            "Don't put your stuff in {v}, that locker is where {s} keeps things.",
            (
                "The changing room was renovated in spring, the keys were handed out again, and {s} received the one "
                "for locker {v}."
            ),
            "The locker assigned to {s} is number {v}.",
        ),
        (
            "{Their} locker is number {v}.",
            "{They} use{s3} locker {v}.",
        ),
        (
            ("Which locker does {s} have?", "{s} has locker"),
            ("What is the number of {s}'s locker?", "The number of {s}'s locker is"),
            ("Where does {s} keep bag and coat?", "{s} keeps bag and coat in locker"),
            ("{s} locker?", "{s}'s locker is number"),
            ("The facility team has to open the locker of {s}. Which one is it?", "The locker of {s} is number"),
            ("What locker was given to {s}?", "The locker given to {s} was number"),
            ("In which compartment do I find {s}'s belongings?", "{s}'s belongings are in compartment"),
            ("Tell me which locker key {s} received.", "{s} received the key for locker"),
            ("what number locker is {s} using", "{s} is using locker number"),
        ),
    ),
    R(
        "person",
        "code",
        (
            "{s} parks in slot {v}.",
            "Parking slot {v} is reserved for {s}.",
            "{s}, parking: {v}.",
            "Garage plan: {v} for {s}.",
            "Nobody else should use {v}, which is the parking space of {s}.",
            (
                "Since the lower level of the garage was opened to staff, {s} has had a reserved space there, the "
                "one marked {v}."
            ),
            "{s} leaves the car in bay {v}, always.",
            "The parking permit of {s} is valid for space {v} only.",
        ),
        (
            "{Their} parking slot is {v}.",
            "{They} park{s3} in slot {v}.",
        ),
        (
            ("Where does {s} park?", "{s} parks in slot"),
            ("Which parking slot belongs to {s}?", "The parking slot that belongs to {s} is"),
            ("What is {s}'s parking space?", "{s}'s parking space is"),
            ("Where can I find {s}'s car in the garage?", "In the garage, {s}'s car can be found in bay"),
            ("{s} parking spot?", "The parking spot of {s} is"),
            ("Which bay is {s} allowed to use?", "The bay {s} is allowed to use is"),
            (
                "A visitor took the space of {s}. Which one has to be cleared?",
                "The space of {s} that has to be cleared is",
            ),
            (
                "Name the place in the car park that is kept free for {s}.",
                "The place in the car park kept free for {s} is",
            ),
            ("where is {s} supposed to leave the car", "{s} is supposed to leave the car in slot"),
        ),
    ),
    R(
        "person",
        "word",
        (
            "Everybody in the office calls {s} by the nickname {v}.",
            "{v} is {s}'s nickname.",
            "{s}, nickname: {v}.",
            'When they say "{v}" at the coffee machine, they mean {s}.',
            "The name {v} has stuck to {s} since the first company party.",
            "{s} is known to colleagues as {v}.",
            (
                "It began as a joke in a chat, was repeated in a toast at the winter dinner, and now the whole floor "
                "says {v} instead of {s}."
            ),
            "we just say {v} to {s}, nobody uses the real name",
        ),
        (
            "{Their} nickname is {v}.",
            "Colleagues call {them} {v}.",
        ),
        (
            ("What is {s}'s nickname?", "{s}'s nickname is"),
            ("What do colleagues call {s}?", "Colleagues call {s}"),
            ("{s} nickname?", "The nickname of {s} is"),
            ("By which pet name does {s} go in the office?", "In the office, {s} goes by the name"),
            ("How is {s} known around the building?", "Around the building, {s} is known as"),
            ("Does {s} have a funny name that people use at work?", "The funny name people use for {s} at work is"),
            ("What name has stuck to {s}?", "The name that has stuck to {s} is"),
            ("Tell me how the others refer to {s} for fun.", "For fun, the others refer to {s} as"),
            (
                "I'm writing a card for {s} and want to use the office moniker. What was it?",
                "The office moniker of {s} is",
            ),
            ("what do they say instead of {s}", "Instead of {s}, they say"),
        ),
    ),
    R(
        "person",
        "date",
        (
            "{s} starts on {v}.",
            "{v} is {s}'s first day.",
            "{s}, start date: {v}.",
            "New joiners: {v}, {s}.",
            "The contract of {s} begins on {v}.",
            "Please have a laptop and a chair ready by {v}, because that's the day {s} starts here.",
            "After some back and forth about the notice period, everyone has now agreed that {s} will join us on {v}.",
            "{s} begins work on {v}, finally some help.",
        ),
        (
            "{They} start{s3} on {v}.",
            "{Their} first day is {v}.",
        ),
        (
            ("When does {s} start?", "{s} starts on"),
            ("What is {s}'s first day?", "{s}'s first day is"),
            ("On which date does {s} join the company?", "{s} joins the company on"),
            ("start date {s}?", "The start date of {s} is"),
            ("When can we expect {s} at work for the first time?", "We can expect {s} at work for the first time on"),
            ("From what date is {s} employed with us?", "{s} is employed with us from"),
            ("I have to order a desk for {s}. When must it be there?", "The desk for {s} must be there on"),
            ("Tell me the beginning of {s}'s contract.", "The beginning of {s}'s contract is"),
            ("Do you know when {s} comes on board?", "{s} comes on board on"),
            ("which day do we welcome {s}", "We welcome {s} on"),
        ),
    ),
    # Pay, hours and leave
    R(
        "person",
        "amount",
        (
            "{s} earns {v} a month.",
            "{v} is {s}'s monthly salary.",
            "{s}, monthly pay: {v}.",
            "Payroll: {v} per month to {s}.",
            "Each month {s} takes home {v}.",
            "The raise came through in the last round, so from now on {s} is paid {v} every month.",
            "so it's {v} a month that {s} makes",
            "The monthly wage agreed with {s} is {v}.",
        ),
        (
            "{They} earn{s3} {v} a month.",
            "{Their} monthly salary is {v}.",
        ),
        (
            ("How much does {s} earn a month?", "The amount {s} earns a month is"),
            ("What is {s}'s monthly salary?", "{s}'s monthly salary is"),
            ("What does {s} make per month?", "Per month, {s} makes"),
            ("{s} pay?", "The monthly pay of {s} is"),
            ("How much is {s} paid?", "The sum {s} is paid each month is"),
            ("I'm preparing the payroll. What goes to {s}?", "What goes to {s} each month is"),
            ("Tell me the wage we agreed with {s}.", "The monthly wage we agreed with {s} is"),
            ("Could you look up what the company pays {s} each month?", "Each month, the company pays {s}"),
            ("what's {s} getting every month", "Every month, {s} is getting"),
        ),
    ),
    R(
        "person",
        "amount",
        (
            "{s} got a bonus of {v}.",
            "{v} was the bonus for {s} this year.",
            "{s}, annual bonus: {v}.",
            "Bonus round: {v} approved for {s}.",
            "On top of the salary {s} received {v} as a bonus.",
            (
                "The management discussed the results at length, and since the targets were all met, {s} was awarded "
                "a yearly bonus of {v}."
            ),
            "They gave {v} extra to {s} as this year's bonus, not bad.",
            "The bonus paid out to {s} came to {v}.",
        ),
        (
            "{Their} bonus was {v}.",
            "{They} got a bonus of {v}.",
        ),
        (
            ("How much bonus did {s} get?", "{s} got a bonus of"),
            ("What was {s}'s bonus?", "{s}'s bonus was"),
            ("{s} bonus?", "The bonus of {s} was"),
            ("How large was the extra payment to {s}?", "The extra payment to {s} was"),
            ("What did {s} receive on top of the salary?", "On top of the salary, {s} received"),
            ("Name the sum awarded to {s} as a bonus.", "The sum awarded to {s} as a bonus was"),
            ("I'd like to know what {s} was paid as a reward this year.", "As a reward this year, {s} was paid"),
            ("{s} met all targets; what did that bring in money?", "As a bonus, {s} was given"),
            ("what was approved for {s} in the bonus round", "In the bonus round, the sum approved for {s} was"),
        ),
    ),
    R(
        "person",
        "number",
        (
            "{s} works {v} hours a week.",
            "{v} hours a week is what {s} works.",
            "{s}, weekly hours: {v}.",
            "Contract of {s}: {v} h/week.",
            "The working week of {s} has {v} hours.",
            "We agreed on {v} hours per week with {s}.",
            (
                "Since the change to part of the contract in the autumn, {s} has to put in {v} hours each week, "
                "spread over the days as the shift plan allows."
            ),
            "it's {v} hours weekly for {s} now, I believe",
        ),
        (
            "{They} work{s3} {v} hours a week.",
            "{Their} weekly hours are {v}.",
        ),
        (
            ("How many hours a week does {s} work?", "The number of hours a week {s} works is"),
            ("What are {s}'s weekly hours?", "{s}'s weekly hours are"),
            ("{s} hours per week?", "The hours per week of {s} are"),
            ("How long is the working week of {s}, in hours?", "In hours, the working week of {s} is"),
            (
                "How much time does {s} have to put in each week, counted in hours?",
                "Counted in hours, the time {s} has to put in each week is",
            ),
            (
                "I'm planning shifts. To how many weekly hours can I schedule {s}?",
                "The number of weekly hours for which {s} can be scheduled is",
            ),
            ("Tell me the number of hours in {s}'s contract.", "The number of weekly hours in {s}'s contract is"),
            ("how many hours did we agree on with {s}", "The number of weekly hours we agreed on with {s} is"),
            (
                "What does the contract say about the hours {s} works?",
                "The hours {s} works in a week, by contract, are",
            ),
        ),
    ),
    R(
        "person",
        "number",
        (
            "{s} gets {v} days of leave a year.",
            "{v} days of annual leave is what {s} is entitled to.",
            "{s}, leave entitlement: {v} days.",
            "HR system, vacation days per year: {v} for {s}.",
            "The contract gives {s} {v} days off every year.",
            (
                "With all the years of service counted, and the extra days for shift work added, {s} may take {v} "
                "days of holiday per year."
            ),
            "{s} has {v} days of holiday each year, lucky devil.",
            "We grant {v} vacation days yearly to {s}.",
        ),
        (
            "{They} get{s3} {v} days of leave a year.",
            "{Their} annual leave is {v} days.",
        ),
        (
            ("How many days of leave does {s} get?", "The number of leave days {s} gets is"),
            ("What is {s}'s holiday entitlement in days?", "{s}'s holiday entitlement in days is"),
            ("{s} vacation days?", "The number of vacation days for {s} is"),
            ("How many days a year can {s} take off?", "The number of days a year {s} can take off is"),
            ("To how much annual leave is {s} entitled, in days?", "In days, the annual leave {s} is entitled to is"),
            ("What number of holidays does the contract give {s}?", "The number of holidays the contract gives {s} is"),
            (
                "{s} wants to plan next year's time off. What's the yearly allowance in days?",
                "The yearly allowance of {s} in days is",
            ),
            (
                "Tell me how many days {s} may be on holiday per year.",
                "The number of days {s} may be on holiday per year is",
            ),
            ("how much paid time off has {s} got", "The days of paid time off {s} has got are"),
        ),
    ),
    R(
        "person",
        "date",
        (
            "{s} is on leave until {v}.",
            "{v} is the date up to which {s} is away.",
            "{s}, absent until {v}.",
            "Absence calendar, last day off {v}: {s}.",
            "The leave of {s} ends on {v}.",
            "Don't expect answers before {v}, because that's when the leave of {s} is over.",
            (
                "{s} handed over all open tickets to the team before flying off, and will stay on leave through {v}, "
                "with the phone switched off."
            ),
            "{s} is off till {v}, so no point in calling.",
        ),
        (
            "{They} will be away until {v}.",
            "{Their} leave ends on {v}.",
        ),
        (
            ("Until when is {s} on leave?", "{s} is on leave until"),
            ("When does {s}'s leave end?", "{s}'s leave ends on"),
            ("{s} away till when?", "{s} is away until"),
            ("How long will {s} be absent, up to which date?", "{s} will be absent up to"),
            ("What is the last day of {s}'s holiday?", "The last day of {s}'s holiday is"),
            ("I've written to {s} twice and get no reply. When's the absence over?", "The absence of {s} is over on"),
            ("Tell me the end date of the time off for {s}.", "The end date of the time off for {s} is"),
            ("Can you see in the calendar through what date {s} is out?", "In the calendar, {s} is out through"),
            ("when will {s} have finished the vacation", "The vacation of {s} finishes on"),
        ),
    ),
    R(
        "person",
        "date",
        (
            "{s}'s visa expires on {v}.",
            "{v} is when the work visa of {s} runs out.",
            "{s}, visa valid until {v}.",
            "Immigration file: {v}, expiry of the visa for {s}.",
            "The work visa that {s} holds ends on {v}.",
            "Legal asked us to start the renewal early, as the papers take months and the visa of {s} lapses on {v}.",
            "We have till {v}, then the visa is up for {s}.",
            "{s} may work here on the present visa until {v}.",
        ),
        (
            "{Their} visa expires on {v}.",
            "{They} hold{s3} a work visa valid until {v}.",
        ),
        (
            ("When does {s}'s visa expire?", "{s}'s visa expires on"),
            ("Until what date is {s}'s work visa valid?", "{s}'s work visa is valid until"),
            ("{s} visa expiry?", "The visa expiry date of {s} is"),
            ("How long may {s} work here under the visa?", "Under the visa, {s} may work here until"),
            ("When do the immigration papers of {s} run out?", "The immigration papers of {s} run out on"),
            (
                "Name the last day of validity of the visa {s} holds.",
                "The last day of validity of the visa {s} holds is",
            ),
            ("By when must the visa for {s} be renewed?", "The visa for {s} must be renewed by"),
            (
                "I'm filing an extension for {s}. What's the current end date of the permission to work?",
                "The permission to work of {s} currently ends on",
            ),
            ("what date is {s} losing the visa", "{s} is losing the visa on"),
        ),
    ),
    # What to remember about a colleague
    R(
        "person",
        "food",
        (
            "{s} can't eat {v}.",
            "No {v} for {s}, please.",
            "{s}, dietary note: allergic to {v}.",
            "Catering list: leave out {v} when {s} is at the table.",
            "{v} is something {s} doesn't tolerate.",
            "Careful with {v}, because {s} is allergic to that.",
            (
                "When you order for the offsite, remember that {s} has an allergy and must not be served anything "
                "with {v} in it."
            ),
            "{s} gets ill from {v}, so tell the caterer.",
        ),
        (
            "{They} can't eat {v}.",
            "{They} must not be served {v}.",
        ),
        (
            ("What can't {s} eat?", "{s} can't eat"),
            ("What is {s} allergic to?", "{s} is allergic to"),
            ("{s} allergy?", "{s} has an allergy to"),
            ("What makes {s} ill?", "{s} gets ill from"),
            ("Which food should not be served to {s}?", "The food that should not be served to {s} is"),
            (
                "I'm ordering lunch for the meeting and {s} will be there. What do I have to avoid?",
                "With {s} at lunch, you have to avoid",
            ),
            ("Does {s} have any dietary restriction, and which?", "{s} has a dietary restriction concerning"),
            ("Tell me what the kitchen must leave out for {s}.", "For {s}, the kitchen must leave out"),
            ("what was it again that {s} doesn't tolerate", "{s} doesn't tolerate"),
            ("Name the ingredient {s} has to stay away from.", "The ingredient {s} has to stay away from is"),
        ),
    ),
    R(
        "person",
        "date",
        (
            "{s}'s birthday is on {v}.",
            "{v} is the birthday of {s}.",
            "{s}, birthday: {v}.",
            "Birthday calendar of the office: {v}, {s}.",
            "On {v} we should sing for {s}, who has a birthday then.",
            "{s} celebrates a birthday on {v}.",
            (
                "The team collects a few coins for flowers every time, and the next envelope has to be ready for the "
                "birthday of {s} on {v}."
            ),
            "cake on {v}, it's the birthday of {s}!",
        ),
        (
            "{Their} birthday is on {v}.",
            "{They} celebrate{s3} {their} birthday on {v}.",
        ),
        (
            ("When is {s}'s birthday?", "{s}'s birthday is on"),
            ("On which day does {s} celebrate a birthday?", "{s} celebrates a birthday on"),
            ("{s} bday?", "The birthday of {s} is on"),
            ("When should we congratulate {s}?", "We should congratulate {s} on"),
            (
                "I want to send flowers to {s} for the birthday. Which date do I need?",
                "The date you need for {s}'s birthday flowers is",
            ),
            ("Tell me the date on which {s} gets a year older.", "{s} gets a year older on"),
            ("When do we need a cake for {s}?", "We need a cake for {s} on"),
            ("Do you happen to know what day {s} has a birthday?", "{s} has a birthday on"),
            ("what does the birthday calendar say for {s}", "For {s}, the birthday calendar says"),
        ),
    ),
    R(
        "person",
        "place",
        (
            "{s} commutes from {v}.",
            "{v} is where {s} travels in from each morning.",
            "{s}, commute: from {v}.",
            "From {v}, {s} comes to the office every day.",
            "Travel allowance: {v} to office, claimed by {s}.",
            (
                "Rents being what they are, {s} still lives out in {v} and takes the early train to work, there and "
                "back each day."
            ),
            "All the way from {v}, that's how far {s} travels to work!",
            "{s} lives in {v} and commutes to the office.",
        ),
        (
            "{They} commute{s3} from {v}.",
            "{Their} way to work begins in {v}.",
        ),
        (
            ("Where does {s} commute from?", "{s} commutes from"),
            ("From which town does {s} come to work?", "{s} comes to work from"),
            ("Where does {s}'s way to the office begin?", "{s}'s way to the office begins in"),
            ("{s} commuting from?", "{s} is commuting from"),
            ("What place does {s} travel in from?", "The place {s} travels in from is"),
            ("In what town does the daily journey of {s} start?", "The daily journey of {s} starts in"),
            ("Could someone give {s} a lift? I'd need to know where from.", "{s} would need a lift from"),
            ("Tell me where {s} sets out in the morning.", "In the morning, {s} sets out from"),
            ("where's {s} coming from every day", "Every day, {s} is coming from"),
        ),
    ),
    R(
        "person",
        "product",
        (
            "{s} works on {v} as a laptop.",
            "{v} is the laptop of {s}.",
            "{s}, laptop: {v}.",
            "Inventory, portable computers: {v}, handed to {s}.",
            "IT gave {s} {v} for a work laptop.",
            (
                "Asked for something lighter to carry to customers, IT looked around for a while and in the end {v} "
                "became the laptop of {s}."
            ),
            "{s} has {v} for a laptop and keeps complaining about the fan.",
            "The laptop on the desk of {s}? That's {v}.",
        ),
        (
            "{Their} laptop is {v}.",
            "{They} use{s3} {v} as a laptop.",
        ),
        (
            ("What laptop does {s} have?", "The laptop {s} has is"),
            ("Which computer does {s} work on?", "The computer {s} works on is"),
            ("{s} laptop model?", "The laptop model of {s} is"),
            ("What did IT hand to {s}?", "IT handed {s}"),
            ("On what kind of notebook does {s} work?", "The kind of notebook {s} works on is"),
            ("I have to buy a charger for {s}. For which machine?", "The charger for {s} must fit"),
            ("Name the portable computer issued to {s}.", "The portable computer issued to {s} is"),
            ("Do you know what machine {s} carries around?", "The machine {s} carries around is"),
            ("what device is {s} working with", "{s} is working with"),
        ),
    ),
    R(
        "person",
        "word",
        (
            "{s} prefers to be called {v}.",
            "{v} is the name {s} likes to be addressed by.",
            "{s}, preferred name: {v}.",
            "Directory entry, goes by {v}: {s}.",
            "Say {v}, not the full name, when you speak to {s}.",
            "The form had a field for what one would like to be called at work, and {s} wrote {v} into it.",
            "{s} asked everybody to say {v}, so let's do that.",
            "Please use {v} when you address {s}, by request.",
        ),
        (
            "{They} prefer{s3} to be called {v}.",
            "{Their} preferred name is {v}.",
        ),
        (
            ("What does {s} prefer to be called?", "{s} prefers to be called"),
            ("What is {s}'s preferred name?", "{s}'s preferred name is"),
            ("How would {s} like to be addressed?", "{s} would like to be addressed as"),
            ("{s} goes by?", "{s} goes by"),
            ("Which form of address did {s} ask for?", "The form of address {s} asked for is"),
            ("I'm meeting {s} tomorrow and don't want to be stiff. What do I say?", "When you meet {s}, you say"),
            ("Tell me what name to use for {s}.", "The name to use for {s} is"),
            ("What should be printed on the name tag of {s}?", "The name tag of {s} should read"),
            ("what does {s} want people to say", "{s} wants people to say"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{s}'s emergency contact is {v}.",
            "In an emergency, {v} must be called for {s}.",
            "{s}, emergency contact: {v}.",
            "{v} is the one to ring if something happens to {s}.",
            "First-aid sheet: notify {v} in case of an accident of {s}.",
            "{s} named {v} as the person to inform in an emergency.",
            (
                "Should there ever be an accident or a sudden illness, the form says that the family of {s} is to be "
                "informed by calling {v}."
            ),
            "if {s} ever faints again, phone {v} right away",
        ),
        (
            "{Their} emergency contact is {v}.",
            "If anything happens to {them}, {v} must be called.",
        ),
        (
            ("Who must be called if something happens to {s}?", "If something happens to {s}, the person to call is"),
            ("{s} just collapsed. Who do we phone?", "For {s}, we phone"),
            ("Whom did {s} name for emergencies?", "For emergencies, {s} named"),
            ("ICE contact of {s}?", "The ICE contact of {s} is"),
            (
                "Which person should be notified after an accident of {s}?",
                "The person to notify after an accident of {s} is",
            ),
            (
                "Tell me who gets the call when {s} has to go to hospital.",
                "When {s} has to go to hospital, the call goes to",
            ),
            (
                "Is there somebody we have to inform when {s} falls seriously ill?",
                "When {s} falls seriously ill, we have to inform",
            ),
            ("What name is on file in case {s} gets hurt?", "The name on file in case {s} gets hurt is"),
        ),
    ),
    R(
        "person",
        "title",
        (
            "{s} has taken the training {v}.",
            "{v} is the course {s} completed.",
            "{s}, training completed: {v}.",
            "Certificate for {v}, made out to {s}.",
            "The course {s} attended was {v}.",
            "HR keeps a record of all seminars, and for {s} it now shows the training {v}, passed with no mistakes.",
            "I saw {s} at the {v} course, right up to the end.",
            "{v} was the seminar that {s} sat through and finished.",
        ),
        (
            "{They} took the training {v}.",
            "{Their} completed course is {v}.",
        ),
        (
            ("Which training has {s} taken?", "The training {s} has taken is"),
            ("What course did {s} complete?", "The course {s} completed is"),
            ("{s} trainings?", "The training on record for {s} is"),
            ("For what seminar does {s} have a certificate?", "{s} has a certificate for"),
            ("In which class was {s} trained?", "{s} was trained in the class"),
            ("What is the title of the workshop {s} went to?", "The title of the workshop {s} went to is"),
            ("I'm updating the skills list. What has {s} attended?", "{s} has attended"),
            ("Name the course that {s} finished.", "The course that {s} finished is"),
            ("Do you know what further education {s} did?", "The further education {s} did was"),
        ),
    ),
    R(
        "person",
        "phrase",
        (
            "{s} holds the role of {v}.",
            "{v} is the official role of {s} on this floor.",
            "{s}, role: {v}.",
            'The org chart has "{v}" in the box below the name {s}.',
            "As {v}, a role with a strange name, {s} sits in all the planning meetings.",
            "Nobody outside the company understands what the role means, but the card that {s} hands out says {v}.",
            "{s} is listed as {v} in the staff directory.",
            "They made {v} the role of {s}, whatever that means.",
        ),
        (
            "{Their} role is {v}.",
            "{They} hold{s3} the role of {v}.",
        ),
        (
            ("What is {s}'s role?", "{s}'s role is"),
            ("Which role does {s} hold?", "{s} holds the role of"),
            ("{s} job role?", "The job role of {s} is"),
            ("What does {s} work as?", "{s} works as"),
            ("As what is {s} listed in the directory?", "In the directory, {s} is listed as"),
            ("What's on the business card of {s}?", "On the business card of {s} is"),
            ("Tell me the function of {s} here.", "The function of {s} here is"),
            ("I need to introduce {s} to a client. What do I say the position is?", "The position of {s} is"),
            ("in what capacity does {s} attend the meetings", "{s} attends the meetings as"),
            ("Can you tell me what {s} does here, officially?", "Officially, {s} is"),
        ),
    ),
    R(
        "person",
        "food",
        (
            "{s}'s favourite snack at work is {v}.",
            "{v} is what {s} always picks from the snack shelf.",
            "{s}, favourite snack: {v}.",
            "Order extra {v}, since {s} likes that best.",
            "Nothing makes {s} happier in a long meeting than {v}.",
            (
                "For the farewell basket somebody asked around, and it turned out that of all the snacks in the "
                "kitchen {s} loves {v} the most."
            ),
            "Give {s} some {v} and the day is saved, a true favourite.",
            "If there's {v} on the table, {s} will take that before anything else.",
        ),
        (
            "{Their} favourite snack is {v}.",
            "{They} like{s3} {v} best.",
        ),
        (
            ("What is {s}'s favourite snack?", "{s}'s favourite snack is"),
            ("What does {s} like best from the kitchen?", "From the kitchen, {s} likes best"),
            ("{s} fav snack?", "The favourite snack of {s} is"),
            ("What can I bring to cheer {s} up?", "To cheer {s} up, you can bring"),
            ("Which treat does {s} love?", "The treat {s} loves is"),
            ("What does {s} reach for first?", "{s} reaches first for"),
            (
                "I'm putting together a gift basket for {s}. What must be in it?",
                "In the gift basket for {s}, there must be",
            ),
            ("Tell me what {s} prefers to nibble on.", "{s} prefers to nibble on"),
            ("Do you remember which food {s} is so fond of?", "The food {s} is so fond of is"),
        ),
    ),
    R(
        "person",
        "colour",
        (
            "The mug of {s} is {v}.",
            "{v} is the colour of {s}'s mug.",
            "{s}, mug in the kitchen: {v}.",
            "Of the cups on the shelf, the {v} one belongs to {s}.",
            "Hands off the {v} mug, that one is {s}'s!",
            "Everyone has to wash up for themselves, and so that no cups get mixed up, {s} drinks from the {v} one.",
            "{s} takes coffee in the {v} mug only.",
            "There's one {v} mug in the cupboard, and {s} owns it.",
        ),
        (
            "{Their} mug is {v}.",
            "{They} drink{s3} from the {v} mug.",
        ),
        (
            ("What colour is {s}'s mug?", "{s}'s mug is"),
            ("Which colour is the cup {s} drinks from?", "The cup {s} drinks from is"),
            ("{s} mug colour?", "The mug colour of {s} is"),
            ("I want to bring {s} a coffee. What does the right mug look like?", "The right mug for {s} is"),
            ("How do I tell {s}'s cup from the others?", "You can tell {s}'s cup because it is"),
            ("Name the colour of the coffee mug that {s} owns.", "The colour of the coffee mug that {s} owns is"),
            ("By what colour do I recognise the mug of {s}?", "You recognise the mug of {s} by the colour"),
            ("Do you know what colour of mug {s} uses?", "The colour of mug {s} uses is"),
            ("what color is the one {s} drinks coffee from", "The one {s} drinks coffee from is"),
        ),
    ),
    # The other way round, and further ties between people
    R(
        "person",
        "person",
        (
            "{s} has taken {v} under the wing as a mentee.",
            "{v} is {s}'s mentee.",
            "{s}, mentee: {v}.",
            "Mentoring sheet, column junior: {v}; column senior: {s}.",
            "{s} gives advice to {v} as part of the mentoring.",
            "It's {v} that {s} mentors.",
            (
                "The programme pairs one experienced colleague with one beginner, which is how {s} came to be the "
                "mentor for {v}."
            ),
            "so {s} got a mentee as well, and it's {v}",
        ),
        (
            "{They} mentor{s3} {v}.",
            "{Their} mentee is {v}.",
        ),
        (
            ("Who does {s} mentor?", "{s} mentors"),
            ("Who is {s}'s mentee?", "{s}'s mentee is"),
            ("Whom has {s} taken under the wing?", "{s} has taken under the wing"),
            ("{s} mentee?", "The mentee of {s} is"),
            ("To which junior does {s} give advice?", "The junior {s} gives advice to is"),
            ("Which beginner is guided by {s}?", "The beginner guided by {s} is"),
            ("Tell me whose mentor {s} is.", "{s} is the mentor of"),
            ("{s} wants to book a mentoring session. With which protégé?", "The protégé of {s} is"),
            ("who's getting mentoring from {s}", "The one getting mentoring from {s} is"),
            ("For whom did {s} become a mentor?", "{s} became a mentor for"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{s} shares an office with {v}.",
            "{v} and {s} sit in the same room.",
            "{s}, office mate: {v}.",
            "Door sign, two names: {v} and {s}.",
            "The room of {s} has a second desk, and that's where {v} sits.",
            (
                "Space being short since the flood in the basement, {s} had to move in with {v}, so the two now have "
                "one office between them."
            ),
            "{v} is the room-mate of {s} at work.",
            "Poor {s}, stuck in one office with {v} and that radio.",
        ),
        (
            "{They} share{s3} an office with {v}.",
            "{Their} office mate is {v}.",
        ),
        (
            ("Who does {s} share an office with?", "{s} shares an office with"),
            ("Who is {s}'s office mate?", "{s}'s office mate is"),
            ("Who else sits in the room of {s}?", "Also sitting in the room of {s} is"),
            ("{s} roommate at work?", "The roommate of {s} at work is"),
            ("With whom is {s} in one office?", "{s} is in one office with"),
            ("{s} doesn't pick up. Who in the same room could I ask?", "In the same room as {s}, you could ask"),
            ("Name the person at the desk opposite {s}.", "In the same office as {s} sits"),
            ("Do you know whose office {s} works in as well?", "{s} works in the same office as"),
            ("whose name is on the door next to {s}", "On the door, next to {s}, is the name of"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{v} approves {s}'s timesheets.",
            "{s} hands in timesheets to {v} for approval.",
            "{s}, timesheet approver: {v}.",
            "Workflow: hours of {s}, released by {v}.",
            "Without the okay of {v}, no timesheet of {s} gets through.",
            "The hours that {s} enters go to {v}, who signs them off.",
            (
                "At the end of each month payroll waits for one click, and for the timesheet of {s} that click has "
                "to come from {v}."
            ),
            "{v} has to sign off the hours for {s}, as always.",
        ),
        (
            "{v} approves {their} timesheets.",
            "{Their} timesheets go to {v} for approval.",
        ),
        (
            ("Who approves {s}'s timesheets?", "{s}'s timesheets are approved by"),
            ("To whom does {s} submit hours?", "{s} submits hours to"),
            ("Who signs off the hours of {s}?", "The hours of {s} are signed off by"),
            ("timesheet approver for {s}?", "The timesheet approver for {s} is"),
            ("{s}'s hours are still pending. Who's holding them up?", "The hours of {s} are pending with"),
            ("Whose okay does {s} need for the timesheet?", "For the timesheet, {s} needs the okay of"),
            ("Tell me who checks the time records of {s}.", "The time records of {s} are checked by"),
            (
                "Could you find out by whom the working time of {s} is confirmed?",
                "The working time of {s} is confirmed by",
            ),
            ("who clicks release on what {s} enters", "What {s} enters is released by"),
        ),
    ),
    R(
        "person",
        "organisation",
        (
            "{s} came to us from {v}.",
            "{v} is where {s} worked before.",
            "{s}, previous employer: {v}.",
            "CV summary: last job at {v}, applicant {s}.",
            "Before this, {s} was employed at {v}.",
            "{s} left {v} to join our team.",
            "At the welcome breakfast {s} told us about the years at {v}, which was the stop right before ours.",
            "oh, {s} used to be with {v} until we came along",
        ),
        (
            "{They} used to work for {v}.",
            "{Their} previous employer was {v}.",
        ),
        (
            ("Where did {s} work before?", "Before, {s} worked at"),
            ("What was {s}'s previous employer?", "{s}'s previous employer was"),
            ("Which company did {s} leave to come here?", "To come here, {s} left"),
            ("{s} ex employer?", "The former employer of {s} is"),
            ("From what firm did we get {s}?", "We got {s} from"),
            ("Who employed {s} prior to us?", "Prior to us, {s} was employed by"),
            ("I need a reference for {s}. Which company do I call?", "For a reference on {s}, you call"),
            ("Tell me the last place of work of {s}.", "The last place of work of {s} was"),
            ("For whom did {s} work until joining us?", "Until joining us, {s} worked for"),
            ("where was {s} earlier, which business", "Earlier, {s} was with"),
        ),
    ),
    R(
        "person",
        "time",
        (
            "{s} starts work at {v}.",
            "At {v}, {s} comes in.",
            "{s}, start of shift: {v}.",
            "Duty roster: {v}, {s}.",
            "{v} is when the working day of {s} begins.",
            "The shift of {s} begins at {v}.",
            (
                "Having small children to drop off, and a bus that only runs on the hour, {s} agreed with the boss "
                "to begin the day at {v}."
            ),
            "You won't see {s} before {v}, that's when the shift starts.",
        ),
        ("{Their} shift begins at {v}.",),
        (
            ("When does {s} start work?", "{s} starts work at"),
            ("At what time does {s} come in?", "{s} comes in at"),
            ("What time does {s}'s shift begin?", "{s}'s shift begins at"),
            ("{s} in from?", "{s} is in from"),
            ("From when can I reach {s} in the office?", "In the office, {s} can be reached from"),
            ("How early is {s} at work?", "{s} is at work at"),
            ("I have to catch {s} first thing in the day. What hour?", "{s} can be caught first thing in the day at"),
            ("Tell me when the workday begins for {s}.", "For {s}, the workday begins at"),
            ("Do you know when {s} clocks on?", "{s} clocks on at"),
        ),
    ),
    R(
        "person",
        "duration",
        (
            "{s} is taking parental leave of {v}.",
            "{v} of parental leave were granted to {s}.",
            "{s}, parental leave, length: {v}.",
            "HR approved {v} at home with the baby for {s}.",
            "The parental leave of {s} lasts {v}.",
            "For {v}, {s} will be at home with the new baby, on parental leave.",
            (
                "After a long talk with the partner and a short one with HR, {s} applied for parental leave lasting "
                "{v}, and got it."
            ),
            "so {s} is staying home with the little one for {v}, on parental leave",
        ),
        (
            "{Their} parental leave lasts {v}.",
            "{They} take{s3} parental leave for {v}.",
        ),
        (
            ("How long is {s}'s parental leave?", "{s}'s parental leave lasts"),
            ("For how long is {s} on parental leave?", "{s} is on parental leave for"),
            ("{s} parental leave length?", "The length of the parental leave of {s} is"),
            ("How much time off does {s} take for the baby?", "The time off {s} takes for the baby is"),
            ("What period did HR grant {s} to be with the child?", "The period HR granted {s} to be with the child is"),
            ("We need cover while {s} is home with the newborn. For how long?", "Cover for {s} is needed for"),
            (
                "Tell me the duration of the baby break {s} asked for.",
                "The duration of the baby break {s} asked for is",
            ),
            ("Do you know how long {s} will stay home as a parent?", "As a parent, {s} will stay home for"),
            ("how many weeks or months is {s} out for the kid", "For the kid, {s} is out for"),
        ),
    ),
    R(
        "person",
        "percent",
        (
            "{s} works part-time at {v}.",
            "{v} is the workload {s} has agreed on.",
            "{s}, employment level: {v}.",
            "Personnel sheet: {v} of a full position, {s}.",
            "The job of {s} is {v} of full time.",
            (
                "With the evening studies taking up the rest of the week, {s} has cut the job down to {v} of a full "
                "position."
            ),
            "{s} does {v} of a full-time job these days.",
            "Only {v} of a full post is filled by {s}, remember that when you plan.",
        ),
        (
            "{They} work{s3} at {v} of full time.",
            "{Their} employment level is {v}.",
        ),
        (
            ("At what percentage does {s} work?", "{s} works at"),
            ("What is {s}'s employment level?", "{s}'s employment level is"),
            ("{s} part-time percentage?", "The part-time percentage of {s} is"),
            ("How large a share of a full-time job does {s} have?", "The share of a full-time job {s} has is"),
            ("What fraction of a full post does {s} fill?", "The fraction of a full post {s} fills is"),
            ("To what workload has {s} agreed?", "The workload {s} has agreed to is"),
            ("I'm doing the capacity plan. How do I count {s}?", "In the capacity plan, {s} counts as"),
            ("Tell me how much of full time {s} is employed.", "Of full time, {s} is employed at"),
            ("what's the current pensum of {s}", "The current pensum of {s} is"),
        ),
    ),
    R(
        "person",
        "year",
        (
            "{s} has been with the company since {v}.",
            "In {v}, {s} joined the company.",
            "{s}, joined: {v}.",
            "Anniversary list, year of entry {v}: {s}.",
            "{v} was the year in which {s} came to the company.",
            "The company was still in two rooms above a bakery when {s} signed on in {v}.",
            "{s} goes way back, to {v}, as far as this company is concerned.",
            "It was {v} when the company got {s} as an employee.",
        ),
        (
            "{They} joined the company in {v}.",
            "{Their} year of entry is {v}.",
        ),
        (
            ("Since when has {s} been with the company?", "{s} has been with the company since"),
            ("In what year did {s} join?", "{s} joined in"),
            ("When did {s} come to the company?", "{s} came to the company in"),
            ("{s} joined when?", "The year {s} joined was"),
            ("What is {s}'s year of entry?", "{s}'s year of entry is"),
            ("How long has {s} been here, counted from which year?", "{s} has been here since"),
            ("I'm preparing a speech for the work anniversary of {s}. What year did it begin?", "For {s}, it began in"),
            ("Tell me the year {s} became an employee.", "{s} became an employee in"),
            ("Do you know when the company took {s} on?", "The company took {s} on in"),
        ),
    ),
    # Teams
    R(
        "team",
        "person",
        (
            "{v} leads the {s} team.",
            "The {s} team is led by {v}.",
            "{s} team, lead: {v}.",
            "Contact sheet: {v}, head of the {s} team.",
            "If the {s} team is stuck, {v} decides, as team lead.",
            "The {s} team has a new head, {v}.",
            (
                "After two months without anybody in charge, during which the plants died as well, the {s} team "
                "finally got {v} as its leader."
            ),
            "so {v} runs the {s} team now",
        ),
        (
            "{Their} head is {v}.",
            "{v} leads {them}.",
        ),
        (
            ("Who leads the {s} team?", "The {s} team is led by"),
            ("Who is the head of the {s} team?", "The head of the {s} team is"),
            ("Who runs the {s} team?", "The {s} team is run by"),
            ("{s} team lead?", "The lead of the {s} team is"),
            ("Who's in charge of the {s} team?", "In charge of the {s} team is"),
            (
                "I have a request for the {s} team. Which boss do I send it to?",
                "The request for the {s} team goes to its boss,",
            ),
            ("Under whose leadership does the {s} team work?", "The {s} team works under the leadership of"),
            ("Tell me who the chief of the {s} team is.", "The chief of the {s} team is"),
            ("Who has the last word in the {s} team?", "The last word in the {s} team belongs to"),
            ("Name the manager heading the {s} team.", "The manager heading the {s} team is"),
        ),
    ),
    R(
        "team",
        "person",
        (
            "{v} is the newest member of the {s} team.",
            "The {s} team has just been joined by {v}.",
            "{s} team, latest addition: {v}.",
            "Newsletter: please welcome {v}, the newcomer in the {s} team.",
            "Say hello to {v}, who is brand new in the {s} team.",
            "The last to come to the {s} team is {v}.",
            (
                "For a long time nobody new was allowed, but with the budget approved the {s} team could at last "
                "welcome {v} as its most recent recruit."
            ),
            "{v} is the new face over at the {s} team.",
        ),
        (
            "The newest member is {v}.",
            "{v} is the newcomer there.",
        ),
        (
            ("Who is the newest member of the {s} team?", "The newest member of the {s} team is"),
            ("Who just joined the {s} team?", "The person who just joined the {s} team is"),
            ("Who's new in the {s} team?", "New in the {s} team is"),
            ("{s} team new hire?", "The new hire in the {s} team is"),
            ("Whom did the {s} team welcome last?", "The {s} team last welcomed"),
            (
                "What's the name of the fresh recruit on the {s} team?",
                "The name of the fresh recruit on the {s} team is",
            ),
            (
                "I saw an unknown face at the {s} team's table. Who could that be?",
                "The unknown face at the {s} team's table is",
            ),
            ("Tell me who the {s} team got as reinforcement.", "As reinforcement, the {s} team got"),
            (
                "Do you know which colleague has been in the {s} team for the shortest time?",
                "The colleague who has been in the {s} team for the shortest time is",
            ),
        ),
    ),
    R(
        "team",
        "time",
        (
            "The {s} team holds its daily stand-up at {v}.",
            "At {v}, the {s} team meets for the daily stand-up.",
            "{s} team, daily: {v}.",
            "Team calendar: {v} stand-up, {s} team, every working day.",
            "{v} is the hour of the daily stand-up in the {s} team.",
            "Nobody in the {s} team has time at {v}, since the daily stand-up is on then.",
            "To suit the colleagues abroad, who are some hours ahead, the {s} team moved its daily stand-up to {v}.",
            "the {s} folks stand around the board at {v} each day, that's their team stand-up",
        ),
        (
            "The daily stand-up is at {v}.",
            "Every day at {v}, {they} meet{s3} for a stand-up.",
        ),
        (
            ("When is the stand-up of the {s} team?", "The stand-up of the {s} team is at"),
            ("What time does the {s} team meet every day?", "Every day, the {s} team meets at"),
            ("{s} team standup time?", "The stand-up time of the {s} team is"),
            ("At what hour does the {s} team have its daily?", "The {s} team has its daily at"),
            (
                "I'd like to listen in on the {s} team's short meeting. When should I be there?",
                "For the {s} team's short meeting, you should be there at",
            ),
            ("When does the {s} team gather round the board?", "The {s} team gathers round the board at"),
            ("Tell me when the {s} team syncs each day.", "Each day, the {s} team syncs at"),
            ("For what time is the {s} team's daily huddle scheduled?", "The {s} team's daily huddle is scheduled for"),
            (
                "When in the day should I not call anyone on the {s} team because of their stand-up?",
                "Because of the stand-up, nobody on the {s} team should be called at",
            ),
        ),
    ),
    R(
        "team",
        "email",
        (
            "Write to the {s} team at {v}.",
            "{v} is the shared mailbox of the {s} team.",
            "{s} team, mail: {v}.",
            "Messages to {v} are read by everybody on the {s} team.",
            "The address of the {s} team is {v}.",
            "Don't mail single people if it's for the {s} team; just use {v}.",
            (
                "Since requests kept getting lost in private inboxes, the {s} team set up one address for all of "
                "them, {v}, and looks there every hour."
            ),
            "drop a line to {v}, then the whole {s} team gets it",
        ),
        (
            "The shared address is {v}.",
            "Mail to {v} reaches {them}.",
        ),
        (
            ("What is the email address of the {s} team?", "The email address of the {s} team is"),
            ("How do I write to the {s} team?", "You write to the {s} team at"),
            ("{s} team email?", "The email of the {s} team is"),
            ("Where do I send a request for the {s} team?", "A request for the {s} team is sent to"),
            ("Which mailbox does the {s} team read?", "The mailbox the {s} team reads is"),
            ("Under what address can the {s} team be contacted?", "The {s} team can be contacted at"),
            ("Give me the group inbox of the {s} team.", "The group inbox of the {s} team is"),
            (
                "I have a question for everyone on the {s} team. To which address?",
                "A question for everyone on the {s} team goes to",
            ),
            ("Could you tell me how mail reaches the {s} team?", "Mail reaches the {s} team at"),
        ),
    ),
    R(
        "team",
        "number",
        (
            "There are {v} people on the {s} team.",
            "{v} people make up the {s} team.",
            "{s} team, headcount: {v}.",
            "Staffing report: {v} employees, {s} team.",
            "The {s} team has {v} members.",
            "Book a table for {v}, the whole {s} team is coming, nobody missing.",
            (
                "Counting the part-timers and the two who moved over from the other building, the {s} team now "
                "consists of {v} people."
            ),
            "so they're {v} in all on the {s} team",
        ),
        (
            "The headcount is {v}.",
            "There are {v} people in it.",
        ),
        (
            ("How many people are on the {s} team?", "The number of people on the {s} team is"),
            ("How big is the {s} team?", "The size of the {s} team is"),
            ("What is the headcount of the {s} team?", "The headcount of the {s} team is"),
            ("{s} team size?", "In number of people, the {s} team's size is"),
            ("How many members does the {s} team have?", "The number of members the {s} team has is"),
            (
                "Of how many colleagues does the {s} team consist?",
                "The number of colleagues the {s} team consists of is",
            ),
            (
                "I'm ordering T-shirts for everybody on the {s} team. How many do I need?",
                "The number of T-shirts needed for the {s} team is",
            ),
            ("Tell me the staff count of the {s} team.", "The staff count of the {s} team is"),
            ("How many heads does the {s} team count?", "The number of heads the {s} team counts is"),
        ),
    ),
    R(
        "team",
        "word",
        (
            "The {s} team chats in the channel called {v}.",
            "{v} is the name of the {s} team's chat channel.",
            "{s} team, channel: {v}.",
            "Join {v} if you want to follow the chat of the {s} team.",
            "In the channel {v}, the {s} team talks all day.",
            "The chat channel of the {s} team goes by the name {v}.",
            (
                "When the old chat rooms were merged and everything had to be renamed, the {s} team drew lots and "
                "got the channel name {v}."
            ),
            "just ping the {s} team on {v}, that's their channel",
        ),
        (
            "The chat channel is called {v}.",
            "{They} chat{s3} in the channel {v}.",
        ),
        (
            ("What is the {s} team's channel called?", "The {s} team's channel is called"),
            ("Where does the {s} team chat?", "The {s} team chats in the channel"),
            ("{s} team channel?", "The channel of the {s} team is"),
            ("In which chat room do I find the {s} team?", "You find the {s} team in the chat room"),
            ("Where should I post a message for the {s} team?", "A message for the {s} team should be posted in"),
            ("Name the channel the {s} team uses.", "The channel the {s} team uses is"),
            (
                "I've joined the {s} team and want to subscribe to its chat. What do I look for?",
                "To subscribe to the chat of the {s} team, you look for",
            ),
            ("Do you know where the {s} team talks online?", "Online, the {s} team talks in"),
            ("On what channel can I ping the {s} team?", "The {s} team can be pinged on"),
        ),
    ),
    # The user at work
    R(
        "user",
        "person",
        (
            "My mentor is {v}.",
            "{v} mentors me.",
            "The user is mentored by {v}.",
            "Mentor of the user: {v}.",
            "Once a month I have tea with {v}, who is my mentor.",
            "I picked {v} as my mentor, and I'm glad I did.",
            (
                "When the firm asked all of us to choose somebody with more experience to learn from, {v} said yes "
                "to being my mentor."
            ),
            "so yeah, {v} is the one mentoring me",
        ),
        (),
        (
            ("Who mentors me?", "You are mentored by"),
            ("Who is my mentor?", "Your mentor is"),
            ("What is the name of the person mentoring me?", "The name of the person mentoring you is"),
            ("my mentor?", "The person who mentors you is"),
            ("Whose mentee am I?", "You are the mentee of"),
            ("I need career advice. Who was it that agreed to guide me?", "The person who agreed to guide you is"),
            ("Tell me who I chose to learn from at the firm.", "At the firm, you chose to learn from"),
            ("With whom do I have my mentoring talks?", "You have your mentoring talks with"),
            ("Do you remember which colleague took me under the wing?", "The colleague who took you under the wing is"),
        ),
    ),
    R(
        "user",
        "person",
        (
            "{v} stands in for me when I'm away.",
            "My backup is {v}.",
            "The user is covered by {v} during absences.",
            "Stand-in of the user: {v}.",
            "In my out-of-office reply, please name {v} as the contact.",
            "While I'm on holiday, send everything urgent to {v}, who covers for me.",
            (
                "I never take time off without a handover, and the colleague who always gets it, with all the "
                "passwords and open files, is {v}."
            ),
            "ask {v} if I'm out, that's my deputy",
        ),
        (),
        (
            ("Who stands in for me?", "The person who stands in for you is"),
            ("Who is my backup?", "Your backup is"),
            ("Who covers for me while I'm off?", "While you're off, you are covered for by"),
            ("my deputy?", "Your deputy is"),
            ("I'm writing my out-of-office message. Whom do I name?", "In your out-of-office message, you name"),
            ("To whom does urgent stuff go during my vacation?", "During your vacation, urgent stuff goes to"),
            ("Tell me who fills in when I can't come to work.", "When you can't come to work, the one who fills in is"),
            ("Who takes over from me when I'm ill?", "When you're ill, the person who takes over from you is"),
            ("Which colleague acts as my substitute?", "The colleague who acts as your substitute is"),
        ),
    ),
    R(
        "user",
        "code",
        (
            "My desk is {v}.",
            "{v} is the desk I sit at.",
            "The user sits at desk {v}.",
            "Desk of the user: {v}.",
            "They moved me again; {v} is my desk now.",
            "If a courier asks, I'm at desk {v}, next to the plants.",
            "After the whole floor was rearranged, with new lamps and fewer walls, I got the desk with the number {v}.",
            "You'd find me at {v}, that's my desk.",
        ),
        (),
        (
            ("Where do I sit?", "You sit at desk"),
            ("What is my desk number?", "Your desk number is"),
            ("Which desk is mine?", "Your desk is"),
            ("my seat?", "Your seat is desk"),
            ("A courier wants to know at which desk to find me. What do I answer?", "You can be found at desk"),
            (
                "Tell me which workplace I've been given in the office.",
                "The workplace you've been given in the office is desk",
            ),
            ("Where did they move me on the floor?", "They moved you to desk"),
            ("What number is on the desk I work at?", "The number on the desk you work at is"),
            ("which spot do i have in the seating plan", "In the seating plan, you have desk"),
        ),
    ),
    R(
        "user",
        "amount",
        (
            "My pay rise is {v} a year.",
            "{v} a year more is the raise I got.",
            "The user received a raise of {v} per year.",
            "Raise of the user, yearly: {v}.",
            "I talked to my boss and came out with {v} a year on top of my salary.",
            "They added {v} to my yearly salary.",
            (
                "It took three meetings and a rather long letter, but I've been promised {v} more per year from next "
                "month on."
            ),
            "guess what, {v} extra a year for me, I got my raise!",
        ),
        (),
        (
            ("How much was my raise?", "Your raise was"),
            ("What is my pay rise?", "Your pay rise is"),
            ("By how much did my salary go up?", "Your salary went up by"),
            ("my raise?", "The raise you got is"),
            ("How much more do I earn per year?", "Per year, you earn more by"),
            ("What did they add to my yearly salary?", "To your yearly salary, they added"),
            ("I'm redoing my budget. What increase in pay can I count on?", "The increase in pay you can count on is"),
            ("Tell me what I negotiated with my boss for each year.", "For each year, you negotiated an extra"),
            ("what was i promised on top of my wage", "On top of your wage, you were promised"),
        ),
    ),
    R(
        "user",
        "number",
        (
            "I have {v} days of leave left this year.",
            "{v} vacation days are what I've still got this year.",
            "The user has {v} leave days remaining for the year.",
            "Remaining leave of the user, days: {v}.",
            "According to the portal, {v} of my holidays are still open this year.",
            "I can take {v} more days off before the year ends.",
            (
                "I had a look at the HR page after lunch, and with the trip in May already subtracted there are {v} "
                "days of leave left for me."
            ),
            "still {v} days of holiday to go for me this year, yay",
        ),
        (),
        (
            ("How many days of leave do I have left?", "The number of days of leave you have left is"),
            ("What's my remaining leave in days?", "Your remaining leave in days is"),
            ("my vacation days left?", "The number of your vacation days left is"),
            ("How many more days can I take off this year?", "The number of days you can still take off this year is"),
            ("How much holiday have I still got, in days?", "In days, the holiday you have still got is"),
            ("I'd like to book a trip. What's my leave balance?", "Your leave balance in days is"),
            ("Tell me how many of my holidays are still open.", "The number of your holidays still open is"),
            (
                "What number does the HR portal show for my unused days off?",
                "For your unused days off, the HR portal shows",
            ),
            ("how many free days remain for me", "The number of free days that remain for you is"),
        ),
    ),
    R(
        "user",
        "word",
        (
            "At work, people call me {v}.",
            "{v} is my nickname at work.",
            "The user is nicknamed {v} by colleagues.",
            "Nickname of the user at work: {v}.",
            "My colleagues started saying {v} to me and never stopped.",
            'When someone at the office shouts "{v}", it\'s me they want.',
            (
                "I don't quite remember who came up with it, some evening after a trade fair, but the name {v} has "
                "stuck to me at work."
            ),
            "so they say {v} instead of my name, at the office",
        ),
        (),
        (
            ("What is my nickname at work?", "Your nickname at work is"),
            ("What do my colleagues call me?", "Your colleagues call you"),
            ("my office nickname?", "Your office nickname is"),
            ("By what name am I known at the office?", "At the office, you are known as"),
            ("Which name has stuck to me?", "The name that has stuck to you is"),
            (
                "Somebody at work shouts for me without using my real name. What do they shout?",
                "To get you, they shout",
            ),
            ("How do coworkers refer to me?", "Coworkers refer to you as"),
            ("Tell me the funny name I was given in the company.", "The funny name you were given in the company is"),
            ("what do people say instead of my proper name", "Instead of your proper name, people say"),
        ),
    ),
    R(
        "user",
        "date",
        (
            "My performance review is on {v}.",
            "On {v}, I have my performance review.",
            "The user's performance review takes place on {v}.",
            "Performance review of the user: {v}.",
            "{v} is when my boss wants to go through my year with me in the review.",
            "I have to prepare notes, as my performance review has been set for {v}.",
            (
                "They moved it twice because of travel and once because of a cold, but now the date of my "
                "performance review stands: {v}."
            ),
            "ugh, {v} is the day of my performance review",
        ),
        (),
        (
            ("When is my performance review?", "Your performance review is on"),
            ("On which day do I have my review?", "You have your review on"),
            ("my review date?", "Your review date is"),
            ("When does my boss go through my year with me?", "Your boss goes through your year with you on"),
            (
                "By what day do I need my notes for the yearly talk about my work?",
                "You need your notes for the yearly talk on",
            ),
            ("Tell me the day I'm being evaluated.", "The day you're being evaluated is"),
            (
                "Could you check when the talk about my performance takes place?",
                "The talk about your performance takes place on",
            ),
            ("when will i get rated at work", "You will get rated at work on"),
        ),
    ),
)
