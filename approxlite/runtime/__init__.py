"""Running models: the approximating interpreter, stock's for comparison, and the session that follows a policy."""

from approxlite.runtime.interpreter import Interpreter
from approxlite.runtime.scales import scale_of
from approxlite.runtime.session import Answer, Session
from approxlite.runtime.stock import StockInterpreter

__all__ = ["Answer", "Interpreter", "Session", "StockInterpreter", "scale_of"]
