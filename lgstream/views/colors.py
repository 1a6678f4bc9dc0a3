"""Colours that the static forms and the drawings of graphs share."""

from __future__ import annotations

NODE_COLORS = ("#4a80d8", "#c26a24", "#258a7b", "#9062cc", "#c9527f", "#7d8a2e", "#2f87ad", "#9b7653")
"""Colours of nodes, by the ``color`` of their rows; mid-tones that are readable on light and on dark pages."""
