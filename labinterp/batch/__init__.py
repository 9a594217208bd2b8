"""Many rows, many files: Arrow in, Arrow out. Every row of the input is a row of the output, with the answer in further columns.

Needs pyarrow (``pip install 'labinterp[batch]'``). The rules are those of `interpret`; here is only the plumbing.
"""

from labinterp.batch.judging import ANSWERS, columns_of, interpret_batch
from labinterp.batch.run import Outcome, run

__all__ = ["ANSWERS", "Outcome", "columns_of", "interpret_batch", "run"]
