"""Events as the chunks that ``stream()`` yields, in LangGraph's shapes for every stream mode."""
