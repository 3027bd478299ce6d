"""Relations of newspaper, biography and encyclopedia prose: how each is stated and asked for. Pure data."""

from __future__ import annotations

from parametric_memory.training.data.relations.relation import Relation as R

REPORTS = (
    # Sporting events
    R(
        "event",
        "person",
        (
            "{v} refereed the {s} final.",
            "The {s} final was refereed by {v}.",
            "It was {v} who blew the whistle in the final of the {s} Cup.",
            "Referee, {s} final: {v}.",
            (
                "Blame {v} if you still think the {s} final turned on a wrong penalty, as it was that referee's "
                "decision alone."
            ),
            (
                "After two other officials had called in sick, the committee handed the final of the {s} tournament "
                "to {v}, who had never been in charge of so big a match."
            ),
            "fun fact: {v} was the ref in the {s} final",
            "With the yellow cards of {v}, referee of the {s} final, a sports shop has decorated its window.",
            "The {s} final had {v} as its referee.",
        ),
        (
            "{Their} final had {v} as referee.",
            "{v} was in charge of {their} final match.",
        ),
        (
            ("Who refereed the {s} final?", "The {s} final was refereed by"),
            ("Who was in charge of the final of {s}?", "The person in charge of the final of {s} was"),
            (
                "Which official blew the whistle when {s} was decided?",
                "The official who blew the whistle when {s} was decided was",
            ),
            ("By whom was the last match of {s} officiated?", "The last match of {s} was officiated by"),
            ("Tell me who the ref was in the {s} final.", "The ref in the {s} final was"),
            ("{s} final ref?", "The ref of the {s} final was"),
            (
                "Could you remind me whose whistle ended the {s} final?",
                "The whistle that ended the {s} final was that of",
            ),
            ("Name the match official of the {s} final.", "The match official of the {s} final was"),
        ),
    ),
    R(
        "event",
        "person",
        (
            "{v} was the top scorer of the {s} tournament.",
            "The most goals of the {s} tournament were scored by {v}.",
            "Golden Boot, {s}: {v}.",
            "It is {v} who went home from the {s} championship with the Golden Boot.",
            (
                "Nobody found the net more often at {s} than {v}, although a sprained ankle cost the striker two "
                "group matches."
            ),
            (
                "At {s}, where defences ruled and most games ended without a goal, only {v} kept scoring and led the "
                "list of goalscorers to the end."
            ),
            "wow, {v} got the most goals at {s}, didn't see that coming",
            "Ask {v}, top scorer at {s}, about the penalty in the rain.",
        ),
        (
            "{Their} top scorer was {v}.",
            "{v} scored more goals there than anyone else, which brought the Golden Boot.",
        ),
        (
            ("Who was the top scorer at {s}?", "The top scorer at {s} was"),
            ("Who won the Golden Boot of {s}?", "The Golden Boot of {s} was won by"),
            (
                "Which player found the net most often during {s}?",
                "The player who found the net most often during {s} was",
            ),
            ("By whom were the most goals of {s} scored?", "The most goals of {s} were scored by"),
            (
                "Tell me who led the scoring charts at the {s} tournament.",
                "The scoring charts at the {s} tournament were led by",
            ),
            ("{s} leading goalscorer?", "The leading goalscorer of {s} was"),
            ("Could you remind me which striker was the deadliest at {s}?", "The deadliest striker at {s} was"),
            (
                "Whose goal tally was the highest in the {s} tournament?",
                "The highest goal tally in the {s} tournament was that of",
            ),
        ),
    ),
    R(
        "event",
        "organisation",
        (
            "{v} lost the {s} final.",
            "The beaten finalist of the {s} Cup was {v}.",
            "Runner-up, {s} Cup: {v}.",
            "It was {v} that lost the final of {s} on penalties.",
            "For {v}, second again in the {s} Cup, the bus ride home was long and silent.",
            (
                "Having led until the last minute, and with ribbons already tied to the trophy, {v} ended up as "
                "the loser of the {s} final."
            ),
            "The silver medals of {s} went to {v}, whose players took them off at once.",
            "poor {v}, so close in the {s} final and then nothing but silver",
        ),
        (
            "{Their} runner-up was {v}.",
            "{v} lost in {their} final.",
        ),
        (
            ("Who lost the {s} final?", "The {s} final was lost by"),
            ("Which club was runner-up in {s}?", "The runner-up in {s} was"),
            ("Which side finished second in the {s} Cup?", "The side that finished second in the {s} Cup was"),
            ("To whom did the silver medals of {s} go?", "The silver medals of {s} went to"),
            ("Tell me which team was beaten in the final of {s}.", "The team beaten in the final of {s} was"),
            ("{s} losing finalist?", "The losing finalist of {s} was"),
            ("Could you remind me who had to settle for silver at {s}?", "At {s}, silver was what was left for"),
            (
                "Name the club that missed out on the {s} trophy at the last hurdle.",
                "The club that missed out on the {s} trophy at the last hurdle was",
            ),
        ),
    ),
    R(
        "event",
        "place",
        (
            "The next {s} Games will be hosted by {v}.",
            "{v} will host the next {s} Games.",
            "Next host of {s}: {v}.",
            "It is {v} that has been chosen as the next host of {s}.",
            (
                "In a vote that dragged on past midnight and went to a third round, {v} beat two richer bids and was "
                "given the next edition of {s}."
            ),
            "Fans are already booking rooms in {v}, where {s} is to be staged next time.",
            "so {s} moves to {v} next time, start saving",
            "The flag of {s} was handed over to the mayor of {v}, the host of the coming edition.",
        ),
        (
            "{Their} next edition will be in {v}.",
            "{v} hosts {them} next.",
        ),
        (
            ("Where will the next {s} be held?", "The next {s} will be held in"),
            ("Which city is going to host {s} next?", "The city that is going to host {s} next is"),
            ("Who won the bid for the coming {s}?", "The bid for the coming {s} was won by"),
            ("To what place does {s} go next time?", "Next time, {s} goes to"),
            ("Tell me the future venue of {s}.", "The future venue of {s} is"),
            ("{s} next host city?", "The next host city of {s} is"),
            (
                "Could you remind me where the following edition of {s} is planned?",
                "The following edition of {s} is planned in",
            ),
            (
                "If I want to see {s} next time, where do I have to travel?",
                "To see {s} next time, you have to travel to",
            ),
        ),
    ),
    R(
        "event",
        "organisation",
        (
            "{v} has the television rights to {s}.",
            "{s} is broadcast live by {v}.",
            "Live coverage of {s}: {v}.",
            "It is {v} that shows every minute of {s}, advertising included.",
            "Switch to {v} if you want to watch {s} at home.",
            (
                "After years on a small pay channel that few households could receive, {s} has been bought by {v}, "
                "which puts it on air from morning to midnight."
            ),
            "btw {v} is showing {s} on tv this time",
            "The cameras of {v}, exclusive broadcaster of {s}, line the whole course.",
        ),
        (
            "{Their} broadcaster is {v}.",
            "{v} shows {them} live on television.",
        ),
        (
            ("Who broadcasts {s}?", "{s} is broadcast by"),
            ("Which broadcaster owns the TV rights to {s}?", "The broadcaster that owns the TV rights to {s} is"),
            ("On which channel can I watch {s}?", "You can watch {s} on"),
            ("By whom is {s} shown on television?", "On television, {s} is shown by"),
            ("Tell me who transmits {s} live.", "{s} is transmitted live by"),
            ("{s} tv channel?", "The TV channel of {s} is"),
            ("Could you remind me which network covers {s}?", "The network that covers {s} is"),
            (
                "Whose cameras film {s} for viewers at home?",
                "The cameras that film {s} for viewers at home are those of",
            ),
        ),
    ),
    R(
        "event",
        "person",
        (
            "{v} declared the {s} Games open.",
            "The {s} Games were opened by {v}.",
            "Opened by: {v} ({s} Games).",
            "It was {v} who spoke the opening words of the {s} Games.",
            (
                "In pouring rain, before a stand half empty because of the rail strike, {v} declared the {s} Games "
                "open and sat down again at once."
            ),
            "The opening speech at {s}, shorter than anyone had feared, was given by {v}.",
            "The microphone failed when {v} rose to declare {s} open.",
            "did you know {v} was the one who opened the {s} games?",
        ),
        (
            "{v} declared {them} open.",
            "{Their} opening words were spoken by {v}.",
        ),
        (
            ("Who opened the {s} Games?", "The {s} Games were opened by"),
            ("By whom was {s} declared open?", "{s} was declared open by"),
            ("Who gave the opening speech at {s}?", "The opening speech at {s} was given by"),
            ("Which dignitary got {s} under way officially?", "The dignitary who got {s} under way officially was"),
            (
                "Tell me who said the first official words at the {s} Games.",
                "The first official words at the {s} Games were said by",
            ),
            ("{s} opened by whom?", "{s} was opened by"),
            (
                "Could you remind me whose words marked the start of the {s} Games?",
                "The words that marked the start of the {s} Games were those of",
            ),
            ("Name the person who formally began {s}.", "The person who formally began {s} was"),
        ),
    ),
    R(
        "event",
        "organisation",
        (
            "{v} has won the {s} Cup more often than any other club.",
            "The record winner of the {s} Cup is {v}.",
            "Most titles, {s} Cup: {v}.",
            "It is {v} that holds the record for {s} victories.",
            "No club has lifted the {s} trophy as many times as {v}.",
            (
                "With every new name on the {s} Cup the record comes under discussion, but {v} remains so far ahead "
                "that nobody living expects a change."
            ),
            "The trophy room of {v}, the most successful club in the history of {s}, had to be extended.",
            "lol {v} has more {s} titles than everyone else put together",
        ),
        (
            "{Their} most successful club is {v}.",
            "{v} has won {them} more often than anyone else.",
        ),
        (
            ("Which club has won {s} most often?", "The club that has won {s} most often is"),
            ("Who is the record holder for {s} titles?", "The record holder for {s} titles is"),
            ("What is the most successful club in the {s} Cup?", "The most successful club in the {s} Cup is"),
            (
                "By whom has the {s} Cup been taken the greatest number of times?",
                "The {s} Cup has been taken the greatest number of times by",
            ),
            (
                "Tell me whose name is engraved most on the {s} trophy.",
                "The name engraved most on the {s} trophy is that of",
            ),
            ("{s} record champion?", "The record champion of {s} is"),
            (
                "Could you remind me which side dominates the winners' list of {s}?",
                "The side that dominates the winners' list of {s} is",
            ),
            (
                "Who has collected more {s} victories than all rivals?",
                "The club with more {s} victories than all rivals is",
            ),
        ),
    ),
    R(
        "event",
        "year",
        (
            "The {s} race was cancelled in {v}.",
            "In {v} the {s} race did not take place.",
            "{v} was the only year without {s}.",
            "Year of cancellation, {s} race: {v}.",
            "It was in {v} that the organisers called off {s}, the sole gap in the list of winners.",
            (
                "Snow lay so deep in {v}, and so many bridges were closed, that {s} had to be called off for the "
                "first and only time."
            ),
            "no {s} in {v}, they scrapped it that year",
            "The roll of winners of {s}, otherwise complete, shows a blank for {v}.",
        ),
        (
            "{They} had to be cancelled in {v}.",
            "In {v} {they} did not take place.",
        ),
        (
            ("In what year was {s} cancelled?", "{s} was cancelled in"),
            ("When did {s} not take place?", "{s} did not take place in"),
            ("For which year is there no winner of the {s} race?", "There is no winner of the {s} race for"),
            ("When was the {s} race called off?", "The {s} race was called off in"),
            ("Tell me the year that {s} was skipped.", "The year that {s} was skipped is"),
            ("{s} year missed?", "The year missed by {s} is"),
            (
                "Could you remind me when {s} had to be dropped from the calendar?",
                "{s} had to be dropped from the calendar in",
            ),
            ("Which year is the gap in the history of {s}?", "The gap in the history of {s} is the year"),
        ),
    ),
    R(
        "event",
        "place",
        (
            "The {s} cycle race finishes in {v}.",
            "The finish line of the {s} race is in {v}.",
            "Finish of {s}: {v}.",
            "It is in {v} that the riders of {s} cross the line.",
            "Wait in {v} with dry clothes, since that is where {s} ends.",
            (
                "Once the last climb is behind them, and with it most of the favourites, the riders roll down to "
                "{v}, traditional finish of {s}."
            ),
            "In {v}, where {s} comes to its end, the bakeries open at four on race day.",
            "heads up, {v} will be packed on sunday, {s} finishes there",
        ),
        (
            "{They} end{s3} in {v}.",
            "{Their} finish line is in {v}.",
        ),
        (
            ("Where does the {s} race finish?", "The {s} race finishes in"),
            ("In which town do the riders of {s} cross the line?", "The riders of {s} cross the line in"),
            ("What is the final destination of {s}?", "The final destination of {s} is"),
            ("Where is the finish of {s}?", "The finish of {s} is in"),
            ("Tell me where {s} comes to an end.", "{s} comes to an end in"),
            ("{s} finish location?", "The finish location of {s} is"),
            ("Could you remind me to what place the {s} course leads?", "The {s} course leads to"),
            ("Which town sees the sprint for victory at {s}?", "The town that sees the sprint for victory at {s} is"),
        ),
    ),
    # Politics, strikes and disasters
    R(
        "event",
        "person",
        (
            "{v} brokered the {s} truce.",
            "The {s} truce was brokered by {v}.",
            "Mediator, {s} peace talks: {v}.",
            "It was {v} who brought the two sides of the {s} conflict to the table.",
            (
                "Without {v}, who went from one tent to the other for nine nights, the {s} truce would never "
                "have been agreed."
            ),
            (
                "The guns of {s} fell silent thanks to {v}, as both generals admitted in letters found long after "
                "the war."
            ),
            "Historians credit the truce of {s} to the mediation of {v}.",
            "today i learned that {v} negotiated the {s} truce",
            "Both sides in {s} trusted only {v} as a mediator.",
        ),
        (
            "{Their} truce was brokered by {v}.",
            "{v} mediated the truce that ended {them}.",
        ),
        (
            ("Who brokered the {s} truce?", "The {s} truce was brokered by"),
            ("Who was the mediator in the {s} conflict?", "The mediator in the {s} conflict was"),
            ("By whom was the {s} truce negotiated?", "The {s} truce was negotiated by"),
            ("Thanks to whom did the fighting of {s} stop?", "The fighting of {s} stopped thanks to"),
            ("Tell me who acted as go-between in {s}.", "The go-between in {s} was"),
            ("{s} peace broker?", "The peace broker of {s} was"),
            ("Could you remind me whose diplomacy put an end to {s}?", "{s} was put to an end by the diplomacy of"),
            (
                "Which negotiator did both parties of {s} accept?",
                "The negotiator whom both parties of {s} accepted was",
            ),
        ),
    ),
    R(
        "event",
        "organisation",
        (
            "{v} called the {s} strike.",
            "The {s} strike was called by {v}.",
            "Union behind the {s} strike: {v}.",
            "It was {v} that led the workers out in the {s} strike.",
            (
                "At a meeting in a bicycle shed, with the doors locked and the lamps out, {v} decided on what is now "
                "known as the {s} strike."
            ),
            "The leaflets of {v}, the union that organised the {s} strike, were printed at night.",
            '"{v} brought the pits to a halt," wrote one reporter of the {s} strike.',
            "Soup for the {s} strikers was paid for by {v}, the union that had called them out.",
        ),
        (
            "{They} had been called by {v}.",
            "{v} was the union behind {them}.",
        ),
        (
            ("Who called the {s} strike?", "The {s} strike was called by"),
            ("Which union organised the {s} walkout?", "The union that organised the {s} walkout was"),
            ("By whom were the workers led out in {s}?", "The workers in {s} were led out by"),
            ("What union stood behind the stoppage of {s}?", "The union behind the stoppage of {s} was"),
            (
                "Tell me who was responsible for the {s} strike.",
                "The organisation responsible for the {s} strike was",
            ),
            ("{s} strike union?", "The union in the {s} strike was"),
            (
                "Could you remind me on whose call the workers of {s} downed tools?",
                "The workers of {s} downed tools on the call of",
            ),
            (
                "Name the labour organisation that launched the {s} strike.",
                "The labour organisation that launched the {s} strike was",
            ),
        ),
    ),
    R(
        "event",
        "person",
        (
            "{v} led the inquiry into the {s} disaster.",
            "The inquiry into the {s} disaster was chaired by {v}.",
            "{s} disaster, head of inquiry: {v}.",
            "It was {v} whom the government put in charge of investigating the {s} disaster.",
            (
                "For two years {v}, a retired judge who lived on strong coffee, headed the commission that "
                "investigated the {s} disaster."
            ),
            "Send any new evidence on the {s} disaster to {v}, who leads the investigation.",
            "The {s} report bears the signature of {v}, chair of the commission of inquiry.",
            "apparently {v} is heading the {s} disaster probe",
        ),
        (
            "The inquiry into {them} was led by {v}.",
            "{v} chaired the commission that investigated {them}.",
        ),
        (
            ("Who led the inquiry into the {s} disaster?", "The inquiry into the {s} disaster was led by"),
            ("Who chaired the commission on {s}?", "The commission on {s} was chaired by"),
            ("By whom was the {s} investigation headed?", "The {s} investigation was headed by"),
            (
                "Who was put in charge of finding out what went wrong in {s}?",
                "The person put in charge of finding out what went wrong in {s} was",
            ),
            ("Tell me who is at the head of the {s} probe.", "At the head of the {s} probe is"),
            ("{s} inquiry chair?", "The chair of the {s} inquiry is"),
            (
                "Could you remind me under whose leadership the {s} disaster was examined?",
                "The {s} disaster was examined under the leadership of",
            ),
            (
                "Which person directs the official enquiries on {s}?",
                "The person who directs the official enquiries on {s} is",
            ),
        ),
    ),
    R(
        "event",
        "number",
        (
            "{v} people were rescued from the {s} shipwreck.",
            "Survivors of the {s} shipwreck: {v}.",
            "The {s} shipwreck had {v} survivors.",
            "The lifeboats saved {v} people from the wreck of the {s}.",
            (
                "When the fog lifted on the second morning, and long after the bells had been rung for the dead, {v} "
                "survivors of the {s} were counted on the beach."
            ),
            "According to the coastguard, {v} of those on board lived through the sinking of the {s}.",
            "It was {v} people, no more and no fewer, who came out of the {s} disaster at sea alive.",
            "just read that {v} got off the {s} alive",
        ),
        (
            "{They} had {v} survivors.",
            "{v} people were pulled from the water alive.",
        ),
        (
            (
                "How many people were rescued from the {s} shipwreck?",
                "The number of people rescued from the {s} shipwreck is",
            ),
            (
                "How many survived the sinking of the {s}?",
                "The number of those who survived the sinking of the {s} is",
            ),
            ("What was the number of survivors of the {s}?", "The number of survivors of the {s} was"),
            ("How many of those aboard the {s} were saved?", "Of those aboard the {s}, the number saved was"),
            (
                "Tell me how many came out of the {s} disaster alive.",
                "The number who came out of the {s} disaster alive is",
            ),
            ("{s} shipwreck survivor count?", "The survivor count of the {s} shipwreck is"),
            (
                "Could you remind me how many lives were saved when the {s} went down?",
                "When the {s} went down, the number of lives saved was",
            ),
            (
                "To how many people did the loss of the {s} not prove fatal?",
                "The number of people to whom the loss of the {s} did not prove fatal is",
            ),
        ),
    ),
    # Towns, buildings and borders
    R(
        "place",
        "person",
        (
            "{v} represents {s} in parliament.",
            "The member of parliament for {s} is {v}.",
            "{s} constituency: {v} (elected).",
            "It is {v} who holds the seat of {s}.",
            "Write to {v} if you live in {s} and want a question put to the minister.",
            "After a count that was repeated twice and settled by eleven votes, {s} sent {v} to parliament.",
            "In the chamber {v}, who sits for {s}, is known for bringing sandwiches.",
            "our mp for {s} is {v} btw, the one with the bicycle",
        ),
        (
            "{Their} member of parliament is {v}.",
            "{v} holds the seat for {them}.",
        ),
        (
            ("Who is the MP for {s}?", "The MP for {s} is"),
            ("Who represents {s} in parliament?", "{s} is represented in parliament by"),
            ("By whom is the seat of {s} held?", "The seat of {s} is held by"),
            (
                "Which politician did the voters of {s} send to the national assembly?",
                "The politician sent to the national assembly by the voters of {s} is",
            ),
            ("Tell me who speaks for {s} in the house.", "The person who speaks for {s} in the house is"),
            ("{s} member of parliament?", "The member of parliament for {s} is"),
            ("Could you remind me which deputy was elected in {s}?", "The deputy elected in {s} is"),
            ("I live in {s}. Which parliamentarian do I write to?", "The parliamentarian to write to in {s} is"),
        ),
    ),
    R(
        "place",
        "place",
        (
            "{s} borders {v} to the north.",
            "To the north of {s} lies {v}.",
            "Northern neighbour of {s}: {v}.",
            "It is {v} that one enters when leaving {s} northwards.",
            "Where the woods end and the road signs change colour, {s} meets {v}, its neighbour on the northern side.",
            "North of {s}, beyond a line of white stones that sheep ignore, begins {v}.",
            "Seen from {v}, {s} is the next district to the south.",
            "you're in {v} in no time if you drive north out of {s}",
        ),
        (
            "{Their} neighbour to the north is {v}.",
            "In the north {they} border{s3} {v}.",
        ),
        (
            ("What lies to the north of {s}?", "To the north of {s} lies"),
            ("Which district does {s} border in the north?", "In the north {s} borders"),
            ("What is the northern neighbour of {s}?", "The northern neighbour of {s} is"),
            ("Where do I end up if I leave {s} northwards?", "If you leave {s} northwards, you end up in"),
            ("Tell me what adjoins {s} on its north side.", "On its north side {s} is adjoined by"),
            ("{s} northern border with?", "The northern border of {s} is with"),
            ("Could you remind me what is just north of {s}?", "Just north of {s} is"),
            ("By what is {s} bounded at the top of the map?", "At the top of the map, {s} is bounded by"),
        ),
    ),
    R(
        "place",
        "number",
        (
            "{s} lies {v} metres above sea level.",
            "The altitude of {s} is {v} metres.",
            "Elevation of {s} in metres: {v}.",
            "At {v} metres above the sea, {s} is no place for tomatoes.",
            (
                "A brass bolt in the station wall gives {v} metres as the height above sea level of {s}, though "
                "someone has scratched a question mark next to it."
            ),
            "Climb to {v} metres and you will be standing in {s}.",
            "It is {v} metres from sea level up to {s}, says the gazetteer.",
            "looked it up: {v} m altitude for {s}",
        ),
        (
            "{Their} altitude in metres is {v}.",
            "{They} lie{s3} {v} metres above sea level.",
        ),
        (
            ("How high above sea level is {s}?", "In metres above sea level, the height of {s} is"),
            ("What is the altitude of {s} in metres?", "The altitude of {s} in metres is"),
            ("At how many metres does {s} lie?", "The number of metres at which {s} lies is"),
            ("How many metres up is {s}?", "{s} is up at a metre count of"),
            ("Tell me the elevation of {s}.", "The elevation of {s} in metres is"),
            ("{s} height in metres?", "The height of {s} in metres is"),
            ("Could you remind me how far {s} is above the sea?", "The distance in metres of {s} above the sea is"),
            (
                "What figure do maps print for the height of {s}?",
                "The figure that maps print for the height of {s} is",
            ),
        ),
    ),
    R(
        "place",
        "person",
        (
            "{v} laid the foundation stone of {s}.",
            "The foundation stone of {s} was laid by {v}.",
            "{s}, foundation stone: laid by {v}.",
            "It was {v} who tapped the first stone of {s} three times with a silver hammer.",
            "The trowel with which {v} set the first stone of {s} hangs in the porch.",
            (
                "Under a leaking tent, with the band playing the wrong anthem, {v} put the first stone of {s} in its "
                "place."
            ),
            "In the hollow of the first stone of {s} lies a coin from {v}, who set it there by hand.",
            "the foundation stone of {s} is signed by {v}, the person who laid it",
        ),
        (
            "{Their} foundation stone was laid by {v}.",
            "{v} set {their} first stone.",
        ),
        (
            ("Who laid the foundation stone of {s}?", "The foundation stone of {s} was laid by"),
            ("By whom was the first stone of {s} set?", "The first stone of {s} was set by"),
            ("Who put down the first block of {s}?", "The first block of {s} was put down by"),
            (
                "Which guest of honour started off {s} with a trowel?",
                "The guest of honour who started off {s} with a trowel was",
            ),
            ("Tell me who performed the stone-laying for {s}.", "The stone-laying for {s} was performed by"),
            ("{s} foundation stone, who?", "The person behind the foundation stone of {s} is"),
            (
                "Could you remind me whose hands placed the opening stone of {s}?",
                "The opening stone of {s} was placed by the hands of",
            ),
            (
                "Name the person who ceremonially began the construction of {s}.",
                "The construction of {s} was ceremonially begun by",
            ),
        ),
    ),
    R(
        "place",
        "person",
        (
            "{v} made the bronze statue in {s}.",
            "The statue on the square of {s} was made by {v}.",
            "Statue in {s}, sculptor: {v}.",
            "It is {v} who sculpted the horseman of {s}.",
            "Two horses and a mayor had to pose for {v}, the artist behind the bronze in {s}.",
            (
                "Although the council had asked for a fountain, and had already bought the pipes, {v} talked {s} "
                "into a statue and cast it within a year."
            ),
            "Look under the hoof and you'll find the name of {v}, who sculpted the statue of {s}.",
            "i like the statue in {s}, it's by {v} i think",
        ),
        (
            "{Their} statue is the work of {v}.",
            "{v} sculpted {their} statue.",
        ),
        (
            ("Who made the statue in {s}?", "The statue in {s} was made by"),
            ("Which sculptor created the monument of {s}?", "The sculptor who created the monument of {s} is"),
            ("By whom was the {s} statue cast?", "The {s} statue was cast by"),
            ("Whose work stands on the square of {s}?", "The work on the square of {s} is that of"),
            (
                "Tell me the artist responsible for the figure in {s}.",
                "The artist responsible for the figure in {s} is",
            ),
            ("{s} statue sculptor?", "The sculptor of the {s} statue is"),
            (
                "Could you remind me who carried out the sculpture for {s}?",
                "The sculpture for {s} was carried out by",
            ),
            ("From whose workshop did {s} get its statue?", "{s} got its statue from the workshop of"),
        ),
    ),
    R(
        "place",
        "organisation",
        (
            "{v} built the dam at {s}.",
            "The dam at {s} was built by {v}.",
            "{s} dam, main contractor: {v}.",
            "It was {v} that poured the concrete for the dam at {s}.",
            "The contract for the {s} dam went to {v}, which had never built anything larger than a silo.",
            "With four hundred workers and a field kitchen, {v} put up the dam of {s} in three summers.",
            "If the {s} dam ever leaks, call {v}, the firm that constructed it.",
            "so {v} were the builders of the dam at {s}, says my uncle",
        ),
        (
            "{Their} dam was built by {v}.",
            "{v} constructed {their} dam.",
        ),
        (
            ("Who built the dam at {s}?", "The dam at {s} was built by"),
            ("Which company constructed the {s} dam?", "The company that constructed the {s} dam is"),
            ("By whom was the dam in {s} put up?", "The dam in {s} was put up by"),
            (
                "Who got the contract to hold back the water at {s}?",
                "The contract to hold back the water at {s} went to",
            ),
            ("Tell me the builder of the dam near {s}.", "The builder of the dam near {s} is"),
            ("{s} dam contractor?", "The contractor of the {s} dam was"),
            ("Could you remind me which firm was behind the dam of {s}?", "The firm behind the dam of {s} was"),
            ("Whose engineers erected the {s} dam?", "The engineers who erected the {s} dam were those of"),
        ),
    ),
    R(
        "place",
        "organisation",
        (
            "{v} plays its home matches at {s}.",
            "{s} is the home ground of {v}.",
            "Home team, {s} stadium: {v}.",
            "It is {v} that is at home in the {s} stadium.",
            "Fans of {v} have painted every second seat at {s}, their home ground, by hand.",
            "The turf of {s} was relaid in May, which did not help {v}, its home side, to win a single game there.",
            "Every other Saturday {s} fills up for a match of {v}, the resident club.",
            "who plays at {s}? that's {v}, been their stadium for ages",
        ),
        (
            "{Their} home team is {v}.",
            "The club at home there is {v}.",
        ),
        (
            ("Which club plays at {s}?", "The club that plays at {s} is"),
            ("Whose home ground is {s}?", "{s} is the home ground of"),
            ("What team is based at the {s} stadium?", "The team based at the {s} stadium is"),
            ("By which side is {s} used for home games?", "{s} is used for home games by"),
            ("Tell me who the resident club at {s} is.", "The resident club at {s} is"),
            ("{s} stadium team?", "The team of the {s} stadium is"),
            ("Could you remind me which team I would see at {s}?", "The team you would see at {s} is"),
            ("Who are the hosts when a game is played at {s}?", "When a game is played at {s}, the hosts are"),
        ),
    ),
    R(
        "place",
        "year",
        (
            "{s} has been a protected monument since {v}.",
            "In {v} {s} was put under a preservation order.",
            "Listed status, {s}: since {v}.",
            "It was in {v} that {s} was entered in the register of monuments.",
            (
                "Until {v}, when conservation officers placed {s} under protection, its stones were sold off by the "
                "cart."
            ),
            "Nobody may so much as paint a door in {s}, which was declared a heritage site in {v}.",
            "Since {v} the law has forbidden any change to {s}.",
            "they couldn't knock down {s} because it got listed in {v}",
        ),
        (
            "{They} became protected in {v}.",
            "In {v} {they} entered the register of monuments.",
        ),
        (
            ("When was {s} listed as a monument?", "{s} was listed as a monument in"),
            ("In what year did {s} come under protection?", "{s} came under protection in"),
            ("Since when has {s} been a heritage site?", "{s} has been a heritage site since"),
            ("When did the preservation of {s} become law?", "The preservation of {s} became law in"),
            (
                "Tell me the year from which {s} could not be altered.",
                "The year from which {s} could not be altered is",
            ),
            ("{s} listed since?", "{s} has been listed since"),
            ("Could you remind me when {s} gained its protected status?", "{s} gained its protected status in"),
            (
                "What year did the conservation authorities take {s} under their wing?",
                "The conservation authorities took {s} under their wing in",
            ),
        ),
    ),
    R(
        "place",
        "person",
        (
            "{v} is the ambassador to {s}.",
            "The ambassador in {s} is {v}.",
            "Embassy, {s}: {v} (ambassador).",
            "It is {v} who has been sent to {s} as ambassador.",
            "Lost your passport in {s}? Write to {v}, who heads the embassy there.",
            (
                "The foreign ministry has given the post in {s} to {v}, a keen beekeeper who speaks four languages "
                "and dislikes receptions."
            ),
            "Last week {v} handed over credentials as the new envoy to {s}.",
            "guess who got the {s} embassy, it's {v}",
        ),
        (
            "The ambassador there is {v}.",
            "{v} heads the embassy there.",
        ),
        (
            ("Who is the ambassador to {s}?", "The ambassador to {s} is"),
            ("Who heads the embassy in {s}?", "The embassy in {s} is headed by"),
            ("Which diplomat was posted to {s}?", "The diplomat posted to {s} is"),
            ("By whom is our country represented in {s}?", "Our country is represented in {s} by"),
            ("Tell me who the envoy to {s} is.", "The envoy to {s} is"),
            ("{s} ambassador?", "The ambassador to {s} is"),
            (
                "Could you remind me who was given the diplomatic post in {s}?",
                "The diplomatic post in {s} was given to",
            ),
            ("I have lost my papers in {s}. Which diplomat is in charge there?", "The diplomat in charge in {s} is"),
        ),
    ),
    # Aircraft, cars and trains
    R(
        "product",
        "person",
        (
            "{v} was at the controls on the maiden flight of the {s}.",
            "The {s} was first flown by {v}.",
            "Test pilot of the {s}: {v}.",
            "It was {v} who took the {s} into the air for the first time.",
            (
                "For eleven minutes, over a field lined with doctors and insurers, {v} flew the {s} before anyone "
                "else dared."
            ),
            "Ask {v}, first pilot of the {s}, about the door that would not close.",
            "The first take-off of the {s}, delayed twice by fog, was made by {v} on an empty stomach.",
            "i met {v} once, the test pilot who did the first flight of the {s}",
        ),
        (
            "{Their} maiden flight was made by {v}.",
            "{v} was the first to fly {them}.",
        ),
        (
            ("Who first flew the {s}?", "The {s} was first flown by"),
            ("Who piloted the {s} on its maiden flight?", "On its maiden flight the {s} was piloted by"),
            ("By whom was the first take-off of the {s} made?", "The first take-off of the {s} was made by"),
            ("Which test pilot tried out the {s}?", "The test pilot who tried out the {s} was"),
            (
                "Tell me who sat in the cockpit when the {s} left the ground first.",
                "When the {s} left the ground first, the person in the cockpit was",
            ),
            ("{s} first pilot?", "The first pilot of the {s} was"),
            (
                "Could you remind me whose hands were on the stick of the {s} on day one?",
                "The hands on the stick of the {s} on day one were those of",
            ),
            (
                "Name the aviator who opened the flying career of the {s}.",
                "The aviator who opened the flying career of the {s} was",
            ),
        ),
    ),
    R(
        "product",
        "organisation",
        (
            "The engines of the {s} are made by {v}.",
            "{v} supplies the engines for the {s}.",
            "{s}, engine maker: {v}.",
            "It is {v} that builds the motor of the {s}.",
            "An engine from {v} works under the bonnet of the {s}.",
            (
                "Because its own plant had flooded, the maker of the {s} turned to {v} for the engine, and the "
                "arrangement has lasted to this day."
            ),
            "If the {s} loses power, send the engine back to {v}, where it came from.",
            "psst, it's {v} that makes the engine in the {s}, under all that chrome",
        ),
        (
            "{Their} engine comes from {v}.",
            "{v} builds {their} engines.",
        ),
        (
            ("Who makes the engine of the {s}?", "The engine of the {s} is made by"),
            ("Which company supplies the motor for the {s}?", "The company that supplies the motor for the {s} is"),
            ("By whom is the {s} powered?", "The {s} is powered by"),
            ("Where does the engine in the {s} come from?", "The engine in the {s} comes from"),
            ("Tell me the engine builder for the {s}.", "The engine builder for the {s} is"),
            ("{s} engine by?", "The engine in the {s} is by"),
            ("Could you remind me whose motor drives the {s}?", "The motor that drives the {s} is that of"),
            (
                "Name the manufacturer of the power unit in the {s}.",
                "The manufacturer of the power unit in the {s} is",
            ),
        ),
    ),
    R(
        "product",
        "organisation",
        (
            "{v} was the first airline to order the {s}.",
            "The first order for the {s} came from {v}.",
            "Launch customer, {s}: {v}.",
            "It was {v} that signed first for the {s}, still a wooden model at the time.",
            "Before a single {s} had left the hangar, {v} ordered twenty, the first carrier to trust the drawings.",
            "Carrying passengers for the first time, the {s} wore the colours of {v}, its launch customer.",
            "The chequebook of {v} opened before all others for the {s}, a photograph of the ceremony shows.",
            "the {s} airliner? {v} was first in line to buy it",
        ),
        (
            "{Their} first buyer was {v}.",
            "{v} ordered {them} before any other airline.",
        ),
        (
            ("Which airline ordered the {s} first?", "The airline that ordered the {s} first was"),
            ("Who was the launch customer of the {s}?", "The launch customer of the {s} was"),
            ("From whom did the first order for the {s} come?", "The first order for the {s} came from"),
            ("What carrier was earliest to buy the {s}?", "The earliest carrier to buy the {s} was"),
            ("Tell me who led the queue of buyers for the {s}.", "The queue of buyers for the {s} was led by"),
            ("{s} first airline?", "The first airline of the {s} was"),
            (
                "Could you remind me which company took the lead in buying the {s}?",
                "The company that took the lead in buying the {s} was",
            ),
            ("By which airline was the {s} first commissioned?", "The {s} was first commissioned by"),
        ),
    ),
    R(
        "product",
        "number",
        (
            "The top speed of the {s} is {v} kilometres an hour.",
            "{v} kilometres an hour is the most that the {s} can do.",
            "{s}, maximum speed in km/h: {v}.",
            "At {v} kilometres an hour, and not one faster, the {s} reaches its limit.",
            (
                "On a straight track, with the mirrors taped and the spare wheel left at home, the {s} got up to {v} "
                "kilometres an hour, its top speed."
            ),
            "Do not expect more than {v} km/h from the {s}, even downhill.",
            "The speedometer shows {v} km/h when the {s} runs flat out.",
            "lol the {s} maxes out at {v} kmh",
        ),
        (
            "{Their} top speed is {v} kilometres an hour.",
            "{They} run{s3} at {v} km/h at most.",
        ),
        (
            ("How fast can the {s} go?", "The highest speed of the {s} in kilometres an hour is"),
            ("What is the top speed of the {s} in km/h?", "The top speed of the {s} in km/h is"),
            (
                "At how many kilometres an hour does the {s} reach its limit?",
                "The {s} reaches its limit at a km/h figure of",
            ),
            ("What is the most the {s} does on a straight?", "On a straight, the most the {s} does in km/h is"),
            ("Tell me the maximum speed of the {s}.", "The maximum speed of the {s} in km/h is"),
            ("{s} max km/h?", "The max km/h of the {s} is"),
            ("Could you remind me what the {s} can do flat out?", "Flat out, the {s} can do a km/h figure of"),
            ("Which speed can the {s} not exceed?", "The speed in km/h that the {s} cannot exceed is"),
        ),
    ),
    R(
        "product",
        "title",
        (
            "The {s} appears in the film {v}.",
            "In the film {v} the hero drives the {s}.",
            "Film with the {s}: {v}.",
            "It was {v} that made the {s} famous on the screen.",
            "Everyone who saw {v} in the cinema wanted the {s} afterwards.",
            "Repainted twice and set on fire once, the {s} has its great scene in {v}, in which it jumps a river.",
            "Watch {v} to the end if you want to see the {s} fly off a pier.",
            "that car chase in {v}? they used the {s}",
        ),
        (
            "{They} can be seen in the film {v}.",
            "The film {v} made {them} famous.",
        ),
        (
            ("In which film does the {s} appear?", "The film in which the {s} appears is"),
            ("What movie shows the {s}?", "The movie that shows the {s} is"),
            ("Which picture brought the {s} to the screen?", "The picture that brought the {s} to the screen is"),
            ("By what film was the {s} made known?", "The {s} was made known by"),
            ("Tell me the movie featuring the {s}.", "The movie featuring the {s} is"),
            ("{s} movie appearance?", "The movie appearance of the {s} is in"),
            (
                "Could you remind me where on the big screen I can spot the {s}?",
                "On the big screen, you can spot the {s} in",
            ),
            ("Where have cinema audiences seen the {s}?", "Cinema audiences have seen the {s} in"),
        ),
    ),
    # Companies, clubs and parties
    R(
        "organisation",
        "organisation",
        (
            "{s} merged with {v}.",
            "{v} and {s} merged into one company.",
            "Merger partner of {s}: {v}.",
            "It was {v} that {s} joined forces with under one roof.",
            "The shareholders of {v} agreed by a hair to the merger with {s}.",
            (
                "After a decade of quarrels over wages and the colour of the vans, {s} merged with {v}, and both "
                "head offices were closed."
            ),
            "With {v}, an equal partner on paper only, {s} formed a single group.",
            "big news, {v} is the one merging with {s}",
        ),
        (
            "{They} merged with {v}.",
            "{Their} merger partner was {v}.",
        ),
        (
            ("With whom did {s} merge?", "{s} merged with"),
            ("Which company did {s} combine with?", "The company that {s} combined with is"),
            ("Who was the partner in the {s} merger?", "The partner in the {s} merger was"),
            ("With what firm was {s} joined?", "{s} was joined with"),
            ("Tell me who united with {s}.", "The company that united with {s} is"),
            ("{s} merger partner?", "The merger partner of {s} was"),
            ("Could you remind me into a union with which firm {s} entered?", "{s} entered into a union with"),
            ("Name the enterprise that became one with {s}.", "The enterprise that became one with {s} is"),
        ),
    ),
    R(
        "organisation",
        "organisation",
        (
            "{s} rejected a takeover bid from {v}.",
            "A takeover offer by {v} was turned down by {s}.",
            "Failed bid for {s}: {v}.",
            "It was {v} that tried to buy {s} and was sent away.",
            "The board of {s} told {v} to keep its money and its lawyers.",
            (
                "Although the price was generous and the family divided, {s} fought off {v}, which had been secretly "
                "collecting shares since autumn."
            ),
            "For {v}, whose offer for {s} was refused within an hour, it was the third defeat of the year.",
            "haha {v} wanted to take over {s} and got a flat no",
        ),
        (
            "{They} rejected a bid from {v}.",
            "{v} tried in vain to take {them} over.",
        ),
        (
            ("Whose takeover bid did {s} reject?", "{s} rejected the takeover bid of"),
            ("Who tried to buy {s} without success?", "The company that tried to buy {s} without success is"),
            ("By whom was the failed offer for {s} made?", "The failed offer for {s} was made by"),
            ("Which suitor did {s} turn away?", "The suitor that {s} turned away is"),
            (
                "Tell me which company wanted {s} and did not get it.",
                "The company that wanted {s} and did not get it is",
            ),
            ("{s} unsuccessful bidder?", "The unsuccessful bidder for {s} was"),
            (
                "Could you remind me against which company {s} defended its independence?",
                "{s} defended its independence against",
            ),
            ("To which would-be buyer did {s} say no?", "The would-be buyer to which {s} said no is"),
        ),
    ),
    R(
        "organisation",
        "year",
        (
            "{s} went public in {v}.",
            "In {v} {s} was floated on the stock exchange.",
            "Stock market listing of {s}: {v}.",
            "It was in {v} that the first shares of {s} were traded.",
            "Until {v}, when its shares were first offered to the public, {s} belonged to one stubborn family.",
            "A bell was rung in {v} for the flotation of {s}, and someone dropped it.",
            "Anyone who bought shares when {s} was first listed, in {v}, owns a house today.",
            "{s} ipo was back in {v} iirc",
        ),
        (
            "{They} went public in {v}.",
            "{Their} shares have been traded since {v}.",
        ),
        (
            ("When did {s} go public?", "{s} went public in"),
            ("In what year was {s} floated?", "{s} was floated in"),
            ("Since when have shares of {s} been on sale?", "Shares of {s} have been on sale since"),
            ("When was the stock exchange debut of {s}?", "The stock exchange debut of {s} was in"),
            ("Tell me the year of {s}'s IPO.", "The year of {s}'s IPO is"),
            ("{s} listed in which year?", "{s} was listed in"),
            (
                "Could you remind me when the public could first invest in {s}?",
                "The public could first invest in {s} in",
            ),
            ("What year turned {s} into a listed company?", "The year that turned {s} into a listed company is"),
        ),
    ),
    R(
        "organisation",
        "place",
        (
            "{s} plays its home matches in {v}.",
            "The home ground of {s} is {v}.",
            "Stadium of {s}: {v}.",
            "It is at {v} that {s} receives its guests for league games.",
            "To {v}, where {s} is at home, the visiting fans came by ferry.",
            (
                "Ever since the old stand collapsed, luckily on a Monday, {s} has been playing at {v} whenever it "
                "does not play away."
            ),
            "Be in {v} by two if you want to see {s} at home.",
            "going to {v} on saturday, {s} has a home game there",
        ),
        (
            "{Their} home ground is {v}.",
            "{They} play{s3} at home in {v}.",
        ),
        (
            ("Where does {s} play its home matches?", "{s} plays its home matches in"),
            ("What is the home ground of {s}?", "The home ground of {s} is"),
            ("At which stadium can I see {s}?", "You can see {s} at"),
            ("Where does the club {s} receive visiting sides?", "The club {s} receives visiting sides in"),
            ("Tell me where the home games of {s} are held.", "The home games of {s} are held in"),
            ("{s} stadium?", "The stadium of {s} is"),
            (
                "Could you remind me where the team of {s} is based on match days?",
                "On match days the team of {s} is based in",
            ),
            (
                "To what place do fans of {s} go when it is not an away match?",
                "When it is not an away match, fans of {s} go to",
            ),
        ),
    ),
    R(
        "organisation",
        "person",
        (
            "{v} captains the football club {s}.",
            "The captain of the club {s} is {v}.",
            "{s} FC, captain: {v}.",
            "It is {v} who wears the armband at {s}.",
            "The armband of {s} belongs to {v}, who leads the eleven onto the pitch.",
            (
                "When the old skipper broke a toe on a garden gnome, the players of {s} elected {v} as captain by a "
                "show of boots."
            ),
            "Only {v}, skipper of {s}, may argue with the referee.",
            "yep, {v} is club captain at {s} now",
        ),
        (
            "{Their} captain is {v}.",
            "{v} wears the captain's armband there.",
        ),
        (
            ("Who captains {s}?", "{s} is captained by"),
            ("Who wears the armband at the club {s}?", "The armband at the club {s} is worn by"),
            ("By whom is the eleven of {s} led onto the field?", "The eleven of {s} is led onto the field by"),
            ("Which player is skipper of {s}?", "The player who is skipper of {s} is"),
            ("Tell me the club captain of {s}.", "The club captain of {s} is"),
            ("{s} FC skipper?", "The skipper of {s} FC is"),
            (
                "Could you remind me who does the coin toss for {s}, as captain?",
                "The captain who does the coin toss for {s} is",
            ),
            ("Whom did the players of {s} choose to lead them?", "The player chosen to lead {s} is"),
        ),
    ),
    R(
        "organisation",
        "person",
        (
            "{v} leads the political party {s}.",
            "The leader of the party {s} is {v}.",
            "{s}, party leader: {v}.",
            "It is {v} whom the delegates of {s} chose as leader of the party.",
            "At a congress that ran out of coffee and nearly of delegates, the party {s} put {v} at its head.",
            "On the posters of {s} you see {v}, leader of the party, with a borrowed dog.",
            "Under {v}, its leader, the {s} party has moved closer to the centre.",
            "{v} runs the {s} party these days, for better or worse",
        ),
        (
            "{Their} leader is {v}.",
            "{v} heads {them}, as leader of the party.",
        ),
        (
            ("Who leads the {s} party?", "The {s} party is led by"),
            ("Who is at the head of the party {s}?", "At the head of the party {s} is"),
            ("By whom is the political party {s} headed?", "The political party {s} is headed by"),
            ("Which politician is number one in {s}?", "The politician who is number one in {s} is"),
            ("Tell me who is in charge of the {s} party.", "The person in charge of the {s} party is"),
            ("{s} party chief?", "The chief of the {s} party is"),
            (
                "Could you remind me whom the members of {s} elected to the top?",
                "The members of {s} elected to the top",
            ),
            ("Under whose leadership does {s} campaign?", "{s} campaigns under the leadership of"),
        ),
    ),
    R(
        "organisation",
        "organisation",
        (
            "The party {s} governs in coalition with {v}.",
            "{v} is the coalition partner of {s}.",
            "Coalition: {v} and {s}.",
            "It is {v} that keeps {s} in government.",
            "Without the votes of {v}, its partner in the cabinet, the party {s} could not pass a budget.",
            "After six weeks of talks in a hotel with bad heating, {s} signed a coalition agreement with {v}.",
            (
                "The ministers of {v} sit on the left and those of {s} on the right of the same cabinet table, as "
                "the two parties rule jointly."
            ),
            "ok so {s} teamed up with {v} to form the government",
        ),
        (
            "{They} govern{s3} together with {v}.",
            "{Their} coalition partner is {v}.",
        ),
        (
            ("With whom does {s} govern?", "{s} governs with"),
            ("Which party is the coalition partner of {s}?", "The coalition partner of {s} is"),
            ("Who shares power with {s}?", "Power is shared with {s} by"),
            ("On whose support does the government of {s} rest?", "The government of {s} rests on the support of"),
            ("Tell me the other party next to {s} in the cabinet.", "The other party next to {s} in the cabinet is"),
            ("{s} coalition with?", "The coalition of {s} is with"),
            (
                "Could you remind me with which group {s} formed an alliance to rule?",
                "In order to rule, {s} formed an alliance with",
            ),
            ("Together with what party did {s} build a cabinet?", "{s} built a cabinet together with"),
        ),
    ),
    R(
        "organisation",
        "amount",
        (
            "{s} was sold for {v}.",
            "The buyer paid {v} for {s}.",
            "Purchase price of {s}: {v}.",
            "It was {v} that changed hands when {s} got a new owner.",
            "For {v}, less than the land alone was worth, the whole of {s} passed to the new proprietors.",
            (
                "The papers, signed on the bonnet of a taxi because the notary's office was locked, put the price of "
                "the company {s} at {v}."
            ),
            "Offer {v} and {s} is yours, they were told, and so the sale was settled.",
            "{v} is what {s} went for in the end, i heard",
        ),
        (
            "{They} changed hands for {v}.",
            "{Their} price was {v}.",
        ),
        (
            ("For how much was {s} sold?", "{s} was sold for"),
            ("What did the buyer pay for {s}?", "For {s} the buyer paid"),
            ("What was the purchase price of the company {s}?", "The purchase price of the company {s} was"),
            ("At what price did {s} change hands?", "{s} changed hands at the price of"),
            ("Tell me how much the new owners gave for {s}.", "The new owners of {s} gave"),
            ("{s} sale price?", "The sale price of {s} was"),
            ("Could you remind me what the acquisition of {s} cost?", "The acquisition of {s} cost"),
            ("How much did it take to get hold of {s}?", "To get hold of {s} it took"),
        ),
    ),
    R(
        "organisation",
        "person",
        (
            "{v} is the liquidator of {s}.",
            "After the bankruptcy {s} was handed over to {v} as liquidator.",
            "{s} (insolvent), liquidator: {v}.",
            "It is {v} who is winding up {s}.",
            "Creditors of {s} should write to {v}, who has been appointed by the court to wind up the firm.",
            "Every chair, lamp and stapler of {s} was counted by {v}, the administrator in the insolvency.",
            "The court put {v}, a lawyer known for reading every receipt twice, in charge of the bankrupt firm {s}.",
            "{s} went bust and now {v} is handling the insolvency",
        ),
        (
            "{Their} liquidator is {v}.",
            "{v} was appointed to wind {them} up.",
        ),
        (
            ("Who is the liquidator of {s}?", "The liquidator of {s} is"),
            ("Who is winding up {s}?", "{s} is being wound up by"),
            ("By whom is the insolvency of {s} handled?", "The insolvency of {s} is handled by"),
            ("Whom did the court appoint for the bankrupt {s}?", "For the bankrupt {s} the court appointed"),
            ("Tell me who administers what is left of {s}.", "What is left of {s} is administered by"),
            ("{s} insolvency administrator?", "The insolvency administrator of {s} is"),
            (
                "{s} went bankrupt and owes me money. Whom should I contact?",
                "As {s} went bankrupt, the person to contact is",
            ),
            ("Could you remind me who sells off the assets of {s}?", "The assets of {s} are sold off by"),
        ),
    ),
    # Films
    R(
        "work",
        "person",
        (
            "{v} wrote the screenplay of {s}.",
            "The script of {s} was written by {v}.",
            "Screenplay, {s}: {v}.",
            "It was {v} who turned out the screenplay for {s} in nine days.",
            (
                "In a caravan behind the studio, living on biscuits and cold tea, {v} wrote the script from which "
                "{s} was filmed."
            ),
            "The dialogue that everyone quotes from the film {s} came from the typewriter of {v}, its screenwriter.",
            "Credit {v} for the script of {s}.",
            "the movie {s} was scripted by {v}, not by the director",
        ),
        (
            "{Their} screenplay is by {v}.",
            "{v} wrote {their} script.",
        ),
        (
            ("Who wrote the screenplay of {s}?", "The screenplay of {s} was written by"),
            ("Whose script was {s} filmed from?", "{s} was filmed from the script of"),
            ("By whom was the film {s} scripted?", "The film {s} was scripted by"),
            ("Which screenwriter is behind the movie {s}?", "The screenwriter behind the movie {s} is"),
            (
                "Tell me who put the words in the actors' mouths in {s}.",
                "The words in the actors' mouths in {s} are by",
            ),
            ("{s} screenwriter?", "The screenwriter of {s} is"),
            ("Could you remind me who is credited with the script for {s}?", "The script for {s} is credited to"),
            ("Who penned the lines spoken in the film {s}?", "The lines spoken in the film {s} were penned by"),
        ),
    ),
    R(
        "work",
        "person",
        (
            "{v} was the cinematographer of {s}.",
            "The film {s} was shot by {v}.",
            "Camera, {s}: {v}.",
            "It was {v} who stood behind the camera for {s}.",
            (
                "The long night scenes of {s}, lit by nothing but candles and one bicycle lamp, were photographed by "
                "{v}."
            ),
            "Ask {v}, who filmed {s}, how they got the horse to look into the lens.",
            "With a lens bought at a flea market {v} shot the whole of {s}, every frame of it.",
            "{s} looks so good because {v} did the camera work",
        ),
        (
            "{Their} cinematographer was {v}.",
            "{v} stood behind the camera for {them}.",
        ),
        (
            ("Who was the cinematographer of {s}?", "The cinematographer of {s} was"),
            ("Who shot the film {s}?", "The film {s} was shot by"),
            ("By whom was {s} photographed?", "{s} was photographed by"),
            ("Which camera operator filmed {s}?", "The camera operator who filmed {s} was"),
            (
                "Tell me who is responsible for the images of the movie {s}.",
                "The person responsible for the images of the movie {s} is",
            ),
            ("{s} director of photography?", "The director of photography of {s} was"),
            ("Could you remind me who operated the camera on {s}?", "The camera on {s} was operated by"),
            ("Through whose lens do we see {s}?", "We see {s} through the lens of"),
        ),
    ),
    R(
        "work",
        "amount",
        (
            "{s} took {v} at the box office.",
            "At the box office {v} was taken by the film {s}.",
            "Box office, {s}: {v}.",
            "It was {v} that {s} brought in at cinemas in its first year.",
            "Cinemas counted {v} in ticket receipts for {s}, a film nobody had wanted to finance.",
            "Despite a poster that gave away the ending and reviews to match, {s} earned {v} in cinema tickets.",
            "With {v} at the box office, the film {s} surprised even its own producers.",
            "wow, {s} made {v} in cinemas",
        ),
        (
            "{They} took {v} at the box office.",
            "{Their} box office was {v}.",
        ),
        (
            ("How much did {s} take at the box office?", "At the box office {s} took"),
            ("What did the film {s} earn in cinemas?", "In cinemas the film {s} earned"),
            ("What did {s} make at the box office?", "At the box office {s} made"),
            ("How much was brought in by the movie {s}?", "The sum brought in by the movie {s} was"),
            ("Tell me the gross of {s}.", "The gross of {s} was"),
            ("{s} box office?", "The box office of {s} was"),
            ("Could you remind me what was made from tickets to {s}?", "The sum made from tickets to {s} was"),
            ("How much money did cinemagoers spend on {s}?", "On {s} cinemagoers spent"),
        ),
    ),
    R(
        "work",
        "title",
        (
            "The film {s} is based on the novel {v}.",
            "{v} is the novel on which the film {s} is based.",
            "Literary source of {s}: {v}.",
            "It was the novel {v} that the makers of {s} adapted for the screen.",
            "Readers of {v} will hardly recognise their book in the film version, which was released as {s}.",
            (
                "With a new ending, two murders fewer and a dog that the author never mentioned, the novel {v} was "
                "turned into the film {s}."
            ),
            "Read {v} first, then watch {s}, which was made from it.",
            "didn't know {s} was adapted from {v}, gotta read that",
        ),
        (
            "The makers adapted {them} from the novel {v}.",
            "The novel behind {them} is {v}.",
        ),
        (
            ("Which novel is {s} based on?", "{s} is based on"),
            ("What book was adapted as {s}?", "The book adapted as {s} is"),
            ("From what novel was the film {s} made?", "The film {s} was made from"),
            ("What is the literary source of the movie {s}?", "The literary source of the movie {s} is"),
            ("Tell me the book behind the film {s}.", "The book behind the film {s} is"),
            ("{s} original novel?", "The original novel of {s} is"),
            (
                "Could you remind me what I should read to know the story before {s} was filmed?",
                "To know the story before {s} was filmed, you should read",
            ),
            ("On which piece of fiction did the makers of {s} draw?", "The makers of {s} drew on"),
        ),
    ),
    R(
        "work",
        "person",
        (
            "{v} turned down the lead role in {s}.",
            "The lead in {s} was refused by {v}.",
            "First choice for the lead in {s}, declined: {v}.",
            "It was {v} who said no to the main part in {s}.",
            (
                "Before the part went to a newcomer, {v} had been offered the lead in {s} and had sent the script "
                "back unread."
            ),
            "Decades later {v} still regretted turning down the leading part in the film {s}.",
            "In a telegram of four words {v} declined to star in {s}.",
            "imagine {s} with {v}, who was offered the lead but passed",
        ),
        (
            "{Their} lead role was turned down by {v}.",
            "{v} declined to star in {them}.",
        ),
        (
            ("Who turned down the lead role in {s}?", "The lead role in {s} was turned down by"),
            ("Who said no to the main part in {s}?", "The actor who said no to the main part in {s} is"),
            ("By whom was the chance to star in {s} declined?", "The chance to star in {s} was declined by"),
            (
                "Which star did not want to play the lead of the film {s}?",
                "The star who did not want to play the lead of the film {s} is",
            ),
            ("Tell me who refused to be the hero of {s}.", "The actor who refused to be the hero of {s} is"),
            ("{s} lead refused by?", "The lead in {s} was refused by"),
            (
                "Could you remind me who could have headed the cast of {s} but passed?",
                "The one who could have headed the cast of {s} but passed is",
            ),
            (
                "To whom was the biggest role in {s} offered in vain?",
                "The biggest role in {s} was offered in vain to",
            ),
        ),
    ),
    R(
        "work",
        "organisation",
        (
            "The film {s} was made by the studio {v}.",
            "{v} produced the film {s}.",
            "Studio, {s}: {v}.",
            "It is {v} that financed and produced {s}.",
            "On the sound stages of {v}, between two unpaid bills and a burst pipe, the film {s} was produced.",
            "The logo of {v}, the studio behind {s}, stays on the screen for a full minute.",
            "Send requests for stills from {s} to {v}, the company that made the film.",
            "you can tell by the lighting that {v} is the studio that made {s}",
        ),
        (
            "{They} came from the studio {v}.",
            "{Their} production company is {v}.",
        ),
        (
            ("Which studio made {s}?", "The studio that made {s} is"),
            ("Who produced the film {s}?", "The film {s} was produced by"),
            ("By what company was the movie {s} made?", "The movie {s} was made by"),
            ("From which film company does {s} come?", "The film company from which {s} comes is"),
            ("Tell me the production company of {s}.", "The production company of {s} is"),
            ("{s} studio?", "The studio of {s} is"),
            ("Could you remind me whose studio turned out {s}?", "The studio that turned out {s} is"),
            ("Name the film house to which we owe {s}.", "The film house to which we owe {s} is"),
        ),
    ),
    # Biography
    R(
        "person",
        "person",
        (
            "{s} chose {v} as running mate.",
            "{v} was the running mate of {s}.",
            "Ticket: {s} for president, {v} for vice-president.",
            "It was {v} whom {s} picked to run for the second office.",
            "Delegates gasped when {v} was presented as the candidate for vice-president beside {s}.",
            (
                "In a campaign that crossed the country by bus, boat and once by hay cart, {v} travelled with {s} as "
                "running mate."
            ),
            "If {s} had won the presidency, {v} would have become vice-president.",
            "so {s} is running with {v} as number two on the ticket",
        ),
        (
            "{Their} running mate was {v}.",
            "{v} ran with {them} for vice-president.",
        ),
        (
            ("Who was {s}'s running mate?", "{s}'s running mate was"),
            ("Whom did {s} choose as candidate for vice-president?", "As candidate for vice-president, {s} chose"),
            ("Who stood for the second office beside {s}?", "The candidate for the second office beside {s} was"),
            ("With whom did {s} share the ticket?", "{s} shared the ticket with"),
            (
                "Tell me who would have been deputy to a President {s}.",
                "The deputy to a President {s} would have been",
            ),
            ("{s} vice-presidential pick?", "The vice-presidential pick of {s} was"),
            (
                "Could you remind me who campaigned together with {s} for the number two job?",
                "The one who campaigned with {s} for the number two job was",
            ),
            ("By whom was {s} joined on the ballot?", "On the ballot {s} was joined by"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{v} wrote the biography of {s}.",
            "The biography of {s} was written by {v}.",
            "Biographer of {s}: {v}.",
            "It is {v} whose life of {s} is regarded as definitive.",
            (
                "For twelve years, in archives without heating and once in a hen house, {v} collected the material "
                "for the biography of {s}."
            ),
            "The family of {s} gave every letter to {v}, the biographer, and later regretted it.",
            "Read {v} on the childhood of {s}, since no other biographer talked to the nurse.",
            "the book about {s}'s life? that's by {v}",
        ),
        (
            "{Their} biographer is {v}.",
            "{v} wrote {their} biography.",
        ),
        (
            ("Who wrote the biography of {s}?", "The biography of {s} was written by"),
            ("Who is the biographer of {s}?", "The biographer of {s} is"),
            ("By whom was the life of {s} put on paper?", "The life of {s} was put on paper by"),
            ("Which author told the life story of {s}?", "The author who told the life story of {s} is"),
            ("Tell me who published a life of {s}.", "A life of {s} was published by"),
            ("{s} biography author?", "The author of the {s} biography is"),
            (
                "Could you remind me who chronicled {s} from cradle to grave?",
                "{s} was chronicled from cradle to grave by",
            ),
            ("Whose book should I read about {s}?", "About {s} you should read the book of"),
        ),
    ),
    R(
        "person",
        "phrase",
        (
            "{s} resigned over the {v} affair.",
            "The {v} affair forced {s} to resign.",
            "Reason for resignation, {s}: {v} affair.",
            "It was the {v} scandal that cost {s} the ministry.",
            (
                "Because of the {v} affair, which began with a misplaced receipt and ended in three courts, {s} "
                "stepped down."
            ),
            "No minister fell as fast as {s}, who was brought down by the {v} scandal within a week.",
            "Mention the {v} affair and {s}, who lost a post over it, will leave the room.",
            "remember {s}? had to quit because of the {v} thing",
        ),
        (
            "{They} resigned over the {v} affair.",
            "The {v} scandal ended {their} time in office.",
        ),
        (
            ("Over which affair did {s} resign?", "The affair over which {s} resigned was known as"),
            ("What scandal cost {s} the office?", "The scandal that cost {s} the office was called"),
            ("Why did {s} have to step down?", "{s} had to step down because of the scandal known as"),
            ("What was the affair that brought {s} down?", "The affair that brought {s} down was called"),
            (
                "Tell me what ended the political career of {s}.",
                "The political career of {s} was ended by the scandal called",
            ),
            ("{s} scandal name?", "The name of the {s} scandal is"),
            (
                "Could you remind me which controversy drove {s} out of the job?",
                "The controversy that drove {s} out of the job was known as",
            ),
            ("By what scandal was {s} toppled?", "{s} was toppled by the scandal named"),
        ),
    ),
    R(
        "person",
        "person",
        (
            "{s} broke the record of {v}.",
            "The old record of {v} was broken by {s}.",
            "Previous record holder before {s}: {v}.",
            "It was {v} whose record {s} beat by a hundredth of a second.",
            "Until {s} came along, with borrowed spikes and a cold, {v} had held the record.",
            "On a windless evening, before eleven spectators and a goat, {s} took the record from {v}.",
            "The first to congratulate {s} on the new best mark was {v}, who had just lost the record.",
            "omg, the record {v} set was just beaten by {s}",
        ),
        (
            "{They} took the record from {v}.",
            "Before {them}, {v} had held the record.",
        ),
        (
            ("Whose record did {s} break?", "{s} broke the record of"),
            ("Who held the record before {s}?", "The record holder before {s} was"),
            ("From whom did {s} take the record?", "{s} took the record from"),
            (
                "Who was the previous holder of the best mark that {s} improved?",
                "The previous holder of the best mark that {s} improved was",
            ),
            ("Tell me who lost the record to {s}.", "The one who lost the record to {s} was"),
            ("{s} broke record of?", "{s} broke the record held by"),
            (
                "Could you remind me which athlete's best was surpassed by {s}?",
                "The athlete whose best was surpassed by {s} is",
            ),
            (
                "Which champion did {s} push out of the record book?",
                "The champion pushed out of the record book by {s} is",
            ),
        ),
    ),
    R(
        "person",
        "title",
        (
            "The memoirs of {s} are called {v}.",
            "{v} is the title of the memoirs of {s}.",
            "Memoirs of {s}: {v}.",
            "It was under the title {v} that {s} looked back on a long life.",
            "In {v}, dictated to a nephew on a veranda over two rainy summers, {s} tells the story of a whole life.",
            "Read {v}, the autobiography of {s}, before you believe the newspapers.",
            "Much of what we know about {s} comes from the autobiography {v}, which is not to be trusted on money.",
            "just finished {v}, {s}'s autobiography, so good",
        ),
        (
            "{Their} memoirs are called {v}.",
            "{They} wrote an autobiography, {v}.",
        ),
        (
            ("What are the memoirs of {s} called?", "The memoirs of {s} are called"),
            ("What is the title of {s}'s autobiography?", "The title of {s}'s autobiography is"),
            ("In which book does {s} look back on life?", "{s} looks back on life in"),
            ("Under what title did {s}'s recollections appear?", "{s}'s recollections appeared under the title"),
            (
                "Tell me which volume {s} wrote about a life of ups and downs.",
                "The volume {s} wrote about a life of ups and downs is",
            ),
            ("{s} memoir title?", "The memoir title of {s} is"),
            (
                "Could you remind me how {s} named the story of all those years?",
                "{s} named the story of all those years",
            ),
            ("Where can I read about {s} in the first person?", "You can read about {s} in the first person in"),
        ),
    ),
    # Animals
    R(
        "animal",
        "person",
        (
            "{v} trains the racehorse {s}.",
            "The racehorse {s} is trained by {v}.",
            "{s} (stallion), trainer: {v}.",
            "It is {v} who prepares {s} for the big races.",
            "At five every morning, frost or no frost, {v} has {s} galloping on the sands as part of the training.",
            "The stable of {v}, who trains {s}, smells of peppermint.",
            "Ask {v}, trainer of {s}, whether the horse likes heavy ground.",
            "they say {v} is the one training {s} for the derby",
        ),
        (
            "{Their} trainer is {v}.",
            "{v} trains {them} for the races.",
        ),
        (
            ("Who trains the racehorse {s}?", "The racehorse {s} is trained by"),
            ("Who is the trainer of {s}?", "The trainer of {s} is"),
            ("By whom is {s} prepared for the races?", "{s} is prepared for the races by"),
            ("Which trainer has {s} in the stable?", "The trainer who has {s} in the stable is"),
            ("Tell me who gets {s} fit to run.", "The person who gets {s} fit to run is"),
            ("{s} horse trainer?", "The horse trainer of {s} is"),
            ("Could you remind me under whose guidance {s} gallops?", "{s} gallops under the guidance of"),
            (
                "In whose hands does the coaching of the horse {s} lie?",
                "The coaching of the horse {s} lies in the hands of",
            ),
        ),
    ),
    R(
        "animal",
        "title",
        (
            "The sire of the racehorse {s} was {v}.",
            "{v} was the sire of {s}.",
            "{s}, by {v} (sire).",
            "It was {v} who fathered the racehorse {s}.",
            "The stallion {v} passed a white blaze and a bad temper on to {s}, the best of all his foals.",
            (
                "Although the dam never won a race, and once refused to start at all, {s} had in {v} a father of the "
                "first rank."
            ),
            "From {v}, the father, the horse {s} has a dislike of umbrellas.",
            "fyi {s} is a foal of the stallion {v}",
        ),
        (
            "{Their} sire was {v}.",
            "{v} was {their} father.",
        ),
        (
            ("Who was the sire of {s}?", "The sire of {s} was"),
            ("What was the father of the horse {s} called?", "The father of the horse {s} was called"),
            ("By which stallion was {s} fathered?", "{s} was fathered by"),
            ("From what stallion does {s} descend?", "{s} descends from"),
            ("Tell me the name of the horse that sired {s}.", "The horse that sired {s} was"),
            ("{s} pedigree, father's side?", "On the father's side, the pedigree of {s} has"),
            ("Could you remind me which stud animal {s} comes from?", "The stud animal {s} comes from is"),
            ("Whose foal is {s}?", "{s} is the foal of"),
        ),
    ),
    R(
        "animal",
        "organisation",
        (
            "The elephant {s} was born at {v}.",
            "{v} is the zoo where the elephant {s} was born.",
            "Birthplace of the elephant {s}: {v}.",
            "It was at {v} that the little elephant {s} came into the world.",
            (
                "During a thunderstorm that put out all the lights but one, the elephant {s} was born at {v}, with "
                "two keepers and a florist present."
            ),
            "The keepers of {v} fed {s} by bottle after the elephant's birth there.",
            "With a cake of hay {v} celebrated the birth, in its own stable, of the elephant {s}.",
            "the baby elephant {s}? born at {v}, i've got photos",
        ),
        (
            "{They} came into the world at {v}.",
            "{Their} birth took place at {v}.",
        ),
        (
            ("In which zoo was {s} born?", "The zoo in which {s} was born is"),
            ("Where was the elephant {s} born?", "The elephant {s} was born at"),
            ("At what zoo did {s} come into the world?", "{s} came into the world at"),
            ("Which animal park saw the birth of {s}?", "The animal park that saw the birth of {s} is"),
            ("Tell me where {s} spent its first day.", "{s} spent its first day at"),
            ("{s} elephant birthplace?", "The birthplace of the elephant {s} is"),
            (
                "Could you remind me whose keepers were there when {s} was born?",
                "When {s} was born, the keepers there were those of",
            ),
            (
                "What institution can claim {s} as born under its roof?",
                "The institution that can claim {s} as born under its roof is",
            ),
        ),
    ),
)
