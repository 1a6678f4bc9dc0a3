"""The objects of ``langgraph.store.base.embed``, with those that its ``__all__`` leaves out."""

from langgraph.store.base.embed import *
from langgraph.store.base.embed import EmbeddingsLambda as EmbeddingsLambda
from langgraph.store.base.embed import get_text_at_path as get_text_at_path
from langgraph.store.base.embed import tokenize_path as tokenize_path
