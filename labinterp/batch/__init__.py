"""Many rows, many files: Arrow in, Arrow out. Every row of the input is a row of the output, with the answer in further columns.

Needs pyarrow (``pip install 'labinterp[batch]'``). The rules are those of `interpret`; here is only the plumbing.
"""

from labinterp.batch.engines import VOTING, document_facts, output_schema
from labinterp.batch.job import Outcome, run
from labinterp.batch.judging import ANSWERS, columns_of, interpret_batch

__all__ = ["ANSWERS", "VOTING", "Outcome", "columns_of", "document_facts", "interpret_batch", "output_schema", "run"]
