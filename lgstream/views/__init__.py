"""Turns the events of a run into rows, and the rows into views. Depends only on :mod:`lgstream.events`.

``rows`` and ``fold`` build the rows, ``saved`` reduces them for storage in a notebook, ``render`` makes static
HTML, Markdown and text of them, ``graph`` draws the graph, and ``text`` and ``colors`` format values.
"""
