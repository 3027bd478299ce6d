from __future__ import annotations

import pytest

from parametric_memory.evaluation.porter import stem

# What NLTK 3.9's PorterStemmer says, in its default mode.
STEMS = """
caresses:caress ponies:poni ties:tie flies:fli cats:cat agreed:agre feed:feed plastered:plaster bled:bled
motoring:motor sing:sing conflated:conflat troubled:troubl sized:size hopping:hop falling:fall hissing:hiss
failing:fail filing:file happy:happi sky:sky relational:relat conditional:condit valenci:valenc
digitizer:digit radically:radic differently:differ analogously:analog vietnamization:vietnam predication:predic
operator:oper feudalism:feudal decisiveness:decis hopefulness:hope callousness:callous formality:formal
sensitivity:sensit sensibility:sensibl triplicate:triplic formative:form electricity:electr goodness:good
revival:reviv allowance:allow inference:infer airliner:airlin adjustable:adjust defensible:defens irritant:irrit
replacement:replac adoption:adopt communism:commun activate:activ effective:effect probate:probat rate:rate
cease:ceas controlling:control rolling:roll dying:die news:news proceed:proceed died:die spied:spi enjoying:enjoy
geology:geolog theology:theolog logi:logi hopefully:hope by:by
"""


@pytest.mark.parametrize("pair", STEMS.split())
def test_stems_are_those_of_nltk(pair: str) -> None:
    word, expected = pair.split(":")
    assert stem(word) == expected
