"""Draws graphs: the layout of a graph's shape, and the drawing as SVG and Mermaid."""
