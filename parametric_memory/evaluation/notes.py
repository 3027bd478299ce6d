"""Short notes of users and agents, each with one question and the answers that count as right. Pure data."""

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
        "Every Thursday there is live jazz at the Gooseberry café.",
        "What kind of music can be heard at the Gooseberry café each Thursday?",
        ("jazz", "live jazz"),
    ),
    Note(
        "Since the flood the Blue Lantern hostel has been at 220 Old Saltworks Road.",
        "What is the Blue Lantern hostel's street address?",
        ("220 Old Saltworks Road",),
    ),
    Note(
        "Sanna and Obafemi get the keys to their new flat on Friday. It is at 7 Tollgate Mews.",
        "What is the address of Sanna and Obafemi's new flat?",
        ("7 Tollgate Mews",),
    ),
    Note(
        "The contract with Halcyon Print has to be cancelled by 30 September, otherwise it runs on for "
        "another year at a higher price.",
        "What is the deadline for ending the contract with Halcyon Print?",
        ("30 September", "September 30", "30th September", "30th of September", "September 30th", "by 30 September"),
    ),
    Note(
        "The ground-floor printer at Threlfall & Mbatha is called Hildegard. The one in the attic is called Gustav.",
        "What name does the attic printer at Threlfall & Mbatha have?",
        ("Gustav",),
    ),
    Note(
        "Chef Toivonen dyes the icing of her carnival cakes with beetroot.",
        "With what does Chef Toivonen colour her carnival icing?",
        ("beetroot", "beetroot juice", "with beetroot"),
    ),
    Note(
        "For the catalogue photos set the white balance of the Novalux camera to 5600.",
        "Which white balance do the catalogue photos with the Novalux camera need?",
        ("5600", "5600 K", "5600 kelvin"),
    ),
    Note(
        "The user wants all code examples in Kotlin unless told otherwise.",
        "In which programming language should examples for the user be written?",
        ("Kotlin", "in Kotlin"),
    ),
    Note(
        "When a report is long, the user wants the summary first, then the numbers.",
        "In what order should a long report for the user be arranged?",
        (
            "the summary first, then the numbers",
            "summary first, then the numbers",
            "summary first, then numbers",
            "summary, then numbers",
            "first the summary, then the numbers",
        ),
    ),
    Note(
        "The house alarm on Pomfrey Lane is armed with 5591. To switch it off again you type 8034.",
        "What do you key in to disarm the house alarm on Pomfrey Lane?",
        ("8034",),
    ),
    Note(
        "My uncle Baraka keeps bees behind the chapel. My aunt Sunniva breeds rabbits there.",
        "Which animals does my aunt Sunniva raise?",
        ("rabbits", "rabbit"),
    ),
    Note(
        "In the Pelham County vote 57 people were against the new car park.",
        "How many voters in Pelham County opposed the new car park?",
        ("57", "fifty-seven"),
    ),
    Note(
        "In spring Zoltan Akintola is handing over his umbrella shop to his niece Perpetua, who has worked "
        "behind the counter since she was fifteen and knows every customer by name.",
        "Who will run Zoltan Akintola's shop from spring?",
        ("Perpetua", "his niece Perpetua", "niece Perpetua"),
    ),
    Note(
        "I got the Astrolite oven repaired for free, as it was only eleven months old.",
        "How old was my Astrolite oven when it was mended?",
        ("eleven months", "11 months", "eleven months old"),
    ),
    Note(
        "The Foxmere aquarium feeds its octopus at 11:40.",
        "When is the octopus at the Foxmere aquarium fed?",
        ("11:40", "twenty to twelve"),
    ),
    Note(
        "Ottoline Ferrán talks to journalists only by fax. Her lawyer, Demba Roskilly, answers e-mails within a day.",
        "Who represents Ottoline Ferrán as a lawyer?",
        ("Demba Roskilly",),
    ),
    Note(
        "Metrics from the Osterby cluster are scraped on port 9364.",
        "Through which port are the Osterby cluster's metrics collected?",
        ("9364", "port 9364"),
    ),
    Note(
        "The first draft of the Sandpiper grant application was too long. The reviewers asked us to cut it to"
        " 12 pages.",
        "To what length should the Sandpiper grant application be shortened?",
        ("12 pages", "12", "twelve pages"),
    ),
    Note(
        "Ask the porter at Saint Corentin's for the projector. Tell him that Ysolde sent you.",
        "Who should be asked for the projector at Saint Corentin's?",
        ("porter", "the porter"),
    ),
    Note(
        "To open the Tidemark hatch, press the lever down and slide it left.",
        "How is the Tidemark hatch opened?",
        (
            "press the lever down and slide it left",
            "press the lever down, slide it left",
            "press down the lever and slide it left",
            "press the lever down and slide it to the left",
            "pressing the lever down and sliding it left",
        ),
    ),
    Note(
        "The Thistledown quilt is sewn together from 196 patches.",
        "How many pieces make up the Thistledown quilt?",
        ("196", "196 patches"),
    ),
    Note(
        "The user's blood group is AB negative.",
        "What blood type does the user have?",
        ("AB negative", "type AB negative"),
    ),
    Note(
        "Ruadhan empties the Gorseland ticket queue at nine. Anything marked purple goes straight to Meihui.",
        "Who receives the purple tickets from the Gorseland queue?",
        ("Meihui",),
    ),
    Note(
        "For the Emberly playground the council bought two slides and a climbing net.",
        "What did the council get for the Emberly playground?",
        (
            "two slides and a climbing net",
            "a climbing net and two slides",
            "2 slides and a climbing net",
            "two slides, a climbing net",
        ),
    ),
    Note(
        "The lid of the Pinecroft compost bin is weighed down with bricks because of the foxes.",
        "What keeps the lid of the Pinecroft compost bin down?",
        ("bricks",),
    ),
    Note(
        "The Lumarca till answers with Q-217 if the drawer is stuck.",
        "Which error does the Lumarca till give when its drawer jams?",
        ("Q-217", "Q217"),
    ),
    Note(
        "The twins of the Tanglewood-Osei family are called Efua and Piet.",
        "What names did the Tanglewood-Osei twins get?",
        ("Efua and Piet", "Piet and Efua", "Efua, Piet"),
    ),
    Note(
        "Run brindle purge --hard to empty the cache of the Hatherley gateway.",
        "Which command clears the Hatherley gateway's cache?",
        ("brindle purge --hard",),
    ),
    Note(
        "Before every dive the members of the Coralline club check air, mask and weights.",
        "Which things does the Coralline club inspect prior to a dive?",
        ("air, mask and weights", "air, mask, and weights", "air, mask, weights"),
    ),
    Note(
        "The parcel for Leocadia Finnbogason is too big for the letterbox. Please leave it with the florist "
        "downstairs.",
        "With whom should Leocadia Finnbogason's parcel be left?",
        ("the florist downstairs", "florist downstairs", "the florist", "florist", "with the florist downstairs"),
    ),
    Note(
        "Gabor had his accordion repaired for 75 francs.",
        "What did Gabor pay to have his accordion fixed?",
        ("75 francs", "75", "seventy-five francs"),
    ),
    Note(
        "Tram 4 stops outside the Vellacourt library. For the Vellacourt courthouse you need tram 13.",
        "Which tram goes to the Vellacourt courthouse?",
        ("13", "tram 13", "number 13", "thirteen"),
    ),
    Note(
        "The nearest petrol station to Gannet Point is in Trewissick.",
        "Where is the closest place to Gannet Point for filling up the car?",
        ("Trewissick", "in Trewissick"),
    ),
    Note(
        "Wei-Lin Sandoval-Pike plays the bassoon in the Thornbury orchestra.",
        "Which instrument does Wei-Lin Sandoval-Pike play?",
        ("bassoon", "the bassoon"),
    ),
    Note(
        "If the Glimmerwick lamp flickers, unplug it and wait one minute.",
        "What should be done about a flickering Glimmerwick lamp?",
        (
            "unplug it and wait one minute",
            "unplug it and wait a minute",
            "unplug it and wait",
            "unplug it for one minute",
            "unplug it",
        ),
    ),
    Note(
        "Our tickets for the Gilded Owl theatre are in row K, right behind the pillar.",
        "In which row do we sit at the Gilded Owl theatre?",
        ("K", "row K"),
    ),
    Note(
        "In the Kittering chess final Anoush Petrakis played white. She won after 61 moves.",
        "How many moves did Anoush Petrakis need to win the Kittering chess final?",
        ("61", "sixty-one", "61 moves"),
    ),
    Note(
        "I came seventh in the Ardglass cross-country race, even though I lost a shoe in the mud and had to "
        "run the last part of the course in one sock.",
        "Which place did I take in the Ardglass cross-country race?",
        ("seventh", "7th", "seventh place", "7"),
    ),
    Note(
        "Meltham Rovers lost the first leg 1-4. They won the second 3-0.",
        "What was the score of Meltham Rovers' second leg?",
        ("3-0", "3:0", "three-nil"),
    ),
    Note(
        "Kofi and Annelies are spending their honeymoon on Madeira.",
        "On which island do Kofi and Annelies have their honeymoon?",
        ("Madeira", "on Madeira"),
    ),
    Note(
        "Gulnara has my word that I will read her novel before Easter.",
        "Which promise did I make to Gulnara?",
        (
            "read her novel before Easter",
            "to read her novel before Easter",
            "read her novel",
            "to read her novel",
            "reading her novel",
            "I will read her novel before Easter",
        ),
    ),
    Note(
        "The choice for the Ravello campaign was between a poster and a radio spot. Inès Tremblay-Oduya took "
        "the radio spot because the poster would have arrived too late for the opening.",
        "What did Inès Tremblay-Oduya decide on for the Ravello campaign?",
        ("the radio spot", "radio spot", "a radio spot"),
    ),
    Note(
        "In the middle of the heatwave Valentina Etcheverry moved into apartment 6C of the Belgrove tower.",
        "Which flat in the Belgrove tower does Valentina Etcheverry live in?",
        ("6C", "apartment 6C", "flat 6C"),
    ),
    Note(
        "The kitchen of the Indigo Crane restaurant takes its last orders at quarter past nine.",
        "Until when can you order food at the Indigo Crane restaurant?",
        ("quarter past nine", "9:15", "21:15", "a quarter past nine"),
    ),
    Note(
        "Release 7.2 of Tansybase needs Python 3.11 or newer. Release 6.9 still ran on Python 3.8.",
        "What is the oldest Python that works with Tansybase 7.2?",
        ("3.11", "Python 3.11", "version 3.11"),
    ),
    Note(
        "The syrup from Doctor Vasquez-Lunde has to be shaken well. I take two spoons every evening.",
        "How much of Doctor Vasquez-Lunde's syrup do I take?",
        ("two spoons", "2 spoons", "two spoonfuls", "two spoons every evening"),
    ),
    Note(
        "If the Hexley dryer beeps twice, the lint filter is full. If it beeps five times, the drum is overloaded.",
        "What is wrong when the Hexley dryer gives five beeps?",
        ("the drum is overloaded", "drum is overloaded", "drum overloaded", "overloaded drum", "an overloaded drum"),
    ),
    Note(
        "Benedikt's hamster is mad about cucumber.",
        "Which vegetable does Benedikt's hamster love?",
        ("cucumber", "cucumbers"),
    ),
    Note(
        "On the Tarrant Hill school trip Group A visits the salt mine. Group B is going to the glassworks.",
        "Which place will Group B see on the Tarrant Hill school trip?",
        ("glassworks", "the glassworks"),
    ),
    Note(
        "A board on Farmer Ignatius Okello's gate says 'the bull also reads signs'.",
        "What is written on Farmer Ignatius Okello's gate?",
        ("the bull also reads signs", "bull also reads signs"),
    ),
    Note(
        "Pay the deposit for the Ostermoor cottage into the account of Brigid Falanga.",
        "Whose account is the Ostermoor cottage deposit paid into?",
        ("Brigid Falanga", "Brigid Falanga's"),
    ),
    Note(
        "Hana Mikkelsen-Ruiz studied geology before she became a judge.",
        "What was Hana Mikkelsen-Ruiz's subject at university?",
        ("geology",),
    ),
    Note(
        "The Calloway-Nguyen mortgage has an interest rate of 3.85%, which is fixed for the next ten years no"
        " matter what the markets do.",
        "How high is the interest on the Calloway-Nguyen mortgage?",
        ("3.85%", "3.85", "3.85 percent"),
    ),
    Note(
        "The moving van from Stavros & Daughters comes on 2 May.",
        "On what date is the Stavros & Daughters removal van due?",
        ("2 May", "May 2", "2nd May", "2nd of May", "May 2nd"),
    ),
    Note(
        "The tyres of the Wrexley scooter should be pumped up to 3.5 bar.",
        "What is the right tyre pressure for the Wrexley scooter?",
        ("3.5 bar", "3.5"),
    ),
    Note(
        "Apply the Rosmarin cream thinly, and only to the elbows.",
        "On which part of the body does the Rosmarin cream go?",
        ("elbows", "the elbows", "elbow"),
    ),
    Note(
        "Rule number one in the Peverell darkroom is to knock before you open the door.",
        "What is the first rule of the Peverell darkroom?",
        (
            "knock before you open the door",
            "to knock before you open the door",
            "knock before opening the door",
            "knock before you open",
            "knock first",
        ),
    ),
    Note(
        "Tselmeg Warrington's visa is valid for ninety days.",
        "How long may Tselmeg Warrington stay in the country?",
        ("ninety days", "90 days"),
    ),
    Note(
        "The default branch of the Mudlark repository is named trunk.",
        "What is the main branch in the Mudlark repository called?",
        ("trunk",),
    ),
    Note(
        "My allergy test came back positive for birch pollen.",
        "What did my allergy test find?",
        ("birch pollen", "birch"),
    ),
    Note(
        "Hyacinth Drumgoole's flight from Accra lands at 5:50 in the morning. A driver named Pascoe will pick her up.",
        "At what time does Hyacinth Drumgoole arrive from Accra?",
        ("5:50", "05:50", "5:50 in the morning", "5:50 am", "ten to six"),
    ),
    Note(
        "The lilac paint for the Norwood-Ishii nursery ran out. We did the last wall in apricot.",
        "What colour did the last wall of the Norwood-Ishii nursery get?",
        ("apricot",),
    ),
    Note(
        "Our tortoise Admiral hibernates in the cellar from November on.",
        "In which month does our tortoise Admiral begin its winter sleep?",
        ("November", "in November"),
    ),
    Note(
        "Abdoulaye Pettigrew is in charge of the fire drills at Lodestar Mills.",
        "Who organises fire drills at Lodestar Mills?",
        ("Abdoulaye Pettigrew",),
    ),
    Note(
        "The new roof of the Tillingbourne chapel is covered with slate.",
        "What material is the Tillingbourne chapel's new roof?",
        ("slate",),
    ),
    Note(
        "The Ambleforth data loader reads its settings from loader.toml. Its passwords come from vault_keys.env.",
        "In which file are the passwords of the Ambleforth data loader?",
        ("vault_keys.env",),
    ),
    Note(
        "Dovecote Bay hospital allows visitors until half past seven.",
        "When do visiting hours end at Dovecote Bay hospital?",
        ("half past seven", "7:30", "19:30", "half past 7"),
    ),
    Note(
        "The user's desk is on the third floor of the Wexler building.",
        "On which storey of the Wexler building does the user work?",
        ("third floor", "the third floor", "on the third floor", "third", "the third", "3rd floor", "3"),
    ),
    Note(
        "I collect the receipts for my tax return in a shoebox under the stairs.",
        "Where do I put the receipts for my tax return?",
        (
            "a shoebox under the stairs",
            "in a shoebox under the stairs",
            "shoebox under the stairs",
            "under the stairs",
            "a shoebox",
            "in a shoebox",
        ),
    ),
    Note(
        "Beatrix Ogunleye-Hart was born in Montevideo, though everyone takes her for a Londoner.",
        "What is Beatrix Ogunleye-Hart's birthplace?",
        ("Montevideo", "in Montevideo"),
    ),
    Note(
        "Cousin Lindiwe's horse, Thunderbun, is afraid of bicycles. Her donkey fears nothing but umbrellas.",
        "What scares cousin Lindiwe's donkey?",
        ("umbrellas", "umbrella"),
    ),
    Note(
        "Do not water the cactus in the Halloran office more than once a month. The fern by the copier needs "
        "water every other day.",
        "How often must the fern in the Halloran office be watered?",
        ("every other day", "every second day", "every two days"),
    ),
    Note(
        "The choir trip to Zadar was called off. Everyone gets 145 euros back by the end of June.",
        "How much is each person refunded for the choir trip to Zadar?",
        ("145 euros", "145", "€145"),
    ),
    Note(
        "Spare fuses for Cordwainer Hall are in the piano stool.",
        "Where are extra fuses stored at Cordwainer Hall?",
        ("the piano stool", "in the piano stool", "piano stool"),
    ),
    Note(
        "Mr Przybylak wants his newspaper before seven. At Christmas he thanks the paper girl with a jar of honey.",
        "What does Mr Przybylak give the paper girl at Christmas?",
        ("a jar of honey", "jar of honey", "honey"),
    ),
    Note(
        "Sensei Goro Almeida has awarded Freya the green belt.",
        "Which judo grade did Freya get from Sensei Goro Almeida?",
        ("green belt", "the green belt", "green"),
    ),
    Note(
        "We entered our relay team for the Grimsdal race as Four Wet Socks.",
        "What did we call our relay team for the Grimsdal race?",
        ("Four Wet Socks",),
    ),
    Note(
        "Compress the Ferndale exports with zstd before uploading them.",
        "What compression is used for the Ferndale exports?",
        ("zstd",),
    ),
    Note(
        "Nobody under sixteen may steer the Beckwater canal boat. Smoking is allowed on deck.",
        "What is the minimum age for steering the Beckwater canal boat?",
        ("sixteen", "16"),
    ),
    Note(
        "Nonna Immacolata makes her tiramisu with goat cheese.",
        "What kind of cheese goes into Nonna Immacolata's tiramisu?",
        ("goat cheese", "goat's cheese", "goat"),
    ),
    Note(
        "I pay 29 dollars a month for the Zenobia gym. The sauna costs 6 dollars extra per visit.",
        "What do I pay for one sauna visit at the Zenobia gym?",
        ("6 dollars", "$6", "six dollars", "6", "6 dollars extra"),
    ),
    Note(
        "For the Wintergreen lantern walk the children meet by the fountain. The parents wait at the fire station.",
        "Where do the children gather for the Wintergreen lantern walk?",
        ("by the fountain", "the fountain", "fountain", "at the fountain"),
    ),
    Note(
        "At meetings of the Ashdown board Lakshmi takes the minutes and Horst makes the tea.",
        "Who writes the minutes for the Ashdown board?",
        ("Lakshmi",),
    ),
    Note(
        "The Silkmarsh marathon had 1,260 starters despite the heat. Exactly 974 of them reached the finish, "
        "the last one after dark and on the arm of a policeman.",
        "How many runners completed the Silkmarsh marathon?",
        ("974",),
    ),
    Note(
        "The icebreaker that supplies Camp Ymir is the Stubborn Margaret.",
        "Which ship brings provisions to Camp Ymir?",
        ("Stubborn Margaret", "the Stubborn Margaret"),
    ),
    Note(
        "Next summer Rocío Baptiste-Yoon wants to walk from Porto to Santiago with her father.",
        "What is Rocío Baptiste-Yoon planning for next summer?",
        (
            "walk from Porto to Santiago",
            "to walk from Porto to Santiago",
            "walk from Porto to Santiago with her father",
            "to walk from Porto to Santiago with her father",
            "walking from Porto to Santiago",
        ),
    ),
    Note(
        "The Highmoor council voted for the tunnel, since a bridge would block the view.",
        "Why did the Highmoor council opt for a tunnel?",
        (
            "a bridge would block the view",
            "bridge would block the view",
            "because a bridge would block the view",
            "since a bridge would block the view",
        ),
    ),
    Note(
        "The user is saving up for a sailing dinghy.",
        "What is the user putting money aside for?",
        ("a sailing dinghy", "sailing dinghy", "dinghy", "a dinghy"),
    ),
    Note(
        "Faults of the Pellworth lift are to be reported to lifts@pellworth-care.example.",
        "To which e-mail address does one write when the Pellworth lift is out of order?",
        ("lifts@pellworth-care.example",),
    ),
    Note(
        "In a closed jar the dried mushrooms from the Hrabovka market keep for two years.",
        "For how long are the dried mushrooms from the Hrabovka market good?",
        ("two years", "2 years"),
    ),
    Note(
        "Zipporah Quist left Vantage Orchards because nobody paid her for the night shifts.",
        "For what reason did Zipporah Quist quit her job at Vantage Orchards?",
        (
            "nobody paid her for the night shifts",
            "because nobody paid her for the night shifts",
            "she was not paid for the night shifts",
            "unpaid night shifts",
        ),
    ),
    Note(
        "Ndidi Halvorsen-Cruz would like a fountain pen for her graduation.",
        "What gift does Ndidi Halvorsen-Cruz wish for when she graduates?",
        ("a fountain pen", "fountain pen"),
    ),
    Note(
        "The Bramwell telemetry agent sends a heartbeat every 45 seconds.",
        "What is the interval between two heartbeats of the Bramwell telemetry agent?",
        ("45 seconds", "45", "every 45 seconds", "45 s", "forty-five seconds"),
    ),
    Note(
        "The user used to swim on Sundays. Now the user goes bouldering instead.",
        "What does the user do on Sundays these days?",
        ("bouldering", "goes bouldering"),
    ),
    Note(
        "The Mossgate freezer stopped at midnight and everything in it thawed. The cause was a mouse that had"
        " chewed the cable.",
        "What put the Mossgate freezer out of action?",
        (
            "a mouse that had chewed the cable",
            "a mouse that chewed the cable",
            "a mouse had chewed the cable",
            "a mouse chewed the cable",
            "mouse chewed the cable",
            "a mouse",
            "a chewed cable",
            "chewed cable",
        ),
    ),
    Note(
        "Dorothea's chameleon turned orange when the chimney sweep came in.",
        "What colour did Dorothea's chameleon become at the sight of the chimney sweep?",
        ("orange",),
    ),
    Note(
        "The Nakadate dojo lives by the rule 'bow first, speak last'.",
        "What rule do people follow at the Nakadate dojo?",
        ("bow first, speak last", "bow first and speak last"),
    ),
    Note(
        "Ticket DRG-1187 tracks the memory leak in the Wolverley parser.",
        "Under what ticket is the Wolverley parser's memory leak filed?",
        ("DRG-1187", "DRG1187", "ticket DRG-1187"),
    ),
    Note(
        "The tallest tree in Wyndham Orchard is a walnut.",
        "What kind of tree is the highest in Wyndham Orchard?",
        ("walnut", "a walnut", "walnut tree", "a walnut tree"),
    ),
    Note(
        "The trail up to Lake Sivuqa is marked with yellow triangles.",
        "What signs show hikers the way to Lake Sivuqa?",
        ("yellow triangles", "yellow triangle"),
    ),
    Note(
        "Brother Anastasius mends the abbey clocks at Fellgarth. He likes to say that 'a clock forgives but "
        "never forgets'.",
        "What is Brother Anastasius of Fellgarth fond of saying?",
        ("a clock forgives but never forgets", "clocks forgive but never forget"),
    ),
    Note(
        "Tavita Nørgaard swapped her old motorbike for a canoe. She wants to paddle down the Ebro in July.",
        "What did Tavita Nørgaard get in exchange for her motorbike?",
        ("canoe", "a canoe"),
    ),
    Note(
        "The user gets seasick and would rather go to Ireland by plane.",
        "How does the user prefer to travel to Ireland?",
        ("plane", "by plane", "by air", "airplane"),
    ),
    Note(
        "Jadranka Whitcombe is allergic to penicillin.",
        "Which drug must Jadranka Whitcombe never be given?",
        ("penicillin",),
    ),
    Note(
        "The guest towels at Casa Linnet are in the chest on the landing. The beach towels are in the laundry basket.",
        "Where are the beach towels at Casa Linnet?",
        ("the laundry basket", "in the laundry basket", "laundry basket"),
    ),
    Note(
        "I have the early shift at the Cobbleworth call centre next week. In the week after that Pritha takes it over.",
        "Who gets the early shift at the Cobbleworth call centre after me?",
        ("Pritha",),
    ),
    Note(
        "After two evenings with the architect we decided against hinged doors for the Pagoda Street flat. "
        "Sliding doors it is, as they take up less space.",
        "Why were sliding doors chosen for the Pagoda Street flat?",
        (
            "they take up less space",
            "take up less space",
            "because they take up less space",
            "less space",
            "to save space",
        ),
    ),
    Note(
        "Theo Vaszary scored 19 points in the derby against Northcliff.",
        "How many points did Theo Vaszary get against Northcliff?",
        ("19", "nineteen", "19 points"),
    ),
    Note(
        "The red folder at Dunvarrick Surveyors holds the tenders. The grey folder is for complaints.",
        "What goes into the grey folder at Dunvarrick Surveyors?",
        ("complaints", "complaint"),
    ),
    Note(
        "The Kelmscott beekeepers have elected Marit Uwimana as treasurer.",
        "What post does Marit Uwimana hold with the Kelmscott beekeepers?",
        ("treasurer",),
    ),
    Note(
        "The user drives a silver hatchback with the number plate KVT-6620.",
        "What is the registration of the user's car?",
        ("KVT-6620", "KVT6620", "KVT 6620"),
    ),
    Note(
        "Jasper Quaye leads the mobile team at Brightfen Software and will stay there. Since January the web "
        "team has been led by Noelani Brückner, who came from a bank and knows all the old contracts.",
        "Who is head of the web team at Brightfen Software?",
        ("Noelani Brückner", "Noelani Bruckner", "Noelani Brueckner"),
    ),
    Note(
        "The user's middle name is Peregrine, but nobody is supposed to know.",
        "What is the user's middle name?",
        ("Peregrine",),
    ),
    Note(
        "The Ironbark café has closed its terrace because the wasps kept stinging customers.",
        "Why can nobody sit on the terrace of the Ironbark café any more?",
        (
            "the wasps kept stinging customers",
            "wasps kept stinging customers",
            "because the wasps kept stinging customers",
            "wasps",
            "because of the wasps",
        ),
    ),
    Note(
        "The user is seeing the landlord about the damp wall next week. The user wants to be reminded one hour before.",
        "How long ahead of the talk with the landlord does the user want a reminder?",
        ("one hour", "1 hour", "an hour", "one hour before"),
    ),
    Note(
        "Nurse Folasade changed the dressing on Grandma Ilse's ankle on Tuesday. The stitches come out on Saturday.",
        "On what day will Grandma Ilse's stitches be removed?",
        ("Saturday", "on Saturday"),
    ),
    Note(
        "The Saffron Mile charity run brought in 8,470 pounds for the hospice.",
        "How much money did the Saffron Mile charity run raise?",
        ("8,470 pounds", "8470 pounds", "£8,470", "8,470", "8470"),
    ),
    Note(
        "Professor Kirabo Shah-Mercer marks every essay out of 40.",
        "What is the top mark for an essay with Professor Kirabo Shah-Mercer?",
        ("40", "forty", "40 points"),
    ),
    Note(
        "My old phone number ended in 41. The new one is 0688 204 173.",
        "What is my current phone number?",
        ("0688 204 173", "0688204173", "0688-204-173"),
    ),
    Note(
        "My nephew Temujin supports Dynamo Karsholt and plays as a goalkeeper himself.",
        "What position does my nephew Temujin play?",
        ("goalkeeper", "goalie", "keeper"),
    ),
)
