"""Many rows, many files: Arrow in, Arrow out. Every row of the input is a row of the output, with the answer in further columns.

Needs pyarrow (``pip install 'labinterp[batch]'``). The rules are those of `interpret`; here is only the plumbing.
"""

from labinterp.batch.engines import VOTING, document_facts, output_schema
from labinterp.batch.job import Stopped, run
from labinterp.batch.judging import Judge, columns_of, interpret_batch
from labinterp.batch.output import WriteError
from labinterp.batch.rows import ANSWERS
from labinterp.batch.summary import Summary
from labinterp.batch.tables import Fault

__all__ = [
    "ANSWERS",
    "VOTING",
    "Fault",
    "Judge",
    "Stopped",
    "Summary",
    "WriteError",
    "columns_of",
    "document_facts",
    "interpret_batch",
    "output_schema",
    "run",
]
