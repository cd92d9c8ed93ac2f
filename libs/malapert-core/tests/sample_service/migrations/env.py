from malapert_core.db.migrations_env import run
from sample_service.tables import SampleTable

run(SampleTable.metadata)
