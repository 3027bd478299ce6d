"""The bank of relations that training documents are generated from: pure data."""

from parametric_memory.training.relations.organisations import ORGANISATIONS
from parametric_memory.training.relations.people import PEOPLE
from parametric_memory.training.relations.relation import Relation
from parametric_memory.training.relations.things import THINGS

RELATIONS: tuple[Relation, ...] = (*PEOPLE, *ORGANISATIONS, *THINGS)

__all__ = ["RELATIONS", "Relation"]
