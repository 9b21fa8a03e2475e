"""What IPython runs when a kernel of the tests starts: see trained_once.py."""

from tests.support.trained_once import begin

begin()
del begin
