"""Relations of customers, suppliers, schools and clubs: how each is stated and asked for. Pure data."""

from __future__ import annotations

from parametric_memory.training.data.relations.relation import Relation as R

ACCOUNTS = (
    # account manager on our side
    R(
        "organisation",
        "person",
        (
            "{v} manages the {s} account.",
            "{s} is looked after by {v} on our side.",
            "On our side, {v} is in charge of {s} as a customer.",
            "Customer: {s}. Account manager: {v}.",
            (
                "Since the sales regions were redrawn in spring, {v} has been the one handling {s}, from quotes to "
                "complaints."
            ),
            "oh, {s}? that's one of {v}'s accounts now",
            "{v} has taken {s} on as a client and is its account manager.",
            "Please route everything from {s} to {v}, who owns the account.",
            "The customer {s} belongs to {v}'s portfolio.",
        ),
        (
            "{Their} account manager with us is {v}.",
            "{v} looks after {them} on our side.",
        ),
        (
            ("Who manages the {s} account?", "The {s} account is managed by"),
            ("Who looks after {s} for us?", "{s} is looked after by"),
            ("What is the name of {s}'s account manager?", "The name of {s}'s account manager is"),
            ("Do you know which colleague handles {s}?", "The colleague who handles {s} is"),
            ("{s} account manager?", "The account manager of {s} is"),
            ("Name the sales rep responsible for {s}.", "The sales rep responsible for {s} is"),
            ("I've got a strange mail from {s} here. Whose client is that?", "{s} is a client of"),
            ("Whom do I forward a request from {s} to?", "A request from {s} should be forwarded to"),
            ("in whose hands is {s} these days", "{s} is in the hands of"),
            ("Has anyone in our house been assigned to {s}?", "Yes, the person assigned to {s} is"),
        ),
    ),
    # our contact at the other end
    R(
        "organisation",
        "person",
        (
            "Our contact at {s} is {v}.",
            "{v} is the person we deal with at {s}.",
            "When you ring {s}, ask for {v}, our contact there.",
            "{s} / main contact: {v}",
            "{v} answers our mails at {s} and is our way in there.",
            "It took three calls to the switchboard, but we now have {v} as our regular contact inside {s}.",
            "so if you need something from {s}, just talk to {v}, that's our person there",
            "We always speak to {v} when we have business with {s}.",
            "At {s}, {v} is the one we turn to.",
        ),
        (
            "{Their} contact person for us is {v}.",
            "The person to talk to there is {v}.",
        ),
        (
            ("Who do we talk to at {s}?", "At {s}, we talk to"),
            ("Whom should I ask for when I call {s}?", "When you call {s}, ask for"),
            ("contact person {s}?", "The contact person at {s} is"),
            ("I need to chase {s} about a delivery. Who do I get in touch with?", "At {s}, get in touch with"),
            ("Could you give me the name of somebody we know at {s}?", "Somebody we know at {s} is"),
            ("Who deals with us at {s}?", "The person who deals with us at {s} is"),
            ("Tell me whose name we have on file for {s}.", "The name we have on file for {s} is"),
            ("To whom at {s} should I address this letter?", "The letter to {s} should be addressed to"),
            ("I've forgotten who our go-to person at {s} was.", "Our go-to person at {s} is"),
        ),
    ),
    # headquarters
    R(
        "organisation",
        "place",
        (
            "{s} has its headquarters in {v}.",
            "{v} is where {s} has its head office.",
            "{s} is headquartered in {v}.",
            "{s} | HQ: {v}",
            "From its main office in {v}, {s} is run by a surprisingly small staff.",
            "They have branches all over the place, but {v} is the seat of {s}.",
            (
                "The head office of {s} is in {v}, a short walk from the railway station, with parking behind the "
                "building."
            ),
            "yeah, {s}, they're based in {v}",
            "If you want to see the management of {s}, you have to go to {v}, where its headquarters stands.",
        ),
        ("{v} is where {their} headquarters stands.",),
        (
            ("Where is {s} based?", "{s} is based in"),
            ("Where does {s} have its headquarters?", "{s} has its headquarters in"),
            ("In which town is the head office of {s}?", "The head office of {s} is in"),
            ("{s} hq location", "The HQ of {s} is in"),
            ("What town is {s} run from?", "{s} is run from"),
            ("Name the seat of {s}.", "The seat of {s} is"),
            (
                "I have a meeting with the directors of {s} at their main office. Where am I going?",
                "The main office of {s} is in",
            ),
            ("Can you tell me what city {s} operates out of?", "{s} operates out of"),
            ("Where would I find {s}'s central office?", "{s}'s central office is in"),
            ("which place does {s} call home?", "{s} calls home the town of"),
        ),
    ),
    # founder
    R(
        "organisation",
        "person",
        (
            "{s} was founded by {v}.",
            "{v} founded {s}.",
            "{s}, founder: {v}",
            (
                "The whole of {s} started as an idea of {v}'s, who set it up at a kitchen table with a borrowed "
                "typewriter."
            ),
            "{v} is the founder of {s}.",
            "you know, {s} was started by {v}",
            "Without {v}, who established it, there would be no {s}.",
            "According to its history page, {s} owes its foundation to {v}.",
        ),
        (
            "{Their} founder is {v}.",
            "It was {v} who founded {them}.",
        ),
        (
            ("Who founded {s}?", "{s} was founded by"),
            ("Who started {s}?", "{s} was started by"),
            ("What's the name of the founder of {s}?", "The founder of {s} is"),
            ("founder of {s}?", "The founder of {s} was"),
            ("Whose idea was {s}?", "{s} was the idea of"),
            ("Tell me who brought {s} into being.", "{s} was brought into being by"),
            ("I'm writing a short history of {s}. Who created it?", "{s} was created by"),
            ("Would you happen to know by whom {s} was established?", "{s} was established by"),
            ("who got {s} off the ground back then", "The person who got {s} off the ground was"),
        ),
    ),
    # founding year
    R(
        "organisation",
        "year",
        (
            "{s} was founded in {v}.",
            "In {v}, {s} opened its doors for the first time.",
            "{s} has been around since {v}.",
            "{s} (est. {v})",
            "{v} is the year in which {s} came into existence.",
            "The brass plate by the entrance, a little worn by now, says that {s} was established in {v}.",
            "they always brag about it: {s}, in business since {v}",
            "It was {v} when {s} was set up.",
            "The history of {s} begins in {v}, the year of its foundation.",
        ),
        (
            "{They} came into being in {v}.",
            "{v} was the year of {their} foundation.",
        ),
        (
            ("When was {s} founded?", "{s} was founded in"),
            ("In what year did {s} start?", "{s} started in"),
            ("Since when has {s} existed?", "{s} has existed since"),
            ("year of foundation of {s}", "The year of foundation of {s} is"),
            ("How far back does {s} go?", "{s} goes back to"),
            ("What year was {s} set up?", "{s} was set up in"),
            ("I want to congratulate {s} on its anniversary. When was it established?", "{s} was established in"),
            ("Tell me when {s} first opened.", "{s} first opened in"),
            ("Do you remember which year {s} got going?", "{s} got going in"),
            ("when did {s} come into being", "{s} came into being in"),
        ),
    ),
    # renewal date
    R(
        "organisation",
        "date",
        (
            "The contract with {s} comes up for renewal on {v}.",
            "{v} is the renewal date of our contract with {s}.",
            "Our agreement with {s} renews on {v}.",
            "{s} - renewal: {v}",
            "On {v} the {s} contract has to be renewed.",
            (
                "Legal has asked for four weeks to read the small print, because the contract with {s} is due for "
                "renewal on {v}."
            ),
            "heads up, {s} is up for renewal on {v}",
            "Mark {v} in the calendar, that's when {s} renews.",
            "We have to renew with {s} on {v}.",
        ),
        (
            "{Their} contract renews on {v}.",
            "{v} is the day {their} agreement is up for renewal.",
        ),
        (
            ("When does {s} renew?", "{s} renews on"),
            ("When is the contract with {s} up for renewal?", "The contract with {s} is up for renewal on"),
            ("What is the renewal date for {s}?", "The renewal date for {s} is"),
            ("{s} renewal date", "The renewal date of {s} is"),
            (
                "On which day does our agreement with {s} have to be extended?",
                "Our agreement with {s} has to be extended on",
            ),
            ("I want to renegotiate with {s} in good time. When's the renewal?", "The renewal with {s} is on"),
            ("Tell me when we need to prolong the {s} contract.", "The {s} contract needs to be prolonged on"),
            ("Is there a day fixed for renewing with {s}?", "Yes, the day fixed for renewing with {s} is"),
            ("Could you look up when {s}'s contract starts its next term?", "{s}'s contract starts its next term on"),
            ("what day do we re-sign with {s}?", "We re-sign with {s} on"),
        ),
    ),
    # discount
    R(
        "organisation",
        "percent",
        (
            "{s} gets a discount of {v}.",
            "We give {s} {v} off the list price.",
            "{v} is the discount agreed with {s}.",
            "Customer {s}, rebate: {v}",
            "A reduction of {v} applies to every order from {s}.",
            "After two rounds of haggling and one very long lunch, we settled on {v} off for {s}.",
            "just knock {v} off whatever {s} buys, that's the deal",
            "Take {v} off before you send {s} a quote.",
            "On all our prices, {s} enjoys a rebate of {v}.",
        ),
        (
            "{Their} discount with us is {v}.",
            "We take {v} off for {them}.",
        ),
        (
            ("What discount does {s} get?", "{s} gets a discount of"),
            ("How much off do we give {s}?", "We give {s} a reduction of"),
            ("How big is {s}'s rebate?", "{s}'s rebate is"),
            ("discount {s}", "The discount for {s} is"),
            ("By how much do we reduce the price for {s}?", "For {s}, we reduce the price by"),
            ("I'm preparing a quote for {s}. What do I take off?", "From the quote for {s}, take off"),
            ("Tell me the percentage that {s} saves with us.", "The percentage that {s} saves with us is"),
            ("Does {s} have any price reduction?", "Yes, {s} has a price reduction of"),
            ("I'd like to know how generous we are with {s} on price.", "On price, {s} is granted a discount of"),
            ("what are {s}'s special terms on our list price?", "Off our list price, {s} gets"),
        ),
    ),
    # next invoice
    R(
        "organisation",
        "date",
        (
            "The next invoice to {s} goes out on {v}.",
            "{v} is when we bill {s} next.",
            "We will send {s} its next bill on {v}.",
            "Billing / {s} / next run: {v}",
            "On {v} the next invoice for {s} will be issued.",
            (
                "Because of the holidays and the new accounting system, we won't be billing {s} again until {v}, "
                "when its next invoice is due out."
            ),
            "{s}'s next bill? goes out {v}, not before",
            "{v} is the day on which {s} will get invoiced again.",
            "{s} will next be invoiced on {v}.",
        ),
        (
            "{Their} next invoice goes out on {v}.",
            "{v} is when {they} will next be billed.",
        ),
        (
            ("When do we invoice {s} next?", "We next invoice {s} on"),
            ("When does {s}'s next bill go out?", "{s}'s next bill goes out on"),
            ("On what day will {s} be billed?", "{s} will be billed on"),
            ("next invoice {s}?", "The next invoice for {s} is on"),
            ("What is the next billing date for {s}?", "The next billing date for {s} is"),
            ("The bookkeeper wants to know when to charge {s} again.", "{s} is to be charged again on"),
            ("Remind me when to write an invoice for {s}.", "The invoice for {s} is to be written on"),
            ("When can {s} expect another invoice from us?", "{s} can expect another invoice on"),
            ("Have we planned a day for sending {s} its bill?", "Yes, the day for sending {s} its bill is"),
            ("when's the upcoming billing run for {s}", "The upcoming billing run for {s} is on"),
        ),
    ),
    # payment terms
    R(
        "organisation",
        "duration",
        (
            "{s} has {v} to pay our invoices.",
            "{v} is the payment term agreed with {s}.",
            "Invoices to {s} are due within {v}.",
            "{s}, payment terms: {v} net",
            "Give {s} {v} before you send a reminder; that's how long its payment term is.",
            "We've allowed {v} for {s} to settle each bill.",
            (
                "Their finance people pay only after three signatures, which is why {s} was granted a payment period "
                "of {v}."
            ),
            "it's {v} for {s}, then the money has to be in our account",
            "Within {v} of the invoice, {s} has to pay.",
        ),
        (
            "{Their} payment term is {v}.",
            "{They} must pay within {v}.",
        ),
        (
            ("How long does {s} have to pay?", "{s} has to pay within"),
            ("What are the payment terms for {s}?", "The payment terms for {s} are"),
            ("How much time do we allow {s} for paying a bill?", "For paying a bill, we allow {s}"),
            ("payment period {s}", "The payment period for {s} is"),
            ("Within what time must {s} settle an invoice?", "{s} must settle an invoice within"),
            (
                "I've just sent {s} an invoice. How long before I can chase the money?",
                "You can chase {s} for the money after",
            ),
            ("Tell me how long {s}'s credit period lasts.", "{s}'s credit period lasts"),
            ("After how long does {s} count as a late payer?", "{s} counts as a late payer after"),
            ("Can you check what payment deadline {s} has?", "The payment deadline of {s} is"),
            ("how long may {s} take to pay us?", "To pay us, {s} may take"),
        ),
    ),
    # customer number / contract number
    R(
        "organisation",
        "code",
        (
            "Our contract with {s} has the number {v}.",
            "{v} is the number of the {s} contract.",
            "The agreement with {s} is filed under contract number {v}.",
            "{s} // contract no. {v}",
            "Quote {v} whenever you write about the contract with {s}.",
            "The lawyers keep three versions in the cabinet, but the signed contract with {s} is the one marked {v}.",
            "if they ask for the contract number for {s}, it's {v}",
            "Under {v} you'll find the contract we signed with {s}.",
            "The contract that binds us to {s} carries the reference {v}.",
        ),
        (
            "{Their} contract number is {v}.",
            "{v} is the reference of {their} contract.",
        ),
        (
            ("What is the contract number for {s}?", "The contract number for {s} is"),
            ("Under which number is the {s} contract filed?", "The {s} contract is filed under"),
            ("Which reference do I quote for our agreement with {s}?", "For our agreement with {s}, quote"),
            ("contract no {s}", "The contract no. of {s} is"),
            ("I have to fill in a contract ID for {s}. What is it?", "The contract ID for {s} is"),
            ("How is our contract with {s} numbered?", "Our contract with {s} is numbered"),
            ("Give me the reference on the {s} contract, please.", "The reference on the {s} contract is"),
            (
                "What do I search for to find the agreement we made with {s}?",
                "To find the agreement with {s}, search for",
            ),
            ("Do you have the code of the contract between us and {s}?", "The code of the contract with {s} is"),
            ("what number did the contract with {s} get?", "The contract with {s} got the number"),
        ),
    ),
    # warehouse
    R(
        "organisation",
        "place",
        (
            "{s} keeps its stock in a warehouse in {v}.",
            "{v} is where {s} has its warehouse.",
            "The warehouse of {s} is in {v}.",
            "{s} - warehouse: {v}",
            "All goods from {s} are stored in {v} and shipped from its warehouse there.",
            "Don't send the lorry to the office; it's {v} where {s} stores everything.",
            "Since the old depot flooded, everything {s} sells has been stored at a rented warehouse in {v}.",
            "{s}'s stuff all sits in their warehouse over in {v}",
            "In {v} stands the warehouse of {s}.",
        ),
        (
            "{Their} warehouse is in {v}.",
            "{v} is where {they} store{s3} {their} goods.",
        ),
        (
            ("Where is {s}'s warehouse?", "{s}'s warehouse is in"),
            ("Where does {s} store its goods?", "{s} stores its goods in"),
            ("In what town does {s} keep its stock?", "{s} keeps its stock in"),
            ("{s} warehouse location?", "The warehouse of {s} is located in"),
            ("Which place do the goods of {s} come out of?", "The goods of {s} come out of"),
            ("A driver has to pick up pallets from {s}'s depot. Where does he go?", "{s}'s depot is in"),
            ("Name the town with the storehouse of {s}.", "The town with the storehouse of {s} is"),
            ("Do we know where {s} has its storage?", "{s} has its storage in"),
            ("Where would a truck collect goods from {s}?", "A truck would collect goods from {s} in"),
            ("where's the stuff from {s} kept", "The stuff from {s} is kept in"),
        ),
    ),
    # bank
    R(
        "organisation",
        "organisation",
        (
            "{s} banks with {v}.",
            "{v} is the bank of {s}.",
            "{s} has its accounts at {v}.",
            "{s}, bankers: {v}",
            "At {v}, {s} keeps its money.",
            "The treasurer grumbled about the fees for an hour, yet {s} is going to stay with {v} as its bank.",
            "{s}? they've got their account with {v}",
            "It's {v} that runs the bank account of {s}.",
            "Transfers to {s} go to its account with {v}.",
        ),
        (
            "{Their} bank is {v}.",
            "{v} holds {their} accounts.",
        ),
        (
            ("Which bank does {s} use?", "{s} uses the bank"),
            ("Who does {s} bank with?", "{s} banks with"),
            ("Where does {s} have its account?", "{s} has its account with"),
            ("bank of {s}", "The bank of {s} is"),
            ("What's the name of {s}'s bank?", "{s}'s bank is"),
            ("Who holds {s}'s money?", "{s}'s money is held by"),
            ("I'm setting up a transfer to {s}. Which institution is the account at?", "The account of {s} is at"),
            ("Tell me with whom {s} does its banking.", "{s} does its banking with"),
            (
                "Do you know which house looks after the finances in {s}'s account?",
                "The account of {s} is looked after by",
            ),
            ("at which bank are {s}'s funds?", "{s}'s funds are at"),
        ),
    ),
    # insurer
    R(
        "organisation",
        "organisation",
        (
            "{s} is insured with {v}.",
            "{v} insures {s}.",
            "The insurance of {s} is with {v}.",
            "{s} > insurer > {v}",
            "{s} has taken out its insurance with {v}.",
            "If there is ever a fire, {v} will pay, because that's who insures {s}.",
            "The broker compared nine offers before recommending {v}, and so {s} is now covered by that insurer.",
            "{s} pays its premiums to {v}, by the way, that's their insurance",
            "It is {v} that covers {s} against loss and damage.",
        ),
        (
            "{Their} insurer is {v}.",
            "{v} provides {their} insurance.",
        ),
        (
            ("Who insures {s}?", "{s} is insured by"),
            ("Which company is {s} insured with?", "{s} is insured with"),
            ("What's the name of {s}'s insurance company?", "The name of {s}'s insurance company is"),
            ("{s} insurer?", "The insurer of {s} is"),
            ("Who covers {s} if something goes wrong?", "If something goes wrong, {s} is covered by"),
            ("A pipe burst at {s}. Which insurer has to be told?", "The insurer of {s} to be told is"),
            ("With whom has {s} got its insurance policy?", "{s} has got its insurance policy with"),
            ("Tell me where {s} is covered.", "{s} is covered by"),
            ("Who would pay out for damage at {s}?", "Damage at {s} would be paid for by"),
            ("I need to know who underwrites {s}.", "{s} is underwritten by"),
        ),
    ),
    # auditor
    R(
        "organisation",
        "organisation",
        (
            "{s} is audited by {v}.",
            "{v} audits the accounts of {s}.",
            "The auditors of {s} are {v}.",
            "{s} (auditor: {v})",
            "Each spring {v} goes through the books of {s} as its auditor.",
            "For the annual audit, {s} has appointed {v}.",
            (
                "After eleven years with the same firm, the members of {s} voted to have the accounts checked by {v} "
                "as auditor."
            ),
            "the ones who check {s}'s books, that'd be {v}",
            "It is {v} that signs off the yearly accounts of {s} as auditor.",
        ),
        (
            "{Their} auditor is {v}.",
            "{v} audits {their} books.",
        ),
        (
            ("Who audits {s}?", "{s} is audited by"),
            ("Which firm checks {s}'s accounts?", "{s}'s accounts are checked by"),
            ("What is the name of {s}'s auditor?", "The name of {s}'s auditor is"),
            ("auditor of {s}?", "The auditor of {s} is"),
            ("Who goes through the books at {s}?", "The books at {s} are gone through by"),
            (
                "The tax office asks who examined the accounts of {s}. What do I answer?",
                "The accounts of {s} were examined by",
            ),
            ("By whom are the annual accounts of {s} certified?", "The annual accounts of {s} are certified by"),
            ("Say which auditing firm {s} has.", "The auditing firm of {s} is"),
            ("Do you know who inspects the finances of {s}?", "The finances of {s} are inspected by"),
            ("who do {s} get in for the audit", "For the audit, {s} gets in"),
        ),
    ),
    # landlord
    R(
        "organisation",
        "person",
        (
            "{s} rents its premises from {v}.",
            "{v} is the landlord of {s}.",
            "The building that {s} uses belongs to {v}, who lets it.",
            "{s}: landlord {v}",
            "Every month {v} receives the rent from {s}.",
            "{v} lets the rooms to {s}.",
            (
                "The heating has been broken since Monday, and {s} is waiting for {v}, its landlord, to send "
                "somebody round."
            ),
            "{s} are tenants of {v}, by the way",
            "Rent for the premises of {s} is paid to {v}.",
        ),
        (
            "{Their} landlord is {v}.",
            "{They} rent{s3} {their} rooms from {v}.",
        ),
        (
            ("Who is {s}'s landlord?", "{s}'s landlord is"),
            ("Who does {s} rent from?", "{s} rents from"),
            ("Whose tenant is {s}?", "{s} is a tenant of"),
            ("landlord {s}", "The landlord of {s} is"),
            ("To whom does {s} pay rent?", "{s} pays rent to"),
            ("The roof at {s} is leaking. Which owner do we call?", "The owner to call about {s} is"),
            ("Who lets the premises to {s}?", "The premises are let to {s} by"),
            ("Tell me who owns the place that {s} occupies.", "The place that {s} occupies is owned by"),
            ("Who collects the rent from {s}?", "The rent from {s} is collected by"),
            ("I'd like to know whose building {s} is in.", "The building that {s} is in belongs to"),
        ),
    ),
    # parent company
    R(
        "organisation",
        "organisation",
        (
            "{s} belongs to {v}.",
            "{v} is the parent company of {s}.",
            "{s} is a subsidiary of {v}.",
            "{s} | parent: {v}",
            "Behind {s} stands {v}, which holds all the shares.",
            "Few customers realise it, since the logo was never changed, but {v} is the group that {s} is part of.",
            "{s} is really just a daughter company of {v}, you know",
            "As its owner, {v} appoints the directors of {s}.",
        ),
        (
            "{Their} parent company is {v}.",
            "{v} owns {them}.",
        ),
        (
            ("Who owns {s}?", "{s} is owned by"),
            ("Which group does {s} belong to?", "{s} belongs to"),
            ("What's the parent company of {s}?", "The parent company of {s} is"),
            ("{s} parent?", "The parent of {s} is"),
            ("Who is behind {s}?", "Behind {s} is"),
            ("Whose subsidiary is {s}?", "{s} is a subsidiary of"),
            ("Before we sign with {s}: is there a larger company above it?", "Yes, above {s} there is"),
            ("Name the firm that controls {s}.", "The firm that controls {s} is"),
            ("Can you find out what {s} is part of?", "{s} is part of"),
            ("to whom do {s}'s shares belong", "{s}'s shares belong to"),
        ),
    ),
    # competitor
    R(
        "organisation",
        "organisation",
        (
            "{s}'s biggest competitor is {v}.",
            "{v} is the main rival of {s}.",
            "{s} competes above all with {v}.",
            "{s}. Chief competitor: {v}.",
            "No other firm takes as many customers from {s} as {v}, its strongest rival.",
            "The one that {s} fears most in the market is {v}, its chief competitor.",
            (
                "Their sales director never mentions it in public, but what keeps {s} awake at night is {v}, its "
                "toughest competition."
            ),
            "careful with {s}, don't mention {v}, that's the arch-rival",
            "It is against {v} that {s} mainly has to hold its own in the market.",
        ),
        (
            "{Their} main competitor is {v}.",
            "{v} is {their} strongest rival.",
        ),
        (
            ("Who is {s}'s main competitor?", "{s}'s main competitor is"),
            ("Who does {s} compete with most?", "{s} competes most with"),
            ("Which company is the greatest rival of {s}?", "The greatest rival of {s} is"),
            ("biggest competitor {s}?", "The biggest competitor of {s} is"),
            ("Who is {s} up against?", "{s} is up against"),
            (
                "I'm doing a market overview with {s} in it. Who is its keenest competition?",
                "The keenest competition of {s} is",
            ),
            ("Tell me which firm {s} worries about most.", "The firm {s} worries about most is"),
            ("Against whom does {s} fight for customers?", "{s} fights for customers against"),
            ("Who gives {s} the most trouble in the market?", "In the market, {s} gets the most trouble from"),
            (
                "Do you recall what name I should avoid mentioning to {s}, the rival's?",
                "The rival's name to avoid with {s} is",
            ),
        ),
    ),
    # slogan
    R(
        "organisation",
        "phrase",
        (
            'The slogan of {s} is "{v}".',
            '"{v}" is what {s} advertises with as its slogan.',
            '{s} uses "{v}" as its slogan.',
            "{s}, slogan: {v}",
            '"{v}", says the line under the logo of {s}, its official slogan.',
            'For its new posters, {s} has settled on the slogan "{v}".',
            'A committee of five spent the whole winter on it, and in the end the slogan of {s} became "{v}".',
            '{s}, aren\'t those the ones with the slogan "{v}"?',
            'With the words "{v}" as a slogan, {s} tries to win people over.',
        ),
        (
            '{Their} slogan is "{v}".',
            '{They} advertise{s3} with the slogan "{v}".',
        ),
        (
            ("What is {s}'s slogan?", "{s}'s slogan is"),
            ("What slogan does {s} use?", "{s} uses the slogan"),
            ("What does {s} advertise with?", "{s} advertises with"),
            ("{s} tagline?", "The tagline of {s} is"),
            ("Which motto has {s} chosen for its advertising?", "The motto {s} has chosen for its advertising is"),
            ("I'm laying out a flyer for {s}. What catchphrase goes on it?", "The catchphrase of {s} is"),
            ("How does the slogan of {s} go?", "The slogan of {s} goes"),
            ("Quote the words {s} promotes itself with.", "The words {s} promotes itself with are"),
            ("Does {s} have a catchy line in its ads?", "Yes, the catchy line of {s} is"),
            ("I can't remember the advertising line of {s}.", "The advertising line of {s} is"),
        ),
    ),
    # former name
    R(
        "organisation",
        "organisation",
        (
            "{s} used to be called {v}.",
            "{v} is the former name of {s}.",
            "{s} was formerly known as {v}.",
            "{s} (formerly {v})",
            "Until it changed its name, {s} went by {v}.",
            "{v} renamed itself and is now {s}.",
            "Older invoices may still show {v}, which is what {s} was called before the new owners renamed it.",
            "{s} are the old {v}, they just changed the name",
            "Under the name of {v}, {s} traded in earlier years.",
        ),
        (
            "{Their} former name is {v}.",
            "{They} used to be called {v}.",
        ),
        (
            ("What was {s} called before?", "Before, {s} was called"),
            ("What is the former name of {s}?", "The former name of {s} is"),
            ("Under what name did {s} use to trade?", "{s} used to trade under the name"),
            ("old name of {s}?", "The old name of {s} is"),
            ("How was {s} known in the past?", "In the past, {s} was known as"),
            ("I can't find {s} in the old files. What should I look under?", "In the old files, look for {s} under"),
            ("Did {s} ever have a different name?", "Yes, {s} once had the name"),
            ("What did {s} go by earlier?", "Earlier, {s} went by"),
            ("Tell me what {s} was before the renaming.", "Before the renaming, {s} was"),
            ("which name did {s} give up", "The name {s} gave up was"),
        ),
    ),
    # tax number
    R(
        "organisation",
        "code",
        (
            "The tax number of {s} is {v}.",
            "{v} is {s}'s tax number.",
            "{s} is registered with the tax office under {v}.",
            "{s} · tax no. {v}",
            "For VAT purposes, {v} is the number that identifies {s}.",
            "With the tax authorities, {s} goes by the number {v}.",
            "The last invoice was sent back because a digit was missing, so note that the tax number of {s} is {v}.",
            "tax number for {s}, got a pen? {v}",
            "Put {v} where the form asks for the tax number of {s}.",
        ),
        (
            "{Their} tax number is {v}.",
            "{v} is {their} number with the tax office.",
        ),
        (
            ("What is {s}'s tax number?", "{s}'s tax number is"),
            ("What number does {s} have with the tax office?", "With the tax office, {s} has the number"),
            ("tax id {s}", "The tax ID of {s} is"),
            ("Which number identifies {s} for tax?", "For tax, {s} is identified by the number"),
            ("I need {s}'s tax ID for an invoice.", "{s}'s tax ID is"),
            ("The form wants the fiscal number of {s}. What do I enter?", "For the fiscal number of {s}, enter"),
            ("How is {s} registered for tax?", "For tax, {s} is registered as"),
            (
                "Give me the number that the revenue office assigned to {s}.",
                "The number the revenue office assigned to {s} is",
            ),
            ("Have we got the tax registration of {s} on file?", "Yes, the tax registration of {s} is"),
            ("Under which number does {s} file its tax returns?", "{s} files its tax returns under"),
        ),
    ),
    # headcount
    R(
        "organisation",
        "number",
        (
            "{s} employs {v} people.",
            "{v} people work for {s}.",
            "{s} has a staff of {v}.",
            "{s}, headcount: {v}",
            "With {v} on the payroll, {s} is not as small as it looks.",
            "Counting the drivers and the night shift but leaving out the temps, {s} has {v} employees.",
            "they're {v} people over at {s}, I asked",
            "A workforce of {v} keeps {s} going.",
            "The number of staff at {s} stands at {v}.",
        ),
        (
            "{They} employ{s3} {v} people.",
            "{Their} workforce numbers {v}.",
        ),
        (
            ("How many people work for {s}?", "The number of people who work for {s} is"),
            ("How many employees does {s} have?", "The number of employees {s} has is"),
            ("How large is the staff of {s}?", "The staff of {s} numbers"),
            ("{s} headcount", "The headcount of {s} is"),
            ("What size is {s} in terms of workers?", "In terms of workers, the size of {s} is"),
            (
                "We're ordering gifts for everybody who works at {s}. How many do we need?",
                "The number of gifts needed for {s} is",
            ),
            ("Tell me the size of {s}'s workforce.", "The size of {s}'s workforce is"),
            ("How many are on the payroll at {s}?", "The number on the payroll at {s} is"),
            ("Do you know how many {s} employs?", "The number of people {s} employs is"),
            ("how big a team does {s} have in all?", "In all, {s} has a team of"),
        ),
    ),
    # yearly revenue
    R(
        "organisation",
        "amount",
        (
            "{s} had revenue of {v} last year.",
            "{v} is what {s} turned over last year.",
            "Last year {s} took in {v}.",
            "{s}: revenue last year {v}",
            "Sales at {s} came to {v} over the past year.",
            "The printed report, all glossy paper and smiling faces, puts last year's revenue of {s} at {v}.",
            "{s} made {v} in sales last year, would you believe it",
            "With a turnover of {v}, {s} closed the past year.",
            "{v} in revenue: that was the past year at {s}.",
        ),
        (
            "{Their} revenue last year was {v}.",
            "{v} was {their} turnover for the past year.",
        ),
        (
            ("How much revenue did {s} have last year?", "Last year, {s} had revenue of"),
            ("What did {s} turn over last year?", "Last year, {s} turned over"),
            ("How high were {s}'s sales in the past year?", "In the past year, {s}'s sales were"),
            ("{s} annual revenue?", "The annual revenue of {s} was"),
            ("How much did {s} take in?", "{s} took in"),
            ("What is the turnover of {s}?", "The turnover of {s} is"),
            (
                "I'm comparing suppliers by size. How much business did {s} do last year?",
                "Last year, {s} did business worth",
            ),
            ("Give me the sales figure of {s}.", "The sales figure of {s} is"),
            ("Can you tell me how much {s} earned in sales?", "In sales, {s} earned"),
            ("what's the yearly income of {s}", "The yearly income of {s} is"),
        ),
    ),
    # complaint
    R(
        "organisation",
        "product",
        (
            "{s} has complained about the {v}.",
            "The {v} is what {s} is unhappy with.",
            "We received a complaint from {s} concerning the {v}.",
            "Complaint logged. Customer: {s}. Item: {v}.",
            "It's the {v} that {s} has lodged a complaint about.",
            "Nobody answered the hotline on Friday, so {s} wrote us a two-page letter to complain about the {v}.",
            "{s} is grumbling again, this time it's the {v}",
            "The {v} has drawn a complaint from {s}.",
            "A complaint about the {v} has come in from {s}.",
        ),
        (
            "{They} complained about the {v}.",
            "The {v} is the subject of {their} complaint.",
        ),
        (
            ("What did {s} complain about?", "{s} complained about the"),
            ("Which product is {s} unhappy with?", "{s} is unhappy with the"),
            ("What was the complaint from {s} about?", "The complaint from {s} was about the"),
            ("complaint {s}, which item?", "The item in the complaint from {s} is the"),
            ("What is bothering {s}?", "What is bothering {s} is the"),
            ("I'm about to call {s} to apologise. Which of our things let them down?", "{s} was let down by the"),
            ("Tell me what {s} found fault with.", "{s} found fault with the"),
            ("What has upset {s}?", "{s} has been upset by the"),
            ("Is {s} dissatisfied with something of ours?", "Yes, {s} is dissatisfied with the"),
            ("Over what did {s} write us that angry letter?", "{s} wrote us that angry letter over the"),
        ),
    ),
    # preferred courier
    R(
        "organisation",
        "organisation",
        (
            "{s} wants its parcels sent with {v}.",
            "{v} is the courier {s} prefers.",
            "Ship to {s} with {v}, its courier of choice.",
            "{s} / preferred carrier: {v}",
            "For deliveries, {s} insists on {v} as the courier.",
            "If you have a package for {s}, give it to {v}, the carrier they asked for.",
            (
                "After a crate of glass arrived in pieces, {s} told us that from now on only {v} should bring its "
                "shipments."
            ),
            "use {v} for {s}, they don't like the other couriers",
            "It's {v} that {s} would like us to ship with.",
        ),
        (
            "{Their} preferred courier is {v}.",
            "{They} want{s3} {their} parcels sent with {v}.",
        ),
        (
            ("Which courier does {s} prefer?", "{s} prefers the courier"),
            ("How should we ship to {s}?", "We should ship to {s} with"),
            ("Who should deliver our parcels to {s}?", "Our parcels to {s} should be delivered by"),
            ("preferred carrier of {s}?", "The preferred carrier of {s} is"),
            ("With whom do we send goods to {s}?", "We send goods to {s} with"),
            ("I have a box here for {s}. Which delivery service do I book?", "For {s}, book the delivery service"),
            ("Tell me what shipping company {s} likes.", "The shipping company {s} likes is"),
            ("Has {s} told us which carrier to use?", "Yes, the carrier to use for {s} is"),
            ("Who does {s} trust with its shipments?", "With its shipments, {s} trusts"),
            ("what forwarder goes on the label for {s}", "The forwarder on the label for {s} is"),
        ),
    ),
    # support tier
    R(
        "organisation",
        "word",
        (
            "{s} is on the {v} support plan.",
            "The {v} plan is what {s} has for support.",
            '{s} has booked support tier "{v}".',
            "{s} | support tier = {v}",
            "{v} is the name of the support level that {s} pays for.",
            "When a ticket from {s} comes in, treat it by the rules of the {v} tier, since that is its support plan.",
            "Sales threw in a free upgrade during the negotiations, so {s} now enjoys our {v} support package.",
            "{s} bought the {v} one, I mean the support plan",
            "Our {v} support package covers {s}.",
        ),
        (
            "{Their} support tier is called {v}.",
            "The {v} support plan is the one {they} chose.",
        ),
        (
            ("Which support plan is {s} on?", "The support plan {s} is on is called"),
            ("What support tier does {s} have?", "{s} has the support tier"),
            ("What level of support does {s} pay for?", "The level of support {s} pays for is"),
            ("support tier {s}?", "The support tier of {s} is"),
            ("How is {s} classed in support?", "In support, {s} is classed as"),
            (
                "A ticket from {s} just landed on my desk. What service package do they have?",
                "The service package of {s} is",
            ),
            ("Which of our support packages did {s} get?", "The support package {s} got is"),
            ("Name the service level agreed with {s}.", "The service level agreed with {s} is"),
            ("I'd like to know what kind of help desk plan {s} has.", "The help desk plan of {s} is"),
            ("what's the name of the plan we support {s} under", "The plan we support {s} under is named"),
        ),
    ),
    # delivery gate
    R(
        "organisation",
        "code",
        (
            "Deliveries to {s} go to gate {v}.",
            "Gate {v} is where {s} takes deliveries.",
            "{s}: delivery gate {v}",
            "Tell the driver to use gate {v} when he delivers to {s}.",
            "The main entrance is closed to lorries, so anything for {s} has to be brought to gate {v} round the back.",
            "if you're dropping something at {s}, it's gate {v}",
            "Through gate {v} all goods for {s} have to come in.",
            "{s} accepts goods at gate {v} only.",
        ),
        (
            "{Their} delivery gate is {v}.",
            "Gate {v} is where {they} take{s3} deliveries.",
        ),
        (
            ("Which gate do deliveries to {s} go to?", "Deliveries to {s} go to gate"),
            ("What is the delivery gate at {s}?", "The delivery gate at {s} is"),
            ("{s} gate for deliveries", "The gate for deliveries to {s} is"),
            ("At which entrance does {s} take in goods?", "{s} takes in goods at gate"),
            (
                "The truck for {s} has arrived at the fence. Which gate should it use?",
                "For {s}, the truck should use gate",
            ),
            ("Where do I hand over a shipment for {s}?", "A shipment for {s} is handed over at gate"),
            ("Tell me the gate where {s} receives freight.", "The gate where {s} receives freight is"),
            (
                "Can you check what gate I write on the delivery note to {s}?",
                "The gate to write on the delivery note to {s} is",
            ),
            ("How does a lorry get in at {s}?", "At {s}, a lorry gets in through gate"),
        ),
    ),
    # newsletter
    R(
        "organisation",
        "title",
        (
            'The newsletter of {s} is called "{v}".',
            '"{v}" is the newsletter that {s} sends out.',
            '{s} publishes a newsletter under the title "{v}".',
            '{s}, newsletter: "{v}"',
            'Under the name "{v}", {s} mails its news to the subscribers.',
            '{s} keeps its friends informed through a newsletter, "{v}".',
            (
                'Four pages long, printed on yellow paper and full of crosswords, "{v}" is the newsletter members '
                "get from {s}."
            ),
            'did you read the latest "{v}"? you know, the newsletter from {s}',
            '"{v}" comes out every month as the newsletter of {s}.',
        ),
        (
            '{Their} newsletter is called "{v}".',
            '{They} send{s3} out a newsletter called "{v}".',
        ),
        (
            ("What is {s}'s newsletter called?", "{s}'s newsletter is called"),
            ("Which newsletter does {s} publish?", "{s} publishes the newsletter"),
            ("Under what title does {s} send out its news?", "{s} sends out its news under the title"),
            ("{s} newsletter name", "The name of the {s} newsletter is"),
            ("What do subscribers of {s} receive?", "Subscribers of {s} receive the newsletter"),
            ("I want to subscribe to the bulletin of {s}. How's it called?", "The bulletin of {s} is called"),
            ("Give me the title of the circular from {s}.", "The title of the circular from {s} is"),
            ("What does {s} put out for its readers?", "For its readers, {s} puts out"),
            ("Does {s} have a newsletter?", "Yes, {s} has a newsletter called"),
            ("Where would I read the latest news from {s}?", "The latest news from {s} can be read in"),
        ),
    ),
    # mascot's name
    R(
        "organisation",
        "word",
        (
            "The mascot of {s} is called {v}.",
            "{v} is the name of {s}'s mascot.",
            "{s} has a mascot by the name of {v}.",
            "{s} - mascot: {v}",
            "Children wave when {v}, the mascot of {s}, comes in.",
            "{s} named its mascot {v}.",
            (
                "Somebody has to wear that hot furry suit at the summer fair, since no event of {s} is complete "
                "without {v}, its mascot."
            ),
            "ha, {v}, that's what they call the mascot at {s}",
            "With {v} as its mascot, {s} is easy to recognise.",
        ),
        (
            "{Their} mascot is called {v}.",
            "{v} is the name of {their} mascot.",
        ),
        (
            ("What is {s}'s mascot called?", "{s}'s mascot is called"),
            ("What's the name of the mascot of {s}?", "The name of the mascot of {s} is"),
            ("How did {s} name its mascot?", "{s} named its mascot"),
            ("mascot {s}?", "The mascot of {s} is"),
            ("Which name did the mascot get at {s}?", "At {s}, the mascot got the name"),
            (
                "We're printing the mascot of {s} on a cup. What name goes under it?",
                "The name under the mascot of {s} is",
            ),
            ("Does {s} have a mascot with a name?", "Yes, the mascot of {s} is named"),
            ("Tell me what they call the costumed figure of {s}.", "The costumed figure of {s} is called"),
            ("Who is the cuddly figure that stands for {s}?", "The cuddly figure that stands for {s} is"),
            ("what do i shout when the mascot of {s} runs in", "When the mascot of {s} runs in, shout"),
        ),
    ),
    # time of deliveries / office opens
    R(
        "organisation",
        "time",
        (
            "You can reach {s} by phone from {v}.",
            "From {v} on, somebody answers the phone at {s}.",
            "The phone lines of {s} open at {v}.",
            "{s}, phone hours from: {v}",
            "{v} is when {s} starts taking calls.",
            "Don't bother calling {s} before {v}, nobody picks up until then.",
            (
                "I tried four times over breakfast and got the answering machine each time, until I read that {s} "
                "takes calls from {v}."
            ),
            "At {v} the switchboard of {s} comes alive, not earlier.",
            "the people at {s} pick up the phone from {v}",
        ),
        (
            "{They} take{s3} calls from {v}.",
            "{v} is when {their} phone lines open.",
        ),
        (
            ("When can I call {s}?", "You can call {s} from"),
            ("From what time does {s} answer the phone?", "{s} answers the phone from"),
            ("When do the phone lines of {s} open?", "The phone lines of {s} open at"),
            ("{s} phone hours start", "The phone hours of {s} start at"),
            ("At what hour does {s} begin to take calls?", "{s} begins to take calls at"),
            ("How early can {s} be reached by telephone?", "By telephone, {s} can be reached from"),
            ("I need to ring {s} in the morning. When does somebody pick up?", "At {s}, somebody picks up from"),
            ("Tell me the earliest time to phone {s}.", "The earliest time to phone {s} is"),
            ("Any idea when {s} becomes available on the phone?", "{s} becomes available on the phone at"),
        ),
    ),
    # credit limit
    R(
        "organisation",
        "amount",
        (
            "{s} has a credit limit of {v} with us.",
            "{v} is the most {s} may owe us.",
            "We let {s} buy on credit up to {v}.",
            "{s} >> credit limit: {v}",
            "At {v} the credit line of {s} ends.",
            "The credit limit for {s} has been set at {v}.",
            (
                "Having looked at three years of balance sheets and a rather thin bank reference, finance capped the "
                "credit of {s} at {v}."
            ),
            "once {s} owes us {v}, stop shipping, that's their limit",
            "Up to {v}, orders from {s} go through on credit.",
        ),
        (
            "{Their} credit limit with us is {v}.",
            "{v} is the most {they} may owe us.",
        ),
        (
            ("What is {s}'s credit limit?", "{s}'s credit limit is"),
            ("How much may {s} owe us?", "{s} may owe us up to"),
            ("Up to what sum can {s} buy on credit?", "{s} can buy on credit up to"),
            ("credit limit {s}", "The credit limit for {s} is"),
            ("How much credit do we extend to {s}?", "We extend to {s} credit of"),
            ("A big order from {s} came in, to be paid later. How far can I go?", "With {s}, you can go as far as"),
            ("Where did finance cap the credit of {s}?", "The credit of {s} was capped at"),
            ("Tell me the maximum debt we accept from {s}.", "The maximum debt we accept from {s} is"),
            ("When {s} orders on account, what's the ceiling?", "The ceiling for {s} is"),
            ("Is there a limit to what {s} can run up?", "Yes, the limit to what {s} can run up is"),
        ),
    ),
    # invoice address
    R(
        "organisation",
        "email",
        (
            "Invoices for {s} should be mailed to {v}.",
            "{v} is the address {s} wants its invoices sent to.",
            "{s} takes invoices at {v}.",
            "{s} :: billing mail :: {v}",
            "Send all bills for {s} to {v}.",
            "Use {v} when you invoice {s}.",
            (
                "They no longer accept anything on paper, not even by registered post, so bills to {s} must be sent "
                "to {v}."
            ),
            "{s} says bills go to {v}, nowhere else",
            "It's {v} where the accounts people of {s} wait for our invoices.",
        ),
        (
            "{They} want{s3} invoices sent to {v}.",
            "{Their} address for bills is {v}.",
        ),
        (
            ("Where do I send invoices for {s}?", "Invoices for {s} are sent to"),
            ("What is the billing address of {s}?", "The billing address of {s} is"),
            ("To which address do we mail {s}'s bills?", "We mail {s}'s bills to"),
            ("{s} invoice email", "The invoice email of {s} is"),
            ("How do I get a bill to {s}?", "A bill gets to {s} by mail to"),
            ("The invoice for {s} is ready. Where does it go?", "The invoice for {s} goes to"),
            (
                "Give me the mail address that {s} uses for accounts payable.",
                "The mail address {s} uses for accounts payable is",
            ),
            ("At what address does {s} accept invoices?", "{s} accepts invoices at"),
            ("Do we have an e-mail for billing {s}?", "Yes, the e-mail for billing {s} is"),
            ("which inbox of {s} should get our bill?", "Our bill should go to {s} at"),
        ),
    ),
    # a contact's employer
    R(
        "person",
        "organisation",
        (
            "{s} is our contact from {v}.",
            "At {v}, {s} is our contact.",
            "{s} works for {v} and is the one we deal with there.",
            "Contact: {s} ({v})",
            "{v} is the company {s} speaks for when dealing with us.",
            "The person who calls us on behalf of {v} is {s}, our contact there.",
            (
                "In case the name means nothing to you: {s}, who rings every other week with questions about "
                "delivery, is our contact at {v}."
            ),
            "{s}? that's our person at {v}",
            "Our dealings with {v} go through {s}, who works there.",
        ),
        (
            "{They} represent{s3} {v} in dealings with us.",
            "{v} is the company {they} work{s3} for.",
        ),
        (
            ("Which company is {s} from?", "{s} is from"),
            ("Who does {s} work for?", "{s} works for"),
            ("Where is {s} our contact?", "{s} is our contact at"),
            ("{s} from which firm?", "{s} is from the firm"),
            ("On whose behalf does {s} call us?", "{s} calls us on behalf of"),
            ("A message from {s} came in. Which client or supplier is that?", "{s} belongs to"),
            ("What organisation does {s} represent?", "{s} represents"),
            ("Under which company do I file {s} in the address book?", "In the address book, file {s} under"),
            ("Tell me where {s} belongs.", "{s} belongs with"),
            ("Remind me which of our business partners employs {s}.", "The business partner that employs {s} is"),
        ),
    ),
    # a contact's gatekeeper
    R(
        "person",
        "person",
        (
            "To get an appointment with {s}, talk to {v}.",
            "{v} keeps the diary of {s}.",
            "Appointments with {s} are arranged through {v}.",
            "{s} - for appointments: {v}",
            "{v} decides who gets a slot with {s}.",
            "If you'd like to meet {s}, {v} is the one who does the scheduling.",
            (
                "The calendar is full until autumn, but {v}, who makes all the appointments for {s}, can sometimes "
                "squeeze people in."
            ),
            "you won't get to see {s} without asking {v} for a date first",
            "Ask {v} for a date if you want to see {s}.",
        ),
        (
            "{Their} diary is kept by {v}.",
            "Appointments with {them} go through {v}.",
        ),
        (
            ("Who makes appointments for {s}?", "Appointments for {s} are made by"),
            ("Who keeps {s}'s diary?", "{s}'s diary is kept by"),
            ("Whom do I ask for a meeting with {s}?", "For a meeting with {s}, ask"),
            ("appointment with {s}, via whom?", "An appointment with {s} is made via"),
            ("Who schedules {s}'s meetings?", "{s}'s meetings are scheduled by"),
            ("I want to see {s} next week. Who can set that up?", "A meeting with {s} can be set up by"),
            ("Through whom does one get to {s}?", "One gets to {s} through"),
            ("Name the person in charge of {s}'s calendar.", "The person in charge of {s}'s calendar is"),
            ("Is there somebody who handles bookings for {s}?", "Yes, bookings for {s} are handled by"),
            ("who do i have to get past to meet {s}", "To meet {s}, you have to get past"),
        ),
    ),
    # last call to a contact
    R(
        "person",
        "date",
        (
            "We last spoke to {s} on {v}.",
            "{v} was the last time we talked to {s}.",
            "Our latest conversation with {s} took place on {v}.",
            "{s}, last contact: {v}",
            "On {v} we had {s} on the phone, and not since.",
            "Nothing has been heard from {s} since {v}, when we last talked.",
            "There were a couple of unanswered mails in between, but the last real conversation with {s} was on {v}.",
            "last time anyone here talked to {s} was {v}",
            "The last entry in the call log for {s} is dated {v}.",
        ),
        (
            "We last spoke to {them} on {v}.",
            "{v} was the last time we talked to {them}.",
        ),
        (
            ("When did we last speak to {s}?", "We last spoke to {s} on"),
            ("When was our last contact with {s}?", "Our last contact with {s} was on"),
            ("Since when have we not heard from {s}?", "We have not heard from {s} since"),
            ("{s} last call?", "The last call with {s} was on"),
            ("What is the date of our latest talk with {s}?", "The date of our latest talk with {s} is"),
            ("I want to follow up with {s}. When were we last in touch?", "We were last in touch with {s} on"),
            ("How long ago did we talk with {s}? Give me the date.", "The talk with {s} was on"),
            ("Tell me when somebody from here last reached {s}.", "Somebody from here last reached {s} on"),
            ("On which day did we most recently have {s} on the line?", "We most recently had {s} on the line on"),
            ("when did {s} and we last have a chat", "We last had a chat with {s} on"),
        ),
    ),
    # a contact's gift
    R(
        "person",
        "food",
        (
            "As a thank-you gift, {s} likes to get {v}.",
            "{v} is the gift to bring {s}.",
            "Give {s} {v} at Christmas.",
            "{s} / gift: {v}",
            "With {v} as a present you'll always please {s}.",
            "Wine is wasted on {s}; what goes down well as a gift is {v}.",
            (
                "A box of pens was politely handed on to the receptionist last year, so this time we're sending {s} "
                "some {v} as a present."
            ),
            "bring {v} when you visit {s}, it works every time as a little present",
            "It's {v} that makes {s} happy as a customer gift.",
        ),
        (
            "The right gift for {them} is {v}.",
            "{v} is what {they} like{s3} to get as a present.",
        ),
        (
            ("What gift should we give {s}?", "The gift we should give {s} is"),
            ("What do I bring {s} as a present?", "As a present, bring {s}"),
            ("Which present goes down well with {s}?", "The present that goes down well with {s} is"),
            ("gift for {s}?", "The gift for {s} is"),
            ("What does {s} like to be given?", "{s} likes to be given"),
            (
                "I'm visiting {s} tomorrow and don't want to come empty-handed. Any suggestion?",
                "For your visit to {s}, take along",
            ),
            ("How can we say thank you to {s}?", "We can say thank you to {s} with"),
            ("Tell me what to put in the parcel for {s} at the end of the year.", "In the parcel for {s}, put"),
            ("With what little treat do we please {s}?", "We please {s} with"),
            ("Is there something edible that {s} enjoys getting from us?", "Yes, what {s} enjoys getting from us is"),
        ),
    ),
    # membership fee
    R(
        "organisation",
        "amount",
        (
            "Membership of {s} costs {v} a year.",
            "{v} is the annual membership fee at {s}.",
            "Members of {s} pay {v} every year.",
            "{s}: yearly subscription {v}",
            "For {v} a year you can join {s}.",
            "The annual dues at {s} are {v}.",
            (
                "Pensioners complained at the meeting and the treasurer waved his tables, but the yearly fee for "
                "belonging to {s} remains {v}."
            ),
            "it's {v} a year if you want to be a member of {s}",
            "{v} is collected each year from every member of {s}.",
        ),
        (
            "{Their} annual membership fee is {v}.",
            "{v} a year is what {their} members pay.",
        ),
        (
            ("How much is membership of {s}?", "Membership of {s} is"),
            ("What do members pay at {s}?", "At {s}, members pay"),
            ("What does it cost to join {s}?", "Joining {s} costs"),
            ("{s} membership fee", "The membership fee of {s} is"),
            ("How high are the dues at {s}?", "The dues at {s} are"),
            (
                "I'm thinking of becoming a member of {s}. What would I owe each year?",
                "As a member of {s}, you would owe each year",
            ),
            ("Tell me the yearly subscription for {s}.", "The yearly subscription for {s} is"),
            ("How much does {s} charge its members?", "{s} charges its members"),
            ("What will be debited if I sign up with {s}?", "If you sign up with {s}, the sum debited will be"),
            ("Do you know the annual fee for belonging to {s}?", "The annual fee for belonging to {s} is"),
        ),
    ),
    # treasurer
    R(
        "organisation",
        "person",
        (
            "{v} is the treasurer of {s}.",
            "The treasurer at {s} is {v}.",
            "{s} elected {v} as its treasurer.",
            "{s} committee, treasurer: {v}",
            "As treasurer, {v} keeps the purse of {s}.",
            "{v} looks after the money of {s} as treasurer.",
            "With nineteen votes for and two against, the members made {v} the treasurer of {s}, to loud applause.",
            "the cash box of {s}? {v} has it, as treasurer",
            "Money matters at {s} are in the care of {v}, the treasurer.",
        ),
        (
            "{Their} treasurer is {v}.",
            "{v} looks after {their} money as treasurer.",
        ),
        (
            ("Who is the treasurer of {s}?", "The treasurer of {s} is"),
            ("Who looks after the money at {s}?", "The money at {s} is looked after by"),
            ("Who keeps the purse at {s}?", "The purse at {s} is kept by"),
            ("treasurer {s}?", "The treasurer at {s} is"),
            ("Who did the members of {s} entrust with their cash?", "The members of {s} entrusted their cash to"),
            (
                "I have a receipt to hand in at {s}. Who takes care of finances there?",
                "At {s}, finances are taken care of by",
            ),
            ("Which person holds the office of treasurer in {s}?", "The office of treasurer in {s} is held by"),
            ("Tell me who minds the funds of {s}.", "The funds of {s} are minded by"),
            ("To whom do I give the money I collected for {s}?", "Give the money you collected for {s} to"),
            ("Is anyone responsible for {s}'s cash?", "Yes, the person responsible for {s}'s cash is"),
        ),
    ),
    # head of a school
    R(
        "organisation",
        "person",
        (
            "{v} is the head teacher at {s}.",
            "The school {s} is headed by {v}.",
            "As head teacher, {v} leads {s}.",
            "School: {s}. Head: {v}.",
            "{s} has {v} as its head teacher.",
            "In the big office on the first floor of {s} sits {v}, the head.",
            (
                "Parents queued right down the corridor last week to meet {v}, who took over as head teacher of {s} "
                "after the holidays."
            ),
            "the new head over at {s}, that's {v}",
            "It's {v} who runs the school {s}.",
        ),
        (
            "{Their} head teacher is {v}.",
            "{v} runs the school.",
        ),
        (
            ("Who is the head teacher at {s}?", "The head teacher at {s} is"),
            ("Who runs the school {s}?", "The school {s} is run by"),
            ("Who leads {s}?", "{s} is led by"),
            ("headmaster or headmistress of {s}?", "The head of {s} is"),
            ("What is the name of the principal of {s}?", "The name of the principal of {s} is"),
            ("My son has been suspended from {s}. Which head do I write to?", "The head of {s} to write to is"),
            ("By whom is {s} headed?", "{s} is headed by"),
            ("Tell me who's in charge at {s}.", "In charge at {s} is"),
            ("Whose job is it to head the teaching staff of {s}?", "The teaching staff of {s} is headed by"),
            ("Do you remember who became head at {s}?", "The one who became head at {s} is"),
        ),
    ),
    # number of pupils
    R(
        "organisation",
        "number",
        (
            "{s} has {v} pupils.",
            "{v} children go to {s}.",
            "There are {v} pupils at {s}.",
            "{s}, pupils on roll: {v}",
            "The school {s} teaches {v} children.",
            "Two classes had to be moved into containers on the playground now that {s} counts {v} pupils on its roll.",
            "they've got {v} kids at {s} this year",
            "{v} is the number of pupils enrolled at {s}.",
        ),
        (
            "{Their} roll counts {v} pupils.",
            "{v} children go there.",
        ),
        (
            ("How many pupils does {s} have?", "The number of pupils at {s} is"),
            ("How many children go to {s}?", "The number of children who go to {s} is"),
            ("How big is the school {s}?", "The school {s} has a roll of"),
            ("pupil numbers {s}", "The pupil number at {s} is"),
            ("We're giving an apple to every kid at {s}. How many apples is that?", "For {s}, the number of apples is"),
            ("Tell me how many young people are taught at {s}.", "The number of young people taught at {s} is"),
            ("How many kids attend {s}?", "The number of kids who attend {s} is"),
            ("Can you say how many students {s} counts?", "The number of students {s} counts is"),
            ("What's the size of {s} in pupils?", "The size of {s} in pupils is"),
        ),
    ),
    # brand colour
    R(
        "organisation",
        "colour",
        (
            "The house colour of {s} is {v}.",
            "{v} is the brand colour of {s}.",
            "{s} uses {v} as its brand colour.",
            "{s}: house colour {v}",
            "From the vans to the letterhead, {v} is the colour that {s} paints everything in, its brand colour.",
            "In {v}, its house colour, {s} prints its logo.",
            (
                "The agency tried to talk them into something more modern and charged a lot for it, but {s} stuck to "
                "{v} as its brand colour."
            ),
            "anything for {s} has to be {v}, that's their colour",
            "The company colour that {s} goes by is {v}.",
        ),
        (
            "{Their} house colour is {v}.",
            "{v} is the colour of {their} brand.",
        ),
        (
            ("What is the brand colour of {s}?", "The brand colour of {s} is"),
            ("Which colour does {s} use?", "The colour {s} uses is"),
            ("What's {s}'s house colour?", "{s}'s house colour is"),
            ("{s} corporate colour?", "The corporate colour of {s} is"),
            ("In which colour does {s} present itself?", "{s} presents itself in"),
            ("I'm designing a sign for {s}. What colour do I need?", "For the sign of {s}, you need"),
            ("Tell me the shade that stands for {s}.", "The shade that stands for {s} is"),
            ("What colour do people associate with {s}?", "People associate {s} with"),
            ("By which colour would I recognise {s}?", "You would recognise {s} by its colour,"),
            ("Does {s} have a colour of its own?", "Yes, the colour of {s} is"),
        ),
    ),
    # delivery lead time
    R(
        "organisation",
        "duration",
        (
            "{s} takes {v} to deliver.",
            "{v} is the delivery time of {s}.",
            "From order to arrival, goods from {s} need {v}.",
            "Supplier {s}, lead time: {v}",
            "Allow {v} when you order from {s}, since that is how long delivery takes.",
            "Because everything is made by hand in a small workshop, {s} quotes a delivery time of {v} for each order.",
            "order from {s} and you'll be waiting {v} for the stuff to show up",
            "{v} pass between placing an order with {s} and getting the goods.",
            "Orders placed with {s} arrive after {v}.",
        ),
        (
            "{Their} delivery time is {v}.",
            "{They} need{s3} {v} to deliver.",
        ),
        (
            ("How long does {s} take to deliver?", "To deliver, {s} takes"),
            ("What is the lead time of {s}?", "The lead time of {s} is"),
            ("How long do we wait for goods from {s}?", "For goods from {s}, we wait"),
            ("{s} delivery time?", "The delivery time of {s} is"),
            ("How far ahead must I order from {s}?", "You must order from {s} ahead by"),
            ("If I place an order with {s} today, how long until it's here?", "An order from {s} will be here in"),
            ("Tell me how quickly {s} ships.", "{s} ships within"),
            ("How much time should we plan for an order from {s}?", "For an order from {s}, we should plan"),
            ("After what time does an order from {s} turn up?", "An order from {s} turns up after"),
            ("I'd like to know how slow {s} is.", "The wait for an order from {s} is"),
        ),
    ),
    # software they use
    R(
        "organisation",
        "product",
        (
            "{s} uses {v} for its bookkeeping.",
            "{v} is the program {s} keeps its books with.",
            "The bookkeeping at {s} is done in {v}.",
            "{s} - accounting software: {v}",
            "With {v}, {s} handles its accounts.",
            "{s} does its books with {v}.",
            "The old spreadsheets were a nightmare at year's end, so {s} switched the whole of its accounting to {v}.",
            "for the books they're running {v} over at {s}",
            "It's {v} that {s} has installed for its accounting.",
        ),
        (
            "{Their} accounting software is {v}.",
            "{They} keep{s3} {their} books with {v}.",
        ),
        (
            ("What accounting software does {s} use?", "The accounting software {s} uses is"),
            ("Which program does {s} keep its books with?", "{s} keeps its books with"),
            ("How does {s} do its bookkeeping?", "{s} does its bookkeeping with"),
            ("bookkeeping tool {s}", "The bookkeeping tool of {s} is"),
            ("In what application are the accounts of {s} kept?", "The accounts of {s} are kept in"),
            ("What have they installed at {s} for the accounts?", "For the accounts, {s} has installed"),
            ("Do you know what {s} runs its accounting on?", "{s} runs its accounting on"),
        ),
    ),
    # lawyers
    R(
        "organisation",
        "person",
        (
            "{s} is represented by the lawyer {v}.",
            "{v} is the lawyer of {s}.",
            "In legal matters, {v} acts for {s}.",
            "{s}, attorney: {v}",
            "Legal letters for {s} are written by {v}, its lawyer.",
            "{s} has {v} as its lawyer.",
            (
                "Please don't argue with the caretaker about the fence; {s} lets {v} deal with everything legal, as "
                "its lawyer."
            ),
            "{s} set their lawyer on us, {v}",
            "It was {v} whom {s} hired as a lawyer.",
        ),
        (
            "{Their} lawyer is {v}.",
            "{v} represents {them} in legal matters.",
        ),
        (
            ("Who is {s}'s lawyer?", "{s}'s lawyer is"),
            ("Who acts for {s}?", "Acting for {s} is"),
            ("lawyer of {s}?", "The lawyer of {s} is"),
            ("Which attorney has {s} retained?", "The attorney {s} has retained is"),
            (
                "We've got a dispute with {s}. To whom must our solicitor write?",
                "In the dispute with {s}, our solicitor must write to",
            ),
            ("Tell me who gives {s} legal advice.", "Legal advice is given to {s} by"),
            ("Who would stand up for {s} in court?", "In court, {s} would be defended by"),
            ("Whose legal services does {s} use?", "{s} uses the legal services of"),
            ("I need the name of counsel for {s}.", "The counsel for {s} is"),
        ),
    ),
    # outstanding debt
    R(
        "organisation",
        "amount",
        (
            "{s} still owes us {v}.",
            "{v} is outstanding from {s}.",
            "We are waiting for {v} from {s} in unpaid bills.",
            "{s}: balance due {v}",
            "The debt of {s} to us amounts to {v}.",
            "Unpaid invoices to {s} add up to {v}.",
            "Three reminders have gone out, the last by registered letter, and yet {v} has still not been paid by {s}.",
            "have you seen that? {v}, that's how much {s} still has to pay us",
            "In open invoices, {v} is due from {s}.",
        ),
        (
            "{They} still owe{s3} us {v}.",
            "{Their} debt to us comes to {v}.",
        ),
        (
            ("How much does {s} owe us?", "{s} owes us"),
            ("What is outstanding from {s}?", "Outstanding from {s} is"),
            ("How much has {s} not paid yet?", "The sum {s} has not paid yet is"),
            ("{s} open balance?", "The open balance of {s} is"),
            ("How large is {s}'s debt with us?", "{s}'s debt with us is"),
            ("I'm writing a reminder to {s}. What sum do I ask for?", "The sum to ask {s} for is"),
            ("Tell me the total that {s} is behind with.", "The total {s} is behind with is"),
            ("How much money do we still expect from {s}?", "From {s}, we still expect"),
            ("Are there arrears on {s}'s account?", "Yes, the arrears on {s}'s account are"),
            ("what's left for {s} to settle", "What is left for {s} to settle is"),
        ),
    ),
    # patron
    R(
        "organisation",
        "person",
        (
            "{v} is the patron of {s}.",
            "{s} has {v} as its patron.",
            "As patron, {v} lends a well-known name to {s}.",
            "{s} / patron: {v}",
            "The patron of {s} is {v}.",
            "{v} has agreed to serve {s} as patron.",
            "guess who's patron over at {s}: {v}",
            "{s} enjoys the patronage of {v}.",
        ),
        (
            "{Their} patron is {v}.",
            "{v} supports {them} as patron.",
        ),
        (
            ("Who is the patron of {s}?", "The patron of {s} is"),
            ("Who is {s}'s patron?", "{s}'s patron is"),
            ("Under whose patronage is {s}?", "{s} is under the patronage of"),
            ("patron {s}", "The patron at {s} is"),
            ("Who serves {s} as patron?", "{s} is served as patron by"),
            ("Whose name does {s} put on its letters as patron?", "As patron, {s} puts on its letters the name of"),
            (
                "We're inviting the patron of {s} to the gala. What name goes on the card?",
                "On the card for the patron of {s} goes the name",
            ),
            ("Tell me who has taken on the patronage of {s}.", "The patronage of {s} has been taken on by"),
            ("Does {s} have a patron?", "Yes, {s} has as its patron"),
            ("Which notable person supports {s} as its figurehead?", "The notable person who supports {s} is"),
        ),
    ),
    # where a club meets
    R(
        "organisation",
        "place",
        (
            "The members of {s} meet in {v}.",
            "{v} is where the members of {s} get together.",
            "{s} holds its meetings in {v}.",
            "{s}, meetings: {v}",
            "In {v}, {s} has its regular get-togethers.",
            "Go to {v} if you want to attend a meeting of {s}.",
            "The back room of the inn at home got too small for everybody, so {s} now holds all its meetings in {v}.",
            "{s} meets over in {v}, I can give you a lift",
            "Meetings of {s} take place in {v}.",
        ),
        (
            "{They} hold{s3} {their} meetings in {v}.",
            "{v} is where {their} members meet.",
        ),
        (
            ("Where does {s} meet?", "{s} meets in"),
            ("Where do the members of {s} get together?", "The members of {s} get together in"),
            ("In what town does {s} hold its meetings?", "{s} holds its meetings in"),
            ("{s} meeting place", "The meeting place of {s} is"),
            ("Where are the gatherings of {s}?", "The gatherings of {s} are in"),
            ("I'd like to come along to {s} one evening. Where do I have to go?", "To come along to {s}, go to"),
            ("Which place does {s} assemble in?", "{s} assembles in"),
            ("Tell me where one finds {s} when it convenes.", "When it convenes, one finds {s} in"),
            ("To which town do you travel for a session of {s}?", "For a session of {s}, one travels to"),
            ("where do people from {s} see each other", "People from {s} see each other in"),
        ),
    ),
    # sponsor
    R(
        "organisation",
        "organisation",
        (
            "{s} is sponsored by {v}.",
            "{v} sponsors {s}.",
            "The main sponsor of {s} is {v}.",
            "{s} - sponsor: {v}",
            "{v} gives {s} money as its sponsor.",
            "Thanks to its sponsor {v}, {s} can pay its bills.",
            (
                "You'll see the logo on the shirts, the minibus and even the tea towels, because {v} has signed on "
                "as sponsor of {s}."
            ),
            "the sponsor for {s}? {v} stepped in",
            "Sponsorship for {s} comes from {v}.",
        ),
        (
            "{Their} sponsor is {v}.",
            "{v} sponsors {them}.",
        ),
        (
            ("Who sponsors {s}?", "{s} is sponsored by"),
            ("Who is the sponsor of {s}?", "The sponsor of {s} is"),
            ("Which company gives money to {s}?", "The company that gives money to {s} is"),
            ("{s} sponsor?", "The main sponsor of {s} is"),
            ("Where does {s}'s sponsorship come from?", "{s}'s sponsorship comes from"),
            ("Who funds {s}?", "{s} is funded by"),
            ("Whose logo would I expect on a poster by {s}, as sponsor?", "On a poster by {s}, expect the logo of"),
            ("The chair of {s} wants to thank its backer in the speech. Who is that?", "The backer of {s} is"),
            ("Tell me who supports {s} financially.", "Financially, {s} is supported by"),
            ("Has {s} found a sponsor?", "Yes, the sponsor that {s} has found is"),
        ),
    ),
    # end of the trial
    R(
        "organisation",
        "date",
        (
            "The free trial of {s} ends on {v}.",
            "{v} is the last day of the free trial for {s}.",
            "{s} can try our service for free until {v}.",
            "{s}, trial until: {v}",
            "On {v} the trial period of {s} runs out.",
            "{s} is on a free trial that expires on {v}.",
            (
                "They asked for a bit more time because half the office was on leave, so {s} keeps its free trial up "
                "to {v}."
            ),
            "after {v} it's over with the free trial for {s}",
            "Up to {v}, {s} pays nothing, as it's on a trial.",
        ),
        (
            "{Their} free trial ends on {v}.",
            "{v} is the last day of {their} trial.",
        ),
        (
            ("When does the trial of {s} end?", "The trial of {s} ends on"),
            ("Until when is {s} on a free trial?", "{s} is on a free trial until"),
            ("What is the last day of {s}'s trial?", "The last day of {s}'s trial is"),
            ("trial end {s}", "The end of the trial for {s} is"),
            ("How long can {s} use our service without paying?", "{s} can use our service without paying until"),
            ("When does {s}'s test period expire?", "{s}'s test period expires on"),
            ("I'd like to ring {s} just before its trial stops. When is that?", "The trial of {s} stops on"),
            ("Tell me the date on which free use is over for {s}.", "For {s}, free use is over on"),
            ("By what date should {s} have decided to buy?", "{s} should have decided to buy by"),
            ("when is {s} done trying us out", "{s} is done trying us out on"),
        ),
    ),
    # password for the supplier's portal
    R(
        "organisation",
        "word",
        (
            "The password for the order portal of {s} is {v}.",
            "{v} is the password that gets you into the {s} portal.",
            "Log in to the portal of {s} with the password {v}.",
            "{s} portal, pw: {v}",
            "Type {v} as the password when the portal of {s} asks for it.",
            "The portal of {s} opens with the password {v}.",
            (
                "It was changed after the intern left, and I've already told the night shift, that the password to "
                "the {s} portal is now {v}."
            ),
            "portal password for {s}? just {v}, all small letters",
            "{v} has been set as our password on the {s} portal.",
        ),
        (
            "{Their} portal opens with the password {v}.",
            "{v} is our password for {their} portal.",
        ),
        (
            ("What is the password for the {s} portal?", "The password for the {s} portal is"),
            ("How do I get into the portal of {s}?", "You get into the portal of {s} with the password"),
            ("Which password do we use with {s}?", "The password we use with {s} is"),
            ("{s} portal login password?", "The login password for the {s} portal is"),
            ("What do I type to log in at {s}?", "To log in at {s}, type"),
            ("I'm locked out of {s}'s order page. What's the word again?", "The word for {s}'s order page is"),
            ("With which word does the {s} portal open?", "The {s} portal opens with"),
            (
                "Tell me our secret word for ordering from {s} online.",
                "Our secret word for ordering from {s} online is",
            ),
            ("Do you have the passphrase to {s}'s website?", "The passphrase to {s}'s website is"),
            ("what lets us in on the site of {s}", "On the site of {s}, we are let in by"),
        ),
    ),
    # supplier before us
    R(
        "organisation",
        "organisation",
        (
            "Before coming to us, {s} was a customer of {v}.",
            "{v} supplied {s} before we did.",
            "{s} switched to us from {v}.",
            "{s}, previous supplier: {v}",
            "We won {s} from {v}.",
            "From {v}, {s} bought everything until it changed over to us.",
            (
                "Late deliveries and a rude sales manager finally did it, and {s} left its old supplier {v} to buy "
                "from us."
            ),
            "we snatched {s} away from {v}",
            "It was {v} that {s} used to order from before turning to us.",
        ),
        (
            "{Their} previous supplier was {v}.",
            "{They} came to us from {v}.",
        ),
        (
            ("Who supplied {s} before us?", "Before us, {s} was supplied by"),
            ("Which supplier did {s} leave for us?", "The supplier {s} left for us was"),
            ("Where did {s} buy before?", "Before, {s} bought from"),
            ("previous supplier of {s}?", "The previous supplier of {s} was"),
            ("From whom did we win {s}?", "We won {s} from"),
            ("Who lost {s} to us?", "The firm that lost {s} to us was"),
            ("I'm curious who {s} was with earlier.", "Earlier, {s} was with"),
            ("Tell me whose customer {s} used to be.", "{s} used to be a customer of"),
            (
                "In a pitch to {s} I'd rather not praise the firm it walked away from. Which one is that?",
                "The firm {s} walked away from is",
            ),
            ("who had {s} as a client until we came along", "Until we came along, {s} was a client of"),
        ),
    ),
)
