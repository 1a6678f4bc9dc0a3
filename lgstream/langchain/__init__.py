"""The integration with langchain-core.

``model_listener`` turns model and tool calls into events, ``messages`` finds messages in node outputs, ``tracing``
reports graphs and nodes to langchain's callbacks, and ``running_task`` sets the config that models and nested graphs
inherit. ``private`` has every private name of langchain-core that lgstream uses.
"""
