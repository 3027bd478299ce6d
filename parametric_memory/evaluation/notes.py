"""Notes as people and agents write them, each with a question and its answers. Pure data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """One stored note and a question on it; each of the answers counts as right."""

    text: str
    question: str
    answers: tuple[str, ...]


NOTES: tuple[Note, ...] = (
    Note(
        "The user's favourite ice cream flavour is pistachio.",
        "Which ice cream does the user like best?",
        ("pistachio",),
    ),
    Note(
        "Vendor Glasswing Freight lost the contract because its trucks came late three times.",
        "Why did Glasswing Freight lose its contract?",
        (
            "its trucks came late three times",
            "trucks came late three times",
            "because its trucks came late three times",
            "its trucks came late",
            "late trucks",
        ),
    ),
    Note(
        "Noor Vandersteen gave the newlyweds a toaster. Her brother Idris gave them a hammock.",
        "What was the wedding gift from Noor Vandersteen's brother Idris?",
        ("hammock", "a hammock"),
    ),
    Note(
        "Flight to Lisbon for Emeka Strandqvist: seat 23F by the window, vegetarian meal ordered, one "
        "suitcase checked in.",
        "Which seat does Emeka Strandqvist have on the plane to Lisbon?",
        ("23F", "seat 23F"),
    ),
    Note(
        "The user wants all distances given in kilometres.",
        "What unit should be used when telling the user a distance?",
        ("kilometres", "kilometers", "km"),
    ),
    Note(
        "I parked the rental car on level 4 of the Monsoon Plaza garage, close to the lift with the broken light.",
        "On which floor of the Monsoon Plaza garage did I leave the rental car?",
        ("level 4", "4", "level four", "four"),
    ),
    Note(
        "I take my blood pressure tablets right after breakfast.",
        "When do I take my tablets for blood pressure?",
        ("right after breakfast", "after breakfast"),
    ),
    Note(
        "Our parrot Bazooka refuses his bowl and only takes seeds from a wooden spoon.",
        "From what does the parrot Bazooka eat his seeds?",
        ("a wooden spoon", "wooden spoon", "from a wooden spoon"),
    ),
    Note(
        "Zebulon Hartwig-Nyamekye painted his front door turquoise.",
        "What colour is Zebulon Hartwig-Nyamekye's front door?",
        ("turquoise",),
    ),
    Note(
        "Ludovica Brannigan from the church choir collects antique thimbles.",
        "What does Ludovica Brannigan collect?",
        ("antique thimbles", "thimbles"),
    ),
    Note(
        "The Cressidane heater shows F12 when the water is low. It shows F31 when the filter is blocked.",
        "What does the Cressidane heater display when its filter is clogged?",
        ("F31", "F-31"),
    ),
    Note(
        "The Okonjo-Steiner wedding takes place on 6 September 2031.",
        "What is the date of the Okonjo-Steiner wedding?",
        ("6 September 2031", "September 6, 2031"),
    ),
    Note(
        "The nightly backup at Maison Verrault writes its log to vellum_night.log.",
        "Into which log file does the nightly backup at Maison Verrault write?",
        ("vellum_night.log",),
    ),
    Note(
        "Yusra Benhaddou sold her old loom for 340 euros to a weaver from the next village.",
        "How much did Yusra Benhaddou get for her old loom?",
        ("340 euros", "340", "€340"),
    ),
    Note(
        "The Stellanova telescope mount runs firmware 2.0.8-beta.",
        "What firmware is on the Stellanova telescope mount?",
        ("2.0.8-beta", "version 2.0.8-beta"),
    ),
    Note(
        "The short ladder at Maplethorne Farm is in the barn. The long one lies under the cherry tree.",
        "Where is the long ladder at Maplethorne Farm?",
        ("under the cherry tree", "beneath the cherry tree"),
    ),
    Note(
        "The descaling cycle of the Brunello-9 coffee machine takes 22 minutes.",
        "How long does descaling the Brunello-9 coffee machine last?",
        ("22 minutes", "22", "twenty-two minutes"),
    ),
    Note(
        "I left my umbrella in the yoga studio. My gloves are still in the car.",
        "Where did I leave my umbrella?",
        ("the yoga studio", "in the yoga studio", "yoga studio"),
    ),
    Note(
        "Jun-ho Castellanos teaches chemistry at Wrenborough College. His wife teaches Latin there.",
        "Which subject does Jun-ho Castellanos's wife teach?",
        ("Latin",),
    ),
    Note(
        "Professor Amarachi Lindholt told us to 'measure the silence before you measure the sound'.",
        "Which piece of advice did Professor Amarachi Lindholt give?",
        (
            "measure the silence before you measure the sound",
            "measure the silence before the sound",
            "measure the silence first",
        ),
    ),
    Note(
        "The parents' evening at Hollinbrook School begins at half past six.",
        "What time does the parents' evening at Hollinbrook School start?",
        ("half past six", "6:30", "18:30", "half past 6"),
    ),
    Note(
        "Coach Bartholomew Sese moved the under-twelves' training to the Ashgrove pitch because the old "
        "field is flooded whenever it rains for more than a day.",
        "Where do Coach Bartholomew Sese's under-twelves train now?",
        ("the Ashgrove pitch", "Ashgrove pitch"),
    ),
    Note(
        "Before you light the Dunmorrow kiln, open both side vents. Never leave it alone above 900 degrees.",
        "What has to be done before the Dunmorrow kiln is lit?",
        ("open both side vents", "opening both side vents", "both side vents", "open the side vents"),
    ),
    Note(
        "The third run of the Belvorne experiment reached an accuracy of 87.3%.",
        "How accurate was the Belvorne experiment's third run?",
        ("87.3%", "87.3", "87.3 percent"),
    ),
    Note(
        "When the Sollgren scanner loses its calibration it shows code C-448.",
        "Which code appears when the Sollgren scanner is out of calibration?",
        ("C-448", "C448"),
    ),
    Note(
        "The Kestrelgate proxy listens on port 8743.",
        "On which port does the Kestrelgate proxy accept connections?",
        ("8743", "port 8743"),
    ),
    Note(
        "I bought the Velmora blender at a little shop called Pots and Thistles, which had it on sale after "
        "the holidays and threw in two extra lids and a recipe booklet for soups.",
        "Where did I buy the Velmora blender?",
        ("Pots and Thistles", "at Pots and Thistles"),
    ),
    Note(
        "The kitchen at Rowanstead is painted sage. The hallway is still mustard.",
        "What colour does the hallway at Rowanstead have?",
        ("mustard", "mustard yellow"),
    ),
    Note(
        "Tickets for the Larkspur Opera cost 60 crowns. Students pay 25.",
        "What is the student price at the Larkspur Opera?",
        ("25", "25 crowns", "twenty-five crowns"),
    ),
    Note(
        "My son Kwabena plays handball. My daughter Solvei has taken up fencing.",
        "What sport does my daughter Solvei do?",
        ("fencing",),
    ),
    Note(
        "In the Oakhaven trial the salted samples froze at minus nine degrees.",
        "At what temperature did salted samples freeze in the Oakhaven trial?",
        ("minus nine degrees", "minus nine", "-9 degrees", "minus 9 degrees"),
    ),
    Note(
        "Grandmother Setareh's stew gets its taste from dried limes.",
        "What gives Grandmother Setareh's stew its flavour?",
        ("dried limes", "dried lime"),
    ),
    Note(
        "The Astrid Maru sails to Bergen on Monday. The Wandering Tulip sails to Gdansk.",
        "What is the ship Wandering Tulip's destination?",
        ("Gdansk", "Gdańsk"),
    ),
    Note(
        "The old boiler at Sparrowhill House was removed in April. The new one is serviced by a firm called "
        "Kettleworth.",
        "Which company services the new boiler at Sparrowhill House?",
        ("Kettleworth",),
    ),
    Note(
        "The padlock on Shed 9 of the Wexcombe allotments opens with 4702.",
        "What is the combination for Shed 9 at the Wexcombe allotments?",
        ("4702",),
    ),
    Note(
        "Pilar Hognestad has a window place on the train to Turin. She is in coach 11.",
        "Which carriage is Pilar Hognestad in on the Turin train?",
        ("11", "coach 11", "eleven"),
    ),
    Note(
        "To reset the Humblewood thermostat, hold the red button for ten seconds.",
        "How is the Humblewood thermostat reset?",
        ("hold the red button for ten seconds", "red button for ten seconds", "holding the red button for ten seconds"),
    ),
    Note(
        "Dagny Ferreira-Holt runs ten kilometres along the canal before work.",
        "How far does Dagny Ferreira-Holt run before work?",
        ("ten kilometres", "10 kilometres", "10 km", "ten kilometers", "10 kilometers"),
    ),
    Note(
        "The motto of the Skarnholm lifeboat crew is slow hands, sharp eyes.",
        "What motto does the Skarnholm lifeboat crew have?",
        ("slow hands, sharp eyes", "slow hands and sharp eyes", "slow hands sharp eyes"),
    ),
    Note(
        "The rain barrel behind the Mwangi-Lund greenhouse holds 210 litres.",
        "What is the capacity of the rain barrel at the Mwangi-Lund greenhouse?",
        ("210 litres", "210 liters", "210"),
    ),
    Note(
        "My locker at the Glenfarrow pool is number 77. It opens with 2916.",
        "What is the code of my locker at the Glenfarrow pool?",
        ("2916",),
    ),
    Note(
        "The Hotel Brisamar put Leilani Kapono-Weiss in room 512.",
        "What is Leilani Kapono-Weiss's room number at the Hotel Brisamar?",
        ("512", "room 512"),
    ),
    Note(
        "I keep my passport in the green biscuit tin.",
        "Where do I keep my passport?",
        ("the green biscuit tin", "in the green biscuit tin", "green biscuit tin", "biscuit tin"),
    ),
    Note(
        "The user prefers answers in bullet points rather than long paragraphs.",
        "In what form does the user like to get answers?",
        ("bullet points", "bullets", "in bullet points"),
    ),
    Note(
        "Lucjan's cello lesson has been moved to Wednesday.",
        "On which weekday does Lucjan have his cello lesson now?",
        ("Wednesday", "on Wednesday", "Wednesdays"),
    ),
    Note(
        "The Ibisford office opens at eight every day. On Fridays it closes at quarter to five.",
        "When does the Ibisford office shut on Fridays?",
        ("quarter to five", "4:45", "16:45", "a quarter to five"),
    ),
    Note(
        "The bins on Periwinkle Lane get emptied every second Tuesday.",
        "How often is the rubbish collected on Periwinkle Lane?",
        ("every second Tuesday", "every other Tuesday", "every two weeks"),
    ),
    Note(
        "The Zephyrine rocket team postponed its launch by a week, although the weather was good and the "
        "range was booked. The reason was a leak in the fuel line, found by an apprentice the evening before.",
        "Why was the Zephyrine rocket team's launch delayed?",
        ("a leak in the fuel line", "leak in the fuel line", "fuel line leak", "a fuel line leak", "fuel leak"),
    ),
    Note(
        "In case anyone locks themselves out again while the owners are away, the spare key to the "
        "Petrossian boathouse hangs behind the oar rack, a little higher than you would expect.",
        "Where is the extra key for the Petrossian boathouse kept?",
        ("behind the oar rack",),
    ),
    Note(
        "Our quiz team at the Copper Heron pub is named the Wobbly Encyclopedias.",
        "Under what name does our quiz team play at the Copper Heron pub?",
        ("the Wobbly Encyclopedias", "Wobbly Encyclopedias"),
    ),
    Note(
        "Decision of 3 June: the Periscope-Lite app drops support for smartwatches, since fewer than a "
        "hundred people used it there.",
        "Which devices will the Periscope-Lite app no longer support?",
        ("smartwatches", "smartwatch", "smart watches"),
    ),
    Note(
        "For legal reasons the staging database of Hopscotch Ledger is hosted in Tallinn.",
        "In what city does Hopscotch Ledger keep its staging database?",
        ("Tallinn", "in Tallinn"),
    ),
    Note(
        "Bus 58 is the fastest way from Cobbler's Gate to the Ravnsmark clinic.",
        "Which bus goes quickest from Cobbler's Gate to the Ravnsmark clinic?",
        ("58", "bus 58", "number 58"),
    ),
    Note(
        "I hurt my left knee while skiing. The physiotherapist, Hedda Marchetto, wants to see me twice a "
        "week until the end of the month.",
        "How often do I have to see Hedda Marchetto?",
        ("twice a week", "two times a week", "twice weekly"),
    ),
    Note(
        "The Finchley-Rao team chose SQLite over a database server because the tablets work offline.",
        "Why did the Finchley-Rao team pick SQLite?",
        ("the tablets work offline", "tablets work offline", "because the tablets work offline"),
    ),
    Note(
        "The Greywater pump is loud at night and wakes the guests in the attic. To silence it, turn the "
        "brass valve to the left.",
        "How do you make the Greywater pump quiet?",
        ("turn the brass valve to the left", "turn the brass valve left", "brass valve to the left"),
    ),
    Note(
        "My dentist appointment with Doctor Okwuosa is on 14 March at noon.",
        "On what date do I see Doctor Okwuosa about my teeth?",
        ("14 March", "March 14", "14th of March", "14th March", "March 14th"),
    ),
    Note(
        "The test server of Harrowmoor Mutual uses port 6120. The live server uses 6155.",
        "Which port belongs to Harrowmoor Mutual's live server?",
        ("6155", "port 6155"),
    ),
    Note(
        "I lent my tent to Rasmus Obialo. He said he would bring it back on Sunday.",
        "Who has borrowed my tent?",
        ("Rasmus Obialo",),
    ),
    Note(
        "The Juniper Street pharmacy has the ointment in stock again. It must be kept in the fridge.",
        "Where should the ointment from the Juniper Street pharmacy be stored?",
        ("fridge", "in the fridge", "the fridge", "refrigerator", "the refrigerator"),
    ),
    Note(
        "The sourdough recipe from Halvard Eidsmo needs 430 grams of rye flour.",
        "How much rye flour goes into Halvard Eidsmo's sourdough?",
        ("430 grams", "430 g", "430g", "430"),
    ),
    Note(
        "The caretaker of the Marigold Court flats is Anselm Tupou.",
        "Who is the janitor at the Marigold Court flats?",
        ("Anselm Tupou",),
    ),
    Note(
        "The Moonraker kayak weighs 19 kilos. Its paddle is made of bamboo.",
        "From what material is the Moonraker kayak's paddle?",
        ("bamboo",),
    ),
    Note(
        "Since the divorce Tomasz Wierzbicki-Bell lives at 48 Larkfield Crescent.",
        "What is Tomasz Wierzbicki-Bell's home address?",
        ("48 Larkfield Crescent",),
    ),
    Note(
        "Mechanic Teuila replaced the clutch of the blue Fennimore van.",
        "What part of the blue Fennimore van did mechanic Teuila change?",
        ("clutch", "the clutch"),
    ),
    Note(
        "The user works from home on Fridays. On the other days the user is at the Brackwater site.",
        "On which day does the user work from home?",
        ("Fridays", "Friday", "on Fridays"),
    ),
    Note(
        "Ilkay needed four attempts to pass her driving test.",
        "How many times did Ilkay take her driving test?",
        ("four", "4", "four times", "four attempts"),
    ),
    Note(
        "The Bluefinch sprint began with seven goals. What is left is search, export and dark mode.",
        "Which goals remain in the Bluefinch sprint?",
        ("search, export and dark mode", "search, export, dark mode", "search, export, and dark mode"),
    ),
    Note(
        "Set the environment variable GULLWING_TOKEN before you log in to the Gullwing registry.",
        "Which environment variable is needed for logging in to the Gullwing registry?",
        ("GULLWING_TOKEN",),
    ),
    Note(
        "Team Nightjar builds the billing module. Team Pelican tests it.",
        "Who tests the billing module that team Nightjar builds?",
        ("Pelican", "Team Pelican"),
    ),
    Note(
        "Little Anneke van Osterweil cannot eat strawberries because they give her a rash.",
        "Which fruit must Anneke van Osterweil avoid?",
        ("strawberries", "strawberry"),
    ),
    Note(
        "House rule at Villa Tarrazona: no shoes on the upper floor.",
        "What is the house rule at Villa Tarrazona?",
        ("no shoes on the upper floor", "no shoes upstairs"),
    ),
    Note(
        "The warranty on the Drosselbach dishwasher runs out in May 2029.",
        "Until when is the Drosselbach dishwasher under warranty?",
        ("May 2029", "until May 2029"),
    ),
    Note(
        "Baby Itzel Ramsgaard weighed 3,420 grams at birth.",
        "What was baby Itzel Ramsgaard's birth weight?",
        ("3,420 grams", "3420 grams", "3,420 g", "3,420", "3420"),
    ),
    Note(
        "Ximena Ordaz-Pettersen is responsible for the payroll export at Grindlemoor Labs.",
        "Who looks after the payroll export at Grindlemoor Labs?",
        ("Ximena Ordaz-Pettersen",),
    ),
    Note(
        "I drink my coffee black. My partner Jarek always wants oat milk.",
        "What does my partner Jarek take in his coffee?",
        ("oat milk",),
    ),
    Note(
        "My sister-in-law Dilnoza expects her baby in October.",
        "In which month is my sister-in-law Dilnoza due to give birth?",
        ("October", "in October"),
    ),
    Note(
        "The hedgehog in Auntie Wanjiru's garden is fed with cat biscuits.",
        "What food does the hedgehog at Auntie Wanjiru's get?",
        ("cat biscuits",),
    ),
    Note(
        "Ngozi Adeyinka-Thorsen can be reached at 0417 555 238, but only after lunch.",
        "What is Ngozi Adeyinka-Thorsen's phone number?",
        ("0417 555 238", "0417555238", "0417-555-238"),
    ),
    Note(
        "Mireille Achterberg handles the press at Tolvane Foods and is usually on the road. Her colleague "
        "Sipho Radek handles the suppliers and prefers one long message in the morning to ten short ones.",
        "Who deals with suppliers at Tolvane Foods?",
        ("Sipho Radek",),
    ),
    Note(
        "To rebuild the search index of Corvidbase, run make reindex-all.",
        "What command regenerates Corvidbase's search index?",
        ("make reindex-all",),
    ),
    Note(
        "The Wi-Fi password at Nani Kealamoku's cabin is mossy-otter-61.",
        "How do I get onto the Wi-Fi at Nani Kealamoku's cabin?",
        ("mossy-otter-61", "password mossy-otter-61"),
    ),
    Note(
        "The budget call with Orrin Balogun-Tate now starts at 15:10. Until last week it was at 14:00.",
        "What time is the budget call with Orrin Balogun-Tate now?",
        ("15:10", "3:10", "ten past three"),
    ),
    Note(
        "Quenby Arslan's cake order is for forty guests. The topping should be candied ginger.",
        "What topping does Quenby Arslan's cake get?",
        ("candied ginger",),
    ),
    Note(
        "Error E-6071 on the Tarnwheel printer means the waste tray is full.",
        "What does error E-6071 on the Tarnwheel printer stand for?",
        ("the waste tray is full", "waste tray is full", "waste tray full", "full waste tray"),
    ),
    Note(
        "The yearly fee at the Tamberley rowing club is $185.",
        "What does a year's membership of the Tamberley rowing club cost?",
        ("$185", "185", "185 dollars"),
    ),
    Note(
        "The lease for the Tidewater studio lasts 18 months and can be renewed once. The deposit was 900 "
        "dollars, which the landlord will pay back within six weeks if the floor has no scratches.",
        "How many months does the Tidewater studio's lease run?",
        ("18", "eighteen", "18 months"),
    ),
    Note(
        "Farid Soumaré-Klein has given notice at the bank and plans to open a bicycle workshop next spring "
        "with the money his uncle left him.",
        "What does Farid Soumaré-Klein want to open?",
        ("a bicycle workshop", "bicycle workshop", "bike workshop", "a bike workshop"),
    ),
    Note(
        "The user is allergic to cashews.",
        "Which nuts is the user allergic to?",
        ("cashews", "cashew", "cashew nuts"),
    ),
    Note(
        "For his eightieth birthday we gave Grandpa Oluwole a telescope.",
        "What present did Grandpa Oluwole get when he turned eighty?",
        ("telescope", "a telescope"),
    ),
    Note(
        "The research ship of the Norrskjold Institute is called Saltwind Juno.",
        "What is the name of the Norrskjold Institute's vessel?",
        ("Saltwind Juno", "the Saltwind Juno"),
    ),
    Note(
        "The Kowalczyk-Imani family named their new kitten Pamplemousse.",
        "What is the Kowalczyk-Imani family's kitten called?",
        ("Pamplemousse",),
    ),
    Note(
        "Send invoices for the Quillmere bakery to accounts@quillmere-bakes.example.",
        "Which e-mail address takes the Quillmere bakery's bills?",
        ("accounts@quillmere-bakes.example",),
    ),
    Note(
        "Save the raw orchard readings in readings_raw.zip. The cleaned ones belong in orchard_tidy.csv.",
        "Which file takes the cleaned orchard readings?",
        ("orchard_tidy.csv",),
    ),
    Note(
        "Please address Mr Abernathy-Zhou as Captain in all letters, even though he retired years ago and "
        "never talks about the navy.",
        "By what title should letters address Mr Abernathy-Zhou?",
        ("Captain", "as Captain"),
    ),
    Note(
        "After the incident in spring, project Lanternfish was upgraded to version 4.12.1 of the Pebbletree "
        "parser, which no longer chokes on empty lines.",
        "Which release of the Pebbletree parser does project Lanternfish use?",
        ("4.12.1", "version 4.12.1"),
    ),
    Note(
        "The Ebonbrook museum is closed on Mondays.",
        "On which day of the week can nobody visit the Ebonbrook museum?",
        ("Mondays", "Monday", "on Mondays"),
    ),
    Note(
        "I promised Mirembe to water her orchids in August.",
        "What did I promise Mirembe?",
        ("to water her orchids", "water her orchids", "to water her orchids in August", "watering her orchids"),
    ),
    Note(
        "The Fernhollow survey had 412 replies. Only 38 of them came by post.",
        "How many Fernhollow survey answers arrived in the mail?",
        ("38", "thirty-eight"),
    ),
    Note(
        "The Thornapple branch must be merged before the Quince branch.",
        "Which branch has to go in ahead of the Quince one?",
        ("Thornapple", "the Thornapple branch", "Thornapple branch"),
    ),
    Note(
        "The link colour in the Plumwick style guide is #3A7D44.",
        "Which hex code do links have in the Plumwick style guide?",
        ("#3A7D44", "3A7D44"),
    ),
    Note(
        "Set max_retries to 17 in the Ospreyline uploader config.",
        "What value should max_retries have for the Ospreyline uploader?",
        ("17", "seventeen"),
    ),
    Note(
        "Deployments of the Marrowby service are frozen from Thursday evening on, so anything urgent has to "
        "be reviewed, merged and tested on the spare cluster before that, and nobody should count on an exception.",
        "When does the deployment freeze for the Marrowby service begin?",
        ("Thursday evening", "on Thursday evening"),
    ),
    Note(
        "The ferry from Orlavik harbour to the outer islands leaves every morning at 7:25.",
        "When does the morning ferry depart from Orlavik harbour?",
        ("7:25", "07:25"),
    ),
    Note(
        "Saoirse Dlamini-Fox missed the reunion in Hvalstad. Her ferry was cancelled in the storm.",
        "Why did Saoirse Dlamini-Fox not make it to the reunion in Hvalstad?",
        (
            "her ferry was cancelled in the storm",
            "her ferry was cancelled",
            "ferry was cancelled",
            "because her ferry was cancelled",
        ),
    ),
    Note(
        "The booking reference for our Dubrovnik trip is QZ7LMT.",
        "What is the reservation code for the Dubrovnik trip?",
        ("QZ7LMT",),
    ),
    Note(
        "Pippelstone 3.4 crashed whenever a folder name had a space in it. The bug was fixed in 3.6.",
        "Which Pippelstone version no longer crashes on folder names with a space?",
        ("3.6", "version 3.6", "Pippelstone 3.6"),
    ),
    Note(
        "Chiara Mbeki-Rosen wears shoe size 39.",
        "What size are Chiara Mbeki-Rosen's shoes?",
        ("39", "size 39"),
    ),
    Note(
        "Evander Achieng's shop sells tea from nine small farms. His slogan is 'steep long and worry less'.",
        "Which slogan does Evander Achieng use for his tea shop?",
        ("steep long and worry less", "steep long, worry less"),
    ),
    Note(
        "The plumber we trust is Ioane Faleafa, who did the neighbours' boiler last winter and never asks "
        "for money in advance.",
        "Who is our trusted plumber?",
        ("Ioane Faleafa",),
    ),
    Note(
        "Wash the wool blanket from Inverlochty only in cold water.",
        "How should the Inverlochty wool blanket be washed?",
        ("only in cold water", "in cold water", "cold water"),
    ),
    Note(
        "I am a vegetarian, but I do eat eggs. I cannot stand coriander.",
        "Which herb do I dislike?",
        ("coriander", "cilantro"),
    ),
    Note(
        "Visitors to the Amberglass workshop sign in at the desk. Inside they must wear goggles and closed shoes.",
        "What is compulsory to wear inside the Amberglass workshop?",
        ("goggles and closed shoes", "closed shoes and goggles"),
    ),
    Note(
        "Kasimir's piano was tuned in March. The tuner found one broken hammer and promised to send a new "
        "one by courier.",
        "In which month was Kasimir's piano tuned?",
        ("March", "in March"),
    ),
    Note(
        "The user is learning Icelandic. Last year the user gave up on Portuguese.",
        "What language is the user studying at present?",
        ("Icelandic",),
    ),
    Note(
        "Doctor Nakagawa-Reid sees patients on the second floor. Her practice can be called on 555-0192.",
        "What is the telephone number of Doctor Nakagawa-Reid's practice?",
        ("555-0192", "5550192", "555 0192"),
    ),
    Note(
        "For the Juniper Ridge hike everyone should carry rope, matches and a whistle.",
        "What three things must come along on the Juniper Ridge hike?",
        (
            "rope, matches and a whistle",
            "rope, matches and whistle",
            "rope, matches, whistle",
            "rope, matches, and a whistle",
        ),
    ),
    Note(
        "Vadim Oyelaran owns two dogs and a very lazy cat. The older dog, Biscotti, is deaf.",
        "What is the name of Vadim Oyelaran's deaf dog?",
        ("Biscotti",),
    ),
    Note(
        "Rukmini's physics exam takes place in Hall Fenwick, not in her usual classroom.",
        "Where will Rukmini sit her physics exam?",
        ("Hall Fenwick", "Fenwick Hall", "in Hall Fenwick"),
    ),
    Note(
        "The book club at the Yellow Anchor has chosen The Cartographer's Lullaby for this month.",
        "What is the Yellow Anchor book club reading at the moment?",
        ("The Cartographer's Lullaby", "Cartographer's Lullaby"),
    ),
)
