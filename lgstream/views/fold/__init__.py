"""Folds events to rows: a small fold for each table or topic, composed by :class:`lgstream.views.fold.run.RunFold`."""
