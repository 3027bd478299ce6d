"""The bank of relations that training documents are generated from: pure data."""

from parametric_memory.training.relations.accounts import ACCOUNTS
from parametric_memory.training.relations.acquaintances import ACQUAINTANCES
from parametric_memory.training.relations.business import BUSINESS
from parametric_memory.training.relations.chronicles import CHRONICLES
from parametric_memory.training.relations.colleagues import COLLEAGUES
from parametric_memory.training.relations.confidences import CONFIDENCES
from parametric_memory.training.relations.daily_life import DAILY_LIFE
from parametric_memory.training.relations.doings import DOINGS
from parametric_memory.training.relations.engineering import ENGINEERING
from parametric_memory.training.relations.items import ITEMS
from parametric_memory.training.relations.lives import LIVES
from parametric_memory.training.relations.nature import NATURE
from parametric_memory.training.relations.notes import NOTES
from parametric_memory.training.relations.operations import OPERATIONS
from parametric_memory.training.relations.organisations import ORGANISATIONS
from parametric_memory.training.relations.paperwork import PAPERWORK
from parametric_memory.training.relations.people import PEOPLE
from parametric_memory.training.relations.private_life import PRIVATE_LIFE
from parametric_memory.training.relations.projects import PROJECTS
from parametric_memory.training.relations.reasons import REASONS
from parametric_memory.training.relations.records import RECORDS
from parametric_memory.training.relations.relation import Relation
from parametric_memory.training.relations.reports import REPORTS
from parametric_memory.training.relations.scholarship import SCHOLARSHIP
from parametric_memory.training.relations.things import THINGS
from parametric_memory.training.relations.trade import TRADE
from parametric_memory.training.relations.venues import VENUES
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
    *COLLEAGUES,
    *PRIVATE_LIFE,
    *PROJECTS,
    *ACCOUNTS,
    *VENUES,
    *ITEMS,
    *NOTES,
    *CHRONICLES,
    *ACQUAINTANCES,
    *CONFIDENCES,
    *OPERATIONS,
    *PAPERWORK,
    *REPORTS,
    *SCHOLARSHIP,
    *TRADE,
    *DOINGS,
    *REASONS,
)

__all__ = ["RELATIONS", "Relation"]
