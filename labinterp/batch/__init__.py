"""Many rows, many files: Arrow in, Arrow out. Every row of the input is a row of the output, with the answer in further columns.

Needs pyarrow (``pip install 'labinterp[batch]'``). The rules are those of `interpret`; here is only the plumbing.
"""

from labinterp.batch.job import Outcome, run
from labinterp.batch.judging import ANSWERS, VOTERS, columns_of, facts_of, interpret_batch, output_schema

__all__ = ["ANSWERS", "VOTERS", "Outcome", "columns_of", "facts_of", "interpret_batch", "output_schema", "run"]
