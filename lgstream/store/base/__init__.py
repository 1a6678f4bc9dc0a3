"""The objects of ``langgraph.store.base``, with those that its ``__all__`` leaves out."""

from langgraph.store.base import *
from langgraph.store.base import NOT_PROVIDED as NOT_PROVIDED
from langgraph.store.base import IndexConfig as IndexConfig
from langgraph.store.base import InvalidNamespaceError as InvalidNamespaceError
from langgraph.store.base import NotProvided as NotProvided
from langgraph.store.base import SearchItem as SearchItem
from langgraph.store.base import TTLConfig as TTLConfig
