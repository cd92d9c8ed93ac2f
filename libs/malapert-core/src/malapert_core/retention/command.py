"""`python -m malapert_<service> retention`: what is old in a service's database, told or deleted."""

from collections.abc import Sequence

from malapert_core.config import ServiceSettings
from malapert_core.db.database import Database
from malapert_core.retention.job import RetentionJob
from malapert_core.retention.rules import RetentionRule, core_rules


async def tell_retention(settings: ServiceSettings, own: Sequence[RetentionRule], *, deletes: bool) -> None:
    """Print how many rows each rule would delete now, whether the service runs or not; delete them where asked.

    Raises
    ------
    PreconditionError
        ``DATABASE_UNUSABLE`` where the database cannot be read.
    """
    rules = [*core_rules(settings), *own]
    database = Database(settings.database_address)
    try:
        with database.unusable_told():
            job = RetentionJob(database, rules, settings.service_name)
            counts = await job.delete_due() if deletes else await job.due()
    finally:
        await database.close()
    verb = "deleted" if deletes else "would be deleted"
    for rule in rules:
        print(f"{rule.what}: kept for {rule.kept.total_seconds() / 86_400:g} days; {counts[rule.what]} {verb}")
