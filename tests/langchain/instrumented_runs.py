"""Runs the traced programs with one instrumentation, in a process of its own: instrumentations stay.

``python -m tests.langchain.instrumented_runs mlflow`` prints ``{program: {package: [[depth, name, kind, status]]}}``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.langchain.traced_programs import PROGRAMS

KIND_ATTRIBUTES = ("openinference.span.kind", "mlflow.spanType", "traceloop.span.kind", "gen_ai.operation.name")


def provider(processor: SpanProcessor) -> TracerProvider:
    """Return a provider whose spans the processor receives."""
    tracer_provider = TracerProvider()
    tracer_provider.add_span_processor(processor)
    return tracer_provider


def openinference(exporter: InMemorySpanExporter) -> None:
    from openinference.instrumentation.langchain import LangChainInstrumentor

    LangChainInstrumentor().instrument(tracer_provider=provider(SimpleSpanProcessor(exporter)))


def traceloop(exporter: InMemorySpanExporter) -> None:
    from opentelemetry.instrumentation.langchain import LangchainInstrumentor

    LangchainInstrumentor().instrument(tracer_provider=provider(SimpleSpanProcessor(exporter)))


def mlflow(exporter: InMemorySpanExporter) -> None:
    # MLflow adds a processor that sends spans to its server, unless the provider has one of this class.
    os.environ |= {"MLFLOW_USE_DEFAULT_TRACER_PROVIDER": "false", "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    import mlflow
    import mlflow.langchain
    from mlflow.entities.trace_location import MlflowExperimentLocation
    from mlflow.tracing.processor.mlflow_v3 import MlflowV3SpanProcessor

    trace.set_tracer_provider(provider(MlflowV3SpanProcessor(exporter, export_metrics=False)))
    mlflow.tracing.set_destination(MlflowExperimentLocation("0"))
    mlflow.langchain.autolog()


INSTRUMENTATIONS: dict[str, Callable[[InMemorySpanExporter], None]] = {
    "openinference": openinference,
    "traceloop": traceloop,
    "mlflow": mlflow,
}


def tree(spans: Sequence[ReadableSpan]) -> list[list[Any]]:
    """Return the spans in the order of a tree, each with its depth; the roots are in the order of their starts."""
    children: dict[int | None, list[ReadableSpan]] = {}
    ids = {span.context.span_id for span in spans}
    for span in sorted(spans, key=lambda span: span.start_time or 0):
        parent = span.parent.span_id if span.parent is not None else None
        children.setdefault(parent if parent in ids else None, []).append(span)

    def rows(parent: int | None, depth: int) -> Iterator[list[Any]]:
        for span in children.get(parent, ()):
            attributes = span.attributes or {}
            kind = next((attributes[key] for key in KIND_ATTRIBUTES if key in attributes), None)
            yield [depth, span.name, kind, span.status.status_code.name]
            yield from rows(span.context.span_id, depth + 1)

    return list(rows(None, 0))


def main() -> None:
    exporter = InMemorySpanExporter()
    INSTRUMENTATIONS[sys.argv[1]](exporter)
    trees: dict[str, dict[str, Any]] = {}
    for name, program in PROGRAMS.items():
        trees[name] = {}
        for package in ("langgraph", "lgstream"):
            exporter.clear()
            program(package)
            trees[name][package] = tree(exporter.get_finished_spans())
    print(json.dumps(trees))


if __name__ == "__main__":
    main()
