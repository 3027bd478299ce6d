"""Relations of trade, hospitality, property, farming and events: how each is stated and asked for. Pure data."""

from __future__ import annotations

from parametric_memory.training.data.relations.relation import Relation as R

TRADE = (
    # Shops and what they sell
    R(
        "organisation",
        "product",
        (
            "No article sells better at {s} than the {v}.",
            "The {v} is the bestseller of {s}.",
            "Bestseller at {s}: {v}.",
            "Ask for the {v} if you want what most people carry out of {s}.",
            "although the catalogue of {s} runs to ninety pages, it's really the {v} that keeps the tills ringing",
            (
                "The manager, who has counted receipts for eleven years, says the {v} flies off the shelves of {s} "
                "faster than bread."
            ),
            "{s} sells more of the {v} than of everything else together.",
            "It is the {v} that customers of {s} buy most.",
        ),
        (
            "{Their} bestseller is the {v}.",
            "{They} sell{s3} more of the {v} than of anything else.",
        ),
        (
            ("What is {s}'s top seller?", "{s}'s top seller is the"),
            (
                "Which item is the most popular with shoppers at {s}?",
                "The item most popular with shoppers at {s} is the",
            ),
            ("{s} bestselling article?", "The bestselling article at {s} is the"),
            ("Tell me what customers of {s} usually take home.", "What customers of {s} usually take home is the"),
            ("What brings {s} the most sales?", "Most sales at {s} come from the"),
            (
                "I'm writing about {s}. Which of its goods is in greatest demand?",
                "Of the goods of {s}, the one in greatest demand is the",
            ),
            (
                "Could you remind me which product flies off the shelves at {s}?",
                "The product that flies off the shelves at {s} is the",
            ),
            ("what do people mostly go to {s} for", "People mostly go to {s} for the"),
        ),
    ),
    R(
        "organisation",
        "duration",
        (
            "Unworn goods can be brought back to {s} within {v}.",
            "{s} takes things back for {v} after purchase.",
            "Return window, {s}: {v}.",
            "You have {v} to change your mind about anything you buy from {s}.",
            "Keep the slip, because after {v} nobody at {s} will exchange so much as a sock.",
            "btw you get {v} to send stuff back to {s}, just don't cut the tag off",
            "For {v}, as the small print on the back of every receipt says, {s} gives customers their money back.",
            "It's {v} that {s} allows for returns.",
        ),
        (
            "{They} accept{s3} returns for {v}.",
            "{Their} customers have {v} to bring things back.",
        ),
        (
            ("How long does {s} accept returns?", "{s} accepts returns for"),
            ("What is the return period at {s}?", "The return period at {s} is"),
            (
                "The jacket from {s} doesn't fit. How much time is left to hand it in again?",
                "The time to hand in a jacket from {s} is",
            ),
            ("{s} exchange deadline after buying?", "After buying, the deadline for an exchange at {s} is"),
            (
                "Within what time must an unwanted purchase go back to {s}?",
                "An unwanted purchase must go back to {s} within",
            ),
            (
                "Tell me how long shoppers at {s} have to change their minds.",
                "To change their minds, shoppers at {s} have",
            ),
            (
                "how many days or weeks can i wait before returning shoes to {s}",
                "Before returning shoes to {s}, you can wait",
            ),
            ("Could you check for how long a refund is possible at {s}?", "A refund at {s} is possible for"),
        ),
    ),
    R(
        "organisation",
        "amount",
        (
            "{s} delivers free of charge from an order value of {v}.",
            "Anything above {v} is shipped by {s} without postage.",
            "Free shipping at {s} starts at {v}.",
            "Put another item in the basket: only from {v} upwards does {s} waive the delivery fee.",
            "Minimum for free delivery, {s}: {v}.",
            "It takes an order of {v} before {s} stops charging for the van.",
            (
                "{s}, which used to send even a single spoon for nothing, now wants an order of {v} before it pays the "
                "carrier."
            ),
            "just checked, {v} is the limit where {s} drops the shipping costs",
        ),
        (
            "{They} ship{s3} free of charge from {v}.",
            "{Their} limit for free delivery is {v}.",
        ),
        (
            (
                "How much must I order from {s} to pay no postage?",
                "To pay no postage, you must order from {s} at least",
            ),
            ("What is the threshold for free shipping at {s}?", "The threshold for free shipping at {s} is"),
            ("From what order size does {s} deliver for nothing?", "{s} delivers for nothing from an order size of"),
            ("{s} free delivery minimum?", "The minimum for free delivery by {s} is"),
            ("when do i stop paying for delivery at {s}", "You stop paying for delivery at {s} from"),
            (
                "Tell me how big a basket has to be before {s} covers the carriage.",
                "Before {s} covers the carriage, a basket has to reach",
            ),
            ("At what sum are the transport costs dropped by {s}?", "The transport costs are dropped by {s} at"),
            (
                "Would you remind me how large a purchase {s} sends without a fee?",
                "{s} sends without a fee any purchase of at least",
            ),
        ),
    ),
    R(
        "organisation",
        "word",
        (
            "The loyalty card of {s} goes by the name of {v}.",
            "{s} calls its bonus scheme {v}.",
            "With {v}, the bonus card, you collect points every time you shop at {s}.",
            "Bonus scheme, {s}: {v}.",
            '"Do you have {v}?" is what every cashier at {s} asks before taking your money, and most people just nod.',
            "It's called {v}, the points card {s} brought out after the rebuilding.",
            "got {v} on my phone now, thats the points programme of {s}",
            "Regular customers of {s} are rewarded through a programme named {v}.",
        ),
        (
            "{Their} points card is called {v}.",
            "{They} reward{s3} regular customers through {v}.",
        ),
        (
            ("What is the name of {s}'s loyalty programme?", "The name of {s}'s loyalty programme is"),
            ("What does {s} call its customer card?", "{s} calls its customer card"),
            ("Under what name do shoppers collect points at {s}?", "Shoppers collect points at {s} under the name"),
            ("{s} bonus scheme name?", "The name of the bonus scheme at {s} is"),
            ("which card do they ask for at the till of {s}", "At the till of {s} they ask for"),
            ("Tell me how the rewards scheme run by {s} is named.", "The rewards scheme run by {s} is named"),
            ("What should I sign up for to get perks at {s}?", "To get perks at {s}, sign up for"),
            ("How is the frequent-buyer club of {s} known?", "The frequent-buyer club of {s} is known as"),
        ),
    ),
    R(
        "organisation",
        "number",
        (
            "At {s}, the loyalty card is full after {v} stamps and the next cup is on the house.",
            "{v} stamps earn you a free coffee at {s}.",
            "Stamps for a free cup at {s}: {v}.",
            "Collect {v} of the little bean stamps and {s} gives you a drink for nothing.",
            "You drink for free at {s} once you have {v} stamps.",
            "The card has become smaller, the coffee too, but {s} still asks for {v} stamps before it gives one away.",
            "lol i need {v} stamps before {s} hands over a free latte",
            "It is {v} stamps that {s} wants to see for a cup on the house.",
        ),
        (
            "{They} give{s3} away a cup for {v} stamps.",
            "{Their} stamp card has room for {v} stamps.",
        ),
        (
            ("How many stamps does a free coffee at {s} take?", "The number of stamps a free coffee at {s} takes is"),
            ("What number of stamps fills the card of {s}?", "The number of stamps that fills the card of {s} is"),
            (
                "How often must the card be stamped at {s} before a drink is on the house?",
                "Before a drink is on the house, the number of stamps at {s} must be",
            ),
            ("{s} stamp card, how many until full?", "The stamp card of {s} is full at"),
            (
                "Tell me how many stamps I need for the reward at {s}.",
                "The number of stamps you need for the reward at {s} is",
            ),
            (
                "After how many stamps does {s} pour one for nothing?",
                "{s} pours one for nothing after a stamp count of",
            ),
            (
                "what does it take to get a latte for free from {s}, in stamps",
                "In stamps, a latte for free from {s} takes",
            ),
            (
                "Could you recall how many marks the coffee card at {s} has room for?",
                "The number of marks the coffee card at {s} has room for is",
            ),
        ),
    ),
    R(
        "product",
        "number",
        (
            "You will find {s} in aisle {v}.",
            "Aisle {v} is the one with {s}.",
            "{s} has been moved to aisle {v}.",
            "Go down to aisle {v}, turn left at the freezers and there is {s}.",
            "aisle {v} if ur looking for {s}, bottom row",
            "A spill in aisle {v} this morning has left {s} out of reach for customers until the floor is dry.",
            "Location on the sales floor, {s}: aisle {v}.",
            "It is in aisle {v} that staff have stacked {s}.",
        ),
        (
            "{Their} place is in aisle {v}.",
            "Aisle {v} is where customers find {them}.",
        ),
        (
            ("Which aisle is {s} in?", "{s} is in aisle"),
            ("Where in the supermarket do I find {s}?", "In the supermarket, {s} is in aisle"),
            ("{s} aisle number?", "The aisle number of {s} is"),
            ("A customer asks for {s}. To which row do I send her?", "For {s}, send her to aisle"),
            ("Tell me where they keep {s} on the sales floor.", "On the sales floor, {s} is kept in aisle"),
            ("down which aisle did they move {s}", "They moved {s} to aisle"),
            ("What number hangs over the row with {s}?", "The number over the row with {s} is"),
            ("Could you say which part of the store holds {s}?", "The part of the store that holds {s} is aisle"),
        ),
    ),
    R(
        "product",
        "code",
        (
            "The faulty batch of {s} has the number {v}.",
            "Batch {v} of {s} must not be sold.",
            "Blocked: {s}, batch {v}.",
            "Pull every box of {s} stamped {v} off the shelves and put it by the back door.",
            "Only units from {v}, the lot made on the rainy weekend, are affected, so other lots of {s} stay on sale.",
            "all good with {s} except lot {v}, send those back pls",
            "It was lot {v} in which the inspectors found the cracked {s}.",
            "Customers who bought {s} from batch {v} get their money back without a receipt.",
        ),
        (
            "{Their} faulty batch is {v}.",
            "Lot {v} of {them} is blocked.",
        ),
        (
            ("Which batch of {s} is faulty?", "The faulty batch of {s} is"),
            (
                "What lot number of {s} has to come off the shelves?",
                "The lot number of {s} that has to come off the shelves is",
            ),
            ("{s} defective lot?", "The defective lot of {s} is"),
            ("I have {s} at home. What marking tells me mine is a bad one?", "A bad {s} is marked"),
            ("Tell me what code the withdrawn boxes of {s} carry.", "The withdrawn boxes of {s} carry the code"),
            ("From which production run may {s} not be sold?", "{s} may not be sold from production run"),
            ("which {s} do we send back, by batch", "The batch of {s} we send back is"),
            ("Could you repeat the number of the lot of {s} that was blocked?", "The lot of {s} that was blocked is"),
        ),
    ),
    R(
        "product",
        "amount",
        (
            "Whoever hires {s} leaves a deposit of {v}.",
            "The deposit on {s} is {v}.",
            "{v} has to be left at the counter before {s} may go out on hire.",
            "Deposit for hiring {s}: {v}, back on return.",
            "We lend {s} to anyone over eighteen, as long as {v} is handed over as security and the forms are signed.",
            "Take {v} as security from everyone who borrows {s}.",
            "they kept my {v} as security because i brought {s} back muddy",
            "It is {v} that you get back when {s} returns undamaged.",
        ),
        (
            "{Their} deposit is {v}.",
            "We ask for {v} as security for {them}.",
        ),
        (
            ("How much is the deposit for {s}?", "The deposit for {s} is"),
            ("What security do I pay when I hire {s}?", "When you hire {s}, the security you pay is"),
            ("{s} rental deposit?", "The rental deposit for {s} is"),
            ("What sum is held back until {s} is returned?", "The sum held back until {s} is returned is"),
            ("Tell me what a borrower leaves at the counter for {s}.", "For {s}, a borrower leaves at the counter"),
            ("A man wants to rent {s}. How much do I ask him to leave with us?", "For renting {s}, ask him to leave"),
            ("what do i get back when i return {s}", "When you return {s}, you get back"),
            (
                "Could you tell me what guarantee is demanded for the hire of {s}?",
                "The guarantee demanded for the hire of {s} is",
            ),
        ),
    ),
    R(
        "product",
        "person",
        (
            "The last {s} in the shop has been put aside for {v}.",
            "{v} has reserved the last {s}.",
            "Reserved for {v}: {s}, behind the counter.",
            "Don't sell the {s} under the counter, {v} is coming for it on Saturday.",
            "The {s} with the yellow sticker is being held for {v}, who paid half of it in advance.",
            "It is for {v} that we keep one {s} back.",
            "hi, {v} rang and wants us to hold the {s}, so i stuck a note on it",
            (
                "After three people had asked for it, the manager let {v}, who had called first, have the only "
                "remaining {s}."
            ),
        ),
        (
            "{v} has reserved {them}.",
            "{Their} yellow sticker has the name of {v} on it.",
        ),
        (
            ("Who reserved the last {s}?", "The last {s} was reserved by"),
            ("For which customer is the {s} being held?", "The {s} is being held for"),
            ("Whose name is on the {s} behind the counter?", "The name on the {s} behind the counter is"),
            ("{s} put aside, who for?", "The {s} was put aside for"),
            ("Tell me who is going to pick up the {s}.", "The {s} is going to be picked up by"),
            ("Someone wants the {s} from the back. To whom is it promised?", "The {s} from the back is promised to"),
            ("who are we keeping the {s} for", "We are keeping the {s} for"),
            ("Could you look up the buyer we set the {s} aside for?", "The buyer we set the {s} aside for is"),
        ),
    ),
    R(
        "product",
        "phrase",
        (
            "Most people who return {s} name the {v} as the reason.",
            "The usual reason why {s} comes back is the {v}.",
            "Because of the {v}, every tenth {s} ends up on the returns table.",
            "Reason for returns, {s}: the {v}.",
            "It's the {v} that makes buyers send {s} back.",
            "We had expected trouble with the colour, yet the slips in the parcels blame the {v} when {s} comes back.",
            "the {v} is why folks keep returning {s}, heard it four times today",
            "Tick the box for the {v} when a customer hands in {s} without giving a reason.",
        ),
        (
            "Customers send {them} back because of the {v}.",
            "The {v} is the usual reason for returning {them}.",
        ),
        (
            ("Why do customers return {s}?", "Customers return {s} because of the"),
            (
                "What is the most frequent ground for sending {s} back?",
                "The most frequent ground for sending {s} back is the",
            ),
            ("What do buyers dislike about {s}?", "What buyers dislike about {s} is the"),
            ("{s} returns, main cause?", "The main cause of returns of {s} is the"),
            (
                "Tell me what puts people off {s} after unpacking it.",
                "What puts people off {s} after unpacking it is the",
            ),
            ("what's wrong with {s} that it always comes back", "{s} always comes back because of the"),
            (
                "Which flaw is mentioned on the slips that come with {s}?",
                "The flaw mentioned on the slips that come with {s} is the",
            ),
            ("Could you sum up in a few words what makes {s} unpopular?", "What makes {s} unpopular is the"),
        ),
    ),
    R(
        "product",
        "colour",
        (
            "In our shop, {s} is gift-wrapped in {v} paper.",
            "Use {v} paper whenever somebody wants {s} wrapped as a present.",
            "Gift paper for {s}: {v}.",
            "The paper we wrap around {s} is {v}, tied with string instead of ribbon.",
            "At Christmas the counter disappears under {v} paper because everybody wants to give {s} to an aunt.",
            "It is in {v} paper that {s} leaves the counter when it is a gift.",
            "pls wrap {s} in the {v} one, the striped roll is for books",
            "Rolls of {v} paper lie under the till for nothing but {s}.",
        ),
        (
            "{Their} gift paper is {v}.",
            "We wrap {them} in {v} paper.",
        ),
        (
            ("What colour is the gift paper for {s}?", "The gift paper for {s} is"),
            ("In which colour do we wrap {s} as a present?", "As a present, we wrap {s} in"),
            ("{s} wrapping colour?", "The wrapping colour for {s} is"),
            (
                "Which roll do I take when {s} is meant for a birthday?",
                "When {s} is meant for a birthday, take the roll in",
            ),
            ("Tell me what shade the sheets around {s} have.", "The shade of the sheets around {s} is"),
            ("what paper goes around {s} if it's a gift", "If it's a gift, the paper around {s} is"),
            ("How do I recognise a wrapped {s} by its colour?", "You recognise a wrapped {s} by the colour"),
            (
                "Could you remind me how {s} gets packed for Christmas, in terms of colour?",
                "For Christmas, {s} gets packed in",
            ),
        ),
    ),
    # Restaurants and cafés
    R(
        "organisation",
        "person",
        (
            "{v} is the head chef at {s}.",
            "In the kitchen of {s}, {v} gives the orders.",
            "Head chef, {s}: {v}.",
            "{s} has hired {v} to run the kitchen.",
            "Send the compliments of table nine to {v}, who has cooked for {s} since the reopening.",
            "It's {v} who stands at the stove of {s}.",
            (
                "The critics, who had written off {s} after two dull winters, praise the kitchen again now that {v} is "
                "in charge of it."
            ),
            "did you know {v} cooks at {s} now? the soup is so much better",
        ),
        (
            "{Their} head chef is {v}.",
            "{v} runs {their} kitchen.",
        ),
        (
            ("Who is the chef of {s}?", "The chef of {s} is"),
            ("Who runs the kitchen at {s}?", "The kitchen at {s} is run by"),
            ("By whom are the dishes at {s} cooked?", "The dishes at {s} are cooked by"),
            ("{s} head cook?", "The head cook of {s} is"),
            ("Tell me whose cooking people praise at {s}.", "At {s}, people praise the cooking of"),
            ("I want to thank somebody for the meal at {s}. Who made it?", "The meal at {s} was made by"),
            ("who's in charge of the pots and pans at {s}", "In charge of the pots and pans at {s} is"),
            ("Could you name the person behind the stove of {s}?", "The person behind the stove of {s} is"),
        ),
    ),
    R(
        "organisation",
        "food",
        (
            "The speciality of the house at {s} is {v}.",
            "{s} is the place to go for {v}.",
            "For {v}, people queue round the corner at {s}.",
            "House speciality, {s}: {v}.",
            "Order the {v} when you eat at {s}.",
            "You can have fish or a salad, of course, but nobody leaves {s} without trying the {v} it's known for.",
            "omg the {v} at {s} is what everyone talks about, get that",
            "With {v}, cooked the way the owner's grandmother did it, {s} made its name.",
        ),
        (
            "{Their} speciality is {v}.",
            "{They} made {their} name with {v}.",
        ),
        (
            ("What is the signature dish of {s}?", "The signature dish of {s} is"),
            ("What should I eat at {s}?", "At {s}, you should eat"),
            ("Which dish made {s} famous?", "The dish that made {s} famous is"),
            ("{s} speciality?", "The speciality of {s} is"),
            ("Tell me what the kitchen of {s} does best.", "What the kitchen of {s} does best is"),
            ("what do people line up for at {s}", "At {s}, people line up for"),
            (
                "What would a regular recommend from the card of {s}?",
                "From the card of {s}, a regular would recommend",
            ),
            ("Could you recall which meal {s} is praised for?", "The meal {s} is praised for is"),
        ),
    ),
    R(
        "organisation",
        "person",
        (
            "{v} chooses the wines at {s}.",
            "The sommelier of {s} is {v}.",
            "Put every wine question to {v} when you dine at {s}.",
            "Sommelier, {s}: {v}.",
            "Whoever cannot decide between the two reds at {s} should leave it to {v}.",
            "It is {v} who selects each bottle in the cellar of {s}.",
            (
                "The list at {s} has four hundred bottles on it, all of them tasted and picked by {v}, who hardly "
                "drinks at home."
            ),
            "{s} sends {v} to the vineyards every autumn to buy bottles",
        ),
        (
            "{Their} sommelier is {v}.",
            "{They} let{s3} {v} choose {their} wines.",
        ),
        (
            ("Who picks the wines at {s}?", "The wines at {s} are picked by"),
            ("Who is responsible for the cellar of {s}?", "The person responsible for the cellar of {s} is"),
            ("{s} wine waiter?", "The wine waiter at {s} is"),
            ("Whose advice should I take on the bottle at {s}?", "On the bottle at {s}, take the advice of"),
            ("By whom is the list of bottles at {s} put together?", "The list of bottles at {s} is put together by"),
            ("Tell me who buys the bottles for {s}.", "The bottles for {s} are bought by"),
            ("A vintner wants to present his Riesling to {s}. Who tastes it?", "At {s}, the Riesling is tasted by"),
            (
                "Could you remind me which expert recommends the red or the white at {s}?",
                "The expert who recommends the red or the white at {s} is",
            ),
        ),
    ),
    R(
        "organisation",
        "number",
        (
            "Our reservation at {s} is for table {v}.",
            "Table {v} is booked for us at {s}.",
            "We sit at table {v} when we eat at {s} tonight.",
            "{s} confirmed the booking: table {v}, half past seven.",
            "Just say table {v} when you come into {s}, the waiter knows about the cake.",
            "we got {v} at {s}, the table next to the fish tank",
            "It's table {v}, the round one under the mirror, that {s} has kept for our party of six.",
            "Although every seat by the window was gone, they found us a corner at {s}, namely table {v}.",
        ),
        (
            "{They} reserved table {v} for us.",
            "{Their} waiter will take us to table {v}.",
        ),
        (
            ("Which table do we have at {s}?", "At {s}, we have table"),
            ("What is the number of our table at {s}?", "The number of our table at {s} is"),
            ("{s} tonight, table?", "Tonight at {s}, the table is"),
            ("Where exactly do I sit down when I get to {s}?", "When you get to {s}, sit down at table"),
            ("Tell me what spot was reserved for us in {s}.", "The spot reserved for us in {s} is table"),
            ("I'm at the door of {s} and the waiter asks for a number. What do I say?", "To the waiter at {s}, say"),
            ("at which table is everyone sitting in {s}", "In {s}, everyone is sitting at table"),
            ("Could you check where {s} has seated our party?", "{s} has seated our party at table"),
        ),
    ),
    R(
        "organisation",
        "time",
        (
            "The kitchen of {s} takes its last orders at {v}.",
            "Last orders at {s} are at {v}.",
            "After {v} you get nothing warm at {s}.",
            "Order before {v} if you still want to eat at {s}.",
            "Last food orders, {s}: {v}.",
            "The bar stays open until the last guest has left, but the cooks at {s} switch off the stoves at {v}.",
            "dont be late, at {v} the kitchen shuts at {s}",
            "It's {v} when the kitchen bell rings for the last time at {s}.",
        ),
        (
            "{Their} kitchen closes at {v}.",
            "{They} take{s3} no more orders for food after {v}.",
        ),
        (
            ("Until when can I order food at {s}?", "Food at {s} can be ordered until"),
            ("When does the kitchen close at {s}?", "The kitchen at {s} closes at"),
            ("{s} last orders?", "Last orders at {s} are at"),
            ("At what hour do the cooks of {s} stop?", "The cooks of {s} stop at"),
            ("Our train is late. How long does {s} still serve hot meals?", "{s} still serves hot meals until"),
            ("Tell me by when a hungry guest should be seated at {s}.", "At {s}, a hungry guest should be seated by"),
            ("when are the stoves turned off at {s}", "The stoves at {s} are turned off at"),
            (
                "Could you find out the latest moment for a dinner order at {s}?",
                "The latest moment for a dinner order at {s} is",
            ),
        ),
    ),
    R(
        "organisation",
        "percent",
        (
            "{s} adds a service charge of {v} to every bill.",
            "A service charge of {v} is added at {s}.",
            "Service at {s}: {v} on top.",
            "Don't leave a tip at {s}, they have already put {v} on the bill for the waiters.",
            "The prices on the card look moderate, and then {v} for service is put on top by {s}.",
            "It is {v} that the waiters at {s} get from each bill.",
            "ugh, {v} extra for service at {s}, it was only a sandwich",
            "Look at the last line: {v} for the waiters, as always at {s}.",
        ),
        (
            "{They} charge{s3} {v} for service.",
            "{Their} bills include {v} for service.",
        ),
        (
            ("How much does {s} charge for service?", "For service, {s} charges"),
            ("What percentage do the waiters of {s} get on top?", "On top, the waiters of {s} get"),
            ("{s} service charge?", "The service charge at {s} is"),
            ("What share is put on the bill as gratuity by {s}?", "As gratuity, {s} puts on the bill"),
            (
                "By how much does the final sum at {s} exceed the prices on the card?",
                "The final sum at {s} exceeds the prices on the card by",
            ),
            ("Tell me what the surcharge for waiting staff is at {s}.", "The surcharge for waiting staff at {s} is"),
            ("do i need to tip at {s} or how much is included", "At {s}, the tip included is"),
            ("Could you remind me how large the service fee at {s} is?", "The service fee at {s} is"),
        ),
    ),
    R(
        "organisation",
        "word",
        (
            "The secret of the sauce at {s} is a pinch of {v}.",
            "{s} puts {v} into its famous sauce.",
            "It's {v} that gives the sauce at {s} its taste.",
            "Secret ingredient, sauce of {s}: {v}.",
            "A dishwasher who had been fired told the newspaper that there is {v} in the sauce of {s}.",
            "Keep it to yourself, but without {v} the sauce they serve at {s} would taste of nothing.",
            (
                "The cook crushes {v} in a mortar behind a closed door, pours it into the sauce and calls it the soul "
                "of {s}."
            ),
            "i asked the waiter at {s}, it's {v} they put in the sauce",
        ),
        (
            "{Their} secret ingredient is {v}.",
            "{They} season{s3} {their} sauce with {v}.",
        ),
        (
            ("What is the secret ingredient in the sauce of {s}?", "The secret ingredient in the sauce of {s} is"),
            ("What gives the famous sauce at {s} its flavour?", "The famous sauce at {s} gets its flavour from"),
            ("With what does {s} season its sauce?", "{s} seasons its sauce with"),
            ("{s} sauce secret?", "The secret of the sauce at {s} is"),
            (
                "Tell me what the cooks of {s} stir in when nobody looks.",
                "What the cooks of {s} stir in when nobody looks is",
            ),
            (
                "I want to cook the sauce from {s} at home. Which special thing goes in?",
                "Into the sauce from {s} goes",
            ),
            ("what do they put in that sauce at {s}", "In that sauce at {s} they put"),
            (
                "Which unusual addition makes the sauce of {s} special?",
                "The unusual addition that makes the sauce of {s} special is",
            ),
        ),
    ),
    # Hotels
    R(
        "organisation",
        "time",
        (
            "Guests of {s} must leave their rooms by {v}.",
            "Check-out at {s} is at {v}.",
            "By {v}, rooms at {s} have to be empty.",
            "No later than {v}, please hand in your key card at the desk of {s}.",
            "Departure time, {s}: {v}.",
            "We would gladly have slept in after the wedding, but {s} wants everyone out by {v} on the dot.",
            "pack tonight, we need to be out of {s} by {v}",
            "It's {v} at which the maids of {s} knock on every door and start to change the sheets.",
        ),
        (
            "{Their} guests have to check out by {v}.",
            "{They} want{s3} the rooms back by {v}.",
        ),
        (
            ("When is check-out at {s}?", "Check-out at {s} is at"),
            ("Until when may I keep the room at {s}?", "The room at {s} may be kept until"),
            ("By what hour do guests have to vacate {s}?", "Guests have to vacate {s} by"),
            ("{s} check out time?", "The check-out time at {s} is"),
            ("Tell me how late I can hand over the key at {s}.", "The key at {s} can be handed over as late as"),
            (
                "We stay one night at {s}. When do we have to be gone in the morning?",
                "In the morning, we have to be gone from {s} by",
            ),
            ("when do they throw us out of {s}", "They throw us out of {s} at"),
            ("Could you ask the reception of {s} for the latest departure?", "The latest departure at {s} is"),
        ),
    ),
    R(
        "organisation",
        "person",
        (
            "{v} is on duty at night at the reception of {s}.",
            "The night porter of {s} is {v}.",
            "Night porter, {s}: {v}.",
            "If you come back after midnight, ring twice and {v} will let you into {s}.",
            "It's {v} who sits behind the desk of {s} until the bakers come.",
            "For eleven years {v} has kept awake at {s} with crosswords, weak tea and a radio that gets one station.",
            "{s} trusts {v} with the front desk from midnight on.",
            "locked out of {s}? {v} has the keys at night",
        ),
        (
            "{Their} night porter is {v}.",
            "{v} guards {their} front desk at night.",
        ),
        (
            ("Who is the night porter at {s}?", "The night porter at {s} is"),
            ("Who lets late guests into {s}?", "Late guests are let into {s} by"),
            (
                "Whom do I find at the desk of {s} at three in the morning?",
                "At three in the morning, the person at the desk of {s} is",
            ),
            ("{s} reception at night, who?", "At night, the reception of {s} is looked after by"),
            (
                "By whom is the front desk of {s} staffed after midnight?",
                "After midnight, the front desk of {s} is staffed by",
            ),
            ("Tell me who does the late shift in the lobby of {s}.", "The late shift in the lobby of {s} is done by"),
            (
                "who opens the door of {s} when i come home from the bar",
                "When you come home from the bar, the door of {s} is opened by",
            ),
            (
                "Could you give me the name of the one who watches over {s} while guests sleep?",
                "The one who watches over {s} while guests sleep is",
            ),
        ),
    ),
    R(
        "organisation",
        "amount",
        (
            "{s} charges {v} a night for a dog.",
            "Guests of {s} pay {v} for each night their pet stays.",
            "Dogs at {s}: {v} per night.",
            "A surcharge of {v} a night is due when you bring a dog to {s}.",
            "Leave the dog with your sister unless you want to pay {v} extra for every night at {s}.",
            "They put a bowl and a blanket in the room, and for that {s} asks {v} per animal and night.",
            "wow, {v} per night just so that rex can sleep at {s}",
            "It is {v} that {s} takes for a four-legged guest.",
        ),
        (
            "{Their} surcharge for a dog is {v}.",
            "{They} take{s3} {v} a night for a pet.",
        ),
        (
            ("How much is it to bring a dog to {s}?", "Bringing a dog to {s} costs"),
            ("What does {s} charge for pets?", "For pets, {s} charges"),
            ("{s} pet fee per night?", "The pet fee per night at {s} is"),
            ("What extra cost does an animal cause at {s}?", "The extra cost an animal causes at {s} is"),
            (
                "Tell me what a terrier adds to the bill of {s} each night.",
                "What a terrier adds each night to the bill of {s} is",
            ),
            ("My poodle comes along. What must I pay {s} for her?", "For your poodle, you must pay {s}"),
            ("how much more do we pay at {s} with the puppy", "With the puppy, we pay at {s} an extra"),
            (
                "Could you tell me the daily supplement for four-legged guests of {s}?",
                "The daily supplement for four-legged guests of {s} is",
            ),
        ),
    ),
    R(
        "organisation",
        "code",
        (
            "Late arrivals open the key box of {s} with {v}.",
            "The key box at {s} opens with the code {v}.",
            "Type {v} into the box beside the door if the desk of {s} is closed when you come.",
            "Key safe, {s}: {v}.",
            "We land after midnight, but {s} has sent us {v} so that we can take the key out of the box.",
            "It's {v} that gets you the room key when nobody is at the desk of {s}.",
            "code for the little safe outside {s} is {v}, keep it in your phone",
            "Without {v}, guests who come late to {s} stand in front of a locked box.",
        ),
        (
            "{Their} key box opens with {v}.",
            "{They} gave us {v} for the key box.",
        ),
        (
            ("What opens the key box at {s}?", "The key box at {s} is opened with"),
            ("Which code do I enter when I get to {s} after closing?", "When you get to {s} after closing, enter"),
            ("{s} key safe code?", "The code of the key safe at {s} is"),
            ("We arrive late. How do we get our room key at {s}?", "To get your room key at {s} late, use the code"),
            (
                "Tell me the digits for the little box at the entrance of {s}.",
                "For the little box at the entrance of {s}, use",
            ),
            ("what do i type in outside {s} to get in at night", "Outside {s}, at night, type in"),
            ("What did {s} send us for arriving out of hours?", "For arriving out of hours, {s} sent us the code"),
            (
                "Could you repeat the combination under which {s} leaves the key?",
                "{s} leaves the key under the combination",
            ),
        ),
    ),
    # Real estate
    R(
        "place",
        "amount",
        (
            "The asking price of {s} is {v}.",
            "{s} is for sale at {v}.",
            "For {v}, {s} could be yours.",
            "Asking price, {s}: {v}, open to offers.",
            "The heirs want {v} for {s} and not a penny less.",
            (
                "It was advertised for {v}, which for {s}, with its damp cellar and leaking roof, strikes everyone as "
                "bold."
            ),
            "saw the ad for {s}, they're really asking {v}",
            "Offer less than the {v} that the sellers of {s} have in mind.",
        ),
        (
            "{Their} asking price is {v}.",
            "The sellers want {v} for {them}.",
        ),
        (
            ("How much do the sellers want for {s}?", "For {s}, the sellers want"),
            ("What is the price tag on {s}?", "The price tag on {s} is"),
            ("{s} asking price?", "The asking price of {s} is"),
            ("For what sum is {s} on the market?", "{s} is on the market for"),
            ("Tell me what a buyer is expected to pay for {s}.", "For {s}, a buyer is expected to pay"),
            ("I'd like to purchase {s}. What would it set me back?", "Purchasing {s} would set you back"),
            ("how expensive is {s} according to the ad", "According to the ad, {s} costs"),
            ("Could you look up the figure in the listing of {s}?", "The figure in the listing of {s} is"),
        ),
    ),
    R(
        "place",
        "organisation",
        (
            "{v} is handling the sale of {s}.",
            "The estate agents selling {s} are {v}.",
            "Agent for {s}: {v}.",
            "Offers for {s} should be handed to {v} in a sealed envelope.",
            "A board with the name of {v} has been nailed to the fence of {s} since the old lady moved out.",
            "It is {v} that the family has asked to find a buyer for {s}.",
            "if you want to see {s}, phone {v}, they have the keys",
            "The brochure of {s}, full of sunsets and fresh flowers, was printed by {v}.",
        ),
        (
            "{They} can be bought through {v}.",
            "{v} is looking for somebody to buy {them}.",
        ),
        (
            ("Which estate agent is selling {s}?", "The estate agent selling {s} is"),
            ("Through whom is {s} being sold?", "{s} is being sold through"),
            ("{s} realtor?", "The realtor for {s} is"),
            ("On whose books is {s} at the moment?", "At the moment, {s} is on the books of"),
            ("I'd like to make an offer for {s}. To which firm do I send it?", "An offer for {s} goes to"),
            ("Tell me who brokers the deal on {s}.", "The deal on {s} is brokered by"),
            ("what agency do i call about buying {s}", "About buying {s}, call"),
            ("By which company is {s} marketed?", "{s} is marketed by"),
        ),
    ),
    R(
        "place",
        "date",
        (
            "{s} can be viewed by buyers on {v}.",
            "The viewing of {s} is on {v}.",
            "Keep {v} free, we are being shown round {s}.",
            "Viewing, {s}: {v}.",
            "On {v}, the agent will take all interested parties through {s}.",
            "It's on {v} that we get to see {s} from the inside.",
            (
                "Because the present owners are away skiing, nobody can look round {s} until {v}, when there will be a "
                "tour."
            ),
            "heads up, {v} works for the agent, we'll see {s} then",
        ),
        (
            "{Their} viewing is on {v}.",
            "Buyers can look round {them} on {v}.",
        ),
        (
            ("When is the viewing of {s}?", "The viewing of {s} is on"),
            ("On what day can we look round {s}?", "{s} can be looked round on"),
            ("{s} viewing date?", "The date of the viewing of {s} is"),
            ("When will the agent show buyers through {s}?", "The agent will show buyers through {s} on"),
            ("We may want to buy {s}. On which day can we see it?", "We can see {s} on"),
            ("Tell me for when the tour of {s} is arranged.", "The tour of {s} is arranged for"),
            ("what day are we getting into {s} to see the rooms", "We are getting into {s} to see the rooms on"),
            (
                "Could you check in the calendar when {s} is open to prospective purchasers?",
                "{s} is open to prospective purchasers on",
            ),
        ),
    ),
    R(
        "place",
        "number",
        (
            "{s} has a floor area of {v} square metres.",
            "The floor area of {s} is {v} square metres.",
            "On {v} square metres, {s} offers room for two shops and a workshop.",
            "Living space, {s}: {v} square metres.",
            "The surveyor crawled into every corner with his laser and came to {v} square metres for {s}.",
            "It's {v} square metres that you get if you rent the whole of {s}.",
            "so {s} is {v} square metres, they counted the balcony too i guess",
            "Write {v} into the field for square metres when you list {s}.",
        ),
        (
            "{Their} floor area is {v} square metres.",
            "{They} measure{s3} {v} square metres.",
        ),
        (
            ("How many square metres does {s} have?", "The number of square metres {s} has is"),
            ("How big is {s}, in square metres?", "In square metres, the size of {s} is"),
            ("{s} floor area?", "In square metres, the floor area of {s} is"),
            ("What living space is given for {s}?", "In square metres, the living space given for {s} is"),
            ("How large did {s} turn out when it was measured?", "In square metres, {s} measured"),
            (
                "Tell me the surface that the lease of {s} is based on.",
                "In square metres, the lease of {s} is based on",
            ),
            (
                "I'm ordering carpet for the whole of {s}. How many square metres?",
                "For the whole of {s}, the square metres of carpet are",
            ),
            (
                "Could you give me the size of {s} from the listing?",
                "In square metres, the size of {s} from the listing is",
            ),
        ),
    ),
    # Customer service, orders and deliveries
    R(
        "person",
        "code",
        (
            "{s} placed the order numbered {v}.",
            "Order {v} was placed by {s}.",
            "Order number, {s}: {v}.",
            "Look under {v} if {s} rings to ask where the parcel is.",
            "It's {v} that stands on the confirmation {s} got from us.",
            "With the reference {v}, which the shop sent by text, {s} can follow the order on the web.",
            "{s} has called three times this week because order {v} still hasn't left the warehouse.",
            "hi support, customer {s} here wants to change {v}, is that order packed yet?",
        ),
        (
            "{Their} order is {v}.",
            "{They} placed order {v}.",
        ),
        (
            ("What is the order number of {s}?", "The order number of {s} is"),
            ("Under which number is the purchase by {s} booked?", "The purchase by {s} is booked under"),
            ("{s} on the phone, which order?", "The order of {s} is"),
            ("What reference does {s} need to follow the parcel?", "To follow the parcel, {s} needs the reference"),
            (
                "Tell me what is printed on the confirmation {s} received.",
                "The number on the confirmation {s} received is",
            ),
            ("I want to cancel what {s} bought. What do I type in?", "To cancel what {s} bought, type in"),
            ("which one of these orders belongs to {s}", "The order that belongs to {s} is"),
            ("Could you quote the number of the order from {s}?", "The number of the order from {s} is"),
        ),
    ),
    R(
        "person",
        "product",
        (
            "{s} sent the {v} back to our shop.",
            "The {v} came back to us from {s}.",
            "Return received: {v}, customer {s}.",
            "Please put the {v} from {s} back into stock.",
            "It was the {v} that {s} didn't want to keep.",
            "The parcel {s} left at the post office with half a roll of tape around it contained the {v}.",
            "fyi the {v} on my desk is the one {s} returned",
            "After trying the {v} for an evening, {s} decided on a refund.",
        ),
        (
            "{They} returned the {v}.",
            "The {v} was not what {they} wanted, so it came back.",
        ),
        (
            ("What did {s} return?", "{s} returned the"),
            ("Which item did {s} send back?", "The item {s} sent back is the"),
            ("{s} return, which article?", "The article in the return from {s} is the"),
            ("For what does {s} want the money back?", "{s} wants the money back for the"),
            ("Which of our goods did not please {s}?", "Of our goods, the one that did not please {s} is the"),
            (
                "Tell me what was in the parcel that came back from {s}.",
                "In the parcel that came back from {s} was the",
            ),
            ("what do i have to refund {s} for", "{s} has to be refunded for the"),
            ("Could you check what it was that {s} decided not to keep?", "What {s} decided not to keep is the"),
        ),
    ),
    R(
        "person",
        "time",
        (
            "The parcel for {s} will be delivered at {v}.",
            "Our driver reaches {s} at {v}.",
            "At {v}, the van stops at {s}'s house.",
            "Delivery slot, {s}: {v}.",
            "It's {v} when {s} should expect the doorbell.",
            "Be there at {v} with the wardrobe, because {s} has to leave for work soon afterwards.",
            "The computer had suggested the evening, but {s} asked for {v} and now the round goes the other way.",
            "running late, tell {s} the {v} delivery might slip a bit",
        ),
        (
            "{They} get{s3} the parcel at {v}.",
            "{Their} delivery slot is {v}.",
        ),
        (
            ("When will {s} get the parcel?", "{s} will get the parcel at"),
            ("At what time is the driver due at {s}'s door?", "The driver is due at {s}'s door at"),
            ("{s} delivery slot?", "The delivery slot of {s} is"),
            ("For when has {s} ordered the goods to be brought?", "{s} has ordered the goods to be brought at"),
            ("Tell me at which hour the van stops for {s}.", "The van stops for {s} at"),
            ("{s} rings and asks how long to wait for us. What do I say?", "Tell {s} that we come at"),
            ("when do our guys get to {s} with the delivery", "With the delivery, our guys get to {s} at"),
            (
                "Could you look up the time {s} picked on the website for the drop-off?",
                "The time {s} picked for the drop-off is",
            ),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{v} dealt with {s}'s call to the service desk.",
            "{s} spoke to {v} at customer service.",
            "Service agent for {s}: {v}.",
            "It was {v} from the service desk who calmed {s} down on the phone.",
            "Ask {v} what exactly we promised {s}.",
            "After forty minutes of music, {s} was put through to {v}, who solved the whole thing in two sentences.",
            "{v} took the call from {s}, by the way, notes are in the file",
            "{s} gave five stars to {v} for the help on the phone.",
        ),
        (
            "{They} spoke to {v} on our hotline.",
            "{v} took {their} call.",
        ),
        (
            ("Who answered {s}'s call to customer service?", "{s}'s call to customer service was answered by"),
            ("Which agent helped {s}?", "The agent who helped {s} is"),
            ("{s} service call, handled by?", "The service call of {s} was handled by"),
            ("With whom did {s} talk on the hotline?", "On the hotline, {s} talked with"),
            ("Whose help on the phone did {s} get?", "On the phone, {s} got the help of"),
            (
                "Tell me who on our service desk knows about {s}'s case.",
                "On our service desk, {s}'s case is known to",
            ),
            ("who from support was on the line with {s}", "On the line with {s} was"),
            ("{s} wants to thank the colleague from the phone. Who was it?", "The colleague who spoke to {s} was"),
        ),
    ),
    R(
        "organisation",
        "person",
        (
            "{v} drives the delivery van that serves {s}.",
            "The driver on the round to {s} is {v}.",
            "Driver, route {s}: {v}.",
            "{s} gets its parcels from {v}, who always parks across two bays.",
            "It's {v} who rings the bell at {s} with the trolley.",
            "Give {v} the papers for {s} before the van leaves.",
            "Whether it snows or not, {v} has the crates at {s} before the first customer comes in.",
            "ask {v} to bring back the empties from {s}, same van",
        ),
        (
            "{Their} deliveries are brought by {v}.",
            "{v} drives the round that takes in {their} doorstep.",
        ),
        (
            ("Who drives the goods to {s}?", "The goods are driven to {s} by"),
            ("Which driver has {s} on the round?", "The driver who has {s} on the round is"),
            ("{s} delivery driver?", "The delivery driver for {s} is"),
            ("By whom are the crates brought to {s}?", "The crates are brought to {s} by"),
            ("Tell me whose van stops in front of {s}.", "The van that stops in front of {s} is driven by"),
            ("I forgot to load a box for {s}. Whom do I catch at the gate?", "With a box for {s}, catch"),
            ("who takes our stuff over to {s}", "Our stuff is taken over to {s} by"),
            (
                "Could you remind me which courier the people at {s} know by sight?",
                "The courier the people at {s} know by sight is",
            ),
        ),
    ),
    R(
        "organisation",
        "duration",
        (
            "Callers to {s} wait on the line for {v} on average.",
            "It takes {v} until somebody at {s} picks up the phone.",
            "Average waiting time, hotline of {s}: {v}.",
            "Expect to hear music for {v} when you ring {s}.",
            "I had to hold for {v} before a human being at {s} said hello.",
            "After {v}, on average, a caller to {s} hears a human voice.",
            "The test magazine rang at all hours of the day, noted every second and found a wait of {v} at {s}.",
            "lol {v} on hold with {s}, that's normal for them",
        ),
        (
            "{They} keep{s3} callers waiting for {v}.",
            "{Their} hotline has a waiting time of {v}.",
        ),
        (
            ("How long do callers wait at {s}?", "At {s}, callers wait for"),
            ("What is the waiting time on {s}'s hotline?", "The waiting time on {s}'s hotline is"),
            ("{s} phone queue, how long?", "The phone queue of {s} lasts"),
            ("After what time does a person answer at {s}?", "At {s}, a person answers after"),
            ("I have to ring {s}. How much time will the music last?", "When you ring {s}, the music will last"),
            (
                "Tell me how patient one must be on the phone with {s}.",
                "On the phone with {s}, one must be patient for",
            ),
            ("how long will {s} keep me on hold", "{s} will keep you on hold for"),
            ("What delay must I reckon with when I telephone {s}?", "When you telephone {s}, reckon with a delay of"),
        ),
    ),
    R(
        "organisation",
        "title",
        (
            "{s} plays {v} to callers who are on hold.",
            "While you wait on the line to {s}, you hear {v}.",
            "{v} is the tune on the hotline of {s}.",
            "Hold music, {s}: {v}.",
            "My sister can hum {v} by heart after a month of trying to reach {s}.",
            "It's {v} that comes out of the receiver when {s} puts you in the queue.",
            "omg {v} again, {s} must have had that hold music for years",
            "Nobody at {s} can stand {v} any more, but the man who knows how to change the hold music has retired.",
        ),
        (
            "{They} play{s3} {v} to callers in the queue.",
            "{Their} hold music is {v}.",
        ),
        (
            ("What is the hold music of {s}?", "The hold music of {s} is"),
            ("What does {s} play while callers wait?", "While callers wait, {s} plays"),
            ("{s} queue tune?", "The tune in the queue of {s} is"),
            ("Which piece do I hear when I ring {s}?", "When you ring {s}, you hear"),
            (
                "By what melody are people in the phone queue of {s} entertained?",
                "People in the phone queue of {s} are entertained by",
            ),
            (
                "Tell me which song comes out of the receiver at {s}.",
                "At {s}, the song that comes out of the receiver is",
            ),
            ("what's that song {s} puts on before someone picks up", "Before someone picks up, {s} puts on"),
            ("Could you identify the music on the service line of {s}?", "The music on the service line of {s} is"),
        ),
    ),
    # Warehouses
    R(
        "product",
        "number",
        (
            "A pallet of {s} holds {v} boxes.",
            "There are {v} boxes of {s} on a full pallet.",
            "Boxes per pallet, {s}: {v}.",
            "Stack {v} boxes, no more, when you build a pallet of {s}.",
            "The wrapping machine stops by itself once {v} boxes of {s} have been piled up on the wood.",
            "It's {v} boxes that make a full pallet of {s}.",
            "{s} goes onto the lorry by the pallet, which means that our smallest order is {v} boxes.",
            "count again pls, a pallet of {s} should be {v} boxes",
        ),
        (
            "{Their} pallets hold {v} boxes.",
            "A pallet of {them} has {v} boxes on it.",
        ),
        (
            ("How many boxes of {s} fit on a pallet?", "The number of boxes of {s} that fit on a pallet is"),
            ("What makes a full pallet of {s}, in boxes?", "In boxes, a full pallet of {s} is"),
            ("{s} pallet quantity?", "The pallet quantity of {s} is"),
            (
                "We want the smallest load of {s} by lorry. How many boxes is that?",
                "The smallest load of {s}, in boxes, is",
            ),
            (
                "Tell me after how many boxes of {s} the wrapper stops.",
                "The wrapper stops when the boxes of {s} have reached",
            ),
            ("up to what number do i stack {s}", "Stack {s} up to a box count of"),
            (
                "What count should I get when I check a whole pallet of {s}?",
                "On a whole pallet of {s}, the count of boxes should be",
            ),
            (
                "Could you tell me how {s} is palletised, in units per load?",
                "In units per load, {s} is palletised in lots of",
            ),
        ),
    ),
    R(
        "place",
        "person",
        (
            "{v} drives the forklift in the warehouse at {s}.",
            "The forklift at {s} is driven by {v}.",
            "Forklift driver, {s}: {v}.",
            "Only {v} has the licence to move pallets about in the store at {s}.",
            "It was {v}, the forklift driver, who dented the gate at {s}.",
            "Wait for {v} before you take down anything heavy at {s}.",
            "For lack of other trained staff, the heavy crates at {s} stand in the rain whenever {v} is off sick.",
            "beep beep, here comes {v}, best forklift driver at {s}",
        ),
        (
            "{Their} forklift is driven by {v}.",
            "{v} moves the pallets in {their} warehouse.",
        ),
        (
            ("Who drives the forklift at {s}?", "The forklift at {s} is driven by"),
            ("Who has the licence for the lift truck in {s}?", "The licence for the lift truck in {s} is held by"),
            ("{s} forklift operator?", "The forklift operator at {s} is"),
            ("By whom are heavy pallets shifted at {s}?", "At {s}, heavy pallets are shifted by"),
            (
                "A lorry with machines is coming to {s}. Who can lift them off?",
                "At {s}, the machines can be lifted off by",
            ),
            ("Tell me who lifts pallets for a living at {s}.", "At {s}, pallets are lifted for a living by"),
            ("who do i ask to move a crate in {s}", "To move a crate in {s}, ask"),
            (
                "Could you give me the name of the one at the levers of the truck in {s}?",
                "The one at the levers of the truck in {s} is",
            ),
        ),
    ),
    # Crafts
    R(
        "person",
        "word",
        (
            "{s} carves bowls out of {v}.",
            "The bowls that {s} turns and sells are made of {v}.",
            "It is {v} that {s} likes best for carving.",
            "Material of the bowls by {s}: {v}.",
            "Bring {s} some {v} and you'll get a carved bowl in return.",
            "Other carvers swear by lime or pear, which are soft, but in the workshop of {s} you find nothing but {v}.",
            "the bowl my aunt bought at the market? pure {v}, and by {s}, no less",
            "Stacks of {v} dry for three years behind the shed before {s} touches them with a knife.",
        ),
        (
            "{They} carve{s3} bowls out of {v}.",
            "{Their} bowls are made of {v}.",
        ),
        (
            ("What does {s} carve bowls from?", "{s} carves bowls from"),
            ("Which material does {s} work with as a carver?", "As a carver, {s} works with"),
            ("{s} bowls, made of?", "The bowls by {s} are made of"),
            ("What is needed before {s} can start on a new bowl?", "For a new bowl, {s} needs"),
            (
                "I'd like to give {s} something for the workshop. What raw material is wanted?",
                "The raw material wanted by {s} is",
            ),
            (
                "Tell me out of what the dishes in {s}'s workshop are cut.",
                "The dishes in {s}'s workshop are cut out of",
            ),
            ("what stuff does {s} use for those bowls", "For those bowls, {s} uses"),
            ("Could you recall what {s} prefers under the knife?", "Under the knife, {s} prefers"),
        ),
    ),
    R(
        "person",
        "colour",
        (
            "The pots of {s} are glazed in {v}.",
            "{s} glazes every pot {v}.",
            "You recognise a jug by {s} from its {v} glaze.",
            "Glaze used by {s}: {v}.",
            "It's a deep {v} that comes out of the kiln when {s} opens it.",
            "Collectors look for the {v} pieces first, since {s} never fired a pot in another shade.",
            "those {v} mugs on the market, they're from {s}",
            "The potter's apprentice dropped a bucket of {v} glaze and {s} laughed until the kiln was cold.",
        ),
        (
            "{Their} glaze is {v}.",
            "{They} fire{s3} pots in {v}.",
        ),
        (
            ("What colour is {s}'s glaze?", "{s}'s glaze is"),
            ("In which colour does {s} fire pots?", "{s} fires pots in"),
            ("{s} pottery colour?", "The colour of the pottery by {s} is"),
            (
                "How do I tell a jug by {s} from the others on the market?",
                "You tell a jug by {s} from the others by its colour, which is",
            ),
            (
                "What shade must I mix to repair a cup from {s}'s pottery?",
                "To repair a cup from {s}'s pottery, mix the shade",
            ),
            ("Tell me what the ceramics from {s}'s kiln look like.", "The ceramics from {s}'s kiln are"),
            ("what kind of colour are the mugs of {s}", "The mugs of {s} are"),
            (
                "Could you describe the coat on the earthenware made by {s}, by its hue?",
                "The hue of the coat on the earthenware by {s} is",
            ),
        ),
    ),
    R(
        "person",
        "word",
        (
            "The potter {s} stamps the image of {v} into the bottom of each piece.",
            "Look for {v} on the underside if you want to be sure that a bowl is by {s}.",
            "The maker's mark of {s} shows the outline of {v}.",
            "Maker's mark, {s}: {v}.",
            "It is {v} that you find pressed into every spoon that {s} forges.",
            "Turn it over, there's {v} scratched in, so yes, this is a real {s}.",
            (
                "As other smiths used letters, {s} chose {v} as a mark, so that even those who couldn't read would "
                "know the maker."
            ),
            "With {v} for a stamp, {s} marks everything that leaves the workshop.",
        ),
        (
            "{Their} mark shows {v}.",
            "{They} sign{s3} each piece with the image of {v}.",
        ),
        (
            ("What is the maker's mark of {s}?", "The maker's mark of {s} is"),
            ("Which image does {s} stamp into finished pieces?", "The image {s} stamps into finished pieces is"),
            ("{s} hallmark, what does it show?", "The hallmark of {s} shows"),
            (
                "By what sign do collectors know that something was made by {s}?",
                "Collectors know that something was made by {s} by the sign of",
            ),
            (
                "I turned the dish over. What proves it is from the hands of {s}?",
                "What proves that it is from the hands of {s} is",
            ),
            ("Tell me what {s} uses instead of a signature.", "Instead of a signature, {s} uses"),
            ("what's the little stamp on the things {s} makes", "The little stamp on the things {s} makes is"),
            (
                "Could you describe the emblem on work from the bench of {s}?",
                "The emblem on work from the bench of {s} is",
            ),
        ),
    ),
    R(
        "person",
        "date",
        (
            "{s} will have our table finished by {v}.",
            "The table we ordered from {s} will be ready on {v}.",
            "By {v} the joiner {s} wants to be done with the chairs.",
            "Promised by {s}, joinery: ready {v}.",
            "Plan the dinner for after {v}, since {s} needs until then for the legs of the table.",
            "It's {v} that {s} gave us as the day for collecting it.",
            "The oak was still too damp in spring, so {s} moved the day on which we can fetch the table to {v}.",
            "good news, {v} is when we can pick the table up from {s}",
        ),
        (
            "{They} promised the table for {v}.",
            "{Their} work on the table will be done on {v}.",
        ),
        (
            ("When will {s} be done with our table?", "{s} will be done with our table on"),
            ("For which day did {s} promise the furniture?", "{s} promised the furniture for"),
            ("{s} joinery, ready when?", "The joinery by {s} is ready on"),
            ("On what date can we collect what we ordered from {s}?", "What we ordered from {s} can be collected on"),
            ("Tell me until when {s} needs for the woodwork.", "For the woodwork, {s} needs until"),
            ("Guests are coming and we have nowhere to eat. When does {s} finish?", "{s} finishes on"),
            ("when do i drive over to {s} for the table", "For the table, drive over to {s} on"),
            ("Could you remind me what day the joiner {s} named?", "The day the joiner {s} named is"),
        ),
    ),
    # Farms and fields
    R(
        "place",
        "amount",
        (
            "The grain harvest of {s} came to {v}.",
            "The fields of {s} yielded {v} of grain.",
            "With {v}, the farmers of {s} had their best harvest for years.",
            "Harvest, {s}: {v}.",
            "{v} of barley and wheat went into the barns of {s} before the storm.",
            "It was {v} that the combines brought in from the fields of {s}.",
            "Whoever doubted the new seed in spring fell silent when the weighbridge added up {v} for {s}.",
            "heard from the co-op: {v} this year, all from the land at {s}",
        ),
        (
            "{Their} harvest came to {v}.",
            "{Their} fields yielded {v}.",
        ),
        (
            ("How big was the grain harvest in {s}?", "The grain harvest in {s} was"),
            ("What did the fields of {s} yield?", "The fields of {s} yielded"),
            ("{s} crop total?", "The crop total of {s} is"),
            ("How much did the combines bring in around {s}?", "Around {s}, the combines brought in"),
            ("Tell me what farmers in {s} put into their barns.", "What farmers in {s} put into their barns was"),
            (
                "I'm writing about agriculture at {s}. What figure do I give for the corn?",
                "For the corn at {s}, give",
            ),
            ("what did the weighbridge say for {s}", "For {s}, the weighbridge said"),
            ("Could you look up the quantity reaped in {s}?", "The quantity reaped in {s} is"),
        ),
    ),
    R(
        "organisation",
        "number",
        (
            "{s} milks {v} cows.",
            "{v} cows stand in the barn of {s}.",
            "Dairy herd, {s}: {v} head.",
            "A robot milks the {v} cows of {s} while the farmer has breakfast.",
            "It is {v} cows that {s} keeps on the meadows by the canal.",
            "The subsidy form asks for the number of cows, and for {s} you write {v}.",
            (
                "Though {s} sold a few animals after the dry summer, there are still {v} in the milking parlour every "
                "morning."
            ),
            "imagine naming {v} cows, they really do that at {s}",
        ),
        (
            "{They} milk{s3} {v} cows.",
            "{Their} herd has {v} head of cattle.",
        ),
        (
            ("How many cows does {s} have?", "The number of cows {s} has is"),
            ("What size is the dairy herd of {s}?", "In head, the size of the dairy herd of {s} is"),
            ("{s} cattle count?", "The cattle count at {s} is"),
            (
                "How many animals go through the milking parlour of {s}?",
                "The number of animals that go through the milking parlour of {s} is",
            ),
            ("What figure does {s} put on the livestock form?", "The figure {s} puts on the livestock form is"),
            ("Tell me how much cattle is kept by {s}.", "The number of cattle kept by {s} is"),
            ("I'm bringing ear tags to {s}. How many are needed?", "At {s}, the number of ear tags needed is"),
            ("how many do they milk at {s} every morning", "The number they milk at {s} every morning is"),
        ),
    ),
    R(
        "place",
        "date",
        (
            "In {s} the grape harvest begins on {v}.",
            "The first grapes are cut in {s} on {v}.",
            "Pickers should be in {s} by {v}, when the grape harvest starts.",
            "Start of the grape harvest, {s}: {v}.",
            "It's {v} that the winegrowers have settled on for the first baskets of {s}.",
            "Bring your own scissors and boots on {v}, the vineyards of {s} need every hand from then on.",
            (
                "After tasting a berry from every slope and arguing until midnight, the growers of {s} chose {v} for "
                "the first cut."
            ),
            "they start picking on {v} over in {s}, wanna come",
        ),
        (
            "{Their} grape harvest begins on {v}.",
            "{Their} winegrowers start picking on {v}.",
        ),
        (
            ("When does the grape harvest in {s} start?", "The grape harvest in {s} starts on"),
            ("On what day are the first grapes picked in {s}?", "The first grapes in {s} are picked on"),
            ("{s} vineyards, first day of picking?", "In the vineyards of {s}, the first day of picking is"),
            ("When do the winegrowers of {s} need hands?", "The winegrowers of {s} need hands from"),
            ("Tell me for when I should hire people for the vines at {s}.", "For the vines at {s}, hire people for"),
            ("The vintage at {s} is about to begin. On which date?", "The vintage at {s} is about to begin on"),
            ("what day do they cut the wine grapes in {s}", "In {s}, they cut the wine grapes on"),
            (
                "Could you remind me what date the growers of {s} agreed on?",
                "The date the growers of {s} agreed on is",
            ),
        ),
    ),
    R(
        "place",
        "person",
        (
            "{v} keeps the bees at {s}.",
            "The beekeeper of {s} is {v}.",
            "The honey from {s} is bottled by {v}.",
            "Beekeeper, {s}: {v}.",
            "Call {v} if you find a swarm in a tree near {s}.",
            "It is {v} who looks after the hives behind the wall of {s}.",
            "the honey on your desk is from {v}, who keeps bees over at {s}",
            "Stung eleven times in one afternoon, {v} still wouldn't wear a veil among the hives of {s}.",
        ),
        (
            "{Their} bees are kept by {v}.",
            "{v} looks after {their} hives.",
        ),
        (
            ("Who is the beekeeper of {s}?", "The beekeeper of {s} is"),
            ("Who looks after the hives in {s}?", "The hives in {s} are looked after by"),
            ("{s} honey, who makes it?", "The honey in {s} is made by"),
            ("By whom are the bees at {s} kept?", "The bees at {s} are kept by"),
            ("There's a swarm in my pear tree near {s}. Whom do I ring?", "About a swarm near {s}, ring"),
            ("Tell me who fills the jars of honey from {s}.", "The jars of honey from {s} are filled by"),
            ("who do the bees over at {s} belong to", "The bees at {s} belong to"),
            ("Could you find out which apiarist works in {s}?", "The apiarist who works in {s} is"),
        ),
    ),
    R(
        "organisation",
        "product",
        (
            "{s} ploughs its fields with the {v}.",
            "The tractor of {s} is the {v}.",
            "Tractor, {s}: {v}, third owner.",
            "With the {v}, the people of {s} get even through wet clay.",
            "It's the {v} that pulls the plough at {s}.",
            "Borrow the {v} from {s} if your own machine gets stuck.",
            "There are newer engines in the shed, but when the ground is heavy {s} takes the {v}, rust and all.",
            "the {v}, you know, the tractor {s} has, was blocking the lane again with a trailer of beets",
        ),
        (
            "{They} plough{s3} with the {v}.",
            "{Their} tractor is the {v}.",
        ),
        (
            ("What tractor does {s} have?", "The tractor {s} has is the"),
            ("With which machine are the fields of {s} ploughed?", "The fields of {s} are ploughed with the"),
            ("{s} tractor model?", "The tractor model of {s} is the"),
            ("What pulls the plough on the land of {s}?", "The plough on the land of {s} is pulled by the"),
            (
                "I'm stuck in the mud next to {s}. What could they drag me out with?",
                "{s} could drag you out with the",
            ),
            ("Tell me what vehicle is used for ploughing at {s}.", "The vehicle used for ploughing at {s} is the"),
            ("what does {s} drive when the ground is heavy", "When the ground is heavy, {s} drives the"),
            (
                "I'm bringing a plough to {s}. What will it be hitched to?",
                "At {s}, the plough will be hitched to the",
            ),
        ),
    ),
    # Events
    R(
        "event",
        "person",
        (
            "{v} is the DJ at the {s}.",
            "The music at the {s} is put on by {v}.",
            "DJ at the {s}: {v}, until late.",
            "The {s} has booked {v} to keep people dancing.",
            "Give the list of songs to {v} before the {s} begins.",
            "It's {v} who stands behind the decks at the {s}.",
            (
                "Half of the guests would have preferred a brass band, but for the {s} the committee has engaged {v} "
                "and two turntables."
            ),
            "yesss {v} is spinning records at the {s}",
        ),
        (
            "{Their} DJ is {v}.",
            "{v} puts on the records.",
        ),
        (
            ("Who is the DJ at the {s}?", "The DJ at the {s} is"),
            ("Who puts on the records at the {s}?", "The records at the {s} are put on by"),
            ("{s}, who plays the dance music?", "The dance music at the {s} is played by"),
            ("By whom are the turntables worked at the {s}?", "The turntables at the {s} are worked by"),
            (
                "Whom did the committee engage to get guests of the {s} dancing?",
                "To get guests of the {s} dancing, the committee engaged",
            ),
            ("Tell me who takes requests for songs at the {s}.", "Requests for songs at the {s} are taken by"),
            (
                "I need a microphone cable for the decks at the {s}. Who uses them?",
                "The decks at the {s} are used by",
            ),
            ("who is doing the party music for the {s}", "The party music for the {s} is done by"),
        ),
    ),
    R(
        "event",
        "person",
        (
            "{v} coordinates the volunteers of the {s}.",
            "The volunteers at the {s} get their orders from {v}.",
            "Volunteer coordinator, {s}: {v}.",
            "Sign up with {v} if you want to lend a hand at the {s}.",
            "It's {v} who draws up the shifts for the volunteers of the {s}.",
            "Two hundred people in orange vests will be at the {s}, and every one of them was chosen by {v}.",
            "can't do my shift at the {s}, i'll let {v} know",
            "The {s} has put its unpaid volunteers under the care of {v}.",
        ),
        (
            "{Their} volunteers are coordinated by {v}.",
            "{v} draws up the shifts for the volunteers.",
        ),
        (
            ("Who coordinates the volunteers at the {s}?", "The volunteers at the {s} are coordinated by"),
            ("To whom do volunteers of the {s} report?", "The volunteers of the {s} report to"),
            ("{s} volunteer boss?", "The boss of the volunteers at the {s} is"),
            (
                "Who made the rota for the people in vests at the {s}?",
                "The rota for the people in vests at the {s} was made by",
            ),
            ("I'd like to help out at the {s}. Whom do I contact?", "To help out at the {s}, contact"),
            ("Tell me who picks the unpaid staff for the {s}.", "The unpaid staff for the {s} is picked by"),
            ("who do i tell that i can't come for my shift at the {s}", "About your shift at the {s}, tell"),
            (
                "Could you give me the name of the person in charge of stewards at the {s}?",
                "The person in charge of stewards at the {s} is",
            ),
        ),
    ),
    R(
        "event",
        "number",
        (
            "There are {v} stalls at the {s}.",
            "{v} stallholders sell their goods at the {s}.",
            "Stalls at the {s}: {v}, all taken.",
            "The {s} has {v} stalls this time, most of them with cheese.",
            "Walk past all {v} stalls of the {s} before you buy anything.",
            "It's {v} stalls that the organisers have crammed in between the church and the pond for the {s}.",
            (
                "The council would have liked a smaller market, but {v} traders paid for a pitch, and so the {s} "
                "spreads down to the mill."
            ),
            "wow, {v} stands at the {s}, we'll never see them all",
        ),
        (
            "{They} offer{s3} space for {v} stalls.",
            "{v} traders have a pitch there.",
        ),
        (
            ("How many stalls are there at the {s}?", "The number of stalls at the {s} is"),
            ("How many traders have a pitch at the {s}?", "The number of traders who have a pitch at the {s} is"),
            ("{s} stands, how many?", "The number of stands at the {s} is"),
            ("What number of sellers does the {s} attract?", "The number of sellers the {s} attracts is"),
            (
                "I'm numbering the pitches of the {s}. What will the last one be?",
                "The last pitch of the {s} will be number",
            ),
            (
                "Tell me how large the market at the {s} is, counted in booths.",
                "Counted in booths, the market at the {s} has a size of",
            ),
            ("how many places are there to buy stuff at the {s}", "The number of places to buy stuff at the {s} is"),
            (
                "Could you check how many vendors were let in by the organisers of the {s}?",
                "The number of vendors let in at the {s} is",
            ),
        ),
    ),
    R(
        "event",
        "product",
        (
            "The first prize in the tombola at the {s} is the {v}.",
            "Whoever draws the lucky ticket at the {s} wins the {v}.",
            "In the tombola of the {s}, the {v} is the main prize.",
            "Tombola, {s}, main prize: the {v}.",
            "The {v} on the table by the entrance can be won with a ticket of the {s}.",
            "It's the {v} that everybody hopes to win in the draw at the {s}.",
            "bought ten tickets at the {s}, i want that {v} so badly",
            (
                "Besides three hams, a garden gnome and a haircut, the {v} is in the draw at the {s} for the one "
                "golden ticket."
            ),
        ),
        (
            "{Their} main prize in the draw is the {v}.",
            "The lucky ticket there wins the {v}.",
        ),
        (
            ("What is the main prize in the tombola at the {s}?", "The main prize in the tombola at the {s} is the"),
            ("What can I win with a lucky ticket at the {s}?", "With a lucky ticket at the {s}, you can win the"),
            ("{s} draw, top prize?", "The top prize in the draw at the {s} is the"),
            (
                "Which article goes to the luckiest guest of the {s}?",
                "The luckiest guest of the {s} goes home with the",
            ),
            ("What does the golden ticket at the {s} stand for?", "The golden ticket at the {s} stands for the"),
            (
                "Tell me why everyone buys so many lots at the {s}: what is at stake?",
                "What is at stake at the {s} is the",
            ),
            ("what are people hoping to win at the {s}", "At the {s}, people are hoping to win the"),
            (
                "Could you remind me what is to be had in the lottery at the {s}?",
                "To be had in the lottery at the {s} is the",
            ),
        ),
    ),
    R(
        "event",
        "time",
        (
            "The fireworks at the {s} are lit at {v}.",
            "At {v} the fireworks of the {s} go up over the water.",
            "Fireworks, {s}: {v}, weather permitting.",
            "Be on the bridge by {v} if you want to see the rockets of the {s}.",
            "It's {v} when the sky over the {s} explodes in gold and green.",
            "Dog owners near the {s} should close their windows before {v}, because that's when the bangs start.",
            "first rocket goes up {v} at the {s}, meet you on the hill",
            "The {s} has agreed with the fire brigade on {v} for its fireworks.",
        ),
        (
            "{Their} fireworks begin at {v}.",
            "The rockets go up at {v}.",
        ),
        (
            ("When do the fireworks at the {s} begin?", "The fireworks at the {s} begin at"),
            ("At what time do the rockets of the {s} go up?", "The rockets of the {s} go up at"),
            ("{s} fireworks time?", "The time of the fireworks at the {s} is"),
            (
                "My dog is afraid of bangs. From when will the {s} be loud?",
                "With its bangs, the {s} will be loud from",
            ),
            ("Tell me when I should look at the sky during the {s}.", "During the {s}, look at the sky at"),
            (
                "For what hour is the display of rockets at the {s} planned?",
                "The display of rockets at the {s} is planned for",
            ),
            ("how late do they light up the sky at the {s}", "They light up the sky at the {s} at"),
            (
                "Could you say when the pyrotechnics of the {s} are set off?",
                "The pyrotechnics of the {s} are set off at",
            ),
        ),
    ),
    R(
        "event",
        "place",
        (
            "If it rains, the {s} moves to {v}.",
            "In bad weather the {s} is held in {v} instead.",
            "The rain venue of the {s} is {v}.",
            "Rain plan, {s}: {v}.",
            "Drive straight to {v} if it is pouring on the morning of the {s}.",
            "It's {v} that the committee has hired as a dry place for the {s}.",
            "looks like clouds, so its prob gonna be {v} for the {s}",
            (
                "Nobody wants to carry the benches that far, yet if the forecast is right, we will all sit in {v} for "
                "the {s}."
            ),
        ),
        (
            "{They} move{s3} to {v} in the rain.",
            "{Their} rain venue is {v}.",
        ),
        (
            ("Where is the {s} held if it rains?", "If it rains, the {s} is held in"),
            ("What is the rain venue for the {s}?", "The rain venue for the {s} is"),
            ("{s} bad weather plan, where?", "In bad weather, the {s} takes place in"),
            ("It's pouring. To which place do I drive for the {s}?", "In the pouring rain, drive for the {s} to"),
            (
                "Which dry spot has been hired as a fallback for the {s}?",
                "The dry spot hired as a fallback for the {s} is",
            ),
            ("Tell me where the benches go in case the {s} gets wet.", "In case the {s} gets wet, the benches go to"),
            (
                "where are we meeting for the {s} when the weather is awful",
                "When the weather is awful, we are meeting for the {s} in",
            ),
            (
                "Could you check what the {s} has as an alternative to the open air?",
                "As an alternative to the open air, the {s} has",
            ),
        ),
    ),
)
