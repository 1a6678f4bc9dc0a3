"""The recorded programs, kept to the letter but for their imports. Importing this registers them as cases."""

from tests.reference.programs import docs, errors, graphs, interrupts, messages, misc, modes

__all__ = ["docs", "errors", "graphs", "interrupts", "messages", "misc", "modes"]
