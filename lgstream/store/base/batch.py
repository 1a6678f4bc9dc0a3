"""The objects of ``langgraph.store.base.batch``."""

from langgraph.store.base.batch import *
