"""The bank of relations that training documents are generated from: pure data."""

from parametric_memory.training.relations.business import BUSINESS
from parametric_memory.training.relations.daily_life import DAILY_LIFE
from parametric_memory.training.relations.engineering import ENGINEERING
from parametric_memory.training.relations.lives import LIVES
from parametric_memory.training.relations.nature import NATURE
from parametric_memory.training.relations.organisations import ORGANISATIONS
from parametric_memory.training.relations.people import PEOPLE
from parametric_memory.training.relations.records import RECORDS
from parametric_memory.training.relations.relation import Relation
from parametric_memory.training.relations.things import THINGS
from parametric_memory.training.relations.world import WORLD

RELATIONS: tuple[Relation, ...] = (
    *PEOPLE,
    *ORGANISATIONS,
    *THINGS,
    *DAILY_LIFE,
    *RECORDS,
    *WORLD,
    *ENGINEERING,
    *LIVES,
    *BUSINESS,
    *NATURE,
)

__all__ = ["RELATIONS", "Relation"]
