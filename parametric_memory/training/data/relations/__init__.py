"""The bank of relations that training documents are generated from: pure data."""

from parametric_memory.training.data.relations.accounts import ACCOUNTS
from parametric_memory.training.data.relations.acquaintances import ACQUAINTANCES
from parametric_memory.training.data.relations.business import BUSINESS
from parametric_memory.training.data.relations.chronicles import CHRONICLES
from parametric_memory.training.data.relations.colleagues import COLLEAGUES
from parametric_memory.training.data.relations.confidences import CONFIDENCES
from parametric_memory.training.data.relations.daily_life import DAILY_LIFE
from parametric_memory.training.data.relations.doings import DOINGS
from parametric_memory.training.data.relations.engineering import ENGINEERING
from parametric_memory.training.data.relations.items import ITEMS
from parametric_memory.training.data.relations.lives import LIVES
from parametric_memory.training.data.relations.nature import NATURE
from parametric_memory.training.data.relations.notes import NOTES
from parametric_memory.training.data.relations.operations import OPERATIONS
from parametric_memory.training.data.relations.organisations import ORGANISATIONS
from parametric_memory.training.data.relations.paperwork import PAPERWORK
from parametric_memory.training.data.relations.people import PEOPLE
from parametric_memory.training.data.relations.private_life import PRIVATE_LIFE
from parametric_memory.training.data.relations.projects import PROJECTS
from parametric_memory.training.data.relations.reasons import REASONS
from parametric_memory.training.data.relations.records import RECORDS
from parametric_memory.training.data.relations.relation import Relation
from parametric_memory.training.data.relations.reports import REPORTS
from parametric_memory.training.data.relations.scholarship import SCHOLARSHIP
from parametric_memory.training.data.relations.things import THINGS
from parametric_memory.training.data.relations.trade import TRADE
from parametric_memory.training.data.relations.venues import VENUES
from parametric_memory.training.data.relations.world import WORLD

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
