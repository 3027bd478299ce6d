"""Relations as logs, tickets, forms and short messages state them: how each is stated and asked for. Pure data."""

from __future__ import annotations

from parametric_memory.training.data.relations.relation import Relation as R

NOTES = (
    # Logs, cards and forms about people
    R(
        "person",
        "code",
        (
            "09:14 {s} checked in at gate {v}.",
            "Gate {v}, 09:14: passenger {s} scanned, boarding pass valid.",
            "{v} is the gate {s} is flying from.",
            "PASSENGER {s} | GATE {v} | BAGS 1 | STATUS boarding",
            "Last call for {s}, please proceed to gate {v}.",
            "just saw the gate change, it's {v} now for {s}, tell the others",
            (
                "After two changes on the board and a long walk past the duty-free shops, it was at gate {v} that "
                "{s} finally sat down to board."
            ),
            "Boarding gate for {s}: {v}.",
            "So yeah, {v}, that's the gate where {s} boards, right next to the coffee place.",
        ),
        (
            "{They} board{s3} at gate {v}.",
            "{Their} gate is {v}.",
        ),
        (
            ("Which gate does {s} leave from?", "{s} leaves from gate"),
            ("Where does {s} get on the plane?", "{s} gets on the plane at gate"),
            ("What is the gate number for {s}?", "The gate number for {s} is"),
            ("{s} gate?", "The gate for {s} is"),
            ("Tell me where {s} has to go to board.", "To board, {s} has to go to gate"),
            ("I want to wave goodbye to {s}. Which gate do I head for?", "To wave goodbye to {s}, head for gate"),
            ("Do you know where {s} is departing from?", "{s} is departing from gate"),
            ("At which gate was {s} called?", "{s} was called at gate"),
            ("where at the airport do i find {s}", "At the airport, you find {s} at gate"),
            ("Name the gate used by {s}.", "The gate used by {s} is"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{v} called for {s}, please ring back.",
            "While you were out: call for {s} from {v}, no message left.",
            "Telephone note. For: {s}. Caller: {v}. Wants: a call back.",
            "{s} should phone {v} back.",
            "Hi, quick one, {v} just rang and asked for {s}, sounded friendly enough.",
            "11:52 incoming call, {v} wishes to speak to {s}; promised that we would return the call.",
            (
                "{s} had stepped out for lunch when the phone rang, and so I took down the name of {v} and said "
                "somebody would call back."
            ),
            "Callback for {s}: {v}.",
            "Yellow note stuck on the screen of {s}: ring {v} when you are back.",
        ),
        (
            "{v} called for {them}.",
            "{They} need{s3} to call {v} back.",
        ),
        (
            ("Who called for {s}?", "The person who called for {s} was"),
            ("Who phoned {s}?", "{s} was phoned by"),
            ("Who does {s} have to ring back?", "{s} has to ring back"),
            ("Who tried to reach {s}?", "The person who tried to reach {s} was"),
            ("missed call for {s}?", "The missed call for {s} came from"),
            ("Tell me who wanted to talk to {s}.", "The person who wanted to talk to {s} was"),
            ("{s} is back at the desk. Whose call needs returning?", "{s} needs to return the call of"),
            ("Was there anyone on the line for {s}?", "On the line for {s} was"),
            ("From whom is the phone message for {s}?", "The phone message for {s} is from"),
            ("I'd like to know which caller asked for {s}.", "The caller who asked for {s} was"),
        ),
    ),
    R(
        "person",
        "number",
        (
            "Ward round: {s}, bed {v}, comfortable night.",
            "Bed {v}: {s}, obs stable, eating well.",
            "{s} is in bed {v}.",
            "Pt {s} | bed {v} | nil by mouth: no | fall risk: low",
            "They've put {s} in bed {v}, by the window, lovely view of the car park.",
            "Handover: {v} is the bed with {s} in it, needs help getting up, family visits after four.",
            "After a long wait in the corridor and a good deal of paperwork, the porter wheeled {s} to bed {v}.",
            "Bed number {v} has been assigned to {s}.",
            "Flowers for {s} go to bed {v}, please.",
        ),
        (
            "The nurses look after {them} in bed {v}.",
            "{Their} bed number is {v}.",
        ),
        (
            ("Which bed is {s} in?", "{s} is in bed"),
            ("What is the bed number of {s}?", "The bed number of {s} is"),
            ("Where on the ward do I find {s}?", "On the ward, you find {s} in bed"),
            ("{s} bed?", "The bed of {s} is number"),
            ("Which bed was {s} given?", "{s} was given bed"),
            ("Where is {s} lying?", "{s} is lying in bed"),
            ("I'm bringing the lunch tray for {s}. To which bed?", "The lunch tray for {s} goes to bed"),
            ("Can you tell me where they have put {s} in the hospital?", "In the hospital, they have put {s} in bed"),
            ("Give me the number over the bed where {s} sleeps.", "The number over the bed where {s} sleeps is"),
        ),
    ),
    R(
        "person",
        "food",
        (
            "ALLERGY ALERT: {s}, {v}.",
            "No {v} for {s}, allergic!",
            "{s} is allergic to {v}.",
            "Pupil: {s} | Class: 4b | Allergies: {v} | Swims: yes",
            "Kitchen please note: {v} must not be anywhere near the plate of {s}, the reaction is serious.",
            "Hey, before you bake for the party, {v} is off limits for {s}, doctor says it's a proper allergy.",
            "Medical record of {s}, known allergies: {v}; no regular medication.",
            (
                "At the last school trip {s} came out in a rash on the bus, and the test afterwards showed an "
                "allergy to {v}."
            ),
            "Remember the allergy of {s} when you order: leave out {v}.",
        ),
        (
            "{Their} allergy is to {v}.",
            "{v} gives {them} an allergic reaction.",
        ),
        (
            ("What is {s} allergic to?", "{s} is allergic to"),
            ("What can't {s} eat?", "{s} can't eat"),
            ("Which food must {s} avoid?", "The food {s} must avoid is"),
            ("{s} allergies?", "The allergy of {s} is to"),
            ("Does {s} have any food intolerance I should know about?", "Yes, {s} can't tolerate"),
            ("I'm cooking for {s} tonight. What should I keep out of the pot?", "For {s}, keep out of the pot any"),
            ("Tell me which ingredient makes {s} ill.", "The ingredient that makes {s} ill is"),
            ("what sets off a reaction in {s}", "A reaction in {s} is set off by"),
            ("What would be dangerous to serve to {s}?", "It would be dangerous to serve {s} any"),
            ("Name the thing to leave off the menu for {s}.", "The thing to leave off the menu for {s} is"),
        ),
    ),
    R(
        "person",
        "percent",
        (
            "Test result, {s}: {v}.",
            "{s} scored {v} in the maths test.",
            "{v}, well done {s}! (written in red at the bottom of the maths paper)",
            "Mathematics | {s} | {v} | pass",
            "guess what, {v} in maths for {s}, we're getting pizza",
            (
                "Although the last page had been stapled upside down and cost a few minutes, {s} still walked out of "
                "the maths exam with {v}."
            ),
            "Marked and entered: maths, {v} for {s}, no resit needed.",
            "In maths it was {v} this time for {s}.",
        ),
        (
            "{Their} maths result was {v}.",
            "{They} scored {v} in maths.",
        ),
        (
            ("How did {s} do in maths?", "In maths, {s} got"),
            ("What mark did {s} get in maths?", "The mark {s} got in maths was"),
            ("What was the maths score of {s}?", "The maths score of {s} was"),
            ("{s} maths result?", "The maths result of {s} is"),
            ("How many percent did {s} reach in the exam?", "In the exam, {s} reached"),
            ("How good was {s} at the maths test?", "At the maths test, {s} reached"),
            ("Tell me the grade {s} brought home in maths.", "The grade {s} brought home in maths was"),
            (
                "I'm filling in the grade book. What do I write for {s} in maths?",
                "In the grade book, the maths entry for {s} is",
            ),
            ("Do you remember how well {s} performed on the maths paper?", "On the maths paper, {s} performed at"),
        ),
    ),
    R(
        "person",
        "amount",
        (
            "Expense claim {s}: {v}, receipts attached, approved.",
            "We owe {s} {v} for travel.",
            "{v} to be paid back to {s} with the next salary run.",
            "CLAIMANT {s} / TOTAL {v} / CATEGORY travel / STATUS ok to pay",
            "Subject: your expenses. Dear {s}, we have approved {v} and will transfer it this week.",
            "just signed off {v} of expenses for {s}, mostly train tickets",
            (
                "The travel claim that {s} handed in came to {v}, which raised an eyebrow or two until the hotel "
                "bill turned up."
            ),
            "{s} claimed {v} in travel expenses.",
            "A sum of {v} is what accounting refunds {s} for the trip.",
        ),
        (
            "{Their} expense claim comes to {v}.",
            "{v} in expenses goes back to {them}.",
        ),
        (
            ("How much did {s} claim?", "{s} claimed"),
            ("How much does {s} get back for the trip?", "For the trip, {s} gets back"),
            ("What is the total of the expenses of {s}?", "The total of the expenses of {s} is"),
            ("{s} travel expenses?", "The travel expenses of {s} are"),
            ("How much do we have to reimburse {s}?", "We have to reimburse {s} with"),
            ("What did {s} spend on the road?", "On the road, {s} spent"),
            ("Tell me the size of the refund for {s}.", "The refund for {s} is"),
            (
                "Payroll is asking about {s}. What needs to be added for travel costs?",
                "The travel costs to be added for {s} are",
            ),
            ("Could you look up what the company owes {s}?", "The company owes {s}"),
        ),
    ),
    R(
        "person",
        "date",
        (
            "Dentist, {s}: {v}.",
            "{v}: dental check-up for {s}, bring insurance card.",
            "{s} sees the dentist on {v}.",
            "Reminder from the dental practice: {s}, your appointment is on {v}. Reply STOP to cancel.",
            "Appointment card | Patient {s} | Next visit to dentist {v}",
            "ok booked, {v} for the teeth of {s}, they had nothing earlier",
            (
                "On the kitchen calendar, between bin day and a birthday, somebody has written {v} in the dentist "
                "row for {s}."
            ),
            "The practice rang to move the dental appointment of {s} to {v}.",
            "Don't plan anything for {v}, {s} has to go to the dentist then.",
        ),
        (
            "{Their} dental appointment is on {v}.",
            "The dentist expects {them} on {v}.",
        ),
        (
            ("When does {s} go to the dentist?", "{s} goes to the dentist on"),
            ("When is the dental check-up of {s}?", "The dental check-up of {s} is on"),
            ("On which day are the teeth of {s} being looked at?", "The teeth of {s} are being looked at on"),
            ("{s} dentist when?", "The dentist sees {s} on"),
            (
                "What date was booked for {s} at the dental practice?",
                "The date booked for {s} at the dental practice is",
            ),
            ("Tell me when {s} is due in the dentist's chair.", "{s} is due in the dentist's chair on"),
            ("I have to drive {s} to the dentist. Which day?", "The day to drive {s} to the dentist is"),
            ("Can you check which day {s} has the tooth doctor?", "{s} has the tooth doctor on"),
            ("Which date did {s} get for the dentist?", "For the dentist, {s} got"),
        ),
    ),
    R(
        "person",
        "duration",
        (
            "Sick note: {s}, unfit for work for {v}.",
            "{s} is signed off sick for {v}.",
            "{v} off sick: {s}. Please cover the shifts.",
            "Employee: {s}. Reason: illness. Length of absence: {v}. Certificate: yes.",
            "Hi all, {s} went to the doctor and will be out ill for {v}, get well soon!",
            "The doctor gave {s} {v} at home and told everyone else to wash their hands.",
            "HR log: certificate for {v} received from {s}, medical leave entered.",
            "It started as a cough that nobody took seriously, but now it means {v} of sick leave for {s}.",
            "We'll have to manage {v} without {s}, sick leave, doctor's orders.",
        ),
        (
            "{They} will be off sick for {v}.",
            "{Their} sick leave lasts {v}.",
        ),
        (
            ("How long is {s} off sick?", "{s} is off sick for"),
            ("For how long will {s} be missing?", "{s} will be missing for"),
            ("How long is the sick leave of {s}?", "The sick leave of {s} is"),
            ("{s} ill how long?", "{s} is ill for"),
            ("What does the doctor's note of {s} say about the length?", "The length on the doctor's note of {s} is"),
            ("How much time did the doctor give {s} to recover?", "To recover, the doctor gave {s}"),
            ("I need cover for {s}. How long must the stand-in stay?", "The stand-in for {s} must stay for"),
            ("Tell me how long we have to do without {s}.", "We have to do without {s} for"),
            ("how long has {s} been written off work", "{s} has been written off work for"),
            ("Do you know how long {s} is staying at home ill?", "{s} is staying at home ill for"),
        ),
    ),
    R(
        "person",
        "colour",
        (
            "Wristband issued: {s}, {v}.",
            "{s} wears the {v} wristband.",
            "{v} band: {s}, checked at the entrance.",
            "Camp list | {s} | band colour {v} | swimmer yes",
            "I gave {s} one of the {v} wristbands, hope that's right.",
            (
                "At the desk, where twelve children were all shouting at once, {s} held out an arm and got a "
                "wristband in {v}."
            ),
            "Put {v} on the wrist of {s}, that's the band on the list.",
            "Note for the night shift: {v} is the colour of the wristband on {s}.",
            "Wristband colour for {s}: {v}.",
        ),
        (
            "{Their} wristband is {v}.",
            "The band on {their} wrist is {v}.",
        ),
        (
            ("What colour is the wristband of {s}?", "The wristband of {s} is"),
            ("Which band does {s} have on?", "The band {s} has on is"),
            ("What colour did {s} get at the desk?", "The colour {s} got at the desk is"),
            ("{s} band colour?", "The band colour of {s} is"),
            ("Which colour is {s} wearing around the wrist?", "Around the wrist, {s} is wearing"),
            ("I'm at the gate and {s} is coming. What colour should the bracelet be?", "The bracelet of {s} should be"),
            ("Tell me the colour {s} was handed.", "The colour {s} was handed is"),
            ("How do I recognise the bracelet of {s}?", "The bracelet of {s} is coloured"),
            ("do you know what shade the strip on the arm of {s} is", "The strip on the arm of {s} is"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "In case of emergency, {s}: notify {v}.",
            "Emergency contact of {s}: {v}.",
            "{v} is to be informed if anything happens to {s}.",
            "Name: {s}. Blood group: unknown. Contact in an emergency: {v}. Signature: on file.",
            "If {s} has an accident, phone {v} first.",
            "so for the club form, {v} is the one they ring when something happens to {s}",
            (
                "At the bottom of the form, in a box that most people leave empty, {s} has entered {v} as the person "
                "to alert in an emergency."
            ),
            "First-aid sheet: {v} must be told straight away should {s} get hurt.",
        ),
        (
            "{Their} emergency contact is {v}.",
            "If something happens to {them}, call {v}.",
        ),
        (
            ("Who is the emergency contact for {s}?", "The emergency contact for {s} is"),
            ("Who do we call if something happens to {s}?", "If something happens to {s}, we call"),
            ("Whom did {s} put on the emergency form?", "On the emergency form, {s} put"),
            ("{s} ICE contact?", "The ICE contact of {s} is"),
            ("Who needs to know when {s} is hurt?", "When {s} is hurt, the person who needs to know is"),
            ("{s} just fainted in the gym. Who should I phone?", "Since {s} fainted, you should phone"),
            ("Tell me who gets alerted if {s} has an accident.", "If {s} has an accident, the person alerted is"),
            ("Is there someone to ring for {s} in a crisis?", "In a crisis, the person to ring for {s} is"),
            ("Who would the hospital contact about {s}?", "About {s}, the hospital would contact"),
            ("Which person is listed for emergencies with {s}?", "The person listed for emergencies with {s} is"),
        ),
    ),
    # Time clocks, tickets, loans and messages about people
    R(
        "person",
        "time",
        (
            "{v} clock-in {s}, terminal 2, ok.",
            "{s} clocked in at {v}.",
            "At {v} sharp {s} badged in, coffee already in hand.",
            "Time sheet | {s} | start {v} | break 30 min",
            "yeah {s} was here from {v}, I held the door",
            (
                "According to the terminal by the loading bay, which runs a little fast, {s} started the working day "
                "at {v}."
            ),
            "{v}: first badge of {s} today, turnstile north.",
            "Time recorded for the arrival of {s}: {v}.",
            "Security log shows {s} entering the building at {v} this morning.",
        ),
        (
            "{They} clocked in at {v}.",
            "{Their} working day began at {v}.",
        ),
        (
            ("When did {s} clock in?", "{s} clocked in at"),
            ("What time did {s} get to work?", "{s} got to work at"),
            ("When did {s} arrive this morning?", "This morning, {s} arrived at"),
            ("{s} start time?", "The start time of {s} was"),
            ("Since when has {s} been in the building?", "{s} has been in the building since"),
            ("Tell me when {s} turned up.", "{s} turned up at"),
            ("The boss suspects {s} was late. When was the badge used?", "The badge of {s} was used at"),
            ("How early did {s} show up today?", "Today, {s} showed up at"),
            ("Could you check when {s} came through the door?", "{s} came through the door at"),
            ("What does the time clock say for {s}?", "For {s}, the time clock says"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "06:00 {v} takes over from {s}, no incidents.",
            "{s} hands over to {v} at the end of the shift.",
            "Shift handover: outgoing {s}, incoming {v}, keys passed on.",
            "{v} relieved {s} on the night desk.",
            "OUT: {s} / IN: {v} / OPEN ITEMS: lift still stuck",
            "ok I can go home now, says {s}, because {v} is here for the next shift",
            (
                "With the rain coming in sideways and the log book half soaked, {v} finally came up the stairs to "
                "take the watch from {s}."
            ),
            "After {s}, the next one on duty is {v}.",
            "Duty sheet, relief for {s}: {v}.",
        ),
        (
            "{v} relieves {them} at the end of the shift.",
            "{They} hand{s3} over to {v}.",
        ),
        (
            ("Who takes over from {s}?", "The person who takes over from {s} is"),
            ("Who comes after {s} on the rota?", "On the rota, after {s} comes"),
            ("Who relieves {s}?", "{s} is relieved by"),
            ("To whom does {s} pass on the keys at the end of duty?", "At the end of duty, {s} passes the keys on to"),
            ("{s} relief?", "The relief of {s} is"),
            ("Which colleague follows {s}?", "The colleague who follows {s} is"),
            ("{s} is finishing now. Who's on next?", "On next after {s} is"),
            ("Tell me whom {s} has to brief before going home.", "Before going home, {s} has to brief"),
            ("Who replaces {s} when the shift changes?", "When the shift changes, {s} is replaced by"),
            ("Do you know whose shift starts when {s} is done?", "When {s} is done, the next shift belongs to"),
        ),
    ),
    R(
        "person",
        "product",
        (
            "Issued to {s}: {v}, charger included.",
            "{v} handed out to {s}, signature on file.",
            "{s} has the {v} on loan from IT.",
            "Asset list | {v} | holder: {s} | condition: good",
            "hey IT here, the {v} is out with {s} right now, ask there",
            "LOAN FORM. Borrower: {s}. Item: {v}. Return: when no longer needed.",
            "IT ticket closed: {s} picked up the {v} at the counter this morning.",
            (
                "Because the old machine died in the middle of a presentation, {s} was lent the {v} from the "
                "cupboard behind the printer."
            ),
            "For the time being IT has lent {s} the {v}.",
        ),
        (
            "{They} borrowed the {v} from IT.",
            "IT has lent {them} the {v}.",
        ),
        (
            ("What did {s} borrow from IT?", "From IT, {s} borrowed the"),
            ("Which device was issued to {s}?", "The device issued to {s} is the"),
            ("What did IT give {s}?", "IT gave {s} the"),
            ("{s} loan equipment?", "The loan equipment of {s} is the"),
            ("Which item has to come back from {s}?", "The item that has to come back from {s} is the"),
            ("What is {s} using from the equipment pool?", "From the equipment pool, {s} is using the"),
            ("{s} is leaving the company. What do we collect?", "From {s} we collect the"),
            ("Tell me what {s} signed for at the IT counter.", "At the IT counter, {s} signed for the"),
            ("Do you know what kit {s} got from the help desk?", "The kit {s} got from the help desk is the"),
        ),
    ),
    R(
        "person",
        "title",
        (
            "Library loan: {s}, {v}, three weeks.",
            "{v} is out on loan to {s}.",
            "{s} checked out {v} at the library.",
            "Reader: {s}. Title: {v}. Fine: none.",
            "The book {v}? Sorry, {s} has it at home at the moment.",
            "Overdue notice to {s}: please return {v} to the library.",
            "Stamped this morning at the lending desk, between a cookbook and a stack of comics: {v}, borrowed by {s}.",
            "fyi {s} came by the library and went off with {v}, so no copy left",
            "On the library card of {s} there is one entry, {v}.",
        ),
        (
            "{They} borrowed {v} from the library.",
            "The library lent {them} {v}.",
        ),
        (
            ("Which book did {s} borrow?", "{s} borrowed"),
            ("What has {s} got out of the library?", "Out of the library, {s} has got"),
            ("What is the title of the book lent to {s}?", "The title of the book lent to {s} is"),
            ("{s} library book?", "The library book {s} has is"),
            ("What did {s} take home to read?", "To read at home, {s} took"),
            ("Tell me which title is on the card of {s}.", "The title on the card of {s} is"),
            ("{s} wants to return something. Which book would that be?", "The book {s} wants to return is"),
            ("Do you know what the librarian lent {s}?", "The librarian lent {s}"),
            (
                "Which volume is missing from the shelf because of {s}?",
                "Because of {s}, the volume missing from the shelf is",
            ),
        ),
    ),
    R(
        "person",
        "place",
        (
            "Out of office: {s} is in {v} this week and reads mail in the evening only.",
            "{s} | away | {v} | back Monday",
            "Calendar, {s}, all week: business trip to {v}.",
            "{v} trip: {s} travelling, hotel paid, train paid.",
            "no point looking for {s} today, gone to {v} for work",
            "In {v} for the whole week: {s}.",
            (
                "Minutes, item 1: apologies from {s}, who had to leave for {v} on company business and could not "
                "join by phone."
            ),
            "We sent {s} to {v} to see the customer.",
            "Greetings from {v}, writes {s}, the customer is nice and the rain is not.",
        ),
        (
            "{They} went to {v} for work.",
            "{Their} business trip is to {v}.",
        ),
        (
            ("Where is {s} this week?", "This week, {s} is in"),
            ("Where did {s} go on business?", "On business, {s} went to"),
            ("What is the destination of {s}?", "The destination of {s} is"),
            ("{s} where?", "{s} is in"),
            ("Which town is {s} visiting for work?", "For work, {s} is visiting"),
            ("Where has {s} travelled to?", "{s} has travelled to"),
            ("The desk of {s} is empty. Where on earth did the trip go?", "The trip of {s} went to"),
            ("Tell me where {s} is staying at the moment.", "At the moment, {s} is staying in"),
            ("To which city was {s} sent?", "{s} was sent to"),
            ("I can't reach {s} at the office. Any idea where the journey went?", "The journey of {s} went to"),
        ),
    ),
    R(
        "person",
        "word",
        (
            "Phone banking record: {s}, security word {v}.",
            "Security word for {s}: {v}.",
            "{v} is what {s} has to say when the hotline asks for the secret word.",
            "SECRET WORD {v} / CALLER {s} / VERIFIED yes",
            "Only the word {v} proves to the hotline that it is really {s} on the line.",
            "Agent note: caller identified as {s} after giving the agreed word, {v}.",
            "psst, the magic word of {s} for the hotline is {v}, don't tell anyone",
            (
                "When the account was opened, the clerk turned the form round and {s} wrote {v} in the box for the "
                "security word."
            ),
            "{s} picked {v} as the secret word for phone calls with the bank.",
        ),
        (
            "{Their} security word is {v}.",
            "{They} chose {v} as the word for the hotline.",
        ),
        (
            ("What is the security word of {s}?", "The security word of {s} is"),
            ("Which word does {s} use to identify on the phone?", "To identify on the phone, {s} uses the word"),
            ("What must {s} say to the hotline?", "To the hotline, {s} must say"),
            ("{s} secret word?", "The secret word of {s} is"),
            ("How does the bank know it is {s} calling?", "The bank knows it is {s} by the word"),
            (
                "I've got {s} on the line. What should I hear as the codeword?",
                "The codeword you should hear from {s} is",
            ),
            ("Tell me the password agreed with {s} for calls.", "The password agreed with {s} for calls is"),
            ("What did {s} choose for verification?", "For verification, {s} chose"),
            (
                "Which term unlocks the account of {s} over the phone?",
                "Over the phone, the account of {s} is unlocked by the word",
            ),
        ),
    ),
    R(
        "person",
        "email",
        (
            "Contact form. Name: {s}. Reply to: {v}. Message: see below.",
            "Please answer {s} at {v}.",
            "{v} is where {s} wants the reply sent.",
            "Ticket requester: {s} <{v}>.",
            "From the sign-up sheet, hard to read in places: {s}, {v}, interested in the evening course.",
            "hi, it's {s}, best mail me at {v}, I never look at the other one",
            "Write to {v} if you need to get hold of {s}.",
            "Second try, and {v} is the mail address that works for {s}.",
            "Mail for {s} goes to {v}, according to the address book that the front desk keeps next to the phone.",
        ),
        (
            "{Their} email address is {v}.",
            "You can write to {them} at {v}.",
        ),
        (
            ("What is the email address of {s}?", "The email address of {s} is"),
            ("Where do I write to {s}?", "You write to {s} at"),
            ("How can I reach {s} by mail?", "By mail, you can reach {s} at"),
            ("{s} email?", "The email of {s} is"),
            ("To which address should the answer for {s} go?", "The answer for {s} should go to"),
            ("Which mailbox does {s} read?", "The mailbox {s} reads is"),
            ("I need to send {s} the invitation. What do I put in the To field?", "To invite {s}, put in the To field"),
            ("Tell me the contact address {s} left.", "The contact address {s} left is"),
            ("Can you give me the e-mail that belongs to {s}?", "The e-mail that belongs to {s} is"),
            ("What should I type to get a message to {s}?", "To get a message to {s}, type"),
        ),
    ),
    R(
        "person",
        "code",
        (
            "Visitor log: {s}, badge {v}, signed in at reception.",
            "{s} was given visitor badge {v}.",
            "Badge {v} is out, bearer: {s}.",
            "VISITOR {s} / BADGE {v} / ESCORT required",
            "reception to security: {v} is the pass that {s} is walking around with",
            "Don't forget to collect badge {v} when {s} leaves.",
            (
                "While the printer was being coaxed back to life, reception took {v} from the drawer of spare badges "
                "and clipped it on {s}."
            ),
            "Badge number of {s}: {v}.",
            "Badge return pending, {v}, last handed to {s}.",
        ),
        (
            "{Their} visitor badge is {v}.",
            "Reception gave {them} badge {v}.",
        ),
        (
            ("Which badge does {s} have?", "{s} has badge"),
            ("What is the badge number of {s}?", "The badge number of {s} is"),
            ("What is written on the visitor pass of {s}?", "Written on the visitor pass of {s} is"),
            ("{s} badge?", "The badge of {s} is"),
            ("Which pass did reception give {s}?", "The pass reception gave {s} is"),
            ("What does {s} have to hand back on the way out?", "On the way out, {s} has to hand back badge"),
            ("I'm blocking lost passes. Which one was {s} wearing?", "{s} was wearing pass"),
            ("Tell me the number on the card clipped to {s}.", "The number on the card clipped to {s} is"),
            (
                "How is {s} listed at the front desk, I mean the ID of the badge?",
                "At the front desk, {s} is listed with badge ID",
            ),
        ),
    ),
    # Companies: deliveries, calls, quotes and visits
    R(
        "organisation",
        "date",
        (
            "Delivery note {s}, goods received {v}, complete.",
            "{s} delivered on {v}.",
            "{v}: pallet from {s} arrived, signed for by the porter.",
            "Goods in | supplier {s} | received {v} | damage none",
            "the boxes from {s} came on {v}, sitting behind the door since",
            "Warehouse diary: on {v} the lorry of {s} finally backed up to the ramp after two missed turns.",
            "Date of delivery, {s}: {v}.",
            (
                "According to the stamp on the delivery slip, which got wet in the rain, the goods of {s} reached us "
                "on {v}."
            ),
        ),
        (
            "{Their} goods arrived on {v}.",
            "{They} delivered on {v}.",
        ),
        (
            ("When did {s} deliver?", "{s} delivered on"),
            ("On what day did the goods from {s} get here?", "The goods from {s} got here on"),
            ("When did we receive the shipment from {s}?", "We received the shipment from {s} on"),
            ("{s} delivery date?", "The delivery date of {s} was"),
            ("When did the truck from {s} come?", "The truck from {s} came on"),
            ("Which date is on the slip from {s}?", "The date on the slip from {s} is"),
            ("Accounts wants to pay {s}. Since when have we had the stuff?", "We have had the stuff from {s} since"),
            ("Tell me when the order we placed with {s} turned up.", "The order placed with {s} turned up on"),
            ("Do you know when {s} dropped everything off?", "{s} dropped everything off on"),
        ),
    ),
    R(
        "organisation",
        "amount",
        (
            "Quote from {s}: {v}, valid for thirty days.",
            "{s} wants {v} for the roof.",
            "{v}, that's what {s} is asking to fix the roof.",
            "OFFERS RECEIVED | roof repair | {v} | {s}",
            "Subject: roof. Good morning, {s} has come back to us with an offer of {v}, scaffolding included.",
            "got the roof offer, {v} from {s}, bit steep if you ask me",
            "Minutes, item 3, roof: {s} would do the job for {v}; other bids still open.",
            (
                "After climbing about up there for an hour and shaking his head a good deal, the man from {s} named "
                "a price of {v} for the roof."
            ),
            "For mending the roof {s} has quoted {v}.",
        ),
        (
            "{They} quoted {v} for the roof.",
            "{Their} offer for the roof is {v}.",
        ),
        (
            ("How much does {s} want for the roof?", "For the roof, {s} wants"),
            ("What did {s} quote?", "{s} quoted"),
            ("How high is the offer from {s}?", "The offer from {s} is"),
            ("{s} roof price?", "The roof price of {s} is"),
            ("What would it cost to have the roof done by {s}?", "Having the roof done by {s} would cost"),
            ("How much is {s} charging to repair the roof?", "To repair the roof, {s} is charging"),
            ("I'm comparing bids. What was the figure from {s}?", "The figure from {s} was"),
            ("Tell me the estimate {s} gave us.", "The estimate {s} gave us is"),
            ("What would we pay if we hired {s}?", "If we hired {s}, we would pay"),
            ("Do you remember what the roofers from {s} are asking?", "The roofers from {s} are asking"),
        ),
    ),
    R(
        "organisation",
        "person",
        (
            "{v} from {s} rang about the invoice.",
            "Phone note: {s}, spoke to {v}, will call again tomorrow.",
            "Company: {s}. Spoke with: {v}. Subject: invoice. Mood: annoyed.",
            "CRM entry: call with {v} ({s}), fifteen minutes, follow-up needed.",
            "A certain {v} called on behalf of {s} and asked where the money is.",
            "had {v} on the phone just now, the one from {s}, about the invoice",
            "On the line for {s} was {v}.",
            (
                "Just before closing time, when the switchboard was already on night mode, {v} got through and "
                "introduced {s} as the company behind the unpaid invoice."
            ),
            "The caller from {s} gave the name {v}.",
        ),
        (
            "{v} called on {their} behalf.",
            "{Their} caller was {v}.",
        ),
        (
            ("Who called from {s}?", "The person who called from {s} was"),
            ("Who phoned on behalf of {s}?", "On behalf of {s}, the call was made by"),
            ("Who did we speak to at {s}?", "At {s}, we spoke to"),
            ("{s} caller name?", "The name of the caller from {s} is"),
            ("Who rang us from {s} about the bill?", "The person from {s} who rang about the bill was"),
            (
                "What was the name of the person from {s} on the phone?",
                "The name of the person from {s} on the phone was",
            ),
            ("I want to return the call from {s}. Whom do I ask for?", "At {s}, ask for"),
            ("Tell me who got in touch for {s}.", "The person who got in touch for {s} was"),
            ("Do you know whom I talked to over at {s}?", "Over at {s}, you talked to"),
        ),
    ),
    R(
        "organisation",
        "number",
        (
            "Delivery {s}: {v} boxes short, noted on the slip.",
            "{v} boxes missing from the delivery by {s}.",
            "Complaint to {s}: the shipment lacked {v} boxes.",
            "SUPPLIER {s} / BOXES MISSING {v} / DRIVER informed",
            "Counted twice, still {v} boxes too few from {s}.",
            "morning, {s} forgot {v} boxes again, could somebody ring them?",
            (
                "When we unwrapped the pallet and compared it with the list, it turned out that {s} had failed to "
                "send {v} of the boxes we ordered."
            ),
            "Goods-in note: {v} boxes still to come from {s}.",
            "{s} still owes us {v} boxes from the last delivery.",
        ),
        (
            "{Their} delivery was {v} boxes short.",
            "{They} still owe{s3} us {v} boxes.",
        ),
        (
            ("How many boxes are missing from {s}?", "The number of boxes missing from {s} is"),
            ("How many boxes does {s} still owe us?", "The number of boxes {s} still owes us is"),
            (
                "By how many boxes was the delivery of {s} short?",
                "The number of boxes by which the delivery of {s} was short is",
            ),
            ("{s} missing boxes?", "The count of missing boxes from {s} is"),
            ("How many cartons did {s} forget?", "The number of cartons {s} forgot is"),
            (
                "What was the shortfall in the shipment from {s}?",
                "In boxes, the shortfall in the shipment from {s} was",
            ),
            (
                "I'm writing the complaint to {s}. How many packages didn't arrive?",
                "From {s}, the number of packages that didn't arrive is",
            ),
            ("Tell me how many are outstanding from {s}.", "The number of boxes outstanding from {s} is"),
            (
                "What number goes on the claim against {s} for lost boxes?",
                "The number of lost boxes on the claim against {s} is",
            ),
        ),
    ),
    R(
        "organisation",
        "code",
        (
            "Complaint filed with {s}, case {v}.",
            "Case {v}: our complaint against {s}, opened Tuesday.",
            "{v} is the case number {s} gave us for the complaint.",
            "Dear customer, thank you for contacting {s}. Your request has been logged as {v}.",
            "If you ring {s} about the complaint, have {v} ready.",
            "chat with {s} ended, they say keep {v} as reference for our complaint",
            "Reference for our complaint to {s}: {v}.",
            "After forty minutes of piano music in the waiting loop, somebody at {s} opened a case for us under {v}.",
            "Subject: {v}, complaint, for the attention of {s}",
        ),
        (
            "{Their} case number for our complaint is {v}.",
            "{They} filed our complaint under {v}.",
        ),
        (
            ("What is our case number with {s}?", "Our case number with {s} is"),
            ("Under which reference does {s} handle our complaint?", "{s} handles our complaint under"),
            ("What do I quote when I ring {s}?", "When you ring {s}, quote"),
            ("{s} ticket number?", "The ticket number with {s} is"),
            ("How did {s} file the problem we reported?", "{s} filed the problem we reported under"),
            ("What reference did {s} give us?", "The reference {s} gave us is"),
            ("The hotline of {s} wants a number from me. Which?", "The number for the hotline of {s} is"),
            ("Tell me the ID of the dispute with {s}.", "The ID of the dispute with {s} is"),
            ("What do we have to put in the subject line to {s}?", "In the subject line to {s}, we have to put"),
        ),
    ),
    R(
        "organisation",
        "time",
        (
            "Technician from {s} due at {v}, let him in.",
            "{v} heating engineer, {s}, boiler room, someone must be home.",
            "{s} is sending someone at {v} to look at the boiler.",
            "Calendar: boiler service ({s}), tomorrow, {v}.",
            "Text message: Your engineer from {s} will arrive at {v}. Please keep pets away.",
            "can you be home at {v}, that's when the guy from {s} turns up for the heating",
            (
                "Even though the slot on the website said any time between breakfast and midnight, {s} has now "
                "promised that the fitter comes at {v}."
            ),
            "Expect the fitter at {v}; it is {s} that sends him.",
            "Arrival of the engineer from {s}: {v}.",
        ),
        (
            "{Their} engineer comes at {v}.",
            "{They} promised to send the fitter at {v}.",
        ),
        (
            ("When does the engineer from {s} come?", "The engineer from {s} comes at"),
            ("What time is {s} coming?", "{s} is coming at"),
            ("When should I let {s} in?", "You should let {s} in at"),
            ("{s} visit time?", "The visit of {s} is at"),
            ("At what hour can we expect {s}?", "We can expect {s} at"),
            ("When will somebody from {s} ring the doorbell?", "Somebody from {s} will ring the doorbell at"),
            ("I need to be home for {s}. By when?", "For {s}, you need to be home by"),
            ("Tell me the appointment with {s} for the heating.", "The heating appointment with {s} is at"),
            ("Do you know when {s} wants to have a look at the boiler?", "{s} wants to have a look at the boiler at"),
        ),
    ),
    R(
        "organisation",
        "percent",
        (
            "Discount at {s} with staff card: {v}.",
            "{s} gives us {v} off.",
            "{v} off everything at {s} if you show the staff card!",
            "Staff perks | {s} | {v} reduction | card required",
            "Good news in today's mail: {s} takes {v} off the bill for all of our employees.",
            "did you know you save {v} at {s} with the company card?",
            "Benefits leaflet, page two: with the card you pay {v} less at {s}.",
            (
                "After some polite haggling by the works council, which had hoped for more, employees now get {v} "
                "off at {s}."
            ),
            "Our people enjoy a reduction of {v} when they shop with {s}.",
        ),
        (
            "{They} give{s3} our staff {v} off.",
            "{Their} discount for us is {v}.",
        ),
        (
            ("How much discount do we get at {s}?", "At {s}, we get a discount of"),
            ("What do I save at {s} with the card?", "With the card, at {s} you save"),
            ("How big is the reduction at {s}?", "The reduction at {s} is"),
            ("{s} staff discount?", "The staff discount at {s} is"),
            ("How much cheaper is {s} for employees?", "For employees, {s} is cheaper by"),
            ("By how much does {s} lower the price for our staff?", "For our staff, {s} lowers the price by"),
            ("I'm about to pay at {s}. What should come off the bill?", "At {s}, what should come off the bill is"),
            ("Tell me the rebate {s} agreed to.", "The rebate {s} agreed to is"),
            ("What cut does {s} offer people from our company?", "To people from our company, {s} offers a cut of"),
        ),
    ),
    # Projects: minutes, boards, status mails
    R(
        "project",
        "person",
        (
            "Minutes of the {s} meeting, taken by {v}.",
            "{s} jour fixe | chair: rotating | minutes: {v}",
            "{v} takes notes in the {s} meeting.",
            "Present: six people. Minute taker for {s}: {v}. Start: on time.",
            "Could you ask {v} for the notes of the {s} call? That's who writes them.",
            "ok so {v} is stuck with writing the {s} protocol, poor thing",
            (
                "Item 0: after an awkward silence in which everyone studied the ceiling, {v} agreed to keep the "
                "minutes of {s}."
            ),
            "In the {s} project it's {v} who writes down what was said.",
            "Corrections to the {s} minutes go to {v}, who wrote them.",
        ),
        (
            "{v} writes the minutes of the meeting.",
            "{Their} minute taker is {v}.",
        ),
        (
            ("Who takes the minutes for {s}?", "The minutes for {s} are taken by"),
            ("Who wrote the protocol of the {s} meeting?", "The protocol of the {s} meeting was written by"),
            ("Who is the note taker in the {s} project?", "The note taker in the {s} project is"),
            ("{s} minutes by?", "The {s} minutes are by"),
            (
                "Whose job is it to write things down in the {s} call?",
                "Writing things down in the {s} call is the job of",
            ),
            ("Who documents what gets decided in {s}?", "What gets decided in {s} is documented by"),
            ("I spotted a mistake in the {s} notes. Whom do I tell?", "About a mistake in the {s} notes, tell"),
            ("Tell me who acts as secretary in the {s} meetings.", "The secretary in the {s} meetings is"),
            ("Who should I thank for the summary of the {s} session?", "For the summary of the {s} session, thank"),
            ("Is anybody keeping a record of the {s} talks?", "A record of the {s} talks is kept by"),
        ),
    ),
    R(
        "project",
        "date",
        (
            "Decision: {s} go-live moved to {v}.",
            "Go-live {s}: {v} (new!).",
            "{v} is the new launch day of {s}.",
            "Subject: {s} postponed. Hi all, we are now going live on {v}, please update your plans.",
            "PROJECT {s} / GO-LIVE {v} / STATUS amber",
            "heads-up, {v} it is for the {s} launch, the old date is dead",
            "From {v} on, users will work with what the {s} project has built.",
            (
                "The steering committee, after hearing from testing, from legal and from a rather gloomy vendor, let "
                "the {s} project go live on {v}."
            ),
            "Calendar entry, all day, {v}: {s} goes live, cake in the kitchen.",
        ),
        (
            "{Their} go-live is on {v}.",
            "The project goes live on {v}.",
        ),
        (
            ("When does {s} go live?", "{s} goes live on"),
            ("When is the launch of the {s} project?", "The launch of the {s} project is on"),
            ("To what date did they move {s}?", "They moved {s} to"),
            ("{s} go-live?", "The go-live of {s} is on"),
            ("On which day does the {s} project start running for real?", "The {s} project starts running for real on"),
            ("When will people be able to use {s}?", "People will be able to use {s} from"),
            ("The customer keeps asking about {s}. What release day may I mention?", "The release day of {s} is"),
            ("Tell me when the switch to {s} happens.", "The switch to {s} happens on"),
            ("By when must everything be ready in {s}?", "In {s}, everything must be ready by"),
            ("Do you know when {s} is rolled out?", "{s} is rolled out on"),
        ),
    ),
    R(
        "project",
        "amount",
        (
            "Status {s}: over budget by {v}.",
            "{v} over budget: {s}. Explanation requested.",
            "{s} has overspent by {v}.",
            "| {s} | overrun {v} | red |",
            "Minutes, item 4: controlling reports that {s} exceeds its budget by {v}.",
            "not great, {v} too much has gone into {s} already",
            "An extra {v} has to be found, because the {s} project used more money than planned.",
            (
                "While everybody was busy arguing about the logo, the {s} project quietly burned {v} more than the "
                "board had granted."
            ),
            "Budget overrun of the {s} project: {v}.",
        ),
        (
            "{Their} budget overrun is {v}.",
            "The project is {v} over budget.",
        ),
        (
            ("How far over budget is {s}?", "{s} is over budget by"),
            ("By how much did the {s} project overspend?", "The {s} project overspent by"),
            ("What is the cost overrun of {s}?", "The cost overrun of {s} is"),
            ("{s} overrun?", "The overrun of {s} is"),
            ("How much more did {s} cost than planned?", "Compared with the plan, {s} cost more by"),
            ("How big is the hole in the {s} budget?", "The hole in the {s} budget is"),
            ("I have to explain {s} to the board. How much too much was spent?", "The sum spent too much on {s} is"),
            ("Tell me what we are in the red with {s}.", "With {s}, we are in the red by"),
            ("How much additional money does {s} need?", "The additional money {s} needs is"),
        ),
    ),
    R(
        "project",
        "number",
        (
            "Board {s}: {v} tickets open.",
            "{v} open tickets left in {s}.",
            "{s} has {v} unresolved issues.",
            "DAILY REPORT {s} / OPEN {v} / BLOCKED 2",
            "Stand-up notes: still {v} tickets to close before we can call {s} finished.",
            "uff, {v} issues still open on {s}, it's going to be a long week",
            "Backlog of the {s} project: {v} tickets.",
            (
                "According to the tracker, which somebody finally cleaned of duplicates over the weekend, {s} is "
                "down to {v} open tickets."
            ),
            "The counter on the wall says {v}, meaning tickets nobody has solved yet in the {s} project.",
        ),
        (
            "{Their} backlog holds {v} open tickets.",
            "There are {v} tickets still open.",
        ),
        (
            ("How many tickets are open in {s}?", "The number of tickets open in {s} is"),
            ("How many issues does the {s} project still have?", "The number of issues the {s} project still has is"),
            ("How large is the backlog of {s}?", "In tickets, the backlog of {s} is"),
            ("{s} open tickets?", "The open tickets in {s} number"),
            ("How much is left to solve in {s}?", "The number of tickets left to solve in {s} is"),
            ("What does the board show as unresolved for {s}?", "As unresolved for {s}, the board shows"),
            ("I'm writing the status report for {s}. What's the ticket count?", "The ticket count for {s} is"),
            ("Tell me how many items are waiting in {s}.", "The number of items waiting in {s} is"),
            ("How many things remain to be fixed on {s}?", "The number of things that remain to be fixed on {s} is"),
        ),
    ),
    R(
        "project",
        "duration",
        (
            "{s}: delayed by {v}, reason: parts.",
            "Delay on {s}, {v}, customer informed.",
            "{v} late: the {s} project.",
            "The {s} project is running {v} behind schedule.",
            "MILESTONE PLAN | {s} | slip {v} | cause: supplier",
            "bad news first, we've lost {v} on {s}",
            "Subject: timeline. Dear partners, we regret to say that {s} will finish {v} later than agreed.",
            "What with the flooded cellar, the strike and then the missing screws, {v} of delay has built up in {s}.",
            "Add {v} to the original end date and you know when {s} is really done.",
        ),
        (
            "{Their} delay is {v}.",
            "The project is {v} behind schedule.",
        ),
        (
            ("How late is {s}?", "{s} is late by"),
            ("How far behind schedule is the {s} project?", "The {s} project is behind schedule by"),
            ("How long is the delay of {s}?", "The delay of {s} is"),
            ("{s} delay?", "The delay on {s} is"),
            ("How much time has been lost on {s}?", "The time lost on {s} is"),
            ("By how much did the {s} deadline slip?", "The {s} deadline slipped by"),
            ("The client of {s} is nervous. How much longer do we need?", "For {s}, we need longer by"),
            ("Tell me how much the end of {s} has shifted.", "The end of {s} has shifted by"),
            ("How overdue are we with {s}?", "With {s}, we are overdue by"),
        ),
    ),
    # Places: alarm logs, key lists, meters, notices
    R(
        "place",
        "time",
        (
            "{v} burglar alarm {s}, patrol sent, false alarm.",
            "The alarm at {s} went off at {v}.",
            "Incident report. Site: {s}. Alarm triggered: {v}. Cause: open window.",
            "Control room: at {v} last night the siren started at {s}.",
            "did you hear that, {v}, and the alarm at {s} howls through the whole street",
            "Alarm at {s}, time of trigger {v}.",
            "Nobody slept much, because a bat had got into {s} and set off the alarm at {v}.",
            "Guard's diary: {v}, alarm ringing at {s}, went round with the torch, found nothing.",
            "It was {v} on the dot when the sirens of {s} began to wail.",
        ),
        (
            "{Their} alarm went off at {v}.",
            "The siren there started at {v}.",
        ),
        (
            ("When did the alarm at {s} go off?", "The alarm at {s} went off at"),
            ("What time was the alarm raised at {s}?", "The alarm at {s} was raised at"),
            ("When was the alarm in {s} triggered?", "The alarm in {s} was triggered at"),
            ("{s} alarm time?", "The alarm at {s} came at"),
            ("When did it get loud at {s}?", "It got loud at {s} at"),
            ("At what hour did the security system of {s} react?", "The security system of {s} reacted at"),
            ("The insurance asks about the night at {s}. When did the siren start?", "The siren at {s} started at"),
            ("Tell me when the guards were called to {s}.", "The guards were called to {s} by the alarm at"),
            ("Do you know when the bell rang at {s}?", "The alarm bell rang at {s} at"),
        ),
    ),
    R(
        "place",
        "person",
        (
            "Keys {s}: {v}.",
            "{v} has the keys to {s}.",
            "Key list | {s} | holder {v} | copies 1",
            "If you're locked out of {s}, ring {v}, who keeps the key.",
            "Key handed to {v}, door: {s}, signed.",
            "who can open {s} for us tonight? -- {v}, got the key at home",
            "The only key to {s} that has not been lost over the years hangs on a hook in the kitchen of {v}.",
            "Caretaker's note: {v} holds the key for {s}, please return it there after use.",
            "{s} can be unlocked by {v}.",
        ),
        (
            "{v} holds the key.",
            "{Their} key is kept by {v}.",
        ),
        (
            ("Who has the keys to {s}?", "The keys to {s} are with"),
            ("Who can let me into {s}?", "The person who can let you into {s} is"),
            ("Who opens {s}?", "{s} is opened by"),
            ("{s} key holder?", "The key holder of {s} is"),
            ("From whom do I get the key for {s}?", "You get the key for {s} from"),
            ("Whom should I ring if {s} is locked?", "If {s} is locked, ring"),
            ("I'm standing outside {s} and can't get in. Who might help?", "At the door of {s}, you can be helped by"),
            ("Tell me who was trusted with access to {s}.", "The person trusted with access to {s} is"),
            ("Where do I return the key of {s}, I mean to which person?", "You return the key of {s} to"),
            ("Is there someone who can unlock {s}?", "{s} can be unlocked by"),
        ),
    ),
    R(
        "place",
        "number",
        (
            "Meter reading {s}: {v}.",
            "{v} was the figure on the electricity meter at {s}.",
            "Electricity meter, {s}, read today: {v}.",
            "OBJECT {s} / METER electricity / READING {v} / READ BY caretaker",
            "I crawled under the stairs at {s} and the power meter says {v}.",
            "{v}, please note down as reading for the electricity at {s}.",
            "Dear utility, we hereby report the electricity meter at {s} as standing at {v}, photo attached.",
            (
                "Once the cobwebs were gone and the torch had fresh batteries, the display of the electricity meter "
                "in {s} could be read as {v}."
            ),
            "Electricity meter, {v}, at {s}, read by the caretaker himself.",
        ),
        (
            "{Their} meter reading was {v}.",
            "The electricity meter there showed {v}.",
        ),
        (
            ("What does the electricity meter at {s} say?", "The electricity meter at {s} says"),
            ("What was the meter reading of {s}?", "The meter reading of {s} was"),
            ("What did the meter in {s} show?", "The meter in {s} showed"),
            ("{s} meter?", "The meter at {s} stands at"),
            ("Which number was read off at {s}?", "The number read off at {s} was"),
            ("What reading do we report to the utility for {s}?", "For {s}, we report a reading of"),
            ("The power company wants a figure for {s}. Which one?", "The figure for {s} is"),
            ("Tell me the count on the power meter in {s}.", "The count on the power meter in {s} is"),
            ("I'm on the utility website for {s}. What do I type in as the count?", "For {s}, type in the count"),
        ),
    ),
    R(
        "place",
        "date",
        (
            "NOTICE TO TENANTS of {s}: the water will be turned off on {v}.",
            "{v}: no water at {s}, pipe works.",
            "Water off, {s}, {v}.",
            "BUILDING {s} / WATER SHUT-OFF {v} / CONTRACTOR plumber",
            "Subject: your water. Dear residents, on {v} the taps will run dry at {s}, please fill a bucket.",
            "better shower early on {v}, they're shutting off the water at {s}",
            (
                "The plumber, who had meant to come much sooner but broke a toe on the job, will cut the water "
                "supply of {s} on {v}."
            ),
            "{s} has to do without water on {v}.",
            "Keep {v} in mind, the day the water is stopped at {s}.",
        ),
        (
            "{Their} water will be turned off on {v}.",
            "The taps there will be dry on {v}.",
        ),
        (
            ("When is the water off at {s}?", "The water is off at {s} on"),
            ("On which day will there be no water at {s}?", "There will be no water at {s} on"),
            ("When do they shut off the supply at {s}?", "They shut off the supply at {s} on"),
            ("{s} water shut-off?", "The water shut-off at {s} is on"),
            ("When won't anything come out of the taps at {s}?", "Nothing will come out of the taps at {s} on"),
            ("What is the date of the plumbing work at {s}?", "The date of the plumbing work at {s} is"),
            (
                "I live at {s} and want to do laundry. Which day should I avoid?",
                "At {s}, the day to avoid for laundry is",
            ),
            ("Tell me when the pipes at {s} are closed.", "The pipes at {s} are closed on"),
            (
                "When should the people at {s} fill their buckets?",
                "The people at {s} should have their buckets full for",
            ),
        ),
    ),
    # Products: tickets, parcels, service cards
    R(
        "product",
        "code",
        (
            "Ticket: {s} shows error {v} after start.",
            "Error {v} on {s}, restart did not help.",
            "{v} keeps flashing on the screen of {s}.",
            "Device: {s}. Fault code: {v}. Priority: medium.",
            "User reports that {s} stops working with the message {v}.",
            "help, my {s} just says {v} and beeps at me",
            "Support chat: please read out the code. -- It says {v}. -- Thank you, and the device? -- {s}.",
            "Since the update that was supposed to make everything faster, {s} greets us every morning with error {v}.",
            "Service log, {s}: code {v} displayed, technician ordered.",
        ),
        (
            "{Their} error code is {v}.",
            "The display shows error {v}.",
        ),
        (
            ("Which error does {s} show?", "{s} shows error"),
            ("What is the fault code of {s}?", "The fault code of {s} is"),
            ("What does {s} display?", "{s} displays the code"),
            ("{s} error?", "The error on {s} is"),
            ("What message appears on {s}?", "The message that appears on {s} is"),
            ("With which code does {s} fail?", "{s} fails with the code"),
            ("The repair shop asks what {s} reports. What do I say?", "To the repair shop, say that {s} reports"),
            ("Tell me the failure code people see with {s}.", "The failure code people see with {s} is"),
            ("What's wrong with {s} according to its screen?", "According to its screen, the problem with {s} is"),
        ),
    ),
    R(
        "product",
        "place",
        (
            "Parcel with {s}: last scan {v}.",
            "{v}, sorting centre, item {s} scanned.",
            "Tracking shows {s} in {v}.",
            "SHIPMENT {s} | LAST SEEN {v} | ETA unknown",
            "Hello, your order ({s}) has arrived at our depot in {v} and will be forwarded soon.",
            "still waiting, the app says {v} is where my {s} is lying around",
            "The package has reached {v}; contents: {s}.",
            (
                "For reasons that only the carrier knows, the {s} we ordered has travelled all the way to {v} and "
                "stayed there."
            ),
            "Where the {s} is at the moment? In {v}, if the tracking page is right.",
        ),
        (
            "{Their} parcel was last scanned in {v}.",
            "The tracking page locates {them} in {v}.",
        ),
        (
            ("Where is the parcel with {s}?", "The parcel with {s} is in"),
            ("Where was {s} last scanned?", "{s} was last scanned in"),
            ("Where is my {s} stuck?", "Your {s} is stuck in"),
            ("{s} tracking?", "The tracking shows {s} in"),
            ("How far has the package with {s} got?", "The package with {s} has got as far as"),
            ("In which town is the ordered {s} right now?", "Right now, the ordered {s} is in"),
            ("The customer wants to know about {s}. What's the current location?", "The current location of {s} is"),
            ("Tell me the last stop of the delivery with {s}.", "The last stop of the delivery with {s} is"),
            ("To which place has the carrier brought {s} so far?", "So far, the carrier has brought {s} to"),
        ),
    ),
    R(
        "product",
        "person",
        (
            "Ticket {s}, assignee: {v}.",
            "{v} picked up the {s} ticket.",
            "Bug in {s} assigned to {v}.",
            "| {s} crash | prio 1 | {v} |",
            "bot: the issue you reported with {s} is now with {v}.",
            "who's on the {s} bug? {v}, since this morning",
            "Triage result: {v} takes the bug in {s}, nobody else has time.",
            (
                "After bouncing from desk to desk like a hot potato, the bug that makes {s} crash has come to rest "
                "with {v}."
            ),
            "{v} is working on the fix for {s}.",
        ),
        (
            "{v} is working on {their} bug.",
            "{Their} ticket is assigned to {v}.",
        ),
        (
            ("Who is working on the {s} bug?", "The {s} bug is being worked on by"),
            ("Who is the {s} ticket assigned to?", "The {s} ticket is assigned to"),
            ("Who fixes {s}?", "{s} is being fixed by"),
            ("{s} assignee?", "The assignee for {s} is"),
            ("Whose task is it to repair {s}?", "Repairing {s} is the task of"),
            ("Who took on the problem with {s}?", "The problem with {s} was taken on by"),
            ("Customers complain about {s}. Which developer do I nudge?", "About {s}, the developer to nudge is"),
            ("Tell me who is dealing with the crash in {s}.", "The crash in {s} is being dealt with by"),
            ("Which person owns the {s} issue?", "The person who owns the {s} issue is"),
            ("Has anyone grabbed the {s} defect?", "The {s} defect was grabbed by"),
        ),
    ),
    R(
        "product",
        "duration",
        (
            "Outage {s}: {v}, resolved.",
            "{s} was down for {v}.",
            "{v} downtime on {s}, root cause: expired certificate.",
            "STATUS PAGE | {s} | outage length {v} | all systems normal",
            "Post-mortem: {s} could not be reached for {v}.",
            "{v} without {s}, phew, it's back now",
            "Dear customers, we apologise that {s} was unavailable for {v}.",
            "Somebody had pulled the wrong plug while vacuuming, and so for {v} nobody in the building could use {s}.",
            "It took us {v} to bring {s} back up.",
        ),
        (
            "{Their} downtime was {v}.",
            "The outage lasted {v}.",
        ),
        (
            ("How long was {s} down?", "{s} was down for"),
            ("How long did the outage of {s} last?", "The outage of {s} lasted"),
            ("What was the downtime of {s}?", "The downtime of {s} was"),
            ("{s} outage how long?", "The outage of {s} took"),
            ("For how long did {s} not work?", "{s} did not work for"),
            ("How much time passed until {s} was running again?", "The time until {s} was running again was"),
            ("I'm writing to clients about {s}. How long were they cut off?", "From {s}, clients were cut off for"),
            ("Tell me how long people had to manage without {s}.", "People had to manage without {s} for"),
            ("What was the length of the disruption to {s}?", "The length of the disruption to {s} was"),
        ),
    ),
    # Teams: boards, rosters, chat settings
    R(
        "team",
        "time",
        (
            "Stand-up of the {s} team: {v}.",
            "{v} daily {s} team, kitchen corner.",
            "The {s} team meets every morning at {v}.",
            "recurring event | {s} team | daily | {v} | 15 min",
            "Please don't book the kitchen corner at {v}, the {s} team has its daily there.",
            "new in the {s} team? just be there at {v}, that's when the daily starts",
            "Bot reminder: stand-up in the {s} team begins at {v}, post your update.",
            (
                "Retro outcome: because half of them have children to drop off, {v} is now the hour of the daily "
                "meeting in the {s} team."
            ),
            "At {v} each working day the people of the {s} team gather for their quick round.",
        ),
        (
            "{Their} stand-up is at {v}.",
            "{They} meet{s3} for the daily at {v}.",
        ),
        (
            ("When is the stand-up of the {s} team?", "The stand-up of the {s} team is at"),
            ("What time does the {s} team meet?", "The {s} team meets at"),
            ("When does the daily start in the {s} team?", "In the {s} team, the daily starts at"),
            ("{s} team daily?", "The daily of the {s} team is at"),
            ("At what time does everyone in the {s} team come together?", "Everyone in the {s} team comes together at"),
            (
                "When can I drop in on the {s} team's morning round?",
                "You can drop in on the {s} team's morning round at",
            ),
            ("I want to announce something to the {s} team. When are they all there?", "The {s} team are all there at"),
            ("Tell me when the {s} team has its short meeting.", "The {s} team has its short meeting at"),
            ("Until when do I have before the {s} team huddles?", "The {s} team huddles at"),
        ),
    ),
    R(
        "team",
        "person",
        (
            "On call for the {s} team this week: {v}.",
            "{v} has the pager of the {s} team.",
            "PAGER ROTA / {s} team / {v}",
            "At night and at weekends the {s} team can be reached through {v}, who is on call.",
            "{s} team, on-call duty: {v}.",
            "@here pager is with {v} from now on, write there if anything breaks for the {s} team",
            "This week it falls to {v} to get up at night for the {s} team.",
            (
                "Although it was really somebody else's turn, a swap on account of a wedding means that {v} is on "
                "standby for the {s} team."
            ),
            "Escalations outside office hours: ring {v}, on duty for the {s} team.",
        ),
        (
            "{v} is on call for {them}.",
            "{Their} pager is with {v}.",
        ),
        (
            ("Who is on call in the {s} team?", "On call in the {s} team is"),
            ("Who has the pager for the {s} team?", "The pager for the {s} team is with"),
            (
                "Who do I wake up if something of the {s} team breaks at night?",
                "If something of the {s} team breaks at night, wake up",
            ),
            ("{s} team on-call?", "The on-call person of the {s} team is"),
            ("Whose turn is it on standby for the {s} team?", "The turn on standby for the {s} team belongs to"),
            ("Who covers nights for the {s} team?", "Nights for the {s} team are covered by"),
            ("It's Sunday and I need the {s} team. Whom can I ring?", "For the {s} team on a Sunday, ring"),
            ("Tell me who in the {s} team is reachable after hours.", "Reachable after hours in the {s} team is"),
            (
                "Is anyone from the {s} team available outside working time?",
                "From the {s} team, available outside working time is",
            ),
        ),
    ),
    R(
        "team",
        "word",
        (
            "Chat channel of the {s} team: {v}.",
            "Post in {v} if you need the {s} team.",
            "The {s} team talks in the channel {v}.",
            "TEAM {s} / CHANNEL {v} / MAIL none",
            "wrong channel, sorry, {v} is the one for the {s} team",
            "Onboarding list: join {v}, that is where the {s} team chats.",
            (
                "Somebody must have thought it funny on a Friday afternoon, because ever since then the {s} team has "
                "chatted in a channel called {v}."
            ),
            "{v}: channel of the {s} team, questions welcome, no memes.",
            "You'll find the {s} team under {v} in the chat.",
        ),
        (
            "{Their} channel is {v}.",
            "{They} chat{s3} in {v}.",
        ),
        (
            ("What is the chat channel of the {s} team?", "The chat channel of the {s} team is called"),
            ("Where does the {s} team chat?", "The {s} team chats in the channel"),
            ("Where do I post a question for the {s} team?", "You post a question for the {s} team in the channel"),
            ("{s} team channel?", "The channel of the {s} team is called"),
            ("Which channel should I join to follow the {s} team?", "To follow the {s} team, join the channel"),
            (
                "How is the room of the {s} team named in the messenger?",
                "In the messenger, the room of the {s} team is named",
            ),
            (
                "I'd like to message the whole {s} team. In which channel?",
                "To message the whole {s} team, use the channel",
            ),
            (
                "Tell me the name of the group chat used by the {s} team.",
                "The name of the group chat used by the {s} team is",
            ),
            ("Under what name do I find the {s} team in chat?", "In chat, you find the {s} team under"),
        ),
    ),
    # The user: jottings, reminders, quick messages
    R(
        "user",
        "code",
        (
            "Note to self: parked in bay {v}.",
            "{v} is where I left the car.",
            "Car: level and bay {v}, ticket in the glove box.",
            "Parking memo of the user: bay {v}.",
            "quick, remember this for me: {v}, that's my parking bay",
            "In {v}, that's where I put the car at the airport.",
            "Bay {v} is what the user jotted down at 07:40 as the spot of the car.",
            (
                "It was dark and every level of that garage looks the same, so let me tell you now that my car "
                "stands in bay {v}."
            ),
        ),
        (),
        (
            ("Where did I park?", "You parked in bay"),
            ("Where is my car?", "Your car is in bay"),
            ("Which bay did I leave my car in?", "You left your car in bay"),
            ("my parking bay?", "Your parking bay is"),
            ("In which spot is my vehicle standing?", "Your vehicle is standing in spot"),
            ("I'm back in the garage and lost. Where do I have to go to drive home?", "To find your car, go to bay"),
            ("Tell me the number of my space.", "The number of your space is"),
            ("How do I find my car again?", "You find your car again in bay"),
            ("What did I tell you about the place where the car is?", "About your car, you told me it is in bay"),
            ("which slot did i pull into", "You pulled into slot"),
        ),
    ),
    R(
        "user",
        "time",
        (
            "Reminder: my train leaves at {v}.",
            "{v} train home, don't let me miss it.",
            "The user's train departs at {v}.",
            "Trip card of the user | train | dep {v} | seat by the window",
            "The {v} train is mine, so get me out of that meeting in time.",
            "Ticket bought, departure {v}, now I only need to be at the station.",
            "ok train's at {v}, kick me out of the office before that please",
            (
                "The man at the counter, who had all the patience in the world, found me a seat on the train that "
                "goes at {v}."
            ),
        ),
        (),
        (
            ("When does my train leave?", "Your train leaves at"),
            ("What time do I have to be on the platform?", "You have to be on the platform by"),
            ("Which train am I taking?", "Your train is the one at"),
            ("my train?", "Your train goes at"),
            ("When am I off by rail?", "You are off by rail at"),
            ("At what hour does my ride home depart?", "Your ride home departs at"),
            ("I've got to plan my afternoon. When is my departure?", "Your departure is at"),
            ("Tell me when the train I booked goes.", "The train you booked goes at"),
            ("until when must i be at the station", "You must be at the station by"),
            ("Could you say again when I set off?", "You set off at"),
        ),
    ),
    R(
        "user",
        "person",
        (
            "While I'm away, {v} waters my plants.",
            "Holiday list: plants: {v}; post: stopped; heating: off.",
            "{v} will look after my plants during the holiday.",
            "The user has asked {v} to water the plants.",
            "Plant sitter of the user: {v}.",
            "phew, {v} said yes to watering my jungle",
            "It is {v} who has my spare key and drops by for the plants when I'm gone.",
            (
                "After last summer, when nothing but the cactus survived, I'm leaving my plants in the hands of {v} "
                "this time."
            ),
        ),
        (),
        (
            ("Who waters my plants?", "Your plants are watered by"),
            (
                "Who takes care of my greenery while I'm on holiday?",
                "While you're on holiday, your greenery is taken care of by",
            ),
            ("my plant sitter?", "Your plant sitter is"),
            ("Whom did I ask to look after the plants?", "You asked for your plants to be looked after by"),
            (
                "Who comes round with the watering can when I'm gone?",
                "When you're gone, the one who comes round with the watering can is",
            ),
            ("I need to send instructions for my ferns. To whom?", "Instructions for your ferns go to"),
            ("Tell me who keeps my flowers alive.", "Your flowers are kept alive by"),
            (
                "I'd like to bring a thank-you gift for the plant care. Who gets it?",
                "Your thank-you gift for the plant care goes to",
            ),
            ("is anybody doing the plants for me", "Your plants are being done by"),
        ),
    ),
    R(
        "user",
        "amount",
        (
            "Lent my brother {v}, must not forget.",
            "{v} is what my brother owes me.",
            "IOU, {v}, brother to me.",
            "The user's brother has borrowed {v} from the user.",
            "Debts: {v}, owed to the user by the brother.",
            "my brother says he'll pay the {v} back at the weekend, haha, we'll see",
            "I'm still waiting for {v} from my brother.",
            "When his washing machine broke down and the bank was shut, I helped my brother out with {v}.",
        ),
        (),
        (
            ("How much does my brother owe me?", "Your brother owes you"),
            ("What did I lend my brother?", "You lent your brother"),
            ("How big is my brother's debt?", "Your brother's debt is"),
            ("brother owes me?", "Your brother still owes you"),
            ("How much did my brother borrow?", "Your brother borrowed"),
            ("What am I getting back from my brother?", "From your brother, you are getting back"),
            ("My brother is coming tonight. How much should he bring?", "Your brother should bring"),
            ("Tell me the sum I gave my brother.", "The sum you gave your brother is"),
            ("how much of my money has my brother got", "Of your money, your brother has got"),
        ),
    ),
    R(
        "user",
        "date",
        (
            "My passport expires on {v}.",
            "{v}: my passport runs out!!",
            "On {v} the passport of the user expires.",
            "Documents | passport (user) | expiry {v}",
            "The user's passport is good until {v}.",
            "just checked, {v} is the last day my passport works",
            "By {v} I need a new passport because mine expires then, otherwise I'm not going anywhere.",
            (
                "The woman at check-in turned my passport over twice and then pointed out that it would be worthless "
                "after {v}."
            ),
        ),
        (),
        (
            ("When does my passport expire?", "Your passport expires on"),
            ("How long is my passport valid?", "Your passport is valid until"),
            ("Until when can I travel on my passport?", "You can travel on your passport until"),
            ("my passport expiry?", "Your passport expiry is"),
            ("When do I need a new passport?", "You need a new passport by"),
            ("What is the end date in my passport?", "The end date in your passport is"),
            ("The visa form asks about my travel document. When does it lapse?", "Your travel document lapses on"),
            ("Tell me when my passport is no longer any good.", "Your passport is no longer any good after"),
            ("by when should i renew my passport", "You should renew your passport by"),
        ),
    ),
    # Events, animals, works, policies
    R(
        "event",
        "number",
        (
            "RSVP list {s}: {v} coming.",
            "{v} people said yes to {s}.",
            "Headcount for {s}: {v}.",
            "EVENT {s} / CONFIRMED {v} / CATERING ordered",
            "For {s}, we have {v} guests confirmed so far, writes the caterer.",
            "wow, {v} sign-ups for {s}, do we have enough chairs?",
            "Subject: {s}. Please lay tables for {v} guests.",
            (
                "After the third reminder, and with a bribe of free drinks, the list of those attending {s} has "
                "grown to {v} names."
            ),
            "Cook for {v}, that's how many will be eating at {s}.",
        ),
        (
            "{v} guests are confirmed.",
            "The headcount is {v}.",
        ),
        (
            ("How many people are coming to {s}?", "The number of people coming to {s} is"),
            ("How many guests does {s} have?", "The number of guests at {s} is"),
            ("How many said yes to {s}?", "The number of people who said yes to {s} is"),
            ("{s} headcount?", "The headcount for {s} is"),
            ("For how many do we need seats at {s}?", "The number of seats needed at {s} is"),
            ("What is the number of sign-ups for {s}?", "The number of sign-ups for {s} is"),
            ("The caterer is ringing about {s}. How many mouths to feed?", "At {s}, the number of mouths to feed is"),
            ("Tell me how big the crowd at {s} will be.", "In heads, the crowd at {s} will be"),
            ("How many participants are expected at {s}?", "The number of participants expected at {s} is"),
        ),
    ),
    R(
        "event",
        "person",
        (
            "{s}: drinks -> {v}.",
            "{v} brings the drinks to {s}.",
            "To-do {s}: music (done), chairs (done), drinks ({v}).",
            "Drinks for {s} will be organised by {v}.",
            "who's got the drinks for {s}? {v}, with the big car",
            "Sign-up sheet {s} | drinks | {v}",
            "Note from the committee: {v} has kindly offered to supply the beverages for {s}.",
            (
                "There was a long debate about cups, glasses and the planet, and at the end of it {v} volunteered to "
                "get the drinks for {s}."
            ),
            "It will be {v} who sees to it that nobody stays thirsty at {s}.",
        ),
        (
            "{v} brings the drinks.",
            "The drinks are organised by {v}.",
        ),
        (
            ("Who brings the drinks to {s}?", "The drinks are brought to {s} by"),
            ("Who is in charge of drinks at {s}?", "In charge of drinks at {s} is"),
            ("Who gets the beverages for {s}?", "The beverages for {s} are bought by"),
            ("{s} drinks who?", "The drinks for {s} come from"),
            ("Who makes sure we have something to drink at {s}?", "Something to drink at {s} is provided by"),
            ("With whom do I talk about beer and juice for {s}?", "About beer and juice for {s}, talk to"),
            ("I have spare lemonade for {s}. Whom should I tell?", "About your lemonade for {s}, tell"),
            ("Tell me whose name is next to the drinks for {s}.", "The name next to the drinks for {s} is"),
            ("Has somebody taken on the refreshments for {s}?", "The refreshments for {s} were taken on by"),
        ),
    ),
    R(
        "animal",
        "date",
        (
            "Vaccination card, dog {s}: next jab {v}.",
            "{v} vet: {s}, booster.",
            "The dog {s} is due for a vaccination on {v}.",
            "PATIENT {s} (dog) / BOOSTER DUE {v} / OWNER informed",
            "Reminder from the animal clinic: please bring your dog {s} for the booster on {v}.",
            "hide the treats, {v} is the day the dog {s} gets a jab",
            "Booster for the dog {s}: {v}.",
            (
                "Because the dog howled so terribly last time that the waiting room emptied, {s} has been given the "
                "last slot on {v} for the vaccination."
            ),
            "We're off to the vet on {v} to get our dog {s} vaccinated.",
        ),
        (
            "{Their} next vaccination is on {v}.",
            "The vet expects {them} for a booster on {v}.",
        ),
        (
            ("When does {s} get vaccinated?", "{s} gets vaccinated on"),
            ("When is the next jab of {s}?", "The next jab of {s} is on"),
            ("On which day does {s} have to see the vet?", "{s} has to see the vet on"),
            ("{s} booster?", "The booster of {s} is on"),
            ("When is {s} getting the shot?", "{s} is getting the shot on"),
            ("What date did the clinic give us for {s}?", "The date the clinic gave us for {s} is"),
            ("I'm planning the month with our dog {s}. When's the injection?", "The injection of {s} is on"),
            ("Tell me when {s} is due at the animal doctor's.", "{s} is due at the animal doctor's on"),
            ("By when must the shots of {s} be renewed?", "The shots of {s} must be renewed on"),
        ),
    ),
    R(
        "animal",
        "food",
        (
            "Note for the sitter: the cat {s} gets her tablet hidden in {v}.",
            "Tablet for the cat {s}: crush, mix into {v}.",
            "{v} is the only thing in which the cat {s} will swallow a tablet.",
            "CAT {s} | MEDICATION one tablet | GIVE WITH {v}",
            "psst, wrap it in {v}, then the cat {s} takes the pill without noticing",
            "Use {v} to get the medicine into our cat {s}.",
            "Care sheet of the cat {s}: medicine goes down with {v}.",
            (
                "Years of scratched hands have taught us that the cat {s} takes a pill only when it has been buried "
                "deep inside some {v}."
            ),
            "With a bit of {v} around it, the pill is no problem for the cat {s}.",
        ),
        (
            "The tablet is hidden in {v} for {them}.",
            "{They} take{s3} the tablet with {v}.",
        ),
        (
            ("What do I hide the tablet of {s} in?", "The tablet of {s} is hidden in"),
            ("How does {s} take the pill?", "{s} takes the pill with"),
            ("What makes {s} swallow medicine?", "{s} swallows medicine when it comes with"),
            ("{s} pill with what?", "The pill for {s} goes with"),
            ("In which food should I give {s} the medication?", "The medication should be given to {s} in"),
            ("What do you mix the medicine of {s} into?", "The medicine of {s} is mixed into"),
            ("I'm cat-sitting and {s} spits out the tablet. What helps?", "What helps with the tablet of {s} is"),
            (
                "Tell me the treat that tricks {s} into taking the drug.",
                "The treat that tricks {s} into taking the drug is",
            ),
            ("Which snack do I need for the pill of {s}?", "The snack needed for the pill of {s} is"),
        ),
    ),
    R(
        "work",
        "person",
        (
            "{s}: lent to {v}, want it back.",
            "{v} still has our copy of {s}.",
            "Lending list, {s}, with {v} since spring.",
            "SHELF GAP / {s} / borrowed by {v}",
            "hey, you asked for {s}, sorry, it's at {v}'s place",
            "Please remind {v} to return {s}.",
            (
                "On the slip of paper stuck in the gap on our shelf, in handwriting that gets worse toward the end, "
                "it says that {v} took {s} home."
            ),
            "We gave {s} to {v} to borrow.",
            "{v} borrowed {s} and promised to take good care of it.",
        ),
        (
            "{v} borrowed our copy.",
            "Our copy is with {v}.",
        ),
        (
            ("Who borrowed {s}?", "{s} was borrowed by"),
            ("Who has our copy of {s}?", "Our copy of {s} is with"),
            ("To whom did we lend {s}?", "We lent {s} to"),
            ("{s} lent to?", "{s} is lent to"),
            ("Who took {s} off the shelf?", "{s} was taken off the shelf by"),
            ("Where did {s} go, I mean who's got it?", "The one who's got {s} is"),
            ("I want {s} back. Whom do I need to pester?", "To get {s} back, pester"),
            ("Tell me who is holding on to {s}.", "The person holding on to {s} is"),
            ("At whose home is {s} lying around?", "{s} is lying around at the home of"),
            ("Did we let somebody have {s}?", "We let {s} go to"),
        ),
    ),
    R(
        "policy",
        "email",
        (
            "Questions about the {s} policy: {v}.",
            "{v} answers questions on the {s} policy.",
            "Write to {v} if anything in the {s} policy is unclear.",
            "POLICY {s} / VERSION current / CONTACT {v}",
            "Footer: this is the {s} policy. Feedback and questions to {v}.",
            "not sure about the {s} policy? just mail {v}, they reply fast",
            "Minutes: staff were told to send queries concerning the {s} policy to {v}.",
            (
                "Since the helpline was closed for good in a round of cuts that surprised no one, {v} has been the "
                "place to ask about the {s} policy."
            ),
            "The mailbox {v} was set up for enquiries about the {s} policy.",
        ),
        (
            "Questions go to {v}.",
            "{Their} contact address is {v}.",
        ),
        (
            ("Where do I send questions about the {s} policy?", "Questions about the {s} policy go to"),
            (
                "Which address answers queries on the {s} policy?",
                "The address that answers queries on the {s} policy is",
            ),
            ("Whom can I mail about the {s} policy?", "About the {s} policy, you can mail"),
            ("{s} policy contact?", "The contact for the {s} policy is"),
            ("What is the mailbox for the {s} policy?", "The mailbox for the {s} policy is"),
            ("Where can I get help with the {s} policy?", "With the {s} policy, you can get help from"),
            ("I don't understand a rule in the {s} policy. Where do I turn?", "With a rule in the {s} policy, turn to"),
            ("Tell me the email that goes with the {s} policy.", "The email that goes with the {s} policy is"),
            ("Who explains the {s} policy by mail?", "By mail, the {s} policy is explained by"),
        ),
    ),
    R(
        "policy",
        "date",
        (
            "Circular: the {s} policy applies from {v}.",
            "{v}, {s} policy in force.",
            "The {s} policy takes effect on {v}.",
            "POLICY {s} / EFFECTIVE {v} / REPLACES previous version",
            "Subject: new rules. From {v} on, all of us have to follow the {s} policy.",
            "reminder, {v} is when the {s} policy kicks in",
            "Minutes, item 6: the board sets {v} as the first day of the {s} policy.",
            (
                "Once the works council had read every line, crossed out a few and slept on the rest, the {s} policy "
                "was put into force as of {v}."
            ),
            "Starting {v}, the {s} policy is binding.",
        ),
        (
            "It applies from {v}.",
            "{v} is its first day in force.",
        ),
        (
            ("When does the {s} policy take effect?", "The {s} policy takes effect on"),
            ("From when does the {s} policy apply?", "The {s} policy applies from"),
            ("As of which day is the {s} policy valid?", "The {s} policy is valid as of"),
            ("{s} policy start?", "The start of the {s} policy is on"),
            ("When do we have to obey the {s} policy?", "We have to obey the {s} policy from"),
            ("What is the effective date of the {s} policy?", "The effective date of the {s} policy is"),
            ("An auditor asks about the {s} policy. When did it become binding?", "The {s} policy became binding on"),
            ("Tell me the day the {s} policy comes in.", "The day the {s} policy comes in is"),
            ("As of when do the rules of the {s} policy count?", "The rules of the {s} policy count as of"),
        ),
    ),
    # More slips, cards and lists
    R(
        "person",
        "phrase",
        (
            "Lost property, claimed by {s}: {v}.",
            "{v} found in the lobby, belongs to {s}.",
            "Lost: {v}. Owner: {s}. Found: yes, behind the radiator.",
            "ITEM {v} / OWNER {s} / SHELF 3",
            "{s} lost something on the train, described on the form as {v}.",
            "whoever finds something like {v}, it's what {s} is missing",
            "Lost and found report: {s} is looking for {v}.",
            (
                "The clerk at the lost property office raised one eyebrow, but wrote down {v} all the same as what "
                "{s} had left on the seat."
            ),
        ),
        (
            "{They} lost {v}.",
            "The thing on {their} form is {v}.",
        ),
        (
            ("What did {s} lose?", "{s} lost"),
            ("What is {s} looking for?", "{s} is looking for"),
            ("Which item belongs to {s}?", "The item that belongs to {s} is"),
            ("{s} lost property?", "The lost property of {s} is"),
            ("What went missing from {s}?", "What went missing from {s} was"),
            ("What did {s} forget somewhere?", "What {s} forgot was"),
            ("{s} has come to the counter to pick something up. What do I fetch?", "For {s}, fetch"),
            ("Tell me what {s} left behind.", "{s} left behind"),
            ("How is the missing thing of {s} described?", "The missing thing of {s} is described as"),
        ),
    ),
    R(
        "person",
        "amount",
        (
            "Tab at the bar, {s}: {v}, unpaid.",
            "{v} open on the tab of {s}.",
            "Coffee list: {v} outstanding from {s}.",
            "NAME {s} / CONSUMED drinks and snacks / TO PAY {v}",
            "hi {s}, friendly nudge, you've got {v} to settle for coffee and snacks",
            (
                "There is a jar for coins in the kitchen, and next to it hangs a list on which {v} has been noted "
                "against the name of {s}."
            ),
        ),
        ("{Their} unpaid tab is {v}.",),
        (
            ("How much is on the tab of {s}?", "On the tab of {s} is"),
            ("What does {s} still have to pay?", "{s} still has to pay"),
            ("How much does {s} owe for drinks and snacks?", "For drinks and snacks, {s} owes"),
            ("{s} tab?", "The tab of {s} is at"),
            ("How high is the unpaid bill of {s}?", "The unpaid bill of {s} is"),
            ("What has {s} run up on credit?", "On credit, {s} has run up"),
            ("{s} wants to settle up. What do I collect?", "From {s}, collect"),
            ("Tell me what {s} should put in the jar.", "What {s} should put in the jar is"),
            ("Is {s} in debt with the kitchen?", "{s} is in debt with the kitchen for"),
        ),
    ),
    R(
        "person",
        "time",
        (
            "Nursery: {s} picked up at {v} today, please.",
            "{v} pick-up: {s}, football bag is in the hall.",
            "Collect {s} at {v}.",
            "Pick-up time for {s}: {v}.",
            "CHILD {s} | COLLECTED BY grandparents | TIME {v}",
            "can you fetch {s} from practice at {v}? I'm stuck here, love you",
            "Dear parents, {v} is when {s} should be fetched, because the hall closes early.",
            (
                "Because the trainer has a wedding to go to and the bus is off the road, {s} has to be picked up at "
                "{v} and not a minute later."
            ),
            "Be there by {v}, {s} will be waiting at the gate with the bag packed.",
        ),
        (
            "{They} should be picked up at {v}.",
            "{Their} pick-up time is {v}.",
        ),
        (
            ("When do I pick up {s}?", "You pick up {s} at"),
            ("What time does {s} have to be fetched?", "{s} has to be fetched at"),
            ("When should someone collect {s}?", "Someone should collect {s} at"),
            ("{s} pick-up?", "The pick-up of {s} is at"),
            ("At what time is {s} waiting for a lift?", "{s} is waiting for a lift at"),
            ("When does {s} need the ride home?", "{s} needs the ride home at"),
            ("I'm the driver for {s} today. By when must I be there?", "For {s}, you must be there by"),
            ("Tell me when {s} is ready to go home.", "{s} is ready to go home at"),
            ("Could you check when we're supposed to get {s}?", "We're supposed to get {s} at"),
        ),
    ),
    R(
        "person",
        "number",
        (
            "Race results: {s}, start number {v}, finished.",
            "Bib {v}: {s}.",
            "{s} runs with number {v}.",
            "START LIST | {v} | {s} | club runner",
            "and here comes number {v}, that's {s}, look at those legs!",
            "Please cheer for {v} on Sunday, it's {s} under that bib.",
            "Envelope for {s}: bib {v}, four pins, voucher for soup.",
            (
                "With fingers stiff from the cold and a pin between the teeth, {s} fastened the bib with the {v} on "
                "it to the shirt."
            ),
            "The organisers assigned the bib number {v} to {s}.",
        ),
        (
            "{Their} start number is {v}.",
            "{They} run{s3} with bib {v}.",
        ),
        (
            ("What is the start number of {s}?", "The start number of {s} is"),
            ("Which number is {s} wearing?", "{s} is wearing number"),
            ("What number does {s} have in the race?", "In the race, {s} has number"),
            ("{s} bib?", "The bib of {s} is number"),
            ("How do I spot {s} among the runners?", "Among the runners, {s} has number"),
            ("Under which number is {s} competing?", "{s} is competing under number"),
            (
                "I want to look up the finishing time of {s}. What do I enter as runner number?",
                "The runner number of {s} is",
            ),
            ("Tell me what's printed on the shirt of {s}.", "Printed on the shirt of {s} is the number"),
            ("What figure was {s} given by the organisers?", "The organisers gave {s} the number"),
        ),
    ),
    R(
        "person",
        "food",
        (
            "Lunch order {s}: {v}.",
            "{v} for {s}, no onions.",
            "{s} would like {v} for lunch.",
            "ORDER LIST | {s} | {v} | paid",
            "group chat: -- and {s}? -- put me down for {v} please",
            "In the bag on the left you'll find {v}, that's the lunch of {s}.",
            "Meal choice of {s}: {v}.",
            "It took a good ten minutes of scrolling through the menu, but in the end {s} settled on {v} for lunch.",
            "As always on a Thursday, {v} goes to the desk of {s} for lunch.",
        ),
        (
            "{They} ordered {v} for lunch.",
            "{Their} lunch order is {v}.",
        ),
        (
            ("What did {s} order for lunch?", "For lunch, {s} ordered"),
            ("What is {s} having for lunch?", "For lunch, {s} is having"),
            ("Which dish is for {s}?", "The dish for {s} is"),
            ("{s} lunch?", "The lunch of {s} is"),
            ("What does {s} want to eat?", "{s} wants to eat"),
            ("What meal did {s} pick?", "The meal {s} picked was"),
            ("The food has come. What do I give {s}?", "Give {s} the"),
            ("Tell me what I should get for {s} at the takeaway.", "At the takeaway, for {s} you should get"),
            ("Do you know what {s} asked for from the menu?", "From the menu, {s} asked for"),
            ("What goes on the plate of {s} at noon?", "At noon, what goes on the plate of {s} is"),
        ),
    ),
    R(
        "organisation",
        "phrase",
        (
            "Guest network at {s}, password: {v}.",
            "{v} is the wifi password at {s}.",
            "The guest wifi of {s} opens with {v}.",
            "WELCOME TO {s} / WIFI guest / PASSWORD {v}",
            "psst, it's {v} if you want to get online at {s}",
            "Type {v}, lower case, and you're in the visitors' network of {s}.",
            "Visitor leaflet of {s}: connect to the guest network with {v}.",
            (
                "On a card under the potted palm in the lobby, where nobody would ever look, {s} has printed {v} as "
                "the password of its guest wifi."
            ),
            "For wireless access, visitors of {s} enter {v}.",
        ),
        (
            "{Their} wifi password is {v}.",
            "Guests get online with {v}.",
        ),
        (
            ("What is the wifi password at {s}?", "The wifi password at {s} is"),
            ("How do I get online at {s}?", "You get online at {s} with the password"),
            ("What do I type to use the internet at {s}?", "To use the internet at {s}, type"),
            ("{s} wifi?", "The wifi at {s} opens with"),
            ("Which password do guests of {s} need?", "The password guests of {s} need is"),
            ("What unlocks the visitors' network at {s}?", "The visitors' network at {s} is unlocked by"),
            ("I'm in the lobby of {s} with my laptop. What's the login phrase?", "The login phrase at {s} is"),
            ("Tell me the words for the wireless at {s}.", "The words for the wireless at {s} are"),
            ("Can you give me the access to the guest network of {s}?", "The access to the guest network of {s} is"),
        ),
    ),
    R(
        "organisation",
        "person",
        (
            "Parcel for {s} accepted by neighbour {v}.",
            "{v} signed for the parcel addressed to {s}.",
            "Delivery card: Dear {s}, we missed you. Your parcel is with {v}.",
            "CONSIGNEE {s} / RECEIVED BY {v} / SIGNATURE yes",
            "hi, {v} here, I took in a box for {s}, just come round",
            "Nobody was in at {s}, so the driver left the parcel with {v}.",
            "Proof of delivery: {v}, on behalf of {s}.",
            (
                "The courier rang three bells, waited in the drizzle and at long last got {v} to put a signature on "
                "the screen for what was meant for {s}."
            ),
            "The parcel for {s} was handed to {v}.",
        ),
        (
            "{v} accepted the parcel for {them}.",
            "{Their} parcel was left with {v}.",
        ),
        (
            ("Who took the parcel for {s}?", "The parcel for {s} was taken by"),
            ("Who signed for the delivery to {s}?", "The delivery to {s} was signed for by"),
            ("Who has the package of {s}?", "The package of {s} is with"),
            ("{s} parcel left with?", "The parcel of {s} was left with"),
            ("Whose signature is on the receipt for {s}?", "The signature on the receipt for {s} is that of"),
            ("With whom did the courier leave the box for {s}?", "The courier left the box for {s} with"),
            ("{s} says nothing arrived. Who received it?", "What was sent to {s} was received by"),
            (
                "Tell me where the shipment for {s} ended up, I mean with which person.",
                "The shipment for {s} ended up with",
            ),
            ("Did someone accept the goods for {s}?", "The goods for {s} were accepted by"),
        ),
    ),
    R(
        "place",
        "code",
        (
            "Door code {s}: {v}.",
            "{v} opens the side door of {s}.",
            "To get into {s}, press {v} and then the key symbol.",
            "CHECK-IN INFO / {s} / KEYPAD {v} / CHECK-OUT noon",
            "Hi and welcome! The keypad at {s} takes {v}, the lamp switch is on the left.",
            "I always forget it too, but {v} is what you punch in at the door of {s}.",
            "Cleaner's note, {s}: code for the door changed to {v}.",
            (
                "Once you've found the grey box behind the ivy, which isn't easy at night, enter {v} and the door of "
                "{s} clicks open."
            ),
            "With {v} the door of {s} can be unlocked.",
        ),
        (
            "{Their} door code is {v}.",
            "The keypad there takes {v}.",
        ),
        (
            ("What is the door code of {s}?", "The door code of {s} is"),
            ("How do I get into {s}?", "You get into {s} with the code"),
            ("What do I enter at the keypad of {s}?", "At the keypad of {s}, enter"),
            ("{s} code?", "The code for {s} is"),
            ("Which combination opens {s}?", "The combination that opens {s} is"),
            ("What do guests of {s} have to type at the entrance?", "At the entrance, guests of {s} have to type"),
            ("I'm at the door of {s} and it's shut. What do I press?", "At the door of {s}, press"),
            ("Tell me the entry PIN for {s}.", "The entry PIN for {s} is"),
            ("What lets me in at {s}?", "At {s}, what lets you in is"),
        ),
    ),
    R(
        "place",
        "duration",
        (
            "Diversion at {s}, road works, {v}.",
            "The road to {s} is closed for {v}.",
            "{v} of road works outside {s}, sorry for the noise.",
            "TRAFFIC NOTICE / ACCESS {s} / CLOSED FOR {v}",
            "ugh, {v} of detours before we can drive up to {s} again",
            "Council minutes: the access road of {s} will be shut for {v} for new pipes.",
            "For {v} nobody can reach {s} by the main road.",
            (
                "A letter from the council, folded so small that I nearly threw it out, says the road at {s} will "
                "stay closed for {v}."
            ),
            "Length of the road closure at {s}: {v}.",
        ),
        (
            "The road there is closed for {v}.",
            "The access road to it will be shut for {v}.",
        ),
        (
            ("How long is the road to {s} closed?", "The road to {s} is closed for"),
            ("How long do the road works at {s} last?", "The road works at {s} last"),
            ("For how long do we need a detour to {s}?", "A detour to {s} is needed for"),
            ("{s} road closure?", "The road closure at {s} lasts"),
            ("How long will the digging outside {s} go on?", "The digging outside {s} will go on for"),
            (
                "How much time until I can drive straight to {s} again?",
                "Until you can drive straight to {s} again, it takes",
            ),
            ("Our suppliers can't get to {s}. How long is the blockage?", "The blockage at {s} is going to last"),
            ("Tell me the length of the disruption on the street at {s}.", "The disruption on the street at {s} lasts"),
            ("How long is the main route to {s} out of use?", "The main route to {s} is out of use for"),
        ),
    ),
    R(
        "product",
        "date",
        (
            "Return {s}: received {v}, refund pending.",
            "Customer sent back {s} on {v}.",
            "{v}, {s}, returned, box damaged.",
            "RMA FORM / ARTICLE {s} / DATE OF RETURN {v}",
            "Thank you for your return. Your {s} reached our counter on {v}.",
            "took the {s} back to the shop on {v}, they weren't thrilled",
            "On {v} the {s} went back to the dealer.",
            "After a last attempt with a hairdryer and a lot of bad language, the {s} was returned to the shop on {v}.",
            "Mark {v} as the day when {s} was given back to the seller.",
        ),
        (
            "The date of return was {v}.",
            "{Their} return was booked on {v}.",
        ),
        (
            ("When was {s} returned?", "{s} was returned on"),
            ("When did the {s} go back to the shop?", "The {s} went back to the shop on"),
            ("On which day did the seller get {s} back?", "The seller got {s} back on"),
            ("{s} return date?", "The return date of {s} is"),
            ("When did the customer bring {s} back?", "The customer brought {s} back on"),
            ("When did we get rid of {s} again?", "We got rid of {s} again on"),
            ("I'm chasing the refund for {s}. Since when has the dealer had it?", "The dealer has had {s} since"),
            ("Tell me the date on the return slip of {s}.", "The date on the return slip of {s} is"),
            ("What day was the {s} handed in at the counter?", "The {s} was handed in at the counter on"),
        ),
    ),
    R(
        "project",
        "time",
        (
            "Calendar: {s} review, {v}, room with the big screen.",
            "{v}, {s} review, please be on time.",
            "The {s} review starts at {v}.",
            "INVITE / {s} review / today / {v}",
            "Subject: review today. All, we meet at {v} to look at {s} together.",
            "psa: {v} is the new time for the {s} review, room as before",
            "Agenda {s}: review from {v}, open end.",
            (
                "Two people are on trains, one is at the doctor's and one is just late, so the review of {s} has "
                "been pushed to {v}."
            ),
            "At {v} we go through everything in the {s} project.",
        ),
        (
            "The review begins at {v}.",
            "{Their} review is at {v}.",
        ),
        (
            ("When is the {s} review?", "The {s} review is at"),
            ("What time do we look at {s}?", "We look at {s} at"),
            ("When does the meeting about {s} begin?", "The meeting about {s} begins at"),
            ("{s} review time?", "The time of the {s} review is"),
            ("At what hour is everyone needed for {s}?", "Everyone is needed for {s} at"),
            ("When do I have to show my part of {s}?", "You have to show your part of {s} at"),
            ("I'm blocking my calendar for {s}. From when?", "For {s}, block your calendar from"),
            ("Tell me when we sit together over {s}.", "We sit together over {s} at"),
            ("To what time did they push the {s} session?", "They pushed the {s} session to"),
        ),
    ),
    R(
        "team",
        "number",
        (
            "Attendance {s} team: {v} present.",
            "{v} on duty in the {s} team today.",
            "The {s} team starts the shift with {v} people.",
            "SHIFT early / TEAM {s} / PRESENT {v} / SICK 1",
            "Handover: the {s} team has {v} on the floor, that has to be enough.",
            "morning, we're {v} in the {s} team today, who makes coffee?",
            "Whiteboard: {v} hands available in the {s} team.",
            (
                "With the flu going round and a bridge closed on the way to work, it is {v} people that the {s} team "
                "can count on today."
            ),
            "Staffing of the {s} team: {v}.",
        ),
        (
            "{v} people are on duty there.",
            "{Their} shift has {v} people.",
        ),
        (
            ("How many people are on duty in the {s} team?", "The number of people on duty in the {s} team is"),
            ("How many are there in the {s} team today?", "Today, the number of people in the {s} team is"),
            ("How many showed up in the {s} team?", "The number of people who showed up in the {s} team is"),
            ("{s} team staffing?", "The staffing of the {s} team is"),
            ("How strong is the {s} team on this shift?", "On this shift, the strength of the {s} team is"),
            ("With how many does the {s} team work today?", "The number of people the {s} team works with today is"),
            (
                "I'm bringing doughnuts for the {s} team. How many do I need for one each?",
                "For one each in the {s} team, you need",
            ),
            ("Tell me the headcount of the {s} team.", "The headcount of the {s} team is"),
            ("What number of staff does the {s} team have at hand?", "The number of staff the {s} team has at hand is"),
        ),
    ),
    R(
        "work",
        "time",
        (
            "Cinema listing: {s}, {v}, screen 2.",
            "{v} {s}, doors open a little earlier.",
            "{s} starts at {v} tonight.",
            "TICKET | {s} | {v} | ROW 7",
            "Booking confirmed: two seats for {s}, beginning {v}.",
            "let's meet before {v}, that's when {s} starts",
            "Tonight's showing of {s} begins at {v}.",
            (
                "The projector is old and so is the man who runs it, yet at {v} sharp the lights will go out and {s} "
                "will begin."
            ),
            "Be in your seat by {v} if you want to see the beginning of {s}.",
        ),
        (
            "It starts at {v} tonight.",
            "{Their} starting time is {v}.",
        ),
        (
            ("When does {s} start?", "{s} starts at"),
            ("What time is {s} on?", "{s} is on at"),
            ("When are they showing {s}?", "They are showing {s} at"),
            ("{s} tonight when?", "Tonight, {s} is at"),
            ("At what time do the lights go out for {s}?", "The lights go out for {s} at"),
            ("When do we need to be in our seats for {s}?", "For {s}, we need to be in our seats by"),
            ("I've got tickets to {s}. When does it kick off?", "{s} kicks off at"),
            ("Tell me the starting time of {s}.", "The starting time of {s} is"),
            ("By when must I be there so that I don't miss any of {s}?", "So as not to miss any of {s}, be there by"),
        ),
    ),
    R(
        "user",
        "word",
        (
            "Safe word at our house: {v}.",
            "{v} is the word I've agreed with my kids in case a stranger picks them up.",
            "Family code word of the user: {v}.",
            "If someone else fetches my children, they have to say {v}.",
            "ok write down {v}, it's the code word for my kids",
            "Pick-up rule: no {v}, no going along, my kids know that code word.",
            "The user's children go with nobody who doesn't know the word {v}.",
            (
                "We sat round the kitchen table, rejected a dozen ideas, and then {v} became the secret code word "
                "between me and my children."
            ),
            "With the word {v}, my children know that the person was sent by me.",
        ),
        (),
        (
            ("What is the code word for my kids?", "The code word for your kids is"),
            ("What word did I agree on with my children?", "The word you agreed on with your children is"),
            ("our family code word?", "Your family code word is"),
            ("What does a stranger have to say to pick up my kids?", "To pick up your kids, a stranger has to say"),
            (
                "Which word tells my kids that somebody can be trusted?",
                "The word that tells your kids somebody can be trusted is",
            ),
            (
                "My sister will fetch the children today. Which password does she need?",
                "To fetch your children, the password is",
            ),
            ("Tell me the secret word we use at home.", "The secret word you use at home is"),
            (
                "how do my little ones know someone was sent by me",
                "Your little ones know someone was sent by you by the word",
            ),
            ("Remind me what we settled on as the safety word.", "The safety word you settled on is"),
        ),
    ),
)
