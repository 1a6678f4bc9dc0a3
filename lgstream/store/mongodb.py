"""The objects of ``langgraph.store.mongodb`` (install ``langgraph-store-mongodb``)."""

from langgraph.store.mongodb import *
