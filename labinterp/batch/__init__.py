"""Many rows, many files: Arrow in, Arrow out. Every row of the input is a row of the output, with the answer in further columns.

Needs pyarrow (``pip install 'labinterp[batch]'``). The rules are those of `interpret`; here is only the plumbing.
"""

from labinterp.batch.job import Outcome, run
from labinterp.batch.judging import Judge, columns_of, interpret_batch
from labinterp.batch.rows import ANSWERS, Tally

__all__ = ["ANSWERS", "Judge", "Outcome", "Tally", "columns_of", "interpret_batch", "run"]
