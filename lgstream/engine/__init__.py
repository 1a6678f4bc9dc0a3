"""The executor: ``plan`` and ``apply`` decide, ``task`` runs one task, ``sync`` and ``aio`` perform."""
